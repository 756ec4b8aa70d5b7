//! `auth` of an endpoint: the credentials that it expects.

use axum::http::HeaderName;
use serde_spanned::Spanned;
use toml::de::DeTable;

use super::Reading;
use crate::respond::{AuthSetup, BasicSetup, HeaderSetup, Setup};

impl Reading<'_> {
    pub(super) fn auth(&mut self, table: &DeTable<'_>, setup: &Setup) -> AuthSetup {
        self.unknown_keys(table, &["basic", "header", "bearer", "addresses"], "auth");
        let basic = self.table(table, "basic").and_then(|basic| {
            self.unknown_keys(basic, &["user", "password"], "auth.basic");
            let user = self.string(basic, "user").map(|(user, _)| user);
            let password = self.secret_or_missing(basic, "password", table.get("basic"), "auth.basic");
            if user.as_ref().is_some_and(|user| user.contains(':')) {
                let span = basic.get("user").map_or(0..0, Spanned::span);
                self.error(span, "a user of HTTP Basic has no ':' in its name (RFC 7617); the credential is not used");
                return None;
            }
            self.needed(table, "basic", "a user", user).map(|user| BasicSetup { user, password })
        });
        let header = self.table(table, "header").and_then(|header| {
            self.unknown_keys(header, &["name", "value"], "auth.header");
            let name = self.string(header, "name").map(|(name, _)| name);
            let value = self.secret_or_missing(header, "value", table.get("header"), "auth.header");
            if let Some(name) = name.as_ref().filter(|name| HeaderName::from_bytes(name.as_bytes()).is_err()) {
                let span = header.get("name").map_or(0..0, Spanned::span);
                self.error(span, format!("'{name}' is no header name; the credential is not used"));
                return None;
            }
            self.needed(table, "header", "a name", name).map(|name| HeaderSetup { name, value })
        });
        let bearer = self.table(table, "bearer").and_then(|bearer| self.bearer(bearer, table, setup));
        let addresses = self.table(table, "addresses").and_then(|addresses| self.addresses(addresses, table));
        AuthSetup { basic, header, bearer, addresses }
    }

    pub(super) fn needed<T>(&mut self, table: &DeTable<'_>, key: &str, what: &str, found: Option<T>) -> Option<T> {
        if found.is_none() {
            let span = table.get(key).map_or(0..0, Spanned::span);
            self.error(span, format!("auth.{key} needs {what}; the credential is not used"));
        }
        found
    }
}
