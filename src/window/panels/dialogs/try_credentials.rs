//! The window that tries the developer's own handler without and with a wrong secret, and shows what came of it.

use egui::{Align, Label, Layout, RichText, ScrollArea, Ui, vec2};

use super::replay_to::url_problem;
use super::{Answer, Closed, dialog, entered, error_ui, field_name, footer, help};
use crate::call::{CallId, TryResult};
use crate::okta::{Finding, Severity};
use crate::window::controls::{self, TextField, primary_button};
use crate::window::icons::Icon;
use crate::window::theme::{self, Palette};

/// The state of the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TryCredentialsDialog {
    pub call_id: CallId,
    pub url: String,
    pub stage: TryStage,
    is_new: bool,
}

/// How far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TryStage {
    Asking,
    Running,
    /// In the order in which they were sent.
    Done(Vec<TryResult>),
    Failed(String),
}

/// What a person asks of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TryWish {
    Try(String),
    /// Show the row of a try.
    Show(CallId),
}

impl TryCredentialsDialog {
    /// `url` is the one that was used last.
    pub fn new(call_id: CallId, url: impl Into<String>) -> TryCredentialsDialog {
        TryCredentialsDialog { call_id, url: url.into(), stage: TryStage::Asking, is_new: true }
    }

    pub fn ui(&mut self, ui: &Ui) -> Answer<TryWish> {
        let mut answer = Answer::Open;
        let is_new = std::mem::take(&mut self.is_new);
        let title = "Try without and with a wrong secret";
        let (closed, ()) = dialog(ui, "try-credentials", title, 620.0, |ui| {
            help(
                ui,
                &format!(
                    "Sends call {} to your handler as Okta would: with its credential, without one, and with a wrong one of the same \
                     shape; for an event hook a verification without one too. What is not right must be answered 401.",
                    self.call_id
                ),
            );
            field_name(ui, "URL of your handler");
            let field = TextField::new("URL of your handler").hint("https://localhost:3000").on_wire();
            let response = field.ui(ui, &mut self.url);
            if is_new {
                response.request_focus();
            }
            help(ui, "Without a path the recorded path and query are used.");
            let problem = url_problem(&self.url);
            if let Some(problem) = problem.filter(|_| !self.url.trim().is_empty()) {
                error_ui(ui, problem);
            }
            match &self.stage {
                TryStage::Asking => {}
                TryStage::Running => {
                    ui.add_space(theme::GAP_WIDE);
                    ui.label(theme::secondary_text("Sending, at most three seconds for each…", theme::palette(ui)));
                }
                TryStage::Failed(why) => error_ui(ui, &format!("Call {} was not sent: {why}", self.call_id)),
                TryStage::Done(results) => {
                    // The buttons beneath stay in sight, however low the window is.
                    let height = (ui.content_rect().height() - BESIDE_RESULTS).max(120.0);
                    let area = ScrollArea::vertical().id_salt("tries").max_height(height);
                    if let Some(call_id) = area.show(ui, |ui| results_ui(ui, results)).inner {
                        answer = Answer::Given(TryWish::Show(call_id));
                    }
                }
            }
            let is_running = self.stage == TryStage::Running;
            let why_not = if is_running { Some("It is being tried") } else { problem };
            if why_not.is_none() && entered(ui, &response) {
                answer = Answer::Given(TryWish::Try(self.url.trim().to_owned()));
            }
            footer(ui, |ui| {
                let text = if matches!(self.stage, TryStage::Done(_)) { "Try again" } else { "Try" };
                let send = ui.add_enabled_ui(why_not.is_none(), |ui| primary_button(ui, Some(Icon::Send), text)).inner;
                if send.on_disabled_hover_text(why_not.unwrap_or_default()).clicked() {
                    answer = Answer::Given(TryWish::Try(self.url.trim().to_owned()));
                }
                if ui.button(if matches!(self.stage, TryStage::Done(_)) { "Done" } else { "Cancel" }).clicked() {
                    answer = Answer::Cancelled;
                }
            });
        });
        if closed == Closed::Yes { Answer::Cancelled } else { answer }
    }
}

/// Height of everything in the window but the results, in points.
const BESIDE_RESULTS: f32 = 320.0;

/// Draws the tries; gives the call whose row is to be shown.
fn results_ui(ui: &mut Ui, results: &[TryResult]) -> Option<CallId> {
    let palette = theme::palette(ui);
    let mut show = None;
    ui.add_space(theme::GAP_WIDE);
    for result in results {
        let frame = controls::well(palette);
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                let (icon, color) = mark(result.meaning.finding.as_ref(), palette);
                let (rect, _) = ui.allocate_exact_size(vec2(16.0, 18.0), egui::Sense::hover());
                icon.paint(ui.painter(), rect.center(), 14.0, color);
                ui.label(theme::strong_text(name_of(result), palette));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if let Some(call_id) = result.call_id {
                        let text = theme::secondary_text(format!("Show call {call_id}"), palette);
                        if controls::quiet_button(ui, None, text).clicked() {
                            show = Some(call_id);
                        }
                    }
                    let status = result.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
                    ui.label(theme::code_text(status, palette));
                });
            });
            ui.add(Label::new(theme::secondary_text(&result.sent_with, palette)).wrap());
            ui.add(Label::new(RichText::new(&*result.meaning.text).font(theme::body()).color(palette.text)).wrap());
            if let Some(error) = &result.error {
                ui.add(Label::new(theme::secondary_text(error, palette)).wrap());
            }
            if let Some(finding) = &result.meaning.finding {
                let text = format!("{}: {}", finding.id, finding.message);
                let (_, color) = mark(Some(finding), palette);
                ui.add(Label::new(RichText::new(text).font(theme::secondary()).color(color)).wrap());
                let source = format!("{} ({})", finding.source, finding.confidence.meaning());
                ui.add(Label::new(theme::hint_text(&source, palette)).wrap());
            }
        });
    }
    show
}

fn mark(finding: Option<&Finding>, palette: &Palette) -> (Icon, egui::Color32) {
    match finding.map(|finding| finding.severity) {
        None => (Icon::CircleCheck, palette.applied),
        Some(Severity::Error) => (Icon::CircleX, palette.refused),
        Some(Severity::Warning | Severity::Info) => (Icon::CircleAlert, palette.ignored),
    }
}

fn name_of(result: &TryResult) -> &'static str {
    use crate::call::TriedWith;
    match (result.tried.with, result.tried.is_verification) {
        (TriedWith::Given, _) => "With the credential",
        (TriedWith::None, true) => "Verification without a credential",
        (TriedWith::None, false) => "Without a credential",
        (TriedWith::Wrong, _) => "With a wrong credential",
    }
}
