//! Hides what must not be seen when a call leaves the session: in exports, copies, logs and on screen until revealed.
//!
//! Masking replaces the text of a secret and leaves every other byte as it came; a call without secrets comes out unchanged.
//! What cannot be read as what it claims to be is masked by the look of it, rather than shown. A secret that is found once is
//! masked wherever else the call repeats it. It must never change a recorded call: everything here gives a copy. Where to look
//! next: `mask/rules.rs` says what is secret, `mask/walk.rs` goes through JSON, `mask/query.rs` through queries and URLs,
//! `mask/pattern.rs` through what is neither, `mask/known.rs` finds repetitions, `mask/place.rs` names what can be revealed.

mod body;
mod decided;
mod edit;
mod known;
mod pattern;
mod place;
mod query;
mod relay;
mod rules;
mod text;
mod verdict;
mod walk;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::{AuthReport, Decided, Headers, Opening, Record, Relay, Secret};
use crate::okta::{HookKind, Verdict};
use edit::{Edit, Showing, in_order, masked};
use known::{Finder, Known};
pub use place::{Revealed, SecretPart, SecretPlace, Shown, ShownSecret};
use rules::Mark;
use text::Reading;

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

/// What is told of a call beside its bytes.
#[derive(Default)]
pub(super) struct Told {
    pub(super) decided: Option<Arc<Decided>>,
    pub(super) relay: Option<Arc<Relay>>,
}

/// Masks calls. It knows the names of the headers in which configured secrets come, the secrets themselves, and what a developer
/// wants masked beside.
#[derive(Clone, Default)]
pub struct Masker {
    secret_headers: Vec<String>,
    configured: Known,
    /// Finds the configured secrets where nothing else is known.
    finder: Option<Arc<Finder>>,
    marks: Vec<Mark>,
}

impl fmt::Debug for Masker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Masker").field("secret_headers", &self.secret_headers).field("marks", &self.marks).finish()
    }
}

impl Masker {
    /// The usual headers are always masked; these are the configured ones.
    pub fn new(secret_headers: impl IntoIterator<Item = String>) -> Masker {
        let secret_headers = secret_headers.into_iter().map(|name| name.trim().to_owned()).collect();
        Masker { secret_headers, ..Masker::default() }
    }

