//! Members that differ from call to call by their nature, and say nothing about what is compared.

use serde_json::Value;

use crate::okta::push_segment;

/// Names of members, and JSON Pointers, that are left out of a comparison. Names are compared without case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volatile {
    entries: Vec<String>,
}

/// Ids and times that Okta, HTTP clients and tunnels make anew for each call.
const BY_NATURE: [&str; 29] = [
    "eventId",
    "eventTime",
    "uuid",
    "published",
    "transactionId",
    "requestId",
    "iat",
    "exp",
    "nbf",
    "jti",
    "auth_time",
    "issuedAt",
    "otpCode",
    "otpExpires",
    "date",
    "traceparent",
    "tracestate",
    "x-request-id",
    "x-b3-traceid",
    "x-b3-spanid",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "forwarded",
    "cf-ray",
    "cf-connecting-ip",
    "content-length",
    "host",
    "user-agent",
];

impl Default for Volatile {
    fn default() -> Volatile {
        Volatile { entries: BY_NATURE.map(str::to_owned).to_vec() }
    }
}

impl Volatile {
    /// Nothing is left out.
    pub fn none() -> Volatile {
        Volatile { entries: Vec::new() }
    }

    /// These names and JSON Pointers, without empty ones.
    pub fn of(entries: impl IntoIterator<Item = String>) -> Volatile {
        Volatile { entries: entries.into_iter().filter(|entry| !entry.trim().is_empty()).collect() }
    }

    /// These and more.
    pub fn with(mut self, entries: impl IntoIterator<Item = String>) -> Volatile {
        self.entries.extend(Volatile::of(entries).entries);
        self
    }

    /// Entries that stand one a line, or between commas.
    pub fn read(text: &str) -> Volatile {
        Volatile::of(text.split([',', '\n']).map(|entry| entry.trim().to_owned()))
    }

    /// What [`Volatile::read`] reads.
    pub fn text(&self) -> String {
        self.entries.join(", ")
    }

    pub fn entries(&self) -> &[String] {
        &self.entries
    }

    /// A value without what is volatile, and how many members were left out.
    pub fn left_out(&self, mut value: Value) -> (Value, usize) {
        let mut n_left_out = 0;
        self.strip(&mut String::new(), &mut value, &mut n_left_out);
        (value, n_left_out)
    }

    fn has(&self, name: &str, pointer: &str) -> bool {
        self.entries.iter().any(|entry| match entry.starts_with('/') {
            true => entry == pointer,
            false => entry.eq_ignore_ascii_case(name),
        })
    }

    fn strip(&self, pointer: &mut String, value: &mut Value, n_left_out: &mut usize) {
        let length = pointer.len();
        match value {
            Value::Object(members) => {
                members.retain(|name, member| {
                    push_segment(pointer, name);
                    let stays = !self.has(name, pointer);
                    match stays {
                        true => self.strip(pointer, member, n_left_out),
                        false => *n_left_out += 1,
                    }
                    pointer.truncate(length);
                    stays
                });
            }
            Value::Array(elements) => {
                for (idx, element) in elements.iter_mut().enumerate() {
                    push_segment(pointer, &idx.to_string());
                    self.strip(pointer, element, n_left_out);
                    pointer.truncate(length);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_and_pointers_are_left_out_and_counted() {
        let value = json!({ "eventId": "a", "data": { "events": [{ "UUID": 1, "type": "x" }], "keep": { "id": 1 } } });
        let (left, n_left_out) = Volatile::default().left_out(value.clone());
        assert_eq!((left, n_left_out), (json!({ "data": { "events": [{ "type": "x" }], "keep": { "id": 1 } } }), 2));
        let (left, n_left_out) = Volatile::of(["/data/keep/id".to_owned(), " ".to_owned()]).left_out(value.clone());
        let whole = json!({ "eventId": "a", "data": { "events": [{ "UUID": 1, "type": "x" }], "keep": {} } });
        assert_eq!((left, n_left_out), (whole, 1));
        assert_eq!(Volatile::none().left_out(value.clone()), (value, 0));
    }

    #[test]
    fn what_a_person_writes_with_commas_or_lines_is_read() {
        assert_eq!(Volatile::read("a, /b/c\n\n d ,,").entries(), ["a", "/b/c", "d"]);
        assert_eq!(Volatile::read(&Volatile::default().text()), Volatile::default());
        assert_eq!(Volatile::of(["a".to_owned()]).with(["b".to_owned(), String::new()]).entries(), ["a", "b"]);
    }
}
