//! Where the list stands: scrolling, following, and what has come since.
//!
//! Offsets are kept in 64 bits and only the distance to the top of the window is turned into 32: at 400,000 rows of 28 points
//! an `f32` holds whole points only, and rows would tremble.

use std::collections::VecDeque;
use std::ops::Range;

use super::unrolled::{Line, Unrolled};

/// Scrolling and following of one list. Owned by the window, beside the model.
#[derive(Clone, Debug, PartialEq)]
pub struct ListState {
    /// Points above the top of the window.
    offset: f64,
    following: bool,
    /// Calls, without the events beneath them.
    n_rows: usize,
    unrolled: Unrolled,
    /// Calls that were there when the list was last at its end.
    n_seen: usize,
    generation: Option<u64>,
    row_height: f64,
    height: f64,
    /// Rows that arrived, with the time of the frame that saw them first, in seconds.
    arrivals: VecDeque<(Range<usize>, f64)>,
    reveal: Option<Reveal>,
    give_focus: bool,
}

/// What the next frame is to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reveal {
    Call(usize),
    Line(usize),
    /// The events beneath a call, and the call itself.
    Events(usize),
}

impl Default for ListState {
    fn default() -> ListState {
        ListState {
            offset: 0.0,
            following: true,
            n_rows: 0,
            unrolled: Unrolled::default(),
            n_seen: 0,
            generation: None,
            row_height: f64::from(crate::window::theme::ROW_HEIGHT),
            height: 0.0,
            arrivals: VecDeque::new(),
            reveal: None,
            give_focus: false,
        }
    }
}

/// More bursts than this within the time of a tint are not told apart.
const BURSTS: usize = 64;

impl ListState {
    pub fn is_following(&self) -> bool {
        self.following
    }

    /// Goes to the newest row and scrolls along.
    pub fn follow(&mut self) {
        self.following = true;
        self.n_seen = self.n_rows;
    }

    pub fn stop_following(&mut self) {
        if self.following {
            self.following = false;
            self.n_seen = self.n_rows;
        }
    }

    pub fn toggle_following(&mut self) {
        if self.following { self.stop_following() } else { self.follow() }
    }

    /// Scrolls as little as needed to show a call, in the next frame.
    pub fn reveal(&mut self, row_idx: usize) {
        self.reveal = Some(Reveal::Call(row_idx));
    }

    /// The same with a line, which may be that of an event.
    pub fn reveal_line(&mut self, line_idx: usize) {
        self.reveal = Some(Reveal::Line(line_idx));
    }

    /// The same with the events of a call, as far as they fit beneath it.
    pub fn reveal_events(&mut self, row_idx: usize) {
        self.reveal = Some(Reveal::Events(row_idx));
    }

    /// Calls that came since the list stopped following and that are below what is seen.
    pub fn n_unseen(&self) -> usize {
        self.n_rows - self.n_seen.min(self.n_rows)
    }

    /// How many whole rows fit.
    pub fn n_rows_per_page(&self) -> usize {
        (self.height / self.row_height).floor() as usize
    }

    pub(super) fn give_focus(&mut self) {
        self.give_focus = true;
    }

    pub(super) fn take_focus(&mut self) -> bool {
        std::mem::take(&mut self.give_focus)
    }

    /// Takes in which deliveries are open. What stands at the top stays there, whatever opened or closed above it.
    pub(super) fn unroll(&mut self, unrolled: Unrolled, generation: u64) {
        if self.unrolled == unrolled {
            return;
        }
        if self.generation == Some(generation) {
            let top = (self.offset / self.row_height).floor();
            let within = self.offset - top * self.row_height;
            let line_idx = unrolled.line_of(self.unrolled.line(top as usize));
            self.offset = line_idx as f64 * self.row_height + within;
        }
        self.unrolled = unrolled;
    }

    pub(super) fn line(&self, line_idx: usize) -> Line {
        self.unrolled.line(line_idx)
    }

    pub(super) fn n_lines(&self) -> usize {
        self.n_rows + self.unrolled.n_events()
    }

