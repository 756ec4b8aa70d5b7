//! A rule, or what an endpoint does without one, while it is being written.

use std::sync::Arc;
use std::time::Duration;

use super::condition_draft::ConditionDraft;
use crate::okta::HookKind;
use crate::respond::{
    Action, Answer, Answers, AtEnd, Endpoint, ResponseChoice, ResponseSetup, Rule, Sequence, Template,
};
use crate::window::panels::fault_form::FaultDraft;
use crate::window::panels::relay_form::RelayDraft;

/// What is being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    NewRule,
    /// The rule that has this name until it is saved.
    Rule(Arc<str>),
    /// What answers when no rule matches.
    Endpoint,
}

/// A rule while it is being written.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleDraft {
    pub endpoint: Arc<str>,
    /// What consequences are told for.
    pub hook: HookKind,
    pub target: Target,
    pub name: String,
    pub is_on: bool,
    pub conditions: Vec<ConditionDraft>,
    pub action: ActionDraft,
}

/// What is done, while it is being written.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionDraft {
    pub is_sequence: bool,
    /// At least one; only the first counts where it is no sequence.
    pub steps: Vec<AnswerDraft>,
    pub at_end: AtEnd,
    pub relay: RelayDraft,
}

/// Where a response comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Endpoint,
    Own,
    Saved,
}

/// An answer while it is being written.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerDraft {
    pub source: Source,
    pub saved: Arc<str>,
    pub status: String,
    pub delay_ms: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub is_template: bool,
    /// The file of the body, and what was read from it: a body that was changed here is no longer what the file says.
    file: Option<(String, Arc<str>)>,
    pub fault: FaultDraft,
}

impl RuleDraft {
    pub fn of_rule(endpoint: &Endpoint, rule: &Rule, target: Target) -> RuleDraft {
        RuleDraft {
            endpoint: endpoint.name.clone(),
            hook: endpoint.hook.kind().unwrap_or(HookKind::Token),
            target,
            name: rule.name.to_string(),
            is_on: rule.is_on,
            conditions: rule.conditions.iter().map(ConditionDraft::of).collect(),
            action: ActionDraft::of(&rule.action),
        }
    }

    /// What the endpoint does when no rule matches. Its own response is that of its one answer.
    pub fn of_endpoint(endpoint: &Endpoint) -> RuleDraft {
        let mut action = ActionDraft::of(&endpoint.action);
        if let (false, Some(first), Some(response)) =
            (action.is_sequence, action.steps.first_mut(), endpoint.response.as_ref())
            && first.source == Source::Endpoint
        {
            first.take_response(response);
        }
        RuleDraft {
            endpoint: endpoint.name.clone(),
            hook: endpoint.hook.kind().unwrap_or(HookKind::Token),
            target: Target::Endpoint,
            name: String::new(),
            is_on: true,
            conditions: Vec::new(),
            action,
        }
    }

    /// What is wrong with the name among those of the endpoint's other rules.
    pub fn name_problem(&self, others: &[Arc<str>]) -> Option<String> {
        let name = self.name.trim();
        match name {
            _ if self.target == Target::Endpoint => None,
            "" => Some("Give the rule a name: it stands beside each call that it answers".to_owned()),
            _ if Rule::RESERVED_NAMES.contains(&name) => Some(format!("A rule cannot be called '{name}'")),
            _ if others.iter().any(|other| **other == *name) => {
                Some(format!("Another rule of this endpoint is called '{name}'"))
            }
            _ => None,
        }
    }

    /// The rule, or what is to be changed first.
    pub fn rule(&self, others: &[Arc<str>]) -> Result<Rule, String> {
        if let Some(problem) = self.name_problem(others) {
            return Err(problem);
        }
        let conditions = self.conditions.iter().map(ConditionDraft::condition).collect::<Result<_, _>>()?;
        Ok(Rule { name: self.name.trim().into(), is_on: self.is_on, conditions, action: self.action.action()? })
    }

    /// Writes it into its endpoint. What is asked for that cannot be is the error.
    pub fn write(&self, endpoint: &mut Endpoint) -> Result<(), String> {
        if self.target == Target::Endpoint {
            let mut action = self.action.action()?;
            if let Answers::One(answer) = &mut action.answers {
                // In an endpoint the one response has a place of its own.
                match &answer.response {
                    ResponseChoice::Own(response) => {
                        endpoint.response = Some(response.clone());
                        answer.response = ResponseChoice::Endpoint;
                    }
                    ResponseChoice::Endpoint => endpoint.response = None,
                    ResponseChoice::Saved(_) => {}
                }
            }
            endpoint.action = action;
            return Ok(());
        }
        let place = match &self.target {
            Target::Rule(name) => endpoint.rules.iter().position(|rule| rule.name == *name),
            _ => None,
        };
        let others: Vec<Arc<str>> = endpoint
            .rules
            .iter()
            .enumerate()
            .filter(|(idx, _)| Some(*idx) != place)
            .map(|(_, rule)| rule.name.clone())
            .collect();
        let rule = self.rule(&others)?;
        match place.and_then(|place| endpoint.rules.get_mut(place)) {
            Some(known) => *known = rule,
            // The first that matches decides: a new rule that stood behind one for every call would never be asked.
            None => endpoint.rules.insert(0, rule),
        }
        Ok(())
    }
}

