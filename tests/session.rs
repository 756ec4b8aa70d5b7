//! The session file and what is made from it: recorder, index, filter, viewing, copies.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hookscope::call::{
    AuthReport, CallId, Closing, DeliveryEvents, Direction, EventCounts, EventLedger, Headers, HttpVersion, Link,
    Masker, Opening, Problem, ProblemKind, Record, ReplayOf, Request, Response, SessionId, Timestamp, Timing,
    delivery_keys, judge_call,
};
use hookscope::okta::HookKind;
use hookscope::session::{
    Change, CopyProgress, Filter, LiveSession, Packed, Search, SessionError, ViewedSession, save_copy,
};
use proptest::prelude::*;

/// How long a condition may take to come true on a slow machine.
const PATIENCE: Duration = Duration::from_secs(30);

fn opening(id: u32, hook: HookKind, path: &str, status: u16) -> Opening {
    Opening {
        call_id: CallId(id),
        direction: Direction::Received,
        request: Request {
            received_at: Timestamp(1_932_000_000_000_000 + i64::from(id)),
            peer: "127.0.0.1:1".to_owned(),
            over_tls: true,
            http_version: Some(HttpVersion::Http11),
            method: Some("POST".to_owned()),
            path: Some(path.to_owned()),
            query: None,
            headers: Headers::from_fields([("Host", "localhost"), ("Authorization", "Basic b2t0YTpzZWNyZXQ=")]),
            body: Bytes::from(format!("{{\"eventId\":\"event-{id}\"}}")),
            body_size: None,
            truncated: false,
        },
        hook,
        endpoint: path.strip_prefix("/hooks/").map(Arc::from),
        endpoint_hook: None,
        event_id: Some(format!("event-{id}")),
        link: Link::FIRST,
        replay_of: None,
        auth: AuthReport::NOT_CONFIGURED,
        response: Some(Response {
            status,
            headers: Headers::default(),
            body: Bytes::new(),
            rule: "default".into(),
            revision: 1,
        }),
        problem: None,
    }
}

fn timing(total_ms: u32) -> Timing {
    Timing { read_us: 1_000, write_us: total_ms * 1_000 - 1_000, ..Timing::default() }
}

fn end(session: &LiveSession, opening: &Opening, total_ms: u32) {
    let verdict = Arc::new(judge_call(opening, Some(timing(total_ms)), None));
    let closing = Closing { timing: Some(timing(total_ms)), verdict, problem: None, events: None };
    session.recorder().close_call(opening.summary(&closing, true), closing);
}

fn record(session: &LiveSession, opening: &Opening, total_ms: u32) {
    assert!(session.recorder().submit(opening.call_id, Packed::new(opening)));
    end(session, opening, total_ms);
}

/// A session with one call of each row: id, kind, path, status, milliseconds.
fn filled(dir: &Path) -> LiveSession {
    let session = LiveSession::at(&dir.join("s.hookscope"), dir).unwrap();
    for (id, hook, path, status, total_ms) in [
        (1, HookKind::Token, "/hooks/token", 200, 10),
        (2, HookKind::Saml, "/hooks/saml", 500, 200),
        (3, HookKind::Event, "/hooks/event", 204, 3_200),
        (4, HookKind::Token, "/Elsewhere", 204, 2_500),
    ] {
        record(&session, &opening(id, hook, path, status), total_ms);
    }
    assert!(session.recorder().flush(PATIENCE));
    session
}

fn found(session: &LiveSession, text: &str) -> Vec<u32> {
    let mut search = Search::new(Filter::parse(text).unwrap());
    search.update(&session.index());
    search.ids().iter().map(|call_id| call_id.0).collect()
}

