//! Comparing calls of a real session: with the key, from the history, and with the answer of now.

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::super::App;
use super::{until, window, window_with};

fn press(harness: &mut Harness<'static, App>, key: Key) {
    harness.key_press(key);
    harness.run_ok();
}

fn click(harness: &mut Harness<'static, App>, label: &str) {
    harness.get_by_label(label).click();
    harness.run_ok();
}

const MARKED: &str = "Call 3 is marked: select another call and press D";

#[test]
fn the_key_marks_a_call_unmarks_it_and_shows_it_beside_another_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window(dir.path());
    click(&mut harness, "saml /hooks/saml 500 ignored");
    press(&mut harness, Key::D);
    harness.get_by_label(MARKED);
    press(&mut harness, Key::D);
    assert!(harness.query_by_label(MARKED).is_none());

    press(&mut harness, Key::D);
    press(&mut harness, Key::ArrowDown);
    press(&mut harness, Key::D);
    harness.get_by_label("Close compare");
    harness.get_by_label("Call 3");
    harness.get_by_label("Call 4");
    harness.get_by_label("500 → 204");
    harness.get_by_label("1 changed");
    assert!(harness.query_by_label("Request body").is_none());
    click(&mut harness, "Only differences");
    harness.get_by_label("Request body");
    click(&mut harness, "Swap sides");
    harness.get_by_label("204 → 500");

    press(&mut harness, Key::Escape);
    assert!(harness.query_by_label("Close compare").is_none());
    click(&mut harness, "Unmark");
    assert!(harness.query_by_label(MARKED).is_none());
}

#[test]
fn a_marked_call_of_another_session_is_marked_while_that_is_open() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window(dir.path());
    let marked = |harness: &Harness<'static, App>| {
        harness.query_by_label_contains("is marked").and_then(|strip| strip.value()).unwrap_or_default()
    };
    let path = std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/samples/session.hookscope"));
    harness.state_mut().open_session(path);
    until(&mut harness, |harness| harness.state().tab().is_viewed());
    press(&mut harness, Key::Home);
    press(&mut harness, Key::D);
    assert_eq!(marked(&harness), "Call 1 is marked: select another call and press D");
    click(&mut harness, "Live");
    assert_eq!(marked(&harness), "Call 1 of the other session is marked: select another call and press D");
    click(&mut harness, "Close session");
    assert_eq!(marked(&harness), "");
    click(&mut harness, "saml /hooks/saml 500 ignored");
    press(&mut harness, Key::D);
    assert_eq!(marked(&harness), MARKED);
}

#[test]
fn a_retry_is_compared_with_the_first_call_from_its_history() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window(dir.path());
    click(&mut harness, "saml /hooks/saml 204 unchanged");
    click(&mut harness, "History");
    click(&mut harness, "Compare with the first");
    harness.get_by_label("Close compare");
    harness.get_by_label("500 → 204");
}

#[test]
fn a_recorded_response_is_compared_with_what_the_endpoint_answers_now() {
    let dir = tempfile::tempdir().unwrap();
    let endpoint = "format = 1\n[[endpoint]]\nname = \"saml\"\npath = \"/hooks/saml\"\nhook = \"saml\"\n\
        [endpoint.response]\nstatus = 200\nbody = '{\"commands\":[]}'\n";
    let mut harness = window_with(dir.path(), endpoint);
    harness.get_by_label("saml /hooks/saml 204 unchanged").click_secondary();
    harness.run_ok();
    click(&mut harness, "Compare with the answer of now");
    harness.get_by_label("What is answered now");
    harness.get_by_label("204 → 200");
    harness.get_by_label("null → {\"commands\":[]}");
}

#[test]
fn what_is_left_out_is_remembered_and_can_be_reset() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window(dir.path());
    click(&mut harness, "saml /hooks/saml 204 unchanged");
    click(&mut harness, "History");
    click(&mut harness, "Compare with the first");
    click(&mut harness, "Left out as volatile");
    click(&mut harness, "Volatile members");
    harness.get_by_label("Volatile members").type_text(", outcome");
    harness.run_ok();
    let kept = harness.state().settings.compare_volatile.clone().unwrap();
    assert!(kept.contains(", outcome"), "{kept}");
    click(&mut harness, "Reset");
    assert_eq!(harness.state().settings.compare_volatile, None);
}
