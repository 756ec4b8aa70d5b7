//! What clients see of the listener: the certificate it serves, and what is wrong with it before anybody calls.
//!
//! Read from the certificates alone, never from a key. Only what is sure is said: whether a client trusts who signed it is the
//! client's matter.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::X509Name;

use super::IdentityError;
use super::authority::hex;
use crate::call::Timestamp;
use crate::okta::Severity;

/// The longest that strict clients take a certificate for, in days.
const LONGEST_DAYS: i64 = 397;
/// A certificate that has less than this left is near its end, in days.
const NEAR_DAYS: i64 = 14;
/// An authority that has less than this left is near its end, in days: whoever trusts it must trust another one then.
const AUTHORITY_NEAR_DAYS: i64 = 60;
/// Bits of an RSA key below which nobody takes it, and which cannot be used here.
pub(super) const LEAST_RSA_BITS: usize = 2_048;

const DAY_US: i64 = 24 * 3_600 * 1_000_000;

/// Who made the certificate that is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateOrigin {
    /// This machine's own authority.
    Local,
    /// Two files of the user.
    Files,
}

/// What clients see of the listener and must trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateInfo {
    /// The file that a client must trust: our authority, or the user's own certificate file.
    pub pem_path: PathBuf,
    /// The file that the leaf stands in.
    pub leaf_path: PathBuf,
    /// SHA-256 of the leaf's DER in lower-case hexadecimal digits.
    pub sha256: String,
    /// When the leaf expires; its text is RFC 3339.
    pub not_after: Timestamp,
    /// When the leaf became valid.
    pub not_before: Timestamp,
    pub origin: CertificateOrigin,
    /// The host names and addresses that the leaf is for, in lower case; a name may begin with `*.`.
    pub names: Vec<String>,
    /// Who signed the leaf: its common name, or the whole name where there is none.
    pub issuer: String,
    /// True where the leaf signed itself.
    pub is_self_signed: bool,
    /// Kind and size of the leaf's key, such as `ECDSA P-256` or `RSA 2048`.
    pub key_kind: String,
    /// Certificates that are sent in a handshake.
    pub n_chain: usize,
    /// Our own authority; none where the certificate is the user's.
    pub authority: Option<AuthorityInfo>,
    /// What is wrong with it at any time and for any name.
    flaws: Vec<CertificateWarning>,
}

/// The authority that a client must trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityInfo {
    pub name: String,
    /// SHA-256 of its DER in lower-case hexadecimal digits.
    pub sha256: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
}

/// Something that makes clients refuse the certificate, or will.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateWarning {
    /// Error: clients refuse it now.
    pub severity: Severity,
    /// A sentence that says what to do.
    pub text: String,
}

impl CertificateWarning {
    fn new(severity: Severity, text: impl Into<String>) -> CertificateWarning {
        CertificateWarning { severity, text: text.into() }
    }
}

