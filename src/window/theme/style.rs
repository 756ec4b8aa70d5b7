//! What egui's own widgets make of the palette.

use egui::style::{ScrollStyle, Selection, WidgetVisuals};
use egui::{Color32, CornerRadius, Margin, Shadow, Stroke, Style, TextStyle, Vec2, vec2};

use super::{CONTROL, FOCUS_RING, Palette, RADIUS};

/// Sets type, spacing and colors of one theme.
pub fn apply(style: &mut Style, palette: &Palette) {
    style.text_styles = [
        (TextStyle::Body, super::body()),
        (TextStyle::Button, super::body()),
        (TextStyle::Small, super::secondary()),
        (TextStyle::Heading, super::verdict()),
        (TextStyle::Monospace, super::code()),
        (super::head_style(), super::head()),
    ]
    .into();
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(8.0, 4.0);
    spacing.button_padding = vec2(10.0, 4.0);
    spacing.menu_margin = Margin::same(4);
    spacing.window_margin = Margin::same(16);
    spacing.interact_size = vec2(CONTROL, CONTROL);
    spacing.icon_width = 16.0;
    spacing.icon_width_inner = 10.0;
    spacing.icon_spacing = 6.0;
    spacing.tooltip_width = 420.0;
    spacing.scroll = ScrollStyle { bar_width: 8.0, floating_width: 4.0, ..ScrollStyle::floating() };
    // What can be copied has a button for it; texts that are worth selecting say so themselves. Otherwise labels would eat
    // the clicks of the rows they lie in.
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.4;
    // Nothing moves unless something happened.
    style.animation_time = 0.0;
    style.scroll_animation = egui::style::ScrollAnimation::none();
    visuals(style, palette);
}

fn visuals(style: &mut Style, palette: &Palette) {
    let ring = Stroke::new(FOCUS_RING, palette.accent);
    let visuals = &mut style.visuals;
    let widget = |fill: Color32, stroke: Stroke, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: stroke,
        corner_radius: CornerRadius::same(RADIUS),
        fg_stroke: Stroke::new(1.5, text),
        expansion: 0.0,
    };
    let widgets = &mut visuals.widgets;
    widgets.noninteractive = widget(palette.panel, Stroke::new(1.0, palette.line), palette.text);
    widgets.inactive = widget(palette.raised, Stroke::NONE, palette.text);
    widgets.hovered = widget(palette.hover, Stroke::NONE, palette.text);
    // A widget with the focus is an active one: the ring is what shows it.
    widgets.active = widget(palette.hover, ring, palette.text);
    widgets.open = widget(palette.hover, Stroke::NONE, palette.text);
    // The stroke is both the color of selected text and the ring of a field with the focus.
    visuals.selection = Selection { bg_fill: palette.tint(palette.accent, palette.panel), stroke: ring };
    visuals.override_text_color = None;
    visuals.weak_text_color = Some(palette.hint);
    visuals.hyperlink_color = palette.accent;
    visuals.faint_bg_color = palette.raised;
    visuals.extreme_bg_color = palette.window;
    visuals.text_edit_bg_color = Some(palette.window);
    visuals.code_bg_color = palette.raised;
    visuals.warn_fg_color = palette.ignored;
    visuals.error_fg_color = palette.refused;
    visuals.panel_fill = palette.panel;
    visuals.window_fill = palette.panel;
    visuals.window_stroke = Stroke::new(1.0, palette.line);
    visuals.window_corner_radius = CornerRadius::same(RADIUS + 2);
    visuals.menu_corner_radius = CornerRadius::same(RADIUS);
    visuals.window_highlight_topmost = false;
    let shade = if visuals.dark_mode { 120 } else { 40 };
    visuals.window_shadow = Shadow { offset: [0, 8], blur: 24, spread: 0, color: Color32::from_black_alpha(shade) };
    visuals.popup_shadow = Shadow { offset: [0, 4], blur: 12, spread: 0, color: Color32::from_black_alpha(shade) };
    visuals.text_cursor.stroke = Stroke::new(FOCUS_RING, palette.accent);
    visuals.indent_has_left_vline = false;
    visuals.interact_cursor = None;
    // A choice and a menu are laid out within this, whatever height they ask for.
    style.spacing.default_area_size = Vec2::new(480.0, 640.0);
}
