//! Comparing two calls: which one is marked, which two are shown, and the comparison that is made of them.

use egui::Ui;

use super::App;
use super::pane::Pane;
use super::tab::Tab;
use crate::call::{CallId, Record, Response, SessionId, Summary, Volatile, compare_calls, compare_responses};
use crate::okta::{self, RequestEnvelope};
use crate::respond::{self, Counters, Setup};
use crate::window::command::{Command, PossibleCompare};
use crate::window::panels::compare::{self, CompareHead, CompareModel, CompareWish};
use crate::window::panels::messages::Tone;

/// What is remembered between frames.
#[derive(Default)]
pub struct Comparing {
    /// The call that waits for another one.
    marked: Option<CallRef>,
    shown: Option<Compared>,
    state: compare::CompareState,
    made: Option<(Key, Result<CompareModel, String>)>,
}

/// A call of the live or of the opened session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CallRef {
    session: SessionId,
    call_id: CallId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Compared {
    before: CallRef,
    after: After,
    is_swapped: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    Call(CallRef),
    /// The response that the call's endpoint would give now.
    AnswerOfNow,
}

/// Everything that the model is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    compared: Compared,
    volatile: Option<String>,
    setup_revision: u64,
    have_ended: [bool; 2],
    is_utc: bool,
    has_opened: bool,
}

impl App {
    pub(super) fn possible_compare(&self, call: Option<&Summary>) -> PossibleCompare {
        let session = self.tab().session;
        let marked = self.marked();
        PossibleCompare {
            has_marked: marked.is_some(),
            is_marked: call.is_some_and(|call| marked == Some(CallRef { session, call_id: call.call_id })),
            has_first: call.is_some_and(|call| first_of(call, session).is_some()),
            has_answer: call.is_some_and(|call| call.status.is_some()),
        }
    }

    pub(super) fn compare_command(&mut self, command: Command) {
        let Some(call_id) = self.tab().selected else { return };
        let selected = CallRef { session: self.tab().session, call_id };
        match command {
            Command::CompareFirst => {
                let call = self.tab().index.get(call_id);
                if let Some(first) = call.and_then(|call| first_of(&call, selected.session)) {
                    self.show_compared(CallRef { call_id: first, ..selected }, After::Call(selected));
                }
            }
            Command::CompareAnswer => self.show_compared(selected, After::AnswerOfNow),
            _ => match (self.two_selected(), self.marked()) {
                (Some([before, after]), _) => self.show_compared(before, After::Call(after)),
                (None, Some(marked)) if marked == selected => self.comparing.marked = None,
                (None, Some(marked)) => self.show_compared(marked, After::Call(selected)),
                (None, None) => self.comparing.marked = Some(selected),
            },
        }
    }

    /// The two selected calls, where just two are.
    fn two_selected(&self) -> Option<[CallRef; 2]> {
        let tab = self.tab();
        let two: [CallId; 2] = tab.selected_ids().try_into().ok()?;
        Some(two.map(|call_id| CallRef { session: tab.session, call_id }))
    }

    fn show_compared(&mut self, before: CallRef, after: After) {
        self.comparing.shown = Some(Compared { before, after, is_swapped: false });
        self.comparing.state.volatile = self.volatile_text();
        self.leave_editor();
        self.pane = Pane::Compare;
    }

    fn volatile_text(&self) -> String {
        self.settings.compare_volatile.clone().unwrap_or_else(|| Volatile::default().text())
    }

    /// Draws what says which call is marked, above the list.
    pub(super) fn marked_ui(&mut self, ui: &mut Ui) {
        let Some(marked) = self.marked().filter(|_| self.pane != Pane::Compare) else { return };
        let of_other = if marked.session == self.tab().session { "" } else { " of the other session" };
        let text = format!("Call {}{of_other} is marked: select another call and press D", marked.call_id);
        if compare::strip_ui(&text, ui) {
            self.comparing.marked = None;
            ui.request_repaint();
        }
    }

    /// True where it is to be closed.
    pub(super) fn compare_ui(&mut self, ui: &mut Ui) -> bool {
        let Some(compared) = self.comparing.shown else { return true };
        let key = self.compare_key(compared);
        if self.comparing.made.as_ref().is_none_or(|(made_of, _)| *made_of != key) {
            let model = self.compare_model(compared);
            self.comparing.made = Some((key, model));
        }
        let mut state = std::mem::take(&mut self.comparing.state);
        let (is_closed, wishes) = match &self.comparing.made {
            Some((_, model)) => compare::ui(model.as_ref().map_err(String::as_str), &mut state, ui),
            None => (true, Vec::new()),
        };
        self.comparing.state = state;
        for wish in wishes {
            match wish {
                CompareWish::Swap => {
                    self.comparing.shown = Some(Compared { is_swapped: !compared.is_swapped, ..compared });
                }
                CompareWish::Copy(text) => {
                    ui.copy_text(text);
                    self.say(Tone::Info, "Copied the comparison");
                }
                CompareWish::SetVolatile(text) => self.settings.compare_volatile = Some(text),
                CompareWish::ResetVolatile => {
                    self.settings.compare_volatile = None;
                    self.comparing.state.volatile = self.volatile_text();
                }
            }
            ui.request_repaint();
        }
        is_closed
    }

