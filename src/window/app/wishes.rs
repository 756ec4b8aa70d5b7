//! Carries out what a person asks for.

use std::sync::Arc;

use egui::Ui;

use super::App;
use super::drafts::is_of;
use super::jobs::Done;
use super::models;
use super::pane::Pane;
use super::several::Selecting;
use super::tab::Tab;
use crate::call::{CallId, Record, Revealed, curl_command};
use crate::engine::{self, ReplayTo};
use crate::okta::{self, HookKind};
use crate::respond::{Endpoint, ResponseSetup, Setup, least_harmful};
use crate::session::{SessionError, ViewedSession};
use crate::window::command::Command;
use crate::window::panels::Wish;
use crate::window::panels::detail::DetailWish;
use crate::window::panels::editor::{EditorState, EditorWish, Scope};
use crate::window::panels::messages::Tone;
use crate::window::settings::ThemeChoice;

/// More commands than this are no longer read by anybody.
const MOST_COPIED: usize = 100;

impl App {
    pub(super) fn carry_out(&mut self, wish: Wish, ui: &Ui) {
        match wish {
            Wish::Command(command) => self.command(command, ui),
            Wish::SelectCall(call_id) => self.select(call_id),
            Wish::ToggleSelected(call_id) => self.select_as(call_id, Selecting::Toggle),
            Wish::SelectThrough(call_id) => self.select_as(call_id, Selecting::Through),
            Wish::ToggleEvents(call_id) => self.toggle_events(call_id),
            Wish::ShowEvent { call_id, event_idx } => self.show_event(call_id, event_idx),
            Wish::OpenCall(call_id) => {
                self.select(call_id);
                self.leave_editor();
            }
            Wish::CallCommand(call_id, command) => {
                // On a selected call it is asked of all that are selected.
                if !self.tab().several.contains(call_id) {
                    self.select(call_id);
                }
                self.open_selected();
                self.command(command, ui);
            }
            Wish::SelectEndpoint(endpoint) => {
                let filter = self.top_bar.filter.clone();
                self.set_filter(&filter, endpoint);
            }
            Wish::EndpointCommand(endpoint, command) => {
                let filter = self.top_bar.filter.clone();
                self.set_filter(&filter, Some(endpoint));
                self.command(command, ui);
            }
            Wish::Unstage(endpoint) => self.command_engine(engine::Command::Unstage { endpoint }),
            Wish::FilterChanged => {
                let (filter, endpoint) = (self.top_bar.filter.clone(), self.tab().endpoint.clone());
                self.set_filter(&filter, endpoint);
            }
            Wish::CopyText(text) => ui.copy_text(text),
            Wish::ListenAt(address) => {
                let mut setup = Setup::clone(&self.state.setup);
                setup.listener.https = address;
                self.command_engine(engine::Command::ChangeSetup(Box::new(setup)));
                self.command_engine(engine::Command::StartListening);
            }
            Wish::OpenRecent(path) => self.open_session(path),
            Wish::ShowLive => self.show_tab(false),
            Wish::ShowViewed => self.show_tab(true),
            Wish::CancelOpening => self.jobs.cancel_open(),
            Wish::CloseViewed => {
                self.leave_editor();
                self.viewed = None;
                self.shows_viewed = false;
                self.filter_tab();
            }
        }
    }

    /// Shows only what a filter lets through, of one endpoint or of all. Where that opens another call, the editor is left.
    fn set_filter(&mut self, text: &str, endpoint: Option<Arc<str>>) {
        let open = self.tab().selected;
        self.tab_mut().set_filter(text, endpoint);
        if self.tab().selected != open {
            self.revealed = None;
            self.leave_editor();
        }
    }

    /// Shows the opened session, or the live one.
    pub(super) fn show_tab(&mut self, viewed: bool) {
        if self.shows_viewed == viewed {
            return;
        }
        self.leave_editor();
        self.shows_viewed = viewed;
        if viewed {
            self.n_live_seen = self.live.index.len();
        }
        self.filter_tab();
    }

    fn filter_tab(&mut self) {
        self.revealed = None;
        let (filter, endpoint) = (self.top_bar.filter.clone(), self.tab().endpoint.clone());
        self.set_filter(&filter, endpoint);
    }

