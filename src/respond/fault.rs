//! What is broken in an answer on purpose, and what becomes of it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::{WireFault, least_harmful};
use crate::call::{Headers, Response};
use crate::okta::verdict::Text;
use crate::okta::{Answer, Asked, Confidence, Credential, Exchange, HookKind, Outcome, Verdict, judge};

/// One byte more than Okta takes of a response (Okta developer docs, "Inline hooks concept": 256 KB).
const TOO_LARGE: usize = 262_145;
/// Just inside Okta's three seconds, with a tenth for the way there and back.
const NEARLY_LATE: Duration = Duration::from_millis(2_900);
/// Just outside them.
const JUST_LATE: Duration = Duration::from_millis(3_100);
/// No HTTP by any reading: neither a status line nor TLS nor text.
const GARBAGE: &[u8] = b"\x00\xfe\xffNOT-HTTP\x07 \x80\x81\x82\r\n\r\n";

/// One way to break an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The answer waits this long.
    Delay(Duration),
    /// It waits a random time, chosen anew for each call. Both ends belong to it.
    RandomDelay {
        from: Duration,
        to: Duration,
    },
    /// It waits 2.9 seconds.
    NearlyLate,
    /// It waits 3.1 seconds.
    JustLate,
    /// It never comes; the connection stays open.
    Never,
    /// The body goes out in small pieces over this time.
    SlowBody {
        over: Duration,
    },
    /// The body goes out at this rate, in bytes per second; at least 1.
    BodyRate(u32),
    /// The head goes out at once, the body this much later.
    LateBody {
        after: Duration,
    },
    ResetBeforeHead,
    ResetInHead,
    ResetAfterHead,
    /// The connection is closed without a byte of an answer.
    EmptyAnswer,
    /// Bytes that are no HTTP.
    Garbage,
    /// The response with another `Content-Type`.
    ContentType(Arc<str>),
    /// 302 with this `Location` and no body.
    Redirect(Arc<str>),
    /// 204 with the response's body.
    NoContentWithBody,
    /// The response's body, filled up with spaces to 256 KB and one byte.
    TooLarge,
    /// The response's body without its end.
    BrokenJson,
}

/// What Okta makes of an answer with a fault, as the checks of a live call would say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequence {
    pub outcome: Outcome,
    /// One plain sentence.
    pub summary: Text,
    /// Whether Okta sends the call again, and why.
    pub retry: Text,
    pub confidence: Confidence,
    /// The page or schema that the outcome rests on.
    pub source: Text,
}

impl Fault {
    /// Every fault, with the parameters that a form begins with.
    pub fn all() -> Vec<Fault> {
        let secs = Duration::from_secs;
        vec![
            Fault::Delay(secs(1)),
            Fault::RandomDelay { from: Duration::ZERO, to: secs(4) },
            Fault::NearlyLate,
            Fault::JustLate,
            Fault::Never,
            Fault::SlowBody { over: secs(5) },
            Fault::BodyRate(100),
            Fault::LateBody { after: secs(4) },
            Fault::ResetBeforeHead,
            Fault::ResetInHead,
            Fault::ResetAfterHead,
            Fault::EmptyAnswer,
            Fault::Garbage,
            Fault::ContentType("text/html".into()),
            Fault::Redirect("https://elsewhere.example/".into()),
            Fault::NoContentWithBody,
            Fault::TooLarge,
            Fault::BrokenJson,
        ]
    }

