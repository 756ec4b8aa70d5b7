//! Responses worth trying, from the contract: what a kind can be asked for, each way of asking for nothing, and each fault.
//!
//! A preset uses what the request gives: a claim that is replaced is one that is there. What it comes to is not written down
//! here but judged, so that a menu says what the editor will say.

use std::time::Duration;

use serde_json::{Value, json};

use super::given::{ACCESS_PATCH, ASSERTION_PATCH, Given, IDENTITY_PATCH, LIFETIME, Target};
use super::saml_attribute::SamlAttribute;
use crate::okta::HookKind;
use crate::okta::judge::{Answer, Asked, Credential, Exchange, judge};
use crate::okta::verdict::{Outcome, Text};

/// What a preset is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PresetGroup {
    Ask,
    Nothing,
    Stop,
    Shape,
    Value,
    Call,
}

impl PresetGroup {
    /// The head of the group in a menu.
    pub fn title(self) -> &'static str {
        match self {
            PresetGroup::Ask => "Ask for something",
            PresetGroup::Nothing => "Ask for nothing",
            PresetGroup::Stop => "Stop the flow",
            PresetGroup::Shape => "Faults of shape",
            PresetGroup::Value => "Faults of value",
            PresetGroup::Call => "Faults of status, size and time",
        }
    }
}

/// A response that can be tried at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preset {
    pub group: PresetGroup,
    pub name: &'static str,
    pub status: u16,
    pub delay: Duration,
    pub body: String,
    /// What it comes to for this request.
    pub outcome: Outcome,
    /// The verdict's sentence.
    pub about: Text,
}

impl Preset {
    /// The content type that goes with the body; none without a body.
    pub fn content_type(&self) -> Option<&'static str> {
        (!self.body.is_empty()).then_some("application/json")
    }
}

/// Every preset of a kind, grouped, judged as the answer to a request.
pub fn presets(given: &Given, asked: Asked<'_>) -> Vec<Preset> {
    let mut drafts = Drafts(Vec::new());
    match given.hook {
        HookKind::Event => event(&mut drafts),
        HookKind::Verification => verification(given, &mut drafts),
        HookKind::Unknown => {
            drafts.add(PresetGroup::Nothing, "204 without a body", 204, "");
            drafts.add(PresetGroup::Nothing, "Empty object", 200, "{}\n");
        }
        _ => inline(given, &mut drafts),
    }
    let mut presets: Vec<Preset> = drafts.0.into_iter().map(|draft| judged(draft, given.hook, asked)).collect();
    presets.sort_by_key(|preset| preset.group);
    presets
}

/// A body that asks for something and is right: what an editor begins with anew.
pub fn good_body(given: &Given) -> String {
    match given.hook {
        HookKind::Event | HookKind::Unknown => String::new(),
        HookKind::Verification => pretty(&json!({ "verification": given.challenge.as_deref().unwrap_or_default() })),
        _ => pretty(&good(given)),
    }
}

struct Draft {
    group: PresetGroup,
    name: &'static str,
    status: u16,
    delay: Duration,
    body: String,
}

struct Drafts(Vec<Draft>);

impl Drafts {
    fn add(&mut self, group: PresetGroup, name: &'static str, status: u16, body: impl Into<String>) {
        self.0.push(Draft { group, name, status, delay: Duration::ZERO, body: body.into() });
    }

    fn add_late(&mut self, body: String) {
        let delay = Duration::from_millis(3_500);
        self.0.push(Draft { group: PresetGroup::Call, name: "Late, after 3,500 ms", status: 200, delay, body });
    }
}

