//! What Okta changes, before and after, side by side.
//!
//! The open call and the response editor both show it. The data is what commands can change, part by part; a part that is the
//! same on both sides says so.

use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Color32, Label, Layout, ScrollArea, Sense, Ui, vec2};
use serde_json::Value;

use super::body_view::token_color;
use super::detail::{lower_first, segmented};
use crate::okta::{self, Answer, Effect, Exchange, HookKind, Outcome, Severity, Verdict};
use crate::window::icons::{Icon, icon_label};
use crate::window::text::{Change, Folded, SideRow, Sides, tokens};
use crate::window::theme::{self, Palette};

/// An effect made ready to be drawn.
pub struct EffectModel {
    /// One sentence that says what is changed, or that nothing is.
    pub said: String,
    /// What keeps the answer from being applied: the worst finding about a command.
    pub blame: Option<Blame>,
    /// What Okta would do without what is to blame.
    pub without: Option<Without>,
    parts: Vec<Part>,
}

/// The same answer without the operation that spoils it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Without {
    /// One sentence.
    pub said: String,
    /// The response body.
    pub body: String,
}

/// The operation that spoils the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blame {
    /// JSON Pointer into the response.
    pub pointer: String,
    /// `Operation 2 of command 1`.
    pub name: String,
    pub message: String,
}

struct Part {
    title: &'static str,
    sides: Sides,
    /// What is shown where only changes matter.
    folded: Vec<Folded>,
}

impl EffectModel {
    pub fn new(hook: HookKind, effect: Option<&Effect>, verdict: &Verdict) -> EffectModel {
        let nothing = Value::Null;
        let mut parts = Vec::new();
        if let Some(effect) = effect {
            let names =
                effect.before.keys().chain(effect.after.keys().filter(|name| !effect.before.contains_key(*name)));
            for name in names {
                let side = |object: &'_ serde_json::Map<String, Value>| object.get(name).cloned();
                let (before, after) = (side(&effect.before), side(&effect.after));
                let sides = Sides::new(before.as_ref().unwrap_or(&nothing), after.as_ref().unwrap_or(&nothing));
                parts.push(Part { title: title(hook, name), folded: sides.folded(), sides });
            }
        }
        let is_void = matches!(verdict.outcome, Outcome::Ignored | Outcome::Refused | Outcome::Undocumented);
        EffectModel {
            said: said(hook, effect.is_some(), verdict.outcome, &parts),
            blame: if is_void { blame(verdict) } else { None },
            without: None,
            parts,
        }
    }

    /// The effect of an exchange, and where one command or operation spoils the answer, what Okta would do without it.
    pub fn of(exchange: &Exchange<'_>, verdict: &Verdict) -> EffectModel {
        let effect = okta::effect(exchange, verdict.outcome);
        let mut model = EffectModel::new(exchange.hook, effect.as_ref(), verdict);
        model.without = model.blame.as_ref().and_then(|blame| without(exchange, blame));
        model
    }

    pub fn has_changes(&self) -> bool {
        self.parts.iter().any(|part| part.sides.has_changes())
    }
}

fn without(exchange: &Exchange<'_>, blame: &Blame) -> Option<Without> {
    let Answer::Complete { status, content_type, body } = exchange.answer else { return None };
    let body = okta::compose::without_command(std::str::from_utf8(body).ok()?, &blame.pointer)?;
    let answer = Answer::Complete { status, content_type, body: body.as_bytes() };
    let exchange = Exchange { answer, ..*exchange };
    let verdict = okta::judge(&exchange);
    if verdict.outcome != Outcome::Applied {
        return None;
    }
    let effect = okta::effect(&exchange, verdict.outcome);
    let said = EffectModel::new(exchange.hook, effect.as_ref(), &verdict).said;
    Some(Without {
        said: format!("Without {} it would be applied: {}", lower_first(&blame.name), lower_first(&said)),
        body,
    })
}

/// A part of `data` as a person calls it.
fn title(hook: HookKind, name: &str) -> &'static str {
    match (hook, name) {
        (_, "identity") => "ID token",
        (_, "access") => "Access token",
        (_, "assertion") => "Assertion",
        (_, "userProfile") => "Submitted profile",
        (_, "userProfileUpdate") => "Submitted profile update",
        (_, "appUser") => "App profile",
        (_, "user") => "Okta profile",
        _ => "Decision",
    }
}

