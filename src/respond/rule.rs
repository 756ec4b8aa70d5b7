//! A rule: when a call matches, this is done.

use std::fmt;
use std::sync::Arc;

use super::{Action, Condition};

/// One rule of an endpoint. Rules are asked in order; the first that is on and whose conditions all hold decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Unique in its endpoint; stands in `response.rule` of a call. Not `default`, `next` or `listener`.
    pub name: Arc<str>,
    pub is_on: bool,
    /// All must hold; without any the rule matches every call.
    pub conditions: Vec<Condition>,
    pub action: Action,
}

impl Rule {
    /// Names that say what answered where no rule did.
    pub const RESERVED_NAMES: [&str; 5] = ["default", "next", "listener", "authorization-server", "sent"];

    /// True where the name can stand for this rule in `response.rule` of a call.
    pub fn has_usable_name(&self) -> bool {
        !self.name.trim().is_empty() && !Rule::RESERVED_NAMES.contains(&&*self.name)
    }
}

/// For people: `When attempt is 1 and method equals 'POST', answer 500`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.conditions.is_empty() {
            return write!(f, "Always {}", self.action);
        }
        for (idx, condition) in self.conditions.iter().enumerate() {
            write!(f, "{}{condition}", if idx == 0 { "When " } else { " and " })?;
        }
        write!(f, ", {}", self.action)
    }
}
