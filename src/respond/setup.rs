//! What a workspace says: the listener, its endpoints, their credentials and responses.

mod address;
mod oauth;
mod secret_source;
mod secrets_of;
mod stand_in_path;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use bytes::Bytes;

use super::{Action, Answer, ResponseChoice, Rule};
use crate::auth::Expected;
use crate::call::{Headers, Masker, Response, Secret};
use crate::okta::HookKind;

pub use crate::auth::TokenFault;
pub use address::AddressSetup;
pub use oauth::{BearerSetup, ClientMethod, ClientSetup, IssuerKnown, IssuerSetup, KeySource, StandInSetup};
pub use secret_source::SecretSource;

/// Everything that decides how a call is answered. A value: a call under way keeps the one it started with.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// Counts the changes of this run, so that a recorded call can say which state answered it.
    pub revision: u64,
    pub listener: ListenerSetup,
    /// True: a failed credential is answered 401 on every endpoint.
    pub enforce: bool,
    /// False: no rule is asked, as if every one were off.
    pub rules_on: bool,
    /// The library of saved responses, by name.
    pub responses: Vec<SavedResponse>,
    /// What is masked beside Okta's own secrets: JSON Pointers, which begin with `/`, and names of members.
    pub mask: Vec<String>,
    /// The authorization server that the listener plays; none: it plays none.
    pub oauth: Option<StandInSetup>,
    pub tunnel: TunnelSetup,
    pub endpoints: Vec<Endpoint>,
}

/// Where and how to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerSetup {
    pub https: SocketAddr,
    /// For tunnels that end TLS themselves; loopback only.
    pub http: Option<SocketAddr>,
    /// Names in the leaf beside localhost, 127.0.0.1 and ::1.
    pub names: Vec<String>,
    pub max_body_bytes: u64,
    /// Believe X-Forwarded-For when the peer is loopback.
    pub forwarded_from_loopback: bool,
    /// A certificate of the user's own; none: that of this machine's authority.
    pub certificate: Option<CertificateSetup>,
}

/// Two PEM files of the user. The paths are as written in the workspace: relative ones begin at its folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateSetup {
    /// The certificate, then what signed it.
    pub cert: String,
    pub key: String,
}

/// How Okta reaches the listener.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TunnelSetup {
    /// The address that Okta calls, as the user knows it; none: that of the tunnel that was started or found, if any.
    pub public_url: Option<String>,
    /// The program that the window offers first, such as `cloudflared`.
    pub program: Option<String>,
    /// A command of the user's own in place of the program's recipe; `{port}` and `{address}` stand for the listener's.
    pub command: Option<String>,
}

/// A path of the listener with its hook kind, credential and response.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    pub name: Arc<str>,
    pub path: String,
    pub hook: EndpointHook,
    pub auth: AuthSetup,
    /// None: the least harmful response of the kind.
    pub response: Option<ResponseSetup>,
    /// What is done with a call that no rule matches: by default `response` answers it.
    pub action: Action,
    /// Asked in order; the first that matches decides.
    pub rules: Vec<Rule>,
}

impl Endpoint {
    /// What it answers where no rule matches, before any template is filled: of a sequence the first. None is the least harmful
    /// response of the kind.
    pub fn own_response<'a>(&'a self, setup: &'a Setup) -> Option<&'a ResponseSetup> {
        self.response_of(self.action.all_answers().first()?, setup)
    }

    /// The response of an answer, its own or a rule's. None is the least harmful response of the kind.
    pub fn response_of<'a>(&'a self, answer: &'a Answer, setup: &'a Setup) -> Option<&'a ResponseSetup> {
        let chosen = match &answer.response {
            ResponseChoice::Endpoint => None,
            ResponseChoice::Own(response) => Some(response),
            ResponseChoice::Saved(name) => setup.response_named(name).map(|saved| &saved.response),
        };
        chosen.or(self.response.as_ref())
    }
}

/// A response that is kept under a name, to be used by rules and endpoints.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedResponse {
    /// Unique in the workspace.
    pub name: Arc<str>,
    /// The kind that it is meant for; none where it fits any.
    pub kind: Option<HookKind>,
    pub response: ResponseSetup,
}

/// The kind of calls that an endpoint expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointHook {
    /// Whatever the call says it is.
    Auto,
    Kind(HookKind),
}

impl EndpointHook {
    pub fn kind(self) -> Option<HookKind> {
        match self {
            EndpointHook::Auto => None,
            EndpointHook::Kind(kind) => Some(kind),
        }
    }
}

/// The credentials that an endpoint expects. Several may stand together: then all are checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthSetup {
    pub basic: Option<BasicSetup>,
    pub header: Option<HeaderSetup>,
    pub bearer: Option<BearerSetup>,
    /// Where calls should come from; advisory.
    pub addresses: Option<AddressSetup>,
}

impl AuthSetup {
    /// True where anything is checked.
    pub fn is_configured(&self) -> bool {
        self.basic.is_some() || self.header.is_some() || self.bearer.is_some() || self.addresses.is_some()
    }

