//! `hookscope replay`: sends recorded calls again, and compares what came with what was expected.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::arguments::ReplayArgs;
use super::expect::{Ended, Expectation};
use super::failure::Failure;
use super::junit::{Case, Junit};
use super::send_args::runtime;
use super::{pick, print, report, send};
use crate::call::{CallId, Record, ReplayOf};
use crate::engine::fresh;
use crate::okta::HookKind;
use crate::respond::{Setup, ValueEdits};
use crate::sender::{Job, Outgoing, Pace, ReplayRefused, Shaped, Target, replay_headers, run_all};
use crate::session::ViewedSession;
use crate::workspace::{self, Workspace};

/// True where a call ended otherwise than expected, or one without expectation has a finding of severity error.
pub fn run(args: &ReplayArgs) -> Result<bool, Failure> {
    let picked = args.picking.picked()?;
    let source = Source {
        args,
        target: args.sending.target()?,
        given: args.sending.fields()?,
        setup: configured(args.workspace.as_deref())?,
        edits: ValueEdits(args.edits.clone()),
        session: pick::open(&args.session)?,
    };
    let sender = args.sending.sender()?;
    let expectation = args.expect.as_deref().map(Expectation::read).transpose()?;
    let runtime = runtime()?;
    let ids = picked.ids(&source.session)?;
    if ids.is_empty() {
        print::warning("no call of the session fits; nothing was sent");
    }
    if args.matrix {
        return matrix(&source, &sender, &runtime, &ids);
    }
    let results = Results::new(args, expectation);
    let pace = Pace { at_once: args.concurrency.into(), spacing: Duration::from_millis(args.spacing_ms) };
    let jobs = Jobs { source: &source, results: &results, ids: ids.iter(), again: None, number: 0 };
    // Ctrl-C ends the process; until then nobody cancels.
    let (_kept, cancelled) = watch::channel(false);
    runtime.block_on(run_all(&sender, jobs, pace, cancelled, |job, shaped| results.ended(&job, &shaped)));
    results.finish()
}

/// One call against each fault.
fn matrix(
    source: &Source<'_>,
    sender: &crate::sender::Sender,
    runtime: &tokio::runtime::Runtime,
    ids: &[CallId],
) -> Result<bool, Failure> {
    let [call_id] = ids else {
        let n_calls = ids.len();
        return Err(Failure::Input(format!(
            "--matrix takes one call, and {n_calls} were picked; name one, such as --calls 3"
        )));
    };
    let record = source.session.reader().record(*call_id)?;
    let gone = || Failure::Input(format!("call {call_id} is not in the session"));
    let record = record.ok_or_else(gone)?;
    let outgoing = source
        .outgoing(&record)
        .map_err(|refused| Failure::Input(format!("call {call_id} cannot be sent: {refused}")))?;
    let opening = &record.opening;
    let again = || source.repeated(opening.hook, &outgoing);
    super::matrix::run(source.args, runtime, sender, &source.setup, opening, again)
}

/// Where calls come from, and what they are sent with.
struct Source<'a> {
    args: &'a ReplayArgs,
    target: Target,
    given: Vec<(String, String)>,
    setup: Setup,
    edits: ValueEdits,
    session: ViewedSession,
}

impl Source<'_> {
    fn outgoing(&self, record: &Record) -> Result<Outgoing, ReplayRefused> {
        let opening = &record.opening;
        let (fields, is_given) = match self.given.is_empty() {
            true => (credential_of(&self.setup, record), false),
            false => (self.given.clone(), true),
        };
        let body = self.edits.apply(&opening.request.body).map_err(|why| ReplayRefused::Uneditable { why })?;
        Ok(Outgoing {
            target: self.target.clone().with_recorded_path(&opening.request.path_and_query()),
            method: opening.request.method.clone().unwrap_or_else(|| "POST".to_owned()),
            headers: replay_headers(&opening.request, &fields, is_given)?,
            body,
            replay_of: Some(ReplayOf { session: self.session.id(), call_id: opening.call_id }),
        })
    }

    /// As it was recorded, or as a new call of Okta's.
    fn repeated(&self, hook: HookKind, outgoing: &Outgoing) -> Outgoing {
        let mut outgoing = outgoing.clone();
        if self.args.fresh
            && let Ok(body) = std::str::from_utf8(&outgoing.body)
        {
            // What is set holds also where it would be made anew.
            let body = Bytes::from(fresh(body, hook));
            outgoing.body = self.edits.apply(&body).unwrap_or(body);
        }
        outgoing
    }
}

/// The sends of a run. Calls are read as they are sent: a session may hold more of them than memory does.
struct Jobs<'a> {
    source: &'a Source<'a>,
    results: &'a Results<'a>,
    ids: std::slice::Iter<'a, CallId>,
    /// A call that is sent so many times more.
    again: Option<(HookKind, Outgoing, u32)>,
    number: usize,
}

