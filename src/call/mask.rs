//! Hides what must not be seen when a call leaves the session: in exports, copies, logs and on screen until revealed.
//!
//! Masking replaces the text of a secret and leaves every other byte as it came; a call without secrets comes out unchanged.
//! What cannot be read as what it claims to be is masked by the look of it, rather than shown. It must never change a recorded
//! call: everything here gives a copy. Where to look next: `mask/body.rs` walks through bodies, `mask/query.rs` through queries
//! and URLs, `mask/pattern.rs` through what is neither.

mod body;
mod pattern;
mod query;
mod text;

use std::borrow::Cow;

use bytes::Bytes;

use super::{Headers, Opening, Record};
use crate::okta::HookKind;

/// What stands in place of a secret.
pub const MASK: &str = "••••";

/// Headers that carry credentials whatever the configuration says.
const SECRET_HEADERS: [&str; 4] = ["Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie"];

/// Scheme words that say nothing about the secret behind them.
const SCHEMES: [&[u8]; 3] = [b"Basic", b"Bearer", b"DPoP"];

/// True where a text holds a masked secret, so that it must not be sent again as it is.
pub fn is_masked(text: &str) -> bool {
    text.contains(MASK)
}

/// Masks calls. It knows the names of the headers in which configured secrets come.
#[derive(Clone, Debug, Default)]
pub struct Masker {
    secret_headers: Vec<String>,
}

impl Masker {
    /// The usual headers are always masked; these are the configured ones.
    pub fn new(secret_headers: impl IntoIterator<Item = String>) -> Masker {
        Masker { secret_headers: secret_headers.into_iter().map(|name| name.trim().to_owned()).collect() }
    }

    fn is_secret_header(&self, name: &[u8]) -> bool {
        let name = name.trim_ascii();
        let usual = SECRET_HEADERS.into_iter().any(|secret| name.eq_ignore_ascii_case(secret.as_bytes()));
        usual || self.secret_headers.iter().any(|secret| name.eq_ignore_ascii_case(secret.as_bytes()))
    }

    /// Credentials, cookies, configured secrets, and secrets in URLs. The scheme word of a credential stays.
    pub fn mask_headers(&self, headers: &Headers) -> Headers {
        let mut changed = false;
        let mut after_secret = false;
        let mut fields: Vec<(&[u8], Cow<'_, [u8]>)> = Vec::new();
        for (name, value) in headers.iter() {
            // A line that begins with a space goes on with the value before it (RFC 9112, 5.2).
            let goes_on = name.first().is_some_and(|byte| matches!(byte, b' ' | b'\t'));
            if goes_on && after_secret {
                changed = true;
                continue;
            }
            if !goes_on {
                after_secret = self.is_secret_header(name);
            }
            let masked = if after_secret { mask_value(value) } else { query::mask_url(value) };
            changed |= matches!(masked, Cow::Owned(_));
            fields.push((name, masked));
        }
        if changed { Headers::from_fields(fields) } else { headers.clone() }
    }

    /// The body of a request. The kind may be unknown, the body broken or cut off.
    pub fn mask_request_body<'a>(&self, kind: HookKind, body: &'a [u8]) -> Cow<'a, [u8]> {
        body::mask(kind, body)
    }

    /// The body of a response.
    pub fn mask_response_body<'a>(&self, body: &'a [u8]) -> Cow<'a, [u8]> {
        body::mask(HookKind::Unknown, body)
    }

    /// The query of a URL, without its `?`.
    pub fn mask_query(&self, query: &str) -> String {
        query::mask_query(query)
    }

    /// A whole call, for an export or a copy.
    pub fn mask_record(&self, record: &Record) -> Record {
        let mut masked = record.clone();
        self.mask_opening(&mut masked.opening);
        masked
    }

    fn mask_opening(&self, opening: &mut Opening) {
        let request = &mut opening.request;
        request.headers = self.mask_headers(&request.headers);
        request.query = request.query.as_deref().map(query::mask_query);
        let masked = match request.method {
            // Not a request: these are the first bytes of a connection, perhaps with a head in them.
            None => self.mask_raw(&request.body),
            Some(_) => body::mask(opening.hook, &request.body),
        };
        request.body = replaced(&request.body, masked);
        if let Some(response) = &mut opening.response {
            response.headers = self.mask_headers(&response.headers);
            response.body = replaced(&response.body, body::mask(HookKind::Unknown, &response.body));
        }
    }

    /// Bytes of a connection that never became a request.
    fn mask_raw<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let mut lines: Vec<Cow<'_, [u8]>> = Vec::new();
        let mut after_secret = false;
        let mut changed = false;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let goes_on = line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t'));
            let colon = line.iter().position(|byte| *byte == b':');
            let name = colon.and_then(|at| line.get(..at)).unwrap_or_default();
            after_secret = (goes_on && after_secret) || self.is_secret_header(name);
            if !after_secret {
                let masked = query::mask_url(line);
                changed |= matches!(masked, Cow::Owned(_));
                lines.push(masked);
                continue;
            }
            let end = line.len() - line.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let kept = if goes_on { 1 } else { colon.map_or(0, |at| at + 1) };
            let mut masked = line.get(..kept).unwrap_or_default().to_vec();
            masked.extend_from_slice(MASK.as_bytes());
            masked.extend_from_slice(line.get(end..).unwrap_or_default());
            changed = true;
            lines.push(Cow::Owned(masked));
        }
        if !changed {
            return body::mask(HookKind::Unknown, bytes);
        }
        Cow::Owned(body::mask(HookKind::Unknown, &lines.concat()).into_owned())
    }
}

