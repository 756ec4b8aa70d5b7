//! The predicted verdict, and the bar beneath it: status, delay, presets, whom it is for.

use egui::{Align, Label, Layout, Margin, Ui, vec2};

use super::undo::Source;
use super::{EditorState, EditorWish, Scope, fields, preset_menu};
use crate::okta::HookKind;
use crate::okta::compose::Topic;
use crate::respond::ResponseSetup;
use crate::window::controls::{self, TextField};
use crate::window::icons::{Icon, icon_button_of_size};
use crate::window::marks::{MARK_BOX, paint_mark};
use crate::window::panels::detail::{bytes_text, segmented};
use crate::window::text::pretty;
use crate::window::theme::{self, Palette};

pub(super) fn verdict_ui(
    state: &EditorState,
    response: &Result<ResponseSetup, String>,
    palette: &Palette,
    ui: &mut Ui,
) {
    egui::Frame::new().inner_margin(Margin::symmetric(16, 12)).show(ui, |ui| {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            let (rect, _) = ui.allocate_exact_size(vec2(MARK_BOX + 4.0, 22.0), egui::Sense::hover());
            match (response, state.verdict()) {
                (Ok(_), Some(verdict)) => {
                    let mark = egui::Rect::from_center_size(rect.center(), vec2(15.0, 15.0));
                    paint_mark(ui.painter(), mark, verdict.outcome, palette);
                    ui.add(Label::new(theme::verdict_text(verdict.summary.clone(), palette)).wrap());
                }
                (Err(why), _) => {
                    Icon::CircleX.paint(ui.painter(), rect.center(), 16.0, palette.refused);
                    ui.add(Label::new(theme::verdict_text(why, palette)).wrap());
                }
                (Ok(_), None) => {}
            }
        });
        ui.add_space(8.0);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
            match state.against {
                Some(call_id) => controls::chip(ui, &format!("Judged against call {call_id}, while you type")),
                None => controls::chip(ui, "Judged without a request, while you type"),
            };
            controls::chip(ui, &format!("Endpoint {}", state.endpoint))
                .on_hover_text("The endpoint that answers with this");
            controls::chip(ui, &format!("{} of 256 KB", bytes_text(state.body.len())))
                .on_hover_text("Okta takes responses smaller than 256 KB");
            if let (Ok(_), Some(verdict)) = (response, state.verdict())
                && let Some(conflict) = &verdict.conflict
            {
                let both = format!("One: {}\nOther: {}\nTaken here: {}", conflict.one, conflict.other, conflict.taken);
                controls::chip(ui, "Okta's documents disagree").on_hover_text(both);
            }
            if state.hook == HookKind::Verification {
                controls::chip(ui, "Verifications are answered by the listener itself").on_hover_text(
                    "Try here what Okta makes of an answer. What you apply answers the endpoint's other calls, since no fixed \
                     text can give back the next challenge",
                );
            }
            if state.body_file.is_some() {
                controls::chip(ui, "From a file")
                    .on_hover_text("The workspace reads this body from a file; what you apply here takes its place");
            }
        });
        if let (Ok(_), Some(verdict)) = (response, state.verdict())
            && let Some(sees) = &verdict.user_sees
        {
            ui.add_space(4.0);
            let text = theme::secondary_text(format!("The user sees: {sees}"), palette);
            ui.add(Label::new(text).truncate());
        }
    });
}

/// From this width on, in points, the bar fits on one line.
const ONE_LINE: f32 = 724.0;
const ONE_LINE_HELD: f32 = 480.0;

pub(super) fn bar_ui(
    state: &mut EditorState,
    response: &Result<ResponseSetup, String>,
    palette: &Palette,
    wishes: &mut Vec<EditorWish>,
    ui: &mut Ui,
) {
    // For a held call there is nothing to choose beside sending.
    let is_held = matches!(state.scope, Scope::Held(_));
    let is_one_line = ui.available_width() >= if is_held { ONE_LINE_HELD } else { ONE_LINE };
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        ui.add_space(8.0);
        left_ui(state, palette, ui);
        if is_one_line {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| right_ui(state, response, palette, wishes, ui));
        }
    });
    if !is_one_line {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| right_ui(state, response, palette, wishes, ui));
        });
    }
    ui.add_space(6.0);
}

fn left_ui(state: &mut EditorState, palette: &Palette, ui: &mut Ui) {
    let hook = state.hook;
    let status = TextField::new("Response status").on_wire().width(44.0).ui(ui, &mut state.status);
    fields::explained(status, hook, Topic::Status);
    ui.label(theme::secondary_text("after", palette));
    let delay = TextField::new("Response delay").on_wire().width(52.0).ui(ui, &mut state.delay_ms);
    fields::explained(delay, hook, Topic::Delay);
    ui.label(theme::secondary_text("ms", palette));
    if let Some(chosen) = preset_menu::ui(&state.presets, palette, ui)
        && let Some(preset) = state.presets.get(chosen).cloned()
    {
        state.take_preset(&preset);
    }
    let formatted = pretty(&state.body);
    let format = ui.add_enabled_ui(formatted.is_some(), |ui| {
        icon_button_of_size(ui, Icon::Braces, "Format", "Format: put each member on a line of its own", theme::CONTROL)
    });
    if format.inner.on_disabled_hover_text("The body is no JSON").clicked()
        && let Some(formatted) = formatted
    {
        state.body = formatted + "\n";
        state.source = Source::Act;
    }
}

/// From the right: what is asked for most comes first.
fn right_ui(
    state: &mut EditorState,
    response: &Result<ResponseSetup, String>,
    palette: &Palette,
    wishes: &mut Vec<EditorWish>,
    ui: &mut Ui,
) {
    ui.add_space(8.0);
    if icon_button_of_size(ui, Icon::X, "Cancel", "Close the editor without applying (Esc)", theme::CONTROL).clicked() {
        wishes.push(EditorWish::Close);
    }
    let is_held = matches!(state.scope, Scope::Held(_));
    ui.add_enabled_ui(response.is_ok(), |ui| {
        let text = if is_held { "Send" } else { "Apply" };
        let apply = controls::primary_button(ui, None, text).on_hover_text("Ctrl+Enter");
        let apply = match response {
            Err(why) => apply.on_disabled_hover_text(why),
            Ok(_) => apply,
        };
        if apply.clicked()
            && let Ok(response) = response
        {
            wishes.push(state.wish(state.scope, response.clone()));
        }
    });
    if is_held {
        // This response is for one call, which waits.
        return;
    }
    ui.add_enabled_ui(response.is_ok(), |ui| {
        let hint = "Stage next response: answer the next call of this endpoint with this, once";
        let stage = icon_button_of_size(ui, Icon::SkipForward, "Stage next response", hint, theme::CONTROL);
        if stage.clicked()
            && let Ok(response) = response
        {
            wishes.push(state.wish(Scope::NextCall, response.clone()));
        }
    });
    segmented(ui, palette, &Scope::OFFERED, &mut state.scope);
}
