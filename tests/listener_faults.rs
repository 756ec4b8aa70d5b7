//! Answers that are broken on purpose, as a client on a real socket sees them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod net;

use std::io::ErrorKind;
use std::time::Duration;

use bytes::Bytes;
use hookscope::call::ProblemKind;
use hookscope::listener::Ended;
use hookscope::respond::WireFault;
use net::{LIMIT, Witness, json, listen, read_answer, read_to_close, send};
use tokio::io::{AsyncRead, AsyncReadExt as _};

const CALL: &str = "POST /hooks/token HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";

/// What came until the connection ended, and whether it was reset.
async fn read_to_end(stream: &mut (impl AsyncRead + Unpin)) -> (Vec<u8>, bool) {
    let mut all = Vec::new();
    let read = async {
        loop {
            match stream.read_buf(&mut all).await {
                Ok(0) => return false,
                Ok(_) => {}
                Err(error) => return error.kind() == ErrorKind::ConnectionReset,
            }
        }
    };
    let is_reset = tokio::time::timeout(LIMIT, read).await.expect("the connection stayed open");
    (all, is_reset)
}

/// Sends one call over plain HTTP, where a reset is seen as it is; gives what came, whether it was a reset, and the end.
async fn broken(fault: WireFault) -> (String, bool, Ended) {
    let running = listen(Witness::broken(fault)).await;
    let mut stream = running.plain().await;
    send(&mut stream, CALL).await;
    let (bytes, is_reset) = read_to_end(&mut stream).await;
    (String::from_utf8_lossy(&bytes).into_owned(), is_reset, running.witness.ended().await)
}

fn said(ended: &Ended) -> &str {
    let problem = ended.problem.as_ref().unwrap();
    assert_eq!(problem.kind, ProblemKind::ClosedEarly);
    &problem.detail
}

#[tokio::test]
async fn a_reset_comes_before_inside_or_after_the_head_as_it_was_asked_for() {
    let (came, is_reset, ended) = broken(WireFault::ResetBeforeHead).await;
    assert_eq!((came.as_str(), is_reset), ("", true));
    assert!(said(&ended).contains("reset before the head"), "{ended:?}");

    let (came, is_reset, ended) = broken(WireFault::ResetInHead).await;
    assert!(is_reset && came.starts_with("HTTP/1.1 200") && !came.contains("\r\n\r\n"), "{came:?} {is_reset}");
    assert!(said(&ended).contains("reset inside the head"), "{ended:?}");

    let (came, is_reset, ended) = broken(WireFault::ResetAfterHead).await;
    assert!(is_reset && came.starts_with("HTTP/1.1 200") && came.ends_with("\r\n\r\n"), "{came:?} {is_reset}");
    assert!(said(&ended).contains("reset after the head"), "{ended:?}");
}

#[tokio::test]
async fn an_empty_answer_and_garbage_close_the_connection_in_order() {
    let (came, is_reset, ended) = broken(WireFault::CloseWithoutByte).await;
    assert_eq!((came.as_str(), is_reset), ("", false));
    assert!(said(&ended).contains("without an answer"), "{ended:?}");

    let (came, is_reset, ended) = broken(WireFault::Garbage(Bytes::from_static(b"no HTTP\r\n\r\n"))).await;
    assert_eq!((came.as_str(), is_reset), ("no HTTP\r\n\r\n", false));
    assert!(said(&ended).contains("no HTTP"), "{ended:?}");
}

#[tokio::test]
async fn the_same_faults_come_through_tls() {
    for (fault, start) in [
        (WireFault::ResetBeforeHead, ""),
        (WireFault::ResetInHead, "HTTP/1.1 2"),
        (WireFault::ResetAfterHead, "HTTP/1.1 200"),
        (WireFault::CloseWithoutByte, ""),
        (WireFault::Garbage(Bytes::from_static(b"\0\x01nonsense")), "\0\x01nonsense"),
    ] {
        let running = listen(Witness::broken(fault.clone())).await;
        let mut stream = running.tls(&["http/1.1"]).await;
        send(&mut stream, CALL).await;
        let came = read_to_close(&mut stream).await;
        let came = String::from_utf8_lossy(&came);
        assert!(came.starts_with(start), "{fault:?}: {came:?}");
        assert!(!came.contains("commands"), "{fault:?}: {came:?}");
        assert!(said(&running.witness.ended().await).starts_with("a fault that was asked for"), "{fault:?}");
    }
}

