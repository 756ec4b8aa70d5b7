//! Changing the credentials of an endpoint.

use toml_edit::{InlineTable, Item, Table, TableLike, Value, value};

use super::{Part, list, secret, set_parts};
use crate::respond::{AddressSetup, AuthSetup, BasicSetup, BearerSetup, HeaderSetup, IssuerSetup, KeySource};
use crate::workspace::read::STAND_IN;

/// Brings the credentials from what they were to what they are.
pub fn change(endpoint: &mut Table, before: &AuthSetup, after: &AuthSetup) {
    if !endpoint.get("auth").is_some_and(Item::is_table_like) {
        endpoint.remove("auth");
        endpoint.insert("auth", value(InlineTable::new()));
    }
    let Some(auth) = endpoint.get_mut("auth").and_then(Item::as_table_like_mut) else {
        return;
    };
    change_one(auth, "basic", before.basic.as_ref().map(basic), after.basic.as_ref().map(basic));
    change_one(auth, "header", before.header.as_ref().map(header), after.header.as_ref().map(header));
    change_one(auth, "bearer", before.bearer.as_ref().map(bearer), after.bearer.as_ref().map(bearer));
    change_one(auth, "addresses", before.addresses.as_ref().map(addresses), after.addresses.as_ref().map(addresses));
    if auth.is_empty() {
        endpoint.remove("auth");
    }
}

/// A credential with its parts. One whose secret cannot be written keeps its shape without it: so a later run knows that there is
/// one to ask for, and does not let everything through.
fn change_one(auth: &mut dyn TableLike, key: &str, before: Option<Vec<Part>>, after: Option<Vec<Part>>) {
    let Some(after) = after else {
        // What stands there and was never used is not ours to remove.
        if before.is_some() {
            auth.remove(key);
        }
        return;
    };
    let mut before = before.unwrap_or_default();
    if !auth.get(key).is_some_and(Item::is_table_like) {
        auth.remove(key);
        auth.insert(key, value(InlineTable::new()));
        before.clear();
    }
    if let Some(credential) = auth.get_mut(key).and_then(Item::as_table_like_mut) {
        set_parts(credential, &before, after);
    }
}

fn basic(setup: &BasicSetup) -> Vec<Part> {
    vec![("user", Some(setup.user.as_str().into())), ("password", secret(&setup.password))]
}

fn header(setup: &HeaderSetup) -> Vec<Part> {
    vec![("name", Some(setup.name.as_str().into())), ("value", secret(&setup.value))]
}

fn bearer(setup: &BearerSetup) -> Vec<Part> {
    let issuer = match &setup.issuer {
        IssuerSetup::StandIn => STAND_IN,
        IssuerSetup::At(issuer) => issuer,
    };
    let audience = match setup.audiences.as_slice() {
        [one] => Some(one.as_str().into()),
        several => list(several),
    };
    let seconds = i64::try_from(setup.leeway.as_secs()).unwrap_or(i64::MAX);
    let (url, pasted): (Option<Value>, Option<Value>) = match &setup.keys {
        KeySource::Discovery => (None, None),
        KeySource::Url(url) => (Some(url.as_str().into()), None),
        KeySource::Pasted(text) => (None, Some((&**text).into())),
    };
    vec![
        ("issuer", Some(issuer.into())),
        ("audience", audience),
        ("client_id", setup.client_id.as_deref().map(Value::from)),
        ("scopes", list(&setup.scopes)),
        ("leeway_seconds", (setup.leeway != BearerSetup::LEEWAY).then(|| seconds.into())),
        ("jwks_url", url),
        ("jwks", pasted),
    ]
}

fn addresses(setup: &AddressSetup) -> Vec<Part> {
    vec![("file", Some(setup.file.as_str().into())), ("cell", setup.cell.as_deref().map(Value::from))]
}
