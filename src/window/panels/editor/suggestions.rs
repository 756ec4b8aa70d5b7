//! The list of what fits at the cursor while a body is typed.
//!
//! It takes its keys before the text does, and never more than those: Up and Down, Enter and Tab, Esc.

use egui::{Key, Modifiers, Popup, PopupKind, Pos2, Rect, RectAlign, ScrollArea, Sense, Ui, vec2};

use crate::okta::compose::Completions;
use crate::window::theme::{self, Palette};

/// The open list, if there is one.
#[derive(Debug, Default)]
pub struct Suggestions {
    open: Option<Completions>,
    selected: usize,
    /// The place for which it was sent away; there it stays away until it is asked for.
    dismissed_at: Option<usize>,
    /// Asked for by key, also where nothing is typed.
    asked: bool,
}

/// What the keys of this frame do to the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pressed {
    pub takes: bool,
}

impl Suggestions {
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub fn close(&mut self) {
        self.open = None;
        self.asked = false;
    }

    /// Takes the keys of an open list, before the text sees them.
    pub fn keys(&mut self, has_focus: bool, ui: &Ui) -> Pressed {
        if has_focus && ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Space)) {
            (self.asked, self.dismissed_at) = (true, None);
        }
        let Some(open) = &self.open else { return Pressed::default() };
        let n_items = open.items.len().max(1);
        let count = |key| ui.input_mut(|input| input.count_and_consume_key(Modifiers::NONE, key));
        let (down, up) = (count(Key::ArrowDown), count(Key::ArrowUp));
        self.selected = (self.selected + down + n_items - up % n_items) % n_items;
        let takes = count(Key::Enter) + count(Key::Tab) > 0;
        if count(Key::Escape) > 0 {
            self.dismissed_at = Some(open.replace.start);
            self.close();
        }
        Pressed { takes }
    }

    /// Brings the list up to date after the text has taken its input. `find` is asked only where a list may be shown.
    pub fn update(&mut self, has_typed: bool, has_moved: bool, has_focus: bool, find: impl FnOnce() -> Completions) {
        let stays = has_focus && (self.asked || has_typed || (self.is_open() && !has_moved));
        if !stays {
            self.close();
            return;
        }
        if self.is_open() && !has_typed && !has_moved && !self.asked {
            return;
        }
        self.asked = false;
        let found = find();
        if found.items.is_empty() || self.dismissed_at == Some(found.replace.start) {
            self.open = None;
            return;
        }
        self.dismissed_at = None;
        if self.open.as_ref() != Some(&found) {
            self.selected = 0;
        }
        self.open = Some(found);
    }

    /// The chosen one: what it replaces, and with what.
    pub fn take(&mut self) -> Option<(std::ops::Range<usize>, String)> {
        let open = self.open.take()?;
        let chosen = open.items.into_iter().nth(self.selected)?;
        // What was taken needs no list behind it.
        self.dismissed_at = None;
        Some((open.replace, chosen.insert))
    }

    /// Draws the list under `anchor`; true where one was clicked.
    pub fn ui(&mut self, anchor: Rect, palette: &Palette, ui: &Ui) -> bool {
        let Some(open) = &self.open else { return false };
        let id = egui::Id::unique("response_body_suggestions");
        let selected = self.selected;
        let mut clicked = None;
        let below: Pos2 = anchor.left_bottom();
        Popup::new(id, ui.ctx().clone(), Rect::from_two_pos(anchor.left_top(), below), ui.layer_id())
            .kind(PopupKind::Popup)
            .open(true)
            .align(RectAlign::BOTTOM_START)
            .align_alternatives(&[RectAlign::TOP_START])
            .gap(4.0)
            .width(WIDTH)
            .style(crate::window::menus::style)
            .show(|ui| {
                ui.set_width(WIDTH);
                ScrollArea::vertical().max_height(ROW * 8.0).show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    for (idx, item) in open.items.iter().enumerate() {
                        let is_selected = idx == selected;
                        let (rect, response) = ui.allocate_exact_size(vec2(WIDTH, ROW), Sense::click());
                        if is_selected || response.hovered() {
                            let fill = if is_selected { palette.selected_row() } else { palette.hover };
                            ui.painter().rect_filled(rect, theme::CHIP_RADIUS, fill);
                        }
                        if is_selected {
                            response.scroll_to_me(None);
                        }
                        row_text(ui, rect.shrink2(vec2(8.0, 0.0)), &item.label, &item.about, palette);
                        let name = match item.about.is_empty() {
                            true => item.label.clone(),
                            false => format!("{} · {}", item.label, item.about),
                        };
                        response.widget_info(|| {
                            egui::WidgetInfo::selected(egui::Role::ListBoxOption, true, is_selected, name.clone())
                        });
                        if response.clicked() {
                            clicked = Some(idx);
                        }
                    }
                });
            });
        if let Some(clicked) = clicked {
            self.selected = clicked;
        }
        clicked.is_some()
    }
}

/// Width of the list and height of a row, in points.
const WIDTH: f32 = 420.0;
const ROW: f32 = 24.0;

fn row_text(ui: &Ui, rect: Rect, label: &str, about: &str, palette: &Palette) {
    let cut = |text: &str, font, color, width: f32| {
        let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, color);
        job.wrap = egui::text::TextWrapping::truncate_at_width(width);
        ui.painter().layout_job(job)
    };
    // What is written matters more than what is said about it.
    let label = cut(label, theme::code(), palette.text, rect.width());
    let left = egui::Align2::LEFT_CENTER.align_size_within_rect(label.size(), rect);
    ui.painter().galley(left.min, label, palette.text);
    let room = rect.right() - left.right() - 16.0;
    if room > 40.0 {
        let about = cut(about, theme::secondary(), palette.secondary, room);
        let right = egui::Align2::RIGHT_CENTER.align_size_within_rect(about.size(), rect);
        ui.painter().galley(right.min, about, palette.secondary);
    }
}
