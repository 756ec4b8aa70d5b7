//! The keys of the stand-in authorization server, and what it makes with them: access tokens, and its documents.

use std::fmt;

use serde_json::{Map, Value};

use super::{Grant, Jwk, Refusal, TokenFault, TokenRules};
use crate::call::Timestamp;

/// An RSA key pair that signs by RS256. It cannot be printed; it leaves this type as PKCS#8 for whoever stores it.
pub struct SigningKey {
    kid: String,
    public: Jwk,
    pkcs8: Vec<u8>,
}

impl SigningKey {
    /// Makes a key of 2,048 bits. It takes between a tenth of a second and several seconds: never on the path of a call.
    ///
    /// # Errors
    ///
    /// One sentence where the system gives no randomness.
    pub fn generate() -> Result<SigningKey, String> {
        Err("not yet".to_owned())
    }

    /// A key that was stored.
    ///
    /// # Errors
    ///
    /// One sentence where this is no RSA key of at least 2,048 bits in PKCS#8.
    pub fn from_pkcs8(_der: &[u8]) -> Result<SigningKey, String> {
        Err("not yet".to_owned())
    }

    /// The private key, for the one place that stores it.
    pub fn to_pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The name of the key: its thumbprint (RFC 7638), so it stays the same wherever the key is stored.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half.
    pub fn public(&self) -> &Jwk {
        &self.public
    }

    /// A compact token with this header and these claims, signed. `alg` and `kid` are put into the header.
    ///
    /// # Errors
    ///
    /// One sentence where the system gives no randomness.
    pub fn sign(&self, _header: Map<String, Value>, _claims: &Map<String, Value>) -> Result<String, String> {
        Err("not yet".to_owned())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, ••••)", self.kid)
    }
}

/// What the token endpoint answers.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenAnswer {
    pub status: u16,
    pub content_type: &'static str,
    pub body: String,
    /// `jti` of the token in it; none where there is none.
    pub token_id: Option<String>,
    /// True where nothing is to be sent until the client gives up.
    pub is_silent: bool,
}

/// The answer that gives a token, or what `fault` makes of it. `token_id` must be new each time.
///
/// # Errors
///
/// One sentence where it cannot be signed.
pub fn granted(
    _rules: &TokenRules<'_>,
    _grant: &Grant,
    _key: &SigningKey,
    _token_id: &str,
    _now: Timestamp,
    _fault: Option<TokenFault>,
) -> Result<TokenAnswer, String> {
    Err("not yet".to_owned())
}

/// The answer that refuses (RFC 6749, section 5.2).
pub fn refused(refusal: &Refusal) -> TokenAnswer {
    TokenAnswer {
        status: refusal.status,
        content_type: "application/json",
        body: String::new(),
        token_id: None,
        is_silent: false,
    }
}

/// The key set that the stand-in serves: the public halves, the newest first.
pub fn key_set<'a>(_keys: impl IntoIterator<Item = &'a SigningKey>) -> Value {
    Value::Null
}

/// The metadata that the stand-in serves (RFC 8414). `base` is the issuer's URL as the client reaches it.
pub fn metadata(_issuer: &str, _base: &str, _scopes: &[String]) -> Value {
    Value::Null
}
