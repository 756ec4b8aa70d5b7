//! An access token in `Authorization: Bearer` (RFC 6750), as Okta sends it to inline hooks with OAuth 2.0.
//!
//! Every claim is looked at by itself, with what was expected and what came, also where the signature is not that of a known key:
//! a developer wants to see all that is wrong. What is not genuine fails all the same. No detail holds the token or its signature.

use std::time::Duration;

use serde_json::{Map, Value};

use super::proof::{self, ALGORITHM, Names, came, micros, texts_of, time_of};
use super::{Decoded, Jwt, KeyState, advisory, fail, only_value, pass, skipped};
use crate::call::{AuthCheck, Headers, Timestamp};

const HEADER: &str = "Authorization";

const PRESENT: &str = "bearer-header-present-once";
const SCHEME: &str = "bearer-scheme";
const ISSUER: &str = "bearer-issuer";
const AUDIENCE: &str = "bearer-audience";
const EXPIRY: &str = "bearer-expiry";
const NOT_BEFORE: &str = "bearer-not-before";
const CLIENT: &str = "bearer-client";
const SCOPES: &str = "bearer-scopes";
const USER: &str = "bearer-user";

const NAMES: Names = Names {
    what: "token",
    shape: "bearer-shape",
    algorithm: "bearer-algorithm",
    key: "bearer-key",
    signature: "bearer-signature",
};

const OF_PROOF: [&str; 4] = [NAMES.shape, NAMES.algorithm, NAMES.key, NAMES.signature];
const OF_CLAIMS: [&str; 6] = [ISSUER, AUDIENCE, EXPIRY, NOT_BEFORE, CLIENT, SCOPES];

/// Words that may be shown: anything else in front of a space may be part of a secret.
const OTHER_SCHEMES: [&str; 6] = ["Basic", "Digest", "DPoP", "Negotiate", "NTLM", "SSWS"];

/// What an endpoint demands of a token.
#[derive(Clone, Copy, Debug)]
pub struct BearerExpected<'a> {
    /// `iss`, compared exactly; none where it is not known: the stand-in is expected, and the listener plays none.
    pub issuer: Option<&'a str>,
    /// One of these must be in `aud`; empty checks nothing.
    pub audiences: &'a [String],
    /// Must be equal to `cid`; none checks nothing.
    pub client_id: Option<&'a str>,
    /// All of these must be in `scp`.
    pub scopes: &'a [String],
    /// How far clocks may differ.
    pub leeway: Duration,
    pub keys: KeyState<'a>,
}

pub(super) fn check(
    expected: &BearerExpected<'_>,
    headers: &Headers,
    received_at: Timestamp,
    checks: &mut Vec<AuthCheck>,
) {
    let value = match only_value(headers, HEADER) {
        Ok(value) => value,
        Err(count) => {
            checks.push(fail(
                PRESENT,
                match count.is_none() {
                    true => "There is no Authorization header: with OAuth 2.0 Okta sends the access token in it".into(),
                    false => count.detail(HEADER),
                },
            ));
            let skipped_too = [SCHEME].into_iter().chain(OF_PROOF).chain(OF_CLAIMS);
            checks.extend(skipped_too.map(|name| skipped(name, count.reason(HEADER))));
            return;
        }
    };
    checks.push(pass(PRESENT, "There is exactly one Authorization header"));
    let Some(token) = after_scheme(value) else {
        checks.push(wrong_scheme(value));
        let skipped_too = OF_PROOF.into_iter().chain(OF_CLAIMS);
        checks.extend(skipped_too.map(|name| skipped(name, "Nothing to look at: the scheme is not Bearer")));
        return;
    };
    checks.push(pass(SCHEME, "The scheme is Bearer").with("Bearer", "Bearer"));
    let Some(jwt) = proof::check(token, expected.keys, &NAMES, checks) else {
        checks.extend(OF_CLAIMS.map(|name| skipped(name, "Nothing to look at: the token is no JWT")));
        return;
    };
    let claims = &jwt.claims;
    checks.push(issuer(expected.issuer, claims));
    checks.push(audience(expected.audiences, claims));
    checks.push(expiry(claims, received_at, expected.leeway));
    checks.push(not_before(claims, received_at, expected.leeway));
    checks.push(client(expected.client_id, claims));
    checks.push(scopes(expected.scopes, claims));
    if let Some(uid) = claims.get("uid") {
        let why =
            "The token has uid: it was given to a user, and Okta's hooks come with tokens of a client, which have none";
        checks.push(advisory(USER, why).with("nothing", came(Some(uid))));
    }
}

fn after_scheme(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked("Bearer".len())?;
    let is_bearer = scheme.eq_ignore_ascii_case(b"Bearer") && rest.first().is_none_or(|byte| *byte == b' ');
    is_bearer.then(|| rest.trim_ascii())
}

