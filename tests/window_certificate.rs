//! The pane of the certificate and its windows, by accessible name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod session_calls;

use std::path::PathBuf;
use std::sync::Arc;

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use hookscope::call::{CallId, Closing, Record, TlsFacts, TlsVersion, judge_call};
use hookscope::okta::HookKind;
use hookscope::window::panels::certificate::{
    self, AuthorityModel, CertificateModel, CertificateWish, FailedHandshake, Level, ServedModel,
};
use hookscope::window::panels::detail::{self, DetailModel, DetailState};
use hookscope::window::panels::detail_tabs::Tab;
use hookscope::window::panels::dialogs::Answer;
use hookscope::window::panels::dialogs::certificate::{ImportAnswer, ImportDialog, new_authority_ui};
use hookscope::window::theme;

const SHA256: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
const CA_SHA256: &str = "aa1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1ff";

fn local() -> CertificateModel {
    CertificateModel {
        served: Some(ServedModel {
            names: ["localhost", "127.0.0.1", "::1", "hooks.test"].map(str::to_owned).into(),
            from: "2031-01-01".to_owned(),
            until: "2032-02-01".to_owned(),
            share: 0.25,
            left: "297 days left".to_owned(),
            level: Level::Good,
            issuer: "Hookscope local authority 0a1b2c3d".to_owned(),
            key_kind: "ECDSA P-256".to_owned(),
            n_chain: 1,
            sha256: SHA256.to_owned(),
            trust_path: "/home/me/.local/share/hookscope/tls/ca.pem".to_owned(),
            authority: Some(AuthorityModel { sha256: CA_SHA256.to_owned(), until: "2040-12-29".to_owned() }),
            own_file: None,
            problems: Vec::new(),
        }),
        why_stopped: String::new(),
        handshakes: vec![FailedHandshake {
            reason: "The client does not trust the listener's certificate".to_owned(),
            n_calls: 3,
            last: CallId(17),
            time: "06:07:08".to_owned(),
        }],
        n_handshakes: 3,
    }
}

fn own() -> CertificateModel {
    let mut model = local();
    let served = model.served.as_mut().unwrap();
    served.authority = None;
    served.own_file = Some("/home/me/fullchain.pem".to_owned());
    served.left = "expired 3 days ago".to_owned();
    served.level = Level::Error;
    served.problems = vec![(Level::Error, "The certificate has expired; import another one".to_owned())];
    model
}

struct Shown {
    model: CertificateModel,
    wishes: Vec<CertificateWish>,
}

fn show<'a>(model: CertificateModel) -> Harness<'a, Shown> {
    let mut harness = Harness::builder().with_size([700.0, 1_000.0]).with_context_setup(theme::install).build_ui_state(
        |ui, shown: &mut Shown| {
            let wishes = certificate::ui(&shown.model, ui);
            shown.wishes.extend(wishes);
        },
        Shown { model, wishes: Vec::new() },
    );
    harness.run();
    harness
}

#[test]
fn the_local_certificate_is_seen_at_a_glance_and_everything_can_be_asked_of_it() {
    let mut harness = show(local());
    harness.get_by_label("Valid from 2031-01-01 until 2032-02-01, 297 days left");
    for text in ["hooks.test", "Hookscope local authority 0a1b2c3d", SHA256, CA_SHA256, "2040-12-29"] {
        harness.get_by_label(text);
    }
    assert!(harness.query_by_label("Use the local certificate").is_none());
    let copy = |text: &str, what| CertificateWish::Copy { text: text.to_owned(), what };
    for (name, wish) in [
        ("Renew certificate", CertificateWish::Renew),
        ("Import certificate…", CertificateWish::Import),
        ("Export certificate…", CertificateWish::Export),
        ("New authority…", CertificateWish::NewAuthority),
        ("Copy fingerprint", copy(SHA256, "fingerprint")),
        ("Copy fingerprint of the authority", copy(CA_SHA256, "fingerprint of the authority")),
        ("Copy path", copy("/home/me/.local/share/hookscope/tls/ca.pem", "path")),
        ("Call 17", CertificateWish::Open(CallId(17))),
        ("Close certificate", CertificateWish::Close),
    ] {
        harness.get_by_label(name).click();
        harness.run();
        assert_eq!(std::mem::take(&mut harness.state_mut().wishes), [wish], "{name}");
    }
}

#[test]
fn a_certificate_of_the_users_own_says_what_is_wrong_first_and_can_be_given_up() {
    let mut harness = show(own());
    let problem = harness.get_by_label("The certificate has expired; import another one").rect();
    assert!(problem.bottom() < harness.get_by_label("localhost").rect().top());
    harness.get_by_label("expired 3 days ago");
    harness.get_by_label("/home/me/fullchain.pem");
    for name in ["Renew certificate", "New authority…"] {
        assert!(harness.query_by_label(name).is_none(), "{name}");
    }
    harness.get_by_label("Use the local certificate").click();
    harness.run();
    assert_eq!(harness.state().wishes, [CertificateWish::UseLocal]);
}

