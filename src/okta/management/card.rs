//! The values of Okta's form for a hook, in Okta's own words, with what is wrong with them and what comes after.

use std::borrow::Cow;
use std::fmt;

use super::{ClientProof, HookFacts, OauthFacts, Remark, header_name_problem, hook_name_problem, hook_uri_problems};
use crate::okta::HookKind;
use crate::okta::sources::{
    BASIC_RFC, BEST_PRACTICES, CREATE_INLINE_HOOK, EVENT_AUTH_SCHEME, EVENT_HOOKS, HOOK_KEY, HTTP_CONFIG, INLINE_HOOKS,
    OAUTH_CONFIG, PASSWORD_GUIDE, REGISTRATION_GUIDE, RELEASE_NOTES, SAML_GUIDE, SECURE_HOOKS, TELEPHONY_GUIDE,
    TERRAFORM, TOKEN_GUIDE, TOKEN_TIMEOUT_ARTICLE, VERIFY_OPERATION,
};
use crate::okta::verdict::Confidence::{D, I, O, U};
use crate::okta::verdict::Severity::{Error, Info, Warning};

/// What is to be pasted for one hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// In the order of Okta's form.
    pub values: Vec<CardValue>,
    /// Errors first.
    pub problems: Vec<Remark>,
    /// What comes after the form is filled in: where the hook must be chosen, what to press.
    pub notes: Vec<Remark>,
}

/// One field of the form.
#[derive(Clone, PartialEq, Eq)]
pub struct CardValue {
    pub label: &'static str,
    /// None where it is not known here.
    pub value: Option<String>,
    pub is_secret: bool,
    /// What it is, or where it is to be had where it is not known.
    pub about: Cow<'static, str>,
}

impl fmt::Debug for CardValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if self.is_secret { self.value.as_ref().map(|_| "••••") } else { self.value.as_deref() };
        f.debug_struct("CardValue").field("label", &self.label).field("value", &value).finish()
    }
}

const URL: &str = "URL";
const FIELD: &str = "Authentication field";
const SECRET: &str = "Authentication secret";
const HEADER_NAME: &str = "Custom header field";
const HEADER_VALUE: &str = "Custom header value";
const AUTH_TYPE: &str = "Authentication type";
const CLIENT_ID: &str = "Client ID";
const CLIENT_SECRET: &str = "Client secret";
const HOOK_KEY_LABEL: &str = "Hook key";
const TOKEN_URL: &str = "Token URL";
const SCOPE: &str = "Scope";

/// Says what to paste into Okta for a hook.
pub fn card(facts: &HookFacts<'_>) -> Card {
    let mut values = vec![value("Name", Some(facts.name.to_owned()), "Any name of 1 to 255 characters"), url(facts)];
    add_authentication(facts, &mut values);
    if let Some((name, secret)) = facts.custom_header() {
        values.push(value(HEADER_NAME, Some(name.to_owned()), "A second secret, sent with every call"));
        values.push(secret_value(HEADER_VALUE, secret.map(str::to_owned), "The whole value of that header"));
    }
    let mut problems = problems(facts);
    problems.sort_by_key(|problem| std::cmp::Reverse(problem.severity));
    Card { values, problems, notes: notes(facts) }
}

fn value(label: &'static str, value: Option<String>, about: impl Into<Cow<'static, str>>) -> CardValue {
    CardValue { label, value, is_secret: false, about: about.into() }
}

fn secret_value(label: &'static str, value: Option<String>, about: &'static str) -> CardValue {
    let about = match &value {
        Some(_) => about,
        None => "Not known here: give it to the endpoint, or set the variable that it is read from",
    };
    CardValue { label, value, is_secret: true, about: about.into() }
}

fn url(facts: &HookFacts<'_>) -> CardValue {
    let about = match facts.uri {
        Some(_) => "The public address of the tunnel with the endpoint's path",
        None => "No public address is known yet: start a tunnel, or type the address that Okta can reach",
    };
    value(URL, facts.uri.map(str::to_owned), about)
}

