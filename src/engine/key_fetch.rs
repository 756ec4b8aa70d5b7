//! One fetch of a key set: from its URL, or from where an issuer's metadata says (RFC 8414).

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::keys::KeyPlace;
use crate::auth::JwkSet;
use crate::call::Headers;
use crate::sender::{Outgoing, Sender, Target, Trust};

/// For the whole of one request. Nobody waits for it but the next token with an unknown key.
const TIME: Duration = Duration::from_secs(5);
/// Okta's key sets have 2 KB; what is larger is something else.
const MOST_BYTES: usize = 256 * 1024;

/// What a fetch has found.
#[derive(Clone, Debug)]
pub struct Found {
    pub set: JwkSet,
    /// Where the set was fetched.
    pub url: String,
    /// What is odd, in sentences.
    pub warnings: Vec<String>,
}

impl Found {
    /// The URL, and what is odd about it.
    pub fn described(&self) -> String {
        match self.warnings.first() {
            Some(warning) => format!("{} ({warning})", self.url),
            None => self.url.clone(),
        }
    }
}

/// Fetches key sets, believing our own authority and the system's.
#[derive(Clone)]
pub struct Fetcher {
    /// The file of our own authority; it may come into being later.
    pub our_authority: PathBuf,
}

impl Fetcher {
    /// Fetches the keys of a place.
    ///
    /// # Errors
    ///
    /// One sentence that says what was asked for and what came.
    pub async fn fetch(&self, place: &KeyPlace) -> Result<Found, String> {
        let trust =
            Trust { our_authority: Some(self.our_authority.clone()), extra_ca: None, insecure: false, system: true };
        // The system's certificates are read from files.
        let sender = tokio::task::spawn_blocking(move || Sender::new(&trust, Vec::new())).await;
        let sender = sender.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        match place {
            KeyPlace::Url(url) => key_set(&sender, url, Vec::new()).await,
            KeyPlace::Discovery(issuer) => {
                let (metadata, at) = metadata(&sender, issuer).await?;
                let mut warnings = Vec::new();
                match metadata.get("issuer").and_then(Value::as_str) {
                    Some(named) if named == issuer => {}
                    Some(named) => warnings.push(format!(
                        "the metadata names the issuer '{}' instead of '{issuer}': the two must be equal (RFC 8414, section 3.3)",
                        short(named)
                    )),
                    None => warnings.push(format!("the metadata at {at} names no issuer (RFC 8414, section 2)")),
                }
                let jwks_uri = metadata.get("jwks_uri").and_then(Value::as_str);
                let jwks_uri = jwks_uri.ok_or_else(|| {
                    format!("the metadata at {at} has no jwks_uri; give the URL of the key set, or paste the key")
                })?;
                key_set(&sender, jwks_uri, warnings).await
            }
        }
    }
}

async fn key_set(sender: &Sender, url: &str, warnings: Vec<String>) -> Result<Found, String> {
    let body = get(sender, url).await.map_err(|failed| failed.why)?;
    let text = std::str::from_utf8(&body).map_err(|_| format!("what {url} gives is no text"))?;
    let set = JwkSet::parse(text).map_err(|why| format!("what {url} gives is no key set: {why}"))?;
    Ok(Found { set, url: url.to_owned(), warnings })
}

/// The metadata of an issuer, and where it was found: where Okta has it, where RFC 8414 has it, where OpenID Connect has it.
async fn metadata(sender: &Sender, issuer: &str) -> Result<(Value, String), String> {
    let mut first = None;
    for url in metadata_urls(issuer) {
        match get(sender, &url).await {
            Ok(body) => {
                let json = serde_json::from_slice::<Value>(&body).ok().filter(Value::is_object);
                return json.map(|json| (json, url.clone())).ok_or_else(|| format!("what {url} gives is no metadata"));
            }
            Err(failed) if failed.is_elsewhere => drop(first.get_or_insert(failed.why)),
            Err(failed) => return Err(failed.why),
        }
    }
    Err(first.unwrap_or_else(|| format!("{issuer} is no URL that metadata can be asked from")))
}

/// Every place in which the metadata of an issuer can be, the likeliest first.
fn metadata_urls(issuer: &str) -> Vec<String> {
    let issuer = issuer.trim_end_matches('/');
    let mut urls = vec![format!("{issuer}/.well-known/oauth-authorization-server")];
    if let Some((scheme, rest)) = issuer.split_once("://")
        && let Some((host, path)) = rest.split_once('/')
    {
        urls.push(format!("{scheme}://{host}/.well-known/oauth-authorization-server/{path}"));
    }
    urls.push(format!("{issuer}/.well-known/openid-configuration"));
    urls
}

/// Why nothing came.
struct Failed {
    why: String,
    /// True where the server says that there is nothing at this place.
    is_elsewhere: bool,
}

async fn get(sender: &Sender, url: &str) -> Result<Bytes, Failed> {
    let failed = |why: String| Failed { why, is_elsewhere: false };
    let target = Target::parse(url).map_err(|error| failed(format!("'{}': {}", short(url), error.why)))?;
    let outgoing = Outgoing {
        target,
        method: "GET".to_owned(),
        headers: Headers::from_fields([("User-Agent", "hookscope")]),
        body: Bytes::new(),
        replay_of: None,
    };
    let received = sender.send_within(&outgoing, TIME, MOST_BYTES).await.outcome;
    let received = received.map_err(|error| failed(format!("{url}: {error}")))?;
    match received.status {
        200 => Ok(received.body),
        301 | 302 | 303 | 307 | 308 => Err(Failed {
            why: format!(
                "{url} answered {}: redirects are not followed, give the URL that it leads to",
                received.status
            ),
            is_elsewhere: false,
        }),
        status => Err(Failed { why: format!("{url} answered {status}"), is_elsewhere: matches!(status, 400..500) }),
    }
}

/// The beginning of a text that somebody else wrote.
fn short(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_looked_for_where_okta_and_the_rfc_have_it() {
        assert_eq!(
            metadata_urls("https://harbor-lab.example/oauth2/default"),
            [
                "https://harbor-lab.example/oauth2/default/.well-known/oauth-authorization-server",
                "https://harbor-lab.example/.well-known/oauth-authorization-server/oauth2/default",
                "https://harbor-lab.example/oauth2/default/.well-known/openid-configuration",
            ]
        );
        assert_eq!(metadata_urls("https://a.example").len(), 2);
    }
}
