//! The tunnel that brings Okta's calls here: what is shown of it and asked of it.

use egui::Ui;

use super::App;
use crate::engine::{
    self, TunnelCommand, TunnelPort, TunnelProgram, TunnelRun, UrlSource, public_url_problem, target_of, typed_url,
};
use crate::tunnel::{LINES, Recipe, Target, recipes};
use crate::window::panels::messages::Tone;
use crate::window::panels::tunnel::{
    self, ChangeModel, ProgramModel, PublicModel, RunModel, TunnelModel, TunnelWish, WayModel,
};

/// How many commands the empty list offers.
const FIRST_RECIPES: usize = 2;

impl App {
    /// True where it is to be closed.
    pub(super) fn tunnel_ui(&mut self, ui: &mut Ui) -> bool {
        self.fill_tunnel_fields();
        let model = self.tunnel_model();
        let mut state = std::mem::take(&mut self.tunnel);
        let url = model.public.as_ref().map(|public| public.url.clone());
        let wishes = tunnel::ui(&model, &mut state, |ui| self.chain_ui(url, ui), ui);
        self.tunnel = state;
        let mut is_closed = false;
        for wish in wishes {
            is_closed |= wish == TunnelWish::Close;
            self.carry_out_tunnel(wish, ui);
            ui.request_repaint();
        }
        is_closed
    }

    fn carry_out_tunnel(&mut self, wish: TunnelWish, ui: &Ui) {
        let command = match wish {
            TunnelWish::Start { program_idx, is_plain } => {
                let Some(program) = TunnelProgram::WITH_RECIPE.get(program_idx) else {
                    return;
                };
                let port = if is_plain { TunnelPort::Http } else { TunnelPort::Https };
                TunnelCommand::Start { program: *program, port }
            }
            TunnelWish::StartOwn(command) => TunnelCommand::StartOwn(command),
            TunnelWish::Stop => TunnelCommand::Stop,
            TunnelWish::Find => TunnelCommand::Find,
            TunnelWish::Look => TunnelCommand::Look,
            TunnelWish::SetUrl(url) => TunnelCommand::SetPublicUrl(url),
            TunnelWish::ForgetChange => TunnelCommand::ForgetChange,
            TunnelWish::Copy { text, what } => {
                ui.copy_text(text);
                self.say(Tone::Info, format!("Copied the {what}"));
                return;
            }
            TunnelWish::Close => return,
        };
        self.command_engine(engine::Command::Tunnel(command));
    }

    /// The fields show what the setup says, until somebody types.
    fn fill_tunnel_fields(&mut self) {
        let setup = &self.state.setup.tunnel;
        if self.tunnel.known_url != setup.public_url {
            self.tunnel.url = setup.public_url.clone().unwrap_or_default();
            self.tunnel.known_url = setup.public_url.clone();
        }
        if self.tunnel.known_command != setup.command {
            self.tunnel.own_command = setup.command.clone().unwrap_or_default();
            self.tunnel.known_command = setup.command.clone();
        }
    }

    fn tunnel_model(&self) -> TunnelModel {
        let known = &self.state.tunnel;
        let run = known.run.as_ref();
        let target = target_of(&self.state.listen);
        let time = |at: crate::call::Timestamp| at.time_of_day(&self.zone, false);
        let public = known.public_url.as_ref().map(|public| PublicModel {
            url: public.url.to_string(),
            about: match public.source {
                UrlSource::Typed => format!("typed here, since {}", time(public.since)),
                UrlSource::Started(program) => format!("from {program}, since {}", time(public.since)),
                UrlSource::Agent => format!("from a running ngrok, since {}", time(public.since)),
            },
            problem: public.problem.clone(),
            is_typed: public.source == UrlSource::Typed,
        });
        let given = run.filter(|run| run.is_running()).and_then(|run| run.progress.public_url.clone());
        let typed = typed_url(&self.tunnel.url, &self.state.setup);
        let is_new = typed.is_some() && typed != self.state.setup.tunnel.public_url;
        TunnelModel {
            other_url: given.filter(|given| public.as_ref().is_some_and(|public| public.url != *given)),
            public,
            change: known
                .change
                .as_ref()
                .map(|change| ChangeModel { before: change.before.clone(), at: time(change.at()) }),
            run: run.map(|run| self.run_model(run, target)),
            programs: target.map(|target| self.program_models(&target)).unwrap_or_default(),
            is_looking: known.installed.is_none(),
            is_finding: known.is_finding,
            not_found: known.not_found.clone(),
            typed_problem: typed.filter(|_| is_new).and_then(|url| public_url_problem(&url, &self.state.setup)),
            why_not: match (run.is_some_and(TunnelRun::is_running), target) {
                (true, _) => Some("A tunnel runs already: stop it first"),
                (false, None) => Some("A tunnel needs a listener to lead to: start listening first"),
                (false, Some(_)) => None,
            },
        }
    }

