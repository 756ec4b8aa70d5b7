//! Calls that wait for a person, above everything else that is open: each with what is left of its time.

use std::sync::Arc;

use egui::{Align, Align2, Frame, Label, Layout, Margin, Rect, Sense, Stroke, Ui, UiBuilder, pos2, vec2};

use super::detail::segmented;
use crate::call::{BUDGET, CallId, Timestamp};
use crate::window::controls;
use crate::window::icons::Icon;
use crate::window::theme::{self, Palette};

/// A call that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRow {
    pub call_id: CallId,
    pub endpoint: Option<Arc<str>>,
    pub path: String,
    /// When its first byte came.
    pub received_at: Timestamp,
    /// When the prepared response goes out by itself.
    pub deadline_at: Timestamp,
    pub draft: HeldDraftShown,
}

/// Is its response being written?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeldDraftShown {
    #[default]
    None,
    /// It was begun, and something else is looked at.
    Begun,
    /// It is what the editor shows.
    Open,
}

/// What is shown of a held call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeldSide {
    /// Its response, to be written.
    #[default]
    Response,
    /// The whole call as it came.
    Call,
}

/// What a person decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldWish {
    /// Show its request and edit what is sent.
    Edit(CallId),
    /// The prepared response goes out.
    Release(CallId),
    ReleaseAll,
}

/// How many are listed; the others are counted.
pub const MOST_ROWS: usize = 4;
const ROW: f32 = 30.0;
const HEAD: f32 = 34.0;

/// How high the strip is for so many calls, in points.
pub fn height(n_held: usize) -> f32 {
    HEAD + ROW * n_held.min(MOST_ROWS) as f32 + 6.0
}

/// How much of Okta's three seconds is gone, from 0 to 1, and what is left until the deadline in seconds.
pub fn clock(held: &HeldRow, now: Timestamp) -> (f32, f32) {
    let micros = |from: Timestamp, to: Timestamp| (to.0 - from.0).max(0) as f32;
    let gone = micros(held.received_at, now) / BUDGET.as_micros() as f32;
    (gone.min(1.0), micros(now, held.deadline_at) / 1_000_000.0)
}

/// Draws the strip for the oldest of `n_held` calls.
pub fn ui(held: &[HeldRow], n_held: usize, now: Timestamp, ui: &mut Ui) -> Vec<HeldWish> {
    let palette = theme::palette(ui);
    let mut wishes = Vec::new();
    ui.spacing_mut().item_spacing.y = 0.0;
    let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
    let place = head.shrink2(vec2(12.0, 3.0));
    let mut row = ui.new_child(UiBuilder::new().max_rect(place).layout(Layout::left_to_right(Align::Center)));
    let (icon, _) = row.allocate_exact_size(vec2(16.0, 16.0), Sense::hover());
    Icon::Clock.paint(row.painter(), icon.center(), 15.0, palette.accent);
    let n_more = n_held.saturating_sub(MOST_ROWS);
    let said = match (n_held, n_more) {
        (1, _) => "1 call is held".to_owned(),
        (n_held, 0) => format!("{n_held} calls are held"),
        (n_held, _) => format!("{n_held} calls are held, the {MOST_ROWS} oldest are listed"),
    };
    row.label(theme::strong_text(said, palette));
    row.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let all = controls::button(ui, None, "Release all");
        if all.on_hover_text("Send every held call its prepared response now").clicked() {
            wishes.push(HeldWish::ReleaseAll);
        }
        let about = "At its deadline each gets its prepared response by itself";
        ui.add(Label::new(theme::hint_text(about, palette)).truncate());
    });
    for call in held.iter().take(MOST_ROWS) {
        row_ui(call, now, palette, &mut wishes, ui);
    }
    ui.add_space(5.0);
    let bottom = ui.max_rect();
    ui.painter().hline(bottom.x_range(), ui.cursor().top(), Stroke::new(1.0, palette.line));
    wishes
}

