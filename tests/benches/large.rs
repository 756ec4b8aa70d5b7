//! A session of 400,000 calls (an org's daily limit of events): memory, opening, filtering, drawing, clearing.
//!
//! `cargo bench --bench large`, or with another number of calls: `cargo bench --bench large -- 100000`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hookscope::call::{
    AuthReport, CallId, Direction, Headers, HttpVersion, Link, Opening, Request, Response, Timestamp, Timing,
    judge_call,
};
use hookscope::okta::HookKind;
use hookscope::session::{Filter, LiveSession, Packed, Search, ViewedSession};
use hookscope::window::command::Possible;
use hookscope::window::panels::calls::{self, CallsModel, ListState, RowModel};
use hookscope::window::theme;

/// Bytes of a request's body.
const BODY: usize = 6 * 1_024;

fn main() {
    let n_calls = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(400_000);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("large.hookscope");
    println!("| What | Measured |\n|---|---|");
    record(&path, dir.path(), n_calls);
    open(&path, dir.path(), n_calls);
}

fn say(what: &str, value: impl std::fmt::Display) {
    println!("| {what} | {value} |");
}

fn millis(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1_000.0)
}

/// A call whose body differs from every other one.
fn opening(n: u32) -> Opening {
    let event_id = format!("{n:08x}-7c1e-4a33-9f0e-3b1d0c2e7a41");
    let mut body =
        format!("{{\"eventType\":\"com.okta.oauth2.tokens.transform\",\"eventId\":\"{event_id}\",\"data\":{{");
    let mut salt = u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    while body.len() < BODY - 10 {
        salt = salt.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        body.push_str(&format!("\"claim{}\":\"{salt:x}\",", salt % 97));
    }
    body.push_str("\"z\":1}}");
    Opening {
        call_id: CallId(n),
        direction: Direction::Received,
        request: Request {
            received_at: Timestamp(1_932_000_000_000_000 + i64::from(n) * 1_000),
            peer: "127.0.0.1:50000".to_owned(),
            over_tls: true,
            tls: None,
            http_version: Some(HttpVersion::Http11),
            method: Some("POST".to_owned()),
            path: Some(format!("/hooks/{}", ["token", "event", "saml"][n as usize % 3])),
            query: None,
            headers: Headers::from_fields([
                ("Host", "localhost"),
                ("Content-Type", "application/json"),
                ("Authorization", "Basic b2t0YTpzZWNyZXQ="),
            ]),
            body_size: Some(body.len() as u64),
            body: Bytes::from(body),
            truncated: false,
        },
        hook: [HookKind::Token, HookKind::Event, HookKind::Saml][n as usize % 3],
        endpoint: Some(["token", "event", "saml"][n as usize % 3].into()),
        endpoint_hook: None,
        event_id: Some(event_id),
        link: Link::FIRST,
        replay_of: None,
        auth: AuthReport::NOT_CONFIGURED,
        response: Some(Response {
            status: if n.is_multiple_of(50) { 500 } else { 204 },
            headers: Headers::default(),
            body: Bytes::new(),
            rule: "default".into(),
            revision: 0,
        }),
        problem: None,
        oauth: None,
        decided: None,
        relay: None,
    }
}

fn record(path: &std::path::Path, data_dir: &std::path::Path, n_calls: u32) {
    let session = LiveSession::at(path, data_dir).unwrap();
    let recorder = session.recorder();
    let before = resident();
    let timing = Timing { read_us: 200, write_us: 90, ..Timing::default() };
    for n in 1..=n_calls {
        let opening = opening(n);
        while !recorder.submit(CallId(n), Packed::new(&opening)) {
            recorder.flush(Duration::from_secs(10));
        }
        let verdict = judge_call(&opening, Some(timing), None);
        let closing =
            hookscope::call::Closing { timing: Some(timing), verdict: Arc::new(verdict), problem: None, events: None };
        recorder.close_call(opening.summary(&closing, true), closing);
        if n % 2_000 == 0 {
            recorder.flush(Duration::from_secs(30));
        }
    }
    recorder.flush(Duration::from_secs(60));
    let index = session.index();
    say(
        "Memory that each recorded call of 6 KB keeps, as the index counts it",
        format!("{} bytes", index.bytes() / n_calls as usize),
    );
    say(
        "The same as the system counts it, recorder and all",
        format!("{} bytes", resident().saturating_sub(before) / n_calls as usize),
    );
    session.close().unwrap();
}

/// Resident memory of this process in bytes, where the system tells.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<usize>().ok()).unwrap_or(0) * 1_024
}

fn open(path: &std::path::Path, data_dir: &std::path::Path, n_calls: u32) {
    let begun = Instant::now();
    let mut session = ViewedSession::open(path, data_dir, || {}).unwrap();
    say("Open to first rows", millis(begun.elapsed()));
    session.wait();
    say("Open to complete index", millis(begun.elapsed()));
    let index = session.index();
    assert_eq!(index.len(), n_calls as usize);
    for text in ["hook:token", "status:5xx -late", "path:saml", "7c1e-4a33-9f", "outcome:unchanged >1ms"] {
        let begun = Instant::now();
        let mut search = Search::new(Filter::parse(text).unwrap());
        search.update(&index);
        say(&format!("Filter `{text}`, {} found", search.ids().len()), millis(begun.elapsed()));
    }
    let mut search = Search::new(Filter::default());
    search.update(&index);
    frames(&index, &search);
    let begun = Instant::now();
    session.reader().record(CallId(n_calls / 2)).unwrap().unwrap();
    say("Read one call", millis(begun.elapsed()));
    drop(session);

    let live = LiveSession::at(path, data_dir).unwrap();
    let begun = Instant::now();
    live.recorder().clear();
    let index = live.index();
    let mut search = Search::new(Filter::default());
    search.update(&index);
    live.recorder().flush(Duration::from_secs(10));
    assert!(search.ids().is_empty());
    say("Clear", millis(begun.elapsed()));
    let begun = Instant::now();
    live.close().unwrap();
    say("Close after it, rows removed", millis(begun.elapsed()));
}

/// CPU to build the list's frame while it is scrolled through the whole session.
fn frames(index: &hookscope::session::Index, search: &Search) {
    let ctx = egui::Context::default();
    theme::install(&ctx);
    let mut list = ListState::default();
    let zone = jiff::tz::TimeZone::UTC;
    let mut times = Vec::new();
    for n in 0..600u32 {
        list.reveal((n as usize * 7_919) % search.ids().len());
        let input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1_600.0, 1_000.0))),
            time: Some(f64::from(n) / 60.0),
            ..Default::default()
        };
        let begun = Instant::now();
        let output = ctx.run_ui(input, |ui| {
            let rows = |row_idx: usize| {
                let call_id = search.ids()[row_idx];
                let summary = index.get(call_id).unwrap();
                RowModel::new(&summary, &zone, index.is_pinned(call_id), index.note(call_id), index.has_retry(call_id))
            };
            let model = CallsModel {
                n_rows: search.ids().len(),
                rows: &rows,
                opened: &[],
                selected: None,
                is_selected: &|_| false,
                selected_event: None,
                possible: &|_| Possible::default(),
                generation: 0,
                compact: false,
            };
            calls::ui(&model, &mut list, ui);
        });
        let shapes = ctx.tessellate(output.shapes.clone(), 1.0);
        times.push(begun.elapsed());
        drop(shapes);
        output.drop_without_applying_deltas();
    }
    times.sort();
    say("Build and tessellate one frame of the list, median", millis(times[times.len() / 2]));
    say("The same, 99th percentile", millis(times[times.len() * 99 / 100]));
}
