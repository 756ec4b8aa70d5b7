//! The authorization server that the listener plays: OAuth 2.0 client credentials without an org.
//!
//! It answers what lies beneath its path on both ports, before any endpoint: `v1/token`, `v1/keys` and the metadata. The rules of
//! its token endpoint are pure and lie in `auth`; here are what they need to know: keys, used assertions, the URLs by which it is
//! reached. Where to look next: [`AuthorizationServer::answer`] is one call, `signing_keys` the keys, `token_ledger` the tokens that
//! were given.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde_json::json;
use tokio::sync::{Notify, watch};

use super::keys::{KeyTable, Keys};
use super::live::lock;
use super::reached_by::{reached_base, token_urls};
use super::signing_keys::{KeyRing, KeysError};
use super::stand_in_state::{Readiness, RefusalSeen, SigningKeyState, StandInState};
use crate::auth::{self, KeyState, TokenOutcome, TokenRequest, UsedAssertions};
use crate::call::{AuthReport, Document, Headers, Request, Response, Served, Timestamp};
use crate::respond::{ClientMethod, KeySource, Setup, StandInSetup, TokenFault};

/// What a recorded call of the stand-in says has answered it.
const RULE: &str = "authorization-server";
/// As many refusals are kept for a look at what went wrong last.
const REFUSALS_KEPT: usize = 10;

/// The stand-in with everything that it remembers.
pub struct AuthorizationServer {
    folder: PathBuf,
    ring: RwLock<Arc<KeyRing>>,
    readiness: watch::Sender<Readiness>,
    used: Mutex<UsedAssertions>,
    reached_at: RwLock<ReachedAt>,
    refusals: Mutex<Vec<RefusalSeen>>,
    changed: Notify,
}

/// Where the listener is reached, as far as that is known.
#[derive(Clone, Debug, Default)]
struct ReachedAt {
    https: Option<SocketAddr>,
    public_url: Option<Arc<str>>,
}

/// What the stand-in answers to a call.
pub struct StandInAnswer {
    pub response: Response,
    pub delay: Duration,
    /// Nothing is sent until the client gives up.
    pub is_silent: bool,
    pub report: AuthReport,
    pub served: Served,
}

/// What lies beneath the stand-in's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Document(Document),
    /// Nothing is there.
    Nothing,
}

/// What a path of the stand-in means; none where it is not beneath the stand-in.
fn place_of(setup: &StandInSetup, path: &str) -> Option<Place> {
    let base = setup.path.trim_end_matches('/');
    for name in ["oauth-authorization-server", "openid-configuration"] {
        // RFC 8414 puts the well-known part between host and path.
        if path.strip_prefix("/.well-known/").and_then(|rest| rest.strip_prefix(name)) == Some(base) {
            return Some(Place::Document(Document::Metadata));
        }
    }
    let beneath = path.strip_prefix(base)?;
    match beneath {
        "/v1/token" => Some(Place::Document(Document::Token)),
        "/v1/keys" => Some(Place::Document(Document::Keys)),
        "/.well-known/oauth-authorization-server" | "/.well-known/openid-configuration" => {
            Some(Place::Document(Document::Metadata))
        }
        // Without a path of its own it must not take the paths of everybody.
        _ if base.is_empty() => None,
        "" => Some(Place::Nothing),
        beneath => beneath.starts_with('/').then_some(Place::Nothing),
    }
}

/// True where a path lies beneath the stand-in, so that no endpoint can have it.
pub fn is_beneath(setup: &StandInSetup, path: &str) -> bool {
    place_of(setup, path).is_some()
}

