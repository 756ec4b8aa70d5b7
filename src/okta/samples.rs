//! Requests as Okta sends them, with invented values: for a first look, for sends, and for tests.
//!
//! The bodies are files in `samples/`, one for each kind, and one more for each variant worth having.

use std::ops::Range;

use super::HookKind;
use super::json::Json;

/// The value of the challenge header of a sample verification, which has no body.
pub const SAMPLE_CHALLENGE: &str = "hT2sVq9_Lr0-bXwKc6yEmZ4uNf8DpJ1gAoRiYt7k";

/// One sample request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sample {
    pub kind: HookKind,
    /// Empty for the sample that stands for its kind.
    pub variant: &'static str,
    /// What it is called among those of its kind.
    pub title: &'static str,
    /// What it shows, in a few words.
    pub about: &'static str,
    /// JSON text; empty for a verification.
    pub body: &'static str,
}

impl Sample {
    /// `token`, or `token/client-credentials`.
    pub fn name(&self) -> String {
        if self.variant.is_empty() { self.kind.as_str().to_owned() } else { format!("{}/{}", self.kind, self.variant) }
    }
}

/// An `eventId` in the form that Okta gives a kind, from a fresh UUID: event hooks have the UUID itself, inline hooks about 22
/// characters without hyphens.
pub fn event_id(kind: HookKind, uuid: &str) -> String {
    match kind {
        HookKind::Event => uuid.to_owned(),
        _ => uuid.chars().filter(|c| *c != '-').take(22).collect(),
    }
}

const SAMPLES: [Sample; 29] = [
    Sample {
        kind: HookKind::Token,
        variant: "",
        title: "Authorization code",
        about: "Authorization code with user and session: an ID token and an access token",
        body: include_str!("../../samples/token.json"),
    },
    Sample {
        kind: HookKind::Token,
        variant: "client-credentials",
        title: "Client credentials",
        about: "Client credentials without user and session: an access token only",
        body: include_str!("../../samples/token.client-credentials.json"),
    },
    Sample {
        kind: HookKind::Token,
        variant: "identity-only",
        title: "ID token only",
        about: "Implicit flow that mints an ID token and no access token; the URL carries state and nonce",
        body: include_str!("../../samples/token.identity-only.json"),
    },
    Sample {
        kind: HookKind::Token,
        variant: "refresh",
        title: "Refresh",
        about: "A refresh, with the request of the first grant in originalGrant",
        body: include_str!("../../samples/token.refresh.json"),
    },
    Sample {
        kind: HookKind::Token,
        variant: "preview",
        title: "Preview",
        about: "What Preview in the Admin Console sends: generatePreview in the URL",
        body: include_str!("../../samples/token.preview.json"),
    },
    Sample {
        kind: HookKind::Saml,
        variant: "",
        title: "Two attributes",
        about: "An assertion with two attributes",
        body: include_str!("../../samples/saml.json"),
    },
    Sample {
        kind: HookKind::Saml,
        variant: "attributes",
        title: "Many attributes",
        about: "Six attributes of several types, one with two values, for two audiences",
        body: include_str!("../../samples/saml.attributes.json"),
    },
    Sample {
        kind: HookKind::Saml,
        variant: "sp-initiated",
        title: "SP-initiated",
        about: "SP-initiated without a session",
        body: include_str!("../../samples/saml.sp-initiated.json"),
    },
    Sample {
        kind: HookKind::Registration,
        variant: "",
        title: "Self-service",
        about: "Self-service registration of a new user",
        body: include_str!("../../samples/registration.json"),
    },
    Sample {
        kind: HookKind::Registration,
        variant: "progressive",
        title: "Progressive profile",
        about: "Progressive profile: a user adds attributes",
        body: include_str!("../../samples/registration.progressive.json"),
    },
    Sample {
        kind: HookKind::Registration,
        variant: "classic",
        title: "Classic Engine",
        about: "Classic Engine: no requestType, and action null",
        body: include_str!("../../samples/registration.classic.json"),
    },
    Sample {
        kind: HookKind::PasswordImport,
        variant: "",
        title: "First sign-in",
        about: "The first sign-in of an imported user",
        body: include_str!("../../samples/password-import.json"),
    },
    Sample {
        kind: HookKind::PasswordImport,
        variant: "odd-characters",
        title: "Odd characters",
        about: "A password with quotes, spaces, a backslash and an umlaut",
        body: include_str!("../../samples/password-import.odd-characters.json"),
    },
    Sample {
        kind: HookKind::UserImport,
        variant: "",
        title: "New user",
        about: "A user who is about to be created",
        body: include_str!("../../samples/user-import.json"),
    },
    Sample {
        kind: HookKind::UserImport,
        variant: "match",
        title: "Match with conflicts",
        about: "A user who is about to be linked to the one that was matched, with conflicts",
        body: include_str!("../../samples/user-import.match.json"),
    },
    Sample {
        kind: HookKind::Telephony,
        variant: "",
        title: "Sign-in by SMS",
        about: "A code by SMS",
        body: include_str!("../../samples/telephony.json"),
    },
    Sample {
        kind: HookKind::Telephony,
        variant: "voice-verification",
        title: "Sign-in by voice call",
        about: "A code for a sign-in by voice call: no message template",
        body: include_str!("../../samples/telephony.voice-verification.json"),
    },
    Sample {
        kind: HookKind::Telephony,
        variant: "pre-enrollment",
        title: "Enrollment by SMS",
        about: "A code by SMS to a phone that is being added",
        body: include_str!("../../samples/telephony.pre-enrollment.json"),
    },
    Sample {
        kind: HookKind::Telephony,
        variant: "voice",
        title: "Enrollment by voice call",
        about: "A code by voice call",
        body: include_str!("../../samples/telephony.voice.json"),
    },
    Sample {
        kind: HookKind::Telephony,
        variant: "account-unlock",
        title: "Account unlock",
        about: "A code by SMS that unlocks an account",
        body: include_str!("../../samples/telephony.account-unlock.json"),
    },
    Sample {
        kind: HookKind::Telephony,
        variant: "password-reset",
        title: "Password reset",
        about: "A code by SMS that lets a user choose a new password",
        body: include_str!("../../samples/telephony.password-reset.json"),
    },
    Sample {
        kind: HookKind::Telephony,
        variant: "preview",
        title: "Preview",
        about: "What Preview in the Admin Console sends: generatePreview in the URL",
        body: include_str!("../../samples/telephony.preview.json"),
    },
    Sample {
        kind: HookKind::Event,
        variant: "",
        title: "Two events",
        about: "A delivery with two events",
        body: include_str!("../../samples/event.json"),
    },
    Sample {
        kind: HookKind::Event,
        variant: "single",
        title: "One event",
        about: "A delivery with one event",
        body: include_str!("../../samples/event.single.json"),
    },
    Sample {
        kind: HookKind::Event,
        variant: "null-target",
        title: "Target null",
        about: "An event whose target is null, and whose debug data has a URL with a state token",
        body: include_str!("../../samples/event.null-target.json"),
    },
    Sample {
        kind: HookKind::Event,
        variant: "preview",
        title: "Preview",
        about: "An event as Preview makes it from sample data: without target",
        body: include_str!("../../samples/event.preview.json"),
    },
    Sample {
        kind: HookKind::Event,
        variant: "phone",
        title: "Phone number",
        about: "A sent code on Identity Engine: the number stands in the debug data",
        body: include_str!("../../samples/event.phone.json"),
    },
    Sample {
        kind: HookKind::Event,
        variant: "phone-classic",
        title: "Phone number, Classic Engine",
        about: "A sent code on Classic Engine: the number is a target",
        body: include_str!("../../samples/event.phone-classic.json"),
    },
    Sample {
        kind: HookKind::Verification,
        variant: "",
        title: "Verification",
        about: "A GET without body; the challenge stands in the header x-okta-verification-challenge",
        body: "",
    },
];

