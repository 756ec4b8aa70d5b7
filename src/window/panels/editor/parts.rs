//! The smaller parts of the builder: a decision, attributes, a message's delivery, a verification.

use egui::{Label, Ui};

use super::builder::{Pen, card, head_ui};
use super::fields;
use crate::okta::HookKind;
use crate::okta::compose::{Attribute, Attributes, Builder, Choice, Delivery, Target, Topic, Verification};
use crate::window::controls::{self, TextField};
use crate::window::icons::{Icon, icon_button_of_size};
use crate::window::panels::detail::segmented;
use crate::window::theme;

/// A decision by one word.
pub(super) fn choice_ui(choice: &mut Choice, pen: &mut Pen<'_>, ui: &mut Ui) {
    let (title, topic, none, words): (_, _, _, &[(&str, &str)]) = match choice.member {
        "registration" => ("Decision", Topic::Registration, "Not decided", &[("ALLOW", "Allow"), ("DENY", "Deny")]),
        "credential" => {
            ("Password", Topic::Credential, "Not said", &[("VERIFIED", "Verified"), ("UNVERIFIED", "Not verified")])
        }
        _ => ("Import", Topic::ImportResult, "As matched", &[("CREATE_USER", "Create"), ("LINK_USER", "Link")]),
    };
    head_ui(title, pen.given.hook, topic, pen.palette, ui);
    let mut offered: Vec<(Option<&str>, &str)> = vec![(None, none)];
    offered.extend(words.iter().map(|(word, text)| (Some(*word), *text)));
    words_ui(&offered, &mut choice.value, pen, ui);
}

/// A row of words of which one holds; a word that is none of them is said.
fn words_ui(offered: &[(Option<&str>, &str)], value: &mut Option<String>, pen: &mut Pen<'_>, ui: &mut Ui) {
    let mut chosen = value.as_deref();
    ui.horizontal(|ui| segmented(ui, pen.palette, offered, &mut chosen));
    if let Some(odd) = value.as_deref()
        && !offered.iter().any(|(word, _)| *word == Some(odd))
    {
        let text = format!("Now '{odd}', which is none of the words that Okta takes");
        ui.add(Label::new(theme::hint_text(text, pen.palette)).wrap());
    }
    let chosen = chosen.map(str::to_owned);
    if chosen != *value {
        *value = chosen;
        pen.is_act = true;
    }
}

/// What goes with a decision to link or to create: the pair of commands is kept whole.
pub(super) fn link_ui(before: &Builder, builder: &mut Builder, pen: &mut Pen<'_>, ui: &mut Ui) {
    let result = |builder: &Builder| builder.choice("result").and_then(|choice| choice.value.clone());
    let (was, is) = (result(before), result(builder));
    let Some(id) = builder.choice_mut("id") else { return };
    if was != is {
        id.value = match is.as_deref() {
            Some("LINK_USER") => {
                let matched = pen.given.user_id.clone();
                id.value.clone().or(matched).or_else(|| Some(String::new()))
            }
            _ => None,
        };
    }
    if id.value.is_none() && is.as_deref() != Some("LINK_USER") {
        return;
    }
    ui.horizontal(|ui| {
        fields::label_ui("User id", pen.palette, ui);
        let width = fields::room(ui, 0.0);
        let field = fields::text_field("Okta user id", width, &mut id.value, ui);
        fields::explained(field, pen.given.hook, Topic::ImportUser);
    });
}

