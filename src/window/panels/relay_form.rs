//! Whom a call is passed to before it is answered: the developer's own handler, a person.

use std::time::Duration;

use egui::{Label, Ui};

use super::dialogs::replay_to::url_problem;
use super::dialogs::{error_ui, field_name};
use super::pane::section_ui;
use crate::call::BUDGET;
use crate::respond::{ForwardSetup, HoldSetup, Overrides, ValueEdits};
use crate::window::controls::{self, TextField};
use crate::window::theme;

/// Forwarding and holding while they are being written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RelayDraft {
    /// What it was made from: what has no field here stays, and so does everything where nothing was changed.
    before: Option<ForwardSetup>,
    forwards: bool,
    to: String,
    soft_deadline: String,
    status: String,
    /// `Name: value`, one a line.
    headers: String,
    /// `/pointer = JSON`, one a line.
    values: String,
    cacert: String,
    is_insecure: bool,
    holds: bool,
    deadline: String,
}

impl RelayDraft {
    pub fn new(forward: Option<&ForwardSetup>, hold: Option<HoldSetup>) -> RelayDraft {
        let (before, forwards) = (forward.cloned(), forward.is_some());
        let forward = forward.cloned().unwrap_or_else(|| ForwardSetup::to(""));
        let overrides = &forward.overrides;
        let lines = |lines: Vec<String>| lines.join("\n");
        RelayDraft {
            forwards,
            soft_deadline: forward.soft_deadline.map(|deadline| deadline.as_millis().to_string()).unwrap_or_default(),
            status: overrides.status.map(|status| status.to_string()).unwrap_or_default(),
            headers: lines(overrides.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect()),
            values: ValueEdits(overrides.json.clone()).text(),
            cacert: forward.cacert.clone().unwrap_or_default(),
            is_insecure: forward.is_insecure,
            before,
            to: forward.to,
            holds: hold.is_some(),
            deadline: hold.unwrap_or_default().deadline.as_millis().to_string(),
        }
    }

    /// How calls are forwarded, or what to change.
    pub fn forward(&self) -> Result<Option<ForwardSetup>, String> {
        if !self.forwards {
            return Ok(None);
        }
        let hold = self.hold().ok().flatten();
        if self.before.is_some() && *self == RelayDraft::new(self.before.as_ref(), hold) {
            return Ok(self.before.clone());
        }
        let to = self.url()?;
        let soft_deadline = match self.soft_deadline.trim() {
            "" => None,
            text => Some(millis(text, "The soft deadline")?),
        };
        let status = match self.status.trim() {
            "" => None,
            text => match text.parse() {
                Ok(status @ 200..=599) => Some(status),
                _ => return Err("The status is a number from 200 to 599, or empty".to_owned()),
            },
        };
        let kept = self.before.as_ref().map(|before| before.overrides.clone()).unwrap_or_default();
        let overrides = Overrides { status, headers: self.headers()?, json: ValueEdits::read(&self.values)?.0, ..kept };
        let cacert = Some(self.cacert.trim().to_owned()).filter(|path| !path.is_empty());
        Ok(Some(ForwardSetup { to, soft_deadline, overrides, cacert, is_insecure: self.is_insecure }))
    }

    fn url(&self) -> Result<String, String> {
        match self.to.trim() {
            "" => Err("Write the URL of your handler, such as http://127.0.0.1:3000".to_owned()),
            to => url_problem(to).map_or_else(|| Ok(to.to_owned()), |problem| Err(problem.to_owned())),
        }
    }

    /// How calls are held, or what to change.
    pub fn hold(&self) -> Result<Option<HoldSetup>, String> {
        match self.holds {
            true => Ok(Some(HoldSetup { deadline: millis(&self.deadline, "The deadline of the hold")? })),
            false => Ok(None),
        }
    }

    fn headers(&self) -> Result<Vec<(String, String)>, String> {
        let lines = self.headers.lines().filter(|line| !line.trim().is_empty());
        lines
            .map(|line| {
                let field = line.split_once(':').map(|(name, value)| (name.trim(), value.trim()));
                let good = field.filter(|(name, value)| {
                    axum::http::HeaderName::from_bytes(name.as_bytes()).is_ok()
                        && axum::http::HeaderValue::from_str(value).is_ok()
                });
                if let Some((name, _)) = good.filter(|(name, _)| Overrides::is_of_connection(name)) {
                    return Err(format!("{name} is set by whoever writes the answer: leave it out"));
                }
                good.map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .ok_or_else(|| format!("'{line}' is no header field; write Name: value"))
            })
            .collect()
    }
}

fn millis(text: &str, what: &str) -> Result<Duration, String> {
    match text.trim().parse() {
        Ok(millis @ 1..=600_000) => Ok(Duration::from_millis(millis)),
        _ => Err(format!("{what} is a number of milliseconds up to 600,000")),
    }
}

