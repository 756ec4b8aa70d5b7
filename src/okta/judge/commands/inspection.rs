//! Patches under inspection: what those of tokens and those of assertions have in common.
//!
//! The shape of a command and of its operations, whether an operation works on the data as it is by then, and the sentences for
//! it. Which paths and values are allowed is said in the kind's own file.

use super::super::findings::{Findings, Note};
use super::super::words::short;
use super::{Command, Ruling, Worst};
use crate::okta::HookKind;
use crate::okta::json::Json;
use crate::okta::patch::{Blocked, Done, Fault, Node, Op, Why, Written};
use crate::okta::pointer::{Pointer, PointerFault};
use crate::okta::sources::response_schema;
use crate::okta::verdict::{Confidence, Conflict, Text};

/// The patches of one response.
pub(super) struct Inspection<'f, 'a> {
    kind: HookKind,
    /// The check that a path, a target or a value breaks.
    rule: &'static str,
    n_commands: usize,
    findings: &'f mut Findings<'a>,
    ruling: Ruling,
}

/// One operation, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) command_idx: usize,
    pub(super) operation_idx: usize,
    pub(super) n_operations: usize,
    pub(super) element: Json<'a>,
}

/// A member of an operation, or the whole of it.
#[derive(Clone, Copy)]
pub(super) enum At<'a> {
    Operation,
    Member(&'static str, Json<'a>),
}

impl<'a> At<'a> {
    /// The member, where it is there.
    pub(super) fn member(name: &'static str, value: Option<Json<'a>>) -> At<'a> {
        value.map_or(At::Operation, |value| At::Member(name, value))
    }
}

/// What is wrong with an operation, in two forms.
pub(super) struct Said {
    /// What to change: the message of the finding.
    pub(super) message: String,
    /// The reason, as it stands in the verdict's sentence.
    pub(super) why: String,
}

impl Place<'_> {
    fn pointer(&self) -> String {
        format!("/commands/{}/value/{}", self.command_idx, self.operation_idx)
    }
}

impl<'f, 'a> Inspection<'f, 'a> {
    pub(super) fn of(
        kind: HookKind,
        rule: &'static str,
        n_commands: usize,
        findings: &'f mut Findings<'a>,
    ) -> Inspection<'f, 'a> {
        Inspection { kind, rule, n_commands, findings, ruling: Ruling::GOOD }
    }

    pub(super) fn into_ruling(self) -> Ruling {
        self.ruling
    }

