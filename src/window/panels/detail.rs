//! The open call: the verdict, what came, what was answered, and what is known beside.

use bytes::Bytes;
use egui::{Align, CentralPanel, Frame, Label, Layout, Margin, Panel, RichText, ScrollArea, Stroke, Ui, vec2};

use super::answered_by;
use super::body_view::{self, BodyModel, Mark, View};
use super::detail_tabs::{self, HistoryEntry, Tab};
use super::effect_view::EffectModel;
use super::relay_view;
use super::token_view::TokenModel;
use crate::call::{
    CallId, ForwardedFact, ForwardedHeaders, Headers, Record, SecretPart, SecretPlace, Shown, ShownSecret, exchange_of,
    is_masked,
};
use crate::okta::{Conflict, Fact, Finding, HookKind, RequestView, Severity};
use crate::window::controls;
use crate::window::icons::{Icon, icon_button_of_size, icon_label};
use crate::window::marks::{MARK_BOX, paint_mark};
use crate::window::theme::{self, Palette};

/// Everything that is shown of one call. Made when a call is opened or changes, not for each frame.
pub struct DetailModel {
    /// Masked, unless secrets are revealed.
    pub record: Record,
    pub request: BodyModel,
    /// None where nothing was answered.
    pub response: Option<BodyModel>,
    /// What Okta changes, before and after.
    pub effect: EffectModel,
    /// The access token that it came with, if it came with one that can be read.
    pub token: Option<TokenModel>,
    /// What the request says, in a few lines.
    pub facts: Vec<Fact>,
    /// The way that it came, as its headers tell.
    pub way: Vec<ForwardedFact>,
    pub history: Vec<HistoryEntry>,
    /// What the call is among those with its `eventId`, in sentences.
    pub attempts: Vec<String>,
    pub secrets_are_revealed: bool,
    pub has_secrets: bool,
    /// The secrets of request and response, masked or revealed.
    pub secrets: Vec<ShownSecret>,
    pub standing: Standing,
    /// What the endpoint will answer next, if that is staged.
    pub has_staged: bool,
    /// `06:07:08.910`, in the zone that the window shows.
    pub time: String,
}

/// What can be done with the open call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    #[default]
    Recorded,
    /// It is of an opened session, which is looked at only.
    ReadOnly,
    /// It waits for a person and is in no session yet; its response is the prepared one.
    Held,
}

/// What stays as a person goes from call to call.
#[derive(Clone, Debug, Default)]
pub struct DetailState {
    pub view: View,
    pub tab: Tab,
    /// A line of the response to scroll to, once.
    pub show_line: Option<u32>,
    /// The note while it is being written.
    pub note: Option<(CallId, String)>,
    /// How high the findings of the call were when they were last laid out, in points.
    pub findings_height: f32,
    /// What the tunnel adds to the open call, in microseconds, where that is to be shown.
    pub tunnel_us: Option<u32>,
}

/// What a person asks for in the open call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DetailWish {
    EditResponse,
    MakeRule,
    /// Edit the next response, beginning with this body.
    TryBody(String),
    Replay,
    ReplayTo,
    Select(CallId),
    RevealSecrets(bool),
    /// One secret, and whether it is to be seen.
    Reveal {
        place: SecretPlace,
        reveal: bool,
    },
    /// A JSON Pointer or name that is masked in every call from now on, or no longer.
    Mask {
        what: String,
        mask: bool,
    },
    Copy {
        text: String,
        what: &'static str,
    },
    SetNote(String),
    TogglePin,
    /// Show how it differs from the call that it repeats.
    CompareFirst,
}

impl DetailModel {
    /// A record of which nothing is secret any more.
    pub fn new(shown: Record, history: Vec<HistoryEntry>, time: String) -> DetailModel {
        DetailModel::of_shown(Shown::whole(shown), history, time)
    }

