//! The public keys that tokens and assertions are checked with: fetched off the path of every call, and kept.
//!
//! Each place that the setup names is fetched when it is first named, every 15 minutes, and when a token names a key that is not
//! among them. A call takes what is there. Only where it has just caused a fetch does it wait, and not for long. Where to look next:
//! `key_fetch` is one fetch, [`KeyCache::before_call`] the wait.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;

use super::key_fetch::{Fetcher, Found};
use super::live::lock;
use crate::auth::{JwkSet, KeyState};
use crate::call::Timestamp;
use crate::respond::{ClientMethod, IssuerSetup, KeySource, Setup};

/// Okta advises to keep keys for a while and to look again for an unknown one; its own keys change a few times a year.
const FETCH_EVERY: Duration = Duration::from_secs(15 * 60);
/// Where the last fetch failed it is tried again this soon.
const FETCH_AGAIN: Duration = Duration::from_secs(30);
/// Tokens with unknown keys cannot make us ask more often: anybody can send some.
const AT_MOST_EVERY: Duration = Duration::from_secs(5);
/// How long a call waits for a fetch that it has caused, counted from the beginning of the fetch. Enough for a key set across an ocean
/// on a kept name, so that the first call after a rotation is not refused; a fifteenth of the three seconds, so that a dead server
/// never makes an answer late.
pub const WAIT_AT_MOST: Duration = Duration::from_millis(200);

/// Where keys are fetched from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeyPlace {
    /// `jwks_uri` of this issuer's metadata.
    Discovery(String),
    /// This URL.
    Url(String),
}

/// What is known of the keys of one place, for a front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPlaceState {
    pub place: KeyPlace,
    /// The URL of the key set, as far as it is known.
    pub from: String,
    pub kids: Vec<String>,
    pub fetched_at: Option<Timestamp>,
    /// Why the last fetch failed.
    pub problem: Option<String>,
    /// What is odd about it and was used all the same.
    pub warnings: Vec<String>,
    pub is_fetching: bool,
}

/// The keys of a setup.
pub struct KeyCache {
    fetcher: Fetcher,
    table: RwLock<Arc<KeyTable>>,
    changed: Arc<Notify>,
}

/// What there is of keys; a call looks at one state of it.
#[derive(Clone, Default)]
pub struct KeyTable {
    by_place: HashMap<KeyPlace, Arc<Kept>>,
    pasted: HashMap<Arc<str>, Pasted>,
}

type Pasted = Arc<Result<JwkSet, String>>;

/// One place and its keys.
struct Kept {
    place: KeyPlace,
    held: RwLock<Arc<Held>>,
    pace: Mutex<Pace>,
    ask: Notify,
    /// Counts the fetches that have ended.
    ended: watch::Sender<u64>,
    task: Mutex<Option<AbortHandle>>,
}

/// When fetches began.
#[derive(Default)]
struct Pace {
    /// Of the last fetch, for whatever reason.
    began: Option<Instant>,
    /// The last one that a call caused.
    asked: Option<Instant>,
    is_fetching: bool,
}

/// The outcome of the fetches so far.
#[derive(Default)]
struct Held {
    found: Option<Found>,
    fetched_at: Option<Timestamp>,
    failed: Option<(String, Timestamp)>,
}

/// The keys of a source, as they are in this moment.
pub enum Keys {
    Fetched(HeldKeys),
    Pasted(Pasted),
    /// The setup that names them has not been prepared.
    Unknown,
}

/// What a fetch has given, for one call.
pub struct HeldKeys {
    held: Arc<Held>,
    from: String,
}

impl Keys {
    /// The same, as the checks want it.
    pub fn state(&self) -> KeyState<'_> {
        match self {
            Keys::Unknown => KeyState::NotFetched,
            Keys::Pasted(pasted) => match &**pasted {
                Ok(set) => KeyState::Known { set, from: "the pasted key", fetched_at: None, refresh_failed: None },
                Err(why) => KeyState::Failed { from: "the pasted key", why, at: Timestamp(0) },
            },
            Keys::Fetched(keys) => match (&keys.held.found, &keys.held.failed) {
                (Some(found), failed) => KeyState::Known {
                    set: &found.set,
                    from: &keys.from,
                    fetched_at: keys.held.fetched_at,
                    refresh_failed: failed.as_ref().map(|(why, _)| why.as_str()),
                },
                (None, Some((why, at))) => KeyState::Failed { from: &keys.from, why, at: *at },
                (None, None) => KeyState::Fetching { from: &keys.from },
            },
        }
    }
}

