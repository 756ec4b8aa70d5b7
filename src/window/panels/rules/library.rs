//! The library of saved responses.

use std::sync::Arc;

use egui::{Label, Ui};

use super::{RulesModel, RulesState, RulesWish, card, with_buttons};
use crate::window::controls::{self, TextField};
use crate::window::icons::{Icon, icon_button_of_size};
use crate::window::panels::{dialogs, pane};
use crate::window::theme;

/// A saved response in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedRow {
    pub name: Arc<str>,
    /// Status, kind and what uses it.
    pub about: String,
    /// How many rules and endpoints answer it.
    pub n_uses: usize,
}

/// What is wrong with a new name of a saved response.
pub fn saved_name_problem(name: &str, others: &[Arc<str>]) -> Option<String> {
    match name.trim() {
        "" => Some("Give it a name, by which rules find it".to_owned()),
        name if others.iter().any(|other| **other == *name) => {
            Some(format!("Another saved response is called '{name}'"))
        }
        _ => None,
    }
}

pub fn ui(model: &RulesModel, state: &mut RulesState, wishes: &mut Vec<RulesWish>, ui: &mut Ui) {
    let palette = theme::palette(ui);
    pane::section_ui(ui, "Saved responses", "for any rule of any endpoint");
    if model.library.is_empty() {
        let text = "None yet: keep the response of the open call, or that of a rule while you write it";
        ui.add(Label::new(theme::secondary_text(text, palette)).wrap());
    }
    for row in &model.library {
        card(palette).show(ui, |ui| {
            ui.set_width(ui.available_width());
            match &mut state.renamed {
                Some((from, to)) if *from == row.name => rename_ui(model, row, to, wishes, ui),
                _ => row_ui(row, &mut state.renamed, wishes, ui),
            }
        });
    }
    ui.add_enabled_ui(model.has_response, |ui| {
        let button = controls::button(ui, Some(Icon::Save), "Save response of the open call");
        if button.on_disabled_hover_text("Open a call that was answered first").clicked() {
            wishes.push(RulesWish::KeepResponse);
        }
    });
}

fn row_ui(row: &SavedRow, renamed: &mut Option<(Arc<str>, String)>, wishes: &mut Vec<RulesWish>, ui: &mut Ui) {
    let palette = theme::palette(ui);
    let name = &row.name;
    with_buttons(
        ui,
        150.0,
        |ui| {
            let title = Label::new(theme::strong_text(&**name, palette)).truncate();
            ui.add(title).accessible_name(format!("Saved response {name}"));
            ui.add(Label::new(theme::secondary_text(&*row.about, palette)).wrap());
        },
        |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            let what = format!("Remove saved response {name}");
            if icon_button_of_size(ui, Icon::Trash, &what, "Remove", 26.0).clicked() {
                wishes.push(RulesWish::RemoveSaved(name.clone()));
            }
            let what = format!("Rename saved response {name}");
            if icon_button_of_size(ui, Icon::Pencil, &what, "Rename", 26.0).clicked() {
                *renamed = Some((name.clone(), name.to_string()));
            }
            let use_it = ui.button("Use").accessible_name(format!("Use saved response {name}"));
            if use_it.on_hover_text("Write a rule that answers it").clicked() {
                wishes.push(RulesWish::UseSaved(name.clone()));
            }
        },
    );
}

fn rename_ui(model: &RulesModel, row: &SavedRow, to: &mut String, wishes: &mut Vec<RulesWish>, ui: &mut Ui) {
    let others: Vec<Arc<str>> =
        model.library.iter().map(|other| other.name.clone()).filter(|other| *other != row.name).collect();
    let problem = saved_name_problem(to, &others);
    let (mut is_entered, mut is_clicked) = (false, false);
    with_buttons(
        ui,
        80.0,
        |ui| {
            let field = TextField::new("New name of the saved response").ui(ui, to);
            is_entered = dialogs::entered(ui, &field);
        },
        |ui| is_clicked = ui.button("Rename").clicked(),
    );
    if let Some(problem) = &problem {
        dialogs::error_ui(ui, problem);
    }
    if (is_entered || is_clicked) && problem.is_none() {
        wishes.push(RulesWish::RenameSaved { from: row.name.clone(), to: to.trim().to_owned() });
    }
}
