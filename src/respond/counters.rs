//! What is used up, or counted: staged responses, positions in sequences, calls of endpoints, hits of rules.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::setup::ResponseSetup;
use super::template::Template;
use crate::call::{CallId, TemplateError, Timestamp};

/// How many compiled templates are kept at most: far more than a workspace has.
const MAX_TEMPLATES: usize = 1_000;

/// Everything that changes from call to call. Shared by all calls: each use holds a lock for a few moves, so that no rule is
/// matched and no template filled while others wait. A staged response and a step of a sequence are given out exactly once.
#[derive(Debug)]
pub struct Counters {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next_by_endpoint: HashMap<Arc<str>, ResponseSetup>,
    by_endpoint: HashMap<Arc<str>, EndpointCounts>,
    /// The state of the generator of random numbers.
    random: u64,
    /// Counts every change of a rule's counts.
    version: u64,
    templates: HashMap<(Arc<str>, Arc<str>), Known>,
}

type Known = Arc<Result<Template, TemplateError>>;

#[derive(Debug, Default)]
struct EndpointCounts {
    n_calls: u64,
    /// How many answers of the endpoint's own sequence were given.
    n_given: u64,
    by_rule: HashMap<Arc<str>, RuleState>,
}

#[derive(Debug, Default)]
struct RuleState {
    n_hits: u64,
    last: Option<(CallId, Timestamp)>,
}

/// How often a rule has answered since the start or the last reset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleCount {
    pub endpoint: Arc<str>,
    pub rule: Arc<str>,
    pub n_hits: u64,
    pub last_call: CallId,
    pub last_at: Timestamp,
}

impl Default for Counters {
    fn default() -> Counters {
        Counters::new(0)
    }
}

impl Counters {
    /// `seed` begins the random delays and the UUIDs of templates: any number.
    pub fn new(seed: u64) -> Counters {
        Counters { state: Mutex::new(State { random: seed, ..State::default() }) }
    }

    /// A poisoned lock still holds whole values: every use is a few moves that cannot fail halfway.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stages a response for the next call of an endpoint; a staged one is replaced.
    pub fn stage(&self, endpoint: Arc<str>, response: ResponseSetup) {
        self.state().next_by_endpoint.insert(endpoint, response);
    }

    /// Takes a staged response back.
    pub fn unstage(&self, endpoint: &str) -> Option<ResponseSetup> {
        self.state().next_by_endpoint.remove(endpoint)
    }

    /// The endpoints with a staged response.
    pub fn staged(&self) -> Vec<Arc<str>> {
        self.state().next_by_endpoint.keys().cloned().collect()
    }

    /// Forgets counts and positions, of one endpoint or of all; staged responses stay.
    pub fn reset(&self, endpoint: Option<&str>) {
        let mut state = self.state();
        match endpoint {
            Some(endpoint) => drop(state.by_endpoint.remove(endpoint)),
            None => state.by_endpoint.clear(),
        }
        state.version += 1;
    }

    /// Changes whenever [`Counters::rule_counts`] does.
    pub fn version(&self) -> u64 {
        self.state().version
    }

    /// Every rule that has answered, by endpoint and name.
    pub fn rule_counts(&self) -> Vec<RuleCount> {
        let state = self.state();
        let of_endpoint = state.by_endpoint.iter().flat_map(|(endpoint, counts)| {
            counts.by_rule.iter().filter_map(move |(rule, hit)| {
                let (last_call, last_at) = hit.last?;
                let (endpoint, rule) = (endpoint.clone(), rule.clone());
                Some(RuleCount { endpoint, rule, n_hits: hit.n_hits, last_call, last_at })
            })
        });
        let mut counts: Vec<RuleCount> = of_endpoint.collect();
        counts.sort_unstable_by(|one, other| (&one.endpoint, &one.rule).cmp(&(&other.endpoint, &other.rule)));
        counts
    }

    /// Counts a call of an endpoint and takes what is staged for it. Gives the call's number, from 1.
    pub(super) fn arrive(&self, endpoint: &Arc<str>) -> (u64, Option<ResponseSetup>) {
        let mut state = self.state();
        let staged = match state.next_by_endpoint.is_empty() {
            true => None,
            false => state.next_by_endpoint.remove(endpoint),
        };
        let counts = state.of(endpoint);
        counts.n_calls += 1;
        (counts.n_calls, staged)
    }

    /// Counts a hit of a rule. Gives how many there were before: the position in its sequence.
    pub(super) fn hit(&self, endpoint: &Arc<str>, rule: &Arc<str>, call_id: CallId, at: Timestamp) -> u64 {
        let mut state = self.state();
        state.version += 1;
        let known = state.of(endpoint).by_rule.entry(rule.clone()).or_default();
        known.n_hits += 1;
        known.last = Some((call_id, at));
        known.n_hits - 1
    }

    /// The position in the endpoint's own sequence, which is used up by asking.
    pub(super) fn own_step(&self, endpoint: &Arc<str>) -> u64 {
        let mut state = self.state();
        let counts = state.of(endpoint);
        counts.n_given += 1;
        counts.n_given - 1
    }

    /// The next random number (SplitMix64): for delays and test data, not for secrets.
    pub(super) fn random(&self) -> u64 {
        let mut state = self.state();
        state.random = state.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A template, read once however many calls it answers.
    pub(super) fn template(&self, part: &Arc<str>, source: &Arc<str>) -> Known {
        let key = (part.clone(), source.clone());
        if let Some(known) = self.state().templates.get(&key) {
            return known.clone();
        }
        let fresh: Known = Arc::new(Template::new(part, source));
        let mut state = self.state();
        if state.templates.len() >= MAX_TEMPLATES {
            state.templates.clear();
        }
        state.templates.insert(key, fresh.clone());
        fresh
    }
}

impl State {
    fn of(&mut self, endpoint: &Arc<str>) -> &mut EndpointCounts {
        self.by_endpoint.entry(endpoint.clone()).or_default()
    }
}
