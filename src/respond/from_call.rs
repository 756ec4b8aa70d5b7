//! A rule that is made from a call.

use super::action::{Action, Answer};
use super::body::{Body, Node};
use super::condition::{Condition, JsonTest, Test, TextTest};
use super::rule::Rule;
use super::setup::ResponseSetup;
use crate::call::Opening;
use crate::okta::{HookKind, Pointer};

/// Where the bodies of each kind say whom or what they are about: the first one that stands there is taken. Whole values only,
/// and none that is a secret or changes from call to call (Okta OpenAPI 2026.06.3, the request schemas of the kinds).
const IDENTIFYING: [&str; 8] = [
    "/data/context/user/profile/login",
    "/data/userProfile/login",
    "/data/context/credential/username",
    "/data/user/profile/login",
    "/data/appUser/profile/userName",
    "/data/context/protocol/client/id",
    "/data/events/0/target/0/alternateId",
    "/data/events/0/actor/alternateId",
];

impl Rule {
    /// A rule that matches calls like this one and answers as it was answered: on the method, the hook kind, the event type of
    /// a delivery, and whom it is about. Nothing in it is more than a suggestion.
    pub fn from_call(opening: &Opening) -> Rule {
        let mut conditions = Vec::new();
        if let Some(method) = opening.request.method.as_deref() {
            conditions.push(Condition::new(Test::Method(TextTest::Equals(method.into()))));
        }
        if opening.hook != HookKind::Unknown {
            conditions.push(Condition::new(Test::Hook(opening.hook)));
        }
        let body = Body::new(&opening.request.body);
        if opening.hook == HookKind::Event
            && let Some(event_type) = body.event_types().next()
        {
            conditions.push(Condition::new(Test::EventType(TextTest::Equals(event_type.into()))));
        }
        let identifying = IDENTIFYING.into_iter().find_map(|text| {
            let pointer = Pointer::read(text).ok()?;
            match body.at(&pointer) {
                Some(Node::String(value)) if !value.is_empty() => {
                    let test = JsonTest::Equals(value.as_ref().into());
                    Some(Condition::new(Test::Json { pointer, test }))
                }
                _ => None,
            }
        });
        conditions.extend(identifying);
        let action = opening.response.as_ref().map_or_else(Action::default, |response| {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let response = ResponseSetup {
                status: response.status,
                headers: response.headers.iter().map(|(name, value)| (text(name), text(value))).collect(),
                body: text(&response.body).into(),
                ..ResponseSetup::default()
            };
            Action::from(Answer::from(response))
        });
        Rule { name: format!("like call {}", opening.call_id).into(), is_on: true, conditions, action }
    }
}
