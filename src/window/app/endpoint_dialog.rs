//! The window of an endpoint: what it is told of its surroundings, and what its wishes and answer lead to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::Ui;

use super::App;
use super::dialogs::Dialogs;
use super::jobs::Choose;
use crate::engine;
use crate::respond::{Endpoint, Setup, StandInSetup};
use crate::window::panels::dialogs::Answer;
use crate::window::panels::dialogs::endpoint::secret_field::KeychainState;
use crate::window::panels::dialogs::endpoint::{AddressesAsk, AddressesRead, EndpointDialog};
use crate::window::panels::editor::Scope;
use crate::window::panels::messages::Tone;

impl App {
    /// True while it stays open.
    pub(super) fn endpoint_ui(&mut self, dialog: &mut EndpointDialog, ui: &Ui) -> bool {
        dialog.surroundings.keychain = self.keychain.clone();
        dialog.surroundings.now = super::now();
        let environment = |name: &str| std::env::var(name).ok().map(crate::call::Secret::new);
        let answer = dialog.ui(&self.state.setup, &environment, ui);
        match dialog.asks.take() {
            None => {}
            Some(AddressesAsk::Browse) => self.choose_addresses(),
            Some(AddressesAsk::Read(file)) => {
                let path = self.workspace_folder().join(&file);
                let read = move || {
                    engine::read_addresses(&path).map(|(list, modified_at)| AddressesRead { list, modified_at })
                };
                if let Err(error) = self.jobs.read_addresses(file.clone(), read) {
                    dialog.addresses_read(file, Err(format!("cannot start reading: {error}")));
                }
            }
        }
        match answer {
            Answer::Open => true,
            Answer::Cancelled => false,
            Answer::Given(answer) => {
                self.put_endpoint_and(answer.replaces.as_ref(), answer.endpoint.clone(), answer.stand_in);
                if let Some(scope) = dialog.then_edits {
                    self.edit_response_of(&answer.endpoint, scope);
                }
                false
            }
        }
    }

    /// Puts an endpoint into the setup, with the authorization server that its token needs.
    fn put_endpoint_and(&mut self, before: Option<&Arc<str>>, endpoint: Endpoint, stand_in: Option<StandInSetup>) {
        let mut setup = Setup::clone(&self.state.setup);
        if setup.oauth.is_none() {
            setup.oauth = stand_in;
        }
        match setup.endpoints.iter_mut().find(|known| Some(&known.name) == before) {
            Some(known) => *known = endpoint,
            None => setup.endpoints.push(endpoint),
        }
        self.command_engine(engine::Command::ChangeSetup(Box::new(setup)));
    }

    fn choose_addresses(&mut self) {
        let choose = Choose {
            is_save: false,
            title: "Hookscope",
            extension: Some(("Address ranges", "json")),
            proposed: self.workspace_folder().join("ip_ranges.json"),
        };
        if !self.jobs.is_choosing
            && let Err(error) = self.jobs.choose(choose)
        {
            self.say(Tone::Error, format!("The system's chooser cannot be started: {error}; type the path"));
        }
    }

    /// What files in the workspace are relative to.
    fn workspace_folder(&self) -> PathBuf {
        self.state.workspace.as_deref().and_then(Path::parent).map(PathBuf::from).unwrap_or_default()
    }

    /// A file as the workspace is to name it: relative where it lies beneath it.
    pub(super) fn as_workspace_names(&self, path: &Path) -> String {
        path.strip_prefix(self.workspace_folder()).unwrap_or(path).display().to_string()
    }

    /// The keychain has answered, or not.
    pub(super) fn take_keychain(&mut self, answer: Result<(), String>) {
        self.keychain = answer.map_or_else(KeychainState::Absent, |()| KeychainState::There);
    }

    /// A file of addresses was read.
    pub(super) fn take_addresses(&mut self, file: String, read: Result<AddressesRead, String>) {
        if let Dialogs::Endpoint(dialog) = &mut self.dialogs {
            dialog.addresses_read(file, read);
        }
    }

    /// Asks the keychain whether it is there, for whoever is about to be asked for a secret.
    pub(super) fn look_for_keychain(&mut self) {
        if let Err(error) = self.jobs.look_for_keychain() {
            self.keychain = KeychainState::Absent(format!("it cannot be asked: {error}"));
        }
    }

    /// Adds an endpoint, or changes the one that is named.
    pub(super) fn ask_for_endpoint(&mut self, name: Option<Arc<str>>) {
        let known = name.and_then(|name| self.state.setup.endpoint_named(&name).cloned());
        self.look_for_keychain();
        self.dialogs = Dialogs::Endpoint(Box::new(match known {
            Some(endpoint) => EndpointDialog::edit(&endpoint),
            None => {
                let selected = self.tab().selected.and_then(|call_id| self.tab().index.get(call_id));
                let without = selected.filter(|call| self.endpoint_of(call).is_none());
                match without.as_ref().and_then(|call| call.path.as_deref().map(|path| (path, call.hook))) {
                    Some((path, hook)) => EndpointDialog::add_for(path, hook, &self.state.setup),
                    None => EndpointDialog::add(None),
                }
            }
        }));
    }

    /// Adds the endpoint that a call has none of, and edits its response then.
    pub(super) fn ask_for_endpoint_to_edit(&mut self, scope: Scope) {
        self.ask_for_endpoint(None);
        if let Dialogs::Endpoint(dialog) = &mut self.dialogs {
            dialog.then_edits = Some(scope);
        }
    }
}