    pub(super) fn select(&mut self, call_id: CallId) {
        self.select_as(call_id, Selecting::Alone);
    }

    /// Selects a call alone, or together with others.
    pub(super) fn select_as(&mut self, call_id: CallId, how: Selecting) {
        // Which call is to be sent again is chosen in the list.
        if self.pane != Pane::Run {
            self.pane = Pane::Call;
        }
        let open = self.tab().selected;
        self.tab_mut().select_as(call_id, how);
        let selected = self.tab().selected;
        if selected != open {
            self.revealed = None;
        }
        // That of a held call is for another call than the open one.
        if self.editor.as_ref().is_some_and(|editor| selected != open || editor.against != selected) {
            self.leave_editor();
        }
    }

    /// Reads the selected call, if it is not the open one already.
    pub(super) fn open_selected(&mut self) {
        let selected = self.tab().selected;
        // What was revealed in a call is forgotten when another one is opened.
        if self.revealed.as_ref().is_some_and(|(call_id, _)| Some(*call_id) != selected) {
            self.revealed = None;
        }
        let revealed = self.revealed.as_ref().map(|(_, revealed)| revealed.clone()).unwrap_or_default();
        let has_staged = selected
            .and_then(|call_id| self.tab().index.get(call_id))
            .and_then(|call| self.endpoint_of(&call).map(|endpoint| self.state.staged.contains(&endpoint.name)))
            .unwrap_or(false);
        let (masker, zone, is_utc) = (self.masker.clone(), self.zone.clone(), self.settings.utc_times);
        let setup = Arc::clone(&self.state.setup);
        if let Some(problem) = self.tab_mut().open_selected(&revealed, has_staged, &setup, &masker, &zone, is_utc) {
            self.say(Tone::Error, problem);
        }
    }

    fn command(&mut self, command: Command, ui: &Ui) {
        if let Some(why_not) = self.possible().why_not(command) {
            self.say(Tone::Info, why_not);
            return;
        }
        match command {
            Command::StartListening => self.command_engine(engine::Command::StartListening),
            Command::StopListening => self.command_engine(engine::Command::StopListening),
            Command::SendSample(hook) => {
                self.opens_first = self.live.index.is_empty();
                if let Some(sample) = okta::sample(hook.as_str()) {
                    self.command_engine(engine::Command::SendSample(sample));
                }
            }
            Command::SendVariant(sample) => self.command_engine(engine::Command::SendSample(sample)),
            Command::CopyAddress => {
                if let Some(address) = self.address() {
                    ui.copy_text(address.clone());
                    self.say(Tone::Info, format!("Copied {address}"));
                }
            }
            Command::ExportCertificate => self.ask_for_certificate(),
            Command::SaveWorkspaceAs => self.ask_for_workspace(),
            Command::AddEndpoint => self.ask_for_endpoint(None),
            Command::EditEndpoint => {
                let endpoint = self.tab().endpoint.clone();
                self.ask_for_endpoint(endpoint);
            }
            Command::RemoveEndpoint => self.remove_endpoint(),
            Command::NewSession => self.command_engine(engine::Command::NewSession),
            Command::OpenSession => self.ask_for_session(),
            Command::SaveSessionAs => self.ask_for_copy(),
            Command::ClearCalls => self.command_engine(engine::Command::Clear),
            Command::UndoClear => {
                self.cleared_at = None;
                self.messages.withdraw(Command::UndoClear);
                self.command_engine(engine::Command::UndoClear);
            }
            Command::Quit => ui.send_viewport_cmd(egui::ViewportCommand::Close),
            Command::SelectNext
            | Command::SelectPrevious
            | Command::SelectFirst
            | Command::SelectLast
            | Command::PageDown
            | Command::PageUp
            | Command::ExtendNext
            | Command::ExtendPrevious => self.move_selection(command),
            Command::SelectAll => self.tab_mut().select_all(),
            Command::ShowEvents | Command::HideEvents => self.events_command(command),
            Command::OpenSelected => {
                self.leave_editor();
                self.pane = Pane::Call;
            }
            Command::FocusFilter => self.top_bar.focus_filter(),
            Command::ClearFilter => {
                self.top_bar.filter.clear();
                self.set_filter("", None);
            }
            Command::ToggleFollow => self.tab_mut().list.toggle_following(),
            Command::Replay if !self.tab().several.is_empty() => self.replay_selected(),
            Command::Replay => self.replay(ReplayTo::OurListener),
            Command::ReplayTo => self.ask_for_url(),
            Command::TryCredentials => self.ask_for_handler(),
            Command::EditResponse => self.edit_response(Scope::Endpoint),
            Command::StageNextResponse => self.edit_response(Scope::NextCall),
            Command::ToggleHold => self.toggle_hold(),
            Command::TogglePin => {
                let tab = self.tab();
                let call_ids = tab.selected_ids();
                // As the open call says, which is what the menu named.
                let pinned = tab.selected.is_some_and(|call_id| !tab.index.is_pinned(call_id));
                self.command_engine(engine::Command::SetPinned { call_ids, pinned });
            }
            Command::AddNote => self.ask_for_note(),
            Command::CopyAsCurl => self.copy_as_curl(ui),
            Command::Compare | Command::CompareFirst | Command::CompareAnswer => self.compare_command(command),
            Command::MakeRule => self.make_rule(),
            Command::ToggleRules => self.toggle_rules(),
            Command::UndoRemoveRule => self.undo_remove_rule(),
            Command::ThemeSystem | Command::ThemeLight | Command::ThemeDark => {
                self.settings.theme = match command {
                    Command::ThemeLight => ThemeChoice::Light,
                    Command::ThemeDark => ThemeChoice::Dark,
                    _ => ThemeChoice::System,
                };
                self.apply_settings(ui);
            }
            Command::ToggleCompactRows => self.settings.compact_rows = !self.settings.compact_rows,
            Command::ShowLoad
            | Command::ShowTunnel
            | Command::ShowCertificate
            | Command::ShowAuthorizationServer
            | Command::ShowOktaValues
            | Command::ShowRules
            | Command::ShowRun
            | Command::EditAnswering => {
                if let Some(pane) = Pane::of(command) {
                    self.toggle_pane(pane);
                }
            }
            Command::ShowMessages => self.messages.list_open = !self.messages.list_open,
            Command::ShowSettings => self.show_settings(),
            Command::ShowKeys => self.show_keys(),
            Command::ShowAbout => self.show_about(),
        }
    }

