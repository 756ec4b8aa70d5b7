//! A condition of a rule while it is being written: texts and choices, which become a [`Condition`] or a reason why not.

use serde_json::Value;

use crate::call::AuthResult;
use crate::okta::{HookKind, Pointer};
use crate::respond::{Condition, CountTest, JsonTest, Pattern, Test, TextTest};

/// What a condition looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Attempt,
    Json,
    Header,
    Method,
    Path,
    Hook,
    EventType,
    Credential,
    Nth,
    From,
    Every,
    Replay,
}

impl Subject {
    pub const ALL: [Subject; 12] = [
        Subject::Attempt,
        Subject::Json,
        Subject::Header,
        Subject::Method,
        Subject::Path,
        Subject::Hook,
        Subject::EventType,
        Subject::Credential,
        Subject::Nth,
        Subject::From,
        Subject::Every,
        Subject::Replay,
    ];

    /// For people.
    pub fn text(self) -> &'static str {
        match self {
            Subject::Attempt => "Attempt",
            Subject::Json => "Value in the body",
            Subject::Header => "Header",
            Subject::Method => "Method",
            Subject::Path => "Path",
            Subject::Hook => "Hook kind",
            Subject::EventType => "Event type",
            Subject::Credential => "Credential",
            Subject::Nth => "The n-th call",
            Subject::From => "Call n and later",
            Subject::Every => "Every n-th call",
            Subject::Replay => "Replay",
        }
    }

    /// True where it needs a name beside the value: that of a header, or a place in the body.
    pub fn has_name(self) -> bool {
        matches!(self, Subject::Json | Subject::Header)
    }

    /// True where a text or a JSON value is looked at, so that there are ways to compare it.
    pub fn has_operators(self) -> bool {
        matches!(self, Subject::Json | Subject::Header | Subject::Method | Subject::Path | Subject::EventType)
    }

    /// What can be chosen as the value, where it is not typed.
    pub fn choices(self) -> Vec<String> {
        match self {
            Subject::Attempt => vec!["1".to_owned(), "2".to_owned()],
            Subject::Hook => HookKind::NAMED.iter().map(|kind| kind.as_str().to_owned()).collect(),
            Subject::Credential => RESULTS.iter().map(|result| result.as_str().to_owned()).collect(),
            Subject::Replay => vec![REPLAY.to_owned(), NO_REPLAY.to_owned()],
            _ => Vec::new(),
        }
    }
}

const RESULTS: [AuthResult; 4] = [AuthResult::Pass, AuthResult::Fail, AuthResult::Missing, AuthResult::NotConfigured];
const REPLAY: &str = "a replay";
const NO_REPLAY: &str = "no replay";

/// How a text or a JSON value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Equals,
    Contains,
    Matches,
    Exists,
}

impl Operator {
    pub const ALL: [Operator; 4] = [Operator::Equals, Operator::Contains, Operator::Matches, Operator::Exists];

    pub fn text(self, is_negated: bool) -> &'static str {
        match (self, is_negated) {
            (Operator::Equals, false) => "equals",
            (Operator::Equals, true) => "does not equal",
            (Operator::Contains, false) => "contains",
            (Operator::Contains, true) => "does not contain",
            (Operator::Matches, false) => "matches",
            (Operator::Matches, true) => "does not match",
            (Operator::Exists, false) => "exists",
            (Operator::Exists, true) => "is absent",
        }
    }
}

/// One condition while it is being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionDraft {
    pub subject: Subject,
    /// The header, or the place in the body as a JSON Pointer.
    pub name: String,
    pub operator: Operator,
    pub is_negated: bool,
    /// As it is typed. A value in the body is JSON where it can be read as JSON, else a string.
    pub value: String,
}

impl Default for ConditionDraft {
    fn default() -> ConditionDraft {
        ConditionDraft::new(Subject::Attempt)
    }
}

impl ConditionDraft {
    /// A condition that can be completed by one value.
    pub fn new(subject: Subject) -> ConditionDraft {
        let value = match subject {
            Subject::Nth | Subject::From | Subject::Every => "2".to_owned(),
            Subject::Method => "POST".to_owned(),
            _ => subject.choices().into_iter().next().unwrap_or_default(),
        };
        ConditionDraft { subject, name: String::new(), operator: Operator::Equals, is_negated: false, value }
    }

