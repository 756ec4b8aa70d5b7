//! `hookscope send`: a call as Okta makes it.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::arguments::SendCommand;
use super::failure::Failure;
use super::send_args::runtime;
use super::{input, print, report, try_credentials};
use crate::call::Headers;
use crate::engine::fresh;
use crate::okta::{self, Answer, Asked, Credential, Effect, Exchange, HookKind, RequestEnvelope};
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
    if args.try_credentials && fields.is_empty() {
        return Err(Failure::Input(
            "--try-credentials needs the right credential to compare with: give it with --basic or --header".to_owned(),
        ));
    }
    let credential: Vec<String> = fields.iter().map(|(name, _)| name.clone()).collect();
    let mut has_errors = false;
    for _ in 0..args.sending.repeat {
        let body = match (&given, okta::sample(hook.as_str())) {
            (Some(body), _) => Bytes::copy_from_slice(body),
            (None, Some(sample)) if !is_verification => Bytes::from(fresh(sample.body, hook)),
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
        if args.try_credentials {
            return try_credentials::run(&runtime, &sender, &outgoing, &credential, hook, args.sending.json);
        }
        let shaped = runtime.block_on(okta_shaped(&sender, &outgoing, hook));
        let effect = effect(hook, &outgoing, &shaped);
        say(hook, &shaped, effect.as_ref(), &[], args.sending.json)?;
        has_errors |= report::has_errors(&shaped.verdict);
    }
    Ok(has_errors)
}

/// What the last attempt's answer makes of the data that was sent. Only what was sent and what was answered count for it, and
/// the outcome stands in the verdict.
pub fn effect(hook: HookKind, outgoing: &Outgoing, shaped: &Shaped) -> Option<Effect> {
    let answer = match &shaped.attempts.last()?.outcome {
        Ok(received) => Answer::Complete { status: received.status, content_type: None, body: &received.body },
        Err(_) => Answer::None { why: "" },
    };
    let exchange = Exchange {
        hook,
        endpoint_hook: None,
        asked: Asked::Body(&outgoing.body),
        answer,
        elapsed: Duration::ZERO,
        attempt: 1,
        credential: Credential::Good,
    };
    okta::effect(&exchange, shaped.verdict.outcome)
}

/// One report for one send with its attempts.
pub fn say(
    hook: HookKind,
    shaped: &Shaped,
    effect: Option<&Effect>,
    more: &[(&str, Value)],
    as_json: bool,
) -> Result<(), Failure> {
    let attempts: Vec<Value> = shaped.attempts.iter().map(attempt).collect();
    if as_json {
        let mut all = more.to_vec();
        all.push(("attempts", attempts.into()));
        return report::json_line(hook, &shaped.verdict, effect, &all);
    }
    for sent in &shaped.attempts {
        let said = match &sent.outcome {
            Ok(received) => format!("{} in {:.1} ms", received.status, millis(sent)),
            Err(error) => format!("no answer after {:.1} ms: {}", millis(sent), print::one_line(&error.to_string())),
        };
        let name = more.first().map(|(name, value)| format!("{name} {value}  ")).unwrap_or_default();
        print::line(&format!("{name}{said}"))?;
    }
    report::person(hook, &shaped.verdict, effect)
}

/// One attempt as JSON.
pub fn attempt(sent: &Sent) -> Value {
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
