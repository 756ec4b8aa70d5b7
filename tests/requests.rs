//! What is seen of a request, and what is said of it: views, facts and findings about the request.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::time::Duration;

use hookscope::okta::{
    Answer, Asked, Channel, Credential, Exchange, HookKind, RegistrationFlow, RequestView, Severity, judge, sample,
    samples,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn body(name: &str) -> &'static [u8] {
    sample(name).unwrap().body.as_bytes()
}

/// `label = value @ pointer` of every fact.
fn facts(kind: HookKind, body: &[u8]) -> Vec<String> {
    let facts = RequestView::read(kind, body).facts();
    facts.iter().map(|fact| format!("{} = {} @ {}", fact.label, fact.value, fact.pointer)).collect()
}

/// A sample with some of its values changed; null takes the member out.
fn edited(name: &str, edits: &[(&str, Value)]) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(body(name)).unwrap();
    for (pointer, given) in edits {
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        let parent = value.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match given {
            Value::Null => drop(parent.shift_remove(member)),
            given => drop(parent.insert(member.to_owned(), given.clone())),
        }
    }
    value.to_string().into_bytes()
}

/// `severity id pointer` of what is said of a request.
fn said(kind: HookKind, body: &[u8]) -> Vec<String> {
    let exchange = Exchange {
        hook: kind,
        endpoint_hook: None,
        asked: Asked::Body(body),
        answer: Answer::Complete { status: 204, content_type: None, body: b"" },
        elapsed: Duration::from_millis(5),
        attempt: 1,
        credential: Credential::Good,
    };
    let mut said = Vec::new();
    for finding in judge(&exchange).findings {
        let Some(pointer) = finding.request_pointer else { continue };
        assert!(finding.severity < Severity::Error, "{}", finding.message);
        assert_eq!((finding.pointer, finding.line, finding.column), (None, None, None));
        said.push(format!("{} {} {pointer}", finding.severity.as_str(), finding.id).trim_end().to_owned());
    }
    said
}

fn check(name: &str, edits: &[(&str, Value)], expected: &[&str]) {
    let kind = sample(name).unwrap().kind;
    assert_eq!(said(kind, &edited(name, edits)), expected, "{name} {edits:?}");
}

#[test]
fn a_token_request_tells_user_client_grant_scopes_and_tokens() {
    let facts = facts(HookKind::Token, body("token"));
    for expected in [
        "User = mira.holt@northwind.example (00uSampleMira00001) @ /data/context/user",
        "Client = Bakery shop (0oaSampleBakery001) @ /data/context/protocol/client",
        "Grant = authorization_code @ /data/context/protocol/request/grant_type",
        "Scopes = openid, profile, orders.read @ /data/context/protocol/request/scope",
        "Tokens = ID token and access token @ /data",
        "ID token lifetime = 3600 s @ /data/identity/token/lifetime/expiration",
    ] {
        assert!(facts.contains(&expected.to_owned()), "{expected}: {facts:#?}");
    }
    let facts = self::facts(HookKind::Token, body("token/client-credentials"));
    assert!(facts.contains(&"Tokens = Access token @ /data/access".to_owned()), "{facts:#?}");
    assert!(!facts.iter().any(|fact| fact.starts_with("User") || fact.starts_with("Session")), "{facts:#?}");
}

#[test]
fn an_original_grant_is_found_in_every_spelling() {
    let grant = json!({"grant_type": "authorization_code", "scope": "openid offline_access", "client_id": "0oa1"});
    for outer in ["originalGrant", "OriginalGrant"] {
        for inner in ["authorization", "request"] {
            let body = edited("token", &[(&format!("/data/context/protocol/{outer}"), json!({inner: grant}))]);
            let RequestView::Token(view) = RequestView::read(HookKind::Token, &body) else { panic!() };
            let original = view.original_grant.unwrap();
            assert_eq!(original.pointer, format!("/data/context/protocol/{outer}/{inner}"));
            assert_eq!(original.scopes, ["openid", "offline_access"]);
            assert_eq!(original.grant_type.as_deref(), Some("authorization_code"));
        }
    }
}

