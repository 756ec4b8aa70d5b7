//! Pictures of the frame of the window, compared with those in `tests/snapshots`.

#![cfg(feature = "pictures")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod window_scene;

use egui::Theme;
use egui_kittest::{Harness, SnapshotResults};
use hookscope::call::Timestamp;
use hookscope::okta::{HookKind, Outcome};
use hookscope::window::command::Command;
use hookscope::window::panels::empty::EmptyCalls;
use hookscope::window::panels::messages::Tone;
use hookscope::window::panels::status_bar::Health;
use hookscope::window::panels::top_bar::FilterError;
use hookscope::window::theme;
use window_scene::{Scene, address, call, row};

const WIDE: [f32; 2] = [1_600.0, 1_000.0];
const SMALL: [f32; 2] = [1_000.0, 700.0];

fn picture(name: &str, size: [f32; 2], theme: Theme, scene: Scene, results: &mut SnapshotResults) {
    picture_after(name, size, theme, scene, |_| {}, results);
}

fn picture_after(
    name: &str,
    size: [f32; 2],
    theme: Theme,
    scene: Scene,
    change: impl FnOnce(&mut Scene),
    results: &mut SnapshotResults,
) {
    let mut harness = Harness::builder()
        .with_size(size)
        .with_theme(theme)
        .with_context_setup(theme::install)
        .build_ui_state(|ui, scene: &mut Scene| scene.ui(ui), scene);
    harness.run_steps(4);
    change(harness.state_mut());
    harness.run_steps(4);
    harness.snapshot(name);
    results.extend_harness(&mut harness);
}

#[test]
fn the_frame_looks_as_it_should() {
    let mut results = SnapshotResults::new();
    picture("frame_rows_dark", WIDE, Theme::Dark, Scene::an_hour(), &mut results);
    picture("frame_rows_light", WIDE, Theme::Light, Scene::an_hour(), &mut results);
    picture("frame_rows_small_dark", SMALL, Theme::Dark, Scene::an_hour(), &mut results);
    picture("frame_empty_light", WIDE, Theme::Light, Scene::first_start(), &mut results);
    picture("frame_empty_small_dark", SMALL, Theme::Dark, Scene::first_start(), &mut results);

    let mut behind = Scene::an_hour();
    let rows =
        (20..400).map(|number| row(&call(number, i64::from(number), HookKind::Token, 200, Outcome::Applied, 12)));
    behind.rows.extend(rows);
    behind.top.filter = "hook:tokne late".to_owned();
    let reason = "'tokne' is no hook kind; the kinds are event, verification, token, saml, registration, password-import, \
                  user-import, telephony";
    behind.filter_error = Some(FilterError { span: 0..10, reason: reason.to_owned() });
    let more = |scene: &mut Scene| {
        scene.list.stop_following();
        let rows = (400..412).map(|number| row(&call(number, 400, HookKind::Saml, 204, Outcome::Unchanged, 9)));
        scene.rows.extend(rows);
    };
    picture_after("frame_behind_small_light", SMALL, Theme::Light, behind, more, &mut results);

    let mut trouble = Scene::first_start();
    trouble.listening = false;
    trouble.possible.listening = false;
    let why = "Port 8443 is taken by another program. Listen on the next free port, or end that program and try again.";
    trouble.empty = Some(EmptyCalls::NotListening { why: why.to_owned(), next_free: Some(address(8444)) });
    trouble.health = Health::Problem { tone: Tone::Error, text: "Port 8443 is taken".to_owned(), n_problems: 1 };
    trouble.messages.say(Tone::Error, "Cannot listen on 127.0.0.1:8443: the port is taken", Timestamp(0), None);
    trouble.messages.say(Tone::Info, "42 calls cleared", Timestamp(0), Some(Command::UndoClear));
    picture("frame_trouble_light", SMALL, Theme::Light, trouble, &mut results);
}