fn replaced(bytes: &Bytes, masked: Cow<'_, [u8]>) -> Bytes {
    match masked {
        Cow::Borrowed(_) => bytes.clone(),
        Cow::Owned(masked) => Bytes::from(masked),
    }
}

/// The value of a secret header.
fn mask_value(value: &[u8]) -> Cow<'_, [u8]> {
    if value.is_empty() || value == MASK.as_bytes() {
        return Cow::Borrowed(value);
    }
    let end = value.iter().position(|byte| *byte == b' ').unwrap_or(0);
    let (word, rest) = value.split_at_checked(end).unwrap_or((&[], value));
    let mut masked = Vec::new();
    if SCHEMES.into_iter().any(|scheme| word.eq_ignore_ascii_case(scheme)) {
        if rest.trim_ascii() == MASK.as_bytes() {
            return Cow::Borrowed(value);
        }
        masked.extend_from_slice(word);
        masked.push(b' ');
    }
    masked.extend_from_slice(MASK.as_bytes());
    Cow::Owned(masked)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::call::test_record;

    #[test]
    fn a_head_that_never_became_a_request_is_masked_too() {
        let mut record = test_record();
        record.opening.request.method = None;
        record.opening.request.body = Bytes::from_static(
            b"POST /h?token=s1 HTTP/1.1\r\nAuthorization : Basic s2\r\n s3\r\nX-Key:s4\r\nHost: a\r\n\r\n",
        );
        let masked = Masker::new(["x-key".to_owned()]).mask_record(&record);
        let expected = "POST /h?token=•••• HTTP/1.1\r\nAuthorization :••••\r\n ••••\r\nX-Key:••••\r\nHost: a\r\n\r\n";
        assert_eq!(std::str::from_utf8(&masked.opening.request.body).unwrap(), expected);
        record.opening.request.body = Bytes::from_static(b"\x16\x03\x01\x00");
        assert_eq!(Masker::default().mask_record(&record).opening.request.body, record.opening.request.body);
    }

    #[test]
    fn a_record_is_masked_as_a_whole() {
        let mut record = test_record();
        record.opening.request.query = Some("key=s5".into());
        let response = record.opening.response.as_mut().unwrap();
        response.headers = Headers::from_fields([("Set-Cookie", "a=s6")]);
        response.body = Bytes::from_static(br#"{"access_token":"s7"}"#);
        let masked = Masker::default().mask_record(&record);
        assert_eq!(masked.opening.request.query.as_deref(), Some("key=••••"));
        let response = masked.opening.response.unwrap();
        assert_eq!(response.headers.get("set-cookie"), Some(MASK.as_bytes()));
        assert_eq!(&response.body[..], r#"{"access_token":"••••"}"#.as_bytes());
        assert_eq!(&masked.opening.request.body[..], r#"{"password":"••••"}"#.as_bytes());
        assert_eq!(masked.closing, record.closing);
    }
}
