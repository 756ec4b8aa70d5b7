//! The workspace file: what is read, what is said about the rest, what is written.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;
use std::time::Duration;

use hookscope::call::Secret;
use hookscope::okta::HookKind;
use hookscope::respond::{
    AuthSetup, BasicSetup, Endpoint, EndpointHook, HeaderSetup, SecretSource, Setup, least_harmful,
};
use hookscope::workspace::{Issue, IssueSeverity, SaveError, Workspace, read};

fn look(text: &str) -> (Setup, Vec<Issue>, bool) {
    read(text, Path::new("hooks.toml"), &|name: &str| (name == "SET").then(|| "secret".to_owned()))
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
        ..AuthSetup::default()
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

fn saved(text: &str, change: impl FnOnce(&mut Setup)) -> (String, Setup, Setup) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hooks.toml");
    std::fs::write(&path, text).unwrap();
    let mut workspace = Workspace::load(&path).unwrap().workspace;
    let mut setup = workspace.setup().clone();
    change(&mut setup);
    workspace.save(&setup).unwrap();
    let loaded = Workspace::load(&path).unwrap().workspace;
    (std::fs::read_to_string(&path).unwrap(), loaded.setup().clone(), setup)
}

#[test]
fn a_line_that_changes_keeps_the_comments_above_and_behind_it() {
    let text = "format = 1\n[listener]\n# our port\nhttps   = \"127.0.0.1:8443\"  # not 443\n[defaults]\nenforce = false # for now\n\n[[endpoint]] # the first\nname = \"a\" # its name\n# where it lies\npath = \"/a\" # its path\nhook = \"token\" # its hook\nauth = { basic = { user = \"okta\", password = { env = \"SET\" } }, later = 1 } # its credential\n[endpoint.response] # its answer\nstatus = 200 # fine\nheaders = { X-One = \"1\" } # one\ndelay_ms = 0 # at once\nbody = \"{}\" # empty\n";
    let (after, loaded, setup) = saved(text, |setup| {
        setup.listener.https = "127.0.0.1:9443".parse().unwrap();
        setup.enforce = true;
        let endpoint = &mut setup.endpoints[0];
        endpoint.name = "b".into();
        endpoint.path = "/b".to_owned();
        endpoint.hook = EndpointHook::Kind(HookKind::Saml);
        endpoint.auth.basic.as_mut().unwrap().user = "other".to_owned();
        let response = endpoint.response.as_mut().unwrap();
        response.status = 204;
        response.headers[0].1 = "2".to_owned();
        response.delay = Duration::from_millis(5);
        response.body = "[]".into();
    });
    assert_eq!(loaded.endpoints, setup.endpoints);
    for line in [
        "# our port\nhttps   = \"127.0.0.1:9443\"  # not 443\n",
        "enforce = true # for now\n",
        "[[endpoint]] # the first\n",
        "name = \"b\" # its name\n",
        "# where it lies\npath = \"/b\" # its path\n",
        "hook = \"saml\" # its hook\n",
        "auth = { basic = { user = \"other\", password = { env = \"SET\" } }, later = 1 } # its credential\n",
        "[endpoint.response] # its answer\n",
        "status = 204 # fine\n",
        "headers = { X-One = \"2\" } # one\n",
        "delay_ms = 5 # at once\n",
        "body = \"[]\" # empty\n",
    ] {
        assert!(after.contains(line), "{line}in\n{after}");
    }
}

/// Three endpoints that can be told apart, with a stranger between them.
const THREE: &str = "format = 1\n\n# first\n[[endpoint]]\nname = \"a\"\npath = \"/a\"\nmine = 1\n[endpoint.response]\nstatus = 201\n\n[[endpoint]]\nname = \"no path\"\n\n# second\n[[endpoint]]\nname = \"b\"\npath = \"/b\"\nmine = 2\n[endpoint.response]\nstatus = 202\n\n# third\n[[endpoint]]\nname = \"c\"\npath = \"/c\"\nmine = 3\n\n[defaults]\nenforce = false\n";

#[test]
fn endpoints_that_trade_their_paths_or_names_are_saved_as_they_are() {
    let (after, loaded, setup) = saved(THREE, |setup| {
        setup.endpoints[0].path = "/b".to_owned();
        setup.endpoints[1].path = "/a".to_owned();
    });
    assert_eq!(loaded.endpoints, setup.endpoints);
    assert!(after.contains("# first\n[[endpoint]]\nname = \"a\"\npath = \"/b\"\nmine = 1\n"), "{after}");
    let (after, loaded, setup) = saved(THREE, |setup| {
        setup.endpoints[0].name = "b".into();
        setup.endpoints[1].name = "a".into();
    });
    assert_eq!(loaded.endpoints, setup.endpoints);
    assert!(after.contains("# first\n[[endpoint]]\nname = \"b\"\npath = \"/a\"\nmine = 1\n"), "{after}");
    // One that gets both anew keeps its table.
    let (after, loaded, setup) = saved(THREE, |setup| {
        setup.endpoints[1].name = "x".into();
        setup.endpoints[1].path = "/x".to_owned();
    });
    assert_eq!(loaded.endpoints, setup.endpoints);
    assert!(after.contains("# second\n[[endpoint]]\nname = \"x\"\npath = \"/x\"\nmine = 2\n"), "{after}");
    assert!(after.contains("name = \"no path\"\n\n# second"), "{after}");
}

