//! OAuth 2.0 for inline hooks, over real sockets and TLS: the stand-in authorization server, bearer tokens of any issuer, and the calls
//! that belong together. Tokens of others are made by another library than the one that checks them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod oauth;
mod support;

use std::time::Duration;

use hookscope::call::{AuthResult, Document, Masker, OauthPart, Record, Served, Summary, call_line};
use hookscope::engine::Command;
use hookscope::okta::{HookKind, Outcome, Severity, sample};
use hookscope::respond::{IssuerSetup, KeySource, TokenFault};
use oauth::{
    Behaviour, CLIENT, Inspector, KEY_CLIENT, KeyServer, SCOPE, Signer, access, assertion, assertion_form, bearer,
    decoded, failed, guard, reasons, secret_form, with_stand_in,
};
use serde_json::{Value, json};

fn served(record: &Record) -> &Served {
    match &record.opening.oauth {
        Some(OauthPart::Served(served)) => served,
        other => panic!("no call to the stand-in: {other:?}"),
    }
}

fn ids(record: &Record) -> Vec<&str> {
    record.closing.verdict.findings.iter().map(|finding| &*finding.id).collect()
}

#[test]
fn a_token_by_client_secret_is_a_row_passes_every_check_and_is_tied_to_the_call_that_uses_it() {
    let inspector = Inspector::start(|setup| with_stand_in(setup, None));
    inspector.until_ready();
    let (token, fetched) = inspector.token();
    assert_eq!((fetched.opening.hook, &fetched.opening.endpoint), (HookKind::Unknown, &None));
    assert_eq!(&*fetched.opening.response.as_ref().unwrap().rule, "authorization-server");
    assert_eq!(fetched.opening.auth.result, AuthResult::Pass, "{:?}", fetched.opening.auth);
    assert_eq!((served(&fetched).asked, served(&fetched).client_id.as_deref()), (Document::Token, Some(CLIENT)));
    let verdict = &fetched.closing.verdict;
    assert_eq!(verdict.summary, format!("Token given to client {CLIENT}, valid for one hour"));
    assert_eq!((verdict.outcome, verdict.worst()), (Outcome::Undocumented, None));

    let (answer, used) = inspector.call("one", &token);
    assert_eq!(answer.status, 204);
    assert_eq!(used.opening.auth.result, AuthResult::Pass, "{:?}", used.opening.auth);
    let tie = used.opening.token_use().unwrap();
    assert_eq!((tie.token_call, tie.is_first_use), (fetched.opening.call_id, true));
    assert!(tie.token_us > 0);
    assert!(ids(&used).contains(&"token-time"));
    let own = used.closing.timing.unwrap().total_us();
    assert_eq!(used.summary().counted_us(), Some(own + tie.token_us));
    let line = call_line(&used, &Masker::default());
    assert_eq!(line["oauth"]["token_call"], json!(fetched.opening.call_id));
    assert!(line["timing"]["budget_percent"].as_f64().unwrap() > f64::from(own) / 30_000.0 - 0.01);

    let (_, again) = inspector.call("two", &token);
    let tie = again.opening.token_use().unwrap();
    assert_eq!((tie.token_call, tie.is_first_use, again.opening.token_us()), (fetched.opening.call_id, false, 0));
    let index = inspector.engine().live().index;
    assert_eq!(
        index.users_of_token(fetched.opening.call_id),
        [used.opening.call_id, again.opening.call_id],
        "both ways"
    );
    // The index keeps the time of the handshake to within a thousandth only.
    let without_tls = |summary: Summary| Summary { tls_us: 0, ..summary };
    let (indexed, recorded) = (index.get(used.opening.call_id).unwrap(), used.summary());
    assert!(indexed.tls_us.abs_diff(recorded.tls_us) <= recorded.tls_us / 1_000);
    assert_eq!(without_tls(indexed), without_tls(recorded));
}

