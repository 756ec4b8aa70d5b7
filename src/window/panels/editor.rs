//! The response editor: what will be answered, judged while it is typed.

use std::sync::Arc;
use std::time::Duration;

use egui::text::{LayoutJob, TextFormat};
use egui::{
    Align, CentralPanel, Frame, Label, Layout, Margin, Panel, RichText, ScrollArea, Stroke, TextEdit, Ui, vec2,
};

use super::body_view::token_color;
use super::detail::{bytes_text, finding_row, segmented};
use crate::okta::{HookKind, Severity, Verdict, json_error};
use crate::respond::{ResponseSetup, least_harmful};
use crate::window::controls::{self, TextField};
use crate::window::icons::{Icon, icon_button_of_size};
use crate::window::marks::{MARK_BOX, paint_mark};
use crate::window::text::{pretty, tokens};
use crate::window::theme::{self, Palette};

/// Whom a response is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    NextCall,
    #[default]
    Endpoint,
}

/// A response while it is being written.
pub struct EditorState {
    pub endpoint: Arc<str>,
    pub hook: HookKind,
    /// The call that it is judged against, if one is open.
    pub against: Option<crate::call::CallId>,
    pub scope: Scope,
    pub status: String,
    pub delay_ms: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    body_file: Option<String>,
    /// Tells this draft from every other one, so that no undo history is shared.
    draft: u64,
    judged: Option<(Draft, Verdict)>,
}

/// What a verdict depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub status: u16,
    pub delay: Duration,
    pub content_type: Option<String>,
    pub body: String,
}

/// What a person asks for in the editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditorWish {
    Apply { endpoint: Arc<str>, response: ResponseSetup },
    Stage { endpoint: Arc<str>, response: ResponseSetup },
    Close,
}

impl EditorState {
    /// `draft` is a number that no other editor of this run has.
    pub fn new(
        endpoint: Arc<str>,
        hook: HookKind,
        against: Option<crate::call::CallId>,
        response: &ResponseSetup,
        scope: Scope,
        draft: u64,
    ) -> EditorState {
        let mut state = EditorState {
            endpoint,
            hook,
            against,
            scope,
            status: String::new(),
            delay_ms: String::new(),
            headers: Vec::new(),
            body: String::new(),
            body_file: None,
            draft,
            judged: None,
        };
        state.take(response);
        state
    }

    fn take(&mut self, response: &ResponseSetup) {
        self.status = response.status.to_string();
        self.delay_ms = response.delay.as_millis().to_string();
        self.headers = response.headers.clone();
        self.body = response.body.to_string();
        self.body_file = response.body_file.clone();
    }

    /// The response as it is written, or why it is none.
    pub fn response(&self) -> Result<ResponseSetup, String> {
        let status = match self.status.trim().parse() {
            Ok(status @ 200..=599) => status,
            _ => return Err("The status is a number from 200 to 599".to_owned()),
        };
        let delay = match self.delay_ms.trim().parse() {
            Ok(millis @ 0..=600_000) => Duration::from_millis(millis),
            _ => return Err("The delay is a number of milliseconds up to 600,000".to_owned()),
        };
        for (name, value) in &self.headers {
            let is_good = axum::http::HeaderName::from_bytes(name.trim().as_bytes()).is_ok()
                && axum::http::HeaderValue::from_str(value.trim()).is_ok();
            if !is_good {
                return Err(format!("'{name}' and its value cannot be a header field"));
            }
        }
        let headers =
            self.headers.iter().map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect();
        // A body that was changed here no longer is what the file says.
        Ok(ResponseSetup { status, headers, delay, body: self.body.as_str().into(), body_file: None })
    }

    fn draft_of(&self, response: &ResponseSetup) -> Draft {
        let content_type = response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        Draft {
            status: response.status,
            delay: response.delay,
            content_type: content_type.map(|(_, value)| value.clone()),
            body: self.body.clone(),
        }
    }
}

