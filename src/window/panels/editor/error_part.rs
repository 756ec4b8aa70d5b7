//! The error object, with causes that name a field of the form.

use egui::Ui;

use super::builder::{Pen, card, head_ui};
use super::fields;
use crate::okta::HookKind;
use crate::okta::compose::{Cause, DOMAINS, ErrorObject, ErrorPart, LOCATION_TYPES, Topic};
use crate::window::controls;
use crate::window::icons::{Icon, icon_button_of_size};

pub(super) fn ui(error: &mut ErrorPart, pen: &mut Pen<'_>, ui: &mut Ui) {
    let hook = pen.given.hook;
    head_ui("Error", hook, Topic::Error, pen.palette, ui);
    let Some(object) = &mut error.object else {
        let button = controls::button(ui, Some(Icon::CircleX), "Error instead");
        if fields::explained(button, hook, Topic::Error).clicked() {
            error.object = Some(ErrorObject { summary: Some("Not today".to_owned()), causes: Vec::new() });
            pen.is_act = true;
        }
        return;
    };
    let mut is_removed = false;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        fields::label_ui("Summary", pen.palette, ui);
        let width = fields::room(ui, 28.0);
        let field = fields::text_field("Error summary", width, &mut object.summary, ui);
        fields::explained(field, hook, Topic::ErrorSummary);
        is_removed = icon_button_of_size(ui, Icon::X, "Remove the error", "Take the error object away", 24.0).clicked();
    });
    let mut removed = None;
    for (idx, cause) in object.causes.iter_mut().enumerate() {
        ui.push_id(("cause", idx), |ui| {
            if cause_ui(cause, idx + 1, pen, ui) {
                removed = Some(idx);
            }
        });
    }
    if let Some(removed) = removed {
        object.causes.remove(removed);
        pen.is_act = true;
    }
    if hook == HookKind::Registration {
        ui.horizontal_wrapped(|ui| {
            let name = "Add an error to a submitted attribute";
            let picked = fields::pick_menu("Field error", name, &pen.given.attributes, |_| None, pen.palette, ui);
            if let Some(target) = picked {
                object.causes.push(Cause {
                    at: None,
                    summary: Some("Choose another value".to_owned()),
                    reason: Some("UNIQUE_CONSTRAINT".to_owned()),
                    location_type: Some("body".to_owned()),
                    location: Some(pen.given.location_of(&target.path)),
                    domain: Some("end-user".to_owned()),
                });
                pen.is_act = true;
            }
        });
    }
    if is_removed {
        error.object = None;
        pen.is_act = true;
    }
}

/// One cause; true where it is to go.
fn cause_ui(cause: &mut Cause, number: usize, pen: &mut Pen<'_>, ui: &mut Ui) -> bool {
    let hook = pen.given.hook;
    let named = |what: &str| format!("{what} of cause {number}");
    let mut is_removed = false;
    card(pen.palette, ui, |ui| {
        let rows = [
            ("Location", "Location", &mut cause.location, Topic::Location),
            ("Message", "Message", &mut cause.summary, Topic::CauseSummary),
            ("Reason", "Reason", &mut cause.reason, Topic::Reason),
        ];
        for (row, (label, name, value, topic)) in rows.into_iter().enumerate() {
            ui.horizontal(|ui| {
                fields::label_ui(label, pen.palette, ui);
                let width = fields::room(ui, if row == 0 { 28.0 } else { 0.0 });
                let field = fields::text_field(&named(name), width, value, ui);
                fields::explained(field, hook, topic);
                if row == 0
                    && icon_button_of_size(ui, Icon::X, &format!("Remove cause {number}"), "Take this cause away", 24.0)
                        .clicked()
                {
                    is_removed = true;
                }
            });
        }
        ui.horizontal(|ui| {
            fields::label_ui("Where, who", pen.palette, ui);
            let width = ((ui.available_width() - 4.0) / 2.0).floor();
            let menu = fields::word_menu(&named("Location type"), &LOCATION_TYPES, &mut cause.location_type, width, ui);
            fields::explained(menu, hook, Topic::LocationType);
            let menu = fields::word_menu(&named("Domain"), &DOMAINS, &mut cause.domain, width, ui);
            fields::explained(menu, hook, Topic::Domain);
        });
    });
    is_removed
}
