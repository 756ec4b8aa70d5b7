//! The window in which an endpoint is added or changed.

use std::sync::Arc;

use egui::Ui;

use super::{Answer, Closed, dialog, error_ui, field_name, footer, help};
use crate::call::Secret;
use crate::okta::HookKind;
use crate::respond::{AuthSetup, BasicSetup, Endpoint, EndpointHook, HeaderSetup, SecretSource, Setup};
use crate::window::controls::{TextField, choice, primary_button, radio};
use crate::window::panels::editor::Scope;
use crate::window::theme;

/// Which credential is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CredentialKind {
    None,
    Basic,
    Header,
    Both,
}

impl CredentialKind {
    const ALL: [CredentialKind; 4] =
        [CredentialKind::None, CredentialKind::Basic, CredentialKind::Header, CredentialKind::Both];

    fn text(self) -> &'static str {
        match self {
            CredentialKind::None => "None",
            CredentialKind::Basic => "Basic: user and password",
            CredentialKind::Header => "A secret in a header",
            CredentialKind::Both => "Both",
        }
    }

    fn has_basic(self) -> bool {
        matches!(self, CredentialKind::Basic | CredentialKind::Both)
    }

    fn has_header(self) -> bool {
        matches!(self, CredentialKind::Header | CredentialKind::Both)
    }
}

/// A secret that is half typed.
#[derive(Clone, PartialEq, Eq)]
struct SecretDraft {
    from: SecretFrom,
    variable: String,
    typed: String,
    /// What was there before, where it is one that this window cannot show.
    kept: Option<SecretSource>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SecretFrom {
    Environment,
    Typed,
    /// As it stands in the workspace file.
    Kept,
}

impl std::fmt::Debug for SecretDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretDraft")
            .field("from", &self.from)
            .field("variable", &self.variable)
            .finish_non_exhaustive()
    }
}

impl SecretDraft {
    fn new(source: Option<&SecretSource>) -> SecretDraft {
        let empty =
            SecretDraft { from: SecretFrom::Environment, variable: String::new(), typed: String::new(), kept: None };
        match source {
            None => empty,
            Some(SecretSource::Env { variable, .. }) => SecretDraft { variable: variable.clone(), ..empty },
            Some(SecretSource::Missing) => SecretDraft { from: SecretFrom::Typed, ..empty },
            Some(source) => SecretDraft { from: SecretFrom::Kept, kept: Some(source.clone()), ..empty },
        }
    }

    /// The source it stands for, or what is missing. `environment` looks a variable up.
    fn source(&self, environment: &dyn Fn(&str) -> Option<Secret>) -> Result<SecretSource, String> {
        match (self.from, &self.kept) {
            (SecretFrom::Kept, Some(source)) => Ok(source.clone()),
            (SecretFrom::Environment | SecretFrom::Kept, _) => match self.variable.trim() {
                "" => Err("Name the environment variable that holds the secret".to_owned()),
                variable => Ok(SecretSource::Env { variable: variable.to_owned(), value: environment(variable) }),
            },
            (SecretFrom::Typed, _) if self.typed.is_empty() => Err("Type the secret".to_owned()),
            (SecretFrom::Typed, _) => Ok(SecretSource::Typed(Secret::new(self.typed.clone()))),
        }
    }
}

/// From this height of the program's window on, in points, all fields fit and nothing scrolls.
const ROOMY: f32 = 690.0;

/// The state of the window.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointDialog {
    /// The endpoint that is changed; none adds one.
    before: Option<Endpoint>,
    name: String,
    path: String,
    hook: EndpointHook,
    credential: CredentialKind,
    user: String,
    password: SecretDraft,
    header_name: String,
    header_value: SecretDraft,
    is_new: bool,
    /// The response of the added endpoint is what the user came for, and for whom it will be.
    pub then_edits: Option<Scope>,
    /// Problems are shown once the user wanted to be done.
    was_refused: bool,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointAnswer {
    /// Name of the endpoint that is replaced; none adds one.
    pub replaces: Option<Arc<str>>,
    pub endpoint: Endpoint,
}

