//! How a response was chosen quotes what came: secrets in the quotes are masked like the secrets themselves.

use super::MASK;
use super::edit::{Edit, in_order, masked};
use super::known::{Finder, Known};
use crate::call::{Decided, Opening};

/// The traces without the secrets that they quote. `shown` is the call with its secrets masked already: of what came, only what
/// still stands in it is kept.
pub(super) fn mask(decided: &Decided, known: &Known, shown: &Opening) -> Decided {
    let known = known.as_quoted();
    let finder = known.finder();
    let without = |text: &str| match &finder {
        Some(finder) => without_known(text, finder),
        None => text.to_owned(),
    };
    let mut masked = decided.clone();
    for failed in masked.rules.iter_mut().filter_map(|rule| rule.failed.as_mut()) {
        failed.condition = without(&failed.condition).into();
        // A sentence begins with what its condition looks at; a number of a call or an attempt is no secret.
        let is_of_request = ["body ", "header "].iter().any(|start| failed.condition.starts_with(start));
        failed.came = failed.came.take().map(|came| match is_of_request && !still_stands(&came, shown) {
            true => format!("'{MASK}'").into(),
            false => without(&came).into(),
        });
    }
    if let Some(error) = &mut masked.template_error {
        error.message = without(&error.message).into();
    }
    masked.fault = masked.fault.map(|fault| without(&fault).into());
    masked
}

fn without_known(text: &str, finder: &Finder) -> String {
    let edits = finder.find(text.as_bytes(), false).into_iter().map(|range| Edit::whole(range, "quote")).collect();
    String::from_utf8_lossy(&masked(text.as_bytes(), &in_order(edits))).into_owned()
}

fn still_stands(came: &str, shown: &Opening) -> bool {
    let text = came.strip_prefix('\'').and_then(|came| came.strip_suffix('\'')).unwrap_or(came);
    let text = text.strip_suffix('…').unwrap_or(text);
    // These stand for values that are not quoted.
    if text.is_empty() || ["an object", "an array", "null", "true", "false", "bytes that are no text"].contains(&text) {
        return true;
    }
    let request = &shown.request;
    let escaped = serde_json::Value::from(text).to_string();
    let in_body = [text, escaped.trim_matches('"')].into_iter().any(|text| has(&request.body, text));
    in_body || has(request.headers.as_block(), text)
}

fn has(bytes: &[u8], text: &str) -> bool {
    memchr::memmem::find(bytes, text.as_bytes()).is_some()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use std::sync::Arc;

    use crate::call::{Decided, FailedCondition, Masker, RuleTrace, Secret, test_record};

    fn masked(condition: &str, came: &str) -> String {
        let mut record = test_record();
        let failed = FailedCondition { idx: 0, condition: condition.into(), came: Some(came.into()) };
        let rules = vec![RuleTrace { name: "r".into(), failed: Some(failed) }];
        record.opening.decided = Some(Arc::new(Decided { rules, ..Decided::default() }));
        let masker = Masker::default().with_secrets(&[Secret::new("configured-key")]);
        let decided = masker.mask_decided(&record).unwrap();
        decided.rules[0].failed.as_ref().unwrap().to_string()
    }

    #[test]
    fn of_what_came_only_what_still_stands_in_the_masked_call_is_told() {
        assert_eq!(masked("body /password equals 'x'", "'open-sesame'"), "body /password equals 'x': '••••' came");
        assert_eq!(masked("body /password equals 'x'", "'open-ses…'"), "body /password equals 'x': '••••' came");
        assert_eq!(
            masked("header Authorization exists", "'Basic b2t0YTp4'"),
            "header Authorization exists: '••••' came"
        );
        assert_eq!(masked("header X-MiXeD equals '2'", "'1'"), "header X-MiXeD equals '2': '1' came");
        assert_eq!(masked("body /a equals 'x'", "an object"), "body /a equals 'x': an object came");
        assert_eq!(masked("attempt is 2", "1"), "attempt is 2: 1 came");
    }

    #[test]
    fn a_secret_in_the_condition_itself_is_masked() {
        let said = masked("header X-MiXeD equals 'configured-key'", "'1'");
        assert_eq!(said, "header X-MiXeD equals '••••': '1' came");
    }
}
