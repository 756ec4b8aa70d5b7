//! The form of one answer: where its response comes from, and what is broken in it on purpose.

use egui::Ui;

use super::draft::{AnswerDraft, Source};
use super::form::FormModel;
use crate::okta::HookKind;
use crate::window::controls::{self, TextField, choice_of_width};
use crate::window::icons::{Icon, icon_button_of_size};
use crate::window::panels::{dialogs, fault_form};
use crate::window::theme;

/// Draws an answer; true where its response is to be kept in the library. `is_endpoint`: it is the endpoint's own.
pub fn ui(
    model: &FormModel,
    answer: &mut AnswerDraft,
    hook: HookKind,
    number: usize,
    is_endpoint: bool,
    ui: &mut Ui,
) -> bool {
    let palette = theme::palette(ui);
    let source_text = |source| match source {
        Source::Endpoint if is_endpoint => "The least harmful response",
        Source::Endpoint => "The endpoint's response",
        Source::Own => "A response of its own",
        Source::Saved => "A saved response",
    };
    ui.horizontal_wrapped(|ui| {
        choice_of_width(ui, &format!("Response {number}"), source_text(answer.source), 200.0, |ui| {
            for source in [Source::Endpoint, Source::Own, Source::Saved] {
                if ui.selectable_label(answer.source == source, source_text(source)).clicked() {
                    answer.source = source;
                }
            }
        });
        if answer.source == Source::Saved {
            let shown = if answer.saved.is_empty() { "Choose…" } else { &*answer.saved.clone() };
            choice_of_width(ui, &format!("Saved response {number}"), shown, 180.0, |ui| {
                for name in &model.saved {
                    if ui.selectable_label(answer.saved == *name, &**name).clicked() {
                        answer.saved = name.clone();
                    }
                }
                if model.saved.is_empty() {
                    ui.label(theme::secondary_text("There is none yet", palette));
                }
            });
        }
    });
    let mut is_kept = false;
    if answer.source == Source::Own {
        is_kept = own_ui(answer, number, ui);
    }
    if let Err(problem) = answer.choice() {
        dialogs::error_ui(ui, &problem);
    }
    fault_form::ui(&mut answer.fault, &format!("Fault {number}"), hook, ui);
    is_kept
}

fn own_ui(answer: &mut AnswerDraft, number: usize, ui: &mut Ui) -> bool {
    let palette = theme::palette(ui);
    let mut is_kept = false;
    ui.horizontal_wrapped(|ui| {
        ui.label(theme::body_text("Status", palette));
        TextField::new(&format!("Status {number}")).on_wire().width(56.0).ui(ui, &mut answer.status);
        ui.label(theme::body_text("after", palette));
        TextField::new(&format!("Delay {number}")).on_wire().width(64.0).ui(ui, &mut answer.delay_ms);
        ui.label(theme::body_text("ms", palette));
        controls::checkbox(ui, &mut answer.is_template, "Template").on_hover_text(
            "Body and header values are filled with values of the call, such as {{ request.body.eventId | tojson }}",
        );
        let keep = controls::button(ui, Some(Icon::Save), "Save to library");
        is_kept = keep.on_hover_text("Keep this response for other rules").clicked();
    });
    let mut removed = None;
    for (idx, (name, value)) in answer.headers.iter_mut().enumerate() {
        let field = idx + 1;
        ui.horizontal(|ui| {
            let width = ((ui.available_width() - 40.0) / 2.0).floor().clamp(60.0, 240.0);
            TextField::new(&format!("Header {field} of response {number}")).on_wire().width(width).ui(ui, name);
            TextField::new(&format!("Value of header {field} of response {number}"))
                .on_wire()
                .width(width)
                .ui(ui, value);
            let what = format!("Remove header {field} of response {number}");
            if icon_button_of_size(ui, Icon::X, &what, "Remove this header", 24.0).clicked() {
                removed = Some(idx);
            }
        });
    }
    if let Some(idx) = removed {
        answer.headers.remove(idx);
    }
    let was_blank = answer.body.trim().is_empty();
    let name = format!("Body {number}");
    let changed = TextField::new(&name).hint("No body").on_wire().rows(3).ui(ui, &mut answer.body).changed();
    let has_type = answer.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if changed && was_blank && !has_type {
        // A body has a type: its first letter brings it.
        answer.headers.insert(0, ("Content-Type".to_owned(), "application/json".to_owned()));
    }
    if controls::button(ui, Some(Icon::Plus), "Add header").clicked() {
        answer.headers.push((String::new(), String::new()));
    }
    is_kept
}
