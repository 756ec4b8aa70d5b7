//! Secrets in the open call: masked for the eye and for a screen reader, revealed one by one, copied on purpose only.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod needles;

use std::cell::RefCell;
use std::rc::Rc;

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use hookscope::call::{Masker, Record, Revealed, Secret, SecretPart, SecretPlace};
use hookscope::okta::sample;
use hookscope::window::panels::body_view::View;
use hookscope::window::panels::detail::{self, DetailModel, DetailState, DetailWish};
use hookscope::window::panels::detail_tabs::Tab;
use hookscope::window::theme;
use needles::{Form, Needle, Planted, plant};

/// The open call as the window has it: what is asked for is carried out.
struct Open {
    record: Record,
    masker: Masker,
    revealed: Revealed,
    masked: Vec<String>,
    model: DetailModel,
    state: DetailState,
    copied: Vec<String>,
}

impl Open {
    fn new(record: Record) -> Open {
        let secrets = [Secret::new(needles::CONFIGURED), Secret::new(needles::PASSWORD), Secret::new(needles::basic())];
        let masker = Masker::new(["X-Hook-Key".to_owned()]).with_secrets(&secrets);
        let model = model(&record, &masker, &Revealed::default(), &[]);
        let state = DetailState { view: View::Raw, tab: Tab::Headers, ..DetailState::default() };
        Open { record, masker, revealed: Revealed::default(), masked: Vec::new(), model, state, copied: Vec::new() }
    }

    fn ui(&mut self, ui: &mut egui::Ui) {
        for wish in detail::ui(&mut self.model, &mut self.state, ui) {
            match wish {
                DetailWish::Reveal { place, reveal } => {
                    let places: Vec<SecretPlace> =
                        self.model.secrets.iter().map(|secret| secret.place.clone()).collect();
                    self.revealed.set(&place, reveal, &places);
                }
                DetailWish::RevealSecrets(true) => self.revealed = Revealed::All,
                DetailWish::RevealSecrets(false) => self.revealed = Revealed::default(),
                DetailWish::Copy { text, .. } => self.copied.push(text),
                DetailWish::Mask { what, mask } => {
                    self.masked.retain(|known| *known != what);
                    self.masked.extend(mask.then_some(what));
                    self.masker = self.masker.clone().with_marks(self.masked.iter().map(String::as_str));
                }
                _ => continue,
            }
            let mut model = model(&self.record, &self.masker, &self.revealed, &self.masked);
            model.open_like(&self.model);
            self.model = model;
        }
    }
}

fn model(record: &Record, masker: &Masker, revealed: &Revealed, masked: &[String]) -> DetailModel {
    let mut model = DetailModel::of_shown(masker.show(record, revealed), Vec::new(), "06:07:08.910".to_owned());
    model.set_masked(masked);
    model
}

fn open(planted: &Planted) -> Harness<'static, Open> {
    let mut harness = Harness::builder()
        .with_size([2_400.0, 2_600.0])
        .with_context_setup(theme::install)
        .build_ui_state(|ui, open: &mut Open| open.ui(ui), Open::new(planted.record.clone()));
    harness.run();
    harness
}

/// Everything that the accessibility tree says, with rows of bytes read as text.
fn said(harness: &Harness<'_, Open>) -> String {
    let mut said = String::new();
    let mut bytes = Vec::new();
    for node in harness.query_all_by(|_| true) {
        let node = node.accesskit_node();
        for text in [node.label(), node.value(), node.description(), node.placeholder().map(str::to_owned)]
            .into_iter()
            .flatten()
        {
            let is_hex =
                text.len() > 56 && text.as_bytes()[6..8] == *b"  " && text[..6].bytes().all(|b| b.is_ascii_hexdigit());
            if is_hex {
                bytes.extend(text[8..57].split_whitespace().filter_map(|byte| u8::from_str_radix(byte, 16).ok()));
            }
            said.push_str(&text);
            said.push('\n');
        }
    }
    said.push_str(&String::from_utf8_lossy(&bytes));
    said
}

const VIEWS: [View; 4] = [View::Tree, View::Pretty, View::Raw, View::Hex];
const TABS: [Tab; 5] = [Tab::Credential, Tab::Headers, Tab::Timeline, Tab::History, Tab::Note];

