//! Runs of many sends, and the resilience matrix: started, watched and cancelled. One of them at a time; another takes its place.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{mpsc, watch};

use super::outgoing::{Outbox, fresh, record_attempts, record_faulted};
use super::send_token::{TokenForSend, token_for};
use super::task::Task;
use super::{EngineState, ReplayTo, Tone, Wake};
use crate::call::{CallId, Opening, Record, ReplayOf, RunRow, RunTally, SessionId, is_masked};
use crate::okta::HookKind;
use crate::respond::{Fault, Matrix, MatrixRow, ValueEdits};
use crate::sender::{self, Job, Outgoing, Pace, Sender, Sent, Shaped, Target};
use crate::session::Reader;

/// How often a run's state is published at most: often enough for a running bar.
const PUBLISH_EVERY: Duration = Duration::from_millis(100);

/// Many sends.
pub struct RunAsked {
    /// The session that the calls are of.
    pub reader: Reader,
    pub origin: SessionId,
    /// The calls, in the order in which they are sent. They are read when their turn comes.
    pub calls: Vec<CallId>,
    /// Where to: one target, or two whose outcomes are compared.
    pub targets: Vec<ReplayTo>,
    /// How often each call is sent; 0 is taken as 1.
    pub times: u32,
    /// How many sends are under way at once at most.
    pub at_once: usize,
    /// The least time between the starts of two sends.
    pub spacing: Duration,
    /// Gives each send an `eventId` and times of its own; both targets get the same ones.
    pub is_fresh: bool,
    /// Is sent in place of the recorded body.
    pub body: Option<Bytes>,
    /// Are put into each body before it is sent.
    pub edits: ValueEdits,
}

/// The matrix of one call.
pub struct MatrixAsked {
    pub record: Box<Record>,
    pub origin: SessionId,
    /// The handler's.
    pub url: String,
    /// Which faults, in this order.
    pub faults: Vec<Fault>,
    /// Gives the call an `eventId` and times of its own for each fault: then a handler that knows an event again does not take a
    /// fault's call for one of the fault before, and takes a retry for what it is.
    pub is_fresh: bool,
}

/// What is asked of a run.
pub enum RunCommand {
    Send(RunAsked),
    Matrix(MatrixAsked),
    /// Ends the one that runs; what came until then stays.
    Cancel,
}

impl std::fmt::Debug for RunCommand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            RunCommand::Send(_) => "Send",
            RunCommand::Matrix(_) => "Matrix",
            RunCommand::Cancel => "Cancel",
        })
    }
}

/// How far a run is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RunStage {
    #[default]
    Running,
    Done,
    Cancelled,
    /// It did not begin, or could not go on.
    Failed(String),
}

/// A run of sends as far as it has come.
#[derive(Clone, Debug, Default)]
pub struct RunState {
    /// Which one it is of this program's, counted from 1.
    pub run: u64,
    /// The session that its calls are of, and the one that the rows of its sends are in.
    pub sessions: Option<RunSessions>,
    /// Sends in all, where every call can be read.
    pub n_all: usize,
    /// How its rows came out.
    pub tally: RunTally,
    /// In the order in which they ended.
    pub rows: Vec<Arc<RunRow>>,
    pub stage: RunStage,
}

/// Between which sessions a run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunSessions {
    pub origin: SessionId,
    pub live: SessionId,
}

/// A resilience matrix as far as it has come.
#[derive(Clone, Debug, Default)]
pub struct MatrixState {
    /// Which one it is of this program's, counted from 1.
    pub run: u64,
    pub sessions: Option<RunSessions>,
    pub call_id: Option<CallId>,
    pub url: String,
    pub n_all: usize,
    /// In the order in which they were asked for.
    pub rows: Vec<Arc<MatrixRow>>,
    pub stage: RunStage,
}

/// The run that is under way, if one is.
#[derive(Default)]
pub struct Runs {
    cancel: Option<watch::Sender<bool>>,
    /// How many were begun.
    n_begun: u64,
}

impl Runs {
    fn cancel(&mut self) {
        if let Some(cancel) = self.cancel.take() {
            // Who has ended already hears nothing.
            cancel.send(true).ok();
        }
    }

