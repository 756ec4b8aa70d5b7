//! Sending calls again, and the resilience matrix: what is shown of it and asked of it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use egui::Ui;
use serde_json::Value;

use super::App;
use super::dialogs::Dialogs;
use super::pane::Pane;
use crate::call::{CallId, Direction, Record, Revealed, RunRow, SecretPart, SessionId, Shown, TableForm};
use crate::engine::{self, ListenState, MatrixAsked, ReplayTo, RunAsked, RunCommand, RunSessions, RunStage};
use crate::respond::{Fault, Matrix, ValueEdits};
use crate::window::panels::dialogs::file::{FileDialog, FilePurpose};
use crate::window::panels::messages::Tone;
use crate::window::panels::run::{self, Part, Progress, RunModel, RunWish, SendTo, Which};

/// So many selected calls are replayed with one key.
const MOST_AT_ONCE: usize = 100;

impl App {
    /// True where it is to be closed.
    pub(super) fn run_ui(&mut self, ui: &mut Ui) -> bool {
        let (run, matrix) = (self.state.run.clone(), self.state.matrix.clone());
        let tab = self.tab();
        let selected = self.call_to_send().filter(|_| self.possible().call.is_some_and(|call| call.was_request));
        let model = RunModel {
            selected,
            tally: run.as_ref().map(|run| run.tally.clone()).unwrap_or_default(),
            n_selected: tab.n_selected(),
            n_shown: tab.search.ids().len(),
            is_listening: matches!(self.state.listen, ListenState::Listening { .. }),
            run: run.as_ref().map(|run| Progress {
                n_all: run.n_all,
                rows: &run.rows,
                is_running: run.stage == RunStage::Running,
                stage: stage_text(&run.stage),
                about: String::new(),
            }),
            matrix: matrix.as_ref().map(|matrix| Progress {
                n_all: matrix.n_all,
                rows: &matrix.rows,
                is_running: matrix.stage == RunStage::Running,
                stage: stage_text(&matrix.stage),
                about: matrix.call_id.map(|call_id| format!("call {call_id} to {}", matrix.url)).unwrap_or_default(),
            }),
        };
        if self.run_form.url.is_empty() {
            self.run_form.url.clone_from(&self.last_url);
        }
        let mut is_closed = false;
        for wish in run::ui(&model, &mut self.run_form, ui) {
            match wish {
                RunWish::Run => self.start_run(),
                RunWish::RunMatrix => self.start_matrix(),
                RunWish::Cancel => self.command_engine(engine::Command::Run(Box::new(RunCommand::Cancel))),
                RunWish::EditBody(call_id) => self.edit_body_to_send(call_id),
                RunWish::OpenRow(call_id) => self.open_of_run(call_id, |sessions| sessions.live),
                RunWish::OpenCall(call_id) => self.open_of_run(call_id, |sessions| sessions.origin),
                RunWish::Save(part) => self.ask_for_table(part),
                RunWish::Close => is_closed = true,
            }
        }
        is_closed
    }

    /// The open call; where that is one that was sent from here, the call that it was sent of: a row of a run that was opened does not
    /// change what the next run sends.
    fn call_to_send(&self) -> Option<CallId> {
        let tab = self.tab();
        let call_id = tab.selected?;
        let call = tab.index.get(call_id).filter(|call| call.direction == Direction::Sent);
        let origin = call.and_then(|call| call.replay_of).filter(|of| of.session == tab.session);
        Some(origin.map_or(call_id, |of| of.call_id))
    }

    fn edit_body_to_send(&mut self, call_id: CallId) {
        let shown = self.recorded_and_shown(call_id).map(|(_, shown)| shown);
        let body = shown.map(|shown| String::from_utf8_lossy(&shown.record.opening.request.body).into_owned());
        self.run_form.body = body.map(|body| (call_id, body));
    }

    /// A call as it was recorded, and as it is shown where nothing of it is revealed.
    fn recorded_and_shown(&self, call_id: CallId) -> Option<(Record, Shown)> {
        let record = self.tab().reader.record(call_id).ok().flatten()?;
        let shown = self.masker.show(&record, &Revealed::default());
        Some((record, shown))
    }

    /// Opens a call of a run in the session that it is of, which may not be open any more.
    fn open_of_run(&mut self, call_id: CallId, of: fn(RunSessions) -> SessionId) {
        let sessions = match self.run_form.part {
            Part::Run => self.state.run.as_ref().and_then(|run| run.sessions),
            Part::Matrix => self.state.matrix.as_ref().and_then(|matrix| matrix.sessions),
        };
        let session = sessions.map(of);
        let is_viewed = self.viewed.as_ref().is_some_and(|viewed| Some(viewed.session) == session);
        if !is_viewed && Some(self.live.session) != session {
            self.say(Tone::Info, format!("The session of call {call_id} is not open any more"));
            return;
        }
        self.show_tab(is_viewed);
        self.select(call_id);
        self.pane = Pane::Call;
    }

