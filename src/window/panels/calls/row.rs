//! One row of the list: what it says, and how it is painted.

use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat};
use egui::{Align2, Color32, FontId, Rangef, Rect, Response, Ui, Vec2, pos2, vec2};
use jiff::tz::TimeZone;

use super::Columns;
use crate::call::{AuthResult, BUDGET, CallId, Direction, EventCounts, Summary, Timestamp, WithTunnel, probe_nonce};
use crate::okta::HookKind;
use crate::window::controls::cut_middle;
use crate::window::icons::Icon;
use crate::window::marks::{Budget, Mark, paint_budget, paint_mark};
use crate::window::theme::{self, Palette};

/// What a row shows.
#[derive(Clone, Debug, PartialEq)]
pub struct RowModel {
    pub call_id: CallId,
    pub mark: Mark,
    /// `06:07:08`
    pub time: String,
    pub hook: HookKind,
    /// What stands in the place of the kind where it is known what was asked for, though it is no hook call.
    pub in_place_of_hook: Option<&'static str>,
    /// Set for a delivery whose events can be shown beneath it.
    pub events: Option<EventCounts>,
    /// The path, or what is known of a connection that never became a request.
    pub path: Arc<str>,
    /// None where nothing was answered.
    pub status: Option<u16>,
    /// None where there is nothing to measure.
    pub used: Option<Used>,
    pub auth: AuthResult,
    /// What ties it to other calls: `2 of 2`, `duplicate`, `replay`, `sent, 2 of 2`.
    pub tie: Option<&'static str>,
    pub pinned: bool,
    /// Empty where there is none.
    pub note: Arc<str>,
    /// False while the call is not yet in the session file.
    pub recorded: bool,
    /// What it is called: `token /hooks/token 200 applied`.
    pub name: String,
}

/// How much time was used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Used {
    pub total_us: u32,
    pub budget: Budget,
    /// What the tunnel adds, in microseconds, where that is to be shown.
    pub tunnel_us: Option<u32>,
}

/// What a row is called: kind, path, status and outcome. A call without answer says so; a connection that never became a request
/// has `-` for its path and its problem for its status.
pub fn call_name(summary: &Summary) -> String {
    let path = summary.path.as_deref().unwrap_or("-");
    let status = match (summary.status, summary.problem) {
        (Some(status), _) => status.to_string(),
        (None, Some(problem)) if summary.path.is_none() => problem.as_str().to_owned(),
        (None, _) => "no answer".to_owned(),
    };
    format!("{} {path} {status} {}", summary.hook, summary.outcome.as_str())
}

/// A request for an access token is the only one without an endpoint whose credential is checked.
fn in_place_of_hook(summary: &Summary) -> Option<&'static str> {
    let is_other = summary.hook == HookKind::Unknown && summary.endpoint.is_none();
    let path = summary.path.as_deref().filter(|_| is_other)?;
    if probe_nonce(path).is_some() {
        return Some("not a hook");
    }
    (summary.auth != AuthResult::NotConfigured && path.ends_with("/token")).then_some("token request")
}

impl RowModel {
    /// The row of a call that has ended. `followed_by_retry` is true where Okta sent it again.
    pub fn new(
        summary: &Summary,
        zone: &TimeZone,
        pinned: bool,
        note: Option<Arc<str>>,
        followed_by_retry: bool,
    ) -> RowModel {
        let path = match (&summary.path, summary.problem) {
            (Some(path), _) => Arc::clone(path),
            (None, Some(problem)) => problem.as_str().into(),
            (None, None) => "-".into(),
        };
        let tie = match () {
            () if summary.direction == Direction::Sent && summary.link.attempt > 1 => Some("sent, 2 of 2"),
            () if summary.direction == Direction::Sent => Some("sent"),
            () if summary.link.attempt > 1 => Some("2 of 2"),
            () if summary.link.duplicate_of.is_some() => Some("duplicate"),
            () if followed_by_retry => Some("1 of 2"),
            () if summary.replay_of.is_some() => Some("replay"),
            () if summary.path.as_deref().and_then(probe_nonce).is_some() => Some("tunnel test"),
            () => None,
        };
        RowModel {
            call_id: summary.call_id,
            mark: Mark::Outcome(summary.outcome),
            time: summary.received_at.time_of_day(zone, false),
            hook: summary.hook,
            in_place_of_hook: in_place_of_hook(summary),
            events: (summary.hook == HookKind::Event && summary.events.n_events() != Some(0)).then_some(summary.events),
            path,
            status: summary.status,
            used: summary.counted_us().map(|total_us| {
                let token_us = summary.token.map_or(0, |token| token.counted_us());
                Used { budget: Budget::used(total_us).after_token(token_us), ..Used::new(total_us) }
            }),
            auth: summary.auth,
            tie,
            pinned,
            note: note.unwrap_or_default(),
            recorded: summary.recorded,
            name: call_name(summary),
        }
    }

