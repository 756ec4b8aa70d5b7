//! What Okta does with each member of a response, and where it says so.

use std::ops::Range;

use super::delivery::TELEPHONY_ACTION;
use super::given::{ACCESS_PATCH, ASSERTION_PATCH, IDENTITY_PATCH, LIFETIME};
use super::outline::{At, Outline, Step};
use crate::okta::HookKind;
use crate::okta::sources::{self, EVENT_HOOKS, INLINE_HOOKS, TELEPHONY_HELP};
use crate::okta::verdict::Confidence;

/// What can be explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    Status,
    Delay,
    Commands,
    CommandType,
    CommandValue,
    IdToken,
    AccessToken,
    Assertion,
    Op,
    ClaimPath,
    AssertionPath,
    Lifetime,
    SessionLifetime,
    OperationValue,
    NameFormat,
    XsiType,
    AttributeValues,
    Profile,
    AppProfile,
    Registration,
    Credential,
    ImportResult,
    ImportUser,
    TelephonyStatus,
    Provider,
    TransactionId,
    TransactionMetadata,
    Error,
    ErrorSummary,
    ErrorCauses,
    CauseSummary,
    Reason,
    LocationType,
    Location,
    Domain,
    DebugContext,
    Verification,
    UnknownMember,
}

impl Topic {
    pub const ALL: [Topic; 38] = [
        Topic::Status,
        Topic::Delay,
        Topic::Commands,
        Topic::CommandType,
        Topic::CommandValue,
        Topic::IdToken,
        Topic::AccessToken,
        Topic::Assertion,
        Topic::Op,
        Topic::ClaimPath,
        Topic::AssertionPath,
        Topic::Lifetime,
        Topic::SessionLifetime,
        Topic::OperationValue,
        Topic::NameFormat,
        Topic::XsiType,
        Topic::AttributeValues,
        Topic::Profile,
        Topic::AppProfile,
        Topic::Registration,
        Topic::Credential,
        Topic::ImportResult,
        Topic::ImportUser,
        Topic::TelephonyStatus,
        Topic::Provider,
        Topic::TransactionId,
        Topic::TransactionMetadata,
        Topic::Error,
        Topic::ErrorSummary,
        Topic::ErrorCauses,
        Topic::CauseSummary,
        Topic::Reason,
        Topic::LocationType,
        Topic::Location,
        Topic::Domain,
        Topic::DebugContext,
        Topic::Verification,
        Topic::UnknownMember,
    ];
}

/// What Okta does with something, and how that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    pub text: &'static str,
    /// The page or schema in which it can be looked up.
    pub source: &'static str,
    pub confidence: Confidence,
}

impl Explanation {
    /// `documented by Okta: Okta OpenAPI 2026.06.3, TokenHookResponse`
    pub fn cited(&self) -> String {
        format!("{}: {}", self.confidence.meaning(), self.source)
    }
}

/// Explains the member or element that a JSON Pointer names in a response body; the body may be half typed.
pub fn explain(hook: HookKind, body: &str, pointer: &str) -> Option<Explanation> {
    let outline = Outline::read(body);
    topic_of(hook, body, &outline, outline.find(pointer)?).map(|topic| explain_topic(hook, topic))
}

/// Explains what stands at a byte offset of a response body, and says from where to where it stands.
pub fn explain_at(hook: HookKind, body: &str, offset: usize) -> Option<(Range<usize>, Explanation)> {
    let outline = Outline::read(body);
    let idx = match outline.at(body, offset) {
        At::Name(idx) | At::Value(idx) => idx,
        At::Gap(_) | At::Outside => return None,
    };
    let topic = topic_of(hook, body, &outline, idx)?;
    let node = outline.node(idx)?;
    let range = node.name.clone().filter(|name| name.contains(&offset)).unwrap_or_else(|| node.value.clone());
    Some((range, explain_topic(hook, topic)))
}

