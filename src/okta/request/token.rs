//! A token request: who asks for which tokens (Okta OpenAPI 2026.06.3, TokenPayLoad).

use std::borrow::Cow;

use super::UserView;
use super::fact::{Facts, with_more};
use super::node::{Node, Shape, envelope_shape};
use super::user::USER;

/// `data` of a token request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenView<'a> {
    pub user: Option<UserView<'a>>,
    /// `data.context.session`: its login; its id is a secret and not in here.
    pub session_login: Option<Cow<'a, str>>,
    pub has_session: bool,
    pub client_id: Option<Cow<'a, str>>,
    pub client_name: Option<Cow<'a, str>>,
    pub grant_type: Option<Cow<'a, str>>,
    /// The scopes that were asked for, in their order.
    pub scopes: Vec<Cow<'a, str>>,
    pub issuer: Option<Cow<'a, str>>,
    pub policy_id: Option<Cow<'a, str>>,
    pub rule_id: Option<Cow<'a, str>>,
    /// Only with the refresh of tokens.
    pub original_grant: Option<OriginalGrant<'a>>,
    /// The ID token, where one is minted.
    pub identity: Option<MintedToken<'a>>,
    /// The access token, where one is minted.
    pub access: Option<MintedToken<'a>>,
    /// An administrator's preview, not a live call.
    pub is_preview: bool,
}

/// A token that is about to be minted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MintedToken<'a> {
    /// The names of its claims, in their order.
    pub claims: Vec<Cow<'a, str>>,
    /// `token.lifetime.expiration` in seconds, as it is written.
    pub lifetime_secs: Option<Cow<'a, str>>,
    /// The names of the scopes that are granted; an access token's only.
    pub scopes: Vec<Cow<'a, str>>,
}

/// The grant that a refreshed token goes back to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OriginalGrant<'a> {
    /// Where it stands: live calls say `originalGrant`, the schema `OriginalGrant`; the grant is in `authorization`, in an older
    /// schema in `request`.
    pub pointer: String,
    pub grant_type: Option<Cow<'a, str>>,
    pub client_id: Option<Cow<'a, str>>,
    pub scopes: Vec<Cow<'a, str>>,
}

const GRANT: &[(&str, Shape)] = &[("scope", Shape::Leaf), ("client_id", Shape::Leaf), ("grant_type", Shape::Leaf)];

const ORIGINAL: &[(&str, Shape)] = &[("authorization", Shape::Members(GRANT)), ("request", Shape::Members(GRANT))];

const LIFETIME: &[(&str, Shape)] = &[("expiration", Shape::Leaf)];

const MINTED: &[(&str, Shape)] = &[
    ("claims", Shape::Each(&Shape::Leaf)),
    ("token", Shape::Members(&[("lifetime", Shape::Members(LIFETIME))])),
    ("scopes", Shape::Each(&Shape::Leaf)),
];

static TOKEN: Shape = envelope_shape!(Shape::Members(&[
    (
        "context",
        Shape::Members(&[
            ("request", Shape::Members(&[("url", Shape::Members(&[("value", Shape::Leaf)]))])),
            (
                "protocol",
                Shape::Members(&[
                    ("request", Shape::Members(GRANT)),
                    ("originalGrant", Shape::Members(ORIGINAL)),
                    ("OriginalGrant", Shape::Members(ORIGINAL)),
                    ("issuer", Shape::Members(&[("uri", Shape::Leaf)])),
                    ("client", Shape::Members(&[("id", Shape::Leaf), ("name", Shape::Leaf)])),
                ]),
            ),
            ("session", Shape::Members(&[("login", Shape::Leaf)])),
            ("user", Shape::Members(USER)),
            ("policy", Shape::Members(&[("id", Shape::Leaf), ("rule", Shape::Members(&[("id", Shape::Leaf)]))])),
        ]),
    ),
    ("identity", Shape::Members(MINTED)),
    ("access", Shape::Members(MINTED)),
]));

