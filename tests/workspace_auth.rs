//! The workspace file: the authorization server, tokens, address ranges, the tunnel.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;
use std::time::Duration;

use hookscope::call::Secret;
use hookscope::respond::{
    BearerSetup, ClientMethod, ClientSetup, IssuerSetup, KeySource, SecretSource, Setup, StandInSetup, TokenFault,
    TunnelSetup,
};
use hookscope::workspace::IssueSeverity::{self, Error, Warning};
use hookscope::workspace::{Issue, Workspace, read};
use proptest::prelude::*;

fn look(text: &str) -> (Setup, Vec<Issue>, bool) {
    read(text, Path::new("hooks.toml"), &|name: &str| (name == "SET").then(|| "secret".to_owned()))
}

/// One issue with this place and word; what stands beside it is used.
fn check(text: &str, line: u32, column: u32, severity: IssueSeverity, word: &str) {
    let (_, issues, _) = look(text);
    let fits = |issue: &&Issue| {
        issue.line == line && issue.column == column && issue.severity == severity && issue.message.contains(word)
    };
    assert!(issues.iter().any(|issue| fits(&issue)), "{text:?}: {issues:#?}");
}

/// Loads a text, changes the setup, saves it: the new text, what is loaded from it, and the setup that was saved.
fn saved(text: &str, change: impl FnOnce(&mut Setup)) -> (String, Setup, Setup) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hooks.toml");
    std::fs::write(&path, text).unwrap();
    let mut workspace = Workspace::load(&path).unwrap().workspace;
    let mut setup = workspace.setup().clone();
    change(&mut setup);
    workspace.save(&setup).unwrap();
    let loaded = Workspace::load(&path).unwrap().workspace;
    (std::fs::read_to_string(&path).unwrap(), loaded.setup().clone(), setup)
}

const ENDPOINT: &str = "[[endpoint]]\nname = \"a\"\npath = \"/a\"\n";

/// The modulus of a key that nobody uses.
fn some_key() -> String {
    format!(
        "{{\"kty\":\"RSA\",\"kid\":\"k1\",\"alg\":\"RSA\",\"use\":null,\"e\":\"AQAB\",\"n\":\"{}w\"}}",
        "v".repeat(341)
    )
}

#[test]
fn the_authorization_server_is_read_with_every_key() {
    let key = some_key();
    let text = format!(
        "[oauth]\npath = \"/oauth2/mine\"\nissuer = \"https://a.example/oauth2/mine\"\naudience = \"api://tide\"\n\
         scopes = [\"tide.hooks\"]\nexpires_in = 60\ndelay_ms = 250\nfault = \"wrong-signature\"\n\
         [[oauth.client]]\nclient_id = \"one\"\nsecret = {{ env = \"SET\" }}\n\
         [[oauth.client]]\nclient_id = \"two\"\nhook_key = '{key}'\n\
         [[oauth.client]]\nclient_id = \"three\"\nhook_key = {{ url = \"https://a.example/keys\" }}\n"
    );
    let (setup, issues, _) = look(&text);
    assert!(issues.is_empty(), "{issues:#?}");
    let client = |client_id: &str, method| ClientSetup { client_id: client_id.to_owned(), method };
    let expected = StandInSetup {
        path: "/oauth2/mine".to_owned(),
        issuer: Some("https://a.example/oauth2/mine".to_owned()),
        audience: "api://tide".to_owned(),
        scopes: vec!["tide.hooks".to_owned()],
        expires_in: Duration::from_secs(60),
        clients: vec![
            client(
                "one",
                ClientMethod::SecretPost(SecretSource::Env {
                    variable: "SET".to_owned(),
                    value: Some(Secret::new("secret")),
                }),
            ),
            client("two", ClientMethod::PrivateKeyJwt(KeySource::Pasted(key.into()))),
            client("three", ClientMethod::PrivateKeyJwt(KeySource::Url("https://a.example/keys".to_owned()))),
        ],
        delay: Duration::from_millis(250),
        fault: Some(TokenFault::WrongSignature),
    };
    assert_eq!(setup.oauth, Some(expected));
    assert_eq!(look("[oauth]\n").0.oauth, Some(StandInSetup::default()));
    assert_eq!(look("").0.oauth, None);
}

