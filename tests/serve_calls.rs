//! `hookscope serve` as a script sees it: lines, exit codes, files; over real TLS.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use serde_json::Value;
use support::{Home, body_of};

#[test]
fn a_first_start_answers_each_kind_with_the_least_harmful_response() {
    let home = Home::new();
    let mut serve = home.serve(&[]);
    let mut client = serve.client();
    for (kind, status, outcome) in [
        ("event", 204, "accepted"),
        ("token", 204, "unchanged"),
        ("saml", 204, "unchanged"),
        ("registration", 204, "unchanged"),
        ("password-import", 200, "denied"),
        ("user-import", 204, "unchanged"),
        ("telephony", 200, "fallback"),
    ] {
        let answer = client.post(&format!("/hooks/{kind}"), &body_of(kind, &format!("first-{kind}")));
        assert_eq!(answer.status, status, "{kind}");
        let line = serve.next_call();
        assert_eq!(line["hook"], kind);
        assert_eq!(line["endpoint"], kind);
        assert_eq!(line["verdict"]["outcome"], outcome, "{line}");
        assert_eq!(line["response"]["status"], status);
        assert_eq!(line["recorded"], true);
        let phases: f64 = line["timing"]["phases"].as_object().unwrap().values().map(|ms| ms.as_f64().unwrap()).sum();
        assert!((phases - line["timing"]["total_ms"].as_f64().unwrap()).abs() < 0.001, "{line}");
    }
    let (code, said) = serve.end();
    assert_eq!(code, 0, "{said}");
}

#[test]
fn a_verification_is_answered_by_itself_on_every_path() {
    let home = Home::new();
    let mut serve = home.serve(&[]);
    let answer = serve.client().request("GET", "/anywhere", &[("X-Okta-Verification-Challenge", "qT7v-Example")], "");
    assert_eq!(answer.status, 200);
    assert_eq!(
        serde_json::from_slice::<Value>(&answer.body).unwrap(),
        serde_json::json!({"verification": "qT7v-Example"})
    );
    let line = serve.next_call();
    assert_eq!(line["hook"], "verification");
    assert_eq!(line["verdict"]["outcome"], "verified");
    assert_eq!(line["response"]["rule"], "listener");
}

#[test]
fn a_path_without_endpoint_is_recorded_and_answered_by_the_kind_of_its_body() {
    let home = Home::new();
    let mut serve = home.serve(&[]);
    let mut client = serve.client();
    assert_eq!(client.post("/elsewhere", &body_of("token", "e1")).status, 204);
    let line = serve.next_call();
    assert_eq!(line["endpoint"], Value::Null);
    assert_eq!(line["hook"], "token");
    assert_eq!(line["auth"]["result"], "not-configured");
    assert_eq!(client.request("DELETE", "/elsewhere?code=hidden&page=2", &[], "").status, 404);
    let line = serve.next_call();
    assert_eq!(line["hook"], "unknown");
    assert_eq!(line["method"], "DELETE");
    assert_eq!(line["path"], "/elsewhere");
    assert!(!line.to_string().contains("hidden"), "{line}");
}

#[test]
fn a_repeat_after_a_failed_call_is_a_retry_and_after_a_good_one_a_duplicate() {
    let home = Home::new();
    let workspace = home.write(
        "workspace.toml",
        "format = 1\n[[endpoint]]\nname = \"saml\"\npath = \"/saml\"\nhook = \"saml\"\n[endpoint.response]\nstatus = 500\n\
         [[endpoint]]\nname = \"event\"\npath = \"/event\"\nhook = \"event\"\n",
    );
    let mut serve = home.serve(&["--workspace", workspace.to_str().unwrap()]);
    let mut client = serve.client();
    let saml = body_of("saml", "same");
    client.post("/saml", &saml);
    let first = serve.next_call();
    assert_eq!(first["attempt"], 1);
    assert_eq!(first["verdict"]["retry"]["expected"], true);
    client.post("/saml", &saml);
    let second = serve.next_call();
    assert_eq!(second["attempt"], 2);
    assert_eq!(second["retry_of"], first["id"]);
    assert_eq!(second["verdict"]["retry"]["expected"], false);
    client.post("/saml", &saml);
    let third = serve.next_call();
    assert_eq!((third["attempt"].clone(), third["duplicate_of"].clone()), (1.into(), first["id"].clone()));

    let event = body_of("event", "0d6b9f52-0000-4a33-9f0e-3b1d0c2e7a41");
    client.post("/event", &event);
    let first = serve.next_call();
    client.post("/event", &event);
    let second = serve.next_call();
    assert_eq!((second["attempt"].clone(), second["duplicate_of"].clone()), (1.into(), first["id"].clone()));
    assert_eq!(second["retry_of"], Value::Null);
}

