//! What stands where there is nothing to show: never a blank, always what to do next.

use std::net::SocketAddr;
use std::sync::Arc;

use egui::{Align, Align2, Layout, RichText, Sense, Ui, UiBuilder, Vec2, vec2};

use super::Wish;
use crate::okta::HookKind;
use crate::window::command::{Command, Possible};
use crate::window::controls;
use crate::window::icons::Icon;
use crate::window::menus;
use crate::window::theme;

/// Why the list of calls is empty.
#[derive(Clone, Debug, PartialEq)]
pub enum EmptyCalls {
    NotListening {
        /// What went wrong; empty where somebody stopped it.
        why: String,
        /// A free port, where the wanted one is taken.
        next_free: Option<SocketAddr>,
    },
    NothingYet(NothingYet),
    FilterHides {
        n_hidden: usize,
        /// The endpoint that is selected, where that alone hides them.
        endpoint: Option<Arc<str>>,
    },
    /// An opened session without calls.
    EmptySession,
}

/// How the first call comes about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NothingYet {
    /// `https://127.0.0.1:8443`
    pub address: String,
    /// Commands that start a tunnel, each with the name of its program.
    pub recipes: Vec<(String, String)>,
    /// The address under which Okta reaches it, where it is known already.
    pub public_url: Option<String>,
    /// A path that an endpoint answers.
    pub example_path: String,
}

/// The widest that texts run, in points.
const WIDTH: f32 = 544.0;

/// Draws the state in the middle of the space there is.
pub fn calls_ui(model: &EmptyCalls, possible: &Possible, ui: &mut Ui) -> Vec<Wish> {
    let mut wishes = Vec::new();
    let salt = match model {
        EmptyCalls::NotListening { .. } => "not-listening",
        EmptyCalls::NothingYet(_) => "nothing-yet",
        EmptyCalls::FilterHides { .. } => "filter-hides",
        EmptyCalls::EmptySession => "empty-session",
    };
    middle(ui, salt, |ui| match model {
        EmptyCalls::NotListening { why, next_free } => not_listening_ui(why, *next_free, &mut wishes, ui),
        EmptyCalls::NothingYet(model) => nothing_yet_ui(model, possible, &mut wishes, ui),
        EmptyCalls::FilterHides { n_hidden, endpoint } => {
            filter_hides_ui(*n_hidden, endpoint.as_deref(), &mut wishes, ui);
        }
        EmptyCalls::EmptySession => {
            head_ui(ui, "This session holds no calls", "It was saved before the first one came, or they were cleared.");
        }
    });
    wishes
}

/// Puts contents into the middle of the space there is, by their size in the last frame; scrolls where they are too high.
fn middle(ui: &mut Ui, salt: &str, contents: impl FnOnce(&mut Ui)) {
    let area = ui.available_rect_before_wrap();
    ui.advance_cursor_after_rect(area);
    let id = ui.scope_id().with(("empty-height", salt));
    let known: Option<f32> = ui.data(|data| data.get_temp(id));
    let width = (area.width() - 2.0 * theme::GAP_GROUP).clamp(120.0, WIDTH);
    let height = known.unwrap_or(0.0);
    let top = ((area.height() - height) / 2.0).max(theme::GAP_GROUP);
    let mut outer = ui.new_child(UiBuilder::new().id_salt(salt).max_rect(area));
    outer.set_clip_rect(area.intersect(ui.clip_rect()));
    egui::ScrollArea::vertical().auto_shrink([false, false]).show(&mut outer, |ui| {
        ui.add_space(top);
        ui.horizontal_top(|ui| {
            ui.add_space((area.width() - width) / 2.0);
            let inner = ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::Min), |ui| {
                ui.set_width(width);
                ui.spacing_mut().item_spacing.y = 0.0;
                contents(ui);
            });
            let height = inner.response.rect.height();
            if known != Some(height) {
                ui.data_mut(|data| data.insert_temp(id, height));
                ui.request_discard("the height of an empty state is known now");
            }
        });
        ui.add_space(theme::GAP_GROUP);
    });
}

