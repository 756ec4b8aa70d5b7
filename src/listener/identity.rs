//! As whom the listener speaks: a certificate with its key, kept fresh while the listener runs.
//!
//! Either from the local authority in the data folder, made on first start, or from two files of the user. Looked at when a
//! connection is accepted, at most once a second. A new file that cannot be used leaves the old certificate in place and is
//! logged.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;

use super::authority::{Authority, hex, lock, unix_now};
use super::leaf::{self, Leaf};
use super::tls::{read_chain, read_key, server_config};
use crate::call::Timestamp;

/// How often the files are looked at, at most.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(1);

/// What clients see of the listener and must trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateInfo {
    /// The file that a client must trust: our authority, or the user's own certificate file.
    pub pem_path: PathBuf,
    /// SHA-256 of the leaf's DER in lower-case hexadecimal digits.
    pub sha256: String,
    /// When the leaf expires; its text is RFC 3339.
    pub not_after: Timestamp,
}

/// Why there is no certificate to listen with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityError {
    /// A file or folder, and what is wrong with it; never what is in it.
    File { path: PathBuf, what: String },
    /// Names of the workspace that cannot stand in a certificate.
    Names { names: String },
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
        }
    }
}

impl std::error::Error for IdentityError {}

/// The certificate of the listener.
pub struct Identity {
    source: Source,
    state: Mutex<State>,
}

enum Source {
    Local { folder: PathBuf, names: BTreeSet<String> },
    Files { cert: PathBuf, key: PathBuf },
}

struct State {
    config: Arc<ServerConfig>,
    info: CertificateInfo,
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
    /// The identity of this machine: `tls/` in the data folder holds an authority and a leaf for localhost, 127.0.0.1, ::1 and
    /// `names`; what is missing there is made. Fails where a file cannot be read or written.
    pub fn local(data_dir: &Path, names: &[String]) -> Result<Identity, IdentityError> {
        let source = Source::Local { folder: data_dir.join("tls"), names: leaf::wanted_names(names) };
        Identity::open(source)
    }

    /// The user's own certificate (leaf first, then what signed it) and its unencrypted key, both PEM. Read again when they
    /// change. Fails with the file's name and what is wrong with it.
    pub fn from_files(cert: &Path, key: &Path) -> Result<Identity, IdentityError> {
        Identity::open(Source::Files { cert: cert.to_owned(), key: key.to_owned() })
    }

    /// What clients see and must trust, now.
    pub fn certificate(&self) -> CertificateInfo {
        self.state().info.clone()
    }

    /// The settings for a new connection, and the file that its client must trust.
    pub(super) fn current(&self) -> (Arc<ServerConfig>, PathBuf) {
        let mut state = self.state();
        if state.looked_at.elapsed() >= LOOKED_AT_EVERY {
            self.look_again(&mut state);
        }
        (state.config.clone(), state.info.pem_path.clone())
    }

    fn open(source: Source) -> Result<Identity, IdentityError> {
        let stamps = source.stamps();
        let (config, info) = source.load()?;
        let state = State { config, info, looked_at: Instant::now(), stamps };
        Ok(Identity { source, state: Mutex::new(state) })
    }

    fn look_again(&self, state: &mut State) {
        state.looked_at = Instant::now();
        let stamps = self.source.stamps();
        let is_due = match &self.source {
            Source::Local { .. } => {
                let now = Timestamp(unix_now().saturating_mul(1_000_000));
                state.info.not_after.micros_since(now) < leaf::RENEWED_BEFORE * 1_000_000
            }
            Source::Files { .. } => stamps != state.stamps,
        };
        if !is_due {
            return;
        }
        // A file is tried once, not with every connection.
        state.stamps = stamps;
        match self.source.load() {
            Ok((config, info)) => {
                state.config = config;
                state.info = info;
            }
            Err(error) => log::warn!("{error}; the listener keeps the certificate it has"),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source {
    fn stamps(&self) -> [Option<Stamp>; 2] {
        let stamp = |path: &Path| {
            let metadata = fs::metadata(path).ok()?;
            Some(Stamp { modified: metadata.modified().ok(), n_bytes: metadata.len() })
        };
        match self {
            Source::Local { .. } => [None, None],
            Source::Files { cert, key } => [stamp(cert), stamp(key)],
        }
    }

    fn load(&self) -> Result<(Arc<ServerConfig>, CertificateInfo), IdentityError> {
        match self {
            Source::Local { folder, names } => {
                let _lock = lock(folder)?;
                let authority = Authority::open(folder)?;
                let leaf = Leaf::open(folder, &authority, names)?;
                let info = info_of(&authority.pem_path, &leaf.chain, &folder.join("leaf.pem"))?;
                let config = server_config(leaf.chain, leaf.key).map_err(|error| {
                    IdentityError::file(&folder.join("leaf.pem"), format!("it cannot be used: {error}; remove it"))
                })?;
                Ok((config, info))
            }
            Source::Files { cert, key } => {
                let read = |path: &Path| {
                    fs::read(path).map_err(|error| IdentityError::file(path, format!("it cannot be read: {error}")))
                };
                let chain = read_chain(cert, &read(cert)?)?;
                let private = read_key(key, &read(key)?)?;
                let info = info_of(cert, &chain, cert)?;
                let config = server_config(chain, private).map_err(|error| match error {
                    rustls::Error::InconsistentKeys(_) => IdentityError::file(
                        key,
                        format!("the key does not match the first certificate in {}", cert.display()),
                    ),
                    rustls::Error::InvalidCertificate(_) => {
                        IdentityError::file(cert, format!("the certificate in it cannot be used: {error}"))
                    }
                    _ => IdentityError::file(key, format!("the key in it cannot be used: {error}")),
                })?;
                Ok((config, info))
            }
        }
    }
}

fn info_of(
    trusted: &Path,
    chain: &[CertificateDer<'static>],
    leaf_path: &Path,
) -> Result<CertificateInfo, IdentityError> {
    let leaf = chain.first().and_then(|leaf| Some((leaf, leaf::not_after(leaf)?)));
    let Some((leaf, not_after)) = leaf else {
        return Err(IdentityError::file(leaf_path, "the certificate in it cannot be read"));
    };
    Ok(CertificateInfo {
        pem_path: trusted.to_owned(),
        sha256: hex(ring::digest::digest(&ring::digest::SHA256, leaf).as_ref()),
        not_after: Timestamp(not_after.saturating_mul(1_000_000)),
    })
}