    fn schema(&self) -> &'static str {
        response_schema(self.kind)
    }

    /// R11: a command's value is an array of operations that is not empty.
    pub(super) fn places(&mut self, command: &Command<'a>) -> Vec<Place<'a>> {
        // A command without a value was told as such where the envelope was read.
        let Some(value) = command.value else { return Vec::new() };
        let elements = value.array();
        let said = match &elements {
            Some(elements) if !elements.is_empty() => None,
            Some(_) => Some((
                "Put an operation into value, or leave the command out: the array is empty".to_owned(),
                "a command has no operation",
            )),
            None => Some((
                format!("value must be an array of operations, even for one: it is {}", value.what()),
                "the value of a command is no array of operations",
            )),
        };
        if let Some((message, why)) = said {
            let note = Note::error("R11", message, self.schema(), Confidence::D);
            self.findings.add_at(note, format!("/commands/{}/value", command.idx), value);
            self.worsen(Worst::Impossible, why.into(), None);
        }
        let elements = elements.unwrap_or_default();
        let n_operations = elements.len();
        let place = |(operation_idx, element)| Place { command_idx: command.idx, operation_idx, n_operations, element };
        elements.into_iter().enumerate().map(place).collect()
    }

    /// R11 and R12: the members of an operation by themselves. `allowed` are the words for `op`.
    pub(super) fn written(&mut self, place: &Place<'a>, allowed: &'static str) -> Written<'a> {
        let mut faults = Vec::new();
        let written = Written::read(place.element, |fault| faults.push(fault));
        for fault in faults {
            let rule = match fault {
                // An assertion knows no remove at all.
                Fault::ValueOfRemove(_) if self.kind == HookKind::Saml => continue,
                Fault::ValueOfRemove(_) => "R12",
                _ => "R11",
            };
            let (at, said) = told(&fault, place.element, allowed);
            self.cannot_work(place, at, rule, Confidence::D, said);
        }
        written
    }

    /// Does the operation on the data as the operations before it left it, and tells why it cannot be done.
    pub(super) fn apply<'d>(
        &mut self,
        place: &Place<'a>,
        node: &mut Node<'d>,
        written: &Written<'d>,
        confidence: Confidence,
    ) -> Option<Done> {
        let (op, path) = (written.op?, written.path.as_ref()?);
        let value = written.value.filter(|_| op != Op::Remove);
        if op != Op::Remove && value.is_none() {
            // What its text should have put there is not missed a second time by those that follow.
            if op == Op::Add {
                node.assume(path);
            }
            return None;
        }
        match node.change(op, path, value) {
            Ok(done) => Some(done),
            Err(blocked) => {
                let said = blocked_words(op, path, blocked);
                self.impossible(place, At::Operation, confidence, said);
                None
            }
        }
    }

    /// Something of this kind's own rule that voids the response.
    pub(super) fn impossible(&mut self, place: &Place<'a>, at: At<'a>, confidence: Confidence, said: Said) {
        self.cannot_work(place, at, self.rule, confidence, said);
    }

    /// The same, where Okta's documents disagree on it.
    pub(super) fn impossible_against(&mut self, place: &Place<'a>, at: At<'a>, said: Said, conflict: Conflict) {
        let note = Note::error(self.rule, said.message, self.schema(), Confidence::D);
        self.note(place, at, note);
        self.worsen_for(Worst::Impossible, place, &said.why, Some(conflict));
    }

    fn cannot_work(&mut self, place: &Place<'a>, at: At<'a>, rule: &'static str, confidence: Confidence, said: Said) {
        let note = Note::error(rule, said.message, self.schema(), confidence);
        self.note(place, at, note);
        self.worsen_for(Worst::Impossible, place, &said.why, None);
    }

    /// Something that voids the response by another source than the schema.
    pub(super) fn impossible_by(&mut self, place: &Place<'a>, note: Note, why: &str) {
        self.note(place, At::Operation, note);
        self.worsen_for(Worst::Impossible, place, why, None);
    }

    /// Something of which nobody can say what Okta does.
    pub(super) fn doubtful(&mut self, place: &Place<'a>, note: Note, why: &str, conflict: Conflict) {
        self.note(place, At::Operation, note);
        self.worsen_for(Worst::DoubtfulClaim, place, why, Some(conflict));
    }

    /// A whole command that cannot work; the place is its type.
    pub(super) fn impossible_command(&mut self, command: &Command<'a>, said: Said) {
        let note = Note::error(self.rule, said.message, self.schema(), Confidence::D);
        self.findings.add_at(note, format!("/commands/{}/type", command.idx), command.type_at);
        self.worsen(Worst::Impossible, said.why.into(), None);
    }

    /// Keeps both sides in sight although the response works.
    pub(super) fn disagree(&mut self, conflict: Conflict) {
        self.ruling.conflict.get_or_insert(conflict);
    }

    /// Something deep inside an operation that voids the response; `below` is the pointer from the operation on.
    pub(super) fn impossible_below(
        &mut self,
        place: &Place<'a>,
        below: &str,
        value: Json<'a>,
        confidence: Confidence,
        said: Said,
    ) {
        let note = Note::error(self.rule, said.message, self.schema(), confidence);
        self.findings.add_at(note, format!("{}/{below}", place.pointer()), value);
        self.worsen_for(Worst::Impossible, place, &said.why, None);
    }

    pub(super) fn warning_below(
        &mut self,
        place: &Place<'a>,
        below: &str,
        value: Json<'a>,
        message: String,
        confidence: Confidence,
    ) {
        let note = Note::warning(self.rule, message, self.schema(), confidence);
        self.findings.add_at(note, format!("{}/{below}", place.pointer()), value);
    }

    /// A finding that changes nothing by itself.
    pub(super) fn note(&mut self, place: &Place<'a>, at: At<'a>, note: Note) {
        match at {
            At::Operation => self.findings.add_at(note, place.pointer(), place.element),
            At::Member(name, value) => self.findings.add_at(note, format!("{}/{name}", place.pointer()), value),
        }
    }

    pub(super) fn warning(&mut self, place: &Place<'a>, at: At<'a>, message: String, confidence: Confidence) {
        let note = Note::warning(self.rule, message, self.schema(), confidence);
        self.note(place, at, note);
    }

    fn worsen_for(&mut self, worst: Worst, place: &Place<'a>, why: &str, conflict: Option<Conflict>) {
        if worst > self.ruling.worst {
            self.worsen(worst, blame(self.n_commands, place, why), conflict);
        }
    }

    /// The first of several that are equally bad is to blame.
    fn worsen(&mut self, worst: Worst, why: Text, conflict: Option<Conflict>) {
        if worst > self.ruling.worst {
            self.ruling = Ruling { worst, why: Some(why), conflict };
        }
    }
}

