//! Several calls are selected one by one, in a range, or all at once, and what is asked is asked of all of them.

use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::{App, listening, until, window, window_with};
use crate::call::CallId;
use crate::engine;

fn selected(harness: &Harness<'_, App>) -> Vec<u32> {
    harness.state().tab().selected_ids().iter().map(|call_id| call_id.0).collect()
}

/// Clicks the row with this position in the list, counted from 1.
fn click(harness: &mut Harness<'static, App>, number: usize, modifiers: Modifiers) {
    let rows = harness.query_all_by_role(egui::accesskit::Role::ListBoxOption);
    let nth = rows.into_iter().nth(number - 1).expect("no such row");
    match modifiers {
        Modifiers::NONE => nth.click(),
        modifiers => nth.click_modifiers(modifiers),
    }
    harness.run_ok();
}

fn press(harness: &mut Harness<'static, App>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run_ok();
}

#[test]
fn clicks_with_ctrl_and_shift_select_one_more_and_a_range() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window(dir.path());
    click(&mut harness, 2, Modifiers::NONE);
    click(&mut harness, 5, Modifiers::COMMAND);
    assert_eq!((selected(&harness), harness.state().tab().selected), (vec![2, 5], Some(CallId(5))));
    harness.get_by_label("2 selected");
    let is_selected = |harness: &Harness<'_, App>| {
        let rows = harness.query_all_by_role(egui::accesskit::Role::ListBoxOption);
        rows.into_iter().map(|row| row.accesskit_node().is_selected() == Some(true)).collect::<Vec<_>>()
    };
    assert_eq!(is_selected(&harness), [false, true, false, false, true, false, false], "a screen reader hears it");
    click(&mut harness, 3, Modifiers::SHIFT);
    assert_eq!(selected(&harness), [3, 4, 5]);
    click(&mut harness, 4, Modifiers::COMMAND);
    assert_eq!(selected(&harness), [3, 5]);
    click(&mut harness, 1, Modifiers::NONE);
    assert_eq!(selected(&harness), [1]);
    assert!(harness.query_by_label_contains(" selected").is_none());
}

#[test]
fn the_keys_grow_the_selection_take_all_and_end_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window(dir.path());
    press(&mut harness, Modifiers::NONE, Key::Home);
    press(&mut harness, Modifiers::SHIFT, Key::ArrowDown);
    press(&mut harness, Modifiers::SHIFT, Key::J);
    assert_eq!(selected(&harness), [1, 2, 3]);
    press(&mut harness, Modifiers::SHIFT, Key::ArrowUp);
    assert_eq!(selected(&harness), [1, 2]);
    press(&mut harness, Modifiers::COMMAND, Key::A);
    assert_eq!(selected(&harness).len(), 7);
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert_eq!(selected(&harness), [2], "the open call stays selected");
}

#[test]
fn a_filter_lets_go_of_what_it_hides() {
    let dir = tempfile::tempdir().unwrap();
    let saml = "format = 1\n[[endpoint]]\nname = \"saml\"\npath = \"/hooks/saml\"\nhook = \"saml\"\n";
    let mut harness = window_with(dir.path(), saml);
    press(&mut harness, Modifiers::COMMAND, Key::A);
    harness.get_by_label("Endpoint saml").click();
    harness.run_ok();
    assert_eq!(selected(&harness), [3, 4]);
    press(&mut harness, Modifiers::NONE, Key::D);
    harness.get_by_label("Call 3");
    harness.get_by_label("Call 4");
    harness.get_by_label("Close compare");
}

#[test]
fn pinning_and_replaying_take_every_selected_call() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = listening(dir.path(), "format = 1\n");
    click(&mut harness, 5, Modifiers::NONE);
    click(&mut harness, 7, Modifiers::SHIFT);
    press(&mut harness, Modifiers::NONE, Key::P);
    let are_pinned = |harness: &Harness<'static, App>, pinned: bool| {
        (5..=7).all(|number| harness.state().live.index.is_pinned(CallId(number)) == pinned)
    };
    until(&mut harness, |harness| are_pinned(harness, true));
    press(&mut harness, Modifiers::NONE, Key::P);
    until(&mut harness, |harness| are_pinned(harness, false));
    press(&mut harness, Modifiers::NONE, Key::R);
    until(&mut harness, |harness| harness.query_by_label("Done: 3 of 3").is_some());
    harness.get_by_label("The selected calls");
    let replayed: Vec<u32> = (8..=10)
        .filter_map(|number| harness.state().live.index.get(CallId(number))?.replay_of)
        .map(|of| of.call_id.0)
        .collect();
    assert_eq!(replayed, [5, 6, 7]);
}

#[test]
fn what_is_revealed_in_one_call_stays_hidden_where_several_are_copied() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window(dir.path());
    click(&mut harness, 2, Modifiers::NONE);
    harness.state_mut().revealed = Some((CallId(2), crate::call::Revealed::All));
    press(&mut harness, Modifiers::SHIFT, Key::ArrowDown);
    press(&mut harness, Modifiers::NONE, Key::C);
    harness.get_by_label("Copied 2 calls as cURL, secrets masked");
}

#[test]
fn a_hidden_call_is_no_part_of_a_selection_that_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let saml = "format = 1\n[[endpoint]]\nname = \"saml\"\npath = \"/hooks/saml\"\nhook = \"saml\"\n";
    let mut harness = window_with(dir.path(), saml);
    click(&mut harness, 7, Modifiers::NONE);
    harness.get_by_label("Endpoint saml").click();
    harness.run_ok();
    click(&mut harness, 1, Modifiers::COMMAND);
    assert_eq!(selected(&harness), [3]);
    click(&mut harness, 2, Modifiers::COMMAND);
    assert_eq!(selected(&harness), [3, 4]);
    harness.state_mut().command_engine(engine::Command::Clear);
    until(&mut harness, |harness| harness.state().tab().several.is_empty());
}

#[test]
fn one_key_sends_no_more_calls_than_a_person_can_mean() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = listening(dir.path(), "format = 1\n");
    let tab = harness.state_mut().tab_mut();
    let many: Vec<CallId> = (1..=101).map(CallId).collect();
    tab.several.select_all(&many);
    harness.state_mut().replay_selected();
    harness.run_ok();
    assert!(harness.state().state.run.is_none());
    harness.get_by_label("Run");
}

#[test]
fn an_edited_body_is_sent_with_its_masked_values_as_they_were_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = listening(dir.path(), "format = 1\n");
    let sample = crate::okta::sample("password-import").unwrap();
    harness.state_mut().command_engine(engine::Command::SendSample(sample));
    until(&mut harness, |harness| harness.state().live.index.get(CallId(8)).is_some());
    harness.state_mut().select(CallId(8));
    harness.state_mut().pane = super::super::pane::Pane::Run;
    harness.run_ok();
    harness.get_by_label("Edit the body").click();
    harness.run_ok();
    let (call_id, body) = harness.state_mut().run_form.body.take().unwrap();
    assert!(body.contains("••••") && !body.contains("Plum-Tart"), "{body}");
    harness.state_mut().run_form.body = Some((call_id, body.replace("UNVERIFIED", "VERIFIED")));
    harness.run_ok();
    harness.get_by_label("Run").click();
    until(&mut harness, |harness| harness.state().live.index.get(CallId(9)).is_some());
    let record = harness.state().live.reader.record(CallId(9)).unwrap().unwrap();
    let sent = String::from_utf8_lossy(&record.opening.request.body).into_owned();
    assert!(sent.contains("sample-only-Plum-Tart") && sent.contains("\"VERIFIED\"") && !sent.contains('•'), "{sent}");
}
