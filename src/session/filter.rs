//! The filter: one line of terms, the same in the window and in `--filter`.
//!
//! Space is *and*, `-` before a term is *not*, quotes keep a phrase together, case does not matter. A bare word is looked for in
//! path, hook, endpoint, event id and note.

use std::fmt;
use std::ops::Range;

use super::index::{Index, RowView};
use crate::call::{AuthResult, CallId};
use crate::okta::{HookKind, Outcome};

/// A term that cannot be read, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// Bytes of the filter's text.
    pub range: Range<usize>,
    pub reason: String,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at character {})", self.reason, self.range.start + 1)
    }
}

/// What a term asks.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Word(String),
    Path(String),
    Endpoint(String),
    Hook(HookKind),
    Status(u16),
    /// The hundreds: 5 for `5xx`.
    StatusClass(u16),
    Outcome(Outcome),
    Auth(AuthResult),
    Method(String),
    Ids(u32, u32),
    /// Microseconds.
    LongerThan(u64),
    Late,
    Pinned,
    Duplicate,
    Retry,
    Replay,
    Problem,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    is_not: bool,
    test: Test,
}

/// Terms that must all hold. The empty filter lets everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    terms: Vec<Term>,
}

impl Filter {
    /// Reads a filter, or says of every bad term what is wrong with it.
    pub fn parse(text: &str) -> Result<Filter, Vec<FilterError>> {
        let (filter, errors) = Filter::parse_lossy(text);
        if errors.is_empty() { Ok(filter) } else { Err(errors) }
    }

    /// Reads what can be read, and says what cannot.
    pub fn parse_lossy(text: &str) -> (Filter, Vec<FilterError>) {
        let mut filter = Filter::default();
        let mut errors = Vec::new();
        for piece in pieces(text) {
            match piece.and_then(|piece| term_of(&piece)) {
                Ok(term) => filter.terms.push(term),
                Err(error) => errors.push(error),
            }
        }
        (filter, errors)
    }

    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The filter made ready for one index: texts are looked up once, not for each row.
    pub fn ready(&self, index: &Index) -> ReadyFilter {
        let terms = self
            .terms
            .iter()
            .map(|term| {
                let symbols = match &term.test {
                    Test::Word(part) | Test::Path(part) => {
                        index.symbols_where(|text| text.to_lowercase().contains(part.as_str()))
                    }
                    Test::Endpoint(whole) | Test::Method(whole) => {
                        index.symbols_where(|text| text.to_lowercase() == *whole)
                    }
                    _ => Vec::new(),
                };
                let finder = match &term.test {
                    Test::Word(part) => Some(memchr::memmem::Finder::new(part.as_bytes()).into_owned()),
                    _ => None,
                };
                ReadyTerm { term: term.clone(), symbols, finder }
            })
            .collect();
        ReadyFilter { terms }
    }
}

struct ReadyTerm {
    term: Term,
    symbols: Vec<bool>,
    finder: Option<memchr::memmem::Finder<'static>>,
}

/// A filter that has looked its texts up in an index. Make it anew when the index has grown new texts.
pub struct ReadyFilter {
    terms: Vec<ReadyTerm>,
}

impl ReadyFilter {
    pub fn matches(&self, row: RowView<'_>, index: &Index) -> bool {
        self.terms.iter().all(|ready| ready.holds(row, index) != ready.term.is_not)
    }
}

impl ReadyTerm {
    fn holds(&self, row: RowView<'_>, index: &Index) -> bool {
        match &self.term.test {
            Test::Word(part) => {
                row.path_in(&self.symbols)
                    || row.endpoint_in(&self.symbols)
                    || row.hook().as_str().contains(part.as_str())
                    || self.is_in_event_id(row)
                    || index.note(row.call_id).is_some_and(|note| note.to_lowercase().contains(part.as_str()))
            }
            Test::Path(_) => row.path_in(&self.symbols),
            Test::Endpoint(_) => row.endpoint_in(&self.symbols),
            Test::Method(_) => row.method_in(&self.symbols),
            Test::Hook(hook) => row.hook() == *hook,
            Test::Status(status) => row.status() == Some(*status),
            Test::StatusClass(hundreds) => row.status().is_some_and(|status| status / 100 == *hundreds),
            Test::Outcome(outcome) => row.outcome() == *outcome,
            Test::Auth(auth) => row.auth() == *auth,
            Test::Ids(from, through) => (*from..=*through).contains(&row.call_id.0),
            Test::LongerThan(micros) => row.total_us().is_some_and(|total| u64::from(total) > *micros),
            Test::Late => row.total_us().is_some_and(|total| u128::from(total) > crate::call::BUDGET.as_micros()),
            Test::Pinned => index.is_pinned(row.call_id),
            Test::Duplicate => row.is_duplicate(),
            Test::Retry => row.is_retry(),
            Test::Replay => row.is_replay(),
            Test::Problem => row.has_problem(),
        }
    }

