//! What came over the wire as text: highlighted, made readable, as a tree, as bytes. Pure models; nothing here draws.

mod hex;
mod lexer;
mod lines;
mod pretty;
mod sides;
mod spans;
mod tree;

pub use hex::{HEX_BYTES_PER_ROW, hex_row};
pub use lexer::{Token, TokenKind, tokens};
pub use lines::{Line, Lines};
pub use pretty::pretty;
pub use sides::{Change, Folded, SideRow, Sides};
pub use spans::{Span, in_pretty, in_text, pieces};
pub use tree::{Tree, TreeKind, TreeRow};
