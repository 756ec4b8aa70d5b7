//! The fonts that the program brings along: Inter for text, Hack (egui's own) for the wire, Lucide for icons.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily};

const REGULAR: &str = "Inter";
pub const SEMIBOLD: &str = "semibold";
pub const ICONS: &str = "icons";
const HACK: &str = "Hack";

/// Inter first, then egui's text face, then Hack, which has the arrows and shapes that Inter lacks.
pub fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let files: [(&str, &'static [u8]); 3] = [
        (REGULAR, include_bytes!("../../../assets/fonts/Inter-Regular.otf")),
        (SEMIBOLD, include_bytes!("../../../assets/fonts/Inter-SemiBold.otf")),
        (ICONS, include_bytes!("../../../assets/icons/lucide.ttf")),
    ];
    for (name, bytes) in files {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let proportional = fonts.families.entry(FontFamily::Proportional).or_default();
    proportional.insert(0, REGULAR.to_owned());
    proportional.push(HACK.to_owned());
    let mut semibold = proportional.clone();
    semibold.insert(0, SEMIBOLD.to_owned());
    fonts.families.insert(FontFamily::Name(SEMIBOLD.into()), semibold);
    fonts.families.insert(FontFamily::Name(ICONS.into()), vec![ICONS.to_owned()]);
    fonts
}
