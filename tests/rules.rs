//! Which response a call gets: every form of condition, sequences, faults, templates, and what is told about them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::Arc;
use std::time::Duration;

use hookscope::call::{AuthReport, AuthResult, CallId, Decided, Headers, Request, Timestamp};
use hookscope::okta::{HookKind, Outcome, Pointer, RequestEnvelope, sample};
use hookscope::respond::{
    Action, Answer, Answers, Asked, AtEnd, Condition, CountTest, Counters, Endpoint, Fault, ForwardSetup, HoldSetup,
    JsonTest, Pattern, Plan, ResponseChoice, ResponseSetup, Rule, SavedResponse, Sequence, Setup, Template,
    TemplateValues, Test, TextTest, WireFault, decide,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const BODY: &str = r#"{"eventType":"com.okta.oauth2.tokens.transform","eventId":"e-1","data":{
  "context":{"user":{"profile":{"login":"mira@example.com"}}},
  "n":1,"flag":true,"nothing":null,"roles":["admin","user"],"a/b":{"m~n":"odd"},
  "obj":{"x":1,"y":[1,2.0]}}}"#;

fn request(body: &str) -> Request {
    Request {
        received_at: Timestamp(1_900_000_000_000_000),
        peer: "127.0.0.1:1".into(),
        over_tls: true,
        tls: None,
        http_version: None,
        method: Some("POST".into()),
        path: Some("/hooks/token".into()),
        query: Some("page=2&q=a%20b".into()),
        headers: Headers::from_fields([("X-Env", "prod"), ("x-env", "dev"), ("Content-Type", "application/json")]),
        body: body.to_owned().into(),
        body_size: None,
        truncated: false,
    }
}

fn setup(rules: Vec<Rule>) -> Setup {
    let mut setup = Setup::first_start();
    endpoint(&mut setup).rules = rules;
    setup
}

fn endpoint(setup: &mut Setup) -> &mut Endpoint {
    setup.endpoints.iter_mut().find(|endpoint| &*endpoint.name == "token").unwrap()
}

fn status(status: u16) -> ResponseSetup {
    ResponseSetup { status, ..ResponseSetup::default() }
}

fn rule(name: &str, conditions: Vec<Condition>, action: Action) -> Rule {
    Rule { name: name.into(), is_on: true, conditions, action }
}

fn answer(code: u16) -> Action {
    Action::from(Answer::from(status(code)))
}

/// How a call comes, beside its request.
#[derive(Clone)]
struct Comes {
    attempt: u8,
    is_replay: bool,
    auth: AuthResult,
}

const FIRST: Comes = Comes { attempt: 1, is_replay: false, auth: AuthResult::Fail };

fn ask(setup: &Setup, request: &Request, comes: &Comes, counters: &Counters) -> Plan {
    let envelope = RequestEnvelope::read(&request.body);
    let auth = AuthReport { result: comes.auth, checks: Vec::new() };
    let hook = envelope.event_type.as_deref().and_then(HookKind::from_event_type).unwrap_or(HookKind::Token);
    let asked = Asked {
        call_id: CallId(7),
        hook,
        endpoint: setup.endpoint_named("token"),
        request,
        event_type: envelope.event_type.as_deref(),
        event_id: envelope.event_id.as_deref(),
        challenge: None,
        auth: &auth,
        attempt: comes.attempt,
        is_replay: comes.is_replay,
        problem: None,
    };
    decide(setup, &asked, counters).unwrap()
}

fn first(setup: &Setup, body: &str) -> Plan {
    ask(setup, &request(body), &FIRST, &Counters::default())
}

/// Whether a test holds for the call; its opposite must say the opposite.
fn holds(test: &Test) -> bool {
    let matched = |condition: Condition| {
        let plan = first(&setup(vec![rule("r", vec![condition], answer(418))]), BODY);
        assert_eq!(plan.response.status == 418, &*plan.response.rule == "r");
        plan.response.status == 418
    };
    let holds = matched(Condition::new(test.clone()));
    assert_eq!(matched(Condition::not(test.clone())), !holds, "{test:?}");
    holds
}