    /// Every text that gives the credential away.
    fn secrets(&self) -> Vec<Secret> {
        let mut secrets = Vec::new();
        if let Some(basic) = &self.basic
            && let Some(password) = basic.password.secret()
        {
            let pair = format!("{}:{}", basic.user, password.reveal());
            secrets.push(Secret::new(base64::engine::general_purpose::STANDARD.encode(pair)));
            secrets.push(password.clone());
        }
        secrets.extend(self.header.as_ref().and_then(|header| header.value.secret()).cloned());
        secrets
    }

    /// What the credential checks are to compare with; `known` is what the setup itself does not hold.
    pub fn expected<'a>(&'a self, known: &IssuerKnown<'a>) -> Expected<'a> {
        Expected {
            basic: self.basic.as_ref().map(|basic| (basic.user.as_str(), basic.password.secret())),
            header: self.header.as_ref().map(|header| (header.name.as_str(), header.value.secret())),
            bearer: self.bearer.as_ref().map(|bearer| bearer.expected(known)),
            addresses: self.addresses.as_ref().map(AddressSetup::expected),
        }
    }
}

/// HTTP Basic (RFC 7617).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasicSetup {
    pub user: String,
    pub password: SecretSource,
}

/// A secret in a named header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderSetup {
    pub name: String,
    pub value: SecretSource,
}

/// What an endpoint answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseSetup {
    /// 100 to 999 can be written; what Okta makes of it is the verdict's matter.
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub delay: Duration,
    pub body: Arc<str>,
    /// The file that the body was read from, as written in the workspace.
    pub body_file: Option<String>,
    /// True: body and header values are templates, filled with values of the call (see [`super::Template`]).
    pub is_template: bool,
}

/// An empty 200.
impl Default for ResponseSetup {
    fn default() -> ResponseSetup {
        ResponseSetup {
            status: 200,
            headers: Vec::new(),
            delay: Duration::ZERO,
            body: Arc::from(""),
            body_file: None,
            is_template: false,
        }
    }
}

impl ResponseSetup {
    /// The response as it stands here, templates unfilled.
    pub fn as_response(&self, rule: Arc<str>, revision: u64) -> Response {
        Response {
            status: self.status,
            headers: Headers::from_fields(self.headers.iter().map(|(name, value)| (name, value))),
            body: Bytes::copy_from_slice(self.body.as_bytes()),
            rule,
            revision,
        }
    }
}

impl Default for ListenerSetup {
    fn default() -> ListenerSetup {
        ListenerSetup {
            https: SocketAddr::from(([127, 0, 0, 1], 8443)),
            http: None,
            names: Vec::new(),
            max_body_bytes: 1_048_576,
            forwarded_from_loopback: false,
            certificate: None,
        }
    }
}

impl Setup {
    /// The setup of a first start: one endpoint for each kind but verification, each with the least harmful response.
    pub fn first_start() -> Setup {
        let endpoints = HookKind::WITH_ENDPOINT
            .into_iter()
            .map(|kind| Endpoint {
                name: kind.as_str().into(),
                path: format!("/hooks/{kind}"),
                hook: EndpointHook::Kind(kind),
                auth: AuthSetup::default(),
                response: super::least_harmful(kind),
                action: Action::default(),
                rules: Vec::new(),
            })
            .collect();
        Setup {
            revision: 0,
            listener: ListenerSetup::default(),
            enforce: false,
            rules_on: true,
            responses: Vec::new(),
            mask: Vec::new(),
            oauth: None,
            tunnel: TunnelSetup::default(),
            endpoints,
        }
    }

    /// The endpoint of a path, compared as sent.
    pub fn endpoint_at(&self, path: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.path == path)
    }

    pub fn endpoint_named(&self, name: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| &*endpoint.name == name)
    }

    /// A saved response.
    pub fn response_named(&self, name: &str) -> Option<&SavedResponse> {
        self.responses.iter().find(|saved| &*saved.name == name)
    }

    /// Names of the headers that carry a configured secret: they are masked wherever a call is shown or copied.
    pub fn secret_headers(&self) -> Vec<String> {
        self.endpoints
            .iter()
            .filter_map(|endpoint| endpoint.auth.header.as_ref())
            .map(|header| header.name.clone())
            .collect()
    }

    /// What hides secrets wherever a call is shown or copied: those of this setup by name and by value, and what it names beside.
    pub fn masker(&self) -> Masker {
        let of_endpoints = self.endpoints.iter().flat_map(|endpoint| endpoint.auth.secrets());
        let clients = self.oauth.iter().flat_map(|stand_in| &stand_in.clients);
        let of_clients = clients.filter_map(|client| match &client.method {
            ClientMethod::SecretPost(source) => source.secret().cloned(),
            ClientMethod::PrivateKeyJwt(_) => None,
        });
        let secrets: Vec<Secret> = of_endpoints.chain(of_clients).collect();
        Masker::new(self.secret_headers()).with_secrets(&secrets).with_marks(self.mask.iter().map(String::as_str))
    }
}