#[test]
fn without_a_listener_the_pane_says_why_and_offers_the_ways_out() {
    let why = "cannot use /home/me/no.pem: it cannot be read";
    let model = CertificateModel { served: None, why_stopped: why.to_owned(), handshakes: Vec::new(), n_handshakes: 0 };
    let mut harness = show(model);
    harness.get_by_label(why);
    harness.get_by_label("None");
    for (name, wish) in [
        ("Start listening", CertificateWish::StartListening),
        ("Import certificate…", CertificateWish::Import),
        ("Use the local certificate", CertificateWish::UseLocal),
    ] {
        harness.get_by_label(name).click();
        harness.run();
        assert_eq!(std::mem::take(&mut harness.state_mut().wishes), [wish], "{name}");
    }
}

#[test]
fn the_pane_can_be_used_with_the_keyboard_alone() {
    let mut harness = show(local());
    let mut reached = Vec::new();
    for _ in 0..12 {
        harness.key_press(Key::Tab);
        harness.run();
        harness.key_press(Key::Enter);
        harness.run();
        reached.append(&mut harness.state_mut().wishes);
    }
    for wish in [CertificateWish::Renew, CertificateWish::Import, CertificateWish::Open(CallId(17))] {
        assert!(reached.contains(&wish), "{wish:?} was not reached: {reached:?}");
    }
}

struct Asked<D, A> {
    dialog: D,
    answers: Vec<A>,
}

fn ask<'a>() -> Harness<'a, Asked<ImportDialog, Answer<ImportAnswer>>> {
    let mut harness = Harness::builder().with_size([900.0, 700.0]).with_context_setup(theme::install).build_ui_state(
        |ui, asked: &mut Asked<ImportDialog, Answer<ImportAnswer>>| match asked.dialog.ui(ui) {
            Answer::Open => {}
            answer => asked.answers.push(answer),
        },
        Asked { dialog: ImportDialog::default(), answers: Vec::new() },
    );
    harness.run();
    harness
}

#[test]
fn a_certificate_is_imported_from_two_paths_that_are_typed_or_chosen() {
    let mut harness = ask();
    assert!(harness.get_by_label("Certificate file").is_focused());
    harness.get_by_label("Certificate file").type_text("/tmp/own.pem");
    harness.run();
    harness.get_by_label("Browse for the key").click();
    harness.run();
    harness.state_mut().dialog.chosen("/tmp/own.key".to_owned());
    harness.run();
    harness.get_by_label("Import").click();
    harness.run();
    let take = ImportAnswer::Take { cert: PathBuf::from("/tmp/own.pem"), key: PathBuf::from("/tmp/own.key") };
    let browse = Answer::Given(ImportAnswer::Browse(PathBuf::new()));
    assert_eq!(harness.state().answers, [browse, Answer::Given(take)]);

    harness.state_mut().dialog.error = Some("The key does not match".to_owned());
    harness.run();
    harness.get_by_label("The key does not match");
    harness.key_press(Key::Escape);
    harness.run();
    assert_eq!(harness.state().answers.last(), Some(&Answer::Cancelled));
}

#[test]
fn a_new_authority_is_made_after_a_warning_only() {
    let mut harness = Harness::builder().with_size([900.0, 700.0]).with_context_setup(theme::install).build_ui_state(
        |ui, answers: &mut Vec<Answer<()>>| match new_authority_ui(ui) {
            Answer::Open => {}
            answer => answers.push(answer),
        },
        Vec::new(),
    );
    harness.run();
    harness.get_by_label_contains("must trust the new authority");
    harness.get_by_role_and_label(egui::accesskit::Role::Button, "Make a new authority").click();
    harness.run();
    harness.get_by_label("Cancel").click();
    harness.run();
    assert_eq!(*harness.state(), [Answer::Given(()), Answer::Cancelled]);
}

#[test]
fn the_timeline_of_a_call_says_what_tls_agreed_on_and_what_is_wrong_with_the_name() {
    let mut opening = session_calls::opening(7, HookKind::Token, "/hooks/token", 204);
    opening.request.tls = Some(TlsFacts {
        version: TlsVersion::Tls13,
        alpn: Some("http/1.1".into()),
        cipher: Some("TLS_AES_128_GCM_SHA256".into()),
        server_name: Some("hooks.test".into()),
        certificate_names: Some("localhost, 127.0.0.1".into()),
    });
    let timing = Some(session_calls::timing(5));
    let verdict = Arc::new(judge_call(&opening, timing, None));
    let closing = Closing { timing, verdict, problem: None, events: None };
    let record = Record { opening, closing, recorded: true, pinned: false, note: String::new() };
    let mut model = DetailModel::new(record, Vec::new(), "06:07:08.910".to_owned());
    let mut harness = Harness::builder().with_size([900.0, 800.0]).with_context_setup(theme::install).build_ui_state(
        move |ui, state: &mut DetailState| {
            detail::ui(&mut model, state, ui);
        },
        DetailState { tab: Tab::Timeline, ..DetailState::default() },
    );
    harness.run();
    harness.get_by_label("TLSv1.3, TLS_AES_128_GCM_SHA256, ALPN http/1.1, SNI hooks.test");
    harness.get_by_label_contains("asked for hooks.test, the certificate is for localhost, 127.0.0.1");
}