fn said(hook: HookKind, has_effect: bool, outcome: Outcome, parts: &[Part]) -> String {
    let total = |count: fn(&Sides) -> usize| parts.iter().map(|part| count(&part.sides)).sum::<usize>();
    let counts = [
        (total(|sides| sides.n_added), "added"),
        (total(|sides| sides.n_changed), "changed"),
        (total(|sides| sides.n_removed), "removed"),
    ];
    let counted: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, verb)| format!("{count} {verb}")).collect();
    if !counted.is_empty() {
        return counted.join(", ");
    }
    let text = match (hook, outcome) {
        (HookKind::Event, Outcome::Accepted) => {
            "The delivery is taken. An event has happened already: nothing changes it"
        }
        (HookKind::Event, _) => "The delivery is not taken. An event has happened already: nothing changes it",
        (HookKind::Verification, Outcome::Verified) => "Okta marks the event hook as verified",
        (HookKind::Verification, _) => "The event hook stays unverified, and Okta delivers nothing to it",
        (HookKind::Telephony, Outcome::Applied) => "The service has sent the code, so Okta sends none",
        (HookKind::Telephony, Outcome::Fallback) => "Okta's own provider sends the code",
        (HookKind::Telephony, _) => "Who sends the code is not documented",
        (HookKind::Unknown, _) => "What this call would change is not known",
        (_, Outcome::Applied | Outcome::Unchanged) if has_effect => "Both sides are the same",
        (HookKind::Token, Outcome::Denied) => "No token is issued, so there is nothing to change",
        (HookKind::Saml, Outcome::Denied) => "No assertion is sent, so there is nothing to change",
        (HookKind::Registration, Outcome::Denied | Outcome::Refused) => {
            "The registration or update fails: nothing is changed"
        }
        (_, Outcome::Ignored | Outcome::Refused | Outcome::Denied) if has_effect => "Nothing is changed",
        (_, Outcome::Undocumented) if has_effect => {
            "No source says what Okta changes: both sides show the data as it came"
        }
        _ => "The request holds no data to show an effect on",
    };
    text.to_owned()
}

/// The first error about a command.
fn blame(verdict: &Verdict) -> Option<Blame> {
    let is_blamed = |pointer: &&String| pointer.starts_with("/commands/");
    let finding = verdict
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .find(|finding| finding.pointer.as_ref().filter(is_blamed).is_some())?;
    let pointer = finding.pointer.clone()?;
    let mut steps = pointer.split('/').skip(2);
    let number = |step: Option<&str>| step.and_then(|step| step.parse::<usize>().ok()).map(|idx| idx + 1);
    let command = number(steps.next())?;
    let operation = (steps.next() == Some("value")).then(|| number(steps.next())).flatten();
    let name = match operation {
        Some(operation) => format!("Operation {operation} of command {command}"),
        None => format!("Command {command}"),
    };
    Some(Blame { pointer, name, message: finding.message.to_string() })
}

/// Draws an effect. `salt` tells two of them apart. Gives the body that a person wants to try instead.
pub fn ui(model: &EffectModel, salt: &'static str, ui: &mut Ui) -> Option<String> {
    let palette = theme::palette(ui);
    let id = egui::Id::unique(("effect shows everything", salt));
    let mut shows_all = ui.data_mut(|data| data.get_temp(id).unwrap_or(false));
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let choice = if model.has_changes() { 220.0 } else { 0.0 };
        if model.blame.is_some() {
            icon_label(ui, Icon::CircleX, palette.refused, "error");
        }
        let text = match &model.blame {
            Some(blame) => format!("{}, because of {}: {}", model.said, lower_first(&blame.name), blame.message),
            None => model.said.clone(),
        };
        ui.allocate_ui_with_layout(vec2(ui.available_width() - choice, 18.0), Layout::top_down(Align::LEFT), |ui| {
            ui.add(Label::new(theme::body_text(text, palette)).wrap().selectable(true));
        });
        if model.has_changes() {
            let room = vec2(ui.available_width(), 26.0);
            ui.allocate_ui_with_layout(room, Layout::right_to_left(Align::Center), |ui| {
                segmented(ui, palette, &[(false, "Changes only"), (true, "Everything")], &mut shows_all);
            });
        }
    });
    ui.data_mut(|data| data.insert_temp(id, shows_all));
    let mut tried = None;
    if let Some(without) = &model.without {
        ui.add_space(4.0);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 4.0);
            ui.label(theme::secondary_text(&without.said, palette));
            let button =
                ui.button("Try without it").on_hover_text("Opens the editor with that body, for the next call");
            if button.clicked() {
                tried = Some(without.body.clone());
            }
        });
    }
    ui.add_space(8.0);
    let is_changed = |part: &&Part| shows_all || !model.has_changes() || part.sides.has_changes();
    for part in model.parts.iter().filter(is_changed) {
        part_ui(part, shows_all, salt, palette, ui);
        ui.add_space(12.0);
    }
    tried
}

/// Between the sign of a row and its text, in points.
const GUTTER: f32 = 20.0;

fn part_ui(part: &Part, shows_all: bool, salt: &'static str, palette: &Palette, ui: &mut Ui) {
    let width = ui.available_width();
    let half = ((width - 16.0) / 2.0).max(80.0).floor();
    let heads = match part.sides.has_changes() {
        true => [format!("{} · before", part.title), format!("{} · after", part.title)],
        false => [format!("{} · before", part.title), format!("{} · after, the same", part.title)],
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 16.0;
        for head in &heads {
            ui.allocate_ui_with_layout(vec2(half, 18.0), Layout::left_to_right(Align::Center), |ui| {
                ui.set_min_width(half);
                ui.add(Label::new(theme::head_text(head, palette)).truncate());
            });
        }
    });
    ui.add_space(4.0);
    let folded = (part.sides.has_changes() && !shows_all).then_some(part.folded.as_slice());
    ui.push_id((salt, part.title), |ui| sides_ui(&part.sides, folded, ui));
}

