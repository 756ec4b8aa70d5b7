//! Which response does a call get? Pure: [`decide`] takes the setup, what is known of the call, and the counters of what can be
//! used up, and gives a [`Plan`]. It never waits, reads or sends. The parts of the answer to "why
//! this response" are recorded with the call ([`crate::call::Decided`]). [`okta_form`] says what of it is to be registered in
//! Okta.
//!
//! Where to look next: [`Rule`] is conditions and an [`Action`], [`Condition`] one thing that a call must have, [`Fault`] one way
//! to break an answer, [`Template`] a body with values of the call, [`Counters`] what is used up.

mod action;
mod body;
mod condition;
mod counters;
mod decide;
mod fault;
mod forward;
mod from_call;
mod matching;
mod matrix;
mod okta_form;
mod overrides;
mod pattern;
mod rule;
mod setup;
mod template;
mod template_reading;
mod value_edits;
mod wire;

pub use action::{Action, Answer, Answers, AtEnd, ResponseChoice, Sequence};
pub use condition::{Condition, CountTest, JsonTest, Test, TextTest};
pub use counters::{Counters, RuleCount};
pub use decide::{Asked, Plan, decide, kind_of_call, least_harmful};
pub use fault::{Consequence, Fault};
pub use forward::{ForwardSetup, HoldSetup, Overrides};
pub use matrix::{Foreseen, Matrix, MatrixRow};
pub use okta_form::{OktaForm, okta_form};
pub use pattern::{Pattern, PatternError};
pub use rule::Rule;
pub use setup::{
    AddressSetup, AuthSetup, BasicSetup, BearerSetup, CertificateSetup, ClientMethod, ClientSetup, Endpoint,
    EndpointHook, HeaderSetup, IssuerKnown, IssuerSetup, KeySource, ListenerSetup, ResponseSetup, SavedResponse,
    SecretSource, Setup, StandInSetup, TokenFault, TunnelSetup,
};
pub use template::{Template, TemplateValues};
pub use value_edits::ValueEdits;
pub use wire::WireFault;
