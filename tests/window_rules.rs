//! The pane of rules and the form of a rule, driven by name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use hookscope::call::CallId;
use hookscope::okta::HookKind;
use hookscope::respond::{Answers, AtEnd, Condition, Fault, Rule, Setup, Test};
use hookscope::window::panels::rules::{
    self, ConditionDraft, FormModel, Operator, RuleDraft, RulePreset, RuleRow, RulesModel, RulesState, RulesWish,
    SavedRow, Subject, Target,
};
use hookscope::window::theme;

struct Pane {
    model: RulesModel,
    state: RulesState,
    wishes: Vec<RulesWish>,
}

fn row(name: &str, sentence: &str) -> RuleRow {
    RuleRow {
        name: name.into(),
        sentence: sentence.to_owned(),
        is_on: true,
        n_hits: 0,
        last: None,
        hidden_by: None,
        is_first_attempt: false,
    }
}

fn show(rows: Vec<RuleRow>) -> Harness<'static, Pane> {
    let library = vec![SavedRow { name: "deny".into(), about: "200, saml, not used".to_owned(), n_uses: 0 }];
    let model = RulesModel {
        endpoints: vec!["token".into(), "saml".into()],
        endpoint: "token".into(),
        kind: Some(HookKind::Token),
        rules_on: true,
        rows,
        own: "Answer 204".to_owned(),
        library,
        call: Some(CallId(7)),
        has_response: true,
    };
    let pane = Pane { model, state: RulesState::default(), wishes: Vec::new() };
    let mut harness = Harness::builder().with_size([640.0, 900.0]).with_context_setup(theme::install).build_ui_state(
        |ui, pane: &mut Pane| {
            let wishes = rules::ui(&pane.model, &mut pane.state, ui);
            pane.wishes.extend(wishes);
        },
        pane,
    );
    harness.run();
    harness
}

fn asked(harness: &mut Harness<'_, Pane>, name: &str) -> RulesWish {
    harness.get_by_label(name).click();
    harness.run();
    harness.state_mut().wishes.pop().unwrap_or_else(|| panic!("{name} asked for nothing"))
}

#[test]
fn every_thing_that_can_be_done_with_a_rule_has_a_name_of_its_own() {
    let mut busy = row("env", "When header X-Env equals 'dev', answer 500");
    busy.n_hits = 3;
    busy.last = Some((CallId(12), "10:11:12".to_owned()));
    let mut harness = show(vec![busy, row("rest", "Always answer 204")]);
    let env = || "env".into();
    assert_eq!(asked(&mut harness, "Rule env on"), RulesWish::SetOn(env(), false));
    assert_eq!(asked(&mut harness, "Edit rule env"), RulesWish::Edit(env()));
    assert_eq!(asked(&mut harness, "Duplicate rule env"), RulesWish::Duplicate(env()));
    assert_eq!(asked(&mut harness, "Remove rule env"), RulesWish::Remove(env()));
    assert_eq!(asked(&mut harness, "Move rule env down"), RulesWish::Move { name: env(), is_up: false });
    assert_eq!(asked(&mut harness, "Move rule rest up"), RulesWish::Move { name: "rest".into(), is_up: true });
    assert_eq!(asked(&mut harness, "Last match of env: call 12"), RulesWish::OpenCall(CallId(12)));
    assert_eq!(asked(&mut harness, "Edit what answers otherwise"), RulesWish::EditOwn);
    assert_eq!(asked(&mut harness, "Reset counters"), RulesWish::Reset);
    assert_eq!(asked(&mut harness, "All rules on"), RulesWish::SetAllOn(false));
    assert_eq!(asked(&mut harness, "Use saved response deny"), RulesWish::UseSaved("deny".into()));
    assert_eq!(asked(&mut harness, "Remove saved response deny"), RulesWish::RemoveSaved("deny".into()));
    assert_eq!(asked(&mut harness, "Save response of the open call"), RulesWish::KeepResponse);
    harness.get_by_label("3 hits");
}

#[test]
fn every_preset_is_one_click_away() {
    for preset in RulePreset::ALL {
        let mut harness = show(vec![row("env", "Always answer 204")]);
        harness.get_by_label("Add rule").click();
        harness.run();
        assert_eq!(asked(&mut harness, preset.text()), RulesWish::Add(preset));
    }
    let mut harness = show(Vec::new());
    assert!(
        harness.query_by_label("First attempt fails, retry succeeds").is_none(),
        "a token hook is never sent again, so that there is no retry to show"
    );
    harness.state_mut().model.kind = Some(HookKind::Saml);
    harness.run();
    assert_eq!(
        asked(&mut harness, "First attempt fails, retry succeeds"),
        RulesWish::Add(RulePreset::FirstAttemptFails)
    );
}