fn wrong_scheme(value: &[u8]) -> AuthCheck {
    let scheme = value.split(|byte| *byte == b' ').next().unwrap_or_default();
    if Jwt::read(value).is_ok() {
        return fail(SCHEME, "This is a token without the word Bearer: 'Bearer ' and the token is what Okta sends");
    }
    match OTHER_SCHEMES.into_iter().find(|known| scheme.eq_ignore_ascii_case(known.as_bytes())) {
        Some(known) => {
            fail(SCHEME, format!("The scheme is {known}: Bearer is expected, which Okta sends with OAuth 2.0"))
                .with("Bearer", known)
        }
        None => {
            fail(SCHEME, "The value does not begin with 'Bearer ': with OAuth 2.0 Okta sends that and an access token")
        }
    }
}

fn issuer(expected: Option<&str>, claims: &Map<String, Value>) -> AuthCheck {
    let value = claims.get("iss");
    let Some(expected) = expected else {
        let why =
            "No issuer is expected: the stand-in authorization server is off. Turn it on, or name another issuer here";
        return fail(ISSUER, why).with("the stand-in's", came(value));
    };
    let check = match value {
        Some(Value::String(given)) if given == expected => pass(ISSUER, "The issuer is the expected one"),
        Some(Value::String(given)) => fail(ISSUER, explain_issuer(expected, given)),
        Some(_) => fail(ISSUER, "iss is no string"),
        None => fail(ISSUER, "The token has no iss: every token of an Okta authorization server names its issuer"),
    };
    check.with(expected.to_owned(), came(value))
}

/// Why an issuer is not the expected one, as far as that can be guessed from the two.
fn explain_issuer(expected: &str, given: &str) -> &'static str {
    let (expected_path, given_path) = (path_of(expected), path_of(given));
    if expected.trim_end_matches('/') == given.trim_end_matches('/') {
        return "The issuers differ only in the slash at the end: they are compared exactly, so write the one that the token has";
    }
    if expected.eq_ignore_ascii_case(given) {
        return "The issuers differ only in capital and small letters: they are compared exactly";
    }
    let is_same_host = host_of(expected).is_some_and(|host| host_of(given).is_some_and(|other| other == host));
    if given_path.is_some_and(|path| path.trim_matches('/').is_empty())
        && expected_path.is_some_and(|path| path.contains("/oauth2/"))
    {
        return "This is a token of an org authorization server, whose issuer has no /oauth2/: only Okta itself may check those. Use \
                a custom authorization server's token URL in the hook";
    }
    if is_same_host && expected.split("://").next() != given.split("://").next() {
        return "The issuers differ in http and https: they are compared exactly";
    }
    if is_same_host {
        return "It is another authorization server on the same host: use the token URL of the expected one in the hook, or expect \
                this one";
    }
    "It is another issuer: use the token URL of the expected one in the hook, or expect this one"
}

fn host_of(url: &str) -> Option<String> {
    let rest = url.split_once("://")?.1;
    rest.split('/').next().map(str::to_ascii_lowercase)
}

fn path_of(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    Some(rest.find('/').and_then(|at| rest.get(at..)).unwrap_or(""))
}

fn audience(expected: &[String], claims: &Map<String, Value>) -> AuthCheck {
    let value = claims.get("aud");
    if expected.is_empty() {
        return advisory(AUDIENCE, "Every audience is accepted here: name the one of the authorization server")
            .with("anything", came(value));
    }
    let check = match value.map(texts_of) {
        None => fail(AUDIENCE, "The token has no aud"),
        Some(None) => fail(AUDIENCE, "aud is neither a string nor an array of strings"),
        Some(Some(given)) if given.iter().any(|given| expected.iter().any(|expected| expected == given)) => {
            pass(AUDIENCE, "The audience is the expected one")
        }
        Some(Some(_)) => fail(
            AUDIENCE,
            "The audience is another one: it is a setting of the authorization server, api://default for Okta's default one",
        ),
    };
    check.with(expected.join(" or "), came(value))
}

fn expiry(claims: &Map<String, Value>, now: Timestamp, leeway: Duration) -> AuthCheck {
    let expected = format!("after {now}{}", tolerance(leeway));
    let Some(value) = claims.get("exp") else {
        return fail(EXPIRY, "The token has no exp: one that never ends cannot be accepted").with(expected, "nothing");
    };
    let Some(ends_at) = time_of(value) else {
        return fail(EXPIRY, "exp is no number: it is seconds since 1970").with(expected, came(Some(value)));
    };
    // The leeway is added to the end: a clock of ours that is ahead does no harm.
    let is_past = now.micros_since(ends_at) >= micros(leeway);
    let check = match is_past {
        false if now >= ends_at => {
            pass(EXPIRY, format!("It ended {} ago, which lies within what clocks may differ", span(now, ends_at)))
        }
        false => pass(EXPIRY, format!("It ends in {}", span(ends_at, now))),
        true => fail(
            EXPIRY,
            format!("It ended {} ago: a new one is needed. Check both clocks if it was just made", span(now, ends_at)),
        ),
    };
    check.with(expected, ends_at.to_string())
}

