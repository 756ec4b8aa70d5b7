//! What the tests of the network share: a handler that keeps what it is told, clients over real sockets.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use hookscope::call::{Headers, Response};
use hookscope::listener::{Arrived, CallHandler, Ended, Identity, Limits, ListenerOptions, Listening, Reply, bind};
use hookscope::respond::WireFault;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, Semaphore, mpsc};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A condition that has not come by then never will.
pub const LIMIT: Duration = Duration::from_secs(20);

/// What a handler was told.
#[derive(Debug)]
pub enum Told {
    Arrived(Arrived),
    Ended(Ended),
    Refused(Arrived, Option<Response>, u32),
}

type Plan = dyn Fn(&Arrived) -> (Option<Response>, Duration) + Send + Sync;
type Faults = dyn Fn(&Arrived) -> WireFault + Send + Sync;

/// A handler that answers by a plan and keeps what it is told.
pub struct Witness {
    plan: Box<Plan>,
    faults: Box<Faults>,
    tickets: AtomicU64,
    tell: mpsc::Sender<Told>,
    told: Mutex<mpsc::Receiver<Told>>,
    /// Each answer takes a permit first.
    door: Semaphore,
}

impl Witness {
    pub fn new(plan: impl Fn(&Arrived) -> (Option<Response>, Duration) + Send + Sync + 'static) -> Arc<Witness> {
        let (tell, told) = mpsc::channel(10_000);
        let (tickets, told, door) = (AtomicU64::new(1), Mutex::new(told), Semaphore::new(Semaphore::MAX_PERMITS));
        Arc::new(Witness { plan: Box::new(plan), faults: Box::new(|_| WireFault::None), tickets, tell, told, door })
    }

    /// Answers everything with 200 and a body of some length, and breaks it.
    pub fn broken(fault: WireFault) -> Arc<Witness> {
        Witness::broken_with(|_| (Some(json("{\"commands\":[]}")), Duration::ZERO), fault)
    }

    /// Answers by a plan, and breaks every answer.
    pub fn broken_with(
        plan: impl Fn(&Arrived) -> (Option<Response>, Duration) + Send + Sync + 'static,
        fault: WireFault,
    ) -> Arc<Witness> {
        let mut witness = Arc::into_inner(Witness::new(plan)).unwrap();
        witness.faults = Box::new(move |_| fault.clone());
        Arc::new(witness)
    }

    /// Answers everything with 200 and a small JSON body.
    pub fn ok() -> Arc<Witness> {
        Witness::new(|_| (Some(json("{}")), Duration::ZERO))
    }

    /// Nothing is answered until [`Witness::open`].
    pub fn close(&self) {
        self.door.forget_permits(Semaphore::MAX_PERMITS);
    }

    pub fn open(&self) {
        self.door.add_permits(1_000_000);
    }

    pub async fn told(&self) -> Told {
        tokio::time::timeout(LIMIT, async { self.told.lock().await.recv().await.unwrap() })
            .await
            .expect("the handler was told nothing more")
    }

    pub fn told_nothing_more(&self) -> bool {
        self.told.try_lock().unwrap().try_recv().is_err()
    }

    pub async fn arrived(&self) -> Arrived {
        loop {
            if let Told::Arrived(arrived) = self.told().await {
                return arrived;
            }
        }
    }

    pub async fn ended(&self) -> Ended {
        loop {
            if let Told::Ended(ended) = self.told().await {
                return ended;
            }
        }
    }

    pub async fn refused(&self) -> (Arrived, Option<Response>) {
        loop {
            if let Told::Refused(arrived, response, _) = self.told().await {
                return (arrived, response);
            }
        }
    }
}

impl CallHandler for Witness {
    async fn answer(&self, arrived: Arrived) -> Reply {
        let (response, delay) = (self.plan)(&arrived);
        let fault = (self.faults)(&arrived);
        self.tell.try_send(Told::Arrived(arrived)).unwrap();
        self.door.acquire().await.unwrap().forget();
        let ticket = self.tickets.fetch_add(1, Ordering::Relaxed);
        Reply { ticket, response, decide_us: 3, record_us: 4, delay, fault }
    }

