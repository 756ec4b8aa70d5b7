//! The certificate that the listener shows: one of its own authority, or the user's.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::call::Timestamp;

/// Clients refuse leaves that live longer (the CA/Browser Forum's limit of 398 days, less one to be safe across time zones).
const LEAF_DAYS: i64 = 397;
/// A leaf is renewed when it has less left than this.
const RENEW_DAYS: i64 = 30;
const AUTHORITY_YEARS: i16 = 10;
/// How often the files of a user's own certificate, and the age of ours, are looked at while connections come.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Why there is no certificate to show.
#[derive(Debug)]
pub enum IdentityError {
    Read {
        path: PathBuf,
        detail: String,
    },
    Write {
        path: PathBuf,
        detail: String,
    },
    /// The file holds no certificate, or no key that can be used.
    Unusable {
        path: PathBuf,
        detail: String,
    },
    /// Certificate and key do not belong together.
    Mismatch {
        cert: PathBuf,
        key: PathBuf,
    },
    /// A name that cannot stand in a certificate.
    Name(String),
}

impl IdentityError {
    /// True where the machine refuses, false where a file or name is at fault.
    pub fn is_machine(&self) -> bool {
        matches!(self, IdentityError::Write { .. })
    }
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IdentityError::Read { path, detail } => {
                write!(f, "cannot read {}: {detail}; check the path and its permissions", path.display())
            }
            IdentityError::Write { path, detail } => {
                write!(f, "cannot write {}: {detail}; check the folder and its permissions", path.display())
            }
            IdentityError::Unusable { path, detail } => write!(f, "{} cannot be used: {detail}", path.display()),
            IdentityError::Mismatch { cert, key } => write!(
                f,
                "the key in {} does not belong to the certificate in {}; name the pair that was made together",
                key.display(),
                cert.display()
            ),
            IdentityError::Name(name) => {
                write!(
                    f,
                    "'{name}' cannot be a name in the certificate; write a host name such as hooks.test, or an IP address"
                )
            }
        }
    }
}

impl std::error::Error for IdentityError {}

/// What a client must know to trust the listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateInfo {
    /// The file that a client must trust: our authority, or the user's own chain.
    pub pem_path: PathBuf,
    /// SHA-256 of the leaf's DER, in lower-case hexadecimal.
    pub sha256: String,
    pub not_after: Timestamp,
}

/// Where certificate and key come from. It gives the current pair to every handshake.
#[derive(Clone)]
pub struct Identity {
    source: Arc<Source>,
    current: Arc<Mutex<Current>>,
}

enum Source {
    Local { folder: PathBuf, names: Vec<String> },
    Files { cert: PathBuf, key: PathBuf },
}

struct Current {
    key: Arc<CertifiedKey>,
    info: CertificateInfo,
    looked_at: Instant,
    stamp: Stamp,
}

/// Tells two states of the user's files apart.
type Stamp = [Option<(SystemTime, u64)>; 2];

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("certificate", &self.info()).finish_non_exhaustive()
    }
}

impl Identity {
    /// The local authority and its leaf for localhost, 127.0.0.1, ::1 and `names`; made where they are not there yet.
    pub fn local(data_dir: &Path, names: &[String]) -> Result<Identity, IdentityError> {
        let source = Source::Local { folder: data_dir.join("tls"), names: names.to_vec() };
        Identity::from_source(source)
    }

    /// The user's own certificate chain and key, read again when the files change.
    pub fn from_files(cert: &Path, key: &Path) -> Result<Identity, IdentityError> {
        Identity::from_source(Source::Files { cert: cert.to_owned(), key: key.to_owned() })
    }

    fn from_source(source: Source) -> Result<Identity, IdentityError> {
        let (key, info) = source.load()?;
        let current = Current { key, info, looked_at: Instant::now(), stamp: source.stamp() };
        Ok(Identity { source: Arc::new(source), current: Arc::new(Mutex::new(current)) })
    }

    pub fn info(&self) -> CertificateInfo {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).info.clone()
    }

    /// The pair to show now. A file that has become unusable leaves the earlier pair in place.
    fn key(&self) -> Arc<CertifiedKey> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.looked_at.elapsed() >= LOOK_EVERY {
            current.looked_at = Instant::now();
            let stamp = self.source.stamp();
            let is_old = matches!(*self.source, Source::Local { .. }) && days_left(current.info.not_after) < RENEW_DAYS;
            if stamp != current.stamp || is_old {
                current.stamp = stamp;
                match self.source.load() {
                    Ok((key, info)) => {
                        current.key = key;
                        current.info = info;
                        current.stamp = self.source.stamp();
                    }
                    Err(error) => log::warn!("the earlier certificate stays in use: {error}"),
                }
            }
        }
        current.key.clone()
    }
}

