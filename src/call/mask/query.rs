//! Secrets in queries and URLs, by the names of parameters.

use std::borrow::Cow;
use std::ops::Range;

use super::MASK;
use super::text::letters;

/// Names of parameters, in lower case without `_`, `-` and `.`.
const SECRET_PARAMETERS: [&str; 26] = [
    "accesstoken",
    "apikey",
    "assertion",
    "authorization",
    "clientassertion",
    "clientsecret",
    "code",
    "codeverifier",
    "idtoken",
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
    "token",
    "xapikey",
    "xkey",
];

/// A name without what its spellings differ in.
pub(super) fn bare_name(name: &str) -> String {
    name.chars().filter(|letter| !matches!(letter, '_' | '-' | '.')).flat_map(char::to_lowercase).collect()
}

fn is_secret_parameter(name: &str) -> bool {
    SECRET_PARAMETERS.contains(&bare_name(&percent_decoded(name)).as_str())
}

/// Masks the values of secret parameters in a query, without its `?`.
pub(super) fn mask_query(query: &str) -> String {
    let letters: Vec<char> = query.chars().collect();
    let mut masked = String::with_capacity(query.len());
    let mut at = 0;
    for range in secret_values(&letters) {
        masked.extend(letters.get(at..range.start).unwrap_or_default());
        masked.push_str(MASK);
        at = range.end;
    }
    masked.extend(letters.get(at..).unwrap_or_default());
    masked
}

/// Masks the secret parameters of a URL, or of a text that holds one.
pub(super) fn mask_url(text: &[u8]) -> Cow<'_, [u8]> {
    let ranges = secrets_of_url(text, false);
    if ranges.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut masked = Vec::with_capacity(text.len());
    let mut at = 0;
    for range in ranges {
        masked.extend_from_slice(text.get(at..range.start).unwrap_or_default());
        masked.extend_from_slice(MASK.as_bytes());
        at = range.end;
    }
    masked.extend_from_slice(text.get(at..).unwrap_or_default());
    Cow::Owned(masked)
}

/// The ranges of bytes that hold secret parameters of a URL; `escaped` where the text is the content of a JSON string.
pub(super) fn secrets_of_url(text: &[u8], escaped: bool) -> Vec<Range<usize>> {
    if !text.iter().any(|byte| matches!(byte, b'?' | b'#' | b'\\' | b'%')) {
        return Vec::new();
    }
    let letters = if escaped {
        letters(text)
    } else {
        // Outside of JSON a backslash stands for itself.
        text.iter()
            .enumerate()
            .map(|(at, byte)| super::text::Letter { letter: char::from(*byte), range: at..at + 1 })
            .collect()
    };
    let plain: Vec<char> = letters.iter().map(|letter| letter.letter).collect();
    let Some(start) = plain.iter().position(|letter| matches!(letter, '?' | '#')) else {
        return Vec::new();
    };
    let query = plain.get(start + 1..).unwrap_or_default();
    let bytes = |range: Range<usize>| {
        let first = letters.get(start + 1 + range.start)?;
        let last = letters.get(start + range.end)?;
        Some(first.range.start..last.range.end)
    };
    secret_values(query).into_iter().filter_map(bytes).collect()
}

/// The ranges of letters that are values of secret parameters; none is empty, and none is masked already.
fn secret_values(query: &[char]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for parameter in query.split(|letter| is_separator(*letter)) {
        let end = start + parameter.len();
        if let Some(equals) = parameter.iter().position(|letter| *letter == '=') {
            let name: String = parameter.iter().take(equals).collect();
            let value: String = parameter.iter().skip(equals + 1).collect();
            let secret = is_secret_parameter(&name) || holds_secret(&value);
            if secret && !value.is_empty() && value != MASK {
                found.push(start + equals + 1..end);
            }
        }
        start = end + 1;
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

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let code = bytes.get(at + 1..at + 3).filter(|code| *byte == b'%' && code.iter().all(u8::is_ascii_hexdigit));
        match code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok()) {
            Some(letter) => {
                decoded.push(letter);
                at += 3;
            }
            None => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