    pub(super) fn carry_out_detail(&mut self, wish: DetailWish, ui: &Ui) {
        match wish {
            DetailWish::EditResponse => self.command(Command::EditResponse, ui),
            DetailWish::TryBody(body) => {
                self.edit_response(Scope::NextCall);
                if let Some(editor) = &mut self.editor {
                    editor.body = body;
                }
            }
            DetailWish::MakeRule => self.command(Command::MakeRule, ui),
            DetailWish::Replay => self.command(Command::Replay, ui),
            DetailWish::ReplayTo => self.command(Command::ReplayTo, ui),
            DetailWish::TogglePin => self.command(Command::TogglePin, ui),
            DetailWish::CompareFirst => self.command(Command::CompareFirst, ui),
            DetailWish::Select(call_id) => self.select(call_id),
            DetailWish::RevealSecrets(reveal) => {
                self.revealed = self.tab().selected.filter(|_| reveal).map(|call_id| (call_id, Revealed::All));
            }
            DetailWish::Reveal { place, reveal } => {
                if let Some(call_id) = self.tab().selected {
                    let mut revealed = self.revealed.take().map(|(_, revealed)| revealed).unwrap_or_default();
                    revealed.set(&place, reveal, self.tab().secret_places());
                    self.revealed = Some((call_id, revealed));
                }
            }
            DetailWish::Mask { what, mask } => self.mask(what, mask),
            DetailWish::Copy { text, what } => {
                ui.copy_text(text);
                self.say(Tone::Info, format!("Copied the {what}"));
            }
            DetailWish::SetNote(note) => {
                if let Some(call_id) = self.tab().selected {
                    self.command_engine(engine::Command::SetNote { call_id, note });
                }
            }
        }
        ui.request_repaint();
    }