#[test]
fn a_filter_finds_by_every_kind_of_term() {
    let dir = tempfile::tempdir().unwrap();
    let session = filled(dir.path());
    session.recorder().set_pinned(CallId(2), true);
    session.recorder().set_note(CallId(3), "The Slow one".to_owned());
    let check = |text: &str, expected: &[u32]| assert_eq!(found(&session, text), expected, "{text}");
    check("", &[1, 2, 3, 4]);
    check("hook:token", &[1, 4]);
    check("HOOK:Token", &[1, 4]);
    check("-hook:token", &[2, 3]);
    check("endpoint:saml", &[2]);
    check("endpoint:sam", &[]);
    check("path:hooks", &[1, 2, 3]);
    check("path:elsewhere", &[4]);
    check("status:204", &[3, 4]);
    check("status:5xx", &[2]);
    check("outcome:ignored", &[2]);
    check("auth:not-configured status:200", &[1]);
    check("method:post id:2-3", &[2, 3]);
    check("id:4", &[4]);
    check(">2s", &[3, 4]);
    check(">150ms -late", &[2, 4]);
    check("late", &[3]);
    check("pinned", &[2]);
    check("duplicate", &[]);
    check("retry", &[]);
    check("replay", &[]);
    check("problem", &[]);
    check("slow", &[3]);
    check("\"slow one\"", &[3]);
    check("event-4", &[4]);
    check("token", &[1, 4]);
    check("  hook:token   status:200 ", &[1]);
}

#[test]
fn a_term_that_cannot_be_read_is_named_where_it_stands() {
    let check = |text: &str, range: std::ops::Range<usize>, word: &str| {
        let errors = Filter::parse(text).unwrap_err();
        assert_eq!(errors[0].range, range, "{text}");
        assert!(errors[0].reason.contains(word), "{text}: {}", errors[0].reason);
    };
    check("late hook:nope", 5..14, "hook kind");
    check("status:9", 0..8, "status");
    check("status:6xxx", 0..11, "status");
    check(">5", 0..2, "unit");
    check("id:9-3", 0..6, "3-9");
    check("colour:red", 0..10, "no term");
    check("outcome:", 0..8, "value");
    check("-", 0..1, "term");
    check("a \"b", 2..4, "quotes");
    let (filter, errors) = Filter::parse_lossy("hook:token status:x");
    assert_eq!((filter.is_empty(), errors.len()), (false, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn not_is_the_complement_and_order_does_not_matter(
        one in prop::sample::select(vec!["hook:token", "late", ">150ms", "path:hooks", "status:2xx", "event-3"]),
        other in prop::sample::select(vec!["-hook:saml", "id:2-4", "outcome:unchanged", "-late", "elsewhere"]),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let session = filled(dir.path());
        let mut both = found(&session, one);
        both.extend(found(&session, &format!("-{one}")));
        both.sort_unstable();
        prop_assert_eq!(both, vec![1, 2, 3, 4]);
        prop_assert_eq!(found(&session, &format!("{one} {other}")), found(&session, &format!("{other} {one}")));
    }

    #[test]
    fn any_text_is_a_filter_or_an_error_with_a_place(text in "\\PC{0,40}") {
        if let Err(errors) = Filter::parse(&text) {
            for error in errors {
                prop_assert!(text.get(error.range).is_some());
            }
        }
    }

    #[test]
    fn a_packed_call_comes_back_byte_for_byte(
        body in prop::collection::vec(any::<u8>(), 0..3_000),
        response in prop::collection::vec(any::<u8>(), 0..300),
        value in "[ -~]{0,40}",
        path in "/[a-z%/]{0,30}",
        query in prop::option::of("[a-z=&]{0,20}"),
        id in 1u32..u32::MAX,
        size in prop::option::of(any::<u64>()),
        attempt in 1u8..3,
    ) {
        let mut opening = opening(id, HookKind::UserImport, &path, 200);
        opening.request.body = body.into();
        opening.request.query = query;
        opening.request.body_size = size;
        opening.request.headers = Headers::from_fields([("X-MiXeD", value)]);
        opening.link = Link { attempt, retry_of: (attempt == 2).then_some(CallId(3)), duplicate_of: None };
        opening.replay_of = size.map(|size| ReplayOf { session: SessionId(uuid::Uuid::from_u128(u128::from(size))), call_id: CallId(9) });
        opening.problem = (attempt == 2).then(|| Problem { kind: ProblemKind::BodyTooLarge, detail: "too large".to_owned() });
        if let Some(answered) = &mut opening.response {
            answered.body = response.into();
        }
        let packed = Packed::new(&opening);
        prop_assert_eq!(Packed::unpack(CallId(id), &packed.0), Some(opening));
    }

    #[test]
    fn bytes_that_are_no_packed_call_are_none_and_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        Packed::unpack(CallId(1), &bytes);
    }
}

#[test]
fn a_list_that_grows_call_by_call_is_the_list_made_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let session = LiveSession::at(&dir.path().join("s.hookscope"), dir.path()).unwrap();
    let mut growing = Search::new(Filter::parse("hook:token").unwrap());
    // Calls end in another order than they begin.
    for id in [2, 1, 5, 3, 9, 4, 8, 6, 7, 10] {
        let hook = if id % 3 == 0 { HookKind::Saml } else { HookKind::Token };
        record(&session, &opening(id, hook, "/hooks/x", 204), 5);
        growing.update(&session.index());
    }
    let mut at_once = Search::new(Filter::parse("hook:token").unwrap());
    at_once.update(&session.index());
    assert_eq!(growing.ids(), at_once.ids());
    assert_eq!(growing.ids().len(), 7);
}

