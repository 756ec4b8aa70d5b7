//! What came back: our own listener's answer, a page of the tunnel, or another server's.

use super::exchange::Response;
use crate::call::{BUDGET, Hop, HopKind, HopState, is_probe_answer};

/// Judges an answer.
pub fn look_at(response: &Response, nonce: &str) -> Hop {
    let hop = |state, sentence: String| Hop::found(HopKind::Answer, state, sentence);
    let judged = if is_probe_answer(response.status, &response.body, nonce) {
        if response.took > BUDGET {
            let sentence =
                "The listener's own answer came back, but later than Okta waits (3 s): use a nearer tunnel".to_owned();
            hop(HopState::Bad, sentence)
        } else {
            hop(HopState::Good, "The listener's own answer came back unchanged".to_owned())
        }
    } else {
        hop(HopState::Bad, not_ours(response))
    };
    let judged = judged.with_fact("Status", response.status.to_string());
    let named = [("Server", "server"), ("Content type", "content-type"), ("Location", "location")];
    named.into_iter().fold(judged, |hop, (name, field)| match response.header(field) {
        Some(value) => hop.with_fact(name, value),
        None => hop,
    })
}

/// No answer came.
pub fn none(why: &str) -> Hop {
    let sentence = format!("No whole answer came back ({why}): look at the tunnel's own output for the reason");
    Hop::found(HopKind::Answer, HopState::Bad, sentence)
}

fn not_ours(response: &Response) -> String {
    let status = response.status;
    let body = String::from_utf8_lossy(&response.body);
    if let Some(code) = response.header("ngrok-error-code") {
        return ngrok(&code, status);
    }
    if (300..400).contains(&status) {
        let to = response.header("location").unwrap_or_else(|| "nowhere".to_owned());
        return format!(
            "It was answered with a redirect ({status}) to {to}, and Okta does not follow redirects: give Okta the address that \
             it leads to, or turn the redirect off"
        );
    }
    // Our own listener's words for plain HTTP on its https port.
    if status == 400 && body.starts_with("This port speaks https") {
        return "The tunnel speaks plain HTTP to the listener's https port: change the address that it forwards to"
            .to_owned();
    }
    let is_cloudflare = response.header("server").is_some_and(|server| server.eq_ignore_ascii_case("cloudflare"));
    let has_code =
        |code: &str| body.contains(&format!("error code: {code}")) || body.contains(&format!("Error {code}"));
    match status {
        _ if is_cloudflare && has_code("1033") => {
            "Cloudflare knows this tunnel, but no cloudflared is connected to it (error 1033): start it again".to_owned()
        }
        _ if is_cloudflare && has_code("1016") => {
            "Cloudflare does not find where this name leads (error 1016): the quick tunnel has ended. Start it again and use \
             its new URL"
                .to_owned()
        }
        502 if is_cloudflare => "Cloudflare reached cloudflared, but cloudflared did not reach the listener (502): compare the \
             port in its command with the listener's, and give --no-tls-verify where it forwards to the https port"
            .to_owned(),
        524 => "The edge waited too long for an answer (524): look at what stands between it and the listener".to_owned(),
        502..=504 | 521..=523 | 530 => format!(
            "The tunnel's edge answered, but nothing behind it did ({status}): is the tunnel still connected, and does it forward \
             to the port that the listener is on?"
        ),
        511 => format!("A page of the tunnel asks for something first ({status}): {INTERSTITIAL}"),
        401 | 403 | 407 => format!(
            "Something before the listener asks for a credential of its own ({status}), which Okta does not have: turn that off \
             for this URL"
        ),
        404 => "The edge knows nothing at this URL (404): is the tunnel still up, and its name spelled right?".to_owned(),
        _ if is_page(response, &body) => format!("A page came back instead of the listener's answer: {INTERSTITIAL}"),
        _ => format!("Another server answered ({status}): this URL does not lead to this listener"),
    }
}

/// Okta reports such pages as answers that it cannot read.
const INTERSTITIAL: &str =
    "Okta would get it too and could not read it. Turn the page off, or use a tunnel without one";

/// An edge's page: HTML by its type or its first byte.
fn is_page(response: &Response, body: &str) -> bool {
    let is_html = response.header("content-type").is_some_and(|kind| kind.to_lowercase().contains("html"));
    is_html || body.trim_start().starts_with('<')
}

