//! The window over a real listener that holds calls: they are edited, let go, and what was written too late is kept.

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::{App, until, window_with};
use crate::call::{CallId, HoldEnd, Record};
use crate::engine;
use crate::okta;
use crate::respond::ResponseSetup;
use crate::window::panels::editor::Scope;

fn workspace(deadline_ms: u32) -> String {
    format!(
        "format = 1\n[listener]\nhttps = \"127.0.0.1:0\"\n[[endpoint]]\nname = \"saml\"\npath = \"/hooks/saml\"\nhook = \"saml\"\n\
         hold = {{ deadline_ms = {deadline_ms} }}\n"
    )
}

fn send(harness: &mut Harness<'static, App>) {
    if harness.state().address().is_none() {
        harness.state_mut().command_engine(engine::Command::StartListening);
    }
    until(harness, |harness| harness.state().address().is_some());
    harness.state_mut().command_engine(engine::Command::SendSample(okta::sample("saml").unwrap()));
}

fn recorded(harness: &mut Harness<'static, App>, call_id: u32) -> Record {
    until(harness, |harness| harness.state().live.index.get(CallId(call_id)).is_some());
    let reader = harness.state().engine.as_ref().unwrap().live().reader;
    reader.record(CallId(call_id)).unwrap().unwrap()
}

fn end_of(record: &Record) -> HoldEnd {
    record.opening.relay.as_ref().unwrap().held.unwrap().end
}

#[test]
fn a_held_call_is_edited_beside_its_request_and_gets_what_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window_with(dir.path(), &workspace(60_000));
    send(&mut harness);
    until(&mut harness, |harness| harness.query_by_label("1 call is held").is_some());
    assert_eq!(harness.state().tab().selected, None, "what arrives takes no focus");
    assert!(harness.state().editor.is_none());
    harness.get_by_label("Edit and send").click();
    harness.step();
    harness.step();
    harness.get_by_label("Request").click();
    harness.step();
    harness.step();
    harness.get_by_label_contains("POST /hooks/saml");
    let editor = harness.state_mut().editor.as_mut().unwrap();
    assert!(matches!(editor.scope, Scope::Held(_)));
    editor.status = "503".to_owned();
    harness.step();
    harness.get_by_label("Send").click();
    let record = recorded(&mut harness, 8);
    assert_eq!((record.opening.response.as_ref().unwrap().status, end_of(&record)), (503, HoldEnd::Edited));
    until(&mut harness, |harness| harness.query_by_label("1 call is held").is_none());
    assert!(harness.state().editor.is_none());
}

#[test]
fn at_the_deadline_the_prepared_response_goes_and_the_draft_is_staged_for_the_next_call() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window_with(dir.path(), &workspace(1_500));
    send(&mut harness);
    until(&mut harness, |harness| harness.query_by_label("Edit and send").is_some());
    harness.get_by_label("Edit and send").click();
    harness.step();
    harness.step();
    harness.state_mut().editor.as_mut().unwrap().status = "503".to_owned();
    let record = recorded(&mut harness, 8);
    assert_eq!((record.opening.response.as_ref().unwrap().status, end_of(&record)), (204, HoldEnd::Deadline));
    until(&mut harness, |harness| harness.state().state.staged.iter().any(|name| &**name == "saml"));
    harness.get_by_label_contains("what you wrote is staged for the next call of saml");
    let editor = harness.state().editor.as_ref().unwrap();
    assert_eq!((editor.scope, &*editor.status), (Scope::NextCall, "503"), "it is kept, too");

    // The next call is held as well, with what was written as its prepared response.
    send(&mut harness);
    until(&mut harness, |harness| harness.query_by_label("Send as prepared").is_some());
    harness.get_by_label("Send as prepared").click();
    let record = recorded(&mut harness, 9);
    assert_eq!((record.opening.response.as_ref().unwrap().status, end_of(&record)), (503, HoldEnd::Released));
}

#[test]
fn what_is_half_written_at_the_deadline_is_kept_and_answers_no_call() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window_with(dir.path(), &workspace(1_500));
    edit_first(&mut harness);
    let editor = harness.state_mut().editor.as_mut().unwrap();
    (editor.status, editor.body) = ("200".to_owned(), "{ \"commands\": [ half".to_owned());
    harness.step();
    recorded(&mut harness, 8);
    let said = "what you wrote is kept, not staged: its body is no JSON yet";
    until(&mut harness, |harness| harness.query_by_label_contains(said).is_some());
    assert!(harness.state().state.staged.is_empty());
    assert!(harness.state().editor.as_ref().unwrap().body.contains("half"));
}

#[test]
fn all_are_let_go_at_once_and_the_key_ends_the_holding() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window_with(dir.path(), &workspace(60_000));
    send(&mut harness);
    send(&mut harness);
    until(&mut harness, |harness| harness.query_by_label("2 calls are held").is_some());
    harness.get_by_label("Release all").click();
    assert_eq!(end_of(&recorded(&mut harness, 8)), HoldEnd::Released);
    assert_eq!(end_of(&recorded(&mut harness, 9)), HoldEnd::Released);
    harness.get_by_label("Endpoint saml").click();
    harness.step();
    harness.step();
    harness.key_press(Key::H);
    until(&mut harness, |harness| harness.state().state.setup.endpoints[0].action.hold.is_none());
    harness.key_press(Key::H);
    until(&mut harness, |harness| harness.state().state.setup.endpoints[0].action.hold.is_some());
}

