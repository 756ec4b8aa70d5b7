//! What a TLS handshake agreed on, and why one failed: what happened and what to do, in a sentence.

use std::io;
use std::time::Duration;

use rustls::{AlertDescription, Error, InvalidMessage, PeerIncompatible, ProtocolVersion, ServerConnection};

use super::certificate::{CertificateInfo, CertificateOrigin, covers};
use super::offered::Offered;
use crate::call::{TlsFacts, TlsVersion};

/// The parameters of a connection whose handshake is done.
pub(super) fn facts_of(tls: &ServerConnection, served: &CertificateInfo) -> Option<TlsFacts> {
    let version = match tls.protocol_version()? {
        ProtocolVersion::TLSv1_2 => TlsVersion::Tls12,
        ProtocolVersion::TLSv1_3 => TlsVersion::Tls13,
        _ => return None,
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned().into_boxed_str();
    let name = tls.server_name();
    Some(TlsFacts {
        version,
        alpn: tls.alpn_protocol().map(text),
        cipher: tls.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str()).map(iana_name),
        server_name: name.map(Box::from),
        certificate_names: name
            .filter(|name| !covers(&served.names, name))
            .map(|_| served.names.join(", ").into_boxed_str()),
    })
}

/// The registry has `TLS_AES_128_GCM_SHA256` where the library writes `TLS13_AES_128_GCM_SHA256`.
fn iana_name(name: &str) -> Box<str> {
    match name.strip_prefix("TLS13_") {
        Some(rest) => format!("TLS_{rest}").into(),
        None => name.into(),
    }
}

/// Why a handshake failed.
pub(super) fn failure(error: &io::Error, first_bytes: &[u8], served: &CertificateInfo) -> String {
    let offered = Offered::read(first_bytes);
    let reason = match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(error) => tls_failure(error, offered.as_ref(), served),
        None => match (error.kind(), &offered) {
            (io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe, Some(hello))
                if hello.is_whole =>
            {
                format!(
                    "the client closed the connection when it had seen the certificate, without saying why; some clients do so \
                     when they do not trust it: {}",
                    trust(served)
                )
            }
            (io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe, _) => {
                "the client closed the connection before its first message was whole, as a port scan or a check for an open port \
                 does; nothing has to be done"
                    .to_owned()
            }
            _ => format!("the TLS handshake failed: {error}; try again, and look at the network between the two"),
        },
    };
    with_offer(reason, offered.as_ref())
}

/// Why a handshake was given up.
pub(super) fn timed_out(limit: Duration, first_bytes: &[u8]) -> String {
    let offered = Offered::read(first_bytes);
    let reason = match offered.as_ref().filter(|hello| hello.is_whole) {
        Some(_) => format!(
            "the TLS handshake was not done after {limit:?}: the client got the certificate and said nothing more; look whether it \
             waits for a person to accept it"
        ),
        None => format!(
            "the TLS handshake was not done after {limit:?}: the client began it and stopped; look for a slow network or a client \
             that hangs"
        ),
    };
    with_offer(reason, offered.as_ref())
}

fn with_offer(reason: String, offered: Option<&Offered>) -> String {
    match offered.map(Offered::words).filter(|words| !words.is_empty()) {
        Some(words) => format!("{reason}. It {words}"),
        None => reason,
    }
}

/// How a client comes to trust the certificate.
fn trust(served: &CertificateInfo) -> String {
    format!("make it trust {}, or let the tunnel skip the check", served.pem_path.display())
}

fn tls_failure(error: &Error, offered: Option<&Offered>, served: &CertificateInfo) -> String {
    let asked = offered.and_then(|offered| offered.server_name.as_deref());
    match error {
        Error::AlertReceived(alert) => alert_failure(*alert, asked, served),
        Error::PeerIncompatible(what) => incompatible(what, offered),
        Error::NoApplicationProtocol => {
            "client and listener have no application protocol (ALPN) in common; the listener speaks h2 and http/1.1: let the \
             client offer one of them, or none"
                .to_owned()
        }
        Error::InvalidMessage(InvalidMessage::MessageTooLarge | InvalidMessage::InvalidContentType) => {
            format!("what came is no TLS, although it begins like it ({error}); look whether the client really speaks https")
        }
        Error::InvalidMessage(_) | Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            format!("the client does not speak TLS as it should ({error}); look whether it really speaks https")
        }
        Error::DecryptError => {
            "a message of the client could not be decrypted: something between the two changes what is sent".to_owned()
        }
        _ => format!("the TLS handshake failed: {error}; try another client, such as curl, to tell the two apart"),
    }
}