#[test]
fn a_wrong_credential_is_explained_and_answered_401_only_where_it_is_enforced() {
    let home = Home::new();
    let text = |enforce: bool| {
        format!(
            "format = 1\n[defaults]\nenforce = {enforce}\n[[endpoint]]\nname = \"token\"\npath = \"/t\"\nhook = \"token\"\n\
             auth = {{ basic = {{ user = \"okta\", password = {{ env = \"HOOK_TEST_PASSWORD\" }} }} }}\n"
        )
    };
    for (enforce, status) in [(false, 204), (true, 401)] {
        let workspace = home.write("workspace.toml", &text(enforce));
        let mut command = home.hookscope();
        command.env("HOOK_TEST_PASSWORD", "right-horse");
        let mut serve = home.serve_with(command, &["--workspace", workspace.to_str().unwrap()]);
        let body = body_of("token", "auth");
        let answer = serve.client().request("POST", "/t", &[("Authorization", "Basic b2t0YTp3cm9uZw==")], &body);
        assert_eq!(answer.status, status);
        let line = serve.next_call();
        assert_eq!(line["auth"]["result"], "fail");
        let checks = line["auth"]["checks"].as_array().unwrap();
        assert!(checks.iter().any(|check| check["name"] == "basic-password" && check["result"] == "fail"), "{line}");
        assert!(checks.iter().any(|check| check["name"] == "basic-user" && check["result"] == "pass"), "{line}");
        let findings = line["verdict"]["findings"].as_array().unwrap();
        assert!(findings.iter().any(|finding| finding["id"] == "R26" && finding["severity"] == "error"), "{line}");
        assert!(!line.to_string().contains("right-horse"));
        let good = serve.client().request("POST", "/t", &[("Authorization", "Basic b2t0YTpyaWdodC1ob3JzZQ==")], &body);
        assert_eq!(good.status, 204);
        assert_eq!(serve.next_call()["auth"]["result"], "pass");
    }
}

#[test]
fn a_late_answer_is_late_even_if_it_is_200() {
    let home = Home::new();
    let workspace = home.write(
        "workspace.toml",
        "format = 1\n[[endpoint]]\nname = \"token\"\npath = \"/t\"\nhook = \"token\"\n[endpoint.response]\nstatus = 200\n\
         delay_ms = 3050\nbody = '{\"commands\": []}'\n",
    );
    let mut serve = home.serve(&["--workspace", workspace.to_str().unwrap()]);
    assert_eq!(serve.client().post("/t", &body_of("token", "late")).status, 200);
    let line = serve.next_call();
    assert_eq!(line["verdict"]["outcome"], "ignored");
    assert_eq!(line["verdict"]["retry"]["expected"], false);
    assert!(line["timing"]["phases"]["delay_ms"].as_f64().unwrap() >= 3_050.0, "{line}");
    assert!(line["timing"]["budget_percent"].as_f64().unwrap() > 100.0);
}

#[test]
fn serve_ends_after_n_calls_and_leaves_one_whole_file() {
    let home = Home::new();
    let session = home.path("three.hookscope");
    let mut serve = home.serve(&["--calls", "3", "--session", session.to_str().unwrap()]);
    let mut client = serve.client();
    for n in 0..3 {
        client.post("/hooks/event", &body_of("event", &format!("n{n}")));
    }
    let (code, said) = serve.wait();
    assert_eq!(code, 0, "{said}");
    let files: Vec<_> = std::fs::read_dir(home.dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("three"))
        .collect();
    assert_eq!(files, ["three.hookscope"]);
    let (code, lines, said) = home.run(&["export", session.to_str().unwrap()]);
    assert_eq!((code, lines.lines().count()), (0, 3), "{said}");
}

#[test]
fn a_session_held_by_another_process_is_exit_3_and_a_working_one_gives_way() {
    let home = Home::new();
    let first = home.serve(&[]);
    let second = home.serve(&[]);
    assert_ne!(first.session, second.session);
    let (code, _, said) =
        home.run(&["serve", "--listen", "127.0.0.1:0", "--session", first.session.to_str().unwrap(), "--for", "1"]);
    assert_eq!(code, 3, "{said}");
    assert!(said.starts_with("error: "), "{said}");
}

#[test]
fn a_port_in_use_is_named_and_exit_3() {
    let home = Home::new();
    let first = home.serve(&[]);
    let (code, _, said) = home.run(&["serve", "--listen", &first.address, "--for", "1"]);
    assert_eq!(code, 3);
    let port = first.address.rsplit(':').next().unwrap();
    assert!(said.contains(port), "{said}");
}

#[test]
fn what_is_not_a_request_is_a_row_with_the_reason() {
    use std::io::{Read, Write};
    let home = Home::new();
    let mut serve = home.serve(&[]);
    let mut plain = std::net::TcpStream::connect(&serve.address).unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    plain.read_to_end(&mut Vec::new()).ok();
    let line = serve.next_call();
    assert_eq!(line["problem"]["kind"], "plain-http", "{line}");
    assert_eq!((&line["method"], &line["path"]), (&Value::Null, &Value::Null));
    assert_eq!(line["verdict"]["outcome"], "undocumented");
    let mut noise = std::net::TcpStream::connect(&serve.address).unwrap();
    noise.write_all(b"\x00\x01\x02 this is not TLS at all").unwrap();
    noise.shutdown(std::net::Shutdown::Write).unwrap();
    noise.read_to_end(&mut Vec::new()).ok();
    assert_eq!(serve.next_call()["problem"]["kind"], "not-tls");
    // It still serves.
    assert_eq!(serve.client().post("/hooks/token", &body_of("token", "after")).status, 204);
}