fn judged(draft: Draft, hook: HookKind, asked: Asked<'_>) -> Preset {
    let Draft { group, name, status, delay, body } = draft;
    let content_type = (!body.is_empty()).then_some("application/json");
    let verdict = judge(&Exchange {
        hook,
        endpoint_hook: None,
        asked,
        answer: Answer::Complete { status, content_type, body: body.as_bytes() },
        elapsed: delay,
        attempt: 1,
        credential: Credential::Good,
    });
    Preset { group, name, status, delay, body, outcome: verdict.outcome, about: verdict.summary }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

fn envelope(commands: &[Value]) -> Value {
    json!({ "commands": commands })
}

fn command(name: &str, value: Value) -> Value {
    json!({ "type": name, "value": value })
}

fn action(value: Value) -> Value {
    command("com.okta.action.update", value)
}

/// The one command that a good answer of an inline kind has.
fn good(given: &Given) -> Value {
    let saml_attribute: Value = serde_json::from_str(&SamlAttribute::new("night shift").raw()).unwrap_or_default();
    envelope(&[match given.hook {
        HookKind::Token => command(
            patch_of(given),
            json!([{ "op": "add", "path": format!("/claims/{}", unused(given)), "value": "night shift" }]),
        ),
        HookKind::Saml => command(
            ASSERTION_PATCH,
            json!([{ "op": "add", "path": format!("/claims/{}", unused(given)), "value": saml_attribute }]),
        ),
        HookKind::Registration => action(json!({ "registration": "ALLOW" })),
        HookKind::PasswordImport => action(json!({ "credential": "VERIFIED" })),
        HookKind::UserImport => action(json!({ "result": "CREATE_USER" })),
        _ => telephony("SUCCESSFUL"),
    }])
}

fn telephony(status: &str) -> Value {
    let delivery = json!({ "status": status, "provider": "Example provider", "transactionId": "SM-1" });
    command("com.okta.telephony.action", json!([delivery]))
}

/// The patch command of a token that this request mints.
fn patch_of(given: &Given) -> &'static str {
    if given.id_token.is_some() || given.access_token.is_none() { IDENTITY_PATCH } else { ACCESS_PATCH }
}

/// A claim name that the request does not have.
fn unused(given: &Given) -> &'static str {
    let targets = given.targets_of(patch_of(given));
    let is_free = |name: &&str| !targets.iter().any(|target| target.path == format!("/claims/{name}"));
    ["crew", "shift", "berth", "hookscope_trial"].into_iter().find(is_free).unwrap_or("hookscope_trial_2")
}

fn inline(given: &Given, drafts: &mut Drafts) {
    let good = good(given);
    let good_text = pretty(&good);
    ask(given, drafts);
    drafts.add(PresetGroup::Nothing, "204 without a body", 204, "");
    drafts.add(PresetGroup::Nothing, "Empty object", 200, "{}\n");
    drafts.add(PresetGroup::Nothing, "No commands", 200, pretty(&json!({ "commands": [] })));
    let error = pretty(&json!({ "error": { "errorSummary": "Not today" } }));
    drafts.add(PresetGroup::Stop, "Error object", 200, error.clone());

    let commands = good.get("commands").cloned().unwrap_or_default();
    let first = commands.get(0).cloned().unwrap_or_default();
    let name = first.get("type").and_then(Value::as_str).unwrap_or_default();
    let value = first.get("value").cloned().unwrap_or_default();
    let shape = PresetGroup::Shape;
    drafts.add(shape, "Not JSON", 200, "{\n  \"commands\": [\n    { \"type\": \n");
    drafts.add(shape, "Array at top level", 200, pretty(&commands));
    drafts.add(shape, "JSON encoded twice", 200, format!("{}\n", Value::from(good.to_string())));
    drafts.add(shape, "commands is an object", 200, pretty(&json!({ "commands": first })));
    let (label, other) = match &value {
        Value::Array(elements) => ("value is an object", elements.first().cloned().unwrap_or_default()),
        value => ("value is an array", json!([value])),
    };
    drafts.add(shape, label, 200, pretty(&envelope(&[command(name, other)])));
    drafts.add(shape, "Command without a value", 200, pretty(&json!({ "commands": [{ "type": name }] })));

    let faults = PresetGroup::Value;
    drafts.add(faults, "Unknown command type", 200, pretty(&envelope(&[command("com.example.patch", value.clone())])));
    let misspelt = name.replacen("okta", "otka", 1);
    drafts.add(faults, "Misspelt command type", 200, pretty(&envelope(&[command(&misspelt, value)])));
    value_faults(given, drafts);

    let call = PresetGroup::Call;
    drafts.add(call, "201 with a good body", 201, good_text.clone());
    drafts.add(call, "302", 302, "");
    drafts.add(call, "400 with an error body", 400, error);
    drafts.add(call, "401", 401, "");
    drafts.add(call, "500", 500, "");
    drafts.add(call, "204 with a body", 204, good_text.clone());
    drafts.add(call, "200 with an empty body", 200, "");
    drafts.add(call, "256 KB and one byte", 200, oversized(&good));
    drafts.add_late(good_text);
}

/// A good body that a debug context makes too large.
fn oversized(good: &Value) -> String {
    const SIZE: usize = 262_145;
    let mut large = good.clone();
    let size = |value: &Value| pretty(value).len();
    if let Some(object) = large.as_object_mut() {
        object.insert("debugContext".to_owned(), json!({ "padding": "" }));
    }
    let missing = SIZE.saturating_sub(size(&large));
    if let Some(padding) = large.pointer_mut("/debugContext/padding") {
        *padding = Value::from(".".repeat(missing));
    }
    pretty(&large)
}

