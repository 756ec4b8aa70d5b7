//! TLS as clients meet it: what is agreed on is recorded with each call, and a handshake that fails says why.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod net;

use std::sync::Arc;
use std::time::Duration;

use hookscope::call::{ProblemKind, TlsVersion};
use hookscope::listener::{CertificateOrigin, IdentitySource, Limits};
use net::*;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::{cipher_suite, default_provider};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme,
    SupportedCipherSuite, SupportedProtocolVersion,
};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A client that takes any certificate, or refuses every one with an error.
#[derive(Debug)]
struct Verdict(Option<CertificateError>);

impl ServerCertVerifier for Verdict {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match &self.0 {
            None => Ok(ServerCertVerified::assertion()),
            Some(error) => Err(error.clone().into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// What a client can do.
struct Client {
    suites: Vec<SupportedCipherSuite>,
    versions: Vec<&'static SupportedProtocolVersion>,
    alpn: Vec<&'static str>,
    refuses: Option<CertificateError>,
}

fn client() -> Client {
    let versions = vec![&rustls::version::TLS13, &rustls::version::TLS12];
    Client { suites: default_provider().cipher_suites, versions, alpn: Vec::new(), refuses: None }
}

impl Client {
    fn config(self) -> Arc<ClientConfig> {
        let mut provider = default_provider();
        provider.cipher_suites = self.suites;
        let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&self.versions)
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Verdict(self.refuses)))
            .with_no_client_auth();
        config.alpn_protocols = self.alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Arc::new(config)
    }

    async fn connect(self, running: &Running, name: &'static str) -> std::io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(name).unwrap();
        TlsConnector::from(self.config()).connect(name, running.raw().await).await
    }
}

/// The first message of a client.
fn hello(name: &'static str, alpn: &[&'static str]) -> Vec<u8> {
    let config = Client { alpn: alpn.to_vec(), ..client() }.config();
    let mut connection = ClientConnection::new(config, ServerName::try_from(name).unwrap()).unwrap();
    let mut bytes = Vec::new();
    connection.write_tls(&mut bytes).unwrap();
    bytes
}

async fn refused_with(running: &Running) -> String {
    let (arrived, response) = running.witness.refused().await;
    let problem = arrived.problem.unwrap();
    assert_eq!(problem.kind, ProblemKind::TlsHandshake, "{}", problem.detail);
    assert!(response.is_none() && arrived.request.tls.is_none());
    problem.detail
}

/// What a connection has to hold to be recorded so.
fn has(detail: &str, parts: &[&str]) {
    for part in parts {
        assert!(detail.contains(part), "'{part}' is not in: {detail}");
    }
}

const REQUEST: &str = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

#[tokio::test]
async fn every_call_of_a_connection_has_what_its_handshake_agreed_on() {
    let running = listen(Witness::ok()).await;
    let mut stream = Client { alpn: vec!["http/1.1"], ..client() }.connect(&running, "localhost").await.unwrap();
    for _ in 0..2 {
        send(&mut stream, REQUEST).await;
        read_answer(&mut stream).await;
        let tls = running.witness.arrived().await.request.tls.unwrap();
        assert_eq!(tls.text(), "TLSv1.3, TLS_AES_128_GCM_SHA256, ALPN http/1.1, SNI localhost");
        assert_eq!(tls.notice(), None);
    }
    let older = Client { versions: vec![&rustls::version::TLS12], ..client() };
    let mut stream = older.connect(&running, "127.0.0.1").await.unwrap();
    send(&mut stream, REQUEST).await;
    let tls = running.witness.arrived().await.request.tls.unwrap();
    assert_eq!((tls.version, tls.alpn, tls.server_name), (TlsVersion::Tls12, None, None));
    assert_eq!(tls.cipher.as_deref(), Some("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"));
    // What is no HTTP has them too; plain HTTP has none.
    let mut stream = client().connect(&running, "localhost").await.unwrap();
    send(&mut stream, "this is not http\r\n\r\n").await;
    assert!(running.witness.refused().await.0.request.tls.is_some());
    let mut plain = running.plain().await;
    send(&mut plain, REQUEST).await;
    assert!(running.witness.arrived().await.request.tls.is_none());
}

