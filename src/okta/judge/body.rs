//! The body of an inline hook's response: is it the envelope, and what does it hold?
//!
//! Okta developer docs, Inline hooks concept: `commands`, `error` and `debugContext`. Null equals absent, except that
//! `commands: null` is an empty list. Unknown members and `debugContext` do not count.

use super::Exchange;
use super::commands::{Command, Ruling, judge_commands};
use super::error_object::{self, ErrorSaid};
use super::findings::{Findings, Note};
use super::words::{cannot_deserialize, short};
use super::{conflicts, web_page};
use crate::okta::duplicates::duplicate_members;
use crate::okta::json::{Json, Member, Object};
use crate::okta::position::{json_error, line_and_column};
use crate::okta::sources::{self, DESERIALIZE_ARTICLE, INLINE_HOOKS, JSON_RFC};
use crate::okta::verdict::{Confidence, Text};
use crate::okta::{HookKind, pointer_to};

/// "Smaller than 256 KB" with a thousand bytes to the KB, and with 1,024: between the two it depends on who counts.
const SIZE_AT_RISK: usize = 256_000;
const SIZE_TOO_LARGE: usize = 262_144;

/// More duplicates than this tell nobody anything new.
const DUPLICATES_LISTED: usize = 20;

/// What the body of a 2xx holds.
#[derive(Debug)]
pub(super) enum Content<'a> {
    Oversized,
    Empty,
    /// Not JSON, or not the envelope; the reason begins a sentence.
    NotEnvelope(&'static str),
    Error(ErrorSaid<'a>),
    /// `{}`, or nothing but members that do not count.
    NoMembers,
    /// An empty list of commands, and nothing else.
    NoCommands,
    Commands(Ruling),
}

/// Any charset parameter is allowed.
pub(super) fn is_json_type(content_type: Option<&str>) -> bool {
    let essence = content_type.and_then(|text| text.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// Reads the body of a 2xx other than 204 and adds what is wrong with it.
pub(super) fn read<'a>(
    exchange: &Exchange<'a>,
    body: &'a [u8],
    content_type: Option<&str>,
    findings: &mut Findings<'a>,
) -> Content<'a> {
    let kind = exchange.hook;
    if body.len() >= SIZE_TOO_LARGE {
        let message =
            format!("Answer less than 256 KB: the body has {} bytes, and what becomes of it is not stated", body.len());
        findings.add(Note::error("R05", message, INLINE_HOOKS, Confidence::D));
        return Content::Oversized;
    }
    if body.len() >= SIZE_AT_RISK {
        let message =
            format!("Answer less than 256 KB: the body has {} bytes, which is more if a KB is 1,000", body.len());
        findings.add(Note::warning("R05", message, INLINE_HOOKS, Confidence::D));
    }
    if body.is_empty() {
        let source = sources::response_schema(kind);
        let note = if kind == HookKind::Telephony {
            Note::error(
                "R03",
                "Answer with a com.okta.telephony.action command: the body is empty",
                source,
                Confidence::D,
            )
        } else if kind == HookKind::PasswordImport {
            Note::warning(
                "R03",
                "Answer with a command, VERIFIED or UNVERIFIED: the body is empty",
                source,
                Confidence::D,
            )
        } else {
            Note::warning(
                "R03",
                "Answer 204 to ask for nothing: a 200 without body is not documented",
                source,
                Confidence::U,
            )
        };
        findings.add(note);
        return Content::Empty;
    }
    if !is_json_type(content_type) {
        let message: Text = match content_type {
            Some(given) => format!(
                "Send Content-Type: application/json instead of '{}': Okta has no written rule and seems to take it",
                short(given)
            )
            .into(),
            None => "Send Content-Type: application/json: there is none".into(),
        };
        findings.add(Note::warning("R06", message, INLINE_HOOKS, Confidence::I));
    }
    web_page::add_finding(kind, body, findings);
    let (text, value) = match std::str::from_utf8(body).map(|text| (text, Json::read(text))) {
        Ok((text, Ok(value))) => (text, value),
        _ => {
            let found = json_error(body).unwrap_or_default();
            let message = cannot_deserialize(found.line, found.column, &found.message);
            let note = Note::error("R04", message, DESERIALIZE_ARTICLE, Confidence::O);
            findings.add_at_line(note, found.line, found.column);
            return Content::NotEnvelope("The body is not JSON");
        }
    };
    findings.read_as(text);
    for duplicate in duplicate_members(text, DUPLICATES_LISTED) {
        let note = Note::warning(
            "R09",
            "Take one of the two out: this name stands twice in the object, and readers differ in which one counts",
            JSON_RFC,
            Confidence::I,
        );
        findings.add_at_offset(note, Some(duplicate.pointer), duplicate.offset);
    }
    let Some(envelope) = value.object() else {
        let twice =
            value.string().is_some_and(|inner| Json::read(&inner).is_ok_and(|inner| inner.what() == "an object"));
        let message: Text = if twice {
            "Send the object itself: this is JSON inside a JSON string".into()
        } else {
            format!("Answer an object with commands or error: this is {}", value.what()).into()
        };
        let (line, column) = line_and_column(body, value.offset_in(text));
        let message = cannot_deserialize(line, column, &message);
        findings.add_at(Note::error("R04", message, DESERIALIZE_ARTICLE, Confidence::O), "", value);
        return Content::NotEnvelope("The body is not an object");
    };
    read_envelope(exchange, &envelope, text, findings)
}

fn read_envelope<'a>(
    exchange: &Exchange<'a>,
    envelope: &Object<'a>,
    text: &'a str,
    findings: &mut Findings<'a>,
) -> Content<'a> {
    let kind = exchange.hook;
    for member in envelope.members() {
        check_name(kind, member, text, findings);
    }
    let mut wrong = None;
    let mut ruling = None;
    if let Some(commands) = envelope.get("commands") {
        match read_commands(kind, commands, findings) {
            Ok(commands) if commands.is_empty() => {}
            Ok(commands) => ruling = Some(judge_commands(kind, &commands, exchange.asked, findings)),
            Err((reason, commands)) => {
                wrong = Some(reason);
                judge_commands(kind, &commands, exchange.asked, findings);
            }
        }
    }
    let mut said = None;
    if let Some(error) = envelope.get("error") {
        match error_object::read(kind, error, exchange.asked, findings) {
            Ok(error) => said = Some(error),
            Err(reason) => wrong = wrong.or(Some(reason)),
        }
    }
    if let Some(reason) = wrong {
        findings.word_shape_error_as_okta();
        return Content::NotEnvelope(reason);
    }
    if let Some(said) = said {
        if ruling.is_some()
            && let Some(commands) = envelope.get("commands")
        {
            let note = Note::warning(
                "R17",
                "Send either commands or error: where there is an error, no command runs",
                sources::response_schema(kind),
                Confidence::D,
            );
            findings.add_at(note, "/commands", commands);
        }
        if let Some(error) = envelope.get("error") {
            error_object::warn_of_stop(kind, error, findings);
        }
        return Content::Error(said);
    }
    match ruling {
        Some(ruling) => Content::Commands(ruling),
        None if envelope.last("commands").is_some() => Content::NoCommands,
        None => Content::NoMembers,
    }
}

