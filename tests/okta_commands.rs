//! What is to be pasted into Okta, and the commands for its management API: as text, read by a real shell, and run with real curl
//! against something that plays an org.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[cfg(feature = "real-window")]
mod net;

use std::process::Command;

use hookscope::okta::HookKind;
use hookscope::okta::management::{
    ClientProof, HookFacts, ManagementCommand, OauthFacts, Secrets, card, commands, execute_command,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const URI: &str = "https://quiet-otter.tunnel.example/hooks/x";

fn facts(kind: HookKind) -> HookFacts<'static> {
    HookFacts {
        kind,
        name: "Hookscope x",
        uri: Some(URI),
        basic: Some(("okta", Some("open sesame"))),
        header: None,
        oauth: None,
        event_types: &[],
    }
}

fn oauth(client: Option<ClientProof<'static>>) -> HookFacts<'static> {
    HookFacts {
        basic: None,
        oauth: Some(OauthFacts {
            token_url: Some("https://harbor-lab.example/oauth2/ausExampleServer1/v1/token"),
            client_id: Some("0oaExampleHookClt1"),
            client,
            scope: "tide.hooks",
        }),
        ..facts(HookKind::Token)
    }
}

fn named<'a>(list: &'a [ManagementCommand], name: &str) -> &'a ManagementCommand {
    list.iter().find(|command| command.name == name).unwrap_or_else(|| panic!("no command {name}"))
}

/// Values, problems and notes as lines.
fn card_text(facts: &HookFacts<'_>) -> String {
    let card = card(facts);
    let values = card.values.iter().map(|value| {
        let secret = if value.is_secret { " (secret)" } else { "" };
        format!("{}{secret}: {}", value.label, value.value.as_deref().unwrap_or("not known"))
    });
    let remarks = card.problems.iter().chain(&card.notes).map(|remark| {
        let (severity, confidence) = (remark.severity.as_str(), remark.confidence.as_str());
        format!("{severity} {confidence} {}: {}", remark.label, remark.message)
    });
    values.chain(remarks).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_event_hook_with_basic_is_ready_to_paste() {
    assert_eq!(
        card_text(&facts(HookKind::Event)),
        "Name: Hookscope x\n\
         URL: https://quiet-otter.tunnel.example/hooks/x\n\
         Authentication field: Authorization\n\
         Authentication secret (secret): Basic b2t0YTpvcGVuIHNlc2FtZQ==\n\
         info D : Press Verify after saving: a hook that is not verified gets no events\n\
         info D : Subscribe to the event types that you want; a new hook may need minutes until the first event\n\
         info O : The secret is sent on the verification GET too\n\
         info D : Okta never gives the secret back: whatever replaces the hook later has to send it again (T16)"
    );
}

#[test]
fn a_token_hook_with_a_client_secret_has_the_fields_of_oauth() {
    assert_eq!(
        card_text(&oauth(Some(ClientProof::Secret(Some("s3cret"))))),
        "Name: Hookscope x\n\
         URL: https://quiet-otter.tunnel.example/hooks/x\n\
         Authentication type: client_secret_post\n\
         Client ID: 0oaExampleHookClt1\n\
         Client secret (secret): s3cret\n\
         Token URL: https://harbor-lab.example/oauth2/ausExampleServer1/v1/token\n\
         Scope: tide.hooks\n\
         info D : Then choose the hook in an access policy rule of a custom authorization server: one hook a rule, and the org \
         authorization server calls none\n\
         info O : Okta does not call the URL when the hook is saved: a wrong one shows at the first call\n\
         info O : Getting the token and the call share the three seconds\n\
         info D : The token endpoint must answer with expires_in: without it hooks failed with 400 until 2024\n\
         info O : Use an authorization server or a rule of its own for this token: one whose rule calls this hook calls it for its \
         own token until the time is over (T14)"
    );
}

#[test]
fn what_okta_would_refuse_or_never_send_is_said_first() {
    let first = |facts: HookFacts<'_>| {
        let card = card(&facts);
        let problem = card.problems.first().expect("nothing is wrong");
        format!("{} {}: {}", problem.severity.as_str(), problem.label, problem.message)
    };
    let token = facts(HookKind::Token);
    assert!(first(HookFacts { uri: None, ..token }).starts_with("error URL: Start a tunnel"));
    assert!(first(HookFacts { uri: Some("http://a.example/"), ..token }).contains("Okta refuses http"));
    assert!(first(HookFacts { name: "", ..token }).contains("1 to 255"));
    let event = HookFacts { kind: HookKind::Event, ..oauth(None) };
    assert!(first(event).contains("event hooks have no OAuth 2.0"));
    assert!(first(HookFacts { basic: token.basic, ..oauth(None) }).contains("Choose Basic or OAuth 2.0"));
    let header = |name, value| HookFacts { basic: None, header: Some((name, Some(value))), ..token };
    assert!(first(header("Field 1", "x")).contains("a space"));
    assert!(first(header("Accept", "x")).contains("reserved"));
    assert!(first(header("X-Key", " x")).contains("spaces around"));
    assert!(first(header("X-Key", "")).contains("empty"));
    let both = HookFacts { header: Some(("authorization", Some("x"))), ..token };
    assert!(first(both).contains("a header of its own"));
    assert!(first(HookFacts { basic: Some(("a:b", None)), ..token }).contains("colon"));
    assert!(first(HookFacts { basic: None, ..token }).starts_with("warning Authentication secret: Set a credential"));
}

