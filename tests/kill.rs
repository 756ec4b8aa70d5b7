//! The promise of the recorder: whatever got a response is in the session file, however the process ends.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use support::{Client, Home, body_of};

/// Calls to answer before the process is killed: enough that the load is under way on every connection.
const ANSWERED_BEFORE_KILL: usize = 2_000;
const CLIENTS: usize = 8;

#[test]
fn every_answered_call_is_in_the_file_after_a_kill_in_the_middle_of_a_load() {
    let home = Home::new();
    let session = home.path("killed.hookscope");
    let serve = home.serve(&["--session", session.to_str().unwrap()]);
    let template = body_of("token", "EVENT-ID");
    let n_answered = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client_idx| {
            let (address, ca_pem) = (serve.address.clone(), serve.ca_pem.clone());
            let (template, n_answered) = (template.clone(), n_answered.clone());
            let client = std::thread::Builder::new().name(format!("client-{client_idx}"));
            client
                .spawn(move || {
                    let mut client = Client::connect(&address, &ca_pem);
                    let mut answered = Vec::new();
                    for n in 0.. {
                        let event_id = format!("kill-{client_idx}-{n}");
                        let body = template.replace("EVENT-ID", &event_id);
                        match client.try_request("POST", "/hooks/token", &[], &body) {
                            Some(answer) => {
                                assert_eq!(answer.status, 204);
                                answered.push(event_id);
                                n_answered.fetch_add(1, Ordering::Relaxed);
                            }
                            None => break,
                        }
                    }
                    answered
                })
                .unwrap()
        })
        .collect();
    while n_answered.load(Ordering::Relaxed) < ANSWERED_BEFORE_KILL
        && clients.iter().any(|client| !client.is_finished())
    {
        std::thread::yield_now();
    }
    serve.signal("KILL");
    let answered: Vec<String> = clients.into_iter().flat_map(|client| client.join().unwrap()).collect();
    assert!(answered.len() >= ANSWERED_BEFORE_KILL, "only {} calls were answered", answered.len());

    let (code, lines, said) = home.run(&["export", session.to_str().unwrap()]);
    assert_eq!(code, 0, "{said}");
    let recorded: HashSet<String> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["event_id"].as_str().unwrap().to_owned())
        .collect();
    let lost: Vec<&String> = answered.iter().filter(|event_id| !recorded.contains(*event_id)).collect();
    assert!(lost.is_empty(), "{} of {} answered calls are not in the file: {lost:?}", lost.len(), answered.len());
}
