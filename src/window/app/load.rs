//! Counts the load of the session on screen, on a thread, now and then while calls come.

use std::time::{Duration, Instant};

use egui::Ui;

use super::App;
use super::pane::Pane;
use crate::call::{CallId, DailyEvents, Direction, Load, LoadCall, SessionId, Timestamp};
use crate::okta::HookKind;
use crate::session::Index;
use crate::window::panels::load::{self, EventsToday, LoadModel, LoadSummary, LoadWish, Span};

/// How the load stands, and what is asked of it.
#[derive(Default)]
pub struct LoadState {
    pub span: Span,
    report: Option<LoadReport>,
    is_counting: bool,
    counted_at: Option<Instant>,
}

/// What was counted.
pub struct LoadReport {
    of: Asked,
    load: Load,
    names: Vec<(u32, String)>,
    events: DailyEvents,
    took: Duration,
}

/// What a report is about: one that is about something else is counted anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked {
    session: SessionId,
    index_version: u64,
    span: Span,
    /// Minutes that have gone by, since calls leave a span by themselves.
    minute: i64,
}

/// Not more often than this while calls come.
const EVERY: Duration = Duration::from_secs(1);
/// Counting takes at most this share of a core, as one part of so many.
const SHARE: u32 = 20;
/// Stands for the calls on a path without endpoint.
const NO_ENDPOINT: u32 = u32::MAX;

/// Counts the calls of a session that are not hidden. `now` is where a span ends; none is the session's last call.
pub fn count(
    index: &Index,
    span: Span,
    now: Option<Timestamp>,
    mut events: DailyEvents,
) -> (Load, Vec<(u32, String)>, DailyEvents) {
    let mut last = Timestamp(i64::MIN);
    let hidden_through = index.hidden_through();
    let all = (CallId(1), CallId(u32::MAX));
    index.for_each(all.0, all.1, |row| {
        last = last.max(row.received_at());
        events.add(row.received_at(), row.events().n_new());
    });
    let since = span.micros().map(|micros| Timestamp(now.unwrap_or(last).0.saturating_sub(micros)));
    let mut calls = Vec::new();
    let mut symbols = std::collections::BTreeMap::new();
    index.for_each(all.0, all.1, |row| {
        let is_hidden = row.call_id <= hidden_through && !index.is_pinned(row.call_id);
        let is_noise = row.hook() == HookKind::Unknown && row.endpoint().is_none();
        // What is sent from here says nothing about Okta's load.
        let is_ours = row.is_replay() || row.direction() == Direction::Sent;
        if is_hidden || is_noise || is_ours || since.is_some_and(|since| row.received_at() < since) {
            return;
        }
        let endpoint = row.endpoint().map_or(NO_ENDPOINT, |symbol| symbol.number());
        symbols.insert(endpoint, row.endpoint());
        calls.push(LoadCall {
            endpoint,
            begun_at: row.begun_at(),
            total_us: row.total_us(),
            is_inline: !matches!(row.hook(), HookKind::Event | HookKind::Verification | HookKind::Unknown),
        });
    });
    let names = symbols.into_iter().map(|(endpoint, symbol)| {
        (endpoint, index.text(symbol).map_or_else(|| "no endpoint".to_owned(), |name| name.to_string()))
    });
    (Load::of(&calls), names.collect(), events)
}

impl App {
    /// Counts anew where there is something new, and it was not done a moment ago.
    pub(super) fn count_load(&mut self, ui: &Ui) {
        let now = super::now();
        let tab = self.tab();
        let asked = Asked {
            session: tab.session,
            index_version: tab.index.version(),
            span: self.load.span,
            minute: now.0 / 60_000_000,
        };
        let known = self.load.report.as_ref().map(|report| (report.of, report.took));
        // A minute that has gone by matters only where somebody looks.
        let is_same = known.is_some_and(|(of, _)| match self.pane == Pane::Load {
            true => of == asked,
            false => Asked { minute: asked.minute, ..of } == asked,
        });
        if is_same || self.load.is_counting {
            return;
        }
        let is_other = known.is_none_or(|(of, _)| of.session != asked.session || of.span != asked.span);
        let wait = known.map_or(Duration::ZERO, |(_, took)| EVERY.max(took * SHARE));
        let elapsed = self.load.counted_at.map_or(Duration::MAX, |at| at.elapsed());
        if !is_other && elapsed < wait {
            ui.request_repaint_after(wait - elapsed);
            return;
        }
        let (index, span) = (tab.index.clone(), self.load.span);
        let ends_at = (!tab.is_viewed()).then_some(now);
        let before = if tab.is_viewed() { DailyEvents::default() } else { self.events_before };
        let started = self.jobs.count(move || {
            let begun = Instant::now();
            let (load, names, events) = count(&index, span, ends_at, before);
            LoadReport { of: asked, load, names, events, took: begun.elapsed() }
        });
        self.load.counted_at = Some(Instant::now());
        match started {
            Ok(()) => self.load.is_counting = true,
            Err(error) => log::warn!("the load cannot be counted: {error}"),
        }
    }

