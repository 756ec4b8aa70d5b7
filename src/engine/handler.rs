//! Walk one: a call, from the socket to the record to the answer to the verdict.
//!
//! What OAuth 2.0 adds to it is in `handler/oauth.rs`.

mod oauth;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::watch;

use super::chain::Probes;
use super::live::Live;
use super::oauth_calls::{OauthCalls, token_loop};
use super::relaying::{Carry, Others};
use super::seen::{Arriving, Ending, Known, Planned};
use super::under_way::{Pending, UnderWayTable};
use super::{EndedSink, Wake};
use crate::auth;
use crate::call::{
    AuthReport, CallId, Closing, Direction, Headers, OauthPart, Opening, Problem, ProblemKind, Record, ReplayOf,
    Request, Response, Timing, answer_of, delivery_keys, judge_call, micros,
};
use crate::listener::{Arrived, CallHandler, Ended, Reply};
use crate::okta::{self, FirstAnswer, HookKind, Repeat, RequestEnvelope};
use crate::respond::{self, Counters, Setup, WireFault};
use crate::session::{Packed, Recorded};

/// Decides what each call gets, and records it before it gets it.
pub struct Handler {
    setup: watch::Receiver<Arc<Setup>>,
    live: RwLock<Arc<Live>>,
    counters: Counters,
    under_way: UnderWayTable,
    probes: Probes,
    oauth: OauthCalls,
    others: Others,
    wake: Wake,
    sink: Option<EndedSink>,
}

impl Handler {
    pub fn new(
        setup: watch::Receiver<Arc<Setup>>,
        live: Arc<Live>,
        oauth: OauthCalls,
        wake: Wake,
        sink: Option<EndedSink>,
    ) -> Handler {
        Handler {
            setup,
            live: RwLock::new(live),
            // Nothing secret hangs on it: two runs should only not be alike.
            counters: Counters::new(uuid::Uuid::new_v4().as_u64_pair().0),
            under_way: UnderWayTable::default(),
            probes: Probes::default(),
            oauth,
            others: Others::default(),
            wake,
            sink,
        }
    }

    pub fn live(&self) -> Arc<Live> {
        match self.live.read() {
            Ok(live) => live.clone(),
            Err(poisoned) => poisoned.into_inner().clone(),
        }
    }

    /// Makes another session the live one. Calls under way end in the one they began in.
    pub fn change_live(&self, next: Arc<Live>) -> Arc<Live> {
        match self.live.write() {
            Ok(mut live) => std::mem::replace(&mut *live, next),
            Err(poisoned) => std::mem::replace(&mut *poisoned.into_inner(), next),
        }
    }

    pub fn under_way(&self) -> &UnderWayTable {
        &self.under_way
    }

    pub fn oauth(&self) -> &OauthCalls {
        &self.oauth
    }

    /// What is known of the test of the tunnel that runs.
    pub fn probes(&self) -> &Probes {
        &self.probes
    }

    /// Who is asked before a call is answered: the developer's handler, a person.
    pub fn others(&self) -> &Others {
        &self.others
    }

