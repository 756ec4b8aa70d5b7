//! Changing a workspace file: only what changed, everything else as it stands.

mod auth;
mod oauth;
mod tunnel;

use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

use super::rows;
use crate::respond::{AuthSetup, Endpoint, EndpointHook, ListenerSetup, ResponseSetup, SecretSource, Setup};

/// Brings a document from one setup to another.
pub fn apply(document: &mut DocumentMut, before: &Setup, after: &Setup) {
    if !document.contains_key("format") {
        document.insert("format", value(1));
    }
    if before.listener != after.listener {
        listener(table(document.as_table_mut(), "listener"), &before.listener, &after.listener);
    }
    if before.enforce != after.enforce {
        set(table(document.as_table_mut(), "defaults"), "enforce", after.enforce);
    }
    if before.mask != after.mask {
        let defaults = table(document.as_table_mut(), "defaults");
        match after.mask.is_empty() {
            true => drop(defaults.remove("mask")),
            false => set(defaults, "mask", after.mask.iter().collect::<Array>()),
        }
    }
    if before.oauth != after.oauth {
        oauth::change(document.as_table_mut(), before.oauth.as_ref(), after.oauth.as_ref());
    }
    if before.tunnel != after.tunnel {
        tunnel::change(document.as_table_mut(), &before.tunnel, &after.tunnel);
    }
    if before.endpoints != after.endpoints {
        rows::change(document, &before.endpoints, &after.endpoints);
    }
}

/// A file that says all of a setup.
pub fn whole(setup: &Setup) -> String {
    let mut document = DocumentMut::new();
    document.insert("format", value(1));
    let mut listener_table = Table::new();
    listener_table.insert("https", value(setup.listener.https.to_string()));
    document.insert("listener", Item::Table(listener_table));
    let empty = Setup { endpoints: Vec::new(), ..Setup::first_start() };
    apply(&mut document, &empty, setup);
    document.to_string()
}

/// Puts a value under a key. Where one stands already, its name, the comments above and behind it, and its spaces stay.
fn set(table: &mut dyn TableLike, key: &str, fresh: impl Into<Value>) {
    let mut fresh = fresh.into();
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(known) => {
            *fresh.decor_mut() = known.decor().clone();
            *known = fresh;
        }
        None => {
            // The space in front of the brace that ends an inline table is the last value's; behind it there is a comma now.
            let last = table.iter_mut().last().and_then(|(_, item)| item.as_value_mut().map(Value::decor_mut));
            if let Some(decor) = last
                && decor.suffix().and_then(|suffix| suffix.as_str()).is_some_and(|suffix| suffix.trim().is_empty())
            {
                decor.set_suffix("");
            }
            table.insert(key, Item::Value(fresh));
        }
    }
}

fn table<'t>(parent: &'t mut Table, key: &str) -> &'t mut Table {
    if !parent.get(key).is_some_and(Item::is_table) {
        let mut fresh = Table::new();
        if let Some(inline) = parent.remove(key).and_then(|item| item.into_table().ok()) {
            fresh = inline;
        }
        parent.insert(key, Item::Table(fresh));
    }
    match parent.get_mut(key).and_then(Item::as_table_mut) {
        Some(table) => table,
        // It was put there a moment ago.
        None => unreachable!("a table that was inserted is a table"),
    }
}

fn listener(table: &mut Table, before: &ListenerSetup, after: &ListenerSetup) {
    if before.https != after.https {
        set(table, "https", after.https.to_string());
    }
    if before.http != after.http {
        match after.http {
            Some(http) => set(table, "http", http.to_string()),
            None => drop(table.remove("http")),
        }
    }
    if before.names != after.names {
        set(table, "names", after.names.iter().collect::<Array>());
    }
    if before.max_body_bytes != after.max_body_bytes {
        set(table, "max_body_bytes", i64::try_from(after.max_body_bytes).unwrap_or(i64::MAX));
    }
    if before.forwarded_from_loopback != after.forwarded_from_loopback {
        set(table, "forwarded_from_loopback", after.forwarded_from_loopback);
    }
}

