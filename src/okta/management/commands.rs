//! The calls of Okta's management API as `curl` commands, ready for a POSIX shell.
//!
//! The org and the API token are variables (`OKTA_DOMAIN`, `OKTA_API_TOKEN`), and so are secrets until they are revealed. Sources:
//! Okta OpenAPI 2026.06.3, operations of event hooks, inline hooks and hook keys.

use std::borrow::Cow;

use super::json::Json;
use super::shell::{Word, single_quoted};
use super::{ClientProof, HookFacts, OauthFacts};
use crate::okta::HookKind;
use crate::okta::verdict::Text;

/// How secrets stand in a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// As variables of the shell, such as `$HOOK_SECRET`.
    AsVariables,
    /// In the clear, where they are known.
    Written,
}

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagementCommand {
    /// What it is for in a word, as in "Copy curl for create".
    pub name: &'static str,
    pub title: &'static str,
    /// One or two sentences about it.
    pub about: Text,
    pub text: String,
}

/// Event types that stand in for those that nobody has named.
const PLACEHOLDER_TYPES: [&str; 2] = ["user.lifecycle.create", "user.lifecycle.activate"];
/// The most event types of a hook (Okta developer docs, Event hooks concept).
const MOST_EVENT_TYPES: usize = 300;

const HOOK_SECRET: &str = "HOOK_SECRET";
const HEADER_SECRET: &str = "HOOK_HEADER_SECRET";
const CLIENT_SECRET: &str = "HOOK_CLIENT_SECRET";
const PUBLIC_URL: &str = "HOOK_URL";
const CLIENT_ID: &str = "HOOK_CLIENT_ID";
const TOKEN_URL: &str = "HOOK_TOKEN_URL";
const HOOK_KEY_ID: &str = "HOOK_KEY_ID";
const PUBLIC_KEY_ID: &str = "PUBLIC_KEY_ID";

/// The commands for a hook, in the order in which they are used. None for a kind that is not known.
pub fn commands(facts: &HookFacts<'_>, secrets: Secrets) -> Vec<ManagementCommand> {
    if facts.kind == HookKind::Unknown {
        return Vec::new();
    }
    let is_event = facts.is_event();
    let mut list = vec![variables(facts, secrets)];
    if let Some(OauthFacts { client: Some(ClientProof::PrivateKey), .. }) = facts.usable_oauth() {
        list.extend([create_key(facts), public_key()]);
    }
    list.push(create(facts, secrets));
    if is_event {
        list.push(ManagementCommand {
            name: "verify",
            title: "Verify it",
            about: "Makes Okta send the challenge now; the answer has verificationStatus VERIFIED, or is a 400".into(),
            text: request("POST", "/api/v1/eventHooks/$HOOK_ID/lifecycle/verify", None),
        });
    }
    list.push(update(facts, secrets));
    list.push(ManagementCommand {
        name: "list",
        title: "List the hooks of this kind",
        about: "Shows ids, URLs and status; secrets are never in it".into(),
        text: match (is_event, facts.kind.event_type()) {
            (false, Some(kind)) => request("GET", &format!("/api/v1/inlineHooks?type={kind}"), None),
            _ => request("GET", "/api/v1/eventHooks", None),
        },
    });
    list
}

/// Lets Okta send a recorded body through its own network to the hook. None where hooks of the kind cannot be executed, or the
/// body is no text.
pub fn execute_command(kind: HookKind, body: &[u8]) -> Option<ManagementCommand> {
    let body = std::str::from_utf8(body).ok().filter(|body| !body.trim().is_empty())?;
    kind.is_inline().then(|| ManagementCommand {
        name: "execute",
        title: "Execute with this recorded body",
        about: "Okta sends this body to the hook over its own network, with the hook's credential, and gives the answer back if it \
                fits the hook's kind, else a 400 with the reason. It changes nothing in the org; a telephony service may send a \
                message all the same"
            .into(),
        text: request("POST", "/api/v1/inlineHooks/$HOOK_ID/execute", Some(&Word::text(body))),
    })
}

