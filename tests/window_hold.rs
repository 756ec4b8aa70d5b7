//! The strip of held calls as a person uses it, and as a screen reader finds it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use hookscope::call::{CallId, Timestamp};
use hookscope::window::panels::held::{self, HeldDraftShown, HeldRow, HeldWish};
use hookscope::window::theme;

struct Scene {
    held: Vec<HeldRow>,
    wishes: Vec<HeldWish>,
}

fn harness(n_held: u32, draft: HeldDraftShown) -> Harness<'static, Scene> {
    let held = (1..=n_held).map(|number| HeldRow {
        call_id: CallId(number),
        endpoint: Some("token".into()),
        path: "/hooks/token".to_owned(),
        received_at: Timestamp(1_000_000),
        deadline_at: Timestamp(3_500_000),
        draft,
    });
    let scene = Scene { held: held.collect(), wishes: Vec::new() };
    let mut harness = Harness::builder().with_size([1_000.0, 240.0]).build_ui_state(
        |ui, scene: &mut Scene| {
            theme::install(ui);
            scene.wishes.extend(held::ui(&scene.held, scene.held.len(), Timestamp(2_300_000), ui));
        },
        scene,
    );
    harness.run();
    harness
}

#[test]
fn a_held_call_says_what_is_left_and_offers_both_ways_out() {
    let mut harness = harness(1, HeldDraftShown::None);
    harness.get_by_label("1 call is held");
    harness.get_by_label("Call 1");
    harness.get_by_label("token · /hooks/token");
    harness.get_by_label("1.2 s left");
    for (button, wish) in [
        ("Edit and send", HeldWish::Edit(CallId(1))),
        ("Send as prepared", HeldWish::Release(CallId(1))),
        ("Release all", HeldWish::ReleaseAll),
    ] {
        harness.get_by_label(button).click();
        harness.run();
        assert_eq!(harness.state().wishes.last(), Some(&wish));
    }
}

#[test]
fn of_two_hundred_the_oldest_are_listed_and_all_are_counted() {
    let harness = harness(200, HeldDraftShown::None);
    harness.get_by_label("200 calls are held, the 4 oldest are listed");
    assert_eq!(harness.query_all_by_label("Edit and send").count(), held::MOST_ROWS);
    harness.get_by_label("Call 4");
    assert!(harness.query_by_label("Call 5").is_none());
    assert_eq!(held::height(200), held::height(held::MOST_ROWS));
}

#[test]
fn the_call_that_is_being_edited_is_not_offered_again() {
    let mut harness = harness(1, HeldDraftShown::Open);
    harness.get_by_label("Edit and send").click();
    harness.run();
    assert_eq!(harness.state().wishes, []);
}

#[test]
fn what_was_begun_can_be_gone_on_with() {
    let mut harness = harness(1, HeldDraftShown::Begun);
    assert!(harness.query_by_label("Edit and send").is_none());
    harness.get_by_label("Go on editing").click();
    harness.run();
    assert_eq!(harness.state().wishes, [HeldWish::Edit(CallId(1))]);
}
