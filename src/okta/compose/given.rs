//! What a request gives to choose from when its response is written: tokens, claims, attributes, the challenge.
//!
//! Read once, when an editor opens. What may be replaced or removed is asked of [`judge`] itself, so that a choice that is
//! offered is one that works.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::okta::judge::{Answer, Asked, Credential, Exchange, judge};
use crate::okta::verdict::{Outcome, Severity};
use crate::okta::{HookKind, RequestEnvelope, pointer_to};

/// The command that patches an ID token.
pub const IDENTITY_PATCH: &str = "com.okta.identity.patch";
/// The command that patches an access token.
pub const ACCESS_PATCH: &str = "com.okta.access.patch";
/// The command that patches a SAML assertion.
pub const ASSERTION_PATCH: &str = "com.okta.assertion.patch";
/// The path of a token's lifetime in a patch.
pub const LIFETIME: &str = "/token/lifetime/expiration";

/// More places than these are not offered, and none deeper.
const MOST_TARGETS: usize = 400;
const DEEPEST: usize = 8;

/// Something of the request that a command can name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The path as an operation writes it, escaped (RFC 6901); the bare name for an attribute.
    pub path: String,
    /// JSON on one line, as it came.
    pub value: String,
    pub is_array: bool,
    /// Why Okta would not let it be replaced, in the words of the finding.
    pub fixed_because: Option<String>,
    /// Why Okta would not let it be removed.
    pub stays_because: Option<String>,
}

/// What one request gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    pub hook: HookKind,
    /// False where there is no request: then everything counts as present.
    pub is_known: bool,
    /// The claims of the ID token; none where no ID token is minted.
    pub id_token: Option<Vec<Target>>,
    /// The claims of the access token; none where no access token is minted.
    pub access_token: Option<Vec<Target>>,
    /// Elements of the assertion.
    pub assertion: Vec<Target>,
    /// Registration: the submitted attributes.
    pub attributes: Vec<Target>,
    /// Registration: true for progressive profile.
    pub is_progressive: bool,
    /// User import: the attributes of the app's profile and of the Okta profile.
    pub app_profile: Vec<Target>,
    pub okta_profile: Vec<Target>,
    /// User import: the matched Okta user.
    pub user_id: Option<String>,
    /// Verification: the value to send back.
    pub challenge: Option<String>,
}

impl Given {
    /// What can be said without a request.
    pub fn nothing(hook: HookKind) -> Given {
        Given {
            hook,
            is_known: false,
            id_token: Some(Vec::new()),
            access_token: Some(Vec::new()),
            assertion: Vec::new(),
            attributes: Vec::new(),
            is_progressive: false,
            app_profile: Vec::new(),
            okta_profile: Vec::new(),
            user_id: None,
            challenge: None,
        }
    }

    pub fn read(hook: HookKind, asked: Asked<'_>) -> Given {
        let body = match asked {
            Asked::NotGiven => return Given::nothing(hook),
            Asked::Challenge(challenge) => {
                let challenge = Some(challenge.to_owned());
                return Given { is_known: true, challenge, ..Given::nothing(hook) };
            }
            Asked::Body(body) => body,
        };
        let Ok(Value::Object(request)) = serde_json::from_slice::<Value>(body) else {
            return Given::nothing(hook);
        };
        let data = request.get("data").and_then(Value::as_object).cloned().unwrap_or_default();
        let mut given = Given { is_known: true, id_token: None, access_token: None, ..Given::nothing(hook) };
        match hook {
            HookKind::Token => {
                let claims = |token: &str, command: &str| {
                    let token = data.get(token)?.as_object()?;
                    let claims = token.get("claims").and_then(Value::as_object);
                    let mut found = Vec::new();
                    targets("/claims", claims.unwrap_or(&Map::new()), &mut found, 1);
                    ask_judge(body, hook, command, &mut found);
                    Some(found)
                };
                given.id_token = claims("identity", IDENTITY_PATCH);
                given.access_token = claims("access", ACCESS_PATCH);
            }
            HookKind::Saml => {
                if let Some(assertion) = data.get("assertion").and_then(Value::as_object) {
                    targets("", assertion, &mut given.assertion, 0);
                }
            }
            HookKind::Registration => {
                let flow = RequestEnvelope::read(body).request_type;
                given.is_progressive = match flow.as_deref() {
                    Some(flow) => flow == "progressive.profile",
                    None => data.contains_key("userProfileUpdate"),
                };
                given.attributes = attributes(data.get(given.submitted()));
            }
            HookKind::UserImport => {
                let profile = |name: &str| attributes(data.get(name).and_then(|part| part.get("profile")));
                given.app_profile = profile("appUser");
                given.okta_profile = profile("user");
                given.user_id = data.get("user").and_then(|user| user.get("id")?.as_str()).map(str::to_owned);
            }
            HookKind::PasswordImport
            | HookKind::Telephony
            | HookKind::Event
            | HookKind::Verification
            | HookKind::Unknown => {}
        }
        given
    }

