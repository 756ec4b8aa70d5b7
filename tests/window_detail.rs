//! The open call and the response editor, by accessible name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use hookscope::call::{
    AuthCheck, AuthReport, AuthResult, CallId, CheckResult, Closing, Direction, Headers, HttpVersion, Link, OauthPart,
    Opening, Record, Request, Response, Timestamp, Timing, TokenUse, judge_call,
};
use hookscope::okta::{self, Answer, Asked, Credential, Exchange, HookKind, Outcome};
use hookscope::respond::ResponseSetup;
use hookscope::window::panels::body_view::View;
use hookscope::window::panels::detail::{self, DetailModel, DetailState, DetailWish};
use hookscope::window::panels::detail_tabs::HistoryEntry;
use hookscope::window::panels::editor::{self, Draft, EditorState, EditorWish, Prediction, Scope};
use hookscope::window::theme;

const BROKEN: &str = "{\n  \"commands\": [\n    { \"type\": \"com.okta.tokn\", \"value\": [] }\n  ]\n}";

fn record() -> Record {
    let opening = Opening {
        call_id: CallId(7),
        direction: Direction::Received,
        request: Request {
            received_at: Timestamp(1_932_000_000_000_000),
            peer: "127.0.0.1:50000".to_owned(),
            over_tls: true,
            tls: None,
            http_version: Some(HttpVersion::Http11),
            method: Some("POST".to_owned()),
            path: Some("/hooks/token".to_owned()),
            query: None,
            headers: Headers::from_fields([("Host", "localhost"), ("Authorization", "Basic ••••")]),
            body: Bytes::from_static(b"{\"eventType\":\"com.okta.oauth2.tokens.transform\",\"data\":{\"n\":1}}"),
            body_size: None,
            truncated: false,
        },
        hook: HookKind::Token,
        endpoint: Some("token".into()),
        endpoint_hook: None,
        event_id: None,
        link: Link::FIRST,
        replay_of: None,
        auth: AuthReport {
            result: AuthResult::Fail,
            checks: vec![AuthCheck::new("basic-password", CheckResult::Fail, "the password is another one")],
        },
        response: Some(Response {
            status: 200,
            headers: Headers::from_fields([("Content-Type", "application/json")]),
            body: Bytes::from_static(BROKEN.as_bytes()),
            rule: "default".into(),
            revision: 3,
        }),
        problem: None,
        oauth: None,
        decided: None,
    };
    let timing = Timing { tls_us: 1_100, read_us: 310, decide_us: 200, record_us: 600, delay_us: 0, write_us: 200 };
    let verdict = Arc::new(judge_call(&opening, Some(timing), None));
    let closing = Closing { timing: Some(timing), verdict, problem: None, events: None };
    Record { opening, closing, recorded: true, pinned: false, note: String::new() }
}

fn history() -> Vec<HistoryEntry> {
    [(7, "first call", true), (9, "replay", false)]
        .map(|(id, relation, is_open)| HistoryEntry {
            call_id: CallId(id),
            relation,
            time: "06:07:08".to_owned(),
            status: Some(200),
            outcome: Outcome::Ignored,
            is_open,
            is_of_token: false,
            response: format!("body {id}"),
        })
        .into()
}

struct Shown {
    model: DetailModel,
    state: DetailState,
    wishes: Vec<DetailWish>,
}

fn open(record: Record) -> Harness<'static, Shown> {
    let mut model = DetailModel::new(record, history(), "06:07:08.910".to_owned());
    model.has_secrets = true;
    let shown = Shown { model, state: DetailState::default(), wishes: Vec::new() };
    let mut harness = Harness::builder().with_size([800.0, 900.0]).with_context_setup(theme::install).build_ui_state(
        |ui, shown: &mut Shown| shown.wishes.extend(detail::ui(&mut shown.model, &mut shown.state, ui)),
        shown,
    );
    harness.run();
    harness
}

#[test]
fn the_verdict_its_findings_and_their_places_are_on_screen() {
    let mut harness = open(record());
    let summary = harness.state().model.record.closing.verdict.summary.to_string();
    assert_eq!(harness.state().model.record.closing.verdict.outcome, Outcome::Ignored, "{summary}");
    harness.get_by_label(&summary);
    harness.get_by_label("No retry");
    let place = harness.get_by_label_contains("line 3, column");
    place.click();
    harness.run();
    assert_eq!(harness.state().state.view, View::Pretty);
}

