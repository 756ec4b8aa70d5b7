//! The bar at the top: menus, the filter, and whether the listener is up.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat};
use egui::{
    Align, Align2, Button, Color32, FontId, Id, Key, Layout, Rect, RichText, Stroke, TextBuffer, TextEdit, Ui,
    UiBuilder, Vec2, pos2, vec2,
};

use super::Wish;
use crate::window::command::{Command, Possible};
use crate::window::controls;
use crate::window::icons::{Icon, icon_button, icon_button_of_size};
use crate::window::marks::Mark;
use crate::window::menus::{self, Entry};
use crate::window::theme::{self, Palette};

/// What the bar shows.
#[derive(Clone, Debug, PartialEq)]
pub struct TopBarModel {
    /// Address and port, such as `127.0.0.1:8443`; none while it does not listen.
    pub listening: Option<String>,
    /// Why the filter cannot be used as it is typed.
    pub filter_error: Option<FilterError>,
    /// Newest first.
    pub recent_sessions: Vec<PathBuf>,
    pub possible: Possible,
}

/// What is wrong with a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// The bytes of the text that cannot be read.
    pub span: Range<usize>,
    pub reason: String,
}

/// What is half typed in the bar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopBarState {
    pub filter: String,
    wants_focus: bool,
}

impl TopBarState {
    /// Puts the cursor into the filter in the next frame.
    pub fn focus_filter(&mut self) {
        self.wants_focus = true;
    }
}

/// Width of the three menus, in points.
const MENUS: f32 = 172.0;
/// Below this width of the bar, in points, the filter gives way.
const ROOMY: f32 = 1_200.0;

/// Draws the bar over the width there is; its height is [`theme::TOP_BAR`].
pub fn ui(model: &TopBarModel, state: &mut TopBarState, ui: &mut Ui) -> Vec<Wish> {
    let mut wishes = Vec::new();
    let (_, bar) = ui.allocate_space(vec2(ui.available_width(), theme::TOP_BAR));
    let inner = bar.shrink2(vec2(theme::PANEL_PADDING, 0.0));
    let mut left =
        ui.new_child(UiBuilder::new().id_salt("menus").max_rect(inner).layout(Layout::left_to_right(Align::Center)));
    menus_ui(model, &mut wishes, &mut left);
    let width = if bar.width() < ROOMY { 300.0 } else { 420.0 };
    let mut field = Rect::from_center_size(bar.center(), vec2(width, theme::CONTROL));
    if field.left() < left.min_rect().right() + 16.0 {
        field = field.with_min_x(left.min_rect().right() + 16.0);
    }
    let mut middle =
        ui.new_child(UiBuilder::new().id_salt("filter").max_rect(field).layout(Layout::left_to_right(Align::Center)));
    filter_ui(model, state, field, &mut wishes, &mut middle);
    let rest = inner.with_min_x(field.right() + 12.0);
    let mut right =
        ui.new_child(UiBuilder::new().id_salt("state").max_rect(rest).layout(Layout::right_to_left(Align::Center)));
    state_ui(model, &mut wishes, &mut right);
    wishes
}

fn menus_ui(model: &TopBarModel, wishes: &mut Vec<Wish>, ui: &mut Ui) {
    let palette = theme::palette(ui);
    let (rect, _) = ui.allocate_exact_size(Vec2::splat(theme::ICON), egui::Sense::hover());
    Icon::Webhook.paint(ui.painter(), rect.center(), theme::ICON, palette.accent);
    ui.add_space(-2.0);
    ui.label(theme::strong_text("Hookscope", palette));
    ui.add_space(theme::GAP_TIGHT);
    ui.spacing_mut().item_spacing.x = 0.0;
    let config = egui::containers::menu::MenuConfig::new().style(menus::style);
    let bar = egui::MenuBar::new().config(config).style(bar_style);
    // A menu bar takes all the width it can get, and the filter stands beside it.
    let size = vec2(MENUS, theme::CONTROL);
    let place = Align2::LEFT_CENTER.anchor_size(pos2(ui.cursor().left(), rect.center().y), size);
    let mut menus_ui = ui.new_child(UiBuilder::new().max_rect(place));
    ui.advance_cursor_after_rect(menus_ui.max_rect());
    bar.ui(&mut menus_ui, |ui| {
        for (text, entries) in [("Session", menus::SESSION), ("View", menus::VIEW), ("Help", menus::HELP)] {
            let text = RichText::new(text).color(palette.secondary);
            ui.menu_button(text, |ui| {
                let chosen = menus::entries_ui(ui, entries, &model.possible);
                wishes.extend(chosen.map(Wish::Command));
                if std::ptr::eq(entries, menus::SESSION) {
                    recent_ui(&model.recent_sessions, wishes, ui);
                }
            });
        }
    });
}