impl AuthorizationServer {
    pub fn new(data_dir: &Path) -> AuthorizationServer {
        AuthorizationServer {
            folder: data_dir.join("oauth"),
            ring: RwLock::default(),
            readiness: watch::Sender::new(Readiness::NotAsked),
            used: Mutex::default(),
            reached_at: RwLock::default(),
            refusals: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// Where the listener is up; none where it is not.
    pub fn set_https(&self, https: Option<SocketAddr>) {
        self.change_reached(|reached_at| reached_at.https = https);
    }

    /// The public URL that a tunnel has given; none where there is none. The workspace's own comes before it.
    pub fn set_public_url(&self, public_url: Option<Arc<str>>) {
        self.change_reached(|reached_at| reached_at.public_url = public_url);
    }

    fn change_reached(&self, change: impl FnOnce(&mut ReachedAt)) {
        change(&mut self.reached_at.write().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_one();
    }

    /// Returns when something has changed since the last time.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// The keys, as they are in this moment.
    pub fn ring(&self) -> Arc<KeyRing> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The stand-in's keys as the check of a token wants them.
    pub fn key_state<'a>(&self, ring: &'a KeyRing) -> KeyState<'a> {
        const FROM: &str = "the stand-in authorization server";
        match ring.keys.is_empty() {
            true => KeyState::Fetching { from: FROM },
            false => KeyState::Known { set: &ring.set, from: FROM, fetched_at: None, refresh_failed: None },
        }
    }

    /// True where keys are still to be had: then [`AuthorizationServer::open_keys`] is to be called, off the path of calls.
    pub fn needs_keys(&self) -> bool {
        self.readiness.send_if_modified(|readiness| {
            let needs = matches!(*readiness, Readiness::NotAsked | Readiness::Failed(_));
            if needs {
                *readiness = Readiness::MakingKey;
            }
            needs
        })
    }

    /// Returns when the keys are there, or cannot be had.
    pub async fn keys_made(&self) {
        let mut readiness = self.readiness.subscribe();
        // The sender lives as long as we do.
        readiness.wait_for(|readiness| !matches!(readiness, Readiness::NotAsked | Readiness::MakingKey)).await.ok();
    }

    /// Reads the keys, or makes the first. Blocks, for seconds perhaps.
    pub fn open_keys(&self) {
        self.take_keys(KeyRing::open(&self.folder, now())).ok();
    }

    /// Makes a new key that signs from now on; tokens of the one before stay good. Blocks, for seconds perhaps.
    ///
    /// # Errors
    ///
    /// Why there is no new key; the one before goes on.
    pub fn rotate_keys(&self, lifetime: Duration) -> Result<(), KeysError> {
        self.take_keys(KeyRing::rotate(&self.folder, now(), lifetime))
    }

    fn take_keys(&self, ring: Result<KeyRing, KeysError>) -> Result<(), KeysError> {
        let result = ring.map(|ring| *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring));
        self.readiness.send_replace(match &result {
            Err(error) if self.ring().keys.is_empty() => Readiness::Failed(error.to_string()),
            _ => Readiness::Ready,
        });
        self.changed.notify_one();
        result
    }

    /// `iss` of the stand-in's tokens: what the workspace says, else its path on the public URL, else on the listener's address.
    pub fn issuer(&self, setup: &Setup, stand_in: &StandInSetup) -> String {
        if let Some(issuer) = &stand_in.issuer {
            return issuer.clone();
        }
        let reached_at = self.reached_at.read().unwrap_or_else(PoisonError::into_inner);
        let base = match setup.tunnel.public_url.as_deref().or(reached_at.public_url.as_deref()) {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => {
                let https = reached_at.https.unwrap_or(setup.listener.https);
                // A listener on every address is reached on the loopback one.
                let is_everywhere = https.ip().is_unspecified();
                let https = if is_everywhere { SocketAddr::from(([127, 0, 0, 1], https.port())) } else { https };
                format!("https://{https}")
            }
        };
        format!("{base}{}", stand_in.path.trim_end_matches('/'))
    }

