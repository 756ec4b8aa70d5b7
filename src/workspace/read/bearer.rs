//! `auth.bearer` of an endpoint: the access token that it demands.

use std::time::Duration;

use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

use super::Reading;
use crate::respond::{BearerSetup, IssuerSetup, KeySource, Setup};

/// As it stands for the authorization server of the workspace itself.
pub const STAND_IN: &str = "stand-in";

const ISSUER: &str = "an issuer; write issuer = \"stand-in\", or the one that stands in the token, such as https://example.okta.com/oauth2/default";

impl Reading<'_> {
    pub(super) fn bearer(&mut self, table: &DeTable<'_>, auth: &DeTable<'_>, setup: &Setup) -> Option<BearerSetup> {
        let known = ["issuer", "audience", "client_id", "scopes", "leeway_seconds", "jwks_url", "jwks"];
        self.unknown_keys(table, &known, "auth.bearer");
        let issuer = match self.string(table, "issuer") {
            Some((text, span)) if text == STAND_IN => {
                if setup.oauth.is_none() {
                    self.warn(
                        span,
                        "there is no [oauth] in this workspace, so there is no such authorization server; every credential \
                         fails until there is one",
                    );
                }
                Some(IssuerSetup::StandIn)
            }
            Some((text, _)) if super::url_problem(&text).is_none() => Some(IssuerSetup::At(text)),
            Some((_, span)) => {
                self.error(
                    span,
                    "the issuer is \"stand-in\" or a URL, such as https://example.okta.com/oauth2/default; the credential is \
                     not used",
                );
                return None;
            }
            None => None,
        };
        let issuer = self.needed(auth, "bearer", ISSUER, issuer)?;
        let keys = self.keys(table, &issuer);
        let seconds = self.number(table, "leeway_seconds", 0..=3_600, "seconds");
        Some(BearerSetup {
            issuer,
            keys,
            audiences: self.audiences(table),
            client_id: self.filled(table, "client_id", "the client id of Okta's hook").map(|(client, _)| client),
            scopes: self.strings(table, "scopes", "a list of strings, such as [\"tide.hooks\"]"),
            leeway: seconds.map_or(BearerSetup::LEEWAY, Duration::from_secs),
        })
    }

    fn audiences(&mut self, table: &DeTable<'_>) -> Vec<String> {
        match table.get("audience").map(Spanned::get_ref) {
            Some(DeValue::String(_)) => {
                self.filled(table, "audience", "the audience of the token").into_iter().map(|(one, _)| one).collect()
            }
            _ => self.strings(table, "audience", "a string, or a list of strings, such as [\"api://default\"]"),
        }
    }

    fn keys(&mut self, table: &DeTable<'_>, issuer: &IssuerSetup) -> KeySource {
        let url = self.url(table, "jwks_url");
        let pasted = self.filled(table, "jwks", "a JSON Web Key Set");
        if *issuer == IssuerSetup::StandIn {
            for span in
                [url.as_ref().map(|(_, span)| span), pasted.as_ref().map(|(_, span)| span)].into_iter().flatten()
            {
                self.warn(span.clone(), "the keys of \"stand-in\" are at hand; these are not looked at");
            }
        }
        match (url, pasted) {
            (Some((url, _)), Some((_, span))) => {
                self.error(span, "there is a jwks_url already; 'jwks' is not used");
                KeySource::Url(url)
            }
            (Some((url, _)), None) => KeySource::Url(url),
            (None, Some((text, span))) => {
                self.key_set(&text, span, "every token");
                KeySource::Pasted(text.into())
            }
            (None, None) => KeySource::Discovery,
        }
    }
}
