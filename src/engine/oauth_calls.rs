//! OAuth 2.0 on the path of a call: the stand-in authorization server, the keys of tokens, and which call fetched which token.
//!
//! Everything here takes what is known and returns at once; fetching and making keys happen elsewhere. The one wait is
//! [`OauthCalls::before_call`].

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::watch;

use super::authorization_server::{AuthorizationServer, StandInAnswer, client_keys};
use super::key_fetch::Fetcher;
use super::keys::KeyCache;
use super::token_ledger::TokenLedger;
use crate::auth::{self, Presented};
use crate::call::{
    AuthReport, CallId, OauthPart, Opening, Request, Served, SessionId, Timing, TokenUse, token_loop_finding,
};
use crate::okta::{CHALLENGE_HEADER, Finding, HookKind};
use crate::respond::{BearerSetup, Endpoint, IssuerKnown, IssuerSetup, KeySource, Setup};

/// What the engine knows of OAuth 2.0.
pub struct OauthCalls {
    pub server: Arc<AuthorizationServer>,
    pub keys: KeyCache,
    ledger: TokenLedger,
}

/// A key that a call needs and nobody has.
pub struct WantedKey {
    source: KeySource,
    issuer: Option<String>,
    kid: String,
}

impl OauthCalls {
    pub fn new(data_dir: &Path) -> OauthCalls {
        let fetcher = Fetcher { our_authority: data_dir.join("tls").join("ca.pem") };
        OauthCalls {
            server: Arc::new(AuthorizationServer::new(data_dir)),
            keys: KeyCache::new(fetcher),
            ledger: TokenLedger::default(),
        }
    }

    /// Makes ready for a setup, before it becomes the current one: pasted keys are read, others begin to be fetched, and the stand-in's
    /// own are read or made.
    pub fn prepare(&self, setup: &Setup, runtime: &Handle) {
        self.keys.prepare(setup, runtime);
        if setup.oauth.is_some() && self.server.needs_keys() {
            let server = self.server.clone();
            drop(runtime.spawn_blocking(move || server.open_keys()));
        }
    }

    /// Names the stand-in by the public URL of the tunnel, as it changes.
    pub fn follow(&self, mut public_url: watch::Receiver<Option<Arc<str>>>, runtime: &Handle) {
        let server = self.server.clone();
        runtime.spawn(async move {
            while public_url.changed().await.is_ok() {
                let url = public_url.borrow_and_update().clone();
                server.set_public_url(url);
            }
        });
    }

    /// Returns when something that a front shows has changed since the last time.
    pub async fn changed(&self) {
        tokio::select! {
            () = self.server.changed() => {}
            () = self.keys.changed() => {}
        }
    }

    /// The key that a call needs and that is to be fetched, if any.
    pub fn wanted_key(&self, setup: &Setup, request: &Request) -> Option<WantedKey> {
        let path = request.path.as_deref()?;
        if let Some(stand_in) = &setup.oauth
            && super::authorization_server::is_beneath(stand_in, path)
        {
            let (kid, client_id) = auth::wanted_client_kid(&request.body)?;
            let source = client_keys(setup, &client_id)?;
            return fetched(source).then(|| WantedKey { source: source.clone(), issuer: None, kid });
        }
        let bearer = setup.endpoint_at(path)?.auth.bearer.as_ref()?;
        let IssuerSetup::At(issuer) = &bearer.issuer else { return None };
        if !fetched(&bearer.keys) {
            return None;
        }
        let kid = auth::wanted_kid(&request.headers)?;
        Some(WantedKey { source: bearer.keys.clone(), issuer: Some(issuer.clone()), kid })
    }

    /// Waits for a key, for as long as a call may wait for it; see [`KeyCache::before_call`].
    pub async fn before_call(&self, wanted: &WantedKey) {
        self.keys.before_call(&wanted.source, wanted.issuer.as_deref(), &wanted.kid).await;
    }

    /// What the stand-in answers; none where the call is none of its own. A verification is answered on every path.
    pub fn answer(&self, setup: &Setup, request: &Request) -> Option<StandInAnswer> {
        if setup.oauth.is_none() || request.header(CHALLENGE_HEADER).is_some() {
            return None;
        }
        self.server.answer(setup, &self.keys.table(), request)
    }

    /// Checks the credentials of a call to an endpoint.
    pub fn check(&self, setup: &Setup, endpoint: &Endpoint, presented: &Presented<'_>) -> AuthReport {
        let Some(bearer) = &endpoint.auth.bearer else {
            return auth::check(&endpoint.auth.expected(&IssuerKnown::default()), presented);
        };
        let (ring, keys, issuer);
        let known = match (&bearer.issuer, &setup.oauth) {
            (IssuerSetup::StandIn, Some(stand_in)) => {
                ring = self.server.ring();
                issuer = self.server.issuer(setup, stand_in);
                IssuerKnown { stand_in: Some((&issuer, stand_in)), keys: self.server.key_state(&ring) }
            }
            (IssuerSetup::StandIn, None) => IssuerKnown::default(),
            (IssuerSetup::At(at), _) => {
                keys = self.keys.table().keys(&bearer.keys, Some(at));
                IssuerKnown { stand_in: None, keys: keys.state() }
            }
        };
        auth::check(&endpoint.auth.expected(&known), presented)
    }

    /// The token of the stand-in that a call came with.
    pub fn use_of(&self, setup: &Setup, request: &Request, session: SessionId) -> Option<TokenUse> {
        setup.oauth.as_ref()?;
        let token_id = auth::token_id(&request.headers)?;
        self.ledger.use_of(&token_id, session, Instant::now())
    }

    /// Notes a token before it is given. `took` is the time since the first byte of the call.
    pub fn give(&self, served: &Served, session: SessionId, call_id: CallId, took: Duration) {
        if let Some(token_id) = &served.token_id {
            let now = Instant::now();
            self.ledger.give(token_id, session, call_id, now.checked_sub(took).unwrap_or(now));
        }
    }

    /// Notes how long fetching a token took, as soon as it is known.
    pub fn ended(&self, opening: &Opening, timing: Option<Timing>) {
        if let Some(OauthPart::Served(Served { token_id: Some(token_id), .. })) = &opening.oauth
            && let Some(timing) = timing
        {
            self.ledger.ended(token_id, timing.total_us());
        }
    }
}

fn fetched(source: &KeySource) -> bool {
    !matches!(source, KeySource::Pasted(_))
}

/// Warns of a token hook whose own token may call it (T14).
pub fn token_loop(setup: &Setup, hook: HookKind, bearer: Option<&BearerSetup>, request: &Request) -> Option<Finding> {
    let bearer = bearer.filter(|_| hook == HookKind::Token)?;
    let of_stand_in = setup.oauth.iter().filter(|_| bearer.issuer == IssuerSetup::StandIn);
    let of_stand_in = of_stand_in.flat_map(|stand_in| &stand_in.clients).map(|client| client.client_id.as_str());
    let claims = auth::decoded_bearer(&request.headers).and_then(|decoded| decoded.claims.ok());
    let cid = claims.as_ref().and_then(|claims| claims.get("cid")).and_then(serde_json::Value::as_str);
    token_loop_finding(hook, &request.body, bearer.client_id.as_deref().into_iter().chain(of_stand_in).chain(cid))
}
