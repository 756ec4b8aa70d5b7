//! The keys of the stand-in authorization server, and what it makes with them: access tokens, and its documents.

use std::fmt;

use ring::rand::{SecureRandom, SystemRandom};
use ring::rsa::KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use rsa::pkcs8::EncodePrivateKey;
use rsa::rand_core::{TryCryptoRng, TryRng};
use serde_json::{Map, Value, json};

use super::jwk::encode;
use super::proof::ALGORITHM;
use super::{Grant, Jwk, Refusal, TokenFault, TokenRules};
use crate::call::Timestamp;

/// As Okta's own keys.
const N_BITS: usize = 2_048;

const JSON: &str = "application/json";

/// An RSA key pair that signs by RS256. It cannot be printed; it leaves this type as PKCS#8 for whoever stores it.
pub struct SigningKey {
    public: Jwk,
    pair: KeyPair,
    pkcs8: Vec<u8>,
}

impl SigningKey {
    /// Makes a key of 2,048 bits. It takes between a tenth of a second and several seconds: never on the path of a call.
    ///
    /// # Errors
    ///
    /// One sentence where the system gives no randomness.
    pub fn generate() -> Result<SigningKey, String> {
        let made = rsa::PrivateKey::new(&mut Randomness(SystemRandom::new()), N_BITS);
        let key = made.map_err(|error| format!("No key could be made: {error}"))?;
        let der = key.to_pkcs8_der().map_err(|error| format!("The new key could not be written: {error}"))?;
        SigningKey::from_pkcs8(der.as_bytes())
    }

    /// A key that was stored.
    ///
    /// # Errors
    ///
    /// One sentence where this is no RSA key of at least 2,048 bits in PKCS#8.
    pub fn from_pkcs8(der: &[u8]) -> Result<SigningKey, String> {
        let pair = KeyPair::from_pkcs8(der)
            .map_err(|rejected| format!("This is no RSA key of at least {N_BITS} bits in PKCS#8 ({rejected})"))?;
        let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(pair.public());
        Ok(SigningKey { public: Jwk::with_thumbprint(&public.n, &public.e), pair, pkcs8: der.to_vec() })
    }

    /// The private key, for the one place that stores it.
    pub fn to_pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The name of the key: its thumbprint (RFC 7638), so it stays the same wherever the key is stored.
    pub fn kid(&self) -> &str {
        self.public.kid().unwrap_or_default()
    }

    /// The public half.
    pub fn public(&self) -> &Jwk {
        &self.public
    }

    /// A compact token with this header and these claims, signed. `alg` and `kid` are put into the header where it has none.
    ///
    /// # Errors
    ///
    /// One sentence where the system gives no randomness.
    pub fn sign(&self, mut header: Map<String, Value>, claims: &Map<String, Value>) -> Result<String, String> {
        header.entry("kid").or_insert_with(|| self.kid().into());
        header.entry("alg").or_insert_with(|| ALGORITHM.into());
        let text = signing_input(header, claims);
        let signature = self.signature_of(text.as_bytes())?;
        Ok(format!("{text}.{}", encode(&signature)))
    }

    fn signature_of(&self, text: &[u8]) -> Result<Vec<u8>, String> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        let signed = self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature);
        signed.map_err(|_| "The token could not be signed: the system gives no randomness".to_owned())?;
        Ok(signature)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, ••••)", self.kid())
    }
}

fn signing_input(header: Map<String, Value>, claims: &Map<String, Value>) -> String {
    let claims = serde_json::to_vec(claims).unwrap_or_default();
    format!("{}.{}", encode(Value::Object(header).to_string().as_bytes()), encode(&claims))
}

/// The system's randomness as the library that makes keys wants it.
struct Randomness(SystemRandom);

/// The system gives no randomness.
#[derive(Clone, Copy, Debug)]
struct NoRandomness;

impl fmt::Display for NoRandomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the system gives no randomness")
    }
}

impl std::error::Error for NoRandomness {}

impl TryRng for Randomness {
    type Error = NoRandomness;

    fn try_next_u32(&mut self) -> Result<u32, NoRandomness> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_ne_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, NoRandomness> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_ne_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        self.0.fill(bytes).map_err(|_| NoRandomness)
    }
}

impl TryCryptoRng for Randomness {}

