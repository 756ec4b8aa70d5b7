//! The form of the workspace file: its root and its endpoints. Each other table has a file of its own beside this one.

mod addresses;
mod auth;
mod bearer;
mod listener;
mod oauth;
mod secret;
mod tunnel;

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

use super::secrets::Vault;
use crate::okta::{HookKind, line_and_column};
use crate::respond::{Action, Endpoint, EndpointHook, ResponseSetup, Setup};

pub use bearer::STAND_IN;

/// How bad an issue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueSeverity {
    Warning,
    /// Something that stands there is not used.
    Error,
}

/// Something wrong with a workspace file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    pub severity: IssueSeverity,
    /// The file as it was named.
    pub file: String,
    /// Counted from 1.
    pub line: u32,
    /// In characters, counted from 1.
    pub column: u32,
    pub message: String,
}

impl Issue {
    pub fn is_error(&self) -> bool {
        self.severity == IssueSeverity::Error
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

/// What a text says: the setup as far as it is good, what is wrong with the rest, and whether it parsed as a whole.
pub fn read(text: &str, file: &Path, vault: &dyn Vault) -> (Setup, Vec<Issue>, bool) {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut reading = Reading { text, file, vault, issues: Vec::new() };
    let is_whole = errors.is_empty();
    for error in errors {
        reading.error(error.span().unwrap_or(0..0), format!("{}; the rest of the file is used", error.message()));
    }
    let setup = reading.setup(document.get_ref());
    let mut issues = reading.issues;
    issues.sort_by_key(|issue| (issue.line, issue.column));
    (setup, issues, is_whole)
}

struct Reading<'a> {
    text: &'a str,
    file: &'a Path,
    vault: &'a dyn Vault,
    issues: Vec<Issue>,
}

type Value<'v, 'i> = &'v Spanned<DeValue<'i>>;

impl Reading<'_> {
    fn say(&mut self, severity: IssueSeverity, span: Range<usize>, message: String) {
        let (line, column) = line_and_column(self.text.as_bytes(), span.start);
        self.issues.push(Issue { severity, file: self.file.display().to_string(), line, column, message });
    }

    fn error(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.say(IssueSeverity::Error, span, message.into());
    }

    fn warn(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.say(IssueSeverity::Warning, span, message.into());
    }

