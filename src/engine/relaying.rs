//! What happens to a call between the choice of a response and its record: it is passed on to the developer's own handler, held
//! for a person, or both, the handler first.
//!
//! The call is recorded with what is then answered, so that the rule of the house holds: nothing leaves before it is in the file.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::held::HeldCalls;
use crate::call::{ForwardOutcome, Headers, HeldFor, Opening, PassedOn, Relay, Request, Response, micros};
use crate::respond::{Fault, ForwardSetup, HoldSetup, Overrides, WireFault};
use crate::sender::{Forwarder, Forwarders, Received, Target};

/// What is done with a response that was decided, beside writing it.
#[derive(Default)]
pub struct Carry {
    pub delay: Duration,
    pub wire: WireFault,
    pub fault: Option<(Fault, u64)>,
    pub forward: Option<ForwardSetup>,
    pub hold: Option<HoldSetup>,
}

impl Carry {
    /// True where somebody else is asked before the call is answered.
    pub fn asks_others(&self) -> bool {
        self.forward.is_some() || self.hold.is_some()
    }
}

/// Who is asked.
#[derive(Default)]
pub struct Others {
    pub forwarders: Arc<Forwarders>,
    pub held: HeldCalls,
}

impl Others {
    /// Asks whoever is to be asked, and gives the opening and what to do with the answer. `began` is when the first byte of the
    /// call came.
    pub async fn ask(&self, opening: &Opening, carry: Carry, began: Instant) -> (Opening, Carry) {
        let Carry { mut delay, mut wire, fault, forward, hold } = carry;
        let mut relay = Relay::default();
        let Some(mut response) = opening.response.clone() else {
            return (opening.clone(), Carry { delay, wire, ..Carry::default() });
        };
        if let Some(forward) = forward {
            let (answer, forwarded) = self.forward(&forward, &opening.request, &response, began).await;
            relay.forwarded = Some(forwarded);
            if let Some(answer) = answer {
                response = answer;
                if let Some((fault, random)) = &fault {
                    (delay, wire) = fault.apply(&mut response, *random);
                }
            }
        }
        if let Some(hold) = hold {
            let began_waiting = Instant::now();
            let (edited, end) = self.held.wait(opening, &response, hold, began).await;
            relay.held = Some(HeldFor { held_us: micros(began_waiting.elapsed()), end });
            if let Some(edited) = edited {
                response = edited;
                // What a person wrote goes out as it was written.
                (delay, wire) = (Duration::ZERO, WireFault::None);
            }
        }
        let relay = (!relay.is_empty()).then(|| Arc::new(relay));
        let opening = Opening { response: Some(response), relay, ..opening.clone() };
        (opening, Carry { delay, wire, ..Carry::default() })
    }

    /// The answer that goes out in place of the prepared one, if another does, and what came of the forwarding.
    async fn forward(
        &self,
        setup: &ForwardSetup,
        request: &Request,
        prepared: &Response,
        began: Instant,
    ) -> (Option<Response>, PassedOn) {
        let target = Target::parse(&setup.to).map(|target| target.with_recorded_path(&request.path_and_query()));
        let to = target.as_ref().map_or_else(|_| setup.to.clone(), ToString::to_string);
        let asked = Instant::now();
        let forwarded = |outcome| PassedOn { to: to.clone(), handler_us: micros(asked.elapsed()), outcome };
        let failed = |why: String| (Some(bad_gateway(prepared, &why)), forwarded(ForwardOutcome::Failed { why }));
        let target = match target {
            Ok(target) => target,
            // The text of the address is not repeated to the client: there may be a credential in it.
            Err(error) => return failed(format!("the address to forward to cannot be used: {}", error.why)),
        };
        let forwarder = match self.forwarder(setup).await {
            Ok(forwarder) => forwarder,
            Err(why) => return failed(why),
        };
        let client = request.client().map_or_else(|| request.peer.clone(), |client| client.to_string());
        let exchange = forwarder.forward(&target, request, &client);
        let answered = match setup.soft_deadline {
            Some(deadline) => match tokio::time::timeout_at((began + deadline).into(), exchange).await {
                Ok(answered) => answered,
                Err(_) => return (None, forwarded(ForwardOutcome::TooSlow)),
            },
            None => exchange.await,
        };
        let received = match answered {
            Ok(received) => received,
            Err(error) => return failed(error.to_string()),
        };
        let handler_us = micros(asked.elapsed());
        let original = relayed(received, prepared);
        let mut answer = original.clone();
        let changed = setup.overrides.apply(&mut answer);
        let outcome = match changed.is_empty() {
            true => ForwardOutcome::Relayed,
            false => ForwardOutcome::Changed { original: original.as_original(), changed },
        };
        (Some(answer), PassedOn { to, handler_us, outcome })
    }

    /// Certificates are read from files the first time only, and not on the task of the call.
    async fn forwarder(&self, setup: &ForwardSetup) -> Result<Arc<Forwarder>, String> {
        if let Some(made) = self.forwarders.made(setup.cacert.as_deref(), setup.is_insecure) {
            return Ok(made);
        }
        let (forwarders, cacert, is_insecure) = (self.forwarders.clone(), setup.cacert.clone(), setup.is_insecure);
        let made = tokio::task::spawn_blocking(move || forwarders.of(cacert.as_deref(), is_insecure)).await;
        match made {
            Ok(made) => made.map_err(|error| error.to_string()),
            Err(error) => Err(format!("TLS cannot be set up: {error}")),
        }
    }
}

/// The handler's answer as ours: without what belonged to its connection.
fn relayed(received: Received, prepared: &Response) -> Response {
    let stays = |name: &[u8]| !std::str::from_utf8(name).is_ok_and(Overrides::is_of_connection);
    Response {
        status: received.status,
        headers: Headers::from_fields(received.headers.iter().filter(|(name, _)| stays(name))),
        body: received.body,
        rule: prepared.rule.clone(),
        revision: prepared.revision,
    }
}

/// To Okta a handler that cannot be reached is a failed call: as a gateway would say it.
fn bad_gateway(prepared: &Response, why: &str) -> Response {
    Response {
        status: 502,
        headers: Headers::from_fields([("Content-Type", "application/json")]),
        body: Bytes::from(serde_json::json!({ "error": format!("the handler gave no answer: {why}") }).to_string()),
        rule: prepared.rule.clone(),
        revision: prepared.revision,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests;
