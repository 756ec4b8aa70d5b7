//! Sends a call with its credential, without it, and with a wrong one.

use super::attempt::{Outgoing, Sender};
use super::shaped::{Shaped, okta_shaped};
use crate::call::{Headers, Try, TryResult, headers_with, judge_tries, sent_with, tries};
use crate::okta::{CHALLENGE_HEADER, HookKind};

/// One try with what was sent and what came back.
#[derive(Clone, Debug)]
pub struct TriedCall {
    /// The kind of the call: verification for the GET of an event hook.
    pub hook: HookKind,
    pub outgoing: Outgoing,
    pub shaped: Shaped,
    pub result: TryResult,
}

/// Sends the tries one after the other, each as Okta would. `outgoing` carries the right credential in the fields `names`.
pub async fn try_credentials(sender: &Sender, outgoing: &Outgoing, names: &[String], hook: HookKind) -> Vec<TriedCall> {
    let mut sent = Vec::new();
    for tried in tries(hook) {
        let hook = if tried.is_verification { HookKind::Verification } else { hook };
        let outgoing = outgoing_of(outgoing, names, tried);
        let shaped = okta_shaped(sender, &outgoing, hook).await;
        sent.push((tried, hook, outgoing, shaped));
    }
    let status =
        |shaped: &Shaped| shaped.attempts.last().and_then(|last| last.outcome.as_ref().ok()).map(|got| got.status);
    let answers: Vec<(Try, Option<u16>)> = sent.iter().map(|(tried, _, _, shaped)| (*tried, status(shaped))).collect();
    let meanings = judge_tries(&answers);
    let with_credential = &outgoing.headers;
    let calls = sent.into_iter().zip(meanings).map(|((tried, hook, outgoing, mut shaped), meaning)| {
        shaped.verdict.findings.extend(meaning.finding.clone());
        let error = shaped.attempts.last().and_then(|last| last.outcome.as_ref().err()).map(ToString::to_string);
        let result = TryResult {
            tried,
            sent_with: sent_with(with_credential, names, tried),
            status: status(&shaped),
            error,
            meaning,
            call_id: None,
        };
        TriedCall { hook, outgoing, shaped, result }
    });
    calls.collect()
}

fn outgoing_of(given: &Outgoing, names: &[String], tried: Try) -> Outgoing {
    let mut outgoing = Outgoing { headers: headers_with(&given.headers, names, tried.with), ..given.clone() };
    if tried.is_verification {
        // Each verification has a challenge of its own.
        let challenge = uuid::Uuid::new_v4().simple().to_string();
        let kept = outgoing.headers.iter().filter(|(name, _)| {
            !name.eq_ignore_ascii_case(CHALLENGE_HEADER.as_bytes()) && !name.eq_ignore_ascii_case(b"content-type")
        });
        let fields = kept.map(|(name, value)| (name.to_vec(), value.to_vec()));
        let fields = fields.chain([(CHALLENGE_HEADER.as_bytes().to_vec(), challenge.into_bytes())]);
        outgoing.headers = Headers::from_fields(fields);
        outgoing.method = "GET".to_owned();
        outgoing.body = bytes::Bytes::new();
    }
    outgoing
}
