//! The credentials of an endpoint's window, driven by name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::Arc;

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use hookscope::auth::AddressList;
use hookscope::call::{Secret, Timestamp};
use hookscope::okta::HookKind;
use hookscope::respond::{IssuerSetup, KeySource, SecretSource, Setup, StandInSetup};
use hookscope::window::panels::dialogs::Answer;
use hookscope::window::panels::dialogs::endpoint::secret_field::KeychainState;
use hookscope::window::panels::dialogs::endpoint::{AddressesAsk, AddressesRead, EndpointAnswer, EndpointDialog};
use hookscope::window::theme;

struct Shown {
    dialog: EndpointDialog,
    answers: Vec<Answer<EndpointAnswer>>,
}

type Window<'a> = Harness<'a, Shown>;

fn show<'a>(dialog: EndpointDialog, setup: Setup) -> Window<'a> {
    let mut harness = Harness::builder().with_size([1_000.0, 700.0]).with_context_setup(theme::install).build_ui_state(
        move |ui, shown: &mut Shown| match shown.dialog.ui(&setup, &|_| None, ui) {
            Answer::Open => {}
            answer => shown.answers.push(answer),
        },
        Shown { dialog, answers: Vec::new() },
    );
    harness.run();
    harness
}

fn adding<'a>(keychain: KeychainState, setup: Setup) -> Window<'a> {
    let mut dialog = EndpointDialog::add_for("/hooks/crew", HookKind::Token, &setup);
    dialog.surroundings.keychain = keychain;
    show(dialog, setup)
}

fn click(harness: &mut Window<'_>, name: &str) {
    harness.get_by_label(name).click();
    harness.run();
}

fn type_into(harness: &mut Window<'_>, name: &str, text: &str) {
    harness.get_by_label(name).focus();
    harness.run();
    harness.get_by_label(name).type_text(text);
    harness.run();
}

fn choose(harness: &mut Window<'_>, field: &str, option: &str) {
    click(harness, field);
    click(harness, option);
}

fn answer(harness: &mut Window<'_>) -> EndpointAnswer {
    click(harness, "Add");
    match harness.state().answers.first() {
        Some(Answer::Given(answer)) => answer.clone(),
        other => panic!("{other:?}"),
    }
}

/// Everything that a screen reader gets, in one text.
fn tree(harness: &Window<'_>) -> String {
    fn add(node: &egui_kittest::Node<'_>, text: &mut String) {
        let access = node.accesskit_node();
        text.push_str(&format!("{:?} {:?} {:?}\n", access.label(), access.value(), access.description()));
        node.children().for_each(|child| add(&child, text));
    }
    let mut text = String::new();
    add(&harness.root(), &mut text);
    text
}

#[test]
fn a_secret_goes_to_the_keychain_where_there_is_one() {
    let mut harness = adding(KeychainState::There, Setup::first_start());
    choose(&mut harness, "Credential", "Basic: user and password");
    type_into(&mut harness, "User", "okta");
    type_into(&mut harness, "Password", "open sesame");
    let basic = answer(&mut harness).endpoint.auth.basic.unwrap();
    let SecretSource::Keychain { name, value } = basic.password else { panic!("{:?}", basic.password) };
    assert!(name.starts_with("crew-password-"), "{name}");
    assert_eq!(value, Some(Secret::new("open sesame")));
}

#[test]
fn without_a_keychain_the_reason_is_said_and_the_owners_file_is_a_choice_with_a_warning() {
    let mut harness = adding(KeychainState::Absent("nobody answers".to_owned()), Setup::first_start());
    choose(&mut harness, "Credential", "A secret in a header");
    type_into(&mut harness, "Header name", "X-Hook-Key");
    assert!(harness.get_by_label("Header value in the system keychain").accesskit_node().is_disabled());
    harness.get_by_label("Nobody answers.");
    click(&mut harness, "Header value in the owner-only file");
    harness.get_by_label("Not encrypted: whoever can read your files can read it. Only you may, by its permissions.");
    type_into(&mut harness, "Header value", "open sesame");
    let header = answer(&mut harness).endpoint.auth.header.unwrap();
    assert!(matches!(header.value, SecretSource::File { value: Some(_), .. }), "{header:?}");
}

#[test]
fn nothing_that_is_typed_as_a_secret_is_in_the_tree_of_the_window_whatever_keeps_it() {
    for place in ["in the system keychain", "typed for this run", "in the owner-only file"] {
        let mut harness = adding(KeychainState::There, Setup::first_start());
        choose(&mut harness, "Credential", "Basic and a secret header");
        for field in ["Password", "Header value"] {
            click(&mut harness, &format!("{field} {place}"));
            type_into(&mut harness, field, "opensesame");
        }
        let tree = tree(&harness);
        assert!(tree.contains("X-Hook-Key") || tree.contains("Header name"), "{tree}");
        assert!(!tree.contains("sesame"), "{place}: {tree}");
    }
}