/// What the other commands need to be set first.
fn variables(facts: &HookFacts<'_>, secrets: Secrets) -> ManagementCommand {
    let mut lines = vec!["export OKTA_DOMAIN='your-org.okta.com'".to_owned(), "export OKTA_API_TOKEN=''".to_owned()];
    let mut say = |variable: &str, value: Option<&str>| {
        let value = value.filter(|_| secrets == Secrets::Written).map(single_quoted);
        lines.push(format!("export {variable}={}", value.unwrap_or_else(|| "''".to_owned())));
    };
    if let Some(scheme) = facts.auth_scheme() {
        say(HOOK_SECRET, scheme.value.as_deref());
    }
    if let Some((_, value)) = facts.custom_header() {
        say(HEADER_SECRET, value);
    }
    if let Some(secret) = client_secret(facts) {
        say(CLIENT_SECRET, secret);
    }
    if facts.uri.is_none() {
        say(PUBLIC_URL, None);
    }
    if let Some(oauth) = facts.usable_oauth() {
        for (variable, is_known) in [(CLIENT_ID, oauth.client_id.is_some()), (TOKEN_URL, oauth.token_url.is_some())] {
            if !is_known {
                say(variable, None);
            }
        }
        if matches!(oauth.client, Some(ClientProof::PrivateKey)) {
            say(HOOK_KEY_ID, None);
            say(PUBLIC_KEY_ID, None);
        }
    }
    lines.push("export HOOK_ID=''".to_owned());
    ManagementCommand {
        name: "variables",
        title: "Set these first",
        about: "The token needs a super admin, or a custom role that may manage hooks; HOOK_ID is the id in the answer to create"
            .into(),
        text: lines.join("\n"),
    }
}

/// The client secret that Okta needs; the inner value is none where it is not known here.
fn client_secret<'a>(facts: &HookFacts<'a>) -> Option<Option<&'a str>> {
    match facts.usable_oauth()?.client {
        Some(ClientProof::Secret(secret)) => Some(secret),
        Some(ClientProof::PrivateKey) => None,
        None => Some(None),
    }
}

/// One call of the management API.
fn request(method: &str, path: &str, body: Option<&Word>) -> String {
    let mut text = String::from("curl -sS");
    if method != "GET" {
        text.push_str(&format!(" -X {method}"));
    }
    text.push_str(&format!(" \"https://$OKTA_DOMAIN{path}\" \\\n  {HEADERS}"));
    if let Some(body) = body {
        text.push_str(&format!(" \\\n  {JSON_HEADER} \\\n  --data-raw {}", body.quoted()));
    }
    text
}

const HEADERS: &str = "-H \"Authorization: SSWS $OKTA_API_TOKEN\" -H 'Accept: application/json'";
const JSON_HEADER: &str = "-H 'Content-Type: application/json'";

fn create(facts: &HookFacts<'_>, secrets: Secrets) -> ManagementCommand {
    let is_event = facts.is_event();
    let mut members = vec![("name", Json::text(facts.name))];
    if is_event {
        members.push(("events", events(facts)));
    } else {
        members.push(("type", Json::text(facts.kind.event_type().unwrap_or_default())));
        members.push(("version", Json::text("1.0.0")));
    }
    members.push(("channel", channel(facts)));
    let path = if is_event { "/api/v1/eventHooks" } else { "/api/v1/inlineHooks" };
    let about: Text = match (is_event, facts.event_types.is_empty()) {
        (true, true) => {
            "It begins ACTIVE and UNVERIFIED: keep the id of the answer and verify it. The event types are examples: put yours in".into()
        }
        (true, false) if facts.event_types.len() > MOST_EVENT_TYPES => {
            "It begins ACTIVE and UNVERIFIED: keep the id of the answer and verify it. Only the first 300 event types that were \
             seen here are named: a hook carries no more"
                .into()
        }
        (true, false) => {
            "It begins ACTIVE and UNVERIFIED: keep the id of the answer and verify it. The event types are those that were seen here"
                .into()
        }
        (false, _) => "It begins ACTIVE: keep the id of the answer, and choose the hook where its kind is used".into(),
    };
    let body = Json::Object(members).word(secrets);
    ManagementCommand { name: "create", title: "Create the hook", about, text: request("POST", path, Some(&body)) }
}

