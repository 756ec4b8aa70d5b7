//! Buttons, fields, chips and keycaps, as every panel uses them.
//!
//! Each has an accessible name; none of them knows what it is for.

use egui::{
    Align2, Button, Color32, CornerRadius, Frame, Id, Margin, Response, RichText, Role, Sense, Stroke, StrokeKind,
    TextEdit, Ui, Vec2, WidgetInfo, vec2,
};

use super::icons::Icon;
use super::theme::{self, Palette};

/// The one button of a panel that is asked for most.
pub fn primary_button(ui: &mut Ui, icon: Option<Icon>, text: &str) -> Response {
    let palette = theme::palette(ui);
    // The next automatic id is the button's own, so this is its state in the last frame.
    let focused = ui.read_response(ui.next_auto_id()).is_some_and(|response| response.has_focus());
    let text = RichText::new(text).font(theme::strong()).color(palette.on_accent);
    let mut button = match icon {
        Some(icon) => Button::new((icon.colored_atom(theme::ICON, palette.on_accent), text)),
        None => Button::new(text),
    };
    button = button.fill(palette.accent).min_size(vec2(0.0, theme::CONTROL));
    // A ring in the accent would not be seen on the accent.
    if focused {
        button = button.stroke(Stroke::new(theme::FOCUS_RING, palette.text));
    } else {
        button = button.stroke(Stroke::NONE);
    }
    ui.add(button)
}

/// A button with an icon before its text.
pub fn button(ui: &mut Ui, icon: Option<Icon>, text: &str) -> Response {
    match icon {
        Some(icon) => ui.button((icon.atom(), text)),
        None => ui.button(text),
    }
}

/// A button that looks like text until the pointer is on it.
pub fn quiet_button(ui: &mut Ui, icon: Option<Icon>, text: RichText) -> Response {
    let button = match icon {
        Some(icon) => Button::new((icon.atom(), text)),
        None => Button::new(text),
    };
    ui.add(button.frame_when_inactive(false))
}

/// A button with a menu beneath it: the text and a small arrow.
pub fn menu_button<R>(ui: &mut Ui, text: &str, name: &str, contents: impl FnOnce(&mut Ui) -> R) -> Option<R> {
    let response = ui.add(Button::new((text, Icon::ChevronDown.atom_of_size(14.0)))).accessible_name(name);
    egui::Popup::menu(&response).gap(4.0).style(super::menus::style).show(contents).map(|shown| shown.inner)
}

/// Text that can be edited, one line unless told. `name` is what it is called; `hint` stands in it while it is empty.
pub struct TextField<'a> {
    name: &'a str,
    hint: &'a str,
    width: f32,
    on_wire: bool,
    masked: bool,
    rows: Option<usize>,
    id: Option<Id>,
}

impl<'a> TextField<'a> {
    pub fn new(name: &'a str) -> TextField<'a> {
        TextField { name, hint: "", width: f32::INFINITY, on_wire: false, masked: false, rows: None, id: None }
    }

    pub fn hint(self, hint: &'a str) -> TextField<'a> {
        TextField { hint, ..self }
    }

    /// In points; all there is unless told.
    pub fn width(self, width: f32) -> TextField<'a> {
        TextField { width, ..self }
    }

    /// What is typed goes over the wire, so it is shown in the code face.
    pub fn on_wire(self) -> TextField<'a> {
        TextField { on_wire: true, ..self }
    }

    /// What is typed must not be seen.
    pub fn masked(self, masked: bool) -> TextField<'a> {
        TextField { masked, ..self }
    }

    /// Several lines, of which so many are seen at least.
    pub fn rows(self, rows: usize) -> TextField<'a> {
        TextField { rows: Some(rows), ..self }
    }

    pub fn id(self, id: Id) -> TextField<'a> {
        TextField { id: Some(id), ..self }
    }

    pub fn ui(self, ui: &mut Ui, text: &mut String) -> Response {
        let palette = theme::palette(ui);
        let id = self.id.unwrap_or_else(|| ui.make_persistent_id(self.name));
        let focused = ui.memory(|memory| memory.has_focus(id));
        let edit = match self.rows {
            Some(rows) => TextEdit::multiline(text).desired_rows(rows),
            None => TextEdit::singleline(text).align(Align2::LEFT_CENTER).min_size(vec2(0.0, theme::CONTROL)),
        };
        let edit = edit
            .id(id)
            .hint_text(RichText::new(self.hint).color(palette.hint))
            .font(if self.on_wire { theme::code() } else { theme::body() })
            .frame(field_frame(palette, focused))
            .password(self.masked)
            .desired_width(self.width);
        ui.add(edit).accessible_name(self.name)
    }
}

