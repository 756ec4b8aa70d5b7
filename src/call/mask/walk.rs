//! A walk through JSON that also gets through what is broken or cut off.
//!
//! It either applies the rules, or looks for secrets that are known already; both in one pass over the bytes.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::edit::Edit;
use super::known::{Finder, Known};
use super::query::{bare_name, secrets_of_url};
use super::rules::{self, Mark, Rule};
use super::text::Reading;
use super::{MASK, body, pattern};
use crate::okta::{PHONE_DIGITS, push_segment};

/// JSON in a string in JSON: deeper ones are looked at by the names in them only.
const NESTED: u8 = 3;
/// Steps of a pointer that are written out: a body that is nothing but brackets must not cost the square of its length.
const POINTER_STEPS: usize = 48;
/// Letters of a step that are written out, for the same reason.
const STEP_LETTERS: usize = 200;
/// A word with digits in a message is looked for elsewhere from this length on: years and hours stand everywhere.
const CODE_LETTERS: usize = 6;

struct Frame {
    is_object: bool,
    /// The bare name of the member that holds this container.
    name: String,
    /// The same as a step of a pointer.
    step: String,
    /// Everything in it is secret.
    secret: bool,
    /// And somebody wants it so: even `true` is masked.
    marked: bool,
    in_protocol: bool,
    /// Elements until now.
    n: usize,
    /// Pointers among the marks that lead through here.
    marks: Vec<usize>,
    /// In an event's target: the value of `alternateId`, with its pointer.
    alternate: Option<(Range<usize>, Arc<str>)>,
    is_phone: bool,
}

struct Member {
    bare: String,
    name: String,
}