impl Iterator for Jobs<'_> {
    type Item = Job;

    fn next(&mut self) -> Option<Job> {
        loop {
            if self.results.failure.borrow().is_some() {
                return None;
            }
            if let Some((hook, outgoing, left)) = &mut self.again
                && *left > 0
            {
                *left -= 1;
                self.number += 1;
                let outgoing = self.source.repeated(*hook, outgoing);
                return Some(Job { number: self.number - 1, hook: *hook, outgoing });
            }
            let call_id = *self.ids.next()?;
            let record = match self.source.session.reader().record(call_id) {
                Ok(record) => record,
                Err(error) => {
                    self.results.fail(error.into());
                    continue;
                }
            };
            let Some(record) = record else { continue };
            self.again = match self.source.outgoing(&record) {
                Ok(outgoing) => Some((record.opening.hook, outgoing, self.source.args.sending.repeat)),
                Err(refused) => {
                    self.results.refused(call_id, &refused);
                    None
                }
            };
        }
    }
}

/// What came of the sends until now.
struct Results<'a> {
    args: &'a ReplayArgs,
    expectation: Option<Expectation>,
    junit: RefCell<Option<Junit>>,
    n_failed: Cell<usize>,
    /// What keeps the run from going on.
    failure: RefCell<Option<Failure>>,
}

impl<'a> Results<'a> {
    fn new(args: &'a ReplayArgs, expectation: Option<Expectation>) -> Results<'a> {
        let junit = args.junit.as_ref().map(|_| Junit::new(&args.session));
        Results {
            args,
            expectation,
            junit: RefCell::new(junit),
            n_failed: Cell::default(),
            failure: RefCell::default(),
        }
    }

    /// The first failure is the one that is told.
    fn fail(&self, failure: Failure) {
        self.failure.borrow_mut().get_or_insert(failure);
    }

    fn refused(&self, call_id: CallId, refused: &ReplayRefused) {
        print::error(&format!("call {call_id} was not sent: {refused}"));
        self.n_failed.set(self.n_failed.get() + 1);
        if let Some(junit) = &mut *self.junit.borrow_mut() {
            junit.add(&format!("call {call_id}"), Duration::ZERO, Case::NotSent(refused.to_string()), "");
        }
    }

    fn ended(&self, job: &Job, shaped: &Shaped) {
        let call_id = job.outgoing.replay_of.map_or(CallId(0), |origin| origin.call_id);
        let last = shaped.attempts.last();
        let status = last.and_then(|sent| sent.outcome.as_ref().ok()).map(|received| received.status);
        let came = Ended::new(status, &shaped.verdict);
        let expected = self.expectation.as_ref().and_then(|expectation| expectation.of(call_id));
        let difference = expected.and_then(|expected| expected.difference(&came));
        let mut more: Vec<(&str, Value)> = vec![("call", call_id.0.into())];
        if self.expectation.is_some() {
            let expected = expected.map(|ended| json!({ "status": ended.status, "outcome": ended.outcome }));
            more.extend([("expected", expected.into()), ("difference", difference.clone().into())]);
        }
        let effect = send::effect(job.hook, &job.outgoing, shaped);
        if let Err(failure) = send::say(job.hook, shaped, effect.as_ref(), &more, self.args.sending.json) {
            self.fail(failure);
        }
        if let Some(difference) = &difference {
            print::error(&format!("call {call_id} differs: {difference}"));
        }
        let has_errors = expected.is_none() && report::has_errors(&shaped.verdict);
        let problem = difference.or_else(|| has_errors.then(|| shaped.verdict.summary.to_string()));
        self.n_failed.set(self.n_failed.get() + usize::from(problem.is_some()));
        if let Some(junit) = &mut *self.junit.borrow_mut() {
            let name = format!("call {call_id} {} {}", job.hook, job.outgoing.target.path_and_query);
            let took = shaped.attempts.iter().map(|sent| sent.duration).sum();
            let case = problem.map_or(Case::Passed, Case::Failed);
            junit.add(&name, took, case, &shaped.verdict.summary);
        }
    }

    /// True where something failed.
    fn finish(self) -> Result<bool, Failure> {
        if let (Some(junit), Some(path)) = (self.junit.into_inner(), &self.args.junit) {
            junit.write(path, &self.args.session)?;
        }
        if let Some(failure) = self.failure.into_inner() {
            return Err(failure);
        }
        Ok(self.n_failed.get() > 0)
    }
}

/// The setup whose credentials stand in for masked ones: that of a named workspace, else of the one that holds without being
/// named.
fn configured(named: Option<&Path>) -> Result<Setup, Failure> {
    if let Some(path) = named {
        let loaded = Workspace::load(path).map_err(|error| Failure::Input(error.to_string()))?;
        loaded.issues.iter().for_each(print::issue);
        return Ok(loaded.workspace.setup().clone());
    }
    let loaded =
        workspace::default_path().ok().filter(|path| path.is_file()).and_then(|path| Workspace::load(&path).ok());
    Ok(loaded.map_or_else(Setup::first_start, |loaded| loaded.workspace.setup().clone()))
}

fn credential_of(setup: &Setup, record: &Record) -> Vec<(String, String)> {
    let path = record.opening.request.path.as_deref().unwrap_or_default();
    setup.endpoint_at(path).map(|endpoint| crate::sender::credential_fields(&endpoint.auth)).unwrap_or_default()
}
