//! One session on screen: its index, its filter, what is selected, and the open call.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::several::{Selecting, Several};
use crate::call::{CallId, Masker, Record, Revealed, SecretPlace, SessionId, Summary, attempt_sentences};
use crate::okta::{Retry, gap_text};
use crate::respond::Setup;
use crate::session::{Filter, FilterError, Index, OpenProgress, Reader, Search, ViewedSession};
use crate::window::panels::calls::{EventRow, ListState};
use crate::window::panels::detail::{DetailModel, Standing};
use crate::window::panels::detail_tabs::HistoryEntry;
use crate::window::panels::token_view::TokenModel;

/// A session as the window looks at it.
pub struct Tab {
    pub index: Index,
    pub reader: Reader,
    pub session: SessionId,
    pub path: PathBuf,
    pub search: Search,
    /// Changes with the filter, so that nothing counts as new after it.
    pub generation: u64,
    /// The open call.
    pub selected: Option<CallId>,
    /// The calls that are selected together with it.
    pub several: Several,
    /// The version of the marks up to which those are known to be shown.
    marks_of_several: u64,
    /// Position of the event that is shown of the selected delivery.
    pub selected_event: Option<usize>,
    /// The deliveries whose events are shown beneath them.
    pub opened: BTreeMap<CallId, Arc<[EventRow]>>,
    pub list: ListState,
    pub filter_errors: Vec<FilterError>,
    pub endpoint: Option<Arc<str>>,
    open: Option<Open>,
    /// Set for an opened session; dropping it ends its loading.
    viewed: Option<ViewedSession>,
    /// What is wrong with its file has been said.
    problem_is_said: bool,
}

/// The open call, made ready to be drawn.
struct Open {
    key: OpenKey,
    /// As it was recorded.
    record: Record,
    model: DetailModel,
}

/// Everything that the open call's model is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenKey {
    pub call_id: CallId,
    pub has_ended: bool,
    pub marks_version: u64,
    pub n_rows: usize,
    pub revealed: Revealed,
    /// Another setup may mask more or less.
    pub setup_revision: u64,
    pub has_staged: bool,
    pub is_utc: bool,
}

impl Tab {
    pub fn new(index: Index, reader: Reader, viewed: Option<ViewedSession>) -> Tab {
        Tab {
            session: reader.session(),
            path: reader.path().to_owned(),
            index,
            reader,
            search: Search::new(Filter::default()),
            generation: 0,
            selected: None,
            several: Several::default(),
            marks_of_several: 0,
            selected_event: None,
            opened: BTreeMap::new(),
            list: ListState::default(),
            filter_errors: Vec::new(),
            endpoint: None,
            open: None,
            viewed,
            problem_is_said: false,
        }
    }

    pub fn is_viewed(&self) -> bool {
        self.viewed.is_some()
    }

    /// How far an opened session is read, until all of it is.
    pub fn loading(&self) -> Option<&OpenProgress> {
        self.viewed.as_ref().filter(|viewed| !viewed.is_complete()).map(ViewedSession::progress)
    }

    /// What is wrong with the file of an opened session, once.
    pub fn take_problem(&mut self) -> Option<String> {
        let problem = self.viewed.as_ref().and_then(ViewedSession::problem).filter(|_| !self.problem_is_said)?;
        self.problem_is_said = true;
        Some(problem.to_owned())
    }

    /// Shows only what a filter lets through, of one endpoint or of all.
    pub fn set_filter(&mut self, text: &str, endpoint: Option<Arc<str>>) {
        let (_, errors) = Filter::parse_lossy(text);
        let whole = match &endpoint {
            Some(name) => format!("{text} endpoint:\"{}\"", name.replace('"', "")),
            None => text.to_owned(),
        };
        let (filter, _) = Filter::parse_lossy(&whole);
        self.filter_errors = errors;
        self.endpoint = endpoint;
        self.search = Search::new(filter);
        self.generation += 1;
        self.forget_hidden();
    }

    /// Takes what is new in the index. True if there was something.
    pub fn update(&mut self) -> bool {
        if !self.several.is_empty() && self.marks_of_several != self.index.marks_version() {
            // Calls may have been cleared, removed, or pinned no longer.
            self.forget_hidden();
        }
        self.search.update(&self.index)
    }

