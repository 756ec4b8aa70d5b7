//! One event beneath an opened delivery: what it says, and how it is painted.

use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Align2, Color32, FontId, Rect, Response, Ui, pos2, vec2};
use jiff::tz::TimeZone;

use super::Columns;
use crate::call::{CallId, DeliveryEvents, Timestamp};
use crate::okta::{self, EventView, Party};
use crate::window::icons::Icon;
use crate::window::theme::{self, Palette};

/// An event as its row shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    pub call_id: CallId,
    /// Its place in `data.events`.
    pub event_idx: usize,
    /// `06:07:08.910`; what came, where that is no time.
    pub time: String,
    pub event_type: String,
    /// `Ada Quill → Bo Tern, Crew`
    pub who: String,
    /// `outcome.result` as it came; empty where there is none.
    pub outcome: String,
    /// `duplicate of call 3`, `out of order`; empty where it is neither.
    pub mark: String,
    /// Everything, for a look from near.
    pub about: String,
    /// What it is called: `Event 2 of call 7, user.lifecycle.create, SUCCESS`.
    pub name: String,
}

/// A delivery whose events are shown beneath it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Position among the calls that are shown.
    pub row_idx: usize,
    pub events: Arc<[EventRow]>,
}

impl EventRow {
    /// The events of a delivery in the order in which they happened. `known` is what is to be said of them.
    pub fn of_delivery(
        call_id: CallId,
        body: &[u8],
        known: Option<&DeliveryEvents>,
        zone: &TimeZone,
    ) -> Arc<[EventRow]> {
        okta::events(body)
            .iter()
            .map(|event| {
                let note = known.and_then(|known| known.notes.get(event.event_idx));
                let duplicate_of = note.and_then(|note| note.duplicate_of);
                let older_than = note.and_then(|note| note.older_than);
                EventRow::new(call_id, event, duplicate_of, older_than, zone)
            })
            .collect()
    }

    fn new(
        call_id: CallId,
        event: &EventView,
        duplicate_of: Option<CallId>,
        older_than: Option<CallId>,
        zone: &TimeZone,
    ) -> EventRow {
        let published = event.published.as_deref().unwrap_or_default();
        let time = match published.parse::<jiff::Timestamp>() {
            Ok(time) => Timestamp(time.as_microsecond()).time_of_day(zone, true),
            Err(_) if published.is_empty() => "no time".to_owned(),
            Err(_) => published.chars().take(16).collect(),
        };
        let event_type = event.event_type.clone().unwrap_or_else(|| "no eventType".to_owned());
        let outcome = event.outcome.clone().unwrap_or_default();
        let mark = match (duplicate_of, older_than) {
            (Some(first), _) if first == call_id => "twice in this call".to_owned(),
            (Some(first), _) => format!("duplicate of call {first}"),
            (None, Some(_)) => "out of order".to_owned(),
            (None, None) => String::new(),
        };
        let n = event.event_idx + 1;
        let mut name = format!("Event {n} of call {call_id}, {event_type}");
        for part in [&outcome, &mark].into_iter().filter(|part| !part.is_empty()) {
            name.push_str(", ");
            name.push_str(part);
        }
        let actor = event.actor.as_ref().map(shown);
        let targets: Vec<&str> = event.targets.iter().map(shown).collect();
        let who = match (actor, targets.is_empty()) {
            (Some(actor), true) => actor.to_owned(),
            (Some(actor), false) => format!("{actor} → {}", targets.join(", ")),
            (None, true) => String::new(),
            (None, false) => format!("→ {}", targets.join(", ")),
        };
        let about = about(event, duplicate_of.map(|first| (first, call_id)), older_than);
        EventRow { call_id, event_idx: event.event_idx, time, event_type, who, outcome, mark, about, name }
    }
}

/// The name of a party, as people know it.
fn shown(party: &Party) -> &str {
    let known = |text: &Option<String>| text.as_deref().filter(|text| !text.is_empty() && *text != "unknown").is_some();
    let of = |text| if known(text) { text.as_deref() } else { None };
    of(&party.display_name).or(of(&party.alternate_id)).or(of(&party.id)).unwrap_or("unnamed")
}

fn about(event: &EventView, duplicate: Option<(CallId, CallId)>, older_than: Option<CallId>) -> String {
    let mut lines = Vec::new();
    let mut add = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            lines.push(format!("{name}: {value}"));
        }
    };
    add("What", event.display_message.as_deref());
    add("Published", event.published.as_deref());
    add("Severity", event.severity.as_deref());
    add("Reason", event.reason.as_deref());
    let whole = |party: &Party| {
        let ids = [&party.kind, &party.id, &party.alternate_id];
        let ids: Vec<&str> = ids.into_iter().flatten().map(String::as_str).collect();
        format!("{} ({})", shown(party), ids.join(", "))
    };
    add("Actor", event.actor.as_ref().map(whole).as_deref());
    for target in &event.targets {
        add("Target", Some(&whole(target)));
    }
    add("uuid", event.uuid.as_deref());
    match duplicate {
        Some((first, own)) if first == own => lines.push("The same uuid stands in this delivery before".to_owned()),
        Some((first, _)) => lines.push(format!("The same uuid came before, in call {first}")),
        None => {}
    }
    if let Some(call_id) = older_than {
        lines.push(format!("An event published later for the same target came before, in call {call_id}"));
    }
    lines.join("\n")
}

/// The color of an outcome of Okta's, which stands beside its word.
fn outcome_color(outcome: &str, palette: &Palette) -> Color32 {
    match outcome {
        "SUCCESS" | "ALLOW" => palette.applied,
        "FAILURE" | "DENY" => palette.refused,
        "RATE_LIMIT" | "CHALLENGE" | "ABANDONED" | "UNANSWERED" => palette.ignored,
        _ => palette.secondary,
    }
}

