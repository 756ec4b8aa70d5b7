//! Tunnel programs as child processes: their output, their public URL, their end; and what the engine makes of it from one run to
//! the next. The programs are small scripts that print what real ones print.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hookscope::engine::{
    Command, Engine, EngineFeed, EngineOptions, EngineState, Event, SessionChoice, Tone, TunnelCommand, UrlSource,
};
use hookscope::tunnel::agent::Answer;
use hookscope::tunnel::{LINE_BYTES, LINES, Program, Progress, Running, Target, find_agent};
use hookscope::workspace::Workspace;

/// How long something on another thread or in another process may take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn target() -> Target {
    Target { https: "127.0.0.1:8443".parse().unwrap(), http: None }
}

fn script(text: &str) -> Vec<String> {
    ["sh", "-c", text].map(str::to_owned).to_vec()
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let result = runtime.block_on(async { tokio::time::timeout(PATIENCE, work).await.expect("it takes too long") });
    runtime.shutdown_timeout(Duration::from_secs(5));
    result
}

/// Runs a script to its end.
fn run(text: &str) -> Progress {
    block_on(async { Running::start(&script(text), &target()).unwrap().ended().await })
}

/// Waits until a run has printed a line that begins so, and gives the rest of it.
async fn printed(running: &Running, start: &str) -> String {
    let mut progress = running.progress();
    let find = |progress: &Progress| {
        progress.lines.iter().find_map(|line| line.strip_prefix(start).map(|rest| rest.trim().to_owned()))
    };
    let progress = progress.wait_for(|progress| find(progress).is_some()).await.unwrap();
    find(&progress).unwrap()
}

fn wait_until<T>(mut condition: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(begun.elapsed() < PATIENCE, "the condition never holds");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// True where no process has this number, or one that is only waited for.
fn is_gone(process: &str) -> bool {
    let Ok(output) = std::process::Command::new("ps").args(["-o", "stat=", "-p", process]).output() else {
        panic!("this test needs ps");
    };
    let state = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    state.is_empty() || state.starts_with('Z')
}

#[test]
fn both_outputs_are_kept_in_lines_and_the_end_is_told() {
    let progress = run("echo one; echo two >&2; printf 'without end'; exit 3");
    let mut lines: Vec<&str> = progress.lines.iter().map(|line| &**line).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["one", "two", "without end"]);
    assert_eq!(progress.n_lines, 3);
    let end = progress.end.unwrap();
    assert_eq!((end.exit_code, end.was_stopped, end.was_killed), (Some(3), false, false));
    assert_eq!(end.to_string(), "ended by itself with exit status 3");
    assert_eq!(run("kill -9 $$").end.unwrap().to_string(), "was ended by signal 9");
}

#[test]
fn the_public_url_is_read_while_the_program_runs() {
    block_on(async {
        let text = "echo 'read https://docs.example.com/start'; echo 'your url is: https://quiet-otter.example.com'; exec sleep 1000";
        let mut running = Running::start(&script(text), &target()).unwrap();
        let mut progress = running.progress();
        let known = progress.wait_for(|progress| progress.public_url.is_some()).await.unwrap().clone();
        assert_eq!(known.public_url.as_deref(), Some("https://quiet-otter.example.com"));
        assert_eq!(known.end, None);
        running.stop(Duration::from_secs(30));
        let end = running.ended().await.end.unwrap();
        assert!(end.was_stopped && !end.was_killed, "{end:?}");
    });
}

#[test]
fn a_flood_of_output_keeps_the_last_lines_only() {
    let progress = run("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done");
    assert_eq!(progress.lines.len(), LINES);
    assert_eq!(progress.n_lines, 3_000);
    assert_eq!(progress.lines.last().map(|line| &**line), Some("line 2999"));
    assert_eq!(progress.lines.first().map(|line| &**line), Some("line 2500"));
}

#[test]
fn garbage_and_a_line_without_end_are_bounded_and_hold_no_control_characters() {
    let progress = run(
        "head -c 300000 /dev/zero | tr '\\0' x; echo; head -c 100000 /dev/urandom; printf '\\033[31mred\\033[0m\\n' >&2",
    );
    assert!(progress.lines.len() <= LINES);
    assert!(progress.lines.iter().all(|line| line.len() <= 4 * LINE_BYTES && !line.chars().any(char::is_control)));
    assert!(progress.lines.iter().any(|line| &**line == "red"));
}

