//! The test from outside in the window, and what the tunnel adds to a call, by accessible name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod window_scene;

use std::sync::Arc;
use std::time::Duration;

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use hookscope::call::{ChainReport, ChainState, Hop, HopKind, HopState, TunnelOverhead};
use hookscope::okta::{HookKind, Outcome};
use hookscope::window::panels::chain::{self, ChainModel, ChainWish};
use hookscope::window::theme;
use window_scene::{call, row};

const URL: &str = "https://quiet-otter.tunnel.example";

struct Shown {
    model: ChainModel,
    wishes: Vec<ChainWish>,
}

fn harness(model: ChainModel) -> Harness<'static, Shown> {
    let mut harness = Harness::builder().with_size([620.0, 700.0]).with_context_setup(theme::install).build_ui_state(
        |ui, shown: &mut Shown| {
            let wishes = chain::ui(&shown.model, ui);
            shown.wishes.extend(wishes);
        },
        Shown { model, wishes: Vec::new() },
    );
    harness.run();
    harness
}

fn report() -> ChainReport {
    let mut report = ChainReport::new(1, URL);
    report.put(Hop::found(HopKind::Url, HopState::Good, "Okta takes this URL"));
    let certificate = Hop::found(HopKind::Tls, HopState::Bad, "A certificate has expired: renew it");
    report.put(Hop { took: Some(Duration::from_micros(48_300)), ..certificate.with_fact("Names", "*.tunnel.example") });
    report
}

fn click(harness: &mut Harness<'_, Shown>, label: &str) -> Vec<ChainWish> {
    harness.get_by_label(label).click();
    harness.run();
    std::mem::take(&mut harness.state_mut().wishes)
}

#[test]
fn a_test_is_asked_for_with_the_url_that_is_known_and_can_be_cancelled() {
    let mut harness = harness(ChainModel { url: Some(URL.to_owned()), ..ChainModel::default() });
    assert_eq!(click(&mut harness, "Test from outside"), [ChainWish::Test(URL.to_owned())]);
    harness.state_mut().model.report = Some(Arc::new(report()));
    harness.run();
    assert!(harness.query_by_label("Test from outside").is_none());
    assert_eq!(click(&mut harness, "Cancel test"), [ChainWish::Cancel]);
}

#[test]
fn without_a_url_there_is_nothing_to_test() {
    let mut harness = harness(ChainModel::default());
    assert_eq!(click(&mut harness, "Test from outside"), []);
}

#[test]
fn each_hop_says_its_state_its_sentence_what_is_known_and_its_time() {
    let mut ended = report();
    ended.end(ChainState::Done);
    let model = ChainModel { url: Some(URL.to_owned()), report: Some(Arc::new(ended)), ..ChainModel::default() };
    let mut harness = harness(model);
    harness.get_by_label("URL: good");
    harness.get_by_label("TLS certificate: bad");
    harness.get_by_label("A certificate has expired: renew it");
    harness.get_by_label("Names *.tunnel.example");
    harness.get_by_label("48 ms");
    harness.get_by_label("Latency: skipped");
    harness.get_by_label("Broken: TLS certificate");
    assert!(harness.query_by_label_contains("is another one now").is_none());
    harness.state_mut().model.url = Some("https://new-otter.tunnel.example".to_owned());
    harness.run();
    harness.get_by_label_contains("is another one now");
}

#[test]
fn what_was_measured_can_be_added_to_the_budget() {
    let mut harness = harness(ChainModel::default());
    harness.get_by_label("nothing was measured yet in this run for this URL");
    harness.state_mut().model.overhead =
        Some(TunnelOverhead { added_us: 140_000, round_trip_us: 150_000, n_requests: 5 });
    harness.run();
    harness.get_by_label("the way adds 140 ms, measured in this run");
    assert_eq!(click(&mut harness, "Add to the budget"), [ChainWish::AddToBudget(true)]);
    harness.state_mut().model.adds_to_budget = true;
    harness.run();
    assert_eq!(click(&mut harness, "Add to the budget"), [ChainWish::AddToBudget(false)]);
}

#[test]
fn a_row_keeps_its_recorded_time_and_shows_the_tunnel_beside_it() {
    let plain = row(&call(1, 0, HookKind::Token, 200, Outcome::Applied, 2_900));
    let with = plain.clone().with_tunnel(140_000);
    let (before, after) = (plain.used.unwrap(), with.used.unwrap());
    assert_eq!((before.total_us, plain.mark, &plain.name), (after.total_us, with.mark, &with.name));
    assert_eq!(before.budget.share, after.budget.share);
    assert!(after.budget.is_late_by_tunnel() && !before.budget.is_late_by_tunnel());
    assert_eq!(after.tunnel_us, Some(140_000));
}
