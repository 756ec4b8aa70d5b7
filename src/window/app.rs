//! The window's state, and the only file that touches the engine.
//!
//! [`App::logic`] takes what is new, also while the window is hidden; [`App::ui`] builds models, lets panels draw them, and carries
//! out what they wish for. Nothing here can delay a response: commands go to the engine, facts are read from the index and the
//! file. Where to look next: `app/tab.rs` is one session on screen, `app/models.rs` makes the panels' models, `app/wishes.rs`
//! carries out what a person asks for, `app/events.rs` opens deliveries, `app/load.rs` counts the load, `app/jobs.rs` is what takes
//! longer than a frame.

mod answering;
mod authorization_server;
mod certificate;
mod chain;
mod compare;
mod dialogs;
mod drafts;
mod endpoint_dialog;
mod events;
mod holding;
mod jobs;
mod load;
mod models;
mod okta_values;
mod pane;
mod rules;
mod run;
mod several;
mod start;
mod tab;
#[cfg(test)]
mod tests;
mod trying;
mod tunnel;
mod wishes;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use egui::{CentralPanel, Frame, Panel, Stroke, ThemePreference, Ui};
use jiff::tz::TimeZone;

use super::command::{self, Command};
use super::panels::detail::{self, DetailState};
use super::panels::dialogs::endpoint::secret_field::KeychainState;
use super::panels::editor::{self, EditorState};
use super::panels::messages::{Messages, Tone};
use super::panels::top_bar::TopBarState;
use super::panels::tunnel::TunnelState;
use super::panels::{Wish, calls, empty, endpoints, load as load_panel, messages, status_bar, tabs, top_bar};
use super::settings::{Settings, ThemeChoice};
use super::theme;
use crate::call::{DailyEvents, Masker, Timestamp};
use crate::engine::{self, Engine, EngineFeed, EngineState, Event, ListenState};
use certificate::CertificateState;
use dialogs::Dialogs;
use jobs::Jobs;
use load::LoadState;
use pane::Pane;
use tab::Tab;

pub use start::{WindowOptions, run};

/// How long calls under way may take to finish when the window closes; with what else has to be done it ends within 5 s.
const GRACE: Duration = Duration::from_secs(3);
/// How long a clear can be undone, as the recorder has it.
const UNDO_FOR: Duration = Duration::from_secs(600);

/// What the window is made with.
pub struct AppParts {
    pub engine: Engine,
    pub feed: EngineFeed,
    pub data_dir: PathBuf,
    /// Set while a wake-up is on its way, so that a burst of calls asks for one frame.
    pub is_awake: Arc<AtomicBool>,
    pub wake: engine::Wake,
    pub viewed: Option<crate::session::ViewedSession>,
    /// Problems that were found before there was a window to say them in.
    pub said: Vec<(Tone, String)>,
}

/// The window.
pub struct App {
    engine: Option<Engine>,
    feed: EngineFeed,
    state: EngineState,
    is_awake: Arc<AtomicBool>,
    data_dir: PathBuf,
    started_at: Timestamp,
    settings: Settings,
    saved_settings: Settings,
    zone: TimeZone,
    masker: Masker,
    live: Tab,
    viewed: Option<Tab>,
    shows_viewed: bool,
    /// Calls in the live session when the opened one was shown.
    n_live_seen: usize,
    /// A sample was asked for while the list was empty: its call is what the person wants to see.
    opens_first: bool,
    top_bar: TopBarState,
    detail: DetailState,
    /// Which secrets of the open call are shown.
    revealed: Option<(crate::call::CallId, crate::call::Revealed)>,
    editor: Option<EditorState>,
    held_drafts: Vec<holding::HeldDraft>,
    drafts: drafts::Drafts,
    answering: answering::Answering,
    n_drafts: u64,
    messages: Messages,
    dialogs: Dialogs,
    /// What is known of the keychain, for whoever is asked for a secret.
    keychain: KeychainState,
    jobs: Jobs,
    load: LoadState,
    certificate: CertificateState,
    pane: Pane,
    authorization_server: super::panels::authorization_server::AuthorizationServerState,
    tunnel: TunnelState,
    okta_values: okta_values::OktaValues,
    comparing: compare::Comparing,
    rules: rules::RulesPane,
    /// What sessions before the live one count against the daily limit.
    events_before: DailyEvents,
    cleared_at: Option<Instant>,
    run_form: super::panels::run::RunForm,
    /// Where a call was last replayed to.
    last_url: String,
}

