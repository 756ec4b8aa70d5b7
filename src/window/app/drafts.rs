//! Responses that were begun and left: each stays with its call until it is applied, staged, or given up.

use super::App;
use crate::call::{CallId, SessionId};
use crate::window::panels::editor::{EditorState, Scope};
use crate::window::panels::messages::Tone;

/// More drafts are forgotten, the oldest first.
const MOST: usize = 32;

/// The drafts of calls that are not open, oldest first.
#[derive(Default)]
pub struct Drafts {
    kept: Vec<(SessionId, EditorState)>,
}

impl Drafts {
    /// Keeps a draft of a call of this session in the place of an earlier one.
    pub fn keep(&mut self, session: SessionId, editor: EditorState) {
        drop(self.take(session, editor.against, &editor.endpoint));
        self.kept.push((session, editor));
        if self.kept.len() > MOST {
            self.kept.remove(0);
        }
    }

    /// Gives the draft of a call for an endpoint, which is then no longer kept.
    pub fn take(&mut self, session: SessionId, against: Option<CallId>, endpoint: &str) -> Option<EditorState> {
        let is_it = |(of, editor): &(SessionId, EditorState)| {
            *of == session && editor.against == against && &*editor.endpoint == endpoint
        };
        let place = self.kept.iter().position(is_it)?;
        Some(self.kept.remove(place).1)
    }
}

impl App {
    /// Gives up what was written in the editor; for a held call, which waits, it is kept.
    pub(super) fn close_editor(&mut self) {
        match self.editor.as_ref().map(|editor| editor.scope) {
            Some(Scope::Held(_)) => self.leave_editor(),
            _ => self.editor = None,
        }
    }

    /// Leaves the editor without giving up what was written in it.
    pub(super) fn leave_editor(&mut self) {
        let Some(editor) = self.editor.take() else { return };
        match editor.scope {
            Scope::Held(call_id) => self.put_held_aside(call_id, editor),
            _ if editor.is_changed() => {
                if let Some(call_id) = editor.against {
                    self.say(Tone::Info, format!("What you wrote for call {call_id} is kept: E on it goes on"));
                }
                let session = self.tab().session;
                self.drafts.keep(session, editor);
            }
            _ => {}
        }
    }
}
