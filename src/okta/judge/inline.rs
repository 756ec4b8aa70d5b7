//! The judgment of an answer to an inline hook: the first line that fits decides.

use super::body::{self, Content};
use super::conflicts;
use super::failure::{self, Failure};
use super::findings::{Findings, Note};
use super::retry::{Answered, retry};
use super::{Answer, Asked, Exchange, credential, surroundings, table, words};
use crate::okta::sources::{self, INLINE_HOOKS, PASSWORD_GUIDE};
use crate::okta::verdict::{Confidence, Outcome, Text, Verdict};
use crate::okta::{HookKind, RegistrationFlow, RegistrationView};

/// Written when no answer or a non-2xx answer came.
const EXECUTED_LOG: &str = "inline_hook.executed";

/// Written when an answer was processed, well or badly.
const PROCESSED_LOG: &str = "inline_hook.response.processed";

/// The line of the table that an answer stands on, in the order in which they are looked at.
#[derive(Debug)]
pub(super) enum Line<'a> {
    /// No whole answer in time, whatever it says.
    Failed(Failure<'a>),
    /// A final status below 200 or above 599 too.
    Redirect(u16),
    ClientError(u16),
    ServerError(u16),
    /// A 2xx that is not 200: telephony only.
    TelephonyNot200(u16),
    NoContent,
    /// A 2xx that is neither 200 nor 204: token only.
    TokenNot200(u16),
    /// 200, or another 2xx that counts as 200.
    Content(Content<'a>),
}

/// Which flow of a registration hook a request belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// Self-service registration, or not known.
    Registration,
    ProgressiveProfile,
}

pub(super) fn judge(exchange: &Exchange<'_>) -> Verdict {
    let kind = exchange.hook;
    let mut findings = Findings::of(exchange.response_body());
    let failure = Failure::of(exchange);
    failure::add_findings(exchange, failure.as_ref(), &mut findings);
    let mut status_answered = None;
    let mut answered_line = None;
    if let Answer::Complete { status, content_type, body } = exchange.answer {
        status_answered = Some(status);
        // A late answer is looked at too: what is wrong with it stays wrong.
        answered_line = Some(line_of(exchange, status, content_type, body, &mut findings));
    }
    let line = match (failure, answered_line) {
        (None, Some(line)) => line,
        (Some(failure), _) => Line::Failed(failure),
        (None, None) => Line::Failed(Failure::NoAnswer("nothing was answered")),
    };
    let mut cell = table::cell(kind, &line);
    // Here a 2xx other than 200 counts as 200; the documents disagree on that before anything else.
    let other_2xx = status_answered.filter(|_| matches!(line, Line::Content(_))).filter(|status| *status != 200);
    if other_2xx.is_some() {
        cell.conflict = Some(conflicts::OTHER_2XX);
    }
    let answered = match (&line, status_answered) {
        (Line::Failed(_), _) | (_, None) => Answered::Failure,
        (_, Some(status)) => Answered::with(status),
    };
    let retry = retry(kind, answered, exchange.attempt);
    add_outcome_findings(kind, &line, &mut findings);
    surroundings::add_findings(exchange, &mut findings);
    let flow = flow_of(exchange, cell.outcome);
    Verdict {
        outcome: cell.outcome,
        summary: words::summary(
            kind,
            &line,
            cell.outcome,
            flow,
            retry.expected == Some(true),
            credential::is_refused(exchange),
        ),
        confidence: cell.confidence,
        user_sees: words::user_sees(kind, &line, cell.outcome, flow),
        system_log: Some(if answered == Answered::Success { PROCESSED_LOG.into() } else { EXECUTED_LOG.into() }),
        // What the answer comes to outweighs what is in it.
        conflict: cell.conflict.or(findings.conflict()),
        retry,
        findings: findings.into_list(),
    }
}

/// Only what a refused person reads depends on the flow, so the request is looked at for nothing else.
fn flow_of(exchange: &Exchange<'_>, outcome: Outcome) -> Flow {
    let Asked::Body(body) = exchange.asked else { return Flow::Registration };
    if exchange.hook != HookKind::Registration || !matches!(outcome, Outcome::Denied | Outcome::Refused) {
        return Flow::Registration;
    }
    match RegistrationView::read(body).flow {
        RegistrationFlow::ProgressiveProfile => Flow::ProgressiveProfile,
        _ => Flow::Registration,
    }
}

