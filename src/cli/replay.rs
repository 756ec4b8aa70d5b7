//! `hookscope replay`: sends recorded calls again.

use super::arguments::ReplayArgs;
use super::failure::Failure;
use super::send_args::runtime;
use super::{pick, print, report, send};
use crate::call::{Record, ReplayOf};
use crate::respond::Setup;
use crate::sender::{Outgoing, okta_shaped, replay_headers};
use crate::workspace::{self, Workspace};

/// True where there is a finding of severity error.
pub fn run(args: &ReplayArgs) -> Result<bool, Failure> {
    let picked = args.picking.picked()?;
    let target = args.sending.target()?;
    let given = args.sending.fields()?;
    let sender = args.sending.sender()?;
    let session = pick::open(&args.session)?;
    let setup = configured();
    let runtime = runtime()?;
    let mut has_errors = false;
    let ids = picked.ids(&session)?;
    if ids.is_empty() {
        print::warning("no call of the session fits; nothing was sent");
    }
    for call_id in ids {
        let Some(record) = session.reader().record(call_id)? else { continue };
        let opening = &record.opening;
        let (fields, is_given) = match given.is_empty() {
            true => (credential_of(&setup, &record), false),
            false => (given.clone(), true),
        };
        let headers = match replay_headers(&opening.request, &fields, is_given) {
            Ok(headers) => headers,
            Err(refused) => {
                print::error(&format!("call {call_id} was not sent: {refused}"));
                has_errors = true;
                continue;
            }
        };
        let path = opening.request.path.as_deref().unwrap_or("/");
        let path_and_query = match &opening.request.query {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        };
        let outgoing = Outgoing {
            target: target.clone().with_recorded_path(&path_and_query),
            method: opening.request.method.clone().unwrap_or_else(|| "POST".to_owned()),
            headers,
            body: opening.request.body.clone(),
            replay_of: Some(ReplayOf { session: session.id(), call_id }),
        };
        for _ in 0..args.sending.repeat {
            let shaped = runtime.block_on(okta_shaped(&sender, &outgoing, opening.hook));
            let effect = send::effect(opening.hook, &outgoing, &shaped);
            send::say(opening.hook, &shaped, effect.as_ref(), &[("call", call_id.0.into())], args.sending.json)?;
            has_errors |= report::has_errors(&shaped.verdict);
        }
    }
    Ok(has_errors)
}

/// The setup whose credentials stand in for masked ones: the workspace that holds without being named.
fn configured() -> Setup {
    let loaded =
        workspace::default_path().ok().filter(|path| path.is_file()).and_then(|path| Workspace::load(&path).ok());
    loaded.map_or_else(Setup::first_start, |loaded| loaded.workspace.setup().clone())
}

fn credential_of(setup: &Setup, record: &Record) -> Vec<(String, String)> {
    let path = record.opening.request.path.as_deref().unwrap_or_default();
    setup.endpoint_at(path).map(|endpoint| crate::sender::credential_fields(&endpoint.auth)).unwrap_or_default()
}
