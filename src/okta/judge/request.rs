//! Is the request what Okta's documents promise?
//!
//! Nothing here changes an outcome: these are hints for whoever writes the handler, or for whoever made the request up. One pass
//! over the body reads the members that matter. Where to look next: `request/data.rs` looks at the `data` of the inline hooks,
//! `request/event.rs` at the events of a delivery.

mod data;
mod event;

use super::findings::{Findings, Note};
use super::words::short;
use super::{Asked, Exchange};
use crate::okta::HookKind;
use crate::okta::request::node::{Node, Shape, envelope_shape};
use crate::okta::sources::{EARLY_DOCS, ENVELOPE_SCHEMA, EVENT_HOOKS, INLINE_TYPES};
use crate::okta::verdict::{Confidence, Text};

/// For calls of no known kind.
static ENVELOPE: Shape = envelope_shape!(Shape::Leaf);

/// Adds what is to be said of a request's body.
pub(super) fn add_findings(exchange: &Exchange<'_>, findings: &mut Findings<'_>) {
    let Asked::Body(body) = exchange.asked else { return };
    let kind = exchange.hook;
    let shape = match kind {
        HookKind::Verification => return,
        HookKind::Unknown => &ENVELOPE,
        HookKind::Event => &event::DELIVERY,
        _ => data::shape(kind),
    };
    let request = Node::read(body, shape);
    if kind == HookKind::Unknown {
        check_event_type(kind, &request, findings);
        return;
    }
    let Some("an object") = request.what() else {
        let note = Note::warning(
            "request-envelope",
            "Send a JSON object: every call of Okta's is one, and this body is none",
            source(kind),
            Confidence::D,
        );
        findings.add_request(note, "");
        return;
    };
    check_event_type(kind, &request, findings);
    check_envelope(kind, &request, findings);
    match kind {
        HookKind::Event => event::check(&request, findings),
        _ => data::check(kind, &request, findings),
    }
}

/// Who promises the envelope.
fn source(kind: HookKind) -> &'static str {
    if kind == HookKind::Event { EVENT_HOOKS } else { ENVELOPE_SCHEMA }
}

fn check_event_type(kind: HookKind, request: &Node<'_>, findings: &mut Findings<'_>) {
    /// Types that were replaced or withdrawn.
    const FORMER: [(&str, &str); 2] = [
        ("com.okta.tokens.transform", "com.okta.oauth2.tokens.transform took its place in 2019"),
        (
            "com.okta.custom.source.delegated.authentication",
            "it was a beta that Okta withdrew, and is not among the types of the API",
        ),
    ];
    let Some(given) = request.get("eventType").text() else { return };
    if kind.event_type() == Some(&*given) {
        return;
    }
    if let Some(named) = HookKind::from_event_type(&given) {
        if kind != HookKind::Unknown {
            let message =
                format!("This is the request of a {named} hook, though it is judged as that of a {kind} hook");
            findings
                .add_request(Note::warning("request-event-type", message, INLINE_TYPES, Confidence::D), "/eventType");
        }
        return;
    }
    let shown = short(&given);
    let message = match FORMER.iter().find(|(former, _)| *former == given) {
        Some((_, instead)) => format!("'{shown}' is no longer an event type of hooks: {instead}"),
        None => format!("'{shown}' is none of Okta's event types of hooks: com.okta.event_hook and six inline types"),
    };
    findings.add_request(Note::warning("request-event-type", message, INLINE_TYPES, Confidence::D), "/eventType");
}

