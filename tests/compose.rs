//! Writing responses: the form and its text agree, and every preset comes to what its name promises.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use hookscope::okta::compose::{
    Attribute, Builder, Cause, ErrorObject, Given, Operation, Part, Preset, PresetGroup, Unreadable, good_body, presets,
};
use hookscope::okta::{Asked, HookKind, Outcome, SAMPLE_CHALLENGE, json_error, sample, samples};
use proptest::prelude::*;
use serde_json::{Value, json};

fn asked(name: &str) -> Asked<'static> {
    let sample = sample(name).unwrap();
    match sample.kind {
        HookKind::Verification => Asked::Challenge(SAMPLE_CHALLENGE),
        _ => Asked::Body(sample.body.as_bytes()),
    }
}

fn given(name: &str) -> Given {
    Given::read(sample(name).unwrap().kind, asked(name))
}

fn read(given: &Given, text: &str) -> Builder {
    Builder::read(given, text).unwrap_or_else(|why| panic!("{}: {text}", why.message()))
}

/// Edits the form of a text, writes it, and checks that reading gives the edited form.
fn edit(name: &str, text: &str, change: impl FnOnce(&mut Builder)) -> String {
    let given = given(name);
    let mut builder = read(&given, text);
    change(&mut builder);
    let written = builder.write(&given, text);
    assert_eq!(json_error(written.as_bytes()), None, "{written}");
    assert_eq!(without_places(read(&given, &written)), without_places(builder), "{text}\n{written}");
    written
}

/// The same form, without where its rows stand in the text.
fn without_places(mut builder: Builder) -> Builder {
    for part in &mut builder.parts {
        match part {
            Part::Patch(patch) => patch.operations.iter_mut().for_each(|operation| operation.at = None),
            Part::Attributes(part) => part.attributes.iter_mut().for_each(|attribute| attribute.at = None),
            Part::Error(error) => {
                error.object.iter_mut().flat_map(|object| &mut object.causes).for_each(|cause| cause.at = None);
            }
            Part::Choice(_) | Part::Delivery(_) | Part::Verification(_) => {}
        }
    }
    builder
}

const BY_HAND: &str = r#"{
    "debugContext" : {"rule":"tier-lookup",   "ms": 4.10e1},
    "commands": [
        { "type": "com.okta.identity.patch", "value": [
            { "op": "add", "path": "/claims/tier", "value": "gold" , "note":1 },
            {"op":"remove","path":"/claims/locale"}
        ] },
        { "type": "com.okta.someday", "value": 7 }
    ],
    "extra": [ ]
}"#;

#[test]
fn a_claim_is_added_in_the_text_s_own_hand_and_nothing_else_moves() {
    let written = edit("token", BY_HAND, |builder| {
        let patch = builder.patch_mut("com.okta.identity.patch").unwrap();
        patch.operations.push(Operation::new("replace", "/claims/loyalty/points", Some("130")));
    });
    let after = "{\"op\":\"remove\",\"path\":\"/claims/locale\"}";
    let added = ",\n            {\"op\": \"replace\", \"path\": \"/claims/loyalty/points\", \"value\": 130}";
    let expected = BY_HAND.replace(after, &format!("{after}{added}"));
    assert_eq!(written, expected);
}

#[test]
fn one_value_is_changed_and_the_rest_of_the_operation_stays() {
    let written = edit("token", BY_HAND, |builder| {
        let patch = builder.patch_mut("com.okta.identity.patch").unwrap();
        patch.operations[0].value = Some("[1,2]".to_owned());
        patch.operations[1].path = "/claims/name".to_owned();
    });
    let expected = BY_HAND.replace("\"gold\"", "[1, 2]").replace("/claims/locale", "/claims/name");
    assert_eq!(written, expected);
}

#[test]
fn the_last_operation_takes_its_command_with_it_and_other_commands_stay() {
    let written = edit("token", BY_HAND, |builder| {
        builder.patch_mut("com.okta.identity.patch").unwrap().operations.clear();
        let access = builder.patch_mut("com.okta.access.patch").unwrap();
        access.set_lifetime(Some("7200"));
        assert_eq!(access.lifetime(), Some("7200"));
    });
    let value: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(value["commands"][0], json!({"type": "com.okta.someday", "value": 7}));
    assert_eq!(value["commands"][1]["value"][0]["path"], "/token/lifetime/expiration");
    assert!(
        written.starts_with("{\n    \"debugContext\" : {\"rule\":\"tier-lookup\",   \"ms\": 4.10e1},"),
        "{written}"
    );
}

