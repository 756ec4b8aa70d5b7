//! OAuth 2.0 for inline hooks: what an endpoint demands of an access token, and the stand-in authorization server.

use std::sync::Arc;
use std::time::Duration;

use super::SecretSource;
use crate::auth::{BearerExpected, Client, ClientProof, KeyState, TokenFault, TokenRules};

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

    /// What a token is to be compared with.
    pub fn expected<'a>(&'a self, known: &IssuerKnown<'a>) -> BearerExpected<'a> {
        let (issuer, default_audiences) = match (&self.issuer, &known.stand_in) {
            (IssuerSetup::At(issuer), _) => (Some(issuer.as_str()), &[][..]),
            (IssuerSetup::StandIn, Some((issuer, setup))) => (Some(*issuer), std::slice::from_ref(&setup.audience)),
            (IssuerSetup::StandIn, None) => (None, &[][..]),
        };
        BearerExpected {
            issuer,
            audiences: if self.audiences.is_empty() { default_audiences } else { &self.audiences },
            client_id: self.client_id.as_deref(),
            scopes: &self.scopes,
            leeway: self.leeway,
            keys: known.keys,
        }
    }
}

/// What is known of an issuer beside the setup.
#[derive(Clone, Copy, Debug, Default)]
pub struct IssuerKnown<'a> {
    /// `iss` of the stand-in's tokens, and its setup; none where the listener plays none.
    pub stand_in: Option<(&'a str, &'a StandInSetup)>,
    /// The keys of the endpoint's issuer, whoever that is.
    pub keys: KeyState<'a>,
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

impl StandInSetup {
    /// The rules of the token endpoint. `keys_of` knows the keys of a client that proves itself with one.
    pub fn rules<'a>(
        &'a self,
        issuer: &'a str,
        token_urls: &'a [String],
        keys_of: impl Fn(&'a KeySource) -> KeyState<'a>,
    ) -> TokenRules<'a> {
        let clients = self.clients.iter().map(|client| Client {
            client_id: &client.client_id,
            proof: match &client.method {
                ClientMethod::SecretPost(source) => ClientProof::SecretPost(source.secret()),
                ClientMethod::PrivateKeyJwt(source) => ClientProof::PrivateKeyJwt(keys_of(source)),
            },
        });
        TokenRules {
            issuer,
            token_urls,
            audience: &self.audience,
            scopes: &self.scopes,
            expires_in: self.expires_in,
            clients: clients.collect(),
        }
    }
}
