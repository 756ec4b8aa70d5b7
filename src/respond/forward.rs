//! What is asked for where a call is passed on, or held for a person: values only, carried out by the engine.

use std::sync::Arc;
use std::time::Duration;

/// Passing a call to the developer's own handler and relaying its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct ForwardSetup {
    /// An `http` or `https` URL. If its path is `/` or empty, path and query of the call are appended, else it is used whole: as
    /// for a replay.
    pub to: String,
    /// When the prepared response goes out in place of the handler's, counted from the first request byte; none: the handler is
    /// waited for.
    pub soft_deadline: Option<Duration>,
    /// What is changed in the handler's answer before it goes out.
    pub overrides: Overrides,
    /// A PEM file that is trusted beside the system's own store; a relative path in the workspace is one from its file.
    pub cacert: Option<String>,
    /// True: the handler's certificate is not checked.
    pub is_insecure: bool,
}

impl ForwardSetup {
    /// Forwarding to a URL with nothing changed.
    pub fn to(url: impl Into<String>) -> ForwardSetup {
        ForwardSetup {
            to: url.into(),
            soft_deadline: None,
            overrides: Overrides::default(),
            cacert: None,
            is_insecure: false,
        }
    }
}

/// What replaces parts of an answer that is relayed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// 200 to 599.
    pub status: Option<u16>,
    /// Header fields that are set; the handler's fields of the same name go.
    pub headers: Vec<(String, String)>,
    /// Names of header fields that are taken out.
    pub without_headers: Vec<String>,
    /// The whole body.
    pub body: Option<Arc<str>>,
    /// Values in a JSON body, by JSON Pointer (RFC 6901); a null takes the member out.
    pub json: Vec<(String, serde_json::Value)>,
}

impl Overrides {
    pub fn is_empty(&self) -> bool {
        *self == Overrides::default()
    }
}

/// Stopping a call before the response, for a person to edit it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldSetup {
    /// When the prepared response goes out by itself, counted from the first request byte.
    pub deadline: Duration,
}

impl HoldSetup {
    /// Leaves half a second of Okta's three for the way back.
    pub const DEFAULT_DEADLINE: Duration = Duration::from_millis(2_500);
}

impl Default for HoldSetup {
    fn default() -> HoldSetup {
        HoldSetup { deadline: HoldSetup::DEFAULT_DEADLINE }
    }
}
