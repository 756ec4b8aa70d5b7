//! Runs of many sends and the resilience matrix, through real sockets: the engine's, and the command line's.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod net;
mod oauth;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hookscope::call::{CallId, Direction, ForwardOutcome, Link};
use hookscope::engine::{Command, MatrixAsked, MatrixState, ReplayTo, RunAsked, RunCommand, RunStage, RunState};
use hookscope::okta::Outcome;
use hookscope::respond::{Fault, ValueEdits};
use net::{Running, Witness, listen, response};
use oauth::Inspector;
use serde_json::Value;
use support::{Home, body_of, takes_time};

/// A handler on a plain port, on a runtime of its own.
struct Handler {
    server: Running,
    _runtime: tokio::runtime::Runtime,
}

impl Handler {
    /// Answers the n-th call, counted from 1, with a status after a delay.
    fn new(answer: impl Fn(usize) -> (u16, Duration) + Send + Sync + 'static) -> Handler {
        let n_calls = AtomicUsize::new(0);
        let witness = Witness::new(move |_| {
            let (status, delay) = answer(n_calls.fetch_add(1, Ordering::Relaxed) + 1);
            (Some(response(status, &[], "")), delay)
        });
        Handler::of(witness)
    }

    fn of(witness: Arc<Witness>) -> Handler {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let server = runtime.block_on(listen(witness));
        Handler { server, _runtime: runtime }
    }

    /// Shows the body of every call, and answers 204.
    fn seeing(see: impl Fn(&[u8]) + Send + Sync + 'static) -> Handler {
        let witness = Witness::new(move |arrived| {
            see(&arrived.request.body);
            (Some(response(204, &[], "")), Duration::ZERO)
        });
        Handler::of(witness)
    }

    fn url(&self) -> String {
        format!("http://{}", self.server.listening.http_addr().unwrap())
    }
}

fn recorded(kind: &str, n_calls: u32) -> Inspector {
    let inspector = Inspector::start(|_| {});
    let mut client = inspector.client();
    for number in 0..n_calls {
        client.post(&format!("/hooks/{kind}"), &body_of(kind, &format!("e-{number}")));
        inspector.next();
    }
    inspector
}

fn asked(inspector: &Inspector, n_calls: u32, targets: Vec<ReplayTo>) -> RunAsked {
    RunAsked {
        reader: inspector.engine().live().reader,
        origin: inspector.state().session.id,
        calls: (1..=n_calls).map(CallId).collect(),
        targets,
        times: 1,
        at_once: 1,
        spacing: Duration::ZERO,
        is_fresh: false,
        body: None,
        edits: ValueEdits::default(),
    }
}

fn begin(inspector: &Inspector, asked: RunAsked) {
    inspector.send(Command::Run(Box::new(RunCommand::Send(asked))));
}

fn ended(inspector: &Inspector) -> Arc<RunState> {
    let has_ended = |run: &Arc<RunState>| run.stage != RunStage::Running;
    inspector.until("the run has ended", |state| state.run.as_ref().is_some_and(has_ended)).run.unwrap()
}

#[test]
fn fifty_sends_go_out_eight_at_a_time_as_events_of_their_own() {
    let inspector = recorded("token", 10);
    let whole = asked(&inspector, 10, vec![ReplayTo::OurListener]);
    begin(&inspector, RunAsked { times: 5, at_once: 8, is_fresh: true, ..whole });
    let run = ended(&inspector);
    assert_eq!((&run.stage, run.n_all, run.rows.len()), (&RunStage::Done, 50, 50));
    assert_eq!(run.tally.outcomes.get(&Outcome::Unchanged), Some(&50));
    assert_eq!(run.sessions.map(|sessions| sessions.live), Some(inspector.state().session.id));
    assert!(run.rows.iter().all(|row| row.outcome == Some(Outcome::Unchanged) && row.differs_from.is_none()));
    let mut event_ids: Vec<String> = (0..50).map(|_| inspector.next().opening.event_id.unwrap().to_string()).collect();
    event_ids.sort();
    event_ids.dedup();
    assert_eq!(event_ids.len(), 50);
}

