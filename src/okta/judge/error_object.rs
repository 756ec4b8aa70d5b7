//! The `error` object of a response: its shape, and which of its texts somebody reads.
//!
//! The members are those of Okta developer docs, Inline hooks concept, and of the schema RegistrationResponse. The schemas of the
//! other kinds know `errorSummary` only.

use std::borrow::Cow;

use super::Asked;
use super::conflicts;
use super::findings::{Findings, Note};
use super::words::short;
use crate::okta::HookKind;
use crate::okta::json::{Json, Object};
use crate::okta::request::{RegistrationFlow, RegistrationView};
use crate::okta::sources::{self, INLINE_HOOKS};
use crate::okta::verdict::{Confidence, Text};

/// The texts of an `error` object.
#[derive(Debug)]
pub(super) struct ErrorSaid<'a> {
    pub(super) summary: Option<Cow<'a, str>>,
    /// The first cause that a form shows beside a field; registration only.
    pub(super) shown_cause: Option<Cow<'a, str>>,
}

/// Reads an `error` that is not null; fails with what is wrong where it is not the shape that Okta can read.
pub(super) fn read<'a>(
    kind: HookKind,
    error: Json<'a>,
    asked: Asked<'_>,
    findings: &mut Findings<'a>,
) -> Result<ErrorSaid<'a>, &'static str> {
    let Some(object) = error.object() else {
        let message: Text = if kind == HookKind::Telephony && error.what() == "an array" {
            "error must be an object with errorSummary: it is an array, as in an example of the API reference that is wrong".into()
        } else {
            format!("error must be an object with errorSummary: it is {}", error.what()).into()
        };
        findings.add_at(Note::error("R22", message, INLINE_HOOKS, Confidence::D), "/error", error);
        return Err("error is no object");
    };
    let mut said = ErrorSaid { summary: read_summary(kind, error, &object, findings), shown_cause: None };
    if let Some(code) = object.get("errorCode") {
        let message = "Take errorCode out: the error of a response has no such member";
        let note = Note::warning("R22", message, INLINE_HOOKS, Confidence::D);
        findings.add_at(note, "/error/errorCode", code);
    }
    let causes = match object.get("errorCauses") {
        Some(causes) => read_causes(kind, causes, asked, &mut said, findings)?,
        None => 0,
    };
    match kind {
        HookKind::Registration if causes == 0 => {
            let message =
                "Add a cause with location and errorSummary: without one the form shows a general message of Okta's";
            let note = Note::warning("T37", message, sources::response_schema(kind), Confidence::D);
            findings.add_at(note, "/error", error);
        }
        HookKind::Registration | HookKind::Event | HookKind::Verification | HookKind::Unknown => {}
        _ if causes > 0 => {
            let message = "Put the text into errorSummary: only registration hooks show causes";
            let note = Note::info("R22", message, sources::response_schema(kind), Confidence::D);
            findings.add_at(note, "/error/errorCauses", object.get("errorCauses").unwrap_or(error));
        }
        _ => {}
    }
    Ok(said)
}

/// T34: an error stops these flows, also where only "no change" was meant.
pub(super) fn warn_of_stop<'a>(kind: HookKind, error: Json<'a>, findings: &mut Findings<'a>) {
    let message = match kind {
        HookKind::Token => "This stops the flow, and no token is issued: answer 204 if no change was meant",
        HookKind::Saml => "This stops the flow, and the user sees an error page: answer 204 if no change was meant",
        HookKind::Registration => "This stops the flow, even with ALLOW beside it: answer 204 if no change was meant",
        _ => return,
    };
    findings.add_at(Note::info("T34", message, sources::response_schema(kind), Confidence::D), "/error", error);
}

fn read_summary<'a>(
    kind: HookKind,
    error: Json<'a>,
    object: &Object<'a>,
    findings: &mut Findings<'a>,
) -> Option<Cow<'a, str>> {
    let given = object.get("errorSummary");
    let text = given.and_then(Json::string);
    if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
        return Some(text);
    }
    let message: Text = match (given, kind) {
        (Some(given), _) if given.what() != "a string" => {
            format!("errorSummary must be a string: it is {}", given.what()).into()
        }
        (_, HookKind::Token | HookKind::Saml) => {
            "Add an errorSummary: without it only \"The callback service returned an error\" is shown".into()
        }
        _ => "Add an errorSummary that says what is wrong: it is missing or empty".into(),
    };
    let pointer = given.map_or("/error", |_| "/error/errorSummary");
    let note = Note::warning("R22", message, INLINE_HOOKS, Confidence::D);
    findings.add_at(note, pointer, given.unwrap_or(error));
    None
}

