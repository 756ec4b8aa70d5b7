//! What the credential checks found, as it is recorded.

use serde::{Deserialize, Serialize};

use crate::okta::verdict::Text;

/// The sum of all checks of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthResult {
    /// Every check passed.
    Pass,
    /// A credential came, and it is wrong.
    Fail,
    /// A credential is expected and none came.
    Missing,
    /// The endpoint expects none. There may still be advisory checks, such as that of the address: they prove nothing, so an
    /// endpoint that has only those expects no credential.
    NotConfigured,
}

impl AuthResult {
    pub fn as_str(self) -> &'static str {
        match self {
            AuthResult::Pass => "pass",
            AuthResult::Fail => "fail",
            AuthResult::Missing => "missing",
            AuthResult::NotConfigured => "not-configured",
        }
    }
}

/// The result of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckResult {
    Pass,
    Fail,
    /// An earlier check failed, so there was nothing to look at.
    Skipped,
    /// Noticed, and worth knowing, but it proves nothing either way: it counts neither for nor against the credential.
    Advisory,
}

/// One check with its explanation, which never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AuthCheck {
    /// For instance `basic-password`.
    pub name: Text,
    pub result: CheckResult,
    pub detail: Text,
    /// What was expected, where that may be shown: never a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Text>,
    /// What came in its place, where that may be shown: a claim, a name, never a token or a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub came: Option<Text>,
}

impl AuthCheck {
    /// A check that says no more than its sentence.
    pub fn new(name: impl Into<Text>, result: CheckResult, detail: impl Into<Text>) -> AuthCheck {
        AuthCheck { name: name.into(), result, detail: detail.into(), expected: None, came: None }
    }

    /// With what was expected and what came.
    pub fn with(self, expected: impl Into<Text>, came: impl Into<Text>) -> AuthCheck {
        AuthCheck { expected: Some(expected.into()), came: Some(came.into()), ..self }
    }
}

/// All checks of one call.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AuthReport {
    pub result: AuthResult,
    pub checks: Vec<AuthCheck>,
}

impl AuthReport {
    /// The report of an endpoint that expects no credential.
    pub const NOT_CONFIGURED: AuthReport = AuthReport { result: AuthResult::NotConfigured, checks: Vec::new() };

    /// True where a check looked for a secret in the header of this name. The sentence of the check names it, also in a session
    /// whose workspace is not at hand.
    pub fn has_looked_at_header(&self, name: &[u8]) -> bool {
        let name = name.trim_ascii();
        self.checks.iter().filter(|check| check.name.starts_with("header-")).any(|check| {
            let mut words = check.detail.split(' ').skip_while(|word| !word.as_bytes().eq_ignore_ascii_case(name));
            words.next().is_some() && words.next().is_some_and(|after| after.starts_with("header"))
        })
    }
}
