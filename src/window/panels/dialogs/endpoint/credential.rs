//! Asking for the credential that an endpoint expects.

use egui::Ui;

use super::super::{field_name, help};
use super::bearer::BearerDraft;
use super::secret_field::{KeychainState, SecretDraft, secret_ui};
use crate::call::Secret;
use crate::okta::Severity;
use crate::okta::management::header_name_problem;
use crate::respond::{AuthSetup, BasicSetup, EndpointHook, HeaderSetup, Setup};
use crate::window::controls::{TextField, choice};

/// Which credential is expected. Basic and a token both stand in `Authorization`, so they exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    None,
    Basic,
    Header,
    Both,
    Bearer,
    BearerAndHeader,
}

impl CredentialKind {
    const ALL: [CredentialKind; 6] = [
        CredentialKind::None,
        CredentialKind::Basic,
        CredentialKind::Header,
        CredentialKind::Both,
        CredentialKind::Bearer,
        CredentialKind::BearerAndHeader,
    ];

    fn text(self) -> &'static str {
        match self {
            CredentialKind::None => "None",
            CredentialKind::Basic => "Basic: user and password",
            CredentialKind::Header => "A secret in a header",
            CredentialKind::Both => "Basic and a secret header",
            CredentialKind::Bearer => "OAuth 2.0 access token",
            CredentialKind::BearerAndHeader => "Access token and a secret header",
        }
    }

    fn of(auth: &AuthSetup) -> CredentialKind {
        match (&auth.basic, &auth.header, &auth.bearer) {
            (None, None, None) => CredentialKind::None,
            (Some(_), None, None) => CredentialKind::Basic,
            (None, Some(_), None) => CredentialKind::Header,
            (Some(_), Some(_), None) => CredentialKind::Both,
            (_, None, Some(_)) => CredentialKind::Bearer,
            (_, Some(_), Some(_)) => CredentialKind::BearerAndHeader,
        }
    }

    pub fn has_basic(self) -> bool {
        matches!(self, CredentialKind::Basic | CredentialKind::Both)
    }

    pub fn has_header(self) -> bool {
        matches!(self, CredentialKind::Header | CredentialKind::Both | CredentialKind::BearerAndHeader)
    }

    pub fn has_bearer(self) -> bool {
        matches!(self, CredentialKind::Bearer | CredentialKind::BearerAndHeader)
    }
}

/// What is half typed of it.
#[derive(Clone, Debug, PartialEq)]
pub struct CredentialDraft {
    pub kind: CredentialKind,
    pub user: String,
    pub password: SecretDraft,
    pub header_name: String,
    pub header_value: SecretDraft,
    pub bearer: BearerDraft,
    /// The file demands Basic beside a token, which can never come together.
    has_both_in_one: bool,
}

impl CredentialDraft {
    pub fn new(auth: &AuthSetup) -> CredentialDraft {
        CredentialDraft {
            kind: CredentialKind::of(auth),
            user: auth.basic.as_ref().map(|basic| basic.user.clone()).unwrap_or_default(),
            password: SecretDraft::new(auth.basic.as_ref().map(|basic| &basic.password)),
            header_name: auth.header.as_ref().map(|header| header.name.clone()).unwrap_or_default(),
            header_value: SecretDraft::new(auth.header.as_ref().map(|header| &header.value)),
            bearer: BearerDraft::new(auth.bearer.as_ref()),
            has_both_in_one: auth.basic.is_some() && auth.bearer.is_some(),
        }
    }

    /// The credentials as they are typed, or what is wrong with them. `endpoint` is the endpoint's name.
    pub fn auth(
        &self,
        endpoint: &str,
        keychain: &KeychainState,
        environment: &dyn Fn(&str) -> Option<Secret>,
    ) -> Result<AuthSetup, String> {
        let mut auth = AuthSetup::default();
        if self.kind.has_basic() {
            let user = self.user.trim();
            if user.is_empty() || user.contains(':') {
                return Err("A user name is needed, without a colon (RFC 7617)".to_owned());
            }
            let password = self.password.source(&format!("{endpoint}-password"), keychain, environment)?;
            auth.basic = Some(BasicSetup { user: user.to_owned(), password });
        }
        if self.kind.has_bearer() {
            auth.bearer = Some(self.bearer.setup()?);
        }
        if self.kind.has_header() {
            let name = self.header_name.trim();
            // What Okta stores and never sends is refused; a mere doubt is told where the values for Okta are shown.
            if let Some(problem) = header_name_problem("", name).filter(|problem| problem.severity == Severity::Error) {
                return Err(problem.message.into_owned());
            }
            let value = self.header_value.source(&format!("{endpoint}-header"), keychain, environment)?;
            auth.header = Some(HeaderSetup { name: name.to_owned(), value });
        }
        Ok(auth)
    }

    /// The part of the window in which it is asked for.
    pub fn ui(&mut self, setup: &Setup, hook: EndpointHook, keychain: &KeychainState, ui: &mut Ui) {
        field_name(ui, "Credential");
        choice(ui, "Credential", self.kind.text(), |ui| {
            for kind in CredentialKind::ALL {
                ui.selectable_value(&mut self.kind, kind, kind.text());
            }
        });
        if self.kind == CredentialKind::None {
            help(
                ui,
                "Every call is taken. Okta can send Basic, a secret in a header or, to inline hooks, an OAuth 2.0 access token.",
            );
        }
        if self.kind.has_basic() {
            field_name(ui, "User");
            TextField::new("User").hint("okta").on_wire().ui(ui, &mut self.user);
            secret_ui(ui, "Password", keychain, &mut self.password);
        }
        if self.kind.has_bearer() {
            self.bearer.ui(setup, hook, ui);
            if self.has_both_in_one {
                help(
                    ui,
                    "Basic was expected beside the token. Both stand in Authorization, so only the token is kept.",
                );
            }
        }
        if self.kind.has_header() {
            field_name(ui, "Header name");
            TextField::new("Header name").hint("X-Hook-Key").on_wire().ui(ui, &mut self.header_name);
            secret_ui(ui, "Header value", keychain, &mut self.header_value);
        }
    }
}