impl KeyPlace {
    /// Where the keys of a source are fetched; none where they are not.
    pub fn of(source: &KeySource, issuer: Option<&str>) -> Option<KeyPlace> {
        match source {
            KeySource::Discovery => issuer.map(|issuer| KeyPlace::Discovery(issuer.to_owned())),
            KeySource::Url(url) => Some(KeyPlace::Url(url.clone())),
            KeySource::Pasted(_) => None,
        }
    }

    fn shown(&self) -> &str {
        match self {
            KeyPlace::Discovery(issuer) => issuer,
            KeyPlace::Url(url) => url,
        }
    }
}

impl KeyTable {
    /// The keys of a source; `issuer` is whose metadata is looked at for [`KeySource::Discovery`].
    pub fn keys(&self, source: &KeySource, issuer: Option<&str>) -> Keys {
        if let KeySource::Pasted(text) = source {
            return self.pasted.get(text).map_or(Keys::Unknown, |pasted| Keys::Pasted(pasted.clone()));
        }
        let kept = KeyPlace::of(source, issuer).and_then(|place| self.by_place.get(&place));
        kept.map_or(Keys::Unknown, |kept| {
            let held = kept.held();
            let from = held.found.as_ref().map_or_else(|| kept.place.shown().to_owned(), Found::described);
            Keys::Fetched(HeldKeys { held, from })
        })
    }

    fn kept(&self, source: &KeySource, issuer: Option<&str>) -> Option<&Arc<Kept>> {
        KeyPlace::of(source, issuer).and_then(|place| self.by_place.get(&place))
    }
}

impl Kept {
    fn held(&self) -> Arc<Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks for a fetch because of a key that is not known. Gives when the fetch that is under way then began; none where it is too
    /// early for another one.
    fn want(&self, now: Instant) -> Option<Instant> {
        let mut pace = lock(&self.pace);
        if pace.is_fetching {
            return pace.began;
        }
        if pace.asked.is_some_and(|asked| now.saturating_duration_since(asked) < AT_MOST_EVERY) {
            return None;
        }
        *pace = Pace { began: Some(now), asked: Some(now), is_fetching: true };
        self.ask.notify_one();
        Some(now)
    }

    fn begin(&self, now: Instant) {
        let mut pace = lock(&self.pace);
        if !pace.is_fetching {
            *pace = Pace { began: Some(now), is_fetching: true, asked: pace.asked };
        }
    }

    fn end(&self, found: Result<Found, String>) {
        let now = Timestamp::from_system_time(SystemTime::now());
        let before = self.held();
        let after = match found {
            Ok(found) => Held { found: Some(found), fetched_at: Some(now), failed: None },
            // Old keys are better than none: what they signed is still signed.
            Err(why) => Held { found: before.found.clone(), fetched_at: before.fetched_at, failed: Some((why, now)) },
        };
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(after);
        lock(&self.pace).is_fetching = false;
        self.ended.send_modify(|n_ended| *n_ended += 1);
    }

    fn state(&self) -> KeyPlaceState {
        let held = self.held();
        let found = held.found.as_ref();
        KeyPlaceState {
            place: self.place.clone(),
            from: found.map_or_else(|| self.place.shown().to_owned(), |found| found.url.clone()),
            kids: found.map_or_else(Vec::new, |found| {
                found.set.keys().iter().map(|key| key.kid().unwrap_or("no kid").to_owned()).collect()
            }),
            fetched_at: held.fetched_at,
            problem: held.failed.as_ref().map(|(why, _)| why.clone()),
            warnings: found.map_or_else(Vec::new, |found| found.warnings.clone()),
            is_fetching: lock(&self.pace).is_fetching,
        }
    }
}

impl KeyCache {
    pub fn new(fetcher: Fetcher) -> KeyCache {
        KeyCache { fetcher, table: RwLock::default(), changed: Arc::default() }
    }

