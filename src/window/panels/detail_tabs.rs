//! What is known beside the bodies: effect, facts, credential, headers, timeline, history, note.

use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Frame, Id, Label, Layout, Margin, RichText, ScrollArea, Sense, Stroke, Ui, pos2, vec2};
use egui_extras::{Column, TableBuilder};

use super::answered_by;
use super::body_view::header_spans;
use super::detail::{DetailModel, DetailState, DetailWish, Standing};
use super::effect_view;
use super::facts_view;
use super::relay_view;
use super::secret_view;
use super::token_view;
use crate::call::{AuthResult, BUDGET, CallId, Headers, SecretPart, ShownSecret, WithTunnel};
use crate::okta::Outcome;
use crate::window::controls::TextField;
use crate::window::icons::{Icon, icon_label};
use crate::window::marks::{Budget, MARK_BOX, paint_mark, paint_tunnel};
use crate::window::text::Span;
use crate::window::theme::{self, Palette};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    Effect,
    Facts,
    Credential,
    Headers,
    Timeline,
    History,
    /// What the developer's handler and a person did with it; only where one was asked.
    Relay,
    Note,
}

impl Tab {
    const ALL: [Tab; 8] =
        [Tab::Effect, Tab::Relay, Tab::Facts, Tab::Credential, Tab::Timeline, Tab::History, Tab::Headers, Tab::Note];

    fn text(self) -> &'static str {
        match self {
            Tab::Effect => "Effect",
            Tab::Facts => "Facts",
            Tab::Credential => "Credential",
            Tab::Headers => "Headers",
            Tab::Timeline => "Timeline",
            Tab::History => "History",
            Tab::Relay => "Handler",
            Tab::Note => "Note",
        }
    }
}

/// A call that belongs to the open one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    pub call_id: CallId,
    /// What it is to the open call, such as `retry` or `replay of`.
    pub relation: &'static str,
    pub time: String,
    pub status: Option<u16>,
    pub outcome: Outcome,
    /// Set for the open call itself.
    pub is_open: bool,
    /// Set for a call that is tied by an access token: it is another kind of call, and its response is not to be compared.
    pub is_of_token: bool,
    /// The response body, for a look at what changed; empty where there is none.
    pub response: String,
}

pub fn ui(model: &DetailModel, state: &mut DetailState, palette: &Palette, wishes: &mut Vec<DetailWish>, ui: &mut Ui) {
    let has_relay = model.record.opening.relay.is_some();
    if state.tab == Tab::Relay && !has_relay {
        state.tab = Tab::Effect;
    }
    tab_bar(model, state, palette, ui);
    ScrollArea::vertical().id_salt("tab").auto_shrink(false).show(ui, |ui| {
        Frame::new().inner_margin(Margin::symmetric(16, 8)).show(ui, |ui| match state.tab {
            Tab::Effect => {
                let tried = effect_view::ui(&model.effect, "call", ui);
                wishes.extend(tried.map(DetailWish::TryBody));
            }
            Tab::Facts => {
                let can_make = model.standing != Standing::Held;
                if answered_by::ui(&model.record.opening, can_make, palette, ui) {
                    wishes.push(DetailWish::MakeRule);
                }
                ui.add_space(theme::GAP);
                facts_view::ui(&model.facts, &model.way, palette, ui);
            }
            Tab::Credential => token_view::ui(model, palette, ui),
            Tab::Headers => headers_ui(model, palette, wishes, ui),
            Tab::Timeline => timeline_ui(model, state.tunnel_us, palette, ui),
            Tab::History => history_ui(model, palette, wishes, ui),
            Tab::Relay => relay_view::ui(&model.record, palette, ui),
            Tab::Note => note_ui(model, state, palette, wishes, ui),
        });
    });
}

