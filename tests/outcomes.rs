//! Every cell of the two tables: what Okta does with each kind of answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::time::Duration;

use hookscope::okta::HookKind::{
    self, Event, PasswordImport, Registration, Saml, Telephony, Token, UserImport, Verification,
};
use hookscope::okta::Outcome::{self, *};
use hookscope::okta::{Answer, Asked, BadCredential, Credential, Exchange, Finding, Severity, Verdict, judge, sample};
use proptest::prelude::*;

const INLINE: [HookKind; 6] = [Token, Saml, Registration, PasswordImport, UserImport, Telephony];

const JSON: Option<&str> = Some("application/json");

fn exchange<'a>(hook: HookKind, answer: Answer<'a>, millis: u64) -> Exchange<'a> {
    let asked = match hook {
        Verification => Asked::Challenge("challenge-1"),
        _ => Asked::Body(sample(hook.as_str()).map_or(b"", |sample| sample.body.as_bytes())),
    };
    Exchange {
        hook,
        endpoint_hook: None,
        asked,
        answer,
        elapsed: Duration::from_millis(millis),
        attempt: 1,
        credential: Credential::Good,
    }
}

fn answered(hook: HookKind, status: u16, body: &str) -> Verdict {
    let content_type = JSON.filter(|_| !body.is_empty());
    judge(&exchange(hook, Answer::Complete { status, content_type, body: body.as_bytes() }, 5))
}

fn has_error(verdict: &Verdict) -> bool {
    verdict.worst() == Some(Severity::Error)
}

fn find<'v>(verdict: &'v Verdict, id: &str) -> &'v Finding {
    verdict.findings.iter().find(|finding| finding.id == id).unwrap_or_else(|| panic!("no {id} in {verdict:#?}"))
}

fn ids(verdict: &Verdict) -> Vec<&str> {
    verdict.findings.iter().map(|finding| &*finding.id).collect()
}

/// The cell as one word: outcome, confidence, `c` where there is a conflict, `e` where there is an error finding, and the
/// retry as `+`, `-` or `?`.
fn cell(verdict: &Verdict) -> (Outcome, String) {
    let conflict = if verdict.conflict.is_some() { "c" } else { "" };
    let error = if has_error(verdict) { "e" } else { "" };
    let retry = match verdict.retry.expected {
        Some(true) => "+",
        Some(false) => "-",
        None => "?",
    };
    (verdict.outcome, format!("{}{conflict}{error}{retry}", verdict.confidence.as_str()))
}

fn check_verdict(what: &str, hook: HookKind, verdict: &Verdict, outcome: Outcome, marks: &str) {
    assert_eq!(cell(verdict), (outcome, marks.to_owned()), "{hook}, {what}: {verdict:#?}");
    assert!(!verdict.summary.is_empty() && !verdict.retry.why.is_empty());
    if matches!(outcome, Ignored | Refused | Failed | NotVerified) {
        assert!(has_error(verdict), "{hook}, {what}");
    }
}

/// One line of the table: the six inline kinds in the order token, SAML, registration, password import, user import, telephony.
fn check(what: &str, status: u16, body: &str, expected: [(Outcome, &str); 6]) {
    for (hook, (outcome, marks)) in INLINE.into_iter().zip(expected) {
        check_verdict(what, hook, &answered(hook, status, body), outcome, marks);
    }
}

fn check_answer(what: &str, answer: Answer<'_>, millis: u64, expected: [(Outcome, &str); 6]) {
    for (hook, (outcome, marks)) in INLINE.into_iter().zip(expected) {
        check_verdict(what, hook, &judge(&exchange(hook, answer, millis)), outcome, marks);
    }
}

fn check_one(hook: HookKind, status: u16, body: &str, outcome: Outcome, marks: &str) {
    check_verdict(body, hook, &answered(hook, status, body), outcome, marks);
}

