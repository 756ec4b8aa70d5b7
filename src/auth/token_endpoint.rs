//! The rules of the stand-in's token endpoint: who gets an access token (RFC 6749, section 4.4; RFC 7523, section 2.2).

use std::time::Duration;

use super::{KeyState, UsedAssertions};
use crate::call::{AuthReport, Secret, Timestamp};

/// What the stand-in authorization server goes by.
#[derive(Clone, Debug)]
pub struct TokenRules<'a> {
    /// `iss` of its tokens.
    pub issuer: &'a str,
    /// Every URL by which the token endpoint can be reached: an assertion may name any of them, or the issuer.
    pub token_urls: &'a [String],
    /// `aud` of its tokens.
    pub audience: &'a str,
    /// Scopes that it grants; empty grants every one.
    pub scopes: &'a [String],
    /// Lifetime of its tokens.
    pub expires_in: Duration,
    pub clients: Vec<Client<'a>>,
}

/// A client that may ask for a token.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    pub client_id: &'a str,
    pub proof: ClientProof<'a>,
}

/// How a client proves itself, in Okta's words.
#[derive(Clone, Copy, Debug)]
pub enum ClientProof<'a> {
    /// `client_secret_post`; none where its source gave none: then nobody gets in.
    SecretPost(Option<&'a Secret>),
    /// `private_key_jwt`.
    PrivateKeyJwt(KeyState<'a>),
}

/// A request as far as the token endpoint looks at it.
#[derive(Clone, Copy, Debug)]
pub struct TokenRequest<'a> {
    pub method: &'a str,
    pub content_type: Option<&'a str>,
    /// True where there is an `Authorization` header: Okta's hooks never send one here.
    pub has_authorization: bool,
    /// What stands behind the `?` of the URL: credentials do not belong there.
    pub query: Option<&'a str>,
    pub body: &'a [u8],
}

/// What became of a token request, with every check that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenDecision {
    pub report: AuthReport,
    /// The client, as far as it named itself and is known.
    pub client_id: Option<String>,
    pub outcome: TokenOutcome,
}

/// A token, or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenOutcome {
    Granted(Grant),
    Refused(Refusal),
}

/// Who gets a token, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub client_id: String,
    pub scopes: Vec<String>,
}

/// A refusal (RFC 6749, section 5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    /// For instance `invalid_client`.
    pub error: &'static str,
    /// A sentence for the developer; never a secret.
    pub description: String,
}

/// Decides about a token request. `used` is only written to where everything else about an assertion is right.
pub fn decide(
    _rules: &TokenRules<'_>,
    _asked: &TokenRequest<'_>,
    _now: Timestamp,
    _used: &mut UsedAssertions,
) -> TokenDecision {
    TokenDecision {
        report: AuthReport::NOT_CONFIGURED,
        client_id: None,
        outcome: TokenOutcome::Refused(Refusal { status: 400, error: "invalid_request", description: String::new() }),
    }
}

/// The `kid` of the assertion in a token request and the client that it names, where a key is needed to check it: whoever
/// holds the keys fetches them again where this one is not among them.
pub fn wanted_client_kid(_body: &[u8]) -> Option<(String, String)> {
    None
}

/// The client that a token request names, whether it is one or not.
pub fn named_client(_body: &[u8]) -> Option<String> {
    None
}
