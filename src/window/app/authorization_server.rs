//! The stand-in authorization server: what is shown of it and asked of it.

use egui::Ui;

use super::App;
use crate::engine::{self, Readiness, RefusalSeen, SigningKeyState};
use crate::respond::{IssuerSetup, Setup};
use crate::window::panels::authorization_server::{self, AuthorizationServerModel, AuthorizationServerWish};
use crate::window::panels::messages::Tone;
use crate::window::panels::pane;

impl App {
    /// True where it is to be closed.
    pub(super) fn authorization_server_ui(&mut self, ui: &mut Ui) -> bool {
        let is_closed = pane::head_ui("Authorization server", |_| {}, ui);
        let model = self.authorization_server_model();
        let environment = |name: &str| std::env::var(name).ok().map(crate::call::Secret::new);
        let state = &mut self.authorization_server;
        let wishes =
            pane::body_ui("authorization server", ui, |ui| authorization_server::ui(&model, state, &environment, ui));
        for wish in wishes {
            match wish {
                AuthorizationServerWish::Change(stand_in) => {
                    let mut setup = Setup::clone(&self.state.setup);
                    setup.oauth = stand_in;
                    self.command_engine(engine::Command::ChangeSetup(Box::new(setup)));
                }
                AuthorizationServerWish::RotateKeys => self.command_engine(engine::Command::RotateKeys),
                AuthorizationServerWish::Copy { text, what } => {
                    ui.copy_text(text);
                    self.say(Tone::Info, format!("Copied the {what}"));
                }
            }
        }
        is_closed
    }

    fn authorization_server_model(&self) -> AuthorizationServerModel {
        let stand_in = self.state.stand_in.as_deref();
        AuthorizationServerModel {
            setup: self.state.setup.oauth.clone(),
            urls: stand_in.map(|stand_in| {
                [&stand_in.issuer, &stand_in.token_url, &stand_in.keys_url, &stand_in.metadata_url].map(Clone::clone)
            }),
            keys: stand_in.map(|stand_in| stand_in.keys.iter().map(key_line).collect()).unwrap_or_default(),
            waits_for_keys: stand_in.and_then(|stand_in| match &stand_in.readiness {
                Readiness::NotAsked | Readiness::MakingKey => {
                    Some("A key is being made, which takes some seconds".to_owned())
                }
                Readiness::Failed(why) => Some(why.clone()),
                Readiness::Ready => None,
            }),
            refusals: stand_in
                .map(|stand_in| stand_in.refusals.iter().rev().map(|refusal| self.refusal_line(refusal)).collect())
                .unwrap_or_default(),
            keychain: self.keychain.clone(),
            is_demanded: self.state.setup.endpoints.iter().any(|endpoint| {
                endpoint.auth.bearer.as_ref().is_some_and(|bearer| bearer.issuer == IssuerSetup::StandIn)
            }),
        }
    }

    fn refusal_line(&self, refusal: &RefusalSeen) -> String {
        let time = refusal.at.time_of_day(&self.zone, false);
        let client = refusal.client_id.as_deref().unwrap_or("no client id");
        format!("{time} · {client} · {} · {}", refusal.error, refusal.description)
    }
}

fn key_line(key: &SigningKeyState) -> String {
    match key.until {
        None => format!("{} · signs, made at {}", key.kid, key.made_at),
        Some(until) => format!("{} · served until {until}", key.kid),
    }
}
