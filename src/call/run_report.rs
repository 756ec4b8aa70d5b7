//! What came of many sends, as rows, and a table of such rows as a file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::CallId;
use crate::okta::verdict::Text;
use crate::okta::{HookKind, Outcome};

/// One attempt of a send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentAttempt {
    /// None where no whole answer came.
    pub status: Option<u16>,
    /// Why none came.
    pub problem: Option<String>,
    /// From the name lookup to the last byte.
    pub took: Duration,
}

impl SentAttempt {
    /// The attempts in a few words: `503, 200`, `no answer`.
    pub fn list(attempts: &[SentAttempt]) -> String {
        let said = attempts.iter().map(|attempt| match attempt.status {
            Some(status) => status.to_string(),
            None => "no answer".to_owned(),
        });
        said.collect::<Vec<_>>().join(", ")
    }

    /// Their time together, in milliseconds.
    pub fn millis(attempts: &[SentAttempt]) -> f64 {
        attempts.iter().map(|attempt| attempt.took).sum::<Duration>().as_secs_f64() * 1_000.0
    }
}

/// What came of one send of a recorded call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// Position in the run, counted from 0.
    pub number: usize,
    /// The recorded call that was sent.
    pub call_id: CallId,
    pub hook: HookKind,
    /// The URL that it was sent to; empty where it was not sent.
    pub target: String,
    /// One, or two where Okta retries; empty where it was not sent.
    pub attempts: Vec<SentAttempt>,
    /// None where it was not sent.
    pub outcome: Option<Outcome>,
    /// One plain sentence: the verdict's, or why it was not sent.
    pub summary: Text,
    /// The row that was recorded of the first attempt; none where our own listener took it and wrote its own.
    pub row: Option<CallId>,
    /// What the same call came to at the other target, where that is something else.
    pub differs_from: Option<Outcome>,
}

/// The rows of a run, counted as they come: there may be hundreds of thousands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunTally {
    /// In the order of [`Outcome::ALL`], without those that never came.
    pub outcomes: BTreeMap<Outcome, usize>,
    pub n_not_sent: usize,
    /// Calls of which both targets are known.
    pub n_pairs: usize,
    /// Sends whose twin to the other target came out otherwise.
    pub n_different: usize,
}

impl RunRow {
    /// Rows as a table with a head.
    pub fn table<'a>(rows: impl IntoIterator<Item = &'a RunRow>) -> Table {
        let head = ["Call", "Hook", "Target", "Attempts", "Time in ms", "Outcome", "Differs from", "Meaning"];
        let word = |outcome: Option<Outcome>| outcome.map(Outcome::as_str).unwrap_or_default().to_owned();
        let lines = rows.into_iter().map(|row| {
            vec![
                row.call_id.to_string(),
                row.hook.to_string(),
                row.target.clone(),
                SentAttempt::list(&row.attempts),
                format!("{:.1}", SentAttempt::millis(&row.attempts)),
                row.outcome.map_or_else(|| "not sent".to_owned(), |outcome| outcome.as_str().to_owned()),
                word(row.differs_from),
                row.summary.to_string(),
            ]
        });
        Table { head: head.map(str::to_owned).to_vec(), lines: lines.collect() }
    }
}

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableForm {
    /// RFC 4180, with a head.
    Csv,
    /// As GitHub has it; the columns stand under each other as plain text too.
    Markdown,
}

impl TableForm {
    /// By the end of a file's name: `.csv` is CSV, anything else Markdown.
    pub fn of_file(path: &std::path::Path) -> TableForm {
        match path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
            true => TableForm::Csv,
            false => TableForm::Markdown,
        }
    }
}

/// A head and lines of as many cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub head: Vec<String>,
    pub lines: Vec<Vec<String>>,
}

impl Table {
    /// The table as a text that ends in a line end.
    pub fn write(&self, form: TableForm) -> String {
        match form {
            TableForm::Csv => self.csv(),
            TableForm::Markdown => self.markdown(),
        }
    }

    fn csv(&self) -> String {
        let mut text = String::new();
        for line in std::iter::once(&self.head).chain(&self.lines) {
            let cells: Vec<String> = line.iter().map(|cell| csv_cell(cell)).collect();
            text.push_str(&cells.join(","));
            text.push_str("\r\n");
        }
        text
    }

    fn markdown(&self) -> String {
        let escaped = |line: &Vec<String>| line.iter().map(|cell| markdown_cell(cell)).collect::<Vec<_>>();
        let mut lines = vec![escaped(&self.head)];
        lines.extend(self.lines.iter().map(escaped));
        let width_of = |column: usize| {
            let widths = lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count());
            widths.max().unwrap_or_default().max(3)
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width_of).collect();
        let rule = widths.iter().map(|width| "-".repeat(*width)).collect();
        lines.insert(1, rule);
        let mut text = String::new();
        for line in &lines {
            text.push('|');
            for (cell, width) in line.iter().zip(&widths) {
                // Writing into a string cannot fail.
                write!(text, " {cell:<width$} |").ok();
            }
            text.push('\n');
        }
        text
    }
}

/// Quoted where it has to be; what a spreadsheet would take for a formula begins with an apostrophe.
fn csv_cell(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@']) && cell.parse::<f64>().is_err();
    let cell = if is_formula { format!("'{cell}") } else { cell.to_owned() };
    match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    }
}

/// On one line, and without an end of the cell in it.
fn markdown_cell(cell: &str) -> String {
    cell.split(['\n', '\r']).collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn table(cell: &str) -> Table {
        Table { head: vec!["A".to_owned(), "B".to_owned()], lines: vec![vec![cell.to_owned(), "x".to_owned()]] }
    }

    #[test]
    fn a_cell_stays_one_cell_in_csv_and_never_becomes_a_formula() {
        assert_eq!(table("a, \"b\"").write(TableForm::Csv), "A,B\r\n\"a, \"\"b\"\"\",x\r\n");
        assert_eq!(table("=1+1").write(TableForm::Csv), "A,B\r\n'=1+1,x\r\n");
        assert_eq!(table("-1.5").write(TableForm::Csv), "A,B\r\n-1.5,x\r\n");
    }

    #[test]
    fn a_cell_stays_one_cell_in_markdown_and_columns_stand_under_each_other() {
        let text = table("a|b\nc").write(TableForm::Markdown);
        assert_eq!(text, "| A      | B   |\n| ------ | --- |\n| a\\|b c | x   |\n");
    }

    #[test]
    fn the_name_of_the_file_chooses_the_form() {
        assert_eq!(TableForm::of_file(std::path::Path::new("m.CSV")), TableForm::Csv);
        assert_eq!(TableForm::of_file(std::path::Path::new("m.md")), TableForm::Markdown);
    }
}
