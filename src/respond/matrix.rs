//! The resilience matrix: one recorded call against each fault in turn. What is predicted is what Okta does when our endpoint's own
//! answer has the fault; what is measured is what it does when a handler was really called and the fault lies over its answer.

use std::time::Duration;

use super::Fault;
use super::decide::least_harmful;
use super::setup::Setup;
use crate::call::{CallId, Opening, Response, SentAttempt, Table};
use crate::okta::verdict::Text;
use crate::okta::{Asked, CHALLENGE_HEADER, HookKind, Outcome, Verdict};

/// What Okta does in the end, after its retry where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreseen {
    pub outcome: Outcome,
    /// One plain sentence.
    pub summary: Text,
    /// How often Okta calls: 1, or 2 where it retries.
    pub n_attempts: usize,
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatrixRow {
    pub fault: Fault,
    pub predicted: Foreseen,
    pub measured: Foreseen,
    /// What reached the handler, with the statuses and times of its own, before the fault.
    pub attempts: Vec<SentAttempt>,
    /// The row of the first attempt in the live session, where one was written.
    pub row: Option<CallId>,
}

impl MatrixRow {
    /// True where the handler comes out otherwise than our own endpoint.
    pub fn differs(&self) -> bool {
        self.predicted.outcome != self.measured.outcome
    }
}

/// What is predicted, for one recorded call.
#[derive(Clone, Debug)]
pub struct Matrix {
    hook: HookKind,
    response: Response,
    body: bytes::Bytes,
    challenge: Option<String>,
}

impl Matrix {
    /// For a recorded call, with what its endpoint answers of its own, whatever rules say; where there is no endpoint, with what was
    /// answered; where nothing was, with the least harmful response of its kind.
    pub fn new(opening: &Opening, setup: &Setup) -> Matrix {
        let hook = opening.hook;
        let path = opening.request.path.as_deref().unwrap_or_default();
        let recorded = opening.response.clone();
        let least = || least_harmful(hook).unwrap_or_default().as_response("endpoint".into(), setup.revision);
        let response = match (hook, setup.endpoint_at(path)) {
            // The listener answers these by itself, whatever the endpoint has.
            (HookKind::Verification, _) | (_, None) => recorded,
            (_, Some(endpoint)) => match endpoint.own_response(setup) {
                Some(own) => Some(own.as_response("endpoint".into(), setup.revision)),
                None => Some(least()),
            },
        };
        Matrix {
            hook,
            response: response.unwrap_or_else(least),
            body: opening.request.body.clone(),
            challenge: opening.request.header(CHALLENGE_HEADER).map(str::to_owned),
        }
    }

    /// What Okta does when our endpoint answers with a fault, each time it is asked.
    pub fn predict(&self, fault: &Fault) -> Foreseen {
        let asked = || match &self.challenge {
            Some(challenge) => Asked::Challenge(challenge),
            None => Asked::Body(&self.body),
        };
        let judge = |attempt| fault.verdict(self.hook, asked(), &self.response, Duration::ZERO, attempt);
        let first = judge(1);
        match first.retry.expected {
            Some(true) => Foreseen::new(&judge(2), 2),
            _ => Foreseen::new(&first, 1),
        }
    }

    /// Rows as a table with a head.
    pub fn table<'a>(rows: impl IntoIterator<Item = &'a MatrixRow>) -> Table {
        let head = [
            "Fault",
            "Predicted",
            "Measured",
            "Differs",
            "Attempts",
            "Statuses of the handler",
            "Its times in ms",
            "Meaning",
        ];
        let lines = rows.into_iter().map(|row| {
            let times = row.attempts.iter().map(|attempt| format!("{:.1}", attempt.took.as_secs_f64() * 1_000.0));
            vec![
                row.fault.to_string(),
                row.predicted.outcome.as_str().to_owned(),
                row.measured.outcome.as_str().to_owned(),
                if row.differs() { "differs" } else { "" }.to_owned(),
                row.attempts.len().to_string(),
                SentAttempt::list(&row.attempts),
                times.collect::<Vec<_>>().join(", "),
                row.measured.summary.to_string(),
            ]
        });
        Table { head: head.map(str::to_owned).to_vec(), lines: lines.collect() }
    }
}

impl Foreseen {
    pub fn new(verdict: &Verdict, n_attempts: usize) -> Foreseen {
        Foreseen { outcome: verdict.outcome, summary: verdict.summary.clone(), n_attempts }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn matrix() -> Matrix {
        Matrix::new(&crate::call::test_record().opening, &Setup::first_start())
    }

    #[test]
    fn an_answer_in_time_is_as_good_as_without_a_fault_and_a_late_one_is_asked_for_twice() {
        let matrix = matrix();
        let early = matrix.predict(&Fault::NearlyLate);
        let late = matrix.predict(&Fault::JustLate);
        assert_eq!((early.n_attempts, late.n_attempts), (1, 2));
        assert_ne!(early.outcome, late.outcome);
    }

    #[test]
    fn what_the_endpoint_has_counts_and_not_what_a_rule_once_answered() {
        let mut opening = crate::call::test_record().opening;
        let mut setup = Setup::first_start();
        let of_kind = |endpoint: &&crate::respond::Endpoint| endpoint.hook.kind() == Some(opening.hook);
        opening.request.path = setup.endpoints.iter().find(of_kind).map(|endpoint| endpoint.path.clone());
        for status in [200, 500] {
            opening.response.as_mut().unwrap().status = status;
            let predicted = Matrix::new(&opening, &setup).predict(&Fault::NearlyLate);
            assert_eq!((predicted.outcome, predicted.n_attempts), (Outcome::Denied, 1), "answered with {status}");
        }
        setup.endpoints.clear();
        let predicted = Matrix::new(&opening, &setup).predict(&Fault::NearlyLate);
        assert_eq!(predicted.n_attempts, 2, "without an endpoint there is only what was answered");
    }

    #[test]
    fn every_fault_has_a_prediction_with_a_sentence() {
        let matrix = matrix();
        for fault in Fault::all() {
            assert!(!matrix.predict(&fault).summary.is_empty(), "{fault}");
        }
    }
}
