//! The test of the chain from outside in: a probe goes to the public URL as a call of Okta's would, and each hop is looked at.
//!
//! The probe is a GET with a nonce (see [`crate::call::PROBE_PATH`]); the listener answers it and says how it came. A certificate
//! that Okta cannot be expected to accept does not end the test: what lies behind it is looked at all the same. Redirects
//! are answers, as they are for Okta. Where to look next: `chain/walk.rs` goes from hop to hop; `chain/url.rs`,
//! `chain/addresses.rs`, `chain/certificate.rs`, `chain/answer.rs` and `chain/arrival.rs` say what is to be thought of each.

mod addresses;
mod answer;
mod arrival;
mod certificate;
mod exchange;
mod latency;
mod url;
mod walk;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use tokio::sync::mpsc;

use super::trust::{self, TrustError};
use crate::call::{ChainReport, ChainState, ProbeSeen};
use walk::{LIMIT, Walk};

/// The authorities by which the edge's certificate is judged.
#[derive(Clone, Debug)]
pub struct ChainRoots(Arc<RootCertStore>);

impl Default for ChainRoots {
    /// None: nothing can be judged.
    fn default() -> ChainRoots {
        ChainRoots(Arc::new(RootCertStore::empty()))
    }
}

impl ChainRoots {
    /// Those of the system: the nearest that this machine has to what Okta believes. Reads files: not for an async task.
    pub fn system() -> ChainRoots {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        ChainRoots(Arc::new(roots))
    }

    /// Those in a PEM file, and no other.
    pub fn only(path: &Path) -> Result<ChainRoots, TrustError> {
        let mut roots = RootCertStore::empty();
        trust::add(&mut roots, path)?;
        Ok(ChainRoots(Arc::new(roots)))
    }
}

/// Where our own listener is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenerPorts {
    pub https: SocketAddr,
    pub http: Option<SocketAddr>,
}

/// A test that is to be made.
#[derive(Clone, Debug)]
pub struct ChainTest {
    /// Counts the tests of this run.
    pub run: u64,
    /// As it would be typed into Okta, with or without a path.
    pub url: String,
    /// 32 hexadecimal digits that the listener knows.
    pub nonce: String,
    pub roots: ChainRoots,
    /// None where it is not up.
    pub listener: Option<ListenerPorts>,
}

/// Makes a test, at most 30 seconds long. `seen` is what the listener saw of it; `publish` gets the report whenever it has grown.
pub async fn test_chain(
    test: ChainTest,
    seen: mpsc::Receiver<ProbeSeen>,
    publish: impl FnMut(&ChainReport) + Send,
) -> ChainReport {
    let mut walk = Walk::new(test, seen, publish);
    let state = match tokio::time::timeout(LIMIT, walk.go()).await {
        Ok(()) => ChainState::Done,
        Err(_) => ChainState::OutOfTime,
    };
    walk.end(state)
}