fn not_before(claims: &Map<String, Value>, now: Timestamp, leeway: Duration) -> AuthCheck {
    let expected = format!("not after {now}{}", tolerance(leeway));
    let mut came_all = Vec::new();
    let mut why = None;
    for (name, meaning) in [("nbf", "It is not good yet"), ("iat", "It was made in the future")] {
        let Some(value) = claims.get(name) else { continue };
        let Some(at) = time_of(value) else {
            came_all.push(format!("{name} {}", came(Some(value))));
            why.get_or_insert(format!("{name} is no number: it is seconds since 1970"));
            continue;
        };
        came_all.push(format!("{name} {at}"));
        if at.micros_since(now) > micros(leeway) {
            why.get_or_insert(format!("{meaning}: {name} lies {} ahead. Check both clocks", span(at, now)));
        }
    }
    let came = if came_all.is_empty() { "nothing".to_owned() } else { came_all.join(", ") };
    let check = match why {
        Some(why) => fail(NOT_BEFORE, why),
        None if came_all.is_empty() => pass(NOT_BEFORE, "The token has neither nbf nor iat: it may be used at once"),
        None => pass(NOT_BEFORE, "It may be used already"),
    };
    check.with(expected, came)
}

fn client(expected: Option<&str>, claims: &Map<String, Value>) -> AuthCheck {
    let value = claims.get("cid");
    let Some(expected) = expected else {
        return advisory(CLIENT, "Every client is accepted here: name the client id of the hook")
            .with("anything", came(value));
    };
    let check = match value {
        Some(Value::String(given)) if given == expected => pass(CLIENT, "The client is the expected one"),
        Some(Value::String(_)) => fail(CLIENT, "The token was given to another client than the hook's"),
        Some(_) => fail(CLIENT, "cid is no string"),
        None if claims.contains_key("client_id") => {
            fail(CLIENT, "The token has client_id in place of cid: the tokens of Okta's authorization servers have cid")
        }
        None => fail(CLIENT, "The token has no cid"),
    };
    check.with(expected.to_owned(), came(value))
}

fn scopes(expected: &[String], claims: &Map<String, Value>) -> AuthCheck {
    let value = claims.get("scp");
    if expected.is_empty() {
        return advisory(SCOPES, "No scope is demanded here").with("anything", came(value));
    }
    let check = match value {
        Some(Value::Array(given)) => {
            let is_there = |wanted: &&String| given.iter().any(|given| given.as_str() == Some(wanted));
            let missing: Vec<&str> = expected.iter().filter(|wanted| !is_there(wanted)).map(String::as_str).collect();
            match missing.as_slice() {
                [] => pass(SCOPES, "Every demanded scope is there"),
                missing => fail(
                    SCOPES,
                    format!(
                        "Missing: {}. It must be in the hook's scope, exist on the authorization server, and be granted to the client",
                        missing.join(", ")
                    ),
                ),
            }
        }
        Some(_) => fail(SCOPES, "scp is no array: in Okta's tokens it is an array of strings"),
        None if claims.contains_key("scope") => fail(
            SCOPES,
            "The scopes are in scope, and there is no scp: Okta's tokens have scp, an array of strings, and a handler that reads \
             scope finds nothing in them",
        ),
        None => fail(SCOPES, "The token has no scp"),
    };
    let given = match (value, claims.get("scope")) {
        (None, Some(scope)) => format!("scope {}", came(Some(scope))).into(),
        (value, _) => came(value),
    };
    check.with(expected.join(" and "), given)
}

fn tolerance(leeway: Duration) -> String {
    match leeway.as_secs() {
        0 => String::new(),
        1 => ", give or take a second".to_owned(),
        seconds => format!(", give or take {seconds} s"),
    }
}

/// How long it is between two times, in words.
fn span(later: Timestamp, earlier: Timestamp) -> String {
    let seconds = later.micros_since(earlier).max(0) / 1_000_000;
    match seconds {
        0 => "less than a second".to_owned(),
        1 => "a second".to_owned(),
        2..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

fn token_of(headers: &Headers) -> Option<&[u8]> {
    after_scheme(only_value(headers, HEADER).ok()?).filter(|token| !token.is_empty())
}

/// The `kid` of the token that came, where a key is needed to check it: whoever holds the keys fetches them again where this
/// one is not among them. None where no RS256 token came.
pub fn wanted_kid(headers: &Headers) -> Option<String> {
    let jwt = Jwt::read(token_of(headers)?).ok()?;
    (jwt.header_text("alg") == Some(ALGORITHM)).then_some(())?;
    jwt.header_text("kid").map(str::to_owned)
}

/// `jti` of the token that came, whoever signed it: for tying a call to the one that fetched its token.
pub fn token_id(headers: &Headers) -> Option<String> {
    let jwt = Jwt::read(token_of(headers)?).ok()?;
    jwt.claims.get("jti").and_then(Value::as_str).map(str::to_owned)
}

/// Header and claims of the token that came, for display: never the signature. None where no token came.
pub fn decoded_bearer(headers: &Headers) -> Option<Decoded> {
    Decoded::read(token_of(headers)?)
}
