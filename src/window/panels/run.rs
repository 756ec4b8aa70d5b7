//! Sending calls again: how many and how, the grid of what came of each send, and the resilience matrix.

use std::sync::Arc;

use egui::{Align, Color32, Label, Layout, ProgressBar, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::dialogs::replay_to::url_problem;
use super::pane;
use crate::call::{CallId, RunRow, RunTally, SentAttempt};
use crate::okta::Outcome;
use crate::respond::{MatrixRow, ValueEdits};
use crate::window::controls::{TextField, button, checkbox, grouped, primary_button, radio};
use crate::window::icons::Icon;
use crate::window::marks::paint_mark;
use crate::window::theme::{self, Palette};

/// Which of the two is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    #[default]
    Run,
    Matrix,
}

/// Which calls are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    #[default]
    Selected,
    /// All that the filter lets through.
    Shown,
}

/// Where they are sent to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SendTo {
    #[default]
    Listener,
    Url,
    Both,
}

/// What a person has chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct RunForm {
    pub part: Part,
    pub which: Which,
    pub times: u32,
    pub spacing_ms: u64,
    pub at_once: u16,
    pub is_fresh: bool,
    /// The same for the matrix, where it is as good as always wanted.
    pub matrix_is_fresh: bool,
    /// The text that is sent in place of the recorded body; none sends that. With the call that it was taken from.
    pub body: Option<(CallId, String)>,
    /// JSON values that are put into each body, as [`ValueEdits::read`] has them.
    pub values: String,
    pub to: SendTo,
    pub url: String,
}

impl Default for RunForm {
    fn default() -> RunForm {
        RunForm {
            part: Part::Run,
            which: Which::Selected,
            times: 1,
            spacing_ms: 0,
            at_once: 1,
            is_fresh: true,
            matrix_is_fresh: true,
            body: None,
            values: String::new(),
            to: SendTo::Listener,
            url: String::new(),
        }
    }
}

/// What the pane shows.
#[derive(Clone, Debug, Default)]
pub struct RunModel<'a> {
    /// The selected call, if it was a request.
    pub selected: Option<CallId>,
    /// How many calls are selected, that one among them.
    pub n_selected: usize,
    /// How many calls the filter lets through.
    pub n_shown: usize,
    pub is_listening: bool,
    pub run: Option<Progress<'a, RunRow>>,
    /// How the rows of the run came out.
    pub tally: RunTally,
    pub matrix: Option<Progress<'a, MatrixRow>>,
}

/// How far something is.
#[derive(Clone, Debug)]
pub struct Progress<'a, Row> {
    pub n_all: usize,
    pub rows: &'a [Arc<Row>],
    pub is_running: bool,
    /// How it ended: `Done`, `Cancelled`, or why it did not go on.
    pub stage: String,
    /// What it is about, such as `call 3 to http://localhost:3000`.
    pub about: String,
}

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunWish {
    Run,
    RunMatrix,
    Cancel,
    /// Begin to edit the body of this call.
    EditBody(CallId),
    /// Show the row that a send left.
    OpenRow(CallId),
    /// Show the call that was sent.
    OpenCall(CallId),
    /// Save the table of this part.
    Save(Part),
    Close,
}

/// Draws the pane.
pub fn ui(model: &RunModel<'_>, form: &mut RunForm, ui: &mut Ui) -> Vec<RunWish> {
    let mut wishes = Vec::new();
    if pane::head_ui("Replay run", |_| {}, ui) {
        wishes.push(RunWish::Close);
    }
    let palette = theme::palette(ui);
    pane::body_ui("replay run", ui, |ui| {
        ui.spacing_mut().item_spacing.y = 6.0;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = theme::GAP_SECTION;
            radio(ui, &mut form.part, Part::Run, "Send calls again", "Send calls again");
            radio(ui, &mut form.part, Part::Matrix, "Resilience matrix", "Resilience matrix");
        });
        ui.add_space(theme::GAP);
        match form.part {
            Part::Run => {
                run_form_ui(model, form, palette, &mut wishes, ui);
                if let Some(run) = &model.run {
                    ui.add_space(theme::GAP_SECTION);
                    run_ui(run, &model.tally, palette, &mut wishes, ui);
                }
            }
            Part::Matrix => {
                matrix_form_ui(model, form, palette, &mut wishes, ui);
                if let Some(matrix) = &model.matrix {
                    ui.add_space(theme::GAP_SECTION);
                    matrix_ui(matrix, palette, &mut wishes, ui);
                }
            }
        }
    });
    wishes
}

