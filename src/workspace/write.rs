//! Changing a workspace file: only what changed, everything else as it stands.

use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

use super::rows;
use crate::respond::{
    AuthSetup, CertificateSetup, Endpoint, EndpointHook, ListenerSetup, ResponseSetup, SecretSource, Setup,
};

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
        None => drop(table.insert(key, Item::Value(fresh))),
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
    if before.certificate != after.certificate {
        certificate(table, after.certificate.as_ref());
    }
}

fn certificate(listener: &mut Table, certificate: Option<&CertificateSetup>) {
    let Some(certificate) = certificate else {
        listener.remove("certificate");
        return;
    };
    if !listener.get("certificate").is_some_and(Item::is_table_like) {
        listener.insert("certificate", value(InlineTable::new()));
    }
    if let Some(table) = listener.get_mut("certificate").and_then(Item::as_table_like_mut) {
        set(table, "cert", &certificate.cert);
        set(table, "key", &certificate.key);
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
    if before.map(|before| &before.auth).unwrap_or(&AuthSetup::default()) != &after.auth {
        change_auth(table, &after.auth);
    }
    let earlier = before.and_then(|before| before.response.as_ref());
    if earlier != after.response.as_ref() {
        match &after.response {
            Some(response) => change_response(self::table(table, "response"), earlier, response),
            None => drop(table.remove("response")),
        }
    }
}

fn change_auth(endpoint: &mut Table, after: &AuthSetup) {
    if !endpoint.get("auth").is_some_and(Item::is_table_like) {
        endpoint.remove("auth");
        endpoint.insert("auth", value(InlineTable::new()));
    }
    let Some(auth) = endpoint.get_mut("auth").and_then(Item::as_table_like_mut) else {
        return;
    };
    let basic = after
        .basic
        .as_ref()
        .map(|basic| [("user", Some(basic.user.as_str().into())), ("password", secret(&basic.password))]);
    change_credential(auth, "basic", basic);
    let header = after
        .header
        .as_ref()
        .map(|header| [("name", Some(header.name.as_str().into())), ("value", secret(&header.value))]);
    change_credential(auth, "header", header);
    if auth.is_empty() {
        endpoint.remove("auth");
    }
}

/// A credential with its parts. One whose secret cannot be written keeps its shape without it: so a later run knows that there is
/// one to ask for, and does not let everything through.
fn change_credential(auth: &mut dyn TableLike, key: &str, parts: Option<[(&str, Option<Value>); 2]>) {
    let Some(parts) = parts else {
        auth.remove(key);
        return;
    };
    if !auth.get(key).is_some_and(Item::is_table_like) {
        auth.remove(key);
        auth.insert(key, value(InlineTable::new()));
    }
    let Some(credential) = auth.get_mut(key).and_then(Item::as_table_like_mut) else {
        return;
    };
    for (name, part) in parts {
        match part {
            Some(part) => set(credential, name, part),
            None => drop(credential.remove(name)),
        }
    }
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
