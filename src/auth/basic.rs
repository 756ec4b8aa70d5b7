//! HTTP Basic (RFC 7617).
//!
//! Okta sends the configured value as it is and adds nothing, so `Basic ` must be part of it (Okta developer docs, Secure hooks
//! guide); leaving it out is the classic mistake.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use subtle::ConstantTimeEq;

use super::{fail, only_value, pass, skipped};
use crate::call::{AuthCheck, Headers, Secret};

pub(super) const HEADER: &str = "Authorization";

const PRESENT: &str = "basic-header-present-once";
const SCHEME: &str = "basic-scheme";
const BASE64: &str = "basic-base64";
const USER: &str = "basic-user";
const PASSWORD: &str = "basic-password";

/// Words that may be shown: anything else in front of a space may be part of a secret.
const KNOWN_SCHEMES: [&str; 6] = ["Bearer", "Digest", "DPoP", "Negotiate", "NTLM", "SSWS"];

pub(super) fn check(user: &str, password: Option<&Secret>, headers: &Headers, checks: &mut Vec<AuthCheck>) {
    let credential = match decode(headers, checks) {
        Ok(credential) => credential,
        Err(reason) => {
            checks.push(skipped(USER, reason));
            checks.push(match password {
                Some(_) => skipped(PASSWORD, reason),
                None => password_unknown(),
            });
            return;
        }
    };
    let (given_user, given_password) = credential.split_once(':').unwrap_or((&credential, ""));
    let user_is_right: bool = given_user.as_bytes().ct_eq(user.as_bytes()).into();
    checks.push(if user_is_right {
        pass(USER, "The user is the expected one")
    } else {
        fail(USER, format!("The user is not '{user}': correct it in Okta or here"))
    });
    checks.push(match password {
        None => password_unknown(),
        Some(password) if password.matches(given_password.as_bytes()) => {
            pass(PASSWORD, "The password is the expected one")
        }
        Some(_) => fail(PASSWORD, "The password is not the expected one: set the same one in Okta and here"),
    });
}

fn password_unknown() -> AuthCheck {
    fail(PASSWORD, "The expected password is not known: set the variable that it is read from, or type it for this run")
}

/// `user:password` as it came, or why the checks after it are skipped.
fn decode(headers: &Headers, checks: &mut Vec<AuthCheck>) -> Result<String, &'static str> {
    let value = match only_value(headers, HEADER) {
        Ok(value) => value,
        Err(count) => {
            checks.push(fail(PRESENT, count.detail(HEADER)));
            checks.push(skipped(SCHEME, count.reason(HEADER)));
            checks.push(skipped(BASE64, count.reason(HEADER)));
            return Err("Nothing to look at: there is not exactly one Authorization header");
        }
    };
    checks.push(pass(PRESENT, "There is exactly one Authorization header"));
    let encoded = match after_scheme(value) {
        Ok(encoded) => encoded,
        Err(check) => {
            checks.push(check);
            checks.push(skipped(BASE64, "Nothing to look at: the scheme is not Basic"));
            return Err("Nothing to look at: the scheme is not Basic");
        }
    };
    checks.push(pass(SCHEME, "The scheme is Basic"));
    match credential_of(encoded) {
        Ok(credential) => {
            checks.push(pass(BASE64, "The value decodes to user:password"));
            Ok(credential)
        }
        Err(detail) => {
            checks.push(fail(BASE64, detail));
            Err("Nothing to look at: the value does not decode to user:password")
        }
    }
}

fn after_scheme(value: &[u8]) -> Result<&[u8], AuthCheck> {
    let end = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
    let (scheme, rest) = value.split_at_checked(end).unwrap_or((value, &[]));
    if scheme.eq_ignore_ascii_case(b"Basic") {
        return Ok(rest.trim_ascii());
    }
    if rest.is_empty() && credential_of(value).is_ok() {
        return Err(fail(
            SCHEME,
            "This is base64 of user:password without the word Basic: write 'Basic ' in front of it in Okta's authentication \
             secret, since Okta sends the value as it is",
        ));
    }
    let known = KNOWN_SCHEMES.into_iter().find(|known| scheme.eq_ignore_ascii_case(known.as_bytes()));
    Err(match known {
        Some(known) => fail(SCHEME, format!("The scheme is {known}: Basic is expected here")),
        None => fail(SCHEME, "The value does not begin with 'Basic ': set it to 'Basic ' and base64 of user:password"),
    })
}

fn credential_of(encoded: &[u8]) -> Result<String, &'static str> {
    // A missing padding is forgiven: nothing else could be meant.
    let decoded = STANDARD.decode(encoded).or_else(|_| STANDARD_NO_PAD.decode(encoded));
    let decoded =
        decoded.map_err(|_| "The value after Basic is no base64: encode user:password with the standard alphabet")?;
    let text =
        String::from_utf8(decoded).map_err(|_| "The decoded value is not UTF-8: encode user:password as UTF-8")?;
    if !text.contains(':') {
        return Err("The decoded value has no colon: encode user:password, with a colon between the two");
    }
    Ok(text)
}