fn tab_bar(model: &DetailModel, state: &mut DetailState, palette: &Palette, ui: &mut Ui) {
    let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), 34.0), Sense::hover());
    ui.painter().hline(bar.x_range(), bar.bottom(), Stroke::new(1.0, palette.line));
    let place = bar.with_min_x(bar.left() + 8.0);
    let mut row = ui.new_child(egui::UiBuilder::new().max_rect(place).layout(Layout::left_to_right(Align::Center)));
    row.spacing_mut().item_spacing.x = 4.0;
    row.spacing_mut().button_padding = vec2(8.0, 4.0);
    let has_relay = model.record.opening.relay.is_some();
    for tab in Tab::ALL.into_iter().filter(|tab| has_relay || *tab != Tab::Relay) {
        let is_chosen = state.tab == tab;
        let font = if is_chosen { theme::strong() } else { theme::body() };
        let color = if is_chosen { palette.text } else { palette.secondary };
        let text = RichText::new(tab.text()).font(font).color(color);
        let button = match (tab, credential_icon(model.record.opening.auth.result, palette)) {
            (Tab::Credential, Some((icon, color))) => egui::Button::new((text, icon.colored_atom(14.0, color))),
            (Tab::Note, _) if !model.record.note.is_empty() => {
                egui::Button::new((text, Icon::StickyNote.colored_atom(14.0, palette.accent)))
            }
            _ => egui::Button::new(text),
        };
        let response =
            row.add(button.frame_when_inactive(false).fill(egui::Color32::TRANSPARENT)).accessible_name(tab.text());
        if is_chosen {
            let line = Stroke::new(2.0, palette.accent);
            row.painter().hline(response.rect.shrink2(vec2(8.0, 0.0)).x_range(), bar.bottom() - 1.0, line);
        }
        if response.clicked() {
            state.tab = tab;
        }
    }
}

fn credential_icon(result: AuthResult, palette: &Palette) -> Option<(Icon, egui::Color32)> {
    match result {
        AuthResult::Pass => Some((Icon::CircleCheck, palette.applied)),
        AuthResult::Fail | AuthResult::Missing => Some((Icon::CircleX, palette.refused)),
        AuthResult::NotConfigured => None,
    }
}

fn headers_ui(model: &DetailModel, palette: &Palette, wishes: &mut Vec<DetailWish>, ui: &mut Ui) {
    let secrets_of = |part| -> Vec<ShownSecret> {
        model.secrets.iter().filter(|secret| secret.place.part == part).cloned().collect()
    };
    let (of_request, of_response) = (secrets_of(SecretPart::RequestHeaders), secrets_of(SecretPart::ResponseHeaders));
    ui.columns_const(|[request, response]| {
        let headers = &model.record.opening.request.headers;
        headers_table("Request headers", headers, &of_request, palette, wishes, request);
        match &model.record.opening.response {
            Some(answered) => {
                headers_table("Response headers", &answered.headers, &of_response, palette, wishes, response);
            }
            None => drop(response.label(theme::hint_text("Nothing was answered", palette))),
        }
    });
}

