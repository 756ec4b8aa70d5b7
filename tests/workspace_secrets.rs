//! Secrets that are kept in a keychain or in the owner's file: read with the workspace, stored and removed by the engine, and
//! nowhere else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hookscope::call::Secret;
use hookscope::engine::{Command, Engine, EngineFeed, EngineOptions, Event, SessionChoice};
use hookscope::respond::{
    BasicSetup, ClientMethod, ClientSetup, Endpoint, HeaderSetup, SecretSource, Setup, StandInSetup,
};
use hookscope::workspace::keychain::Entries;
use hookscope::workspace::{Keychain, KeychainError, Secrets, Workspace};

/// A keychain in memory.
#[derive(Clone, Default)]
struct InMemory(Arc<Mutex<BTreeMap<String, String>>>);

impl Entries for InMemory {
    fn get(&self, name: &str) -> Result<Option<Secret>, KeychainError> {
        Ok(self.0.lock().unwrap().get(name).map(Secret::new))
    }

    fn set(&self, name: &str, secret: &Secret) -> Result<(), KeychainError> {
        self.0.lock().unwrap().insert(name.to_owned(), secret.reveal().to_owned());
        Ok(())
    }

    fn delete(&self, name: &str) -> Result<(), KeychainError> {
        self.0.lock().unwrap().remove(name);
        Ok(())
    }
}

/// A system without one.
struct Absent;

impl Entries for Absent {
    fn get(&self, _: &str) -> Result<Option<Secret>, KeychainError> {
        Err(KeychainError::Absent { detail: "nobody answers on the session bus".to_owned() })
    }

    fn set(&self, name: &str, _: &Secret) -> Result<(), KeychainError> {
        self.get(name).map(drop)
    }

    fn delete(&self, name: &str) -> Result<(), KeychainError> {
        self.get(name).map(drop)
    }
}

const FILE: &str = "format = 1\n[[endpoint]]\nname = \"a\"\npath = \"/a\"\nauth = { basic = { user = \"okta\", password = { keychain = \"mine\" } } }\n";

fn password(setup: &Setup) -> &SecretSource {
    &setup.endpoints[0].auth.basic.as_ref().unwrap().password
}

#[test]
fn an_entry_of_the_keychain_is_read_with_the_workspace() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hooks.toml");
    std::fs::write(&path, FILE).unwrap();
    let entries = InMemory::default();
    let secrets = Secrets::new(Keychain::of(entries.clone()), None);

    let loaded = Workspace::load_with(&path, secrets.clone()).unwrap();
    assert_eq!(password(loaded.workspace.setup()), &SecretSource::Keychain { name: "mine".to_owned(), value: None });
    assert!(loaded.issues[0].message.contains("no entry 'mine'"), "{:?}", loaded.issues);

    entries.set("mine", &Secret::new("needle")).unwrap();
    let loaded = Workspace::load_with(&path, secrets).unwrap();
    assert!(loaded.issues.is_empty(), "{:?}", loaded.issues);
    assert_eq!(password(loaded.workspace.setup()).secret(), Some(&Secret::new("needle")));
    assert!(!format!("{:?}", loaded.workspace).contains("needle"));
}

#[test]
fn where_there_is_no_keychain_the_credential_fails_closed_and_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hooks.toml");
    std::fs::write(&path, FILE).unwrap();
    let loaded = Workspace::load_with(&path, Secrets::new(Keychain::of(Absent), None)).unwrap();
    let setup = loaded.workspace.setup();
    assert_eq!(password(setup).secret(), None);
    assert!(setup.endpoints[0].auth.is_configured(), "it is still expected");
    let [issue] = loaded.issues.as_slice() else { panic!("{:?}", loaded.issues) };
    assert_eq!((issue.line, issue.column), (5, 59));
    for word in ["no system keychain", "every credential fails", "env", "type it in the window"] {
        assert!(issue.message.to_lowercase().contains(word), "{word} in {issue}");
    }
}