/// Width of the names of fields, in points.
const NAMES: f32 = 76.0;

fn field_ui(ui: &mut Ui, name: &str, palette: &Palette, contents: impl FnOnce(&mut Ui)) {
    ui.horizontal_top(|ui| {
        ui.allocate_ui_with_layout(vec2(NAMES, theme::CONTROL), Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_width(NAMES);
            ui.label(theme::secondary_text(name, palette));
        });
        ui.horizontal_wrapped(|ui| {
            ui.set_min_height(theme::CONTROL);
            contents(ui);
        });
    });
}

fn number_ui<N: egui::emath::Numeric>(
    ui: &mut Ui,
    name: &str,
    number: &mut N,
    range: std::ops::RangeInclusive<N>,
    palette: &Palette,
) {
    let response = ui.add(egui::DragValue::new(number).range(range));
    response.widget_info(|| WidgetInfo::labeled(Role::SpinButton, true, name));
    ui.label(theme::secondary_text(name, palette));
    ui.add_space(theme::GAP_TIGHT);
}

/// The body to send is as high as this at most, in points, and scrolls.
const BODY_HEIGHT: f32 = 240.0;

fn run_form_ui(model: &RunModel<'_>, form: &mut RunForm, palette: &Palette, wishes: &mut Vec<RunWish>, ui: &mut Ui) {
    field_ui(ui, "Calls", palette, |ui| {
        ui.spacing_mut().item_spacing.x = theme::GAP_SECTION;
        let selected = match model.selected {
            _ if model.n_selected > 1 => format!("The {} selected calls", grouped(model.n_selected)),
            Some(call_id) => format!("Call {call_id}"),
            None => "The selected call".to_owned(),
        };
        let name = if model.n_selected > 1 { "The selected calls" } else { "The selected call" };
        radio(ui, &mut form.which, Which::Selected, &selected, name).on_hover_text(
            "Select several in the list with Ctrl or Shift and a click, with Shift and an arrow, or all of them with Ctrl+A",
        );
        let shown = format!("All {} that the list shows", grouped(model.n_shown));
        radio(ui, &mut form.which, Which::Shown, &shown, "All calls that the list shows");
    });
    field_ui(ui, "To", palette, |ui| {
        ui.spacing_mut().item_spacing.x = theme::GAP_SECTION;
        radio(ui, &mut form.to, SendTo::Listener, "This listener", "To this listener");
        radio(ui, &mut form.to, SendTo::Url, "A URL", "To a URL");
        radio(ui, &mut form.to, SendTo::Both, "Both, compared", "To both, compared");
    });
    if form.to != SendTo::Listener {
        field_ui(ui, "URL", palette, |ui| url_ui(&mut form.url, ui));
    }
    field_ui(ui, "Pace", palette, |ui| {
        number_ui(ui, "times each", &mut form.times, 1..=100_000, palette);
        number_ui(ui, "at once", &mut form.at_once, 1..=256, palette);
        number_ui(ui, "ms between starts", &mut form.spacing_ms, 0..=3_600_000, palette);
    });
    field_ui(ui, "Body", palette, |ui| {
        fresh_ui(&mut form.is_fresh, ui);
        if let (Which::Selected, Some(call_id), 1) = (form.which, model.selected, model.n_selected) {
            let mut edits = form.body.as_ref().is_some_and(|(known, _)| *known == call_id);
            if checkbox(ui, &mut edits, "Edit the body").changed() {
                form.body = None;
                if edits {
                    wishes.push(RunWish::EditBody(call_id));
                }
            }
        }
    });
    if let (Which::Selected, Some((call_id, body))) = (form.which, &mut form.body)
        && model.selected == Some(*call_id)
        && model.n_selected == 1
    {
        ScrollArea::vertical().id_salt("body to send").max_height(BODY_HEIGHT).show(ui, |ui| {
            TextField::new("Body to send").on_wire().rows(6).ui(ui, body);
        });
        if serde_json::from_str::<serde::de::IgnoredAny>(body).is_err() {
            let text = "This is no JSON: it is sent all the same";
            ui.label(theme::secondary_text(text, palette).color(palette.ignored));
        }
        let text = "Values that are masked here are sent as they were recorded, where they are left as they stand";
        ui.add(Label::new(theme::secondary_text(text, palette)).wrap());
    }
    field_ui(ui, "Values", palette, |ui| {
        let hint = "/data/userProfile/login = \"ada@example.com\"";
        let width = ui.available_width().min(520.0);
        let field = TextField::new("Values to set").hint(hint).on_wire().rows(2).width(width).ui(ui, &mut form.values);
        field.on_hover_text(
            "Put into each body before it is sent: a JSON Pointer and a JSON value in each line, null takes out",
        );
    });
    ui.add_space(theme::GAP_TIGHT);
    let is_running = model.run.as_ref().is_some_and(|run| run.is_running);
    let why_not = why_not_run(model, form);
    let text = if model.run.is_some() { "Run again" } else { "Run" };
    buttons_ui(is_running, why_not.as_deref(), text, RunWish::Run, wishes, ui);
}