#[test]
fn a_token_that_takes_long_to_fetch_makes_the_first_call_late() {
    let inspector = Inspector::start(|setup| {
        with_stand_in(setup, None);
        setup.oauth.as_mut().unwrap().delay = Duration::from_millis(3_010);
    });
    inspector.until_ready();
    let (token, fetched) = inspector.token();
    assert!(ids(&fetched).contains(&"late"), "{:?}", fetched.closing.verdict);
    let (_, first) = inspector.call("one", &token);
    assert!(first.closing.timing.unwrap().total_us() < 3_000_000, "alone it is in time");
    assert_eq!(first.closing.verdict.outcome, Outcome::Ignored, "{:?}", first.closing.verdict);
    let (_, second) = inspector.call("two", &token);
    assert_eq!(second.closing.verdict.outcome, Outcome::Unchanged);
}

#[test]
fn an_assertion_by_another_library_gets_a_token_once() {
    let signer = Signer::new();
    let pasted = KeySource::Pasted(signer.hook_key().into());
    let inspector = Inspector::start(|setup| with_stand_in(setup, Some(pasted)));
    inspector.until_ready();
    let token_url = inspector.state().stand_in.unwrap().token_url.clone();
    let assertion_text = signer.sign(&assertion(&token_url, "one"));
    let answer = inspector.ask_token(&assertion_form(&assertion_text));
    let fetched = inspector.next();
    assert_eq!(answer.status, 200, "{}", reasons(&fetched));
    assert_eq!(served(&fetched).client_id.as_deref(), Some(KEY_CLIENT));
    let answer: Value = serde_json::from_slice(&answer.body).unwrap();
    let (_, used) = inspector.call("one", answer["access_token"].as_str().unwrap());
    assert_eq!(used.opening.auth.result, AuthResult::Pass, "{}", reasons(&used));

    let answer = inspector.ask_token(&assertion_form(&assertion_text));
    let refused = inspector.next();
    assert_eq!(answer.status, 401, "the same jti once more");
    assert_eq!(served(&refused).error.as_deref(), Some("invalid_client"));
    assert!(refused.closing.verdict.summary.starts_with("Refused: invalid_client"), "{:?}", refused.closing.verdict);
    assert_eq!(refused.closing.verdict.findings[0].source, "RFC 7523, section 3", "{:?}", refused.opening.auth);
    assert_eq!(refused.closing.verdict.worst(), Some(Severity::Error));
}

#[test]
fn every_refusal_of_an_assertion_is_explained() {
    let (signer, other) = (Signer::new(), Signer::new());
    let pasted = KeySource::Pasted(signer.hook_key().into());
    let inspector = Inspector::start(|setup| with_stand_in(setup, Some(pasted)));
    inspector.until_ready();
    let token_url = inspector.state().stand_in.unwrap().token_url.clone();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut claims = assertion(&token_url, "x");
        change(&mut claims);
        claims
    };
    let set = |name: &'static str, value: Value| with(&|claims| claims[name] = value.clone());
    let bad = [
        ("aud", signer.sign(&set("aud", json!("https://elsewhere.example/v1/token")))),
        ("exp", signer.sign(&set("exp", json!(oauth::now() - 3_600)))),
        ("exp", signer.sign(&set("exp", json!(oauth::now() + 7_300)))),
        ("sub", signer.sign(&set("sub", json!("somebody")))),
        ("signature", {
            let (one, two) = (signer.sign(&set("jti", json!("1"))), signer.sign(&set("jti", json!("2"))));
            let (text, _) = one.rsplit_once('.').unwrap();
            format!("{text}.{}", two.rsplit('.').next().unwrap())
        }),
        ("key", other.sign(&assertion(&token_url, "x"))),
    ];
    for (what, text) in bad {
        let answer = inspector.ask_token(&assertion_form(&text));
        let refused = inspector.next();
        assert_eq!(answer.status, 401, "{what}");
        assert_ne!(failed(&refused), Vec::<&str>::new(), "{what}");
        assert!(!reasons(&refused).contains(&text), "{what}");
        let answer: Value = serde_json::from_slice(&answer.body).unwrap();
        assert!(!answer["error_description"].as_str().unwrap().is_empty(), "{what}");
    }
    let refusals = inspector.until("refusals are shown", |state| {
        state.stand_in.as_ref().is_some_and(|stand_in| stand_in.refusals.len() == 6)
    });
    let named = refusals
        .stand_in
        .unwrap()
        .refusals
        .iter()
        .filter(|refusal| refusal.client_id.as_deref() == Some(KEY_CLIENT))
        .count();
    // One names somebody else as its subject.
    assert!(named >= 5, "{named}");
}

