//! The choice of a response.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::action::{Action, Answer, Answers};
use super::counters::Counters;
use super::fault::Fault;
use super::forward::{ForwardSetup, HoldSetup};
use super::matching::Matched;
use super::setup::{Endpoint, ResponseSetup, Setup};
use super::template::{Template, TemplateValues};
use super::wire::WireFault;
use crate::call::{
    AuthReport, AuthResult, CallId, Decided, Headers, Problem, ProblemKind, Request, Response, TemplateError,
};
use crate::okta::HookKind;

/// What is known of a call when its response is chosen.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub call_id: CallId,
    pub hook: HookKind,
    /// None on a path without endpoint.
    pub endpoint: Option<&'a Endpoint>,
    pub request: &'a Request,
    /// `eventType` of the body.
    pub event_type: Option<&'a str>,
    /// `eventId` of the body.
    pub event_id: Option<&'a str>,
    /// The value of the challenge header of a verification.
    pub challenge: Option<&'a str>,
    pub auth: &'a AuthReport,
    /// 1, or 2 for Okta's one retry, as far as that is known when the call comes.
    pub attempt: u8,
    pub is_replay: bool,
    /// What the listener found wrong with the request.
    pub problem: Option<&'a Problem>,
}

/// What will be answered, when, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Where the call is forwarded or held, or broken on the wire: what would be answered otherwise.
    pub response: Response,
    /// To wait between the record and the first byte.
    pub delay: Duration,
    /// What is broken on the wire.
    pub wire: WireFault,
    /// The fault that is in `response` already, with its random number: an answer that takes its place gets it too.
    pub fault: Option<(Fault, u64)>,
    /// To be asked before `response` is used.
    pub forward: Option<ForwardSetup>,
    /// To be waited for before `response` is used.
    pub hold: Option<HoldSetup>,
    /// How it came to this, where there is more to tell than the name of the rule.
    pub decided: Option<Arc<Decided>>,
}

/// The kind of a call: a GET with the challenge header is a verification; else the kind that the body names; else, for a POST,
/// the endpoint's; else unknown.
pub fn kind_of_call(request: &Request, event_type: Option<&str>, endpoint: Option<&Endpoint>) -> HookKind {
    let method = request.method.as_deref();
    if method == Some("GET") && request.headers.get("x-okta-verification-challenge").is_some() {
        return HookKind::Verification;
    }
    let named = event_type.and_then(HookKind::from_event_type);
    let expected = || endpoint.filter(|_| method == Some("POST")).and_then(|endpoint| endpoint.hook.kind());
    named.or_else(expected).unwrap_or(HookKind::Unknown)
}

/// The response that changes nothing for anybody: what a first start answers for a kind.
pub fn least_harmful(kind: HookKind) -> Option<ResponseSetup> {
    let (status, body) = match kind {
        HookKind::Event | HookKind::Token | HookKind::Saml | HookKind::Registration | HookKind::UserImport => (204, ""),
        HookKind::PasswordImport => (
            200,
            "{\n  \"commands\": [\n    {\n      \"type\": \"com.okta.action.update\",\n      \"value\": {\n        \"credential\": \"UNVERIFIED\"\n      }\n    }\n  ]\n}\n",
        ),
        HookKind::Telephony => (
            200,
            "{\n  \"error\": {\n    \"errorSummary\": \"Not sent by this provider; Okta sends the code itself\"\n  }\n}\n",
        ),
        HookKind::Verification | HookKind::Unknown => return None,
    };
    let headers = match body {
        "" => Vec::new(),
        _ => vec![("Content-Type".to_owned(), "application/json".to_owned())],
    };
    Some(ResponseSetup { status, headers, body: body.into(), ..ResponseSetup::default() })
}

