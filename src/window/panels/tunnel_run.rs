//! A tunnel program that was started: how it fares, and its last lines of output.

use egui::{Align, CornerRadius, Frame, Label, Layout, Margin, ScrollArea, Stroke, Ui};

use super::pane;
use super::tunnel::{RunModel, TunnelWish, said_ui};
use crate::window::controls::{self, grouped};
use crate::window::icons::Icon;
use crate::window::theme::{self, Palette};

/// Height of the output, in points: nine lines.
const OUTPUT: f32 = 164.0;

/// Draws the section.
pub fn ui(run: &RunModel, palette: &Palette, wishes: &mut Vec<TunnelWish>, ui: &mut Ui) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = theme::GAP;
            if run.is_running && controls::button(ui, Some(Icon::CircleStop), "Stop tunnel").clicked() {
                wishes.push(TunnelWish::Stop);
            }
            let has_lines = !run.lines.is_empty();
            let copy = ui.add_enabled_ui(has_lines, |ui| controls::button(ui, Some(Icon::Copy), "Copy output"));
            if copy.inner.on_disabled_hover_text("It has printed nothing").clicked() {
                wishes.push(TunnelWish::Copy { text: run.lines.join("\n"), what: "output" });
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                pane::section_ui(ui, "Running program", "");
            });
        });
    });
    ui.add_space(theme::GAP_TIGHT);
    said_ui(run.tone, &run.said, palette, ui);
    if let Some(warning) = &run.warning {
        ui.add_space(theme::GAP_TIGHT);
        said_ui(super::messages::Tone::Warning, warning, palette, ui);
    }
    ui.add_space(theme::GAP);
    let frame = Frame::new()
        .fill(palette.window)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(CornerRadius::same(theme::RADIUS))
        .inner_margin(Margin::symmetric(8, 6));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.set_height(OUTPUT);
        output_ui(run, palette, ui);
    });
}

fn output_ui(run: &RunModel, palette: &Palette, ui: &mut Ui) {
    let first = match run.n_left_out {
        0 => format!("$ {}", run.command),
        n_left_out => format!("$ {}   ({} earlier lines are gone)", run.command, grouped(n_left_out as usize)),
    };
    ui.spacing_mut().item_spacing.y = 0.0;
    let height = ui.fonts_mut(|fonts| fonts.row_height(&theme::code())) + 2.0;
    // It follows what is printed until it is scrolled up.
    let area = ScrollArea::both().id_salt("tunnel-output").auto_shrink(false).stick_to_bottom(true);
    area.show_rows(ui, height, run.lines.len() + 1, |ui, rows| {
        for row_idx in rows {
            let text = match row_idx.checked_sub(1).and_then(|line_idx| run.lines.get(line_idx)) {
                Some(line) => theme::code_text(&**line, palette),
                None => theme::code_text(&first, palette).color(palette.secondary),
            };
            ui.add(Label::new(text).extend());
        }
    });
}
