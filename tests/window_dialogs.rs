//! The small windows of the frame, driven by name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::PathBuf;

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use hookscope::call::{CallId, Secret};
use hookscope::okta::HookKind;
use hookscope::respond::{EndpointHook, SecretSource, Setup};
use hookscope::window::panels::Wish;
use hookscope::window::panels::dialogs::endpoint::{EndpointAnswer, EndpointDialog};
use hookscope::window::panels::dialogs::file::{FileAnswer, FileDialog, FilePurpose};
use hookscope::window::panels::dialogs::note::NoteDialog;
use hookscope::window::panels::dialogs::replay_to::ReplayToDialog;
use hookscope::window::panels::dialogs::settings::{self, SettingsDraft};
use hookscope::window::panels::dialogs::{Answer, Closed, keys};
use hookscope::window::panels::tabs::{self, OpenedTab, TabProgress, TabsModel};
use hookscope::window::theme;

/// A dialog and the answers it gave.
struct Shown<D, A> {
    dialog: D,
    answers: Vec<A>,
}

fn show<'a, D: 'a, A: 'a>(
    dialog: D,
    mut ui_of: impl FnMut(&mut D, &egui::Ui) -> Option<A> + 'a,
) -> Harness<'a, Shown<D, A>> {
    let mut harness = Harness::builder().with_size([900.0, 700.0]).with_context_setup(theme::install).build_ui_state(
        move |ui, shown: &mut Shown<D, A>| {
            let answer = ui_of(&mut shown.dialog, ui);
            shown.answers.extend(answer);
        },
        Shown { dialog, answers: Vec::new() },
    );
    harness.run();
    harness
}

fn given<A>(answer: Answer<A>) -> Option<Answer<A>> {
    match answer {
        Answer::Open => None,
        answer => Some(answer),
    }
}

fn file_dialog<'a>(purpose: FilePurpose) -> Harness<'a, Shown<FileDialog, Answer<FileAnswer>>> {
    show(FileDialog::new(purpose, ""), |dialog, ui| given(dialog.ui(ui)))
}

#[test]
fn a_session_is_saved_under_the_path_that_was_typed_with_secrets_masked_unless_asked() {
    let mut harness = file_dialog(FilePurpose::SaveSession);
    assert!(harness.get_by_label("File path").is_focused());
    harness.get_by_label("File path").type_text("/tmp/day-one.hookscope");
    harness.run();
    harness.get_by_label("Save").click();
    harness.run();
    harness.get_by_label("Include secrets").click();
    harness.run();
    harness.get_by_label("Save").click();
    harness.run();
    let take = |include_secrets| {
        Answer::Given(FileAnswer::Take { path: PathBuf::from("/tmp/day-one.hookscope"), include_secrets })
    };
    assert_eq!(harness.state().answers, [take(false), take(true)]);
}

#[test]
fn enter_opens_the_typed_session_and_browse_keeps_the_window() {
    let mut harness = file_dialog(FilePurpose::OpenSession);
    assert!(harness.query_by_label("Include secrets").is_none());
    harness.get_by_label("Browse…").click();
    harness.run();
    harness.get_by_label("File path").focus();
    harness.get_by_label("File path").type_text("/tmp/a.hookscope");
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    let take = FileAnswer::Take { path: PathBuf::from("/tmp/a.hookscope"), include_secrets: false };
    assert_eq!(harness.state().answers, [Answer::Given(FileAnswer::Browse), Answer::Given(take)]);
}

#[test]
fn what_takes_long_shows_its_progress_and_can_be_cancelled() {
    let mut harness = file_dialog(FilePurpose::SaveSession);
    harness.state_mut().dialog.progress = Some(0.4);
    harness.run();
    harness.get_by_label("Progress");
    harness.get_by_label("Cancel").click();
    harness.run();
    assert_eq!(harness.state().answers, [Answer::Given(FileAnswer::Cancel)]);
}

