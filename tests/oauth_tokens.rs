//! Access tokens made by another library: only one that nobody touched, of the right key and with the right claims, passes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod oauth_scene;

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hookscope::auth::{self, JwkSet, KeyState};
use hookscope::call::{AuthResult, CheckResult, Headers};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use oauth_scene::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn failed(report: &hookscope::call::AuthReport) -> Vec<&str> {
    report.checks.iter().filter(|check| check.result == CheckResult::Fail).map(|check| &*check.name).collect()
}

/// A token with one claim changed fails in this check alone, and the detail holds these words.
fn check_claim(name: &str, value: Value, failing: &str, part: &str) {
    let report = Demand::default().check(&token(&claims_with(name, value)));
    assert_eq!((report.result, failed(&report)), (AuthResult::Fail, vec![failing]), "{name}");
    let check = named(&report, failing);
    assert!(check.detail.contains(part), "{check:?}");
    assert!(check.expected.is_some() && check.came.is_some(), "{check:?}");
}

#[test]
fn a_token_of_the_right_key_with_the_right_claims_passes_every_check() {
    let report = Demand::default().check(&token(&claims()));
    assert_eq!(report.result, AuthResult::Pass, "{report:?}");
    let names: Vec<&str> = report.checks.iter().map(|check| &*check.name).collect();
    assert_eq!(
        names,
        [
            "bearer-header-present-once",
            "bearer-scheme",
            "bearer-shape",
            "bearer-algorithm",
            "bearer-key",
            "bearer-signature",
            "bearer-issuer",
            "bearer-audience",
            "bearer-expiry",
            "bearer-not-before",
            "bearer-client",
            "bearer-scopes",
        ]
    );
    assert!(report.checks.iter().all(|check| check.result == CheckResult::Pass));
    let second = signed(SECOND, Some("key-2"), &claims());
    assert_eq!(Demand::default().check(&second).result, AuthResult::Pass);
    let spaced = Headers::from_fields([("authorization", format!("bEARER  {}", token(&claims())))]);
    assert_eq!(Demand::default().check_headers(&spaced).result, AuthResult::Pass);
}

#[test]
fn each_claim_is_compared_and_explained() {
    check_claim("iss", json!(format!("{ISSUER}/")), "bearer-issuer", "slash at the end");
    check_claim("iss", json!("https://harbor-lab.example"), "bearer-issuer", "org authorization server");
    check_claim("iss", json!("https://harbor-lab.example/oauth2/aus1"), "bearer-issuer", "on the same host");
    check_claim("iss", json!("http://harbor-lab.example/oauth2/default"), "bearer-issuer", "http and https");
    check_claim("iss", json!("https://Harbor-lab.example/oauth2/default"), "bearer-issuer", "capital");
    check_claim("iss", json!("https://other.example/oauth2/default"), "bearer-issuer", "another issuer");
    check_claim("iss", json!(7), "bearer-issuer", "no string");
    check_claim("iss", Value::Null, "bearer-issuer", "no iss");
    check_claim("aud", json!("api://other"), "bearer-audience", "another one");
    check_claim("aud", json!(["a", "b"]), "bearer-audience", "another one");
    check_claim("aud", json!(["api://default", 7]), "bearer-audience", "array of strings");
    check_claim("aud", json!({}), "bearer-audience", "neither a string");
    check_claim("aud", Value::Null, "bearer-audience", "no aud");
    check_claim("exp", json!(NOW_SECS - 120), "bearer-expiry", "2 min ago");
    check_claim("exp", json!(i64::MIN), "bearer-expiry", "ago");
    check_claim("exp", json!("2000000000"), "bearer-expiry", "no number");
    check_claim("exp", Value::Null, "bearer-expiry", "no exp");
    check_claim("nbf", json!(NOW_SECS + 200), "bearer-not-before", "nbf lies");
    check_claim("nbf", json!([]), "bearer-not-before", "nbf is no number");
    check_claim("iat", json!(NOW_SECS + 200), "bearer-not-before", "made in the future");
    check_claim("cid", json!("0oaOther"), "bearer-client", "another client");
    check_claim("cid", json!([CLIENT]), "bearer-client", "no string");
    check_claim("cid", Value::Null, "bearer-client", "no cid");
    check_claim("scp", json!(["tide.hooks.more", "other"]), "bearer-scopes", "Missing: tide.hooks");
    check_claim("scp", json!("tide.hooks"), "bearer-scopes", "no array");
    check_claim("scp", Value::Null, "bearer-scopes", "no scp");
    let mut with_scope = claims_with("scp", Value::Null);
    with_scope["scope"] = json!("tide.hooks");
    let report = Demand::default().check(&token(&with_scope));
    let check = named(&report, "bearer-scopes");
    assert!(check.detail.contains("The scopes are in scope"), "{check:?}");
    assert_eq!(check.came.as_deref(), Some("scope tide.hooks"));
}

