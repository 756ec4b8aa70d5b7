//! The panels' models, made from what the engine and the session say.

use std::path::Path;
use std::sync::Arc;

use super::App;
use crate::call::{CallId, Record, Summary};
use crate::engine::{ListenState, UnderWay};
use crate::okta::{self, Answer, Asked, Credential, Exchange, HookKind};
use crate::respond::{Endpoint, Setup};
use crate::session::OpenProgress;
use crate::window::command::{Possible, PossibleCall};
use crate::window::panels::calls::RowModel;
use crate::window::panels::editor::{Draft, Prediction};
use crate::window::panels::empty::{EmptyCalls, NothingYet};
use crate::window::panels::endpoints::{EndpointsModel, worst_of};
use crate::window::panels::messages::Tone;
use crate::window::panels::status_bar::{Health, SessionName, StatusModel};
use crate::window::panels::tabs::{OpenedTab, TabProgress, TabsModel};
use crate::window::panels::top_bar::{FilterError, TopBarModel};
use crate::window::settings::ThemeChoice;

impl App {
    pub(super) fn possible(&self) -> Possible {
        self.possible_for(self.tab().selected)
    }

    pub(super) fn possible_for(&self, call_id: Option<CallId>) -> Possible {
        let tab = self.tab();
        // What is asked of a call outside the selection is asked of it alone.
        let is_of_several = call_id.is_some_and(|call_id| tab.several.contains(call_id));
        let call = call_id.and_then(|call_id| tab.index.get(call_id));
        Possible {
            listening: matches!(self.state.listen, ListenState::Listening { .. }),
            has_calls: self.n_visible() > 0,
            can_undo_clear: self.cleared_at.is_some(),
            has_filter: !self.top_bar.filter.is_empty() || tab.endpoint.is_some(),
            n_selected: if is_of_several { tab.several.len() } else { usize::from(call.is_some()) },
            call: call.as_ref().map(|call| PossibleCall {
                was_request: call.path.is_some(),
                can_edit_response: call.path.is_some() || self.endpoint_of(call).is_some(),
                pinned: tab.index.is_pinned(call.call_id),
                has_events: call.hook == HookKind::Event && call.events.n_events() != Some(0),
            }),
            has_endpoint: tab.endpoint.is_some(),
            compare: self.possible_compare(call.as_ref()),
            viewing: tab.is_viewed(),
            following: tab.list.is_following(),
            compact_rows: self.settings.compact_rows,
            rules_on: self.state.setup.rules_on,
            holding: self.endpoint_in_question().is_some_and(|endpoint| endpoint.action.hold.is_some()),
            theme: match self.settings.theme {
                ThemeChoice::System => egui::ThemePreference::System,
                ThemeChoice::Light => egui::ThemePreference::Light,
                ThemeChoice::Dark => egui::ThemePreference::Dark,
            },
        }
    }

    /// The endpoint that answers such a call: that of its path, else the first of its kind.
    pub(super) fn endpoint_of(&self, call: &Summary) -> Option<&Endpoint> {
        let setup: &Setup = &self.state.setup;
        call.path
            .as_deref()
            .and_then(|path| setup.endpoint_at(path))
            .or_else(|| setup.endpoints.iter().find(|endpoint| endpoint.hook.kind() == Some(call.hook)))
    }

    /// Calls of the session on screen that are not cleared.
    fn n_visible(&self) -> usize {
        let tab = self.tab();
        tab.index.tallies().iter().map(|(_, tally)| tally.n_calls).sum::<usize>().max(tab.search.ids().len())
    }

    pub(super) fn top_bar_model(&self, possible: Possible) -> TopBarModel {
        TopBarModel {
            listening: match &self.state.listen {
                ListenState::Listening { https, .. } => Some(https.to_string()),
                ListenState::Stopped { .. } => None,
            },
            filter_error: self
                .tab()
                .filter_errors
                .first()
                .map(|error| FilterError { span: error.range.clone(), reason: error.reason.clone() }),
            recent_sessions: self.settings.recent_sessions.clone(),
            possible,
        }
    }

