//! Colors by meaning, for the dark and the light theme.
//!
//! Every pair that really lies on screen holds 4.5 : 1, tints included; the tests compute it. Color is never alone: see
//! `marks.rs` for the shape that goes with each outcome.

use egui::{Color32, Context, Theme};

use crate::okta::{Outcome, Severity};

/// The colors of one theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// Behind the panels, and inside fields.
    pub window: Color32,
    pub panel: Color32,
    /// Buttons, chips, keycaps.
    pub raised: Color32,
    pub hover: Color32,
    /// Hairlines between panels and around fields.
    pub line: Color32,
    pub text: Color32,
    pub secondary: Color32,
    /// Never on a tint or a raised surface.
    pub hint: Color32,
    /// Selection, focus, the primary button.
    pub accent: Color32,
    pub on_accent: Color32,
    pub applied: Color32,
    pub unchanged: Color32,
    pub ignored: Color32,
    pub denied: Color32,
    pub refused: Color32,
    pub fallback: Color32,
    /// Also a call under way.
    pub undocumented: Color32,
}

/// How much of a color a tint holds. The rest is the surface.
const TINT: f32 = 0.14;

const DARK: Palette = Palette {
    window: Color32::from_rgb(0x14, 0x17, 0x1C),
    panel: Color32::from_rgb(0x1A, 0x1E, 0x25),
    raised: Color32::from_rgb(0x22, 0x27, 0x31),
    hover: Color32::from_rgb(0x2A, 0x30, 0x3C),
    line: Color32::from_rgb(0x31, 0x38, 0x46),
    text: Color32::from_rgb(0xE6, 0xE9, 0xEF),
    secondary: Color32::from_rgb(0xA7, 0xB0, 0xBF),
    hint: Color32::from_rgb(0x93, 0x9D, 0xAE),
    accent: Color32::from_rgb(0x7F, 0xB2, 0xFF),
    on_accent: Color32::from_rgb(0x0B, 0x12, 0x20),
    applied: Color32::from_rgb(0x4C, 0xC3, 0x8A),
    unchanged: Color32::from_rgb(0x7F, 0xB2, 0xFF),
    ignored: Color32::from_rgb(0xF2, 0xB8, 0x4B),
    denied: Color32::from_rgb(0xC6, 0xA0, 0xFF),
    refused: Color32::from_rgb(0xFF, 0x8A, 0x80),
    fallback: Color32::from_rgb(0xF5, 0xA9, 0x7A),
    undocumented: Color32::from_rgb(0xA3, 0xAD, 0xBD),
};

const LIGHT: Palette = Palette {
    window: Color32::from_rgb(0xF4, 0xF5, 0xF8),
    panel: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    raised: Color32::from_rgb(0xEC, 0xEF, 0xF4),
    hover: Color32::from_rgb(0xE3, 0xE7, 0xEE),
    line: Color32::from_rgb(0xD5, 0xDA, 0xE2),
    text: Color32::from_rgb(0x1A, 0x20, 0x30),
    secondary: Color32::from_rgb(0x46, 0x50, 0x63),
    hint: Color32::from_rgb(0x5A, 0x64, 0x74),
    accent: Color32::from_rgb(0x1D, 0x56, 0xC2),
    on_accent: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    applied: Color32::from_rgb(0x0B, 0x6B, 0x41),
    unchanged: Color32::from_rgb(0x1D, 0x56, 0xC2),
    ignored: Color32::from_rgb(0x85, 0x50, 0x00),
    denied: Color32::from_rgb(0x6C, 0x35, 0xB8),
    refused: Color32::from_rgb(0xB4, 0x28, 0x22),
    fallback: Color32::from_rgb(0x9C, 0x44, 0x09),
    undocumented: Color32::from_rgb(0x52, 0x5C, 0x6C),
};

/// The colors of the theme that is on.
pub fn palette(ctx: &Context) -> &'static Palette {
    palette_of(ctx.theme())
}

pub fn palette_of(theme: Theme) -> &'static Palette {
    match theme {
        Theme::Dark => &DARK,
        Theme::Light => &LIGHT,
    }
}

impl Palette {
    pub fn outcome(&self, outcome: Outcome) -> Color32 {
        match outcome {
            Outcome::Applied | Outcome::Accepted | Outcome::Verified => self.applied,
            Outcome::Unchanged => self.unchanged,
            Outcome::Ignored => self.ignored,
            Outcome::Denied => self.denied,
            Outcome::Refused | Outcome::Failed | Outcome::NotVerified => self.refused,
            Outcome::Fallback => self.fallback,
            Outcome::Undocumented => self.undocumented,
        }
    }

    pub fn severity(&self, severity: Severity) -> Color32 {
        match severity {
            Severity::Info => self.unchanged,
            Severity::Warning => self.ignored,
            Severity::Error => self.refused,
        }
    }