/// Opens the editor on a call.
fn edit(harness: &mut Harness<'static, App>, call_id: u32) {
    harness.state_mut().select(CallId(call_id));
    harness.step();
    harness.key_press(Key::E);
    until(harness, |harness| harness.state().editor.is_some());
}

fn write_status(harness: &mut Harness<'static, App>, status: &str) {
    harness.state_mut().editor.as_mut().unwrap().status = status.to_owned();
    harness.step();
}

fn edit_first(harness: &mut Harness<'static, App>) {
    send(harness);
    until(harness, |harness| harness.query_by_label("Edit and send").is_some());
    harness.get_by_label("Edit and send").click();
    harness.step();
    harness.step();
}

#[test]
fn a_held_call_is_shown_whole_and_what_was_written_waits_while_another_call_is_looked_at() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window_with(dir.path(), &workspace(60_000));
    edit_first(&mut harness);
    write_status(&mut harness, "503");
    harness.get_by_label("The whole call").click();
    harness.step();
    harness.step();
    harness.get_by_label("Prepared response");
    harness.get_by_label("Credential");
    assert!(harness.query_by_label("Replay").is_none(), "it is in no session yet");
    harness.state_mut().select(CallId(3));
    harness.step();
    harness.step();
    assert!(harness.state().editor.is_none());
    harness.get_by_label("Go on editing").click();
    harness.step();
    harness.step();
    harness.get_by_label("Its response").click();
    harness.step();
    harness.step();
    assert_eq!(harness.state().editor.as_ref().unwrap().status, "503");
    harness.get_by_label("Send").click();
    assert_eq!(recorded(&mut harness, 8).opening.response.as_ref().unwrap().status, 503);
}

#[test]
fn a_draft_that_was_left_is_staged_at_the_deadline_and_stays_with_its_call() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window_with(dir.path(), &workspace(1_500));
    edit_first(&mut harness);
    write_status(&mut harness, "503");
    harness.state_mut().select(CallId(3));
    let record = recorded(&mut harness, 8);
    assert_eq!((record.opening.response.as_ref().unwrap().status, end_of(&record)), (204, HoldEnd::Deadline));
    until(&mut harness, |harness| harness.state().state.staged.iter().any(|name| &**name == "saml"));
    edit(&mut harness, 8);
    assert_eq!(harness.state().editor.as_ref().unwrap().status, "503");
}

#[test]
fn a_call_that_is_let_go_as_prepared_leaves_the_next_one_alone() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window_with(dir.path(), &workspace(60_000));
    edit_first(&mut harness);
    write_status(&mut harness, "503");
    harness.get_by_label("Send as prepared").click();
    assert_eq!(end_of(&recorded(&mut harness, 8)), HoldEnd::Released);
    until(&mut harness, |harness| harness.query_by_label("1 call is held").is_none());
    assert!(harness.state().state.staged.is_empty());
    assert_eq!(harness.state().editor.as_ref().unwrap().status, "503", "what was written stays in the editor");
}

#[test]
fn what_is_sent_a_moment_too_late_is_staged_for_the_next_call() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window_with(dir.path(), &workspace(60_000));
    let response = ResponseSetup { status: 503, ..ResponseSetup::default() };
    let answer = engine::HeldAnswer::Send { endpoint: "saml".into(), response };
    harness.state_mut().command_engine(engine::Command::AnswerHeld { call_id: CallId(8), answer });
    let said = "what you wrote is staged for the next call of saml";
    until(&mut harness, |harness| harness.query_by_label_contains(said).is_some());
    until(&mut harness, |harness| harness.state().state.staged.iter().any(|name| &**name == "saml"));
}

#[test]
fn a_response_that_was_begun_is_there_again_after_another_call_was_looked_at() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window_with(dir.path(), &workspace(60_000));
    edit(&mut harness, 3);
    write_status(&mut harness, "418");
    harness.state_mut().select(CallId(4));
    assert!(harness.state().editor.is_none());
    harness.step();
    harness.get_by_label_contains("What you wrote for call 3 is kept");
    edit(&mut harness, 3);
    assert_eq!(harness.state().editor.as_ref().unwrap().status, "418");
}

#[test]
fn a_draft_is_of_its_session_and_a_rule_of_its_call() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window_with(dir.path(), &workspace(60_000));
    edit(&mut harness, 3);
    let endpoint = harness.state().editor.as_ref().unwrap().endpoint.clone();
    // The open call is another one than that of the editor: the rule is made like the editor's.
    harness.state_mut().live.select(CallId(1));
    harness.state_mut().answer_by_rule(Some(CallId(3)), &endpoint, ResponseSetup::default());
    harness.run_ok();
    harness.get_by_label_contains("hook kind is saml");
    harness.key_press(Key::Escape);
    harness.run_ok();

    edit(&mut harness, 4);
    write_status(&mut harness, "418");
    harness.state_mut().command_engine(engine::Command::NewSession);
    until(&mut harness, |harness| harness.state().live.index.is_empty());
    assert!(harness.state().editor.is_none());
    for _ in 0..4 {
        send(&mut harness);
    }
    until(&mut harness, |harness| harness.query_by_label_contains("calls are held").is_some());
    harness.state_mut().command_engine(engine::Command::ReleaseHeld);
    until(&mut harness, |harness| harness.state().live.index.get(CallId(4)).is_some());
    edit(&mut harness, 4);
    assert_ne!(harness.state().editor.as_ref().unwrap().status, "418", "call 4 of another session");
}