#[test]
fn a_saml_request_tells_app_subject_attributes_and_audience() {
    let facts = facts(HookKind::Saml, body("saml"));
    for label in ["User = ", "App = ", "Subject = ", "Attributes = ", "Audience = ", "Lifetime = 300 s"] {
        assert!(facts.iter().any(|fact| fact.starts_with(label)), "{label}: {facts:#?}");
    }
}

#[test]
fn a_registration_tells_its_flow_and_what_was_submitted() {
    let flow = |body: &[u8]| match RequestView::read(HookKind::Registration, body) {
        RequestView::Registration(view) => view.flow,
        _ => panic!(),
    };
    assert_eq!(flow(body("registration")), RegistrationFlow::SelfService);
    assert_eq!(flow(body("registration/progressive")), RegistrationFlow::ProgressiveProfile);
    assert_eq!(flow(&edited("registration", &[("/requestType", Value::Null)])), RegistrationFlow::Classic);
    let old = edited("registration/progressive", &[("/requestType", Value::Null)]);
    assert_eq!(flow(&old), RegistrationFlow::ProgressiveProfile);
    assert_eq!(flow(&edited("registration", &[("/requestType", json!("x"))])), RegistrationFlow::Unknown);
    assert_eq!(flow(&edited("registration", &[("/requestType", json!(7))])), RegistrationFlow::Unknown);
    let RequestView::Registration(view) = RequestView::read(HookKind::Registration, body("registration/progressive"))
    else {
        panic!()
    };
    let places: Vec<(String, String)> =
        view.attributes.iter().map(|attribute| (attribute.location(), attribute.pointer())).collect();
    assert_eq!(
        places[0],
        ("data.userProfileUpdate.staffNumber".to_owned(), "/data/userProfileUpdate/staffNumber".to_owned())
    );
    assert_eq!(places.len(), 2);
    assert_eq!(view.user.unwrap().id.as_deref(), Some("00uSampleMira00001"));
}

#[test]
fn a_password_import_tells_that_a_password_came_and_never_which() {
    let expected = [
        "User name = sami.aalto@northwind.example @ /data/context/credential/username",
        "Password = Given @ /data/context/credential/password",
        "Default = UNVERIFIED @ /data/action/credential",
    ];
    assert_eq!(facts(HookKind::PasswordImport, body("password-import")), expected);
}

#[test]
fn a_user_import_tells_app_conflicts_and_default() {
    let facts = facts(HookKind::UserImport, body("user-import"));
    for expected in [
        "User = sami.aalto@northwind.example @ /data/user/profile/login",
        "App = Staff book (0oaSampleStaff0001) @ /data/context/application",
        "Default = CREATE_USER @ /data/action/result",
        "Conflicts = login @ /data/context/conflicts",
        "Matched by = EMAIL @ /data/context/policy",
    ] {
        assert!(facts.contains(&expected.to_owned()), "{expected}: {facts:#?}");
    }
}

#[test]
fn a_telephony_call_tells_the_channel_and_the_end_of_the_number() {
    let facts = facts(HookKind::Telephony, body("telephony"));
    assert!(facts.contains(&"Phone = ••••00 @ /data/messageProfile/phoneNumber".to_owned()), "{facts:#?}");
    for (given, expected) in [
        ("SMS", Some(Channel::Sms)),
        ("sms", Some(Channel::Sms)),
        ("voice call", Some(Channel::Voice)),
        ("Voice", Some(Channel::Voice)),
        ("VOICE CALL", Some(Channel::Voice)),
        ("push", None),
        ("", None),
        ("ä", None),
    ] {
        assert_eq!(Channel::of(given), expected, "{given}");
    }
}

#[test]
fn a_delivery_tells_how_many_events_it_holds_and_of_one_what_it_is_about() {
    let several = facts(HookKind::Event, body("event"));
    assert_eq!(several[0], "Events = 2 @ /data/events");
    assert_eq!(several[1], "Event types = group.user_membership.add, user.lifecycle.activate @ /data/events");
    let one = facts(HookKind::Event, body("event/single"));
    assert!(
        one.contains(&"Actor = Mira Holt (mira.holt@northwind.example) @ /data/events/0/actor".to_owned()),
        "{one:#?}"
    );
    assert!(one.contains(&"Outcome = SUCCESS @ /data/events/0/outcome/result".to_owned()), "{one:#?}");
}