#[test]
fn a_clear_hides_all_but_pinned_calls_and_can_be_undone() {
    let dir = tempfile::tempdir().unwrap();
    let session = filled(dir.path());
    session.recorder().set_pinned(CallId(1), true);
    session.recorder().clear();
    record(&session, &opening(5, HookKind::Saml, "/hooks/saml", 204), 5);
    assert_eq!(found(&session, ""), [1, 5]);
    session.recorder().undo_clear();
    assert_eq!(found(&session, ""), [1, 2, 3, 4, 5]);
    session.recorder().clear();
    session.close().unwrap();
    let again = LiveSession::at(&dir.path().join("s.hookscope"), dir.path()).unwrap();
    wait_for(|| *again.loaded().borrow());
    assert_eq!(found(&again, ""), [1]);
    assert!(again.index().is_pinned(CallId(1)));
    assert_eq!(again.next_call_id(), CallId(2));
}

fn wait_for(is_true: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_true() {
        assert!(begun.elapsed() < PATIENCE, "it did not come true");
        std::thread::yield_now();
    }
}

#[test]
fn everything_comes_back_after_a_clean_end_that_leaves_one_file() {
    let dir = tempfile::tempdir().unwrap();
    let session = filled(dir.path());
    session.recorder().set_note(CallId(2), "look here".to_owned());
    let (id, path) = (session.id(), session.path().to_owned());
    let before: Vec<Record> = (1..=4).map(|id| session.reader().record(CallId(id)).unwrap().unwrap()).collect();
    session.close().unwrap();
    assert!(!path.with_extension("hookscope-wal").exists() && !path.with_extension("hookscope-shm").exists());
    let mut viewed = ViewedSession::open(&path, dir.path(), || {}).unwrap();
    viewed.wait();
    assert_eq!(viewed.id(), id);
    let after: Vec<Record> = (1..=4).map(|id| viewed.reader().record(CallId(id)).unwrap().unwrap()).collect();
    assert_eq!(before, after);
    assert_eq!(after[1].note, "look here");
    assert!(viewed.reader().record(CallId(99)).unwrap().is_none());
}

#[cfg(unix)]
#[test]
fn a_session_can_be_read_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let session = filled(dir.path());
    let mode = std::fs::metadata(session.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}

#[test]
fn a_session_is_recorded_into_by_one_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let first = LiveSession::working(dir.path()).unwrap();
    assert!(!first.gave_way());
    let second = LiveSession::working(dir.path()).unwrap();
    assert!(second.gave_way());
    assert_ne!(first.path(), second.path());
    assert!(matches!(LiveSession::at(first.path(), dir.path()), Err(SessionError::Locked { .. })));
    let path = first.path().to_owned();
    first.close().unwrap();
    assert!(LiveSession::at(&path, dir.path()).is_ok());
}

#[test]
fn what_is_no_session_says_so_and_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let good = filled(dir.path());
    let path = good.path().to_owned();
    good.close().unwrap();
    let whole = std::fs::read(&path).unwrap();
    let mut newer = whole.clone();
    newer[60..64].copy_from_slice(&99u32.to_be_bytes());
    let mut foreign = whole.clone();
    foreign[68..72].copy_from_slice(&7u32.to_be_bytes());
    let mut damaged = whole[..whole.len() / 2].to_vec();
    let length = damaged.len();
    damaged[2_000..length].fill(0xa5);
    let check = |name: &str, bytes: &[u8], is_right: fn(&SessionError) -> bool| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let error = ViewedSession::open(&path, dir.path(), || {})
            .and_then(|mut session| {
                session.wait();
                session.ids().map(drop)
            })
            .unwrap_err();
        assert!(is_right(&error), "{name}: {error:?}");
        assert!(error.to_string().contains(name), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "{name} was changed");
    };
    check("newer.hookscope", &newer, |error| matches!(error, SessionError::Newer { version: 99, .. }));
    check("foreign.hookscope", &foreign, |error| matches!(error, SessionError::NotASession { .. }));
    check("empty.hookscope", b"", |error| matches!(error, SessionError::NotASession { .. }));
    check("text.hookscope", &b"this is a text and no session at all ".repeat(20), |error| {
        matches!(error, SessionError::NotASession { .. })
    });
    check("damaged.hookscope", &damaged, |error| {
        matches!(error, SessionError::Damaged { .. } | SessionError::NotASession { .. } | SessionError::Machine { .. })
    });
    let missing = ViewedSession::open(&dir.path().join("missing.hookscope"), dir.path(), || {}).err();
    assert!(matches!(missing, Some(SessionError::NotFound { .. })));
    assert!(matches!(ViewedSession::open(dir.path(), dir.path(), || {}).err(), Some(SessionError::NotASession { .. })));
}

