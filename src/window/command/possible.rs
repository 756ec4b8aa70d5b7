//! Which commands make sense now, and why the others do not.

use super::Command;

/// What can be done now. Built by whoever knows; menus and buttons ask it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Possible {
    pub listening: bool,
    /// There is at least one call that is not cleared.
    pub has_calls: bool,
    pub can_undo_clear: bool,
    pub has_filter: bool,
    /// How many calls are selected, the open one among them.
    pub n_selected: usize,
    /// The call that is open.
    pub call: Option<PossibleCall>,
    /// How the selected call can be compared.
    pub compare: PossibleCompare,
    /// An endpoint is selected.
    pub has_endpoint: bool,
    /// The opened session is not the live one, so its calls cannot be changed.
    pub viewing: bool,
    pub following: bool,
    /// The endpoint in question holds its calls.
    pub holding: bool,
    pub compact_rows: bool,
    /// Rules are asked.
    pub rules_on: bool,
    pub theme: egui::ThemePreference,
}

/// What can be done with the selected call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PossibleCall {
    /// It was a request, so that it can be sent again.
    pub was_request: bool,
    /// Its response can be edited: it has an endpoint, or a path for which one can be added.
    pub can_edit_response: bool,
    pub pinned: bool,
    /// It is a delivery with events.
    pub has_events: bool,
}

/// How the selected call can be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PossibleCompare {
    /// A call waits for another one.
    pub has_marked: bool,
    /// The selected call is the one that waits.
    pub is_marked: bool,
    /// It repeats another call.
    pub has_first: bool,
    /// It was answered.
    pub has_answer: bool,
}

impl Possible {
    /// Why a command makes no sense now; none where it does.
    pub fn why_not(&self, command: Command) -> Option<&'static str> {
        let call = || self.call.ok_or("Select a call first");
        let answer = match command {
            Command::StartListening if self.listening => Err("It is listening already"),
            Command::StopListening if !self.listening => Err("It is not listening"),
            Command::SendSample(_) | Command::SendVariant(_) if !self.listening => Err("Start listening first"),
            Command::Replay | Command::ReplayTo | Command::TryCredentials | Command::CopyAsCurl => {
                call().and_then(|call| match call.was_request {
                    false => Err("This connection never became a request, so there is nothing to send"),
                    true if command == Command::Replay && !self.listening => Err("Start listening first"),
                    true => Ok(()),
                })
            }
            Command::EditResponse | Command::StageNextResponse | Command::MakeRule => {
                call().and_then(|call| match call.can_edit_response {
                    true => Ok(()),
                    false => Err("This connection never became a request, so nothing answers it"),
                })
            }
            Command::TogglePin | Command::AddNote => call().and(match self.viewing {
                true => Err("An opened session is read-only"),
                false => Ok(()),
            }),
            Command::OpenSelected | Command::Compare => call().map(|_| ()),
            Command::CompareFirst => call().and(match self.compare.has_first {
                true => Ok(()),
                false => Err("This call is no retry, duplicate or replay of another one in its session"),
            }),
            Command::CompareAnswer => call().and(match self.compare.has_answer {
                true => Ok(()),
                false => Err("This call was answered with nothing"),
            }),
            Command::ShowEvents | Command::HideEvents => call().and_then(|call| match call.has_events {
                true => Ok(()),
                false => Err("This call is no event delivery"),
            }),
            Command::ClearCalls if self.viewing => Err("An opened session is read-only"),
            Command::ClearCalls if !self.has_calls => Err("There are no calls"),
            Command::UndoClear if !self.can_undo_clear => Err("Nothing was cleared in the last ten minutes"),
            Command::SelectAll if !self.has_calls => Err("There are no calls"),
            Command::ClearFilter if !self.has_filter => Err("All calls are shown"),
            Command::EditEndpoint | Command::RemoveEndpoint if !self.has_endpoint => Err("Select an endpoint first"),
            _ => Ok(()),
        };
        answer.err()
    }

    /// The text of a command as it fits what is selected.
    pub fn text(&self, command: Command) -> &'static str {
        let several = self.n_selected > 1;
        match (command, self.call) {
            (Command::TogglePin, Some(PossibleCall { pinned: true, .. })) if several => "Unpin selected calls",
            (Command::TogglePin, Some(PossibleCall { pinned: true, .. })) => "Unpin call",
            (Command::TogglePin, _) if several => "Pin selected calls",
            (Command::Replay, _) if several => "Replay selected calls",
            (Command::CopyAsCurl, _) if several => "Copy selected calls as cURL",
            (Command::Compare, _) if self.n_selected == 2 => "Compare the two calls",
            (Command::Compare, _) if self.compare.is_marked => "Compare no more",
            (Command::Compare, _) if self.compare.has_marked => "Compare with the marked call",
            _ => command.text(),
        }
    }

    /// For commands that switch something on and off: is it on?
    pub fn is_on(&self, command: Command) -> Option<bool> {
        match command {
            Command::ToggleFollow => Some(self.following),
            Command::ToggleHold => Some(self.holding),
            Command::ToggleCompactRows => Some(self.compact_rows),
            Command::ToggleRules => Some(self.rules_on),
            Command::ThemeSystem => Some(self.theme == egui::ThemePreference::System),
            Command::ThemeLight => Some(self.theme == egui::ThemePreference::Light),
            Command::ThemeDark => Some(self.theme == egui::ThemePreference::Dark),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::okta::HookKind;

    #[test]
    fn comparing_says_what_it_will_do() {
        let call = Some(PossibleCall::default());
        let text = |compare: PossibleCompare| Possible { call, compare, ..Possible::default() }.text(Command::Compare);
        let none = PossibleCompare::default();
        assert_eq!(text(none), "Compare with…");
        assert_eq!(text(PossibleCompare { has_marked: true, ..none }), "Compare with the marked call");
        assert_eq!(text(PossibleCompare { has_marked: true, is_marked: true, ..none }), "Compare no more");
        let plain = Possible { call, ..Possible::default() };
        assert!(plain.why_not(Command::CompareFirst).is_some() && plain.why_not(Command::CompareAnswer).is_some());
        let all = Possible { compare: PossibleCompare { has_first: true, has_answer: true, ..none }, ..plain };
        assert_eq!((all.why_not(Command::CompareFirst), all.why_not(Command::CompareAnswer)), (None, None));
    }

    #[test]
    fn what_makes_no_sense_says_why() {
        let none = Possible::default();
        assert_eq!(none.why_not(Command::Replay), Some("Select a call first"));
        assert_eq!(none.why_not(Command::SendSample(HookKind::Token)), Some("Start listening first"));
        assert_eq!(none.why_not(Command::OpenSession), None);
        let call = PossibleCall { was_request: true, can_edit_response: true, pinned: true, has_events: false };
        let some = Possible { listening: true, call: Some(call), ..none };
        assert_eq!(some.why_not(Command::Replay), None);
        assert_eq!(some.text(Command::TogglePin), "Unpin call");
        let broken = Possible { call: Some(PossibleCall { can_edit_response: false, ..call }), ..some };
        assert!(broken.why_not(Command::EditResponse).is_some());
        let viewing = Possible { viewing: true, ..some };
        assert!(viewing.why_not(Command::TogglePin).is_some());
        assert_eq!(viewing.why_not(Command::Replay), None);
    }
}
