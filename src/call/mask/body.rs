//! Secrets in bodies: a walk through JSON that also gets through what is broken or cut off.
//!
//! Which members are secret is written in Okta's own payloads: the clear-text password of a password import, the code and the
//! number of a telephony call, ids of sessions, and the credentials of OAuth (Okta OpenAPI 2026.06.3, PasswordImportRequest,
//! TelephonyRequest, BaseContext, LogAuthenticationContext; RFC 6749 and 7523).

use std::borrow::Cow;
use std::ops::Range;

use serde_json::value::RawValue;

use super::query::{bare_name, secrets_of_url};
use super::text::{decoded, letters};
use super::{MASK, pattern, query};
use crate::okta::HookKind;

/// Members that are secret wherever they stand, in lower case without `_` and `-`.
pub(super) const SECRET_MEMBERS: [&str; 12] = [
    "accesstoken",
    "clientassertion",
    "clientsecret",
    "externalsessionid",
    "idtoken",
    "newpassword",
    "oldpassword",
    "otpcode",
    "passcode",
    "password",
    "refreshtoken",
    "sessiontoken",
];

/// How the value of a member is masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Keep,
    Whole,
    /// Words with digits in them.
    Digits,
    /// All but the last two digits.
    Phone,
}

/// A replacement of some bytes.
struct Edit {
    range: Range<usize>,
    text: Cow<'static, str>,
}

/// Masks a body; one without secrets is borrowed as it is.
pub(super) fn mask(kind: HookKind, body: &[u8]) -> Cow<'_, [u8]> {
    let is_json = matches!(body.trim_ascii_start().first(), Some(b'{' | b'['))
        && serde_json::from_slice::<&RawValue>(body).is_ok();
    let walk = Walk::through(body, is_json);
    let found_code = walk.found_code;
    let masked = apply(body, walk.edits);
    if is_json {
        return masked;
    }
    let masked = then(masked, |bytes| if is_form(bytes) { mask_form(bytes) } else { Cow::Borrowed(bytes) });
    let masked = then(masked, pattern::mask_members);
    if kind == HookKind::Telephony && !found_code {
        // Where the code cannot be found by its name, whatever looks like one goes.
        return then(masked, pattern::mask_numbers);
    }
    masked
}

fn then<'a>(bytes: Cow<'a, [u8]>, next: impl Fn(&[u8]) -> Cow<'_, [u8]>) -> Cow<'a, [u8]> {
    match bytes {
        Cow::Borrowed(bytes) => next(bytes),
        Cow::Owned(bytes) => {
            let changed = match next(&bytes) {
                Cow::Borrowed(_) => None,
                Cow::Owned(changed) => Some(changed),
            };
            Cow::Owned(changed.unwrap_or(bytes))
        }
    }
}

/// `name=value&…` in one line, as OAuth token requests are written.
fn is_form(body: &[u8]) -> bool {
    body.contains(&b'=')
        && !body.trim_ascii().iter().any(|byte| matches!(byte, b'{' | b'<' | b'\n') || byte.is_ascii_control())
}

fn mask_form(body: &[u8]) -> Cow<'_, [u8]> {
    let Ok(text) = std::str::from_utf8(body) else { return Cow::Borrowed(body) };
    let masked = query::mask_query(text);
    if masked == text { Cow::Borrowed(body) } else { Cow::Owned(masked.into_bytes()) }
}

fn apply(body: &[u8], edits: Vec<Edit>) -> Cow<'_, [u8]> {
    if edits.is_empty() {
        return Cow::Borrowed(body);
    }
    let mut masked = Vec::with_capacity(body.len());
    let mut at = 0;
    for edit in edits {
        masked.extend_from_slice(body.get(at..edit.range.start).unwrap_or_default());
        masked.extend_from_slice(edit.text.as_bytes());
        at = edit.range.end;
    }
    masked.extend_from_slice(body.get(at..).unwrap_or_default());
    Cow::Owned(masked)
}

struct Frame {
    is_object: bool,
    /// The member that holds this container.
    name: Option<String>,
    /// Everything in it is secret.
    secret: bool,
}

struct Walk<'a> {
    body: &'a [u8],
    is_json: bool,
    frames: Vec<Frame>,
    /// The member whose value comes next.
    member: Option<String>,
    /// In a broken body: a session was named, and its id has not come.
    session_open: bool,
    found_code: bool,
    /// In order, none over another.
    edits: Vec<Edit>,
}