#[test]
fn each_fault_fails_where_it_is_wrong() {
    let inspector = Inspector::start(|setup| with_stand_in(setup, None));
    inspector.until_ready();
    let mut seen = Vec::new();
    for fault in TokenFault::ALL {
        if matches!(fault, TokenFault::Silence | TokenFault::ServerError | TokenFault::NotJson) {
            continue;
        }
        let mut setup = (*inspector.state().setup).clone();
        let stand_in = setup.oauth.as_mut().unwrap();
        stand_in.fault = Some(fault);
        setup.endpoints.iter_mut().for_each(|endpoint| {
            if let Some(bearer) = &mut endpoint.auth.bearer {
                bearer.client_id = Some(CLIENT.to_owned());
            }
        });
        inspector.send(Command::ChangeSetup(Box::new(setup)));
        inspector.until("the fault is on", |state| state.setup.oauth.as_ref().unwrap().fault == Some(fault));
        let (token, fetched) = inspector.token();
        assert!(ids(&fetched).contains(&"wrong-on-purpose"), "{fault:?}");
        let (_, used) = inspector.call(fault.as_str(), &token);
        let is_good = fault == TokenFault::NoExpiresIn;
        assert_eq!(used.opening.auth.result == AuthResult::Pass, is_good, "{fault:?}: {}", reasons(&used));
        assert_eq!(ids(&fetched).contains(&"no-expires-in"), is_good, "{fault:?}");
        seen.push(failed(&used).join(" "));
    }
    seen.sort();
    seen.dedup();
    assert!(seen.len() > 5, "each is wrong in its own way: {seen:?}");
}

#[test]
fn a_token_server_that_fails_gives_no_token_and_says_so() {
    let setup_of = |fault| {
        let inspector = Inspector::start(|setup| {
            with_stand_in(setup, None);
            setup.oauth.as_mut().unwrap().fault = Some(fault);
        });
        inspector.until_ready();
        inspector
    };
    for (fault, status) in [(TokenFault::ServerError, 500), (TokenFault::NotJson, 200)] {
        let inspector = setup_of(fault);
        assert_eq!(inspector.ask_token(&secret_form()).status, status);
        let record = inspector.next();
        assert!(ids(&record).contains(&"no-token"), "{fault:?} {:?}", record.closing.verdict);
        assert!(record.closing.verdict.summary.starts_with("No token given"), "{:?}", record.closing.verdict);
    }
    let inspector = setup_of(TokenFault::Silence);
    let mut client = inspector.client();
    let form = "grant_type=client_credentials";
    let request = format!(
        "POST /oauth2/hookscope/v1/token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{form}&client_id={CLIENT}&client_secret={}",
        form.len() + format!("&client_id={CLIENT}&client_secret={}", oauth::CLIENT_SECRET).len(),
        oauth::CLIENT_SECRET
    );
    client.write(request.as_bytes());
    inspector.until("the call is under way", |state| state.n_under_way == 1);
    drop(client);
    let record = inspector.next();
    assert_eq!(record.summary().status, None, "what was prepared never left");
    assert!(ids(&record).contains(&"no-answer"), "{:?}", record.closing.verdict);
    assert!(record.closing.verdict.summary.starts_with("The client gave up"), "{:?}", record.closing.verdict);
}

