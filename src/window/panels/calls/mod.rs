//! The list of calls: one row for each, oldest first, drawn only where it is seen.
//!
//! It asks for rows by position, so that it costs the same for ten calls and for 400,000. Where to look next: `row.rs` is what a
//! row shows, `event_row.rs` what an event beneath an opened delivery shows, `unrolled.rs` which line is which, `position.rs` is scrolling and following, `columns.rs` is who gets which width.

mod columns;
mod event_row;
mod position;
mod row;
mod unrolled;

use egui::accesskit::Role;
use egui::{
    Align2, EventFilter, Id, Key, Modifiers, Rect, Response, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

pub use columns::Columns;
pub use event_row::{EventRow, Opened};
pub use position::ListState;
pub use row::{RowModel, call_name, used_text};
pub use unrolled::{Line, Unrolled};

use super::Wish;
use crate::call::CallId;
use crate::window::command::{Command, Possible, remember_list_focus};
use crate::window::icons::Icon;
use crate::window::{controls, menus, theme};

/// What the list shows.
pub struct CallsModel<'a> {
    /// Rows that pass the filter.
    pub n_rows: usize,
    /// Gives the row at a position, counted from 0 at the top. Asked for visible rows only.
    pub rows: &'a dyn Fn(usize) -> RowModel,
    /// Deliveries whose events are shown beneath them, in ascending order of their positions.
    pub opened: &'a [Opened],
    /// Position of the open call.
    pub selected: Option<usize>,
    /// Is this call selected together with the open one? Never true where only one is selected.
    pub is_selected: &'a dyn Fn(CallId) -> bool,
    /// Position beneath it of the event that is shown, where one is.
    pub selected_event: Option<usize>,
    /// What the context menu of a call can offer; asked when it opens.
    pub possible: &'a dyn Fn(CallId) -> Possible,
    /// Changes when the filter, the endpoint or the session does: then nothing counts as new.
    pub generation: u64,
    pub compact: bool,
}

impl CallsModel<'_> {
    /// Which line is which.
    pub fn unrolled(&self) -> Unrolled {
        Unrolled::new(self.opened.iter().map(|opened| (opened.row_idx, opened.events.len())))
    }

    fn event(&self, row_idx: usize, event_pos: usize) -> Option<&EventRow> {
        let found = self.opened.binary_search_by_key(&row_idx, |opened| opened.row_idx).ok()?;
        self.opened.get(found)?.events.get(event_pos)
    }

    fn is_open(&self, row_idx: usize) -> bool {
        self.opened.binary_search_by_key(&row_idx, |opened| opened.row_idx).is_ok()
    }

    /// The line that is selected: that of an event, where one is shown.
    fn selected_line(&self) -> Option<Line> {
        let row_idx = self.selected?;
        match self.selected_event.filter(|event_pos| self.event(row_idx, *event_pos).is_some()) {
            Some(event_pos) => Some(Line::Event { row_idx, event_pos }),
            None => Some(Line::Call(row_idx)),
        }
    }
}

/// Height of the line with the names of the columns, in points.
const HEAD: f32 = 32.0;
/// How long a new row is tinted, in seconds.
const NEW: f64 = 1.0;
/// Between two frames while a call is under way, in seconds.
const RUNNING: f64 = 0.1;

/// Draws the list over all the space there is.
pub fn ui(model: &CallsModel<'_>, state: &mut ListState, ui: &mut Ui) -> Vec<Wish> {
    let builder = UiBuilder::new().accessibility_role(Role::ListBox).accessibility_label("Calls");
    ui.scope_builder(builder, |ui| list_ui(model, state, ui)).inner
}

