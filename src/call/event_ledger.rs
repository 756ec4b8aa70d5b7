//! The events of a session's deliveries: which came before, and which are older than one that came for the same target.
//!
//! `eventId` names a delivery and `uuid` an event, so an event can come twice under two `eventId`s: [`super::Links`] knows the
//! deliveries, this ledger the events (Okta developer docs, Event hooks concept). Texts are kept as 64-bit hashes that mean the
//! same in every run, so that they can be written to a session and learned again.
//!
//! Memory is bounded: of more than a million events, and of more than a hundred thousand targets, the oldest are forgotten, and
//! what repeats them counts as new.

use std::collections::HashMap;

use super::CallId;
use crate::okta::{EventKeys, MOST_EVENTS, SeenEvents, event_keys};

/// Events are remembered at least this many deep, and at most twice as many.
const MOST_UUIDS: usize = 524_288;
/// Targets are remembered at least this many deep, and at most twice as many.
const MOST_TARGETS: usize = 65_536;

/// How many events a delivery brought, in short. 4 bytes: every row of a session has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventCounts {
    /// Events in the delivery; `u16::MAX` where it was recorded without looking.
    n_events: u16,
    /// Those that had not come before in the session.
    n_new: u16,
}

impl EventCounts {
    /// A delivery that was recorded by a version that did not look at its events.
    pub const UNKNOWN: EventCounts = EventCounts { n_events: u16::MAX, n_new: 0 };

    pub fn new(n_events: usize, n_new: usize) -> EventCounts {
        let short = |number: usize| u16::try_from(number.min(MOST_EVENTS)).unwrap_or(0);
        EventCounts { n_events: short(n_events), n_new: short(n_new) }
    }

    /// None where nobody looked.
    pub fn n_events(self) -> Option<u16> {
        (self.n_events != u16::MAX).then_some(self.n_events)
    }

    /// Events that had not come before: what counts against Okta's daily limit, since retries do not.
    pub fn n_new(self) -> u16 {
        self.n_new
    }
}

/// What makes an event the same event, and puts it in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventKey {
    /// 0 where it has none.
    uuid: u64,
    /// Microseconds since 1970; none where there is no time that can be read.
    published_us: Option<i64>,
    targets: Vec<u64>,
}

/// One event of a delivery, with what is to be said of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventNote {
    key: EventKey,
    /// The call that brought it first; it may be this one.
    pub duplicate_of: Option<CallId>,
    /// A call that brought a later event for the same target before this one; it may be this one.
    pub older_than: Option<CallId>,
}

/// The events of one delivery in the order in which they stand in `data.events`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryEvents {
    pub notes: Vec<EventNote>,
}

/// The events that were seen.
#[derive(Debug)]
pub struct EventLedger {
    first_by_uuid: Recent<CallId>,
    latest_by_target: Recent<Latest>,
}

#[derive(Clone, Copy, Debug)]
struct Latest {
    published_us: i64,
    call_id: CallId,
}

impl EventKey {
    fn new(keys: &EventKeys<'_>) -> EventKey {
        let time = keys.published.as_deref().and_then(|text| text.parse::<jiff::Timestamp>().ok());
        EventKey {
            uuid: keys.uuid.as_deref().map_or(0, stable_hash),
            published_us: time.map(jiff::Timestamp::as_microsecond),
            targets: keys.target_ids.iter().map(|id| stable_hash(id)).collect(),
        }
    }
}

/// The keys of a delivery's events, read from its body.
pub fn delivery_keys(body: &[u8]) -> Vec<EventKey> {
    event_keys(body).iter().map(EventKey::new).collect()
}

impl DeliveryEvents {
    /// Events that are only read: those of a delivery that is sent again from here are no duplicates of Okta's.
    pub fn unmarked(keys: Vec<EventKey>) -> DeliveryEvents {
        DeliveryEvents { notes: keys.into_iter().map(|key| EventNote { key, ..EventNote::default() }).collect() }
    }

    pub fn counts(&self) -> EventCounts {
        let n_new = self.notes.iter().filter(|note| note.duplicate_of.is_none()).count();
        EventCounts::new(self.notes.len(), n_new)
    }