impl<'a> Walk<'a> {
    fn through(body: &'a [u8], is_json: bool) -> Walk<'a> {
        let mut walk = Walk {
            body,
            is_json,
            frames: Vec::new(),
            member: None,
            session_open: false,
            found_code: false,
            edits: Vec::new(),
        };
        let mut at = 0;
        while let Some(byte) = body.get(at) {
            at = walk.step(at, *byte);
        }
        walk
    }

    /// Takes one token and says where the next one begins.
    fn step(&mut self, at: usize, byte: u8) -> usize {
        match byte {
            b'{' | b'[' => {
                let name = self.current_member().map(str::to_owned);
                let parent_secret = self.frames.last().is_some_and(|frame| frame.secret);
                // `refresh_token` is an object with the token's id in a token hook: that is no secret.
                let own_secret = self.rule() == Rule::Whole && name.as_deref() != Some("refreshtoken");
                self.frames.push(Frame { is_object: byte == b'{', name, secret: parent_secret || own_secret });
                self.member = None;
            }
            b'}' | b']' => {
                self.frames.pop();
                self.member = None;
            }
            b',' => self.member = None,
            b'"' => return self.string(at),
            byte if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.') => return self.word(at),
            _ => {}
        }
        at + 1
    }

    /// The member that the current value belongs to; elements of an array belong to the member that holds the array.
    fn current_member(&self) -> Option<&str> {
        let of_array = || self.frames.last().filter(|frame| !frame.is_object).and_then(|frame| frame.name.as_deref());
        self.member.as_deref().or_else(of_array)
    }

    fn rule(&self) -> Rule {
        if self.frames.last().is_some_and(|frame| frame.secret) {
            return Rule::Whole;
        }
        let Some(member) = self.current_member() else { return Rule::Keep };
        let holder = self.frames.last().and_then(|frame| frame.name.as_deref());
        match member {
            "msgtemplate" => Rule::Digits,
            "phonenumber" => Rule::Phone,
            "id" if holder == Some("session") || self.session_open => Rule::Whole,
            member if SECRET_MEMBERS.contains(&member) => Rule::Whole,
            _ => Rule::Keep,
        }
    }

    fn string(&mut self, at: usize) -> usize {
        let start = at + 1;
        let (end, next) = match string_end(self.body, start) {
            Some(end) => (end, end + 1),
            None => (self.body.len(), self.body.len()),
        };
        let content = self.body.get(start..end).unwrap_or_default();
        let after = self.body.get(next..).unwrap_or_default().trim_ascii_start().first();
        if after == Some(&b':') {
            let name = bare_name(&decoded(content));
            self.session_open |= !self.is_json && name == "session";
            self.found_code |= name == "otpcode";
            self.member = Some(name);
            return next;
        }
        let rule = self.rule();
        if rule == Rule::Whole && self.member.as_deref() == Some("id") {
            self.session_open = false;
        }
        match rule {
            Rule::Whole => self.edit(start..end, MASK),
            Rule::Phone => self.phone(content, start..end),
            Rule::Digits => self.digits(content, start),
            Rule::Keep => {
                let ranges = secrets_of_url(content, true);
                for range in ranges {
                    self.edit(start + range.start..start + range.end, MASK);
                }
                if content.contains(&b'\\') {
                    self.json_in_string(content, start..end);
                }
            }
        }
        next
    }

    /// A number or a word outside of quotes.
    fn word(&mut self, at: usize) -> usize {
        let rest = self.body.get(at..).unwrap_or_default();
        let length =
            rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')).count();
        let end = at + length.max(1);
        let word = self.body.get(at..end).unwrap_or_default();
        if !matches!(word, b"null" | b"true" | b"false") {
            match self.rule() {
                Rule::Keep => {}
                Rule::Whole | Rule::Digits => self.edit(at..end, "\"••••\""),
                Rule::Phone => {
                    let tail: String =
                        word.iter().skip(length.saturating_sub(2)).map(|byte| char::from(*byte)).collect();
                    self.edit(at..end, format!("\"{MASK}{tail}\""));
                }
            }
        }
        end
    }

    fn phone(&mut self, content: &[u8], range: Range<usize>) {
        let digits: Vec<char> =
            letters(content).iter().map(|letter| letter.letter).filter(|letter| letter.is_numeric()).collect();
        let is_long = digits.len() >= 7;
        let tail: String = digits.iter().skip(digits.len().saturating_sub(2)).collect();
        let masked = if is_long { format!("{MASK}{tail}") } else { MASK.to_owned() };
        if decoded(content).starts_with(MASK) {
            return;
        }
        self.edit(range, masked);
    }

    fn digits(&mut self, content: &[u8], start: usize) {
        let letters = letters(content);
        for word in letters.split(|letter| !letter.letter.is_alphanumeric()) {
            if let (Some(first), Some(last)) = (word.first(), word.last())
                && word.iter().any(|letter| letter.letter.is_numeric())
            {
                self.edit(start + first.range.start..start + last.range.end, MASK);
            }
        }
    }

    /// JSON written into a JSON string.
    fn json_in_string(&mut self, content: &[u8], range: Range<usize>) {
        let text = decoded(content);
        if !text.contains('"') || self.edits.last().is_some_and(|edit| edit.range.end > range.start) {
            return;
        }
        let masked = pattern::mask_members(text.as_bytes());
        if let Cow::Owned(masked) = masked
            && let Ok(quoted) = serde_json::to_string(&String::from_utf8_lossy(&masked))
        {
            let inner = quoted.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or_default();
            self.edit(range, inner.to_owned());
        }
    }

    /// An empty value has nothing to hide, and a masked one is not masked again.
    fn edit(&mut self, range: Range<usize>, text: impl Into<Cow<'static, str>>) {
        if !range.is_empty() && self.body.get(range.clone()) != Some(MASK.as_bytes()) {
            self.edits.push(Edit { range, text: text.into() });
        }
    }
}

/// Where the closing quote of a string stands whose content begins at `start`.
fn string_end(body: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        match body.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some(at),
            _ => at += 1,
        }
    }
}
