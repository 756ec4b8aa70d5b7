//! The sentence of a verdict, and what people see.

use super::body::Content;
use super::commands::{Ruling, Worst};
use super::error_object::ErrorSaid;
use super::inline::{Flow, Line};
use crate::okta::HookKind;
use crate::okta::verdict::{Outcome, Text};

/// What is shown where an `error` says nothing itself (Okta OpenAPI 2026.06.3; error catalogue of the developer docs).
const NO_SUMMARY: &str = "The callback service returned an error";

/// A text of somebody else, short enough for a sentence.
pub(super) fn short(text: &str) -> String {
    const LIMIT: usize = 60;
    let shown: String = text.chars().take(LIMIT).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if shown.len() < text.len() && text.chars().nth(LIMIT).is_some() { shown + "…" } else { shown }
}

/// The words in which Okta's System Log says that it cannot read a response, and what is wrong in plain ones (Okta support article,
/// "Could not deserialize inline hook response").
pub(super) fn cannot_deserialize(line: u32, column: u32, plain: &str) -> String {
    format!("Could not deserialize inline hook response due to error at Line {line} Column {column}. {plain}")
}

/// What Okta does with an answer that it cannot use, or for lack of one.
fn without_hook(kind: HookKind, flow: Flow) -> &'static str {
    match (kind, flow) {
        (HookKind::Token, _) => "Okta issues the token unmodified",
        (HookKind::Saml, _) => "Okta sends the assertion unmodified",
        (HookKind::Registration, Flow::Registration) => "Okta refuses the registration",
        (HookKind::Registration, Flow::ProgressiveProfile) => "Okta refuses the profile update",
        (HookKind::PasswordImport, _) => "Okta refuses the sign-in, and asks again at the next one",
        (HookKind::UserImport, _) => "Okta imports the user as it would without the hook",
        (HookKind::Telephony, _) => "Okta's own provider sends the code",
        (HookKind::Event | HookKind::Verification | HookKind::Unknown, _) => "Okta goes on without the answer",
    }
}

/// The beginning of the sentence about a status that refused a credential.
pub(super) fn credential_refused(status: u16) -> Text {
    format!("The credential was refused with {status}, which counts as a failed call").into()
}

/// One plain sentence. `retried` is true where Okta sends the call once more, `refused` where a credential was refused.
pub(super) fn summary(
    kind: HookKind,
    line: &Line<'_>,
    outcome: Outcome,
    flow: Flow,
    retried: bool,
    refused: bool,
) -> Text {
    let reason: Text = match line {
        Line::Failed(failure) => failure.as_reason(),
        Line::Redirect(status @ 300..=399) => format!("{status} is not followed").into(),
        Line::ClientError(status) if refused => credential_refused(*status),
        Line::Redirect(status) | Line::ClientError(status) | Line::ServerError(status) => {
            format!("{status} counts as a failed call").into()
        }
        Line::TelephonyNot200(status) | Line::TokenNot200(status) => format!("{status} is not 200").into(),
        Line::NoContent => return nothing_asked(kind, &NO_CONTENT),
        Line::Content(Content::NoMembers) => return nothing_asked(kind, &NO_MEMBERS),
        Line::Content(Content::NoCommands) => return nothing_asked(kind, &NO_COMMANDS),
        Line::Content(Content::Oversized) => {
            return "Undocumented: no source says what Okta does with a body of 256 KB or more".into();
        }
        Line::Content(Content::Empty) if outcome == Outcome::Undocumented => {
            return "Undocumented: no source says what Okta does with a 200 without body".into();
        }
        Line::Content(Content::Empty) => "The body is empty".into(),
        Line::Content(Content::NotEnvelope(reason)) => (*reason).into(),
        Line::Content(Content::Error(_)) => return stopped(kind, flow).into(),
        Line::Content(Content::Commands(ruling)) => return commands(kind, ruling, outcome, flow),
    };
    let then = without_hook(kind, flow);
    if retried {
        return format!("{reason}: if the retry fails too, {}", then).into();
    }
    format!("{reason}: {then}").into()
}

/// The sentences about an answer that asks for nothing, in the order token, SAML, registration, password import, user import,
/// telephony.
type NothingAsked = [&'static str; 6];

const NO_CONTENT: NothingAsked = [
    "Unchanged: 204 asks for nothing, so Okta issues the token as it is",
    "Unchanged: 204 asks for nothing, so Okta sends the assertion as it is",
    "Unchanged: 204 asks for nothing, so the registration goes on as it is",
    "Denied: 204 leaves the default UNVERIFIED, so Okta refuses the sign-in",
    "Unchanged: 204 asks for nothing, so Okta imports the user as it is",
    "204 reports no delivery: Okta's own provider sends the code",
];

const NO_MEMBERS: NothingAsked = [
    "Unchanged: an empty object asks for nothing, so Okta issues the token as it is",
    "Unchanged: an empty object asks for nothing, so Okta sends the assertion as it is",
    "Unchanged: an empty object asks for nothing, so the registration goes on as it is",
    "Denied: an empty object leaves the default UNVERIFIED, so Okta refuses the sign-in",
    "Unchanged: an empty object asks for nothing, so Okta imports the user as it is",
    "An empty object reports no delivery: Okta's own provider sends the code",
];

const NO_COMMANDS: NothingAsked = [
    "Unchanged: there are no commands, so Okta issues the token as it is",
    "Unchanged: there are no commands, so Okta sends the assertion as it is",
    "Unchanged: there are no commands, so the registration goes on as it is",
    "Denied: without a command the default UNVERIFIED stays, so Okta refuses the sign-in",
    "Unchanged: there are no commands, so Okta imports the user as it is",
    "No command reports a delivery: Okta's own provider sends the code",
];

fn nothing_asked(kind: HookKind, sentences: &NothingAsked) -> Text {
    let [token, saml, registration, password_import, user_import, telephony] = *sentences;
    let sentence = match kind {
        HookKind::Saml => saml,
        HookKind::Registration => registration,
        HookKind::PasswordImport => password_import,
        HookKind::UserImport => user_import,
        HookKind::Telephony => telephony,
        HookKind::Token | HookKind::Event | HookKind::Verification | HookKind::Unknown => token,
    };
    sentence.into()
}

fn stopped(kind: HookKind, flow: Flow) -> &'static str {
    match (kind, flow) {
        (HookKind::Token, _) => "Denied: the error object stops it, so no token is issued",
        (HookKind::Saml, _) => "Denied: the error object stops the sign-on",
        (HookKind::Registration, Flow::Registration) => "Denied: the error object stops the registration",
        (HookKind::Registration, Flow::ProgressiveProfile) => "Denied: the error object stops the profile update",
        (HookKind::PasswordImport, _) => "Denied: an error object verifies nobody, so Okta refuses the sign-in",
        (HookKind::UserImport, _) => "Undocumented: the error is logged, but what becomes of the user is not stated",
        _ => "The error object asks for it: Okta's own provider sends the code",
    }
}

