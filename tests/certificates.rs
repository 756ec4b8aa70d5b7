//! The certificate as a front changes it: renewed, imported, given back, and remembered in the workspace.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hookscope::engine::{
    self, CertificateCommand, CertificateInfo, CertificateOrigin, Command, Engine, EngineFeed, EngineOptions, Event,
    ListenState, SessionChoice, Tone,
};
use hookscope::workspace::Workspace;

/// How long something may take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(30);

struct Running {
    engine: Engine,
    feed: EngineFeed,
}

fn start(dir: &Path, given: Option<(PathBuf, PathBuf)>) -> Running {
    let path = dir.join("hooks.toml");
    if !path.exists() {
        let text = "format = 1\n\n[listener]\nhttps = \"127.0.0.1:0\" # any\nnames = [\"hooks.test\"]\n";
        std::fs::write(&path, text).unwrap();
    }
    let (workspace, issues) = engine::open_workspace(Some(&path)).unwrap();
    assert!(issues.is_empty(), "{issues:?}");
    let options = EngineOptions {
        data_dir: dir.join("data"),
        workspace,
        save_workspace: true,
        session: SessionChoice::Working,
        certificate: given,
        wake: Arc::new(|| {}),
        sink: None,
    };
    let (engine, feed) = Engine::start(options).unwrap();
    Running { engine, feed }
}

impl Running {
    fn ask(&self, command: CertificateCommand) {
        self.engine.send(Command::Certificate(command)).unwrap();
    }

    /// Waits for the next event that fits.
    fn event<T>(&mut self, mut fits: impl FnMut(Event) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            assert!(begun.elapsed() < PATIENCE, "it did not come");
            match self.feed.events.try_recv() {
                Ok(event) => {
                    if let Some(found) = fits(event) {
                        return found;
                    }
                }
                Err(_) => std::thread::yield_now(),
            }
        }
    }

    fn message(&mut self, part: &str) -> Tone {
        self.event(|event| match event {
            Event::Message { tone, text } if text.contains(part) => Some(tone),
            _ => None,
        })
    }

    fn imported(&mut self) -> Option<String> {
        self.event(|event| match event {
            Event::CertificateImported { problem } => Some(problem),
            _ => None,
        })
    }

    fn served(&self) -> (std::net::SocketAddr, CertificateInfo) {
        match self.engine.state().listen {
            ListenState::Listening { https, certificate, .. } => (https, (*certificate).clone()),
            stopped => panic!("{stopped:?}"),
        }
    }
}