#[test]
fn the_documents_are_served_and_everything_else_beneath_the_path_is_refused() {
    let inspector = Inspector::start(|setup| with_stand_in(setup, None));
    inspector.until_ready();
    let get = |method: &str, path: &str| {
        let answer = inspector.client().request(method, path, &[], "");
        (
            answer.status,
            answer.head.to_lowercase(),
            serde_json::from_slice::<Value>(&answer.body).unwrap_or_default(),
            inspector.next(),
        )
    };
    let issuer = inspector.state().stand_in.unwrap().issuer.clone();
    for path in [
        "/oauth2/hookscope/.well-known/oauth-authorization-server",
        "/oauth2/hookscope/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/oauth2/hookscope",
    ] {
        let (status, _, metadata, record) = get("GET", path);
        assert_eq!((status, served(&record).asked), (200, Document::Metadata), "{path}");
        assert_eq!(
            (&metadata["issuer"], &metadata["token_endpoint"]),
            (&json!(issuer), &json!(format!("{issuer}/v1/token")))
        );
    }
    let (status, _, keys, record) = get("GET", "/oauth2/hookscope/v1/keys");
    assert_eq!((status, &*record.closing.verdict.summary), (200, "The key set was given"));
    let kid = &inspector.state().stand_in.unwrap().keys[0].kid;
    assert_eq!(&keys["keys"][0]["kid"], kid);
    assert!(keys["keys"][0].get("d").is_none());
    let (status, head, ..) = get("GET", "/oauth2/hookscope/v1/token");
    assert!(status == 405 && head.contains("allow: post"), "{head}");
    assert_eq!(get("DELETE", "/oauth2/hookscope/v1/keys").0, 405);
    assert_eq!(get("GET", "/oauth2/hookscope/v1/authorize").0, 404);
}

#[test]
fn a_token_of_before_a_rotation_of_the_stand_ins_key_stays_good() {
    let inspector = Inspector::start(|setup| with_stand_in(setup, None));
    inspector.until_ready();
    let (before, _) = inspector.token();
    inspector.send(Command::RotateKeys);
    let state = inspector.until("there is a second key", |state| {
        state.stand_in.as_ref().is_some_and(|stand_in| stand_in.keys.len() == 2)
    });
    let keys = &state.stand_in.unwrap().keys;
    assert!(keys[0].until.is_none() && keys[1].until.is_some());
    let (after, _) = inspector.token();
    for token in [&before, &after] {
        assert_eq!(inspector.call(token, token).1.opening.auth.result, AuthResult::Pass);
    }
    let kid = |token: &str| jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
    assert_eq!([kid(&after), kid(&before)], [keys[0].kid.clone(), keys[1].kid.clone()]);
}

#[test]
fn a_bad_token_is_answered_401_where_it_is_enforced_and_recorded_either_way() {
    for (enforce, status) in [(false, 204), (true, 401)] {
        let inspector = Inspector::start(|setup| {
            with_stand_in(setup, None);
            setup.enforce = enforce;
        });
        inspector.until_ready();
        let (token, _) = inspector.token();
        let (text, _) = token.rsplit_once('.').unwrap();
        let (answer, record) = inspector.call("bad", &format!("{text}.AAAA"));
        assert_eq!((answer.status, record.opening.auth.result), (status, AuthResult::Fail));
        assert!(ids(&record).contains(&"R26"));
        let (answer, record) = inspector.call("good", &token);
        assert_eq!((answer.status, record.opening.auth.result), (204, AuthResult::Pass), "{}", reasons(&record));
    }
}

/// An endpoint that demands tokens of `issuer`, with keys from there.
fn of_issuer(issuer: &str, keys: KeySource) -> Inspector {
    Inspector::start(|setup| guard(setup, bearer(IssuerSetup::At(issuer.to_owned()), keys)))
}

