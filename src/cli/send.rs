//! `hookscope send`: a call as Okta makes it.

use std::time::SystemTime;

use bytes::Bytes;
use serde_json::{Value, json};

use super::arguments::SendCommand;
use super::failure::Failure;
use super::send_args::runtime;
use super::{input, print, report};
use crate::call::{Headers, Timestamp};
use crate::okta::{self, HookKind, RequestEnvelope};
use crate::sender::{Outgoing, Sent, Shaped, okta_shaped};

/// True where there is a finding of severity error.
pub fn run(args: &SendCommand) -> Result<bool, Failure> {
    let given = args.body.as_deref().map(|path| input::read(path, "body")).transpose()?;
    let named = given
        .as_deref()
        .and_then(|body| RequestEnvelope::read(body).event_type.as_deref().and_then(HookKind::from_event_type));
    let hook = args
        .hook
        .or(named)
        .ok_or_else(|| Failure::Input("the body names no hook kind in eventType; name it with --hook".to_owned()))?;
    let target = args.sending.target()?;
    let mut fields = args.sending.fields()?;
    let sender = args.sending.sender()?;
    let runtime = runtime()?;
    let is_verification = hook == HookKind::Verification;
    let mut has_errors = false;
    for _ in 0..args.sending.repeat {
        let body = match (&given, okta::sample(hook.as_str())) {
            (Some(body), _) => Bytes::copy_from_slice(body),
            (None, Some(sample)) if !is_verification => Bytes::from(fresh_body(sample.body, hook)),
            _ => Bytes::new(),
        };
        if is_verification {
            fields.retain(|(name, _)| !name.eq_ignore_ascii_case(okta::CHALLENGE_HEADER));
            fields.push((okta::CHALLENGE_HEADER.to_owned(), uuid::Uuid::new_v4().simple().to_string()));
        }
        let outgoing = Outgoing {
            target: target.clone(),
            method: if is_verification { "GET" } else { "POST" }.to_owned(),
            headers: Headers::from_fields(fields.iter().map(|(name, value)| (name, value))),
            body,
            replay_of: None,
        };
        let shaped = runtime.block_on(okta_shaped(&sender, &outgoing, hook));
        say(hook, &shaped, &[], args.sending.json)?;
        has_errors |= report::has_errors(&shaped.verdict);
    }
    Ok(has_errors)
}

/// A sample with an `eventId` and an `eventTime` of its own.
fn fresh_body(body: &str, hook: HookKind) -> String {
    let now = Timestamp::from_system_time(SystemTime::now());
    okta::fresh(body, &okta::event_id(hook, &uuid::Uuid::new_v4().to_string()), &now.to_string())
}

/// One report for one send with its attempts.
pub fn say(hook: HookKind, shaped: &Shaped, more: &[(&str, Value)], as_json: bool) -> Result<(), Failure> {
    let attempts: Vec<Value> = shaped.attempts.iter().map(attempt).collect();
    if as_json {
        let mut all = more.to_vec();
        all.push(("attempts", attempts.into()));
        return report::json_line(hook, &shaped.verdict, report::effect(), &all);
    }
    for sent in &shaped.attempts {
        let said = match &sent.outcome {
            Ok(received) => format!("{} in {:.1} ms", received.status, millis(sent)),
            Err(error) => format!("no answer after {:.1} ms: {}", millis(sent), print::one_line(&error.to_string())),
        };
        let name = more.first().map(|(name, value)| format!("{name} {value}  ")).unwrap_or_default();
        print::line(&format!("{name}{said}"))?;
    }
    report::person(hook, &shaped.verdict)
}

fn attempt(sent: &Sent) -> Value {
    let (status, error) = match &sent.outcome {
        Ok(received) => (Some(received.status), None),
        Err(error) => (None, Some(error.to_string())),
    };
    json!({ "status": status, "duration_ms": millis(sent), "error": error })
}

/// To the microsecond.
fn millis(sent: &Sent) -> f64 {
    (sent.duration.as_secs_f64() * 1_000_000.0).round() / 1_000.0
}
