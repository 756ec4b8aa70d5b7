//! The window in which a call gets a note.

use egui::Ui;

use super::{Answer, Closed, dialog, footer, help};
use crate::call::CallId;
use crate::window::controls::{TextField, primary_button};
use crate::window::theme;

/// The state of the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteDialog {
    pub call_id: CallId,
    pub note: String,
    is_new: bool,
}

impl NoteDialog {
    pub fn new(call_id: CallId, note: impl Into<String>) -> NoteDialog {
        NoteDialog { call_id, note: note.into(), is_new: true }
    }

    /// The answer is the note; an empty one takes it away.
    pub fn ui(&mut self, ui: &Ui) -> Answer<String> {
        let mut answer = Answer::Open;
        let is_new = std::mem::take(&mut self.is_new);
        let title = format!("Note on call {}", self.call_id);
        let (closed, ()) = dialog(ui, "note", &title, 460.0, |ui| {
            help(ui, "The filter finds calls by their notes.");
            ui.add_space(theme::GAP_TIGHT);
            let response = TextField::new("Note").rows(4).ui(ui, &mut self.note);
            if is_new {
                response.request_focus();
            }
            footer(ui, |ui| {
                if primary_button(ui, None, "Save note").clicked() {
                    answer = Answer::Given(self.note.trim().to_owned());
                }
                if ui.button("Cancel").clicked() {
                    answer = Answer::Cancelled;
                }
            });
        });
        if closed == Closed::Yes { Answer::Cancelled } else { answer }
    }
}
