//! Everything a person can ask of the window: one list that menus, context menus, keys and the list of keys all read.
//!
//! A command says what it is called, what it does and which key it has; it never does anything itself. Where to look next:
//! [`pressed`] reads the keys, `menus.rs` shows the commands, [`Possible`] says which of them make sense now.

use egui::{Context, Event, Id, Key, KeyboardShortcut, Modifiers};

use crate::okta::HookKind;

/// One thing a person can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    StartListening,
    StopListening,
    SendSample(HookKind),
    CopyAddress,
    ExportCertificate,
    SaveWorkspaceAs,
    AddEndpoint,
    EditEndpoint,
    RemoveEndpoint,

    NewSession,
    OpenSession,
    SaveSessionAs,
    ClearCalls,
    UndoClear,
    Quit,

    SelectNext,
    SelectPrevious,
    SelectFirst,
    SelectLast,
    PageDown,
    PageUp,
    OpenSelected,
    FocusFilter,
    ClearFilter,
    ToggleFollow,

    Replay,
    ReplayTo,
    EditResponse,
    StageNextResponse,
    TogglePin,
    AddNote,
    CopyAsCurl,

    ThemeSystem,
    ThemeLight,
    ThemeDark,
    ToggleCompactRows,
    ShowMessages,
    ShowSettings,
    ShowKeys,
    ShowAbout,
}

impl Command {
    /// Every command, in the order in which the list of keys shows them.
    pub const ALL: [Command; 47] = [
        Command::SelectNext,
        Command::SelectPrevious,
        Command::PageDown,
        Command::PageUp,
        Command::SelectFirst,
        Command::SelectLast,
        Command::OpenSelected,
        Command::FocusFilter,
        Command::ClearFilter,
        Command::ToggleFollow,
        Command::Replay,
        Command::ReplayTo,
        Command::EditResponse,
        Command::StageNextResponse,
        Command::TogglePin,
        Command::AddNote,
        Command::CopyAsCurl,
        Command::NewSession,
        Command::OpenSession,
        Command::SaveSessionAs,
        Command::ClearCalls,
        Command::UndoClear,
        Command::StartListening,
        Command::StopListening,
        Command::CopyAddress,
        Command::ExportCertificate,
        Command::SaveWorkspaceAs,
        Command::SendSample(HookKind::Token),
        Command::SendSample(HookKind::Saml),
        Command::SendSample(HookKind::Registration),
        Command::SendSample(HookKind::PasswordImport),
        Command::SendSample(HookKind::UserImport),
        Command::SendSample(HookKind::Telephony),
        Command::SendSample(HookKind::Event),
        Command::SendSample(HookKind::Verification),
        Command::AddEndpoint,
        Command::EditEndpoint,
        Command::RemoveEndpoint,
        Command::ThemeSystem,
        Command::ThemeLight,
        Command::ThemeDark,
        Command::ToggleCompactRows,
        Command::ShowMessages,
        Command::ShowSettings,
        Command::ShowKeys,
        Command::ShowAbout,
        Command::Quit,
    ];