fn form(rule: &Rule) -> Harness<'static, (RuleDraft, Vec<RulesWish>)> {
    let setup = Setup::first_start();
    let draft = RuleDraft::of_rule(&setup.endpoints[0], rule, Target::NewRule);
    let model = FormModel { others: vec!["taken".into()], saved: vec!["deny".into()] };
    let mut harness = Harness::builder().with_size([640.0, 1_200.0]).with_context_setup(theme::install).build_ui_state(
        move |ui, (draft, wishes): &mut (RuleDraft, Vec<RulesWish>)| {
            wishes.extend(rules::draft_ui(&model, draft, ui));
        },
        (draft, Vec::new()),
    );
    harness.run();
    harness
}

#[test]
fn what_is_wrong_with_a_condition_is_said_beneath_it_and_keeps_the_rule_from_being_saved() {
    let mut harness = form(&RulePreset::FirstAttemptFails.rule(HookKind::Token, &[]));
    harness.get_by_label("When attempt is 1, answer 500");
    let broken = ConditionDraft {
        subject: Subject::Path,
        name: String::new(),
        operator: Operator::Matches,
        is_negated: false,
        value: "(".to_owned(),
    };
    harness.state_mut().0.conditions = vec![broken];
    harness.run();
    harness.get_by_label_contains("This is no pattern");
    assert!(harness.get_by_label("Save rule").accesskit_node().is_disabled());
    harness.state_mut().0.conditions[0].subject = Subject::Json;
    harness.state_mut().0.conditions[0].name = "data".to_owned();
    harness.run();
    harness.get_by_label_contains("'data' is no place in the body");
    harness.get_by_label("Remove condition 1").click();
    harness.run();
    harness.get_by_label("Always answer 500");
    harness.get_by_label("Save rule").click();
    harness.run();
    assert_eq!(harness.state().1, [RulesWish::Save]);
}

#[test]
fn a_template_says_where_it_is_wrong() {
    let mut harness = form(&RulePreset::EveryCallFails.rule(HookKind::Token, &[]));
    let step = &mut harness.state_mut().0.action.steps[0];
    (step.is_template, step.body) = (true, "{\n  {{ request.body. }}".to_owned());
    harness.run();
    harness.get_by_label_contains("body, line 2, column");
}

#[test]
fn a_sequence_is_written_step_by_step() {
    let mut harness = form(&RulePreset::EveryCallFails.rule(HookKind::Token, &[]));
    harness.get_by_label("Several in turn").click();
    harness.run();
    harness.get_by_label("Status 2");
    harness.get_by_label("Always answer 500, then 200, which is repeated");
    harness.state_mut().0.action.at_end = AtEnd::StartAgain;
    harness.get_by_label("Add step").click();
    harness.run();
    harness.get_by_label("Remove step 3").click();
    harness.run();
    let rule = harness.state().0.rule(&[]).unwrap();
    let Answers::Sequence(sequence) = rule.action.answers else { panic!("a sequence") };
    assert_eq!((sequence.steps.len(), sequence.at_end), (2, AtEnd::StartAgain));
}

#[test]
fn a_name_that_is_taken_or_means_something_else_is_refused() {
    let rule = RulePreset::Empty.rule(HookKind::Token, &[]);
    let mut harness = form(&rule);
    for (name, problem) in [("taken", "Another rule"), ("default", "cannot be called"), (" ", "Give the rule a name")] {
        harness.state_mut().0.name = name.to_owned();
        harness.run();
        harness.get_by_label_contains(problem);
    }
}

#[test]
fn a_string_that_looks_like_json_stays_a_string() {
    use hookscope::okta::Pointer;
    use hookscope::respond::JsonTest;
    for value in [serde_json::json!("5"), serde_json::json!(5), serde_json::json!("five"), serde_json::json!("")] {
        let pointer = Pointer::read("/data/n").unwrap();
        let condition = Condition::not(Test::Json { pointer, test: JsonTest::Equals(value) });
        assert_eq!(ConditionDraft::of(&condition).condition().unwrap(), condition);
    }
}

#[test]
fn every_preset_makes_a_rule_that_the_form_gives_back() {
    let setup = Setup::first_start();
    for endpoint in &setup.endpoints {
        let kind = endpoint.hook.kind().unwrap_or(HookKind::Token);
        for preset in RulePreset::ALL {
            let rule = preset.rule(kind, &["slow".into()]);
            assert_ne!(&*rule.name, "slow");
            assert_eq!(RuleDraft::of_rule(endpoint, &rule, Target::NewRule).rule(&[]).unwrap(), rule);
        }
    }
    let slow = RulePreset::NearlyLate.rule(HookKind::Token, &[]);
    assert_eq!(slow.action.all_answers()[0].fault, Some(Fault::NearlyLate));
}
