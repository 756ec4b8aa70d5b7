//! Bytes as hexadecimal rows.

use std::fmt::Write as _;

pub const HEX_BYTES_PER_ROW: usize = 16;

/// One row: offset, sixteen bytes in two groups, and what of them is printable ASCII.
pub fn hex_row(bytes: &[u8], row: usize) -> String {
    let offset = row * HEX_BYTES_PER_ROW;
    let end = (offset + HEX_BYTES_PER_ROW).min(bytes.len());
    let shown = bytes.get(offset..end).unwrap_or_default();
    let mut text = format!("{offset:06x}  ");
    for idx in 0..HEX_BYTES_PER_ROW {
        if idx == HEX_BYTES_PER_ROW / 2 {
            text.push(' ');
        }
        match shown.get(idx) {
            // Writing into a string cannot fail.
            Some(byte) => write!(text, "{byte:02x} ").unwrap_or_default(),
            None => text.push_str("   "),
        }
    }
    text.push(' ');
    text.extend(
        shown.iter().map(|byte| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' }),
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_line_up_whatever_the_bytes() {
        let bytes = b"{\"a\":\x00\xff}";
        assert_eq!(hex_row(bytes, 0), "000000  7b 22 61 22 3a 00 ff 7d                           {\"a\":..}");
        assert_eq!(hex_row(&[b'x'; 17], 1), "000010  78                                                x");
    }
}