impl EndpointDialog {
    /// A window that adds an endpoint. `path` is one that was called without having an endpoint, where there is one.
    pub fn add(path: Option<&str>) -> EndpointDialog {
        EndpointDialog::of(None, path.unwrap_or("/hooks/"))
    }

    /// A window that adds an endpoint for a call that has none: named by the end of its path, unless `setup` has that name.
    pub fn add_for(path: &str, hook: HookKind, setup: &Setup) -> EndpointDialog {
        let name = path.rsplit('/').next().filter(|name| setup.endpoint_named(name).is_none()).unwrap_or_default();
        let hook = match hook {
            HookKind::Unknown => EndpointHook::Auto,
            // A verification comes to the endpoint that deliveries will come to.
            HookKind::Verification => EndpointHook::Kind(HookKind::Event),
            kind => EndpointHook::Kind(kind),
        };
        EndpointDialog { name: name.to_owned(), hook, ..EndpointDialog::of(None, path) }
    }

    pub fn edit(endpoint: &Endpoint) -> EndpointDialog {
        EndpointDialog::of(Some(endpoint), &endpoint.path)
    }

    fn of(before: Option<&Endpoint>, path: &str) -> EndpointDialog {
        let auth = before.map(|endpoint| endpoint.auth.clone()).unwrap_or_default();
        EndpointDialog {
            before: before.cloned(),
            name: before.map(|endpoint| endpoint.name.to_string()).unwrap_or_default(),
            path: path.to_owned(),
            hook: before.map_or(EndpointHook::Kind(HookKind::Token), |endpoint| endpoint.hook),
            credential: match (&auth.basic, &auth.header) {
                (None, None) => CredentialKind::None,
                (Some(_), None) => CredentialKind::Basic,
                (None, Some(_)) => CredentialKind::Header,
                (Some(_), Some(_)) => CredentialKind::Both,
            },
            user: auth.basic.as_ref().map(|basic| basic.user.clone()).unwrap_or_default(),
            password: SecretDraft::new(auth.basic.as_ref().map(|basic| &basic.password)),
            header_name: auth.header.as_ref().map(|header| header.name.clone()).unwrap_or_default(),
            header_value: SecretDraft::new(auth.header.as_ref().map(|header| &header.value)),
            is_new: true,
            then_edits: None,
            was_refused: false,
        }
    }

    /// `setup` is what the name and the path must not collide with; `environment` looks a variable up.
    pub fn ui(
        &mut self,
        setup: &Setup,
        environment: &dyn Fn(&str) -> Option<Secret>,
        ui: &Ui,
    ) -> Answer<EndpointAnswer> {
        let mut answer = Answer::Open;
        let is_new = std::mem::take(&mut self.is_new);
        let title = match &self.before {
            Some(endpoint) => format!("Edit {}", endpoint.name),
            None => "Add an endpoint".to_owned(),
        };
        let (closed, ()) = dialog(ui, "endpoint", &title, 460.0, |ui| {
            let height = ui.content_rect().height();
            if height >= ROOMY {
                self.fields_ui(is_new, ui);
            } else {
                let area = egui::ScrollArea::vertical().max_height((height - 200.0).max(120.0));
                area.auto_shrink([false, true]).show(ui, |ui| self.fields_ui(is_new, ui));
            }
            let drafted = self.endpoint(setup, environment);
            if let Err(problem) = &drafted
                && self.was_refused
            {
                error_ui(ui, problem);
            }
            footer(ui, |ui| {
                let verb = match (&self.before, self.then_edits) {
                    (Some(_), _) => "Save endpoint",
                    (None, Some(_)) => "Add and edit response",
                    (None, None) => "Add",
                };
                if primary_button(ui, None, verb).clicked() {
                    match drafted {
                        Ok(endpoint) => {
                            let replaces = self.before.as_ref().map(|before| Arc::clone(&before.name));
                            answer = Answer::Given(EndpointAnswer { replaces, endpoint });
                        }
                        Err(_) => self.was_refused = true,
                    }
                }
                if ui.button("Cancel").clicked() {
                    answer = Answer::Cancelled;
                }
            });
        });
        if closed == Closed::Yes { Answer::Cancelled } else { answer }
    }

