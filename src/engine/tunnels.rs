//! The way from Okta to the listener: a tunnel program that was started here, one that was found, or a URL that was typed.
//!
//! A tunnel goes on when the listener stops: its name may be gone for good once it ends, and hooks in Okta hold that name. It ends
//! when it is told to, when its program ends, and with this run, after the calls under way had their time.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::{mpsc, watch};

use super::public_url::{RememberedUrls, UrlChange, is_same_url, public_url_problem, typed_url};
use super::start::tell;
use super::{EngineState, Event, ListenState, Tone, Wake};
use crate::call::Timestamp;
use crate::respond::Setup;
use crate::tunnel::agent::Answer;
use crate::tunnel::{self, Installed, Port, Program, Progress, Recipe, Running, Target, command_line};

/// How long a program may take to end when it is stopped, before it is killed.
const STOP_GRACE: Duration = Duration::from_secs(3);
/// The same when this run ends; with what else has to be done a window ends within 5 s.
const END_GRACE: Duration = Duration::from_secs(1);

/// What a front can ask for about tunnels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TunnelCommand {
    /// Starts a program with its recipe, leading to this port of the listener.
    Start {
        program: Program,
        port: Port,
    },
    /// Starts a command of the user's own, and keeps it in the setup.
    StartOwn(String),
    Stop,
    /// Asks a running ngrok agent for its tunnels.
    Find,
    /// Looks for tunnel programs again.
    Look,
    /// The URL that Okta calls, as the user knows it; none gives way to that of a tunnel.
    SetPublicUrl(Option<String>),
    /// The change of the public URL has been read, and hooks in Okta were changed.
    ForgetChange,
}

/// What is known of tunnels.
#[derive(Clone, Debug, Default)]
pub struct TunnelState {
    /// None until they were looked for.
    pub installed: Option<Arc<[Installed]>>,
    /// The program that runs, or the last one that did.
    pub run: Option<TunnelRun>,
    pub public_url: Option<PublicUrl>,
    /// The public URL is another one than before, and nobody has said to know.
    pub change: Option<UrlChange>,
    /// An agent is being asked.
    pub is_finding: bool,
    /// What came of asking an agent, as a sentence, where it was not a public URL.
    pub not_found: Option<String>,
}

/// A program that was started.
#[derive(Clone, Debug, PartialEq)]
pub struct TunnelRun {
    pub program: Program,
    /// What was started, as a command line.
    pub command: String,
    /// The listener as it was then.
    pub target: Target,
    pub port: Port,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub progress: Progress,
}

impl TunnelRun {
    pub fn is_running(&self) -> bool {
        self.progress.end.is_none()
    }

    /// Name of the program, for a sentence.
    pub fn name(&self) -> String {
        match self.program {
            Program::Other => self.command.split_whitespace().next().unwrap_or_default().to_owned(),
            program => program.title().to_owned(),
        }
    }

    /// Where it leads, if the listener is no longer there.
    pub fn leads_elsewhere(&self, target: Option<Target>) -> Option<String> {
        let address = self.target.address(self.port)?;
        let is_there = target.is_none_or(|target| target.address(self.port) == Some(address));
        (self.is_running() && !is_there).then(|| address.to_string())
    }
}

/// Where a public URL is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlSource {
    Typed,
    /// Read from what a program prints that was started here.
    Started(Program),
    /// An ngrok agent said so.
    Agent,
}

/// The address under which Okta reaches the listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    /// Without a slash at the end; an endpoint's path can be added.
    pub url: Arc<str>,
    pub source: UrlSource,
    pub since: Timestamp,
    /// What Okta will not take about it.
    pub problem: Option<String>,
}

/// The listener as a tunnel sees it, while it listens.
pub fn target_of(listen: &ListenState) -> Option<Target> {
    match listen {
        ListenState::Listening { https, http, .. } => Some(Target { https: *https, http: *http }),
        ListenState::Stopped { .. } => None,
    }
}