impl CertificateInfo {
    /// Reads a chain, leaf first. `authority` is ours, where it signed the leaf.
    pub(super) fn read(
        trusted: &Path,
        leaf_path: &Path,
        chain: &[CertificateDer<'static>],
        authority: Option<&CertificateDer<'static>>,
    ) -> Result<CertificateInfo, IdentityError> {
        let unreadable = || IdentityError::file(leaf_path, "the certificate in it cannot be read");
        let der = chain.first().ok_or_else(unreadable)?;
        let leaf = parsed(der).ok_or_else(unreadable)?;
        let authority = match authority {
            Some(der) => {
                let parsed = parsed(der).ok_or_else(|| IdentityError::file(trusted, "it cannot be read"))?;
                Some(AuthorityInfo {
                    name: common_name(parsed.subject()),
                    sha256: sha256_of(der),
                    not_before: time_of(parsed.validity().not_before.timestamp()),
                    not_after: time_of(parsed.validity().not_after.timestamp()),
                })
            }
            None => None,
        };
        let names = names_of(&leaf);
        let mut info = CertificateInfo {
            pem_path: trusted.to_owned(),
            leaf_path: leaf_path.to_owned(),
            sha256: sha256_of(der),
            not_after: time_of(leaf.validity().not_after.timestamp()),
            not_before: time_of(leaf.validity().not_before.timestamp()),
            origin: if authority.is_some() { CertificateOrigin::Local } else { CertificateOrigin::Files },
            issuer: common_name(leaf.issuer()),
            is_self_signed: leaf.issuer().as_raw() == leaf.subject().as_raw(),
            key_kind: key_kind(&leaf),
            n_chain: chain.len(),
            authority,
            names: names.clone().unwrap_or_default(),
            flaws: Vec::new(),
        };
        if names.is_none_or(|names| names.is_empty()) {
            info.flaws.push(CertificateWarning::new(
                Severity::Error,
                "The certificate names no host in its subject alternative name; clients do not look at the common name. \
                 Use one that names the host",
            ));
        }
        if rsa_bits(&leaf).is_some_and(|bits| bits < LEAST_RSA_BITS) {
            let text = format!("The certificate's key is {}; clients take 2,048 bits and more", info.key_kind);
            info.flaws.push(CertificateWarning::new(Severity::Error, text));
        }
        let n_days = info.not_after.micros_since(info.not_before) / DAY_US;
        if n_days > LONGEST_DAYS {
            let text = format!(
                "The certificate is valid for {n_days} days; strict clients take at most {LONGEST_DAYS} from one that was \
                 made after August 2020"
            );
            info.flaws.push(CertificateWarning::new(Severity::Warning, text));
        }
        info.flaws.extend(order_flaw(chain));
        Ok(info)
    }

    /// The end that is near or was passed, if one is, in a few words. Cheap: it may be asked for each frame.
    pub fn end_warning(&self, now: Timestamp) -> Option<(Severity, String)> {
        self.leaf_end(now).or_else(|| self.authority_end(now))
    }

    fn leaf_end(&self, now: Timestamp) -> Option<(Severity, String)> {
        let left = self.not_after.micros_since(now);
        if left <= 0 {
            return Some((Severity::Error, "The certificate has expired".to_owned()));
        }
        if self.not_before > now {
            return Some((Severity::Error, "The certificate is not valid yet".to_owned()));
        }
        (left < NEAR_DAYS * DAY_US).then(|| (Severity::Warning, format!("The certificate expires {}", in_days(left))))
    }

    fn authority_end(&self, now: Timestamp) -> Option<(Severity, String)> {
        let left = self.authority.as_ref()?.not_after.micros_since(now);
        if left <= 0 {
            return Some((Severity::Error, "The authority has expired".to_owned()));
        }
        (left < AUTHORITY_NEAR_DAYS * DAY_US)
            .then(|| (Severity::Warning, format!("The authority expires {}", in_days(left))))
    }

    /// What is wrong with it now, for clients that call it by `names`; the worst first.
    pub fn warnings(&self, now: Timestamp, names: &[String]) -> Vec<CertificateWarning> {
        let mut warnings = Vec::new();
        if let Some((severity, text)) = self.leaf_end(now) {
            let what = match self.origin {
                CertificateOrigin::Local => "renew it",
                CertificateOrigin::Files if self.not_before > now => {
                    "compare this machine's clock, or import another one"
                }
                CertificateOrigin::Files => "put a new one into its file, or import another one",
            };
            warnings.push(CertificateWarning::new(severity, format!("{text}; {what}")));
        }
        if let Some((severity, text)) = self.authority_end(now) {
            let text = format!("{text}; a new one is made 30 days before that, and clients must trust it then");
            warnings.push(CertificateWarning::new(severity, text));
        }
        let missing: Vec<&str> = names.iter().map(String::as_str).filter(|name| !self.covers(name)).collect();
        if !missing.is_empty() {
            let text = format!(
                "The certificate is not for {}, which the workspace names; a client that calls it so and verifies refuses it",
                missing.join(", ")
            );
            warnings.push(CertificateWarning::new(Severity::Warning, text));
        }
        warnings.extend(self.flaws.iter().cloned());
        warnings.sort_by_key(|warning| std::cmp::Reverse(warning.severity));
        warnings
    }

    /// True where a client that calls this name and verifies takes the certificate for it.
    pub fn covers(&self, name: &str) -> bool {
        covers(&self.names, name)
    }
}

/// True where one of a certificate's names is this one (RFC 9525, 6.3: a `*` stands for one whole first label).
pub(super) fn covers(names: &[String], name: &str) -> bool {
    let name = canonical(name.trim().trim_end_matches('.'));
    names.iter().any(|known| {
        *known == name
            || known.strip_prefix('*').is_some_and(|domain| {
                domain.starts_with('.')
                    && name.strip_suffix(domain).is_some_and(|label| !label.is_empty() && !label.contains('.'))
            })
    })
}

/// A name as it stands in a certificate: lower case, an address as it is usually written.
pub(super) fn canonical(name: &str) -> String {
    match name.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(address) => address.to_string(),
        Err(_) => name.to_ascii_lowercase(),
    }
}