/// What a node of a response is about.
fn topic_of(hook: HookKind, body: &str, outline: &Outline, idx: usize) -> Option<Topic> {
    let steps: Vec<&str> = outline.path(idx).into_iter().map(Step::bare).collect();
    if matches!(hook, HookKind::Event | HookKind::Unknown) {
        return None;
    }
    if hook == HookKind::Verification {
        return Some(if steps == ["verification"] { Topic::Verification } else { Topic::UnknownMember });
    }
    Some(match steps.as_slice() {
        [] => return None,
        ["commands"] | ["commands", "#"] => Topic::Commands,
        ["commands", "#", "type"] => Topic::CommandType,
        ["commands", "#", "value", rest @ ..] => {
            let command = command_type(body, outline, idx).unwrap_or_default();
            return in_value(hook, &command, rest, operation_path(body, outline, idx).as_deref());
        }
        ["error"] => Topic::Error,
        ["error", "errorSummary"] => Topic::ErrorSummary,
        ["error", "errorCauses"] | ["error", "errorCauses", "#"] => Topic::ErrorCauses,
        ["error", "errorCauses", "#", member] => match *member {
            "errorSummary" => Topic::CauseSummary,
            "reason" => Topic::Reason,
            "locationType" => Topic::LocationType,
            "location" => Topic::Location,
            "domain" => Topic::Domain,
            _ => Topic::UnknownMember,
        },
        ["debugContext", ..] => Topic::DebugContext,
        _ => Topic::UnknownMember,
    })
}

fn in_value(hook: HookKind, command: &str, rest: &[&str], path: Option<&str>) -> Option<Topic> {
    Some(match (hook, rest) {
        (_, []) => match command {
            IDENTITY_PATCH => Topic::IdToken,
            ACCESS_PATCH => Topic::AccessToken,
            ASSERTION_PATCH => Topic::Assertion,
            "com.okta.appUser.profile.update" => Topic::AppProfile,
            "com.okta.user.profile.update" | "com.okta.user.progressive.profile.update" => Topic::Profile,
            _ => Topic::CommandValue,
        },
        (HookKind::Token | HookKind::Saml, ["#" | "op"]) | (HookKind::Token | HookKind::Saml, ["#", "op"]) => Topic::Op,
        (HookKind::Token, ["#", "path"]) => match path {
            Some(LIFETIME) => Topic::Lifetime,
            _ => Topic::ClaimPath,
        },
        (HookKind::Token, ["#", "value", ..]) => match path {
            Some(LIFETIME) => Topic::Lifetime,
            _ => Topic::OperationValue,
        },
        (HookKind::Saml, ["#", "path"]) => Topic::AssertionPath,
        (HookKind::Saml, ["#", "value", .., "NameFormat"]) => Topic::NameFormat,
        (HookKind::Saml, ["#", "value", .., "xsi:type"]) => Topic::XsiType,
        (HookKind::Saml, ["#", "value", "attributeValues", ..]) => Topic::AttributeValues,
        (HookKind::Saml, ["#", "value", ..]) => match path {
            Some("/authentication/sessionLifetime") => Topic::SessionLifetime,
            _ => Topic::OperationValue,
        },
        (HookKind::Telephony, ["#", member] | [member]) => match *member {
            "status" => Topic::TelephonyStatus,
            "provider" => Topic::Provider,
            "transactionId" => Topic::TransactionId,
            "transactionMetadata" => Topic::TransactionMetadata,
            _ => Topic::CommandValue,
        },
        (HookKind::Registration, ["registration"]) if command == "com.okta.action.update" => Topic::Registration,
        (HookKind::PasswordImport, ["credential"]) => Topic::Credential,
        (HookKind::UserImport, ["result"]) => Topic::ImportResult,
        (HookKind::UserImport, ["id"]) if command == "com.okta.user.update" => Topic::ImportUser,
        (HookKind::UserImport, [_, ..]) if command == "com.okta.appUser.profile.update" => Topic::AppProfile,
        (HookKind::Registration | HookKind::UserImport, [_, ..]) if command.ends_with("profile.update") => {
            Topic::Profile
        }
        _ => return None,
    })
}

/// The type of the command that a node stands in.
pub(super) fn command_type(body: &str, outline: &Outline, idx: usize) -> Option<String> {
    outline.string(body, outline.member(ancestor(outline, idx, 2)?, "type")?)
}