fn fresh_ui(is_fresh: &mut bool, ui: &mut Ui) {
    checkbox(ui, is_fresh, "Fresh eventId and times").on_hover_text(
        "Each send is a new event, as a new call of Okta's would be; only a retry repeats it. Without it each is the recorded event \
         once more.",
    );
}

fn url_ui(url: &mut String, ui: &mut Ui) {
    let width = ui.available_width().min(420.0);
    TextField::new("URL of the handler").hint("http://localhost:3000").on_wire().width(width).ui(ui, url);
}

fn buttons_ui(
    is_running: bool,
    why_not: Option<&str>,
    text: &str,
    wish: RunWish,
    wishes: &mut Vec<RunWish>,
    ui: &mut Ui,
) {
    ui.horizontal(|ui| {
        if is_running {
            if button(ui, Some(Icon::CircleStop), "Cancel run").clicked() {
                wishes.push(RunWish::Cancel);
            }
            return;
        }
        let start = ui.add_enabled_ui(why_not.is_none(), |ui| primary_button(ui, Some(Icon::Play), text)).inner;
        if start.clicked() {
            wishes.push(wish);
        }
        if let Some(why_not) = why_not {
            let palette = theme::palette(ui);
            ui.add(Label::new(theme::secondary_text(why_not, palette)).truncate());
        }
    });
}

fn why_not_run(model: &RunModel<'_>, form: &RunForm) -> Option<String> {
    match form.which {
        Which::Selected if model.selected.is_none() && model.n_selected < 2 => {
            return Some("Select a call first".to_owned());
        }
        Which::Shown if model.n_shown == 0 => return Some("The list shows no calls".to_owned()),
        _ => {}
    }
    if form.to != SendTo::Url && !model.is_listening {
        return Some("Start listening first".to_owned());
    }
    let problem = url_problem(&form.url).filter(|_| form.to != SendTo::Listener);
    problem.map(str::to_owned).or_else(|| ValueEdits::read(&form.values).err())
}

