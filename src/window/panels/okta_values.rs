//! What to paste into Okta for an endpoint: the values of its form, what is wrong with them, and ready commands.
//!
//! Draws a model and says what was asked for. A secret is masked until it is revealed, also to a screen reader; it can be copied
//! either way, and is never selectable.

use std::sync::Arc;

use egui::{Label, Layout, RichText, Ui, vec2};

use super::pane;
use crate::call::{CallId, MASK};
use crate::okta::management::{Card, CardValue, ManagementCommand, Remark, hook_uri_problems};
use crate::okta::{HookKind, Severity};
use crate::window::controls::{self, TextField};
use crate::window::icons::{Icon, icon_button_of_size};
use crate::window::theme::{self, Palette};

/// Everything that the pane shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OktaValuesModel {
    /// The endpoints, as they stand in the workspace.
    pub endpoints: Vec<Arc<str>>,
    /// The one that is shown.
    pub endpoint: Arc<str>,
    pub kind: HookKind,
    /// The endpoint takes whatever comes, so the kind is chosen here.
    pub can_choose_kind: bool,
    /// The address that Okta can reach, without a path.
    pub public_url: Option<String>,
    pub card: Card,
    pub commands: Vec<ManagementCommand>,
    pub execute: Execute,
    /// Secrets are shown, in the form and in the commands.
    pub is_revealed: bool,
}

/// Can the selected call be executed by Okta?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Execute {
    /// The reason, for a person.
    Not(&'static str),
    With {
        call_id: CallId,
        command: ManagementCommand,
        /// Masked values lie in the body.
        is_masked: bool,
    },
}

/// What is half typed.
#[derive(Clone, Debug, Default)]
pub struct OktaValuesState {
    /// The public address in the field.
    pub public_url: String,
}

/// What a person asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OktaWish {
    ShowEndpoint(Arc<str>),
    ShowKind(HookKind),
    /// Empty: there is none.
    SetPublicUrl(String),
    ShowTunnel,
    EditEndpoint(Arc<str>),
    Reveal(bool),
    /// `what` is what was copied, without its article.
    Copy {
        text: String,
        what: String,
    },
}

/// Width of the labels of the form, in points.
const LABELS: f32 = 168.0;
/// Below this width of the pane a label stands above its value.
const STACKED: f32 = 460.0;
/// As much of a command is shown; all of it is copied.
const MOST_SHOWN: usize = 6_000;

/// Draws what lies beneath the head.
pub fn ui(model: &OktaValuesModel, state: &mut OktaValuesState, ui: &mut Ui) -> Vec<OktaWish> {
    let mut wishes = Vec::new();
    pane::body_ui("okta-values", ui, |ui| {
        ui.spacing_mut().item_spacing.y = 6.0;
        choose_ui(model, &mut wishes, ui);
        ui.add_space(theme::GAP_WIDE);
        address_ui(model, state, &mut wishes, ui);
        ui.add_space(theme::GAP_SECTION);
        form_ui(model, &mut wishes, ui);
        ui.add_space(theme::GAP_SECTION);
        notes_ui(&model.card.notes, ui);
        ui.add_space(theme::GAP_SECTION);
        commands_ui(model, &mut wishes, ui);
    });
    wishes
}

fn choose_ui(model: &OktaValuesModel, wishes: &mut Vec<OktaWish>, ui: &mut Ui) {
    ui.horizontal_wrapped(|ui| {
        controls::choice(ui, "Endpoint of the values", &model.endpoint, |ui| {
            for name in &model.endpoints {
                if ui.selectable_label(*name == model.endpoint, &**name).clicked() {
                    wishes.push(OktaWish::ShowEndpoint(name.clone()));
                }
            }
        });
        if model.can_choose_kind {
            controls::choice(ui, "Hook kind of the values", model.kind.as_str(), |ui| {
                for kind in HookKind::WITH_ENDPOINT {
                    if ui.selectable_label(kind == model.kind, kind.as_str()).clicked() {
                        wishes.push(OktaWish::ShowKind(kind));
                    }
                }
            });
        }
        if controls::button(ui, Some(Icon::Pencil), "Edit this endpoint…").clicked() {
            wishes.push(OktaWish::EditEndpoint(model.endpoint.clone()));
        }
        if model.card.values.iter().any(|value| value.is_secret) {
            let (icon, text) = match model.is_revealed {
                true => (Icon::EyeOff, "Hide secrets"),
                false => (Icon::Eye, "Reveal secrets"),
            };
            if controls::button(ui, Some(icon), text).clicked() {
                wishes.push(OktaWish::Reveal(!model.is_revealed));
            }
        }
    });
}