impl ResolvesServerCert for Identity {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.key())
    }
}

impl Source {
    fn stamp(&self) -> Stamp {
        match self {
            Source::Local { .. } => [None, None],
            Source::Files { cert, key } => [cert, key].map(|path| {
                let about = std::fs::metadata(path).ok()?;
                Some((about.modified().ok()?, about.len()))
            }),
        }
    }

    fn load(&self) -> Result<(Arc<CertifiedKey>, CertificateInfo), IdentityError> {
        match self {
            Source::Files { cert, key } => load_pair(cert, key, cert),
            Source::Local { folder, names } => {
                let leaf = folder.join("leaf.pem");
                let key = folder.join("leaf.key");
                let authority = folder.join("ca.pem");
                make_missing(folder, names)?;
                load_pair(&leaf, &key, &authority)
            }
        }
    }
}

fn load_pair(cert: &Path, key: &Path, trust: &Path) -> Result<(Arc<CertifiedKey>, CertificateInfo), IdentityError> {
    let unusable = |path: &Path, detail: String| IdentityError::Unusable { path: path.to_owned(), detail };
    let cert_text = read(cert)?;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&cert_text)
        .collect::<Result<_, _>>()
        .map_err(|error| unusable(cert, format!("it is not PEM as it should be ({error})")))?;
    let Some(leaf) = chain.first().cloned() else {
        return Err(unusable(
            cert,
            "it holds no certificate; write one that begins with -----BEGIN CERTIFICATE-----".to_owned(),
        ));
    };
    let key_text = read(key)?;
    if String::from_utf8_lossy(&key_text).contains("ENCRYPTED") {
        return Err(unusable(
            key,
            "the key is encrypted; write it without a passphrase, readable by you only".to_owned(),
        ));
    }
    let private = PrivateKeyDer::from_pem_slice(&key_text)
        .map_err(|error| unusable(key, format!("it holds no private key in PEM ({error})")))?;
    let signing = rustls::crypto::ring::sign::any_supported_type(&private).map_err(|error| {
        unusable(key, format!("its kind of key is not supported ({error}); use ECDSA, Ed25519 or RSA"))
    })?;
    let certified = CertifiedKey::new(chain, signing);
    match certified.keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {}
        Err(rustls::Error::InconsistentKeys(_)) => {
            return Err(IdentityError::Mismatch { cert: cert.to_owned(), key: key.to_owned() });
        }
        Err(error) => return Err(unusable(cert, format!("the certificate cannot be read ({error})"))),
    }
    let (_, parsed) = x509_parser::parse_x509_certificate(&leaf)
        .map_err(|error| unusable(cert, format!("the certificate cannot be read ({error})")))?;
    let not_after = Timestamp(parsed.validity().not_after.timestamp().saturating_mul(1_000_000));
    let digest = ring::digest::digest(&ring::digest::SHA256, &leaf);
    let sha256 = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((Arc::new(certified), CertificateInfo { pem_path: trust.to_owned(), sha256, not_after }))
}

/// Makes what is missing or too old of our own authority and leaf.
fn make_missing(folder: &Path, names: &[String]) -> Result<(), IdentityError> {
    let at = |name: &str| folder.join(name);
    let write_error =
        |path: PathBuf| move |error: std::io::Error| IdentityError::Write { path, detail: error.to_string() };
    private_folder(folder).map_err(write_error(folder.to_owned()))?;
    if !(at("ca.pem").is_file() && at("ca.key").is_file()) {
        make_authority(folder)?;
    }
    if leaf_is_good(folder, names) {
        return Ok(());
    }
    let unusable = |path: PathBuf, error: &dyn fmt::Display| IdentityError::Unusable {
        path: path.clone(),
        detail: format!("it cannot sign ({error}); remove {} to have a new authority made", folder.display()),
    };
    let authority_text = String::from_utf8_lossy(&read(&at("ca.pem"))?).into_owned();
    let key_text = String::from_utf8_lossy(&read(&at("ca.key"))?).into_owned();
    let key = KeyPair::from_pem(&key_text).map_err(|error| unusable(at("ca.key"), &error))?;
    let issuer = Issuer::from_ca_cert_pem(&authority_text, key).map_err(|error| unusable(at("ca.pem"), &error))?;
    let all = ["localhost", "127.0.0.1", "::1"].into_iter().map(str::to_owned).chain(names.iter().cloned());
    let mut params =
        CertificateParams::new(all.collect::<Vec<String>>()).map_err(|_| IdentityError::Name(names.join(", ")))?;
    let today = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).date();
    params.not_before = {
        let (year, month, day) = parts(today.yesterday().unwrap_or(today));
        rcgen::date_time_ymd(year, month, day)
    };
    params.not_after = {
        let (year, month, day) = parts(today.saturating_add(jiff::Span::new().days(LEAF_DAYS - 2)));
        rcgen::date_time_ymd(year, month, day)
    };
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.is_ca = IsCa::ExplicitNoCa;
    let leaf_key = KeyPair::generate().map_err(|error| unusable(at("leaf.key"), &error))?;
    let leaf = params.signed_by(&leaf_key, &issuer).map_err(|error| unusable(at("leaf.pem"), &error))?;
    write(&at("leaf.key"), leaf_key.serialize_pem().as_bytes(), true)?;
    // The chain ends with the leaf: whoever trusts the authority has it already.
    write(&at("leaf.pem"), leaf.pem().as_bytes(), false)?;
    write(&at("leaf.names"), names.join("\n").as_bytes(), false)
}

