//! A condition of a rule: one thing that a call must have, or must not have.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::Pattern;
use crate::call::AuthResult;
use crate::okta::{HookKind, Pointer};

/// One condition. It is a value that is made once and never changed, so that its sentence is made once too.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    is_negated: bool,
    test: Test,
    text: Arc<str>,
}

/// What a condition looks at, and what it wants there.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// The HTTP method.
    Method(TextTest),
    /// The path without the query.
    Path(TextTest),
    /// Any of the fields of this name, compared without case.
    Header {
        name: Arc<str>,
        test: TextTest,
    },
    /// The value in the JSON body that a JSON Pointer (RFC 6901) leads to.
    Json {
        pointer: Pointer<'static>,
        test: JsonTest,
    },
    Hook(HookKind),
    /// `eventType` of the body; for an event delivery also that of any of its events.
    EventType(TextTest),
    /// What the credential checks said.
    Credential(AuthResult),
    /// 1, or 2 for Okta's one retry.
    Attempt(u8),
    /// Which call of the endpoint this is, counted from 1 since the start or the last reset.
    Count(CountTest),
    /// True: the call is a replay that we sent ourselves; false: it is not.
    Replay(bool),
}

/// What is wanted of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextTest {
    Exists,
    Equals(Arc<str>),
    Contains(Arc<str>),
    Pattern(Pattern),
}

/// What is wanted of a JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonTest {
    /// It is there, null included.
    Exists,
    /// Equal as values: the order of members does not count, nor how a number is written.
    Equals(Value),
    /// A string that has this in it, or an array with this string as an element.
    Contains(Arc<str>),
    /// A string that matches; numbers and booleans as they are written in JSON.
    Pattern(Pattern),
}

/// What is wanted of the number of a call. Numbers are at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountTest {
    /// This one only.
    Nth(u64),
    /// This one and all that follow.
    From(u64),
    /// Each whose number can be divided by this.
    Every(u64),
}

impl CountTest {
    pub fn holds(self, n_calls: u64) -> bool {
        match self {
            CountTest::Nth(nth) => n_calls == nth,
            CountTest::From(from) => n_calls >= from,
            CountTest::Every(every) => every > 0 && n_calls.is_multiple_of(every),
        }
    }
}

impl TextTest {
    pub fn holds(&self, text: &str) -> bool {
        match self {
            TextTest::Exists => true,
            TextTest::Equals(wanted) => text == &**wanted,
            TextTest::Contains(part) => text.contains(&**part),
            TextTest::Pattern(pattern) => pattern.is_match(text),
        }
    }
}

impl Condition {
    /// A condition that holds where the test does.
    pub fn new(test: Test) -> Condition {
        Condition { text: sentence(&test, false).into(), is_negated: false, test }
    }

    /// A condition that holds where the test does not.
    pub fn not(test: Test) -> Condition {
        Condition { text: sentence(&test, true).into(), is_negated: true, test }
    }

    pub fn test(&self) -> &Test {
        &self.test
    }

    pub fn is_negated(&self) -> bool {
        self.is_negated
    }

    /// The condition for people: `header X-Env equals 'dev'`.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn sentence(test: &Test, not: bool) -> String {
    let is = if not { "is not" } else { "is" };
    match test {
        Test::Method(test) => format!("method {}", text_words(test, not)),
        Test::Path(test) => format!("path {}", text_words(test, not)),
        Test::Header { name, test } => format!("header {name} {}", text_words(test, not)),
        Test::Json { pointer, test } => match pointer.segments().is_empty() {
            true => format!("body {}", json_words(test, not)),
            false => format!("body {pointer} {}", json_words(test, not)),
        },
        Test::Hook(kind) => format!("hook kind {is} {kind}"),
        Test::EventType(test) => format!("event type {}", text_words(test, not)),
        Test::Credential(result) => format!("credential {is} {}", result.as_str()),
        Test::Attempt(attempt) => format!("attempt {is} {attempt}"),
        Test::Count(CountTest::Nth(nth)) => format!("call of the endpoint {is} number {nth}"),
        Test::Count(CountTest::From(from)) => format!("call of the endpoint {is} number {from} or later"),
        Test::Count(CountTest::Every(every)) => format!("call of the endpoint {is} one of every {every}"),
        // A double negation is hard to read.
        Test::Replay(wanted) => format!("call {} a replay", if *wanted == not { "is not" } else { "is" }),
    }
}