/// Names and values in the case and order in which they crossed the wire.
fn headers_table(
    title: &'static str,
    headers: &Headers,
    secrets: &[ShownSecret],
    palette: &Palette,
    wishes: &mut Vec<DetailWish>,
    ui: &mut Ui,
) {
    ui.label(theme::head_text(title, palette));
    ui.add_space(4.0);
    let fields: Vec<(String, String, Vec<Span>)> = headers
        .iter()
        .enumerate()
        .map(|(idx, (name, value))| {
            let spans = header_spans(value, idx, secrets).into_iter();
            let spans = spans.map(|(secret_idx, span)| Span { secret_idx, ..span }).collect();
            (String::from_utf8_lossy(name).into_owned(), String::from_utf8_lossy(value).into_owned(), spans)
        })
        .collect();
    if fields.is_empty() {
        ui.label(theme::hint_text("None", palette));
        return;
    }
    ui.push_id(title, |ui| {
        TableBuilder::new(ui)
            .vscroll(false)
            .cell_layout(Layout::left_to_right(Align::Center))
            .column(Column::initial(150.0).at_least(60.0).clip(true).resizable(true))
            .column(Column::remainder().clip(true))
            .body(|body| {
                body.rows(22.0, fields.len(), |mut row| {
                    let row_idx = row.index();
                    let Some((name, value, spans)) = fields.get(row_idx) else { return };
                    row.col(|ui| {
                        let text = theme::code_text(name, palette).color(palette.secondary);
                        ui.add(Label::new(text).truncate().selectable(true));
                    });
                    row.col(|ui| {
                        if spans.is_empty() {
                            ui.add(Label::new(theme::code_text(value, palette)).truncate().selectable(true));
                            return;
                        }
                        let job_of = |text: &str| {
                            let format = TextFormat::simple(theme::code(), palette.text);
                            LayoutJob::single_section(text.to_owned(), format)
                        };
                        let id = Id::unique((title, "secret", row_idx));
                        secret_view::text_ui(value, spans, secrets, id, job_of, palette, wishes, ui);
                    });
                });
            });
    });
}

/// Phases in which others are waited for.
const HANDLER: &str = "Handler";
const HELD: &str = "Held";

fn timeline_ui(model: &DetailModel, tunnel_us: Option<u32>, palette: &Palette, ui: &mut Ui) {
    let Some(timing) = model.record.closing.timing else {
        ui.add(Label::new(theme::secondary_text("Nothing was answered, so there are no times", palette)).wrap());
        return connection_ui(model, palette, ui);
    };
    let token_us = model.record.opening.token_us();
    let total = timing.total_us().saturating_add(token_us);
    let scale = f64::from(total.saturating_add(tunnel_us.unwrap_or(0))).max(BUDGET.as_micros() as f64);
    let (name_width, number_width) = (70.0, 110.0);
    let mut begun = 0u32;
    let names = ["TLS", "Read", "Decide", HANDLER, HELD, "Record", "Delay", "Write"];
    let phases = model.record.opening.phases(&timing).into_iter().zip(names);
    // Others are asked by few calls only.
    let phases = phases
        .map(|((_, micros), name)| (name, micros))
        .filter(|(name, micros)| *micros > 0 || ![HANDLER, HELD].contains(name));
    // The token was fetched by a call before this one; it shares the three seconds.
    let token = (token_us > 0).then_some(("Token", token_us));
    for (name, micros) in token.into_iter().chain(phases) {
        let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
        let painter = ui.painter();
        let center = row.center().y;
        painter.text(pos2(row.left(), center), egui::Align2::LEFT_CENTER, name, theme::body(), palette.secondary);
        let bar = egui::Rect::from_min_max(
            pos2(row.left() + name_width, center - 3.0),
            pos2(row.right() - number_width, center + 3.0),
        );
        painter.rect_filled(bar, 3.0, palette.raised);
        if micros > 0 {
            let x = |at: u32| bar.left() + bar.width() * (f64::from(at) / scale) as f32;
            let filled = egui::Rect::from_min_max(
                pos2(x(begun), bar.top()),
                pos2(x(begun + micros).max(x(begun) + 2.0), bar.bottom()),
            );
            let color = Budget::used(total).color(palette);
            let is_of_others = ["Token", HANDLER, HELD].contains(&name);
            let color = if is_of_others { color.gamma_multiply(0.55) } else { color };
            painter.rect_filled(filled.intersect(bar), 3.0, color);
        }
        number(ui, palette, row, micros);
        begun += micros;
    }
    if let Some(tunnel_us) = tunnel_us {
        let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
        let center = row.center().y;
        let name = pos2(row.left(), center);
        ui.painter().text(name, egui::Align2::LEFT_CENTER, "Tunnel", theme::body(), palette.secondary);
        let left = row.left() + name_width;
        let bar = egui::Rect::from_min_max(pos2(left, center - 3.0), pos2(row.right() - number_width, center + 3.0));
        ui.painter().rect_filled(bar, 3.0, palette.raised);
        let x = |at: u32| bar.left() + bar.width() * (f64::from(at) / scale) as f32;
        let right = x(begun.saturating_add(tunnel_us)).max(x(begun) + 2.0);
        let added = egui::Rect::from_x_y_ranges(x(begun)..=right, bar.y_range()).intersect(bar);
        paint_tunnel(ui.painter(), added, WithTunnel::new(total, tunnel_us).is_late_by_tunnel, palette);
        number(ui, palette, row, tunnel_us);
    }
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::hover());
    let is_late = u128::from(total) > BUDGET.as_micros();
    let what = if token_us > 0 { "Total with the token" } else { "Total" };
    let said = match is_late {
        true => format!("{what}, late by {} ms", millis(total.saturating_sub(3_000_000))),
        false => format!("{what}, {:.1} % of 3 s", f64::from(total) / 30_000.0),
    };
    let color = if is_late { palette.refused } else { palette.text };
    ui.painter().text(pos2(row.left(), row.center().y), egui::Align2::LEFT_CENTER, said, theme::strong(), color);
    number(ui, palette, row, total);
    if let Some(tunnel_us) = tunnel_us {
        ui.add_space(4.0);
        let with = WithTunnel::new(total, tunnel_us);
        let color = if with.is_late_by_tunnel { palette.ignored } else { palette.text };
        ui.add(Label::new(theme::body_text(with.sentence, palette).color(color)).wrap().selectable(true));
        let about =
            "The tunnel's time was measured by the test from outside; it is no part of the record or the verdict";
        ui.add(Label::new(theme::hint_text(about, palette)).wrap());
    }
    connection_ui(model, palette, ui);
}