#[test]
fn what_went_wrong_with_a_path_is_said_beneath_it_until_it_is_changed() {
    let mut harness = file_dialog(FilePurpose::OpenSession);
    harness.state_mut().dialog.error = Some("There is no file '/tmp/nowhere'".to_owned());
    harness.run();
    harness.get_by_label("There is no file '/tmp/nowhere'");
    harness.get_by_label("File path").type_text("x");
    harness.run();
    assert!(harness.query_by_label("There is no file '/tmp/nowhere'").is_none());
}

#[test]
fn escape_closes_a_dialog_without_an_answer() {
    let mut harness = show(ReplayToDialog::new(CallId(7), ""), |dialog, ui| given(dialog.ui(ui)));
    harness.key_press(Key::Escape);
    harness.run();
    assert_eq!(harness.state().answers, [Answer::Cancelled]);
}

#[test]
fn a_replay_goes_to_a_url_only() {
    let mut harness = show(ReplayToDialog::new(CallId(7), ""), |dialog, ui| given(dialog.ui(ui)));
    harness.get_by_label("URL").type_text("localhost:3000");
    harness.run();
    harness.get_by_label("Begin with https:// or http://");
    harness.state_mut().dialog.url = "https://localhost:3000".to_owned();
    harness.run();
    harness.get_by_label("Send").click();
    harness.run();
    assert_eq!(harness.state().answers, [Answer::Given("https://localhost:3000".to_owned())]);
}

#[test]
fn a_note_is_saved_as_it_was_typed() {
    let mut harness = show(NoteDialog::new(CallId(7), ""), |dialog, ui| given(dialog.ui(ui)));
    harness.get_by_label("Note").type_text("cold start");
    harness.run();
    harness.get_by_label("Save note").click();
    harness.run();
    assert_eq!(harness.state().answers, [Answer::Given("cold start".to_owned())]);
}

#[test]
fn an_endpoint_is_added_with_its_credential_from_the_environment() {
    let setup = Setup::first_start();
    let environment = |variable: &str| (variable == "HOOK_PASSWORD").then(|| Secret::new("open sesame"));
    let mut harness = show(EndpointDialog::add(None), move |dialog, ui| given(dialog.ui(&setup, &environment, ui)));
    harness.get_by_label("Add").click();
    harness.run();
    harness.get_by_label("Give the endpoint a name");
    harness.get_by_label("Endpoint name").focus();
    harness.get_by_label("Endpoint name").type_text("billing");
    harness.run();
    harness.get_by_label("Endpoint path").focus();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    harness.get_by_label("Endpoint path").type_text("/hooks/billing");
    harness.run();
    harness.get_by_label("Credential").click();
    harness.run();
    harness.get_by_label("Basic: user and password").click();
    harness.run();
    harness.get_by_label("User").focus();
    harness.get_by_label("User").type_text("okta");
    harness.run();
    harness.get_by_label("Password from an environment variable").click();
    harness.run();
    harness.get_by_label("Password variable").focus();
    harness.get_by_label("Password variable").type_text("HOOK_PASSWORD");
    harness.run();
    harness.get_by_label("Add").click();
    harness.run();
    let [Answer::Given(EndpointAnswer { replaces: None, endpoint, .. })] = harness.state().answers.as_slice() else {
        panic!("{:?}", harness.state().answers);
    };
    assert_eq!((&*endpoint.name, endpoint.path.as_str()), ("billing", "/hooks/billing"));
    assert_eq!(endpoint.hook, EndpointHook::Kind(HookKind::Token));
    let basic = endpoint.auth.basic.as_ref().unwrap();
    let value = Some(Secret::new("open sesame"));
    assert_eq!(
        (basic.user.as_str(), &basic.password),
        ("okta", &SecretSource::Env { variable: "HOOK_PASSWORD".into(), value })
    );
}

