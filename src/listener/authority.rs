//! The local authority: made once on a machine, it signs the listener's certificates.
//!
//! Its key never leaves the data folder and is readable by its owner alone. It is made as strict clients want it (RFC 5280:
//! keyUsage, subject key identifier, critical basicConstraints).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SerialNumber,
};
use ring::rand::{SecureRandom, SystemRandom};
use rustls::pki_types::CertificateDer;

use super::IdentityError;
use super::tls::read_chain;

/// About ten years: a user should not have to trust a new one every year.
const LIFE: Duration = Duration::from_secs(3_650 * 24 * 3_600);

/// Clocks of other machines may be behind ours.
pub(super) const EARLIER: Duration = Duration::from_secs(3_600);

/// The authority as it stands in the data folder.
pub(super) struct Authority {
    pub pem_path: PathBuf,
    pub certificate: CertificateDer<'static>,
    pub issuer: Issuer<'static, KeyPair>,
    /// Seconds since 1970.
    pub not_after: i64,
}

/// Holds other processes back while certificates are made; released when dropped.
pub(super) struct Lock(#[allow(dead_code, reason = "the lock ends with the file")] File);

/// Takes the folder for ourselves, making it where it is missing.
pub(super) fn lock(folder: &Path) -> Result<Lock, IdentityError> {
    make_folder(folder).map_err(|error| IdentityError::file(folder, format!("the folder cannot be made: {error}")))?;
    let path = folder.join(".lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.and_then(|file| file.lock().map(|()| file));
    file.map(Lock).map_err(|error| IdentityError::file(&path, format!("it cannot be locked: {error}")))
}

impl Authority {
    /// Reads the authority of a folder, or makes one where there is none or its time is over.
    pub fn open(folder: &Path) -> Result<Authority, IdentityError> {
        let pem_path = folder.join("ca.pem");
        let key_path = folder.join("ca.key");
        let pem = read_if_there(&pem_path)?;
        let key = read_if_there(&key_path)?;
        let (Some(pem), Some(key)) = (pem, key) else {
            return Authority::make(pem_path, &key_path);
        };
        let remade = "; move the folder 'tls' away to have a new authority made (clients must then trust the new one)";
        let mut chain = read_chain(&pem_path, pem.as_bytes())?.into_iter();
        let broken = |path: &Path, what: &str| IdentityError::file(path, format!("{what}{remade}"));
        let certificate = chain.next().ok_or_else(|| broken(&pem_path, "there is no certificate in it"))?;
        let key = KeyPair::from_pem(&key).map_err(|_| broken(&key_path, "there is no usable private key in it"))?;
        let (_, parsed) = x509_parser::parse_x509_certificate(&certificate)
            .map_err(|_| broken(&pem_path, "the certificate in it cannot be read"))?;
        if parsed.public_key().subject_public_key.data.as_ref() != key.public_key_raw() {
            return Err(broken(&key_path, "the key does not belong to ca.pem"));
        }
        let not_after = parsed.validity().not_after.timestamp();
        if not_after < unix_now() + 30 * 24 * 3_600 {
            return Authority::make(pem_path, &key_path);
        }
        let issuer = Issuer::from_ca_cert_der(&certificate, key)
            .map_err(|error| broken(&pem_path, &format!("the certificate in it cannot sign: {error}")))?;
        Ok(Authority { pem_path, certificate: certificate.clone(), issuer, not_after })
    }

    /// Makes an authority in the place of the one that is there, which stays beside it under another name. Gives the path of that
    /// certificate; none where there was none. Where none can be made the old one is back in its place.
    pub fn replace(folder: &Path) -> Result<Option<PathBuf>, IdentityError> {
        let (pem_path, key_path) = (folder.join("ca.pem"), folder.join("ca.key"));
        let stamp = crate::call::Timestamp(unix_now().saturating_mul(1_000_000)).to_string();
        let stamp: String = stamp.chars().filter(char::is_ascii_digit).take(14).collect();
        let mut moved: Vec<(PathBuf, PathBuf)> = Vec::new();
        let put_back = |moved: &[(PathBuf, PathBuf)]| {
            for (from, to) in moved {
                // The error that matters is the one before.
                fs::rename(to, from).ok();
            }
        };
        for (path, extension) in [(&pem_path, "pem"), (&key_path, "key")] {
            let unused = |n: u32| match n {
                0 => folder.join(format!("ca-until-{stamp}.{extension}")),
                _ => folder.join(format!("ca-until-{stamp}-{n}.{extension}")),
            };
            let to = (0..1_000).map(unused).find(|path| !path.exists()).unwrap_or_else(|| unused(1_000));
            match fs::rename(path, &to) {
                Ok(()) => moved.push((path.clone(), to)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    put_back(&moved);
                    return Err(IdentityError::file(path, format!("it cannot be kept under another name: {error}")));
                }
            }
        }
        if let Err(error) = Authority::make(pem_path.clone(), &key_path) {
            put_back(&moved);
            return Err(error);
        }
        Ok(moved.into_iter().find(|(from, _)| *from == pem_path).map(|(_, to)| to))
    }

    fn make(pem_path: PathBuf, key_path: &Path) -> Result<Authority, IdentityError> {
        let make = || -> Result<_, rcgen::Error> {
            let key = KeyPair::generate()?;
            let mut params = CertificateParams::default();
            let mut name = DistinguishedName::new();
            name.push(DnType::CommonName, format!("Hookscope local authority {}", hex(&random::<4>())));
            name.push(DnType::OrganizationName, "Hookscope");
            params.distinguished_name = name;
            params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
            params.serial_number = Some(random_serial());
            let now = since_epoch();
            params.not_before = rcgen::date_time_ymd(1970, 1, 1) + now.saturating_sub(EARLIER);
            params.not_after = rcgen::date_time_ymd(1970, 1, 1) + (now + LIFE);
            let certificate = params.self_signed(&key)?;
            let not_after = i64::try_from((now + LIFE).as_secs()).unwrap_or(i64::MAX);
            Ok((certificate, key, params, not_after))
        };
        let (certificate, key, params, not_after) =
            make().map_err(|error| IdentityError::file(&pem_path, format!("the authority cannot be made: {error}")))?;
        // The key first: a certificate without its key would be refused at the next start.
        write_whole(key_path, key.serialize_pem().as_bytes(), true)?;
        write_whole(&pem_path, certificate.pem().as_bytes(), false)?;
        let issuer = Issuer::new(params, key);
        Ok(Authority { pem_path, certificate: certificate.der().clone(), issuer, not_after })
    }
}

pub(super) fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Seconds since 1970.
pub(super) fn unix_now() -> i64 {
    i64::try_from(since_epoch().as_secs()).unwrap_or(i64::MAX)
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if SystemRandom::new().fill(&mut bytes).is_err() {
        // The time is no secret, and neither is a serial number: it must only differ from the last one.
        let nanos = since_epoch().as_nanos().to_be_bytes();
        for (byte, nano) in bytes.iter_mut().zip(nanos.iter().rev()) {
            *byte = *nano;
        }
    }
    bytes
}

/// Random and positive, at most 20 bytes (RFC 5280, 4.1.2.2).
pub(super) fn random_serial() -> SerialNumber {
    let mut bytes = random::<16>();
    if let Some(first) = bytes.first_mut() {
        *first = (*first & 0x7f) | 0x40;
    }
    SerialNumber::from_slice(&bytes)
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The text of a file; none where there is no such file.
pub(super) fn read_if_there(path: &Path) -> Result<Option<String>, IdentityError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(IdentityError::file(path, format!("it cannot be read: {error}"))),
    }
}

/// Writes a file whole or not at all. A private one is readable by its owner alone from its first byte on.
pub(super) fn write_whole(path: &Path, bytes: &[u8], is_private: bool) -> Result<(), IdentityError> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}.new", std::process::id()));
    let draft = PathBuf::from(draft);
    let write = || -> io::Result<()> {
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = OpenOptions::new();
        options.create_new(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, if is_private { 0o600 } else { 0o644 });
        #[cfg(not(unix))]
        let _ = is_private;
        let mut file = options.open(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&draft, path)
    };
    write().map_err(|error| IdentityError::file(path, format!("it cannot be written: {error}")))
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