    /// What it is called in menus, on buttons and to a screen reader.
    pub fn text(self) -> &'static str {
        match self {
            Command::StartListening => "Start listening",
            Command::StopListening => "Stop listening",
            Command::SendSample(kind) => match kind {
                HookKind::Event => "Send a sample event",
                HookKind::Verification => "Send a sample verification",
                HookKind::Token => "Send a sample token call",
                HookKind::Saml => "Send a sample SAML call",
                HookKind::Registration => "Send a sample registration call",
                HookKind::PasswordImport => "Send a sample password import call",
                HookKind::UserImport => "Send a sample user import call",
                HookKind::Telephony => "Send a sample telephony call",
                HookKind::Unknown => "Send a sample call",
            },
            Command::CopyAddress => "Copy address",
            Command::ExportCertificate => "Export certificate…",
            Command::SaveWorkspaceAs => "Save workspace as…",
            Command::AddEndpoint => "Add endpoint",
            Command::EditEndpoint => "Edit endpoint…",
            Command::RemoveEndpoint => "Remove endpoint",
            Command::NewSession => "New session",
            Command::OpenSession => "Open session…",
            Command::SaveSessionAs => "Save session as…",
            Command::ClearCalls => "Clear calls",
            Command::UndoClear => "Undo clear",
            Command::Quit => "Quit",
            Command::SelectNext => "Select next call",
            Command::SelectPrevious => "Select previous call",
            Command::SelectFirst => "Select first call",
            Command::SelectLast => "Select last call",
            Command::PageDown => "Select one page down",
            Command::PageUp => "Select one page up",
            Command::OpenSelected => "Open call",
            Command::FocusFilter => "Go to the filter",
            Command::ClearFilter => "Clear filter",
            Command::ToggleFollow => "Follow new calls",
            Command::Replay => "Replay",
            Command::ReplayTo => "Replay to…",
            Command::EditResponse => "Edit response",
            Command::StageNextResponse => "Stage next response",
            Command::TogglePin => "Pin call",
            Command::AddNote => "Add note…",
            Command::CopyAsCurl => "Copy as cURL",
            Command::ThemeSystem => "System theme",
            Command::ThemeLight => "Light theme",
            Command::ThemeDark => "Dark theme",
            Command::ToggleCompactRows => "Compact rows",
            Command::ShowMessages => "Messages",
            Command::ShowSettings => "Settings…",
            Command::ShowKeys => "Keys",
            Command::ShowAbout => "About Hookscope",
        }
    }

    /// What it does, in one sentence.
    pub fn hint(self) -> &'static str {
        match self {
            Command::StartListening => "Open the port, so that Okta's calls are taken",
            Command::StopListening => "Close the port; calls under way are finished",
            Command::SendSample(_) => "Send a made-up call over real TLS to this listener, as Okta would",
            Command::CopyAddress => "Copy the address of this listener",
            Command::ExportCertificate => "Write the certificate that a client must trust to a file",
            Command::SaveWorkspaceAs => "Write endpoints and responses to a new workspace file, and go on with that",
            Command::AddEndpoint => "Answer another path",
            Command::EditEndpoint => "Change the name, path, hook or credential of an endpoint",
            Command::RemoveEndpoint => "Stop answering a path as this endpoint; its calls stay",
            Command::NewSession => "Begin an empty session; the one until now stays in its file",
            Command::OpenSession => "Look at a recorded session while listening goes on",
            Command::SaveSessionAs => "Write a copy of the session, with secrets masked",
            Command::ClearCalls => "Hide all calls but the pinned ones; can be undone",
            Command::UndoClear => "Bring the cleared calls back",
            Command::Quit => "Close the window; the session stays in its file",
            Command::SelectNext => "Move to the call below",
            Command::SelectPrevious => "Move to the call above",
            Command::SelectFirst => "Move to the oldest call",
            Command::SelectLast => "Move to the newest call",
            Command::PageDown => "Move down by what the list shows",
            Command::PageUp => "Move up by what the list shows",
            Command::OpenSelected => "Show the selected call",
            Command::FocusFilter => "Type to show only some of the calls",
            Command::ClearFilter => "Show all calls again",
            Command::ToggleFollow => "Scroll along as calls arrive",
            Command::Replay => "Send the recorded request to this listener again",
            Command::ReplayTo => "Send the recorded request to another address",
            Command::EditResponse => "Change what is answered, with findings while you type",
            Command::StageNextResponse => "Answer the next call of this endpoint differently, once",
            Command::TogglePin => "Keep this call when others are cleared or grow too old",
            Command::AddNote => "Write down what is special about this call",
            Command::CopyAsCurl => "Copy the request as a cURL command, with secrets masked",
            Command::ThemeSystem => "Light or dark as the system is",
            Command::ThemeLight => "Dark text on a light ground",
            Command::ThemeDark => "Light text on a dark ground",
            Command::ToggleCompactRows => "Show more calls in the same space",
            Command::ShowMessages => "List what the program has said until now",
            Command::ShowSettings => "Theme, times, sizes",
            Command::ShowKeys => "List every key",
            Command::ShowAbout => "Version and licences",
        }
    }

    /// Its keys; the first is the one that menus show.
    pub fn keys(self) -> &'static [KeyboardShortcut] {
        const fn plain(key: Key) -> KeyboardShortcut {
            KeyboardShortcut::new(Modifiers::NONE, key)
        }
        const fn command(key: Key) -> KeyboardShortcut {
            KeyboardShortcut::new(Modifiers::COMMAND, key)
        }
        match self {
            Command::SelectNext => const { &[plain(Key::ArrowDown), plain(Key::J)] },
            Command::SelectPrevious => const { &[plain(Key::ArrowUp), plain(Key::K)] },
            Command::SelectFirst => const { &[plain(Key::Home)] },
            Command::SelectLast => const { &[plain(Key::End)] },
            Command::PageDown => const { &[plain(Key::PageDown)] },
            Command::PageUp => const { &[plain(Key::PageUp)] },
            Command::OpenSelected => const { &[plain(Key::Enter)] },
            Command::FocusFilter => const { &[plain(Key::Slash)] },
            Command::ToggleFollow => const { &[plain(Key::F)] },
            Command::Replay => const { &[plain(Key::R)] },
            Command::ReplayTo => const { &[KeyboardShortcut::new(Modifiers::SHIFT, Key::R)] },
            Command::EditResponse => const { &[plain(Key::E)] },
            Command::StageNextResponse => const { &[plain(Key::N)] },
            Command::TogglePin => const { &[plain(Key::P)] },
            Command::AddNote => const { &[plain(Key::A)] },
            Command::CopyAsCurl => const { &[plain(Key::C)] },
            Command::NewSession => const { &[command(Key::N)] },
            Command::OpenSession => const { &[command(Key::O)] },
            Command::SaveSessionAs => const { &[command(Key::S)] },
            Command::ClearCalls => const { &[command(Key::L)] },
            Command::UndoClear => const { &[command(Key::Z)] },
            Command::Quit => const { &[command(Key::Q)] },
            Command::ShowSettings => const { &[command(Key::Comma)] },
            Command::ShowKeys => const { &[plain(Key::Questionmark)] },
            Command::StartListening
            | Command::StopListening
            | Command::SendSample(_)
            | Command::CopyAddress
            | Command::ExportCertificate
            | Command::SaveWorkspaceAs
            | Command::AddEndpoint
            | Command::EditEndpoint
            | Command::RemoveEndpoint
            | Command::ClearFilter
            | Command::ThemeSystem
            | Command::ThemeLight
            | Command::ThemeDark
            | Command::ToggleCompactRows
            | Command::ShowMessages
            | Command::ShowAbout => &[],
        }
    }

    /// The key that menus show.
    pub fn shortcut(self) -> Option<KeyboardShortcut> {
        self.keys().first().copied()
    }

    /// The key as a person reads it: `R`, `/`, `↓`, `Ctrl+S`.
    pub fn shortcut_text(self, ctx: &Context) -> Option<String> {
        self.shortcut().map(|shortcut| shortcut_text(ctx, shortcut))
    }
}

