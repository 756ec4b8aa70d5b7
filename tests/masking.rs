//! No secret leaves a session by accident, and nothing else is touched.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod needles;

use std::borrow::Cow;

use hookscope::call::{
    Headers, MASK, Masker, Record, Revealed, Secret, SecretPart, ShownSecret, call_text, curl_command, export_line,
    is_masked,
};
use hookscope::okta::{HookKind, samples};
use proptest::prelude::*;
use serde_json::Value;

fn masker() -> Masker {
    Masker::new(["X-Hook-Key".to_owned()])
}

fn masked(kind: HookKind, body: &str) -> String {
    String::from_utf8(masker().mask_request_body(kind, body.as_bytes()).into_owned()).unwrap()
}

fn check(kind: HookKind, body: &str, expected: &str) {
    assert_eq!(masked(kind, body), expected);
    assert_eq!(masked(kind, expected), expected, "what is masked stays as it is");
}

#[test]
fn headers_with_credentials_are_masked_and_the_others_stay() {
    let block =
        &b"Host: a.example\r\nauthorization:Basic b2t0YTp4\r\nX-HOOK-KEY: s 1\r\nCookie: a=b\r\nX-Other:  kept \r\n"[..];
    let headers = Headers::from_block(block.into());
    let masked = masker().mask_headers(&headers);
    assert_eq!(masked.get("Authorization"), Some("Basic ••••".as_bytes()));
    assert_eq!(masked.get("x-hook-key"), Some(MASK.as_bytes()));
    assert_eq!(masked.get("cookie"), Some(MASK.as_bytes()));
    assert_eq!(masked.get("x-other"), Some(&b"kept"[..]));
    assert!(is_masked(std::str::from_utf8(masked.get("authorization").unwrap()).unwrap()));
    let plain = Headers::from_block((&b"Host:a\r\nX-Y :  z\r\n"[..]).into());
    assert_eq!(masker().mask_headers(&plain), plain);
    let folded = Headers::from_block((&b"Authorization: Basic abc\r\n def ghi\r\nA: b\r\n"[..]).into());
    assert_eq!(&masker().mask_headers(&folded).as_block()[..], "Authorization: Basic ••••\r\nA: b\r\n".as_bytes());
    let bare = Headers::from_fields([("Authorization", "my secret words")]);
    assert_eq!(masker().mask_headers(&bare).get("authorization"), Some(MASK.as_bytes()));
}