fn list_ui(model: &CallsModel<'_>, state: &mut ListState, ui: &mut Ui) -> Vec<Wish> {
    let area = ui.available_rect_before_wrap();
    ui.advance_cursor_after_rect(area);
    let columns = Columns::new(area.x_range());
    let (head, body) = area.split_top_bottom_at_y(area.top() + HEAD);
    let body = body.with_max_y(body.bottom() - theme::GAP_TIGHT);
    head_ui(ui, &columns, head);

    let row_height = if model.compact { theme::ROW_HEIGHT_COMPACT } else { theme::ROW_HEIGHT };
    let now = ui.input(|input| input.time);
    state.unroll(model.unrolled(), model.generation);
    state.begin_frame(model.n_rows, model.generation, row_height, body.height(), now, NEW);
    scroll(ui, state, body);

    let mut wishes = Vec::new();
    let mut list = ui.new_child(UiBuilder::new().max_rect(body));
    list.set_clip_rect(body.intersect(ui.clip_rect()));
    let mut any_running = false;
    let selected_line = model.selected_line();
    for line_idx in state.visible_lines() {
        let top = body.top() + state.top_of(line_idx);
        let rect = Rect::from_min_size(pos2(body.left(), top), vec2(body.width(), row_height));
        let line = state.line(line_idx);
        // One stop of the Tab key for the whole list: the selected line, or the first one.
        let is_stop = match selected_line {
            Some(selected) => selected == line,
            None => state.visible_lines().next() == Some(line_idx),
        };
        let is_selected = selected_line == Some(line);
        let mut shown = Shown { rect, columns: &columns, is_selected, is_open: false, is_stop };
        match line {
            Line::Call(row_idx) => {
                let row = (model.rows)(row_idx);
                if (model.is_selected)(row.call_id) {
                    shown = Shown { is_selected: true, is_open: is_selected, ..shown };
                }
                any_running |= row.is_running();
                row_ui(&mut list, &row, row_idx, shown, model, state, &mut wishes);
            }
            Line::Event { row_idx, event_pos } => {
                if let Some(event) = model.event(row_idx, event_pos) {
                    event_ui(&mut list, event, shown, state, &mut wishes);
                }
            }
        }
    }
    if any_running {
        ui.request_repaint_after_secs(RUNNING as f32);
    }
    if let Some(seconds) = state.next_change(now, NEW) {
        ui.request_repaint_after_secs(seconds as f32);
    }
    if state.is_scrolled() {
        ui.painter().hline(body.x_range(), body.top() - 0.5, Stroke::new(1.0, theme::palette(ui).line));
    }
    scroll_bar_ui(ui, state, body);
    pill_ui(ui, state, body);
    wishes
}

fn head_ui(ui: &mut Ui, columns: &Columns, rect: Rect) {
    let palette = theme::palette(ui);
    let y = rect.center().y + 2.0;
    let font = theme::secondary();
    let painter = ui.painter().with_clip_rect(rect);
    for (x, align, text) in columns.heads() {
        painter.text(pos2(x, y), align, text, font.clone(), palette.secondary);
    }
    // Painted texts are not read aloud: this one is, once, for the whole line.
    let names: Vec<&str> = columns.heads().map(|(_, _, text)| text).collect();
    let response = ui.interact(rect, ui.scope_id().with("columns"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Columns {}", names.join(", "))));
}

/// Where a line is drawn, and how it stands out.
#[derive(Clone, Copy)]
struct Shown<'a> {
    rect: Rect,
    columns: &'a Columns,
    is_selected: bool,
    /// It is the open one among several that are selected.
    is_open: bool,
    /// The Tab key stops here.
    is_stop: bool,
}

/// A line that can be clicked: its ground, its ring, and the focus where the list gives it.
fn line_ui(ui: &mut Ui, id: Id, name: &str, shown: Shown<'_>, is_new: bool, state: &mut ListState) -> Response {
    let palette = theme::palette(ui);
    let sense = if shown.is_stop { Sense::click() } else { Sense::CLICK };
    let response = ui.interact(shown.rect, id, sense);
    response.widget_info(|| WidgetInfo::labeled(Role::ListBoxOption, true, name));
    let ground = shown.rect.shrink2(vec2(4.0, 0.0));
    if shown.is_selected {
        ui.painter().rect_filled(ground, theme::RADIUS, palette.selected_row());
        if shown.is_open {
            let bar = ground.with_max_x(ground.left() + 3.0).shrink2(vec2(0.0, 4.0));
            ui.painter().rect_filled(bar, 1.5, palette.accent);
        }
    } else if is_new {
        // Not the color of what is selected: for a second both would look alike.
        ui.painter().rect_filled(ground, theme::RADIUS, palette.tint(palette.undocumented, palette.panel));
    } else if response.hovered() || response.context_menu_opened() {
        ui.painter().rect_filled(ground, theme::RADIUS, palette.raised);
    }
    if shown.is_stop {
        remember_list_focus(ui, id);
    }
    if response.has_focus() {
        let keep = EventFilter {
            vertical_arrows: true,
            horizontal_arrows: true,
            escape: shown.is_open,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, keep));
        let ring = Stroke::new(theme::FOCUS_RING, palette.accent);
        ui.painter().rect_stroke(ground, theme::RADIUS, ring, egui::StrokeKind::Inside);
    } else if shown.is_stop && state.take_focus() {
        response.request_focus();
    }
    response
}

