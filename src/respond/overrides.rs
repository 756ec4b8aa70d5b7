//! Changing parts of an answer that is relayed.

use bytes::Bytes;
use serde_json::Value;

use super::forward::Overrides;
use super::value_edits::{Put, put};
use crate::call::{Headers, Response};

/// Fields that belong to a connection (RFC 9110, 7.6.1; RFC 9112, 6): whoever writes the answer sets them.
const OF_CONNECTION: [&str; 5] = ["connection", "keep-alive", "transfer-encoding", "content-length", "upgrade"];

impl Overrides {
    /// True for a header that cannot be overridden: it belongs to a connection, not to an answer.
    pub fn is_of_connection(name: &str) -> bool {
        OF_CONNECTION.iter().any(|own| name.eq_ignore_ascii_case(own))
    }

    /// Changes a response, and says what was changed, each part as a phrase: `status`, `header X-Env`, `body`, `/commands/0`.
    /// Where the body is no JSON its values cannot be changed, and a phrase says so.
    pub fn apply(&self, response: &mut Response) -> Vec<String> {
        let mut changed = Vec::new();
        if let Some(status) = self.status.filter(|status| *status != response.status) {
            response.status = status;
            changed.push("status".to_owned());
        }
        for name in &self.without_headers {
            if response.headers.get(name).is_some() {
                response.headers = response.headers.without(name);
                changed.push(format!("header {name}"));
            }
        }
        for (name, value) in &self.headers {
            if Overrides::is_of_connection(name) || response.headers.get_all(name).eq([value.as_bytes()]) {
                continue;
            }
            let others = response.headers.iter().filter(|(field, _)| !field.eq_ignore_ascii_case(name.as_bytes()));
            response.headers = Headers::from_fields(others.chain([(name.as_bytes(), value.as_bytes())]));
            changed.push(format!("header {name}"));
        }
        if let Some(body) = self.body.as_deref().filter(|body| body.as_bytes() != response.body) {
            response.body = Bytes::copy_from_slice(body.as_bytes());
            changed.push("body".to_owned());
        }
        if !self.json.is_empty() {
            self.change_values(response, &mut changed);
        }
        changed
    }

    fn change_values(&self, response: &mut Response, changed: &mut Vec<String>) {
        let Ok(mut value) = serde_json::from_slice::<Value>(&response.body) else {
            changed.push("no value, since the body is no JSON".to_owned());
            return;
        };
        let n_before = changed.len();
        for (pointer, new) in &self.json {
            match put(&mut value, pointer, new) {
                Put::Changed => changed.push(pointer.clone()),
                Put::Same => {}
                Put::NoPlace => changed.push(format!("no {pointer}, since nothing holds it")),
            }
        }
        if changed.len() > n_before {
            response.body = value.to_string().into();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(body: &str) -> Response {
        Response {
            status: 200,
            headers: Headers::from_fields([("Content-Type", "application/json"), ("X-A", "1"), ("x-a", "2")]),
            body: Bytes::copy_from_slice(body.as_bytes()),
            rule: "default".into(),
            revision: 0,
        }
    }

    #[test]
    fn only_what_is_named_is_changed_and_said() {
        let mut response = answer(r#"{"commands":[{"value":1}],"error":{"x":1}}"#);
        let overrides = Overrides {
            status: Some(201),
            headers: vec![("X-A".to_owned(), "3".to_owned())],
            without_headers: vec!["content-type".to_owned(), "absent".to_owned()],
            body: None,
            json: vec![
                ("/commands/0/value".to_owned(), json!("two")),
                ("/error".to_owned(), Value::Null),
                ("/commands/-".to_owned(), json!({})),
                ("/none/x".to_owned(), json!(1)),
            ],
        };
        let changed = overrides.apply(&mut response);
        let expected = [
            "status",
            "header content-type",
            "header X-A",
            "/commands/0/value",
            "/error",
            "/commands/-",
            "no /none/x, since nothing holds it",
        ];
        assert_eq!(changed, expected);
        assert_eq!(response.status, 201);
        assert_eq!(response.headers.iter().count(), 1);
        assert_eq!(&response.body[..], br#"{"commands":[{"value":"two"},{}]}"#);
    }

    #[test]
    fn what_is_so_already_is_not_changed() {
        let mut response = answer("{\"a\":1}");
        let overrides =
            Overrides { status: Some(200), json: vec![("/a".to_owned(), json!(1))], ..Overrides::default() };
        assert_eq!(overrides.apply(&mut response), Vec::<String>::new());
        assert_eq!(&response.body[..], b"{\"a\":1}");
    }

    #[test]
    fn values_of_a_body_that_is_no_json_stay_and_that_is_said() {
        let mut response = answer("<html>");
        let overrides = Overrides { json: vec![("/a".to_owned(), json!(1))], ..Overrides::default() };
        assert_eq!(overrides.apply(&mut response), ["no value, since the body is no JSON"]);
        assert_eq!(&response.body[..], b"<html>");
    }
}
