//! The server sockets: accept, TLS, HTTP, carrying out a plan, times.
//!
//! Knows no session, no window and no rule: it hands what came to a [`CallHandler`] and writes what it is told. It owns the
//! byte stream under the HTTP library, because that library gives neither case nor order of header names and refuses bad
//! heads without telling us. Where to look next: `listening` opens and closes the ports, `accepted` takes one socket from
//! accept to its end, `tap` and `framing` watch the bytes, `service` is one call, `identity` is the certificate.

mod accepted;
mod answer;
mod authority;
mod bind_error;
mod broken;
mod connection;
mod driver;
mod frames;
mod framing;
mod gate;
mod hello;
mod identity;
mod leaf;
mod linger;
mod listening;
mod pace;
mod recase;
mod receive;
mod refusal;
mod request_head;
mod service;
mod tap;
mod tls;

use std::future::Future;
use std::time::Duration;

use crate::call::{Problem, Request, Response, Timing};
use crate::respond::WireFault;

pub use bind_error::{BindError, is_loopback, next_free_port};
pub use identity::{CertificateInfo, Identity, IdentityError};
pub use listening::{Limits, ListenerOptions, Listening, bind};

/// A request as it arrived, or what is known of a connection that never became one.
#[derive(Debug)]
pub struct Arrived {
    pub request: Request,
    /// What is wrong with it; `body-too-large`, `body-timeout` and `closed-early` keep method and path.
    pub problem: Option<Problem>,
    /// Microseconds of the TLS handshake, for the first call of a connection; else 0.
    pub tls_us: u32,
    /// Microseconds from the first request byte to the last one that was read.
    pub read_us: u32,
}

/// What to write, and how long it took to know it.
#[derive(Debug)]
pub struct Reply {
    /// Given back with [`Ended`]; unique in this run.
    pub ticket: u64,
    /// None: nothing is written, the connection is closed.
    pub response: Option<Response>,
    pub decide_us: u32,
    pub record_us: u32,
    /// To wait before the first byte is written.
    pub delay: Duration,
    /// What is done wrong on purpose while it is written.
    pub fault: WireFault,
}

/// How a call ended.
#[derive(Debug)]
pub struct Ended {
    /// Of the [`Reply`] that was carried out.
    pub ticket: u64,
    pub timing: Timing,
    /// Set where the client went away before the response was written, or it could not be written.
    pub problem: Option<Problem>,
}

/// Whoever decides what is answered. The engine is one; tests have smaller ones.
pub trait CallHandler: Send + Sync + 'static {
    /// Records the request and says what to write. The future is dropped when the client goes away: the handler then ends the
    /// call itself as `closed-early`.
    fn answer(&self, arrived: Arrived) -> impl Future<Output = Reply> + Send;

    /// Called once for each reply with a response that was carried out, when its last byte was accepted by the socket or the connection ended
    /// before. Runs on the connection's own task: it must not wait.
    fn ended(&self, ended: Ended);

    /// A connection that never became a request. `response` is what the HTTP library wrote by itself (400, 431), if
    /// anything.
    fn refused(&self, arrived: Arrived, response: Option<Response>, write_us: u32);
}