#[test]
fn a_secret_that_is_not_known_says_where_it_comes_from() {
    let card = card(&HookFacts { basic: Some(("okta", None)), ..facts(HookKind::Saml) });
    let secret = card.values.iter().find(|value| value.is_secret).unwrap();
    assert_eq!((secret.label, secret.value.as_deref()), ("Authentication secret", None));
    assert!(secret.about.starts_with("Not known here"));
}

#[test]
fn a_card_that_is_printed_shows_no_secret() {
    let text = format!("{:?}", card(&facts(HookKind::Saml)));
    assert!(!text.contains("b2t0YTpvcGVuIHNlc2FtZQ=="), "{text}");
    assert!(text.contains(URI));
}

#[test]
fn creating_an_event_hook_is_one_command() {
    let list = commands(&facts(HookKind::Event), Secrets::AsVariables);
    assert_eq!(
        list.iter().map(|command| command.name).collect::<Vec<_>>(),
        ["variables", "create", "verify", "update", "list"]
    );
    assert_eq!(
        named(&list, "create").text,
        r#"curl -sS -X POST "https://$OKTA_DOMAIN/api/v1/eventHooks" \
  -H "Authorization: SSWS $OKTA_API_TOKEN" -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  --data-raw '{
  "name": "Hookscope x",
  "events": {
    "type": "EVENT_TYPE",
    "items": [
      "user.lifecycle.create",
      "user.lifecycle.activate"
    ]
  },
  "channel": {
    "type": "HTTP",
    "version": "1.0.0",
    "config": {
      "uri": "https://quiet-otter.tunnel.example/hooks/x",
      "headers": [],
      "authScheme": {
        "type": "HEADER",
        "key": "Authorization",
        "value": "'"$HOOK_SECRET"'"
      }
    }
  }
}'"#
    );
    assert_eq!(
        named(&list, "update").text,
        r#"hook=$(curl -sSf "https://$OKTA_DOMAIN/api/v1/eventHooks/$HOOK_ID" \
  -H "Authorization: SSWS $OKTA_API_TOKEN" -H 'Accept: application/json') &&
printf %s "$hook" | jq \
  --arg uri 'https://quiet-otter.tunnel.example/hooks/x' \
  --arg secret "$HOOK_SECRET" \
  '{name, description, events, channel} | del(.channel.config.method) |
   .channel.config.uri = $uri |
   .channel.config.authScheme.value = $secret' |
curl -sSf -X PUT "https://$OKTA_DOMAIN/api/v1/eventHooks/$HOOK_ID" \
  -H "Authorization: SSWS $OKTA_API_TOKEN" -H 'Accept: application/json' \
  -H 'Content-Type: application/json' --data-binary @- &&
