//! The listener's own certificate: signed by the local authority, renewed before it expires and when the names change.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::ParsedCertificate;

use super::IdentityError;
use super::authority::{Authority, EARLIER, random_serial, read_if_there, since_epoch, unix_now, write_whole};
use super::certificate::{canonical, names_in};
use super::tls::{read_chain, read_key};

/// Names that every leaf has.
const OWN_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// From not-before to not-after at most 397 days, which is what strict clients take; a day is left for the clocks.
const LIFE: Duration = Duration::from_secs(396 * 24 * 3_600);

/// Renewed this many seconds before it expires.
pub(super) const RENEWED_BEFORE: i64 = 30 * 24 * 3_600;

/// A certificate with its key.
pub(super) struct Leaf {
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
}

/// The names that a leaf must have: ours and the given ones, without case and repetition.
pub(super) fn wanted_names(names: &[String]) -> BTreeSet<String> {
    let given = names.iter().map(|name| name.trim().trim_end_matches('.')).filter(|name| !name.is_empty());
    OWN_NAMES.into_iter().chain(given).map(canonical).collect()
}

impl Leaf {
    /// Reads the leaf of a folder, or makes one where it is missing, about to expire, for other names or of another authority.
    pub fn open(folder: &Path, authority: &Authority, names: &BTreeSet<String>) -> Result<Leaf, IdentityError> {
        let pem_path = folder.join("leaf.pem");
        let key_path = folder.join("leaf.key");
        // A leaf that cannot be used is no error: it is made anew.
        let there = read_if_there(&pem_path)?.zip(read_if_there(&key_path)?);
        if let Some((pem, key)) = there
            && let (Ok(chain), Ok(key)) = (read_chain(&pem_path, pem.as_bytes()), read_key(&key_path, key.as_bytes()))
            && is_good(&chain, authority, names)
            && super::tls::server_config(chain.clone(), key.clone_key()).is_ok()
        {
            return Ok(Leaf { chain, key });
        }
        Leaf::make(folder, authority, names)
    }

    /// Makes a leaf and puts it in the place of the one that is there.
    pub fn make(folder: &Path, authority: &Authority, names: &BTreeSet<String>) -> Result<Leaf, IdentityError> {
        let (pem_path, key_path) = (&folder.join("leaf.pem"), &folder.join("leaf.key"));
        let mut params = CertificateParams::new(names.iter().cloned().collect::<Vec<_>>()).map_err(|_| {
            let list = names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            IdentityError::Names { names: list }
        })?;
        let failed =
            |error: rcgen::Error| IdentityError::file(pem_path, format!("the certificate cannot be made: {error}"));
        let key = KeyPair::generate().map_err(failed)?;
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, "localhost");
        name.push(DnType::OrganizationName, "Hookscope");
        params.distinguished_name = name;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        params.serial_number = Some(random_serial());
        let now = since_epoch();
        let authority_ends = Duration::from_secs(u64::try_from(authority.not_after).unwrap_or(0));
        params.not_before = rcgen::date_time_ymd(1970, 1, 1) + now.saturating_sub(EARLIER);
        params.not_after = rcgen::date_time_ymd(1970, 1, 1) + (now + LIFE).min(authority_ends);
        let certificate = params.signed_by(&key, &authority.issuer).map_err(failed)?;
        write_whole(key_path, key.serialize_pem().as_bytes(), true)?;
        write_whole(pem_path, certificate.pem().as_bytes(), false)?;
        let key = PrivateKeyDer::try_from(key.serialize_der())
            .map_err(|error| IdentityError::file(key_path, format!("the key cannot be used: {error}")))?;
        Ok(Leaf { chain: vec![certificate.der().clone()], key })
    }
}

/// Seconds since 1970 at which a certificate expires.
pub(super) fn not_after(certificate: &CertificateDer<'_>) -> Option<i64> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    Some(parsed.validity().not_after.timestamp())
}

fn is_good(chain: &[CertificateDer<'static>], authority: &Authority, names: &BTreeSet<String>) -> bool {
    let Some(leaf) = chain.first() else { return false };
    let lasts = not_after(leaf).is_some_and(|not_after| {
        // An authority near its own end cannot give more than it has.
        not_after > unix_now() + RENEWED_BEFORE || not_after >= authority.not_after
    });
    lasts && names_in(leaf).map(BTreeSet::from_iter).as_ref() == Some(names) && is_signed_by(leaf, authority)
}

fn is_signed_by(leaf: &CertificateDer<'static>, authority: &Authority) -> bool {
    let mut roots = rustls::RootCertStore::empty();
    let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms;
    let Ok(parsed) = ParsedCertificate::try_from(leaf) else { return false };
    roots.add(authority.certificate.clone()).is_ok()
        && rustls::client::verify_server_cert_signed_by_trust_anchor(
            &parsed,
            &roots,
            &[],
            UnixTime::now(),
            algorithms.all,
        )
        .is_ok()
}