/// Chooses the response of a call.
///
/// The listener's own answers come first (413, 401, the verification), then what is staged for the endpoint's next call, then
/// the endpoint's rules in order, then the endpoint's own action, which is its response unless it says otherwise, then the least
/// harmful response of the kind. On a path without endpoint the first endpoint of the call's kind answers, rules and all. None
/// means that nothing is answered: the request never became whole.
pub fn decide(setup: &Setup, asked: &Asked<'_>, counters: &Counters) -> Option<Plan> {
    match asked.problem.map(|problem| problem.kind) {
        Some(ProblemKind::BodyTooLarge) => {
            let limit = setup.listener.max_body_bytes;
            return Some(by_listener(setup, 413, &format!("the body is larger than {limit} bytes")));
        }
        Some(_) => return None,
        None => {}
    }
    let failed = matches!(asked.auth.result, AuthResult::Fail | AuthResult::Missing);
    if failed && setup.enforce && asked.endpoint.is_some() {
        return Some(by_listener(setup, 401, "the credential is missing or wrong"));
    }
    if let (HookKind::Verification, Some(challenge)) = (asked.hook, asked.challenge) {
        let body = serde_json::json!({ "verification": challenge }).to_string();
        return Some(listener_plan(setup, 200, body));
    }
    let answering =
        asked.endpoint.or_else(|| setup.endpoints.iter().find(|endpoint| endpoint.hook.kind() == Some(asked.hook)));
    let Some(endpoint) = answering else {
        let Some(response) = least_harmful(asked.hook) else {
            return Some(by_listener(setup, 404, "no endpoint has this path, and the call names no hook kind"));
        };
        return Some(Plan::of(response.as_response("default".into(), setup.revision)));
    };
    let (n_calls, staged) = counters.arrive(&endpoint.name);
    let choosing = Choosing { setup, asked, counters, endpoint, n_calls };
    Some(choosing.choose(staged))
}

/// The choice among what an endpoint offers.
struct Choosing<'a> {
    setup: &'a Setup,
    asked: &'a Asked<'a>,
    counters: &'a Counters,
    endpoint: &'a Endpoint,
    /// Which call of the endpoint this is.
    n_calls: u64,
}

