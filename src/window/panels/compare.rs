//! Two calls, or two responses, beside each other: what was added, removed and changed, part by part.
//!
//! The model is made once for two records that are masked already, and then only drawn.

use std::collections::BTreeMap;

use egui::{Align, Frame, Label, Layout, Margin, RichText, ScrollArea, Sense, Ui, vec2};
use serde_json::Value;

use super::{effect_view, pane};
use crate::call::{ComparedPart, DifferenceKind, Part, Record, comparison_text};
use crate::okta::Outcome;
use crate::window::controls::{TextField, button, checkbox, quiet_button};
use crate::window::icons::Icon;
use crate::window::marks::{MARK_BOX, paint_mark};
use crate::window::text::{Folded, Sides};
use crate::window::theme::{self, Palette};

/// A comparison made ready to be drawn.
pub struct CompareModel {
    pub before: CompareHead,
    pub after: CompareHead,
    parts: Vec<PartModel>,
    /// Everything as text, for the clipboard.
    text: String,
    is_equal: bool,
}

/// What stands above a side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompareHead {
    /// `Call 3`, with the session's name where there are two.
    pub title: String,
    /// Time, method, path and status.
    pub about: String,
    /// With the sentence of the verdict; none for a response that was never given.
    pub verdict: Option<(Outcome, String)>,
}

struct PartModel {
    part: Part,
    counts: String,
    is_equal: bool,
    rows: Vec<Row>,
    /// Differences that have no row.
    n_more: usize,
    /// None where the list has said it all.
    sides: Option<(Sides, Vec<Folded>)>,
}

struct Row {
    kind: DifferenceKind,
    place: String,
    before: Option<String>,
    after: Option<String>,
}

/// What a person has chosen.
#[derive(Clone, Debug)]
pub struct CompareState {
    pub only_differences: bool,
    /// The members that are left out, as they are being written.
    pub volatile: String,
    shows_volatile: bool,
    /// Parts that were opened or closed by hand.
    toggled: BTreeMap<&'static str, bool>,
}

impl Default for CompareState {
    fn default() -> CompareState {
        CompareState {
            only_differences: true,
            volatile: String::new(),
            shows_volatile: false,
            toggled: BTreeMap::new(),
        }
    }
}

/// What a person asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompareWish {
    Swap,
    Copy(String),
    /// Leave these members out from now on.
    SetVolatile(String),
    /// Leave out what is left out at first.
    ResetVolatile,
}

/// Rows of differences in a part: a person reads no more, and the text for the clipboard has them all.
const MOST_ROWS: usize = 200;
/// Characters of a value in a row.
const MOST_CHARS: usize = 400;

impl CompareHead {
    /// Of a masked record; `time` is when it came.
    pub fn new(title: String, record: &Record, time: &str) -> CompareHead {
        let request = &record.opening.request;
        let status =
            record.opening.response.as_ref().map_or("no answer".to_owned(), |response| response.status.to_string());
        let line = match (&request.method, &request.path) {
            (Some(method), Some(path)) => format!("{method} {path}"),
            _ => "no request".to_owned(),
        };
        let verdict = &record.closing.verdict;
        CompareHead {
            title,
            about: format!("{time} · {line} · {status}"),
            verdict: Some((verdict.outcome, verdict.summary.to_string())),
        }
    }
}

impl CompareModel {
    pub fn new(before: CompareHead, after: CompareHead, parts: &[ComparedPart]) -> CompareModel {
        let titles = format!("{} ({})\n{} ({})\n\n", before.title, before.about, after.title, after.about);
        CompareModel {
            text: format!("{titles}{}", comparison_text(parts)),
            is_equal: parts.iter().all(ComparedPart::is_equal),
            parts: parts.iter().map(PartModel::new).collect(),
            before,
            after,
        }
    }

    /// `3 differences in 2 parts`, or that there is none.
    fn summary(&self) -> String {
        let n_parts = self.parts.iter().filter(|part| !part.is_equal).count();
        let n_differences: usize = self.parts.iter().map(|part| part.rows.len() + part.n_more).sum();
        match (n_differences, n_parts) {
            (0, _) => "Nothing is different".to_owned(),
            (1, _) => "1 difference".to_owned(),
            (_, 1) => format!("{n_differences} differences in 1 part"),
            _ => format!("{n_differences} differences in {n_parts} parts"),
        }
    }
}

