//! Words of a POSIX shell that hold exactly the text they are made of.

/// Part of a word.
#[derive(Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// The value of a variable as it is.
    Variable(&'static str),
    /// The value of a variable as the inside of a JSON string.
    JsonVariable(&'static str),
}

/// One word, to be put together from texts and variables.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Word {
    pieces: Vec<Piece>,
}

impl Word {
    pub(super) fn text(text: &str) -> Word {
        let mut word = Word::default();
        word.push(text);
        word
    }

    pub(super) fn push(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(Piece::Text(last)) => last.push_str(text),
            _ => self.pieces.push(Piece::Text(text.to_owned())),
        }
    }

    pub(super) fn push_variable(&mut self, name: &'static str) {
        self.pieces.push(Piece::Variable(name));
    }

    /// A value that may hold quotes or backslashes is escaped when the command runs.
    pub(super) fn push_json_variable(&mut self, name: &'static str, is_plain: bool) {
        self.pieces.push(if is_plain { Piece::Variable(name) } else { Piece::JsonVariable(name) });
    }

    /// As it is written in a command.
    pub(super) fn quoted(&self) -> String {
        let mut quoted = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => quoted.push_str(&single_quoted(text)),
                Piece::Variable(name) => quoted.push_str(&format!("\"${name}\"")),
                Piece::JsonVariable(name) => {
                    quoted.push_str(&format!("\"$(printf %s \"${name}\" | sed 's/[\\\\\"]/\\\\&/g')\""));
                }
            }
        }
        if quoted.is_empty() { "''".to_owned() } else { quoted }
    }
}

/// In single quotes nothing has a meaning but the quote itself.
pub(super) fn single_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_and_variables_are_left_to_the_shell() {
        let mut word = Word::text("it's ");
        word.push("$HOME ");
        word.push_variable("HOOK_SECRET");
        word.push(" `x`");
        assert_eq!(word.quoted(), r#"'it'\''s $HOME '"$HOOK_SECRET"' `x`'"#);
        assert_eq!(Word::default().quoted(), "''");
    }
}
