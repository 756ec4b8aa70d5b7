//! The test of the tunnel from outside in, as the engine makes it: the nonce that the listener answers, and the task that walks.
//!
//! One test runs at a time; another one takes its place. The path of a call asks [`Probes`] in one look where no test runs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;

use super::handler::Handler;
use super::live::lock;
use super::{EngineState, Wake};
use crate::call::{
    CallId, ChainReport, ChainState, Opening, ProbeArrival, ProbeSeen, Problem, Request, Response, Stray, Timing,
    TunnelOverhead, probe_nonce, probe_response,
};
use crate::sender::{ChainRoots, ChainTest, ListenerPorts, test_chain};

/// How much of what is seen may wait for the test: a test has six requests, and strays beyond that say nothing new.
const SEEN: usize = 64;

/// The test of the tunnel that runs or was made last, and what it measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChainView {
    pub report: Option<Arc<ChainReport>>,
    /// What the last test of this run that came so far has measured.
    pub measured: Option<Measured>,
}

/// What a way costs, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// As it was asked for.
    pub url: String,
    pub overhead: TunnelOverhead,
}

/// What the listener knows of the test that runs.
#[derive(Default)]
pub struct Probes {
    is_running: AtomicBool,
    running: Mutex<Option<(String, mpsc::Sender<ProbeSeen>)>>,
}

impl Probes {
    fn begin(&self, nonce: &str) -> mpsc::Receiver<ProbeSeen> {
        let (sender, receiver) = mpsc::channel(SEEN);
        *lock(&self.running) = Some((nonce.to_owned(), sender));
        self.is_running.store(true, Ordering::Release);
        receiver
    }

    /// Forgets a nonce, unless a later test has taken its place.
    fn end(&self, nonce: &str) {
        let mut running = lock(&self.running);
        if running.as_ref().is_some_and(|(known, _)| known == nonce) {
            *running = None;
            self.is_running.store(false, Ordering::Release);
        }
    }

    /// The answer to a probe of the test that runs; none for every other call.
    pub fn answer(&self, request: &Request, revision: u64) -> Option<Response> {
        if !self.is_running.load(Ordering::Acquire) {
            return None;
        }
        let nonce = request.path.as_deref().and_then(probe_nonce)?;
        let is_probe = request.method.as_deref() == Some("GET")
            && lock(&self.running).as_ref().is_some_and(|(known, _)| known == nonce);
        is_probe.then(|| probe_response(nonce, revision))
    }

    pub fn arrived(&self, call_id: CallId, request: &Request) {
        self.tell(ProbeSeen::Arrived(ProbeArrival::of(call_id, request)));
    }

    /// A call has ended: if it is a probe, the test is told how long it took here.
    pub fn ended(&self, opening: &Opening, timing: Option<Timing>) {
        if self.is_running.load(Ordering::Acquire) && opening.is_probe() {
            self.tell(ProbeSeen::Ended { own_us: timing.map(|timing| timing.total_us()) });
        }
    }

    /// Something came that never became a request.
    pub fn stray(&self, call_id: CallId, request: &Request, problem: Option<&Problem>) {
        if let Some(problem) = problem
            && self.is_running.load(Ordering::Acquire)
        {
            self.tell(ProbeSeen::Stray(Stray::of(call_id, request, problem)));
        }
    }

    fn tell(&self, seen: ProbeSeen) {
        let sender = lock(&self.running).as_ref().map(|(_, sender)| sender.clone());
        if let Some(sender) = sender
            && sender.try_send(seen).is_err()
        {
            log::debug!("the test of the tunnel is not told any more: too much has come");
        }
    }
}

/// Where a test says what it found.
#[derive(Clone)]
pub struct Published {
    pub state: watch::Sender<EngineState>,
    pub wake: Wake,
}

impl Published {
    /// Shows a report, unless that of a later test is shown already or its own has ended.
    fn show(&self, report: &ChainReport) {
        self.state.send_if_modified(|known| {
            let is_over = known
                .chain
                .report
                .as_ref()
                .is_some_and(|shown| shown.run > report.run || (shown.run == report.run && !shown.is_running()));
            if !is_over {
                if let Some(overhead) = report.overhead {
                    known.chain.measured = Some(Measured { url: report.url.clone(), overhead });
                }
                known.chain.report = Some(Arc::new(report.clone()));
            }
            !is_over
        });
        (self.wake)();
    }
}

/// The tests of this run.
#[derive(Default)]
pub struct ChainTests {
    n_runs: u64,
    running: Option<AbortHandle>,
}

/// Forgets the nonce of a test when it ends, however it does.
struct EndProbes {
    handler: Arc<Handler>,
    nonce: String,
}

impl Drop for EndProbes {
    fn drop(&mut self) {
        self.handler.probes().end(&self.nonce);
    }
}

impl ChainTests {
    /// Begins a test; one that runs is cancelled.
    pub fn start(&mut self, url: String, listener: Option<ListenerPorts>, handler: Arc<Handler>, to: Published) {
        self.cancel(&to);
        self.n_runs += 1;
        let (run, nonce) = (self.n_runs, uuid::Uuid::new_v4().simple().to_string());
        to.show(&ChainReport::new(run, &url));
        let seen = handler.probes().begin(&nonce);
        let task = tokio::spawn(async move {
            let _end = EndProbes { handler, nonce: nonce.clone() };
            // A thread that reads no files has no authorities: then the report says so.
            let roots = tokio::task::spawn_blocking(ChainRoots::system).await.unwrap_or_default();
            let test = ChainTest { run, url, nonce, roots, listener };
            // What came of it stands where the test was asked for.
            test_chain(test, seen, |report| to.show(report)).await;
        });
        self.running = Some(task.abort_handle());
    }

    /// Ends the test that runs, if one does.
    pub fn cancel(&mut self, to: &Published) {
        let Some(running) = self.running.take() else {
            return;
        };
        running.abort();
        let shown = to.state.borrow().chain.report.clone();
        if let Some(mut report) = shown.map(Arc::unwrap_or_clone).filter(ChainReport::is_running) {
            report.end(ChainState::Cancelled);
            to.show(&report);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::call::{PROBE_PATH, test_record};

    const NONCE: &str = "0123456789abcdef0123456789abcdef";

    fn request(method: &str, nonce: &str) -> Request {
        Request {
            method: Some(method.to_owned()),
            path: Some(format!("{PROBE_PATH}{nonce}")),
            ..test_record().opening.request
        }
    }

    #[test]
    fn only_the_nonce_of_the_test_that_runs_is_answered() {
        let probes = Probes::default();
        assert_eq!(probes.answer(&request("GET", NONCE), 1), None);
        let mut seen = probes.begin(NONCE);
        assert_eq!(probes.answer(&request("GET", NONCE), 1).unwrap().status, 200);
        assert_eq!(probes.answer(&request("POST", NONCE), 1), None);
        assert_eq!(probes.answer(&request("GET", &"0".repeat(32)), 1), None);
        probes.arrived(CallId(4), &request("GET", NONCE));
        assert!(matches!(seen.try_recv(), Ok(ProbeSeen::Arrived(arrival)) if arrival.call_id == CallId(4)));
        // An earlier test that ends late takes nothing from the one that runs.
        probes.end("another");
        assert!(probes.answer(&request("GET", NONCE), 1).is_some());
        probes.end(NONCE);
        assert_eq!(probes.answer(&request("GET", NONCE), 1), None);
    }
}
