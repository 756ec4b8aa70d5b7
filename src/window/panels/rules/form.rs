//! The form of a rule: its name, its conditions, what it does.

use std::sync::Arc;

use egui::{Label, Ui};

use super::condition_draft::{ConditionDraft, Operator, Subject};
use super::draft::{AnswerDraft, RuleDraft, Target};
use super::{RulesWish, answer_form, card};
use crate::respond::AtEnd;
use crate::window::controls::{self, TextField, choice_of_width};
use crate::window::icons::{Icon, icon_button_of_size};
use crate::window::panels::{dialogs, pane, relay_form};
use crate::window::theme;

/// What the form needs to know beside the draft.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormModel {
    /// The names of the endpoint's other rules.
    pub others: Vec<Arc<str>>,
    /// The names of the saved responses.
    pub saved: Vec<Arc<str>>,
}

pub fn ui(model: &FormModel, draft: &mut RuleDraft, ui: &mut Ui) -> Vec<RulesWish> {
    let mut wishes = Vec::new();
    let built = draft.rule(&model.others);
    let title = match &draft.target {
        Target::NewRule => "New rule",
        Target::Rule(_) => "Edit rule",
        Target::Endpoint => "When no rule matches",
    };
    let right = |ui: &mut Ui| {
        let save = ui.add_enabled_ui(built.is_ok(), |ui| controls::primary_button(ui, Some(Icon::Check), "Save rule"));
        let save = save.inner;
        let save = match &built {
            Ok(_) => save,
            Err(problem) => save.on_disabled_hover_text(problem),
        };
        if save.clicked() {
            wishes.push(RulesWish::Save);
        }
        if ui.button("Cancel").clicked() {
            wishes.push(RulesWish::Cancel);
        }
    };
    if pane::head_ui(title, right, ui) {
        wishes.push(RulesWish::Cancel);
    }
    pane::body_ui("rule-form", ui, |ui| {
        ui.spacing_mut().item_spacing.y = 6.0;
        sentence_ui(draft, built.as_ref().ok().map(ToString::to_string), ui);
        if draft.target != Target::Endpoint {
            dialogs::field_name(ui, "Name");
            TextField::new("Name of the rule").width(360.0).ui(ui, &mut draft.name);
            if let Some(problem) = draft.name_problem(&model.others) {
                dialogs::error_ui(ui, &problem);
            }
            ui.add_space(theme::GAP_WIDE);
            conditions_ui(&mut draft.conditions, ui);
        }
        ui.add_space(theme::GAP_WIDE);
        action_ui(model, draft, &mut wishes, ui);
        ui.add_space(theme::GAP_SECTION);
        relay_form::ui(&mut draft.action.relay, "Such calls", ui);
    });
    wishes
}

/// The rule as it will stand in the list.
fn sentence_ui(draft: &RuleDraft, sentence: Option<String>, ui: &mut Ui) {
    let palette = theme::palette(ui);
    let about = format!("Endpoint {}", draft.endpoint);
    ui.label(theme::hint_text(about, palette));
    let text = match sentence {
        Some(sentence) => theme::strong_text(sentence, palette),
        None => theme::secondary_text("Complete what is marked below", palette),
    };
    ui.add(Label::new(text).wrap());
}

fn conditions_ui(conditions: &mut Vec<ConditionDraft>, ui: &mut Ui) {
    let palette = theme::palette(ui);
    pane::section_ui(ui, "When", "all of these hold");
    if conditions.is_empty() {
        ui.label(theme::secondary_text("No condition: the rule matches every call", palette));
    }
    let mut removed = None;
    for (idx, condition) in conditions.iter_mut().enumerate() {
        let number = idx + 1;
        ui.horizontal_wrapped(|ui| {
            if condition_ui(condition, number, ui) {
                removed = Some(idx);
            }
        });
        if let Err(problem) = condition.condition() {
            dialogs::error_ui(ui, &problem);
        }
    }
    if let Some(idx) = removed {
        conditions.remove(idx);
    }
    if controls::button(ui, Some(Icon::Plus), "Add condition").clicked() {
        conditions.push(ConditionDraft::default());
    }
}

