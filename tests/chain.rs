//! The test of the chain from outside in, against edges that are wrong in every way, and through a proxy to a real listener.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod edges;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::Response;
use bytes::Bytes;
use edges::{
    Authority, Behind, CLIENT, Inspector, expired_params, fixed, hop, leaf_params, naming_its_issuer, post, proxy,
    said, self_signed, serve, token_call,
};
use hookscope::call::{CallId, ChainReport, ChainState, HopKind, HopState, ProbeArrival, ProbeSeen, probe_response};
use hookscope::engine::Command;
use hookscope::okta::{HookKind, Outcome};
use hookscope::sender::{ChainRoots, ChainTest, ListenerPorts, test_chain};
use http_body_util::Full;
use rustls::ServerConfig;
use tokio::sync::mpsc;

const NONCE: &str = "0123456789abcdef0123456789abcdef";

/// A public authority of this test, and what believes only it.
struct Web {
    authority: Authority,
    roots: ChainRoots,
    _folder: tempfile::TempDir,
}

impl Web {
    fn new() -> Web {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new("Public Authority");
        let path = folder.path().join("roots.pem");
        authority.write_pem(&path);
        Web { authority, roots: ChainRoots::only(&path).unwrap(), _folder: folder }
    }

    fn good_edge(&self) -> Option<Arc<ServerConfig>> {
        Some(self.authority.server(leaf_params(&["localhost"]), &[]))
    }

    async fn test(&self, url: &str) -> ChainReport {
        self.test_with(url, mpsc::channel(1).1).await
    }

    async fn test_with(&self, url: &str, seen: mpsc::Receiver<ProbeSeen>) -> ChainReport {
        let test = ChainTest {
            run: 1,
            url: url.to_owned(),
            nonce: NONCE.to_owned(),
            roots: self.roots.clone(),
            listener: Some(ListenerPorts { https: "127.0.0.1:8443".parse().unwrap(), http: None }),
        };
        let mut last = None;
        let report = test_chain(test, seen, |report| last = Some(report.clone())).await;
        assert_eq!(last.as_ref(), Some(&report), "the last that is published is the whole");
        report
    }
}

/// An edge that answers as the listener does and tells the test that the call came.
async fn listener_like(tls: Option<Arc<ServerConfig>>) -> (SocketAddr, mpsc::Receiver<ProbeSeen>) {
    let (tell, seen) = mpsc::channel(64);
    let answer = move |request: axum::http::Request<hyper::body::Incoming>| {
        assert!(request.uri().path().ends_with(NONCE));
        let arrival = ProbeArrival {
            call_id: CallId(1),
            over_tls: true,
            peer: "127.0.0.1:9".to_owned(),
            host: None,
            http_version: None,
            forwarded: Vec::new(),
        };
        tell.try_send(ProbeSeen::Arrived(arrival)).ok();
        tell.try_send(ProbeSeen::Ended { own_us: Some(0) }).ok();
        let response = Response::new(Full::new(probe_response(NONCE, 0).body));
        Box::pin(async move { response }) as std::pin::Pin<Box<dyn Future<Output = Response<Full<Bytes>>> + Send>>
    };
    (serve(tls, Arc::new(answer)).await, seen)
}

fn check(report: &ChainReport, kind: HopKind, state: HopState, says: &str) {
    let found = hop(report, kind);
    assert_eq!(found.state, state, "{}", said(report));
    assert!(found.sentence.contains(says), "{}", said(report));
}

