//! Marks: the shape and color of an outcome, and the bar that shows how much of Okta's time was used.
//!
//! Painting only. Each outcome has a shape of its own, so that color is never alone.

use egui::{Atom, Color32, Painter, Pos2, Rect, Shape, Stroke, Vec2, pos2, vec2};

use super::theme::{self, Palette};
use crate::okta::Outcome;

/// What a mark stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Outcome(Outcome),
    /// The call has not ended yet.
    UnderWay,
}

impl From<Outcome> for Mark {
    fn from(outcome: Outcome) -> Mark {
        Mark::Outcome(outcome)
    }
}

impl Mark {
    pub fn color(self, palette: &Palette) -> Color32 {
        match self {
            Mark::Outcome(outcome) => palette.outcome(outcome),
            Mark::UnderWay => palette.undocumented,
        }
    }

    /// The mark beside a text, at the size that goes with text of 13 points.
    pub fn atom(self) -> Atom<'static> {
        Atom::paint(Vec2::splat(MARK_BOX), move |ui, args| {
            paint_mark(ui.painter(), args.rect, self, theme::palette(ui))
        })
    }
}

/// Width and height of the box around a mark, in points.
pub const MARK_BOX: f32 = 12.0;

/// Half the width of a disc, as a share of the box.
const RADIUS: f32 = 0.4;

/// Paints a mark in the middle of a rectangle, as large as its shorter side allows.
pub fn paint_mark(painter: &Painter, rect: Rect, mark: impl Into<Mark>, palette: &Palette) {
    let mark = mark.into();
    let color = mark.color(palette);
    let center = rect.center();
    let radius = rect.width().min(rect.height()) * RADIUS;
    match mark {
        Mark::UnderWay => half_disc(painter, center, radius, color),
        Mark::Outcome(Outcome::Applied | Outcome::Accepted | Outcome::Verified) => {
            painter.circle_filled(center, radius, color);
        }
        Mark::Outcome(Outcome::Unchanged) => {
            painter.circle_stroke(center, radius * 0.82, Stroke::new(radius * 0.36, color));
        }
        Mark::Outcome(Outcome::Ignored) => {
            let (half, up, down) = (radius * 1.15, radius * 1.05, radius * 0.95);
            let points = vec![center + vec2(0.0, -up), center + vec2(half, down), center + vec2(-half, down)];
            painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
        }
        Mark::Outcome(Outcome::Denied) => {
            let bar = Rect::from_center_size(center, vec2(radius * 2.1, radius * 0.75));
            painter.rect_filled(bar, radius * 0.25, color);
        }
        Mark::Outcome(Outcome::Refused | Outcome::Failed | Outcome::NotVerified) => {
            painter.rect_filled(Rect::from_center_size(center, Vec2::splat(radius * 1.8)), 1.0, color);
        }
        Mark::Outcome(Outcome::Fallback) => {
            let reach = radius * 1.2;
            let points = vec![
                center + vec2(0.0, -reach),
                center + vec2(reach, 0.0),
                center + vec2(0.0, reach),
                center + vec2(-reach, 0.0),
            ];
            painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
        }
        Mark::Outcome(Outcome::Undocumented) => {
            for step in 0..8u8 {
                let direction = Vec2::angled(std::f32::consts::TAU * (f32::from(step) + 0.5) / 8.0);
                painter.circle_filled(center + direction * (radius - 0.4), radius * 0.22, color);
            }
        }
    }
}

fn half_disc(painter: &Painter, center: Pos2, radius: f32, color: Color32) {
    let inner = radius - 0.5;
    painter.circle_stroke(center, inner, Stroke::new(radius * 0.25, color));
    let arc = (0..=16u8).map(|step| {
        let angle = std::f32::consts::PI * (f32::from(step) / 16.0 - 0.5);
        center + Vec2::angled(angle) * inner
    });
    painter.add(Shape::convex_polygon(arc.collect(), color, Stroke::NONE));
}

/// How much of Okta's three seconds a call has used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// 1 is all of it; more is late.
    pub share: f32,
    /// The call is under way; the share is what has been used until now.
    pub running: bool,
    /// The part of the share that was used before the call itself, to fetch its access token.
    pub before: f32,
}

