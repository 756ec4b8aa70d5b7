//! A SAML request: the assertion that is about to be sent (Okta OpenAPI 2026.06.3, SAMLPayLoad).

use std::borrow::Cow;

use super::UserView;
use super::fact::{Facts, with_more};
use super::node::{Node, Shape, envelope_shape};
use super::token::{add_preview, is_preview};
use super::user::USER;

/// `data` of a SAML request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SamlView<'a> {
    pub user: Option<UserView<'a>>,
    pub has_session: bool,
    pub app_id: Option<Cow<'a, str>>,
    pub app_name: Option<Cow<'a, str>>,
    pub app_uri: Option<Cow<'a, str>>,
    /// `assertion.subject.nameId`.
    pub subject: Option<Cow<'a, str>>,
    pub subject_format: Option<Cow<'a, str>>,
    pub recipient: Option<Cow<'a, str>>,
    /// `assertion.conditions.audienceRestriction`.
    pub audiences: Vec<Cow<'a, str>>,
    /// The names of `assertion.claims`, in their order.
    pub attributes: Vec<Cow<'a, str>>,
    /// `assertion.lifetime.expiration` in seconds, as it is written.
    pub lifetime_secs: Option<Cow<'a, str>>,
    /// An administrator's preview, not a live call.
    pub is_preview: bool,
}

static SAML: Shape = envelope_shape!(Shape::Members(&[
    (
        "context",
        Shape::Members(&[
            ("request", Shape::Members(&[("url", Shape::Members(&[("value", Shape::Leaf)]))])),
            (
                "protocol",
                Shape::Members(&[(
                    "issuer",
                    Shape::Members(&[("id", Shape::Leaf), ("name", Shape::Leaf), ("uri", Shape::Leaf)]),
                )]),
            ),
            ("session", Shape::Members(&[])),
            ("user", Shape::Members(USER)),
        ]),
    ),
    (
        "assertion",
        Shape::Members(&[
            (
                "subject",
                Shape::Members(&[
                    ("nameId", Shape::Leaf),
                    ("nameFormat", Shape::Leaf),
                    ("confirmation", Shape::Members(&[("data", Shape::Members(&[("recipient", Shape::Leaf)]))])),
                ]),
            ),
            ("conditions", Shape::Members(&[("audienceRestriction", Shape::List(&Shape::Leaf))])),
            ("claims", Shape::Each(&Shape::Leaf)),
            ("lifetime", Shape::Members(&[("expiration", Shape::Leaf)])),
        ]),
    ),
]));

impl<'a> SamlView<'a> {
    pub(super) fn read(body: &'a [u8]) -> SamlView<'a> {
        let request = Node::read(body, &SAML);
        let context = request.at(&["data", "context"]);
        let issuer = context.at(&["protocol", "issuer"]);
        let assertion = request.at(&["data", "assertion"]);
        SamlView {
            user: UserView::of(context.get("user")),
            has_session: context.get("session").is_given(),
            app_id: issuer.get("id").scalar(),
            app_name: issuer.get("name").scalar(),
            app_uri: issuer.get("uri").scalar(),
            subject: assertion.at(&["subject", "nameId"]).scalar(),
            subject_format: assertion.at(&["subject", "nameFormat"]).scalar(),
            recipient: assertion.at(&["subject", "confirmation", "data", "recipient"]).scalar(),
            audiences: assertion.at(&["conditions", "audienceRestriction"]).texts(),
            attributes: assertion.get("claims").names(),
            lifetime_secs: assertion.at(&["lifetime", "expiration"]).scalar(),
            is_preview: is_preview(&request),
        }
    }

    pub(super) fn add_facts(&self, facts: &mut Facts) {
        if let Some(user) = &self.user {
            user.add_facts(facts);
        }
        let app = with_more(self.app_name.as_deref(), self.app_id.as_deref());
        facts.text("App", app.as_deref(), "/data/context/protocol/issuer");
        facts.text("Subject", self.subject.as_deref(), "/data/assertion/subject/nameId");
        facts.text("Subject format", self.subject_format.as_deref(), "/data/assertion/subject/nameFormat");
        facts.names("Attributes", &self.attributes, "/data/assertion/claims");
        facts.names("Audience", &self.audiences, "/data/assertion/conditions/audienceRestriction");
        let lifetime = self.lifetime_secs.as_deref().map(|lifetime| format!("{lifetime} s"));
        facts.text("Lifetime", lifetime.as_deref(), "/data/assertion/lifetime/expiration");
        facts.text("Session", self.has_session.then_some("Yes"), "/data/context/session");
        add_preview(self.is_preview, facts);
    }
}
