//! The events of a delivery, one by one.
//!
//! Okta developer docs, Event hooks concept; Okta OpenAPI 2026.06.3, LogEvent: every member can be missing or null, a `target` too.

use std::borrow::Cow;

use super::fact::{Facts, with_more};
use super::node::{Node, Shape, envelope_shape};
use super::phone;

/// One event of a delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventView {
    /// Names the event; `eventId` of the envelope names the delivery.
    pub uuid: Option<String>,
    /// RFC 3339: the only thing to order events by.
    pub published: Option<String>,
    pub event_type: Option<String>,
    pub severity: Option<String>,
    pub display_message: Option<String>,
    pub actor: Option<Party>,
    pub targets: Vec<Party>,
    /// `outcome.result`.
    pub outcome: Option<String>,
    /// `outcome.reason`.
    pub reason: Option<String>,
    /// Its place in `data.events`.
    pub event_idx: usize,
}

/// Who did it, or whom or what it was done to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    pub id: Option<String>,
    /// The member `type`, such as `User`.
    pub kind: Option<String>,
    /// A login or another name; of a phone its number, with all but the last digits masked.
    pub alternate_id: Option<String>,
    pub display_name: Option<String>,
}

const PARTY: &[(&str, Shape)] =
    &[("id", Shape::Leaf), ("type", Shape::Leaf), ("alternateId", Shape::Leaf), ("displayName", Shape::Leaf)];

static DELIVERY: Shape = envelope_shape!(Shape::Members(&[(
    "events",
    Shape::List(&Shape::Members(&[
        ("uuid", Shape::Leaf),
        ("published", Shape::Leaf),
        ("eventType", Shape::Leaf),
        ("severity", Shape::Leaf),
        ("displayMessage", Shape::Leaf),
        ("actor", Shape::Members(PARTY)),
        ("target", Shape::List(&Shape::Members(PARTY))),
        ("outcome", Shape::Members(&[("result", Shape::Leaf), ("reason", Shape::Leaf)])),
    ])),
)]));

/// The events of a delivery's body in the order of `published`; those without a time that can be read come last, as they stand.
/// Reading never fails: what is missing, null or of another type is none.
pub fn events(body: &[u8]) -> Vec<EventView> {
    let request = Node::read(body, &DELIVERY);
    let elements = request.at(&["data", "events"]).elements().iter().enumerate();
    let mut events: Vec<EventView> = elements
        .filter(|(_, event)| event.is_given())
        .map(|(event_idx, event)| EventView::of(event_idx, event))
        .collect();
    events.sort_by_cached_key(|event| {
        let published = event.published.as_deref().and_then(|text| text.parse::<jiff::Timestamp>().ok());
        (published.is_none(), published)
    });
    events
}

impl EventView {
    fn of(event_idx: usize, event: &Node<'_>) -> EventView {
        let text = |name| owned(event.get(name));
        EventView {
            uuid: text("uuid"),
            published: text("published"),
            event_type: text("eventType"),
            severity: text("severity"),
            display_message: text("displayMessage"),
            actor: Party::of(event.get("actor")),
            targets: event.get("target").elements().iter().filter_map(Party::of).collect(),
            outcome: owned(event.at(&["outcome", "result"])),
            reason: owned(event.at(&["outcome", "reason"])),
            event_idx,
        }
    }
}

impl Party {
    /// None where nobody is named.
    fn of(node: &Node<'_>) -> Option<Party> {
        let text = |name| owned(node.get(name));
        let mut party = Party {
            id: text("id"),
            kind: text("type"),
            alternate_id: text("alternateId"),
            display_name: text("displayName"),
        };
        // In Classic Engine the number of a phone stands here.
        if party.kind.as_deref().is_some_and(|kind| kind.contains("Phone")) {
            party.alternate_id = party.alternate_id.as_deref().map(phone::masked);
        }
        (party != Party::default()).then_some(party)
    }

