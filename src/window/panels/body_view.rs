//! A body as tree, pretty, raw or hex. Only what is visible is drawn, whatever the size of the body.

use std::collections::BTreeMap;

use bytes::Bytes;
use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Color32, Label, Layout, RichText, ScrollArea, Sense, Stroke, Ui, Vec2, vec2};

use crate::call::Headers;
use crate::okta::Severity;
use crate::window::icons::Icon;
use crate::window::text::{HEX_BYTES_PER_ROW, Lines, TokenKind, Tree, TreeKind, TreeRow, hex_row, pretty};
use crate::window::theme::{self, Palette};

/// How a body is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    Tree,
    #[default]
    Pretty,
    Raw,
    Hex,
}

impl View {
    pub const ALL: [View; 4] = [View::Tree, View::Pretty, View::Raw, View::Hex];

    pub fn text(self) -> &'static str {
        match self {
            View::Tree => "Tree",
            View::Pretty => "Pretty",
            View::Raw => "Raw",
            View::Hex => "Hex",
        }
    }
}

/// A place in the body with something to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Counted from 1.
    pub line: u32,
    /// In characters, counted from 1.
    pub column: u32,
    pub severity: Severity,
    pub message: String,
}

/// A message of the wire, made ready to be drawn.
pub struct BodyModel {
    body: Bytes,
    head: String,
    pretty: Lines,
    /// True where the pretty lines are those of the body itself, so that line numbers of findings fit.
    pretty_is_raw: bool,
    raw: Lines,
    raw_head_lines: u32,
    tree: Option<Tree>,
    /// The place in the tree that is pointed at, and the row to scroll to, once.
    shown: Option<String>,
    scroll_to: Option<usize>,
    marks: BTreeMap<u32, Mark>,
    /// Said above the body, such as that less was kept than came.
    pub note: Option<String>,
}

impl BodyModel {
    /// `first_line` is the request or status line.
    pub fn new(first_line: &str, headers: &Headers, body: &Bytes, marks: &[Mark]) -> BodyModel {
        let mut head = format!("{first_line}\n");
        for (name, value) in headers.iter() {
            head.push_str(&format!("{}: {}\n", String::from_utf8_lossy(name), String::from_utf8_lossy(value)));
        }
        let text = String::from_utf8_lossy(body).into_owned();
        let readable = pretty(&text);
        let is_json = readable.is_some();
        // A body that already has lines is shown in its own: findings name them.
        let keeps_lines = !is_json || text.trim_end().contains('\n');
        let raw_head_lines = u32::try_from(head.lines().count() + 1).unwrap_or(u32::MAX);
        BodyModel {
            pretty: Lines::new(if keeps_lines { text.clone() } else { readable.unwrap_or_default() }, true),
            pretty_is_raw: keeps_lines,
            raw: Lines::new(format!("{head}\n{text}"), false),
            raw_head_lines,
            tree: Tree::new(&text),
            shown: None,
            scroll_to: None,
            marks: marks.iter().map(|mark| (mark.line, mark.clone())).collect(),
            body: body.clone(),
            head,
            note: None,
        }
    }

    /// True where the pretty view has the body's own lines, so that a line of the body can be shown in it.
    pub fn pretty_has_own_lines(&self) -> bool {
        self.pretty_is_raw
    }

    /// Opens the tree at a place and points at it. False where the body has no such place.
    pub fn show_pointer(&mut self, pointer: &str) -> bool {
        let row_idx = self.tree.as_mut().and_then(|tree| tree.show(pointer));
        self.shown = row_idx.map(|_| pointer.to_owned());
        self.scroll_to = row_idx;
        row_idx.is_some()
    }

    /// The whole message as text, for the clipboard.
    pub fn text_of(&self, view: View) -> String {
        match view {
            View::Tree | View::Pretty => self.pretty.text().to_owned(),
            View::Raw => self.raw.text().to_owned(),
            View::Hex => {
                (0..self.body.len().div_ceil(HEX_BYTES_PER_ROW)).map(|row| hex_row(&self.body, row) + "\n").collect()
            }
        }
    }

    pub fn head(&self) -> &str {
        &self.head
    }
}

