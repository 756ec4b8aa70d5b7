//! What the tests of OAuth 2.0 share: a running engine with a setup made by hand, keys and tokens of another library, a key server
//! that can be slow, wrong or gone.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hookscope::auth::{SigningKey, key_set};
use hookscope::call::{AuthCheck, CheckResult, Record, Secret};
use hookscope::engine::{Command, Engine, EngineFeed, EngineOptions, EngineState, ListenState, SessionChoice};
use hookscope::okta::HookKind;
use hookscope::respond::{
    BearerSetup, ClientMethod, ClientSetup, IssuerSetup, KeySource, SecretSource, Setup, StandInSetup,
};
use hookscope::workspace::Workspace;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::support::{Answer, Client, body_of};

/// A condition that has not come by then never will.
pub const LIMIT: Duration = Duration::from_secs(60);

/// The engine over real sockets, with every call that has ended.
pub struct Inspector {
    pub engine: Option<Engine>,
    pub feed: EngineFeed,
    pub ended: Receiver<Record>,
    pub dir: tempfile::TempDir,
    pub https: SocketAddr,
    pub ca_pem: PathBuf,
}

impl Inspector {
    pub fn start(change: impl FnOnce(&mut Setup)) -> Inspector {
        let dir = tempfile::tempdir().unwrap();
        let mut workspace = Workspace::first_start(None);
        let setup = workspace.setup_mut();
        setup.listener.https = SocketAddr::from(([127, 0, 0, 1], 0));
        change(setup);
        let (sender, ended) = sync_channel(1_000);
        let options = EngineOptions {
            data_dir: dir.path().to_owned(),
            workspace,
            save_workspace: false,
            session: SessionChoice::Working,
            certificate: None,
            wake: Arc::new(|| {}),
            sink: Some(Arc::new(move |record| sender.try_send(record).unwrap())),
        };
        let (engine, feed) = Engine::start(options).unwrap();
        engine.listen().unwrap();
        let ListenState::Listening { https, certificate, .. } = engine.state().listen else { panic!("not listening") };
        Inspector { engine: Some(engine), feed, ended, dir, https, ca_pem: certificate.pem_path }
    }

    pub fn engine(&self) -> &Engine {
        self.engine.as_ref().unwrap()
    }

    pub fn state(&self) -> EngineState {
        self.engine().state()
    }

    pub fn client(&self) -> Client {
        Client::connect(&self.https.to_string(), &self.ca_pem)
    }

    /// The next call that has ended.
    pub fn next(&self) -> Record {
        self.ended.recv_timeout(LIMIT).expect("no call has ended")
    }

    /// Waits until the state is such.
    pub fn until(&self, what: &str, is_so: impl Fn(&EngineState) -> bool) -> EngineState {
        let began = Instant::now();
        loop {
            let state = self.state();
            if is_so(&state) {
                return state;
            }
            assert!(began.elapsed() < LIMIT, "it never came to this: {what}");
            std::thread::yield_now();
        }
    }

    /// Waits until the stand-in can sign.
    pub fn until_ready(&self) {
        self.until("the stand-in has a key", |state| {
            state.stand_in.as_ref().is_some_and(|stand_in| !stand_in.keys.is_empty())
        });
    }

    pub fn ask_token(&self, form: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")];
        self.client().request("POST", "/oauth2/hookscope/v1/token", &headers, &body)
    }

    /// The access token for the client with a secret, and the call that fetched it.
    pub fn token(&self) -> (String, Record) {
        let answer = self.ask_token(&secret_form());
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        let answer: Value = serde_json::from_slice(&answer.body).unwrap();
        (answer["access_token"].as_str().unwrap().to_owned(), self.next())
    }

    /// A call to the token endpoint with this credential.
    pub fn call(&self, event_id: &str, token: &str) -> (Answer, Record) {
        let headers = [("Content-Type", "application/json"), ("Authorization", &*format!("Bearer {token}"))];
        let answer = self.client().request("POST", "/hooks/token", &headers, &body_of("token", event_id));
        (answer, self.next())
    }

    pub fn send(&self, command: Command) {
        self.engine().send(command).unwrap();
    }
}

pub const CLIENT: &str = "0oaExampleHookClt1";
pub const KEY_CLIENT: &str = "0oaExampleHookClt2";
pub const CLIENT_SECRET: &str = "s3cr3t-invented-Nd77LeQ";
pub const SCOPE: &str = "tide.hooks";

pub fn secret_form() -> [(&'static str, &'static str); 4] {
    [("grant_type", "client_credentials"), ("scope", SCOPE), ("client_id", CLIENT), ("client_secret", CLIENT_SECRET)]
}

/// A setup with a stand-in whose tokens guard the token endpoint.
pub fn with_stand_in(setup: &mut Setup, client_keys: Option<KeySource>) {
    let secret = ClientMethod::SecretPost(SecretSource::Typed(Secret::new(CLIENT_SECRET)));
    let mut clients = vec![ClientSetup { client_id: CLIENT.to_owned(), method: secret }];
    clients.extend(
        client_keys.map(|source| ClientSetup {
            client_id: KEY_CLIENT.to_owned(),
            method: ClientMethod::PrivateKeyJwt(source),
        }),
    );
    setup.oauth = Some(StandInSetup { clients, scopes: vec![SCOPE.to_owned()], ..StandInSetup::default() });
    guard(setup, bearer(IssuerSetup::StandIn, KeySource::Discovery));
}