    fn unknown_keys(&mut self, table: &DeTable<'_>, known: &[&str], place: &str) {
        for (key, _) in table {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                self.warn(
                    key.span(),
                    format!("'{name}' means nothing in {place}; it is kept. There are {}", known.join(", ")),
                );
            }
        }
    }

    fn wrong_type(&mut self, value: Value<'_, '_>, key: &str, wanted: &str) {
        let found = value.get_ref().type_str();
        self.error(value.span(), format!("'{key}' should be {wanted}, not a {found}; it is not used"));
    }

    fn string(&mut self, table: &DeTable<'_>, key: &str) -> Option<(String, Range<usize>)> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some((text.to_string(), value.span())),
            _ => {
                self.wrong_type(value, key, "a string in quotes");
                None
            }
        }
    }

    fn number(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        range: std::ops::RangeInclusive<u64>,
        what: &str,
    ) -> Option<u64> {
        let value = table.get(key)?;
        let DeValue::Integer(integer) = value.get_ref() else {
            self.wrong_type(value, key, "a number");
            return None;
        };
        let number = u64::from_str_radix(&integer.as_str().replace('_', ""), integer.radix()).ok();
        match number.filter(|number| range.contains(number)) {
            Some(number) => Some(number),
            None => {
                let message =
                    format!("'{key}' should be {what} from {} to {}; it is not used", range.start(), range.end());
                self.error(value.span(), message);
                None
            }
        }
    }

    fn boolean(&mut self, table: &DeTable<'_>, key: &str) -> Option<bool> {
        let value = table.get(key)?;
        let found = value.get_ref().as_bool();
        if found.is_none() {
            self.wrong_type(value, key, "true or false");
        }
        found
    }

    fn table<'v, 'i>(&mut self, table: &'v DeTable<'i>, key: &str) -> Option<&'v DeTable<'i>> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::Table(inner) => Some(inner),
            _ => {
                self.wrong_type(value, key, "a table");
                None
            }
        }
    }

    /// A text that says something.
    fn filled(&mut self, table: &DeTable<'_>, key: &str, what: &str) -> Option<(String, Range<usize>)> {
        let (text, span) = self.string(table, key)?;
        if text.trim().is_empty() {
            self.error(span, format!("'{key}' is empty; write {what}, or leave it out"));
            return None;
        }
        Some((text, span))
    }

    /// An `http` or `https` URL.
    fn url(&mut self, table: &DeTable<'_>, key: &str) -> Option<(String, Range<usize>)> {
        let (text, span) = self.string(table, key)?;
        match url_problem(&text) {
            None => Some((text, span)),
            Some(why) => {
                self.error(
                    span,
                    format!("'{key}' is no URL: {why}; write one such as https://hooks.example.com. It is not used"),
                );
                None
            }
        }
    }

    /// Texts in a list; those that say nothing are left out.
    fn strings(&mut self, table: &DeTable<'_>, key: &str, wanted: &str) -> Vec<String> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let DeValue::Array(elements) = value.get_ref() else {
            self.wrong_type(value, key, wanted);
            return Vec::new();
        };
        let mut texts = Vec::new();
        for element in elements {
            match element.get_ref().as_str() {
                Some(text) if text.trim().is_empty() => {
                    self.error(element.span(), format!("an empty text in '{key}' means nothing; it is not used"));
                }
                Some(text) => texts.push(text.to_owned()),
                None => self.wrong_type(element, key, wanted),
            }
        }
        texts
    }

    /// JSON Pointers and names of members that are masked.
    fn mask(&mut self, defaults: &DeTable<'_>) -> Vec<String> {
        const WANTED: &str = "a list of strings, such as [\"/data/access/claims/ssn\", \"badgeNumber\"]";
        let Some(value) = defaults.get("mask") else { return Vec::new() };
        let DeValue::Array(elements) = value.get_ref() else {
            self.wrong_type(value, "mask", WANTED);
            return Vec::new();
        };
        let mut masked = Vec::new();
        for element in elements {
            match element.get_ref().as_str() {
                Some(text) if text.trim().is_empty() => {
                    self.error(element.span(), "'mask' should name members or JSON Pointers; an empty one is not used");
                }
                Some(text) => masked.push(text.to_owned()),
                None => self.wrong_type(element, "mask", WANTED),
            }
        }
        masked
    }

    fn setup(&mut self, document: &DeTable<'_>) -> Setup {
        self.unknown_keys(
            document,
            &["format", "listener", "defaults", "oauth", "tunnel", "endpoint"],
            "a workspace file",
        );
        if let Some(format) = self.number(document, "format", 0..=u64::from(u32::MAX), "a whole number")
            && format != 1
        {
            let span = document.get("format").map_or(0..0, Spanned::span);
            self.error(
                span,
                format!("the file has form {format}, this program knows form 1; what it understands is used"),
            );
        }
        let mut setup = Setup { endpoints: Vec::new(), ..Setup::first_start() };
        if let Some(listener) = self.table(document, "listener") {
            self.listener(listener, &mut setup);
        }
        if let Some(defaults) = self.table(document, "defaults") {
            self.unknown_keys(defaults, &["enforce", "mask"], "[defaults]");
            setup.enforce = self.boolean(defaults, "enforce").unwrap_or(setup.enforce);
            setup.mask = self.mask(defaults);
        }
        setup.oauth = self.table(document, "oauth").map(|oauth| self.oauth(oauth));
        if let Some(tunnel) = self.table(document, "tunnel") {
            setup.tunnel = self.tunnel(tunnel);
        }
        let mut names = HashSet::new();
        let mut paths = HashSet::new();
        match document.get("endpoint").map(|value| (value, value.get_ref())) {
            None => {}
            Some((_, DeValue::Array(endpoints))) => {
                for value in endpoints {
                    let DeValue::Table(table) = value.get_ref() else {
                        self.wrong_type(value, "endpoint", "a table, written as [[endpoint]]");
                        continue;
                    };
                    if let Some(endpoint) = self.endpoint(table, value.span(), &setup, &mut names, &mut paths) {
                        setup.endpoints.push(endpoint);
                    }
                }
            }
            Some((value, _)) => self.wrong_type(value, "endpoint", "a list of tables, each written as [[endpoint]]"),
        }
        setup
    }

    fn endpoint(
        &mut self,
        table: &DeTable<'_>,
        span: Range<usize>,
        setup: &Setup,
        names: &mut HashSet<String>,
        paths: &mut HashSet<String>,
    ) -> Option<Endpoint> {
        self.unknown_keys(table, &["name", "path", "hook", "auth", "response"], "[[endpoint]]");
        let (path, path_span) = match self.string(table, "path") {
            Some(path) => path,
            None => {
                self.error(span, "this endpoint has no path; write path = \"/hooks/token\", say. It is not used");
                return None;
            }
        };
        if !path.starts_with('/') || path.contains(['?', '#', ' ']) {
            self.error(
                path_span,
                format!("'{path}' is no path; it begins with / and has no ?, # or space. The endpoint is not used"),
            );
            return None;
        }
        if let Some(oauth) = &setup.oauth
            && oauth.owns(&path)
        {
            self.error(
                path_span,
                format!(
                    "the path {path} belongs to the authorization server at {}; choose another. The endpoint is not used",
                    oauth.path
                ),
            );
            return None;
        }
        if !paths.insert(path.clone()) {
            self.error(path_span, format!("the path {path} belongs to an earlier endpoint; this one is not used"));
            return None;
        }
        let hook = match self.string(table, "hook") {
            None => EndpointHook::Auto,
            Some((text, _)) if text == "auto" => EndpointHook::Auto,
            Some((text, span)) => match text.parse::<HookKind>() {
                Ok(kind) if HookKind::WITH_ENDPOINT.contains(&kind) => EndpointHook::Kind(kind),
                Ok(_) => {
                    self.error(span, format!("'{text}' has no endpoint of its own; write hook = \"auto\""));
                    EndpointHook::Auto
                }
                Err(unknown) => {
                    self.error(span, format!("{unknown}; or write \"auto\""));
                    EndpointHook::Auto
                }
            },
        };
        let name = match self.string(table, "name") {
            Some((name, _)) => name,
            None => {
                let name = path.rsplit('/').find(|part| !part.is_empty()).unwrap_or("root").to_owned();
                self.warn(span.clone(), format!("this endpoint has no name; it is called '{name}'"));
                name
            }
        };
        if !names.insert(name.clone()) {
            self.error(span, format!("the name '{name}' belongs to an earlier endpoint; this one is not used"));
            return None;
        }
        let auth = self.table(table, "auth").map(|table| self.auth(table, setup)).unwrap_or_default();
        let response = self.table(table, "response").and_then(|table| self.response(table, hook));
        Some(Endpoint { name: name.into(), path, hook, auth, response, action: Action::default(), rules: Vec::new() })
    }

    fn response(&mut self, table: &DeTable<'_>, hook: EndpointHook) -> Option<ResponseSetup> {
        self.unknown_keys(table, &["status", "headers", "delay_ms", "body", "body_file"], "[endpoint.response]");
        let least = hook.kind().and_then(crate::respond::least_harmful);
        let status = match table.get("status") {
            None => 200,
            Some(_) => {
                let status = self.number(table, "status", 200..=599, "an HTTP status");
                // An unreadable status must not become a 200 by accident.
                u16::try_from(status.unwrap_or(u64::from(least.map_or(500, |least| least.status)))).unwrap_or(500)
            }
        };
        let delay = Duration::from_millis(self.number(table, "delay_ms", 0..=600_000, "milliseconds").unwrap_or(0));
        let mut headers = Vec::new();
        for (name, value) in self.table(table, "headers").into_iter().flatten() {
            let text = name.get_ref().to_string();
            let Some(content) = value.get_ref().as_str() else {
                self.wrong_type(value, &text, "a string in quotes");
                continue;
            };
            if HeaderName::from_bytes(text.as_bytes()).is_err() || HeaderValue::from_str(content).is_err() {
                self.error(name.span(), format!("'{text}' and its value cannot be a header field; it is not sent"));
                continue;
            }
            headers.push((text, content.to_owned()));
        }
        let body = self.string(table, "body");
        let body_file = self.string(table, "body_file");
        let (body, body_file) = match (body, body_file) {
            (Some(_), Some((_, span))) => {
                self.error(span, "there is a body already; 'body_file' is not used");
                (table.get("body").and_then(|body| body.get_ref().as_str()).unwrap_or_default().to_owned(), None)
            }
            (Some((body, _)), None) => (body, None),
            (None, Some((file, span))) => {
                let path = self.file.parent().unwrap_or(Path::new("")).join(&file);
                match std::fs::read_to_string(&path) {
                    Ok(body) => (body, Some(file)),
                    Err(error) => {
                        self.error(span, format!("cannot read {}: {error}; the body is empty", path.display()));
                        (String::new(), Some(file))
                    }
                }
            }
            (None, None) => (String::new(), None),
        };
        let has_type = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if !body.is_empty() && !has_type && !table.contains_key("headers") {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        }
        Some(ResponseSetup { status, headers, delay, body: body.into(), body_file, is_template: false })
    }
}

/// What is wrong with a URL.
fn url_problem(text: &str) -> Option<&'static str> {
    let uri: axum::http::Uri = match text.parse() {
        Ok(uri) => uri,
        Err(_) => return Some("it cannot be read"),
    };
    match (uri.scheme_str(), uri.authority()) {
        (Some("https" | "http"), Some(authority)) if authority.host().is_empty() => Some("it has no host"),
        (Some("https" | "http"), Some(authority)) if authority.as_str().contains('@') => {
            Some("a credential does not belong into it")
        }
        (Some("https" | "http"), Some(_)) => None,
        _ => Some("it does not begin with https://"),
    }
}
