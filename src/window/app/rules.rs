//! The rules of the endpoints: what is shown of them, and how they are changed.

use std::sync::Arc;

use egui::Ui;

use super::App;
use super::pane::Pane;
use crate::call::{CallId, Record};
use crate::engine;
use crate::okta::HookKind;
use crate::respond::{
    Action, Answer, Condition, Endpoint, ResponseChoice, ResponseSetup, Rule, SavedResponse, Setup, Test,
};
use crate::window::command::Command;
use crate::window::panels::messages::Tone;
use crate::window::panels::rules::{
    self, FormModel, RuleDraft, RuleRow, RulesModel, RulesState, RulesWish, SavedRow, Target, free_name,
};
use crate::window::panels::status_bar::RulesShown;

/// What the pane remembers while it is shown or not.
#[derive(Default)]
pub struct RulesPane {
    state: RulesState,
    /// The rule that is written, as it was when it was opened.
    begun: Option<RuleDraft>,
    /// What was chosen here, and what was selected in the window then: another selection there counts more.
    chosen: Option<(Arc<str>, Selected)>,
    /// The rule that was removed last, and where it stood.
    removed: Option<(Arc<str>, usize, Rule)>,
}

/// What is selected in the window.
type Selected = (Option<Arc<str>>, Option<CallId>);

impl App {
    /// True where it is to be closed.
    pub(super) fn rules_ui(&mut self, ui: &mut Ui) -> bool {
        self.open_selected();
        let mut state = std::mem::take(&mut self.rules.state);
        match (&state.draft, &self.rules.begun) {
            (Some(draft), None) => self.rules.begun = Some(draft.clone()),
            (None, Some(_)) => self.rules.begun = None,
            _ => {}
        }
        let wishes = match &mut state.draft {
            Some(draft) => rules::draft_ui(&self.form_model(draft), draft, ui),
            None => match self.rules_model() {
                Some(model) => rules::ui(&model, &mut state, ui),
                None => self.no_endpoint_ui(ui),
            },
        };
        self.rules.state = state;
        let mut is_closed = false;
        for wish in wishes {
            is_closed |= matches!(wish, RulesWish::Close);
            self.carry_out_rules(wish);
            ui.request_repaint();
        }
        is_closed
    }

    /// Escape leaves the draft first, and the pane only then. One that was written in stays: it would be lost.
    pub(super) fn leave_draft(&mut self) -> bool {
        if self.pane != Pane::Rules {
            return false;
        }
        let has_draft = self.rules.state.draft.is_some();
        if self.rules.state.draft.is_some() && self.rules.state.draft != self.rules.begun {
            self.say(Tone::Info, "This rule is not saved: Save rule keeps it, Cancel gives it up");
        } else {
            self.rules.state.draft = None;
        }
        has_draft
    }

    fn no_endpoint_ui(&self, ui: &mut Ui) -> Vec<RulesWish> {
        use crate::window::panels::pane;
        use crate::window::theme;
        let is_closed = pane::head_ui("Rules", |_| {}, ui);
        pane::body_ui("rules", ui, |ui| {
            let text = "There is no endpoint yet: add one, and its rules stand here";
            ui.label(theme::secondary_text(text, theme::palette(ui)));
        });
        if is_closed { vec![RulesWish::Close] } else { Vec::new() }
    }

    fn selected_for_rules(&self) -> Selected {
        (self.tab().endpoint.clone(), self.tab().selected)
    }

    /// The endpoint whose rules are shown: the one that was chosen, else that of the selection, else the first.
    fn endpoint_of_rules(&self) -> Option<&Endpoint> {
        let setup = &self.state.setup;
        let selected = self.selected_for_rules();
        let chosen = self.rules.chosen.as_ref().filter(|(_, at)| *at == selected).map(|(name, _)| name.clone());
        let of_call = || {
            let call = self.tab().index.get(selected.1?)?;
            self.endpoint_of(&call).map(|endpoint| endpoint.name.clone())
        };
        let wanted = chosen.or_else(|| selected.0.clone()).or_else(of_call);
        wanted.and_then(|name| setup.endpoint_named(&name)).or_else(|| setup.endpoints.first())
    }