/// Looks at a body that is not used (not a 2xx, or a 204): commands are judged all the same.
pub(super) fn look_in_passing<'a>(exchange: &Exchange<'a>, status: u16, body: &'a [u8], findings: &mut Findings<'a>) {
    web_page::add_finding(exchange.hook, body, findings);
    if body.len() >= SIZE_TOO_LARGE {
        return;
    }
    let Ok(text) = std::str::from_utf8(body) else { return };
    let Some(envelope) = Json::read(text).ok().and_then(Json::object) else { return };
    findings.read_as(text);
    let commands = envelope.get("commands").filter(|commands| commands.what() == "an array");
    let error = envelope.get("error").filter(|error| error.what() == "an object");
    let meant = error.map(|error| ("/error", error)).or(commands.map(|commands| ("/commands", commands)));
    if let Some((pointer, meant)) = meant
        && status != 204
    {
        let message = format!("Send this body with 200: with {status} Okta uses neither commands nor error");
        findings.add_at(Note::warning("T41", message, INLINE_HOOKS, Confidence::D), pointer, meant);
        if exchange.hook == HookKind::Telephony && error.is_some() {
            findings.disagree(conflicts::TELEPHONY_ERROR_STATUS);
        }
    }
    if let Some(commands) = commands {
        let commands = match read_commands(exchange.hook, commands, findings) {
            Ok(commands) | Err((_, commands)) => commands,
        };
        judge_commands(exchange.hook, &commands, exchange.asked, findings);
    }
}