    fn run_model(&self, run: &TunnelRun, target: Option<Target>) -> RunModel {
        let time = |at: crate::call::Timestamp| at.time_of_day(&self.zone, false);
        let name = run.name();
        let (said, tone) = match &run.progress.end {
            None => {
                let waits = if run.progress.public_url.is_none() { ". It has given no public URL yet" } else { "" };
                (format!("{name} runs since {}{waits}", time(run.started_at)), Tone::Info)
            }
            Some(end) => {
                let at = run.ended_at.map(|at| format!(", at {}", time(at))).unwrap_or_default();
                let tone = if end.was_stopped { Tone::Info } else { Tone::Error };
                (format!("{name} {end}{at}"), tone)
            }
        };
        let warning = run.leads_elsewhere(target).map(|address| {
            format!(
                "It leads to {address}, where the listener is no longer: stop it and start it again, or listen there"
            )
        });
        RunModel {
            said,
            tone,
            is_running: run.is_running(),
            command: run.command.clone(),
            warning,
            n_left_out: run.progress.n_lines.saturating_sub(LINES as u64),
            lines: run.progress.lines.clone(),
        }
    }

    fn program_models(&self, target: &Target) -> Vec<ProgramModel> {
        let program = |(place, recipe): (usize, Recipe)| ProgramModel {
            place,
            title: recipe.program.title(),
            path: self.path_of(recipe.program),
            ways: recipe
                .ways
                .iter()
                .map(|way| WayModel {
                    is_plain: way.port == TunnelPort::Http,
                    command: way.command(),
                    is_complete: way.is_complete,
                })
                .collect(),
            needs: recipe.program.needs(),
            url_looks: recipe.program.url_looks(),
            name_stays: recipe.program.name_stays(),
            notes: recipe.program.notes(),
        };
        let mut programs: Vec<ProgramModel> = recipes(target).into_iter().enumerate().map(program).collect();
        // What can be started now is read first.
        programs.sort_by_key(|program| program.path.is_none());
        programs
    }

    /// Where the file of a program lies, if it was found.
    fn path_of(&self, program: TunnelProgram) -> Option<String> {
        let installed = self.state.tunnel.installed.as_ref()?;
        let found = installed.iter().find(|found| found.program == program)?;
        found.path.as_ref().map(|path| path.display().to_string())
    }

    /// Name and command of what the empty list offers: programs that are there before those that would have to be installed.
    pub(super) fn first_recipes(&self) -> Vec<(String, String)> {
        let Some(target) = target_of(&self.state.listen) else {
            return Vec::new();
        };
        let mut recipes: Vec<Recipe> = recipes(&target);
        recipes.retain(|recipe| recipe.ways.iter().all(|way| way.is_complete));
        recipes.sort_by_key(|recipe| self.path_of(recipe.program).is_none());
        let command = |recipe: &Recipe| {
            let way = recipe.way(TunnelPort::Https)?;
            Some((recipe.program.title().to_owned(), way.command()))
        };
        recipes.iter().take(FIRST_RECIPES).filter_map(command).collect()
    }

    /// What is wrong with the tunnel, in a few words.
    pub(super) fn tunnel_problem(&self) -> Option<(Tone, String)> {
        let known = &self.state.tunnel;
        let target = target_of(&self.state.listen);
        if known.public_url.as_ref().is_some_and(|public| public.problem.is_some()) {
            return Some((Tone::Warning, "Okta will not take the public URL".to_owned()));
        }
        if known.run.as_ref().is_some_and(|run| run.leads_elsewhere(target).is_some()) {
            return Some((Tone::Warning, "The tunnel leads elsewhere".to_owned()));
        }
        if known.change.is_some() {
            return Some((Tone::Warning, "The public URL has changed".to_owned()));
        }
        let run = known.run.as_ref().filter(|_| known.public_url.is_none())?;
        let end = run.progress.end.as_ref()?;
        (!end.was_stopped).then(|| (Tone::Error, "The tunnel has ended".to_owned()))
    }
}
