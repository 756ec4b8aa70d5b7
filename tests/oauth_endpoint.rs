//! The stand-in's token endpoint: requests and assertions made by another library, and the tokens that it gives.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod oauth_scene;

use std::sync::LazyLock;
use std::time::Duration;

use hookscope::auth::{
    self, Client, ClientProof, Grant, JwkSet, KeyState, Refusal, SigningKey, TokenDecision, TokenFault, TokenOutcome,
    TokenRequest, TokenRules, UsedAssertions,
};
use hookscope::call::{AuthResult, CheckResult, Secret, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use oauth_scene::*;
use proptest::prelude::*;
use serde_json::{Value, json};

const SECRET: &str = "s3cr3t-invented";
const TOKEN_URL: &str = "https://harbor-lab.example/oauth2/default/v1/token";
const KEY_CLIENT: &str = "0oaKeyClient";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The endpoint of the tests: one client with a secret, one with a key, one whose secret could not be had.
struct Endpoint {
    secret: Secret,
    empty: Secret,
    urls: Vec<String>,
    scopes: Vec<String>,
    keys: KeyState<'static>,
    used: UsedAssertions,
    now: Timestamp,
}

impl Endpoint {
    fn new() -> Endpoint {
        Endpoint {
            secret: Secret::new(SECRET),
            empty: Secret::new(""),
            urls: vec![TOKEN_URL.to_owned(), "https://127.0.0.1:8443/oauth2/default/v1/token".to_owned()],
            scopes: vec!["tide.hooks".to_owned(), "other".to_owned()],
            keys: known(),
            used: UsedAssertions::default(),
            now: NOW,
        }
    }

    fn rules(&self) -> TokenRules<'_> {
        let client = |client_id, proof| Client { client_id, proof };
        TokenRules {
            issuer: ISSUER,
            token_urls: &self.urls,
            audience: "api://default",
            scopes: &self.scopes,
            expires_in: Duration::from_secs(3_600),
            clients: vec![
                client(CLIENT, ClientProof::SecretPost(Some(&self.secret))),
                client(KEY_CLIENT, ClientProof::PrivateKeyJwt(self.keys)),
                client("0oaUnknownSecret", ClientProof::SecretPost(None)),
                client("0oaEmptySecret", ClientProof::SecretPost(Some(&self.empty))),
            ],
        }
    }

    fn decide(&mut self, asked: &TokenRequest<'_>) -> TokenDecision {
        let mut used = std::mem::take(&mut self.used);
        let decision = auth::decide(&self.rules(), asked, self.now, &mut used);
        self.used = used;
        let text = format!("{decision:?}");
        assert!(!text.contains(SECRET), "{text}");
        assert_eq!(decision.report.result == AuthResult::Pass, matches!(decision.outcome, TokenOutcome::Granted(_)));
        decision
    }

    fn post(&mut self, body: &str) -> TokenDecision {
        self.decide(&request(body))
    }

    /// Refused with this error because of this check, which says this.
    fn refuses(&mut self, body: &str, error: &str, name: &str, part: &str) {
        let decision = self.post(body);
        let TokenOutcome::Refused(refusal) = &decision.outcome else { panic!("{body} was granted") };
        let failed = decision.report.checks.iter().find(|check| check.result == CheckResult::Fail).unwrap();
        assert_eq!((refusal.error, &*failed.name), (error, name), "{body}: {decision:?}");
        assert_eq!(refusal.status, if error == "invalid_client" { 401 } else { 400 });
        assert!(refusal.description.contains(part), "{refusal:?}");
    }

    fn refuses_assertion(&mut self, token: &str, name: &str, part: &str) {
        let body = with_assertion(token);
        self.refuses(&body, "invalid_client", name, part);
        let signature = token.rsplit('.').next().unwrap();
        let text = format!("{:?}", self.post(&body));
        assert!(signature.len() < 8 || !text.contains(signature));
    }
}

fn request(body: &str) -> TokenRequest<'_> {
    TokenRequest {
        method: "POST",
        content_type: Some("application/x-www-form-urlencoded; charset=UTF-8"),
        has_authorization: false,
        query: None,
        body: body.as_bytes(),
    }
}