    fn begin(&mut self) -> watch::Receiver<bool> {
        self.cancel();
        let (cancel, cancelled) = watch::channel(false);
        self.cancel = Some(cancel);
        self.n_begun += 1;
        cancelled
    }
}

impl Task {
    pub(super) fn run_command(&mut self, command: RunCommand) {
        match command {
            RunCommand::Cancel => self.runs.cancel(),
            RunCommand::Send(asked) => {
                let own = asked.targets.iter().find(|target| **target == ReplayTo::OurListener);
                let Some(outbox) = self.outbox_for(own.unwrap_or(&ReplayTo::Url(String::new()))) else {
                    return self
                        .tell(Tone::Error, "A replay to this listener needs it to be up: start listening first");
                };
                let cancelled = self.runs.begin();
                let board = self.board();
                drop(tokio::spawn(run(outbox, asked, board, cancelled)));
            }
            RunCommand::Matrix(asked) => {
                let Some(outbox) = self.outbox_for(&ReplayTo::Url(asked.url.clone())) else { return };
                let cancelled = self.runs.begin();
                let board = self.board();
                drop(tokio::spawn(run_matrix(outbox, asked, board, cancelled)));
            }
        }
    }

    fn board(&self) -> Board {
        Board { run: self.runs.n_begun, state: self.options.state.clone(), wake: self.options.wake.clone() }
    }
}

/// Where a run shows how far it is.
struct Board {
    run: u64,
    state: watch::Sender<EngineState>,
    wake: Wake,
}

impl Board {
    fn publish(&self, run: &RunState) {
        let run = Arc::new(RunState { run: self.run, ..run.clone() });
        // A run that was cancelled for another one says nothing more.
        self.state.send_modify(|state| match &state.run {
            Some(known) if known.run > run.run => {}
            _ => state.run = Some(run),
        });
        (self.wake)();
    }

    fn publish_matrix(&self, matrix: &MatrixState) {
        let matrix = Arc::new(MatrixState { run: self.run, ..matrix.clone() });
        self.state.send_modify(|state| match &state.matrix {
            Some(known) if known.run > matrix.run => {}
            _ => state.matrix = Some(matrix),
        });
        (self.wake)();
    }
}

/// A send that has ended, or was not made.
enum Ended {
    Sent { number: usize, opening: Box<Opening>, outgoing: Box<Outgoing>, shaped: Box<Shaped> },
    NotSent { number: usize, call_id: CallId, hook: HookKind, why: String },
}

async fn run(outbox: Outbox, asked: RunAsked, board: Board, cancelled: watch::Receiver<bool>) {
    let n_targets = asked.targets.len();
    let n_all = asked.calls.len().saturating_mul(asked.times.max(1) as usize).saturating_mul(n_targets);
    let sessions = Some(RunSessions { origin: asked.origin, live: outbox.handler.live().id });
    let mut run = RunState { n_all, sessions, ..RunState::default() };
    board.publish(&run);
    let prepared = async {
        let sender = outbox.sender()?;
        let targets = asked.targets.iter().map(|to| target_of(&outbox, to)).collect::<Result<Vec<_>, _>>()?;
        Ok::<_, String>((sender, targets))
    };
    let (sender, targets) = match prepared.await {
        Ok(prepared) => prepared,
        Err(why) => {
            run.stage = RunStage::Failed(why);
            return board.publish(&run);
        }
    };
    // Each send ends once, so that there is always room.
    let (ended, mut endings) = mpsc::channel(n_all.clamp(1, tokio::sync::Semaphore::MAX_PERMITS));
    let pace = Pace { at_once: asked.at_once, spacing: asked.spacing };
    let hears_cancel = cancelled.clone();
    let tokens = Tokens::default();
    let sends = async {
        // Tokens are fetched before the run: they are no part of a call.
        let tokens = tokens.fetched(&outbox, &sender, &asked).await;
        let jobs = Jobs::new(&outbox, &asked, &targets, &tokens, ended.clone());
        let openings = jobs.openings.clone();
        let tell = move |job: Job, shaped: Shaped| {
            let known = openings.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&job.number);
            if let Some(opening) = known {
                let (outgoing, shaped) = (Box::new(job.outgoing), Box::new(shaped));
                // The receiver lives as long as the run.
                ended.try_send(Ended::Sent { number: job.number, opening, outgoing, shaped }).ok();
            }
        };
        sender::run_all(&sender, jobs, pace, hears_cancel, tell).await;
    };
    let records = async {
        let mut published = Instant::now();
        let mut twins = HashMap::new();
        while let Some(ended) = endings.recv().await {
            let twins = (n_targets == 2).then_some(&mut twins);
            take(&outbox, &mut run, ended, twins).await;
            if published.elapsed() >= PUBLISH_EVERY {
                published = Instant::now();
                board.publish(&run);
            }
        }
    };
    tokio::join!(sends, records);
    run.stage = if *cancelled.borrow() { RunStage::Cancelled } else { RunStage::Done };
    board.publish(&run);
}