    /// The row of a call that has not ended; `now` is when the frame is drawn.
    pub fn under_way(
        call_id: CallId,
        received_at: Timestamp,
        hook: HookKind,
        path: &str,
        now: Timestamp,
        zone: &TimeZone,
    ) -> RowModel {
        let total_us = u32::try_from(now.micros_since(received_at).max(0)).unwrap_or(u32::MAX);
        let share = total_us as f32 / BUDGET.as_micros() as f32;
        RowModel {
            call_id,
            mark: Mark::UnderWay,
            time: received_at.time_of_day(zone, false),
            hook,
            in_place_of_hook: None,
            events: None,
            path: path.into(),
            status: None,
            used: Some(Used { budget: Budget { running: true, ..Budget::of_share(share) }, ..Used::new(total_us) }),
            auth: AuthResult::NotConfigured,
            tie: None,
            pinned: false,
            note: Arc::default(),
            recorded: true,
            name: format!("{hook} {path} under way"),
        }
    }

    pub fn is_running(&self) -> bool {
        self.mark == Mark::UnderWay
    }

    /// The same row, with what the tunnel adds in microseconds.
    pub fn with_tunnel(self, tunnel_us: u32) -> RowModel {
        RowModel { used: self.used.map(|used| used.with_tunnel(tunnel_us)), ..self }
    }
}

impl Used {
    /// A call that took so many microseconds.
    pub fn new(total_us: u32) -> Used {
        Used { total_us, budget: Budget::used(total_us), tunnel_us: None }
    }

    fn with_tunnel(self, tunnel_us: u32) -> Used {
        Used { budget: self.budget.with_tunnel(tunnel_us), tunnel_us: Some(tunnel_us), ..self }
    }
}

/// The time that was used and its unit: `212` `ms`, `3.14` `s`.
pub fn used_text(total_us: u32) -> (String, &'static str) {
    match total_us {
        0..1_000 => (format!("{:.1}", f64::from(total_us) / 1_000.0), "ms"),
        1_000..1_000_000 => ((total_us / 1_000).to_string(), "ms"),
        // Cut, not rounded: 2.999 s were in time, and must not look like 3.00.
        _ => (format!("{}.{:02}", total_us / 1_000_000, total_us % 1_000_000 / 10_000), "s"),
    }
}

