//! Collects what the checkers observe, with places in the response body.

use crate::okta::json::Json;
use crate::okta::position::line_and_column;
use crate::okta::verdict::{Confidence, Conflict, Finding, Severity, Text};

/// As many findings of one severity are listed; a body with thousands of faults must not cost seconds.
const LIMIT_PER_SEVERITY: usize = 50;

/// The findings of one exchange.
pub(super) struct Findings<'a> {
    body: &'a [u8],
    text: &'a str,
    list: Vec<Finding>,
    n_left_out: usize,
    conflict: Option<Conflict>,
}

/// What is said of a fault, and who says so.
pub(super) struct Note {
    pub(super) id: &'static str,
    pub(super) severity: Severity,
    pub(super) message: Text,
    pub(super) source: &'static str,
    pub(super) confidence: Confidence,
}

impl Note {
    pub(super) fn new(
        severity: Severity,
        id: &'static str,
        message: impl Into<Text>,
        source: &'static str,
        confidence: Confidence,
    ) -> Note {
        Note { id, severity, message: message.into(), source, confidence }
    }

    pub(super) fn error(
        id: &'static str,
        message: impl Into<Text>,
        source: &'static str,
        confidence: Confidence,
    ) -> Note {
        Note::new(Severity::Error, id, message, source, confidence)
    }

    pub(super) fn warning(
        id: &'static str,
        message: impl Into<Text>,
        source: &'static str,
        confidence: Confidence,
    ) -> Note {
        Note::new(Severity::Warning, id, message, source, confidence)
    }

    pub(super) fn info(
        id: &'static str,
        message: impl Into<Text>,
        source: &'static str,
        confidence: Confidence,
    ) -> Note {
        Note::new(Severity::Info, id, message, source, confidence)
    }
}

impl<'a> Findings<'a> {
    pub(super) fn of(body: &'a [u8]) -> Findings<'a> {
        Findings { body, text: "", list: Vec::new(), n_left_out: 0, conflict: None }
    }

    /// Says that the body is this text, so that places can be found in it.
    pub(super) fn read_as(&mut self, text: &'a str) {
        self.text = text;
    }

    /// Puts the words of Okta's System Log before the first error about the envelope's shape.
    pub(super) fn word_shape_error_as_okta(&mut self) {
        let is_shape =
            |finding: &&mut Finding| finding.severity == Severity::Error && matches!(&*finding.id, "R08" | "R22");
        if let Some(finding) = self.list.iter_mut().find(is_shape)
            && let (Some(line), Some(column)) = (finding.line, finding.column)
        {
            finding.message = super::words::cannot_deserialize(line, column, &finding.message).into();
        }
    }

    /// Says that Okta's documents disagree on something in this answer; the first one that is said stays.
    pub(super) fn disagree(&mut self, conflict: Conflict) {
        self.conflict.get_or_insert(conflict);
    }

    /// What was said with [`Findings::disagree`].
    pub(super) fn conflict(&self) -> Option<Conflict> {
        self.conflict.clone()
    }

    /// Adds a finding about the exchange as a whole.
    pub(super) fn add(&mut self, note: Note) {
        self.push(note, None, None);
    }

    /// Adds a finding about a value of the body.
    pub(super) fn add_at(&mut self, note: Note, pointer: impl Into<String>, value: Json<'a>) {
        let offset = value.offset_in(self.text);
        self.push(note, Some(pointer.into()), Some(offset));
    }

    /// Adds a finding about the request: a JSON Pointer into its body, empty for the whole of it.
    pub(super) fn add_request(&mut self, note: Note, pointer: impl Into<String>) {
        let n_before = self.list.len();
        self.push(note, None, None);
        if let Some(finding) = self.list.get_mut(n_before) {
            finding.request_pointer = Some(pointer.into());
        }
    }

    /// Adds a finding about a place of the body, in bytes from its start; the pointer is empty for the whole document.
    pub(super) fn add_at_offset(&mut self, note: Note, pointer: Option<String>, offset: usize) {
        self.push(note, pointer, Some(offset));
    }

    /// Adds a finding at a line and column that are known already.
    pub(super) fn add_at_line(&mut self, note: Note, line: u32, column: u32) {
        self.add(note);
        if let Some(finding) = self.list.last_mut() {
            finding.line = Some(line);
            finding.column = Some(column);
        }
    }

    fn push(&mut self, note: Note, pointer: Option<String>, offset: Option<usize>) {
        let n_alike = self.list.iter().filter(|finding| finding.severity == note.severity).count();
        if n_alike >= LIMIT_PER_SEVERITY {
            self.n_left_out += 1;
            return;
        }
        let place = offset.map(|offset| line_and_column(self.body, offset));
        self.list.push(Finding {
            id: note.id.into(),
            severity: note.severity,
            message: note.message,
            pointer,
            line: place.map(|(line, _)| line),
            column: place.map(|(_, column)| column),
            request_pointer: None,
            source: note.source.into(),
            confidence: note.confidence,
        });
    }

    /// The findings, and how many more there would be.
    pub(super) fn into_list(mut self) -> Vec<Finding> {
        if self.n_left_out > 0 {
            self.list.push(Finding {
                id: "more-findings".into(),
                severity: Severity::Info,
                message: format!("{} more findings are not listed: correct these first", self.n_left_out).into(),
                pointer: None,
                line: None,
                column: None,
                request_pointer: None,
                source: "Hookscope".into(),
                confidence: Confidence::D,
            });
        }
        self.list
    }
}
