//! The rules of the stand-in's token endpoint: who gets an access token (RFC 6749, section 4.4; RFC 7523, section 2.2).

use std::borrow::Cow;
use std::time::Duration;

use serde_json::Value;

use super::assertion::{self, Assertion};
use super::jwk::clipped;
use super::proof::ALGORITHM;
use super::{Jwt, KeyState, UsedAssertions, advisory, fail, pass, skipped};
use crate::call::{AuthCheck, AuthReport, AuthResult, CheckResult, Secret, Timestamp};

const REQUEST: &str = "token-request";
const GRANT_TYPE: &str = "token-grant-type";
const CLIENT_ID: &str = "token-client-id";
const CLIENT_SECRET: &str = "token-client-secret";
const SCOPE: &str = "token-scope";

const FORM: &str = "application/x-www-form-urlencoded";
const CLIENT_CREDENTIALS: &str = "client_credentials";

/// A token request is some hundred bytes, with an assertion one or two thousand.
const LONGEST_BODY: usize = 64 * 1024;
/// More parameters than this are none of Okta's requests.
const MOST_PARAMETERS: usize = 100;

/// What the stand-in authorization server goes by.
#[derive(Clone, Debug)]
pub struct TokenRules<'a> {
    /// `iss` of its tokens.
    pub issuer: &'a str,
    /// Every URL by which the token endpoint can be reached: an assertion may name any of them, or the issuer.
    pub token_urls: &'a [String],
    /// `aud` of its tokens.
    pub audience: &'a str,
    /// Scopes that it grants; empty grants every one.
    pub scopes: &'a [String],
    /// Lifetime of its tokens.
    pub expires_in: Duration,
    pub clients: Vec<Client<'a>>,
}

/// A client that may ask for a token.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    pub client_id: &'a str,
    pub proof: ClientProof<'a>,
}

/// How a client proves itself, in Okta's words.
#[derive(Clone, Copy, Debug)]
pub enum ClientProof<'a> {
    /// `client_secret_post`; none where its source gave none: then nobody gets in.
    SecretPost(Option<&'a Secret>),
    /// `private_key_jwt`.
    PrivateKeyJwt(KeyState<'a>),
}

/// A request as far as the token endpoint looks at it.
#[derive(Clone, Copy, Debug)]
pub struct TokenRequest<'a> {
    pub method: &'a str,
    pub content_type: Option<&'a str>,
    /// True where there is an `Authorization` header: Okta's hooks never send one here.
    pub has_authorization: bool,
    /// What stands behind the `?` of the URL: credentials do not belong there.
    pub query: Option<&'a str>,
    pub body: &'a [u8],
}

/// What became of a token request, with every check that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenDecision {
    pub report: AuthReport,
    /// The client, as far as it named itself and is known.
    pub client_id: Option<String>,
    pub outcome: TokenOutcome,
}

/// A token, or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenOutcome {
    Granted(Grant),
    Refused(Refusal),
}

/// Who gets a token, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub client_id: String,
    pub scopes: Vec<String>,
}

/// A refusal (RFC 6749, section 5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    /// For instance `invalid_client`.
    pub error: &'static str,
    /// A sentence for the developer; never a secret.
    pub description: String,
}

/// Decides about a token request. `used` is only written to where everything else about an assertion is right.
pub fn decide(
    rules: &TokenRules<'_>,
    asked: &TokenRequest<'_>,
    now: Timestamp,
    used: &mut UsedAssertions,
) -> TokenDecision {
    let form = Form::read(asked.body);
    let mut decision = Deciding { checks: Vec::with_capacity(12), refusal: None };
    decision.take(request(asked, &form), "invalid_request");
    let grant_type = form.get("grant_type");
    decision.take(
        grant_type_check(grant_type),
        if grant_type.is_some() { "unsupported_grant_type" } else { "invalid_request" },
    );
    let assertion = form.get("client_assertion");
    let named = form.client_id();
    let client = named.as_deref().and_then(|named| rules.clients.iter().find(|client| client.client_id == named));
    decision.take(
        client_id(rules, named.as_deref(), client),
        if named.is_some() || assertion.is_some() { "invalid_client" } else { "invalid_request" },
    );
    match client.map(|client| client.proof) {
        Some(ClientProof::SecretPost(secret)) => {
            decision.take(client_secret(secret, &form), "invalid_client");
        }
        Some(ClientProof::PrivateKeyJwt(keys)) => {
            let given = Assertion {
                client_id: client.map(|client| client.client_id).unwrap_or_default(),
                kind: form.get("client_assertion_type"),
                token: assertion,
                secret_came: form.get("client_secret").is_some(),
            };
            let expected = assertion::Expected { keys, token_urls: rules.token_urls, issuer: rules.issuer, now };
            for check in assertion::check(&given, &expected, used) {
                decision.take(check, "invalid_client");
            }
        }
        None => {
            let name = if assertion.is_some() { assertion::TYPE } else { CLIENT_SECRET };
            decision.checks.push(skipped(name, "Not looked at: the client is not known"));
        }
    }
    let (scopes, check) = scopes(rules.scopes, form.get("scope"));
    decision.take(check, "invalid_scope");
    // Only what would have been granted is used up, so that a refused assertion can be looked into and sent again.
    if decision.refusal.is_none()
        && let (Some(client), Some(token)) = (client, assertion)
        && matches!(client.proof, ClientProof::PrivateKeyJwt(_))
        && let Some(check) = assertion::use_up(client.client_id, token, now, used)
    {
        decision.take(check, "invalid_client");
    }
    let client_id = client.map(|client| client.client_id.to_owned());
    let outcome = match (decision.refusal, &client_id) {
        (None, Some(client_id)) => TokenOutcome::Granted(Grant { client_id: client_id.clone(), scopes }),
        (Some(refusal), _) => TokenOutcome::Refused(refusal),
        // An unknown client has failed its check; it must not get a token even if that were forgotten.
        (None, None) => TokenOutcome::Refused(refusal_of("invalid_client", "The client is not known".to_owned())),
    };
    let nothing_came = form.get("client_secret").is_none() && assertion.is_none() && named.is_none();
    let result = match &outcome {
        TokenOutcome::Granted(_) => AuthResult::Pass,
        TokenOutcome::Refused(_) if nothing_came => AuthResult::Missing,
        TokenOutcome::Refused(_) => AuthResult::Fail,
    };
    TokenDecision { report: AuthReport { result, checks: decision.checks }, client_id, outcome }
}

