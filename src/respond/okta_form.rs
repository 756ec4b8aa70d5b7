//! An endpoint as it is to be registered in Okta: what the setup knows of it, put together for [`crate::okta::management`].

use super::{AuthSetup, BearerSetup, ClientMethod, Endpoint, IssuerSetup, Setup, StandInSetup};
use crate::okta::HookKind;
use crate::okta::management::{ClientProof, HookFacts, OauthFacts};

/// The facts of an endpoint's hook; it holds what had to be put together, so that the facts can borrow it.
pub struct OktaForm<'a> {
    auth: &'a AuthSetup,
    kind: HookKind,
    name: String,
    uri: Option<String>,
    oauth: Option<Oauth<'a>>,
    event_types: Vec<String>,
}

struct Oauth<'a> {
    token_url: Option<String>,
    client_id: Option<&'a str>,
    client: Option<ClientProof<'a>>,
    scope: String,
}

/// `public_url` is the address that Okta can reach, without the endpoint's path; `kind` is the endpoint's, or the one that was
/// chosen where the endpoint takes whatever comes.
pub fn okta_form<'a>(
    setup: &'a Setup,
    endpoint: &'a Endpoint,
    kind: HookKind,
    public_url: Option<&str>,
    event_types: Vec<String>,
) -> OktaForm<'a> {
    let auth = &endpoint.auth;
    OktaForm {
        auth,
        kind,
        name: format!("Hookscope {}", endpoint.name),
        uri: public_url.map(|public_url| joined(public_url, &endpoint.path)),
        oauth: auth.bearer.as_ref().map(|bearer| oauth(setup, bearer, public_url)),
        event_types,
    }
}

impl OktaForm<'_> {
    pub fn facts(&self) -> HookFacts<'_> {
        let basic = self.auth.basic.as_ref();
        let header = self.auth.header.as_ref();
        HookFacts {
            kind: self.kind,
            name: &self.name,
            uri: self.uri.as_deref(),
            basic: basic.map(|basic| (basic.user.as_str(), basic.password.secret().map(|secret| secret.reveal()))),
            header: header.map(|header| (header.name.as_str(), header.value.secret().map(|secret| secret.reveal()))),
            oauth: self.oauth.as_ref().map(|oauth| OauthFacts {
                token_url: oauth.token_url.as_deref(),
                client_id: oauth.client_id,
                client: oauth.client,
                scope: &oauth.scope,
            }),
            event_types: &self.event_types,
        }
    }
}

fn oauth<'a>(setup: &'a Setup, bearer: &'a BearerSetup, public_url: Option<&str>) -> Oauth<'a> {
    let scope = bearer.scopes.join(" ");
    let stand_in = match &bearer.issuer {
        IssuerSetup::StandIn => setup.oauth.as_ref(),
        IssuerSetup::At(issuer) => {
            // Custom authorization servers of Okta have their token endpoint beneath the issuer; others say it in their metadata.
            let is_okta = issuer.contains("/oauth2/");
            let token_url = is_okta.then(|| format!("{}/v1/token", issuer.trim_end_matches('/')));
            return Oauth { token_url, client_id: bearer.client_id.as_deref(), client: None, scope };
        }
    };
    let client = stand_in.and_then(|stand_in| client_of(stand_in, bearer.client_id.as_deref()));
    Oauth {
        token_url: stand_in.zip(public_url).map(|(stand_in, public_url)| {
            joined(public_url, &format!("{}/v1/token", stand_in.path.trim_end_matches('/')))
        }),
        client_id: client.map(|(client_id, _)| client_id).or(bearer.client_id.as_deref()),
        client: client.map(|(_, proof)| proof),
        scope,
    }
}

/// The client that is demanded; where none is, the only one there is.
fn client_of<'a>(stand_in: &'a StandInSetup, demanded: Option<&str>) -> Option<(&'a str, ClientProof<'a>)> {
    let client = match (demanded, stand_in.clients.as_slice()) {
        (Some(demanded), clients) => clients.iter().find(|client| client.client_id == demanded)?,
        (None, [client]) => client,
        (None, _) => return None,
    };
    let proof = match &client.method {
        ClientMethod::SecretPost(secret) => ClientProof::Secret(secret.secret().map(|secret| secret.reveal())),
        ClientMethod::PrivateKeyJwt(_) => ClientProof::PrivateKey,
    };
    Some((&client.client_id, proof))
}

/// An address and a path beneath it.
fn joined(address: &str, path: &str) -> String {
    format!("{}/{}", address.trim_end_matches('/'), path.trim_start_matches('/'))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::call::Secret;
    use crate::respond::{ClientSetup, KeySource, SecretSource};

    fn bearer(issuer: IssuerSetup, client_id: Option<&str>) -> BearerSetup {
        BearerSetup {
            issuer,
            keys: KeySource::Discovery,
            audiences: Vec::new(),
            client_id: client_id.map(str::to_owned),
            scopes: vec!["tide.hooks".to_owned(), "more".to_owned()],
            leeway: Duration::ZERO,
        }
    }

    fn check(setup: &Setup, bearer: BearerSetup, expected: [Option<&str>; 3]) {
        let endpoint = Endpoint {
            auth: AuthSetup { bearer: Some(bearer), ..AuthSetup::default() },
            ..setup.endpoint_named("token").unwrap().clone()
        };
        let form = okta_form(setup, &endpoint, HookKind::Token, Some("https://a.example/"), Vec::new());
        let facts = form.facts();
        let oauth = facts.oauth.unwrap();
        let proof = oauth.client.map(|client| match client {
            ClientProof::Secret(secret) => secret.unwrap_or("not known"),
            ClientProof::PrivateKey => "private key",
        });
        assert_eq!([oauth.token_url, oauth.client_id, proof], expected);
        assert_eq!((facts.uri, oauth.scope), (Some("https://a.example/hooks/token"), "tide.hooks more"));
    }

    #[test]
    fn the_stand_in_says_where_tokens_are_had_and_how_its_client_proves_itself() {
        let mut setup = Setup::first_start();
        let client = |client_id: &str, method| ClientSetup { client_id: client_id.to_owned(), method };
        setup.oauth = Some(StandInSetup {
            clients: vec![
                client("one", ClientMethod::SecretPost(SecretSource::Plain(Secret::new("s3cret")))),
                client("two", ClientMethod::PrivateKeyJwt(KeySource::Url(String::new()))),
            ],
            ..StandInSetup::default()
        });
        let token_url = Some("https://a.example/oauth2/hookscope/v1/token");
        check(&setup, bearer(IssuerSetup::StandIn, Some("one")), [token_url, Some("one"), Some("s3cret")]);
        check(&setup, bearer(IssuerSetup::StandIn, Some("two")), [token_url, Some("two"), Some("private key")]);
        check(&setup, bearer(IssuerSetup::StandIn, None), [token_url, None, None]);
        check(&setup, bearer(IssuerSetup::StandIn, Some("three")), [token_url, Some("three"), None]);
    }

    #[test]
    fn an_okta_issuer_says_where_tokens_are_had_and_another_does_not() {
        let setup = Setup::first_start();
        let at = |issuer: &str| bearer(IssuerSetup::At(issuer.to_owned()), Some("c"));
        let okta = Some("https://harbor-lab.example/oauth2/ausExampleServer1/v1/token");
        check(&setup, at("https://harbor-lab.example/oauth2/ausExampleServer1"), [okta, Some("c"), None]);
        check(&setup, at("https://issuer.example"), [None, Some("c"), None]);
    }
}
