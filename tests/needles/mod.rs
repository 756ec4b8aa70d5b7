//! Sample calls in which every secret is a text that stands nowhere else, written in every form that JSON and URLs know.
//!
//! What is secret is written down here once more, by its place in Okta's payloads, so that the tests do not ask the code that
//! they test.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use bytes::Bytes;
use hookscope::call::{
    AuthReport, CallId, Closing, Direction, Headers, HttpVersion, Link, Opening, Record, Request, Response, Timestamp,
    Timing, judge_call,
};
use hookscope::okta::{HookKind, Sample, samples};
use serde_json::{Value, json};

/// How the secrets of a body are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As the sample has them, over several lines.
    Plain,
    /// The same on one line.
    OneLine,
    /// Every letter of a secret as `\u00XX`.
    Escaped,
    /// Once more in other members: within a text, percent encoded in a URL, in JSON in a string, and in that within a string.
    Repeated,
    /// Cut off in the middle.
    CutOff,
}

impl Form {
    pub const ALL: [Form; 5] = [Form::Plain, Form::OneLine, Form::Escaped, Form::Repeated, Form::CutOff];
}

/// One secret that must not be seen.
#[derive(Clone, Debug)]
pub struct Needle {
    /// JSON Pointer, or what it is called elsewhere.
    pub place: String,
    /// The whole of it.
    pub text: String,
    /// Parts that are letters and digits only, and so look the same in most forms.
    pub cores: Vec<String>,
}

impl Needle {
    fn new(place: &str, number: usize) -> Needle {
        let cores = vec![format!("Nd{number:02}LeQ"), format!("Zx{number:02}WvK")];
        Needle { place: place.to_owned(), text: format!("{} \"&%\\/é+{}", cores[0], cores[1]), cores }
    }

    /// One that stands in a header or a query as it is.
    fn plain(place: &str, number: usize) -> Needle {
        let text = format!("Nd{number:02}LeQZx{number:02}WvK");
        Needle { place: place.to_owned(), cores: vec![text.clone()], text }
    }

    fn digits(place: &str, number: usize) -> Needle {
        let text = format!("7{number:02}84190");
        Needle { place: place.to_owned(), cores: vec![text.clone()], text }
    }

    /// The last two digits of a number may be seen.
    fn phone(place: &str, number: usize) -> Needle {
        let text = format!("+4735{number:02}6182");
        Needle { place: place.to_owned(), cores: vec![text[1..text.len() - 2].to_owned()], text }
    }

    /// True where a text holds the secret or most of it, in one of the forms that secrets are written in.
    pub fn is_in(&self, text: &str) -> bool {
        self.cores.iter().any(|core| {
            let escaped = |core: &str| core.bytes().map(|byte| format!("\\u{byte:04x}")).collect::<String>();
            text.contains(core.as_str()) || text.contains(&escaped(core)) || text.contains(&escaped(&core[..4]))
        })
    }
}

/// A sample with needles in it.
#[derive(Clone, Debug)]
pub struct Planted {
    pub name: String,
    pub form: Form,
    pub record: Record,
    pub needles: Vec<Needle>,
}

impl Planted {
    /// True where a text holds a needle, in whatever form.
    pub fn is_about(&self, text: &str) -> bool {
        let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        self.needles.iter().any(|needle| needle.is_in(text) || text.contains(&encoded(&needle.text)))
    }
}

/// The value of the configured secret header and of what repeats it.
pub const CONFIGURED: &str = "Nd90LeQZx90WvK";
/// The password of the configured HTTP Basic credential.
pub const PASSWORD: &str = "Nd91LeQZx91WvK";

/// Every sample in every form, with needles also in headers, query, cookies and the response.
pub fn planted() -> Vec<Planted> {
    samples().iter().flat_map(|sample| Form::ALL.map(|form| plant(sample, form))).collect()
}

