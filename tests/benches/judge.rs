//! How long judging takes: nanoseconds for one call of 1 KB with a small response, for one of 6 KB with 2 KB, for a patch of
//! several operations on both tokens, and for responses up to 200 KB, which should take time in proportion to their length; and how
//! long it takes to choose a response among 200 rules.
//!
//! Run it with `cargo bench --bench judge`. It judges by itself, so it prints and never fails.
#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use hookscope::call::{AuthReport, CallId, Headers, Request, Timestamp};
use hookscope::okta::{Answer, Asked, Credential, Exchange, HookKind, Pointer, RequestEnvelope, judge, sample};
use hookscope::respond::{
    self, Action, Condition, Counters, JsonTest, Pattern, ResponseSetup, Rule, Setup, Test, TextTest, decide,
};

/// Bytes of response that are judged before and while the clock runs.
const N_BYTES: usize = 8_000_000;

/// A token request of about this many bytes.
fn request(n_bytes: usize) -> String {
    let head = r#"{"eventId":"bench","eventType":"com.okta.oauth2.tokens.transform","data":{"identity":{"claims":{"#;
    let tail = r#""sub":"00uBench"}}}}"#;
    let mut body = head.to_owned();
    let mut number = 0;
    while body.len() + tail.len() < n_bytes {
        body.push_str(&format!("\"claim{number}\":{{\"code\":\"K{number}\"}},"));
        number += 1;
    }
    body + tail
}

/// A response with patch commands of about this many bytes.
fn response(n_bytes: usize) -> String {
    let mut operations = vec![r#"{"op":"add","path":"/claims/tier","value":"gold"}"#.to_owned()];
    while operations.iter().map(|operation| operation.len() + 1).sum::<usize>() + 70 < n_bytes {
        let number = operations.len();
        operations.push(format!(r#"{{"op":"replace","path":"/claims/claim{number}/code","value":"Z{number}"}}"#));
    }
    format!(r#"{{"commands":[{{"type":"com.okta.identity.patch","value":[{}]}}]}}"#, operations.join(","))
}

fn measure(name: &str, request: &str, response: &str) {
    let exchange = Exchange {
        hook: HookKind::Token,
        endpoint_hook: None,
        asked: Asked::Body(request.as_bytes()),
        answer: Answer::Complete { status: 200, content_type: Some("application/json"), body: response.as_bytes() },
        elapsed: Duration::from_millis(3),
        attempt: 1,
        credential: Credential::Good,
    };
    let n_rounds = (N_BYTES / (request.len() + response.len())).clamp(20, 20_000);
    for _ in 0..n_rounds {
        black_box(judge(black_box(&exchange)));
    }
    let start = Instant::now();
    for _ in 0..n_rounds {
        black_box(judge(black_box(&exchange)));
    }
    let per_call = start.elapsed().as_nanos() / n_rounds as u128;
    let outcome = judge(&exchange).outcome;
    let (asked, answered) = (request.len(), response.len());
    println!("{name}: {per_call} ns per call, {} ({asked} B request, {answered} B response)", outcome.as_str());
}

/// Operations of every sort on both tokens of the sample.
const SEVERAL: &str = r#"{"commands":[{"type":"com.okta.identity.patch","value":[
    {"op":"add","path":"/claims/loyaltyTier","value":"gold"},
    {"op":"replace","path":"/claims/loyalty/tier","value":"silver"},
    {"op":"remove","path":"/claims/locale"}]},
  {"type":"com.okta.access.patch","value":[
    {"op":"add","path":"/claims/branches/-","value":"station"},
    {"op":"add","path":"/claims/https:~1~1northwind.example~1role","value":["baker"]},
    {"op":"replace","path":"/token/lifetime/expiration","value":7200}]}]}"#;