/// The reason, and which operation it is about where there are several.
fn blame(n_commands: usize, place: &Place<'_>, why: &str) -> Text {
    let number = place.operation_idx + 1;
    match (n_commands, place.n_operations) {
        (..=1, ..=1) => why.to_owned().into(),
        (..=1, n_operations) => format!("{why} (operation {number} of {n_operations})").into(),
        _ => format!("{why} (operation {number} of command {})", place.command_idx + 1).into(),
    }
}

fn told<'a>(fault: &Fault<'a>, element: Json<'a>, allowed: &str) -> (At<'a>, Said) {
    let said = |message: String, why: String| Said { message, why };
    match fault {
        Fault::NotAnObject => {
            let what = element.what();
            let message = format!("An operation must be an object with op, path and value: this is {what}");
            (At::Operation, said(message, format!("an operation is {what}")))
        }
        Fault::NoOp => {
            (At::Operation, said(format!("Give the operation an op: {allowed}"), "an operation has no op".to_owned()))
        }
        Fault::OpNotString(op) => {
            let message = format!("op is {allowed}: this is {}", op.what());
            (At::Member("op", *op), said(message, "the op of an operation is no text".to_owned()))
        }
        Fault::UnknownOp(op, given) => {
            let shown = short(given);
            let plain = given.trim().to_ascii_lowercase();
            let message = match plain.as_str() {
                "add" | "replace" | "remove" => format!("Write {plain} instead of '{shown}'"),
                "delete" => format!("Write remove instead of '{shown}'"),
                "update" | "set" => format!("Write replace, or add for what is not there yet, instead of '{shown}'"),
                _ => format!("op is {allowed}: '{shown}' is none of them"),
            };
            (At::Member("op", *op), said(message, format!("'{shown}' is no operation")))
        }
        Fault::NoPath => {
            let message = "Give the operation a path, such as /claims/tier".to_owned();
            (At::Operation, said(message, "an operation has no path".to_owned()))
        }
        Fault::PathNotString(path) => {
            let message = format!("path must be a string such as /claims/tier: it is {}", path.what());
            (At::Member("path", *path), said(message, "the path of an operation is no text".to_owned()))
        }
        Fault::EmptyPath(path) => {
            let message = "Say in path what is changed, such as /claims/tier: it is empty".to_owned();
            (At::Member("path", *path), said(message, "the path of an operation is empty".to_owned()))
        }
        Fault::Path(path, fault) => {
            let text = path.string().unwrap_or_default();
            let given = short(&text);
            let message = match fault {
                PointerFault::NoSlash => format!("Begin the path with a slash: /{given}"),
                PointerFault::BadEscape => {
                    "Write ~0 for a tilde in a name and ~1 for a slash: a tilde is followed by nothing else".to_owned()
                }
            };
            (At::Member("path", *path), said(message, format!("path '{given}' is no JSON Pointer")))
        }
        Fault::NoValue(op, given) => {
            let op = op.as_str();
            let message = match given {
                Some(_) => format!("Give {op} a value: null counts as none"),
                None => format!("Give {op} a value: there is none"),
            };
            (At::member("value", *given), said(message, format!("{op} has no value")))
        }
        Fault::ValueOfRemove(value) => {
            let message = "Take value out: a remove that has one fails".to_owned();
            (At::Member("value", *value), said(message, "remove has a value".to_owned()))
        }
    }
}

