//! The pane with the values for Okta, driven by name: what is masked, what is copied, what is said at once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use hookscope::call::{CallId, Secret};
use hookscope::okta::HookKind;
use hookscope::okta::management::{Secrets, card, commands, execute_command};
use hookscope::respond::{BasicSetup, EndpointHook, SecretSource, Setup, okta_form};
use hookscope::window::panels::okta_values::{self, Execute, OktaValuesModel, OktaValuesState, OktaWish};
use hookscope::window::theme;

const BASIC: &str = "Basic b2t0YTpvcGVuIHNlc2FtZQ==";

/// The pane as the window has it: what is asked for is carried out, and kept.
struct Pane {
    setup: Setup,
    endpoint: &'static str,
    kind: HookKind,
    is_revealed: bool,
    state: OktaValuesState,
    wishes: Vec<OktaWish>,
}

impl Pane {
    fn new(endpoint: &'static str, public_url: Option<&str>) -> Pane {
        let mut setup = Setup::first_start();
        setup.tunnel.public_url = public_url.map(str::to_owned);
        for endpoint in &mut setup.endpoints {
            let password = SecretSource::Plain(Secret::new("open sesame"));
            endpoint.auth.basic = Some(BasicSetup { user: "okta".to_owned(), password });
        }
        let kind = setup.endpoint_named(endpoint).unwrap().hook.kind().unwrap();
        let state = OktaValuesState { public_url: public_url.unwrap_or_default().to_owned() };
        Pane { setup, endpoint, kind, is_revealed: false, state, wishes: Vec::new() }
    }

    fn model(&self) -> OktaValuesModel {
        let endpoint = self.setup.endpoint_named(self.endpoint).unwrap();
        let public_url = self.setup.tunnel.public_url.as_deref();
        let form = okta_form(&self.setup, endpoint, self.kind, public_url, Vec::new());
        let secrets = if self.is_revealed { Secrets::Written } else { Secrets::AsVariables };
        OktaValuesModel {
            endpoints: self.setup.endpoints.iter().map(|endpoint| endpoint.name.clone()).collect(),
            endpoint: endpoint.name.clone(),
            kind: self.kind,
            can_choose_kind: endpoint.hook == EndpointHook::Auto,
            public_url: public_url.map(str::to_owned),
            card: card(&form.facts()),
            commands: commands(&form.facts(), secrets),
            execute: match execute_command(self.kind, b"{\"a\":1}") {
                Some(command) => Execute::With { call_id: CallId(7), command, is_masked: true },
                None => Execute::Not("Event hooks have no execute"),
            },
            is_revealed: self.is_revealed,
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui) {
        let model = self.model();
        for wish in okta_values::ui(&model, &mut self.state, ui) {
            match &wish {
                OktaWish::Reveal(reveal) => self.is_revealed = *reveal,
                OktaWish::SetPublicUrl(url) => self.setup.tunnel.public_url = Some(url.clone()),
                OktaWish::ShowKind(kind) => self.kind = *kind,
                _ => {}
            }
            self.wishes.push(wish);
        }
    }
}

fn show(pane: Pane) -> Harness<'static, Pane> {
    let mut harness = Harness::builder()
        .with_size([760.0, 4_600.0])
        .with_context_setup(theme::install)
        .build_ui_state(|ui, pane: &mut Pane| pane.ui(ui), pane);
    harness.run();
    harness
}

/// Everything that a screen reader can say of the pane.
fn spoken(harness: &Harness<'_, Pane>) -> String {
    let all = harness.query_all_by(|_| true).map(|node| {
        let node = node.accesskit_node();
        format!("{} {}", node.label().unwrap_or_default(), node.value().unwrap_or_default())
    });
    all.collect::<Vec<_>>().join("\n")
}