/// Draws both sections. `whose` calls they are: `Its calls` or `Such calls`.
pub fn ui(draft: &mut RelayDraft, whose: &str, ui: &mut Ui) {
    let palette = theme::palette(ui);
    section_ui(ui, "Forward", &format!("{whose} go to your own handler, whose answer is relayed and judged"));
    controls::checkbox(ui, &mut draft.forwards, "Forward calls to a handler");
    if draft.forwards {
        forward_ui(draft, ui);
        if let (Ok(_), Err(why)) = (draft.url(), draft.forward()) {
            error_ui(ui, &why);
        }
    }
    ui.add_space(theme::GAP_SECTION);
    section_ui(ui, "Hold", "Each call waits for you before it is answered");
    controls::checkbox(ui, &mut draft.holds, "Hold calls");
    if draft.holds {
        let about = "ms after the first byte the prepared response goes out";
        field(ui, "Hold deadline", &mut draft.deadline, 72.0, about);
        match draft.hold() {
            Err(why) => error_ui(ui, &why),
            Ok(Some(hold)) if hold.deadline > BUDGET => {
                let text =
                    "Okta gives up after 3,000 ms: a later answer counts as none. Longer is for clients that wait";
                ui.add(Label::new(theme::secondary_text(text, palette).color(palette.ignored)).wrap());
            }
            Ok(_) => {}
        }
    }
}

fn forward_ui(draft: &mut RelayDraft, ui: &mut Ui) {
    field(ui, "Handler URL", &mut draft.to, 360.0, "without a path the call's own is appended");
    if let Err(why) = draft.url() {
        error_ui(ui, &why);
    }
    field(ui, "Soft deadline", &mut draft.soft_deadline, 72.0, "ms, then the prepared response goes out; empty waits");
    field(ui, "Override status", &mut draft.status, 72.0, "in place of the handler's; empty keeps it");
    for (name, text, hint) in [
        ("Override headers", &mut draft.headers, "X-Env: dev"),
        ("Override JSON values", &mut draft.values, "/commands/0/type = \"com.okta.identity.patch\""),
    ] {
        field_name(ui, name);
        TextField::new(name).hint(hint).on_wire().rows(2).width(460.0).ui(ui, text);
    }
    field(ui, "CA file", &mut draft.cacert, 360.0, "PEM, trusted beside the system's own; for https");
    controls::checkbox(ui, &mut draft.is_insecure, "Do not check the handler's certificate");
}

fn field(ui: &mut Ui, name: &str, text: &mut String, width: f32, about: &str) {
    let palette = theme::palette(ui);
    field_name(ui, name);
    ui.horizontal_wrapped(|ui| {
        TextField::new(name).on_wire().width(width).ui(ui, text);
        ui.label(theme::hint_text(about, palette));
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn forward() -> ForwardSetup {
        let overrides = Overrides {
            status: Some(201),
            headers: vec![("X-Env".to_owned(), "dev".to_owned())],
            without_headers: vec!["Server".to_owned()],
            body: None,
            json: vec![
                ("/a/0".to_owned(), serde_json::json!({"b": "c = d"})),
                ("/x".to_owned(), serde_json::Value::Null),
            ],
        };
        ForwardSetup {
            soft_deadline: Some(Duration::from_millis(2_500)),
            overrides,
            cacert: Some("ca.pem".to_owned()),
            is_insecure: true,
            ..ForwardSetup::to("https://127.0.0.1:3000/x")
        }
    }

    fn full() -> RelayDraft {
        RelayDraft::new(Some(&forward()), Some(HoldSetup::default()))
    }

    #[test]
    fn every_setting_comes_back_from_the_form() {
        assert_eq!((full().forward(), full().hold()), (Ok(Some(forward())), Ok(Some(HoldSetup::default()))));
        let none = RelayDraft::new(None, None);
        assert_eq!((none.forward(), none.hold()), (Ok(None), Ok(None)));
    }

    #[test]
    fn what_cannot_be_says_what_to_change() {
        let fails = |change: fn(&mut RelayDraft)| {
            let mut draft = full();
            change(&mut draft);
            draft.forward().map(drop).and(draft.hold().map(drop)).unwrap_err()
        };
        assert!(fails(|draft| draft.to.clear()).contains("URL of your handler"));
        assert!(fails(|draft| draft.to = "ftp://x".to_owned()).contains("http://"));
        assert!(fails(|draft| draft.soft_deadline = "soon".to_owned()).starts_with("The soft deadline is"));
        assert!(fails(|draft| draft.status = "99".to_owned()).contains("200 to 599"));
        assert!(fails(|draft| draft.headers = "no colon".to_owned()).contains("Name: value"));
        assert!(fails(|draft| draft.values = "a = 1".to_owned()).contains("sets no value"));
        assert!(fails(|draft| draft.deadline = "0".to_owned()).starts_with("The deadline of the hold"));
    }
}