/// A response that adds claims, about this many bytes long.
fn additions(n_bytes: usize) -> String {
    let mut operations = String::new();
    let mut number = 0;
    while operations.len() + 70 < n_bytes {
        let comma = if number == 0 { "" } else { "," };
        operations
            .push_str(&format!("{comma}{{\"op\":\"add\",\"path\":\"/claims/new{number}\",\"value\":\"Z{number}\"}}"));
        number += 1;
    }
    format!(r#"{{"commands":[{{"type":"com.okta.identity.patch","value":[{operations}]}}]}}"#)
}

/// Rules that look at all sorts of things, none of which is there but for the last one.
fn rules(n_rules: usize) -> Vec<Rule> {
    let json =
        |pointer: &str, test| Test::Json { pointer: Pointer::of_segments(pointer.split('/').map(str::to_owned)), test };
    let mut rules = Vec::new();
    for number in 0..n_rules {
        let wanted = format!("wanted{number}");
        let own = match number % 5 {
            0 => Test::Header { name: "X-Env".into(), test: TextTest::Equals(wanted.into()) },
            1 => json(&format!("data/identity/claims/claim{number}/code"), JsonTest::Equals(wanted.into())),
            2 => json("data/identity/claims/sub", JsonTest::Contains(wanted.into())),
            3 => match Pattern::new(&format!("^{wanted}[a-z]+$")) {
                Ok(pattern) => json("data/identity/claims/sub", JsonTest::Pattern(pattern)),
                Err(_) => Test::Attempt(2),
            },
            _ => Test::Path(TextTest::Contains(wanted.into())),
        };
        let conditions = vec![
            Condition::new(Test::Method(TextTest::Equals("POST".into()))),
            if number + 1 == n_rules { Condition::new(Test::Attempt(1)) } else { Condition::new(own) },
        ];
        let action = Action::from(respond::Answer::from(ResponseSetup::default()));
        rules.push(Rule { name: format!("rule {number}").into(), is_on: true, conditions, action });
    }
    rules
}

fn measure_decide(name: &str, n_rules: usize, body: &str) {
    let mut setup = Setup::first_start();
    if let Some(endpoint) = setup.endpoints.iter_mut().find(|endpoint| &*endpoint.name == "token") {
        endpoint.rules = rules(n_rules);
    }
    let fields = (0..12).map(|number| (format!("X-Header-{number}"), "some value of some length".to_owned()));
    let request = Request {
        received_at: Timestamp(0),
        peer: String::new(),
        over_tls: true,
        tls: None,
        http_version: None,
        method: Some("POST".to_owned()),
        path: Some("/hooks/token".to_owned()),
        query: None,
        headers: Headers::from_fields(fields.chain([("X-Env".to_owned(), "prod".to_owned())])),
        body: body.to_owned().into(),
        body_size: None,
        truncated: false,
    };
    let envelope = RequestEnvelope::read(&request.body);
    let asked = respond::Asked {
        call_id: CallId(1),
        hook: HookKind::Token,
        endpoint: setup.endpoint_named("token"),
        request: &request,
        event_type: envelope.event_type.as_deref(),
        event_id: envelope.event_id.as_deref(),
        challenge: None,
        auth: &AuthReport::NOT_CONFIGURED,
        attempt: 1,
        is_replay: false,
        problem: None,
    };
    let counters = Counters::new(1);
    let n_rounds = 20_000;
    for _ in 0..n_rounds {
        black_box(decide(black_box(&setup), &asked, &counters));
    }
    let start = Instant::now();
    for _ in 0..n_rounds {
        black_box(decide(black_box(&setup), &asked, &counters));
    }
    let per_call = start.elapsed().as_nanos() / n_rounds as u128;
    let rule = decide(&setup, &asked, &counters).map(|plan| plan.response.rule);
    println!("{name}: {per_call} ns per call, {} ({} B request)", rule.as_deref().unwrap_or("none"), body.len());
}

fn main() {
    measure("small", &request(1_000), &response(120));
    measure("large", &request(6_000), &response(2_000));
    let sample = sample("token").map_or("", |sample| sample.body);
    measure("several operations", sample, SEVERAL);
    for thousands in [25, 50, 100, 200] {
        measure(&format!("{thousands} KB that add claims"), &request(6_000), &additions(thousands * 1_000));
    }
    // Every operation fails: each is a fault to tell.
    let reserved = additions(200_000).replace("/claims/new", "/claims/none/new");
    measure("200 KB of faults", &request(6_000), &reserved);
    for n_rules in [0, 10, 200] {
        measure_decide(&format!("decide, {n_rules} rules, 6 KB"), n_rules, &request(6_000));
    }
}
