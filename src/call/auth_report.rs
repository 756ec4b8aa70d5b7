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
    /// The endpoint expects none.
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
}

/// One check with its explanation, which never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AuthCheck {
    /// For instance `basic-password`.
    pub name: Text,
    pub result: CheckResult,
    pub detail: Text,
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
}
