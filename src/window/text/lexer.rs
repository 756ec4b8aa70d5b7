//! JSON in tokens, also where it is broken.

/// What a token is; colors follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    Key,
    Text,
    Number,
    /// `true`, `false`, `null`.
    Literal,
    Punctuation,
    /// What no JSON holds.
    Foreign,
}

/// A piece of the text, in bytes. Spaces belong to no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub start: u32,
    pub end: u32,
    pub kind: TokenKind,
}

/// The tokens of a text, in order. It never fails: what is no JSON is foreign.
pub fn tokens(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut found: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let start = at;
        let kind = match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {
                at += 1;
                continue;
            }
            b'"' => {
                at = end_of_text(bytes, at + 1);
                TokenKind::Text
            }
            b'{' | b'}' | b'[' | b']' | b',' => {
                at += 1;
                TokenKind::Punctuation
            }
            b':' => {
                at += 1;
                if let Some(before) = found.last_mut().filter(|token| token.kind == TokenKind::Text) {
                    before.kind = TokenKind::Key;
                }
                TokenKind::Punctuation
            }
            _ => {
                at += bytes.iter().skip(at).take_while(|byte| !b" \t\r\n\"{}[],:".contains(byte)).count();
                word_kind(text.get(start..at).unwrap_or_default())
            }
        };
        found.push(Token { start: number(start), end: number(at), kind });
    }
    found
}

/// Bodies are far smaller than four gibibytes.
fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn end_of_text(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            // A text that is not closed ends with its line, so that the rest is still readable.
            b'\n' => return at,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn word_kind(word: &str) -> TokenKind {
    match word {
        "true" | "false" | "null" => TokenKind::Literal,
        _ if serde_json::from_str::<serde_json::Number>(word).is_ok() => TokenKind::Number,
        _ => TokenKind::Foreign,
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let shown: Vec<String> = tokens(text)
            .iter()
            .map(|token| {
                let letter = match token.kind {
                    TokenKind::Key => 'k',
                    TokenKind::Text => 't',
                    TokenKind::Number => 'n',
                    TokenKind::Literal => 'l',
                    TokenKind::Punctuation => 'p',
                    TokenKind::Foreign => '?',
                };
                format!("{letter}{}", &text[token.start as usize..token.end as usize])
            })
            .collect();
        assert_eq!(shown.join(" "), expected);
    }

    #[test]
    fn json_is_told_apart_and_broken_json_too() {
        check(
            "{\"a\": [1, -2.5e3, true, null, \"x\\\"y\"]}",
            "p{ k\"a\" p: p[ n1 p, n-2.5e3 p, ltrue p, lnull p, t\"x\\\"y\" p] p}",
        );
        check("{\"open\n1", "p{ t\"open n1");
        check("nope 01 'x'", "?nope ?01 ?'x'");
        check("\"ends with \\", "t\"ends with \\");
        check("", "");
    }

    proptest::proptest! {
        #[test]
        fn tokens_lie_in_order_on_character_boundaries(text in "\\PC{0,60}") {
            let mut end = 0;
            for token in tokens(&text) {
                proptest::prop_assert!(token.start >= end && token.end > token.start);
                proptest::prop_assert!(text.get(token.start as usize..token.end as usize).is_some());
                end = token.end;
            }
        }
    }
}