fn row_ui(call: &HeldRow, now: Timestamp, palette: &Palette, wishes: &mut Vec<HeldWish>, ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let is_edited = call.draft == HeldDraftShown::Open;
    if is_edited {
        ui.painter().rect_filled(rect.shrink2(vec2(4.0, 0.0)), theme::RADIUS, palette.raised);
    }
    let place = rect.shrink2(vec2(12.0, 1.0));
    let mut row = ui.new_child(UiBuilder::new().max_rect(place).layout(Layout::right_to_left(Align::Center)));
    row.spacing_mut().item_spacing.x = 8.0;
    row.push_id(("held", call.call_id.0), |ui| {
        let number = call.call_id;
        let send = controls::button(ui, None, "Send as prepared");
        if send
            .on_hover_text(format!("Call {number} gets the response that it would have got without the hold"))
            .clicked()
        {
            wishes.push(HeldWish::Release(number));
        }
        ui.add_enabled_ui(!is_edited, |ui| {
            let (text, hint) = match call.draft {
                HeldDraftShown::Begun => ("Go on editing", format!("Back to what you wrote for call {number}")),
                _ => ("Edit and send", format!("Show call {number} and write what it is answered with")),
            };
            let edit = controls::button(ui, Some(Icon::Pencil), text).on_hover_text(hint);
            if edit.on_disabled_hover_text("It is being edited").clicked() {
                wishes.push(HeldWish::Edit(number));
            }
        });
        budget_ui(call, now, palette, ui);
        let endpoint = call.endpoint.as_deref().unwrap_or("no endpoint");
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.label(theme::strong_text(format!("Call {number}"), palette));
            if clock(call, now).0 >= 1.0 {
                let gone = theme::secondary_text("Okta has given up", palette).color(palette.refused);
                ui.label(gone).on_hover_text("Okta waits three seconds: whatever is sent now comes too late for it");
            }
            let text = theme::secondary_text(format!("{endpoint} · {}", call.path), palette);
            ui.add(Label::new(text).truncate());
        });
    });
}

/// The bar is Okta's three seconds; the tick in it is when the prepared response goes out.
fn budget_ui(call: &HeldRow, now: Timestamp, palette: &Palette, ui: &mut Ui) {
    let (gone, left) = clock(call, now);
    let (rect, response) = ui.allocate_exact_size(vec2(204.0, 20.0), Sense::hover());
    let color = if left < 0.5 || gone >= 1.0 { palette.refused } else { palette.accent };
    let text = format!("{left:.1} s left");
    let bar =
        Rect::from_min_max(pos2(rect.left(), rect.center().y - 3.0), pos2(rect.right() - 100.0, rect.center().y + 3.0));
    ui.painter().rect_filled(bar, 3.0, palette.line);
    let filled = bar.with_max_x(bar.left() + bar.width() * gone);
    ui.painter().rect_filled(filled, 3.0, color);
    let deadline = (call.deadline_at.0 - call.received_at.0).max(0) as f32 / BUDGET.as_micros() as f32;
    if deadline < 1.0 {
        let x = bar.left() + bar.width() * deadline;
        ui.painter().vline(x, bar.expand(3.0).y_range(), Stroke::new(1.5, palette.text));
    }
    let at = pos2(rect.right(), rect.center().y);
    ui.painter().text(at, Align2::RIGHT_CENTER, &text, theme::code(), palette.text);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ProgressIndicator, true, text.clone()));
    response.on_hover_text(
        "The bar is the three seconds that Okta waits, the tick is when the prepared response goes out by itself",
    );
}

/// Draws the choice between the response and the whole call.
pub fn sides_ui(side: &mut HeldSide, ui: &mut Ui) {
    let palette = theme::palette(ui);
    ui.add_space(theme::GAP_TIGHT);
    ui.horizontal(|ui| {
        ui.add_space(theme::PANEL_PADDING);
        segmented(ui, palette, &[(HeldSide::Response, "Its response"), (HeldSide::Call, "The whole call")], side);
    });
    ui.add_space(theme::GAP_TIGHT);
}

/// The strip's ground.
pub fn frame(palette: &Palette) -> Frame {
    Frame::new().fill(palette.panel).inner_margin(Margin::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_runs_from_the_first_byte_and_ends_at_the_deadline() {
        let held = HeldRow {
            call_id: CallId(1),
            endpoint: None,
            path: "/x".to_owned(),
            received_at: Timestamp(1_000_000),
            deadline_at: Timestamp(3_500_000),
            draft: HeldDraftShown::None,
        };
        assert_eq!(clock(&held, Timestamp(1_000_000)), (0.0, 2.5));
        assert_eq!(clock(&held, Timestamp(2_500_000)), (0.5, 1.0));
        assert_eq!(clock(&held, Timestamp(9_000_000)), (1.0, 0.0));
        assert_eq!(clock(&held, Timestamp(0)), (0.0, 3.5), "a clock that was set back");
    }
}