    /// The call that waits for another one, while its session is open.
    fn marked(&self) -> Option<CallRef> {
        self.comparing.marked.filter(|marked| self.tab_of(marked.session).is_some())
    }

    fn tab_of(&self, session: SessionId) -> Option<&Tab> {
        [Some(&self.live), self.viewed.as_ref()].into_iter().flatten().find(|tab| tab.session == session)
    }

    fn compare_key(&self, compared: Compared) -> Key {
        let has_ended =
            |call: CallRef| self.tab_of(call.session).is_some_and(|tab| tab.index.get(call.call_id).is_some());
        let after = match compared.after {
            After::Call(call) => has_ended(call),
            After::AnswerOfNow => true,
        };
        Key {
            compared,
            volatile: self.settings.compare_volatile.clone(),
            setup_revision: self.state.setup.revision,
            have_ended: [has_ended(compared.before), after],
            is_utc: self.settings.utc_times,
            has_opened: self.viewed.is_some(),
        }
    }

    /// The comparison, or why there is none.
    fn compare_model(&self, compared: Compared) -> Result<CompareModel, String> {
        let volatile = self.settings.compare_volatile.as_deref().map(Volatile::read).unwrap_or_default();
        let record = self.compared_record(compared.before)?;
        let shown = self.masker.mask_record(&record);
        let head = self.compare_head(compared.before, &shown, compared);
        let (mut sides, mut heads);
        match compared.after {
            After::Call(call) => {
                let other = self.masker.mask_record(&self.compared_record(call)?);
                heads = [head, self.compare_head(call, &other, compared)];
                sides = [shown, other];
                if compared.is_swapped {
                    sides.reverse();
                    heads.reverse();
                }
                let [before, after] = &sides;
                let parts = compare_calls(before, after, &volatile);
                let [before, after] = heads;
                Ok(CompareModel::new(before, after, &parts))
            }
            After::AnswerOfNow => {
                let answer = answer_of_now(&self.state.setup, &record)
                    .ok_or("The listener would answer this call with nothing now, so there is nothing to compare")?;
                let mut answered = record;
                answered.opening.response = Some(answer);
                let other = self.masker.mask_record(&answered);
                let status = other.opening.response.as_ref().map(|response| response.status).unwrap_or_default();
                let rule =
                    other.opening.response.as_ref().map(|response| response.rule.to_string()).unwrap_or_default();
                let now = CompareHead {
                    title: "What is answered now".to_owned(),
                    about: format!(
                        "{status} · {rule} · as for a first call, without forwarding and faults on the wire"
                    ),
                    verdict: None,
                };
                heads = [head, now];
                sides = [shown, other];
                if compared.is_swapped {
                    sides.reverse();
                    heads.reverse();
                }
                let [before, after] = sides.map(|side| side.opening.response);
                let (Some(before), Some(after)) = (before, after) else {
                    return Err("This call was answered with nothing, so there is nothing to compare".to_owned());
                };
                let parts = compare_responses(&before, &after, &volatile);
                let [before, after] = heads;
                Ok(CompareModel::new(before, after, &parts))
            }
        }
    }

    fn compared_record(&self, call: CallRef) -> Result<Record, String> {
        let tab = self.tab_of(call.session).ok_or_else(|| {
            format!("The session of call {} is not open any more: open it again, and compare anew", call.call_id)
        })?;
        match tab.reader.record(call.call_id) {
            Ok(Some(record)) => Ok(record),
            Ok(None) => Err(format!("Call {} is not in its session any more: mark another one", call.call_id)),
            Err(error) => Err(error.to_string()),
        }
    }

    fn compare_head(&self, call: CallRef, shown: &Record, compared: Compared) -> CompareHead {
        let has_two_sessions = matches!(compared.after, After::Call(after) if after.session != compared.before.session);
        let name = self.tab_of(call.session).and_then(|tab| tab.path.file_name());
        let title = match name.filter(|_| has_two_sessions) {
            Some(name) => format!("Call {} · {}", call.call_id, name.to_string_lossy()),
            None => format!("Call {}", call.call_id),
        };
        let time = shown.opening.request.received_at.time_of_day(&self.zone, true);
        CompareHead::new(title, shown, &time)
    }
}

/// The call that this one repeats: as a retry, as a duplicate, or as a replay within its session.
fn first_of(call: &Summary, session: SessionId) -> Option<CallId> {
    let replayed = call.replay_of.filter(|of| of.session == session).map(|of| of.call_id);
    call.link.retry_of.or(call.link.duplicate_of).or(replayed)
}

/// What the rules of now answer a recorded call with, as if it were the first one.
fn answer_of_now(setup: &Setup, record: &Record) -> Option<Response> {
    let opening = &record.opening;
    let request = &opening.request;
    let envelope = RequestEnvelope::read(&request.body);
    let asked = respond::Asked {
        call_id: opening.call_id,
        hook: opening.hook,
        endpoint: request.path.as_deref().and_then(|path| setup.endpoint_at(path)),
        request,
        event_type: envelope.event_type.as_deref(),
        event_id: envelope.event_id.as_deref(),
        challenge: request.header(okta::CHALLENGE_HEADER),
        auth: &opening.auth,
        attempt: opening.link.attempt,
        is_replay: opening.replay_of.is_some(),
        problem: opening.problem.as_ref(),
    };
    respond::decide(setup, &asked, &Counters::default()).map(|plan| plan.response)
}
