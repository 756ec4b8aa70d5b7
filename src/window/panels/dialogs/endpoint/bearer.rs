//! Asking what an access token must be like.

use std::time::Duration;

use egui::{RichText, Ui};

use super::super::{field_name, help};
use crate::okta::HookKind;
use crate::respond::{BearerSetup, EndpointHook, IssuerSetup, KeySource, Setup};
use crate::window::controls::{TextField, checkbox, radio};
use crate::window::theme;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Issuer {
    StandIn,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keys {
    Discovery,
    Url,
    Pasted,
}

/// What is half typed of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BearerDraft {
    issuer: Issuer,
    issuer_url: String,
    /// Apart by spaces.
    audiences: String,
    client_id: String,
    /// Apart by spaces.
    scopes: String,
    keys: Keys,
    keys_url: String,
    pasted: String,
    leeway: Duration,
    /// The authorization server here is off, and is to be turned on with this endpoint.
    pub turn_on_stand_in: bool,
}

impl BearerDraft {
    pub fn new(setup: Option<&BearerSetup>) -> BearerDraft {
        let empty = BearerDraft {
            issuer: Issuer::StandIn,
            issuer_url: String::new(),
            audiences: String::new(),
            client_id: String::new(),
            scopes: String::new(),
            keys: Keys::Discovery,
            keys_url: String::new(),
            pasted: String::new(),
            leeway: BearerSetup::LEEWAY,
            turn_on_stand_in: true,
        };
        let Some(setup) = setup else { return empty };
        let (issuer, issuer_url) = match &setup.issuer {
            IssuerSetup::StandIn => (Issuer::StandIn, String::new()),
            IssuerSetup::At(url) => (Issuer::Other, url.clone()),
        };
        let (keys, keys_url, pasted) = match &setup.keys {
            KeySource::Discovery => (Keys::Discovery, String::new(), String::new()),
            KeySource::Url(url) => (Keys::Url, url.clone(), String::new()),
            KeySource::Pasted(text) => (Keys::Pasted, String::new(), text.to_string()),
        };
        BearerDraft {
            issuer,
            issuer_url,
            audiences: setup.audiences.join(" "),
            client_id: setup.client_id.clone().unwrap_or_default(),
            scopes: setup.scopes.join(" "),
            keys,
            keys_url,
            pasted,
            leeway: setup.leeway,
            turn_on_stand_in: true,
        }
    }

    /// True where the authorization server here has to be turned on for this.
    pub fn needs_stand_in(&self, setup: &Setup) -> bool {
        self.issuer == Issuer::StandIn && setup.oauth.is_none() && self.turn_on_stand_in
    }

    /// What is demanded, or what is missing.
    pub fn setup(&self) -> Result<BearerSetup, String> {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<String>>();
        let issuer = match self.issuer {
            Issuer::StandIn => IssuerSetup::StandIn,
            Issuer::Other => IssuerSetup::At(url(&self.issuer_url, "the issuer")?),
        };
        let keys = match (self.issuer, self.keys) {
            (Issuer::StandIn, _) | (_, Keys::Discovery) => KeySource::Discovery,
            (_, Keys::Url) => KeySource::Url(url(&self.keys_url, "the keys")?),
            (_, Keys::Pasted) => {
                let set = crate::auth::JwkSet::parse(&self.pasted)?;
                if set.keys().is_empty() {
                    return Err(set
                        .problems()
                        .first()
                        .cloned()
                        .unwrap_or_else(|| "Paste a JSON Web Key Set".to_owned()));
                }
                KeySource::Pasted(self.pasted.trim().into())
            }
        };
        let client_id = Some(self.client_id.trim()).filter(|client| !client.is_empty()).map(str::to_owned);
        Ok(BearerSetup {
            issuer,
            keys,
            audiences: words(&self.audiences),
            client_id,
            scopes: words(&self.scopes),
            leeway: self.leeway,
        })
    }