fn text(text: &str) -> Arc<str> {
    text.into()
}

#[test]
fn every_form_of_condition_looks_at_what_it_names() {
    let pattern = |pattern: &str| Pattern::new(pattern).unwrap();
    let header = |name: &str, test| Test::Header { name: text(name), test };
    let yes = [
        Test::Method(TextTest::Equals(text("POST"))),
        Test::Path(TextTest::Pattern(pattern("^/hooks/[a-z]+$"))),
        Test::Path(TextTest::Contains(text("ooks"))),
        header("x-ENV", TextTest::Exists),
        header("X-Env", TextTest::Equals(text("dev"))),
        header("X-Env", TextTest::Equals(text("prod"))),
        header("Content-Type", TextTest::Contains(text("json"))),
        header("X-Env", TextTest::Pattern(pattern("^pr"))),
        Test::Hook(HookKind::Token),
        Test::EventType(TextTest::Equals(text("com.okta.oauth2.tokens.transform"))),
        Test::Credential(AuthResult::Fail),
        Test::Attempt(1),
        Test::Count(CountTest::Nth(1)),
        Test::Count(CountTest::From(1)),
        Test::Count(CountTest::Every(1)),
        Test::Replay(false),
    ];
    for test in yes {
        assert!(holds(&test), "{test:?}");
    }
    let no = [
        Test::Method(TextTest::Equals(text("post"))),
        Test::Path(TextTest::Equals(text("/hooks"))),
        header("X-Other", TextTest::Exists),
        header("X-Env", TextTest::Equals(text("stage"))),
        Test::Hook(HookKind::Saml),
        Test::EventType(TextTest::Contains(text("user.lifecycle"))),
        Test::Credential(AuthResult::Pass),
        Test::Attempt(2),
        Test::Count(CountTest::Nth(2)),
        Test::Count(CountTest::Every(2)),
        Test::Replay(true),
    ];
    for test in no {
        assert!(!holds(&test), "{test:?}");
    }
}

#[test]
fn values_of_the_body_are_compared_as_values() {
    let at = |pointer: &str, test| Test::Json { pointer: Pointer::read(pointer).unwrap().into_owned(), test };
    let equals = |pointer: &str, value: Value| holds(&at(pointer, JsonTest::Equals(value)));
    assert!(equals("/data/context/user/profile/login", json!("mira@example.com")));
    assert!(equals("/data/n", json!(1)) && equals("/data/n", json!(1.0)) && !equals("/data/n", json!("1")));
    assert!(equals("/data/flag", json!(true)) && equals("/data/nothing", Value::Null));
    assert!(equals("/data/obj", json!({ "y": [1.0, 2], "x": 1 })));
    assert!(!equals("/data/obj", json!({ "x": 1 })) && !equals("/data/obj", json!({ "x": 1, "y": [1, 2], "z": 3 })));
    assert!(equals("/data/roles/1", json!("user")) && !equals("/data/roles/01", json!("user")));
    assert!(equals("/data/a~1b/m~0n", json!("odd")));
    let contains = |pointer: &str, part: &str| holds(&at(pointer, JsonTest::Contains(text(part))));
    assert!(contains("/data/context/user/profile/login", "@example.com"));
    assert!(contains("/data/roles", "admin") && !contains("/data/roles", "adm") && !contains("/data/n", "1"));
    let matches = |pointer: &str, p: &str| holds(&at(pointer, JsonTest::Pattern(Pattern::new(p).unwrap())));
    assert!(matches("/data/n", "^1$") && matches("/data/flag", "true") && !matches("/data/obj", "."));
    let exists = |pointer: &str| holds(&at(pointer, JsonTest::Exists));
    assert!(exists("") && exists("/data/nothing") && !exists("/data/none") && !exists("/data/n/x"));
}

