//! Does a handler check its credential? The same call with the right one, without any, and with a wrong one.
//!
//! Pure: which tries there are, what each is sent with, and what the answers mean. A wrong credential is never made from the right
//! one, so that nothing of it shows in what was sent. Sending is the sender's matter.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::{CallId, Headers};
use crate::okta::verdict::Text;
use crate::okta::{Confidence, Finding, HookKind, Severity};

/// What a try is sent with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TriedWith {
    /// The credential that was given, configured or recorded.
    Given,
    None,
    /// One of the same shape that is not right.
    Wrong,
}

impl TriedWith {
    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            TriedWith::Given => "given",
            TriedWith::None => "none",
            TriedWith::Wrong => "wrong",
        }
    }
}

/// One call to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Try {
    pub with: TriedWith,
    /// The GET of a verification instead of the call itself.
    pub is_verification: bool,
}

/// What a try came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TryResult {
    pub tried: Try,
    /// What it was sent with, in words that hold no secret: `Authorization: Basic, another password`.
    pub sent_with: String,
    /// None where no whole answer came.
    pub status: Option<u16>,
    /// Why none came.
    pub error: Option<String>,
    pub meaning: TryMeaning,
    /// The row that was written; none where our own listener wrote it.
    pub call_id: Option<CallId>,
}

/// What the answer to a try says of the handler's check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TryMeaning {
    /// One phrase.
    pub text: Text,
    /// What is wrong; none where it is as it should be.
    pub finding: Option<Finding>,
}

impl TryMeaning {
    pub fn is_error(&self) -> bool {
        self.finding.as_ref().is_some_and(|finding| finding.severity == Severity::Error)
    }
}

/// The tries for a kind of hook, in order. An event hook is asked for a verification without the secret too, since a check is
/// easily made on POST only.
pub fn tries(hook: HookKind) -> Vec<Try> {
    let is_verification = hook == HookKind::Verification;
    let mut tries: Vec<Try> =
        [TriedWith::Given, TriedWith::None, TriedWith::Wrong].map(|with| Try { with, is_verification }).to_vec();
    if hook == HookKind::Event {
        tries.push(Try { with: TriedWith::None, is_verification: true });
    }
    tries
}

/// The fields of a request that carry its credential: `Authorization`, and those that are configured to. In the order in which
/// they came.
pub fn credential_headers(headers: &Headers, configured: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, _) in headers.iter() {
        let name = String::from_utf8_lossy(name);
        let is_credential = name.eq_ignore_ascii_case("authorization")
            || configured.iter().any(|configured| name.eq_ignore_ascii_case(configured));
        if is_credential && !names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            names.push(name.into_owned());
        }
    }
    names
}

/// The fields of a try: those of the call, with the fields of the credential as they are, left out, or wrong.
pub fn headers_with(headers: &Headers, names: &[String], with: TriedWith) -> Headers {
    let is_credential = |name: &[u8]| names.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(name));
    let fields = headers.iter().filter_map(|(name, value)| match (is_credential(name), with) {
        (false, _) | (true, TriedWith::Given) => Some((name.to_vec(), value.to_vec())),
        (true, TriedWith::None) => None,
        (true, TriedWith::Wrong) => Some((name.to_vec(), wrong_value(value).0.into_bytes())),
    });
    Headers::from_fields(fields)
}

/// What a try is sent with, in words that hold no secret.
pub fn sent_with(headers: &Headers, names: &[String], tried: Try) -> String {
    let fields = names.iter().map(|name| {
        let value = headers.get(name).unwrap_or_default();
        match tried.with {
            TriedWith::Given => match scheme_of(value) {
                Some(scheme) => format!("{name}: {scheme} as given"),
                None => format!("{name} as given"),
            },
            TriedWith::None => format!("no {name}"),
            TriedWith::Wrong => format!("{name}: {}", wrong_value(value).1),
        }
    });
    let what = fields.collect::<Vec<_>>().join(", ");
    if tried.is_verification { format!("GET with a challenge, {what}") } else { what }
}

