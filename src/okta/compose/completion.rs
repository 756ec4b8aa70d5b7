//! What can be written at a place of a response body that is being typed.

use std::borrow::Cow;
use std::ops::Range;

use super::delivery::TELEPHONY_ACTION;
use super::edit::quoted;
use super::explanation::{about_command, command_type, operation_op, operation_path};
use super::given::{ACCESS_PATCH, ASSERTION_PATCH, Given, IDENTITY_PATCH, LIFETIME, Target};
use super::outline::{At, NodeKind, Outline, Step};
use crate::okta::{HookKind, pointer_to};

/// More than these are not shown.
const MOST: usize = 60;

/// What fits at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completions {
    /// The bytes of the text that the chosen one takes the place of.
    pub replace: Range<usize>,
    pub items: Vec<Completion>,
}

/// One thing that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What is shown: the bare text.
    pub label: String,
    /// What is written, quotes and colon included.
    pub insert: String,
    /// A few words about it; empty where it speaks for itself.
    pub about: Cow<'static, str>,
}

/// What fits where the cursor is, the best first. `cursor` is a byte offset. Pure, and total: a text may be half typed, and may
/// be no JSON at all.
pub fn complete(given: &Given, text: &str, cursor: usize) -> Completions {
    // Within a character is before it; behind the end is the end.
    let cursor = text.floor_char_boundary(cursor);
    let outline = Outline::read(text);
    let site = Site { given, text, outline: &outline };
    let (replace, typed, is_name, offers) = match outline.at(text, cursor) {
        At::Name(idx) => {
            let Some((container, range)) = outline.node(idx).and_then(|node| Some((node.parent?, node.name.clone()?)))
            else {
                return Completions::default();
            };
            (range, true, true, site.names(container, Some(idx)))
        }
        At::Value(idx) => {
            let Some(node) = outline.node(idx) else { return Completions::default() };
            match node.kind {
                NodeKind::String => (node.value.clone(), true, false, site.values(idx)),
                NodeKind::Missing => (cursor..cursor, false, false, site.values(idx)),
                // A number or a word is short enough to be typed.
                _ => return Completions::default(),
            }
        }
        At::Gap(container) => match outline.node(container).map(|node| node.kind) {
            Some(NodeKind::Object) if may_begin(text, cursor) => {
                (cursor..cursor, false, true, site.names(container, None))
            }
            _ => return Completions::default(),
        },
        At::Outside => return Completions::default(),
    };
    let (replace, typed) = match typed {
        true => token_at(text, replace, cursor),
        false => (replace, String::new()),
    };
    let colon = if is_name && !followed_by_colon(text, replace.end) { ": " } else { "" };
    let mut items: Vec<Completion> = ranked(offers, &typed)
        .into_iter()
        .map(|(label, about)| Completion { insert: format!("{}{colon}", quoted(&label)), label, about })
        .collect();
    // What is there already needs no completion.
    if let [only] = items.as_slice()
        && text.get(replace.clone()) == Some(only.insert.as_str())
    {
        items.clear();
    }
    Completions { replace, items }
}

type Offer = (String, Cow<'static, str>);

fn offer(label: &str, about: &'static str) -> Offer {
    (label.to_owned(), Cow::Borrowed(about))
}

/// Those that fit what is typed: first those that begin with it, then those that hold it.
fn ranked(offers: Vec<Offer>, typed: &str) -> Vec<Offer> {
    let typed = typed.to_lowercase();
    let (mut first, rest): (Vec<Offer>, Vec<Offer>) =
        offers.into_iter().partition(|(label, _)| label.to_lowercase().starts_with(&typed));
    first.extend(rest.into_iter().filter(|(label, _)| label.to_lowercase().contains(&typed)));
    first.truncate(MOST);
    first
}

/// A name may begin behind a brace or a comma only.
fn may_begin(text: &str, cursor: usize) -> bool {
    text.get(..cursor).is_some_and(|before| before.trim_end().ends_with(['{', ',']))
}

fn followed_by_colon(text: &str, at: usize) -> bool {
    text.get(at..).is_some_and(|rest| rest.trim_start().starts_with(':'))
}

/// The string token around the cursor and what is typed of it. A string that is being typed in front of other text has no
/// closing quote of its own yet: then it ends at the cursor.
fn token_at(text: &str, token: Range<usize>, cursor: usize) -> (Range<usize>, String) {
    let typed = text.get(token.start + 1..cursor).unwrap_or_default().to_owned();
    let is_open =
        text.get(cursor..).is_none_or(|rest| rest.starts_with([',', '}', ']', ' ', '\r', '\n']) || rest.is_empty());
    (token.start..if is_open { cursor } else { token.end }, typed)
}

struct Site<'a> {
    given: &'a Given,
    text: &'a str,
    outline: &'a Outline,
}

