//! What the inspector sends: sample calls to its own listener, and recorded calls again.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::handler::Handler;
use super::send_token::{TokenForSend, token_for};
use super::{Event, ReplayTo, Tone, Wake};
use crate::call::{
    AuthReport, CallId, Decided, Direction, ForwardOutcome, Headers, Link, Opening, PassedOn, Problem, ProblemKind,
    Record, Relay, ReplayOf, Request, SessionId, Timestamp, Timing, is_masked, micros,
};
use crate::okta::{self, HookKind};
use crate::respond::{Fault, Setup};
use crate::sender::{self, FaultedAttempt, Outgoing, Received, Sender, Sent, Target, Trust};

/// Everything that a send needs, taken when it was asked for.
pub struct Outbox {
    pub handler: Arc<Handler>,
    pub setup: Arc<Setup>,
    /// Where our own listener is, if it is up.
    pub https: Option<SocketAddr>,
    pub own_addresses: Vec<SocketAddr>,
    /// Files with certificates to trust beside the system's.
    pub trusted: Vec<PathBuf>,
    pub events: mpsc::Sender<Event>,
    pub wake: Wake,
}

impl Outbox {
    pub(super) fn sender(&self) -> Result<Sender, String> {
        let trust =
            Trust { our_authority: self.trusted.first().cloned(), extra_ca: None, insecure: false, system: true };
        Sender::new(&trust, self.own_addresses.clone()).map_err(|error| error.to_string())
    }

    pub fn own_url(&self, path_and_query: &str) -> Result<Target, String> {
        let https = self.https.ok_or("the listener is not up; start listening first")?;
        // A listener on every address is reached on the loopback one.
        let host = if https.ip().is_unspecified() { SocketAddr::from(([127, 0, 0, 1], https.port())) } else { https };
        Target::parse(&format!("https://{host}{path_and_query}")).map_err(|error| error.to_string())
    }

    pub(super) fn tell(&self, event: Event) {
        if self.events.try_send(event).is_err() {
            log::warn!("an event was not shown: too many wait");
        }
        (self.wake)();
    }
}

/// Sends a sample to our own listener as Okta would, retry and all, with the endpoint's credential and a fresh `eventId`.
pub async fn send_sample(outbox: Outbox, sample: &'static okta::Sample) {
    let result = try_send_sample(&outbox, sample).await;
    if let Err(why) = result {
        outbox.tell(Event::Sent {
            call_id: None,
            text: format!("The sample call was not sent: {why}"),
            tone: Tone::Error,
        });
    }
}

async fn try_send_sample(outbox: &Outbox, sample: &okta::Sample) -> Result<(), String> {
    let hook = sample.kind;
    let endpoint = outbox.setup.endpoints.iter().find(|endpoint| endpoint.hook.kind() == Some(hook));
    let path = endpoint.map_or_else(|| format!("/hooks/{hook}"), |endpoint| endpoint.path.clone());
    let auth = endpoint.map(|endpoint| endpoint.auth.clone()).unwrap_or_default();
    let sender = outbox.sender()?;
    let mut fields = sender::credential_fields(&auth);
    match token_for(outbox, &sender, &auth).await? {
        TokenForSend::NotExpected => {}
        TokenForSend::Fetched(value) => fields.push(("Authorization".to_owned(), value)),
        TokenForSend::Without(why) => {
            let text = format!("The sample call goes without an access token: {why}");
            outbox.tell(Event::Message { tone: Tone::Warning, text });
        }
    }
    let (method, body) = if hook == HookKind::Verification {
        fields.push((okta::CHALLENGE_HEADER.to_owned(), uuid::Uuid::new_v4().simple().to_string()));
        ("GET", Bytes::new())
    } else {
        ("POST", Bytes::from(fresh(sample.body, hook)))
    };
    let outgoing = Outgoing {
        target: outbox.own_url(&path)?,
        method: method.to_owned(),
        headers: Headers::from_fields(fields),
        body,
        replay_of: None,
    };
    let shaped = sender::okta_shaped(&sender, &outgoing, hook).await;
    // Rows say everything that came of an attempt that reached the listener.
    match shaped.attempts.last().map(|sent| (sent.to_ourselves, &sent.outcome)) {
        Some((false, Err(error))) => Err(error.to_string()),
        _ => Ok(()),
    }
}

/// A sample body with an `eventId` and an `eventTime` of its own, and a delivery with events of its own.
pub fn fresh(body: &str, hook: HookKind) -> String {
    let now = Timestamp::from_system_time(SystemTime::now()).to_string();
    // Two sample calls are two events, not one that came twice.
    let body = okta::fresh_events(body, &now, || uuid::Uuid::new_v4().to_string());
    okta::fresh(&body, &okta::event_id(hook, &uuid::Uuid::new_v4().to_string()), &now)
}

/// Sends a recorded call again, Okta-shaped: three seconds for the whole, and once more where Okta would.
pub async fn replay(outbox: Outbox, record: Record, origin: SessionId, to: ReplayTo) {
    let call_id = record.opening.call_id;
    let event = match try_replay(&outbox, &record, origin, &to).await {
        Ok((sent_as, text)) => Event::Sent { call_id: sent_as, text, tone: Tone::Info },
        Err(why) => {
            Event::Sent { call_id: None, text: format!("Call {call_id} was not replayed: {why}"), tone: Tone::Error }
        }
    };
    outbox.tell(event);
}

