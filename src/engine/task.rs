//! The engine's one task: carries out commands, keeps the listener, and publishes the state.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior};

use super::certificates::{bound_part, open_identity};
use super::chain::{ChainTests, Published};
use super::handler::Handler;
use super::live::Live;
use super::outgoing::{self, Outbox};
use super::start::{EngineError, tell};
use super::trying;
use super::tunnels::{TunnelParts, Tunnels};
use super::{Command, EngineState, Event, HeldAnswer, ListenState, Tone, Wake};
use crate::listener::{self, BindError, Limits, ListenerOptions, Listening};
use crate::respond::{SavedResponse, Setup};
use crate::sender::ListenerPorts;
use crate::session::{LiveSession, RecorderStatus, SessionError};
use crate::workspace::Workspace;

/// How often the state that changes with every call is published: often enough for a running bar, seldom enough to cost nothing.
const STATE_EVERY: Duration = Duration::from_millis(50);
/// How often the workspace file is looked at for changes by others.
const WORKSPACE_EVERY: Duration = Duration::from_secs(2);
/// How long a listener that is stopped or bound anew lets calls under way finish.
const REBIND_GRACE: Duration = Duration::from_secs(5);

/// Why a setup cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetupError {
    /// Two endpoints have one name.
    NameTaken(String),
    /// Two endpoints have one path.
    PathTaken(String),
    /// Two rules of an endpoint have one name, or one has a name that says that no rule answered.
    RuleName { endpoint: String, rule: String },
    /// Two saved responses have one name.
    ResponseNameTaken(String),
    /// The path of an endpoint lies beneath that of the stand-in authorization server, which would answer its calls.
    StandInPath { endpoint: String, path: String },
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SetupError::NameTaken(name) => write!(f, "an endpoint named '{name}' exists already; choose another name"),
            SetupError::PathTaken(path) => {
                write!(f, "the path {path} belongs to another endpoint; choose another path")
            }
            SetupError::RuleName { endpoint, rule } => {
                write!(
                    f,
                    "a rule of {endpoint} cannot be called '{rule}', or another one is already; choose another name"
                )
            }
            SetupError::ResponseNameTaken(name) => {
                write!(f, "a saved response named '{name}' exists already; choose another name")
            }
            SetupError::StandInPath { endpoint, path } => write!(
                f,
                "the path {path} of the endpoint '{endpoint}' lies beneath that of the authorization server; choose another path \
                 for one of them"
            ),
        }
    }
}

impl std::error::Error for SetupError {}

impl SetupError {
    /// Looks for what would make two endpoints, rules or saved responses one.
    pub fn find(setup: &Setup) -> Option<SetupError> {
        let same_name = |(idx, saved): (usize, &SavedResponse)| {
            let is_taken = setup.responses.iter().take(idx).any(|earlier| earlier.name == saved.name);
            is_taken.then(|| SetupError::ResponseNameTaken(saved.name.to_string()))
        };
        if let Some(taken) = setup.responses.iter().enumerate().find_map(same_name) {
            return Some(taken);
        }
        for (idx, endpoint) in setup.endpoints.iter().enumerate() {
            for (idx, rule) in endpoint.rules.iter().enumerate() {
                let is_taken = endpoint.rules.iter().take(idx).any(|earlier| earlier.name == rule.name);
                if is_taken || !rule.has_usable_name() {
                    let (endpoint, rule) = (endpoint.name.to_string(), rule.name.to_string());
                    return Some(SetupError::RuleName { endpoint, rule });
                }
            }
            for other in setup.endpoints.iter().skip(idx + 1) {
                if endpoint.name == other.name {
                    return Some(SetupError::NameTaken(endpoint.name.to_string()));
                }
                if endpoint.path == other.path {
                    return Some(SetupError::PathTaken(endpoint.path.clone()));
                }
            }
        }
        super::task_oauth::conflict_with_stand_in(setup)
    }
}

pub struct TaskOptions {
    pub handler: Arc<Handler>,
    pub data_dir: PathBuf,
    pub workspace: Workspace,
    pub save_workspace: bool,
    pub certificate: Option<(PathBuf, PathBuf)>,
    pub wake: Wake,
    pub setup: watch::Sender<Arc<Setup>>,
    pub state: watch::Sender<EngineState>,
    pub events: mpsc::Sender<Event>,
    pub public_url: watch::Sender<Option<Arc<str>>>,
}