fn until_fetched(inspector: &Inspector) {
    inspector.until("the keys were fetched or failed", |state| {
        state
            .key_places
            .iter()
            .any(|place| !place.is_fetching && (place.fetched_at.is_some() || place.problem.is_some()))
    });
}

#[test]
fn keys_come_from_discovery_and_the_first_call_after_a_rotation_is_not_refused() {
    let (old, new) = (Signer::new(), Signer::new());
    let server = KeyServer::start(Behaviour::Answer(404, String::new()));
    let issuer = server.url("/oauth2/default");
    // One document for both questions: it has the metadata and the keys.
    let document = |keys: &Signer| {
        let mut document: Value = serde_json::from_str(&keys.key_set()).unwrap();
        document["issuer"] = json!(issuer);
        document["jwks_uri"] = json!(server.url("/oauth2/default/v1/keys"));
        Behaviour::Answer(200, document.to_string())
    };
    server.now(document(&old));
    let inspector = of_issuer(&issuer, KeySource::Discovery);
    until_fetched(&inspector);
    let (_, record) = inspector.call("old", &old.sign(&access(&issuer)));
    assert_eq!(record.opening.auth.result, AuthResult::Pass, "{}", reasons(&record));
    server.now(document(&new));
    let (_, record) = inspector.call("new", &new.sign(&access(&issuer)));
    assert_eq!(record.opening.auth.result, AuthResult::Pass, "{}", reasons(&record));
    let (_, record) = inspector.call("gone", &old.sign(&access(&issuer)));
    assert_eq!(record.opening.auth.result, AuthResult::Fail, "its key was taken back");
    let n_asked = server.n_asked();
    for n in 0..5 {
        inspector.call(&format!("again {n}"), &old.sign(&access(&issuer)));
    }
    assert_eq!(server.n_asked(), n_asked, "unknown keys do not make it ask again and again");
}

#[test]
fn metadata_of_another_issuer_is_used_with_a_warning() {
    let signer = Signer::new();
    let server = KeyServer::start(Behaviour::Answer(404, String::new()));
    let mut document: Value = serde_json::from_str(&signer.key_set()).unwrap();
    document["issuer"] = json!("https://other.example");
    document["jwks_uri"] = json!(server.url("/keys"));
    server.now(Behaviour::Answer(200, document.to_string()));
    let issuer = server.url("/oauth2/default");
    let inspector = of_issuer(&issuer, KeySource::Discovery);
    let state = inspector.until("fetched", |state| state.key_places.iter().any(|place| place.fetched_at.is_some()));
    assert!(state.key_places[0].warnings[0].contains("https://other.example"), "{:?}", state.key_places);
    let (_, record) = inspector.call("one", &signer.sign(&access(&issuer)));
    assert_eq!(record.opening.auth.result, AuthResult::Pass, "{}", reasons(&record));
}

#[test]
fn a_key_server_that_is_slow_wrong_or_gone_is_explained_and_never_makes_a_call_late() {
    let signer = Signer::new();
    let issuer = "https://harbor-lab.example/oauth2/default";
    let nobody = support::deaf();
    let gone = format!("http://{}/keys", nobody.local_addr().unwrap());
    let server = KeyServer::start(Behaviour::Silent);
    let wrong = KeyServer::start(Behaviour::Answer(200, "<html>maintenance</html>".to_owned()));
    let failing = KeyServer::start(Behaviour::Answer(503, String::new()));
    for (what, url) in [
        ("slow", server.url("/keys")),
        ("wrong", wrong.url("/keys")),
        ("failing", failing.url("/keys")),
        ("gone", gone),
    ] {
        let inspector = of_issuer(issuer, KeySource::Url(url.clone()));
        if what != "slow" {
            until_fetched(&inspector);
        }
        for n in 0..3 {
            let (answer, record) = inspector.call(&format!("{n}"), &signer.sign(&access(issuer)));
            assert_eq!((answer.status, record.opening.auth.result), (204, AuthResult::Fail), "{what}");
            assert_eq!(record.closing.verdict.outcome, Outcome::Unchanged, "{what}: {:?}", record.closing.verdict);
            // What is recorded, and with a wide margin: the wait has an end of its own, far below the three seconds.
            assert!(record.closing.timing.unwrap().decide_us < 2_000_000, "{what}: {:?}", record.closing.timing);
            assert!(reasons(&record).contains(&url), "{what}: {}", reasons(&record));
        }
    }
}

