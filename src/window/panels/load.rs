//! What the hooks cost: latency of each endpoint, the org's concurrency slots, and events against the daily limit.
//!
//! It stands where the open call stands. The numbers are counted elsewhere, off the frame; this draws them.

use egui::{Align2, DragValue, Label, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::detail::segmented;
use super::pane;
use crate::call::{BUDGET, DAILY_LIMIT, DAILY_WARNING, EndpointLoad, SlotLoad};
use crate::window::controls::{grouped, radio};
use crate::window::marks::{BUDGET_HEIGHT, Budget, paint_budget};
use crate::window::theme::{self, Palette};

/// Over which time calls are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Span {
    FiveMinutes,
    #[default]
    Hour,
    Session,
}

impl Span {
    pub const ALL: [Span; 3] = [Span::FiveMinutes, Span::Hour, Span::Session];

    pub fn text(self) -> &'static str {
        match self {
            Span::FiveMinutes => "Last 5 minutes",
            Span::Hour => "Last hour",
            Span::Session => "Whole session",
        }
    }

    /// In microseconds; none is all there is.
    pub fn micros(self) -> Option<i64> {
        match self {
            Span::FiveMinutes => Some(5 * 60 * 1_000_000),
            Span::Hour => Some(60 * 60 * 1_000_000),
            Span::Session => None,
        }
    }
}

/// Simultaneous transactions of an org (Okta developer docs, rate limits, concurrency): Workforce and Customer Identity.
pub const LIMIT_WORKFORCE: u32 = 75;
/// The free Integrator plan.
const LIMIT_INTEGRATOR: u32 = 35;

/// Events against Okta's daily limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventsToday {
    pub n_events: u64,
    /// When the count begins anew, as a time of day and how long that is: `06:07 (in 23 h 10 min)`; none where none is running.
    pub anew_at: Option<String>,
}

/// What the panel shows.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadModel {
    pub span: Span,
    /// Calls within the span.
    pub n_calls: usize,
    /// Name and load of each endpoint.
    pub endpoints: Vec<(String, EndpointLoad)>,
    pub slots: SlotLoad,
    /// Simultaneous transactions that the org may have.
    pub limit: u32,
    pub events: EventsToday,
    /// The numbers are being counted for the first time.
    pub is_counting: bool,
    /// The session is not the live one: its last calls are looked at.
    pub is_viewed: bool,
}

/// What a person asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadWish {
    Span(Span),
    Limit(u32),
    Close,
}

impl EventsToday {
    fn color(&self, palette: &Palette) -> egui::Color32 {
        match self.n_events {
            DAILY_LIMIT.. => palette.refused,
            DAILY_WARNING.. => palette.ignored,
            _ => palette.applied,
        }
    }
}

/// How much of the limit is used, as a bar is colored.
fn slot_share(slots: &SlotLoad, limit: u32) -> Budget {
    Budget { share: slots.peak_in_flight as f32 / limit.max(1) as f32, running: false, before: 0.0 }
}

/// Draws the panel.
pub fn ui(model: &LoadModel, ui: &mut Ui) -> Vec<LoadWish> {
    let palette = theme::palette(ui);
    let mut wishes = Vec::new();
    head_ui(model, palette, &mut wishes, ui);
    pane::body_ui("load", ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        latency_ui(model, palette, ui);
        ui.add_space(theme::GAP_GROUP);
        slots_ui(model, palette, &mut wishes, ui);
        ui.add_space(theme::GAP_GROUP);
        events_ui(model, palette, ui);
    });
    wishes
}

fn head_ui(model: &LoadModel, palette: &Palette, wishes: &mut Vec<LoadWish>, ui: &mut Ui) {
    let mut span = model.span;
    let spans = Span::ALL.map(|span| (span, span.text()));
    if pane::head_ui("Load", |ui| segmented(ui, palette, &spans, &mut span), ui) {
        wishes.push(LoadWish::Close);
    }
    if span != model.span {
        wishes.push(LoadWish::Span(span));
    }
}

/// Right edges of the numbers, and the bar, in points.
struct Columns {
    calls: f32,
    /// None where there is no room.
    per_minute: Option<f32>,
    times: [f32; 3],
    bar: Option<Rect>,
}

const NUMBER: f32 = 74.0;
const BAR: f32 = 96.0;
const LEAST_NAME: f32 = 96.0;