#[test]
fn an_object_where_an_array_belongs_is_read_and_becomes_an_array_when_more_is_added() {
    let text = r#"{"commands":[{"type":"com.okta.assertion.patch","value":{"op":"add","path":"/a","value":1}}]}"#;
    let written = edit("saml", text, |builder| {
        let Part::Patch(patch) = &mut builder.parts[0] else { panic!() };
        assert_eq!(patch.operations.len(), 1);
        patch.operations.push(Operation::new("replace", "/subject/nameId", Some("\"x\"")));
    });
    let value: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(value["commands"][0]["value"].as_array().unwrap().len(), 2);
}

#[test]
fn empty_text_becomes_a_body_that_people_can_read() {
    let written = edit("registration", "", |builder| {
        builder.choice_mut("registration").unwrap().value = Some("DENY".to_owned());
        let Part::Error(error) = builder.parts.last_mut().unwrap() else { panic!() };
        let cause = Cause {
            location: Some("data.userProfile.email".to_owned()),
            summary: Some("Use another".to_owned()),
            ..Cause::default()
        };
        error.object = Some(ErrorObject { summary: None, causes: vec![cause] });
    });
    let expected = r#"{
  "commands": [
    {
      "type": "com.okta.action.update",
      "value": {
        "registration": "DENY"
      }
    }
  ],
  "error": {
    "errorCauses": [
      {
        "errorSummary": "Use another",
        "location": "data.userProfile.email"
      }
    ]
  }
}
"#;
    assert_eq!(written, expected);
}

#[test]
fn linking_writes_its_pair_of_commands_and_creating_takes_the_second_away() {
    let linked = edit("user-import", "{}\n", |builder| {
        builder.choice_mut("result").unwrap().value = Some("LINK_USER".to_owned());
        builder.choice_mut("id").unwrap().value = Some("00uExample".to_owned());
    });
    let value: Value = serde_json::from_str(&linked).unwrap();
    assert_eq!(value["commands"][1], json!({"type": "com.okta.user.update", "value": {"id": "00uExample"}}));
    let created = edit("user-import", &linked, |builder| {
        builder.choice_mut("result").unwrap().value = Some("CREATE_USER".to_owned());
        builder.choice_mut("id").unwrap().value = None;
    });
    let value: Value = serde_json::from_str(&created).unwrap();
    assert_eq!(value["commands"], json!([{"type": "com.okta.action.update", "value": {"result": "CREATE_USER"}}]));
}

#[test]
fn a_decision_changes_every_command_that_decides() {
    let text = r#"{"commands":[{"type":"com.okta.action.update","value":{"credential":"VERIFIED"}},{"type":"com.okta.action.update","value":{"credential":"UNVERIFIED"}}]}"#;
    let written = edit("password-import", text, |builder| {
        builder.choice_mut("credential").unwrap().value = Some("VERIFIED".to_owned());
    });
    assert_eq!(written, text.replace("UNVERIFIED", "VERIFIED"));
}

#[test]
fn telephony_and_verification_are_written_where_they_belong() {
    let text = good_body(&given("telephony"));
    let written = edit("telephony", &text, |builder| {
        let Part::Delivery(delivery) = &mut builder.parts[0] else { panic!() };
        delivery.status = Some("FAILED".to_owned());
        delivery.transaction_metadata = Some("route=\"eu\"".to_owned());
        delivery.provider = None;
    });
    let value: Value = serde_json::from_str(&written).unwrap();
    let expected = json!([{"status": "FAILED", "transactionId": "SM-1", "transactionMetadata": "route=\"eu\""}]);
    assert_eq!(value["commands"][0]["value"], expected);
    let written = edit("verification", "{\"a\": 1}", |builder| {
        let Part::Verification(verification) = &mut builder.parts[0] else { panic!() };
        verification.value = given("verification").challenge;
    });
    assert_eq!(written, format!("{{\"a\": 1, \"verification\": \"{SAMPLE_CHALLENGE}\"}}"));
}