    /// What a front shows of it.
    pub fn state(&self, setup: &Setup) -> Option<StandInState> {
        let stand_in = setup.oauth.as_ref()?;
        let issuer = self.issuer(setup, stand_in);
        let ring = self.ring();
        let keys = ring.served(now()).map(|kept| SigningKeyState {
            kid: kept.key.kid().to_owned(),
            made_at: kept.made_at,
            until: kept.until,
        });
        Some(StandInState {
            token_url: format!("{issuer}/v1/token"),
            keys_url: format!("{issuer}/v1/keys"),
            metadata_url: format!("{issuer}/.well-known/oauth-authorization-server"),
            keys: keys.collect(),
            readiness: self.readiness.borrow().clone(),
            refusals: lock(&self.refusals).clone(),
            issuer,
        })
    }

    /// Answers a call beneath the stand-in's path; none where it is none of its own. `table` has the keys of its clients.
    pub fn answer(&self, setup: &Setup, table: &KeyTable, request: &Request) -> Option<StandInAnswer> {
        let stand_in = setup.oauth.as_ref()?;
        let place = place_of(stand_in, request.path.as_deref()?)?;
        let method = request.method.as_deref().unwrap_or_default();
        let reply = Reply { setup, asked: Document::Metadata };
        let asked = match place {
            Place::Document(asked) => asked,
            Place::Nothing => {
                let why = "Nothing is at this path of the authorization server: it has v1/token, v1/keys and \
                           .well-known/oauth-authorization-server";
                return Some(reply.error(404, "not_found", why, &[]));
            }
        };
        let reply = Reply { asked, ..reply };
        let issuer = self.issuer(setup, stand_in);
        match asked {
            Document::Token if method == "POST" => Some(self.token(reply, stand_in, &issuer, table, request)),
            Document::Token => {
                Some(reply.error(405, "invalid_request", "Ask for a token with POST", &[("Allow", "POST")]))
            }
            _ if !matches!(method, "GET" | "HEAD") => {
                Some(reply.error(405, "invalid_request", "Ask for this with GET", &[("Allow", "GET, HEAD")]))
            }
            Document::Keys => {
                let ring = self.ring();
                let keys = auth::key_set(ring.served(request.received_at).map(|kept| &*kept.key));
                Some(match ring.keys.is_empty() {
                    true => self.unready(reply),
                    false => reply.json(200, &keys.to_string(), &[]),
                })
            }
            Document::Metadata => {
                let base = reached_base(request).map(|base| format!("{base}{}", stand_in.path.trim_end_matches('/')));
                let metadata = auth::metadata(&issuer, base.as_deref().unwrap_or(&issuer), &stand_in.scopes);
                Some(reply.json(200, &metadata.to_string(), &[]))
            }
        }
    }

    fn unready(&self, reply: Reply<'_>) -> StandInAnswer {
        let why = match &*self.readiness.borrow() {
            Readiness::Failed(why) => why.clone(),
            _ => "The signing key is being made, which takes some seconds: ask again then".to_owned(),
        };
        reply.error(503, "temporarily_unavailable", &why, &[("Retry-After", "2")])
    }

