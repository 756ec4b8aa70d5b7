//! What never becomes a request is recorded all the same, with what is known and what was answered.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod net;

use std::time::Duration;

use hookscope::call::ProblemKind;
use hookscope::listener::{Arrived, Limits};
use net::*;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

fn kind_of(arrived: &Arrived) -> ProblemKind {
    assert!(arrived.request.method.is_none() && arrived.request.path.is_none());
    arrived.problem.as_ref().unwrap().kind
}

#[tokio::test]
async fn a_head_that_is_no_http_is_recorded_with_the_answer_that_was_written() {
    let running = listen(Witness::ok()).await;
    let mut stream = running.tls(&[]).await;
    send(&mut stream, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    read_answer(&mut stream).await;
    running.witness.ended().await;
    send(&mut stream, "this is not http\r\n\r\n").await;
    assert_eq!(read_answer(&mut stream).await.status, 400);
    let (arrived, response) = running.witness.refused().await;
    assert_eq!(kind_of(&arrived), ProblemKind::BadHttp);
    assert_eq!(arrived.request.body.as_ref(), b"this is not http\r\n\r\n");
    assert!(arrived.request.over_tls);
    let response = response.unwrap();
    assert_eq!(response.status, 400);
    assert!(response.headers.get("content-length").is_some());
}

#[tokio::test]
async fn a_head_with_a_bad_length_is_refused() {
    let running = listen(Witness::ok()).await;
    for head in [
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nbad header\r\n\r\n",
    ] {
        let mut stream = running.plain().await;
        send(&mut stream, head).await;
        assert_eq!(read_answer(&mut stream).await.status, 400, "{head}");
        assert_eq!(kind_of(&running.witness.refused().await.0), ProblemKind::BadHttp);
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_is_answered_431_and_the_client_sees_it() {
    let running = listen(Witness::ok()).await;
    let long = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "a".repeat(300_000));
    let endless = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}", "a".repeat(300_000));
    let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(200));
    for (head, n_kept) in [(&long, 65_537), (&endless, 65_537), (&many, many.len())] {
        let mut stream = running.tls(&[]).await;
        send(&mut stream, head).await;
        assert_eq!(read_answer(&mut stream).await.status, 431);
        let (arrived, response) = running.witness.refused().await;
        assert_eq!(kind_of(&arrived), ProblemKind::HeadTooLarge);
        assert_eq!(response.unwrap().status, 431);
        assert_eq!(arrived.request.body.as_ref(), &head.as_bytes()[..n_kept]);
        assert_eq!(arrived.request.truncated, n_kept > 65_536);
    }
}

#[tokio::test]
async fn a_head_that_does_not_end_is_given_up() {
    let limits = Limits { head: Duration::from_millis(80), ..Limits::default() };
    let running = listen_with(Witness::ok(), limits).await;
    let mut stream = running.tls(&[]).await;
    send(&mut stream, "GET / HTTP/1.1\r\nHo").await;
    assert!(read_to_close(&mut stream).await.is_empty());
    let (arrived, response) = running.witness.refused().await;
    assert_eq!(kind_of(&arrived), ProblemKind::HeadTimeout);
    assert_eq!(arrived.request.body.as_ref(), b"GET / HTTP/1.1\r\nHo");
    assert!(response.is_none());
    let mut plain = running.plain().await;
    send(&mut plain, "PRI").await;
    read_to_close(&mut plain).await;
    assert_eq!(kind_of(&running.witness.refused().await.0), ProblemKind::HeadTimeout);
}

#[tokio::test]
async fn an_idle_connection_outlives_the_time_for_a_head() {
    let limits = Limits { head: Duration::from_millis(50), idle: Duration::from_millis(400), ..Limits::default() };
    let running = listen_with(Witness::ok(), limits).await;
    let mut stream = running.tls(&[]).await;
    let other = running.plain().await;
    // The connection is closed by the longer of the two limits, and that is no row.
    assert!(read_to_close(&mut stream).await.is_empty());
    drop(other);
    let witness = running.witness.clone();
    running.listening.stop(Duration::from_secs(5)).await;
    assert!(witness.told_nothing_more());
}