    /// The name in the workspace file and in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Fault::Delay(_) => "delay",
            Fault::RandomDelay { .. } => "random-delay",
            Fault::NearlyLate => "nearly-late",
            Fault::JustLate => "just-late",
            Fault::Never => "never",
            Fault::SlowBody { .. } => "slow-body",
            Fault::BodyRate(_) => "body-rate",
            Fault::LateBody { .. } => "late-body",
            Fault::ResetBeforeHead => "reset-before-head",
            Fault::ResetInHead => "reset-in-head",
            Fault::ResetAfterHead => "reset-after-head",
            Fault::EmptyAnswer => "empty-answer",
            Fault::Garbage => "garbage",
            Fault::ContentType(_) => "content-type",
            Fault::Redirect(_) => "redirect",
            Fault::NoContentWithBody => "204-with-body",
            Fault::TooLarge => "too-large",
            Fault::BrokenJson => "broken-json",
        }
    }

    /// True where it is written with a number or a text of its own.
    pub fn has_parameters(&self) -> bool {
        matches!(
            self,
            Fault::Delay(_)
                | Fault::RandomDelay { .. }
                | Fault::SlowBody { .. }
                | Fault::BodyRate(_)
                | Fault::LateBody { .. }
                | Fault::ContentType(_)
                | Fault::Redirect(_)
        )
    }

    /// True where the fault is another one for each call.
    pub(super) fn is_random(&self) -> bool {
        matches!(self, Fault::RandomDelay { .. })
    }

    /// Breaks a response: changes it where it can be changed, and says how long to wait and what to do on the wire.
    /// `random` is any number: it chooses the length of a random delay.
    pub fn apply(&self, response: &mut Response, random: u64) -> (Duration, WireFault) {
        let mut delay = Duration::ZERO;
        let mut wire = WireFault::None;
        match self {
            Fault::Delay(fixed) => delay = *fixed,
            Fault::RandomDelay { from, to } => delay = between(*from, *to, random),
            Fault::NearlyLate => delay = NEARLY_LATE,
            Fault::JustLate => delay = JUST_LATE,
            Fault::Never => wire = WireFault::Never,
            Fault::SlowBody { over } => {
                with_body(response);
                wire = WireFault::SlowBody { over: *over };
            }
            Fault::BodyRate(rate) => {
                with_body(response);
                let micros = (response.body.len() as u64).saturating_mul(1_000_000) / u64::from((*rate).max(1));
                wire = WireFault::SlowBody { over: Duration::from_micros(micros) };
            }
            Fault::LateBody { after } => {
                with_body(response);
                wire = WireFault::BodyLate(*after);
            }
            Fault::ResetBeforeHead => wire = WireFault::ResetBeforeHead,
            Fault::ResetInHead => wire = WireFault::ResetInHead,
            Fault::ResetAfterHead => {
                with_body(response);
                wire = WireFault::ResetAfterHead;
            }
            Fault::EmptyAnswer => wire = WireFault::CloseWithoutByte,
            Fault::Garbage => wire = WireFault::Garbage(Bytes::from_static(GARBAGE)),
            Fault::ContentType(content_type) => {
                with_body(response);
                set_header(response, "Content-Type", content_type);
            }
            Fault::Redirect(location) => {
                response.status = 302;
                response.body = Bytes::new();
                response.headers = response.headers.without("Content-Type");
                set_header(response, "Location", location);
            }
            Fault::NoContentWithBody => {
                with_body(response);
                response.status = 204;
                wire = WireFault::BodyDespiteStatus;
            }
            Fault::TooLarge => {
                with_body(response);
                let mut body = response.body.to_vec();
                body.resize(body.len().max(TOO_LARGE), b' ');
                response.body = body.into();
            }
            Fault::BrokenJson => {
                with_body(response);
                let whole = response.body.trim_ascii_end().len();
                response.body.truncate(whole.saturating_sub(1));
            }
        }
        (delay, wire)
    }

    /// What Okta makes of a given response with this fault over it. `took` is how long the response took before the fault came
    /// over it; `attempt` is 1, or 2 for Okta's one retry. The end of a random delay is the worst of it, and is what counts.
    pub fn verdict(
        &self,
        kind: HookKind,
        asked: Asked<'_>,
        response: &Response,
        took: Duration,
        attempt: u8,
    ) -> Verdict {
        let mut response = response.clone();
        let (delay, wire) = self.apply(&mut response, u64::MAX);
        judged(kind, asked, &response, took + delay, wire, attempt)
    }

    /// What Okta makes of the least harmful response of a kind with this fault, on a first attempt: the text and the verdict
    /// of a live call come from the same checks.
    pub fn consequence(&self, kind: HookKind) -> Consequence {
        if let Fault::RandomDelay { from, to } = self
            && *from <= crate::call::BUDGET
            && *to > crate::call::BUDGET
        {
            let (early, late) = (Fault::Delay(*from).consequence(kind), Fault::Delay(*to).consequence(kind));
            let summary = format!("Up to 3 seconds: {}. Later: {}", early.summary, late.summary);
            return Consequence { summary: summary.into(), ..late };
        }
        let setup = least_harmful(kind).unwrap_or_default();
        let mut response = setup.as_response("fault".into(), 0);
        // The end of a random delay is the worst of it.
        let (delay, wire) = self.apply(&mut response, u64::MAX);
        let verdict = judged(kind, Asked::NotGiven, &response, delay, wire, 1);
        let is_of_outcome = |id: &str| !matches!(id, "no-request" | "no-challenge");
        let worst = verdict
            .findings
            .iter()
            .filter(|finding| is_of_outcome(&finding.id))
            .max_by_key(|finding| finding.severity)
            .map(|finding| finding.source.clone());
        Consequence {
            outcome: verdict.outcome,
            summary: verdict.summary,
            retry: verdict.retry.why,
            confidence: verdict.confidence,
            source: worst.unwrap_or("Okta developer docs, Inline hooks concept".into()),
        }
    }
}