/// `06:07:08.910` in Hack 12.5, with room after it.
const TIME: f32 = 104.0;
/// The longest outcome that is common, `SUCCESS`.
const OUTCOME: f32 = 72.0;
/// Less than this of a name says nothing, in points.
const LEAST_WHO: f32 = 56.0;

pub(super) fn paint(ui: &Ui, event: &EventRow, rect: Rect, columns: &Columns, selected: bool) {
    let palette = theme::palette(ui);
    let y = rect.center().y;
    Icon::CornerDownRight.paint(ui.painter(), pos2(columns.time + 6.0, y), 13.0, palette.secondary);
    let start = columns.time + 20.0;
    // Clear of the scroll bar.
    let end = columns.chips.max - 6.0;
    text(ui, (start, y), &event.time, theme::code(), palette.secondary, TIME);
    let color = outcome_color(&event.outcome, palette);
    let color = if selected { palette.on_selected(color) } else { color };
    let painted = ui.painter().text(pos2(end, y), Align2::RIGHT_CENTER, &event.outcome, theme::secondary(), color);
    let mut right = painted.left().min(end - OUTCOME) - 10.0;
    if !event.mark.is_empty() {
        let color = if selected { palette.on_selected(palette.ignored) } else { palette.ignored };
        let painted = ui.painter().text(pos2(right, y), Align2::RIGHT_CENTER, &event.mark, theme::secondary(), color);
        right = painted.left() - 10.0;
    }
    let type_start = start + TIME;
    let used = text(ui, (type_start, y), &event.event_type, theme::code(), palette.text, right - type_start);
    let who_start = type_start + used + 12.0;
    if right - who_start >= LEAST_WHO {
        text(ui, (who_start, y), &event.who, theme::body(), palette.secondary, right - who_start);
    }
}

/// Paints a text that ends in … where it does not fit; gives the width that it took.
fn text(ui: &Ui, left_center: (f32, f32), text: &str, font: FontId, color: Color32, width: f32) -> f32 {
    if width < 12.0 || text.is_empty() {
        return 0.0;
    }
    let mut job = LayoutJob::default();
    job.append(text, 0.0, TextFormat::simple(font, color));
    job.wrap = TextWrapping::truncate_at_width(width);
    let galley = ui.painter().layout_job(job);
    let size = galley.size();
    ui.painter().galley(pos2(left_center.0, left_center.1 - size.y / 2.0), galley, color);
    size.x
}

/// Says the whole event on hover.
pub(super) fn hover_ui(event: &EventRow, rect: Rect, response: &Response) {
    let Some(pointer) = response.hover_pos() else {
        return;
    };
    let anchor = Rect::from_min_size(pos2(pointer.x, rect.top()), vec2(1.0, rect.height()));
    let text = format!("{}\n{}", event.event_type, event.about);
    response.clone().with_new_rect(anchor).on_hover_text(text);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::call::{EventLedger, delivery_keys};

    fn delivery(events: &str) -> String {
        format!(r#"{{"eventType":"com.okta.event_hook","data":{{"events":[{events}]}}}}"#)
    }

    const LATER: &str = r#"{"uuid":"b","published":"2031-04-05T06:07:09.000Z","eventType":"user.lifecycle.activate",
        "outcome":{"result":"FAILURE","reason":"x"},"target":[{"id":"00u1","displayName":"Bo"}]}"#;
    const EARLIER: &str = r#"{"uuid":"a","published":"2031-04-05T06:07:08.910Z","eventType":"user.lifecycle.create",
        "outcome":{"result":"SUCCESS"},"actor":{"displayName":"Ada Quill"},
        "target":[{"id":"00u1","displayName":"Bo"},{"id":"00g1","alternateId":"unknown"}]}"#;

    #[test]
    fn events_are_in_the_order_in_which_they_happened_and_say_who_did_what() {
        let body = delivery(&format!("{LATER},{EARLIER}"));
        let rows = EventRow::of_delivery(CallId(7), body.as_bytes(), None, &TimeZone::UTC);
        assert_eq!(rows[0].time, "06:07:08.910");
        assert_eq!((rows[0].event_idx, &*rows[0].who), (1, "Ada Quill → Bo, 00g1"));
        assert_eq!(rows[0].name, "Event 2 of call 7, user.lifecycle.create, SUCCESS");
        assert_eq!((&*rows[1].outcome, &*rows[1].who), ("FAILURE", "→ Bo"));
    }

    #[test]
    fn duplicates_and_events_out_of_order_are_marked() {
        let mut ledger = EventLedger::default();
        let first = delivery(LATER);
        ledger.arrive(CallId(3), delivery_keys(first.as_bytes()));
        let body = delivery(&format!("{EARLIER},{LATER}"));
        let known = ledger.arrive(CallId(7), delivery_keys(body.as_bytes()));
        let rows = EventRow::of_delivery(CallId(7), body.as_bytes(), Some(&known), &TimeZone::UTC);
        assert_eq!((&*rows[0].mark, &*rows[1].mark), ("out of order", "duplicate of call 3"));
        assert!(rows[1].name.ends_with("FAILURE, duplicate of call 3"), "{}", rows[1].name);
        assert!(rows[0].about.contains("in call 3") && rows[1].about.contains("in call 3"));
    }

    #[test]
    fn an_event_with_nothing_in_it_still_has_a_row() {
        let body = delivery("{}");
        let rows = EventRow::of_delivery(CallId(7), body.as_bytes(), None, &TimeZone::UTC);
        assert_eq!(rows.len(), 1);
        assert_eq!((&*rows[0].time, &*rows[0].event_type, &*rows[0].who), ("no time", "no eventType", ""));
    }
}
