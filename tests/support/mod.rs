//! What tests of the real program share: a running `hookscope serve` in folders of its own, and a plain client over real TLS.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, dead_code)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use hookscope::respond::Fault;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

/// A machine of its own: configuration and data folders that end with the test.
pub struct Home {
    pub dir: tempfile::TempDir,
}

impl Home {
    pub fn new() -> Home {
        Home { dir: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The program, with this home and nothing else of the user's.
    pub fn hookscope(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hookscope"));
        command
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env("HOME", self.dir.path())
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end: exit code, standard output, standard error.
    pub fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = self.hookscope().args(arguments).output().unwrap();
        (
            output.status.code().unwrap_or(-1),
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    }

    pub fn serve(&self, arguments: &[&str]) -> Serve {
        Serve::start(self.hookscope(), arguments)
    }

    /// The same with a command that has more in its environment.
    pub fn serve_with(&self, command: Command, arguments: &[&str]) -> Serve {
        Serve::start(command, arguments)
    }
}

/// A running `hookscope serve --json` on a free port.
pub struct Serve {
    child: Option<Child>,
    lines: BufReader<ChildStdout>,
    pub address: String,
    pub session: PathBuf,
    pub ca_pem: PathBuf,
    pub listening: Value,
}

impl Serve {
    fn start(mut command: Command, arguments: &[&str]) -> Serve {
        let mut child = command.args(["serve", "--json", "--listen", "127.0.0.1:0"]).args(arguments).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        lines.read_line(&mut first).unwrap();
        if first.is_empty() {
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("serve did not start: {said}");
        }
        let listening: Value = serde_json::from_str(&first).unwrap();
        assert_eq!(listening["event"], "listening");
        Serve {
            address: listening["https"].as_str().unwrap().to_owned(),
            session: PathBuf::from(listening["session"].as_str().unwrap()),
            ca_pem: PathBuf::from(listening["certificate"]["pem"].as_str().unwrap()),
            child: Some(child),
            lines,
            listening,
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// The next line of standard output.
    pub fn next_call(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "serve ended where a line was expected");
        serde_json::from_str(&line).unwrap()
    }

    pub fn client(&self) -> Client {
        Client::connect(&self.address, &self.ca_pem)
    }

    /// Sends a signal by name, as `kill` does.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Ends it as Ctrl-C does and gives the exit code and what it said on standard error.
    pub fn end(mut self) -> (i32, String) {
        self.signal("INT");
        self.wait()
    }

    /// Waits for its own end.
    pub fn wait(&mut self) -> (i32, String) {
        let output = self.child.take().unwrap().wait_with_output().unwrap();
        (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

/// An answer as a client sees it.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

/// A client with one connection that is kept alive.
pub struct Client {
    stream: StreamOwned<ClientConnection, TcpStream>,
    host: String,
}

pub fn trusting(ca_pem: &Path) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca_pem).unwrap() {
        roots.add(certificate.unwrap()).unwrap();
    }
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

impl Client {
    pub fn connect(address: &str, ca_pem: &Path) -> Client {
        let config = Arc::new(trusting(ca_pem));
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let connection = ClientConnection::new(config, name).unwrap();
        let socket = TcpStream::connect(address).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Client { stream: StreamOwned::new(connection, socket), host: address.to_owned() }
    }

    pub fn post(&mut self, path: &str, body: &str) -> Answer {
        self.request("POST", path, &[("Content-Type", "application/json")], body)
    }

    pub fn request(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.try_request(method, path, headers, body).unwrap()
    }

    /// None where the connection ended before a whole answer.
    pub fn try_request(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Option<Answer> {
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.host);
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() || method == "POST" {
            request.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        request.push_str("\r\n");
        request.push_str(body);
        self.raw(request.as_bytes())
    }

    /// Waits no longer than this for the next byte.
    pub fn give_up_after(&mut self, limit: Duration) {
        self.stream.sock.set_read_timeout(Some(limit)).unwrap();
    }

    /// Writes bytes and reads nothing.
    pub fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
        self.stream.flush().unwrap();
    }

    /// Writes bytes and reads one answer; none where what comes is no whole one.
    pub fn raw(&mut self, bytes: &[u8]) -> Option<Answer> {
        self.stream.write_all(bytes).ok()?;
        self.stream.flush().ok()?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            match self.stream.read(&mut byte) {
                Ok(1) => head.push(byte[0]),
                _ => return None,
            }
        }
        let head = String::from_utf8(head).ok()?;
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let length = head
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length:").map(|value| value.trim().parse().unwrap())
            })
            .unwrap_or(0);
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).ok()?;
        Some(Answer { status, head, body })
    }
}

/// A request body of a hook kind with an `eventId` of its own.
pub fn body_of(kind: &str, event_id: &str) -> String {
    let home = Home::new();
    let (code, text, said) = home.run(&["sample", kind]);
    assert_eq!(code, 0, "{said}");
    let mut body: Value = serde_json::from_str(&text).unwrap();
    body["eventId"] = event_id.into();
    body.to_string()
}

/// True of the faults that hold an answer up.
pub fn takes_time(fault: &Fault) -> bool {
    matches!(
        fault,
        Fault::Delay(_)
            | Fault::RandomDelay { .. }
            | Fault::NearlyLate
            | Fault::JustLate
            | Fault::SlowBody { .. }
            | Fault::BodyRate(_)
            | Fault::LateBody { .. }
            | Fault::Never
    )
}

/// A port of 127.0.0.1 that is taken, so that nobody else gets it, and where nobody listens.
pub fn deaf() -> tokio::net::TcpSocket {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    socket
}

/// A port of 127.0.0.1 for a program that cannot say which one it took: below those that the system gives to clients, so that none
/// of them takes it first.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let begin = 20_000 + (std::process::id() % 10_000) as u16;
    loop {
        let port = begin + NEXT.fetch_add(1, Ordering::Relaxed);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
