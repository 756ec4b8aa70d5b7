//! Held calls: shown, edited and let go; a draft whose call went without it is kept for the next one.

use std::sync::Arc;
use std::time::Duration;

use egui::{Panel, Ui};

use super::models::asked_of;
use super::pane::Pane;
use super::wishes::answered;
use super::{App, now};
use crate::call::{CallId, Closing, Opening, Record, Timestamp, judge_call};
use crate::engine::{self, HeldAnswer};
use crate::respond::{HoldSetup, ResponseSetup, Setup};
use crate::window::panels::editor::{EditorState, Scope};
use crate::window::panels::held::{self, HeldRow, HeldWish};
use crate::window::panels::messages::Tone;
use crate::window::theme;

/// How often the countdown is drawn.
const TICK: Duration = Duration::from_millis(50);

/// The held call whose response is being written.
pub struct HeldDraft {
    pub call_id: CallId,
    deadline_at: Timestamp,
    pub record: Record,
    /// The same with secrets masked.
    pub shown: Record,
}

impl App {
    /// The strip above the list; nothing where nothing waits.
    pub(super) fn held_ui(&mut self, ui: &mut Ui) {
        self.keep_draft_of_gone();
        let calls = Arc::clone(&self.state.held);
        if calls.is_empty() {
            return;
        }
        ui.request_repaint_after(TICK);
        let edited = self.held_draft.as_ref().map(|draft| draft.call_id);
        let rows: Vec<HeldRow> = calls
            .iter()
            .take(held::MOST_ROWS)
            .map(|held| HeldRow {
                call_id: held.call_id,
                endpoint: held.endpoint.clone(),
                path: held.path.clone(),
                received_at: held.received_at,
                deadline_at: held.deadline_at,
            })
            .collect();
        let frame = held::frame(theme::palette(ui));
        let strip = Panel::top("held_calls").frame(frame).resizable(false).exact_size(held::height(calls.len()));
        let shown = strip.show(ui, |ui| held::ui(&rows, calls.len(), edited, now(), ui));
        for wish in shown.inner {
            match wish {
                HeldWish::Edit(call_id) => self.edit_held(call_id),
                HeldWish::Release(call_id) => {
                    self.command_engine(engine::Command::AnswerHeld { call_id, answer: HeldAnswer::Release });
                }
                HeldWish::ReleaseAll => self.command_engine(engine::Command::ReleaseHeld),
            }
        }
    }

    fn edit_held(&mut self, call_id: CallId) {
        let opening = self.engine.as_ref().and_then(|engine| engine.held(call_id));
        let held = self.state.held.iter().find(|held| held.call_id == call_id).cloned();
        let (Some(opening), Some(held)) = (opening, held) else {
            self.say(Tone::Info, format!("Call {call_id} waits no more"));
            return;
        };
        let record = as_record(&opening);
        let shown = self.masker.mask_record(&record);
        let response = answered(&record).unwrap_or_default();
        let endpoint = opening.endpoint.clone().unwrap_or_default();
        self.n_drafts += 1;
        let scope = Scope::Held(call_id);
        let mut editor = EditorState::new(endpoint, opening.hook, Some(call_id), &response, scope, self.n_drafts);
        editor.read_request(asked_of(Some(&shown)), asked_of(Some(&record)));
        editor.request = Some(request_text(&shown));
        self.editor = Some(editor);
        self.held_draft = Some(HeldDraft { call_id, deadline_at: held.deadline_at, record, shown });
        self.pane = Pane::Call;
    }

    /// Sends what was written, or keeps it for the next call where this one has just gone.
    pub(super) fn send_held(&mut self, call_id: CallId, endpoint: Arc<str>, response: ResponseSetup) {
        let waits = self.engine.as_ref().is_some_and(|engine| engine.held(call_id).is_some());
        if waits {
            let answer = HeldAnswer::Send(response);
            self.command_engine(engine::Command::AnswerHeld { call_id, answer });
            self.editor = None;
            self.held_draft = None;
        } else {
            self.stage_draft(call_id, &endpoint, Ok(response));
        }
    }

