//! Real tunnels: a call goes through an OpenSSH server and through a bore server to the listener, over TLS from end to end.
//!
//! The client of each is started by the program itself, as a user starts it in the window, and its public URL is read from what it
//! prints. They need `sshd`, `ssh`, `ssh-keygen` and `bore`; `tests/run` installs them. Every server listens on loopback, on ports and in
//! folders of its own, and ends with its test.

#![cfg(feature = "real-window")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod edges;
mod support;

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use edges::{Inspector, hop, post, said, token_call, wait_for};
use hookscope::call::{HopKind, HopState};
use hookscope::engine::TunnelCommand;
use hookscope::okta::{HookKind, Outcome};
use hookscope::tunnel::command_line;
use support::free_port;
use tokio::runtime::Runtime;

/// Finds a program, or fails with what to do.
fn program(name: &str, more_folders: &[&str]) -> PathBuf {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(more_folders.iter().map(PathBuf::from)).chain([tools]);
    let found = folders.map(|folder| folder.join(name)).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("this test needs the program {name}, which is not installed: tests/run installs it"))
}

/// A process that ends with the test, and the file that it writes into.
struct Started {
    child: Child,
    output: PathBuf,
}

impl Started {
    fn new(command: &mut Command, output: PathBuf) -> Started {
        let file = File::create(&output).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        Started { child, output }
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.output).unwrap()
    }

    /// What was said by everything that writes beside it.
    fn all_said(&self) -> String {
        let logs = fs::read_dir(self.output.parent().unwrap()).unwrap().flatten().map(|entry| entry.path());
        let logs = logs.filter(|path| path.extension().is_some_and(|extension| extension == "log"));
        logs.map(|path| format!("{}:\n{}", path.display(), fs::read_to_string(&path).unwrap_or_default())).collect()
    }

    /// Waits for something in its output, and gives it.
    fn wait_for<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> T {
        wait_for(|| {
            let said = self.said();
            let found = find(&said);
            let ended = self.child.try_wait().unwrap();
            assert!(found.is_some() || ended.is_none(), "it ended ({ended:?}), and this was said: {}", self.all_said());
            found
        })
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A server of this test: its own keys, its own port, nobody but this test's key may come in.
struct Sshd {
    server: Started,
    port: u16,
    folder: tempfile::TempDir,
}

impl Sshd {
    fn start() -> Sshd {
        let sshd = program("sshd", &["/usr/sbin", "/usr/local/sbin"]);
        let keygen = program("ssh-keygen", &[]);
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        for name in ["host_key", "user_key"] {
            let made =
                Command::new(&keygen).args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(file(name)).status().unwrap();
            assert!(made.success());
        }
        fs::copy(file("user_key.pub"), file("authorized_keys")).unwrap();
        if user() == "root" {
            // A server that root starts wants this folder; the system's own start script would make it.
            fs::create_dir_all("/run/sshd").unwrap();
        }
        let port = free_port();
        // Without PAM a server that is not root's takes every account for a locked one.
        let config = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\nUsePAM yes\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n\
             AllowTcpForwarding remote\nGatewayPorts no\nPermitTTY no\nX11Forwarding no\nLogLevel VERBOSE\n",
            file("host_key").display(),
            file("authorized_keys").display(),
        );
        fs::write(file("sshd_config"), config).unwrap();
        let mut command = Command::new(sshd);
        command.args(["-D", "-e", "-f"]).arg(file("sshd_config"));
        let mut server = Started::new(&mut command, file("sshd.log"));
        server.wait_for(|said| said.contains("Server listening on 127.0.0.1").then_some(()));
        Sshd { server, port, folder }
    }

    /// The arguments of `ssh -R` to this server, as a user would give them, with nothing of the user's own configuration.
    fn arguments(&self, local: SocketAddr) -> Vec<String> {
        let file = |name: &str| self.folder.path().join(name).display().to_string();
        let mut arguments = vec!["-F".to_owned(), "none".to_owned(), "-N".to_owned(), "-T".to_owned()];
        for option in [
            "BatchMode=yes".to_owned(),
            "ExitOnForwardFailure=yes".to_owned(),
            "IdentitiesOnly=yes".to_owned(),
            "StrictHostKeyChecking=accept-new".to_owned(),
            format!("UserKnownHostsFile={}", file("known_hosts")),
            format!("IdentityFile={}", file("user_key")),
        ] {
            arguments.extend(["-o".to_owned(), option]);
        }
        arguments.extend(["-p".to_owned(), self.port.to_string()]);
        arguments.extend(["-R".to_owned(), format!("127.0.0.1:0:{local}"), format!("{}@127.0.0.1", user())]);
        arguments
    }

    /// Ends the server and what it has started: the process of a connection goes on by itself otherwise.
    fn end(&mut self) {
        let children = children_of(self.server.child.id());
        self.server.child.kill().unwrap();
        self.server.child.wait().unwrap();
        for child in children {
            Command::new("kill").args(["-KILL", &child.to_string()]).stderr(Stdio::null()).status().unwrap();
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        if self.server.child.try_wait().unwrap().is_none() {
            self.end();
        }
    }
}

/// The processes that a process has started, and those that they have.
fn children_of(parent: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        // Process 12 (name) state parent: the name may hold anything, its end is the last bracket.
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let fields = stat.rsplit_once(')').map(|(_, fields)| fields).unwrap_or_default();
        if fields.split_whitespace().nth(1) == Some(&parent.to_string()) {
            found.push(pid);
            found.extend(children_of(pid));
        }
    }
    found
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Sends a call to the public side of a tunnel and looks at the row that came of it.
fn call_through(inspector: &Inspector, public: SocketAddr, name: &str, event_id: &str) {
    let call = token_call(event_id);
    let answered = post(public, name, &inspector.ca_pem, "/hooks/token", &call);
    let (status, _) = runtime().block_on(answered).unwrap();
    assert_eq!(status, 204);
    let row = inspector.wait_for_call(|record| record.opening.event_id.as_deref() == Some(event_id));
    assert!(row.opening.request.over_tls, "the tunnel carries TLS to its end");
    assert!(row.opening.request.peer.starts_with("127.0.0.1:"), "{}", row.opening.request.peer);
    assert_eq!((row.opening.hook, row.closing.verdict.outcome), (HookKind::Token, Outcome::Unchanged));
}

/// A tunnel that carries TCP shows the listener's own certificate: it arrives, and Okta would not accept it.
fn chain_through(inspector: &Inspector, url: &str) {
    let report = inspector.test_chain(url);
    let state = |kind| hop(&report, kind).state;
    assert_eq!(state(HopKind::Connect), HopState::Good, "{}", said(&report));
    assert_eq!(state(HopKind::Tls), HopState::Bad, "{}", said(&report));
    assert!(hop(&report, HopKind::Tls).sentence.contains("not public"), "{}", said(&report));
    for kind in [HopKind::Answer, HopKind::Arrival, HopKind::Latency] {
        assert_eq!(state(kind), HopState::Good, "{}", said(&report));
    }
    assert!(report.overhead.is_some_and(|overhead| overhead.n_requests == 5), "{}", said(&report));
}

/// Starts a tunnel as a user does in the window, and waits for the public URL that is read from what it prints.
fn start_tunnel(inspector: &Inspector, command: &[String]) -> String {
    let command = TunnelCommand::StartOwn(command_line(command));
    inspector.engine.send(hookscope::engine::Command::Tunnel(command)).unwrap();
    wait_for(|| {
        let tunnel = inspector.engine.state().tunnel;
        let run = tunnel.run?;
        assert_eq!(run.progress.end, None, "it printed {:?}", run.progress.lines);
        tunnel.public_url.map(|public| public.url.to_string())
    })
}

/// Waits until the end of the tunnel is noticed.
fn wait_for_end(inspector: &Inspector) {
    let end = wait_for(|| inspector.engine.state().tunnel.run?.progress.end);
    assert!(!end.was_stopped && !end.was_killed, "{end:?}");
}

/// The port at the end of a URL.
fn port_of(url: &str) -> u16 {
    url.rsplit_once(':').unwrap().1.parse().unwrap()
}

#[test]
fn calls_come_through_a_real_ssh_server_and_its_end_is_seen() {
    let inspector = Inspector::start(false, "");
    let mut sshd = Sshd::start();
    let mut command = vec![program("ssh", &[]).display().to_string()];
    command.extend(sshd.arguments(inspector.https));
    let url = start_tunnel(&inspector, &command);
    let public = SocketAddr::from(([127, 0, 0, 1], port_of(&url)));
    assert_eq!(url, format!("https://{public}"));
    call_through(&inspector, public, "localhost", "through-ssh");
    chain_through(&inspector, &url);

    sshd.end();
    wait_for_end(&inspector);
    assert!(TcpStream::connect(public).is_err(), "the public side ends with the server");
    let report = inspector.test_chain(&url);
    assert_eq!(hop(&report, HopKind::Connect).state, HopState::Bad, "{}", said(&report));
}

/// A loopback address of this test alone, since a bore server always takes calls of its clients on one and the same port.
fn own_loopback() -> Ipv4Addr {
    let [_, _, high, low] = std::process::id().to_be_bytes();
    if cfg!(target_os = "linux") { Ipv4Addr::new(127, 77, high, low) } else { Ipv4Addr::LOCALHOST }
}

#[test]
fn calls_come_through_a_real_bore_server_with_a_certificate_that_has_its_name() {
    let host = own_loopback();
    let inspector = Inspector::start(false, &format!("names = [\"{host}\", \"quiet-otter.tunnel.example\"]\n"));
    let folder = tempfile::tempdir().unwrap();
    let bore = program("bore", &[]).display().to_string();
    let mut command = Command::new(&bore);
    command.env("NO_COLOR", "1").args(["server", "--bind-addr", &host.to_string()]);
    let mut server = Started::new(&mut command, folder.path().join("server.log"));
    server.wait_for(|said| said.contains("server listening").then_some(()));

    let (port, host_text) = (inspector.https.port().to_string(), host.to_string());
    let command = [&bore, "local", &port, "--local-host", "127.0.0.1", "--to", &host_text].map(str::to_owned);
    let url = start_tunnel(&inspector, &command);
    let public = SocketAddr::from((host, port_of(&url)));
    assert_eq!(url, format!("https://{public}"));

    call_through(&inspector, public, &host_text, "through-bore");
    call_through(&inspector, public, "quiet-otter.tunnel.example", "through-bore-by-name");
    let call = token_call("never");
    let other = post(public, "other.example", &inspector.ca_pem, "/hooks/token", &call);
    let refused = runtime().block_on(other).unwrap_err().to_string();
    assert!(refused.contains("not valid for name"), "{refused}");
    chain_through(&inspector, &url);

    drop(server);
    wait_for_end(&inspector);
    let report = inspector.test_chain(&url);
    assert_eq!(hop(&report, HopKind::Connect).state, HopState::Bad, "{}", said(&report));
}