curl -sS -X POST "https://$OKTA_DOMAIN/api/v1/eventHooks/$HOOK_ID/lifecycle/verify" \
  -H "Authorization: SSWS $OKTA_API_TOKEN" -H 'Accept: application/json'"#
    );
    assert!(named(&list, "update").about.contains("T16"));
}

#[test]
fn an_inline_hook_has_no_verification_and_is_listed_by_its_type() {
    let list = commands(&facts(HookKind::Token), Secrets::AsVariables);
    assert_eq!(list.iter().map(|command| command.name).collect::<Vec<_>>(), ["variables", "create", "update", "list"]);
    let text = &named(&list, "list").text;
    assert!(text.contains("/api/v1/inlineHooks?type=com.okta.oauth2.tokens.transform\""), "{text}");
    assert!(!named(&list, "update").text.contains("verify"));
    let list = commands(&oauth(Some(ClientProof::PrivateKey)), Secrets::AsVariables);
    assert_eq!(
        list.iter().map(|command| command.name).collect::<Vec<_>>(),
        ["variables", "hook key", "public key", "create", "update", "list"]
    );
}

#[test]
fn secrets_are_written_only_when_they_are_revealed() {
    let text = |facts: HookFacts<'_>, secrets| {
        commands(&facts, secrets).into_iter().map(|command| command.text).collect::<Vec<_>>().join("\n")
    };
    let both = HookFacts { header: Some(("X-Key", Some("s3cond"))), ..facts(HookKind::Saml) };
    let client = oauth(Some(ClientProof::Secret(Some("cl1ent"))));
    for (facts, secrets) in [(both, ["b2t0YTpvcGVuIHNlc2FtZQ==", "s3cond"]), (client, ["cl1ent", "cl1ent"])] {
        let (hidden, written) = (text(facts, Secrets::AsVariables), text(facts, Secrets::Written));
        for secret in secrets {
            assert!(!hidden.contains(secret), "{hidden}");
            // In the variables, in create, and in update.
            assert_eq!(written.matches(secret).count(), 3, "{written}");
        }
        assert!(!hidden.contains("open sesame") && !written.contains("open sesame"));
    }
}

#[test]
fn only_inline_hooks_are_executed_and_only_with_a_text() {
    assert!(execute_command(HookKind::Event, b"{}").is_none());
    assert!(execute_command(HookKind::Token, b"").is_none());
    assert!(execute_command(HookKind::Token, &[0xFF]).is_none());
    let command = execute_command(HookKind::Token, b"{\"a\": \"it's\"}").unwrap();
    assert!(command.text.contains("/api/v1/inlineHooks/$HOOK_ID/execute"));
    assert_eq!(body_read_by_sh(&command.text, &[]), json!({ "a": "it's" }));
}

