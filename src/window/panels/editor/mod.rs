//! The response editor: what will be answered, judged while it is typed.
//!
//! The text is the truth; the builder is a form over it. Where to look next: `body.rs` for the text, `builder.rs` for the form,
//! `undo.rs` for what can be taken back.

mod body;
mod builder;
mod error_part;
mod fields;
mod findings;
mod head;
mod headers;
mod parts;
mod patch_part;
mod preset_menu;
mod suggestions;
mod undo;

use std::sync::Arc;
use std::time::Duration;

use egui::{CentralPanel, Frame, Key, Margin, Modifiers, Panel, ScrollArea, Ui, vec2};

use super::detail::segmented;
use super::effect_view::{self, EffectModel};
use crate::call::{CallId, SessionId};
use crate::okta::compose::{Builder, Given, Preset, Unreadable, presets};
use crate::okta::{Asked, Effect, HookKind, Verdict};
use crate::respond::ResponseSetup;
use crate::window::theme::{self, Palette};
use body::Broken;
use suggestions::Suggestions;
use undo::{History, Snapshot, Source};

/// Whom a response is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    NextCall,
    #[default]
    Endpoint,
    /// The rule that answered the call, or a new one for calls like it.
    Rule,
    /// A call that is held: it gets this response and no other one does.
    Held(CallId),
}

impl Scope {
    /// Every scope with its text, in the order in which they are offered.
    const OFFERED: [(Scope, &'static str); 3] =
        [(Scope::NextCall, "Next call only"), (Scope::Endpoint, "This endpoint"), (Scope::Rule, "A rule…")];
}

/// A response while it is being written.
pub struct EditorState {
    pub endpoint: Arc<str>,
    pub hook: HookKind,
    /// The call that it is judged against, if one is open.
    pub against: Option<crate::call::CallId>,
    /// The session of that call.
    pub session: Option<SessionId>,
    pub scope: Scope,
    pub status: String,
    pub delay_ms: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    body_file: Option<String>,
    /// The body is a template; it stays one.
    is_template: bool,
    /// How long the call has waited already, for a held one: it counts inside the three seconds.
    pub waited: Duration,
    /// The request of a held call as it may be seen: it is in no list yet.
    pub request: Option<String>,
    /// Tells this draft from every other one, so that no cursor is shared.
    draft: u64,
    /// What the request gives to choose from.
    given: Given,
    presets: Vec<Preset>,
    predicted: Option<Predicted>,
    /// The form of the body that it was read from.
    form: Option<(String, Result<Builder, Unreadable>)>,
    /// What is no JSON in the body that it was read from.
    broken: Option<(String, Option<Broken>)>,
    history: History,
    /// Who changed what is there in this frame.
    source: Source,
    suggestions: Suggestions,
    side: Side,
    /// Where the cursor of the body is put in this frame, as a byte offset.
    go_to: Option<usize>,
    /// Where the cursor of the body is, as a byte offset.
    cursor: usize,
    /// Esc leaves a field first, and the editor only then.
    had_focus: bool,
}

/// What stands beside the text, or in its place where it is narrow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Side {
    Body,
    #[default]
    Builder,
    Effect,
    Headers,
    Request,
}

/// What a prediction depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub status: u16,
    /// From the first byte of the call until it would be answered.
    pub delay: Duration,
    pub content_type: Option<String>,
    pub body: String,
}

/// What Okta would do with a draft.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    pub verdict: Verdict,
    /// None where the call changes no data, or is not known.
    pub effect: Option<Effect>,
}

struct Predicted {
    draft: Draft,
    verdict: Verdict,
    effect: EffectModel,
}

