//! Opens the ports, accepts connections, and ends them.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::accepted::{serve_plain, serve_tls};
use super::connection::Guest;
use super::gate::{Gate, Level, Until};
use super::{BindError, CallHandler, CertificateInfo, Identity, is_loopback};

/// Where to listen, and as whom.
#[derive(Debug)]
pub struct ListenerOptions {
    /// Port 0 is any free one.
    pub https: SocketAddr,
    /// For tunnels that end TLS themselves: loopback only.
    pub http: Option<SocketAddr>,
    pub identity: Identity,
    pub limits: Limits,
}

/// What a client may take. The defaults are what users get; tests use smaller ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For a TLS handshake, and for a head, each from its first byte on.
    pub head: Duration,
    /// For a body without a new byte.
    pub body_progress: Duration,
    /// For a connection on which nothing is under way. Long, since tunnel agents open connections ahead.
    pub idle: Duration,
    /// Bytes of a head.
    pub head_bytes: usize,
    /// Bytes of a body.
    pub body_bytes: u64,
    /// Connections open at once; more wait to be accepted.
    pub connections: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            head: Duration::from_secs(10),
            body_progress: Duration::from_secs(10),
            idle: Duration::from_secs(600),
            head_bytes: 64 * 1024,
            body_bytes: 1024 * 1024,
            connections: 2_048,
        }
    }
}

/// Open ports. Dropping it closes them and every connection at once; [`Listening::stop`] lets calls finish.
pub struct Listening {
    https: SocketAddr,
    http: Option<SocketAddr>,
    identity: Arc<Identity>,
    gate: Arc<Gate>,
    places: Arc<Semaphore>,
    n_places: u32,
    accepting: Vec<JoinHandle<()>>,
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listening").field("https", &self.https).field("http", &self.http).finish_non_exhaustive()
    }
}

/// Opens the ports and serves until it is stopped. Needs a Tokio runtime. Both ports are bound when it returns; where one of
/// them cannot be, none is.
pub async fn bind<H: CallHandler>(options: ListenerOptions, handler: Arc<H>) -> Result<Listening, BindError> {
    if let Some(address) = options.http.filter(|address| !is_loopback(*address)) {
        return Err(BindError::PlainNotLoopback { address });
    }
    let (https_port, https) = open(options.https).await?;
    let plain = match options.http {
        Some(address) => Some(open(address).await?),
        None => None,
    };
    let gate = Arc::new(Gate::default());
    let n_places = options.limits.connections.max(1);
    let places = Arc::new(Semaphore::new(usize::try_from(n_places).unwrap_or(Semaphore::MAX_PERMITS)));
    let identity = Arc::new(options.identity);
    let door = Door { handler, gate: gate.clone(), limits: options.limits, places: places.clone() };
    let http = plain.as_ref().map(|(_, address)| *address);
    let mut accepting = Vec::new();
    if let Some((port, _)) = plain {
        accepting.push(tokio::spawn(done(Until::new(gate.clone(), Level::Closing, door.clone().accept(port, None)))));
    }
    let accept = door.accept(https_port, Some(identity.clone()));
    accepting.push(tokio::spawn(done(Until::new(gate.clone(), Level::Closing, accept))));
    Ok(Listening { https, http, identity, gate, places, n_places, accepting })
}

async fn done<F: Future>(future: F) {
    future.await;
}

async fn open(address: SocketAddr) -> Result<(TcpListener, SocketAddr), BindError> {
    let opened = async {
        let port = TcpListener::bind(address).await?;
        let local = port.local_addr()?;
        Ok((port, local))
    };
    opened.await.map_err(|error| BindError::new(address, error))
}

impl Listening {
    /// The address of the TLS port, with the port that was really taken.
    pub fn https_addr(&self) -> SocketAddr {
        self.https
    }

    /// The address of the plain port, if there is one.
    pub fn http_addr(&self) -> Option<SocketAddr> {
        self.http
    }

    /// What clients see and must trust.
    pub fn certificate(&self) -> CertificateInfo {
        self.identity.certificate()
    }

    /// The certificate itself, to change it while it listens.
    pub fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// Calls whose head has come and whose response has not left.
    pub fn in_flight(&self) -> usize {
        self.gate.n_calls()
    }

    /// Closes the ports at once and gives calls under way until `grace` is over; then everything is cut off. The ports can be
    /// bound again when it returns.
    pub async fn stop(mut self, grace: Duration) {
        self.gate.raise(Level::Closing);
        for accepting in self.accepting.drain(..) {
            // The only way to fail is a panic, which the task has already printed.
            accepting.await.ok();
        }
        // Every connection holds a place until its last call is reported.
        if timeout(grace, self.places.acquire_many(self.n_places)).await.is_err() {
            self.gate.raise(Level::Ended);
            let to_report = Duration::from_secs(1);
            timeout(to_report, self.places.acquire_many(self.n_places)).await.ok();
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.gate.raise(Level::Ended);
    }
}

/// What an accepting task needs.
struct Door<H> {
    handler: Arc<H>,
    gate: Arc<Gate>,
    limits: Limits,
    places: Arc<Semaphore>,
}

impl<H> Clone for Door<H> {
    fn clone(&self) -> Door<H> {
        Door {
            handler: self.handler.clone(),
            gate: self.gate.clone(),
            limits: self.limits,
            places: self.places.clone(),
        }
    }
}

impl<H: CallHandler> Door<H> {
    async fn accept(self, port: TcpListener, identity: Option<Arc<Identity>>) {
        loop {
            let Ok(permit) = self.places.clone().acquire_owned().await else { return };
            let (tcp, peer) = match port.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file handles, mostly: trying again at once would only burn the processor.
                    log::warn!("cannot accept a connection: {error}; trying again");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            // Without it only the last bytes would wait a little longer.
            tcp.set_nodelay(true).ok();
            let guest = Guest {
                handler: self.handler.clone(),
                gate: self.gate.clone(),
                limits: self.limits,
                peer: peer.to_string(),
                permit,
            };
            let gate = self.gate.clone();
            match &identity {
                Some(identity) => {
                    let serving = identity.current();
                    tokio::spawn(done(Until::new(gate, Level::Ended, serve_tls(tcp, serving, guest))));
                }
                None => {
                    tokio::spawn(done(Until::new(gate, Level::Ended, serve_plain(tcp, guest))));
                }
            }
        }
    }
}
