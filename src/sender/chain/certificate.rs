//! The certificate of the edge, judged as a client with the usual public authorities judges it.
//!
//! The handshake goes on whatever the judgement is, so that the certificate can be shown and what lies behind can be looked at.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::X509Certificate;

use super::ChainRoots;
use crate::call::{Hop, HopKind, HopState};
use crate::sender::trust::verify_signatures;

/// Judges a certificate and lets the handshake go on.
#[derive(Debug)]
pub struct Witness {
    judge: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    judged: Mutex<Option<Judged>>,
}

/// What was judged.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Leaf first.
    pub chain: Vec<CertificateDer<'static>>,
    pub verdict: Verdict,
}

/// What a client with the system's authorities says.
#[derive(Clone, Debug)]
pub enum Verdict {
    Trusted,
    /// This machine has no authorities to judge by.
    NoRoots,
    Refused(rustls::Error),
}

impl Witness {
    /// The settings for a handshake, and the witness of it.
    pub fn new(roots: &ChainRoots) -> Result<(Arc<ClientConfig>, Arc<Witness>), rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let roots: Arc<RootCertStore> = roots.0.clone();
        // The builder refuses an empty store: then there is nobody to judge by.
        let judge = WebPkiServerVerifier::builder_with_provider(roots, provider.clone()).build().ok();
        let witness = Arc::new(Witness { judge, provider: provider.clone(), judged: Mutex::default() });
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(witness.clone())
            .with_no_client_auth();
        Ok((Arc::new(config), witness))
    }

    /// What was judged, once the handshake has come that far.
    pub fn judged(&self) -> Option<Judged> {
        self.judged.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict = match &self.judge {
            None => Verdict::NoRoots,
            Some(judge) => match judge.verify_server_cert(leaf, intermediates, name, ocsp, now) {
                Ok(_) => Verdict::Trusted,
                Err(error) => Verdict::Refused(error),
            },
        };
        let chain = std::iter::once(leaf).chain(intermediates).map(|certificate| certificate.clone().into_owned());
        let judged = Judged { chain: chain.collect(), verdict };
        *self.judged.lock().unwrap_or_else(PoisonError::into_inner) = Some(judged);
        Ok(ServerCertVerified::assertion())
    }

    verify_signatures!();
}

/// Said of every certificate that is not trusted: Okta's documents imply it and do not say it.
const EXPECT: &str = "expect Okta's calls to fail";

/// Judges the certificate that an edge showed for a host.
pub fn look_at(host: &str, judged: &Judged) -> Hop {
    let chain: Vec<X509Certificate<'_>> = judged
        .chain
        .iter()
        .filter_map(|der| x509_parser::parse_x509_certificate(der).ok().map(|(_, read)| read))
        .collect();
    let hop = |state, sentence: String| Hop::found(HopKind::Tls, state, sentence);
    let hop = match &judged.verdict {
        Verdict::Trusted => hop(HopState::Good, "The certificate is right and publicly trusted".to_owned()),
        Verdict::NoRoots => hop(
            HopState::Doubtful,
            "This machine has no list of public authorities, so the certificate cannot be judged: install the system's \
             certificates, such as the package ca-certificates"
                .to_owned(),
        ),
        Verdict::Refused(error) => hop(HopState::Bad, refusal(host, error, &chain)),
    };
    match chain.first() {
        Some(leaf) => with_facts(hop, leaf, chain.len()),
        None => hop,
    }
}

/// The handshake did not come to its end.
pub fn failed(error: &std::io::Error) -> Hop {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let sentence = match tls {
        Some(rustls::Error::InvalidMessage(_)) => {
            "This port speaks no TLS: it is the plain port of a server. Use the address that speaks https".to_owned()
        }
        Some(rustls::Error::AlertReceived(alert)) => format!(
            "The edge ended the TLS handshake ({alert:?}): it may not know this name. Compare it with the name that the tunnel \
             shows"
        ),
        Some(rustls::Error::PeerIncompatible(why)) => {
            format!("The edge speaks neither TLS 1.2 nor 1.3 as it should ({why:?}): {EXPECT}")
        }
        Some(other) => format!("The TLS handshake failed ({other}): {EXPECT}"),
        None => format!(
            "The connection ended in the TLS handshake ({error}): nothing may stand behind this port, or something that speaks \
             no TLS. Look at the tunnel's own output"
        ),
    };
    Hop::found(HopKind::Tls, HopState::Bad, sentence)
}

