//! Who gets which width of the list.

use egui::{Align2, Rangef};

/// The columns of the list, as ranges of x in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Columns {
    /// Middle of the verdict's mark.
    pub mark: f32,
    pub time: f32,
    pub hook: Rangef,
    pub path: Rangef,
    /// Right edge of the status.
    pub status: f32,
    pub bar: Rangef,
    /// Right edge of the time that was used.
    pub used: f32,
    /// Middle of the credential's mark.
    pub credential: f32,
    pub chips: Rangef,
}

/// Space between two columns, in points.
const GAP: f32 = 14.0;
/// The widest kind, `password-import`, in Inter 13.
const HOOK: f32 = 104.0;
const TIME: f32 = 62.0;
const STATUS: f32 = 40.0;
const BAR: f32 = 64.0;
/// `2,999 ms` in Hack 12.5.
const USED: f32 = 62.0;
const CREDENTIAL: f32 = 22.0;
/// A chip such as `duplicate`, and two icons.
const CHIPS: f32 = 90.0;
/// A chip in its short form, such as `2/2`, beside an icon.
const SHORT_CHIPS: f32 = 44.0;
/// Less than this of a path says nothing.
const LEAST_PATH: f32 = 112.0;
const MARK: f32 = 17.0;
const TIME_START: f32 = 36.0;

impl Columns {
    pub fn new(x: Rangef) -> Columns {
        let hook_start = x.min + TIME_START + TIME + 8.0;
        let path_start = hook_start + HOOK + 8.0;
        let room = x.max - path_start;
        // Where it is narrow the chips go first, then the bar.
        let fixed = GAP + STATUS + GAP + USED + CREDENTIAL + 8.0;
        let chips = (room - fixed - BAR - LEAST_PATH).clamp(SHORT_CHIPS, CHIPS);
        let bar = (room - fixed - chips - LEAST_PATH).clamp(20.0, BAR);
        let chips_start = x.max - 8.0 - chips;
        let credential = chips_start - CREDENTIAL / 2.0 - 2.0;
        let used = credential - 13.0;
        let bar_end = used - USED;
        let bar_start = bar_end - bar;
        let status = bar_start - GAP;
        let path_end = (status - STATUS).max(path_start);
        Columns {
            mark: x.min + MARK,
            time: x.min + TIME_START,
            hook: Rangef::new(hook_start, hook_start + HOOK),
            path: Rangef::new(path_start, path_end),
            status,
            bar: Rangef::new(bar_start, bar_end),
            used,
            credential,
            chips: Rangef::new(chips_start, x.max - 8.0),
        }
    }

    /// The names of the columns, with where they are written.
    pub fn heads(&self) -> impl Iterator<Item = (f32, Align2, &'static str)> {
        [
            (self.time, Align2::LEFT_CENTER, "Time"),
            (self.hook.min, Align2::LEFT_CENTER, "Hook"),
            (self.path.min, Align2::LEFT_CENTER, "Path"),
            (self.status, Align2::RIGHT_CENTER, "Status"),
            (self.bar.min, Align2::LEFT_CENTER, "Budget of 3 s"),
        ]
        .into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_never_overlap_from_the_smallest_window_to_a_wide_one() {
        for width in [460.0, 500.0, 620.0, 720.0, 824.0, 1_400.0] {
            let columns = Columns::new(Rangef::new(100.0, 100.0 + width));
            let edges = [
                columns.mark,
                columns.time,
                columns.hook.min,
                columns.hook.max,
                columns.path.min,
                columns.path.max,
                columns.status,
                columns.bar.min,
                columns.bar.max,
                columns.used,
                columns.credential,
                columns.chips.min,
                columns.chips.max,
            ];
            assert!(edges.is_sorted(), "{width}: {edges:?}");
            assert!(columns.chips.max <= 100.0 + width);
        }
    }

    #[test]
    fn a_wide_list_gives_its_room_to_the_path() {
        let narrow = Columns::new(Rangef::new(0.0, 624.0));
        let wide = Columns::new(Rangef::new(0.0, 1_024.0));
        assert!(narrow.path.span() >= LEAST_PATH);
        assert_eq!(wide.bar.span(), BAR);
        assert!(wide.path.span() > narrow.path.span() + 300.0);
    }
}
