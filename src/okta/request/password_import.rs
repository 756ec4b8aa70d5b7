//! A password import: who signs in for the first time (Okta OpenAPI 2026.06.3, PasswordImportRequest).
//!
//! The body carries the password in clear text; the view says only that one came.

use std::borrow::Cow;

use super::fact::Facts;
use super::node::{Node, Shape, envelope_shape};

/// `data` of a password import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PasswordImportView<'a> {
    /// As it was typed.
    pub username: Option<Cow<'a, str>>,
    /// A password came with the call.
    pub has_password: bool,
    /// `data.action.credential`, the default.
    pub action: Option<Cow<'a, str>>,
}

static PASSWORD_IMPORT: Shape = envelope_shape!(Shape::Members(&[
    (
        "context",
        Shape::Members(&[("credential", Shape::Members(&[("username", Shape::Leaf), ("password", Shape::Leaf)]))]),
    ),
    ("action", Shape::Members(&[("credential", Shape::Leaf)])),
]));

impl<'a> PasswordImportView<'a> {
    pub(super) fn read(body: &'a [u8]) -> PasswordImportView<'a> {
        let request = Node::read(body, &PASSWORD_IMPORT);
        let credential = request.at(&["data", "context", "credential"]);
        PasswordImportView {
            username: credential.get("username").scalar(),
            has_password: credential.get("password").is_given(),
            action: request.at(&["data", "action", "credential"]).scalar(),
        }
    }

    pub(super) fn add_facts(&self, facts: &mut Facts) {
        facts.text("User name", self.username.as_deref(), "/data/context/credential/username");
        let password = if self.has_password { "Given" } else { "Missing" };
        facts.text("Password", Some(password), "/data/context/credential/password");
        facts.text("Default", self.action.as_deref(), "/data/action/credential");
    }
}
