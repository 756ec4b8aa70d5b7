//! The command line as a script sees it: exit codes, JSON, messages.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{Home, body_of};

fn sample_session() -> String {
    format!("{}/samples/session.hookscope", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn check_judges_a_response_and_its_exit_code_says_whether_there_is_an_error() {
    let home = Home::new();
    let good = home.write("good.json", "{\"commands\":[]}");
    let bad = home.write("bad.json", "{\"commands\": [");
    let (code, out, said) = home.run(&["check", "--hook", "token", good.to_str().unwrap(), "--json"]);
    assert_eq!(code, 0, "{said}");
    let object: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&object["hook"], &object["verdict"]["outcome"]), (&"token".into(), &"unchanged".into()));
    assert!(object.get("effect").is_some());
    let (code, out, _) = home.run(&["check", "--hook", "saml", bad.to_str().unwrap(), "--json"]);
    assert_eq!(code, 1);
    let object: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(object["verdict"]["outcome"], "ignored");
    assert_eq!(object["verdict"]["findings"][0]["line"], 1);
    let (code, out, _) = home.run(&["check", "--hook", "event", "--status", "204"]);
    assert_eq!(code, 0);
    assert!(out.contains("accepted"), "{out}");
    let (code, out, _) = home.run(&["check", "--hook", "token", "--status", "204", "--elapsed-ms", "3001", "--json"]);
    assert_eq!(code, 1);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["verdict"]["outcome"], "ignored");
    let request = home.write("request.json", &body_of("telephony", "x"));
    let (code, out, _) = home.run(&["check", "--request", request.to_str().unwrap(), "--status", "500", "--json"]);
    assert_eq!(code, 1);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["hook"], "telephony");
    let right = home.write("right.json", "{\"verification\":\"abc\"}");
    let check = |challenge: &str| {
        home.run(&["check", "--hook", "verification", "--challenge", challenge, right.to_str().unwrap()]).0
    };
    assert_eq!((check("abc"), check("abd")), (0, 1));
}

#[test]
fn wrong_usage_is_exit_2_with_a_message_that_helps() {
    let home = Home::new();
    let session = sample_session();
    let check = |arguments: &[&str], word: &str| {
        let (code, out, said) = home.run(arguments);
        assert_eq!(code, 2, "{arguments:?}: {out}{said}");
        assert!(said.starts_with("error: ") && said.contains(word), "{arguments:?}: {said}");
        assert!(out.is_empty(), "{out}");
    };
    check(&["check"], "--hook");
    check(&["check", "--hook", "tokn"], "token");
    check(&["check", "--request", "-", "-"], "standard input");
    check(&["check", "--hook", "token", "/nowhere/at.all"], "/nowhere/at.all");
    check(&["check", "--hook", "token", "--status", "1000"], "1000");
    check(&["check", "--hook", "token", "--challenge", "x", "--status", "204"], "--challenge");
    check(&["sample", "nope"], "token/client-credentials");
    check(&["send", "--to", "https://localhost"], "--hook");
    check(&["send", "--hook", "token", "--to", "ftp://x"], "http");
    check(&["send", "--hook", "token", "--to", "https://x", "--basic", "nocolon"], "--basic");
    check(&["send", "--hook", "token", "--to", "https://x", "--cacert", "/nowhere.pem"], "/nowhere.pem");
    check(&["replay", "/nowhere.hookscope", "--to", "https://localhost"], "/nowhere.hookscope");
    check(&["export", &session, "--calls", "9-3"], "9-3");
    check(&["export", &session, "--filter", "hook:nope"], "hook kind");
    check(&["export", "Cargo.toml"], "Cargo.toml");
    check(&["serve", "--workspace", "/nowhere.toml"], "/nowhere.toml");
    check(&["serve", "--listen", "localhost"], "--listen");
    check(&["serve", "--http", "0.0.0.0:0"], "loopback");
    check(&["serve", "--cert", "a.pem"], "--key");
    check(&["nonsense-word"], "nonsense-word");
}

#[test]
fn secrets_on_the_command_line_are_not_said_again() {
    let home = Home::new();
    let (_, out, said) =
        home.run(&["send", "--hook", "token", "--to", "https://127.0.0.1:1", "--header", "no-colon-but-secret"]);
    assert!(!format!("{out}{said}").contains("but-secret"), "{said}");
}