impl App {
    pub fn new(ctx: &egui::Context, parts: AppParts) -> App {
        theme::install(ctx);
        let settings_path = parts.data_dir.join(SETTINGS);
        let (settings, problem) = Settings::load(&settings_path);
        let state = parts.feed.state.borrow().clone();
        let live = parts.engine.live();
        let mut app = App {
            live: Tab::new(live.index, live.reader, None),
            viewed: None,
            engine: Some(parts.engine),
            feed: parts.feed,
            masker: state.setup.masker(),
            state,
            is_awake: parts.is_awake,
            data_dir: parts.data_dir,
            started_at: now(),
            saved_settings: settings.clone(),
            zone: zone_of(&settings),
            settings,
            shows_viewed: false,
            n_live_seen: 0,
            opens_first: false,
            top_bar: TopBarState::default(),
            detail: DetailState::default(),
            revealed: None,
            editor: None,
            held_drafts: Vec::new(),
            drafts: drafts::Drafts::default(),
            answering: Default::default(),
            n_drafts: 0,
            messages: Messages::default(),
            dialogs: Dialogs::default(),
            keychain: KeychainState::default(),
            jobs: Jobs::new(parts.wake),
            load: LoadState::default(),
            certificate: CertificateState::default(),
            pane: Pane::default(),
            authorization_server: Default::default(),
            tunnel: TunnelState::default(),
            okta_values: okta_values::OktaValues::default(),
            comparing: compare::Comparing::default(),
            rules: rules::RulesPane::default(),
            events_before: DailyEvents::default(),
            cleared_at: None,
            run_form: Default::default(),
            last_url: String::new(),
        };
        app.apply_settings(ctx);
        app.command_engine(engine::Command::SetRetention { max_bytes: app.settings.max_session_bytes });
        for (tone, text) in parts.said {
            app.say(tone, text);
        }
        if let Some(problem) = problem {
            app.say(Tone::Warning, problem);
        }
        if app.state.session.gave_way {
            let path = app.state.session.path.display().to_string();
            app.say(
                Tone::Warning,
                format!("The working session is in use by another Hookscope; this window records into {path}"),
            );
        }
        if let Some(session) = parts.viewed {
            app.show_viewed(session);
        }
        app
    }

    /// The session on screen.
    fn tab(&self) -> &Tab {
        match &self.viewed {
            Some(viewed) if self.shows_viewed => viewed,
            _ => &self.live,
        }
    }

    fn tab_mut(&mut self) -> &mut Tab {
        match &mut self.viewed {
            Some(viewed) if self.shows_viewed => viewed,
            _ => &mut self.live,
        }
    }

    fn say(&mut self, tone: Tone, text: impl Into<String>) {
        self.messages.say(tone, text, now(), None);
    }

    fn command_engine(&mut self, command: engine::Command) {
        let result = self.engine.as_ref().map(|engine| engine.send(command));
        if let Some(Err(error)) = result {
            self.say(Tone::Error, error.to_string());
        }
    }

    fn apply_settings(&mut self, ctx: &egui::Context) {
        ctx.set_theme(match self.settings.theme {
            ThemeChoice::System => ThemePreference::System,
            ThemeChoice::Light => ThemePreference::Light,
            ThemeChoice::Dark => ThemePreference::Dark,
        });
        self.zone = zone_of(&self.settings);
        self.remake_events();
    }

    fn save_settings(&mut self) {
        if self.settings == self.saved_settings {
            return;
        }
        self.saved_settings = self.settings.clone();
        let path = self.data_dir.join(SETTINGS);
        if let Err(error) = self.settings.save(&path) {
            self.say(Tone::Warning, format!("The window's settings cannot be written to {}: {error}", path.display()));
        }
    }

    /// Takes what the engine says.
    fn take_events(&mut self) {
        while let Ok(event) = self.feed.events.try_recv() {
            match event {
                Event::Message { tone, text } => self.say(tone_of(tone), text),
                Event::Sent { call_id, text, tone } => {
                    self.say(tone_of(tone), text);
                    if let Some(call_id) = call_id
                        && self.can_show_replay()
                    {
                        self.select(call_id);
                    }
                }
                Event::CredentialsTried { call_id, result } => self.take_tried(call_id, result),
                Event::Cleared => {
                    self.cleared_at = Some(Instant::now());
                    self.messages.say(Tone::Info, "Calls cleared", now(), Some(Command::UndoClear));
                }
                Event::CertificateImported { problem } => self.certificate_imported(problem),
                Event::SessionChanged => {
                    self.leave_editor();
                    self.keep_events();
                    if let Some(engine) = &self.engine {
                        let live = engine.live();
                        self.live = Tab::new(live.index, live.reader, None);
                        self.live.set_filter(&self.top_bar.filter, None);
                        self.cleared_at = None;
                    }
                    self.say(Tone::Info, "A new session has begun; the one before stays in its file");
                }
            }
        }
        if self.feed.state.has_changed().unwrap_or(false) {
            let before = self.state.setup.clone();
            self.state = self.feed.state.borrow_and_update().clone();
            if !Arc::ptr_eq(&before, &self.state.setup) {
                self.masker = self.state.setup.masker();
            }
        }
    }
}

