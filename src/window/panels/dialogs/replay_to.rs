//! The window that asks where a recorded call is to be sent.

use egui::Ui;

use super::{Answer, Closed, dialog, entered, error_ui, field_name, footer, help};
use crate::call::CallId;
use crate::window::controls::{TextField, primary_button};
use crate::window::icons::Icon;

/// The state of the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayToDialog {
    pub call_id: CallId,
    pub url: String,
    is_new: bool,
}

impl ReplayToDialog {
    /// `url` is the one that was used last.
    pub fn new(call_id: CallId, url: impl Into<String>) -> ReplayToDialog {
        ReplayToDialog { call_id, url: url.into(), is_new: true }
    }

    /// The answer is the URL.
    pub fn ui(&mut self, ui: &Ui) -> Answer<String> {
        let mut answer = Answer::Open;
        let is_new = std::mem::take(&mut self.is_new);
        let title = format!("Replay call {} to another address", self.call_id);
        let (closed, ()) = dialog(ui, "replay-to", &title, 500.0, |ui| {
            help(ui, "Sent as Okta would: its headers, three seconds, one retry where Okta retries.");
            field_name(ui, "URL");
            let response = TextField::new("URL").hint("https://localhost:3000").on_wire().ui(ui, &mut self.url);
            if is_new {
                response.request_focus();
            }
            help(ui, "Without a path the recorded path and query are used.");
            let problem = url_problem(&self.url);
            if let Some(problem) = problem.filter(|_| !self.url.trim().is_empty()) {
                error_ui(ui, problem);
            }
            let url = || Answer::Given(self.url.trim().to_owned());
            if problem.is_none() && entered(ui, &response) {
                answer = url();
            }
            footer(ui, |ui| {
                let send =
                    ui.add_enabled_ui(problem.is_none(), |ui| primary_button(ui, Some(Icon::Send), "Send")).inner;
                if send.on_disabled_hover_text(problem.unwrap_or_default()).clicked() {
                    answer = url();
                }
                if ui.button("Cancel").clicked() {
                    answer = Answer::Cancelled;
                }
            });
        });
        if closed == Closed::Yes { Answer::Cancelled } else { answer }
    }
}

/// What is wrong with a URL at first sight; whoever sends it looks closer.
pub(in crate::window::panels) fn url_problem(url: &str) -> Option<&'static str> {
    let url = url.trim();
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    match rest {
        _ if url.is_empty() => Some("Type an address first"),
        None => Some("Begin with https:// or http://"),
        Some(rest) if rest.is_empty() || rest.starts_with('/') => Some("The name of the host is missing"),
        Some(rest) if rest.contains(char::is_whitespace) => Some("A URL holds no spaces"),
        Some(rest) if !has_good_port(rest) => Some("A port is a number from 1 to 65,535"),
        Some(_) => None,
    }
}

/// Where what follows the scheme names a port, it is one.
fn has_good_port(rest: &str) -> bool {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, host_and_port)| host_and_port);
    // The colons of an address in brackets are none of a port.
    let after_host = host_and_port.rsplit_once(']').map_or(host_and_port, |(_, after)| after);
    after_host.rsplit_once(':').is_none_or(|(_, port)| port.parse::<u16>().is_ok_and(|port| port > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_needs_a_scheme_and_a_host() {
        assert_eq!(url_problem("https://localhost:3000/hook"), None);
        assert_eq!(url_problem(" http://localhost "), None);
        assert!(url_problem("localhost:3000").is_some());
        assert!(url_problem("https:///hook").is_some());
        assert!(url_problem("").is_some());
        assert!(url_problem("https://a b").is_some());
        assert!(url_problem("http://127.0.0.1:99999").is_some_and(|why| why.contains("port")));
        assert_eq!(url_problem("http://[::1]:3000/x:y"), None);
        assert_eq!(url_problem("http://[::1]"), None);
    }
}
