//! The rules of an endpoint as sentences, what answers when none matches, and the library of saved responses.
//!
//! Draws a model and says what was asked for. Where to look next: `draft.rs` is a rule while it is written, `form.rs` draws it,
//! `presets.rs` has those that can be added with one click.

mod answer_form;
mod condition_draft;
mod draft;
mod form;
mod library;
mod presets;

use std::sync::Arc;

use egui::{Align, Button, Frame, Label, Layout, Margin, RichText, Role, Stroke, Ui, WidgetInfo, vec2};

use super::pane;
use crate::call::CallId;
use crate::okta::{HookKind, is_never_retried};
use crate::window::command::Command;
use crate::window::controls::{self, grouped};
use crate::window::icons::{Icon, icon_button_of_size};
use crate::window::theme::{self, Palette};

pub use condition_draft::{ConditionDraft, Operator, Subject};
pub use draft::{ActionDraft, AnswerDraft, RuleDraft, Source, Target};
pub use form::FormModel;
pub use library::{SavedRow, saved_name_problem};
pub use presets::{RulePreset, free_name};

/// Everything that the pane shows while no rule is being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesModel {
    pub endpoints: Vec<Arc<str>>,
    /// The one that is shown.
    pub endpoint: Arc<str>,
    pub kind: Option<HookKind>,
    /// False: no rule of any endpoint is asked.
    pub rules_on: bool,
    pub rows: Vec<RuleRow>,
    /// What answers when no rule matches, as a sentence.
    pub own: String,
    pub library: Vec<SavedRow>,
    /// The open call, if a rule can be made from it.
    pub call: Option<CallId>,
    /// The open call was answered, so that its response can be kept.
    pub has_response: bool,
}

/// A rule in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleRow {
    pub name: Arc<str>,
    pub sentence: String,
    pub is_on: bool,
    pub n_hits: u64,
    /// The call that it answered last, and when.
    pub last: Option<(CallId, String)>,
    /// A rule before it that matches every call, so that this one is never asked.
    pub hidden_by: Option<Arc<str>>,
    /// It answers the first attempt only, so that the retry is answered by what follows.
    pub is_first_attempt: bool,
}

/// What is half typed in the pane.
#[derive(Clone, Debug, Default)]
pub struct RulesState {
    /// The rule that is being written.
    pub draft: Option<RuleDraft>,
    /// A saved response that is being renamed, and the name as it is typed.
    pub renamed: Option<(Arc<str>, String)>,
}

/// What a person asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum RulesWish {
    Close,
    ShowEndpoint(Arc<str>),
    SetAllOn(bool),
    Reset,
    Add(RulePreset),
    AddFromCall,
    Edit(Arc<str>),
    EditOwn,
    SetOn(Arc<str>, bool),
    Move {
        name: Arc<str>,
        is_up: bool,
    },
    Duplicate(Arc<str>),
    Remove(Arc<str>),
    OpenCall(CallId),
    /// Write the draft into the workspace.
    Save,
    /// Forget the draft.
    Cancel,
    KeepResponse,
    /// Keep the response of the draft's first answer in the library.
    KeepDrafted(usize),
    RenameSaved {
        from: Arc<str>,
        to: String,
    },
    RemoveSaved(Arc<str>),
    /// Answer every call of the endpoint with a saved response, in a rule that is shown first.
    UseSaved(Arc<str>),
}

/// Draws the pane.
pub fn ui(model: &RulesModel, state: &mut RulesState, ui: &mut Ui) -> Vec<RulesWish> {
    let mut wishes = Vec::new();
    let right = |ui: &mut Ui| {
        let mut is_on = model.rules_on;
        let key = Command::ToggleRules.shortcut_text(ui.ctx()).unwrap_or_default();
        if controls::checkbox(ui, &mut is_on, "All rules on").on_hover_text(key).clicked() {
            wishes.push(RulesWish::SetAllOn(is_on));
        }
    };
    if pane::head_ui("Rules", right, ui) {
        wishes.push(RulesWish::Close);
    }
    pane::body_ui("rules", ui, |ui| {
        ui.spacing_mut().item_spacing.y = 6.0;
        choose_ui(model, &mut wishes, ui);
        if !model.rules_on {
            let palette = theme::palette(ui);
            let text = "All rules are off: every endpoint answers as if it had none";
            ui.label(RichText::new(text).font(theme::secondary()).color(palette.ignored));
        }
        ui.add_space(theme::GAP);
        rows_ui(model, &mut wishes, ui);
        ui.add_space(theme::GAP_SECTION);
        library::ui(model, state, &mut wishes, ui);
    });
    wishes
}