fn good_commands(hook: HookKind) -> &'static str {
    match hook {
        Token => {
            r#"{"commands":[{"type":"com.okta.identity.patch","value":[{"op":"add","path":"/claims/x","value":1}]}]}"#
        }
        Saml => {
            r#"{"commands":[{"type":"com.okta.assertion.patch","value":[{"op":"replace","path":"/subject/nameId","value":"m"}]}]}"#
        }
        Registration => r#"{"commands":[{"type":"com.okta.user.profile.update","value":{"department":"Ovens"}}]}"#,
        PasswordImport => r#"{"commands":[{"type":"com.okta.action.update","value":{"credential":"VERIFIED"}}]}"#,
        UserImport => r#"{"commands":[{"type":"com.okta.user.profile.update","value":{"firstName":"S"}}]}"#,
        _ => r#"{"commands":[{"type":"com.okta.telephony.action","value":[{"status":"SUCCESSFUL"}]}]}"#,
    }
}

/// Okta developer docs, Inline hooks concept, what Okta does with each answer: "200 + valid commands".
#[test]
fn good_commands_are_applied() {
    for hook in INLINE {
        check_one(hook, 200, good_commands(hook), Applied, "D-");
        assert_eq!(ids(&answered(hook, 200, good_commands(hook))), [""; 0]);
    }
    check_one(
        Registration,
        200,
        r#"{"commands":[{"type":"com.okta.action.update","value":{"registration":"ALLOW"}}]}"#,
        Applied,
        "D-",
    );
}

#[test]
fn commands_that_refuse_on_purpose_deny() {
    check_one(
        Registration,
        200,
        r#"{"commands":[{"type":"com.okta.action.update","value":{"registration":"DENY"}}]}"#,
        Denied,
        "D-",
    );
    check_one(
        PasswordImport,
        200,
        r#"{"commands":[{"type":"com.okta.action.update","value":{"credential":"UNVERIFIED"}}]}"#,
        Denied,
        "D-",
    );
    let status = |status: &str| {
        format!(r#"{{"commands":[{{"type":"com.okta.telephony.action","value":[{{"status":"{status}"}}]}}]}}"#)
    };
    check_one(Telephony, 200, &status("FAILED"), Fallback, "I-");
    check_one(Telephony, 200, &status("PENDING"), Undocumented, "U-");
    check_one(Telephony, 200, &status("successful"), Fallback, "Dce-");
    let both = r#"{"commands":[{"type":"com.okta.action.update","value":{"credential":"VERIFIED"}},
        {"type":"com.okta.action.update","value":{"credential":"UNVERIFIED"}}]}"#;
    check_one(PasswordImport, 200, both, Undocumented, "U-");
    assert_eq!(find(&answered(PasswordImport, 200, both), "R19").severity, Severity::Warning);
    check_one(PasswordImport, 200, &both.replace("UNVERIFIED", "VERIFIED"), Applied, "D-");
    check_one(PasswordImport, 200, &both.replace("UNVERIFIED", "maybe"), Undocumented, "Ue-");
    let old = r#"{"commands":[{"type":"com.okta.action.update","value":{"action":"DENY"}}]}"#;
    check_one(Registration, 200, old, Undocumented, "Uce-");
}

/// Okta developer docs, Inline hooks concept, what Okta does with each answer: "204, no body".
#[test]
fn a_204_changes_nothing_where_that_is_possible() {
    let expected = [
        (Unchanged, "Dc-"),
        (Unchanged, "D-"),
        (Unchanged, "D-"),
        (Denied, "D-"),
        (Unchanged, "D-"),
        (Fallback, "Dce-"),
    ];
    check("204", 204, "", expected);
    check("204 with a body", 204, "{}", expected);
    assert_eq!(find(&answered(Saml, 204, "x"), "R03").severity, Severity::Warning);
}

/// Okta developer docs, Inline hooks concept, what Okta does with each answer: "200 + {}".
#[test]
fn an_empty_object_asks_for_nothing() {
    let expected = [
        (Unchanged, "D-"),
        (Unchanged, "I-"),
        (Unchanged, "I-"),
        (Denied, "I-"),
        (Unchanged, "D-"),
        (Fallback, "Dce-"),
    ];
    for body in ["{}", r#"{"debugContext":{}}"#, r#"{"error":null}"#, r#"{"result":"SUCCESS"}"#, " {\n} "] {
        check(body, 200, body, expected);
    }
    for (hook, severity) in
        [(Saml, Some(Severity::Warning)), (Token, None), (UserImport, None), (Registration, Some(Severity::Warning))]
    {
        let verdict = answered(hook, 200, "{}");
        assert_eq!(verdict.findings.first().map(|finding| finding.severity), severity, "{hook}");
    }
}