/// The first claim that may be changed, and is no container.
fn claim(given: &Given, may: fn(&Target) -> bool) -> Option<&Target> {
    given.targets_of(patch_of(given)).iter().find(|target| may(target) && !target.value.starts_with(['{', '[']))
}

fn ask(given: &Given, drafts: &mut Drafts) {
    let ask = PresetGroup::Ask;
    let good = pretty(&good(given));
    match given.hook {
        HookKind::Token => {
            let patch = patch_of(given);
            let operation = |operation: Value| pretty(&envelope(&[command(patch, json!([operation]))]));
            drafts.add(ask, "Add a claim", 200, good);
            if let Some(target) = claim(given, |target| target.fixed_because.is_none()) {
                let body = json!({ "op": "replace", "path": target.path, "value": "changed by the hook" });
                drafts.add(ask, "Replace a claim", 200, operation(body));
            }
            if let Some(target) = claim(given, |target| target.stays_because.is_none()) {
                drafts.add(ask, "Remove a claim", 200, operation(json!({ "op": "remove", "path": target.path })));
            }
            let lifetime = json!({ "op": "replace", "path": LIFETIME, "value": 7_200 });
            drafts.add(ask, "Change the lifetime", 200, operation(lifetime));
        }
        HookKind::Saml => {
            let operation = |operation: Value| pretty(&envelope(&[command(ASSERTION_PATCH, json!([operation]))]));
            drafts.add(ask, "Add an attribute", 200, good);
            let has = |path: &str| !given.is_known || given.assertion.iter().any(|target| target.path == path);
            if has("/subject/nameId") {
                let body = json!({ "op": "replace", "path": "/subject/nameId", "value": "another.name" });
                drafts.add(ask, "Replace the subject", 200, operation(body));
            }
            let session = json!({ "op": "add", "path": "/authentication/sessionLifetime", "value": 900 });
            drafts.add(ask, "Set the session lifetime", 200, operation(session));
        }
        HookKind::Registration => {
            drafts.add(ask, "Allow", 200, good);
            if let Some(attribute) = given.attributes.first() {
                let value = json!({ attribute.path.as_str(): "set by the hook" });
                let body = pretty(&envelope(&[command(given.profile_command(), value)]));
                drafts.add(ask, "Set an attribute", 200, body);
            }
            let stop = PresetGroup::Stop;
            let deny = action(json!({ "registration": "DENY" }));
            drafts.add(stop, "Deny", 200, pretty(&envelope(std::slice::from_ref(&deny))));
            let name = given.attributes.first().map_or("email", |attribute| attribute.path.as_str());
            let cause = json!({
                "errorSummary": "Choose another value",
                "reason": "UNIQUE_CONSTRAINT",
                "locationType": "body",
                "location": given.location_of(name),
                "domain": "end-user"
            });
            let error = json!({ "errorSummary": "This cannot be taken", "errorCauses": [cause] });
            drafts.add(stop, "Deny with a field error", 200, pretty(&json!({ "commands": [deny], "error": error })));
        }
        HookKind::PasswordImport => {
            drafts.add(ask, "Verified", 200, good);
            let refused = pretty(&envelope(&[action(json!({ "credential": "UNVERIFIED" }))]));
            drafts.add(PresetGroup::Stop, "Not verified", 200, refused);
        }
        HookKind::UserImport => {
            drafts.add(ask, "Create a user", 200, good);
            let link = action(json!({ "result": "LINK_USER" }));
            let id = given.user_id.as_deref().unwrap_or("00uExampleUser00001");
            let user = command("com.okta.user.update", json!({ "id": id }));
            drafts.add(ask, "Link to a user", 200, pretty(&envelope(&[link, user])));
            let profiles = [
                ("com.okta.user.profile.update", &given.okta_profile),
                ("com.okta.appUser.profile.update", &given.app_profile),
            ];
            for ((update, profile), name) in profiles.into_iter().zip(["Set an Okta attribute", "Set an app attribute"])
            {
                if let Some(attribute) = profile.iter().find(|attribute| attribute.value.starts_with('"')) {
                    let value = json!({ attribute.path.as_str(): "set by the hook" });
                    drafts.add(ask, name, 200, pretty(&envelope(&[command(update, value)])));
                }
            }
        }
        HookKind::Telephony => {
            drafts.add(ask, "Code sent", 200, good);
            drafts.add(ask, "Delivery not confirmed", 200, pretty(&envelope(&[telephony("PENDING")])));
            drafts.add(PresetGroup::Stop, "Delivery failed", 200, pretty(&envelope(&[telephony("FAILED")])));
        }
        HookKind::Event | HookKind::Verification | HookKind::Unknown => {}
    }
}