    /// Position of the selected call among those that are shown.
    pub fn selected_row(&self) -> Option<usize> {
        self.search.ids().binary_search(&self.selected?).ok()
    }

    pub fn select(&mut self, call_id: CallId) {
        self.select_as(call_id, Selecting::Alone);
    }

    /// Selects a call alone, or together with others.
    pub fn select_as(&mut self, call_id: CallId, how: Selecting) {
        self.selected = self.several.select(call_id, how, self.search.ids(), self.selected);
        self.selected_event = None;
        // The list stays where it is while a call is taken out of the selection.
        if self.selected == Some(call_id)
            && let Some(row) = self.selected_row()
        {
            self.list.reveal(row);
        }
    }

    /// Selects every call that the list shows; the open one stays open, where there is one.
    pub fn select_all(&mut self) {
        self.several.select_all(self.search.ids());
        self.selected = self.selected.or(self.search.ids().last().copied());
    }

    /// Forgets selected calls that the list shows no longer. The open one stays open.
    pub fn forget_hidden(&mut self) {
        self.search.update(&self.index);
        self.selected = self.several.keep_shown(self.search.ids(), self.selected);
        self.marks_of_several = self.index.marks_version();
    }

    /// Every selected call, in the order in which they came.
    pub fn selected_ids(&self) -> Vec<CallId> {
        match self.several.is_empty() {
            true => self.selected.into_iter().collect(),
            false => self.several.ids().collect(),
        }
    }

    pub fn n_selected(&self) -> usize {
        self.several.len().max(usize::from(self.selected.is_some()))
    }

    /// The open call as it was recorded.
    pub fn record(&self) -> Option<&Record> {
        self.open.as_ref().map(|open| &open.record)
    }

    /// The open call as it may be seen: masked, unless its secrets are revealed.
    pub fn shown(&self) -> Option<&Record> {
        self.open.as_ref().map(|open| &open.model.record)
    }

    /// The places of the open call's secrets.
    pub fn secret_places(&self) -> impl Iterator<Item = &SecretPlace> {
        self.open.iter().flat_map(|open| &open.model.secrets).map(|secret| &secret.place)
    }

    pub fn model_mut(&mut self) -> Option<&mut DetailModel> {
        self.open.as_mut().map(|open| &mut open.model)
    }

    /// Reads the selected call where it is not the open one yet, or has changed since. Gives what went wrong.
    pub fn open_selected(
        &mut self,
        revealed: &Revealed,
        has_staged: bool,
        setup: &Setup,
        masker: &Masker,
        zone: &TimeZone,
        is_utc: bool,
    ) -> Option<String> {
        let Some(call_id) = self.selected else {
            self.open = None;
            return None;
        };
        let key = OpenKey {
            call_id,
            has_ended: self.index.get(call_id).is_some(),
            marks_version: self.index.marks_version(),
            // A retry or replay of the open call can come at any time.
            n_rows: self.index.len(),
            revealed: revealed.clone(),
            setup_revision: setup.revision,
            has_staged,
            is_utc,
        };
        if self.open.as_ref().is_some_and(|open| open.key == key) {
            return None;
        }
        let is_same_call = self
            .open
            .as_ref()
            .is_some_and(|open| OpenKey { n_rows: key.n_rows, ..open.key.clone() } == key && open.key.has_ended);
        if is_same_call {
            // Only other calls have come: the history may have grown, nothing else.
            let retry = self.open.as_ref().map(|open| open.record.closing.verdict.retry.clone());
            let (history, attempts) = self.history(call_id, masker, zone, retry.as_ref());
            if let Some(open) = &mut self.open {
                open.key = key;
                open.model.history = history;
                open.model.attempts = attempts;
            }
            return None;
        }
        match self.reader.record(call_id) {
            Ok(Some(record)) => {
                let shown = masker.show(&record, revealed);
                let time = record.opening.request.received_at.time_of_day(zone, true);
                let retry = record.closing.verdict.retry.clone();
                let (history, attempts) = self.history(call_id, masker, zone, Some(&retry));
                let mut model = DetailModel::of_shown(shown, history, time);
                model.attempts = attempts;
                // Of the call as it came: in the masked one there is no token to read.
                let decoded = crate::auth::decoded_bearer(&record.opening.request.headers);
                model.token = decoded.map(|decoded| TokenModel::new(&decoded, masker, zone));
                model.set_masked(&setup.mask);
                if let Some(open) = self.open.as_ref().filter(|open| open.key.call_id == call_id) {
                    model.open_like(&open.model);
                }
                if self.is_viewed() {
                    model.standing = Standing::ReadOnly;
                    model.effect.without = None;
                }
                model.has_staged = has_staged;
                self.open = Some(Open { key, record, model });
                None
            }
            Ok(None) => {
                self.open = None;
                self.selected = None;
                None
            }
            Err(error) => {
                self.open = None;
                self.selected = None;
                Some(error.to_string())
            }
        }
    }