#[test]
fn no_secret_of_any_sample_is_in_the_accessibility_tree_in_any_view() {
    // The other forms hold the same values in other letters: `masking.rs` looks at all of them.
    let is_looked_at = |planted: &Planted| matches!(planted.form, Form::Plain | Form::Repeated);
    for planted in needles::planted().into_iter().filter(is_looked_at) {
        let mut harness = open(&planted);
        for (idx, view) in VIEWS.into_iter().enumerate() {
            harness.state_mut().state.view = view;
            harness.state_mut().state.tab = TABS[(idx + 1) % TABS.len()];
            harness.run();
            let said = said(&harness);
            for needle in &planted.needles {
                assert!(!needle.is_in(&said), "{}: {} is in {view:?}", planted.name, needle.place);
            }
        }
    }
}

/// The needles that a text holds.
fn seen<'p>(planted: &'p Planted, text: &str) -> Vec<&'p Needle> {
    planted.needles.iter().filter(|needle| needle.is_in(text)).collect()
}

#[test]
fn revealing_one_shows_that_one_and_hiding_it_hides_it_again() {
    let check = |name: &str, place: &str, shown: &str| {
        let planted = plant(sample(name).unwrap(), Form::Plain);
        for view in [View::Tree, View::Pretty, View::Raw] {
            let mut harness = open(&planted);
            harness.state_mut().state.view = view;
            harness.state_mut().state.tab = Tab::Timeline;
            harness.run();
            // Branches so deep are closed at first.
            for (end, _) in place.match_indices('/') {
                if let Some(closed) = harness.query_by_label(&format!("Open {}", &place[..end])) {
                    closed.click();
                    harness.run();
                }
            }
            harness.get_by_role_and_label(Role::Button, &format!("Reveal {place}")).click();
            harness.run();
            let now = said(&harness);
            let seen: Vec<&str> = seen(&planted, &now).into_iter().map(|needle| needle.place.as_str()).collect();
            assert_eq!(seen, [shown], "{name} in {view:?}");
            harness.get_by_role_and_label(Role::Button, &format!("Hide {place}")).click();
            harness.run();
            assert!(self::seen(&planted, &said(&harness)).is_empty(), "{name} in {view:?}");
        }
    };
    check("telephony", "/data/messageProfile/otpCode", "/data/messageProfile/otpCode");
    check("telephony", "/data/messageProfile/msgTemplate", "/data/messageProfile/otpCode");
    check("telephony", "/data/messageProfile/phoneNumber", "/data/messageProfile/phoneNumber");
    check("password-import", "/data/context/credential/password", "/data/context/credential/password");
    check("token", "/data/context/session/id", "/data/context/session/id");
    check("token", "/data/context/request/url/value?code", "code of a URL");
    check("event/phone-classic", "/data/events/0/target/1/alternateId", "/data/events/0/target/1/alternateId");
    check("token", "/access_token of the response", "/access_token");
}

#[test]
fn headers_are_revealed_one_by_one_in_the_table_and_in_the_raw_view() {
    let planted = plant(sample("saml").unwrap(), Form::Plain);
    let mut harness = open(&planted);
    harness.state_mut().state.view = View::Hex;
    harness.run();
    harness.get_by_label("Reveal Authorization").click();
    harness.run();
    let now = said(&harness);
    assert_eq!(seen(&planted, &now).iter().map(|needle| &needle.place[..]).collect::<Vec<_>>(), ["Authorization"]);
    harness.state_mut().state.view = View::Raw;
    harness.state_mut().state.tab = Tab::Note;
    harness.run();
    assert_eq!(seen(&planted, &said(&harness)).len(), 1);
    harness.get_by_label("Reveal token of the query").click();
    harness.run();
    assert_eq!(seen(&planted, &said(&harness)).len(), 2);
}