    /// Masks these secrets wherever they come, whatever the header, parameter or member is called.
    pub fn with_secrets<'s>(mut self, secrets: impl IntoIterator<Item = &'s Secret>) -> Masker {
        for secret in secrets {
            self.configured.add(secret.reveal());
        }
        self.finder = self.configured.finder().map(Arc::new);
        self
    }

    /// Masks also what a developer names: JSON Pointers, which begin with `/`, and names of members.
    pub fn with_marks<'m>(mut self, marks: impl IntoIterator<Item = &'m str>) -> Masker {
        self.marks = marks.into_iter().filter_map(Mark::new).collect();
        self
    }

    /// True for the headers of this masker, and for the one that this call was checked for: the call may come from a session whose
    /// configuration is not at hand.
    fn is_secret_of(&self, name: &[u8], checked: Option<&AuthReport>) -> bool {
        self.is_secret_header(name) || checked.is_some_and(|report| report.has_looked_at_header(name))
    }

    fn is_secret_header(&self, name: &[u8]) -> bool {
        let name = name.trim_ascii();
        let usual = SECRET_HEADERS.into_iter().any(|secret| name.eq_ignore_ascii_case(secret.as_bytes()));
        usual || self.secret_headers.iter().any(|secret| name.eq_ignore_ascii_case(secret.as_bytes()))
    }

    /// Credentials, cookies, configured secrets, and secrets in URLs. The scheme word of a credential stays.
    pub fn mask_headers(&self, headers: &Headers) -> Headers {
        let revealed = Revealed::default();
        let mut showing = Showing::new(&revealed);
        self.show_headers(headers, SecretPart::RequestHeaders, None, self.finder.as_deref(), &mut showing)
    }

    /// The body of a request. The kind may be unknown, the body broken or cut off.
    pub fn mask_request_body<'a>(&self, kind: HookKind, body: &'a [u8]) -> Cow<'a, [u8]> {
        let (edits, _) = body::edits(kind, body, &self.marks, &self.configured);
        masked(body, &edits)
    }

    /// The body of a response.
    pub fn mask_response_body<'a>(&self, body: &'a [u8]) -> Cow<'a, [u8]> {
        self.mask_request_body(HookKind::Unknown, body)
    }

    /// The query of a URL, without its `?`.
    pub fn mask_query(&self, query: &str) -> String {
        let edits = query_edits(query, self.finder.as_deref());
        String::from_utf8_lossy(&masked(query.as_bytes(), &edits)).into_owned()
    }

    /// A whole call, for an export or a copy.
    pub fn mask_record(&self, record: &Record) -> Record {
        self.show(record, &Revealed::default()).record
    }

    /// A whole call with every secret masked that is not revealed, and where the secrets stand.
    pub fn show(&self, record: &Record, revealed: &Revealed) -> Shown {
        let mut shown = record.clone();
        let mut showing = Showing::new(revealed);
        let known = self.show_opening(&mut shown.opening, &mut showing);
        if *revealed != Revealed::All
            && let Some(decided) = &shown.opening.decided
        {
            shown.opening.decided = Some(Arc::new(decided::mask(decided, &known, &shown.opening)));
        }
        if *revealed != Revealed::All
            && let Some(relay) = &shown.opening.relay
        {
            shown.opening.relay = Some(Arc::new(relay::mask(self, relay, &known)));
        }
        if *revealed != Revealed::All
            && let Some(verdict) = verdict::mask(&shown.closing.verdict, &known)
        {
            shown.closing.verdict = Arc::new(verdict);
        }
        Shown { record: shown, secrets: showing.secrets }
    }

    /// The verdict of a call without the secrets that it quotes.
    pub fn mask_verdict(&self, record: &Record) -> Arc<Verdict> {
        let verdict = &record.closing.verdict;
        if verdict::quotes_nothing(verdict) {
            return Arc::clone(verdict);
        }
        let mut known = self.configured.clone();
        let opening = &record.opening;
        let bodies = [Some(&opening.request.body), opening.response.as_ref().map(|response| &response.body)];
        for (body, kind) in bodies.into_iter().zip([opening.hook, HookKind::Unknown]) {
            let in_body = body.map(|body| body::edits(kind, body, &self.marks, &Known::default()).1);
            known.extend(&in_body.unwrap_or_default());
        }
        verdict::mask(verdict, &known).map_or_else(|| Arc::clone(verdict), Arc::new)
    }

    /// How the response of a call was chosen, without the secrets that it quotes.
    pub fn mask_decided(&self, record: &Record) -> Option<Arc<Decided>> {
        self.mask_told(record).decided
    }

    /// What is told of a call beside its bytes, without secrets.
    pub(super) fn mask_told(&self, record: &Record) -> Told {
        if record.opening.decided.is_none() && record.opening.relay.is_none() {
            return Told::default();
        }
        let opening = self.mask_record(record).opening;
        Told { decided: opening.decided, relay: opening.relay }
    }

    /// Gives what is secret in the bodies.
    fn show_opening(&self, opening: &mut Opening, showing: &mut Showing<'_>) -> Known {
        let request = &mut opening.request;
        let (edits, in_body) = match request.method {
            // Not a request: these are the first bytes of a connection, perhaps with a head in them.
            None => self.raw_edits(&request.body),
            Some(_) => body::edits(opening.hook, &request.body, &self.marks, &self.configured),
        };
        // What is secret in the body is looked for in all that belongs to the call.
        let mut known = in_body;
        known.extend(&self.configured);
        let finder = known.finder();
        let finder = finder.as_ref();
        let checked = Some(&opening.auth);
        request.headers = self.show_headers(&request.headers, SecretPart::RequestHeaders, checked, finder, showing);
        if let Some(query) = &mut request.query {
            let edits = query_edits(query, finder);
            let shown = showing.apply(query.as_bytes(), &edits, SecretPart::Query, 0);
            *query = String::from_utf8_lossy(&shown).into_owned();
        }
        let shown = showing.apply(&request.body, &edits, SecretPart::RequestBody, 0);
        request.body = replaced(&request.body, shown);
        if let Some(response) = &mut opening.response {
            response.headers = self.show_headers(&response.headers, SecretPart::ResponseHeaders, None, finder, showing);
            let (edits, in_response) = body::edits(HookKind::Unknown, &response.body, &self.marks, &known);
            let shown = showing.apply(&response.body, &edits, SecretPart::ResponseBody, 0);
            response.body = replaced(&response.body, shown);
            known.extend(&in_response);
        }
        known
    }

    fn show_headers(
        &self,
        headers: &Headers,
        part: SecretPart,
        checked: Option<&AuthReport>,
        finder: Option<&Finder>,
        showing: &mut Showing<'_>,
    ) -> Headers {
        let mut changed = false;
        let mut is_hidden = false;
        let mut fields: Vec<(&[u8], Cow<'_, [u8]>)> = Vec::new();
        for (name, value) in headers.iter() {
            // A line that begins with a space goes on with the value before it (RFC 9112, 5.2).
            if name.first().is_some_and(|byte| matches!(byte, b' ' | b'\t')) && is_hidden {
                changed = true;
                continue;
            }
            let is_secret = self.is_secret_of(name, checked);
            let edits = header_edits(name, value, is_secret, finder);
            let shown = showing.apply(value, &edits, part, fields.len());
            is_hidden = is_secret && (matches!(shown, Cow::Owned(_)) || edits.is_empty());
            changed |= matches!(shown, Cow::Owned(_));
            fields.push((name, shown));
        }
        if changed { Headers::from_fields(fields) } else { headers.clone() }
    }

    /// Bytes of a connection that never became a request.
    fn raw_edits(&self, bytes: &[u8]) -> (Vec<Edit>, Known) {
        let (mut edits, known) = body::edits(HookKind::Unknown, bytes, &self.marks, &self.configured);
        let mut after_secret = false;
        let mut at = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let goes_on = line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t'));
            let colon = line.iter().position(|byte| *byte == b':');
            let name = colon.and_then(|at| line.get(..at)).unwrap_or_default();
            after_secret = (goes_on && after_secret) || self.is_secret_header(name);
            if after_secret {
                let end = line.len() - line.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                let kept = if goes_on { 1 } else { colon.map_or(0, |at| at + 1) };
                let is_masked = line.get(kept..end).is_none_or(|value| value.is_empty() || value == MASK.as_bytes());
                if !is_masked {
                    edits.push(Edit::whole(at + kept..at + end, &String::from_utf8_lossy(name.trim_ascii())));
                }
            } else {
                for parameter in query::secrets_of_url(&Reading::plain(line)) {
                    let range = at + parameter.range.start..at + parameter.range.end;
                    edits.push(Edit::whole(range, &parameter.name));
                }
            }
            at += line.len();
        }
        (in_order(edits), known)
    }
}

