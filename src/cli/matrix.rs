//! `hookscope replay --matrix`: one recorded call against each fault in turn, predicted and measured.

use serde_json::{Value, json};

use super::arguments::ReplayArgs;
use super::failure::Failure;
use super::{print, send};
use crate::call::{Opening, TableForm};
use crate::okta::HookKind;
use crate::respond::{Fault, Matrix, MatrixRow, Setup};
use crate::sender::{FaultTried, Outgoing, Sender, try_fault};

/// True where the handler comes out otherwise than predicted.
pub fn run(
    args: &ReplayArgs,
    runtime: &tokio::runtime::Runtime,
    sender: &Sender,
    setup: &Setup,
    opening: &Opening,
    outgoing: impl Fn() -> Outgoing,
) -> Result<bool, Failure> {
    let matrix = Matrix::new(opening, setup);
    let faults = match args.fault.is_empty() {
        true => Fault::all(),
        false => args.fault.clone(),
    };
    let n_faults = faults.len();
    let mut rows = Vec::new();
    for fault in faults {
        print::progress(&format!("{} of {n_faults}: {fault}", rows.len() + 1));
        let predicted = matrix.predict(&fault);
        let tried = runtime.block_on(try_fault(sender, &outgoing(), opening.hook, &fault));
        let (measured, attempts) = (tried.foreseen(), tried.sent_attempts());
        let row = MatrixRow { fault, predicted, measured, attempts, row: None };
        if args.sending.json {
            print::line(&as_json(opening.hook, &row, &tried).to_string())?;
        }
        rows.push(row);
    }
    let table = Matrix::table(&rows);
    if let Some(path) = &args.output {
        std::fs::write(path, table.write(TableForm::of_file(path)))
            .map_err(|error| Failure::Machine(format!("cannot write {}: {error}", path.display())))?;
    } else if !args.sending.json {
        print::line(table.write(TableForm::Markdown).trim_end())?;
    }
    let n_different = rows.iter().filter(|row| row.differs()).count();
    if n_different > 0 && !args.sending.json {
        print::warning(&format!("{n_different} of {} faults come out otherwise than predicted", rows.len()));
    }
    Ok(n_different > 0)
}

fn as_json(hook: HookKind, row: &MatrixRow, tried: &FaultTried) -> Value {
    let foreseen = |foreseen: &crate::respond::Foreseen| json!({ "outcome": foreseen.outcome, "summary": foreseen.summary, "attempts": foreseen.n_attempts });
    json!({
        "hook": hook.as_str(),
        "fault": row.fault.name(),
        "about": row.fault.to_string(),
        "predicted": foreseen(&row.predicted),
        "measured": foreseen(&row.measured),
        "differs": row.differs(),
        "attempts": tried.attempts.iter().map(|attempt| send::attempt(&attempt.handler)).collect::<Vec<_>>(),
    })
}
