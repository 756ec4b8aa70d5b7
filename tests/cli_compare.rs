//! `compare`: two recorded calls as a program and a person get them, with the exit code that says whether they are the same.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use serde_json::{Value, json};
use support::{Home, body_of};

const ENDPOINT: &str = "format = 1\n[[endpoint]]\nname = \"token\"\npath = \"/hooks/token\"\nhook = \"token\"\n";
const BROKEN: &str = "[endpoint.response]\nstatus = 500\n";

/// A session of two token calls that differ by their ids, one with a header and a secret of its own, and its path.
fn recorded(home: &Home, name: &str, settings: &str) -> String {
    let session = home.path(&format!("{name}.hookscope")).to_str().unwrap().to_owned();
    let workspace = home.write(&format!("{name}.toml"), settings);
    let mut serve = home.serve(&["--workspace", workspace.to_str().unwrap(), "--session", &session]);
    let sends: [(&str, &[(&str, &str)]); 3] = [
        ("e-1", &[("x-kind", "a"), ("authorization", "Bearer first-secret-of-all")]),
        ("e-2", &[("x-kind", "a"), ("authorization", "Bearer second-secret-of-all")]),
        ("e-3", &[("x-kind", "b"), ("authorization", "Bearer second-secret-of-all")]),
    ];
    for (id, headers) in sends {
        serve.client().request("POST", "/hooks/token", headers, &body_of("token", id));
        serve.next_call();
    }
    serve.end();
    session
}

fn part<'a>(object: &'a Value, name: &str) -> &'a Value {
    object["parts"].as_array().unwrap().iter().find(|part| part["part"] == name).unwrap()
}

#[test]
fn calls_that_differ_by_their_nature_are_the_same_and_no_secret_is_printed() {
    let home = Home::new();
    let session = recorded(&home, "one", ENDPOINT);
    let (code, out, said) = home.run(&["compare", &session, "1", "2"]);
    assert_eq!((code, said.as_str()), (0, ""), "{out}");
    assert!(out.contains("Request body: the same, ") && out.contains(" left out as volatile"), "{out}");
    assert!(out.ends_with("Nothing is different\n"), "{out}");
    let (code, out, _) = home.run(&["compare", &session, "1", "3"]);
    assert_eq!(code, 1);
    assert!(out.contains("Request headers: 1 changed"), "{out}");
    assert!(out.contains("  ~ /x-kind  \"a\" → \"b\"\n"), "{out}");
    assert!(!out.contains("secret-of-all"), "{out}");
    let (code, _, _) = home.run(&["compare", &session, "1", "3", "--ignore", "X-Kind"]);
    assert_eq!(code, 0);
}

#[test]
fn calls_of_two_sessions_are_compared_and_a_program_gets_one_object() {
    let home = Home::new();
    let before = recorded(&home, "before", ENDPOINT);
    let after = recorded(&home, "after", &format!("{ENDPOINT}{BROKEN}"));
    let (code, out, said) = home.run(&["compare", &before, "1", "1", "--with", &after, "--json"]);
    assert_eq!((code, said.as_str()), (1, ""), "{out}");
    let object: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(object["equal"], false);
    assert_eq!(object["after"], json!({ "session": after, "call": 1 }));
    let status = json!([{ "pointer": "", "change": "changed", "before": 204, "after": 500 }]);
    assert_eq!(part(&object, "status")["differences"], status);
    assert_eq!(part(&object, "request_headers")["differences"], json!([]));
    assert!(part(&object, "verdict")["changed"].as_u64().unwrap() > 0);
}

#[test]
fn what_cannot_be_compared_says_why() {
    let home = Home::new();
    let session = recorded(&home, "one", ENDPOINT);
    let (code, out, said) = home.run(&["compare", &session, "1", "99"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(said.contains("there is no call 99 in "), "{said}");
    let (code, _, _) = home.run(&["compare", &session, "1"]);
    assert_eq!(code, 2);
    let (code, _, _) = home.run(&["compare", "nowhere.hookscope", "1", "2"]);
    assert_eq!(code, 2);
}