/// A certificate made elsewhere, with its key.
fn files(dir: &Path, name: &str, until_year: i32) -> (PathBuf, PathBuf) {
    let mut params = rcgen::CertificateParams::new(vec!["hooks.test".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(until_year - 1, 1, 2);
    params.not_after = rcgen::date_time_ymd(until_year, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    let made = params.self_signed(&key).unwrap();
    let (cert_path, key_path) = (dir.join(format!("{name}.pem")), dir.join(format!("{name}.key")));
    std::fs::write(&cert_path, made.pem()).unwrap();
    std::fs::write(&key_path, key.serialize_pem()).unwrap();
    (cert_path, key_path)
}

/// A year whose first day is to come.
fn next_year() -> i32 {
    let year = jiff::Timestamp::now().to_string()[..4].parse::<i32>().unwrap();
    year + 1
}

#[test]
fn an_import_is_checked_first_then_served_and_remembered_and_can_be_taken_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut running = start(dir.path(), None);
    running.engine.listen().unwrap();
    let (address, local) = running.served();
    assert!(local.covers("hooks.test") && local.origin == CertificateOrigin::Local);

    let (cert, key) = files(dir.path(), "own", next_year());
    let (_, other_key) = files(dir.path(), "other", next_year());
    let (old, old_key) = files(dir.path(), "old", 2020);
    let missing = dir.path().join("missing.pem");
    for (cert, key, said) in [
        (&missing, &key, "missing.pem"),
        (&cert, &other_key, "does not match"),
        (&key, &cert, "swapped"),
        (&old, &old_key, "has expired at 2020-01-01"),
    ] {
        running.ask(CertificateCommand::Import { cert: cert.clone(), key: key.clone() });
        let problem = running.imported().unwrap();
        assert!(problem.contains(said), "{problem}");
        assert_eq!(running.served(), (address, local.clone()));
    }

    running.ask(CertificateCommand::Import { cert: cert.clone(), key: key.clone() });
    assert_eq!(running.imported(), None);
    let (same_address, own) = running.served();
    assert_eq!((same_address, own.origin, &own.leaf_path), (address, CertificateOrigin::Files, &cert));
    let text = std::fs::read_to_string(dir.path().join("hooks.toml")).unwrap();
    // Beside the workspace the files are named without their folder, and the comment stays.
    assert!(
        text.contains("certificate = { cert = \"own.pem\", key = \"own.key\" }") && text.contains("# any"),
        "{text}"
    );
    // What is made here cannot be done to files of the user's.
    running.ask(CertificateCommand::Renew);
    assert_eq!(running.message("your own files"), Tone::Error);
    running.engine.shut_down(Duration::ZERO).unwrap();

    let mut again = start(dir.path(), None);
    again.engine.listen().unwrap();
    assert_eq!(again.served().1.sha256, own.sha256);
    again.ask(CertificateCommand::UseLocal);
    assert_eq!(again.message("own authority"), Tone::Info);
    assert_eq!(again.served().1.sha256, local.sha256);
    let text = std::fs::read_to_string(dir.path().join("hooks.toml")).unwrap();
    assert!(!text.contains("certificate"), "{text}");
    again.engine.shut_down(Duration::ZERO).unwrap();

    // The keys are nowhere but in their files.
    let secret = std::fs::read_to_string(&key).unwrap().lines().nth(1).unwrap().to_owned();
    for path in [dir.path().join("hooks.toml"), dir.path().join("data/working.hookscope")] {
        let bytes = std::fs::read(path).unwrap();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
    }
}

#[test]
fn a_certificate_of_the_workspace_that_is_gone_stops_the_listener_until_the_local_one_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    let text =
        "format = 1\n[listener]\nhttps = \"127.0.0.1:0\"\ncertificate = { cert = \"no.pem\", key = \"no.key\" }\n";
    std::fs::write(dir.path().join("hooks.toml"), text).unwrap();
    let mut running = start(dir.path(), None);
    let error = running.engine.listen().unwrap_err().to_string();
    assert!(error.contains("no.pem"), "{error}");
    running.ask(CertificateCommand::UseLocal);
    running.message("own authority");
    assert_eq!(running.served().1.origin, CertificateOrigin::Local);
}

#[test]
fn renewing_and_a_new_authority_are_said_and_the_state_follows() {
    let dir = tempfile::tempdir().unwrap();
    let mut running = start(dir.path(), None);
    running.ask(CertificateCommand::Renew);
    assert_eq!(running.message("start listening first"), Tone::Error);
    running.engine.listen().unwrap();
    let (address, first) = running.served();
    running.ask(CertificateCommand::Renew);
    running.message("is renewed");
    let renewed = running.served().1;
    assert!(renewed.sha256 != first.sha256 && renewed.authority == first.authority);
    running.ask(CertificateCommand::NewAuthority);
    assert_eq!(running.message("new authority"), Tone::Warning);
    let (same_address, replaced) = running.served();
    assert!(replaced.authority != first.authority && same_address == address);
    // Other names hold without binding anew.
    let mut setup = hookscope::respond::Setup::clone(&running.engine.state().setup);
    setup.listener.names = vec!["other.test".to_owned()];
    running.engine.send(Command::ChangeSetup(Box::new(setup))).unwrap();
    let begun = Instant::now();
    while !running.served().1.covers("other.test") {
        assert!(begun.elapsed() < PATIENCE);
        std::thread::yield_now();
    }
    assert_eq!(running.served().0, address);
}

#[test]
fn the_command_line_wins_over_the_workspace() {
    let dir = tempfile::tempdir().unwrap();
    let (cert, key) = files(dir.path(), "own", next_year());
    let mut running = start(dir.path(), Some((cert.clone(), key.clone())));
    running.engine.listen().unwrap();
    assert_eq!(running.served().1.leaf_path, cert);
    running.ask(CertificateCommand::Import { cert, key });
    assert!(running.imported().unwrap().contains("command line"));
    running.ask(CertificateCommand::UseLocal);
    assert_eq!(running.message("command line"), Tone::Error);
    assert_eq!(running.served().1.origin, CertificateOrigin::Files);
}

#[test]
fn a_certificate_in_the_workspace_needs_both_files() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hooks.toml");
    for (text, n_issues, is_taken) in [
        ("cert = \"a.pem\", key = \"a.key\"", 0, true),
        ("cert = \"a.pem\"", 1, false),
        ("cert = \"a.pem\", key = \"\"", 1, false),
        ("cert = 7, key = \"a.key\"", 2, false),
        ("cert = \"a.pem\", key = \"a.key\", more = 1", 1, true),
    ] {
        std::fs::write(&path, format!("format = 1\n[listener]\ncertificate = {{ {text} }}\n")).unwrap();
        let loaded = Workspace::load(&path).unwrap();
        assert_eq!(loaded.issues.len(), n_issues, "{text}: {:?}", loaded.issues);
        assert_eq!(loaded.workspace.setup().listener.certificate.is_some(), is_taken, "{text}");
    }
}

#[test]
fn serve_says_which_certificate_it_serves_and_what_is_wrong_with_it() {
    let home = support::Home::new();
    let serve = home.serve(&[]);
    let certificate = &serve.listening["certificate"];
    assert_eq!(certificate["names"], serde_json::json!(["127.0.0.1", "::1", "localhost"]));
    assert_eq!((&certificate["local"], &certificate["key"]), (&true.into(), &"ECDSA P-256".into()));
    drop(serve);

    let (cert, key) = files(home.dir.path(), "old", 2020);
    let paths = [cert.to_str().unwrap(), key.to_str().unwrap()];
    let mut serve = home.serve(&["--cert", paths[0], "--key", paths[1], "--for", "0.1"]);
    assert_eq!(serve.listening["certificate"]["local"], false);
    assert_eq!(serve.listening["certificate"]["names"], serde_json::json!(["hooks.test"]));
    let (code, said) = serve.wait();
    assert_eq!(code, 0);
    assert!(said.contains("The certificate has expired"), "{said}");
}
