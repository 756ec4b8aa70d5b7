//! Rules that can be added with one click.

use std::sync::Arc;

use crate::okta::{HookKind, Pointer, is_never_retried};
use crate::respond::{Action, Answer, Condition, Fault, JsonTest, ResponseSetup, Rule, Test};

/// What most people want to try first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulePreset {
    FirstAttemptFails,
    EveryCallFails,
    NearlyLate,
    TooLate,
    OneUser,
    Empty,
}

impl RulePreset {
    pub const ALL: [RulePreset; 6] = [
        RulePreset::FirstAttemptFails,
        RulePreset::EveryCallFails,
        RulePreset::NearlyLate,
        RulePreset::TooLate,
        RulePreset::OneUser,
        RulePreset::Empty,
    ];

    /// What the entry of the menu is called.
    pub fn text(self) -> &'static str {
        match self {
            RulePreset::FirstAttemptFails => "First attempt fails, retry succeeds",
            RulePreset::EveryCallFails => "Every call fails",
            RulePreset::NearlyLate => "Slow: 2.9 s",
            RulePreset::TooLate => "Too slow: 3.1 s",
            RulePreset::OneUser => "Only this user…",
            RulePreset::Empty => "Write a rule…",
        }
    }

    /// What it does for calls of a kind.
    pub fn hint(self, kind: Option<HookKind>) -> &'static str {
        match self {
            RulePreset::FirstAttemptFails if kind.is_some_and(is_never_retried) => {
                "Okta never sends calls of this kind again, so that each is a first attempt and is answered 500"
            }
            RulePreset::FirstAttemptFails => {
                "Attempt 1 is answered 500, the retry as the endpoint answers; both rows are tied together in the list"
            }
            RulePreset::EveryCallFails => "Every call is answered 500",
            RulePreset::NearlyLate => "The endpoint's response, just inside the three seconds",
            RulePreset::TooLate => "The endpoint's response, just outside the three seconds",
            RulePreset::OneUser => "Calls about one login get an answer of their own",
            RulePreset::Empty => "Choose conditions and answer yourself",
        }
    }

    /// True where something has to be typed first, so that the editor opens.
    pub fn needs_editor(self) -> bool {
        matches!(self, RulePreset::OneUser | RulePreset::Empty)
    }

    /// The rule, with a name that no other rule has.
    pub fn rule(self, kind: HookKind, others: &[Arc<str>]) -> Rule {
        let failing = || Action::from(Answer::from(ResponseSetup { status: 500, ..ResponseSetup::default() }));
        let broken = |fault| Action::from(Answer { fault: Some(fault), ..Answer::default() });
        let (name, conditions, action) = match self {
            RulePreset::FirstAttemptFails => ("first attempt fails", vec![Condition::new(Test::Attempt(1))], failing()),
            RulePreset::EveryCallFails => ("every call fails", Vec::new(), failing()),
            RulePreset::NearlyLate => ("slow", Vec::new(), broken(Fault::NearlyLate)),
            RulePreset::TooLate => ("too slow", Vec::new(), broken(Fault::JustLate)),
            RulePreset::OneUser => ("only this user", login(kind).into_iter().collect(), failing()),
            RulePreset::Empty => ("new rule", Vec::new(), Action::default()),
        };
        Rule { name: free_name(name, others), is_on: true, conditions, action }
    }
}

/// Where a body of this kind names the user (Okta OpenAPI 2026.06.3, the request schemas of the kinds).
fn login(kind: HookKind) -> Option<Condition> {
    let pointer = match kind {
        HookKind::Registration => "/data/userProfile/login",
        HookKind::PasswordImport => "/data/context/credential/username",
        HookKind::UserImport => "/data/user/profile/login",
        HookKind::Event => "/data/events/0/target/0/alternateId",
        _ => "/data/context/user/profile/login",
    };
    let pointer = Pointer::read(pointer).ok()?.into_owned();
    Some(Condition::new(Test::Json { pointer, test: JsonTest::Contains("@example.com".into()) }))
}

/// The name, with a number where it is taken.
pub fn free_name(name: &str, others: &[Arc<str>]) -> Arc<str> {
    let is_free = |name: &str| !others.iter().any(|other| **other == *name) && !Rule::RESERVED_NAMES.contains(&name);
    if is_free(name) {
        return name.into();
    }
    let numbered = (2..=others.len() + 2).map(|number| format!("{name} {number}"));
    numbered.into_iter().find(|name| is_free(name)).unwrap_or_else(|| name.to_owned()).into()
}
