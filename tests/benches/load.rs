//! The recording listener against the smallest honest program that does the same job, in one run.
//!
//! The reference is axum and rustls: it appends each call, head and body, to a file with one write before it answers a fixed
//! JSON. Both serve the same load from this process, one after the other, several times; the table shows the medians.
//!
//! `cargo bench --bench load`, or with the seconds for each measurement: `cargo bench --bench load -- 5`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned};

const ANSWER: &str = "{\"commands\":[]}";
/// Each measurement is made this often, reference and Hookscope in turn.
const ROUNDS: usize = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if arguments.first().map(String::as_str) == Some("reference") {
        return reference(Path::new(&arguments[1]), Path::new(&arguments[2]));
    }
    let seconds = arguments.first().and_then(|seconds| seconds.parse().ok()).unwrap_or(3.0);
    compare(Duration::from_secs_f64(seconds));
}

fn compare(time: Duration) {
    let dir = tempfile::tempdir().unwrap();
    let hookscope = Server::hookscope(dir.path());
    let reference = Server::reference(dir.path(), &hookscope.ca_pem);
    println!("| Load | Reference: calls/s, median, 99 % | Hookscope: calls/s, median, 99 % | Ratio |");
    println!("|---|---|---|---|");
    for (n_clients, size, keeps_alive) in [
        (1, 1_024, true),
        (16, 1_024, true),
        (64, 1_024, true),
        (1, 8_192, true),
        (16, 8_192, true),
        (64, 8_192, true),
        (16, 1_024, false),
    ] {
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            theirs.push(measure(&reference, n_clients, size, keeps_alive, time));
            ours.push(measure(&hookscope, n_clients, size, keeps_alive, time));
        }
        let (theirs, ours) = (Measured::middle(theirs), Measured::middle(ours));
        let kind = if keeps_alive { "kept alive" } else { "new TLS connection each" };
        println!(
            "| {n_clients} clients, {} KB, {kind} | {theirs} | {ours} | {:.0} % |",
            size / 1_024,
            100.0 * ours.per_second / theirs.per_second
        );
    }
}

/// What one load did.
#[derive(Clone, Copy)]
struct Measured {
    per_second: f64,
    median: Duration,
    worst_percent: Duration,
}

impl Measured {
    fn middle(mut all: Vec<Measured>) -> Measured {
        all.sort_by(|one, other| one.per_second.total_cmp(&other.per_second));
        all[all.len() / 2]
    }
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let millis = |duration: Duration| duration.as_secs_f64() * 1_000.0;
        write!(f, "{:.0}, {:.2} ms, {:.2} ms", self.per_second, millis(self.median), millis(self.worst_percent))
    }
}

