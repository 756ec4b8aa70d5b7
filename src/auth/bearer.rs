//! An access token in `Authorization: Bearer` (RFC 6750), as Okta sends it to inline hooks with OAuth 2.0.

use std::time::Duration;

use super::{Decoded, KeyState};
use crate::call::{AuthCheck, Headers, Timestamp};

/// What an endpoint demands of a token.
#[derive(Clone, Copy, Debug)]
pub struct BearerExpected<'a> {
    /// `iss`, compared exactly; none where it is not known: the stand-in is expected, and the listener plays none.
    pub issuer: Option<&'a str>,
    /// One of these must be in `aud`; empty checks nothing.
    pub audiences: &'a [String],
    /// Must be equal to `cid`; none checks nothing.
    pub client_id: Option<&'a str>,
    /// All of these must be in `scp`.
    pub scopes: &'a [String],
    /// How far clocks may differ.
    pub leeway: Duration,
    pub keys: KeyState<'a>,
}

pub(super) fn check(
    _expected: &BearerExpected<'_>,
    _headers: &Headers,
    _received_at: Timestamp,
    _checks: &mut Vec<AuthCheck>,
) {
}

/// The `kid` of the token that came, where a key is needed to check it: whoever holds the keys fetches them again where this
/// one is not among them. None where no RS256 token came.
pub fn wanted_kid(_headers: &Headers) -> Option<String> {
    None
}

/// `jti` of the token that came, whoever signed it: for tying a call to the one that fetched its token.
pub fn token_id(_headers: &Headers) -> Option<String> {
    None
}

/// Header and claims of the token that came, for display: never the signature. None where no token came.
pub fn decoded_bearer(_headers: &Headers) -> Option<Decoded> {
    None
}
