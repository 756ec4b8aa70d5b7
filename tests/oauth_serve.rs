//! `hookscope serve` with an authorization server in the workspace: everything without a window.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use serde_json::{Value, json};
use support::{Answer, Client, Home, body_of};

const WORKSPACE: &str = r#"format = 1

[defaults]
enforce = true

[oauth]
path = "/oauth2/mine"
scopes = ["tide.hooks"]

[[oauth.client]]
client_id = "0oa1"
secret = { env = "HOOK_CLIENT_SECRET" }

[[endpoint]]
name = "token"
path = "/hooks/token"
hook = "token"
auth = { bearer = { issuer = "stand-in", client_id = "0oa1", scopes = ["tide.hooks"] } }
"#;

fn ask(client: &mut Client, secret: &str) -> Answer {
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let form = format!("grant_type=client_credentials&scope=tide.hooks&client_id=0oa1&client_secret={secret}");
    client.request("POST", "/oauth2/mine/v1/token", &headers, &form)
}

#[test]
fn a_workspace_with_an_authorization_server_is_served_without_a_window() {
    let home = Home::new();
    let workspace = home.write("workspace.toml", WORKSPACE);
    let mut command = home.hookscope();
    command.env("HOOK_CLIENT_SECRET", "right-horse");
    let mut serve = home.serve_with(command, &["--workspace", workspace.to_str().unwrap()]);
    let mut client = serve.client();
    // Until its key is made it asks to come again.
    let (answer, line) = loop {
        let answer = ask(&mut client, "right-horse");
        let line = serve.next_call();
        if answer.status != 503 {
            break (answer, line);
        }
        assert!(answer.head.to_lowercase().contains("retry-after"), "{}", answer.head);
    };
    assert_eq!(answer.status, 200, "{line}");
    assert_eq!((&line["hook"], &line["endpoint"]), (&json!("unknown"), &Value::Null));
    assert_eq!((&line["response"]["rule"], &line["auth"]["result"]), (&json!("authorization-server"), &json!("pass")));
    assert_eq!((&line["oauth"]["part"], &line["oauth"]["asked"]), (&json!("served"), &json!("token")));
    assert_eq!(line["verdict"]["summary"], "Token given to client 0oa1, valid for one hour");
    assert!(!line.to_string().contains("right-horse"), "{line}");
    let fetched = line["id"].clone();
    let token: Value = serde_json::from_slice(&answer.body).unwrap();
    let authorization = format!("Bearer {}", token["access_token"].as_str().unwrap());

    let headers = [("Content-Type", "application/json"), ("Authorization", &*authorization)];
    assert_eq!(client.request("POST", "/hooks/token", &headers, &body_of("token", "one")).status, 204);
    let line = serve.next_call();
    assert_eq!(line["auth"]["result"], "pass", "{line}");
    assert_eq!((&line["oauth"]["token_call"], &line["oauth"]["first_use"]), (&fetched, &json!(true)));
    assert_eq!(line["oauth"]["token_ms"], line["timing"]["token_ms"]);
    let phases: f64 = line["timing"]["phases"].as_object().unwrap().values().map(|ms| ms.as_f64().unwrap()).sum();
    assert!((phases - line["timing"]["total_ms"].as_f64().unwrap()).abs() < 0.001, "{line}");

    assert_eq!(client.post("/hooks/token", &body_of("token", "two")).status, 401);
    assert_eq!(serve.next_call()["auth"]["result"], "missing");
    assert_eq!(ask(&mut client, "wrong-horse").status, 401);
    let line = serve.next_call();
    assert_eq!((&line["oauth"]["error"], &line["auth"]["result"]), (&json!("invalid_client"), &json!("fail")));
    assert!(line["verdict"]["summary"].as_str().unwrap().starts_with("Refused: invalid_client"), "{line}");
    assert!(!line.to_string().contains("horse"), "{line}");
    let (code, said) = serve.end();
    assert_eq!(code, 0, "{said}");
}