/// `in 1 day`, `in 12 days`, `today`.
fn in_days(left_us: i64) -> String {
    match left_us / DAY_US {
        0 => "within a day".to_owned(),
        1 => "in 1 day".to_owned(),
        days => format!("in {days} days"),
    }
}

/// The first certificate that is not signed by the one behind it, told by the names in them: that is sure. Whether something is
/// missing at the end is not, since clients know authorities by themselves.
fn order_flaw(chain: &[CertificateDer<'static>]) -> Option<CertificateWarning> {
    let chain: Vec<X509Certificate<'_>> = chain.iter().filter_map(parsed).collect();
    let (position, certificate) = chain.iter().enumerate().find(|(position, certificate)| {
        chain.get(position + 1).is_some_and(|next| next.subject().as_raw() != certificate.issuer().as_raw())
    })?;
    let issuer = common_name(certificate.issuer());
    let is_elsewhere = chain.iter().any(|other| other.subject().as_raw() == certificate.issuer().as_raw());
    let number = position + 1;
    let text = match is_elsewhere {
        true => format!(
            "The chain is out of order: behind certificate {number} stands not the one that signed it ({issuer}). Write the leaf \
             first, then each certificate's issuer"
        ),
        false => format!(
            "The chain has a gap: certificate {number} was signed by {issuer}, which is not in the file, and another one stands \
             behind it. Put the missing one between them"
        ),
    };
    Some(CertificateWarning::new(Severity::Warning, text))
}

fn parsed<'a>(der: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    x509_parser::parse_x509_certificate(der).ok().map(|(_, certificate)| certificate)
}

/// The names and addresses of a certificate; none where it has no subject alternative name.
pub(super) fn names_in(der: &CertificateDer<'_>) -> Option<Vec<String>> {
    names_of(&parsed(der)?)
}

fn names_of(certificate: &X509Certificate<'_>) -> Option<Vec<String>> {
    let names = certificate.subject_alternative_name().ok()??;
    let names = names.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|bytes| IpAddr::from(bytes).to_string()),
            _ => <[u8; 16]>::try_from(*bytes).ok().map(|bytes| IpAddr::from(bytes).to_string()),
        },
        _ => None,
    });
    Some(names.collect())
}

fn common_name(name: &X509Name<'_>) -> String {
    let common = name.iter_common_name().find_map(|attribute| attribute.as_str().ok().map(str::to_owned));
    common.unwrap_or_else(|| name.to_string())
}

fn rsa_bits(certificate: &X509Certificate<'_>) -> Option<usize> {
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => Some(key.key_size()),
        _ => None,
    }
}

/// Bits of the RSA key of a certificate; none where it has another kind of key.
pub(super) fn rsa_bits_in(der: &CertificateDer<'_>) -> Option<usize> {
    rsa_bits(&parsed(der)?)
}

fn key_kind(certificate: &X509Certificate<'_>) -> String {
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => format!("RSA {}", key.key_size()),
        // A point on P-521 is written with 528 bits.
        Ok(PublicKey::EC(point)) => match point.key_size() {
            520..=528 => "ECDSA P-521".to_owned(),
            bits => format!("ECDSA P-{bits}"),
        },
        _ => match certificate.public_key().algorithm.algorithm.to_id_string().as_str() {
            "1.3.101.112" => "Ed25519".to_owned(),
            oid => format!("unknown ({oid})"),
        },
    }
}

fn sha256_of(der: &CertificateDer<'_>) -> String {
    hex(ring::digest::digest(&ring::digest::SHA256, der).as_ref())
}