/// Attributes to set.
pub(super) fn attributes_ui(part: &mut Attributes, pen: &mut Pen<'_>, ui: &mut Ui) {
    let (title, topic) = match (pen.given.hook, part.command) {
        (HookKind::UserImport, "com.okta.appUser.profile.update") => ("App attributes", Topic::AppProfile),
        (HookKind::UserImport, _) => ("Okta attributes", Topic::Profile),
        _ => ("Attributes", Topic::Profile),
    };
    let hook = pen.given.hook;
    head_ui(title, hook, topic, pen.palette, ui);
    let singular = title.trim_end_matches('s');
    let mut removed = None;
    if !part.attributes.is_empty() {
        card(pen.palette, ui, |ui| {
            for (idx, attribute) in part.attributes.iter_mut().enumerate() {
                let number = idx + 1;
                ui.horizontal(|ui| {
                    let all = ui.available_width() - 24.0 - 2.0 * 4.0;
                    let names = (all * 0.42).floor().max(48.0);
                    let name = format!("{singular} name {number}");
                    let field = TextField::new(&name).on_wire().width(names).ui(ui, &mut attribute.name);
                    fields::explained(field, hook, topic);
                    let width = (all - names).floor().max(48.0);
                    let name = format!("{singular} value {number}");
                    let field = fields::value_field(&name, width, &mut attribute.value, ui);
                    fields::explained(field, hook, topic);
                    let name = format!("Remove {} {number}", singular.to_lowercase());
                    if icon_button_of_size(ui, Icon::X, &name, "Leave this attribute as it is", 24.0).clicked() {
                        removed = Some(idx);
                    }
                });
            }
        });
    }
    if let Some(removed) = removed {
        part.attributes.remove(removed);
        pen.is_act = true;
    }
    let given: Vec<Target> = pen
        .given
        .targets_of(part.command)
        .iter()
        .filter(|target| !part.attributes.iter().any(|attribute| attribute.name == target.path))
        .cloned()
        .collect();
    ui.horizontal_wrapped(|ui| {
        let name = format!("Set one of the {}", lower_first(title));
        if let Some(target) = fields::pick_menu("Set", &name, &given, |_| None, pen.palette, ui) {
            let attribute = Attribute { at: None, name: target.path.clone(), value: target.value.clone() };
            part.attributes.push(attribute);
            pen.is_act = true;
        }
        let another = controls::button(ui, Some(Icon::Plus), "Another")
            .accessible_name(format!("Set another of the {}", lower_first(title)))
            .on_hover_text("Set an attribute that the request does not have");
        if another.clicked() {
            let name = "newAttribute".to_owned();
            part.attributes.push(Attribute { at: None, name, value: "\"value\"".to_owned() });
            pen.is_act = true;
        }
    });
}

/// `App attributes` within a sentence.
fn lower_first(text: &str) -> String {
    if text.starts_with("Okta") { text.to_owned() } else { text.to_lowercase() }
}

/// Telephony: what became of the message.
pub(super) fn delivery_ui(delivery: &mut Delivery, pen: &mut Pen<'_>, ui: &mut Ui) {
    let hook = pen.given.hook;
    head_ui("Message", hook, Topic::TelephonyStatus, pen.palette, ui);
    let words = [(Some("SUCCESSFUL"), "Successful"), (Some("PENDING"), "Pending"), (Some("FAILED"), "Failed")];
    words_ui(&words, &mut delivery.status, pen, ui);
    let members = [
        ("Provider", "Provider", &mut delivery.provider, Topic::Provider),
        ("Transaction", "Transaction id", &mut delivery.transaction_id, Topic::TransactionId),
        ("Metadata", "Transaction metadata", &mut delivery.transaction_metadata, Topic::TransactionMetadata),
    ];
    for (label, name, value, topic) in members {
        ui.horizontal(|ui| {
            fields::label_ui(label, pen.palette, ui);
            let width = fields::room(ui, 0.0);
            let field = fields::text_field(name, width, value, ui);
            fields::explained(field, hook, topic);
        });
    }
}

/// The answer to a verification.
pub(super) fn verification_ui(verification: &mut Verification, pen: &mut Pen<'_>, ui: &mut Ui) {
    let hook = pen.given.hook;
    head_ui("Verification", hook, Topic::Verification, pen.palette, ui);
    let width = fields::room(ui, 0.0);
    let field = fields::text_field("Verification value", width, &mut verification.value, ui);
    fields::explained(field, hook, Topic::Verification);
    if let Some(challenge) = &pen.given.challenge
        && verification.value.as_ref() != Some(challenge)
        && controls::button(ui, Some(Icon::Check), "Send the challenge back").clicked()
    {
        verification.value = Some(challenge.clone());
        pen.is_act = true;
    }
}