/// The address that Okta can reach, with what is wrong with the URL at once.
fn address_ui(model: &OktaValuesModel, state: &mut OktaValuesState, wishes: &mut Vec<OktaWish>, ui: &mut Ui) {
    pane::section_ui(ui, "Public address", "where Okta reaches this listener");
    let size = vec2(ui.available_width(), theme::CONTROL);
    ui.allocate_ui_with_layout(size, Layout::right_to_left(egui::Align::Center), |ui| {
        if controls::button(ui, Some(Icon::Link), "Tunnel…").clicked() {
            wishes.push(OktaWish::ShowTunnel);
        }
        let hint = "https://quiet-otter.tunnel.example";
        let field = TextField::new("Public address").hint(hint).on_wire().width(ui.available_width());
        let response = field.ui(ui, &mut state.public_url);
        // Each letter would be a change of the workspace file: what is typed counts when it is whole.
        if response.lost_focus() && is_typing(model, state) {
            wishes.push(OktaWish::SetPublicUrl(state.public_url.trim().to_owned()));
        }
    });
    if is_typing(model, state) {
        for problem in hook_uri_problems(state.public_url.trim()) {
            remark_ui(&problem, ui);
        }
        return;
    }
    for problem in model.card.problems.iter().filter(|problem| problem.label == "URL") {
        remark_ui(problem, ui);
    }
}

/// The field holds another address than the one that counts.
fn is_typing(model: &OktaValuesModel, state: &OktaValuesState) -> bool {
    state.public_url.trim() != model.public_url.as_deref().unwrap_or_default()
}

fn form_ui(model: &OktaValuesModel, wishes: &mut Vec<OktaWish>, ui: &mut Ui) {
    let about = if model.kind == HookKind::Event { "an event hook" } else { "an inline hook" };
    pane::section_ui(ui, "Okta's form", about);
    for value in &model.card.values {
        value_ui(value, model, wishes, ui);
    }
    // What is about no value that is shown stands beneath them all.
    let is_shown = |problem: &&Remark| {
        problem.label == "URL" || model.card.values.iter().any(|value| value.label == problem.label)
    };
    for problem in model.card.problems.iter().filter(|problem| !is_shown(problem)) {
        remark_ui(problem, ui);
    }
}

fn value_ui(value: &CardValue, model: &OktaValuesModel, wishes: &mut Vec<OktaWish>, ui: &mut Ui) {
    let palette = theme::palette(ui);
    let mut draw = |ui: &mut Ui| {
        let shown = match &value.value {
            Some(_) if value.is_secret && !model.is_revealed => MASK,
            Some(text) => text,
            None => "",
        };
        if value.value.is_some() {
            let name = format!("Copy {}", value.label);
            if controls::copy_box(ui, shown, &name).clicked() {
                let text = value.value.clone().unwrap_or_default();
                wishes.push(OktaWish::Copy { text, what: value.label.to_owned() });
            }
        }
        ui.add(Label::new(theme::hint_text(&*value.about, palette)).wrap());
        if value.label != "URL" {
            for problem in model.card.problems.iter().filter(|problem| problem.label == value.label) {
                remark_ui(problem, ui);
            }
        }
    };
    if ui.available_width() < STACKED {
        ui.label(theme::secondary_text(value.label, palette));
        draw(ui);
        return;
    }
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.allocate_ui_with_layout(
            vec2(LABELS, theme::CONTROL + 4.0),
            Layout::left_to_right(egui::Align::Center),
            |ui| {
                ui.set_min_width(LABELS);
                ui.label(theme::body_text(value.label, palette));
            },
        );
        ui.vertical(draw);
    });
    ui.add_space(theme::GAP_TIGHT);
}