/// What the answers mean, in the order of the tries; a status is none where no whole answer came.
pub fn judge_tries(answers: &[(Try, Option<u16>)]) -> Vec<TryMeaning> {
    let refuses_without = answers.iter().any(|(tried, status)| {
        *tried == Try { with: TriedWith::None, is_verification: false } && matches!(status, Some(401 | 403))
    });
    answers.iter().map(|(tried, status)| meaning(*tried, *status, refuses_without)).collect()
}

fn meaning(tried: Try, status: Option<u16>, refuses_without: bool) -> TryMeaning {
    let good = |text: &'static str| TryMeaning { text: text.into(), finding: None };
    let bad = |text: Text, severity, id: &'static str, message: Text| TryMeaning {
        text,
        finding: Some(Finding::of_call(
            id,
            severity,
            message,
            "Okta developer docs, Secure hooks guide",
            Confidence::D,
        )),
    };
    match (tried.with, status) {
        (TriedWith::Given, Some(200..=299)) => good("Accepted, as it should be"),
        (TriedWith::Given, Some(status @ (401 | 403))) => bad(
            "Refused, though it should be accepted".into(),
            Severity::Error,
            "R26",
            format!(
                "The credential that should be right was refused with {status}: give the handler's own, since the other tries say \
                 nothing without one that is accepted"
            )
            .into(),
        ),
        (TriedWith::Given, Some(status)) => bad(
            "Neither accepted nor refused".into(),
            Severity::Error,
            "T12",
            format!("Correct what is answered {status} first: the other tries say little of a handler that accepts nothing")
                .into(),
        ),
        (TriedWith::Given, None) => bad(
            "No answer".into(),
            Severity::Error,
            "T12",
            "Let the handler answer first: without an answer to the right credential the other tries say nothing".into(),
        ),
        (_, Some(401 | 403)) => good("Refused, as it should be"),
        (with, Some(status @ 200..=299)) => {
            let message: Text = match (with, tried.is_verification) {
                (TriedWith::None, true) if refuses_without => format!(
                    "Check the credential on GET too: the verification without it was answered {status}, as where the check is made \
                     on POST only. Okta sends the secret with the verification as well"
                )
                .into(),
                (TriedWith::None, _) => format!(
                    "Check the credential: a call without one was answered {status}, so anyone who knows the URL can call. Answer 401"
                )
                .into(),
                _ if refuses_without => format!(
                    "Compare the credential with the secret: a wrong one was answered {status}, so the handler only looks whether \
                     there is one. Answer 401"
                )
                .into(),
                _ => format!("Check the credential: a call with a wrong one was answered {status}. Answer 401").into(),
            };
            bad("Accepted, though it should be refused".into(), Severity::Error, "T12", message)
        }
        (_, Some(404 | 405)) if tried.is_verification => bad(
            "Not answered: there is no GET".into(),
            Severity::Warning,
            "T1",
            "Answer the GET of a verification at the same URL: without one the hook cannot be verified in Okta".into(),
        ),
        (_, Some(status @ 500..=599)) => bad(
            "Not accepted, but not refused either".into(),
            Severity::Warning,
            "T12",
            format!("Answer 401 instead of {status}: after a 5xx Okta sends most calls once more").into(),
        ),
        (_, Some(status)) => bad(
            "Not accepted, but not refused either".into(),
            Severity::Warning,
            "T12",
            format!("Answer 401 instead of {status}, so that a wrong credential is told from another fault").into(),
        ),
        (_, None) => bad(
            "No answer".into(),
            Severity::Warning,
            "T12",
            "Answer 401 where the credential is not right: no answer counts as a failed call, which Okta sends once more".into(),
        ),
    }
}

const WRONG: [&str; 2] = ["not-the-right-secret", "neither-is-this-one"];

/// Schemes whose word may be kept: it is no secret, and a handler looks at it first.
const SCHEMES: [&str; 6] = ["Basic", "Bearer", "SSWS", "Token", "ApiKey", "Digest"];

