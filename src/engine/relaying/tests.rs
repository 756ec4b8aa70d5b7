//! Handlers that are well, slow, gone, or lie; calls that a person edits, releases, or forgets.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::call::{HoldEnd, test_record};
use crate::engine::{HeldAnswer, held::Held};
use crate::respond::{Overrides, ResponseSetup};

const GOOD: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Of: handler\r\nContent-Length: 15\r\n\r\n{\"commands\":[]}";

/// A handler of raw bytes: what it writes for each request of a connection; nothing ends the connection.
struct RawHandler {
    url: String,
    n_connections: Arc<AtomicUsize>,
    requests: tokio::sync::mpsc::Receiver<String>,
}

async fn raw_handler(answer: impl Fn(usize) -> Option<&'static str> + Clone + Send + 'static) -> RawHandler {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let n_connections = Arc::new(AtomicUsize::new(0));
    let (tell, requests) = tokio::sync::mpsc::channel(1_000);
    let n = n_connections.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            n.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(serve(stream, answer.clone(), tell.clone()));
        }
    });
    RawHandler { url, n_connections, requests }
}

async fn serve(
    mut stream: TcpStream,
    answer: impl Fn(usize) -> Option<&'static str>,
    tell: tokio::sync::mpsc::Sender<String>,
) {
    let mut n_requests = 0;
    let mut all = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&all).into_owned();
        // The body of every test call ends with its brace.
        if text.contains("\r\n\r\n") && text.ends_with('}') {
            tell.send(text).await.unwrap();
            all.clear();
            let Some(written) = answer(n_requests) else { return };
            n_requests += 1;
            stream.write_all(written.as_bytes()).await.unwrap();
            if !written.ends_with('}') {
                return;
            }
            continue;
        }
        if !matches!(stream.read_buf(&mut all).await, Ok(1..)) {
            return;
        }
    }
}

fn opening() -> Opening {
    let mut opening = test_record().opening;
    opening.request.query = Some("a=b".into());
    opening
}

fn carry(forward: ForwardSetup) -> Carry {
    Carry { forward: Some(forward), ..Carry::default() }
}

async fn forwarded(forward: ForwardSetup) -> (Opening, PassedOn) {
    let (opening, _) = Others::default().ask(&opening(), carry(forward), Instant::now()).await;
    let forwarded = opening.relay.as_ref().unwrap().forwarded.clone().unwrap();
    (opening, forwarded)
}

#[tokio::test]
async fn a_call_reaches_the_handler_as_it_came_and_its_answer_goes_out() {
    let mut handler = raw_handler(|_| Some(GOOD)).await;
    let (opening, told) = forwarded(ForwardSetup::to(&handler.url)).await;
    assert_eq!(told.outcome, ForwardOutcome::Relayed);
    assert!(told.to.ends_with("/hooks/password-import?a=b") && told.handler_us > 0, "{told:?}");
    let response = opening.response.unwrap();
    assert_eq!((response.status, &response.body[..]), (200, &b"{\"commands\":[]}"[..]));
    assert_eq!(response.headers.get("x-of"), Some(&b"handler"[..]));
    assert_eq!(response.headers.get("content-length"), None);
    let request = handler.requests.recv().await.unwrap();
    assert!(request.starts_with("POST /hooks/password-import?a=b HTTP/1.1\r\n"), "{request}");
    for part in ["Authorization: Basic b2t0YTp4", "X-Forwarded-For: 127.0.0.1", "{\"password\":\"open-sesame\"}"] {
        assert!(request.contains(part), "{part}: {request}");
    }
}

#[tokio::test]
async fn a_connection_is_used_again_and_one_that_was_closed_meanwhile_costs_nothing() {
    let handler = raw_handler(|n_before| (n_before < 2).then_some(GOOD)).await;
    let others = Others::default();
    for n_connections in [1, 1, 2, 2, 3] {
        let (opening, _) = others.ask(&opening(), carry(ForwardSetup::to(&handler.url)), Instant::now()).await;
        // The third request finds the first connection used up: the handler ends it without an answer.
        if opening.response.as_ref().unwrap().status == 502 {
            continue;
        }
        assert!(handler.n_connections.load(Ordering::SeqCst) <= n_connections);
    }
    assert!(handler.n_connections.load(Ordering::SeqCst) < 5);
}