fn time_of(seconds: i64) -> Timestamp {
    Timestamp(seconds.saturating_mul(1_000_000))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};

    use super::*;

    const NOW: Timestamp = Timestamp(1_900_000_000_000_000);

    fn at(days: i64) -> Timestamp {
        Timestamp(NOW.0 + days * DAY_US)
    }

    fn params(names: &[&str], from: (i32, u8, u8), to: (i32, u8, u8)) -> CertificateParams {
        let mut params =
            CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
        params.not_before = date_time_ymd(from.0, from.1, from.2);
        params.not_after = date_time_ymd(to.0, to.1, to.2);
        params
    }

    fn info(chain: &[CertificateDer<'static>]) -> CertificateInfo {
        CertificateInfo::read(Path::new("own.pem"), Path::new("own.pem"), chain, None).unwrap()
    }

    fn texts(info: &CertificateInfo, now: Timestamp, names: &[&str]) -> Vec<String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        info.warnings(now, &names).into_iter().map(|warning| warning.text).collect()
    }

    fn self_signed(params: CertificateParams) -> CertificateDer<'static> {
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().clone()
    }

    #[test]
    fn names_are_compared_as_clients_do() {
        let names = ["hooks.test", "*.example.com", "127.0.0.1", "::1", "*"].map(str::to_owned);
        let check = |name: &str, expected: bool| assert_eq!(covers(&names, name), expected, "{name}");
        check("hooks.test", true);
        check("HOOKS.test.", true);
        check("a.hooks.test", false);
        check("a.example.com", true);
        check("example.com", false);
        check(".example.com", false);
        check("a.b.example.com", false);
        check("127.0.0.1", true);
        check("[::1]", true);
        check("0:0::1", true);
        check("other", false);
    }

    #[test]
    fn what_is_wrong_with_a_certificate_is_known_before_anybody_calls() {
        // NOW is in March 2030.
        let good = info(&[self_signed(params(&["hooks.test"], (2030, 1, 1), (2031, 1, 1)))]);
        assert_eq!(texts(&good, NOW, &["hooks.test"]), [""; 0]);
        assert_eq!((good.names.as_slice(), good.key_kind.as_str()), (&["hooks.test".to_owned()][..], "ECDSA P-256"));
        assert!(good.is_self_signed && good.authority.is_none());
        let check = |info: &CertificateInfo, now: Timestamp, names: &[&str], severity: Severity, said: &str| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let warnings = info.warnings(now, &names);
            assert_eq!(warnings.len(), 1, "{warnings:?}");
            assert!(warnings[0].severity == severity && warnings[0].text.contains(said), "{warnings:?}");
        };
        check(&good, at(280), &[], Severity::Warning, "expires in 9 days");
        check(&good, at(289), &[], Severity::Warning, "expires within a day");
        check(&good, at(290), &[], Severity::Error, "has expired");
        check(&good, at(-100), &[], Severity::Error, "not valid yet");
        check(&good, NOW, &["other.test"], Severity::Warning, "is not for other.test");
        let long = info(&[self_signed(params(&["hooks.test"], (2030, 1, 1), (2040, 1, 1)))]);
        check(&long, NOW, &[], Severity::Warning, "3652 days");
        let nameless = info(&[self_signed(params(&[], (2030, 1, 1), (2031, 1, 1)))]);
        check(&nameless, NOW, &[], Severity::Error, "names no host");
    }

    #[test]
    fn a_chain_that_is_out_of_order_or_has_a_gap_is_said_and_an_open_end_is_not() {
        let ca = |name: &str, signer: Option<&Issuer<'static, KeyPair>>| {
            let key = KeyPair::generate().unwrap();
            let mut params = params(&[], (2030, 1, 1), (2031, 1, 1));
            params.distinguished_name.push(DnType::CommonName, name);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let made = match signer {
                Some(signer) => params.signed_by(&key, signer).unwrap(),
                None => params.self_signed(&key).unwrap(),
            };
            (made.der().clone(), Issuer::new(params, key))
        };
        let (root, root_issuer) = ca("root", None);
        let (upper, upper_issuer) = ca("upper", Some(&root_issuer));
        let (lower, lower_issuer) = ca("lower", Some(&upper_issuer));
        let leaf_key = KeyPair::generate().unwrap();
        let mut leaf = params(&["hooks.test"], (2030, 1, 1), (2031, 1, 1));
        leaf.distinguished_name.push(DnType::CommonName, "leaf");
        let leaf = leaf.signed_by(&leaf_key, &lower_issuer).unwrap().der().clone();
        let said = |chain: &[&CertificateDer<'static>]| {
            texts(&info(&chain.iter().map(|der| (*der).clone()).collect::<Vec<_>>()), NOW, &[])
        };
        assert_eq!(said(&[&leaf]), [""; 0]);
        assert_eq!(said(&[&leaf, &lower, &upper]), [""; 0]);
        assert_eq!(said(&[&leaf, &lower, &upper, &root]), [""; 0]);
        assert!(said(&[&leaf, &upper, &lower])[0].contains("out of order"));
        let gap = said(&[&leaf, &upper]);
        assert!(gap[0].contains("has a gap") && gap[0].contains("lower"), "{gap:?}");
        assert_eq!(info(&[leaf]).issuer, "lower");
    }
}