    /// A color at 14 % over a surface. The surface is `window`, `panel` or `raised`, never `hover`.
    pub fn tint(&self, color: Color32, surface: Color32) -> Color32 {
        let mix = |top: u8, bottom: u8| (f32::from(top) * TINT + f32::from(bottom) * (1.0 - TINT)).round() as u8;
        Color32::from_rgb(mix(color.r(), surface.r()), mix(color.g(), surface.g()), mix(color.b(), surface.b()))
    }

    /// The color of a text on its own tint: the color itself where it can be read, else the text color.
    pub fn on_tint(&self, color: Color32, surface: Color32) -> Color32 {
        if contrast(color, self.tint(color, surface)) >= READABLE { color } else { self.text }
    }

    /// A color of a text on a selected row: the color itself where it can be read, else the text color.
    pub fn on_selected(&self, color: Color32) -> Color32 {
        if contrast(color, self.selected_row()) >= READABLE { color } else { self.text }
    }

    /// Behind a selected row of a panel.
    pub fn selected_row(&self) -> Color32 {
        self.tint(self.accent, self.panel)
    }
}

/// WCAG 2, success criterion 1.4.3: the least contrast of text.
const READABLE: f32 = 4.5;

/// The contrast ratio of two opaque colors (WCAG 2), from 1 to 21.
pub fn contrast(one: Color32, other: Color32) -> f32 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(color: Color32) -> f32 {
    let linear = |byte: u8| {
        let value = f32::from(byte) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(what: &str, text: Color32, surface: Color32) {
        let ratio = contrast(text, surface);
        assert!(ratio >= READABLE, "{what}: {ratio:.2} : 1");
    }

    fn outcomes(palette: &Palette) -> [(&'static str, Color32); 7] {
        [
            ("applied", palette.applied),
            ("unchanged", palette.unchanged),
            ("ignored", palette.ignored),
            ("denied", palette.denied),
            ("refused", palette.refused),
            ("fallback", palette.fallback),
            ("undocumented", palette.undocumented),
        ]
    }

    #[test]
    fn every_text_can_be_read_on_the_surfaces_it_lies_on() {
        for (name, palette) in [("dark", &DARK), ("light", &LIGHT)] {
            for (surface_name, surface) in [("window", palette.window), ("panel", palette.panel)] {
                for (text_name, text) in
                    [("text", palette.text), ("secondary", palette.secondary), ("hint", palette.hint)]
                {
                    check(&format!("{name}: {text_name} on {surface_name}"), text, surface);
                }
                check(&format!("{name}: accent on {surface_name}"), palette.accent, surface);
                for (outcome_name, color) in outcomes(palette) {
                    check(&format!("{name}: {outcome_name} on {surface_name}"), color, surface);
                }
            }
            for (surface_name, surface) in [("raised", palette.raised), ("hover", palette.hover)] {
                for (text_name, text) in [("text", palette.text), ("secondary", palette.secondary)] {
                    check(&format!("{name}: {text_name} on {surface_name}"), text, surface);
                }
                for (outcome_name, color) in outcomes(palette) {
                    check(&format!("{name}: {outcome_name} on {surface_name}"), color, surface);
                }
            }
            check(&format!("{name}: text of the primary button"), palette.on_accent, palette.accent);
        }
    }

    #[test]
    fn every_text_can_be_read_on_every_tint() {
        for (name, palette) in [("dark", &DARK), ("light", &LIGHT)] {
            for (surface_name, surface) in
                [("window", palette.window), ("panel", palette.panel), ("raised", palette.raised)]
            {
                for (outcome_name, color) in outcomes(palette).into_iter().chain([("accent", palette.accent)]) {
                    let tint = palette.tint(color, surface);
                    let what = |text: &str| format!("{name}: {text} on the tint of {outcome_name} over {surface_name}");
                    check(&what("text"), palette.text, tint);
                    check(&what("secondary"), palette.secondary, tint);
                    check(&what("its own color"), palette.on_tint(color, surface), tint);
                }
            }
            for (outcome_name, color) in outcomes(palette) {
                // A shape needs 3 : 1 (WCAG 2, success criterion 1.4.11).
                let ratio = contrast(color, palette.selected_row());
                assert!(ratio >= 3.0, "{name}: the mark of {outcome_name} on a selected row: {ratio:.2} : 1");
            }
        }
    }

    #[test]
    fn every_outcome_and_severity_has_a_color_of_its_meaning() {
        for outcome in Outcome::ALL {
            assert_ne!(DARK.outcome(outcome), DARK.text);
        }
        assert_eq!(LIGHT.severity(Severity::Error), LIGHT.refused);
        assert_eq!(LIGHT.severity(Severity::Warning), LIGHT.ignored);
    }
}