/// The frame of a field: a hairline, or the ring of the focus. Its margin does not change with it.
pub fn field_frame(palette: &Palette, focused: bool) -> Frame {
    let (width, color) = if focused { (theme::FOCUS_RING, palette.accent) } else { (1.0, palette.line) };
    Frame::new()
        .fill(palette.window)
        .corner_radius(CornerRadius::same(theme::RADIUS))
        .inner_margin(Margin::symmetric(8, 4))
        .apply_stroke_and_expansion_without_layout_shift(Stroke::new(width, color), 0.0)
}

/// A box that is checked or not.
pub fn checkbox(ui: &mut Ui, checked: &mut bool, text: &str) -> Response {
    outlined(ui, |ui| ui.checkbox(checked, text))
}

/// One of several choices. `name` is what it is called to a screen reader, where the text beside it says too little.
pub fn radio<T: PartialEq>(ui: &mut Ui, value: &mut T, choice: T, text: &str, name: &str) -> Response {
    outlined(ui, |ui| ui.radio_value(value, choice, text)).accessible_name(name)
}

/// The box of a choice needs an outline: its ground alone does not stand out from the panel.
fn outlined(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> Response) -> Response {
    let palette = theme::palette(ui);
    ui.scope(|ui| {
        let widgets = &mut ui.visuals_mut().widgets;
        widgets.inactive.bg_fill = palette.window;
        for widget in [&mut widgets.inactive, &mut widgets.hovered] {
            widget.bg_stroke = Stroke::new(1.0, palette.hint);
            widget.fg_stroke = Stroke::new(2.0, palette.accent);
        }
        widgets.active.fg_stroke = Stroke::new(2.0, palette.accent);
        ui.visuals_mut().override_text_color = Some(palette.text);
        add(ui)
    })
    .inner
}

/// Height up to which the entries of a choice show without scrolling, in points: twenty of them, as many as there are faults.
const CHOICE_HEIGHT: f32 = 600.0;

/// A choice of several in a menu. `name` is what the field is called.
pub fn choice<R>(ui: &mut Ui, name: &str, selected: &str, contents: impl FnOnce(&mut Ui) -> R) {
    choice_of_width(ui, name, selected, 220.0, contents);
}

/// The same with a width in points.
pub fn choice_of_width<R>(ui: &mut Ui, name: &str, selected: &str, width: f32, contents: impl FnOnce(&mut Ui) -> R) {
    let shown = egui::ComboBox::from_id_salt(name).selected_text(selected).width(width).height(CHOICE_HEIGHT).icon(
        |ui, rect, visuals, _open| {
            Icon::ChevronDown.paint(ui.painter(), rect.center(), 14.0, visuals.fg_stroke.color);
        },
    );
    let entries = |ui: &mut Ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        contents(ui)
    };
    shown.show_ui(ui, entries).response.accessible_name(name);
}

/// A key, as it is printed on a keyboard. It is read as a text.
pub fn keycap(ui: &mut Ui, key: &str) -> Response {
    let palette = theme::palette(ui);
    let galley = ui.painter().layout_no_wrap(key.to_owned(), theme::secondary(), palette.secondary);
    let (rect, response) = ui.allocate_exact_size(vec2((galley.size().x + 14.0).max(24.0), 20.0), Sense::hover());
    ui.painter().rect_filled(rect, theme::CHIP_RADIUS, palette.raised);
    let text = Align2::CENTER_CENTER.align_size_within_rect(galley.size(), rect);
    ui.painter().galley(text.min, galley, palette.secondary);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, key));
    response
}