/// Writes the rows of a send, and notes what came of it.
async fn take(outbox: &Outbox, run: &mut RunState, ended: Ended, twins: Option<&mut HashMap<usize, usize>>) {
    let mut row = match ended {
        Ended::NotSent { number, call_id, hook, why } => RunRow {
            number,
            call_id,
            hook,
            target: String::new(),
            attempts: Vec::new(),
            outcome: None,
            summary: format!("Not sent: {why}").into(),
            row: None,
            differs_from: None,
        },
        Ended::Sent { number, opening, outgoing, shaped } => {
            let row = record_attempts(outbox, &opening, &outgoing, &shaped.attempts).await;
            RunRow {
                number,
                call_id: opening.call_id,
                hook: opening.hook,
                target: outgoing.target.to_string(),
                attempts: shaped.attempts.iter().map(Sent::as_attempt).collect(),
                outcome: Some(shaped.verdict.outcome),
                summary: shaped.verdict.summary.clone(),
                row,
                differs_from: None,
            }
        }
    };
    match row.outcome {
        Some(outcome) => *run.tally.outcomes.entry(outcome).or_default() += 1,
        None => run.tally.n_not_sent += 1,
    }
    if let Some(twins) = twins {
        compare(run, twins, &mut row);
    }
    run.rows.push(Arc::new(row));
}

/// Marks the two sends of a call whose outcomes are not the same. `twins` has the places of the sends whose other one is to come,
/// by the number of that.
fn compare(run: &mut RunState, twins: &mut HashMap<usize, usize>, row: &mut RunRow) {
    let Some(place) = twins.remove(&row.number) else {
        twins.insert(row.number ^ 1, run.rows.len());
        return;
    };
    run.tally.n_pairs += 1;
    if let (Some(other), Some(outcome)) = (run.rows.get_mut(place), row.outcome)
        && let Some(other_outcome) = other.outcome.filter(|other_outcome| *other_outcome != outcome)
    {
        row.differs_from = Some(other_outcome);
        Arc::make_mut(other).differs_from = Some(outcome);
        run.tally.n_different += 2;
    }
}

fn target_of(outbox: &Outbox, to: &ReplayTo) -> Result<Target, String> {
    match to {
        ReplayTo::OurListener => outbox.own_url("/"),
        ReplayTo::Url(url) => Target::parse(url).map_err(|error| error.to_string()),
    }
}

/// Access tokens for calls whose own are masked, by endpoint path.
#[derive(Default)]
struct Tokens {
    by_path: HashMap<String, String>,
}

impl Tokens {
    async fn fetched(mut self, outbox: &Outbox, sender: &Sender, asked: &RunAsked) -> Tokens {
        let endpoints = outbox.setup.endpoints.iter().filter(|endpoint| endpoint.auth.bearer.is_some());
        let wanted: Vec<String> = endpoints.map(|endpoint| endpoint.path.clone()).collect();
        if wanted.is_empty() {
            return self;
        }
        let (reader, calls) = (asked.reader.clone(), asked.calls.clone());
        // Reading may take long, and calls are answered on this runtime.
        let masked = tokio::task::spawn_blocking(move || masked_paths(&reader, &calls, wanted)).await;
        for path in masked.unwrap_or_default() {
            self.fetch(outbox, sender, path).await;
        }
        self
    }