/// What the token endpoint answers. It cannot be printed: it may hold a token.
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
    rules: &TokenRules<'_>,
    grant: &Grant,
    key: &SigningKey,
    token_id: &str,
    now: Timestamp,
    fault: Option<TokenFault>,
) -> Result<TokenAnswer, String> {
    let without_token = |status, content_type, body: &str, is_silent| TokenAnswer {
        status,
        content_type,
        body: body.to_owned(),
        token_id: None,
        is_silent,
    };
    match fault {
        Some(TokenFault::ServerError) => {
            let body = json!({ "error": "server_error", "error_description": "The stand-in fails on purpose" });
            return Ok(without_token(500, JSON, &body.to_string(), false));
        }
        Some(TokenFault::NotJson) => {
            let page = "<!doctype html><title>Sign in</title><p>The stand-in answers with a web page on purpose";
            return Ok(without_token(200, "text/html; charset=utf-8", page, false));
        }
        Some(TokenFault::Silence) => return Ok(without_token(200, JSON, "", true)),
        _ => {}
    }
    let token = access_token(rules, grant, key, token_id, now, fault)?;
    let mut body = json!({ "token_type": "Bearer", "access_token": token });
    if let Some(members) = body.as_object_mut() {
        // Without it Okta's hooks failed until 2024 (Okta release notes), so it is only left out on purpose.
        if fault != Some(TokenFault::NoExpiresIn) {
            members.insert("expires_in".to_owned(), rules.expires_in.as_secs().into());
        }
        if !grant.scopes.is_empty() {
            members.insert("scope".to_owned(), grant.scopes.join(" ").into());
        }
    }
    let token_id = Some(token_id.to_owned());
    Ok(TokenAnswer { status: 200, content_type: JSON, body: body.to_string(), token_id, is_silent: false })
}

/// A token as Okta's custom authorization servers shape it for client credentials: with `scp`, without `uid`.
fn access_token(
    rules: &TokenRules<'_>,
    grant: &Grant,
    key: &SigningKey,
    token_id: &str,
    now: Timestamp,
    fault: Option<TokenFault>,
) -> Result<String, String> {
    let lifetime = i64::try_from(rules.expires_in.as_secs()).unwrap_or(i64::MAX);
    let now = now.0.div_euclid(1_000_000);
    let (issued_at, ends_at) = match fault {
        Some(TokenFault::Expired) => (now.saturating_sub(7_200), now.saturating_sub(3_600)),
        _ => (now, now.saturating_add(lifetime)),
    };
    let client_id = match fault {
        Some(TokenFault::WrongClient) => "0oaAnotherClient0000",
        _ => &grant.client_id,
    };
    let issuer = match fault {
        Some(TokenFault::WrongIssuer) => "https://another-issuer.example/oauth2/default",
        _ => rules.issuer,
    };
    let audience = match fault {
        Some(TokenFault::WrongAudience) => "api://another-audience",
        _ => rules.audience,
    };
    let scopes = match fault {
        Some(TokenFault::NoScopes) => ("scope", Value::from(grant.scopes.join(" "))),
        _ => ("scp", Value::from(grant.scopes.clone())),
    };
    let claims: Map<String, Value> = [
        ("ver", Value::from(1)),
        ("jti", token_id.into()),
        ("iss", issuer.into()),
        ("aud", audience.into()),
        ("iat", issued_at.into()),
        ("exp", ends_at.into()),
        ("cid", client_id.into()),
        scopes,
        ("sub", client_id.into()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    let mut header = Map::new();
    match fault {
        Some(TokenFault::UnknownKey) => {
            header.insert("kid".to_owned(), "a-key-that-is-not-in-the-key-set".into());
            key.sign(header, &claims)
        }
        Some(TokenFault::Unsigned) => {
            header.insert("alg".to_owned(), "none".into());
            Ok(format!("{}.", signing_input(header, &claims)))
        }
        Some(TokenFault::WrongSignature) => {
            let token = key.sign(header, &claims)?;
            let (text, _) = token.rsplit_once('.').unwrap_or((&token, ""));
            Ok(format!("{text}.{}", encode(&key.signature_of(b"another text")?)))
        }
        _ => key.sign(header, &claims),
    }
}

/// The answer that refuses (RFC 6749, section 5.2).
pub fn refused(refusal: &Refusal) -> TokenAnswer {
    let body = json!({ "error": refusal.error, "error_description": description(&refusal.description) });
    TokenAnswer { status: refusal.status, content_type: JSON, body: body.to_string(), token_id: None, is_silent: false }
}

/// A description may only have these characters (RFC 6749, 5.2).
fn description(text: &str) -> String {
    let legal = |c: char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
    text.chars().map(|c| if legal(c) { c } else { '\'' }).collect()
}

/// The key set that the stand-in serves: the public halves, the newest first.
pub fn key_set<'a>(keys: impl IntoIterator<Item = &'a SigningKey>) -> Value {
    json!({ "keys": keys.into_iter().map(|key| key.public.to_json()).collect::<Vec<_>>() })
}

/// The metadata that the stand-in serves (RFC 8414). `base` is the issuer's URL as the client reaches it.
pub fn metadata(issuer: &str, base: &str, scopes: &[String]) -> Value {
    let base = base.trim_end_matches('/');
    let mut metadata = json!({
        "issuer": issuer,
        "token_endpoint": format!("{base}/v1/token"),
        "jwks_uri": format!("{base}/v1/keys"),
        // Required, and empty: nobody is sent here with a browser.
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": [ALGORITHM],
    });
    if let (false, Some(members)) = (scopes.is_empty(), metadata.as_object_mut()) {
        members.insert("scopes_supported".to_owned(), scopes.into());
    }
    metadata
}