/// Draws the editor. `judge` says what Okta would do; it is asked only when the draft has changed.
pub fn ui(state: &mut EditorState, judge: &dyn Fn(&Draft) -> Verdict, ui: &mut Ui) -> Vec<EditorWish> {
    let palette = theme::palette(ui);
    let mut wishes = Vec::new();
    let response = state.response();
    if let Ok(response) = &response {
        let draft = state.draft_of(response);
        if state.judged.as_ref().is_none_or(|(judged, _)| *judged != draft) {
            state.judged = Some((draft.clone(), judge(&draft)));
        }
    }
    let flat = Frame::new().fill(palette.panel);
    Panel::top("editor_verdict").frame(flat).resizable(false).show(ui, |ui| verdict_ui(state, &response, palette, ui));
    Panel::top("editor_bar").frame(flat).resizable(false).show(ui, |ui| {
        bar_ui(state, &response, palette, &mut wishes, ui);
    });
    Panel::top("editor_headers").frame(flat).resizable(false).show(ui, |ui| {
        headers_ui(state, &response, palette, &mut wishes, ui);
    });
    let findings_height = (ui.available_height() * 0.3).clamp(48.0, 180.0);
    Panel::bottom("editor_findings").frame(flat).resizable(true).default_size(findings_height).min_size(40.0).show(
        ui,
        |ui| {
            findings_ui(state, palette, ui);
        },
    );
    CentralPanel::default().frame(Frame::new().fill(palette.window)).show(ui, |ui| body_ui(state, palette, ui));
    let (applies, closes) = ui.input_mut(|input| {
        let applies = input.consume_key(egui::Modifiers::COMMAND, egui::Key::Enter);
        (applies, input.key_pressed(egui::Key::Escape))
    });
    if applies && let Ok(response) = response {
        wishes.push(wish(state, state.scope, response));
    }
    if closes && !egui::Popup::is_any_open(ui) {
        wishes.push(EditorWish::Close);
    }
    wishes
}

fn wish(state: &EditorState, scope: Scope, response: ResponseSetup) -> EditorWish {
    let endpoint = state.endpoint.clone();
    match scope {
        Scope::NextCall => EditorWish::Stage { endpoint, response },
        Scope::Endpoint => EditorWish::Apply { endpoint, response },
    }
}

fn verdict_ui(state: &EditorState, response: &Result<ResponseSetup, String>, palette: &Palette, ui: &mut Ui) {
    Frame::new().inner_margin(Margin::symmetric(16, 12)).show(ui, |ui| {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 10.0;
            let (rect, _) = ui.allocate_exact_size(vec2(MARK_BOX + 4.0, 22.0), egui::Sense::hover());
            match (response, &state.judged) {
                (Ok(_), Some((_, verdict))) => {
                    let mark = egui::Rect::from_center_size(rect.center(), vec2(15.0, 15.0));
                    paint_mark(ui.painter(), mark, verdict.outcome, palette);
                    ui.add(Label::new(theme::verdict_text(verdict.summary.clone(), palette)).wrap());
                }
                (Err(why), _) => {
                    Icon::CircleX.paint(ui.painter(), rect.center(), 16.0, palette.refused);
                    ui.add(Label::new(theme::verdict_text(why, palette)).wrap());
                }
                (Ok(_), None) => {}
            }
        });
        ui.add_space(6.0);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
            controls::chip(ui, &format!("Endpoint {}", state.endpoint))
                .on_hover_text("The endpoint that answers with this");
            match state.against {
                Some(call_id) => controls::chip(ui, &format!("Judged against call {call_id}, while you type")),
                None => controls::chip(ui, "Judged without a request, while you type"),
            };
            controls::chip(ui, &format!("{} of 256 KB", bytes_text(state.body.len())));
            if state.body_file.is_some() {
                controls::chip(ui, "From a file")
                    .on_hover_text("The workspace reads this body from a file; what you apply here takes its place");
            }
        });
    });
}

fn bar_ui(
    state: &mut EditorState,
    response: &Result<ResponseSetup, String>,
    palette: &Palette,
    wishes: &mut Vec<EditorWish>,
    ui: &mut Ui,
) {
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        ui.add_space(16.0);
        ui.label(theme::strong_text("Edit response", palette));
        TextField::new("Response status").on_wire().width(44.0).ui(ui, &mut state.status);
        ui.label(theme::secondary_text("after", palette));
        TextField::new("Response delay").on_wire().width(52.0).ui(ui, &mut state.delay_ms);
        ui.label(theme::secondary_text("ms", palette));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(12.0);
            ui.add_enabled_ui(response.is_ok(), |ui| {
                let apply = controls::primary_button(ui, None, "Apply").on_hover_text("Ctrl+Enter");
                let apply = match response {
                    Err(why) => apply.on_disabled_hover_text(why),
                    Ok(_) => apply,
                };
                if apply.clicked()
                    && let Ok(response) = response
                {
                    wishes.push(wish(state, state.scope, response.clone()));
                }
            });
            if ui.button("Cancel").on_hover_text("Esc").clicked() {
                wishes.push(EditorWish::Close);
            }
            segmented(
                ui,
                palette,
                &[(Scope::NextCall, "Next call only"), (Scope::Endpoint, "This endpoint")],
                &mut state.scope,
            );
        });
    });
    ui.add_space(6.0);
}