/// The path of the operation that a node stands in.
pub(super) fn operation_path(body: &str, outline: &Outline, idx: usize) -> Option<String> {
    outline.string(body, outline.member(ancestor(outline, idx, 4)?, "path")?)
}

/// The `op` of the operation that a node stands in.
pub(super) fn operation_op(body: &str, outline: &Outline, idx: usize) -> Option<String> {
    outline.string(body, outline.member(ancestor(outline, idx, 4)?, "op")?)
}

/// The node on the way to `idx` that is `depth` steps below the root: 2 is a command, 4 an operation.
fn ancestor(outline: &Outline, idx: usize, depth: usize) -> Option<usize> {
    let mut way = vec![idx];
    while let Some(parent) = way.last().and_then(|last| outline.node(*last)?.parent) {
        way.push(parent);
    }
    way.iter().rev().nth(depth).copied()
}

/// Explains a topic, as it is for a kind.
pub fn explain_topic(hook: HookKind, topic: Topic) -> Explanation {
    use Confidence::{D, I, U};
    let schema = sources::response_schema(hook);
    let (text, source, confidence) = match topic {
        Topic::Status if hook == HookKind::Event => (
            "Okta takes a delivery with any 2xx; 200 or 204 without a body is what it asks for. It reads nothing else of the answer",
            EVENT_HOOKS,
            D,
        ),
        Topic::Status if hook == HookKind::Verification => ("Only 200 verifies", EVENT_HOOKS, D),
        Topic::Status => (
            "200 with a body, or 204 without one. Data problems belong in the error object: Okta counts any 3xx, 4xx and 5xx as a failed call and does not read its body",
            INLINE_HOOKS,
            D,
        ),
        Topic::Delay => ("Okta waits 3 seconds for everything, then the call has failed", INLINE_HOOKS, D),
        Topic::Commands => (
            "What Okta is to do, in order: objects with a type and a value. null or no commands ask for nothing",
            INLINE_HOOKS,
            D,
        ),
        Topic::CommandType => ("Which command this is; it must be spelled exactly", schema, D),
        Topic::CommandValue => ("What the command is to do; every command needs one", schema, D),
        Topic::IdToken => (
            "Operations on the ID token, always in an array. One that fails voids the whole answer, and Okta issues the token unmodified",
            schema,
            D,
        ),
        Topic::AccessToken => (
            "Operations on the access token, always in an array. One that fails voids the whole answer, and Okta issues the token unmodified",
            schema,
            D,
        ),
        Topic::Assertion => {
            ("Operations on the SAML assertion, always in an array. What a failing one does is not stated", schema, D)
        }
        Topic::Op if hook == HookKind::Saml => ("add or replace; remove is not supported for assertions", schema, D),
        Topic::Op => (
            "add makes a claim, or replaces one that exists; replace and remove need one that exists; remove has no value",
            schema,
            D,
        ),
        Topic::ClaimPath => (
            "A JSON Pointer: /claims/ and the name, then members or positions. In a name / is written ~1 and ~ is written ~0; - appends to an array. Reserved claims cannot be changed",
            schema,
            D,
        ),
        Topic::AssertionPath => (
            "A JSON Pointer below /subject, /authentication, /conditions or /claims. In a name / is written ~1 and ~ is written ~0",
            schema,
            D,
        ),
        Topic::Lifetime => ("How long the token lives: replace with an integer from 300 to 86,400 seconds", schema, D),
        Topic::SessionLifetime => (
            "Seconds until the session at the service provider ends: Okta sets SessionNotOnOrAfter to the issue instant plus this",
            schema,
            D,
        ),
        Topic::OperationValue => ("What is set; add and replace need one", schema, D),
        Topic::NameFormat => ("The format of the attribute's name: basic, uri or unspecified", schema, D),
        Topic::XsiType => ("The XML type of the value; the value itself is written as a string", schema, D),
        Topic::AttributeValues => ("The values of the attribute, each with its XML type", schema, D),
        Topic::Profile if hook == HookKind::UserImport => {
            ("Attributes of the Okta profile and their new values", schema, D)
        }
        Topic::Profile => (
            "Attributes to set before Okta goes on. They must exist in the profile schema; the password can never be set",
            schema,
            D,
        ),
        Topic::AppProfile => {
            ("Attributes of the app's profile; they flow on to the Okta profile by its mappings", schema, D)
        }
        Topic::Registration => {
            ("ALLOW or DENY, in capitals. DENY stops the registration or the update; ALLOW is the default", schema, D)
        }
        Topic::Credential => (
            "VERIFIED signs the user in and keeps the password; UNVERIFIED, the default, refuses the sign-in",
            schema,
            D,
        ),
        Topic::ImportResult => ("CREATE_USER or LINK_USER; LINK_USER needs the user's id as well", schema, D),
        Topic::ImportUser => {
            ("The id of the Okta user to link to, together with LINK_USER. User ids begin with 00u", schema, D)
        }
        Topic::TelephonyStatus => (
            "SUCCESSFUL: delivered. FAILED: not delivered, so Okta should send the code itself. PENDING: not confirmed, and what Okta then does is not stated",
            TELEPHONY_HELP,
            I,
        ),
        Topic::Provider => ("The name of the provider that sends the message", schema, D),
        Topic::TransactionId => ("The provider's id of the message", schema, D),
        Topic::TransactionMetadata => ("More about the message: a string, not an object", schema, D),
        Topic::Error => match hook {
            HookKind::Token => ("No token is issued, and no command runs", schema, D),
            HookKind::Saml => ("The sign-on is denied, and the user sees an error page", "Okta release notes, 2019", D),
            HookKind::Registration => {
                ("The registration or update fails, and no command runs, even if the object is empty", schema, D)
            }
            HookKind::Telephony => ("The hook counts as failed, and Okta's own provider sends the code", schema, D),
            HookKind::UserImport => ("The failure is logged; what becomes of the user is not stated", schema, U),
            _ => ("What it does for this kind is not stated", schema, U),
        },
        Topic::ErrorSummary => match hook {
            HookKind::Token => ("The client gets it as error_description", schema, D),
            HookKind::Saml => ("The error page shows it", "Okta release notes, 2019", D),
            HookKind::Registration => {
                ("The overall message; the sign-in widget shows the summaries of the causes instead", schema, D)
            }
            _ => ("The overall message; it is written to the System Log", schema, D),
        },
        Topic::ErrorCauses if hook == HookKind::Registration => {
            ("One cause for each field that is to show a message", schema, D)
        }
        Topic::ErrorCauses => ("The details of an error; only registration hooks show them", INLINE_HOOKS, D),
        Topic::CauseSummary => ("The message that the sign-in widget shows beside the field", schema, D),
        Topic::Reason => ("A short constant such as UNIQUE_CONSTRAINT or INVALID_EMAIL_DOMAIN", INLINE_HOOKS, D),
        Topic::LocationType => ("Where the location points to: body, header, url or query", INLINE_HOOKS, D),
        Topic::Location => {
            ("The submitted attribute that the message belongs to, as a path into the request", schema, D)
        }
        Topic::Domain => ("Who can put it right: end-user or external-service", INLINE_HOOKS, D),
        Topic::DebugContext => {
            ("Free form; Okta copies it into the System Log event inline_hook.response.processed", INLINE_HOOKS, D)
        }
        Topic::Verification => {
            ("The value of the request header x-okta-verification-challenge, unchanged", EVENT_HOOKS, D)
        }
        Topic::UnknownMember if hook == HookKind::Verification => {
            ("A verification has the single member verification", EVENT_HOOKS, D)
        }
        Topic::UnknownMember => ("No page names this member, so what Okta does with it is not stated", INLINE_HOOKS, U),
    };
    Explanation { text, source, confidence }
}