pub fn plant(sample: &Sample, form: Form) -> Planted {
    let (body, mut needles) = plant_body(sample, form);
    needles.push(Needle { place: "Authorization".into(), text: basic(), cores: vec![basic(), PASSWORD.into()] });
    needles.push(Needle { place: "X-Hook-Key".into(), text: CONFIGURED.into(), cores: vec![CONFIGURED.into()] });
    let [cookie, token, state, access] =
        [("Cookie", 92), ("token", 93), ("state", 94), ("/access_token", 95)].map(|(place, n)| Needle::plain(place, n));
    // A body that is cut off in the middle of a secret does not say what the secret is.
    let is_whole = |needle: &&Needle| needle.place.starts_with('/') && form != Form::CutOff;
    let in_body = needles.first().filter(is_whole).map_or("nothing", |needle| &needle.text);
    let request = Request {
        received_at: Timestamp(1_959_000_000_000_000),
        peer: "127.0.0.1:50000".into(),
        over_tls: true,
        tls: None,
        http_version: Some(HttpVersion::Http11),
        method: Some(if sample.kind == HookKind::Verification { "GET" } else { "POST" }.into()),
        path: Some(format!("/hooks/{}", sample.kind)),
        query: Some(format!("a=1&token={}&next=%2Fcb%3Fstate%3D{}", token.text, state.text)),
        headers: Headers::from_fields([
            ("Host", "localhost:8443"),
            ("Authorization", &*format!("Basic {}", basic())),
            ("x-hook-key", CONFIGURED),
            ("X-Copy", &*format!("key={CONFIGURED};password={PASSWORD}")),
            ("Cookie", &*format!("sid={}", cookie.text)),
            ("Referer", &*format!("https://a.example/cb?state={}#code={}", state.text, token.text)),
        ]),
        body: Bytes::from(body),
        body_size: None,
        truncated: form == Form::CutOff,
    };
    let answer = json!({ "access_token": access.text, "error": { "errorSummary": format!("wrong: {in_body}") } });
    let response = Response {
        status: 200,
        headers: Headers::from_fields([
            ("Content-Type", "application/json"),
            ("Set-Cookie", &*format!("b={}", cookie.text)),
        ]),
        body: Bytes::from(answer.to_string()),
        rule: "default".into(),
        revision: 1,
    };
    needles.extend([cookie, token, state, access]);
    let opening = Opening {
        call_id: CallId(7),
        direction: Direction::Received,
        request,
        hook: sample.kind,
        endpoint: Some(sample.kind.as_str().into()),
        endpoint_hook: Some(sample.kind),
        event_id: None,
        link: Link::FIRST,
        replay_of: None,
        auth: AuthReport::NOT_CONFIGURED,
        response: Some(response),
        problem: None,
        oauth: None,
        decided: None,
    };
    let timing = Timing { tls_us: 1_100, read_us: 310, decide_us: 200, record_us: 600, delay_us: 0, write_us: 200 };
    let verdict = judge_call(&opening, Some(timing), None).into();
    let closing = Closing { timing: Some(timing), verdict, problem: None, events: None };
    let record = Record { opening, closing, recorded: true, pinned: false, note: String::new() };
    Planted { name: format!("{} {form:?}", sample.name()), form, record, needles }
}

/// What the configured HTTP Basic credential looks like on the wire.
pub fn basic() -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(format!("okta:{PASSWORD}"))
}

/// The body of a sample with its secrets replaced.
pub fn plant_body(sample: &Sample, form: Form) -> (String, Vec<Needle>) {
    if sample.body.is_empty() {
        return (String::new(), Vec::new());
    }
    let mut body: Value = serde_json::from_str(sample.body).unwrap();
    let mut needles = plant_members(&mut body);
    needles.extend(plant_urls(&mut body));
    if form == Form::Repeated {
        repeat(&mut body, &needles);
    }
    let mut text = if form == Form::Plain { serde_json::to_string_pretty(&body).unwrap() } else { body.to_string() };
    if form == Form::Escaped {
        for needle in &needles {
            let quoted = serde_json::to_string(&needle.text).unwrap();
            let escaped: String = needle.text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            text = text.replace(&quoted[1..quoted.len() - 1], &escaped);
        }
    }
    if form == Form::CutOff {
        // In the middle of the last secret, so that all of the others are there.
        let quoted = needles.iter().map(|needle| text.rfind(&needle.cores[0]).unwrap_or(0) + 5).max().unwrap_or(0);
        let mut end = if quoted > 5 { quoted } else { text.len() - 9 };
        while !text.is_char_boundary(end) {
            end += 1;
        }
        text.truncate(end);
    }
    (text, needles)
}