fn headers_ui(
    state: &mut EditorState,
    response: &Result<ResponseSetup, String>,
    palette: &Palette,
    wishes: &mut Vec<EditorWish>,
    ui: &mut Ui,
) {
    let mut removed = None;
    ui.add_space(4.0);
    for (idx, (name, value)) in state.headers.iter_mut().enumerate() {
        ui.horizontal(|ui| {
            ui.add_space(16.0);
            let number = idx + 1;
            TextField::new(&format!("Header name {number}")).on_wire().width(160.0).ui(ui, name);
            let width = (ui.available_width() - 60.0).max(80.0);
            TextField::new(&format!("Header value {number}")).on_wire().width(width).ui(ui, value);
            if icon_button_of_size(ui, Icon::X, &format!("Remove header {number}"), "Remove this header", 24.0)
                .clicked()
            {
                removed = Some(idx);
            }
        });
    }
    if let Some(idx) = removed {
        state.headers.remove(idx);
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        ui.add_space(8.0);
        if controls::quiet_button(ui, Some(Icon::Plus), theme::secondary_text("Add header", palette)).clicked() {
            let name = if state.headers.is_empty() { ("Content-Type", "application/json") } else { ("", "") };
            state.headers.push((name.0.to_owned(), name.1.to_owned()));
        }
        let hook = state.hook;
        let chosen = controls::menu_button(ui, "Presets", "Presets", |ui| {
            let mut chosen = None;
            for (name, preset) in presets(hook) {
                if ui.button(name).clicked() {
                    chosen = Some(preset);
                    ui.close();
                }
            }
            chosen
        });
        if let Some(Some(preset)) = chosen {
            state.take(&preset);
        }
        if ui
            .button("Format")
            .on_hover_text("Put each member on a line of its own")
            .on_disabled_hover_text("The body is no JSON")
            .clicked()
            && let Some(formatted) = pretty(&state.body)
        {
            state.body = formatted + "\n";
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(12.0);
            let stage = ui.add_enabled(
                response.is_ok(),
                egui::Button::new((Icon::SkipForward.atom_of_size(14.0), "Stage next response")),
            );
            let stage = stage.on_hover_text("Answer the next call of this endpoint with this, once");
            if stage.clicked()
                && let Ok(response) = response
            {
                wishes.push(wish(state, Scope::NextCall, response.clone()));
            }
        });
    });
    ui.add_space(4.0);
}

