//! What was agreed in the TLS handshake of a connection, as it is recorded with each of its calls.

use serde::{Deserialize, Serialize};

/// The parameters of a TLS connection. Short, since every call has them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TlsFacts {
    /// As RFCs spell it: `TLSv1.2` or `TLSv1.3`.
    pub version: TlsVersion,
    /// The protocol that ALPN (RFC 7301) agreed on, such as `http/1.1` or `h2`; none where the client offered none.
    pub alpn: Option<Box<str>>,
    /// Name of the cipher suite, as the IANA registry has it.
    pub cipher: Option<Box<str>>,
    /// The host name that the client asked for (SNI); none where it sent none, as for an address.
    pub server_name: Option<Box<str>>,
}

/// The versions that the listener speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TlsVersion {
    #[serde(rename = "TLSv1.2")]
    Tls12,
    #[serde(rename = "TLSv1.3")]
    Tls13,
}

impl TlsVersion {
    pub fn as_str(self) -> &'static str {
        match self {
            TlsVersion::Tls12 => "TLSv1.2",
            TlsVersion::Tls13 => "TLSv1.3",
        }
    }
}
