//! The pane that compares, driven by name: what is said of each part, what is copied, and that much stays little.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use hookscope::call::{Headers, Response, Volatile, compare_responses};
use hookscope::okta::Outcome;
use hookscope::window::panels::compare::{self, CompareHead, CompareModel, CompareState, CompareWish};
use hookscope::window::theme;

struct Shown {
    model: Result<CompareModel, String>,
    state: CompareState,
    wishes: Vec<CompareWish>,
    is_closed: bool,
}

fn response(status: u16, body: &str) -> Response {
    Response {
        status,
        headers: Headers::from_fields([("Content-Type", "application/json")]),
        body: body.to_owned().into(),
        rule: "default".into(),
        revision: 1,
    }
}

fn head(title: &str) -> CompareHead {
    let verdict = Some((Outcome::Applied, "Okta changes the token".to_owned()));
    CompareHead { title: title.to_owned(), about: "POST /hooks/token".to_owned(), verdict }
}

fn model(before: &Response, after: &Response) -> CompareModel {
    CompareModel::new(head("Call 3"), head("Call 7"), &compare_responses(before, after, &Volatile::default()))
}

fn show(model: Result<CompareModel, String>) -> Harness<'static, Shown> {
    let shown = Shown { model, state: CompareState::default(), wishes: Vec::new(), is_closed: false };
    let mut harness = Harness::builder().with_size([900.0, 1_200.0]).with_context_setup(theme::install).build_ui_state(
        |ui, shown: &mut Shown| {
            let model = shown.model.as_ref().map_err(String::as_str);
            let (is_closed, wishes) = compare::ui(model, &mut shown.state, ui);
            shown.is_closed |= is_closed;
            shown.wishes.extend(wishes);
        },
        shown,
    );
    harness.run();
    harness
}

#[test]
fn each_part_says_its_counts_and_each_difference_its_place_and_values() {
    let before = response(200, r#"{"a":1,"b":{"c":true},"eventId":"x"}"#);
    let after = response(200, r#"{"b":{"c":false,"d":"new"},"eventId":"y"}"#);
    let mut harness = show(Ok(model(&before, &after)));
    harness.get_by_label("3 differences in 1 part");
    harness.get_by_label("1 added, 1 removed, 1 changed, 1 left out as volatile");
    harness.get_by_label("/b/c");
    harness.get_by_label("true → false");
    harness.get_by_label("/b/d");
    assert!(harness.query_by_label("Status").is_none());

    harness.get_by_label("Response body").click();
    harness.run();
    assert!(harness.query_by_label("/b/c").is_none());
    harness.get_by_label("Only differences").click();
    harness.run();
    harness.get_by_label("Status");

    harness.get_by_label("Copy as text").click();
    harness.get_by_label("Swap sides").click();
    harness.get_by_label("Close compare").click();
    harness.run();
    assert!(harness.state().is_closed);
    let wishes = &harness.state().wishes;
    assert!(wishes.contains(&CompareWish::Swap), "{wishes:?}");
    let copied = |wish: &CompareWish| match wish {
        CompareWish::Copy(text) => Some(text.clone()),
        _ => None,
    };
    let text = wishes.iter().find_map(copied).unwrap();
    assert!(text.starts_with("Call 3 (POST /hooks/token)\nCall 7 (POST /hooks/token)\n\nStatus: the same\n"), "{text}");
    assert!(text.contains("  ~ /b/c  true → false\n"), "{text}");
}

#[test]
fn where_nothing_is_different_it_says_so_and_where_nothing_is_left_to_compare_it_says_why() {
    let one = response(200, r#"{"a":1,"b":2}"#);
    let other = response(200, r#"{"b":2,"a":1}"#);
    let harness = show(Ok(model(&one, &other)));
    harness.get_by_label("Nothing is different");
    let harness = show(Err("Call 3 is not in its session any more".to_owned()));
    harness.get_by_label("Call 3 is not in its session any more");
    assert!(harness.query_by_label("Swap sides").is_none());
}

#[test]
fn of_very_many_differences_a_part_is_shown_and_the_rest_is_counted() {
    let body = |from: u32| {
        let members: Vec<String> =
            (from..from + 5_000).map(|n| format!("\"member-{n}\":\"{}\"", "x".repeat(40))).collect();
        format!("{{{}}}", members.join(","))
    };
    let harness = show(Ok(model(&response(200, &body(0)), &response(200, &body(5_000)))));
    harness.get_by_label("5000 added, 5000 removed");
    harness.get_by_label("9800 more differences: Copy as text has them all");
    let n_places = harness.query_all_by_label_contains("/member-").count();
    assert!((1..100).contains(&n_places), "{n_places}");
}