/// What a person asks for in the editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditorWish {
    Apply {
        endpoint: Arc<str>,
        response: ResponseSetup,
    },
    Stage {
        endpoint: Arc<str>,
        response: ResponseSetup,
    },
    /// Open the rule of the call with this response, before it is saved.
    ToRule {
        against: Option<CallId>,
        endpoint: Arc<str>,
        response: ResponseSetup,
    },
    Send {
        call_id: CallId,
        endpoint: Arc<str>,
        response: ResponseSetup,
    },
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
        let given = Given::nothing(hook);
        let mut state = EditorState {
            endpoint,
            hook,
            against,
            session: None,
            scope,
            status: String::new(),
            delay_ms: String::new(),
            headers: Vec::new(),
            body: String::new(),
            body_file: None,
            is_template: false,
            waited: Duration::ZERO,
            request: None,
            draft,
            presets: presets(&given, Asked::NotGiven),
            given,
            predicted: None,
            form: None,
            broken: None,
            history: History::default(),
            source: Source::Act,
            suggestions: Suggestions::default(),
            side: Side::default(),
            go_to: None,
            cursor: 0,
            had_focus: false,
        };
        state.take(response);
        state.history = History::new(state.snapshot());
        state
    }

    /// Takes what a request gives to choose from. `shown` is the request as it may be seen, secrets masked; presets are judged
    /// as answers to `asked`.
    pub fn read_request(&mut self, shown: Asked<'_>, asked: Asked<'_>) {
        self.given = Given::read(self.hook, shown);
        self.presets = presets(&self.given, asked);
        self.form = None;
    }

    /// True where something else stands there than at the beginning.
    pub fn is_changed(&self) -> bool {
        self.history.is_changed()
    }

    /// Where the cursor of the body is, as a byte offset.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// What Okta would do with it, as of the last frame.
    pub fn verdict(&self) -> Option<&Verdict> {
        self.predicted.as_ref().map(|predicted| &predicted.verdict)
    }

    /// Where the body stops being JSON; it is read again only when it has changed.
    fn broken(&mut self) -> Option<Broken> {
        if let Some((body, broken)) = &self.broken
            && *body == self.body
        {
            return broken.clone();
        }
        let broken = Broken::of(&self.body);
        self.broken = Some((self.body.clone(), broken.clone()));
        broken
    }

    fn take(&mut self, response: &ResponseSetup) {
        self.status = response.status.to_string();
        self.delay_ms = response.delay.as_millis().to_string();
        self.headers = response.headers.clone();
        self.body = response.body.to_string();
        self.body_file = response.body_file.clone();
        self.is_template = response.is_template;
    }

    fn take_preset(&mut self, preset: &Preset) {
        self.status = preset.status.to_string();
        self.delay_ms = preset.delay.as_millis().to_string();
        self.body = preset.body.clone();
        self.set_content_type(preset.content_type());
        self.source = Source::Act;
    }

    /// Sets the content type; every other header stays.
    fn set_content_type(&mut self, content_type: Option<&str>) {
        let is_type = |name: &str| name.eq_ignore_ascii_case("content-type");
        match (content_type, self.headers.iter_mut().find(|(name, _)| is_type(name))) {
            (Some(content_type), Some((_, value))) => content_type.clone_into(value),
            (Some(content_type), None) => {
                self.headers.insert(0, ("Content-Type".to_owned(), content_type.to_owned()));
            }
            (None, _) => self.headers.retain(|(name, _)| !is_type(name)),
        }
    }

    /// Takes a body that the builder wrote.
    fn take_built(&mut self, body: String, source: Source) {
        let was_blank = self.body.trim().is_empty();
        self.body = body;
        self.source = source;
        self.begin_body(was_blank);
    }

    /// A 204 has no body, and a body has a type: the first letter of one brings both.
    fn begin_body(&mut self, was_blank: bool) {
        if !was_blank || self.body.trim().is_empty() {
            return;
        }
        if self.status.trim() == "204" {
            self.status = "200".to_owned();
        }
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            self.set_content_type(Some("application/json"));
        }
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot {
            status: self.status.clone(),
            delay_ms: self.delay_ms.clone(),
            headers: self.headers.clone(),
            body: self.body.clone(),
        }
    }

    fn take_snapshot(&mut self, snapshot: Snapshot) {
        let Snapshot { status, delay_ms, headers, body } = snapshot;
        (self.status, self.delay_ms, self.headers, self.body) = (status, delay_ms, headers, body);
        self.suggestions.close();
    }

    /// The response to stage without anybody looking at it once more, or why it is none: what is no JSON yet is half written.
    ///
    /// # Errors
    ///
    /// One sentence.
    pub fn finished(&mut self) -> Result<ResponseSetup, String> {
        let response = self.response()?;
        match self.is_template || self.body.trim().is_empty() || self.broken().is_none() {
            true => Ok(response),
            false => Err("its body is no JSON yet".to_owned()),
        }
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
        Ok(ResponseSetup {
            status,
            headers,
            delay,
            body: self.body.as_str().into(),
            body_file: None,
            is_template: self.is_template,
        })
    }

    fn draft_of(&self, response: &ResponseSetup) -> Draft {
        let content_type = response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        Draft {
            status: response.status,
            delay: response.delay + self.waited,
            content_type: content_type.map(|(_, value)| value.clone()),
            body: self.body.clone(),
        }
    }

    fn predict(&mut self, response: &ResponseSetup, predict: &dyn Fn(&Draft) -> Prediction) {
        if self.predicted.as_ref().is_some_and(|predicted| predicted.draft.body == self.body)
            && self.predicted.as_ref().is_some_and(|predicted| predicted.draft == self.draft_of(response))
        {
            return;
        }
        let draft = self.draft_of(response);
        let Prediction { verdict, effect } = predict(&draft);
        let effect = EffectModel::new(self.hook, effect.as_ref(), &verdict);
        self.predicted = Some(Predicted { draft, verdict, effect });
    }

    fn wish(&self, scope: Scope, response: ResponseSetup) -> EditorWish {
        let endpoint = self.endpoint.clone();
        match scope {
            Scope::NextCall => EditorWish::Stage { endpoint, response },
            Scope::Endpoint => EditorWish::Apply { endpoint, response },
            Scope::Rule => EditorWish::ToRule { against: self.against, endpoint, response },
            Scope::Held(call_id) => EditorWish::Send { call_id, endpoint, response },
        }
    }
}

