//! The header fields of the response.

use egui::{Margin, ScrollArea, Ui};

use super::EditorState;
use super::undo::Source;
use crate::window::controls::{self, TextField};
use crate::window::icons::{Icon, icon_button_of_size};
use crate::window::theme::{self, Palette};

pub(super) fn ui(state: &mut EditorState, palette: &Palette, ui: &mut Ui) {
    ScrollArea::vertical().id_salt("editor_headers").auto_shrink(false).show(ui, |ui| {
        egui::Frame::new().inner_margin(Margin::symmetric(12, 12)).show(ui, |ui| {
            let mut removed = None;
            for (idx, (name, value)) in state.headers.iter_mut().enumerate() {
                let number = idx + 1;
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = 4.0;
                    let width = ((ui.available_width() - 24.0 - 2.0 * 4.0) / 2.0).floor().max(60.0);
                    TextField::new(&format!("Header name {number}")).on_wire().width(width).ui(ui, name);
                    TextField::new(&format!("Header value {number}")).on_wire().width(width).ui(ui, value);
                    let name = format!("Remove header {number}");
                    if icon_button_of_size(ui, Icon::X, &name, "Remove this header", 24.0).clicked() {
                        removed = Some(idx);
                    }
                });
            }
            if let Some(idx) = removed {
                state.headers.remove(idx);
                state.source = Source::Act;
            }
            if state.headers.is_empty() {
                ui.label(theme::hint_text("No header fields beside those that every response has", palette));
            }
            ui.add_space(4.0);
            if controls::button(ui, Some(Icon::Plus), "Add header").clicked() {
                let has_type = state.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
                let (name, value) = if has_type { ("", "") } else { ("Content-Type", "application/json") };
                state.headers.push((name.to_owned(), value.to_owned()));
                state.source = Source::Act;
            }
        });
    });
}