/// Who called, and what the TLS handshake agreed on.
fn connection_ui(model: &DetailModel, palette: &Palette, ui: &mut Ui) {
    ui.add_space(4.0);
    let from = &model.record.opening.request.peer;
    ui.add(Label::new(theme::hint_text(format!("Received at {} from {from}", model.time), palette)).wrap());
    if let Some(token) = model.record.opening.token_use() {
        let text = match token.is_first_use {
            true => format!("Its access token was fetched by call {}: both share the three seconds", token.token_call),
            false => format!(
                "Its access token was fetched by call {} and used before: fetching it counts with the first use only, since                  Okta keeps tokens in a way that is not documented",
                token.token_call
            ),
        };
        ui.add(Label::new(theme::hint_text(text, palette)).wrap());
    }
    let Some(tls) = &model.record.opening.request.tls else { return };
    ui.add(Label::new(theme::code_text(tls.text(), palette).color(palette.secondary)).wrap().selectable(true));
    if let Some(notice) = tls.notice() {
        ui.horizontal_top(|ui| {
            icon_label(ui, Icon::TriangleAlert, palette.ignored, "warning");
            ui.add(Label::new(theme::secondary_text(notice, palette)).wrap().selectable(true));
        });
    }
}

fn number(ui: &Ui, palette: &Palette, row: egui::Rect, micros: u32) {
    let unit =
        ui.painter().text(row.right_center(), egui::Align2::RIGHT_CENTER, "ms", theme::secondary(), palette.secondary);
    let right = pos2(unit.left() - 4.0, row.center().y);
    ui.painter().text(right, egui::Align2::RIGHT_CENTER, millis(micros), theme::code(), palette.text);
}

/// Milliseconds to the thousandth.
fn millis(micros: u32) -> String {
    format!("{}.{:03}", super::super::controls::grouped((micros / 1_000) as usize), micros % 1_000)
}

