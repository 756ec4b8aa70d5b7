//! A registration request: which flow it is, and what was submitted (Okta OpenAPI 2026.06.3, RegistrationInlineHookSSRData and
//! RegistrationInlineHookPPData).

use std::borrow::Cow;

use super::UserView;
use super::fact::Facts;
use super::node::{Node, Shape, envelope_shape};
use super::token::{add_preview, is_preview};
use super::user::USER;
use crate::okta::pointer_to;

/// Which of the two flows it is, in which engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RegistrationFlow {
    /// A new user registers (Identity Engine).
    SelfService,
    /// A user who exists is asked for more attributes.
    ProgressiveProfile,
    /// A new user registers (Classic Engine): there is no `requestType`.
    Classic,
    /// A `requestType` that Okta does not document.
    #[default]
    Unknown,
}

impl RegistrationFlow {
    /// By `requestType`; where there is none, by the member that holds the attributes.
    pub(crate) fn of(request_type: &Node<'_>, data: &Node<'_>) -> RegistrationFlow {
        match request_type.text().as_deref() {
            Some("self.service.registration") => RegistrationFlow::SelfService,
            Some("progressive.profile") => RegistrationFlow::ProgressiveProfile,
            None if request_type.is_given() => RegistrationFlow::Unknown,
            None if data.get("userProfileUpdate").is_given() && !data.get("userProfile").is_given() => {
                RegistrationFlow::ProgressiveProfile
            }
            None => RegistrationFlow::Classic,
            Some(_) => RegistrationFlow::Unknown,
        }
    }

    /// The flow in words.
    pub fn as_str(self) -> &'static str {
        match self {
            RegistrationFlow::SelfService => "Self-service registration",
            RegistrationFlow::ProgressiveProfile => "Progressive profile",
            RegistrationFlow::Classic => "Self-service registration, Classic Engine",
            RegistrationFlow::Unknown => "Not a documented flow",
        }
    }
}

/// `data` of a registration request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistrationView<'a> {
    pub flow: RegistrationFlow,
    /// What was submitted: names only, since a value can be anything.
    pub attributes: Vec<SubmittedAttribute<'a>>,
    /// The user whose profile grows; only with the progressive profile.
    pub user: Option<UserView<'a>>,
    /// `data.action`, the default.
    pub action: Option<Cow<'a, str>>,
    /// An administrator's preview, not a live call.
    pub is_preview: bool,
}

/// An attribute that was submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmittedAttribute<'a> {
    pub name: Cow<'a, str>,
    /// `userProfile` or `userProfileUpdate`.
    pub container: &'static str,
}

impl SubmittedAttribute<'_> {
    /// What `location` of an error cause says, so that the message stands beside the field: `data.userProfile.email`.
    pub fn location(&self) -> String {
        format!("data.{}.{}", self.container, self.name)
    }

    /// JSON Pointer into the request's body.
    pub fn pointer(&self) -> String {
        pointer_to(&format!("/data/{}", self.container), &self.name)
    }
}

static REGISTRATION: Shape = envelope_shape!(Shape::Members(&[
    (
        "context",
        Shape::Members(&[
            ("request", Shape::Members(&[("url", Shape::Members(&[("value", Shape::Leaf)]))])),
            ("user", Shape::Members(USER)),
        ]),
    ),
    ("userProfile", Shape::Each(&Shape::Leaf)),
    ("userProfileUpdate", Shape::Each(&Shape::Leaf)),
    ("action", Shape::Leaf),
]));

impl<'a> RegistrationView<'a> {
    pub(crate) fn read(body: &'a [u8]) -> RegistrationView<'a> {
        let request = Node::read(body, &REGISTRATION);
        let data = request.get("data");
        let attributes = ["userProfile", "userProfileUpdate"].into_iter().flat_map(|container| {
            data.get(container).names().into_iter().map(move |name| SubmittedAttribute { name, container })
        });
        RegistrationView {
            flow: RegistrationFlow::of(request.get("requestType"), data),
            attributes: attributes.collect(),
            user: UserView::of(data.at(&["context", "user"])),
            action: data.get("action").scalar(),
            is_preview: is_preview(&request),
        }
    }

    pub(super) fn add_facts(&self, facts: &mut Facts) {
        facts.text("Flow", Some(self.flow.as_str()), "/requestType");
        if let Some(user) = &self.user {
            user.add_facts(facts);
        }
        for (label, container, pointer) in [
            ("Submitted", "userProfile", "/data/userProfile"),
            ("Submitted", "userProfileUpdate", "/data/userProfileUpdate"),
        ] {
            let own = self.attributes.iter().filter(|attribute| attribute.container == container);
            let names: Vec<Cow<'_, str>> = own.map(|attribute| attribute.name.clone()).collect();
            facts.names(label, &names, pointer);
        }
        facts.text("Default", self.action.as_deref(), "/data/action");
        add_preview(self.is_preview, facts);
    }
}
