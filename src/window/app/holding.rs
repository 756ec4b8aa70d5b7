//! Held calls: shown, edited and let go; a draft whose call went without it is kept, and staged for the next one.

use std::sync::Arc;
use std::time::Duration;

use egui::{CentralPanel, Frame, Panel, Ui};

use super::models::{asked_of, predict};
use super::pane::Pane;
use super::wishes::answered;
use super::{App, now};
use crate::call::{BUDGET, CallId, Closing, Masker, Opening, Record, Revealed, Timestamp, Timing, judge_call, micros};
use crate::engine::{self, HeldAnswer};
use crate::okta::Verdict;
use crate::respond::{HoldSetup, ResponseSetup, Setup};
use crate::window::panels::detail::{self, DetailModel, DetailWish, Standing};
use crate::window::panels::editor::{self, EditorState, Scope};
use crate::window::panels::held::{self, HeldDraftShown, HeldRow, HeldSide, HeldWish};
use crate::window::panels::messages::Tone;
use crate::window::theme;

/// How often the countdown is drawn.
const TICK: Duration = Duration::from_millis(50);

/// A held call whose response is being written, or was begun.
pub struct HeldDraft {
    call_id: CallId,
    deadline_at: Timestamp,
    record: Record,
    /// The call as it may be seen.
    model: DetailModel,
    revealed: Revealed,
    /// Okta has given up.
    is_late: bool,
    /// Of the setup that it is shown by.
    setup_revision: u64,
    side: HeldSide,
    /// What was written, while something else is looked at.
    aside: Option<EditorState>,
}

impl HeldDraft {
    /// Makes what is shown of the call anew, as where a secret is revealed.
    fn show(&mut self, masker: &Masker, setup: &Setup) {
        let time = std::mem::take(&mut self.model.time);
        let mut model = held_model(masker, setup, &self.record, &self.revealed, time);
        self.setup_revision = setup.revision;
        model.open_like(&self.model);
        self.model = model;
    }
}

impl App {
    /// The strip above the list; nothing where nothing waits.
    pub(super) fn held_ui(&mut self, ui: &mut Ui) {
        let calls = Arc::clone(&self.state.held);
        if calls.is_empty() {
            return;
        }
        ui.request_repaint_after(TICK);
        let rows: Vec<HeldRow> = calls
            .iter()
            .take(held::MOST_ROWS)
            .map(|held| HeldRow {
                call_id: held.call_id,
                endpoint: held.endpoint.clone(),
                path: held.path.clone(),
                received_at: held.received_at,
                deadline_at: held.deadline_at,
                draft: self.draft_shown(held.call_id),
            })
            .collect();
        let frame = held::frame(theme::palette(ui));
        let strip = Panel::top("held_calls").frame(frame).resizable(false).exact_size(held::height(calls.len()));
        let shown = strip.show(ui, |ui| held::ui(&rows, calls.len(), now(), ui));
        for wish in shown.inner {
            match wish {
                HeldWish::Edit(call_id) => self.edit_held(call_id),
                HeldWish::Release(call_id) => {
                    self.give_up_held(call_id);
                    self.command_engine(engine::Command::AnswerHeld { call_id, answer: HeldAnswer::Release });
                }
                HeldWish::ReleaseAll => {
                    for held in calls.iter() {
                        self.give_up_held(held.call_id);
                    }
                    self.command_engine(engine::Command::ReleaseHeld);
                }
            }
        }
    }

    fn draft_shown(&self, call_id: CallId) -> HeldDraftShown {
        match self.held_drafts.iter().find(|draft| draft.call_id == call_id) {
            None => HeldDraftShown::None,
            Some(draft) if draft.aside.is_some() => HeldDraftShown::Begun,
            Some(_) => HeldDraftShown::Open,
        }
    }