fn value_faults(given: &Given, drafts: &mut Drafts) {
    let faults = PresetGroup::Value;
    let one = |command: Value| pretty(&envelope(&[command]));
    match given.hook {
        HookKind::Token => {
            let patch = patch_of(given);
            let operation = |operation: Value| one(command(patch, json!([operation])));
            let missing = format!("/claims/{}", unused(given));
            let path =
                claim(given, |target| target.stays_because.is_none()).map_or(missing.as_str(), |claim| &claim.path);
            let bodies = [
                (
                    "Reserved claim",
                    json!({ "op": "replace", "path": "/claims/iss", "value": "https://issuer.example" }),
                ),
                ("Claim that is not there", json!({ "op": "replace", "path": missing, "value": "night shift" })),
                ("remove with a value", json!({ "op": "remove", "path": path, "value": "gone" })),
                ("Lifetime out of range", json!({ "op": "replace", "path": LIFETIME, "value": 100 })),
            ];
            for (name, body) in bodies {
                // Without a request every claim counts as there.
                if given.is_known || !name.contains("not there") {
                    drafts.add(faults, name, 200, operation(body));
                }
            }
        }
        HookKind::Saml => {
            let remove = json!([{ "op": "remove", "path": "/subject/nameId" }]);
            drafts.add(faults, "remove, which SAML has not", 200, one(command(ASSERTION_PATCH, remove)));
            let elsewhere = json!([{ "op": "replace", "path": "subject/nameId", "value": "another.name" }]);
            drafts.add(faults, "Path without a leading /", 200, one(command(ASSERTION_PATCH, elsewhere)));
        }
        HookKind::Registration => {
            drafts.add(faults, "Lower-case decision", 200, one(action(json!({ "registration": "deny" }))));
            drafts.add(faults, "action instead of registration", 200, one(action(json!({ "action": "DENY" }))));
            if given.is_known {
                let other = match given.is_progressive {
                    true => "com.okta.user.profile.update",
                    false => "com.okta.user.progressive.profile.update",
                };
                let name = given.attributes.first().map_or("email", |attribute| attribute.path.as_str());
                drafts.add(faults, "Command of the other flow", 200, one(command(other, json!({ name: "x" }))));
            }
        }
        HookKind::PasswordImport => {
            drafts.add(faults, "Lower-case decision", 200, one(action(json!({ "credential": "verified" }))));
        }
        HookKind::UserImport => {
            drafts.add(faults, "LINK_USER alone", 200, one(action(json!({ "result": "LINK_USER" }))));
            drafts.add(faults, "CREATE instead of CREATE_USER", 200, one(action(json!({ "result": "CREATE" }))));
        }
        HookKind::Telephony => drafts.add(faults, "Lower-case status", 200, one(telephony("successful"))),
        HookKind::Event | HookKind::Verification | HookKind::Unknown => {}
    }
}

fn event(drafts: &mut Drafts) {
    drafts.add(PresetGroup::Ask, "200 without a body", 200, "");
    drafts.add(PresetGroup::Ask, "204 without a body", 204, "");
    let call = PresetGroup::Call;
    drafts.add(call, "200 with a body", 200, "{}\n");
    drafts.add(call, "201", 201, "");
    drafts.add(call, "302", 302, "");
    drafts.add(call, "400", 400, "");
    drafts.add(call, "401", 401, "");
    drafts.add(call, "500", 500, "");
    drafts.add_late(String::new());
}

fn verification(given: &Given, drafts: &mut Drafts) {
    let good = good_body(given);
    drafts.add(PresetGroup::Ask, "The right value", 200, good.clone());
    let shape = PresetGroup::Shape;
    drafts.add(shape, "Another value", 200, pretty(&json!({ "verification": "another value" })));
    drafts.add(shape, "Another member name", 200, pretty(&json!({ "challenge": given.challenge })));
    drafts.add(shape, "Not JSON", 200, given.challenge.clone().unwrap_or_else(|| "plain text".to_owned()));
    let call = PresetGroup::Call;
    drafts.add(call, "201 with the right value", 201, good.clone());
    drafts.add(call, "204 without a body", 204, "");
    drafts.add(call, "401", 401, "");
    drafts.add(call, "500", 500, "");
    drafts.add_late(good);
}
