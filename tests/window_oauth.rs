//! The token of a call and the pane of the authorization server, by accessible name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod oauth_scene;

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use hookscope::auth;
use hookscope::call::{Masker, Secret};
use hookscope::respond::{ClientMethod, ClientSetup, SecretSource, StandInSetup, TokenFault};
use hookscope::window::panels::authorization_server::{
    self, AuthorizationServerModel, AuthorizationServerState, AuthorizationServerWish,
};
use hookscope::window::panels::token_view::TokenModel;
use hookscope::window::theme;

struct Scene {
    model: AuthorizationServerModel,
    state: AuthorizationServerState,
    wishes: Vec<AuthorizationServerWish>,
}

fn harness(setup: Option<StandInSetup>) -> Harness<'static, Scene> {
    let issuer = "https://127.0.0.1:8443/oauth2/hookscope";
    let model = AuthorizationServerModel {
        setup,
        urls: Some(
            ["", "/v1/token", "/v1/keys", "/.well-known/oauth-authorization-server"]
                .map(|end| format!("{issuer}{end}")),
        ),
        keys: vec!["kid-1 · signs".to_owned()],
        ..AuthorizationServerModel::default()
    };
    let scene = Scene { model, state: AuthorizationServerState::default(), wishes: Vec::new() };
    let mut harness = Harness::builder().with_size([700.0, 1400.0]).build_ui_state(
        |ui, scene: &mut Scene| {
            theme::install(ui);
            let wishes = authorization_server::ui(
                &scene.model,
                &mut scene.state,
                &|_| Some(Secret::new("from the variable")),
                ui,
            );
            for wish in wishes {
                if let AuthorizationServerWish::Change(setup) = &wish {
                    scene.model.setup = setup.clone();
                }
                scene.wishes.push(wish);
            }
        },
        scene,
    );
    harness.run();
    harness
}

fn click(harness: &mut Harness<'static, Scene>, label: &str) {
    harness.get_by_label(label).click();
    harness.run();
}

fn setup_of(harness: &Harness<'static, Scene>) -> StandInSetup {
    harness.state().model.setup.clone().unwrap()
}

#[test]
fn it_is_turned_on_and_off_and_its_addresses_are_copied() {
    let mut harness = harness(None);
    assert!(harness.query_by_label("Copy token URL").is_none());
    click(&mut harness, "Play an authorization server");
    assert_eq!(setup_of(&harness), StandInSetup::default());
    for (label, end) in
        [("Copy issuer", "hookscope"), ("Copy token URL", "/v1/token"), ("Copy key set URL", "/v1/keys")]
    {
        click(&mut harness, label);
        let Some(AuthorizationServerWish::Copy { text, .. }) = harness.state().wishes.last() else { panic!("{label}") };
        assert!(text.ends_with(end), "{text}");
    }
    click(&mut harness, "Rotate keys");
    assert_eq!(harness.state().wishes.last(), Some(&AuthorizationServerWish::RotateKeys));
    click(&mut harness, "Play an authorization server");
    assert_eq!(harness.state().model.setup, None);
}

#[test]
fn a_client_is_added_with_a_secret_from_a_variable_and_removed() {
    let mut harness = harness(Some(StandInSetup::default()));
    click(&mut harness, "Add client");
    click(&mut harness, "Add this client");
    harness.get_by_label_contains("Name the client id");
    harness.get_by_label("Client id").focus();
    harness.get_by_label("Client id").type_text("0oaHook");
    harness.run();
    click(&mut harness, "Client secret from an environment variable");
    harness.get_by_label("Client secret variable").focus();
    harness.get_by_label("Client secret variable").type_text("HOOK_CLIENT");
    harness.run();
    click(&mut harness, "Add this client");
    let value = Some(Secret::new("from the variable"));
    let secret = SecretSource::Env { variable: "HOOK_CLIENT".to_owned(), value };
    let client = ClientSetup { client_id: "0oaHook".to_owned(), method: ClientMethod::SecretPost(secret) };
    assert_eq!(setup_of(&harness).clients, [client]);
    click(&mut harness, "Remove client 0oaHook");
    assert!(setup_of(&harness).clients.is_empty());
}

#[test]
fn a_key_that_cannot_be_used_is_refused_with_the_reason() {
    let mut harness = harness(Some(StandInSetup::default()));
    click(&mut harness, "Add client");
    harness.get_by_label("Client id").focus();
    harness.get_by_label("Client id").type_text("0oaHook");
    click(&mut harness, "Proof by a pasted hook key");
    harness.get_by_label("Public key").focus();
    harness.get_by_label("Public key").type_text("{\"kty\":\"EC\",\"kid\":\"k\"}");
    harness.run();
    click(&mut harness, "Add this client");
    harness.get_by_label_contains("Key k is of kind EC");
    assert!(setup_of(&harness).clients.is_empty());
}

#[test]
fn what_it_does_wrong_says_what_that_tries() {
    let mut harness = harness(Some(StandInSetup { fault: Some(TokenFault::Unsigned), ..StandInSetup::default() }));
    harness.get_by_label_contains("must answer 401");
    harness.get_by_label("Audience").focus();
    harness.get_by_label("Audience").type_text(".more");
    harness.run();
    click(&mut harness, "Apply");
    assert!(setup_of(&harness).audience.contains(".more"), "{:?}", setup_of(&harness));
    assert_eq!(setup_of(&harness).fault, Some(TokenFault::Unsigned));
}

#[test]
fn the_token_of_a_call_is_shown_masked_and_with_local_times() {
    let token = oauth_scene::token(&oauth_scene::claims_with("note", serde_json::json!("configured-horse")));
    let decoded = auth::decoded_bearer(&oauth_scene::headers(&token)).unwrap();
    let masker = Masker::default().with_secrets([&Secret::new("configured-horse")]);
    let model = TokenModel::new(&decoded, &masker, &jiff::tz::TimeZone::UTC);
    let claims = model.claims.clone().unwrap();
    let named = |name: &str| claims.iter().find(|claim| claim.name == name).unwrap();
    assert_eq!(named("exp").local_time.as_deref(), Some("2031-04-05 07:07:08"));
    assert_eq!(named("cid").value, oauth_scene::CLIENT);
    assert!(!format!("{model:?}").contains("configured-horse"));
    assert!(!format!("{model:?}").contains(token.rsplit('.').next().unwrap()));
}
