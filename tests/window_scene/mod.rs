//! A made-up hour of calls, and the frame of the window around it, for the tests of what is on screen.

#![allow(dead_code, reason = "each test file uses its part")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use egui::{CentralPanel, Frame, Panel, ThemePreference, Ui, UiBuilder};
use hookscope::call::{AuthResult, CallId, Direction, EventCounts, Link, ProblemKind, Summary, Timestamp};
use hookscope::okta::{HookKind, Outcome};
use hookscope::respond::Setup;
use hookscope::window::command::{Possible, PossibleCall};
use hookscope::window::panels::Wish;
use hookscope::window::panels::calls::{self, CallsModel, ListState, Opened, RowModel};
use hookscope::window::panels::empty::{self, EmptyCalls, NothingYet};
use hookscope::window::panels::endpoints::{self, EndpointsModel};
use hookscope::window::panels::messages::{self, Messages};
use hookscope::window::panels::status_bar::{self, Health, SessionName, StatusModel};
use hookscope::window::panels::top_bar::{self, FilterError, TopBarModel, TopBarState};
use hookscope::window::theme;
use jiff::tz::TimeZone;

/// 2031-04-05 06:07:08.910 UTC.
pub const START: Timestamp = Timestamp(1_933_222_028_910_000);

/// Everything on screen, and every wish that came of it.
pub struct Scene {
    pub rows: Vec<RowModel>,
    pub selected: Option<CallId>,
    pub several: Vec<CallId>,
    pub opened: Vec<Opened>,
    pub selected_event: Option<usize>,
    pub list: ListState,
    pub generation: u64,
    pub compact: bool,
    pub empty: Option<EmptyCalls>,
    pub possible: Possible,
    pub listening: bool,
    pub top: TopBarState,
    pub filter_error: Option<FilterError>,
    pub setup: Setup,
    pub staged: Vec<Arc<str>>,
    pub endpoint: Option<Arc<str>>,
    pub messages: Messages,
    pub health: Health,
    pub n_in_flight: usize,
    pub events_today: u64,
    /// Wishes of this frame.
    pub wishes: Vec<Wish>,
    /// Wishes that a test looks at.
    pub asked: Vec<Wish>,
}

impl Scene {
    pub fn new(rows: Vec<RowModel>) -> Scene {
        let call = PossibleCall { was_request: true, can_edit_response: true, pinned: false, has_events: true };
        Scene {
            rows,
            selected: None,
            several: Vec::new(),
            opened: Vec::new(),
            selected_event: None,
            list: ListState::default(),
            generation: 1,
            compact: false,
            empty: None,
            possible: Possible {
                listening: true,
                has_calls: true,
                call: Some(call),
                following: true,
                theme: ThemePreference::System,
                ..Possible::default()
            },
            listening: true,
            top: TopBarState::default(),
            filter_error: None,
            setup: Setup::first_start(),
            staged: Vec::new(),
            endpoint: None,
            messages: Messages::default(),
            health: Health::Well,
            n_in_flight: 0,
            events_today: 0,
            wishes: Vec::new(),
            asked: Vec::new(),
        }
    }

    /// A first start: nothing has come.
    pub fn first_start() -> Scene {
        let mut scene = Scene::new(Vec::new());
        scene.possible.call = None;
        scene.empty = Some(EmptyCalls::NothingYet(NothingYet {
            address: "https://127.0.0.1:8443".to_owned(),
            recipes: vec![
                (
                    "cloudflared".to_owned(),
                    "cloudflared tunnel --url https://localhost:8443 --no-tls-verify".to_owned(),
                ),
                ("ngrok".to_owned(), "ngrok http https://localhost:8443".to_owned()),
            ],
            public_url: None,
            example_path: "/hooks/token".to_owned(),
        }));
        scene
    }

    /// The hour of calls that the pictures show.
    pub fn an_hour() -> Scene {
        let mut scene = Scene::new(hour());
        scene.selected = Some(CallId(4));
        scene.n_in_flight = 1;
        scene.endpoint = None;
        scene.staged = vec!["token".into()];
        scene
    }