/// Paints a row. Gives where its events are opened and closed, if it has some.
pub(super) fn paint(ui: &Ui, row: &RowModel, rect: Rect, columns: &Columns, selected: bool) -> Option<Rect> {
    let palette = theme::palette(ui);
    let painter = ui.painter();
    let y = rect.center().y;
    let text = |x: f32, align: Align2, text: &str, font: FontId, color: Color32| {
        painter.text(pos2(x, y), align, text, font, color);
    };
    paint_mark(painter, Rect::from_center_size(pos2(columns.mark, y), Vec2::splat(12.0)), row.mark, palette);
    text(columns.time, Align2::LEFT_CENTER, &row.time, theme::code(), palette.secondary);
    let place = pos2(columns.hook.min, y);
    let hook = match row.in_place_of_hook {
        None => painter.text(place, Align2::LEFT_CENTER, row.hook, theme::body(), palette.text),
        Some(said) => painter.text(place, Align2::LEFT_CENTER, said, theme::body(), palette.secondary),
    };
    let chevron = row.events.map(|events| {
        let mut right = hook.right();
        if let Some(n_events) = events.n_events().filter(|n_events| *n_events > 1) {
            let place = pos2(right + 4.0, y);
            let count = format!("×{n_events}");
            right = painter.text(place, Align2::LEFT_CENTER, count, theme::body(), palette.secondary).right();
        }
        Rect::from_center_size(pos2(right + 10.0, y), vec2(20.0, 22.0))
    });
    text(columns.path.min, Align2::LEFT_CENTER, &shown_path(ui, row, columns), theme::code(), palette.secondary);
    match row.status {
        Some(status) => text(columns.status, Align2::RIGHT_CENTER, &status.to_string(), theme::code(), palette.text),
        None if row.is_running() => {}
        None => text(columns.status, Align2::RIGHT_CENTER, "—", theme::code(), palette.secondary),
    }
    if let Some(used) = row.used {
        paint_budget(painter, Rect::from_x_y_ranges(columns.bar, rect.y_range()), used.budget, palette);
        paint_used(ui, used, pos2(columns.used, y), palette, selected);
    }
    let credential = credential(row, palette);
    if let Some((icon, color, _)) = credential {
        icon.paint(painter, pos2(columns.credential, y), 14.0, color);
    }
    paint_chips(ui, row, columns.chips, y, palette);
    chevron
}

fn paint_used(ui: &Ui, used: Used, right: egui::Pos2, palette: &Palette, selected: bool) {
    let (number, unit) = used_text(used.total_us);
    let late = used.budget.is_late();
    let number_color = match late {
        true if selected => palette.on_tint(palette.refused, palette.panel),
        true => palette.refused,
        false if used.budget.is_late_by_tunnel() && selected => palette.on_selected(palette.ignored),
        false if used.budget.is_late_by_tunnel() => palette.ignored,
        false => palette.text,
    };
    let unit_color = if late { number_color } else { palette.secondary };
    let mut job = LayoutJob::default();
    job.append(&number, 0.0, TextFormat::simple(theme::code(), number_color));
    job.append(&format!(" {unit}"), 0.0, TextFormat::simple(theme::code(), unit_color));
    let galley = ui.painter().layout_job(job);
    let rect = Align2::RIGHT_CENTER.anchor_size(right, galley.size());
    ui.painter().galley(rect.min, galley, palette.text);
}

fn paint_chips(ui: &Ui, row: &RowModel, x: Rangef, y: f32, palette: &Palette) {
    let mut left = x.min;
    let icons = [(row.pinned, Icon::Pin), (!row.note.is_empty(), Icon::StickyNote), (!row.recorded, Icon::Clock)];
    for (_, icon) in icons.into_iter().filter(|(is_shown, _)| *is_shown) {
        icon.paint(ui.painter(), pos2(left + 7.0, y), 13.0, palette.secondary);
        left += 18.0;
    }
    let Some(tie) = row.tie else {
        return;
    };
    let lay_out = |text: &str| ui.painter().layout_no_wrap(text.to_owned(), theme::secondary(), palette.secondary);
    // Half a word would say nothing: where the whole has no room, its short form stands, and the hover says it all.
    let galley = [tie, short_tie(tie)].into_iter().map(lay_out).find(|galley| left + galley.size().x <= x.max);
    if let Some(galley) = galley {
        ui.painter().galley(pos2(left, y - galley.size().y / 2.0), galley, palette.secondary);
    }
}

