//! A recorded request as a curl command.

use super::Request;

/// Fields that curl makes by itself.
const BY_CURL: [&str; 3] = ["content-length", "host", "connection"];

/// A command for a POSIX shell, on one line. None where it never became a request. Whatever is to be masked is masked before.
pub fn curl_command(request: &Request) -> Option<String> {
    let method = request.method.as_deref()?;
    let path = request.path.as_deref()?;
    let scheme = if request.over_tls { "https" } else { "http" };
    let host = request.header("host").unwrap_or("127.0.0.1:8443");
    let query = request.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    let mut command = format!("curl -X {} {}", quoted(method), quoted(&format!("{scheme}://{host}{path}{query}")));
    for (name, value) in request.headers.iter() {
        let name = String::from_utf8_lossy(name);
        if !BY_CURL.iter().any(|own| name.eq_ignore_ascii_case(own)) {
            command.push_str(&format!(" -H {}", quoted(&format!("{name}: {}", String::from_utf8_lossy(value)))));
        }
    }
    if !request.body.is_empty() {
        match std::str::from_utf8(&request.body) {
            Ok(text) => command.push_str(&format!(" --data-raw {}", quoted(text))),
            Err(_) => {
                let octal: String = request.body.iter().map(|byte| format!("\\{byte:03o}")).collect();
                command = format!("printf {} | {command} --data-binary @-", quoted(&octal));
            }
        }
    }
    Some(command)
}

/// In single quotes nothing has a meaning but the quote itself.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::call::{Headers, test_record};

    #[test]
    fn a_shell_reads_back_exactly_what_was_recorded() {
        let body = "{\"a\":\"it's $HOME `x` \\\\ \"}";
        let request = Request {
            path: Some("/hooks/token".to_owned()),
            query: Some("a=b&c=d".to_owned()),
            headers: Headers::from_fields([("Host", "localhost:8443"), ("X-Odd", "it's"), ("Content-Length", "5")]),
            body: Bytes::from_static(body.as_bytes()),
            ..test_record().opening.request
        };
        let command = curl_command(&request).unwrap();
        assert_eq!(
            command,
            "curl -X 'POST' 'https://localhost:8443/hooks/token?a=b&c=d' -H 'X-Odd: it'\\''s' --data-raw \
             '{\"a\":\"it'\\''s $HOME `x` \\\\ \"}'"
        );
        assert_eq!(curl_command(&Request { path: None, ..request }), None);
    }
}
