//! Operations on a token or an assertion.

use egui::{Label, Ui};

use super::builder::{Pen, card, head_ui};
use super::fields;
use crate::okta::HookKind;
use crate::okta::compose::{
    ACCESS_PATCH, IDENTITY_PATCH, LIFETIME, NAME_FORMATS, Operation, Patch, SamlAttribute, SamlValue, Topic, XSI_TYPES,
    claim_path,
};
use crate::window::controls::{self, TextField};
use crate::window::icons::{Icon, icon_button_of_size};
use crate::window::theme;

pub(super) fn ui(patch: &mut Patch, pen: &mut Pen<'_>, ui: &mut Ui) {
    let (title, topic) = match patch.command {
        IDENTITY_PATCH => ("ID token", Topic::IdToken),
        ACCESS_PATCH => ("Access token", Topic::AccessToken),
        _ => ("Assertion", Topic::Assertion),
    };
    head_ui(title, pen.given.hook, topic, pen.palette, ui);
    let why_not = pen.given.why_not(patch.command);
    if let Some(why_not) = why_not {
        let text = match patch.operations.is_empty() {
            true => why_not.to_owned(),
            false => format!("{why_not}: these operations spoil the whole answer"),
        };
        ui.add(Label::new(theme::hint_text(text, pen.palette)).wrap());
    }
    let mut removed = None;
    for idx in 0..patch.operations.len() {
        ui.push_id((patch.command, idx), |ui| {
            if let Some(operation) = patch.operations.get_mut(idx)
                && operation_ui(operation, idx + 1, title, pen, ui)
            {
                removed = Some(idx);
            }
        });
    }
    if let Some(removed) = removed {
        patch.operations.remove(removed);
        pen.is_act = true;
    }
    if why_not.is_none() {
        ui.horizontal_wrapped(|ui| match pen.given.hook {
            HookKind::Saml => assertion_buttons(patch, pen, ui),
            _ => token_buttons(patch, title, pen, ui),
        });
    }
}

/// One operation; true where it is to go.
fn operation_ui(operation: &mut Operation, number: usize, title: &str, pen: &mut Pen<'_>, ui: &mut Ui) -> bool {
    let hook = pen.given.hook;
    let of = format!("of operation {number} on the {title}");
    let mut is_removed = false;
    if let Some((label, topic)) = lifetime_of(operation)
        && let Some(value) = &mut operation.value
    {
        card(pen.palette, ui, |ui| {
            ui.horizontal(|ui| {
                fields::label_ui(label, pen.palette, ui);
                let width = fields::room(ui, 24.0 + 60.0);
                fields::explained(fields::value_field(&format!("{label} {of}"), width, value, ui), hook, topic);
                let (rect, _) = ui.allocate_exact_size(egui::vec2(52.0, theme::CONTROL), egui::Sense::hover());
                let font = theme::secondary();
                ui.painter().text(
                    rect.left_center(),
                    egui::Align2::LEFT_CENTER,
                    "seconds",
                    font,
                    pen.palette.secondary,
                );
                let name = format!("Remove operation {number} on the {title}");
                is_removed = icon_button_of_size(ui, Icon::X, &name, "Leave it as it is", 24.0).clicked();
            });
        });
        return is_removed;
    }
    card(pen.palette, ui, |ui| {
        ui.horizontal(|ui| {
            let before = operation.op.clone();
            let mut op = (!operation.op.is_empty()).then(|| operation.op.clone());
            let ops: &[&str] = if hook == HookKind::Saml { &["add", "replace"] } else { &["add", "replace", "remove"] };
            let chosen = fields::word_menu(&format!("Op {of}"), ops, &mut op, OP, ui);
            fields::explained(chosen, hook, Topic::Op);
            operation.op = op.unwrap_or_default();
            if operation.op != before {
                pen.is_act = true;
                match operation.op.as_str() {
                    "remove" => operation.value = None,
                    _ => drop(operation.value.get_or_insert_with(|| "\"\"".to_owned())),
                }
            }
            let width = fields::room(ui, 24.0 + 4.0);
            let topic = if hook == HookKind::Saml { Topic::AssertionPath } else { Topic::ClaimPath };
            let path = TextField::new(&format!("Path {of}")).on_wire().width(width).ui(ui, &mut operation.path);
            fields::explained(path, hook, topic);
            let name = format!("Remove operation {number} on the {title}");
            if icon_button_of_size(ui, Icon::X, &name, "Take this operation away", 24.0).clicked() {
                is_removed = true;
            }
        });
        let Some(value) = &mut operation.value else { return };
        match SamlAttribute::read(value).filter(|_| hook == HookKind::Saml) {
            Some(mut attribute) => {
                saml_attribute_ui(&mut attribute, &of, pen, ui);
                let raw = attribute.raw();
                if SamlAttribute::read(value) != SamlAttribute::read(&raw) {
                    *value = raw;
                }
            }
            None => {
                ui.horizontal(|ui| {
                    let width = fields::room(ui, 0.0);
                    let field = fields::value_field(&format!("Value {of}"), width, value, ui);
                    fields::explained(field, hook, Topic::OperationValue);
                });
            }
        }
    });
    is_removed
}