#[test]
fn sample_lists_kinds_and_prints_bodies() {
    let home = Home::new();
    let (code, out, _) = home.run(&["sample"]);
    assert_eq!(code, 0);
    for name in
        ["event", "verification", "token", "saml", "registration", "password-import", "user-import", "telephony"]
    {
        assert!(out.lines().any(|line| line.split(' ').next() == Some(name)), "{name} in {out}");
    }
    let (_, one, _) = home.run(&["sample", "token"]);
    let (_, other, _) = home.run(&["sample", "token"]);
    assert_eq!(one, other);
    assert_eq!(serde_json::from_str::<Value>(&one).unwrap()["eventType"], "com.okta.oauth2.tokens.transform");
}

#[test]
fn send_is_okta_shaped_and_retries_only_where_okta_does() {
    let home = Home::new();
    let workspace = home.write(
        "w.toml",
        "format = 1\n[[endpoint]]\nname = \"saml\"\npath = \"/saml\"\nhook = \"saml\"\n[endpoint.response]\nstatus = 503\n[[endpoint]]\nname = \"token\"\npath = \"/token\"\nhook = \"token\"\n[endpoint.response]\nstatus = 503\n",
    );
    let mut serve = home.serve(&["--workspace", workspace.to_str().unwrap()]);
    let address = serve.address.clone();
    let url = |path: &str| format!("https://{address}{path}");
    let (code, out, _) = home.run(&["send", "--hook", "saml", "--to", &url("/saml"), "--json"]);
    assert_eq!(code, 1);
    let object: Value = serde_json::from_str(&out).unwrap();
    let statuses: Vec<&Value> =
        object["attempts"].as_array().unwrap().iter().map(|attempt| &attempt["status"]).collect();
    assert_eq!(statuses, [503, 503]);
    let (code, out, _) = home.run(&["send", "--hook", "token", "--to", &url("/token"), "--json"]);
    assert_eq!(code, 1);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["attempts"].as_array().unwrap().len(), 1);
    let (code, out, _) = home.run(&["send", "--hook", "event", "--to", &url("/e"), "--repeat", "3", "--json"]);
    assert_eq!((code, out.lines().count()), (0, 3));
    let calls: Vec<Value> = (0..6).map(|_| serve.next_call()).collect();
    assert_eq!((&calls[1]["attempt"], &calls[1]["retry_of"]), (&2.into(), &calls[0]["id"]));
    assert!(calls[3..].iter().all(|call| call["duplicate_of"].is_null() && call["attempt"] == 1));
    let (_, out, _) = home.run(&["send", "--hook", "verification", "--to", &url("/anywhere"), "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["verdict"]["outcome"], "verified");
}

#[test]
fn an_export_is_masked_unless_it_is_asked_for() {
    let home = Home::new();
    let session = sample_session();
    let secret = "b2t0YTpsZXQtbWUtaW4=";
    let (code, masked, _) = home.run(&["export", &session, "--filter", "hook:token auth:pass"]);
    assert_eq!(code, 0);
    assert!(masked.lines().count() > 0 && !masked.contains(secret));
    let (_, revealed, _) = home.run(&["export", &session, "--calls", "2", "--reveal-secrets"]);
    assert!(revealed.contains(secret));
    let object: Value = serde_json::from_str(&revealed).unwrap();
    assert_eq!(object["id"], 2);
    assert!(object["request"]["headers"].as_array().unwrap().len() > 3);
    assert!(object["response"]["body"].as_str().unwrap().contains("com.okta.identity.patch"));
    let (_, curl, _) = home.run(&["export", &session, "--calls", "2-3", "--format", "curl"]);
    assert_eq!(curl.lines().filter(|line| line.starts_with("curl -X 'POST'")).count(), 2);
    assert!(!curl.contains(secret));
    let file = home.path("out.jsonl");
    let (code, out, _) = home.run(&["export", &session, "-o", file.to_str().unwrap()]);
    assert_eq!((code, out.as_str()), (0, ""));
    assert_eq!(std::fs::read_to_string(file).unwrap().lines().count(), 16);
}

fn files_of(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_file()).map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

#[test]
fn an_export_never_writes_over_the_session_it_reads() {
    let home = Home::new();
    let session = home.path("s.hookscope");
    std::fs::copy(sample_session(), &session).unwrap();
    let link = home.path("link.jsonl");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&session, &link).unwrap();
    #[cfg(not(unix))]
    std::fs::hard_link(&session, &link).unwrap();
    let before = files_of(home.dir.path());
    for target in
        [session.clone(), home.path("./s.hookscope"), link, home.path("s.hookscope-wal"), home.path("s.hookscope-shm")]
    {
        let (code, out, said) = home.run(&["export", session.to_str().unwrap(), "-o", target.to_str().unwrap()]);
        assert_eq!((code, out.as_str()), (2, ""), "{target:?}: {said}");
        assert!(said.starts_with("error: ") && said.contains("choose another file"), "{said}");
    }
    assert!(before == files_of(home.dir.path()));
}

