//! Why a connection gave no whole call.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The ways in which a call ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    NotTls,
    TlsHandshake,
    /// Plain HTTP on the TLS port.
    PlainHttp,
    BadHttp,
    HeadTooLarge,
    HeadTimeout,
    BodyTooLarge,
    BodyTimeout,
    ClosedEarly,
}

impl ProblemKind {
    pub const ALL: [ProblemKind; 9] = [
        ProblemKind::NotTls,
        ProblemKind::TlsHandshake,
        ProblemKind::PlainHttp,
        ProblemKind::BadHttp,
        ProblemKind::HeadTooLarge,
        ProblemKind::HeadTimeout,
        ProblemKind::BodyTooLarge,
        ProblemKind::BodyTimeout,
        ProblemKind::ClosedEarly,
    ];

    /// True where it keeps a response from arriving whole. The others are answered, if they are, with an error status.
    pub fn is_cut_off(self) -> bool {
        matches!(self, ProblemKind::ClosedEarly | ProblemKind::BodyTimeout)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            ProblemKind::NotTls => "not-tls",
            ProblemKind::TlsHandshake => "tls-handshake",
            ProblemKind::PlainHttp => "plain-http",
            ProblemKind::BadHttp => "bad-http",
            ProblemKind::HeadTooLarge => "head-too-large",
            ProblemKind::HeadTimeout => "head-timeout",
            ProblemKind::BodyTooLarge => "body-too-large",
            ProblemKind::BodyTimeout => "body-timeout",
            ProblemKind::ClosedEarly => "closed-early",
        }
    }
}

/// Why a call ended before its time, and what was seen of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub kind: ProblemKind,
    /// One sentence for a person.
    pub detail: String,
}

/// How the detail of an answer begins of which, as was asked for, nothing was sent.
const NOT_SENT: &str = "a fault that was asked for, nothing of the answer was sent: ";

impl Problem {
    /// A call that was cut off on purpose inside its answer.
    pub fn cut_off_on_purpose(how: &str) -> Problem {
        Problem { kind: ProblemKind::ClosedEarly, detail: format!("a fault that was asked for: {how}") }
    }

    /// A call of whose answer, on purpose, nothing was sent.
    pub fn not_sent_on_purpose(how: &str) -> Problem {
        Problem { kind: ProblemKind::ClosedEarly, detail: format!("{NOT_SENT}{how}") }
    }

    /// True where a response is recorded and, on purpose, nothing of it was sent.
    pub fn is_not_sent(&self) -> bool {
        self.kind == ProblemKind::ClosedEarly && self.detail.starts_with(NOT_SENT)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.as_str(), self.detail)
    }
}
