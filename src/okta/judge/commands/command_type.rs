//! The types of commands that each kind of inline hook knows.

use super::super::words::short;
use crate::okta::HookKind;

const INLINE: [HookKind; 6] = [
    HookKind::Token,
    HookKind::Saml,
    HookKind::Registration,
    HookKind::PasswordImport,
    HookKind::UserImport,
    HookKind::Telephony,
];

/// Names that Okta's documents and samples once used, and what is meant.
const OBSOLETE: [(&str, &str); 10] = [
    ("com.okta.tokens.id_token.patch", "com.okta.identity.patch"),
    ("com.okta.tokens.access_token.patch", "com.okta.access.patch"),
    ("com.okta.id_token.patch", "com.okta.identity.patch"),
    ("com.okta.access_token.patch", "com.okta.access.patch"),
    ("com.okta.action.update.import", "com.okta.action.update"),
    ("com.action.update", "com.okta.action.update"),
    ("com.okta.user.credential.password.update", "com.okta.action.update"),
    ("com.user.profile.update", "com.okta.user.profile.update"),
    ("com.okta.appuser.profile.update", "com.okta.appUser.profile.update"),
    ("com.okta.telephony.provider", "com.okta.telephony.action"),
];

/// What the `eventType` of a token hook was called in 2019.
const EARLY_EVENT_TYPE: &str = "com.okta.tokens.transform";

/// More letters than this apart, two names are not taken for a slip of the hand.
const SLIP: usize = 4;

/// Okta OpenAPI 2026.06.3, the response schemas of the six kinds.
pub(super) fn of_kind(kind: HookKind) -> &'static [&'static str] {
    match kind {
        HookKind::Token => &["com.okta.identity.patch", "com.okta.access.patch"],
        HookKind::Saml => &["com.okta.assertion.patch"],
        HookKind::Registration => {
            &["com.okta.user.profile.update", "com.okta.user.progressive.profile.update", "com.okta.action.update"]
        }
        HookKind::PasswordImport => &["com.okta.action.update"],
        HookKind::UserImport => &[
            "com.okta.appUser.profile.update",
            "com.okta.user.profile.update",
            "com.okta.action.update",
            "com.okta.user.update",
        ],
        HookKind::Telephony => &["com.okta.telephony.action"],
        HookKind::Event | HookKind::Verification | HookKind::Unknown => &[],
    }
}

/// Says what to write instead of a type that the kind does not know.
pub(super) fn advice(kind: HookKind, given: &str) -> String {
    let known = of_kind(kind);
    let shown = short(given);
    let knows = known.join(", ");
    if let Some((_, right)) = OBSOLETE.iter().find(|(old, _)| *old == given) {
        return match owners(right).as_slice() {
            owners if owners.contains(&kind) => format!("Write {right} instead of '{shown}'"),
            owners => format!(
                "'{shown}' is an early name of {right}, a command of {} hooks: a {kind} hook knows {knows}",
                in_words(owners)
            ),
        };
    }
    let owners = owners(given);
    if !owners.is_empty() {
        return format!("'{shown}' is a command of {} hooks: a {kind} hook knows {knows}", in_words(&owners));
    }
    if HookKind::from_event_type(given).is_some() || given == EARLY_EVENT_TYPE {
        return format!("'{shown}' is the eventType of a request, not a command: a {kind} hook knows {knows}");
    }
    let nearest = known.iter().map(|right| (distance(given, right), right)).min();
    match nearest {
        Some((far, right)) if far <= SLIP => format!("Write {right} instead of '{shown}'"),
        _ => format!("'{shown}' is no command: a {kind} hook knows {knows}"),
    }
}

/// The kinds that know a command.
fn owners(name: &str) -> Vec<HookKind> {
    INLINE.into_iter().filter(|kind| of_kind(*kind).contains(&name)).collect()
}

fn in_words(kinds: &[HookKind]) -> String {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// How many letters must be put in, taken out or changed.
fn distance(one: &str, other: &str) -> usize {
    // Names of commands are far shorter; a longer one is no slip of the hand.
    if one.len() > 80 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.bytes().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, expected) in row.iter_mut().skip(1).zip(other.bytes()) {
            let changed = diagonal + usize::from(letter != expected);
            diagonal = *cell;
            left = changed.min(left + 1).min(diagonal + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_letters() {
        assert_eq!(distance("abc", "abc"), 0);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
    }

    #[test]
    fn advice_names_the_right_command() {
        let check = |kind, given, part: &str| assert!(advice(kind, given).contains(part), "{}", advice(kind, given));
        check(HookKind::Token, "com.okta.tokens.id_token.patch", "Write com.okta.identity.patch");
        check(HookKind::Token, "com.okta.assertion.patch", "a command of saml hooks");
        check(HookKind::PasswordImport, "ccom.okta.action.update", "Write com.okta.action.update");
        check(HookKind::Registration, "com.action.update", "Write com.okta.action.update");
        let apostrophe = "com.okta.user.progressive.profile.update'";
        check(HookKind::Registration, apostrophe, "Write com.okta.user.progressive.profile.update instead");
        check(
            HookKind::Saml,
            "com.okta.tokens.id_token.patch",
            "an early name of com.okta.identity.patch, a command of token hooks",
        );
        check(
            HookKind::Token,
            "com.okta.action.update.import",
            "of registration, password-import and user-import hooks",
        );
        check(
            HookKind::Token,
            "com.okta.action.update",
            "a command of registration, password-import and user-import hooks",
        );
        check(HookKind::Token, "com.okta.oauth2.tokens.transform", "is the eventType of a request");
        check(HookKind::Token, "com.okta.tokens.transform", "is the eventType of a request");
        check(HookKind::Token, "com.okta.Identity.patch ", "Write com.okta.identity.patch");
        check(HookKind::Token, "com.okta.access.patch'", "Write com.okta.access.patch");
        check(HookKind::Telephony, "x", "knows com.okta.telephony.action");
    }
}
