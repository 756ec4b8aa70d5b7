//! Which calls and events came before: what each new call repeats.
//!
//! The calls of earlier runs are read from the session on a thread of its own. Until that is done a call is answered as ever, and
//! only what came of it waits: [`Seen::learned`] says what everything that happened meanwhile really was.

use std::collections::HashMap;

use super::under_way::Pending;
use crate::call::{
    Arrival, CallId, DeliveryEvents, EventKey, EventLedger, Links, Opening, Problem, ReplayOf, Timestamp, Timing,
};
use crate::okta::{FirstAnswer, HookKind};

/// The calls and events that were seen, for one lock: what has the lower number came first for both.
#[derive(Default)]
pub struct Seen {
    earlier: Earlier,
    /// What has happened while the calls of earlier runs are not known; none once they are.
    unlearned: Option<Unlearned>,
    /// What turned out otherwise than was told when the call arrived, until it ends.
    corrected: HashMap<CallId, Known>,
}

/// First calls by what makes a call the same, and events by what makes an event the same.
#[derive(Default)]
pub struct Earlier {
    pub links: Links,
    pub events: EventLedger,
}

/// A call that arrives, as far as it can repeat another.
#[derive(Clone, Debug)]
pub struct Arriving<'a> {
    pub hook: HookKind,
    pub event_id: Option<&'a str>,
    pub replay_of: Option<ReplayOf>,
    pub received_at: Timestamp,
    /// Those of the events of a delivery.
    pub keys: Option<Vec<EventKey>>,
}

impl Arriving<'_> {
    /// A call of no hook, which repeats nothing.
    pub fn unknown(received_at: Timestamp) -> Arriving<'static> {
        Arriving { hook: HookKind::Unknown, event_id: None, replay_of: None, received_at, keys: None }
    }
}

/// What a call and its events are to earlier ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub arrival: Arrival,
    /// Set where keys of events were given.
    pub events: Option<DeliveryEvents>,
}

/// A call that has ended, and how.
pub struct Ending {
    pub pending: Pending,
    pub timing: Option<Timing>,
    pub problem: Option<Problem>,
}

#[derive(Default)]
struct Unlearned {
    happened: Vec<(CallId, Happened)>,
    waiting: Vec<Ending>,
}

/// As many happenings are remembered until the earlier calls are known. Whatever comes beyond counts as a first call.
const MAX_HAPPENED: usize = 100_000;

enum Happened {
    Arrived { event_id: Option<String>, arriving: Arriving<'static>, told: Box<Known> },
    Planned { planned: Planned<'static>, event_id: Option<String> },
    Ended { hook: HookKind, event_id: Option<String>, replay_of: Option<ReplayOf>, answer: FirstAnswer },
}

/// What a call will be answered with, as far as it matters for one that repeats it: a repeat can come before the end is noted.
#[derive(Clone, Copy, Debug)]
pub struct Planned<'a> {
    pub hook: HookKind,
    pub event_id: Option<&'a str>,
    pub replay_of: Option<ReplayOf>,
    /// None where nothing is answered, or it is not known yet with what.
    pub answer: Option<FirstAnswer>,
}

impl Earlier {
    fn arrive(&mut self, call_id: CallId, arriving: Arriving<'_>) -> Known {
        let Arriving { hook, event_id, replay_of, received_at, keys } = arriving;
        let arrival = self.links.arrive(call_id, hook, event_id, replay_of, received_at);
        let events = keys.map(|keys| match replay_of {
            // What is sent again from here says nothing about what Okta sends.
            Some(_) => DeliveryEvents::unmarked(keys),
            None => self.events.arrive(call_id, keys),
        });
        Known { arrival, events }
    }

    fn plan(&mut self, call_id: CallId, planned: Planned<'_>) {
        let Planned { hook, event_id, replay_of, answer } = planned;
        self.links.plan(call_id, hook, event_id, replay_of, answer);
    }
}

impl Seen {
    /// `has_earlier` where there are calls of earlier runs that are still to be learned.
    pub fn new(has_earlier: bool) -> Seen {
        Seen { unlearned: has_earlier.then(Unlearned::default), ..Seen::default() }
    }