fn body_ui(state: &mut EditorState, palette: &Palette, ui: &mut Ui) {
    let error = broken_at(&state.body);
    let row_height = ui.fonts_mut(|fonts| fonts.row_height(&theme::code()));
    let n_lines = state.body.split('\n').count();
    let digit = ui.fonts_mut(|fonts| fonts.glyph_width(&theme::code(), '0'));
    let gutter = 12.0 + digit * n_lines.to_string().len().max(2) as f32 + 10.0;
    let id = egui::Id::unique(("response body", state.draft));
    let findings: Vec<(u32, Severity)> = state
        .judged
        .iter()
        .flat_map(|(_, verdict)| &verdict.findings)
        .filter_map(|finding| Some((finding.line?, finding.severity)))
        .collect();
    ScrollArea::both().id_salt(("editor", state.draft)).auto_shrink(false).show(ui, |ui| {
        ui.add_space(6.0);
        let mut layouter = |ui: &Ui, text: &dyn egui::TextBuffer, _width: f32| {
            let job = highlighted(text.as_str(), error.as_ref().map(|(offset, ..)| *offset), palette);
            ui.fonts_mut(|fonts| fonts.layout_job(job))
        };
        let shown = ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            ui.add_space(gutter);
            let width = ui.available_width().max(200.0);
            let edit = TextEdit::multiline(&mut state.body)
                .id(id)
                .code_editor()
                .frame(Frame::NONE)
                .desired_width(width)
                .min_size(vec2(width, (ui.available_height() - 8.0).max(row_height)))
                .layouter(&mut layouter)
                .show(ui);
            edit.response.response.clone().accessible_name("Response body");
            (edit.galley, edit.galley_pos)
        });
        let (galley, top) = shown.inner;
        let clip = ui.clip_rect();
        let (mut number, mut is_first_row) = (0u32, true);
        for row in &galley.rows {
            number += u32::from(is_first_row);
            let is_numbered = std::mem::replace(&mut is_first_row, row.ends_with_newline);
            let rect = row.rect().translate(top.to_vec2());
            if !is_numbered || rect.top() > clip.bottom() || rect.bottom() < clip.top() {
                continue;
            }
            let is_broken = error.as_ref().is_some_and(|(_, line, ..)| *line == number);
            let worst = findings.iter().filter(|(line, _)| *line == number).map(|(_, severity)| *severity).max();
            let color = match worst {
                _ if is_broken => palette.refused,
                Some(severity) => palette.severity(severity),
                None => palette.hint,
            };
            if worst.is_some() || is_broken {
                let mark = egui::Rect::from_min_max(rect.left_top(), rect.left_bottom()).translate(vec2(-6.0, 0.0));
                ui.painter().vline(mark.left(), mark.y_range(), Stroke::new(2.0, color));
            }
            let right = egui::pos2(clip.left() + gutter - 10.0, rect.center().y);
            ui.painter().text(right, egui::Align2::RIGHT_CENTER, number, theme::code(), color);
        }
    });
}

/// Where the body stops being JSON: offset in bytes, line, column, why.
fn broken_at(body: &str) -> Option<(usize, u32, u32, String)> {
    if body.trim().is_empty() {
        return None;
    }
    let error = json_error(body.as_bytes())?;
    let line_start: usize = body.split_inclusive('\n').take(error.line.saturating_sub(1) as usize).map(str::len).sum();
    let column: usize = body
        .get(line_start..)
        .unwrap_or_default()
        .chars()
        .take(error.column.saturating_sub(1) as usize)
        .map(char::len_utf8)
        .sum();
    Some((line_start + column, error.line, error.column, error.message.to_string()))
}

fn findings_ui(state: &EditorState, palette: &Palette, ui: &mut Ui) {
    ScrollArea::vertical().id_salt("editor_findings").auto_shrink(false).show(ui, |ui| {
        ui.add_space(6.0);
        let error = broken_at(&state.body);
        let is_said = state
            .judged
            .as_ref()
            .is_some_and(|(_, verdict)| verdict.findings.iter().any(|finding| finding.line.is_some()));
        if let Some((_, line, column, message)) = &error
            && !is_said
        {
            let message = format!("{message} (line {line}, column {column})");
            finding_row(ui, palette, Severity::Error, &message, None, "the body is no JSON · it is sent as it stands");
        }
        let Some((_, verdict)) = &state.judged else { return };
        let mut findings: Vec<_> = verdict.findings.iter().collect();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        for finding in findings {
            let place = match (finding.line, finding.column) {
                (Some(line), Some(column)) => format!(" (line {line}, column {column})"),
                _ => String::new(),
            };
            let source = format!("{} · {}: {}", finding.id, finding.confidence.meaning(), finding.source);
            finding_row(ui, palette, finding.severity, &format!("{}{place}", finding.message), None, &source);
        }
        if error.is_none() && verdict.findings.is_empty() {
            ui.horizontal(|ui| {
                ui.add_space(16.0);
                ui.label(RichText::new("No findings").font(theme::secondary()).color(palette.secondary));
            });
        }
    });
}

/// Height of a line of the body, in points.
const LINE: f32 = 18.0;

