//! What the program says: short notes that fade, errors that stay until they are read, and the list of all of them.

use std::collections::VecDeque;

use egui::{Align, Align2, Color32, Id, Key, Layout, Order, RichText, Stroke, Ui, UiBuilder, Vec2, vec2};
use jiff::tz::TimeZone;

use super::Wish;
use super::dialogs::{self, Closed};
use crate::call::Timestamp;
use crate::window::command::Command;
use crate::window::icons::{Icon, icon_button_of_size};
use crate::window::theme::{self, Palette};

/// How bad a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    Info,
    Warning,
    Error,
}

impl Tone {
    pub fn color(self, palette: &Palette) -> Color32 {
        match self {
            Tone::Info => palette.unchanged,
            Tone::Warning => palette.ignored,
            Tone::Error => palette.refused,
        }
    }

    fn icon(self) -> Icon {
        match self {
            Tone::Info => Icon::Info,
            Tone::Warning => Icon::TriangleAlert,
            Tone::Error => Icon::CircleX,
        }
    }
}

/// One thing that was said.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    number: u64,
    pub tone: Tone,
    pub text: String,
    pub said_at: Timestamp,
    /// What can be done about it, such as [`Command::UndoClear`].
    pub action: Option<Command>,
    shown_since: Option<f64>,
    on_screen: bool,
}

/// Everything that was said in this run, and what of it is still on screen. Owned by the window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Messages {
    all: VecDeque<Message>,
    n_said: u64,
    /// The list of messages is open.
    pub list_open: bool,
}

/// The most that is kept: more would not be read.
const KEPT: usize = 500;
/// The most notes on screen at once.
const ON_SCREEN: usize = 4;
/// How long a note that is no error stays, in seconds.
const STAYS: f64 = 6.0;
/// How long one with an action stays: it must be found and pressed.
const STAYS_WITH_ACTION: f64 = 15.0;
/// How long it takes to fade in and out, in seconds.
const FADE: f64 = 0.12;

impl Messages {
    /// Says something. What is said again while it is still on screen is not said twice.
    pub fn say(&mut self, tone: Tone, text: impl Into<String>, said_at: Timestamp, action: Option<Command>) {
        let text = text.into();
        let same =
            self.all.iter_mut().find(|message| message.on_screen && message.text == text && message.tone == tone);
        if let Some(message) = same {
            message.said_at = said_at;
            message.shown_since = message.shown_since.filter(|_| tone == Tone::Error);
            return;
        }
        self.n_said += 1;
        self.all.push_back(Message {
            number: self.n_said,
            tone,
            text,
            said_at,
            action,
            shown_since: None,
            on_screen: true,
        });
        if self.all.len() > KEPT {
            self.all.pop_front();
        }
    }

    /// Newest first.
    pub fn all(&self) -> impl Iterator<Item = &Message> {
        self.all.iter().rev()
    }

    /// Takes notes with this action off the screen, since it is done or no longer possible.
    pub fn withdraw(&mut self, action: Command) {
        for message in self.all.iter_mut().filter(|message| message.action == Some(action)) {
            message.on_screen = false;
            message.action = None;
        }
    }

    fn dismiss(&mut self, number: u64) {
        for message in self.all.iter_mut().filter(|message| message.number == number) {
            message.on_screen = false;
        }
    }
}

/// Draws what is on screen, over everything else, in the corner above the status bar.
pub fn toasts_ui(messages: &mut Messages, ui: &Ui) -> Vec<Wish> {
    let now = ui.input(|input| input.time);
    let mut wishes = Vec::new();
    let mut dismissed = Vec::new();
    let mut offset = theme::STATUS_BAR + theme::GAP_WIDE;
    let on_screen = messages.all.iter_mut().rev().filter(|message| message.on_screen).take(ON_SCREEN);
    for message in on_screen {
        let since = *message.shown_since.get_or_insert(now);
        let age = now - since;
        let stays = match (message.tone, message.action) {
            (Tone::Error, _) => f64::INFINITY,
            (_, Some(_)) => STAYS_WITH_ACTION,
            (_, None) => STAYS,
        };
        if age >= stays {
            message.on_screen = false;
            continue;
        }
        let opacity = (age / FADE).min((stays - age) / FADE).clamp(0.0, 1.0);
        let fading = age < FADE || stays - age < FADE;
        match () {
            () if fading => ui.request_repaint(),
            () if stays.is_finite() => ui.request_repaint_after_secs((stays - FADE - age).max(0.01) as f32),
            () => {}
        }
        // A note that has just come is painted at once where time does not run.
        let opacity = if opacity == 0.0 { 1.0 } else { opacity as f32 };
        let (height, asked) = toast_ui(message, offset, opacity, ui);
        match asked {
            Some(Asked::Dismiss) => dismissed.push(message.number),
            Some(Asked::Do(command)) => {
                wishes.push(Wish::Command(command));
                dismissed.push(message.number);
            }
            None => {}
        }
        offset += height + theme::GAP;
    }
    for number in dismissed {
        messages.dismiss(number);
    }
    wishes
}

