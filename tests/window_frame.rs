//! The frame of the window as a person uses it, and as a screen reader finds it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod window_scene;

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use hookscope::call::{CallId, EventCounts, Summary, Timestamp};
use hookscope::okta::{HookKind, Outcome};
use hookscope::window::command::{Command, pressed};
use hookscope::window::panels::Wish;
use hookscope::window::panels::calls::{self, EventRow, Opened};
use hookscope::window::panels::empty::EmptyCalls;
use hookscope::window::panels::messages::Tone;
use hookscope::window::panels::status_bar::Health;
use hookscope::window::panels::top_bar::FilterError;
use hookscope::window::theme;
use jiff::tz::TimeZone;
use window_scene::{Scene, address, call, row};

fn show<'a>(scene: Scene) -> Harness<'a, Scene> {
    let mut harness =
        Harness::builder().with_size(Vec2::new(1_600.0, 1_000.0)).with_context_setup(theme::install).build_ui_state(
            |ui, scene: &mut Scene| {
                for command in pressed(ui) {
                    act(scene, command);
                }
                scene.ui(ui);
                for wish in std::mem::take(&mut scene.wishes) {
                    match wish {
                        Wish::SelectCall(call_id) => scene.selected = Some(call_id),
                        wish => scene.asked.push(wish),
                    }
                }
            },
            scene,
        );
    harness.run();
    harness
}

/// What the window does with the keys of the list.
fn act(scene: &mut Scene, command: Command) {
    let selected = scene.selected.and_then(|call_id| scene.rows.iter().position(|row| row.call_id == call_id));
    match (calls::go(command, selected, scene.rows.len(), &mut scene.list), command) {
        (Some(row_idx), _) => scene.selected = Some(scene.rows[row_idx].call_id),
        (None, Command::FocusFilter) => scene.top.focus_filter(),
        (None, command) => scene.asked.push(Wish::Command(command)),
    }
}

fn asked(harness: &mut Harness<'_, Scene>) -> Vec<Wish> {
    std::mem::take(&mut harness.state_mut().asked)
}

fn many(n_rows: u32) -> Scene {
    let rows =
        (1..=n_rows).map(|number| row(&call(number, i64::from(number), HookKind::Token, 200, Outcome::Applied, 12)));
    Scene::new(rows.collect())
}

#[test]
fn a_first_start_says_what_to_do_and_sends_a_sample() {
    let mut harness = show(Scene::first_start());
    harness.get_by_label("Nothing has come yet");
    harness.get_by_label("Send a sample call").click();
    harness.run();
    assert_eq!(asked(&mut harness), [Wish::Command(Command::SendSample(HookKind::Token))]);
    harness.get_by_label("Copy ngrok command").click();
    harness.run();
    assert_eq!(asked(&mut harness), [Wish::CopyText("ngrok http https://localhost:8443".to_owned())]);
    harness.get_by_label("Other sample calls").click();
    harness.run();
    harness.get_by_label("SAML").click();
    harness.run();
    harness.get_by_label("SP-initiated").click();
    harness.run();
    let sample = hookscope::okta::sample("saml/sp-initiated").unwrap();
    assert_eq!(asked(&mut harness), [Wish::Command(Command::SendVariant(sample))]);
}

#[test]
fn a_taken_port_offers_the_next_free_one_and_the_reason() {
    let mut scene = Scene::first_start();
    scene.listening = false;
    scene.possible.listening = false;
    let why = "Port 8443 is taken by another program".to_owned();
    scene.empty = Some(EmptyCalls::NotListening { why, next_free: Some(address(8444)) });
    let mut harness = show(scene);
    harness.get_by_label("Port 8443 is taken by another program");
    harness.get_by_label("Listen on port 8444").click();
    harness.run();
    assert_eq!(asked(&mut harness), [Wish::ListenAt(address(8444))]);
    harness.get_by_label("Start listening").click();
    harness.run();
    assert_eq!(asked(&mut harness), [Wish::Command(Command::StartListening)]);
}

#[test]
fn a_filter_that_hides_everything_says_how_much_and_can_be_cleared() {
    let mut scene = Scene::new(Vec::new());
    scene.empty = Some(EmptyCalls::FilterHides { n_hidden: 42, endpoint: None });
    let mut harness = show(scene);
    harness.get_by_label("42 hidden");
    harness.get_by_label("Clear filter").click();
    harness.run();
    assert_eq!(asked(&mut harness), [Wish::Command(Command::ClearFilter)]);
}

