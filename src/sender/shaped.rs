//! A send as Okta makes it: judged, and made once more only where Okta would.

use std::borrow::Cow;

use super::attempt::{Outgoing, Received, SendError, Sender, Sent};
use crate::okta::{
    self, Answer, Asked, CHALLENGE_HEADER, Confidence, Credential, Exchange, Finding, HookKind, Severity, Verdict,
};

/// Attempts and what Okta would make of the last one.
#[derive(Clone, Debug)]
pub struct Shaped {
    /// One, or two where Okta retries. Never empty.
    pub attempts: Vec<Sent>,
    pub verdict: Verdict,
}

/// Sends, judges, and sends once more where Okta would. An earlier failed attempt is a warning of the last one's verdict.
pub async fn okta_shaped(sender: &Sender, outgoing: &Outgoing, hook: HookKind) -> Shaped {
    let first = sender.send(outgoing).await;
    let verdict = judge(outgoing, hook, &first, 1);
    if verdict.retry.expected != Some(true) {
        return Shaped { attempts: vec![first], verdict };
    }
    let second = sender.send(outgoing).await;
    let mut last = judge(outgoing, hook, &second, 2);
    let said = match &first.outcome {
        Ok(received) => format!("status {}", received.status),
        Err(error) => error.to_string(),
    };
    last.findings.push(Finding::of_call(
        "first-attempt",
        Severity::Warning,
        format!("The first attempt failed ({said}); this is what the retry got"),
        "Okta developer docs, Hooks best practices",
        Confidence::D,
    ));
    Shaped { attempts: vec![first, second], verdict: last }
}

/// What Okta would make of one attempt.
pub(super) fn judge(outgoing: &Outgoing, hook: HookKind, sent: &Sent, attempt: u8) -> Verdict {
    let why = match &sent.outcome {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    };
    let content_type: Option<Cow<'_, str>> = match &sent.outcome {
        Ok(Received { headers, .. }) => headers.get("content-type").map(String::from_utf8_lossy),
        Err(_) => None,
    };
    let challenge = outgoing.headers.get(CHALLENGE_HEADER).and_then(|value| std::str::from_utf8(value).ok());
    okta::judge(&Exchange {
        hook,
        endpoint_hook: None,
        asked: match challenge {
            Some(challenge) => Asked::Challenge(challenge),
            None => Asked::Body(&outgoing.body),
        },
        answer: match &sent.outcome {
            Ok(received) => Answer::Complete {
                status: received.status,
                content_type: content_type.as_deref(),
                body: &received.body,
            },
            Err(SendError::Partial { .. } | SendError::TooLarge { .. }) => Answer::Partial { why: &why },
            Err(_) => Answer::None { why: &why },
        },
        elapsed: sent.duration,
        attempt,
        credential: Credential::Good,
    })
}