    /// Takes in what the frame shows: `height` and `row_height` in points, `now` and `new_for` in seconds.
    pub(super) fn begin_frame(
        &mut self,
        n_rows: usize,
        generation: u64,
        row_height: f32,
        height: f32,
        now: f64,
        new_for: f64,
    ) {
        let row_height = f64::from(row_height);
        if self.row_height != row_height {
            self.offset *= row_height / self.row_height;
            self.row_height = row_height;
        }
        self.height = f64::from(height);
        if self.generation != Some(generation) {
            self.generation = Some(generation);
            self.arrivals.clear();
            self.n_seen = n_rows;
        } else if n_rows > self.n_rows {
            self.arrivals.push_back((self.n_rows..n_rows, now));
        }
        self.n_rows = n_rows;
        while self.arrivals.len() > BURSTS || self.arrivals.front().is_some_and(|(_, since)| now - since >= new_for) {
            self.arrivals.pop_front();
        }
        let (first, last) = match self.reveal.take() {
            None => {
                self.settle();
                return;
            }
            Some(Reveal::Line(line_idx)) => (line_idx, line_idx),
            Some(Reveal::Call(row_idx)) => {
                let line_idx = self.unrolled.line_of_call(row_idx);
                (line_idx, line_idx)
            }
            Some(Reveal::Events(row_idx)) => {
                let line_idx = self.unrolled.line_of_call(row_idx);
                (line_idx, line_idx + self.unrolled.n_events_of(row_idx))
            }
        };
        let bottom = (last + 1) as f64 * self.row_height;
        self.offset = self.offset.max(bottom - self.height).min(first as f64 * self.row_height);
        self.settle();
    }

    pub(super) fn scroll_by(&mut self, points: f64) {
        let was_at_end = self.is_at_end();
        self.offset += points;
        self.clamp();
        if points < 0.0 && !self.is_at_end() {
            self.stop_following();
        } else if points > 0.0 && !was_at_end && self.is_at_end() {
            self.follow();
        }
        self.settle();
    }

    /// Moves the middle of the scroll bar's handle to `y`, in points below the top of the list.
    pub(super) fn drag_to(&mut self, y: f32, handle_length: f32, track_length: f32) {
        let room = f64::from((track_length - handle_length).max(1.0));
        let share = (f64::from(y - handle_length / 2.0) / room).clamp(0.0, 1.0);
        let target = share * self.last_offset();
        self.scroll_by(target - self.offset);
    }

    /// Start and length of the scroll bar's handle in points; none where everything is seen.
    pub(super) fn handle(&self, track_length: f32, least: f32) -> Option<(f32, f32)> {
        let all = self.n_lines() as f64 * self.row_height;
        if all <= self.height || self.height <= 0.0 {
            return None;
        }
        let track = f64::from(track_length);
        let length = (track * self.height / all).max(f64::from(least)).min(track);
        let start = (track - length) * (self.offset / self.last_offset());
        Some((start as f32, length as f32))
    }

    /// There are rows above the window.
    pub(super) fn is_scrolled(&self) -> bool {
        self.offset > 0.0
    }

    pub(super) fn visible_lines(&self) -> Range<usize> {
        if self.height <= 0.0 {
            return 0..0;
        }
        let first = (self.offset / self.row_height).floor() as usize;
        let end = ((self.offset + self.height) / self.row_height).ceil() as usize;
        first.min(self.n_lines())..end.min(self.n_lines())
    }

    /// Distance of a visible line from the top of the list, in points.
    pub(super) fn top_of(&self, line_idx: usize) -> f32 {
        (line_idx as f64 * self.row_height - self.offset) as f32
    }

    pub(super) fn is_new(&self, row_idx: usize) -> bool {
        self.arrivals.iter().any(|(rows, _)| rows.contains(&row_idx))
    }

    /// Seconds until a new row is new no longer.
    pub(super) fn next_change(&self, now: f64, new_for: f64) -> Option<f64> {
        self.arrivals.front().map(|(_, since)| (since + new_for - now).max(0.0))
    }

    fn last_offset(&self) -> f64 {
        (self.n_lines() as f64 * self.row_height - self.height).max(0.0)
    }

    fn is_at_end(&self) -> bool {
        self.offset >= self.last_offset() - 1.0
    }

    fn clamp(&mut self) {
        self.offset = self.offset.clamp(0.0, self.last_offset());
    }