    /// Draws everything, over the margin that a test's own panel has.
    pub fn ui(&mut self, ui: &mut Ui) {
        let mut root = ui.new_child(UiBuilder::new().max_rect(ui.content_rect()));
        self.root_ui(&mut root);
    }

    fn root_ui(&mut self, ui: &mut Ui) {
        let palette = theme::palette(ui);
        let panel = Frame::new().fill(palette.panel);
        let mut wishes = Vec::new();
        let top = TopBarModel {
            listening: self.listening.then(|| "127.0.0.1:8443".to_owned()),
            filter_error: self.filter_error.clone(),
            recent_sessions: vec![PathBuf::from("/home/me/day-one.hookscope")],
            possible: self.possible,
        };
        Panel::top("top").exact_size(theme::TOP_BAR).frame(panel).resizable(false).show(ui, |ui| {
            wishes.extend(top_bar::ui(&top, &mut self.top, ui));
        });
        let status = StatusModel {
            address: self.listening.then(|| "https://127.0.0.1:8443".to_owned()),
            public_url: None,
            rules: hookscope::window::panels::status_bar::RulesShown::On,
            n_calls: self.rows.len(),
            n_selected: self.several.len(),
            n_shown: None,
            n_in_flight: self.n_in_flight,
            events_today: self.events_today,
            session: SessionName {
                path: PathBuf::from("/home/me/.local/share/hookscope/working.hookscope"),
                is_working: true,
                viewed: false,
            },
            health: self.health.clone(),
        };
        Panel::bottom("status").exact_size(theme::STATUS_BAR).frame(panel).resizable(false).show(ui, |ui| {
            wishes.extend(status_bar::ui(&status, ui));
        });
        let tally = |name: &str| {
            let of_endpoint = self.rows.iter().filter(|row| row.hook.as_str() == name);
            let outcomes = of_endpoint.clone().filter_map(|row| match row.mark {
                hookscope::window::marks::Mark::Outcome(outcome) => Some(outcome),
                hookscope::window::marks::Mark::UnderWay => None,
            });
            (of_endpoint.count(), endpoints::worst_of(outcomes))
        };
        let model = EndpointsModel::new(&self.setup, tally, &self.staged, self.rows.len(), self.endpoint.clone());
        Panel::left("endpoints").default_size(theme::ENDPOINTS_WIDTH).frame(panel).show(ui, |ui| {
            wishes.extend(endpoints::ui(&model, &self.possible, ui));
        });
        let width = ui.available_width();
        if ui.content_rect().width() < theme::NARROW {
            Panel::bottom("detail").default_size(240.0).frame(panel).show(ui, empty::nothing_selected_ui);
        } else {
            Panel::right("detail").default_size(width * 0.55).frame(panel).show(ui, empty::nothing_selected_ui);
        }
        CentralPanel::default().frame(panel).show(ui, |ui| wishes.extend(self.calls_ui(ui)));
        wishes.extend(messages::toasts_ui(&mut self.messages, ui));
        messages::list_ui(&mut self.messages, &TimeZone::UTC, ui);
        self.wishes.extend(wishes);
    }

    fn calls_ui(&mut self, ui: &mut Ui) -> Vec<Wish> {
        if let Some(empty) = &self.empty {
            return empty::calls_ui(empty, &self.possible, ui);
        }
        let rows = |row_idx: usize| self.rows[row_idx].clone();
        let possible = |_: CallId| self.possible;
        let model = CallsModel {
            n_rows: self.rows.len(),
            rows: &rows,
            opened: &self.opened,
            selected_event: self.selected_event,
            is_selected: &|call_id| self.several.contains(&call_id),
            selected: self.selected.and_then(|call_id| self.rows.iter().position(|row| row.call_id == call_id)),
            possible: &possible,
            generation: self.generation,
            compact: self.compact,
        };
        calls::ui(&model, &mut self.list, ui)
    }
}