pub struct Task {
    pub(super) options: TaskOptions,
    tunnels: Tunnels,
    pub(super) listening: Option<Listening>,
    /// Sessions that were replaced and still have calls under way.
    retiring: Vec<Arc<Live>>,
    seen_under_way: u64,
    seen_rules: u64,
    max_bytes: Option<u64>,
    /// How the live session's recorder fares.
    status: watch::Receiver<RecorderStatus>,
    chain: ChainTests,
    pub(super) runs: super::runs::Runs,
}

/// Waits until a time; without one for ever.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

type ListenAsk = oneshot::Sender<Result<(), EngineError>>;

impl Task {
    pub fn new(options: TaskOptions) -> Task {
        let status = options.handler.live().recorder.status();
        let tunnels = Tunnels::new(TunnelParts {
            data_dir: options.data_dir.clone(),
            setup: options.setup.subscribe(),
            state: options.state.clone(),
            public_url: options.public_url.clone(),
            events: options.events.clone(),
            wake: options.wake.clone(),
        });
        let chain = ChainTests::default();
        Task {
            options,
            tunnels,
            chain,
            runs: super::runs::Runs::default(),
            listening: None,
            retiring: Vec::new(),
            seen_under_way: 0,
            seen_rules: 0,
            max_bytes: None,
            status,
        }
    }