#[test]
fn any_event_of_a_delivery_gives_the_event_type() {
    let body = r#"{"eventType":"com.okta.event_hook","data":{"events":[{"eventType":"user.session.start"},{"eventType":"user.lifecycle.create"}]}}"#;
    let test = |wanted: &str| {
        let condition = Condition::new(Test::EventType(TextTest::Equals(wanted.into())));
        first(&setup(vec![rule("r", vec![condition], answer(418))]), body).response.status == 418
    };
    assert!(test("user.lifecycle.create") && test("user.session.start") && test("com.okta.event_hook"));
    assert!(!test("user.lifecycle.delete"));
}

#[test]
fn the_first_rule_that_is_on_and_holds_decides_and_the_others_say_what_failed() {
    let dev = Condition::new(Test::Header { name: "X-Stage".into(), test: TextTest::Equals("dev".into()) });
    let method = Condition::new(Test::Method(TextTest::Equals("POST".into())));
    let login = Condition::new(Test::Json {
        pointer: Pointer::read("/data/context/user/profile/login").unwrap(),
        test: JsonTest::Contains("@other".into()),
    });
    let mut off = rule("off", Vec::new(), answer(500));
    off.is_on = false;
    let mut setup = setup(vec![
        off,
        rule("stage", vec![method.clone(), dev], answer(501)),
        rule("login", vec![login], answer(502)),
        rule("post", vec![method], answer(503)),
        rule("never asked", Vec::new(), answer(504)),
    ]);
    let plan = first(&setup, BODY);
    assert_eq!((plan.response.status, &*plan.response.rule), (503, "post"));
    let decided = plan.decided.unwrap();
    let told: Vec<(String, String)> = decided
        .rules
        .iter()
        .map(|rule| (rule.name.to_string(), rule.failed.as_ref().map(ToString::to_string).unwrap_or_default()))
        .collect();
    let told: Vec<(&str, &str)> = told.iter().map(|(name, failed)| (name.as_str(), failed.as_str())).collect();
    assert_eq!(
        told,
        [
            ("stage", "header X-Stage equals 'dev': none came"),
            ("login", "body /data/context/user/profile/login contains '@other': 'mira@example.com' came"),
            ("post", ""),
        ]
    );
    setup.rules_on = false;
    let plan = first(&setup, BODY);
    assert_eq!((plan.response.status, &*plan.response.rule, plan.decided), (204, "default", None));
}

#[test]
fn a_sequence_gives_each_answer_once_and_then_does_as_it_is_told() {
    let sequence = |at_end| {
        let steps = vec![Answer::from(status(500)), Answer::from(status(200))];
        Action { answers: Answers::Sequence(Sequence { steps, at_end }), ..Action::default() }
    };
    for (at_end, expected) in [
        (AtEnd::RepeatLast, [500, 200, 200, 200, 200]),
        (AtEnd::StartAgain, [500, 200, 500, 200, 500]),
        (AtEnd::FallThrough, [500, 200, 204, 204, 204]),
    ] {
        let by_rule = setup(vec![rule("r", Vec::new(), sequence(at_end))]);
        let mut by_endpoint = setup(Vec::new());
        endpoint(&mut by_endpoint).action = sequence(at_end);
        for setup in [by_rule, by_endpoint] {
            let counters = Counters::default();
            let given: Vec<u16> =
                (0..5).map(|_| ask(&setup, &request(BODY), &FIRST, &counters).response.status).collect();
            assert_eq!(given, expected, "{at_end:?}");
            counters.reset(Some("token"));
            let plan = ask(&setup, &request(BODY), &FIRST, &counters);
            assert_eq!(plan.decided.unwrap().step, Some((1, 2)));
        }
    }
}

#[test]
fn the_first_attempt_fails_and_the_retry_does_not() {
    let attempt = Condition::new(Test::Attempt(1));
    let setup = setup(vec![rule("first attempt fails", vec![attempt], answer(500))]);
    let counters = Counters::default();
    assert_eq!(ask(&setup, &request(BODY), &FIRST, &counters).response.status, 500);
    assert_eq!(ask(&setup, &request(BODY), &Comes { attempt: 2, ..FIRST }, &counters).response.status, 204);
}

