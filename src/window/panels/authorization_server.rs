//! The authorization server that the listener plays: where it is, what it gives to whom, and what it does wrong on purpose.

use std::time::Duration;

use egui::{Label, RichText, Ui};

use super::client_form::ClientForm;
use super::dialogs::endpoint::secret_field::KeychainState;
use super::dialogs::{error_ui, field_name, help};
use super::pane;
use crate::call::Secret;
use crate::respond::{ClientMethod, ClientSetup, KeySource, SecretSource, StandInSetup, TokenFault};
use crate::window::controls::{TextField, button, checkbox, choice, copy_box, primary_button};
use crate::window::icons::Icon;
use crate::window::theme::{self, Palette};

/// What is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuthorizationServerModel {
    /// None where it is off.
    pub setup: Option<StandInSetup>,
    /// Issuer, token URL, key set URL, metadata URL; none while the engine does not know them.
    pub urls: Option<[String; 4]>,
    /// The signing keys, the one that signs first, a line each.
    pub keys: Vec<String>,
    /// Why there is no key yet; none where there is one.
    pub waits_for_keys: Option<String>,
    /// The last refusals, the newest first, a line each.
    pub refusals: Vec<String>,
    pub keychain: KeychainState,
    /// Some endpoint demands the tokens that are given here.
    pub is_demanded: bool,
}

/// What a person is typing.
#[derive(Clone, Debug, Default)]
pub struct AuthorizationServerState {
    /// The setup that the fields were filled from; another one fills them anew.
    of: Option<StandInSetup>,
    path: String,
    issuer: String,
    audience: String,
    scopes: String,
    lifetime: String,
    delay: String,
    fault: Option<TokenFault>,
    client: Option<ClientForm>,
    problem: Option<String>,
}

/// What a person asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum AuthorizationServerWish {
    /// None turns it off.
    Change(Option<StandInSetup>),
    RotateKeys,
    Copy {
        text: String,
        what: &'static str,
    },
}

impl AuthorizationServerState {
    fn fill(&mut self, setup: &StandInSetup) {
        if self.of.as_ref() == Some(setup) {
            return;
        }
        *self = AuthorizationServerState {
            of: Some(setup.clone()),
            path: setup.path.clone(),
            issuer: setup.issuer.clone().unwrap_or_default(),
            audience: setup.audience.clone(),
            scopes: setup.scopes.join(" "),
            lifetime: setup.expires_in.as_secs().to_string(),
            delay: setup.delay.as_millis().to_string(),
            fault: setup.fault,
            client: None,
            problem: None,
        };
    }

    /// The setup that the fields say, or what is wrong with them.
    fn setup(&self, before: &StandInSetup) -> Result<StandInSetup, String> {
        let path = self.path.trim().trim_end_matches('/');
        if !path.starts_with('/') || path.contains([' ', '?', '#']) {
            return Err("The path begins with / and has no spaces, such as /oauth2/hookscope".to_owned());
        }
        let issuer = Some(self.issuer.trim()).filter(|issuer| !issuer.is_empty());
        if issuer.is_some_and(|issuer| !issuer.starts_with("https://") && !issuer.starts_with("http://")) {
            return Err("The issuer is an URL that begins with https://, or empty for the one by which we are reached"
                .to_owned());
        }
        let audience = self.audience.trim();
        if audience.is_empty() {
            return Err("Name the audience, such as api://default".to_owned());
        }
        let number = |text: &str, name: &str, most: u64| match text.trim().parse::<u64>() {
            Ok(number) if number <= most => Ok(number),
            _ => Err(format!("{name} is a number of at most {most}")),
        };
        let lifetime = number(&self.lifetime, "The lifetime", 86_400 * 365)?;
        if lifetime == 0 {
            return Err("A token lives at least one second; for one that is past choose that under what it does wrong"
                .to_owned());
        }
        Ok(StandInSetup {
            path: path.to_owned(),
            issuer: issuer.map(str::to_owned),
            audience: audience.to_owned(),
            scopes: self.scopes.split_whitespace().map(str::to_owned).collect(),
            expires_in: Duration::from_secs(lifetime),
            clients: before.clients.clone(),
            delay: Duration::from_millis(number(&self.delay, "The delay", 60_000)?),
            fault: self.fault,
        })
    }
}

/// What a fault is called.
pub fn fault_text(fault: TokenFault) -> &'static str {
    match fault {
        TokenFault::WrongSignature => "Wrong signature",
        TokenFault::UnknownKey => "Unknown key",
        TokenFault::Unsigned => "Not signed (alg none)",
        TokenFault::Expired => "Expired token",
        TokenFault::WrongIssuer => "Wrong issuer",
        TokenFault::WrongAudience => "Wrong audience",
        TokenFault::NoScopes => "scope in place of scp",
        TokenFault::WrongClient => "Another client",
        TokenFault::NoExpiresIn => "No expires_in",
        TokenFault::ServerError => "500 in place of a token",
        TokenFault::NotJson => "A web page in place of JSON",
        TokenFault::Silence => "No answer at all",
    }
}

