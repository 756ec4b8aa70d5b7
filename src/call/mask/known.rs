//! Secrets that are known by what they are: looked for wherever they are repeated, in whatever form.

use std::fmt;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use super::text::{Reading, readings};

/// Shorter ones are part of too many words to be looked for.
const SHORTEST: usize = 4;
/// Letters only, and shorter than this: an ordinary word perhaps, which is looked for as a word.
const SHORTEST_UNMISTAKABLE: usize = 8;
/// What stands where a secret would, and is none.
const NO_SECRETS: [&str; 8] = ["null", "none", "true", "false", "unknown", "undefined", "secret", "password"];

/// Values that were found to be secret.
#[derive(Clone, Default)]
pub(super) struct Known {
    values: Vec<String>,
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Known({} values)", self.values.len())
    }
}

impl Known {
    /// Remembers a value, unless it is too short to be told from other text.
    pub(super) fn add(&mut self, value: &str) {
        let value = value.trim();
        if value.chars().count() < SHORTEST || NO_SECRETS.iter().any(|word| value.eq_ignore_ascii_case(word)) {
            return;
        }
        self.values.push(value.to_owned());
    }

    pub(super) fn extend(&mut self, other: &Known) {
        self.values.extend(other.values.iter().cloned());
    }

    /// As our sentences quote them: on one line.
    pub(super) fn as_quoted(&self) -> Known {
        let on_one_line = |value: &String| value.replace(|letter: char| letter.is_control(), " ");
        Known { values: self.values.iter().cloned().chain(self.values.iter().map(on_one_line)).collect() }
    }

    /// How many bytes at the end of a text are the beginning of a value.
    pub(super) fn longest_start_before(&self, text: &str) -> Option<usize> {
        let of_value = |value: &String| {
            let ends = value.char_indices().map(|(at, letter)| at + letter.len_utf8());
            ends.filter(|end| *end >= SHORTEST && value.get(..*end).is_some_and(|start| text.ends_with(start))).max()
        };
        self.values.iter().filter_map(of_value).max()
    }

    /// None where nothing is known.
    pub(super) fn finder(&self) -> Option<Finder> {
        let mut values = self.values.clone();
        values.sort_unstable();
        values.dedup();
        if values.is_empty() {
            return None;
        }
        // It can only fail where the secrets are larger than any body.
        let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&values).ok()?;
        let is_word =
            |value: &String| value.chars().count() < SHORTEST_UNMISTAKABLE && value.chars().all(char::is_alphabetic);
        let only_words = values.iter().map(is_word).collect();
        Some(Finder { automaton, only_words })
    }
}

/// Finds known values in one pass, however many there are.
pub(super) struct Finder {
    automaton: AhoCorasick,
    /// For each value: true where it counts only as a whole word.
    only_words: Vec<bool>,
}

impl Finder {
    /// Where known values stand in some bytes, however they are encoded. `in_name`: ordinary words do not count.
    pub(super) fn find(&self, bytes: &[u8], in_name: bool) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        for reading in readings(bytes) {
            self.find_in(&reading, in_name, &mut found);
        }
        found
    }

    fn find_in(&self, reading: &Reading<'_>, in_name: bool, found: &mut Vec<Range<usize>>) {
        for hit in self.automaton.find_iter(reading.text.as_bytes()) {
            let only_word = self.only_words.get(hit.pattern().as_usize()).copied().unwrap_or(false);
            if only_word && (in_name || !is_whole_word(&reading.text, hit.range())) {
                continue;
            }
            let source = reading.source(hit.range());
            if !source.is_empty() {
                found.push(source);
            }
        }
    }
}

fn is_whole_word(text: &str, range: Range<usize>) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let before = text.get(..range.start).and_then(|before| before.chars().next_back());
    let after = text.get(range.end..).and_then(|after| after.chars().next());
    !before.is_some_and(is_part) && !after.is_some_and(is_part)
}
