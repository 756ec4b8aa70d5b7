//! The icons, as glyphs of the Lucide font in `assets/icons`, and the buttons that show only an icon.
//!
//! An icon is painted, never written as text: a glyph of the icon font in a text would be read aloud. An icon never stands
//! alone without a name.

use egui::{
    Align2, Atom, Color32, FontId, Painter, Pos2, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo,
};

use super::theme;

/// What can be shown. The names are those of Lucide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Icon {
    ArrowDown,
    ArrowRight,
    ArrowUp,
    Bell,
    Braces,
    Check,
    ChevronDown,
    ChevronRight,
    ChevronUp,
    CircleAlert,
    CircleCheck,
    CircleHelp,
    CircleStop,
    CircleX,
    Clock,
    Copy,
    CornerDownRight,
    Download,
    Ellipsis,
    ExternalLink,
    Eye,
    EyeOff,
    File,
    FilePlus,
    FileText,
    FolderOpen,
    History,
    Info,
    Key,
    Keyboard,
    Layers,
    Link,
    ListTree,
    Lock,
    Monitor,
    Moon,
    Pencil,
    Pin,
    PinOff,
    Play,
    Plus,
    Power,
    Repeat,
    RotateCw,
    Save,
    Search,
    Send,
    Settings,
    ShieldCheck,
    SkipForward,
    StickyNote,
    Sun,
    Terminal,
    Trash,
    TriangleAlert,
    Undo,
    Webhook,
    WrapText,
    X,
}

impl Icon {
    pub const ALL: [Icon; 59] = [
        Icon::ArrowDown,
        Icon::ArrowRight,
        Icon::ArrowUp,
        Icon::Bell,
        Icon::Braces,
        Icon::Check,
        Icon::ChevronDown,
        Icon::ChevronRight,
        Icon::ChevronUp,
        Icon::CircleAlert,
        Icon::CircleCheck,
        Icon::CircleHelp,
        Icon::CircleStop,
        Icon::CircleX,
        Icon::Clock,
        Icon::Copy,
        Icon::CornerDownRight,
        Icon::Download,
        Icon::Ellipsis,
        Icon::ExternalLink,
        Icon::Eye,
        Icon::EyeOff,
        Icon::File,
        Icon::FilePlus,
        Icon::FileText,
        Icon::FolderOpen,
        Icon::History,
        Icon::Info,
        Icon::Key,
        Icon::Keyboard,
        Icon::Layers,
        Icon::Link,
        Icon::ListTree,
        Icon::Lock,
        Icon::Monitor,
        Icon::Moon,
        Icon::Pencil,
        Icon::Pin,
        Icon::PinOff,
        Icon::Play,
        Icon::Plus,
        Icon::Power,
        Icon::Repeat,
        Icon::RotateCw,
        Icon::Save,
        Icon::Search,
        Icon::Send,
        Icon::Settings,
        Icon::ShieldCheck,
        Icon::SkipForward,
        Icon::StickyNote,
        Icon::Sun,
        Icon::Terminal,
        Icon::Trash,
        Icon::TriangleAlert,
        Icon::Undo,
        Icon::Webhook,
        Icon::WrapText,
        Icon::X,
    ];