fn make_authority(folder: &Path) -> Result<(), IdentityError> {
    let path = folder.join("ca.pem");
    let unusable = |error: rcgen::Error| IdentityError::Unusable { path: path.clone(), detail: error.to_string() };
    let mut params = CertificateParams::new(Vec::new()).map_err(unusable)?;
    let today = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).date();
    params.not_before = {
        let (year, month, day) = parts(today.yesterday().unwrap_or(today));
        rcgen::date_time_ymd(year, month, day)
    };
    params.not_after = {
        let (year, month, day) = parts(today.saturating_add(jiff::Span::new().years(AUTHORITY_YEARS)));
        rcgen::date_time_ymd(year, month, day)
    };
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name = rcgen::DistinguishedName::new();
    // Every machine's authority has a name of its own, so that two can be told apart in a trust store.
    let own: String = uuid::Uuid::new_v4().simple().to_string().chars().take(8).collect();
    params.distinguished_name.push(DnType::CommonName, format!("Hookscope local authority {own}"));
    let key = KeyPair::generate().map_err(unusable)?;
    let authority = params.self_signed(&key).map_err(unusable)?;
    write(&folder.join("ca.key"), key.serialize_pem().as_bytes(), true)?;
    write(&folder.join("ca.pem"), authority.pem().as_bytes(), false)
}

/// Is the leaf there, for these names, of this authority, and young enough?
fn leaf_is_good(folder: &Path, names: &[String]) -> bool {
    let known = std::fs::read_to_string(folder.join("leaf.names")).unwrap_or_default();
    if known != names.join("\n") {
        return false;
    }
    let authority_is_older = match (modified(&folder.join("ca.pem")), modified(&folder.join("leaf.pem"))) {
        (Some(authority), Some(leaf)) => authority <= leaf,
        _ => false,
    };
    let pair = load_pair(&folder.join("leaf.pem"), &folder.join("leaf.key"), &folder.join("ca.pem"));
    authority_is_older && pair.is_ok_and(|(_, info)| days_left(info.not_after) >= RENEW_DAYS)
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}

fn days_left(not_after: Timestamp) -> i64 {
    not_after.micros_since(Timestamp::from_system_time(SystemTime::now())) / (24 * 3_600 * 1_000_000)
}

/// Year, month and day of a date, as the certificate library takes them.
fn parts(date: jiff::civil::Date) -> (i32, u8, u8) {
    (i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
}

fn read(path: &Path) -> Result<Vec<u8>, IdentityError> {
    std::fs::read(path).map_err(|error| IdentityError::Read { path: path.to_owned(), detail: error.to_string() })
}

/// Writes a file as a whole or not at all; a private one can be read by its owner only.
fn write(path: &Path, bytes: &[u8], is_private: bool) -> Result<(), IdentityError> {
    let beside = path.with_extension("new");
    let write = || -> std::io::Result<()> {
        use std::io::Write as _;
        // One that an earlier crash left could have other permissions.
        std::fs::remove_file(&beside).ok();
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(if is_private { 0o600 } else { 0o644 });
        }
        #[cfg(not(unix))]
        let _ = is_private;
        let mut file = options.open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    };
    write().map_err(|error| IdentityError::Write { path: path.to_owned(), detail: error.to_string() })
}

fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}
