//! What a program prints, as lines that can be shown: bounded, without colors and cursor movements.

/// The longest line that is kept, in bytes; the rest of it is left out.
pub const LINE_BYTES: usize = 2_000;

/// Makes lines of bytes as they come. Bytes that are no UTF-8 are shown as such; a line never grows without end.
#[derive(Debug, Default)]
pub struct LineSplitter {
    line: Vec<u8>,
    is_cut: bool,
}

impl LineSplitter {
    /// Takes bytes and gives every line that they end. A carriage return ends one too, as progress bars use it.
    pub fn push(&mut self, bytes: &[u8], mut each: impl FnMut(String)) {
        for byte in bytes {
            match byte {
                b'\n' | b'\r' => {
                    if let Some(line) = self.take() {
                        each(line);
                    }
                }
                byte if self.line.len() < LINE_BYTES => self.line.push(*byte),
                _ => self.is_cut = true,
            }
        }
    }

    /// What came after the last end of a line.
    pub fn take(&mut self) -> Option<String> {
        let bytes = std::mem::take(&mut self.line);
        let is_cut = std::mem::take(&mut self.is_cut);
        let mut line = plain(&String::from_utf8_lossy(&bytes));
        line.truncate(line.trim_end().len());
        if is_cut {
            line.push('…');
        }
        (!line.is_empty()).then_some(line)
    }
}

/// The text without escape sequences (ECMA-48) and other control characters; a tab becomes spaces.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => skip_sequence(&mut characters),
            // The same sequence with its introducer in one character.
            '\u{9b}' => skip_control(&mut characters),
            '\t' => plain.push_str("    "),
            // These would turn the direction of what stands beside them, or cannot be seen.
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {}
            character if character.is_control() => {}
            character => plain.push(character),
        }
    }
    plain
}

fn skip_sequence(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match characters.next() {
        Some('[') => skip_control(characters),
        // A string such as a window title or a link: up to BEL or ESC \.
        Some(']' | 'P' | '^' | '_' | 'X') => {
            while let Some(character) = characters.next() {
                if character == '\u{7}' {
                    return;
                }
                if character == '\u{1b}' {
                    characters.next_if_eq(&'\\');
                    return;
                }
            }
        }
        // A choice of character set has one more.
        Some('(' | ')' | '*' | '+' | '#') => drop(characters.next()),
        _ => {}
    }
}

/// Parameters, then one character that ends the sequence.
fn skip_control(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while characters.next_if(|next| matches!(next, ' '..='?')).is_some() {}
    characters.next_if(|next| matches!(next, '@'..='~'));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&[u8]]) -> Vec<String> {
        let mut splitter = LineSplitter::default();
        let mut lines = Vec::new();
        for piece in pieces {
            splitter.push(piece, |line| lines.push(line));
        }
        lines.extend(splitter.take());
        lines
    }

    #[test]
    fn lines_are_whole_however_they_come_in_pieces() {
        assert_eq!(lines(&[b"one\ntw", b"o\r\nthr", b"ee"]), ["one", "two", "three"]);
        assert_eq!(lines(&["grün".as_bytes().split_at(3).0, "grün".as_bytes().split_at(3).1, b"\n\n\n"]), ["grün"]);
        assert_eq!(lines(&[b" 10 %\r 50 %\r100 %\n"]), [" 10 %", " 50 %", "100 %"]);
    }

    #[test]
    fn colors_titles_links_and_cursor_movements_are_left_out() {
        let check = |text: &str, expected: &str| assert_eq!(lines(&[text.as_bytes()]), [expected], "{text:?}");
        check("\u{1b}[2m2031-04-05\u{1b}[0m \u{1b}[32m INFO\u{1b}[0m listening", "2031-04-05  INFO listening");
        check("\u{1b}]0;a title\u{7}text", "text");
        check("\u{1b}]8;;https://hidden.example\u{1b}\\seen\u{1b}]8;;\u{1b}\\", "seen");
        check("\u{1b}[?25l\u{1b}[10;20Hx\u{1b}(By", "xy");
        check("a\tb\u{7}\u{202e}c", "a    bc");
        check("cut off \u{1b}[", "cut off");
    }

    #[test]
    fn a_line_without_end_is_cut_and_what_follows_is_read() {
        let long = vec![b'x'; 3 * LINE_BYTES];
        let lines = lines(&[&long, &long, b"\nnext\n"]);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines.first().map(|line| line.chars().count()), Some(LINE_BYTES + 1));
        assert_eq!(lines.last().map(String::as_str), Some("next"));
    }

    proptest::proptest! {
        #[test]
        fn whatever_comes_no_line_holds_a_control_character_or_is_too_long(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..6_000)) {
            for line in lines(&[&bytes]) {
                proptest::prop_assert!(!line.chars().any(char::is_control));
                // A byte that is no UTF-8 becomes a character of three.
                proptest::prop_assert!(line.len() <= 4 * LINE_BYTES + 3);
            }
        }
    }
}
