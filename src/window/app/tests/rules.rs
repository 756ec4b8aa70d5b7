//! The window over a real engine: rules that are added, moved, removed and made from a call.

use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::{App, listening, until, window_with};
use crate::call::CallId;
use crate::engine;
use crate::okta;
use crate::respond::{Answers, Condition, ResponseChoice, Rule, Test};

const WORKSPACE: &str = r#"format = 1
[[endpoint]]
name = "saml"
path = "/hooks/saml"
hook = "saml"
"#;

fn rules<'a>(harness: &'a Harness<'_, App>) -> &'a [Rule] {
    &harness.state().state.setup.endpoints[0].rules
}

fn click(harness: &mut Harness<'static, App>, name: &str) {
    harness.get_by_label(name).click();
    harness.run_ok();
}

#[test]
fn the_first_attempt_is_answered_500_and_the_retry_200_with_two_clicks() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window_with(dir.path(), WORKSPACE);
    harness.key_press(Key::U);
    harness.run_ok();
    click(&mut harness, "First attempt fails, retry succeeds");
    until(&mut harness, |harness| harness.query_by_label("Rule first attempt fails").is_some());
    harness.get_by_label("When attempt is 1, answer 500");
    harness.get_by_label_contains("both rows are tied together");
    let [rule] = rules(&harness) else { panic!("one rule") };
    assert_eq!(rule.conditions, [Condition::new(Test::Attempt(1))]);
    let Answers::One(answer) = &rule.action.answers else { panic!("one answer") };
    assert!(matches!(&answer.response, ResponseChoice::Own(response) if response.status == 500));

    click(&mut harness, "Add rule");
    click(&mut harness, "Every call fails");
    until(&mut harness, |harness| rules(harness).len() == 2);
    harness.get_by_label("Never asked: 'every call fails' matches every call before it");
    click(&mut harness, "Move rule every call fails down");
    until(&mut harness, |harness| &*rules(harness)[0].name == "first attempt fails");
    click(&mut harness, "Rule first attempt fails on");
    until(&mut harness, |harness| !rules(harness)[0].is_on);

    click(&mut harness, "Remove rule first attempt fails");
    until(&mut harness, |harness| rules(harness).len() == 1);
    click(&mut harness, "Undo remove rule");
    until(&mut harness, |harness| rules(harness).len() == 2);
    assert_eq!(&*rules(&harness)[0].name, "first attempt fails");

    harness.key_press_modifiers(Modifiers::COMMAND, Key::R);
    until(&mut harness, |harness| harness.query_by_label("rules off").is_some());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::R);
    until(&mut harness, |harness| harness.query_by_label("rules on").is_some());
}

#[test]
fn a_rule_that_is_made_from_a_call_is_opened_before_it_is_saved() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = window_with(dir.path(), WORKSPACE);
    click(&mut harness, "saml /hooks/saml 500 ignored");
    harness.key_press(Key::M);
    harness.run_ok();
    assert!(rules(&harness).is_empty());
    assert_eq!(harness.get_by_label("Name of the rule").accesskit_node().value(), Some("like call 3".to_owned()));
    harness.get_by_label_contains("hook kind is saml, answer 500");
    click(&mut harness, "Save rule");
    until(&mut harness, |harness| rules(harness).len() == 1);
    harness.get_by_label("Rule like call 3");
    click(&mut harness, "Edit rule like call 3");
    harness.key_press(Key::Escape);
    harness.run_ok();
    harness.get_by_label("Rule like call 3");
    harness.key_press(Key::Escape);
    harness.run_ok();
    assert!(harness.query_by_label("Rule like call 3").is_none());
}

#[test]
fn a_sample_is_answered_500_is_sent_again_as_okta_would_and_both_rows_are_tied_together() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = listening(dir.path(), WORKSPACE);
    harness.key_press(Key::U);
    harness.run_ok();
    click(&mut harness, "First attempt fails, retry succeeds");
    until(&mut harness, |harness| harness.query_by_label("Rule first attempt fails").is_some());
    harness.state_mut().command_engine(engine::Command::SendSample(okta::sample("saml").unwrap()));
    until(&mut harness, |harness| harness.state().live.index.get(CallId(9)).is_some());
    let call = |number| harness.state().live.index.get(CallId(number)).unwrap();
    let (first, retry) = (call(8), call(9));
    assert_eq!((first.status, retry.status, retry.link.retry_of), (Some(500), Some(204), Some(CallId(8))));
    until(&mut harness, |harness| harness.query_by_label("1 hit").is_some());
    harness.state_mut().select(CallId(9));
    harness.run_ok();
    click(&mut harness, "History");
    harness.get_by_label_contains("Attempt 2 of 2: it came");
    harness.get_by_label_contains("A retry was expected: call 8 was answered 500");
    click(&mut harness, "Facts");
    harness.get_by_label_contains("first attempt fails: attempt is 1");
}
