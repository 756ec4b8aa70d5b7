//! Asking for a client of the authorization server: its id, and how it proves itself.

use egui::Ui;

use super::authorization_server::ClientAnswer;
use super::dialogs::endpoint::secret_field::{KeychainState, SecretDraft, secret_ui};
use super::dialogs::{error_ui, field_name, help};
use crate::auth::JwkSet;
use crate::call::Secret;
use crate::respond::{ClientMethod, ClientSetup, KeySource};
use crate::window::controls::{TextField, button, primary_button, radio};
use crate::window::theme;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    SecretPost,
    PastedKey,
    KeyUrl,
}

/// A client that is half typed.
#[derive(Clone, Debug)]
pub struct ClientForm {
    /// Its place among the clients; none adds one.
    place: Option<usize>,
    client_id: String,
    method: Method,
    secret: SecretDraft,
    pasted: String,
    url: String,
    problem: Option<String>,
}

impl ClientForm {
    pub fn new(client: Option<(usize, &ClientSetup)>) -> ClientForm {
        let mut form = ClientForm {
            place: client.map(|(idx, _)| idx),
            client_id: client.map(|(_, client)| client.client_id.clone()).unwrap_or_default(),
            method: Method::SecretPost,
            secret: SecretDraft::new(None),
            pasted: String::new(),
            url: String::new(),
            problem: None,
        };
        match client.map(|(_, client)| &client.method) {
            Some(ClientMethod::SecretPost(source)) => form.secret = SecretDraft::new(Some(source)),
            Some(ClientMethod::PrivateKeyJwt(KeySource::Url(url))) => {
                (form.method, form.url) = (Method::KeyUrl, url.clone());
            }
            Some(ClientMethod::PrivateKeyJwt(KeySource::Pasted(text))) => {
                (form.method, form.pasted) = (Method::PastedKey, text.to_string());
            }
            Some(ClientMethod::PrivateKeyJwt(KeySource::Discovery)) => form.method = Method::KeyUrl,
            None => {}
        }
        form
    }

    fn client(
        &self,
        keychain: &KeychainState,
        others: &[ClientSetup],
        environment: &dyn Fn(&str) -> Option<Secret>,
    ) -> Result<ClientSetup, String> {
        let client_id = self.client_id.trim();
        if client_id.is_empty() {
            return Err("Name the client id, as the hook has it".to_owned());
        }
        let is_taken = |(idx, other): (usize, &ClientSetup)| Some(idx) != self.place && other.client_id == client_id;
        if others.iter().enumerate().any(is_taken) {
            return Err("There is a client of this id already".to_owned());
        }
        let method = match self.method {
            Method::SecretPost => {
                ClientMethod::SecretPost(self.secret.source("client-secret", keychain, environment)?)
            }
            Method::PastedKey => {
                let set = JwkSet::parse(&self.pasted)?;
                if set.keys().is_empty() {
                    let why = set.problems().first().cloned();
                    return Err(why.unwrap_or_else(|| "There is no key in it".to_owned()));
                }
                ClientMethod::PrivateKeyJwt(KeySource::Pasted(self.pasted.trim().into()))
            }
            Method::KeyUrl => {
                let url = self.url.trim();
                if !(url.starts_with("https://") || url.starts_with("http://")) || url.contains(' ') {
                    return Err("The URL of the key begins with https://".to_owned());
                }
                ClientMethod::PrivateKeyJwt(KeySource::Url(url.to_owned()))
            }
        };
        Ok(ClientSetup { client_id: client_id.to_owned(), method })
    }

    /// Draws the fields. A client comes out when it is whole; `is_done` is set where the form is to go.
    pub fn ui(
        &mut self,
        keychain: &KeychainState,
        others: &[ClientSetup],
        environment: &dyn Fn(&str) -> Option<Secret>,
        is_done: &mut bool,
        ui: &mut Ui,
    ) -> Option<ClientAnswer> {
        field_name(ui, "Client id");
        TextField::new("Client id").hint("0oa…").on_wire().ui(ui, &mut self.client_id);
        field_name(ui, "How it proves itself");
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = theme::GAP_SECTION;
            radio(ui, &mut self.method, Method::SecretPost, "Client secret", "Proof by a client secret");
            radio(ui, &mut self.method, Method::PastedKey, "Pasted hook key", "Proof by a pasted hook key");
            radio(ui, &mut self.method, Method::KeyUrl, "Hook key from a URL", "Proof by a hook key from a URL");
        });
        match self.method {
            Method::SecretPost => secret_ui(ui, "Client secret", keychain, &mut self.secret),
            Method::PastedKey => {
                field_name(ui, "Public key");
                TextField::new("Public key").on_wire().rows(4).ui(ui, &mut self.pasted);
                help(
                    ui,
                    "The hook key as Okta's API gives it, with its _embedded key, or the key alone. Only the public half.",
                );
            }
            Method::KeyUrl => {
                field_name(ui, "URL of the key");
                let hint = "https://example.okta.com/api/v1/hook-keys/public/…";
                TextField::new("URL of the key").hint(hint).on_wire().ui(ui, &mut self.url);
            }
        }
        if let Some(problem) = &self.problem {
            error_ui(ui, problem);
        }
        ui.add_space(theme::GAP);
        let mut answer = None;
        ui.horizontal(|ui| {
            let text = if self.place.is_some() { "Change client" } else { "Add this client" };
            if primary_button(ui, None, text).clicked() {
                match self.client(keychain, others, environment) {
                    Ok(client) => {
                        answer = Some((self.place, client));
                        *is_done = true;
                    }
                    Err(problem) => self.problem = Some(problem),
                }
            }
            *is_done |= button(ui, None, "Cancel").clicked();
        });
        answer
    }
}