/// Brings the table of an endpoint from what it was to what it is.
pub fn change_endpoint(table: &mut Table, before: Option<&Endpoint>, after: &Endpoint) {
    if before.is_none_or(|before| before.name != after.name) {
        set(table, "name", &*after.name);
    }
    if before.is_none_or(|before| before.path != after.path) {
        set(table, "path", &after.path);
    }
    if before.is_none_or(|before| before.hook != after.hook) {
        let hook = match after.hook {
            EndpointHook::Auto => "auto",
            EndpointHook::Kind(kind) => kind.as_str(),
        };
        set(table, "hook", hook);
    }
    let no_auth = AuthSetup::default();
    let auth_before = before.map_or(&no_auth, |before| &before.auth);
    if auth_before != &after.auth {
        auth::change(table, auth_before, &after.auth);
    }
    let earlier = before.and_then(|before| before.response.as_ref());
    if earlier != after.response.as_ref() {
        match &after.response {
            Some(response) => change_response(self::table(table, "response"), earlier, response),
            None => drop(table.remove("response")),
        }
    }
}

/// A key and what stands under it; none removes it.
type Part = (&'static str, Option<Value>);

/// Brings the parts of a table from what they were to what they are. What did not change is not touched, so that its comments and
/// its way of writing stay.
fn set_parts(table: &mut dyn TableLike, before: &[Part], after: Vec<Part>) {
    for (key, part) in after {
        let earlier = before.iter().find(|(earlier, _)| *earlier == key).and_then(|(_, part)| part.as_ref());
        if earlier.map(Value::to_string) == part.as_ref().map(Value::to_string) {
            continue;
        }
        match part {
            Some(part) => set(table, key, part),
            None => drop(table.remove(key)),
        }
    }
}

/// Texts as a list; none where there are none.
fn list(texts: &[String]) -> Option<Value> {
    (!texts.is_empty()).then(|| texts.iter().collect::<Array>().into())
}

/// What can be written of a secret: one that was typed for this run cannot.
fn secret(source: &SecretSource) -> Option<Value> {
    let mut table = InlineTable::new();
    match source {
        SecretSource::Env { variable, .. } => drop(table.insert("env", variable.as_str().into())),
        SecretSource::Keychain { name, .. } => drop(table.insert("keychain", name.as_str().into())),
        SecretSource::File { name, .. } => drop(table.insert("file", name.as_str().into())),
        SecretSource::Plain(secret) => return Some(secret.reveal().into()),
        SecretSource::Typed(_) | SecretSource::Missing => return None,
    }
    Some(Value::InlineTable(table))
}

fn change_response(table: &mut Table, before: Option<&ResponseSetup>, after: &ResponseSetup) {
    if before.is_none_or(|before| before.status != after.status) {
        set(table, "status", i64::from(after.status));
    }
    if before.is_none_or(|before| before.headers != after.headers) {
        change_headers(table, &after.headers);
    }
    if before.map(|before| before.delay).unwrap_or_default() != after.delay {
        set(table, "delay_ms", i64::try_from(after.delay.as_millis()).unwrap_or(i64::MAX));
    }
    if before.map(|before| (&before.body, &before.body_file)) != Some((&after.body, &after.body_file)) {
        match &after.body_file {
            Some(file) => {
                table.remove("body");
                set(table, "body_file", file);
            }
            None => {
                table.remove("body_file");
                match after.body.is_empty() {
                    true => drop(table.remove("body")),
                    false => set(table, "body", &*after.body),
                }
            }
        }
    }
}

fn change_headers(response: &mut Table, headers: &[(String, String)]) {
    if let Some(known) = response.get_mut("headers").and_then(Item::as_table_like_mut)
        && known.iter().map(|(name, _)| name).eq(headers.iter().map(|(name, _)| name.as_str()))
    {
        for (name, content) in headers {
            set(known, name, content.as_str());
        }
        return;
    }
    let fresh: InlineTable =
        headers.iter().map(|(name, content)| (name.as_str(), Value::from(content.as_str()))).collect();
    set(response, "headers", fresh);
}