/// From this share on the bar is amber: a cold start or a slow database would break it.
const HALF: f32 = 0.5;
/// From this share on it is red.
const NEARLY_ALL: f32 = 0.8;

impl Budget {
    /// A finished call.
    pub fn used(total_us: u32) -> Budget {
        let budget_us = crate::call::BUDGET.as_micros() as f32;
        Budget { share: total_us as f32 / budget_us, running: false, before: 0.0 }
    }

    /// The same call, of which so much was used to fetch its access token.
    pub fn after_token(self, token_us: u32) -> Budget {
        Budget { before: Budget::used(token_us).share.min(self.share), ..self }
    }

    pub fn is_late(self) -> bool {
        self.share > 1.0
    }

    /// Green, amber from half, red from 80 %; neutral while it runs and is not yet late.
    pub fn color(self, palette: &Palette) -> Color32 {
        match self.share {
            share if share >= NEARLY_ALL => palette.refused,
            _ if self.running => palette.undocumented,
            share if share >= HALF => palette.ignored,
            _ => palette.applied,
        }
    }
}

/// Height of a budget bar, in points.
pub const BUDGET_HEIGHT: f32 = 5.0;
/// A call that used next to nothing still shows that it was measured.
const LEAST_FILL: f32 = 2.5;
/// Between the stripes of a late bar, in points.
const STRIPE: f32 = 6.0;

/// Paints a budget bar over the width of a rectangle, in its middle. Late ones are hatched.
pub fn paint_budget(painter: &Painter, rect: Rect, budget: Budget, palette: &Palette) {
    let bar = Rect::from_center_size(rect.center(), vec2(rect.width(), BUDGET_HEIGHT));
    let corner = BUDGET_HEIGHT / 2.0;
    painter.rect_filled(bar, corner, palette.hover);
    let width = (bar.width() * budget.share.clamp(0.0, 1.0)).max(LEAST_FILL);
    let filled = Rect::from_min_size(bar.min, vec2(width, bar.height()));
    let color = budget.color(palette);
    painter.rect_filled(filled, corner, color);
    if budget.before > 0.0 {
        // The token's part is paler, with a gap behind it: two bars that follow each other.
        let width = (bar.width() * budget.before.clamp(0.0, 1.0)).max(LEAST_FILL).min(filled.width());
        let token = Rect::from_min_size(bar.min, vec2(width, bar.height()));
        painter.rect_filled(token, corner, palette.hover);
        painter.rect_filled(token, corner, color.gamma_multiply(0.55));
        if width + 1.0 < filled.width() {
            painter.vline(token.right(), bar.y_range(), Stroke::new(1.5, palette.panel));
        }
    }
    if budget.is_late() {
        let hatch = painter.with_clip_rect(filled.intersect(painter.clip_rect()));
        let stroke = Stroke::new(1.5, palette.panel);
        let mut x = filled.left() + STRIPE / 2.0;
        while x < filled.right() + STRIPE {
            hatch.line_segment([pos2(x - bar.height(), bar.bottom() + 1.0), pos2(x + 1.0, bar.top() - 1.0)], stroke);
            x += STRIPE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_green_then_amber_from_half_then_red_from_80_percent_and_late_after_the_whole() {
        let palette = theme::palette_of(egui::Theme::Dark);
        let color = |total_us| Budget::used(total_us).color(palette);
        assert_eq!(color(1_499_000), palette.applied);
        assert_eq!(color(1_500_000), palette.ignored);
        assert_eq!(color(2_399_000), palette.ignored);
        assert_eq!(color(2_400_000), palette.refused);
        assert!(!Budget::used(3_000_000).is_late());
        assert!(Budget::used(3_001_000).is_late());
    }

    #[test]
    fn a_call_under_way_is_neutral_until_it_is_nearly_late() {
        let palette = theme::palette_of(egui::Theme::Light);
        assert_eq!(Budget { share: 0.6, running: true, before: 0.0 }.color(palette), palette.undocumented);
        assert_eq!(Budget { share: 0.9, running: true, before: 0.0 }.color(palette), palette.refused);
    }
}
