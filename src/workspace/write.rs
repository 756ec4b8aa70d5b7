//! Changing a workspace file: only what changed, everything else as it stands.

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

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
        table(document.as_table_mut(), "defaults").insert("enforce", value(after.enforce));
    }
    if before.mask != after.mask {
        let defaults = table(document.as_table_mut(), "defaults");
        match after.mask.is_empty() {
            true => drop(defaults.remove("mask")),
            false => drop(defaults.insert("mask", value(after.mask.iter().collect::<Array>()))),
        }
    }
    if before.endpoints != after.endpoints {
        endpoints(document, before, after);
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
        table.insert("https", value(after.https.to_string()));
    }
    if before.http != after.http {
        match after.http {
            Some(http) => drop(table.insert("http", value(http.to_string()))),
            None => drop(table.remove("http")),
        }
    }
    if before.names != after.names {
        table.insert("names", value(after.names.iter().collect::<Array>()));
    }
    if before.max_body_bytes != after.max_body_bytes {
        table.insert("max_body_bytes", value(i64::try_from(after.max_body_bytes).unwrap_or(i64::MAX)));
    }
    if before.forwarded_from_loopback != after.forwarded_from_loopback {
        table.insert("forwarded_from_loopback", value(after.forwarded_from_loopback));
    }
}

fn endpoints(document: &mut DocumentMut, before: &Setup, after: &Setup) {
    // Inline lists of endpoints become tables, so that there is one way to change them.
    let mut tables = match document.remove("endpoint").map(Item::into_array_of_tables) {
        Some(Ok(tables)) => tables,
        Some(Err(_)) | None => ArrayOfTables::new(),
    };
    for earlier in &before.endpoints {
        if !after.endpoints.iter().any(|endpoint| endpoint.name == earlier.name || endpoint.path == earlier.path)
            && let Some(idx) = position(&tables, earlier)
        {
            tables.remove(idx);
        }
    }
    for endpoint in &after.endpoints {
        // One that got another name keeps its place.
        let same_name = before.endpoints.iter().find(|earlier| earlier.name == endpoint.name);
        let earlier = same_name.or_else(|| before.endpoints.iter().find(|earlier| earlier.path == endpoint.path));
        match earlier.and_then(|earlier| position(&tables, earlier)).and_then(|idx| tables.get_mut(idx)) {
            Some(table) => change_endpoint(table, earlier, endpoint),
            None => {
                let mut table = Table::new();
                table.insert("name", value(&*endpoint.name));
                change_endpoint(&mut table, None, endpoint);
                tables.push(table);
            }
        }
    }
    document.insert("endpoint", Item::ArrayOfTables(tables));
}

/// An endpoint is known by its path, which is never missing.
fn position(tables: &ArrayOfTables, endpoint: &Endpoint) -> Option<usize> {
    tables.iter().position(|table| table.get("path").and_then(Item::as_str) == Some(&endpoint.path))
}

fn change_endpoint(table: &mut Table, before: Option<&Endpoint>, after: &Endpoint) {
    if before.is_some_and(|before| before.name != after.name) {
        table.insert("name", value(&*after.name));
    }
    if before.is_none_or(|before| before.path != after.path) {
        table.insert("path", value(&after.path));
    }
    if before.is_none_or(|before| before.hook != after.hook) {
        let hook = match after.hook {
            EndpointHook::Auto => "auto",
            EndpointHook::Kind(kind) => kind.as_str(),
        };
        table.insert("hook", value(hook));
    }
    if before.map(|before| &before.auth).unwrap_or(&AuthSetup::default()) != &after.auth {
        match auth(&after.auth) {
            Some(auth) => drop(table.insert("auth", value(auth))),
            None => drop(table.remove("auth")),
        }
    }
    let earlier = before.and_then(|before| before.response.as_ref());
    if earlier != after.response.as_ref() {
        match &after.response {
            Some(response) => change_response(self::table(table, "response"), earlier, response),
            None => drop(table.remove("response")),
        }
    }
}

/// What can be written of a credential: one that was typed for this run cannot.
fn auth(auth: &AuthSetup) -> Option<InlineTable> {
    let mut written = InlineTable::new();
    if let Some(basic) = &auth.basic
        && let Some(password) = secret(&basic.password)
    {
        let mut table = InlineTable::new();
        table.insert("user", basic.user.as_str().into());
        table.insert("password", password);
        written.insert("basic", Value::InlineTable(table));
    }
    if let Some(header) = &auth.header
        && let Some(content) = secret(&header.value)
    {
        let mut table = InlineTable::new();
        table.insert("name", header.name.as_str().into());
        table.insert("value", content);
        written.insert("header", Value::InlineTable(table));
    }
    (!written.is_empty()).then_some(written)
}

fn secret(source: &SecretSource) -> Option<Value> {
    let mut table = InlineTable::new();
    match source {
        SecretSource::Env { variable, .. } => drop(table.insert("env", variable.as_str().into())),
        SecretSource::Keychain { name } => drop(table.insert("keychain", name.as_str().into())),
        SecretSource::Plain(secret) => return Some(secret.reveal().into()),
        SecretSource::Typed(_) => return None,
    }
    Some(Value::InlineTable(table))
}

fn change_response(table: &mut Table, before: Option<&ResponseSetup>, after: &ResponseSetup) {
    if before.is_none_or(|before| before.status != after.status) {
        table.insert("status", value(i64::from(after.status)));
    }
    if before.is_none_or(|before| before.headers != after.headers) {
        let headers: InlineTable =
            after.headers.iter().map(|(name, content)| (name.as_str(), Value::from(content.as_str()))).collect();
        table.insert("headers", value(headers));
    }
    if before.map(|before| before.delay).unwrap_or_default() != after.delay {
        let millis = i64::try_from(after.delay.as_millis()).unwrap_or(i64::MAX);
        table.insert("delay_ms", value(millis));
    }
    if before.map(|before| (&before.body, &before.body_file)) != Some((&after.body, &after.body_file)) {
        match &after.body_file {
            Some(file) => {
                table.remove("body");
                table.insert("body_file", value(file));
            }
            None => {
                table.remove("body_file");
                match after.body.is_empty() {
                    true => drop(table.remove("body")),
                    false => drop(table.insert("body", value(&*after.body))),
                }
            }
        }
    }
}