fn with_secret(rest: &str) -> String {
    format!("grant_type=client_credentials&scope=tide.hooks&client_id={CLIENT}&client_secret={SECRET}{rest}")
}

fn form(parameters: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

fn with_assertion(token: &str) -> String {
    form(&[
        ("grant_type", "client_credentials"),
        ("scope", "tide.hooks"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", token),
    ])
}

fn assertion_claims() -> Value {
    json!({
        "iss": KEY_CLIENT, "sub": KEY_CLIENT, "aud": TOKEN_URL, "iat": NOW_SECS, "exp": NOW_SECS + 300, "jti": "assertion-1"
    })
}

fn assertion_with(name: &str, value: Value) -> String {
    let mut claims = assertion_claims();
    match value {
        Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
        value => claims[name] = value,
    }
    signed(FIRST, Some("key-1"), &claims)
}

fn granted_to(decision: &TokenDecision) -> Option<(&str, String)> {
    match &decision.outcome {
        TokenOutcome::Granted(grant) => Some((&grant.client_id, grant.scopes.join(" "))),
        TokenOutcome::Refused(_) => None,
    }
}

fn is_granted(decision: &TokenDecision) -> bool {
    granted_to(decision).is_some()
}

#[test]
fn a_client_with_the_right_secret_gets_a_token() {
    let mut endpoint = Endpoint::new();
    let decision = endpoint.post(&with_secret(""));
    assert_eq!(granted_to(&decision), Some((CLIENT, "tide.hooks".to_owned())));
    let names: Vec<&str> = decision.report.checks.iter().map(|check| &*check.name).collect();
    assert_eq!(names, ["token-request", "token-grant-type", "token-client-id", "token-client-secret", "token-scope"]);
    // What is not known is left alone, and what has no value counts as left out.
    let decision = endpoint.post(&with_secret("&resource=x&client_assertion="));
    assert_eq!(granted_to(&decision), Some((CLIENT, "tide.hooks".to_owned())));
    let none = format!("grant_type=client_credentials&client_id={CLIENT}&client_secret={SECRET}");
    let decision = endpoint.post(&none);
    assert_eq!(granted_to(&decision), Some((CLIENT, String::new())));
    assert_eq!(named(&decision.report, "token-scope").result, CheckResult::Advisory);
    let twice = with_secret("").replace("scope=tide.hooks", "scope=other++tide.hooks+other");
    assert_eq!(granted_to(&endpoint.post(&twice)), Some((CLIENT, "other tide.hooks".to_owned())));
}

#[test]
fn each_refusal_of_a_request_says_what_is_wrong() {
    let mut endpoint = Endpoint::new();
    let right = with_secret("");
    endpoint.refuses(&right.replace(SECRET, "other"), "invalid_client", "token-client-secret", "not the expected one");
    endpoint.refuses(&right.replace(SECRET, ""), "invalid_client", "token-client-secret", "no client_secret");
    endpoint.refuses(&right.replace(CLIENT, "0oaNobody"), "invalid_client", "token-client-id", "no such client");
    endpoint.refuses(
        &right.replace(CLIENT, "0oaUnknownSecret"),
        "invalid_client",
        "token-client-secret",
        "type it for this run",
    );
    endpoint.refuses(
        &right.replace(CLIENT, "0oaEmptySecret").replace(SECRET, ""),
        "invalid_client",
        "token-client-secret",
        "nobody gets in",
    );
    endpoint.refuses(
        &right.replace("client_credentials", "password"),
        "unsupported_grant_type",
        "token-grant-type",
        "client_credentials",
    );
    endpoint.refuses(&right.replace("grant_type", "grant"), "invalid_request", "token-grant-type", "no grant_type");
    endpoint.refuses(
        &right.replace("tide.hooks", "tide.hooks+x"),
        "invalid_scope",
        "token-scope",
        "no such scope here: x",
    );
    endpoint.refuses(&right.replace("tide.hooks", "%22"), "invalid_scope", "token-scope", "no scope has");
    endpoint.refuses(
        &with_secret(&format!("&client_secret={SECRET}")),
        "invalid_request",
        "token-request",
        "client_secret",
    );
    endpoint.refuses(&with_secret("&x=1&x=2"), "invalid_request", "token-request", "more than once: x");
    endpoint.refuses(&with_secret("&client_assertion=a.b.c"), "invalid_request", "token-request", "in one way");
    endpoint.refuses(&with_secret(&"x".repeat(70_000)), "invalid_request", "token-request", "too long");
    endpoint.refuses(&with_secret(&"&x=".repeat(200)), "invalid_request", "token-request", "too long");
    let decision = endpoint.post("");
    assert_eq!(decision.report.result, AuthResult::Missing);
    for (asked, part) in [
        (TokenRequest { method: "GET", ..request(&right) }, "with POST"),
        (TokenRequest { content_type: Some("application/json"), ..request(&right) }, "Content-Type"),
        (TokenRequest { content_type: None, ..request(&right) }, "Content-Type"),
        (TokenRequest { has_authorization: true, ..request(&right) }, "Authorization header"),
        (TokenRequest { query: Some("client_secret=x"), ..request(&right) }, "in the URL"),
    ] {
        let decision = endpoint.decide(&asked);
        let TokenOutcome::Refused(refusal) = decision.outcome else { panic!("{part}") };
        assert_eq!(refusal.error, "invalid_request");
        assert!(refusal.description.contains(part), "{refusal:?}");
    }
}

#[test]
fn an_assertion_of_the_right_key_gets_a_token_with_or_without_a_client_id() {
    let mut endpoint = Endpoint::new();
    let decision = endpoint.post(&with_assertion(&assertion_with("jti", json!("a"))));
    assert_eq!(granted_to(&decision), Some((KEY_CLIENT, "tide.hooks".to_owned())));
    assert_eq!(decision.report.checks.len(), 15, "{decision:?}");
    let body = format!("{}&client_id={KEY_CLIENT}", with_assertion(&assertion_with("jti", json!("b"))));
    assert!(granted_to(&endpoint.post(&body)).is_some());
    for (jti, aud) in [
        ("c", json!(ISSUER)),
        ("d", json!(["https://x.example", TOKEN_URL])),
        ("e", json!("https://127.0.0.1:8443/oauth2/default/v1/token")),
    ] {
        let mut claims = assertion_claims();
        (claims["jti"], claims["aud"]) = (json!(jti), aud);
        assert!(granted_to(&endpoint.post(&with_assertion(&signed(FIRST, Some("key-1"), &claims)))).is_some());
    }
    // Both are optional at Okta.
    let decision = endpoint.post(&with_assertion(&assertion_with("jti", Value::Null)));
    assert_eq!(named(&decision.report, "assertion-jti").result, CheckResult::Advisory);
    assert!(granted_to(&endpoint.post(&with_assertion(&assertion_with("iat", Value::Null)))).is_some());
}

#[test]
fn a_hook_key_as_okta_writes_it_checks_an_assertion() {
    let mut jwk = public(FIRST, "6b0a4c52-3e2f-4f0e-8a51-90d1c2b3a4f5");
    jwk["alg"] = json!("RSA");
    jwk["use"] = Value::Null;
    let hook_key = json!({ "id": "HKY1ExampleKey000001", "name": "tide key", "isUsed": false, "_embedded": jwk });
    let set: &'static JwkSet = Box::leak(Box::new(JwkSet::parse(&hook_key.to_string()).unwrap()));
    assert_eq!(set.problems(), [""; 0]);
    let keys = KeyState::Known { set, from: "the pasted key", fetched_at: None, refresh_failed: None };
    let mut endpoint = Endpoint { keys, ..Endpoint::new() };
    let token = signed(FIRST, Some("6b0a4c52-3e2f-4f0e-8a51-90d1c2b3a4f5"), &assertion_claims());
    assert!(granted_to(&endpoint.post(&with_assertion(&token))).is_some());
}

#[test]
fn each_refusal_of_an_assertion_says_what_is_wrong() {
    let mut endpoint = Endpoint::new();
    let mut refuses = |name: &str, value: Value, check: &str, part: &str| {
        endpoint.refuses_assertion(&assertion_with(name, value), check, part);
    };
    refuses("iss", json!("0oaOther"), "assertion-iss", "another one");
    refuses("iss", Value::Null, "assertion-iss", "no iss");
    refuses("aud", json!(format!("{TOKEN_URL}/")), "assertion-aud", "slash");
    refuses("aud", json!("https://x.example/v1/token"), "assertion-aud", "another place");
    refuses("aud", json!([TOKEN_URL, 1]), "assertion-aud", "array of strings");
    refuses("aud", Value::Null, "assertion-aud", "no aud");
    refuses("exp", json!(NOW_SECS - 200), "assertion-exp", "is past");
    refuses("exp", json!(NOW_SECS + 3_800), "assertion-exp", "an hour ahead");
    refuses("exp", json!("soon"), "assertion-exp", "no number");
    refuses("exp", Value::Null, "assertion-exp", "no exp");
    refuses("iat", json!(NOW_SECS + 200), "assertion-iat", "in the future");
    refuses("iat", json!([]), "assertion-iat", "no number");
    refuses("jti", json!(7), "assertion-jti", "no string");
    let mut endpoint = Endpoint::new();
    endpoint.refuses_assertion(
        &signed(SECOND, Some("key-1"), &assertion_claims()),
        "assertion-signature",
        "another key",
    );
    endpoint.refuses_assertion(&signed(FIRST, Some("key-9"), &assertion_claims()), "assertion-key", "has this kid");
    endpoint.refuses_assertion("a.b", "token-client-id", "No client is named");
    let hmac = Header { kid: Some("key-1".to_owned()), ..Header::new(Algorithm::HS256) };
    let secret = EncodingKey::from_secret(public(FIRST, "key-1").to_string().as_bytes());
    let hmac = jsonwebtoken::encode(&hmac, &assertion_claims(), &secret).unwrap();
    endpoint.refuses_assertion(&hmac, "assertion-algorithm", "HMAC");
    let right = signed(FIRST, Some("key-1"), &assertion_claims());
    let (text, _) = right.rsplit_once('.').unwrap();
    endpoint.refuses_assertion(&format!("{text}."), "assertion-signature", "no signature");
    // Whose sub and client_id disagree.
    let body = format!("{}&client_id={KEY_CLIENT}", with_assertion(&assertion_with("sub", json!(CLIENT))));
    endpoint.refuses(&body, "invalid_client", "assertion-sub", "another one");
    let body = with_assertion(&right).replace("jwt-bearer", "saml2-bearer");
    endpoint.refuses(&body, "invalid_client", "assertion-type", "that of a JWT");
    // A client that is set up for the other method.
    let body = with_secret("").replace(CLIENT, KEY_CLIENT);
    endpoint.refuses(&body, "invalid_client", "assertion-type", "set up for private_key_jwt");
    let mut claims = assertion_claims();
    (claims["iss"], claims["sub"]) = (json!(CLIENT), json!(CLIENT));
    let body = with_assertion(&signed(FIRST, Some("key-1"), &claims));
    endpoint.refuses(&body, "invalid_client", "token-client-secret", "set up for client_secret_post");
    let mut without_keys = Endpoint { keys: KeyState::Fetching { from: "https://x.example" }, ..Endpoint::new() };
    without_keys.refuses_assertion(&right, "assertion-key", "being fetched");
}

#[test]
fn an_assertion_is_good_once_and_a_refused_one_is_not_used_up() {
    let mut endpoint = Endpoint::new();
    let token = signed(FIRST, Some("key-1"), &assertion_claims());
    let body = with_assertion(&token);
    endpoint.refuses(&body.replace("tide.hooks", "nonsense"), "invalid_scope", "token-scope", "nonsense");
    // Another's assertion with the same jti does not use it up either.
    endpoint.refuses_assertion(&signed(SECOND, Some("key-1"), &assertion_claims()), "assertion-signature", "");
    assert!(granted_to(&endpoint.post(&body)).is_some());
    endpoint.refuses(&body, "invalid_client", "assertion-jti", "used before");
    let renewed = signed(FIRST, Some("key-1"), &{
        let mut claims = assertion_claims();
        claims["exp"] = json!(NOW_SECS + 301);
        claims
    });
    endpoint.refuses_assertion(&renewed, "assertion-jti", "used before");
    // When it is past it is refused for that, and no longer remembered.
    endpoint.now = Timestamp(NOW.0 + 421_000_000);
    endpoint.refuses(&body, "invalid_client", "assertion-exp", "is past");
}

#[test]
fn who_asks_and_with_which_key_can_be_read_before_it_is_checked() {
    let body = with_assertion(&signed(FIRST, Some("key-7"), &assertion_claims()));
    assert_eq!(auth::wanted_client_kid(body.as_bytes()), Some(("key-7".to_owned(), KEY_CLIENT.to_owned())));
    assert_eq!(auth::named_client(body.as_bytes()).as_deref(), Some(KEY_CLIENT));
    assert_eq!(auth::wanted_client_kid(with_secret("").as_bytes()), None);
    assert_eq!(auth::named_client(with_secret("").as_bytes()).as_deref(), Some(CLIENT));
    assert_eq!(auth::named_client(b"\xff&&=%"), None);
}

fn grant() -> Grant {
    Grant { client_id: CLIENT.to_owned(), scopes: vec!["tide.hooks".to_owned()] }
}

fn given(fault: Option<TokenFault>) -> (auth::TokenAnswer, Value) {
    let endpoint = Endpoint::new();
    let answer = auth::granted(&endpoint.rules(), &grant(), &signing(FIRST), "AT.1", NOW, fault).unwrap();
    let body = serde_json::from_str(&answer.body).unwrap_or(Value::Null);
    (answer, body)
}

/// What a bearer check with the stand-in's own keys says of a token of it.
fn check_given(body: &Value) -> hookscope::call::AuthReport {
    let key = signing(FIRST);
    let set: &'static JwkSet = Box::leak(Box::new(JwkSet::parse(&auth::key_set([&key]).to_string()).unwrap()));
    let keys = KeyState::Known { set, from: "the stand-in", fetched_at: None, refresh_failed: None };
    Demand { keys, ..Demand::default() }.check(body["access_token"].as_str().unwrap())
}

#[test]
fn a_token_of_the_stand_in_passes_its_own_checks_and_those_of_another_library() {
    let (answer, body) = given(None);
    assert_eq!(
        (answer.status, answer.content_type, answer.token_id.as_deref()),
        (200, "application/json", Some("AT.1"))
    );
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 3_600);
    assert_eq!(body["scope"], "tide.hooks");
    let report = check_given(&body);
    assert_eq!(report.result, AuthResult::Pass, "{report:?}");
    let served = auth::key_set([&signing(SECOND), &signing(FIRST)]);
    let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(served["keys"][1].clone()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&["api://default"]);
    validation.set_issuer(&[ISSUER]);
    validation.validate_exp = false;
    let token = body["access_token"].as_str().unwrap();
    let read = jsonwebtoken::decode::<Value>(token, &DecodingKey::from_jwk(&jwk).unwrap(), &validation).unwrap();
    assert_eq!(read.header.kid.as_deref(), Some(signing(FIRST).kid()));
    assert_eq!(
        read.claims,
        json!({
            "ver": 1, "jti": "AT.1", "iss": ISSUER, "aud": "api://default", "iat": NOW_SECS, "exp": NOW_SECS + 3_600,
            "cid": CLIENT, "scp": ["tide.hooks"], "sub": CLIENT
        })
    );
}

#[test]
fn each_fault_makes_the_check_fail_that_it_is_for() {
    let failing = |fault, name: &str| {
        let (_, body) = given(Some(fault));
        let report = check_given(&body);
        let failed: Vec<&str> =
            report.checks.iter().filter(|check| check.result == CheckResult::Fail).map(|check| &*check.name).collect();
        assert_eq!(failed, [name], "{fault:?}");
    };
    failing(TokenFault::WrongSignature, "bearer-signature");
    failing(TokenFault::UnknownKey, "bearer-key");
    failing(TokenFault::Unsigned, "bearer-algorithm");
    failing(TokenFault::Expired, "bearer-expiry");
    failing(TokenFault::WrongIssuer, "bearer-issuer");
    failing(TokenFault::WrongAudience, "bearer-audience");
    failing(TokenFault::NoScopes, "bearer-scopes");
    failing(TokenFault::WrongClient, "bearer-client");
    let (_, body) = given(Some(TokenFault::NoExpiresIn));
    assert_eq!((check_given(&body).result, body.get("expires_in")), (AuthResult::Pass, None));
    let (answer, body) = given(Some(TokenFault::ServerError));
    assert_eq!((answer.status, &body["error"], answer.token_id), (500, &json!("server_error"), None));
    let (answer, body) = given(Some(TokenFault::NotJson));
    assert_eq!((answer.status, body), (200, Value::Null));
    assert!(answer.content_type.starts_with("text/html"));
    assert!(given(Some(TokenFault::Silence)).0.is_silent);
    assert_eq!(TokenFault::ALL.len(), 12);
}

#[test]
fn a_refusal_is_answered_as_the_standard_says() {
    let refusal = Refusal { status: 401, error: "invalid_client", description: "The \"secret\" is ü\n".to_owned() };
    let answer = auth::refused(&refusal);
    assert_eq!((answer.status, answer.content_type), (401, "application/json"));
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body, json!({ "error": "invalid_client", "error_description": "The 'secret' is ''" }));
}