    /// What can be used up, and what is counted.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Decides: everything about a call that can be known before it is answered.
    fn open(&self, live: &Arc<Live>, setup: &Setup, arrived: Arrived) -> (Pending, Carry) {
        let took = Duration::from_micros(u64::from(arrived.tls_us) + u64::from(arrived.read_us));
        let Arrived { mut request, problem, .. } = arrived;
        let replay_of = request.header(ReplayOf::HEADER).and_then(ReplayOf::parse);
        if replay_of.is_some() {
            request.headers = request.headers.without(ReplayOf::HEADER);
        }
        if setup.listener.forwarded_from_loopback
            && let Some(client) = forwarded_for(&request)
        {
            request.peer = client;
        }
        if problem.is_none()
            && let Some(answer) = self.oauth.answer(setup, &request)
        {
            return self.open_stand_in(live, request, replay_of, answer, took);
        }
        let envelope = RequestEnvelope::read(&request.body);
        let endpoint = request.path.as_deref().and_then(|path| setup.endpoint_at(path));
        let hook = respond::kind_of_call(&request, envelope.event_type.as_deref(), endpoint);
        let auth = match endpoint {
            Some(endpoint) if endpoint.auth.is_configured() => {
                let presented = auth::Presented {
                    headers: &request.headers,
                    client: request.client(),
                    received_at: request.received_at,
                };
                self.oauth.check(setup, endpoint, &presented)
            }
            _ => AuthReport::NOT_CONFIGURED,
        };
        let token = self.oauth.use_of(setup, &request, live.id);
        let bearer = endpoint.and_then(|endpoint| endpoint.auth.bearer.as_ref());
        let findings = token_loop(setup, hook, bearer, &request).into_iter().collect();
        let event_id = envelope.event_id.as_deref();
        let keys = (hook == HookKind::Event).then(|| delivery_keys(&request.body));
        let received_at = request.received_at;
        let arriving = Arriving { hook, event_id, replay_of, received_at, keys };
        // Which attempt it is comes first: rules ask for it.
        let (call_id, Known { arrival, events }) = live.number(arriving);
        let asked = respond::Asked {
            call_id,
            hook,
            endpoint,
            request: &request,
            event_type: envelope.event_type.as_deref(),
            event_id,
            challenge: request.header(okta::CHALLENGE_HEADER),
            auth: &auth,
            attempt: arrival.link.attempt,
            is_replay: replay_of.is_some(),
            problem: problem.as_ref(),
        };
        let plan = match self.probes.answer(&request, setup.revision).filter(|_| problem.is_none()) {
            Some(response) => {
                self.probes.arrived(call_id, &request);
                Some(respond::Plan::of(response))
            }
            None => respond::decide(setup, &asked, &self.counters),
        };
        // What a handler or a person will answer is not known yet.
        let known = plan.as_ref().filter(|plan| plan.forward.is_none() && plan.hold.is_none());
        let answer = known.map(|plan| planned(&plan.response, &plan.wire));
        live.plan(call_id, Planned { hook, event_id, replay_of, answer });
        let event_id = event_id.map(str::to_owned);
        let endpoint_hook = endpoint.and_then(|endpoint| endpoint.hook.kind());
        let endpoint = endpoint.map(|endpoint| endpoint.name.clone());
        let (response, decided, carry) = match plan {
            Some(respond::Plan { response, delay, wire, fault, forward, hold, decided }) => {
                (Some(response), decided, Carry { delay, wire, fault, forward, hold })
            }
            None => (None, None, Carry::default()),
        };
        let opening = Opening {
            call_id,
            direction: Direction::Received,
            request,
            hook,
            endpoint,
            endpoint_hook,
            event_id,
            link: arrival.link,
            replay_of,
            auth,
            response,
            problem,
            oauth: token.map(OauthPart::Used),
            decided,
            relay: None,
        };
        live.begin();
        let pending = Pending {
            live: live.clone(),
            opening: Arc::new(opening),
            repeat: arrival.repeat,
            events: events.map(Arc::new),
            findings,
            recorded: true,
        };
        (pending, carry)
    }

    /// Takes a call that has ended: at once, or as soon as it is known which earlier call it repeats.
    fn close(&self, pending: Pending, timing: Option<Timing>, problem: Option<Problem>) {
        self.probes.ended(&pending.opening, timing);
        let live = pending.live.clone();
        self.oauth.ended(&pending.opening, timing);
        if let Some(ending) = live.put_off(Ending { pending, timing, problem }) {
            self.tell(ending);
        }
    }

    /// Learns the calls of earlier runs, and tells what waited for it.
    pub fn learn_earlier(&self, live: &Live) {
        live.learn_earlier(|ending| self.tell(ending));
    }