#[test]
fn the_fields_of_known_payloads_are_masked_in_place() {
    let kind = HookKind::PasswordImport;
    check(kind, "{\"a\" : 1,\n\"password\":\"x\\\"y\" }", "{\"a\" : 1,\n\"password\":\"••••\" }");
    check(kind, r#"{"p\u0061ssword":"x"}"#, r#"{"p\u0061ssword":"••••"}"#);
    check(kind, r#"{"password":["a",{"b":"c"}],"d":"e"}"#, r#"{"password":["••••",{"b":"••••"}],"d":"e"}"#);
    let kind = HookKind::Telephony;
    check(kind, r#"{"otpCode":"004271","locale":"EN"}"#, r#"{"otpCode":"••••","locale":"EN"}"#);
    check(kind, r#"{"otpCode":4271}"#, r#"{"otpCode":"••••"}"#);
    check(kind, r#"{"msgTemplate":"Code \u0030042: 12-ab3, ok"}"#, r#"{"msgTemplate":"Code ••••: ••••-••••, ok"}"#);
    check(kind, r#"{"phoneNumber":"+351210000017"}"#, r#"{"phoneNumber":"••••17"}"#);
    check(kind, r#"{"phoneNumber":351210000017}"#, r#"{"phoneNumber":"••••17"}"#);
    let kind = HookKind::Token;
    check(
        kind,
        r#"{"session":{"id":"102x","userId":"u"},"id":"y"}"#,
        r#"{"session":{"id":"••••","userId":"u"},"id":"y"}"#,
    );
    check(kind, r#"{"refresh_token":{"jti":"oar"}}"#, r#"{"refresh_token":{"jti":"oar"}}"#);
    check(
        kind,
        r#"{"url":{"value":"https:\/\/a.example/cb?x=1&st\u0061te=s1\u0026nonce=n#code=c"}}"#,
        r#"{"url":{"value":"https:\/\/a.example/cb?x=1&st\u0061te=••••\u0026nonce=••••#code=••••"}}"#,
    );
    check(kind, r#"{"value":"/login?fromURI=%2Fauth%3Fstate%3Dabc&ok=1"}"#, r#"{"value":"/login?fromURI=••••&ok=1"}"#);
    check(HookKind::Event, r#"{"externalSessionId":"idx1"}"#, r#"{"externalSessionId":"••••"}"#);
    check(HookKind::Unknown, "client_id=a&client_secret=b%20c&x=y", "client_id=a&client_secret=••••&x=y");
    check(HookKind::Unknown, "client_assertion=ey.a.b", "client_assertion=••••");
}

#[test]
fn what_is_broken_or_cut_off_does_not_leak() {
    for body in [
        r#"{"credential":{"password":"hunter22"#,
        r#"{"credential":{"password":"hunter22""#,
        r#"{"credential":{"password":"hunter22"}},}"#,
        r#"{"credential":{password:"hunter22"}}"#,
        r#"{'credential':{'password':'hunter22'}}"#,
        r#"{"password" = "hunter22"}"#,
        r#"password: hunter22"#,
        r#"<password>hunter22</password>"#,
        r#""{\"password\":\"hunter22\"}""#,
        r#"{"inner":"{\"password\":\"hunter22\"}"}"#,
        r#"{"inner":"{\"a\":\"{\\\"password\\\":\\\"hunter22\\\"}\"}"}"#,
        r#"}{"password":{"value":"hunter22"}"#,
        r#"{"session":{"status":"A"},"x":1}}"id":"hunter22""#,
        r#"PASSWORD=hunter22&x=1"#,
        r#"{"a":"/cb?state=hunter22"#,
    ] {
        let masked = masked(HookKind::PasswordImport, body);
        assert!(!masked.contains("hunter22"), "{body} became {masked}");
        assert!(is_masked(&masked));
    }
    assert!(!masked(HookKind::Telephony, "Your code: 004271").contains("004271"));
    let text = masker().mask_request_body(HookKind::PasswordImport, b"\xff{\"password\":\"hunter22\"}").into_owned();
    assert!(!String::from_utf8_lossy(&text).contains("hunter22"));
}

#[test]
fn samples_keep_everything_but_their_secrets() {
    for sample in samples() {
        let masked = masked(sample.kind, sample.body);
        for secret in
            ["sample-only-Plum-Tart", "048213", "730965", "+4722000000", "102SampleSession7", "idxSampleSession05"]
        {
            assert!(!masked.contains(secret), "{} keeps {secret}", sample.name());
        }
        let n_lines = |text: &str| text.lines().count();
        assert_eq!(n_lines(&masked), n_lines(sample.body));
        if matches!(sample.kind, HookKind::UserImport) || sample.variant == "client-credentials" {
            assert_eq!(masked, sample.body, "{}", sample.name());
        }
    }
}

#[test]
fn queries_lose_their_secrets_and_keep_their_form() {
    let check = |query: &str, expected: &str| assert_eq!(masker().mask_query(query), expected);
    check("", "");
    check("a=1&b", "a=1&b");
    check("state=x&a=1&Token=", "state=••••&a=1&Token=");
    check("access%5Ftoken=x;key=y", "access%5Ftoken=••••;key=••••");
    check("api-key=1&monkey=2&PASSWORD=3", "api-key=••••&monkey=2&PASSWORD=••••");
}

/// A text that stands nowhere else, with letters that JSON escapes.
fn secret() -> impl Strategy<Value = String> {
    "[a-z]{3}[\"\\\\/äß€😀 &=?#%\n\t0-9A-Z]{2,8}[a-z]{3}".prop_map(|text| format!("Qx{text}Zq"))
}

/// The text as the content of a JSON string, plainly or with every letter escaped.
fn quoted(text: &str, escaped: bool) -> String {
    if escaped {
        text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()
    } else {
        let quoted = serde_json::to_string(text).unwrap();
        quoted[1..quoted.len() - 1].to_owned()
    }
}

proptest! {
    #[test]
    fn no_secret_survives(secret in secret(), escaped in any::<bool>(), cut in 0_usize..400, place in 0_usize..6) {
        let content = quoted(&secret, escaped);
        let (kind, body) = match place {
            0 => (HookKind::PasswordImport, format!(r#"{{"eventId":"e","data":{{"context":{{"credential":{{"username":"u","password":"{content}"}}}}}}}}"#)),
            1 => (HookKind::Telephony, format!(r#"{{"data":{{"messageProfile":{{"otpCode" : "{content}","locale":"EN"}}}}}}"#)),
            2 => (HookKind::Saml, format!(r#"{{"data":{{"context":{{"session":{{"userId":"u","id":"{content}"}}}}}}}}"#)),
            3 => (HookKind::Event, format!(r#"{{"data":{{"events":[{{"authenticationContext":{{"externalSessionId":"{content}"}}}}]}}}}"#)),
            4 => (HookKind::Unknown, format!(r#"{{"client_secret":"{content}","client_assertion":"{content}","access_token":"{content}"}}"#)),
            _ => (HookKind::Token, format!(r#"{{"password":["{content}",{{"deep":"{content}"}}]}}"#)),
        };
        for request in [true, false] {
            let mask = |body: &[u8]| -> Vec<u8> {
                let masker = masker();
                let masked: Cow<'_, [u8]> =
                    if request { masker.mask_request_body(kind, body) } else { masker.mask_response_body(body) };
                masked.into_owned()
            };
            let masked = String::from_utf8(mask(body.as_bytes())).unwrap();
            prop_assert!(!masked.contains(&content) && !masked.contains(&secret), "{body} became {masked}");
            let value: serde_json::Value = serde_json::from_str(&masked).unwrap();
            prop_assert!(!value.to_string().contains(&secret));
            // Cut off anywhere, not even the beginning of the secret is left.
            let cut = cut.min(body.len());
            let masked = String::from_utf8_lossy(&mask(&body.as_bytes()[..cut])).into_owned();
            prop_assert!(!masked.contains("Qx") && !masked.contains("\\u0051\\u0078"), "{} became {masked}", &String::from_utf8_lossy(&body.as_bytes()[..cut]));
        }
    }

    #[test]
    fn a_body_without_secrets_is_unchanged(
        names in prop::collection::vec("[a-e]{1,6}", 0..5), texts in prop::collection::vec("[a-z äß\"\\\\€0-9]{0,12}", 5), spaces in "[ \n\t]{0,3}",
    ) {
        let members: Vec<String> =
            names.iter().zip(&texts).map(|(name, text)| format!("\"{name}\"{spaces}:{spaces}\"{}\"", quoted(text, false))).collect();
        let body = format!("{spaces}{{{}}}", members.join(","));
        for kind in HookKind::NAMED {
            let masker = masker();
            prop_assert!(matches!(masker.mask_request_body(kind, body.as_bytes()), Cow::Borrowed(same) if same == body.as_bytes()));
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let masker = masker();
        masker.mask_request_body(HookKind::Telephony, &bytes);
        masker.mask_headers(&Headers::from_block(bytes.clone().into()));
        masker.mask_query(&String::from_utf8_lossy(&bytes));
    }
}

/// The masker of a setup that expects what the planted calls carry.
fn planted_masker() -> Masker {
    let secrets = [Secret::new(needles::CONFIGURED), Secret::new(needles::PASSWORD), Secret::new(needles::basic())];
    Masker::new(["X-Hook-Key".to_owned()]).with_secrets(&secrets)
}

/// Everything of a call that leaves the session, as text.
fn all_that_leaves(record: &Record, masker: &Masker) -> Vec<(&'static str, String)> {
    let masked = masker.mask_record(record);
    let raw = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    vec![
        ("a line of serve", call_text(record, masker)),
        ("an exported line", serde_json::Value::Object(export_line(record, masker, false)).to_string()),
        ("a copied cURL", curl_command(&masked.opening.request).unwrap()),
        ("a saved head", raw(masked.opening.request.headers.as_block())),
        ("a saved body", raw(&masked.opening.request.body)),
        ("a saved response", raw(&masked.opening.response.as_ref().unwrap().body)),
        ("a saved record", format!("{masked:?}")),
    ]
}

#[test]
fn no_secret_of_any_sample_in_any_form_is_in_anything_that_leaves() {
    let masker = planted_masker();
    for planted in needles::planted() {
        for (what, text) in all_that_leaves(&planted.record, &masker) {
            for needle in &planted.needles {
                assert!(!needle.is_in(&text), "{}: {} is in {what}: {text}", planted.name, needle.place);
            }
        }
        let once = masker.mask_record(&planted.record);
        assert_eq!(masker.mask_record(&once), once, "{}: masking twice is masking once", planted.name);
    }
}

#[test]
fn masking_takes_the_secrets_and_nothing_else() {
    let masker = planted_masker();
    for planted in needles::planted() {
        let body = &planted.record.opening.request.body;
        let Ok(before) = serde_json::from_slice::<Value>(body) else { continue };
        let after: Value = serde_json::from_slice(&masker.mask_record(&planted.record).opening.request.body).unwrap();
        compare(&before, &after, &planted);
    }
}

/// Every string is as it was, or a needle was in it and its other words are as they were.
fn compare(before: &Value, after: &Value, planted: &needles::Planted) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            assert!(before.keys().eq(after.keys()), "{}", planted.name);
            before.values().zip(after.values()).for_each(|(before, after)| compare(before, after, planted));
        }
        (Value::Array(before), Value::Array(after)) => {
            assert_eq!(before.len(), after.len());
            before.iter().zip(after).for_each(|(before, after)| compare(before, after, planted));
        }
        (Value::String(text), Value::String(shown)) if text != shown => {
            assert!(planted.is_about(text), "{}: {text} became {shown}", planted.name);
            let kept = shown.split(MASK).next().unwrap();
            assert!(text.starts_with(kept), "{}: {text} became {shown}", planted.name);
        }
        _ => assert_eq!(before, after, "{}", planted.name),
    }
}

#[test]
fn one_revealed_secret_appears_and_no_other() {
    let masker = planted_masker();
    for planted in needles::planted().into_iter().filter(|planted| planted.form == needles::Form::Plain) {
        let masked = masker.show(&planted.record, &Revealed::default());
        for secret in &masked.secrets {
            let mut revealed = Revealed::default();
            revealed.set(&secret.place, true, []);
            let shown = masker.show(&planted.record, &revealed);
            let seen: Vec<_> = shown.secrets.iter().filter(|secret| secret.is_revealed).collect();
            assert_eq!(seen.len(), 1, "{}: {}", planted.name, secret.place);
            assert_eq!(seen[0].place, secret.place);
            let part = bytes_of(&shown.record, seen[0]);
            let text = String::from_utf8_lossy(&part[seen[0].range.clone()]).into_owned();
            assert!(!text.contains(MASK) && !text.is_empty(), "{}: {} shows {text}", planted.name, secret.place);
            // Hidden again, it is as it was.
            revealed.set(&secret.place, false, []);
            assert_eq!(masker.show(&planted.record, &revealed), masked);
        }
        let whole = masker.show(&planted.record, &Revealed::All);
        assert_eq!(whole.record, planted.record);
        let places: Vec<_> = whole.secrets.iter().map(|secret| secret.place.clone()).collect();
        let mut all_but_one = Revealed::All;
        all_but_one.set(&places[0], false, &places);
        let hidden =
            masker.show(&planted.record, &all_but_one).secrets.iter().filter(|secret| !secret.is_revealed).count();
        assert_eq!(hidden, 1);
    }
}

fn bytes_of(record: &Record, secret: &ShownSecret) -> Vec<u8> {
    let request = &record.opening.request;
    let response = record.opening.response.as_ref().unwrap();
    let field = |headers: &Headers| headers.iter().nth(secret.field_idx).unwrap().1.to_vec();
    match secret.place.part {
        SecretPart::RequestHeaders => field(&request.headers),
        SecretPart::Query => request.query.clone().unwrap().into_bytes(),
        SecretPart::RequestBody => request.body.to_vec(),
        SecretPart::ResponseHeaders => field(&response.headers),
        SecretPart::ResponseBody => response.body.to_vec(),
    }
}

#[test]
fn the_place_of_a_secret_is_its_pointer_and_its_place_in_the_value_fits() {
    for planted in needles::planted() {
        let shown = planted_masker().show(&planted.record, &Revealed::default());
        let Ok(body) = serde_json::from_slice::<Value>(&shown.record.opening.request.body) else { continue };
        let in_body = shown.secrets.iter().filter(|secret| secret.place.part == SecretPart::RequestBody);
        let mut n = 0;
        for secret in in_body {
            let pointer = secret.pointer.as_deref().unwrap();
            let value = body.pointer(pointer).unwrap_or_else(|| panic!("{}: {pointer} is nowhere", planted.name));
            let part = &value.as_str().unwrap()[secret.value_range.clone()];
            assert!(part.starts_with(MASK), "{}: {pointer} has {part}", planted.name);
            n += 1;
        }
        let n_needles = planted.needles.iter().filter(|needle| needle.place.starts_with("/data")).count();
        assert!(n >= n_needles, "{}", planted.name);
    }
}

#[test]
fn what_a_developer_names_is_masked_whatever_it_is() {
    let masker = Masker::default().with_marks(["/data/access/claims/ssn", "badgeNumber", "/data/list/1", "/data/a~1b"]);
    let body = r#"{"ssn":"kept","data":{"access":{"claims":{"ssn":"123-45-6789","vip":true,"badge_number":5190}},"list":["a1","b2",["c"]],"a/b":{"x":[1,true,null,"s"]},"again":"is 123-45-6789?","badgeNumber":false}}"#;
    let expected = r#"{"ssn":"kept","data":{"access":{"claims":{"ssn":"••••","vip":true,"badge_number":"••••"}},"list":["a1","••••",["c"]],"a/b":{"x":["••••","••••",null,"••••"]},"again":"is ••••?","badgeNumber":"••••"}}"#;
    let masked = masker.mask_request_body(HookKind::Token, body.as_bytes());
    assert_eq!(std::str::from_utf8(&masked).unwrap(), expected);
    assert_eq!(Masker::default().mask_request_body(HookKind::Token, body.as_bytes()), body.as_bytes());
    let broken = masker.mask_request_body(HookKind::Token, br#"{"badgeNumber":"5190-Q","#).into_owned();
    assert!(!String::from_utf8(broken).unwrap().contains("5190"));
}

#[test]
fn state_is_a_secret_in_a_request_for_tokens_and_a_place_in_a_profile() {
    check(
        HookKind::Token,
        r#"{"protocol":{"request":{"state":"s-93","nonce":"n-1","code":"c-1","scope":"state"}},"claims":{"state":"Ohio"}}"#,
        r#"{"protocol":{"request":{"state":"••••","nonce":"••••","code":"••••","scope":"state"}},"claims":{"state":"Ohio"}}"#,
    );
    check(HookKind::Registration, r#"{"userProfile":{"state":"Ohio"}}"#, r#"{"userProfile":{"state":"Ohio"}}"#);
}

#[test]
fn a_number_in_an_event_is_masked_where_either_engine_puts_it() {
    check(
        HookKind::Event,
        r#"{"target":[{"alternateId":"+4722000031","type":"MobilePhone"},{"type":"User","alternateId":"12345678"}]}"#,
        r#"{"target":[{"alternateId":"••••31","type":"MobilePhone"},{"type":"User","alternateId":"12345678"}]}"#,
    );
    check(HookKind::Event, r#"{"debugData":{"phoneNumber":"22000047"}}"#, r#"{"debugData":{"phoneNumber":"••••47"}}"#);
}

#[test]
fn an_ordinary_word_as_a_password_does_not_tear_words_apart() {
    check(
        HookKind::PasswordImport,
        r#"{"eventType":"com.okta.user","okta":"x","password":"okta","a":"oktane","b":"my okta, it is"}"#,
        r#"{"eventType":"com.okta.user","okta":"x","password":"••••","a":"oktane","b":"my ••••, it is"}"#,
    );
}

#[test]
fn a_broken_telephony_body_keeps_what_holds_no_code() {
    let body = r#"{"eventId":"vQ4sLp0TRm1234","eventTime":"2032-02-11T09:14:25.000Z","requestType":"x","data":{"context":{"request":{"id":"req5555","ipAddress":"192.0.2.61"}},"messageProfile":{"msgTemplate":"Code 004271, ok","phoneNumber":"+4722000000","otpExpires":"2032-02-11T09:19:25.000Z","otpC"#;
    let masked = masked(HookKind::Telephony, body);
    assert_eq!(masked, body.replace("004271", MASK).replace("+4722000000", "••••00"));
    for body in [
        r#"{"eventId":"a, "otpCode":"004271"}"#,
        r#"{"messageProfile":{"text":"004271""#,
        r#"{"eventTime":"Code, 004271""#,
        r#"{"otpCode":004271,"x":}"#,
        r#"{"otpCode":"","x":"004271",}"#,
        r#"{"source":{"otpCode" "004271"}"#,
    ] {
        let masked = self::masked(HookKind::Telephony, body);
        assert!(!masked.contains("004271"), "{body} became {masked}");
    }
}

proptest! {
    #[test]
    fn whatever_surrounds_a_secret_stays_byte_for_byte(
        kind in 0_usize..6, before in any_members(), after in any_members(), secret in "[A-Za-z0-9]{9,16}", in_url in any::<bool>(),
    ) {
        let secret = format!("Qx7{secret}Zq");
        let (kind, value) = match kind {
            0 => (HookKind::PasswordImport, format!(r#""credential":{{"password":"{secret}"}}"#)),
            1 => (HookKind::Telephony, format!(r#""messageProfile":{{"otpCode":"{secret}"}}"#)),
            2 => (HookKind::Saml, format!(r#""session":{{"id":"{secret}"}}"#)),
            3 => (HookKind::Event, format!(r#""authenticationContext":{{"externalSessionId":"{secret}"}}"#)),
            4 => (HookKind::Token, format!(r#""protocol":{{"request":{{"state":"{secret}"}}}}"#)),
            _ => (HookKind::Registration, format!(r#""client_secret":"{secret}""#)),
        };
        let again = if in_url { format!(r#","link":"https://a.example/{secret}/x""#) } else { String::new() };
        let body = format!("{{{before} \"x\" : {{ {value}{again} }} ,\n {after} \"end\":0}}");
        let expected = body.replace(&secret, MASK);
        let masked = masker().mask_request_body(kind, body.as_bytes()).into_owned();
        prop_assert_eq!(std::str::from_utf8(&masked).unwrap(), &expected);
        let twice = masker().mask_request_body(kind, &masked).into_owned();
        prop_assert_eq!(twice, masked);
    }

    #[test]
    fn masking_twice_is_masking_once_also_where_a_body_is_cut_off(
        before in any_members(), values in prop::collection::vec(any_secret_member(), 0..5), cut in 0_usize..300, kind in 0_usize..8,
    ) {
        let body = format!("{{{before} \"x\":[{{ {} }}]}}", values.join(" , "));
        let mut cut = cut.min(body.len());
        while !body.is_char_boundary(cut) {
            cut += 1;
        }
        let masker = masker().with_marks(["/a/b", "ssn"]);
        let kind = HookKind::NAMED[kind % HookKind::NAMED.len()];
        for body in [&body[..], &body[..cut]] {
            let once = masker.mask_request_body(kind, body.as_bytes()).into_owned();
            let twice = masker.mask_request_body(kind, &once).into_owned();
            prop_assert_eq!(String::from_utf8_lossy(&twice), String::from_utf8_lossy(&once), "{}", body);
        }
    }

    #[test]
    fn no_heap_of_pieces_shows_a_password_that_has_a_name(pieces in prop::collection::vec(any_piece(), 0..14), kind in 0_usize..8) {
        let body = format!("{}\n\"password\":\"Qx7hunter22Zq\"", pieces.concat());
        let kind = HookKind::NAMED[kind % HookKind::NAMED.len()];
        let masked = masker().mask_request_body(kind, body.as_bytes()).into_owned();
        prop_assert!(!String::from_utf8_lossy(&masked).contains("Qx7hunter22Zq"), "{}", body);
    }
}

/// A member with something secret in it.
fn any_secret_member() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        r#""password":"hunter22 \"x\"""#,
        r#""otpCode":"004271""#,
        r#""otpCode":4271"#,
        r#""msgTemplate":"Code 004271: ab1""#,
        r#""phoneNumber":"+47 22 00 00 31""#,
        r#""phoneNumber":4722000031"#,
        r#""session":{"id":"102x","userId":"u"}"#,
        r#""type":"MobilePhone","alternateId":"+4722000031""#,
        r#""url":"/cb?state=s-1234&x=1#code=c-5678""#,
        r#""protocol":{"request":{"state":"s-1234","nonce":"n-5678"}}"#,
        r#""a":{"b":"marked 004271"}"#,
        r#""ssn":[1,true,"x"]"#,
        r#""again":"hunter22 and 004271, +4722000031""#,
        r#""inner":"{\"password\":\"hunter22\",\"n\":4271}""#,
        r#""client_secret":{"a":["b",7]}"#,
        r#""password":"""#,
        r#""password":null"#,
    ])
    .prop_map(str::to_owned)
}

/// Members without secrets, each with a comma behind it.
fn any_members() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        "[a-z \\-:/.]{0,12}".prop_map(|text| format!("{text:?}")),
        "-?[1-9][0-9]{0,8}".prop_map(|number| number),
        Just("{ \"n\" : [ null,true ,\"é\\u00e9\\\\\" ] }".to_owned()),
    ];
    prop::collection::vec(("[a-e]{1,5}", value), 0..4)
        .prop_map(|members| members.into_iter().map(|(name, value)| format!("\"{name}\":{value} , ")).collect())
}

/// What bodies are made of, whole and broken.
fn any_piece() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\\"",
        "\\",
        "\n",
        " ",
        "=",
        "&",
        "?",
        "#",
        "'",
        "<",
        ">",
        "password",
        "otpCode",
        "msgTemplate",
        "phoneNumber",
        "session",
        "id",
        "\"password\":",
        "\"session\":{\"id\":",
        "\"type\":\"MobilePhone\"",
        "\"alternateId\":",
        "\"+47 22000031\"",
        "004271",
        "hunter22",
        "hunter22",
        "state=",
        "\\u0041",
        "%41",
        "true",
        "null",
        "\"a\":{\"b\":",
        "ssn",
        "{\\\"password\\\":\\\"x\\\"}",
        "\"phoneNumber\":",
        "\"msgTemplate\":\"a 123456 b\"",
    ]);
    word.prop_map(str::to_owned)
}