#[tokio::test]
async fn a_late_body_comes_after_its_head_and_is_whole() {
    let after = Duration::from_millis(300);
    let running = listen(Witness::broken(WireFault::BodyLate(after))).await;
    let mut stream = running.tls(&[]).await;
    send(&mut stream, CALL).await;
    let answer = read_answer(&mut stream).await;
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"{\"commands\":[]}"[..]));
    let ended = running.witness.ended().await;
    assert!(ended.problem.is_none());
    assert!(u128::from(ended.timing.write_us) >= after.as_micros(), "{:?}", ended.timing);
    // The connection lives on.
    send(&mut stream, CALL).await;
    assert_eq!(read_answer(&mut stream).await.status, 200);
}

#[tokio::test]
async fn a_slow_body_comes_in_pieces_and_takes_its_time() {
    let over = Duration::from_millis(400);
    let running = listen(Witness::broken(WireFault::SlowBody { over })).await;
    let mut stream = running.plain().await;
    send(&mut stream, CALL).await;
    let mut n_reads = 0;
    let mut all = Vec::new();
    while !all.ends_with(b"{\"commands\":[]}") {
        assert_ne!(tokio::time::timeout(LIMIT, stream.read_buf(&mut all)).await.unwrap().unwrap(), 0);
        n_reads += 1;
    }
    assert!(n_reads >= 3, "{n_reads}");
    let ended = running.witness.ended().await;
    assert!(ended.problem.is_none());
    assert!(u128::from(ended.timing.write_us) >= over.as_micros(), "{:?}", ended.timing);
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_a_slow_body_is_one_that_left() {
    let running = listen(Witness::broken(WireFault::SlowBody { over: Duration::from_secs(600) })).await;
    let mut stream = running.plain().await;
    send(&mut stream, CALL).await;
    assert_ne!(stream.read_u8().await.unwrap(), 0);
    drop(stream);
    let ended = running.witness.ended().await;
    assert!(ended.problem.unwrap().detail.contains("the client closed"));
}

#[tokio::test]
async fn a_call_that_is_never_answered_ends_with_its_client_or_the_listener() {
    let running = listen(Witness::broken(WireFault::Never)).await;
    let mut stream = running.tls(&[]).await;
    send(&mut stream, CALL).await;
    running.witness.arrived().await;
    drop(stream);
    assert!(said(&running.witness.ended().await).contains("nothing was ever answered"));

    let mut stream = running.tls(&[]).await;
    send(&mut stream, CALL).await;
    running.witness.arrived().await;
    let witness = running.witness.clone();
    running.listening.stop(Duration::ZERO).await;
    assert!(said(&witness.ended().await).contains("nothing was ever answered"));
}

#[tokio::test]
async fn a_body_that_the_status_forbids_is_written_all_the_same() {
    let no_content = |_: &_| {
        let mut response = json("{\"commands\":[]}");
        response.status = 204;
        (Some(response), Duration::ZERO)
    };
    let running = listen(Witness::broken_with(no_content, WireFault::BodyDespiteStatus)).await;
    let mut stream = running.tls(&[]).await;
    send(&mut stream, CALL).await;
    let came = String::from_utf8(read_to_close(&mut stream).await).unwrap();
    assert!(came.starts_with("HTTP/1.1 204 No Content\r\n"), "{came}");
    assert!(came.ends_with("\r\n\r\n{\"commands\":[]}") && came.contains("Content-Length: 15"), "{came}");
    assert!(running.witness.ended().await.problem.is_none());
}

#[tokio::test]
async fn on_http2_a_stream_is_reset_and_the_connection_lives_on() {
    use http_body_util::{BodyExt as _, Full};
    for fault in [WireFault::ResetBeforeHead, WireFault::ResetAfterHead, WireFault::Garbage(Bytes::from_static(b"x"))] {
        let running = listen(Witness::broken(fault.clone())).await;
        let io = hyper_util::rt::TokioIo::new(running.tls(&["h2"]).await);
        let executor = hyper_util::rt::TokioExecutor::new();
        let (mut client, connection) = hyper::client::conn::http2::handshake(executor, io).await.unwrap();
        let driver = tokio::spawn(connection);
        for _ in 0..2 {
            let request = hyper::Request::post("https://x/hooks/token").body(Full::new(Bytes::from_static(b"{}")));
            let failed = match client.send_request(request.unwrap()).await {
                Err(_) => true,
                Ok(response) => response.into_body().collect().await.is_err(),
            };
            assert!(failed, "{fault:?}");
            assert!(said(&running.witness.ended().await).starts_with("a fault that was asked for"), "{fault:?}");
        }
        drop(client);
        driver.abort();
    }
}
