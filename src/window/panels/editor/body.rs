//! The text of the response body: line numbers, findings in the margin, completion, and what Okta does with what is pointed at.

use egui::text::{CCursor, CCursorRange, CharIndex, LayoutJob, TextFormat};
use egui::{Align, EventFilter, Frame, Galley, Pos2, Rect, Response, ScrollArea, Stroke, TextEdit, Ui, vec2};

use super::EditorState;
use super::undo::Source;
use crate::okta::compose::{complete, explain_at};
use crate::okta::{Severity, json_error};
use crate::window::panels::body_view::token_color;
use crate::window::text::tokens;
use crate::window::theme::{self, Palette};

pub(super) fn ui(state: &mut EditorState, palette: &Palette, ui: &mut Ui) {
    let broken = state.broken();
    let row_height = ui.fonts_mut(|fonts| fonts.row_height(&theme::code()));
    let n_lines = state.body.split('\n').count();
    let digit = ui.fonts_mut(|fonts| fonts.glyph_width(&theme::code(), '0'));
    let gutter = (12.0 + digit * n_lines.to_string().len().max(2) as f32 + 12.0).round();
    let id = egui::Id::unique(("response body", state.draft));
    let had_focus = ui.memory(|memory| memory.has_focus(id));
    let go_to = state.go_to.take();
    if let Some(offset) = go_to {
        put_cursor(ui, id, &state.body, offset);
        state.suggestions.close();
    }
    let takes = state.suggestions.keys(had_focus, ui).takes;
    let is_open = state.suggestions.is_open();
    let was_blank = state.body.trim().is_empty();
    ScrollArea::both().id_salt(("editor", state.draft)).auto_shrink(false).show(ui, |ui| {
        ui.add_space(8.0);
        let mut layouter = |ui: &Ui, text: &dyn egui::TextBuffer, _width: f32| {
            let job = highlighted(text.as_str(), broken.as_ref().map(|broken| broken.offset), palette);
            ui.fonts_mut(|fonts| fonts.layout_job(job))
        };
        let shown = ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            ui.add_space(gutter);
            let width = ui.available_width().max(200.0);
            let edit = TextEdit::multiline(&mut state.body)
                .id(id)
                .code_editor()
                // Keys of the open list are not for the focus: Esc closes the list only.
                .event_filter(EventFilter {
                    tab: true,
                    horizontal_arrows: true,
                    vertical_arrows: true,
                    escape: is_open,
                })
                .frame(Frame::NONE)
                .desired_width(width)
                .min_size(vec2(width, (ui.available_height() - 8.0).max(row_height)))
                .layouter(&mut layouter)
                .show(ui);
            let response = edit.response.response.clone().accessible_name("Response body");
            (edit, response)
        });
        let (edit, response) = shown.inner;
        let (galley, top) = (edit.galley, edit.galley_pos);
        let char_idx = edit.cursor_range.map(|range| range.primary.index.0);
        let before = state.cursor;
        if let Some(char_idx) = char_idx {
            state.cursor = byte_of(&state.body, char_idx);
        }
        let has_typed = response.changed();
        if has_typed {
            state.source = Source::Typing;
            state.begin_body(was_blank);
        }
        // Not the response's own word, which is no while the window is not the active one.
        let has_focus = ui.memory(|memory| memory.has_focus(id));
        let has_moved = state.cursor != before;
        if !takes {
            let (given, body, cursor) = (&state.given, &state.body, state.cursor);
            state.suggestions.update(has_typed, has_moved, has_focus, || complete(given, body, cursor));
        }
        let caret = galley.pos_from_cursor(CCursor::new(CharIndex(char_idx.unwrap_or(0)))).translate(top.to_vec2());
        if go_to.is_some() {
            // Not before: the text gives the focus up in the frame of a click elsewhere.
            ui.memory_mut(|memory| memory.request_focus(id));
            ui.request_repaint();
            ui.scroll_to_rect(caret.expand(row_height), Some(Align::Center));
        }
        let anchor = state.suggestions.is_open().then_some(caret);
        let is_clicked = anchor.is_some_and(|anchor| state.suggestions.ui(anchor, palette, ui));
        if takes || is_clicked {
            take_suggestion(state, id, ui);
        }
        if !state.suggestions.is_open() {
            explanation_ui(state, &response, &galley, top, palette);
        }
        margin_ui(state, &galley, top, gutter, broken.as_ref().map(|broken| broken.line), palette, ui);
    });
}

/// Writes the chosen suggestion, with the cursor behind it.
fn take_suggestion(state: &mut EditorState, id: egui::Id, ui: &Ui) {
    let Some((range, insert)) = state.suggestions.take() else { return };
    let (Some(head), Some(tail)) = (state.body.get(..range.start), state.body.get(range.end..)) else { return };
    let at = head.len() + insert.len();
    state.body = format!("{head}{insert}{tail}");
    state.cursor = at;
    state.source = Source::Act;
    put_cursor(ui, id, &state.body, at);
    ui.memory_mut(|memory| memory.request_focus(id));
    ui.request_repaint();
}

fn put_cursor(ui: &Ui, id: egui::Id, body: &str, offset: usize) {
    let n_chars = body.get(..offset).map_or_else(|| body.chars().count(), |before| before.chars().count());
    let mut edit = egui::text_edit::TextEditState::load(ui.ctx(), id).unwrap_or_default();
    edit.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(CharIndex(n_chars)))));
    edit.store(ui.ctx(), id);
}

fn byte_of(text: &str, char_idx: usize) -> usize {
    text.char_indices().nth(char_idx).map_or(text.len(), |(at, _)| at)
}