#[test]
fn calls_that_come_together_share_out_what_can_be_used_up() {
    let nth = Condition::new(Test::Count(CountTest::Nth(5)));
    let steps = vec![Answer::from(status(500)), Answer::from(status(501))];
    let sequence = Answers::Sequence(Sequence { steps, at_end: AtEnd::FallThrough });
    let setup = setup(vec![
        rule("fifth", vec![nth], answer(505)),
        rule("sequence", Vec::new(), Action { answers: sequence, ..Action::default() }),
    ]);
    let counters = Counters::default();
    counters.stage("token".into(), status(418));
    let given: Vec<u16> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    (0..50).map(|_| ask(&setup, &request(BODY), &FIRST, &counters).response.status).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let times = |status| given.iter().filter(|given| **given == status).count();
    assert_eq!((times(418), times(500), times(501)), (1, 1, 1));
    // The fifth call may be the one that was staged for.
    assert!(times(505) <= 1);
    let hits: u64 = counters.rule_counts().iter().map(|count| count.n_hits).sum();
    assert_eq!(hits, 399);
    assert_eq!(counters.rule_counts().last().unwrap().last_call, CallId(7));
}

#[test]
fn a_saved_response_is_found_by_its_name_and_a_lost_one_is_the_endpoints() {
    let saved = |name: &str| Answer { response: ResponseChoice::Saved(name.into()), fault: None };
    let mut setup = setup(vec![rule("r", Vec::new(), saved("deny").into())]);
    setup.responses = vec![SavedResponse { name: "deny".into(), kind: None, response: status(403) }];
    assert_eq!(first(&setup, BODY).response.status, 403);
    endpoint(&mut setup).rules[0].action = saved("gone").into();
    assert_eq!(first(&setup, BODY).response.status, 204);
}

#[test]
fn each_fault_does_what_it_says_to_the_answer_or_on_the_wire() {
    let body = r#"{"commands":[]}"#;
    let broken = |fault: &Fault| {
        let own = ResponseSetup {
            body: body.into(),
            headers: vec![("Content-Type".into(), "application/json".into())],
            delay: Duration::from_millis(5),
            ..ResponseSetup::default()
        };
        let answer = Answer { response: ResponseChoice::Own(own), fault: Some(fault.clone()) };
        first(&setup(vec![rule("r", Vec::new(), answer.into())]), BODY)
    };
    let millis = |plan: &Plan| plan.delay.as_millis();
    for fault in Fault::all() {
        let plan = broken(&fault);
        assert_eq!(plan.decided.as_ref().unwrap().fault.as_deref(), Some(fault.to_string().as_str()));
        match &fault {
            Fault::Delay(_) => assert_eq!(millis(&plan), 1_000),
            Fault::RandomDelay { .. } => assert!(millis(&plan) <= 4_000),
            Fault::NearlyLate => assert_eq!(millis(&plan), 2_900),
            Fault::JustLate => assert_eq!(millis(&plan), 3_100),
            Fault::Never => assert_eq!(plan.wire, WireFault::Never),
            Fault::SlowBody { over } => assert_eq!(plan.wire, WireFault::SlowBody { over: *over }),
            Fault::BodyRate(_) => assert_eq!(plan.wire, WireFault::SlowBody { over: Duration::from_millis(150) }),
            Fault::LateBody { after } => assert_eq!(plan.wire, WireFault::BodyLate(*after)),
            Fault::ResetBeforeHead => assert_eq!(plan.wire, WireFault::ResetBeforeHead),
            Fault::ResetInHead => assert_eq!(plan.wire, WireFault::ResetInHead),
            Fault::ResetAfterHead => assert_eq!(plan.wire, WireFault::ResetAfterHead),
            Fault::EmptyAnswer => assert_eq!(plan.wire, WireFault::CloseWithoutByte),
            Fault::Garbage => assert!(matches!(&plan.wire, WireFault::Garbage(bytes) if !bytes.starts_with(b"HTTP"))),
            Fault::ContentType(_) => {
                assert_eq!(plan.response.headers.get("content-type"), Some(&b"text/html"[..]));
                assert_eq!(plan.response.headers.iter().count(), 1);
            }
            Fault::Redirect(location) => {
                assert_eq!((plan.response.status, plan.response.body.len()), (302, 0));
                assert_eq!(plan.response.headers.get("location"), Some(location.as_bytes()));
            }
            Fault::NoContentWithBody => {
                assert_eq!((plan.response.status, &plan.response.body[..]), (204, body.as_bytes()));
                assert_eq!(plan.wire, WireFault::BodyDespiteStatus);
            }
            Fault::TooLarge => {
                assert_eq!(plan.response.body.len(), 262_145);
                assert!(serde_json::from_slice::<Value>(&plan.response.body).is_ok());
            }
            Fault::BrokenJson => assert!(serde_json::from_slice::<Value>(&plan.response.body).is_err()),
        }
        let delays = matches!(fault, Fault::Delay(_) | Fault::RandomDelay { .. } | Fault::NearlyLate | Fault::JustLate);
        assert!(delays || millis(&plan) == 5, "the response's own delay stays: {fault}");
    }
}

