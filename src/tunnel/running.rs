//! A tunnel program as a child process.
//!
//! It gets a process group of its own, so that it ends with all that it started; standard input is closed; both outputs are read
//! as they come, but not faster than a person could want. One task owns it: whoever holds [`Running`] asks and watches.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::progress::{End, Gathered, Progress};
use super::{Recogniser, Target};

/// What is printed shows after this time at the latest; a new public URL shows at once.
const SHOW_EVERY: Duration = Duration::from_millis(100);
/// The most bytes that are read in that time: a program that floods its output waits.
const AT_ONCE: usize = 256 * 1024;
/// How long the last output of a program that has ended is waited for.
const LAST_OUTPUT: Duration = Duration::from_millis(500);

/// The process groups that run, for the one way out on which nothing is dropped.
static GROUPS: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// Kills every tunnel program that was started here. For a process that is about to exit without dropping anything.
pub fn end_all_at_once() {
    let groups: Vec<u32> = GROUPS.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect();
    for group in groups {
        signal(group, Signal::Kill);
    }
}

/// Why a program cannot be started.
#[derive(Debug)]
pub struct StartError {
    pub program: String,
    pub error: io::Error,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StartError { program, error } = self;
        match error.kind() {
            io::ErrorKind::NotFound => write!(
                f,
                "cannot start {program}: there is no such program on the PATH; install it, or write the full path of its file"
            ),
            io::ErrorKind::PermissionDenied => {
                write!(f, "cannot start {program}: its file may not be run by you; change its permissions")
            }
            _ => write!(f, "cannot start {program}: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

/// A program that was started. Dropping it kills it.
#[derive(Debug)]
pub struct Running {
    stop: mpsc::Sender<Duration>,
    progress: watch::Receiver<Progress>,
}

impl Running {
    /// Starts a program, the first of the arguments. Must be called within a tokio runtime.
    pub fn start(arguments: &[String], target: &Target) -> Result<Running, StartError> {
        let (program, rest) = arguments.split_first().ok_or_else(|| StartError {
            program: "nothing".to_owned(),
            error: io::Error::from(io::ErrorKind::InvalidInput),
        })?;
        let mut command = Command::new(program);
        command.args(rest).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let child = command.spawn().map_err(|error| StartError { program: program.clone(), error })?;
        let group = child.id().map(Group::new);
        let (stop, stops) = mpsc::channel(2);
        let (sender, progress) = watch::channel(Progress::default());
        let gathered = Gathered::new(Recogniser::new(arguments, target));
        tokio::spawn(watch_over(child, group, gathered, stops, sender));
        Ok(Running { stop, progress })
    }

    /// What is known now, and a way to be told of changes.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.clone()
    }

    /// Asks it to end, and kills it after the grace period. What came of it is seen in the progress.
    pub fn stop(&self, grace: Duration) {
        // Full: it has been asked already. Closed: it has ended.
        self.stop.try_send(grace).ok();
    }

    /// Waits until it has ended and every process of its group was told so.
    pub async fn ended(&mut self) -> Progress {
        // Where its task has gone with the runtime, the child has gone with it, and what was known last is all there is.
        self.progress.wait_for(|progress| progress.end.is_some()).await.ok();
        self.progress.borrow().clone()
    }
}

/// What is left of a process group is killed when this goes.
struct Group(u32);

impl Group {
    fn new(id: u32) -> Group {
        GROUPS.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        Group(id)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        signal(self.0, Signal::Kill);
        GROUPS.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

#[derive(Clone, Copy)]
enum Signal {
    /// Ends a program that wants to clean up first.
    #[cfg_attr(not(unix), expect(dead_code, reason = "elsewhere a program is ended at once"))]
    Terminate,
    Kill,
}

#[cfg(unix)]
fn signal(group: u32, signal: Signal) {
    let signal = match signal {
        Signal::Terminate => rustix::process::Signal::TERM,
        Signal::Kill => rustix::process::Signal::KILL,
    };
    if let Some(group) = i32::try_from(group).ok().and_then(rustix::process::Pid::from_raw) {
        // A group without processes is no error: it has ended.
        rustix::process::kill_process_group(group, signal).ok();
    }
}

/// Elsewhere the child itself is killed, when it is dropped.
#[cfg(not(unix))]
fn signal(_group: u32, _signal: Signal) {}

async fn watch_over(
    mut child: Child,
    group: Option<Group>,
    mut gathered: Gathered,
    mut stops: mpsc::Receiver<Duration>,
    progress: watch::Sender<Progress>,
) {
    let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
    let mut buffers = [[0u8; 4_096]; 2];
    let [out_buffer, err_buffer] = &mut buffers;
    let mut n_read = 0;
    let mut show_at: Option<Instant> = None;
    let mut kill_at: Option<Instant> = None;
    let (mut was_stopped, mut was_killed, mut is_held) = (false, false, true);
    let status = loop {
        let may_read = n_read < AT_ONCE;
        let (stream, bytes) = tokio::select! {
            bytes = read(&mut stdout, out_buffer), if may_read && stdout.is_some() => (0, bytes),
            bytes = read(&mut stderr, err_buffer), if may_read && stderr.is_some() => (1, bytes),
            status = child.wait() => break status,
            () = until(show_at) => {
                (n_read, show_at) = (0, None);
                progress.send_replace(gathered.progress(None));
                continue;
            }
            () = until(kill_at) => {
                (kill_at, was_killed) = (None, true);
                kill(&mut child, group.as_ref());
                continue;
            }
            grace = stops.recv(), if is_held => {
                match grace {
                    Some(grace) => {
                        was_stopped = true;
                        if let Some(group) = &group {
                            signal(group.0, Signal::Terminate);
                        }
                        #[cfg(not(unix))]
                        kill(&mut child, None);
                        let at = Instant::now() + grace;
                        kill_at = Some(kill_at.map_or(at, |known| known.min(at)));
                    }
                    // Nobody holds it any more.
                    None => {
                        (is_held, was_stopped) = (false, true);
                        kill(&mut child, group.as_ref());
                    }
                }
                continue;
            }
        };
        let Some(bytes) = bytes else {
            // The end of a stream, which is not yet that of the program.
            match stream {
                0 => stdout = None,
                _ => stderr = None,
            }
            continue;
        };
        n_read += bytes.len();
        show_at = show_at.or_else(|| Some(Instant::now() + SHOW_EVERY));
        if gathered.push(stream, bytes) {
            progress.send_replace(gathered.progress(None));
        }
    };
    // What it has started ends with it; that also closes the streams. The number cannot belong to anybody else yet: process
    // numbers are given out in turn.
    drop(group);
    let rest = async {
        for _ in 0..AT_ONCE / out_buffer.len() {
            let (stream, bytes) = tokio::select! {
                bytes = read(&mut stdout, out_buffer), if stdout.is_some() => (0, bytes),
                bytes = read(&mut stderr, err_buffer), if stderr.is_some() => (1, bytes),
                else => return,
            };
            match (bytes, stream) {
                (Some(bytes), stream) => drop(gathered.push(stream, bytes)),
                (None, 0) => stdout = None,
                (None, _) => stderr = None,
            }
        }
    };
    // Somebody who left the group may keep the streams open for ever.
    timeout(LAST_OUTPUT, rest).await.ok();
    gathered.finish();
    let end = end_of(status, was_stopped, was_killed);
    progress.send_replace(gathered.progress(Some(end)));
}

fn kill(child: &mut Child, group: Option<&Group>) {
    if let Some(group) = group {
        signal(group.0, Signal::Kill);
    }
    // It may have ended in this moment.
    child.start_kill().ok();
}

/// Bytes of a stream; none at its end. Nothing is lost where this is dropped before it is ready.
async fn read<'b>(stream: &mut Option<impl AsyncRead + Unpin>, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    let n_read = stream.as_mut()?.read(buffer).await.unwrap_or(0);
    buffer.get(..n_read).filter(|bytes| !bytes.is_empty())
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

fn end_of(status: io::Result<ExitStatus>, was_stopped: bool, was_killed: bool) -> End {
    let status = status.ok();
    #[cfg(unix)]
    let signal = status.and_then(|status| std::os::unix::process::ExitStatusExt::signal(&status));
    #[cfg(not(unix))]
    let signal = None;
    End { exit_code: status.and_then(|status| status.code()), signal, was_stopped, was_killed }
}