/// How many causes there are.
fn read_causes<'a>(
    kind: HookKind,
    causes: Json<'a>,
    asked: Asked<'_>,
    said: &mut ErrorSaid<'a>,
    findings: &mut Findings<'a>,
) -> Result<usize, &'static str> {
    const NO_ARRAY: &str = "errorCauses is no array of objects";
    let error = |message: String| Note::error("R22", message, INLINE_HOOKS, Confidence::D);
    let Some(elements) = causes.array() else {
        let message = format!("errorCauses must be an array of objects: it is {}", causes.what());
        findings.add_at(error(message), "/error/errorCauses", causes);
        return Err(NO_ARRAY);
    };
    let form = match (kind, asked) {
        (HookKind::Registration, Asked::Body(body)) => Some(RegistrationForm::of(body)),
        (HookKind::Registration, _) => Some(RegistrationForm::default()),
        _ => None,
    };
    let n_causes = elements.len();
    let mut wrong = None;
    for (idx, element) in elements.into_iter().enumerate() {
        let Some(cause) = element.object() else {
            let message = format!("A cause must be an object: this is {}", element.what());
            findings.add_at(error(message), format!("/error/errorCauses/{idx}"), element);
            wrong = Some(NO_ARRAY);
            continue;
        };
        check_cause(idx, element, &cause, findings);
        if let Some(form) = &form
            && form.has_place_for(idx, &cause, findings)
            && said.shown_cause.is_none()
        {
            said.shown_cause = cause.get("errorSummary").and_then(Json::string);
        }
    }
    wrong.map_or(Ok(n_causes), Err)
}

fn check_cause<'a>(idx: usize, element: Json<'a>, cause: &Object<'a>, findings: &mut Findings<'a>) {
    const MEMBERS: [&str; 5] = ["errorSummary", "reason", "locationType", "location", "domain"];
    const KNOWN: [(&str, &[&str]); 2] =
        [("locationType", &["body", "header", "url", "query"]), ("domain", &["end-user", "external-service"])];
    let warning = |message: String| Note::warning("R22", message, INLINE_HOOKS, Confidence::D);
    let missing: Vec<&str> = MEMBERS.into_iter().filter(|name| cause.get(name).is_none()).collect();
    if !missing.is_empty() {
        let message = format!("Give the cause all five members: {} missing", missing.join(", "));
        findings.add_at(warning(message), format!("/error/errorCauses/{idx}"), element);
    }
    for (name, known) in KNOWN {
        let Some(value) = cause.get(name) else { continue };
        if !value.string().is_some_and(|text| known.contains(&&*text)) {
            let message = format!("{name} is one of {}", known.join(", "));
            findings.add_at(warning(message), format!("/error/errorCauses/{idx}/{name}"), value);
        }
    }
    for name in ["errorSummary", "reason", "location"] {
        if let Some(value) = cause.get(name)
            && value.string().is_none()
        {
            let message = format!("{name} must be a string: it is {}", value.what());
            findings.add_at(warning(message), format!("/error/errorCauses/{idx}/{name}"), value);
        }
    }
}

/// What the form of this request asks for. Where the request is not known, every attribute counts as asked for.
#[derive(Default)]
struct RegistrationForm<'r> {
    request: Option<RegistrationView<'r>>,
}

impl<'r> RegistrationForm<'r> {
    fn of(body: &'r [u8]) -> RegistrationForm<'r> {
        RegistrationForm { request: Some(RegistrationView::read(body)) }
    }

    /// R18: is a cause's location an attribute of this request? Okta's own samples of the progressive profile name the attribute
    /// under `data.userProfile`, so both beginnings are right in both flows.
    fn has_place_for<'a>(&self, idx: usize, cause: &Object<'a>, findings: &mut Findings<'a>) -> bool {
        const BEGINNINGS: [&str; 2] = ["data.userProfileUpdate.", "data.userProfile."];
        let Some(location) = cause.get("location") else { return false };
        let Some(given) = location.string() else { return false };
        let attribute = BEGINNINGS.into_iter().find_map(|beginning| given.strip_prefix(beginning));
        let message = match (attribute, &self.request) {
            (Some(""), _) | (None, _) => {
                let beginning = match self.request.as_ref().map(|request| request.flow) {
                    Some(RegistrationFlow::ProgressiveProfile) => "data.userProfileUpdate.",
                    _ => "data.userProfile.",
                };
                format!(
                    "Write {beginning} and the name of an attribute: '{}' names no field of the form, so a general message is \
                     shown instead",
                    short(&given)
                )
            }
            (Some(_), None) => return true,
            (Some(attribute), Some(request)) => {
                if request.attributes.iter().any(|submitted| submitted.name == attribute) {
                    return true;
                }
                let names: Vec<&str> = request.attributes.iter().map(|submitted| &*submitted.name).take(8).collect();
                let submitted = if names.is_empty() {
                    "this request submits no attribute".to_owned()
                } else {
                    format!("this request submits {}", short(&names.join(", ")))
                };
                format!(
                    "'{}' is no field of the form: {submitted}. A general message is shown instead",
                    short(attribute)
                )
            }
        };
        let source = sources::response_schema(HookKind::Registration);
        let note = Note::warning("R18", message, source, Confidence::D);
        findings.add_at(note, format!("/error/errorCauses/{idx}/location"), location);
        false
    }
}

/// R23 of a registration: the schema spells `error` with a capital, every page and sample without.
pub(super) fn note_capital(kind: HookKind, name: &str, findings: &mut Findings<'_>) {
    if kind == HookKind::Registration && name == "Error" {
        findings.disagree(conflicts::REGISTRATION_ERROR);
    }
}