#[tokio::test]
async fn a_client_that_leaves_within_its_head_is_recorded() {
    let running = listen(Witness::ok()).await;
    let mut stream = running.tls(&[]).await;
    send(&mut stream, "POST /never HT").await;
    stream.shutdown().await.unwrap();
    let (arrived, response) = running.witness.refused().await;
    assert_eq!(kind_of(&arrived), ProblemKind::ClosedEarly);
    assert_eq!(arrived.request.body.as_ref(), b"POST /never HT");
    assert!(arrived.tls_us > 0 && response.is_none());
    let mut plain = running.plain().await;
    send(&mut plain, "P").await;
    drop(plain);
    assert_eq!(kind_of(&running.witness.refused().await.0), ProblemKind::ClosedEarly);
}

#[tokio::test]
async fn plain_http_on_the_tls_port_is_told_to_use_https() {
    let running = listen(Witness::ok()).await;
    for pieces in
        [vec!["GET / HTTP/1.1\r\nHost: x\r\n\r\n"], vec!["P", "OST /a HTTP/1.1\r\n", "Content-Length: 3\r\n\r\nabc"]]
    {
        let mut stream = running.raw().await;
        stream.set_nodelay(true).unwrap();
        for piece in &pieces {
            send(&mut stream, piece).await;
        }
        let answer = read_answer(&mut stream).await;
        assert_eq!(answer.status, 400);
        assert!(String::from_utf8(answer.body).unwrap().contains("https"));
        let (arrived, response) = running.witness.refused().await;
        assert_eq!(kind_of(&arrived), ProblemKind::PlainHttp);
        assert!(!arrived.request.over_tls);
        assert!(arrived.request.body.starts_with(&pieces.concat().as_bytes()[..10]));
        assert_eq!(response.unwrap().status, 400);
    }
}

#[tokio::test]
async fn noise_on_the_tls_port_is_not_tls() {
    let running = listen(Witness::ok()).await;
    for noise in [&b"SSH-2.0-scan\r\n"[..], b"\0\0\0\0", b"\x80\x2e\x01\x03\x01", b"\r\n\r\n", b"\xff"] {
        let mut stream = running.raw().await;
        send(&mut stream, noise).await;
        stream.shutdown().await.unwrap();
        read_to_close(&mut stream).await;
        let (arrived, response) = running.witness.refused().await;
        assert_eq!(kind_of(&arrived), ProblemKind::NotTls);
        assert_eq!(arrived.request.body.as_ref(), noise);
        assert!(response.is_none());
    }
}

#[tokio::test]
async fn tls_on_the_plain_port_says_what_it_is() {
    let running = listen(Witness::ok()).await;
    let tcp = running.plain().await;
    let connector = TlsConnector::from(client_config(Some(&running.ca_pem()), &[]));
    assert!(connector.connect(ServerName::try_from("localhost").unwrap(), tcp).await.is_err());
    let problem = running.witness.refused().await.0.problem.unwrap();
    assert_eq!(problem.kind, ProblemKind::BadHttp);
    assert!(problem.detail.contains("TLS"), "{}", problem.detail);
}

#[tokio::test]
async fn a_client_that_does_not_trust_us_is_told_what_to_trust() {
    let running = listen(Witness::ok()).await;
    let connector = TlsConnector::from(client_config(None, &[]));
    let name = ServerName::try_from("localhost").unwrap();
    assert!(connector.connect(name, running.raw().await).await.is_err());
    let (arrived, response) = running.witness.refused().await;
    assert_eq!(kind_of(&arrived), ProblemKind::TlsHandshake);
    let detail = arrived.problem.unwrap().detail;
    assert!(detail.contains("does not trust") && detail.contains("ca.pem"), "{detail}");
    assert!(response.is_none());
    assert_eq!(arrived.request.body[0], 22);
}

