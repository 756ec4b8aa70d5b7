//! Trying the developer's own handler without and with a wrong secret: what is asked, and where the answer is shown.

use egui::Ui;

use super::App;
use super::dialogs::Dialogs;
use crate::call::{CallId, TryResult};
use crate::engine;
use crate::window::panels::dialogs::Answer;
use crate::window::panels::dialogs::try_credentials::{TryCredentialsDialog, TryStage, TryWish};
use crate::window::panels::messages::Tone;

impl App {
    /// Asks where the handler is.
    pub(super) fn ask_for_handler(&mut self) {
        if let Some(call_id) = self.tab().selected {
            let dialog = TryCredentialsDialog::new(call_id, self.last_url.clone());
            self.dialogs = Dialogs::TryCredentials(Box::new(dialog));
        }
    }

    /// True while the dialog stays open.
    pub(super) fn try_credentials_ui(&mut self, dialog: &mut TryCredentialsDialog, ui: &Ui) -> bool {
        match dialog.ui(ui) {
            Answer::Open => true,
            Answer::Cancelled => false,
            Answer::Given(TryWish::Show(call_id)) => {
                self.shows_viewed = false;
                self.select(call_id);
                false
            }
            Answer::Given(TryWish::Try(url)) => {
                self.last_url = url.clone();
                self.open_selected();
                let record = self.tab().record().filter(|record| record.opening.call_id == dialog.call_id).cloned();
                match record {
                    Some(record) => {
                        dialog.stage = TryStage::Running;
                        let origin = self.tab().session;
                        let record = Box::new(record);
                        self.command_engine(engine::Command::TryCredentials { record, origin, url });
                    }
                    None => dialog.stage = TryStage::Failed("the call is not there any more".to_owned()),
                }
                true
            }
        }
    }

    /// The handler was tried: shown where it was asked for, else said.
    pub(super) fn take_tried(&mut self, call_id: CallId, result: Result<Vec<TryResult>, String>) {
        if let Dialogs::TryCredentials(dialog) = &mut self.dialogs
            && dialog.call_id == call_id
            && dialog.stage == TryStage::Running
        {
            dialog.stage = match result {
                Ok(results) => TryStage::Done(results),
                Err(why) => TryStage::Failed(why),
            };
            return;
        }
        match result {
            Ok(results) => {
                let n_wrong = results.iter().filter(|result| result.meaning.is_error()).count();
                let (tone, text) = match n_wrong {
                    0 => (Tone::Info, "The handler refuses what is not right".to_owned()),
                    n_wrong => {
                        let n_tries = results.len();
                        (
                            Tone::Error,
                            format!(
                                "{n_wrong} of {n_tries} tries of the handler's check did not come out as they should"
                            ),
                        )
                    }
                };
                self.say(tone, text);
            }
            Err(why) => self.say(Tone::Error, format!("The handler was not tried with call {call_id}: {why}")),
        }
    }
}
