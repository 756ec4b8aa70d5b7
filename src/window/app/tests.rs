//! The window over a real session: deliveries that open, what a repeated call says, and the load.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod compare;
mod hold;
mod okta;
mod rules;
mod several;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use bytes::Bytes;
use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::{App, AppParts};
use crate::call::{
    CallId, Closing, EventLedger, Headers, Links, Opening, Request, Response, Timestamp, Timing, answer_of,
    delivery_keys, judge_call, test_record,
};
use crate::engine::{self, Engine, EngineOptions, SessionChoice};
use crate::okta::{HookKind, Repeat};
use crate::session::{LiveSession, Packed};
use crate::window::theme;

/// How long something on another thread may take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Records calls as the engine does, without a network.
struct Recording {
    session: LiveSession,
    links: Links,
    ledger: EventLedger,
    n_calls: u32,
    at: i64,
}

impl Recording {
    fn call(&mut self, hook: HookKind, event_id: &str, body: &str, status: u16, total_ms: u32, gap_ms: i64) {
        self.n_calls += 1;
        self.at += gap_ms * 1_000;
        let (call_id, received_at) = (CallId(self.n_calls), Timestamp(self.at));
        let arrival = self.links.arrive(call_id, hook, Some(event_id), None, received_at);
        let is_event = hook == HookKind::Event;
        let events = is_event.then(|| Arc::new(self.ledger.arrive(call_id, delivery_keys(body.as_bytes()))));
        let Opening { request, response, .. } = test_record().opening;
        let opening = Opening {
            call_id,
            request: Request {
                received_at,
                path: Some(format!("/hooks/{hook}")),
                headers: Headers::default(),
                body: Bytes::copy_from_slice(body.as_bytes()),
                body_size: None,
                ..request
            },
            hook,
            endpoint: Some(hook.as_str().into()),
            endpoint_hook: None,
            event_id: Some(event_id.to_owned()),
            link: arrival.link,
            response: response.map(|response| Response { status, ..response }),
            ..test_record().opening
        };
        let timing = Timing { write_us: total_ms * 1_000, ..Timing::default() };
        let mut verdict = judge_call(&opening, Some(timing), None);
        verdict.findings.extend(arrival.repeat.iter().flat_map(Repeat::findings));
        verdict.findings.extend(events.iter().flat_map(|events| events.seen().findings()));
        let closing = Closing { timing: Some(timing), verdict: Arc::new(verdict), problem: None, events };
        self.session.recorder().submit(call_id, Packed::new(&opening));
        let summary = opening.summary(&closing, true);
        self.links.end(call_id, hook, Some(event_id), None, answer_of(&summary));
        self.session.recorder().close_call(summary, closing);
    }
}

const LATER: &str = r#"{"uuid":"b","published":"2031-04-05T06:07:09.000Z","eventType":"user.lifecycle.activate",
    "outcome":{"result":"FAILURE"},"target":[{"id":"00u1","type":"User","displayName":"Bo"}]}"#;
const EARLIER: &str = r#"{"uuid":"a","published":"2031-04-05T06:07:08.910Z","eventType":"user.lifecycle.create",
    "outcome":{"result":"SUCCESS"},"target":[{"id":"00u1","type":"User","displayName":"Bo"}]}"#;

fn delivery(event_id: &str, events: &[&str]) -> String {
    let events = events.join(",");
    format!(r#"{{"eventType":"com.okta.event_hook","eventId":"{event_id}","data":{{"events":[{events}]}}}}"#)
}

/// A window over a session with two deliveries, a call and its retry, and three slow calls at once.
fn window(dir: &std::path::Path) -> Harness<'static, App> {
    window_with(dir, "format = 1\n")
}

fn window_with(dir: &std::path::Path, workspace: &str) -> Harness<'static, App> {
    let mut recording = Recording {
        session: LiveSession::working(dir).unwrap(),
        links: Links::default(),
        ledger: EventLedger::default(),
        n_calls: 0,
        at: super::now().0 - 60_000_000,
    };
    recording.call(HookKind::Event, "e-1", &delivery("e-1", &[LATER, EARLIER]), 204, 2, 0);
    recording.call(HookKind::Event, "e-2", &delivery("e-2", &[EARLIER]), 204, 2, 1_000);
    recording.call(HookKind::Saml, "s-1", "{}", 500, 5, 1_000);
    recording.call(HookKind::Saml, "s-1", "{}", 204, 5, 412);
    for n in 0..3 {
        recording.call(HookKind::Token, &format!("t-{n}"), "{}", 204, 1_600, 10);
    }
    recording.session.close().unwrap();

    // One of its own, so that what is on this machine does not matter.
    let workspace_path = dir.join("workspace.toml");
    std::fs::write(&workspace_path, workspace).unwrap();
    let (workspace, _) = engine::open_workspace(Some(&workspace_path)).unwrap();
    let wake: engine::Wake = Arc::new(|| {});
    let options = EngineOptions {
        data_dir: dir.to_owned(),
        workspace,
        save_workspace: false,
        session: SessionChoice::Working,
        certificate: None,
        wake: wake.clone(),
        sink: None,
    };
    let (engine, feed) = Engine::start(options).unwrap();
    let (data_dir, is_awake) = (dir.to_owned(), Arc::new(AtomicBool::new(false)));
    let said = Vec::new();
    let mut harness =
        Harness::builder().with_size([1_600.0, 1_000.0]).with_context_setup(theme::install).build_eframe(|created| {
            App::new(&created.egui_ctx, AppParts { engine, feed, data_dir, is_awake, wake, viewed: None, said })
        });
    until(&mut harness, |harness| harness.query_all_by_label("token /hooks/token 204 unchanged").count() == 3);
    harness
}

