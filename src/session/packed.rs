//! A call as one row: the opening, packed.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::call::{
    AuthReport, CallId, Decided, Direction, Headers, HttpVersion, Link, OauthPart, Opening, Problem, ReplayOf, Request,
    Response, Timestamp, TlsFacts, TlsVersion,
};
use crate::okta::HookKind;

/// The last byte of every packed call: the form it is written in.
const FORM: u8 = 2;
/// The form before there were parameters of TLS and what stands in [`More`]; it stays readable.
const FORM_1: u8 = 1;

/// What few calls have, as JSON: a member that is added later needs no new form.
#[derive(Default, Serialize, Deserialize, PartialEq)]
struct More {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    oauth: Option<OauthPart>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decided: Option<Arc<Decided>>,
}

/// A packed opening, ready to be written. Made on the caller's task, so that the recorder's one thread only copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed(pub Vec<u8>);

impl Packed {
    pub fn new(opening: &Opening) -> Packed {
        let request = &opening.request;
        let response_size = opening.response.as_ref().map_or(0, |response| response.body.len());
        let mut out =
            Writer(Vec::with_capacity(512 + request.headers.as_block().len() + request.body.len() + response_size));
        out.byte(match opening.direction {
            Direction::Received => 0,
            Direction::Sent => 1,
        });
        out.number(request.received_at.0.cast_unsigned());
        out.text(&request.peer);
        out.byte(u8::from(request.over_tls) | u8::from(request.truncated) << 1);
        out.byte(match request.http_version {
            None => 0,
            Some(HttpVersion::Http10) => 1,
            Some(HttpVersion::Http11) => 2,
            Some(HttpVersion::Http2) => 3,
        });
        out.optional_text(request.method.as_deref());
        out.optional_text(request.path.as_deref());
        out.optional_text(request.query.as_deref());
        out.bytes(request.headers.as_block());
        out.bytes(&request.body);
        out.optional_number(request.body_size);
        out.text(opening.hook.as_str());
        out.optional_text(opening.endpoint.as_deref());
        out.optional_text(opening.endpoint_hook.map(HookKind::as_str));
        out.optional_text(opening.event_id.as_deref());
        out.byte(opening.link.attempt);
        out.number(opening.link.retry_of.map_or(0, |call_id| u64::from(call_id.0)));
        out.number(opening.link.duplicate_of.map_or(0, |call_id| u64::from(call_id.0)));
        out.optional_text(opening.replay_of.map(|replay_of| replay_of.to_string()).as_deref());
        if opening.auth == AuthReport::NOT_CONFIGURED {
            out.text("");
        } else {
            // A report is texts and enums only: it always has a JSON form.
            out.text(&serde_json::to_string(&opening.auth).unwrap_or_default());
        }
        match &opening.response {
            None => out.byte(0),
            Some(response) => {
                out.byte(1);
                out.number(u64::from(response.status));
                out.bytes(response.headers.as_block());
                out.bytes(&response.body);
                out.text(&response.rule);
                out.number(response.revision);
            }
        }
        match &opening.problem {
            None => out.text(""),
            Some(problem) => out.text(&serde_json::to_string(problem).unwrap_or_default()),
        }
        out.tls(request.tls.as_ref());
        let more = More { oauth: opening.oauth.clone(), decided: opening.decided.clone() };
        match more == More::default() {
            true => out.text(""),
            false => out.text(&serde_json::to_string(&more).unwrap_or_default()),
        }
        let mut packed = lz4_flex::block::compress_prepend_size(&out.0);
        packed.push(FORM);
        Packed(packed)
    }

