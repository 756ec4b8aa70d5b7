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
    kept: Vec<EditorState>,
}

impl Drafts {
    /// Keeps a draft in the place of an earlier one of the same call and endpoint.
    pub fn keep(&mut self, editor: EditorState) {
        self.kept.retain(|kept| !is_of(kept, editor.session, editor.against, &editor.endpoint));
        self.kept.push(editor);
        if self.kept.len() > MOST {
            self.kept.remove(0);
        }
    }

    /// Gives the draft of a call of a session for an endpoint, which is then no longer kept.
    pub fn take(&mut self, session: SessionId, call_id: CallId, endpoint: &str) -> Option<EditorState> {
        let place = self.kept.iter().position(|kept| is_of(kept, Some(session), Some(call_id), endpoint))?;
        Some(self.kept.remove(place))
    }
}

/// Is this the draft of a call, for an endpoint?
pub fn is_of(editor: &EditorState, session: Option<SessionId>, against: Option<CallId>, endpoint: &str) -> bool {
    editor.session == session && editor.against == against && &*editor.endpoint == endpoint
}

impl App {
    /// Gives up what was written in the editor; for a held call, which waits, it is kept.
    pub(super) fn close_editor(&mut self) {
        match self.editor.as_ref().map(|editor| editor.scope) {
            Some(Scope::Held(_)) => self.leave_editor(),
            _ => self.editor = None,
        }
    }

    /// True where what comes of a replay may be shown: nothing else is being chosen or written.
    pub(super) fn can_show_replay(&self) -> bool {
        !self.shows_viewed && self.editor.is_none() && self.live.several.is_empty()
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
                self.drafts.keep(editor);
            }
            _ => {}
        }
    }
}