#[test]
fn long_lists_and_texts_are_cut() {
    let claims: serde_json::Map<String, Value> = (0..40).map(|number| (format!("claim{number}"), json!(1))).collect();
    let body = edited("token", &[("/data/identity/claims", Value::Object(claims))]);
    let facts = facts(HookKind::Token, &body);
    assert!(facts.iter().any(|fact| fact.contains("claim11 and 28 more @")), "{facts:#?}");
    let body = edited("saml", &[("/data/assertion/subject/nameId", json!(format!("a\nb{}", "x".repeat(500))))]);
    let RequestView::Saml(view) = RequestView::read(HookKind::Saml, &body) else { panic!() };
    let facts = RequestView::Saml(view).facts();
    let subject = facts.iter().find(|fact| fact.label == "Subject").unwrap();
    assert_eq!(subject.value.chars().count(), 160);
    assert!(subject.value.starts_with("a bx") && subject.value.ends_with('…'));
}

#[test]
fn of_the_samples_nothing_is_said_but_what_is_worth_it() {
    for sample in samples().iter().filter(|sample| !sample.body.is_empty()) {
        let said = said(sample.kind, sample.body.as_bytes());
        let n_events = hookscope::okta::events(sample.body.as_bytes()).len();
        let unexpected: Vec<&String> = said
            .iter()
            .filter(|line| !(line.starts_with("info T17") && n_events > 1))
            .filter(|line| {
                !["info T19", "info T23", "info T45", "info T47"].iter().any(|known| line.starts_with(known))
            })
            .collect();
        assert!(unexpected.is_empty(), "{}: {unexpected:#?}", sample.name());
    }
    assert_eq!(said(HookKind::Token, body("token")), [""; 0]);
}

#[test]
fn the_envelope_of_an_inline_call_is_checked() {
    check(
        "token",
        &[("/cloudEventVersion", Value::Null), ("/cloudEventsVersion", json!("0.1"))],
        &["warning T24 /cloudEventsVersion"],
    );
    check(
        "token",
        &[("/cloudEventVersion", json!(0.1)), ("/eventTypeVersion", json!(1))],
        &["warning request-string /eventTypeVersion", "warning request-string /cloudEventVersion"],
    );
    check("token", &[("/eventTypeVersion", json!("2.0"))], &["info request-envelope /eventTypeVersion"]);
    check("token", &[("/contentType", json!("text/plain"))], &["info request-envelope /contentType"]);
    check("token", &[("/requestType", json!("x"))], &["info request-type /requestType"]);
    check("token", &[("/eventId", Value::Null)], &["info request-envelope"]);
    check("token", &[("/eventId", Value::Null), ("/eventID", json!("e"))], &["warning T25 /eventID"]);
    check("token", &[("/eventTime", json!("now"))], &["warning request-envelope /eventTime"]);
    check("token", &[("/eventTime", json!(["now"]))], &["warning request-string /eventTime"]);
    check(
        "token",
        &[("/source", json!("https://tern-isle.example/api/v1/callbacks/cal1"))],
        &["warning request-envelope /source"],
    );
    check("token", &[("/data", Value::Null)], &["info request-envelope"]);
    check("token", &[("/data", json!("{}"))], &["warning request-data /data"]);
    check("token", &[("/data/context", Value::Null)], &["info request-data /data"]);
    check(
        "token",
        &[("/eventType", json!("com.okta.saml.tokens.transform"))],
        &["warning request-event-type /eventType"],
    );
    check("token", &[("/eventType", json!("com.okta.tokens.transform"))], &["warning request-event-type /eventType"]);
    assert_eq!(said(HookKind::Token, b"[]"), ["warning request-envelope"]);
    assert_eq!(said(HookKind::Saml, b"no JSON"), ["warning request-envelope"]);
}

