//! The window in which an endpoint is added or changed: what it is on the left, how calls prove themselves on the right.

mod addresses;
mod bearer;
mod credential;
pub mod secret_field;

use std::sync::Arc;

use egui::Ui;

use super::{Answer, Closed, dialog, error_ui, field_name, footer};
use crate::call::{Secret, Timestamp};
use crate::okta::HookKind;
use crate::respond::{Endpoint, EndpointHook, Setup, StandInSetup};
use crate::window::controls::{TextField, choice, primary_button};
use crate::window::panels::editor::Scope;
use crate::window::theme;

use addresses::AddressesDraft;
pub use addresses::{AddressesAsk, AddressesRead};
use credential::CredentialDraft;
use secret_field::KeychainState;

/// The width of the window, in points: two columns of fields.
const WIDTH: f32 = 800.0;

/// What the window is told by whoever opened it, and asks of them: it reads no file and no keychain itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Surroundings {
    pub keychain: KeychainState,
    /// What time it is, for the age of a file.
    pub now: Timestamp,
}

impl Default for Surroundings {
    fn default() -> Surroundings {
        Surroundings { keychain: KeychainState::Asking, now: Timestamp(0) }
    }
}

/// The state of the window.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointDialog {
    /// The endpoint that is changed; none adds one.
    before: Option<Endpoint>,
    name: String,
    path: String,
    hook: EndpointHook,
    credential: CredentialDraft,
    addresses: AddressesDraft,
    is_new: bool,
    /// The response of the added endpoint is what the user came for, and for whom it will be.
    pub then_edits: Option<Scope>,
    /// Brought up to date before each frame.
    pub surroundings: Surroundings,
    /// What is wanted of the file of addresses; whoever carries it out takes it.
    pub asks: Option<AddressesAsk>,
    /// Problems are shown once the user wanted to be done.
    was_refused: bool,
    /// What the fields took in the last frame, in points.
    fields_height: f32,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointAnswer {
    /// Name of the endpoint that is replaced; none adds one.
    pub replaces: Option<Arc<str>>,
    pub endpoint: Endpoint,
    /// The authorization server that is to be turned on with it.
    pub stand_in: Option<StandInSetup>,
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
            credential: CredentialDraft::new(&auth),
            addresses: AddressesDraft::new(auth.addresses.as_ref()),
            is_new: true,
            then_edits: None,
            surroundings: Surroundings::default(),
            asks: None,
            was_refused: false,
            fields_height: 0.0,
        }
    }

    /// A file of addresses was chosen, as the workspace is to name it.
    pub fn choose_addresses(&mut self, file: String) {
        self.addresses.choose(file);
    }

    /// A file of addresses was read, as it was asked for.
    pub fn addresses_read(&mut self, file: String, read: Result<AddressesRead, String>) {
        self.addresses.read(file, read);
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
        let (closed, ()) = dialog(ui, "endpoint", &title, WIDTH, |ui| {
            // Whatever is chosen, the title and the buttons stay where they are seen. An area that scrolls takes frames to settle,
            // so there is one only where it is needed.
            let most = (ui.content_rect().height() - 170.0).max(120.0);
            self.fields_height = if self.fields_height <= most {
                self.fields_ui(setup, is_new, ui)
            } else {
                let area = egui::ScrollArea::vertical().max_height(most).auto_shrink([false, true]);
                area.show(ui, |ui| self.fields_ui(setup, is_new, ui)).inner
            };
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
                        Ok(endpoint) => answer = Answer::Given(self.answer(endpoint, setup)),
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

    /// Draws both columns; the height that they take, in points.
    fn fields_ui(&mut self, setup: &Setup, is_new: bool, ui: &mut Ui) -> f32 {
        let gap = std::mem::replace(&mut ui.spacing_mut().item_spacing.x, theme::GAP_GROUP);
        let height = ui.columns_const(|[left, right]| {
            for column in [&mut *left, &mut *right] {
                column.spacing_mut().item_spacing.x = gap;
            }
            self.endpoint_ui(is_new, left);
            self.credential.ui(setup, self.hook, &self.surroundings.keychain, right);
            left.min_rect().height().max(right.min_rect().height())
        });
        ui.spacing_mut().item_spacing.x = gap;
        height
    }

    fn endpoint_ui(&mut self, is_new: bool, ui: &mut Ui) {
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
        ui.add_space(theme::GAP_SECTION);
        if let Some(ask) = self.addresses.ui(self.surroundings.now, ui) {
            self.asks = Some(ask);
        }
    }

    fn answer(&self, endpoint: Endpoint, setup: &Setup) -> EndpointAnswer {
        let needs_stand_in = self.credential.kind.has_bearer() && self.credential.bearer.needs_stand_in(setup);
        EndpointAnswer {
            replaces: self.before.as_ref().map(|before| Arc::clone(&before.name)),
            endpoint,
            stand_in: needs_stand_in.then(StandInSetup::default),
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
        if let Some(oauth) = setup.oauth.as_ref().filter(|oauth| oauth.owns(path)) {
            return Err(format!(
                "What lies beneath {} belongs to the authorization server; choose another path",
                oauth.path
            ));
        }
        let mut auth = self.credential.auth(name, &self.surroundings.keychain, environment)?;
        auth.addresses = self.addresses.setup()?;
        // A response that was written for another kind would be a wrong one for this.
        let same_hook = self.before.as_ref().filter(|before| before.hook == self.hook);
        let response = same_hook.and_then(|before| before.response.clone());
        let (action, rules) = same_hook.map(|before| (before.action.clone(), before.rules.clone())).unwrap_or_default();
        Ok(Endpoint { name: name.into(), path: path.to_owned(), hook: self.hook, auth, response, action, rules })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::credential::CredentialKind;
    use super::secret_field::SecretDraft;
    use super::*;
    use crate::respond::{BasicSetup, SecretSource};

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
            let variable = SecretSource::Env { variable: "HOOK_PASSWORD".to_owned(), value: None };
            dialog.credential.kind = CredentialKind::Both;
            dialog.credential.user = "okta".into();
            dialog.credential.password = SecretDraft::new(Some(&variable));
            dialog.credential.header_name = "X-Hook-Key".into();
            dialog.credential.header_value = SecretDraft::new(Some(&SecretSource::Typed(Secret::new("open sesame"))));
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
                dialog.credential.kind = CredentialKind::Basic;
                dialog.credential.user = user;
            })
        };
        assert!(with_basic("").unwrap_err().contains("user name"));
        assert!(with_basic("a:b").unwrap_err().contains("colon"));
        assert!(with_basic("okta").unwrap_err().contains("Type the secret"));
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
