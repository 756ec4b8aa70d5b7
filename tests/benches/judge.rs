//! How long judging takes: nanoseconds for one call of 1 KB with a small response, and for one of 6 KB with 2 KB.
//!
//! Run it with `cargo bench --bench judge`. It judges by itself, so it prints and never fails.
#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use hookscope::okta::{Answer, Asked, Credential, Exchange, HookKind, judge};

/// Judged so often before and while the clock runs.
const N_ROUNDS: u32 = 20_000;

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
    for _ in 0..N_ROUNDS {
        black_box(judge(black_box(&exchange)));
    }
    let start = Instant::now();
    for _ in 0..N_ROUNDS {
        black_box(judge(black_box(&exchange)));
    }
    let per_call = start.elapsed().as_nanos() / u128::from(N_ROUNDS);
    println!("{name}: {per_call} ns per call ({} B request, {} B response)", request.len(), response.len());
}

fn main() {
    measure("small", &request(1_000), &response(120));
    measure("large", &request(6_000), &response(2_000));
}
