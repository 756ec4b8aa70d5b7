//! Everything a person can ask of the window: one list that menus, context menus, keys and the list of keys all read.
//!
//! A command says what it is called, what it does and which key it has; it never does anything itself. Where to look next:
//! [`pressed`] reads the keys, `menus.rs` shows the commands, [`Possible`] says which of them make sense now.

mod keys;
mod possible;

use egui::{Context, Key, KeyboardShortcut, Modifiers};

pub use keys::pressed;
pub(super) use keys::remember_list_focus;
pub use possible::{Possible, PossibleCall, PossibleCompare};

use crate::okta::{HookKind, Sample};

/// One thing a person can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    StartListening,
    StopListening,
    /// The sample that stands for a kind.
    SendSample(HookKind),
    /// Any of the samples.
    SendVariant(&'static Sample),
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
    /// Select the call below too.
    ExtendNext,
    /// Select the call above too.
    ExtendPrevious,
    SelectAll,
    OpenSelected,
    ShowEvents,
    HideEvents,
    FocusFilter,
    ClearFilter,
    ToggleFollow,

    Replay,
    ReplayTo,
    TryCredentials,
    EditResponse,
    StageNextResponse,
    /// Hold the calls of an endpoint, or no longer.
    ToggleHold,
    /// What an endpoint does beside answering.
    EditAnswering,
    TogglePin,
    AddNote,
    CopyAsCurl,
    Compare,
    CompareFirst,
    CompareAnswer,
    MakeRule,

    ThemeSystem,
    ThemeLight,
    ThemeDark,
    ToggleCompactRows,
    ShowLoad,
    ShowTunnel,
    ShowCertificate,
    ShowAuthorizationServer,
    ShowOktaValues,
    ShowRules,
    ToggleRules,
    UndoRemoveRule,
    ShowRun,
    ShowMessages,
    ShowSettings,
    ShowKeys,
    ShowAbout,
}