/// A key as a person reads it.
pub fn shortcut_text(ctx: &Context, shortcut: KeyboardShortcut) -> String {
    let key = match shortcut.logical_key {
        Key::ArrowDown => "↓",
        Key::ArrowUp => "↑",
        Key::Slash => "/",
        Key::Questionmark => "?",
        Key::PageDown => "Page down",
        Key::PageUp => "Page up",
        // egui spells the name of this key out.
        Key::Comma => return ctx.format_shortcut(&shortcut).replace("Comma", ","),
        _ => return ctx.format_shortcut(&shortcut),
    };
    key.to_owned()
}

/// What can be done now. Built by whoever knows; menus and buttons ask it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Possible {
    pub listening: bool,
    /// There is at least one call that is not cleared.
    pub has_calls: bool,
    pub can_undo_clear: bool,
    pub has_filter: bool,
    /// The call that is selected.
    pub call: Option<PossibleCall>,
    /// An endpoint is selected.
    pub has_endpoint: bool,
    /// The opened session is not the live one, so its calls cannot be changed.
    pub viewing: bool,
    pub following: bool,
    pub compact_rows: bool,
    pub theme: egui::ThemePreference,
}

/// What can be done with the selected call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PossibleCall {
    /// It was a request, so that it can be sent again.
    pub was_request: bool,
    /// Its response can be edited: it has an endpoint.
    pub has_endpoint: bool,
    pub pinned: bool,
}