#[test]
fn each_fault_of_the_authorization_server_is_said_with_its_place_and_what_to_write() {
    let oauth = |line: &str| format!("[oauth]\n{line}\n");
    check(&oauth("path = \"oauth2\""), 2, 8, Error, "begins with /");
    check(&oauth("path = \"/\""), 2, 8, Error, "needs a name");
    check(&oauth("path = \"/oauth2/\""), 2, 8, Error, "does not end in /");
    check(&oauth("issuer = \"tide\""), 2, 10, Error, "no URL");
    check(&oauth("audience = \" \""), 2, 12, Error, "is empty");
    check(&oauth("scopes = \"one\""), 2, 10, Error, "a list of strings");
    check(&oauth("scopes = [\"one\", \"\"]"), 2, 18, Error, "an empty text");
    check(&oauth("expires_in = 0"), 2, 14, Error, "1 to 86400");
    check(&oauth("delay_ms = 700_000"), 2, 12, Error, "0 to 600000");
    check(&oauth("fault = \"broken\""), 2, 9, Error, "wrong-signature, unknown-key");
    check(&oauth("color = 1"), 2, 1, Warning, "'color'");
    check(&oauth("client = 1"), 2, 10, Error, "[[oauth.client]]");
    let client = |lines: &str| format!("[oauth]\n[[oauth.client]]\n{lines}\n");
    check(&client("secret = { env = \"SET\" }"), 2, 1, Error, "no client_id");
    check(&client("client_id = \"a\""), 2, 1, Warning, "has no secret");
    check(&client("client_id = \"a\"\nsecret = \"plain\""), 4, 10, Warning, "plain text");
    check(&client("client_id = \"a\"\nsecret = { env = \"UNSET\" }"), 4, 18, Warning, "UNSET is not set");
    check(&client("client_id = \"a\"\nsecret = { }"), 4, 10, Error, "names no secret");
    check(
        &client("client_id = \"a\"\nsecret = { env = \"SET\", keychain = \"k\" }"),
        4,
        36,
        Error,
        "'keychain' is not used",
    );
    check(
        &client("client_id = \"a\"\nsecret = { env = \"SET\" }\nhook_key = \"{}\""),
        5,
        12,
        Error,
        "a secret already",
    );
    check(
        &client("client_id = \"a\"\nhook_key = \"no key\""),
        4,
        12,
        Error,
        "every assertion of the client is refused",
    );
    check(&client("client_id = \"a\"\nhook_key = { }"), 4, 12, Error, "no url");
    check(&client("client_id = \"a\"\nhook_key = { url = \"keys\" }"), 4, 20, Error, "no URL");
    check(&client("client_id = \"a\"\nhook_key = 7"), 4, 12, Error, "a JSON Web Key");
    let twice = client("client_id = \"a\"\nsecret = { env = \"SET\" }\n[[oauth.client]]\nclient_id = \"a\"");
    check(&twice, 6, 13, Error, "is there already");
    assert_eq!(look(&twice).0.oauth.unwrap().clients.len(), 1);
}

#[test]
fn no_endpoint_lies_beneath_the_authorization_server() {
    let text = "[oauth]\npath = \"/oauth2/mine\"\n[[endpoint]]\nname = \"a\"\npath = \"/oauth2/mine/v1/token\"\n[[endpoint]]\nname = \"b\"\npath = \"/oauth2/mines\"\n";
    check(text, 5, 8, Error, "belongs to the authorization server at /oauth2/mine");
    let names: Vec<String> = look(text).0.endpoints.iter().map(|endpoint| endpoint.name.to_string()).collect();
    assert_eq!(names, ["b"]);
}

#[test]
fn a_client_whose_key_cannot_be_read_is_still_there_and_lets_nobody_in() {
    let (setup, ..) = look("[oauth]\n[[oauth.client]]\nclient_id = \"a\"\nhook_key = 7\n");
    assert_eq!(setup.oauth.unwrap().clients[0].method, ClientMethod::PrivateKeyJwt(KeySource::Pasted("".into())));
}

