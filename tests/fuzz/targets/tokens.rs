//! Tokens, assertions, token requests, key sets and address ranges never panic, and nothing unsigned is let in.
#![no_main]
#![allow(dead_code, unused_imports)]

#[path = "../../../src/auth/mod.rs"]
mod auth;
#[path = "../../../src/call/mod.rs"]
mod call;
#[path = "../../../src/okta/mod.rs"]
mod okta;

use std::time::Duration;

use auth::{
    AddressList, BearerExpected, Client, ClientProof, Expected, JwkSet, KeyState, Presented, TokenOutcome, TokenRequest,
    TokenRules, UsedAssertions,
};
use call::{AuthResult, Headers, Secret, Timestamp};
use libfuzzer_sys::fuzz_target;

const KEY: &str = r#"{"kty":"RSA","kid":"k","e":"AQAB","n":"wcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwQ"}"#;

fuzz_target!(|bytes: &[u8]| {
    let set = JwkSet::parse(KEY).unwrap();
    let keys = KeyState::Known { set: &set, from: "here", fetched_at: None, refresh_failed: None };
    let now = Timestamp(1_933_135_628_910_000);
    let texts = ["a".to_owned()];
    let value = [b"Bearer ", bytes].concat();
    let headers = Headers::from_fields([("Authorization", value)]);
    let bearer = BearerExpected {
        issuer: Some("a"),
        audiences: &texts,
        client_id: Some("a"),
        scopes: &texts,
        leeway: Duration::from_secs(120),
        keys,
    };
    let expected = Expected { bearer: Some(bearer), ..Expected::default() };
    let report = auth::check(&expected, &Presented { headers: &headers, client: None, received_at: now });
    assert_ne!(report.result, AuthResult::Pass);
    auth::wanted_kid(&headers);
    auth::decoded_bearer(&headers);

    // A secret that no input finds by chance, and a key that nobody has the private half of.
    let secret = Secret::new("a secret of more characters than a fuzzer guesses");
    let rules = TokenRules {
        issuer: "a",
        token_urls: &texts,
        audience: "a",
        scopes: &[],
        expires_in: Duration::from_secs(60),
        clients: vec![
            Client { client_id: "a", proof: ClientProof::PrivateKeyJwt(keys) },
            Client { client_id: "b", proof: ClientProof::SecretPost(Some(&secret)) },
        ],
    };
    let assertion = [b"grant_type=client_credentials&client_id=a&client_assertion=", bytes].concat();
    for body in [bytes, assertion.as_slice()] {
        let asked = TokenRequest {
            method: "POST",
            content_type: Some("application/x-www-form-urlencoded"),
            has_authorization: false,
            query: None,
            body,
        };
        let decision = auth::decide(&rules, &asked, now, &mut UsedAssertions::default());
        assert!(matches!(decision.outcome, TokenOutcome::Refused(_)));
        auth::wanted_client_kid(body);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        JwkSet::parse(text).ok();
        AddressList::parse(text).ok();
    }
});