impl Columns {
    fn new(row: Rect) -> Columns {
        let mut right = row.right();
        let has_bar = row.width() >= LEAST_NAME + 4.0 * NUMBER + BAR;
        let has_rate = row.width() >= LEAST_NAME + 5.0 * NUMBER + BAR;
        let bar = has_bar.then(|| {
            let bar = row.with_min_x(right - BAR);
            right = bar.left() - 16.0;
            bar
        });
        let mut next = || {
            let edge = right;
            right -= NUMBER;
            edge
        };
        let [p99, p95, p50] = [next(), next(), next()];
        let per_minute = has_rate.then(&mut next);
        let calls = next();
        Columns { calls, per_minute, times: [p50, p95, p99], bar }
    }

    /// Where the name ends.
    fn name_end(&self) -> f32 {
        self.calls - NUMBER + 12.0
    }
}

fn latency_ui(model: &LoadModel, palette: &Palette, ui: &mut Ui) {
    let about = match (model.is_counting, model.n_calls) {
        (true, _) => "counting".to_owned(),
        (false, 1) => "1 call".to_owned(),
        (false, n_calls) => format!("{} calls", grouped(n_calls)),
    };
    pane::section_ui(ui, "Latency", &about);
    if model.endpoints.is_empty() {
        let text = match (model.span, model.is_viewed) {
            (Span::Session, _) => "No calls in this session yet",
            (_, true) => "No calls in this time before the session's last call",
            (_, false) => "No calls in this time",
        };
        ui.add(Label::new(theme::secondary_text(text, palette)).wrap());
        return;
    }
    let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    let columns = Columns::new(head);
    let y = head.center().y;
    let title = |x: f32, align: Align2, text: &str| {
        ui.painter().text(pos2(x, y), align, text, theme::secondary(), palette.secondary);
    };
    title(head.left(), Align2::LEFT_CENTER, "Endpoint");
    title(columns.calls, Align2::RIGHT_CENTER, "Calls");
    if let Some(x) = columns.per_minute {
        title(x, Align2::RIGHT_CENTER, "A minute");
    }
    for (x, text) in columns.times.into_iter().zip(["p50", "p95", "p99"]) {
        title(x, Align2::RIGHT_CENTER, text);
    }
    if let Some(bar) = columns.bar {
        title(bar.left(), Align2::LEFT_CENTER, "p99 of 3 s");
    }
    ui.painter().hline(head.x_range(), head.bottom(), Stroke::new(1.0, palette.line));
    for (name, load) in &model.endpoints {
        endpoint_ui(name, load, palette, ui);
    }
}

fn endpoint_ui(name: &str, load: &EndpointLoad, palette: &Palette, ui: &mut Ui) {
    let (row, response) = ui.allocate_exact_size(vec2(ui.available_width(), theme::ROW_HEIGHT), Sense::hover());
    let columns = Columns::new(row);
    let y = row.center().y;
    let mut job = egui::text::LayoutJob::simple_singleline(name.to_owned(), theme::body(), palette.text);
    job.wrap = egui::text::TextWrapping::truncate_at_width((columns.name_end() - row.left()).max(24.0));
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(pos2(row.left(), y - galley.size().y / 2.0), galley, palette.text);
    number_ui(ui, palette, pos2(columns.calls, y), &grouped(load.n_calls), "", palette.text);
    let rate = rate_text(load.calls_per_minute);
    if let Some(x) = columns.per_minute {
        number_ui(ui, palette, pos2(x, y), &rate, "", palette.text);
    }
    let times = [load.p50_us, load.p95_us, load.p99_us];
    for (x, micros) in columns.times.into_iter().zip(times) {
        let (number, unit) = time_text(micros);
        let color = if u128::from(micros) > BUDGET.as_micros() { palette.refused } else { palette.text };
        number_ui(ui, palette, pos2(x, y), &number, unit, color);
    }
    if let Some(bar) = columns.bar {
        paint_budget(ui.painter(), bar, Budget::used(load.p99_us), palette);
    }
    let said = times.map(|micros| {
        let (number, unit) = time_text(micros);
        format!("{number} {unit}")
    });
    let [p50, p95, p99] = said;
    let calls = if load.n_calls == 1 { "call" } else { "calls" };
    let name =
        format!("Load of {name}, {} {calls}, {rate} a minute, p50 {p50}, p95 {p95}, p99 {p99}", grouped(load.n_calls));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
    response.on_hover_text(match load.is_inline {
        true => "Okta waits for this hook with a transaction open. A call without an answer counts as 3 s",
        false => "Okta waits at most 3 s for a delivery, but holds no transaction for it",
    });
}