#[tokio::test]
async fn a_way_that_is_whole_is_measured() {
    let web = Web::new();
    let (edge, seen) = listener_like(web.good_edge()).await;
    let report = web.test_with(&format!("https://localhost:{}/behind", edge.port()), seen).await;
    check(&report, HopKind::Url, HopState::Doubtful, "is not documented");
    check(&report, HopKind::Dns, HopState::Doubtful, "loopback");
    check(&report, HopKind::Connect, HopState::Good, "took the connection");
    check(&report, HopKind::Tls, HopState::Good, "publicly trusted");
    check(&report, HopKind::Answer, HopState::Good, "came back unchanged");
    check(&report, HopKind::Arrival, HopState::Good, "over TLS on port 8443, as call 1");
    check(&report, HopKind::Latency, HopState::Good, "The way adds");
    assert_eq!(report.overhead.unwrap().n_requests, 5);
    assert_eq!(report.state, ChainState::Done);
    let facts = &hop(&report, HopKind::Tls).facts;
    assert!(facts.contains(&("Names", "localhost".to_owned())), "{facts:?}");
    assert!(facts.iter().any(|(name, value)| *name == "Issuer" && value.contains("Public Authority")), "{facts:?}");
    for kind in [HopKind::Dns, HopKind::Connect, HopKind::Tls, HopKind::Answer] {
        assert!(hop(&report, kind).took.is_some(), "{kind:?}");
    }
}

#[tokio::test]
async fn each_wrong_certificate_is_told_and_what_lies_behind_it_is_looked_at_all_the_same() {
    let web = Web::new();
    let private = Authority::new("Private Authority");
    let middle = web.authority.intermediate("Public Intermediate");
    let local = ["localhost"];
    let cases: [(Arc<ServerConfig>, &str); 7] = [
        (self_signed(leaf_params(&local)), "self-signed"),
        (private.server(leaf_params(&local), &[]), "an authority that is not public"),
        (private.server(leaf_params(&local), &[&private]), "an authority that is not public (CN=Private Authority)"),
        (web.authority.server(expired_params(&local), &[]), "expired"),
        (web.authority.server(leaf_params(&["other.example"]), &[]), "not for localhost"),
        (middle.server(naming_its_issuer(leaf_params(&local)), &[]), "intermediate certificate is missing"),
        (middle.server(leaf_params(&local), &[&middle]), ""),
    ];
    for (config, says) in cases {
        let (edge, seen) = listener_like(Some(config)).await;
        let report = web.test_with(&format!("https://localhost:{}", edge.port()), seen).await;
        let state = if says.is_empty() { HopState::Good } else { HopState::Bad };
        check(&report, HopKind::Tls, state, says);
        check(&report, HopKind::Answer, HopState::Good, "");
        check(&report, HopKind::Arrival, HopState::Good, "");
    }
}

#[tokio::test]
async fn pages_redirects_and_other_servers_are_told_apart() {
    let web = Web::new();
    let html: &[(&str, &str)] = &[("Content-Type", "text/html")];
    let to: &[(&str, &str)] = &[("Location", "https://login.example/")];
    for (status, fields, body, says) in [
        (200, html, "<html>You are about to visit", "A page came back"),
        (302, to, "", "redirect (302) to https://login.example/, and Okta does not follow"),
        (502, html, "<html>Bad gateway", "nothing behind it did (502)"),
        (200, &[], "{\"ok\":true}", "Another server answered (200)"),
    ] {
        let edge = fixed(web.good_edge(), status, fields, body).await;
        let report = web.test(&format!("https://localhost:{}", edge.port())).await;
        check(&report, HopKind::Answer, HopState::Bad, says);
        check(&report, HopKind::Arrival, HopState::Bad, "did not come here");
        check(&report, HopKind::Latency, HopState::Skipped, "");
        assert_eq!(report.state, ChainState::Done);
    }
}

#[tokio::test]
async fn a_port_without_tls_a_dead_port_and_a_name_without_address_end_the_walk() {
    let web = Web::new();
    let plain = fixed(None, 200, &[], "{}").await;
    let report = web.test(&format!("https://localhost:{}", plain.port())).await;
    check(&report, HopKind::Tls, HopState::Bad, "speaks no TLS");
    check(&report, HopKind::Answer, HopState::Skipped, "");

    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = taken.local_addr().unwrap();
    drop(taken);
    let report = web.test(&format!("https://127.0.0.1:{}", dead.port())).await;
    check(&report, HopKind::Connect, HopState::Bad, "No connection could be made");
    check(&report, HopKind::Tls, HopState::Skipped, "");

    // A name that must never have an address (RFC 6761, 6.4).
    let report = web.test("https://quiet-otter.invalid").await;
    check(&report, HopKind::Dns, HopState::Bad, "quiet-otter.invalid cannot be looked up");
    check(&report, HopKind::Connect, HopState::Skipped, "");
}

