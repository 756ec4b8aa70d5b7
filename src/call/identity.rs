//! Who is who: ids of calls and sessions.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Number of a call within its session, counted from 1 in order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallId(pub u32);

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The UUID that a session file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionId(pub Uuid);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The recorded call that a replay repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReplayOf {
    pub session: SessionId,
    pub call_id: CallId,
}

impl ReplayOf {
    /// The request header that carries it, to our own listener only.
    pub const HEADER: &'static str = "Hookscope-Replay";

    /// Reads `SESSION/ID`.
    pub fn parse(text: &str) -> Option<ReplayOf> {
        let (session, call_id) = text.trim().split_once('/')?;
        Some(ReplayOf {
            session: SessionId(Uuid::parse_str(session).ok()?),
            call_id: CallId(call_id.parse().ok().filter(|number| *number > 0)?),
        })
    }
}

impl fmt::Display for ReplayOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.session, self.call_id)
    }
}

/// Which way a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// It came to our listener.
    Received,
    /// We sent it elsewhere.
    Sent,
}

impl Direction {
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::Received => "received",
            Direction::Sent => "sent",
        }
    }
}