fn matrix_form_ui(model: &RunModel<'_>, form: &mut RunForm, palette: &Palette, wishes: &mut Vec<RunWish>, ui: &mut Ui) {
    let about = "One call against each fault in turn. Predicted is what Okta does when the endpoint's own answer has the fault; \
                 measured is what it does when your handler is really called and the fault lies over its answer. A fault \
                 takes its time, so that all of them take half a minute.";
    ui.add(Label::new(theme::secondary_text(about, palette)).wrap());
    field_ui(ui, "URL", palette, |ui| url_ui(&mut form.url, ui));
    field_ui(ui, "Body", palette, |ui| fresh_ui(&mut form.matrix_is_fresh, ui));
    let why_not = match model.selected {
        None => Some("Select a call first"),
        Some(_) => url_problem(&form.url),
    };
    let text = match model.selected {
        Some(call_id) => format!("Try call {call_id} against each fault"),
        None => "Try against each fault".to_owned(),
    };
    let is_running = model.matrix.as_ref().is_some_and(|matrix| matrix.is_running);
    buttons_ui(is_running, why_not, &text, RunWish::RunMatrix, wishes, ui);
}

/// The bar, how it ended, and the button that saves the table.
fn progress_ui<Row>(
    progress: &Progress<'_, Row>,
    part: Part,
    palette: &Palette,
    wishes: &mut Vec<RunWish>,
    ui: &mut Ui,
) {
    let n_done = progress.rows.len();
    let said = format!("{} of {}", grouped(n_done), grouped(progress.n_all));
    ui.horizontal(|ui| {
        let said = if progress.is_running { format!("{said} sent") } else { format!("{}: {said}", progress.stage) };
        ui.label(theme::strong_text(said, palette));
        ui.label(theme::secondary_text(&progress.about, palette));
        if n_done > 0 && !progress.is_running {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if button(ui, Some(Icon::Save), "Save as table…").clicked() {
                    wishes.push(RunWish::Save(part));
                }
            });
        }
    });
    let share = n_done as f32 / progress.n_all.max(1) as f32;
    ui.add(ProgressBar::new(share).desired_height(5.0).fill(palette.accent));
}

fn run_ui(run: &Progress<'_, RunRow>, tally: &RunTally, palette: &Palette, wishes: &mut Vec<RunWish>, ui: &mut Ui) {
    progress_ui(run, Part::Run, palette, wishes, ui);
    ui.horizontal_wrapped(|ui| {
        for (outcome, n_such) in &tally.outcomes {
            mark_ui(ui, *outcome, &format!("{} {}", grouped(*n_such), outcome.as_str()), palette);
        }
        if tally.n_not_sent > 0 {
            ui.label(theme::body_text(format!("{} not sent", grouped(tally.n_not_sent)), palette));
        }
        if tally.n_pairs > 0 && tally.n_different == 0 {
            let text = match tally.n_pairs {
                1 => "Both targets come out the same".to_owned(),
                n_pairs => format!("Both targets come out the same, {} times", grouped(n_pairs)),
            };
            ui.label(theme::body_text(text, palette));
        }
        if tally.n_different > 0 {
            let text = match tally.n_different.div_ceil(2) {
                1 => "One call comes out differently at the two targets".to_owned(),
                n_calls => format!("{} calls come out differently at the two targets", grouped(n_calls)),
            };
            ui.label(theme::body_text(text, palette).color(palette.ignored));
        }
    });
    let heads = ["Call", "Attempts", "ms", "Outcome", "Target"];
    lines_ui(ui, heads, run.rows.len(), palette, |line_idx| {
        let row = run.rows.get(line_idx)?;
        let attempts = SentAttempt::list(&row.attempts);
        let millis = format!("{:.1}", SentAttempt::millis(&row.attempts));
        let word = row.outcome.map_or("not sent", Outcome::as_str);
        let meaning = match row.differs_from {
            Some(other) => format!("The other target: {}. {}", other.as_str(), row.summary),
            None => row.summary.to_string(),
        };
        let name = format!("Call {} to {}: {word}", row.call_id, row.target);
        let cells = [row.call_id.to_string(), attempts, millis, word.to_owned(), row.target.clone()];
        let open = Some(row.row.map_or(RunWish::OpenCall(row.call_id), RunWish::OpenRow));
        Some(Line { cells, meaning, marks: [None, row.outcome], is_marked: row.differs_from.is_some(), name, open })
    })
    .into_iter()
    .for_each(|wish| wishes.push(wish));
}

