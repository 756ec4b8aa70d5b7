//! What is drawn: each panel draws a model and returns wishes.
//!
//! A panel never touches the engine, the session or a file; its model is built by a function that a test can call. What a
//! person is typing or has scrolled to lives in a state beside the model, owned by the window.

pub mod answered_by;
pub mod answering;
pub mod authorization_server;
pub mod body_view;
pub mod calls;
pub mod certificate;
pub mod chain;
pub mod client_form;
pub mod compare;
pub mod detail;
pub mod detail_tabs;
pub mod dialogs;
pub mod editor;
pub mod effect_view;
pub mod empty;
pub mod endpoints;
pub mod facts_view;
pub mod fault_form;
pub mod held;
pub mod load;
pub mod messages;
pub mod okta_values;
pub mod pane;
pub mod relay_form;
pub mod relay_view;
pub mod rules;
pub mod run;
pub mod secret_view;
pub mod status_bar;
pub mod tabs;
pub mod token_view;
pub mod top_bar;
pub mod tunnel;
mod tunnel_run;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::command::Command;
use crate::call::CallId;

/// What a person asked a panel for.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// What it is about, if anything, is what is selected.
    Command(Command),
    /// Show this call; the list stops following.
    SelectCall(CallId),
    /// Select this call too, or no longer.
    ToggleSelected(CallId),
    /// Select every call from where the selection began to this one.
    SelectThrough(CallId),
    /// Show the events of a delivery beneath it, or hide them.
    ToggleEvents(CallId),
    /// Show this call and, in its request, the event at this place of `data.events`.
    ShowEvent {
        call_id: CallId,
        event_idx: usize,
    },
    /// Show this call and move to it.
    OpenCall(CallId),
    /// A command for a call that may not be selected yet.
    CallCommand(CallId, Command),
    /// Show only the calls of an endpoint; none shows all.
    SelectEndpoint(Option<Arc<str>>),
    /// A command for an endpoint that may not be selected yet.
    EndpointCommand(Arc<str>, Command),
    /// Take the staged response of an endpoint back.
    Unstage(Arc<str>),
    /// The text of the filter changed.
    FilterChanged,
    CopyText(String),
    /// Listen here instead of at the address that is taken.
    ListenAt(SocketAddr),
    /// Open a session that was open before.
    OpenRecent(PathBuf),
    /// Show the live session.
    ShowLive,
    /// Show the opened session.
    ShowViewed,
    /// Close the opened session.
    CloseViewed,
    /// Stop opening the session that is being opened.
    CancelOpening,
}