pub struct TunnelParts {
    pub data_dir: PathBuf,
    pub setup: watch::Receiver<Arc<Setup>>,
    pub state: watch::Sender<EngineState>,
    /// Where the public URL is told to whoever answers calls.
    pub public_url: watch::Sender<Option<Arc<str>>>,
    pub events: mpsc::Sender<Event>,
    pub wake: Wake,
}

/// What tasks of ours have found out.
enum News {
    Installed(Vec<Installed>),
    Asked(Answer),
}

/// Holds the running program and what is known. Owned by the engine's task.
pub struct Tunnels {
    parts: TunnelParts,
    known: TunnelState,
    remembered: RememberedUrls,
    running: Option<Running>,
    progress: Option<watch::Receiver<Progress>>,
    agent_url: Option<String>,
    to_us: mpsc::Sender<News>,
    news: mpsc::Receiver<News>,
}

impl Tunnels {
    pub fn new(parts: TunnelParts) -> Tunnels {
        let (to_us, news) = mpsc::channel(8);
        let remembered = RememberedUrls::load(&parts.data_dir);
        let known = TunnelState::default();
        let mut tunnels =
            Tunnels { parts, known, remembered, running: None, progress: None, agent_url: None, to_us, news };
        tunnels.renew();
        tunnels
    }

    /// Begins to look for programs. Must be called within the runtime.
    pub fn look(&self) {
        let to_us = self.to_us.clone();
        drop(tokio::task::spawn_blocking(move || {
            let installed = tunnel::search(std::env::var_os("PATH").as_deref());
            // The run may have ended.
            to_us.blocking_send(News::Installed(installed)).ok();
        }));
    }

    /// Waits for something new and takes it. Nothing is lost where this is dropped while it waits.
    pub async fn changed(&mut self) {
        tokio::select! {
            is_alive = next(&mut self.progress) => self.take_progress(is_alive),
            Some(news) = self.news.recv() => self.take_news(news),
            Ok(()) = self.parts.setup.changed() => self.renew(),
            else => std::future::pending().await,
        }
    }

    /// Carries out a command. Gives a setup where it changes one.
    pub fn carry_out(&mut self, command: TunnelCommand) -> Option<Setup> {
        let setup = self.parts.setup.borrow().clone();
        match command {
            TunnelCommand::Start { program, port } => self.start_recipe(program, port),
            TunnelCommand::StartOwn(command) => {
                let command = command.trim().to_owned();
                self.start_own(&command);
                if setup.tunnel.command.as_ref() != Some(&command) && !command.is_empty() {
                    let mut setup = Setup::clone(&setup);
                    setup.tunnel.command = Some(command);
                    return Some(setup);
                }
            }
            TunnelCommand::Stop => {
                if let Some(running) = &self.running {
                    running.stop(STOP_GRACE);
                }
            }
            TunnelCommand::Find => self.find(),
            TunnelCommand::Look => self.look(),
            TunnelCommand::SetPublicUrl(url) => {
                let url = url.and_then(|url| typed_url(&url, &setup));
                if setup.tunnel.public_url != url {
                    let mut setup = Setup::clone(&setup);
                    setup.tunnel.public_url = url;
                    return Some(setup);
                }
            }
            TunnelCommand::ForgetChange => {
                self.remembered.forget_change(self.workspace().as_deref());
                self.renew();
            }
        }
        None
    }

