//! The server sockets: bind, accept, stop.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_rustls::TlsAcceptor;

use super::connection::{Shared, serve_plain, serve_tls};
use super::identity::{CertificateInfo, Identity};
use super::{CallHandler, Limits, Stopping};

/// Connections open at once; the next one waits in the system's queue. Far above what a tunnel opens.
const MAX_CONNECTIONS: usize = 4_096;

/// Where and how to listen.
#[derive(Clone, Debug)]
pub struct ListenerOptions {
    pub https: SocketAddr,
    /// Plain HTTP, for tunnels that end TLS themselves; loopback only.
    pub http: Option<SocketAddr>,
    pub identity: Identity,
    pub limits: Limits,
}

/// Why a port cannot be listened on.
#[derive(Debug)]
pub enum BindError {
    InUse {
        address: SocketAddr,
    },
    Denied {
        address: SocketAddr,
    },
    /// The plain port would be reachable from other machines.
    PlainNotLoopback {
        address: SocketAddr,
    },
    Tls {
        detail: String,
    },
    Other {
        address: SocketAddr,
        detail: String,
    },
}

impl BindError {
    pub fn is_address_in_use(&self) -> bool {
        matches!(self, BindError::InUse { .. })
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BindError::InUse { address } => write!(
                f,
                "port {} on {} is in use by another program; end that one, or listen on another port",
                address.port(),
                address.ip()
            ),
            BindError::Denied { address } => write!(
                f,
                "port {} on {} may not be listened on by you; ports below 1024 often need more rights: choose a higher one",
                address.port(),
                address.ip()
            ),
            BindError::PlainNotLoopback { address } => write!(
                f,
                "plain HTTP may be listened for on a loopback address only, not on {address}; write 127.0.0.1:{}",
                address.port()
            ),
            BindError::Tls { detail } => write!(f, "TLS cannot be set up: {detail}"),
            BindError::Other { address, detail } => {
                write!(f, "cannot listen on {address}: {detail}; choose an address of this machine")
            }
        }
    }
}

impl std::error::Error for BindError {}

/// A listener that is up. Dropping it ends it at once; [`Listening::stop`] lets calls finish.
pub struct Listening {
    https: SocketAddr,
    http: Option<SocketAddr>,
    identity: Identity,
    stopping: watch::Sender<Stopping>,
    /// Ends when the last connection has.
    alive: mpsc::Receiver<()>,
}

impl Listening {
    pub fn https_addr(&self) -> SocketAddr {
        self.https
    }

    pub fn http_addr(&self) -> Option<SocketAddr> {
        self.http
    }

    pub fn certificate(&self) -> CertificateInfo {
        self.identity.info()
    }

    /// Takes no more connections, lets calls under way finish for at most `grace`, then closes what is left.
    pub async fn stop(mut self, grace: Duration) {
        self.stopping.send_replace(Stopping::Gracefully);
        if tokio::time::timeout(grace, self.alive.recv()).await.is_err() {
            self.stopping.send_replace(Stopping::Now);
            // Closing is a matter of moments; a task that does not come back must not hold up the end.
            tokio::time::timeout(Duration::from_secs(1), self.alive.recv()).await.ok();
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.stopping.send_if_modified(|stopping| {
            let is_new = *stopping == Stopping::No;
            if is_new {
                *stopping = Stopping::Now;
            }
            is_new
        });
    }
}

/// Binds the ports and begins to accept.
pub async fn bind<H: CallHandler>(options: ListenerOptions, handler: Arc<H>) -> Result<Listening, BindError> {
    if let Some(http) = options.http
        && !http.ip().is_loopback()
    {
        return Err(BindError::PlainNotLoopback { address: http });
    }
    let tls = tls_config(options.identity.clone())?;
    let https = listen(options.https).await?;
    let http = match options.http {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let addresses = (
        address_of(&https, options.https)?,
        match (&http, options.http) {
            (Some(listener), Some(asked)) => Some(address_of(listener, asked)?),
            _ => None,
        },
    );
    let (stopping, stopped) = watch::channel(Stopping::No);
    let (alive, ended) = mpsc::channel(1);
    let shared = Arc::new(Shared { handler, limits: options.limits, stopping: stopped.clone() });
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    {
        let (shared, permits, alive) = (shared.clone(), permits.clone(), alive.clone());
        drop(tokio::spawn(accept(https, stopped.clone(), permits, alive, move |tcp, peer| {
            serve_tls(tcp, peer, acceptor.clone(), shared.clone())
        })));
    }
    if let Some(http) = http {
        drop(tokio::spawn(accept(http, stopped, permits, alive, move |tcp, peer| {
            serve_plain(tcp, peer, shared.clone())
        })));
    }
    Ok(Listening { https: addresses.0, http: addresses.1, identity: options.identity, stopping, alive: ended })
}

async fn accept<F, S>(
    listener: TcpListener,
    mut stopping: watch::Receiver<Stopping>,
    permits: Arc<Semaphore>,
    alive: mpsc::Sender<()>,
    serve: F,
) where
    F: Fn(TcpStream, SocketAddr) -> S,
    S: Future<Output = ()> + Send + 'static,
{
    loop {
        let Ok(permit) = permits.clone().acquire_owned().await else {
            return;
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|stopping| *stopping != Stopping::No) => return,
        };
        match accepted {
            Ok((tcp, peer)) => {
                // Answers are small and waited for: they must not wait for company.
                tcp.set_nodelay(true).ok();
                let connection = serve(tcp, peer);
                let alive = alive.clone();
                drop(tokio::spawn(async move {
                    connection.await;
                    drop((permit, alive));
                }));
            }
            Err(error) => {
                // Out of file handles, say: it passes, and must not become a busy loop.
                log::warn!("cannot accept a connection: {error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => BindError::InUse { address },
        io::ErrorKind::PermissionDenied => BindError::Denied { address },
        _ => BindError::Other { address, detail: error.to_string() },
    })
}

fn address_of(listener: &TcpListener, asked: SocketAddr) -> Result<SocketAddr, BindError> {
    listener.local_addr().map_err(|error| BindError::Other { address: asked, detail: error.to_string() })
}

fn tls_config(identity: Identity) -> Result<ServerConfig, BindError> {
    let fail = |error: rustls::Error| BindError::Tls { detail: error.to_string() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(fail)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(identity));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // One ticket is enough for a client that comes again; each costs a signature-sized piece of the handshake.
    config.send_tls13_tickets = 1;
    config.ticketer = rustls::crypto::ring::Ticketer::new().map_err(fail)?;
    Ok(config)
}

/// The next port above `address`'s that is free now; none within a hundred.
pub fn next_free_port(address: SocketAddr) -> Option<SocketAddr> {
    (1..=100)
        .filter_map(|step| address.port().checked_add(step))
        .map(|port| SocketAddr::new(address.ip(), port))
        .find(|candidate| std::net::TcpListener::bind(candidate).is_ok())
}
