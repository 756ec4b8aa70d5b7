//! What the tests of tunnels share: edges with certificates of every kind, a reverse proxy that ends TLS, a running engine.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::{HeaderName, HeaderValue, Request, Response};
use bytes::Bytes;
use hookscope::call::{ChainReport, Hop, HopKind, Record};
use hookscope::engine::{Command, Engine, EngineFeed, EngineOptions, ListenState, SessionChoice};
use hookscope::workspace::Workspace;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// A condition that has not come by then never will.
pub const LIMIT: Duration = Duration::from_secs(30);

/// An authority and its means to sign.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    params
}

/// A leaf for some names.
pub fn leaf_params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, "edge");
    params
}

/// A leaf whose time is over.
pub fn expired_params(names: &[&str]) -> CertificateParams {
    let mut params = leaf_params(names);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2020, 4, 1);
    params
}

/// As an authority of the public web does, the leaf says where the certificate of its issuer can be had.
pub fn naming_its_issuer(mut params: CertificateParams) -> CertificateParams {
    // A sequence of one AccessDescription: id-ad-caIssuers (1.3.6.1.5.5.7.48.2), a URI of 18 characters.
    let uri = b"http://ca.example/";
    let mut der = vec![0x30, 32, 0x30, 30, 0x06, 8, 0x2b, 6, 1, 5, 5, 7, 48, 2, 0x86, 18];
    der.extend_from_slice(uri);
    params.custom_extensions.push(CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], der));
    params
}

impl Authority {
    pub fn new(name: &str) -> Authority {
        let key = KeyPair::generate().unwrap();
        Authority { issuer: CertifiedIssuer::self_signed(authority_params(name), key).unwrap() }
    }

    /// An authority beneath this one.
    pub fn intermediate(&self, name: &str) -> Authority {
        let key = KeyPair::generate().unwrap();
        Authority { issuer: CertifiedIssuer::signed_by(authority_params(name), key, &self.issuer).unwrap() }
    }

    pub fn write_pem(&self, path: &Path) {
        std::fs::write(path, self.issuer.pem()).unwrap();
    }

    /// The settings of a server with a leaf that this authority signed. `sent` are the certificates that follow the leaf.
    pub fn server(&self, params: CertificateParams, sent: &[&Authority]) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.issuer).unwrap();
        let mut chain = vec![leaf.der().clone()];
        chain.extend(sent.iter().map(|authority| authority.issuer.der().clone()));
        server_config(chain, &key)
    }
}

/// The settings of a server with a certificate that nobody but itself has signed.
pub fn self_signed(params: CertificateParams) -> Arc<ServerConfig> {
    let key = KeyPair::generate().unwrap();
    let leaf = params.self_signed(&key).unwrap();
    server_config(vec![leaf.der().clone()], &key)
}

fn server_config(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    Arc::new(config)
}

pub trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

type Answering = dyn Fn(Request<Incoming>) -> Answered + Send + Sync;
type Answered = std::pin::Pin<Box<dyn Future<Output = Response<Full<Bytes>>> + Send>>;

/// A server on a free loopback port, with TLS where there are settings for it. It ends with the runtime.
pub async fn serve(tls: Option<Arc<ServerConfig>>, answer: Arc<Answering>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let (tls, answer) = (tls.clone(), answer.clone());
            tokio::spawn(async move {
                let stream: Box<dyn Duplex> = match tls {
                    // A client may break the handshake off.
                    Some(config) => match TlsAcceptor::from(config).accept(tcp).await {
                        Ok(stream) => Box::new(stream),
                        Err(_) => return,
                    },
                    None => Box::new(tcp),
                };
                let service = service_fn(move |request| {
                    let answered = answer(request);
                    async move { Ok::<_, Infallible>(answered.await) }
                });
                let connection = hyper::server::conn::http1::Builder::new();
                drop(connection.serve_connection(TokioIo::new(stream), service).await);
            });
        }
    });
    address
}

/// An edge that answers everything with the same.
pub async fn fixed(
    tls: Option<Arc<ServerConfig>>,
    status: u16,
    fields: &'static [(&'static str, &'static str)],
    body: &'static str,
) -> SocketAddr {
    let answer: Arc<Answering> = Arc::new(move |_| {
        let mut response = Response::new(Full::new(Bytes::from_static(body.as_bytes())));
        *response.status_mut() = status.try_into().unwrap();
        for (name, value) in fields {
            response.headers_mut().append(*name, HeaderValue::from_static(value));
        }
        Box::pin(async move { response })
    });
    serve(tls, answer).await
}

/// Where and how a proxy forwards.
#[derive(Clone)]
pub enum Behind {
    Plain(SocketAddr),
    /// TLS, believing whatever this file holds; nobody where there is none.
    Tls(SocketAddr, Option<std::path::PathBuf>),
}

impl Behind {
    async fn connect(&self) -> io::Result<Box<dyn Duplex>> {
        match self {
            Behind::Plain(address) => Ok(Box::new(TcpStream::connect(address).await?)),
            Behind::Tls(address, ca_pem) => {
                let tcp = TcpStream::connect(address).await?;
                let name = ServerName::try_from("localhost").unwrap();
                let config = trusting(ca_pem.as_deref());
                Ok(Box::new(TlsConnector::from(config).connect(name, tcp).await?))
            }
        }
    }
}