/// What ties a call to others, where there is little room.
fn short_tie(tie: &'static str) -> &'static str {
    match tie {
        "1 of 2" => "1/2",
        "2 of 2" | "sent, 2 of 2" => "2/2",
        "duplicate" => "dup.",
        "replay" => "rep.",
        "tunnel test" => "test",
        other => other,
    }
}

/// Icon, color and meaning of what the credential checks found.
fn credential(row: &RowModel, palette: &Palette) -> Option<(Icon, Color32, &'static str)> {
    match row.auth {
        AuthResult::Pass => Some((Icon::Key, palette.applied, "The credential is right")),
        AuthResult::Fail => Some((Icon::Key, palette.refused, "The credential is wrong")),
        AuthResult::Missing => Some((Icon::Key, palette.refused, "The credential is missing")),
        AuthResult::NotConfigured => None,
    }
}

fn shown_path<'a>(ui: &Ui, row: &'a RowModel, columns: &Columns) -> std::borrow::Cow<'a, str> {
    let width = ui.fonts_mut(|fonts| fonts.glyph_width(&theme::code(), '0')).max(1.0);
    cut_middle(&row.path, ((columns.path.span() - 8.0) / width).floor().max(1.0) as usize)
}

/// Says on hover what does not fit or stands for itself.
pub(super) fn hover_ui(ui: &Ui, row: &RowModel, rect: Rect, columns: &Columns, response: &Response) {
    let Some(pointer) = response.hover_pos() else {
        return;
    };
    let is_at = |x: f32| (x - 9.0..=x + 9.0).contains(&pointer.x);
    let text = if columns.path.contains(pointer.x) && shown_path(ui, row, columns) != *row.path {
        row.path.to_string()
    } else if is_at(columns.credential) {
        match credential(row, theme::palette(ui)) {
            Some((_, _, meaning)) => meaning.to_owned(),
            None => return,
        }
    } else if columns.bar.contains(pointer.x) {
        match row.used.and_then(|used| Some(WithTunnel::new(used.total_us, used.tunnel_us?))) {
            Some(with) => with.sentence,
            None => return,
        }
    } else if columns.chips.contains(pointer.x) {
        let tie = match row.tie {
            Some("1 of 2") => "Okta sent it again: this is the first attempt",
            Some("2 of 2") => "Okta's second attempt of the same call",
            Some("duplicate") => "The same event came before",
            Some("replay") => "Sent again from here, not by Okta",
            Some("tunnel test") => "A test of the tunnel, sent from here",
            Some("sent") => "Sent from here to another address",
            _ => "",
        };
        let pinned = if row.pinned { "Pinned: it stays when others are cleared" } else { "" };
        let unrecorded = if row.recorded { "" } else { "Not yet in the session file" };
        let parts: Vec<&str> =
            [tie, pinned, &row.note, unrecorded].into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() {
            return;
        }
        parts.join("\n")
    } else {
        return;
    };
    let anchor = Rect::from_min_size(pos2(pointer.x, rect.top()), vec2(1.0, rect.height()));
    response.clone().with_new_rect(anchor).on_hover_text(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{EventCounts, Link, ProblemKind, TokenUse};
    use crate::okta::Outcome;

    fn summary() -> Summary {
        Summary {
            call_id: CallId(7),
            direction: Direction::Received,
            received_at: Timestamp(1_933_222_028_910_000),
            hook: HookKind::Token,
            endpoint: Some("token".into()),
            method: Some("POST".into()),
            path: Some("/hooks/token".into()),
            status: Some(200),
            outcome: Outcome::Applied,
            severity: None,
            auth: AuthResult::Pass,
            total_us: Some(212_400),
            token: None,
            tls_us: 0,
            link: Link::FIRST,
            replay_of: None,
            problem: None,
            recorded: true,
            event_id: None,
            response_bytes: 118,
            events: EventCounts::default(),
        }
    }

    #[test]
    fn a_row_is_called_by_kind_path_status_and_outcome() {
        assert_eq!(call_name(&summary()), "token /hooks/token 200 applied");
        let unanswered =
            Summary { status: None, outcome: Outcome::Refused, problem: Some(ProblemKind::ClosedEarly), ..summary() };
        assert_eq!(call_name(&unanswered), "token /hooks/token no answer refused");
        let never = Summary {
            hook: HookKind::Unknown,
            path: None,
            status: None,
            outcome: Outcome::Undocumented,
            problem: Some(ProblemKind::NotTls),
            ..summary()
        };
        assert_eq!(call_name(&never), "unknown - not-tls undocumented");
        let answered = Summary { status: Some(400), problem: Some(ProblemKind::BadHttp), ..never };
        assert_eq!(call_name(&answered), "unknown - 400 undocumented");
    }

    #[test]
    fn the_used_time_keeps_its_meaning_when_it_is_cut() {
        let check = |total_us: u32, expected: (&str, &str)| {
            let (number, unit) = used_text(total_us);
            assert_eq!((number.as_str(), unit), expected);
        };
        check(410, ("0.4", "ms"));
        check(4_900, ("4", "ms"));
        check(999_999, ("999", "ms"));
        check(1_710_000, ("1.71", "s"));
        check(2_999_999, ("2.99", "s"));
        check(3_140_000, ("3.14", "s"));
    }

    #[test]
    fn a_test_of_the_tunnel_is_told_from_calls() {
        let path = format!("{}{}", crate::call::PROBE_PATH, "0123456789abcdef".repeat(2));
        let probe = Summary { path: Some(path.into()), hook: HookKind::Unknown, ..summary() };
        let probe = Summary { endpoint: None, ..probe };
        let row = RowModel::new(&probe, &TimeZone::UTC, false, None, false);
        assert_eq!((row.tie, row.in_place_of_hook), (Some("tunnel test"), Some("not a hook")));
    }

    #[test]
    fn a_request_for_an_access_token_is_not_called_unknown() {
        let said = |summary: Summary| RowModel::new(&summary, &TimeZone::UTC, false, None, false).in_place_of_hook;
        let asked = Summary {
            path: Some("/oauth2/hookscope/v1/token".into()),
            hook: HookKind::Unknown,
            endpoint: None,
            auth: AuthResult::Fail,
            ..summary()
        };
        assert_eq!(said(asked.clone()), Some("token request"));
        assert_eq!(said(Summary { auth: AuthResult::NotConfigured, ..asked.clone() }), None);
        assert_eq!(said(Summary { path: Some("/elsewhere".into()), ..asked }), None);
        assert_eq!(said(summary()), None);
    }

    #[test]
    fn repeats_say_how_they_belong_together() {
        let row = |summary: &Summary, retried: bool| RowModel::new(summary, &TimeZone::UTC, false, None, retried).tie;
        assert_eq!(row(&summary(), false), None);
        assert_eq!(row(&summary(), true), Some("1 of 2"));
        let link = Link { attempt: 2, retry_of: Some(CallId(3)), duplicate_of: None };
        assert_eq!(row(&Summary { link, ..summary() }, false), Some("2 of 2"));
        let link = Link { attempt: 1, retry_of: None, duplicate_of: Some(CallId(3)) };
        assert_eq!(row(&Summary { link, ..summary() }, true), Some("duplicate"));
    }

    #[test]
    fn a_call_under_way_shows_how_long_it_has_run() {
        let start = Timestamp(1_000_000);
        let row = RowModel::under_way(CallId(1), start, HookKind::Token, "/t", Timestamp(1_860_000), &TimeZone::UTC);
        assert_eq!(row.used.map(|used| used.total_us), Some(860_000));
        assert!(row.is_running());
        assert_eq!(row.name, "token /t under way");
    }

    #[test]
    #[allow(clippy::unwrap_used)]
    fn the_bar_of_a_call_that_fetched_its_token_has_both_in_it() {
        let used = |is_first_use| {
            let token = TokenUse { token_call: CallId(6), token_us: 1_500_000, is_first_use };
            RowModel::new(&Summary { token: Some(token), ..summary() }, &TimeZone::UTC, false, None, false)
                .used
                .unwrap()
        };
        let first = used(true);
        assert_eq!((first.total_us, first.budget.before), (1_712_400, 0.5));
        let again = used(false);
        assert_eq!((again.total_us, again.budget.before), (212_400, 0.0));
    }
}
