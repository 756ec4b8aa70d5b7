//! The window with what is remembered from run to run.

use egui::{DragValue, Grid, ThemePreference, Ui, vec2};

use super::{Closed, dialog, help, painted_name};
use crate::window::controls::{checkbox, radio};
use crate::window::theme;

/// What can be set. The window owns it, saves it and acts on what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettingsDraft {
    pub theme: ThemePreference,
    pub compact_rows: bool,
    /// Times in UTC instead of the local zone.
    pub utc_times: bool,
    /// The size in MiB beyond which the oldest unpinned calls go.
    pub max_session_mib: u64,
    /// The largest request body that is taken, in KiB.
    pub max_body_kib: u64,
}

/// Draws the window. What is changed holds at once; it says when it was closed.
pub fn ui(draft: &mut SettingsDraft, ui: &Ui) -> Closed {
    let palette = theme::palette(ui);
    let (closed, ()) = dialog(ui, "settings", "Settings", 460.0, |ui| {
        Grid::new("settings").num_columns(2).spacing(vec2(24.0, 10.0)).min_col_width(150.0).show(ui, |ui| {
            painted_name(ui, "Theme", theme::body(), palette.text);
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = theme::GAP_SECTION;
                for (preference, text) in [
                    (ThemePreference::System, "System"),
                    (ThemePreference::Light, "Light"),
                    (ThemePreference::Dark, "Dark"),
                ] {
                    radio(ui, &mut draft.theme, preference, text, &format!("{text} theme"));
                }
            });
            ui.end_row();
            painted_name(ui, "Times", theme::body(), palette.text);
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = theme::GAP_SECTION;
                radio(ui, &mut draft.utc_times, false, "Local", "Local times");
                radio(ui, &mut draft.utc_times, true, "UTC", "UTC times");
            });
            ui.end_row();
            painted_name(ui, "Rows", theme::body(), palette.text);
            checkbox(ui, &mut draft.compact_rows, "Compact rows");
            ui.end_row();
            painted_name(ui, "Session size", theme::body(), palette.text);
            number_ui(ui, &mut draft.max_session_mib, 16..=1_048_576, "MiB", "Session size");
            ui.end_row();
            painted_name(ui, "Largest body", theme::body(), palette.text);
            number_ui(ui, &mut draft.max_body_kib, 1..=1_048_576, "KiB", "Largest body");
            ui.end_row();
        });
        ui.add_space(theme::GAP);
        help(
            ui,
            "Beyond the session size the oldest calls go, but never a pinned one. A request with a larger body is answered 413.",
        );
    });
    closed
}

fn number_ui(ui: &mut Ui, value: &mut u64, range: std::ops::RangeInclusive<u64>, unit: &str, name: &str) {
    ui.horizontal(|ui| {
        ui.add(DragValue::new(value).range(range).speed(8.0)).accessible_name(name);
        ui.label(theme::secondary_text(unit, theme::palette(ui)));
    });
}
