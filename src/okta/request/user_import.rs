//! A user import: which record becomes which user (Okta OpenAPI 2026.06.3, UserImportRequestData).

use std::borrow::Cow;

use super::fact::{Facts, with_more};
use super::node::{Node, Shape, envelope_shape};

/// `data` of a user import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserImportView<'a> {
    /// Names of the attributes in conflict.
    pub conflicts: Vec<Cow<'a, str>>,
    pub app_name: Option<Cow<'a, str>>,
    pub app_label: Option<Cow<'a, str>>,
    pub app_id: Option<Cow<'a, str>>,
    pub app_status: Option<Cow<'a, str>>,
    pub job_id: Option<Cow<'a, str>>,
    pub job_type: Option<Cow<'a, str>>,
    /// How many users matched: what an element looks like is not documented.
    pub n_matches: usize,
    /// The matching policies.
    pub policies: Vec<Cow<'a, str>>,
    /// `data.action.result`, the default.
    pub action: Option<Cow<'a, str>>,
    /// The names of `data.appUser.profile`, in their order.
    pub app_attributes: Vec<Cow<'a, str>>,
    /// The names of `data.user.profile`, in their order.
    pub user_attributes: Vec<Cow<'a, str>>,
    /// `data.user.id`; only where a user matched.
    pub user_id: Option<Cow<'a, str>>,
    /// The login that the user is to have.
    pub login: Option<Cow<'a, str>>,
}

static USER_IMPORT: Shape = envelope_shape!(Shape::Members(&[
    (
        "context",
        Shape::Members(&[
            ("conflicts", Shape::List(&Shape::Leaf)),
            (
                "application",
                Shape::Members(&[
                    ("name", Shape::Leaf),
                    ("id", Shape::Leaf),
                    ("label", Shape::Leaf),
                    ("status", Shape::Leaf),
                ]),
            ),
            ("job", Shape::Members(&[("id", Shape::Leaf), ("type", Shape::Leaf)])),
            ("matches", Shape::List(&Shape::Leaf)),
            ("policy", Shape::List(&Shape::Leaf)),
        ]),
    ),
    ("action", Shape::Members(&[("result", Shape::Leaf)])),
    ("appUser", Shape::Members(&[("profile", Shape::Each(&Shape::Leaf))])),
    ("user", Shape::Members(&[("id", Shape::Leaf), ("profile", Shape::Each(&Shape::Leaf))])),
]));

impl<'a> UserImportView<'a> {
    pub(super) fn read(body: &'a [u8]) -> UserImportView<'a> {
        let request = Node::read(body, &USER_IMPORT);
        let data = request.get("data");
        let context = data.get("context");
        let application = context.get("application");
        UserImportView {
            conflicts: context.get("conflicts").texts(),
            app_name: application.get("name").scalar(),
            app_label: application.get("label").scalar(),
            app_id: application.get("id").scalar(),
            app_status: application.get("status").scalar(),
            job_id: context.at(&["job", "id"]).scalar(),
            job_type: context.at(&["job", "type"]).scalar(),
            n_matches: context.get("matches").elements().len(),
            policies: context.get("policy").texts(),
            action: data.at(&["action", "result"]).scalar(),
            app_attributes: data.at(&["appUser", "profile"]).names(),
            user_attributes: data.at(&["user", "profile"]).names(),
            user_id: data.at(&["user", "id"]).scalar(),
            login: data.at(&["user", "profile", "login"]).scalar(),
        }
    }

    pub(super) fn add_facts(&self, facts: &mut Facts) {
        facts.text("User", self.login.as_deref(), "/data/user/profile/login");
        facts.text("Matched user", self.user_id.as_deref(), "/data/user/id");
        let app = self.app_label.as_deref().or(self.app_name.as_deref());
        facts.text("App", with_more(app, self.app_id.as_deref()).as_deref(), "/data/context/application");
        facts.text("Default", self.action.as_deref(), "/data/action/result");
        facts.names("Conflicts", &self.conflicts, "/data/context/conflicts");
        let matches = (self.n_matches > 0).then(|| self.n_matches.to_string());
        facts.text("Matches", matches.as_deref(), "/data/context/matches");
        facts.names("Matched by", &self.policies, "/data/context/policy");
        facts.names("App profile", &self.app_attributes, "/data/appUser/profile");
        facts.names("Okta profile", &self.user_attributes, "/data/user/profile");
        let job = with_more(self.job_type.as_deref(), self.job_id.as_deref());
        facts.text("Job", job.as_deref(), "/data/context/job");
    }
}