#[test]
fn a_replay_to_our_own_listener_is_tied_to_its_origin_and_no_duplicate() {
    let home = Home::new();
    let mut first = home.serve(&[]);
    first.client().post("/hooks/token", &body_of("token", "origin"));
    first.next_call();
    let session = first.session.clone();
    let copy = home.path("copy.hookscope");
    assert_eq!(first.end().0, 0);
    std::fs::copy(&session, &copy).unwrap();
    let mut serve = home.serve(&[]);
    let (code, out, said) =
        home.run(&["replay", copy.to_str().unwrap(), "--to", &format!("https://{}", serve.address), "--json"]);
    assert_eq!(code, 0, "{out}{said}");
    let answered: Value = serde_json::from_str(out.lines().next().unwrap()).unwrap();
    assert_eq!((&answered["call"], &answered["verdict"]["outcome"]), (&1.into(), &"unchanged".into()));
    let line = serve.next_call();
    assert_eq!(line["path"], "/hooks/token");
    assert_eq!(line["replay_of"]["id"], 1);
    assert_eq!(line["duplicate_of"], Value::Null);
}

/// A delivery of one event.
fn delivery(event_id: &str, uuid: &str, published: &str, target: &str) -> String {
    serde_json::json!({
        "eventType": "com.okta.event_hook",
        "eventId": event_id,
        "data": {"events": [{"uuid": uuid, "published": published, "target": [{"id": target, "type": "User"}]}]}
    })
    .to_string()
}

fn findings(line: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = line["verdict"]["findings"].as_array().unwrap();
    all.iter().map(|finding| (text(&finding["id"]), text(&finding["request_pointer"]))).collect()
}

#[test]
fn an_event_that_comes_again_under_another_event_id_is_told_apart_from_a_delivery_that_does() {
    let home = Home::new();
    let mut serve = home.serve(&[]);
    let mut client = serve.client();
    let mut post = |body: &str| {
        client.post("/hooks/event", body);
        serve.next_call()
    };
    let first = post(&delivery("e-1", "u-1", "2031-04-05T06:07:08.910Z", "00u1"));
    let is_repeat = |found: &Vec<(String, String)>| found.iter().any(|(id, _)| id == "T20" || id == "T21");
    assert!(!is_repeat(&findings(&first)), "{first}");

    let same_event = post(&delivery("e-2", "u-1", "2031-04-05T06:07:08.910Z", "00u1"));
    assert_eq!(same_event["duplicate_of"], Value::Null, "another delivery");
    assert!(findings(&same_event).contains(&("T20".to_owned(), "/data/events/0/uuid".to_owned())), "{same_event}");

    let same_delivery = post(&delivery("e-1", "u-7", "2031-04-05T06:07:09.000Z", "00u1"));
    assert_eq!(same_delivery["duplicate_of"], first["id"]);
    let found = findings(&same_delivery);
    assert!(found.contains(&("T20".to_owned(), "/eventId".to_owned())), "{same_delivery}");
    assert!(!found.contains(&("T20".to_owned(), "/data/events/0/uuid".to_owned())), "{same_delivery}");

    let late = post(&delivery("e-3", "u-8", "2031-04-05T06:07:08.999Z", "00u1"));
    assert!(findings(&late).contains(&("T21".to_owned(), "/data/events/0/published".to_owned())), "{late}");
    let other_target = post(&delivery("e-4", "u-9", "2031-04-05T06:07:08.999Z", "00u2"));
    assert!(!is_repeat(&findings(&other_target)), "{other_target}");
    assert_eq!(other_target["verdict"]["outcome"], "accepted");
}

#[test]
fn a_retry_that_the_documents_rule_out_is_told_as_an_observation() {
    let home = Home::new();
    let workspace = home.write(
        "workspace.toml",
        "format = 1\n[[endpoint]]\nname = \"token\"\npath = \"/token\"\nhook = \"token\"\n[endpoint.response]\nstatus = 500\n",
    );
    let mut serve = home.serve(&["--workspace", workspace.to_str().unwrap()]);
    let mut client = serve.client();
    let body = body_of("token", "same");
    client.post("/token", &body);
    let first = serve.next_call();
    assert_eq!(first["verdict"]["retry"]["expected"], false);
    client.post("/token", &body);
    let second = serve.next_call();
    assert_eq!((second["attempt"].clone(), second["retry_of"].clone()), (2.into(), first["id"].clone()));
    let all = second["verdict"]["findings"].as_array().unwrap();
    let observed = all.iter().find(|finding| finding["id"] == "retry-observed").unwrap();
    assert_eq!(observed["severity"], "info");
    assert!(observed["message"].as_str().unwrap().contains("Okta's documents disagree"), "{observed}");
}