#[test]
fn a_credential_with_a_typed_secret_is_still_expected_after_a_restart() {
    let (text, loaded, _) = saved("format = 1\n[[endpoint]]\nname = \"a\"\npath = \"/a\"\n", |setup| {
        let typed = || SecretSource::Typed(Secret::new("typed-horse"));
        setup.endpoints[0].auth = AuthSetup {
            basic: Some(BasicSetup { user: "okta".to_owned(), password: typed() }),
            header: Some(HeaderSetup { name: "X-Key".to_owned(), value: typed() }),
            ..AuthSetup::default()
        };
    });
    assert!(!text.contains("typed-horse"), "{text}");
    let auth = &loaded.endpoints[0].auth;
    assert!(auth.is_configured());
    assert_eq!(auth.basic.as_ref().unwrap().password, SecretSource::Missing);
    assert_eq!(auth.header.as_ref().unwrap().value, SecretSource::Missing);
    // It fails closed, and says why.
    let headers = hookscope::call::Headers::from_fields([("X-Key", "typed-horse")]);
    let presented =
        hookscope::auth::Presented { headers: &headers, client: None, received_at: hookscope::call::Timestamp(0) };
    let report = hookscope::auth::check(&auth.expected(&hookscope::respond::IssuerKnown::default()), &presented);
    assert_eq!(report.result, hookscope::call::AuthResult::Fail);
    assert!(report.checks.iter().any(|check| check.detail.contains("type it for this run")), "{report:?}");
    check(&text, 5, 18, IssueSeverity::Warning, "auth.basic has no password");
    check(
        "[[endpoint]]\npath = \"/a\"\nauth = { basic = { password = { env = \"SET\" } } }\n",
        3,
        18,
        IssueSeverity::Error,
        "a user",
    );
}

#[test]
fn a_typed_secret_outlives_a_change_of_the_file_by_somebody_else() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hooks.toml");
    std::fs::write(&path, "format = 1\n[[endpoint]]\nname = \"a\"\npath = \"/a\"\n").unwrap();
    let mut workspace = Workspace::load(&path).unwrap().workspace;
    let mut setup = workspace.setup().clone();
    let typed = SecretSource::Typed(Secret::new("typed-horse"));
    setup.endpoints[0].auth.basic = Some(BasicSetup { user: "okta".to_owned(), password: typed.clone() });
    workspace.save(&setup).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}\n[defaults]\nenforce = true\n")).unwrap();
    // A change in this moment does not overwrite theirs.
    setup.listener.max_body_bytes = 5;
    assert!(matches!(workspace.save(&setup), Err(SaveError::Changed { .. })));
    assert!(workspace.reload_if_changed().unwrap().is_ok());
    assert!(workspace.setup().enforce);
    assert_eq!(workspace.setup().endpoints[0].auth.basic.as_ref().unwrap().password, typed);
}

#[test]
fn a_workspace_that_cannot_be_written_leaves_nothing_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hooks.toml");
    let mut workspace = Workspace::first_start(Some(path.clone()));
    let mut setup = workspace.setup().clone();
    setup.enforce = true;
    // What lies there is a folder that is not empty.
    std::fs::create_dir_all(path.join("inner")).unwrap();
    assert!(workspace.save(&setup).is_err());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

proptest::proptest! {
    #[test]
    fn however_endpoints_are_mixed_they_are_saved_as_they_are(
        mix in proptest::collection::vec((0usize..3, 0usize..5, 0usize..5, 200u16..600), 0..6),
        order in proptest::sample::select(vec![[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]),
        remove in proptest::option::of(0usize..3),
        add in proptest::bool::ANY,
    ) {
        let (_, loaded, setup) = saved(THREE, |setup| {
            for (idx, name, path, status) in mix {
                let (name, path) = (["a", "b", "c", "d", "e"][name], ["/a", "/b", "/c", "/d", "/e"][path]);
                // Whoever has the name or the path gets the other's in exchange.
                let (old_name, old_path) = (setup.endpoints[idx].name.clone(), setup.endpoints[idx].path.clone());
                for other in &mut setup.endpoints {
                    if &*other.name == name { other.name = old_name.clone(); }
                    if other.path == path { other.path = old_path.clone(); }
                }
                setup.endpoints[idx].name = name.into();
                setup.endpoints[idx].path = path.to_owned();
                if let Some(response) = &mut setup.endpoints[idx].response { response.status = status; }
            }
            setup.endpoints = order.iter().map(|idx| setup.endpoints[*idx].clone()).collect();
            if add { setup.endpoints.push(Endpoint { name: "z".into(), path: "/z".to_owned(), ..setup.endpoints[0].clone() }); }
            if let Some(idx) = remove { setup.endpoints.remove(idx); }
        });
        proptest::prop_assert_eq!(loaded.endpoints, setup.endpoints);
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
