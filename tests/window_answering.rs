//! The pane of faults, forwarding and holding, and the same forms in a rule, as a person fills them in.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::time::Duration;

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use hookscope::okta::HookKind;
use hookscope::respond::{Action, Answers, Fault, ForwardSetup, HoldSetup, Overrides, Setup};
use hookscope::window::panels::answering::{self, AnsweringState, AnsweringWish};
use hookscope::window::panels::rules::{self, FormModel, RuleDraft, RulePreset, Target};
use hookscope::window::theme;

struct Pane {
    state: AnsweringState,
    wish: Option<AnsweringWish>,
}

fn pane(action: &Action) -> Harness<'static, Pane> {
    let state = Pane { state: AnsweringState::new(action), wish: None };
    let mut harness = Harness::builder().with_size([700.0, 900.0]).with_context_setup(theme::install).build_ui_state(
        |ui, pane: &mut Pane| {
            if let Some(wish) = answering::ui(&mut pane.state, "token", HookKind::Token, ui) {
                pane.wish = Some(wish);
            }
        },
        state,
    );
    harness.run();
    harness
}

fn click<T>(harness: &mut Harness<'_, T>, name: &str) {
    harness.get_by_label(name).click();
    harness.run();
}

fn write<T>(harness: &mut Harness<'_, T>, name: &str, text: &str) {
    harness.get_by_label(name).focus();
    harness.run();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.get_by_label(name).type_text(text);
    harness.run();
}

fn applied(harness: &mut Harness<'_, Pane>) -> Action {
    click(harness, "Apply");
    match harness.state_mut().wish.take() {
        Some(AnsweringWish::Apply(action)) => *action,
        other => panic!("nothing was applied: {other:?}"),
    }
}

fn fault(action: &Action) -> Option<&Fault> {
    match &action.answers {
        Answers::One(answer) => answer.fault.as_ref(),
        Answers::Sequence(_) => panic!("one answer"),
    }
}

#[test]
fn each_fault_is_chosen_by_its_name_with_what_okta_makes_of_it_beside() {
    for (name, expected) in [
        ("Broken JSON", Fault::BrokenJson),
        ("Never answers", Fault::Never),
        ("Connection reset in the head", Fault::ResetInHead),
        ("2.9 s late, just in time", Fault::NearlyLate),
    ] {
        let mut harness = pane(&Action::default());
        assert!(harness.get_by_label("Apply").accesskit_node().is_disabled(), "nothing has changed");
        click(&mut harness, "Fault");
        click(&mut harness, name);
        let said = expected.consequence(HookKind::Token);
        harness.get_by_label(&said.summary);
        harness.get_by_label(&format!("{} · {}", said.outcome.as_str(), said.retry));
        assert_eq!(fault(&applied(&mut harness)), Some(&expected));
    }
}

#[test]
fn a_fault_with_a_length_is_written_in_and_a_wrong_one_says_what_to_change() {
    let mut harness = pane(&Action::default());
    click(&mut harness, "Fault");
    click(&mut harness, "Late by a random time");
    write(&mut harness, "Fault: At least", "500");
    write(&mut harness, "Fault: At most", "200");
    assert!(harness.query_all_by_label("The shortest delay is longer than the longest").count() > 0);
    assert!(harness.get_by_label("Apply").accesskit_node().is_disabled());
    write(&mut harness, "Fault: At most", "4000");
    harness.get_by_label_contains("Up to 3 seconds:");
    let (from, to) = (Duration::from_millis(500), Duration::from_secs(4));
    assert_eq!(fault(&applied(&mut harness)), Some(&Fault::RandomDelay { from, to }));
}

#[test]
fn forwarding_and_holding_are_written_in_and_taken_away_again() {
    let mut harness = pane(&Action::default());
    click(&mut harness, "Forward calls to a handler");
    harness.get_by_label_contains("Write the URL of your handler");
    write(&mut harness, "Handler URL", "http://127.0.0.1:3000");
    write(&mut harness, "Soft deadline", "2500");
    write(&mut harness, "Override status", "202");
    click(&mut harness, "Hold calls");
    write(&mut harness, "Hold deadline", "2800");
    let action = applied(&mut harness);
    let overrides = Overrides { status: Some(202), ..Overrides::default() };
    let forward = ForwardSetup {
        soft_deadline: Some(Duration::from_millis(2_500)),
        overrides,
        ..ForwardSetup::to("http://127.0.0.1:3000")
    };
    assert_eq!(action.forward, Some(forward));
    assert_eq!(action.hold, Some(HoldSetup { deadline: Duration::from_millis(2_800) }));

    let mut harness = pane(&action);
    click(&mut harness, "Forward calls to a handler");
    click(&mut harness, "Hold calls");
    assert!(harness.query_by_label("Handler URL").is_none());
    assert_eq!(applied(&mut harness), Action::default());
}

#[test]
fn a_rule_has_the_same_forms() {
    let setup = Setup::first_start();
    let rule = RulePreset::EveryCallFails.rule(HookKind::Token, &[]);
    let draft = RuleDraft::of_rule(&setup.endpoints[0], &rule, Target::NewRule);
    let mut harness = Harness::builder()
        .with_size([640.0, 1_400.0])
        .with_context_setup(theme::install)
        .build_ui_state(|ui, draft: &mut RuleDraft| drop(rules::draft_ui(&FormModel::default(), draft, ui)), draft);
    harness.run();
    click(&mut harness, "Fault 1");
    click(&mut harness, "Late by a fixed time");
    write(&mut harness, "Fault 1: Delay", "1234");
    click(&mut harness, "Forward calls to a handler");
    write(&mut harness, "Handler URL", "http://127.0.0.1:3000/x");
    click(&mut harness, "Hold calls");
    let action = harness.state().rule(&[]).unwrap().action;
    assert_eq!(fault(&action), Some(&Fault::Delay(Duration::from_millis(1_234))));
    assert_eq!(action.forward, Some(ForwardSetup::to("http://127.0.0.1:3000/x")));
    assert_eq!(action.hold, Some(HoldSetup::default()));
}
