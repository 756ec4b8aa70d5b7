//! Changing `[tunnel]`.

use toml_edit::{Table, Value};

use super::{Part, set_parts, table};
use crate::respond::TunnelSetup;

/// Brings the table from what it was to what it is.
pub fn change(document: &mut Table, before: &TunnelSetup, after: &TunnelSetup) {
    set_parts(table(document, "tunnel"), &parts(before), parts(after));
    if document.get("tunnel").and_then(|tunnel| tunnel.as_table()).is_some_and(Table::is_empty) {
        document.remove("tunnel");
    }
}

fn parts(setup: &TunnelSetup) -> Vec<Part> {
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    vec![("public_url", text(&setup.public_url)), ("program", text(&setup.program)), ("command", text(&setup.command))]
}