fn bar_style(style: &mut egui::Style) {
    style.spacing.button_padding = vec2(8.0, 4.0);
    style.visuals.widgets.inactive.weak_bg_fill = Color32::TRANSPARENT;
}

fn recent_ui(recent: &[PathBuf], wishes: &mut Vec<Wish>, ui: &mut Ui) {
    if recent.is_empty() {
        return;
    }
    menus::line_ui(ui);
    ui.menu_button("Recent sessions", |ui| {
        menus::style(ui.style_mut());
        ui.set_width(menus::WIDTH);
        for path in recent {
            let shown = file_name(path);
            if ui.button(shown).on_hover_text(path.display().to_string()).clicked() {
                wishes.push(Wish::OpenRecent(path.clone()));
            }
        }
    });
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn filter_ui(model: &TopBarModel, state: &mut TopBarState, rect: Rect, wishes: &mut Vec<Wish>, ui: &mut Ui) {
    let palette = theme::palette(ui);
    let id = Id::unique("hookscope-filter");
    if std::mem::take(&mut state.wants_focus) {
        ui.memory_mut(|memory| memory.request_focus(id));
    }
    let focused = ui.memory(|memory| memory.has_focus(id));
    let mut frame = controls::field_frame(palette, focused);
    frame.inner_margin = egui::Margin { left: 30, right: 34, ..frame.inner_margin };
    if model.filter_error.is_some() && !focused {
        frame.stroke.color = palette.refused;
    }
    let span = model.filter_error.as_ref().map(|error| error.span.clone());
    let mut layouter =
        |ui: &Ui, text: &dyn TextBuffer, _width: f32| layout_filter(ui, text.as_str(), span.as_ref(), palette);
    let edit = TextEdit::singleline(&mut state.filter)
        .id(id)
        .hint_text(RichText::new("Filter calls").color(palette.hint))
        .frame(frame)
        .layouter(&mut layouter)
        .desired_width(rect.width())
        .align(Align2::LEFT_CENTER)
        .min_size(rect.size());
    let response = ui.place(rect, edit).accessible_name("Filter calls");
    if response.changed() {
        wishes.push(Wish::FilterChanged);
    }
    Icon::Search.paint(ui.painter(), pos2(rect.left() + 16.0, rect.center().y), 14.0, palette.secondary);
    let corner = Rect::from_center_size(pos2(rect.right() - 17.0, rect.center().y), Vec2::splat(22.0));
    if state.filter.is_empty() {
        if !focused {
            ui.painter().rect_filled(corner.shrink2(vec2(1.0, 2.0)), theme::CHIP_RADIUS, palette.raised);
            ui.painter().text(corner.center(), Align2::CENTER_CENTER, "/", theme::secondary(), palette.secondary);
        }
    } else {
        let mut corner_ui = ui.new_child(UiBuilder::new().id_salt("clear").max_rect(corner));
        if icon_button_of_size(&mut corner_ui, Icon::X, "Clear filter", "Show all calls again", 22.0).clicked() {
            state.filter.clear();
            wishes.push(Wish::FilterChanged);
        }
    }
    if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape)) && !state.filter.is_empty() {
        state.filter.clear();
        wishes.push(Wish::FilterChanged);
    }
    if let Some(error) = &model.filter_error {
        filter_error_ui(error, rect, ui);
    }
}