#[test]
fn keys_that_were_fetched_stay_good_when_the_server_goes() {
    let signer = Signer::new();
    let issuer = "https://harbor-lab.example/oauth2/default";
    let server = KeyServer::start(Behaviour::Answer(200, signer.key_set()));
    let inspector = of_issuer(issuer, KeySource::Url(server.url("/keys")));
    until_fetched(&inspector);
    server.now(Behaviour::Answer(500, String::new()));
    // A token with an unknown key makes it ask, and that fails.
    inspector.call("other", &Signer::new().sign(&access(issuer)));
    inspector.until("the second fetch has failed", |state| state.key_places[0].problem.is_some());
    let (_, record) = inspector.call("one", &signer.sign(&access(issuer)));
    assert_eq!(record.opening.auth.result, AuthResult::Pass, "{}", reasons(&record));
}

#[test]
fn a_clients_key_from_a_url_is_fetched_again_for_an_assertion_with_an_unknown_one() {
    let (old, new) = (Signer::new(), Signer::new());
    let server = KeyServer::start(Behaviour::Answer(200, old.hook_key()));
    let source = KeySource::Url(server.url("/api/v1/hook-keys/public/1"));
    let inspector = Inspector::start(|setup| with_stand_in(setup, Some(source)));
    inspector.until_ready();
    until_fetched(&inspector);
    let token_url = inspector.state().stand_in.unwrap().token_url.clone();
    for (signer, id) in [(&old, "1"), (&new, "2")] {
        server.now(Behaviour::Answer(200, signer.hook_key()));
        let answer = inspector.ask_token(&assertion_form(&signer.sign(&assertion(&token_url, id))));
        assert_eq!(answer.status, 200, "{}", reasons(&inspector.next()));
        inspector.next();
    }
}

#[test]
fn a_sample_call_to_a_guarded_endpoint_fetches_its_token_first() {
    let inspector = Inspector::start(|setup| {
        with_stand_in(setup, None);
        setup.enforce = true;
    });
    // Not waiting for the key is the point: the first try succeeds.
    inspector.send(Command::SendSample(sample("token").unwrap()));
    let fetched = inspector.next();
    assert_eq!(served(&fetched).client_id.as_deref(), Some(CLIENT));
    let used = inspector.next();
    assert_eq!(
        (used.opening.hook, used.opening.auth.result),
        (HookKind::Token, AuthResult::Pass),
        "{}",
        reasons(&used)
    );
    assert_eq!(used.opening.token_use().map(|token| token.token_call), Some(fetched.opening.call_id));
    assert_eq!(used.closing.verdict.outcome, Outcome::Unchanged);
}

#[test]
fn a_token_hook_called_for_the_client_that_guards_it_is_warned_of() {
    let inspector = Inspector::start(|setup| with_stand_in(setup, None));
    inspector.until_ready();
    let (token, _) = inspector.token();
    let mut body: Value = serde_json::from_str(&support::body_of("token", "loop")).unwrap();
    let ask = |body: &Value| {
        let headers = [("Content-Type", "application/json"), ("Authorization", &*format!("Bearer {token}"))];
        inspector.client().request("POST", "/hooks/token", &headers, &body.to_string());
        inspector.next()
    };
    assert!(!ids(&ask(&body)).contains(&"T14"));
    body["eventId"] = json!("loop 2");
    body["data"]["context"]["protocol"]["client"]["id"] = json!(CLIENT);
    let record = ask(&body);
    let found = record.closing.verdict.findings.iter().find(|finding| finding.id == "T14").unwrap();
    assert_eq!(found.severity, Severity::Warning);
}

