//! Is this credential right?
//!
//! Pure: what is expected and what came are passed in, a report comes out, and no detail of it ever holds a secret. Every check
//! is made and reported by itself, so that a developer sees which one failed. Where to look next: [`check`] and [`Expected`];
//! the reports are those of [`crate::call::AuthReport`], since they are recorded.

mod address;
mod assertion;
mod basic;
mod bearer;
mod header;
mod jwk;
mod jwt;
mod keys;
mod proof;
mod signing;
mod token_endpoint;
mod token_fault;
mod used_assertions;

use std::net::IpAddr;

pub use address::{AddressList, AddressesExpected};
pub use bearer::{BearerExpected, decoded_bearer, token_id, wanted_kid};
pub use jwk::{Jwk, JwkSet};
pub use jwt::{Decoded, Jwt, LONGEST_TOKEN, Malformed};
pub use keys::KeyState;
pub use signing::{SigningKey, TokenAnswer, granted, key_set, metadata, refused};
pub use token_endpoint::{
    Client, ClientProof, Grant, Refusal, TokenDecision, TokenOutcome, TokenRequest, TokenRules, decide, named_client,
    wanted_client_kid,
};
pub use token_fault::TokenFault;
pub use used_assertions::UsedAssertions;

use crate::call::{AuthCheck, AuthReport, AuthResult, CheckResult, Headers, Secret, Timestamp};
use crate::okta::verdict::Text;

/// The credentials that an endpoint expects. Several may stand together: then all are checked (Okta developer docs, Hooks best
/// practices guide, names a secret header beside the authentication header).
#[derive(Clone, Copy, Debug, Default)]
pub struct Expected<'a> {
    /// User and password of HTTP Basic; the password is none where its source gave none.
    pub basic: Option<(&'a str, Option<&'a Secret>)>,
    /// Name and value of a secret header; the value is none where its source gave none.
    pub header: Option<(&'a str, Option<&'a Secret>)>,
    /// The access token of OAuth 2.0.
    pub bearer: Option<BearerExpected<'a>>,
    /// Where calls should come from; advisory.
    pub addresses: Option<AddressesExpected<'a>>,
}

/// What came with a call, as far as credentials are concerned.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    pub headers: &'a Headers,
    /// The address that the call came from: the socket's, or the forwarded one where that may be believed.
    pub client: Option<IpAddr>,
    pub received_at: Timestamp,
}

/// Checks the credentials of a call. A secret that could not be had is a failed check, whatever came. Advisory checks count neither
/// way: an endpoint that has nothing else expects no credential.
pub fn check(expected: &Expected<'_>, presented: &Presented<'_>) -> AuthReport {
    let headers = presented.headers;
    let mut checks = Vec::with_capacity(16);
    let mut anything_came = false;
    if let Some((user, password)) = expected.basic {
        anything_came |= headers.get(basic::HEADER).is_some();
        basic::check(user, password, headers, &mut checks);
    }
    if let Some((name, value)) = expected.header {
        anything_came |= headers.get(name).is_some();
        header::check(name, value, headers, &mut checks);
    }
    if let Some(bearer) = &expected.bearer {
        anything_came |= headers.get(basic::HEADER).is_some();
        bearer::check(bearer, headers, presented.received_at, &mut checks);
    }
    let is_demanded = !checks.is_empty();
    let all_pass = checks.iter().all(|check| matches!(check.result, CheckResult::Pass | CheckResult::Advisory));
    if let Some(addresses) = &expected.addresses {
        address::check(addresses, presented.client, &mut checks);
    }
    let is_known = expected.basic.is_none_or(|(_, password)| password.is_some())
        && expected.header.is_none_or(|(_, value)| value.is_some())
        && expected.bearer.is_none_or(|bearer| bearer.issuer.is_some());
    let result = match (is_demanded, all_pass) {
        // An address proves nothing, so it is no credential.
        (false, _) => AuthResult::NotConfigured,
        (true, true) => AuthResult::Pass,
        (true, false) if anything_came || !is_known => AuthResult::Fail,
        (true, false) => AuthResult::Missing,
    };
    AuthReport { result, checks }
}