    /// What is to be said of the delivery because of its events.
    pub fn seen(&self) -> SeenEvents {
        let pick = |of: fn(&EventNote) -> Option<CallId>| {
            let mut marked =
                self.notes.iter().enumerate().filter_map(move |(event_idx, note)| Some((event_idx, of(note)?.0)));
            (marked.clone().count(), marked.next())
        };
        let (n_duplicates, first_duplicate) = pick(|note| note.duplicate_of);
        let (n_out_of_order, first_out_of_order) = pick(|note| note.older_than);
        SeenEvents { n_events: self.notes.len(), n_duplicates, first_duplicate, n_out_of_order, first_out_of_order }
    }

    /// As it is written to a session. Little-endian, a form number first.
    pub fn pack(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(8 + self.notes.len() * 48);
        out.push(FORM);
        for note in &self.notes {
            let key = &note.key;
            let call = |call_id: Option<CallId>| call_id.map_or(0, |call_id| call_id.0).to_le_bytes();
            out.extend(key.uuid.to_le_bytes());
            out.extend(key.published_us.unwrap_or(i64::MIN).to_le_bytes());
            out.extend(call(note.duplicate_of));
            out.extend(call(note.older_than));
            // The reader of a request keeps fewer than 256.
            let n_targets = u8::try_from(key.targets.len()).unwrap_or(u8::MAX);
            out.push(n_targets);
            for target in key.targets.iter().take(usize::from(n_targets)) {
                out.extend(target.to_le_bytes());
            }
        }
        out
    }

    /// None where these bytes are not a packed delivery.
    pub fn unpack(packed: &[u8]) -> Option<DeliveryEvents> {
        let (form, mut rest) = packed.split_first()?;
        if *form != FORM {
            return None;
        }
        let mut notes = Vec::new();
        while !rest.is_empty() {
            let uuid = u64::from_le_bytes(take(&mut rest)?);
            let published_us = Some(i64::from_le_bytes(take(&mut rest)?)).filter(|micros| *micros != i64::MIN);
            let call = |number: u32| (number > 0).then_some(CallId(number));
            let duplicate_of = call(u32::from_le_bytes(take(&mut rest)?));
            let older_than = call(u32::from_le_bytes(take(&mut rest)?));
            let [n_targets] = take::<1>(&mut rest)?;
            let targets =
                (0..n_targets).map(|_| take(&mut rest).map(u64::from_le_bytes)).collect::<Option<Vec<u64>>>()?;
            notes.push(EventNote { key: EventKey { uuid, published_us, targets }, duplicate_of, older_than });
        }
        Some(DeliveryEvents { notes })
    }
}

/// The form of a packed delivery. A later one gets another number, and this one stays readable.
const FORM: u8 = 1;

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk::<N>()?;
    *rest = left;
    Some(*taken)
}

impl Default for EventLedger {
    fn default() -> EventLedger {
        EventLedger::with_limits(MOST_UUIDS, MOST_TARGETS)
    }
}

impl EventLedger {
    fn with_limits(most_uuids: usize, most_targets: usize) -> EventLedger {
        EventLedger { first_by_uuid: Recent::new(most_uuids), latest_by_target: Recent::new(most_targets) }
    }

    /// Notes the events of a delivery that has come, and says what is to be said of each. Calls are told in order of their ids.
    pub fn arrive(&mut self, call_id: CallId, keys: Vec<EventKey>) -> DeliveryEvents {
        let notes = keys.into_iter().map(|key| self.note(call_id, key)).collect();
        DeliveryEvents { notes }
    }

    fn note(&mut self, call_id: CallId, key: EventKey) -> EventNote {
        let duplicate_of = match self.first_by_uuid.get(key.uuid) {
            _ if key.uuid == 0 => None,
            // A delivery of an earlier run that is learned later has the lower number.
            Some(first) if first <= call_id => Some(first),
            _ => {
                self.first_by_uuid.put(key.uuid, call_id);
                None
            }
        };
        // An event that comes again is old by nature: that it came before says more.
        let older_than = if duplicate_of.is_none() { self.put_in_order(call_id, &key) } else { None };
        EventNote { key, duplicate_of, older_than }
    }