fn row_ui(
    ui: &mut Ui,
    row: &RowModel,
    row_idx: usize,
    shown: Shown<'_>,
    model: &CallsModel<'_>,
    state: &mut ListState,
    wishes: &mut Vec<Wish>,
) {
    let id = row_id(row.call_id);
    let is_new = state.is_new(row_idx);
    let response = line_ui(ui, id, &row.name, shown, is_new, state);
    ui.accesskit_node_builder(id, |node| {
        // A call stays the selected one while an event of it is shown.
        node.set_selected(shown.is_selected || model.selected == Some(row_idx));
        node.set_position_in_set(row_idx);
        node.set_size_of_set(model.n_rows);
    });
    let chevron = row::paint(ui, row, shown.rect, shown.columns, shown.is_selected);
    row::hover_ui(ui, row, shown.rect, shown.columns, &response);
    if response.double_clicked() {
        wishes.push(Wish::OpenCall(row.call_id));
    } else if response.clicked() {
        state.stop_following();
        response.request_focus();
        let modifiers = ui.input(|input| input.modifiers);
        wishes.push(match (modifiers.shift, modifiers.command) {
            (true, _) => Wish::SelectThrough(row.call_id),
            (false, true) => Wish::ToggleSelected(row.call_id),
            (false, false) => Wish::SelectCall(row.call_id),
        });
    }
    if shown.is_open && response.has_focus() && ui.input(|input| input.key_pressed(Key::Escape)) {
        wishes.push(Wish::SelectCall(row.call_id));
    }
    response.context_menu(|ui| {
        let possible = (model.possible)(row.call_id);
        if let Some(command) = menus::entries_ui(ui, menus::CALL, &possible) {
            wishes.push(match command {
                Command::OpenSelected => Wish::OpenCall(row.call_id),
                command => Wish::CallCommand(row.call_id, command),
            });
        }
    });
    if let Some(rect) = chevron
        && chevron_ui(ui, row.call_id, rect, model.is_open(row_idx))
    {
        state.stop_following();
        wishes.push(Wish::ToggleEvents(row.call_id));
    }
}

/// Opens and closes a delivery; true where it was clicked.
fn chevron_ui(ui: &mut Ui, call_id: CallId, rect: Rect, is_open: bool) -> bool {
    let palette = theme::palette(ui);
    // No stop of the Tab key: the arrows do the same.
    let response = ui.interact(rect, row_id(call_id).with("events"), Sense::CLICK);
    let verb = if is_open { "Hide" } else { "Show" };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{verb} events of call {call_id}")));
    let color = if response.hovered() { palette.text } else { palette.secondary };
    if response.hovered() {
        ui.painter().rect_filled(rect.shrink(1.0), theme::CHIP_RADIUS, palette.hover);
    }
    let icon = if is_open { Icon::ChevronDown } else { Icon::ChevronRight };
    icon.paint(ui.painter(), rect.center(), 14.0, color);
    response.on_hover_text(if is_open { "Hide events (←)" } else { "Show events (→)" }).clicked()
}

fn event_ui(ui: &mut Ui, event: &EventRow, shown: Shown<'_>, state: &mut ListState, wishes: &mut Vec<Wish>) {
    let id = row_id(event.call_id).with(event.event_idx);
    let response = line_ui(ui, id, &event.name, shown, false, state);
    ui.accesskit_node_builder(id, |node| {
        node.set_selected(shown.is_selected);
        node.set_level(2);
    });
    event_row::paint(ui, event, shown.rect, shown.columns, shown.is_selected);
    event_row::hover_ui(event, shown.rect, &response);
    if response.clicked() {
        state.stop_following();
        response.request_focus();
        wishes.push(Wish::ShowEvent { call_id: event.call_id, event_idx: event.event_idx });
    }
}

