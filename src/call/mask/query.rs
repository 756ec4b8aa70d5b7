//! Secrets in queries and URLs, by the names of parameters.

use std::ops::Range;

use super::MASK;
use super::text::Reading;

/// Names of parameters, in lower case without `_`, `-` and `.`.
const SECRET_PARAMETERS: [&str; 31] = [
    "accesstoken",
    "actortoken",
    "apikey",
    "assertion",
    "authorization",
    "clientassertion",
    "clientsecret",
    "code",
    "codeverifier",
    "devicecode",
    "idtoken",
    "idtokenhint",
    "key",
    "nonce",
    "otp",
    "otpcode",
    "passcode",
    "password",
    "refreshtoken",
    "samlresponse",
    "secret",
    "sessiontoken",
    "sig",
    "signature",
    "state",
    "statetoken",
    "subjecttoken",
    "token",
    "usercode",
    "xapikey",
    "xkey",
];

/// A secret parameter: its name as written, and where its value stands.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) range: Range<usize>,
}

/// A name without what its spellings differ in.
pub(super) fn bare_name(name: &str) -> String {
    name.chars().filter(|letter| !matches!(letter, '_' | '-' | '.')).flat_map(char::to_lowercase).collect()
}

fn percent_decoded(text: &str) -> String {
    Reading::plain(text.as_bytes()).percent_decoded().text.into_owned()
}

fn is_secret_parameter(name: &str) -> bool {
    SECRET_PARAMETERS.contains(&bare_name(&percent_decoded(name)).as_str())
}

/// The secret parameters of a text that holds a URL; ranges are those of the text's source.
pub(super) fn secrets_of_url(text: &Reading<'_>) -> Vec<Parameter> {
    let Some(start) = text.text.find(['?', '#']) else {
        return Vec::new();
    };
    let query = text.text.get(start + 1..).unwrap_or_default();
    let mut found = secrets_of_query(query);
    for parameter in &mut found {
        parameter.range = text.source(start + 1 + parameter.range.start..start + 1 + parameter.range.end);
    }
    found
}

/// The secret parameters of a query, without its `?`. No value is empty, and none is masked already.
pub(super) fn secrets_of_query(query: &str) -> Vec<Parameter> {
    let mut found = Vec::new();
    let mut start = 0;
    for parameter in query.split(is_separator) {
        if let Some((name, value)) = parameter.split_once('=')
            && !value.is_empty()
            && value != MASK
            && (is_secret_parameter(name) || holds_secret(value))
        {
            let value_start = start + name.len() + 1;
            found.push(Parameter { name: percent_decoded(name), range: value_start..value_start + value.len() });
        }
        start += parameter.len();
        start += query.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }
    found
}

fn is_separator(letter: char) -> bool {
    matches!(letter, '&' | ';' | '?' | '#' | '"' | '\'' | '<' | '>') || letter.is_whitespace()
}

/// True where a value is itself an encoded URL with a secret in it, as in `fromURI=…%3Fstate%3D…`.
fn holds_secret(value: &str) -> bool {
    let mut value = value.to_owned();
    // Three layers of encoding are as many as redirects in a row write.
    for _ in 0..3 {
        if !value.contains('%') {
            return false;
        }
        value = percent_decoded(&value);
        let mut parameters = value.split(is_separator).filter_map(|parameter| parameter.split_once('='));
        if parameters.any(|(name, value)| !value.is_empty() && value != MASK && is_secret_parameter(name)) {
            return true;
        }
    }
    false
}
