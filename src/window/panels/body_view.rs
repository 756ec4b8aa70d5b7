//! A body as tree, pretty, raw or hex. Only what is visible is drawn, whatever the size of the body.

use std::collections::BTreeMap;

use bytes::Bytes;
use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Color32, Id, Label, Layout, Response, RichText, ScrollArea, Sense, Stroke, Ui, Vec2, vec2};

use super::detail::DetailWish;
use super::secret_view;
use crate::call::{Headers, SecretPart, ShownSecret};
use crate::okta::Severity;
use crate::window::icons::Icon;
use crate::window::text::{
    HEX_BYTES_PER_ROW, Lines, Span, TokenKind, Tree, TreeKind, TreeRow, hex_row, in_pretty, in_text, pretty,
};
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
    /// The secrets of head and body, masked or not.
    secrets: Vec<ShownSecret>,
    /// What a developer wants masked: JSON Pointers and names.
    pub masked: Vec<String>,
    /// Said above the body, such as that less was kept than came.
    pub note: Option<String>,
}

impl BodyModel {
    /// `first_line` is the request or status line.
    pub fn new(first_line: &str, headers: &Headers, body: &Bytes, marks: &[Mark]) -> BodyModel {
        BodyModel::with_secrets(first_line, headers, body, marks, Vec::new())
    }

    /// The same with the secrets of this message, masked or revealed: those of its body, of its headers, and of the query in its
    /// first line.
    pub fn with_secrets(
        first_line: &str,
        headers: &Headers,
        body: &Bytes,
        marks: &[Mark],
        secrets: Vec<ShownSecret>,
    ) -> BodyModel {
        let (head, mut raw_spans) = head_of(first_line, headers, &secrets);
        let text = String::from_utf8_lossy(body).into_owned();
        let readable = pretty(&text);
        let is_json = readable.is_some();
        // A body that already has lines is shown in its own: findings name them.
        let keeps_lines = !is_json || text.trim_end().contains('\n');
        let raw_head_lines = u32::try_from(head.lines().count() + 1).unwrap_or(u32::MAX);

        let is_of_body =
            |secret: &ShownSecret| matches!(secret.place.part, SecretPart::RequestBody | SecretPart::ResponseBody);
        let of_body: Vec<usize> = (0..secrets.len()).filter(|idx| secrets.get(*idx).is_some_and(is_of_body)).collect();
        let ranges: Vec<_> =
            of_body.iter().filter_map(|idx| secrets.get(*idx)).map(|secret| secret.range.clone()).collect();
        let spans: Vec<Span> = in_text(body, &ranges)
            .into_iter()
            .zip(&of_body)
            .map(|(span, secret_idx)| Span { secret_idx: *secret_idx, ..span })
            .collect();
        raw_spans.extend(spans.iter().map(|span| span.shifted(head.len() + 1)));
        let in_tree = secrets.iter().enumerate().filter_map(|(secret_idx, secret)| {
            Some((secret.pointer.as_deref()?, secret.value_range.clone(), secret_idx))
        });
        let tree = Tree::with_secrets(&text, in_tree);
        let raw = Lines::new(format!("{head}\n{text}"), false).with_secrets(raw_spans);
        let pretty = match readable {
            Some(readable) if !keeps_lines => {
                let spans = in_pretty(&text, &readable, &spans);
                Lines::new(readable, true).with_secrets(spans)
            }
            _ => Lines::new(text, true).with_secrets(spans),
        };
        BodyModel {
            pretty,
            pretty_is_raw: keeps_lines,
            raw,
            raw_head_lines,
            tree,
            shown: None,
            scroll_to: None,
            marks: marks.iter().map(|mark| (mark.line, mark.clone())).collect(),
            secrets,
            masked: Vec::new(),
            body: body.clone(),
            head,
            note: None,
        }
    }

