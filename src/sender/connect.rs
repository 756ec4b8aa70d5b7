//! A connection to a server: TCP, and TLS where the URL says so.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use rustls::pki_types::{ServerName, UnixTime};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::attempt::SendError;
use super::target::Target;
use super::trust::Believed;

/// A stream to a server, and whether that is our own listener.
pub enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Connects. `own_addresses` are those on which our own listener is known to be.
pub async fn connect(
    target: &Target,
    believed: &Believed,
    own_addresses: &[SocketAddr],
) -> Result<(Stream, bool), SendError> {
    let tcp = TcpStream::connect((target.host.as_str(), target.port))
        .await
        .map_err(|error| SendError::Connect { target: target.authority(), detail: error.to_string() })?;
    tcp.set_nodelay(true).ok();
    let is_own_address = tcp.peer_addr().is_ok_and(|peer| own_addresses.contains(&peer));
    if !target.is_https {
        return Ok((Stream::Plain(tcp), is_own_address));
    }
    let name = ServerName::try_from(target.host.clone()).map_err(|_| SendError::Connect {
        target: target.authority(),
        detail: "the host is no name for TLS".to_owned(),
    })?;
    let tls = TlsConnector::from(believed.config.clone())
        .connect(name, tcp)
        .await
        .map_err(|error| SendError::Tls { target: target.authority(), detail: error.to_string() })?;
    let chain = tls.get_ref().1.peer_certificates().unwrap_or_default();
    let is_ours = is_own_address || believed.is_ours(chain, UnixTime::now());
    Ok((Stream::Tls(Box::new(tls)), is_ours))
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_read(context, buf),
            Stream::Tls(tls) => Pin::new(tls).poll_read(context, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_write(context, bytes),
            Stream::Tls(tls) => Pin::new(tls).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_flush(context),
            Stream::Tls(tls) => Pin::new(tls).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_shutdown(context),
            Stream::Tls(tls) => Pin::new(tls).poll_shutdown(context),
        }
    }
}