    /// Sends the selected calls to this listener once, as they were recorded, and shows how that goes. Of many it shows the form
    /// first: one letter is quickly typed.
    pub(super) fn replay_selected(&mut self) {
        self.pane = Pane::Run;
        let form = &mut self.run_form;
        (form.part, form.which, form.to) = (Part::Run, Which::Selected, SendTo::Listener);
        (form.times, form.is_fresh) = (1, false);
        if self.is_run_under_way() {
            self.say(Tone::Info, "Something is being sent already: cancel that first");
        } else if self.tab().n_selected() <= MOST_AT_ONCE {
            self.start_run();
        }
    }

    fn is_run_under_way(&self) -> bool {
        let is_running = |stage: &RunStage| *stage == RunStage::Running;
        self.state.run.as_ref().is_some_and(|run| is_running(&run.stage))
            || self.state.matrix.as_ref().is_some_and(|matrix| is_running(&matrix.stage))
    }

    /// An edited body with what was masked in it, and left so, as it was recorded.
    fn with_recorded_secrets(&self, call_id: CallId, edited: &str) -> Bytes {
        let plain = || Bytes::copy_from_slice(edited.as_bytes());
        let Some((record, Shown { record: shown, secrets })) = self.recorded_and_shown(call_id) else { return plain() };
        let read = |body: &[u8]| serde_json::from_slice::<Value>(body).ok();
        let bodies = (read(edited.as_bytes()), read(&record.opening.request.body), read(&shown.opening.request.body));
        let (Some(mut edited), Some(recorded), Some(shown)) = bodies else { return plain() };
        let mut has_changed = false;
        for place in secrets.iter().map(|secret| &secret.place).filter(|place| place.part == SecretPart::RequestBody) {
            let is_as_shown =
                edited.pointer(&place.name).is_some_and(|value| Some(value) == shown.pointer(&place.name));
            if let (true, Some(recorded)) = (is_as_shown, recorded.pointer(&place.name))
                && let Some(value) = edited.pointer_mut(&place.name)
            {
                has_changed |= value != recorded;
                value.clone_from(recorded);
            }
        }
        if has_changed { edited.to_string().into() } else { plain() }
    }

    fn start_run(&mut self) {
        let form = self.run_form.clone();
        let tab = self.tab();
        let calls = match form.which {
            Which::Selected if tab.several.is_empty() => self.call_to_send().into_iter().collect(),
            Which::Selected => tab.selected_ids(),
            Which::Shown => tab.search.ids().to_vec(),
        };
        let url = || ReplayTo::Url(form.url.trim().to_owned());
        let targets = match form.to {
            SendTo::Listener => vec![ReplayTo::OurListener],
            SendTo::Url => vec![url()],
            SendTo::Both => vec![ReplayTo::OurListener, url()],
        };
        let edited = form.body.as_ref().filter(|(call_id, _)| form.which == Which::Selected && calls == [*call_id]);
        let asked = RunAsked {
            reader: tab.reader.clone(),
            origin: tab.session,
            targets,
            times: form.times,
            at_once: form.at_once.into(),
            spacing: Duration::from_millis(form.spacing_ms),
            is_fresh: form.is_fresh,
            edits: ValueEdits::read(&form.values).unwrap_or_default(),
            body: edited.map(|(call_id, body)| self.with_recorded_secrets(*call_id, body)),
            calls,
        };
        if form.to != SendTo::Listener {
            self.last_url = form.url.trim().to_owned();
        }
        self.command_engine(engine::Command::Run(Box::new(RunCommand::Send(asked))));
    }

    fn start_matrix(&mut self) {
        let url = self.run_form.url.trim().to_owned();
        self.last_url.clone_from(&url);
        let origin = self.tab().session;
        let record = self.call_to_send().and_then(|call_id| self.tab().reader.record(call_id).ok().flatten());
        if let Some(record) = record {
            let is_fresh = self.run_form.matrix_is_fresh;
            let asked = MatrixAsked { record: Box::new(record), origin, url, faults: Fault::all(), is_fresh };
            self.command_engine(engine::Command::Run(Box::new(RunCommand::Matrix(asked))));
        }
    }

    fn ask_for_table(&mut self, part: Part) {
        let name = match part {
            Part::Run => "replay-run.csv",
            Part::Matrix => "resilience-matrix.md",
        };
        let path: PathBuf = std::env::home_dir().unwrap_or_default().join(name);
        let purpose = FilePurpose::SaveTable(part);
        self.dialogs = Dialogs::File(FileDialog::new(purpose, path.display().to_string()));
    }

    /// Writes the table of a part; what went wrong, if something did.
    pub(super) fn save_table(&mut self, part: Part, path: &Path) -> Option<String> {
        let table = match part {
            Part::Run => RunRow::table(self.state.run.iter().flat_map(|run| &run.rows).map(|row| &**row)),
            Part::Matrix => Matrix::table(self.state.matrix.iter().flat_map(|made| &made.rows).map(|row| &**row)),
        };
        match std::fs::write(path, table.write(TableForm::of_file(path))) {
            Ok(()) => {
                self.say(Tone::Info, format!("The table is saved as {}", path.display()));
                None
            }
            Err(error) => Some(format!("cannot write {}: {error}", path.display())),
        }
    }
}

fn stage_text(stage: &RunStage) -> String {
    match stage {
        RunStage::Running => String::new(),
        RunStage::Done => "Done".to_owned(),
        RunStage::Cancelled => "Cancelled".to_owned(),
        RunStage::Failed(why) => format!("Not sent, {why}"),
    }
}