impl ActionDraft {
    pub fn of(action: &Action) -> ActionDraft {
        let mut steps: Vec<AnswerDraft> = action.all_answers().iter().map(AnswerDraft::of).collect();
        if steps.is_empty() {
            steps.push(AnswerDraft::default());
        }
        let at_end = match &action.answers {
            Answers::Sequence(sequence) => Some(sequence.at_end),
            Answers::One(_) => None,
        };
        ActionDraft {
            is_sequence: at_end.is_some(),
            steps,
            at_end: at_end.unwrap_or_default(),
            relay: RelayDraft::new(action.forward.as_ref(), action.hold),
        }
    }

    /// The action, or what is to be changed first.
    pub fn action(&self) -> Result<Action, String> {
        let mut steps = self.steps.iter().map(AnswerDraft::answer);
        let answers = match self.is_sequence {
            true => Answers::Sequence(Sequence { steps: steps.collect::<Result<_, _>>()?, at_end: self.at_end }),
            false => Answers::One(steps.next().unwrap_or_else(|| Ok(Answer::default()))?),
        };
        Ok(Action { answers, forward: self.relay.forward()?, hold: self.relay.hold()? })
    }
}

impl Default for AnswerDraft {
    fn default() -> AnswerDraft {
        AnswerDraft {
            source: Source::Endpoint,
            saved: "".into(),
            status: "200".to_owned(),
            delay_ms: "0".to_owned(),
            headers: Vec::new(),
            body: String::new(),
            is_template: false,
            file: None,
            fault: FaultDraft::default(),
        }
    }
}

impl AnswerDraft {
    /// An empty 200 of its own.
    pub fn own() -> AnswerDraft {
        AnswerDraft { source: Source::Own, ..AnswerDraft::default() }
    }

    pub fn of(answer: &Answer) -> AnswerDraft {
        let mut draft = AnswerDraft { fault: FaultDraft::new(answer.fault.as_ref()), ..AnswerDraft::default() };
        match &answer.response {
            ResponseChoice::Endpoint => {}
            ResponseChoice::Own(response) => draft.take_response(response),
            ResponseChoice::Saved(name) => (draft.source, draft.saved) = (Source::Saved, name.clone()),
        }
        draft
    }

    /// Answers this response.
    pub fn take_response(&mut self, response: &ResponseSetup) {
        self.source = Source::Own;
        self.status = response.status.to_string();
        self.delay_ms = response.delay.as_millis().to_string();
        self.headers = response.headers.clone();
        self.body = response.body.to_string();
        self.is_template = response.is_template;
        self.file = response.body_file.clone().map(|file| (file, response.body.clone()));
    }

    /// The answer, or what is to be changed first.
    pub fn answer(&self) -> Result<Answer, String> {
        Ok(Answer { response: self.choice()?, fault: self.fault.fault()? })
    }

    /// Where the response comes from, or what is to be changed first.
    pub fn choice(&self) -> Result<ResponseChoice, String> {
        match self.source {
            Source::Endpoint => Ok(ResponseChoice::Endpoint),
            Source::Own => Ok(ResponseChoice::Own(self.response()?)),
            Source::Saved if self.saved.is_empty() => Err("Choose a saved response".to_owned()),
            Source::Saved => Ok(ResponseChoice::Saved(self.saved.clone())),
        }
    }

    /// The response of its own, or what is to be changed first.
    pub fn response(&self) -> Result<ResponseSetup, String> {
        let Ok(status @ 200..=599) = self.status.trim().parse() else {
            return Err("The status is a number from 200 to 599".to_owned());
        };
        let Ok(millis @ 0..=600_000) = self.delay_ms.trim().parse() else {
            return Err("The delay is a number of milliseconds up to 600,000".to_owned());
        };
        let mut headers = Vec::new();
        for (name, value) in &self.headers {
            let (name, value) = (name.trim(), value.as_str());
            let is_good = axum::http::HeaderName::from_bytes(name.as_bytes()).is_ok()
                && axum::http::HeaderValue::from_str(value).is_ok();
            if !is_good {
                return Err(format!("'{name}' and its value cannot be a header field"));
            }
            if self.is_template {
                Template::new(name, value).map_err(|error| error.to_string())?;
            }
            headers.push((name.to_owned(), value.to_owned()));
        }
        if self.is_template {
            Template::new("body", &self.body).map_err(|error| error.to_string())?;
        }
        let file = self.file.as_ref().filter(|(_, read)| **read == *self.body);
        Ok(ResponseSetup {
            status,
            headers,
            delay: Duration::from_millis(millis),
            body: self.body.as_str().into(),
            body_file: file.map(|(file, _)| file.clone()),
            is_template: self.is_template,
        })
    }
}