pub fn trusting(ca_pem: Option<&Path>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in ca_pem.into_iter().flat_map(|path| CertificateDer::pem_file_iter(path).unwrap()) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// The client that the proxy says it has seen.
pub const CLIENT: &str = "203.0.113.7";

/// A reverse proxy as tunnels have one at their edge: it ends TLS, says who called, and answers 502 where nothing is behind it.
pub async fn proxy(tls: Option<Arc<ServerConfig>>, behind: Behind) -> SocketAddr {
    let answer: Arc<Answering> = Arc::new(move |request| {
        let behind = behind.clone();
        Box::pin(async move { forward(request, &behind).await.unwrap_or_else(|_| bad_gateway()) })
    });
    serve(tls, answer).await
}

async fn forward(mut request: Request<Incoming>, behind: &Behind) -> io::Result<Response<Full<Bytes>>> {
    let host = request.headers().get("host").cloned().unwrap_or(HeaderValue::from_static("unknown"));
    let fields = request.headers_mut();
    fields.insert(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_static(CLIENT));
    fields.insert(HeaderName::from_static("x-forwarded-proto"), HeaderValue::from_static("https"));
    fields.insert(HeaderName::from_static("x-forwarded-host"), host);
    let stream = behind.connect().await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    tokio::spawn(async move { drop(connection.await) });
    let response = sender.send_request(request).await.map_err(io::Error::other)?;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    Ok(Response::from_parts(parts, Full::new(body)))
}

fn bad_gateway() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(b"<html><h1>502 Bad Gateway</h1></html>")));
    *response.status_mut() = axum::http::StatusCode::BAD_GATEWAY;
    response.headers_mut().insert("content-type", HeaderValue::from_static("text/html"));
    response
}

/// Sends a call over TLS as a client that believes `ca_pem` and expects `name` in the certificate. Gives status and body.
pub async fn post(address: SocketAddr, name: &str, ca_pem: &Path, path: &str, body: &str) -> io::Result<(u16, Bytes)> {
    let tcp = TcpStream::connect(address).await?;
    let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
    let stream = TlsConnector::from(trusting(Some(ca_pem))).connect(name, tcp).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    tokio::spawn(async move { drop(connection.await) });
    let request = Request::post(path)
        .header("host", "quiet-otter.tunnel.example")
        .header("content-type", "application/json")
        .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
        .map_err(io::Error::other)?;
    let response = sender.send_request(request).await.map_err(io::Error::other)?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
    Ok((status, body))
}

/// The body of a token call with an `eventId` of its own.
pub fn token_call(event_id: &str) -> String {
    let sample = hookscope::okta::sample("token").unwrap();
    let mut body: serde_json::Value = serde_json::from_str(sample.body).unwrap();
    body["eventId"] = event_id.into();
    body.to_string()
}

/// A running engine with a listener on free loopback ports, in a folder of its own.
pub struct Inspector {
    pub engine: Engine,
    pub feed: EngineFeed,
    pub https: SocketAddr,
    pub http: Option<SocketAddr>,
    pub ca_pem: std::path::PathBuf,
    pub folder: tempfile::TempDir,
}

impl Inspector {
    /// `workspace` stands behind the listener's addresses in the workspace file.
    pub fn start(has_plain_port: bool, workspace: &str) -> Inspector {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("workspace.toml");
        let http = if has_plain_port { "http = \"127.0.0.1:0\"\n" } else { "" };
        std::fs::write(&path, format!("format = 1\n[listener]\nhttps = \"127.0.0.1:0\"\n{http}{workspace}")).unwrap();
        let loaded = Workspace::load(&path).unwrap();
        assert_eq!(loaded.issues.len(), 0, "{:?}", loaded.issues);
        let options = EngineOptions {
            data_dir: folder.path().join("data"),
            workspace: loaded.workspace,
            save_workspace: false,
            session: SessionChoice::Working,
            certificate: None,
            wake: Arc::new(|| {}),
            sink: None,
        };
        let (engine, feed) = Engine::start(options).unwrap();
        engine.listen().unwrap();
        let ListenState::Listening { https, http, certificate, .. } = engine.state().listen else {
            panic!("it does not listen");
        };
        Inspector { engine, feed, https, http, ca_pem: certificate.pem_path.clone(), folder }
    }

    /// Tests the way from a URL and waits until the test is over.
    pub fn test_chain(&self, url: &str) -> ChainReport {
        let before = self.engine.state().chain.report.map_or(0, |report| report.run);
        self.engine.send(Command::TestChain { url: url.to_owned() }).unwrap();
        self.wait_for_chain(url, |report| report.run > before && !report.is_running())
    }

    pub fn wait_for_chain(&self, url: &str, is_enough: impl Fn(&ChainReport) -> bool) -> ChainReport {
        wait_for(|| {
            let report = self.engine.state().chain.report?;
            (report.url == url && is_enough(&report)).then(|| ChainReport::clone(&report))
        })
    }

    /// Waits for a call that has ended.
    pub fn wait_for_call(&self, is_it: impl Fn(&Record) -> bool) -> Record {
        wait_for(|| {
            let live = self.engine.live();
            let last = u32::try_from(live.index.len()).unwrap();
            (1..=last).rev().find_map(|number| {
                let record = self.engine.record(hookscope::call::CallId(number)).unwrap()?;
                (record.closing.timing.is_some() && is_it(&record)).then_some(record)
            })
        })
    }
}

/// Looks again and again until there is something to see.
pub fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(started.elapsed() < LIMIT, "it did not come true");
        std::thread::yield_now();
    }
}

/// A hop of a report.
pub fn hop(report: &ChainReport, kind: HopKind) -> &Hop {
    report.hop(kind).unwrap()
}

/// What a report says, hop by hop, for messages of failed tests.
pub fn said(report: &ChainReport) -> String {
    let lines = report
        .hops
        .iter()
        .map(|hop| format!("{}: {:?}: {} {:?}", hop.kind.title(), hop.state, hop.sentence, hop.facts));
    lines.collect::<Vec<_>>().join("\n")
}