#[test]
fn the_token_that_an_endpoint_demands_is_read_with_every_key() {
    let bearer = |bearer: &str| {
        let (setup, issues, _) = look(&format!("[oauth]\n{ENDPOINT}auth = {{ bearer = {bearer} }}\n"));
        assert!(issues.is_empty(), "{issues:#?}");
        setup.endpoints[0].auth.bearer.clone().unwrap()
    };
    assert_eq!(
        bearer("{ issuer = \"stand-in\" }"),
        BearerSetup {
            issuer: IssuerSetup::StandIn,
            keys: KeySource::Discovery,
            audiences: Vec::new(),
            client_id: None,
            scopes: Vec::new(),
            leeway: BearerSetup::LEEWAY,
        }
    );
    let full = bearer(
        "{ issuer = \"https://tide.example/oauth2/default\", audience = [\"a\", \"b\"], client_id = \"c\", scopes = [\"s\"], leeway_seconds = 5, jwks_url = \"https://tide.example/keys\" }",
    );
    assert_eq!(
        full,
        BearerSetup {
            issuer: IssuerSetup::At("https://tide.example/oauth2/default".to_owned()),
            keys: KeySource::Url("https://tide.example/keys".to_owned()),
            audiences: vec!["a".to_owned(), "b".to_owned()],
            client_id: Some("c".to_owned()),
            scopes: vec!["s".to_owned()],
            leeway: Duration::from_secs(5),
        }
    );
    assert_eq!(bearer("{ issuer = \"stand-in\", audience = \"a\" }").audiences, ["a"]);
    let key = some_key();
    let pasted = bearer(&format!("{{ issuer = \"https://tide.example\", jwks = '{key}' }}"));
    assert_eq!(pasted.keys, KeySource::Pasted(key.into()));
}

#[test]
fn each_fault_of_a_token_that_is_demanded_is_said_with_its_place() {
    let bearer = |bearer: &str| format!("[oauth]\n[[endpoint]]\npath = \"/a\"\nauth = {{ bearer = {{ {bearer} }} }}\n");
    check(&bearer(""), 4, 19, Error, "needs an issuer");
    check(&bearer("issuer = \"tide\""), 4, 30, Error, "\"stand-in\" or a URL");
    let with = |rest: &str| bearer(&format!("issuer = \"https://a.example\", {rest}"));
    check(&with("audience = 7"), 4, 62, Error, "a string, or a list of strings");
    check(&with("audience = [\"a\", 7]"), 4, 68, Error, "a list of strings");
    check(&with("client_id = \"\""), 4, 63, Error, "is empty");
    check(&with("scopes = \"a\""), 4, 60, Error, "a list of strings");
    check(&with("leeway_seconds = 4_000"), 4, 68, Error, "0 to 3600");
    check(&with("jwks_url = \"keys\""), 4, 62, Error, "no URL");
    check(&with("jwks = \"none\""), 4, 58, Error, "every token is refused");
    check(&with("jwks_url = \"https://a.example/k\", jwks = \"{}\""), 4, 92, Error, "a jwks_url already");
    check(&with("color = 1"), 4, 51, Warning, "'color'");
    check(
        "[[endpoint]]\npath = \"/a\"\nauth = { bearer = { issuer = \"stand-in\" } }\n",
        3,
        30,
        Warning,
        "there is no [oauth]",
    );
}

#[test]
fn a_list_of_addresses_is_read_from_a_file_beside_the_workspace_with_its_age() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hooks.toml");
    std::fs::write(dir.path().join("ip_ranges.json"), "{\"us_cell_1\":{\"ip_ranges\":[\"192.0.2.16/32\"]}}").unwrap();
    let with = |cell: &str, file: &str| {
        let text = format!("{ENDPOINT}auth = {{ addresses = {{ file = \"{file}\"{cell} }} }}\n");
        std::fs::write(&path, text).unwrap();
        let loaded = Workspace::load(&path).unwrap();
        (loaded.workspace.setup().endpoints[0].auth.addresses.clone(), loaded.issues)
    };
    let (addresses, issues) = with(", cell = \"us_cell_1\"", "ip_ranges.json");
    let addresses = addresses.unwrap();
    assert!(issues.is_empty(), "{issues:#?}");
    assert_eq!(addresses.cell.as_deref(), Some("us_cell_1"));
    assert_eq!(addresses.list.unwrap().cells[0].0, "us_cell_1");
    assert!(addresses.modified_at.is_some());

    let (addresses, issues) = with(", cell = \"us_cell_9\"", "ip_ranges.json");
    assert!(addresses.is_some());
    assert!(issues[0].message.contains("no cell 'us_cell_9'") && !issues[0].is_error(), "{issues:#?}");

    let (addresses, issues) = with("", "missing.json");
    assert_eq!(addresses.unwrap().list, None, "the list is expected, and nothing is in it");
    assert!(issues[0].is_error() && issues[0].message.contains("missing.json"), "{issues:#?}");
    check(
        "[[endpoint]]\npath = \"/a\"\nauth = { addresses = { cell = \"us_cell_1\" } }\n",
        3,
        22,
        Error,
        "needs a file",
    );
}

