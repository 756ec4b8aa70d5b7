//! Calls that are selected together with the open one: by a click with Ctrl or Shift, by Shift and an arrow, or all at once.

use std::collections::BTreeSet;

use crate::call::CallId;

/// How a call is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selecting {
    /// It, and no other one.
    Alone,
    /// It too, or it no longer.
    Toggle,
    /// Every call from where the selection began to it.
    Through,
}

/// The selected calls where there are several; empty where one is selected, or none.
#[derive(Clone, Debug, Default)]
pub struct Several {
    ids: BTreeSet<CallId>,
    /// Where a range begins.
    anchor: Option<CallId>,
}

impl Several {
    pub fn contains(&self, call_id: CallId) -> bool {
        self.ids.contains(&call_id)
    }

    /// How many are selected; 0 where there are not several.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// In the order in which they came.
    pub fn ids(&self) -> impl Iterator<Item = CallId> {
        self.ids.iter().copied()
    }

    /// Only the open call is selected from now on; ranges begin at it.
    pub fn end(&mut self, open: Option<CallId>) {
        self.ids.clear();
        self.anchor = open;
    }

    /// Selects a call in one of the ways, and gives the call to open. `shown` are the calls that the list shows, in order; `open`
    /// is the open one.
    pub fn select(
        &mut self,
        call_id: CallId,
        how: Selecting,
        shown: &[CallId],
        open: Option<CallId>,
    ) -> Option<CallId> {
        match how {
            Selecting::Alone => self.end(Some(call_id)),
            Selecting::Toggle => {
                if self.ids.is_empty() {
                    // One that the list does not show is nobody's choice.
                    self.ids.extend(open.filter(|open| shown.binary_search(open).is_ok()));
                }
                self.anchor = Some(call_id);
                if self.ids.remove(&call_id) {
                    let nearest = self.ids.range(..call_id).next_back().or(self.ids.first()).copied();
                    let still_open = open.filter(|open| self.ids.contains(open)).or(nearest);
                    self.keep_if_several();
                    return still_open;
                }
                self.ids.insert(call_id);
            }
            Selecting::Through => {
                let anchor = self.anchor.or(open).unwrap_or(call_id);
                self.anchor = Some(anchor);
                self.ids = between(shown, anchor, call_id).iter().copied().collect();
            }
        }
        self.keep_if_several();
        Some(call_id)
    }

    /// Selects every call that the list shows.
    pub fn select_all(&mut self, shown: &[CallId]) {
        self.ids = shown.iter().copied().collect();
        self.keep_if_several();
    }

    /// Forgets the calls that the list does not show any more, and gives the call to open: the open one, or where that is
    /// forgotten and others are not, the newest of those.
    pub fn keep_shown(&mut self, shown: &[CallId], open: Option<CallId>) -> Option<CallId> {
        self.ids.retain(|call_id| shown.binary_search(call_id).is_ok());
        let newest = self.ids.last().copied();
        self.keep_if_several();
        match (newest, open) {
            (Some(newest), Some(open)) if !self.is_empty() && !self.contains(open) => Some(newest),
            _ => open,
        }
    }

    fn keep_if_several(&mut self) {
        if self.ids.len() < 2 {
            self.ids.clear();
        }
    }
}

/// The part of ascending ids from one to the other, whichever comes first, both included.
fn between(shown: &[CallId], one: CallId, other: CallId) -> &[CallId] {
    let (first, last) = (one.min(other), one.max(other));
    let start = shown.partition_point(|call_id| *call_id < first);
    let end = shown.partition_point(|call_id| *call_id <= last);
    shown.get(start..end).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    const SHOWN: [CallId; 6] = [CallId(1), CallId(2), CallId(4), CallId(5), CallId(8), CallId(9)];

    struct Shown {
        several: Several,
        open: Option<CallId>,
    }

    impl Shown {
        fn select(&mut self, number: u32, how: Selecting) {
            self.open = self.several.select(CallId(number), how, &SHOWN, self.open);
        }

        fn ids(&self) -> Vec<u32> {
            self.several.ids().map(|call_id| call_id.0).collect()
        }
    }

    fn at(number: u32) -> Shown {
        let mut shown = Shown { several: Several::default(), open: None };
        shown.select(number, Selecting::Alone);
        shown
    }

    #[test]
    fn a_range_grows_and_shrinks_around_the_call_where_it_began() {
        let mut shown = at(4);
        shown.select(8, Selecting::Through);
        assert_eq!((shown.ids(), shown.open), (vec![4, 5, 8], Some(CallId(8))));
        shown.select(1, Selecting::Through);
        assert_eq!((shown.ids(), shown.open), (vec![1, 2, 4], Some(CallId(1))));
        shown.select(4, Selecting::Through);
        assert_eq!((shown.ids(), shown.open), (vec![], Some(CallId(4))), "one call is not several");
    }

    #[test]
    fn calls_are_added_and_taken_away_one_by_one() {
        let mut shown = at(2);
        shown.select(8, Selecting::Toggle);
        shown.select(5, Selecting::Toggle);
        assert_eq!((shown.ids(), shown.open), (vec![2, 5, 8], Some(CallId(5))));
        shown.select(5, Selecting::Toggle);
        assert_eq!((shown.ids(), shown.open), (vec![2, 8], Some(CallId(2))), "the nearest before it is open");
        shown.select(2, Selecting::Toggle);
        assert_eq!((shown.ids(), shown.open), (vec![], Some(CallId(8))));
        shown.select(1, Selecting::Alone);
        assert_eq!(shown.ids(), [0; 0]);
        shown.open = Some(CallId(7));
        shown.select(9, Selecting::Toggle);
        assert_eq!((shown.ids(), shown.open), (vec![], Some(CallId(9))), "a hidden call is not taken along");
    }

    #[test]
    fn a_first_toggle_and_a_first_range_select_one_call() {
        for how in [Selecting::Toggle, Selecting::Through] {
            let mut shown = Shown { several: Several::default(), open: None };
            shown.select(5, how);
            assert_eq!((shown.ids(), shown.open), (vec![], Some(CallId(5))));
        }
    }

    #[test]
    fn what_the_list_hides_is_selected_no_more() {
        let mut shown = at(1);
        shown.several.select_all(&SHOWN);
        assert_eq!(shown.several.len(), 6);
        let open = shown.several.keep_shown(&[CallId(2), CallId(4), CallId(7)], shown.open);
        assert_eq!((shown.ids(), open), (vec![2, 4], Some(CallId(4))), "the open one is among them");
        let open = shown.several.keep_shown(&[CallId(2)], open);
        assert!(shown.several.is_empty());
        assert_eq!(open, Some(CallId(4)), "one alone stays open though it is hidden");
    }
}
