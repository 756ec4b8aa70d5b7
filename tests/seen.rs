//! What people see when a hook fails or refuses, and what is in the System Log: every row of Okta's tables.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::time::Duration;

use hookscope::okta::HookKind::{self, PasswordImport, Registration, Saml, Telephony, Token, UserImport};
use hookscope::okta::{Answer, Asked, Credential, Exchange, Verdict, judge, sample};

const INLINE: [HookKind; 6] = [Token, Saml, Registration, PasswordImport, UserImport, Telephony];

fn answer(status: u16, body: &str) -> Answer<'_> {
    let content_type = Some("application/json").filter(|_| !body.is_empty());
    Answer::Complete { status, content_type, body: body.as_bytes() }
}

fn answered(hook: HookKind, status: u16, body: &str) -> Verdict {
    refused_by(hook.as_str(), answer(status, body))
}

fn refused_by(sample_name: &str, answer: Answer<'_>) -> Verdict {
    let sample = sample(sample_name).unwrap();
    judge(&Exchange {
        hook: sample.kind,
        endpoint_hook: None,
        asked: Asked::Body(sample.body.as_bytes()),
        answer,
        elapsed: Duration::from_millis(5),
        attempt: 1,
        credential: Credential::Good,
    })
}

/// Every way in which a call fails.
const FAILURES: [Answer<'_>; 5] = [
    Answer::Complete { status: 302, content_type: None, body: b"" },
    Answer::Complete { status: 400, content_type: None, body: b"" },
    Answer::Complete { status: 500, content_type: None, body: b"" },
    Answer::Partial { why: "the connection was reset" },
    Answer::None { why: "nothing came" },
];

/// Okta developer docs, Inline hooks concept, failure table: "registration, self-service".
#[test]
fn a_failed_registration_shows_that_there_was_an_error() {
    for answer in FAILURES {
        let sees = refused_by("registration", answer).user_sees;
        assert_eq!(sees.as_deref(), Some("There was an error creating your account. Please try registering again"));
    }
}

/// Okta developer docs, Inline hooks concept, failure table: "registration, progressive profile".
#[test]
fn a_failed_progressive_profile_shows_that_there_was_an_error() {
    for answer in FAILURES {
        let sees = refused_by("registration/progressive", answer).user_sees;
        assert_eq!(sees.as_deref(), Some("There was an error updating your profile. Please try again later."));
    }
}

/// Okta OpenAPI 2026.06.3, TokenHookResponse, and the error catalogue: "HTTP 400, server_error, description = errorSummary".
#[test]
fn an_error_of_a_token_hook_reaches_the_client() {
    for (body, description) in [
        (r#"{"error":{"errorSummary":"Closed"}}"#, "Closed"),
        (r#"{"error":{}}"#, "The callback service returned an error"),
        (r#"{"error":{"errorSummary":"  "}}"#, "The callback service returned an error"),
    ] {
        let expected = format!("The client gets HTTP 400, error server_error, error_description \"{description}\"");
        assert_eq!(answered(Token, 200, body).user_sees.as_deref(), Some(&*expected));
    }
}

/// Okta release notes 2019: "error page showing errorSummary"; the same default text.
#[test]
fn an_error_of_a_saml_hook_is_a_page() {
    let sees = |body: &str| answered(Saml, 200, body).user_sees.unwrap_or_default().into_owned();
    assert_eq!(sees(r#"{"error":{"errorSummary":"Closed"}}"#), "An error page with \"Closed\"");
    assert_eq!(sees(r#"{"error":{}}"#), "An error page with \"The callback service returned an error\"");
}

/// Okta OpenAPI 2026.06.3, operation createTelephonyInlineHook: "error visible to administrators, developers and end users; code
/// still arrives from Okta's provider (heavily rate-limited)".
#[test]
fn an_error_of_a_telephony_hook_is_seen_and_the_code_still_arrives() {
    let verdict = answered(Telephony, 200, r#"{"error":{"errorSummary":"No route"}}"#);
    assert!(verdict.user_sees.unwrap().contains("a code from Okta's own provider, which is heavily rate-limited"));
}

/// Okta developer docs, Password import inline hook guide: the user sees "Unable to Sign On".
#[test]
fn a_refused_password_import_cannot_sign_on() {
    for answer in FAILURES {
        assert_eq!(refused_by("password-import", answer).user_sees.as_deref(), Some("Unable to Sign On"));
    }
    let unverified = r#"{"commands":[{"type":"com.okta.action.update","value":{"credential":"UNVERIFIED"}}]}"#;
    for body in [unverified, "{}", r#"{"commands":[]}"#, r#"{"error":{"errorSummary":"x"}}"#] {
        assert_eq!(answered(PasswordImport, 200, body).user_sees.as_deref(), Some("Unable to Sign On"), "{body}");
    }
}

/// Okta OpenAPI 2026.06.3, RegistrationResponse: the messages of a registration that the service refuses.
#[test]
fn a_denied_registration_shows_the_cause_or_a_general_message() {
    let deny = r#"{"commands":[{"type":"com.okta.action.update","value":{"registration":"DENY"}}]}"#;
    let summary_only = r#"{"error":{"errorSummary":"Ours only"}}"#;
    let cause = |location: &str| {
        format!(
            r#"{{"error":{{"errorSummary":"x","errorCauses":[{{"errorSummary":"Ours","location":"{location}"}}]}}}}"#
        )
    };
    let general = "Registration cannot be completed at this time.";
    let general_update = "We found some errors. Please review the form and make corrections.";
    for (name, body, expected) in [
        ("registration", deny.to_owned(), "Registration denied."),
        ("registration/progressive", deny.to_owned(), "Profile update denied."),
        ("registration", summary_only.to_owned(), general),
        ("registration/progressive", summary_only.to_owned(), general_update),
        ("registration", cause("data.userProfile.shoeSize"), general),
        ("registration/progressive", cause("email"), general_update),
        ("registration", cause("data.userProfile.email"), "\"Ours\" beside the field that the cause's location names"),
    ] {
        assert_eq!(refused_by(name, answer(200, &body)).user_sees.as_deref(), Some(expected), "{name}: {body}");
    }
}

/// Okta developer docs, Inline hooks concept: "everything else: administrators only, in the System Log". Which flow returns
/// E0000134, E0000135 or E0000137 is not stated, so they are never promised.
#[test]
fn everything_else_is_seen_in_the_system_log_only() {
    for name in ["token", "saml", "user-import", "telephony"] {
        for answer in FAILURES {
            let verdict = refused_by(name, answer);
            assert_eq!(verdict.user_sees, None, "{name}");
            assert_eq!(verdict.system_log.as_deref(), Some("inline_hook.executed"), "{name}");
        }
    }
    for hook in INLINE {
        for (status, body) in [(200, "{}"), (200, "no JSON"), (204, ""), (200, r#"{"error":{"errorSummary":"x"}}"#)] {
            let verdict = answered(hook, status, body);
            assert!(verdict.system_log.as_deref().unwrap().starts_with("inline_hook.response.processed"), "{hook}");
        }
        for answer in FAILURES {
            let said = serde_json::to_string(&refused_by(hook.as_str(), answer)).unwrap();
            assert!(!said.contains("E00001"), "{said}");
        }
    }
}