/// The well-formed commands; with a reason where one of them, or the list, is not.
fn read_commands<'a>(
    kind: HookKind,
    list: Json<'a>,
    findings: &mut Findings<'a>,
) -> Result<Vec<Command<'a>>, (&'static str, Vec<Command<'a>>)> {
    let source = sources::response_schema(kind);
    let error = |message: Text| Note::error("R08", message, source, Confidence::D);
    let Some(elements) = list.array() else {
        let message = format!("commands must be an array, even for one command: it is {}", list.what());
        findings.add_at(error(message.into()), "/commands", list);
        return Err(("commands is no array", Vec::new()));
    };
    let mut reason = None;
    let mut commands = Vec::with_capacity(elements.len());
    for (idx, element) in elements.into_iter().enumerate() {
        let pointer = || format!("/commands/{idx}");
        let Some(object) = element.object() else {
            let message = format!("A command must be an object with type and value: this is {}", element.what());
            findings.add_at(error(message.into()), pointer(), element);
            reason = Some("A command is malformed");
            continue;
        };
        let given = object.get("type");
        let name = given.and_then(Json::string);
        let value = object.get("value");
        if name.is_none() {
            let message: Text = match given {
                Some(given) => format!("The type of a command must be a string: it is {}", given.what()).into(),
                None => "A command needs a type: there is none".into(),
            };
            let at = given.map_or_else(pointer, |_| format!("/commands/{idx}/type"));
            findings.add_at(error(message), at, given.unwrap_or(element));
            reason = Some("A command is malformed");
        }
        if value.is_none() {
            let beside: Vec<&str> = object
                .members()
                .map(|member| &*member.name)
                .filter(|name| !matches!(*name, "type" | "value"))
                .take(3)
                .collect();
            let message: Text = if beside.is_empty() {
                "A command needs a value beside its type: what it changes stands inside value".into()
            } else {
                format!("Put {} inside value: a command has the members type and value", short(&beside.join(", ")))
                    .into()
            };
            findings.add_at(error(message), pointer(), element);
            reason = Some("A command is malformed");
        }
        if let (Some(name), Some(given)) = (name, given) {
            commands.push(Command { idx, name, type_at: given, value });
        }
    }
    match reason {
        None => Ok(commands),
        Some(reason) => Err((reason, commands)),
    }
}

/// R07 and R23: members that are not of the envelope.
fn check_name<'a>(kind: HookKind, member: &Member<'a>, text: &'a str, findings: &mut Findings<'a>) {
    let name = &*member.name;
    if matches!(name, "commands" | "error" | "debugContext") {
        return;
    }
    let lower = name.to_ascii_lowercase();
    let right = match lower.as_str() {
        "commands" | "command" => Some("commands"),
        "error" | "errors" => Some("error"),
        "debugcontext" | "debug_context" => Some("debugContext"),
        _ => None,
    };
    error_object::note_capital(kind, name, findings);
    let note = match (right, name) {
        (Some(right), _) => {
            let message = format!("Write {right} instead of '{}': Okta does not look at this member", short(name));
            Note::warning("R23", message, sources::response_schema(kind), Confidence::D)
        }
        (None, "result") => {
            let message = "Take result out: it was a member of early samples and means nothing";
            Note::warning("R07", message, INLINE_HOOKS, Confidence::U)
        }
        (None, _) => {
            let message = format!("Take '{}' out: Okta's envelope has no such member", short(name));
            Note::warning("R07", message, INLINE_HOOKS, Confidence::U)
        }
    };
    findings.add_at_offset(note, Some(pointer_to("", name)), member.offset_in(text));
}