    fn fields_ui(&mut self, is_new: bool, ui: &mut Ui) {
        field_name(ui, "Name");
        let name = TextField::new("Endpoint name").hint("token").ui(ui, &mut self.name);
        if is_new {
            name.request_focus();
        }
        field_name(ui, "Path");
        TextField::new("Endpoint path").hint("/hooks/token").on_wire().ui(ui, &mut self.path);
        field_name(ui, "Hook");
        let shown = |hook: EndpointHook| hook.kind().map_or("auto: what the call says", HookKind::as_str);
        choice(ui, "Hook", shown(self.hook), |ui| {
            for kind in HookKind::WITH_ENDPOINT {
                ui.selectable_value(&mut self.hook, EndpointHook::Kind(kind), kind.as_str());
            }
            ui.selectable_value(&mut self.hook, EndpointHook::Auto, shown(EndpointHook::Auto));
        });
        field_name(ui, "Credential");
        choice(ui, "Credential", self.credential.text(), |ui| {
            for kind in CredentialKind::ALL {
                ui.selectable_value(&mut self.credential, kind, kind.text());
            }
        });
        if self.credential.has_basic() {
            field_name(ui, "User");
            TextField::new("User").hint("okta").on_wire().ui(ui, &mut self.user);
            secret_ui(ui, "Password", &mut self.password);
        }
        if self.credential.has_header() {
            field_name(ui, "Header name");
            TextField::new("Header name").hint("X-Hook-Key").on_wire().ui(ui, &mut self.header_name);
            secret_ui(ui, "Header value", &mut self.header_value);
        }
    }

    /// The endpoint as it is typed, or what is wrong with it.
    fn endpoint(&self, setup: &Setup, environment: &dyn Fn(&str) -> Option<Secret>) -> Result<Endpoint, String> {
        let name = self.name.trim();
        let path = self.path.trim();
        let other = |endpoint: &&Endpoint| self.before.as_ref().is_none_or(|before| before.name != endpoint.name);
        if name.is_empty() {
            return Err("Give the endpoint a name".to_owned());
        }
        if setup.endpoints.iter().filter(other).any(|endpoint| &*endpoint.name == name) {
            return Err(format!("Another endpoint is called '{name}'; choose another name"));
        }
        if !path.starts_with('/') || path.contains(['?', '#']) || path.contains(char::is_whitespace) {
            return Err("A path begins with / and holds no spaces, ? or #".to_owned());
        }
        if let Some(taken) = setup.endpoints.iter().filter(other).find(|endpoint| endpoint.path == path) {
            return Err(format!("Endpoint '{}' has this path already", taken.name));
        }
        let mut auth = AuthSetup::default();
        if self.credential.has_basic() {
            let user = self.user.trim();
            if user.is_empty() || user.contains(':') {
                return Err("A user name is needed, without a colon (RFC 7617)".to_owned());
            }
            auth.basic = Some(BasicSetup { user: user.to_owned(), password: self.password.source(environment)? });
        }
        if self.credential.has_header() {
            let header = self.header_name.trim();
            let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            if header.is_empty() || !header.bytes().all(is_token) {
                return Err("A header name holds letters, digits and hyphens only".to_owned());
            }
            auth.header = Some(HeaderSetup { name: header.to_owned(), value: self.header_value.source(environment)? });
        }
        // A response that was written for another kind would be a wrong one for this.
        let same_hook = self.before.as_ref().filter(|before| before.hook == self.hook);
        let response = same_hook.and_then(|before| before.response.clone());
        let (action, rules) = same_hook.map(|before| (before.action.clone(), before.rules.clone())).unwrap_or_default();
        Ok(Endpoint { name: name.into(), path: path.to_owned(), hook: self.hook, auth, response, action, rules })
    }
}