/// Every sample; the one that stands for its kind comes before its variants.
pub fn samples() -> &'static [Sample] {
    &SAMPLES
}

/// The samples of one kind; the one that stands for it first.
pub fn samples_of(kind: HookKind) -> impl Iterator<Item = &'static Sample> {
    SAMPLES.iter().filter(move |sample| sample.kind == kind)
}

/// Finds a sample by name: `token`, or `token/client-credentials`.
pub fn sample(name: &str) -> Option<&'static Sample> {
    let (kind, variant) = name.split_once('/').unwrap_or((name, ""));
    SAMPLES.iter().find(|sample| sample.kind.as_str() == kind && sample.variant == variant)
}

/// Puts another `eventId` and `eventTime` into a body, and leaves every other byte as it is. A body that has none of them, or
/// is no JSON object, comes back unchanged.
pub fn fresh(body: &str, event_id: &str, event_time: &str) -> String {
    let Some(object) = Json::read(body).ok().and_then(Json::object) else {
        return body.to_owned();
    };
    let place = |name: &str, text: &str| -> Option<(Range<usize>, String)> {
        Some((object.last(name)?.range_in(body), serde_json::Value::from(text).to_string()))
    };
    let mut places: Vec<_> =
        [place("eventId", event_id), place("eventTime", event_time)].into_iter().flatten().collect();
    places.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut made = body.to_owned();
    for (range, text) in places {
        made.replace_range(range, &text);
    }
    made
}