impl<'a> TokenView<'a> {
    pub(super) fn read(body: &'a [u8]) -> TokenView<'a> {
        let request = Node::read(body, &TOKEN);
        let data = request.get("data");
        let context = data.get("context");
        let protocol = context.get("protocol");
        let asked = protocol.get("request");
        TokenView {
            user: UserView::of(context.get("user")),
            session_login: context.at(&["session", "login"]).scalar(),
            has_session: context.get("session").is_given(),
            client_id: protocol.at(&["client", "id"]).scalar().or_else(|| asked.get("client_id").scalar()),
            client_name: protocol.at(&["client", "name"]).scalar(),
            grant_type: asked.get("grant_type").scalar(),
            scopes: words(asked.get("scope")),
            issuer: protocol.at(&["issuer", "uri"]).scalar(),
            policy_id: context.at(&["policy", "id"]).scalar(),
            rule_id: context.at(&["policy", "rule", "id"]).scalar(),
            original_grant: OriginalGrant::of(protocol),
            identity: MintedToken::of(data.get("identity")),
            access: MintedToken::of(data.get("access")),
            is_preview: is_preview(&request),
        }
    }

    pub(super) fn add_facts(&self, facts: &mut Facts) {
        let minted = match (&self.identity, &self.access) {
            (Some(_), Some(_)) => Some(("ID token and access token", "/data")),
            (Some(_), None) => Some(("ID token", "/data/identity")),
            (None, Some(_)) => Some(("Access token", "/data/access")),
            (None, None) => None,
        };
        if let Some(user) = &self.user {
            user.add_facts(facts);
        }
        let client = with_more(self.client_name.as_deref(), self.client_id.as_deref());
        facts.text("Client", client.as_deref(), "/data/context/protocol/client");
        facts.text("Grant", self.grant_type.as_deref(), "/data/context/protocol/request/grant_type");
        facts.names("Scopes", &self.scopes, "/data/context/protocol/request/scope");
        facts.text("Tokens", minted.map(|(tokens, _)| tokens), minted.map_or("", |(_, pointer)| pointer));
        for (label, token, pointer) in [
            ("ID token claims", &self.identity, "/data/identity/claims"),
            ("Access token claims", &self.access, "/data/access/claims"),
        ] {
            facts.names(label, token.as_ref().map_or(&[], |token| &token.claims), pointer);
        }
        for (label, token, pointer) in [
            ("ID token lifetime", &self.identity, "/data/identity/token/lifetime/expiration"),
            ("Access token lifetime", &self.access, "/data/access/token/lifetime/expiration"),
        ] {
            let lifetime = token.as_ref().and_then(|token| token.lifetime_secs.as_deref());
            facts.text(label, lifetime.map(|lifetime| format!("{lifetime} s")).as_deref(), pointer);
        }
        if let Some(original) = &self.original_grant {
            facts.text("Original grant", original.grant_type.as_deref(), format!("{}/grant_type", original.pointer));
            facts.names("Original scopes", &original.scopes, format!("{}/scope", original.pointer));
        }
        facts.text("Issuer", self.issuer.as_deref(), "/data/context/protocol/issuer/uri");
        facts.text("Policy", self.policy_id.as_deref(), "/data/context/policy/id");
        facts.text("Policy rule", self.rule_id.as_deref(), "/data/context/policy/rule/id");
        facts.text("Session", self.has_session.then_some("Yes"), "/data/context/session");
        add_preview(self.is_preview, facts);
    }
}

/// The words of a text that spaces part.
fn words<'a>(node: &Node<'a>) -> Vec<Cow<'a, str>> {
    match node.text() {
        Some(Cow::Borrowed(text)) => text.split_ascii_whitespace().map(Cow::Borrowed).collect(),
        Some(Cow::Owned(text)) => text.split_ascii_whitespace().map(|word| Cow::Owned(word.to_owned())).collect(),
        None => Vec::new(),
    }
}

/// A preview is told by the end of the URL that it names as its own.
pub(super) fn is_preview(request: &Node<'_>) -> bool {
    request
        .at(&["data", "context", "request", "url", "value"])
        .text()
        .is_some_and(|url| url.contains("generatePreview"))
}

pub(super) fn add_preview(is_preview: bool, facts: &mut Facts) {
    let said = is_preview.then_some("A preview by an administrator, not a live call");
    facts.text("Preview", said, "/data/context/request/url/value");
}

impl<'a> MintedToken<'a> {
    fn of(token: &Node<'a>) -> Option<MintedToken<'a>> {
        token.is_given().then(|| MintedToken {
            claims: token.get("claims").names(),
            lifetime_secs: token.at(&["token", "lifetime", "expiration"]).scalar(),
            scopes: token.get("scopes").names(),
        })
    }
}

impl<'a> OriginalGrant<'a> {
    fn of(protocol: &Node<'a>) -> Option<OriginalGrant<'a>> {
        let outer = ["originalGrant", "OriginalGrant"].into_iter().find(|name| protocol.get(name).is_given())?;
        let original = protocol.get(outer);
        let pointer = format!("/data/context/protocol/{outer}");
        let Some(inner) = ["authorization", "request"].into_iter().find(|name| original.get(name).is_given()) else {
            return Some(OriginalGrant { pointer, ..OriginalGrant::default() });
        };
        let grant = original.get(inner);
        Some(OriginalGrant {
            pointer: format!("{pointer}/{inner}"),
            grant_type: grant.get("grant_type").scalar(),
            client_id: grant.get("client_id").scalar(),
            scopes: words(grant.get("scope")),
        })
    }
}