#[tokio::test]
async fn an_edge_that_ends_the_handshake_or_the_answer_is_told() {
    let web = Web::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            drop(tcp);
        }
    });
    let report = web.test(&format!("https://localhost:{}", address.port())).await;
    check(&report, HopKind::Tls, HopState::Bad, "ended in the TLS handshake");
    let report = web.test(&format!("http://localhost:{}", address.port())).await;
    check(&report, HopKind::Url, HopState::Bad, "https URLs only");
    check(&report, HopKind::Tls, HopState::Skipped, "the URL begins with http");
    check(&report, HopKind::Answer, HopState::Bad, "No whole answer came back");
}

#[tokio::test]
async fn a_url_that_cannot_be_sent_to_ends_the_walk_at_once() {
    let report = Web::new().test("https://quiet otter.example").await;
    check(&report, HopKind::Url, HopState::Bad, "white space");
    assert!(report.hops.iter().skip(1).all(|hop| hop.state == HopState::Skipped));
}

/// An edge as a tunnel has one, with a certificate that this machine does not trust, before a running listener.
fn through_proxy(behind: Behind) -> (tokio::runtime::Runtime, String) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let edge = self_signed(leaf_params(&["localhost"]));
    let address = runtime.block_on(proxy(Some(edge), behind));
    (runtime, format!("https://localhost:{}", address.port()))
}

#[test]
fn a_test_through_a_proxy_arrives_is_recorded_as_what_it_is_and_says_who_called() {
    let inspector = Inspector::start(true, "forwarded_from_loopback = true\n");
    let (_edge, url) = through_proxy(Behind::Plain(inspector.http.unwrap()));
    let report = inspector.test_chain(&url);
    check(&report, HopKind::Tls, HopState::Bad, "self-signed");
    check(&report, HopKind::Answer, HopState::Good, "");
    check(&report, HopKind::Arrival, HopState::Good, "as plain HTTP on port");
    let facts = &hop(&report, HopKind::Arrival).facts;
    assert!(facts.iter().any(|(name, value)| *name == "From" && value.starts_with(CLIENT)), "{facts:?}");
    let forwarded = |text: &str| facts.iter().any(|(name, value)| *name == "Forwarded" && value.contains(text));
    assert!(forwarded(CLIENT) && forwarded("x-forwarded-proto: https"), "{facts:?}");
    assert!(report.overhead.is_some(), "{}", said(&report));
    let measured = inspector.engine.state().chain.measured.unwrap();
    assert_eq!((measured.url, Some(measured.overhead)), (url, report.overhead));

    let row = inspector.wait_for_call(|record| record.opening.is_probe());
    assert_eq!((row.opening.hook, row.closing.verdict.outcome), (HookKind::Unknown, Outcome::Undocumented));
    assert!(row.closing.verdict.summary.starts_with("Test of the tunnel"), "{}", row.closing.verdict.summary);
    assert_eq!(row.opening.response.as_ref().map(|response| &*response.rule), Some("listener"));

    // The nonce was for that test: now the path is a call like every other.
    let path = row.opening.request.path.unwrap();
    let mut client = std::net::TcpStream::connect(inspector.http.unwrap()).unwrap();
    std::io::Write::write_all(&mut client, format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
    let later = inspector
        .wait_for_call(|record| record.opening.request.path.as_deref() == Some(&path) && !record.opening.is_probe());
    assert_eq!(later.opening.response.map(|response| response.status), Some(404));
}

#[test]
fn a_tunnel_that_is_set_to_the_wrong_port_is_told_which_setting_to_change() {
    let inspector = Inspector::start(true, "");
    let (https, http) = (inspector.https, inspector.http.unwrap());
    for (behind, says) in [
        (
            Behind::Plain(https),
            format!("plain HTTP to the https port {}: let it forward to http://localhost", https.port()),
        ),
        (
            Behind::Tls(http, None),
            format!("TLS to the plain port {}: let it forward to https://localhost", http.port()),
        ),
        (Behind::Tls(https, None), "does not trust the listener's certificate".to_owned()),
    ] {
        let (_edge, url) = through_proxy(behind);
        let report = inspector.test_chain(&url);
        check(&report, HopKind::Arrival, HopState::Bad, &says);
        check(&report, HopKind::Answer, HopState::Bad, "");
        assert!(report.overhead.is_none());
        let facts = &hop(&report, HopKind::Arrival).facts;
        assert!(facts.iter().any(|(name, _)| *name == "Call"), "the row is named: {facts:?}");
    }
}

#[test]
fn a_test_over_tls_to_the_https_port_arrives_there() {
    let inspector = Inspector::start(false, "");
    let (_edge, url) = through_proxy(Behind::Tls(inspector.https, Some(inspector.ca_pem.clone())));
    let report = inspector.test_chain(&url);
    check(&report, HopKind::Arrival, HopState::Good, &format!("over TLS on port {}", inspector.https.port()));
}

#[test]
fn calls_through_a_proxy_say_who_called_only_where_that_is_to_be_believed() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("Authority of the edge");
    let ca_pem = folder.path().join("edge.pem");
    authority.write_pem(&ca_pem);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for (workspace, believed) in [("forwarded_from_loopback = true\n", true), ("", false)] {
        let inspector = Inspector::start(true, workspace);
        let behind = [
            (Behind::Plain(inspector.http.unwrap()), false),
            (Behind::Tls(inspector.https, Some(inspector.ca_pem.clone())), true),
        ];
        for (behind, over_tls) in behind {
            let event_id = format!("through-{over_tls}");
            let edge = authority.server(leaf_params(&["quiet-otter.tunnel.example"]), &[]);
            let address = runtime.block_on(proxy(Some(edge), behind));
            let call = token_call(&event_id);
            let answered = post(address, "quiet-otter.tunnel.example", &ca_pem, "/hooks/token", &call);
            assert_eq!(runtime.block_on(answered).unwrap().0, 204);
            let row = inspector.wait_for_call(|record| record.opening.event_id.as_deref() == Some(&event_id));
            let request = &row.opening.request;
            assert_eq!(request.over_tls, over_tls);
            assert_eq!(request.peer.starts_with(&format!("{CLIENT} through 127.0.0.1:")), believed, "{}", request.peer);
            // What came is kept as it came, believed or not.
            assert_eq!(request.header("x-forwarded-for"), Some(CLIENT));
            assert_eq!(request.header("x-forwarded-proto"), Some("https"));
            assert_eq!(request.header("x-forwarded-host"), Some("quiet-otter.tunnel.example"));
            assert_eq!((row.opening.hook, row.closing.verdict.outcome), (HookKind::Token, Outcome::Unchanged));
        }
    }
}

