//! Keys, tokens and assertions for the tests of OAuth 2.0, made by another library than the one that checks them.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hookscope::auth::{self, BearerExpected, Expected, JwkSet, KeyState, Presented, SigningKey};
use hookscope::call::{AuthCheck, AuthReport, Headers, Timestamp};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

pub const FIRST: &str = include_str!("../oauth_keys/first.pem");
pub const SECOND: &str = include_str!("../oauth_keys/second.pem");

/// 2031-04-05T06:07:08.910Z.
pub const NOW: Timestamp = Timestamp(1_933_135_628_910_000);
pub const NOW_SECS: i64 = 1_933_135_628;

pub const ISSUER: &str = "https://harbor-lab.example/oauth2/default";
pub const CLIENT: &str = "0oaExampleHookClt1";

/// The key set as the other library writes it.
pub static KEYS: LazyLock<JwkSet> = LazyLock::new(|| {
    let set = JwkSet::parse(&json!({ "keys": [public(FIRST, "key-1"), public(SECOND, "key-2")] }).to_string()).unwrap();
    assert_eq!((set.keys().len(), set.problems().len()), (2, 0));
    set
});

/// PKCS#8 of a key as the tests keep it.
pub fn der(pem: &str) -> Vec<u8> {
    let lines = pem.lines().skip_while(|line| !line.starts_with("-----BEGIN")).skip(1);
    let text: String = lines.take_while(|line| !line.starts_with("-----END")).collect();
    STANDARD.decode(text).unwrap()
}

pub fn signing(pem: &str) -> SigningKey {
    SigningKey::from_pkcs8(&der(pem)).unwrap()
}

/// The public half as a JWK, by the other library.
pub fn public(pem: &str, kid: &str) -> Value {
    let jwk = Jwk::from_encoding_key(&EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap(), Algorithm::RS256).unwrap();
    let mut value = serde_json::to_value(jwk).unwrap();
    value["kid"] = json!(kid);
    value
}

/// A token of the other library, signed with RS256.
pub fn signed(pem: &str, kid: Option<&str>, claims: &Value) -> String {
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(Algorithm::RS256) };
    encode(&header, claims, &EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap()).unwrap()
}

/// The claims of a token that is right in everything.
pub fn claims() -> Value {
    json!({
        "ver": 1, "jti": "AT.example", "iss": ISSUER, "aud": "api://default", "iat": NOW_SECS, "exp": NOW_SECS + 3600,
        "cid": CLIENT, "scp": ["tide.hooks", "other"], "sub": CLIENT,
    })
}

/// The claims with one of them changed, or left out where the value is null.
pub fn claims_with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

pub fn token(claims: &Value) -> String {
    signed(FIRST, Some("key-1"), claims)
}

pub fn known() -> KeyState<'static> {
    KeyState::Known { set: &KEYS, from: "https://harbor-lab.example/keys", fetched_at: Some(NOW), refresh_failed: None }
}

/// What the endpoint of the tests demands.
pub struct Demand {
    pub audiences: Vec<String>,
    pub scopes: Vec<String>,
    pub keys: KeyState<'static>,
    pub issuer: Option<&'static str>,
    pub client_id: Option<&'static str>,
}

impl Default for Demand {
    fn default() -> Demand {
        Demand {
            audiences: vec!["api://default".to_owned()],
            scopes: vec!["tide.hooks".to_owned()],
            keys: known(),
            issuer: Some(ISSUER),
            client_id: Some(CLIENT),
        }
    }
}

impl Demand {
    pub fn check_headers(&self, headers: &Headers) -> AuthReport {
        let bearer = BearerExpected {
            issuer: self.issuer,
            audiences: &self.audiences,
            client_id: self.client_id,
            scopes: &self.scopes,
            leeway: Duration::from_secs(120),
            keys: self.keys,
        };
        let expected = Expected { bearer: Some(bearer), ..Expected::default() };
        auth::check(&expected, &Presented { headers, client: None, received_at: NOW })
    }

    pub fn check(&self, token: &str) -> AuthReport {
        let report = self.check_headers(&headers(token));
        assert_nothing_secret(&report, token);
        report
    }
}

pub fn headers(token: &str) -> Headers {
    Headers::from_fields([("Authorization", format!("Bearer {token}"))])
}

/// Neither the token nor its signature stands in a report.
pub fn assert_nothing_secret(report: &AuthReport, token: &str) {
    let text = serde_json::to_string(report).unwrap();
    let signature = token.rsplit('.').next().unwrap();
    assert!(signature.len() < 8 || !text.contains(signature), "{text}");
    assert!(token.len() < 8 || !text.contains(token), "{text}");
}

/// The check of a name.
pub fn named<'a>(report: &'a AuthReport, name: &str) -> &'a AuthCheck {
    report.checks.iter().find(|check| check.name == name).unwrap_or_else(|| panic!("no {name} in {report:?}"))
}