fn matrix_ui(matrix: &Progress<'_, MatrixRow>, palette: &Palette, wishes: &mut Vec<RunWish>, ui: &mut Ui) {
    progress_ui(matrix, Part::Matrix, palette, wishes, ui);
    let n_differ = matrix.rows.iter().filter(|row| row.differs()).count();
    let text = match n_differ {
        0 if matrix.is_running => String::new(),
        0 => "Every fault comes out as predicted".to_owned(),
        1 => "One fault comes out otherwise than predicted".to_owned(),
        n_differ => format!("{n_differ} faults come out otherwise than predicted"),
    };
    if !text.is_empty() {
        let color = if n_differ > 0 { palette.ignored } else { palette.text };
        ui.label(theme::body_text(text, palette).color(color));
    }
    let heads = ["Fault", "Attempts", "Predicted", "Measured", "Handler ms"];
    lines_ui(ui, heads, matrix.rows.len(), palette, |line_idx| {
        let row = matrix.rows.get(line_idx)?;
        let fault = row.fault.to_string();
        let (predicted, measured) = (row.predicted.outcome, row.measured.outcome);
        let name = format!("{fault}: predicted {}, measured {}", predicted.as_str(), measured.as_str());
        let cells = [
            fault,
            SentAttempt::list(&row.attempts),
            predicted.as_str().to_owned(),
            measured.as_str().to_owned(),
            format!("{:.1}", SentAttempt::millis(&row.attempts)),
        ];
        let meaning = row.measured.summary.to_string();
        let marks = [Some(predicted), Some(measured)];
        Some(Line { cells, meaning, marks, is_marked: row.differs(), name, open: row.row.map(RunWish::OpenRow) })
    })
    .into_iter()
    .for_each(|wish| wishes.push(wish));
}

fn mark_ui(ui: &mut Ui, outcome: Outcome, text: &str, palette: &Palette) {
    let (rect, _) = ui.allocate_exact_size(vec2(12.0, theme::CONTROL - 8.0), Sense::hover());
    paint_mark(ui.painter(), Rect::from_center_size(rect.center(), vec2(12.0, 12.0)), outcome, palette);
    ui.label(theme::body_text(text, palette));
    ui.add_space(theme::GAP_TIGHT);
}

/// One line of a grid, and what it means beneath. Marks stand before the third and the fourth cell.
struct Line {
    cells: [String; 5],
    meaning: String,
    marks: [Option<Outcome>; 2],
    /// Something about it is not as it should be.
    is_marked: bool,
    name: String,
    open: Option<RunWish>,
}

/// Where the cells begin, in points; the last one takes what is left.
fn columns(heads: [&str; 5], rect: Rect) -> [(f32, f32); 5] {
    let widths = match heads.first() {
        // The last column is one of numbers: it is as wide as its head.
        Some(&"Fault") => [(rect.width() - 340.0).clamp(190.0, 300.0), 80.0, 124.0, 124.0],
        _ => [52.0, 96.0, 64.0, 132.0],
    };
    let mut left = rect.left() + 6.0;
    let mut places = [(rect.left(), rect.right()); 5];
    let ends = widths.iter().map(Some).chain([None]);
    for (place, width) in places.iter_mut().zip(ends) {
        let right = width.map_or(rect.right() - 6.0, |width| left + width);
        *place = (left, right - 8.0);
        left = right;
    }
    places
}