/// Draws two values side by side: what is folded, or every row.
pub(super) fn sides_ui(sides: &Sides, folded: Option<&[Folded]>, ui: &mut Ui) {
    let palette = theme::palette(ui);
    let height = (ui.fonts_mut(|fonts| fonts.row_height(&theme::code())) + 4.0).round();
    let half = ((ui.available_width() - 16.0) / 2.0).max(80.0).floor();
    let n_rows = folded.map_or(sides.rows.len(), <[Folded]>::len);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let most = height * n_rows.min(MOST_ROWS) as f32;
        ScrollArea::vertical().max_height(most).auto_shrink([false, true]).show_rows(ui, height, n_rows, |ui, rows| {
            for shown_idx in rows {
                let shown = match folded {
                    Some(folded) => folded.get(shown_idx).copied(),
                    None => Some(Folded::Row(shown_idx)),
                };
                match shown {
                    Some(Folded::Row(idx)) => {
                        if let Some(row) = sides.rows.get(idx) {
                            row_ui(row, half, height, palette, ui);
                        }
                    }
                    Some(Folded::Same(n_same)) => {
                        let (rect, _) = ui.allocate_exact_size(vec2(half * 2.0 + 16.0, height), Sense::hover());
                        let place = rect.with_min_x(rect.left() + GUTTER);
                        let layout = Layout::left_to_right(Align::Center);
                        let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(place).layout(layout));
                        inner.label(theme::hint_text(format!("{n_same} lines are the same"), palette));
                    }
                    None => {}
                }
            }
        });
    });
}

/// A longer part scrolls by itself.
const MOST_ROWS: usize = 400;

/// Characters of a line that are drawn: no screen is wider, and a value of 200 KB is one line.
const MOST_CHARS: usize = 1_000;

fn row_ui(row: &SideRow, half: f32, height: f32, palette: &Palette, ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(vec2(half * 2.0 + 16.0, height), Sense::hover());
    if !ui.is_rect_visible(rect) {
        return;
    }
    let sides = [(&row.before, rect.left(), false), (&row.after, rect.left() + half + 16.0, true)];
    for (text, left, is_after) in sides {
        let place = egui::Rect::from_min_size(egui::pos2(left, rect.top()), vec2(half, height));
        let shown = match (row.change, is_after) {
            (Change::Added, true) => Some(("+", palette.applied, "added")),
            (Change::Removed, false) => Some(("-", palette.refused, "removed")),
            (Change::Changed, _) => Some(("~", palette.ignored, "changed")),
            _ => None,
        };
        if let Some((sign, color, _)) = shown
            && !text.is_empty()
        {
            ui.painter().rect_filled(place, 0.0, palette.tint(color, palette.panel));
            let at = egui::pos2(place.left() + 6.0, place.center().y);
            let color = palette.on_tint(color, palette.panel);
            ui.painter().text(at, egui::Align2::LEFT_CENTER, sign, theme::code(), color);
        }
        if text.is_empty() {
            continue;
        }
        let text = match text.char_indices().nth(MOST_CHARS) {
            Some((end, _)) => text.get(..end).unwrap_or_default(),
            None => text.as_str(),
        };
        let inner = place.with_min_x(place.left() + GUTTER);
        let mut side =
            ui.new_child(egui::UiBuilder::new().max_rect(inner).layout(Layout::left_to_right(Align::Center)));
        let label =
            Label::new(highlighted(text, shown.map(|(_, color, _)| color), palette)).truncate().selectable(true);
        let response = side.add(label);
        if let Some((_, _, word)) = shown {
            response.on_hover_text(word);
        }
    }
}

/// A line of JSON with its colors; on a tint a color gives way where it could not be read.
fn highlighted(text: &str, tinted: Option<Color32>, palette: &Palette) -> LayoutJob {
    let mut job = LayoutJob::default();
    let color_of = |color: Color32| match tinted {
        Some(tint) if theme::contrast(color, palette.tint(tint, palette.panel)) < 4.5 => palette.text,
        _ => color,
    };
    let mut push = |part: &str, color: Color32| {
        let format = TextFormat { font_id: theme::code(), color: color_of(color), ..TextFormat::default() };
        job.append(part, 0.0, format);
    };
    let mut at = 0;
    for token in tokens(text) {
        let (start, end) = (token.start as usize, token.end as usize);
        push(text.get(at..start).unwrap_or_default(), palette.text);
        push(text.get(start..end).unwrap_or_default(), token_color(token.kind, palette));
        at = end;
    }
    push(text.get(at..).unwrap_or_default(), palette.text);
    job
}
