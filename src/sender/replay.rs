//! With which header fields a recorded call is sent again.

use std::fmt;

use base64::Engine as _;

use crate::call::{Headers, Request, is_masked};
use crate::respond::AuthSetup;

/// Why a recorded call cannot be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplayRefused {
    /// The credential in it is masked, and none is configured to put in its place.
    MaskedCredential { header: String },
    /// Masked values lie in its body.
    MaskedBody,
    /// Less of the body was kept than came.
    Truncated,
    /// It never became a request.
    NoRequest,
    /// What is to be changed in its body cannot be.
    Uneditable { why: String },
}

impl fmt::Display for ReplayRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReplayRefused::MaskedCredential { header } => write!(
                f,
                "its {header} is masked and no credential is configured to put in its place; give one with --basic or --header, or configure the endpoint's"
            ),
            ReplayRefused::MaskedBody => {
                f.write_str("masked values lie in its body; replay it from the session that recorded it")
            }
            ReplayRefused::Truncated => {
                f.write_str("its body was larger than the limit and only the beginning was kept")
            }
            ReplayRefused::NoRequest => f.write_str("it never became a request"),
            ReplayRefused::Uneditable { why } => f.write_str(why),
        }
    }
}

impl std::error::Error for ReplayRefused {}

/// Fields that belong to a connection, not to a request (RFC 9110, 7.6.1), and those that are made anew.
const NOT_REPEATED: [&str; 11] = [
    "host",
    "content-length",
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The fields of a recorded call as they go out again: without those of the connection, with `credential` in place of what is
/// there under the same names where that is masked or given on purpose.
pub fn replay_headers(
    request: &Request,
    credential: &[(String, String)],
    overrides_recorded: bool,
) -> Result<Headers, ReplayRefused> {
    if request.path.is_none() {
        return Err(ReplayRefused::NoRequest);
    }
    if request.truncated {
        return Err(ReplayRefused::Truncated);
    }
    if is_masked(&String::from_utf8_lossy(&request.body)) {
        return Err(ReplayRefused::MaskedBody);
    }
    let configured = |name: &str| credential.iter().find(|(field, _)| field.eq_ignore_ascii_case(name));
    let mut fields: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for (name, value) in without_connection_fields(&request.headers).iter() {
        let text = String::from_utf8_lossy(name).to_lowercase();
        let value = match (is_masked(&String::from_utf8_lossy(value)), configured(&text)) {
            (_, Some((_, configured))) if overrides_recorded => configured.clone().into_bytes(),
            (true, Some((_, configured))) => configured.clone().into_bytes(),
            (true, None) => {
                return Err(ReplayRefused::MaskedCredential { header: String::from_utf8_lossy(name).into_owned() });
            }
            (false, _) => value.to_vec(),
        };
        fields.push((name.to_vec(), value));
    }
    for (name, value) in credential.iter().filter(|_| overrides_recorded) {
        if request.headers.get(name).is_none() {
            fields.push((name.clone().into_bytes(), value.clone().into_bytes()));
        }
    }
    Ok(Headers::from_fields(fields))
}

/// Fields without those that belong to a connection, also those that `Connection` names.
pub(super) fn without_connection_fields(headers: &Headers) -> Headers {
    let named: Vec<String> = headers
        .get_all("connection")
        .flat_map(|value| {
            String::from_utf8_lossy(value).split(',').map(|name| name.trim().to_lowercase()).collect::<Vec<_>>()
        })
        .collect();
    let stays = |name: &[u8]| {
        let name = String::from_utf8_lossy(name).to_lowercase();
        !NOT_REPEATED.contains(&name.as_str()) && !named.contains(&name)
    };
    Headers::from_fields(headers.iter().filter(|(name, _)| stays(name)))
}

/// The value of `Authorization` for HTTP Basic (RFC 7617).
pub fn basic_credential(user: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

/// The credential that an endpoint expects, as header fields of a request; empty where it is not known.
pub fn credential_fields(auth: &AuthSetup) -> Vec<(String, String)> {
    let basic = auth.basic.as_ref().and_then(|basic| {
        let password = basic.password.secret()?;
        Some(("Authorization".to_owned(), basic_credential(&basic.user, password.reveal())))
    });
    let header = auth
        .header
        .as_ref()
        .and_then(|header| header.value.secret().map(|value| (header.name.clone(), value.reveal().to_owned())));
    basic.into_iter().chain(header).collect()
}
