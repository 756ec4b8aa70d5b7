//! The access token for a call that we send ourselves to an endpoint which expects one of the stand-in's: fetched as Okta does it.

use bytes::Bytes;
use serde_json::Value;

use super::outgoing::Outbox;
use crate::call::Headers;
use crate::respond::{AuthSetup, BearerSetup, ClientMethod, IssuerSetup, StandInSetup};
use crate::sender::{Outgoing, Sender};

/// What becomes of the credential of OAuth 2.0.
pub enum TokenForSend {
    /// The endpoint expects none.
    NotExpected,
    /// The value of `Authorization`.
    Fetched(String),
    /// It cannot be had here, and why; the call goes without it.
    Without(String),
}

/// Fetches a token for an endpoint, where it expects one.
///
/// # Errors
///
/// Why the stand-in gave none. As Okta does, no hook call is made then.
pub async fn token_for(outbox: &Outbox, sender: &Sender, auth: &AuthSetup) -> Result<TokenForSend, String> {
    let Some(bearer) = &auth.bearer else { return Ok(TokenForSend::NotExpected) };
    let stand_in = match (&bearer.issuer, &outbox.setup.oauth) {
        (IssuerSetup::At(issuer), _) => {
            return Ok(TokenForSend::Without(format!("its tokens come from {issuer}, which gives them to Okta only")));
        }
        (IssuerSetup::StandIn, None) => {
            return Ok(TokenForSend::Without(
                "the authorization server that it expects tokens of is not set up".to_owned(),
            ));
        }
        (IssuerSetup::StandIn, Some(stand_in)) => stand_in,
    };
    let Some((client_id, secret)) = client_for(stand_in, bearer) else {
        let why = "no client of the authorization server has a client secret that is known here, and the private key of a hook \
                   key never leaves Okta: add a client with client_secret_post to try this";
        return Ok(TokenForSend::Without(why.to_owned()));
    };
    outbox.handler.oauth().server.keys_made().await;
    let fields = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")];
    let outgoing = Outgoing {
        target: outbox.own_url(&format!("{}/v1/token", stand_in.path.trim_end_matches('/')))?,
        method: "POST".to_owned(),
        headers: Headers::from_fields(fields),
        body: Bytes::from(form(client_id, secret, &bearer.scopes)),
        replay_of: None,
    };
    let received = sender.send(&outgoing).await.outcome;
    let received = received.map_err(|error| format!("fetching its access token failed: {error}"))?;
    let answer = serde_json::from_slice::<Value>(&received.body).ok();
    let member = |name: &str| answer.as_ref().and_then(|answer| answer.get(name)).and_then(Value::as_str);
    match (received.status, member("access_token")) {
        (200, Some(token)) => Ok(TokenForSend::Fetched(format!("Bearer {token}"))),
        (status, _) => {
            let why = member("error_description").or(member("error")).map(|why| format!(": {why}")).unwrap_or_default();
            Err(format!("the authorization server gave no access token, it answered {status}{why}"))
        }
    }
}

fn form(client_id: &str, secret: &str, scopes: &[String]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    if !scopes.is_empty() {
        form.append_pair("scope", &scopes.join(" "));
    }
    form.append_pair("client_id", client_id).append_pair("client_secret", secret).finish()
}

/// The client to ask as: the one that the endpoint expects, where its secret is at hand, else the first with a secret.
fn client_for<'a>(stand_in: &'a StandInSetup, bearer: &BearerSetup) -> Option<(&'a str, &'a str)> {
    let mut with_secret = stand_in.clients.iter().filter_map(|client| match &client.method {
        ClientMethod::SecretPost(source) => Some((client.client_id.as_str(), source.secret()?.reveal())),
        ClientMethod::PrivateKeyJwt(_) => None,
    });
    match &bearer.client_id {
        Some(expected) => {
            let all: Vec<_> = with_secret.collect();
            all.iter().find(|(client_id, _)| client_id == expected).or(all.first()).copied()
        }
        None => with_secret.next(),
    }
}
