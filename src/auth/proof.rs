//! Is a token genuine? Its shape, its algorithm, its key and its signature, each as a check of its own; the same for access tokens
//! and for assertions.

use std::time::Duration;

use serde_json::Value;

use super::jwk::{NoKey, clipped};
use super::{Jwk, Jwt, KeyState, fail, pass, skipped};
use crate::call::{AuthCheck, Timestamp};
use crate::okta::verdict::Text;

/// The one algorithm of Okta's tokens and assertions.
pub(super) const ALGORITHM: &str = "RS256";

/// As many key names are listed as fit into a sentence.
const MOST_KIDS: usize = 5;

/// The names of the checks, and what is checked.
pub(super) struct Names {
    pub what: &'static str,
    pub shape: &'static str,
    pub algorithm: &'static str,
    pub key: &'static str,
    pub signature: &'static str,
}

/// Makes the four checks. The token is given back where it could be taken apart, genuine or not: its claims are worth a look
/// either way. Whether it is genuine stands in the checks.
pub(super) fn check<'a>(
    token: &'a [u8],
    keys: KeyState<'_>,
    names: &Names,
    checks: &mut Vec<AuthCheck>,
) -> Option<Jwt<'a>> {
    let what = names.what;
    let jwt = match Jwt::read(token) {
        Ok(jwt) => jwt,
        Err(malformed) => {
            let hint = match malformed.looks_opaque {
                true => {
                    ". It may be an opaque token, as the org authorization server's are to others: use a custom authorization server"
                }
                false => "",
            };
            checks.push(fail(names.shape, format!("The {what} is no JWT. {}{hint}", malformed.why)));
            for name in [names.algorithm, names.key, names.signature] {
                checks.push(skipped(name, format!("Nothing to look at: the {what} is no JWT")));
            }
            return None;
        }
    };
    checks.push(shape(&jwt, names));
    let algorithm = algorithm(&jwt, names);
    let is_refused = algorithm.result != crate::call::CheckResult::Pass;
    checks.push(algorithm);
    if is_refused {
        let why = format!("Not looked at: only {ALGORITHM} is accepted");
        checks.push(skipped(names.key, why.clone()));
        checks.push(skipped(names.signature, why));
        return Some(jwt);
    }
    match key(&jwt, keys, names) {
        Ok((key, check)) => {
            checks.push(check);
            checks.push(signature(&jwt, key, names));
        }
        Err(check) => {
            checks.push(check);
            checks.push(skipped(names.signature, "Not looked at: there is no key to check it with"));
        }
    }
    Some(jwt)
}

fn shape(jwt: &Jwt<'_>, names: &Names) -> AuthCheck {
    if !jwt.repeated.is_empty() {
        let repeated: Vec<String> = jwt.repeated.iter().take(MOST_KIDS).cloned().collect();
        return fail(
            names.shape,
            format!("A member stands more than once, and nothing says which one counts: {}", repeated.join(", ")),
        );
    }
    if jwt.header.contains_key("crit") {
        return fail(
            names.shape,
            "The header has crit: it demands extensions that are not understood here, so the token must be refused (RFC 7515, 4.1.11)",
        );
    }
    pass(names.shape, format!("The {} is three parts of base64url, with a header and claims", names.what))
}

fn algorithm(jwt: &Jwt<'_>, names: &Names) -> AuthCheck {
    let Some(algorithm) = jwt.header_text("alg") else {
        return fail(names.algorithm, "The header has no alg that is a string")
            .with(ALGORITHM, came(jwt.header.get("alg")));
    };
    if algorithm == ALGORITHM {
        return pass(names.algorithm, format!("The algorithm is {ALGORITHM}")).with(ALGORITHM, ALGORITHM);
    }
    let why = if algorithm.eq_ignore_ascii_case("none") {
        "alg is none: nobody has signed it, so anybody can have written it".to_owned()
    } else if algorithm.to_ascii_uppercase().starts_with("HS") {
        format!(
            "alg is {}, an HMAC: whoever checks it with the public key as its secret lets in everybody, since that key is public",
            clipped(algorithm)
        )
    } else if algorithm.eq_ignore_ascii_case(ALGORITHM) {
        format!("alg is {}: it is compared with its case, and {ALGORITHM} is written in capitals", clipped(algorithm))
    } else {
        format!("alg is {}: Okta signs with {ALGORITHM}, so only that is accepted", clipped(algorithm))
    };
    fail(names.algorithm, why).with(ALGORITHM, clipped(algorithm))
}