    /// The call with the latest event for one of the targets, where that is later than this one.
    fn put_in_order(&mut self, call_id: CallId, key: &EventKey) -> Option<CallId> {
        let published_us = key.published_us?;
        let mut later: Option<Latest> = None;
        for target in &key.targets {
            match self.latest_by_target.get(*target) {
                Some(latest) if latest.published_us > published_us => {
                    if later.is_none_or(|later| later.published_us < latest.published_us) {
                        later = Some(latest);
                    }
                }
                _ => self.latest_by_target.put(*target, Latest { published_us, call_id }),
            }
        }
        later.map(|later| later.call_id)
    }

    /// Notes a delivery that was recorded before this run.
    pub fn learn(&mut self, call_id: CallId, events: &DeliveryEvents) {
        for EventNote { key, duplicate_of, .. } in &events.notes {
            if duplicate_of.is_none()
                && key.uuid != 0
                && self.first_by_uuid.get(key.uuid).is_none_or(|known| known > call_id)
            {
                self.first_by_uuid.put(key.uuid, call_id);
            }
            let Some(published_us) = key.published_us else { continue };
            for target in &key.targets {
                if self.latest_by_target.get(*target).is_none_or(|known| known.published_us < published_us) {
                    self.latest_by_target.put(*target, Latest { published_us, call_id });
                }
            }
        }
    }
}

/// A map that forgets the oldest half when it is full: in two halves, the newer one first.
#[derive(Debug)]
struct Recent<V> {
    limit: usize,
    newer: HashMap<u64, V>,
    older: HashMap<u64, V>,
}

impl<V: Copy> Recent<V> {
    fn new(limit: usize) -> Recent<V> {
        Recent { limit, newer: HashMap::new(), older: HashMap::new() }
    }

    fn get(&self, key: u64) -> Option<V> {
        self.newer.get(&key).or_else(|| self.older.get(&key)).copied()
    }

