//! The contract between Okta and a hook: kinds, payloads, findings and verdicts.
//!
//! Values and pure functions. This module knows Okta's documents and nothing of sockets, files or windows; it has its own
//! borrowed view of a request and an answer ([`Exchange`]), so that it needs nobody. Where to look next: [`judge()`] says what
//! Okta will do with an answer, [`effect()`] what that changes, [`verdict`] holds the words it says it in, [`RequestEnvelope`]
//! tells what a request is and [`RequestView`] what it says,
//! [`samples()`] are requests as Okta sends them;
//! [`compose`] helps to write a response: as a form, from presets, with completion and explanations; [`management`] says what to
//! paste into Okta for a hook.

pub mod compose;
mod duplicates;
mod effect;
mod envelope;
mod event_keys;
mod event_types;
mod json;
mod judge;
mod kind;
pub mod management;
mod patch;
mod pointer;
mod position;
mod request;
mod samples;
mod sources;
pub mod verdict;

pub use effect::{Change, Effect, effect};
pub use envelope::RequestEnvelope;
pub use event_keys::{EventKeys, MOST_EVENTS, event_keys};
pub use event_types::{event_types, event_types_with_prefix, is_known_event_type};
pub(crate) use json::Name as MemberName;
pub use judge::{Answer, Asked, BadCredential, Credential, Exchange, judge};
pub use judge::{FirstAnswer, Repeat, SeenEvents, gap_text, is_never_retried};
pub use kind::{HookKind, UnknownKind};
pub use pointer::{Pointer, PointerFault, pointer_to, push_segment};
pub use position::{JsonError, json_error, line_and_column};
pub use request::{
    Channel, EventView, Fact, MintedToken, OriginalGrant, PHONE_DIGITS, Party, PasswordImportView, RegistrationFlow,
    RegistrationView, RequestView, SamlView, SubmittedAttribute, TelephonyView, TokenView, UserImportView, UserView,
    events,
};
pub use samples::{SAMPLE_CHALLENGE, Sample, event_id, fresh, fresh_events, sample, samples, samples_of};
pub use verdict::{Confidence, Conflict, Finding, Outcome, Retry, Severity, Verdict};

/// The request header that carries the challenge of a verification (Okta developer docs, "Event hooks concept").
pub const CHALLENGE_HEADER: &str = "x-okta-verification-challenge";
