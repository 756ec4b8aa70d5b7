//! Where secrets come from.

use crate::call::Secret;

/// Where a secret comes from, and the secret itself as far as it could be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// An environment variable; `value` is none where it is not set.
    Env { variable: String, value: Option<Secret> },
    /// An entry of the system's keychain; `value` is none where there is no keychain, it does not answer, or has no such entry.
    Keychain { name: String, value: Option<Secret> },
    /// An entry of the file of secrets beside the program's own data, which its owner alone can read.
    File { name: String, value: Option<Secret> },
    /// In the workspace file as plain text.
    Plain(Secret),
    /// Typed for this run only: never written anywhere.
    Typed(Secret),
    /// Nothing says it: it was typed for an earlier run, or left out. Every credential fails until it is given.
    Missing,
}

impl SecretSource {
    pub fn secret(&self) -> Option<&Secret> {
        match self {
            SecretSource::Env { value, .. }
            | SecretSource::Keychain { value, .. }
            | SecretSource::File { value, .. } => value.as_ref(),
            SecretSource::Missing => None,
            SecretSource::Plain(secret) | SecretSource::Typed(secret) => Some(secret),
        }
    }
}
