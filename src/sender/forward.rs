//! Passing a call on to the developer's own handler.
//!
//! Connections are kept and used again, so that a local handler costs little. What goes out is what came, without what belongs
//! to a connection; what comes back is given whole or not at all.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;

use super::attempt::{MAX_RESPONSE_BYTES, Received, SendError, read_whole, request_of_fields};
use super::connect::connect;
use super::replay::without_connection_fields;
use super::target::Target;
use super::trust::{Believed, Trust, TrustError};
use crate::call::{Headers, Request};

/// Connections to one place that are kept while nobody uses them.
const KEPT: usize = 64;
/// How long an answer is waited for where nothing else ends the wait: Okta itself waits three seconds.
const LIMIT: Duration = Duration::from_secs(60);

/// How long a connection is waited for, TLS and all: longer than Okta waits for the whole.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

type Idle = Vec<SendRequest<Full<Bytes>>>;

/// Passes calls on, and keeps the connections.
pub struct Forwarder {
    believed: Believed,
    own_addresses: Mutex<Vec<SocketAddr>>,
    idle: Mutex<HashMap<(bool, String, u16), Idle>>,
}

impl Forwarder {
    /// Fails where a trust file cannot be read.
    pub fn new(trust: &Trust) -> Result<Forwarder, TrustError> {
        Ok(Forwarder { believed: Believed::new(trust)?, own_addresses: Mutex::default(), idle: Mutex::default() })
    }

    /// Where our own listener is: a call that was passed on to it would go round for ever.
    pub fn set_own_addresses(&self, addresses: Vec<SocketAddr>) {
        *lock(&self.own_addresses) = addresses;
    }

    /// Passes a request on and gives the whole answer. Must run on a Tokio runtime.
    pub async fn forward(&self, target: &Target, request: &Request, client: &str) -> Result<Received, SendError> {
        match tokio::time::timeout(LIMIT, self.exchange(target, request, client)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(SendError::NoAnswer { detail: format!("it took longer than {} s", LIMIT.as_secs()) }),
        }
    }

    async fn exchange(&self, target: &Target, request: &Request, client: &str) -> Result<Received, SendError> {
        let headers = forwarded_headers(request, client);
        let method = request.method.as_deref().unwrap_or("POST");
        let make = || request_of_fields(target, method, &headers, request.body.clone());
        let no_answer = |error: hyper::Error| SendError::NoAnswer { detail: error.to_string() };
        // A kept connection may have been closed a moment ago: then a new one is tried, since nothing was sent on the old one.
        while let Some(mut kept) = self.take(target) {
            if kept.ready().await.is_err() {
                continue;
            }
            match kept.try_send_request(make()?).await {
                Ok(response) => return self.read(target, kept, response).await,
                Err(mut error) => {
                    if error.take_message().is_none() {
                        return Err(no_answer(error.into_error()));
                    }
                }
            }
        }
        let own_addresses = lock(&self.own_addresses).clone();
        let connecting = connect(target, &self.believed, &own_addresses);
        let connected = tokio::time::timeout(CONNECT_LIMIT, connecting).await;
        let (stream, is_ours) = connected.unwrap_or_else(|_| {
            let detail = format!("there was no connection after {} s", CONNECT_LIMIT.as_secs());
            Err(SendError::Connect { target: target.authority(), detail })
        })?;
        if is_ours {
            return Err(SendError::Unsendable {
                detail: format!("{target} is this listener itself, and the call would go round for ever"),
            });
        }
        let (mut fresh, connection) =
            http1::Builder::new().title_case_headers(true).handshake(TokioIo::new(stream)).await.map_err(no_answer)?;
        // It ends with the last use of the connection; its own errors are those of the requests.
        tokio::spawn(async move { drop(connection.await) });
        let response = fresh.send_request(make()?).await.map_err(no_answer)?;
        self.read(target, fresh, response).await
    }