    /// Runs until it is told to end or every handle is gone; then leaves the file whole and single.
    pub async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        mut listen: mpsc::Receiver<ListenAsk>,
        mut end: oneshot::Receiver<Duration>,
    ) -> Result<(), SessionError> {
        let handler = self.options.handler.clone();
        // Where nothing happens nothing is looked at.
        let mut publish_at: Option<Instant> = None;
        let mut workspace_tick = tokio::time::interval(WORKSPACE_EVERY);
        workspace_tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.tunnels.look();
        let grace = loop {
            tokio::select! {
                grace = &mut end => break grace.unwrap_or(Duration::ZERO),
                Some(command) = commands.recv() => self.carry_out(command).await,
                Some(asked) = listen.recv() => {
                    let result = self.listen().await;
                    // Whoever asked may have gone; the listener is up all the same.
                    asked.send(result).ok();
                }
                () = handler.under_way().changed(), if publish_at.is_none() => {
                    publish_at = Some(Instant::now() + STATE_EVERY);
                }
                () = handler.others().held.changed(), if publish_at.is_none() => {
                    publish_at = Some(Instant::now() + STATE_EVERY);
                }
                Ok(()) = self.status.changed(), if publish_at.is_none() => {
                    publish_at = Some(Instant::now() + STATE_EVERY);
                }
                () = at(publish_at) => {
                    publish_at = None;
                    self.publish_counts();
                }
                () = handler.oauth().changed() => self.publish_oauth(),
                _ = workspace_tick.tick() => self.look_at_files().await,
                () = self.tunnels.changed() => {}
            }
        };
        if let Some(listening) = self.listening.take() {
            listening.stop(grace).await;
        }
        self.tunnels.end().await;
        let mut sessions = std::mem::take(&mut self.retiring);
        sessions.push(self.options.handler.live());
        let handler = self.options.handler.clone();
        let closed = tokio::task::spawn_blocking(move || {
            // What still waits to be told is told before the files are closed.
            sessions.iter().for_each(|live| handler.learn_earlier(live));
            // Each is closed, whatever became of the one before; the first problem is told.
            let results: Vec<_> = sessions.iter().map(|live| live.close()).collect();
            results.into_iter().collect()
        });
        closed.await.unwrap_or(Ok(()))
    }

    async fn carry_out(&mut self, command: Command) {
        let live = self.options.handler.live();
        match command {
            Command::StartListening => {
                // The state says why it is not up; the message says it once more where a person looks.
                if let Err(error) = self.listen().await {
                    self.tell(Tone::Error, error.to_string());
                }
            }
            Command::StopListening => self.stop_listening(String::new()).await,
            Command::ChangeSetup(setup) => self.change_setup(*setup).await,
            Command::StageNext { endpoint, response } => {
                self.options.handler.counters().stage(endpoint, response);
                self.publish_counts();
            }
            Command::Unstage { endpoint } => {
                self.options.handler.counters().unstage(&endpoint);
                self.publish_counts();
            }
            Command::AnswerHeld { call_id, answer } => {
                match self.options.handler.others().held.answer(call_id, answer) {
                    Ok(()) => {}
                    Err(HeldAnswer::Release) => {
                        self.tell(Tone::Info, format!("Call {call_id} had gone with its prepared response already"));
                    }
                    Err(HeldAnswer::Send { endpoint, response }) => {
                        self.options.handler.counters().stage(endpoint.clone(), response);
                        let what = "went with its prepared response a moment before; what you wrote is staged";
                        self.tell(Tone::Warning, format!("Call {call_id} {what} for the next call of {endpoint}"));
                    }
                }
                self.publish_counts();
            }
            Command::ReleaseHeld => {
                self.options.handler.others().held.release_all();
                self.publish_counts();
            }
            Command::ResetCounters { endpoint } => {
                self.options.handler.counters().reset(endpoint.as_deref());
                self.publish_counts();
            }
            Command::SendSample(sample) => match self.outbox() {
                Some(outbox) => drop(tokio::spawn(outgoing::send_sample(outbox, sample))),
                None => self.tell(Tone::Error, "A sample call needs a listener: start listening first"),
            },
            Command::Replay { record, origin, to } => {
                let outbox = self.outbox_for(&to);
                match outbox {
                    Some(outbox) => drop(tokio::spawn(outgoing::replay(outbox, *record, origin, to))),
                    None => {
                        self.tell(Tone::Error, "A replay to this listener needs it to be up: start listening first")
                    }
                }
            }
            Command::Run(command) => self.run_command(*command),
            Command::TryCredentials { record, origin, url } => {
                // Elsewhere can be reached without a listener of our own.
                let outbox = self.outbox().unwrap_or_else(|| self.outbox_with(None, Vec::new()));
                drop(tokio::spawn(trying::try_credentials(outbox, *record, origin, url)));
            }
            Command::NewSession => self.new_session().await,
            Command::SetPinned { call_ids, pinned } => {
                live.recorder.set_pinned(call_ids, pinned);
                (self.options.wake)();
            }
            Command::SetNote { call_id, note } => {
                live.recorder.set_note(call_id, note);
                (self.options.wake)();
            }
            Command::Clear => {
                live.recorder.clear();
                self.send(Event::Cleared);
            }
            Command::UndoClear => {
                live.recorder.undo_clear();
                (self.options.wake)();
            }
            Command::SetRetention { max_bytes } => {
                self.max_bytes = Some(max_bytes);
                live.recorder.set_max_bytes(max_bytes);
            }
            Command::TestChain { url } => {
                let ports = self.listening.as_ref().map(|up| (up.https_addr(), up.http_addr()));
                let listener = ports.map(|(https, http)| ListenerPorts { https, http });
                self.chain.start(url, listener, self.options.handler.clone(), self.published());
            }
            Command::CancelTestChain => self.chain.cancel(&self.published()),
            Command::Certificate(command) => self.certificate_command(command).await,
            Command::ExportCertificate { to } => self.export_certificate(to).await,
            Command::RotateKeys => self.rotate_keys(),
            Command::SaveWorkspaceAs { to } => {
                let saved = self.options.workspace.save_as_new(&to);
                match saved {
                    Ok(()) => {
                        self.options.save_workspace = true;
                        self.tell(Tone::Info, format!("The workspace is saved as {}", to.display()));
                        self.publish_workspace(None);
                    }
                    Err(error) => self.tell(Tone::Error, error.to_string()),
                }
            }
            Command::Tunnel(command) => {
                if let Some(setup) = self.tunnels.carry_out(command) {
                    self.change_setup(setup).await;
                }
            }
        }
    }

    pub(super) async fn listen(&mut self) -> Result<(), EngineError> {
        if self.listening.is_some() {
            return Ok(());
        }
        let setup = self.options.setup.borrow().clone();
        match self.bind(&setup).await {
            Ok(listening) => {
                let https = listening.https_addr();
                let warning = (!https.ip().is_loopback()).then(|| {
                    format!(
                        "{https} is reachable from other machines: whoever reaches it can send calls to your session"
                    )
                });
                self.options.handler.oauth().server.set_https(Some(https));
                let state = ListenState::Listening {
                    https,
                    http: listening.http_addr(),
                    certificate: Arc::new(listening.certificate()),
                    warning,
                };
                let own = std::iter::once(https).chain(listening.http_addr()).collect();
                let forwarders = &self.options.handler.others().forwarders;
                forwarders.set_own_addresses(own);
                let folder = self.options.workspace.path().and_then(Path::parent);
                forwarders.set_folder(folder.map(PathBuf::from).unwrap_or_default());
                self.listening = Some(listening);
                self.publish(|known| known.listen = state);
                Ok(())
            }
            Err(error) => {
                let next_free = match &error {
                    EngineError::Bind(BindError::AddressInUse { .. }) => listener::next_free_port(setup.listener.https),
                    _ => None,
                };
                let state = ListenState::Stopped { why: error.to_string(), next_free };
                self.publish(|known| known.listen = state);
                Err(error)
            }
        }
    }

    async fn bind(&self, setup: &Setup) -> Result<Listening, EngineError> {
        let identity = open_identity(self.certificate_source(&setup.listener)).await?;
        let options = ListenerOptions {
            https: setup.listener.https,
            http: setup.listener.http,
            identity,
            limits: Limits { body_bytes: setup.listener.max_body_bytes, ..Limits::default() },
        };
        listener::bind(options, self.options.handler.clone()).await.map_err(EngineError::Bind)
    }

    async fn stop_listening(&mut self, why: String) {
        let Some(listening) = self.listening.take() else {
            return;
        };
        self.options.handler.oauth().server.set_https(None);
        self.publish(|known| known.listen = ListenState::Stopped { why, next_free: None });
        listening.stop(REBIND_GRACE).await;
    }

    pub(super) async fn change_setup(&mut self, mut setup: Setup) {
        if let Some(problem) = SetupError::find(&setup) {
            self.tell(Tone::Error, problem.to_string());
            return;
        }
        let before = self.options.setup.borrow().clone();
        setup.revision = before.revision + 1;
        if self.options.save_workspace {
            setup = self.keep_secrets(before.clone(), setup).await;
        }
        self.publish_setup(setup).await;
        if self.options.save_workspace {
            let setup = self.options.setup.borrow().clone();
            let problem = self.options.workspace.save(&setup).err().map(|error| error.to_string());
            if let Some(problem) = &problem {
                self.tell(Tone::Error, problem.clone());
            } else {
                self.forget_secrets(before, setup).await;
            }
            self.publish_workspace(problem);
        }
    }

    /// Makes a setup the current one; binds the listener anew where it has to be.
    async fn publish_setup(&mut self, setup: Setup) {
        let before = self.options.setup.borrow().clone();
        let setup = Arc::new(setup);
        self.replace_setup(&setup);
        if bound_part(&before.listener) == bound_part(&setup.listener) {
            self.follow_certificate(&before.listener, &setup.listener).await;
        } else if self.listening.is_some() {
            self.stop_listening(String::new()).await;
            if let Err(error) = self.listen().await {
                self.tell(Tone::Error, error.to_string());
            }
        }
    }

    async fn new_session(&mut self) {
        let data_dir = self.options.data_dir.clone();
        let opened = tokio::task::spawn_blocking(move || LiveSession::new_in(&data_dir)).await;
        match opened {
            Ok(Ok(session)) => {
                let next = Arc::new(Live::new(session, true));
                if let Some(max_bytes) = self.max_bytes {
                    next.recorder.set_max_bytes(max_bytes);
                }
                self.status = next.recorder.status();
                let state = next.state.clone();
                let before = self.options.handler.change_live(next);
                self.retiring.push(before);
                self.publish_counts();
                self.publish(|known| known.session = state);
                self.send(Event::SessionChanged);
            }
            Ok(Err(error)) => self.tell(Tone::Error, error.to_string()),
            Err(error) => self.tell(Tone::Error, format!("cannot begin a new session: {error}")),
        }
    }

    /// Follows what others change: the workspace, and the certificate.
    async fn look_at_files(&mut self) {
        let before = self.options.setup.borrow().listener.clone();
        self.look_at_workspace();
        let after = self.options.setup.borrow().listener.clone();
        self.follow_certificate(&before, &after).await;
        self.publish_certificate();
    }

    fn look_at_workspace(&mut self) {
        // A keychain that does not answer takes a second, in which this thread's other tasks go to others.
        let workspace = &mut self.options.workspace;
        let Some(loaded) = tokio::task::block_in_place(|| workspace.reload_if_changed()) else {
            return;
        };
        match loaded {
            Ok(issues) => {
                let n_issues = issues.len();
                let mut setup = self.options.workspace.setup().clone();
                setup.revision = self.options.setup.borrow().revision + 1;
                self.replace_setup(&Arc::new(setup));
                let said = match issues.first() {
                    Some(issue) => format!("The workspace file was read again: {issue} ({n_issues} in all)"),
                    None => "The workspace file changed and was read again".to_owned(),
                };
                self.tell(if n_issues > 0 { Tone::Warning } else { Tone::Info }, said);
            }
            Err(error) => self.tell(Tone::Error, error.to_string()),
        }
    }

    /// Publishes what changes with calls, if anything did; closes sessions whose last call has ended.
    fn publish_counts(&mut self) {
        let handler = &self.options.handler;
        let version = handler.under_way().version();
        let status = handler.live().recorder.status().borrow().clone();
        let staged: Arc<[Arc<str>]> = handler.counters().staged().into();
        let held = handler.others().held.all();
        let known = self.options.state.borrow();
        let rules = handler.counters().version();
        let is_same = rules == self.seen_rules
            && version == self.seen_under_way
            && known.recorder == status
            && known.staged == staged
            && known.held == held;
        drop(known);
        self.retiring.retain(|live| {
            let has_calls = live.n_under_way() > 0;
            if !has_calls {
                let live = live.clone();
                drop(tokio::task::spawn_blocking(move || {
                    if let Err(error) = live.close() {
                        log::error!("{error}");
                    }
                }));
            }
            has_calls
        });
        if is_same {
            return;
        }
        self.seen_under_way = version;
        // Counts are collected only where one has changed.
        let rule_counts = (rules != self.seen_rules).then(|| handler.counters().rule_counts().into());
        self.seen_rules = rules;
        let (under_way, n_under_way) = (handler.under_way().shown(), handler.under_way().len());
        self.publish(|known| {
            known.under_way = under_way;
            known.n_under_way = n_under_way;
            known.recorder = status;
            known.staged = staged;
            known.held = held;
            if let Some(rule_counts) = rule_counts {
                known.rule_counts = rule_counts;
            }
        });
    }

    fn publish_workspace(&self, problem: Option<String>) {
        let path = self.options.workspace.path().map(PathBuf::from);
        self.publish(|known| {
            known.workspace = path;
            known.workspace_problem = problem;
        });
    }

    pub(super) fn publish(&self, change: impl FnOnce(&mut EngineState)) {
        self.options.state.send_modify(change);
        (self.options.wake)();
    }

    fn published(&self) -> Published {
        Published { state: self.options.state.clone(), wake: self.options.wake.clone() }
    }

    fn outbox(&self) -> Option<Outbox> {
        let listening = self.listening.as_ref()?;
        Some(self.outbox_with(Some(listening.https_addr()), vec![listening.certificate().pem_path]))
    }

    /// Elsewhere can be reached without a listener of our own.
    pub(super) fn outbox_for(&self, to: &super::ReplayTo) -> Option<Outbox> {
        match to {
            super::ReplayTo::OurListener => self.outbox(),
            super::ReplayTo::Url(_) => self.outbox().or_else(|| Some(self.outbox_with(None, Vec::new()))),
        }
    }

    fn outbox_with(&self, https: Option<SocketAddr>, trusted: Vec<PathBuf>) -> Outbox {
        let http = self.listening.as_ref().and_then(Listening::http_addr);
        Outbox {
            handler: self.options.handler.clone(),
            setup: self.options.setup.borrow().clone(),
            https,
            own_addresses: https.into_iter().chain(http).collect(),
            trusted,
            events: self.options.events.clone(),
            wake: self.options.wake.clone(),
        }
    }

    pub(super) fn send(&self, event: Event) {
        if self.options.events.try_send(event).is_err() {
            log::warn!("an event was not shown: too many wait");
        }
        (self.options.wake)();
    }

    /// Where the secrets of the workspace are kept.
    pub(super) fn secrets(&self) -> crate::workspace::Secrets {
        self.options.workspace.secrets().clone()
    }

    pub(super) fn tell(&self, tone: Tone, text: impl Into<String>) {
        tell(&self.options.events, &self.options.wake, tone, text);
    }
}
