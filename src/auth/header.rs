//! A secret in a named header (Okta developer docs, Secure hooks guide): the whole value is the secret.

use super::{fail, only_value, pass, skipped};
use crate::call::{AuthCheck, Headers, Secret};

const PRESENT: &str = "header-present-once";
const VALUE: &str = "header-value";

pub(super) fn check(name: &str, value: Option<&Secret>, headers: &Headers, checks: &mut Vec<AuthCheck>) {
    let given = match only_value(headers, name) {
        Ok(given) => {
            checks.push(pass(PRESENT, format!("There is exactly one {name} header")));
            Ok(given)
        }
        Err(count) => {
            checks.push(fail(PRESENT, count.detail(name)));
            Err(count.reason(name))
        }
    };
    checks.push(match (value, given) {
        (None, _) => fail(
            VALUE,
            "The expected value is not known: set the variable that it is read from, or type it for this run",
        ),
        (Some(_), Err(reason)) => skipped(VALUE, reason),
        (Some(value), Ok(given)) if value.matches(given) => pass(VALUE, "The value is the expected one"),
        (Some(_), Ok(_)) => {
            fail(VALUE, format!("The value of {name} is not the expected one: set the same one in Okta and here"))
        }
    });
}