#[test]
fn the_data_of_a_token_request_is_checked() {
    let grant = |inner: &str| json!({inner: {"grant_type": "authorization_code"}});
    let protocol = |name: &str| format!("/data/context/protocol/{name}");
    check("token", &[(&protocol("originalGrant"), grant("authorization"))], &[]);
    check(
        "token",
        &[(&protocol("OriginalGrant"), grant("authorization"))],
        &["info T47 /data/context/protocol/OriginalGrant"],
    );
    check(
        "token",
        &[(&protocol("originalGrant"), grant("request"))],
        &["info T47 /data/context/protocol/originalGrant/request"],
    );
    let preview = json!("https://tern-isle.example/api/v1/inlineHooks/generatePreview");
    check("token", &[("/data/context/request/url/value", preview)], &["info T45 /data/context/request/url/value"]);
    check("token", &[("/data/identity", Value::Null)], &[]);
    check("token", &[("/data/identity", Value::Null), ("/data/access", Value::Null)], &["warning request-data /data"]);
    check("token", &[("/data/identity", json!([]))], &["warning request-data /data/identity"]);
    check(
        "token",
        &[("/data/access/token/lifetime/expiration", json!("3600"))],
        &["warning request-data /data/access/token/lifetime/expiration"],
    );
    check(
        "token",
        &[("/data/access/lifetime", json!({"expiration": 3600}))],
        &["info request-data /data/access/lifetime"],
    );
    check("token", &[("/data/context/user", Value::Null), ("/data/context/session", Value::Null)], &[]);
    check("saml", &[("/data/assertion", Value::Null)], &["warning request-data /data"]);
}

#[test]
fn the_data_of_a_registration_is_checked_against_its_request_type() {
    check("registration", &[("/requestType", Value::Null)], &[]);
    check(
        "registration",
        &[("/requestType", json!("progressive.profile"))],
        &["warning request-type /data/userProfile"],
    );
    check(
        "registration/progressive",
        &[("/requestType", json!("self.service.registration"))],
        &["warning request-type /data/userProfileUpdate"],
    );
    check(
        "registration/progressive",
        &[("/requestType", Value::Null)],
        &["warning request-type /data/userProfileUpdate"],
    );
    check("registration/progressive", &[("/data/context/user", Value::Null)], &["info request-data /data/context"]);
    check("registration", &[("/requestType", json!("self.service"))], &["warning request-type /requestType"]);
    check("registration", &[("/requestType", json!(1))], &["warning request-string /requestType"]);
    check("registration", &[("/data/userProfile", Value::Null)], &["warning request-data /data"]);
    check(
        "registration",
        &[("/data/userProfile", Value::Null), ("/data/user", json!({"profile": {}}))],
        &["warning request-data /data/user/profile"],
    );
    check(
        "registration",
        &[("/data/userProfile/password", json!("x"))],
        &["warning request-data /data/userProfile/password"],
    );
}