/// Draws a body. `show_line` scrolls to a line of the body.
pub fn ui(model: &mut BodyModel, view: View, show_line: Option<u32>, salt: &'static str, ui: &mut Ui) {
    let palette = theme::palette(ui);
    if let Some(note) = &model.note {
        ui.add_space(6.0);
        ui.horizontal_wrapped(|ui| {
            ui.add_space(theme::PANEL_PADDING);
            ui.label(RichText::new(note).font(theme::secondary()).color(palette.ignored));
        });
    }
    if model.body.is_empty() && matches!(view, View::Tree | View::Pretty | View::Hex) {
        ui.add_space(10.0);
        ui.horizontal(|ui| {
            ui.add_space(theme::PANEL_PADDING);
            ui.label(theme::hint_text("No body", palette));
        });
        return;
    }
    match view {
        View::Pretty => {
            let marks = if model.pretty_is_raw { Some((&model.marks, 0)) } else { None };
            lines_ui(&model.pretty, marks, show_line, salt, palette, ui);
        }
        View::Raw => {
            let show_line = show_line.map(|line| line + model.raw_head_lines);
            lines_ui(&model.raw, Some((&model.marks, model.raw_head_lines)), show_line, salt, palette, ui);
        }
        View::Hex => hex_ui(&model.body, salt, palette, ui),
        View::Tree => match &mut model.tree {
            Some(tree) => tree_ui(tree, model.shown.as_deref(), model.scroll_to.take(), salt, palette, ui),
            None => lines_ui(&model.pretty, None, show_line, salt, palette, ui),
        },
    }
}

fn line_height(ui: &mut Ui) -> f32 {
    (ui.fonts_mut(|fonts| fonts.row_height(&theme::code())) + 4.0).round()
}

fn char_width(ui: &mut Ui) -> f32 {
    ui.fonts_mut(|fonts| fonts.glyph_width(&theme::code(), '0'))
}