    /// The opening again; none where these bytes are not one.
    pub fn unpack(call_id: CallId, packed: &[u8]) -> Option<Opening> {
        let (form, packed) = packed.split_last()?;
        if ![FORM_1, FORM].contains(form) {
            return None;
        }
        // The size stands before the block. LZ4 gives at most 255 bytes for one: a larger size is no size of this block.
        let size = packed.first_chunk().map(|size| u32::from_le_bytes(*size) as usize)?;
        if size / 255 > packed.len() {
            return None;
        }
        let plain = Bytes::from(lz4_flex::block::decompress_size_prepended(packed).ok()?);
        let mut read = Reader { plain, at: 0 };
        let direction = if read.byte()? == 0 { Direction::Received } else { Direction::Sent };
        let received_at = Timestamp(read.number()?.cast_signed());
        let peer = read.text()?;
        let flags = read.byte()?;
        let http_version = match read.byte()? {
            1 => Some(HttpVersion::Http10),
            2 => Some(HttpVersion::Http11),
            3 => Some(HttpVersion::Http2),
            _ => None,
        };
        let mut request = Request {
            received_at,
            peer,
            over_tls: flags & 1 != 0,
            tls: None,
            http_version,
            method: read.optional_text()?,
            path: read.optional_text()?,
            query: read.optional_text()?,
            headers: Headers::from_block(read.bytes()?),
            body: read.bytes()?,
            body_size: read.optional_number()?,
            truncated: flags & 2 != 0,
        };
        let hook = read.text()?.parse().unwrap_or(HookKind::Unknown);
        let endpoint = read.optional_text()?.map(Arc::from);
        let endpoint_hook = read.optional_text()?.and_then(|kind| kind.parse().ok());
        let event_id = read.optional_text()?;
        let link = Link { attempt: read.byte()?, retry_of: read.call_id()?, duplicate_of: read.call_id()? };
        let replay_of = read.optional_text()?.and_then(|text| ReplayOf::parse(&text));
        let auth = match read.text()?.as_str() {
            "" => AuthReport::NOT_CONFIGURED,
            json => serde_json::from_str(json).ok()?,
        };
        let response = match read.byte()? {
            0 => None,
            _ => Some(Response {
                status: u16::try_from(read.number()?).ok()?,
                headers: Headers::from_block(read.bytes()?),
                body: read.bytes()?,
                rule: read.text()?.into(),
                revision: read.number()?,
            }),
        };
        let problem = match read.text()?.as_str() {
            "" => None,
            json => Some(serde_json::from_str::<Problem>(json).ok()?),
        };
        let mut more = More::default();
        if *form != FORM_1 {
            request.tls = read.tls()?;
            more = match read.text()?.as_str() {
                "" => more,
                json => serde_json::from_str(json).ok()?,
            };
        }
        Some(Opening {
            call_id,
            direction,
            request,
            hook,
            endpoint,
            endpoint_hook,
            event_id,
            link,
            replay_of,
            auth,
            response,
            problem,
            oauth: more.oauth,
            decided: more.decided,
        })
    }
}

/// Writes numbers as LEB128 and texts with their length before them.
struct Writer(Vec<u8>);

impl Writer {
    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn optional_text(&mut self, text: Option<&str>) {
        match text {
            None => self.byte(0),
            Some(text) => {
                self.byte(1);
                self.text(text);
            }
        }
    }

    fn tls(&mut self, tls: Option<&TlsFacts>) {
        let Some(tls) = tls else {
            self.byte(0);
            return;
        };
        self.byte(match tls.version {
            TlsVersion::Tls12 => 2,
            TlsVersion::Tls13 => 3,
        });
        for text in [&tls.alpn, &tls.cipher, &tls.server_name] {
            self.optional_text(text.as_deref());
        }
    }

    fn optional_number(&mut self, number: Option<u64>) {
        match number {
            None => self.byte(0),
            Some(number) => {
                self.byte(1);
                self.number(number);
            }
        }
    }
}

/// Reads what [`Writer`] wrote; bodies share the unpacked buffer.
struct Reader {
    plain: Bytes,
    at: usize,
}

impl Reader {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.plain.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn bytes(&mut self) -> Option<Bytes> {
        let size = usize::try_from(self.number()?).ok()?;
        let end = self.at.checked_add(size)?;
        if end > self.plain.len() {
            return None;
        }
        let bytes = self.plain.slice(self.at..end);
        self.at = end;
        Some(bytes)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    fn optional_text(&mut self) -> Option<Option<String>> {
        match self.byte()? {
            0 => Some(None),
            _ => Some(Some(self.text()?)),
        }
    }

    fn tls(&mut self) -> Option<Option<TlsFacts>> {
        let version = match self.byte()? {
            0 => return Some(None),
            2 => TlsVersion::Tls12,
            3 => TlsVersion::Tls13,
            _ => return None,
        };
        let alpn = self.optional_text()?.map(String::into_boxed_str);
        let cipher = self.optional_text()?.map(String::into_boxed_str);
        let server_name = self.optional_text()?.map(String::into_boxed_str);
        Some(Some(TlsFacts { version, alpn, cipher, server_name }))
    }

    fn optional_number(&mut self) -> Option<Option<u64>> {
        match self.byte()? {
            0 => Some(None),
            _ => Some(Some(self.number()?)),
        }
    }

    fn call_id(&mut self) -> Option<Option<CallId>> {
        let number = u32::try_from(self.number()?).ok()?;
        Some((number > 0).then_some(CallId(number)))
    }
}