fn pass(name: &'static str, detail: impl Into<Text>) -> AuthCheck {
    AuthCheck::new(name, CheckResult::Pass, detail)
}

fn fail(name: &'static str, detail: impl Into<Text>) -> AuthCheck {
    AuthCheck::new(name, CheckResult::Fail, detail)
}

fn skipped(name: &'static str, detail: impl Into<Text>) -> AuthCheck {
    AuthCheck::new(name, CheckResult::Skipped, detail)
}

fn advisory(name: &'static str, detail: impl Into<Text>) -> AuthCheck {
    AuthCheck::new(name, CheckResult::Advisory, detail)
}

/// The one value of a field that must be there exactly once.
fn only_value<'a>(headers: &'a Headers, name: &'a str) -> Result<&'a [u8], Count> {
    let mut values = headers.get_all(name);
    match (values.next(), values.count()) {
        (None, _) => Err(Count(0)),
        (Some(value), 0) => Ok(value),
        (Some(_), more) => Err(Count(more + 1)),
    }
}

/// How often a field came that must come once.
struct Count(usize);

impl Count {
    fn is_none(&self) -> bool {
        self.0 == 0
    }

    fn detail(&self, name: &str) -> Text {
        match self.0 {
            0 => {
                format!("There is no {name} header: set the secret in the hook's authentication fields in Okta").into()
            }
            n_values => {
                format!("There are {n_values} {name} headers: send one, since nothing says which one counts").into()
            }
        }
    }