    /// Judges a call that has ended, and records how.
    fn tell(&self, ending: Ending) {
        let Ending { pending, timing, problem } = ending;
        let Pending { live, opening, repeat, events, findings, recorded } = pending;
        let (opening, repeat, events) = match live.corrected(opening.call_id) {
            Some(Known { arrival, events }) => {
                let opening = Opening { link: arrival.link, ..Arc::unwrap_or_clone(opening) };
                (Arc::new(opening), arrival.repeat, events.map(Arc::new))
            }
            None => (opening, repeat, events),
        };
        let problem = opening.problem.clone().or(problem);
        let mut verdict = judge_call(&opening, timing, problem.as_ref());
        verdict.findings.extend(findings);
        verdict.findings.extend(repeat.iter().flat_map(Repeat::findings));
        verdict.findings.extend(events.iter().flat_map(|events| events.seen().findings()));
        let closing = Closing { timing, verdict: Arc::new(verdict), problem, events };
        let summary = opening.summary(&closing, recorded);
        let answer = answer_of(&summary);
        live.recorder.close_call(summary, closing.clone());
        live.end(&opening, answer);
        if let Some(sink) = &self.sink {
            // Nobody else holds it any more, so that nothing is copied.
            let opening = Arc::unwrap_or_clone(opening);
            sink(Record { opening, closing, recorded, pinned: false, note: String::new() });
        }
        (self.wake)();
    }

    /// Records a call that we sent ourselves, once it has come back.
    pub async fn record_sent(&self, opening: Opening, timing: Option<Timing>, problem: Option<Problem>) -> CallId {
        let live = self.live();
        let mut opening = opening;
        // It repeats nothing that came here, and nothing that comes here repeats it: who sent it knows what it is.
        let (call_id, _) = live.number(Arriving::unknown(opening.request.received_at));
        opening.call_id = call_id;
        let opening = Arc::new(opening);
        let recorded = live.recorder.open_call(call_id, Packed::new(&opening)).await == Recorded::InFile;
        live.begin();
        let pending = Pending { live, opening, repeat: None, events: None, findings: Vec::new(), recorded };
        self.close(pending, timing, problem);
        call_id
    }
}

/// Ends a call whose client went away before the listener had a response for it.
struct EndGuard<'a> {
    handler: &'a Handler,
    /// False while somebody else is asked: then nothing of the call is on its way to the file.
    is_recorded: bool,
    /// None once the listener has the reply and will end the call itself.
    ticket: Option<u64>,
}

impl Drop for EndGuard<'_> {
    fn drop(&mut self) {
        if let Some(pending) = self.ticket.take().and_then(|ticket| self.handler.under_way.take(ticket)) {
            let pending = match self.is_recorded {
                true => pending,
                false => unanswered(pending),
            };
            self.handler.close(pending, None, Some(gave_up()));
        }
    }
}

/// How a response that has just been decided will count for a repeat of its call.
fn planned(response: &Response, wire: &WireFault) -> FirstAnswer {
    match wire.breaks_off() {
        true => FirstAnswer::Unanswered,
        false => FirstAnswer::InTime(response.status),
    }
}

fn gave_up() -> Problem {
    Problem {
        kind: ProblemKind::ClosedEarly,
        detail: "the client closed the connection before it was answered".to_owned(),
    }
}

/// Sends a call to the file that nobody waited for to the end: nothing was answered.
fn unanswered(pending: Pending) -> Pending {
    let opening = Opening { response: None, ..Opening::clone(&pending.opening) };
    pending.live.recorder.submit(opening.call_id, Packed::new(&opening));
    Pending { opening: Arc::new(opening), ..pending }
}

impl CallHandler for Handler {
    async fn answer(&self, arrived: Arrived) -> Reply {
        let decide_started = Instant::now();
        let before = Duration::from_micros(u64::from(arrived.tls_us) + u64::from(arrived.read_us));
        let began = decide_started.checked_sub(before).unwrap_or(decide_started);
        let setup = self.setup.borrow().clone();
        self.wait_for_key(&setup, &arrived).await;
        let live = self.live();
        let (pending, mut carry) = self.open(&live, &setup, arrived);
        let mut opening = pending.opening.clone();
        let ticket = self.under_way.begin(pending);
        let mut guard = EndGuard { handler: self, is_recorded: false, ticket: Some(ticket) };
        if carry.asks_others() {
            let (asked, left) = self.others.ask(&opening, carry, began).await;
            carry = left;
            opening = Arc::new(asked);
            live.plan(
                opening.call_id,
                Planned {
                    hook: opening.hook,
                    event_id: opening.event_id.as_deref(),
                    replay_of: opening.replay_of,
                    answer: opening.response.as_ref().map(|response| planned(response, &carry.wire)),
                },
            );
            self.under_way.change(ticket, opening.clone());
        }
        let packed = Packed::new(&opening);
        let decided = Instant::now();
        guard.is_recorded = true;
        let recorded = live.recorder.open_call(opening.call_id, packed).await;
        guard.ticket = None;
        let mut reply = Reply {
            ticket,
            response: opening.response.clone(),
            decide_us: micros(decided - decide_started),
            record_us: micros(decided.elapsed()),
            delay: carry.delay,
            fault: carry.wire,
        };
        if recorded == Recorded::Full && reply.response.is_some() {
            // What cannot be kept is not answered as if it were: Okta counts a 503 as a failed call and may send it again.
            reply.response = Some(overloaded());
            reply.delay = Duration::ZERO;
            reply.fault = WireFault::None;
        }
        if (recorded != Recorded::InFile || reply.response.is_none())
            && let Some(pending) = self.under_way.take(ticket)
        {
            let opening = match recorded {
                Recorded::Full => Arc::new(Opening { response: reply.response.clone(), ..Opening::clone(&opening) }),
                Recorded::InFile | Recorded::Late => pending.opening.clone(),
            };
            let pending = Pending { opening, recorded: recorded == Recorded::InFile, ..pending };
            match reply.response {
                Some(_) => self.under_way.put(ticket, pending),
                None => self.close(pending, None, None),
            }
        }
        reply
    }