#[test]
fn a_killed_session_is_recovered_and_its_unended_call_judged_anew() {
    let dir = tempfile::tempdir().unwrap();
    let session = filled(dir.path());
    let under_way = opening(5, HookKind::Registration, "/hooks/registration", 204);
    assert!(session.recorder().submit(CallId(5), Packed::new(&under_way)));
    assert!(session.recorder().flush(PATIENCE));
    // What a kill leaves: the file and its log as they are at this moment.
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("killed.hookscope");
    std::fs::copy(session.path(), &copy).unwrap();
    let beside = |path: &Path| std::path::PathBuf::from(format!("{}-wal", path.display()));
    std::fs::copy(beside(session.path()), beside(&copy)).unwrap();
    let mut viewed = ViewedSession::open(&copy, elsewhere.path(), || {}).unwrap();
    viewed.wait();
    assert_eq!(viewed.ids().unwrap().len(), 5);
    let record = viewed.reader().record(CallId(5)).unwrap().unwrap();
    assert_eq!(record.opening, under_way);
    assert_eq!(record.closing.timing, None);
    assert!(record.closing.verdict.findings.iter().any(|finding| finding.id == "no-end"));
}

#[test]
fn a_live_session_can_be_looked_at_from_outside_while_it_is_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let session = filled(dir.path());
    let mut viewed = ViewedSession::open(session.path(), dir.path(), || {}).unwrap();
    viewed.wait();
    assert_eq!(viewed.ids().unwrap().len(), 4);
}

#[test]
fn a_copy_is_masked_and_whole_or_not_there_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let session = filled(dir.path());
    session.recorder().set_pinned(CallId(4), true);
    let target = dir.path().join("copy.hookscope");
    std::fs::write(&target, "something that stood there before").unwrap();
    let masker = Masker::default();
    let change: Change = Arc::new(move |record: &Record| masker.mask_record(record));
    let progress = CopyProgress::default();
    assert_eq!(save_copy(&session.reader(), &target, Some(&change), &progress).unwrap(), 4);
    assert_eq!(progress.n_done.load(Ordering::Acquire), 4);
    let bytes = std::fs::read(&target).unwrap();
    assert!(!bytes.windows(16).any(|part| part == b"b2t0YTpzZWNyZXQ="), "the credential is in the copy");
    let mut copy = ViewedSession::open(&target, dir.path(), || {}).unwrap();
    copy.wait();
    assert_eq!(copy.id(), session.id());
    let record = copy.reader().record(CallId(4)).unwrap().unwrap();
    assert!(record.pinned);
    assert!(String::from_utf8_lossy(record.opening.request.headers.get("authorization").unwrap()).contains("••••"));

    let cancelled = CopyProgress::default();
    cancelled.is_cancelled.store(true, Ordering::Release);
    let elsewhere = dir.path().join("cancelled.hookscope");
    assert!(matches!(save_copy(&session.reader(), &elsewhere, None, &cancelled), Err(SessionError::Cancelled)));
    let left: BTreeMap<String, u64> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_name().to_string_lossy().contains("cancelled"))
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.metadata().unwrap().len()))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn beyond_its_size_the_oldest_calls_go_but_never_a_pinned_one() {
    let dir = tempfile::tempdir().unwrap();
    let session = LiveSession::at(&dir.path().join("s.hookscope"), dir.path()).unwrap();
    session.recorder().set_pinned(CallId(2), true);
    for id in 1..=1_500 {
        record(&session, &opening(id, HookKind::Event, "/hooks/event", 204), 5);
    }
    session.recorder().set_max_bytes(100_000);
    wait_for(|| {
        session.recorder().flush(PATIENCE);
        session.recorder().status().borrow().n_removed > 0
    });
    let ids = found(&session, "");
    assert_eq!(ids.first(), Some(&2));
    assert_eq!(ids.last(), Some(&1_500));
    assert!(ids.len() < 1_100, "{} are left", ids.len());
    assert!(session.reader().record(CallId(1)).unwrap().is_none());
    assert!(session.reader().record(CallId(2)).unwrap().is_some());
}