enum Asked {
    Dismiss,
    Do(Command),
}

/// Width of a note, in points.
const TOAST: f32 = 380.0;

fn toast_ui(message: &Message, offset: f32, opacity: f32, ui: &Ui) -> (f32, Option<Asked>) {
    let palette = theme::palette(ui);
    let mut asked = None;
    let area = egui::Area::new(Id::unique(("hookscope-toast", message.number)))
        .order(Order::Foreground)
        .anchor(Align2::RIGHT_BOTTOM, vec2(-theme::PANEL_PADDING, -offset));
    let shown = area.show(ui, |ui| {
        ui.set_opacity(opacity);
        let frame = egui::Frame::popup(ui.style()).fill(palette.raised).inner_margin(egui::Margin {
            left: 12,
            right: 8,
            top: 8,
            bottom: 8,
        });
        let builder = UiBuilder::new().accessibility_role(egui::accesskit::Role::Alert);
        ui.scope_builder(builder, |ui| {
            frame.show(ui, |ui| {
                ui.set_width(TOAST - 20.0);
                ui.horizontal_top(|ui| {
                    let (rect, _) = ui.allocate_exact_size(vec2(16.0, 24.0), egui::Sense::hover());
                    message.tone.icon().paint(ui.painter(), rect.center(), 16.0, message.tone.color(palette));
                    let room = ui.available_width() - 32.0;
                    ui.allocate_ui_with_layout(vec2(room, 24.0), Layout::top_down(Align::Min), |ui| {
                        ui.set_width(room);
                        ui.add_space(4.0);
                        ui.add(egui::Label::new(theme::body_text(&message.text, palette)).wrap());
                        if let Some(action) = message.action {
                            ui.add_space(4.0);
                            let text = RichText::new(action.text()).color(palette.accent);
                            if ui.add(egui::Button::new(text).fill(palette.hover)).clicked() {
                                asked = Some(Asked::Do(action));
                            }
                        }
                    });
                    if icon_button_of_size(ui, Icon::X, "Dismiss message", "Dismiss", 24.0).clicked() {
                        asked = Some(Asked::Dismiss);
                    }
                });
            });
        });
    });
    (shown.response.rect.height(), asked)
}

/// Draws the list of messages while it is open.
pub fn list_ui(messages: &mut Messages, zone: &TimeZone, ui: &Ui) {
    if !messages.list_open {
        return;
    }
    let palette = theme::palette(ui);
    let (closed, ()) = dialogs::dialog(ui, "messages", "Messages", 560.0, |ui| {
        if messages.all.is_empty() {
            ui.label(theme::secondary_text("Nothing has been said in this run.", palette));
            return;
        }
        egui::ScrollArea::vertical().max_height(400.0).auto_shrink([false, true]).show(ui, |ui| {
            for message in messages.all.iter().rev() {
                ui.horizontal_top(|ui| {
                    let (rect, _) = ui.allocate_exact_size(Vec2::splat(18.0), egui::Sense::hover());
                    message.tone.icon().paint(ui.painter(), rect.center(), 14.0, message.tone.color(palette));
                    let time = message.said_at.time_of_day(zone, false);
                    ui.label(theme::code_text(time, palette).color(palette.secondary));
                    ui.add(egui::Label::new(theme::body_text(&message.text, palette)).wrap().selectable(true));
                });
                let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 9.0), egui::Sense::hover());
                ui.painter().hline(rect.x_range(), rect.center().y, Stroke::new(1.0, palette.line));
            }
        });
    });
    if closed == Closed::Yes || ui.input(|input| input.key_pressed(Key::Escape)) {
        messages.list_open = false;
        // Whoever has read the list has read the errors in it.
        for message in &mut messages.all {
            message.on_screen = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_message_is_not_said_twice_while_it_is_on_screen() {
        let mut messages = Messages::default();
        messages.say(Tone::Info, "Saved", Timestamp(1), None);
        messages.say(Tone::Info, "Saved", Timestamp(2), None);
        assert_eq!(messages.all().count(), 1);
        messages.dismiss(1);
        messages.say(Tone::Info, "Saved", Timestamp(3), None);
        assert_eq!(messages.all().count(), 2);
    }

    #[test]
    fn an_action_that_is_done_is_no_longer_offered() {
        let mut messages = Messages::default();
        messages.say(Tone::Info, "42 calls cleared", Timestamp(1), Some(Command::UndoClear));
        messages.withdraw(Command::UndoClear);
        assert!(messages.all().all(|message| message.action.is_none()));
    }

    #[test]
    fn only_the_newest_messages_are_kept() {
        let mut messages = Messages::default();
        for number in 0..KEPT + 10 {
            messages.say(Tone::Error, format!("error {number}"), Timestamp(0), None);
        }
        assert_eq!(messages.all().count(), KEPT);
        assert_eq!(messages.all().next().map(|message| message.text.as_str()), Some("error 509"));
    }
}
