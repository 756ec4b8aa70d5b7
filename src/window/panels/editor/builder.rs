//! The response as a form beside its text: both are the same response, whichever is edited.

use egui::{Frame, Label, Margin, ScrollArea, Ui};

use super::undo::Source;
use super::{EditorState, error_part, fields, parts, patch_part};
use crate::okta::HookKind;
use crate::okta::compose::{Builder, Given, Part, Topic, Unreadable, good_body};
use crate::window::controls;
use crate::window::icons::{Icon, icon_label};
use crate::window::theme::{self, Palette};

/// What the parts draw with.
pub(super) struct Pen<'a> {
    pub(super) given: &'a Given,
    pub(super) palette: &'a Palette,
    /// Set where a part was changed by a button, so that it is a step of its own.
    pub(super) is_act: bool,
}

pub(super) fn ui(state: &mut EditorState, palette: &Palette, ui: &mut Ui) {
    if state.form.as_ref().is_none_or(|(body, _)| *body != state.body) {
        state.form = Some((state.body.clone(), Builder::read(&state.given, &state.body)));
    }
    let Some((_, form)) = &state.form else { return };
    let form = form.clone();
    ScrollArea::vertical().id_salt("editor_builder").auto_shrink(false).show(ui, |ui| {
        Frame::new().inner_margin(Margin { left: 12, right: 12, top: 12, bottom: 24 }).show(ui, |ui| {
            ui.spacing_mut().item_spacing = egui::vec2(8.0, 8.0);
            match form {
                Ok(builder) => form_ui(state, builder, palette, ui),
                Err(why) => unreadable_ui(state, &why, palette, ui),
            }
        });
    });
}

fn form_ui(state: &mut EditorState, mut builder: Builder, palette: &Palette, ui: &mut Ui) {
    let given = state.given.clone();
    let mut pen = Pen { given: &given, palette, is_act: false };
    match given.hook {
        HookKind::Event => status_ui(state, "Okta reads the status of a delivery and nothing else", palette, ui),
        HookKind::Verification => status_ui(state, "Okta compares the value with the challenge", palette, ui),
        HookKind::Unknown => {
            ui.add(Label::new(theme::hint_text("No form for a hook of unknown kind", palette)).wrap());
        }
        _ => {}
    }
    let is_outweighed = builder.has_error() && builder.parts.iter().any(asks);
    let before = builder.clone();
    for idx in 0..builder.parts.len() {
        let Some(part) = builder.parts.get_mut(idx) else { break };
        let is_import = matches!(part, Part::Choice(choice) if choice.member == "result");
        match part {
            Part::Patch(patch) => patch_part::ui(patch, &mut pen, ui),
            Part::Attributes(attributes) => parts::attributes_ui(attributes, &mut pen, ui),
            // The user to link to is asked for with the decision to link.
            Part::Choice(choice) if choice.member == "id" => continue,
            Part::Choice(choice) => parts::choice_ui(choice, &mut pen, ui),
            Part::Delivery(delivery) => parts::delivery_ui(delivery, &mut pen, ui),
            Part::Verification(verification) => parts::verification_ui(verification, &mut pen, ui),
            Part::Error(error) => {
                error_part::ui(error, &mut pen, ui);
                if is_outweighed {
                    ui.horizontal_top(|ui| {
                        icon_label(ui, Icon::TriangleAlert, palette.ignored, "warning");
                        let text = "The error outweighs everything above: none of it is run";
                        ui.add(Label::new(theme::secondary_text(text, palette)).wrap());
                    });
                }
            }
        }
        if is_import {
            parts::link_ui(&before, &mut builder, &mut pen, ui);
        }
        ui.add_space(8.0);
    }
    if builder != before {
        let body = builder.write(&given, &state.body);
        state.take_built(body, if pen.is_act { Source::Act } else { Source::Field });
        // What changed shows in the text at once.
        ui.request_repaint();
    }
}

/// True for a part that asks for something.
fn asks(part: &Part) -> bool {
    match part {
        Part::Patch(patch) => !patch.operations.is_empty(),
        Part::Attributes(attributes) => !attributes.attributes.is_empty(),
        // DENY and the error ask for the same.
        Part::Choice(choice) => choice.value.as_deref().is_some_and(|word| word != "DENY"),
        Part::Delivery(delivery) => delivery.status.is_some(),
        Part::Error(_) | Part::Verification(_) => false,
    }
}

fn status_ui(state: &mut EditorState, about: &str, palette: &Palette, ui: &mut Ui) {
    head_ui("Status", state.hook, Topic::Status, palette, ui);
    ui.add(Label::new(theme::secondary_text(about, palette)).wrap());
    let mut status = state.status.trim().to_owned();
    ui.horizontal_wrapped(|ui| {
        for (word, meaning) in
            [("200", "200, taken"), ("204", "204, taken"), ("400", "400, lost"), ("500", "500, tried again")]
        {
            let text = if state.hook == HookKind::Event { meaning } else { word };
            if ui.selectable_label(status == word, text).clicked() {
                status = word.to_owned();
                state.source = Source::Act;
            }
        }
    });
    if status != state.status.trim() {
        state.status = status;
    }
    ui.add_space(8.0);
}

/// The head of a section; on hover it says what Okta does with what is beneath.
pub(super) fn head_ui(text: &str, hook: HookKind, topic: Topic, palette: &Palette, ui: &mut Ui) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.label(theme::head_text(text, palette));
        let (rect, response) = ui.allocate_exact_size(egui::vec2(16.0, 16.0), egui::Sense::hover());
        let color = if response.hovered() { palette.text } else { palette.hint };
        Icon::CircleHelp.paint(ui.painter(), rect.center(), 12.0, color);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, format!("About {text}")));
        fields::explained(response, hook, topic);
    });
}

/// A card around one row of a section.
pub(super) fn card<R>(palette: &Palette, ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> R) -> R {
    Frame::new()
        .fill(palette.raised)
        .corner_radius(theme::RADIUS)
        .inner_margin(Margin::same(8))
        .show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            ui.spacing_mut().item_spacing = egui::vec2(4.0, 4.0);
            // A button would not stand out from the ground of the card.
            ui.visuals_mut().widgets.inactive.weak_bg_fill = palette.hover;
            contents(ui)
        })
        .inner
}

fn unreadable_ui(state: &mut EditorState, why: &Unreadable, palette: &Palette, ui: &mut Ui) {
    ui.horizontal_top(|ui| {
        icon_label(ui, Icon::TriangleAlert, palette.ignored, "warning");
        ui.add(Label::new(theme::body_text(why.message(), palette)).wrap());
    });
    let text = "Put it right in the text, and the form is back. It is sent as it stands until then.";
    ui.add(Label::new(theme::secondary_text(text, palette)).wrap());
    ui.add_space(4.0);
    let hint = "Replaces the text by a response that Okta applies; Ctrl+Z brings it back";
    if controls::button(ui, Some(Icon::RotateCw), "Start over with a good body").on_hover_text(hint).clicked() {
        state.body = good_body(&state.given);
        state.status = "200".to_owned();
        state.set_content_type(Some("application/json"));
        state.source = Source::Act;
    }
}