/// ngrok says in a header what is wrong (ngrok documentation, error codes).
fn ngrok(code: &str, status: u16) -> String {
    match code {
        "ERR_NGROK_3200" => {
            "ngrok knows this name, but no agent is connected to it (ERR_NGROK_3200): start ngrok again".to_owned()
        }
        "ERR_NGROK_8012" => {
            "The ngrok agent could not reach the listener (ERR_NGROK_8012): compare the port in its command with \
                             the listener's"
                .to_owned()
        }
        "ERR_NGROK_3004" => "The ngrok agent got no HTTP back from the listener (ERR_NGROK_3004): forward to \
                             https://localhost and the port where that is the https one"
            .to_owned(),
        "ERR_NGROK_6024" => format!("ngrok shows its warning page first (ERR_NGROK_6024): {INTERSTITIAL}"),
        other => format!("ngrok answered by itself ({status}, {other}): look the code up in ngrok's list of errors"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::call::{Headers, probe_response};

    const NONCE: &str = "0123456789abcdef0123456789abcdef";

    fn response(status: u16, fields: &[(&str, &str)], body: &str) -> Response {
        Response {
            status,
            headers: Headers::from_fields(fields.iter().copied()),
            body: body.to_owned().into(),
            took: Duration::from_millis(90),
        }
    }

    fn check(response: &Response, state: HopState, says: &str) {
        let hop = look_at(response, NONCE);
        assert_eq!(hop.state, state, "{}", hop.sentence);
        assert!(hop.sentence.contains(says), "{}", hop.sentence);
    }

    #[test]
    fn our_own_answer_is_known_by_its_nonce() {
        let ours = probe_response(NONCE, 1);
        let mut answered = response(200, &[], "");
        answered.body = ours.body;
        check(&answered, HopState::Good, "came back unchanged");
        answered.took = Duration::from_millis(3_200);
        check(&answered, HopState::Bad, "later than Okta waits");
        answered.took = Duration::from_millis(1);
        answered.status = 201;
        check(&answered, HopState::Bad, "Another server");
    }

    #[test]
    fn pages_of_tunnels_are_known_by_what_they_say() {
        let html = [("Content-Type", "text/html; charset=utf-8")];
        let cloudflare = [("Server", "cloudflare"), ("Content-Type", "text/plain; charset=UTF-8")];
        let bad = |response: Response, says: &str| check(&response, HopState::Bad, says);
        bad(response(200, &html, "<!doctype html><p>You are about to visit"), "A page came back");
        bad(response(200, &[], "\n <html>"), "A page came back");
        bad(response(511, &html, "Tunnel password"), "asks for something first");
        bad(response(404, &[("Ngrok-Error-Code", "ERR_NGROK_3200")], "<html>"), "no agent is connected");
        bad(response(200, &[("ngrok-error-code", "ERR_NGROK_6024")], "<html>"), "warning page");
        bad(response(502, &[("ngrok-error-code", "ERR_NGROK_8012")], "<html>"), "could not reach the listener");
        bad(response(500, &[("ngrok-error-code", "ERR_NGROK_1")], ""), "ERR_NGROK_1)");
        bad(response(530, &cloudflare, "error code: 1033"), "no cloudflared is connected");
        bad(response(530, &cloudflare, "error code: 1016"), "quick tunnel has ended");
        bad(response(502, &cloudflare, "error code: 502"), "did not reach the listener");
        bad(response(502, &html, "<html>Bad gateway"), "nothing behind it did (502)");
        bad(response(504, &[], ""), "nothing behind it did (504)");
        bad(
            response(400, &[], "This port speaks https: use https://127.0.0.1:8443\n"),
            "plain HTTP to the listener's https",
        );
        bad(response(403, &html, "<html>"), "a credential of its own");
        bad(response(404, &html, "<html>"), "knows nothing at this URL");
        bad(response(200, &[("Server", "nginx")], "{}"), "Another server");
    }

    #[test]
    fn a_redirect_is_an_answer_that_okta_does_not_follow() {
        let answered = response(308, &[("Location", "https://elsewhere.example/")], "");
        check(&answered, HopState::Bad, "redirect (308) to https://elsewhere.example/, and Okta does not follow");
    }
}