#[test]
fn a_test_can_be_cancelled_and_another_one_takes_its_place() {
    let inspector = Inspector::start(false, "");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", silent.local_addr().unwrap());
    inspector.engine.send(Command::TestChain { url: url.clone() }).unwrap();
    let is_at_tls = |report: &ChainReport| hop(report, HopKind::Tls).state == HopState::Running;
    inspector.wait_for_chain(&url, is_at_tls);
    inspector.engine.send(Command::CancelTestChain).unwrap();
    let report = inspector.wait_for_chain(&url, |report| !report.is_running());
    assert_eq!(report.state, ChainState::Cancelled);
    check(&report, HopKind::Tls, HopState::Skipped, "Cancelled");

    inspector.engine.send(Command::TestChain { url: url.clone() }).unwrap();
    inspector.wait_for_chain(&url, is_at_tls);
    let report = inspector.test_chain("not a URL");
    assert_eq!(report.run, 3);
    check(&report, HopKind::Url, HopState::Bad, "white space");
}

#[test]
fn without_a_listener_the_report_says_what_is_missing() {
    let inspector = Inspector::start(true, "");
    let (_edge, url) = through_proxy(Behind::Plain(inspector.http.unwrap()));
    inspector.engine.send(Command::StopListening).unwrap();
    let report = inspector.test_chain(&url);
    check(&report, HopKind::Answer, HopState::Bad, "nothing behind it did (502)");
    check(&report, HopKind::Arrival, HopState::Bad, "start listening");
}
