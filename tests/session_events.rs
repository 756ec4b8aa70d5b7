//! The events of deliveries in a session file, and sessions from before they were kept.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod session_calls;

use std::path::Path;
use std::sync::Arc;

use hookscope::call::{CallId, Closing, DeliveryEvents, EventCounts, EventLedger, delivery_keys, judge_call};
use hookscope::okta::HookKind;
use hookscope::session::{CopyProgress, LiveSession, Packed, ViewedSession, save_copy};
use session_calls::{PATIENCE, opening, timing};

/// The events of a delivery whose first one came before and whose second one is new.
fn delivery(call_id: u32, uuid: &str) -> DeliveryEvents {
    let body = format!(r#"{{"data":{{"events":[{{"uuid":"a"}},{{"uuid":"{uuid}"}}]}}}}"#);
    let mut ledger = EventLedger::default();
    ledger.arrive(CallId(1), delivery_keys(br#"{"data":{"events":[{"uuid":"a"}]}}"#));
    ledger.arrive(CallId(call_id), delivery_keys(body.as_bytes()))
}

fn record_call(session: &LiveSession, call_id: u32, hook: HookKind, events: Option<DeliveryEvents>) {
    let opening = opening(call_id, hook, &format!("/hooks/{hook}"), 204);
    assert!(session.recorder().submit(opening.call_id, Packed::new(&opening)));
    let verdict = Arc::new(judge_call(&opening, Some(timing(5)), None));
    let closing = Closing { timing: Some(timing(5)), verdict, problem: None, events: events.map(Arc::new) };
    session.recorder().close_call(opening.summary(&closing, true), closing);
}

#[test]
fn the_events_of_a_delivery_come_back_with_its_call_and_in_a_copy() {
    let dir = tempfile::tempdir().unwrap();
    let session = LiveSession::at(&dir.path().join("s.hookscope"), dir.path()).unwrap();
    record_call(&session, 1, HookKind::Token, None);
    record_call(&session, 3, HookKind::Event, None);
    record_call(&session, 5, HookKind::Event, Some(delivery(5, "b")));
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
    record_call(&session, next, HookKind::Event, Some(delivery(next, "b")));
    session.close().unwrap();
    let mut viewed = ViewedSession::open(&path, dir.path(), || {}).unwrap();
    viewed.wait();
    assert_eq!(viewed.index().len(), n_calls + 1);
    assert_eq!(viewed.index().get(CallId(next)).unwrap().events, EventCounts::new(2, 1));
}