    fn token(
        &self,
        reply: Reply<'_>,
        stand_in: &StandInSetup,
        issuer: &str,
        table: &KeyTable,
        request: &Request,
    ) -> StandInAnswer {
        let ring = self.ring();
        let Some(signing) = ring.signing() else { return self.unready(reply) };
        let token_urls = token_urls(stand_in, issuer, request);
        let keys: Vec<(&KeySource, Keys)> =
            key_sources(stand_in).map(|source| (source, table.keys(source, None))).collect();
        let rules = stand_in.rules(issuer, &token_urls, |source| {
            keys.iter().find(|(known, _)| *known == source).map_or(KeyState::NotFetched, |(_, keys)| keys.state())
        });
        let asked = TokenRequest {
            method: request.method.as_deref().unwrap_or_default(),
            content_type: request.header("content-type"),
            has_authorization: request.headers.get("authorization").is_some(),
            query: request.query.as_deref(),
            body: &request.body,
        };
        let decision = auth::decide(&rules, &asked, request.received_at, &mut lock(&self.used));
        let client_id = decision.client_id.or_else(|| auth::named_client(&request.body));
        let token_id = format!("AT.{}", uuid::Uuid::new_v4().simple());
        let (answer, error, fault) = match &decision.outcome {
            TokenOutcome::Refused(refusal) => {
                self.note_refusal(RefusalSeen {
                    at: request.received_at,
                    client_id: client_id.clone(),
                    error: refusal.error.to_owned(),
                    description: refusal.description.clone(),
                });
                (auth::refused(refusal), Some(refusal.error), None)
            }
            TokenOutcome::Granted(grant) => {
                match auth::granted(&rules, grant, signing, &token_id, request.received_at, stand_in.fault) {
                    Ok(answer) => (answer, None, stand_in.fault),
                    Err(why) => {
                        let mut answer = reply.error(500, "server_error", &why, &[]);
                        answer.report = decision.report;
                        return answer;
                    }
                }
            }
        };
        let headers = [("Content-Type", answer.content_type), ("Cache-Control", "no-store"), ("Pragma", "no-cache")];
        StandInAnswer {
            response: reply.response(answer.status, Bytes::from(answer.body), &headers),
            // A refusal is told at once: only what is given can be slow.
            delay: if error.is_none() { stand_in.delay } else { Duration::ZERO },
            is_silent: answer.is_silent,
            report: decision.report,
            served: Served {
                asked: Document::Token,
                client_id: client_id.map(Arc::from),
                token_id: answer.token_id.map(Arc::from),
                error: error.map(Arc::from),
                fault: fault.map(TokenFault::as_str).map(Arc::from),
            },
        }
    }

    fn note_refusal(&self, refusal: RefusalSeen) {
        let mut refusals = lock(&self.refusals);
        refusals.push(refusal);
        let n_too_many = refusals.len().saturating_sub(REFUSALS_KEPT);
        refusals.drain(..n_too_many);
        drop(refusals);
        self.changed.notify_one();
    }
}

/// The keys of the clients that prove themselves with one.
fn key_sources(stand_in: &StandInSetup) -> impl Iterator<Item = &KeySource> {
    stand_in.clients.iter().filter_map(|client| match &client.method {
        ClientMethod::PrivateKeyJwt(source) => Some(source),
        ClientMethod::SecretPost(_) => None,
    })
}

/// Where a client's keys come from, for a token request that names it.
pub fn client_keys<'a>(setup: &'a Setup, client_id: &str) -> Option<&'a KeySource> {
    let client = setup.oauth.as_ref()?.clients.iter().find(|client| client.client_id == client_id)?;
    match &client.method {
        ClientMethod::PrivateKeyJwt(source) => Some(source),
        ClientMethod::SecretPost(_) => None,
    }
}

fn now() -> Timestamp {
    Timestamp::from_system_time(SystemTime::now())
}

/// Makes answers of one call.
#[derive(Clone, Copy)]
struct Reply<'a> {
    setup: &'a Setup,
    asked: Document,
}