#[test]
fn an_export_that_fails_leaves_nothing_and_what_was_there_stays() {
    let home = Home::new();
    let session = home.path("s.hookscope");
    std::fs::copy(sample_session(), &session).unwrap();
    let damage = "PRAGMA journal_mode = DELETE; UPDATE calls SET packed = x'00ff01' WHERE id = 9;";
    rusqlite::Connection::open(&session).unwrap().execute_batch(damage).unwrap();
    let target = home.write("out.jsonl", "what was there");
    // A file of the user's that only looks like one of ours.
    home.write("out.jsonl.part", "not ours");
    let before = files_of(home.dir.path());
    let (code, _, said) = home.run(&["export", session.to_str().unwrap(), "-o", target.to_str().unwrap()]);
    assert_eq!(code, 2);
    assert!(said.contains("call 9"), "{said}");
    assert!(before == files_of(home.dir.path()));
    let folder = home.path("folder");
    std::fs::create_dir(&folder).unwrap();
    let (code, _, said) = home.run(&["export", &sample_session(), "-o", folder.to_str().unwrap()]);
    assert_eq!(code, 3);
    assert!(said.contains("folder"), "{said}");
    assert!(before == files_of(home.dir.path()));
}

#[cfg(unix)]
#[test]
fn an_export_can_be_read_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    let target = home.path("out.jsonl");
    let (code, _, said) = home.run(&["export", &sample_session(), "-o", target.to_str().unwrap()]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(std::fs::metadata(target).unwrap().permissions().mode() & 0o077, 0);
}

