//! The calls with one `eventId`, told as sentences about one of them.

use super::{Summary, repeat_of};
use crate::okta::{Retry, gap_text};

/// What a call is to the others with its `eventId`: attempt 1 or 2 with the gap between them, whether a retry was expected and why,
/// or a duplicate. `calls` are those that belong together, in order of arrival; `retry` is what the call's verdict says.
pub fn attempt_sentences(own: &Summary, calls: &[Summary], retry: &Retry) -> Vec<String> {
    let first_of = own.link.retry_of.or(own.link.duplicate_of);
    if let Some(first) = first_of.and_then(|first| calls.iter().find(|call| call.call_id == first)) {
        let after_retry =
            calls.iter().any(|call| call.link.retry_of == Some(first.call_id) && call.call_id < own.call_id);
        return repeat_of(own, first, after_retry).map(|repeat| repeat.sentences()).unwrap_or_default();
    }
    if first_of.is_some() || own.replay_of.is_some() {
        return Vec::new();
    }
    let mut sentences = Vec::new();
    let gap = |call: &Summary| gap_text(call.received_at.micros_since(own.received_at));
    match calls.iter().find(|call| call.link.retry_of == Some(own.call_id)) {
        Some(second) => {
            let (id, gap) = (second.call_id, gap(second));
            sentences.push(format!("Attempt 1 of 2: call {id} came {gap} later, with the same eventId"));
            // Whether it was expected, and what disagrees.
            sentences
                .extend(repeat_of(second, own, false).into_iter().flat_map(|repeat| repeat.sentences().split_off(1)));
        }
        None => sentences.push(match retry.expected {
            Some(true) => format!("Attempt 1: a retry is expected, and has not come until now. {}", retry.why),
            Some(false) => format!("No retry is expected. {}", retry.why),
            None => format!("Whether a retry comes is not stated. {}", retry.why),
        }),
    }
    let mut duplicates = calls.iter().filter(|call| call.link.duplicate_of == Some(own.call_id));
    if let Some(duplicate) = duplicates.next() {
        let (id, gap) = (duplicate.call_id, gap(duplicate));
        sentences.push(match duplicates.count() {
            0 => format!("A duplicate came {gap} later: call {id}, with the same eventId"),
            more => format!("{} duplicates came, the first {gap} later: call {id}, with the same eventId", more + 1),
        });
    }
    sentences
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::call::{CallId, Link, Timestamp, test_record};
    use crate::okta::HookKind;

    fn call(call_id: u32, at_ms: i64, status: u16, link: Link) -> Summary {
        Summary {
            call_id: CallId(call_id),
            received_at: Timestamp(at_ms * 1_000),
            hook: HookKind::Event,
            status: Some(status),
            link,
            ..test_record().summary()
        }
    }

    fn retry(expected: Option<bool>) -> Retry {
        Retry { expected, why: "Because".into() }
    }

    const RETRY: Link = Link { attempt: 2, retry_of: Some(CallId(1)), duplicate_of: None };
    const DUPLICATE: Link = Link { attempt: 1, retry_of: None, duplicate_of: Some(CallId(1)) };

    #[test]
    fn each_of_the_calls_says_what_it_is() {
        let calls = [call(1, 0, 500, Link::FIRST), call(2, 412, 204, RETRY), call(3, 2_000, 204, DUPLICATE)];
        let said = |idx: usize| attempt_sentences(&calls[idx], &calls, &retry(Some(true)));
        assert_eq!(
            said(0),
            [
                "Attempt 1 of 2: call 2 came 412 ms later, with the same eventId",
                "A retry was expected: call 1 was answered 500. Okta sends a call once more after a timeout or a 5xx",
                "A duplicate came 2.00 s later: call 3, with the same eventId"
            ]
        );
        assert!(said(1)[0].starts_with("Attempt 2 of 2: it came 412 ms after call 1"));
        assert_eq!(
            said(2),
            [
                "A duplicate of call 1: it came 2.00 s later, with the same eventId",
                "No retry was expected: call 1 was answered 500. Okta sends a call once more at most"
            ]
        );
    }

    #[test]
    fn a_call_of_its_own_says_whether_a_retry_is_to_come() {
        let own = call(1, 0, 500, Link::FIRST);
        let said = |expected| attempt_sentences(&own, std::slice::from_ref(&own), &retry(expected))[0].clone();
        assert_eq!(said(Some(true)), "Attempt 1: a retry is expected, and has not come until now. Because");
        assert_eq!(said(Some(false)), "No retry is expected. Because");
        assert!(said(None).starts_with("Whether a retry comes is not stated"));
    }

    #[test]
    fn a_repeat_whose_first_call_is_gone_says_nothing() {
        let own = call(2, 0, 204, RETRY);
        assert!(attempt_sentences(&own, std::slice::from_ref(&own), &retry(None)).is_empty());
    }
}