/// An address that is never bound.
pub fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// A call `seconds` after the start.
pub fn call(call_id: u32, seconds: i64, hook: HookKind, status: u16, outcome: Outcome, total_ms: u32) -> Summary {
    Summary {
        call_id: CallId(call_id),
        direction: Direction::Received,
        received_at: Timestamp(START.0 + seconds * 1_000_000),
        hook,
        endpoint: Some(hook.as_str().into()),
        method: Some("POST".into()),
        path: Some(format!("/hooks/{hook}").into()),
        status: Some(status),
        outcome,
        severity: None,
        auth: AuthResult::Pass,
        total_us: Some(total_ms * 1_000 + 400),
        token: None,
        tls_us: 0,
        link: Link::FIRST,
        replay_of: None,
        problem: None,
        recorded: true,
        event_id: None,
        response_bytes: 0,
        events: EventCounts::default(),
    }
}

pub fn row(summary: &Summary) -> RowModel {
    RowModel::new(summary, &TimeZone::UTC, false, None, false)
}

fn hour() -> Vec<RowModel> {
    let retry = Link { attempt: 2, retry_of: Some(CallId(6)), duplicate_of: None };
    let duplicate = Link { attempt: 1, retry_of: None, duplicate_of: Some(CallId(3)) };
    let mut rows = vec![
        row(&call(1, 0, HookKind::Token, 200, Outcome::Applied, 212)),
        row(&Summary {
            path: Some("/hooks/event".into()),
            ..call(2, 13, HookKind::Verification, 200, Outcome::Verified, 4)
        }),
        row(&call(3, 25, HookKind::Event, 204, Outcome::Accepted, 6)),
        row(&call(4, 33, HookKind::Token, 200, Outcome::Ignored, 187)),
        row(&call(5, 44, HookKind::Saml, 204, Outcome::Unchanged, 35)),
        RowModel::new(
            &call(6, 56, HookKind::Registration, 500, Outcome::Refused, 96),
            &TimeZone::UTC,
            false,
            None,
            true,
        ),
        row(&Summary { link: retry, ..call(7, 56, HookKind::Registration, 200, Outcome::Applied, 141) }),
        row(&call(8, 71, HookKind::PasswordImport, 200, Outcome::Denied, 644)),
        row(&call(9, 83, HookKind::Registration, 200, Outcome::Refused, 3_140)),
        row(&Summary {
            auth: AuthResult::NotConfigured,
            ..call(10, 99, HookKind::Token, 200, Outcome::Undocumented, 52)
        }),
        row(&Summary { auth: AuthResult::Fail, ..call(11, 114, HookKind::Telephony, 401, Outcome::Fallback, 12) }),
        row(&Summary { link: duplicate, ..call(12, 127, HookKind::Event, 204, Outcome::Accepted, 5) }),
        RowModel::new(
            &call(13, 139, HookKind::UserImport, 200, Outcome::Applied, 1_710),
            &TimeZone::UTC,
            true,
            Some("cold start of the handler".into()),
            false,
        ),
        row(&call(14, 152, HookKind::Saml, 200, Outcome::Applied, 77)),
        row(&Summary {
            path: Some("/favicon.ico".into()),
            endpoint: None,
            auth: AuthResult::NotConfigured,
            total_us: Some(600),
            ..call(15, 156, HookKind::Unknown, 404, Outcome::Undocumented, 1)
        }),
        row(&Summary {
            path: None,
            method: None,
            endpoint: None,
            status: None,
            total_us: None,
            auth: AuthResult::NotConfigured,
            problem: Some(ProblemKind::NotTls),
            ..call(16, 160, HookKind::Unknown, 0, Outcome::Undocumented, 1)
        }),
    ];
    let received_at = Timestamp(START.0 + 163_000_000);
    let now = Timestamp(received_at.0 + 860_000);
    rows.push(RowModel::under_way(CallId(17), received_at, HookKind::Token, "/hooks/token", now, &TimeZone::UTC));
    rows
}
