//! As whom the listener speaks: a certificate with its key, kept fresh while the listener runs.
//!
//! Either from the local authority in the data folder, made on first start, or from two files of the user. Looked at when a
//! connection is accepted, at most once a second. A new file that cannot be used leaves the old certificate in place and is
//! logged.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use rustls::ServerConfig;

use super::authority::{Authority, lock, unix_now};
use super::certificate::{CertificateInfo, LEAST_RSA_BITS, rsa_bits_in};
use super::leaf::{self, Leaf};
use super::tls::{read_chain, read_key, server_config};
use crate::call::Timestamp;

/// How often the files are looked at, at most.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(1);

/// Why there is no certificate to listen with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityError {
    /// A file or folder, and what is wrong with it; never what is in it.
    File { path: PathBuf, what: String },
    /// Names of the workspace that cannot stand in a certificate.
    Names { names: String },
    /// What is asked for can be done to the certificate of this machine only.
    NotLocal,
}

impl IdentityError {
    pub(super) fn file(path: &Path, what: impl Into<String>) -> IdentityError {
        IdentityError::File { path: path.to_owned(), what: what.into() }
    }
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IdentityError::File { path, what } => write!(f, "cannot use {}: {what}", path.display()),
            IdentityError::Names { names } => write!(
                f,
                "cannot make a certificate for {names}: one of these is no host name or address; correct 'names' in the \
                 workspace"
            ),
            IdentityError::NotLocal => f.write_str(
                "the certificate that is served comes from your own files; put a new one there, or use the local certificate",
            ),
        }
    }
}

impl std::error::Error for IdentityError {}

/// The certificate of the listener. It can be changed while it listens: connections that are open keep the one they began with.
pub struct Identity {
    state: Mutex<State>,
}

/// Where a certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentitySource {
    /// `tls/` in the data folder holds an authority and a leaf for localhost, 127.0.0.1, ::1 and these names.
    Local { data_dir: PathBuf, names: Vec<String> },
    /// The user's own certificate (leaf first, then what signed it) and its unencrypted key, both PEM.
    Files { cert: PathBuf, key: PathBuf },
}

/// What a new connection is served with.
pub(super) struct Serving {
    pub config: Arc<ServerConfig>,
    pub info: CertificateInfo,
}

struct State {
    source: IdentitySource,
    serving: Arc<Serving>,
    looked_at: Instant,
    /// Of the user's files.
    stamps: [Option<Stamp>; 2],
}

/// What changes when a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    n_bytes: u64,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("certificate", &self.certificate()).finish_non_exhaustive()
    }
}

impl Identity {
    /// Reads the certificate of a source; of this machine's own what is missing is made. Fails where a file cannot be read or
    /// written, with its name and what is wrong with it.
    pub fn open(source: IdentitySource) -> Result<Identity, IdentityError> {
        let stamps = source.stamps();
        let serving = Arc::new(source.load()?);
        Ok(Identity { state: Mutex::new(State { source, serving, looked_at: Instant::now(), stamps }) })
    }

    /// The identity of this machine: `tls/` in the data folder holds an authority and a leaf for localhost, 127.0.0.1, ::1 and
    /// `names`; what is missing there is made. Fails where a file cannot be read or written.
    pub fn local(data_dir: &Path, names: &[String]) -> Result<Identity, IdentityError> {
        Identity::open(IdentitySource::Local { data_dir: data_dir.to_owned(), names: names.to_vec() })
    }

    /// The user's own certificate (leaf first, then what signed it) and its unencrypted key, both PEM. Read again when they
    /// change. Fails with the file's name and what is wrong with it.
    pub fn from_files(cert: &Path, key: &Path) -> Result<Identity, IdentityError> {
        Identity::open(IdentitySource::Files { cert: cert.to_owned(), key: key.to_owned() })
    }

    /// What clients see and must trust, now.
    pub fn certificate(&self) -> CertificateInfo {
        self.state().serving.info.clone()
    }

    /// Like [`Identity::certificate`], after a look at the files where the last one was a moment ago.
    pub fn looked_at(&self) -> CertificateInfo {
        self.current().info.clone()
    }

    /// Serves another source from the next connection on. Where that cannot be used nothing changes.
    pub fn change(&self, source: IdentitySource) -> Result<CertificateInfo, IdentityError> {
        let stamps = source.stamps();
        let serving = source.load()?;
        Ok(self.take(source, serving, stamps))
    }

    /// Makes a new leaf of this machine's authority and serves it from the next connection on.
    pub fn renew(&self) -> Result<CertificateInfo, IdentityError> {
        let source = self.state().source.clone();
        let serving = source.load_local(true)?;
        Ok(self.take(source, serving, [None, None]))
    }

