//! Names that Okta or HTTP would refuse: of headers, of hooks and of keys.

use super::Remark;
use crate::okta::sources::{CREATE_INLINE_HOOK, HTTP_RFC, INLINE_API_REFERENCE};
use crate::okta::verdict::Confidence::{D, H, U};
use crate::okta::verdict::Severity::{Error, Warning};

/// What Okta or HTTP sets in every request. The list of reserved names is not published; `Accept` is the one that is named.
const SET_BY_HTTP: [&str; 8] =
    ["content-length", "content-type", "host", "connection", "transfer-encoding", "user-agent", "te", "upgrade"];

/// What is wrong with the name of a header that is to be set in Okta; `label` says which value it is.
pub fn header_name_problem(label: &'static str, name: &str) -> Option<Remark> {
    if name.is_empty() {
        return Some(Remark::new(Error, label, "Give the header a name", HTTP_RFC, D));
    }
    if let Some(odd) = name.chars().find(|letter| !is_token_character(*letter)) {
        let odd = match odd {
            ' ' => "a space".to_owned(),
            odd if odd.is_control() => "a control character".to_owned(),
            odd => format!("'{odd}'"),
        };
        let message = format!(
            "Take {odd} out of the header name: Okta stores such a name without complaint, but it can never arrive (T15)"
        );
        return Some(Remark::new(Error, label, message, HTTP_RFC, D));
    }
    if name.eq_ignore_ascii_case("accept") {
        let message = "Use another header name: Accept is reserved by Okta, so the header would never arrive (T15)";
        return Some(Remark::new(Error, label, message, INLINE_API_REFERENCE, H));
    }
    if SET_BY_HTTP.iter().any(|known| name.eq_ignore_ascii_case(known)) {
        let message = format!(
            "Use another header name: {name} is set by Okta or by HTTP itself, and Okta's list of reserved names is not published"
        );
        return Some(Remark::new(Warning, label, message, INLINE_API_REFERENCE, U));
    }
    None
}

/// What is wrong with the name of a hook or a hook key: 1 to 255 characters.
pub fn hook_name_problem(name: &str) -> Option<Remark> {
    let message = match name.chars().count() {
        1..=255 => return None,
        0 => "Give the hook a name of 1 to 255 characters".to_owned(),
        n_characters => {
            format!("Shorten the name of the hook: it has {n_characters} characters, and Okta takes 255 at most")
        }
    };
    Some(Remark::new(Error, "Name", message, CREATE_INLINE_HOOK, D))
}

/// The characters of a token (RFC 9110, section 5.6.2).
fn is_token_character(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str) -> Option<Remark> {
        header_name_problem("Custom header", name)
    }

    #[test]
    fn a_header_that_can_never_arrive_is_said() {
        assert_eq!(header("X-Hook-Key"), None);
        assert_eq!(header("Authorization"), None);
        for (name, part) in [
            ("", "a name"),
            ("Field 1", "a space"),
            ("X-Hook:Key", "':'"),
            ("Schlüssel", "'ü'"),
            ("a\tb", "a control character"),
            ("ACCEPT", "reserved by Okta"),
        ] {
            let found = header(name);
            assert!(found.as_ref().is_some_and(|remark| remark.severity == Error), "{name}: {found:?}");
            assert!(found.is_some_and(|remark| remark.message.contains(part)), "{name}");
        }
        let found = header("Content-Type");
        assert!(found.is_some_and(|remark| remark.severity == Warning && remark.confidence == U));
    }

    #[test]
    fn a_name_has_1_to_255_characters() {
        assert_eq!(hook_name_problem("x"), None);
        assert_eq!(hook_name_problem(&"ü".repeat(255)), None);
        assert!(hook_name_problem("").is_some());
        assert!(hook_name_problem(&"x".repeat(256)).is_some_and(|remark| remark.message.contains("256 characters")));
    }
}