#[test]
fn what_becomes_of_a_fault_is_what_the_judge_says_of_such_an_answer() {
    let check = |fault: Fault, kind, outcome, word: &str| {
        let consequence = fault.consequence(kind);
        assert_eq!(consequence.outcome, outcome, "{fault}: {consequence:?}");
        let said = format!("{} {}", consequence.summary, consequence.retry);
        assert!(said.contains(word), "{fault}: {said}");
        assert!(!consequence.source.is_empty());
    };
    check(Fault::NearlyLate, HookKind::Token, Outcome::Unchanged, "");
    check(Fault::JustLate, HookKind::Token, Outcome::Ignored, "Late by 100 ms");
    check(Fault::Never, HookKind::Registration, Outcome::Refused, "No answer");
    check(Fault::ResetBeforeHead, HookKind::Event, Outcome::Failed, "reset");
    check(Fault::ResetAfterHead, HookKind::Saml, Outcome::Ignored, "cut off");
    check(Fault::BrokenJson, HookKind::PasswordImport, Outcome::Refused, "");
    check(Fault::TooLarge, HookKind::Token, Outcome::Undocumented, "");
    check(Fault::Redirect("https://a.example/".into()), HookKind::Telephony, Outcome::Fallback, "");
    check(Fault::NoContentWithBody, HookKind::Event, Outcome::Accepted, "");
    let both = Fault::RandomDelay { from: Duration::ZERO, to: Duration::from_secs(4) };
    check(both, HookKind::Token, Outcome::Ignored, "Up to 3 seconds: ");
    for fault in Fault::all() {
        for kind in HookKind::NAMED.into_iter().chain([HookKind::Unknown]) {
            assert!(!fault.consequence(kind).summary.is_empty(), "{fault}, {kind}");
        }
    }
}

fn template(body: &str) -> ResponseSetup {
    ResponseSetup { body: body.into(), is_template: true, ..ResponseSetup::default() }
}

fn filled(body: &str) -> Plan {
    first(&setup(vec![rule("r", Vec::new(), Answer::from(template(body)).into())]), BODY)
}

