//! Starting and ending the engine, and the handle that fronts hold.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot, watch};

use super::handler::Handler;
use super::live::Live;
use super::oauth_calls::OauthCalls;
use super::task::{Task, TaskOptions};
use super::{
    ChainView, Command, EndedSink, EngineFeed, EngineState, Event, ListenState, LiveView, Tone, TunnelState, Wake,
};
use crate::auth::AddressList;
use crate::call::{Record, SessionId, Timestamp};
use crate::listener::{BindError, IdentityError};
use crate::session::{LiveSession, SessionError};
use crate::workspace::{self, Issue, Workspace, WorkspaceError};

/// How many commands may wait. A person cannot fill it; a full one is an error that is shown.
const COMMANDS: usize = 256;
/// How many events may wait for a front. When it is full the oldest stay and a new one is dropped: they are words for a
/// person, the facts are in the session and the state.
const EVENTS: usize = 1_024;

/// Which session a run records into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionChoice {
    /// The working session of the data folder; a file of its own where that is held by another process.
    Working,
    /// This file, created or continued.
    At(PathBuf),
}

/// What a run needs to know.
pub struct EngineOptions {
    /// Where the working session, the authority and its keys lie.
    pub data_dir: PathBuf,
    pub workspace: Workspace,
    /// True: changes of the setup are written to the workspace file.
    pub save_workspace: bool,
    pub session: SessionChoice,
    /// A certificate chain and its key to use instead of the local authority's.
    pub certificate: Option<(PathBuf, PathBuf)>,
    pub wake: Wake,
    pub sink: Option<EndedSink>,
}

/// Why a run cannot start.
#[derive(Debug)]
pub enum EngineError {
    /// The machine gives no threads.
    Runtime(std::io::Error),
    Session(SessionError),
    Identity(IdentityError),
    Bind(BindError),
    /// The engine has ended.
    Gone,
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EngineError::Runtime(error) => write!(f, "cannot start the network threads: {error}"),
            EngineError::Session(error) => error.fmt(f),
            EngineError::Identity(error) => error.fmt(f),
            EngineError::Bind(error) => error.fmt(f),
            EngineError::Gone => f.write_str("the engine has ended; start the program again"),
        }
    }
}

impl std::error::Error for EngineError {}

/// The running inspector. Dropping it ends it as [`Engine::shut_down`] does, without waiting for calls.
pub struct Engine {
    runtime: Option<Runtime>,
    handler: Arc<Handler>,
    commands: mpsc::Sender<Command>,
    listen: mpsc::Sender<oneshot::Sender<Result<(), EngineError>>>,
    state: watch::Receiver<EngineState>,
    public_url: watch::Receiver<Option<Arc<str>>>,
    end: Option<oneshot::Sender<Duration>>,
    ended: Option<oneshot::Receiver<Result<(), SessionError>>>,
}

impl Engine {
    /// Opens the session and starts the network threads. It does not listen yet: [`Engine::listen`] or
    /// [`Command::StartListening`] does.
    pub fn start(options: EngineOptions) -> Result<(Engine, EngineFeed), EngineError> {
        let EngineOptions { data_dir, workspace, save_workspace, session, certificate, wake, sink } = options;
        let opened = match &session {
            SessionChoice::Working => LiveSession::working(&data_dir),
            SessionChoice::At(path) => LiveSession::at(path, &data_dir),
        };
        let opened = opened.map_err(EngineError::Session)?;
        let is_working = session == SessionChoice::Working;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .thread_name("hookscope-net")
            .enable_all()
            .build()
            .map_err(EngineError::Runtime)?;

        let mut loaded = opened.loaded();
        let live = Arc::new(Live::new(opened, is_working));
        let setup = Arc::new(workspace.setup().clone());
        let (setup_sender, setup_receiver) = watch::channel(setup.clone());
        let oauth = OauthCalls::new(&data_dir);
        oauth.prepare(&setup, runtime.handle());
        let handler = Arc::new(Handler::new(setup_receiver, live.clone(), oauth, wake.clone(), sink));
        let (learner, learned, woken) = (handler.clone(), live.clone(), wake.clone());
        runtime.spawn(async move {
            // Where the thread that reads has gone, what it has read is learned: calls wait for it.
            loaded.wait_for(|loaded| *loaded).await.ok();
            drop(tokio::task::spawn_blocking(move || learner.learn_earlier(&learned)).await);
            woken();
        });
        let (state_sender, state) = watch::channel(EngineState {
            listen: ListenState::Stopped { why: String::new(), next_free: None },
            setup,
            staged: Arc::from([]),
            held: Arc::from([]),
            rule_counts: Arc::from([]),
            under_way: Arc::from([]),
            n_under_way: 0,
            session: live.state.clone(),
            recorder: live.recorder.status().borrow().clone(),
            chain: ChainView::default(),
            run: None,
            matrix: None,
            workspace: workspace.path().map(PathBuf::from),
            workspace_problem: None,
            stand_in: None,
            key_places: Arc::from([]),
            tunnel: TunnelState::default(),
        });
        let (public_url_sender, public_url) = watch::channel(None);
        handler.oauth().follow(public_url.clone(), runtime.handle());
        let (commands, command_receiver) = mpsc::channel(COMMANDS);
        let (listen, listen_receiver) = mpsc::channel(1);
        let (events_sender, events) = mpsc::channel(EVENTS);
        let (end, end_receiver) = oneshot::channel();
        let (ended_sender, ended) = oneshot::channel();
        let task = Task::new(TaskOptions {
            handler: handler.clone(),
            data_dir,
            workspace,
            save_workspace,
            certificate,
            wake,
            setup: setup_sender,
            state: state_sender,
            events: events_sender,
            public_url: public_url_sender,
        });
        runtime.spawn(async move {
            let result = task.run(command_receiver, listen_receiver, end_receiver).await;
            // Nobody waits where the handle was dropped.
            ended_sender.send(result).ok();
        });
        let engine = Engine {
            runtime: Some(runtime),
            handler,
            commands,
            listen,
            state: state.clone(),
            public_url,
            end: Some(end),
            ended: Some(ended),
        };
        Ok((engine, EngineFeed { state, events }))
    }