    /// Opens the branches that are open in an earlier model of the same message.
    pub fn open_like(&mut self, earlier: &BodyModel) {
        if let (Some(tree), Some(earlier)) = (&mut self.tree, &earlier.tree) {
            tree.open_like(earlier);
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

/// First line and headers as text, and where the secrets in them stand.
fn head_of(first_line: &str, headers: &Headers, secrets: &[ShownSecret]) -> (String, Vec<Span>) {
    let mut spans = Vec::new();
    let query_at = first_line.find('?').map_or(0, |at| at + 1);
    for (secret_idx, secret) in secrets.iter().enumerate() {
        if secret.place.part == SecretPart::Query {
            spans.push(Span::new(secret.range.clone(), secret_idx).shifted(query_at));
        }
    }
    let mut head = format!("{first_line}\n");
    for (field_idx, (name, value)) in headers.iter().enumerate() {
        head.push_str(&format!("{}: ", String::from_utf8_lossy(name)));
        for (secret_idx, span) in header_spans(value, field_idx, secrets) {
            spans.push(Span { secret_idx, ..span.shifted(head.len()) });
        }
        head.push_str(&format!("{}\n", String::from_utf8_lossy(value)));
    }
    (head, spans)
}

/// The secrets of one header field, with their places in the text of its value.
pub fn header_spans(value: &[u8], field_idx: usize, secrets: &[ShownSecret]) -> Vec<(usize, Span)> {
    let is_header =
        |secret: &ShownSecret| matches!(secret.place.part, SecretPart::RequestHeaders | SecretPart::ResponseHeaders);
    let of_field: Vec<(usize, &ShownSecret)> =
        secrets.iter().enumerate().filter(|(_, secret)| is_header(secret) && secret.field_idx == field_idx).collect();
    let ranges: Vec<_> = of_field.iter().map(|(_, secret)| secret.range.clone()).collect();
    of_field.into_iter().map(|(secret_idx, _)| secret_idx).zip(in_text(value, &ranges)).collect()
}

/// Draws a body. `show_line` scrolls to a line of the body.
pub fn ui(
    model: &mut BodyModel,
    view: View,
    show_line: Option<u32>,
    salt: &'static str,
    wishes: &mut Vec<DetailWish>,
    ui: &mut Ui,
) {
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
    let secrets = model.secrets.as_slice();
    let lines = |lines, marks, show_line| LinesView { lines, marks, show_line, secrets, salt };
    match view {
        View::Pretty => {
            let marks = if model.pretty_is_raw { Some((&model.marks, 0)) } else { None };
            lines(&model.pretty, marks, show_line).ui(palette, wishes, ui);
        }
        View::Raw => {
            let show_line = show_line.map(|line| line + model.raw_head_lines);
            lines(&model.raw, Some((&model.marks, model.raw_head_lines)), show_line).ui(palette, wishes, ui);
        }
        View::Hex => hex_ui(&model.body, secrets, salt, palette, ui),
        View::Tree => match &mut model.tree {
            Some(tree) => {
                let scroll_to = model.scroll_to.take();
                let look = TreeLook { shown: model.shown.as_deref(), scroll_to, secrets, masked: &model.masked };
                tree_ui(tree, look, salt, palette, wishes, ui)
            }
            None => lines(&model.pretty, None, show_line).ui(palette, wishes, ui),
        },
    }
}

fn line_height(ui: &mut Ui) -> f32 {
    (ui.fonts_mut(|fonts| fonts.row_height(&theme::code())) + 4.0).round()
}

fn char_width(ui: &mut Ui) -> f32 {
    ui.fonts_mut(|fonts| fonts.glyph_width(&theme::code(), '0'))
}

/// A text in numbered lines.
struct LinesView<'m> {
    lines: &'m Lines,
    /// What there is to say, and how many lines stand above the first that it counts.
    marks: Option<(&'m BTreeMap<u32, Mark>, u32)>,
    show_line: Option<u32>,
    secrets: &'m [ShownSecret],
    salt: &'static str,
}

impl LinesView<'_> {
    fn ui(&self, palette: &Palette, wishes: &mut Vec<DetailWish>, ui: &mut Ui) {
        let LinesView { lines, marks, show_line, secrets, salt } = *self;
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
                let place = rect.with_min_x(rect.left() + gutter);
                let mut inner =
                    ui.new_child(egui::UiBuilder::new().max_rect(place).layout(Layout::left_to_right(Align::Center)));
                inner.spacing_mut().item_spacing.x = 0.0;
                for (piece, secret_idx) in lines.pieces_of(line) {
                    let job = highlighted(lines, line, piece.clone(), mark, palette);
                    if let Some((secret_idx, secret)) = secret_idx.and_then(|idx| Some((idx, secrets.get(idx)?))) {
                        let id = Id::unique((salt, "secret", secret_idx, piece.start));
                        let text = lines.part(piece.start, piece.end);
                        secret_view::ui(secret, text, job, id, palette, wishes, &mut inner);
                        continue;
                    }
                    let response = inner.add(Label::new(job).selectable(true).extend());
                    if let Some(mark) = mark {
                        response.on_hover_text(&mark.message);
                    }
                }
            }
        });
    }
}