fn events<'a>(facts: &HookFacts<'a>) -> Json<'a> {
    let items: Vec<Json<'a>> = match facts.event_types {
        [] => PLACEHOLDER_TYPES.into_iter().map(Json::text).collect(),
        types => types.iter().take(MOST_EVENT_TYPES).map(|name| Json::text(name.as_str())).collect(),
    };
    Json::Object(vec![("type", Json::text("EVENT_TYPE")), ("items", Json::Array(items))])
}

/// Event hooks and inline hooks with a secret in a header are `HTTP`; only inline hooks can be `OAUTH`.
fn channel<'a>(facts: &HookFacts<'a>) -> Json<'a> {
    let mut config = vec![("uri", facts.uri.map_or(Json::Variable(PUBLIC_URL), Json::text))];
    if !facts.is_event() {
        config.push(("method", Json::text("POST")));
    }
    let header = facts.custom_header().map(|(name, value)| {
        let value = Json::Secret { variable: HEADER_SECRET, value: value.map(Cow::Borrowed) };
        Json::Object(vec![("key", Json::text(name)), ("value", value)])
    });
    config.push(("headers", Json::Array(header.into_iter().collect())));
    let kind = match facts.usable_oauth() {
        Some(oauth) => {
            config.extend(oauth_config(oauth));
            "OAUTH"
        }
        None => {
            if let Some(scheme) = facts.auth_scheme() {
                let value = Json::Secret { variable: HOOK_SECRET, value: scheme.value };
                let scheme = vec![("type", Json::text("HEADER")), ("key", Json::text(scheme.field)), ("value", value)];
                config.push(("authScheme", Json::Object(scheme)));
            }
            "HTTP"
        }
    };
    Json::Object(vec![("type", Json::text(kind)), ("version", Json::text("1.0.0")), ("config", Json::Object(config))])
}

fn oauth_config<'a>(oauth: &OauthFacts<'a>) -> Vec<(&'static str, Json<'a>)> {
    let known = |value: Option<&'a str>, variable| value.map_or(Json::Variable(variable), Json::text);
    let mut config = Vec::new();
    let client_id = ("clientId", known(oauth.client_id, CLIENT_ID));
    match oauth.client {
        Some(ClientProof::PrivateKey) => {
            config.push(("authType", Json::text("private_key_jwt")));
            config.push(client_id);
            config.push(("hookKeyId", Json::Variable(HOOK_KEY_ID)));
        }
        client => {
            let secret = match client {
                Some(ClientProof::Secret(secret)) => secret,
                _ => None,
            };
            config.push(("authType", Json::text("client_secret_post")));
            config.push(client_id);
            let value = Json::Secret { variable: CLIENT_SECRET, value: secret.map(Cow::Borrowed) };
            config.push(("clientSecret", value));
        }
    }
    config.push(("tokenUrl", known(oauth.token_url, TOKEN_URL)));
    if !oauth.scope.is_empty() {
        config.push(("scope", Json::text(oauth.scope)));
    }
    config
}

