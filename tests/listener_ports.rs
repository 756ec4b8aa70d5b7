//! Ports and certificates: opening, closing, renewing, and what goes wrong with them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod net;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use hookscope::call::{ProblemKind, Timestamp};
use hookscope::listener::{
    BindError, Identity, IdentityError, Limits, ListenerOptions, bind, is_loopback, next_free_port,
};
use net::*;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

fn options(https: SocketAddr, http: Option<SocketAddr>, folder: &Path) -> ListenerOptions {
    ListenerOptions { https, http, identity: Identity::local(folder, &[]).unwrap(), limits: Limits::default() }
}

fn any() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

#[tokio::test]
async fn stopping_closes_idle_connections_and_the_port_can_be_bound_again_at_once() {
    let running = listen(Witness::ok()).await;
    let address = running.listening.https_addr();
    let mut idle = running.tls(&[]).await;
    let mut used = running.tls(&[]).await;
    let _unused = running.raw().await;
    send(&mut used, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    read_answer(&mut used).await;
    let Running { listening, folder, witness } = running;
    listening.stop(Duration::from_secs(60)).await;
    assert!(read_to_close(&mut idle).await.is_empty());
    assert!(read_to_close(&mut used).await.is_empty());
    let again = bind(options(address, None, folder.path()), witness.clone()).await.unwrap();
    assert_eq!(again.https_addr(), address);
    let pem = std::fs::read(again.certificate().pem_path).unwrap();
    let mut stream = connect_tls(address, &pem, &[]).await.unwrap();
    send(&mut stream, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(read_answer(&mut stream).await.status, 200);
}

#[tokio::test]
async fn stopping_lets_a_call_under_way_finish() {
    let running = listen(Witness::ok()).await;
    running.witness.close();
    let mut stream = running.tls(&[]).await;
    send(&mut stream, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    until(|| running.listening.in_flight() == 1).await;
    running.witness.arrived().await;
    let Running { listening, witness, folder: _folder } = running;
    let stopping = tokio::spawn(listening.stop(Duration::from_secs(60)));
    tokio::task::yield_now().await;
    witness.open();
    assert_eq!(read_answer(&mut stream).await.status, 200);
    stopping.await.unwrap();
    assert!(witness.ended().await.problem.is_none());
}

#[tokio::test]
async fn stopping_without_grace_ends_every_call() {
    let running = listen(Witness::new(|_| (Some(json("{}")), Duration::from_secs(3_600)))).await;
    let mut waiting = running.tls(&[]).await;
    send(&mut waiting, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    running.witness.arrived().await;
    let mut partial = running.tls(&[]).await;
    send(&mut partial, "GET / HT").await;
    running.listening.stop(Duration::ZERO).await;
    assert_eq!(running.witness.ended().await.problem.unwrap().kind, ProblemKind::ClosedEarly);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind(any()).unwrap();
    let address = taken.local_addr().unwrap();
    for options in [options(address, None, folder.path()), options(any(), Some(address), folder.path())] {
        let error = bind(options, Witness::ok()).await.unwrap_err();
        assert!(matches!(error, BindError::AddressInUse { address: named } if named == address));
        assert!(error.to_string().contains(&address.port().to_string()));
    }
    let free = next_free_port(address).unwrap();
    assert_ne!(free.port(), address.port());
    assert_eq!(free.ip(), address.ip());
    assert!(std::net::TcpListener::bind(free).is_ok());
}

#[tokio::test]
async fn the_plain_port_is_for_this_machine_only() {
    let folder = tempfile::tempdir().unwrap();
    let everywhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let error = bind(options(any(), Some(everywhere), folder.path()), Witness::ok()).await.unwrap_err();
    assert!(matches!(error, BindError::PlainNotLoopback { .. }));
    let elsewhere: SocketAddr = "192.0.2.1:0".parse().unwrap();
    let error = bind(options(elsewhere, None, folder.path()), Witness::ok()).await.unwrap_err();
    assert!(matches!(error, BindError::NotOurs { .. }), "{error}");
}

#[test]
fn loopback_is_told_from_everything_else() {
    for (address, expected) in [
        ("127.0.0.1:1", true),
        ("127.1.2.3:1", true),
        ("[::1]:1", true),
        ("[::ffff:127.0.0.1]:1", true),
        ("0.0.0.0:1", false),
        ("[::]:1", false),
        ("192.168.0.1:1", false),
    ] {
        assert_eq!(is_loopback(address.parse().unwrap()), expected, "{address}");
    }
}

fn leaf_of(folder: &Path) -> (Vec<u8>, Vec<u8>) {
    (std::fs::read(folder.join("tls/leaf.pem")).unwrap(), std::fs::read(folder.join("tls/ca.pem")).unwrap())
}

#[test]
fn the_certificate_stays_until_its_names_change_and_the_authority_stays() {
    let folder = tempfile::tempdir().unwrap();
    let first = Identity::local(folder.path(), &[]).unwrap().certificate();
    let again = Identity::local(folder.path(), &["LOCALHOST".to_owned()]).unwrap().certificate();
    assert_eq!(first, again);
    let (_, authority) = leaf_of(folder.path());
    let named = ["Hooks.test".to_owned(), "10.0.0.7".to_owned(), "*.hooks.test".to_owned(), "fe80:0::1".to_owned()];
    let other = Identity::local(folder.path(), &named).unwrap().certificate();
    assert_ne!(first.sha256, other.sha256);
    assert_eq!(other, Identity::local(folder.path(), &named).unwrap().certificate());
    assert_eq!(authority, leaf_of(folder.path()).1);
    let error = Identity::local(folder.path(), &["no name".to_owned(), "ü".to_owned()]).unwrap_err();
    assert!(matches!(error, IdentityError::Names { .. }), "{error}");
}

#[test]
fn the_certificate_is_what_strict_clients_want() {
    let folder = tempfile::tempdir().unwrap();
    let info = Identity::local(folder.path(), &[]).unwrap().certificate();
    let (leaf_pem, ca_pem) = leaf_of(folder.path());
    let leaf = CertificateDer::from_pem_slice(&leaf_pem).unwrap();
    let ca = CertificateDer::from_pem_slice(&ca_pem).unwrap();
    let sha256 = ring::digest::digest(&ring::digest::SHA256, &leaf);
    let hex: String = sha256.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(info.sha256, hex);
    let (_, leaf) = x509_parser::parse_x509_certificate(&leaf).unwrap();
    let (_, ca) = x509_parser::parse_x509_certificate(&ca).unwrap();
    let days = |certificate: &x509_parser::certificate::X509Certificate<'_>| {
        let validity = certificate.validity();
        (validity.not_after.timestamp() - validity.not_before.timestamp()) as f64 / 86_400.0
    };
    assert!((300.0..=397.0).contains(&days(&leaf)));
    assert!((3_000.0..4_000.0).contains(&days(&ca)));
    assert_eq!(info.not_after, Timestamp(leaf.validity().not_after.timestamp() * 1_000_000));
    assert!(leaf.subject_alternative_name().unwrap().is_some());
    assert!(leaf.extended_key_usage().unwrap().unwrap().value.server_auth);
    assert!(leaf.key_usage().unwrap().unwrap().value.digital_signature());
    let oids: Vec<String> = leaf.extensions().iter().map(|extension| extension.oid.to_id_string()).collect();
    assert!(oids.contains(&"2.5.29.35".to_owned()), "no authority key identifier: {oids:?}");
    let ca_oids: Vec<String> = ca.extensions().iter().map(|extension| extension.oid.to_id_string()).collect();
    assert!(ca_oids.contains(&"2.5.29.14".to_owned()), "no subject key identifier: {ca_oids:?}");
    let usage = ca.key_usage().unwrap().unwrap().value;
    assert!(usage.key_cert_sign() && usage.crl_sign());
    let basic = ca.basic_constraints().unwrap().unwrap();
    assert!(basic.critical && basic.value.ca);
    assert!(ca.subject().to_string().contains("Hookscope local authority "));
    assert!(leaf.raw_serial().len() <= 20 && leaf.raw_serial() != ca.raw_serial());
    assert!(leaf.verify_signature(Some(ca.public_key())).is_ok());
}

#[cfg(unix)]
#[test]
fn keys_are_readable_by_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    Identity::local(folder.path(), &[]).unwrap();
    for name in ["ca.key", "leaf.key"] {
        let mode = std::fs::metadata(folder.path().join("tls").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let mode = std::fs::metadata(folder.path().join("tls")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let left: Vec<_> = std::fs::read_dir(folder.path().join("tls"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".new"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_damaged_leaf_is_made_anew_and_a_damaged_authority_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let first = Identity::local(folder.path(), &[]).unwrap().certificate();
    std::fs::write(folder.path().join("tls/leaf.pem"), "garbage").unwrap();
    let second = Identity::local(folder.path(), &[]).unwrap().certificate();
    assert_ne!(first.sha256, second.sha256);
    std::fs::write(folder.path().join("tls/ca.key"), "garbage").unwrap();
    let error = Identity::local(folder.path(), &[]).unwrap_err().to_string();
    assert!(error.contains("ca.key") && error.contains("move the folder"), "{error}");
    std::fs::remove_file(folder.path().join("tls/ca.key")).unwrap();
    Identity::local(folder.path(), &[]).unwrap();
}

/// A certificate made elsewhere, with its key.
fn own_files(folder: &Path) -> (std::path::PathBuf, std::path::PathBuf) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (cert, key) = (folder.join("own.pem"), folder.join("own.key"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (cert, key)
}

#[test]
fn what_is_wrong_with_the_users_files_is_said_with_the_file_and_never_with_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = own_files(folder.path());
    let other = tempfile::tempdir().unwrap();
    let (_, foreign_key) = own_files(other.path());
    assert!(Identity::from_files(&cert, &key).is_ok());
    let text = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let empty = text("empty.pem", "");
    let encrypted =
        text("encrypted.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
    let missing = folder.path().join("missing.pem");
    for (cert, key, named, said) in [
        (&missing, &key, &missing, "cannot be read"),
        (&empty, &key, &empty, "no certificate"),
        (&key, &key, &key, "swapped"),
        (&cert, &missing, &missing, "cannot be read"),
        (&cert, &empty, &empty, "no private key"),
        (&cert, &cert, &cert, "swapped"),
        (&cert, &encrypted, &encrypted, "encrypted"),
        (&cert, &foreign_key, &foreign_key, "does not match"),
    ] {
        let error = Identity::from_files(cert, key).unwrap_err().to_string();
        assert!(error.contains(named.to_str().unwrap()) && error.contains(said), "{error}");
        let secret = std::fs::read_to_string(&foreign_key).unwrap();
        assert!(!error.contains(secret.lines().nth(1).unwrap()));
    }
}

#[tokio::test]
async fn new_files_are_taken_while_listening_and_bad_ones_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = own_files(folder.path());
    let options = ListenerOptions {
        https: any(),
        http: None,
        identity: Identity::from_files(&cert, &key).unwrap(),
        limits: Limits::default(),
    };
    let listening = bind(options, Witness::ok()).await.unwrap();
    let first = listening.certificate();
    assert_eq!(first.pem_path, cert);
    let address = listening.https_addr();
    assert!(connect_tls(address, &std::fs::read(&cert).unwrap(), &[]).await.is_ok());
    let old_pem = std::fs::read(&cert).unwrap();
    std::fs::write(&cert, "garbage").unwrap();
    // It is looked at once a second at most: connections are made until a full second has passed.
    let begun = std::time::Instant::now();
    while begun.elapsed() < Duration::from_millis(1_200) {
        assert!(connect_tls(address, &old_pem, &[]).await.is_ok(), "the old certificate stays");
    }
    own_files(folder.path());
    let new_pem = std::fs::read(&cert).unwrap();
    let begun = std::time::Instant::now();
    while connect_tls(address, &new_pem, &[]).await.is_err() {
        assert!(begun.elapsed() < LIMIT);
    }
    assert_ne!(listening.certificate().sha256, first.sha256);
}
