//! A pattern of a rule: a regular expression, compiled once.

use std::fmt;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

/// The largest program that a pattern may become, in bytes: enough for any pattern a person writes, too little for one that is
/// made to fill the memory.
const SIZE_LIMIT: usize = 256 * 1024;
/// The longest pattern, in bytes.
const LONGEST: usize = 4_096;

/// A regular expression in the syntax of the `regex` crate: no look-around and no back-references, and therefore linear in time.
/// It matches anywhere in a text unless it is anchored with `^` and `$`.
#[derive(Clone)]
pub struct Pattern {
    text: Arc<str>,
    regex: Arc<Regex>,
}

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// Where in the pattern, counted in characters from 1, if that is known.
    pub column: Option<u32>,
    /// One sentence for a person.
    pub message: String,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            Some(column) => write!(f, "column {column} of the pattern: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for PatternError {}

impl Pattern {
    /// Compiles a pattern.
    pub fn new(text: &str) -> Result<Pattern, PatternError> {
        if text.len() > LONGEST {
            let message = format!("the pattern has {} bytes; write one of at most {LONGEST}", text.len());
            return Err(PatternError { column: None, message });
        }
        let built = RegexBuilder::new(text).size_limit(SIZE_LIMIT).dfa_size_limit(SIZE_LIMIT).build();
        match built {
            Ok(regex) => Ok(Pattern { text: text.into(), regex: Arc::new(regex) }),
            Err(regex::Error::CompiledTooBig(_)) => Err(PatternError {
                column: None,
                message: "the pattern is too large once it is expanded; repeat less in it".to_owned(),
            }),
            Err(error) => Err(explained(&error.to_string())),
        }
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// The library draws a caret under the fault, and names it in the last line.
fn explained(drawn: &str) -> PatternError {
    let message = drawn.lines().rev().find_map(|line| line.strip_prefix("error: ")).unwrap_or("it cannot be read");
    let caret = drawn.lines().find(|line| line.contains('^') && line.trim_matches([' ', '^']).is_empty());
    // Four spaces stand before the pattern.
    let column = caret.and_then(|line| line.find('^')).and_then(|at| u32::try_from(at.checked_sub(3)?).ok());
    PatternError { column, message: message.to_owned() }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.text)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_anywhere_unless_it_is_anchored() {
        assert!(Pattern::new("@example\\.com").unwrap().is_match("anna@example.com"));
        assert!(!Pattern::new("^example").unwrap().is_match("anna@example.com"));
    }

    #[test]
    fn a_bad_pattern_says_what_is_wrong_and_where() {
        let error = Pattern::new("ab(c").unwrap_err();
        assert_eq!((error.column, error.message.as_str()), (Some(3), "unclosed group"));
        assert!(Pattern::new("(?:a{1000}){1000}").unwrap_err().message.contains("too large"));
        assert!(Pattern::new(&"a".repeat(5_000)).unwrap_err().message.contains("5000 bytes"));
    }

    #[test]
    fn patterns_are_equal_by_their_text() {
        assert_eq!(Pattern::new("a+").unwrap(), Pattern::new("a+").unwrap());
        assert_ne!(Pattern::new("a+").unwrap(), Pattern::new("a*").unwrap());
    }
}