fn highlighted(text: &str, error_at: Option<usize>, palette: &Palette) -> LayoutJob {
    let mut job = LayoutJob::default();
    let plain = |color| TextFormat { font_id: theme::code(), color, line_height: Some(LINE), ..TextFormat::default() };
    let mut at = 0;
    let mut push = |from: usize, to: usize, mut format: TextFormat| {
        if error_at.is_some_and(|error_at| (from..to).contains(&error_at)) {
            format.underline = Stroke::new(1.5, palette.refused);
        }
        job.append(text.get(from..to).unwrap_or_default(), 0.0, format);
    };
    for token in tokens(text) {
        let (start, end) = (token.start as usize, token.end as usize);
        if at < start {
            push(at, start, plain(palette.text));
        }
        push(start, end, plain(token_color(token.kind, palette)));
        at = end;
    }
    if at < text.len() {
        push(at, text.len(), plain(palette.text));
    }
    if text.is_empty() {
        // An empty line is as high as any other.
        job.append("", 0.0, plain(palette.text));
    }
    job
}

/// What is often wanted, by hook kind.
pub fn presets(hook: HookKind) -> Vec<(&'static str, ResponseSetup)> {
    let json = |status: u16, body: &str, delay_ms: u64| ResponseSetup {
        status,
        headers: if body.is_empty() {
            Vec::new()
        } else {
            vec![("Content-Type".to_owned(), "application/json".to_owned())]
        },
        delay: Duration::from_millis(delay_ms),
        body: body.into(),
        body_file: None,
    };
    let mut presets = Vec::new();
    if let Some(least) = least_harmful(hook) {
        presets.push(("Least harmful", least));
    }
    if let Some((name, body)) = example(hook) {
        presets.push((name, json(200, body, 0)));
    }
    if hook.is_inline() {
        presets.push(("Error object", json(200, ERROR_OBJECT, 0)));
        presets.push(("200 without commands", json(200, "{}\n", 0)));
    }
    presets.push(("204 without body", json(204, "", 0)));
    presets.push(("401", json(401, "", 0)));
    presets.push(("500", json(500, "", 0)));
    presets.push(("Late, after 3,500 ms", json(200, "{}\n", 3_500)));
    presets
}

const ERROR_OBJECT: &str = "{\n  \"error\": {\n    \"errorSummary\": \"Not today\"\n  }\n}\n";

/// A good answer that asks for something (shapes of Okta's OpenAPI responses of each hook).
fn example(hook: HookKind) -> Option<(&'static str, &'static str)> {
    Some(match hook {
        HookKind::Token => (
            "Add a claim",
            "{\n  \"commands\": [\n    {\n      \"type\": \"com.okta.identity.patch\",\n      \"value\": [\n        {\n          \"op\": \"add\",\n          \"path\": \"/claims/crew\",\n          \"value\": \"night shift\"\n        }\n      ]\n    }\n  ]\n}\n",
        ),
        HookKind::Saml => (
            "Add an attribute",
            "{\n  \"commands\": [\n    {\n      \"type\": \"com.okta.assertion.patch\",\n      \"value\": [\n        {\n          \"op\": \"add\",\n          \"path\": \"/claims/crew\",\n          \"value\": {\n            \"attributes\": { \"NameFormat\": \"urn:oasis:names:tc:SAML:2.0:attrname-format:basic\" },\n            \"attributeValues\": [\n              { \"attributes\": { \"xsi:type\": \"xs:string\" }, \"value\": \"night shift\" }\n            ]\n          }\n        }\n      ]\n    }\n  ]\n}\n",
        ),
        HookKind::Registration => (
            "Deny the registration",
            "{\n  \"commands\": [\n    {\n      \"type\": \"com.okta.action.update\",\n      \"value\": { \"registration\": \"DENY\" }\n    }\n  ]\n}\n",
        ),
        HookKind::PasswordImport => (
            "Password verified",
            "{\n  \"commands\": [\n    {\n      \"type\": \"com.okta.action.update\",\n      \"value\": { \"credential\": \"VERIFIED\" }\n    }\n  ]\n}\n",
        ),
        HookKind::UserImport => (
            "Create a new user",
            "{\n  \"commands\": [\n    {\n      \"type\": \"com.okta.action.update\",\n      \"value\": { \"result\": \"CREATE_USER\" }\n    }\n  ]\n}\n",
        ),
        HookKind::Telephony => (
            "Code sent",
            "{\n  \"commands\": [\n    {\n      \"type\": \"com.okta.telephony.action\",\n      \"value\": [\n        {\n          \"status\": \"SUCCESSFUL\",\n          \"provider\": \"Example provider\",\n          \"transactionId\": \"SM-1\"\n        }\n      ]\n    }\n  ]\n}\n",
        ),
        HookKind::Event | HookKind::Verification | HookKind::Unknown => return None,
    })
}
