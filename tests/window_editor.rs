//! The response editor by accessible name: each kind's verdict turned from applied and back, by text alone and by form alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::time::Duration;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use hookscope::call::CallId;
use hookscope::okta::{self, Answer, Asked, Credential, Exchange, HookKind, Outcome, SAMPLE_CHALLENGE, sample};
use hookscope::respond::ResponseSetup;
use hookscope::window::panels::editor::{self, Draft, EditorState, EditorWish, Prediction, Scope};
use hookscope::window::theme;

struct Editing {
    editor: EditorState,
    request: Asked<'static>,
    wishes: Vec<EditorWish>,
}

fn predict(hook: HookKind, request: Asked<'_>, draft: &Draft) -> Prediction {
    let exchange = Exchange {
        hook,
        endpoint_hook: None,
        asked: request,
        answer: Answer::Complete {
            status: draft.status,
            content_type: draft.content_type.as_deref(),
            body: draft.body.as_bytes(),
        },
        elapsed: draft.delay,
        attempt: 1,
        credential: Credential::Good,
    };
    let verdict = okta::judge(&exchange);
    Prediction { effect: okta::effect(&exchange, verdict.outcome), verdict }
}

type Shown = Harness<'static, Editing>;

/// The editor open on a sample call, with that status and body.
fn open_sized(name: &str, status: u16, body: &str, size: [f32; 2]) -> Shown {
    let sample = sample(name).unwrap();
    let request = match sample.kind {
        HookKind::Verification => Asked::Challenge(SAMPLE_CHALLENGE),
        _ => Asked::Body(sample.body.as_bytes()),
    };
    let response = ResponseSetup {
        status,
        headers: Vec::new(),
        delay: Duration::ZERO,
        body: body.into(),
        ..ResponseSetup::default()
    };
    let mut editor = EditorState::new("token".into(), sample.kind, Some(CallId(7)), &response, Scope::Endpoint, 1);
    editor.read_request(request, request);
    let editing = Editing { editor, request, wishes: Vec::new() };
    let mut harness = Harness::builder().with_size(size).with_context_setup(theme::install).build_ui_state(
        |ui, editing: &mut Editing| {
            let (hook, request) = (editing.editor.hook, editing.request);
            let wishes = editor::ui(&mut editing.editor, &|draft| predict(hook, request, draft), ui);
            editing.wishes.extend(wishes);
        },
        editing,
    );
    harness.run();
    harness
}

fn open(name: &str, body: &str) -> Shown {
    open_sized(name, 200, body, [900.0, 1_000.0])
}

fn outcome(harness: &Shown) -> Outcome {
    harness.state().editor.verdict().expect("it was not judged").outcome
}

fn click(harness: &mut Shown, name: &str) {
    let found: Vec<_> =
        harness.query_all_by_label(name).filter(|node| node.accesskit_node().role() != Role::Label).collect();
    let [node] = found.as_slice() else { panic!("{} nodes are named {name}", found.len()) };
    node.click();
    drop(found);
    harness.run();
}

/// Puts another text into a field, as a person does: select all, type.
fn retype(harness: &mut Shown, name: &str, text: &str) {
    harness.get_by_label(name).focus();
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.run();
    harness.get_by_label(name).type_text(text);
    harness.run();
}

fn body(harness: &Shown) -> String {
    harness.state().editor.body.clone()
}

/// Typed text alone turns the verdict from applied and back.
fn turns_by_text(name: &str, good: &str, bad: &str, turned: Outcome) {
    let mut harness = open(name, "");
    for (text, expected) in [(good, Outcome::Applied), (bad, turned), (good, Outcome::Applied)] {
        retype(&mut harness, "Response body", text);
        assert_eq!(outcome(&harness), expected, "{name}: {}", body(&harness));
        let summary = harness.state().editor.verdict().unwrap().summary.to_string();
        harness.get_by_label(&summary);
    }
}

