//! What was asked of the developer's own handler: the URL, the answer before it was changed, and the errors, masked like the call.

use std::borrow::Cow;

use super::edit::{Edit, in_order, masked};
use super::known::{Finder, Known};
use super::text::Reading;
use super::{Masker, body, header_edits, query};
use crate::call::{ForwardOutcome, OriginalAnswer, Relay};
use crate::okta::HookKind;

/// The relay without secrets; `known` are those of the call.
pub(super) fn mask(masker: &Masker, relay: &Relay, known: &Known) -> Relay {
    let mut shown = relay.clone();
    let Some(forwarded) = &mut shown.forwarded else {
        return shown;
    };
    let mut known = known.clone();
    if let ForwardOutcome::Changed { original, .. } = &mut forwarded.outcome {
        known.extend(&mask_original(masker, original, &known));
    }
    let finder = known.as_quoted().finder();
    let finder = finder.as_ref();
    forwarded.to = mask_url(&forwarded.to, finder);
    match &mut forwarded.outcome {
        ForwardOutcome::Changed { changed, .. } => {
            for phrase in changed {
                *phrase = mask_url(phrase, finder);
            }
        }
        ForwardOutcome::Failed { why } => *why = mask_url(why, finder),
        ForwardOutcome::Relayed | ForwardOutcome::TooSlow => {}
    }
    shown
}

/// Gives what is secret in its body.
fn mask_original(masker: &Masker, original: &mut OriginalAnswer, known: &Known) -> Known {
    let (edits, in_body) = body::edits(HookKind::Unknown, original.body.as_bytes(), &masker.marks, known);
    if let Cow::Owned(shown) = masked(original.body.as_bytes(), &edits) {
        original.body = String::from_utf8_lossy(&shown).into();
    }
    let mut known = known.clone();
    known.extend(&in_body);
    let finder = known.finder();
    for (name, value) in &mut original.headers {
        let is_secret = masker.is_secret_header(name.as_bytes());
        let edits = header_edits(name.as_bytes(), value.as_bytes(), is_secret, finder.as_ref());
        if let Cow::Owned(shown) = masked(value.as_bytes(), &edits) {
            *value = String::from_utf8_lossy(&shown).into_owned();
        }
    }
    in_body
}

/// A text with a URL in it: without the secret parameters, without a credential before its host, without what is known.
fn mask_url(text: &str, finder: Option<&Finder>) -> String {
    let by_name = query::secrets_of_url(&Reading::plain(text.as_bytes()));
    let mut edits: Vec<Edit> =
        by_name.into_iter().map(|parameter| Edit::whole(parameter.range, &parameter.name)).collect();
    for (at, separator) in text.match_indices("://") {
        let start = at + separator.len();
        let rest = text.get(start..).unwrap_or_default();
        let end = rest.find(['/', '?', '#', '\'', ' ']).unwrap_or(rest.len());
        if let Some(credential) = rest.get(..end).and_then(|authority| authority.rfind('@')) {
            edits.push(Edit::whole(start..start + credential, "credential"));
        }
    }
    let found = finder.map(|finder| finder.find(text.as_bytes(), false)).unwrap_or_default();
    edits.extend(found.into_iter().map(|range| Edit::whole(range, "value")));
    String::from_utf8_lossy(&masked(text.as_bytes(), &in_order(edits))).into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use std::sync::Arc;

    use crate::call::{ForwardOutcome, Masker, OriginalAnswer, PassedOn, Relay, Revealed, Secret, test_record};

    fn shown(to: &str, outcome: ForwardOutcome, revealed: &Revealed) -> PassedOn {
        let mut record = test_record();
        let forwarded = PassedOn { to: to.to_owned(), handler_us: 1, outcome };
        record.opening.relay = Some(Arc::new(Relay { forwarded: Some(forwarded), held: None }));
        let masker = Masker::new(["x-key".to_owned()]).with_secrets(&[Secret::new("configured-key")]);
        let relay = masker.show(&record, revealed).record.opening.relay.unwrap();
        relay.forwarded.clone().unwrap()
    }

    #[test]
    fn the_url_and_the_error_lose_secrets_and_keep_the_rest() {
        let masked = Revealed::default();
        let why = "http://me:pw9@a:1/?key=s1 gave configured-key and open-sesame";
        let seen = shown("https://h/x?a=1&token=s2", ForwardOutcome::Failed { why: why.to_owned() }, &masked);
        assert_eq!(seen.to, "https://h/x?a=1&token=••••");
        let why = "http://••••@a:1/?key=•••• gave •••• and ••••".to_owned();
        assert_eq!(seen.outcome, ForwardOutcome::Failed { why });
    }

    #[test]
    fn the_original_answer_is_masked_like_a_response_and_revealed_with_the_call() {
        let original = OriginalAnswer {
            status: 200,
            headers: vec![("X-Key".into(), "s1".into()), ("X-Said".into(), "it is configured-key".into())],
            body: r#"{"access_token":"abcd-efgh","x":1}"#.into(),
        };
        let outcome = ForwardOutcome::Changed { original, changed: vec!["header X-Key".into(), "/x".into()] };
        let seen = shown("https://h/", outcome.clone(), &Revealed::default());
        let ForwardOutcome::Changed { original, changed } = seen.outcome else { panic!("it was changed") };
        assert_eq!(&*original.body, r#"{"access_token":"••••","x":1}"#);
        let headers = [("X-Key".to_owned(), "••••".to_owned()), ("X-Said".to_owned(), "it is ••••".to_owned())];
        assert_eq!(original.headers, headers);
        assert_eq!(changed, ["header X-Key", "/x"]);
        assert_eq!(shown("https://h/", outcome.clone(), &Revealed::All).outcome, outcome);
    }
}
