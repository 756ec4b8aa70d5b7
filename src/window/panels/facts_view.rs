//! What a call is about, in a few lines: who, which app, which scopes.

use egui::{Align, Label, Layout, Ui, vec2};

use crate::call::ForwardedFact;
use crate::okta::Fact;
use crate::window::theme::{self, Palette};

/// Width of the names, in points.
const NAMES: f32 = 150.0;

/// Draws facts, one below the other, and beneath them the way that the call came.
pub fn ui(facts: &[Fact], way: &[ForwardedFact], palette: &Palette, ui: &mut Ui) {
    if facts.is_empty() {
        let text = "The request says nothing that a call of its kind is known to say";
        ui.add(Label::new(theme::secondary_text(text, palette)).wrap());
    }
    ui.spacing_mut().item_spacing.y = 4.0;
    for fact in facts {
        fact_ui(fact.label, &fact.value, &fact.pointer, palette, ui);
    }
    if way.is_empty() {
        return;
    }
    ui.add_space(theme::GAP);
    ui.label(theme::head_text("The way here", palette));
    for fact in way {
        fact_ui(fact.label, &fact.value, fact.header, palette, ui);
    }
    let hint = "Told by headers. Whoever calls can set them, and each proxy adds at the right: the left-most entry proves nothing";
    ui.add(Label::new(theme::hint_text(hint, palette)).wrap());
}

fn fact_ui(label: &str, value: &str, from: &str, palette: &Palette, ui: &mut Ui) {
    ui.horizontal_top(|ui| {
        ui.allocate_ui_with_layout(vec2(NAMES, 18.0), Layout::left_to_right(Align::Min), |ui| {
            ui.set_min_width(NAMES);
            let name = ui.add(Label::new(theme::secondary_text(label, palette)).truncate());
            name.on_hover_text(from);
        });
        ui.add(Label::new(theme::code_text(value, palette)).wrap().selectable(true));
    });
}
