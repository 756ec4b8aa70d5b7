//! Opens and closes deliveries in the list, and moves among their events.

use std::sync::Arc;

use super::App;
use super::pane::Pane;
use super::several::Selecting;
use super::tab::Tab;
use crate::call::CallId;
use crate::window::command::Command;
use crate::window::panels::body_view::View;
use crate::window::panels::calls::{self, EventRow, Line, Opened, Unrolled};
use crate::window::panels::messages::Tone;

/// More deliveries than this are not open at once: the oldest closes when another opens.
const MOST_OPEN: usize = 256;

impl Tab {
    /// The opened deliveries among the calls that are shown, in order.
    pub fn opened_rows(&self) -> Vec<Opened> {
        let ids = self.search.ids();
        let at = |(call_id, events): (&CallId, &Arc<[EventRow]>)| {
            Some(Opened { row_idx: ids.binary_search(call_id).ok()?, events: events.clone() })
        };
        self.opened.iter().filter_map(at).collect()
    }

    fn unrolled(&self) -> Unrolled {
        Unrolled::new(self.opened_rows().iter().map(|opened| (opened.row_idx, opened.events.len())))
    }
}

impl App {
    /// Opens the call of a sample that was sent while the list was empty: its verdict is what was asked to be seen.
    pub(super) fn open_first_sample(&mut self) {
        if !self.opens_first {
            return;
        }
        // Its access token may have been fetched first: that is not the call that was asked for.
        let is_hook = |call_id: &CallId| {
            self.live.index.get(*call_id).is_some_and(|call| call.hook != crate::okta::HookKind::Unknown)
        };
        let Some(call_id) = self.live.search.ids().iter().copied().find(is_hook) else {
            return;
        };
        self.opens_first = false;
        if self.live.selected.is_none() && !self.shows_viewed && self.pane == Pane::Call {
            self.select(call_id);
        }
    }

    pub(super) fn toggle_events(&mut self, call_id: CallId) {
        if self.tab_mut().opened.remove(&call_id).is_none() {
            self.open_events(call_id);
        } else if self.tab().selected == Some(call_id) {
            self.tab_mut().selected_event = None;
        }
    }

    fn open_events(&mut self, call_id: CallId) {
        let (masker, zone) = (self.masker.clone(), self.zone.clone());
        let record = match self.tab().reader.record(call_id) {
            Ok(Some(record)) => masker.mask_record(&record),
            Ok(None) => return,
            Err(error) => {
                self.say(Tone::Error, error.to_string());
                return;
            }
        };
        let known = record.closing.events.as_deref();
        let events = EventRow::of_delivery(call_id, &record.opening.request.body, known, &zone);
        if events.is_empty() {
            self.say(Tone::Info, format!("Call {call_id} has no events in it that can be read"));
            return;
        }
        let tab = self.tab_mut();
        tab.opened.insert(call_id, events);
        if tab.opened.len() > MOST_OPEN {
            tab.opened.pop_first();
        }
        if let Ok(row_idx) = tab.search.ids().binary_search(&call_id) {
            tab.list.reveal_events(row_idx);
        }
    }

    /// Makes the rows of opened deliveries again, as where times are shown in another zone.
    pub(super) fn remake_events(&mut self) {
        let call_ids: Vec<CallId> = self.tab().opened.keys().copied().collect();
        for call_id in call_ids {
            self.tab_mut().opened.remove(&call_id);
            self.open_events(call_id);
        }
    }

    /// Selects a call and points at one of its events in the request.
    pub(super) fn show_event(&mut self, call_id: CallId, event_idx: usize) {
        self.select(call_id);
        let tab = self.tab_mut();
        let events = tab.opened.get(&call_id);
        let event_pos =
            events.and_then(|events| events.iter().position(|event| event.event_idx == event_idx)).unwrap_or(0);
        tab.selected_event = Some(event_pos);
        if let Ok(row_idx) = tab.search.ids().binary_search(&call_id) {
            let line_idx = tab.unrolled().line_of(Line::Event { row_idx, event_pos });
            tab.list.reveal_line(line_idx);
        }
        self.open_selected();
        let pointer = format!("/data/events/{event_idx}");
        let is_shown = self.tab_mut().model_mut().is_some_and(|model| model.request.show_pointer(&pointer));
        if is_shown {
            self.detail.view = View::Tree;
        }
    }

    /// Moves the selection by lines: calls, and the events of opened deliveries.
    pub(super) fn move_selection(&mut self, command: Command) {
        let tab = self.tab_mut();
        let unrolled = tab.unrolled();
        let selected = tab.selected_row().map(|row_idx| match tab.selected_event {
            Some(event_pos) => unrolled.line_of(Line::Event { row_idx, event_pos }),
            None => unrolled.line_of_call(row_idx),
        });
        let n_lines = tab.search.ids().len() + unrolled.n_events();
        let Some(line_idx) = calls::go(command, selected, n_lines, &mut tab.list) else {
            return;
        };
        let line = unrolled.line(line_idx);
        let Some(call_id) = tab.search.ids().get(line.row_idx()).copied() else {
            return;
        };
        let extends = matches!(command, Command::ExtendNext | Command::ExtendPrevious);
        match line {
            _ if extends => self.select_as(call_id, Selecting::Through),
            Line::Call(_) => self.select(call_id),
            Line::Event { event_pos, .. } => {
                let events = self.tab().opened.get(&call_id);
                let event_idx = events.and_then(|events| events.get(event_pos)).map_or(0, |event| event.event_idx);
                self.show_event(call_id, event_idx);
            }
        }
    }

    /// → opens the selected delivery, ← closes it; ← on an event goes to its delivery.
    pub(super) fn events_command(&mut self, command: Command) {
        let Some(call_id) = self.tab().selected else {
            return;
        };
        let is_open = self.tab().opened.contains_key(&call_id);
        match command {
            Command::ShowEvents if !is_open => self.toggle_events(call_id),
            Command::HideEvents if self.tab().selected_event.is_some() => self.select(call_id),
            Command::HideEvents if is_open => self.toggle_events(call_id),
            _ => {}
        }
    }
}
