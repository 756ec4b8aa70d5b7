//! What is to be pasted into Okta, for each endpoint.

use std::sync::Arc;

use egui::Ui;

use super::App;
use super::pane::Pane;
use crate::call::{CallId, Revealed, is_masked};
use crate::engine;
use crate::okta::management::{Secrets, card, commands, execute_command};
use crate::okta::{self, HookKind};
use crate::respond::{Setup, okta_form};
use crate::window::panels::messages::Tone;
use crate::window::panels::okta_values::{self, Execute, OktaValuesModel, OktaValuesState, OktaWish};
use crate::window::panels::pane;

/// What the pane remembers while it is shown or not.
#[derive(Default)]
pub struct OktaValues {
    state: OktaValuesState,
    /// The address that the field was filled from.
    shown_url: Option<String>,
    /// What was chosen here, and what was selected in the window then: another selection there counts more.
    chosen: Option<(Arc<str>, Selected)>,
    kind: Option<HookKind>,
    is_revealed: bool,
    /// When it was last drawn: what was revealed is not there any more when the pane comes back.
    drawn_at: u64,
    made: Option<(Key, OktaValuesModel)>,
}

/// What is selected in the window.
type Selected = (Option<Arc<str>>, Option<CallId>);

/// Everything that the model is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    setup_revision: u64,
    endpoint: Arc<str>,
    kind: HookKind,
    public_url: Option<String>,
    is_revealed: bool,
    call: Option<(CallId, Revealed)>,
    shows_viewed: bool,
    n_opened: usize,
}

impl App {
    /// The address that Okta can reach, if one is known.
    pub(super) fn public_url(&self) -> Option<String> {
        self.state.setup.tunnel.public_url.clone().filter(|url| !url.trim().is_empty())
    }

    /// True where it is to be closed.
    pub(super) fn okta_values_ui(&mut self, ui: &mut Ui) -> bool {
        self.open_selected();
        let pass = ui.ctx().cumulative_pass_nr();
        if pass > self.okta_values.drawn_at + 1 {
            self.okta_values.is_revealed = false;
        }
        self.okta_values.drawn_at = pass;
        let is_closed = pane::head_ui("Values for Okta", |_| {}, ui);
        if is_closed || !self.make_okta_values() {
            if !is_closed {
                pane::body_ui("okta-values", ui, |ui| {
                    let palette = crate::window::theme::palette(ui);
                    let text = "There is no endpoint yet: add one, and what Okta needs to know of it stands here";
                    ui.label(crate::window::theme::secondary_text(text, palette));
                });
            }
            return is_closed;
        }
        let mut state = std::mem::take(&mut self.okta_values.state);
        let wishes = match &self.okta_values.made {
            Some((_, model)) => okta_values::ui(model, &mut state, ui),
            None => Vec::new(),
        };
        self.okta_values.state = state;
        for wish in wishes {
            self.carry_out_okta(wish, ui);
            ui.request_repaint();
        }
        false
    }

    fn carry_out_okta(&mut self, wish: OktaWish, ui: &Ui) {
        match wish {
            OktaWish::ShowEndpoint(name) => {
                self.okta_values.chosen = Some((name, self.selected_now()));
            }
            OktaWish::ShowKind(kind) => self.okta_values.kind = Some(kind),
            OktaWish::SetPublicUrl(url) => {
                let public_url = Some(url).filter(|url| !url.is_empty());
                self.okta_values.shown_url = public_url.clone();
                let mut setup = Setup::clone(&self.state.setup);
                setup.tunnel.public_url = public_url;
                self.command_engine(engine::Command::ChangeSetup(Box::new(setup)));
            }
            OktaWish::ShowTunnel => self.pane = Pane::Tunnel,
            OktaWish::EditEndpoint(name) => self.ask_for_endpoint(Some(name)),
            OktaWish::Reveal(reveal) => self.okta_values.is_revealed = reveal,
            OktaWish::Copy { text, what } => {
                ui.copy_text(text);
                self.say(Tone::Info, format!("Copied the {what}"));
            }
        }
    }

    fn selected_now(&self) -> Selected {
        (self.tab().endpoint.clone(), self.tab().selected)
    }