#[test]
fn an_entry_of_the_owners_file_is_read_with_the_workspace() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hooks.toml");
    std::fs::write(&path, FILE.replace("keychain", "file")).unwrap();
    let secrets = Secrets::new(Keychain::of(Absent), Some(dir.path().join("data")));
    let loaded = Workspace::load_with(&path, secrets.clone()).unwrap();
    assert!(loaded.issues[0].message.contains("no entry 'mine'"), "{:?}", loaded.issues);
    secrets.file().unwrap().change(&[("mine", &Secret::new("needle"))], &[]).unwrap();
    let loaded = Workspace::load_with(&path, secrets).unwrap();
    assert!(loaded.issues.is_empty(), "{:?}", loaded.issues);
    assert_eq!(password(loaded.workspace.setup()).secret(), Some(&Secret::new("needle")));
}

fn start(dir: &Path, secrets: Secrets) -> (Engine, EngineFeed) {
    let path = dir.join("hooks.toml");
    std::fs::write(&path, "format = 1\n[[endpoint]]\nname = \"a\"\npath = \"/a\"\n").unwrap();
    let workspace = Workspace::load_with(&path, secrets).unwrap().workspace;
    let options = EngineOptions {
        data_dir: dir.join("data"),
        workspace,
        save_workspace: true,
        session: SessionChoice::Working,
        certificate: None,
        wake: Arc::new(|| {}),
        sink: None,
    };
    Engine::start(options).unwrap()
}

/// Asks for a change and waits until it holds and is written.
fn change(engine: &Engine, path: &Path, is_written: impl Fn(&str) -> bool, change: impl FnOnce(&mut Setup)) -> String {
    let mut setup = Setup::clone(&engine.state().setup);
    let revision = setup.revision;
    change(&mut setup);
    engine.send(Command::ChangeSetup(Box::new(setup))).unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let text = std::fs::read_to_string(path).unwrap();
        if engine.state().setup.revision > revision && is_written(&text) {
            return text;
        }
        assert!(Instant::now() < deadline, "it was not written:\n{text}");
        std::thread::yield_now();
    }
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::yield_now();
    }
}

fn with_secrets(endpoint: &mut Endpoint, source: impl Fn(&str, &str) -> SecretSource) {
    endpoint.auth.basic =
        Some(BasicSetup { user: "okta".to_owned(), password: source("a-password", "needle-of-basic") });
    endpoint.auth.header =
        Some(HeaderSetup { name: "X-Key".to_owned(), value: source("a-header", "needle-of-header") });
}

#[test]
fn a_secret_that_is_set_in_the_window_is_kept_in_the_keychain_and_removed_with_its_credential() {
    let dir = tempfile::tempdir().unwrap();
    let entries = InMemory::default();
    let secrets = Secrets::new(Keychain::of(entries.clone()), Some(dir.path().join("data")));
    let (engine, _feed) = start(dir.path(), secrets);
    let path = dir.path().join("hooks.toml");
    let in_keychain =
        |name: &str, value: &str| SecretSource::Keychain { name: name.to_owned(), value: Some(Secret::new(value)) };
    let text = change(
        &engine,
        &path,
        |text| text.contains("client"),
        |setup| {
            with_secrets(&mut setup.endpoints[0], in_keychain);
            setup.oauth = Some(StandInSetup {
                clients: vec![ClientSetup {
                    client_id: "client".to_owned(),
                    method: ClientMethod::SecretPost(in_keychain("client", "needle-of-client")),
                }],
                ..StandInSetup::default()
            });
        },
    );
    assert!(!text.contains("needle"), "{text}");
    assert!(text.contains("password = { keychain = \"a-password\" }"), "{text}");
    assert!(text.contains("secret = { keychain = \"client\" }"), "{text}");
    let kept: Vec<(String, String)> = entries.0.lock().unwrap().clone().into_iter().collect();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        kept,
        [
            pair("a-header", "needle-of-header"),
            pair("a-password", "needle-of-basic"),
            pair("client", "needle-of-client")
        ]
    );
    assert!(!format!("{:?}", engine.state()).contains("needle"));

    change(&engine, &path, |text| !text.contains("a-password"), |setup| setup.endpoints[0].auth.basic = None);
    wait_until("its entry is removed", || !entries.0.lock().unwrap().contains_key("a-password"));
    assert_eq!(entries.0.lock().unwrap().len(), 2, "the others stay");
    engine.shut_down(Duration::ZERO).unwrap();
}