    /// The member of `data` that holds what a person submitted.
    pub fn submitted(&self) -> &'static str {
        if self.is_progressive { "userProfileUpdate" } else { "userProfile" }
    }

    /// The command that sets attributes in this flow of a registration hook.
    pub fn profile_command(&self) -> &'static str {
        match self.is_progressive {
            true => "com.okta.user.progressive.profile.update",
            false => "com.okta.user.profile.update",
        }
    }

    /// The location of a submitted attribute, as an error cause names it.
    pub fn location_of(&self, attribute: &str) -> String {
        format!("data.{}.{attribute}", self.submitted())
    }

    /// What a command of that type can name.
    pub fn targets_of(&self, command: &str) -> &[Target] {
        match (self.hook, command) {
            (HookKind::Token, IDENTITY_PATCH) => self.id_token.as_deref().unwrap_or_default(),
            (HookKind::Token, ACCESS_PATCH) => self.access_token.as_deref().unwrap_or_default(),
            (HookKind::Saml, _) => &self.assertion,
            (HookKind::Registration, _) => &self.attributes,
            (HookKind::UserImport, "com.okta.appUser.profile.update") => &self.app_profile,
            (HookKind::UserImport, _) => &self.okta_profile,
            _ => &[],
        }
    }

    /// Why commands of that type cannot work for this request.
    pub fn why_not(&self, command: &str) -> Option<&'static str> {
        match command {
            IDENTITY_PATCH if self.id_token.is_none() => Some("This request mints no ID token"),
            ACCESS_PATCH if self.access_token.is_none() => Some("This request mints no access token"),
            _ => None,
        }
    }
}

fn target(path: String, value: &Value) -> Target {
    let is_array = value.is_array();
    Target { path, value: value.to_string(), is_array, fixed_because: None, stays_because: None }
}

fn attributes(profile: Option<&Value>) -> Vec<Target> {
    let members = profile.and_then(Value::as_object).into_iter().flatten();
    members.take(MOST_TARGETS).map(|(name, value)| target(name.clone(), value)).collect()
}

/// Every place below an object, depth first.
fn targets(prefix: &str, object: &Map<String, Value>, found: &mut Vec<Target>, depth: usize) {
    for (name, value) in object {
        place(pointer_to(prefix, name), value, found, depth);
    }
}

fn place(path: String, value: &Value, found: &mut Vec<Target>, depth: usize) {
    if found.len() >= MOST_TARGETS || depth > DEEPEST {
        return;
    }
    found.push(target(path.clone(), value));
    match value {
        Value::Object(object) => targets(&path, object, found, depth + 1),
        Value::Array(elements) => {
            for (position, element) in elements.iter().enumerate() {
                place(format!("{path}/{position}"), element, found, depth + 1);
            }
        }
        _ => {}
    }
}

/// Tries each place, and keeps what the judge says against it.
fn ask_judge(request: &[u8], hook: HookKind, command: &str, found: &mut [Target]) {
    let refusal = |operation: Value| {
        let answer = serde_json::json!({"commands": [{"type": command, "value": [operation]}]}).to_string();
        let verdict = judge(&Exchange {
            hook,
            endpoint_hook: None,
            asked: Asked::Body(request),
            answer: Answer::Complete { status: 200, content_type: Some("application/json"), body: answer.as_bytes() },
            elapsed: Duration::ZERO,
            attempt: 1,
            credential: Credential::Good,
        });
        if verdict.outcome == Outcome::Applied {
            return None;
        }
        let is_meant = |finding: &&crate::okta::Finding| {
            finding.severity >= Severity::Warning && finding.pointer.as_deref().is_some_and(|at| at.len() > 1)
        };
        Some(
            verdict
                .findings
                .iter()
                .find(is_meant)
                .map_or(verdict.summary, |finding| finding.message.clone())
                .into_owned(),
        )
    };
    for target in found {
        let value: Value = serde_json::from_str(&target.value).unwrap_or_default();
        target.fixed_because = refusal(serde_json::json!({"op": "replace", "path": target.path, "value": value}));
        target.stays_because = refusal(serde_json::json!({"op": "remove", "path": target.path}));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::okta::sample;

    fn given(kind: HookKind, variant: &str) -> Given {
        let name = if variant.is_empty() { kind.to_string() } else { format!("{kind}/{variant}") };
        Given::read(kind, Asked::Body(sample(&name).unwrap().body.as_bytes()))
    }

    #[test]
    fn a_token_request_gives_its_claims_down_to_their_members() {
        let given = given(HookKind::Token, "");
        let id_token = given.id_token.as_ref().unwrap();
        let target = |path: &str| id_token.iter().find(|target| target.path == path).unwrap();
        assert_eq!(target("/claims/loyalty/tier").value, "\"bronze\"");
        assert_eq!(target("/claims/locale").fixed_because, None);
        assert!(given.targets_of(ACCESS_PATCH).iter().any(|target| target.is_array));
    }

    #[test]
    fn a_token_that_is_not_minted_is_said() {
        let given = given(HookKind::Token, "client-credentials");
        assert_eq!(given.why_not(IDENTITY_PATCH), Some("This request mints no ID token"));
        assert_eq!(given.why_not(ACCESS_PATCH), None);
        assert_eq!(Given::nothing(HookKind::Token).why_not(IDENTITY_PATCH), None);
    }

    #[test]
    fn the_flow_of_a_registration_decides_where_its_attributes_are() {
        assert_eq!(given(HookKind::Registration, "").location_of("email"), "data.userProfile.email");
        let progressive = given(HookKind::Registration, "progressive");
        assert_eq!(progressive.profile_command(), "com.okta.user.progressive.profile.update");
        assert!(!progressive.attributes.is_empty());
    }

    #[test]
    fn what_is_no_request_gives_nothing_and_hides_nothing() {
        for body in [&b""[..], b"[]", b"\xff", b"{\"data\":7}"] {
            for kind in HookKind::NAMED {
                let given = Given::read(kind, Asked::Body(body));
                assert!(given.attributes.is_empty(), "{kind}");
            }
        }
    }
}