#[test]
fn clocks_may_differ_by_the_leeway_and_not_by_more() {
    for (name, value) in [
        ("exp", json!(NOW_SECS - 119)),
        ("exp", json!(NOW_SECS as f64 - 118.5)),
        ("nbf", json!(NOW_SECS + 120)),
        ("iat", json!(NOW_SECS + 120)),
        ("iat", Value::Null),
        ("exp", json!(i64::MAX)),
    ] {
        let report = Demand::default().check(&token(&claims_with(name, value)));
        assert_eq!(report.result, AuthResult::Pass, "{report:?}");
    }
}

#[test]
fn an_audience_may_be_one_of_several_and_what_is_not_demanded_is_only_noticed() {
    let report = Demand::default().check(&token(&claims_with("aud", json!(["x", "api://default"]))));
    assert_eq!(report.result, AuthResult::Pass);
    let open = Demand { audiences: Vec::new(), scopes: Vec::new(), client_id: None, ..Demand::default() };
    let report = open.check(&token(&claims()));
    assert_eq!(report.result, AuthResult::Pass);
    for name in ["bearer-audience", "bearer-client", "bearer-scopes"] {
        assert_eq!(named(&report, name).result, CheckResult::Advisory);
    }
    let report = Demand::default().check(&token(&claims_with("uid", json!("00u1"))));
    assert_eq!((report.result, named(&report, "bearer-user").result), (AuthResult::Pass, CheckResult::Advisory));
}

#[test]
fn only_rs256_is_accepted_whatever_the_signature() {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let unsigned = |alg: &str| format!("{}.{}.", part(json!({ "alg": alg, "kid": "key-1" })), part(claims()));
    for (token, words) in [
        (unsigned("none"), "nobody has signed it"),
        (unsigned("NONE"), "nobody has signed it"),
        (unsigned("rs256"), "with its case"),
        (format!("{}.{}.", part(json!({ "kid": "key-1" })), part(claims())), "no alg"),
    ] {
        let report = Demand::default().check(&token);
        let check = named(&report, "bearer-algorithm");
        assert_eq!((report.result, check.result), (AuthResult::Fail, CheckResult::Fail));
        assert!(check.detail.contains(words), "{check:?}");
        assert_eq!(named(&report, "bearer-signature").result, CheckResult::Skipped);
        // The claims are looked at all the same.
        assert_eq!(named(&report, "bearer-scopes").result, CheckResult::Pass);
    }
    // The public key as the secret of an HMAC: as the text of the key set and as the modulus.
    let jwk = public(FIRST, "key-1");
    let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap();
    for secret in [jwk.to_string().into_bytes(), modulus, FIRST.as_bytes().to_vec()] {
        for alg in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header = Header { kid: Some("key-1".to_owned()), ..Header::new(alg) };
            let token = jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_secret(&secret)).unwrap();
            let report = Demand::default().check(&token);
            assert_eq!(failed(&report), ["bearer-algorithm"]);
            assert!(named(&report, "bearer-algorithm").detail.contains("HMAC"));
        }
    }
    for alg in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256] {
        let header = Header { kid: Some("key-1".to_owned()), ..Header::new(alg) };
        let key = EncodingKey::from_rsa_pem(FIRST.as_bytes()).unwrap();
        let report = Demand::default().check(&jsonwebtoken::encode(&header, &claims(), &key).unwrap());
        assert_eq!(failed(&report), ["bearer-algorithm"], "{alg:?}");
    }
}

#[test]
fn a_token_of_another_key_or_with_a_changed_part_fails_at_its_signature() {
    let right = token(&claims());
    let parts: Vec<&str> = right.split('.').collect();
    let other_claims = token(&claims_with("scp", json!(["tide.hooks", "admin"])));
    let other: Vec<&str> = other_claims.split('.').collect();
    for tampered in [
        // Signed with the second key under the name of the first.
        signed(SECOND, Some("key-1"), &claims()),
        // The claims of one token under the signature of another.
        format!("{}.{}.{}", parts[0], other[1], parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], other[2]),
    ] {
        assert_eq!(failed(&Demand::default().check(&tampered)), ["bearer-signature"]);
    }
    let report = Demand::default().check(&format!("{}.{}.", parts[0], parts[1]));
    assert!(named(&report, "bearer-signature").detail.contains("no signature"));
    let signature = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
    let short = format!("{}.{}.{}", parts[0], parts[1], URL_SAFE_NO_PAD.encode(&signature[..253]));
    let report = Demand::default().check(&short);
    assert!(named(&report, "bearer-signature").detail.contains("has 253 bytes"), "{report:?}");
}

