//! SAML: patches of the assertion.
//!
//! Okta OpenAPI 2026.06.3, SAMLHookResponse: `add` and `replace` only, below `/subject`, `/authentication`, `/conditions` and
//! `/claims`. What a failing operation does is not stated; it is expected to leave the assertion unmodified, as for tokens.

use super::super::Asked;
use super::super::conflicts;
use super::super::findings::{Findings, Note};
use super::super::words::short;
use super::inspection::{At, Inspection, Place, Said, called, unescaped_url};
use super::{Command, Ruling};
use crate::okta::HookKind;
use crate::okta::json::Json;
use crate::okta::patch::{Node, Op, Written, open_parts};
use crate::okta::pointer::Pointer;
use crate::okta::sources::response_schema;
use crate::okta::verdict::Confidence;

const SCHEMA: &str = response_schema(HookKind::Saml);

const OPS: &str = "add or replace";

const ROOTS: [&str; 4] = ["subject", "authentication", "conditions", "claims"];

pub(super) fn judge<'a>(commands: &[Command<'a>], asked: Asked<'_>, findings: &mut Findings<'a>) -> Ruling {
    let mut inspection = Inspection::of(HookKind::Saml, "R15", commands.len(), findings);
    let mut assertion = None;
    for command in commands.iter().filter(|command| command.name == "com.okta.assertion.patch") {
        let node = assertion.get_or_insert_with(|| assertion_of(asked));
        for place in inspection.places(command) {
            let written = inspection.written(&place, OPS);
            judge_operation(&mut inspection, &place, node, &written);
        }
    }
    inspection.into_ruling()
}

/// The assertion of this request. There always is one, so a request without it is one that is not known.
fn assertion_of(asked: Asked<'_>) -> Node<'_> {
    match asked {
        Asked::Body(body) => open_parts(body, ["assertion"]).and_then(|[assertion]| assertion).unwrap_or(Node::Unknown),
        Asked::Challenge(_) | Asked::NotGiven => Node::Unknown,
    }
}

fn judge_operation<'a: 'd, 'd>(
    inspection: &mut Inspection<'_, 'a>,
    place: &Place<'a>,
    node: &mut Node<'d>,
    written: &Written<'a>,
) {
    if written.op == Some(Op::Remove) {
        let said = Said {
            message: "Use replace, or leave this operation out: remove is not supported in an assertion".to_owned(),
            why: "remove is not supported in an assertion".to_owned(),
        };
        inspection.impossible(place, At::member("op", written.op_at), Confidence::D, said);
    }
    let Some(path) = &written.path else { return };
    if !is_good_root(inspection, place, written, path) || written.op == Some(Op::Remove) {
        return;
    }
    let is_good_value = written.value.is_none_or(|value| check_value(inspection, place, path, value));
    look_at_class_reference(inspection, place, written, path);
    let done = inspection.apply(place, node, written, Confidence::I);
    if let (Some(_), Some(right), true) = (done, unescaped_url(path), is_good_value) {
        let message =
            format!("Write {right} if the slashes belong to the claim's name: each of them begins a level below");
        inspection.note(
            place,
            At::member("path", written.path_at),
            Note::warning("T30", message, SCHEMA, Confidence::D),
        );
    }
}

fn is_good_root<'a>(
    inspection: &mut Inspection<'_, 'a>,
    place: &Place<'a>,
    written: &Written<'a>,
    path: &Pointer<'_>,
) -> bool {
    let at = At::member("path", written.path_at);
    let given = short(&path.to_string());
    let segments: Vec<&str> = path.segments().iter().map(|segment| &**segment).collect();
    let message = match segments.as_slice() {
        ["claims", ""] => "Name one claim, as in /claims/berth".to_owned(),
        [root, _, ..] if ROOTS.contains(root) => return true,
        [root] if ROOTS.contains(root) => {
            let message =
                format!("Name something below {given}: changing all of it is covered by one of two statements only");
            inspection.warning(place, at, message, Confidence::D);
            inspection.disagree(conflicts::SAML_PATHS);
            return true;
        }
        ["lifetime", ..] => {
            let message = "Leave the lifetime alone, or test it: only the wider of two statements covers its path";
            inspection.warning(place, at, message.to_owned(), Confidence::D);
            inspection.disagree(conflicts::SAML_PATHS);
            return true;
        }
        ["data", "assertion", rest @ ..] | ["assertion", rest @ ..] if !rest.is_empty() => {
            let inner = short(&Pointer::of_segments(rest.iter().copied()).to_string());
            format!("Write {inner}: a path begins inside the assertion")
        }
        [name] if !name.is_empty() => {
            format!("Write {} for a claim of that name", short(&Pointer::of_segments(["claims", name]).to_string()))
        }
        _ => "Begin the path with /subject/, /authentication/, /conditions/ or /claims/".to_owned(),
    };
    let said = Said { message, why: format!("path '{given}' names nothing that a hook can change") };
    inspection.impossible(place, at, Confidence::D, said);
    false
}

/// The prose of the schema misspells a member; what is written there would be a new member that nobody reads.
fn look_at_class_reference<'a>(
    inspection: &mut Inspection<'_, 'a>,
    place: &Place<'a>,
    written: &Written<'a>,
    path: &Pointer<'_>,
) {
    if path.segments().iter().any(|segment| segment == "authContextClassRef") {
        let message =
            "Write authnContextClassRef: requests and samples spell it so, the schema's prose leaves out the n";
        inspection.warning(place, At::member("path", written.path_at), message.to_owned(), Confidence::D);
        inspection.disagree(conflicts::SAML_CLASS_REFERENCE);
    }
}

