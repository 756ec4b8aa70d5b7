//! `[oauth]`: the authorization server that the listener plays.

use std::collections::HashSet;
use std::ops::Range;
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::{Reading, Value};
use crate::auth::JwkSet;
use crate::respond::{ClientMethod, ClientSetup, KeySource, StandInSetup, TokenFault};

impl Reading<'_> {
    pub(super) fn oauth(&mut self, table: &DeTable<'_>) -> StandInSetup {
        let known = ["path", "issuer", "audience", "scopes", "expires_in", "delay_ms", "fault", "client"];
        self.unknown_keys(table, &known, "[oauth]");
        let mut setup = StandInSetup::default();
        if let Some((path, span)) = self.string(table, "path") {
            match StandInSetup::path_problem(&path) {
                None => setup.path = path,
                Some(why) => self.error(span, format!("{why}; {} is used instead", setup.path)),
            }
        }
        setup.issuer = self.url(table, "issuer").map(|(issuer, _)| issuer);
        if let Some((audience, _)) = self.filled(table, "audience", "the audience of the tokens") {
            setup.audience = audience;
        }
        setup.scopes = self.strings(table, "scopes", "a list of strings, such as [\"tide.hooks\"]");
        if let Some(seconds) = self.number(table, "expires_in", 1..=86_400, "seconds") {
            setup.expires_in = Duration::from_secs(seconds);
        }
        if let Some(millis) = self.number(table, "delay_ms", 0..=600_000, "milliseconds") {
            setup.delay = Duration::from_millis(millis);
        }
        setup.fault = self.fault(table);
        setup.clients = self.clients(table);
        setup
    }

    fn fault(&mut self, table: &DeTable<'_>) -> Option<TokenFault> {
        let (name, span) = self.string(table, "fault")?;
        let fault = TokenFault::named(&name);
        if fault.is_none() {
            let names: Vec<&str> = TokenFault::ALL.into_iter().map(TokenFault::as_str).collect();
            self.error(span, format!("'{name}' is no fault; it is not used. There are {}", names.join(", ")));
        }
        fault
    }

    fn clients(&mut self, table: &DeTable<'_>) -> Vec<ClientSetup> {
        let Some(value) = table.get("client") else { return Vec::new() };
        let DeValue::Array(clients) = value.get_ref() else {
            self.wrong_type(value, "client", "a list of tables, each written as [[oauth.client]]");
            return Vec::new();
        };
        let mut ids = HashSet::new();
        clients.iter().filter_map(|client| self.client(client, &mut ids)).collect()
    }

    fn client(&mut self, value: Value<'_, '_>, ids: &mut HashSet<String>) -> Option<ClientSetup> {
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type(value, "client", "a table, written as [[oauth.client]]");
            return None;
        };
        self.unknown_keys(table, &["client_id", "secret", "hook_key"], "[[oauth.client]]");
        let Some((client_id, span)) = self.filled(table, "client_id", "the client id of Okta's hook") else {
            if !table.contains_key("client_id") {
                self.error(
                    value.span(),
                    "this client has no client_id; write the one that stands in Okta's hook. It is not used",
                );
            }
            return None;
        };
        if !ids.insert(client_id.clone()) {
            self.error(span, format!("the client '{client_id}' is there already; this one is not used"));
            return None;
        }
        let method = match table.get("hook_key") {
            Some(key) if table.contains_key("secret") => {
                self.error(
                    key.span(),
                    "there is a secret already, and a client proves itself in one way; 'hook_key' is not used",
                );
                None
            }
            Some(key) => Some(ClientMethod::PrivateKeyJwt(self.hook_key(key, table))),
            None => None,
        };
        let method = method.unwrap_or_else(|| {
            ClientMethod::SecretPost(self.secret_or_missing(table, "secret", Some(value), "this client"))
        });
        Some(ClientSetup { client_id, method })
    }

    /// A key that cannot be read refuses every assertion: the client must not be let in because of it.
    fn hook_key(&mut self, value: Value<'_, '_>, client: &DeTable<'_>) -> KeySource {
        const REFUSED: &str = "every assertion of the client";
        match value.get_ref() {
            DeValue::String(_) => {
                let text = self.filled(client, "hook_key", "the hook key's JSON Web Key");
                let (text, span) = text.unwrap_or_else(|| (String::new(), value.span()));
                if !text.is_empty() {
                    self.key_set(&text, span, REFUSED);
                }
                KeySource::Pasted(text.into())
            }
            DeValue::Table(inner) => {
                self.unknown_keys(inner, &["url"], "hook_key");
                if !inner.contains_key("url") {
                    self.error(
                        value.span(),
                        format!(
                            "this hook_key has no url; write {{ url = \"https://…\" }}. {REFUSED} is refused until then"
                        ),
                    );
                }
                self.url(inner, "url").map_or(KeySource::Pasted("".into()), |(url, _)| KeySource::Url(url))
            }
            _ => {
                self.wrong_type(value, "hook_key", "a JSON Web Key as text, or { url = \"https://…\" }");
                KeySource::Pasted("".into())
            }
        }
    }

    /// Says what is wrong with pasted keys.
    pub(super) fn key_set(&mut self, text: &str, span: Range<usize>, refused: &str) {
        match JwkSet::parse(text) {
            Err(why) => self.error(span, format!("{why}; {refused} is refused until then")),
            Ok(keys) if keys.keys().is_empty() => {
                let why = keys.problems().first().cloned().unwrap_or_else(|| "there is no key in it".to_owned());
                self.error(span, format!("{why}; {refused} is refused until there is a key"));
            }
            Ok(keys) => {
                for problem in keys.problems() {
                    self.warn(span.clone(), problem.clone());
                }
            }
        }
    }
}
