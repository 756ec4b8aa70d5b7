//! Reads the keys of a frame, once, and uses them up.
//!
//! It never acts: it says which commands were asked for. Whatever has the focus keeps the keys that belong to it.

use egui::{Context, Event, Id, Key, KeyboardShortcut, Modifiers};

use super::Command;

fn list_focus_id() -> Id {
    Id::unique("hookscope-calls-focus")
}

/// Says that a row of the calls list is `row_id`, so that its keys work while it has the focus.
pub(in crate::window) fn remember_list_focus(ctx: &Context, row_id: Id) {
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
    let moves = matches!(
        key,
        Key::ArrowDown
            | Key::ArrowUp
            | Key::ArrowLeft
            | Key::ArrowRight
            | Key::Home
            | Key::End
            | Key::PageDown
            | Key::PageUp
            | Key::Enter
    );
    match () {
        () if typing && (!needs_command || matches!(command, Command::UndoClear | Command::SelectAll)) => None,
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
}
