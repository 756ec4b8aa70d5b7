//! The user of a call, where one takes part (Okta OpenAPI 2026.06.3, BaseContext).

use std::borrow::Cow;

use super::fact::{Facts, with_more};
use super::node::{Node, Shape};

/// `data.context.user`. All of it can be missing, as with client credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserView<'a> {
    pub id: Option<Cow<'a, str>>,
    pub login: Option<Cow<'a, str>>,
    pub first_name: Option<Cow<'a, str>>,
    pub last_name: Option<Cow<'a, str>>,
}

pub(super) const USER: &[(&str, Shape)] = &[
    ("id", Shape::Leaf),
    ("profile", Shape::Members(&[("login", Shape::Leaf), ("firstName", Shape::Leaf), ("lastName", Shape::Leaf)])),
];

impl<'a> UserView<'a> {
    /// None where no user takes part.
    pub(super) fn of(user: &Node<'a>) -> Option<UserView<'a>> {
        let profile = user.get("profile");
        let view = UserView {
            id: user.get("id").scalar(),
            login: profile.get("login").scalar(),
            first_name: profile.get("firstName").scalar(),
            last_name: profile.get("lastName").scalar(),
        };
        (view != UserView::default()).then_some(view)
    }

    pub(super) fn add_facts(&self, facts: &mut Facts) {
        facts.text("User", with_more(self.login.as_deref(), self.id.as_deref()).as_deref(), "/data/context/user");
    }
}