impl PartModel {
    fn new(compared: &ComparedPart) -> PartModel {
        let rows: Vec<Row> = compared
            .differences
            .iter()
            .take(MOST_ROWS)
            .map(|difference| Row {
                kind: difference.kind(),
                place: difference.place().to_owned(),
                before: difference.before.as_ref().map(short),
                after: difference.after.as_ref().map(short),
            })
            .collect();
        let is_tree = |value: &Value| value.is_object() || value.is_array();
        let has_sides = is_tree(&compared.before) || is_tree(&compared.after);
        PartModel {
            part: compared.part,
            counts: compared.counts_text(),
            is_equal: compared.is_equal(),
            n_more: compared.differences.len() - rows.len(),
            rows,
            sides: has_sides.then(|| {
                let sides = Sides::new(&compared.before, &compared.after);
                let folded = sides.folded();
                (sides, folded)
            }),
        }
    }
}

/// A value as one line that is not too long.
fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Draws the head of the pane, and what is compared; true where it is to be closed.
pub fn ui(model: Result<&CompareModel, &str>, state: &mut CompareState, ui: &mut Ui) -> (bool, Vec<CompareWish>) {
    let mut wishes = Vec::new();
    let is_closed = pane::head_ui(
        "Compare",
        |ui| {
            let Ok(model) = model else { return };
            if button(ui, Some(Icon::Copy), "Copy as text").clicked() {
                wishes.push(CompareWish::Copy(model.text.clone()));
            }
            if button(ui, Some(Icon::Repeat), "Swap sides").clicked() {
                wishes.push(CompareWish::Swap);
            }
        },
        ui,
    );
    pane::body_ui("compare", ui, |ui| match model {
        Ok(model) => compared_ui(model, state, &mut wishes, ui),
        Err(why_not) => {
            let palette = theme::palette(ui);
            ui.add(Label::new(theme::secondary_text(why_not, palette)).wrap());
        }
    });
    (is_closed, wishes)
}

fn compared_ui(model: &CompareModel, state: &mut CompareState, wishes: &mut Vec<CompareWish>, ui: &mut Ui) {
    let palette = theme::palette(ui);
    heads_ui(model, palette, ui);
    ui.add_space(theme::GAP_WIDE);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = theme::GAP_WIDE;
        ui.label(theme::strong_text(model.summary(), palette));
        checkbox(ui, &mut state.only_differences, "Only differences");
        let icon = if state.shows_volatile { Icon::ChevronDown } else { Icon::ChevronRight };
        let text = theme::secondary_text("Left out as volatile", palette);
        let shown =
            quiet_button(ui, Some(icon), text).on_hover_text("Members that differ from call to call by their nature");
        if shown.clicked() {
            state.shows_volatile = !state.shows_volatile;
        }
    });
    if state.shows_volatile {
        volatile_ui(state, palette, wishes, ui);
    }
    ui.add_space(theme::GAP);
    if model.is_equal {
        let text = "Both sides say the same, whatever the order of their members";
        ui.add(Label::new(theme::body_text(text, palette)).wrap());
        ui.add_space(theme::GAP);
    }
    for part in &model.parts {
        if !part.is_equal || !state.only_differences {
            part_ui(part, state, palette, ui);
        }
    }
    ui.add_space(theme::GAP);
    let hint = "Secrets are masked before they are compared: two different ones are the same here";
    ui.add(Label::new(theme::hint_text(hint, palette)).wrap());
}

fn heads_ui(model: &CompareModel, palette: &Palette, ui: &mut Ui) {
    let half = ((ui.available_width() - 16.0) / 2.0).max(80.0).floor();
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 16.0;
        for head in [&model.before, &model.after] {
            ui.allocate_ui_with_layout(vec2(half, 60.0), Layout::top_down(Align::LEFT), |ui| {
                ui.set_min_width(half);
                ui.set_max_width(half);
                ui.spacing_mut().item_spacing.y = 2.0;
                ui.add(Label::new(theme::strong_text(&head.title, palette)).truncate());
                ui.add(Label::new(theme::secondary_text(&head.about, palette)).truncate());
                if let Some((outcome, summary)) = &head.verdict {
                    ui.horizontal(|ui| {
                        ui.spacing_mut().item_spacing.x = 6.0;
                        let (rect, _) = ui.allocate_exact_size(vec2(MARK_BOX, 20.0), Sense::hover());
                        paint_mark(ui.painter(), rect, *outcome, palette);
                        ui.add(Label::new(theme::body_text(summary, palette)).truncate());
                    });
                }
            });
        }
    });
}