/// The same, listening on a free port.
fn listening(dir: &std::path::Path, workspace: &str) -> Harness<'static, App> {
    let workspace = workspace.replacen('\n', "\n[listener]\nhttps = \"127.0.0.1:0\"\n", 1);
    let mut harness = window_with(dir, &workspace);
    harness.state_mut().command_engine(engine::Command::StartListening);
    until(&mut harness, |harness| harness.state().address().is_some());
    harness
}

/// Draws frames until something is there.
fn until(harness: &mut Harness<'static, App>, is_there: impl Fn(&Harness<'static, App>) -> bool) {
    let begun = Instant::now();
    while !is_there(harness) {
        assert!(begun.elapsed() < PATIENCE, "it did not come");
        std::thread::yield_now();
        harness.step();
    }
}

fn top_of(harness: &Harness<'_, App>, name: &str) -> f32 {
    harness.get_by_label(name).rect().top()
}

const FIRST: &str = "Event 2 of call 1, user.lifecycle.create, SUCCESS, out of order";
const SECOND: &str = "Event 1 of call 1, user.lifecycle.activate, FAILURE";
const AGAIN: &str = "Event 1 of call 2, user.lifecycle.create, SUCCESS, duplicate of call 1";

#[test]
fn the_events_of_a_delivery_stand_beneath_it_in_the_order_in_which_they_happened() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window(dir.path());
    harness.get_by_label("Show events of call 2").click();
    harness.run_ok();
    let below = top_of(&harness, AGAIN);
    harness.get_by_label("Show events of call 1").click();
    harness.run_ok();
    assert!(top_of(&harness, FIRST) < top_of(&harness, SECOND));
    assert_eq!(top_of(&harness, AGAIN), below + 2.0 * theme::ROW_HEIGHT);

    harness.get_by_label(SECOND).click();
    harness.run_ok();
    assert_eq!(harness.state().tab().selected, Some(CallId(1)));
    assert_eq!(harness.get_by_label(SECOND).accesskit_node().is_selected(), Some(true));
    harness.get_by_label("Close /data/events/0");

    harness.get_by_label("Hide events of call 1").click();
    harness.run_ok();
    assert!(harness.query_by_label(FIRST).is_none());
}

#[test]
fn the_arrows_open_a_delivery_lead_through_its_events_and_close_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window(dir.path());
    let press = |harness: &mut Harness<'static, App>, key: Key| {
        harness.key_press(key);
        harness.run_ok();
    };
    press(&mut harness, Key::Home);
    press(&mut harness, Key::ArrowRight);
    harness.get_by_label(FIRST);
    press(&mut harness, Key::ArrowDown);
    press(&mut harness, Key::ArrowDown);
    assert_eq!(harness.get_by_label(SECOND).accesskit_node().is_selected(), Some(true));
    press(&mut harness, Key::ArrowDown);
    assert_eq!(harness.state().tab().selected, Some(CallId(2)));
    press(&mut harness, Key::ArrowUp);
    press(&mut harness, Key::ArrowLeft);
    assert_eq!((harness.state().tab().selected, harness.state().tab().selected_event), (Some(CallId(1)), None));
    press(&mut harness, Key::ArrowLeft);
    assert!(harness.query_by_label(FIRST).is_none());
}

#[test]
fn the_history_says_which_attempt_it_is_and_whether_it_was_expected() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window(dir.path());
    harness.get_by_label("saml /hooks/saml 204 unchanged").click();
    harness.run_ok();
    harness.get_by_label("History").click();
    harness.run_ok();
    harness.get_by_label("Attempt 2 of 2: it came 412 ms after call 3, with the same eventId");
    harness.get_by_label_contains("A retry was expected: call 3 was answered 500");
    harness.get_by_label("Call 3").click();
    harness.run_ok();
    harness.get_by_label("Attempt 1 of 2: call 4 came 412 ms later, with the same eventId");
}

#[test]
fn the_load_shows_latency_slots_and_the_events_of_the_day() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window(dir.path());
    harness.key_press(Key::L);
    until(&mut harness, |harness| harness.query_by_label("3 in flight at most, of 75").is_some());
    harness.get_by_label("Load of token, 3 calls, 3.0 a minute, p50 1.60 s, p95 1.60 s, p99 1.60 s");
    harness.get_by_label("2 of 400,000 events");
    harness.get_by_label("Limit of 35 slots").click();
    harness.run_ok();
    harness.get_by_label("3 in flight at most, of 35");
    assert_eq!(harness.state().settings.concurrency_limit, 35);
    harness.get_by_label("Close load").click();
    harness.run_ok();
    assert!(harness.query_by_label("Close load").is_none());
}