pub fn bearer(issuer: IssuerSetup, keys: KeySource) -> BearerSetup {
    BearerSetup {
        issuer,
        keys,
        audiences: Vec::new(),
        client_id: None,
        scopes: vec![SCOPE.to_owned()],
        leeway: BearerSetup::LEEWAY,
    }
}

/// Lets the token endpoint demand a token.
pub fn guard(setup: &mut Setup, bearer: BearerSetup) {
    let endpoint = setup.endpoints.iter_mut().find(|endpoint| endpoint.hook.kind() == Some(HookKind::Token));
    endpoint.unwrap().auth.bearer = Some(bearer);
}

/// A key pair as another library signs with it.
pub struct Signer {
    pub key: SigningKey,
    encoding: EncodingKey,
}

impl Signer {
    pub fn new() -> Signer {
        let key = SigningKey::generate().unwrap();
        let base64 = STANDARD.encode(key.to_pkcs8());
        let lines: Vec<&str> = (0..base64.len()).step_by(64).map(|at| &base64[at..base64.len().min(at + 64)]).collect();
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
        Signer { encoding: EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap(), key }
    }

    pub fn kid(&self) -> &str {
        self.key.kid()
    }

    /// Signed by the other library.
    pub fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.kid().to_owned()), ..Header::new(Algorithm::RS256) };
        encode(&header, claims, &self.encoding).unwrap()
    }

    /// The key set as a server gives it.
    pub fn key_set(&self) -> String {
        key_set([&self.key]).to_string()
    }

    /// The public half as Okta gives that of a hook key: `alg` is no algorithm and `use` is null.
    pub fn hook_key(&self) -> String {
        let set: Value = serde_json::from_str(&self.key_set()).unwrap();
        let key = &set["keys"][0];
        let public = json!({"kty": "RSA", "alg": "RSA", "kid": self.kid(), "use": null, "e": key["e"], "n": key["n"]});
        json!({"id": "HKY1", "keyId": self.kid(), "name": "tide key", "_embedded": public}).to_string()
    }
}

pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// The claims of an assertion of the client with a key.
pub fn assertion(audience: &str, id: &str) -> Value {
    json!({"iss": KEY_CLIENT, "sub": KEY_CLIENT, "aud": audience, "iat": now(), "exp": now() + 300, "jti": id})
}

pub fn assertion_form(assertion: &str) -> [(&str, &str); 4] {
    [
        ("grant_type", "client_credentials"),
        ("scope", SCOPE),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
    ]
}

/// The claims of an access token as Okta has them.
pub fn access(issuer: &str) -> Value {
    json!({"ver": 1, "jti": "AT.x", "iss": issuer, "aud": "api://default", "iat": now(), "exp": now() + 600,
        "cid": CLIENT, "scp": [SCOPE], "sub": CLIENT})
}

pub fn decoded(token: &str) -> Value {
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

/// The checks that failed, by name.
pub fn failed(record: &Record) -> Vec<&str> {
    let checks = record.opening.auth.checks.iter();
    checks.filter(|check| check.result == CheckResult::Fail).map(|check| &*check.name).collect()
}

/// The details of the checks that failed.
pub fn reasons(record: &Record) -> String {
    let is_failed = |check: &&AuthCheck| check.result == CheckResult::Fail;
    record.opening.auth.checks.iter().filter(is_failed).map(|check| format!("{}\n", check.detail)).collect()
}

/// How a key server behaves.
#[derive(Clone, Debug)]
pub enum Behaviour {
    Answer(u16, String),
    /// It takes the request and says nothing.
    Silent,
}

/// A server of the test, over plain HTTP.
pub struct KeyServer {
    pub address: SocketAddr,
    behaviour: Arc<Mutex<Behaviour>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl KeyServer {
    pub fn start(behaviour: Behaviour) -> KeyServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (behaviour, asked) = (Arc::new(Mutex::new(behaviour)), Arc::new(Mutex::new(Vec::new())));
        let (told, seen) = (behaviour.clone(), asked.clone());
        let serve = move || {
            let mut held = Vec::new();
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
                    head.push(byte[0]);
                }
                let path = String::from_utf8_lossy(&head).split(' ').nth(1).unwrap_or_default().to_owned();
                seen.lock().unwrap().push(path);
                match told.lock().unwrap().clone() {
                    Behaviour::Silent => held.push(stream),
                    Behaviour::Answer(status, body) => {
                        let answer = format!(
                            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                            body.len()
                        );
                        stream.write_all(answer.as_bytes()).ok();
                    }
                }
            }
        };
        std::thread::Builder::new().name("key-server".into()).spawn(serve).unwrap();
        KeyServer { address, behaviour, asked }
    }

    pub fn now(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    pub fn n_asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}