fn layout_filter(ui: &Ui, text: &str, bad: Option<&Range<usize>>, palette: &Palette) -> Arc<egui::Galley> {
    let mut job = LayoutJob::default();
    let plain = TextFormat::simple(theme::body(), palette.text);
    let underlined = TextFormat { underline: Stroke::new(1.5, palette.refused), ..plain.clone() };
    // A span that lies outside the text belongs to one that has been typed over.
    let parts = bad.and_then(|span| Some((text.get(..span.start)?, text.get(span.clone())?, text.get(span.end..)?)));
    match parts {
        Some((before, bad, after)) => {
            job.append(before, 0.0, plain.clone());
            job.append(bad, 0.0, underlined);
            job.append(after, 0.0, plain);
        }
        None => job.append(text, 0.0, plain),
    }
    job.wrap.max_rows = 1;
    job.wrap.max_width = f32::INFINITY;
    job.keep_trailing_whitespace = true;
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

fn filter_error_ui(error: &FilterError, field: Rect, ui: &Ui) {
    let palette = theme::palette(ui);
    let area = egui::Area::new(Id::unique("hookscope-filter-error"))
        .order(egui::Order::Foreground)
        .fixed_pos(field.left_bottom() + vec2(0.0, 6.0))
        .interactable(false);
    area.show(ui, |ui| {
        egui::Frame::popup(ui.style()).inner_margin(egui::Margin::symmetric(10, 6)).show(ui, |ui| {
            ui.set_max_width(field.width() - 20.0);
            ui.horizontal(|ui| {
                let (rect, _) = ui.allocate_exact_size(Vec2::splat(14.0), egui::Sense::hover());
                Icon::CircleX.paint(ui.painter(), rect.center(), 14.0, palette.refused);
                ui.add(egui::Label::new(theme::secondary_text(&error.reason, palette).color(palette.text)).wrap());
            });
        });
    });
}

fn state_ui(model: &TopBarModel, wishes: &mut Vec<Wish>, ui: &mut Ui) {
    let palette = theme::palette(ui);
    let (icon, name, command) = match ui.theme() {
        egui::Theme::Dark => (Icon::Sun, "Switch to the light theme", Command::ThemeLight),
        egui::Theme::Light => (Icon::Moon, "Switch to the dark theme", Command::ThemeDark),
    };
    if icon_button(ui, icon, name, name).clicked() {
        wishes.push(Wish::Command(command));
    }
    match &model.listening {
        Some(address) => {
            let text = RichText::new("Listening on").font(theme::secondary()).color(palette.secondary);
            let code = FontId { size: 12.0, ..theme::code() };
            let address_text = RichText::new(address).font(code).color(palette.secondary);
            let chip = Button::new((controls::dot_atom(palette.applied), text, address_text))
                .corner_radius(theme::CHIP_RADIUS)
                .min_size(vec2(0.0, 22.0));
            ui.spacing_mut().button_padding.y = 2.0;
            ui.spacing_mut().interact_size.y = 22.0;
            let response = ui.add(chip).accessible_name(format!("Listening on {address}"));
            egui::Popup::menu(&response).gap(4.0).style(menus::style).show(|ui| {
                let entries = [
                    Entry::Item(Command::CopyAddress),
                    Entry::Item(Command::ExportCertificate),
                    Entry::Line,
                    Entry::Item(Command::StopListening),
                ];
                wishes.extend(menus::entries_ui(ui, &entries, &model.possible).map(Wish::Command));
            });
        }
        None => {
            let start = controls::button(ui, Some(Icon::Play), Command::StartListening.text());
            if start.on_hover_text(Command::StartListening.hint()).clicked() {
                wishes.push(Wish::Command(Command::StartListening));
            }
            ui.label(RichText::new("Not listening").font(theme::secondary()).color(palette.secondary));
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(10.0), egui::Sense::hover());
            crate::window::marks::paint_mark(ui.painter(), rect, Mark::Outcome(crate::okta::Outcome::Refused), palette);
        }
    }
}