    pub(super) fn status_model(&self) -> StatusModel {
        let tab = self.tab();
        let is_filtered = !tab.search.filter().is_empty();
        StatusModel {
            address: self.address(),
            public_url: self.state.public_url().map(|url| url.to_string()),
            rules: self.rules_shown(),
            n_calls: self.n_visible(),
            n_selected: tab.several.len(),
            n_shown: is_filtered.then(|| tab.search.ids().len()),
            n_in_flight: self.state.n_under_way,
            events_today: self.events_today().n_events,
            session: SessionName {
                path: tab.path.clone(),
                is_working: !tab.is_viewed() && self.state.session.is_working,
                viewed: tab.is_viewed(),
            },
            health: self.health(),
        }
    }

    /// `https://127.0.0.1:8443`, while it listens.
    pub(super) fn address(&self) -> Option<String> {
        match &self.state.listen {
            ListenState::Listening { https, .. } => Some(format!("https://{https}")),
            ListenState::Stopped { .. } => None,
        }
    }

    fn health(&self) -> Health {
        let mut problems = Vec::new();
        if let ListenState::Stopped { why, .. } = &self.state.listen
            && !why.is_empty()
        {
            problems.push((Tone::Error, "Not listening".to_owned()));
        }
        if let ListenState::Listening { warning: Some(_), .. } = &self.state.listen {
            problems.push((Tone::Warning, "Reachable from other machines".to_owned()));
        }
        problems.extend(self.certificate_health());
        let recorder = &self.state.recorder;
        if recorder.last_error.is_some() {
            problems.push((Tone::Error, "The session file cannot be written".to_owned()));
        }
        if recorder.n_removed > 0 {
            problems.push((Tone::Warning, format!("{} old calls removed", recorder.n_removed)));
        }
        problems.extend(self.tunnel_problem());
        if self.state.workspace_problem.is_some() {
            problems.push((Tone::Warning, "The workspace file is not written".to_owned()));
        }
        match problems.first().cloned() {
            None => Health::Well,
            Some((tone, text)) => Health::Problem { tone, text, n_problems: problems.len() },
        }
    }

    pub(super) fn endpoints_model(&self) -> EndpointsModel {
        let tab = self.tab();
        let tallies = tab.index.tallies();
        let tally = |name: &str| {
            let found = tallies.iter().find(|(endpoint, _)| endpoint.as_deref() == Some(name));
            found.map_or((0, None), |(_, tally)| {
                let recent = tally.recent.iter().flatten().map(|(outcome, _)| *outcome);
                (tally.n_calls, worst_of(recent))
            })
        };
        EndpointsModel::new(&self.state.setup, tally, &self.state.staged, self.n_visible(), tab.endpoint.clone())
    }

    pub(super) fn tabs_model(&self) -> Option<TabsModel> {
        let opened = |path: &Path, progress: Option<&OpenProgress>| OpenedTab {
            name: path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            path: path.display().to_string(),
            progress: progress.map(|progress| {
                let (n_done, n_all) = progress.rows();
                TabProgress { share: progress.share(), n_done, n_all }
            }),
        };
        let viewed = self.viewed.as_ref().map(|viewed| opened(&viewed.path, viewed.loading()));
        let opening = self.jobs.opening.as_ref().map(|opening| opened(&opening.path, Some(&opening.progress)));
        (viewed.is_some() || opening.is_some()).then(|| TabsModel {
            viewed,
            opening,
            n_new: self.live.index.len().saturating_sub(self.n_live_seen),
            shows_live: !self.shows_viewed,
        })
    }

