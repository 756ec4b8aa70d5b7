//! What lies in `samples/` stays readable for ever: every form of the session file that was released, and the workspace.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use hookscope::okta::{HookKind, RequestEnvelope, samples};
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
    command.env("HOOK_PASSWORD", "sample").env("HOOK_CLIENT_SECRET", "sample");
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
fn every_sample_names_its_kind_and_reads_as_a_request_of_it() {
    let mut ids = std::collections::HashSet::new();
    for sample in samples() {
        let name = sample.name();
        assert!(!sample.about.is_empty() && !sample.about.ends_with('.'), "{name}");
        assert!(!sample.title.is_empty(), "{name}");
        if sample.kind == HookKind::Verification {
            continue;
        }
        let envelope = RequestEnvelope::read(sample.body.as_bytes());
        assert_eq!(envelope.event_type.as_deref(), sample.kind.event_type(), "{name}");
        assert!(ids.insert(envelope.event_id.unwrap().into_owned()), "{name} has the id of another one");
        let body: Value = serde_json::from_str(sample.body).unwrap();
        let version = if sample.kind == HookKind::Event { "cloudEventsVersion" } else { "cloudEventVersion" };
        assert_eq!(body[version], "0.1", "{name}");
        assert_eq!(body["contentType"], "application/json", "{name}");
        let has_request_type = match (sample.kind, sample.variant) {
            (HookKind::Telephony, _) => true,
            (HookKind::Registration, variant) => variant != "classic",
            _ => false,
        };
        assert_eq!(envelope.request_type.is_some(), has_request_type, "{name}");
    }
}

#[test]
fn every_variant_of_the_contract_has_a_sample() {
    let has = |kind: HookKind, fits: &dyn Fn(&Value) -> bool| {
        let bodies = samples().iter().filter(|sample| sample.kind == kind);
        bodies.map(|sample| serde_json::from_str(sample.body).unwrap()).any(|body: Value| fits(&body))
    };
    for request_type in ["pre-enrollment", "mfa-verification", "account-unlock", "password-reset"] {
        let wanted = format!("com.okta.user.telephony.{request_type}");
        assert!(has(HookKind::Telephony, &|body| body["requestType"] == wanted.as_str()), "{request_type}");
    }
    for channel in ["SMS", "voice call"] {
        assert!(has(HookKind::Telephony, &|body| body["data"]["messageProfile"]["deliveryChannel"] == channel));
    }
    for request_type in ["self.service.registration", "progressive.profile"] {
        assert!(has(HookKind::Registration, &|body| body["requestType"] == request_type));
    }
    assert!(has(HookKind::Registration, &|body| body.get("requestType").is_none() && body["data"]["action"].is_null()));
    let mints = |body: &Value| (body["data"].get("identity").is_some(), body["data"].get("access").is_some());
    for wanted in [(true, true), (true, false), (false, true)] {
        assert!(has(HookKind::Token, &|body| mints(body) == wanted), "{wanted:?}");
    }
    assert!(has(HookKind::Token, &|body| body["data"]["context"]["protocol"].get("originalGrant").is_some()));
    assert!(has(HookKind::Token, &|body| body["data"]["context"].get("user").is_none()));
    assert!(has(HookKind::Saml, &|body| body["data"]["context"].get("session").is_none()));
    assert!(has(HookKind::UserImport, &|body| body["data"]["action"]["result"] == "LINK_USER"));
    let events = |body: &Value| body["data"]["events"].as_array().unwrap().clone();
    assert!(
        has(HookKind::Event, &|body| events(body).len() > 1) && has(HookKind::Event, &|body| events(body).len() == 1)
    );
    assert!(has(HookKind::Event, &|body| events(body)[0].get("target") == Some(&Value::Null)));
    assert!(has(HookKind::Event, &|body| events(body)[0].get("target").is_none()));
}

#[test]
fn the_command_line_lists_every_sample_in_columns_and_prints_each() {
    let home = Home::new();
    let (code, listed, said) = home.run(&["sample"]);
    assert_eq!((code, said.as_str()), (0, ""));
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines.len(), samples().len());
    let column = lines[0].find(samples()[0].about).unwrap();
    for (line, sample) in lines.iter().zip(samples()) {
        assert_eq!(line.split_whitespace().next().unwrap(), sample.name());
        assert_eq!(line.find(sample.about), Some(column), "{line}");
        let (code, printed, _) = home.run(&["sample", &sample.name()]);
        assert_eq!((code, printed.as_str()), (0, sample.body));
    }
    let readme = std::fs::read_to_string(format!("{}/README.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
    for sample in samples() {
        assert!(readme.contains(&format!("`{}`", sample.name())), "README does not name {}", sample.name());
    }
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