fn check_envelope(kind: HookKind, request: &Node<'_>, findings: &mut Findings<'_>) {
    let (version, wrong_version) = match kind {
        HookKind::Event => ("cloudEventsVersion", "cloudEventVersion"),
        _ => ("cloudEventVersion", "cloudEventsVersion"),
    };
    let promised: [(&str, Option<&str>); 7] = [
        ("eventId", None),
        ("eventTime", None),
        ("eventType", None),
        ("eventTypeVersion", Some("1.0")),
        (version, Some("0.1")),
        ("contentType", Some("application/json")),
        ("source", None),
    ];
    let is_renamed = |name: &str| match name {
        "eventId" => request.get("eventID").is_given(),
        name => name == version && request.get(wrong_version).is_given(),
    };
    let mut missing = String::new();
    for (name, expected) in promised {
        let member = request.get(name);
        match member.what() {
            None if is_renamed(name) => {}
            None => {
                missing.push_str(if missing.is_empty() { "" } else { ", " });
                missing.push_str(name);
            }
            Some("a string") => {
                let text = member.text();
                if let (Some(expected), Some(given)) = (expected, &text)
                    && expected != &**given
                {
                    let message = format!("Okta writes {name} as \"{expected}\": this is \"{}\"", short(given));
                    let note = Note::info("request-envelope", message, source(kind), Confidence::D);
                    findings.add_request(note, format!("/{name}"));
                }
                if name == "eventTime" {
                    check_time(kind, member, "/eventTime", findings);
                }
                if name == "source" && text.is_some_and(|source| source.contains("/api/v1/callbacks")) {
                    let message =
                        "Okta's inline hooks are below /api/v1/inlineHooks: /api/v1/callbacks was the path of 2019";
                    findings
                        .add_request(Note::warning("request-envelope", message, EARLY_DOCS, Confidence::H), "/source");
                }
            }
            Some(what) => expect_string(what, name, &format!("/{name}"), source(kind), findings),
        }
    }
    if request.get(wrong_version).is_given() {
        let message = match kind {
            HookKind::Event => "An event hook spells it cloudEventsVersion: cloudEventVersion is that of inline hooks",
            _ => "An inline hook spells it cloudEventVersion: cloudEventsVersion is that of event hooks",
        };
        findings.add_request(Note::warning("T24", message, EVENT_HOOKS, Confidence::D), format!("/{wrong_version}"));
    }
    if request.get("eventID").is_given() {
        let message = "Okta writes eventId: eventID stood in documents of 2019";
        findings.add_request(Note::warning("T25", message, EARLY_DOCS, Confidence::H), "/eventID");
    }
    let has_request_type = matches!(kind, HookKind::Registration | HookKind::Telephony);
    if !has_request_type && request.get("requestType").is_given() {
        let message = "Only registration and telephony hooks have a requestType";
        findings.add_request(Note::info("request-type", message, source(kind), Confidence::D), "/requestType");
    }
    match request.get("data").what() {
        Some("an object") => {}
        Some(what) => {
            let message = format!("data is an object: this is {what}");
            findings.add_request(Note::warning("request-data", message, source(kind), Confidence::D), "/data");
        }
        None => {
            missing.push_str(if missing.is_empty() { "data" } else { ", data" });
        }
    }
    if !missing.is_empty() {
        let message = format!("A call of Okta's has {missing} too: do not make the handler rely on their absence");
        findings.add_request(Note::info("request-envelope", message, source(kind), Confidence::D), "");
    }
}

/// A value that is to be a string and is none. Okta's own examples write some as numbers, so a handler has to take both.
fn expect_string(what: &'static str, name: &str, pointer: &str, source: &'static str, findings: &mut Findings<'_>) {
    let message: Text = if what == "a number" {
        format!("Okta sends {name} as a string, though some of its examples show a number: take both").into()
    } else {
        format!("Okta sends {name} as a string: this is {what}").into()
    };
    findings.add_request(Note::warning("request-string", message, source, Confidence::D), pointer);
}

/// A time that nobody can read.
fn check_time(kind: HookKind, member: &Node<'_>, pointer: &str, findings: &mut Findings<'_>) {
    let Some(given) = member.text() else { return };
    if given.parse::<jiff::Timestamp>().is_err() {
        let message = format!("Okta writes times as 2031-04-05T06:07:08.000Z: this is \"{}\"", short(&given));
        findings.add_request(Note::warning("request-envelope", message, source(kind), Confidence::D), pointer);
    }
}