fn secret_ui(ui: &mut Ui, name: &str, draft: &mut SecretDraft) {
    field_name(ui, name);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = theme::GAP_SECTION;
        if draft.kept.is_some() {
            radio(ui, &mut draft.from, SecretFrom::Kept, "As it is", &format!("{name} as it is"));
        }
        let from_environment = format!("{name} from an environment variable");
        radio(ui, &mut draft.from, SecretFrom::Environment, "Environment variable", &from_environment);
        radio(ui, &mut draft.from, SecretFrom::Typed, "Typed for this run", &format!("{name} typed for this run"));
    });
    match draft.from {
        SecretFrom::Environment => {
            let field = format!("{name} variable");
            TextField::new(&field).hint("HOOK_PASSWORD").on_wire().ui(ui, &mut draft.variable);
        }
        SecretFrom::Typed => {
            TextField::new(name).on_wire().masked(true).ui(ui, &mut draft.typed);
            help(ui, "Never written anywhere; the next run asks for it again.");
        }
        SecretFrom::Kept => {}
    }
    ui.add_space(theme::GAP_TIGHT);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn nothing_set(_: &str) -> Option<Secret> {
        None
    }

    fn dialog_with(change: impl FnOnce(&mut EndpointDialog)) -> Result<Endpoint, String> {
        let mut dialog = EndpointDialog::add(None);
        dialog.name = "billing".to_owned();
        dialog.path = "/hooks/billing".to_owned();
        change(&mut dialog);
        dialog.endpoint(&Setup::first_start(), &nothing_set)
    }

    #[test]
    fn names_and_paths_must_be_free_and_well_formed() {
        assert!(dialog_with(|_| {}).is_ok());
        assert!(dialog_with(|dialog| dialog.name.clear()).is_err());
        assert!(dialog_with(|dialog| dialog.name = "token".into()).unwrap_err().contains("another name"));
        assert!(dialog_with(|dialog| dialog.path = "hooks".into()).is_err());
        assert!(dialog_with(|dialog| dialog.path = "/a?b".into()).is_err());
        assert!(dialog_with(|dialog| dialog.path = "/hooks/token".into()).unwrap_err().contains("'token'"));
    }

    #[test]
    fn an_edited_endpoint_keeps_its_name_path_and_response() {
        let setup = Setup::first_start();
        let before = setup.endpoint_named("telephony").unwrap();
        let after = EndpointDialog::edit(before).endpoint(&setup, &nothing_set).unwrap();
        assert_eq!(&after, before);
        let mut dialog = EndpointDialog::edit(before);
        dialog.hook = EndpointHook::Kind(HookKind::Token);
        assert_eq!(dialog.endpoint(&setup, &nothing_set).unwrap().response, None);
    }

    #[test]
    fn credentials_are_taken_from_where_they_are_said_to_be() {
        let endpoint = dialog_with(|dialog| {
            dialog.credential = CredentialKind::Both;
            dialog.user = "okta".into();
            dialog.password.variable = "HOOK_PASSWORD".into();
            dialog.header_name = "X-Hook-Key".into();
            dialog.header_value.from = SecretFrom::Typed;
            dialog.header_value.typed = "open sesame".into();
        });
        let auth = endpoint.unwrap().auth;
        let variable = SecretSource::Env { variable: "HOOK_PASSWORD".to_owned(), value: None };
        assert_eq!(auth.basic.unwrap().password, variable);
        assert_eq!(auth.header.unwrap().value, SecretSource::Typed(Secret::new("open sesame")));
    }

    #[test]
    fn what_is_missing_of_a_credential_is_said() {
        let with_basic = |user: &str| {
            let user = user.to_owned();
            dialog_with(move |dialog| {
                dialog.credential = CredentialKind::Basic;
                dialog.user = user;
            })
        };
        assert!(with_basic("").unwrap_err().contains("user name"));
        assert!(with_basic("a:b").unwrap_err().contains("colon"));
        assert!(with_basic("okta").unwrap_err().contains("environment variable"));
    }

    #[test]
    fn a_secret_that_stands_in_the_file_is_kept_and_never_printed() {
        let mut setup = Setup::first_start();
        setup.endpoints[0].auth.basic =
            Some(BasicSetup { user: "okta".to_owned(), password: SecretSource::Plain(Secret::new("open sesame")) });
        let dialog = EndpointDialog::edit(&setup.endpoints[0]);
        assert!(!format!("{dialog:?}").contains("open sesame"));
        let after = dialog.endpoint(&setup, &nothing_set).unwrap();
        assert_eq!(after.auth, setup.endpoints[0].auth);
    }
}
