//! The signed assertion by which a client proves itself at the token endpoint: `private_key_jwt` (RFC 7523; the rules for its claims
//! are those of Okta's own token endpoints).

use std::time::Duration;

use serde_json::{Map, Value};

use super::proof::{self, Names, came, micros, texts_of, time_of};
use super::used_assertions::{NotTaken, UsedAssertions};
use super::{Jwt, KeyState, advisory, fail, pass, skipped};
use crate::call::{AuthCheck, Timestamp};

pub(super) const TYPE: &str = "assertion-type";
const ISS: &str = "assertion-iss";
const SUB: &str = "assertion-sub";
const AUD: &str = "assertion-aud";
const EXP: &str = "assertion-exp";
const IAT: &str = "assertion-iat";
const JTI: &str = "assertion-jti";

const NAMES: Names = Names {
    what: "assertion",
    shape: "assertion-shape",
    algorithm: "assertion-algorithm",
    key: "assertion-key",
    signature: "assertion-signature",
};

const OF_PROOF: [&str; 4] = [NAMES.shape, NAMES.algorithm, NAMES.key, NAMES.signature];
const OF_CLAIMS: [&str; 6] = [ISS, SUB, AUD, EXP, IAT, JTI];

/// RFC 7523, 2.2.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How far ahead an assertion may end, at Okta.
const LONGEST_LIFE: Duration = Duration::from_secs(3_600);
/// How far clocks may differ, as in Okta's verifiers.
const LEEWAY: Duration = Duration::from_secs(120);

/// What came.
pub(super) struct Assertion<'a> {
    pub client_id: &'a str,
    /// `client_assertion_type`.
    pub kind: Option<&'a str>,
    /// `client_assertion`.
    pub token: Option<&'a str>,
    pub secret_came: bool,
}

/// What it is compared with.
pub(super) struct Expected<'a> {
    pub keys: KeyState<'a>,
    pub token_urls: &'a [String],
    pub issuer: &'a str,
    pub now: Timestamp,
}

pub(super) fn check(given: &Assertion<'_>, expected: &Expected<'_>, used: &UsedAssertions) -> Vec<AuthCheck> {
    let mut checks = Vec::with_capacity(11);
    let kind_came = given.kind.map_or("nothing".to_owned(), super::jwk::clipped);
    let kind = match given.kind {
        Some(JWT_BEARER) => pass(TYPE, "The type of the assertion is that of a JWT"),
        Some(_) => fail(TYPE, "client_assertion_type is another one than that of a JWT"),
        None if given.secret_came && given.token.is_none() => fail(
            TYPE,
            "A client_secret came: this client is set up for private_key_jwt. Change it here to client_secret_post, or the method in \
             the hook",
        ),
        None => fail(TYPE, "There is no client_assertion_type"),
    };
    checks.push(kind.with(JWT_BEARER, kind_came));
    let Some(token) = given.token else {
        checks.push(fail(NAMES.shape, "There is no client_assertion"));
        let skipped_too = OF_PROOF.into_iter().skip(1).chain(OF_CLAIMS);
        checks.extend(skipped_too.map(|name| skipped(name, "Nothing to look at: there is no client_assertion")));
        return checks;
    };
    let Some(jwt) = proof::check(token.as_bytes(), expected.keys, &NAMES, &mut checks) else {
        checks.extend(OF_CLAIMS.map(|name| skipped(name, "Nothing to look at: the assertion is no JWT")));
        return checks;
    };
    let claims = &jwt.claims;
    checks.push(client(ISS, "iss", given.client_id, claims));
    checks.push(client(SUB, "sub", given.client_id, claims));
    checks.push(audience(expected, claims));
    checks.push(expiry(claims, expected.now));
    checks.push(issued_at(claims, expected.now));
    checks.push(single_use(given.client_id, claims, expected.now, used));
    checks
}

/// Remembers an assertion that is right in everything else; a failed check where it cannot be.
pub(super) fn use_up(client_id: &str, token: &str, now: Timestamp, used: &mut UsedAssertions) -> Option<AuthCheck> {
    let jwt = Jwt::read(token.as_bytes()).ok()?;
    let jti = jwt.claims.get("jti")?.as_str()?;
    let ends_at = jwt.claims.get("exp").and_then(time_of)?;
    let until = Timestamp(ends_at.0.saturating_add(micros(LEEWAY)));
    match used.take(client_id, jti, until, now) {
        Ok(()) => None,
        Err(NotTaken::Repeated) => Some(repeated(jti)),
        Err(NotTaken::Full) => Some(fail(
            JTI,
            "So many assertions were used within an hour that no more can be remembered: wait until some of them are past",
        )),
    }
}