fn scheme_of(value: &[u8]) -> Option<&'static str> {
    let word = value.split(|byte| *byte == b' ').next().filter(|word| word.len() < value.len())?;
    SCHEMES.into_iter().find(|scheme| word.eq_ignore_ascii_case(scheme.as_bytes()))
}

/// A value of the same shape that is not right, and what it is in words.
fn wrong_value(right: &[u8]) -> (String, &'static str) {
    let rest = right.split(|byte| *byte == b' ').skip(1).collect::<Vec<_>>().join(&b' ');
    let candidates = WRONG.map(|secret| match scheme_of(right) {
        Some("Basic") => {
            let user = STANDARD.decode(rest.trim_ascii()).ok().and_then(|pair| String::from_utf8(pair).ok());
            let user = user.as_deref().and_then(|pair| pair.split_once(':')).map_or("okta", |(user, _)| user);
            (format!("Basic {}", STANDARD.encode(format!("{user}:{secret}"))), "Basic, another password")
        }
        Some("Bearer") => match forged(&rest, secret) {
            Some(token) => (format!("Bearer {token}"), "Bearer, another signature"),
            None => (format!("Bearer {secret}"), "Bearer, another token"),
        },
        Some(scheme) => (format!("{scheme} {secret}"), "the same scheme, another value"),
        None => (secret.to_owned(), "another value"),
    });
    let [first, second] = candidates;
    if first.0.as_bytes() == right { second } else { first }
}