    /// The record as it may be seen, with the places of its secrets.
    pub fn of_shown(shown: Shown, history: Vec<HistoryEntry>, time: String) -> DetailModel {
        let of = |parts: &[SecretPart]| -> Vec<ShownSecret> {
            shown.secrets.iter().filter(|secret| parts.contains(&secret.place.part)).cloned().collect()
        };
        let of_request = of(&[SecretPart::RequestHeaders, SecretPart::Query, SecretPart::RequestBody]);
        let of_response = of(&[SecretPart::ResponseHeaders, SecretPart::ResponseBody]);
        let Shown { record: shown, secrets } = shown;
        let opening = &shown.opening;
        let request_line = match (&opening.request.method, &opening.request.path) {
            (Some(method), Some(path)) => {
                let query = opening.request.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
                let version = opening.request.http_version.map_or("", |version| version.as_str());
                format!("{method} {path}{query} {version}")
            }
            _ => "Not a request".to_owned(),
        };
        let sent = &opening.request;
        let mut request = BodyModel::with_secrets(&request_line, &sent.headers, &sent.body, &[], of_request);
        if opening.request.truncated {
            let size = opening.request.body_size.map_or("more".to_owned(), |size| format!("{size} bytes"));
            request.note = Some(format!("{} of {size} were kept", bytes_text(opening.request.body.len())));
        }
        let marks: Vec<Mark> = shown.closing.verdict.findings.iter().filter_map(mark_of).collect();
        let response = opening.response.as_ref().map(|response| {
            let status_line = format!("HTTP {}", response.status);
            BodyModel::with_secrets(&status_line, &response.headers, &response.body, &marks, of_response)
        });
        DetailModel {
            request,
            response,
            effect: effect_of(&shown),
            token: None,
            facts: RequestView::read(opening.hook, &opening.request.body).facts(),
            way: ForwardedHeaders::of(&opening.request).facts(),
            history,
            attempts: Vec::new(),
            secrets_are_revealed: !secrets.is_empty() && secrets.iter().all(|secret| secret.is_revealed),
            has_secrets: !secrets.is_empty(),
            secrets,
            standing: Standing::default(),
            has_staged: false,
            time,
            record: shown,
        }
    }
}

impl DetailModel {
    /// Keeps open what a person has opened in an earlier model of the same call.
    pub fn open_like(&mut self, earlier: &DetailModel) {
        self.request.open_like(&earlier.request);
        if let (Some(response), Some(earlier)) = (&mut self.response, &earlier.response) {
            response.open_like(earlier);
        }
    }

    /// Takes what a developer wants masked: JSON Pointers and names.
    pub fn set_masked(&mut self, masked: &[String]) {
        self.request.masked = masked.to_vec();
        if let Some(response) = &mut self.response {
            response.masked = masked.to_vec();
        }
    }
}

/// The effect of a recorded call, from what may be seen of it.
fn effect_of(shown: &Record) -> EffectModel {
    let exchange = exchange_of(&shown.opening, shown.closing.timing, shown.closing.problem.as_ref());
    let mut effect = EffectModel::of(&exchange, &shown.closing.verdict);
    // What is masked cannot be answered with.
    effect.without = effect.without.filter(|without| !is_masked(&without.body));
    effect
}

fn mark_of(finding: &Finding) -> Option<Mark> {
    Some(Mark {
        line: finding.line?,
        column: finding.column.unwrap_or(1),
        severity: finding.severity,
        message: finding.message.to_string(),
    })
}

/// Bytes as people count them.
pub fn bytes_text(n_bytes: usize) -> String {
    match n_bytes {
        0..10_000 => format!("{} B", controls::grouped(n_bytes)),
        10_000..10_000_000 => format!("{:.1} KB", n_bytes as f64 / 1_000.0),
        _ => format!("{:.1} MB", n_bytes as f64 / 1_000_000.0),
    }
}

/// Draws the open call.
pub fn ui(model: &mut DetailModel, state: &mut DetailState, ui: &mut Ui) -> Vec<DetailWish> {
    let palette = theme::palette(ui);
    let mut wishes = Vec::new();
    let height = ui.available_height();
    let flat = Frame::new().fill(palette.panel);
    Panel::top("verdict").frame(flat).resizable(false).show(ui, |ui| {
        verdict_ui(model, palette, &mut wishes, ui);
    });
    let verdict = &model.record.closing.verdict;
    if !verdict.findings.is_empty() || verdict.conflict.is_some() || model.record.closing.problem.is_some() {
        let most = (height * 0.24).max(96.0);
        let findings = Panel::top("findings").frame(flat).resizable(false).exact_size(state.findings_height.min(most));
        let laid_out = findings.show(ui, |ui| {
            let area = ScrollArea::vertical().auto_shrink(false);
            let shown = area.show(ui, |ui| {
                ui.add_space(6.0);
                findings_ui(model, state, palette, ui);
                ui.add_space(6.0);
            });
            shown.content_size.y
        });
        // A panel takes what it was given, so the height of what is in it is known only afterwards.
        if (laid_out.inner - state.findings_height).abs() > 0.5 {
            state.findings_height = laid_out.inner;
            ui.request_discard("the findings have another height");
        }
    }
    // In a low window the bodies come first: what is above them takes about 200 points.
    let tabs_height = ((height - 200.0) * 0.45).clamp(72.0, 360.0);
    Panel::bottom("tabs")
        .frame(flat)
        .resizable(true)
        .default_size(tabs_height)
        .min_size(64.0)
        .max_size(height * 0.6)
        .show(ui, |ui| {
            detail_tabs::ui(model, state, palette, &mut wishes, ui);
        });
    CentralPanel::default().frame(flat).show(ui, |ui| bodies_ui(model, state, palette, &mut wishes, ui));
    wishes
}