/// From this width on, in points, the builder stands beside the text.
const WIDE: f32 = 600.0;
/// From this height on, in points, the effect stands beneath both.
const TALL: f32 = 520.0;

/// Draws the editor. `predict` says what Okta would do; it is asked only when the draft has changed.
pub fn ui(state: &mut EditorState, predict: &dyn Fn(&Draft) -> Prediction, ui: &mut Ui) -> Vec<EditorWish> {
    let palette = theme::palette(ui);
    let mut wishes = Vec::new();
    // One that Escape closes in this pass is gone by its end.
    let had_popup = egui::Popup::is_any_open(ui);
    undo_keys(state, ui);
    let response = state.response();
    if let Ok(response) = &response {
        state.predict(response, predict);
    }
    let flat = Frame::new().fill(palette.panel);
    Panel::top("editor_verdict")
        .frame(flat)
        .resizable(false)
        .show(ui, |ui| head::verdict_ui(state, &response, palette, ui));
    Panel::top("editor_bar").frame(flat).resizable(false).show(ui, |ui| {
        head::bar_ui(state, &response, palette, &mut wishes, ui);
    });
    let area = ui.available_size();
    let (is_wide, is_tall) = (area.x >= WIDE, area.y >= TALL);
    if is_wide && is_tall {
        Panel::bottom("editor_effect")
            .frame(flat)
            .resizable(true)
            .default_size((area.y * 0.32).round())
            .min_size(96.0)
            .show(ui, |ui| {
                strip_ui(palette, ui, |ui| drop(ui.label(theme::strong_text("Effect", palette))));
                effect_ui(state, ui);
            });
    }
    let height = (area.y * 0.16).clamp(56.0, 112.0).round();
    Panel::bottom("editor_findings").frame(flat).resizable(true).default_size(height).min_size(40.0).show(ui, |ui| {
        findings::ui(state, palette, ui);
    });
    if is_wide {
        let width = (area.x * 0.46).clamp(300.0, 420.0).round();
        Panel::right("editor_side")
            .frame(flat)
            .resizable(true)
            .default_size(width)
            .min_size(260.0)
            .max_size(area.x * 0.6)
            .show(ui, |ui| {
                let mut tabs = match is_tall {
                    true => vec![(Side::Builder, "Builder"), (Side::Headers, "Headers")],
                    false => vec![(Side::Builder, "Builder"), (Side::Effect, "Effect"), (Side::Headers, "Headers")],
                };
                tabs.extend(state.request.is_some().then_some((Side::Request, "Request")));
                if !tabs.iter().any(|(side, _)| *side == state.side) {
                    state.side = Side::Builder;
                }
                strip_ui(palette, ui, |ui| segmented(ui, palette, &tabs, &mut state.side));
                side_ui(state, palette, ui);
            });
        text_ui(state, palette, ui);
    } else {
        let mut tabs = vec![
            (Side::Body, "Body"),
            (Side::Builder, "Builder"),
            (Side::Effect, "Effect"),
            (Side::Headers, "Headers"),
        ];
        tabs.extend(state.request.is_some().then_some((Side::Request, "Request")));
        if !tabs.iter().any(|(side, _)| *side == state.side) {
            state.side = Side::Builder;
        }
        Panel::top("editor_tabs").frame(flat).resizable(false).show(ui, |ui| {
            strip_ui(palette, ui, |ui| segmented(ui, palette, &tabs, &mut state.side));
        });
        match state.side {
            Side::Body => text_ui(state, palette, ui),
            _ => drop(CentralPanel::default().frame(flat).show(ui, |ui| side_ui(state, palette, ui))),
        }
    }
    let (applies, escapes) = ui.input_mut(|input| {
        let applies = input.consume_key(Modifiers::COMMAND, Key::Enter);
        (applies, input.key_pressed(Key::Escape))
    });
    if applies && let Ok(response) = response {
        wishes.push(state.wish(state.scope, response));
    }
    if escapes && !state.had_focus && !had_popup {
        wishes.push(EditorWish::Close);
    }
    state.had_focus = ui.memory(|memory| memory.focused().is_some());
    let now = state.snapshot();
    let time = ui.input(|input| input.time);
    state.history.note(now, std::mem::replace(&mut state.source, Source::Field), time);
    wishes
}