/// A short fact on a raised ground. In a row that wraps it goes to the next line as a whole; only one that is longer than a line
/// is cut, and shows whole on hover.
pub fn chip(ui: &mut Ui, text: &str) -> Response {
    let palette = theme::palette(ui);
    let padding = vec2(8.0, 3.0);
    let job = egui::text::LayoutJob::simple_singleline(text.to_owned(), theme::secondary(), palette.secondary);
    let longest = ui.max_rect().width() - 2.0 * padding.x;
    let job = egui::text::LayoutJob { wrap: egui::text::TextWrapping::truncate_at_width(longest), ..job };
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    let is_cut = galley.elided;
    let (rect, response) = ui.allocate_exact_size(galley.size() + 2.0 * padding, Sense::hover());
    ui.painter().rect_filled(rect, theme::CHIP_RADIUS, palette.raised);
    ui.painter().galley(rect.min + padding, galley, palette.secondary);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    if is_cut { response.on_hover_text(text) } else { response }
}

/// A text on the wire that can be copied as a whole: a field-like box with a button.
pub fn copy_box(ui: &mut Ui, text: &str, copy_name: &str) -> Response {
    let palette = theme::palette(ui);
    let width = ui.available_width();
    let (rect, _) = ui.allocate_exact_size(vec2(width, theme::CONTROL + 4.0), Sense::hover());
    let painter = ui.painter();
    painter.rect(rect, theme::RADIUS, palette.window, Stroke::new(1.0, palette.line), StrokeKind::Inside);
    let button = egui::Rect::from_center_size(egui::pos2(rect.right() - 17.0, rect.center().y), Vec2::splat(22.0));
    let text_rect = rect.with_max_x(button.left() - 4.0).shrink2(vec2(8.0, 0.0));
    let mut inner = ui
        .new_child(egui::UiBuilder::new().max_rect(text_rect).layout(egui::Layout::left_to_right(egui::Align::Center)));
    inner.add(egui::Label::new(theme::code_text(text, palette)).truncate().selectable(false));
    let mut corner = ui.new_child(egui::UiBuilder::new().max_rect(button));
    super::icons::icon_button_of_size(&mut corner, Icon::Copy, copy_name, copy_name, 22.0)
}

/// A filled circle beside a text, for states that have no outcome.
pub fn dot_atom(color: Color32) -> egui::Atom<'static> {
    egui::Atom::paint(vec2(8.0, 8.0), move |ui, args| {
        ui.painter().circle_filled(args.rect.center(), 3.5, color);
    })
}

/// Cuts the middle out of a text so that at most `n_chars` characters are left; both ends stay. The text itself where it fits.
pub fn cut_middle(text: &str, n_chars: usize) -> std::borrow::Cow<'_, str> {
    let n_all = text.chars().count();
    if n_all <= n_chars {
        return text.into();
    }
    let n_kept = n_chars.saturating_sub(1);
    // The end tells paths apart better than the beginning.
    let n_head = n_kept / 2;
    let n_tail = n_kept - n_head;
    let head: String = text.chars().take(n_head).collect();
    let tail: String = text.chars().skip(n_all - n_tail).collect();
    format!("{head}…{tail}").into()
}

/// A number with its thousands set apart: `412`, `400,000`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The frame around something that lies in a panel and belongs together.
pub fn well(palette: &Palette) -> Frame {
    let frame = Frame::new().fill(palette.window).stroke(Stroke::new(1.0, palette.line));
    frame.corner_radius(theme::RADIUS).inner_margin(Margin::symmetric(10, 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_a_path_is_cut_and_both_ends_stay() {
        let check = |text: &str, n_chars: usize, expected: &str| assert_eq!(cut_middle(text, n_chars), expected);
        check("/hooks/token", 12, "/hooks/token");
        check("/hooks/registration", 14, "/hooks…tration");
        check("/hooks/registration", 3, "/…n");
        check("/hooks/registration", 1, "…");
        check("/hooks/registration", 0, "…");
        check("/höks/ünïcode/päth", 8, "/hö…päth");
    }

    proptest::proptest! {
        #[test]
        fn a_cut_text_is_never_longer_than_asked(text in "\\PC{0,40}", n_chars in 1usize..50) {
            proptest::prop_assert!(cut_middle(&text, n_chars).chars().count() <= n_chars.max(1));
        }
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(412), "412");
        assert_eq!(grouped(400_000), "400,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