fn alert_failure(alert: AlertDescription, asked: Option<&str>, served: &CertificateInfo) -> String {
    use AlertDescription as Alert;
    let says = format!("alert {}", alert_name(alert));
    let other_name = asked.filter(|name| !covers(&served.names, name));
    match (alert, other_name) {
        (Alert::BadCertificate | Alert::CertificateUnknown | Alert::UnrecognisedName, Some(name)) => format!(
            "the client asked for {name}, the certificate is for {}, and the client refused it ({says}); add the name to 'names' \
             in the workspace, or let the client call one of these names",
            served.names.join(", ")
        ),
        (Alert::UnknownCA | Alert::BadCertificate | Alert::CertificateUnknown, _) => {
            format!("the client does not trust the listener's certificate ({says}); {}", trust(served))
        }
        (Alert::CertificateExpired, _) => {
            let what = match served.origin {
                CertificateOrigin::Local => "renew it, or compare the two clocks",
                CertificateOrigin::Files => "put a new one into its file, or compare the two clocks",
            };
            let ends = served.not_after;
            format!("the client says that the certificate has expired ({says}); it ends at {ends}: {what}")
        }
        (Alert::CertificateRevoked, _) => {
            format!("the client says that the certificate was revoked ({says}); import another one")
        }
        (Alert::UnsupportedCertificate, _) => format!(
            "the client cannot use a certificate with a key of kind {} ({says}); import one with another key, RSA 2048 say",
            served.key_kind
        ),
        (Alert::ProtocolVersion, _) => {
            format!("the client does not take the TLS version of the listener ({says}); TLS 1.2 and 1.3 are spoken")
        }
        (Alert::HandshakeFailure | Alert::InsufficientSecurity, _) => {
            format!(
                "the client found nothing that both can use ({says}); let it offer TLS 1.2 or 1.3 with usual cipher suites"
            )
        }
        (Alert::UserCanceled | Alert::CloseNotify, _) => {
            format!("the client gave the handshake up ({says}); {}", trust(served))
        }
        _ => format!("the client broke off the TLS handshake ({says}); its own log says why"),
    }
}

/// As RFC 8446, 6 spells it: `unknown_ca`.
fn alert_name(alert: AlertDescription) -> String {
    let Some(name) = alert.as_str() else { return u8::from(alert).to_string() };
    let mut spelled = String::new();
    let mut was_small = false;
    for letter in name.chars() {
        if was_small && letter.is_ascii_uppercase() {
            spelled.push('_');
        }
        was_small = letter.is_ascii_lowercase();
        spelled.push(letter.to_ascii_lowercase());
    }
    spelled
}

fn no_version() -> String {
    "client and listener have no TLS version in common; the listener speaks TLS 1.2 and 1.3: update the client, or let it use one \
     of them"
        .to_owned()
}

fn incompatible(what: &PeerIncompatible, offered: Option<&Offered>) -> String {
    use PeerIncompatible as Peer;
    // An old client lacks more than a version, and something else may be missed first.
    let is_old =
        offered.is_some_and(|offered| offered.is_whole && offered.versions.iter().all(|version| *version < 0x0303));
    match what {
        _ if is_old => no_version(),
        Peer::NoCipherSuitesInCommon => {
            let n_suites = offered.map_or(0, |offered| offered.n_suites);
            format!(
                "client and listener have no cipher suite in common, of the client's {n_suites}; the listener takes the AEAD suites: \
                 AES-GCM and ChaCha20-Poly1305, in TLS 1.2 with ECDHE{}",
                match offered.is_some_and(|offered| !offered.versions.contains(&0x0304)) {
                    true => " and of the certificate's kind of key",
                    false => "",
                }
            )
        }
        Peer::Tls12NotOffered
        | Peer::Tls12NotOfferedOrEnabled
        | Peer::SupportedVersionsExtensionRequired
        | Peer::ServerDoesNotSupportTls12Or13
        | Peer::ServerTlsVersionIsDisabledByOurConfig => no_version(),
        Peer::NoKxGroupsInCommon | Peer::NamedGroupsExtensionRequired | Peer::NoEcPointFormatsInCommon => {
            "client and listener have no key exchange group in common; the listener takes X25519, P-256 and P-384".to_owned()
        }
        Peer::NoSignatureSchemesInCommon | Peer::SignatureAlgorithmsExtensionRequired => {
            "the client takes no signature that the certificate's key can make; import a certificate with another kind of key"
                .to_owned()
        }
        other => format!("client and listener do not fit together ({other:?}); update the client"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn suites_have_the_names_of_the_registry() {
        assert_eq!(&*iana_name("TLS13_AES_128_GCM_SHA256"), "TLS_AES_128_GCM_SHA256");
        let older = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
        assert_eq!(&*iana_name(older), older);
    }

    #[test]
    fn alerts_have_the_names_of_the_standard() {
        assert_eq!(alert_name(AlertDescription::UnknownCA), "unknown_ca");
        assert_eq!(alert_name(AlertDescription::BadCertificate), "bad_certificate");
        assert_eq!(alert_name(AlertDescription::Unknown(200)), "200");
    }
}
