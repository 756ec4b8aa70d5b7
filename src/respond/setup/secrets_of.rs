//! Every secret that a setup names, in one list: for whoever stores or hides them, and must forget none.

use super::{AuthSetup, ClientMethod, SecretSource, Setup};

impl AuthSetup {
    /// The secrets of an endpoint's credentials.
    pub fn secret_sources(&self) -> impl Iterator<Item = &SecretSource> {
        let basic = self.basic.iter().map(|basic| &basic.password);
        basic.chain(self.header.iter().map(|header| &header.value))
    }
}

impl Setup {
    /// The secrets of all credentials, those that the stand-in's clients prove themselves with among them.
    pub fn secret_sources(&self) -> impl Iterator<Item = &SecretSource> {
        let endpoints = self.endpoints.iter().flat_map(|endpoint| endpoint.auth.secret_sources());
        let clients = self.oauth.iter().flat_map(|oauth| &oauth.clients);
        endpoints.chain(clients.filter_map(|client| match &client.method {
            ClientMethod::SecretPost(source) => Some(source),
            ClientMethod::PrivateKeyJwt(_) => None,
        }))
    }

    /// The same, to be changed.
    pub fn secret_sources_mut(&mut self) -> impl Iterator<Item = &mut SecretSource> {
        let endpoints = self.endpoints.iter_mut().flat_map(|endpoint| {
            let auth = &mut endpoint.auth;
            let basic = auth.basic.iter_mut().map(|basic| &mut basic.password);
            basic.chain(auth.header.iter_mut().map(|header| &mut header.value))
        });
        let clients = self.oauth.iter_mut().flat_map(|oauth| &mut oauth.clients);
        endpoints.chain(clients.filter_map(|client| match &mut client.method {
            ClientMethod::SecretPost(source) => Some(source),
            ClientMethod::PrivateKeyJwt(_) => None,
        }))
    }
}
