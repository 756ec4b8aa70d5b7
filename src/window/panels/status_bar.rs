//! The line at the bottom: what is on, how much there is, and whether anything is wrong.

use std::path::PathBuf;

use egui::{Align, Button, FontId, Layout, Response, RichText, Ui, UiBuilder, vec2};

use super::Wish;
use super::messages::Tone;
use crate::call::{DAILY_LIMIT, DAILY_WARNING};
use crate::window::command::Command;
use crate::window::controls::{dot_atom, grouped};
use crate::window::theme;

/// What the line shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusModel {
    /// `https://127.0.0.1:8443`; none while it does not listen.
    pub address: Option<String>,
    /// The address under which Okta reaches it, as far as it is known.
    pub public_url: Option<String>,
    /// Endpoints answer with something of the user's own.
    pub rules: RulesShown,
    pub n_calls: usize,
    /// How many of them pass the filter, where there is one.
    pub n_shown: Option<usize>,
    /// How many are selected together; 0 where there are not several.
    pub n_selected: usize,
    pub n_in_flight: usize,
    /// Events that count against Okta's daily limit now.
    pub events_today: u64,
    pub session: SessionName,
    pub health: Health,
}

/// Are rules asked?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulesShown {
    /// There is none that is on.
    None,
    On,
    /// There are some, and all are switched off together.
    Off,
}

/// The session that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionName {
    pub path: PathBuf,
    pub is_working: bool,
    /// It is opened for viewing, beside the live one.
    pub viewed: bool,
}

/// Is anything wrong?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    Well,
    /// The worst of it, in a few words, and how many problems there are.
    Problem {
        tone: Tone,
        text: String,
        n_problems: usize,
    },
}

/// From a tenth of the daily limit on the count is always shown.
const EVENTS_FROM: u64 = DAILY_LIMIT / 10;

/// Draws the line over the width there is; its height is [`theme::STATUS_BAR`].
pub fn ui(model: &StatusModel, ui: &mut Ui) -> Vec<Wish> {
    let mut wishes = Vec::new();
    let (_, bar) = ui.allocate_space(vec2(ui.available_width(), theme::STATUS_BAR));
    let inner = bar.shrink2(vec2(theme::PANEL_PADDING, 0.0));
    ui.spacing_mut().item_spacing.x = 20.0;
    let mut right =
        ui.new_child(UiBuilder::new().id_salt("health").max_rect(inner).layout(Layout::right_to_left(Align::Center)));
    right_ui(model, &mut wishes, &mut right);
    let rest = inner.with_max_x(right.min_rect().left() - 20.0);
    let mut left =
        ui.new_child(UiBuilder::new().id_salt("facts").max_rect(rest).layout(Layout::left_to_right(Align::Center)));
    left.set_clip_rect(rest.expand2(vec2(4.0, 0.0)).intersect(ui.clip_rect()));
    left_ui(model, &mut wishes, &mut left);
    wishes
}

fn left_ui(model: &StatusModel, wishes: &mut Vec<Wish>, ui: &mut Ui) {
    match &model.address {
        Some(address) => {
            if flat_button(ui, small_code(ui, address)).on_hover_text("Copy address").clicked() {
                wishes.push(Wish::Command(Command::CopyAddress));
            }
        }
        None => {
            ui.label(fact(ui, "not listening"));
        }
    }
    match &model.public_url {
        Some(url) => {
            let text = fact(ui, &format!("public URL: {}", cut_end(url, 64)));
            if flat_button(ui, text).on_hover_text(format!("Copy {url}")).clicked() {
                wishes.push(Wish::CopyText(url.clone()));
            }
        }
        None => {
            let none = flat_button(ui, fact(ui, "public URL: none"));
            if none.on_hover_text(Command::ShowTunnel.hint()).clicked() {
                wishes.push(Wish::Command(Command::ShowTunnel));
            }
        }
    }
    let (text, hint) = match model.rules {
        RulesShown::None => ("no rules", "No endpoint has a rule that is on: each answers the same to every call"),
        RulesShown::On => ("rules on", "At least one endpoint has a rule that is on"),
        RulesShown::Off => ("rules off", "There are rules, and none is asked"),
    };
    if flat_button(ui, fact(ui, text)).on_hover_text(hint).clicked() {
        wishes.push(Wish::Command(Command::ShowRules));
    }
    let calls = match (model.n_calls, model.n_shown) {
        (0, _) => "no calls".to_owned(),
        (1, None) => "1 call".to_owned(),
        (n_calls, None) => format!("{} calls", grouped(n_calls)),
        (n_calls, Some(n_shown)) => format!("{} of {} calls", grouped(n_shown), grouped(n_calls)),
    };
    let palette = theme::palette(ui);
    let today = format!("{} of {} events today", grouped(model.events_today as usize), grouped(DAILY_LIMIT as usize));
    number_ui(ui, &calls, palette.secondary).on_hover_text(&today);
    if model.n_selected > 0 {
        number_ui(ui, &format!("{} selected", grouped(model.n_selected)), palette.text)
            .on_hover_text("Replay, pin, compare and copy act on all of them; a click selects one again");
    }
    number_ui(ui, &format!("{} in flight", grouped(model.n_in_flight)), palette.secondary);
    if model.events_today >= EVENTS_FROM {
        let color = match model.events_today {
            DAILY_LIMIT.. => palette.refused,
            DAILY_WARNING.. => palette.ignored,
            _ => palette.secondary,
        };
        number_ui(ui, &today, color).on_hover_text(match model.events_today {
            DAILY_LIMIT.. => "Beyond the limit hooks do not fire, and nothing is sent later",
            DAILY_WARNING.. => "The System Log warns from 280,000 on; beyond the limit hooks do not fire",
            _ => "Okta's limit of events for an org in 24 hours",
        });
    }
}

