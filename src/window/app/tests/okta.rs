//! The window over a real session and a real handler: trying its check, and what is to be pasted into Okta.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::{App, until, window_with};
use crate::call::{CallId, Direction};

const WORKSPACE: &str = r#"format = 1
[[endpoint]]
name = "saml"
path = "/hooks/saml"
hook = "saml"
auth = { basic = { user = "okta", password = "open sesame" } }
"#;

/// A handler without TLS that answers 204 where there is any credential, else 401. It ends with the process.
fn handler() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serve = move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n{}") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
            let status = if head.contains("\r\nauthorization: ") { "204 No Content" } else { "401 Unauthorized" };
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        }
    };
    std::thread::Builder::new().name("handler".to_owned()).spawn(serve).unwrap();
    url
}

#[test]
fn a_handler_is_tried_from_the_window_and_each_try_is_a_row() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window_with(dir.path(), WORKSPACE);
    harness.get_by_label("saml /hooks/saml 204 unchanged").click_secondary();
    harness.run_ok();
    harness.get_by_label("Try without and with a wrong secret…").click();
    harness.run_ok();
    harness.get_by_label("URL of your handler").type_text(&handler());
    harness.run_ok();
    harness.get_by_label("Try").click();
    until(&mut harness, |harness| harness.query_by_label("With a wrong credential").is_some());
    // The dialog has grown, and is put into the middle anew.
    harness.run_steps(8);
    harness.get_by_label("Refused, as it should be");
    harness.get_by_label("Accepted, though it should be refused");
    harness.get_by_label_contains("T12: Compare the credential with the secret");
    // The call came without a credential: the configured one stands in for it.
    harness.get_by_label("Authorization: Basic as given");
    let last = harness.query_all_by_label_contains("Show call ").last().unwrap();
    last.click();
    harness.run_ok();
    until(&mut harness, |harness| harness.state().tab().index.len() == 10);
    let tab = harness.state().tab();
    let sent: Vec<_> = (8..=10).map(|id| tab.index.get(CallId(id)).unwrap()).collect();
    assert!(sent.iter().all(|call| call.direction == Direction::Sent));
    assert_eq!(sent.iter().map(|call| call.status).collect::<Vec<_>>(), [Some(204), Some(401), Some(204)]);
    assert_eq!(tab.selected, Some(CallId(10)));
}

#[test]
fn a_handler_that_cannot_be_tried_says_why_where_it_was_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window_with(dir.path(), "format = 1\n");
    harness.get_by_label("saml /hooks/saml 204 unchanged").click_secondary();
    harness.run_ok();
    harness.get_by_label("Try without and with a wrong secret…").click();
    harness.run_ok();
    harness.get_by_label("URL of your handler").type_text("http://127.0.0.1:1/");
    harness.run_ok();
    harness.get_by_label("Try").click();
    until(&mut harness, |harness| {
        harness.query_by_label_contains("it came without a credential and none is configured").is_some()
    });
}

fn type_address(harness: &mut Harness<'static, App>, address: &str) {
    harness.get_by_label("Public address").focus();
    harness.run_ok();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    harness.get_by_label("Public address").type_text(address);
    harness.run_ok();
    harness.key_press(Key::Enter);
    harness.run_ok();
}

#[test]
fn the_values_for_okta_are_those_of_the_selected_calls_endpoint_at_the_address_that_was_typed() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window_with(dir.path(), WORKSPACE);
    harness.get_by_label("saml /hooks/saml 204 unchanged").click();
    harness.run_ok();
    harness.key_press(Key::O);
    harness.run_ok();
    harness.get_by_label_contains("Start a tunnel, or type the public address");
    assert!(harness.query_by_label("Copy URL").is_none());
    type_address(&mut harness, "https://localhost:3000");
    until(&mut harness, |harness| {
        harness.query_all_by_label_contains("this host is this machine or its own network").next().is_some()
    });
    type_address(&mut harness, "https://calm-heron.tunnel.example/");
    until(&mut harness, |harness| harness.query_by_label("https://calm-heron.tunnel.example/hooks/saml").is_some());
    let setup = &harness.state().state.setup;
    assert_eq!(setup.tunnel.public_url.as_deref(), Some("https://calm-heron.tunnel.example"));
    harness.get_by_label("Copy URL");
    harness.get_by_label("Copy Authentication secret");
    harness.get_by_label("Execute with this recorded body (call 4)");
    harness.get_by_label("Reveal secrets").click();
    harness.run_ok();
    harness.get_by_label("Basic b2t0YTpvcGVuIHNlc2FtZQ==");
    // What was revealed is masked again when the pane comes back.
    harness.key_press(Key::Escape);
    harness.run_ok();
    assert!(harness.query_by_label("Copy URL").is_none());
    harness.key_press(Key::O);
    harness.run_ok();
    harness.get_by_label("Reveal secrets");
    assert!(harness.query_by_label("Basic b2t0YTpvcGVuIHNlc2FtZQ==").is_none());
    harness.get_by_label("Close values for okta").click();
    harness.run_ok();
    assert!(harness.query_by_label("Copy URL").is_none());
}