#[test]
fn rows_that_are_damaged_are_an_error_and_not_a_shorter_export() {
    let home = Home::new();
    let session = home.path("s.hookscope");
    std::fs::copy(sample_session(), &session).unwrap();
    let damage = "PRAGMA journal_mode = DELETE; UPDATE ends SET attempt = 'x' WHERE id = 9;";
    rusqlite::Connection::open(&session).unwrap().execute_batch(damage).unwrap();
    let (code, out, said) = home.run(&["export", session.to_str().unwrap(), "--filter", "-late"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(said.contains("damaged"), "{said}");
}

#[test]
fn a_replay_of_a_masked_credential_is_refused_with_the_reason() {
    let home = Home::new();
    let mut serve = home.serve(&[]);
    let session = sample_session();
    let url = format!("https://{}", serve.address);
    let (code, out, said) = home.run(&["replay", &session, "--to", &url, "--calls", "3,15", "--json"]);
    assert_eq!(code, 1, "{out}{said}");
    assert_eq!(serve.next_call()["path"], "/hooks/saml");
    assert!(said.contains("call 15") && said.contains("never became a request"), "{said}");
}

#[test]
fn help_names_every_command_and_its_exit_codes() {
    let home = Home::new();
    let (code, out, _) = home.run(&["--help"]);
    assert_eq!(code, 0);
    for word in ["serve", "check", "sample", "send", "replay", "export", "Exit codes"] {
        assert!(out.contains(word), "{word}");
    }
}

#[test]
fn check_shows_what_the_response_changes_before_and_after() {
    let home = Home::new();
    let request = format!("{}/samples/token.json", env!("CARGO_MANIFEST_DIR"));
    let good = home.write(
        "good.json",
        r#"{"commands":[{"type":"com.okta.identity.patch","value":[{"op":"replace","path":"/claims/locale","value":"nb_NO"},{"op":"add","path":"/claims/tier","value":"gold"}]}]}"#,
    );
    let bad = home.write(
        "bad.json",
        r#"{"commands":[{"type":"com.okta.identity.patch","value":[{"op":"add","path":"/claims/tier","value":1},{"op":"remove","path":"/claims/none"}]}]}"#,
    );
    let (code, out, said) = home.run(&["check", "--request", &request, good.to_str().unwrap(), "--json"]);
    assert_eq!(code, 0, "{said}");
    let object: Value = serde_json::from_str(&out).unwrap();
    let effect = &object["effect"];
    assert_eq!(effect["before"]["identity"]["claims"]["locale"], "en_GB");
    assert_eq!(effect["after"]["identity"]["claims"]["locale"], "nb_NO");
    assert_eq!(effect["before"]["access"], effect["after"]["access"]);
    let (_, out, _) = home.run(&["check", "--request", &request, good.to_str().unwrap()]);
    assert!(out.contains("/identity/claims/locale: \"en_GB\" -> \"nb_NO\""), "{out}");
    assert!(out.contains("/identity/claims/tier: (none) -> \"gold\""), "{out}");
    let (code, out, _) = home.run(&["check", "--request", &request, bad.to_str().unwrap(), "--json"]);
    assert_eq!(code, 1);
    let object: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(object["effect"]["before"], object["effect"]["after"]);
    assert!(object["verdict"]["summary"].as_str().unwrap().starts_with("Ignored: claim 'none' does not exist"));
    let (_, out, _) = home.run(&["check", "--request", &request, bad.to_str().unwrap()]);
    assert!(out.contains("nothing changes"), "{out}");
    let doubtful = home.write(
        "doubtful.json",
        r#"{"commands":[{"type":"com.okta.access.patch","value":[{"op":"add","path":"/claims/sid","value":"x"}]}]}"#,
    );
    let (code, out, _) = home.run(&["check", "--request", &request, doubtful.to_str().unwrap()]);
    assert!(code == 0 && out.contains("not documented") && !out.contains("nothing changes"), "{out}");
    for args in [["--hook", "token", good.to_str().unwrap()], ["--hook", "telephony", good.to_str().unwrap()]] {
        let (_, out, _) = home.run(&[&["check", "--json"], &args[..]].concat());
        let object: Value = serde_json::from_str(&out).unwrap();
        assert!(object["effect"].is_null() && object.get("effect").is_some(), "{out}");
    }
}

#[test]
fn send_and_replay_show_what_the_answer_changes() {
    let home = Home::new();
    let workspace = home.write(
        "w.toml",
        "format = 1\n[[endpoint]]\nname = \"token\"\npath = \"/hooks/token\"\nhook = \"token\"\n[endpoint.response]\nstatus = 200\nbody = '{\"commands\":[{\"type\":\"com.okta.access.patch\",\"value\":[{\"op\":\"add\",\"path\":\"/claims/seen\",\"value\":true}]}]}'\n",
    );
    let serve = home.serve(&["--workspace", workspace.to_str().unwrap()]);
    let url = format!("https://{}/hooks/token", serve.address);
    let (code, out, said) = home.run(&["send", "--hook", "token", "--to", &url, "--json"]);
    assert_eq!(code, 0, "{out}{said}");
    let object: Value = serde_json::from_str(&out).unwrap();
    assert!(object["effect"]["before"]["access"]["claims"]["seen"].is_null());
    assert_eq!(object["effect"]["after"]["access"]["claims"]["seen"], true);
    let (code, out, _) = home.run(&["send", "--hook", "token", "--to", &url]);
    assert_eq!(code, 0);
    assert!(out.contains("/access/claims/seen: (none) -> true"), "{out}");
    let (_, out, _) = home.run(&["send", "--hook", "event", "--to", &url, "--json"]);
    assert!(serde_json::from_str::<Value>(&out).unwrap()["effect"].is_null());
    let (_, out, said) = home.run(&["replay", &sample_session(), "--to", &url, "--filter", "hook:token", "--json"]);
    let object: Value = serde_json::from_str(out.lines().next().unwrap_or_else(|| panic!("{said}"))).unwrap();
    assert!(object["effect"]["after"].is_object(), "{out}");
}

#[test]
fn a_secret_header_is_masked_in_an_export_that_does_not_know_the_workspace() {
    let home = Home::new();
    let workspace = home.write(
        "team.toml",
        "format = 1\n[[endpoint]]\nname = \"token\"\npath = \"/hooks/token\"\nhook = \"token\"\n\
         auth = { header = { name = \"X-Hook-Key\", value = \"expected-key\" } }\n",
    );
    let session = home.path("team.hookscope");
    let arguments = ["--workspace", workspace.to_str().unwrap(), "--session", session.to_str().unwrap()];
    let mut serve = home.serve(&arguments);
    for key in ["expected-key", "mistyped-key"] {
        serve.client().request("POST", "/hooks/token", &[("x-hook-key", key)], &body_of("token", key));
        serve.next_call();
    }
    serve.end();
    for format in ["jsonl", "curl"] {
        let (code, out, said) = home.run(&["export", session.to_str().unwrap(), "--format", format]);
        assert_eq!(code, 0, "{said}");
        for line in out.lines().filter(|line| line.to_ascii_lowercase().contains("x-hook-key")) {
            let at = line.to_ascii_lowercase().find("\"x-hook-key\",\"").unwrap_or(0);
            assert!(!line[at..].contains("x-hook-key\",\"expected-key"), "{line}");
            assert!(!line.contains("x-hook-key: expected-key") && !line.contains("x-hook-key: mistyped-key"), "{line}");
            assert!(!line[at..].contains("x-hook-key\",\"mistyped-key"), "{line}");
        }
        assert!(out.contains("••••"), "{out}");
    }
}