/// The checks so far, and what the first failed one is answered with.
struct Deciding {
    checks: Vec<AuthCheck>,
    refusal: Option<Refusal>,
}

impl Deciding {
    fn take(&mut self, check: AuthCheck, error: &'static str) {
        if check.result == CheckResult::Fail && self.refusal.is_none() {
            self.refusal = Some(refusal_of(error, check.detail.clone().into_owned()));
        }
        self.checks.push(check);
    }
}

fn refusal_of(error: &'static str, description: String) -> Refusal {
    // RFC 6749, 5.2: 400 for all but a client that could not be authenticated.
    Refusal { status: if error == "invalid_client" { 401 } else { 400 }, error, description }
}

/// The parameters of a token request. One without a value counts as left out (RFC 6749, 3.2).
struct Form<'a> {
    parameters: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    repeated: Vec<String>,
    is_cut: bool,
}

impl<'a> Form<'a> {
    fn read(body: &'a [u8]) -> Form<'a> {
        let is_cut = body.len() > LONGEST_BODY;
        let mut form = Form { parameters: Vec::new(), repeated: Vec::new(), is_cut };
        if is_cut {
            return form;
        }
        for (name, value) in form_urlencoded::parse(body) {
            if form.parameters.len() >= MOST_PARAMETERS {
                form.is_cut = true;
                break;
            }
            if form.parameters.iter().any(|(known, _)| *known == name) {
                form.repeated.push(clipped(&name));
            }
            form.parameters.push((name, value));
        }
        form
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_ref());
        found.filter(|value| !value.is_empty())
    }

    /// The client as the request names it: beside an assertion `client_id` may be left out, and `sub` says it.
    fn client_id(&self) -> Option<Cow<'_, str>> {
        if let Some(client_id) = self.get("client_id") {
            return Some(client_id.into());
        }
        let jwt = Jwt::read(self.get("client_assertion")?.as_bytes()).ok()?;
        let claim = |name: &str| jwt.claims.get(name).and_then(Value::as_str).map(str::to_owned);
        claim("sub").or_else(|| claim("iss")).map(Cow::Owned)
    }
}

fn request(asked: &TokenRequest<'_>, form: &Form<'_>) -> AuthCheck {
    if !asked.method.eq_ignore_ascii_case("POST") {
        return fail(REQUEST, "A token is asked for with POST").with("POST", clipped(asked.method));
    }
    let content_type = asked.content_type.unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case(FORM) {
        let came = if content_type.is_empty() { "nothing".to_owned() } else { clipped(content_type) };
        return fail(REQUEST, "The Content-Type is another one than that of a form").with(FORM, came);
    }
    if form.is_cut {
        return fail(
            REQUEST,
            format!("The body is too long: {LONGEST_BODY} bytes and {MOST_PARAMETERS} parameters are the most"),
        );
    }
    if !form.repeated.is_empty() {
        let repeated = form.repeated.get(..5).unwrap_or(&form.repeated).join(", ");
        return fail(REQUEST, format!("A parameter must not be there more than once: {repeated}"));
    }
    if form.get("client_secret").is_some() && form.get("client_assertion").is_some() {
        return fail(
            REQUEST,
            "There are a client_secret and a client_assertion: a client proves itself in one way (RFC 6749, 2.3)",
        );
    }
    if asked.has_authorization {
        return fail(
            REQUEST,
            "There is an Authorization header: Okta's hooks prove their client in the body, by client_secret_post or private_key_jwt",
        );
    }
    if asked.query.is_some_and(|query| {
        form_urlencoded::parse(query.as_bytes()).any(|(name, _)| matches!(&*name, "client_secret" | "client_assertion"))
    }) {
        return fail(REQUEST, "The credentials are in the URL, where they get into logs: send them in the body");
    }
    pass(REQUEST, "It is a POST of a form, and no parameter is there twice")
}