    /// What stands in place of the list, where it has nothing to show.
    pub(super) fn empty_model(&self) -> Option<EmptyCalls> {
        let tab = self.tab();
        if !tab.search.ids().is_empty() || !self.under_way_shown().is_empty() {
            return None;
        }
        let n_visible = self.n_visible();
        if n_visible > 0 && !tab.search.filter().is_empty() {
            let endpoint = tab.endpoint.clone().filter(|_| self.top_bar.filter.trim().is_empty());
            return Some(EmptyCalls::FilterHides { n_hidden: n_visible, endpoint });
        }
        if tab.is_viewed() {
            return Some(EmptyCalls::EmptySession);
        }
        Some(match &self.state.listen {
            ListenState::Stopped { why, next_free } => {
                EmptyCalls::NotListening { why: why.clone(), next_free: *next_free }
            }
            ListenState::Listening { https, .. } => EmptyCalls::NothingYet(NothingYet {
                address: format!("https://{https}"),
                recipes: self.first_recipes(),
                public_url: self.state.public_url().map(|url| url.to_string()),
                example_path: self
                    .state
                    .setup
                    .endpoints
                    .iter()
                    .find(|endpoint| endpoint.hook.kind() == Some(HookKind::Token))
                    .or(self.state.setup.endpoints.first())
                    .map_or_else(|| "/hooks/token".to_owned(), |endpoint| endpoint.path.clone()),
            }),
        })
    }

    /// Calls under way that belong below the rows on screen. With a text filter on they wait until they have ended.
    pub(super) fn under_way_shown(&self) -> Vec<UnderWay> {
        if self.shows_viewed || !self.top_bar.filter.trim().is_empty() {
            return Vec::new();
        }
        let endpoint: Option<&Arc<str>> = self.live.endpoint.as_ref();
        let is_shown = |call: &&UnderWay| {
            (endpoint.is_none() || call.endpoint.as_ref() == endpoint) && self.live.index.get(call.call_id).is_none()
        };
        self.state.under_way.iter().filter(is_shown).cloned().collect()
    }

    pub(super) fn row_model(&self, row_idx: usize, under_way: &[UnderWay]) -> RowModel {
        let tab = self.tab();
        let ids = tab.search.ids();
        if let Some(call_id) = ids.get(row_idx)
            && let Some(summary) = tab.index.get(*call_id)
        {
            let note = tab.index.note(*call_id);
            let (pinned, has_retry) = (tab.index.is_pinned(*call_id), tab.index.has_retry(*call_id));
            let row = RowModel::new(&summary, &self.zone, pinned, note, has_retry);
            return match self.tunnel_us(&summary) {
                Some(tunnel_us) => row.with_tunnel(tunnel_us),
                None => row,
            };
        }
        let now = super::now();
        match under_way.get(row_idx.saturating_sub(ids.len())) {
            Some(call) => RowModel::under_way(call.call_id, call.received_at, call.hook, &call.path, now, &self.zone),
            // A row that has just gone; the next frame no longer has it.
            None => RowModel::under_way(CallId(0), now, HookKind::Unknown, "", now, &self.zone),
        }
    }
}

/// What is known to have been asked for by the call that a draft would answer.
pub fn asked_of(record: Option<&Record>) -> Asked<'_> {
    match record {
        Some(record) => match record.opening.request.header(okta::CHALLENGE_HEADER) {
            Some(challenge) if record.opening.hook == HookKind::Verification => Asked::Challenge(challenge),
            _ => Asked::Body(&record.opening.request.body),
        },
        None => Asked::NotGiven,
    }
}

/// What Okta would do with a draft, as the answer to the open call or to one that is not known. The effect is that on `shown`,
/// the call as it may be seen.
pub fn predict(draft: &Draft, hook: HookKind, record: Option<&Record>, shown: Option<&Record>) -> Prediction {
    let exchange = |asked| Exchange {
        hook,
        endpoint_hook: None,
        asked,
        answer: Answer::Complete {
            status: draft.status,
            content_type: draft.content_type.as_deref(),
            body: draft.body.as_bytes(),
        },
        elapsed: draft.delay,
        attempt: 1,
        credential: Credential::Good,
    };
    let verdict = okta::judge(&exchange(asked_of(record)));
    let effect = okta::effect(&exchange(asked_of(shown)), verdict.outcome);
    Prediction { verdict, effect }
}