    /// The calls that belong together: the first one, its retry, its duplicates, its replays; and what the call is among them,
    /// in sentences.
    fn history(
        &self,
        call_id: CallId,
        masker: &Masker,
        zone: &TimeZone,
        retry: Option<&Retry>,
    ) -> (Vec<HistoryEntry>, Vec<String>) {
        let Some(own) = self.index.get(call_id) else {
            return (Vec::new(), Vec::new());
        };
        let of_this_session = |summary: &crate::call::Summary| {
            summary.replay_of.filter(|replay_of| replay_of.session == self.session).map(|replay_of| replay_of.call_id)
        };
        let first = own.link.retry_of.or(own.link.duplicate_of).or(of_this_session(&own)).unwrap_or(call_id);
        let mut ids = vec![first];
        self.index.for_each(first, CallId(u32::MAX), |row| {
            let repeats = row.retry_of() == Some(first) || row.duplicate_of() == Some(first);
            let replays =
                row.is_replay() && self.index.get(row.call_id).as_ref().and_then(of_this_session) == Some(first);
            if repeats || replays {
                ids.push(row.call_id);
            }
        });
        if !ids.contains(&call_id) {
            ids.push(call_id);
        }
        // What is shown of it fits on a screen.
        ids.truncate(50);
        let own_token = own.token.map(|token| token.token_call);
        let users = self.index.users_of_token(call_id);
        ids.extend(own_token.into_iter().chain(users.iter().copied().take(50)).filter(|id| *id != call_id));
        let is_of_token = |id: CallId| own_token == Some(id) || users.contains(&id);
        let calls: Vec<Summary> = ids.into_iter().filter_map(|id| self.index.get(id)).collect();
        let repeats: Vec<Summary> = calls.iter().filter(|call| !is_of_token(call.call_id)).cloned().collect();
        let attempts = retry.map(|retry| attempt_sentences(&own, &repeats, retry)).unwrap_or_default();
        let began_at = calls.first().map_or(own.received_at, |call| call.received_at);
        let entries = calls.iter().map(|summary| {
            let id = summary.call_id;
            let relation = match () {
                () if own_token == Some(id) => "fetched the token",
                () if users.contains(&id) => "used the token",
                () if id == first => "first call",
                () if summary.link.retry_of.is_some() => "retry",
                () if summary.link.duplicate_of.is_some() => "duplicate",
                () => "replay",
            };
            let mut time = summary.received_at.time_of_day(zone, false);
            if id != first && !is_of_token(id) {
                time.push_str(&format!(", {} later", gap_text(summary.received_at.micros_since(began_at))));
            }
            HistoryEntry {
                call_id: id,
                relation,
                time,
                status: summary.status,
                outcome: summary.outcome,
                is_open: id == call_id,
                is_of_token: is_of_token(id),
                response: self.response_text(id, masker),
            }
        });
        (entries.collect(), attempts)
    }

    fn response_text(&self, call_id: CallId, masker: &Masker) -> String {
        let record = self.reader.record(call_id).ok().flatten();
        let response = record.and_then(|record| masker.mask_record(&record).opening.response);
        let body = response.map(|response| response.body).unwrap_or_default();
        String::from_utf8_lossy(&body).chars().take(4_000).collect()
    }
}