/// GET, the new URL and the secrets put in, PUT; and a verification where the hook is an event hook.
fn update(facts: &HookFacts<'_>, secrets: Secrets) -> ManagementCommand {
    let is_event = facts.is_event();
    let path = if is_event { "/api/v1/eventHooks/$HOOK_ID" } else { "/api/v1/inlineHooks/$HOOK_ID" };
    let mut arguments = String::new();
    let mut argument = |name: &str, variable: &'static str, value: Option<&str>| {
        let mut word = Word::default();
        match value {
            Some(value) => word.push(value),
            None => word.push_variable(variable),
        }
        arguments.push_str(&format!(" \\\n  --arg {name} {}", word.quoted()));
    };
    let shown = |value: Option<Cow<'_, str>>| value.filter(|_| secrets == Secrets::Written).map(Cow::into_owned);
    // What Okta alone sets is left out: a status in a PUT has been honoured although it is read-only.
    let mut filter = match is_event {
        true => "{name, description, events, channel} | del(.channel.config.method)".to_owned(),
        false => "{name, type, version, channel}".to_owned(),
    };
    argument("uri", PUBLIC_URL, facts.uri);
    filter.push_str(" | .channel.config.uri = $uri");
    if let Some(scheme) = facts.auth_scheme() {
        argument("secret", HOOK_SECRET, shown(scheme.value).as_deref());
        filter.push_str(" | .channel.config.authScheme.value = $secret");
    }
    if let Some((name, value)) = facts.custom_header() {
        argument("header", HEADER_SECRET, Some(name));
        argument("header_secret", HEADER_SECRET, shown(value.map(Cow::Borrowed)).as_deref());
        filter.push_str(
            " | (.channel.config.headers[]? | select((.key | ascii_downcase) == ($header | ascii_downcase))).value = \
             $header_secret",
        );
    }
    if let Some(secret) = client_secret(facts) {
        argument("client_secret", CLIENT_SECRET, shown(secret.map(Cow::Borrowed)).as_deref());
        filter.push_str(" | .channel.config.clientSecret = $client_secret");
    }
    let filter = filter.replace(" | .", " |\n   .").replace(" | (.channel", " |\n   (.channel");
    // A hook that could not be read is not written: an empty PUT is not tried.
    let mut text = format!("hook=$(curl -sSf \"https://$OKTA_DOMAIN{path}\" \\\n  {HEADERS}) &&\n");
    text.push_str(&format!("printf %s \"$hook\" | jq{arguments} \\\n  '{filter}' |\n"));
    text.push_str(&format!(
        "curl -sSf -X PUT \"https://$OKTA_DOMAIN{path}\" \\\n  {HEADERS} \\\n  {JSON_HEADER} --data-binary @-"
    ));
    if is_event {
        text.push_str(" &&\n");
        text.push_str(&request("POST", "/api/v1/eventHooks/$HOOK_ID/lifecycle/verify", None));
    }
    let about = match is_event {
        true => {
            "For when the public address has changed: reads the hook, puts the new URL and the secret into it, writes it back and \
             verifies it. A PUT without headers or authScheme empties them (T16). Needs jq"
        }
        false => {
            "For when the public address has changed: reads the hook, puts the new URL and the secret into it and writes it back. \
             A PUT without headers or authScheme empties them (T16). Needs jq"
        }
    };
    ManagementCommand { name: "update", title: "Point it at this URL", about: about.into(), text }
}

fn create_key(facts: &HookFacts<'_>) -> ManagementCommand {
    let name = format!("{} key", facts.name);
    let body = Json::Object(vec![("name", Json::text(name))]).word(Secrets::AsVariables);
    ManagementCommand {
        name: "hook key",
        title: "Create a hook key",
        about: "Set HOOK_KEY_ID to the id of the answer (it begins with HKY) and PUBLIC_KEY_ID to its keyId".into(),
        text: request("POST", "/api/v1/hook-keys", Some(&body)),
    }
}

fn public_key() -> ManagementCommand {
    ManagementCommand {
        name: "public key",
        title: "Get its public half",
        about: "A JSON Web Key, bare or inside _embedded: give it to the client at the authorization server. Its alg RSA is no \
                name of an algorithm; sign with RS256"
            .into(),
        text: request("GET", "/api/v1/hook-keys/public/$PUBLIC_KEY_ID", None),
    }
}
