//! The events of a delivery: how many, of which types, with which targets.

use std::borrow::Cow;

use super::super::findings::{Findings, Note};
use super::super::words::short;
use super::check_time;
use crate::okta::HookKind;
use crate::okta::event_types::is_known_event_type;
use crate::okta::request::node::{Node, Shape, envelope_shape};
use crate::okta::sources::{EARLY_DOCS, EVENT_CATALOGUE, EVENT_GUIDE, EVENT_HOOKS, EVENT_UPGRADE};
use crate::okta::verdict::Confidence;

/// After so many events the rest is only counted.
const LOOKED_AT: usize = 100;

/// As many unknown types are named.
const UNKNOWN_NAMED: usize = 5;

/// The two types whose phone number stands elsewhere in Identity Engine.
const WITH_PHONE: [&str; 2] =
    ["system.sms.send_phone_verification_message", "system.voice.send_phone_verification_call"];

const DEBUG_DATA: &[(&str, Shape)] = &[("phoneNumber", Shape::Leaf)];

pub(super) static DELIVERY: Shape = envelope_shape!(Shape::Members(&[(
    "events",
    Shape::List(&Shape::Members(&[
        ("uuid", Shape::Leaf),
        ("published", Shape::Leaf),
        ("eventType", Shape::Leaf),
        ("target", Shape::List(&Shape::Members(&[("type", Shape::Leaf)]))),
        ("debugContext", Shape::Members(&[("debugData", Shape::Members(DEBUG_DATA))])),
    ])),
)]));

pub(super) fn check(request: &Node<'_>, findings: &mut Findings<'_>) {
    let events = request.at(&["data", "events"]);
    match events.what() {
        Some("an array") => {}
        Some(what) => {
            let message = format!("data.events is an array, even of one event: this is {what}");
            findings.add_request(Note::warning("request-data", message, EVENT_HOOKS, Confidence::D), "/data/events");
            return;
        }
        None if request.get("data").what() == Some("an object") => {
            let message = "A delivery holds its events in data.events: there is none";
            let note = Note::warning("T25", message, EARLY_DOCS, Confidence::D);
            findings.add_request(note, "/data");
            return;
        }
        None => return,
    }
    let events = events.elements();
    match events.len() {
        0 => {
            let message = "A delivery holds at least one event: this list is empty";
            findings.add_request(Note::warning("request-data", message, EVENT_HOOKS, Confidence::D), "/data/events");
        }
        1 => {}
        n_events => {
            let message =
                format!("This delivery holds {n_events} events: go through all of data.events, not only the first");
            findings.add_request(Note::info("T17", message, EVENT_HOOKS, Confidence::D), "/data/events");
        }
    }
    let mut unknown: Vec<Cow<'_, str>> = Vec::new();
    let mut n_without_target = 0_usize;
    for (event_idx, event) in events.iter().enumerate().take(LOOKED_AT) {
        let at = |name: &str| format!("/data/events/{event_idx}/{name}");
        if event.what() != Some("an object") {
            let message = format!("An event is an object: this is {}", event.what().unwrap_or("null"));
            let note = Note::warning("request-data", message, EVENT_HOOKS, Confidence::D);
            findings.add_request(note, format!("/data/events/{event_idx}"));
            continue;
        }
        let event_type = event.get("eventType").text();
        if let Some(event_type) = &event_type
            && !is_known_event_type(event_type)
            && !unknown.contains(event_type)
        {
            unknown.push(event_type.clone());
            if unknown.len() <= UNKNOWN_NAMED {
                let message = format!(
                    "'{}' is not among the 314 event types that this program knows: the list grows with most releases",
                    short(event_type)
                );
                let note = Note::info("request-event-type", message, EVENT_CATALOGUE, Confidence::D);
                findings.add_request(note, at("eventType"));
            }
        }
        let target = event.get("target");
        if target.elements().is_empty() {
            if n_without_target == 0 {
                let message = "This event has no target: let the handler take a target that is null, missing or empty";
                let pointer = if target.stands() { at("target") } else { format!("/data/events/{event_idx}") };
                findings.add_request(Note::info("T19", message, EVENT_GUIDE, Confidence::D), pointer);
            }
            n_without_target += 1;
        }
        if event_type.is_some_and(|event_type| WITH_PHONE.contains(&&*event_type)) {
            check_phone(event, &at, findings);
        }
        match event.get("published").what() {
            Some("a string") => check_time(HookKind::Event, event.get("published"), &at("published"), findings),
            _ => {
                let message = "This event has no time: published is the only thing to order events by";
                let note = Note::info("request-data", message, EVENT_HOOKS, Confidence::D);
                findings.add_request(note, format!("/data/events/{event_idx}"));
            }
        }
    }
}

/// T23: Classic Engine and Identity Engine put the number into different places.
fn check_phone(event: &Node<'_>, at: &dyn Fn(&str) -> String, findings: &mut Findings<'_>) {
    let is_mobile = |target: &Node<'_>| target.get("type").text().as_deref() == Some("MobilePhone");
    let (message, pointer) = if event.at(&["debugContext", "debugData", "phoneNumber"]).is_given() {
        (
            "The phone number stands in debugContext.debugData (Identity Engine): Classic Engine has it in alternateId of the \
             target MobilePhone",
            at("debugContext/debugData/phoneNumber"),
        )
    } else if event.get("target").elements().iter().any(is_mobile) {
        (
            "The phone number stands in alternateId of the target MobilePhone (Classic Engine): Identity Engine has it in \
             debugContext.debugData.phoneNumber",
            at("target"),
        )
    } else {
        return;
    };
    findings.add_request(Note::info("T23", message, EVENT_UPGRADE, Confidence::D), pointer);
}