fn repeated(jti: &str) -> AuthCheck {
    fail(JTI, "This assertion was used before: each is good once, so sign a new one with a new jti")
        .with("one that was not used", super::jwk::clipped(jti))
}

fn client(name: &'static str, claim: &str, expected: &str, claims: &Map<String, Value>) -> AuthCheck {
    let value = claims.get(claim);
    let check = match value {
        Some(Value::String(given)) if given == expected => pass(name, format!("{claim} is the client id")),
        Some(Value::String(_)) => fail(name, format!("{claim} is another one than the client id")),
        Some(_) => fail(name, format!("{claim} is no string")),
        None => fail(name, format!("There is no {claim}: it must be the client id")),
    };
    check.with(expected.to_owned(), came(value))
}

fn audience(expected: &Expected<'_>, claims: &Map<String, Value>) -> AuthCheck {
    let value = claims.get("aud");
    let is_ours = |given: &&str| *given == expected.issuer || expected.token_urls.iter().any(|url| url == given);
    let check = match value.map(texts_of) {
        None => fail(AUD, "There is no aud: it must be the URL of the token endpoint"),
        Some(None) => fail(AUD, "aud is neither a string nor an array of strings"),
        Some(Some(given)) if given.iter().any(is_ours) => pass(AUD, "aud names this authorization server"),
        Some(Some(given)) => {
            let slash = given.iter().any(|given| {
                let ours = expected.token_urls.iter().map(String::as_str).chain([expected.issuer]);
                ours.into_iter().any(|url| url.trim_end_matches('/') == given.trim_end_matches('/'))
            });
            fail(
                AUD,
                match slash {
                    true => {
                        "aud differs from the URL of the token endpoint in the slash at the end: they are compared exactly"
                    }
                    false => "aud is the URL of another place: it must be the token URL as the hook has it",
                },
            )
        }
    };
    let mut ours: Vec<&str> = expected.token_urls.iter().map(String::as_str).collect();
    ours.push(expected.issuer);
    check.with(ours.join(" or "), came(value))
}

fn expiry(claims: &Map<String, Value>, now: Timestamp) -> AuthCheck {
    let expected = format!("after {now}, at most an hour ahead");
    let Some(value) = claims.get("exp") else {
        return fail(EXP, "There is no exp: an assertion must end").with(expected, "nothing");
    };
    let Some(ends_at) = time_of(value) else {
        return fail(EXP, "exp is no number: it is seconds since 1970").with(expected, came(Some(value)));
    };
    let ahead = ends_at.micros_since(now);
    let check = if ahead.saturating_add(micros(LEEWAY)) <= 0 {
        fail(EXP, "The assertion is past: sign a new one, and check both clocks if this one is new")
    } else if ahead > micros(LONGEST_LIFE).saturating_add(micros(LEEWAY)) {
        fail(EXP, "The assertion ends more than an hour ahead: Okta's token endpoints refuse that")
    } else {
        pass(EXP, "The assertion is not past and ends within an hour")
    };
    check.with(expected, ends_at.to_string())
}

fn issued_at(claims: &Map<String, Value>, now: Timestamp) -> AuthCheck {
    let expected = format!("not after {now}");
    let Some(value) = claims.get("iat") else {
        return advisory(IAT, "There is no iat: it is optional").with(expected, "nothing");
    };
    let Some(at) = time_of(value) else {
        return fail(IAT, "iat is no number: it is seconds since 1970").with(expected, came(Some(value)));
    };
    let check = match at.micros_since(now) > micros(LEEWAY) {
        true => fail(IAT, "The assertion was made in the future: check both clocks"),
        false => pass(IAT, "The assertion was not made in the future"),
    };
    check.with(expected, at.to_string())
}

fn single_use(client_id: &str, claims: &Map<String, Value>, now: Timestamp, used: &UsedAssertions) -> AuthCheck {
    let value = claims.get("jti");
    match value {
        None => advisory(JTI, "There is no jti: it is optional, and without it a repetition cannot be noticed")
            .with("one that was not used", "nothing"),
        Some(Value::String(jti)) if used.has(client_id, jti, now) => repeated(jti),
        Some(Value::String(_)) => {
            pass(JTI, "This assertion was not used before").with("one that was not used", came(value))
        }
        Some(_) => fail(JTI, "jti is no string").with("one that was not used", came(value)),
    }
}
