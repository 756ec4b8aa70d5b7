//! The menu of presets: each with the mark and the sentence of what it comes to for this request.

use egui::{Popup, Rect, ScrollArea, Sense, Ui, pos2, vec2};

use crate::okta::compose::Preset;
use crate::window::controls;
use crate::window::icons::Icon;
use crate::window::marks::paint_mark;
use crate::window::theme::{self, Palette};

/// Width of the menu and of the names in it, and height of a row, in points.
const WIDTH: f32 = 760.0;
const NAMES: f32 = 216.0;
const ROW: f32 = 26.0;

/// Draws the button and its menu; gives the place of the preset that was chosen.
pub(super) fn ui(presets: &[Preset], palette: &Palette, ui: &mut Ui) -> Option<usize> {
    let button =
        ui.add(egui::Button::new(("Presets", Icon::ChevronDown.atom_of_size(14.0)))).accessible_name("Presets");
    let room = ui.content_rect();
    let width = WIDTH.min(room.width() - 32.0);
    let height = (room.bottom() - button.rect.bottom() - 40.0).max(room.height() * 0.5);
    let shown = Popup::menu(&button).gap(4.0).style(crate::window::menus::style).show(|ui| {
        let mut chosen = None;
        ui.set_width(width);
        ui.set_max_height(height);
        ScrollArea::vertical().max_height(height).show(ui, |ui| {
            let mut group = None;
            for (idx, preset) in presets.iter().enumerate() {
                if group != Some(preset.group) {
                    ui.add_space(if group.is_some() { 8.0 } else { 4.0 });
                    ui.horizontal(|ui| {
                        ui.add_space(8.0);
                        ui.label(theme::head_text(preset.group.title(), palette));
                    });
                    ui.add_space(4.0);
                    group = Some(preset.group);
                }
                if row_ui(preset, width, palette, ui) {
                    chosen = Some(idx);
                    ui.close();
                }
            }
            ui.add_space(4.0);
        });
        chosen
    });
    shown.and_then(|shown| shown.inner)
}

fn row_ui(preset: &Preset, width: f32, palette: &Palette, ui: &mut Ui) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(width, ROW), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::MenuItem, true, preset.name));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, theme::CHIP_RADIUS, palette.hover);
    }
    let mark = Rect::from_center_size(pos2(rect.left() + 16.0, rect.center().y), vec2(13.0, 13.0));
    paint_mark(ui.painter(), mark, preset.outcome, palette);
    let put = |ui: &Ui, left: f32, width: f32, text: &str, font, color| {
        let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, color);
        job.wrap = egui::text::TextWrapping::truncate_at_width(width);
        let galley = ui.painter().layout_job(job);
        let at = pos2(left, rect.center().y - galley.size().y / 2.0);
        ui.painter().galley(at, galley, color);
    };
    let (names, about) = (rect.left() + 32.0, rect.left() + 32.0 + NAMES);
    put(ui, names, NAMES - 8.0, preset.name, theme::body(), palette.text);
    put(ui, about, rect.right() - about - 8.0, &preset.about, theme::secondary(), palette.secondary);
    let detail = format!("{} · {}", preset.status, controls::grouped(preset.body.len()) + " bytes");
    response.on_hover_text(format!("{}\n{detail}", preset.about)).clicked()
}
