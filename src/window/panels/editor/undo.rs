//! What was there before, step by step: typing, the builder, presets and headers alike.

/// Everything that can be undone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    pub status: String,
    pub delay_ms: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// Who made a change. Changes of one and the same field in quick succession are one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Typing,
    /// A field of the builder or of the bar.
    Field,
    /// A preset, a completion, a button: always a step of its own.
    Act,
}

/// Seconds after which typing begins a new step.
const PAUSE: f64 = 1.0;
/// More steps are forgotten, the oldest first.
const MOST: usize = 200;

/// The steps of one draft.
#[derive(Debug, Default)]
pub struct History {
    past: Vec<Snapshot>,
    present: Snapshot,
    future: Vec<Snapshot>,
    last: Option<(Source, f64)>,
}

impl History {
    pub fn new(present: Snapshot) -> History {
        History { present, ..History::default() }
    }

    /// True where what is there now is not what was there first.
    pub fn is_changed(&self) -> bool {
        self.past.first().is_some_and(|first| *first != self.present)
    }

    /// Notes what is there now, at a time in seconds.
    pub fn note(&mut self, now: Snapshot, source: Source, time: f64) {
        if now == self.present {
            return;
        }
        let goes_on = source != Source::Act
            && self.last.is_some_and(|(last, at)| last == source && time - at < PAUSE)
            && !self.past.is_empty();
        let before = std::mem::replace(&mut self.present, now);
        if !goes_on {
            self.past.push(before);
            if self.past.len() > MOST {
                self.past.remove(0);
            }
        }
        self.future.clear();
        self.last = Some((source, time));
    }

    pub fn undo(&mut self) -> Option<Snapshot> {
        let before = self.past.pop()?;
        self.future.push(std::mem::replace(&mut self.present, before));
        self.last = None;
        Some(self.present.clone())
    }

    pub fn redo(&mut self) -> Option<Snapshot> {
        let after = self.future.pop()?;
        self.past.push(std::mem::replace(&mut self.present, after));
        self.last = None;
        Some(self.present.clone())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn body(text: &str) -> Snapshot {
        Snapshot { body: text.to_owned(), ..Snapshot::default() }
    }

    #[test]
    fn typing_without_a_pause_is_one_step_and_an_act_is_always_one() {
        let mut history = History::new(body(""));
        history.note(body("a"), Source::Typing, 0.0);
        history.note(body("ab"), Source::Typing, 0.5);
        history.note(body("ab{}"), Source::Act, 0.6);
        history.note(body("ab{}[]"), Source::Act, 0.7);
        history.note(body("x"), Source::Typing, 3.0);
        let undone: Vec<String> = std::iter::from_fn(|| history.undo()).map(|step| step.body).collect();
        assert_eq!(undone, ["ab{}[]", "ab{}", "ab", ""]);
        assert!(!history.is_changed());
        let redone: Vec<String> = std::iter::from_fn(|| history.redo()).map(|step| step.body).collect();
        assert_eq!(redone, ["ab", "ab{}", "ab{}[]", "x"]);
        assert!(history.is_changed());
    }

    #[test]
    fn a_change_after_an_undo_forgets_what_was_undone() {
        let mut history = History::new(body("a"));
        history.note(body("b"), Source::Act, 0.0);
        history.undo().unwrap();
        history.note(body("c"), Source::Act, 0.0);
        assert_eq!(history.redo(), None);
        assert_eq!(history.undo().unwrap().body, "a");
    }
}