#[test]
fn standard_input_is_closed() {
    assert_eq!(&*run("cat; echo done").lines[0], "done");
}

#[test]
fn a_program_that_wants_to_clean_up_may() {
    block_on(async {
        let text = "trap 'echo cleaned up; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
        let mut running = Running::start(&script(text), &target()).unwrap();
        printed(&running, "ready").await;
        running.stop(Duration::from_secs(30));
        let progress = running.ended().await;
        assert!(progress.lines.iter().any(|line| &**line == "cleaned up"));
        let end = progress.end.unwrap();
        assert_eq!((end.exit_code, end.was_stopped, end.was_killed), (Some(0), true, false));
    });
}

#[test]
fn a_program_that_does_not_want_to_end_is_killed_after_the_grace_period() {
    block_on(async {
        let text = "trap '' TERM; echo ready; while :; do sleep 0.05; done";
        let mut running = Running::start(&script(text), &target()).unwrap();
        printed(&running, "ready").await;
        running.stop(Duration::from_millis(50));
        let end = running.ended().await.end.unwrap();
        assert!(end.was_killed, "{end:?}");
        assert_eq!(end.to_string(), "was stopped, and killed since it did not end by itself");
    });
}

#[test]
fn what_a_program_has_started_ends_with_it_also_where_it_holds_the_output() {
    let (stopped, left) = block_on(async {
        let text = "sleep 1000 & echo child $!; wait";
        let mut running = Running::start(&script(text), &target()).unwrap();
        let stopped = printed(&running, "child ").await;
        running.stop(Duration::from_secs(30));
        running.ended().await;
        let mut running =
            Running::start(&script("(trap '' TERM; exec sleep 1000) & echo child $!"), &target()).unwrap();
        let left = printed(&running, "child ").await;
        assert_eq!(running.ended().await.end.unwrap().exit_code, Some(0));
        (stopped, left)
    });
    wait_until(|| (is_gone(&stopped) && is_gone(&left)).then_some(()));
}

#[test]
fn nothing_is_left_behind_where_the_handle_or_the_whole_runtime_goes() {
    let dropped = block_on(async {
        let running = Running::start(&script("echo child $$; exec sleep 1000"), &target()).unwrap();
        printed(&running, "child ").await
    });
    wait_until(|| is_gone(&dropped).then_some(()));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (running, child) = runtime.block_on(async {
        let running =
            Running::start(&script("trap '' TERM; echo child $$; while :; do sleep 1; done"), &target()).unwrap();
        let child = printed(&running, "child ").await;
        (running, child)
    });
    drop(runtime);
    wait_until(|| is_gone(&child).then_some(()));
    drop(running);
}

#[test]
fn a_program_that_cannot_be_started_says_why_and_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tunnel");
    std::fs::write(&file, "no program").unwrap();
    let said =
        |program: &str| block_on(async { Running::start(&[program.to_owned()], &target()).unwrap_err().to_string() });
    assert!(said("no-such-tunnel-program").contains("no such program on the PATH; install it"));
    assert!(said(file.to_str().unwrap()).contains("may not be run by you"));
}

// A running ngrok agent.

/// An agent that answers every call so, or takes the call and says nothing; its port.
fn agent(answer: Option<String>) -> u16 {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    std::thread::Builder::new()
        .name("agent".to_owned())
        .spawn(move || {
            let mut held = Vec::new();
            for stream in socket.incoming() {
                let mut stream = stream.unwrap();
                let Some(answer) = &answer else {
                    held.push(stream);
                    continue;
                };
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) > 0 {
                    head.push(byte[0]);
                }
                assert!(head.starts_with(b"GET /api/tunnels HTTP/1.1\r\n"));
                // Whoever asked may have gone.
                stream.write_all(answer.as_bytes()).ok();
            }
        })
        .unwrap();
    port
}

fn http(status: &str, body: &str) -> Option<String> {
    Some(format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()))
}