    pub fn ui(&mut self, setup: &Setup, hook: EndpointHook, ui: &mut Ui) {
        let palette = theme::palette(ui);
        if hook == EndpointHook::Kind(HookKind::Event) {
            let text = "Okta cannot send a token to an event hook: OAuth 2.0 is for inline hooks. Use Basic or a secret header.";
            ui.add(egui::Label::new(RichText::new(text).font(theme::secondary()).color(palette.ignored)).wrap());
        }
        field_name(ui, "Issuer");
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = theme::GAP_SECTION;
            let here = "The authorization server here";
            radio(ui, &mut self.issuer, Issuer::StandIn, "Hookscope itself", here);
            radio(ui, &mut self.issuer, Issuer::Other, "Another issuer", "Another issuer");
        });
        match self.issuer {
            Issuer::Other => {
                TextField::new("Issuer URL")
                    .hint("https://example.okta.com/oauth2/default")
                    .on_wire()
                    .ui(ui, &mut self.issuer_url);
            }
            Issuer::StandIn if setup.oauth.is_none() => {
                checkbox(ui, &mut self.turn_on_stand_in, "Turn on the authorization server");
                if !self.turn_on_stand_in {
                    help(ui, "It is off: every token fails until it is on.");
                }
            }
            Issuer::StandIn => {}
        }
        field_name(ui, "Audience");
        let hint = match (self.issuer, &setup.oauth) {
            (Issuer::StandIn, Some(oauth)) => oauth.audience.as_str(),
            (Issuer::StandIn, None) => "api://default",
            (Issuer::Other, _) => "not checked",
        };
        TextField::new("Audience").hint(hint).on_wire().ui(ui, &mut self.audiences);
        ui.columns_const(|[left, right]| {
            field_name(left, "Client id");
            TextField::new("Client id").hint("not checked").on_wire().ui(left, &mut self.client_id);
            field_name(right, "Scopes");
            TextField::new("Scopes").hint("not checked").on_wire().ui(right, &mut self.scopes);
        });
        if self.issuer == Issuer::Other {
            self.keys_ui(ui);
        }
    }

    fn keys_ui(&mut self, ui: &mut Ui) {
        field_name(ui, "Keys of the issuer");
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = theme::GAP_SECTION;
            radio(ui, &mut self.keys, Keys::Discovery, "By discovery", "Keys by discovery");
            radio(ui, &mut self.keys, Keys::Url, "From a URL", "Keys from a URL");
            radio(ui, &mut self.keys, Keys::Pasted, "Pasted", "Keys pasted");
        });
        match self.keys {
            Keys::Discovery => {}
            Keys::Url => {
                TextField::new("Keys URL")
                    .hint("https://example.okta.com/oauth2/default/v1/keys")
                    .on_wire()
                    .ui(ui, &mut self.keys_url);
            }
            Keys::Pasted => {
                let area = egui::ScrollArea::vertical().id_salt("pasted-keys").max_height(84.0);
                area.show(ui, |ui| {
                    let field = TextField::new("JSON Web Key Set").hint("{\"keys\": [ … ]}").on_wire().rows(3);
                    field.ui(ui, &mut self.pasted);
                });
            }
        }
    }
}

/// A URL as it is typed, or what is wrong with it.
fn url(text: &str, what: &str) -> Result<String, String> {
    let text = text.trim();
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.starts_with('/') && !text.contains(char::is_whitespace) => {
            Ok(text.to_owned())
        }
        _ => Err(format!("Write the URL of {what}, such as https://example.okta.com/oauth2/default")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn what_an_endpoint_demands_of_a_token_comes_back_as_it_was() {
        let before = BearerSetup {
            issuer: IssuerSetup::At("https://tide.example/oauth2/default".to_owned()),
            keys: KeySource::Url("https://tide.example/keys".to_owned()),
            audiences: vec!["a".to_owned(), "b".to_owned()],
            client_id: Some("c".to_owned()),
            scopes: vec!["tide.hooks".to_owned()],
            leeway: Duration::from_secs(5),
        };
        assert_eq!(BearerDraft::new(Some(&before)).setup(), Ok(before));
    }

    #[test]
    fn what_is_missing_of_an_issuer_and_its_keys_is_said() {
        let other = BearerDraft { issuer: Issuer::Other, ..BearerDraft::new(None) };
        assert!(other.setup().unwrap_err().contains("the issuer"));
        let with = |keys| BearerDraft { keys, issuer_url: "https://tide.example".to_owned(), ..other.clone() };
        assert!(with(Keys::Discovery).setup().is_ok());
        assert!(with(Keys::Url).setup().unwrap_err().contains("the keys"));
        assert!(with(Keys::Pasted).setup().is_err());
    }

    #[test]
    fn the_authorization_server_is_turned_on_only_where_it_is_needed_and_off() {
        let mut setup = Setup::first_start();
        let draft = BearerDraft::new(None);
        assert!(draft.needs_stand_in(&setup));
        assert!(!BearerDraft { turn_on_stand_in: false, ..draft.clone() }.needs_stand_in(&setup));
        assert!(!BearerDraft { issuer: Issuer::Other, ..draft.clone() }.needs_stand_in(&setup));
        setup.oauth = Some(crate::respond::StandInSetup::default());
        assert!(!draft.needs_stand_in(&setup));
    }
}