#[test]
fn a_token_of_hookscope_itself_turns_its_authorization_server_on() {
    let mut harness = adding(KeychainState::There, Setup::first_start());
    choose(&mut harness, "Credential", "OAuth 2.0 access token");
    type_into(&mut harness, "Audience", "api://tide");
    type_into(&mut harness, "Scopes", "tide.hooks tide.more");
    let given = answer(&mut harness);
    assert_eq!(given.stand_in, Some(StandInSetup::default()));
    let bearer = given.endpoint.auth.bearer.unwrap();
    assert_eq!((bearer.issuer, bearer.keys), (IssuerSetup::StandIn, KeySource::Discovery));
    assert_eq!((bearer.audiences, bearer.scopes.len()), (vec!["api://tide".to_owned()], 2));

    let on = Setup { oauth: Some(StandInSetup::default()), ..Setup::first_start() };
    let mut harness = adding(KeychainState::There, on);
    choose(&mut harness, "Credential", "OAuth 2.0 access token");
    assert!(harness.query_by_label("Turn on the authorization server").is_none());
    assert_eq!(answer(&mut harness).stand_in, None);
}

#[test]
fn a_token_of_another_issuer_needs_its_url_and_can_have_its_keys_from_a_url() {
    let mut harness = adding(KeychainState::There, Setup::first_start());
    choose(&mut harness, "Credential", "OAuth 2.0 access token");
    click(&mut harness, "Another issuer");
    click(&mut harness, "Add");
    harness.get_by_label("Write the URL of the issuer, such as https://example.okta.com/oauth2/default");
    type_into(&mut harness, "Issuer URL", "https://tide.example/oauth2/default");
    click(&mut harness, "Keys from a URL");
    type_into(&mut harness, "Keys URL", "https://tide.example/keys");
    let given = answer(&mut harness);
    assert_eq!(given.stand_in, None);
    let bearer = given.endpoint.auth.bearer.unwrap();
    assert_eq!(bearer.issuer, IssuerSetup::At("https://tide.example/oauth2/default".to_owned()));
    assert_eq!(bearer.keys, KeySource::Url("https://tide.example/keys".to_owned()));
}

#[test]
fn an_event_hook_is_told_that_okta_sends_it_no_token() {
    let setup = Setup::first_start();
    let mut dialog = EndpointDialog::add_for("/verify/crew", HookKind::Event, &setup);
    dialog.surroundings.keychain = KeychainState::There;
    let mut harness = show(dialog, setup);
    choose(&mut harness, "Credential", "OAuth 2.0 access token");
    harness.get_by_label(
        "Okta cannot send a token to an event hook: OAuth 2.0 is for inline hooks. Use Basic or a secret header.",
    );
}

#[test]
fn a_file_of_addresses_is_asked_for_and_shows_its_cells_their_ranges_and_its_age() {
    let mut harness = adding(KeychainState::There, Setup::first_start());
    click(&mut harness, "Compare the caller's address with Okta's ranges");
    click(&mut harness, "Browse…");
    assert_eq!(harness.state_mut().dialog.asks.take(), Some(AddressesAsk::Browse));
    harness.state_mut().dialog.choose_addresses("ip_ranges.json".to_owned());
    harness.run();
    assert_eq!(harness.state_mut().dialog.asks.take(), Some(AddressesAsk::Read("ip_ranges.json".to_owned())));
    let list = AddressList::parse(
        "{\"us_cell_1\":{\"ip_ranges\":[\"192.0.2.16/32\",\"198.51.100.8/30\"]},\"preview_cell_1\":{\"ip_ranges\":[\"203.0.113.64/29\"]}}",
    );
    let read = AddressesRead { list: Arc::new(list.unwrap()), modified_at: Some(Timestamp(0)) };
    harness.state_mut().dialog.surroundings.now = Timestamp(40 * 86_400_000_000);
    harness.state_mut().dialog.addresses_read("ip_ranges.json".to_owned(), Ok(read));
    harness.run();
    harness.get_by_label("3 ranges, 40 days old. Advisory: an address outside them is noted, and the call is taken.");
    choose(&mut harness, "Cell", "us_cell_1");
    harness.get_by_label("2 ranges, 40 days old. Advisory: an address outside them is noted, and the call is taken.");
    let addresses = answer(&mut harness).endpoint.auth.addresses.unwrap();
    assert_eq!((addresses.file.as_str(), addresses.cell.as_deref()), ("ip_ranges.json", Some("us_cell_1")));
}

#[test]
fn a_file_of_addresses_that_cannot_be_read_is_said_and_not_taken() {
    let mut harness = adding(KeychainState::There, Setup::first_start());
    click(&mut harness, "Compare the caller's address with Okta's ranges");
    harness.state_mut().dialog.choose_addresses("ip_ranges.json".to_owned());
    harness.state_mut().dialog.addresses_read("ip_ranges.json".to_owned(), Err("cannot read it".to_owned()));
    harness.run();
    click(&mut harness, "Add");
    assert!(harness.state().answers.is_empty());
    assert!(harness.query_all_by_label("cannot read it").count() >= 1);
}