fn text_words(test: &TextTest, not: bool) -> String {
    match (test, not) {
        (TextTest::Exists, false) => "exists".to_owned(),
        (TextTest::Exists, true) => "is absent".to_owned(),
        (TextTest::Equals(wanted), false) => format!("equals '{wanted}'"),
        (TextTest::Equals(wanted), true) => format!("does not equal '{wanted}'"),
        (TextTest::Contains(part), false) => format!("contains '{part}'"),
        (TextTest::Contains(part), true) => format!("does not contain '{part}'"),
        (TextTest::Pattern(pattern), false) => format!("matches {}", pattern.as_str()),
        (TextTest::Pattern(pattern), true) => format!("does not match {}", pattern.as_str()),
    }
}

fn json_words(test: &JsonTest, not: bool) -> String {
    match test {
        JsonTest::Exists => text_words(&TextTest::Exists, not),
        JsonTest::Equals(Value::String(text)) => text_words(&TextTest::Equals(text.as_str().into()), not),
        JsonTest::Equals(value) => format!("{} {value}", if not { "does not equal" } else { "equals" }),
        JsonTest::Contains(part) => text_words(&TextTest::Contains(part.clone()), not),
        JsonTest::Pattern(pattern) => text_words(&TextTest::Pattern(pattern.clone()), not),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(test: Test, holds: &str, not: &str) {
        assert_eq!(Condition::new(test.clone()).to_string(), holds);
        assert_eq!(Condition::not(test).to_string(), not);
    }

    #[test]
    fn a_condition_reads_as_a_sentence() {
        let header = |test| Test::Header { name: "X-Env".into(), test };
        check(header(TextTest::Equals("dev".into())), "header X-Env equals 'dev'", "header X-Env does not equal 'dev'");
        check(header(TextTest::Exists), "header X-Env exists", "header X-Env is absent");
        let pattern = TextTest::Pattern(Pattern::new("^/hooks").unwrap());
        check(Test::Path(pattern), "path matches ^/hooks", "path does not match ^/hooks");
        let json = |pointer, test| Test::Json { pointer: Pointer::read(pointer).unwrap(), test };
        check(
            json("/data/userProfile/login", JsonTest::Contains("@example.com".into())),
            "body /data/userProfile/login contains '@example.com'",
            "body /data/userProfile/login does not contain '@example.com'",
        );
        check(json("", JsonTest::Equals(json!({ "a": 1 }))), "body equals {\"a\":1}", "body does not equal {\"a\":1}");
        check(Test::Hook(HookKind::Saml), "hook kind is saml", "hook kind is not saml");
        check(Test::Attempt(2), "attempt is 2", "attempt is not 2");
        check(
            Test::Count(CountTest::Every(5)),
            "call of the endpoint is one of every 5",
            "call of the endpoint is not one of every 5",
        );
        check(Test::Replay(false), "call is not a replay", "call is a replay");
        check(Test::Credential(AuthResult::Fail), "credential is fail", "credential is not fail");
    }

    #[test]
    fn a_count_holds_for_its_calls() {
        assert!(CountTest::Nth(3).holds(3) && !CountTest::Nth(3).holds(4));
        assert!(CountTest::From(3).holds(4) && !CountTest::From(3).holds(2));
        assert!(CountTest::Every(5).holds(10) && !CountTest::Every(5).holds(11) && !CountTest::Every(0).holds(0));
    }
}