fn head_ui(ui: &mut Ui, head: &str, text: &str) {
    let palette = theme::palette(ui);
    ui.label(theme::verdict_text(head, palette));
    ui.add_space(theme::GAP);
    ui.label(RichText::new(text).font(theme::body()).color(palette.secondary).line_height(Some(19.0)));
}

fn not_listening_ui(why: &str, next_free: Option<SocketAddr>, wishes: &mut Vec<Wish>, ui: &mut Ui) {
    let why = if why.is_empty() { "Calls from Okta are refused until you start it again." } else { why };
    head_ui(ui, "Not listening", why);
    ui.add_space(theme::GAP_SECTION);
    ui.horizontal(|ui| {
        if let Some(address) = next_free {
            let text = format!("Listen on port {}", address.port());
            if controls::primary_button(ui, Some(Icon::Play), &text).clicked() {
                wishes.push(Wish::ListenAt(address));
            }
            if controls::button(ui, Some(Icon::RotateCw), "Try again").clicked() {
                wishes.push(Wish::Command(Command::StartListening));
            }
        } else if controls::primary_button(ui, Some(Icon::Play), Command::StartListening.text()).clicked() {
            wishes.push(Wish::Command(Command::StartListening));
        }
    });
}

fn nothing_yet_ui(model: &NothingYet, possible: &Possible, wishes: &mut Vec<Wish>, ui: &mut Ui) {
    let palette = theme::palette(ui);
    let about = match model.public_url {
        Some(_) => "The listener is up, and has a public URL. See a judged call now, or bring Okta here.",
        None => "The listener is up, on this machine only. See a judged call now, or bring Okta here.",
    };
    head_ui(ui, "Nothing has come yet", about);
    ui.add_space(theme::GAP_SECTION);
    sample_buttons(possible, wishes, ui);
    ui.add_space(theme::GAP_GROUP + theme::GAP);
    ui.label(theme::head_text("Bring Okta here", palette));
    ui.add_space(theme::GAP_WIDE);
    let first = match model.public_url {
        Some(_) => "The public URL is known; the tunnel pane tests the way from outside",
        None => "Start a tunnel to this listener, here or with a command",
    };
    step_ui(ui, 1, first);
    if model.public_url.is_none() {
        for (program, command) in &model.recipes {
            if controls::copy_box(ui, command, &format!("Copy {program} command")).clicked() {
                wishes.push(Wish::CopyText(command.clone()));
            }
            ui.add_space(theme::GAP_TIGHT);
        }
    }
    ui.add_space(theme::GAP_TIGHT);
    let tunnel = controls::button(ui, Some(Icon::Link), "Open tunnel pane");
    if tunnel.on_hover_text(Command::ShowTunnel.hint()).clicked() {
        wishes.push(Wish::Command(Command::ShowTunnel));
    }
    ui.add_space(theme::GAP_WIDE);
    step_ui(ui, 2, "In Okta, paste the public address with an endpoint's path, such as");
    let public_url = model.public_url.as_deref().unwrap_or("https://your-tunnel.example");
    let example = format!("{public_url}{}", model.example_path);
    if controls::copy_box(ui, &example, "Copy example address").clicked() {
        wishes.push(Wish::CopyText(example.clone()));
    }
    ui.add_space(theme::GAP_WIDE);
    step_ui(ui, 3, "Press Verify or Preview there. The call appears here within a second.");
    ui.add_space(theme::GAP_SECTION);
    ui.label(theme::head_text("Or call it from this machine", palette));
    ui.add_space(theme::GAP);
    if controls::copy_box(ui, &model.address, "Copy address").clicked() {
        wishes.push(Wish::Command(Command::CopyAddress));
    }
}

