//! What the stand-in authorization server and the calls that use its tokens know of each other.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::CallId;

/// The part of a call in OAuth 2.0 client credentials, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "part")]
pub enum OauthPart {
    /// A call to the stand-in authorization server.
    Served(Served),
    /// A hook call that came with a token of the stand-in.
    Used(TokenUse),
}

/// What the stand-in authorization server was asked for, and gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    pub asked: Document,
    /// The client that asked, as far as it named itself.
    pub client_id: Option<Arc<str>>,
    /// `jti` of the access token that was given; none where none was.
    pub token_id: Option<Arc<str>>,
    /// The `error` member of a refusal (RFC 6749, section 5.2).
    pub error: Option<Arc<str>>,
    /// What was wrong with the answer on purpose, by the name that a workspace file has for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Arc<str>>,
}

/// The documents of an authorization server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Document {
    Token,
    Keys,
    Metadata,
}

/// The token that a hook call came with, where the stand-in gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenUse {
    /// The call that fetched the token.
    pub token_call: CallId,
    /// Microseconds that fetching it took; counted inside the three seconds of the first call that uses the token.
    pub token_us: u32,
    /// True for the first call that uses it: Okta caches tokens in a way that is not documented.
    pub is_first_use: bool,
}

impl TokenUse {
    /// Microseconds that count inside the three seconds of this call beside its own.
    pub fn counted_us(&self) -> u32 {
        if self.is_first_use { self.token_us } else { 0 }
    }
}