fn right_ui(model: &StatusModel, wishes: &mut Vec<Wish>, ui: &mut Ui) {
    let palette = theme::palette(ui);
    let (color, text, hint) = match &model.health {
        Health::Well => (palette.applied, "All well".to_owned(), "List what the program has said until now".to_owned()),
        Health::Problem { tone, text, n_problems } => {
            let more = match n_problems.saturating_sub(1) {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            (tone.color(palette), format!("{}{more}", cut_end(text, 60)), text.clone())
        }
    };
    let label = RichText::new(&text).font(theme::secondary()).color(palette.secondary);
    let health = flat_button_with_dot(ui, color, label).accessible_name(&text);
    if health.on_hover_text(hint).clicked() {
        wishes.push(Wish::Command(Command::ShowMessages));
    }
    let name = match (&model.session, model.session.path.file_name()) {
        (SessionName { is_working: true, viewed: false, .. }, _) => "working session".to_owned(),
        (_, Some(name)) => name.to_string_lossy().into_owned(),
        (_, None) => model.session.path.display().to_string(),
    };
    let name = if model.session.viewed { format!("viewing {name}") } else { name };
    ui.label(fact(ui, &name)).on_hover_text(model.session.path.display().to_string());
}

fn fact(ui: &Ui, text: &str) -> RichText {
    theme::secondary_text(text, theme::palette(ui))
}

fn small_code(ui: &Ui, text: &str) -> RichText {
    RichText::new(text).font(FontId { size: 12.0, ..theme::code() }).color(theme::palette(ui).secondary)
}

/// A text with a number that changes: digits get the same width, so what follows stays where it is.
fn number_ui(ui: &mut Ui, text: &str, color: egui::Color32) -> Response {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::secondary(), color);
    let widest = text.replace(|character: char| character.is_ascii_digit(), "0");
    let width = ui.painter().layout_no_wrap(widest, theme::secondary(), color).size().x;
    let size = vec2(width.max(galley.size().x), theme::STATUS_BAR);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_width(size.x);
        ui.label(fact(ui, text).color(color))
    })
    .inner
}

fn flat_button(ui: &mut Ui, text: RichText) -> Response {
    flat_style(ui);
    ui.add(Button::new(text).frame_when_inactive(false).min_size(vec2(0.0, 20.0)))
}

fn flat_button_with_dot(ui: &mut Ui, color: egui::Color32, text: RichText) -> Response {
    flat_style(ui);
    ui.add(Button::new((dot_atom(color), text)).frame_when_inactive(false).min_size(vec2(0.0, 20.0)))
}

fn flat_style(ui: &mut Ui) {
    // Without a frame at rest, so its padding would only push the text off the edge that everything else keeps.
    ui.spacing_mut().button_padding = vec2(0.0, 1.0);
    ui.spacing_mut().interact_size.y = 20.0;
}

fn cut_end(text: &str, n_chars: usize) -> String {
    if text.chars().count() <= n_chars {
        return text.to_owned();
    }
    let kept: String = text.chars().take(n_chars.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}
