//! Patches of tokens and assertions, for inputs that nobody thought of: what is applied is what RFC 6902 makes of the same data,
//! and what is not applied changes nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::time::Duration;

use hookscope::okta::{
    Answer, Asked, Credential, Effect, Exchange, HookKind, Outcome, Pointer, Verdict, effect, judge, sample,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn exchange<'a>(hook: HookKind, asked: Asked<'a>, status: u16, body: &'a [u8]) -> Exchange<'a> {
    Exchange {
        hook,
        endpoint_hook: None,
        asked,
        answer: Answer::Complete { status, content_type: Some("application/json"), body },
        elapsed: Duration::ZERO,
        attempt: 1,
        credential: Credential::Good,
    }
}

fn judged(hook: HookKind, request: &str, response: &str) -> (Verdict, Option<Effect>) {
    let exchange = exchange(hook, Asked::Body(request.as_bytes()), 200, response.as_bytes());
    let verdict = judge(&exchange);
    let effect = effect(&exchange, verdict.outcome);
    (verdict, effect)
}

/// RFC 6902, written down without regard to speed. The parent must be there; an index equal to the length appends.
fn reference(target: &mut Value, op: &str, path: &str, value: Option<&Value>) -> Option<()> {
    let segments: Vec<String> =
        path.split('/').skip(1).map(|segment| segment.replace("~1", "/").replace("~0", "~")).collect();
    let index = |segment: &str| {
        let is_index = segment == "0" || (!segment.starts_with(['0', '+']) && segment.parse::<usize>().is_ok());
        if is_index { segment.parse::<usize>().ok() } else { None }
    };
    let (last, parents) = segments.split_last()?;
    let mut at = target;
    for segment in parents {
        at = match at {
            Value::Object(object) => object.get_mut(segment)?,
            Value::Array(array) => array.get_mut(index(segment)?)?,
            _ => return None,
        };
    }
    match (at, op) {
        (Value::Object(object), "add") => drop(object.insert(last.clone(), value?.clone())),
        (Value::Object(object), "replace") => *object.get_mut(last)? = value?.clone(),
        (Value::Object(object), _) => drop(object.shift_remove(last)?),
        (Value::Array(array), "add") if last == "-" => array.push(value?.clone()),
        (Value::Array(array), op) => {
            let idx = index(last)?;
            match op {
                "add" if idx <= array.len() => array.insert(idx, value?.clone()),
                "replace" if idx < array.len() => array[idx] = value?.clone(),
                "remove" if idx < array.len() => drop(array.remove(idx)),
                _ => return None,
            }
        }
        _ => return None,
    }
    Some(())
}

/// Few names, so that operations often meet what is there.
const NAMES: [&str; 7] = ["a", "b", "c/d", "~e", "0", "ü", "1"];
const SEGMENTS: [&str; 12] = ["a", "b", "c~1d", "~0e", "0", "ü", "1", "2", "-", "01", "3", ""];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-9i64..9).prop_map(Value::from),
        "[a-zé\"\\\\/~]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(&NAMES[..]), inner), 0..4).prop_map(|members| {
                Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
            }),
        ]
    })
}

fn claims() -> impl Strategy<Value = Value> {
    prop::collection::vec((prop::sample::select(&NAMES[..]), value()), 0..6).prop_map(|members| {
        Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
    })
}

/// An operation whose place is found when the data is known: where something is, or one segment below it.
#[derive(Clone, Debug)]
struct Aim {
    op: &'static str,
    at: prop::sample::Index,
    below: Option<&'static str>,
    value: Value,
}

fn aims(ops: &'static [&'static str], n_aims: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Aim>> {
    let given = value().prop_filter("null is no value", |value| !value.is_null());
    let below = prop::option::of(prop::sample::select(&SEGMENTS[..]));
    let aim = (prop::sample::select(ops), any::<prop::sample::Index>(), below, given)
        .prop_map(|(op, at, below, value)| Aim { op, at, below, value });
    prop::collection::vec(aim, n_aims)
}

/// Where anything is in the claims, the claims themselves included.
fn places(at: &str, value: &Value, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                places(&format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), value, found);
            }
        }
        Value::Array(array) => {
            for (idx, value) in array.iter().enumerate() {
                places(&format!("{at}/{idx}"), value, found);
            }
        }
        _ => {}
    }
}

/// Operations that are right by themselves; whether they work depends on the data.
fn operations(claims: &Value, aims: &[Aim]) -> Vec<Value> {
    let mut found = Vec::new();
    places("/claims", claims, &mut found);
    let operation = |aim: &Aim| {
        let mut path = aim.at.get(&found).clone();
        // The claims as a whole are no target, and neither is a claim without a name.
        let below = aim.below.filter(|below| path != "/claims" || !below.is_empty());
        if let Some(below) = below.or((path == "/claims").then_some("a")) {
            path = path + "/" + below;
        }
        match aim.op {
            "remove" => json!({ "op": aim.op, "path": path }),
            op => json!({ "op": op, "path": path, "value": aim.value }),
        }
    };
    aims.iter().map(operation).collect()
}

