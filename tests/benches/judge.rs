//! How long judging takes: nanoseconds for one call of 1 KB with a small response, for one of 6 KB with 2 KB, for a patch of
//! several operations on both tokens, and for responses up to 200 KB, which should take time in proportion to their length.
//!
//! Run it with `cargo bench --bench judge`. It judges by itself, so it prints and never fails.
#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use hookscope::okta::{Answer, Asked, Credential, Exchange, HookKind, judge, sample};

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
}