/// A place in the data as a person calls it: `claim 'locale'`, `'/claims/crew/deck'`.
pub(super) fn called(path: &Pointer<'_>, n_segments: usize) -> String {
    match path.segments().get(..n_segments) {
        Some([root, name]) if root == "claims" => format!("claim '{}'", short(name)),
        Some(segments) => {
            format!("'{}'", short(&Pointer::of_segments(segments.iter().map(|segment| &**segment)).to_string()))
        }
        None => "it".to_owned(),
    }
}

fn blocked_words(op: Op, path: &Pointer<'_>, blocked: Blocked) -> Said {
    let at = blocked.segment_idx;
    let is_last = at + 1 == path.segments().len();
    let segment = short(path.segments().get(at).map_or("", |segment| segment));
    let holder = called(path, at);
    let here = called(path, at + 1);
    let mut said = match blocked.why {
        Why::NoMember => {
            let message = match (op, is_last) {
                (Op::Replace, true) => format!("Use add, or replace something that is there: {here} does not exist"),
                (Op::Remove, true) => format!("Leave this operation out: {here} does not exist"),
                (Op::Add, _) => format!("Add {here} first: it does not exist, so nothing can be put into it"),
                (_, false) => format!("Correct the path: {here} does not exist"),
            };
            Said { message, why: format!("{here} does not exist") }
        }
        Why::NoContainer(what) => Said {
            message: format!("Correct the path: {holder} is {what} and has no members"),
            why: format!("{holder} is {what} and has no members"),
        },
        Why::NotAnIndex => Said {
            message: format!(
                "Write an index without leading zeros, or - to append: {holder} is an array, and '{segment}' is neither"
            ),
            why: format!("'{segment}' is no index of the array {holder}"),
        },
        Why::PastEnd { length } => {
            let most = if op == Op::Add && is_last { length } else { length.saturating_sub(1) };
            let message = match (length, op == Op::Add && is_last) {
                (0, false) => format!("Correct the path: {holder} is an empty array"),
                (_, true) => format!("Use an index up to {most}, or - to append: {holder} has length {length}"),
                (_, false) => format!("Use an index up to {most}: {holder} has length {length}"),
            };
            Said { message, why: format!("{holder} has no index {segment}") }
        }
        Why::NothingAtEnd => Said {
            message: format!("Use the index of an element of {holder}: - stands for the place behind the last one"),
            why: format!("'-' is no element of {holder}"),
        },
        Why::TooDeep => Said {
            message: format!("Shorten the path: nothing is {} levels deep", path.segments().len()),
            why: format!("a path has {} levels", path.segments().len()),
        },
    };
    if matches!((blocked.why, at), (Why::NoMember, 1)) {
        if let Some(right) = unescaped_url(path) {
            said.message = format!("Write {right}: a slash inside the name of a claim is written ~1");
            said.why = "the slashes in the name of a claim are not escaped".to_owned();
        } else if let Some(right) = as_one_name(path) {
            said.message = format!("{}. If the slashes belong to the claim's name, write {right}", said.message);
        }
    }
    said
}

/// The path with everything below `/claims` as one name; none where there is nothing that it could differ in.
fn as_one_name(path: &Pointer<'_>) -> Option<String> {
    match path.segments() {
        [root, names @ ..] if root == "claims" && names.len() > 1 => {
            let name = names.join("/");
            Some(short_path(&Pointer::of_segments(["claims", &name]).to_string()))
        }
        _ => None,
    }
}

/// A path that is not cut short: it is there to be copied, unless it is absurdly long.
fn short_path(path: &str) -> String {
    if path.len() <= 300 { path.to_owned() } else { short(path) }
}

/// T30: the path with its claim named as one URL, where it holds a URL whose slashes are not escaped.
pub(super) fn unescaped_url(path: &Pointer<'_>) -> Option<String> {
    let [_, scheme, empty, ..] = path.segments() else { return None };
    if scheme.ends_with(':') && empty.is_empty() { as_one_name(path) } else { None }
}