/// Draws the lines that are in view, and gives what the one that was clicked opens.
fn lines_ui(
    ui: &mut Ui,
    heads: [&str; 5],
    n_lines: usize,
    palette: &Palette,
    line_of: impl Fn(usize) -> Option<Line>,
) -> Option<RunWish> {
    const HEIGHT: f32 = 42.0;
    const HEAD: f32 = theme::ROW_HEIGHT_COMPACT;
    ui.spacing_mut().item_spacing.y = 0.0;
    let width = ui.available_width();
    let (head, _) = ui.allocate_exact_size(vec2(width, HEAD), Sense::hover());
    for ((left, right), text) in columns(heads, head).into_iter().zip(heads) {
        cell_ui(ui, head, (left, right), text, is_number(text), palette.secondary);
    }
    let (all, _) = ui.allocate_exact_size(vec2(width, HEIGHT * n_lines as f32), Sense::hover());
    let seen = ui.clip_rect();
    let first = ((seen.top() - all.top()) / HEIGHT).floor().max(0.0) as usize;
    let end = (((seen.bottom() - all.top()) / HEIGHT).ceil().max(0.0) as usize).min(n_lines);
    let mut clicked = None;
    for line_idx in first..end {
        let Some(line) = line_of(line_idx) else { continue };
        let top = all.top() + HEIGHT * line_idx as f32;
        let rect = Rect::from_min_size(pos2(all.left(), top), vec2(width, HEIGHT));
        let sense = if line.open.is_some() { Sense::click() } else { Sense::hover() };
        let response = ui.interact(rect, ui.scope_id().with(("line", heads.first(), line_idx)), sense);
        let role = if line.open.is_some() { Role::Button } else { Role::Label };
        response.widget_info(|| WidgetInfo::labeled(role, true, &line.name));
        let surface = if response.hovered() && line.open.is_some() { palette.hover } else { palette.panel };
        let fill = if line.is_marked { palette.tint(palette.ignored, surface) } else { surface };
        ui.painter().rect_filled(rect, theme::CHIP_RADIUS, fill);
        let mut marks = line.marks.into_iter();
        let (cells, beneath) = rect.shrink2(vec2(0.0, 3.0)).split_top_bottom_at_fraction(0.5);
        for (cell_idx, ((left, right), text)) in columns(heads, cells).into_iter().zip(&line.cells).enumerate() {
            let mark = if matches!(cell_idx, 2 | 3) { marks.next().flatten() } else { None };
            let mut left = left;
            if let Some(outcome) = mark {
                let place = Rect::from_center_size(pos2(left + 6.0, cells.center().y), vec2(12.0, 12.0));
                paint_mark(ui.painter(), place, outcome, palette);
                left += 18.0;
            }
            let is_number = heads.get(cell_idx).is_some_and(|head| is_number(head));
            cell_ui(ui, cells, (left, right), text, is_number, palette.text);
        }
        let across = (rect.left() + 6.0, rect.right() - 6.0);
        cell_ui(ui, beneath, across, &line.meaning, false, palette.secondary);
        if response.clicked() {
            clicked = line.open.clone();
        }
        response.on_hover_ui(|ui| {
            let [.., target] = &line.cells;
            for text in [target, &line.meaning].into_iter().filter(|text| text.parse::<f64>().is_err()) {
                ui.label(theme::body_text(text, palette));
            }
        });
    }
    clicked
}

/// A column of times ends right.
fn is_number(head: &str) -> bool {
    head.ends_with("ms")
}

/// A text on one line, cut where its cell ends. Numbers end there.
fn cell_ui(ui: &Ui, line: Rect, (left, right): (f32, f32), text: &str, is_number: bool, color: Color32) {
    let width = (right - left).max(0.0);
    let job = egui::text::LayoutJob::simple_singleline(text.to_owned(), theme::secondary(), color);
    let job = egui::text::LayoutJob { wrap: egui::text::TextWrapping::truncate_at_width(width), ..job };
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    let left = if is_number { right - galley.size().x } else { left };
    let place = pos2(left, line.center().y - galley.size().y / 2.0);
    ui.painter().galley(place, galley, color);
}