/// The events of a delivery whose first one came before and whose second one is new.
fn delivery(call_id: u32, uuid: &str) -> DeliveryEvents {
    let body = format!(r#"{{"data":{{"events":[{{"uuid":"a"}},{{"uuid":"{uuid}"}}]}}}}"#);
    let mut ledger = EventLedger::default();
    ledger.arrive(CallId(1), delivery_keys(br#"{"data":{"events":[{"uuid":"a"}]}}"#));
    ledger.arrive(CallId(call_id), delivery_keys(body.as_bytes()))
}

fn record_delivery(session: &LiveSession, call_id: u32, events: DeliveryEvents) {
    let opening = opening(call_id, HookKind::Event, "/hooks/event", 204);
    assert!(session.recorder().submit(opening.call_id, Packed::new(&opening)));
    let verdict = Arc::new(judge_call(&opening, Some(timing(5)), None));
    let closing = Closing { timing: Some(timing(5)), verdict, problem: None, events: Some(Arc::new(events)) };
    session.recorder().close_call(opening.summary(&closing, true), closing);
}

#[test]
fn the_events_of_a_delivery_come_back_with_its_call_and_in_a_copy() {
    let dir = tempfile::tempdir().unwrap();
    let session = filled(dir.path());
    record_delivery(&session, 5, delivery(5, "b"));
    assert!(session.recorder().flush(PATIENCE));
    let copy = dir.path().join("copy.hookscope");
    save_copy(&session.reader(), &copy, None, &CopyProgress::default()).unwrap();
    session.close().unwrap();
    for path in [dir.path().join("s.hookscope"), copy] {
        let mut viewed = ViewedSession::open(&path, dir.path(), || {}).unwrap();
        viewed.wait();
        let counts = viewed.index().get(CallId(5)).unwrap().events;
        assert_eq!(counts, EventCounts::new(2, 1));
        assert_eq!(viewed.index().get(CallId(3)).unwrap().events, EventCounts::UNKNOWN);
        assert_eq!(viewed.index().get(CallId(1)).unwrap().events, EventCounts::default());
        let record = viewed.reader().record(CallId(5)).unwrap().unwrap();
        assert_eq!(*record.closing.events.unwrap(), delivery(5, "b"));
    }
}

#[test]
fn a_session_from_before_events_were_kept_is_read_as_it_is_and_recorded_on() {
    let dir = tempfile::tempdir().unwrap();
    let old = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/session.hookscope");
    let path = dir.path().join("old.hookscope");
    std::fs::copy(old, &path).unwrap();
    let columns = |path: &Path| -> Vec<String> {
        let connection = rusqlite::Connection::open(path).unwrap();
        let mut statement = connection.prepare("SELECT name FROM pragma_table_info('ends')").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    assert!(!columns(&path).contains(&"events".to_owned()), "the sample is no old session any more");
    let mut viewed = ViewedSession::open(&path, dir.path(), || {}).unwrap();
    viewed.wait();
    let n_calls = viewed.index().len();
    let next = viewed.index().last_id().0 + 1;
    assert!(n_calls > 0 && viewed.reader().record(viewed.index().last_id()).unwrap().is_some());
    drop(viewed);
    assert!(!columns(&path).contains(&"events".to_owned()), "looking at a session changes nothing in it");

    let session = LiveSession::at(&path, dir.path()).unwrap();
    record_delivery(&session, next, delivery(next, "b"));
    session.close().unwrap();
    let mut viewed = ViewedSession::open(&path, dir.path(), || {}).unwrap();
    viewed.wait();
    assert_eq!(viewed.index().len(), n_calls + 1);
    assert_eq!(viewed.index().get(CallId(next)).unwrap().events, EventCounts::new(2, 1));
}
