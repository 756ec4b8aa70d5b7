//! `hookscope serve --tunnel` as a script sees it.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use support::Home;

/// Puts a program of this name into the home's `bin` and gives that as a `PATH` with the system's own behind it.
fn path_with(home: &Home, name: &str, text: &str) -> String {
    let bin = home.path("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let file = bin.join(name);
    std::fs::write(&file, text).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display())
}

#[test]
fn the_public_url_is_a_line_after_the_first_and_the_program_ends_with_the_run() {
    let home = Home::new();
    let process = home.path("process");
    let text = format!(
        "#!/bin/sh\necho $$ > {}\necho 'INF |  https://quiet-otter.trycloudflare.com  |' >&2\nexec sleep 1000\n",
        process.display()
    );
    let mut command = home.hookscope();
    command.env("PATH", path_with(&home, "cloudflared", &text));
    let mut serve = home.serve_with(command, &["--tunnel", "cloudflared"]);
    let line = serve.next_call();
    assert_eq!(line, serde_json::json!({"event": "tunnel", "public_url": "https://quiet-otter.trycloudflare.com"}));
    assert_eq!(serve.client().post("/hooks/token", &support::body_of("token", "t-1")).status, 204);
    assert_eq!(serve.next_call()["event"], "call");
    let process = std::fs::read_to_string(process).unwrap().trim().to_owned();
    let (code, said) = serve.end();
    assert_eq!(code, 0, "{said}");
    let begun = Instant::now();
    while std::path::Path::new("/proc").join(&process).join("exe").read_link().is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the program was left behind");
        std::thread::yield_now();
    }
}

#[test]
fn a_tunnel_that_ends_by_itself_is_a_warning_and_the_listener_goes_on() {
    let home = Home::new();
    let end = home.path("end");
    let text = format!(
        "#!/bin/sh\necho 'listening at bore.example:4711'\nwhile [ ! -e {} ]; do sleep 0.02; done\necho 'connection lost' >&2\nexit 1\n",
        end.display()
    );
    let mut command = home.hookscope();
    command.env("PATH", path_with(&home, "bore", &text));
    let mut serve = home.serve_with(command, &["--tunnel", "bore"]);
    assert_eq!(serve.next_call()["public_url"], "https://bore.example:4711");
    std::fs::write(end, "").unwrap();
    let line = serve.next_call();
    assert_eq!(line, serde_json::json!({"event": "tunnel", "public_url": null}));
    assert_eq!(serve.client().post("/hooks/token", &support::body_of("token", "t-1")).status, 204);
    assert_eq!(serve.next_call()["event"], "call");
    let (code, said) = serve.end();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("bore ended by itself with exit status 1: connection lost"), "{said}");
}

#[test]
fn a_name_that_is_none_and_a_program_that_is_not_there_are_found_before_anything_starts() {
    let home = Home::new();
    let (code, out, said) = home.run(&["serve", "--tunnel", "carrier-pigeon"]);
    assert_eq!((code, out.as_str()), (2, ""), "{said}");
    assert!(said.contains("write cloudflared, ngrok, tailscale, bore or own"), "{said}");
    let (code, _, said) = home.run(&["serve", "--tunnel", "ssh"]);
    assert_eq!(code, 2);
    assert!(said.contains("your server's name"), "{said}");
    let output = home.hookscope().env("PATH", "/nowhere").args(["serve", "--tunnel", "bore"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("cannot start bore: there is no such program on the PATH; install it"), "{said}");
    let (code, _, said) = home.run(&["serve", "--tunnel", "own"]);
    assert_eq!(code, 2);
    assert!(said.contains("under [tunnel]"), "{said}");
    assert!(!home.path("data").exists(), "something was started");
}