/// What Okta makes of a response that is ready after `delay` and then goes out like this.
fn judged(
    kind: HookKind,
    asked: Asked<'_>,
    response: &Response,
    delay: Duration,
    wire: WireFault,
    attempt: u8,
) -> Verdict {
    let content_type = response.headers.get("content-type").and_then(|value| std::str::from_utf8(value).ok());
    let complete = Answer::Complete { status: response.status, content_type, body: &response.body };
    let reset = "the connection was reset";
    let (answer, elapsed) = match wire {
        WireFault::None | WireFault::BodyDespiteStatus => (complete, delay),
        WireFault::BodyLate(after) => (complete, delay + after),
        WireFault::SlowBody { over } => (complete, delay + over),
        WireFault::Never => (Answer::None { why: "nothing was answered" }, delay.max(JUST_LATE)),
        WireFault::ResetBeforeHead => (Answer::None { why: reset }, delay),
        WireFault::ResetInHead | WireFault::ResetAfterHead => (Answer::Partial { why: reset }, delay),
        WireFault::CloseWithoutByte => (Answer::None { why: "the connection was closed" }, delay),
        WireFault::Garbage(_) => (Answer::None { why: "what came was no HTTP" }, delay),
    };
    judge(&Exchange { hook: kind, endpoint_hook: None, asked, answer, elapsed, attempt, credential: Credential::Good })
}

/// A response whose body can be broken: one without a body becomes an empty object.
fn with_body(response: &mut Response) {
    if !response.body.is_empty() {
        return;
    }
    response.body = Bytes::from_static(b"{}");
    set_header(response, "Content-Type", "application/json");
    if matches!(response.status, 204 | 304) {
        response.status = 200;
    }
}

fn set_header(response: &mut Response, name: &str, value: &str) {
    let others = response.headers.iter().filter(|(field, _)| !field.eq_ignore_ascii_case(name.as_bytes()));
    response.headers = Headers::from_fields(others.chain([(name.as_bytes(), value.as_bytes())]));
}

fn between(from: Duration, to: Duration, random: u64) -> Duration {
    let (from, to) = (from.min(to).as_micros() as u64, from.max(to).as_micros() as u64);
    let span = to - from;
    // Multiplying keeps every length equally likely, and the end reachable.
    let part = (u128::from(random) * (u128::from(span) + 1)) >> 64;
    Duration::from_micros(from + part as u64)
}

/// A duration as people write it: `2.9 s`, `250 ms`.
fn length(duration: Duration) -> String {
    match duration.as_millis() {
        millis if millis < 1_000 => format!("{millis} ms"),
        millis if millis % 1_000 == 0 => format!("{} s", millis / 1_000),
        _ => format!("{} s", (duration.as_secs_f64() * 1_000.0).round() / 1_000.0),
    }
}

/// For people, in a few words.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Delay(delay) => write!(f, "{} late", length(*delay)),
            Fault::RandomDelay { from, to } => write!(f, "{} to {} late", length(*from), length(*to)),
            Fault::NearlyLate => write!(f, "{} late, just in time", length(NEARLY_LATE)),
            Fault::JustLate => write!(f, "{} late, just too late", length(JUST_LATE)),
            Fault::Never => f.write_str("never answers"),
            Fault::SlowBody { over } => write!(f, "slow body, over {}", length(*over)),
            Fault::BodyRate(rate) => write!(f, "slow body, {rate} bytes per second"),
            Fault::LateBody { after } => write!(f, "headers at once, body {} later", length(*after)),
            Fault::ResetBeforeHead => f.write_str("connection reset before the head"),
            Fault::ResetInHead => f.write_str("connection reset in the head"),
            Fault::ResetAfterHead => f.write_str("connection reset after the head"),
            Fault::EmptyAnswer => f.write_str("connection closed without an answer"),
            Fault::Garbage => f.write_str("garbage in place of HTTP"),
            Fault::ContentType(content_type) => write!(f, "content type {content_type}"),
            Fault::Redirect(location) => write!(f, "redirect to {location}"),
            Fault::NoContentWithBody => f.write_str("204 with a body"),
            Fault::TooLarge => f.write_str("body of 256 KB and one byte"),
            Fault::BrokenJson => f.write_str("broken JSON"),
        }
    }
}