    fn ended(&self, ended: Ended) {
        if let Some(pending) = self.under_way.take(ended.ticket) {
            self.close(pending, Some(ended.timing), ended.problem);
        }
    }

    fn refused(&self, arrived: Arrived, response: Option<Response>, write_us: u32) {
        let live = self.live();
        let timing = response.is_some().then_some(Timing {
            tls_us: arrived.tls_us,
            read_us: arrived.read_us,
            write_us,
            ..Timing::default()
        });
        let received_at = arrived.request.received_at;
        let (call_id, Known { arrival, .. }) = live.number(Arriving::unknown(received_at));
        self.probes.stray(call_id, &arrived.request, arrived.problem.as_ref());
        let opening = Arc::new(Opening {
            call_id,
            direction: Direction::Received,
            request: arrived.request,
            hook: HookKind::Unknown,
            endpoint: None,
            endpoint_hook: None,
            event_id: None,
            link: arrival.link,
            replay_of: None,
            auth: AuthReport::NOT_CONFIGURED,
            response,
            problem: arrived.problem,
            oauth: None,
            decided: None,
            relay: None,
        });
        // Nobody waits for this record: the library has answered already, or there is nobody to answer.
        live.recorder.submit(call_id, Packed::new(&opening));
        live.begin();
        let pending = Pending { live, opening, repeat: None, events: None, findings: Vec::new(), recorded: true };
        self.close(pending, timing, None);
    }
}

/// The client that a tunnel on this machine names in `X-Forwarded-For`: the last address in it, since that is the one which the
/// tunnel itself has seen.
fn forwarded_for(request: &Request) -> Option<String> {
    let peer: SocketAddr = request.peer.parse().ok()?;
    let value = request.headers.get_all("x-forwarded-for").last()?;
    let client: IpAddr = std::str::from_utf8(value).ok()?.rsplit(',').next()?.trim().parse().ok()?;
    peer.ip().is_loopback().then(|| format!("{client} through {peer}"))
}

fn overloaded() -> Response {
    Response {
        status: 503,
        headers: Headers::from_fields([("Content-Type", "application/json")]),
        body: Bytes::from_static(b"{\"error\":\"the session file cannot be written fast enough\"}"),
        rule: "listener".into(),
        revision: 0,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::call::test_record;

    #[test]
    fn a_forwarded_address_is_believed_from_this_machine_only() {
        let request = |peer: &str, value: &str| Request {
            peer: peer.to_owned(),
            headers: Headers::from_fields([("X-Forwarded-For", value)]),
            ..test_record().opening.request
        };
        let from = |peer: &str, value: &str| forwarded_for(&request(peer, value));
        assert_eq!(from("127.0.0.1:9", "10.0.0.1, 203.0.113.7").unwrap(), "203.0.113.7 through 127.0.0.1:9");
        assert_eq!(from("192.0.2.4:9", "203.0.113.7"), None);
        assert_eq!(from("127.0.0.1:9", "nonsense"), None);
    }
}