/// The value as its path asks for it; false where it cannot work. What there is to say is told.
fn check_value<'a>(
    inspection: &mut Inspection<'_, 'a>,
    place: &Place<'a>,
    path: &Pointer<'_>,
    value: Json<'a>,
) -> bool {
    let segments: Vec<&str> = path.segments().iter().map(|segment| &**segment).collect();
    let mut shape = Shape { inspection, place, path, is_good: true };
    match segments.as_slice() {
        ["authentication", "sessionLifetime"] => {
            if !matches!(value.what(), "a number") {
                let message = format!("Write the session's lifetime as a number of seconds: it is {}", value.what());
                shape.wrong("value", value, message, "the session's lifetime is no number");
            }
        }
        ["claims", _] => shape.claim(value),
        ["claims", _, "attributeValues"] => shape.values("value", value),
        ["claims", _, "attributeValues", _] => shape.value("value", value),
        ["claims", _, "attributeValues", _, "value"] => shape.text("value", value),
        _ => {
            if matches!(value.what(), "an array" | "a boolean") || is_fraction(value) {
                let what = if is_fraction(value) { "a fraction" } else { value.what() };
                let message = format!("Write a string, an integer or an object: Okta's schema does not name {what}");
                inspection.warning(place, At::Member("value", value), message, Confidence::D);
            }
            return true;
        }
    }
    shape.is_good
}

fn is_fraction(value: Json<'_>) -> bool {
    value.what() == "a number" && value.raw().contains(['.', 'e', 'E'])
}

/// The shape of an attribute, or of a part of it: `{attributes{NameFormat}, attributeValues[{attributes{"xsi:type"}, value}]}`.
struct Shape<'i, 'p, 'f, 'a> {
    inspection: &'i mut Inspection<'f, 'a>,
    place: &'i Place<'a>,
    path: &'i Pointer<'p>,
    is_good: bool,
}

impl<'a> Shape<'_, '_, '_, 'a> {
    /// `at` is the pointer below the operation.
    fn wrong(&mut self, at: &str, value: Json<'a>, message: String, why: &str) {
        self.is_good = false;
        let said = Said { message, why: why.to_owned() };
        self.inspection.impossible_below(self.place, at, value, Confidence::D, said);
    }

    fn doubt(&mut self, at: &str, value: Json<'a>, message: String) {
        self.inspection.warning_below(self.place, at, value, message, Confidence::D);
    }

    fn claim(&mut self, value: Json<'a>) {
        let name = called(self.path, 2);
        let why = format!("{name} does not have the shape of an attribute");
        let Some(object) = value.object() else {
            let message = format!(
                "Write {name} as {{\"attributes\": {{\"NameFormat\": …}}, \"attributeValues\": [{{\"attributes\": {{\"xsi:type\": …}}, \
                 \"value\": …}}]}}: it is {}",
                value.what()
            );
            return self.wrong("value", value, message, &why);
        };
        match object.get("attributes").map(|attributes| (attributes, attributes.object())) {
            Some((_, Some(inner))) if inner.get("NameFormat").is_some() => {}
            Some((attributes, Some(_))) => {
                self.doubt("value/attributes", attributes, "Say NameFormat in attributes: it is missing".to_owned());
            }
            Some((attributes, None)) => {
                let message = format!("attributes must be an object with NameFormat: it is {}", attributes.what());
                self.wrong("value/attributes", attributes, message, &why);
            }
            None => {
                self.wrong("value", value, format!("Give {name} its attributes with NameFormat: there are none"), &why);
            }
        }
        match object.get("attributeValues") {
            Some(values) => self.values("value/attributeValues", values),
            None => self.wrong("value", value, format!("Give {name} its attributeValues: there are none"), &why),
        }
    }

    fn values(&mut self, at: &str, values: Json<'a>) {
        let why = format!("{} does not have the shape of an attribute", called(self.path, 2));
        let Some(elements) = values.array() else {
            let message = format!("attributeValues must be an array, even for one value: it is {}", values.what());
            return self.wrong(at, values, message, &why);
        };
        if elements.is_empty() {
            self.doubt(at, values, "Put a value into attributeValues: it is empty".to_owned());
        }
        for (idx, element) in elements.into_iter().enumerate() {
            self.value(&format!("{at}/{idx}"), element);
        }
    }

    fn value(&mut self, at: &str, element: Json<'a>) {
        let why = format!("{} does not have the shape of an attribute", called(self.path, 2));
        let Some(object) = element.object() else {
            let message = format!(
                "Write a value as {{\"attributes\": {{\"xsi:type\": …}}, \"value\": …}}: it is {}",
                element.what()
            );
            return self.wrong(at, element, message, &why);
        };
        match object.get("attributes").map(|attributes| (attributes, attributes.object())) {
            Some((_, Some(inner))) if inner.get("xsi:type").is_some() => {}
            Some((attributes, Some(_))) => {
                self.doubt(
                    &format!("{at}/attributes"),
                    attributes,
                    "Say xsi:type in attributes: it is missing".to_owned(),
                );
            }
            Some((attributes, None)) => {
                let message = format!("attributes must be an object with xsi:type: it is {}", attributes.what());
                self.wrong(&format!("{at}/attributes"), attributes, message, &why);
            }
            None => {
                self.wrong(at, element, "Give the value its attributes with xsi:type: there are none".to_owned(), &why)
            }
        }
        match object.get("value") {
            Some(value) => self.text(&format!("{at}/value"), value),
            None => self.wrong(
                at,
                element,
                "Give the element a value beside its attributes: there is none".to_owned(),
                &why,
            ),
        }
    }

    /// Requests write every value of an attribute as a string, those of `xs:integer` too.
    fn text(&mut self, at: &str, value: Json<'a>) {
        if value.what() != "a string" {
            let message = format!("Write the value as a string, for xs:integer too: it is {}", value.what());
            self.doubt(at, value, message);
        }
    }
}
