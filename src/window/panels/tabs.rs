//! The two tabs over the calls while a session is opened: the live one, and the one that is looked at.

use egui::{Align, Button, Layout, Rect, RichText, Stroke, Ui, UiBuilder, pos2, vec2};

use super::Wish;
use crate::window::controls::grouped;
use crate::window::icons::{Icon, icon_button_of_size};
use crate::window::theme;

/// What the tabs show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TabsModel {
    /// File name of the opened session.
    pub viewed: String,
    pub viewed_path: String,
    /// Calls that arrived in the live session since it was left.
    pub n_new: usize,
    pub shows_live: bool,
}

/// Height of the tabs, in points.
pub const HEIGHT: f32 = 34.0;

/// Draws the tabs over the width there is.
pub fn ui(model: &TabsModel, ui: &mut Ui) -> Vec<Wish> {
    let palette = theme::palette(ui);
    let mut wishes = Vec::new();
    let (_, bar) = ui.allocate_space(vec2(ui.available_width(), HEIGHT));
    ui.painter().hline(bar.x_range(), bar.bottom() - 0.5, Stroke::new(1.0, palette.line));
    let inner = bar.shrink2(vec2(theme::PANEL_PADDING - 8.0, 0.0));
    let mut tabs =
        ui.new_child(UiBuilder::new().id_salt("tabs").max_rect(inner).layout(Layout::left_to_right(Align::Center)));
    let live = match model.n_new {
        0 => "Live".to_owned(),
        n_new => format!("Live ({} new)", grouped(n_new)),
    };
    if tab_ui(&mut tabs, &live, model.shows_live, bar) {
        wishes.push(Wish::ShowLive);
    }
    if tab_ui(&mut tabs, &model.viewed, !model.shows_live, bar) {
        wishes.push(Wish::ShowViewed);
    }
    if icon_button_of_size(&mut tabs, Icon::X, "Close session", &format!("Close {}", model.viewed_path), 22.0).clicked()
    {
        wishes.push(Wish::CloseViewed);
    }
    wishes
}

fn tab_ui(ui: &mut Ui, text: &str, selected: bool, bar: Rect) -> bool {
    let palette = theme::palette(ui);
    let color = if selected { palette.text } else { palette.secondary };
    let font = if selected { theme::strong() } else { theme::body() };
    let button =
        Button::new(RichText::new(text).font(font).color(color)).frame_when_inactive(false).min_size(vec2(0.0, 26.0));
    let response = ui.add(button);
    if selected {
        let line = Rect::from_min_max(
            pos2(response.rect.left() + 8.0, bar.bottom() - 2.0),
            pos2(response.rect.right() - 8.0, bar.bottom()),
        );
        ui.painter().rect_filled(line, 1.0, palette.accent);
    }
    response.clicked()
}