fn replaced(bytes: &Bytes, shown: Cow<'_, [u8]>) -> Bytes {
    match shown {
        Cow::Borrowed(_) => bytes.clone(),
        Cow::Owned(shown) => Bytes::from(shown),
    }
}

fn query_edits(query: &str, finder: Option<&Finder>) -> Vec<Edit> {
    let by_name = query::secrets_of_query(query);
    let mut edits: Vec<Edit> =
        by_name.into_iter().map(|parameter| Edit::whole(parameter.range, &parameter.name)).collect();
    let found = finder.map(|finder| finder.find(query.as_bytes(), false)).unwrap_or_default();
    edits.extend(found.into_iter().map(|range| Edit::whole(range, "value")));
    in_order(edits)
}

fn header_edits(name: &[u8], value: &[u8], is_secret: bool, finder: Option<&Finder>) -> Vec<Edit> {
    let name = String::from_utf8_lossy(name.trim_ascii());
    if is_secret {
        return credential_in(value).map(|range| Edit::whole(range, &name)).into_iter().collect();
    }
    let in_url = query::secrets_of_url(&Reading::plain(value)).into_iter();
    let mut edits: Vec<Edit> =
        in_url.map(|parameter| Edit::whole(parameter.range, &format!("{name}?{}", parameter.name))).collect();
    let found = finder.map(|finder| finder.find(value, false)).unwrap_or_default();
    edits.extend(found.into_iter().map(|range| Edit::whole(range, &name)));
    in_order(edits)
}

/// What is secret of the value of a secret header: all of it, but for the word of its scheme. None where nothing is left.
fn credential_in(value: &[u8]) -> Option<Range<usize>> {
    let end = value.iter().position(|byte| *byte == b' ').unwrap_or(0);
    let word = value.get(..end).unwrap_or_default();
    let start = match SCHEMES.into_iter().any(|scheme| word.eq_ignore_ascii_case(scheme)) {
        true => end + value.iter().skip(end).take_while(|byte| **byte == b' ').count(),
        false => 0,
    };
    let secret = value.get(start..).unwrap_or_default();
    (!secret.is_empty() && secret != MASK.as_bytes()).then_some(start..value.len())
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