    pub(super) fn take_load(&mut self, report: LoadReport) {
        self.load.is_counting = false;
        self.load.counted_at = Some(Instant::now());
        self.load.report = Some(report);
    }

    /// Before another session becomes the live one: the org's count goes on.
    pub(super) fn keep_events(&mut self) {
        if let Some(report) = self.load.report.as_ref().filter(|report| report.of.session == self.live.session) {
            self.events_before = report.events;
        }
    }

    fn load_report(&self) -> Option<&LoadReport> {
        self.load.report.as_ref().filter(|report| report.of.session == self.tab().session)
    }

    pub(super) fn events_today(&self) -> EventsToday {
        let Some(report) = self.load_report() else {
            return EventsToday::default();
        };
        let now = super::now();
        let anew_at = report.events.ends_at(now).map(|ends_at| {
            let minutes = ends_at.micros_since(now) / 60_000_000;
            let time = ends_at.time_of_day(&self.zone, false);
            let time = time.get(..5).unwrap_or(&time).to_owned();
            match minutes {
                60.. => format!("{time} (in {} h {} min)", minutes / 60, minutes % 60),
                _ => format!("{time} (in {minutes} min)"),
            }
        });
        EventsToday { n_events: report.events.n_events_at(now), anew_at }
    }

    pub(super) fn load_summary(&self) -> LoadSummary {
        LoadSummary {
            peak_in_flight: self.load_report().map_or(0, |report| report.load.slots.peak_in_flight),
            limit: self.settings.concurrency_limit,
            events: self.events_today(),
        }
    }

    fn load_model(&self) -> LoadModel {
        let report = self.load_report();
        let name = |endpoint: u32| {
            let found = report.and_then(|report| report.names.iter().find(|(known, _)| *known == endpoint));
            found.map(|(_, name)| name.clone()).unwrap_or_default()
        };
        let load = report.map(|report| report.load.clone()).unwrap_or_default();
        LoadModel {
            span: self.load.span,
            n_calls: load.n_calls,
            endpoints: load.endpoints.into_iter().map(|load| (name(load.endpoint), load)).collect(),
            slots: load.slots,
            limit: self.settings.concurrency_limit,
            events: self.events_today(),
            is_counting: report.is_none(),
            is_viewed: self.tab().is_viewed(),
        }
    }

    /// True where it is to be closed.
    pub(super) fn load_ui(&mut self, ui: &mut Ui) -> bool {
        let model = self.load_model();
        let mut is_closed = false;
        for wish in load::ui(&model, ui) {
            match wish {
                LoadWish::Span(span) => self.load.span = span,
                LoadWish::Limit(limit) => self.settings.concurrency_limit = limit,
                LoadWish::Close => is_closed = true,
            }
            ui.request_repaint();
        }
        is_closed
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::call::{Summary, test_record};

    #[test]
    fn calls_one_after_the_other_on_new_connections_are_one_in_flight() {
        let index = Index::default();
        let mut ended_at = 1_900_000_000_000_000;
        // Handshakes of any length: each is in the total, and before the first byte of its request.
        for (n, tls_us) in (1u32..).zip([900u32, 2_049, 5_003, 70_001, 1_234_567]) {
            // Opening a connection takes a way there and back before the handshake, which takes two: far more than a thousandth.
            let received_at = Timestamp(ended_at + i64::from(tls_us) + i64::from(tls_us.div_ceil(1_000)));
            ended_at = received_at.0 + 1_000;
            let summary = Summary {
                call_id: CallId(n),
                received_at,
                hook: HookKind::Token,
                total_us: Some(tls_us + 1_000),
                tls_us,
                ..test_record().summary()
            };
            index.insert(&summary);
        }
        let (load, ..) = count(&index, Span::Session, None, DailyEvents::default());
        assert_eq!((load.n_calls, load.slots.peak_in_flight), (5, 1));
    }
}