    fn rules_model(&self) -> Option<RulesModel> {
        let setup = &self.state.setup;
        let endpoint = self.endpoint_of_rules()?;
        let open = self.tab().record();
        let mut hidden_by: Option<Arc<str>> = None;
        let mut rows = Vec::new();
        for rule in &endpoint.rules {
            let known = |count: &&crate::respond::RuleCount| count.endpoint == endpoint.name && count.rule == rule.name;
            let count = self.state.rule_counts.iter().find(known);
            rows.push(RuleRow {
                name: rule.name.clone(),
                sentence: rule.to_string(),
                is_on: rule.is_on,
                n_hits: count.map_or(0, |count| count.n_hits),
                last: count.map(|count| (count.last_call, count.last_at.time_of_day(&self.zone, false))),
                hidden_by: hidden_by.clone().filter(|_| rule.is_on),
                is_first_attempt: rule
                    .conditions
                    .iter()
                    .any(|condition| *condition == Condition::new(Test::Attempt(1))),
            });
            if rule.is_on && rule.conditions.is_empty() && hidden_by.is_none() {
                hidden_by = Some(rule.name.clone());
            }
        }
        Some(RulesModel {
            endpoints: setup.endpoints.iter().map(|endpoint| endpoint.name.clone()).collect(),
            endpoint: endpoint.name.clone(),
            kind: endpoint.hook.kind(),
            rules_on: setup.rules_on,
            rows,
            own: own_sentence(endpoint),
            library: setup.responses.iter().map(|saved| saved_row(setup, saved)).collect(),
            call: open.filter(|record| record.opening.request.method.is_some()).map(|record| record.opening.call_id),
            has_response: open.is_some_and(|record| record.opening.response.is_some()),
        })
    }

    fn form_model(&self, draft: &RuleDraft) -> FormModel {
        let setup = &self.state.setup;
        let own = match &draft.target {
            Target::Rule(name) => Some(name),
            _ => None,
        };
        let rules = setup.endpoint_named(&draft.endpoint).map(|endpoint| endpoint.rules.as_slice()).unwrap_or_default();
        FormModel {
            others: rules.iter().map(|rule| rule.name.clone()).filter(|name| Some(name) != own).collect(),
            saved: setup.responses.iter().map(|saved| saved.name.clone()).collect(),
        }
    }