fn verdict_ui(model: &DetailModel, palette: &Palette, wishes: &mut Vec<DetailWish>, ui: &mut Ui) {
    let verdict = &model.record.closing.verdict;
    Frame::new().inner_margin(Margin::symmetric(16, 12)).show(ui, |ui| {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 10.0;
            let (rect, _) = ui.allocate_exact_size(vec2(MARK_BOX + 4.0, 22.0), egui::Sense::hover());
            paint_mark(
                ui.painter(),
                egui::Rect::from_center_size(rect.center(), vec2(15.0, 15.0)),
                verdict.outcome,
                palette,
            );
            let buttons = 64.0;
            ui.allocate_ui_with_layout(
                vec2(ui.available_width() - buttons, 22.0),
                Layout::top_down(Align::LEFT),
                |ui| {
                    ui.add(Label::new(theme::verdict_text(verdict.summary.clone(), palette)).wrap().selectable(true))
                        .on_hover_text(format!("{}: {}", verdict.outcome.as_str(), verdict.confidence.meaning()));
                },
            );
            ui.with_layout(Layout::right_to_left(Align::TOP), |ui| {
                let (icon, name) = match model.record.pinned {
                    true => (Icon::PinOff, "Unpin call"),
                    false => (Icon::Pin, "Pin call"),
                };
                if model.standing == Standing::Recorded && icon_button_of_size(ui, icon, name, name, 26.0).clicked() {
                    wishes.push(DetailWish::TogglePin);
                }
                if model.has_secrets {
                    let (icon, name) = match model.secrets_are_revealed {
                        true => (Icon::EyeOff, "Mask secrets"),
                        false => (Icon::Eye, "Reveal secrets"),
                    };
                    if icon_button_of_size(ui, icon, name, name, 26.0).clicked() {
                        wishes.push(DetailWish::RevealSecrets(!model.secrets_are_revealed));
                    }
                }
            });
        });
        ui.add_space(6.0);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
            if let Some(sees) = &verdict.user_sees {
                controls::chip(ui, &format!("The user sees: {sees}"));
            }
            let retry = match verdict.retry.expected {
                Some(true) => "Okta sends it once more",
                Some(false) => "No retry",
                None => "Retry not stated",
            };
            controls::chip(ui, retry).on_hover_text(&*verdict.retry.why);
            if let Some(log) = &verdict.system_log {
                let chip = controls::chip(ui, &format!("System Log: {log}"));
                if model.record.opening.hook == HookKind::PasswordImport {
                    // Okta developer docs, Password import inline hook guide.
                    chip.on_hover_text(
                        "The import itself is logged as user.import.password: delete the old password only after its SUCCESS",
                    );
                }
            }
            let rule = model.record.opening.response.as_ref().map(|response| &*response.rule);
            if let Some(rule) = rule.filter(|rule| !crate::respond::Rule::RESERVED_NAMES.contains(rule)) {
                let said = answered_by::sentence(&model.record.opening).unwrap_or_default();
                controls::chip(ui, &format!("Rule: {rule}")).on_hover_text(said);
            }
            relay_view::chips_ui(&model.record, ui);
            if !model.record.recorded {
                controls::chip(ui, "Not recorded yet")
                    .on_hover_text("The session file could not be written in time; it is tried again");
            }
            match model.standing {
                Standing::Recorded => {}
                Standing::ReadOnly => drop(controls::chip(ui, "Opened session, read only")),
                Standing::Held => {
                    controls::chip(ui, "Held")
                        .on_hover_text("This is what Okta does if the prepared response goes out in time");
                }
            }
        });
    });
}

