//! A command as a person writes it, and as a list of arguments. There is no shell: nothing is expanded, piped or substituted.

use std::fmt;

/// Why a command cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentsError {
    Empty,
    /// A quote is opened and never closed.
    OpenQuote(char),
    /// It is longer than anybody would write.
    TooLong,
    /// A NUL cannot be part of an argument.
    Nul,
}

impl fmt::Display for ArgumentsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArgumentsError::Empty => f.write_str("the command is empty; write a program and its arguments"),
            ArgumentsError::OpenQuote(quote) => write!(f, "a {quote} is opened and never closed; close it"),
            ArgumentsError::TooLong => {
                f.write_str("the command is longer than 8,192 bytes; put it into a script and start that")
            }
            ArgumentsError::Nul => f.write_str("the command holds a NUL character; take it out"),
        }
    }
}

impl std::error::Error for ArgumentsError {}

/// The longest command that is read, in bytes.
const LONGEST: usize = 8_192;

/// Splits a command at its spaces. Quotes of either kind keep spaces; a backslash keeps a following space, quote or backslash.
pub fn split(command: &str) -> Result<Vec<String>, ArgumentsError> {
    if command.len() > LONGEST {
        return Err(ArgumentsError::TooLong);
    }
    if command.contains('\0') {
        return Err(ArgumentsError::Nul);
    }
    let mut arguments = Vec::new();
    let mut current: Option<String> = None;
    let mut quote = None;
    let mut characters = command.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, quote) {
            (character, Some(open)) if character == open => quote = None,
            ('\\', None | Some('"')) => {
                let escaped = characters.next_if(|next| matches!(next, '\\' | '"' | '\'') || next.is_whitespace());
                current.get_or_insert_default().push(escaped.unwrap_or('\\'));
            }
            (character, Some(_)) => current.get_or_insert_default().push(character),
            ('"' | '\'', None) => {
                quote = Some(character);
                current.get_or_insert_default();
            }
            (character, None) if character.is_whitespace() => arguments.extend(current.take()),
            (character, None) => current.get_or_insert_default().push(character),
        }
    }
    if let Some(open) = quote {
        return Err(ArgumentsError::OpenQuote(open));
    }
    arguments.extend(current);
    match arguments.first() {
        Some(program) if !program.is_empty() => Ok(arguments),
        _ => Err(ArgumentsError::Empty),
    }
}

/// Arguments as one line that [`split`] and a shell read as the same arguments.
pub fn command_line(arguments: &[String]) -> String {
    let quoted = arguments.iter().map(|argument| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+@,%".contains(c);
        match argument.chars().all(is_plain) && !argument.is_empty() {
            true => argument.clone(),
            // Within single quotes a shell takes everything as it is; a single quote stands outside of them.
            false => format!("'{}'", argument.replace('\'', r#"'"'"'"#)),
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_at_spaces_and_quotes_keep_them() {
        let check = |command: &str, expected: &[&str]| assert_eq!(split(command).unwrap(), expected, "{command}");
        check("bore local 8443 --to bore.pub", &["bore", "local", "8443", "--to", "bore.pub"]);
        check("  a\t b\n", &["a", "b"]);
        check(r#"'/opt/my tools/x' "a b" c\ d """#, &["/opt/my tools/x", "a b", "c d", ""]);
        check(r"C:\tools\x.exe --a", &[r"C:\tools\x.exe", "--a"]);
        check(r#"x "say \"hi\"" 'it'"'"'s' '\'"#, &["x", r#"say "hi""#, "it's", "\\"]);
        check("a $(b) | c ; d > e", &["a", "$(b)", "|", "c", ";", "d", ">", "e"]);
    }

    #[test]
    fn a_command_that_cannot_be_read_says_why() {
        assert_eq!(split(" "), Err(ArgumentsError::Empty));
        assert_eq!(split("''"), Err(ArgumentsError::Empty));
        assert_eq!(split("x 'a"), Err(ArgumentsError::OpenQuote('\'')));
        assert_eq!(split("x \"a"), Err(ArgumentsError::OpenQuote('"')));
        assert_eq!(split("x\0"), Err(ArgumentsError::Nul));
        assert_eq!(split(&"x ".repeat(5_000)), Err(ArgumentsError::TooLong));
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_as_a_command_line_reads_back(arguments in proptest::collection::vec("[^\0]{0,12}", 1..6)) {
            proptest::prop_assume!(!arguments.first().unwrap().is_empty());
            proptest::prop_assert_eq!(split(&command_line(&arguments)).unwrap(), arguments);
        }
    }
}