    /// Ends the program that was started, if one runs.
    pub async fn end(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.stop(END_GRACE);
            running.ended().await;
        }
    }

    fn start_recipe(&mut self, program: Program, port: Port) {
        let Some(target) = self.target_to_start() else {
            return;
        };
        let recipe = Recipe::of(program, &target);
        match recipe.way(port) {
            Some(way) if way.is_complete => {
                let (arguments, port) = (way.started(), way.port);
                self.start(arguments, target, port);
            }
            Some(_) => self.tell(
                Tone::Error,
                format!("{program} needs a server of your own: put it into the command, and start that as your own"),
            ),
            None => self.tell(
                Tone::Error,
                "The listener has no plain HTTP port: set one in the workspace, or lead the tunnel to the HTTPS port",
            ),
        }
    }

    fn start_own(&mut self, command: &str) {
        let Some(target) = self.target_to_start() else {
            return;
        };
        match tunnel::own_command(command, &target) {
            Ok(arguments) => {
                let plain = target.http.map(|http| http.port().to_string());
                let leads_to_plain =
                    plain.is_some_and(|plain| arguments.iter().any(|argument| argument.contains(plain.as_str())));
                let port = if leads_to_plain { Port::Http } else { Port::Https };
                self.start(tunnel::without_questions(arguments), target, port);
            }
            Err(error) => self.tell(Tone::Error, format!("Cannot start the tunnel: {error}")),
        }
    }

    /// The listener, where a tunnel can be started now; else it is said why not.
    fn target_to_start(&self) -> Option<Target> {
        let target = target_of(&self.parts.state.borrow().listen);
        match (target, self.running.is_some()) {
            (_, true) => {
                self.tell(Tone::Error, "A tunnel runs already: stop it before another one is started");
                None
            }
            (None, false) => {
                self.tell(Tone::Error, "A tunnel needs a listener to lead to: start listening first");
                None
            }
            (target, false) => target,
        }
    }

    fn start(&mut self, arguments: Vec<String>, target: Target, port: Port) {
        let program = arguments.first().map_or(Program::Other, |first| Program::of_command(first));
        match Running::start(&arguments, &target) {
            Ok(running) => {
                self.progress = Some(running.progress());
                self.running = Some(running);
                self.known.run = Some(TunnelRun {
                    program,
                    command: command_line(&arguments),
                    target,
                    port,
                    started_at: now(),
                    ended_at: None,
                    progress: Progress::default(),
                });
                self.renew();
            }
            Err(error) => self.tell(Tone::Error, capitalised(&error.to_string())),
        }
    }

    fn find(&mut self) {
        // Without a listener the setup says where one would be.
        let listener = &self.parts.setup.borrow().listener;
        let configured = Target { https: listener.https, http: listener.http };
        let target = target_of(&self.parts.state.borrow().listen).unwrap_or(configured);
        if self.known.is_finding {
            return;
        }
        self.known.is_finding = true;
        self.known.not_found = None;
        self.publish();
        let to_us = self.to_us.clone();
        tokio::spawn(async move {
            let answer = tunnel::find_agent(&tunnel::AGENT_PORTS, &target).await;
            // The run may have ended.
            to_us.send(News::Asked(answer)).await.ok();
        });
    }

    fn take_news(&mut self, news: News) {
        match news {
            News::Installed(installed) => self.known.installed = Some(installed.into()),
            News::Asked(answer) => {
                self.known.is_finding = false;
                self.known.not_found = not_found(&answer);
                self.agent_url = match answer {
                    Answer::Ours { public_url, .. } => Some(public_url),
                    _ => None,
                };
            }
        }
        self.renew();
    }

    fn take_progress(&mut self, is_alive: bool) {
        let Some(progress) = self.progress.as_mut().map(|progress| progress.borrow_and_update().clone()) else {
            return;
        };
        let end = progress.end.clone();
        let last_line = progress.lines.last().cloned();
        let name = self.known.run.as_mut().map(|run| {
            run.progress = progress;
            run.ended_at = end.as_ref().map(|_| now());
            run.name()
        });
        if end.is_some() || !is_alive {
            self.progress = None;
            self.running = None;
        }
        if let (Some(end), Some(name)) = (end, name) {
            let tone = match (end.was_stopped, end.was_killed) {
                (true, false) => Tone::Info,
                (true, true) => Tone::Warning,
                (false, _) => Tone::Error,
            };
            let last = last_line.filter(|_| !end.was_stopped).map(|line| format!(": {line}")).unwrap_or_default();
            self.tell(tone, format!("{name} {end}{last}"));
        }
        self.renew();
    }

    /// Finds the public URL that holds now, and says where it is another one than before.
    fn renew(&mut self) {
        let setup = self.parts.setup.borrow_and_update().clone();
        let run = self.known.run.as_ref().filter(|run| run.is_running());
        let started = run.and_then(|run| {
            let url = run.progress.public_url.clone()?;
            Some((url, UrlSource::Started(run.program)))
        });
        let typed = setup.tunnel.public_url.clone().map(|url| (url, UrlSource::Typed));
        let agent = self.agent_url.clone().map(|url| (url, UrlSource::Agent));
        let before = self.known.public_url.take();
        let workspace = self.workspace();
        if let Some((url, source)) = typed.or(started).or(agent) {
            let is_same = |known: &PublicUrl| is_same_url(&known.url, &url) && known.source == source;
            let problem = public_url_problem(&url, &setup);
            let known = before.filter(is_same);
            let is_news = known.is_none();
            let since = known.map_or_else(now, |known| known.since);
            if is_news {
                self.note(&url, source, problem.as_deref());
            }
            self.known.public_url = Some(PublicUrl { url: url.into(), source, since, problem });
        }
        self.known.change = self.remembered.change(workspace.as_deref()).cloned();
        self.publish();
    }

    /// A URL that was not known until now.
    fn note(&mut self, url: &str, source: UrlSource, problem: Option<&str>) {
        let workspace = self.workspace();
        let before = self.remembered.use_url(workspace.as_deref(), url, now());
        if let Some(before) = before {
            self.tell(
                Tone::Warning,
                format!(
                    "The public URL is now {url}. Hooks in Okta that hold {before} point nowhere: change their URL, and verify \
                     event hooks again"
                ),
            );
        } else if source != UrlSource::Typed {
            self.tell(Tone::Info, format!("The public URL is {url}"));
        }
        if let Some(problem) = problem {
            self.tell(Tone::Warning, problem);
        }
    }

    fn workspace(&self) -> Option<PathBuf> {
        self.parts.state.borrow().workspace.clone()
    }

    fn publish(&self) {
        let url = self.known.public_url.as_ref().map(|known| known.url.clone());
        self.parts.public_url.send_if_modified(|told| {
            let is_other = *told != url;
            *told = url;
            is_other
        });
        self.parts.state.send_modify(|state| state.tunnel = self.known.clone());
        (self.parts.wake)();
    }

    fn tell(&self, tone: Tone, text: impl Into<String>) {
        tell(&self.parts.events, &self.parts.wake, tone, text);
    }
}

