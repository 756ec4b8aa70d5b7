//! Broken answers, forwarded calls and held calls through the whole program, as a script and a session see them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use hookscope::okta::HookKind;
use hookscope::respond::Fault;
use serde_json::{Value, json};
use support::{Home, Serve, body_of, deaf, takes_time};

fn in_file(fault: &Fault) -> String {
    match fault {
        Fault::ContentType(text) => format!("{{ content_type = \"{text}\" }}"),
        Fault::Redirect(text) => format!("{{ redirect = \"{text}\" }}"),
        Fault::Delay(delay) => format!("{{ delay_ms = {} }}", delay.as_millis()),
        Fault::RandomDelay { from, to } => {
            format!("{{ random_delay_ms = [{}, {}] }}", from.as_millis(), to.as_millis())
        }
        Fault::SlowBody { over } => format!("{{ slow_body_ms = {} }}", over.as_millis()),
        Fault::BodyRate(rate) => format!("{{ body_bytes_per_second = {rate} }}"),
        Fault::LateBody { after } => format!("{{ late_body_ms = {} }}", after.as_millis()),
        other => format!("\"{}\"", other.name()),
    }
}

fn serve(home: &Home, endpoint: &str) -> Serve {
    let text = format!("format = 1\n[[endpoint]]\nname = \"saml\"\npath = \"/saml\"\nhook = \"saml\"\n{endpoint}\n");
    let workspace = home.write("workspace.toml", &text);
    home.serve(&["--workspace", workspace.to_str().unwrap()])
}

/// A handler without TLS that writes the same bytes for each call and then closes; it ends with the process.
fn handler(answer: Option<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer_all = move || {
        let mut kept = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut came = Vec::new();
            let mut piece = [0; 4_096];
            while !String::from_utf8_lossy(&came).ends_with('}') {
                let n_bytes = stream.read(&mut piece).unwrap();
                if n_bytes == 0 {
                    break;
                }
                came.extend_from_slice(&piece[..n_bytes]);
            }
            match answer {
                Some(answer) => stream.write_all(answer.as_bytes()).unwrap(),
                // It never answers.
                None => kept.push(stream),
            }
        }
    };
    std::thread::Builder::new().name("handler".to_owned()).spawn(answer_all).unwrap();
    url
}

