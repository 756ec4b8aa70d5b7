//! What can be asked of a row without copying it.

use super::{RowView, Symbol};
use crate::call::{AuthResult, CallId, Direction, EventCounts, ProblemKind, Timestamp};
use crate::okta::{HookKind, Outcome};

impl RowView<'_> {
    pub fn received_at(&self) -> Timestamp {
        self.row.received_at
    }

    pub fn hook(&self) -> HookKind {
        self.row.hook
    }

    pub fn outcome(&self) -> Outcome {
        self.row.outcome
    }

    pub fn auth(&self) -> AuthResult {
        self.row.auth
    }

    pub fn events(&self) -> EventCounts {
        self.row.events
    }

    pub fn direction(&self) -> Direction {
        self.row.direction
    }

    pub fn endpoint(&self) -> Option<Symbol> {
        self.row.endpoint
    }

    pub fn status(&self) -> Option<u16> {
        (self.row.status > 0).then_some(self.row.status)
    }

    /// Microseconds that count inside the three seconds: with those of fetching a token, where this call is the first to use it.
    pub fn total_us(&self) -> Option<u32> {
        (self.row.counted_us != u32::MAX).then_some(self.row.counted_us)
    }

    pub fn has_problem(&self) -> bool {
        self.row.problem.is_some()
    }

    pub fn problem(&self) -> Option<ProblemKind> {
        self.row.problem
    }

    pub fn is_duplicate(&self) -> bool {
        self.row.duplicate_of > 0
    }

    pub fn is_retry(&self) -> bool {
        self.row.retry_of > 0
    }

    pub fn is_replay(&self) -> bool {
        self.row.is_replay
    }

    pub fn event_id(&self) -> Option<&str> {
        self.row.event_id.as_deref()
    }

    pub fn retry_of(&self) -> Option<CallId> {
        (self.row.retry_of > 0).then_some(CallId(self.row.retry_of))
    }

    pub fn duplicate_of(&self) -> Option<CallId> {
        (self.row.duplicate_of > 0).then_some(CallId(self.row.duplicate_of))
    }

    /// Is this row's path, endpoint or method among these symbols?
    pub fn path_in(&self, symbols: &[bool]) -> bool {
        is_in(self.row.path, symbols)
    }

    pub fn endpoint_in(&self, symbols: &[bool]) -> bool {
        is_in(self.row.endpoint, symbols)
    }

    pub fn method_in(&self, symbols: &[bool]) -> bool {
        is_in(self.row.method, symbols)
    }
}

fn is_in(symbol: Option<Symbol>, symbols: &[bool]) -> bool {
    symbol.and_then(|symbol| symbols.get(symbol.0 as usize)).copied().unwrap_or(false)
}