    /// A call that is gone while its response is being written: the draft goes to the next one.
    fn keep_draft_of_gone(&mut self) {
        let Some(draft) = &self.held_draft else { return };
        let call_id = draft.call_id;
        let Some(editor) = self.editor.as_ref().filter(|editor| editor.scope == Scope::Held(call_id)) else {
            self.held_draft = None;
            return;
        };
        if self.state.held.iter().any(|held| held.call_id == call_id) {
            return;
        }
        let (endpoint, response) = (editor.endpoint.clone(), editor.response());
        self.stage_draft(call_id, &endpoint, response);
    }

    fn stage_draft(&mut self, call_id: CallId, endpoint: &Arc<str>, response: Result<ResponseSetup, String>) {
        let is_due = self.held_draft.take().is_some_and(|draft| draft.deadline_at <= now());
        let gone = match is_due {
            true => format!("Call {call_id} got its prepared response at the deadline"),
            false => format!("Call {call_id} waits no more"),
        };
        if let Some(editor) = &mut self.editor {
            editor.scope = Scope::NextCall;
            editor.request = None;
        }
        match response {
            Ok(response) => {
                let endpoint = endpoint.clone();
                self.say(Tone::Warning, format!("{gone}; what you wrote is staged for the next call of {endpoint}"));
                self.command_engine(engine::Command::StageNext { endpoint, response });
            }
            Err(why) => {
                self.say(Tone::Warning, format!("{gone}; what you wrote stays in the editor, not staged: {why}"));
            }
        }
    }

    /// Begins or ends to hold the calls of the endpoint that is chosen on the left, else of the open call.
    pub(super) fn toggle_hold(&mut self) {
        let Some(name) = self.endpoint_in_question().map(|endpoint| endpoint.name.clone()) else {
            self.say(Tone::Info, "Choose an endpoint on the left first, or one of its calls");
            return;
        };
        let mut setup = Setup::clone(&self.state.setup);
        let Some(endpoint) = setup.endpoints.iter_mut().find(|endpoint| endpoint.name == name) else { return };
        endpoint.action.hold = match endpoint.action.hold {
            Some(_) => None,
            None => Some(HoldSetup::default()),
        };
        let said = match endpoint.action.hold {
            Some(hold) => {
                format!("Calls of {name} are held, at most until {:.1} s after they began", hold.deadline.as_secs_f64())
            }
            None => format!("Calls of {name} are held no longer"),
        };
        self.command_engine(engine::Command::ChangeSetup(Box::new(setup)));
        self.say(Tone::Info, said);
    }
}

/// A call that is not in the file yet, as if its prepared response had gone out at once.
fn as_record(opening: &Arc<Opening>) -> Record {
    let opening = Opening::clone(opening);
    let verdict = judge_call(&opening, None, None).into();
    let closing = Closing { timing: None, verdict, problem: None, events: None };
    Record { opening, closing, recorded: false, pinned: false, note: String::new() }
}

/// The request as it is read, from what may be seen of it.
fn request_text(shown: &Record) -> String {
    let request = &shown.opening.request;
    let mut text =
        format!("{} {}", request.method.as_deref().unwrap_or_default(), request.path.as_deref().unwrap_or_default());
    if let Some(query) = &request.query {
        text.push('?');
        text.push_str(query);
    }
    for (name, value) in request.headers.iter() {
        text.push_str(&format!("\n{}: {}", String::from_utf8_lossy(name), String::from_utf8_lossy(value)));
    }
    let body = String::from_utf8_lossy(&request.body);
    if !body.is_empty() {
        text.push_str("\n\n");
        text.push_str(&crate::window::text::pretty(&body).unwrap_or_else(|| body.into_owned()));
    }
    text
}