#[test]
fn each_view_and_each_tab_shows_its_own() {
    let mut harness = open(record());
    for (view, text) in [("Raw", "POST /hooks/token HTTP/1.1"), ("Hex", "000000  7b 22 65"), ("Tree", "eventType")] {
        harness.get_by_role_and_label(Role::Button, view).click();
        harness.run();
        assert!(harness.query_all_by_label_contains(text).count() > 0, "{view} does not show {text}");
    }
    harness.get_by_label_contains("Nothing is changed, because of command 1: 'com.okta.tokn' is no command");
    harness.get_by_role_and_label(Role::Button, "Credential").click();
    harness.run();
    harness.get_by_label("the password is another one");
    harness.get_by_role_and_label(Role::Button, "Headers").click();
    harness.run();
    harness.get_by_label("Basic ••••");
    harness.get_by_role_and_label(Role::Button, "Timeline").click();
    harness.run();
    harness.get_by_label_contains("Received at 06:07:08.910 from 127.0.0.1:50000");
    harness.get_by_role_and_label(Role::Button, "History").click();
    harness.run();
    harness.get_by_label("Calls 7 and 9 got different responses");
    harness.get_by_label("Call 9").click();
    harness.run();
    assert!(harness.state().wishes.contains(&DetailWish::Select(CallId(9))));
}

#[test]
fn where_one_operation_spoils_the_answer_the_rest_can_be_tried() {
    const BODY: &str = r#"{"commands": [{"type": "com.okta.identity.patch", "value": [
        {"op": "add", "path": "/claims/crew", "value": 1},
        {"op": "remove", "path": "/claims/nobody"}
    ]}]}"#;
    let mut record = record();
    record.opening.request.body = Bytes::from_static(okta::sample("token").unwrap().body.as_bytes());
    record.opening.response.as_mut().unwrap().body = Bytes::from_static(BODY.as_bytes());
    record.closing.verdict = Arc::new(judge_call(&record.opening, record.closing.timing, None));
    assert_eq!(record.closing.verdict.outcome, Outcome::Ignored);
    let mut harness = open(record);
    harness.get_by_label("Without operation 2 of command 1 it would be applied: 1 added");
    harness.get_by_role_and_label(Role::Button, "Try without it").click();
    harness.run();
    let [DetailWish::TryBody(body)] = &harness.state().wishes[..] else { panic!("{:?}", harness.state().wishes) };
    let kept = r#"{"commands": [{"type": "com.okta.identity.patch", "value": [
        {"op": "add", "path": "/claims/crew", "value": 1}
    ]}]}"#;
    assert_eq!(body, kept);
}

#[test]
fn the_call_that_fetched_its_token_is_named_beside_the_times_and_in_the_history() {
    let mut record = record();
    let token = TokenUse { token_call: CallId(2), token_us: 900_000, is_first_use: true };
    record.opening.oauth = Some(OauthPart::Used(token));
    let mut harness = open(record);
    harness.state_mut().model.history.push(HistoryEntry {
        call_id: CallId(2),
        relation: "fetched the token",
        time: "06:07:08.000".to_owned(),
        status: Some(200),
        outcome: Outcome::Undocumented,
        is_open: false,
        is_of_token: true,
        response: String::new(),
    });
    harness.get_by_role_and_label(Role::Button, "Timeline").click();
    harness.run();
    harness.get_by_label("Its access token was fetched by call 2: both share the three seconds");
    harness.get_by_role_and_label(Role::Button, "History").click();
    harness.run();
    harness.get_by_label_contains("fetched the token · 06:07:08.000 · 200");
    harness.get_by_label("Call 2").click();
    harness.run();
    assert!(matches!(harness.state().wishes[..], [DetailWish::Select(CallId(2))]), "{:?}", harness.state().wishes);
}

#[test]
fn buttons_ask_for_what_they_are_called() {
    let mut harness = open(record());
    for name in ["Replay", "Edit response", "Pin call", "Reveal secrets"] {
        harness.get_by_role_and_label(Role::Button, name).click();
        harness.run();
    }
    assert_eq!(
        harness.state().wishes,
        [DetailWish::Replay, DetailWish::EditResponse, DetailWish::TogglePin, DetailWish::RevealSecrets(true)]
    );
}