/// A number in the code face with its unit, right-aligned.
fn number_ui(ui: &Ui, palette: &Palette, right: egui::Pos2, number: &str, unit: &str, color: egui::Color32) {
    let right = match unit {
        "" => right,
        unit => {
            // Both units get the width of the wider one, so that the numbers stand in one column.
            let place = pos2(right.x - 16.0, right.y);
            ui.painter().text(
                pos2(place.x + 3.0, right.y),
                Align2::LEFT_CENTER,
                unit,
                theme::secondary(),
                palette.secondary,
            );
            place
        }
    };
    ui.painter().text(right, Align2::RIGHT_CENTER, number, theme::code(), color);
}

/// `212` `ms`, `3.14` `s`: cut, not rounded, as in a row.
fn time_text(micros: u32) -> (String, &'static str) {
    super::calls::used_text(micros)
}

fn rate_text(per_minute: f64) -> String {
    match per_minute {
        rate if rate >= 100.0 => grouped(rate.round() as usize),
        rate if rate >= 0.05 => format!("{rate:.1}"),
        _ => "<0.1".to_owned(),
    }
}

fn slots_text(slots: f64) -> String {
    match slots {
        slots if slots >= 10.0 => format!("{slots:.0}"),
        slots if slots >= 0.05 => format!("{slots:.1}"),
        _ => "less than 0.1".to_owned(),
    }
}

fn slots_ui(model: &LoadModel, palette: &Palette, wishes: &mut Vec<LoadWish>, ui: &mut Ui) {
    let (slots, limit) = (&model.slots, model.limit);
    pane::section_ui(ui, "Slots of the org", "inline hooks hold a transaction open");
    let share = slot_share(slots, limit);
    let said = format!("{} in flight at most, of {limit}", grouped(slots.peak_in_flight));
    gauge_ui(ui, palette, &said, share.share, share.color(palette), None);
    ui.add_space(8.0);
    let text = match slots.busiest_minute {
        0 => "No inline calls in this time".to_owned(),
        n => format!(
            "The busiest minute had {} {} of {:.2} s on average, which holds {} of {limit} slots. Over the whole time it is {}",
            grouped(n),
            if n == 1 { "call" } else { "calls" },
            slots.mean_secs,
            slots_text(slots.slots_at_most),
            slots_text(slots.slots_on_average),
        ),
    };
    ui.add(Label::new(theme::body_text(text, palette)).wrap());
    ui.add_space(4.0);
    let rule = "Okta's rule of thumb: slots = calls per minute / 60 × seconds per call. Beyond the limit the org answers 429. \
                Source: Okta developer docs, rate limits, concurrency";
    ui.add(Label::new(theme::hint_text(rule, palette)).wrap());
    ui.add_space(10.0);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(theme::GAP_SECTION, 6.0);
        ui.label(theme::secondary_text("Limit of the org", palette));
        let mut chosen = limit;
        radio(ui, &mut chosen, LIMIT_WORKFORCE, "75 Workforce, Customer Identity", "Limit of 75 slots");
        radio(ui, &mut chosen, LIMIT_INTEGRATOR, "35 Integrator", "Limit of 35 slots");
        ui.add(DragValue::new(&mut chosen).range(1..=100_000).speed(1.0)).accessible_name("Concurrency limit");
        if chosen != limit {
            wishes.push(LoadWish::Limit(chosen));
        }
    });
}

fn events_ui(model: &LoadModel, palette: &Palette, ui: &mut Ui) {
    pane::section_ui(ui, "Events in 24 hours", "event hooks of the whole org share the limit");
    let n_events = model.events.n_events;
    let said = format!("{} of {} events", grouped(n_events as usize), grouped(DAILY_LIMIT as usize));
    let share = n_events as f32 / DAILY_LIMIT as f32;
    let warning = DAILY_WARNING as f32 / DAILY_LIMIT as f32;
    gauge_ui(ui, palette, &said, share, model.events.color(palette), Some(warning));
    ui.add_space(8.0);
    let text = match (n_events, &model.events.anew_at) {
        (DAILY_LIMIT.., _) => "Beyond the limit hooks do not fire, and nothing is sent later".to_owned(),
        (DAILY_WARNING.., _) => "The System Log warns from 280,000 on".to_owned(),
        (_, Some(anew_at)) => format!("The count begins anew at {anew_at}"),
        (_, None) => "No count is running: it begins with the next event and lasts 24 hours".to_owned(),
    };
    ui.add(Label::new(theme::body_text(text, palette)).wrap());
    ui.add_space(4.0);
    let counted = "Counted are the events that came here, each uuid once; retries do not count. Source: Okta developer docs, Event \
                   hooks concept";
    ui.add(Label::new(theme::hint_text(counted, palette)).wrap());
}