#[test]
fn each_row_is_one_node_that_can_be_selected_and_opened() {
    let mut harness = show(Scene::an_hour());
    for name in [
        "token /hooks/token 200 applied",
        "registration /hooks/registration 500 refused",
        "unknown - not-tls undocumented",
        "token /hooks/token under way",
    ] {
        let node = harness.get_by_label(name);
        assert_eq!(node.accesskit_node().role(), Role::ListBoxOption, "{name}");
    }
    harness.get_by_label("saml /hooks/saml 204 unchanged").click();
    harness.run();
    assert_eq!(harness.state().selected, Some(CallId(5)));
    assert_eq!(harness.get_by_label("saml /hooks/saml 204 unchanged").accesskit_node().is_selected(), Some(true));
    assert_eq!(harness.get_by_label("token /hooks/token 200 applied").accesskit_node().is_selected(), Some(false));
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(asked(&mut harness), [Wish::Command(Command::OpenSelected)]);
}

#[test]
fn a_call_offers_its_commands_in_a_context_menu() {
    let mut harness = show(Scene::an_hour());
    harness.get_by_label("saml /hooks/saml 204 unchanged").click_secondary();
    harness.run();
    harness.get_by_label("Copy as cURL").click();
    harness.run();
    assert_eq!(asked(&mut harness), [Wish::CallCommand(CallId(5), Command::CopyAsCurl)]);
}

#[test]
fn keys_move_through_the_list_and_keep_the_call_in_sight() {
    let mut harness = show(many(400_000));
    harness.key_press(Key::Home);
    harness.run();
    assert_eq!(harness.state().selected, Some(CallId(1)));
    assert!(!harness.state().list.is_following());
    for key in [Key::J, Key::ArrowDown, Key::J, Key::K] {
        harness.key_press(key);
        harness.run();
    }
    assert_eq!(harness.state().selected, Some(CallId(3)));
    harness.key_press(Key::End);
    harness.run();
    assert_eq!(harness.state().selected, Some(CallId(400_000)));
    let row = harness.query_all_by_role(Role::ListBoxOption).last().unwrap();
    let bounds = row.rect();
    assert!(bounds.bottom() <= 1_000.0 - theme::STATUS_BAR && (bounds.height() - theme::ROW_HEIGHT).abs() < 0.01);
    harness.key_press(Key::PageUp);
    harness.run();
    let selected = harness.state().selected.unwrap().0;
    assert!((399_960..399_975).contains(&selected), "{selected}");
}

#[test]
fn only_the_rows_that_are_seen_are_asked_for() {
    let harness = show(many(400_000));
    let n_nodes = harness.query_all_by_role(Role::ListBoxOption).count();
    assert!((30..40).contains(&n_nodes), "{n_nodes}");
}

#[test]
fn new_calls_scroll_in_until_one_is_selected_and_a_button_leads_back() {
    let mut harness = show(many(100));
    let grow = |harness: &mut Harness<'_, Scene>, n_rows: u32| {
        harness.state_mut().rows = many(n_rows).rows;
        harness.run();
    };
    grow(&mut harness, 105);
    assert_eq!(last_row_position(&harness), 104);
    harness.key_press(Key::K);
    harness.run();
    harness.key_press(Key::K);
    harness.run();
    let before = last_row_position(&harness);
    grow(&mut harness, 117);
    assert_eq!(last_row_position(&harness), before);
    assert_eq!(harness.state().selected, Some(CallId(104)));
    harness.get_by_label("12 new").click();
    harness.run();
    assert_eq!(last_row_position(&harness), 116);
    assert!(harness.query_by_label("12 new").is_none());
    assert_eq!(harness.state().selected, Some(CallId(104)), "arrivals never change the selection");
}

fn last_row_position(harness: &Harness<'_, Scene>) -> usize {
    let rows = harness.query_all_by_role(Role::ListBoxOption);
    rows.filter_map(|row| row.accesskit_node().position_in_set()).max().unwrap()
}