    pub(super) fn carry_out_editor(&mut self, wish: EditorWish) {
        match wish {
            EditorWish::Close => self.close_editor(),
            EditorWish::Send { call_id, endpoint, response } => self.send_held(call_id, endpoint, response),
            EditorWish::Stage { endpoint, response } => {
                self.say(Tone::Info, format!("The next call of {endpoint} gets this response, once"));
                self.command_engine(engine::Command::StageNext { endpoint, response });
                self.editor = None;
            }
            EditorWish::ToRule { against, endpoint, response } => self.answer_by_rule(against, &endpoint, response),
            EditorWish::Apply { endpoint, response } => {
                let mut setup = Setup::clone(&self.state.setup);
                match setup.endpoints.iter_mut().find(|known| known.name == endpoint) {
                    Some(known) => {
                        known.response = Some(response);
                        self.command_engine(engine::Command::ChangeSetup(Box::new(setup)));
                        self.say(Tone::Info, format!("{endpoint} answers with the new response from now on"));
                        self.editor = None;
                    }
                    None => self
                        .say(Tone::Error, format!("There is no endpoint named {endpoint} any more; add it, or cancel")),
                }
            }
        }
    }

    /// Masks a member in every call from now on, or no longer.
    fn mask(&mut self, what: String, mask: bool) {
        let mut setup = Setup::clone(&self.state.setup);
        setup.mask.retain(|known| *known != what);
        let said = if mask { format!("{what} is masked in every call") } else { format!("{what} is masked no longer") };
        if mask {
            setup.mask.push(what);
        }
        self.command_engine(engine::Command::ChangeSetup(Box::new(setup)));
        self.say(Tone::Info, said);
    }

    fn edit_response(&mut self, scope: Scope) {
        self.pane = Pane::Call;
        self.open_selected();
        let Some(call) = self.tab().selected.and_then(|call_id| self.tab().index.get(call_id)) else {
            return;
        };
        match self.endpoint_of(&call).cloned() {
            Some(endpoint) => self.edit_response_of(&endpoint, scope),
            None => self.ask_for_endpoint_to_edit(scope),
        }
    }

    /// Opens the editor for what an endpoint answers, judged against the selected call.
    pub(super) fn edit_response_of(&mut self, endpoint: &Endpoint, scope: Scope) {
        let Some(call) = self.tab().selected.and_then(|call_id| self.tab().index.get(call_id)) else {
            return;
        };
        let (session, against) = (self.tab().session, call.call_id);
        let is_it = |editor: &EditorState| is_of(editor, Some(session), Some(against), &endpoint.name);
        if !self.editor.as_ref().is_some_and(is_it) {
            self.leave_editor();
            self.editor = self.drafts.take(session, against, &endpoint.name);
        }
        if let Some(editor) = &mut self.editor {
            editor.scope = scope;
            return;
        }
        let kind = endpoint.hook.kind().unwrap_or(call.hook);
        let response = match self.tab().record() {
            // The listener answers these by itself: begin with what it said.
            Some(record) if call.hook == HookKind::Verification => answered(record),
            _ => endpoint.response.clone().or_else(|| least_harmful(kind)),
        };
        let response = response.unwrap_or_else(empty_200);
        let hook = if call.hook == HookKind::Unknown { kind } else { call.hook };
        let name = endpoint.name.clone();
        self.n_drafts += 1;
        let mut editor = EditorState::new(name, hook, Some(call.call_id), &response, scope, self.n_drafts);
        editor.session = Some(session);
        editor.read_request(models::asked_of(self.tab().shown()), models::asked_of(self.tab().record()));
        self.editor = Some(editor);
    }

    fn replay(&mut self, to: ReplayTo) {
        self.open_selected();
        let Some(record) = self.tab().record().cloned() else {
            return;
        };
        let origin = self.tab().session;
        if self.shows_viewed {
            self.say(Tone::Info, "The replay is recorded in the live session");
        }
        self.command_engine(engine::Command::Replay { record: Box::new(record), origin, to });
    }

    /// Sends the open call to a URL.
    pub(super) fn replay_to(&mut self, url: String) {
        self.replay(ReplayTo::Url(url));
    }

