//! The window that says what this is.

use egui::Ui;

use super::{Closed, dialog, help};
use crate::window::theme;

/// What is known of the running program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AboutModel {
    pub version: &'static str,
    pub data_folder: String,
    /// The workspace file; none where the defaults of a first start hold.
    pub workspace: Option<String>,
}

/// Draws the window; it says when it was closed.
pub fn ui(model: &AboutModel, ui: &Ui) -> Closed {
    let palette = theme::palette(ui);
    let (closed, ()) = dialog(ui, "about", "About Hookscope", 460.0, |ui| {
        ui.label(theme::body_text(format!("Hookscope {}", model.version), palette));
        help(ui, "Shows what Okta calls, and what Okta will do with the answer. It sends nothing anywhere by itself.");
        ui.add_space(theme::GAP);
        let workspace = model.workspace.as_deref().unwrap_or("none yet: the defaults of a first start");
        for (name, value) in [("Sessions and certificates", model.data_folder.as_str()), ("Workspace", workspace)] {
            ui.label(theme::secondary_text(name, palette));
            ui.add(egui::Label::new(theme::code_text(value, palette)).wrap().selectable(true));
            ui.add_space(theme::GAP_TIGHT);
        }
        ui.add_space(theme::GAP_TIGHT);
        help(
            ui,
            "MIT licence. Text in Inter (SIL Open Font License 1.1), icons by Lucide (ISC), code in Hack (MIT). Okta is a trademark of \
             Okta, Inc.; this program is not made by them.",
        );
    });
    closed
}