#[tokio::test]
async fn a_client_that_asks_for_another_name_is_answered_and_the_call_says_so() {
    let running = listen(Witness::ok()).await;
    let mut stream = client().connect(&running, "tunnel.example").await.unwrap();
    send(&mut stream, REQUEST).await;
    assert_eq!(read_answer(&mut stream).await.status, 200);
    let tls = running.witness.arrived().await.request.tls.unwrap();
    has(&tls.notice().unwrap(), &["asked for tunnel.example", "certificate is for", "localhost", "127.0.0.1"]);
    // The authority is trusted here, so the name is the only thing that is wrong.
    let name = ServerName::try_from("tunnel.example").unwrap();
    let connector = TlsConnector::from(client_config(Some(&running.ca_pem()), &[]));
    assert!(connector.connect(name, running.raw().await).await.is_err());
    has(&refused_with(&running).await, &["asked for tunnel.example", "certificate is for", "localhost", "'names'"]);
}

#[tokio::test]
async fn what_a_client_has_against_the_certificate_is_said() {
    let running = listen(Witness::ok()).await;
    let refuses = |error: CertificateError| Client { refuses: Some(error), ..client() };
    for (error, said) in [
        (CertificateError::UnknownIssuer, &["does not trust", "ca.pem", "asked for localhost"][..]),
        (CertificateError::BadSignature, &["ca.pem"]),
        (CertificateError::Expired, &["has expired", "renew it", "clocks"]),
        (CertificateError::Revoked, &["revoked"]),
    ] {
        for versions in [vec![&rustls::version::TLS13], vec![&rustls::version::TLS12]] {
            let client = Client { versions, ..refuses(error.clone()) };
            assert!(client.connect(&running, "localhost").await.is_err());
            if error != CertificateError::BadSignature {
                has(&refused_with(&running).await, said);
            } else {
                refused_with(&running).await;
            }
        }
    }
}

#[tokio::test]
async fn a_client_without_anything_in_common_is_told_what_would_be() {
    let running = listen(Witness::ok()).await;
    // The listener's key is an elliptic one.
    let rsa_only = Client {
        suites: vec![cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256],
        versions: vec![&rustls::version::TLS12],
        ..client()
    };
    assert!(rsa_only.connect(&running, "localhost").await.is_err());
    has(&refused_with(&running).await, &["no cipher suite in common", "AES-GCM", "offered TLS 1.2"]);

    let other = Client { alpn: vec!["acme-tls/1"], ..client() };
    assert!(other.connect(&running, "localhost").await.is_err());
    has(&refused_with(&running).await, &["(ALPN) in common", "http/1.1", "ALPN acme-tls/1"]);

    // TLS 1.0, as an old client begins it: no extensions but a name.
    let mut old = running.raw().await;
    let name = b"\0\0\0\x0d\0\x0b\0\0\x08old.test";
    let body = [&[3, 1][..], &[7; 32], &[0, 0, 4, 0, 0x2f, 0, 0x35, 1, 0, 0, name.len() as u8], name].concat();
    let message = [&[1, 0, 0, body.len() as u8][..], &body].concat();
    send(&mut old, [&[22, 3, 1, 0, message.len() as u8][..], &message].concat()).await;
    read_to_close(&mut old).await;
    let detail = refused_with(&running).await;
    has(&detail, &["no TLS version in common", "TLS 1.2 and 1.3", "asked for old.test and offered TLS 1.0"]);
}