fn notes_ui(notes: &[Remark], ui: &mut Ui) {
    if notes.is_empty() {
        return;
    }
    pane::section_ui(ui, "Good to know", "");
    for note in notes {
        remark_ui(note, ui);
    }
}

/// A sentence with its mark; the page that says so shows on hover.
fn remark_ui(remark: &Remark, ui: &mut Ui) {
    let source = format!("{} ({})", remark.source, remark.confidence.meaning());
    mark_ui(remark.severity, &remark.message, theme::palette(ui), ui).on_hover_text(source);
}

fn mark_ui(severity: Severity, text: &str, palette: &Palette, ui: &mut Ui) -> egui::Response {
    let (icon, color) = match severity {
        Severity::Error => (Icon::CircleX, palette.refused),
        Severity::Warning => (Icon::CircleAlert, palette.ignored),
        Severity::Info => (Icon::Info, palette.secondary),
    };
    let shown = ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let (rect, _) = ui.allocate_exact_size(vec2(16.0, 17.0), egui::Sense::hover());
        icon.paint(ui.painter(), rect.center(), 13.0, color);
        ui.add(Label::new(RichText::new(text).font(theme::secondary()).color(color)).wrap())
    });
    shown.inner
}

fn commands_ui(model: &OktaValuesModel, wishes: &mut Vec<OktaWish>, ui: &mut Ui) {
    pane::section_ui(ui, "Management API", "the same with curl; the API token and secrets are variables of your shell");
    for command in &model.commands {
        command_ui(command, command.title, None, model.is_revealed, wishes, ui);
    }
    match &model.execute {
        Execute::Not(why) => {
            let palette = theme::palette(ui);
            ui.label(theme::strong_text("Execute with a recorded body", palette));
            ui.add(Label::new(theme::hint_text(*why, palette)).wrap());
        }
        Execute::With { call_id, command, is_masked } => {
            let title = format!("{} (call {call_id})", command.title);
            let warning = is_masked.then_some(
                "Masked values lie in this body: reveal the call's secrets first, or the hook gets the mask",
            );
            // What is revealed in the call stands in its body.
            command_ui(command, &title, warning, true, wishes, ui);
        }
    }
}

fn command_ui(
    command: &ManagementCommand,
    title: &str,
    warning: Option<&str>,
    may_hold_secrets: bool,
    wishes: &mut Vec<OktaWish>,
    ui: &mut Ui,
) {
    let palette = theme::palette(ui);
    ui.add_space(theme::GAP_TIGHT);
    ui.horizontal(|ui| {
        ui.label(theme::strong_text(title, palette));
        ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
            let name = copy_name(command);
            if icon_button_of_size(ui, Icon::Copy, &name, &name, 24.0).clicked() {
                let what = format!("command: {title}");
                wishes.push(OktaWish::Copy { text: command.text.clone(), what });
            }
        });
    });
    ui.add(Label::new(theme::hint_text(&*command.about, palette)).wrap());
    if let Some(warning) = warning {
        mark_ui(Severity::Warning, warning, palette, ui);
    }
    code_ui(&command.text, may_hold_secrets, palette, ui);
    ui.add_space(theme::GAP);
}

fn copy_name(command: &ManagementCommand) -> String {
    match command.name {
        "variables" => "Copy variables".to_owned(),
        name => format!("Copy curl for {name}"),
    }
}

fn code_ui(text: &str, may_hold_secrets: bool, palette: &Palette, ui: &mut Ui) {
    let shown = match text.char_indices().nth(MOST_SHOWN) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    };
    let frame = controls::well(palette);
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.add(Label::new(theme::code_text(shown, palette)).wrap().selectable(!may_hold_secrets));
    });
}