/// A bar over the whole width with what it says above it. `tick` marks a share.
fn gauge_ui(ui: &mut Ui, palette: &Palette, said: &str, share: f32, color: egui::Color32, tick: Option<f32>) {
    ui.label(theme::strong_text(said, palette));
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), 16.0), Sense::hover());
    let bar = Rect::from_center_size(row.center(), vec2(row.width(), BUDGET_HEIGHT + 2.0));
    let corner = bar.height() / 2.0;
    ui.painter().rect_filled(bar, corner, palette.hover);
    if share > 0.0 {
        let width = (bar.width() * share.min(1.0)).max(bar.height());
        ui.painter().rect_filled(bar.with_max_x(bar.left() + width), corner, color);
    }
    if let Some(tick) = tick {
        let x = bar.left() + bar.width() * tick;
        ui.painter().vline(x, bar.y_range().expand(3.0), Stroke::new(1.0, palette.secondary));
    }
}

/// The load in two lines, for the edge of the window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadSummary {
    pub peak_in_flight: usize,
    pub limit: u32,
    pub events: EventsToday,
}

/// Draws the two lines; they are a button that shows the whole.
pub fn summary_ui(model: &LoadSummary, ui: &mut Ui) -> Response {
    let palette = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 76.0), Sense::click());
    let flight = format!("{} in flight at most of {}", grouped(model.peak_in_flight), model.limit);
    let events = format!("{} of {} events", grouped(model.events.n_events as usize), grouped(DAILY_LIMIT as usize));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Load, {flight}, {events}")));
    let ground = rect.shrink2(vec2(4.0, 4.0));
    if response.hovered() {
        ui.painter().rect_filled(ground, theme::RADIUS, palette.raised.gamma_multiply(0.6));
    }
    if response.has_focus() {
        let ring = Stroke::new(theme::FOCUS_RING, palette.accent);
        ui.painter().rect_stroke(ground, theme::RADIUS, ring, egui::StrokeKind::Inside);
    }
    let x = rect.left() + theme::PANEL_PADDING;
    let painter = ui.painter().with_clip_rect(rect.with_max_x(rect.right() - 4.0).intersect(ui.clip_rect()));
    painter.text(pos2(x, rect.top() + 18.0), Align2::LEFT_CENTER, "LOAD", theme::head(), palette.secondary);
    let slots = Budget { share: model.peak_in_flight as f32 / model.limit.max(1) as f32, running: false, before: 0.0 };
    let notable = |is_notable: bool, color| if is_notable { color } else { palette.secondary };
    let color = notable(slots.share >= 0.5, slots.color(palette));
    painter.text(pos2(x, rect.top() + 38.0), Align2::LEFT_CENTER, flight, theme::secondary(), color);
    let color = notable(model.events.n_events >= DAILY_WARNING, model.events.color(palette));
    painter.text(pos2(x, rect.top() + 56.0), Align2::LEFT_CENTER, events, theme::secondary(), color);
    response.on_hover_text("Latency of each endpoint, the org's slots, and events against the daily limit (L)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_give_way_in_a_narrow_panel_and_never_overlap() {
        for width in [320.0, 420.0, 560.0, 800.0] {
            let columns = Columns::new(Rect::from_min_size(pos2(0.0, 0.0), vec2(width, 28.0)));
            let mut edges = vec![columns.name_end(), columns.calls];
            edges.extend(columns.per_minute);
            edges.extend(columns.times);
            edges.extend(columns.bar.map(|bar| bar.left()));
            assert!(edges.is_sorted(), "{width}: {edges:?}");
        }
        let at = |width| Columns::new(Rect::from_min_size(pos2(0.0, 0.0), vec2(width, 28.0)));
        assert!(at(400.0).bar.is_none() && at(500.0).per_minute.is_none() && at(700.0).per_minute.is_some());
    }

    #[test]
    fn small_numbers_are_not_shown_as_nothing() {
        assert_eq!([0.01, 0.06, 12.34, 1_234.5].map(rate_text), ["<0.1", "0.1", "12.3", "1,235"]);
        assert_eq!([0.001, 0.5, 75.2].map(slots_text), ["less than 0.1", "0.5", "75"]);
    }
}