impl Choosing<'_> {
    fn choose(&self, staged: Option<ResponseSetup>) -> Plan {
        let mut decided = Decided::default();
        if let Some(next) = staged {
            let (mut plan, template_error) = self.fill(&next, "next".into());
            // An endpoint that holds its calls holds this one too: a person looks at what goes out.
            plan.hold = self.endpoint.action.hold;
            return plan.told(Decided { template_error, ..decided });
        }
        let rules = if self.setup.rules_on { self.endpoint.rules.as_slice() } else { &[] };
        let matched = Matched::new(self.asked, self.n_calls);
        decided.rules.reserve_exact(rules.len());
        for rule in rules.iter().filter(|rule| rule.is_on) {
            let trace = matched.trace(rule);
            let has_matched = trace.matched();
            decided.rules.push(trace);
            if has_matched {
                let (call_id, at) = (self.asked.call_id, self.asked.request.received_at);
                let position = self.counters.hit(&self.endpoint.name, &rule.name, call_id, at);
                return self.carry_out(&rule.action, &rule.name, position, decided);
            }
        }
        let action = &self.endpoint.action;
        let position = match action.answers {
            Answers::Sequence(_) => self.counters.own_step(&self.endpoint.name),
            Answers::One(_) => 0,
        };
        self.carry_out(action, &"default".into(), position, decided)
    }

    fn carry_out(&self, action: &Action, rule: &Arc<str>, position: u64, mut decided: Decided) -> Plan {
        let fallen_through = Answer::default();
        let answer = match &action.answers {
            Answers::One(answer) => answer,
            Answers::Sequence(sequence) => match sequence.at_end.step(position, sequence.steps.len()) {
                Some(step) => {
                    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
                    decided.step = Some((count(step + 1), count(sequence.steps.len())));
                    sequence.steps.get(step).unwrap_or(&fallen_through)
                }
                None => &fallen_through,
            },
        };
        let (mut plan, template_error) = match self.endpoint.response_of(answer, self.setup) {
            Some(response) => self.fill(response, rule.clone()),
            None => (self.least_harmful(rule.clone()), None),
        };
        decided.template_error = template_error;
        if let Some(fault) = &answer.fault {
            let random = if fault.is_random() { self.counters.random() } else { 0 };
            let (delay, wire) = fault.apply(&mut plan.response, random);
            plan.wire = wire;
            plan.fault = Some((fault.clone(), random));
            if delay > Duration::ZERO {
                plan.delay = delay;
            }
            decided.fault = Some(fault.to_string().into());
        }
        plan.forward = action.forward.clone();
        // Whoever holds the calls of an endpoint means those that a rule answers, too.
        plan.hold = action.hold.or(self.endpoint.action.hold);
        plan.told(decided)
    }

    /// The response as it goes out. Where a template fails, the least harmful response goes out in its place: what the response
    /// was to be nobody knows, and half a template may grant what the whole would not.
    fn fill(&self, setup: &ResponseSetup, rule: Arc<str>) -> (Plan, Option<TemplateError>) {
        let mut plan = Plan::of(setup.as_response(rule.clone(), self.setup.revision));
        plan.delay = setup.delay;
        if !setup.is_template {
            return (plan, None);
        }
        match self.filled(setup) {
            Ok((headers, body)) => {
                plan.response.headers = headers;
                plan.response.body = Bytes::from(body);
                (plan, None)
            }
            Err(error) => (Plan { delay: setup.delay, ..self.least_harmful(rule) }, Some(error)),
        }
    }

    fn filled(&self, setup: &ResponseSetup) -> Result<(Headers, String), TemplateError> {
        let asked = self.asked;
        let random = (u128::from(self.counters.random()) << 64) | u128::from(self.counters.random());
        let uuid = uuid::Builder::from_random_bytes(random.to_be_bytes()).into_uuid().to_string();
        let values = TemplateValues {
            endpoint: Some(&self.endpoint.name),
            event_id: asked.event_id,
            event_type: asked.event_type,
            call_id: asked.call_id,
            n_calls: self.n_calls,
            attempt: asked.attempt,
            uuid,
            ..TemplateValues::new(asked.request, asked.hook)
        };
        let render = |part: &str, source: Arc<str>| match &*self.counters.template(&part.into(), &source) {
            Ok(template) => template.render(&values),
            Err(error) => Err(error.clone()),
        };
        let body = render("body", setup.body.clone())?;
        let mut fields = Vec::with_capacity(setup.headers.len());
        for (name, value) in &setup.headers {
            let value = match Template::is_needed(value) {
                true => render(name, value.as_str().into())?,
                false => value.clone(),
            };
            fields.push((name, value));
        }
        Ok((Headers::from_fields(fields), body))
    }

    /// What harms nobody; for a call of no kind the listener's 404, as where no endpoint has a path.
    fn least_harmful(&self, rule: Arc<str>) -> Plan {
        let kind = self.endpoint.hook.kind().unwrap_or(self.asked.hook);
        match least_harmful(kind) {
            Some(response) => Plan::of(response.as_response(rule, self.setup.revision)),
            None => by_listener(self.setup, 404, "no endpoint has this path, and the call names no hook kind"),
        }
    }
}

impl Plan {
    /// A plan that does nothing but answer.
    pub fn of(response: Response) -> Plan {
        Plan {
            response,
            delay: Duration::ZERO,
            wire: WireFault::None,
            fault: None,
            forward: None,
            hold: None,
            decided: None,
        }
    }

    fn told(self, decided: Decided) -> Plan {
        Plan { decided: (!decided.is_empty()).then(|| Arc::new(decided)), ..self }
    }
}

fn by_listener(setup: &Setup, status: u16, why: &str) -> Plan {
    listener_plan(setup, status, serde_json::json!({ "error": why }).to_string())
}

fn listener_plan(setup: &Setup, status: u16, body: String) -> Plan {
    Plan::of(Response {
        status,
        headers: Headers::from_fields([("Content-Type", "application/json")]),
        body: Bytes::from(body),
        rule: "listener".into(),
        revision: setup.revision,
    })
}
