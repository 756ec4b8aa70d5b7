//! `[listener]`: where and how to listen.

use std::net::SocketAddr;

use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

use super::Reading;
use crate::respond::Setup;

impl Reading<'_> {
    pub(super) fn listener(&mut self, table: &DeTable<'_>, setup: &mut Setup) {
        let known = ["https", "http", "names", "max_body_bytes", "forwarded_from_loopback"];
        self.unknown_keys(table, &known, "[listener]");
        let listener = &mut setup.listener;
        if let Some(https) = self.address(table, "https") {
            listener.https = https;
        }
        if let Some(http) = self.address(table, "http") {
            if http.ip().is_loopback() {
                listener.http = Some(http);
            } else {
                let span = table.get("http").map_or(0..0, Spanned::span);
                self.error(
                    span,
                    format!(
                        "plain HTTP may be listened for on a loopback address only; write \"127.0.0.1:{}\"",
                        http.port()
                    ),
                );
            }
        }
        if let Some(value) = table.get("names") {
            match value.get_ref() {
                DeValue::Array(names) => {
                    for name in names {
                        match name.get_ref().as_str() {
                            Some(text) if is_host(text) => listener.names.push(text.to_owned()),
                            Some(text) => self
                                .error(name.span(), format!("'{text}' is no host name or IP address; it is not used")),
                            None => self.wrong_type(name, "names", "a list of strings"),
                        }
                    }
                }
                _ => self.wrong_type(value, "names", "a list of strings, such as [\"hooks.test\"]"),
            }
        }
        if let Some(max) = self.number(table, "max_body_bytes", 1..=1 << 30, "a number of bytes") {
            setup.listener.max_body_bytes = max;
        }
        if let Some(believe) = self.boolean(table, "forwarded_from_loopback") {
            setup.listener.forwarded_from_loopback = believe;
        }
    }

    fn address(&mut self, table: &DeTable<'_>, key: &str) -> Option<SocketAddr> {
        let (text, span) = self.string(table, key)?;
        match text.parse() {
            Ok(address) => Some(address),
            Err(_) => {
                self.error(
                    span,
                    format!("'{text}' is no address; write an IP address and a port, such as 127.0.0.1:8443"),
                );
                None
            }
        }
    }
}

fn is_host(text: &str) -> bool {
    let is_ip = text.parse::<std::net::IpAddr>().is_ok();
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '*')
    };
    is_ip || (text.len() <= 253 && text.split('.').all(label))
}