/// A JSON Web Token with the same header and claims and a signature of the same length that is nobody's. None where it is none.
fn forged(token: &[u8], seed: &str) -> Option<String> {
    let token = std::str::from_utf8(token).ok()?.trim();
    let (signed, signature) = token.rsplit_once('.')?;
    if signed.split('.').count() != 2 || signed.split('.').any(str::is_empty) {
        return None;
    }
    let n_bytes = URL_SAFE_NO_PAD.decode(signature).map_or(256, |bytes| bytes.len()).max(1);
    let bytes: Vec<u8> = seed.bytes().cycle().take(n_bytes).collect();
    Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(bytes)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POST: [Try; 3] = [
        Try { with: TriedWith::Given, is_verification: false },
        Try { with: TriedWith::None, is_verification: false },
        Try { with: TriedWith::Wrong, is_verification: false },
    ];

    fn wrong(value: &str) -> String {
        wrong_value(value.as_bytes()).0
    }

    #[test]
    fn a_wrong_credential_has_the_shape_of_the_right_one() {
        let right = format!("Basic {}", STANDARD.encode("okta:open sesame"));
        assert_eq!(wrong(&right), format!("Basic {}", STANDARD.encode("okta:not-the-right-secret")));
        assert_eq!(wrong("basic !!"), format!("Basic {}", STANDARD.encode("okta:not-the-right-secret")));
        assert_eq!(wrong("k3y"), "not-the-right-secret");
        assert_eq!(wrong("SSWS 00abc"), "SSWS not-the-right-secret");
        assert_eq!(wrong("Bearer opaque"), "Bearer not-the-right-secret");
        assert_eq!(wrong("correct horse"), "not-the-right-secret");
        let token = format!("{}.{}.{}", "aGVhZA", "Y2xhaW1z", URL_SAFE_NO_PAD.encode([7; 256]));
        let forged = wrong(&format!("Bearer {token}"));
        let parts: Vec<&str> = forged.trim_start_matches("Bearer ").split('.').collect();
        assert_eq!(parts[..2], ["aGVhZA", "Y2xhaW1z"]);
        assert_eq!(URL_SAFE_NO_PAD.decode(parts[2]).unwrap().len(), 256);
        assert_ne!(forged, format!("Bearer {token}"));
    }

    #[test]
    fn a_secret_that_happens_to_be_the_wrong_one_gets_another() {
        assert_eq!(wrong("not-the-right-secret"), "neither-is-this-one");
        let right = format!("Basic {}", STANDARD.encode("okta:not-the-right-secret"));
        assert_ne!(wrong(&right), right);
    }

    #[test]
    fn only_the_fields_of_the_credential_differ() {
        let headers = Headers::from_fields([("X-Tide", "dev"), ("authorization", "k3y"), ("X-Hook-Key", "two")]);
        let names = credential_headers(&headers, &["x-hook-key".to_owned()]);
        assert_eq!(names, ["authorization", "X-Hook-Key"]);
        assert_eq!(headers_with(&headers, &names, TriedWith::Given), headers);
        assert_eq!(headers_with(&headers, &names, TriedWith::None), Headers::from_fields([("X-Tide", "dev")]));
        let wrong = headers_with(&headers, &names, TriedWith::Wrong);
        assert_eq!(wrong.get("x-tide"), Some(&b"dev"[..]));
        assert_eq!(wrong.get("Authorization"), Some(&b"not-the-right-secret"[..]));
        assert_eq!(sent_with(&headers, &names, POST[1]), "no authorization, no X-Hook-Key");
    }

    fn check(hook: HookKind, statuses: &[u16], expected: &[&str]) {
        let answers: Vec<(Try, Option<u16>)> =
            tries(hook).into_iter().zip(statuses).map(|(tried, status)| (tried, Some(*status))).collect();
        assert_eq!(answers.len(), statuses.len());
        let found: Vec<String> = judge_tries(&answers)
            .into_iter()
            .map(|meaning| match meaning.finding {
                Some(finding) => format!("{} {}", finding.severity.as_str(), finding.id),
                None => String::new(),
            })
            .collect();
        assert_eq!(found, expected, "{hook} {statuses:?}");
    }

    #[test]
    fn what_is_accepted_without_the_right_credential_is_an_error() {
        check(HookKind::Token, &[200, 401, 403], &["", "", ""]);
        check(HookKind::Token, &[204, 204, 204], &["", "error T12", "error T12"]);
        check(HookKind::Token, &[200, 401, 200], &["", "", "error T12"]);
        check(HookKind::Token, &[200, 500, 302], &["", "warning T12", "warning T12"]);
        check(HookKind::Token, &[401, 401, 401], &["error R26", "", ""]);
        check(HookKind::Token, &[500, 401, 401], &["error T12", "", ""]);
        check(HookKind::Event, &[204, 401, 401, 200], &["", "", "", "error T12"]);
        check(HookKind::Event, &[204, 401, 401, 401], &["", "", "", ""]);
        check(HookKind::Event, &[204, 401, 401, 405], &["", "", "", "warning T1"]);
        check(HookKind::Verification, &[200, 401, 401], &["", "", ""]);
        let silent = judge_tries(&POST.map(|tried| (tried, None)));
        assert!(silent[0].is_error() && !silent[1].is_error() && silent[1].finding.is_some());
    }

    #[test]
    fn a_check_on_post_only_is_told_from_no_check() {
        let verify = Try { with: TriedWith::None, is_verification: true };
        let says = |post: u16| {
            let meanings = judge_tries(&[(POST[1], Some(post)), (verify, Some(200))]);
            meanings[1].finding.clone().unwrap().message
        };
        assert!(says(401).contains("on POST only"), "{}", says(401));
        assert!(says(200).contains("anyone who knows the URL"), "{}", says(200));
    }

    proptest! {
        #[test]
        fn a_wrong_credential_is_never_the_right_one_and_holds_nothing_of_its_secret(
            secret in "[A-Za-z0-9+/=_.:-]{6,40}",
            scheme in prop_oneof![Just(""), Just("Basic "), Just("Bearer "), Just("SSWS ")],
        ) {
            prop_assume!(!WRONG.iter().any(|wrong| wrong.contains(&secret) || secret.contains(wrong)));
            let value = match scheme {
                "Basic " => format!("Basic {}", STANDARD.encode(format!("okta:{secret}"))),
                scheme => format!("{scheme}{secret}"),
            };
            let wrong = wrong(&value);
            prop_assert_ne!(&wrong, &value);
            // The signed part of a token is no secret; its signature is.
            let secret = secret.rsplit('.').next().unwrap_or_default();
            prop_assume!(secret.len() > 5);
            prop_assert!(!wrong.contains(secret));
        }
    }
}
