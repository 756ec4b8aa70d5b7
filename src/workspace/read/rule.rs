//! Rules, what they do, and the library of saved responses.

use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Uri};
use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

use super::Reading;
use crate::okta::{HookKind, Pointer};
use crate::respond::{
    Action, Answer, Answers, AtEnd, EndpointHook, ForwardSetup, HoldSetup, Overrides, ResponseChoice, Rule,
    SavedResponse, Sequence,
};

/// Keys of a response, wherever one stands.
pub(super) const RESPONSE_KEYS: [&str; 6] = ["status", "headers", "delay_ms", "body", "body_file", "template"];
/// Keys that say what an endpoint or a rule does.
pub(super) const ACTION_KEYS: [&str; 6] = ["respond", "sequence", "at_end", "fault", "forward", "hold"];

/// A long time for a person to wait, and far beyond Okta's budget.
const MAX_MILLIS: u64 = 600_000;

/// Whose action is read: what it is called, and whether a `response` of its own is part of it.
#[derive(Clone, Copy)]
pub(super) struct Owner {
    pub(super) place: &'static str,
    pub(super) has_response: bool,
    pub(super) hook: EndpointHook,
}

impl Reading<'_> {
    /// The library: responses that do not hold together are left out.
    pub(super) fn saved_responses(&mut self, document: &DeTable<'_>) -> Vec<SavedResponse> {
        let mut saved: Vec<SavedResponse> = Vec::new();
        for (table, span) in self.tables(document, "response", "[[response]]") {
            let known: Vec<&str> = ["name", "hook"].into_iter().chain(RESPONSE_KEYS).collect();
            self.unknown_keys(table, &known, "[[response]]");
            let Some((name, name_span)) = self.string(table, "name") else {
                self.error(span, "a saved response needs a name, by which rules find it; it is not used");
                continue;
            };
            if saved.iter().any(|other| *other.name == *name) {
                self.error(
                    name_span,
                    format!("the name '{name}' belongs to an earlier response; this one is not used"),
                );
                continue;
            }
            let kind = self.string(table, "hook").and_then(|(text, span)| match text.parse::<HookKind>() {
                Ok(kind) if HookKind::NAMED.contains(&kind) => Some(kind),
                _ => {
                    self.error(span, format!("'{text}' is no hook kind; the response counts as one for any"));
                    None
                }
            });
            let hook = kind.map_or(EndpointHook::Auto, EndpointHook::Kind);
            if let Some(response) = self.response_of(table, hook) {
                saved.push(SavedResponse { name: name.into(), kind, response });
            }
        }
        saved
    }

    /// The rules of an endpoint. One with an error is left out whole: without a condition it would match too much.
    pub(super) fn rules(&mut self, endpoint: &DeTable<'_>, hook: EndpointHook) -> Vec<Rule> {
        let mut rules = Vec::new();
        let mut names = HashSet::new();
        for (idx, (table, span)) in self.tables(endpoint, "rule", "[[endpoint.rule]]").into_iter().enumerate() {
            let n_errors = self.n_errors();
            let rule = self.rule(table, span.clone(), idx + 1, hook, &mut names);
            if self.n_errors() > n_errors {
                self.warn(span, format!("the rule '{}' has errors and is not used", rule.name));
            } else {
                rules.push(rule);
            }
        }
        rules
    }

    fn rule(
        &mut self,
        table: &DeTable<'_>,
        span: Range<usize>,
        number: usize,
        hook: EndpointHook,
        names: &mut HashSet<String>,
    ) -> Rule {
        let known: Vec<&str> = ["name", "on", "when", "response"].into_iter().chain(ACTION_KEYS).collect();
        self.unknown_keys(table, &known, "[[endpoint.rule]]");
        let (name, name_span) = match self.string(table, "name") {
            Some((name, span)) => (name, span),
            None => {
                let name = format!("rule {number}");
                self.warn(span.clone(), format!("this rule has no name; it is called '{name}'"));
                (name, span)
            }
        };
        if Rule::RESERVED_NAMES.contains(&name.as_str()) || name.trim().is_empty() {
            self.error(name_span, format!("a rule cannot be called '{name}'; choose another name"));
        } else if !names.insert(name.clone()) {
            self.error(name_span, format!("the name '{name}' belongs to an earlier rule of this endpoint"));
        }
        let owner = Owner { place: "a rule", has_response: true, hook };
        Rule {
            name: name.into(),
            is_on: self.boolean(table, "on").unwrap_or(true),
            conditions: self.conditions(table),
            action: self.action(table, owner),
        }
    }

    /// What a rule or an endpoint does.
    pub(super) fn action(&mut self, table: &DeTable<'_>, owner: Owner) -> Action {
        let answers = match table.get("sequence") {
            Some(value) => self.sequence(table, value, owner),
            None => {
                if let Some(value) = table.get("at_end") {
                    self.error(value.span(), "'at_end' belongs to a sequence, and there is none");
                }
                let mut answer = self.respond_and_fault(table);
                if owner.has_response
                    && let Some(inner) = self.table(table, "response")
                {
                    self.exclusive(table, "respond", "response");
                    if let Some(response) = self.response(inner, owner.hook) {
                        answer.response = ResponseChoice::Own(response);
                    }
                }
                Answers::One(answer)
            }
        };
        Action { answers, forward: self.forward(table), hold: self.hold(table) }
    }

    fn sequence(&mut self, table: &DeTable<'_>, value: &Spanned<DeValue<'_>>, owner: Owner) -> Answers {
        let own = if owner.has_response { "response" } else { "respond" };
        for other in [own, "respond", "fault"] {
            self.exclusive(table, other, "sequence");
        }
        let mut steps = Vec::new();
        for (step, _) in self.tables(table, "sequence", "[[….sequence]]") {
            let known: Vec<&str> = ["respond", "fault"].into_iter().chain(RESPONSE_KEYS).collect();
            self.unknown_keys(step, &known, "a step of a sequence");
            let mut answer = self.respond_and_fault(step);
            if RESPONSE_KEYS.iter().any(|key| step.contains_key(*key)) {
                self.exclusive(step, "respond", "a response of its own");
                if let Some(response) = self.response_of(step, owner.hook) {
                    answer.response = ResponseChoice::Own(response);
                }
            }
            steps.push(answer);
        }
        if steps.is_empty() {
            self.error(value.span(), format!("the sequence of {} is empty; give it a step", owner.place));
        }
        let at_end = match self.string(table, "at_end") {
            None => AtEnd::default(),
            Some((text, span)) => AtEnd::ALL.into_iter().find(|at_end| at_end.as_str() == text).unwrap_or_else(|| {
                let known = AtEnd::ALL.map(AtEnd::as_str).join(", ");
                self.error(span, format!("'{text}' is no way to end a sequence; there are {known}"));
                AtEnd::default()
            }),
        };
        Answers::Sequence(Sequence { steps, at_end })
    }

    fn respond_and_fault(&mut self, table: &DeTable<'_>) -> Answer {
        let response = match self.string(table, "respond") {
            None => ResponseChoice::Endpoint,
            Some((name, _)) if self.saved.contains(&name) => ResponseChoice::Saved(name.into()),
            Some((name, span)) => {
                self.error(span, format!("no saved response is named '{name}'; add it as [[response]]"));
                ResponseChoice::Endpoint
            }
        };
        Answer { response, fault: self.fault(table) }
    }

    /// Two things that exclude each other.
    fn exclusive(&mut self, table: &DeTable<'_>, key: &str, other: &str) {
        if let Some(value) = table.get(key) {
            self.error(value.span(), format!("'{key}' and {other} exclude each other; take one of them out"));
        }
    }

    fn hold(&mut self, table: &DeTable<'_>) -> Option<HoldSetup> {
        let value = table.get("hold")?;
        match value.get_ref() {
            DeValue::Boolean(is_held) => is_held.then(HoldSetup::default),
            DeValue::Table(hold) => {
                self.unknown_keys(hold, &["deadline_ms"], "hold");
                let default = HoldSetup::DEFAULT_DEADLINE;
                let deadline = self.millis(hold, "deadline_ms").unwrap_or(default);
                Some(HoldSetup { deadline })
            }
            _ => {
                self.wrong_type(value, "hold", "true, or a table such as { deadline_ms = 2500 }");
                None
            }
        }
    }

    fn forward(&mut self, table: &DeTable<'_>) -> Option<ForwardSetup> {
        let value = table.get("forward")?;
        let forward = match value.get_ref() {
            DeValue::String(_) => {
                let (to, span) = self.string(table, "forward")?;
                return self.target(to, span).map(ForwardSetup::to);
            }
            _ => self.table(table, "forward")?,
        };
        self.unknown_keys(forward, &["to", "soft_deadline_ms", "cacert", "insecure", "override"], "forward");
        let Some((to, span)) = self.string(forward, "to") else {
            self.error(value.span(), "forward needs 'to', the URL of your handler");
            return None;
        };
        let overrides = match self.table(forward, "override") {
            Some(table) => self.overrides(table),
            None => Overrides::default(),
        };
        Some(ForwardSetup {
            to: self.target(to, span)?,
            soft_deadline: self.millis(forward, "soft_deadline_ms"),
            overrides,
            cacert: self.string(forward, "cacert").map(|(path, _)| self.beside_file(&path)),
            is_insecure: self.boolean(forward, "insecure").unwrap_or(false),
        })
    }

    /// A path as seen from the workspace file.
    fn beside_file(&self, path: &str) -> String {
        self.file.parent().unwrap_or(Path::new("")).join(path).to_string_lossy().into_owned()
    }

    fn target(&mut self, to: String, span: Range<usize>) -> Option<String> {
        let uri = to.parse::<Uri>().ok();
        let is_url = uri.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some());
        if !is_url {
            self.error(span, format!("'{to}' is no URL to forward to; write http://127.0.0.1:3000, say"));
        }
        is_url.then_some(to)
    }

    fn overrides(&mut self, table: &DeTable<'_>) -> Overrides {
        self.unknown_keys(table, &["status", "headers", "without_headers", "body", "json"], "override");
        let status = self.number(table, "status", 200..=599, "an HTTP status");
        let mut headers = Vec::new();
        for (name, value) in self.table(table, "headers").into_iter().flatten() {
            let text = name.get_ref().to_string();
            match value.get_ref().as_str() {
                Some(content)
                    if HeaderName::from_bytes(text.as_bytes()).is_ok() && HeaderValue::from_str(content).is_ok() =>
                {
                    headers.push((text, content.to_owned()));
                }
                _ => self.error(name.span(), format!("'{text}' and its value cannot be a header field")),
            }
        }
        let mut without_headers = Vec::new();
        if let Some(value) = table.get("without_headers") {
            let names = match value.get_ref() {
                DeValue::Array(names) => names.iter().map(|name| name.get_ref().as_str().map(str::to_owned)).collect(),
                _ => None,
            };
            match names {
                Some(names) => without_headers = names,
                None => self.wrong_type(value, "without_headers", "a list of strings, such as [\"Server\"]"),
            }
        }
        Overrides {
            status: status.and_then(|status| u16::try_from(status).ok()),
            headers,
            without_headers,
            body: self.string(table, "body").map(|(body, _)| body.into()),
            json: self.json_overrides(table),
        }
    }

    /// Values by JSON Pointer: a table, or the text of a JSON object where TOML cannot hold them.
    fn json_overrides(&mut self, table: &DeTable<'_>) -> Vec<(String, serde_json::Value)> {
        let Some(value) = table.get("json") else { return Vec::new() };
        let pairs: Vec<(String, serde_json::Value)> = match value.get_ref() {
            DeValue::Table(table) => {
                let pairs = table.iter().map(|(key, value)| Some((key.get_ref().to_string(), self.json_value(value)?)));
                pairs.collect::<Vec<_>>().into_iter().flatten().collect()
            }
            DeValue::String(text) => match serde_json::from_str::<serde_json::Map<_, _>>(text) {
                Ok(object) => object.into_iter().collect(),
                Err(error) => {
                    self.error(value.span(), format!("'json' is no JSON object: {error}"));
                    Vec::new()
                }
            },
            _ => {
                self.wrong_type(value, "json", "a table of JSON Pointers, such as { \"/error\" = \"none\" }");
                Vec::new()
            }
        };
        for (pointer, _) in &pairs {
            if let Err(fault) = Pointer::read(pointer) {
                self.error(value.span(), format!("'{pointer}' is no pointer: {fault}"));
            }
        }
        pairs
    }

    pub(super) fn millis(&mut self, table: &DeTable<'_>, key: &str) -> Option<Duration> {
        self.number(table, key, 0..=MAX_MILLIS, "milliseconds").map(Duration::from_millis)
    }

    /// The tables of a list, however it is written.
    fn tables<'v, 'i>(
        &mut self,
        table: &'v DeTable<'i>,
        key: &str,
        written: &str,
    ) -> Vec<(&'v DeTable<'i>, Range<usize>)> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let DeValue::Array(elements) = value.get_ref() else {
            self.wrong_type(value, key, &format!("a list of tables, each written as {written}"));
            return Vec::new();
        };
        let mut found = Vec::new();
        for element in elements {
            match element.get_ref() {
                DeValue::Table(inner) => found.push((inner, element.span())),
                _ => self.wrong_type(element, key, &format!("a table, written as {written}")),
            }
        }
        found
    }
}