impl Command {
    /// Every command but the many samples, in the order in which the list of keys shows them.
    pub const ALL: [Command; 68] = [
        Command::SelectNext,
        Command::SelectPrevious,
        Command::PageDown,
        Command::PageUp,
        Command::SelectFirst,
        Command::SelectLast,
        Command::ExtendNext,
        Command::ExtendPrevious,
        Command::SelectAll,
        Command::OpenSelected,
        Command::ShowEvents,
        Command::HideEvents,
        Command::FocusFilter,
        Command::ClearFilter,
        Command::ToggleFollow,
        Command::Replay,
        Command::ReplayTo,
        Command::TryCredentials,
        Command::EditResponse,
        Command::StageNextResponse,
        Command::ToggleHold,
        Command::EditAnswering,
        Command::TogglePin,
        Command::AddNote,
        Command::CopyAsCurl,
        Command::Compare,
        Command::CompareFirst,
        Command::CompareAnswer,
        Command::MakeRule,
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
        Command::ShowLoad,
        Command::ShowTunnel,
        Command::ShowCertificate,
        Command::ShowAuthorizationServer,
        Command::ShowOktaValues,
        Command::ShowRules,
        Command::ToggleRules,
        Command::UndoRemoveRule,
        Command::ShowRun,
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
            Command::SendVariant(sample) => sample.title,
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
            Command::ExtendNext => "Select next call too",
            Command::ExtendPrevious => "Select previous call too",
            Command::SelectAll => "Select all calls",
            Command::PageDown => "Select one page down",
            Command::PageUp => "Select one page up",
            Command::OpenSelected => "Open call",
            Command::ShowEvents => "Show events",
            Command::HideEvents => "Hide events",
            Command::FocusFilter => "Go to the filter",
            Command::ClearFilter => "Clear filter",
            Command::ToggleFollow => "Follow new calls",
            Command::Replay => "Replay",
            Command::ReplayTo => "Replay to…",
            Command::TryCredentials => "Try without and with a wrong secret…",
            Command::EditResponse => "Edit response",
            Command::StageNextResponse => "Stage next response",
            Command::ToggleHold => "Hold calls",
            Command::EditAnswering => "Fault, forward and hold…",
            Command::TogglePin => "Pin call",
            Command::AddNote => "Add note…",
            Command::CopyAsCurl => "Copy as cURL",
            Command::Compare => "Compare with…",
            Command::CompareFirst => "Compare with the first",
            Command::CompareAnswer => "Compare with the answer of now",
            Command::MakeRule => "Make a rule from this call…",
            Command::ThemeSystem => "System theme",
            Command::ThemeLight => "Light theme",
            Command::ThemeDark => "Dark theme",
            Command::ToggleCompactRows => "Compact rows",
            Command::ShowLoad => "Show load",
            Command::ShowTunnel => "Tunnel",
            Command::ShowCertificate => "Certificate",
            Command::ShowAuthorizationServer => "Authorization server",
            Command::ShowOktaValues => "Values for Okta",
            Command::ShowRules => "Rules",
            Command::ToggleRules => "All rules on",
            Command::UndoRemoveRule => "Undo remove rule",
            Command::ShowRun => "Replay run…",
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
            Command::SendVariant(sample) => sample.about,
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
            Command::ExtendNext => {
                "Select the call below together with this one; a click with Shift or Ctrl does so too"
            }
            Command::ExtendPrevious => "Select the call above together with this one",
            Command::SelectAll => "Select every call that the list shows",
            Command::PageDown => "Move down by what the list shows",
            Command::PageUp => "Move up by what the list shows",
            Command::OpenSelected => "Show the selected call",
            Command::ShowEvents => "Show the events of the selected delivery beneath it",
            Command::HideEvents => "Hide the events of the selected delivery",
            Command::FocusFilter => "Type to show only some of the calls",
            Command::ClearFilter => "Show all calls again",
            Command::ToggleFollow => "Scroll along as calls arrive",
            Command::Replay => "Send the recorded request to this listener again",
            Command::ReplayTo => "Send the recorded request to another address",
            Command::TryCredentials => {
                "See whether your handler refuses calls without a credential and with a wrong one"
            }
            Command::EditResponse => "Change what is answered, with findings while you type",
            Command::StageNextResponse => "Answer the next call of this endpoint differently, once",
            Command::EditAnswering => "Break its answers on purpose, forward its calls to your handler, or hold them",
            Command::ToggleHold => "Stop each call of this endpoint before it is answered, to edit what it gets",
            Command::TogglePin => "Keep this call when others are cleared or grow too old",
            Command::AddNote => "Write down what is special about this call",
            Command::CopyAsCurl => "Copy the request as a cURL command, with secrets masked",
            Command::Compare => "Mark this call, then do the same on another one: both stand side by side",
            Command::CompareFirst => "See how a retry, duplicate or replay differs from the call that it repeats",
            Command::CompareAnswer => "See how the recorded response differs from what would be answered now",
            Command::ThemeSystem => "Light or dark as the system is",
            Command::ThemeLight => "Dark text on a light ground",
            Command::ThemeDark => "Light text on a dark ground",
            Command::ToggleCompactRows => "Show more calls in the same space",
            Command::ShowLoad => "Latency of each endpoint, the org's slots, and events against the daily limit",
            Command::ShowTunnel => "Bring Okta's calls here: start or find a tunnel, and test the way from outside",
            Command::ShowCertificate => "See, make, import, renew or export the certificate that is served",
            Command::ShowAuthorizationServer => "Play the authorization server that Okta asks for a token (OAuth 2.0)",
            Command::ShowOktaValues => "What to paste into Okta for each endpoint, and the calls of its management API",
            Command::MakeRule => "Answer calls like this one in a way of their own, from now on",
            Command::ShowRules => "Decide call by call what is answered: first 500, then 200, or broken on purpose",
            Command::ToggleRules => "Ask the rules of every endpoint, or none of them",
            Command::UndoRemoveRule => "Put the rule that was removed last back",
            Command::ShowRun => "Send calls again many times, or try one against each fault",
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
        const fn shift(key: Key) -> KeyboardShortcut {
            KeyboardShortcut::new(Modifiers::SHIFT, key)
        }
        const fn command(key: Key) -> KeyboardShortcut {
            KeyboardShortcut::new(Modifiers::COMMAND, key)
        }
        match self {
            Command::SelectNext => const { &[plain(Key::ArrowDown), plain(Key::J)] },
            Command::SelectPrevious => const { &[plain(Key::ArrowUp), plain(Key::K)] },
            Command::SelectFirst => const { &[plain(Key::Home)] },
            Command::SelectLast => const { &[plain(Key::End)] },
            Command::ExtendNext => const { &[shift(Key::ArrowDown), shift(Key::J)] },
            Command::ExtendPrevious => const { &[shift(Key::ArrowUp), shift(Key::K)] },
            Command::SelectAll => const { &[command(Key::A)] },
            Command::PageDown => const { &[plain(Key::PageDown)] },
            Command::PageUp => const { &[plain(Key::PageUp)] },
            Command::OpenSelected => const { &[plain(Key::Enter)] },
            Command::ShowEvents => const { &[plain(Key::ArrowRight)] },
            Command::HideEvents => const { &[plain(Key::ArrowLeft)] },
            Command::FocusFilter => const { &[plain(Key::Slash)] },
            Command::ToggleFollow => const { &[plain(Key::F)] },
            Command::Replay => const { &[plain(Key::R)] },
            Command::ReplayTo => const { &[shift(Key::R)] },
            Command::EditResponse => const { &[plain(Key::E)] },
            Command::StageNextResponse => const { &[plain(Key::N)] },
            Command::ToggleHold => const { &[plain(Key::H)] },
            Command::TogglePin => const { &[plain(Key::P)] },
            Command::AddNote => const { &[plain(Key::A)] },
            Command::CopyAsCurl => const { &[plain(Key::C)] },
            Command::Compare => const { &[plain(Key::D)] },
            Command::NewSession => const { &[command(Key::N)] },
            Command::OpenSession => const { &[command(Key::O)] },
            Command::SaveSessionAs => const { &[command(Key::S)] },
            Command::ClearCalls => const { &[command(Key::L)] },
            Command::UndoClear => const { &[command(Key::Z)] },
            Command::Quit => const { &[command(Key::Q)] },
            Command::ShowLoad => const { &[plain(Key::L)] },
            Command::ShowTunnel => const { &[plain(Key::T)] },
            Command::ShowOktaValues => const { &[plain(Key::O)] },
            Command::MakeRule => const { &[plain(Key::M)] },
            Command::ShowRules => const { &[plain(Key::U)] },
            Command::ToggleRules => const { &[command(Key::R)] },
            Command::ShowSettings => const { &[command(Key::Comma)] },
            Command::ShowKeys => const { &[plain(Key::Questionmark)] },
            Command::StartListening
            | Command::StopListening
            | Command::SendSample(_)
            | Command::SendVariant(_)
            | Command::CopyAddress
            | Command::ExportCertificate
            | Command::SaveWorkspaceAs
            | Command::TryCredentials
            | Command::CompareFirst
            | Command::CompareAnswer
            | Command::AddEndpoint
            | Command::EditEndpoint
            | Command::RemoveEndpoint
            | Command::EditAnswering
            | Command::ClearFilter
            | Command::ThemeSystem
            | Command::ThemeLight
            | Command::ThemeDark
            | Command::ToggleCompactRows
            | Command::ShowCertificate
            | Command::ShowAuthorizationServer
            | Command::UndoRemoveRule
            | Command::ShowRun
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
        Key::ArrowDown if shortcut.modifiers.shift => "Shift+↓",
        Key::ArrowUp if shortcut.modifiers.shift => "Shift+↑",
        Key::ArrowDown => "↓",
        Key::ArrowUp => "↑",
        Key::ArrowRight => "→",
        Key::ArrowLeft => "←",
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
