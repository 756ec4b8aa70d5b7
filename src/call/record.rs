//! One call as it is recorded, whole and in short.

use std::sync::Arc;

use super::{
    AuthReport, AuthResult, CallId, Decided, DeliveryEvents, Direction, EventCounts, Link, OauthPart, Problem,
    ProblemKind, Relay, ReplayOf, Request, Response, Timestamp, Timing, TokenUse,
};
use crate::okta::{HookKind, Outcome, Severity, Verdict};

/// What is known of a call when its response is decided: the part that is in the session file before anything is answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    pub call_id: CallId,
    pub direction: Direction,
    pub request: Request,
    pub hook: HookKind,
    /// Name of the endpoint; none on a path without one.
    pub endpoint: Option<Arc<str>>,
    /// The kind that the endpoint expects, where it names one.
    pub endpoint_hook: Option<HookKind>,
    /// `eventId` of the body.
    pub event_id: Option<String>,
    pub link: Link,
    pub replay_of: Option<ReplayOf>,
    pub auth: AuthReport,
    /// None where nothing was answered.
    pub response: Option<Response>,
    /// What was wrong with the request itself.
    pub problem: Option<Problem>,
    /// Its part in OAuth 2.0, where the stand-in authorization server has one.
    pub oauth: Option<OauthPart>,
    /// How its response was chosen, where there is more to tell than the name of the rule.
    pub decided: Option<Arc<Decided>>,
    /// What others did with it before it was answered; none where nobody did.
    pub relay: Option<Arc<Relay>>,
}

/// What is known when a call has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Closing {
    /// None where there was no response, or the end was not written before the process died.
    pub timing: Option<Timing>,
    pub verdict: Arc<Verdict>,
    /// The final word: what was wrong with the request, or what happened while the response was written.
    pub problem: Option<Problem>,
    /// What is known of the events of an event delivery; none for every other call.
    pub events: Option<Arc<DeliveryEvents>>,
}

/// A call as it is read back.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub opening: Opening,
    pub closing: Closing,
    /// False while the call is not yet in the session file.
    pub recorded: bool,
    pub pinned: bool,
    /// A person's note; empty where there is none.
    pub note: String,
}

/// A call in short: what a row shows and a filter looks at.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    pub call_id: CallId,
    pub direction: Direction,
    pub received_at: Timestamp,
    pub hook: HookKind,
    pub endpoint: Option<Arc<str>>,
    pub method: Option<Arc<str>>,
    pub path: Option<Arc<str>>,
    /// None where nothing was answered.
    pub status: Option<u16>,
    pub outcome: Outcome,
    /// The worst finding.
    pub severity: Option<Severity>,
    pub auth: AuthResult,
    /// The call's own time; none where there was no response.
    pub total_us: Option<u32>,
    /// The token of the stand-in authorization server that it came with.
    pub token: Option<TokenUse>,
    /// Microseconds of the TLS handshake in the total: it was before `received_at`.
    pub tls_us: u32,
    pub link: Link,
    pub replay_of: Option<ReplayOf>,
    pub problem: Option<ProblemKind>,
    pub recorded: bool,
    pub event_id: Option<Box<str>>,
    /// Bytes of the response body.
    pub response_bytes: u32,
    /// How many events an event delivery brought.
    pub events: EventCounts,
}

impl Summary {
    /// Microseconds that count inside the three seconds: the call's own, and those of fetching its token where it is the first to use
    /// it. None where there was no response.
    pub fn counted_us(&self) -> Option<u32> {
        self.total_us.map(|total_us| total_us.saturating_add(self.token.map_or(0, |token| token.counted_us())))
    }
}

impl Opening {
    /// The token of the stand-in authorization server that this call came with.
    pub fn token_use(&self) -> Option<TokenUse> {
        match &self.oauth {
            Some(OauthPart::Used(token)) => Some(*token),
            Some(OauthPart::Served(_)) | None => None,
        }
    }

    /// Microseconds of fetching its token, where they count inside the three seconds of this call.
    pub fn token_us(&self) -> u32 {
        self.token_use().map_or(0, |token| token.counted_us())
    }

    /// The phases of its clock, the time of the developer's handler and of a person apart from ours.
    pub fn phases(&self, timing: &Timing) -> [(&'static str, u32); 8] {
        let of = |part: fn(&Relay) -> u32| self.relay.as_deref().map_or(0, part);
        timing.phases_with(of(Relay::handler_us), of(Relay::held_us))
    }

    /// The summary of this call once it has ended.
    pub fn summary(&self, closing: &Closing, recorded: bool) -> Summary {
        let shared = |text: &Option<String>| text.as_deref().map(Arc::from);
        let is_not_sent = closing.problem.as_ref().is_some_and(Problem::is_not_sent);
        Summary {
            call_id: self.call_id,
            direction: self.direction,
            received_at: self.request.received_at,
            hook: self.hook,
            endpoint: self.endpoint.clone(),
            method: shared(&self.request.method),
            path: shared(&self.request.path),
            // What was prepared and never sent is no answer.
            status: self.response.as_ref().filter(|_| !is_not_sent).map(|response| response.status),
            outcome: closing.verdict.outcome,
            severity: closing.verdict.worst(),
            auth: self.auth.result,
            total_us: closing.timing.map(|timing| timing.total_us()),
            token: self.token_use(),
            tls_us: closing.timing.map_or(0, |timing| timing.tls_us),
            link: self.link,
            replay_of: self.replay_of,
            problem: closing.problem.as_ref().map(|problem| problem.kind),
            recorded,
            event_id: self.event_id.as_deref().map(Box::from),
            response_bytes: self
                .response
                .as_ref()
                .map_or(0, |response| u32::try_from(response.body.len()).unwrap_or(u32::MAX)),
            events: event_counts(self.hook, closing.events.as_deref(), self.replay_of.is_some()),
        }
    }
}

/// How many events a call brought. What is sent again from here is not new to Okta.
pub fn event_counts(hook: HookKind, events: Option<&DeliveryEvents>, is_replay: bool) -> EventCounts {
    match events {
        Some(events) if is_replay => EventCounts::new(events.notes.len(), 0),
        Some(events) => events.counts(),
        None if hook == HookKind::Event => EventCounts::UNKNOWN,
        None => EventCounts::default(),
    }
}

impl Record {
    pub fn summary(&self) -> Summary {
        self.opening.summary(&self.closing, self.recorded)
    }
}