#[test]
fn a_revealed_secret_is_copied_by_its_button_and_cannot_be_selected() {
    let planted = plant(sample("password-import").unwrap(), Form::Plain);
    let mut harness = open(&planted);
    harness.state_mut().state.view = View::Pretty;
    harness.state_mut().state.tab = Tab::Timeline;
    harness.run();
    harness.get_by_label("Copy request").click();
    harness.run();
    assert!(seen(&planted, &harness.state().copied[0]).is_empty());
    harness.get_by_label("Reveal /data/context/credential/password").click();
    harness.run();
    harness.get_by_label("Copy /data/context/credential/password").click();
    harness.run();
    let quoted = serde_json::to_string(&planted.needles[0].text).unwrap();
    assert_eq!(harness.state().copied[1], quoted[1..quoted.len() - 1]);
    harness.get_by_label("Copy request").click();
    harness.run();
    let copied: Vec<_> = seen(&planted, &harness.state().copied[2]).iter().map(|needle| needle.place.clone()).collect();
    assert_eq!(copied, ["/data/context/credential/password"], "what is revealed is what is copied");
    // Everything is selected and copied as the keyboard does: the secret is not part of it.
    let copied = Rc::new(RefCell::new(String::new()));
    let labels: Vec<_> = harness.query_all_by_label_contains("username").map(|node| node.rect()).collect();
    let (from, to) = (labels[0].left_top(), egui::pos2(labels[0].right() + 400.0, labels[0].bottom() + 60.0));
    harness.drag_at(from);
    harness.hover_at(to);
    harness.drop_at(to);
    harness.event(egui::Event::Copy);
    harness.step();
    for command in &harness.output().platform_output.commands {
        if let egui::OutputCommand::CopyText(text) = command {
            copied.borrow_mut().push_str(text);
        }
    }
    assert!(copied.borrow().contains("username"), "{:?}", copied.borrow());
    assert!(seen(&planted, &copied.borrow()).is_empty(), "{:?}", copied.borrow());
}

#[test]
fn the_keyboard_reveals_and_hides_without_losing_its_place() {
    let planted = plant(sample("telephony").unwrap(), Form::Plain);
    let mut harness = open(&planted);
    harness.state_mut().state.view = View::Tree;
    harness.state_mut().state.tab = Tab::Timeline;
    harness.run();
    harness.get_by_label("Reveal /data/messageProfile/otpCode").focus();
    harness.run();
    harness.key_press(egui::Key::Enter);
    harness.run();
    assert!(harness.get_by_label("Hide /data/messageProfile/otpCode").accesskit_node().is_focused());
    harness.key_press(egui::Key::Enter);
    harness.run();
    assert!(harness.get_by_label("Reveal /data/messageProfile/otpCode").accesskit_node().is_focused());
}

#[test]
fn all_can_be_revealed_at_once_and_one_of_them_hidden() {
    let planted = plant(sample("token").unwrap(), Form::OneLine);
    let mut harness = open(&planted);
    harness.state_mut().state.view = View::Pretty;
    harness.state_mut().state.tab = Tab::Timeline;
    harness.run();
    harness.get_by_label("Reveal secrets").click();
    harness.run();
    let n_secrets = harness.state().model.secrets.len();
    assert_eq!(harness.query_all_by_label_contains("Reveal ").count(), 0);
    harness.get_by_label("Hide /data/context/session/id").click();
    harness.run();
    harness.get_by_label("Reveal /data/context/session/id");
    assert_eq!(harness.state().model.secrets.iter().filter(|secret| secret.is_revealed).count(), n_secrets - 1);
    harness.get_by_label("Reveal secrets");
}

#[test]
fn a_value_is_masked_from_the_tree_and_no_longer() {
    let planted = plant(sample("token").unwrap(), Form::Plain);
    let mut harness = open(&planted);
    harness.state_mut().state.view = View::Tree;
    harness.state_mut().state.tab = Tab::Timeline;
    harness.run();
    harness.get_by_label("Open /data/access/claims/branches").click();
    harness.run();
    harness.get_by_label("preferred_username").click_secondary();
    harness.run();
    harness.get_by_label("Mask this value").click();
    harness.run();
    assert_eq!(harness.state().masked, ["/data/identity/claims/preferred_username"]);
    harness.get_by_label("Reveal /data/identity/claims/preferred_username");
    harness.get_by_label("preferred_username").click_secondary();
    harness.run();
    harness.get_by_label("Do not mask").click();
    harness.run();
    assert!(harness.query_by_label("Reveal /data/identity/claims/preferred_username").is_none());
    let in_body = |secret: &&hookscope::call::ShownSecret| secret.place.part == SecretPart::RequestBody;
    assert!(harness.state().model.secrets.iter().filter(in_body).all(|secret| !secret.is_revealed));
}
