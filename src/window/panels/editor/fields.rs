//! The fields of the builder. Each has a name, and says on hover what Okta does with it.

use egui::{Popup, Response, ScrollArea, Sense, Ui, vec2};

use crate::okta::HookKind;
use crate::okta::compose::{Target, Topic, explain_topic, value_of};
use crate::window::controls::{self, TextField};
use crate::window::icons::Icon;
use crate::window::theme::{self, Palette};

/// Says on hover what Okta does with a field, and where that is written.
pub(super) fn explained(response: Response, hook: HookKind, topic: Topic) -> Response {
    response.on_hover_ui(|ui| {
        let palette = theme::palette(ui);
        let explanation = explain_topic(hook, topic);
        ui.label(theme::body_text(explanation.text, palette));
        ui.label(theme::hint_text(explanation.cited(), palette));
    })
}

/// A label before a field, as wide as its neighbours' in the same section.
pub(super) fn label_ui(text: &str, palette: &Palette, ui: &mut Ui) {
    let (rect, response) = ui.allocate_exact_size(vec2(LABEL, theme::CONTROL), Sense::hover());
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), theme::secondary(), palette.secondary);
    job.wrap = egui::text::TextWrapping::truncate_at_width(LABEL);
    let galley = ui.painter().layout_job(job);
    let place = egui::Align2::LEFT_CENTER.align_size_within_rect(galley.size(), rect);
    ui.painter().galley(place.min, galley, palette.secondary);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, text));
}

/// Width of a label, in points.
const LABEL: f32 = 76.0;
/// What a row leaves for a field, when `behind` points are needed after it.
pub(super) fn room(ui: &Ui, behind: f32) -> f32 {
    (ui.available_width() - behind).max(48.0).floor()
}

/// A field for a JSON value. What is no JSON becomes a string. While it is typed in, it shows what was typed.
pub(super) fn value_field(name: &str, width: f32, value: &mut String, ui: &mut Ui) -> Response {
    let id = ui.make_persistent_id(("value", name));
    let has_focus = ui.memory(|memory| memory.has_focus(id));
    let typed: Option<String> = if has_focus { ui.data(|data| data.get_temp(id)) } else { None };
    let mut text = typed.unwrap_or_else(|| value.clone());
    let response = TextField::new(name).on_wire().width(width).id(id).ui(ui, &mut text);
    if response.changed() {
        *value = value_of(&text);
    }
    if ui.memory(|memory| memory.has_focus(id)) {
        ui.data_mut(|data| data.insert_temp(id, text));
    } else {
        ui.data_mut(|data| data.remove::<String>(id));
    }
    response
}

/// A field for a string that may be missing: nothing typed is no member.
pub(super) fn text_field(name: &str, width: f32, value: &mut Option<String>, ui: &mut Ui) -> Response {
    let mut text = value.clone().unwrap_or_default();
    let response = TextField::new(name).width(width).ui(ui, &mut text);
    if response.changed() {
        *value = (!text.is_empty()).then_some(text);
    }
    response
}

/// A button with a list of what the request gives; gives the chosen one. `why_not` is why one cannot be chosen.
pub(super) fn pick_menu<'a>(
    text: &str,
    name: &str,
    targets: &'a [Target],
    why_not: fn(&Target) -> Option<&str>,
    palette: &Palette,
    ui: &mut Ui,
) -> Option<&'a Target> {
    let is_empty = targets.is_empty();
    let button = ui
        .add_enabled(!is_empty, egui::Button::new((text, Icon::ChevronDown.atom_of_size(14.0))))
        .accessible_name(name)
        .on_disabled_hover_text("The request has nothing to pick from");
    let shown = Popup::menu(&button).gap(4.0).style(crate::window::menus::style).show(|ui| {
        let mut chosen = None;
        ui.set_width(MENU);
        ui.set_max_height(328.0);
        ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
            // What can be picked comes first.
            let (may, may_not): (Vec<&Target>, Vec<&Target>) =
                targets.iter().partition(|target| why_not(target).is_none());
            for target in may.into_iter().chain(may_not) {
                if target_ui(target, why_not(target), palette, ui) {
                    chosen = Some(target);
                    ui.close();
                }
            }
        });
        chosen
    });
    shown.and_then(|shown| shown.inner)
}

/// Width of a list, in points.
const MENU: f32 = 460.0;
/// Width of a letter on the wire, in points.
const LETTER: f32 = 7.6;

fn target_ui(target: &Target, why_not: Option<&str>, palette: &Palette, ui: &mut Ui) -> bool {
    let sense = if why_not.is_some() { Sense::hover() } else { Sense::click() };
    let (rect, response) = ui.allocate_exact_size(vec2(MENU, 24.0), sense);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::MenuItem, why_not.is_none(), target.path.clone()));
    if why_not.is_none() && (response.hovered() || response.has_focus()) {
        ui.painter().rect_filled(rect, theme::CHIP_RADIUS, palette.hover);
    }
    let inner = rect.shrink2(vec2(8.0, 0.0));
    let cut = |text: &str, font, color, width: f32| {
        let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, color);
        job.wrap = egui::text::TextWrapping::truncate_at_width(width);
        ui.painter().layout_job(job)
    };
    let color = if why_not.is_some() { palette.hint } else { palette.text };
    let room = inner.width() * 0.7;
    let path = controls::cut_middle(&target.path, (room / LETTER) as usize);
    let path = cut(&path, theme::code(), color, room);
    let now = cut(&target.value, theme::code(), palette.secondary, (inner.width() - path.size().x - 16.0).max(0.0));
    let left = egui::Align2::LEFT_CENTER.align_size_within_rect(path.size(), inner);
    let right = egui::Align2::RIGHT_CENTER.align_size_within_rect(now.size(), inner);
    ui.painter().galley(left.min, path, color);
    ui.painter().galley(right.min, now, palette.secondary);
    let about = why_not.map_or_else(|| format!("{}, now {}", target.path, target.value), str::to_owned);
    response.on_hover_text(about).clicked()
}

/// A choice of words in a small list; `none` is what it shows where nothing is chosen.
pub(super) fn word_menu(name: &str, words: &[&str], value: &mut Option<String>, width: f32, ui: &mut Ui) -> Response {
    let selected = value
        .as_deref()
        .map_or_else(|| "not set".to_owned(), |word| word.rsplit(':').next().unwrap_or(word).to_owned());
    let shown = egui::ComboBox::from_id_salt(name).selected_text(selected).width(width).truncate().icon(
        |ui, rect, visuals, _open| {
            Icon::ChevronDown.paint(ui.painter(), rect.center(), 14.0, visuals.fg_stroke.color);
        },
    );
    let response = shown.show_ui(ui, |ui| {
        for word in words {
            ui.selectable_value(value, Some((*word).to_owned()), *word);
        }
        ui.selectable_value(value, None, "not set");
    });
    response.response.accessible_name(name)
}