    /// Event ids are nearly always ASCII without capitals that matter: they are compared as lower case.
    fn is_in_event_id(&self, row: RowView<'_>) -> bool {
        let (Some(event_id), Some(finder)) = (row.event_id(), &self.finder) else {
            return false;
        };
        if event_id.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii()) {
            finder.find(event_id.to_lowercase().as_bytes()).is_some()
        } else {
            finder.find(event_id.as_bytes()).is_some()
        }
    }
}

/// A piece of the text between spaces.
struct Piece {
    range: Range<usize>,
    is_not: bool,
    /// The name before an unquoted colon, in lower case.
    key: Option<String>,
    value: String,
    is_quoted: bool,
}

fn pieces(text: &str) -> Vec<Result<Piece, FilterError>> {
    let mut found = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, first)) = chars.peek().copied() {
        if first.is_whitespace() {
            chars.next();
            continue;
        }
        let is_not = first == '-';
        if is_not {
            chars.next();
        }
        let (mut key, mut value) = (None, String::new());
        let (mut in_quotes, mut is_quoted) = (false, false);
        let mut end = start + first.len_utf8();
        while let Some((at, c)) = chars.peek().copied() {
            if c.is_whitespace() && !in_quotes {
                break;
            }
            chars.next();
            end = at + c.len_utf8();
            match c {
                '"' => {
                    in_quotes = !in_quotes;
                    is_quoted = true;
                }
                ':' if key.is_none() && !is_quoted && !value.is_empty() => {
                    key = Some(std::mem::take(&mut value).to_lowercase())
                }
                _ => value.push(c),
            }
        }
        let range = start..end;
        if in_quotes {
            let reason = "the quotes are not closed; add \" at the end of the phrase".to_owned();
            found.push(Err(FilterError { range, reason }));
        } else {
            found.push(Ok(Piece { range, is_not, key, value: value.to_lowercase(), is_quoted }));
        }
    }
    found
}

fn term_of(piece: &Piece) -> Result<Term, FilterError> {
    let fail = |reason: String| FilterError { range: piece.range.clone(), reason };
    let value = piece.value.as_str();
    let test = match piece.key.as_deref() {
        None if piece.is_quoted => Ok(Test::Word(value.to_owned())),
        None if value.is_empty() => Err("'-' needs a term after it".to_owned()),
        None => match value {
            "late" => Ok(Test::Late),
            "pinned" => Ok(Test::Pinned),
            "duplicate" => Ok(Test::Duplicate),
            "retry" => Ok(Test::Retry),
            "replay" => Ok(Test::Replay),
            "problem" => Ok(Test::Problem),
            _ => match value.strip_prefix('>') {
                Some(duration) => duration_of(duration).map(Test::LongerThan),
                None => Ok(Test::Word(value.to_owned())),
            },
        },
        Some(key) if value.is_empty() => Err(format!("'{key}:' needs a value after it")),
        Some("path") => Ok(Test::Path(value.to_owned())),
        Some("endpoint") => Ok(Test::Endpoint(value.to_owned())),
        Some("method") => Ok(Test::Method(value.to_owned())),
        Some("hook") => value.parse().map(Test::Hook).map_err(|unknown: crate::okta::UnknownKind| unknown.to_string()),
        Some("status") => status_of(value),
        Some("outcome") => Outcome::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == value)
            .map(Test::Outcome)
            .ok_or_else(|| not_one_of(value, "outcome", Outcome::ALL.iter().map(|outcome| outcome.as_str()))),
        Some("auth") => AUTH
            .into_iter()
            .find(|auth| auth.as_str() == value)
            .map(Test::Auth)
            .ok_or_else(|| not_one_of(value, "credential result", AUTH.iter().map(|auth| auth.as_str()))),
        Some("id") => ids_of(value),
        Some(key) => Err(format!(
            "'{key}:' is no term; there are hook:, endpoint:, path:, status:, outcome:, auth:, method: and id: (quote a text with a colon in it)"
        )),
    };
    test.map(|test| Term { is_not: piece.is_not, test }).map_err(fail)
}

const AUTH: [AuthResult; 4] = [AuthResult::Pass, AuthResult::Fail, AuthResult::Missing, AuthResult::NotConfigured];

