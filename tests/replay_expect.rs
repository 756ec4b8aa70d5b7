//! `replay --expect`: a recorded session as a test of the handler it is sent to, for people and for CI systems.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use serde_json::Value;
use support::{Home, Serve, body_of};

const UNCHANGED: &str = "format = 1\n[[endpoint]]\nname = \"token\"\npath = \"/hooks/token\"\nhook = \"token\"\n";
const BROKEN: &str = "[endpoint.response]\nstatus = 500\n";

/// A session of three token calls that were answered 204, and its path.
fn recorded(home: &Home) -> String {
    let session = home.path("recorded.hookscope").to_str().unwrap().to_owned();
    let workspace = home.write("recorded.toml", UNCHANGED);
    let mut serve = home.serve(&["--workspace", workspace.to_str().unwrap(), "--session", &session]);
    for id in ["e-1", "e-2", "e-3"] {
        serve.client().request("POST", "/hooks/token", &[], &body_of("token", id));
        serve.next_call();
    }
    serve.end();
    session
}

fn handler(home: &Home, name: &str, settings: &str) -> (Serve, String) {
    let workspace = home.write(name, settings);
    let serve = home.serve(&["--workspace", workspace.to_str().unwrap()]);
    let url = format!("https://{}", serve.address);
    (serve, url)
}

#[test]
fn a_handler_that_answers_as_before_passes_and_one_that_does_not_fails() {
    let home = Home::new();
    let session = recorded(&home);
    let (_same, same) = handler(&home, "same.toml", UNCHANGED);
    let (code, out, said) = home.run(&["replay", &session, "--to", &same, "--expect", &session, "--json"]);
    assert_eq!((code, said.as_str()), (0, ""), "{out}");
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    for line in &lines {
        assert_eq!(line["expected"], serde_json::json!({ "status": 204, "outcome": "unchanged" }));
        assert!(line["difference"].is_null());
    }
    let (_broken, broken) = handler(&home, "broken.toml", &format!("{UNCHANGED}{BROKEN}"));
    let (code, _, said) = home.run(&["replay", &session, "--to", &broken, "--expect", &session, "--calls", "2"]);
    assert_eq!(code, 1);
    assert!(
        said.contains("call 2 differs: status 204 was expected, 500 came; outcome unchanged was expected"),
        "{said}"
    );
}

#[test]
fn a_failure_that_is_expected_passes() {
    let home = Home::new();
    let session = recorded(&home);
    let (_broken, broken) = handler(&home, "broken.toml", &format!("{UNCHANGED}{BROKEN}"));
    // Without an expectation an ignored answer is a finding of severity error.
    let (code, out, _) = home.run(&["replay", &session, "--to", &broken, "--json"]);
    assert_eq!(code, 1);
    let expected = home.write("expected.jsonl", &out);
    let arguments = ["replay", &session, "--to", &broken, "--expect", expected.to_str().unwrap()];
    let (code, _, said) = home.run(&arguments);
    assert_eq!((code, said.as_str()), (0, ""));
}

#[test]
fn an_export_is_an_expectation_and_the_result_can_be_junit_xml() {
    let home = Home::new();
    let session = recorded(&home);
    let (_, export, _) = home.run(&["export", &session]);
    let expected = home.write("expected.jsonl", &export);
    let (_broken, broken) = handler(&home, "broken.toml", &format!("{UNCHANGED}{BROKEN}"));
    let xml = home.path("result.xml");
    let files = ["--expect", expected.to_str().unwrap(), "--junit", xml.to_str().unwrap()];
    let (code, _, _) = home.run(&[&["replay", &session, "--to", &broken, "--calls", "1-2"], &files[..]].concat());
    assert_eq!(code, 1);
    let text = std::fs::read_to_string(&xml).unwrap();
    assert!(text.contains("tests=\"2\"") && text.contains("failures=\"2\""), "{text}");
    assert!(text.contains("call 1 token /hooks/token") && text.contains("status 204 was expected, 500 came"), "{text}");
}

#[test]
fn what_cannot_be_compared_with_is_said_before_anything_is_sent() {
    let home = Home::new();
    let session = recorded(&home);
    let (mut serve, url) = handler(&home, "same.toml", UNCHANGED);
    let nonsense = home.write("nonsense.jsonl", "{\"id\":1}\n");
    let missing = home.path("missing.jsonl");
    for (file, word) in [(&nonsense, "line 1 has no verdict"), (&missing, "cannot read the expectation")] {
        let (code, out, said) = home.run(&["replay", &session, "--to", &url, "--expect", file.to_str().unwrap()]);
        assert_eq!((code, out.as_str()), (2, ""));
        assert!(said.contains(word), "{said}");
    }
    // A JUnit file never takes the place of the session.
    let (code, _, said) = home.run(&["replay", &session, "--to", &url, "--calls", "1", "--junit", &session]);
    assert_ne!(code, 0);
    assert!(said.contains("in use"), "{said}");
    serve.next_call();
}

#[test]
fn a_run_can_be_wide_and_fresh() {
    let home = Home::new();
    let session = recorded(&home);
    let (mut serve, url) = handler(&home, "same.toml", UNCHANGED);
    let pace = ["--repeat", "4", "--concurrency", "8", "--spacing-ms", "1", "--fresh", "--json"];
    let (code, out, said) = home.run(&[&["replay", &session, "--to", &url], &pace[..]].concat());
    assert_eq!((code, out.lines().count()), (0, 12), "{said}");
    let mut event_ids: Vec<String> =
        (0..12).map(|_| serve.next_call()["event_id"].as_str().unwrap().to_owned()).collect();
    event_ids.sort();
    event_ids.dedup();
    assert_eq!(event_ids.len(), 12);
}