#[test]
fn a_note_is_asked_for_with_exactly_what_was_typed() {
    let mut harness = open(record());
    harness.get_by_role_and_label(Role::Button, "Note").click();
    harness.run();
    let field = harness.get_by_role(Role::MultilineTextInput);
    field.focus();
    field.type_text("seen at noon");
    harness.run();
    harness.get_by_label("Save note").click();
    harness.run();
    assert!(harness.state().wishes.contains(&DetailWish::SetNote("seen at noon".to_owned())));
}

#[test]
fn a_call_that_never_became_a_request_can_be_looked_at_but_not_replayed() {
    let mut record = record();
    record.opening.request.path = None;
    record.opening.request.method = None;
    record.opening.response = None;
    let mut harness = open(record);
    harness.get_by_label("Nothing was answered");
    harness.get_by_role_and_label(Role::Button, "Replay").click();
    harness.run();
    assert!(harness.state().wishes.is_empty());
}

struct Editing {
    editor: EditorState,
    wishes: Vec<EditorWish>,
}

fn predict(draft: &Draft) -> Prediction {
    let verdict = okta::judge(&Exchange {
        hook: HookKind::Token,
        endpoint_hook: None,
        asked: Asked::NotGiven,
        answer: Answer::Complete {
            status: draft.status,
            content_type: draft.content_type.as_deref(),
            body: draft.body.as_bytes(),
        },
        elapsed: draft.delay,
        attempt: 1,
        credential: Credential::Good,
    });
    Prediction { verdict, effect: None }
}

fn edit(body: &str, scope: Scope) -> Harness<'static, Editing> {
    let response = ResponseSetup {
        status: 200,
        headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        delay: Duration::ZERO,
        body: body.into(),
        ..ResponseSetup::default()
    };
    let editor = EditorState::new("token".into(), HookKind::Token, Some(CallId(7)), &response, scope, 1);
    let mut harness = Harness::builder().with_size([800.0, 700.0]).with_context_setup(theme::install).build_ui_state(
        |ui, editing: &mut Editing| editing.wishes.extend(editor::ui(&mut editing.editor, &predict, ui)),
        Editing { editor, wishes: Vec::new() },
    );
    harness.run();
    harness
}

#[test]
fn apply_gives_exactly_what_was_typed() {
    let mut harness = edit("", Scope::Endpoint);
    let field = harness.get_by_label("Response body");
    field.focus();
    field.type_text("{\"commands\": []}");
    harness.run();
    harness.get_by_label("Apply").click();
    harness.run();
    let [EditorWish::Apply { endpoint, response }] = harness.state().wishes.as_slice() else {
        panic!("{:?}", harness.state().wishes);
    };
    assert_eq!((&**endpoint, response.status, &*response.body), ("token", 200, "{\"commands\": []}"));
}

#[test]
fn broken_json_is_said_with_line_and_column_and_can_be_sent_all_the_same() {
    let mut harness = edit("{\n  \"commands\": [\n", Scope::NextCall);
    assert!(harness.query_all_by_label_contains("line 3, column 1").count() > 0);
    harness.get_by_label("Apply").click();
    harness.run();
    assert!(matches!(harness.state().wishes.as_slice(), [EditorWish::Stage { .. }]));
}

#[test]
fn a_status_that_is_none_cannot_be_applied() {
    let mut harness = edit("{}", Scope::Endpoint);
    harness.state_mut().editor.status = "abc".to_owned();
    harness.run();
    harness.get_by_label("The status is a number from 200 to 599");
    harness.get_by_label("Apply").click();
    harness.run();
    assert!(harness.state().wishes.is_empty());
}

/// Pictures of the open call and the editor: they need a software Vulkan, which `tests/run` installs.
#[cfg(feature = "pictures")]
#[test]
fn the_open_call_and_the_editor_look_as_they_should() {
    let mut results = egui_kittest::SnapshotResults::new();
    let mut harness = open(record());
    results.add(harness.try_snapshot("detail_call"));
    harness.get_by_role_and_label(Role::Button, "Timeline").click();
    harness.get_by_role_and_label(Role::Button, "Raw").click();
    harness.run();
    results.add(harness.try_snapshot("detail_timeline_raw"));
    let mut harness = edit(BROKEN, Scope::Endpoint);
    results.add(harness.try_snapshot("editor_with_a_finding"));
}