/// The byte offset of a line and a column, both counted from 1, columns in characters.
pub(super) fn offset_of(body: &str, line: u32, column: u32) -> usize {
    let start: usize = body.split_inclusive('\n').take(line.saturating_sub(1) as usize).map(str::len).sum();
    let letters = body.get(start..).unwrap_or_default().chars().take(column.saturating_sub(1) as usize);
    start + letters.map(char::len_utf8).sum::<usize>()
}

/// Says what Okta does with what the pointer is on, and what is found wrong with its line.
fn explanation_ui(state: &EditorState, response: &Response, galley: &Galley, top: Pos2, palette: &Palette) {
    let Some(pointer) = response.hover_pos() else { return };
    let char_idx = galley.cursor_from_pos(pointer - top).index.0;
    let offset = byte_of(&state.body, char_idx);
    let explained = explain_at(state.hook, &state.body, offset);
    let is_on = |at: usize| {
        let n_chars = state.body.get(..at).map_or(0, |before| before.chars().count());
        galley.pos_from_cursor(CCursor::new(CharIndex(n_chars))).translate(top.to_vec2())
    };
    let Some((range, explanation)) = explained else { return };
    let (start, end) = (is_on(range.start), is_on(range.end));
    let place = Rect::from_min_max(start.left_top(), Pos2::new(end.right().max(start.left()), end.bottom()));
    if !place.expand(2.0).contains(pointer) {
        return;
    }
    let line = state.body.get(..offset).map_or(1, |before| before.matches('\n').count() as u32 + 1);
    let findings: Vec<_> = state
        .verdict()
        .map(|verdict| verdict.findings.iter().filter(|finding| finding.line == Some(line)).collect())
        .unwrap_or_default();
    response.clone().on_hover_ui_at_pointer(|ui| {
        for finding in &findings {
            let color = palette.severity(finding.severity);
            ui.label(theme::body_text(finding.message.as_ref(), palette).color(color));
        }
        if !findings.is_empty() {
            ui.add_space(4.0);
        }
        ui.label(theme::body_text(explanation.text, palette));
        ui.label(theme::hint_text(explanation.cited(), palette));
    });
}

/// Line numbers, and a stroke at each line with a finding.
fn margin_ui(
    state: &EditorState,
    galley: &Galley,
    top: Pos2,
    gutter: f32,
    broken_line: Option<u32>,
    palette: &Palette,
    ui: &Ui,
) {
    let findings: Vec<(u32, Severity)> = state
        .verdict()
        .into_iter()
        .flat_map(|verdict| &verdict.findings)
        .filter_map(|finding| Some((finding.line?, finding.severity)))
        .collect();
    let clip = ui.clip_rect();
    // A text that is scrolled sideways goes under the numbers.
    ui.painter().rect_filled(clip.with_max_x(clip.left() + gutter - 5.0), 0.0, palette.window);
    let (mut number, mut is_first_row) = (0u32, true);
    for row in &galley.rows {
        number += u32::from(is_first_row);
        let is_numbered = std::mem::replace(&mut is_first_row, row.ends_with_newline);
        let rect = row.rect().translate(top.to_vec2());
        if !is_numbered || rect.top() > clip.bottom() || rect.bottom() < clip.top() {
            continue;
        }
        let is_broken = broken_line == Some(number);
        let worst = findings.iter().filter(|(line, _)| *line == number).map(|(_, severity)| *severity).max();
        let color = match worst {
            _ if is_broken => palette.refused,
            Some(severity) => palette.severity(severity),
            None => palette.hint,
        };
        if worst.is_some() || is_broken {
            ui.painter().vline(clip.left() + gutter - 6.0, rect.y_range(), Stroke::new(2.0, color));
        }
        let right = egui::pos2(clip.left() + gutter - 12.0, rect.center().y);
        ui.painter().text(right, egui::Align2::RIGHT_CENTER, number, theme::code(), color);
    }
}

/// Where and why the body stops being JSON.
#[derive(Clone, Debug)]
pub(super) struct Broken {
    /// In bytes.
    pub(super) offset: usize,
    /// Counted from 1.
    pub(super) line: u32,
    /// In characters, counted from 1.
    pub(super) column: u32,
    pub(super) message: String,
}

impl Broken {
    /// A body that is blank is none, and nothing is wrong with that.
    pub(super) fn of(body: &str) -> Option<Broken> {
        let error = json_error(body.as_bytes()).filter(|_| !body.trim().is_empty())?;
        let offset = offset_of(body, error.line, error.column);
        Some(Broken { offset, line: error.line, column: error.column, message: error.message.to_string() })
    }
}

/// Height of a line of the body, in points.
const LINE: f32 = 18.0;

fn highlighted(text: &str, error_at: Option<usize>, palette: &Palette) -> LayoutJob {
    let mut job = LayoutJob::default();
    let plain = |color| TextFormat { font_id: theme::code(), color, line_height: Some(LINE), ..TextFormat::default() };
    let mut at = 0;
    let mut push = |from: usize, to: usize, mut format: TextFormat| {
        if error_at.is_some_and(|error_at| (from..to).contains(&error_at)) {
            format.underline = Stroke::new(1.5, palette.refused);
        }
        job.append(text.get(from..to).unwrap_or_default(), 0.0, format);
    };
    for token in tokens(text) {
        let (start, end) = (token.start as usize, token.end as usize);
        if at < start {
            push(at, start, plain(palette.text));
        }
        push(start, end, plain(token_color(token.kind, palette)));
        at = end;
    }
    if at < text.len() {
        push(at, text.len(), plain(palette.text));
    }
    if text.is_empty() {
        // An empty line is as high as any other.
        job.append("", 0.0, plain(palette.text));
    }
    job
}
