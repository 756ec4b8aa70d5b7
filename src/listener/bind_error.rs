//! Why a port could not be opened, and the way out.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};

/// Why a port could not be opened. Each case names the address; its text names the way out.
#[derive(Debug)]
pub enum BindError {
    /// Another program (or another Hookscope) listens there.
    AddressInUse {
        address: SocketAddr,
    },
    /// The system forbids it, as it does for ports below 1024.
    Denied {
        address: SocketAddr,
    },
    /// No network interface of this machine has the address.
    NotOurs {
        address: SocketAddr,
    },
    /// The plain port is for tunnels on this machine; anybody else could read the calls.
    PlainNotLoopback {
        address: SocketAddr,
    },
    Other {
        address: SocketAddr,
        error: io::Error,
    },
}

impl BindError {
    pub(super) fn new(address: SocketAddr, error: io::Error) -> BindError {
        match error.kind() {
            io::ErrorKind::AddrInUse => BindError::AddressInUse { address },
            io::ErrorKind::PermissionDenied => BindError::Denied { address },
            io::ErrorKind::AddrNotAvailable => BindError::NotOurs { address },
            _ => BindError::Other { address, error },
        }
    }

    /// The address that was asked for.
    pub fn address(&self) -> SocketAddr {
        match self {
            BindError::AddressInUse { address }
            | BindError::Denied { address }
            | BindError::NotOurs { address }
            | BindError::PlainNotLoopback { address }
            | BindError::Other { address, .. } => *address,
        }
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BindError::AddressInUse { address } => write!(
                f,
                "cannot listen on {address}: another program uses port {}; stop it, or listen on another port \
                 (port 0 is any free one)",
                address.port()
            ),
            BindError::Denied { address } => write!(
                f,
                "cannot listen on {address}: the system does not allow port {}; choose a port from 1024 on",
                address.port()
            ),
            BindError::NotOurs { address } => write!(
                f,
                "cannot listen on {address}: this machine has no such address; use 127.0.0.1:{} or 0.0.0.0:{}",
                address.port(),
                address.port()
            ),
            BindError::PlainNotLoopback { address } => write!(
                f,
                "will not listen on {address} without TLS: others could read the calls; use 127.0.0.1:{}",
                address.port()
            ),
            BindError::Other { address, error } => {
                write!(f, "cannot listen on {address}: {error}; try another address or port")
            }
        }
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            BindError::Other { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// True where only this machine can connect. Anything else deserves a warning: recorded calls hold secrets.
pub fn is_loopback(address: SocketAddr) -> bool {
    match address {
        SocketAddr::V4(v4) => v4.ip().is_loopback(),
        SocketAddr::V6(v6) => v6.ip().is_loopback() || v6.ip().to_ipv4_mapped().is_some_and(|v4| v4.is_loopback()),
    }
}

/// The next port after that of `address` on which one could listen now: what to offer where the port is taken. Looks at 100
/// ports; none where all of them are taken.
pub fn next_free_port(address: SocketAddr) -> Option<SocketAddr> {
    let first = address.port().checked_add(1)?.max(1024);
    (first..first.saturating_add(100)).find_map(|port| {
        let candidate = SocketAddr::new(address.ip(), port);
        TcpListener::bind(candidate).ok().map(|_| candidate)
    })
}