#[test]
fn what_a_token_says_is_what_the_workspace_asks_for() {
    let inspector = Inspector::start(|setup| {
        with_stand_in(setup, None);
        let stand_in = setup.oauth.as_mut().unwrap();
        stand_in.issuer = Some("https://t.example/oauth2/hookscope".to_owned());
        stand_in.expires_in = Duration::from_secs(90);
        stand_in.audience = "api://hooks".to_owned();
    });
    inspector.until_ready();
    let (token, fetched) = inspector.token();
    let claims = decoded(&token);
    assert_eq!(claims["iss"], "https://t.example/oauth2/hookscope");
    assert_eq!(
        (&claims["cid"], &claims["scp"], &claims["aud"]),
        (&json!(CLIENT), &json!([SCOPE]), &json!("api://hooks"))
    );
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 90);
    assert_eq!(claims["jti"].as_str(), served(&fetched).token_id.as_deref());
    assert!(fetched.closing.verdict.summary.ends_with("valid for 90 seconds"));
    assert_eq!(inspector.call("one", &token).1.opening.auth.result, AuthResult::Pass);
}

#[test]
fn no_secret_and_no_token_is_in_a_line_and_no_key_or_configured_secret_in_the_session() {
    let signer = Signer::new();
    let pasted = KeySource::Pasted(signer.hook_key().into());
    let mut inspector = Inspector::start(|setup| with_stand_in(setup, Some(pasted)));
    inspector.until_ready();
    let state = inspector.state();
    let token_url = state.stand_in.as_ref().unwrap().token_url.clone();
    let masker = state.setup.masker();
    let (token, fetched) = inspector.token();
    let (_, used) = inspector.call("one", &token);
    let assertion = signer.sign(&assertion(&token_url, "one"));
    inspector.ask_token(&assertion_form(&assertion));
    let by_key = inspector.next();
    inspector.ask_token(&[
        ("grant_type", "client_credentials"),
        ("client_id", CLIENT),
        ("client_secret", "wrong-Nd78LeQ"),
    ]);
    let refused = inspector.next();

    let keys = std::fs::read_to_string(inspector.dir.path().join("oauth/keys.json")).unwrap();
    let private = serde_json::from_str::<Value>(&keys).unwrap()["keys"][0]["pkcs8"].as_str().unwrap().to_owned();
    for record in [&fetched, &used, &by_key, &refused] {
        let line = hookscope::call::call_text(record, &masker);
        let export = Value::from(hookscope::call::export_line(record, &masker, false)).to_string();
        for text in [&line, &export] {
            for needle in [oauth::CLIENT_SECRET, "wrong-Nd78LeQ", &token, &assertion, &private] {
                assert!(!text.contains(needle), "{needle} is in {text}");
                let signature = needle.rsplit('.').next().unwrap();
                assert!(signature.len() < 8 || !text.contains(signature), "{signature} is in {text}");
            }
        }
    }
    // The state that a front shows, and the session: what came is kept as it came, what is configured is not.
    let shown = format!("{:?}", inspector.state());
    assert!(!shown.contains(oauth::CLIENT_SECRET) && !shown.contains(&private), "{shown}");
    let session = state.session.path.clone();
    inspector.engine.take().unwrap().shut_down(Duration::from_secs(5)).unwrap();
    let session = std::fs::read(session).unwrap();
    let der = signer.key.to_pkcs8();
    for needle in [private.as_bytes(), &der[der.len() / 2..der.len() / 2 + 64]] {
        assert!(!session.windows(needle.len()).any(|part| part == needle));
    }
}
