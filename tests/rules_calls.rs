//! Rules over real TLS: what a script sees of them in lines, and in the session afterwards.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use serde_json::{Value, json};
use support::{Home, Serve, body_of};

fn serve(home: &Home, rules: &str) -> Serve {
    let text = format!(
        "format = 1\n[[endpoint]]\nname = \"saml\"\npath = \"/saml\"\nhook = \"saml\"\n{rules}\n\
         [[endpoint]]\nname = \"password\"\npath = \"/password\"\nhook = \"password-import\"\n\
         [[endpoint.rule]]\nname = \"by password\"\n\
         when = [ {{ header = \"X-Stage\", equals = \"dev\" }}, {{ json = \"/data/context/credential/password\", contains = \"z\" }} ]\n\
         [[endpoint.rule]]\nname = \"by key\"\nwhen = [ {{ header = \"Authorization\", pattern = \"^Digest\" }} ]\n"
    );
    let workspace = home.write("workspace.toml", &text);
    home.serve(&["--workspace", workspace.to_str().unwrap()])
}

#[test]
fn the_first_attempt_gets_500_and_the_retry_200_and_both_are_tied_together() {
    let home = Home::new();
    let mut serve = serve(
        &home,
        "[[endpoint.rule]]\nname = \"first attempt fails\"\nwhen = [ { attempt = 1 } ]\n[endpoint.rule.response]\nstatus = 500\n\
         [[endpoint.rule]]\nname = \"retry\"\nwhen = [ { attempt = 2 } ]\n[endpoint.rule.response]\nstatus = 200\nbody = '{}'\n",
    );
    let mut client = serve.client();
    let body = body_of("saml", "same");
    assert_eq!(client.post("/saml", &body).status, 500);
    assert_eq!(client.post("/saml", &body).status, 200);
    let (first, second) = (serve.next_call(), serve.next_call());
    assert_eq!(first["response"]["rule"], "first attempt fails");
    assert_eq!(first["rules"], json!([{ "name": "first attempt fails", "matched": true }]));
    assert_eq!((&second["attempt"], &second["retry_of"]), (&json!(2), &first["id"]));
    assert_eq!(
        second["rules"],
        json!([
            { "name": "first attempt fails", "matched": false, "failed": "attempt is 1: 2 came" },
            { "name": "retry", "matched": true }
        ])
    );
    // A call of its own begins anew.
    assert_eq!(client.post("/saml", &body_of("saml", "other")).status, 500);
}

#[test]
fn a_sequence_makes_the_retry_visible_and_its_steps_are_told() {
    let home = Home::new();
    let mut serve =
        serve(&home, "sequence = [ { status = 500 }, { status = 200, body = '{}', fault = \"broken-json\" } ]\n");
    let mut client = serve.client();
    let body = body_of("saml", "same");
    assert_eq!(client.post("/saml", &body).status, 500);
    let answer = client.post("/saml", &body);
    assert_eq!((answer.status, &answer.body[..]), (200, &b"{"[..]));
    let (first, second) = (serve.next_call(), serve.next_call());
    assert_eq!((&first["sequence"], &first["response"]["rule"]), (&json!({ "step": 1, "of": 2 }), &json!("default")));
    assert_eq!((&second["attempt"], &second["retry_of"]), (&json!(2), &first["id"]));
    assert_eq!((&second["sequence"]["step"], &second["fault"]), (&json!(2), &json!("broken JSON")));
    assert_eq!(second["verdict"]["outcome"], "ignored");
    assert!(first.get("fault").is_none() && first.get("rules").is_none());
}

#[test]
fn a_template_is_filled_and_one_that_fails_is_said_in_the_row() {
    let home = Home::new();
    let mut serve = serve(
        &home,
        "[[endpoint.rule]]\nname = \"echo\"\n[endpoint.rule.response]\ntemplate = true\n\
         body = '''\n{\"debugContext\": {{ {\"id\": event_id, \"who\": request.body.data.context.who} | tojson }}}'''\n",
    );
    let mut client = serve.client();
    let mut body: Value = serde_json::from_str(&body_of("saml", "e-1")).unwrap();
    assert_eq!(client.post("/saml", &body.to_string()).status, 204);
    body["data"]["context"]["who"] = "mi\"ra".into();
    let answer = client.post("/saml", &body.to_string());
    assert_eq!(serde_json::from_slice::<Value>(&answer.body).unwrap()["debugContext"]["who"], "mi\"ra");
    let failed = serve.next_call();
    assert_eq!((&failed["response"]["rule"], &failed["response"]["status"]), (&json!("echo"), &json!(204)));
    assert_eq!((&failed["template_error"]["line"], &failed["template_error"]["part"]), (&json!(1), &json!("body")));
    let findings = failed["verdict"]["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["id"] == "template").unwrap();
    assert_eq!(finding["severity"], "error");
    assert!(finding["message"].as_str().unwrap().contains("line 1, column "), "{finding}");
    assert!(serve.next_call().get("template_error").is_none());
}

#[test]
fn what_a_rule_saw_of_a_secret_is_in_no_line_and_in_no_export() {
    let home = Home::new();
    let mut serve = serve(&home, "");
    let mut body: Value = serde_json::from_str(&body_of("password-import", "e-1")).unwrap();
    body["data"]["context"]["credential"]["password"] = "qx7".into();
    let headers = [("X-Stage", "dev"), ("Authorization", "Basic b2t0YTpoaWRkZW4tcGFzcw==")];
    serve.client().request("POST", "/password", &headers, &body.to_string());
    let line = serve.next_call();
    let failed = |idx: usize| line["rules"][idx]["failed"].as_str().unwrap().to_owned();
    assert_eq!(failed(0), "body /data/context/credential/password contains 'z': '••••' came");
    assert_eq!(failed(1), "header Authorization matches ^Digest: '••••' came");
    let session = serve.session.clone();
    assert_eq!(serve.end().0, 0);
    let (code, exported, said) = home.run(&["export", session.to_str().unwrap()]);
    assert_eq!(code, 0, "{said}");
    for hidden in ["qx7", "b2t0YTpoaWRkZW4tcGFzcw"] {
        assert!(!exported.contains(hidden) && !line.to_string().contains(hidden), "{hidden}");
    }
    let again: Value = serde_json::from_str(exported.trim()).unwrap();
    assert_eq!(again["rules"], line["rules"]);
    let (_, revealed, _) = home.run(&["export", session.to_str().unwrap(), "--reveal-secrets"]);
    let revealed: Value = serde_json::from_str(revealed.trim()).unwrap();
    assert!(revealed["rules"][0]["failed"].as_str().unwrap().ends_with("'qx7' came"), "{revealed}");
}

#[test]
fn a_rule_with_an_error_is_said_and_the_rest_of_the_file_answers() {
    let home = Home::new();
    let mut serve =
        serve(&home, "[[endpoint.rule]]\nname = \"bad\"\nwhen = [ { atempt = 1 } ]\nresponse = { status = 500 }\n");
    assert_eq!(serve.client().post("/saml", &body_of("saml", "e")).status, 204);
    let line = serve.next_call();
    assert_eq!(line["response"]["rule"], "default");
    let (code, said) = serve.end();
    assert_eq!(code, 0);
    assert!(said.contains("looks at nothing"), "{said}");
}
