//! A body or header value with values of the call in it.
//!
//! The language is that of the `minijinja` library: `{{ request.body.eventId | tojson }}`, `{% if attempt == 2 %}`. It reads no
//! file, includes nothing, and calls nothing but its own filters. What a template may cost is bounded: its work and memory by
//! fuel, its output by size.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt;
use std::io;

use minijinja::value::{Kwargs, Rest, Serde, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, escape_formatter};

use super::template_reading::too_deep;
use crate::call::{CallId, Request, TemplateError, Timestamp};
use crate::okta::{HookKind, line_and_column};

/// What one rendering may cost: about this many steps, or 64 times as many bytes. Some milliseconds at most.
const FUEL: u64 = 100_000;
/// The most bytes that a template may give: four times what Okta takes.
const MAX_OUTPUT: usize = 1 << 20;
/// The most levels of a value that is written: JSON of a request has 128, and some may stand around it.
const MAX_DEPTH: usize = 200;
/// The name under which the one template of an environment is kept.
const NAME: &str = "template";

/// A template, read once.
pub struct Template {
    environment: Environment<'static>,
    part: Box<str>,
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({})", self.part)
    }
}

/// The values of a call that a template can name.
///
/// `request.method`, `request.path`, `request.query` (as sent), `request.parameters` (of the query, by name), `request.headers`
/// (by name in lower case), `request.body` (as JSON; none where it is none), `request.text` (the body as it came), `call.id`,
/// `call.number` (of the endpoint), `attempt`, `hook`, `endpoint`, `event_id`, `event_type`, `now` (RFC 3339, when the call came),
/// `uuid` (a fresh one for each call).
pub struct TemplateValues<'a> {
    pub request: &'a Request,
    pub hook: HookKind,
    pub endpoint: Option<&'a str>,
    pub event_id: Option<&'a str>,
    pub event_type: Option<&'a str>,
    pub call_id: CallId,
    /// Which call of the endpoint this is, counted from 1.
    pub n_calls: u64,
    pub attempt: u8,
    pub now: Timestamp,
    /// In its usual form with hyphens.
    pub uuid: String,
    pub(super) context: OnceCell<Value>,
}

impl<'a> TemplateValues<'a> {
    /// The values of a request that came as the first call of nobody: the rest is set by whoever knows it.
    pub fn new(request: &'a Request, hook: HookKind) -> TemplateValues<'a> {
        TemplateValues {
            request,
            hook,
            endpoint: None,
            event_id: None,
            event_type: None,
            call_id: CallId(1),
            n_calls: 1,
            attempt: 1,
            now: request.received_at,
            uuid: uuid::Uuid::nil().to_string(),
            context: OnceCell::new(),
        }
    }

    fn context(&self) -> Value {
        self.context.get_or_init(|| self.make_context()).clone()
    }

    fn make_context(&self) -> Value {
        let request = self.request;
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in request.headers.iter() {
            headers.entry(text(name).to_ascii_lowercase()).or_insert_with(|| text(value));
        }
        let parameters: BTreeMap<String, String> =
            form_urlencoded::parse(request.query.as_deref().unwrap_or_default().as_bytes()).into_owned().collect();
        Value::from(Serde(serde_json::json!({
            "request": {
                "method": request.method,
                "path": request.path,
                "query": request.query,
                "parameters": parameters,
                "headers": headers,
                "body": body,
                "text": text(&request.body),
            },
            "call": { "id": self.call_id.0, "number": self.n_calls, "attempt": self.attempt },
            "attempt": self.attempt,
            "hook": self.hook.as_str(),
            "endpoint": self.endpoint,
            "event_id": self.event_id,
            "event_type": self.event_type,
            "now": self.now.to_string(),
            "uuid": self.uuid,
        })))
    }
}

impl Template {
    /// Reads a template. `part` says what it makes: `body`, or the name of a header.
    pub fn new(part: &str, source: &str) -> Result<Template, TemplateError> {
        if let Some((at, message)) = too_deep(source) {
            let (line, column) = line_and_column(source.as_bytes(), at);
            return Err(TemplateError { part: part.into(), line, column, message: message.into() });
        }
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        // Errors carry their place only so.
        environment.set_debug(true);
        environment.set_fuel(Some(FUEL));
        environment.add_filter("tojson", to_json);
        // A loop could put such a thing into itself, or into another ten thousand times: too deep to be written or even dropped.
        environment.add_function("namespace", |_: Rest<Value>, _: Kwargs| no_namespace());
        environment.set_formatter(|out, state, value| {
            has_undefined(value, MAX_DEPTH, &mut MAX_OUTPUT.clone())?;
            escape_formatter(out, state, value)
        });
        match environment.add_template_owned(NAME, source.to_owned()) {
            Ok(()) => Ok(Template { environment, part: part.into() }),
            Err(error) => Err(explained(part, source, &error)),
        }
    }

