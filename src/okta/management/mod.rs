//! What to paste into Okta for a hook, and the calls of Okta's management API as commands for a shell.
//!
//! Pure, and only what Okta's documents say: nothing is asked of an org. Where to look next: [`HookFacts`] is what is known of a
//! hook, [`card`] the values of Okta's form with what is wrong with them, [`commands`] the `curl` commands,
//! [`hook_uri_problem`], [`header_name_problem`] and [`hook_name_problem`] what Okta would refuse.

mod card;
mod commands;
mod header_name;
mod hook_uri;
mod json;
mod shell;

use std::borrow::Cow;

pub use card::{Card, CardValue, card};
pub use commands::{ManagementCommand, Secrets, commands, execute_command};
pub use header_name::{header_name_problem, hook_name_problem};
pub use hook_uri::{MOST_URI_CHARACTERS, hook_uri_problem, hook_uri_problems};

use super::HookKind;
use super::verdict::{Confidence, Severity, Text};

/// What is known of a hook that is to be registered in Okta. It holds secrets in the clear, so it cannot be printed.
#[derive(Clone, Copy)]
pub struct HookFacts<'a> {
    /// Event, or one of the inline kinds; a verification is the same hook as the deliveries that follow it.
    pub kind: HookKind,
    /// What the hook is to be called in Okta.
    pub name: &'a str,
    /// The URL that Okta calls; none where no public one is known.
    pub uri: Option<&'a str>,
    /// User and password of HTTP Basic; the password is none where it is not known here.
    pub basic: Option<(&'a str, Option<&'a str>)>,
    /// Name and value of a secret header; the value is none where it is not known here.
    pub header: Option<(&'a str, Option<&'a str>)>,
    pub oauth: Option<OauthFacts<'a>>,
    /// `eventType` values that the event hook is to carry, in the order in which they were seen; may be empty.
    pub event_types: &'a [String],
}

/// The access token that the hook demands (OAuth 2.0 client credentials).
#[derive(Clone, Copy)]
pub struct OauthFacts<'a> {
    /// None where the authorization server does not say by its issuer where tokens are had.
    pub token_url: Option<&'a str>,
    pub client_id: Option<&'a str>,
    /// None where nothing says how the client proves itself: then a client secret is assumed.
    pub client: Option<ClientProof<'a>>,
    /// Scopes with spaces between them; empty: none is demanded.
    pub scope: &'a str,
}

/// How Okta proves itself to the authorization server.
#[derive(Clone, Copy)]
pub enum ClientProof<'a> {
    /// `client_secret_post`; none where the secret is not known here.
    Secret(Option<&'a str>),
    /// `private_key_jwt` with a hook key.
    PrivateKey,
}

/// Something to be said about a value, with the page that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The label of the value that it is about; empty where it is about the hook as a whole.
    pub label: &'static str,
    pub severity: Severity,
    /// Says what to change.
    pub message: Text,
    pub source: &'static str,
    pub confidence: Confidence,
}

impl Remark {
    fn new(
        severity: Severity,
        label: &'static str,
        message: impl Into<Text>,
        source: &'static str,
        confidence: Confidence,
    ) -> Remark {
        Remark { label, severity, message: message.into(), source, confidence }
    }
}

/// Okta's own `authScheme`: the header that carries the secret, and its whole value where that is known.
struct AuthScheme<'a> {
    field: &'a str,
    value: Option<Cow<'a, str>>,
}

impl<'a> HookFacts<'a> {
    fn is_event(&self) -> bool {
        matches!(self.kind, HookKind::Event | HookKind::Verification)
    }

    /// Event hooks have no OAuth 2.0 (Okta developer docs, Secure hooks guide).
    fn usable_oauth(&self) -> Option<&OauthFacts<'a>> {
        self.oauth.as_ref().filter(|_| !self.is_event())
    }

    /// The one secret of Okta's form; none with OAuth, where `authScheme` must be null.
    fn auth_scheme(&self) -> Option<AuthScheme<'a>> {
        if self.usable_oauth().is_some() {
            return None;
        }
        match (self.basic, self.header) {
            (Some((user, password)), _) => Some(AuthScheme {
                field: "Authorization",
                value: password.map(|password| Cow::Owned(basic_value(user, password))),
            }),
            (None, Some((name, value))) => Some(AuthScheme { field: name, value: value.map(Cow::Borrowed) }),
            (None, None) => None,
        }
    }

    /// The secret header where the form's own field is taken (Okta developer docs, Hooks best practices guide: both may be used at
    /// once).
    fn custom_header(&self) -> Option<(&'a str, Option<&'a str>)> {
        self.header.filter(|_| self.basic.is_some() || self.usable_oauth().is_some())
    }
}

/// `Basic ` and base64 of `user:password` (RFC 7617): Okta sends what is stored as it is.
fn basic_value(user: &str, password: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}