fn commands(kind: HookKind, ruling: &Ruling, outcome: Outcome, flow: Flow) -> Text {
    let reason = match ruling.worst {
        Worst::Good => return applied(kind).into(),
        Worst::OnPurpose => {
            return match (kind, flow) {
                (HookKind::Registration, Flow::Registration) => "Denied: DENY stops the registration",
                (HookKind::Registration, Flow::ProgressiveProfile) => "Denied: DENY stops the profile update",
                (HookKind::Telephony, _) => "The message FAILED: Okta's own provider sends the code",
                _ => "Denied: UNVERIFIED refuses the sign-in",
            }
            .into();
        }
        Worst::Pending => return "Undocumented: no source says what Okta does after PENDING".into(),
        Worst::Contradiction => {
            return "Undocumented: the commands contradict each other, and no source says which one counts".into();
        }
        Worst::DoubtfulClaim => "a claim is reserved by one of Okta's lists only",
        Worst::Impossible => "a command cannot work",
        Worst::UnknownType => "a command has a type that this hook does not know",
    };
    let reason = ruling.why.as_deref().unwrap_or(reason);
    let then = without_hook(kind, flow);
    match outcome {
        Outcome::Undocumented => format!("Undocumented: {reason}, and no source says what Okta then does").into(),
        Outcome::Ignored => format!("Ignored: {reason}, so {then}").into(),
        _ => format!("{}: {then}", upper_first(reason)).into(),
    }
}

fn upper_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn applied(kind: HookKind) -> &'static str {
    match kind {
        HookKind::Token => "Applied: Okta changes the token as the commands ask",
        HookKind::Saml => "Applied: Okta changes the assertion as the commands ask",
        HookKind::Registration => "Applied: Okta goes on with the profile as the commands ask",
        HookKind::PasswordImport => "Applied: Okta lets the user in and keeps the password",
        HookKind::UserImport => "Applied: Okta imports the user as the commands ask",
        _ => "Applied: the code was sent by the service, so Okta sends none",
    }
}

/// What the end user or the OAuth client sees, where Okta's documents say so.
pub(super) fn user_sees(kind: HookKind, line: &Line<'_>, outcome: Outcome, flow: Flow) -> Option<Text> {
    let error = match line {
        Line::Content(Content::Error(error)) => Some(error),
        _ => None,
    };
    let progressive = flow == Flow::ProgressiveProfile;
    match (kind, outcome) {
        (HookKind::Token, Outcome::Denied) => {
            let summary = error.and_then(|error| error.summary.as_deref()).unwrap_or(NO_SUMMARY);
            Some(format!("The client gets HTTP 400, error server_error, error_description \"{summary}\"").into())
        }
        (HookKind::Saml, Outcome::Denied) => {
            let summary = error.and_then(|error| error.summary.as_deref()).unwrap_or(NO_SUMMARY);
            Some(format!("An error page with \"{summary}\"").into())
        }
        (HookKind::Registration, Outcome::Refused) if progressive => {
            Some("There was an error updating your profile. Please try again later.".into())
        }
        (HookKind::Registration, Outcome::Refused) => {
            Some("There was an error creating your account. Please try registering again".into())
        }
        (HookKind::Registration, Outcome::Denied) => Some(registration_denied(error, progressive)),
        (HookKind::PasswordImport, Outcome::Denied | Outcome::Refused) => Some("Unable to Sign On".into()),
        (HookKind::Telephony, Outcome::Fallback) if error.is_some() => {
            Some("The error, and a code from Okta's own provider, which is heavily rate-limited".into())
        }
        _ => None,
    }
}

fn registration_denied(error: Option<&ErrorSaid<'_>>, progressive: bool) -> Text {
    match (error, progressive) {
        (None, false) => "Registration denied.".into(),
        (None, true) => "Profile update denied.".into(),
        (Some(ErrorSaid { shown_cause: Some(cause), .. }), _) => {
            format!("\"{cause}\" beside the field that the cause's location names").into()
        }
        (Some(_), false) => "Registration cannot be completed at this time.".into(),
        (Some(_), true) => "We found some errors. Please review the form and make corrections.".into(),
    }
}
