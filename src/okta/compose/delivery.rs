//! Telephony: what became of the message.

use super::builder::{append_command, commands_of, write_string};
use super::edit::{JsonText, quoted};
use super::outline::NodeKind;

/// The command of telephony hooks.
pub const TELEPHONY_ACTION: &str = "com.okta.telephony.action";

/// What the service says about a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    pub status: Option<String>,
    pub provider: Option<String>,
    pub transaction_id: Option<String>,
    pub transaction_metadata: Option<String>,
}

impl Delivery {
    pub(super) fn read(json: &JsonText) -> Delivery {
        let Some(at) = place(json) else { return Delivery::default() };
        let member = |name: &str| json.string(&format!("{at}/{name}"));
        Delivery {
            status: member("status"),
            provider: member("provider"),
            transaction_id: member("transactionId"),
            transaction_metadata: member("transactionMetadata"),
        }
    }

    fn members(&self) -> [(&'static str, &Option<String>); 4] {
        [
            ("status", &self.status),
            ("provider", &self.provider),
            ("transactionId", &self.transaction_id),
            ("transactionMetadata", &self.transaction_metadata),
        ]
    }

    pub(super) fn write(&self, before: &Delivery, json: &mut JsonText) {
        if let Some(at) = place(json) {
            for ((name, now), (_, before)) in self.members().into_iter().zip(before.members()) {
                write_string(json, &at, name, before, now);
            }
            return;
        }
        let written = self.members().into_iter().filter_map(|(name, text)| {
            let text = text.as_ref()?;
            Some(format!("{}:{}", quoted(name), quoted(text)))
        });
        let value = format!("[{{{}}}]", written.collect::<Vec<_>>().join(","));
        match commands_of(json, TELEPHONY_ACTION).first() {
            Some(command) => json.set_member(&command.clone(), "value", &value),
            None => append_command(json, TELEPHONY_ACTION, &value),
        }
    }
}

/// The object that speaks of the message: the first element of the first command, or its value where that is an object.
fn place(json: &JsonText) -> Option<String> {
    commands_of(json, TELEPHONY_ACTION).into_iter().find_map(|command| {
        let value = format!("{command}/value");
        let first = format!("{value}/0");
        [value, first].into_iter().find(|at| json.kind(at) == Some(NodeKind::Object))
    })
}