impl Possible {
    /// Why a command makes no sense now; none where it does.
    pub fn why_not(&self, command: Command) -> Option<&'static str> {
        let call = || self.call.ok_or("Select a call first");
        let answer = match command {
            Command::StartListening if self.listening => Err("It is listening already"),
            Command::StopListening if !self.listening => Err("It is not listening"),
            Command::SendSample(_) if !self.listening => Err("Start listening first"),
            Command::Replay | Command::ReplayTo | Command::CopyAsCurl => {
                call().and_then(|call| match call.was_request {
                    false => Err("This connection never became a request, so there is nothing to send"),
                    true if command == Command::Replay && !self.listening => Err("Start listening first"),
                    true => Ok(()),
                })
            }
            Command::EditResponse | Command::StageNextResponse => call().and_then(|call| match call.has_endpoint {
                true => Ok(()),
                false => Err("No endpoint answered this call; add one for its path first"),
            }),
            Command::TogglePin | Command::AddNote => call().and(match self.viewing {
                true => Err("An opened session is read-only"),
                false => Ok(()),
            }),
            Command::OpenSelected => call().map(|_| ()),
            Command::ClearCalls if self.viewing => Err("An opened session is read-only"),
            Command::ClearCalls if !self.has_calls => Err("There are no calls"),
            Command::UndoClear if !self.can_undo_clear => Err("Nothing was cleared in the last ten minutes"),
            Command::ClearFilter if !self.has_filter => Err("All calls are shown"),
            Command::EditEndpoint | Command::RemoveEndpoint if !self.has_endpoint => Err("Select an endpoint first"),
            _ => Ok(()),
        };
        answer.err()
    }

    /// The text of a command as it fits what is selected.
    pub fn text(&self, command: Command) -> &'static str {
        match (command, self.call) {
            (Command::TogglePin, Some(PossibleCall { pinned: true, .. })) => "Unpin call",
            _ => command.text(),
        }
    }

    /// For commands that switch something on and off: is it on?
    pub fn is_on(&self, command: Command) -> Option<bool> {
        match command {
            Command::ToggleFollow => Some(self.following),
            Command::ToggleCompactRows => Some(self.compact_rows),
            Command::ThemeSystem => Some(self.theme == egui::ThemePreference::System),
            Command::ThemeLight => Some(self.theme == egui::ThemePreference::Light),
            Command::ThemeDark => Some(self.theme == egui::ThemePreference::Dark),
            _ => None,
        }
    }
}

fn list_focus_id() -> Id {
    Id::unique("hookscope-calls-focus")
}

/// Says that a row of the calls list is `row_id`, so that its keys work while it has the focus.
pub(super) fn remember_list_focus(ctx: &Context, row_id: Id) {
    ctx.data_mut(|data| data.insert_temp(list_focus_id(), row_id));
}

/// Reads and uses up the keys of this frame. Called at the start of a frame, before any widget, and not while a dialog is open.
///
/// Single letters do nothing while a text field has the focus. Arrows and Enter belong to whatever has the focus; the list of
/// calls gets them where nothing has, or one of its rows.
pub fn pressed(ctx: &Context) -> Vec<Command> {
    let typing = ctx.text_edit_focused();
    let focused = ctx.memory(|memory| memory.focused());
    let row = ctx.data(|data| data.get_temp::<Id>(list_focus_id()));
    let free = (focused.is_none() || focused == row) && !egui::Popup::is_any_open(ctx);
    let mut commands = Vec::new();
    ctx.input_mut(|input| {
        let n_events = input.events.len();
        input.events.retain(|event| match command_of(event, typing, free) {
            Some(command) => {
                commands.push(command);
                false
            }
            None => true,
        });
        if input.events.len() < n_events && !typing {
            // The character of a letter key comes as an event of its own: without this, `/` would be typed into the filter.
            input.events.retain(|event| !matches!(event, Event::Text(_)));
        }
    });
    commands
}

fn command_of(event: &Event, typing: bool, free: bool) -> Option<Command> {
    let &Event::Key { key, pressed: true, modifiers, .. } = event else {
        return None;
    };
    let command =
        Command::ALL.into_iter().find(|command| command.keys().iter().any(|keys| fits(*keys, key, modifiers)))?;
    if command == Command::Quit {
        // egui closes the window itself.
        return None;
    }
    let needs_command = modifiers.command;
    let moves =
        matches!(key, Key::ArrowDown | Key::ArrowUp | Key::Home | Key::End | Key::PageDown | Key::PageUp | Key::Enter);
    match () {
        () if typing && (!needs_command || command == Command::UndoClear) => None,
        () if moves && !free => None,
        () => Some(command),
    }
}

