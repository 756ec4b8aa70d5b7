//! The error object, which outweighs every command.

use super::builder::write_string;
use super::edit::{JsonText, quoted};
use super::outline::NodeKind;

/// The error object of a response, if there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorPart {
    pub object: Option<ErrorObject>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorObject {
    /// `errorSummary`
    pub summary: Option<String>,
    /// `errorCauses`; new ones are at the end.
    pub causes: Vec<Cause>,
}

/// One element of `errorCauses`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// Its place in the list it was read from; none for a new one.
    pub at: Option<usize>,
    pub summary: Option<String>,
    pub reason: Option<String>,
    pub location_type: Option<String>,
    pub location: Option<String>,
    pub domain: Option<String>,
}

const CAUSES: &str = "/error/errorCauses";

impl Cause {
    fn members(&self) -> [(&'static str, &Option<String>); 5] {
        [
            ("errorSummary", &self.summary),
            ("reason", &self.reason),
            ("locationType", &self.location_type),
            ("location", &self.location),
            ("domain", &self.domain),
        ]
    }

    fn raw(&self) -> String {
        let written = self.members().into_iter().filter_map(|(name, text)| {
            let text = text.as_ref()?;
            Some(format!("{}:{}", quoted(name), quoted(text)))
        });
        format!("{{{}}}", written.collect::<Vec<_>>().join(","))
    }
}

impl ErrorPart {
    pub(super) fn read(json: &JsonText) -> ErrorPart {
        if json.kind("/error").is_none() || json.is_null("/error") {
            return ErrorPart::default();
        }
        let is_list = json.kind(CAUSES) == Some(NodeKind::Array);
        let causes = (0..if is_list { json.len(CAUSES) } else { 0 })
            .map(|position| (position, format!("{CAUSES}/{position}")))
            .filter(|(_, at)| json.kind(at) == Some(NodeKind::Object))
            .map(|(position, at)| {
                let member = |name: &str| json.string(&format!("{at}/{name}"));
                Cause {
                    at: Some(position),
                    summary: member("errorSummary"),
                    reason: member("reason"),
                    location_type: member("locationType"),
                    location: member("location"),
                    domain: member("domain"),
                }
            });
        ErrorPart {
            object: Some(ErrorObject { summary: json.string("/error/errorSummary"), causes: causes.collect() }),
        }
    }

    pub(super) fn write(&self, before: &ErrorPart, json: &mut JsonText) {
        let Some(now) = &self.object else {
            json.remove("/error");
            return;
        };
        if json.kind("/error") != Some(NodeKind::Object) {
            json.set_member("", "error", "{}");
        }
        let nothing = ErrorObject::default();
        let before = before.object.as_ref().unwrap_or(&nothing);
        write_string(json, "/error", "errorSummary", &before.summary, &now.summary);
        for known in &before.causes {
            let (Some(position), Some(cause)) = (known.at, now.causes.iter().find(|cause| cause.at == known.at)) else {
                continue;
            };
            let at = format!("{CAUSES}/{position}");
            for ((name, now), (_, before)) in cause.members().into_iter().zip(known.members()) {
                write_string(json, &at, name, before, now);
            }
        }
        for known in before.causes.iter().rev() {
            if let Some(position) = known.at
                && !now.causes.iter().any(|cause| cause.at == known.at)
            {
                json.remove(&format!("{CAUSES}/{position}"));
            }
        }
        for new in now.causes.iter().filter(|cause| cause.at.is_none()) {
            match json.kind(CAUSES) {
                Some(NodeKind::Array) => json.push(CAUSES, &new.raw()),
                _ => json.set_member("/error", "errorCauses", &format!("[{}]", new.raw())),
            }
        }
    }
}
