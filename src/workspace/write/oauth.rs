//! Changing `[oauth]` and its clients.

use std::time::Duration;

use toml_edit::{ArrayOfTables, InlineTable, Item, Table, Value};

use super::{Part, list, secret, set_parts, table};
use crate::respond::{ClientMethod, ClientSetup, KeySource, StandInSetup};

/// Brings the table from what it was to what it is.
pub fn change(document: &mut Table, before: Option<&StandInSetup>, after: Option<&StandInSetup>) {
    let Some(after) = after else {
        document.remove("oauth");
        return;
    };
    let oauth = table(document, "oauth");
    set_parts(oauth, &before.map(parts).unwrap_or_default(), parts(after));
    let clients_before = before.map_or(&[][..], |before| &before.clients);
    if clients_before != after.clients {
        change_clients(oauth, clients_before, &after.clients);
    }
}

fn parts(setup: &StandInSetup) -> Vec<Part> {
    let millis = i64::try_from(setup.delay.as_millis()).unwrap_or(i64::MAX);
    let seconds = i64::try_from(setup.expires_in.as_secs()).unwrap_or(i64::MAX);
    vec![
        ("path", Some(setup.path.as_str().into())),
        ("issuer", setup.issuer.as_deref().map(Value::from)),
        ("audience", Some(setup.audience.as_str().into())),
        ("scopes", list(&setup.scopes)),
        ("expires_in", Some(seconds.into())),
        ("delay_ms", (setup.delay != Duration::ZERO).then(|| millis.into())),
        ("fault", setup.fault.map(|fault| fault.as_str().into())),
    ]
}

/// A client that stays, or got another id in its place, keeps its table with what this program does not know; tables that are no
/// client stay behind the others.
fn change_clients(oauth: &mut Table, before: &[ClientSetup], after: &[ClientSetup]) {
    // Inline lists of clients become tables, so that there is one way to change them.
    let tables = match oauth.remove("client").map(Item::into_array_of_tables) {
        Some(Ok(tables)) => tables,
        Some(Err(_)) | None => ArrayOfTables::new(),
    };
    let mut tables: Vec<Option<Table>> = tables.into_iter().map(Some).collect();
    // The first table of an id is the client's: a later one was not used.
    let table_of: Vec<Option<usize>> = before
        .iter()
        .map(|client| tables.iter().flatten().position(|table| id_of(table) == Some(&client.client_id)))
        .collect();
    let mut changed = ArrayOfTables::new();
    for (at, client) in after.iter().enumerate() {
        let same_id = before.iter().position(|earlier| earlier.client_id == client.client_id);
        let renamed = || {
            let earlier = before.get(at)?;
            let is_gone = !after.iter().any(|client| client.client_id == earlier.client_id);
            is_gone.then_some(at)
        };
        let partner = same_id.or_else(renamed);
        let known = partner.and_then(|idx| table_of.get(idx).copied().flatten());
        let known = known.and_then(|idx| tables.get_mut(idx)).and_then(Option::take);
        let earlier = partner.and_then(|idx| before.get(idx)).filter(|_| known.is_some());
        let mut table = known.unwrap_or_default();
        set_parts(&mut table, &earlier.map(client_parts).unwrap_or_default(), client_parts(client));
        // The order of the document follows the order of the list only where no table says its own place.
        table.set_position(None);
        changed.push(table);
    }
    let is_gone = |idx: usize| table_of.contains(&Some(idx));
    for (idx, table) in tables.into_iter().enumerate() {
        if !is_gone(idx) {
            changed.extend(table);
        }
    }
    if !changed.is_empty() {
        oauth.insert("client", Item::ArrayOfTables(changed));
    }
}

fn id_of(table: &Table) -> Option<&str> {
    table.get("client_id").and_then(Item::as_str)
}

fn client_parts(client: &ClientSetup) -> Vec<Part> {
    let (secret, hook_key) = match &client.method {
        ClientMethod::SecretPost(source) => (secret(source), None),
        ClientMethod::PrivateKeyJwt(KeySource::Url(url)) => {
            let table: InlineTable = [("url", Value::from(url.as_str()))].into_iter().collect();
            (None, Some(Value::InlineTable(table)))
        }
        ClientMethod::PrivateKeyJwt(KeySource::Pasted(text)) => (None, Some((&**text).into())),
        // There is no place to discover a hook key from; without a key every assertion is refused.
        ClientMethod::PrivateKeyJwt(KeySource::Discovery) => (None, Some("".into())),
    };
    vec![("client_id", Some(client.client_id.as_str().into())), ("secret", secret), ("hook_key", hook_key)]
}