/// Says in a few words what a command of that type does.
pub fn about_command(hook: HookKind, command: &str) -> &'static str {
    match (hook, command) {
        (_, IDENTITY_PATCH) => "Change the ID token",
        (_, ACCESS_PATCH) => "Change the access token",
        (_, ASSERTION_PATCH) => "Change the assertion",
        (_, "com.okta.appUser.profile.update") => "Set app attributes",
        (HookKind::UserImport, "com.okta.user.profile.update") => "Set Okta attributes",
        (_, "com.okta.user.profile.update") => "Set attributes, self-service",
        (_, "com.okta.user.progressive.profile.update") => "Set attributes, progressive profile",
        (HookKind::PasswordImport, _) => "Verified or not",
        (HookKind::UserImport, "com.okta.action.update") => "Create or link",
        (_, "com.okta.user.update") => "The user to link to",
        (_, "com.okta.action.update") => "Allow or deny",
        (_, TELEPHONY_ACTION) => "What became of the message",
        _ => "",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn check(hook: HookKind, body: &str, pointer: &str, part: &str) {
        let explanation = explain(hook, body, pointer).unwrap_or_else(|| panic!("{hook} {pointer}"));
        assert!(explanation.text.contains(part), "{hook} {pointer}: {}", explanation.text);
    }

    #[test]
    fn each_member_says_what_okta_does_with_it() {
        let token = r#"{"commands": [{"type": "com.okta.access.patch", "value": [
            {"op": "replace", "path": "/token/lifetime/expiration", "value": 1}, {"op": "add", "path": "/claims/a", "value": {"b": 1}}]}],
            "error": {"errorSummary": "x"}, "debugContext": {"a": 1}, "result": 1}"#;
        let check_token = |pointer: &str, part: &str| check(HookKind::Token, token, pointer, part);
        check_token("/commands/0/value", "access token");
        check_token("/commands/0/value/0/path", "300 to 86,400");
        check_token("/commands/0/value/0/value", "300 to 86,400");
        check_token("/commands/0/value/1/path", "~1");
        check_token("/commands/0/value/1/value/b", "What is set");
        check_token("/error", "No token");
        check_token("/error/errorSummary", "error_description");
        check_token("/debugContext/a", "System Log");
        check_token("/result", "not stated");
        let saml = r#"{"commands": [{"type": "com.okta.assertion.patch", "value": [{"op": "add", "value":
            {"attributes": {"NameFormat": "x"}, "attributeValues": [{"attributes": {"xsi:type": "x"}, "value": "x"}]}}]}]}"#;
        check(HookKind::Saml, saml, "/commands/0/value/0/op", "remove is not supported");
        check(HookKind::Saml, saml, "/commands/0/value/0/value/attributeValues/0/attributes/xsi:type", "XML type");
        let import = r#"{"commands": [{"type": "com.okta.user.update", "value": {"id": "x"}},
            {"type": "com.okta.appUser.profile.update", "value": {"id": "x"}}]}"#;
        check(HookKind::UserImport, import, "/commands/0/value/id", "LINK_USER");
        check(HookKind::UserImport, import, "/commands/1/value/id", "app's profile");
        check(
            HookKind::Telephony,
            r#"{"commands":[{"value":[{"status":1}]}]}"#,
            "/commands/0/value/0/status",
            "PENDING",
        );
        check(
            HookKind::Registration,
            r#"{"error":{"errorCauses":[{"domain":1}]}}"#,
            "/error/errorCauses/0/domain",
            "end-user",
        );
        check(HookKind::Verification, r#"{"verification": "x"}"#, "/verification", "challenge");
        assert_eq!(explain(HookKind::Event, "{\"a\":1}", "/a"), None);
    }

    #[test]
    fn a_position_says_what_it_explains_also_in_a_half_typed_text() {
        let body = "{\"commands\": [{\"type\": \"com.ok";
        let (range, explanation) = explain_at(HookKind::Token, body, body.len()).unwrap();
        assert_eq!(&body[range], "\"com.ok");
        assert!(explanation.text.contains("exactly"));
        assert_eq!(explain_at(HookKind::Token, body, 0), None);
    }

    #[test]
    fn every_explanation_has_a_page_for_every_kind() {
        for kind in HookKind::NAMED {
            for topic in Topic::ALL {
                let explanation = explain_topic(kind, topic);
                assert!(!explanation.text.is_empty() && !explanation.text.ends_with('.'), "{kind} {topic:?}");
                assert!(explanation.source.contains("Okta"), "{kind} {topic:?}");
            }
        }
    }
}