fn text_ui(state: &mut EditorState, palette: &Palette, ui: &mut Ui) {
    CentralPanel::default().frame(Frame::new().fill(palette.window)).show(ui, |ui| body::ui(state, palette, ui));
}

fn side_ui(state: &mut EditorState, palette: &Palette, ui: &mut Ui) {
    match state.side {
        Side::Effect => effect_ui(state, ui),
        Side::Headers => headers::ui(state, palette, ui),
        Side::Request => request_ui(state, palette, ui),
        Side::Body | Side::Builder => builder::ui(state, palette, ui),
    }
}

/// What is answered, where no open call shows it.
fn request_ui(state: &EditorState, palette: &Palette, ui: &mut Ui) {
    ScrollArea::vertical().id_salt("held_request").auto_shrink(false).show(ui, |ui| {
        Frame::new().inner_margin(Margin::symmetric(16, 8)).show(ui, |ui| {
            let text = state.request.as_deref().unwrap_or_default();
            ui.add(egui::Label::new(theme::code_text(text, palette)).wrap().selectable(true));
        });
    });
}

fn effect_ui(state: &EditorState, ui: &mut Ui) {
    let Some(predicted) = &state.predicted else { return };
    ScrollArea::vertical().id_salt("editor_effect").auto_shrink(false).show(ui, |ui| {
        Frame::new().inner_margin(Margin::symmetric(16, 8)).show(ui, |ui| {
            effect_view::ui(&predicted.effect, "editor", ui);
        });
    });
}

/// A line of tabs or a head over a part of the editor, with a hairline beneath.
fn strip_ui(palette: &Palette, ui: &mut Ui, contents: impl FnOnce(&mut Ui)) {
    let width = ui.available_width();
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    let shown = ui.allocate_ui_with_layout(vec2(width, STRIP), layout, |ui| {
        ui.set_min_size(vec2(width, STRIP));
        ui.add_space(12.0);
        contents(ui);
    });
    let rect = shown.response.rect;
    ui.painter().hline(rect.x_range(), rect.bottom(), egui::Stroke::new(1.0, palette.line));
}

/// Height of such a line, in points.
const STRIP: f32 = 36.0;

/// Undo and redo reach every part of the editor, whichever of its fields has the focus; a field elsewhere keeps its own.
fn undo_keys(state: &mut EditorState, ui: &Ui) {
    let area = ui.max_rect();
    let focused = ui.memory(|memory| memory.focused());
    let is_ours =
        focused.is_none_or(|id| ui.read_response(id).is_some_and(|response| area.contains(response.rect.center())));
    if !is_ours {
        return;
    }
    let pressed = |modifiers: Modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    let redoes = pressed(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z) || pressed(Modifiers::COMMAND, Key::Y);
    let undoes = !redoes && pressed(Modifiers::COMMAND, Key::Z);
    let step = match (redoes, undoes) {
        (true, _) => state.history.redo(),
        (_, true) => state.history.undo(),
        _ => None,
    };
    if let Some(snapshot) = step {
        state.take_snapshot(snapshot);
    }
}