fn add_authentication(facts: &HookFacts<'_>, values: &mut Vec<CardValue>) {
    if let Some(oauth) = facts.usable_oauth() {
        add_oauth(oauth, values);
        return;
    }
    let Some(scheme) = facts.auth_scheme() else {
        return;
    };
    values.push(value(FIELD, Some(scheme.field.to_owned()), "The name of the header"));
    let about = match facts.basic {
        Some(_) => "The word Basic and base64 of user:password; Okta sends it as it is, so the word belongs to it",
        None => "The whole value of the header; Okta sends it as it is",
    };
    values.push(secret_value(SECRET, scheme.value.map(Cow::into_owned), about));
}

fn add_oauth(oauth: &OauthFacts<'_>, values: &mut Vec<CardValue>) {
    let is_key = matches!(oauth.client, Some(ClientProof::PrivateKey));
    let auth_type = if is_key { "private_key_jwt" } else { "client_secret_post" };
    let about = match oauth.client {
        Some(ClientProof::PrivateKey) => "Private key: Okta signs an assertion with a hook key",
        Some(ClientProof::Secret(_)) => "Client secret: Okta sends it to the token URL",
        None => "Client secret, or private_key_jwt if the client has a key at the authorization server",
    };
    values.push(value(AUTH_TYPE, Some(auth_type.to_owned()), about));
    let client_id = oauth.client_id.map(str::to_owned);
    let about =
        if client_id.is_some() { "The client at the authorization server" } else { "That of your client there" };
    values.push(value(CLIENT_ID, client_id, about));
    match oauth.client {
        Some(ClientProof::PrivateKey) => {
            let about =
                "Its id begins with HKY: create the key with the command below, and give its public half to the client";
            values.push(value(HOOK_KEY_LABEL, None, about));
        }
        Some(ClientProof::Secret(secret)) => {
            values.push(secret_value(CLIENT_SECRET, secret.map(str::to_owned), "The client's secret"));
        }
        None => values.push(secret_value(CLIENT_SECRET, None, "")),
    }
    let about = match oauth.token_url {
        Some(_) => "Where Okta gets its access token",
        None => "The token endpoint of your authorization server: token_endpoint in its metadata",
    };
    values.push(value(TOKEN_URL, oauth.token_url.map(str::to_owned), about));
    let (scope, about) = match oauth.scope {
        "" => (None, "May stay empty; a scope must exist at the authorization server and be granted to the client"),
        scope => (Some(scope.to_owned()), "Must exist at the authorization server and be granted to the client"),
    };
    values.push(value(SCOPE, scope, about));
}

fn problems(facts: &HookFacts<'_>) -> Vec<Remark> {
    let mut problems = Vec::new();
    problems.extend(hook_name_problem(facts.name));
    match facts.uri {
        Some(uri) => problems.extend(hook_uri_problems(uri)),
        None => problems.push(Remark::new(
            Error,
            URL,
            "Start a tunnel, or type the public address: without one Okta cannot reach this listener",
            HTTP_CONFIG,
            D,
        )),
    }
    if facts.is_event() && facts.oauth.is_some() {
        let message = "Use a secret in a header for this endpoint: event hooks have no OAuth 2.0, so no call of one ever carries a \
                       token";
        problems.push(Remark::new(Error, AUTH_TYPE, message, SECURE_HOOKS, D));
    }
    if facts.basic.is_some() && facts.usable_oauth().is_some() {
        let message = "Choose Basic or OAuth 2.0, not both: each needs the Authorization header, and with OAuth 2.0 Okta has no \
                       other secret (authScheme is null)";
        problems.push(Remark::new(Error, AUTH_TYPE, message, OAUTH_CONFIG, D));
    }
    if let Some((user, _)) = facts.basic.filter(|(user, _)| user.contains(':')) {
        let message = format!("Take the colon out of the user name '{user}': what follows it counts as the password");
        problems.push(Remark::new(Error, SECRET, message, BASIC_RFC, D));
    }
    if let Some(scheme) = facts.auth_scheme() {
        problems.extend(header_name_problem(FIELD, scheme.field));
        problems.extend(scheme.value.as_deref().and_then(|value| value_problem(SECRET, value)));
    } else if facts.usable_oauth().is_none() {
        let message = "Set a credential for this endpoint: without one anyone who knows the URL can call";
        problems.push(Remark::new(Warning, SECRET, message, SECURE_HOOKS, D));
    }
    if let Some((name, value)) = facts.custom_header() {
        problems.extend(header_name_problem(HEADER_NAME, name));
        problems.extend(value.and_then(|value| value_problem(HEADER_VALUE, value)));
        if name.eq_ignore_ascii_case("authorization") {
            let message = "Give the second secret a header of its own: Authorization is taken by the first";
            problems.push(Remark::new(Error, HEADER_NAME, message, BEST_PRACTICES, I));
        }
    }
    if let Some(token_url) = facts.usable_oauth().and_then(|oauth| oauth.token_url) {
        problems.extend(hook_uri_problems(token_url).into_iter().map(|problem| Remark {
            label: TOKEN_URL,
            message: format!("Token URL: {}", problem.message).into(),
            // The rules are written for the hook's own URL; that a token URL must be https is seen in practice only.
            source: OAUTH_CONFIG,
            confidence: I,
            ..problem
        }));
    }
    problems
}

