//! Tries a handler without and with a wrong secret, on behalf of a recorded call.

use super::Event;
use super::outgoing::{Outbox, record_attempts};
use crate::call::{Opening, Record, ReplayOf, SessionId, TryResult, credential_headers};
use crate::okta::HookKind;
use crate::sender::{self, Outgoing, Target, TriedCall};

/// Sends the call with its credential, without, and with a wrong one; each that goes elsewhere becomes a row.
pub async fn try_credentials(outbox: Outbox, record: Record, origin: SessionId, url: String) {
    let call_id = record.opening.call_id;
    let result = try_all(&outbox, &record, origin, &url).await;
    outbox.tell(Event::CredentialsTried { call_id, result });
}

async fn try_all(outbox: &Outbox, record: &Record, origin: SessionId, url: &str) -> Result<Vec<TryResult>, String> {
    let (outgoing, names) = outgoing_of(outbox, record, origin, url)?;
    let hook = record.opening.hook;
    let calls = sender::try_credentials(&outbox.sender()?, &outgoing, &names, hook).await;
    let mut results = Vec::new();
    for call in calls {
        results.push(recorded(outbox, record, call).await);
    }
    Ok(results)
}

/// The call with its right credential, and the names of the fields that carry it: as recorded; where the recorded one is masked or
/// there is none, as configured.
fn outgoing_of(
    outbox: &Outbox,
    record: &Record,
    origin: SessionId,
    url: &str,
) -> Result<(Outgoing, Vec<String>), String> {
    let opening = &record.opening;
    let path = opening.request.path.as_deref().ok_or("it never became a request")?;
    let path_and_query = opening.request.path_and_query();
    let target = Target::parse(url).map_err(|error| error.to_string())?.with_recorded_path(&path_and_query);
    let auth = outbox.setup.endpoint_at(path).map(|endpoint| endpoint.auth.clone()).unwrap_or_default();
    let configured = sender::credential_fields(&auth);
    let mut secret_headers: Vec<String> = configured.iter().map(|(name, _)| name.clone()).collect();
    secret_headers.extend(outbox.setup.secret_headers());
    let recorded = credential_headers(&opening.request.headers, &secret_headers);
    let headers = sender::replay_headers(&opening.request, &configured, recorded.is_empty())
        .map_err(|refused| refused.to_string())?;
    let names = credential_headers(&headers, &secret_headers);
    if names.is_empty() {
        return Err("it came without a credential and none is configured for its endpoint, so there is no right one to compare \
                    with; configure the handler's credential for the endpoint"
            .to_owned());
    }
    let outgoing = Outgoing {
        target,
        method: opening.request.method.clone().unwrap_or_else(|| "POST".to_owned()),
        headers,
        body: opening.request.body.clone(),
        replay_of: Some(ReplayOf { session: origin, call_id: opening.call_id }),
    };
    Ok((outgoing, names))
}

/// Writes the rows of a try.
async fn recorded(outbox: &Outbox, record: &Record, call: TriedCall) -> TryResult {
    let origin = &record.opening;
    let origin = match call.hook {
        HookKind::Verification => &Opening { hook: HookKind::Verification, event_id: None, ..origin.clone() },
        _ => origin,
    };
    let first = record_attempts(outbox, origin, &call.outgoing, &call.shaped.attempts).await;
    TryResult { call_id: first, ..call.result }
}