    async fn fetch(&mut self, outbox: &Outbox, sender: &Sender, path: String) {
        let auth = outbox.setup.endpoint_at(&path).map(|endpoint| endpoint.auth.clone()).unwrap_or_default();
        if let Ok(TokenForSend::Fetched(value)) = token_for(outbox, sender, &auth).await {
            self.by_path.insert(path, value);
        }
    }
}

/// Those of the paths for which a call has a masked credential.
fn masked_paths(reader: &Reader, calls: &[CallId], mut wanted: Vec<String>) -> Vec<String> {
    let mut found = Vec::new();
    for call_id in calls {
        if wanted.is_empty() {
            break;
        }
        let Ok(Some(record)) = reader.record(*call_id) else { continue };
        let request = &record.opening.request;
        let place = wanted.iter().position(|path| request.path.as_deref() == Some(path));
        if let Some(place) = place.filter(|_| request.header("authorization").is_some_and(is_masked)) {
            found.push(wanted.swap_remove(place));
        }
    }
    found
}

/// The call as it goes out to a target.
fn outgoing_of(
    outbox: &Outbox,
    opening: &Opening,
    origin: SessionId,
    target: &Target,
    tokens: &Tokens,
) -> Result<Outgoing, String> {
    let path = opening.request.path.as_deref().ok_or("it never became a request")?;
    let path_and_query = opening.request.path_and_query();
    let auth = outbox.setup.endpoint_at(path).map(|endpoint| endpoint.auth.clone()).unwrap_or_default();
    let mut fields = sender::credential_fields(&auth);
    if let Some(value) = tokens.by_path.get(path) {
        fields.push(("Authorization".to_owned(), value.clone()));
    }
    let headers = sender::replay_headers(&opening.request, &fields, false).map_err(|refused| refused.to_string())?;
    Ok(Outgoing {
        target: target.clone().with_recorded_path(&path_and_query),
        method: opening.request.method.clone().unwrap_or_else(|| "POST".to_owned()),
        headers,
        body: opening.request.body.clone(),
        replay_of: Some(ReplayOf { session: origin, call_id: opening.call_id }),
    })
}

type Openings = Arc<std::sync::Mutex<HashMap<usize, Box<Opening>>>>;

/// The sends of a run, made as they are sent.
struct Jobs<'a> {
    outbox: &'a Outbox,
    asked: &'a RunAsked,
    targets: &'a [Target],
    tokens: &'a Tokens,
    not_sent: mpsc::Sender<Ended>,
    /// What the sends under way were made of, by number.
    openings: Openings,
    number: usize,
    /// The call whose turn it is, and the body of its sends to all targets.
    current: Option<(CallId, Record)>,
    body: Bytes,
}

impl<'a> Jobs<'a> {
    fn new(
        outbox: &'a Outbox,
        asked: &'a RunAsked,
        targets: &'a [Target],
        tokens: &'a Tokens,
        not_sent: mpsc::Sender<Ended>,
    ) -> Jobs<'a> {
        Jobs {
            outbox,
            asked,
            targets,
            tokens,
            not_sent,
            openings: Openings::default(),
            number: 0,
            current: None,
            body: Bytes::new(),
        }
    }

    fn record(&mut self, call_id: CallId) -> Result<(), String> {
        if self.current.as_ref().is_some_and(|(known, _)| *known == call_id) {
            return Ok(());
        }
        let reader = &self.asked.reader;
        let record = reader.record(call_id).map_err(|error| error.to_string())?;
        self.current = Some((call_id, record.ok_or("it is not in the session any more")?));
        Ok(())
    }

    fn job(&mut self, number: usize, call_id: CallId, target_idx: usize) -> Result<Job, (HookKind, String)> {
        let unknown = |why: String| (HookKind::Unknown, why);
        self.record(call_id).map_err(unknown)?;
        let (_, record) = self.current.as_ref().ok_or_else(|| unknown("it is gone".to_owned()))?;
        let opening = &record.opening;
        let target = self.targets.get(target_idx).ok_or_else(|| unknown("it has no target".to_owned()))?;
        let mut outgoing = outgoing_of(self.outbox, opening, self.asked.origin, target, self.tokens)
            .map_err(|why| (opening.hook, why))?;
        if target_idx == 0 {
            let body = self.asked.body.clone().unwrap_or_else(|| outgoing.body.clone());
            self.body = match (self.asked.is_fresh, std::str::from_utf8(&body)) {
                (true, Ok(text)) => Bytes::from(fresh(text, opening.hook)),
                _ => body,
            };
            self.body = self.asked.edits.apply(&self.body).map_err(|why| (opening.hook, why))?;
        }
        outgoing.body = self.body.clone();
        let mut sent_of = opening.clone();
        if self.asked.is_fresh || self.asked.body.is_some() || !self.asked.edits.is_empty() {
            take_event_id(&mut sent_of, &outgoing.body);
        }
        let mut openings = self.openings.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        openings.insert(number, Box::new(sent_of));
        Ok(Job { number, hook: opening.hook, outgoing })
    }
}