#[test]
fn values_are_set_in_each_call_and_one_that_cannot_hold_them_is_not_sent() {
    let inspector = recorded("token", 2);
    let edits = ValueEdits::read("/data/context/user/profile/login = \"ada@example.com\"").unwrap();
    begin(&inspector, RunAsked { edits, ..asked(&inspector, 2, vec![ReplayTo::OurListener]) });
    assert_eq!(ended(&inspector).rows.len(), 2);
    for _ in 0..2 {
        let body: Value = serde_json::from_slice(&inspector.next().opening.request.body).unwrap();
        assert_eq!(body["data"]["context"]["user"]["profile"]["login"], "ada@example.com");
        assert!(body["eventId"].as_str().unwrap().starts_with("e-"), "the rest is as it was recorded");
    }
    let before = ended(&inspector).run;
    let edits = ValueEdits::read("/none/x = 1").unwrap();
    begin(&inspector, RunAsked { edits, ..asked(&inspector, 1, vec![ReplayTo::OurListener]) });
    inspector.until("the second run is there", |state| state.run.as_ref().is_some_and(|run| run.run > before));
    let run = ended(&inspector);
    assert_eq!((run.tally.n_not_sent, &*run.rows[0].summary), (1, "Not sent: nothing in its body can hold /none/x"));
}

#[test]
fn a_run_that_is_cancelled_in_the_middle_keeps_what_came() {
    let inspector = recorded("token", 10);
    let handler = Handler::new(|number| (204, if number <= 20 { Duration::ZERO } else { Duration::from_secs(30) }));
    let whole = asked(&inspector, 10, vec![ReplayTo::Url(handler.url())]);
    begin(&inspector, RunAsked { times: 5, at_once: 8, ..whole });
    inspector.until("twenty have come", |state| {
        let live = inspector.engine().live().index.len();
        state.run.is_some() && live >= 30
    });
    inspector.send(Command::Run(Box::new(RunCommand::Cancel)));
    let run = ended(&inspector);
    assert_eq!(run.stage, RunStage::Cancelled);
    assert!((20..50).contains(&run.rows.len()), "{}", run.rows.len());
    let row = run.rows[0].row.unwrap();
    let record = inspector.engine().record(row).unwrap().unwrap();
    assert_eq!(record.opening.direction, Direction::Sent);
}

#[test]
fn what_the_two_targets_make_of_a_call_is_compared() {
    let inspector = recorded("token", 2);
    // The handler breaks on the second call.
    let handler = Handler::new(|number| (if number == 1 { 204 } else { 500 }, Duration::ZERO));
    begin(&inspector, asked(&inspector, 2, vec![ReplayTo::OurListener, ReplayTo::Url(handler.url())]));
    let run = ended(&inspector);
    let mut rows = run.rows.clone();
    rows.sort_by_key(|row| row.number);
    let outcomes: Vec<_> = rows.iter().map(|row| (row.call_id.0, row.outcome.unwrap(), row.differs_from)).collect();
    let (unchanged, ignored) = (Outcome::Unchanged, Outcome::Ignored);
    assert_eq!(
        outcomes,
        [(1, unchanged, None), (1, unchanged, None), (2, unchanged, Some(ignored)), (2, ignored, Some(unchanged)),]
    );
    assert_eq!((run.tally.n_different, run.tally.outcomes.get(&ignored)), (2, Some(&1)));
}

#[test]
fn a_target_that_is_no_url_fails_the_run_and_a_lost_call_only_its_send() {
    let inspector = recorded("token", 1);
    begin(&inspector, asked(&inspector, 1, vec![ReplayTo::Url("nowhere".to_owned())]));
    assert!(matches!(&ended(&inspector).stage, RunStage::Failed(why) if why.contains("no URL")));
    let before = ended(&inspector).run;
    let calls = vec![CallId(1), CallId(99)];
    begin(&inspector, RunAsked { calls, ..asked(&inspector, 0, vec![ReplayTo::OurListener]) });
    inspector.until("the second run is there", |state| state.run.as_ref().is_some_and(|run| run.run > before));
    let run = ended(&inspector);
    let not_sent: Vec<_> = run.rows.iter().filter(|row| row.outcome.is_none()).collect();
    assert_eq!((run.rows.len(), not_sent.len()), (2, 1));
    assert!(not_sent[0].summary.starts_with("Not sent: "), "{}", not_sent[0].summary);
}