#[test]
fn the_documents_have_what_a_client_looks_for() {
    let metadata = auth::metadata(ISSUER, "https://127.0.0.1:8443/oauth2/default/", &["tide.hooks".to_owned()]);
    assert_eq!(metadata["issuer"], ISSUER);
    assert_eq!(metadata["token_endpoint"], "https://127.0.0.1:8443/oauth2/default/v1/token");
    assert_eq!(metadata["jwks_uri"], "https://127.0.0.1:8443/oauth2/default/v1/keys");
    assert_eq!(metadata["grant_types_supported"], json!(["client_credentials"]));
    assert_eq!(metadata["scopes_supported"], json!(["tide.hooks"]));
    assert!(metadata["response_types_supported"].is_array());
    let keys = auth::key_set([&signing(FIRST), &signing(SECOND)]);
    for key in keys["keys"].as_array().unwrap() {
        let mut members: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        // Nothing of the private half.
        assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
    }
    assert_eq!(keys["keys"][0]["n"], public(FIRST, "")["n"]);
}

#[test]
fn a_key_is_stored_and_read_and_never_printed() {
    let made = SigningKey::generate().unwrap();
    assert_eq!(made.public().n_bits(), 2_048);
    let read = SigningKey::from_pkcs8(made.to_pkcs8()).unwrap();
    assert_eq!(made.kid(), read.kid());
    assert_ne!(made.kid(), signing(FIRST).kid());
    let token = made.sign(serde_json::Map::new(), claims().as_object().unwrap()).unwrap();
    let (text, signature) = token.rsplit_once('.').unwrap();
    use base64::Engine;
    let signature = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(signature).unwrap();
    assert!(read.public().has_signed(text.as_bytes(), &signature));
    assert!(!signing(FIRST).public().has_signed(text.as_bytes(), &signature));
    assert_eq!(format!("{made:?}"), format!("SigningKey({}, ••••)", made.kid()));
    assert!(SigningKey::from_pkcs8(b"no key").unwrap_err().contains("PKCS#8"));
}

