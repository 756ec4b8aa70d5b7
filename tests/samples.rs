//! What lies in `samples/` stays readable for ever: every form of the session file that was released, and the workspace.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use serde_json::Value;
use support::Home;

fn sample(name: &str) -> String {
    format!("{}/samples/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_sample_session_opens_and_says_what_became_of_its_calls() {
    let home = Home::new();
    let before = std::fs::read(sample("session.hookscope")).unwrap();
    let (code, lines, said) = home.run(&["export", &sample("session.hookscope")]);
    assert_eq!(code, 0, "{said}");
    let calls: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(calls.len(), 16);
    let shown = |id: usize| {
        let call = &calls[id - 1];
        (call["hook"].as_str().unwrap().to_owned(), call["verdict"]["outcome"].as_str().unwrap().to_owned())
    };
    assert_eq!(shown(2), ("token".to_owned(), "applied".to_owned()));
    assert_eq!(shown(3), ("saml".to_owned(), "ignored".to_owned()));
    assert_eq!(calls[4]["retry_of"], 4);
    assert_eq!(calls[13]["duplicate_of"], 13);
    assert_eq!(calls[14]["problem"]["kind"], "plain-http");
    assert!(!lines.contains("b2t0YTpsZXQtbWUtaW4="), "the credential is masked");
    let after = std::fs::read(sample("session.hookscope")).unwrap();
    assert!(before == after, "looking at a session changes nothing in it");
}

#[test]
fn the_sample_workspace_is_served_without_an_error() {
    let home = Home::new();
    let workspace = sample("workspace.toml");
    let mut command = home.hookscope();
    command.env("HOOK_PASSWORD", "sample");
    let mut serve = home.serve_with(command, &["--workspace", &workspace]);
    let answer = serve.client().post("/hooks/token", &support::body_of("token", "sample"));
    assert_eq!(answer.status, 200);
    let line = serve.next_call();
    assert_eq!(line["auth"]["result"], "missing");
    assert_eq!(line["verdict"]["outcome"], "applied");
    let (code, said) = serve.end();
    assert_eq!((code, said.as_str()), (0, ""));
}

#[test]
fn every_sample_request_is_a_call_of_its_kind() {
    let home = Home::new();
    let mut serve = home.serve(&[]);
    let mut client = serve.client();
    for kind in ["event", "token", "saml", "registration", "password-import", "user-import", "telephony"] {
        let body = std::fs::read_to_string(sample(&format!("{kind}.json"))).unwrap();
        client.post("/anywhere", &body);
        let line = serve.next_call();
        assert_eq!(line["hook"], kind);
        assert!(line["event_id"].is_string(), "{line}");
    }
}