fn findings_ui(model: &DetailModel, state: &mut DetailState, palette: &Palette, ui: &mut Ui) {
    if let Some(problem) = &model.record.closing.problem {
        finding_row(
            ui,
            palette,
            Severity::Error,
            &problem.detail,
            None,
            &format!("problem · {}", problem.kind.as_str()),
        );
    }
    let mut findings: Vec<&Finding> = model.record.closing.verdict.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    for finding in findings {
        let place = finding.line.map(|line| (line, finding.column.unwrap_or(1)));
        let about = finding.request_pointer.as_ref().map(|pointer| format!(" · request {pointer}")).unwrap_or_default();
        let source = match &*finding.source {
            // What the program says of itself rests on none of Okta's documents.
            OURS => format!("{} · {OURS}", finding.id),
            source => format!("{} · {}: {source}{about}", finding.id, finding.confidence.meaning()),
        };
        if finding_row(ui, palette, finding.severity, &finding.message, place, &source) {
            state.show_line = finding.line;
            state.view = match &model.response {
                Some(response) if response.pretty_has_own_lines() => View::Pretty,
                // A body on one line is made readable with other lines than it has: its own are in the raw view.
                _ => View::Raw,
            };
        }
    }
    if let Some(conflict) = &model.record.closing.verdict.conflict {
        conflict_row(ui, palette, conflict);
    }
}

/// The source of findings about the program itself.
const OURS: &str = "Hookscope";

/// Both sides of a contradiction, and the one that the verdict follows.
fn conflict_row(ui: &mut Ui, palette: &Palette, conflict: &Conflict) {
    Frame::new().inner_margin(Margin::symmetric(16, 4)).show(ui, |ui| {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            icon_label(ui, Icon::Info, palette.undocumented, "conflict");
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                let taken = format!("Okta's documents disagree. Taken here: {}", lower_first(&conflict.taken));
                ui.add(Label::new(theme::body_text(taken, palette)).wrap().selectable(true));
                for side in [&conflict.one, &conflict.other] {
                    ui.add(Label::new(theme::hint_text(format!("· {side}"), palette)).wrap());
                }
            });
        });
    });
}

/// The text as it goes on after a colon.
pub fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// One finding; true where its place was clicked.
pub fn finding_row(
    ui: &mut Ui,
    palette: &Palette,
    severity: Severity,
    message: &str,
    place: Option<(u32, u32)>,
    source: &str,
) -> bool {
    let mut is_clicked = false;
    Frame::new().inner_margin(Margin::symmetric(16, 4)).show(ui, |ui| {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            let icon = match severity {
                Severity::Error => Icon::CircleX,
                Severity::Warning => Icon::TriangleAlert,
                Severity::Info => Icon::Info,
            };
            icon_label(ui, icon, palette.severity(severity), severity.as_str());
            let link_width = if place.is_some() { 130.0 } else { 0.0 };
            ui.allocate_ui_with_layout(
                vec2(ui.available_width() - link_width, 18.0),
                Layout::top_down(Align::LEFT),
                |ui| {
                    ui.spacing_mut().item_spacing.y = 2.0;
                    ui.add(Label::new(theme::body_text(message, palette)).wrap().selectable(true));
                    ui.add(Label::new(theme::hint_text(source, palette)).wrap());
                },
            );
            if let Some((line, column)) = place {
                ui.with_layout(Layout::right_to_left(Align::TOP), |ui| {
                    let text = RichText::new(format!("line {line}, column {column}")).font(theme::secondary());
                    is_clicked = ui.link(text).on_hover_text("Show this place in the response").clicked();
                });
            }
        });
    });
    is_clicked
}

fn bodies_ui(
    model: &mut DetailModel,
    state: &mut DetailState,
    palette: &Palette,
    wishes: &mut Vec<DetailWish>,
    ui: &mut Ui,
) {
    let width = ui.available_width();
    let half = (width / 2.0).max(160.0);
    let flat = Frame::new().fill(palette.panel);
    Panel::left("request")
        .frame(flat)
        .resizable(true)
        .default_size(half)
        .min_size(160.0)
        .max_size((width - RESPONSE_WIDTH).max(160.0))
        .show(ui, |ui| {
            request_head(model, state, palette, wishes, ui);
            body_view::ui(&mut model.request, state.view, None, "request_body", wishes, ui);
        });
    CentralPanel::default().frame(flat).show(ui, |ui| {
        response_head(model, palette, wishes, ui);
        let show_line = state.show_line.take();
        match &mut model.response {
            Some(response) => body_view::ui(response, state.view, show_line, "response_body", wishes, ui),
            None => {
                ui.add_space(10.0);
                ui.horizontal(|ui| {
                    ui.add_space(theme::PANEL_PADDING);
                    ui.label(theme::hint_text("Nothing was answered", palette));
                });
            }
        }
    });
}