    pub fn of(condition: &Condition) -> ConditionDraft {
        let mut draft = ConditionDraft { is_negated: condition.is_negated(), ..ConditionDraft::default() };
        match condition.test() {
            Test::Method(test) => draft.take_text(Subject::Method, test),
            Test::Path(test) => draft.take_text(Subject::Path, test),
            Test::EventType(test) => draft.take_text(Subject::EventType, test),
            Test::Header { name, test } => {
                draft.take_text(Subject::Header, test);
                draft.name = name.to_string();
            }
            Test::Json { pointer, test } => {
                (draft.subject, draft.name) = (Subject::Json, pointer.to_string());
                (draft.operator, draft.value) = match test {
                    JsonTest::Exists => (Operator::Exists, String::new()),
                    JsonTest::Equals(value) => (Operator::Equals, typed(value)),
                    JsonTest::Contains(part) => (Operator::Contains, part.to_string()),
                    JsonTest::Pattern(pattern) => (Operator::Matches, pattern.as_str().to_owned()),
                };
            }
            Test::Hook(kind) => draft.take(Subject::Hook, kind.as_str()),
            Test::Credential(result) => draft.take(Subject::Credential, result.as_str()),
            Test::Attempt(attempt) => draft.take(Subject::Attempt, &attempt.to_string()),
            Test::Count(CountTest::Nth(nth)) => draft.take(Subject::Nth, &nth.to_string()),
            Test::Count(CountTest::From(from)) => draft.take(Subject::From, &from.to_string()),
            Test::Count(CountTest::Every(every)) => draft.take(Subject::Every, &every.to_string()),
            Test::Replay(wanted) => draft.take(Subject::Replay, if *wanted { REPLAY } else { NO_REPLAY }),
        }
        draft
    }

    fn take(&mut self, subject: Subject, value: &str) {
        (self.subject, self.value) = (subject, value.to_owned());
    }

    fn take_text(&mut self, subject: Subject, test: &TextTest) {
        self.subject = subject;
        (self.operator, self.value) = match test {
            TextTest::Exists => (Operator::Exists, String::new()),
            TextTest::Equals(text) => (Operator::Equals, text.to_string()),
            TextTest::Contains(part) => (Operator::Contains, part.to_string()),
            TextTest::Pattern(pattern) => (Operator::Matches, pattern.as_str().to_owned()),
        };
    }

    /// The condition, or what is to be changed first.
    pub fn condition(&self) -> Result<Condition, String> {
        let test = self.test()?;
        Ok(if self.is_negated { Condition::not(test) } else { Condition::new(test) })
    }

    fn test(&self) -> Result<Test, String> {
        Ok(match self.subject {
            Subject::Method => Test::Method(self.text_test()?),
            Subject::Path => Test::Path(self.text_test()?),
            Subject::EventType => Test::EventType(self.text_test()?),
            Subject::Header => {
                let name = self.name.trim();
                if axum::http::HeaderName::from_bytes(name.as_bytes()).is_err() {
                    return Err("Type the name of a header field, such as X-Env".to_owned());
                }
                Test::Header { name: name.into(), test: self.text_test()? }
            }
            Subject::Json => {
                let pointer = Pointer::read(&self.name)
                    .map_err(|fault| format!("'{}' is no place in the body: {fault}", self.name))?
                    .into_owned();
                Test::Json { pointer, test: self.json_test()? }
            }
            Subject::Hook => Test::Hook(self.value.parse().map_err(|_| "Choose a hook kind".to_owned())?),
            Subject::Credential => {
                let result = RESULTS.into_iter().find(|result| result.as_str() == self.value);
                Test::Credential(result.ok_or("Choose a result of the credential checks")?)
            }
            Subject::Attempt => match self.value.trim() {
                "1" => Test::Attempt(1),
                "2" => Test::Attempt(2),
                _ => return Err("An attempt is 1, or 2 for the retry".to_owned()),
            },
            Subject::Nth => Test::Count(CountTest::Nth(self.number()?)),
            Subject::From => Test::Count(CountTest::From(self.number()?)),
            Subject::Every => Test::Count(CountTest::Every(self.number()?)),
            Subject::Replay => Test::Replay(self.value == REPLAY),
        })
    }

    fn number(&self) -> Result<u64, String> {
        match self.value.trim().parse() {
            Ok(number @ 1..=1_000_000_000) => Ok(number),
            _ => Err("Type a number of calls, 1 or more".to_owned()),
        }
    }

    fn pattern(&self) -> Result<Pattern, String> {
        Pattern::new(&self.value).map_err(|error| format!("This is no pattern: {error}"))
    }

    fn text_test(&self) -> Result<TextTest, String> {
        Ok(match self.operator {
            Operator::Exists => TextTest::Exists,
            Operator::Equals => TextTest::Equals(self.value.as_str().into()),
            Operator::Contains => TextTest::Contains(self.part()?.into()),
            Operator::Matches => TextTest::Pattern(self.pattern()?),
        })
    }

    fn json_test(&self) -> Result<JsonTest, String> {
        Ok(match self.operator {
            Operator::Exists => JsonTest::Exists,
            Operator::Equals => JsonTest::Equals(
                serde_json::from_str(&self.value).unwrap_or_else(|_| Value::String(self.value.clone())),
            ),
            Operator::Contains => JsonTest::Contains(self.part()?.into()),
            Operator::Matches => JsonTest::Pattern(self.pattern()?),
        })
    }

    /// Every text contains the empty one: that would match all.
    fn part(&self) -> Result<&str, String> {
        if self.value.is_empty() { Err("Type what it is to contain".to_owned()) } else { Ok(&self.value) }
    }
}

/// A JSON value as it is typed: a string without its quotes, unless it would be read as something else.
fn typed(value: &Value) -> String {
    match value {
        Value::String(text) if serde_json::from_str::<Value>(text).is_err() => text.clone(),
        other => other.to_string(),
    }
}