/// The places of secrets in Okta's payloads.
fn plant_members(body: &mut Value) -> Vec<Needle> {
    let mut needles = Vec::new();
    let mut number = 10;
    let mut put = |body: &mut Value, pointer: &str, make: fn(&str, usize) -> Needle| {
        if body.pointer(pointer).is_some_and(|value| !value.is_null()) {
            number += 1;
            let needle = make(pointer, number);
            *body.pointer_mut(pointer).unwrap() = needle.text.clone().into();
            needles.push(needle);
        }
    };
    put(body, "/data/context/credential/password", Needle::new);
    put(body, "/data/context/session/id", Needle::new);
    for request in ["/data/context/protocol/request", "/data/context/protocol/originalGrant/authorization"] {
        for member in ["state", "nonce"] {
            put(body, &format!("{request}/{member}"), Needle::new);
        }
    }
    if let Some(nonce) = body.pointer("/data/context/protocol/request/nonce").cloned()
        && let Some(claim) = body.pointer_mut("/data/identity/claims/nonce")
    {
        *claim = nonce;
    }
    let code = body.pointer("/data/messageProfile/otpCode").and_then(Value::as_str).map(str::to_owned);
    put(body, "/data/messageProfile/otpCode", Needle::digits);
    put(body, "/data/messageProfile/phoneNumber", Needle::phone);
    let n_events = body.pointer("/data/events").and_then(Value::as_array).map_or(0, Vec::len);
    for idx in 0..n_events {
        let event = format!("/data/events/{idx}");
        put(body, &format!("{event}/authenticationContext/externalSessionId"), Needle::new);
        put(body, &format!("{event}/debugContext/debugData/phoneNumber"), Needle::phone);
        for target in 0..4 {
            if body.pointer(&format!("{event}/target/{target}/type")).is_some_and(|kind| kind == "MobilePhone") {
                put(body, &format!("{event}/target/{target}/alternateId"), Needle::phone);
            }
        }
    }
    if let (Some(code), Some(Value::String(template))) = (code, body.pointer_mut("/data/messageProfile/msgTemplate")) {
        let planted = needles.iter().find(|needle| needle.place.ends_with("otpCode")).unwrap();
        *template = template.replace(&code, &planted.text);
        assert!(template.contains(&planted.text));
    }
    needles
}

/// Parameters of URLs, wherever the sample has one, and in the URL that Okta was called with.
fn plant_urls(body: &mut Value) -> Vec<Needle> {
    if let Some(Value::String(url)) = body.pointer_mut("/data/events/0/debugContext/debugData/url") {
        let token = Needle::plain("stateToken of a URL", 72);
        *url = format!("/idp/idx/identify?stateToken={}&x=1", token.text);
        return vec![token];
    }
    let (state, code) = (Needle::plain("state of a URL", 70), Needle::plain("code of a URL", 71));
    let Some(Value::String(url)) = body.pointer_mut("/data/context/request/url/value") else { return Vec::new() };
    let query = format!("x=1&state={}&code={}&from=%2Fcb%3Fnonce%3D{}", state.text, code.text, state.text);
    let separator = if url.contains('?') { '&' } else { '?' };
    *url = format!("{url}{separator}{query}");
    vec![state, code]
}

fn repeat(body: &mut Value, needles: &[Needle]) {
    let again: serde_json::Map<String, Value> = needles
        .iter()
        .enumerate()
        .map(|(idx, needle)| {
            let text = &needle.text;
            let inner = json!({ "said": format!("it was {text}!") }).to_string();
            let nested = json!({ "inner": inner, "list": [text] }).to_string();
            let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let value = json!({
                "text": format!("again: {text}."),
                "url": format!("https://a.example/found/{encoded}?q={encoded}"),
                "nested": nested,
                "exact": text,
            });
            (format!("note{idx}"), value)
        })
        .collect();
    body["data"]["again"] = again.into();
}
