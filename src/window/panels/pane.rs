//! What stands in the place of the open call has one look: a head with a title and a cross, and sections that scroll.

use egui::{Align, Frame, Label, Layout, Margin, Rect, ScrollArea, Sense, Stroke, Ui, UiBuilder, vec2};

use crate::window::icons::{Icon, icon_button_of_size};
use crate::window::theme;

/// Height of the head, in points.
const HEAD: f32 = 48.0;

/// Draws the head; true where it is to be closed. `right` draws what stands between the title and the cross, from the right.
pub fn head_ui(title: &str, right: impl FnOnce(&mut Ui), ui: &mut Ui) -> bool {
    let palette = theme::palette(ui);
    let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
    ui.painter().hline(bar.x_range(), bar.bottom(), Stroke::new(1.0, palette.line));
    let place = Rect::from_center_size(bar.center(), vec2(bar.width() - 32.0, theme::CONTROL));
    let mut left = ui.new_child(UiBuilder::new().max_rect(place).layout(Layout::left_to_right(Align::Center)));
    left.label(theme::verdict_text(title, palette));
    let mut buttons = ui.new_child(UiBuilder::new().max_rect(place).layout(Layout::right_to_left(Align::Center)));
    buttons.spacing_mut().item_spacing.x = theme::GAP;
    let name = format!("Close {}", title.to_lowercase());
    let is_closed = icon_button_of_size(&mut buttons, Icon::X, &name, "Close (Esc)", 26.0).clicked();
    right(&mut buttons);
    is_closed
}

/// Draws what lies beneath the head and scrolls.
pub fn body_ui<R>(salt: &str, ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> R) -> R {
    let area = ScrollArea::vertical().id_salt(salt).auto_shrink(false);
    let margin = Margin { left: 16, right: 16, top: 14, bottom: 16 };
    area.show(ui, |ui| Frame::new().inner_margin(margin).show(ui, contents).inner).inner
}

/// The head of a section, with a word about it.
pub fn section_ui(ui: &mut Ui, title: &str, about: &str) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 10.0;
        ui.label(theme::head_text(title, palette));
        if !about.is_empty() {
            ui.add(Label::new(theme::hint_text(about, palette)).truncate());
        }
    });
    ui.add_space(6.0);
}
