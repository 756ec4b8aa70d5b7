//! The workspace file: what is read, what is said about the rest, what is written.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;
use std::time::Duration;

use hookscope::call::Secret;
use hookscope::okta::HookKind;
use hookscope::respond::{AuthSetup, BasicSetup, EndpointHook, SecretSource, Setup, least_harmful};
use hookscope::workspace::{Issue, IssueSeverity, SaveError, Workspace, read};

fn look(text: &str) -> (Setup, Vec<Issue>, bool) {
    read(text, Path::new("hooks.toml"), &|name| (name == "SET").then(|| "secret".to_owned()))
}

/// One issue with this place and word; what stands beside it is used.
fn check(text: &str, line: u32, column: u32, severity: IssueSeverity, word: &str) {
    let (_, issues, _) = look(text);
    let fits = |issue: &&Issue| {
        issue.line == line && issue.column == column && issue.severity == severity && issue.message.contains(word)
    };
    assert!(issues.iter().any(|issue| fits(&issue)), "{text:?}: {issues:#?}");
}

#[test]
fn each_fault_is_said_with_its_line_and_column() {
    use IssueSeverity::{Error, Warning};
    check("format = 2\n", 1, 10, Error, "form 2");
    check("color = 1\n", 1, 1, Warning, "'color'");
    check("[listener]\nhttps = \"localhost\"\n", 2, 9, Error, "no address");
    check("[listener]\nhttp = \"0.0.0.0:80\"\n", 2, 8, Error, "loopback");
    check("[listener]\nnames = [\"a b\"]\n", 2, 10, Error, "host name");
    check("[listener]\nmax_body_bytes = \"big\"\n", 2, 18, Error, "a number");
    check("[defaults]\nenforce = 1\n", 2, 11, Error, "true or false");
    check("[[endpoint]]\nname = \"x\"\n", 1, 1, Error, "no path");
    check("[[endpoint]]\nname = \"x\"\npath = \"hooks\"\n", 3, 8, Error, "begins with /");
    check("[[endpoint]]\nname = \"x\"\npath = \"/a\"\nhook = \"tokn\"\n", 4, 8, Error, "no hook kind");
    check("[[endpoint]]\npath = \"/a\"\n[endpoint.response]\nstatus = 99\n", 4, 10, Error, "200 to 599");
    check(
        "[[endpoint]]\npath = \"/a\"\n[endpoint.response]\nheaders = { \"a b\" = \"x\" }\n",
        4,
        13,
        Error,
        "header field",
    );
    check(
        "[[endpoint]]\npath = \"/a\"\n[endpoint.response]\nbody_file = \"missing.json\"\n",
        4,
        13,
        Error,
        "missing.json",
    );
    check(
        "[[endpoint]]\npath = \"/a\"\n[endpoint.response]\nbody = \"x\"\nbody_file = \"y\"\n",
        5,
        13,
        Error,
        "body already",
    );
    let auth = |auth: &str| format!("[[endpoint]]\npath = \"/a\"\nauth = {auth}\n");
    check(&auth("{ basic = { user = \"a\", password = { env = \"UNSET\" } } }"), 3, 51, Warning, "UNSET is not set");
    check(&auth("{ basic = { user = \"a\", password = \"plain\" } }"), 3, 43, Warning, "plain text");
    check(&auth("{ header = { name = \"X\", value = { keychain = \"k\" } } }"), 3, 54, Warning, "keychain");
    check(&auth("{ basic = { user = \"a:b\", password = { env = \"SET\" } } }"), 3, 27, Error, "':'");
    let twice = "[[endpoint]]\nname = \"x\"\npath = \"/a\"\n[[endpoint]]\nname = \"x\"\npath = \"/b\"\n[[endpoint]]\nname = \"y\"\npath = \"/a\"\n";
    check(twice, 4, 1, Error, "'x'");
    check(twice, 9, 8, Error, "/a");
}

#[test]
fn a_file_with_an_error_is_used_as_far_as_it_is_good() {
    let text = "format = 1\n[listener]\nmax_body_bytes = 5000\n[[endpoint]]\nname = \"a\"\npath = \"/a\"\nhook = \"saml\"\n[[endpoint]\nname = \n";
    let (setup, issues, is_whole) = look(text);
    assert!(!is_whole);
    assert!(issues.iter().any(|issue| issue.line >= 8), "{issues:#?}");
    assert_eq!(setup.listener.max_body_bytes, 5_000);
    assert_eq!(setup.endpoint_named("a").unwrap().hook, EndpointHook::Kind(HookKind::Saml));
}

#[test]
fn a_first_start_has_one_endpoint_for_each_kind_with_the_least_harmful_response() {
    let workspace = Workspace::first_start(None);
    let setup = workspace.setup();
    assert_eq!(setup.endpoints.len(), 7);
    for endpoint in &setup.endpoints {
        let kind = endpoint.hook.kind().unwrap();
        assert_eq!(endpoint.path, format!("/hooks/{kind}"));
        assert_eq!(endpoint.response, least_harmful(kind));
        assert!(!endpoint.auth.is_configured());
    }
    assert_eq!(setup.listener.https.to_string(), "127.0.0.1:8443");
    assert_eq!(setup.listener.http, None);
}