fn finding(line: &Value, id: &str) -> Option<Value> {
    let findings = line["verdict"]["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["id"] == id).cloned()
}

fn phases_add_up(line: &Value) {
    let phases: f64 = line["timing"]["phases"].as_object().unwrap().values().map(|ms| ms.as_f64().unwrap()).sum();
    assert!((phases - line["timing"]["total_ms"].as_f64().unwrap()).abs() < 0.001, "{line}");
}

#[test]
fn each_broken_answer_is_judged_as_its_form_says_beforehand() {
    for fault in Fault::all().iter().filter(|fault| !takes_time(fault)) {
        let home = Home::new();
        let mut serve = serve(&home, &format!("fault = {}", in_file(fault)));
        let mut client = serve.client();
        // Whether a whole answer comes depends on the fault.
        let body = body_of("saml", "e-1");
        drop(client.try_request("POST", "/saml", &[("Content-Type", "application/json")], &body));
        drop(client);
        let line = serve.next_call();
        let expected = fault.consequence(HookKind::Saml);
        assert_eq!(line["fault"], fault.to_string(), "{line}");
        assert_eq!(line["verdict"]["outcome"], expected.outcome.as_str(), "{fault:?} {line}");
        assert_eq!(line["verdict"]["retry"]["why"], &*expected.retry, "{fault:?} {line}");
        if line["problem"].is_object() {
            let is_none = line["verdict"]["summary"].as_str().unwrap().to_lowercase().contains("no answer");
            let is_none_expected = expected.summary.to_lowercase().contains("no answer");
            assert_eq!(is_none, is_none_expected, "{fault:?} {line} {expected:?}");
        }
        // The same event once more is the retry where no whole answer came, or a redirect, and a duplicate where one did.
        drop(serve.client().try_request("POST", "/saml", &[("Content-Type", "application/json")], &body));
        let is_retried = matches!(
            fault,
            Fault::ResetBeforeHead
                | Fault::ResetInHead
                | Fault::ResetAfterHead
                | Fault::EmptyAnswer
                | Fault::Garbage
                | Fault::Redirect(_)
        );
        let again = serve.next_call();
        let (retry_of, duplicate_of) = if is_retried { (json!(1), json!(null)) } else { (json!(null), json!(1)) };
        assert_eq!((&again["retry_of"], &again["duplicate_of"]), (&retry_of, &duplicate_of), "{fault:?} {again}");
    }
}

/// The faults that take time, each on both sides of the three seconds where it can be, and the least milliseconds of a call.
fn slow_faults() -> Vec<(Fault, f64)> {
    let millis = Duration::from_millis;
    vec![
        (Fault::Delay(millis(120)), 120.0),
        (Fault::Delay(millis(3_050)), 3_050.0),
        (Fault::RandomDelay { from: millis(80), to: millis(160) }, 80.0),
        (Fault::NearlyLate, 2_900.0),
        (Fault::JustLate, 3_100.0),
        (Fault::Never, 3_200.0),
        (Fault::SlowBody { over: millis(300) }, 300.0),
        (Fault::SlowBody { over: millis(3_200) }, 3_200.0),
        // An empty answer becomes `{}`: two bytes.
        (Fault::BodyRate(10), 200.0),
        (Fault::LateBody { after: millis(150) }, 150.0),
        (Fault::LateBody { after: millis(3_100) }, 3_100.0),
    ]
}

#[test]
fn each_slow_answer_takes_its_time_and_is_judged_as_its_form_says_beforehand() {
    let home = Home::new();
    let faults = slow_faults();
    let endpoints = faults.iter().enumerate().map(|(number, (fault, _))| {
        let fault = in_file(fault);
        format!("[[endpoint]]\nname = \"slow-{number}\"\npath = \"/slow/{number}\"\nhook = \"saml\"\nfault = {fault}\n")
    });
    let workspace = home.write("workspace.toml", &format!("format = 1\n{}", endpoints.collect::<String>()));
    let mut serve = home.serve(&["--workspace", workspace.to_str().unwrap()]);
    let body = body_of("saml", "e-1");
    // All at once, and each client waits a little longer than Okta does.
    let calls = faults.iter().enumerate().map(|(number, _)| {
        let mut client = serve.client();
        client.give_up_after(Duration::from_millis(3_400));
        let body = body.replace("e-1", &format!("e-{number}"));
        let fields = [("Content-Type", "application/json")];
        let run = move || drop(client.try_request("POST", &format!("/slow/{number}"), &fields, &body));
        std::thread::Builder::new().name(format!("slow-{number}")).spawn(run).unwrap()
    });
    for call in calls.collect::<Vec<_>>() {
        call.join().unwrap();
    }
    for _ in &faults {
        let line = serve.next_call();
        let number: usize = line["endpoint"].as_str().unwrap().strip_prefix("slow-").unwrap().parse().unwrap();
        let (fault, least_ms) = &faults[number];
        let expected = fault.consequence(HookKind::Saml);
        assert_eq!(
            (&line["fault"], &line["verdict"]["outcome"]),
            (&json!(fault.to_string()), &json!(expected.outcome.as_str()))
        );
        assert_eq!(line["verdict"]["retry"]["why"], &*expected.retry, "{fault:?} {line}");
        if *fault != Fault::Never {
            assert!(line["timing"]["total_ms"].as_f64().unwrap() >= *least_ms, "{fault:?} {line}");
            phases_add_up(&line);
        }
    }
}

#[test]
fn a_forwarded_call_says_where_it_went_how_long_that_took_and_what_was_changed() {
    let url = handler(Some(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nSet-Cookie: a=needle-one\r\nContent-Length: 37\r\nConnection: close\r\n\r\n\
         {\"password\":\"needle-two\",\"error\":null}",
    ));
    let home = Home::new();
    let forward = format!("forward = {{ to = \"{url}/mine?token=needle-three\", override = {{ status = 202 }} }}");
    let mut serve = serve(&home, &forward);
    let answer = serve.client().post("/saml", &body_of("saml", "e-1"));
    assert_eq!(answer.status, 202);
    let line = serve.next_call();
    assert_eq!(line["forward"]["to"], format!("{url}/mine?token=••••"));
    assert_eq!((&line["forward"]["outcome"], &line["forward"]["changed"]), (&json!("changed"), &json!(["status"])));
    assert_eq!(line["forward"]["handler_ms"], line["timing"]["phases"]["handler_ms"]);
    assert!(line.get("hold").is_none() && line["forward"].get("error").is_none(), "{line}");
    phases_add_up(&line);
    let session = serve.session.clone();
    assert_eq!(serve.end().0, 0);
    let (code, exported, said) = home.run(&["export", session.to_str().unwrap()]);
    assert_eq!(code, 0, "{said}");
    for needle in ["needle-one", "needle-two", "needle-three"] {
        assert!(!exported.contains(needle) && !line.to_string().contains(needle), "{needle}: {exported}");
    }
    let (_, revealed, _) = home.run(&["export", session.to_str().unwrap(), "--reveal-secrets"]);
    let revealed: Value = serde_json::from_str(revealed.trim()).unwrap();
    assert_eq!(revealed["forward"]["original"]["status"], 200);
    assert!(revealed["forward"]["original"]["body"].as_str().unwrap().contains("needle-two"));
}

#[test]
fn a_handler_that_is_gone_lies_or_closes_early_is_an_error_that_says_what_to_do() {
    let nobody = deaf();
    let gone = format!("http://{}", nobody.local_addr().unwrap());
    let lies = handler(Some("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{}"));
    let early = handler(Some(""));
    for url in [gone, lies, early] {
        let home = Home::new();
        let mut serve = serve(&home, &format!("forward = {{ to = \"{url}\" }}"));
        assert_eq!(serve.client().post("/saml", &body_of("saml", "e-1")).status, 502);
        let line = serve.next_call();
        assert_eq!(line["forward"]["outcome"], "failed", "{line}");
        let why = line["forward"]["error"].as_str().unwrap();
        let found = finding(&line, "forward").unwrap();
        assert_eq!((&found["severity"], &found["source"]), (&json!("error"), &json!("Hookscope")));
        let message = found["message"].as_str().unwrap();
        assert!(message.contains(why) && message.contains("Start the handler"), "{message}");
        phases_add_up(&line);
    }
}

#[test]
fn at_the_soft_deadline_the_prepared_response_goes_and_no_error_is_found() {
    let url = handler(None);
    let home = Home::new();
    let mut serve = serve(&home, &format!("forward = {{ to = \"{url}\", soft_deadline_ms = 200 }}"));
    assert_eq!(serve.client().post("/saml", &body_of("saml", "e-1")).status, 204);
    let line = serve.next_call();
    assert_eq!(line["forward"]["outcome"], "too-slow");
    assert_eq!(finding(&line, "forward"), None);
    phases_add_up(&line);
}

#[test]
fn two_hundred_calls_are_held_at_once_and_each_gets_its_prepared_response() {
    let home = Home::new();
    let mut serve = serve(&home, "hold = { deadline_ms = 1200 }");
    let body = body_of("saml", "e-1");
    let mut clients: Vec<_> = (0..200).map(|_| serve.client()).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        let body = body.replace("e-1", &format!("e-{number}"));
        client.write(
            format!("POST /saml HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes(),
        );
    }
    for client in &mut clients {
        assert_eq!(client.raw(b"").unwrap().status, 204);
    }
    for _ in 0..200 {
        let line = serve.next_call();
        assert_eq!(line["hold"]["end"], "deadline", "{line}");
        assert_eq!(line["hold"]["held_ms"], line["timing"]["phases"]["hold_ms"]);
        assert!(line.get("forward").is_none());
        phases_add_up(&line);
    }
}