fn grant_type_check(grant_type: Option<&str>) -> AuthCheck {
    let check = match grant_type {
        Some(CLIENT_CREDENTIALS) => pass(GRANT_TYPE, "The grant type is client_credentials"),
        Some(_) => fail(GRANT_TYPE, "Hooks use the grant type client_credentials, and there is no other here"),
        None => fail(GRANT_TYPE, "There is no grant_type: it must be client_credentials"),
    };
    check.with(CLIENT_CREDENTIALS, grant_type.map_or("nothing".to_owned(), clipped))
}

fn client_id(rules: &TokenRules<'_>, named: Option<&str>, client: Option<&Client<'_>>) -> AuthCheck {
    let mut known: Vec<String> = rules.clients.iter().take(5).map(|client| clipped(client.client_id)).collect();
    if rules.clients.len() > known.len() {
        known.push(format!("{} more", rules.clients.len() - known.len()));
    }
    let check = match (named, client) {
        (_, Some(_)) => pass(CLIENT_ID, "The client is known"),
        (None, None) => {
            fail(CLIENT_ID, "No client is named: neither by client_id nor by an assertion that can be read")
        }
        (Some(_), None) if rules.clients.is_empty() => {
            fail(CLIENT_ID, "The authorization server has no clients yet: add one with the client id of the hook")
        }
        (Some(_), None) => fail(CLIENT_ID, "There is no such client: add it, or correct the client id in the hook"),
    };
    let expected = if known.is_empty() { "no client".to_owned() } else { known.join(" or ") };
    check.with(expected, named.map_or("nothing".to_owned(), clipped))
}

fn client_secret(secret: Option<&Secret>, form: &Form<'_>) -> AuthCheck {
    let given = form.get("client_secret");
    match (secret, given) {
        (None, _) => fail(
            CLIENT_SECRET,
            "The expected client secret is not known: set the variable that it is read from, or type it for this run",
        ),
        // An empty secret would let in whoever sends none.
        (Some(secret), _) if secret.reveal().is_empty() => {
            fail(CLIENT_SECRET, "The expected client secret is empty, so nobody gets in: set one")
        }
        (Some(_), None) if form.get("client_assertion").is_some() => fail(
            CLIENT_SECRET,
            "An assertion came: this client is set up for client_secret_post. Change it here to private_key_jwt, or the method in the \
             hook",
        ),
        (Some(_), None) => fail(CLIENT_SECRET, "There is no client_secret"),
        (Some(secret), Some(given)) if secret.matches(given.as_bytes()) => {
            pass(CLIENT_SECRET, "The client secret is the expected one")
        }
        (Some(_), Some(_)) => {
            fail(CLIENT_SECRET, "The client secret is not the expected one: set the same one in Okta and here")
        }
    }
}

fn scopes(known: &[String], asked: Option<&str>) -> (Vec<String>, AuthCheck) {
    let expected = if known.is_empty() { "any".to_owned() } else { known.join(", ") };
    let Some(asked) = asked else {
        let why = "No scope was asked for, so the token has none: set the scope in the hook";
        return (Vec::new(), advisory(SCOPE, why).with(expected, "nothing"));
    };
    let mut scopes: Vec<String> = Vec::new();
    for scope in asked.split(' ').filter(|scope| !scope.is_empty()) {
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    let is_legal = |scope: &str| scope.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'));
    let unknown: Vec<&str> = scopes
        .iter()
        .map(String::as_str)
        .filter(|scope| !known.is_empty() && !known.iter().any(|known| known == scope))
        .collect();
    let check = if !scopes.iter().all(|scope| is_legal(scope)) {
        fail(SCOPE, "A scope has characters that no scope has: they are parted by single spaces")
    } else if !unknown.is_empty() {
        fail(SCOPE, format!("There is no such scope here: {}", clipped(&unknown.join(", "))))
    } else {
        pass(SCOPE, "Every scope that was asked for is granted")
    };
    (scopes, check.with(expected, clipped(asked)))
}

/// The `kid` of the assertion in a token request and the client that it names, where a key is needed to check it: whoever
/// holds the keys fetches them again where this one is not among them.
pub fn wanted_client_kid(body: &[u8]) -> Option<(String, String)> {
    let form = Form::read(body);
    let client_id = form.client_id()?.into_owned();
    let jwt = Jwt::read(form.get("client_assertion")?.as_bytes()).ok()?;
    (jwt.header_text("alg") == Some(ALGORITHM)).then_some(())?;
    Some((jwt.header_text("kid")?.to_owned(), client_id))
}

/// The client that a token request names, whether it is one or not.
pub fn named_client(body: &[u8]) -> Option<String> {
    Form::read(body).client_id().map(Cow::into_owned)
}