#[test]
fn a_save_touches_only_what_changed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hooks.toml");
    let text = "# ours, since 2031\nformat = 1 # one\ncolor = \"blue\"\n\n[[endpoint]]\nname = \"a\"   # the first\npath = \"/a\"\nhook = \"token\"\n\n[[endpoint]]\nname = \"b\"\npath = \"/b\"\n";
    std::fs::write(&path, text).unwrap();
    let mut workspace = Workspace::load(&path).unwrap().workspace;
    let mut setup = workspace.setup().clone();
    workspace.save(&setup).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    setup.endpoints[0].response = least_harmful(HookKind::PasswordImport);
    setup.endpoints[1].path = "/bb".to_owned();
    workspace.save(&setup).unwrap();
    let after = std::fs::read_to_string(&path).unwrap();
    for kept in [
        "# ours, since 2031",
        "format = 1 # one",
        "color = \"blue\"",
        "name = \"a\"   # the first",
        "UNVERIFIED",
        "path = \"/bb\"",
    ] {
        assert!(after.contains(kept), "{kept} in\n{after}");
    }
    let again = Workspace::load(&path).unwrap().workspace;
    assert_eq!(again.setup().endpoints, setup.endpoints);
}

#[test]
fn a_typed_secret_is_never_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hooks.toml");
    let mut workspace = Workspace::first_start(Some(path.clone()));
    let mut setup = workspace.setup().clone();
    setup.endpoints[0].auth = AuthSetup {
        basic: Some(BasicSetup { user: "okta".to_owned(), password: SecretSource::Typed(Secret::new("typed-horse")) }),
        header: None,
    };
    workspace.save(&setup).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("typed-horse"), "{text}");
    assert!(!format!("{setup:?}").contains("typed-horse"));
}

#[test]
fn a_file_that_did_not_parse_is_never_written_but_can_be_saved_as_a_new_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hooks.toml");
    let text = "format = 1\n[[endpoint]]\nname = \"a\"\npath = \"/a\"\nthis is no TOML\n";
    std::fs::write(&path, text).unwrap();
    let mut workspace = Workspace::load(&path).unwrap().workspace;
    let mut setup = workspace.setup().clone();
    setup.enforce = true;
    assert!(matches!(workspace.save(&setup), Err(SaveError::NotWhole { .. })));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    let fresh = dir.path().join("new.toml");
    workspace.save_as_new(&fresh).unwrap();
    assert!(Workspace::load(&fresh).unwrap().workspace.setup().enforce);
    assert!(matches!(workspace.save_as_new(&path), Err(SaveError::Exists { .. })));
}

#[test]
fn a_change_by_somebody_else_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hooks.toml");
    std::fs::write(&path, "format = 1\n").unwrap();
    let mut workspace = Workspace::load(&path).unwrap().workspace;
    assert!(workspace.reload_if_changed().is_none());
    std::fs::write(&path, "format = 1\n[defaults]\nenforce = true\n").unwrap();
    assert_eq!(workspace.reload_if_changed(), Some(Ok(Vec::new())));
    assert!(workspace.setup().enforce);
}

#[test]
fn a_body_can_lie_in_a_file_beside_it_and_a_delay_is_milliseconds() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("token.json"), "{\"commands\":[]}").unwrap();
    let path = dir.path().join("hooks.toml");
    std::fs::write(&path, "[[endpoint]]\nname = \"a\"\npath = \"/a\"\n[endpoint.response]\nbody_file = \"token.json\"\ndelay_ms = 1_500\n").unwrap();
    let loaded = Workspace::load(&path).unwrap();
    let response = loaded.workspace.setup().endpoints[0].response.clone().unwrap();
    assert_eq!((&*response.body, response.delay), ("{\"commands\":[]}", Duration::from_millis(1_500)));
    assert!(loaded.issues.is_empty(), "{:?}", loaded.issues);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_reading_panic(text in "(\\PC|\n){0,200}") {
        look(&text);
    }

    #[test]
    fn what_is_saved_is_what_is_loaded(status in 200u16..600, delay in 0u64..600_000, body in "[ -~\n]{0,80}", name in "[a-z-]{1,12}") {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hooks.toml");
        let mut workspace = Workspace::first_start(Some(path.clone()));
        let mut setup = workspace.setup().clone();
        setup.endpoints[1].name = format!("x-{name}").as_str().into();
        if let Some(response) = &mut setup.endpoints[5].response {
            response.status = status;
            response.delay = Duration::from_millis(delay);
            response.body = body.as_str().into();
            response.headers = vec![("Content-Type".to_owned(), "text/plain".to_owned())];
        }
        workspace.save(&setup).unwrap();
        let loaded = Workspace::load(&path).unwrap();
        proptest::prop_assert_eq!(&loaded.workspace.setup().endpoints, &setup.endpoints);
    }
}

#[test]
fn what_is_masked_beside_is_read_and_written_and_a_mistake_in_it_is_said() {
    let (setup, issues, _) = look("[defaults]\nmask = [\"/data/access/claims/ssn\", \"badgeNumber\"]\n");
    assert_eq!(setup.mask, ["/data/access/claims/ssn", "badgeNumber"]);
    assert!(issues.is_empty(), "{issues:?}");
    check("[defaults]\nmask = \"ssn\"\n", 2, 8, IssueSeverity::Error, "list of strings");
    check("[defaults]\nmask = [\"ssn\", 7]\n", 2, 16, IssueSeverity::Error, "list of strings");
    check("[defaults]\nmask = [\" \"]\n", 2, 9, IssueSeverity::Error, "empty");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hooks.toml");
    std::fs::write(&path, "[defaults] # mine\nenforce = true\nlater = 1\n").unwrap();
    let mut workspace = Workspace::load(&path).unwrap().workspace;
    let mut changed = workspace.setup().clone();
    changed.mask = vec!["/data/a~1b".to_owned()];
    workspace.save(&changed).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, "format = 1\n[defaults] # mine\nenforce = true\nlater = 1\nmask = [\"/data/a~1b\"]\n");
    changed.mask.clear();
    workspace.save(&changed).unwrap();
    assert!(!std::fs::read_to_string(&path).unwrap().contains("mask"));
}
