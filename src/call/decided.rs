//! How the response of a call was chosen, as it is recorded with the call.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Which rules were looked at, and what was done to the answer on purpose. Recorded, since the rules of today are not those of
/// then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// The rules that were looked at, in their order: each but the last did not match, the last matched if any did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleTrace>,
    /// The fault that was put into the answer, as a phrase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Arc<str>>,
    /// Which response of a sequence this is, counted from 1, of how many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<(u32, u32)>,
    /// Why a template gave no body: then the least harmful response of the kind was answered in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_error: Option<TemplateError>,
}

impl Decided {
    /// True where there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        *self == Decided::default()
    }
}

/// What became of one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleTrace {
    pub name: Arc<str>,
    /// None where every condition held, so that this rule answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<FailedCondition>,
}

impl RuleTrace {
    pub fn matched(&self) -> bool {
        self.failed.is_none()
    }
}

/// The first condition of a rule that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedCondition {
    /// Counted from 0.
    pub idx: u32,
    /// The condition as a sentence: `header X-Env equals 'dev'`.
    pub condition: Arc<str>,
    /// What came in its place, shortened with `…`; none where nothing came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub came: Option<Box<str>>,
}

impl fmt::Display for FailedCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.came {
            Some(came) => write!(f, "{}: {came} came", self.condition),
            None => write!(f, "{}: none came", self.condition),
        }
    }
}

/// What is wrong with a template, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateError {
    /// The part that the template makes: `body`, or the name of a header.
    pub part: Box<str>,
    /// Line of the template, counted from 1.
    pub line: u32,
    /// Column of the template in characters, counted from 1.
    pub column: u32,
    /// One sentence for a person.
    pub message: Box<str>,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}, column {}: {}", self.part, self.line, self.column, self.message)
    }
}

impl std::error::Error for TemplateError {}