#[test]
fn a_secret_that_the_keychain_does_not_take_holds_for_this_run_only() {
    let dir = tempfile::tempdir().unwrap();
    let (engine, mut feed) = start(dir.path(), Secrets::new(Keychain::of(Absent), None));
    let path = dir.path().join("hooks.toml");
    let text = change(
        &engine,
        &path,
        |text| text.contains("basic"),
        |setup| {
            with_secrets(&mut setup.endpoints[0], |name, value| SecretSource::Keychain {
                name: name.to_owned(),
                value: Some(Secret::new(value)),
            });
        },
    );
    assert!(!text.contains("keychain") && !text.contains("needle"), "{text}");
    let setup = engine.state().setup;
    assert_eq!(password(&setup), &SecretSource::Typed(Secret::new("needle-of-basic")));
    let said = feed.events.blocking_recv().unwrap();
    let Event::Message { text, .. } = &said else { panic!("{said:?}") };
    assert!(text.contains("no system keychain") && text.contains("this run only"), "{text}");
    engine.shut_down(Duration::ZERO).unwrap();
}

#[test]
fn no_way_of_saving_a_workspace_writes_a_secret_that_is_kept_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    let secrets = Secrets::new(Keychain::of(InMemory::default()), Some(dir.path().join("data")));
    let kinds: [fn(&str, &str) -> SecretSource; 4] = [
        |name, value| SecretSource::Keychain { name: name.to_owned(), value: Some(Secret::new(value)) },
        |name, value| SecretSource::File { name: name.to_owned(), value: Some(Secret::new(value)) },
        |name, value| SecretSource::Env { variable: name.to_owned(), value: Some(Secret::new(value)) },
        |_, value| SecretSource::Typed(Secret::new(value)),
    ];
    for (idx, kind) in kinds.into_iter().enumerate() {
        let path = dir.path().join(format!("{idx}.toml"));
        let mut workspace = Workspace::first_start(Some(path.clone())).with_secrets(secrets.clone());
        let mut setup = workspace.setup().clone();
        with_secrets(&mut setup.endpoints[0], kind);
        let client = ClientSetup {
            client_id: "client".to_owned(),
            method: ClientMethod::SecretPost(kind("client", "needle-of-client")),
        };
        setup.oauth = Some(StandInSetup { clients: vec![client], ..StandInSetup::default() });
        workspace.save(&setup).unwrap();
        let again = dir.path().join(format!("{idx}-new.toml"));
        workspace.save_as_new(&again).unwrap();
        for path in [path, again] {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.contains("client") && !text.contains("needle"), "{text}");
        }
        assert!(!format!("{workspace:?} {setup:?}").contains("needle"));
    }
}

/// A session bus that takes connections and never says a word, for a program of its own.
#[cfg(unix)]
#[test]
fn a_session_bus_that_never_answers_does_not_keep_the_program_from_its_work() {
    let dir = tempfile::tempdir().unwrap();
    let bus = dir.path().join("bus");
    let _listener = std::os::unix::net::UnixListener::bind(&bus).unwrap();
    let path = dir.path().join("hooks.toml");
    std::fs::write(&path, FILE).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_hookscope"))
        .args(["serve", "--listen", "127.0.0.1:0", "--for", "0.2", "--workspace"])
        .arg(&path)
        .arg("--session")
        .arg(dir.path().join("test.hookscope"))
        .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", bus.display()))
        .env("XDG_DATA_HOME", dir.path().join("data"))
        .env("XDG_CONFIG_HOME", dir.path().join("config"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("did not answer within a second"), "{said}");
}