#[test]
fn of_a_call_of_no_known_kind_only_its_event_type_is_said() {
    let unknown = |text: &str| said(HookKind::Unknown, text.as_bytes());
    assert_eq!(unknown(r#"{"eventType":"com.okta.session.transform"}"#), ["warning request-event-type /eventType"]);
    assert_eq!(
        unknown(r#"{"eventType":"com.okta.custom.source.delegated.authentication"}"#),
        ["warning request-event-type /eventType"]
    );
    for text in ["", "hello", "{}", r#"{"eventType":7}"#, r#"{"eventType":"com.okta.event_hook"}"#] {
        assert_eq!(unknown(text), [""; 0], "{text}");
    }
}

/// A body of a kind with a secret in every place where one can be.
fn with_secrets(kind: HookKind, text: &str, number: &Value) -> Value {
    let url = format!("/idp/idx/x?state={text}&nonce={text}&code={text}");
    let request = json!({"id": "r", "method": "POST", "url": {"value": url}});
    let session = json!({"id": text, "login": "l", "userId": "u"});
    match kind {
        HookKind::Event => json!({"eventType": "com.okta.event_hook", "data": {"events": [{
            "uuid": "u", "eventType": "user.lifecycle.activate", "authenticationContext": {"externalSessionId": text},
            "debugContext": {"debugData": {"access_token": text, "phoneNumber": number}},
            "target": [{"type": "MobilePhone", "alternateId": number}, {"type": "User", "id": "00u1"}]}]}}),
        HookKind::PasswordImport => json!({"data": {"context": {"request": request,
            "credential": {"username": "u", "password": if text.len().is_multiple_of(2) { json!(text) } else { number.clone() }}}}}),
        HookKind::Telephony => json!({"requestType": "t", "data": {"context": {"request": request},
            "userProfile": {"login": "l", "userId": "u"},
            "messageProfile": {"msgTemplate": format!("Code {text}"), "phoneNumber": number, "otpCode": text,
                "deliveryChannel": "SMS", "locale": "EN"}}}),
        HookKind::Token => json!({"client_secret": text, "client_assertion": text, "access_token": text,
            "data": {"context": {"request": request, "session": session,
                "protocol": {"request": {"state": text, "nonce": text, "code": text, "scope": "openid",
                    "redirect_uri": format!("https://c.example/?code={text}")}, "client": {"id": "c"}}},
                "identity": {"claims": {"nonce": text, "sub": "s"}}, "access": {"claims": {"jti": text}}}}),
        _ => json!({"data": {"context": {"request": request, "session": session, "user": {"id": "u"}},
            "userProfile": {"password": text, "login": "l"}, "assertion": {"claims": {}},
            "user": {"profile": {"password": text, "login": "l"}}, "appUser": {"profile": {"password": text}}}}),
    }
}

const KINDS: [HookKind; 9] = [
    HookKind::Event,
    HookKind::Verification,
    HookKind::Token,
    HookKind::Saml,
    HookKind::Registration,
    HookKind::PasswordImport,
    HookKind::UserImport,
    HookKind::Telephony,
    HookKind::Unknown,
];

/// A sample with some bytes cut off or replaced.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let bodies: Vec<&'static str> = samples().iter().map(|sample| sample.body).collect();
    (prop::sample::select(bodies), any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()).prop_map(
        |(body, cut, place, byte)| {
            let mut bytes = body.as_bytes().to_vec();
            if bytes.is_empty() {
                return bytes;
            }
            let at = place.index(bytes.len());
            bytes[at] = byte;
            bytes.truncate(cut.index(bytes.len() + 1));
            bytes
        },
    )
}

proptest! {
    #[test]
    fn views_never_panic_and_facts_are_short_lines(
        kind in prop::sample::select(KINDS.to_vec()),
        body in prop_oneof![damaged(), prop::collection::vec(any::<u8>(), 0..80)],
    ) {
        let facts = RequestView::read(kind, &body).facts();
        for fact in &facts {
            prop_assert!(!fact.value.is_empty() && fact.value.chars().count() <= 160);
            prop_assert!(!fact.value.chars().any(char::is_control));
            prop_assert!(fact.pointer.is_empty() || fact.pointer.starts_with('/'));
        }
        said(kind, &body);
    }

    #[test]
    fn neither_views_nor_facts_nor_findings_hold_a_secret(
        kind in prop::sample::select(KINDS.to_vec()),
        text in "[a-z]{3}[A-Z0-9]{6,12}",
        digits in 4_710_000_000_u64..4_799_999_999,
        as_text in any::<bool>(),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let number = if as_text { json!(format!("+{digits}")) } else { json!(digits) };
        let mut body = with_secrets(kind, &text, &number).to_string().into_bytes();
        if is_cut {
            body.truncate(cut.index(body.len()));
        }
        let view = RequestView::read(kind, &body);
        let exchange = Exchange {
            hook: kind,
            endpoint_hook: None,
            asked: Asked::Body(&body),
            answer: Answer::Complete { status: 200, content_type: None, body: b"{}" },
            elapsed: Duration::from_millis(5),
            attempt: 1,
            credential: Credential::Good,
        };
        let seen = format!("{view:?} {:?} {:?}", view.facts(), judge(&exchange));
        prop_assert!(!seen.contains(&text), "{seen}");
        prop_assert!(!seen.contains(&digits.to_string()), "{seen}");
    }
}