#[tokio::test]
async fn a_handler_that_gives_no_whole_answer_is_said_to_and_okta_gets_502() {
    // A port that is taken, so that nobody else gets it, and where nobody listens.
    let nobody = tokio::net::TcpSocket::new_v4().unwrap();
    nobody.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let gone = format!("http://{}", nobody.local_addr().unwrap());
    let (lies, early, noise) = (
        raw_handler(|_| Some("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"comm")).await,
        raw_handler(|_| None).await,
        raw_handler(|_| Some("SSH-2.0-OpenSSH\r\n")).await,
    );
    let closes = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let no_tls = format!("https://{}", closes.local_addr().unwrap());
    tokio::spawn(async move { while closes.accept().await.is_ok() {} });
    for (url, word) in [
        (gone.as_str(), "cannot be reached"),
        (&lies.url, "cut off"),
        (&early.url, "without an answer"),
        (&noise.url, "without an answer"),
        ("https://127.0.0.1:1/", "cannot be reached"),
        ("ftp://x/", "only http and https"),
        (&no_tls, "TLS handshake"),
    ] {
        let (opening, told) = forwarded(ForwardSetup::to(url)).await;
        let ForwardOutcome::Failed { why } = told.outcome else { panic!("{url}: {told:?}") };
        assert!(why.contains(word), "{url}: {why}");
        let response = opening.response.unwrap();
        assert_eq!(response.status, 502);
        let body: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
        assert!(body["error"].as_str().unwrap().contains(word));
    }
}

#[tokio::test]
async fn after_the_soft_deadline_the_prepared_response_goes_out() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let setup = ForwardSetup { soft_deadline: Some(Duration::from_millis(30)), ..ForwardSetup::to(url) };
    let (opening, told) = forwarded(setup).await;
    assert_eq!(told.outcome, ForwardOutcome::TooSlow);
    assert!(told.handler_us >= 25_000, "{}", told.handler_us);
    assert_eq!(opening.response, super::tests::opening().response);
}

#[tokio::test]
async fn a_changed_answer_keeps_its_original_beside_it() {
    let handler = raw_handler(|_| Some(GOOD)).await;
    let overrides = Overrides {
        status: Some(500),
        json: vec![("/error".to_owned(), serde_json::json!({ "errorSummary": "no" }))],
        ..Overrides::default()
    };
    let (opening, told) = forwarded(ForwardSetup { overrides, ..ForwardSetup::to(&handler.url) }).await;
    let ForwardOutcome::Changed { original, changed } = told.outcome else { panic!("{told:?}") };
    assert_eq!((original.status, &*original.body), (200, "{\"commands\":[]}"));
    assert_eq!(changed, ["status", "/error"]);
    let response = opening.response.unwrap();
    assert_eq!(response.status, 500);
    assert_eq!(&response.body[..], br#"{"commands":[],"error":{"errorSummary":"no"}}"#);
}

#[tokio::test]
async fn a_fault_is_put_into_the_handlers_answer() {
    let handler = raw_handler(|_| Some(GOOD)).await;
    let carry = Carry { fault: Some((Fault::BrokenJson, 0)), ..carry(ForwardSetup::to(&handler.url)) };
    let (opening, _) = Others::default().ask(&opening(), carry, Instant::now()).await;
    assert_eq!(&opening.response.unwrap().body[..], b"{\"commands\":[]");
    let carry = Carry { fault: Some((Fault::JustLate, 0)), ..self::carry(ForwardSetup::to(&handler.url)) };
    let (_, left) = Others::default().ask(&super::tests::opening(), carry, Instant::now()).await;
    assert_eq!(left.delay, Duration::from_millis(3_100));
}

#[tokio::test]
async fn a_trust_file_lies_beside_the_workspace() {
    let dir = tempfile::tempdir().unwrap();
    let others = Others::default();
    others.forwarders.set_folder(dir.path().to_owned());
    let setup = ForwardSetup { cacert: Some("ca.pem".to_owned()), ..ForwardSetup::to("https://127.0.0.1:1") };
    let (opening, _) = others.ask(&opening(), carry(setup), Instant::now()).await;
    let relay = opening.relay.unwrap();
    let ForwardOutcome::Failed { why } = &relay.forwarded.as_ref().unwrap().outcome else { panic!() };
    assert!(why.contains(&dir.path().join("ca.pem").display().to_string()), "{why}");
}

#[tokio::test]
async fn a_call_is_never_passed_on_to_this_listener_itself() {
    let own = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = own.local_addr().unwrap();
    let others = Others::default();
    others.forwarders.set_own_addresses(vec![address]);
    let setup = ForwardSetup::to(format!("http://{address}"));
    let (opening, _) = others.ask(&opening(), carry(setup), Instant::now()).await;
    let relay = opening.relay.unwrap();
    let outcome = &relay.forwarded.as_ref().unwrap().outcome;
    assert!(matches!(outcome, ForwardOutcome::Failed { why } if why.contains("round for ever")), "{outcome:?}");
}

fn hold(deadline: Duration) -> Carry {
    Carry { hold: Some(HoldSetup { deadline }), ..Carry::default() }
}

/// Never reached: a test that needs it fails.
const LONG: Duration = Duration::from_secs(600);

async fn held(others: &Others, n_calls: usize) -> Arc<[Held]> {
    loop {
        let held = others.held.all();
        if held.len() == n_calls {
            return held;
        }
        others.held.changed().await;
    }
}

#[tokio::test]
async fn a_person_edits_or_releases_a_held_call() {
    let others = Arc::new(Others::default());
    for (answer, status, end) in [
        (
            HeldAnswer::Send {
                endpoint: "saml".into(),
                response: ResponseSetup { status: 418, ..ResponseSetup::default() },
            },
            418,
            HoldEnd::Edited,
        ),
        (HeldAnswer::Release, 204, HoldEnd::Released),
    ] {
        let waiting = tokio::spawn({
            let others = others.clone();
            async move { others.ask(&opening(), hold(LONG), Instant::now()).await }
        });
        let call_id = held(&others, 1).await[0].call_id;
        assert_eq!(others.held.opening(call_id).unwrap().response.as_ref().unwrap().status, 204);
        assert!(others.held.answer(call_id, answer).is_ok());
        let (opening, _) = waiting.await.unwrap();
        assert_eq!(opening.response.unwrap().status, status);
        assert_eq!(opening.relay.unwrap().held.unwrap().end, end);
        assert!(matches!(others.held.answer(call_id, HeldAnswer::Release), Err(HeldAnswer::Release)));
    }
}

#[tokio::test]
async fn at_the_deadline_the_prepared_response_goes_out_by_itself() {
    let others = Others::default();
    let (opening, _) = others.ask(&opening(), hold(Duration::ZERO), Instant::now()).await;
    assert_eq!(opening.response.unwrap().status, 204);
    assert_eq!(opening.relay.unwrap().held.unwrap().end, HoldEnd::Deadline);
    assert!(others.held.all().is_empty());
}

#[tokio::test]
async fn a_burst_of_held_calls_waits_and_a_client_that_leaves_is_taken_off() {
    let others = Arc::new(Others::default());
    let mut waiting = Vec::new();
    for id in 1..=200 {
        let others = others.clone();
        waiting.push(tokio::spawn(async move {
            let opening = Opening { call_id: crate::call::CallId(id), ..opening() };
            others.ask(&opening, hold(LONG), Instant::now()).await.0
        }));
    }
    held(&others, 200).await;
    waiting.pop().unwrap().abort();
    held(&others, 199).await;
    others.held.release_all();
    for one in waiting {
        let opening = one.await.unwrap();
        assert_eq!(opening.relay.unwrap().held.unwrap().end, HoldEnd::Released);
    }
}

#[tokio::test]
async fn a_call_of_a_new_session_with_the_same_number_stays_on_the_list_when_the_old_one_goes() {
    let others = Arc::new(Others::default());
    let wait = || {
        let others = others.clone();
        tokio::spawn(async move { others.ask(&opening(), hold(LONG), Instant::now()).await.0 })
    };
    let old = wait();
    let call_id = held(&others, 1).await[0].call_id;
    let first = others.held.opening(call_id).unwrap();
    let new = wait();
    while others.held.opening(call_id).is_some_and(|waiting| Arc::ptr_eq(&waiting, &first)) {
        tokio::task::yield_now().await;
    }
    assert_eq!(old.await.unwrap().relay.unwrap().held.unwrap().end, HoldEnd::Deadline, "it gets what was prepared");
    assert!(others.held.opening(call_id).is_some());
    others.held.release_all();
    assert_eq!(new.await.unwrap().relay.unwrap().held.unwrap().end, HoldEnd::Released);
}
