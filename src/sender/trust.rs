//! Which servers are believed.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_cert_signed_by_trust_anchor};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

/// Whom to believe.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// The file of our own authority; servers with its certificates are our own listener.
    pub our_authority: Option<PathBuf>,
    /// A file with further authorities, or a server's own certificate.
    pub extra_ca: Option<PathBuf>,
    /// Believe everybody.
    pub insecure: bool,
    /// Believe what the system believes.
    pub system: bool,
}

/// Why a trust file cannot be used.
#[derive(Debug)]
pub enum TrustError {
    Read { path: PathBuf, detail: String },
    Empty { path: PathBuf },
    Tls { detail: String },
}

impl fmt::Display for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TrustError::Read { path, detail } => {
                write!(f, "cannot read the certificates in {}: {detail}; name a PEM file", path.display())
            }
            TrustError::Empty { path } => {
                write!(
                    f,
                    "{} holds no certificate that can be trusted; name a PEM file with an authority",
                    path.display()
                )
            }
            TrustError::Tls { detail } => write!(f, "TLS cannot be set up: {detail}"),
        }
    }
}

impl std::error::Error for TrustError {}

/// TLS settings for sends, and the means to tell our own listener.
#[derive(Clone)]
pub struct Believed {
    pub config: Arc<ClientConfig>,
    ours: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

impl Believed {
    pub fn new(trust: &Trust) -> Result<Believed, TrustError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut ours = RootCertStore::empty();
        if let Some(path) = &trust.our_authority {
            // Before the first start there is none, and then nothing of ours can be met.
            if path.is_file() {
                add(&mut ours, path)?;
            }
        }
        let mut roots = ours.clone();
        if trust.system {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        if let Some(path) = &trust.extra_ca {
            let before = roots.len();
            add(&mut roots, path)?;
            if roots.len() == before {
                return Err(TrustError::Empty { path: path.clone() });
            }
        }
        let fail = |error: rustls::Error| TrustError::Tls { detail: error.to_string() };
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(fail)?;
        let config = if trust.insecure || roots.is_empty() {
            let verifier: Arc<dyn ServerCertVerifier> = match trust.insecure {
                true => Arc::new(BelieveEverybody { provider: provider.clone() }),
                false => Arc::new(BelieveNobody { provider: provider.clone() }),
            };
            builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
        } else {
            let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                .build()
                .map_err(|error| TrustError::Tls { detail: error.to_string() })?;
            builder.with_webpki_verifier(verifier).with_no_client_auth()
        };
        Ok(Believed { config: Arc::new(config), ours: Arc::new(ours), provider })
    }

    /// Was this chain signed by our own authority?
    pub fn is_ours(&self, chain: &[CertificateDer<'_>], now: UnixTime) -> bool {
        let Some((leaf, intermediates)) = chain.split_first() else {
            return false;
        };
        let Ok(leaf) = ParsedCertificate::try_from(leaf) else {
            return false;
        };
        let algorithms = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&leaf, &self.ours, intermediates, now, algorithms).is_ok()
    }
}

pub(super) fn add(roots: &mut RootCertStore, path: &Path) -> Result<(), TrustError> {
    let read = |detail: String| TrustError::Read { path: path.to_owned(), detail };
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| read(error.to_string()))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| read(error.to_string()))?;
        roots.add(certificate).map_err(|error| read(error.to_string()))?;
    }
    Ok(())
}

/// `--insecure`: any certificate will do, but the handshake must still be a real one.
#[derive(Debug)]
struct BelieveEverybody {
    provider: Arc<CryptoProvider>,
}

/// No authority is known at all.
#[derive(Debug)]
struct BelieveNobody {
    provider: Arc<CryptoProvider>,
}

/// The part of a verifier that is the same whomever it believes: the handshake must be a real one. For a type with a `provider`.
macro_rules! verify_signatures {
    () => {
        fn verify_tls12_signature(
            &self,
            message: &[u8],
            cert: &CertificateDer<'_>,
            dss: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            rustls::crypto::verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            cert: &CertificateDer<'_>,
            dss: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            rustls::crypto::verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.provider.signature_verification_algorithms.supported_schemes()
        }
    };
}

pub(super) use verify_signatures;

impl ServerCertVerifier for BelieveEverybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    verify_signatures!();
}

impl ServerCertVerifier for BelieveNobody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Err(rustls::CertificateError::UnknownIssuer.into())
    }

    verify_signatures!();
}