    fn carry_out_rules(&mut self, wish: RulesWish) {
        match wish {
            RulesWish::Close => {}
            RulesWish::ShowEndpoint(name) => {
                self.rules.chosen = Some((name, self.selected_for_rules()));
            }
            RulesWish::SetAllOn(is_on) => self.set_rules_on(is_on),
            RulesWish::Reset => {
                let endpoint = self.endpoint_of_rules().map(|endpoint| endpoint.name.clone());
                self.command_engine(engine::Command::ResetCounters { endpoint });
            }
            RulesWish::Add(preset) => {
                let Some(endpoint) = self.endpoint_of_rules() else { return };
                let kind = endpoint.hook.kind().unwrap_or(HookKind::Token);
                let rule = preset.rule(kind, &names(endpoint));
                if preset.needs_editor() {
                    self.rules.state.draft = Some(RuleDraft::of_rule(endpoint, &rule, Target::NewRule));
                } else {
                    self.change_rules(move |endpoint| endpoint.rules.insert(0, rule));
                }
            }
            RulesWish::AddFromCall => self.make_rule(),
            RulesWish::Edit(name) => {
                let found = self.endpoint_of_rules().and_then(|endpoint| {
                    let rule = endpoint.rules.iter().find(|rule| rule.name == name)?;
                    Some(RuleDraft::of_rule(endpoint, rule, Target::Rule(name)))
                });
                self.rules.state.draft = found;
            }
            RulesWish::EditOwn => {
                self.rules.state.draft = self.endpoint_of_rules().map(RuleDraft::of_endpoint);
            }
            RulesWish::SetOn(name, is_on) => self.change_rules(move |endpoint| {
                if let Some(rule) = endpoint.rules.iter_mut().find(|rule| rule.name == name) {
                    rule.is_on = is_on;
                }
            }),
            RulesWish::Move { name, is_up } => self.change_rules(move |endpoint| {
                let Some(from) = endpoint.rules.iter().position(|rule| rule.name == name) else { return };
                let to = if is_up { from.checked_sub(1) } else { Some(from + 1) };
                if let Some(to) = to.filter(|to| *to < endpoint.rules.len()) {
                    endpoint.rules.swap(from, to);
                }
            }),
            RulesWish::Duplicate(name) => self.change_rules(move |endpoint| {
                let Some(place) = endpoint.rules.iter().position(|rule| rule.name == name) else { return };
                let Some(mut copy) = endpoint.rules.get(place).cloned() else { return };
                copy.name = free_name(&format!("{} copy", copy.name), &names(endpoint));
                endpoint.rules.insert(place + 1, copy);
            }),
            RulesWish::Remove(name) => self.remove_rule(&name),
            RulesWish::OpenCall(call_id) => self.select(call_id),
            RulesWish::Save => self.save_draft(),
            RulesWish::Cancel => self.rules.state.draft = None,
            RulesWish::KeepResponse => {
                let kept = self.tab().record().and_then(|record| Some((record.opening.hook, answered(record)?)));
                if let Some((kind, response)) = kept {
                    self.keep_response(Some(kind).filter(|kind| *kind != HookKind::Unknown), response);
                }
            }
            RulesWish::KeepDrafted(idx) => {
                let drafted = self.rules.state.draft.as_ref().and_then(|draft| {
                    let step = draft.action.steps.get(idx)?;
                    Some(step.response())
                });
                match drafted {
                    Some(Ok(response)) => self.keep_response(None, response),
                    Some(Err(problem)) => self.say(Tone::Warning, problem),
                    None => {}
                }
            }
            RulesWish::RenameSaved { from, to } => {
                self.rules.state.renamed = None;
                let to: Arc<str> = to.into();
                let mut setup = Setup::clone(&self.state.setup);
                for saved in setup.responses.iter_mut().filter(|saved| saved.name == from) {
                    saved.name = to.clone();
                }
                for answer in setup.endpoints.iter_mut().flat_map(answers_mut) {
                    if answer.response == ResponseChoice::Saved(from.clone()) {
                        answer.response = ResponseChoice::Saved(to.clone());
                    }
                }
                self.command_engine(engine::Command::ChangeSetup(Box::new(setup)));
            }
            RulesWish::RemoveSaved(name) => {
                let n_uses = n_uses(&self.state.setup, &name);
                if n_uses > 0 {
                    let text =
                        format!("'{name}' is used by {}; choose another response there first", uses_text(n_uses));
                    self.say(Tone::Warning, text);
                    return;
                }
                let mut setup = Setup::clone(&self.state.setup);
                setup.responses.retain(|saved| saved.name != name);
                self.command_engine(engine::Command::ChangeSetup(Box::new(setup)));
            }
            RulesWish::UseSaved(name) => {
                let Some(endpoint) = self.endpoint_of_rules() else { return };
                let answer = Answer { response: ResponseChoice::Saved(name.clone()), fault: None };
                let rule = Rule {
                    name: free_name(&name, &names(endpoint)),
                    is_on: true,
                    conditions: Vec::new(),
                    action: Action::from(answer),
                };
                self.rules.state.draft = Some(RuleDraft::of_rule(endpoint, &rule, Target::NewRule));
            }
        }
    }

    /// Changes the endpoint whose rules are shown.
    fn change_rules(&mut self, change: impl FnOnce(&mut Endpoint)) {
        let Some(name) = self.endpoint_of_rules().map(|endpoint| endpoint.name.clone()) else { return };
        let mut setup = Setup::clone(&self.state.setup);
        if let Some(endpoint) = setup.endpoints.iter_mut().find(|endpoint| endpoint.name == name) {
            change(endpoint);
            self.command_engine(engine::Command::ChangeSetup(Box::new(setup)));
        }
    }

