//! A verdict for a person or for a program.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::failure::Failure;
use super::print::{line, one_line, painted};
use crate::call::verdict_json;
use crate::okta::{Change, Effect, HookKind, Outcome, Severity, Verdict};

/// True where a finding is an error: exit code 1.
pub fn has_errors(verdict: &Verdict) -> bool {
    verdict.worst() == Some(Severity::Error)
}

/// One JSON object; `more` comes before what every report has.
pub fn json_line(
    hook: HookKind,
    verdict: &Verdict,
    effect: Option<&Effect>,
    more: &[(&str, Value)],
) -> Result<(), Failure> {
    let mut object = json!({ "hook": hook.as_str(), "verdict": verdict_json(verdict), "effect": effect_json(effect) });
    if let Some(object) = object.as_object_mut() {
        for (name, value) in more {
            object.insert((*name).to_owned(), value.clone());
        }
    }
    line(&object.to_string())
}

/// What a person reads.
pub fn person(hook: HookKind, verdict: &Verdict, effect: Option<&Effect>) -> Result<(), Failure> {
    let mut text = String::new();
    let outcome = painted(verdict.outcome.as_str(), color(verdict.outcome));
    // Writing into a string cannot fail.
    let mut say = |line: String| writeln!(text, "{line}").ok();
    say(format!("{hook}  {outcome}  {}", one_line(&verdict.summary)));
    if let Some(conflict) = &verdict.conflict {
        say(format!("  documents disagree: {}", one_line(&conflict.one)));
        say(format!("                      {}", one_line(&conflict.other)));
        say(format!("  taken here:         {}", one_line(&conflict.taken)));
    }
    if let Some(sees) = &verdict.user_sees {
        say(format!("  the user sees  {}", one_line(sees)));
    }
    if let Some(log) = &verdict.system_log {
        say(format!("  System Log     {log}"));
    }
    let retry = match verdict.retry.expected {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not stated",
    };
    say(format!("  retry          {retry}: {}", one_line(&verdict.retry.why)));
    for line in effect.map(|effect| effect_lines(effect, verdict.outcome)).unwrap_or_default() {
        say(line);
    }
    for finding in &verdict.findings {
        let place = match (finding.line, finding.column) {
            (Some(line), Some(column)) => format!(" at line {line}, column {column}"),
            _ => String::new(),
        };
        let severity = match finding.severity {
            Severity::Error => painted("error", "31"),
            Severity::Warning => painted("warning", "33"),
            Severity::Info => "info".to_owned(),
        };
        say(format!("  {severity} {}{place}: {}", finding.id, one_line(&finding.message)));
        say(format!("      {} ({})", finding.source, finding.confidence.meaning()));
    }
    line(text.trim_end())
}

fn color(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Applied | Outcome::Accepted | Outcome::Verified => "1;32",
        Outcome::Unchanged => "1;34",
        Outcome::Ignored | Outcome::Fallback => "1;33",
        Outcome::Denied => "1;35",
        Outcome::Refused | Outcome::Failed | Outcome::NotVerified => "1;31",
        Outcome::Undocumented => "1",
    }
}

/// Both sides of the data, where the request is there and its kind's commands can change something.
fn effect_json(effect: Option<&Effect>) -> Value {
    effect.map_or(Value::Null, |effect| json!({ "before": effect.before, "after": effect.after }))
}

/// What changes, one line for each value.
fn effect_lines(effect: &Effect, outcome: Outcome) -> Vec<String> {
    let changes = effect.changes();
    if changes.is_empty() {
        let said = match outcome {
            Outcome::Undocumented => "not documented",
            _ => "nothing changes",
        };
        return vec![format!("  effect         {said}")];
    }
    let side = |value: Option<&Value>, none: &str| match value {
        Some(value) => cut(&one_line(&value.to_string())),
        None => none.to_owned(),
    };
    let line = |change: &Change| {
        let before = side(change.before.as_ref(), "(none)");
        let after = side(change.after.as_ref(), "(gone)");
        format!("    {}: {before} -> {after}", one_line(&change.pointer))
    };
    std::iter::once("  effect".to_owned()).chain(changes.iter().map(line)).collect()
}

/// A long value says what it begins with.
fn cut(text: &str) -> String {
    const LIMIT: usize = 120;
    match text.char_indices().nth(LIMIT) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
