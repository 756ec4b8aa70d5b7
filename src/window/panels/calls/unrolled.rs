//! Which line of the list is which call, or which event of an opened delivery.
//!
//! Only the opened deliveries are kept, sorted, so that a list of 400,000 calls costs nothing more: a line is found by bisection
//! among the few that are open.

/// What stands on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// A call, by its position among the calls that are shown.
    Call(usize),
    /// An event of an opened delivery, by the delivery's position and the event's position beneath it.
    Event { row_idx: usize, event_pos: usize },
}

impl Line {
    /// The call that the line belongs to.
    pub fn row_idx(self) -> usize {
        match self {
            Line::Call(row_idx) | Line::Event { row_idx, .. } => row_idx,
        }
    }
}

/// The opened deliveries of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unrolled {
    opened: Vec<OpenedAt>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OpenedAt {
    row_idx: usize,
    n_events: usize,
    /// Events of deliveries above this one.
    n_above: usize,
}

impl OpenedAt {
    /// The line of the delivery itself.
    fn line_idx(&self) -> usize {
        self.row_idx + self.n_above
    }
}

impl Unrolled {
    /// From position and number of events of each opened delivery, in ascending order of the positions.
    pub fn new(opened: impl IntoIterator<Item = (usize, usize)>) -> Unrolled {
        let mut n_above = 0;
        let opened = opened.into_iter().filter(|(_, n_events)| *n_events > 0).map(|(row_idx, n_events)| {
            let at = OpenedAt { row_idx, n_events, n_above };
            n_above += n_events;
            at
        });
        Unrolled { opened: opened.collect() }
    }

    /// Events of all opened deliveries.
    pub fn n_events(&self) -> usize {
        self.opened.last().map_or(0, |last| last.n_above + last.n_events)
    }

    /// Events beneath a call; 0 where it is closed.
    pub fn n_events_of(&self, row_idx: usize) -> usize {
        let found = self.opened.binary_search_by_key(&row_idx, |at| at.row_idx);
        found.ok().and_then(|idx| self.opened.get(idx)).map_or(0, |at| at.n_events)
    }

    pub fn line(&self, line_idx: usize) -> Line {
        let n_before = self.opened.partition_point(|at| at.line_idx() < line_idx);
        match n_before.checked_sub(1).and_then(|idx| self.opened.get(idx)) {
            None => Line::Call(line_idx),
            Some(at) => {
                let beneath = line_idx - at.line_idx() - 1;
                if beneath < at.n_events {
                    Line::Event { row_idx: at.row_idx, event_pos: beneath }
                } else {
                    Line::Call(line_idx - at.n_above - at.n_events)
                }
            }
        }
    }

    pub fn line_of_call(&self, row_idx: usize) -> usize {
        let n_before = self.opened.partition_point(|at| at.row_idx < row_idx);
        let n_above = n_before.checked_sub(1).and_then(|idx| self.opened.get(idx));
        row_idx + n_above.map_or(0, |at| at.n_above + at.n_events)
    }

    /// Where a line stands; that of its call, where the delivery is closed or has fewer events.
    pub fn line_of(&self, line: Line) -> usize {
        let own = self.line_of_call(line.row_idx());
        match line {
            Line::Event { row_idx, event_pos } if event_pos < self.n_events_of(row_idx) => own + 1 + event_pos,
            _ => own,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_opened_deliveries_lines_are_calls() {
        let none = Unrolled::default();
        assert_eq!((none.line(399_999), none.line_of_call(7), none.n_events()), (Line::Call(399_999), 7, 0));
    }

    #[test]
    fn events_stand_beneath_their_delivery() {
        let unrolled = Unrolled::new([(1, 2), (2, 0), (4, 1)]);
        let lines: Vec<Line> = (0..9).map(|line_idx| unrolled.line(line_idx)).collect();
        let event = |row_idx, event_pos| Line::Event { row_idx, event_pos };
        assert_eq!(
            lines,
            [
                Line::Call(0),
                Line::Call(1),
                event(1, 0),
                event(1, 1),
                Line::Call(2),
                Line::Call(3),
                Line::Call(4),
                event(4, 0),
                Line::Call(5)
            ]
        );
        assert_eq!(unrolled.line_of(event(4, 1)), 6, "an event that is not there stands for its call");
        assert_eq!(unrolled.line_of(event(3, 0)), 5);
    }

    proptest::proptest! {
        #[test]
        fn lines_and_what_stands_on_them_are_one_to_one(
            opened in proptest::collection::btree_map(0usize..60, 0usize..5, 0..12), n_calls in 60usize..80
        ) {
            let unrolled = Unrolled::new(opened.iter().map(|(row_idx, n_events)| (*row_idx, *n_events)));
            let expected: Vec<Line> = (0..n_calls)
                .flat_map(|row_idx| {
                    let n_events = opened.get(&row_idx).copied().unwrap_or(0);
                    std::iter::once(Line::Call(row_idx))
                        .chain((0..n_events).map(move |event_pos| Line::Event { row_idx, event_pos }))
                })
                .collect();
            proptest::prop_assert_eq!(n_calls + unrolled.n_events(), expected.len());
            for (line_idx, line) in expected.iter().enumerate() {
                proptest::prop_assert_eq!(unrolled.line(line_idx), *line);
                proptest::prop_assert_eq!(unrolled.line_of(*line), line_idx);
            }
        }
    }
}