/// Draws one condition; true where it is to go.
fn condition_ui(condition: &mut ConditionDraft, number: usize, ui: &mut Ui) -> bool {
    let subject = condition.subject;
    choice_of_width(ui, &format!("Condition {number}"), subject.text(), 140.0, |ui| {
        for choice in Subject::ALL {
            if ui.selectable_label(choice == subject, choice.text()).clicked() && choice != subject {
                *condition = ConditionDraft::new(choice);
            }
        }
    });
    let subject = condition.subject;
    if subject.has_name() {
        let (what, hint) = match subject {
            Subject::Header => ("header", "X-Env"),
            _ => ("place in the body", "/data/userProfile/login"),
        };
        let name = format!("Condition {number} {what}");
        TextField::new(&name).hint(hint).on_wire().width(200.0).ui(ui, &mut condition.name);
    }
    let mut has_value = true;
    if subject.has_operators() {
        let shown = condition.operator.text(condition.is_negated);
        choice_of_width(ui, &format!("Condition {number} operator"), shown, 110.0, |ui| {
            for (operator, is_negated) in Operator::ALL.into_iter().flat_map(|op| [(op, false), (op, true)]) {
                let is_chosen = (condition.operator, condition.is_negated) == (operator, is_negated);
                if ui.selectable_label(is_chosen, operator.text(is_negated)).clicked() {
                    (condition.operator, condition.is_negated) = (operator, is_negated);
                }
            }
        });
        has_value = condition.operator != Operator::Exists;
    } else {
        choice_of_width(ui, &format!("Condition {number} operator"), is_text(condition.is_negated), 64.0, |ui| {
            for is_negated in [false, true] {
                if ui.selectable_label(condition.is_negated == is_negated, is_text(is_negated)).clicked() {
                    condition.is_negated = is_negated;
                }
            }
        });
    }
    let name = format!("Condition {number} value");
    let choices = subject.choices();
    if !choices.is_empty() {
        choice_of_width(ui, &name, &condition.value.clone(), 120.0, |ui| {
            for choice in choices {
                if ui.selectable_label(choice == condition.value, &choice).clicked() {
                    condition.value = choice;
                }
            }
        });
    } else if has_value {
        let width = if subject.has_operators() { 200.0 } else { 64.0 };
        TextField::new(&name).on_wire().width(width).ui(ui, &mut condition.value);
    }
    icon_button_of_size(ui, Icon::X, &format!("Remove condition {number}"), "Remove this condition", 24.0).clicked()
}

fn is_text(is_negated: bool) -> &'static str {
    if is_negated { "is not" } else { "is" }
}

fn action_ui(model: &FormModel, draft: &mut RuleDraft, wishes: &mut Vec<RulesWish>, ui: &mut Ui) {
    let palette = theme::palette(ui);
    let relay = &draft.action.relay;
    let is_relayed = relay.forward() != Ok(None) || relay.hold() != Ok(None);
    let about = if is_relayed { "what goes out where the handler is late, or the hold ends by itself" } else { "" };
    pane::section_ui(ui, "Then answer", about);
    let is_of_endpoint = draft.target == Target::Endpoint;
    let action = &mut draft.action;
    ui.horizontal(|ui| {
        controls::radio(ui, &mut action.is_sequence, false, "One response", "One response");
        let sequence = "Several in turn";
        if controls::radio(ui, &mut action.is_sequence, true, sequence, sequence).clicked() && action.steps.len() < 2 {
            action.steps.push(AnswerDraft::own());
        }
    });
    let is_sequence = action.is_sequence;
    let n_shown = if is_sequence { action.steps.len() } else { 1 };
    let (mut removed, mut moved) = (None, None);
    for (idx, step) in action.steps.iter_mut().enumerate().take(n_shown) {
        card(palette).show(ui, |ui| {
            ui.set_width(ui.available_width());
            let number = idx + 1;
            if is_sequence {
                ui.horizontal(|ui| {
                    ui.label(theme::strong_text(format!("Step {number}"), palette));
                    if n_shown > 1 {
                        let what = format!("Remove step {number}");
                        if icon_button_of_size(ui, Icon::X, &what, "Remove this step", 24.0).clicked() {
                            removed = Some(idx);
                        }
                    }
                    if idx > 0 {
                        let what = format!("Move step {number} up");
                        if icon_button_of_size(ui, Icon::ArrowUp, &what, "Move up", 24.0).clicked() {
                            moved = Some(idx);
                        }
                    }
                });
            }
            let own = is_of_endpoint && !is_sequence;
            if answer_form::ui(model, step, draft.hook, number, own, ui) {
                wishes.push(RulesWish::KeepDrafted(idx));
            }
        });
    }
    if let Some(idx) = removed {
        action.steps.remove(idx);
    }
    if let Some(idx) = moved {
        action.steps.swap(idx, idx - 1);
    }
    if is_sequence {
        if controls::button(ui, Some(Icon::Plus), "Add step").clicked() {
            action.steps.push(AnswerDraft::own());
        }
        ui.horizontal(|ui| {
            ui.label(theme::body_text("At the end", palette));
            choice_of_width(ui, "At the end of the sequence", at_end_text(action.at_end), 220.0, |ui| {
                for at_end in AtEnd::ALL {
                    if ui.selectable_label(at_end == action.at_end, at_end_text(at_end)).clicked() {
                        action.at_end = at_end;
                    }
                }
            });
        });
    }
}

fn at_end_text(at_end: AtEnd) -> &'static str {
    match at_end {
        AtEnd::RepeatLast => "repeat the last one",
        AtEnd::StartAgain => "start again",
        AtEnd::FallThrough => "the endpoint's response",
    }
}