fn matrix(inspector: &Inspector, url: String, faults: &[Fault]) -> Arc<MatrixState> {
    let record = inspector.engine().record(CallId(1)).unwrap().unwrap();
    let origin = inspector.state().session.id;
    let asked = MatrixAsked { record: Box::new(record), origin, url, faults: faults.to_vec(), is_fresh: true };
    inspector.send(Command::Run(Box::new(RunCommand::Matrix(asked))));
    let has_ended = |matrix: &Arc<MatrixState>| matrix.stage != RunStage::Running;
    inspector.until("the matrix is made", |state| state.matrix.as_ref().is_some_and(has_ended)).matrix.unwrap()
}

/// Those that take no time of their own.
fn quick_faults() -> Vec<Fault> {
    Fault::all().into_iter().filter(|fault| !takes_time(fault)).collect()
}

#[test]
fn a_handler_whose_answer_was_lost_does_the_work_twice_the_second_time_when_okta_would() {
    let inspector = recorded("password-import", 1);
    let times = Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = times.clone();
    let handler = Handler::new(move |_| {
        noted.lock().unwrap().push(std::time::Instant::now());
        (204, Duration::ZERO)
    });
    let matrix =
        matrix(&inspector, handler.url(), &[Fault::ResetInHead, Fault::Delay(Duration::from_millis(50)), Fault::Never]);
    let [reset, delayed, never] = &matrix.rows[..] else { panic!("three rows: {matrix:?}") };
    for row in [reset, never] {
        assert_eq!((row.attempts.len(), row.differs()), (2, false), "{row:?}");
        assert!(row.attempts.iter().all(|attempt| attempt.status == Some(204)));
    }
    assert_eq!((delayed.attempts.len(), delayed.differs()), (1, false));
    let times = times.lock().unwrap();
    let between = |one: usize, other: usize| times[other] - times[one];
    // Okta sends again once the three seconds of the first attempt are over.
    assert!(between(2, 3) >= Duration::from_millis(50), "the next fault begins when the one before has ended");
    assert!(between(3, 4) >= Duration::from_millis(2_990), "{:?}", between(3, 4));
}

#[test]
fn each_row_of_the_matrix_opens_a_call_that_says_what_came_and_what_the_fault_made_of_it() {
    let inspector = recorded("token", 1);
    let handler = Handler::new(|_| (204, Duration::ZERO));
    let faults = quick_faults();
    let matrix = matrix(&inspector, handler.url(), &faults);
    assert_eq!((&matrix.stage, matrix.rows.len()), (&RunStage::Done, faults.len()));
    let mut event_ids = std::collections::HashSet::new();
    for row in &matrix.rows {
        let record = inspector.engine().record(row.row.unwrap()).unwrap().unwrap();
        assert_eq!(record.closing.verdict.outcome, row.measured.outcome, "{row:?}");
        let fault = record.opening.decided.as_ref().unwrap().fault.as_ref().unwrap();
        assert_eq!(**fault, row.fault.to_string());
        let relay = record.opening.relay.as_ref().unwrap();
        assert!(
            matches!(&relay.forwarded.as_ref().unwrap().outcome,
            ForwardOutcome::Changed { original, .. } if original.status == 204),
            "{row:?}"
        );
        assert!(event_ids.insert(record.opening.event_id.clone()), "each fault has an event of its own");
        assert_eq!(record.opening.replay_of.unwrap().call_id, CallId(1));
        assert_eq!(record.opening.link, Link::FIRST, "no fault's call is the retry of another's");
    }
}

#[test]
fn a_slow_handler_is_late_where_a_quick_endpoint_is_just_in_time() {
    let inspector = recorded("token", 1);
    let handler = Handler::new(|_| (204, Duration::from_millis(250)));
    let matrix = matrix(&inspector, handler.url(), &[Fault::NearlyLate]);
    let row = &matrix.rows[0];
    assert_eq!((row.predicted.outcome, row.measured.outcome), (Outcome::Unchanged, Outcome::Ignored));
    // A token hook is never retried.
    assert_eq!(row.attempts.len(), 1);
}

/// A session of one token call, and its path.
fn session(home: &Home) -> String {
    let session = home.path("recorded.hookscope").to_str().unwrap().to_owned();
    let settings = "format = 1\n[[endpoint]]\nname = \"token\"\npath = \"/hooks/token\"\nhook = \"token\"\n";
    let workspace = home.write("recorded.toml", settings);
    let mut serve = home.serve(&["--workspace", workspace.to_str().unwrap(), "--session", &session]);
    for id in ["e-1", "e-2"] {
        serve.client().request("POST", "/hooks/token", &[], &body_of("token", id));
        serve.next_call();
    }
    serve.end();
    session
}

