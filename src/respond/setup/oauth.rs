//! OAuth 2.0 for inline hooks: what an endpoint demands of an access token, and the stand-in authorization server.

use std::sync::Arc;
use std::time::Duration;

use super::SecretSource;

/// The access token that an endpoint demands in `Authorization: Bearer` (RFC 6750).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BearerSetup {
    pub issuer: IssuerSetup,
    /// Where the issuer's keys come from; not looked at for the stand-in, whose keys are at hand.
    pub keys: KeySource,
    /// One of these must be in `aud`. Empty for the stand-in means its own audience, for others that `aud` is not checked.
    pub audiences: Vec<String>,
    /// Must be equal to `cid`; none checks nothing.
    pub client_id: Option<String>,
    /// All of these must be in `scp`.
    pub scopes: Vec<String>,
    /// How far clocks may differ for `exp`, `nbf` and `iat`; two minutes in Okta's own verifiers.
    pub leeway: Duration,
}

impl BearerSetup {
    /// Two minutes, as Okta's own verifiers have it.
    pub const LEEWAY: Duration = Duration::from_secs(120);
}

/// Whose tokens are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssuerSetup {
    /// The stand-in authorization server of this workspace.
    StandIn,
    /// This `iss`, compared exactly.
    At(String),
}

/// Where public keys come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// `jwks_uri` of the issuer's metadata (RFC 8414).
    Discovery,
    /// A JSON Web Key Set, or one key, at this URL.
    Url(String),
    /// A JSON Web Key Set, or one key, as it was pasted.
    Pasted(Arc<str>),
}

/// The authorization server that the listener can play, so that OAuth can be tried before an org is touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandInSetup {
    /// Path of the issuer on both ports, such as `/oauth2/hookscope`; `/v1/token`, `/v1/keys` and the metadata lie beneath it.
    pub path: String,
    /// `iss` of its tokens; none: the public URL where one is known, else the listener's own address, with `path`.
    pub issuer: Option<String>,
    /// `aud` of its tokens.
    pub audience: String,
    /// Scopes that it grants; empty grants every one.
    pub scopes: Vec<String>,
    /// Lifetime of its tokens.
    pub expires_in: Duration,
    pub clients: Vec<ClientSetup>,
    /// To wait before a token is given.
    pub delay: Duration,
    /// What is wrong on purpose.
    pub fault: Option<TokenFault>,
}

impl Default for StandInSetup {
    fn default() -> StandInSetup {
        StandInSetup {
            path: "/oauth2/hookscope".to_owned(),
            issuer: None,
            audience: "api://default".to_owned(),
            scopes: Vec::new(),
            expires_in: Duration::from_secs(3_600),
            clients: Vec::new(),
            delay: Duration::ZERO,
            fault: None,
        }
    }
}

/// A client that may ask the stand-in for a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSetup {
    pub client_id: String,
    pub method: ClientMethod,
}

/// How a client proves itself, in Okta's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientMethod {
    /// `client_secret_post`.
    SecretPost(SecretSource),
    /// `private_key_jwt` with the public half of an Okta hook key: pasted, or from a URL. Discovery makes no sense here.
    PrivateKeyJwt(KeySource),
}

/// What the stand-in does wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenFault {
    /// The signature is that of another key.
    WrongSignature,
    /// `kid` names a key that is not in the key set.
    UnknownKey,
    /// `alg` is `none`, and there is no signature.
    Unsigned,
    /// `exp` lies an hour back.
    Expired,
    WrongIssuer,
    WrongAudience,
    /// `scp` is left out and `scope` is there instead.
    NoScopes,
    /// `cid` is another client's.
    WrongClient,
    /// The answer has no `expires_in`.
    NoExpiresIn,
    /// 500 instead of a token.
    ServerError,
    /// 200 with a web page instead of JSON.
    NotJson,
    /// Nothing is answered until the client gives up.
    Silence,
}

impl TokenFault {
    pub const ALL: [TokenFault; 12] = [
        TokenFault::WrongSignature,
        TokenFault::UnknownKey,
        TokenFault::Unsigned,
        TokenFault::Expired,
        TokenFault::WrongIssuer,
        TokenFault::WrongAudience,
        TokenFault::NoScopes,
        TokenFault::WrongClient,
        TokenFault::NoExpiresIn,
        TokenFault::ServerError,
        TokenFault::NotJson,
        TokenFault::Silence,
    ];

    /// As it stands in a workspace file.
    pub fn as_str(self) -> &'static str {
        match self {
            TokenFault::WrongSignature => "wrong-signature",
            TokenFault::UnknownKey => "unknown-key",
            TokenFault::Unsigned => "unsigned",
            TokenFault::Expired => "expired",
            TokenFault::WrongIssuer => "wrong-issuer",
            TokenFault::WrongAudience => "wrong-audience",
            TokenFault::NoScopes => "no-scopes",
            TokenFault::WrongClient => "wrong-client",
            TokenFault::NoExpiresIn => "no-expires-in",
            TokenFault::ServerError => "server-error",
            TokenFault::NotJson => "not-json",
            TokenFault::Silence => "silence",
        }
    }

    /// The fault of such a name.
    pub fn named(name: &str) -> Option<TokenFault> {
        TokenFault::ALL.into_iter().find(|fault| fault.as_str() == name)
    }
}