/// Waits for news of a run; false where its task has gone. Without a run for ever.
async fn next(progress: &mut Option<watch::Receiver<Progress>>) -> bool {
    match progress {
        Some(progress) => progress.changed().await.is_ok(),
        None => std::future::pending().await,
    }
}

/// Why an agent gives no public URL, and what to do.
fn not_found(answer: &Answer) -> Option<String> {
    match answer {
        Answer::Ours { .. } => None,
        Answer::NotOurs { agent_port, tunnels } if tunnels.is_empty() => Some(format!(
            "An ngrok agent runs (its own page is on port {agent_port}), but it has no tunnel. Start one to this listener"
        )),
        Answer::NotOurs { agent_port, tunnels } => {
            let places: Vec<&str> = tunnels.iter().take(3).map(|tunnel| tunnel.leads_to.as_str()).collect();
            Some(format!(
                "An ngrok agent runs (its own page is on port {agent_port}), but it leads to {}. Start one to this listener",
                places.join(", ")
            ))
        }
        Answer::Unreadable { agent_port, why } => Some(format!(
            "Something listens on port {agent_port}, where an ngrok agent would, but {why}. Type the public URL instead"
        )),
        Answer::NotRunning => Some(format!(
            "No ngrok agent runs on this machine (asked on the ports {} to {}). Start one, or type the public URL",
            tunnel::AGENT_PORTS.first().copied().unwrap_or_default(),
            tunnel::AGENT_PORTS.last().copied().unwrap_or_default()
        )),
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

fn now() -> Timestamp {
    Timestamp::from_system_time(SystemTime::now())
}
