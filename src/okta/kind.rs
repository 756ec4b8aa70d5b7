//! The kinds of hook that Okta calls.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What Okta asks for with a call.
///
/// The six inline kinds are those of Okta's OpenAPI schema `InlineHookType`; event and verification are the two calls of an
/// event hook (Okta developer docs, "Event hooks concept").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HookKind {
    /// Delivery of an event hook.
    Event,
    /// The one-time GET with a challenge that verifies an event hook.
    Verification,
    Token,
    Saml,
    Registration,
    PasswordImport,
    UserImport,
    Telephony,
    /// Neither the body, nor the endpoint, nor the challenge header says what it is.
    Unknown,
}

impl HookKind {
    /// Every kind that has an endpoint on first start, in the order of the workspace file.
    pub const WITH_ENDPOINT: [HookKind; 7] = [
        HookKind::Event,
        HookKind::Token,
        HookKind::Saml,
        HookKind::Registration,
        HookKind::PasswordImport,
        HookKind::UserImport,
        HookKind::Telephony,
    ];

    /// Every kind that a person can name on the command line.
    pub const NAMED: [HookKind; 8] = [
        HookKind::Event,
        HookKind::Verification,
        HookKind::Token,
        HookKind::Saml,
        HookKind::Registration,
        HookKind::PasswordImport,
        HookKind::UserImport,
        HookKind::Telephony,
    ];

    /// The kind's name in files, on the command line and in accessible names.
    pub fn as_str(self) -> &'static str {
        match self {
            HookKind::Event => "event",
            HookKind::Verification => "verification",
            HookKind::Token => "token",
            HookKind::Saml => "saml",
            HookKind::Registration => "registration",
            HookKind::PasswordImport => "password-import",
            HookKind::UserImport => "user-import",
            HookKind::Telephony => "telephony",
            HookKind::Unknown => "unknown",
        }
    }

    /// The value of `eventType` in the body of such a call; none for verification and unknown.
    pub fn event_type(self) -> Option<&'static str> {
        match self {
            HookKind::Event => Some("com.okta.event_hook"),
            HookKind::Token => Some("com.okta.oauth2.tokens.transform"),
            HookKind::Saml => Some("com.okta.saml.tokens.transform"),
            HookKind::Registration => Some("com.okta.user.pre-registration"),
            HookKind::PasswordImport => Some("com.okta.user.credential.password.import"),
            HookKind::UserImport => Some("com.okta.import.transform"),
            HookKind::Telephony => Some("com.okta.telephony.provider"),
            HookKind::Verification | HookKind::Unknown => None,
        }
    }

    /// The kind that a body's `eventType` names. The wire's spelling is exact.
    pub fn from_event_type(event_type: &str) -> Option<HookKind> {
        HookKind::WITH_ENDPOINT.into_iter().find(|kind| kind.event_type() == Some(event_type))
    }

    /// True for the six kinds whose answer Okta waits for and uses.
    pub fn is_inline(self) -> bool {
        !matches!(self, HookKind::Event | HookKind::Verification | HookKind::Unknown)
    }
}

impl fmt::Display for HookKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text that names no kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownKind(pub String);

impl fmt::Display for UnknownKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = HookKind::NAMED.iter().map(|kind| kind.as_str()).collect();
        write!(f, "'{}' is no hook kind; the kinds are {}", self.0, names.join(", "))
    }
}

impl std::error::Error for UnknownKind {}

impl FromStr for HookKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<HookKind, UnknownKind> {
        HookKind::NAMED
            .into_iter()
            .chain([HookKind::Unknown])
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| UnknownKind(text.to_owned()))
    }
}
