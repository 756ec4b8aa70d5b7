//! The tunnel pane as a person uses it, and as a screen reader finds it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::Arc;

use egui::{Key, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use hookscope::call::ForwardedFact;
use hookscope::window::panels::facts_view;
use hookscope::window::panels::messages::Tone;
use hookscope::window::panels::tunnel::{
    self, ChangeModel, ProgramModel, PublicModel, RunModel, TunnelModel, TunnelState, TunnelWish, WayModel,
};
use hookscope::window::theme;

struct Pane {
    model: TunnelModel,
    state: TunnelState,
    asked: Vec<TunnelWish>,
}

fn program(title: &'static str, path: Option<&str>, ways: &[(bool, &str, bool)]) -> ProgramModel {
    ProgramModel {
        place: 0,
        title,
        path: path.map(str::to_owned),
        ways: ways
            .iter()
            .map(|(is_plain, command, is_complete)| WayModel {
                is_plain: *is_plain,
                command: (*command).to_owned(),
                is_complete: *is_complete,
            })
            .collect(),
        needs: "An account",
        url_looks: "https://NAME.example.com",
        name_stays: "A new name at each start",
        notes: &["It shows a page of its own first"],
    }
}

/// Nothing runs, cloudflared is there, ngrok is not.
fn nothing_yet() -> TunnelModel {
    TunnelModel {
        programs: vec![
            program(
                "cloudflared",
                Some("/usr/bin/cloudflared"),
                &[
                    (false, "cloudflared tunnel --url https://127.0.0.1:8443 --no-tls-verify", true),
                    (true, "cloudflared tunnel --url http://127.0.0.1:8080", true),
                ],
            ),
            program("ngrok", None, &[(false, "ngrok http https://127.0.0.1:8443", true)]),
            program(
                "ssh -R",
                Some("/usr/bin/ssh"),
                &[(false, "ssh -N -R 8443:127.0.0.1:8443 user@your-server.example", false)],
            ),
        ],
        ..TunnelModel::default()
    }
}

fn running() -> TunnelModel {
    let lines: Vec<Arc<str>> = (0..40).map(|number| Arc::from(format!("INF line {number}"))).collect();
    TunnelModel {
        public: Some(PublicModel {
            url: "https://quiet-otter.trycloudflare.com".to_owned(),
            about: "from cloudflared, since 06:07:08".to_owned(),
            problem: None,
            is_typed: false,
        }),
        run: Some(RunModel {
            said: "cloudflared runs since 06:07:08".to_owned(),
            tone: Tone::Info,
            is_running: true,
            command: "cloudflared tunnel".to_owned(),
            warning: None,
            lines: lines.into(),
            n_left_out: 3,
        }),
        why_not: Some("A tunnel runs already: stop it first"),
        ..nothing_yet()
    }
}

fn show<'a>(model: TunnelModel) -> Harness<'a, Pane> {
    show_sized(model, Vec2::new(800.0, 1_600.0))
}

fn show_sized<'a>(model: TunnelModel, size: Vec2) -> Harness<'a, Pane> {
    let pane = Pane { model, state: TunnelState::default(), asked: Vec::new() };
    let mut harness = Harness::builder().with_size(size).with_context_setup(theme::install).build_ui_state(
        |ui, pane: &mut Pane| {
            let wishes = tunnel::ui(&pane.model, &mut pane.state, |_| {}, ui);
            pane.asked.extend(wishes);
        },
        pane,
    );
    harness.run();
    harness
}

fn click(harness: &mut Harness<'_, Pane>, name: &str) -> Vec<TunnelWish> {
    harness.get_by_label(name).click();
    harness.run();
    std::mem::take(&mut harness.state_mut().asked)
}

fn is_disabled(harness: &Harness<'_, Pane>, name: &str) -> bool {
    harness.get_by_label(name).accesskit_node().is_disabled()
}

#[test]
fn a_program_that_is_there_can_be_started_to_either_port_and_its_command_copied() {
    let mut harness = show(nothing_yet());
    let start = |is_plain| vec![TunnelWish::Start { program_idx: 0, is_plain }];
    assert_eq!(click(&mut harness, "Start cloudflared"), start(false));
    assert_eq!(click(&mut harness, "Start cloudflared over HTTP"), start(true));
    let text = "cloudflared tunnel --url https://127.0.0.1:8443 --no-tls-verify".to_owned();
    assert_eq!(click(&mut harness, "Copy cloudflared command"), [TunnelWish::Copy { text, what: "command" }]);
    let text = "ngrok http https://127.0.0.1:8443".to_owned();
    assert_eq!(click(&mut harness, "Copy ngrok command"), [TunnelWish::Copy { text, what: "command" }]);
    assert!(is_disabled(&harness, "Start ngrok"));
    assert_eq!(click(&mut harness, "Look again"), [TunnelWish::Look]);
    assert_eq!(click(&mut harness, "Find a running ngrok"), [TunnelWish::Find]);
    assert_eq!(click(&mut harness, "Close tunnel"), [TunnelWish::Close]);
}

#[test]
fn a_running_tunnel_shows_url_and_output_and_can_be_stopped() {
    let mut harness = show(running());
    harness.get_by_label("https://quiet-otter.trycloudflare.com");
    harness.get_by_label("from cloudflared, since 06:07:08");
    harness.get_by_label("cloudflared runs since 06:07:08");
    // The output follows: its last line is there, its first is scrolled out.
    harness.get_by_label("INF line 39");
    assert!(harness.query_by_label("INF line 0").is_none());
    let text = "https://quiet-otter.trycloudflare.com".to_owned();
    assert_eq!(click(&mut harness, "Copy public URL"), [TunnelWish::Copy { text, what: "public URL" }]);
    assert_eq!(click(&mut harness, "Stop tunnel"), [TunnelWish::Stop]);
    match click(&mut harness, "Copy output").as_slice() {
        [TunnelWish::Copy { text, what: "output" }] => assert_eq!(text.lines().count(), 40),
        asked => panic!("{asked:?}"),
    }
    for name in ["Start cloudflared", "Start cloudflared over HTTP", "Start own command"] {
        assert!(is_disabled(&harness, name), "{name}");
    }
}

#[test]
fn a_tunnel_that_has_ended_keeps_its_output_and_says_how_it_ended() {
    let mut model = running();
    let run = model.run.as_mut().unwrap();
    run.is_running = false;
    run.said = "cloudflared ended by itself with exit status 1, at 06:09:10".to_owned();
    run.tone = Tone::Error;
    (model.public, model.why_not) = (None, None);
    let harness = show(model);
    harness.get_by_label("cloudflared ended by itself with exit status 1, at 06:09:10");
    harness.get_by_label("INF line 39");
    harness.get_by_label("LAST PROGRAM");
    assert!(harness.query_by_label("Stop tunnel").is_none());
    assert!(!is_disabled(&harness, "Start cloudflared"));
}

#[test]
fn a_url_can_be_typed_and_taken_back() {
    let mut harness = show(nothing_yet());
    assert!(is_disabled(&harness, "Set public URL"));
    harness.get_by_label("Public URL").focus();
    harness.run();
    harness.get_by_label("Public URL").type_text("https://hooks.example.com");
    harness.run();
    let url = |text: &str| vec![TunnelWish::SetUrl(Some(text.to_owned()))];
    assert_eq!(click(&mut harness, "Set public URL"), url("https://hooks.example.com"));
    harness.get_by_label("Public URL").focus();
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(std::mem::take(&mut harness.state_mut().asked), url("https://hooks.example.com"));
    harness.state_mut().state.known_url = Some("https://hooks.example.com".to_owned());
    harness.state_mut().state.url.clear();
    harness.run();
    assert_eq!(click(&mut harness, "Set public URL"), [TunnelWish::SetUrl(None)]);
}

#[test]
fn what_okta_will_not_take_and_what_an_agent_said_stand_where_they_belong() {
    let problem = "Okta calls https only: a hook with an http URL is refused as invalid";
    let mut model = nothing_yet();
    model.typed_problem = Some(problem.to_owned());
    model.not_found = Some("No ngrok agent runs on this machine".to_owned());
    let harness = show(model);
    harness.get_by_label(problem);
    harness.get_by_label("No ngrok agent runs on this machine");
    let mut model = nothing_yet();
    model.is_finding = true;
    assert!(is_disabled(&show(model), "Find a running ngrok"));
}

#[test]
fn a_typed_url_beside_a_tunnels_own_can_give_way() {
    let mut model = running();
    model.public.as_mut().unwrap().is_typed = true;
    model.other_url = Some("https://loud-heron.trycloudflare.com".to_owned());
    let mut harness = show(model);
    harness.get_by_label("The tunnel gives https://loud-heron.trycloudflare.com, but the typed URL stands");
    assert_eq!(click(&mut harness, "Use the tunnel's URL"), [TunnelWish::SetUrl(None)]);
}

#[test]
fn a_changed_url_is_a_notice_with_what_to_do_until_okta_has_the_new_one() {
    let mut model = running();
    let before = "https://loud-heron.trycloudflare.com".to_owned();
    model.change = Some(ChangeModel { before, at: "06:07:08".to_owned() });
    let mut harness = show(model);
    harness.get_by_label("The public URL has changed. Hooks in Okta that hold the old one point nowhere");
    harness.get_by_label("Before 06:07:08: https://loud-heron.trycloudflare.com");
    assert_eq!(click(&mut harness, "Okta has the new URL"), [TunnelWish::ForgetChange]);
}

#[test]
fn an_own_command_is_typed_or_taken_from_a_recipe_that_needs_a_server() {
    let mut harness = show(nothing_yet());
    assert!(is_disabled(&harness, "Start own command"));
    assert_eq!(click(&mut harness, "Edit ssh -R command"), []);
    let command = "ssh -N -R 8443:127.0.0.1:8443 user@your-server.example";
    assert_eq!(harness.get_by_label("Own command").accesskit_node().value().as_deref(), Some(command));
    assert_eq!(click(&mut harness, "Start own command"), [TunnelWish::StartOwn(command.to_owned())]);
    assert!(harness.query_by_label("Start ssh -R").is_none());
}

#[test]
fn notes_open_and_close_and_the_checklist_for_silence_is_there() {
    let mut harness = show(nothing_yet());
    assert!(harness.query_by_label("It shows a page of its own first").is_none());
    click(&mut harness, "Notes on ngrok");
    harness.get_by_label("It shows a page of its own first");
    click(&mut harness, "Notes on ngrok");
    assert!(harness.query_by_label("It shows a page of its own first").is_none());
    harness.get_by_label_contains("subscribed to the type of the event");
    harness.get_by_label_contains("org authorization server");
}

#[test]
fn the_way_that_a_call_came_is_told_with_a_word_about_what_it_proves() {
    let fact = |label, value: &str| ForwardedFact { label, value: value.to_owned(), header: "CF-Connecting-IP" };
    let way = vec![fact("Came through", "Cloudflare (cloudflared)"), fact("Client", "203.0.113.7")];
    let show = |way: Vec<ForwardedFact>| {
        let mut harness = Harness::builder()
            .with_size(Vec2::new(600.0, 300.0))
            .with_context_setup(theme::install)
            .build_ui(move |ui| facts_view::ui(&[], &way, theme::palette(ui), ui));
        harness.run();
        harness
    };
    let harness = show(way);
    harness.get_by_label("THE WAY HERE");
    harness.get_by_label("Cloudflare (cloudflared)");
    harness.get_by_label("203.0.113.7");
    harness.get_by_label_contains("proves nothing");
    assert!(show(Vec::new()).query_by_label("THE WAY HERE").is_none());
}

#[test]
fn it_fits_a_low_and_narrow_pane() {
    for size in [Vec2::new(380.0, 260.0), Vec2::new(800.0, 300.0)] {
        let harness = show_sized(running(), size);
        let button = harness.get_by_label("Copy public URL").rect();
        assert!(button.right() <= size.x && button.left() >= 0.0, "{button:?} in {size:?}");
        let find = harness.get_by_label("Find a running ngrok").rect();
        assert!(find.right() <= size.x, "{find:?} in {size:?}");
    }
}