/// Draws the rule that is being written, in place of the list.
pub fn draft_ui(model: &FormModel, draft: &mut RuleDraft, ui: &mut Ui) -> Vec<RulesWish> {
    form::ui(model, draft, ui)
}

fn choose_ui(model: &RulesModel, wishes: &mut Vec<RulesWish>, ui: &mut Ui) {
    ui.horizontal_wrapped(|ui| {
        controls::choice(ui, "Endpoint of the rules", &model.endpoint, |ui| {
            for name in &model.endpoints {
                if ui.selectable_label(*name == model.endpoint, &**name).clicked() {
                    wishes.push(RulesWish::ShowEndpoint(name.clone()));
                }
            }
        });
        add_ui(model, wishes, ui);
        if model.rows.iter().any(|row| row.n_hits > 0)
            && controls::button(ui, Some(Icon::RotateCw), "Reset counters")
                .on_hover_text("Begin counting hits, calls and steps of sequences anew")
                .clicked()
        {
            wishes.push(RulesWish::Reset);
        }
    });
}

fn add_ui(model: &RulesModel, wishes: &mut Vec<RulesWish>, ui: &mut Ui) {
    let palette = theme::palette(ui);
    let text = RichText::new("Add rule").font(theme::strong()).color(palette.on_accent);
    let atoms = (Icon::Plus.colored_atom(theme::ICON, palette.on_accent), text);
    let button = Button::new(atoms).fill(palette.accent).stroke(Stroke::NONE).min_size(vec2(0.0, theme::CONTROL));
    let response = ui.add(button).accessible_name("Add rule");
    egui::Popup::menu(&response).gap(4.0).style(crate::window::menus::style).show(|ui| {
        ui.set_width(280.0);
        for preset in RulePreset::ALL {
            if ui.button(preset.text()).on_hover_text(preset.hint(model.kind)).clicked() {
                wishes.push(RulesWish::Add(preset));
            }
        }
        let text = match model.call {
            Some(call_id) => format!("From call {call_id}…"),
            None => "From a call…".to_owned(),
        };
        let from_call = ui.add_enabled(model.call.is_some(), Button::new(text));
        if from_call.on_disabled_hover_text("Select a call first").clicked() {
            wishes.push(RulesWish::AddFromCall);
        }
    });
}

/// Okta developer docs, Inline hooks concept, and OpenAPI: the two kinds that are never sent again.
const NO_RETRY: &str = "Okta does not send token and telephony hooks again, so every call of Okta's is a first attempt";

fn rows_ui(model: &RulesModel, wishes: &mut Vec<RulesWish>, ui: &mut Ui) {
    let palette = theme::palette(ui);
    pane::section_ui(ui, "Rules", "asked in order; the first that is on and matches answers");
    if model.rows.is_empty() {
        let text = match model.kind {
            Some(kind) if is_never_retried(kind) => "No rule yet. To see what a failed or a late answer does:",
            _ => "No rule yet. To see Okta's retry, for example, let the first attempt fail and the retry succeed:",
        };
        ui.add(Label::new(theme::secondary_text(text, palette)).wrap());
        ui.horizontal_wrapped(|ui| {
            let is_shown = |preset: &RulePreset| {
                let says_nothing = *preset == RulePreset::FirstAttemptFails && model.kind.is_some_and(is_never_retried);
                !preset.needs_editor() && !says_nothing
            };
            for preset in RulePreset::ALL.into_iter().filter(is_shown) {
                if ui.button(preset.text()).on_hover_text(preset.hint(model.kind)).clicked() {
                    wishes.push(RulesWish::Add(preset));
                }
            }
        });
    }
    let n_rows = model.rows.len();
    for (idx, row) in model.rows.iter().enumerate() {
        row_ui(model, row, idx, n_rows, wishes, ui);
    }
    card(palette).show(ui, |ui| {
        ui.set_width(ui.available_width());
        with_buttons(
            ui,
            36.0,
            |ui| {
                ui.add(Label::new(theme::strong_text("Otherwise", palette)));
                ui.add(Label::new(theme::body_text(&*model.own, palette)).wrap());
            },
            |ui| {
                let name = "Edit what answers otherwise";
                if icon_button_of_size(ui, Icon::Pencil, name, name, 26.0).clicked() {
                    wishes.push(RulesWish::EditOwn);
                }
            },
        );
    });
}