    /// Binds the listener and waits until it is up.
    pub fn listen(&self) -> Result<(), EngineError> {
        let (sender, receiver) = oneshot::channel();
        self.listen.try_send(sender).map_err(|_| EngineError::Gone)?;
        receiver.blocking_recv().map_err(|_| EngineError::Gone)?
    }

    /// Asks for something. It is carried out in order; what came of it is told as an [`Event`] or seen in the state.
    pub fn send(&self, command: Command) -> Result<(), EngineError> {
        self.commands.try_send(command).map_err(|_| EngineError::Gone)
    }

    /// The newest state.
    pub fn state(&self) -> EngineState {
        self.state.borrow().clone()
    }

    /// The address under which Okta reaches the listener, as far as it is known; without a slash at the end.
    pub fn public_url(&self) -> Option<Arc<str>> {
        self.public_url.borrow().clone()
    }

    /// Index and reader of the live session.
    pub fn live(&self) -> LiveView {
        self.handler.live().view.clone()
    }

    /// The live session's id.
    pub fn session_id(&self) -> SessionId {
        self.handler.live().id
    }

    /// A call of the live session, from the file or from what is on its way there.
    pub fn record(&self, call_id: crate::call::CallId) -> Result<Option<Record>, SessionError> {
        self.handler.live().view.reader.record(call_id)
    }

    /// A call that waits for a person, with the response that is prepared: it is in no session yet.
    pub fn held(&self, call_id: crate::call::CallId) -> Option<Arc<crate::call::Opening>> {
        self.handler.others().held.opening(call_id)
    }

    /// Stops listening, gives calls under way at most `grace` to finish, and leaves the session file whole and single.
    pub fn shut_down(mut self, grace: Duration) -> Result<(), SessionError> {
        self.end(grace)
    }

    fn end(&mut self, grace: Duration) -> Result<(), SessionError> {
        let Some(runtime) = self.runtime.take() else {
            return Ok(());
        };
        if let Some(end) = self.end.take() {
            // The task is gone already if nobody listens; then there is nothing to end.
            end.send(grace).ok();
        }
        let result = self.ended.take().and_then(|ended| ended.blocking_recv().ok()).unwrap_or(Ok(()));
        runtime.shutdown_timeout(Duration::from_millis(200));
        result
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Err(error) = self.end(Duration::ZERO) {
            log::error!("{error}");
        }
    }
}

/// Tells a front something, or drops it where the front has fallen far behind.
pub fn tell(events: &mpsc::Sender<Event>, wake: &Wake, tone: Tone, text: impl Into<String>) {
    let text = text.into();
    if events.try_send(Event::Message { tone, text: text.clone() }).is_err() {
        log::warn!("not shown, too many messages wait: {text}");
    }
    wake();
}

/// Where this user's data lies.
pub struct Folders {
    pub data: PathBuf,
}

/// Finds the folders of this user.
pub fn folders() -> Result<Folders, workspace::NoFolder> {
    Ok(Folders { data: workspace::data_dir()? })
}

/// Opens a workspace: the one that is named, which must be there, else the user's own, else the defaults of a first start.
pub fn open_workspace(named: Option<&Path>) -> Result<(Workspace, Vec<Issue>), WorkspaceError> {
    let own = workspace::default_path().ok();
    let path = named.map(PathBuf::from).or_else(|| own.clone().filter(|path| path.is_file()));
    match path {
        Some(path) => Workspace::load(&path).map(|loaded| (loaded.workspace, loaded.issues)),
        None => Ok((Workspace::first_start(own), Vec::new())),
    }
}

/// Is there a keychain that answers? If not, why. Takes a second where it does not answer.
pub fn look_for_keychain() -> Result<(), String> {
    workspace::keychain::system().look().map_err(|error| error.to_string())
}

/// What a file of address ranges says, and when it was last changed.
///
/// # Errors
///
/// A sentence where it cannot be read, or is no such file.
pub fn read_addresses(path: &Path) -> Result<(Arc<AddressList>, Option<Timestamp>), String> {
    workspace::address_file::read(path).map(|read| (Arc::new(read.list), read.modified_at))
}
