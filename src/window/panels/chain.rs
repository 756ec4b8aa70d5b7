//! The test from outside in: each hop with its state, its time and what to do, and whether what the tunnel adds counts.

use std::sync::Arc;
use std::time::Duration;

use egui::{Align, Color32, Label, Layout, Ui, vec2};

use super::pane;
use crate::call::{ChainReport, Hop, HopKind, HopState, TunnelOverhead, time_text};
use crate::window::controls::{button, checkbox};
use crate::window::icons::{Icon, icon_label};
use crate::window::theme::{self, Palette};

/// What is shown of the test.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChainModel {
    /// The public URL, where one is known.
    pub url: Option<String>,
    /// The test that runs or was made last.
    pub report: Option<Arc<ChainReport>>,
    /// What was measured in this run for this URL.
    pub overhead: Option<TunnelOverhead>,
    pub adds_to_budget: bool,
}

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainWish {
    /// Test the way from this URL.
    Test(String),
    Cancel,
    AddToBudget(bool),
}

/// Width of the titles, in points.
const TITLES: f32 = 104.0;
/// Width of the times, in points.
const TIMES: f32 = 64.0;

/// Draws the section.
pub fn ui(model: &ChainModel, ui: &mut Ui) -> Vec<ChainWish> {
    // What stands above and below has spacing of its own.
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.add_space(theme::GAP_GROUP);
        section_ui(model, ui)
    })
    .inner
}

fn section_ui(model: &ChainModel, ui: &mut Ui) -> Vec<ChainWish> {
    let palette = theme::palette(ui);
    let mut wishes = Vec::new();
    pane::section_ui(ui, "Test from outside", "from the public URL to this listener, hop by hop");
    let running = model.report.as_ref().is_some_and(|report| report.is_running());
    ui.horizontal(|ui| {
        if running {
            if button(ui, Some(Icon::CircleStop), "Cancel test").clicked() {
                wishes.push(ChainWish::Cancel);
            }
        } else {
            let pressed =
                ui.add_enabled_ui(model.url.is_some(), |ui| button(ui, Some(Icon::Play), "Test from outside"));
            let response = pressed.inner.on_disabled_hover_text("Start a tunnel, or give its public URL, first");
            if let (true, Some(url)) = (response.clicked(), &model.url) {
                wishes.push(ChainWish::Test(url.clone()));
            }
        }
        if let Some(report) = &model.report {
            ui.add(Label::new(theme::strong_text(report.summary(), palette)).truncate());
        }
    });
    ui.add_space(theme::GAP);
    match &model.report {
        Some(report) => {
            let is_another = model.url.as_ref().is_some_and(|url| *url != report.url);
            if is_another && !running {
                let text = format!("This is the way from {}, and the public URL is another one now", report.url);
                ui.add(Label::new(theme::secondary_text(text, palette)).wrap());
                ui.add_space(4.0);
            }
            for hop in &report.hops {
                hop_ui(hop, palette, ui);
            }
        }
        None => {
            let text = "Sends a request as Okta would, and looks at the URL, its addresses, the certificate of the edge, what comes \
                        back, what comes here, and how long the way takes";
            ui.add(Label::new(theme::secondary_text(text, palette)).wrap());
            ui.add_space(4.0);
        }
    }
    budget_ui(model, palette, &mut wishes, ui);
    wishes
}

fn hop_ui(hop: &Hop, palette: &Palette, ui: &mut Ui) {
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = theme::GAP;
        let (icon, color) = icon_of(hop.state, palette);
        icon_label(ui, icon, color, &format!("{}: {}", hop.kind.title(), hop.state.as_str()));
        ui.allocate_ui_with_layout(vec2(TITLES, 18.0), Layout::left_to_right(Align::Min), |ui| {
            ui.set_min_width(TITLES);
            ui.add(Label::new(theme::body_text(hop.kind.title(), palette)).truncate());
        });
        let width = (ui.available_width() - TIMES - theme::GAP).max(80.0);
        ui.allocate_ui_with_layout(vec2(width, 18.0), Layout::top_down(Align::Min), |ui| {
            ui.set_min_width(width);
            ui.spacing_mut().item_spacing.y = 2.0;
            if !hop.sentence.is_empty() {
                let text = match hop.state {
                    HopState::Bad => theme::body_text(&hop.sentence, palette).color(palette.refused),
                    HopState::Skipped => theme::secondary_text(&hop.sentence, palette),
                    _ => theme::body_text(&hop.sentence, palette),
                };
                ui.add(Label::new(text).wrap().selectable(true));
            }
            if !hop.facts.is_empty() {
                let facts: Vec<String> = hop.facts.iter().map(|(name, value)| format!("{name} {value}")).collect();
                ui.add(Label::new(theme::hint_text(facts.join("  ·  "), palette)).wrap().selectable(true));
            }
        });
        if let Some(took) = hop.took.filter(|_| hop.kind != HopKind::Latency) {
            ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
                ui.add(Label::new(theme::code_text(took_text(took), palette).color(palette.secondary)));
            });
        }
    });
    ui.add_space(theme::GAP);
}

fn budget_ui(model: &ChainModel, palette: &Palette, wishes: &mut Vec<ChainWish>, ui: &mut Ui) {
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        let mut adds = model.adds_to_budget;
        let response = checkbox(ui, &mut adds, "Add to the budget");
        response.on_hover_text(
            "Shows beside the time of each call what the tunnel adds. Records and verdicts stay as they are",
        );
        if adds != model.adds_to_budget {
            wishes.push(ChainWish::AddToBudget(adds));
        }
        let text = match &model.overhead {
            Some(overhead) => format!("the way adds {}, measured in this run", time_text(overhead.added_us)),
            None => "nothing was measured yet in this run for this URL".to_owned(),
        };
        ui.add(Label::new(theme::secondary_text(text, palette)).wrap());
    });
}

fn icon_of(state: HopState, palette: &Palette) -> (Icon, Color32) {
    match state {
        HopState::Waiting | HopState::Running => (Icon::Clock, palette.undocumented),
        HopState::Good => (Icon::CircleCheck, palette.applied),
        HopState::Doubtful => (Icon::TriangleAlert, palette.ignored),
        HopState::Bad => (Icon::CircleX, palette.refused),
        HopState::Skipped => (Icon::SkipForward, palette.undocumented),
    }
}

fn took_text(took: Duration) -> String {
    time_text(u32::try_from(took.as_micros()).unwrap_or(u32::MAX))
}