/// The file of the window's settings in the data folder.
const SETTINGS: &str = "window.json";

fn zone_of(settings: &Settings) -> TimeZone {
    if settings.utc_times { TimeZone::UTC } else { TimeZone::system() }
}

fn now() -> Timestamp {
    Timestamp::from_system_time(SystemTime::now())
}

fn tone_of(tone: engine::Tone) -> Tone {
    match tone {
        engine::Tone::Info => Tone::Info,
        engine::Tone::Warning => Tone::Warning,
        engine::Tone::Error => Tone::Error,
    }
}

/// Height that the list keeps above the editor of a narrow window, in points: its head and three rows.
const EDITED_LIST: f32 = 124.0;

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.is_awake.store(false, Ordering::Release);
        self.take_events();
        self.keep_drafts_of_gone();
        self.take_done();
        self.live.update();
        self.open_first_sample();
        let problem = self.viewed.as_mut().and_then(|viewed| {
            viewed.update();
            viewed.take_problem()
        });
        if let Some(problem) = problem {
            self.say(Tone::Error, problem);
        }
        if self.cleared_at.is_some_and(|at| at.elapsed() > UNDO_FOR) {
            self.cleared_at = None;
            self.messages.withdraw(Command::UndoClear);
        }
        if ctx.input(|input| input.viewport().close_requested()) {
            self.save_settings();
        }
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let mut wishes = self.keys(ui);
        wishes.extend(self.panels_ui(ui));
        wishes.extend(messages::toasts_ui(&mut self.messages, ui));
        messages::list_ui(&mut self.messages, &self.zone, ui);
        self.dialogs_ui(ui);
        self.take_dropped_files(ui);
        self.count_load(ui);
        let had_wishes = !wishes.is_empty();
        for wish in wishes {
            self.carry_out(wish, ui);
        }
        if had_wishes {
            // What was asked for shows in the next frame, not when something else happens.
            ui.request_repaint();
        }
        self.save_settings();
    }

    fn on_exit(&mut self) {
        self.jobs.cancel_save();
        self.jobs.cancel_open();
        self.save_settings();
        if let Some(engine) = self.engine.take()
            && let Err(error) = engine.shut_down(GRACE)
        {
            log::error!("{error}");
        }
    }
}

impl App {
    fn keys(&mut self, ui: &Ui) -> Vec<Wish> {
        if self.dialogs.is_open() {
            return Vec::new();
        }
        command::pressed(ui).into_iter().map(Wish::Command).collect()
    }

    fn panels_ui(&mut self, ui: &mut Ui) -> Vec<Wish> {
        let palette = theme::palette(ui);
        let flat = Frame::new().fill(palette.panel);
        let possible = self.possible();
        let mut wishes = Vec::new();
        let top_bar_model = self.top_bar_model(possible);
        Panel::top("top_bar").exact_size(theme::TOP_BAR).frame(flat).resizable(false).show(ui, |ui| {
            wishes.extend(top_bar::ui(&top_bar_model, &mut self.top_bar, ui));
        });
        let status = self.status_model();
        Panel::bottom("status").exact_size(theme::STATUS_BAR).frame(flat).resizable(false).show(ui, |ui| {
            wishes.extend(status_bar::ui(&status, ui));
        });
        let endpoints = self.endpoints_model();
        let endpoints_width = self.settings.endpoints_width.unwrap_or(theme::ENDPOINTS_WIDTH);
        let shown = Panel::left("endpoints")
            .frame(flat)
            .resizable(true)
            .default_size(endpoints_width)
            .min_size(140.0)
            .max_size(360.0)
            .show(ui, |ui| {
                let summary = self.load_summary();
                let shown = Panel::bottom("load").frame(flat).resizable(false).exact_size(76.0).show(ui, |ui| {
                    if load_panel::summary_ui(&summary, ui).clicked() {
                        wishes.push(Wish::Command(Command::ShowLoad));
                    }
                });
                drop(shown);
                wishes.extend(endpoints::ui(&endpoints, &possible, ui));
            });
        self.settings.endpoints_width = Some(shown.response.rect.width().round());

        self.settings.window_size = ui.input(|input| {
            let size = input.viewport().inner_rect.map(|rect| rect.size());
            size.map(|size| [size.x.round(), size.y.round()]).or(self.settings.window_size)
        });
        self.held_ui(ui);
        let is_narrow = ui.ctx().content_rect().width() < theme::NARROW;
        let area = ui.available_rect_before_wrap();
        let has_detail = self.tab().selected.is_some() || self.editor.is_some() || self.pane != Pane::Call;
        if is_narrow && self.editor.is_some() {
            // Writing needs the room more than the list does.
            let height = (area.height() - EDITED_LIST).max(200.0);
            let below = Panel::bottom("editor_below").frame(flat).resizable(true).default_size(height);
            let shown =
                below.min_size(160.0).max_size((area.height() - 80.0).max(200.0)).show(ui, |ui| self.detail_ui(ui));
            wishes.extend(shown.inner);
        } else if is_narrow {
            if has_detail {
                let height = self.settings.detail_height.unwrap_or(area.height() * 0.58).min(area.height() - 120.0);
                let shown = Panel::bottom("detail_below")
                    .frame(flat)
                    .resizable(true)
                    .default_size(height)
                    .min_size(160.0)
                    .max_size((area.height() - 100.0).max(200.0))
                    .show(ui, |ui| self.detail_ui(ui));
                self.settings.detail_height = Some(shown.response.rect.height().round());
                wishes.extend(shown.inner);
            }
        } else {
            let width = self.settings.detail_width.unwrap_or(area.width() * 0.55).min(area.width() - 320.0);
            let shown = Panel::right("detail")
                .frame(flat)
                .resizable(true)
                .default_size(width)
                .min_size(360.0)
                .max_size((area.width() - 320.0).max(400.0))
                .show(ui, |ui| self.detail_ui(ui));
            self.settings.detail_width = Some(shown.response.rect.width().round());
            wishes.extend(shown.inner);
        }
        CentralPanel::default().frame(flat).show(ui, |ui| wishes.extend(self.list_ui(ui)));
        wishes
    }

