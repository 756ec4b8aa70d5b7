//! `hookscope check`: judges a response.

use std::time::Duration;

use super::arguments::CheckArgs;
use super::failure::Failure;
use super::{input, report};
use crate::okta::{self, Answer, Asked, Credential, Exchange, HookKind, RequestEnvelope};

/// True where there is a finding of severity error.
pub fn run(args: &CheckArgs) -> Result<bool, Failure> {
    input::only_one_standard(&[args.request.as_deref(), args.response.as_deref()])?;
    let request = args.request.as_deref().map(|path| input::read(path, "request")).transpose()?;
    let named = request.as_deref().and_then(|body| {
        let envelope = RequestEnvelope::read(body);
        envelope.event_type.as_deref().and_then(HookKind::from_event_type)
    });
    let hook = args.hook.or(named).ok_or_else(|| {
        Failure::Input(match args.request {
            Some(_) => "the request names no hook kind in eventType; name it with --hook".to_owned(),
            None => "the hook kind is not known; name it with --hook, or give the request with --request".to_owned(),
        })
    })?;
    if args.challenge.is_some() && hook != HookKind::Verification {
        return Err(Failure::Input(format!(
            "--challenge is for a verification, and this is judged as {hook}; leave it out, or write --hook verification"
        )));
    }
    let response = match &args.response {
        Some(path) => input::read(path, "response")?,
        None => Vec::new(),
    };
    let exchange = Exchange {
        hook,
        endpoint_hook: None,
        asked: match (&args.challenge, &request) {
            (Some(challenge), _) => Asked::Challenge(challenge),
            (None, Some(body)) => Asked::Body(body),
            (None, None) => Asked::NotGiven,
        },
        answer: Answer::Complete { status: args.status, content_type: Some(&args.content_type), body: &response },
        elapsed: Duration::from_millis(args.elapsed_ms),
        attempt: 1,
        credential: Credential::Good,
    };
    let verdict = okta::judge(&exchange);
    let effect = okta::effect(&exchange, verdict.outcome);
    match args.json {
        true => report::json_line(hook, &verdict, effect.as_ref(), &[])?,
        false => report::person(hook, &verdict, effect.as_ref())?,
    }
    Ok(report::has_errors(&verdict))
}
