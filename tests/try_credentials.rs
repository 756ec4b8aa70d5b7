//! `send --try-credentials` against handlers that check their credential and handlers that do not, over real TLS.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod net;
mod support;

use std::sync::Arc;
use std::time::Duration;

use hookscope::call::{Request, Response};
use net::{Running, Witness, listen, response};
use serde_json::Value;
use support::Home;

/// Base64 of `okta:open sesame`.
const RIGHT: &str = "Basic b2t0YTpvcGVuIHNlc2FtZQ==";

fn handler(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Arc<Witness> {
    Witness::new(move |arrived| (Some(answer(&arrived.request)), Duration::ZERO))
}

fn status(status: u16) -> Response {
    response(status, &[], "")
}

/// Answers a verification as it should be, and anything else 204.
fn good(request: &Request) -> Response {
    match request.header("x-okta-verification-challenge") {
        Some(challenge) => net::json(&format!("{{\"verification\":\"{challenge}\"}}")),
        None => status(204),
    }
}

fn is_right(request: &Request) -> bool {
    request.header("authorization") == Some(RIGHT)
}

/// Runs `send` and gives its exit code and output.
async fn send(server: &Running, more: &[&str]) -> (i32, String) {
    let to = format!("https://{}/hook", server.listening.https_addr());
    let ca = server.listening.certificate().pem_path.display().to_string();
    let mut arguments: Vec<String> =
        ["send", "--to", &to, "--cacert", &ca, "--try-credentials"].map(str::to_owned).to_vec();
    arguments.extend(more.iter().map(|argument| (*argument).to_owned()));
    tokio::task::spawn_blocking(move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (code, out, said) = Home::new().run(&arguments);
        assert!(said.is_empty(), "{said}");
        (code, out)
    })
    .await
    .unwrap()
}

/// Each try as `credential status as_expected T12-or-not`.
async fn tries(witness: Arc<Witness>, hook: &str) -> (i32, Vec<String>) {
    let server = listen(witness).await;
    let (code, out) = send(&server, &["--hook", hook, "--basic", "okta:open sesame", "--json"]).await;
    let lines = out.lines().map(|line| {
        assert!(!line.contains("sesame") && !line.contains("b2t0YTpvcGVu"), "{line}");
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(line["verdict"]["outcome"].is_string() && line.get("effect").is_some(), "{line}");
        let findings = line["verdict"]["findings"].as_array().unwrap();
        let tried = findings.iter().find(|finding| finding["id"] == "T12");
        format!(
            "{} {} {} {} {}",
            line["hook"].as_str().unwrap(),
            line["credential"].as_str().unwrap(),
            line["attempts"][0]["status"],
            line["as_expected"],
            tried.map_or("-", |finding| finding["severity"].as_str().unwrap()),
        )
    });
    (code, lines.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_checks_everything_passes() {
    let checks = || handler(|request| if is_right(request) { good(request) } else { status(401) });
    let (code, lines) = tries(checks(), "event").await;
    assert_eq!(
        lines,
        ["event given 204 true -", "event none 401 true -", "event wrong 401 true -", "verification none 401 true -"]
    );
    assert_eq!(code, 0);
    let (code, lines) = tries(checks(), "verification").await;
    assert_eq!(
        lines,
        ["verification given 200 true -", "verification none 401 true -", "verification wrong 401 true -"]
    );
    assert_eq!(code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_accepts_everything_is_an_error_for_each_try_that_should_be_refused() {
    let (code, lines) = tries(handler(good), "token").await;
    assert_eq!(lines, ["token given 204 true -", "token none 204 false error", "token wrong 204 false error"]);
    assert_eq!(code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_checks_on_post_only_is_found_by_the_verification() {
    let post_only = handler(|request| {
        if request.method.as_deref() == Some("GET") || is_right(request) { good(request) } else { status(401) }
    });
    let (code, lines) = tries(post_only, "event").await;
    assert_eq!(lines[1..], ["event none 401 true -", "event wrong 401 true -", "verification none 200 false error"]);
    assert_eq!(code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_only_looks_whether_there_is_a_credential_is_found_by_the_wrong_one() {
    let present =
        handler(|request| if request.header("authorization").is_some() { good(request) } else { status(401) });
    let (code, lines) = tries(present, "saml").await;
    assert_eq!(lines[1..], ["saml none 401 true -", "saml wrong 204 false error"]);
    assert_eq!(code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_credential_is_another_one_of_the_same_shape() {
    let server = listen(handler(|request| if is_right(request) { good(request) } else { status(401) })).await;
    let (_, _) = send(&server, &["--hook", "saml", "--basic", "okta:open sesame", "--header", "X-Key: k3y"]).await;
    let mut came = Vec::new();
    for _ in 0..3 {
        let request = server.witness.arrived().await.request;
        came.push(["authorization", "x-key"].map(|name| request.header(name).unwrap_or("-").to_owned()));
    }
    assert_eq!(came[0], [RIGHT, "k3y"]);
    assert_eq!(came[1], ["-", "-"]);
    // Base64 of `okta:not-the-right-secret`.
    assert_eq!(came[2], ["Basic b2t0YTpub3QtdGhlLXJpZ2h0LXNlY3JldA==", "not-the-right-secret"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_reads_a_table_without_a_secret_in_it() {
    let server = listen(handler(good)).await;
    let (code, out) = send(&server, &["--hook", "token", "--basic", "okta:open sesame"]).await;
    assert_eq!(code, 1);
    assert!(out.contains("none        no Authorization"), "{out}");
    assert!(out.contains("Basic, another password  204     Accepted, though it should be refused"), "{out}");
    assert!(out.contains("error T12: Check the credential"), "{out}");
    assert!(!out.contains("sesame") && !out.contains("b2t0YTpvcGVu"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_right_credential_there_is_nothing_to_compare_with() {
    let result = tokio::task::spawn_blocking(|| {
        Home::new().run(&["send", "--hook", "token", "--to", "https://127.0.0.1:1/", "--try-credentials"])
    });
    let (code, out, said) = result.await.unwrap();
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(said.contains("--basic or --header"), "{said}");
}