fn refusal(host: &str, error: &rustls::Error, chain: &[X509Certificate<'_>]) -> String {
    use CertificateError as Error;
    let rustls::Error::InvalidCertificate(error) = error else {
        return format!("The certificate is not accepted ({error}): {EXPECT}");
    };
    match error {
        Error::Expired | Error::ExpiredContext { .. } => {
            format!("A certificate has expired: renew it, and until then {EXPECT}")
        }
        Error::NotValidYet | Error::NotValidYetContext { .. } => {
            format!("A certificate is not valid yet: compare the clocks, and until then {EXPECT}")
        }
        Error::NotValidForName | Error::NotValidForNameContext { .. } => {
            format!(
                "The certificate is not for {host}: use a name that is in it, or have one made for this name; {EXPECT}"
            )
        }
        Error::Revoked => format!("The certificate was revoked: have a new one made, and until then {EXPECT}"),
        _ if chain.first().is_some_and(is_self_signed) => format!(
            "The certificate is self-signed: use one of a public authority, or a tunnel that ends TLS with its own; {EXPECT}"
        ),
        Error::UnknownIssuer => unknown_issuer(chain),
        other => format!("The certificate is not accepted ({other}): {EXPECT}"),
    }
}

fn unknown_issuer(chain: &[X509Certificate<'_>]) -> String {
    let issuer = chain.last().map(|last| last.issuer().to_string()).unwrap_or_default();
    // Authorities of the public web say where their own certificate can be had (CA/Browser Forum, baseline requirements,
    // 7.1.2.7.7); private ones seldom do.
    let names_issuer = |leaf: &X509Certificate<'_>| {
        leaf.extensions().iter().any(|extension| {
            matches!(extension.parsed_extension(), ParsedExtension::AuthorityInfoAccess(access)
                if access.accessdescs.iter().any(|one| one.access_method.to_id_string() == "1.3.6.1.5.5.7.48.2"))
        })
    };
    match chain {
        [leaf] if names_issuer(leaf) => format!(
            "The intermediate certificate is missing: only the server's own came, signed by {issuer}. Configure the whole chain; \
             {EXPECT}"
        ),
        _ => format!(
            "The certificate is signed by an authority that is not public ({issuer}): use one of a public authority, or a \
             tunnel that ends TLS with its own; {EXPECT}"
        ),
    }
}

fn is_self_signed(certificate: &X509Certificate<'_>) -> bool {
    certificate.issuer() == certificate.subject()
}

fn with_facts(hop: Hop, leaf: &X509Certificate<'_>, n_certificates: usize) -> Hop {
    let validity = leaf.validity();
    let day = |seconds: i64| {
        jiff::Timestamp::from_second(seconds).map(|at| at.strftime("%Y-%m-%d").to_string()).unwrap_or_default()
    };
    let names = leaf.subject_alternative_name().ok().flatten().map(|names| {
        let shown = names.value.general_names.iter().filter_map(name_text);
        shown.collect::<Vec<_>>().join(", ")
    });
    let (from, to) = (day(validity.not_before.timestamp()), day(validity.not_after.timestamp()));
    hop.with_fact("Names", names.filter(|names| !names.is_empty()).unwrap_or_else(|| "none".to_owned()))
        .with_fact("Issuer", leaf.issuer().to_string())
        .with_fact("Valid", format!("{from} to {to}"))
        .with_fact(
            "Sent",
            match n_certificates {
                1 => "1 certificate".to_owned(),
                n => format!("{n} certificates"),
            },
        )
}

fn name_text(name: &x509_parser::extensions::GeneralName<'_>) -> Option<String> {
    use x509_parser::extensions::GeneralName;
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress([a, b, c, d]) => Some(std::net::Ipv4Addr::new(*a, *b, *c, *d).to_string()),
        GeneralName::IPAddress(bytes) => {
            <[u8; 16]>::try_from(*bytes).ok().map(|octets| std::net::Ipv6Addr::from(octets).to_string())
        }
        _ => None,
    }
}