fn copied(harness: &mut Harness<'_, Pane>, name: &str) -> String {
    harness.get_by_label(name).click();
    harness.run();
    match harness.state().wishes.last() {
        Some(OktaWish::Copy { text, .. }) => text.clone(),
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn every_value_of_the_form_is_copied_whole_under_its_own_name() {
    let mut harness = show(Pane::new("token", Some("https://quiet-otter.tunnel.example")));
    assert_eq!(copied(&mut harness, "Copy URL"), "https://quiet-otter.tunnel.example/hooks/token");
    assert_eq!(copied(&mut harness, "Copy Authentication field"), "Authorization");
    assert_eq!(copied(&mut harness, "Copy Authentication secret"), BASIC);
    assert!(copied(&mut harness, "Copy curl for create").contains("\"$HOOK_SECRET\""));
    assert!(copied(&mut harness, "Copy curl for update").contains("jq"));
    assert!(copied(&mut harness, "Copy curl for execute").contains("/execute"));
    harness.get_by_label("Execute with this recorded body (call 7)");
    harness.get_by_label_contains("Masked values lie in this body");
}

#[test]
fn a_secret_is_neither_seen_nor_read_aloud_until_it_is_revealed() {
    let mut harness = show(Pane::new("token", Some("https://quiet-otter.tunnel.example")));
    assert!(!spoken(&harness).contains("b2t0YTpvcGVuIHNlc2FtZQ"));
    harness.get_by_label("Reveal secrets").click();
    harness.run();
    assert!(spoken(&harness).contains(BASIC));
    assert!(copied(&mut harness, "Copy curl for create").contains(BASIC));
    harness.get_by_label("Hide secrets").click();
    harness.run();
    assert!(!spoken(&harness).contains("b2t0YTpvcGVuIHNlc2FtZQ"));
    assert!(!spoken(&harness).contains("open sesame"));
}

#[test]
fn an_address_that_okta_would_refuse_is_said_while_it_is_typed() {
    let mut harness = show(Pane::new("saml", None));
    harness.get_by_label_contains("Start a tunnel, or type the public address");
    harness.get_by_label("Public address").focus();
    harness.run();
    harness.get_by_label("Public address").type_text("http://a.example");
    harness.run();
    harness.get_by_label_contains("Okta refuses http");
    assert_eq!(harness.state().wishes, []);
    harness.key_press(egui::Key::Enter);
    harness.run();
    assert_eq!(harness.state().wishes, [OktaWish::SetPublicUrl("http://a.example".to_owned())]);
    harness.get_by_label_contains("Okta refuses http");
    harness.state_mut().setup.tunnel.public_url = Some("https://a.example".to_owned());
    harness.state_mut().state.public_url = "https://a.example".to_owned();
    harness.run();
    assert!(harness.query_by_label_contains("Okta refuses http").is_none());
    harness.get_by_label("Tunnel…").click();
    harness.run();
    assert_eq!(harness.state().wishes.last(), Some(&OktaWish::ShowTunnel));
}

#[test]
fn an_event_hook_is_verified_and_never_executed() {
    let mut harness = show(Pane::new("event", Some("https://quiet-otter.tunnel.example")));
    assert!(copied(&mut harness, "Copy curl for verify").contains("/lifecycle/verify"));
    assert!(harness.query_by_label("Copy curl for execute").is_none());
    harness.get_by_label("Event hooks have no execute");
    harness.get_by_label_contains("Press Verify after saving");
}

#[test]
fn the_kind_is_chosen_only_where_the_endpoint_takes_whatever_comes() {
    let mut harness = show(Pane::new("token", None));
    assert!(harness.query_by_label("Hook kind of the values").is_none());
    for endpoint in &mut harness.state_mut().setup.endpoints {
        endpoint.hook = EndpointHook::Auto;
    }
    harness.run();
    harness.get_by_label("Hook kind of the values").click();
    harness.run();
    harness.get_by_label("registration").click();
    harness.run();
    assert_eq!(harness.state().kind, HookKind::Registration);
    harness.get_by_label("Endpoint of the values").click();
    harness.run();
    harness.get_by_label("saml").click();
    harness.run();
    assert_eq!(harness.state().wishes.last(), Some(&OktaWish::ShowEndpoint("saml".into())));
}
