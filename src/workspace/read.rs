//! The form of the workspace file.

use std::collections::HashSet;
use std::fmt;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

use crate::call::Secret;
use crate::okta::{HookKind, line_and_column};
use crate::respond::{
    Action, AuthSetup, BasicSetup, Endpoint, EndpointHook, HeaderSetup, ResponseSetup, SecretSource, Setup,
};

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

/// Where secrets in the environment are looked up; a test passes its own.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What a text says: the setup as far as it is good, what is wrong with the rest, and whether it parsed as a whole.
pub fn read(text: &str, file: &Path, environment: Lookup<'_>) -> (Setup, Vec<Issue>, bool) {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut reading = Reading { text, file, environment, issues: Vec::new() };
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
    environment: Lookup<'a>,
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
        self.unknown_keys(document, &["format", "listener", "defaults", "endpoint"], "a workspace file");
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
                    if let Some(endpoint) = self.endpoint(table, value.span(), &mut names, &mut paths) {
                        setup.endpoints.push(endpoint);
                    }
                }
            }
            Some((value, _)) => self.wrong_type(value, "endpoint", "a list of tables, each written as [[endpoint]]"),
        }
        setup
    }

    fn listener(&mut self, table: &DeTable<'_>, setup: &mut Setup) {
        let known = ["https", "http", "names", "max_body_bytes", "forwarded_from_loopback"];
        self.unknown_keys(table, &known, "[listener]");
        let listener = &mut setup.listener;
        if let Some(https) = self.address(table, "https") {
            listener.https = https;
        }
        if let Some(http) = self.address(table, "http") {
            if http.ip().is_loopback() {
                listener.http = Some(http);
            } else {
                let span = table.get("http").map_or(0..0, Spanned::span);
                self.error(
                    span,
                    format!(
                        "plain HTTP may be listened for on a loopback address only; write \"127.0.0.1:{}\"",
                        http.port()
                    ),
                );
            }
        }
        if let Some(value) = table.get("names") {
            match value.get_ref() {
                DeValue::Array(names) => {
                    for name in names {
                        match name.get_ref().as_str() {
                            Some(text) if is_host(text) => listener.names.push(text.to_owned()),
                            Some(text) => self
                                .error(name.span(), format!("'{text}' is no host name or IP address; it is not used")),
                            None => self.wrong_type(name, "names", "a list of strings"),
                        }
                    }
                }
                _ => self.wrong_type(value, "names", "a list of strings, such as [\"hooks.test\"]"),
            }
        }
        if let Some(max) = self.number(table, "max_body_bytes", 1..=1 << 30, "a number of bytes") {
            setup.listener.max_body_bytes = max;
        }
        if let Some(believe) = self.boolean(table, "forwarded_from_loopback") {
            setup.listener.forwarded_from_loopback = believe;
        }
    }

    fn address(&mut self, table: &DeTable<'_>, key: &str) -> Option<SocketAddr> {
        let (text, span) = self.string(table, key)?;
        match text.parse() {
            Ok(address) => Some(address),
            Err(_) => {
                self.error(
                    span,
                    format!("'{text}' is no address; write an IP address and a port, such as 127.0.0.1:8443"),
                );
                None
            }
        }
    }

    fn endpoint(
        &mut self,
        table: &DeTable<'_>,
        span: Range<usize>,
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
        let auth = self.table(table, "auth").map(|table| self.auth(table)).unwrap_or_default();
        let response = self.table(table, "response").and_then(|table| self.response(table, hook));
        Some(Endpoint { name: name.into(), path, hook, auth, response, action: Action::default(), rules: Vec::new() })
    }

    fn auth(&mut self, table: &DeTable<'_>) -> AuthSetup {
        self.unknown_keys(table, &["basic", "header"], "auth");
        let basic = self.table(table, "basic").and_then(|basic| {
            self.unknown_keys(basic, &["user", "password"], "auth.basic");
            let user = self.string(basic, "user").map(|(user, _)| user);
            let password = self.secret_or_missing(basic, "password", table, "basic");
            if user.as_ref().is_some_and(|user| user.contains(':')) {
                let span = basic.get("user").map_or(0..0, Spanned::span);
                self.error(span, "a user of HTTP Basic has no ':' in its name (RFC 7617); the credential is not used");
                return None;
            }
            self.needed(table, "basic", "a user", user).map(|user| BasicSetup { user, password })
        });
        let header = self.table(table, "header").and_then(|header| {
            self.unknown_keys(header, &["name", "value"], "auth.header");
            let name = self.string(header, "name").map(|(name, _)| name);
            let value = self.secret_or_missing(header, "value", table, "header");
            if let Some(name) = name.as_ref().filter(|name| HeaderName::from_bytes(name.as_bytes()).is_err()) {
                let span = header.get("name").map_or(0..0, Spanned::span);
                self.error(span, format!("'{name}' is no header name; the credential is not used"));
                return None;
            }
            self.needed(table, "header", "a name", name).map(|name| HeaderSetup { name, value })
        });
        AuthSetup { basic, header, ..AuthSetup::default() }
    }

    fn needed<T>(&mut self, table: &DeTable<'_>, key: &str, what: &str, found: Option<T>) -> Option<T> {
        if found.is_none() {
            let span = table.get(key).map_or(0..0, Spanned::span);
            self.error(span, format!("auth.{key} needs {what}; the credential is not used"));
        }
        found
    }

    /// A credential without its secret lets nobody in: one that is expected must not be forgotten because nobody knows it.
    fn secret_or_missing(
        &mut self,
        credential: &DeTable<'_>,
        key: &str,
        auth: &DeTable<'_>,
        name: &str,
    ) -> SecretSource {
        if !credential.contains_key(key) {
            let span = auth.get(name).map_or(0..0, Spanned::span);
            self.warn(
                span,
                format!(
                    "auth.{name} has no {key}, as after one that was typed for a run; every credential fails until it is given. \
                     Write {key} = {{ env = \"NAME\" }}, or type it in the window"
                ),
            );
        }
        self.secret(credential, key).unwrap_or(SecretSource::Missing)
    }

    fn secret(&mut self, table: &DeTable<'_>, key: &str) -> Option<SecretSource> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => {
                self.warn(
                    value.span(),
                    format!("'{key}' stands here as plain text; {{ env = \"NAME\" }} keeps it out of the file"),
                );
                Some(SecretSource::Plain(Secret::new(text.to_string())))
            }
            DeValue::Table(inner) => {
                self.unknown_keys(inner, &["env", "keychain"], "a secret");
                if let Some((variable, span)) = self.string(inner, "env") {
                    let value = (self.environment)(&variable).map(Secret::new);
                    if value.is_none() {
                        self.warn(
                            span,
                            format!(
                                "the environment variable {variable} is not set; every credential fails until it is"
                            ),
                        );
                    }
                    return Some(SecretSource::Env { variable, value });
                }
                let (name, span) = self.string(inner, "keychain")?;
                self.warn(span, "secrets in the keychain come with a later version; every credential fails until then");
                Some(SecretSource::Keychain { name, value: None })
            }
            _ => {
                self.wrong_type(value, key, "{ env = \"NAME\" }");
                None
            }
        }
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

fn is_host(text: &str) -> bool {
    let is_ip = text.parse::<std::net::IpAddr>().is_ok();
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '*')
    };
    is_ip || (text.len() <= 253 && text.split('.').all(label))
}
