//! The two tabs over the calls while a session is opened: the live one, and the one that is looked at.

use egui::{Align, Button, Layout, ProgressBar, Rect, RichText, Stroke, Ui, UiBuilder, pos2, vec2};

use super::Wish;
use crate::window::controls::grouped;
use crate::window::icons::{Icon, icon_button_of_size};
use crate::window::theme;

/// What the tabs show.
#[derive(Clone, Debug, PartialEq)]
pub struct TabsModel {
    /// The opened session.
    pub viewed: Option<OpenedTab>,
    /// A session that is on its way to be opened.
    pub opening: Option<OpenedTab>,
    /// Calls that arrived in the live session since it was left.
    pub n_new: usize,
    pub shows_live: bool,
}

/// A session beside the live one.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedTab {
    /// File name.
    pub name: String,
    pub path: String,
    /// Until all of it is there.
    pub progress: Option<TabProgress>,
}

/// How much of a session is there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TabProgress {
    /// From 0 to 1.
    pub share: f32,
    pub n_done: usize,
    /// 0 while they are not counted yet.
    pub n_all: usize,
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
    if let Some(viewed) = &model.viewed {
        if tab_ui(&mut tabs, &viewed.name, !model.shows_live, bar) {
            wishes.push(Wish::ShowViewed);
        }
        progress_ui(&mut tabs, viewed);
        if icon_button_of_size(&mut tabs, Icon::X, "Close session", &format!("Close {}", viewed.path), 22.0).clicked() {
            wishes.push(Wish::CloseViewed);
        }
    }
    if let Some(opening) = &model.opening {
        let palette = theme::palette(&tabs);
        tabs.add_space(theme::GAP);
        let text = RichText::new(format!("Opening {}", opening.name)).font(theme::body()).color(palette.secondary);
        tabs.label(text);
        progress_ui(&mut tabs, opening);
        let hint = format!("Stop opening {}", opening.path);
        if icon_button_of_size(&mut tabs, Icon::X, "Cancel opening", &hint, 22.0).clicked() {
            wishes.push(Wish::CancelOpening);
        }
    }
    wishes
}

/// A bar and the calls that are there, of all.
fn progress_ui(ui: &mut Ui, tab: &OpenedTab) {
    let Some(progress) = tab.progress else {
        return;
    };
    let palette = theme::palette(ui);
    let bar = ProgressBar::new(progress.share).desired_width(PROGRESS_WIDTH).desired_height(6.0).fill(palette.accent);
    ui.add(bar).accessible_name("Progress of opening");
    if progress.n_all > 0 {
        let text = format!("{} of {} calls", grouped(progress.n_done), grouped(progress.n_all));
        ui.label(RichText::new(text).font(theme::secondary()).color(palette.secondary));
    }
}

/// Width of the bar, in points.
const PROGRESS_WIDTH: f32 = 96.0;

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