/// What the reference makes of it; none where an operation fails.
fn expected(before: &Value, operations: &[Value]) -> Option<Value> {
    let mut data = before.clone();
    for operation in operations {
        let (op, path) = (operation["op"].as_str()?, operation["path"].as_str()?);
        reference(&mut data, op, path, operation.get("value"))?;
    }
    Some(data)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_patch_is_applied_where_rfc_6902_can_do_it_and_comes_to_the_same(
        claims in claims(),
        first in aims(&["add", "replace", "remove"], 1..4),
        second in aims(&["add", "replace", "remove"], 1..3),
    ) {
        let (first, second) = (operations(&claims, &first), operations(&claims, &second));
        let token = json!({ "claims": claims });
        let request = json!({ "data": { "context": {}, "identity": token, "access": token } }).to_string();
        let response = json!({ "commands": [
            { "type": "com.okta.identity.patch", "value": first },
            { "type": "com.okta.access.patch", "value": second },
            { "type": "com.okta.identity.patch", "value": first },
        ]}).to_string();
        let both: Vec<Value> = first.iter().chain(&first).cloned().collect();
        let (verdict, effect) = judged(HookKind::Token, &request, &response);
        let effect = effect.unwrap();
        let before = json!({ "identity": token, "access": token });
        prop_assert_eq!(Value::Object(effect.before.clone()), before.clone());
        match (expected(&token, &both), expected(&token, &second)) {
            (Some(identity), Some(access)) => {
                prop_assert_eq!(verdict.outcome, Outcome::Applied, "{:#?}", verdict);
                prop_assert_eq!(Value::Object(effect.after), json!({ "identity": identity, "access": access }));
                // Without the request nothing can be missing.
                let unknown = judge(&exchange(HookKind::Token, Asked::NotGiven, 200, response.as_bytes()));
                prop_assert_eq!(unknown.outcome, Outcome::Applied, "{:#?}", unknown);
            }
            _ => {
                prop_assert_eq!(verdict.outcome, Outcome::Ignored, "{:#?}", verdict);
                prop_assert_eq!(Value::Object(effect.after), before);
            }
        }
    }

    #[test]
    fn an_assertion_is_patched_as_rfc_6902_says_or_not_at_all(
        claims in claims(),
        aims in aims(&["add", "replace"], 1..4),
    ) {
        // The rules for the shape of an attribute hold for what stands directly below the claims.
        let mut operations = operations(&claims, &aims);
        operations.retain(|operation| operation["path"].as_str().unwrap().matches('/').count() > 2);
        prop_assume!(!operations.is_empty());
        let assertion = json!({ "claims": claims, "lifetime": { "expiration": 300 } });
        let request = json!({ "data": { "assertion": assertion } }).to_string();
        let response = json!({ "commands": [{ "type": "com.okta.assertion.patch", "value": operations }] }).to_string();
        let (verdict, effect) = judged(HookKind::Saml, &request, &response);
        let after = effect.unwrap().after["assertion"].clone();
        match expected(&assertion, &operations) {
            Some(expected) => {
                prop_assert_eq!(verdict.outcome, Outcome::Applied, "{:#?}", verdict);
                prop_assert_eq!(after, expected);
            }
            None => {
                prop_assert_eq!(verdict.outcome, Outcome::Ignored, "{:#?}", verdict);
                prop_assert_eq!(after, assertion);
            }
        }
    }

    #[test]
    fn what_is_not_applied_changes_nothing(
        hook in prop::sample::select(&[HookKind::Token, HookKind::Saml][..]),
        status in prop::sample::select(&[200u16, 201, 204, 302, 404, 500][..]),
        elapsed_ms in prop::sample::select(&[5u64, 3001][..]),
        commands in prop::collection::vec((prop::sample::select(&[
            "com.okta.identity.patch", "com.okta.access.patch", "com.okta.assertion.patch", "com.okta.other",
        ][..]), value()), 0..3),
        error in prop::option::of(value()),
    ) {
        let request = sample(hook.as_str()).unwrap().body;
        let commands: Vec<Value> =
            commands.into_iter().map(|(name, value)| json!({ "type": name, "value": value })).collect();
        let response = json!({ "commands": commands, "error": error }).to_string();
        let exchange = Exchange {
            elapsed: Duration::from_millis(elapsed_ms),
            ..exchange(hook, Asked::Body(request.as_bytes()), status, response.as_bytes())
        };
        let verdict = judge(&exchange);
        let effect = effect(&exchange, verdict.outcome).unwrap();
        if verdict.outcome != Outcome::Applied {
            prop_assert_eq!(effect.changes(), []);
            prop_assert_eq!(effect.before, effect.after);
        }
    }

    #[test]
    fn any_bytes_are_judged_on_both_sides(
        hook in prop::sample::select(&[HookKind::Token, HookKind::Saml][..]),
        request in prop::collection::vec(any::<u8>(), 0..60),
        response in prop::collection::vec(any::<u8>(), 0..60),
        status in any::<u16>(),
    ) {
        let exchange = exchange(hook, Asked::Body(&request), status, &response);
        let verdict = judge(&exchange);
        prop_assert!(!verdict.summary.is_empty());
        effect(&exchange, verdict.outcome);
    }

    #[test]
    fn damaged_patches_are_judged_too(
        hook in prop::sample::select(&[HookKind::Token, HookKind::Saml][..]),
        claims in claims(),
        aims in aims(&["add", "replace", "remove", "move", ""], 0..4),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        is_request_damaged in any::<bool>(),
    ) {
        let mut request = sample(hook.as_str()).unwrap().body.as_bytes().to_vec();
        let name = if hook == HookKind::Token { "com.okta.access.patch" } else { "com.okta.assertion.patch" };
        let operations = operations(&claims, &aims);
        let mut response = json!({ "commands": [{ "type": name, "value": operations }] }).to_string().into_bytes();
        let damaged = if is_request_damaged { &mut request } else { &mut response };
        for (at, byte) in damage {
            let at = at.index(damaged.len());
            damaged[at] = byte;
        }
        let exchange = exchange(hook, Asked::Body(&request), 200, &response);
        let verdict = judge(&exchange);
        if let Some(effect) = effect(&exchange, verdict.outcome)
            && verdict.outcome != Outcome::Applied
        {
            prop_assert_eq!(effect.before, effect.after);
        }
    }

    #[test]
    fn pointers_are_read_as_they_are_written(segments in prop::collection::vec(".{0,6}|[~/01]{0,4}", 0..5), text in "[/~01a]{0,9}") {
        let pointer = Pointer::of_segments(segments.clone());
        let written = pointer.to_string();
        prop_assert_eq!(Pointer::read(&written), Ok(pointer.clone()));
        prop_assert_eq!(pointer.segments(), &segments[..]);
        if let Ok(read) = Pointer::read(&text) {
            prop_assert_eq!(read.to_string(), text);
        }
    }
}