    fn list_ui(&mut self, ui: &mut Ui) -> Vec<Wish> {
        let possible = self.possible();
        let mut wishes = Vec::new();
        if let Some(model) = self.tabs_model() {
            wishes.extend(tabs::ui(&model, ui));
            let rect = ui.cursor();
            ui.painter().hline(rect.x_range(), rect.top(), Stroke::new(1.0, theme::palette(ui).line));
        }
        if let Some(model) = self.empty_model() {
            wishes.extend(empty::calls_ui(&model, &possible, ui));
            return wishes;
        }
        if let ListenState::Stopped { why, next_free } = &self.state.listen
            && !why.is_empty()
            && !self.shows_viewed
        {
            wishes.extend(empty::not_listening_strip_ui(why, *next_free, ui));
        }
        self.marked_ui(ui);
        // The list's own state is taken out while it draws rows that the rest of the window knows about.
        let mut list = std::mem::take(&mut self.tab_mut().list);
        let under_way = self.under_way_shown();
        let rows = |row_idx: usize| self.row_model(row_idx, &under_way);
        let possible_for = |call_id| self.possible_for(Some(call_id));
        let tab = self.tab();
        let opened = tab.opened_rows();
        let model = calls::CallsModel {
            n_rows: tab.search.ids().len() + under_way.len(),
            rows: &rows,
            opened: &opened,
            selected: tab.selected_row(),
            is_selected: &|call_id| tab.several.contains(call_id),
            selected_event: tab.selected_event,
            possible: &possible_for,
            generation: tab.generation + if self.shows_viewed { 1 << 32 } else { 0 },
            compact: self.settings.compact_rows,
        };
        wishes.extend(calls::ui(&model, &mut list, ui));
        self.tab_mut().list = list;
        wishes
    }

    fn detail_ui(&mut self, ui: &mut Ui) -> Vec<Wish> {
        if self.pane_ui(ui) {
            return Vec::new();
        }
        self.open_selected();
        if self.editor.is_some() {
            return self.editor_ui(ui);
        }
        self.detail.tunnel_us = self.tunnel_us_of_selected();
        let (viewed, live) = (&mut self.viewed, &mut self.live);
        let tab = match viewed {
            Some(viewed) if self.shows_viewed => viewed,
            _ => live,
        };
        let wishes = match tab.model_mut() {
            Some(model) => detail::ui(model, &mut self.detail, ui),
            None => {
                empty::nothing_selected_ui(ui);
                Vec::new()
            }
        };
        for wish in wishes {
            self.carry_out_detail(wish, ui);
        }
        Vec::new()
    }

    fn editor_ui(&mut self, ui: &mut Ui) -> Vec<Wish> {
        if self.held_editor_ui(ui) {
            return Vec::new();
        }
        let Some(mut editor) = self.editor.take() else {
            return Vec::new();
        };
        let is_open = |record: &&crate::call::Record| Some(record.opening.call_id) == editor.against;
        let record = self.tab().record().filter(is_open);
        let shown = self.tab().shown().filter(is_open);
        let hook = record.map_or(editor.hook, |record| record.opening.hook);
        let wishes = editor::ui(&mut editor, &|draft| models::predict(draft, hook, record, shown), ui);
        self.editor = Some(editor);
        for wish in wishes {
            self.carry_out_editor(wish);
        }
        Vec::new()
    }
}
