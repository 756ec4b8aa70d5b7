//! `hookscope send --try-credentials`: does the handler check its credential?

use serde_json::Value;
use tokio::runtime::Runtime;

use super::failure::Failure;
use super::print::{line, one_line, painted};
use super::{report, send};
use crate::call::TriedWith;
use crate::okta::{HookKind, Severity};
use crate::sender::{Outgoing, Sender, TriedCall, try_credentials};

/// Sends the tries and says what they came to. True where one of them is an error: the handler accepts what it should not, or
/// does not accept what it should. What Okta would do with a 401 is in each verdict, and no error of the try.
pub fn run(
    runtime: &Runtime,
    sender: &Sender,
    outgoing: &Outgoing,
    names: &[String],
    hook: HookKind,
    as_json: bool,
) -> Result<bool, Failure> {
    let calls = runtime.block_on(try_credentials(sender, outgoing, names, hook));
    if as_json {
        calls.iter().try_for_each(json_line)?;
    } else {
        person(&calls)?;
    }
    Ok(calls.iter().any(|call| call.result.meaning.is_error()))
}

/// The documented shape of a send, with what the try was and whether it came out as it should.
fn json_line(call: &TriedCall) -> Result<(), Failure> {
    let attempts: Vec<Value> = call.shaped.attempts.iter().map(send::attempt).collect();
    let effect = send::effect(call.hook, &call.outgoing, &call.shaped);
    let more = [
        ("credential", call.result.tried.with.as_str().into()),
        ("as_expected", call.result.meaning.finding.is_none().into()),
        ("means", call.result.meaning.text.as_ref().into()),
        ("attempts", attempts.into()),
    ];
    report::json_line(call.hook, &call.shaped.verdict, effect.as_ref(), &more)
}

/// A table, and the findings beneath it.
fn person(calls: &[TriedCall]) -> Result<(), Failure> {
    let width = calls.iter().map(|call| call.result.sent_with.chars().count()).max().unwrap_or(0);
    line(&format!("credential  {:<width$}  status  means", "sent"))?;
    for call in calls {
        let result = &call.result;
        let status = result.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        let means = match &result.meaning.finding {
            None => painted(&result.meaning.text, "32"),
            Some(finding) if finding.severity == Severity::Error => painted(&result.meaning.text, "31"),
            Some(_) => painted(&result.meaning.text, "33"),
        };
        line(&format!("{:<10}  {:<width$}  {status:<6}  {means}", result.tried.with.as_str(), result.sent_with))?;
        if let Some(error) = &result.error {
            line(&format!("            {}", one_line(error)))?;
        }
    }
    for finding in calls.iter().filter_map(|call| call.result.meaning.finding.as_ref()) {
        let severity = match finding.severity {
            Severity::Error => painted("error", "31"),
            Severity::Warning => painted("warning", "33"),
            Severity::Info => "info".to_owned(),
        };
        line(&format!("  {severity} {}: {}", finding.id, one_line(&finding.message)))?;
        line(&format!("      {} ({})", finding.source, finding.confidence.meaning()))?;
    }
    let is_refused = |call: &TriedCall| call.result.tried.with != TriedWith::Given;
    if calls.iter().filter(|call| is_refused(call)).all(|call| call.result.meaning.finding.is_none()) {
        line("  Whatever is not right is refused, as it should be")?;
    }
    Ok(())
}