    fn reason(&self, name: &str) -> Text {
        match self.0 {
            0 => format!("Nothing to look at: there is no {name} header").into(),
            _ => format!("Nothing to look at: there is more than one {name} header").into(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    const PASSWORD: &str = "pa:ss wörd";

    fn basic(user: &str, password: &str) -> String {
        format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
    }

    fn check(expected: &Expected<'_>, headers: &Headers) -> AuthReport {
        super::check(expected, &Presented { headers, client: None, received_at: Timestamp(0) })
    }

    fn run(expected: &Expected<'_>, fields: &[(&str, &str)]) -> (AuthResult, Vec<String>) {
        let report = check(expected, &Headers::from_fields(fields.iter().copied()));
        let checks = report.checks.iter().map(|check| {
            assert!(!check.detail.is_empty());
            assert!(!check.detail.contains(PASSWORD) && !check.detail.contains("s3cret"), "{check:?}");
            format!("{} {:?}", check.name, check.result)
        });
        (report.result, checks.collect())
    }

    fn check_basic(fields: &[(&str, &str)], result: AuthResult, failed: Option<&str>) {
        let password = Secret::new(PASSWORD);
        let (found, checks) = run(&Expected { basic: Some(("okta", Some(&password))), ..Expected::default() }, fields);
        assert_eq!(found, result, "{fields:?}");
        assert_eq!(checks.len(), 5);
        let first_failed = checks.iter().find_map(|check| check.strip_suffix(" Fail"));
        assert_eq!(first_failed, failed, "{checks:?}");
    }

    #[test]
    fn basic_is_checked_step_by_step() {
        let right = basic("okta", PASSWORD);
        check_basic(&[("Authorization", &right)], AuthResult::Pass, None);
        check_basic(&[("aUTHORIZATION", &right.replace("Basic", "bASIC "))], AuthResult::Pass, None);
        check_basic(&[], AuthResult::Missing, Some("basic-header-present-once"));
        check_basic(
            &[("Authorization", &right), ("authorization", &right)],
            AuthResult::Fail,
            Some("basic-header-present-once"),
        );
        check_basic(&[("Authorization", "Bearer abc")], AuthResult::Fail, Some("basic-scheme"));
        check_basic(&[("Authorization", "")], AuthResult::Fail, Some("basic-scheme"));
        check_basic(&[("Authorization", "Basic ***")], AuthResult::Fail, Some("basic-base64"));
        check_basic(&[("Authorization", "Basic b2t0YQ==")], AuthResult::Fail, Some("basic-base64"));
        check_basic(&[("Authorization", "Basic /zo=")], AuthResult::Fail, Some("basic-base64"));
        check_basic(&[("Authorization", &basic("other", PASSWORD))], AuthResult::Fail, Some("basic-user"));
        check_basic(&[("Authorization", &basic("okta", "other"))], AuthResult::Fail, Some("basic-password"));
        check_basic(&[("Authorization", &basic("okta", ""))], AuthResult::Fail, Some("basic-password"));
    }

    #[test]
    fn a_missing_scheme_word_is_recognised() {
        let password = Secret::new(PASSWORD);
        let bare = basic("okta", PASSWORD).replace("Basic ", "");
        let expected = Expected { basic: Some(("okta", Some(&password))), ..Expected::default() };
        let report = check(&expected, &Headers::from_fields([("Authorization", bare)]));
        let scheme = report.checks.iter().find(|check| check.name == "basic-scheme").unwrap();
        assert!(scheme.detail.contains("without the word Basic"), "{scheme:?}");
        assert_eq!(report.result, AuthResult::Fail);
    }

    #[test]
    fn a_secret_header_is_compared_whole() {
        let secret = Secret::new("s3cret value");
        let expected = Expected { header: Some(("X-Hook-Key", Some(&secret))), ..Expected::default() };
        assert_eq!(run(&expected, &[("x-hook-key", "s3cret value")]).0, AuthResult::Pass);
        assert_eq!(run(&expected, &[("x-hook-key", "s3cret valuE")]).0, AuthResult::Fail);
        assert_eq!(run(&expected, &[("x-hook-key", "s3cret value"), ("X-Hook-Key", "")]).0, AuthResult::Fail);
        assert_eq!(run(&expected, &[("Authorization", "s3cret value")]).0, AuthResult::Missing);
    }

    #[test]
    fn both_credentials_together_must_both_be_right() {
        let (password, secret) = (Secret::new(PASSWORD), Secret::new("s3cret"));
        let expected = Expected {
            basic: Some(("okta", Some(&password))),
            header: Some(("X-Key", Some(&secret))),
            ..Expected::default()
        };
        let right = basic("okta", PASSWORD);
        assert_eq!(run(&expected, &[("Authorization", &right), ("X-Key", "s3cret")]).0, AuthResult::Pass);
        assert_eq!(run(&expected, &[("Authorization", &right)]).0, AuthResult::Fail);
        assert_eq!(run(&expected, &[("X-Key", "s3cret")]).0, AuthResult::Fail);
        assert_eq!(run(&expected, &[]).0, AuthResult::Missing);
    }

    #[test]
    fn a_secret_that_could_not_be_had_fails_and_says_so() {
        let expected = Expected { basic: Some(("okta", None)), header: Some(("X-Key", None)), ..Expected::default() };
        let (result, checks) = run(&expected, &[("Authorization", &basic("okta", "")), ("X-Key", "")]);
        assert_eq!(result, AuthResult::Fail);
        assert!(checks.contains(&"basic-password Fail".to_owned()) && checks.contains(&"header-value Fail".to_owned()));
        assert_eq!(run(&expected, &[]).0, AuthResult::Fail);
    }

    #[test]
    fn nothing_expected_is_not_configured() {
        assert_eq!(check(&Expected::default(), &Headers::default()), AuthReport::NOT_CONFIGURED);
    }

    proptest! {
        #[test]
        fn only_the_right_user_and_password_pass(user in "[a-z]{0,8}", password in "\\PC{0,12}", other in "\\PC{0,12}") {
            let secret = Secret::new(password.clone());
            let expected = Expected { basic: Some((&user, Some(&secret))), ..Expected::default() };
            let given = |password: &str| Headers::from_fields([("Authorization", basic(&user, password))]);
            prop_assert_eq!(check(&expected, &given(&password)).result, AuthResult::Pass);
            prop_assert_eq!(check(&expected, &given(&other)).result == AuthResult::Pass, other == password);
        }

        #[test]
        fn whatever_comes_never_panics(value in proptest::collection::vec(any::<u8>(), 0..40)) {
            let secret = Secret::new("x");
            let expected = Expected { basic: Some(("okta", Some(&secret))), header: Some(("X-Key", Some(&secret))), ..Expected::default() };
            let report = check(&expected, &Headers::from_fields([("Authorization", value)]));
            prop_assert_eq!(report.result, AuthResult::Fail);
        }
    }
}
