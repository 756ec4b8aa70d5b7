//! Conditions of rules, faults, and JSON values in TOML.

use std::ops::Range;
use std::time::Duration;

use serde_json::{Number, Value};
use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

use super::Reading;
use crate::call::AuthResult;
use crate::okta::{HookKind, Pointer};
use crate::respond::{Condition, CountTest, Fault, JsonTest, Pattern, Template, Test, TextTest};

/// What a condition can look at.
const SUBJECTS: [&str; 12] = [
    "method",
    "path",
    "header",
    "json",
    "hook",
    "event_type",
    "credential",
    "attempt",
    "nth",
    "from",
    "every",
    "replay",
];
/// What can be wanted of what is found.
const WANTED: [&str; 5] = ["exists", "equals", "equals_json", "contains", "pattern"];

impl Reading<'_> {
    pub(super) fn n_errors(&self) -> usize {
        self.issues.iter().filter(|issue| issue.is_error()).count()
    }

    /// What `when` lists. What cannot be read is an error, so that its rule is left out.
    pub(super) fn conditions(&mut self, rule: &DeTable<'_>) -> Vec<Condition> {
        const WRITTEN: &str = "a list of conditions, such as [ { attempt = 1 } ]";
        let Some(value) = rule.get("when") else { return Vec::new() };
        let elements: Vec<&Spanned<DeValue<'_>>> = match value.get_ref() {
            DeValue::Array(elements) => elements.iter().collect(),
            DeValue::Table(_) => vec![value],
            _ => {
                self.wrong_type(value, "when", WRITTEN);
                return Vec::new();
            }
        };
        let mut conditions = Vec::new();
        for element in elements {
            match element.get_ref() {
                DeValue::Table(table) => conditions.extend(self.condition(table, element.span())),
                _ => self.wrong_type(element, "when", WRITTEN),
            }
        }
        conditions
    }

    fn condition(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Option<Condition> {
        if let Some(value) = table.get("not") {
            self.only(table, &["not"], "not");
            let DeValue::Table(inner) = value.get_ref() else {
                self.wrong_type(value, "not", "a condition, such as { attempt = 1 }");
                return None;
            };
            if inner.contains_key("not") {
                self.error(value.span(), "'not' in a 'not' is the condition itself; take both out");
                return None;
            }
            let (test, is_negated) = self.test(inner, value.span())?;
            return Some(if is_negated { Condition::new(test) } else { Condition::not(test) });
        }
        let (test, is_negated) = self.test(table, span)?;
        Some(if is_negated { Condition::not(test) } else { Condition::new(test) })
    }

    /// The test, and true where it is the opposite that is wanted.
    fn test(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Option<(Test, bool)> {
        let subjects: Vec<&str> = SUBJECTS.into_iter().filter(|subject| table.contains_key(*subject)).collect();
        let [subject] = subjects[..] else {
            let message = match subjects.len() {
                0 => format!("this condition looks at nothing; it takes one of {}", SUBJECTS.join(", ")),
                _ => format!("{} are two conditions; write each as its own table", subjects.join(" and ")),
            };
            self.error(span, message);
            return None;
        };
        match subject {
            "header" | "json" => {
                let known: Vec<&str> = [subject].into_iter().chain(WANTED).collect();
                self.only(table, &known, subject);
                let (text, span) = self.string(table, subject)?;
                if subject == "header" {
                    if axum::http::HeaderName::from_bytes(text.as_bytes()).is_err() {
                        self.error(span, format!("'{text}' is no header name"));
                        return None;
                    }
                    let (test, is_negated) = self.text_test(table, span)?;
                    return Some((Test::Header { name: text.into(), test }, is_negated));
                }
                let pointer = match Pointer::read(&text) {
                    Ok(pointer) => pointer.into_owned(),
                    Err(fault) => {
                        self.error(span, format!("'{text}' is no place in the body: {fault}"));
                        return None;
                    }
                };
                let (test, is_negated) = self.json_test(table, span)?;
                Some((Test::Json { pointer, test }, is_negated))
            }
            "method" | "path" | "event_type" => {
                self.only(table, &[subject], subject);
                let value = table.get(subject)?;
                let (test, is_negated) = match value.get_ref() {
                    DeValue::String(text) => (TextTest::Equals(text.as_ref().into()), false),
                    DeValue::Table(wanted) => {
                        self.only(wanted, &["exists", "equals", "contains", "pattern"], subject);
                        self.text_test(wanted, value.span())?
                    }
                    _ => {
                        self.wrong_type(value, subject, "a string in quotes, or a table such as { contains = \"…\" }");
                        return None;
                    }
                };
                let test = match subject {
                    "method" => Test::Method(test),
                    "path" => Test::Path(test),
                    _ => Test::EventType(test),
                };
                Some((test, is_negated))
            }
            simple => {
                self.only(table, &[simple], simple);
                self.simple_test(table, simple).map(|test| (test, false))
            }
        }
    }

    fn simple_test(&mut self, table: &DeTable<'_>, subject: &str) -> Option<Test> {
        let count = |this: &mut Self| this.number(table, subject, 1..=1_000_000_000, "a number of calls");
        match subject {
            "nth" => count(self).map(|nth| Test::Count(CountTest::Nth(nth))),
            "from" => count(self).map(|from| Test::Count(CountTest::From(from))),
            "every" => count(self).map(|every| Test::Count(CountTest::Every(every))),
            "attempt" => {
                let attempt = self.number(table, subject, 1..=2, "an attempt")?;
                u8::try_from(attempt).ok().map(Test::Attempt)
            }
            "replay" => self.boolean(table, subject).map(Test::Replay),
            "hook" => {
                let (text, span) = self.string(table, subject)?;
                match text.parse::<HookKind>() {
                    Ok(kind) => Some(Test::Hook(kind)),
                    Err(unknown) => {
                        self.error(span, unknown.to_string());
                        None
                    }
                }
            }
            _ => {
                const RESULTS: [AuthResult; 4] =
                    [AuthResult::Pass, AuthResult::Fail, AuthResult::Missing, AuthResult::NotConfigured];
                let (text, span) = self.string(table, subject)?;
                let result = RESULTS.into_iter().find(|result| result.as_str() == text);
                if result.is_none() {
                    let known = RESULTS.map(AuthResult::as_str).join(", ");
                    self.error(span, format!("'{text}' is no result of the credential checks; there are {known}"));
                }
                result.map(Test::Credential)
            }
        }
    }

    /// Unlike elsewhere, a key that means nothing is an error: a condition that is half understood would match too much.
    fn only(&mut self, table: &DeTable<'_>, known: &[&str], subject: &str) {
        for (key, _) in table {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                self.error(
                    key.span(),
                    format!("'{name}' means nothing beside '{subject}'; there are {}", known.join(", ")),
                );
            }
        }
    }

    /// The one key that says what is wanted; none where it is only to be there.
    fn wanted(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Option<Option<&'static str>> {
        let keys: Vec<&'static str> = WANTED.into_iter().filter(|key| table.contains_key(*key)).collect();
        match keys[..] {
            [] => Some(None),
            [key] => Some(Some(key)),
            _ => {
                self.error(span, format!("{} are two conditions; write each as its own table", keys.join(" and ")));
                None
            }
        }
    }

    fn text_test(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Option<(TextTest, bool)> {
        match self.wanted(table, span.clone())? {
            None => Some((TextTest::Exists, false)),
            Some("exists") => Some((TextTest::Exists, !self.boolean(table, "exists")?)),
            Some("equals") => self.string(table, "equals").map(|(text, _)| (TextTest::Equals(text.into()), false)),
            Some("contains") => {
                self.string(table, "contains").map(|(text, _)| (TextTest::Contains(text.into()), false))
            }
            Some("pattern") => self.pattern(table).map(|pattern| (TextTest::Pattern(pattern), false)),
            Some(other) => {
                self.error(span, format!("'{other}' is for JSON values; write equals = \"…\""));
                None
            }
        }
    }

    fn json_test(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Option<(JsonTest, bool)> {
        let test = match self.wanted(table, span)? {
            None => JsonTest::Exists,
            Some("exists") => return Some((JsonTest::Exists, !self.boolean(table, "exists")?)),
            Some("equals") => JsonTest::Equals(self.json_value(table.get("equals")?)?),
            Some("equals_json") => {
                let (text, span) = self.string(table, "equals_json")?;
                match serde_json::from_str(&text) {
                    Ok(value) => JsonTest::Equals(value),
                    Err(error) => {
                        self.error(span, format!("'equals_json' is no JSON: {error}"));
                        return None;
                    }
                }
            }
            Some("contains") => JsonTest::Contains(self.string(table, "contains")?.0.into()),
            Some(_) => JsonTest::Pattern(self.pattern(table)?),
        };
        Some((test, false))
    }

    fn pattern(&mut self, table: &DeTable<'_>) -> Option<Pattern> {
        let (text, span) = self.string(table, "pattern")?;
        match Pattern::new(&text) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                // The fault is pointed at where it stands, unless escapes move it.
                let place = error.column.and_then(|column| self.place_in_string(&span, 1, column));
                self.error(place.unwrap_or(span), format!("'{text}' is no pattern: {}", error.message));
                None
            }
        }
    }

    /// Where a line and column of a string's text stand in the file; none where escapes make that a guess.
    pub(super) fn place_in_string(&self, span: &Range<usize>, line: u32, column: u32) -> Option<Range<usize>> {
        let raw = self.text.get(span.clone())?;
        let is_basic = raw.starts_with('"');
        let quotes = if raw.starts_with("\"\"\"") || raw.starts_with("'''") { 3 } else { 1 };
        let mut start = span.start + quotes;
        let inner = raw.get(quotes..)?;
        if is_basic && inner.contains('\\') {
            return None;
        }
        // A line break right after three quotes does not belong to the text.
        let inner = match quotes {
            3 => {
                let text = inner.strip_prefix("\r\n").or_else(|| inner.strip_prefix('\n')).unwrap_or(inner);
                start += inner.len() - text.len();
                text
            }
            _ => inner,
        };
        let line_start: usize = inner.split_inclusive('\n').take(line.checked_sub(1)? as usize).map(str::len).sum();
        let rest = inner.get(line_start..)?;
        let (at, _) = rest.char_indices().nth(column.checked_sub(1)? as usize)?;
        let at = start + line_start + at;
        Some(at..at)
    }

    /// A body or header value that is a template and cannot be read as one.
    pub(super) fn check_template(&mut self, part: &str, source: &str, written: Option<&Spanned<DeValue<'_>>>) {
        let Err(error) = Template::new(part, source) else { return };
        let span = written.map_or(0..0, Spanned::span);
        let is_here = written.is_some_and(|value| value.get_ref().as_str() == Some(source));
        let place = is_here.then(|| self.place_in_string(&span, error.line, error.column)).flatten();
        self.error(place.unwrap_or(span), format!("the template cannot be read: {error}"));
    }

    /// A TOML value as JSON.
    pub(super) fn json_value(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Value> {
        Some(match value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Boolean(truth) => Value::Bool(*truth),
            DeValue::Integer(integer) => {
                let digits = integer.as_str().replace('_', "");
                match i64::from_str_radix(&digits, integer.radix()) {
                    Ok(number) => Value::Number(number.into()),
                    Err(_) => {
                        self.error(value.span(), "this number is too large for TOML; write it as equals_json = \"…\"");
                        return None;
                    }
                }
            }
            DeValue::Float(float) => {
                let number = float.as_str().replace('_', "").parse().ok().and_then(Number::from_f64);
                if number.is_none() {
                    self.error(value.span(), "JSON has no such number");
                }
                Value::Number(number?)
            }
            DeValue::Datetime(_) => {
                self.error(value.span(), "JSON has no dates; write this one as a string in quotes");
                return None;
            }
            DeValue::Array(elements) => {
                let mut read = Vec::new();
                for element in elements {
                    read.push(self.json_value(element)?);
                }
                Value::Array(read)
            }
            DeValue::Table(table) => {
                let mut read = serde_json::Map::new();
                for (key, value) in table {
                    read.insert(key.get_ref().to_string(), self.json_value(value)?);
                }
                Value::Object(read)
            }
        })
    }

    /// A fault: its name, or a table with the one thing that it needs to know.
    pub(super) fn fault(&mut self, table: &DeTable<'_>) -> Option<Fault> {
        let value = table.get("fault")?;
        match value.get_ref() {
            DeValue::String(name) => {
                let fault = Fault::all().into_iter().find(|fault| fault.name() == name && !fault.has_parameters());
                if fault.is_none() {
                    let all = Fault::all();
                    let names: Vec<&str> =
                        all.iter().filter(|fault| !fault.has_parameters()).map(Fault::name).collect();
                    let message =
                        format!("'{name}' is no fault; there are {}, and those with a number", names.join(", "));
                    self.error(value.span(), message);
                }
                fault
            }
            DeValue::Table(table) => self.fault_with_parameter(table, value.span()),
            _ => {
                self.wrong_type(value, "fault", "a name such as \"never\", or a table such as { delay_ms = 2900 }");
                None
            }
        }
    }

    fn fault_with_parameter(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Option<Fault> {
        const KEYS: [&str; 7] = [
            "delay_ms",
            "random_delay_ms",
            "slow_body_ms",
            "body_bytes_per_second",
            "late_body_ms",
            "content_type",
            "redirect",
        ];
        self.only(table, &KEYS, "fault");
        let keys: Vec<&str> = KEYS.into_iter().filter(|key| table.contains_key(*key)).collect();
        let [key] = keys[..] else {
            self.error(span, format!("a fault is one of {}", KEYS.join(", ")));
            return None;
        };
        match key {
            "delay_ms" => self.millis(table, key).map(Fault::Delay),
            "slow_body_ms" => self.millis(table, key).map(|over| Fault::SlowBody { over }),
            "late_body_ms" => self.millis(table, key).map(|after| Fault::LateBody { after }),
            "body_bytes_per_second" => {
                let rate = self.number(table, key, 1..=u64::from(u32::MAX), "a number of bytes")?;
                u32::try_from(rate).ok().map(Fault::BodyRate)
            }
            "random_delay_ms" => self.random_delay(table, key),
            "content_type" => self.header_value(table, key).map(Fault::ContentType),
            _ => self.header_value(table, key).map(Fault::Redirect),
        }
    }

    fn header_value(&mut self, table: &DeTable<'_>, key: &str) -> Option<std::sync::Arc<str>> {
        let (text, span) = self.string(table, key)?;
        if axum::http::HeaderValue::from_str(&text).is_err() {
            self.error(span, format!("'{text}' cannot be a header value"));
            return None;
        }
        Some(text.into())
    }

    fn random_delay(&mut self, table: &DeTable<'_>, key: &str) -> Option<Fault> {
        let value = table.get(key)?;
        let ends: Option<Vec<u64>> = match value.get_ref() {
            DeValue::Array(ends) => ends
                .iter()
                .map(|end| match end.get_ref() {
                    DeValue::Integer(integer) => {
                        u64::from_str_radix(&integer.as_str().replace('_', ""), integer.radix()).ok()
                    }
                    _ => None,
                })
                .collect(),
            _ => None,
        };
        match ends.as_deref() {
            Some([from, to]) if from <= to && *to <= 600_000 => {
                let (from, to) = (Duration::from_millis(*from), Duration::from_millis(*to));
                Some(Fault::RandomDelay { from, to })
            }
            _ => {
                self.error(value.span(), "a random delay is two numbers of milliseconds, such as [100, 4000]");
                None
            }
        }
    }
}
