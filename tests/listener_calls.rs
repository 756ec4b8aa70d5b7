//! What arrives over real sockets is what was sent, and what is answered is what was decided.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod net;

use std::time::Duration;

use bytes::Bytes;
use hookscope::call::{HttpVersion, ProblemKind};
use hookscope::listener::Limits;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use net::*;
use proptest::prelude::*;
use tokio::io::AsyncWriteExt;

type Http2 = hyper::client::conn::http2::SendRequest<Full<Bytes>>;

async fn http2(running: &Running) -> Http2 {
    let stream = running.tls(&["h2"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    client
}

fn http2_request(path: &str, body: impl Into<Bytes>) -> hyper::Request<Full<Bytes>> {
    hyper::Request::post(format!("https://localhost{path}"))
        .header("X-First", "1")
        .header("x-second", "2")
        .body(Full::new(body.into()))
        .unwrap()
}

#[tokio::test]
async fn a_call_over_tls_arrives_byte_for_byte_and_is_answered() {
    let running = listen(Witness::ok()).await;
    let mut stream = running.tls(&[]).await;
    let block = "Host: localhost\r\nX-MiXeD:   spaces  \r\nx-b: 1\r\nX-A: 2\r\nX-B: 3\r\nContent-Length: 7\r\n";
    send(&mut stream, format!("POST /hooks/token?a=b%20c HTTP/1.1\r\n{block}\r\n{{\"a\":1}}")).await;
    let answer = read_answer(&mut stream).await;
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"{}"[..]));
    let arrived = running.witness.arrived().await;
    assert!(arrived.problem.is_none());
    let request = arrived.request;
    assert_eq!(request.headers.as_block().as_ref(), block.as_bytes());
    assert_eq!(request.method.as_deref(), Some("POST"));
    assert_eq!(request.path.as_deref(), Some("/hooks/token"));
    assert_eq!(request.query.as_deref(), Some("a=b%20c"));
    assert_eq!(request.body.as_ref(), b"{\"a\":1}");
    assert_eq!(request.body_size, Some(7));
    assert_eq!(request.http_version, Some(HttpVersion::Http11));
    assert!(request.over_tls && !request.truncated);
    assert!(request.peer.starts_with("127.0.0.1:"));
    let ended = running.witness.ended().await;
    assert_eq!(ended.ticket, 1);
    assert!(ended.problem.is_none());
}