/// An operation that sets a time of life as it should be set: its path and op need not be seen.
fn lifetime_of(operation: &Operation) -> Option<(&'static str, Topic)> {
    match (operation.op.as_str(), operation.path.as_str()) {
        ("replace", LIFETIME) => Some(("Lifetime", Topic::Lifetime)),
        ("add", SESSION_LIFETIME) => Some(("Session ends", Topic::SessionLifetime)),
        _ => None,
    }
}

const SESSION_LIFETIME: &str = "/authentication/sessionLifetime";

/// Width of the choice of an op, in points.
const OP: f32 = 84.0;

fn saml_attribute_ui(attribute: &mut SamlAttribute, of: &str, pen: &mut Pen<'_>, ui: &mut Ui) {
    let hook = pen.given.hook;
    ui.horizontal(|ui| {
        fields::label_ui("Name format", pen.palette, ui);
        let mut format = Some(attribute.name_format.clone());
        let width = fields::room(ui, 0.0);
        let chosen = fields::word_menu(&format!("Name format {of}"), &NAME_FORMATS, &mut format, width, ui);
        fields::explained(chosen, hook, Topic::NameFormat);
        attribute.name_format = format.unwrap_or_default();
    });
    let mut removed = None;
    let n_values = attribute.values.len();
    for (idx, value) in attribute.values.iter_mut().enumerate() {
        let number = idx + 1;
        ui.horizontal(|ui| {
            let mut xsi_type = Some(value.xsi_type.clone());
            let chosen = fields::word_menu(&format!("Type of value {number} {of}"), &XSI_TYPES, &mut xsi_type, OP, ui);
            fields::explained(chosen, hook, Topic::XsiType);
            value.xsi_type = xsi_type.unwrap_or_default();
            let width = fields::room(ui, if n_values > 1 { 28.0 } else { 0.0 });
            let field = TextField::new(&format!("Value {number} {of}")).on_wire().width(width).ui(ui, &mut value.value);
            fields::explained(field, hook, Topic::AttributeValues);
            if n_values > 1
                && icon_button_of_size(
                    ui,
                    Icon::X,
                    &format!("Remove value {number} {of}"),
                    "Take this value away",
                    24.0,
                )
                .clicked()
            {
                removed = Some(idx);
            }
        });
    }
    if let Some(removed) = removed {
        attribute.values.remove(removed);
        pen.is_act = true;
    }
    let add = theme::secondary_text("Add value", pen.palette);
    if controls::quiet_button(ui, Some(Icon::Plus), add).accessible_name(format!("Add value {of}")).clicked() {
        let xsi_type = attribute.values.last().map_or_else(|| "xs:string".to_owned(), |last| last.xsi_type.clone());
        attribute.values.push(SamlValue { xsi_type, value: String::new() });
        pen.is_act = true;
    }
}

