//! What a request says: typed views for whoever shows a call or checks it.
//!
//! Reading never fails and borrows what it can: what is missing, null or of another type is none. Where to look next:
//! `request/node.rs` reads the members that matter in one pass, one file for each kind makes a view of them, and
//! `request/fact.rs` says what of a view is shown. What must not be seen (passwords, codes, session ids) is in no view.

mod event;
mod fact;
pub(crate) mod node;
mod password_import;
mod phone;
mod registration;
mod saml;
mod telephony;
mod token;
mod user;
mod user_import;

pub use event::{EventView, Party, events};
pub use fact::Fact;
pub use password_import::PasswordImportView;
pub use phone::PHONE_DIGITS;
pub use registration::{RegistrationFlow, RegistrationView, SubmittedAttribute};
pub use saml::SamlView;
pub use telephony::{Channel, TelephonyView};
pub use token::{MintedToken, OriginalGrant, TokenView};
pub use user::UserView;
pub use user_import::UserImportView;

use super::{HookKind, RequestEnvelope};
use fact::Facts;

/// A request, seen as one of its kind.
#[derive(Clone, Debug)]
pub enum RequestView<'a> {
    Token(Box<TokenView<'a>>),
    Saml(Box<SamlView<'a>>),
    Registration(Box<RegistrationView<'a>>),
    PasswordImport(PasswordImportView<'a>),
    UserImport(Box<UserImportView<'a>>),
    Telephony(Box<TelephonyView<'a>>),
    /// The events in the order of `published`.
    Event(Vec<EventView>),
    /// A verification has no body; of an unknown call only its envelope is known.
    Other(RequestEnvelope<'a>),
}

impl<'a> RequestView<'a> {
    /// Reads a body as that of a kind, whatever it says itself.
    pub fn read(kind: HookKind, body: &'a [u8]) -> RequestView<'a> {
        match kind {
            HookKind::Token => RequestView::Token(Box::new(TokenView::read(body))),
            HookKind::Saml => RequestView::Saml(Box::new(SamlView::read(body))),
            HookKind::Registration => RequestView::Registration(Box::new(RegistrationView::read(body))),
            HookKind::PasswordImport => RequestView::PasswordImport(PasswordImportView::read(body)),
            HookKind::UserImport => RequestView::UserImport(Box::new(UserImportView::read(body))),
            HookKind::Telephony => RequestView::Telephony(Box::new(TelephonyView::read(body))),
            HookKind::Event => RequestView::Event(events(body)),
            HookKind::Verification | HookKind::Unknown => RequestView::Other(RequestEnvelope::read(body)),
        }
    }

    /// A short list of what the call is about, in the order in which a window shows it. Secrets are never among them.
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Facts::default();
        match self {
            RequestView::Token(view) => view.add_facts(&mut facts),
            RequestView::Saml(view) => view.add_facts(&mut facts),
            RequestView::Registration(view) => view.add_facts(&mut facts),
            RequestView::PasswordImport(view) => view.add_facts(&mut facts),
            RequestView::UserImport(view) => view.add_facts(&mut facts),
            RequestView::Telephony(view) => view.add_facts(&mut facts),
            RequestView::Event(events) => event::add_facts(events, &mut facts),
            RequestView::Other(envelope) => {
                facts.text("Event type", envelope.event_type.as_deref(), "/eventType");
                facts.text("Request type", envelope.request_type.as_deref(), "/requestType");
            }
        }
        facts.into_list()
    }
}
