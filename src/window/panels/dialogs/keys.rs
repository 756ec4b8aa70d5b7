//! The window that lists every key.

use egui::{Align, Layout, Ui, vec2};

use super::{Closed, dialog};
use crate::window::command::{Command, shortcut_text};
use crate::window::controls;
use crate::window::theme;

const CALLS: &[Command] = &[
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
    Command::ToggleFollow,
];
const ONE_CALL: &[Command] = &[
    Command::EditResponse,
    Command::StageNextResponse,
    Command::ToggleHold,
    Command::Replay,
    Command::ReplayTo,
    Command::TogglePin,
    Command::AddNote,
    Command::CopyAsCurl,
    Command::MakeRule,
    Command::Compare,
];
const PROGRAM: &[Command] = &[
    Command::NewSession,
    Command::OpenSession,
    Command::SaveSessionAs,
    Command::ClearCalls,
    Command::UndoClear,
    Command::ShowLoad,
    Command::ShowTunnel,
    Command::ShowOktaValues,
    Command::ShowRules,
    Command::ToggleRules,
    Command::ShowSettings,
    Command::ShowKeys,
    Command::Quit,
];

/// Draws the window; it says when it was closed.
pub fn ui(ui: &Ui) -> Closed {
    let (closed, ()) = dialog(ui, "keys", "Keys", 640.0, |ui| {
        ui.columns_const(|[left, right]| {
            group_ui(left, "Calls", CALLS);
            group_ui(right, "The selected call", ONE_CALL);
            right.add_space(theme::GAP_WIDE);
            group_ui(right, "Program", PROGRAM);
        });
    });
    closed
}

fn group_ui(ui: &mut Ui, head: &str, commands: &[Command]) {
    let palette = theme::palette(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.label(theme::head_text(head, palette));
    ui.add_space(theme::GAP_TIGHT);
    for command in commands {
        let size = vec2(ui.available_width(), 26.0);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_size(size);
            ui.spacing_mut().item_spacing.x = 4.0;
            let left = ui.cursor().left();
            for keys in command.keys() {
                controls::keycap(ui, &shortcut_text(ui, *keys));
            }
            let used = ui.cursor().left() - left;
            ui.add_space((104.0 - used).max(8.0));
            ui.add(egui::Label::new(theme::body_text(command.text().trim_end_matches('…'), palette)).truncate());
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_with_a_key_is_listed_once() {
        let listed: Vec<Command> = [CALLS, ONE_CALL, PROGRAM].concat();
        for command in Command::ALL.into_iter().filter(|command| command.shortcut().is_some()) {
            assert_eq!(listed.iter().filter(|other| **other == command).count(), 1, "{command:?}");
        }
        assert!(listed.iter().all(|command| command.shortcut().is_some()));
    }
}
