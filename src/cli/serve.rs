//! `hookscope serve`: the listener without a window.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::Notify;

use super::failure::Failure;
use super::print;
use super::serve_args::ServeArgs;
use crate::call::{Masker, Record, Timestamp, call_text};
use crate::engine::{
    self, CertificateOrigin, EndedSink, Engine, EngineFeed, EngineOptions, Event, ListenState, SessionChoice, Tone,
};
use crate::okta::Severity;
use crate::workspace;

/// How long calls under way may take to finish when the program is told to end.
const GRACE: Duration = Duration::from_secs(5);
/// How many finished calls may wait for a slow reader of standard output. Beyond it lines are left out, and said to be: the
/// session file has every call, and a reader must never slow down an answer.
const LINES: usize = 65_536;

/// How long lines are gathered before they are written.
const GATHER: Duration = Duration::from_millis(2);
/// How long nothing may be taken by whoever reads the lines when the program ends.
const LAST_LINES: Duration = Duration::from_secs(2);
/// Bytes in one write to standard output at most, so that a slow reader is told from one that has stopped.
const PIECE: usize = 16 * 1024;
/// Bytes after which what was gathered is written, so that a flood of calls is seen while it lasts.
const AT_ONCE: usize = 64 * 1024;

/// Runs until it has seen enough calls, its time is over, or it is told to end.
pub fn run(args: &ServeArgs) -> Result<(), Failure> {
    let started = Instant::now();
    let (workspace, issues) = args.workspace()?;
    for issue in &issues {
        print::issue(issue);
    }
    let mut workspace = workspace;
    args.apply(workspace.setup_mut())?;
    let data_dir = workspace::data_dir().map_err(Failure::machine)?;
    let masker = workspace.setup().masker();
    let tunnel = args.tunnel(workspace.setup())?;

    let done = Arc::new(Notify::new());
    let (lines, printer) = printer(args.json, masker, args.calls, done.clone())?;
    let options = EngineOptions {
        data_dir,
        workspace,
        save_workspace: false,
        session: match &args.session {
            Some(path) => SessionChoice::At(path.clone()),
            None => SessionChoice::Working,
        },
        certificate: args.certificate(),
        wake: Arc::new(|| {}),
        sink: Some(lines),
    };
    let (engine, mut feed) = Engine::start(options)?;
    if engine.state().session.gave_way {
        let path = engine.state().session.path;
        print::warning(&format!(
            "the working session is in use by another Hookscope; this run records into {}",
            path.display()
        ));
    }
    if let Err(error) = engine.listen() {
        engine.shut_down(Duration::ZERO).map_err(Failure::from)?;
        return Err(error.into());
    }
    announce(&engine, args.json)?;
    let has_tunnel = tunnel.is_some();
    if let Some(command) = tunnel {
        engine.send(engine::Command::Tunnel(command))?;
    }

    let limit = args.seconds.map(|limit| limit.saturating_sub(started.elapsed()));
    let public_url = |url: Option<&str>| printer.say(tunnel_line(url, args.json));
    let grace = wait(limit, &done, &mut feed, has_tunnel, &public_url)?;
    let closed = engine.shut_down(grace);
    printer.finish();
    closed.map_err(Failure::from)
}

/// The first line: where it listens and what a client must trust.
fn announce(engine: &Engine, as_json: bool) -> Result<(), Failure> {
    let state = engine.state();
    let ListenState::Listening { https, http, certificate, warning } = &state.listen else {
        return Err(Failure::Machine("the listener did not come up; look for an earlier error".to_owned()));
    };
    if let Some(warning) = warning {
        print::warning(warning);
    }
    let now = Timestamp::from_system_time(std::time::SystemTime::now());
    for wrong in certificate.warnings(now, &state.setup.listener.names) {
        print::warning(&wrong.text);
    }
    if as_json {
        let line = json!({
            "event": "listening",
            "https": https.to_string(),
            "http": http.map(|address| address.to_string()),
            "session": state.session.path,
            "certificate": {
                "pem": certificate.pem_path,
                "sha256": certificate.sha256,
                "not_after": certificate.not_after.to_string(),
                "not_before": certificate.not_before.to_string(),
                "names": certificate.names,
                "issuer": certificate.issuer,
                "key": certificate.key_kind,
                "local": certificate.origin == CertificateOrigin::Local,
            },
        });
        return print::line(&line.to_string());
    }
    print::line(&format!("Listening on https://{https}"))?;
    if let Some(http) = http {
        print::line(&format!("Listening on http://{http}"))?;
    }
    print::line(&format!("Session      {}", state.session.path.display()))?;
    print::line(&format!("Certificate  for {} until {}", certificate.names.join(", "), certificate.not_after))?;
    print::line(&format!("Trust        {}", certificate.pem_path.display()))?;
    print::line("Ctrl-C ends it")
}