#[test]
fn a_response_of_thousands_of_faults_lists_the_first_and_counts_the_rest() {
    let operations: Vec<Value> =
        (0..3000).map(|number| json!({ "op": "remove", "path": format!("/claims/none{number}") })).collect();
    let response = json!({ "commands": [{ "type": "com.okta.identity.patch", "value": operations }] }).to_string();
    let (verdict, effect) = judged(HookKind::Token, sample("token").unwrap().body, &response);
    assert_eq!(verdict.outcome, Outcome::Ignored);
    assert_eq!(verdict.findings.len(), 51);
    assert!(verdict.findings[50].message.starts_with("2950 more findings"), "{}", verdict.findings[50].message);
    assert!(verdict.summary.contains("claim 'none0' does not exist (operation 1 of 3000)"), "{}", verdict.summary);
    assert_eq!(effect.unwrap().changes(), []);
}

#[test]
fn a_patch_that_nests_deeper_and_deeper_is_followed_to_its_end() {
    let mut path = "/claims/a".to_owned();
    let mut operations = Vec::new();
    for _ in 0..120 {
        operations.push(json!({ "op": "add", "path": path, "value": {} }));
        path.push_str("/a");
    }
    let response = json!({ "commands": [{ "type": "com.okta.identity.patch", "value": operations }] }).to_string();
    let (verdict, effect) = judged(HookKind::Token, sample("token").unwrap().body, &response);
    assert_eq!(verdict.outcome, Outcome::Applied, "{verdict:#?}");
    let after = Value::Object(effect.unwrap().after);
    assert!(after.pointer(&format!("/identity{}", &path[..path.len() - 2])).is_some());
    let endless = json!([{ "op": "add", "path": "/a".repeat(100_000).replacen("/a", "/claims", 1), "value": 1 }]);
    let response = json!({ "commands": [{ "type": "com.okta.identity.patch", "value": endless }] }).to_string();
    let asked = [Asked::NotGiven, Asked::Body(sample("token").unwrap().body.as_bytes())];
    for asked in asked {
        let verdict = judge(&exchange(HookKind::Token, asked, 200, response.as_bytes()));
        assert_eq!(verdict.outcome, Outcome::Ignored);
    }
}

#[test]
fn findings_point_at_the_operation_or_at_its_member_with_line_and_column() {
    let response = r#"{"commands": [
  {"type": "com.okta.identity.patch", "value": [
    {"op": "add", "path": "/claims/crew", "value": "é"},
    {"op": "add", "path": "/claims/ähm", "value": 1}, {"op": "remove", "path": "/claims/none"},
    {"op": "replace", "path": "/token/lifetime/expiration", "value": 7}
  ]}
]}"#;
    let (verdict, _) = judged(HookKind::Token, sample("token").unwrap().body, response);
    let places: Vec<_> = verdict
        .findings
        .iter()
        .map(|finding| {
            (finding.pointer.as_deref().unwrap_or(""), finding.line.unwrap_or(0), finding.column.unwrap_or(0))
        })
        .collect();
    assert_eq!(places, [("/commands/0/value/2", 4, 55), ("/commands/0/value/3/value", 5, 70)]);
    assert!(verdict.findings.iter().all(|finding| finding.source == "Okta OpenAPI 2026.06.3, TokenHookResponse"));
}