    /// Makes the model anew where something has changed; false where there is no endpoint.
    fn make_okta_values(&mut self) -> bool {
        let Some(mut key) = self.okta_key() else {
            return false;
        };
        if self.okta_values.made.as_ref().is_some_and(|(made_of, _)| made_of.endpoint != key.endpoint) {
            // Whoever revealed the secrets of one endpoint has not asked for those of another.
            self.okta_values.is_revealed = false;
            key.is_revealed = false;
        }
        if self.okta_values.shown_url != key.public_url {
            self.okta_values.shown_url.clone_from(&key.public_url);
            self.okta_values.state.public_url = key.public_url.clone().unwrap_or_default();
        }
        if self.okta_values.made.as_ref().is_some_and(|(made_of, _)| *made_of == key) {
            return true;
        }
        let model = self.okta_model(&key);
        self.okta_values.made = model.map(|model| (key, model));
        self.okta_values.made.is_some()
    }

    fn okta_key(&self) -> Option<Key> {
        let setup = &self.state.setup;
        let values = &self.okta_values;
        let selected = self.selected_now();
        let chosen = values.chosen.as_ref().filter(|(_, at)| *at == selected).map(|(name, _)| name);
        let of_call = || {
            let call = self.tab().index.get(selected.1?)?;
            self.endpoint_of(&call).map(|endpoint| endpoint.name.clone())
        };
        let wanted = chosen.cloned().or_else(|| selected.0.clone()).or_else(of_call);
        let endpoint = wanted.and_then(|name| setup.endpoint_named(&name)).or_else(|| setup.endpoints.first())?;
        let revealed = |call_id: CallId| {
            let of_call = self.revealed.as_ref().filter(|(revealed_id, _)| *revealed_id == call_id);
            (call_id, of_call.map(|(_, revealed)| revealed.clone()).unwrap_or_default())
        };
        Some(Key {
            setup_revision: setup.revision,
            endpoint: endpoint.name.clone(),
            kind: endpoint.hook.kind().or(values.kind).unwrap_or(HookKind::Token),
            public_url: self.public_url(),
            is_revealed: values.is_revealed,
            call: self.tab().shown().map(|record| revealed(record.opening.call_id)),
            shows_viewed: self.shows_viewed,
            n_opened: self.tab().opened.len(),
        })
    }

    fn okta_model(&self, key: &Key) -> Option<OktaValuesModel> {
        let setup = &self.state.setup;
        let endpoint = setup.endpoint_named(&key.endpoint)?;
        let form = okta_form(setup, endpoint, key.kind, key.public_url.as_deref(), self.seen_event_types());
        let secrets = if key.is_revealed { Secrets::Written } else { Secrets::AsVariables };
        Some(OktaValuesModel {
            endpoints: setup.endpoints.iter().map(|endpoint| endpoint.name.clone()).collect(),
            endpoint: endpoint.name.clone(),
            kind: key.kind,
            can_choose_kind: endpoint.hook.kind().is_none(),
            public_url: key.public_url.clone(),
            card: card(&form.facts()),
            commands: commands(&form.facts(), secrets),
            execute: self.execute(key.kind),
            is_revealed: key.is_revealed,
        })
    }

    /// The event types of the open delivery and of those that are unrolled in the list, each once.
    fn seen_event_types(&self) -> Vec<String> {
        let tab = self.tab();
        let open = tab.record().filter(|record| record.opening.hook == HookKind::Event);
        let of_open = open.map(|record| okta::events(&record.opening.request.body)).unwrap_or_default();
        let of_unrolled = tab.opened.values().flat_map(|events| events.iter().map(|event| event.event_type.clone()));
        let mut seen: Vec<String> = Vec::new();
        for name in of_open.into_iter().filter_map(|event| event.event_type).chain(of_unrolled) {
            if okta::is_known_event_type(&name) && !seen.contains(&name) {
                seen.push(name);
            }
        }
        seen
    }

    fn execute(&self, kind: HookKind) -> Execute {
        if !kind.is_inline() {
            return Execute::Not("Event hooks have no execute: use Preview in the Admin Console");
        }
        let Some(record) = self.tab().shown() else {
            return Execute::Not("Select a call of this hook, and the command that sends its body stands here");
        };
        if record.opening.hook != kind {
            return Execute::Not("The selected call is of another kind: select one of this hook");
        }
        if record.opening.request.truncated {
            return Execute::Not("Only the beginning of the selected call's body was kept");
        }
        let body = &record.opening.request.body;
        match execute_command(kind, body) {
            Some(command) => Execute::With {
                call_id: record.opening.call_id,
                command,
                is_masked: is_masked(&String::from_utf8_lossy(body)),
            },
            None => Execute::Not("The selected call has no body that is text"),
        }
    }
}