/// Signing is slow without optimisation, so it is done once for all the inputs below.
static RIGHT: LazyLock<String> = LazyLock::new(|| signed(FIRST, Some("key-1"), &assertion_claims()));

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn an_assertion_with_any_byte_changed_gets_no_token(at in 0usize..1200, byte in "[A-Za-z0-9_.=-]") {
        let mut token = RIGHT.clone();
        let at = at % token.len();
        prop_assume!(token[at..=at] != byte);
        token.replace_range(at..=at, &byte);
        prop_assert!(!is_granted(&Endpoint::new().post(&with_assertion(&token))));
    }

    #[test]
    fn only_the_right_secret_gets_a_token(secret in "\\PC{0,20}") {
        let body = form(&[("grant_type", "client_credentials"), ("client_id", CLIENT), ("client_secret", &secret)]);
        let is_right = secret == SECRET;
        prop_assert_eq!(is_granted(&Endpoint::new().post(&body)), is_right);
        let unknown = body.replace(CLIENT, "0oaUnknownSecret");
        prop_assert!(!is_granted(&Endpoint::new().post(&unknown)));
        let empty = body.replace(CLIENT, "0oaEmptySecret");
        prop_assert!(!is_granted(&Endpoint::new().post(&empty)));
    }

    #[test]
    fn whatever_body_comes_never_panics(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let asked = TokenRequest { body: &body, ..request("") };
        prop_assert!(!is_granted(&Endpoint::new().decide(&asked)));
        auth::wanted_client_kid(&body);
    }
}