/// **Send a sample call** and the menu of the other kinds.
pub fn sample_buttons(possible: &Possible, wishes: &mut Vec<Wish>, ui: &mut Ui) {
    ui.horizontal(|ui| {
        let first = Command::SendSample(HookKind::Token);
        let why_not = possible.why_not(first);
        let enabled = why_not.is_none();
        let primary =
            ui.add_enabled_ui(enabled, |ui| controls::primary_button(ui, Some(Icon::Play), "Send a sample call")).inner;
        if primary.on_hover_text(first.hint()).on_disabled_hover_text(why_not.unwrap_or_default()).clicked() {
            wishes.push(Wish::Command(first));
        }
        let chosen = controls::menu_button(ui, "token", "Other sample calls", |ui| {
            menus::entries_ui(ui, menus::SAMPLES, possible)
        });
        wishes.extend(chosen.flatten().map(Wish::Command));
    });
}

fn step_ui(ui: &mut Ui, number: u8, text: &str) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = 0.0;
        let (rect, _) = ui.allocate_exact_size(vec2(8.0, 16.0), Sense::hover());
        ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, number, theme::secondary(), palette.secondary);
        ui.label(theme::secondary_text(text, palette));
    });
    ui.add_space(theme::GAP);
}

fn filter_hides_ui(n_hidden: usize, endpoint: Option<&str>, wishes: &mut Vec<Wish>, ui: &mut Ui) {
    let n_hidden = controls::grouped(n_hidden);
    let (head, about, text) = match endpoint {
        Some(endpoint) => {
            (format!("No call of {endpoint} yet"), format!("{n_hidden} of other endpoints"), "Show all calls")
        }
        None => ("No call passes the filter".to_owned(), format!("{n_hidden} hidden"), Command::ClearFilter.text()),
    };
    head_ui(ui, &head, &about);
    ui.add_space(theme::GAP_SECTION);
    if controls::primary_button(ui, None, text).clicked() {
        wishes.push(Wish::Command(Command::ClearFilter));
    }
}

/// Stands where a call will be shown: the keys that lead there.
pub fn nothing_selected_ui(ui: &mut Ui) {
    let palette = theme::palette(ui);
    let lines = [
        ("↑ ↓", "move between calls"),
        ("Enter", "open a call"),
        ("E", "edit its response"),
        ("R", "replay it"),
        ("/", "filter"),
        ("?", "all keys"),
    ];
    let area = ui.available_rect_before_wrap();
    ui.advance_cursor_after_rect(area);
    let size = vec2(188.0, lines.len() as f32 * theme::ROW_HEIGHT);
    let rect = Align2::CENTER_CENTER.align_size_within_rect(size, area);
    let mut inner = ui.new_child(UiBuilder::new().id_salt("keys").max_rect(rect));
    inner.spacing_mut().item_spacing = Vec2::ZERO;
    for (key, text) in lines {
        inner.allocate_ui_with_layout(vec2(size.x, theme::ROW_HEIGHT), Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_size(vec2(size.x, theme::ROW_HEIGHT));
            let cap = controls::keycap(ui, key);
            ui.add_space(66.0 - cap.rect.width());
            ui.label(RichText::new(text).font(theme::body()).color(palette.secondary));
        });
    }
}

/// Says above the calls that nothing more will come, why, and the way out.
pub fn not_listening_strip_ui(why: &str, next_free: Option<SocketAddr>, ui: &mut Ui) -> Vec<Wish> {
    let palette = theme::palette(ui);
    let mut wishes = Vec::new();
    let tint = palette.tint(palette.refused, palette.panel);
    egui::Frame::new().fill(tint).inner_margin(egui::Margin::symmetric(12, 6)).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(format!("Not listening: {why}")).font(theme::body()).color(palette.text));
            if let Some(address) = next_free
                && controls::button(ui, Some(Icon::Play), &format!("Listen on port {}", address.port())).clicked()
            {
                wishes.push(Wish::ListenAt(address));
            }
            if controls::button(ui, Some(Icon::RotateCw), "Try again").clicked() {
                wishes.push(Wish::Command(Command::StartListening));
            }
        });
    });
    wishes
}