impl Reply<'_> {
    fn response(self, status: u16, body: Bytes, headers: &[(&str, &str)]) -> Response {
        Response {
            status,
            headers: Headers::from_fields(headers.iter().copied()),
            body,
            rule: RULE.into(),
            revision: self.setup.revision,
        }
    }

    fn json(self, status: u16, body: &str, headers: &[(&str, &str)]) -> StandInAnswer {
        let headers: Vec<_> =
            std::iter::once(("Content-Type", "application/json")).chain(headers.iter().copied()).collect();
        StandInAnswer {
            response: self.response(status, Bytes::copy_from_slice(body.as_bytes()), &headers),
            delay: Duration::ZERO,
            is_silent: false,
            report: AuthReport::NOT_CONFIGURED,
            served: Served { asked: self.asked, client_id: None, token_id: None, error: None, fault: None },
        }
    }

    fn error(self, status: u16, error: &str, why: &str, headers: &[(&str, &str)]) -> StandInAnswer {
        self.json(status, &json!({"error": error, "error_description": why}).to_string(), headers)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_beneath_its_path_is_the_stand_ins() {
        let check = |base: &str, path: &str, expected: Option<Place>| {
            let setup = StandInSetup { path: base.to_owned(), ..StandInSetup::default() };
            assert_eq!(place_of(&setup, path), expected, "{base} {path}");
        };
        let document = |asked| Some(Place::Document(asked));
        check("/oauth2/x", "/oauth2/x/v1/token", document(Document::Token));
        check("/oauth2/x/", "/oauth2/x/v1/keys", document(Document::Keys));
        check("/oauth2/x", "/oauth2/x/.well-known/openid-configuration", document(Document::Metadata));
        check("/oauth2/x", "/.well-known/oauth-authorization-server/oauth2/x", document(Document::Metadata));
        check("/oauth2/x", "/.well-known/oauth-authorization-server/other", None);
        check("/oauth2/x", "/oauth2/x/v1/authorize", Some(Place::Nothing));
        check("/oauth2/x", "/oauth2/x", Some(Place::Nothing));
        check("/oauth2/x", "/oauth2/xy/v1/token", None);
        check("/", "/v1/token", document(Document::Token));
        check("/", "/hooks/token", None);
    }

    fn request() -> Request {
        Request { headers: Headers::default(), ..crate::call::test_record().opening.request }
    }

    #[test]
    fn the_issuer_is_what_is_configured_else_the_public_url_else_the_listeners_address() {
        let server = AuthorizationServer::new(Path::new("nowhere"));
        let mut setup = Setup::first_start();
        let mut stand_in = StandInSetup::default();
        assert_eq!(server.issuer(&setup, &stand_in), "https://127.0.0.1:8443/oauth2/hookscope");
        server.set_https(Some(SocketAddr::from(([0, 0, 0, 0], 9443))));
        assert_eq!(server.issuer(&setup, &stand_in), "https://127.0.0.1:9443/oauth2/hookscope");
        server.set_public_url(Some("https://found.example/".into()));
        assert_eq!(server.issuer(&setup, &stand_in), "https://found.example/oauth2/hookscope");
        setup.tunnel.public_url = Some("https://said.example".to_owned());
        assert_eq!(server.issuer(&setup, &stand_in), "https://said.example/oauth2/hookscope");
        stand_in.issuer = Some("https://other.example/oauth2/x".to_owned());
        assert_eq!(server.issuer(&setup, &stand_in), "https://other.example/oauth2/x");
    }

    #[test]
    fn until_its_key_is_made_it_says_so() {
        let server = AuthorizationServer::new(Path::new("nowhere"));
        let setup = Setup { oauth: Some(StandInSetup::default()), ..Setup::first_start() };
        let ask = |method: &str, path: &str| {
            let asked = Request {
                method: Some(method.to_owned()),
                path: Some(format!("/oauth2/hookscope{path}")),
                ..request()
            };
            server.answer(&setup, &KeyTable::default(), &asked).map(|answer| answer.response.status)
        };
        assert_eq!(ask("POST", "/v1/token"), Some(503));
        assert_eq!(ask("GET", "/v1/keys"), Some(503));
        assert_eq!(ask("GET", "/v1/token"), Some(405));
        assert_eq!(ask("DELETE", "/v1/keys"), Some(405));
        assert_eq!(ask("GET", "/v1/nothing"), Some(404));
        assert_eq!(ask("GET", "/.well-known/oauth-authorization-server"), Some(200));
        assert!(server.needs_keys() && !server.needs_keys(), "one asks for keys");
    }
}