#[test]
fn the_tunnel_is_read_and_its_faults_are_said() {
    let (setup, issues, _) = look(
        "[tunnel]\npublic_url = \"https://a.example\"\nprogram = \"cloudflared\"\ncommand = \"ssh -R 80:{address} a.example\"\n",
    );
    assert!(issues.is_empty(), "{issues:#?}");
    assert_eq!(
        setup.tunnel,
        TunnelSetup {
            public_url: Some("https://a.example".to_owned()),
            program: Some("cloudflared".to_owned()),
            command: Some("ssh -R 80:{address} a.example".to_owned()),
        }
    );
    check("[tunnel]\npublic_url = \"a b\"\n", 2, 14, Error, "no URL");
    check("[tunnel]\npublic_url = \"http://a.example\"\n", 2, 14, Warning, "https:// only");
    check("[tunnel]\npublic_url = \"https://u:p@a.example\"\n", 2, 14, Error, "credential");
    check("[tunnel]\nprogram = \"\"\n", 2, 11, Error, "is empty");
    check("[tunnel]\ncolor = 1\n", 2, 1, Warning, "'color'");
}

#[test]
fn a_change_of_the_authorization_server_keeps_comments_and_what_it_does_not_know() {
    let text = "format = 1\n# ours\n[oauth] # the server\npath = \"/oauth2/mine\" # where\nscopes = [ # all\n  \"a\",\n]\ncolor = 1\n\n# the first\n[[oauth.client]]\nclient_id = \"one\" # its id\nsecret = { env = \"SET\" } # its secret\nlater = 1\n\n# the second\n[[oauth.client]]\nclient_id = \"two\"\nhook_key = { url = \"https://a.example/keys\" }\nlater = 2\n\n[[endpoint]]\nname = \"a\"\npath = \"/a\"\nauth = { bearer = { issuer = \"stand-in\", scopes = [ \"a\" ], later = 1 } } # its token\n";
    let (after, loaded, setup) = saved(text, |setup| {
        let oauth = setup.oauth.as_mut().unwrap();
        oauth.path = "/oauth2/other".to_owned();
        oauth.fault = Some(TokenFault::Expired);
        oauth.clients[0].client_id = "first".to_owned();
        oauth.clients.push(ClientSetup {
            client_id: "three".to_owned(),
            method: ClientMethod::PrivateKeyJwt(KeySource::Pasted("{\"keys\":[]}".into())),
        });
        setup.endpoints[0].auth.bearer.as_mut().unwrap().client_id = Some("first".to_owned());
    });
    assert_eq!((&loaded.oauth, &loaded.endpoints), (&setup.oauth, &setup.endpoints), "{after}");
    for kept in [
        "# ours\n[oauth] # the server\npath = \"/oauth2/other\" # where\nscopes = [ # all\n  \"a\",\n]\ncolor = 1\nfault = \"expired\"\n",
        "# the first\n[[oauth.client]]\nclient_id = \"one\"",
        "# the second\n[[oauth.client]]\nclient_id = \"two\"\nhook_key = { url = \"https://a.example/keys\" }\nlater = 2\n",
        "auth = { bearer = { issuer = \"stand-in\", scopes = [ \"a\" ], later = 1, client_id = \"first\" } } # its token\n",
    ] {
        let kept = kept.replace(
            "client_id = \"one\"",
            "client_id = \"first\" # its id\nsecret = { env = \"SET\" } # its secret\nlater = 1\n",
        );
        assert!(after.contains(&kept), "{kept}in\n{after}");
    }
    // One that goes takes its table with it, and the rest stays.
    let (after, loaded, _) = saved(text, |setup| drop(setup.oauth.as_mut().unwrap().clients.remove(0)));
    assert!(!after.contains("\"one\"") && after.contains("# the second"), "{after}");
    assert_eq!(loaded.oauth.unwrap().clients.len(), 1);
    let (after, loaded, _) = saved(text, |setup| setup.oauth = None);
    assert!(!after.contains("oauth") && after.contains("# its token"), "{after}");
    assert_eq!(loaded.oauth, None);
}

#[test]
fn only_the_line_of_the_tunnel_that_changed_is_written() {
    let text = "format = 1\n[tunnel] # mine\nprogram = \"ngrok\" # the program\npublic_url = \"https://a.example\"\n";
    let (after, loaded, setup) = saved(text, |setup| {
        setup.tunnel.public_url = Some("https://b.example".to_owned());
        setup.tunnel.command = Some("ngrok http {port}".to_owned());
    });
    assert_eq!(loaded.tunnel, setup.tunnel);
    assert_eq!(
        after,
        "format = 1\n[tunnel] # mine\nprogram = \"ngrok\" # the program\npublic_url = \"https://b.example\"\ncommand = \"ngrok http {port}\"\n"
    );
    let (after, ..) =
        saved("format = 1\n[tunnel]\nprogram = \"ngrok\"\n", |setup| setup.tunnel = TunnelSetup::default());
    assert_eq!(after, "format = 1\n");
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec("[a-z.:/\"'\\\\é]{1,8}", 0..3)
}

