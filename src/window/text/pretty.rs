//! JSON over several lines. Numbers, texts and the order of members stay byte for byte.

use super::lexer::{TokenKind, tokens};

/// The text with one member or element on each line, indented by two spaces. Short containers of plain values stay on one line.
/// None where the text is no JSON.
pub fn pretty(text: &str) -> Option<String> {
    serde_json::from_str::<serde::de::IgnoredAny>(text).ok()?;
    let all = tokens(text);
    let piece = |idx: usize| {
        let token = all.get(idx)?;
        Some((token.kind, text.get(token.start as usize..token.end as usize)?))
    };
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0usize;
    let mut idx = 0;
    while let Some((kind, part)) = piece(idx) {
        match (kind, part) {
            (TokenKind::Punctuation, "{" | "[") => {
                if let Some(length) = short_container(&all, text, idx) {
                    for inner in idx..idx + length {
                        let Some((_, part)) = piece(inner) else { break };
                        out.push_str(part);
                        let next = piece(inner + 1).map(|(_, part)| part);
                        if matches!(part, "," | ":")
                            || (part == "{" && next != Some("}"))
                            || (next == Some("}") && part != "{")
                        {
                            out.push(' ');
                        }
                    }
                    let trimmed = out.trim_end().len();
                    out.truncate(trimmed);
                    idx += length;
                    continue;
                }
                depth += 1;
                out.push_str(part);
                new_line(&mut out, depth);
            }
            (TokenKind::Punctuation, "}" | "]") => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push_str(part);
            }
            (TokenKind::Punctuation, ",") => {
                out.push(',');
                new_line(&mut out, depth);
            }
            (TokenKind::Punctuation, ":") => out.push_str(": "),
            _ => out.push_str(part),
        }
        idx += 1;
    }
    Some(out)
}

/// The longest container that stays on one line, in bytes.
const SHORT: usize = 40;

/// The number of tokens of a container that holds no other one and is short.
fn short_container(all: &[super::lexer::Token], text: &str, idx: usize) -> Option<usize> {
    let mut width = 0;
    for (offset, token) in all.get(idx..)?.iter().enumerate() {
        let part = text.get(token.start as usize..token.end as usize)?;
        width += part.len() + 1;
        if width > SHORT {
            return None;
        }
        match part {
            "}" | "]" => return Some(offset + 1),
            "{" | "[" if offset > 0 => return None,
            _ => {}
        }
    }
    None
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn members_get_lines_of_their_own_and_short_containers_stay_together() {
        let text = r#"{"b":1.50,"a":{"x":[],"y":{}},"c":[{"op":"add","path":"/claims/port","value":"lis"}],"d":[1,2]}"#;
        assert_eq!(
            pretty(text).unwrap(),
            "{\n  \"b\": 1.50,\n  \"a\": {\n    \"x\": [],\n    \"y\": {}\n  },\n  \"c\": [\n    {\n      \"op\": \"add\",\n      \
             \"path\": \"/claims/port\",\n      \"value\": \"lis\"\n    }\n  ],\n  \"d\": [1, 2]\n}"
        );
        assert_eq!(pretty("{ \"a\":1 }").unwrap(), "{ \"a\": 1 }");
        assert_eq!(pretty("{nope"), None);
    }

    fn any_json() -> impl proptest::strategy::Strategy<Value = serde_json::Value> {
        use proptest::prelude::*;
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(serde_json::Value::from),
            any::<i64>().prop_map(serde_json::Value::from),
            "\\PC{0,12}".prop_map(serde_json::Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
                proptest::collection::vec(("\\PC{0,6}", inner), 0..6)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest::proptest! {
        #[test]
        fn what_is_made_readable_means_the_same(value in any_json()) {
            let again: serde_json::Value = serde_json::from_str(&pretty(&value.to_string()).unwrap()).unwrap();
            proptest::prop_assert_eq!(again, value);
        }
    }
}