/// Puts another `uuid` into each event of a delivery and moves its `published` as far as `eventTime` is moved when that becomes
/// `event_time`; every other byte stays as it is. An event that is sent again with its `uuid` is the same event, and one that
/// keeps its time is out of order. Done before [`fresh`].
pub fn fresh_events(body: &str, event_time: &str, mut uuid: impl FnMut() -> String) -> String {
    let time = |text: &str| text.parse::<jiff::Timestamp>().ok();
    let text_of = |object: &super::json::Object<'_>, name| object.get(name).and_then(|value| time(&value.string()?));
    let Some(delivery) = Json::read(body).ok().and_then(Json::object) else {
        return body.to_owned();
    };
    let moved = text_of(&delivery, "eventTime").and_then(|old| Some(time(event_time)?.duration_since(old)));
    let data = delivery.get("data").and_then(Json::object);
    let events = data.and_then(|data| data.get("events")).and_then(Json::array).unwrap_or_default();
    let mut places: Vec<(Range<usize>, String)> = Vec::new();
    for event in events.into_iter().filter_map(Json::object) {
        if let Some(value) = event.last("uuid") {
            places.push((value.range_in(body), uuid()));
        }
        let published = text_of(&event, "published").and_then(|old| old.checked_add(moved?).ok());
        if let (Some(value), Some(published)) = (event.last("published"), published) {
            places.push((value.range_in(body), format!("{published:.3}")));
        }
    }
    places.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut made = body.to_owned();
    for (range, text) in places {
        made.replace_range(range, &serde_json::Value::from(text).to_string());
    }
    made
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::okta::RequestEnvelope;

    #[test]
    fn every_kind_with_a_name_has_a_sample_that_names_it() {
        for kind in HookKind::NAMED {
            let found = sample(kind.as_str()).unwrap_or_else(|| panic!("{kind} has no sample"));
            assert_eq!(found.kind, kind);
        }
        for sample in samples() {
            let envelope = RequestEnvelope::read(sample.body.as_bytes());
            assert_eq!(envelope.event_type.as_deref(), sample.kind.event_type(), "{}", sample.name());
            assert!(super::sample(&sample.name()) == Some(sample));
            if sample.kind != HookKind::Verification {
                assert!(Json::read(sample.body).is_ok(), "{}", sample.name());
                assert!(envelope.event_id.is_some() && envelope.event_time.is_some());
            }
        }
        assert_eq!(sample("token/none"), None);
        assert_eq!(sample(""), None);
    }

    #[test]
    fn fresh_events_are_other_events_at_another_time_and_nothing_else_is_changed() {
        let body = sample("event").unwrap().body;
        let keys = |body: &str| -> Vec<(String, String)> {
            let text = |text: Option<std::borrow::Cow<'_, str>>| text.unwrap().into_owned();
            let events = crate::okta::event_keys(body.as_bytes());
            events.into_iter().map(|keys| (text(keys.uuid), text(keys.published))).collect()
        };
        let mut n = 0;
        let made = fresh_events(body, "2033-01-01T00:00:10.000Z", || {
            n += 1;
            format!("u-{n}")
        });
        assert_eq!(
            keys(&made),
            [
                ("u-1".to_owned(), "2033-01-01T00:00:06.307Z".to_owned()),
                ("u-2".to_owned(), "2033-01-01T00:00:06.352Z".to_owned())
            ]
        );
        let back = made
            .replace("u-1", &keys(body)[0].0)
            .replace("u-2", &keys(body)[1].0)
            .replace("2033-01-01T00:00:06.307Z", &keys(body)[0].1)
            .replace("2033-01-01T00:00:06.352Z", &keys(body)[1].1);
        assert_eq!(back, body);
        for other in ["no json", "{}", "{\"data\":{\"events\":null}}", "{\"data\":{\"events\":[1,{}]}}"] {
            assert_eq!(fresh_events(other, "2033-01-01T00:00:10.000Z", || "u".to_owned()), other);
        }
    }

    #[test]
    fn a_fresh_body_differs_in_id_and_time_only() {
        for sample in samples() {
            let made = fresh(sample.body, "id \"7\"", "2033-01-01T00:00:00.000Z");
            let envelope = RequestEnvelope::read(made.as_bytes());
            if sample.kind == HookKind::Verification {
                assert_eq!(made, "");
                continue;
            }
            assert_eq!(envelope.event_id.as_deref(), Some("id \"7\""));
            assert_eq!(envelope.event_time.as_deref(), Some("2033-01-01T00:00:00.000Z"));
            let old = RequestEnvelope::read(sample.body.as_bytes());
            let back = fresh(&made, &old.event_id.unwrap(), &old.event_time.unwrap());
            assert_eq!(back, sample.body);
        }
        assert_eq!(fresh("no json", "a", "b"), "no json");
        assert_eq!(fresh("{ \"a\" : 1 }", "a", "b"), "{ \"a\" : 1 }");
        assert_eq!(
            fresh("{\"eventTime\":\t1,\n\"eventId\":[] }", "a", "b"),
            "{\"eventTime\":\t\"b\",\n\"eventId\":\"a\" }"
        );
    }
}
