//! Sending calls again and the resilience matrix in the window, by accessible name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::Arc;
use std::time::Duration;

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use hookscope::call::{CallId, RunRow, RunTally, SentAttempt};
use hookscope::okta::{HookKind, Outcome};
use hookscope::respond::{Fault, Foreseen, MatrixRow};
use hookscope::window::panels::run::{self, Part, Progress, RunForm, RunModel, RunWish, SendTo, Which};
use hookscope::window::theme;

struct Shown {
    selected: Option<CallId>,
    n_selected: usize,
    tally: RunTally,
    n_shown: usize,
    is_listening: bool,
    run: Option<(usize, Vec<Arc<RunRow>>, bool)>,
    matrix: Option<(usize, Vec<Arc<MatrixRow>>)>,
    form: RunForm,
    wishes: Vec<RunWish>,
}

impl Shown {
    fn new() -> Shown {
        Shown {
            selected: Some(CallId(3)),
            n_selected: 1,
            tally: RunTally::default(),
            n_shown: 12,
            is_listening: true,
            run: None,
            matrix: None,
            form: RunForm::default(),
            wishes: Vec::new(),
        }
    }
}

fn harness(shown: Shown) -> Harness<'static, Shown> {
    let mut harness = Harness::builder().with_size([760.0, 700.0]).with_context_setup(theme::install).build_ui_state(
        |ui, shown: &mut Shown| {
            let model = RunModel {
                selected: shown.selected,
                tally: shown.tally.clone(),
                n_selected: shown.n_selected,
                n_shown: shown.n_shown,
                is_listening: shown.is_listening,
                run: shown.run.as_ref().map(|(n_all, rows, is_running)| progress(*n_all, rows, *is_running)),
                matrix: shown.matrix.as_ref().map(|(n_all, rows)| progress(*n_all, rows, false)),
            };
            let wishes = run::ui(&model, &mut shown.form, ui);
            shown.wishes.extend(wishes);
        },
        shown,
    );
    harness.run();
    harness
}

fn progress<Row>(n_all: usize, rows: &[Arc<Row>], is_running: bool) -> Progress<'_, Row> {
    Progress { n_all, rows, is_running, stage: "Done".to_owned(), about: String::new() }
}

fn attempt(status: u16) -> SentAttempt {
    SentAttempt { status: Some(status), problem: None, took: Duration::from_millis(4) }
}

fn row(number: usize, outcome: Outcome, differs_from: Option<Outcome>) -> Arc<RunRow> {
    Arc::new(RunRow {
        number,
        call_id: CallId(3),
        hook: HookKind::Token,
        target: "http://localhost:3000/okta".to_owned(),
        attempts: vec![attempt(204)],
        outcome: Some(outcome),
        summary: "The token stays as it is".into(),
        row: Some(CallId(40)),
        differs_from,
    })
}

fn click(harness: &mut Harness<'_, Shown>, label: &str) -> Vec<RunWish> {
    harness.get_by_label(label).click();
    harness.run();
    std::mem::take(&mut harness.state_mut().wishes)
}

#[test]
fn what_is_sent_is_chosen_and_what_is_missing_is_said() {
    let mut harness = harness(Shown::new());
    click(&mut harness, "All calls that the list shows");
    click(&mut harness, "To both, compared");
    let form = &harness.state().form;
    assert_eq!((form.which, form.to), (Which::Shown, SendTo::Both));
    harness.get_by_label("Type an address first");
    assert_eq!(click(&mut harness, "Run"), []);
    harness.state_mut().form.url = "http://localhost:3000".to_owned();
    harness.run();
    assert_eq!(click(&mut harness, "Run"), [RunWish::Run]);
    harness.state_mut().form.values = "login = 1".to_owned();
    harness.run();
    harness.get_by_label_contains("sets no value");
    assert_eq!(click(&mut harness, "Run"), []);
    harness.state_mut().form.values = "/login = 1".to_owned();
    harness.run();
    assert_eq!(click(&mut harness, "Run"), [RunWish::Run]);
    harness.state_mut().is_listening = false;
    harness.run();
    harness.get_by_label("Start listening first");
}

