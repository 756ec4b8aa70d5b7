//! The program itself, told every secret there is: none of them is in what it prints, writes or says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod needles;
mod support;

use std::sync::Arc;

use hookscope::call::{Masker, Record};
use hookscope::okta::{CHALLENGE_HEADER, HookKind};
use hookscope::session::{Change, CopyProgress, ViewedSession, save_copy};
use needles::{CONFIGURED, Form, PASSWORD, Planted};
use support::Home;

/// A workspace whose endpoints expect the planted credentials, in both forms, and echo a token.
fn workspace() -> String {
    let mut text = "format = 1\n".to_owned();
    for kind in HookKind::WITH_ENDPOINT {
        text.push_str(&format!(
            "[[endpoint]]\nname = \"{kind}\"\npath = \"/hooks/{kind}\"\nhook = \"{kind}\"\n\
             auth = {{ basic = {{ user = \"okta\", password = {{ env = \"PLANTED_PASSWORD\" }} }}, \
             header = {{ name = \"X-Hook-Key\", value = {{ env = \"PLANTED_KEY\" }} }} }}\n"
        ));
    }
    text
}

/// Sends a planted call over real TLS, with every header that it has.
fn send(client: &mut support::Client, planted: &Planted) -> u16 {
    let request = &planted.record.opening.request;
    let headers: Vec<(String, String)> = request
        .headers
        .iter()
        .map(|(name, value)| (String::from_utf8_lossy(name).into_owned(), String::from_utf8_lossy(value).into_owned()))
        .filter(|(name, _)| name != "Host")
        .chain([("Content-Type".to_owned(), "application/json".to_owned())])
        .chain(request.body.is_empty().then(|| (CHALLENGE_HEADER.to_owned(), "c-1".to_owned())))
        .collect();
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    // Okta verifies an event hook at the address of its deliveries.
    let path = if request.body.is_empty() { "/hooks/event" } else { request.path.as_deref().unwrap() };
    let path = format!("{path}?{}", request.query.as_deref().unwrap());
    let body = std::str::from_utf8(&request.body).unwrap();
    client.request(request.method.as_deref().unwrap(), &path, &headers, body).status
}

fn check(what: &str, text: &str, planted: &[Planted]) {
    for planted in planted {
        for needle in &planted.needles {
            assert!(!needle.is_in(text), "{}: {} is in {what}", planted.name, needle.place);
        }
    }
}

#[test]
fn no_secret_is_in_a_line_a_log_an_export_a_copy_or_a_refusal() {
    let home = Home::new();
    let config = home.path("config/hookscope");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("workspace.toml"), workspace()).unwrap();
    let planted: Vec<Planted> = needles::planted()
        .into_iter()
        .filter(|planted| matches!(planted.form, Form::Plain | Form::Escaped | Form::Repeated))
        .collect();

    let mut command = home.hookscope();
    command.env("PLANTED_PASSWORD", PASSWORD).env("PLANTED_KEY", CONFIGURED).env("RUST_LOG", "hookscope=trace");
    let mut serve = home.serve_with(command, &[]);
    let session = serve.session.clone();
    let mut client = serve.client();
    let mut lines = String::new();
    for call in &planted {
        assert!(send(&mut client, call) < 300, "{}", call.name);
        let line = serve.next_call();
        assert_eq!(line["auth"]["result"], "pass", "{}: {line}", call.name);
        lines.push_str(&line.to_string());
    }
    let (code, log) = serve.end();
    assert_eq!(code, 0, "{log}");
    check("a line of serve", &lines, &planted);
    check("the log", &log, &planted);

    let run = |arguments: &[&str]| {
        let mut command = home.hookscope();
        command.env("PLANTED_PASSWORD", PASSWORD).env("PLANTED_KEY", CONFIGURED).env("RUST_LOG", "hookscope=trace");
        let output = command.args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned() + &said)
    };
    let session = session.to_str().unwrap();
    for format in ["jsonl", "curl"] {
        let (code, text) = run(&["export", session, "--format", format]);
        assert_eq!(code, Some(0), "{text}");
        assert!(text.contains("••••"));
        check(&format!("an export as {format}"), &text, &planted);
    }

    // *Save as*, and a replay of what was saved: it is refused, and the refusal says nothing either.
    let copy = home.path("copy.hookscope");
    let viewed = ViewedSession::open(session.as_ref(), home.path("data/hookscope").as_path(), || {}).unwrap();
    let masker = masker();
    let change: Change = Arc::new(move |record: &Record| masker.mask_record(record));
    let n_calls = save_copy(&viewed.reader(), &copy, Some(&change), &CopyProgress::default()).unwrap();
    assert_eq!(n_calls, planted.len());
    let copy = copy.to_str().unwrap();
    let (code, saved) = run(&["export", copy, "--reveal-secrets"]);
    assert_eq!(code, Some(0), "{saved}");
    check("a saved copy", &saved, &planted);
    let (code, refused) = run(&["replay", copy, "--to", "http://127.0.0.1:9/"]);
    assert_ne!(code, Some(0));
    assert!(refused.contains("masked"), "{refused}");
    check("a refusal to replay", &refused, &planted);
}

/// What the window masks with: that of the same workspace.
fn masker() -> Masker {
    use hookscope::call::Secret;
    let secrets = [Secret::new(CONFIGURED), Secret::new(PASSWORD), Secret::new(needles::basic())];
    Masker::new(["X-Hook-Key".to_owned()]).with_secrets(&secrets)
}