#[test]
fn the_command_line_sets_values_too() {
    let home = Home::new();
    let session = session(&home);
    let bodies = Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = bodies.clone();
    let handler = Handler::seeing(move |body| noted.lock().unwrap().push(body.to_vec()));
    let login = "/data/context/user/profile/login=\"ada@example.com\"";
    let url = handler.url();
    let whole =
        ["replay", &session, "--to", &url, "--calls", "1", "--fresh", "--set", login, "--set", "/eventId=\"mine\""];
    let (code, out, said) = home.run(&whole);
    assert_eq!(code, 0, "{out} {said}");
    let body: Value = serde_json::from_slice(&bodies.lock().unwrap()[0]).unwrap();
    assert_eq!(body["data"]["context"]["user"]["profile"]["login"], "ada@example.com");
    assert_eq!(body["eventId"], "mine", "also where it would be made anew");
    let (code, _, said) = home.run(&["replay", &session, "--to", &url, "--calls", "1", "--set", "/none/x=1"]);
    assert_eq!(code, 1);
    assert!(said.contains("call 1 was not sent: nothing in its body can hold /none/x"), "{said}");
    let (code, _, said) = home.run(&["replay", &session, "--to", &url, "--set", "login=x"]);
    assert_eq!(code, 2);
    assert!(said.contains("sets no value"), "{said}");
}

#[test]
fn the_matrix_of_the_command_line_is_one_line_for_each_fault_and_fails_where_the_handler_differs() {
    let home = Home::new();
    let session = session(&home);
    let slow = Handler::new(|_| (204, Duration::from_millis(250)));
    let url = slow.url();
    let faults = ["--fault", "nearly-late", "--fault", "broken-json"];
    let whole = ["replay", &session, "--to", &url, "--calls", "1", "--matrix", "--json"];
    let (code, out, _) = home.run(&[&whole[..], &faults[..]].concat());
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((code, lines.len()), (1, 2), "{out}");
    let [late, broken] = &lines[..] else { panic!("{out}") };
    assert_eq!((&late["predicted"]["outcome"], &late["measured"]["outcome"]), (&"unchanged".into(), &"ignored".into()));
    assert_eq!((&late["differs"], &late["attempts"][0]["status"]), (&true.into(), &204.into()));
    assert_eq!((&broken["fault"], &broken["differs"]), (&"broken-json".into(), &false.into()));
}

#[test]
fn the_matrix_is_written_as_csv_or_markdown_by_the_name_of_the_file() {
    let home = Home::new();
    let session = session(&home);
    let handler = Handler::new(|_| (500, Duration::ZERO));
    let quick = quick_faults();
    let faults: Vec<&str> = quick.iter().flat_map(|fault| ["--fault", fault.name()]).collect();
    let ask = |file: &str| {
        let path = home.path(file);
        let more = ["--calls", "2", "--matrix", "-o", path.to_str().unwrap()];
        let (code, out, said) =
            home.run(&[&["replay", &session, "--to", &handler.url()], &more[..], &faults[..]].concat());
        assert_eq!((code, out.as_str()), (1, ""), "{said}");
        assert!(said.contains("otherwise than predicted"), "{said}");
        std::fs::read_to_string(path).unwrap()
    };
    let csv = ask("matrix.csv");
    assert!(csv.starts_with("Fault,Predicted,Measured,Differs"), "{csv}");
    assert_eq!(csv.lines().count(), quick.len() + 1);
    let markdown = ask("matrix.md");
    assert!(markdown.starts_with("| Fault ") && markdown.contains("| broken JSON "), "{markdown}");
}

#[test]
fn the_matrix_takes_one_call_and_only_faults_that_there_are() {
    let home = Home::new();
    let session = session(&home);
    let whole = ["replay", &session, "--to", "http://127.0.0.1:1", "--matrix"];
    let (code, out, said) = home.run(&whole);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(said.contains("--matrix takes one call, and 2 were picked"), "{said}");
    let (code, out, said) = home.run(&[&whole[..], &["--calls", "1", "--fault", "late"]].concat());
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(said.contains("the faults are delay, random-delay, nearly-late"), "{said}");
}
