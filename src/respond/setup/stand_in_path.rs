//! The path of the stand-in authorization server, and what lies beneath it.

use super::StandInSetup;

impl StandInSetup {
    /// True where a path is the server's or lies beneath it, so that no endpoint can be there.
    pub fn owns(&self, path: &str) -> bool {
        path.strip_prefix(&self.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// What is wrong with a path of the server, in a sentence.
    pub fn path_problem(path: &str) -> Option<&'static str> {
        if !path.starts_with('/') || path.contains(['?', '#']) || path.contains(char::is_whitespace) {
            return Some("The path of the authorization server begins with / and has no ?, # or space");
        }
        if path.len() == 1 {
            return Some(
                "The path of the authorization server needs a name behind its /, since / belongs to everything",
            );
        }
        path.ends_with('/').then_some("The path of the authorization server does not end in /")
    }
}
