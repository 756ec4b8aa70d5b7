//! Secrets: by reference, or as plain text with a warning.

use std::ops::Range;

use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

use super::Reading;
use crate::call::Secret;
use crate::respond::SecretSource;

impl Reading<'_> {
    /// A credential without its secret lets nobody in: one that is expected must not be forgotten because nobody knows it.
    pub(super) fn secret_or_missing(
        &mut self,
        credential: &DeTable<'_>,
        key: &str,
        place: Option<&Spanned<DeValue<'_>>>,
        name: &str,
    ) -> SecretSource {
        if !credential.contains_key(key) {
            let span = place.map_or(0..0, Spanned::span);
            self.warn(
                span,
                format!(
                    "{name} has no {key}, as after one that was typed for a run; every credential fails until it is given. \
                     Write {key} = {{ env = \"NAME\" }}, or type it in the window"
                ),
            );
        }
        self.secret(credential, key).unwrap_or(SecretSource::Missing)
    }

    fn secret(&mut self, table: &DeTable<'_>, key: &str) -> Option<SecretSource> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => {
                self.warn(
                    value.span(),
                    format!("'{key}' stands here as plain text; {{ env = \"NAME\" }} keeps it out of the file"),
                );
                Some(SecretSource::Plain(Secret::new(text.to_string())))
            }
            DeValue::Table(inner) => {
                self.unknown_keys(inner, &["env", "keychain", "file"], "a secret");
                self.named_secret(inner, value.span())
            }
            _ => {
                self.wrong_type(value, key, "{ env = \"NAME\" }");
                None
            }
        }
    }

    /// A secret that lies elsewhere. The first place that is named counts.
    fn named_secret(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Option<SecretSource> {
        let places = ["env", "keychain", "file"];
        let mut named = places.into_iter().filter(|place| table.contains_key(*place));
        let Some(place) = named.next() else {
            self.error(span, "this names no secret; write { env = \"NAME\" }. Every credential fails until it does");
            return None;
        };
        if let Some(further) = named.next() {
            let span = table.get(further).map_or(0..0, Spanned::span);
            self.error(
                span,
                format!("a secret lies in one place, and '{place}' stands here already; '{further}' is not used"),
            );
        }
        let (name, span) = self.filled(table, place, "a name")?;
        let vault = self.vault;
        Some(match place {
            "env" => {
                let value = vault.variable(&name).map(Secret::new);
                if value.is_none() {
                    self.warn(
                        span,
                        format!("the environment variable {name} is not set; every credential fails until it is"),
                    );
                }
                SecretSource::Env { variable: name, value }
            }
            "keychain" => {
                let found = vault.keychain_entry(&name).map_err(|error| error.to_string());
                let value = self.kept(&name, span, found, "the system keychain");
                SecretSource::Keychain { name, value }
            }
            _ => {
                let found = vault.file_entry(&name).map_err(|error| error.to_string());
                let value = self.kept(&name, span, found, "the file of secrets");
                SecretSource::File { name, value }
            }
        })
    }

    /// What a place gave, or a word about why it gave nothing.
    fn kept(
        &mut self,
        name: &str,
        span: Range<usize>,
        found: Result<Option<Secret>, String>,
        place: &str,
    ) -> Option<Secret> {
        let why = match found {
            Ok(Some(secret)) => return Some(secret),
            Ok(None) => format!("{place} has no entry '{name}' of Hookscope"),
            Err(error) => format!("the secret '{name}' is not known, since {error}"),
        };
        self.warn(
            span,
            format!(
                "{why}. Every credential fails until it is there: type it in the window, or write {{ env = \"NAME\" }}"
            ),
        );
        None
    }
}