    async fn read(
        &self,
        target: &Target,
        connection: SendRequest<Full<Bytes>>,
        response: hyper::Response<hyper::body::Incoming>,
    ) -> Result<Received, SendError> {
        let received = read_whole(response, MAX_RESPONSE_BYTES).await?;
        if !connection.is_closed() {
            let mut idle = lock(&self.idle);
            let kept = idle.entry(key(target)).or_default();
            if kept.len() < KEPT {
                kept.push(connection);
            }
        }
        Ok(received)
    }

    fn take(&self, target: &Target) -> Option<SendRequest<Full<Bytes>>> {
        let mut idle = lock(&self.idle);
        let kept = idle.get_mut(&key(target))?;
        while let Some(connection) = kept.pop() {
            if !connection.is_closed() {
                return Some(connection);
            }
        }
        None
    }
}

fn key(target: &Target) -> (bool, String, u16) {
    (target.is_https, target.host.clone(), target.port)
}

/// A poisoned lock still holds whole values: every use is a few moves.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What came, without what belongs to a connection, and with what a proxy adds.
fn forwarded_headers(request: &Request, client: &str) -> Headers {
    let host = request.headers.get("host").map(<[u8]>::to_vec);
    let kept = without_connection_fields(&request.headers);
    let scheme: &[u8] = if request.over_tls { b"https" } else { b"http" };
    let mut added: Vec<(Vec<u8>, Vec<u8>)> = vec![(b"X-Forwarded-For".to_vec(), client.as_bytes().to_vec())];
    // What a tunnel said before us is nearer to what Okta called.
    for (name, value) in [("X-Forwarded-Proto", Some(scheme.to_vec())), ("X-Forwarded-Host", host)] {
        if let Some(value) = value.filter(|_| request.headers.get(name).is_none()) {
            added.push((name.as_bytes().to_vec(), value));
        }
    }
    let kept = kept.iter().map(|(name, value)| (name.to_vec(), value.to_vec()));
    Headers::from_fields(kept.chain(added))
}

/// A PEM file beside the system's store, and whether everybody is trusted.
type Trusted = (Option<String>, bool);

/// Forwarders by what they trust, made when they are needed first.
#[derive(Default)]
pub struct Forwarders {
    known: Mutex<HashMap<Trusted, Arc<Forwarder>>>,
    /// Where relative paths of trust files begin.
    folder: Mutex<PathBuf>,
    own_addresses: Mutex<Vec<SocketAddr>>,
}

impl Forwarders {
    /// The one that trusts the system's store and, if named, a PEM file; or everybody. Reads files when it is asked for the first
    /// time: not to be called on the task of a call.
    pub fn of(&self, cacert: Option<&str>, is_insecure: bool) -> Result<Arc<Forwarder>, TrustError> {
        let key = (cacert.map(str::to_owned), is_insecure);
        if let Some(known) = lock(&self.known).get(&key) {
            return Ok(known.clone());
        }
        let trust = Trust {
            our_authority: None,
            extra_ca: cacert.map(|cacert| lock(&self.folder).join(cacert)),
            insecure: is_insecure,
            system: true,
        };
        let fresh = Arc::new(Forwarder::new(&trust)?);
        fresh.set_own_addresses(lock(&self.own_addresses).clone());
        Ok(lock(&self.known).entry(key).or_insert(fresh).clone())
    }

    /// Relative paths of trust files begin in this folder from now on: that of the workspace file.
    pub fn set_folder(&self, folder: PathBuf) {
        if std::mem::replace(&mut *lock(&self.folder), folder.clone()) != folder {
            lock(&self.known).clear();
        }
    }

    /// The one that was made already.
    pub fn made(&self, cacert: Option<&str>, is_insecure: bool) -> Option<Arc<Forwarder>> {
        lock(&self.known).get(&(cacert.map(str::to_owned), is_insecure)).cloned()
    }

    pub fn set_own_addresses(&self, addresses: Vec<SocketAddr>) {
        for forwarder in lock(&self.known).values() {
            forwarder.set_own_addresses(addresses.clone());
        }
        *lock(&self.own_addresses) = addresses;
    }
}
