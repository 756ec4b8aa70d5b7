//! The TLS settings of the listener, and reading certificates and keys.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{CipherSuite, ServerConfig};

use super::IdentityError;

/// TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1, resumption by tickets.
pub(super) fn server_config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let mut provider = ring::default_provider();
    // A handshake hashes much more than it encrypts, and the processor has instructions for SHA-256 but none for SHA-384: a tenth
    // of the work of a new connection.
    provider.cipher_suites.sort_by_key(|suite| !is_aes_128(suite.suite()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.ignore_client_order = true;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.ticketer = ring::Ticketer::new()?;
    // One is enough to come back with, and each one costs a signature of work on every new connection.
    config.send_tls13_tickets = 1;
    Ok(Arc::new(config))
}

/// AES-128-GCM with SHA-256, in TLS 1.3 and 1.2.
fn is_aes_128(suite: CipherSuite) -> bool {
    matches!(
        suite,
        CipherSuite::TLS13_AES_128_GCM_SHA256
            | CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
            | CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
    )
}

/// The certificates of a PEM text; an error says what is wrong with it.
pub(super) fn read_chain(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let chain = chain.map_err(|error| IdentityError::file(path, format!("it is no PEM file: {error}")))?;
    if chain.is_empty() {
        let is_key = pem.windows(11).any(|window| window == b"PRIVATE KEY");
        let what = match is_key {
            true => "there is a private key in it and no certificate; are the two files swapped?",
            false => "there is no certificate in it; a line '-----BEGIN CERTIFICATE-----' is expected",
        };
        return Err(IdentityError::file(path, what));
    }
    Ok(chain)
}

/// The private key of a PEM text; an error says what is wrong with it, never what is in it.
pub(super) fn read_key(path: &Path, pem: &[u8]) -> Result<PrivateKeyDer<'static>, IdentityError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
        let has = |text: &[u8]| pem.windows(text.len()).any(|window| window == text);
        let what = if has(b"ENCRYPTED") {
            "the key is encrypted; write it without a passphrase (openssl pkey -in KEY -out PLAIN_KEY)"
        } else if has(b"BEGIN CERTIFICATE") {
            "there is a certificate in it and no private key; are the two files swapped?"
        } else {
            "there is no private key in it; a line '-----BEGIN PRIVATE KEY-----' is expected"
        };
        IdentityError::file(path, what)
    })
}