    /// True where a text holds anything that a template would fill.
    pub fn is_needed(text: &str) -> bool {
        ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark))
    }

    /// Fills the template.
    pub fn render(&self, values: &TemplateValues<'_>) -> Result<String, TemplateError> {
        let mut output = Limited { bytes: Vec::new(), is_full: false };
        let template = self.environment.get_template(NAME);
        let rendered =
            template.and_then(|template| template.render_captured_to(values.context(), &mut output).map(|_| ()));
        match rendered {
            Ok(()) => Ok(String::from_utf8_lossy(&output.bytes).into_owned()),
            Err(_) if output.is_full => Err(TemplateError {
                part: self.part.clone(),
                line: 1,
                column: 1,
                message: "it gives more than 1 MiB; repeat less in it".into(),
            }),
            Err(error) => {
                let source = self.environment.get_template(NAME).map(|template| template.source().to_owned());
                Err(explained(&self.part, &source.unwrap_or_default(), &error))
            }
        }
    }
}

fn no_namespace() -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, "there is no namespace here; use {% set %}, or a filter such as sum"))
}

/// JSON on one line, as `serde_json` writes it: the built-in filter escapes for HTML too.
fn to_json(value: &Value) -> Result<String, Error> {
    if has_undefined(value, MAX_DEPTH, &mut MAX_OUTPUT.clone())? {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    serde_json::to_string(value)
        .map_err(|error| Error::new(ErrorKind::BadSerialization, format!("it has no form in JSON: {error}")))
}

/// A value that does not exist must not become a null because it stands in a list. Looks at `left` bytes and elements and
/// `depth` levels at most: a list that holds another twice, which holds a third twice, is small and has no end.
fn has_undefined(value: &Value, depth: usize, left: &mut usize) -> Result<bool, Error> {
    let n_bytes = value.as_bytes().map_or(1, |bytes| bytes.len().max(1));
    let below = depth.checked_sub(1).zip(left.checked_sub(n_bytes));
    let Some((depth, now_left)) = below else { return Err(Error::from(ErrorKind::OutOfFuel)) };
    *left = now_left;
    match value.kind() {
        ValueKind::Undefined => Ok(true),
        ValueKind::Seq => {
            for element in value.try_iter()? {
                if has_undefined(&element, depth, left)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        ValueKind::Map => {
            for name in value.try_iter()? {
                let member = value.get_item(&name)?;
                if has_undefined(&name, depth, left)? || has_undefined(&member, depth, left)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Ok(false),
    }
}

fn explained(part: &str, source: &str, error: &Error) -> TemplateError {
    let start = error.range().map(|range| range.start);
    let (line, column) = match start {
        Some(start) => line_and_column(source.as_bytes(), start),
        None => (error.line().and_then(|line| u32::try_from(line).ok()).unwrap_or(1), 1),
    };
    let code = error.range().and_then(|range| source.get(range)).map(str::trim).filter(|code| !code.is_empty());
    let what = match error.kind() {
        ErrorKind::OutOfFuel => "it does too much; let it loop less, or over less".to_owned(),
        ErrorKind::UndefinedError => match code {
            Some(code) => format!("'{code}' does not exist in this call; give a default with | default(…)"),
            None => "a value does not exist in this call; give a default with | default(…)".to_owned(),
        },
        kind => match error.detail() {
            Some(detail) => detail.to_owned(),
            None => kind.to_string(),
        },
    };
    TemplateError { part: part.into(), line, column, message: what.into() }
}

/// Takes output up to a limit.
struct Limited {
    bytes: Vec<u8>,
    is_full: bool,
}

impl io::Write for &mut Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > MAX_OUTPUT {
            self.is_full = true;
            return Err(io::Error::other("too much output"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