#[test]
fn the_body_of_one_call_can_be_edited() {
    let mut harness = harness(Shown::new());
    assert_eq!(click(&mut harness, "Edit the body"), [RunWish::EditBody(CallId(3))]);
    harness.state_mut().form.body = Some((CallId(3), "{}".to_owned()));
    harness.run();
    assert_eq!(harness.get_by_label("Body to send").accesskit_node().value().as_deref(), Some("{}"));
    click(&mut harness, "Edit the body");
    assert_eq!(harness.state().form.body, None);
}

#[test]
fn a_run_shows_how_far_it_is_and_can_be_cancelled() {
    let mut shown = Shown::new();
    shown.run = Some((50, vec![row(0, Outcome::Unchanged, None)], true));
    let mut harness = harness(shown);
    harness.get_by_label("1 of 50 sent");
    assert!(harness.query_by_label("Save as table…").is_none());
    assert_eq!(click(&mut harness, "Cancel run"), [RunWish::Cancel]);
}

#[test]
fn a_run_that_has_ended_is_counted_by_outcome_opened_and_saved() {
    let mut shown = Shown::new();
    let (one, other) = (Outcome::Unchanged, Outcome::Ignored);
    shown.tally = RunTally { outcomes: [(one, 1), (other, 1)].into(), n_not_sent: 0, n_pairs: 1, n_different: 2 };
    shown.run = Some((2, vec![row(0, one, Some(other)), row(1, other, Some(one))], false));
    let mut harness = harness(shown);
    harness.get_by_label("Done: 2 of 2");
    harness.get_by_label("1 unchanged");
    harness.get_by_label("One call comes out differently at the two targets");
    let name = "Call 3 to http://localhost:3000/okta: ignored";
    assert_eq!(click(&mut harness, name), [RunWish::OpenRow(CallId(40))]);
    assert_eq!(click(&mut harness, "Save as table…"), [RunWish::Save(Part::Run)]);
    assert_eq!(click(&mut harness, "Run again"), [RunWish::Run]);
}

#[test]
fn only_the_lines_in_view_are_drawn() {
    let mut shown = Shown::new();
    shown.run = Some((100_000, (0..100_000).map(|number| row(number, Outcome::Unchanged, None)).collect(), false));
    let harness = harness(shown);
    let n_lines = harness.query_all_by_label_contains("Call 3 to http").count();
    assert!((1..60).contains(&n_lines), "{n_lines}");
}

#[test]
fn the_matrix_says_what_was_predicted_and_what_was_measured() {
    let mut shown = Shown::new();
    shown.form.part = Part::Matrix;
    shown.form.url = "http://localhost:3000".to_owned();
    let foreseen = |outcome| Foreseen { outcome, summary: "Said".into(), n_attempts: 1 };
    let (predicted, measured) = (foreseen(Outcome::Unchanged), foreseen(Outcome::Ignored));
    let late = MatrixRow {
        fault: Fault::NearlyLate,
        predicted,
        measured,
        attempts: vec![attempt(204)],
        row: Some(CallId(41)),
    };
    shown.matrix = Some((1, vec![Arc::new(late)]));
    let mut harness = harness(shown);
    let line = "2.9 s late, just in time: predicted unchanged, measured ignored";
    assert_eq!(click(&mut harness, line), [RunWish::OpenRow(CallId(41))]);
    harness.get_by_label("One fault comes out otherwise than predicted");
    assert_eq!(click(&mut harness, "Save as table…"), [RunWish::Save(Part::Matrix)]);
    assert_eq!(click(&mut harness, "Try call 3 against each fault"), [RunWish::RunMatrix]);
}