impl Site<'_> {
    fn steps(&self, idx: usize) -> Vec<&str> {
        self.outline.path(idx).into_iter().map(Step::bare).collect()
    }

    /// Member names of an object that it does not have yet; `own` is the one being typed.
    fn names(&self, container: usize, own: Option<usize>) -> Vec<Offer> {
        let present: Vec<&str> = self
            .outline
            .children(container)
            .filter(|(idx, _)| Some(*idx) != own)
            .filter_map(|(_, node)| match &node.step {
                Step::Member(name) => Some(name.as_str()),
                _ => None,
            })
            .collect();
        let command = command_type(self.text, self.outline, container).unwrap_or_default();
        let mut offers = self.names_of(&self.steps(container), &command);
        offers.retain(|(label, _)| !present.contains(&label.as_str()));
        offers
    }

    fn names_of(&self, steps: &[&str], command: &str) -> Vec<Offer> {
        let hook = self.given.hook;
        if hook == HookKind::Verification {
            return if steps.is_empty() { vec![offer("verification", "the challenge")] } else { Vec::new() };
        }
        if !hook.is_inline() {
            return Vec::new();
        }
        match steps {
            [] => vec![
                offer("commands", "what Okta is to do"),
                offer("error", "outweighs the commands"),
                offer("debugContext", "goes to the System Log"),
            ],
            ["commands", "#"] => vec![offer("type", "which command"), offer("value", "what it is to do")],
            ["error"] => vec![offer("errorSummary", "the overall message"), offer("errorCauses", "the details")],
            ["error", "errorCauses", "#"] => vec![
                offer("errorSummary", "the message beside the field"),
                offer("reason", "a short constant"),
                offer("locationType", "body, header, url or query"),
                offer("location", "the submitted attribute"),
                offer("domain", "end-user or external-service"),
            ],
            ["commands", "#", "value", rest @ ..] => self.names_in_value(rest, command),
            _ => Vec::new(),
        }
    }

    fn names_in_value(&self, rest: &[&str], command: &str) -> Vec<Offer> {
        match (self.given.hook, rest) {
            (HookKind::Token | HookKind::Saml, ["#"]) => vec![
                offer("op", "add, replace or remove"),
                offer("path", "a JSON Pointer"),
                offer("value", "what is set"),
            ],
            (HookKind::Saml, ["#", "value"]) => {
                vec![offer("attributes", "the name's format"), offer("attributeValues", "the values")]
            }
            (HookKind::Saml, ["#", "value", "attributes"]) => vec![offer("NameFormat", "the name's format")],
            (HookKind::Saml, ["#", "value", "attributeValues", "#"]) => {
                vec![offer("attributes", "the value's XML type"), offer("value", "a string")]
            }
            (HookKind::Saml, ["#", "value", "attributeValues", "#", "attributes"]) => {
                vec![offer("xsi:type", "the XML type")]
            }
            (HookKind::Telephony, ["#"]) => vec![
                offer("status", "what became of the message"),
                offer("provider", "who sent it"),
                offer("transactionId", "the provider's id of the message"),
                offer("transactionMetadata", "a string"),
            ],
            (HookKind::Registration, []) if command == "com.okta.action.update" => {
                vec![offer("registration", "ALLOW or DENY")]
            }
            (HookKind::PasswordImport, []) => vec![offer("credential", "VERIFIED or UNVERIFIED")],
            (HookKind::UserImport, []) if command == "com.okta.action.update" => {
                vec![offer("result", "CREATE_USER or LINK_USER")]
            }
            (HookKind::UserImport, []) if command == "com.okta.user.update" => vec![offer("id", "the user to link to")],
            (HookKind::Registration | HookKind::UserImport, []) if command.ends_with("profile.update") => {
                let targets = self.given.targets_of(command).iter();
                targets.map(|target| (target.path.clone(), now(target))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Strings that fit as the value of a node.
    fn values(&self, idx: usize) -> Vec<Offer> {
        let given = self.given;
        let command = command_type(self.text, self.outline, idx).unwrap_or_default();
        match (given.hook, self.steps(idx).as_slice()) {
            (HookKind::Verification, ["verification"]) => {
                given.challenge.iter().map(|challenge| (challenge.clone(), "the challenge".into())).collect()
            }
            (hook, ["commands", "#", "type"]) => command_types(given)
                .iter()
                .map(|command| {
                    let about = given.why_not(command).unwrap_or(about_command(hook, command));
                    offer(command, about)
                })
                .collect(),
            (HookKind::Token, ["commands", "#", "value", "#", "op"]) => {
                vec![offer("add", "or replace"), offer("replace", "what exists"), offer("remove", "what exists")]
            }
            (HookKind::Saml, ["commands", "#", "value", "#", "op"]) => {
                vec![offer("add", "a new attribute"), offer("replace", "what exists")]
            }
            (HookKind::Token, ["commands", "#", "value", "#", "path"]) => {
                claim_paths(given.targets_of(&command), operation_op(self.text, self.outline, idx).as_deref())
            }
            (HookKind::Saml, ["commands", "#", "value", "#", "path"]) => {
                assertion_paths(given, operation_op(self.text, self.outline, idx).as_deref())
            }
            (HookKind::Saml, [.., "NameFormat"]) => NAME_FORMATS.iter().map(|format| offer(format, "")).collect(),
            (HookKind::Saml, [.., "xsi:type"]) => XSI_TYPES.iter().map(|name| offer(name, "")).collect(),
            (HookKind::Token | HookKind::Saml, ["commands", "#", "value", "#", "value"]) => {
                let path = operation_path(self.text, self.outline, idx).unwrap_or_default();
                let targets = given.targets_of(&command).iter();
                let strings = targets.filter(|target| target.path == path);
                strings
                    .filter_map(|target| Some((serde_json::from_str(&target.value).ok()?, "as it came".into())))
                    .collect()
            }
            (HookKind::Registration, ["commands", "#", "value", "registration"]) => {
                vec![offer("ALLOW", "the default"), offer("DENY", "stops it")]
            }
            (HookKind::PasswordImport, ["commands", "#", "value", "credential"]) => {
                vec![offer("VERIFIED", "signs the user in"), offer("UNVERIFIED", "the default: refuses the sign-in")]
            }
            (HookKind::UserImport, ["commands", "#", "value", "result"]) => {
                vec![offer("CREATE_USER", "a new user"), offer("LINK_USER", "with com.okta.user.update")]
            }
            (HookKind::UserImport, ["commands", "#", "value", "id"]) => {
                given.user_id.iter().map(|id| (id.clone(), "the matched user".into())).collect()
            }
            (HookKind::Telephony, ["commands", "#", "value", "#", "status"]) => vec![
                offer("SUCCESSFUL", "delivered"),
                offer("PENDING", "not confirmed"),
                offer("FAILED", "not delivered: Okta sends the code"),
            ],
            (_, ["error", "errorCauses", "#", "locationType"]) => {
                LOCATION_TYPES.iter().map(|name| offer(name, "")).collect()
            }
            (_, ["error", "errorCauses", "#", "domain"]) => DOMAINS.iter().map(|name| offer(name, "")).collect(),
            (_, ["error", "errorCauses", "#", "reason"]) => REASONS.iter().map(|name| offer(name, "")).collect(),
            (HookKind::Registration, ["error", "errorCauses", "#", "location"]) => {
                let attributes = given.attributes.iter();
                attributes.map(|attribute| (given.location_of(&attribute.path), "submitted".into())).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// `now "en_GB"`
fn now(target: &Target) -> Cow<'static, str> {
    let shown: String = target.value.chars().take(32).collect();
    let more = if shown.len() < target.value.len() { "…" } else { "" };
    Cow::Owned(format!("now {shown}{more}"))
}

/// Okta developer docs, Inline hooks concept.
pub const LOCATION_TYPES: [&str; 4] = ["body", "header", "url", "query"];
pub const DOMAINS: [&str; 2] = ["end-user", "external-service"];
pub const REASONS: [&str; 2] = ["UNIQUE_CONSTRAINT", "INVALID_EMAIL_DOMAIN"];
/// The name formats of SAML 2.0.
pub const NAME_FORMATS: [&str; 3] = [
    "urn:oasis:names:tc:SAML:2.0:attrname-format:basic",
    "urn:oasis:names:tc:SAML:2.0:attrname-format:uri",
    "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified",
];
pub const XSI_TYPES: [&str; 5] = ["xs:string", "xs:integer", "xs:boolean", "xs:anyURI", "xs:dateTime"];

/// The command types of a kind (Okta OpenAPI 2026.06.3, the response schemas), those first that fit this request.
pub fn command_types(given: &Given) -> Vec<&'static str> {
    match given.hook {
        HookKind::Token if given.why_not(IDENTITY_PATCH).is_some() => vec![ACCESS_PATCH, IDENTITY_PATCH],
        HookKind::Token => vec![IDENTITY_PATCH, ACCESS_PATCH],
        HookKind::Saml => vec![ASSERTION_PATCH],
        HookKind::Registration if given.is_known => vec![given.profile_command(), "com.okta.action.update"],
        HookKind::Registration => {
            vec!["com.okta.user.profile.update", "com.okta.user.progressive.profile.update", "com.okta.action.update"]
        }
        HookKind::PasswordImport => vec!["com.okta.action.update"],
        HookKind::UserImport => vec![
            "com.okta.action.update",
            "com.okta.user.update",
            "com.okta.user.profile.update",
            "com.okta.appUser.profile.update",
        ],
        HookKind::Telephony => vec![TELEPHONY_ACTION],
        HookKind::Event | HookKind::Verification | HookKind::Unknown => Vec::new(),
    }
}

/// Paths of a token patch for an op: what works for this request.
fn claim_paths(targets: &[Target], op: Option<&str>) -> Vec<Offer> {
    let existing = |may: fn(&Target) -> bool| {
        targets.iter().filter(move |target| may(target)).map(|target| (target.path.clone(), now(target)))
    };
    let lifetime = || offer(LIFETIME, "300 to 86,400 seconds");
    let appended = || {
        let arrays = targets.iter().filter(|target| target.is_array && target.fixed_because.is_none());
        arrays.map(|target| (format!("{}/-", target.path), Cow::Borrowed("append")))
    };
    match op {
        Some("remove") => existing(|target| target.stays_because.is_none()).collect(),
        Some("replace") => existing(|target| target.fixed_because.is_none()).chain([lifetime()]).collect(),
        Some("add") => [offer("/claims/", "and a new name")].into_iter().chain(appended()).collect(),
        _ => existing(|target| target.fixed_because.is_none())
            .chain(appended())
            .chain([lifetime(), offer("/claims/", "and a new name")])
            .collect(),
    }
}

/// Paths of an assertion patch for an op.
fn assertion_paths(given: &Given, op: Option<&str>) -> Vec<Offer> {
    let leaves = given.assertion.iter().filter(|target| !target.value.starts_with(['{', '[']));
    let existing = leaves.map(|target| (target.path.clone(), now(target)));
    let added = [offer("/claims/", "and a new name"), offer("/authentication/sessionLifetime", "seconds")];
    match op {
        Some("replace") => existing.collect(),
        Some("add") => added.into(),
        _ => existing.chain(added).collect(),
    }
}

/// The path of a claim or SAML attribute with that name.
pub fn claim_path(name: &str) -> String {
    pointer_to("/claims", name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::okta::{Asked, sample};

    fn given(name: &str) -> Given {
        let sample = sample(name).unwrap();
        match sample.kind {
            HookKind::Verification => Given::read(sample.kind, Asked::Challenge("ch4llenge")),
            kind => Given::read(kind, Asked::Body(sample.body.as_bytes())),
        }
    }

    /// `|` is the cursor; what the first one makes of the text, with the cursor behind it.
    fn check(sample: &str, typed: &str, expected: &str) {
        let cursor = typed.find('|').unwrap();
        let text = typed.replace('|', "");
        let found = complete(&given(sample), &text, cursor);
        let first = found.items.first().unwrap_or_else(|| panic!("nothing fits in {typed}"));
        let done = format!("{}{}|{}", &text[..found.replace.start], first.insert, &text[found.replace.end..]);
        assert_eq!(done, expected, "{typed}");
    }

    fn labels(sample: &str, typed: &str) -> Vec<String> {
        let cursor = typed.find('|').unwrap();
        let found = complete(&given(sample), &typed.replace('|', ""), cursor);
        found.items.into_iter().map(|item| item.label).collect()
    }

    #[test]
    fn member_names_are_completed_with_quotes_and_colon() {
        check("token", r#"{"com|"#, r#"{"commands": |"#);
        check("token", r#"{"com|": 1}"#, r#"{"commands"|: 1}"#);
        check("token", r#"{|}"#, r#"{"commands": |}"#);
        check("token", r#"{"commands": [{"|"}]}"#, r#"{"commands": [{"type": |}]}"#);
        check("token", r#"{"commands": [{"type": "x", |}]}"#, r#"{"commands": [{"type": "x", "value": |}]}"#);
        check(
            "registration",
            r#"{"error": {"errorCauses": [{"loc|"}]}}"#,
            r#"{"error": {"errorCauses": [{"locationType": |}]}}"#,
        );
        check("verification", r#"{"v|"#, r#"{"verification": |"#);
        check("telephony", r#"{"commands":[{"value":[{"s|"}]}]}"#, r#"{"commands":[{"value":[{"status": |}]}]}"#);
    }

    #[test]
    fn a_name_that_is_there_is_not_offered_again() {
        assert_eq!(labels("token", r#"{"commands": [], "|"}"#), ["error", "debugContext"]);
        assert_eq!(labels("saml", r#"{"commands":[{"value":[{"op":"add","path":"/x","|"}]}]}"#), ["value"]);
    }

    #[test]
    fn command_types_are_those_of_the_kind() {
        check(
            "token",
            r#"{"commands": [{"type": "com.okta.acc|"#,
            r#"{"commands": [{"type": "com.okta.access.patch"|"#,
        );
        check("token", r#"{"commands": [{"type": "acc|"}]}"#, r#"{"commands": [{"type": "com.okta.access.patch"|}]}"#);
        check("token", r#"{"commands": [{"type": |}]}"#, r#"{"commands": [{"type": "com.okta.identity.patch"|}]}"#);
        check(
            "token/client-credentials",
            r#"{"commands": [{"type": "|"}]}"#,
            r#"{"commands": [{"type": "com.okta.access.patch"|}]}"#,
        );
        check(
            "registration/progressive",
            r#"{"commands":[{"type":"com|"}]}"#,
            r#"{"commands":[{"type":"com.okta.user.progressive.profile.update"|}]}"#,
        );
        assert_eq!(labels("telephony", r#"{"commands":[{"type":"|"}]}"#), ["com.okta.telephony.action"]);
        assert!(labels("event", r#"{"commands":[{"type":"|"}]}"#).is_empty());
    }

    #[test]
    fn claim_paths_are_those_of_this_request() {
        let replace = |path: &str| {
            format!(
                r#"{{"commands":[{{"type":"com.okta.identity.patch","value":[{{"op":"replace","path":"{path}"}}]}}]}}"#
            )
        };
        check("token", &replace("/claims/loy|"), &replace("/claims/loyalty").replace("loyalty\"", "loyalty\"|"));
        let all = labels("token", &replace("|"));
        assert!(all.contains(&"/claims/loyalty/tier".to_owned()) && all.contains(&LIFETIME.to_owned()), "{all:?}");
        let access = replace("|").replace("identity", "access").replace("replace", "add");
        assert_eq!(labels("token", &access), ["/claims/", "/claims/branches/-"]);
    }

    #[test]
    fn assertion_paths_and_saml_words_are_offered() {
        let path = r#"{"commands":[{"type":"com.okta.assertion.patch","value":[{"op":"replace","path":"/sub|"}]}]}"#;
        assert!(labels("saml", path).contains(&"/subject/nameId".to_owned()));
        let format = r#"{"commands":[{"value":[{"value":{"attributes":{"NameFormat":"uri|"}}}]}]}"#;
        assert_eq!(labels("saml", format), [NAME_FORMATS[1]]);
        assert_eq!(labels("saml", r#"{"commands":[{"value":[{"op":"|"}]}]}"#), ["add", "replace"]);
    }

    #[test]
    fn words_and_attributes_are_offered_where_they_fit() {
        assert_eq!(labels("registration", r#"{"commands":[{"value":{"registration":"|"}}]}"#), ["ALLOW", "DENY"]);
        assert_eq!(labels("password-import", r#"{"commands":[{"value":{"credential":"un|"}}]}"#), ["UNVERIFIED"]);
        assert_eq!(labels("user-import", r#"{"commands":[{"value":{"result":"l|"}}]}"#), ["LINK_USER"]);
        assert_eq!(labels("telephony", r#"{"commands":[{"value":[{"status":"|"}]}]}"#).len(), 3);
        assert_eq!(labels("registration", r#"{"error":{"errorCauses":[{"domain":"|"}]}}"#), DOMAINS);
        assert_eq!(labels("registration", r#"{"error":{"errorCauses":[{"locationType":"q|"}]}}"#), ["query"]);
        let location = labels("registration", r#"{"error":{"errorCauses":[{"location":"|"}]}}"#);
        assert!(location.contains(&"data.userProfile.email".to_owned()), "{location:?}");
        let attributes = r#"{"commands":[{"type":"com.okta.appUser.profile.update","value":{"|"}}]}"#;
        assert!(labels("user-import", attributes).contains(&"userName".to_owned()));
        assert_eq!(labels("verification", r#"{"verification":"|"}"#), ["ch4llenge"]);
    }

    #[test]
    fn a_string_typed_in_front_of_other_text_leaves_that_text_alone() {
        check(
            "token",
            r#"{"commands": [{"type": "com.okta.i|, "value": []}]}"#,
            r#"{"commands": [{"type": "com.okta.identity.patch"|, "value": []}]}"#,
        );
        check("token", "{\"com|\n  \"error\": {}}", "{\"commands\": |\n  \"error\": {}}");
    }

    #[test]
    fn nothing_is_offered_where_nothing_fits() {
        for typed in [
            r#"|{}"#,
            r#"{"commands": [|]}"#,
            r#"{"commands": 1|}"#,
            r#"{"debugContext": {"|"}}"#,
            "|",
            r#"{"a": "|"}"#,
        ] {
            assert!(labels("token", typed).is_empty(), "{typed}");
        }
        assert!(labels("token", r#"{"commands"|: []}"#).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn no_text_and_no_position_upsets_it(text in "[{}\\[\\]:,\"comandsé\\\\ \n]{0,60}", cursor in 0usize..70) {
            let found = complete(&given("token"), &text, cursor);
            if !found.items.is_empty() {
                proptest::prop_assert!(text.get(found.replace).is_some());
            }
        }
    }
}