fn tunnels(leads_to: &str) -> Option<String> {
    let body = format!(
        r#"{{"tunnels":[{{"name":"command_line","public_url":"https://quiet-otter.ngrok-free.app","proto":"https","config":{{"addr":"{leads_to}","inspect":true}}}}],"uri":"/api/tunnels"}}"#
    );
    http("200 OK", &body)
}

fn ask(ports: &[u16]) -> Answer {
    block_on(find_agent(ports, &target()))
}

#[test]
fn the_agent_with_a_tunnel_to_this_listener_is_found_among_others() {
    let other = agent(tunnels("http://localhost:3000"));
    let ours = agent(tunnels("https://localhost:8443"));
    let silent = agent(None);
    let public_url = "https://quiet-otter.ngrok-free.app".to_owned();
    assert_eq!(ask(&[silent, other, ours]), Answer::Ours { agent_port: ours, public_url });
    match ask(&[other]) {
        Answer::NotOurs { agent_port, tunnels } => {
            assert_eq!((agent_port, tunnels[0].leads_to.as_str()), (other, "http://localhost:3000"));
        }
        answer => panic!("{answer:?}"),
    }
}

#[test]
fn what_is_no_agent_or_gives_no_answer_is_told_and_nothing_hangs() {
    let why = |answer: Option<String>| match ask(&[agent(answer)]) {
        Answer::Unreadable { why, .. } => why,
        answer => panic!("{answer:?}"),
    };
    assert!(why(http("200 OK", "<html>hello</html>")).contains("no ngrok agent"));
    assert!(why(http("200 OK", r#"{"tunnels":{}}"#)).contains("no ngrok agent"));
    assert!(why(http("404 Not Found", "")).contains("404"));
    assert!(why(http("302 Found", "")).contains("302"));
    assert!(!why(Some("SSH-2.0-OpenSSH\r\n".to_owned())).is_empty());
    assert!(!why(http("200 OK", &"x".repeat(2_000_000))).is_empty());
    assert!(why(None).contains("no answer within"));
    // A port that is taken, so that nobody else gets it, and where nobody listens.
    let nobody = tokio::net::TcpSocket::new_v4().unwrap();
    nobody.bind(([127, 0, 0, 1], 0).into()).unwrap();
    assert_eq!(ask(&[nobody.local_addr().unwrap().port()]), Answer::NotRunning);
    assert_eq!(ask(&[]), Answer::NotRunning);
}

// The engine.

struct Run {
    engine: Engine,
    feed: EngineFeed,
    said: Vec<(Tone, String)>,
}

impl Run {
    fn start(data_dir: &Path) -> Run {
        let mut workspace = Workspace::first_start(None);
        workspace.setup_mut().listener.https = "127.0.0.1:0".parse().unwrap();
        let options = EngineOptions {
            data_dir: data_dir.to_owned(),
            workspace,
            save_workspace: false,
            session: SessionChoice::Working,
            certificate: None,
            wake: Arc::new(|| {}),
            sink: None,
        };
        let (engine, feed) = Engine::start(options).unwrap();
        Run { engine, feed, said: Vec::new() }
    }

    fn listening(data_dir: &Path) -> Run {
        let run = Run::start(data_dir);
        run.engine.listen().unwrap();
        run
    }

    fn ask(&self, command: TunnelCommand) {
        self.engine.send(Command::Tunnel(command)).unwrap();
    }

    fn state_where(&self, condition: impl Fn(&EngineState) -> bool) -> EngineState {
        wait_until(|| Some(self.engine.state()).filter(&condition))
    }

    fn wait_for_url(&self, url: &str) -> EngineState {
        self.state_where(|state| state.public_url().is_some_and(|known| &**known == url))
    }

    /// Waits for a message that holds this text.
    fn told(&mut self, text: &str) -> (Tone, String) {
        wait_until(|| {
            while let Ok(event) = self.feed.events.try_recv() {
                if let Event::Message { tone, text } = event {
                    self.said.push((tone, text));
                }
            }
            self.said.iter().find(|(_, said)| said.contains(text)).cloned()
        })
    }

    fn end(self) {
        self.engine.shut_down(Duration::from_secs(5)).unwrap();
    }
}

/// A script under this name that prints text and goes on until it is ended.
fn program(dir: &Path, name: &str, prints: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let file = dir.join(name);
    std::fs::write(
        &file,
        format!("#!/bin/sh\necho \"process $$ arguments $*\"\ncat <<'END'\n{prints}\nEND\nexec sleep 1000\n"),
    )
    .unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    file
}

fn cloudflared(dir: &Path, name: &str) -> String {
    let line = format!("2031-04-05T06:07:11Z INF |  https://{name}.trycloudflare.com        |");
    program(dir, "cloudflared", &line).display().to_string()
}

#[test]
fn a_started_tunnel_gives_the_public_url_and_ends_with_the_run_but_not_with_the_listener() {
    let dir = tempfile::tempdir().unwrap();
    let mut run = Run::listening(dir.path());
    let command = format!("{} tunnel --url {{scheme}}://{{address}}", cloudflared(dir.path(), "quiet-otter"));
    run.ask(TunnelCommand::StartOwn(command.clone()));
    let state = run.wait_for_url("https://quiet-otter.trycloudflare.com");
    let public = state.tunnel.public_url.clone().unwrap();
    assert_eq!(public.source, UrlSource::Started(Program::Cloudflared));
    assert_eq!((public.problem, state.tunnel.change.clone()), (None, None));
    assert_eq!(run.engine.public_url().as_deref(), Some("https://quiet-otter.trycloudflare.com"));
    assert_eq!(
        state.setup.tunnel.command.as_ref().or(run
            .state_where(|state| state.setup.tunnel.command.is_some())
            .setup
            .tunnel
            .command
            .as_ref()),
        Some(&command)
    );
    assert_eq!(run.told("The public URL is").0, Tone::Info);

    // The exact address of the listener was filled in.
    let hookscope::engine::ListenState::Listening { https, .. } = state.listen else { panic!("it listens") };
    let lines = state.tunnel.run.unwrap().progress.lines;
    assert!(lines[0].ends_with(&format!("arguments tunnel --url https://{https}")), "{lines:?}");
    let process = lines[0].split(' ').nth(1).unwrap().to_owned();

    // A second one is refused.
    run.ask(TunnelCommand::StartOwn("true".to_owned()));
    assert_eq!(run.told("A tunnel runs already").0, Tone::Error);

    // Its name may be gone for good, so it outlives the listener.
    run.engine.send(Command::StopListening).unwrap();
    let state = run.state_where(|state| matches!(state.listen, hookscope::engine::ListenState::Stopped { .. }));
    assert!(state.tunnel.run.as_ref().unwrap().is_running() && state.public_url().is_some());
    run.engine.listen().unwrap();
    let state = run.engine.state();
    let moved = hookscope::engine::target_of(&state.listen);
    let leads_elsewhere = state.tunnel.run.as_ref().unwrap().leads_elsewhere(moved);
    assert_eq!(leads_elsewhere.is_some(), moved.map(|target| target.https) != Some(https));

    assert!(!is_gone(&process));
    run.end();
    wait_until(|| is_gone(&process).then_some(()));
}

#[test]
fn a_tunnel_that_is_stopped_or_ends_by_itself_takes_its_url_with_it_and_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut run = Run::listening(dir.path());
    run.ask(TunnelCommand::StartOwn(cloudflared(dir.path(), "quiet-otter")));
    run.wait_for_url("https://quiet-otter.trycloudflare.com");
    run.ask(TunnelCommand::Stop);
    let state = run.state_where(|state| state.public_url().is_none());
    assert!(state.tunnel.run.unwrap().progress.end.unwrap().was_stopped);
    assert_eq!(run.told("cloudflared was stopped").0, Tone::Info);
    assert_eq!(run.engine.public_url(), None);

    let fails = "sh -c 'echo https://short.example.com; echo cannot reach the edge >&2; exit 7'";
    run.ask(TunnelCommand::StartOwn(fails.to_owned()));
    let (tone, text) = run.told("ended by itself with exit status 7");
    assert_eq!((tone, text.starts_with("sh ended")), (Tone::Error, true), "{text}");
    let state = run.state_where(|state| state.tunnel.run.as_ref().is_some_and(|run| !run.is_running()));
    assert!(state.tunnel.run.unwrap().ended_at.is_some());
    run.end();
}

#[test]
fn another_url_than_in_the_run_before_is_said_until_somebody_has_read_it() {
    let dir = tempfile::tempdir().unwrap();
    let start = |name: &str| {
        let run = Run::listening(dir.path());
        run.ask(TunnelCommand::StartOwn(cloudflared(dir.path(), name)));
        run.wait_for_url(&format!("https://{name}.trycloudflare.com"));
        run
    };
    start("quiet-otter").end();

    let mut run = start("loud-heron");
    let (tone, text) = run.told("point nowhere");
    assert_eq!(tone, Tone::Warning);
    assert!(text.contains("https://loud-heron.") && text.contains("https://quiet-otter."), "{text}");
    assert_eq!(run.engine.state().tunnel.change.unwrap().before, "https://quiet-otter.trycloudflare.com");
    run.end();

    // Back at the one that hooks hold, nothing has changed.
    let mut run = start("quiet-otter");
    assert_eq!(run.told("again, as hooks in Okta have it").0, Tone::Info);
    assert_eq!(run.engine.state().tunnel.change, None);
    run.end();
    start("loud-heron").end();

    // The same again is no news, but what changed before is not forgotten.
    let run = start("loud-heron");
    assert!(run.engine.state().tunnel.change.is_some());
    run.ask(TunnelCommand::ForgetChange);
    run.state_where(|state| state.tunnel.change.is_none());
    run.end();
    let run = start("loud-heron");
    assert_eq!(run.engine.state().tunnel.change, None);
    run.end();
}

#[test]
fn a_typed_url_stands_before_that_of_a_tunnel_and_what_okta_will_not_take_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let mut run = Run::listening(dir.path());
    let set = |run: &Run, url: Option<&str>| run.ask(TunnelCommand::SetPublicUrl(url.map(str::to_owned)));
    set(&run, Some(" https://hooks.example.com/hooks/token "));
    let state = run.wait_for_url("https://hooks.example.com");
    assert_eq!(state.setup.tunnel.public_url.as_deref(), Some("https://hooks.example.com"));
    assert_eq!(state.tunnel.public_url.unwrap().source, UrlSource::Typed);

    run.ask(TunnelCommand::StartOwn(cloudflared(dir.path(), "quiet-otter")));
    let given = |state: &EngineState| state.tunnel.run.as_ref().is_some_and(|run| run.progress.public_url.is_some());
    assert_eq!(run.state_where(given).public_url().map(|url| &**url), Some("https://hooks.example.com"));
    set(&run, None);
    run.wait_for_url("https://quiet-otter.trycloudflare.com");

    set(&run, Some("http://hooks.example.com"));
    let state = run.wait_for_url("http://hooks.example.com");
    assert!(state.tunnel.public_url.unwrap().problem.unwrap().contains("refuses http"));
    assert_eq!(run.told("refuses http").0, Tone::Warning);
    run.end();
}

#[test]
fn what_cannot_be_started_is_said_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let mut run = Run::start(dir.path());
    run.ask(TunnelCommand::StartOwn("true".to_owned()));
    assert_eq!(run.told("start listening first").0, Tone::Error);
    run.engine.listen().unwrap();
    for (command, said) in [
        ("no-such-tunnel-program {port}", "Cannot start no-such-tunnel-program: there is no such program"),
        ("sh 'never closed", "never closed; close it"),
        ("", "the command is empty"),
    ] {
        run.ask(TunnelCommand::StartOwn(command.to_owned()));
        assert_eq!(run.told(said).0, Tone::Error, "{command}");
    }
    let port = hookscope::engine::TunnelPort::Http;
    run.ask(TunnelCommand::Start { program: Program::Bore, port });
    run.told("no plain HTTP port");
    let port = hookscope::engine::TunnelPort::Https;
    run.ask(TunnelCommand::Start { program: Program::Ssh, port });
    run.told("needs a server of your own");
    assert!(run.engine.state().tunnel.run.is_none());
    run.end();
}
