//! The small windows: each holds what is half typed, draws itself, and gives an answer when it is done.
//!
//! They are modal: what lies beneath waits. Escape, the cross and a click beside them close them without an answer. None of them
//! reads or writes a file.

pub mod about;
pub mod certificate;
pub mod endpoint;
pub mod file;
pub mod keys;
pub mod note;
pub mod replay_to;
pub mod settings;
pub mod try_credentials;

use egui::{Align, Color32, FontId, Id, Layout, Margin, Modal, RichText, Sense, Ui, Vec2, vec2};

use crate::window::icons::{Icon, icon_button_of_size};
use crate::window::theme;

/// Was a dialog closed without an answer?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    Yes,
    No,
}

/// What a dialog came to in this frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer<T> {
    /// It stays open.
    Open,
    /// It was closed without an answer.
    Cancelled,
    Given(T),
}

/// Draws a dialog of a width in points: a title, a cross, and what it holds.
pub fn dialog<R>(ui: &Ui, salt: &str, title: &str, width: f32, contents: impl FnOnce(&mut Ui) -> R) -> (Closed, R) {
    let palette = theme::palette(ui);
    let id = Id::unique(("hookscope-dialog", salt));
    let width = width.min(ui.content_rect().width() - 48.0);
    let frame = egui::Frame::window(&ui.global_style()).inner_margin(Margin::same(16));
    let area = Modal::default_area(id).accessible_name(title);
    let modal = Modal::new(id).area(area).frame(frame).show(ui, |ui| {
        ui.set_width(width);
        let mut closed = Closed::No;
        ui.horizontal(|ui| {
            ui.label(theme::verdict_text(title, palette));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if icon_button_of_size(ui, Icon::X, "Close", "Close (Esc)", 26.0).clicked() {
                    closed = Closed::Yes;
                }
            });
        });
        ui.add_space(theme::GAP);
        (closed, contents(ui))
    });
    // A dialog stands in the middle by the size it had: when that changes, it has to be placed anew at once, not when the
    // pointer next moves.
    let size_id = id.with("size");
    let size = modal.response.rect.size();
    if ui.data(|data| data.get_temp::<Vec2>(size_id)) != Some(size) {
        ui.data_mut(|data| data.insert_temp(size_id, size));
        ui.request_repaint();
    }
    let closed = if modal.should_close() { Closed::Yes } else { modal.inner.0 };
    (closed, modal.inner.1)
}

/// The row of buttons at the foot of a dialog, from the right: the first one that is added is the rightmost.
pub fn footer<R>(ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> R) -> R {
    ui.add_space(theme::GAP_SECTION);
    let size = vec2(ui.available_width(), theme::CONTROL);
    ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), contents).inner
}

/// The name of a field above it.
pub fn field_name(ui: &mut Ui, name: &str) {
    ui.add_space(theme::GAP_TIGHT);
    painted_name(ui, name, theme::secondary(), theme::palette(ui).secondary);
}

/// The name of a field, painted only: the field itself is what is called so, and a second node of that name would be read twice.
pub fn painted_name(ui: &mut Ui, name: &str, font: FontId, color: Color32) {
    let galley = ui.painter().layout_no_wrap(name.to_owned(), font, color);
    let (rect, _) = ui.allocate_exact_size(galley.size(), Sense::hover());
    ui.painter().galley(rect.min, galley, color);
}

/// A sentence that helps with the field above it.
pub fn help(ui: &mut Ui, text: &str) {
    let palette = theme::palette(ui);
    ui.add(egui::Label::new(theme::hint_text(text, palette)).wrap().halign(Align::LEFT));
}

/// What went wrong, where it happened.
pub fn error_ui(ui: &mut Ui, text: &str) {
    let palette = theme::palette(ui);
    ui.add_space(theme::GAP_TIGHT);
    ui.horizontal_top(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(16.0, 18.0), Sense::hover());
        Icon::CircleX.paint(ui.painter(), rect.center(), 14.0, palette.refused);
        ui.add(
            egui::Label::new(RichText::new(text).font(theme::secondary()).color(palette.refused))
                .wrap()
                .selectable(true),
        );
    });
}

/// True where Enter was pressed in a field that has just lost the focus by it.
pub fn entered(ui: &Ui, response: &egui::Response) -> bool {
    response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter))
}
