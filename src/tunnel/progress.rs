//! How a started tunnel program fares: its last lines, its public URL, its end.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use super::{LineSplitter, Recogniser};

/// The most lines of output that are kept.
pub const LINES: usize = 500;

/// What is known of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The last lines of both streams, oldest first, at most [`LINES`].
    pub lines: Arc<[Arc<str>]>,
    /// How many lines there were in all.
    pub n_lines: u64,
    pub public_url: Option<String>,
    /// None while it runs.
    pub end: Option<End>,
}

impl Default for Progress {
    fn default() -> Progress {
        Progress { lines: Arc::from([]), n_lines: 0, public_url: None, end: None }
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// None where a signal ended it.
    pub exit_code: Option<i32>,
    pub signal: Option<i32>,
    /// It was told to end.
    pub was_stopped: bool,
    /// It did not end by itself when it was told to, and was killed.
    pub was_killed: bool,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End { was_killed: true, .. } => f.write_str("was stopped, and killed since it did not end by itself"),
            End { was_stopped: true, .. } => f.write_str("was stopped"),
            End { exit_code: Some(code), .. } => write!(f, "ended by itself with exit status {code}"),
            End { signal: Some(signal), .. } => write!(f, "was ended by signal {signal}"),
            End { .. } => f.write_str("ended"),
        }
    }
}

/// Gathers the output of both streams.
pub(super) struct Gathered {
    recogniser: Recogniser,
    streams: [LineSplitter; 2],
    lines: VecDeque<Arc<str>>,
    n_lines: u64,
    public_url: Option<String>,
}

impl Gathered {
    pub fn new(recogniser: Recogniser) -> Gathered {
        let streams = [LineSplitter::default(), LineSplitter::default()];
        Gathered { recogniser, streams, lines: VecDeque::new(), n_lines: 0, public_url: None }
    }

    /// Takes bytes of a stream, 0 or 1; true where they hold a new public URL.
    pub fn push(&mut self, stream: usize, bytes: &[u8]) -> bool {
        let mut lines = Vec::new();
        if let Some(splitter) = self.streams.get_mut(stream) {
            splitter.push(bytes, |line| lines.push(line));
        }
        lines.into_iter().fold(false, |is_new, line| self.line(line) || is_new)
    }

    /// What came without an end of line.
    pub fn finish(&mut self) {
        let last: Vec<String> = self.streams.iter_mut().filter_map(LineSplitter::take).collect();
        for line in last {
            self.line(line);
        }
    }

    fn line(&mut self, line: String) -> bool {
        let found = self.recogniser.line(&line);
        self.lines.push_back(line.into());
        self.n_lines += 1;
        if self.lines.len() > LINES {
            self.lines.pop_front();
        }
        let is_new = found.is_some();
        self.public_url = found.or_else(|| self.public_url.take());
        is_new
    }

    pub fn progress(&self, end: Option<End>) -> Progress {
        Progress {
            lines: self.lines.iter().cloned().collect(),
            n_lines: self.n_lines,
            public_url: self.public_url.clone(),
            end,
        }
    }
}