/// The response keeps at least this width, in points: its buttons stand above it.
const RESPONSE_WIDTH: f32 = 320.0;
/// Height of the line above a body, in points.
const HEAD: f32 = 36.0;

fn head_bar(ui: &mut Ui, palette: &Palette, contents: impl FnOnce(&mut Ui)) {
    let width = ui.available_width();
    let shown = ui.allocate_ui_with_layout(vec2(width, HEAD), Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_size(vec2(width, HEAD));
        ui.spacing_mut().item_spacing.x = 8.0;
        ui.add_space(16.0);
        contents(ui);
    });
    let rect = shown.response.rect;
    ui.painter().hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, palette.line));
}

fn request_head(
    model: &DetailModel,
    state: &mut DetailState,
    palette: &Palette,
    wishes: &mut Vec<DetailWish>,
    ui: &mut Ui,
) {
    head_bar(ui, palette, |ui| {
        ui.label(theme::strong_text("Request", palette));
        let size = bytes_text(model.record.opening.request.body.len());
        if ui.available_width() > 300.0 {
            ui.label(theme::secondary_text(size, palette));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(8.0);
            if icon_button_of_size(ui, Icon::Copy, "Copy request", "Copy what is shown of the request", 26.0).clicked()
            {
                wishes.push(DetailWish::Copy { text: model.request.text_of(state.view), what: "request" });
            }
            segmented(ui, palette, &View::ALL.map(|view| (view, view.text())), &mut state.view);
        });
    });
}

fn response_head(model: &DetailModel, palette: &Palette, wishes: &mut Vec<DetailWish>, ui: &mut Ui) {
    head_bar(ui, palette, |ui| {
        let is_held = model.standing == Standing::Held;
        let is_not_sent = model.record.closing.problem.as_ref().is_some_and(|problem| problem.is_not_sent());
        let title = match (is_held, is_not_sent) {
            (true, _) => "Prepared response",
            (false, true) => "Response, not sent",
            (false, false) => "Response",
        };
        ui.label(theme::strong_text(title, palette));
        if let Some(response) = &model.record.opening.response
            && (model.standing != Standing::Recorded || ui.available_width() > 320.0)
        {
            let text = format!("{} · {}", response.status, bytes_text(response.body.len()));
            let about = format!("answered by: {} (setup {})", response.rule, response.revision);
            ui.add(Label::new(theme::secondary_text(text, palette)).truncate()).on_hover_text(about);
        }
        if is_held {
            // It is edited beside this view, and there is nothing to send again.
            return;
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(8.0);
            let is_request = model.record.opening.request.path.is_some();
            let replay = ui.add_enabled(is_request, egui::Button::new((Icon::RotateCw.atom_of_size(14.0), "Replay")));
            if replay
                .on_hover_text("Send the recorded request to this listener again (R)")
                .on_disabled_hover_text("It never became a request")
                .clicked()
            {
                wishes.push(DetailWish::Replay);
            }
            if model.standing == Standing::Recorded {
                let edit = ui.button((Icon::Pencil.atom_of_size(14.0), "Edit response"));
                if edit.on_hover_text("Change what is answered (E)").clicked() {
                    wishes.push(DetailWish::EditResponse);
                }
            }
        });
    });
}

/// A row of choices of which one holds.
pub fn segmented<T: Copy + PartialEq>(ui: &mut Ui, palette: &Palette, choices: &[(T, &str)], chosen: &mut T) {
    let is_reversed = ui.layout().prefer_right_to_left();
    Frame::new().fill(palette.window).corner_radius(theme::RADIUS).inner_margin(2).show(ui, |ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.spacing_mut().button_padding = vec2(8.0, 2.0);
        ui.spacing_mut().interact_size.y = 22.0;
        let mut draw = |(choice, text): &(T, &str)| {
            let is_chosen = *chosen == *choice;
            let color = if is_chosen { palette.text } else { palette.secondary };
            let text = RichText::new(*text).font(theme::secondary()).color(color);
            let button =
                egui::Button::selectable(is_chosen, text).fill(if is_chosen { palette.hover } else { palette.window });
            if ui.add(button).clicked() {
                *chosen = *choice;
            }
        };
        match is_reversed {
            true => choices.iter().rev().for_each(&mut draw),
            false => choices.iter().for_each(&mut draw),
        }
    });
}

/// A message without head and body, for calls that have none.
pub fn nothing() -> BodyModel {
    BodyModel::new("", &Headers::default(), &Bytes::new(), &[])
}