#[tokio::test]
async fn the_plain_port_takes_the_same_calls() {
    let running = listen(Witness::ok()).await;
    let mut stream = running.plain().await;
    send(&mut stream, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi").await;
    assert_eq!(read_answer(&mut stream).await.status, 200);
    let request = running.witness.arrived().await.request;
    assert!(!request.over_tls);
    assert_eq!(request.body.as_ref(), b"hi");
}

#[tokio::test]
async fn the_clock_adds_up_and_the_handshake_counts_for_the_first_call_only() {
    let delay = Duration::from_millis(30);
    let witness = Witness::new(move |_| (Some(json("{}")), delay));
    let running = listen(witness).await;
    let mut stream = running.tls(&[]).await;
    let mut timings = Vec::new();
    for _ in 0..2 {
        send(&mut stream, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
        read_answer(&mut stream).await;
        let timing = running.witness.ended().await.timing;
        let sum: u32 = timing.phases().iter().map(|(_, us)| us).sum();
        assert_eq!(sum, timing.total_us());
        assert_eq!((timing.decide_us, timing.record_us), (3, 4));
        assert!(u128::from(timing.delay_us) >= delay.as_micros());
        timings.push(timing);
    }
    assert!(timings[0].tls_us > 0);
    assert_eq!(timings[1].tls_us, 0);
}

#[tokio::test]
async fn heads_are_kept_apart_on_a_pipelined_connection() {
    let running = listen(Witness::ok()).await;
    let mut stream = running.tls(&["http/1.1"]).await;
    let first = "Host: a\r\nX-One: 1\r\nContent-Length: 5\r\n";
    let second = "hOST: b\r\nTransfer-Encoding: chunked\r\nX-two: 2\r\n";
    let third = "Host: c\r\n";
    let all = format!(
        "\r\nPOST /1 HTTP/1.1\r\n{first}\r\nGET /POST /2 HTTP/1.1\r\n{second}\r\n3;ext=1\r\nabc\r\n4\r\n\r\n\r\n\r\n0\r\nTrailer: x\r\n\r\n\
         GET /3 HTTP/1.1\r\n{third}\r\n"
    );
    // In odd pieces, so that heads and chunks are cut.
    for piece in all.as_bytes().chunks(11) {
        send(&mut stream, piece).await;
    }
    for _ in 0..3 {
        assert_eq!(read_answer(&mut stream).await.status, 200);
    }
    for (path, block, body) in
        [("/1", first, &b"GET /"[..]), ("/2", second, &b"abc\r\n\r\n"[..]), ("/3", third, &b""[..])]
    {
        let request = running.witness.arrived().await.request;
        assert_eq!(request.path.as_deref(), Some(path));
        assert_eq!(String::from_utf8_lossy(request.headers.as_block()), block);
        assert_eq!(request.body.as_ref(), body);
    }
}

#[tokio::test]
async fn odd_requests_are_recorded_as_they_are() {
    let running = listen(Witness::ok()).await;
    let check = async |request: &str, method: &str, path: &str, query: Option<&str>, version: HttpVersion| {
        let mut stream = running.plain().await;
        send(&mut stream, request).await;
        let answer = read_answer_to(&mut stream, method == "HEAD" || method == "CONNECT").await;
        assert_eq!(answer.status, 200, "{request}");
        let arrived = running.witness.arrived().await.request;
        assert_eq!(arrived.method.as_deref(), Some(method));
        assert_eq!(arrived.path.as_deref(), Some(path));
        assert_eq!(arrived.query.as_deref(), query);
        assert_eq!(arrived.http_version, Some(version));
        let ended = running.witness.ended().await;
        assert!(ended.problem.is_none(), "{request}: {:?}", ended.problem);
        answer
    };
    let http11 = HttpVersion::Http11;
    let head = check("HEAD /h HTTP/1.1\r\nHost: x\r\n\r\n", "HEAD", "/h", None, http11).await;
    assert!(head.head.to_lowercase().contains("content-length: 2\r\n"), "{}", head.head);
    check("GET /old HTTP/1.0\r\n\r\n", "GET", "/old", None, HttpVersion::Http10).await;
    check("FROBNICATE /x HTTP/1.1\r\nHost: x\r\n\r\n", "FROBNICATE", "/x", None, http11).await;
    check("GET http://host:1/abs?q HTTP/1.1\r\nHost: x\r\n\r\n", "GET", "/abs", Some("q"), http11).await;
    check("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS", "*", None, http11).await;
    check("CONNECT host:443 HTTP/1.1\r\nHost: x\r\n\r\n", "CONNECT", "host:443", None, http11).await;
    check("POST /e HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "POST", "/e", None, http11).await;
}

#[tokio::test]
async fn a_client_that_asks_before_it_sends_is_told_to_go_on() {
    let running = listen(Witness::ok()).await;
    let mut stream = running.tls(&[]).await;
    send(&mut stream, "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n").await;
    assert_eq!(read_answer(&mut stream).await.status, 100);
    send(&mut stream, "abc").await;
    let answer = read_answer(&mut stream).await;
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("\r\nContent-Type: application/json\r\n"), "{}", answer.head);
    assert_eq!(running.witness.arrived().await.request.body.as_ref(), b"abc");
}

#[tokio::test]
async fn the_response_is_written_as_configured() {
    let witness = Witness::new(|arrived| {
        let response = match arrived.request.path.as_deref() {
            Some("/names") => response(
                201,
                &[
                    ("X-MiXeD", "a"),
                    ("lower", "b"),
                    ("Content-Type", "text/plain"),
                    ("bad name", "c"),
                    ("Bad-Value", "d\0"),
                    ("Content-Length", "9999"),
                    ("Transfer-Encoding", "chunked"),
                ],
                "body",
            ),
            Some("/204") => response(204, &[], "must not be written"),
            Some("/304") => response(304, &[], "must not be written"),
            Some("/102") => response(102, &[], "x"),
            Some("/1000") => response(1000, &[], "x"),
            _ => response(200, &[], ""),
        };
        (Some(response), Duration::ZERO)
    });
    let running = listen(witness).await;
    let mut stream = running.tls(&[]).await;
    let mut get = async |path: &str| {
        send(&mut stream, format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        let answer = read_answer(&mut stream).await;
        (answer, running.witness.ended().await)
    };
    let (answer, ended) = get("/names").await;
    assert_eq!((answer.status, answer.body.as_slice()), (201, &b"body"[..]));
    for line in ["X-MiXeD: a", "lower: b", "Content-Type: text/plain"] {
        assert!(answer.head.contains(&format!("\r\n{line}\r\n")), "{}", answer.head);
    }
    let lower = answer.head.to_lowercase();
    assert!(!lower.contains("bad") && !lower.contains("9999") && !lower.contains("chunked"), "{lower}");
    assert!(ended.problem.is_none());
    for path in ["/204", "/304", "/empty"] {
        let (answer, ended) = get(path).await;
        assert!(answer.body.is_empty());
        assert!(ended.problem.is_none());
    }
    for (path, status) in [("/102", 200), ("/1000", 999)] {
        let (answer, ended) = get(path).await;
        assert_eq!(answer.status, status);
        assert_eq!(ended.problem.unwrap().kind, ProblemKind::BadHttp);
    }
}

#[tokio::test]
async fn nothing_is_written_where_nothing_is_to_be_answered() {
    let running = listen(Witness::new(|_| (None, Duration::ZERO))).await;
    let mut stream = running.tls(&[]).await;
    send(&mut stream, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(read_to_close(&mut stream).await.is_empty());
    let mut client = http2(&running).await;
    assert!(client.send_request(http2_request("/", "")).await.is_err());
    // The connection goes on for others.
    assert!(client.ready().await.is_ok());
    until(|| running.listening.in_flight() == 0).await;
}

#[tokio::test]
async fn http2_streams_are_calls_of_their_own() {
    let running = listen(Witness::ok()).await;
    let client = http2(&running).await;
    let calls: Vec<_> = (0..20)
        .map(|number| {
            let mut client = client.clone();
            tokio::spawn(async move {
                let request = http2_request(&format!("/{number}?n={number}"), format!("body {number}"));
                let answer = client.send_request(request).await.unwrap();
                assert_eq!(answer.status(), 200);
                assert_eq!(answer.headers()["content-type"], "application/json");
                answer.into_body().collect().await.unwrap().to_bytes()
            })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), "{}");
    }
    let (mut n_arrived, mut n_ended, mut n_with_handshake) = (0, 0, 0);
    while n_arrived < 20 || n_ended < 20 {
        match running.witness.told().await {
            Told::Arrived(arrived) => {
                n_arrived += 1;
                n_with_handshake += u32::from(arrived.tls_us > 0);
                let request = arrived.request;
                let number = request.path.unwrap()[1..].to_owned();
                assert_eq!(request.query.unwrap(), format!("n={number}"));
                assert_eq!(request.body, format!("body {number}"));
                assert_eq!(request.http_version, Some(HttpVersion::Http2));
                let names: Vec<_> = request.headers.iter().map(|(name, _)| name.to_vec()).collect();
                assert_eq!(names[..3], [&b"host"[..], b"x-first", b"x-second"]);
                assert_eq!(request.headers.get("host"), Some(&b"localhost"[..]));
            }
            Told::Ended(ended) => {
                n_ended += 1;
                assert!(ended.problem.is_none());
            }
            Told::Refused(..) => panic!("nothing was refused"),
        }
    }
    assert_eq!(n_with_handshake, 1);
}

#[tokio::test]
async fn http2_answers_larger_than_the_window_end_when_the_client_has_made_room() {
    let body = "x".repeat(300_000);
    let witness = Witness::new(move |_| (Some(json(&body)), Duration::ZERO));
    let running = listen(witness).await;
    let mut client = http2(&running).await;
    let answer = client.send_request(http2_request("/", "")).await.unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes().len(), 300_000);
    assert!(running.witness.ended().await.problem.is_none());
    let head = hyper::Request::head("https://localhost/").body(Full::default()).unwrap();
    let answer = client.send_request(head).await.unwrap();
    assert_eq!(answer.headers()["content-length"], "300000");
    assert!(running.witness.ended().await.problem.is_none());
}

#[tokio::test]
async fn http2_without_tls_is_recognised_by_its_preface() {
    let running = listen(Witness::ok()).await;
    let stream = running.plain().await;
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    assert_eq!(client.send_request(http2_request("/plain", "hi")).await.unwrap().status(), 200);
    let request = running.witness.arrived().await.request;
    assert_eq!((request.path.as_deref(), request.over_tls), (Some("/plain"), false));
}

#[tokio::test]
async fn three_hundred_connections_are_served_at_once() {
    let running = listen(Witness::ok()).await;
    running.witness.close();
    let address = running.listening.http_addr().unwrap();
    let clients: Vec<_> = (0..300)
        .map(|_| {
            tokio::spawn(async move {
                let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
                send(&mut stream, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
                read_answer(&mut stream).await.status
            })
        })
        .collect();
    until(|| running.listening.in_flight() == 300).await;
    running.witness.open();
    for client in clients {
        assert_eq!(client.await.unwrap(), 200);
    }
    until(|| running.listening.in_flight() == 0).await;
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_whole() {
    let limits = Limits { body_bytes: 1_000, ..Limits::default() };
    let running = listen_with(Witness::ok(), limits).await;
    let mut stream = running.tls(&[]).await;
    let body = "b".repeat(1_000);
    send(&mut stream, format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{body}")).await;
    assert_eq!(read_answer(&mut stream).await.status, 200);
    assert!(running.witness.arrived().await.problem.is_none());
}

#[tokio::test]
async fn a_client_with_a_body_that_is_too_large_sees_the_answer() {
    let limits = Limits { body_bytes: 1_000, ..Limits::default() };
    let witness = Witness::new(|arrived| {
        let status = if arrived.problem.is_some() { 413 } else { 200 };
        (Some(response(status, &[], "too large")), Duration::ZERO)
    });
    let running = listen_with(witness, limits).await;
    let body = "b".repeat(3_000_000);
    let with_length = format!("POST /big HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n{body}");
    let chunked =
        format!("POST /big HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2DC6C0\r\n{body}\r\n0\r\n\r\n");
    for (request, size) in [(with_length, Some(3_000_000)), (chunked, None)] {
        let mut stream = running.tls(&[]).await;
        // The whole request first, as many clients do.
        send(&mut stream, request).await;
        assert_eq!(read_answer(&mut stream).await.status, 413);
        let arrived = running.witness.arrived().await;
        assert_eq!(arrived.problem.unwrap().kind, ProblemKind::BodyTooLarge);
        assert_eq!(arrived.request.path.as_deref(), Some("/big"));
        assert_eq!(arrived.request.body.len(), 1_000);
        assert_eq!(arrived.request.body_size, size);
        assert!(arrived.request.truncated);
        // The connection is good for more.
        send(&mut stream, "GET /next HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert_eq!(read_answer(&mut stream).await.status, 200);
        assert_eq!(running.witness.arrived().await.request.path.as_deref(), Some("/next"));
    }
    let mut asking = running.tls(&[]).await;
    send(&mut asking, "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3000000\r\n\r\n").await;
    assert_eq!(read_answer(&mut asking).await.status, 413);
    let mut client = http2(&running).await;
    let answer = client.send_request(http2_request("/", body)).await.unwrap();
    assert_eq!(answer.status(), 413);
}

#[tokio::test]
async fn a_body_that_stops_is_recorded_as_far_as_it_came() {
    let limits = Limits { body_progress: Duration::from_millis(80), ..Limits::default() };
    let witness = Witness::new(|arrived| match arrived.problem {
        Some(_) => (None, Duration::ZERO),
        None => (Some(json("{}")), Duration::ZERO),
    });
    let running = listen_with(witness, limits).await;
    let mut stream = running.tls(&[]).await;
    send(&mut stream, "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc").await;
    read_to_close(&mut stream).await;
    let arrived = running.witness.arrived().await;
    assert_eq!(arrived.problem.unwrap().kind, ProblemKind::BodyTimeout);
    assert_eq!(arrived.request.path.as_deref(), Some("/slow"));
    assert_eq!(arrived.request.body.as_ref(), b"abc");
    assert_eq!(arrived.request.body_size, Some(10));
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_its_body_is_a_call() {
    let running = listen(Witness::new(|_| (None, Duration::ZERO))).await;
    let mut stream = running.tls(&[]).await;
    send(&mut stream, "POST /cut HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc").await;
    stream.shutdown().await.unwrap();
    drop(stream);
    let arrived = running.witness.arrived().await;
    assert_eq!(arrived.problem.unwrap().kind, ProblemKind::ClosedEarly);
    assert_eq!(arrived.request.path.as_deref(), Some("/cut"));
    assert_eq!(arrived.request.body.as_ref(), b"abc");
    until(|| running.listening.in_flight() == 0).await;
}

#[tokio::test]
async fn broken_chunks_are_said_to_be_broken() {
    let running = listen(Witness::new(|_| (None, Duration::ZERO))).await;
    let mut stream = running.plain().await;
    send(&mut stream, "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n").await;
    read_to_close(&mut stream).await;
    let arrived = running.witness.arrived().await;
    assert_eq!(arrived.problem.unwrap().kind, ProblemKind::BadHttp);
    assert_eq!(arrived.request.body.as_ref(), b"abc");
}

#[tokio::test]
async fn a_client_that_leaves_while_it_waits_ends_its_call() {
    let running = listen(Witness::new(|_| (Some(json("{}")), Duration::from_secs(3_600)))).await;
    for over_tls in [true, false] {
        let request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        if over_tls {
            let mut stream = running.tls(&[]).await;
            send(&mut stream, request).await;
            running.witness.arrived().await;
        } else {
            let mut stream = running.plain().await;
            send(&mut stream, request).await;
            running.witness.arrived().await;
        }
        assert_eq!(running.witness.ended().await.problem.unwrap().kind, ProblemKind::ClosedEarly);
    }
    let mut client = http2(&running).await;
    let call = tokio::spawn(async move { client.send_request(http2_request("/", "")).await.is_ok() });
    running.witness.arrived().await;
    call.abort();
    assert_eq!(running.witness.ended().await.problem.unwrap().kind, ProblemKind::ClosedEarly);
    until(|| running.listening.in_flight() == 0).await;
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answer_ends_its_call_when_it_leaves() {
    let body = "x".repeat(50_000_000);
    let running = listen(Witness::new(move |_| (Some(json(&body)), Duration::ZERO))).await;
    let mut stream = running.plain().await;
    send(&mut stream, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    running.witness.arrived().await;
    drop(stream);
    assert_eq!(running.witness.ended().await.problem.unwrap().kind, ProblemKind::ClosedEarly);
}

#[tokio::test]
async fn an_open_connection_without_a_call_is_no_row() {
    let running = listen(Witness::ok()).await;
    drop(running.raw().await);
    drop(running.tls(&[]).await);
    drop(running.plain().await);
    let mut stream = running.tls(&[]).await;
    send(&mut stream, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    read_answer(&mut stream).await;
    drop(stream);
    running.witness.ended().await;
    let witness = running.witness.clone();
    running.listening.stop(Duration::from_secs(5)).await;
    assert!(witness.told_nothing_more());
}

fn header_name() -> impl Strategy<Value = String> {
    "[A-Za-z][A-Za-z0-9!#$%&'*+.^_`|~-]{0,20}".prop_filter("names with a meaning of their own", |name| {
        let name = name.to_ascii_lowercase();
        !["content-length", "transfer-encoding", "connection", "expect", "upgrade", "te"].contains(&name.as_str())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Whatever HTTP allows in a head and whatever stands in a body arrives as it was sent, however it is cut.
    #[test]
    fn heads_and_bodies_arrive_as_they_were_sent(
        calls in proptest::collection::vec(
            (
                proptest::collection::vec((header_name(), " {0,2}[!-~\\x80-\\xff]?([ -~]{0,30}[!-~])? {0,2}"), 0..12),
                proptest::collection::vec(any::<u8>(), 0..3_000),
                any::<bool>(),
            ),
            1..4,
        ),
        piece in 1usize..4_000,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let running = listen(Witness::ok()).await;
            let mut stream = running.plain().await;
            let mut all = Vec::new();
            let mut expected = Vec::new();
            for (fields, body, chunked) in &calls {
                let mut block = String::from("Host: x\r\n");
                for (name, value) in fields {
                    block.push_str(&format!("{name}:{value}\r\n"));
                }
                if *chunked {
                    block.push_str("Transfer-Encoding: chunked\r\n");
                } else {
                    block.push_str(&format!("Content-Length: {}\r\n", body.len()));
                }
                all.extend(format!("POST / HTTP/1.1\r\n{block}\r\n").into_bytes());
                if *chunked {
                    for chunk in body.chunks(700) {
                        all.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                        all.extend(chunk);
                        all.extend(b"\r\n");
                    }
                    all.extend(b"0\r\n\r\n");
                } else {
                    all.extend(body);
                }
                expected.push((block, body.clone()));
            }
            for piece in all.chunks(piece) {
                send(&mut stream, piece).await;
            }
            for (block, body) in expected {
                assert_eq!(read_answer(&mut stream).await.status, 200);
                let request = running.witness.arrived().await.request;
                assert_eq!(request.headers.as_block().as_ref(), block.as_bytes());
                assert_eq!(request.body.as_ref(), body.as_slice());
            }
        });
    }
}