    fn save_draft(&mut self) {
        let Some(draft) = self.rules.state.draft.clone() else { return };
        let mut setup = Setup::clone(&self.state.setup);
        let Some(endpoint) = setup.endpoints.iter_mut().find(|endpoint| endpoint.name == draft.endpoint) else {
            let text = format!("There is no endpoint named {} any more; add it, or cancel", draft.endpoint);
            self.say(Tone::Error, text);
            return;
        };
        match draft.write(endpoint) {
            Ok(()) => {
                self.rules.state.draft = None;
                self.rules.chosen = Some((draft.endpoint, self.selected_for_rules()));
                self.command_engine(engine::Command::ChangeSetup(Box::new(setup)));
            }
            Err(problem) => self.say(Tone::Warning, problem),
        }
    }

    fn remove_rule(&mut self, name: &Arc<str>) {
        let found = self.endpoint_of_rules().and_then(|endpoint| {
            let place = endpoint.rules.iter().position(|rule| rule.name == *name)?;
            Some((endpoint.name.clone(), place, endpoint.rules.get(place)?.clone()))
        });
        let Some(removed) = found else { return };
        let place = removed.1;
        self.change_rules(move |endpoint| drop(endpoint.rules.remove(place)));
        self.messages.withdraw(Command::UndoRemoveRule);
        let text = format!("The rule {name} is removed");
        self.messages.say(Tone::Info, text, super::now(), Some(Command::UndoRemoveRule));
        self.rules.removed = Some(removed);
    }

    /// Puts the rule that was removed last back to where it stood.
    pub(super) fn undo_remove_rule(&mut self) {
        self.messages.withdraw(Command::UndoRemoveRule);
        let Some((endpoint, place, mut rule)) = self.rules.removed.take() else {
            self.say(Tone::Info, "No rule was removed");
            return;
        };
        let mut setup = Setup::clone(&self.state.setup);
        let Some(endpoint) = setup.endpoints.iter_mut().find(|known| known.name == endpoint) else {
            self.say(Tone::Warning, format!("There is no endpoint named {endpoint} any more"));
            return;
        };
        rule.name = free_name(&rule.name, &names(endpoint));
        endpoint.rules.insert(place.min(endpoint.rules.len()), rule);
        self.command_engine(engine::Command::ChangeSetup(Box::new(setup)));
    }

    fn set_rules_on(&mut self, is_on: bool) {
        let mut setup = Setup::clone(&self.state.setup);
        setup.rules_on = is_on;
        self.command_engine(engine::Command::ChangeSetup(Box::new(setup)));
        self.say(Tone::Info, if is_on { "All rules are on" } else { "All rules are off" });
    }

    /// What the status bar says of rules.
    pub(super) fn rules_shown(&self) -> RulesShown {
        let setup = &self.state.setup;
        let has_rule = setup.endpoints.iter().flat_map(|endpoint| &endpoint.rules).any(|rule| rule.is_on);
        match (has_rule, setup.rules_on) {
            (false, _) => RulesShown::None,
            (true, true) => RulesShown::On,
            (true, false) => RulesShown::Off,
        }
    }

    pub(super) fn toggle_rules(&mut self) {
        self.set_rules_on(!self.state.setup.rules_on);
    }

    /// Opens a rule that matches calls like the selected one, before it is saved.
    pub(super) fn make_rule(&mut self) {
        self.open_selected();
        let Some(record) = self.tab().record() else { return };
        self.open_draft(Rule::from_call(&record.opening));
    }

    /// Opens the rule that answered a call, or a new one like it, with another response.
    pub(super) fn answer_by_rule(&mut self, call_id: Option<CallId>, endpoint: &Arc<str>, response: ResponseSetup) {
        let record = call_id.and_then(|call_id| self.tab().reader.record(call_id).ok().flatten());
        let Some(record) = record else {
            let why = "The call is not in this session, so no rule can be made like it: what you wrote stays";
            return self.say(Tone::Warning, why);
        };
        let answered_by = record.opening.response.as_ref().map(|response| response.rule.clone());
        let known = self.state.setup.endpoint_named(endpoint).and_then(|endpoint| {
            let rule = endpoint.rules.iter().find(|rule| Some(&rule.name) == answered_by.as_ref())?;
            Some(RuleDraft::of_rule(endpoint, rule, Target::Rule(rule.name.clone())))
        });
        self.editor = None;
        match known {
            Some(draft) => {
                self.rules.state.draft = Some(draft);
                self.pane = Pane::Rules;
            }
            None => self.open_draft(Rule::from_call(&record.opening)),
        }
        if let Some(draft) = &mut self.rules.state.draft {
            draft.action.is_sequence = false;
            if let Some(first) = draft.action.steps.first_mut() {
                first.take_response(&response);
            }
        }
    }

