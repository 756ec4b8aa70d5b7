//! What a call is about, in a few lines: who, which app, which scopes.

use egui::{Align, Label, Layout, Ui, vec2};

use crate::okta::Fact;
use crate::window::theme::{self, Palette};

/// Width of the names, in points.
const NAMES: f32 = 150.0;

/// Draws facts, one below the other.
pub fn ui(facts: &[Fact], palette: &Palette, ui: &mut Ui) {
    if facts.is_empty() {
        let text = "The request says nothing that a call of its kind is known to say";
        ui.add(Label::new(theme::secondary_text(text, palette)).wrap());
        return;
    }
    ui.spacing_mut().item_spacing.y = 4.0;
    for fact in facts {
        ui.horizontal_top(|ui| {
            ui.allocate_ui_with_layout(vec2(NAMES, 18.0), Layout::left_to_right(Align::Min), |ui| {
                ui.set_min_width(NAMES);
                let name = ui.add(Label::new(theme::secondary_text(fact.label, palette)).truncate());
                name.on_hover_text(&fact.pointer);
            });
            ui.add(Label::new(theme::code_text(&fact.value, palette)).wrap().selectable(true));
        });
    }
}