fn token_buttons(patch: &mut Patch, title: &str, pen: &mut Pen<'_>, ui: &mut Ui) {
    let targets = pen.given.targets_of(patch.command);
    let named = |verb: &str| format!("{verb} of the {title}");
    if controls::button(ui, Some(Icon::Plus), "Claim")
        .accessible_name(format!("Add a claim to the {title}"))
        .on_hover_text("Add a claim")
        .clicked()
    {
        let path = free_path("newClaim", |path| {
            targets.iter().any(|target| target.path == path) || patch.operations.iter().any(|known| known.path == path)
        });
        push(patch, Operation::new("add", &path, Some("\"value\"")), pen);
    }
    let replaced = fields::pick_menu(
        "Replace",
        &named("Replace a claim"),
        targets,
        |target| target.fixed_because.as_deref(),
        pen.palette,
        ui,
    );
    if let Some(target) = replaced {
        push(patch, Operation::new("replace", &target.path, Some(&target.value)), pen);
    }
    let removed = fields::pick_menu(
        "Remove",
        &named("Remove a claim"),
        targets,
        |target| target.stays_because.as_deref(),
        pen.palette,
        ui,
    );
    if let Some(target) = removed {
        push(patch, Operation::new("remove", &target.path, None), pen);
    }
    if patch.lifetime().is_none() {
        let button = controls::button(ui, Some(Icon::Clock), "Lifetime").accessible_name(named("Lifetime"));
        if fields::explained(button, pen.given.hook, Topic::Lifetime).clicked() {
            patch.set_lifetime(Some("7200"));
            pen.is_act = true;
        }
    }
}

fn assertion_buttons(patch: &mut Patch, pen: &mut Pen<'_>, ui: &mut Ui) {
    let targets = &pen.given.assertion;
    if controls::button(ui, Some(Icon::Plus), "Attribute")
        .accessible_name("Add an attribute to the Assertion")
        .on_hover_text("Add an attribute")
        .clicked()
    {
        let path = free_path("newAttribute", |path| {
            targets.iter().any(|target| target.path == path) || patch.operations.iter().any(|known| known.path == path)
        });
        push(patch, Operation::new("add", &path, Some(&SamlAttribute::new("value").raw())), pen);
    }
    let leaves = |target: &crate::okta::compose::Target| !target.value.starts_with(['{', '[']);
    let mut picked: Vec<_> = targets.iter().filter(|target| leaves(target)).cloned().collect();
    // Values are changed more often than their formats and types.
    picked.sort_by_key(|target| target.path.contains("/attributes/"));
    let replaced = fields::pick_menu("Replace", "Replace a part of the Assertion", &picked, |_| None, pen.palette, ui);
    if let Some(target) = replaced {
        push(patch, Operation::new("replace", &target.path, Some(&target.value)), pen);
    }
    if !patch.operations.iter().any(|operation| operation.path == SESSION_LIFETIME) {
        let button = controls::button(ui, Some(Icon::Clock), "Session lifetime");
        if fields::explained(button, pen.given.hook, Topic::SessionLifetime).clicked() {
            push(patch, Operation::new("add", SESSION_LIFETIME, Some("900")), pen);
        }
    }
}

fn push(patch: &mut Patch, operation: Operation, pen: &mut Pen<'_>) {
    patch.operations.push(operation);
    pen.is_act = true;
}

/// A path for a new claim or attribute that is not taken.
fn free_path(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    (1..100)
        .map(|number| if number == 1 { claim_path(name) } else { claim_path(&format!("{name}{number}")) })
        .find(|path| !is_taken(path))
        .unwrap_or_else(|| claim_path(name))
}