    fn copy_as_curl(&mut self, ui: &Ui) {
        let call_ids = self.tab().selected_ids();
        let of_open = self.revealed.as_ref().filter(|(of, _)| call_ids == [*of]);
        // Of several nobody looks at each: nothing is revealed in them.
        let revealed = of_open.map(|(_, revealed)| revealed.clone()).unwrap_or_default();
        let commands: Vec<String> =
            call_ids.iter().take(MOST_COPIED).filter_map(|call_id| self.curl_of(*call_id, &revealed)).collect();
        let said = match (commands.len(), call_ids.len()) {
            (0, _) => return,
            (1, _) => "Copied as cURL, secrets masked unless they are revealed".to_owned(),
            (n_copied, n_calls) if n_calls > MOST_COPIED => {
                format!("Copied the first {n_copied} of {n_calls} calls as cURL, secrets masked")
            }
            (n_copied, _) => format!("Copied {n_copied} calls as cURL, secrets masked"),
        };
        ui.copy_text(commands.join("\n\n"));
        self.say(Tone::Info, said);
    }

    fn curl_of(&self, call_id: CallId, revealed: &Revealed) -> Option<String> {
        let record = self.tab().reader.record(call_id).ok().flatten()?;
        curl_command(&self.masker.show(&record, revealed).record.opening.request)
    }

    fn remove_endpoint(&mut self) {
        let Some(name) = self.tab().endpoint.clone() else {
            return;
        };
        let mut setup = Setup::clone(&self.state.setup);
        setup.endpoints.retain(|endpoint| endpoint.name != name);
        self.command_engine(engine::Command::ChangeSetup(Box::new(setup)));
        self.say(Tone::Info, format!("The endpoint {name} is removed; its calls stay"));
        let filter = self.top_bar.filter.clone();
        self.set_filter(&filter, None);
    }

    pub(super) fn open_session(&mut self, path: std::path::PathBuf) {
        if self.jobs.opening.is_some() {
            self.say(Tone::Info, "A session is being opened already");
            return;
        }
        if let Err(error) = self.jobs.open(path, self.data_dir.clone()) {
            self.say(Tone::Error, format!("cannot start opening: {error}"));
        }
    }

    pub(super) fn show_viewed(&mut self, session: ViewedSession) {
        self.leave_editor();
        self.settings.remember_session(session.path());
        let mut tab = Tab::new(session.index(), session.reader(), Some(session));
        tab.set_filter(&self.top_bar.filter, None);
        self.viewed = Some(tab);
        self.shows_viewed = true;
        self.n_live_seen = self.live.index.len();
    }

    /// What jobs have come back with.
    pub(super) fn take_done(&mut self) {
        for done in self.jobs.done() {
            match done {
                Done::Opened { path, session } => match *session {
                    Ok(session) => {
                        self.dialogs.close_file();
                        self.show_viewed(session);
                    }
                    Err(SessionError::Cancelled) => {
                        self.say(Tone::Info, "Opening was cancelled; nothing was left behind")
                    }
                    Err(error) => {
                        if matches!(error, SessionError::NotFound { .. }) {
                            self.settings.recent_sessions.retain(|known| *known != path);
                        }
                        self.file_problem(error.to_string());
                    }
                },
                Done::Counted(report) => self.take_load(*report),
                Done::Handshakes(report) => self.take_handshakes(*report),
                Done::Saved { path, result } => match result {
                    Ok(n_calls) => {
                        self.dialogs.close_file();
                        self.settings.remember_session(&path);
                        self.say(Tone::Info, format!("Saved {n_calls} calls to {}", path.display()));
                    }
                    Err(SessionError::Cancelled) => {
                        self.say(Tone::Info, "Saving was cancelled; nothing was left behind")
                    }
                    Err(error) => self.file_problem(error.to_string()),
                },
                Done::Chosen { path } => self.chosen(path),
                Done::Keychain(answer) => self.take_keychain(answer),
                Done::Addresses { file, read } => self.take_addresses(file, read),
            }
        }
    }

    pub(super) fn take_dropped_files(&mut self, ui: &Ui) {
        let dropped = ui.input(|input| input.raw.dropped_files.first().map(|file| file.path().to_owned()));
        if let Some(path) = dropped {
            self.open_session(path);
        }
    }
}

/// What a call was answered with, as a response to edit.
pub(super) fn answered(record: &Record) -> Option<ResponseSetup> {
    let response = record.opening.response.as_ref()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some(ResponseSetup {
        status: response.status,
        headers: response.headers.iter().map(|(name, value)| (text(name), text(value))).collect(),
        body: text(&response.body).into(),
        ..ResponseSetup::default()
    })
}

/// Where no kind says what to begin with.
fn empty_200() -> ResponseSetup {
    ResponseSetup::default()
}