/// A value that cannot stand in a header.
fn value_problem(label: &'static str, value: &str) -> Option<Remark> {
    let message = match value {
        "" => "Give the secret a value: it is empty",
        _ if value.trim() != value => "Take the spaces around the secret away: HTTP does not send them",
        _ if value.chars().any(char::is_control) => "Take line breaks and control characters out of the secret",
        _ if !value.is_ascii() => {
            "Keep to ASCII in the secret: in which encoding Okta sends other letters is not documented"
        }
        _ => return None,
    };
    let confidence = if value.is_ascii() { D } else { U };
    let severity = if confidence == U { Warning } else { Error };
    Some(Remark::new(severity, label, message, crate::okta::sources::HTTP_RFC, confidence))
}

fn notes(facts: &HookFacts<'_>) -> Vec<Remark> {
    let mut notes = Vec::new();
    let mut add = |message: &'static str, source, confidence| {
        notes.push(Remark::new(Info, "", message, source, confidence));
    };
    match facts.kind {
        HookKind::Event | HookKind::Verification => {
            add("Press Verify after saving: a hook that is not verified gets no events", VERIFY_OPERATION, D);
            add(
                "Subscribe to the event types that you want; a new hook may need minutes until the first event",
                EVENT_HOOKS,
                D,
            );
            add("The secret is sent on the verification GET too", EVENT_AUTH_SCHEME, O);
        }
        HookKind::Token => {
            add(
                "Then choose the hook in an access policy rule of a custom authorization server: one hook a rule, and the org \
                 authorization server calls none",
                TOKEN_GUIDE,
                D,
            );
        }
        HookKind::Saml => add(
            "Then choose the hook in a custom SAML app: one hook an app, and apps of the catalogue have none",
            SAML_GUIDE,
            D,
        ),
        HookKind::Registration => {
            add("Then choose the hook in a user profile policy: one hook a policy", REGISTRATION_GUIDE, D);
        }
        HookKind::PasswordImport => {
            add(
                "It is chosen nowhere: it is called at the first sign-in of users that were created with a hook password. One hook \
                 an org",
                PASSWORD_GUIDE,
                D,
            );
        }
        HookKind::UserImport => {
            add("Then choose the hook in the app's provisioning settings, To Okta", INLINE_HOOKS, D)
        }
        HookKind::Telephony => {
            add("It is chosen nowhere: it is active as soon as it exists. One active hook an org", TELEPHONY_GUIDE, D);
        }
        HookKind::Unknown => {}
    }
    if facts.kind.is_inline() {
        add("Okta does not call the URL when the hook is saved: a wrong one shows at the first call", TERRAFORM, O);
    }
    if facts.auth_scheme().is_some() || facts.custom_header().is_some() {
        add(
            "Okta never gives the secret back: whatever replaces the hook later has to send it again (T16)",
            CREATE_INLINE_HOOK,
            D,
        );
    }
    if let Some(oauth) = facts.usable_oauth() {
        add("Getting the token and the call share the three seconds", TOKEN_TIMEOUT_ARTICLE, O);
        add(
            "The token endpoint must answer with expires_in: without it hooks failed with 400 until 2024",
            RELEASE_NOTES,
            D,
        );
        if facts.kind == HookKind::Token {
            add(
                "Use an authorization server or a rule of its own for this token: one whose rule calls this hook calls it for its \
                 own token until the time is over (T14)",
                TOKEN_TIMEOUT_ARTICLE,
                O,
            );
        }
        if matches!(oauth.client, Some(ClientProof::PrivateKey)) {
            add("The private half of a hook key never leaves Okta; at most 50 keys an org", HOOK_KEY, D);
        }
    }
    notes
}