#[test]
fn padding_white_space_and_rest_behind_the_token_are_no_token() {
    let right = token(&claims());
    for (text, part) in [
        (format!("{right}=="), "padding"),
        (right.replacen('.', "=.", 1), "padding"),
        (right.replacen('.', " .", 1), "first part is no base64url"),
        (format!("{right} x"), "third part is no base64url"),
        (format!("{right}\t."), "has 4"),
        (format!("{right}.a.b"), "encrypted (JWE)"),
        (format!("\u{feff}{right}"), "first part is no base64url at character 1"),
        ("00Opaque-token_of-the-org".to_owned(), "opaque"),
    ] {
        let report = Demand::default().check(&text);
        assert_eq!(failed(&report), ["bearer-shape"], "{part}");
        assert!(named(&report, "bearer-shape").detail.contains(part), "{report:?}");
        assert_eq!(named(&report, "bearer-issuer").result, CheckResult::Skipped);
    }
}

#[test]
fn repeated_members_and_demanded_extensions_are_refused() {
    let key = EncodingKey::from_rsa_pem(FIRST.as_bytes()).unwrap();
    let sign = |header: &str| {
        let claims = claims().to_string().replacen('{', &format!("{{\"iss\":\"{ISSUER}\","), 1);
        let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = jsonwebtoken::crypto::sign(text.as_bytes(), &key, Algorithm::RS256).unwrap();
        format!("{text}.{signature}")
    };
    let report = Demand::default().check(&sign(r#"{"alg":"RS256","kid":"key-1"}"#));
    assert_eq!(failed(&report), ["bearer-shape"]);
    assert!(named(&report, "bearer-shape").detail.contains("iss in the claims"), "{report:?}");
    let report = Demand::default().check(&sign(r#"{"alg":"none","alg":"RS256","kid":"key-1"}"#));
    assert!(named(&report, "bearer-shape").detail.contains("alg in the header"));
    let report = Demand::default().check(&sign(r#"{"alg":"RS256","kid":"key-1","crit":["x"]}"#));
    assert_eq!(report.result, AuthResult::Fail);
}

#[test]
fn the_state_of_the_keys_is_said_and_never_lets_anybody_in() {
    static EMPTY: JwkSet = JwkSet::EMPTY;
    let right = token(&claims());
    for (keys, part) in [
        (KeyState::NotFetched, "nobody has asked"),
        (KeyState::Fetching { from: "https://x.example/keys" }, "being fetched from https://x.example/keys"),
        (
            KeyState::Failed { from: "https://x.example/keys", why: "refused", at: NOW },
            "at 2031-04-05T06:07:08.910Z: refused",
        ),
        (
            KeyState::Known { set: &EMPTY, from: "the set", fetched_at: None, refresh_failed: None },
            "no key among those of the set",
        ),
    ] {
        let report = Demand { keys, ..Demand::default() }.check(&right);
        assert_eq!(failed(&report), ["bearer-key"]);
        assert!(named(&report, "bearer-key").detail.contains(part), "{report:?}");
        assert_eq!(named(&report, "bearer-signature").result, CheckResult::Skipped);
    }
    let rotated = signed(FIRST, Some("key-3"), &claims());
    let report = Demand::default().check(&rotated);
    let check = named(&report, "bearer-key");
    assert!(check.detail.contains("fetched again"), "{check:?}");
    assert_eq!((check.expected.as_deref(), check.came.as_deref()), (Some("key-1 or key-2"), Some("key-3")));
    let nameless = signed(FIRST, None, &claims());
    assert!(named(&Demand::default().check(&nameless), "bearer-key").detail.contains("names no kid"));
}

#[test]
fn without_a_stand_in_its_tokens_are_refused_with_the_reason() {
    let report = Demand { issuer: None, ..Demand::default() }.check(&token(&claims()));
    assert_eq!(failed(&report), ["bearer-issuer"]);
    assert!(named(&report, "bearer-issuer").detail.contains("stand-in authorization server is off"));
}

#[test]
fn what_is_no_bearer_header_is_said_to_be_that() {
    let right = token(&claims());
    let check = |fields: &[(&str, &str)], name: &str, part: &str, result: AuthResult| {
        let report = Demand::default().check_headers(&Headers::from_fields(fields.iter().copied()));
        assert_eq!((report.result, failed(&report)), (result, vec![name]), "{fields:?}");
        assert!(named(&report, name).detail.contains(part), "{report:?}");
        assert_eq!(report.checks.len(), 12);
        assert_nothing_secret(&report, &right);
    };
    let once = format!("Bearer {right}");
    check(&[], "bearer-header-present-once", "no Authorization header", AuthResult::Missing);
    check(
        &[("Authorization", &once), ("authorization", &once)],
        "bearer-header-present-once",
        "2 Authorization headers",
        AuthResult::Fail,
    );
    check(&[("Authorization", &right)], "bearer-scheme", "without the word Bearer", AuthResult::Fail);
    check(&[("Authorization", "Basic b2t0YTpwYXNz")], "bearer-scheme", "The scheme is Basic", AuthResult::Fail);
    check(&[("Authorization", "s3cr3t-invented")], "bearer-scheme", "does not begin", AuthResult::Fail);
    check(&[("Authorization", &format!("Bearer{right}"))], "bearer-scheme", "does not begin", AuthResult::Fail);
    check(&[("Authorization", "Bearer")], "bearer-shape", "this has 1", AuthResult::Fail);
}

#[test]
fn the_kid_that_is_wanted_and_the_id_of_a_token_are_read_from_the_header() {
    let right = headers(&token(&claims()));
    assert_eq!(auth::wanted_kid(&right).as_deref(), Some("key-1"));
    assert_eq!(auth::token_id(&right).as_deref(), Some("AT.example"));
    let hmac = Header { kid: Some("key-1".to_owned()), ..Header::new(Algorithm::HS256) };
    let hmac = jsonwebtoken::encode(&hmac, &claims(), &EncodingKey::from_secret(b"x")).unwrap();
    assert_eq!(auth::wanted_kid(&headers(&hmac)), None);
    assert_eq!(auth::wanted_kid(&headers("opaque")), None);
    assert_eq!(auth::wanted_kid(&Headers::default()), None);
}

#[test]
fn header_and_claims_are_shown_and_the_signature_is_not() {
    let right = token(&claims());
    let decoded = auth::decoded_bearer(&headers(&right)).unwrap();
    assert_eq!(decoded.header.clone().unwrap()["kid"], "key-1");
    assert_eq!(decoded.claims.clone().unwrap(), claims());
    assert!(!format!("{decoded:?}").contains(right.rsplit('.').next().unwrap()));
    assert_eq!(auth::decoded_bearer(&headers("opaque")), None);
}

/// Signing is slow without optimisation, so it is done once for all the inputs below.
static RIGHT: LazyLock<String> = LazyLock::new(|| token(&claims()));

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn a_token_with_any_byte_changed_does_not_pass(at in 0usize..1200, byte in any::<u8>()) {
        let right = &*RIGHT;
        let mut bytes = right.clone().into_bytes();
        let at = at % bytes.len();
        prop_assume!(bytes[at] != byte && byte != b'\r' && byte != b'\n');
        bytes[at] = byte;
        let value = [b"Bearer ", bytes.as_slice()].concat();
        let headers = Headers::from_fields([("Authorization", value)]);
        let report = Demand::default().check_headers(&headers);
        // White space at the end belongs to no value.
        prop_assert_eq!(report.result, AuthResult::Fail, "byte {} at {}", byte, at);
    }

    #[test]
    fn a_token_with_a_byte_more_or_less_does_not_pass(at in 0usize..1200, byte in "[A-Za-z0-9_.=-]", is_more in any::<bool>()) {
        let mut text = RIGHT.clone();
        let at = at % text.len();
        text.replace_range(at..at + usize::from(!is_more), if is_more { &byte } else { "" });
        prop_assert_eq!(Demand::default().check(&text).result, AuthResult::Fail);
    }

    #[test]
    fn whatever_comes_never_panics_and_never_passes(value in proptest::collection::vec(any::<u8>(), 0..200)) {
        let headers = Headers::from_fields([("Authorization", [b"Bearer ", value.as_slice()].concat())]);
        prop_assert_eq!(Demand::default().check_headers(&headers).result, AuthResult::Fail);
        auth::wanted_kid(&headers);
        auth::decoded_bearer(&headers);
    }
}