fn row_ui(model: &RulesModel, row: &RuleRow, idx: usize, n_rows: usize, wishes: &mut Vec<RulesWish>, ui: &mut Ui) {
    let palette = theme::palette(ui);
    let is_asked = row.is_on && model.rules_on;
    let name = &row.name;
    card(palette).show(ui, |ui| {
        ui.set_width(ui.available_width());
        let mut is_on = row.is_on;
        let mut left = |ui: &mut Ui| {
            ui.horizontal(|ui| {
                let switch = controls::checkbox(ui, &mut is_on, "").accessible_name(format!("Rule {name} on"));
                let color = if is_asked { palette.text } else { palette.secondary };
                let title = Label::new(theme::strong_text(&**name, palette).color(color)).truncate();
                called(&ui.add(title), &format!("Rule {name}"));
                switch
            })
            .inner
        };
        let mut is_switched = false;
        with_buttons(ui, 156.0, |ui| is_switched = left(ui).clicked(), |ui| buttons_ui(name, idx, n_rows, wishes, ui));
        if is_switched {
            wishes.push(RulesWish::SetOn(name.clone(), is_on));
        }
        let text = if is_asked {
            theme::body_text(&*row.sentence, palette)
        } else {
            theme::body_text(&*row.sentence, palette).color(palette.secondary)
        };
        ui.add(Label::new(text).wrap());
        if row.is_first_attempt {
            let text = match model.kind {
                Some(HookKind::Token | HookKind::Telephony) => NO_RETRY,
                _ => "The retry is answered by what follows; both rows are tied together in the list of calls",
            };
            ui.add(Label::new(theme::hint_text(text, palette)).wrap());
        }
        if let Some(other) = &row.hidden_by {
            let text = format!("Never asked: '{other}' matches every call before it");
            ui.add(Label::new(RichText::new(text).font(theme::secondary()).color(palette.ignored)).wrap());
        }
        ui.horizontal(|ui| {
            let hits = match row.n_hits {
                0 => "No hits yet".to_owned(),
                1 => "1 hit".to_owned(),
                n_hits => format!("{} hits", grouped(usize::try_from(n_hits).unwrap_or(usize::MAX))),
            };
            ui.label(theme::secondary_text(hits, palette));
            if let Some((call_id, time)) = &row.last {
                let link = ui.link(theme::secondary_text(format!("last: call {call_id}, {time}"), palette));
                if link.accessible_name(format!("Last match of {name}: call {call_id}")).clicked() {
                    wishes.push(RulesWish::OpenCall(*call_id));
                }
            }
        });
    });
}

fn buttons_ui(name: &Arc<str>, idx: usize, n_rows: usize, wishes: &mut Vec<RulesWish>, ui: &mut Ui) {
    ui.spacing_mut().item_spacing.x = 2.0;
    let mut button = |icon, what: String, hint: &str, is_enabled: bool, wish: RulesWish, ui: &mut Ui| {
        let shown = ui.add_enabled_ui(is_enabled, |ui| icon_button_of_size(ui, icon, &what, hint, 26.0));
        if shown.inner.clicked() {
            wishes.push(wish);
        }
    };
    let moved = |is_up| RulesWish::Move { name: name.clone(), is_up };
    button(Icon::Trash, format!("Remove rule {name}"), "Remove", true, RulesWish::Remove(name.clone()), ui);
    button(Icon::Copy, format!("Duplicate rule {name}"), "Duplicate", true, RulesWish::Duplicate(name.clone()), ui);
    button(Icon::Pencil, format!("Edit rule {name}"), "Edit", true, RulesWish::Edit(name.clone()), ui);
    button(Icon::ArrowDown, format!("Move rule {name} down"), "Move down", idx + 1 < n_rows, moved(false), ui);
    button(Icon::ArrowUp, format!("Move rule {name} up"), "Move up", idx > 0, moved(true), ui);
}

/// A text that a screen reader reads as more than it shows.
fn called(response: &egui::Response, name: &str) {
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
}

/// What belongs together, with a hairline around it.
fn card(palette: &Palette) -> Frame {
    controls::well(palette).inner_margin(Margin::symmetric(12, 8))
}

/// A text at the left, and buttons that take `width` points at the right.
fn with_buttons(ui: &mut Ui, width: f32, left: impl FnOnce(&mut Ui), right: impl FnOnce(&mut Ui)) {
    ui.horizontal_top(|ui| {
        let room = (ui.available_width() - width).max(60.0);
        ui.allocate_ui_with_layout(vec2(room, 26.0), Layout::top_down(Align::Min), |ui| {
            ui.set_width(room);
            left(ui);
        });
        ui.with_layout(Layout::right_to_left(Align::Min), right);
    });
}
