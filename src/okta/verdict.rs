//! The words in which a call is judged: outcome, sentence, findings.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A text that is nearly always known when the program is built; judging a call then copies nothing.
pub type Text = Cow<'static, str>;

/// What Okta does with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Okta does what the response asks.
    Applied,
    /// The response is good and asks for nothing; the flow goes on as it would without the hook.
    Unchanged,
    /// The response, or the lack of one, is not used; the flow goes on as it would without the hook.
    Ignored,
    /// The response stops the flow on purpose.
    Denied,
    /// The call failed or the response is unusable, and for this kind that stops the flow.
    Refused,
    /// Okta does it by its own means (telephony).
    Fallback,
    /// An event delivery was taken.
    Accepted,
    /// An event delivery was not taken.
    Failed,
    /// The verification of an event hook succeeds.
    Verified,
    /// The verification of an event hook fails.
    NotVerified,
    /// No source gives an expectation.
    Undocumented,
}

impl Outcome {
    pub const ALL: [Outcome; 11] = [
        Outcome::Applied,
        Outcome::Unchanged,
        Outcome::Ignored,
        Outcome::Denied,
        Outcome::Refused,
        Outcome::Fallback,
        Outcome::Accepted,
        Outcome::Failed,
        Outcome::Verified,
        Outcome::NotVerified,
        Outcome::Undocumented,
    ];

    /// The outcome's name in JSON, filters and accessible names.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Applied => "applied",
            Outcome::Unchanged => "unchanged",
            Outcome::Ignored => "ignored",
            Outcome::Denied => "denied",
            Outcome::Refused => "refused",
            Outcome::Fallback => "fallback",
            Outcome::Accepted => "accepted",
            Outcome::Failed => "failed",
            Outcome::Verified => "verified",
            Outcome::NotVerified => "not-verified",
            Outcome::Undocumented => "undocumented",
        }
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Works, but risky, contradictory or undocumented.
    Warning,
    /// Okta will not do what the response asks, or counts the call as failed.
    Error,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// How well a rule is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Confidence {
    /// Documented by Okta in a current page or schema.
    D,
    /// Documented by Okta in a page that has since been deleted or rewritten.
    H,
    /// Observed in a recorded exchange, a bug report or a release note.
    O,
    /// A third party's statement only.
    #[serde(rename = "3P")]
    ThirdParty,
    /// Inferred from what is documented.
    I,
    /// Undocumented: no source found.
    U,
}

impl Confidence {
    pub fn as_str(self) -> &'static str {
        match self {
            Confidence::D => "D",
            Confidence::H => "H",
            Confidence::O => "O",
            Confidence::ThirdParty => "3P",
            Confidence::I => "I",
            Confidence::U => "U",
        }
    }

    /// One phrase that says what the mark means.
    pub fn meaning(self) -> &'static str {
        match self {
            Confidence::D => "documented by Okta",
            Confidence::H => "documented by Okta in a page that has since been removed",
            Confidence::O => "observed, not promised",
            Confidence::ThirdParty => "a third party's statement",
            Confidence::I => "inferred from Okta's documents",
            Confidence::U => "undocumented",
        }
    }
}

/// One observation of a checker.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Finding {
    /// R and T numbers where a known check fits, else a name of our own.
    pub id: Text,
    pub severity: Severity,
    /// Says what to change.
    pub message: Text,
    /// JSON Pointer (RFC 6901) into the response body.
    pub pointer: Option<String>,
    /// Line in the response body, counted from 1.
    pub line: Option<u32>,
    /// Column in the response body in characters, counted from 1.
    pub column: Option<u32>,
    /// JSON Pointer into the request body, where the request itself is at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_pointer: Option<String>,
    /// The page, schema or RFC in which a user can look the rule up.
    pub source: Text,
    pub confidence: Confidence,
}

impl Finding {
    /// A finding about the call as a whole: it has no place in a body.
    pub fn of_call(
        id: impl Into<Text>,
        severity: Severity,
        message: impl Into<Text>,
        source: impl Into<Text>,
        confidence: Confidence,
    ) -> Finding {
        Finding {
            id: id.into(),
            severity,
            message: message.into(),
            pointer: None,
            line: None,
            column: None,
            request_pointer: None,
            source: source.into(),
            confidence,
        }
    }
}

/// Does Okta send the call again?
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Retry {
    /// None where no source says.
    pub expected: Option<bool>,
    pub why: Text,
}

/// Two statements of Okta that contradict each other, and the one this program follows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Conflict {
    pub one: Text,
    pub other: Text,
    pub taken: Text,
}

/// What Okta will do with a response, and why.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Verdict {
    pub outcome: Outcome,
    /// One plain sentence.
    pub summary: Text,
    /// How well the outcome itself is known.
    pub confidence: Confidence,
    /// What the end user or the OAuth client sees, where Okta says so.
    pub user_sees: Option<Text>,
    /// The System Log event to look for.
    pub system_log: Option<Text>,
    pub conflict: Option<Conflict>,
    pub retry: Retry,
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// The severity of the worst finding.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}