    /// Its name and login, or what there is of them.
    fn shown(&self) -> Option<Cow<'_, str>> {
        with_more(self.display_name.as_deref(), self.alternate_id.as_deref().or(self.id.as_deref()))
    }
}

/// Of one event what it is about; of several how many there are, and of which types.
pub(super) fn add_facts(events: &[EventView], facts: &mut Facts) {
    let mut types: Vec<Cow<'_, str>> = Vec::new();
    for event_type in events.iter().filter_map(|event| event.event_type.as_deref()) {
        if !types.iter().any(|known| known == event_type) {
            types.push(event_type.into());
        }
    }
    facts.text("Events", Some(&events.len().to_string()), "/data/events");
    facts.names(if types.len() > 1 { "Event types" } else { "Event type" }, &types, "/data/events");
    let [event] = events else { return };
    let at = format!("/data/events/{}", event.event_idx);
    facts.text("Published", event.published.as_deref(), format!("{at}/published"));
    if let Some(actor) = &event.actor {
        facts.text("Actor", actor.shown().as_deref(), format!("{at}/actor"));
    }
    let targets: Vec<Cow<'_, str>> = event.targets.iter().filter_map(Party::shown).collect();
    facts.names("Targets", &targets, format!("{at}/target"));
    facts.text("Outcome", event.outcome.as_deref(), format!("{at}/outcome/result"));
    facts.text("Reason", event.reason.as_deref(), format!("{at}/outcome/reason"));
}

fn owned(node: &Node<'_>) -> Option<String> {
    node.scalar().map(Cow::into_owned)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn delivery(events: &str) -> Vec<EventView> {
        events_of(&format!(r#"{{"eventType":"com.okta.event_hook","data":{{"events":{events}}}}}"#))
    }

    fn events_of(body: &str) -> Vec<EventView> {
        events(body.as_bytes())
    }

    #[test]
    fn events_come_in_the_order_of_published_whatever_its_precision() {
        let found = delivery(
            r#"[{"uuid":"d"},{"uuid":"c","published":"2031-04-05T06:07:08.91Z"},
                {"uuid":"a","published":"2031-04-05T06:07:08Z"},{"uuid":"e","published":"yesterday"},
                {"uuid":"b","published":"2031-04-05T08:07:08.905+02:00"}]"#,
        );
        let order: Vec<&str> = found.iter().map(|event| event.uuid.as_deref().unwrap()).collect();
        assert_eq!(order, ["a", "b", "c", "d", "e"]);
        assert_eq!(found[0].event_idx, 2);
    }

    #[test]
    fn missing_null_and_odd_members_are_none() {
        let found =
            delivery(r#"[null,{},{"target":null,"actor":null,"outcome":7,"uuid":[]},{"target":[null,{"id":"t"}]}]"#);
        assert_eq!(found.len(), 3);
        assert_eq!(found[1], EventView { event_idx: 2, ..EventView::default() });
        assert_eq!(found[2].targets, [Party { id: Some("t".into()), ..Party::default() }]);
        for body in ["", "[]", "{", r#"{"data":{"events":{}}}"#, r#"{"events":[{}]}"#] {
            assert_eq!(events_of(body), []);
        }
    }

    #[test]
    fn the_sample_is_unrolled() {
        let found = events(crate::okta::sample("event").unwrap().body.as_bytes());
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].event_type.as_deref(), Some("group.user_membership.add"));
        assert_eq!(found[0].actor.as_ref().unwrap().display_name.as_deref(), Some("Mira Holt"));
        assert_eq!(found[0].targets.len(), 2);
        assert_eq!(found[0].outcome.as_deref(), Some("SUCCESS"));
    }

    #[test]
    fn the_number_of_a_phone_is_masked() {
        let found = delivery(r#"[{"target":[{"type":"MobilePhone","alternateId":"+4722000017"}]}]"#);
        let shown = found[0].targets[0].alternate_id.clone().unwrap();
        assert!(!shown.contains("2200") && shown.ends_with("17"), "{shown}");
    }
}