#[test]
fn what_is_no_form_is_said_and_left_alone() {
    let given = given("token");
    for (text, part) in [
        ("{\"commands\": [", "not JSON"),
        ("[1]", "is an array"),
        ("\"{}\"", "is a string"),
        ("{\"commands\": {}}", "commands is an object"),
    ] {
        let why = Builder::read(&given, text).unwrap_err();
        assert!(why.message().contains(part), "{}", why.message());
        assert_eq!(Builder::default().write(&given, text), text);
    }
    assert!(matches!(Builder::read(&given, "x"), Err(Unreadable::NotJson(_))));
    assert!(Builder::read(&given, "{\"commands\": null, \"error\": null}").is_ok());
}

/// JSON with the names that matter, and odd ones.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        prop::sample::select(WORDS).prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(WORDS), inner), 0..5).prop_map(|members| Value::Object(
                members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            )),
        ]
    })
}

const WORDS: &[&str] = &[
    "type",
    "value",
    "op",
    "path",
    "error",
    "errorSummary",
    "errorCauses",
    "com.okta.identity.patch",
    "com.okta.access.patch",
    "com.okta.action.update",
    "com.okta.user.update",
    "registration",
    "credential",
    "result",
    "id",
    "status",
    "provider",
    "/claims/a",
    "replace",
    "com.okta.telephony.action",
    "com.okta.user.profile.update",
    "com.okta.assertion.patch",
    "a/b",
    "~",
];

/// An envelope with commands of known and unknown types and values of every shape.
fn any_envelope() -> impl Strategy<Value = Value> {
    let types = prop::sample::select(&WORDS[7..]);
    let value = prop_oneof![
        any_json(),
        prop::collection::vec(any_json(), 0..4).prop_map(Value::from),
        prop::collection::vec((prop::sample::select(WORDS), any_json()), 0..5).prop_map(|members| Value::Object(
            members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
        )),
    ];
    let command = (types, value).prop_map(|(name, value)| json!({ "type": name, "value": value }));
    let rest = || prop::option::of(any_json());
    (prop::collection::vec(prop_oneof![4 => command, 1 => any_json()], 0..4), rest(), rest()).prop_map(
        |(commands, error, debug)| {
            let mut envelope = json!({ "commands": commands });
            if let Some(error) = error {
                envelope["error"] = error;
            }
            if let Some(debug) = debug {
                envelope["debugContext"] = debug;
            }
            envelope
        },
    )
}

const NAMES: [&str; 8] = [
    "token",
    "token/client-credentials",
    "saml",
    "registration",
    "registration/progressive",
    "password-import",
    "user-import",
    "telephony",
];

fn any_text() -> impl Strategy<Value = String> {
    (any_envelope(), 0..3).prop_map(|(value, layout)| match layout {
        0 => value.to_string(),
        1 => format!("{value:#}"),
        _ => format!(" {}\n", format!("{value:#}").replace("  ", "\t").replace('\n', "\r\n")),
    })
}

