//! `[tunnel]`: how Okta reaches the listener.

use toml::de::DeTable;

use super::Reading;
use crate::respond::TunnelSetup;

impl Reading<'_> {
    pub(super) fn tunnel(&mut self, table: &DeTable<'_>) -> TunnelSetup {
        self.unknown_keys(table, &["public_url", "program", "command"], "[tunnel]");
        let public_url = self.url(table, "public_url").map(|(url, span)| {
            if !url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://")) {
                self.warn(span, "Okta calls https:// only; write the address that the tunnel gives for it");
            }
            url
        });
        TunnelSetup {
            public_url,
            program: self.filled(table, "program", "a program such as cloudflared").map(|(program, _)| program),
            command: self.filled(table, "command", "a command").map(|(command, _)| command),
        }
    }
}
