//! A JSON document in which secrets are variables of a shell until they are revealed.

use std::borrow::Cow;

use super::Secrets;
use super::shell::Word;

/// A value of a request to the management API.
pub(super) enum Json<'a> {
    Object(Vec<(&'static str, Json<'a>)>),
    Array(Vec<Json<'a>>),
    Text(Cow<'a, str>),
    /// The shell variable that stands for it, and the secret where it is known.
    Secret {
        variable: &'static str,
        value: Option<Cow<'a, str>>,
    },
    /// A value that only Okta knows, such as an id.
    Variable(&'static str),
}

impl<'a> Json<'a> {
    pub(super) fn text(text: impl Into<Cow<'a, str>>) -> Json<'a> {
        Json::Text(text.into())
    }

    /// The document as one word of a shell, two spaces a level.
    pub(super) fn word(&self, secrets: Secrets) -> Word {
        let mut word = Word::default();
        self.write(secrets, 0, &mut word);
        word
    }

    fn write(&self, secrets: Secrets, depth: usize, word: &mut Word) {
        match self {
            Json::Object(members) => {
                list(members, ['{', '}'], depth, word, |(name, value), word| {
                    word.push(&format!("{}: ", string(name)));
                    value.write(secrets, depth + 1, word);
                });
            }
            Json::Array(values) => {
                list(values, ['[', ']'], depth, word, |value, word| value.write(secrets, depth + 1, word));
            }
            Json::Text(text) => word.push(&string(text)),
            Json::Secret { value: Some(value), .. } if secrets == Secrets::Written => word.push(&string(value)),
            Json::Secret { variable, value } => {
                // What is not known here may hold anything.
                let is_plain = value.as_ref().is_some_and(|value| !value.contains(['"', '\\']));
                word.push("\"");
                word.push_json_variable(variable, is_plain);
                word.push("\"");
            }
            Json::Variable(name) => {
                word.push("\"");
                word.push_variable(name);
                word.push("\"");
            }
        }
    }
}

fn list<T>(items: &[T], [open, close]: [char; 2], depth: usize, word: &mut Word, mut write: impl FnMut(&T, &mut Word)) {
    word.push(&open.to_string());
    for (idx, item) in items.iter().enumerate() {
        word.push(if idx == 0 { "\n" } else { ",\n" });
        word.push(&"  ".repeat(depth + 1));
        write(item, word);
    }
    if !items.is_empty() {
        word.push(&format!("\n{}", "  ".repeat(depth)));
    }
    word.push(&close.to_string());
}

fn string(text: &str) -> String {
    // A text always has a JSON form.
    serde_json::to_string(text).unwrap_or_default()
}
