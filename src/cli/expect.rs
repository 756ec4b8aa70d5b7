//! What a replay is compared with: statuses and outcomes of an earlier run, by call.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

use super::failure::Failure;
use super::{input, pick};
use crate::call::CallId;
use crate::okta::Verdict;

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// None where there was no answer.
    pub status: Option<u16>,
    /// As it is written in JSON.
    pub outcome: String,
}

impl Ended {
    pub fn new(status: Option<u16>, verdict: &Verdict) -> Ended {
        Ended { status, outcome: verdict.outcome.as_str().to_owned() }
    }

    /// What is different, as one sentence; none where nothing is.
    pub fn difference(&self, came: &Ended) -> Option<String> {
        let status = |status: Option<u16>| status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        let mut said = Vec::new();
        if self.status != came.status {
            said.push(format!("status {} was expected, {} came", status(self.status), status(came.status)));
        }
        if self.outcome != came.outcome {
            said.push(format!("outcome {} was expected, {} came", self.outcome, came.outcome));
        }
        (!said.is_empty()).then(|| said.join("; "))
    }
}

/// The expectation of a whole replay.
#[derive(Debug, Default)]
pub struct Expectation {
    by_call: HashMap<CallId, Ended>,
}

/// How a file of SQLite begins.
const SQLITE: &[u8] = b"SQLite format 3\0";

impl Expectation {
    /// Reads a session, or lines of JSON as `export`, `replay --json` and `serve --json` write them. Of a call that stands there
    /// more than once the last one counts.
    pub fn read(path: &Path) -> Result<Expectation, Failure> {
        if is_session(path) {
            return Expectation::of_session(path);
        }
        Expectation::of_lines(&input::read(path, "expectation")?, path)
    }

    pub fn of(&self, call_id: CallId) -> Option<&Ended> {
        self.by_call.get(&call_id)
    }

    fn of_session(path: &Path) -> Result<Expectation, Failure> {
        let session = pick::open(path)?;
        let mut by_call = HashMap::new();
        for call_id in session.ids()? {
            let Some(record) = session.reader().record(call_id)? else { continue };
            let status = record.opening.response.as_ref().map(|response| response.status);
            by_call.insert(call_id, Ended::new(status, &record.closing.verdict));
        }
        Ok(Expectation { by_call })
    }

    fn of_lines(bytes: &[u8], path: &Path) -> Result<Expectation, Failure> {
        let bad = |line: usize, what: &str| {
            Failure::Input(format!(
                "{} at line {line} {what}; give a session, or what 'export' or 'replay --json' has written",
                path.display()
            ))
        };
        let text = std::str::from_utf8(bytes).map_err(|_| bad(1, "is no UTF-8 text"))?;
        let mut by_call = HashMap::new();
        for (idx, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let value: Value = serde_json::from_str(line).map_err(|_| bad(idx + 1, "is no JSON"))?;
            if value.get("event").is_some_and(|event| event != "call") {
                continue;
            }
            let call_id = value.get("call").or_else(|| value.get("id")).and_then(Value::as_u64);
            let call_id = call_id.and_then(|id| u32::try_from(id).ok()).ok_or_else(|| bad(idx + 1, "names no call"))?;
            let outcome = value.pointer("/verdict/outcome").and_then(Value::as_str);
            let outcome = outcome.ok_or_else(|| bad(idx + 1, "has no verdict with an outcome"))?.to_owned();
            let last = value.get("attempts").and_then(Value::as_array).and_then(|attempts| attempts.last());
            let status = last.map_or_else(|| value.pointer("/response/status"), |attempt| attempt.get("status"));
            let status = status.and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
            by_call.insert(CallId(call_id), Ended { status, outcome });
        }
        Ok(Expectation { by_call })
    }
}

/// True where it begins as SQLite files do; a session may be larger than other inputs.
fn is_session(path: &Path) -> bool {
    let mut head = [0; SQLITE.len()];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok() && head == *SQLITE
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Expectation, String> {
        Expectation::of_lines(text.as_bytes(), Path::new("x.jsonl")).map_err(|failure| failure.to_string())
    }

    #[test]
    fn lines_of_export_replay_and_serve_are_read() {
        let expectation = read(concat!(
            "{\"event\":\"listening\",\"https\":\"127.0.0.1:1\"}\n",
            "{\"event\":\"call\",\"id\":1,\"response\":{\"status\":204},\"verdict\":{\"outcome\":\"unchanged\"}}\n\n",
            "{\"call\":2,\"attempts\":[{\"status\":500},{\"status\":200}],\"verdict\":{\"outcome\":\"applied\"}}\n",
            "{\"id\":3,\"response\":null,\"verdict\":{\"outcome\":\"ignored\"}}\n",
        ))
        .unwrap();
        let check = |id: u32, status: Option<u16>, outcome: &str| {
            let expected = Ended { status, outcome: outcome.to_owned() };
            assert_eq!(expectation.of(CallId(id)), Some(&expected), "{id}");
        };
        check(1, Some(204), "unchanged");
        check(2, Some(200), "applied");
        check(3, None, "ignored");
        assert_eq!(expectation.of(CallId(4)), None);
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_line() {
        let said = |text: &str| read(text).unwrap_err();
        assert!(said("{}").contains("line 1 names no call"));
        assert!(said("{\"id\":1,\"verdict\":{\"outcome\":\"applied\"}}\nnonsense").contains("line 2 is no JSON"));
        assert!(said("{\"id\":1}").contains("no verdict"));
    }

    #[test]
    fn a_difference_names_both_sides() {
        let expected = Ended { status: Some(200), outcome: "applied".to_owned() };
        assert_eq!(expected.difference(&expected), None);
        let came = Ended { status: None, outcome: "ignored".to_owned() };
        let said = "status 200 was expected, no answer came; outcome applied was expected, ignored came";
        assert_eq!(expected.difference(&came).unwrap(), said);
    }
}
