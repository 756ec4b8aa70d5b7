//! The running inspector without a screen: it wires listener, recorder, sender and workspace behind one handle.
//!
//! Commands go in, events come out, state is watched. The engine owns the facts; whoever holds the [`Engine`] handle owns
//! nothing but what it shows. Nothing a front does can delay a response on the wire: the path of a call
//! ([`handler`]) takes the setup as an `Arc`, holds a lock for a few instructions at most and never across an await.
//!
//! What can be used up (staged responses) is kept with the handler behind one short lock, not in the task that reads commands:
//! a staged response is served exactly once either way, and a call does not have to wait for a hop between tasks.
//!
//! Where to look next: [`handler`] is walk one (socket to record to answer), [`task`] carries out commands, [`outgoing`] sends
//! samples and replays, [`authorization_server`] is the stand-in for OAuth 2.0, [`keys`] fetches what tokens are checked with,
//! [`tunnels`] is the way from Okta to here, [`chain`] tests it from outside in, [`trying`] tries a handler without and with a
//! wrong secret, [`runs`] sends many calls and makes the resilience matrix.

mod authorization_server;
mod certificates;
mod chain;
mod handler;
mod held;
mod kept_secrets;
mod key_fetch;
mod keys;
mod live;
mod oauth_calls;
mod outgoing;
mod public_url;
mod reached_by;
mod relaying;
mod runs;
mod seen;
mod send_token;
pub mod signal;
mod signing_keys;
mod stand_in_state;
mod start;
mod task;
mod task_oauth;
mod token_ledger;
mod trying;
mod tunnels;
mod under_way;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use crate::call::{CallId, Record, SessionId, Timestamp, TryResult};
use crate::okta::{self, HookKind};
use crate::respond::{ResponseSetup, RuleCount, Setup};
use crate::session::{Index, Reader, RecorderStatus};

pub use crate::listener::{CertificateInfo, CertificateOrigin};
pub use chain::{ChainView, Measured};
pub use held::{Held, HeldAnswer};
pub use keys::{KeyPlace, KeyPlaceState};
pub use outgoing::fresh;
pub use public_url::{UrlChange, public_url_problem, typed_url};
pub use runs::{MatrixAsked, MatrixState, RunAsked, RunCommand, RunSessions, RunStage, RunState};
pub use stand_in_state::{Readiness, RefusalSeen, SigningKeyState, StandInState};
pub use start::{
    Engine, EngineError, EngineOptions, Folders, SessionChoice, folders, look_for_keychain, open_workspace,
    read_addresses,
};
pub use task::SetupError;
pub use tunnels::{PublicUrl, TunnelCommand, TunnelRun, TunnelState, UrlSource, is_installed, target_of};

/// What a front needs to speak about tunnels.
pub use crate::tunnel::{Port as TunnelPort, Program as TunnelProgram};

/// Everything a front can ask for.
#[derive(Debug)]
pub enum Command {
    StartListening,
    StopListening,
    /// Publishes a new setup and, where the workspace is one to be written, saves it. The listener is bound anew if its
    /// addresses or limits changed; other names or another certificate hold for new connections.
    ChangeSetup(Box<Setup>),
    /// Answers the next call of an endpoint with this, once.
    StageNext {
        endpoint: Arc<str>,
        response: ResponseSetup,
    },
    Unstage {
        endpoint: Arc<str>,
    },
    /// Ends the wait of a held call.
    AnswerHeld {
        call_id: CallId,
        answer: HeldAnswer,
    },
    /// Lets every held call go with its prepared response.
    ReleaseHeld,
    /// Begins counting calls, hits of rules and steps of sequences anew: of one endpoint, or of all.
    ResetCounters {
        endpoint: Option<Arc<str>>,
    },
    /// Sends a sample to our own listener.
    SendSample(&'static okta::Sample),
    /// Sends a recorded call again.
    Replay {
        record: Box<Record>,
        origin: SessionId,
        to: ReplayTo,
    },
    /// Many sends, or one call against each fault; [`EngineState::run`] and [`EngineState::matrix`] grow with them.
    Run(Box<RunCommand>),
    /// Sends a recorded call to a URL with its credential, without, and with a wrong one.
    TryCredentials {
        record: Box<Record>,
        origin: SessionId,
        url: String,
    },
    NewSession,
    SetPinned {
        call_ids: Vec<CallId>,
        pinned: bool,
    },
    SetNote {
        call_id: CallId,
        note: String,
    },
    Clear,
    UndoClear,
    /// The most bytes that the session file may take before the oldest calls go.
    SetRetention {
        max_bytes: u64,
    },
    /// Changes the certificate that is served.
    Certificate(CertificateCommand),
    /// Writes what a client must trust to a file.
    ExportCertificate {
        to: PathBuf,
    },
    /// Tests the way from a public URL to the listener; [`EngineState::chain`] grows with it. A test that runs is cancelled.
    TestChain {
        url: String,
    },
    CancelTestChain,
    /// Makes a new signing key for the stand-in authorization server; tokens of the one before stay good.
    RotateKeys,
    /// Writes the setup of this run to a new workspace file and goes on with it.
    SaveWorkspaceAs {
        to: PathBuf,
    },
    Tunnel(TunnelCommand),
}

/// What can be asked of the certificate. Open connections keep the one they have; new ones get the new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateCommand {
    /// Makes a new leaf of this machine's authority, with the names of the workspace.
    Renew,
    /// Makes a new authority and a leaf of it; the old one is kept beside it. Clients must trust the new one.
    NewAuthority,
    /// Serves a certificate of the user's own (PEM, leaf first) with its key from now on, and notes that in the workspace. Checked
    /// before anything changes; [`Event::CertificateImported`] says what came of it. Relative paths begin at the workspace's folder.
    Import { cert: PathBuf, key: PathBuf },
    /// Serves the certificate of this machine's authority again.
    UseLocal,
}