#[test]
fn an_endpoint_for_a_call_needs_nothing_but_a_yes() {
    let setup = Setup::first_start();
    let dialog = EndpointDialog::add_for("/verify/crew", HookKind::Verification, &setup);
    let mut harness = show(dialog, move |dialog, ui| given(dialog.ui(&setup, &|_| None, ui)));
    harness.get_by_label("Add").click();
    harness.run();
    let Some(Answer::Given(EndpointAnswer { endpoint, .. })) = harness.state().answers.first() else {
        panic!("nothing was added");
    };
    assert_eq!((&*endpoint.name, endpoint.path.as_str()), ("crew", "/verify/crew"));
    assert_eq!(endpoint.hook.kind(), Some(HookKind::Event));
}

#[test]
fn a_typed_secret_is_not_in_what_a_screen_reader_gets() {
    let setup = Setup::first_start();
    let mut harness = show(EndpointDialog::add(None), move |dialog, ui| given(dialog.ui(&setup, &|_| None, ui)));
    harness.get_by_label("Credential").click();
    harness.run();
    harness.get_by_label("A secret in a header").click();
    harness.run();
    harness.get_by_label("Header value typed for this run").click();
    harness.run();
    harness.get_by_label("Header value").focus();
    harness.get_by_label("Header value").type_text("open sesame");
    harness.run();
    let value = harness.get_by_label("Header value").value().unwrap();
    assert!(!value.is_empty() && !value.contains("sesame"), "{value}");
}

#[test]
fn settings_hold_at_once() {
    let draft = SettingsDraft {
        theme: egui::ThemePreference::System,
        compact_rows: false,
        utc_times: false,
        max_session_mib: 4_096,
        max_body_kib: 1_024,
    };
    let mut harness = show(draft, |draft, ui| (settings::ui(draft, ui) == Closed::Yes).then_some(()));
    harness.get_by_label("Light theme").click();
    harness.run();
    harness.get_by_label("UTC times").click();
    harness.run();
    harness.get_by_label("Compact rows").click();
    harness.run();
    let draft = harness.state().dialog;
    assert_eq!((draft.theme, draft.utc_times, draft.compact_rows), (egui::ThemePreference::Light, true, true));
    harness.get_by_label("Session size");
    harness.get_by_label("Close").click();
    harness.run();
    assert_eq!(harness.state().answers.len(), 1);
}

#[test]
fn the_keys_are_listed_with_what_they_do() {
    let harness = show((), |(), ui| (keys::ui(ui) == Closed::Yes).then_some(()));
    harness.get_by_label("Edit response");
    harness.get_by_label("Shift+R");
    harness.get_by_label("Ctrl+S");
}

#[test]
fn a_session_that_is_being_opened_shows_how_far_it_is_and_can_be_cancelled() {
    let tab = |progress| OpenedTab {
        name: "large.hookscope".to_owned(),
        path: "/home/me/large.hookscope".to_owned(),
        progress,
    };
    let loading = Some(TabProgress { share: 0.03, n_done: 12_000, n_all: 400_000 });
    let model = TabsModel { viewed: None, opening: Some(tab(loading)), n_new: 0, shows_live: true };
    let mut harness = Harness::builder().with_size([900.0, 60.0]).with_context_setup(theme::install).build_ui_state(
        |ui, (model, wishes): &mut (TabsModel, Vec<Wish>)| wishes.extend(tabs::ui(model, ui)),
        (model, Vec::new()),
    );
    harness.run();
    harness.get_by_label("Opening large.hookscope");
    harness.get_by_label("Progress of opening");
    harness.get_by_label("12,000 of 400,000 calls");
    harness.get_by_label("Cancel opening").click();
    harness.run();
    // Its first rows are there.
    harness.state_mut().0 = TabsModel { viewed: Some(tab(loading)), opening: None, n_new: 0, shows_live: false };
    harness.run();
    harness.get_by_label("12,000 of 400,000 calls");
    harness.get_by_label("Close session").click();
    harness.run();
    assert_eq!(harness.state().1, [Wish::CancelOpening, Wish::CloseViewed]);
    // All of it is.
    harness.state_mut().0.viewed = Some(tab(None));
    harness.run();
    assert!(harness.query_by_label("Progress of opening").is_none());
}