fn line_of<'a>(
    exchange: &Exchange<'a>,
    status: u16,
    content_type: Option<&str>,
    body: &'a [u8],
    findings: &mut Findings<'a>,
) -> Line<'a> {
    let kind = exchange.hook;
    let line = match status {
        200 => return Line::Content(body::read(exchange, body, content_type, findings)),
        204 if kind != HookKind::Telephony => Line::NoContent,
        201..=299 if kind == HookKind::Telephony => Line::TelephonyNot200(status),
        201..=299 if kind == HookKind::Token => Line::TokenNot200(status),
        201..=299 => {
            add_status_finding(kind, status, findings);
            return Line::Content(body::read(exchange, body, content_type, findings));
        }
        400..=499 => Line::ClientError(status),
        500..=599 => Line::ServerError(status),
        _ => Line::Redirect(status),
    };
    add_status_finding(kind, status, findings);
    if status == 204 && !body.is_empty() {
        findings.add(Note::warning(
            "R03",
            "Leave the body out, or answer 200: a 204 has no body, so nobody reads this one",
            INLINE_HOOKS,
            Confidence::D,
        ));
    }
    if !body.is_empty() {
        body::look_in_passing(exchange, status, body, findings);
    }
    line
}

fn add_status_finding(kind: HookKind, status: u16, findings: &mut Findings<'_>) {
    let schema = sources::response_schema(kind);
    let (is_error, id, message, source, confidence): (bool, _, Text, _, _) = match status {
        200..=299 if kind == HookKind::Telephony => (
            true,
            "R21",
            format!("Answer exactly 200: with {status} Okta sends the code itself").into(),
            schema,
            Confidence::D,
        ),
        204 => return,
        200..=299 if kind == HookKind::Token => (
            true,
            "R02",
            format!("Answer 200: with {status} the commands are not used").into(),
            INLINE_HOOKS,
            Confidence::D,
        ),
        200..=299 => {
            let message = format!("Answer 200: Okta's pages disagree on whether {status} is a success");
            (false, "R02", message.into(), INLINE_HOOKS, Confidence::D)
        }
        300..=399 => {
            let message = format!(
                "Answer at the registered URL itself: Okta does not follow the redirect of a {status} (to https, to a \
                 trailing slash, to a login)"
            );
            (true, "R02", message.into(), INLINE_HOOKS, Confidence::D)
        }
        401 | 403 => {
            let message = format!(
                "Answer {status} only where the credential is wrong: it counts as a failed call, and the answer is not used"
            );
            (true, "R02", message.into(), INLINE_HOOKS, Confidence::D)
        }
        400..=499 => {
            let message = format!(
                "Answer 200 and put what is wrong with the data into an error object: {status} counts as a failed call"
            );
            (true, "R02", message.into(), INLINE_HOOKS, Confidence::D)
        }
        500..=599 => {
            (true, "R02", format!("Answer 200: {status} counts as a failed call").into(), INLINE_HOOKS, Confidence::D)
        }
        _ => {
            (true, "R02", format!("Answer 200: {status} is no status of an answer").into(), INLINE_HOOKS, Confidence::I)
        }
    };
    let note = if is_error { Note::error } else { Note::warning };
    findings.add(note(id, message, source, confidence));
}

/// Findings that depend on what the answer comes to, not on a single value in it.
fn add_outcome_findings(kind: HookKind, line: &Line<'_>, findings: &mut Findings<'_>) {
    let schema = sources::response_schema(kind);
    let note = match (line, kind) {
        (Line::NoContent, HookKind::PasswordImport) => Note::info(
            "R19",
            "204 leaves the default UNVERIFIED: answer VERIFIED to let the user in",
            PASSWORD_GUIDE,
            Confidence::D,
        ),
        (Line::Content(Content::NoMembers), HookKind::Telephony) => {
            Note::error("R03", "Answer with a com.okta.telephony.action command: there is none", schema, Confidence::D)
        }
        (Line::Content(Content::NoCommands), HookKind::Telephony) => Note::error(
            "R21",
            "Answer with a com.okta.telephony.action command: the list is empty",
            schema,
            Confidence::D,
        ),
        (Line::Content(Content::NoMembers), HookKind::PasswordImport) => {
            Note::warning("R03", "Answer with a command, VERIFIED or UNVERIFIED: there is none", schema, Confidence::I)
        }
        (Line::Content(Content::NoCommands), HookKind::PasswordImport) => Note::warning(
            "R19",
            "Answer with a command, VERIFIED or UNVERIFIED: the list is empty",
            schema,
            Confidence::I,
        ),
        (Line::Content(Content::NoMembers), HookKind::Saml | HookKind::Registration) => {
            Note::warning("R03", "Answer 204 to ask for nothing: {} is not documented for it", schema, Confidence::I)
        }
        (Line::Content(Content::Error(_)), HookKind::PasswordImport) => Note::warning(
            "R19",
            "Answer UNVERIFIED to refuse: an error object is not documented for this hook",
            schema,
            Confidence::I,
        ),
        (Line::Content(Content::Error(_)), HookKind::UserImport) => Note::warning(
            "R20",
            "Okta logs this error; whether the user is imported all the same is not documented",
            schema,
            Confidence::U,
        ),
        (Line::Content(Content::Error(_)), HookKind::Telephony) => Note::warning(
            "R21",
            "An error makes Okta's own provider send the code, and that is heavily rate-limited",
            schema,
            Confidence::D,
        ),
        _ => return,
    };
    findings.add(note);
}