    /// The icon's place in the font (Lucide 1.62, `codepoints.json`).
    pub fn glyph(self) -> char {
        match self {
            Icon::ArrowDown => '\u{e042}',
            Icon::ArrowRight => '\u{e049}',
            Icon::ArrowUp => '\u{e04a}',
            Icon::Bell => '\u{e059}',
            Icon::Braces => '\u{e36a}',
            Icon::Check => '\u{e06c}',
            Icon::ChevronDown => '\u{e06d}',
            Icon::ChevronRight => '\u{e06f}',
            Icon::ChevronUp => '\u{e070}',
            Icon::CircleAlert => '\u{e077}',
            Icon::CircleCheck => '\u{e226}',
            Icon::CircleHelp => '\u{e082}',
            Icon::CircleStop => '\u{e083}',
            Icon::CircleX => '\u{e084}',
            Icon::Clock => '\u{e087}',
            Icon::Copy => '\u{e09e}',
            Icon::CornerDownRight => '\u{e0a2}',
            Icon::Download => '\u{e0b2}',
            Icon::Ellipsis => '\u{e0b6}',
            Icon::ExternalLink => '\u{e0b9}',
            Icon::Eye => '\u{e0ba}',
            Icon::EyeOff => '\u{e0bb}',
            Icon::File => '\u{e0c0}',
            Icon::FilePlus => '\u{e0c9}',
            Icon::FileText => '\u{e0cc}',
            Icon::FolderOpen => '\u{e247}',
            Icon::History => '\u{e1f5}',
            Icon::Info => '\u{e0f9}',
            Icon::Key => '\u{e4a3}',
            Icon::Keyboard => '\u{e284}',
            Icon::Layers => '\u{e529}',
            Icon::Link => '\u{e102}',
            Icon::ListTree => '\u{e408}',
            Icon::Lock => '\u{e10b}',
            Icon::Monitor => '\u{e11d}',
            Icon::Moon => '\u{e11e}',
            Icon::Pencil => '\u{e1f9}',
            Icon::Pin => '\u{e259}',
            Icon::PinOff => '\u{e2b6}',
            Icon::Play => '\u{e13c}',
            Icon::Plus => '\u{e13d}',
            Icon::Power => '\u{e140}',
            Icon::Repeat => '\u{e146}',
            Icon::RotateCw => '\u{e149}',
            Icon::Save => '\u{e14d}',
            Icon::Search => '\u{e151}',
            Icon::Send => '\u{e152}',
            Icon::Settings => '\u{e154}',
            Icon::ShieldCheck => '\u{e1ff}',
            Icon::SkipForward => '\u{e160}',
            Icon::StickyNote => '\u{e303}',
            Icon::Sun => '\u{e178}',
            Icon::Terminal => '\u{e181}',
            Icon::Trash => '\u{e18e}',
            Icon::TriangleAlert => '\u{e193}',
            Icon::Undo => '\u{e2a1}',
            Icon::Webhook => '\u{e374}',
            Icon::WrapText => '\u{e248}',
            Icon::X => '\u{e1b2}',
        }
    }

    /// Paints the icon around a center; `size` in points.
    pub fn paint(self, painter: &Painter, center: Pos2, size: f32, color: Color32) {
        painter.text(center, Align2::CENTER_CENTER, self.glyph(), FontId::new(size, theme::icon_family()), color);
    }

    /// The icon at its usual size, in the text color of the widget that holds it.
    pub fn atom(self) -> Atom<'static> {
        self.atom_of_size(theme::ICON)
    }

    /// The icon in the text color of the widget that holds it; `size` in points.
    pub fn atom_of_size(self, size: f32) -> Atom<'static> {
        Atom::paint(Vec2::splat(size), move |ui, args| {
            self.paint(ui.painter(), args.rect.center(), size, args.fallback_text_color);
        })
    }

    /// The icon in a color of its own.
    pub fn colored_atom(self, size: f32, color: Color32) -> Atom<'static> {
        Atom::paint(Vec2::splat(size), move |ui, args| self.paint(ui.painter(), args.rect.center(), size, color))
    }
}

/// Shows an icon that says something by itself, such as a credential that is right. `meaning` is its name and its tooltip.
pub fn icon_label(ui: &mut Ui, icon: Icon, color: Color32, meaning: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(theme::ICON), Sense::hover());
    icon.paint(ui.painter(), rect.center(), theme::ICON, color);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, meaning));
    response.on_hover_text(meaning)
}

/// A square button with only an icon: its name is what it does, and its tooltip says so. `tooltip` may say more than the name.
pub fn icon_button(ui: &mut Ui, icon: Icon, name: &str, tooltip: &str) -> Response {
    icon_button_of_size(ui, icon, name, tooltip, theme::CONTROL)
}

/// As [`icon_button`], with the width and height of the button in points.
pub fn icon_button_of_size(ui: &mut Ui, icon: Icon, name: &str, tooltip: &str, size: f32) -> Response {
    let palette = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(size), Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
    let painter = ui.painter();
    if enabled && (response.hovered() || response.is_pointer_button_down_on()) {
        painter.rect_filled(rect, theme::RADIUS, palette.hover);
    }
    if response.has_focus() {
        let ring = Stroke::new(theme::FOCUS_RING, palette.accent);
        painter.rect_stroke(rect, theme::RADIUS, ring, StrokeKind::Inside);
    }
    let color = if response.hovered() || response.has_focus() { palette.text } else { palette.secondary };
    icon.paint(painter, rect.center(), theme::ICON.min(size - 8.0), color);
    response.on_hover_text(tooltip).on_disabled_hover_text(tooltip)
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn every_icon_is_in_the_font() {
        let ctx = egui::Context::default();
        theme::install(&ctx);
        let output = ctx.run_ui(egui::RawInput::default(), |ui| {
            let font = FontId::new(theme::ICON, theme::icon_family());
            for icon in Icon::ALL {
                assert!(ui.fonts_mut(|fonts| fonts.has_glyph(&font, icon.glyph())), "{icon:?} is not in the icon font");
            }
        });
        output.drop_without_applying_deltas();
    }
}