/// Changes one thing of a form.
fn change(builder: &mut Builder, which: usize, how: usize, word: &str) {
    let n_parts = builder.parts.len().max(1);
    let Some(part) = builder.parts.get_mut(which % n_parts) else { return };
    let text = (!how.is_multiple_of(3)).then(|| word.to_owned());
    let raw = json!([word, {"k": how}]).to_string();
    match part {
        Part::Patch(patch) => match (how % 4, patch.operations.is_empty()) {
            (0, _) | (_, true) => patch.operations.push(Operation::new("add", word, Some(&raw))),
            (1, _) => drop(patch.operations.remove(which % patch.operations.len())),
            (2, _) => {
                let idx = which % patch.operations.len();
                patch.operations[idx] = Operation { op: word.to_owned(), value: None, ..patch.operations[idx].clone() };
            }
            _ => {
                let idx = which % patch.operations.len();
                let path = format!("/{word}");
                patch.operations[idx] = Operation { path, value: Some(raw), ..patch.operations[idx].clone() };
            }
        },
        Part::Attributes(part) => match (how % 3, part.attributes.is_empty()) {
            (0, _) | (_, true) => part.attributes.push(Attribute { at: None, name: word.to_owned(), value: raw }),
            (1, _) => drop(part.attributes.remove(which % part.attributes.len())),
            _ => {
                let idx = which % part.attributes.len();
                part.attributes[idx] = Attribute { value: raw, name: word.to_owned(), ..part.attributes[idx].clone() };
            }
        },
        Part::Choice(choice) => choice.value = text,
        Part::Delivery(delivery) => match how % 4 {
            0 => delivery.status = Some(word.to_owned()),
            1 => delivery.provider = Some(word.to_owned()),
            2 => delivery.transaction_id = Some(word.to_owned()),
            _ => delivery.transaction_metadata = Some(word.to_owned()),
        },
        Part::Error(error) => match how % 5 {
            0 => error.object = None,
            1 => error.object.get_or_insert_default().summary = Some(word.to_owned()),
            2 => {
                let cause = Cause { reason: Some(word.to_owned()), ..Cause::default() };
                error.object.get_or_insert_default().causes.push(cause);
            }
            3 => drop(error.object.get_or_insert_default().causes.pop()),
            _ => {
                if let Some(cause) = error.object.get_or_insert_default().causes.first_mut() {
                    cause.domain = Some(word.to_owned());
                }
            }
        },
        Part::Verification(verification) => verification.value = text,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_form_that_was_not_changed_changes_nothing(text in any_text(), name in 0..NAMES.len()) {
        let given = given(NAMES[name]);
        prop_assert_eq!(read(&given, &text).write(&given, &text), text);
    }

    #[test]
    fn an_edited_form_reads_back_as_it_was_edited(
        text in any_text(),
        name in 0..NAMES.len(),
        edits in prop::collection::vec((0usize..6, 0usize..60, "\\PC{0,5}"), 1..4),
    ) {
        let given = given(NAMES[name]);
        let mut builder = read(&given, &text);
        for (which, how, word) in &edits {
            change(&mut builder, *which, *how, word);
        }
        let written = builder.write(&given, &text);
        prop_assert_eq!(json_error(written.as_bytes()), None, "{}", written);
        prop_assert_eq!(without_places(read(&given, &written)), without_places(builder), "{}\n{}", text, written);
    }

    #[test]
    fn what_the_form_does_not_know_survives(text in any_text(), name in 0..NAMES.len(), which in 0usize..6, how in 0usize..60) {
        let given = given(NAMES[name]);
        let mut builder = read(&given, &text);
        change(&mut builder, which, how, "word");
        let written = builder.write(&given, &text);
        let (before, after): (Value, Value) = (serde_json::from_str(&text).unwrap(), serde_json::from_str(&written).unwrap());
        prop_assert_eq!(&before["debugContext"], &after["debugContext"]);
        let unknown = |value: &Value| -> Vec<Value> {
            let is_unknown = |command: &&Value| {
                !command["type"].as_str().is_some_and(|name| name.starts_with("com.okta."))
            };
            value["commands"].as_array().into_iter().flatten().filter(is_unknown).cloned().collect()
        };
        prop_assert_eq!(unknown(&before), unknown(&after));
    }

    #[test]
    fn reading_never_panics(text in "[{}\\[\\]:,\"a1 \\n\\\\]{0,40}", name in 0..NAMES.len()) {
        let given = given(NAMES[name]);
        if let Ok(builder) = Builder::read(&given, &text) {
            prop_assert_eq!(builder.write(&given, &text), text);
        }
    }
}

/// What a preset promises by its name, for each kind: the closed table of what becomes of every answer.
fn promised(hook: HookKind, preset: &Preset) -> Outcome {
    use HookKind::*;
    use Outcome::*;
    let by_kind = |token, saml, registration, password_import, user_import, telephony| match hook {
        Token => token,
        Saml => saml,
        Registration => registration,
        PasswordImport => password_import,
        UserImport => user_import,
        _ => telephony,
    };
    let nothing = by_kind(Unchanged, Unchanged, Unchanged, Denied, Unchanged, Fallback);
    let failed = by_kind(Ignored, Ignored, Refused, Refused, Ignored, Fallback);
    let impossible = by_kind(Ignored, Ignored, Undocumented, Undocumented, Undocumented, Fallback);
    match (hook, preset.name) {
        (Event, "400" | "401" | "500" | "302" | "Late, after 3,500 ms") => return Failed,
        (Event, _) => return Accepted,
        (Verification, "The right value") => return Verified,
        (Verification, _) => return NotVerified,
        _ => {}
    }
    match (preset.group, preset.name) {
        (_, "Delivery not confirmed") => Undocumented,
        (PresetGroup::Ask, _) => Applied,
        (PresetGroup::Nothing, _) | (_, "204 with a body") => nothing,
        (_, "Delivery failed") => Fallback,
        (PresetGroup::Stop, "Error object") => by_kind(Denied, Denied, Denied, Denied, Undocumented, Fallback),
        (PresetGroup::Stop, _) => Denied,
        (PresetGroup::Shape, "value is an object" | "value is an array") => impossible,
        (PresetGroup::Shape, _) => failed,
        (PresetGroup::Value, _) => impossible,
        (_, "201 with a good body") => by_kind(Ignored, Applied, Applied, Applied, Applied, Fallback),
        (_, "200 with an empty body") => {
            by_kind(Undocumented, Undocumented, Undocumented, Undocumented, Undocumented, Fallback)
        }
        (_, "256 KB and one byte") => Undocumented,
        (PresetGroup::Call, _) => failed,
    }
}

#[test]
fn every_preset_comes_to_what_its_name_promises_for_every_sample() {
    let mut wrong = Vec::new();
    for sample in samples() {
        let presets = presets(&given(&sample.name()), asked(&sample.name()));
        assert!(presets.len() >= 9, "{}", sample.name());
        for preset in presets {
            let promised = promised(sample.kind, &preset);
            if preset.outcome != promised {
                wrong.push(format!("{}: {}: {:?}, promised {promised:?}", sample.name(), preset.name, preset.outcome));
            }
            assert!(!preset.about.is_empty() && (200..600).contains(&preset.status), "{}", preset.name);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn presets_work_without_a_request_too_and_their_names_are_unique() {
    for kind in HookKind::NAMED {
        let presets = presets(&Given::nothing(kind), Asked::NotGiven);
        let mut names: Vec<&str> = presets.iter().map(|preset| preset.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), presets.len(), "{kind}");
    }
}

#[test]
fn the_oversized_preset_is_one_byte_too_large() {
    let presets = presets(&given("token"), asked("token"));
    let large = presets.iter().find(|preset| preset.name.starts_with("256 KB")).unwrap();
    assert_eq!(large.body.len(), 262_145);
}

#[test]
fn a_good_body_is_applied_for_every_inline_kind() {
    for name in NAMES {
        let given = given(name);
        assert!(json_error(good_body(&given).as_bytes()).is_none());
        assert!(Builder::read(&given, &good_body(&given)).is_ok(), "{name}");
    }
}

#[test]
fn what_spoils_an_answer_is_left_out_and_nothing_else() {
    use hookscope::okta::compose::without_command;
    let two = r#"{"commands":[{"type":"a","value":[{"op":1}, {"op":2}]},{"type":"b","value":[3]}],"x":1}"#;
    let check = |pointer: &str, expected: Option<&str>| {
        assert_eq!(without_command(two, pointer).as_deref(), expected, "{pointer}");
    };
    check(
        "/commands/0/value/1",
        Some(r#"{"commands":[{"type":"a","value":[{"op":1}]},{"type":"b","value":[3]}],"x":1}"#),
    );
    check(
        "/commands/0/value/0/path",
        Some(r#"{"commands":[{"type":"a","value":[{"op":2}]},{"type":"b","value":[3]}],"x":1}"#),
    );
    // The only operation takes its command along.
    check("/commands/1/value/0", Some(r#"{"commands":[{"type":"a","value":[{"op":1}, {"op":2}]}],"x":1}"#));
    check("/commands/0/type", Some(r#"{"commands":[{"type":"b","value":[3]}],"x":1}"#));
    check("/commands/7/type", None);
    check("/error", None);
    assert_eq!(without_command("{\"commands\": [1,]}", "/commands/0"), None);
}