fn key<'k>(jwt: &Jwt<'_>, keys: KeyState<'k>, names: &Names) -> Result<(&'k Jwk, AuthCheck), AuthCheck> {
    let kid = jwt.header_text("kid");
    let came = came(jwt.header.get("kid"));
    let (set, from, fetched_at, refresh_failed) = match keys {
        KeyState::Known { set, from, fetched_at, refresh_failed } => (set, from, fetched_at, refresh_failed),
        KeyState::NotFetched => {
            let why = "No keys are at hand: nobody has asked for them yet";
            return Err(fail(names.key, why).with("a key that is known", came));
        }
        KeyState::Fetching { from } => {
            let why = format!("The keys are not there yet: they are being fetched from {from}. Send the call again");
            return Err(fail(names.key, why).with("a key that is known", came));
        }
        KeyState::Failed { from, why, at } => {
            let why = format!("The keys could not be had from {from} at {at}: {why}");
            return Err(fail(names.key, why).with("a key that is known", came));
        }
    };
    let expected = kids_of(set.keys());
    let place = place(from, fetched_at, refresh_failed);
    match set.choose(kid) {
        Ok(key) => {
            let why = match (kid, key.kid()) {
                (Some(_), Some(_)) => format!("The key of this kid is among those of {place}"),
                (Some(_), None) => format!("The only key of {place} has no kid, so it is taken"),
                (None, _) => format!("The header names no kid, and there is only one key of {place}: it is taken"),
            };
            Ok((key, pass(names.key, why).with(expected, came)))
        }
        Err(NoKey::Empty) => {
            let why = match set.problems().first() {
                Some(problem) => format!("No key of {place} can be used. {problem}"),
                None => format!("There is no key among those of {place}"),
            };
            Err(fail(names.key, why).with("a key that can be used", came))
        }
        Err(NoKey::Ambiguous) => {
            Err(fail(names.key, format!("The header names no kid, and there are several keys of {place}"))
                .with(expected, came))
        }
        Err(NoKey::Unknown) => {
            let again = match fetched_at {
                Some(_) => ". After a rotation the keys have to be fetched again",
                None => "",
            };
            let unusable = kid.and_then(|kid| set.problems().iter().find(|problem| problem.contains(&clipped(kid))));
            let why = match unusable {
                Some(problem) => format!("The key of this kid cannot be used. {problem}"),
                None => format!("No key of {place} has this kid{again}"),
            };
            Err(fail(names.key, why).with(expected, came))
        }
    }
}

fn signature(jwt: &Jwt<'_>, key: &Jwk, names: &Names) -> AuthCheck {
    if jwt.signature.is_empty() {
        return fail(names.signature, "There is no signature: the part after the second dot is empty");
    }
    if key.has_signed(jwt.signing_input, &jwt.signature) {
        return pass(names.signature, format!("The key has signed this {}", names.what));
    }
    let n_bytes = key.n_bits().div_ceil(8);
    if jwt.signature.len() != n_bytes {
        let why = format!("The signature has {} bytes, one of this key has {n_bytes}", jwt.signature.len());
        return fail(names.signature, why);
    }
    fail(
        names.signature,
        format!("The key has not signed this {}: it was changed on the way, or signed with another key", names.what),
    )
}

fn place(from: &str, fetched_at: Option<Timestamp>, refresh_failed: Option<&str>) -> String {
    let mut place = from.to_owned();
    if let Some(at) = fetched_at {
        place.push_str(&format!(", fetched at {at}"));
    }
    if let Some(why) = refresh_failed {
        place.push_str(&format!(" (fetching them again failed: {why})"));
    }
    place
}

fn kids_of(keys: &[Jwk]) -> String {
    let named: Vec<String> = keys.iter().filter_map(Jwk::kid).map(clipped).take(MOST_KIDS).collect();
    match (named.is_empty(), keys.len() > MOST_KIDS) {
        (true, _) => "any: the key has no kid".to_owned(),
        (false, true) => format!("one of {} and {} more", named.join(", "), keys.len() - MOST_KIDS),
        (false, false) => named.join(" or "),
    }
}

/// A value of the token as it is shown: as JSON, so that nothing hides in it, and not too long.
pub(super) fn came(value: Option<&Value>) -> Text {
    match value {
        None => "nothing".into(),
        Some(Value::String(text)) if is_plain(text) => text.clone().into(),
        Some(value) => {
            let text = value.to_string();
            let shown: String = text.chars().take(200).collect();
            if shown.len() < text.len() { format!("{shown}…").into() } else { shown.into() }
        }
    }
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.len() <= 200 && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

/// A time of a token: seconds since 1970, which may have a fraction (RFC 7519, 2).
pub(super) fn time_of(value: &Value) -> Option<Timestamp> {
    const MICROS: i64 = 1_000_000;
    if let Some(seconds) = value.as_i64() {
        return Some(Timestamp(seconds.saturating_mul(MICROS)));
    }
    // The cast saturates.
    value.as_f64().map(|seconds| Timestamp((seconds * MICROS as f64) as i64))
}

/// What must be one of several; a claim may be a string or an array of strings.
pub(super) fn texts_of(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Array(elements) => elements.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// Whole microseconds, as timestamps count them.
pub(super) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