impl Iterator for Jobs<'_> {
    type Item = Job;

    fn next(&mut self) -> Option<Job> {
        loop {
            let n_targets = self.targets.len().max(1);
            let number = self.number;
            let of_call = n_targets.saturating_mul(self.asked.times.max(1) as usize);
            let call_id = *self.asked.calls.get(number / of_call)?;
            self.number += 1;
            match self.job(number, call_id, number % n_targets) {
                Ok(job) => return Some(job),
                Err((hook, why)) => {
                    // The receiver lives as long as the run.
                    self.not_sent.try_send(Ended::NotSent { number, call_id, hook, why }).ok();
                }
            }
        }
    }
}

/// The call with an `eventId` and times of its own.
fn as_new_event(outgoing: &Outgoing, opening: &Opening) -> (Outgoing, Opening) {
    let (mut outgoing, mut opening) = (outgoing.clone(), opening.clone());
    if let Ok(text) = std::str::from_utf8(&outgoing.body) {
        outgoing.body = Bytes::from(fresh(text, opening.hook));
    }
    take_event_id(&mut opening, &outgoing.body);
    (outgoing, opening)
}

/// The event that is sent is another one than the recorded one.
fn take_event_id(opening: &mut Opening, body: &[u8]) {
    let named = crate::okta::RequestEnvelope::read(body);
    opening.event_id = named.event_id.as_deref().map(Into::into);
}

async fn run_matrix(outbox: Outbox, asked: MatrixAsked, board: Board, mut cancelled: watch::Receiver<bool>) {
    let opening = &asked.record.opening;
    let sessions = Some(RunSessions { origin: asked.origin, live: outbox.handler.live().id });
    let mut state = MatrixState {
        sessions,
        call_id: Some(opening.call_id),
        url: asked.url.clone(),
        n_all: asked.faults.len(),
        ..MatrixState::default()
    };
    board.publish_matrix(&state);
    let all = async {
        let sender = outbox.sender()?;
        let target = Target::parse(&asked.url).map_err(|error| error.to_string())?;
        let mut tokens = Tokens::default();
        if opening.request.header("authorization").is_some_and(is_masked)
            && let Some(path) = opening.request.path.clone()
        {
            tokens.fetch(&outbox, &sender, path).await;
        }
        let outgoing = outgoing_of(&outbox, opening, asked.origin, &target, &tokens)?;
        let matrix = Matrix::new(opening, &outbox.setup);
        for fault in asked.faults {
            let predicted = matrix.predict(&fault);
            let (outgoing, sent_of) = match asked.is_fresh {
                true => as_new_event(&outgoing, opening),
                false => (outgoing.clone(), opening.clone()),
            };
            let tried = sender::try_fault(&sender, &outgoing, opening.hook, &fault).await;
            let row = record_faulted(&outbox, &sent_of, &outgoing, &tried.attempts, &fault).await;
            let (measured, attempts) = (tried.foreseen(), tried.sent_attempts());
            state.rows.push(Arc::new(MatrixRow { fault, predicted, measured, attempts, row }));
            board.publish_matrix(&state);
        }
        Ok::<(), String>(())
    };
    let ended = tokio::select! {
        biased;
        _ = cancelled.wait_for(|is_cancelled| *is_cancelled) => None,
        ended = all => Some(ended),
    };
    state.stage = match ended {
        None => RunStage::Cancelled,
        Some(Ok(())) => RunStage::Done,
        Some(Err(why)) => RunStage::Failed(why),
    };
    board.publish_matrix(&state);
}
