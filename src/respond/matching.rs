//! Does a rule match a call?

use std::cell::OnceCell;
use std::fmt::Display;

use super::body::{Body, Node};
use super::condition::{Condition, JsonTest, Test, TextTest};
use super::decide::Asked;
use super::rule::Rule;
use crate::call::{FailedCondition, RuleTrace};

/// How much of what came a trace tells, in characters.
const SHOWN: usize = 60;

/// A call as rules look at it: what takes time to find is found once, and only if it is asked for.
pub(super) struct Matched<'a> {
    asked: &'a Asked<'a>,
    n_calls: u64,
    body: Body<'a>,
    headers: OnceCell<Vec<(&'a [u8], &'a [u8])>>,
}

impl<'a> Matched<'a> {
    pub(super) fn new(asked: &'a Asked<'a>, n_calls: u64) -> Matched<'a> {
        Matched { asked, n_calls, body: Body::new(&asked.request.body), headers: OnceCell::new() }
    }

    /// What becomes of a rule.
    pub(super) fn trace(&self, rule: &Rule) -> RuleTrace {
        let failed = rule.conditions.iter().enumerate().find(|(_, condition)| !self.holds(condition));
        RuleTrace {
            name: rule.name.clone(),
            failed: failed.map(|(idx, condition)| FailedCondition {
                idx: u32::try_from(idx).unwrap_or(u32::MAX),
                condition: condition.text().clone(),
                came: self.came(condition.test()),
            }),
        }
    }

    fn holds(&self, condition: &Condition) -> bool {
        self.test_holds(condition.test()) != condition.is_negated()
    }

    fn test_holds(&self, test: &Test) -> bool {
        let asked = self.asked;
        let text = |value: Option<&str>, test: &TextTest| value.is_some_and(|value| test.holds(value));
        match test {
            Test::Method(test) => text(asked.request.method.as_deref(), test),
            Test::Path(test) => text(asked.request.path.as_deref(), test),
            Test::Header { name, test } => self.header(name).any(|value| match test {
                // A value that is no text is there all the same.
                TextTest::Exists => true,
                test => std::str::from_utf8(value).is_ok_and(|value| test.holds(value)),
            }),
            Test::Json { pointer, test } => self.body.at(pointer).is_some_and(|node| json_holds(node, test)),
            Test::Hook(kind) => asked.hook == *kind,
            Test::EventType(test) => {
                text(asked.event_type, test) || self.body.event_types().any(|event_type| test.holds(event_type))
            }
            Test::Credential(result) => asked.auth.result == *result,
            Test::Attempt(attempt) => asked.attempt == *attempt,
            Test::Count(test) => test.holds(self.n_calls),
            Test::Replay(wanted) => asked.is_replay == *wanted,
        }
    }

    /// What stands where a condition looks, for people.
    fn came(&self, test: &Test) -> Option<Box<str>> {
        let asked = self.asked;
        match test {
            Test::Method(_) => asked.request.method.as_deref().map(quoted),
            Test::Path(_) => asked.request.path.as_deref().map(quoted),
            Test::Header { name, .. } => self.header(name).next().map(|value| match std::str::from_utf8(value) {
                Ok(value) => quoted(value),
                Err(_) => "bytes that are no text".into(),
            }),
            Test::Json { pointer, .. } => self.body.at(pointer).map(|node| match node {
                Node::String(text) => quoted(text),
                node => shown(node),
            }),
            Test::Hook(_) => Some(shown(asked.hook)),
            Test::EventType(_) => self.body.event_types().next().or(asked.event_type).map(quoted),
            Test::Credential(_) => Some(asked.auth.result.as_str().into()),
            Test::Attempt(_) => Some(shown(asked.attempt)),
            Test::Count(_) => Some(shown(self.n_calls)),
            Test::Replay(_) => Some(if asked.is_replay { "a replay".into() } else { "no replay".into() }),
        }
    }

    fn header(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let headers = self.headers.get_or_init(|| self.asked.request.headers.iter().collect());
        headers.iter().filter(move |(field, _)| field.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| *value)
    }
}

fn json_holds(node: &Node<'_>, test: &JsonTest) -> bool {
    match test {
        JsonTest::Exists => true,
        JsonTest::Equals(value) => node.equals(value),
        JsonTest::Contains(part) => match node {
            Node::String(text) => text.contains(&**part),
            Node::Array(elements) => elements.iter().any(|element| element.string() == Some(part)),
            _ => false,
        },
        JsonTest::Pattern(pattern) => match node {
            Node::String(text) => pattern.is_match(text),
            Node::Number(_) | Node::Bool(_) => pattern.is_match(&node.to_string()),
            _ => false,
        },
    }
}

fn shown(value: impl Display) -> Box<str> {
    value.to_string().into()
}

/// In quotes, on one line, and not longer than a line bears. A cut ends in `…`, by which whoever masks it knows it.
fn quoted(text: &str) -> Box<str> {
    let mut quoted = String::with_capacity(text.len().min(SHOWN) + 4);
    quoted.push('\'');
    let mut letters = text.chars();
    quoted.extend(letters.by_ref().take(SHOWN).map(|letter| if letter.is_control() { ' ' } else { letter }));
    if letters.next().is_some() {
        quoted.push('…');
    }
    quoted.push('\'');
    quoted.into()
}
