//! A token hook that is guarded by a token whose own minting calls the hook.

use crate::okta::{Confidence, Finding, HookKind, RequestView, Severity};

/// Warns where the token that a token hook is called for is minted for a client that fetches tokens to call hooks: then fetching
/// the token may call the hook, which needs a token first (T14). `clients` are those that are known to guard the endpoint.
pub fn token_loop_finding<'a>(
    hook: HookKind,
    body: &[u8],
    clients: impl IntoIterator<Item = &'a str>,
) -> Option<Finding> {
    if hook != HookKind::Token {
        return None;
    }
    let RequestView::Token(asked) = RequestView::read(hook, body) else { return None };
    let minted_for = asked.client_id.as_deref().filter(|client| !client.is_empty())?;
    clients.into_iter().find(|client| *client == minted_for)?;
    let message = format!(
        "This hook is called for a token of client {minted_for}, which is also the client that fetches the token guarding this \
         hook: fetching it calls the hook again, until the time is over. Use another authorization server for the hook's own \
         token, or an access policy rule without this hook"
    );
    let source = "Okta support article, token inline hook that times out";
    Some(Finding {
        request_pointer: Some("/data/context/protocol/client/id".to_owned()),
        ..Finding::of_call("T14", Severity::Warning, message, source, Confidence::O)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn check(hook: HookKind, client: &str, guards: &[&str], expected: bool) {
        let body = format!(r#"{{"data":{{"context":{{"protocol":{{"client":{{"id":"{client}"}}}}}}}}}}"#);
        let found = token_loop_finding(hook, body.as_bytes(), guards.iter().copied());
        assert_eq!(found.is_some(), expected, "{hook} {client} {guards:?}");
    }

    #[test]
    fn a_token_hook_for_the_client_that_guards_it_is_warned_of() {
        check(HookKind::Token, "0oa1", &["0oa2", "0oa1"], true);
        check(HookKind::Token, "0oa1", &["0oa2"], false);
        check(HookKind::Token, "", &[""], false);
        check(HookKind::Saml, "0oa1", &["0oa1"], false);
        assert_eq!(token_loop_finding(HookKind::Token, b"no JSON", ["0oa1"]), None);
    }
}