    fn open_draft(&mut self, mut rule: Rule) {
        let call = self.tab().selected.and_then(|call_id| self.tab().index.get(call_id));
        let of_call = call.and_then(|call| self.endpoint_of(&call));
        let Some(endpoint) = of_call.or_else(|| self.state.setup.endpoints.first()) else {
            self.say(Tone::Info, "Add an endpoint first");
            return;
        };
        rule.name = free_name(&rule.name, &names(endpoint));
        self.rules.state.draft = Some(RuleDraft::of_rule(endpoint, &rule, Target::NewRule));
        self.leave_editor();
        self.pane = Pane::Rules;
    }

    fn keep_response(&mut self, kind: Option<HookKind>, response: ResponseSetup) {
        let mut setup = Setup::clone(&self.state.setup);
        let known: Vec<Arc<str>> = setup.responses.iter().map(|saved| saved.name.clone()).collect();
        let kind_text = kind.map_or("response", HookKind::as_str);
        let name = free_name(&format!("{kind_text} {}", response.status), &known);
        setup.responses.push(SavedResponse { name: name.clone(), kind, response });
        self.command_engine(engine::Command::ChangeSetup(Box::new(setup)));
        self.say(Tone::Info, format!("Saved as '{name}'; rename it in the pane Rules"));
    }
}

fn names(endpoint: &Endpoint) -> Vec<Arc<str>> {
    endpoint.rules.iter().map(|rule| rule.name.clone()).collect()
}

fn own_sentence(endpoint: &Endpoint) -> String {
    if !endpoint.action.is_default() {
        let text = endpoint.action.to_string();
        let mut letters = text.chars();
        return letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect());
    }
    match &endpoint.response {
        Some(response) => format!("Answer {}", response.status),
        None => "Answer the least harmful response of the hook kind".to_owned(),
    }
}

fn answers_mut(endpoint: &mut Endpoint) -> Vec<&mut Answer> {
    use crate::respond::Answers;
    let actions = endpoint.rules.iter_mut().map(|rule| &mut rule.action).chain(std::iter::once(&mut endpoint.action));
    let answers = actions.flat_map(|action| match &mut action.answers {
        Answers::One(answer) => std::slice::from_mut(answer),
        Answers::Sequence(sequence) => sequence.steps.as_mut_slice(),
    });
    answers.collect()
}

fn n_uses(setup: &Setup, name: &Arc<str>) -> usize {
    let is_used = |action: &Action| {
        action.all_answers().iter().any(|answer| answer.response == ResponseChoice::Saved(name.clone()))
    };
    let of = |endpoint: &Endpoint| {
        endpoint.rules.iter().filter(|rule| is_used(&rule.action)).count() + usize::from(is_used(&endpoint.action))
    };
    setup.endpoints.iter().map(of).sum()
}

fn uses_text(n_uses: usize) -> String {
    if n_uses == 1 { "1 rule or endpoint".to_owned() } else { format!("{n_uses} rules and endpoints") }
}

fn saved_row(setup: &Setup, saved: &SavedResponse) -> SavedRow {
    let n_uses = n_uses(setup, &saved.name);
    let kind = saved.kind.map_or("any kind", HookKind::as_str);
    let used = if n_uses == 0 { "not used".to_owned() } else { format!("used by {}", uses_text(n_uses)) };
    SavedRow { name: saved.name.clone(), about: format!("{}, {kind}, {used}", saved.response.status), n_uses }
}

/// What a call was answered with.
fn answered(record: &Record) -> Option<ResponseSetup> {
    match Rule::from_call(&record.opening).action.all_answers().first()?.response.clone() {
        ResponseChoice::Own(response) => Some(response),
        _ => None,
    }
}