pub(super) struct Walk<'a> {
    body: &'a [u8],
    is_json: bool,
    marks: &'a [Mark],
    /// Set where known secrets are looked for, and no rule is applied.
    pub(super) finder: Option<&'a Finder>,
    frames: Vec<Frame>,
    /// The member whose value comes next.
    member: Option<Member>,
    /// In a broken body: a session was named, and its id has not come.
    session_open: bool,
    /// How many strings this text lies in.
    depth: u8,
    /// The pointer of the string it lies in.
    prefix: String,
    /// In no order, and some over others.
    pub(super) edits: Vec<Edit>,
    pub(super) known: Known,
    pub(super) found_code: bool,
    /// Strings of which the secret part is masked.
    pub(super) handled: Vec<Range<usize>>,
    /// Strings that are known to hold no code, in order.
    pub(super) without_code: Vec<Range<usize>>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(body: &'a [u8], is_json: bool, marks: &'a [Mark]) -> Walk<'a> {
        Walk {
            body,
            is_json,
            marks,
            finder: None,
            frames: Vec::new(),
            member: None,
            session_open: false,
            depth: 0,
            prefix: String::new(),
            edits: Vec::new(),
            known: Known::default(),
            found_code: false,
            handled: Vec::new(),
            without_code: Vec::new(),
        }
    }

    pub(super) fn run(&mut self) {
        let mut at = 0;
        while let Some(byte) = self.body.get(at) {
            at = self.step(at, *byte);
        }
        while let Some(frame) = self.frames.pop() {
            self.close(frame);
        }
    }

    /// Takes one token and says where the next one begins.
    fn step(&mut self, at: usize, byte: u8) -> usize {
        match byte {
            b'{' | b'[' => self.open(byte == b'{'),
            b'}' | b']' => {
                if let Some(frame) = self.frames.pop() {
                    self.close(frame);
                }
                self.member = None;
            }
            b',' => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.n += 1;
                }
                self.member = None;
            }
            b'"' => return self.string(at),
            byte if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.') => return self.word(at),
            _ => {}
        }
        at + 1
    }

    fn open(&mut self, is_object: bool) {
        let name = self.current_member().unwrap_or_default().to_owned();
        let step = self.current_step().into_owned();
        let marked = self.is_marked();
        // `refresh_token` is an object with the token's id in a token hook: that is no secret.
        let secret = marked || (self.rule() == Rule::Whole && name != "refreshtoken") || self.is_in_secret();
        let parent = self.frames.last();
        let in_protocol = parent.is_some_and(|frame| frame.in_protocol) || name == "protocol";
        let marks = match parent {
            None => (0..self.marks.len()).collect(),
            Some(parent) if parent.marks.is_empty() => Vec::new(),
            Some(parent) => {
                let depth = self.frames.len() - 1;
                let leads_here = |idx: &usize| matches!(self.marks.get(*idx), Some(Mark::Pointer(steps)) if steps.get(depth) == Some(&step));
                parent.marks.iter().copied().filter(leads_here).collect()
            }
        };
        self.frames.push(Frame {
            is_object,
            name,
            step,
            secret,
            marked,
            in_protocol,
            n: 0,
            marks,
            alternate: None,
            is_phone: false,
        });
        self.member = None;
    }

    /// Only when an object has ended it is known whether it was a phone.
    fn close(&mut self, frame: Frame) {
        let Some((range, pointer)) = frame.alternate else { return };
        let content = self.body.get(range.clone()).unwrap_or_default();
        // In a broken body what would say so may be missing.
        let looks_so = || {
            let is_of_number = |byte: &u8| byte.is_ascii_digit() || b"+-(). ".contains(byte);
            content.iter().filter(|byte| byte.is_ascii_digit()).count() >= PHONE_DIGITS
                && content.iter().all(is_of_number)
        };
        if frame.is_phone || (!self.is_json && looks_so()) {
            self.phone(range, &pointer);
        }
    }

    /// The bare name of the member that the current value belongs to; elements of an array belong to the member that holds it.
    fn current_member(&self) -> Option<&str> {
        let of_array = || self.frames.last().filter(|frame| !frame.is_object).map(|frame| frame.name.as_str());
        self.member.as_ref().map(|member| member.bare.as_str()).or_else(of_array)
    }

    fn current_step(&self) -> Cow<'_, str> {
        match (&self.member, self.frames.last()) {
            (Some(member), _) => Cow::Borrowed(&member.name),
            (None, Some(frame)) if !frame.is_object => Cow::Owned(frame.n.to_string()),
            _ => Cow::Borrowed(""),
        }
    }

    /// The pointer of the current value.
    fn pointer(&self) -> Arc<str> {
        let mut pointer = self.prefix.clone();
        let mut add = |step: &str| {
            let end = step.char_indices().nth(STEP_LETTERS).map_or(step.len(), |(end, _)| end);
            push_segment(&mut pointer, step.get(..end).unwrap_or_default());
        };
        for frame in self.frames.iter().skip(1).take(POINTER_STEPS) {
            add(&frame.step);
        }
        if !self.frames.is_empty() {
            add(&self.current_step());
        }
        Arc::from(pointer)
    }

    fn is_in_secret(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.secret)
    }

    /// True where somebody wants the current value masked, or what it lies in.
    fn is_marked(&self) -> bool {
        let Some(frame) = self.frames.last() else { return false };
        if frame.marked {
            return true;
        }
        if self.marks.is_empty() {
            return false;
        }
        let name = self.member.as_ref().map(|member| member.bare.as_str());
        let is_named = |mark: &Mark| matches!((mark, name), (Mark::Name(wanted), Some(name)) if wanted == name);
        let step = self.current_step();
        let is_last = |idx: &usize| {
            matches!(self.marks.get(*idx), Some(Mark::Pointer(steps))
                if steps.len() == self.frames.len() && steps.last().is_some_and(|last| *last == step))
        };
        self.marks.iter().any(is_named) || frame.marks.iter().any(is_last)
    }

    fn rule(&self) -> Rule {
        if self.is_in_secret() || self.is_marked() {
            return Rule::Whole;
        }
        let Some(member) = self.current_member() else { return Rule::Keep };
        let frame = self.frames.last();
        if member == "id" && self.session_open {
            return Rule::Whole;
        }
        let in_protocol = frame.is_some_and(|frame| frame.in_protocol);
        rules::rule_of(member, frame.map(|frame| frame.name.as_str()), in_protocol)
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
            self.name(content, start);
            return next;
        }
        if let Some(finder) = self.finder {
            self.find(finder, content, start);
            return next;
        }
        let rule = self.rule();
        let bare = self.member.as_ref().map(|member| member.bare.as_str());
        let (is_id, is_type, is_alternate) = (bare == Some("id"), bare == Some("type"), bare == Some("alternateid"));
        if rule == Rule::Whole && is_id {
            self.session_open = false;
        }
        if !self.is_json && bare.is_some_and(|bare| rules::is_without_code(bare, content)) {
            self.without_code.push(start..end);
        }
        match rule {
            Rule::Whole => {
                self.found_code |= bare == Some("otpcode") && !content.is_empty();
                self.known.add(&decoded(content).text);
                let pointer = self.pointer();
                self.edit(start..end, MASK, pointer.clone(), pointer, start);
            }
            Rule::Phone => {
                let pointer = self.pointer();
                self.phone(start..end, &pointer);
            }
            Rule::Digits => self.digits(content, start),
            Rule::Keep => {
                if is_alternate {
                    let pointer = self.pointer();
                    if let Some(frame) = self.frames.last_mut() {
                        frame.alternate = Some((start..end, pointer));
                    }
                }
                if is_type
                    && bare_name(&decoded(content).text) == "mobilephone"
                    && let Some(frame) = self.frames.last_mut()
                {
                    frame.is_phone = true;
                }
                self.text(content, start);
            }
        }
        next
    }

    /// The name of the member whose value comes next.
    fn name(&mut self, content: &[u8], start: usize) {
        let name = decoded(content).text.into_owned();
        let bare = bare_name(&name);
        self.session_open |= !self.is_json && bare == "session";
        self.member = Some(Member { bare, name });
        if let Some(finder) = self.finder {
            for range in finder.find(content, true) {
                self.edits
                    .push(Edit { value_start: start, ..Edit::whole(start + range.start..start + range.end, "name") });
            }
        }
    }

    /// Known secrets in a string.
    fn find(&mut self, finder: &Finder, content: &[u8], start: usize) {
        // Types are constants, whatever words a password shares with them.
        if content.starts_with(b"com.okta.")
            && content.iter().all(|byte| byte.is_ascii_lowercase() || b"._-".contains(byte))
        {
            return;
        }
        let found = finder.find(content, false);
        if found.is_empty() {
            return;
        }
        let pointer = self.pointer();
        for range in found {
            self.edit(start + range.start..start + range.end, MASK, pointer.clone(), pointer.clone(), start);
        }
    }

    /// A number or a word outside of quotes.
    fn word(&mut self, at: usize) -> usize {
        let rest = self.body.get(at..).unwrap_or_default();
        let length =
            rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')).count();
        let end = at + length.max(1);
        let word = self.body.get(at..end).unwrap_or_default();
        if let Some(finder) = self.finder {
            if !finder.find(word, false).is_empty() {
                self.word_edit(at..end, MASK.to_owned());
            }
            return end;
        }
        if word == b"null" || (matches!(word, b"true" | b"false") && !self.is_marked()) {
            return end;
        }
        let text = String::from_utf8_lossy(word);
        match self.rule() {
            Rule::Keep => {}
            Rule::Whole | Rule::Digits => {
                self.found_code |= self.current_member() == Some("otpcode");
                self.known.add(&text);
                self.word_edit(at..end, MASK.to_owned());
            }
            Rule::Phone => {
                self.known.add(&text);
                let n_digits = text.chars().filter(char::is_ascii_digit).count();
                // Without quotes around it the tail would be taken for a number of its own.
                let has_tail = n_digits >= PHONE_DIGITS && self.is_json && self.depth == 0;
                let tail = if has_tail { text.get(text.len() - 2..).unwrap_or_default() } else { "" };
                self.word_edit(at..end, format!("{MASK}{tail}"));
            }
        }
        end
    }

    /// A word becomes a string, so that the body stays JSON.
    fn word_edit(&mut self, range: Range<usize>, text: String) {
        let pointer = self.pointer();
        let text = if self.is_json && self.depth == 0 { format!("\"{text}\"") } else { text };
        let start = range.start;
        self.edit(range, text, pointer.clone(), pointer, start);
    }

    fn phone(&mut self, range: Range<usize>, pointer: &Arc<str>) {
        let number = decoded(self.body.get(range.clone()).unwrap_or_default()).text.into_owned();
        let digits: Vec<char> = number.chars().filter(|letter| letter.is_numeric()).collect();
        self.handled.push(range.clone());
        if number.starts_with(MASK) {
            return;
        }
        let is_long = digits.len() >= PHONE_DIGITS;
        self.known.add(&number);
        if is_long {
            self.known.add(&digits.iter().collect::<String>());
        }
        let tail: String = digits.iter().skip(digits.len().saturating_sub(2)).collect();
        let masked = if is_long { format!("{MASK}{tail}") } else { MASK.to_owned() };
        let start = range.start;
        self.edit(range, masked, pointer.clone(), pointer.clone(), start);
    }

    fn digits(&mut self, content: &[u8], start: usize) {
        let reading = decoded(content);
        let pointer = self.pointer();
        self.handled.push(start..start + content.len());
        let mut at = 0;
        for word in reading.text.split(|letter: char| !letter.is_alphanumeric()) {
            let range = at..at + word.len();
            if word.chars().any(char::is_numeric) {
                if word.chars().count() >= CODE_LETTERS {
                    self.known.add(word);
                }
                let source = reading.source(range.clone());
                self.edit(start + source.start..start + source.end, MASK, pointer.clone(), pointer.clone(), start);
            }
            at = range.end
                + reading.text.get(range.end..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        }
    }

    /// A string without a rule: it may hold a URL, or JSON.
    fn text(&mut self, content: &[u8], start: usize) {
        if !content.iter().any(|byte| matches!(byte, b'?' | b'#' | b'\\')) {
            return;
        }
        let reading = decoded(content);
        for parameter in secrets_of_url(&reading) {
            let value = content.get(parameter.range.clone()).unwrap_or_default();
            let value = decoded(value);
            self.known.add(&value.text);
            self.known.add(&value.percent_decoded().text);
            let pointer = self.pointer();
            let name = Arc::from(format!("{pointer}?{}", parameter.name));
            self.edit(start + parameter.range.start..start + parameter.range.end, MASK, name, pointer, start);
        }
        if !content.contains(&b'\\') || !reading.text.contains('"') {
            return;
        }
        let pointer = self.pointer();
        let text = reading.text.as_bytes();
        if self.depth < NESTED && body::is_json(text) {
            let mut inner = Walk::new(text, true, &[]);
            inner.depth = self.depth + 1;
            inner.prefix = pointer.to_string();
            inner.run();
            self.known.extend(&inner.known);
            for edit in inner.edits {
                let source = reading.source(edit.range);
                self.edit(start + source.start..start + source.end, edit.text, edit.name, pointer.clone(), start);
            }
            return;
        }
        let in_protocol = self.frames.last().is_some_and(|frame| frame.in_protocol);
        let named = pattern::members(text, &|name| rules::is_secret_name(name, in_protocol));
        for found in named.into_iter().filter(|found| !found.is_masked) {
            self.known.add(&Reading::plain(text.get(found.range.clone()).unwrap_or_default()).unescaped().text);
            let source = reading.source(found.range);
            self.edit(start + source.start..start + source.end, MASK, pointer.clone(), pointer.clone(), start);
        }
    }

    /// An empty value has nothing to hide, and a masked one is not masked again.
    fn edit(
        &mut self,
        range: Range<usize>,
        text: impl Into<Cow<'static, str>>,
        name: Arc<str>,
        pointer: Arc<str>,
        value_start: usize,
    ) {
        if range.is_empty() || self.body.get(range.clone()) == Some(MASK.as_bytes()) {
            return;
        }
        let pointer = (self.is_json && self.depth == 0).then_some(pointer);
        self.edits.push(Edit { range, text: text.into(), name, pointer, value_start });
    }
}

/// The content of a JSON string, decoded.
fn decoded(content: &[u8]) -> Reading<'_> {
    let plain = Reading::plain(content);
    if content.contains(&b'\\') { plain.unescaped() } else { plain }
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