/// A piece of a line with its colors, and what a mark names underlined.
fn highlighted(
    lines: &Lines,
    line: crate::window::text::Line,
    piece: std::ops::Range<u32>,
    mark: Option<&Mark>,
    palette: &Palette,
) -> LayoutJob {
    let mut job = LayoutJob::default();
    let plain = |color: Color32| TextFormat { font_id: theme::code(), color, ..TextFormat::default() };
    let marked_at = mark.map(|mark| {
        let text = lines.part(line.start, line.end);
        let skipped: usize = text.chars().take(mark.column.saturating_sub(1) as usize).map(char::len_utf8).sum();
        line.start + u32::try_from(skipped).unwrap_or(0)
    });
    let mut at = piece.start;
    for token in lines.tokens_of(line) {
        let (start, end) = (token.start.max(piece.start), token.end.min(piece.end));
        if start >= end {
            continue;
        }
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
    if at < piece.end {
        job.append(lines.part(at, piece.end), 0.0, plain(palette.text));
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

fn hex_ui(bytes: &[u8], secrets: &[ShownSecret], salt: &'static str, palette: &Palette, ui: &mut Ui) {
    let height = line_height(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.add_space(6.0);
    let is_of_body =
        |secret: &&ShownSecret| matches!(secret.place.part, SecretPart::RequestBody | SecretPart::ResponseBody);
    let revealed: Vec<_> =
        secrets.iter().filter(is_of_body).filter(|secret| secret.is_revealed).map(|secret| &secret.range).collect();
    ScrollArea::both().id_salt(salt).auto_shrink(false).show_rows(
        ui,
        height,
        bytes.len().div_ceil(HEX_BYTES_PER_ROW),
        |ui, rows| {
            for row in rows {
                let (start, end) = (row * HEX_BYTES_PER_ROW, (row + 1) * HEX_BYTES_PER_ROW);
                // A revealed secret is never selectable.
                let first = revealed.partition_point(|range| range.end <= start);
                let is_revealed = revealed.get(first).is_some_and(|range| range.start < end);
                ui.horizontal(|ui| {
                    ui.set_height(height);
                    ui.add_space(theme::PANEL_PADDING);
                    let text = theme::code_text(hex_row(bytes, row), palette);
                    ui.add(Label::new(text).selectable(!is_revealed).extend());
                });
            }
        },
    );
}

/// What is shown of a tree beside its values: the place that is pointed at, the row to scroll to, and what is masked.
#[derive(Clone, Copy)]
struct TreeLook<'a> {
    shown: Option<&'a str>,
    scroll_to: Option<usize>,
    secrets: &'a [ShownSecret],
    masked: &'a [String],
}

fn tree_ui(
    tree: &mut Tree,
    look: TreeLook<'_>,
    salt: &'static str,
    palette: &Palette,
    wishes: &mut Vec<DetailWish>,
    ui: &mut Ui,
) {
    let height = line_height(ui);
    let mut toggled = None;
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.add_space(6.0);
    let mut area = ScrollArea::both().id_salt(salt).auto_shrink(false);
    if let Some(row_idx) = look.scroll_to {
        area = area.vertical_scroll_offset(row_idx.saturating_sub(1) as f32 * height);
    }
    area.show_rows(ui, height, tree.rows().len(), |ui, rows| {
        for row in tree.rows().get(rows).unwrap_or_default() {
            // Exactly this high, so that a row is where scrolling to it looks for it.
            let (_, rect) = ui.allocate_space(vec2(ui.available_width(), height));
            if look.shown == Some(&*row.pointer) {
                let ground = rect.with_min_x(ui.clip_rect().left()).with_max_x(ui.clip_rect().right());
                ui.painter().rect_filled(ground, 0.0, palette.tint(palette.accent, palette.panel));
            }
            let place = egui::UiBuilder::new().id_salt(&row.pointer).max_rect(rect);
            let mut inner = ui.new_child(place.layout(Layout::left_to_right(Align::Center)));
            if tree_row_ui(row, look, salt, palette, wishes, &mut inner) {
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
fn tree_row_ui(
    row: &TreeRow,
    look: TreeLook<'_>,
    salt: &'static str,
    palette: &Palette,
    wishes: &mut Vec<DetailWish>,
    ui: &mut Ui,
) -> bool {
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
        let name = Label::new(theme::code_text(&row.name, palette)).selectable(true).extend();
        mask_menu(&ui.add(name), row, look.masked, wishes);
    }
    let color = match row.kind {
        TreeKind::Container => palette.hint,
        TreeKind::Text => palette.applied,
        TreeKind::Number => palette.accent,
        TreeKind::Literal => palette.denied,
    };
    let format = TextFormat { font_id: theme::code(), color, ..TextFormat::default() };
    let job_of = |text: &str| LayoutJob::single_section(text.to_owned(), format.clone());
    let id = Id::unique((salt, "secret in tree", &row.pointer));
    secret_view::text_ui(&row.value, &row.spans, look.secrets, id, job_of, palette, wishes, ui);
    row.is_open.is_some() && arrow.clicked()
}

/// What can be done about the masking of a value, in the context menu of its name.
fn mask_menu(name: &Response, row: &TreeRow, masked: &[String], wishes: &mut Vec<DetailWish>) {
    name.context_menu(|ui| {
        crate::window::menus::style(ui.style_mut());
        let by_hand = masked.iter().find(|mark| **mark == row.pointer || **mark == row.name);
        match by_hand {
            Some(mark) => {
                let hint = format!("Take {mark} off what is masked in every call");
                if ui.button("Do not mask").on_hover_text(hint).clicked() {
                    wishes.push(DetailWish::Mask { what: mark.clone(), mask: false });
                }
            }
            None if !row.spans.is_empty() => {
                let why = "It is a secret of Okta's, a credential, or a repetition of one: it can be revealed, one call at a time";
                ui.add_enabled(false, egui::Button::new("Do not mask")).on_disabled_hover_text(why);
            }
            None => {
                let hint = format!("Mask {} in every call, in the window and in all that leaves it", row.pointer);
                if ui.button("Mask this value").on_hover_text(hint).clicked() {
                    wishes.push(DetailWish::Mask { what: row.pointer.clone(), mask: true });
                }
            }
        }
    });
}