    fn edit_held(&mut self, call_id: CallId) {
        self.leave_editor();
        self.pane = Pane::Call;
        if let Some(draft) = self.held_drafts.iter_mut().find(|draft| draft.call_id == call_id) {
            self.editor = draft.aside.take();
            return;
        }
        let opening = self.engine.as_ref().and_then(|engine| engine.held(call_id));
        let held = self.state.held.iter().find(|held| held.call_id == call_id).cloned();
        let (Some(opening), Some(held)) = (opening, held) else {
            self.say(Tone::Info, format!("Call {call_id} waits no more"));
            return;
        };
        let record = as_record(&opening);
        let revealed = Revealed::default();
        let time = held.received_at.time_of_day(&self.zone, true);
        let setup = &self.state.setup;
        let model = held_model(&self.masker, setup, &record, &revealed, time);
        let setup_revision = setup.revision;
        let response = answered(&record).unwrap_or_default();
        let endpoint = opening.endpoint.clone().unwrap_or_default();
        self.n_drafts += 1;
        let scope = Scope::Held(call_id);
        let mut editor = EditorState::new(endpoint, opening.hook, Some(call_id), &response, scope, self.n_drafts);
        editor.read_request(asked_of(Some(&model.record)), asked_of(Some(&record)));
        editor.request = Some(request_text(&model.record));
        editor.session = Some(self.live.session);
        self.editor = Some(editor);
        let side = HeldSide::default();
        let deadline_at = held.deadline_at;
        let (is_late, aside) = (false, None);
        let draft = HeldDraft { call_id, deadline_at, record, model, revealed, is_late, setup_revision, side, aside };
        self.held_drafts.push(draft);
    }

    /// The call and its response, one or the other; false where the editor is for no held call.
    pub(super) fn held_editor_ui(&mut self, ui: &mut Ui) -> bool {
        let Some(editor) = self.editor.as_mut() else { return false };
        let of_editor = |draft: &&mut HeldDraft| editor.scope == Scope::Held(draft.call_id);
        let Some(draft) = self.held_drafts.iter_mut().find(of_editor) else { return false };
        let waited = waited_since(draft.record.opening.request.received_at);
        editor.waited = waited;
        let is_late = waited > BUDGET;
        // Another setup may mask more or less, and past Okta's three seconds the call comes out otherwise.
        if draft.setup_revision != self.state.setup.revision || draft.is_late != is_late {
            draft.is_late = is_late;
            draft.record.closing.verdict = held_verdict(&draft.record.opening, waited).into();
            draft.show(&self.masker, &self.state.setup);
        }
        self.detail.tunnel_us = None;
        let flat = Frame::new().fill(theme::palette(ui).panel);
        Panel::top("held_sides").frame(flat).resizable(false).show(ui, |ui| held::sides_ui(&mut draft.side, ui));
        match draft.side {
            HeldSide::Call => {
                let shown = CentralPanel::default()
                    .frame(flat)
                    .show(ui, |ui| detail::ui(&mut draft.model, &mut self.detail, ui));
                let call_id = draft.call_id;
                for wish in shown.inner {
                    self.carry_out_held(call_id, wish, ui);
                }
            }
            HeldSide::Response => {
                let (record, shown) = (Some(&draft.record), Some(&draft.model.record));
                let hook = draft.record.opening.hook;
                let wishes = editor::ui(editor, &|draft| predict(draft, hook, record, shown), ui);
                for wish in wishes {
                    self.carry_out_editor(wish);
                }
            }
        }
        true
    }

    fn carry_out_held(&mut self, call_id: CallId, wish: DetailWish, ui: &Ui) {
        let Some(draft) = self.held_drafts.iter_mut().find(|draft| draft.call_id == call_id) else { return };
        match wish {
            DetailWish::RevealSecrets(reveal) => {
                draft.revealed = if reveal { Revealed::All } else { Revealed::default() };
            }
            DetailWish::Reveal { place, reveal } => {
                let places = draft.model.secrets.iter().map(|secret| &secret.place);
                draft.revealed.set(&place, reveal, places);
            }
            // What is not of a held call alone; everything else is not offered there.
            wish => return self.carry_out_detail(wish, ui),
        }
        draft.show(&self.masker, &self.state.setup);
        ui.request_repaint();
    }

    /// Sends what was written. Where the call has just gone, the engine stages it for the next one.
    pub(super) fn send_held(&mut self, call_id: CallId, endpoint: Arc<str>, response: ResponseSetup) {
        let answer = HeldAnswer::Send { endpoint, response };
        self.command_engine(engine::Command::AnswerHeld { call_id, answer });
        self.held_drafts.retain(|draft| draft.call_id != call_id);
        self.editor = None;
    }

    /// Keeps what was written for a held call while something else is looked at.
    pub(super) fn put_held_aside(&mut self, call_id: CallId, editor: EditorState) {
        if let Some(draft) = self.held_drafts.iter_mut().find(|draft| draft.call_id == call_id) {
            draft.aside = Some(editor);
        }
    }