#[tokio::test]
async fn a_handshake_that_fails_or_stops_is_recorded() {
    let limits = Limits { head: Duration::from_millis(80), ..Limits::default() };
    let running = listen_with(Witness::ok(), limits).await;
    let mut garbage = running.raw().await;
    send(&mut garbage, b"\x16\x03\x01\x00\x05hello").await;
    read_to_close(&mut garbage).await;
    assert_eq!(kind_of(&running.witness.refused().await.0), ProblemKind::TlsHandshake);
    let mut slow = running.raw().await;
    send(&mut slow, b"\x16\x03\x01").await;
    read_to_close(&mut slow).await;
    let problem = running.witness.refused().await.0.problem.unwrap();
    assert_eq!(problem.kind, ProblemKind::TlsHandshake);
    assert!(problem.detail.contains("80ms"), "{}", problem.detail);
    let mut gone = running.raw().await;
    send(&mut gone, b"\x16\x03\x01\x02\x00").await;
    drop(gone);
    assert_eq!(kind_of(&running.witness.refused().await.0), ProblemKind::TlsHandshake);
}

#[tokio::test]
async fn broken_http2_is_one_row_for_the_connection() {
    let running = listen(Witness::ok()).await;
    let mut stream = running.tls(&["h2"]).await;
    send(&mut stream, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    // Two HEADERS frames without pseudo-headers (an empty field block), each a stream error.
    send(&mut stream, [&[0, 0, 0, 1, 5, 0, 0, 0, 1][..], &[0, 0, 0, 1, 5, 0, 0, 0, 3]].concat()).await;
    // Read until both are refused, then go.
    let mut all = Vec::new();
    let n_resets = |all: &[u8]| all.windows(9).filter(|bytes| bytes[..4] == [0, 0, 4, 3]).count();
    while n_resets(&all) < 2 {
        assert!(stream.read_buf(&mut all).await.unwrap() > 0);
    }
    stream.shutdown().await.unwrap();
    let (arrived, _) = running.witness.refused().await;
    assert_eq!(kind_of(&arrived), ProblemKind::BadHttp);
    let detail = arrived.problem.unwrap().detail;
    assert!(detail.contains('2'), "{detail}");
    assert!(arrived.request.body.starts_with(b"PRI * HTTP/2.0"));

    let mut nonsense = running.tls(&["h2"]).await;
    send(&mut nonsense, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    read_to_close(&mut nonsense).await;
    assert_eq!(kind_of(&running.witness.refused().await.0), ProblemKind::BadHttp);
}

#[tokio::test]
async fn a_head_that_is_too_large_for_http2_is_said() {
    let running = listen(Witness::ok()).await;
    let stream = running.tls(&["h2"]).await;
    let io = hyper_util::rt::TokioIo::new(stream);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut client, connection) = hyper::client::conn::http2::Builder::new(executor)
        .handshake::<_, http_body_util::Empty<bytes::Bytes>>(io)
        .await
        .unwrap();
    let driving = tokio::spawn(connection);
    let request = hyper::Request::get("https://localhost/")
        .header("x-long", "a".repeat(15_000))
        .header("x-longer", "b".repeat(15_000))
        .header("x-longest", "c".repeat(15_000))
        .header("x-even-longer", "d".repeat(15_000))
        .header("x-end", "e".repeat(15_000))
        .body(http_body_util::Empty::new())
        .unwrap();
    let answer = client.send_request(request).await;
    if let Ok(answer) = answer {
        assert_eq!(answer.status(), 431);
    }
    drop(client);
    driving.abort();
    let (arrived, _) = running.witness.refused().await;
    assert!(matches!(kind_of(&arrived), ProblemKind::HeadTooLarge | ProblemKind::BadHttp));
}

#[tokio::test]
async fn a_storm_of_noise_leaves_the_listener_whole() {
    let running = listen(Witness::ok()).await;
    for length in 0..60_u8 {
        for stream in [running.raw().await, running.plain().await] {
            let mut stream: TcpStream = stream;
            let bytes: Vec<u8> = (0..length).map(|number| number.wrapping_mul(37).wrapping_add(length)).collect();
            send(&mut stream, bytes).await;
        }
    }
    let mut stream = running.tls(&[]).await;
    send(&mut stream, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(read_answer(&mut stream).await.status, 200);
}