    pub fn table(&self) -> Arc<KeyTable> {
        self.table.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes ready for a setup: what is new in it is fetched on `runtime`, what is no longer in it is forgotten.
    pub fn prepare(&self, setup: &Setup, runtime: &Handle) {
        let before = self.table();
        let mut table = KeyTable::default();
        for (source, issuer) in sources_of(setup) {
            if let KeySource::Pasted(text) = source {
                let pasted = before.pasted.get(text).cloned();
                table.pasted.insert(text.clone(), pasted.unwrap_or_else(|| Arc::new(JwkSet::parse(text))));
            }
            let Some(place) = KeyPlace::of(source, issuer) else { continue };
            let kept = before.by_place.get(&place).cloned().or_else(|| table.by_place.get(&place).cloned());
            let kept = kept.unwrap_or_else(|| self.begin(place.clone(), runtime));
            table.by_place.insert(place, kept);
        }
        for (_, gone) in before.by_place.iter().filter(|(place, _)| !table.by_place.contains_key(place)) {
            if let Some(task) = lock(&gone.task).take() {
                task.abort();
            }
        }
        *self.table.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(table);
        self.changed.notify_one();
    }

    fn begin(&self, place: KeyPlace, runtime: &Handle) -> Arc<Kept> {
        let kept = Arc::new(Kept {
            place,
            held: RwLock::default(),
            pace: Mutex::new(Pace { began: Some(Instant::now()), asked: None, is_fetching: true }),
            ask: Notify::new(),
            ended: watch::Sender::new(0),
            task: Mutex::default(),
        });
        let (kept_by_task, fetcher, changed) = (kept.clone(), self.fetcher.clone(), self.changed.clone());
        let task = runtime.spawn(async move {
            loop {
                let kept = &kept_by_task;
                let found = fetcher.fetch(&kept.place).await;
                let next = if found.is_ok() { FETCH_EVERY } else { FETCH_AGAIN };
                kept.end(found);
                changed.notify_one();
                tokio::select! {
                    () = kept.ask.notified() => {}
                    () = tokio::time::sleep(next) => {}
                }
                kept.begin(Instant::now());
            }
        });
        *lock(&kept.task) = Some(task.abort_handle());
        kept
    }

    /// Sees to it that the keys of a source are looked for again where `kid` is not among them. Waits for a fetch that has just
    /// begun, at most [`WAIT_AT_MOST`] from its beginning; where nothing is to be fetched it returns at once.
    pub async fn before_call(&self, source: &KeySource, issuer: Option<&str>, kid: &str) {
        let table = self.table();
        let Some(kept) = table.kept(source, issuer) else { return };
        let has_key = |kept: &Kept| kept.held().found.as_ref().is_some_and(|found| found.set.find(kid).is_some());
        if has_key(kept) {
            return;
        }
        let mut ended = kept.ended.subscribe();
        // What ends from here on is noticed; what has ended just before is seen now.
        if has_key(kept) {
            return;
        }
        let Some(began) = kept.want(Instant::now()) else { return };
        let left = WAIT_AT_MOST.saturating_sub(began.elapsed());
        if left.is_zero() {
            return;
        }
        // Late or gone, the call goes on with what is there.
        tokio::time::timeout(left, ended.changed()).await.ok();
    }

    /// Returns when something has changed since the last time.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Every place, for a front, in order.
    pub fn states(&self) -> Vec<KeyPlaceState> {
        let table = self.table();
        let mut states: Vec<KeyPlaceState> = table.by_place.values().map(|kept| kept.state()).collect();
        states.sort_by(|one, other| one.from.cmp(&other.from));
        states
    }
}

/// Every source of keys that a setup names, with the issuer whose metadata may be asked.
fn sources_of(setup: &Setup) -> Vec<(&KeySource, Option<&str>)> {
    let of_endpoints = setup.endpoints.iter().filter_map(|endpoint| {
        let bearer = endpoint.auth.bearer.as_ref()?;
        match &bearer.issuer {
            // Its keys are at hand.
            IssuerSetup::StandIn => None,
            IssuerSetup::At(issuer) => Some((&bearer.keys, Some(issuer.as_str()))),
        }
    });
    let clients = setup.oauth.iter().flat_map(|stand_in| &stand_in.clients);
    let of_clients = clients.filter_map(|client| match &client.method {
        ClientMethod::PrivateKeyJwt(source) => Some((source, None)),
        ClientMethod::SecretPost(_) => None,
    });
    of_endpoints.chain(of_clients).collect()
}
