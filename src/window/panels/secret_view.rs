//! A secret where it stands: masked with a way to see it, or seen with a way to copy it and to hide it again.
//!
//! A secret that is seen is never selectable: on some systems merely selecting a text makes a copy of it.

use egui::text::LayoutJob;
use egui::{Id, Label, Pos2, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, vec2};

use super::detail::DetailWish;
use crate::call::ShownSecret;
use crate::window::icons::Icon;
use crate::window::text::{Span, pieces};
use crate::window::theme::{self, Palette};

/// Room for an icon beside a secret, in points.
const ICON_WIDTH: f32 = 18.0;
const ICON_SIZE: f32 = 13.0;
/// Between a secret and what stands beside it, in points.
const GAP: f32 = 3.0;

/// Draws a secret. `job` is what stands there; `id` stays the same whether it is masked or not, so that the keyboard stays on it.
pub fn ui(
    secret: &ShownSecret,
    text: &str,
    job: LayoutJob,
    id: Id,
    palette: &Palette,
    wishes: &mut Vec<DetailWish>,
    ui: &mut Ui,
) {
    let place = secret.place.to_string();
    let reveal = |reveal: bool| DetailWish::Reveal { place: secret.place.clone(), reveal };
    if !secret.is_revealed {
        if masked_ui(job, id, &format!("Reveal {place}"), palette, ui).clicked() {
            wishes.push(reveal(true));
        }
        return;
    }
    ui.spacing_mut().item_spacing.x = 0.0;
    // The buttons come first: however long the secret is, they are in sight.
    if icon_ui(Icon::EyeOff, id, &format!("Hide {place}"), palette, ui).clicked() {
        wishes.push(reveal(false));
    }
    let copy = icon_ui(Icon::Copy, id.with("copy"), &format!("Copy {place}"), palette, ui);
    if copy.clicked() {
        wishes.push(DetailWish::Copy { text: text.to_owned(), what: "secret" });
    }
    ui.add_space(GAP);
    let label = ui.add(Label::new(job).selectable(false).extend().sense(Sense::CLICK));
    ui.painter().hline(label.rect.x_range(), label.rect.bottom() - 1.0, Stroke::new(1.0, palette.ignored));
    if label.on_hover_text("Revealed. Click to hide it again").clicked() {
        wishes.push(reveal(false));
    }
}

/// An eye and the mask, as one button.
fn masked_ui(job: LayoutJob, id: Id, name: &str, palette: &Palette, ui: &mut Ui) -> Response {
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    let size = vec2(galley.size().x + GAP + ICON_WIDTH, galley.size().y);
    let (_, rect) = ui.allocate_space(size);
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let is_lit = response.hovered() || response.has_focus();
    background(&response, palette, ui);
    let text_at = Pos2::new(rect.left() + ICON_WIDTH + GAP, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(text_at, galley, palette.text);
    let color = if is_lit { palette.text } else { palette.hint };
    Icon::Eye.paint(ui.painter(), Pos2::new(rect.left() + ICON_WIDTH / 2.0, rect.center().y), ICON_SIZE, color);
    response.on_hover_text(name)
}

fn icon_ui(icon: Icon, id: Id, name: &str, palette: &Palette, ui: &mut Ui) -> Response {
    let height = ui.fonts_mut(|fonts| fonts.row_height(&theme::code()));
    let (_, rect) = ui.allocate_space(vec2(ICON_WIDTH, height));
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    background(&response, palette, ui);
    let color = if response.hovered() || response.has_focus() { palette.text } else { palette.secondary };
    icon.paint(ui.painter(), rect.center(), ICON_SIZE, color);
    response.on_hover_text(name)
}

fn background(response: &Response, palette: &Palette, ui: &Ui) {
    let rect = Rect::from_center_size(response.rect.center(), response.rect.size() + Vec2::splat(2.0));
    if response.hovered() {
        ui.painter().rect_filled(rect, theme::CHIP_RADIUS, palette.hover);
    }
    if response.has_focus() {
        let ring = Stroke::new(theme::FOCUS_RING, palette.accent);
        ui.painter().rect_stroke(rect, theme::CHIP_RADIUS, ring, StrokeKind::Inside);
    }
}

/// Draws a text on one line with the secrets in it; what is none can be selected. Gives the response of all of it.
#[expect(clippy::too_many_arguments, reason = "a text, what is secret of it, how it looks, and where wishes go")]
pub fn text_ui(
    text: &str,
    spans: &[Span],
    secrets: &[ShownSecret],
    id: Id,
    job_of: impl Fn(&str) -> LayoutJob,
    palette: &Palette,
    wishes: &mut Vec<DetailWish>,
    ui: &mut Ui,
) -> Response {
    let shown = ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        for (idx, (range, secret_idx)) in pieces(0..end, spans).into_iter().enumerate() {
            let piece = text.get(range.start as usize..range.end as usize).unwrap_or_default();
            match secret_idx.and_then(|secret_idx| secrets.get(secret_idx)) {
                Some(secret) => self::ui(secret, piece, job_of(piece), id.with(idx), palette, wishes, ui),
                None => drop(ui.add(Label::new(job_of(piece)).selectable(true).extend())),
            }
        }
    });
    shown.response
}