fn keys() -> impl Strategy<Value = KeySource> {
    prop_oneof![
        "[a-z]{1,8}".prop_map(|host| KeySource::Url(format!("https://{host}.example/keys"))),
        "[ -~\n]{0,20}".prop_map(|text| KeySource::Pasted(format!("{{{text}").into())),
    ]
}

fn secret() -> impl Strategy<Value = SecretSource> {
    prop_oneof![
        Just(SecretSource::Missing),
        Just(SecretSource::Env { variable: "HOOKSCOPE_NO_SUCH_VARIABLE".to_owned(), value: None }),
        "[ -~]{0,12}".prop_map(|text| SecretSource::Plain(Secret::new(text))),
        "[a-z]{1,8}".prop_map(|name| SecretSource::File { name, value: None }),
    ]
}

fn client() -> impl Strategy<Value = ClientMethod> {
    prop_oneof![secret().prop_map(ClientMethod::SecretPost), keys().prop_map(ClientMethod::PrivateKeyJwt)]
}

fn stand_in() -> impl Strategy<Value = StandInSetup> {
    let plain =
        ("[a-z]{1,8}", proptest::option::of("[a-z]{1,8}"), "[a-z:/]{1,9}", texts(), 1u64..86_400, 0u64..600_000);
    let fault = proptest::option::of(proptest::sample::select(TokenFault::ALL.to_vec()));
    let clients = proptest::collection::btree_map("[a-zA-Z0-9]{1,4}", client(), 0..4);
    (plain, fault, clients).prop_map(|((path, issuer, audience, scopes, seconds, millis), fault, clients)| {
        StandInSetup {
            path: format!("/oauth2/{path}"),
            issuer: issuer.map(|issuer| format!("https://{issuer}.example/x")),
            audience,
            scopes,
            expires_in: Duration::from_secs(seconds),
            clients: clients.into_iter().map(|(client_id, method)| ClientSetup { client_id, method }).collect(),
            delay: Duration::from_millis(millis),
            fault,
        }
    })
}

fn bearer() -> impl Strategy<Value = BearerSetup> {
    let issuer = proptest::option::of("[a-z]{1,8}");
    let keys = prop_oneof![Just(KeySource::Discovery), keys()];
    (issuer, keys, texts(), proptest::option::of("[a-z\"]{1,8}"), texts(), 0u64..3_600).prop_map(
        |(issuer, keys, audiences, client_id, scopes, leeway)| BearerSetup {
            issuer: issuer.map_or(IssuerSetup::StandIn, |host| IssuerSetup::At(format!("https://{host}.example"))),
            keys,
            audiences,
            client_id,
            scopes,
            leeway: Duration::from_secs(leeway),
        },
    )
}

fn tunnel() -> impl Strategy<Value = TunnelSetup> {
    let text = || proptest::option::of("[a-z{}\" ]{0,8}[a-z]");
    (proptest::option::of("[a-z]{1,8}"), text(), text()).prop_map(|(url, program, command)| TunnelSetup {
        public_url: url.map(|host| format!("https://{host}.example")),
        program,
        command,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_saved_of_every_new_field_is_what_is_loaded(
        first in (proptest::option::of(stand_in()), proptest::option::of(bearer()), tunnel()),
        second in (proptest::option::of(stand_in()), proptest::option::of(bearer()), tunnel()),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hooks.toml");
        std::fs::write(&path, format!("format = 1\n{ENDPOINT}")).unwrap();
        let mut workspace = Workspace::load(&path).unwrap().workspace;
        // From nothing to the first, and from that to the second.
        for (oauth, bearer, tunnel) in [first, second] {
            let mut setup = workspace.setup().clone();
            setup.oauth = oauth;
            setup.endpoints[0].auth.bearer = bearer;
            setup.tunnel = tunnel;
            workspace.save(&setup).unwrap();
            let loaded = Workspace::load(&path).unwrap().workspace;
            let text = std::fs::read_to_string(&path).unwrap();
            prop_assert_eq!(loaded.setup(), &setup, "{}", text);
        }
    }
}
