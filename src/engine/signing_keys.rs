//! The signing keys of the stand-in authorization server, as they are kept in the data folder.
//!
//! One file that its owner alone can read, written whole or not at all, with a lock beside it for whoever makes keys: two runs that
//! start together use the same key. Nothing here is on the path of a call: making a key takes seconds.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::auth::{JwkSet, SigningKey};
use crate::call::Timestamp;
use crate::workspace::whole_file::{self, Readers};

/// A key, and for how long its public half is served.
#[derive(Clone)]
pub struct KeptKey {
    pub key: Arc<SigningKey>,
    pub made_at: Timestamp,
    /// When the last token that it signed has expired; none for the key that signs.
    pub until: Option<Timestamp>,
}

/// The keys of the stand-in: the one that signs first, then those that are still served.
#[derive(Clone, Default)]
pub struct KeyRing {
    pub keys: Vec<KeptKey>,
    /// The public halves.
    pub set: JwkSet,
}

/// Why there are no keys.
#[derive(Debug)]
pub struct KeysError {
    path: PathBuf,
    detail: String,
}

impl fmt::Display for KeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the signing keys of the authorization server in {} cannot be used: {}; move the folder away to have a new key made",
            self.path.display(),
            self.detail
        )
    }
}

impl std::error::Error for KeysError {}

#[derive(Serialize, Deserialize)]
struct Written {
    keys: Vec<WrittenKey>,
}

#[derive(Serialize, Deserialize)]
struct WrittenKey {
    /// Microseconds since 1970.
    made_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
    /// Base64.
    pkcs8: String,
}

impl KeyRing {
    fn of(keys: Vec<KeptKey>) -> KeyRing {
        let set = JwkSet::of(keys.iter().map(|kept| kept.key.public().clone()));
        KeyRing { keys, set }
    }

    /// The key that signs.
    pub fn signing(&self) -> Option<&SigningKey> {
        self.keys.first().map(|kept| &*kept.key)
    }

    /// The keys whose tokens can still be good.
    pub fn served(&self, now: Timestamp) -> impl Iterator<Item = &KeptKey> {
        self.keys.iter().filter(move |kept| kept.until.is_none_or(|until| until >= now))
    }

    /// Reads the keys of a folder; makes one where there is none. Blocks.
    pub fn open(folder: &Path, now: Timestamp) -> Result<KeyRing, KeysError> {
        let _lock = lock(folder)?;
        let ring = read(folder, now)?;
        if !ring.keys.is_empty() {
            return Ok(ring);
        }
        let made = make(folder, now)?;
        let ring = KeyRing::of(vec![made]);
        write(folder, &ring)?;
        Ok(ring)
    }

    /// Makes a new key that signs from now on. The one before stays served until the last of its tokens, which live for
    /// `lifetime`, has expired. Blocks.
    pub fn rotate(folder: &Path, now: Timestamp, lifetime: Duration) -> Result<KeyRing, KeysError> {
        let _lock = lock(folder)?;
        let before = read(folder, now)?;
        let made = make(folder, now)?;
        let until = Timestamp(now.0.saturating_add(i64::try_from(lifetime.as_micros()).unwrap_or(i64::MAX)));
        let retired = before.keys.into_iter().map(|kept| KeptKey { until: kept.until.or(Some(until)), ..kept });
        let ring = KeyRing::of(std::iter::once(made).chain(retired).collect());
        write(folder, &ring)?;
        Ok(ring)
    }
}

fn fail(path: &Path, detail: impl fmt::Display) -> KeysError {
    KeysError { path: path.to_owned(), detail: detail.to_string() }
}

fn make(folder: &Path, now: Timestamp) -> Result<KeptKey, KeysError> {
    let key = SigningKey::generate().map_err(|error| fail(folder, error))?;
    Ok(KeptKey { key: Arc::new(key), made_at: now, until: None })
}

/// Holds other processes back while keys are read or made; released when dropped.
struct Lock(#[allow(dead_code, reason = "the lock ends with the file")] File);

fn lock(folder: &Path) -> Result<Lock, KeysError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| fail(folder, error))?;
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join(".lock"));
    file.and_then(|file| file.lock().map(|()| Lock(file))).map_err(|error| fail(folder, error))
}

fn path_in(folder: &Path) -> PathBuf {
    folder.join("keys.json")
}

/// The keys that are still of use.
fn read(folder: &Path, now: Timestamp) -> Result<KeyRing, KeysError> {
    let path = path_in(folder);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(KeyRing::default()),
        Err(error) => return Err(fail(&path, error)),
    };
    // What serde would say may quote the file.
    let written: Written = serde_json::from_slice(&text).map_err(|_| fail(&path, "it is no list of keys"))?;
    let mut keys = Vec::new();
    for kept in written.keys {
        let until = kept.until.map(Timestamp);
        if until.is_some_and(|until| until < now) {
            continue;
        }
        let der = STANDARD.decode(&kept.pkcs8).map_err(|_| fail(&path, "a key in it is no base64"))?;
        let key = SigningKey::from_pkcs8(&der).map_err(|error| fail(&path, error))?;
        keys.push(KeptKey { key: Arc::new(key), made_at: Timestamp(kept.made_at), until });
    }
    if keys.first().is_some_and(|kept| kept.until.is_some()) {
        return Err(fail(&path, "no key in it signs"));
    }
    Ok(KeyRing::of(keys))
}

fn write(folder: &Path, ring: &KeyRing) -> Result<(), KeysError> {
    let path = path_in(folder);
    let keys = ring.keys.iter().map(|kept| WrittenKey {
        made_at: kept.made_at.0,
        until: kept.until.map(|until| until.0),
        pkcs8: STANDARD.encode(kept.key.to_pkcs8()),
    });
    let text = serde_json::to_string(&Written { keys: keys.collect() }).map_err(|error| fail(&path, error))?;
    whole_file::write(&path, &text, Readers::Owner).map_err(|error| fail(&path, error))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_the_same_and_are_served_after_a_rotation_until_their_tokens_have_expired() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("oauth");
        let kids = |ring: &KeyRing| ring.keys.iter().map(|kept| kept.key.kid().to_owned()).collect::<Vec<_>>();
        let second = 1_000_000;
        let first = KeyRing::open(&folder, Timestamp(0)).unwrap();
        assert_eq!(kids(&KeyRing::open(&folder, Timestamp(second)).unwrap()), kids(&first));
        let rotated = KeyRing::rotate(&folder, Timestamp(2 * second), Duration::from_secs(3)).unwrap();
        assert_eq!(kids(&rotated)[1..], kids(&first)[..]);
        assert_ne!(rotated.signing().unwrap().kid(), kids(&first)[0]);
        assert_eq!(rotated.keys[1].until, Some(Timestamp(5 * second)));
        let served = |at: i64| rotated.served(Timestamp(at * second)).count();
        assert_eq!((served(5), served(6)), (2, 1));
        let later = KeyRing::open(&folder, Timestamp(6 * second)).unwrap();
        assert_eq!(kids(&later), kids(&rotated)[..1]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&folder), mode(&path_in(&folder))), (0o700, 0o600));
        }
    }

    #[test]
    fn a_broken_file_is_said_without_a_word_of_what_is_in_it() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(path_in(dir.path()), br#"{"keys":[{"made_at":1,"pkcs8":"c2VjcmV0"}]}"#).unwrap();
        let said = KeyRing::open(dir.path(), Timestamp(0)).err().unwrap().to_string();
        assert!(said.contains("move the folder away") && !said.contains("c2VjcmV0"), "{said}");
    }
}