/// Okta developer docs, Inline hooks concept, what Okta does with each answer: "commands: []".
#[test]
fn an_empty_list_of_commands_asks_for_nothing() {
    let expected = [
        (Unchanged, "I-"),
        (Unchanged, "I-"),
        (Unchanged, "I-"),
        (Denied, "I-"),
        (Unchanged, "I-"),
        (Fallback, "Dce-"),
    ];
    for body in [r#"{"commands":[]}"#, r#"{"commands":null}"#, r#"{"commands":[],"error":null,"debugContext":{"a":1}}"#]
    {
        check(body, 200, body, expected);
    }
}

/// Okta developer docs, Inline hooks concept, what Okta does with each answer: "200 + empty body".
#[test]
fn an_empty_200_is_undocumented() {
    let expected = [
        (Undocumented, "U-"),
        (Undocumented, "U-"),
        (Undocumented, "U-"),
        (Undocumented, "U-"),
        (Undocumented, "U-"),
        (Fallback, "Ice-"),
    ];
    check("empty", 200, "", expected);
    assert_eq!(find(&answered(Token, 200, ""), "R03").severity, Severity::Warning);
}

/// Okta developer docs, Inline hooks concept, what Okta does with each answer: "body not JSON / wrong shape".
#[test]
fn what_is_not_the_envelope_is_not_used() {
    let expected =
        [(Ignored, "Ie-"), (Ignored, "Ie-"), (Refused, "Ie-"), (Refused, "Ie-"), (Ignored, "Ie-"), (Fallback, "Dce-")];
    for body in [
        "{",
        " ",
        "<html>",
        "[]",
        "7",
        "\"{}\"",
        "\"{\\\"commands\\\":[]}\"",
        "\u{feff}{}",
        r#"{"commands":{}}"#,
        r#"{"commands":["x"]}"#,
        r#"{"commands":[{}]}"#,
        r#"{"commands":[{"type":7,"value":1}]}"#,
        r#"{"commands":[{"type":"com.okta.action.update"}]}"#,
        r#"{"commands":[{"type":"com.okta.action.update","value":null}]}"#,
        r#"{"error":"no"}"#,
        r#"{"error":[]}"#,
        r#"{"error":{"errorSummary":"x","errorCauses":{}}}"#,
        r#"{"error":{"errorSummary":"x","errorCauses":["y"]}}"#,
        // A malformed command outweighs a good error object.
        r#"{"commands":[7],"error":{"errorSummary":"x"}}"#,
    ] {
        check(body, 200, body, expected);
    }
}

/// Okta developer docs, Inline hooks concept, what Okta does with each answer: "unknown or impossible command".
#[test]
fn a_command_of_unknown_or_foreign_type_spoils_the_answer() {
    let expected = [
        (Ignored, "De-"),
        (Ignored, "Ie-"),
        (Undocumented, "Ue-"),
        (Undocumented, "Ue-"),
        (Undocumented, "Ue-"),
        (Fallback, "Dce-"),
    ];
    check("unknown", 200, r#"{"commands":[{"type":"com.okta.nothing","value":{}}]}"#, expected);
    for hook in INLINE {
        let foreign = if hook == Token { Saml } else { Token };
        let verdict = answered(hook, 200, good_commands(foreign));
        assert_eq!(find(&verdict, "R10").pointer.as_deref(), Some("/commands/0/type"), "{hook}");
    }
}

/// Okta developer docs, Inline hooks concept, what Okta does with each answer: "error object".
#[test]
fn an_error_object_stops_the_flow_where_it_can() {
    let expected =
        [(Denied, "D-"), (Denied, "Dc-"), (Denied, "D-"), (Denied, "I-"), (Undocumented, "U-"), (Fallback, "D-")];
    check("error", 200, r#"{"error":{"errorSummary":"No"}}"#, expected);
    check("empty error", 200, r#"{"error":{}}"#, expected);
    for hook in INLINE {
        let commands = good_commands(hook).strip_suffix('}').unwrap();
        let verdict = answered(hook, 200, &format!("{commands},\"error\":{{\"errorSummary\":\"No\"}}}}"));
        assert_eq!(find(&verdict, "R17").severity, Severity::Warning);
        assert!(!has_error(&verdict), "{hook}: {verdict:#?}");
    }
    let unknown = r#"{"commands":[{"type":"x","value":1}],"error":{"errorSummary":"No"}}"#;
    check_one(Token, 200, unknown, Denied, "De-");
}

#[test]
fn a_large_body_is_a_risk_and_a_larger_one_is_undocumented() {
    let body = |size: usize| format!(r#"{{"debugContext":{{"x":"{}"}}}}"#, "x".repeat(size - 25));
    for hook in INLINE {
        assert!(!ids(&answered(hook, 200, &body(255_999))).contains(&"R05"));
        let verdict = answered(hook, 200, &body(256_000));
        assert_eq!(find(&verdict, "R05").severity, Severity::Warning);
        assert_ne!(verdict.outcome, Undocumented);
        assert_eq!(find(&answered(hook, 200, &body(262_143)), "R05").severity, Severity::Warning);
        check_one(hook, 200, &body(262_144), Undocumented, "Ue-");
    }
}

#[test]
fn another_2xx_counts_as_200_for_some_and_as_failure_for_others() {
    for status in [201, 202, 203, 205, 226, 299] {
        let conflicting = [
            (Ignored, "Dce-"),
            (Unchanged, "Ic-"),
            (Unchanged, "Ic-"),
            (Denied, "Ic-"),
            (Unchanged, "Dc-"),
            (Fallback, "Dce-"),
        ];
        check("other 2xx", status, "{}", conflicting);
        for hook in [Saml, Registration, PasswordImport, UserImport] {
            check_one(hook, status, good_commands(hook), Applied, "Dc-");
            assert_eq!(find(&answered(hook, status, good_commands(hook)), "R02").severity, Severity::Warning);
            check_one(hook, status, "", Undocumented, "Uc-");
        }
        check_one(Token, status, good_commands(Token), Ignored, "Dce-");
        check_one(Telephony, status, good_commands(Telephony), Fallback, "Dce-");
        check_one(Telephony, status, "", Fallback, "Dce-");
    }
}

/// Okta developer docs, Inline hooks concept, what Okta does with each answer: "4xx (no retry)", "5xx / timeout" and "3xx".
#[test]
fn failed_statuses_have_their_rows() {
    let unusable = |marks: [&'static str; 6]| {
        let outcomes = [Ignored, Ignored, Refused, Refused, Ignored, Fallback];
        std::array::from_fn(|idx| (outcomes[idx], marks[idx]))
    };
    for status in [300, 301, 302, 308, 399, 100, 199, 600, 999] {
        check("3xx", status, "", unusable(["De-", "Ie?", "Ie?", "Ie?", "Ie?", "De-"]));
    }
    for status in [400, 401, 404, 429, 499] {
        check("4xx", status, "{}", unusable(["De-", "De-", "De-", "De-", "De-", "De-"]));
    }
    for status in [500, 502, 503, 599] {
        check("5xx", status, "no JSON", unusable(["Dce-", "De+", "De+", "De+", "De+", "Dce-"]));
    }
    let failed = unusable(["Dce-", "De+", "De+", "De+", "De+", "Dce-"]);
    for status in [200, 204, 301, 400, 500] {
        let answer = Answer::Complete { status, content_type: JSON, body: b"" };
        check_answer("late", answer, 3_001, failed);
    }
    check_answer("none", Answer::None { why: "the client left" }, 5, failed);
    check_answer("partial", Answer::Partial { why: "the connection was reset" }, 5, failed);
}

#[test]
fn three_seconds_are_in_time() {
    for hook in INLINE {
        let answer = Answer::Complete { status: 200, content_type: JSON, body: good_commands(hook).as_bytes() };
        assert_eq!(judge(&exchange(hook, answer, 2_000)).worst(), None);
        let slow = judge(&exchange(hook, answer, 3_000));
        assert_eq!((slow.outcome, find(&slow, "R01").severity), (Applied, Severity::Warning));
        let late = judge(&exchange(hook, answer, 3_140));
        assert_eq!(find(&late, "R01").severity, Severity::Error);
        assert!(late.summary.starts_with("Late by 140 ms: "), "{}", late.summary);
        assert_eq!(
            late.summary.contains("if the retry fails too"),
            !matches!(hook, Token | Telephony),
            "{}",
            late.summary
        );
    }
}

#[test]
fn the_second_attempt_is_the_last() {
    for hook in INLINE.into_iter().chain([Event, Verification, HookKind::Unknown]) {
        for answer in [
            Answer::None { why: "nothing came" },
            Answer::Complete { status: 500, content_type: None, body: b"" },
            Answer::Complete { status: 302, content_type: None, body: b"" },
        ] {
            let verdict = judge(&Exchange { attempt: 2, ..exchange(hook, answer, 5) });
            assert_eq!(verdict.retry.expected, Some(false), "{hook}");
            assert!(!verdict.summary.contains("if the retry"), "{}", verdict.summary);
        }
    }
}

#[test]
fn event_deliveries_are_taken_with_any_2xx() {
    let check = |status, outcome, marks| check_one(Event, status, "", outcome, marks);
    check(200, Accepted, "D-");
    check(204, Accepted, "D-");
    check(201, Accepted, "I-");
    check(299, Accepted, "I-");
    check(302, Failed, "Ie?");
    check(199, Failed, "Ie?");
    check(404, Failed, "De-");
    check(503, Failed, "De+");
    assert_eq!(find(&answered(Event, 202, ""), "R24").severity, Severity::Warning);
    assert_eq!(find(&answered(Event, 200, "ok"), "R24").severity, Severity::Warning);
    // The sample holds two events, and that is worth saying.
    assert_eq!(ids(&answered(Event, 200, "")), ["T17"]);
    let late = judge(&exchange(Event, Answer::Complete { status: 200, content_type: None, body: b"" }, 3_001));
    check_verdict("late", Event, &late, Failed, "De+");
    check_verdict("none", Event, &judge(&exchange(Event, Answer::None { why: "w" }, 1)), Failed, "De+");
    assert_eq!(answered(Event, 500, "").system_log.as_deref(), Some("event_hook.delivery"));
    assert_eq!(answered(Event, 200, "").system_log, None);
}

#[test]
fn a_verification_succeeds_with_the_right_value_only() {
    let check = |status, body: &str, outcome, marks| check_one(Verification, status, body, outcome, marks);
    check(200, r#"{"verification":"challenge-1"}"#, Verified, "D-");
    for wrong in [
        "",
        "challenge-1",
        "\"challenge-1\"",
        "{}",
        "[]",
        r#"{"verification":null}"#,
        r#"{"verification":7}"#,
        r#"{"verification":"challenge-"}"#,
        r#"{"verification":"\"challenge-1\""}"#,
        r#"{"Verification":"challenge-1"}"#,
        r#"{"challenge":"challenge-1"}"#,
    ] {
        check(200, wrong, NotVerified, "De-");
    }
    check(204, "", NotVerified, "De-");
    check(201, r#"{"verification":"challenge-1"}"#, NotVerified, "Ie-");
    check(302, "", NotVerified, "Ie?");
    check(404, "", NotVerified, "Dce+");
    check(500, "", NotVerified, "De+");
    let right = Answer::Complete { status: 200, content_type: JSON, body: br#"{"verification":"challenge-1"}"# };
    check_verdict("late", Verification, &judge(&exchange(Verification, right, 3_001)), NotVerified, "De+");
    check_verdict(
        "none",
        Verification,
        &judge(&exchange(Verification, Answer::None { why: "w" }, 1)),
        NotVerified,
        "De+",
    );
    let unknown = judge(&Exchange { asked: Asked::NotGiven, ..exchange(Verification, right, 1) });
    assert_eq!((unknown.outcome, unknown.worst()), (Verified, Some(Severity::Info)));
}

#[test]
fn an_unknown_call_is_undocumented_and_needs_an_answer_all_the_same() {
    let unknown = HookKind::Unknown;
    for status in [200, 204, 302, 404, 500] {
        assert_eq!(
            (answered(unknown, status, "x").outcome, answered(unknown, status, "x").worst()),
            (Undocumented, None)
        );
    }
    check_verdict("none", unknown, &judge(&exchange(unknown, Answer::None { why: "w" }, 1)), Undocumented, "Ue?");
    let late = Answer::Complete { status: 200, content_type: None, body: b"" };
    check_verdict("late", unknown, &judge(&exchange(unknown, late, 3_001)), Undocumented, "Ue?");
}

#[test]
fn a_bad_credential_is_an_error_that_changes_no_outcome() {
    for hook in INLINE.into_iter().chain([Event, Verification, HookKind::Unknown]) {
        for status in [200, 401] {
            let good = exchange(hook, Answer::Complete { status, content_type: JSON, body: b"{}" }, 5);
            let credential = Credential::Bad(BadCredential::new(false, ["basic-user", "basic-password"]));
            let bad = judge(&Exchange { credential, ..good });
            assert_eq!(bad.outcome, judge(&good).outcome);
            let finding = find(&bad, "R26");
            assert_eq!(finding.severity, Severity::Error);
            assert!(finding.message.contains(&status.to_string()), "{}", finding.message);
            assert!(finding.message.starts_with("The credential is wrong (basic-user, basic-password)"));
        }
    }
}

#[test]
fn what_surrounds_the_answer_is_said() {
    let good = exchange(Token, Answer::Complete { status: 204, content_type: None, body: b"" }, 5);
    let other = judge(&Exchange { endpoint_hook: Some(Saml), ..good });
    assert_eq!(find(&other, "kind-mismatch").severity, Severity::Warning);
    let blind = judge(&Exchange { asked: Asked::NotGiven, ..good });
    assert_eq!(find(&blind, "no-request").severity, Severity::Info);
    assert_eq!(judge(&good).findings, []);
}

#[test]
fn findings_say_where_and_who_says_so() {
    let verdict =
        answered(Token, 200, "{\n  \"ä\": 1,\n  \"commands\": [{\"type\": \"x\", \"value\": 1}],\n  \"errors\": {}\n}");
    let unknown = find(&verdict, "R07");
    assert_eq!((unknown.pointer.as_deref(), unknown.line, unknown.column), (Some("/ä"), Some(2), Some(3)));
    let command = find(&verdict, "R10");
    assert_eq!((command.line, command.column), (Some(3), Some(25)));
    assert_eq!(command.source, "Okta OpenAPI 2026.06.3, TokenHookResponse");
    assert_eq!(find(&verdict, "R23").line, Some(4));
    let broken = answered(Token, 200, "{\n \"commands\": [],\n}");
    assert_eq!((find(&broken, "R04").line, find(&broken, "R04").column), (Some(3), Some(1)));
    let twice = answered(Saml, 200, r#"{"debugContext":{"a":1,"a":2}}"#);
    assert_eq!(find(&twice, "R09").pointer.as_deref(), Some("/debugContext/a"));
    let missing = answered(Registration, 200, r#"{"error":{"errorCauses":[{"domain":"mars"}]}}"#);
    assert_eq!(missing.findings.iter().filter(|finding| finding.id == "R22").count(), 3);
    let plain = Answer::Complete { status: 200, content_type: Some("text/html; charset=utf-8"), body: b"{}" };
    assert_eq!(find(&judge(&exchange(Token, plain, 1)), "R06").severity, Severity::Warning);
    let charset = Answer::Complete { status: 200, content_type: Some("Application/JSON;charset=utf-8"), body: b"{}" };
    assert_eq!(judge(&exchange(Token, charset, 1)).findings, []);
}

#[test]
fn commands_are_looked_at_even_where_they_do_not_run() {
    let body = r#"{"commands":[{"type":"com.okta.nothing","value":1}]}"#;
    for status in [204, 302, 400, 500] {
        assert_eq!(find(&answered(UserImport, status, body), "R10").severity, Severity::Error);
    }
    assert_eq!(find(&answered(UserImport, 400, body), "T41").severity, Severity::Warning);
    let answer = Answer::Complete { status: 200, content_type: JSON, body: body.as_bytes() };
    assert_eq!(find(&judge(&exchange(Saml, answer, 4_000)), "R10").severity, Severity::Error);
}

#[test]
fn what_people_see_is_told_where_it_is_known() {
    let sees = |hook, body: &str| answered(hook, 200, body).user_sees.unwrap_or_default().into_owned();
    assert!(
        sees(Token, r#"{"error":{"errorSummary":"Closed"}}"#).contains("server_error, error_description \"Closed\"")
    );
    assert!(sees(Saml, r#"{"error":{}}"#).contains("The callback service returned an error"));
    assert_eq!(
        sees(Registration, r#"{"error":{"errorSummary":"x"}}"#),
        "Registration cannot be completed at this time."
    );
    assert_eq!(sees(PasswordImport, "{}"), "Unable to Sign On");
    assert_eq!(sees(Token, "{}"), "");
    let body = sample("registration/progressive").unwrap().body.as_bytes();
    let denied = |answer| judge(&Exchange { asked: Asked::Body(body), ..exchange(Registration, answer, 1) });
    let refused = denied(Answer::Complete { status: 400, content_type: None, body: b"" });
    assert_eq!(refused.user_sees.unwrap(), "There was an error updating your profile. Please try again later.");
    let deny = br#"{"commands":[{"type":"com.okta.action.update","value":{"registration":"DENY"}}]}"#;
    let verdict = denied(Answer::Complete { status: 200, content_type: JSON, body: deny });
    assert_eq!(verdict.user_sees.unwrap(), "Profile update denied.");
    assert_eq!(verdict.summary, "Denied: DENY stops the profile update");
}

#[test]
fn summaries_are_one_plain_sentence() {
    assert_eq!(answered(Token, 204, "").summary, "Unchanged: 204 asks for nothing, so Okta issues the token as it is");
    assert_eq!(
        answered(Saml, 500, "").summary,
        "500 counts as a failed call: if the retry fails too, Okta sends the assertion unmodified"
    );
    assert_eq!(answered(Token, 200, "<p>").summary, "The body is not JSON: Okta issues the token unmodified");
}

#[test]
fn thousands_of_faults_are_listed_up_to_a_limit() {
    let commands = vec!["7"; 60_000].join(",");
    let verdict = answered(Token, 200, &format!("{{\"commands\":[{commands}]}}"));
    assert!(verdict.findings.len() < 200);
    assert!(find(&verdict, "more-findings").message.contains("59950"), "{}", find(&verdict, "more-findings").message);
}

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    let fragments = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        "\"commands\":",
        "\"error\":",
        "\"type\":",
        "\"value\":",
        "\"com.okta.action.update\"",
        ",",
        "null",
        "7",
        "\"\\u00e4\"",
        "\"errorCauses\":",
        "ä",
        " ",
        "\n",
        "\"a\":",
        "\\",
    ]);
    prop_oneof![
        prop::collection::vec(fragments, 0..24).prop_map(|parts| parts.concat().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..60),
    ]
}

proptest! {
    #[test]
    fn every_exchange_gets_a_verdict(
        hook in prop::sample::select(HookKind::NAMED.into_iter().chain([HookKind::Unknown]).collect::<Vec<_>>()),
        status in 0_u16..1_000, body in any_body(), millis in 0_u64..7_000, attempt in 0_u8..4,
    ) {
        let answer = Answer::Complete { status, content_type: JSON, body: &body };
        let verdict = judge(&Exchange { attempt, ..exchange(hook, answer, millis) });
        prop_assert!(!verdict.summary.is_empty());
        if matches!(verdict.outcome, Ignored | Refused | Failed | NotVerified) {
            prop_assert!(has_error(&verdict));
        }
        for finding in &verdict.findings {
            prop_assert!(!finding.message.is_empty() && !finding.source.is_empty());
            prop_assert_eq!(finding.line.is_some(), finding.column.is_some());
        }
    }
}