fn not_one_of<'a>(value: &str, what: &str, all: impl Iterator<Item = &'a str>) -> String {
    format!("'{value}' is no {what}; there are {}", all.collect::<Vec<_>>().join(", "))
}

fn status_of(value: &str) -> Result<Test, String> {
    if let Some(hundreds) = value.strip_suffix("xx")
        && let Ok(hundreds @ 1..=9) = hundreds.parse()
    {
        return Ok(Test::StatusClass(hundreds));
    }
    match value.parse() {
        Ok(status @ 100..=999) => Ok(Test::Status(status)),
        _ => Err(format!("'{value}' is no status; write a number such as 200, or a class such as 5xx")),
    }
}

fn ids_of(value: &str) -> Result<Test, String> {
    let bad = || format!("'{value}' is no call id; write a number such as 7, or a range such as 3-9");
    let (from, through) = value.split_once('-').unwrap_or((value, value));
    let (from, through) = (from.parse().map_err(|_| bad())?, through.parse().map_err(|_| bad())?);
    if from > through {
        return Err(format!("the range {value} ends before it begins; write {through}-{from}"));
    }
    Ok(Test::Ids(from, through))
}

fn duration_of(value: &str) -> Result<u64, String> {
    let bad = || format!("'>{value}' is no duration; write it with a unit, such as >150ms or >2s");
    let (number, factor) = match (value.strip_suffix("ms"), value.strip_suffix('s')) {
        (Some(number), _) => (number, 1_000.0),
        (None, Some(number)) => (number, 1_000_000.0),
        (None, None) => return Err(bad()),
    };
    match number.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok((number * factor) as u64),
        _ => Err(bad()),
    }
}

/// The ids that a filter lets through, kept up to date with an index.
pub struct Search {
    filter: Filter,
    ids: Vec<CallId>,
    /// How many of the calls that came into the index have been looked at; none where none have.
    n_seen: Option<usize>,
    marks_version: u64,
    index_version: u64,
}

impl Search {
    pub fn new(filter: Filter) -> Search {
        Search { filter, ids: Vec::new(), n_seen: None, marks_version: 0, index_version: u64::MAX }
    }

    /// The calls that match, in order of id.
    pub fn ids(&self) -> &[CallId] {
        &self.ids
    }

    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Looks at what is new. True if the list changed.
    pub fn update(&mut self, index: &Index) -> bool {
        let version = index.version();
        if version == self.index_version {
            return false;
        }
        self.index_version = version;
        let marks_version = index.marks_version();
        let ready = self.filter.ready(index);
        let hidden_through = index.hidden_through();
        let is_shown = |call_id: CallId| call_id > hidden_through || index.shows(call_id);
        match self.n_seen {
            Some(n_seen) if marks_version == self.marks_version => {
                let mut arrived = index.arrived_after(n_seen);
                self.n_seen = Some(n_seen + arrived.len());
                arrived.sort_unstable();
                let (Some(first), Some(last)) = (arrived.first(), arrived.last()) else {
                    return false;
                };
                let mut found = Vec::new();
                // One that came while the list was made is in it already.
                let mut look = |row: RowView<'_>| {
                    let is_known = || self.ids.binary_search(&row.call_id).is_ok();
                    if is_shown(row.call_id) && ready.matches(row, index) && !is_known() {
                        found.push(row.call_id);
                    }
                };
                if ((last.0 - first.0) as usize) < arrived.len().saturating_mul(4) {
                    // They lie close together, as they mostly do.
                    index.for_each(*first, *last, look);
                } else {
                    arrived.iter().for_each(|call_id| index.for_each(*call_id, *call_id, &mut look));
                }
                self.take_in(&found);
                !found.is_empty()
            }
            _ => {
                self.n_seen = Some(index.n_arrived());
                self.marks_version = marks_version;
                self.ids.clear();
                let ids = &mut self.ids;
                index.for_each(CallId(1), CallId(u32::MAX), |row| {
                    if is_shown(row.call_id) && ready.matches(row, index) {
                        ids.push(row.call_id);
                    }
                });
                true
            }
        }
    }

    /// Puts ids where they belong: calls end in another order than they begin.
    fn take_in(&mut self, found: &[CallId]) {
        let (Some(first), Some(last)) = (found.first(), found.last()) else {
            return;
        };
        let at = self.ids.partition_point(|known| known < first);
        let fits = self.ids.get(at).is_none_or(|next| next > last);
        self.ids.splice(at..at, found.iter().copied());
        if !fits {
            self.ids.sort_unstable();
        }
    }
}