/// What a fault tries.
fn fault_effect(fault: TokenFault) -> &'static str {
    match fault {
        TokenFault::WrongSignature => "A service that checks the signature answers 401",
        TokenFault::UnknownKey => "kid is in no key set: a service asks for the keys again, and then answers 401",
        TokenFault::Unsigned => "A service that believes alg lets it in: it must answer 401",
        TokenFault::Expired => "exp lies an hour back: a service answers 401",
        TokenFault::WrongIssuer => "iss is another issuer: a service answers 401",
        TokenFault::WrongAudience => "aud is another audience: a service answers 401",
        TokenFault::NoScopes => "A service that looks for the scopes in scp finds none",
        TokenFault::WrongClient => "cid is another client: a service that compares it answers 401",
        TokenFault::NoExpiresIn => {
            "The token is right, and the answer does not say how long it lives: hooks failed by that until 2024"
        }
        TokenFault::ServerError => "There is no token, so there is no hook call with one",
        TokenFault::NotJson => "200 with a page, as a login or a tunnel would give: there is no token in it",
        TokenFault::Silence => "The time until somebody gives up counts inside the 3 s of the hook call",
    }
}

/// Draws the body of the pane. `environment` looks a variable up.
pub fn ui(
    model: &AuthorizationServerModel,
    state: &mut AuthorizationServerState,
    environment: &dyn Fn(&str) -> Option<Secret>,
    ui: &mut Ui,
) -> Vec<AuthorizationServerWish> {
    let palette = theme::palette(ui);
    let mut wishes = Vec::new();
    let mut is_on = model.setup.is_some();
    checkbox(ui, &mut is_on, "Play an authorization server");
    help(
        ui,
        "Gives and checks tokens as Okta's custom authorization servers do, so that OAuth 2.0 can be tried before an org is touched",
    );
    match (&model.setup, is_on) {
        (None, true) => wishes.push(AuthorizationServerWish::Change(Some(StandInSetup::default()))),
        (Some(_), false) => wishes.push(AuthorizationServerWish::Change(None)),
        _ => {}
    }
    let Some(setup) = &model.setup else { return wishes };
    state.fill(setup);
    ui.add_space(theme::GAP_SECTION);
    urls_ui(model, palette, &mut wishes, ui);
    ui.add_space(theme::GAP_SECTION);
    clients_ui(model, setup, state, environment, palette, &mut wishes, ui);
    ui.add_space(theme::GAP_SECTION);
    if !model.is_demanded && !setup.clients.is_empty() {
        let text = "No endpoint demands these tokens yet: edit one and choose OAuth 2.0 access token as its credential";
        super::tunnel::said_ui(super::messages::Tone::Info, text, palette, ui);
        ui.add_space(theme::GAP_SECTION);
    }
    tokens_ui(setup, state, &mut wishes, ui);
    ui.add_space(theme::GAP_SECTION);
    keys_ui(model, palette, &mut wishes, ui);
    if !model.refusals.is_empty() {
        ui.add_space(theme::GAP_SECTION);
        pane::section_ui(ui, "Last refusals", "Each is a row of its own, with every check");
        for refusal in &model.refusals {
            ui.add(Label::new(theme::secondary_text(refusal, palette)).wrap().selectable(true));
        }
    }
    wishes
}

fn urls_ui(
    model: &AuthorizationServerModel,
    palette: &Palette,
    wishes: &mut Vec<AuthorizationServerWish>,
    ui: &mut Ui,
) {
    pane::section_ui(ui, "Addresses", "The token URL goes into the hook in Okta, the issuer into your service");
    let Some(urls) = &model.urls else {
        ui.label(theme::secondary_text("They are known when the listener is up", palette));
        return;
    };
    let names = [
        ("Issuer", "Copy issuer", "issuer"),
        ("Token URL", "Copy token URL", "token URL"),
        ("Key set URL", "Copy key set URL", "key set URL"),
        ("Metadata URL", "Copy metadata URL", "metadata URL"),
    ];
    for (url, (title, copy_name, what)) in urls.iter().zip(names) {
        field_name(ui, title);
        if copy_box(ui, url, copy_name).clicked() {
            wishes.push(AuthorizationServerWish::Copy { text: url.clone(), what });
        }
    }
}

