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
    /// The names of the certificate that was served, where the one that was asked for is none of them; none where all is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_names: Option<Box<str>>,
}

impl TlsFacts {
    /// `TLSv1.3, TLS_AES_128_GCM_SHA256, ALPN http/1.1, SNI hooks.test`.
    pub fn text(&self) -> String {
        let mut text = self.version.as_str().to_owned();
        let cipher = self.cipher.as_deref().map(str::to_owned);
        let alpn = self.alpn.as_deref().map_or("no ALPN".to_owned(), |alpn| format!("ALPN {alpn}"));
        let name = self.server_name.as_deref().map_or("no SNI".to_owned(), |name| format!("SNI {name}"));
        for part in cipher.into_iter().chain([alpn, name]) {
            text.push_str(", ");
            text.push_str(&part);
        }
        text
    }

    /// What a client that verifies would have refused, where this one did not.
    pub fn notice(&self) -> Option<String> {
        let (asked, names) = self.server_name.as_deref().zip(self.certificate_names.as_deref())?;
        Some(format!(
            "The client asked for {asked}, the certificate is for {names}; a client that verifies refuses it. Add {asked} to the \
             names of the workspace, or let the client call one of these names"
        ))
    }
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