/// Runs a command in a shell in which curl prints its arguments, and gives the one after `--data-raw`.
fn body_read_by_sh(command: &str, environment: &[(&str, &str)]) -> Value {
    let script = format!("curl() {{ printf '%s\\036' \"$@\"; }}\n{command}\n");
    let output = Command::new("sh").args(["-c", &script]).envs(environment.iter().copied()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut arguments = text.split('\u{1e}').skip_while(|argument| *argument != "--data-raw");
    let body = arguments.nth(1).unwrap_or_else(|| panic!("no --data-raw: {text}"));
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

/// What the management API is to be sent, written down anew.
fn expected(facts: &HookFacts<'_>) -> Value {
    let mut config = json!({ "uri": facts.uri.unwrap(), "method": "POST", "headers": [] });
    let mut kind = "HTTP";
    if let Some(oauth) = &facts.oauth {
        kind = "OAUTH";
        let Some(ClientProof::Secret(Some(secret))) = oauth.client else { panic!("no secret") };
        config["authType"] = "client_secret_post".into();
        config["clientId"] = oauth.client_id.unwrap().into();
        config["clientSecret"] = secret.into();
        config["tokenUrl"] = oauth.token_url.unwrap().into();
        config["scope"] = oauth.scope.into();
    }
    if let Some((name, value)) = facts.header {
        if facts.oauth.is_some() {
            config["headers"] = json!([{ "key": name, "value": value.unwrap() }]);
        } else {
            config["authScheme"] = json!({ "type": "HEADER", "key": name, "value": value.unwrap() });
        }
    }
    json!({
        "name": facts.name, "type": facts.kind.event_type().unwrap(), "version": "1.0.0",
        "channel": { "type": kind, "version": "1.0.0", "config": config },
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Whatever stands in names and secrets: quotes, dollars, backslashes, line breaks in names.
    #[test]
    fn a_shell_reads_every_command_back_to_the_same_json(
        name in "[ -~äß\n'\"$`\\\\]{1,20}",
        secret in "[!-~'\"$`\\\\]{1,20}",
        header in "[!-~'\"$`\\\\]{1,20}",
        is_oauth: bool,
        is_written: bool,
    ) {
        let mut facts = HookFacts { name: &name, basic: None, header: Some(("X-Key", Some(&header))), ..facts(HookKind::Saml) };
        if is_oauth {
            facts.oauth = Some(OauthFacts {
                token_url: Some("https://a.example/it's"),
                client_id: Some(&name),
                client: Some(ClientProof::Secret(Some(&secret))),
                scope: "a b",
            });
        }
        let secrets = if is_written { Secrets::Written } else { Secrets::AsVariables };
        let list = commands(&facts, secrets);
        // Where they are written they must not be taken from the environment.
        let environment = match (is_written, is_oauth) {
            (true, _) => vec![],
            (false, true) => vec![("HOOK_HEADER_SECRET", header.as_str()), ("HOOK_CLIENT_SECRET", secret.as_str())],
            (false, false) => vec![("HOOK_SECRET", header.as_str())],
        };
        prop_assert_eq!(body_read_by_sh(&named(&list, "create").text, &environment), expected(&facts));
    }

    #[test]
    fn a_shell_reads_a_recorded_body_back_as_it_was(text in "\\PC{0,40}") {
        let body = json!({ "text": text }).to_string();
        let command = execute_command(HookKind::Token, body.as_bytes()).unwrap();
        prop_assert_eq!(body_read_by_sh(&command.text, &[]), json!({ "text": text }));
    }
}

/// With real curl and jq, which `tests/run` installs, over TLS.
#[cfg(feature = "real-window")]
mod real {
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::time::Duration;

    use hookscope::listener::Arrived;

    use super::net::{self, Running, Witness, json as answer, listen};
    use super::*;

    const STORED: &str = r#"{"id":"who1","name":"Crew changes","description":"mine","status":"ACTIVE","type":"x","version":"1.0.0",
        "events":{"type":"EVENT_TYPE","items":["user.lifecycle.create"],"filter":null},
        "channel":{"type":"HTTP","version":"1.0.0","config":{"uri":"https://old.example/","method":"POST",
        "headers":[{"key":"x-key","value":null},{"key":"X-Tide","value":"dev"}],
        "authScheme":{"type":"HEADER","key":"Authorization"}}}}"#;

    /// Something that plays an org: it gives a stored hook, and echoes what it is sent.
    fn org() -> Arc<Witness> {
        Witness::new(|arrived: &Arrived| match arrived.request.method.as_deref() {
            Some("GET") => (Some(answer(STORED)), Duration::ZERO),
            _ => (Some(answer(std::str::from_utf8(&arrived.request.body).unwrap())), Duration::ZERO),
        })
    }

    /// Runs a command and gives what the org was sent: method, path and body of so many calls.
    async fn run(org: &Running, command: &str, environment: &[(&str, &str)], n_calls: usize) -> Vec<(String, Value)> {
        let ca: PathBuf = org.listening.certificate().pem_path;
        let domain = format!("localhost:{}", org.listening.https_addr().port());
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).envs(environment.iter().copied());
        shell
            .env("CURL_CA_BUNDLE", ca)
            .env("OKTA_DOMAIN", domain)
            .env("OKTA_API_TOKEN", "00token")
            .env("HOOK_ID", "who1");
        let output = tokio::task::spawn_blocking(move || shell.output().unwrap()).await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut calls = Vec::new();
        for _ in 0..n_calls {
            let request = org.witness.arrived().await.request;
            assert_eq!(request.header("authorization"), Some("SSWS 00token"));
            assert_eq!(request.header("accept"), Some("application/json"));
            let body = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
            calls.push((format!("{} {}", request.method.unwrap(), request.path.unwrap()), body));
        }
        calls
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_hook_is_created_in_an_org() {
        let org = listen(org()).await;
        let facts = HookFacts { basic: None, header: Some(("X-Key", Some("q\"uo\\te"))), ..facts(HookKind::Saml) };
        let list = commands(&facts, Secrets::AsVariables);
        let calls = run(&org, &named(&list, "create").text, &[("HOOK_SECRET", "q\"uo\\te")], 1).await;
        assert_eq!(calls, [("POST /api/v1/inlineHooks".to_owned(), expected(&facts))]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_new_address_is_written_with_the_secrets_put_back_and_the_event_hook_verified_again() {
        let org = listen(org()).await;
        let facts = HookFacts { header: Some(("X-Key", Some("s3cond"))), ..facts(HookKind::Event) };
        let list = commands(&facts, Secrets::AsVariables);
        let secrets = [("HOOK_SECRET", "Basic b2t0YQ=="), ("HOOK_HEADER_SECRET", "s3cond")];
        let calls = run(&org, &named(&list, "update").text, &secrets, 3).await;
        let lines: Vec<&str> = calls.iter().map(|(line, _)| line.as_str()).collect();
        let hook = "/api/v1/eventHooks/who1";
        assert_eq!(lines, [format!("GET {hook}"), format!("PUT {hook}"), format!("POST {hook}/lifecycle/verify")]);
        // What only Okta sets is left out, and everything that was the user's is still there.
        assert_eq!(
            calls[1].1,
            json!({
                "name": "Crew changes", "description": "mine",
                "events": { "type": "EVENT_TYPE", "items": ["user.lifecycle.create"], "filter": null },
                "channel": { "type": "HTTP", "version": "1.0.0", "config": {
                    "uri": URI,
                    "headers": [{ "key": "x-key", "value": "s3cond" }, { "key": "X-Tide", "value": "dev" }],
                    "authScheme": { "type": "HEADER", "key": "Authorization", "value": "Basic b2t0YQ==" },
                } },
            })
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_inline_hook_keeps_its_type_and_is_not_verified() {
        let org = listen(org()).await;
        let list = commands(&oauth(Some(ClientProof::Secret(Some("cl1ent")))), Secrets::Written);
        let calls = run(&org, &named(&list, "update").text, &[], 2).await;
        assert_eq!(calls[1].0, "PUT /api/v1/inlineHooks/who1");
        let config = &calls[1].1["channel"]["config"];
        assert_eq!((&calls[1].1["type"], &config["method"]), (&"x".into(), &"POST".into()));
        assert_eq!((&config["clientSecret"], &config["uri"]), (&"cl1ent".into(), &URI.into()));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_hook_that_cannot_be_read_is_not_written() {
        let org = listen(Witness::new(|_| (Some(net::response(404, &[], "")), Duration::ZERO))).await;
        let list = commands(&facts(HookKind::Saml), Secrets::Written);
        let command = format!("{} || true", named(&list, "update").text);
        let calls = run(&org, &command, &[], 1).await;
        assert_eq!(calls[0].0, "GET /api/v1/inlineHooks/who1");
        while let Some(told) = org.witness.told_next() {
            assert!(!matches!(told, net::Told::Arrived(_)), "{told:?}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_recorded_body_is_executed_byte_for_byte() {
        let org = listen(org()).await;
        let body = "{\"a\": \"it's $HOME\"}";
        let command = execute_command(HookKind::Token, body.as_bytes()).unwrap();
        let calls = run(&org, &command.text, &[], 1).await;
        assert_eq!(calls, [("POST /api/v1/inlineHooks/who1/execute".to_owned(), json!({ "a": "it's $HOME" }))]);
    }
}