/// Where a replay goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplayTo {
    OurListener,
    Url(String),
}

/// How bad a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Info,
    Warning,
    Error,
}

/// What a front is told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A sentence for a person.
    Message { tone: Tone, text: String },
    /// A sample or replay came back; the row is the one to show, if one was written.
    Sent { call_id: Option<CallId>, text: String, tone: Tone },
    /// A handler was tried without and with a wrong secret; or why it was not.
    CredentialsTried { call_id: CallId, result: Result<Vec<TryResult>, String> },
    /// The calls are hidden; [`Command::UndoClear`] brings them back.
    Cleared,
    /// Another session is the live one now.
    SessionChanged,
    /// What came of [`CertificateCommand::Import`]: what is wrong, or nothing.
    CertificateImported { problem: Option<String> },
}

/// Is the listener up?
#[derive(Clone, Debug, PartialEq)]
pub enum ListenState {
    /// Not up. `why` is empty where somebody stopped it; `next_free` is offered where the port was in use.
    Stopped { why: String, next_free: Option<SocketAddr> },
    Listening {
        https: SocketAddr,
        http: Option<SocketAddr>,
        certificate: Arc<CertificateInfo>,
        warning: Option<String>,
    },
}

/// A call that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderWay {
    pub call_id: CallId,
    pub received_at: Timestamp,
    pub hook: HookKind,
    pub endpoint: Option<Arc<str>>,
    pub method: String,
    pub path: String,
}

/// What a front can see at any time.
#[derive(Clone, Debug)]
pub struct EngineState {
    pub listen: ListenState,
    pub setup: Arc<Setup>,
    /// Endpoints with a staged next response.
    pub staged: Arc<[Arc<str>]>,
    /// The calls that wait for a person, oldest first.
    pub held: Arc<[Held]>,
    /// The rules that have answered, by endpoint and name.
    pub rule_counts: Arc<[RuleCount]>,
    /// The calls under way, oldest first, at most 200.
    pub under_way: Arc<[UnderWay]>,
    /// How many there are in all.
    pub n_under_way: usize,
    pub session: SessionState,
    pub recorder: RecorderStatus,
    /// The test of the tunnel from outside in.
    pub chain: ChainView,
    /// The workspace file; none where the defaults of a first start hold and nothing is written.
    pub workspace: Option<PathBuf>,
    /// Why the workspace file is not written, where it is not.
    pub workspace_problem: Option<String>,
    /// The stand-in authorization server; none where the setup has none.
    pub stand_in: Option<Arc<StandInState>>,
    /// Where keys are fetched from, and what came of it.
    pub key_places: Arc<[KeyPlaceState]>,
    pub tunnel: TunnelState,
    /// The run of sends that is under way or was made last.
    pub run: Option<Arc<RunState>>,
    /// The resilience matrix that is being made or was made last.
    pub matrix: Option<Arc<MatrixState>>,
}

impl EngineState {
    /// The address under which Okta reaches the listener, as far as it is known; without a slash at the end.
    pub fn public_url(&self) -> Option<&Arc<str>> {
        self.tunnel.public_url.as_ref().map(|known| &known.url)
    }
}

/// The live session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionState {
    pub path: PathBuf,
    pub id: SessionId,
    /// True where it is the working session of the data folder.
    pub is_working: bool,
    /// True where another process held the working session, so that this run has a file of its own.
    pub gave_way: bool,
}

/// What wakes a front when there is something new. Called from any thread, often; it must be cheap.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// What is done with each call that has ended, on the connection's own task: it must not wait.
pub type EndedSink = Arc<dyn Fn(Record) + Send + Sync>;

/// The parts of a live session that a front reads.
#[derive(Clone)]
pub struct LiveView {
    pub index: Index,
    pub reader: Reader,
}

/// The ends of the engine that a front holds beside the handle.
pub struct EngineFeed {
    pub state: watch::Receiver<EngineState>,
    pub events: mpsc::Receiver<Event>,
}