fn fits(keys: KeyboardShortcut, key: Key, modifiers: Modifiers) -> bool {
    if keys.logical_key != key || keys.modifiers.command != modifiers.command || modifiers.alt {
        return false;
    }
    // Whether these need Shift depends on the keyboard.
    matches!(key, Key::Slash | Key::Questionmark) || keys.modifiers.shift == modifiers.shift
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn key(key: Key, modifiers: Modifiers) -> Event {
        Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }
    }

    fn read(events: Vec<Event>) -> (Vec<Command>, usize) {
        let ctx = Context::default();
        let mut commands = Vec::new();
        let mut left = 0;
        let input = egui::RawInput { events, ..egui::RawInput::default() };
        let output = ctx.run_ui(input, |ui| {
            commands.extend(pressed(ui));
            left = ui.input(|input| input.events.len());
        });
        output.drop_without_applying_deltas();
        (commands, left)
    }

    #[test]
    fn all_holds_every_command_once_and_no_key_is_given_twice() {
        let mut seen = std::collections::HashSet::new();
        let mut keys = std::collections::HashMap::new();
        for command in Command::ALL {
            assert!(seen.insert(command), "{command:?} is there twice");
            for shortcut in command.keys() {
                let other = keys.insert(format!("{shortcut:?}"), command);
                assert_eq!(other, None, "{shortcut:?} is also the key of {command:?}");
            }
        }
        for kind in HookKind::NAMED {
            assert!(seen.contains(&Command::SendSample(kind)));
        }
    }

    #[test]
    fn every_command_has_a_text_in_sentence_case_and_a_hint_without_a_full_stop() {
        for command in Command::ALL {
            assert!(command.text().starts_with(char::is_uppercase), "{command:?}");
            assert!(!command.hint().ends_with('.'), "{command:?}");
        }
    }

    #[test]
    fn a_letter_is_read_once_and_its_character_is_used_up() {
        let (commands, left) = read(vec![key(Key::Slash, Modifiers::NONE), Event::Text("/".into())]);
        assert_eq!((commands, left), (vec![Command::FocusFilter], 0));
    }

    #[test]
    fn shift_tells_replay_from_replay_to_and_does_not_matter_for_signs() {
        assert_eq!(read(vec![key(Key::R, Modifiers::NONE)]).0, [Command::Replay]);
        assert_eq!(read(vec![key(Key::R, Modifiers::SHIFT)]).0, [Command::ReplayTo]);
        assert_eq!(read(vec![key(Key::Questionmark, Modifiers::SHIFT)]).0, [Command::ShowKeys]);
        assert_eq!(read(vec![key(Key::Slash, Modifiers::SHIFT)]).0, [Command::FocusFilter]);
    }

    #[test]
    fn a_letter_with_the_command_key_is_another_command() {
        assert_eq!(read(vec![key(Key::S, Modifiers::COMMAND)]).0, [Command::SaveSessionAs]);
        assert_eq!(read(vec![key(Key::N, Modifiers::COMMAND)]).0, [Command::NewSession]);
        assert_eq!(read(vec![key(Key::C, Modifiers::COMMAND)]).0, []);
        assert_eq!(read(vec![key(Key::Q, Modifiers::COMMAND)]).0, [], "egui quits by itself");
    }

    #[test]
    fn keys_that_are_let_go_or_pressed_with_alt_do_nothing() {
        assert_eq!(read(vec![key(Key::R, Modifiers::ALT)]).0, []);
        let up =
            Event::Key { key: Key::R, physical_key: None, pressed: false, repeat: false, modifiers: Modifiers::NONE };
        assert_eq!(read(vec![up]).0, []);
    }

    #[test]
    fn what_makes_no_sense_says_why() {
        let none = Possible::default();
        assert_eq!(none.why_not(Command::Replay), Some("Select a call first"));
        assert_eq!(none.why_not(Command::SendSample(HookKind::Token)), Some("Start listening first"));
        assert_eq!(none.why_not(Command::OpenSession), None);
        let call = PossibleCall { was_request: true, has_endpoint: true, pinned: true };
        let some = Possible { listening: true, call: Some(call), ..none };
        assert_eq!(some.why_not(Command::Replay), None);
        assert_eq!(some.text(Command::TogglePin), "Unpin call");
        let viewing = Possible { viewing: true, ..some };
        assert!(viewing.why_not(Command::TogglePin).is_some());
        assert_eq!(viewing.why_not(Command::Replay), None);
    }
}