async fn try_replay(
    outbox: &Outbox,
    record: &Record,
    origin: SessionId,
    to: &ReplayTo,
) -> Result<(Option<CallId>, String), String> {
    let opening = &record.opening;
    let path = opening.request.path.as_deref().ok_or("it never became a request")?;
    let path_and_query = opening.request.path_and_query();
    let target = match to {
        ReplayTo::OurListener => outbox.own_url(&path_and_query)?,
        ReplayTo::Url(url) => {
            Target::parse(url).map_err(|error| error.to_string())?.with_recorded_path(&path_and_query)
        }
    };
    let auth = outbox.setup.endpoint_at(path).map(|endpoint| endpoint.auth.clone()).unwrap_or_default();
    let sender = outbox.sender()?;
    let mut fields = sender::credential_fields(&auth);
    let is_masked_credential = opening.request.header("authorization").is_some_and(is_masked);
    if is_masked_credential && let TokenForSend::Fetched(value) = token_for(outbox, &sender, &auth).await? {
        fields.push(("Authorization".to_owned(), value));
    }
    let headers = sender::replay_headers(&opening.request, &fields, false).map_err(|refused| refused.to_string())?;
    let outgoing = Outgoing {
        target,
        method: opening.request.method.clone().unwrap_or_else(|| "POST".to_owned()),
        headers,
        body: opening.request.body.clone(),
        replay_of: Some(ReplayOf { session: origin, call_id: opening.call_id }),
    };
    let shaped = sender::okta_shaped(&sender, &outgoing, opening.hook).await;
    let first = record_attempts(outbox, opening, &outgoing, &shaped.attempts).await;
    Ok((first, format!("Call {} was replayed: {}", opening.call_id, shaped.verdict.summary)))
}

/// Writes a row for each attempt that went elsewhere, and gives the first one. Our own listener writes its own.
pub(super) async fn record_attempts(
    outbox: &Outbox,
    origin: &Opening,
    outgoing: &Outgoing,
    attempts: &[Sent],
) -> Option<CallId> {
    let mut first = None;
    for sent in attempts.iter().filter(|sent| !sent.to_ourselves) {
        let opening = sent_opening(origin, outgoing, sent, link_to(first));
        first = first.or(Some(record_sent(outbox, opening, sent).await));
    }
    first
}

/// Writes a row for each attempt that went elsewhere and whose answer had a fault on its way back, and gives the first one.
pub(super) async fn record_faulted(
    outbox: &Outbox,
    origin: &Opening,
    outgoing: &Outgoing,
    attempts: &[FaultedAttempt],
    fault: &Fault,
) -> Option<CallId> {
    let mut first = None;
    for FaultedAttempt { handler, seen } in attempts.iter().filter(|attempt| !attempt.handler.to_ourselves) {
        let mut opening = sent_opening(origin, outgoing, seen, link_to(first));
        if let Ok(received) = &handler.outcome {
            let decided = Decided { fault: Some(fault.to_string().into()), ..Decided::default() };
            opening.decided = Some(Arc::new(decided));
            let came = received.as_response();
            let outcome = match opening.response.as_ref() == Some(&came) {
                true => ForwardOutcome::Relayed,
                false => ForwardOutcome::Changed { original: came.as_original(), changed: vec![fault.to_string()] },
            };
            let handler_us = micros(handler.duration);
            let passed_on = PassedOn { to: outgoing.target.to_string(), handler_us, outcome };
            opening.relay = Some(Arc::new(Relay { forwarded: Some(passed_on), held: None }));
        }
        first = first.or(Some(record_sent(outbox, opening, seen).await));
    }
    first
}

async fn record_sent(outbox: &Outbox, opening: Opening, sent: &Sent) -> CallId {
    let (timing, problem) = sent_end(sent);
    outbox.handler.record_sent(opening, timing, problem).await
}

/// An attempt is the first one, or the retry of that.
fn link_to(first: Option<CallId>) -> Link {
    Link { attempt: if first.is_some() { 2 } else { 1 }, retry_of: first, duplicate_of: None }
}

/// A call that we sent elsewhere, as it is recorded.
fn sent_opening(origin: &Opening, outgoing: &Outgoing, sent: &Sent, link: Link) -> Opening {
    let (path, query) = match outgoing.target.path_and_query.split_once('?') {
        Some((path, query)) => (path.to_owned(), Some(query.to_owned())),
        None => (outgoing.target.path_and_query.clone(), None),
    };
    Opening {
        direction: Direction::Sent,
        request: Request {
            received_at: sent.started_at,
            peer: outgoing.target.authority(),
            over_tls: outgoing.target.is_https,
            tls: None,
            http_version: Some(crate::call::HttpVersion::Http11),
            method: Some(outgoing.method.clone()),
            path: Some(path),
            query,
            headers: sent.headers.clone(),
            body: outgoing.body.clone(),
            body_size: Some(outgoing.body.len() as u64),
            truncated: false,
        },
        endpoint: None,
        endpoint_hook: None,
        link,
        replay_of: outgoing.replay_of,
        auth: AuthReport::NOT_CONFIGURED,
        response: sent.outcome.as_ref().ok().map(Received::as_response),
        problem: None,
        oauth: None,
        decided: None,
        relay: None,
        ..origin.clone()
    }
}

/// How it ended: the whole time counts as waiting for the other side.
fn sent_end(sent: &Sent) -> (Option<Timing>, Option<Problem>) {
    let timing = Timing { read_us: micros(sent.duration), ..Timing::default() };
    let problem = sent.outcome.as_ref().err();
    let problem = problem.map(|error| Problem { kind: ProblemKind::ClosedEarly, detail: error.to_string() });
    (Some(timing), problem)
}
