//! What OAuth 2.0 adds to the walk of a call: the calls of the stand-in authorization server, and the wait for a key.

use std::sync::Arc;
use std::time::Duration;

use super::{Handler, gave_up};
use crate::call::{Direction, OauthPart, Opening, ReplayOf, Request};
use crate::engine::authorization_server::StandInAnswer;
use crate::engine::live::Live;
use crate::engine::relaying::Carry;
use crate::engine::seen::{Arriving, Known};
use crate::engine::under_way::Pending;
use crate::listener::Arrived;
use crate::okta::HookKind;
use crate::respond::{Setup, WireFault};
use crate::session::Packed;

impl Handler {
    /// Waits for a key that this call needs, where it may: at most as long as [`crate::engine::keys::WAIT_AT_MOST`].
    pub(super) async fn wait_for_key(&self, setup: &Setup, arrived: &Arrived) {
        if let Some(wanted) = self.oauth.wanted_key(setup, &arrived.request) {
            let mut waiting = WaitGuard::new(self, setup, arrived);
            self.oauth.before_call(&wanted).await;
            waiting.arrived = None;
        }
    }

    /// Decides about a call to the stand-in authorization server, which is no hook call and repeats none.
    pub(super) fn open_stand_in(
        &self,
        live: &Arc<Live>,
        request: Request,
        replay_of: Option<ReplayOf>,
        answer: StandInAnswer,
        took: Duration,
    ) -> (Pending, Carry) {
        let arriving = Arriving { replay_of, ..Arriving::unknown(request.received_at) };
        let (call_id, Known { arrival, .. }) = live.number(arriving);
        self.oauth.give(&answer.served, live.id, call_id, took);
        let opening = Opening {
            call_id,
            direction: Direction::Received,
            request,
            hook: HookKind::Unknown,
            endpoint: None,
            endpoint_hook: None,
            event_id: None,
            link: arrival.link,
            replay_of,
            auth: answer.report,
            response: Some(answer.response),
            problem: None,
            oauth: Some(OauthPart::Served(answer.served)),
            decided: None,
            relay: None,
        };
        live.begin();
        let pending = Pending {
            live: live.clone(),
            opening: Arc::new(opening),
            repeat: None,
            events: None,
            findings: Vec::new(),
            recorded: true,
        };
        let wire = if answer.is_silent { WireFault::Never } else { WireFault::None };
        (pending, Carry { delay: answer.delay, wire, ..Carry::default() })
    }
}

/// A call that waits for a key before anything is decided. One whose client goes away meanwhile is recorded all the same.
struct WaitGuard<'a> {
    handler: &'a Handler,
    setup: &'a Setup,
    /// A copy; none once the wait is over.
    arrived: Option<Arrived>,
}

impl<'a> WaitGuard<'a> {
    fn new(handler: &'a Handler, setup: &'a Setup, arrived: &Arrived) -> WaitGuard<'a> {
        let Arrived { request, tls_us, read_us, .. } = arrived;
        let problem = Some(gave_up());
        let arrived = Arrived { request: request.clone(), problem, tls_us: *tls_us, read_us: *read_us };
        WaitGuard { handler, setup, arrived: Some(arrived) }
    }
}

impl Drop for WaitGuard<'_> {
    fn drop(&mut self) {
        let Some(arrived) = self.arrived.take() else { return };
        let live = self.handler.live();
        let (pending, _) = self.handler.open(&live, self.setup, arrived);
        // Nobody waits for this record.
        live.recorder.submit(pending.opening.call_id, Packed::new(&pending.opening));
        self.handler.close(pending, None, None);
    }
}