/// What is printed when the tunnel's public URL is known, is another one, or is gone.
fn tunnel_line(public_url: Option<&str>, as_json: bool) -> String {
    match (as_json, public_url) {
        (true, url) => format!("{}\n", json!({ "event": "tunnel", "public_url": url })),
        (false, Some(url)) => format!("Public URL   {}\n", print::one_line(url)),
        (false, None) => "Public URL   none\n".to_owned(),
    }
}

/// Waits for the end: enough calls, enough time, or a signal. Gives the time that calls under way may still take.
///
/// With a tunnel, `say_url` is told each new public URL.
fn wait(
    limit: Option<Duration>,
    done: &Notify,
    feed: &mut EngineFeed,
    has_tunnel: bool,
    say_url: &dyn Fn(Option<&str>),
) -> Result<Duration, Failure> {
    let mut said: Option<Arc<str>> = None;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Machine(format!("cannot wait for signals: {error}")))?;
    runtime.block_on(async {
        let time_is_over = async {
            match limit {
                Some(limit) => tokio::time::sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(time_is_over);
        let asked_to_end = engine::signal::asked_to_end();
        tokio::pin!(asked_to_end);
        loop {
            tokio::select! {
                () = done.notified() => return Ok(GRACE),
                () = &mut time_is_over => return Ok(GRACE),
                signal = &mut asked_to_end => {
                    signal.map_err(|error| Failure::Machine(format!("cannot wait for signals: {error}")))?;
                    // A second signal ends it at once, calls under way or not.
                    engine::signal::end_at_once_on_the_next();
                    return Ok(GRACE);
                }
                Ok(()) = feed.state.changed(), if has_tunnel => {
                    let url = feed.state.borrow_and_update().public_url().cloned();
                    if url != said {
                        say_url(url.as_deref());
                        said = url;
                    }
                }
                Some(event) = feed.events.recv() => {
                    if let Event::Message { tone: Tone::Warning | Tone::Error, text } = event {
                        print::warning(&text);
                    }
                }
            }
        }
    })
}

/// What is written to standard output while it runs. One thread writes all of it, so that no line comes between the halves of
/// another, and nobody else waits for a slow reader.
enum Line {
    Call(Box<Record>),
    Text(String),
}

/// The thread that writes one line for each finished call.
struct Printer {
    thread: std::thread::JoinHandle<()>,
    left_out: Arc<AtomicU64>,
    closing: Arc<AtomicBool>,
    /// Counts the writes that were taken.
    n_pieces: Arc<AtomicU64>,
    to_thread: SyncSender<Option<Line>>,
}

impl Printer {
    /// Writes a line that is about no call.
    fn say(&self, line: String) {
        if self.to_thread.try_send(Some(Line::Text(line))).is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until every line that was taken is written, but never for a reader that has stopped reading: told to end, it ends.
    fn finish(self) {
        self.closing.store(true, Ordering::Release);
        let mut moved = (self.n_pieces.load(Ordering::Acquire), Instant::now());
        let mut is_told = false;
        while !self.thread.is_finished() && moved.1.elapsed() < LAST_LINES {
            let n_pieces = self.n_pieces.load(Ordering::Acquire);
            if n_pieces != moved.0 {
                moved = (n_pieces, Instant::now());
            }
            // The thread ends by itself when standard output is gone; then nobody takes this.
            is_told = is_told || self.to_thread.try_send(None).is_ok();
            std::thread::sleep(GATHER);
        }
        if !self.thread.is_finished() {
            print::warning(
                "the last lines were not written, because nobody reads standard output; the session file has every call",
            );
        } else if self.thread.join().is_err() {
            print::warning("the thread that writes the lines ended too early; the session file has every call");
        }
        let left_out = self.left_out.load(Ordering::Acquire);
        if left_out > 0 {
            print::warning(&format!(
                "{left_out} lines were left out, because standard output was read too slowly; the session file has every call"
            ));
        }
    }
}

fn printer(
    as_json: bool,
    masker: Masker,
    enough: Option<u64>,
    done: Arc<Notify>,
) -> Result<(EndedSink, Printer), Failure> {
    let (to_thread, records) = mpsc::sync_channel::<Option<Line>>(LINES);
    let left_out = Arc::new(AtomicU64::new(0));
    let closing = Arc::new(AtomicBool::new(false));
    let n_ended = Arc::new(AtomicU64::new(0));
    let n_pieces = Arc::new(AtomicU64::new(0));
    let n_taken = n_pieces.clone();
    let thread = std::thread::Builder::new()
        .name("hookscope-lines".to_owned())
        .spawn(move || {
            while let Ok(Some(first)) = records.recv() {
                let text_of = |line: Line| match line {
                    Line::Call(record) => line_of(&record, as_json, &masker),
                    Line::Text(text) => text,
                };
                let mut text = text_of(first);
                // A burst goes out in few writes, and wakes this thread seldom.
                std::thread::sleep(GATHER);
                let is_last = gather(&mut text, &records, text_of);
                let mut out = std::io::stdout().lock();
                let mut pieces = text.as_bytes().chunks(PIECE);
                let written = pieces.try_for_each(|piece| {
                    out.write_all(piece)?;
                    n_taken.fetch_add(1, Ordering::AcqRel);
                    Ok::<(), std::io::Error>(())
                });
                if written.and_then(|()| out.flush()).is_err() || is_last {
                    // Nobody reads any more: recording goes on.
                    return;
                }
            }
        })
        .map_err(|error| Failure::Machine(format!("cannot start the thread that writes lines: {error}")))?;
    let sink: EndedSink = {
        let (to_thread, left_out, closing) = (to_thread.clone(), left_out.clone(), closing.clone());
        Arc::new(move |record: Record| {
            if let Err(TrySendError::Full(_)) = to_thread.try_send(Some(Line::Call(Box::new(record)))) {
                left_out.fetch_add(1, Ordering::Relaxed);
            }
            let n_ended = n_ended.fetch_add(1, Ordering::AcqRel) + 1;
            if enough.is_some_and(|enough| n_ended >= enough) && !closing.load(Ordering::Acquire) {
                done.notify_one();
            }
        })
    };
    Ok((sink, Printer { thread, left_out, closing, n_pieces, to_thread }))
}

/// Adds what else is there to a text until it is long enough; true where nothing will follow.
fn gather<T>(text: &mut String, waiting: &Receiver<Option<T>>, text_of: impl Fn(T) -> String) -> bool {
    let mut is_last = false;
    // What stands behind the end has come in time, and nobody would come back for it.
    while is_last || text.len() < AT_ONCE {
        match waiting.try_recv() {
            Ok(Some(next)) => text.push_str(&text_of(next)),
            Ok(None) => is_last = true,
            Err(_) => break,
        }
    }
    is_last
}

fn line_of(record: &Record, as_json: bool, masker: &Masker) -> String {
    if as_json {
        let mut line = call_text(record, masker);
        line.push('\n');
        return line;
    }
    let opening = &record.opening;
    let closing = &record.closing;
    let verdict = masker.mask_verdict(record);
    let zone = jiff::tz::TimeZone::system();
    let time = opening.request.received_at.time_of_day(&zone, true);
    let what = match (&opening.request.method, &opening.request.path) {
        (Some(method), Some(path)) => format!("{method} {}", print::one_line(path)),
        _ => closing.problem.as_ref().map_or_else(|| "-".to_owned(), |problem| problem.kind.as_str().to_owned()),
    };
    let status = opening.response.as_ref().map_or_else(|| "-".to_owned(), |response| response.status.to_string());
    let total = closing
        .timing
        .map_or_else(|| "-".to_owned(), |timing| format!("{:.1} ms", f64::from(timing.total_us()) / 1_000.0));
    let mut line = format!(
        "{time}  #{:<5} {:<15} {what}  {status}  {total}  {}: {}\n",
        opening.call_id.0,
        opening.hook,
        verdict.outcome.as_str(),
        print::one_line(&verdict.summary)
    );
    for finding in verdict.findings.iter().filter(|finding| finding.severity == Severity::Error) {
        line.push_str(&format!("              {} {}\n", finding.id, print::one_line(&finding.message)));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_lines_is_written_while_it_lasts_and_the_end_takes_all() {
        let (sender, waiting) = mpsc::channel();
        let line = "x".repeat(1_000);
        (0..1_000).for_each(|_| drop(sender.send(Some(line.clone()))));
        let mut text = String::new();
        assert!(!gather(&mut text, &waiting, |line| line));
        assert_eq!(text.len(), 66_000);
        drop(sender.send(None));
        let mut n_more = 0;
        while !gather(&mut text, &waiting, |line| line) {
            (n_more, text) = (n_more + text.len(), String::new());
        }
        assert_eq!(n_more + text.len(), 1_000_000);
    }
}