    /// Makes a new authority of this machine and a leaf of it. Clients must trust the new one. The old one stays beside it: its path
    /// is given back, where there was one.
    pub fn new_authority(&self) -> Result<(CertificateInfo, Option<PathBuf>), IdentityError> {
        let source = self.state().source.clone();
        let IdentitySource::Local { data_dir, .. } = &source else { return Err(IdentityError::NotLocal) };
        let kept = {
            let folder = data_dir.join("tls");
            let _lock = lock(&folder)?;
            Authority::replace(&folder)?
        };
        let serving = source.load_local(true)?;
        Ok((self.take(source, serving, [None, None]), kept))
    }

    fn take(&self, source: IdentitySource, serving: Serving, stamps: [Option<Stamp>; 2]) -> CertificateInfo {
        let serving = Arc::new(serving);
        *self.state() = State { source, serving: serving.clone(), looked_at: Instant::now(), stamps };
        serving.info.clone()
    }

    /// What a new connection is served with.
    pub(super) fn current(&self) -> Arc<Serving> {
        let mut state = self.state();
        if state.looked_at.elapsed() >= LOOKED_AT_EVERY {
            state.look_again();
        }
        state.serving.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn look_again(&mut self) {
        self.looked_at = Instant::now();
        let stamps = self.source.stamps();
        let is_due = match &self.source {
            IdentitySource::Local { .. } => {
                let now = Timestamp(unix_now().saturating_mul(1_000_000));
                self.serving.info.not_after.micros_since(now) < leaf::RENEWED_BEFORE * 1_000_000
            }
            IdentitySource::Files { .. } => stamps != self.stamps,
        };
        if !is_due {
            return;
        }
        // A file is tried once, not with every connection.
        self.stamps = stamps;
        match self.source.load() {
            Ok(serving) => self.serving = Arc::new(serving),
            Err(error) => log::warn!("{error}; the listener keeps the certificate it has"),
        }
    }
}

impl IdentitySource {
    fn stamps(&self) -> [Option<Stamp>; 2] {
        let stamp = |path: &Path| {
            let metadata = fs::metadata(path).ok()?;
            Some(Stamp { modified: metadata.modified().ok(), n_bytes: metadata.len() })
        };
        match self {
            IdentitySource::Local { .. } => [None, None],
            IdentitySource::Files { cert, key } => [stamp(cert), stamp(key)],
        }
    }

    fn load(&self) -> Result<Serving, IdentityError> {
        match self {
            IdentitySource::Local { .. } => self.load_local(false),
            IdentitySource::Files { cert, key } => load_files(cert, key),
        }
    }

    /// The certificate of this machine; with `is_new` a new leaf, whatever is there.
    fn load_local(&self, is_new: bool) -> Result<Serving, IdentityError> {
        let IdentitySource::Local { data_dir, names } = self else { return Err(IdentityError::NotLocal) };
        let (folder, names) = (data_dir.join("tls"), leaf::wanted_names(names));
        let _lock = lock(&folder)?;
        let authority = Authority::open(&folder)?;
        let leaf = match is_new {
            true => Leaf::make(&folder, &authority, &names)?,
            false => Leaf::open(&folder, &authority, &names)?,
        };
        let leaf_path = folder.join("leaf.pem");
        let info = CertificateInfo::read(&authority.pem_path, &leaf_path, &leaf.chain, Some(&authority.certificate))?;
        let config = server_config(leaf.chain, leaf.key)
            .map_err(|error| IdentityError::file(&leaf_path, format!("it cannot be used: {error}; remove it")))?;
        Ok(Serving { config, info })
    }
}

fn load_files(cert: &Path, key: &Path) -> Result<Serving, IdentityError> {
    let read =
        |path: &Path| fs::read(path).map_err(|error| IdentityError::file(path, format!("it cannot be read: {error}")));
    let chain = read_chain(cert, &read(cert)?)?;
    let private = read_key(key, &read(key)?)?;
    let info = CertificateInfo::read(cert, cert, &chain, None)?;
    let rsa_bits = chain.first().and_then(rsa_bits_in);
    let config = server_config(chain, private).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            IdentityError::file(key, format!("the key does not match the first certificate in {}", cert.display()))
        }
        rustls::Error::InvalidCertificate(_) => {
            IdentityError::file(cert, format!("the certificate in it cannot be used: {error}"))
        }
        _ => match rsa_bits {
            Some(bits) if !(LEAST_RSA_BITS..=4_096).contains(&bits) => IdentityError::file(
                key,
                format!("its RSA key has {bits} bits; 2,048 to 4,096 can be used: make a new key and certificate"),
            ),
            _ => IdentityError::file(key, format!("the key in it cannot be used: {error}")),
        },
    })?;
    Ok(Serving { config, info })
}