#[test]
fn the_text_alone_turns_the_verdict_of_each_kind() {
    let command = |name: &str, value: &str| format!(r#"{{"commands":[{{"type":"{name}","value":{value}}}]}}"#);
    let patch = |path: &str| {
        command("com.okta.identity.patch", &format!(r#"[{{"op":"replace","path":"{path}","value":"x"}}]"#))
    };
    turns_by_text("token", &patch("/claims/locale"), &patch("/claims/nowhere"), Outcome::Ignored);
    let saml = |op: &str| {
        command("com.okta.assertion.patch", &format!(r#"[{{"op":"{op}","path":"/subject/nameId","value":"x"}}]"#))
    };
    turns_by_text("saml", &saml("replace"), &saml("remove"), Outcome::Ignored);
    let action = |value: &str| command("com.okta.action.update", value);
    let registration = |word: &str| action(&format!(r#"{{"registration":"{word}"}}"#));
    turns_by_text("registration", &registration("ALLOW"), &registration("DENY"), Outcome::Denied);
    let password = |word: &str| action(&format!(r#"{{"credential":"{word}"}}"#));
    turns_by_text("password-import", &password("VERIFIED"), &password("UNVERIFIED"), Outcome::Denied);
    let import = |word: &str| action(&format!(r#"{{"result":"{word}"}}"#));
    turns_by_text("user-import", &import("CREATE_USER"), &import("LINK_USER"), Outcome::Undocumented);
    let telephony = |word: &str| command("com.okta.telephony.action", &format!(r#"[{{"status":"{word}"}}]"#));
    turns_by_text("telephony", &telephony("SUCCESSFUL"), &telephony("successful"), Outcome::Fallback);
}

#[test]
fn the_form_alone_turns_the_verdict_of_a_token_hook() {
    let mut harness = open("token", "");
    click(&mut harness, "Add a claim to the ID token");
    assert_eq!(outcome(&harness), Outcome::Applied, "{}", body(&harness));
    retype(&mut harness, "Path of operation 1 on the ID token", "/claims/iss");
    assert_eq!(outcome(&harness), Outcome::Ignored, "{}", body(&harness));
    retype(&mut harness, "Path of operation 1 on the ID token", "/claims/deck");
    retype(&mut harness, "Value of operation 1 on the ID token", "aft");
    assert_eq!(outcome(&harness), Outcome::Applied, "{}", body(&harness));
    assert!(body(&harness).contains("\"value\": \"aft\""), "{}", body(&harness));
    click(&mut harness, "Lifetime of the Access token");
    retype(&mut harness, "Lifetime of operation 1 on the Access token", "299");
    assert_eq!(outcome(&harness), Outcome::Ignored, "{}", body(&harness));
    click(&mut harness, "Remove operation 1 on the Access token");
    assert_eq!(outcome(&harness), Outcome::Applied, "{}", body(&harness));
}

#[test]
fn a_claim_is_picked_from_this_request() {
    let mut harness = open("token", "");
    click(&mut harness, "Remove a claim of the ID token");
    click(&mut harness, "/claims/loyalty/tier");
    assert!(body(&harness).contains("\"path\": \"/claims/loyalty/tier\""), "{}", body(&harness));
    assert_eq!(outcome(&harness), Outcome::Applied, "{}", body(&harness));
}

#[test]
fn a_token_that_is_not_minted_is_said_in_the_form() {
    let harness = open("token/client-credentials", "");
    harness.get_by_label("This request mints no ID token");
    assert!(harness.query_by_label("Add a claim to the ID token").is_none());
}

#[test]
fn the_form_alone_turns_the_verdict_of_a_saml_hook() {
    let mut harness = open("saml", "");
    click(&mut harness, "Add an attribute to the Assertion");
    assert_eq!(outcome(&harness), Outcome::Applied, "{}", body(&harness));
    retype(&mut harness, "Value 1 of operation 1 on the Assertion", "mate");
    assert!(body(&harness).contains("\"value\": \"mate\""), "{}", body(&harness));
    retype(&mut harness, "Path of operation 1 on the Assertion", "claims/deck");
    assert_eq!(outcome(&harness), Outcome::Ignored, "{}", body(&harness));
    click(&mut harness, "Remove operation 1 on the Assertion");
    assert_eq!(outcome(&harness), Outcome::Unchanged, "{}", body(&harness));
    click(&mut harness, "Replace a part of the Assertion");
    click(&mut harness, "/subject/nameId");
    assert_eq!(outcome(&harness), Outcome::Applied, "{}", body(&harness));
}

#[test]
fn the_form_alone_turns_the_verdict_of_a_registration_hook() {
    let mut harness = open("registration", "");
    click(&mut harness, "Set one of the attributes");
    click(&mut harness, "email");
    assert_eq!(outcome(&harness), Outcome::Applied, "{}", body(&harness));
    click(&mut harness, "Deny");
    assert_eq!(outcome(&harness), Outcome::Denied);
    click(&mut harness, "Allow");
    assert_eq!(outcome(&harness), Outcome::Applied, "{}", body(&harness));
    click(&mut harness, "Error instead");
    click(&mut harness, "Add an error to a submitted attribute");
    click(&mut harness, "email");
    assert!(body(&harness).contains("\"location\": \"data.userProfile.email\""), "{}", body(&harness));
    assert_eq!(outcome(&harness), Outcome::Denied);
    harness.get_by_label("The error outweighs everything above: none of it is run");
    click(&mut harness, "Remove the error");
    assert_eq!(outcome(&harness), Outcome::Applied, "{}", body(&harness));
}

#[test]
fn the_form_alone_turns_the_verdict_of_the_imports() {
    let mut harness = open("password-import", "");
    click(&mut harness, "Verified");
    assert_eq!(outcome(&harness), Outcome::Applied);
    click(&mut harness, "Not verified");
    assert_eq!(outcome(&harness), Outcome::Denied);
    let mut harness = open("user-import", "");
    click(&mut harness, "Create");
    assert_eq!(outcome(&harness), Outcome::Applied);
    click(&mut harness, "Link");
    retype(&mut harness, "Okta user id", "00uExampleUser00001");
    assert_eq!(outcome(&harness), Outcome::Applied, "{}", body(&harness));
    assert!(body(&harness).contains("\"id\": \"00uExampleUser00001\""), "{}", body(&harness));
    click(&mut harness, "Create");
    assert!(!body(&harness).contains("com.okta.user.update"), "{}", body(&harness));
}

#[test]
fn the_form_alone_turns_the_verdict_of_a_telephony_hook() {
    let mut harness = open("telephony", "");
    click(&mut harness, "Successful");
    assert_eq!(outcome(&harness), Outcome::Applied);
    click(&mut harness, "Failed");
    assert_eq!(outcome(&harness), Outcome::Fallback);
    retype(&mut harness, "Transaction id", "ht-1");
    click(&mut harness, "Successful");
    assert_eq!(outcome(&harness), Outcome::Applied, "{}", body(&harness));
}

#[test]
fn the_form_alone_turns_the_verdict_of_event_hooks() {
    let mut harness = open("event", "");
    click(&mut harness, "500, tried again");
    assert_eq!(outcome(&harness), Outcome::Failed);
    click(&mut harness, "204, taken");
    assert_eq!(outcome(&harness), Outcome::Accepted);
    let mut harness = open("verification", "{\n  \"verification\": \"x\"\n}");
    assert_eq!(outcome(&harness), Outcome::NotVerified);
    click(&mut harness, "Send the challenge back");
    assert_eq!(outcome(&harness), Outcome::Verified);
}

#[test]
fn the_first_command_makes_of_a_204_a_200_with_a_content_type() {
    let mut harness = open_sized("token", 204, "", [900.0, 1_000.0]);
    assert_eq!(outcome(&harness), Outcome::Unchanged);
    click(&mut harness, "Add a claim to the ID token");
    assert_eq!(harness.state().editor.status, "200");
    assert_eq!(harness.state().editor.headers, [("Content-Type".to_owned(), "application/json".to_owned())]);
    assert_eq!(outcome(&harness), Outcome::Applied);
}

#[test]
fn the_first_letter_typed_makes_of_a_204_a_200_too() {
    let mut harness = open_sized("token", 204, "", [900.0, 1_000.0]);
    retype(&mut harness, "Response body", "{}");
    assert_eq!(harness.state().editor.status, "200");
    retype(&mut harness, "Response status", "204");
    retype(&mut harness, "Response body", "{\"commands\": []}");
    assert_eq!(harness.state().editor.status, "204", "a 204 with a body that was asked for is kept");
}

#[test]
fn a_member_and_a_field_say_on_hover_what_okta_does_with_them_and_where_that_is_written() {
    let mut harness = open("token", "{\"commands\": []}");
    let text = harness.get_by_label("Response body").rect();
    harness.hover_at(text.min + egui::vec2(40.0, 9.0));
    harness.run_ok();
    harness.run_steps(4);
    harness.get_by_label_contains("What Okta is to do, in order");
    harness.get_by_label_contains("documented by Okta: Okta developer docs, Inline hooks concept");
    harness.get_by_label("Lifetime of the ID token").hover();
    harness.run_ok();
    harness.run_steps(4);
    harness.get_by_label_contains("300 to 86,400 seconds");
}

#[test]
fn undo_and_redo_reach_across_form_presets_and_typing() {
    let mut harness = open_sized("token", 204, "", [900.0, 1_000.0]);
    click(&mut harness, "Add a claim to the ID token");
    let built = body(&harness);
    click(&mut harness, "Presets");
    click(&mut harness, "Error object");
    assert_eq!(outcome(&harness), Outcome::Denied);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run();
    assert_eq!(body(&harness), built);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run();
    assert_eq!((body(&harness).as_str(), harness.state().editor.status.as_str()), ("", "204"));
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    harness.run();
    assert_eq!(body(&harness), built);
    assert_eq!(outcome(&harness), Outcome::Applied);
}

#[test]
fn a_text_that_is_no_json_is_said_in_the_form_and_kept_until_it_is_given_up() {
    let mut harness = open("token", "{\n  \"commands\": [\n");
    assert!(harness.query_all_by_label_contains("The body is not JSON").count() > 0);
    assert_eq!(body(&harness), "{\n  \"commands\": [\n");
    click(&mut harness, "Start over with a good body");
    assert_eq!(outcome(&harness), Outcome::Applied);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run();
    assert_eq!(body(&harness), "{\n  \"commands\": [\n");
}

/// Types into the body letter by letter, as a keyboard does.
fn type_letters(harness: &mut Shown, text: &str) {
    for letter in text.chars() {
        harness.event(egui::Event::Text(letter.to_string()));
        harness.run();
    }
}

fn key(harness: &mut Shown, key: Key) {
    harness.key_press(key);
    harness.run();
}

#[test]
fn completion_is_taken_with_the_keyboard_alone() {
    let mut harness = open("token", "");
    harness.get_by_label("Response body").focus();
    harness.run();
    type_letters(&mut harness, "{\"com");
    harness.get_by_label_contains("commands · ");
    key(&mut harness, Key::Enter);
    assert_eq!(body(&harness), "{\"commands\": ");
    type_letters(&mut harness, "[{\"type\": \"");
    harness.get_by_label_contains("com.okta.access.patch · ");
    key(&mut harness, Key::ArrowDown);
    key(&mut harness, Key::Tab);
    assert_eq!(body(&harness), "{\"commands\": [{\"type\": \"com.okta.access.patch\"");
    type_letters(&mut harness, ", \"value\": [{\"op\": \"replace\", \"path\": \"/claims/bra");
    key(&mut harness, Key::Enter);
    type_letters(&mut harness, ", \"value\": []}]}]}");
    assert_eq!(outcome(&harness), Outcome::Applied, "{}", body(&harness));
    assert!(body(&harness).contains("\"/claims/branches\""), "{}", body(&harness));
}

#[test]
fn esc_closes_the_list_only_and_ctrl_space_asks_for_it_again() {
    let mut harness = open("token", "{}");
    harness.get_by_label("Response body").focus();
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Home);
    harness.run();
    key(&mut harness, Key::ArrowRight);
    type_letters(&mut harness, "\"e");
    harness.get_by_label_contains("error · ");
    key(&mut harness, Key::Escape);
    assert!(harness.query_by_label_contains("error · ").is_none());
    assert!(harness.state().wishes.is_empty(), "Esc closed the editor");
    type_letters(&mut harness, "r");
    assert!(harness.query_by_label_contains("error · ").is_none());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Space);
    harness.run();
    harness.get_by_label_contains("error · ");
    key(&mut harness, Key::Enter);
    assert_eq!(body(&harness), "{\"error\": }");
}

#[test]
fn esc_leaves_a_field_first_and_the_editor_only_then() {
    let mut harness = open("token", "{}");
    harness.get_by_label("Response body").focus();
    harness.run();
    key(&mut harness, Key::Escape);
    assert!(harness.state().wishes.is_empty());
    key(&mut harness, Key::Escape);
    assert_eq!(harness.state().wishes, [EditorWish::Close]);
}

#[test]
fn a_click_on_the_place_of_a_finding_moves_the_cursor_there() {
    let text = "{\n  \"commands\": [\n    { \"type\": \"com.okta.tokn\", \"value\": [] }\n  ]\n}";
    let mut harness = open("token", text);
    let places: Vec<_> = harness.query_all_by_label_contains("line 3, column").collect();
    places[0].click();
    drop(places);
    harness.run();
    let cursor = harness.state().editor.cursor();
    assert_eq!(text[..cursor].matches('\n').count(), 2, "the cursor is at {cursor}");
    assert!(harness.get_by_label("Response body").accesskit_node().is_focused());
}

#[test]
fn a_preset_replaces_status_delay_and_body_and_says_what_it_comes_to() {
    let mut harness = open_sized("saml", 200, "", [900.0, 1_400.0]);
    click(&mut harness, "Presets");
    click(&mut harness, "Late, after 3,500 ms");
    assert_eq!(harness.state().editor.delay_ms, "3500");
    assert_eq!(outcome(&harness), Outcome::Ignored);
    click(&mut harness, "Presets");
    click(&mut harness, "204 without a body");
    assert_eq!((body(&harness).as_str(), harness.state().editor.delay_ms.as_str()), ("", "0"));
    assert!(harness.state().editor.headers.is_empty());
    assert_eq!(outcome(&harness), Outcome::Unchanged);
}

#[test]
fn every_preset_of_every_kind_can_be_served() {
    for kind in HookKind::NAMED {
        let request = match kind {
            HookKind::Verification => Asked::Challenge(SAMPLE_CHALLENGE),
            _ => Asked::Body(sample(kind.as_str()).unwrap().body.as_bytes()),
        };
        let given = okta::compose::Given::read(kind, request);
        for preset in okta::compose::presets(&given, request) {
            let response = ResponseSetup {
                status: preset.status,
                headers: Vec::new(),
                delay: preset.delay,
                body: preset.body.as_str().into(),
                ..ResponseSetup::default()
            };
            let state = EditorState::new("x".into(), kind, None, &response, Scope::Endpoint, 1);
            assert!(state.response().is_ok(), "{kind}: {}", preset.name);
        }
    }
}

#[test]
fn the_effect_is_shown_while_typing_and_goes_with_the_answer() {
    let mut harness = open("token", "{}");
    harness.get_by_label("Both sides are the same");
    click(&mut harness, "Add a claim to the ID token");
    harness.get_by_label("1 added");
}

#[test]
fn a_narrow_editor_shows_its_parts_one_at_a_time() {
    let mut harness = open_sized("token", 200, "", [520.0, 420.0]);
    click(&mut harness, "Body");
    harness.get_by_label("Response body");
    for (tab, part) in [("Builder", "ID TOKEN"), ("Headers", "Add header")] {
        click(&mut harness, tab);
        harness.get_by_label(part);
        assert!(harness.query_by_label("Response body").is_none());
    }
    harness.get_by_label("Apply");
    harness.get_by_label("Stage next response");
}

/// Pictures of the editor: they need a software Vulkan, which `tests/run` installs.
#[cfg(feature = "pictures")]
#[test]
fn the_editor_looks_as_it_should() {
    let mut results = egui_kittest::SnapshotResults::new();
    let mut harness = open_sized("token", 200, "", [770.0, 900.0]);
    click(&mut harness, "Add a claim to the ID token");
    click(&mut harness, "Lifetime of the Access token");
    harness.remove_cursor();
    harness.run();
    results.add(harness.try_snapshot("editor_token"));
}