#[tokio::test]
async fn a_client_that_leaves_or_stops_is_told_apart_by_how_far_it_came() {
    let limits = Limits { head: Duration::from_millis(80), ..Limits::default() };
    let running = listen_with(Witness::ok(), limits).await;
    let whole = hello("hooks.test", &["h2"]);
    let mut gone = running.raw().await;
    send(&mut gone, &whole).await;
    gone.shutdown().await.unwrap();
    read_to_close(&mut gone).await;
    has(&refused_with(&running).await, &["had seen the certificate", "ca.pem", "asked for hooks.test", "ALPN h2"]);

    let mut scan = running.raw().await;
    send(&mut scan, &whole[..60]).await;
    scan.shutdown().await.unwrap();
    read_to_close(&mut scan).await;
    has(&refused_with(&running).await, &["before its first message was whole"]);

    let mut waits = running.raw().await;
    send(&mut waits, &whole).await;
    read_to_close(&mut waits).await;
    has(&refused_with(&running).await, &["not done after 80ms", "got the certificate", "asked for hooks.test"]);

    let mut stops = running.raw().await;
    send(&mut stops, b"\x16\x03\x01\x02").await;
    read_to_close(&mut stops).await;
    has(&refused_with(&running).await, &["not done after 80ms", "began it and stopped"]);
}

#[tokio::test]
async fn other_protocols_on_the_tls_port_are_named() {
    let running = listen(Witness::ok()).await;
    for (bytes, said) in [
        (&b"SSH-2.0-OpenSSH_9.9\r\n"[..], "SSH client"),
        (b"\x80\x2e\x01\x03\x01", "SSL 2.0"),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n", "PROXY protocol"),
        (b"\0\0\0\0", "no TLS"),
    ] {
        let mut stream = running.raw().await;
        send(&mut stream, bytes).await;
        stream.shutdown().await.unwrap();
        read_to_close(&mut stream).await;
        let problem = running.witness.refused().await.0.problem.unwrap();
        assert_eq!(problem.kind, ProblemKind::NotTls);
        has(&problem.detail, &[said]);
    }
}

async fn served(running: &Running) -> String {
    let stream = client().connect(running, "localhost").await.unwrap();
    let leaf = stream.get_ref().1.peer_certificates().unwrap()[0].clone();
    let sha256 = ring::digest::digest(&ring::digest::SHA256, &leaf);
    sha256.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn the_certificate_changes_for_new_connections_and_open_ones_stay() {
    let running = listen(Witness::ok()).await;
    let (identity, address) = (running.listening.identity().clone(), running.listening.https_addr());
    let mut open = running.tls(&[]).await;
    let first = identity.certificate();
    assert_eq!(served(&running).await, first.sha256);
    assert_eq!((first.origin, first.n_chain), (CertificateOrigin::Local, 1));
    assert_eq!(first.names.len(), 3);

    let renewed = identity.renew().unwrap();
    assert_eq!(served(&running).await, renewed.sha256);
    assert_ne!(renewed.sha256, first.sha256);
    assert_eq!(renewed.authority, first.authority);
    // Whoever trusted the authority trusts the new one.
    drop(running.tls(&[]).await);

    let old_pem = running.ca_pem();
    let (replaced, kept) = identity.new_authority().unwrap();
    assert_ne!(replaced.authority, first.authority);
    let kept = kept.unwrap();
    assert_eq!(std::fs::read(&kept).unwrap(), old_pem);
    assert!(kept.with_extension("key").exists());
    assert!(connect_tls(address, &old_pem, &[]).await.is_err());
    drop(running.tls(&[]).await);

    let data_dir = running.folder.path().to_owned();
    let source = |names: &[&str]| IdentitySource::Local {
        data_dir: data_dir.clone(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    let named = identity.change(source(&["hooks.test"])).unwrap();
    assert!(named.covers("hooks.test") && !replaced.covers("hooks.test"));
    assert_eq!(served(&running).await, named.sha256);
    assert!(identity.change(source(&["ü"])).is_err());
    assert_eq!(served(&running).await, named.sha256);
    let missing = IdentitySource::Files { cert: data_dir.join("no.pem"), key: data_dir.join("no.key") };
    assert!(identity.change(missing).is_err());
    assert_eq!(served(&running).await, named.sha256);

    send(&mut open, REQUEST).await;
    assert_eq!(read_answer(&mut open).await.status, 200);
    assert_eq!(running.listening.https_addr(), address);
}