/// A server in a process of its own.
struct Server {
    child: Child,
    address: String,
    ca_pem: PathBuf,
    path: &'static str,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Server {
    fn hookscope(dir: &Path) -> Server {
        let workspace = dir.join("workspace.toml");
        let text = format!(
            "format = 1\n[[endpoint]]\nname = \"token\"\npath = \"/hooks/token\"\nhook = \"token\"\n[endpoint.response]\nbody = '{ANSWER}'\n"
        );
        std::fs::write(&workspace, text).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_hookscope"))
            .args(["serve", "--json", "--listen", "127.0.0.1:0", "--workspace"])
            .arg(&workspace)
            .env("XDG_DATA_HOME", dir.join("data"))
            .env("XDG_CONFIG_HOME", dir.join("config"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        lines.read_line(&mut first).unwrap();
        let listening: serde_json::Value = serde_json::from_str(&first).unwrap();
        // Its lines are read, as a script would, by a thread that does nothing else with them.
        std::thread::Builder::new()
            .name("lines".to_owned())
            .spawn(move || std::io::copy(&mut lines, &mut std::io::sink()))
            .unwrap();
        Server {
            child,
            address: listening["https"].as_str().unwrap().to_owned(),
            ca_pem: PathBuf::from(listening["certificate"]["pem"].as_str().unwrap()),
            path: "/hooks/token",
        }
    }

    fn reference(dir: &Path, ca_pem: &Path) -> Server {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("reference")
            .arg(ca_pem.parent().unwrap())
            .arg(dir.join("reference.log"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Server { child, address: address.trim().to_owned(), ca_pem: ca_pem.to_owned(), path: "/hooks/token" }
    }
}

fn measure(server: &Server, n_clients: usize, size: usize, keeps_alive: bool, time: Duration) -> Measured {
    let config = Arc::new(client_config(&server.ca_pem));
    let is_over = Arc::new(AtomicBool::new(false));
    let started = Instant::now();
    let clients: Vec<_> = (0..n_clients)
        .map(|client_idx| {
            let (config, is_over) = (config.clone(), is_over.clone());
            let (address, path) = (server.address.clone(), server.path);
            std::thread::Builder::new()
                .name(format!("client-{client_idx}"))
                .spawn(move || {
                    let mut times = Vec::new();
                    let mut client = None;
                    let mut n = 0u64;
                    while !is_over.load(Ordering::Relaxed) {
                        let request = request(path, size, &format!("{client_idx}-{n}-{:?}", started.elapsed()));
                        n += 1;
                        let begun = Instant::now();
                        let stream = client.get_or_insert_with(|| connect(&address, &config));
                        exchange(stream, &request);
                        times.push(begun.elapsed());
                        if !keeps_alive {
                            client = None;
                        }
                    }
                    times
                })
                .unwrap()
        })
        .collect();
    std::thread::sleep(time);
    is_over.store(true, Ordering::Relaxed);
    let mut times: Vec<Duration> = clients.into_iter().flat_map(|client| client.join().unwrap()).collect();
    let took = started.elapsed();
    times.sort();
    Measured {
        per_second: times.len() as f64 / took.as_secs_f64(),
        median: times[times.len() / 2],
        worst_percent: times[times.len() * 99 / 100],
    }
}

/// A token call with a body of about the size.
fn request(path: &str, size: usize, event_id: &str) -> Vec<u8> {
    // A whole envelope: what is missing from one is a finding, and calls of Okta's have none of those.
    let head = format!(
        "{{\"eventId\":\"{event_id}\",\"eventTime\":\"2032-02-11T09:14:25.000Z\",\
         \"eventType\":\"com.okta.oauth2.tokens.transform\",\"eventTypeVersion\":\"1.0\",\"cloudEventVersion\":\"0.1\",\
         \"contentType\":\"application/json\",\"source\":\"https://tern-isle.example/oauth2/aus1/v1/token\",\
         \"data\":{{\"context\":{{\"request\":{{\"id\":\"req1\",\"method\":\"POST\",\"ipAddress\":\"192.0.2.61\",\
         \"url\":{{\"value\":\"https://tern-isle.example/oauth2/aus1/v1/token\"}}}},\
         \"protocol\":{{\"type\":\"OAUTH2.0\",\"request\":{{\"scope\":\"openid\",\"grant_type\":\"authorization_code\"}}}}}},\
         \"identity\":{{\"token\":{{\"lifetime\":{{\"expiration\":3600}}}},\"claims\":{{"
    );
    let mut body = head;
    let mut n = 0;
    while body.len() < size - 8 {
        body.push_str(&format!("\"claim{n}\":\"value {n} of a person\","));
        n += 1;
    }
    body.push_str("\"z\":1}}}}");
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nContent-Type: application/json\r\n\
         User-Agent: Okta-Integrations\r\nAuthorization: Basic b2t0YTpzZWNyZXQ=\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn client_config(ca_pem: &Path) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca_pem).unwrap()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    // Every new connection is a whole handshake.
    config.resumption = rustls::client::Resumption::disabled();
    config
}

type Client = StreamOwned<ClientConnection, TcpStream>;

fn connect(address: &str, config: &Arc<ClientConfig>) -> Client {
    let socket = TcpStream::connect(address).unwrap();
    socket.set_nodelay(true).unwrap();
    StreamOwned::new(ClientConnection::new(config.clone(), ServerName::try_from("localhost").unwrap()).unwrap(), socket)
}

fn exchange(client: &mut Client, request: &[u8]) {
    client.write_all(request).unwrap();
    let mut answer = Vec::with_capacity(512);
    let mut part = [0; 2_048];
    while !answer.ends_with(ANSWER.as_bytes()) {
        let n = client.read(&mut part).unwrap();
        assert!(n > 0, "the connection ended: {}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&part[..n]);
    }
}

/// The reference server, with the same certificate.
fn reference(tls: &Path, log: &Path) {
    let chain = CertificateDer::pem_file_iter(tls.join("leaf.pem")).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(tls.join("leaf.key")).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let file = Arc::new(std::fs::File::options().create(true).append(true).open(log).unwrap());
    let app = axum::Router::new().fallback(move |request: axum::extract::Request| {
        let file = file.clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
            let mut record = format!("{} {}\n", parts.method, parts.uri).into_bytes();
            for (name, value) in &parts.headers {
                record.extend_from_slice(name.as_str().as_bytes());
                record.extend_from_slice(b": ");
                record.extend_from_slice(value.as_bytes());
                record.push(b'\n');
            }
            record.extend_from_slice(&body);
            record.push(b'\n');
            (&*file).write_all(&record).unwrap();
            ([("content-type", "application/json")], ANSWER)
        }
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap());
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            socket.set_nodelay(true).unwrap();
            let (acceptor, app) = (acceptor.clone(), app.clone());
            tokio::spawn(async move {
                let Ok(tls) = acceptor.accept(socket).await else { return };
                let service = hyper_util::service::TowerToHyperService::new(app);
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(hyper_util::rt::TokioIo::new(tls), service)
                    .await
                    .ok();
            });
        }
    });
}