#[test]
fn the_wheel_stops_following_and_the_end_starts_it_again() {
    let mut harness = show(many(500));
    let wheel = |harness: &mut Harness<'_, Scene>, points: f32| {
        harness.hover_at(egui::pos2(500.0, 400.0));
        harness.run();
        harness.event(egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta: Vec2::new(0.0, points),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: Modifiers::NONE,
        });
        harness.run_steps(20);
    };
    wheel(&mut harness, 300.0);
    assert!(!harness.state().list.is_following());
    assert!(last_row_position(&harness) < 495);
    wheel(&mut harness, -2_000.0);
    assert!(harness.state().list.is_following());
    assert_eq!(last_row_position(&harness), 499);
}

#[test]
fn an_endpoint_shows_its_calls_only_until_all_are_asked_for() {
    let mut harness = show(Scene::an_hour());
    harness.get_by_label("Endpoint token").click();
    harness.run();
    let token: Arc<str> = "token".into();
    assert_eq!(asked(&mut harness), [Wish::SelectEndpoint(Some(Arc::clone(&token)))]);
    harness.state_mut().endpoint = Some(Arc::clone(&token));
    harness.run();
    harness.get_by_label("Endpoint token").click();
    harness.run();
    assert_eq!(asked(&mut harness), [Wish::SelectEndpoint(Some(Arc::clone(&token)))], "what is selected stays");
    harness.get_by_label("All calls").click();
    harness.run();
    assert_eq!(asked(&mut harness), [Wish::SelectEndpoint(None)]);
    harness.get_by_label("Add endpoint").click();
    harness.run();
    assert_eq!(asked(&mut harness), [Wish::Command(Command::AddEndpoint)]);
    harness.get_by_label("Endpoint token").click_secondary();
    harness.run();
    harness.get_by_label("Take the staged response back").click();
    harness.run();
    assert_eq!(asked(&mut harness), [Wish::Unstage(token)]);
}

#[test]
fn the_filter_takes_the_slash_as_a_key_and_letters_as_text() {
    let mut harness = show(Scene::an_hour());
    // A keyboard gives the key and its character in one frame.
    let slash = egui::Event::Key {
        key: Key::Slash,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: Modifiers::NONE,
    };
    harness.input_mut().events.extend([slash, egui::Event::Text("/".to_owned())]);
    harness.run();
    assert!(harness.get_by_label("Filter calls").is_focused());
    assert_eq!(harness.state().top.filter, "");
    harness.key_press(Key::R);
    harness.event(egui::Event::Text("r".to_owned()));
    harness.run();
    assert_eq!(harness.state().top.filter, "r");
    assert_eq!(asked(&mut harness), [Wish::FilterChanged]);
    harness.get_by_label("Clear filter").click();
    harness.run();
    assert_eq!(harness.state().top.filter, "");
    assert_eq!(asked(&mut harness), [Wish::FilterChanged]);
}

#[test]
fn a_filter_that_cannot_be_read_says_why_beneath_the_field() {
    let mut scene = Scene::an_hour();
    scene.top.filter = "hook:tokne late".to_owned();
    scene.filter_error = Some(FilterError { span: 0..10, reason: "'tokne' is no hook kind".to_owned() });
    let harness = show(scene);
    harness.get_by_label("'tokne' is no hook kind");
}

#[test]
fn menus_name_their_entries_by_text_alone_and_grey_what_makes_no_sense() {
    let mut scene = Scene::an_hour();
    scene.possible.can_undo_clear = false;
    let mut harness = show(scene);
    harness.get_by_label("Session").click();
    harness.run();
    assert!(harness.get_by_label("Undo clear").accesskit_node().is_disabled());
    harness.get_by_label("Save session as…").click();
    harness.run();
    assert_eq!(asked(&mut harness), [Wish::Command(Command::SaveSessionAs)]);
    harness.get_by_label("Help").click();
    harness.run();
    harness.get_by_label("Keys").click();
    harness.run();
    assert_eq!(asked(&mut harness), [Wish::Command(Command::ShowKeys)]);
}

#[test]
fn the_listening_state_can_be_ended_where_it_is_shown() {
    let mut harness = show(Scene::an_hour());
    harness.get_by_label("Listening on 127.0.0.1:8443").click();
    harness.run();
    harness.get_by_label("Stop listening").click();
    harness.run();
    assert_eq!(asked(&mut harness), [Wish::Command(Command::StopListening)]);
}