fn volatile_ui(state: &mut CompareState, palette: &Palette, wishes: &mut Vec<CompareWish>, ui: &mut Ui) {
    let hint = "Names of members and headers, and JSON Pointers, between commas or one a line";
    ui.add(Label::new(theme::hint_text(hint, palette)).wrap());
    ui.add_space(theme::GAP_TIGHT);
    if TextField::new("Volatile members").on_wire().rows(3).ui(ui, &mut state.volatile).changed() {
        wishes.push(CompareWish::SetVolatile(state.volatile.clone()));
    }
    ui.add_space(theme::GAP_TIGHT);
    if button(ui, Some(Icon::Undo), "Reset").on_hover_text("Leave out what is left out at first").clicked() {
        wishes.push(CompareWish::ResetVolatile);
    }
}

fn part_ui(part: &PartModel, state: &mut CompareState, palette: &Palette, ui: &mut Ui) {
    let name = part.part.text();
    let mut is_open = state.toggled.get(part.part.as_str()).copied().unwrap_or(!part.is_equal);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 10.0;
        let icon = if is_open { Icon::ChevronDown } else { Icon::ChevronRight };
        let title = RichText::new(name).font(theme::strong()).color(palette.text);
        if quiet_button(ui, Some(icon), title).accessible_name(name).clicked() {
            is_open = !is_open;
            state.toggled.insert(part.part.as_str(), is_open);
        }
        ui.add(Label::new(theme::secondary_text(&part.counts, palette)).truncate());
    });
    if !is_open {
        return;
    }
    let margin = Margin { left: 8, right: 0, top: 4, bottom: 12 };
    Frame::new().inner_margin(margin).show(ui, |ui| {
        rows_ui(part, palette, ui);
        if let Some((sides, folded)) = &part.sides {
            let shown = (state.only_differences && !part.is_equal).then_some(folded.as_slice());
            ui.add_space(theme::GAP);
            ui.push_id(name, |ui| effect_view::sides_ui(sides, shown, ui));
        } else if part.is_equal {
            ui.label(theme::hint_text("The same on both sides", palette));
        }
    });
}

/// Height that the list of differences may take before it scrolls by itself, in rows.
const SHOWN_ROWS: usize = 12;
const ROW: f32 = 22.0;
/// Width of `- removed`, in points.
const KIND: f32 = 72.0;

fn rows_ui(part: &PartModel, palette: &Palette, ui: &mut Ui) {
    if part.rows.is_empty() {
        return;
    }
    let most = ROW * part.rows.len().min(SHOWN_ROWS) as f32;
    let area = ScrollArea::vertical().id_salt(part.part.as_str()).max_height(most).auto_shrink([false, true]);
    ui.spacing_mut().item_spacing.y = 0.0;
    area.show_rows(ui, ROW, part.rows.len(), |ui, shown| {
        for row in part.rows.get(shown).unwrap_or_default() {
            row_ui(row, palette, ui);
        }
    });
    if part.n_more > 0 {
        let text = format!("{} more differences: Copy as text has them all", part.n_more);
        ui.label(theme::hint_text(text, palette));
    }
}

fn row_ui(row: &Row, palette: &Palette, ui: &mut Ui) {
    let color = match row.kind {
        DifferenceKind::Added => palette.applied,
        DifferenceKind::Removed => palette.refused,
        DifferenceKind::Changed => palette.ignored,
    };
    let width = ui.available_width();
    ui.allocate_ui_with_layout(vec2(width, ROW), Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_size(vec2(width, ROW));
        ui.spacing_mut().item_spacing.x = theme::GAP;
        let kind = RichText::new(format!("{} {}", row.kind.sign(), row.kind.text())).font(theme::code());
        ui.allocate_ui_with_layout(vec2(KIND, ROW), Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_width(KIND);
            ui.label(kind.color(palette.on_tint(color, palette.panel)));
        });
        let place = (width * 0.36).max(80.0);
        ui.allocate_ui_with_layout(vec2(place, ROW), Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_width(place);
            ui.add(Label::new(theme::code_text(&row.place, palette)).truncate().selectable(true));
        });
        let values: Vec<&str> = [&row.before, &row.after].into_iter().flatten().map(String::as_str).collect();
        let values = Label::new(theme::code_text(values.join(" → "), palette)).truncate().selectable(true);
        ui.add(values);
    });
}

/// What stands above the list while a call waits for another one to be compared with; the wish that came of it.
pub fn strip_ui(text: &str, ui: &mut Ui) -> bool {
    let palette = theme::palette(ui);
    let tint = palette.tint(palette.accent, palette.panel);
    let mut is_unmarked = false;
    Frame::new().fill(tint).inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| {
        let room = vec2(ui.available_width(), theme::CONTROL);
        ui.allocate_ui_with_layout(room, Layout::right_to_left(Align::Center), |ui| {
            is_unmarked = button(ui, Some(Icon::X), "Unmark").clicked();
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(Label::new(theme::body_text(text, palette)).truncate());
            });
        });
    });
    is_unmarked
}