    fn put(&mut self, key: u64, value: V) {
        if self.newer.len() >= self.limit && !self.newer.contains_key(&key) {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(key, value);
    }
}

/// FNV-1a with 64 bits and a last stirring. Never 0, which stands for none. It is written to sessions: it must never change.
fn stable_hash(text: &str) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (hash ^ (hash >> 29)).max(1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn key(uuid: &str, seconds: i64, targets: &[&str]) -> EventKey {
        EventKey {
            uuid: stable_hash(uuid),
            published_us: Some(seconds * 1_000_000),
            targets: targets.iter().map(|id| stable_hash(id)).collect(),
        }
    }

    fn marks(events: &DeliveryEvents) -> Vec<(Option<u32>, Option<u32>)> {
        let number = |call_id: Option<CallId>| call_id.map(|call_id| call_id.0);
        events.notes.iter().map(|note| (number(note.duplicate_of), number(note.older_than))).collect()
    }

    #[test]
    fn an_event_that_comes_under_another_delivery_names_the_first_call() {
        let mut ledger = EventLedger::default();
        assert_eq!(
            marks(&ledger.arrive(CallId(3), vec![key("a", 10, &["u"]), key("b", 11, &["v"])])),
            [(None, None); 2]
        );
        let again = ledger.arrive(CallId(7), vec![key("c", 12, &["u"]), key("a", 10, &["u"])]);
        assert_eq!(marks(&again), [(None, None), (Some(3), None)]);
        assert_eq!(again.counts(), EventCounts::new(2, 1));
        assert_eq!(again.seen().first_duplicate, Some((1, 3)));
    }

    #[test]
    fn an_event_older_than_one_for_the_same_target_is_out_of_order() {
        let mut ledger = EventLedger::default();
        ledger.arrive(CallId(1), vec![key("a", 20, &["u", "g"])]);
        let late = ledger.arrive(CallId(2), vec![key("b", 15, &["g"]), key("c", 15, &["other"]), key("d", 20, &["u"])]);
        assert_eq!(marks(&late), [(None, Some(1)), (None, None), (None, None)]);
        assert_eq!(late.seen().first_out_of_order, Some((0, 1)));
    }

    #[test]
    fn order_counts_within_a_delivery_too() {
        let mut ledger = EventLedger::default();
        let one = ledger.arrive(CallId(5), vec![key("a", 20, &["u"]), key("b", 19, &["u"]), key("a", 20, &["u"])]);
        assert_eq!(marks(&one), [(None, None), (None, Some(5)), (Some(5), None)]);
    }

    #[test]
    fn events_without_uuid_or_time_are_neither() {
        let mut ledger = EventLedger::default();
        let bare = || EventKey { targets: vec![7], ..EventKey::default() };
        ledger.arrive(CallId(1), vec![bare()]);
        assert_eq!(marks(&ledger.arrive(CallId(2), vec![bare()])), [(None, None)]);
    }

    #[test]
    fn what_an_earlier_run_recorded_is_learned_again() {
        let mut first_run = EventLedger::default();
        let recorded = first_run.arrive(CallId(1), vec![key("a", 30, &["u"])]);
        let mut ledger = EventLedger::default();
        // A call of this run comes before the earlier ones are learned.
        assert_eq!(marks(&ledger.arrive(CallId(9), vec![key("z", 1, &["w"])])), [(None, None)]);
        ledger.learn(CallId(1), &DeliveryEvents::unpack(&recorded.pack()).unwrap());
        assert_eq!(
            marks(&ledger.arrive(CallId(10), vec![key("a", 30, &["u"]), key("b", 29, &["u"])])),
            [(Some(1), None), (None, Some(1))]
        );
    }

    #[test]
    fn a_full_ledger_forgets_the_oldest_and_never_grows_beyond_twice_its_limit() {
        let mut ledger = EventLedger::with_limits(100, 10);
        for n in 1..=1_000u32 {
            ledger.arrive(CallId(n), vec![key(&n.to_string(), i64::from(n), &[&n.to_string()])]);
            assert!(ledger.first_by_uuid.newer.len() <= 100 && ledger.first_by_uuid.older.len() <= 100);
            assert!(ledger.latest_by_target.newer.len() <= 10 && ledger.latest_by_target.older.len() <= 10);
        }
        assert_eq!(marks(&ledger.arrive(CallId(1_001), vec![key("950", 950, &[])])), [(Some(950), None)]);
        assert_eq!(marks(&ledger.arrive(CallId(1_002), vec![key("1", 1, &[])])), [(None, None)]);
    }

    #[test]
    fn the_hash_of_a_text_is_the_same_for_ever() {
        assert_eq!(stable_hash("5b2f0c1a-91d7-11f5-8a41-0f6c2b7d9e30"), HASH_OF_AN_EXAMPLE);
        assert_ne!(stable_hash("a"), stable_hash("b"));
    }

    /// What the first version that wrote it gave.
    const HASH_OF_AN_EXAMPLE: u64 = 0x2358_73ab_cae3_a056;

    #[test]
    fn the_events_of_a_body_are_keyed_by_uuid_time_and_targets() {
        let body = br#"{"data":{"events":[{"uuid":"a","published":"2031-04-05T08:07:08.910+02:00","target":[{"id":"u"}]},{}]}}"#;
        let keys = delivery_keys(body);
        assert_eq!(keys[0], EventKey { published_us: Some(1_933_135_628_910_000), ..key("a", 0, &["u"]) });
        assert_eq!(keys[1], EventKey::default());
    }

    proptest::proptest! {
        #[test]
        fn a_packed_delivery_comes_back_as_it_was(
            events in proptest::collection::vec(
                (0u64.., proptest::option::of(0i64..), proptest::collection::vec(0u64.., 0..4), 0u32..9, 0u32..9), 0..12)
        ) {
            let call = |number: u32| (number > 0).then_some(CallId(number));
            let notes = events.into_iter().map(|(uuid, published_us, targets, duplicate_of, older_than)| EventNote {
                key: EventKey { uuid, published_us, targets },
                duplicate_of: call(duplicate_of),
                older_than: call(older_than),
            });
            let delivery = DeliveryEvents { notes: notes.collect() };
            proptest::prop_assert_eq!(DeliveryEvents::unpack(&delivery.pack()), Some(delivery));
        }

        #[test]
        fn unpacking_never_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..120)) {
            DeliveryEvents::unpack(&bytes);
        }
    }
}