fn lines_ui(
    lines: &Lines,
    marks: Option<(&BTreeMap<u32, Mark>, u32)>,
    show_line: Option<u32>,
    salt: &'static str,
    palette: &Palette,
    ui: &mut Ui,
) {
    let (height, char_width) = (line_height(ui), char_width(ui));
    let n_digits = lines.n_numbered().to_string().len().max(2);
    let gutter = theme::PANEL_PADDING + char_width * n_digits as f32 + 10.0;
    let mut area = ScrollArea::both().id_salt(salt).auto_shrink(false);
    if let Some(line) = show_line {
        let row = lines.row_of_number(line).saturating_sub(3);
        area = area.vertical_scroll_offset(row as f32 * height);
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.add_space(6.0);
    area.show_rows(ui, height, lines.len(), |ui, rows| {
        let width = (gutter + char_width * (lines.longest() as f32 + 2.0)).max(ui.available_width());
        for row in rows {
            let Some(line) = lines.line(row) else { continue };
            let (rect, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
            let mark = marks.and_then(|(marks, offset)| marks.get(&line.number?.checked_sub(offset)?));
            if let Some(mark) = mark {
                let tint = palette.tint(palette.severity(mark.severity), palette.panel);
                ui.painter().rect_filled(rect, 0.0, tint);
            }
            if let Some(number) = line.number {
                let color = if mark.is_some() { palette.secondary } else { palette.hint };
                let right = egui::pos2(rect.left() + gutter - 10.0, rect.center().y);
                ui.painter().text(right, egui::Align2::RIGHT_CENTER, number, theme::code(), color);
            }
            let job = highlighted(lines, line, mark, palette);
            let place = rect.with_min_x(rect.left() + gutter);
            let mut inner =
                ui.new_child(egui::UiBuilder::new().max_rect(place).layout(Layout::left_to_right(Align::Center)));
            let response = inner.add(Label::new(job).selectable(true).extend());
            if let Some(mark) = mark {
                response.on_hover_text(&mark.message);
            }
        }
    });
}

/// One line with its colors, and what a mark names underlined.
fn highlighted(lines: &Lines, line: crate::window::text::Line, mark: Option<&Mark>, palette: &Palette) -> LayoutJob {
    let mut job = LayoutJob::default();
    let plain = |color: Color32| TextFormat { font_id: theme::code(), color, ..TextFormat::default() };
    let marked_at = mark.map(|mark| {
        let text = lines.part(line.start, line.end);
        let skipped: usize = text.chars().take(mark.column.saturating_sub(1) as usize).map(char::len_utf8).sum();
        line.start + u32::try_from(skipped).unwrap_or(0)
    });
    let mut at = line.start;
    for token in lines.tokens_of(line) {
        let (start, end) = (token.start.max(line.start), token.end.min(line.end));
        if at < start {
            job.append(lines.part(at, start), 0.0, plain(palette.text));
        }
        let mut format = plain(token_color(token.kind, palette));
        if marked_at.is_some_and(|marked_at| (start..end).contains(&marked_at)) {
            let color = mark.map_or(palette.refused, |mark| palette.severity(mark.severity));
            format.underline = Stroke::new(1.5, color);
        }
        job.append(lines.part(start, end), 0.0, format);
        at = end;
    }
    if at < line.end {
        job.append(lines.part(at, line.end), 0.0, plain(palette.text));
    }
    job
}

/// Keys in the text color, texts green, numbers accent, literals violet, punctuation as a hint.
pub fn token_color(kind: TokenKind, palette: &Palette) -> Color32 {
    match kind {
        TokenKind::Key => palette.text,
        TokenKind::Text => palette.applied,
        TokenKind::Number => palette.accent,
        TokenKind::Literal => palette.denied,
        TokenKind::Punctuation => palette.secondary,
        TokenKind::Foreign => palette.refused,
    }
}

fn hex_ui(bytes: &[u8], salt: &'static str, palette: &Palette, ui: &mut Ui) {
    let height = line_height(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.add_space(6.0);
    ScrollArea::both().id_salt(salt).auto_shrink(false).show_rows(
        ui,
        height,
        bytes.len().div_ceil(HEX_BYTES_PER_ROW),
        |ui, rows| {
            for row in rows {
                ui.horizontal(|ui| {
                    ui.set_height(height);
                    ui.add_space(theme::PANEL_PADDING);
                    ui.add(Label::new(theme::code_text(hex_row(bytes, row), palette)).selectable(true).extend());
                });
            }
        },
    );
}

fn tree_ui(
    tree: &mut Tree,
    shown: Option<&str>,
    scroll_to: Option<usize>,
    salt: &'static str,
    palette: &Palette,
    ui: &mut Ui,
) {
    let height = line_height(ui);
    let mut toggled = None;
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.add_space(6.0);
    let mut area = ScrollArea::both().id_salt(salt).auto_shrink(false);
    if let Some(row_idx) = scroll_to {
        area = area.vertical_scroll_offset(row_idx.saturating_sub(1) as f32 * height);
    }
    area.show_rows(ui, height, tree.rows().len(), |ui, rows| {
        for row in tree.rows().get(rows).unwrap_or_default() {
            // Exactly this high, so that a row is where scrolling to it looks for it.
            let (_, rect) = ui.allocate_space(vec2(ui.available_width(), height));
            if shown == Some(&*row.pointer) {
                let ground = rect.with_min_x(ui.clip_rect().left()).with_max_x(ui.clip_rect().right());
                ui.painter().rect_filled(ground, 0.0, palette.tint(palette.accent, palette.panel));
            }
            let place = egui::UiBuilder::new().id_salt(&row.pointer).max_rect(rect);
            let mut inner = ui.new_child(place.layout(Layout::left_to_right(Align::Center)));
            if tree_row_ui(row, palette, &mut inner) {
                toggled = Some(row.pointer.clone());
            }
            ui.expand_to_include_x(inner.min_rect().right());
        }
    });
    if let Some(pointer) = toggled {
        tree.toggle(&pointer);
    }
}

/// One row of a tree; true where it is to be opened or closed.
fn tree_row_ui(row: &TreeRow, palette: &Palette, ui: &mut Ui) -> bool {
    ui.spacing_mut().item_spacing.x = 4.0;
    ui.add_space(theme::PANEL_PADDING + 14.0 * row.depth as f32);
    let (rect, arrow) = ui.allocate_exact_size(Vec2::splat(14.0), Sense::click());
    if let Some(is_open) = row.is_open {
        let icon = if is_open { Icon::ChevronDown } else { Icon::ChevronRight };
        icon.paint(ui.painter(), rect.center(), 14.0, palette.secondary);
        let verb = if is_open { "Close" } else { "Open" };
        arrow.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("{verb} {}", row.pointer)));
    }
    if !row.name.is_empty() {
        ui.add(Label::new(theme::code_text(&row.name, palette)).selectable(true).extend());
    }
    let color = match row.kind {
        TreeKind::Container => palette.hint,
        TreeKind::Text => palette.applied,
        TreeKind::Number => palette.accent,
        TreeKind::Literal => palette.denied,
    };
    ui.add(Label::new(theme::code_text(&row.value, palette).color(color)).selectable(true).extend());
    row.is_open.is_some() && arrow.clicked()
}
