//! What was done with a call between the choice of a response and its first byte: asked of the developer's own handler, held for a
//! person. Recorded with the call.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Response;
use crate::okta::{Confidence, Finding, Severity};

/// The time of others inside a call, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relay {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forwarded: Option<PassedOn>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<HeldFor>,
}

/// A call that was passed to the developer's own handler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOn {
    /// The URL that it went to.
    pub to: String,
    /// Microseconds from the first try to connect to the last byte of the answer, or until it was given up.
    pub handler_us: u32,
    pub outcome: ForwardOutcome,
}

/// What came of a forwarded call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum ForwardOutcome {
    /// The handler's answer went out as it came.
    Relayed,
    /// It went out changed; this is what came.
    Changed { original: OriginalAnswer, changed: Vec<String> },
    /// It had not come by the soft deadline; the prepared response went out.
    TooSlow,
    /// It did not come; 502 went out.
    Failed { why: String },
}

/// The handler's answer before it was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginalAnswer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// The body; what is no UTF-8 in it is replaced.
    pub body: Arc<str>,
}

impl Response {
    /// As the answer of a handler that another one took the place of.
    pub fn as_original(&self) -> OriginalAnswer {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        OriginalAnswer {
            status: self.status,
            headers: self.headers.iter().map(|(name, value)| (text(name), text(value))).collect(),
            body: text(&self.body).into(),
        }
    }
}

/// A call that waited for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldFor {
    /// Microseconds that it waited.
    pub held_us: u32,
    pub end: HoldEnd,
}

/// How the wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoldEnd {
    /// A person sent another response.
    Edited,
    /// A person let the prepared response go.
    Released,
    /// Nobody did; the prepared response went out by itself.
    Deadline,
}

impl ForwardOutcome {
    /// The name in JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            ForwardOutcome::Relayed => "relayed",
            ForwardOutcome::Changed { .. } => "changed",
            ForwardOutcome::TooSlow => "too-slow",
            ForwardOutcome::Failed { .. } => "failed",
        }
    }
}

impl HoldEnd {
    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            HoldEnd::Edited => "edited",
            HoldEnd::Released => "released",
            HoldEnd::Deadline => "deadline",
        }
    }
}

impl Relay {
    pub fn is_empty(&self) -> bool {
        *self == Relay::default()
    }

    /// Says that the handler gave no answer, and what to do about it.
    pub fn finding(&self) -> Option<Finding> {
        let forwarded = self.forwarded.as_ref()?;
        let ForwardOutcome::Failed { why } = &forwarded.outcome else {
            return None;
        };
        let message = format!(
            "The handler that the call was forwarded to gave no answer, so 502 went out: {why}. Start the handler, or correct \
             where the endpoint forwards to; a soft deadline sends the prepared response where it is only slow"
        );
        Some(Finding::of_call("forward", Severity::Error, message, "Hookscope", Confidence::I))
    }

    /// Microseconds that the handler took.
    pub fn handler_us(&self) -> u32 {
        self.forwarded.as_ref().map_or(0, |forwarded| forwarded.handler_us)
    }

    /// Microseconds that a person took.
    pub fn held_us(&self) -> u32 {
        self.held.map_or(0, |held| held.held_us)
    }
}