    fn ended(&self, ended: Ended) {
        self.tell.try_send(Told::Ended(ended)).unwrap();
    }

    fn refused(&self, arrived: Arrived, response: Option<Response>, write_us: u32) {
        self.tell.try_send(Told::Refused(arrived, response, write_us)).unwrap();
    }
}

pub fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    Response {
        status,
        headers: Headers::from_fields(headers.iter().copied()),
        body: Bytes::copy_from_slice(body.as_bytes()),
        rule: "default".into(),
        revision: 1,
    }
}

pub fn json(body: &str) -> Response {
    response(200, &[("Content-Type", "application/json")], body)
}

/// A running listener with its data folder.
pub struct Running {
    pub listening: Listening,
    pub witness: Arc<Witness>,
    pub folder: tempfile::TempDir,
}

pub async fn listen(witness: Arc<Witness>) -> Running {
    listen_with(witness, Limits::default()).await
}

pub async fn listen_with(witness: Arc<Witness>, limits: Limits) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let identity = Identity::local(folder.path(), &[]).unwrap();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let options = ListenerOptions { https: any, http: Some(any), identity, limits };
    let listening = bind(options, witness.clone()).await.unwrap();
    Running { listening, witness, folder }
}

impl Running {
    pub fn ca_pem(&self) -> Vec<u8> {
        std::fs::read(self.listening.certificate().pem_path).unwrap()
    }

    /// A TLS connection that trusts the listener's authority.
    pub async fn tls(&self, alpn: &[&str]) -> TlsStream<TcpStream> {
        connect_tls(self.listening.https_addr(), &self.ca_pem(), alpn).await.unwrap()
    }

    pub async fn plain(&self) -> TcpStream {
        TcpStream::connect(self.listening.http_addr().unwrap()).await.unwrap()
    }

    /// A raw connection to the TLS port.
    pub async fn raw(&self) -> TcpStream {
        TcpStream::connect(self.listening.https_addr()).await.unwrap()
    }
}

pub fn client_config(ca_pem: Option<&[u8]>, alpn: &[&str]) -> Arc<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    if let Some(pem) = ca_pem {
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots.add(certificate.unwrap()).unwrap();
        }
    }
    let mut config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config)
}

pub async fn connect_tls(address: SocketAddr, ca_pem: &[u8], alpn: &[&str]) -> std::io::Result<TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(address).await?;
    tcp.set_nodelay(true)?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(client_config(Some(ca_pem), alpn)).connect(name, tcp).await
}

pub async fn send(stream: &mut (impl AsyncWrite + Unpin), bytes: impl AsRef<[u8]>) {
    stream.write_all(bytes.as_ref()).await.unwrap();
    stream.flush().await.unwrap();
}

/// An answer as it was read from the wire.
#[derive(Debug)]
pub struct Answered {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

/// Reads one response framed by Content-Length (or without a body).
pub async fn read_answer(stream: &mut (impl AsyncRead + Unpin)) -> Answered {
    read_answer_to(stream, false).await
}

pub async fn read_answer_to(stream: &mut (impl AsyncRead + Unpin), is_head: bool) -> Answered {
    let read = async {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("the connection ended before the head of the answer was whole"));
        }
        let head = String::from_utf8(head).unwrap();
        let status = head[9..12].parse().unwrap();
        let n_bytes = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map_or(0, |(_, value)| value.trim().parse().unwrap());
        let mut body = vec![0; if is_head { 0 } else { n_bytes }];
        stream.read_exact(&mut body).await.unwrap();
        Answered { status, head, body }
    };
    tokio::time::timeout(LIMIT, read).await.expect("no answer came")
}

/// Reads until the other side closes, however it does.
pub async fn read_to_close(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut all = Vec::new();
    let read = stream.read_to_end(&mut all);
    let _ = tokio::time::timeout(LIMIT, read).await.expect("the connection stayed open");
    all
}

/// Waits for something that another task brings about.
pub async fn until(mut is_true: impl FnMut() -> bool) {
    let wait = async {
        while !is_true() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, wait).await.expect("it did not come true");
}