    fn settle(&mut self) {
        if self.following {
            self.offset = self.last_offset();
        }
        self.clamp();
        if self.is_at_end() {
            self.n_seen = self.n_rows;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEIGHT: f32 = 280.0;

    fn frame(state: &mut ListState, n_rows: usize, now: f64) {
        state.begin_frame(n_rows, 1, 28.0, HEIGHT, now, 1.0);
    }

    #[test]
    fn it_follows_until_the_user_scrolls_up_and_again_at_the_end() {
        let mut state = ListState::default();
        frame(&mut state, 100, 0.0);
        assert_eq!(state.visible_lines(), 90..100);
        frame(&mut state, 105, 0.1);
        assert_eq!(state.visible_lines(), 95..105);
        state.scroll_by(-280.0);
        frame(&mut state, 112, 0.2);
        assert_eq!(state.visible_lines(), 85..95);
        assert_eq!(state.n_unseen(), 7);
        state.scroll_by(1.0e6);
        assert!(state.is_following());
        assert_eq!((state.visible_lines(), state.n_unseen()), (102..112, 0));
    }

    #[test]
    fn a_selection_keeps_what_is_read_where_it_is() {
        let mut state = ListState::default();
        frame(&mut state, 100, 0.0);
        state.stop_following();
        frame(&mut state, 112, 0.1);
        assert_eq!(state.visible_lines(), 90..100);
        assert_eq!(state.n_unseen(), 12);
        state.follow();
        frame(&mut state, 112, 0.2);
        assert_eq!(state.visible_lines(), 102..112);
    }

    #[test]
    fn rows_are_new_for_a_second_but_not_those_that_were_there_or_that_a_filter_shows() {
        let mut state = ListState::default();
        frame(&mut state, 10, 0.0);
        assert!(!state.is_new(9));
        frame(&mut state, 12, 5.0);
        assert!(state.is_new(10) && state.is_new(11) && !state.is_new(9));
        assert_eq!(state.next_change(5.25, 1.0), Some(0.75));
        frame(&mut state, 12, 6.0);
        assert!(!state.is_new(11));
        state.begin_frame(40, 2, 28.0, HEIGHT, 6.1, 1.0);
        assert!(!state.is_new(20));
    }

    #[test]
    fn revealing_scrolls_as_little_as_needed() {
        let mut state = ListState::default();
        frame(&mut state, 100, 0.0);
        state.stop_following();
        state.reveal(80);
        frame(&mut state, 100, 0.1);
        assert_eq!(state.visible_lines(), 80..90);
        state.reveal(85);
        frame(&mut state, 100, 0.2);
        assert_eq!(state.visible_lines(), 80..90);
        state.reveal(95);
        frame(&mut state, 100, 0.3);
        assert_eq!(state.visible_lines(), 86..96);
    }

    #[test]
    fn rows_do_not_tremble_at_the_end_of_400_000() {
        let mut state = ListState::default();
        frame(&mut state, 400_000, 0.0);
        state.scroll_by(-100.25);
        let first = state.visible_lines().start;
        let tops: Vec<f32> = (first..first + 4).map(|row_idx| state.top_of(row_idx)).collect();
        let steps: Vec<f32> = tops.windows(2).filter_map(|pair| Some(pair.get(1)? - pair.first()?)).collect();
        assert_eq!(steps, [28.0, 28.0, 28.0]);
        let before = state.top_of(first);
        state.scroll_by(-0.25);
        assert_eq!(state.top_of(first) - before, 0.25);
    }

    #[test]
    fn the_list_stays_in_bounds_when_rows_go() {
        let mut state = ListState::default();
        frame(&mut state, 1_000, 0.0);
        state.stop_following();
        frame(&mut state, 3, 0.1);
        assert_eq!(state.visible_lines(), 0..3);
        assert_eq!(state.handle(HEIGHT, 24.0), None);
        frame(&mut state, 0, 0.2);
        assert_eq!(state.visible_lines(), 0..0);
    }

    #[test]
    fn what_is_read_stays_when_a_delivery_opens_above_and_closes_again() {
        let mut state = ListState::default();
        frame(&mut state, 100, 0.0);
        state.scroll_by(-500.0);
        let top = state.offset;
        state.unroll(Unrolled::new([(3, 4), (20, 2)]), 1);
        frame(&mut state, 100, 0.1);
        assert_eq!(state.offset, top + 6.0 * 28.0);
        assert_eq!(state.n_unseen(), 0, "events are no new calls");
        state.unroll(Unrolled::new([(20, 2)]), 1);
        frame(&mut state, 100, 0.2);
        assert_eq!(state.offset, top + 2.0 * 28.0);
        state.unroll(Unrolled::default(), 1);
        frame(&mut state, 100, 0.3);
        assert_eq!(state.offset, top);
    }

    #[test]
    fn the_events_of_the_last_call_come_into_sight_and_push_it_up_no_further_than_the_top() {
        let mut state = ListState::default();
        frame(&mut state, 100, 0.0);
        state.stop_following();
        state.unroll(Unrolled::new([(99, 3)]), 1);
        state.reveal_events(99);
        frame(&mut state, 100, 0.1);
        assert_eq!(state.visible_lines(), 93..103);
        state.unroll(Unrolled::new([(99, 50)]), 1);
        state.reveal_events(99);
        frame(&mut state, 100, 0.2);
        assert_eq!(state.visible_lines(), 99..109);
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_scrolled_the_window_is_filled_as_far_as_there_are_rows(
            n_rows in 0usize..500_000, moves in proptest::collection::vec(-1.0e7f64..1.0e7, 0..8)
        ) {
            let mut state = ListState::default();
            frame(&mut state, n_rows, 0.0);
            for points in moves {
                state.scroll_by(points);
                let rows = state.visible_lines();
                proptest::prop_assert!(rows.len() >= n_rows.min(10));
                proptest::prop_assert!(rows.len() <= 11 && rows.end <= n_rows);
            }
        }
    }
}
