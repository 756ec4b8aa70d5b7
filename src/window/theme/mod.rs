//! How everything looks: colors by meaning, type, measures.
//!
//! This is the only place that names a color or a font. Nothing here may depend on what is shown. Where to look next:
//! [`Palette`] for colors, `style.rs` for what egui's own widgets make of them.

mod fonts;
#[expect(clippy::disallowed_methods, reason = "the one place that names colors")]
mod palette;
mod style;

use egui::{FontFamily, FontId, RichText, TextStyle};

pub use palette::{Palette, contrast, palette, palette_of};

/// Everything is a multiple of this many points.
pub const GRID: f32 = 4.0;
/// The gaps between things, in points, from tight to wide.
pub const GAP_TIGHT: f32 = 4.0;
pub const GAP: f32 = 8.0;
pub const GAP_WIDE: f32 = 12.0;
pub const GAP_SECTION: f32 = 16.0;
pub const GAP_GROUP: f32 = 24.0;
/// Between the edge of a panel and what it holds, in points.
pub const PANEL_PADDING: f32 = 12.0;
/// Height of a row of a list, in points.
pub const ROW_HEIGHT: f32 = 28.0;
/// Height of a row where the user asks for compact rows.
pub const ROW_HEIGHT_COMPACT: f32 = 24.0;
/// Height of buttons and fields, in points.
pub const CONTROL: f32 = 28.0;
pub const TOP_BAR: f32 = 40.0;
pub const STATUS_BAR: f32 = 26.0;
/// Width of the endpoints at first, in points.
pub const ENDPOINTS_WIDTH: f32 = 200.0;
/// Below this width of the window, in points, the open call goes under the list.
pub const NARROW: f32 = 1_100.0;
/// Corner radius of panels, buttons, fields and rows, in points.
pub const RADIUS: u8 = 6;
/// Corner radius of chips and keycaps, in points.
pub const CHIP_RADIUS: u8 = 4;
/// Size of an icon, in points.
pub const ICON: f32 = 16.0;
/// Width of the ring around what has the focus, in points.
pub const FOCUS_RING: f32 = 2.0;

/// Sets fonts and both themes' styles. Called once, before the first pass.
pub fn install(ctx: &egui::Context) {
    ctx.set_fonts(fonts::definitions());
    for theme in [egui::Theme::Dark, egui::Theme::Light] {
        ctx.style_mut_of(theme, |style| style::apply(style, palette_of(theme)));
    }
}

/// The family of Inter SemiBold.
pub fn semibold_family() -> FontFamily {
    FontFamily::Name(fonts::SEMIBOLD.into())
}

/// The family of the icon font.
pub fn icon_family() -> FontFamily {
    FontFamily::Name(fonts::ICONS.into())
}

/// Text: 13 points.
pub fn body() -> FontId {
    FontId::new(13.0, FontFamily::Proportional)
}

/// Text of less weight: 12 points.
pub fn secondary() -> FontId {
    FontId::new(12.0, FontFamily::Proportional)
}

/// Heads of sections: 11 points, to be set in capitals ([`head_text`] does).
pub fn head() -> FontId {
    FontId::new(11.0, semibold_family())
}

/// The verdict, and what stands for it in an empty panel: 16 points.
pub fn verdict() -> FontId {
    FontId::new(16.0, semibold_family())
}

/// Names that stand out in running text: 13 points.
pub fn strong() -> FontId {
    FontId::new(13.0, semibold_family())
}

/// Anything that is or was on the wire, and numbers: 12.5 points.
pub fn code() -> FontId {
    FontId::new(12.5, FontFamily::Monospace)
}

/// The style that [`head`] is installed as.
pub fn head_style() -> TextStyle {
    TextStyle::Name("head".into())
}

/// A section head: capitals, a little apart.
pub fn head_text(text: &str, palette: &Palette) -> RichText {
    RichText::new(text.to_uppercase()).font(head()).extra_letter_spacing(0.6).color(palette.secondary)
}

pub fn body_text(text: impl Into<String>, palette: &Palette) -> RichText {
    RichText::new(text).font(body()).color(palette.text)
}

pub fn secondary_text(text: impl Into<String>, palette: &Palette) -> RichText {
    RichText::new(text).font(secondary()).color(palette.secondary)
}

pub fn hint_text(text: impl Into<String>, palette: &Palette) -> RichText {
    RichText::new(text).font(secondary()).color(palette.hint)
}

pub fn verdict_text(text: impl Into<String>, palette: &Palette) -> RichText {
    RichText::new(text).font(verdict()).color(palette.text)
}

pub fn strong_text(text: impl Into<String>, palette: &Palette) -> RichText {
    RichText::new(text).font(strong()).color(palette.text)
}

pub fn code_text(text: impl Into<String>, palette: &Palette) -> RichText {
    RichText::new(text).font(code()).color(palette.text)
}