fn clients_ui(
    model: &AuthorizationServerModel,
    setup: &StandInSetup,
    state: &mut AuthorizationServerState,
    environment: &dyn Fn(&str) -> Option<Secret>,
    palette: &Palette,
    wishes: &mut Vec<AuthorizationServerWish>,
    ui: &mut Ui,
) {
    pane::section_ui(ui, "Clients", "Who may ask for a token: one for each hook, with the hook's client id");
    if setup.clients.is_empty() {
        ui.label(theme::secondary_text("None yet, so every request is refused", palette));
    }
    for (idx, client) in setup.clients.iter().enumerate() {
        ui.push_id(idx, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.label(theme::code_text(&client.client_id, palette));
                ui.label(theme::secondary_text(method_text(&client.method), palette));
                let named = |verb: &str| format!("{verb} client {}", client.client_id);
                if super::super::icons::icon_button_of_size(ui, Icon::Pencil, &named("Change"), "Change", 24.0)
                    .clicked()
                {
                    state.client = Some(ClientForm::new(Some((idx, client))));
                }
                if super::super::icons::icon_button_of_size(ui, Icon::Trash, &named("Remove"), "Remove", 24.0).clicked()
                {
                    let mut changed = setup.clone();
                    changed.clients.remove(idx);
                    wishes.push(AuthorizationServerWish::Change(Some(changed)));
                }
            });
        });
    }
    let Some(form) = &mut state.client else {
        ui.add_space(theme::GAP_TIGHT);
        if button(ui, Some(Icon::Plus), "Add client").clicked() {
            state.client = Some(ClientForm::new(None));
        }
        return;
    };
    let mut is_done = false;
    let answer = form.ui(&model.keychain, &setup.clients, environment, &mut is_done, ui);
    if let Some((place, client)) = answer {
        let mut changed = setup.clone();
        match place.and_then(|idx| changed.clients.get_mut(idx)) {
            Some(known) => *known = client,
            None => changed.clients.push(client),
        }
        wishes.push(AuthorizationServerWish::Change(Some(changed)));
    }
    if is_done {
        state.client = None;
    }
}

fn method_text(method: &ClientMethod) -> &'static str {
    match method {
        ClientMethod::SecretPost(SecretSource::Missing) => {
            "client_secret_post · its secret is missing, so it is refused"
        }
        ClientMethod::SecretPost(source) if source.secret().is_none() => {
            "client_secret_post · its secret cannot be read, so it is refused"
        }
        ClientMethod::SecretPost(_) => "client_secret_post",
        ClientMethod::PrivateKeyJwt(KeySource::Url(_)) => "private_key_jwt · key from a URL",
        ClientMethod::PrivateKeyJwt(_) => "private_key_jwt · pasted key",
    }
}

fn tokens_ui(
    setup: &StandInSetup,
    state: &mut AuthorizationServerState,
    wishes: &mut Vec<AuthorizationServerWish>,
    ui: &mut Ui,
) {
    pane::section_ui(ui, "Tokens", "What is in them, and what is wrong with them on purpose");
    let code = |ui: &mut Ui, name: &str, hint: &str, text: &mut String| {
        field_name(ui, name);
        TextField::new(name).hint(hint).on_wire().ui(ui, text);
    };
    code(ui, "Path", "/oauth2/hookscope", &mut state.path);
    code(ui, "Own issuer", "By the address at which we are reached", &mut state.issuer);
    code(ui, "Audience", "api://default", &mut state.audience);
    code(ui, "Scopes", "Every one that is asked for", &mut state.scopes);
    code(ui, "Lifetime in seconds", "3600", &mut state.lifetime);
    code(ui, "Delay in milliseconds", "0", &mut state.delay);
    help(ui, "Before a token is given. It counts inside the 3 s of the hook call that fetches it.");
    field_name(ui, "What it does wrong");
    let chosen = state.fault.map_or("Nothing", fault_text);
    choice(ui, "What it does wrong", chosen, |ui| {
        ui.selectable_value(&mut state.fault, None, "Nothing");
        for fault in TokenFault::ALL {
            ui.selectable_value(&mut state.fault, Some(fault), fault_text(fault));
        }
    });
    if let Some(fault) = state.fault {
        let palette = theme::palette(ui);
        let text = RichText::new(fault_effect(fault)).font(theme::secondary()).color(palette.ignored);
        ui.add(Label::new(text).wrap());
    }
    if let Some(problem) = &state.problem {
        error_ui(ui, problem);
    }
    ui.add_space(theme::GAP);
    let wanted = state.setup(setup);
    let is_changed = wanted.as_ref() != Ok(setup);
    let apply = ui.add_enabled_ui(is_changed, |ui| primary_button(ui, None, "Apply")).inner;
    if apply.on_disabled_hover_text("Nothing is changed").clicked() {
        match wanted {
            Ok(changed) => {
                state.problem = None;
                wishes.push(AuthorizationServerWish::Change(Some(changed)));
            }
            Err(problem) => state.problem = Some(problem),
        }
    }
}

fn keys_ui(
    model: &AuthorizationServerModel,
    palette: &Palette,
    wishes: &mut Vec<AuthorizationServerWish>,
    ui: &mut Ui,
) {
    pane::section_ui(ui, "Signing keys", "Tokens of the key before stay good while it is served");
    for key in &model.keys {
        ui.add(Label::new(theme::code_text(key, palette)).truncate().selectable(true));
    }
    if let Some(why) = &model.waits_for_keys {
        ui.add(Label::new(theme::secondary_text(why, palette)).wrap());
    }
    ui.add_space(theme::GAP_TIGHT);
    if button(ui, Some(Icon::RotateCw), "Rotate keys").clicked() {
        wishes.push(AuthorizationServerWish::RotateKeys);
    }
}

/// A client that a form has made, and where it goes.
pub type ClientAnswer = (Option<usize>, ClientSetup);