#[test]
fn a_template_is_filled_with_values_of_the_call() {
    let body = filled(
        "{\"who\": {{ request.body.data.context.user.profile.login | tojson }}, \"env\": \"{{ request.headers['x-env'] }}\", \
         \"q\": \"{{ request.parameters.q }}\", \"call\": {{ call.id }}, \"attempt\": {{ attempt }}, \"id\": \"{{ event_id }}\", \
         \"at\": \"{{ now }}\", \"obj\": {{ request.body.data.obj | tojson }}{% if attempt == 1 %}, \"first\": true{% endif %}}",
    );
    let value: Value = serde_json::from_slice(&body.response.body).unwrap();
    assert_eq!(
        value,
        json!({ "who": "mira@example.com", "env": "prod", "q": "a b", "call": 7, "attempt": 1, "id": "e-1",
                "at": "2030-03-17T17:46:40.000Z", "obj": { "x": 1, "y": [1, 2.0] }, "first": true })
    );
    let uuid = |plan: Plan| String::from_utf8(plan.response.body.to_vec()).unwrap();
    let setup = setup(vec![rule("r", Vec::new(), Answer::from(template("{{ uuid }}")).into())]);
    let counters = Counters::new(3);
    let (one, other) = (ask(&setup, &request(BODY), &FIRST, &counters), ask(&setup, &request(BODY), &FIRST, &counters));
    let (one, other) = (uuid(one), uuid(other));
    assert!(one != other && one.len() == 36 && one.chars().nth(14) == Some('4'), "{one} {other}");
}

