//! No secret leaves a session by accident, and nothing else is touched.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::borrow::Cow;

use hookscope::call::{Headers, MASK, Masker, is_masked};
use hookscope::okta::{HookKind, samples};
use proptest::prelude::*;

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