fn history_ui(model: &DetailModel, palette: &Palette, wishes: &mut Vec<DetailWish>, ui: &mut Ui) {
    for (idx, sentence) in model.attempts.iter().enumerate() {
        let text =
            if idx == 0 { theme::body_text(sentence, palette) } else { theme::secondary_text(sentence, palette) };
        ui.add(Label::new(text).wrap().selectable(true));
    }
    if !model.attempts.is_empty() {
        ui.add_space(theme::GAP);
    }
    if model.history.len() <= 1 {
        ui.add(
            Label::new(theme::secondary_text(
                "No other call belongs to this one: no retry, no duplicate, no replay, no token",
                palette,
            ))
            .wrap(),
        );
        return;
    }
    for entry in &model.history {
        ui.horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(MARK_BOX, 20.0), Sense::hover());
            paint_mark(ui.painter(), rect, entry.outcome, palette);
            let number = format!("Call {}", entry.call_id);
            if entry.is_open {
                ui.label(theme::strong_text(number, palette));
            } else if ui.link(RichText::new(number).font(theme::body())).clicked() {
                wishes.push(DetailWish::Select(entry.call_id));
            }
            let status = entry.status.map_or("no answer".to_owned(), |status| status.to_string());
            ui.label(theme::secondary_text(
                format!("{} · {} · {status} · {}", entry.relation, entry.time, entry.outcome.as_str()),
                palette,
            ));
        });
    }
    let open = model.history.iter().find(|entry| entry.is_open);
    if open.is_some_and(|entry| matches!(entry.relation, "retry" | "duplicate" | "replay")) {
        ui.add_space(theme::GAP);
        if ui.button("Compare with the first").on_hover_text("What differs, part by part").clicked() {
            wishes.push(DetailWish::CompareFirst);
        }
    }
    let other = model.history.iter().find(|entry| !entry.is_open && !entry.is_of_token);
    if let (Some(open), Some(other)) = (open, other) {
        ui.add_space(8.0);
        let same = open.response == other.response && open.status == other.status;
        let text = match same {
            true => format!("Calls {} and {} got the same response", open.call_id, other.call_id),
            false => format!("Calls {} and {} got different responses", open.call_id, other.call_id),
        };
        ui.label(theme::secondary_text(text, palette));
        if !same {
            ui.add_space(4.0);
            ui.columns(2, |columns| {
                for (column, entry) in columns.iter_mut().zip([other, open]) {
                    let status = entry.status.map_or("no answer".to_owned(), |status| status.to_string());
                    column.label(theme::head_text(&format!("Call {} · {status}", entry.call_id), palette));
                    let body = if entry.response.is_empty() { "No body" } else { &entry.response };
                    column.add(Label::new(theme::code_text(body, palette)).wrap().selectable(true));
                }
            });
        }
    }
}

fn note_ui(model: &DetailModel, state: &mut DetailState, palette: &Palette, wishes: &mut Vec<DetailWish>, ui: &mut Ui) {
    if model.standing != Standing::Recorded {
        let text = if model.record.note.is_empty() { "No note" } else { &model.record.note };
        ui.add(Label::new(theme::body_text(text, palette)).wrap().selectable(true));
        return;
    }
    let call_id = model.record.opening.call_id;
    if state.note.as_ref().is_none_or(|(noted, _)| *noted != call_id) {
        state.note = Some((call_id, model.record.note.clone()));
    }
    let Some((_, note)) = &mut state.note else { return };
    let id = ui.make_persistent_id(("note", call_id.0));
    let field = TextField::new("Note").hint("What is special about this call").rows(3).id(id).ui(ui, note);
    if field.lost_focus() && *note != model.record.note {
        wishes.push(DetailWish::SetNote(note.clone()));
    }
    ui.add_space(4.0);
    let is_changed = *note != model.record.note;
    if ui
        .add_enabled(is_changed, egui::Button::new("Save note"))
        .on_disabled_hover_text("Nothing has changed")
        .clicked()
    {
        wishes.push(DetailWish::SetNote(note.clone()));
    }
}
