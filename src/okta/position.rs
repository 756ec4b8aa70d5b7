//! Where in a text something stands, and where and why a text is no JSON.

/// Why a text is no JSON, in plain words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JsonError {
    /// Counted from 1.
    pub line: u32,
    /// In characters, counted from 1.
    pub column: u32,
    /// Says what to change; no full stop.
    pub message: String,
}

/// Line and column of a byte offset: both count from 1, columns in characters. An offset behind the end is the end.
pub fn line_and_column(text: &[u8], offset: usize) -> (u32, u32) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let n_lines = before.iter().filter(|byte| **byte == b'\n').count();
    let n_chars = before.get(line_start..).unwrap_or_default().iter().filter(|byte| **byte & 0xC0 != 0x80).count();
    (saturated(n_lines + 1), saturated(n_chars + 1))
}

fn saturated(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Checks that a text is one JSON value in UTF-8, and says what is wrong if it is not.
pub fn json_error(body: &[u8]) -> Option<JsonError> {
    let at = |offset: usize, message: String| {
        let (line, column) = line_and_column(body, offset);
        Some(JsonError { line, column, message })
    };
    let text = match std::str::from_utf8(body) {
        Ok(text) => text,
        Err(error) => return at(error.valid_up_to(), "The text is not UTF-8: save it as UTF-8".to_owned()),
    };
    if text.starts_with('\u{feff}') {
        return at(0, "The text begins with a byte order mark: save it as UTF-8 without one".to_owned());
    }
    let error = super::json::Json::read(text).err()?;
    let offset = offset_of(text, error.line(), error.column());
    at(offset, explain(text, offset, &error))
}

/// The byte offset of a parser's line and column, which it counts in bytes and sets on the byte it could not take.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let mut start = 0;
    for _ in 1..line {
        let rest = text.get(start..).unwrap_or_default();
        start += rest.find('\n').map_or(rest.len(), |at| at + 1);
    }
    let mut offset = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

fn explain(text: &str, offset: usize, error: &serde_json::Error) -> String {
    let here = text.get(offset..).unwrap_or_default();
    let before = text.get(..offset).unwrap_or_default().trim_end();
    if text.trim().is_empty() {
        return "The text is empty: a JSON value is expected".to_owned();
    }
    if text.trim_start().starts_with('<') {
        return "This is HTML or XML, not JSON".to_owned();
    }
    if error.is_eof() {
        return "The text ends too early: a string, an array or an object is not closed".to_owned();
    }
    if here.starts_with('\'') {
        return "Strings and names need double quotes".to_owned();
    }
    if before.ends_with(',') && here.starts_with(['}', ']']) {
        return "There is a comma too many before this bracket".to_owned();
    }
    if here.starts_with("//") || here.starts_with("/*") {
        return "JSON has no comments: take this one out".to_owned();
    }
    let said = error.to_string();
    let said = said.split(" at line ").next().unwrap_or_default();
    let plain = match said {
        "expected `:`" => "A colon is missing here",
        "expected `,` or `}`" => "A comma or a closing brace is missing here",
        "expected `,` or `]`" => "A comma or a closing bracket is missing here",
        "key must be a string" => "A member name in double quotes is expected here",
        "expected value" => "A value is expected here",
        "expected ident" => "Only true, false and null are words of JSON",
        "trailing characters" => "There is more text after the end of the JSON value",
        "trailing comma" => "There is a comma too many here",
        "invalid escape" => "This is no escape of JSON: write \\\\ for a backslash",
        "invalid number" => "This is no number of JSON",
        "number out of range" => "This number is too large",
        "control character (\\u0000-\\u001F) found while parsing a string" => {
            "A string holds a line break or another control character: write \\n for a line break"
        }
        other => return format!("This is no JSON: {other}"),
    };
    plain.to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn check(text: &str, line: u32, column: u32, part: &str) {
        let error = json_error(text.as_bytes()).unwrap_or_else(|| panic!("{text} was taken"));
        assert_eq!((error.line, error.column), (line, column), "{text}: {error:?}");
        assert!(error.message.contains(part), "{text}: {error:?}");
    }

    #[test]
    fn columns_count_characters_not_bytes() {
        assert_eq!(line_and_column("ä→x\nöy".as_bytes(), 0), (1, 1));
        assert_eq!(line_and_column("ä→x\nöy".as_bytes(), 5), (1, 3));
        assert_eq!(line_and_column("ä→x\nöy".as_bytes(), 9), (2, 2));
        assert_eq!(line_and_column(b"ab", 99), (1, 3));
    }

    #[test]
    fn a_broken_text_is_explained_where_it_breaks() {
        check("{\"a\": 1,}", 1, 9, "comma too many");
        check("{\n \"ä\": [1,]\n}", 2, 10, "comma too many");
        check("{'a': 1}", 1, 2, "double quotes");
        check("{\"a\" 1}", 1, 6, "colon");
        check("{\"a\": 1 \"b\": 2}", 1, 9, "comma or a closing brace");
        check("{\"a\": tru}", 1, 10, "words of JSON");
        check("{} x", 1, 4, "more text");
        check("<html>", 1, 1, "HTML");
        check("", 1, 1, "empty");
        check("\u{feff}{}", 1, 1, "byte order mark");
        assert!(json_error("{\"a\": \"".as_bytes()).unwrap().message.contains("not closed"));
        assert!(json_error(&[b'"', 0xff, b'"']).unwrap().message.contains("UTF-8"));
        assert_eq!(json_error(b" {\"a\": [1, null]} \n"), None);
    }
}
