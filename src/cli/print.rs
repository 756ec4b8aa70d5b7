//! Standard output and standard error, the one place that writes them.

use std::io::{IsTerminal as _, Write as _};

use super::failure::Failure;
use crate::workspace::{Issue, IssueSeverity};

/// One line on standard output.
pub fn line(text: &str) -> Result<(), Failure> {
    bytes(text.as_bytes()).and_then(|()| bytes(b"\n"))
}

/// Bytes on standard output.
pub fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| match error.kind() {
        std::io::ErrorKind::BrokenPipe => Failure::NobodyReads,
        _ => Failure::Machine(format!("cannot write to standard output: {error}")),
    })
}

/// `error: …` on standard error.
pub fn error(text: &str) {
    said("error", text);
}

/// `warning: …` on standard error.
pub fn warning(text: &str) {
    said("warning", text);
}

/// How far something is, where a person looks at a terminal.
pub fn progress(text: &str) {
    if std::io::stderr().is_terminal() {
        writeln!(std::io::stderr().lock(), "{text}").ok();
    }
}

pub fn issue(issue: &Issue) {
    match issue.severity {
        IssueSeverity::Error => error(&issue.to_string()),
        IssueSeverity::Warning => warning(&issue.to_string()),
    }
}

fn said(what: &str, text: &str) {
    // Where standard error is closed there is nobody to tell.
    writeln!(std::io::stderr().lock(), "{what}: {text}").ok();
}

/// A text from the wire as one line that cannot move the cursor of a terminal.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '·' } else { c }).collect()
}

/// Bold and colors, where a person looks at a terminal that has them.
pub fn painted(text: &str, code: &str) -> String {
    let wanted = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    if wanted { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}
