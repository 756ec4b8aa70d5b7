//! The list of calls: one row for each, oldest first, drawn only where it is seen.
//!
//! It asks for rows by position, so that it costs the same for ten calls and for 400,000. Where to look next: `row.rs` is what a
//! row shows, `position.rs` is scrolling and following, `columns.rs` is who gets which width.

mod columns;
mod position;
mod row;

use egui::accesskit::Role;
use egui::{Align2, EventFilter, Id, Modifiers, Rect, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

pub use columns::Columns;
pub use position::ListState;
pub use row::{RowModel, call_name};

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
    /// Position of the selected call.
    pub selected: Option<usize>,
    /// What the context menu of a call can offer; asked when it opens.
    pub possible: &'a dyn Fn(CallId) -> Possible,
    /// Changes when the filter, the endpoint or the session does: then nothing counts as new.
    pub generation: u64,
    pub compact: bool,
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
    state.begin_frame(model.n_rows, model.generation, row_height, body.height(), now, NEW);
    scroll(ui, state, body);

    let mut wishes = Vec::new();
    let mut list = ui.new_child(UiBuilder::new().max_rect(body));
    list.set_clip_rect(body.intersect(ui.clip_rect()));
    let mut any_running = false;
    for row_idx in state.visible_rows() {
        let row = (model.rows)(row_idx);
        any_running |= row.is_running();
        let top = body.top() + state.top_of(row_idx);
        let rect = Rect::from_min_size(pos2(body.left(), top), vec2(body.width(), row_height));
        row_ui(&mut list, &row, row_idx, rect, &columns, model, state, &mut wishes);
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

#[expect(clippy::too_many_arguments, reason = "a row needs what the list knows; a struct for one caller would hide it")]
fn row_ui(
    ui: &mut Ui,
    row: &RowModel,
    row_idx: usize,
    rect: Rect,
    columns: &Columns,
    model: &CallsModel<'_>,
    state: &mut ListState,
    wishes: &mut Vec<Wish>,
) {
    let palette = theme::palette(ui);
    let selected = model.selected == Some(row_idx);
    let id = row_id(row.call_id);
    // One stop of the Tab key for the whole list: the selected row, or the first one.
    let is_stop = if model.selected.is_some() { selected } else { Some(row_idx) == state.visible_rows().next() };
    let sense = if is_stop { Sense::click() } else { Sense::CLICK };
    let response = ui.interact(rect, id, sense);
    response.widget_info(|| WidgetInfo::labeled(Role::ListBoxOption, true, &row.name));
    ui.accesskit_node_builder(id, |node| {
        node.set_selected(selected);
        node.set_position_in_set(row_idx);
        node.set_size_of_set(model.n_rows);
    });
    let ground = rect.shrink2(vec2(4.0, 0.0));
    if selected {
        ui.painter().rect_filled(ground, theme::RADIUS, palette.selected_row());
    } else if state.is_new(row_idx) {
        ui.painter().rect_filled(ground, theme::RADIUS, palette.tint(palette.unchanged, palette.panel));
    } else if response.hovered() || response.context_menu_opened() {
        ui.painter().rect_filled(ground, theme::RADIUS, palette.raised);
    }
    if is_stop {
        remember_list_focus(ui, id);
    }
    if response.has_focus() {
        let keep = EventFilter { vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, keep));
        let ring = Stroke::new(theme::FOCUS_RING, palette.accent);
        ui.painter().rect_stroke(ground, theme::RADIUS, ring, egui::StrokeKind::Inside);
    } else if selected && state.take_focus() {
        response.request_focus();
    }
    row::paint(ui, row, rect, columns, selected);
    row::hover_ui(ui, row, rect, columns, &response);
    if response.double_clicked() {
        wishes.push(Wish::OpenCall(row.call_id));
    } else if response.clicked() {
        state.stop_following();
        response.request_focus();
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
}

fn row_id(call_id: CallId) -> Id {
    Id::unique(("hookscope-call", call_id.0))
}

/// Carries out a command that moves the selection. Gives the position to select, if there is one.
pub fn go(command: Command, selected: Option<usize>, n_rows: usize, state: &mut ListState) -> Option<usize> {
    let last = n_rows.checked_sub(1)?;
    let page = state.n_rows_per_page().saturating_sub(1).max(1);
    let row_idx = match (command, selected) {
        (Command::SelectFirst, _) => 0,
        (Command::SelectLast, _) => last,
        // Without a selection the newest call is nearest to what a person looks at.
        (Command::SelectNext | Command::SelectPrevious | Command::PageDown | Command::PageUp, None) => last,
        (Command::SelectNext, Some(row_idx)) => row_idx.saturating_add(1).min(last),
        (Command::SelectPrevious, Some(row_idx)) => row_idx.saturating_sub(1),
        (Command::PageDown, Some(row_idx)) => row_idx.saturating_add(page).min(last),
        (Command::PageUp, Some(row_idx)) => row_idx.saturating_sub(page),
        _ => return None,
    };
    state.stop_following();
    state.reveal(row_idx);
    state.give_focus();
    Some(row_idx)
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