#[test]
fn the_status_bar_copies_the_address_and_leads_to_what_is_wrong() {
    let mut scene = Scene::an_hour();
    let text = "The session file cannot be written".to_owned();
    scene.health = Health::Problem { tone: Tone::Error, text, n_problems: 2 };
    let mut harness = show(scene);
    harness.get_by_label("https://127.0.0.1:8443").click();
    harness.run();
    assert_eq!(asked(&mut harness), [Wish::Command(Command::CopyAddress)]);
    harness.get_by_label("The session file cannot be written (and 1 more)").click();
    harness.run();
    assert_eq!(asked(&mut harness), [Wish::Command(Command::ShowMessages)]);
    harness.get_by_label("17 calls");
    harness.get_by_label("1 in flight");
}

#[test]
fn the_daily_count_of_events_shows_from_a_tenth_of_the_limit_on() {
    let mut scene = Scene::an_hour();
    scene.events_today = 39_999;
    let mut harness = show(scene);
    assert!(harness.query_by_label("39,999 of 400,000 events today").is_none());
    for n_events in [40_000, 280_000, 400_000] {
        harness.state_mut().events_today = n_events;
        harness.run();
        harness.get_by_label(&format!("{},000 of 400,000 events today", n_events / 1_000));
    }
}

#[test]
fn events_open_beneath_a_delivery_without_moving_what_is_read_below() {
    let body = hookscope::okta::sample("event").unwrap().body;
    let mut scene = many(300);
    scene.rows[10] =
        row(&Summary { events: EventCounts::new(2, 2), ..call(11, 11, HookKind::Event, 204, Outcome::Accepted, 3) });
    let mut harness = show(scene);
    harness.key_press(Key::K);
    harness.run();
    let first_shown = |harness: &Harness<'_, Scene>| {
        let rows = harness.query_all_by_role(Role::ListBoxOption);
        rows.map(|row| (row.accesskit_node().position_in_set(), row.rect().top() as i32)).next().unwrap()
    };
    let before = first_shown(&harness);
    let events = EventRow::of_delivery(CallId(11), body.as_bytes(), None, &TimeZone::UTC);
    harness.state_mut().opened = vec![Opened { row_idx: 10, events }];
    harness.run();
    assert_eq!(first_shown(&harness), before, "a delivery that opens far above moves nothing");
    assert_eq!(harness.state().list.n_unseen(), 0);
    harness.key_press(Key::Home);
    harness.run();
    harness.get_by_label("Event 1 of call 11, group.user_membership.add, SUCCESS");
    harness.get_by_label("Hide events of call 11").click();
    harness.run();
    assert_eq!(asked(&mut harness), [Wish::ToggleEvents(CallId(11))]);
    harness.get_by_label("Event 2 of call 11, user.lifecycle.activate, SUCCESS").click();
    harness.run();
    assert_eq!(asked(&mut harness), [Wish::ShowEvent { call_id: CallId(11), event_idx: 1 }]);
}

#[test]
fn a_message_offers_what_can_be_done_and_an_error_stays_until_it_is_read() {
    let mut scene = Scene::an_hour();
    scene.messages.say(Tone::Info, "42 calls cleared", Timestamp(0), Some(Command::UndoClear));
    scene.messages.say(Tone::Error, "Cannot write the session file", Timestamp(0), None);
    let mut harness = show(scene);
    harness.get_by_label("Undo clear").click();
    harness.run();
    assert_eq!(asked(&mut harness), [Wish::Command(Command::UndoClear)]);
    assert!(harness.query_by_label("42 calls cleared").is_none());
    harness.run_steps(200);
    harness.get_by_label("Cannot write the session file");
    harness.state_mut().messages.list_open = true;
    harness.run();
    harness.get_by_label("Close").click();
    harness.run();
    assert!(harness.query_by_label("Cannot write the session file").is_none());
}

#[test]
fn no_other_node_begins_as_a_row_does() {
    let harness = show(Scene::an_hour());
    let names: Vec<String> = harness.state().rows.iter().map(|row| row.name.clone()).collect();
    for name in names {
        let start: Vec<&str> = name.splitn(3, ' ').take(2).collect();
        let start = start.join(" ");
        for node in harness.query_all_by(|_| true) {
            let node = node.accesskit_node();
            if node.role() != Role::ListBoxOption {
                let says = [node.label(), node.value()];
                assert!(says.iter().flatten().all(|text| !text.starts_with(&start)), "{start}: {says:?}");
            }
        }
    }
}