    /// A person lets the call go as prepared: what was written is kept with it, and not staged.
    fn give_up_held(&mut self, call_id: CallId) {
        if let Some((_, editor, is_open)) = self.take_held_draft(call_id) {
            self.keep_held(editor, is_open);
        }
    }

    /// Calls that are gone while their responses are being written: what was written goes to the next call.
    pub(super) fn keep_drafts_of_gone(&mut self) {
        let waits = |call_id: CallId| self.state.held.iter().any(|held| held.call_id == call_id);
        let gone: Vec<CallId> =
            self.held_drafts.iter().map(|draft| draft.call_id).filter(|call_id| !waits(*call_id)).collect();
        for call_id in gone {
            let Some((draft, mut editor, is_open)) = self.take_held_draft(call_id) else { continue };
            let gone = match draft.deadline_at <= now() {
                true => format!("Call {call_id} got its prepared response at the deadline"),
                false => format!("Call {call_id} waits no more"),
            };
            let endpoint = editor.endpoint.clone();
            match (editor.is_changed(), editor.finished()) {
                (false, _) => self.say(Tone::Info, gone),
                (true, Ok(response)) => {
                    let what = format!("{gone}; what you wrote is staged for the next call of {endpoint}");
                    self.say(Tone::Warning, what);
                    self.command_engine(engine::Command::StageNext { endpoint, response });
                }
                (true, Err(why)) => {
                    self.say(Tone::Warning, format!("{gone}; what you wrote is kept, not staged: {why}"));
                }
            }
            self.keep_held(editor, is_open);
        }
    }

    /// Takes the draft of a held call with what was written, and whether that is what the editor shows.
    fn take_held_draft(&mut self, call_id: CallId) -> Option<(HeldDraft, EditorState, bool)> {
        let place = self.held_drafts.iter().position(|draft| draft.call_id == call_id)?;
        let mut draft = self.held_drafts.remove(place);
        let open = self.editor.take_if(|editor| editor.scope == Scope::Held(call_id));
        let is_open = open.is_some();
        let editor = open.or(draft.aside.take())?;
        Some((draft, editor, is_open))
    }

    /// Keeps what was written for a call that has gone: in the editor where it stands there, else with the call.
    fn keep_held(&mut self, mut editor: EditorState, is_open: bool) {
        editor.scope = Scope::NextCall;
        editor.request = None;
        editor.waited = Duration::ZERO;
        if is_open {
            self.editor = Some(editor);
        } else if editor.is_changed() {
            self.drafts.keep(editor);
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
    let verdict = held_verdict(&opening, Duration::ZERO).into();
    let closing = Closing { timing: None, verdict, problem: None, events: None };
    Record { opening, closing, recorded: true, pinned: false, note: String::new() }
}

/// How long a call waits already, to a tenth of a second: as often it is judged anew.
fn waited_since(received_at: Timestamp) -> Duration {
    let tenths = now().micros_since(received_at).max(0) as u64 / 100_000;
    Duration::from_millis(tenths * 100)
}

/// What Okta does if the prepared response goes out now.
fn held_verdict(opening: &Opening, waited: Duration) -> Verdict {
    judge_call(opening, Some(Timing { decide_us: micros(waited), ..Timing::default() }), None)
}

fn held_model(masker: &Masker, setup: &Setup, record: &Record, revealed: &Revealed, time: String) -> DetailModel {
    let mut model = DetailModel::of_shown(masker.show(record, revealed), Vec::new(), time);
    model.standing = Standing::Held;
    model.set_masked(&setup.mask);
    model.effect.without = None;
    model
}

/// The request as it is read, from what may be seen of it.
fn request_text(shown: &Record) -> String {
    let request = &shown.opening.request;
    let mut text = format!("{} {}", request.method.as_deref().unwrap_or_default(), request.path_and_query());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::test_record;
    use crate::okta::Outcome;

    #[test]
    fn the_time_that_a_call_waits_counts_inside_the_three_seconds() {
        let opening = test_record().opening;
        let outcome = |millis| held_verdict(&opening, Duration::from_millis(millis)).outcome;
        assert_eq!((outcome(2_900), outcome(3_100)), (Outcome::Denied, Outcome::Refused));
    }
}