#[test]
fn a_header_of_a_template_is_filled_and_cannot_begin_another_one() {
    let setup = setup(vec![rule(
        "r",
        Vec::new(),
        Answer::from(ResponseSetup {
            headers: vec![("X-Id".into(), "{{ request.body.id }}".into()), ("X-Plain".into(), "1".into())],
            ..template("")
        })
        .into(),
    )]);
    let plan = first(&setup, r#"{"id":"a\r\nX-Evil: 1"}"#);
    assert_eq!(plan.response.headers.iter().count(), 2);
    assert_eq!(plan.response.headers.get("x-evil"), None);
}

#[test]
fn a_template_that_fails_answers_what_harms_nobody_and_says_where() {
    let check = |body: &str, line, column, word: &str| {
        let plan = filled(body);
        assert_eq!((plan.response.status, plan.response.body.len(), &*plan.response.rule), (204, 0, "r"), "{body}");
        let error = plan.decided.unwrap().template_error.clone().unwrap();
        assert_eq!((error.line, error.column), (line, column), "{error}");
        assert!(error.message.contains(word), "{error}");
    };
    check("{\"a\":\n  {{ request.body.none }}}", 2, 6, "request.body.none");
    check("{\n{{ 1 / 'a' }}", 2, 4, "");
    check("{{ request.body.eventId | nosuch }}", 1, 27, "nosuch");
    check("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", 1, 39, "too much");
    check("{% include 'x' %}", 1, 4, "");
    check("{{ }", 1, 4, "");
}

#[test]
fn a_template_cannot_grow_without_end() {
    for body in ["{{ 'x' * 1000000000 }}", "{% for a in range(2000) %}{{ 'x' * 1000 }}{% endfor %}"] {
        let error = filled(body).decided.unwrap().template_error.clone().unwrap();
        assert!(error.message.contains("1 MiB") || error.message.contains("too much"), "{error}");
    }
}

#[test]
fn a_template_that_was_made_to_be_deep_or_endless_ends_in_an_error_and_not_the_program() {
    let twice = "{% set x = [x, x] %}".repeat(60);
    let deep = "{{ [".to_owned() + &"1|list|".repeat(400) + "list] }}";
    for (body, part) in [
        (format!("{{% set x = [1] %}}{twice}{{{{ x | tojson }}}}"), "too much"),
        (format!("{{% set x = [1] %}}{twice}{{{{ x }}}}"), "too much"),
        ("{% set it = namespace(x=1) %}{% set it.x = it %}{{ it.x }}".to_owned(), "no namespace"),
        (deep, "too many operators"),
        (format!("{{% if attempt %}}{}{{% endif %}}", "{% elif attempt %}".repeat(5_000)), "too many elif"),
    ] {
        let error = filled(&body).decided.unwrap().template_error.clone().unwrap();
        assert!(error.message.contains(part), "{error}");
    }
    let plan = filled("{{ request.body | tojson }} {{ [[1, [2]], {'a': none}] }}");
    assert!(plan.decided.is_none_or(|decided| decided.template_error.is_none()));
}

#[test]
fn a_template_that_cannot_be_read_says_where() {
    let error = Template::new("body", "a\n{{ b | }}").unwrap_err();
    assert_eq!((error.line, &*error.part), (2, "body"));
    assert!(error.column > 1, "{error}");
}

#[test]
fn forwarding_and_holding_are_part_of_the_plan_with_what_goes_out_otherwise() {
    let action = Action { forward: Some(ForwardSetup::to("http://127.0.0.1:3000")), ..answer(503) };
    let plan = first(&setup(vec![rule("r", Vec::new(), action)]), BODY);
    assert_eq!(plan.forward.unwrap().to, "http://127.0.0.1:3000");
    assert_eq!((plan.response.status, plan.hold), (503, None));
}

#[test]
fn an_endpoint_that_holds_its_calls_holds_what_a_rule_answers_and_what_is_staged() {
    let held = HoldSetup { deadline: Duration::from_secs(2) };
    let mut setup = setup(vec![rule("r", vec![Condition::new(Test::Attempt(1))], answer(500))]);
    for endpoint in &mut setup.endpoints {
        endpoint.action.hold = Some(held);
    }
    let plan = first(&setup, BODY);
    assert_eq!((plan.response.status, plan.hold), (500, Some(held)));
    let own = HoldSetup { deadline: Duration::from_secs(1) };
    let action = Action { hold: Some(own), ..answer(418) };
    setup.endpoints[0].rules = vec![rule("r", Vec::new(), action.clone())];
    setup.endpoints[1].rules = vec![rule("r", Vec::new(), action)];
    assert_eq!(first(&setup, BODY).hold, Some(own), "a rule's own hold comes first");
}

#[test]
fn a_path_without_endpoint_is_answered_by_the_rules_of_its_kinds_endpoint() {
    let setup = setup(vec![rule("r", Vec::new(), answer(418))]);
    let (request, auth) = (request(BODY), AuthReport::NOT_CONFIGURED);
    let asked = Asked {
        call_id: CallId(1),
        hook: HookKind::Token,
        endpoint: None,
        request: &request,
        event_type: None,
        event_id: None,
        challenge: None,
        auth: &auth,
        attempt: 1,
        is_replay: false,
        problem: None,
    };
    assert_eq!(decide(&setup, &asked, &Counters::default()).unwrap().response.status, 418);
}

#[test]
fn a_rule_from_a_call_matches_that_call_and_not_one_of_another_user() {
    for kind in HookKind::WITH_ENDPOINT {
        let body = sample(kind.as_str()).unwrap().body;
        let mut opening = hookscope::call::Opening {
            call_id: CallId(9),
            direction: hookscope::call::Direction::Received,
            request: request(body),
            hook: kind,
            endpoint: Some("token".into()),
            endpoint_hook: None,
            event_id: None,
            link: hookscope::call::Link::FIRST,
            replay_of: None,
            auth: AuthReport::NOT_CONFIGURED,
            response: None,
            problem: None,
            oauth: None,
            decided: None,
            relay: None,
        };
        opening.response = Some(status(418).as_response("default".into(), 1));
        let rule = Rule::from_call(&opening);
        assert_eq!(&*rule.name, "like call 9");
        let setup = setup(vec![rule]);
        assert_eq!(first(&setup, body).response.status, 418, "{kind}");
        let other = body.replace("@northwind.example", "@elsewhere.example").replace("sami.aalto", "someone");
        assert_ne!(first(&setup, &other).response.status, 418, "{kind}");
    }
}

#[test]
fn a_rule_reads_as_a_sentence() {
    let login = Test::Json {
        pointer: Pointer::read("/data/userProfile/login").unwrap(),
        test: JsonTest::Contains("@example.com".into()),
    };
    let conditions = vec![Condition::new(Test::Attempt(1)), Condition::not(login)];
    let steps = vec![
        Answer::from(status(500)),
        Answer { response: ResponseChoice::Saved("ok".into()), fault: Some(Fault::NearlyLate) },
    ];
    let answers = Answers::Sequence(Sequence { steps, at_end: AtEnd::StartAgain });
    let rule = rule("r", conditions, Action { answers, ..Action::default() });
    assert_eq!(
        rule.to_string(),
        "When attempt is 1 and body /data/userProfile/login does not contain '@example.com', answer 500, \
         then the saved response 'ok' with fault: 2.9 s late, just in time, and from the start again"
    );
    let forward = Action { forward: Some(ForwardSetup::to("http://127.0.0.1:3000")), ..Action::default() };
    assert_eq!(
        Rule { conditions: Vec::new(), action: forward, ..rule }.to_string(),
        "Always forward to http://127.0.0.1:3000, else answer the endpoint's response"
    );
}

fn any_test() -> impl Strategy<Value = Test> {
    let wanted = prop_oneof![
        Just(TextTest::Exists),
        "\\PC{0,6}".prop_map(|text| TextTest::Equals(text.into())),
        "\\PC{0,3}".prop_map(|text| TextTest::Contains(text.into())),
        prop::sample::select(vec!["^a", "[0-9]+$", "(?i)x", ""])
            .prop_map(|p| TextTest::Pattern(Pattern::new(p).unwrap())),
    ];
    let wanted = wanted.boxed();
    let pointer =
        prop::sample::select(vec!["", "/", "/data", "/data/0", "/data/events/0/eventType", "/a~1b", "/eventType"]);
    let json = prop_oneof![
        Just(JsonTest::Exists),
        Just(JsonTest::Equals(json!({ "a": [1, null] }))),
        "\\PC{0,3}".prop_map(|text| JsonTest::Contains(text.into())),
        Just(JsonTest::Pattern(Pattern::new(".").unwrap())),
    ];
    prop_oneof![
        wanted.clone().prop_map(Test::Method),
        wanted.clone().prop_map(Test::Path),
        wanted.clone().prop_map(Test::EventType),
        ("[A-Za-z-]{1,8}", wanted).prop_map(|(name, test)| Test::Header { name: name.into(), test }),
        (pointer, json)
            .prop_map(|(pointer, test)| Test::Json { pointer: Pointer::read(pointer).unwrap().into_owned(), test }),
        (0u64..4).prop_map(|n| Test::Count(CountTest::Every(n))),
        any::<bool>().prop_map(Test::Replay),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_request_makes_a_rule_panic_and_a_condition_is_true_or_its_opposite_is(
        tests in prop::collection::vec(any_test(), 0..6),
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..64),
            "[{}\\[\\]\",:0-9a-z\\\\]{0,40}".prop_map(String::into_bytes),
            Just(BODY.as_bytes().to_vec()),
        ],
        block in prop::collection::vec(any::<u8>(), 0..64),
        method in prop::option::of("\\PC{0,5}"),
    ) {
        let mut request = request("");
        request.body = body.into();
        request.headers = Headers::from_block(block.into());
        request.method = method;
        for test in tests {
            let is = |condition: Condition| {
                let plan = ask(&setup(vec![rule("r", vec![condition], answer(418))]), &request, &FIRST, &Counters::default());
                let decided: Arc<Decided> = plan.decided.unwrap();
                assert_eq!(decided.rules[0].matched(), plan.response.status == 418);
                plan.response.status == 418
            };
            prop_assert_ne!(is(Condition::new(test.clone())), is(Condition::not(test)));
        }
    }

    #[test]
    fn no_text_makes_a_template_panic(source in "[{}%#a-z0-9 '\"|.()\\[\\]\n]{0,60}") {
        if let Ok(template) = Template::new("body", &source) {
            let request = request(BODY);
            template.render(&TemplateValues::new(&request, HookKind::Token)).ok();
        }
    }
}