fn row_id(call_id: CallId) -> Id {
    Id::unique(("hookscope-call", call_id.0))
}

/// Carries out a command that moves the selection. Positions are those of lines, which may be events of opened deliveries; gives
/// the one to select, if there is one.
pub fn go(command: Command, selected: Option<usize>, n_lines: usize, state: &mut ListState) -> Option<usize> {
    let last = n_lines.checked_sub(1)?;
    let page = state.n_rows_per_page().saturating_sub(1).max(1);
    let line_idx = match (command, selected) {
        (Command::SelectFirst, _) => 0,
        (Command::SelectLast, _) => last,
        // Without a selection the newest call is nearest to what a person looks at.
        (
            Command::SelectNext
            | Command::SelectPrevious
            | Command::ExtendNext
            | Command::ExtendPrevious
            | Command::PageDown
            | Command::PageUp,
            None,
        ) => last,
        (Command::SelectNext | Command::ExtendNext, Some(line_idx)) => line_idx.saturating_add(1).min(last),
        (Command::SelectPrevious | Command::ExtendPrevious, Some(line_idx)) => line_idx.saturating_sub(1),
        (Command::PageDown, Some(line_idx)) => line_idx.saturating_add(page).min(last),
        (Command::PageUp, Some(line_idx)) => line_idx.saturating_sub(page),
        _ => return None,
    };
    state.stop_following();
    state.reveal_line(line_idx);
    state.give_focus();
    Some(line_idx)
}

fn scroll(ui: &Ui, state: &mut ListState, body: Rect) {
    if !ui.rect_contains_pointer(body) {
        return;
    }
    let (delta, modifiers) = ui.input(|input| (input.smooth_scroll_delta().y, input.modifiers));
    if delta != 0.0 && modifiers != Modifiers::COMMAND {
        state.scroll_by(f64::from(-delta));
    }
}

/// Width of the scroll bar with its margin, in points.
const SCROLL_BAR: f32 = 10.0;
const LEAST_HANDLE: f32 = 24.0;

fn scroll_bar_ui(ui: &mut Ui, state: &mut ListState, body: Rect) {
    let Some((start, length)) = state.handle(body.height(), LEAST_HANDLE) else {
        return;
    };
    let track = body.with_min_x(body.right() - SCROLL_BAR);
    let response = ui.interact(track, ui.scope_id().with("scroll-bar"), Sense::DRAG);
    if let Some(pointer) = response.interact_pointer_pos().filter(|_| response.dragged() || response.drag_started()) {
        state.drag_to(pointer.y - body.top(), length, body.height());
    }
    let palette = theme::palette(ui);
    let near = ui.rect_contains_pointer(body);
    if !near && !response.dragged() {
        return;
    }
    let wide = response.hovered() || response.dragged();
    let width = if wide { 6.0 } else { 4.0 };
    let (start, length) = state.handle(body.height(), LEAST_HANDLE).unwrap_or((start, length));
    let handle = Rect::from_min_size(pos2(track.right() - width - 2.0, body.top() + start), vec2(width, length));
    ui.painter().rect_filled(handle, width / 2.0, if wide { palette.hint } else { palette.line });
}

/// The way back to the newest call, with how many came since the list stopped following.
fn pill_ui(ui: &mut Ui, state: &mut ListState, body: Rect) {
    let n_new = state.n_unseen();
    if n_new == 0 {
        return;
    }
    let palette = theme::palette(ui);
    let text = format!("{} new", controls::grouped(n_new));
    let size = vec2(72.0 + 8.0 * text.len() as f32, 26.0);
    let rect = Align2::CENTER_BOTTOM.align_size_within_rect(size, body.shrink2(vec2(0.0, 12.0)));
    let button = egui::Button::new((
        Icon::ArrowDown.colored_atom(14.0, palette.on_accent),
        egui::RichText::new(text).font(theme::secondary()).color(palette.on_accent),
    ))
    .fill(palette.accent)
    .corner_radius(13.0)
    .min_size(size);
    if ui.place(rect, button).on_hover_text("Go to the newest call and follow").clicked() {
        state.follow();
    }
}
