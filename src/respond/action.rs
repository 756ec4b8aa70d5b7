//! What a rule, or an endpoint without one that matches, does with a call.

use std::fmt;
use std::sync::Arc;

use super::{Fault, ForwardSetup, HoldSetup, ResponseSetup};

/// What is done: an answer, or several in turn; on the way the call may be forwarded, or held for a person.
///
/// Where it is forwarded or held, the answer is what goes out when the handler or the person is too slow. The default is the
/// endpoint's own response.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Action {
    pub answers: Answers,
    /// Passes the call to the developer's own handler and relays its answer.
    pub forward: Option<ForwardSetup>,
    /// Stops the call before the response.
    pub hold: Option<HoldSetup>,
}

/// One answer for every call, or several in turn.
#[derive(Clone, Debug, PartialEq)]
pub enum Answers {
    One(Answer),
    Sequence(Sequence),
}

/// Answers in turn: the first for the first call, the second for the second.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    /// At least one; an empty sequence gives the endpoint's own response.
    pub steps: Vec<Answer>,
    pub at_end: AtEnd,
}

/// What comes when every answer of a sequence was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AtEnd {
    /// The last one again.
    #[default]
    RepeatLast,
    /// The first one again, and so on.
    StartAgain,
    /// The endpoint's own response, as if the rule were not there.
    FallThrough,
}

/// A response, and what is broken in it on purpose.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    pub response: ResponseChoice,
    pub fault: Option<Fault>,
}

/// Where a response comes from.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ResponseChoice {
    /// That of the endpoint, else the least harmful one of the kind.
    #[default]
    Endpoint,
    Own(ResponseSetup),
    /// A saved one, by its name in [`super::Setup::responses`]; one that does not exist counts as the endpoint's.
    Saved(Arc<str>),
}

impl Default for Answers {
    fn default() -> Answers {
        Answers::One(Answer::default())
    }
}

impl From<Answer> for Action {
    fn from(answer: Answer) -> Action {
        Action { answers: Answers::One(answer), ..Action::default() }
    }
}

impl From<ResponseSetup> for Answer {
    fn from(response: ResponseSetup) -> Answer {
        Answer { response: ResponseChoice::Own(response), fault: None }
    }
}

impl Action {
    /// True where nothing is asked for but the endpoint's own response.
    pub fn is_default(&self) -> bool {
        *self == Action::default()
    }

    /// Every answer that can be given.
    pub fn all_answers(&self) -> &[Answer] {
        match &self.answers {
            Answers::One(answer) => std::slice::from_ref(answer),
            Answers::Sequence(sequence) => &sequence.steps,
        }
    }
}

impl AtEnd {
    pub const ALL: [AtEnd; 3] = [AtEnd::RepeatLast, AtEnd::StartAgain, AtEnd::FallThrough];

    /// The name in the workspace file.
    pub fn as_str(self) -> &'static str {
        match self {
            AtEnd::RepeatLast => "repeat-last",
            AtEnd::StartAgain => "start-again",
            AtEnd::FallThrough => "fall-through",
        }
    }

    /// The step for the call of this position, counted from 0; none where nothing is left.
    pub(super) fn step(self, position: u64, n_steps: usize) -> Option<usize> {
        let last = n_steps.checked_sub(1)?;
        let position = usize::try_from(position).unwrap_or(usize::MAX);
        match self {
            _ if position <= last => Some(position),
            AtEnd::RepeatLast => Some(last),
            AtEnd::StartAgain => Some(position % n_steps),
            AtEnd::FallThrough => None,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.response {
            ResponseChoice::Endpoint => f.write_str("the endpoint's response")?,
            ResponseChoice::Own(response) => write!(f, "{}", response.status)?,
            ResponseChoice::Saved(name) => write!(f, "the saved response '{name}'")?,
        }
        match &self.fault {
            Some(fault) => write!(f, " with fault: {fault}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answers::One(answer) => answer.fmt(f),
            Answers::Sequence(sequence) => {
                for (idx, step) in sequence.steps.iter().enumerate() {
                    let joint = if idx == 0 { "" } else { ", then " };
                    write!(f, "{joint}{step}")?;
                }
                f.write_str(match sequence.at_end {
                    AtEnd::RepeatLast => ", which is repeated",
                    AtEnd::StartAgain => ", and from the start again",
                    AtEnd::FallThrough => ", then the endpoint's response",
                })
            }
        }
    }
}

/// For people, after "then": `answer 500`, `forward to http://127.0.0.1:3000, else answer 204`.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.hold.is_some() {
            f.write_str("hold, else ")?;
        }
        match &self.forward {
            Some(forward) => write!(f, "forward to {}, else answer {}", forward.to, self.answers),
            None => write!(f, "answer {}", self.answers),
        }
    }
}