    /// Notes a call, in order of the ids, and says what it repeats as far as that is known.
    pub fn arrive(&mut self, call_id: CallId, arriving: Arriving<'_>) -> Known {
        let kept = self.room().then(|| {
            let event_id = arriving.event_id.map(str::to_owned);
            (event_id, Arriving { event_id: None, keys: arriving.keys.clone(), ..arriving })
        });
        let known = self.earlier.arrive(call_id, arriving);
        if let (Some((event_id, arriving)), Some(unlearned)) = (kept, &mut self.unlearned) {
            let told = Box::new(known.clone());
            unlearned.happened.push((call_id, Happened::Arrived { event_id, arriving, told }));
        }
        known
    }

    /// Notes what a call will be answered with, which is decided when it is known what the call repeats.
    pub fn plan(&mut self, call_id: CallId, planned: Planned<'_>) {
        self.earlier.plan(call_id, planned);
        let is_kept = self.room() && (planned.event_id.is_some() || planned.replay_of.is_some());
        if let (true, Some(unlearned)) = (is_kept, &mut self.unlearned) {
            let event_id = planned.event_id.map(str::to_owned);
            let planned = Planned { event_id: None, ..planned };
            unlearned.happened.push((call_id, Happened::Planned { planned, event_id }));
        }
    }

    /// Notes how a call was answered, for the calls that will repeat it.
    pub fn end(&mut self, opening: &Opening, answer: FirstAnswer) {
        let event_id = opening.event_id.as_deref();
        self.earlier.links.end(opening.call_id, opening.hook, event_id, opening.replay_of, answer);
    }

    /// Keeps an ending back until it is known what the call repeats; gives it back where that is known, or there is no room.
    pub fn put_off(&mut self, ending: Ending, answer: FirstAnswer) -> Option<Ending> {
        if !self.room() {
            return Some(ending);
        }
        let opening = ending.pending.opening.clone();
        self.end(&opening, answer);
        let Some(unlearned) = &mut self.unlearned else { return Some(ending) };
        let event_id = opening.event_id.clone();
        let ended = Happened::Ended { hook: opening.hook, event_id, replay_of: opening.replay_of, answer };
        unlearned.happened.push((opening.call_id, ended));
        unlearned.waiting.push(ending);
        None
    }

    /// Takes what earlier runs recorded, and with it what the calls of this run are. Gives the endings that waited for it, in the
    /// order in which the calls ended.
    pub fn learned(&mut self, mut earlier: Earlier) -> Vec<Ending> {
        let Some(Unlearned { happened, waiting }) = self.unlearned.take() else { return Vec::new() };
        for (call_id, happened) in happened {
            match happened {
                Happened::Arrived { event_id, arriving, told } => {
                    let known = earlier.arrive(call_id, Arriving { event_id: event_id.as_deref(), ..arriving });
                    if known != *told {
                        self.corrected.insert(call_id, known);
                    }
                }
                Happened::Planned { planned, event_id } => {
                    earlier.plan(call_id, Planned { event_id: event_id.as_deref(), ..planned });
                }
                Happened::Ended { hook, event_id, replay_of, answer } => {
                    earlier.links.end(call_id, hook, event_id.as_deref(), replay_of, answer);
                }
            }
        }
        self.earlier = earlier;
        waiting
    }

    pub fn n_corrected(&self) -> usize {
        self.corrected.len()
    }

    /// What a call is, where that turned out otherwise than was told when it arrived. Asked once, when it has ended.
    pub fn corrected(&mut self, call_id: CallId) -> Option<Known> {
        self.corrected.remove(&call_id)
    }

    /// True while what happens is to be remembered, and can be.
    fn room(&self) -> bool {
        self.unlearned.as_ref().is_some_and(|unlearned| unlearned.happened.len() < MAX_HAPPENED)
    }
}
