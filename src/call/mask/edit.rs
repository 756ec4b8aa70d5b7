//! Replacing secrets in bytes: what stands where, what is put there, and what of it is shown all the same.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::MASK;
use super::place::{Revealed, SecretPart, SecretPlace, ShownSecret};
use super::text::Reading;

/// A replacement of some bytes.
#[derive(Clone, Debug)]
pub(super) struct Edit {
    pub(super) range: Range<usize>,
    pub(super) text: Cow<'static, str>,
    /// What the place is called.
    pub(super) name: Arc<str>,
    /// The JSON value around it.
    pub(super) pointer: Option<Arc<str>>,
    /// Where the content of the string or number begins that it is part of.
    pub(super) value_start: usize,
}

impl Edit {
    /// A masked stretch that is its own value.
    pub(super) fn whole(range: Range<usize>, name: &str) -> Edit {
        Edit { value_start: range.start, range, text: Cow::Borrowed(MASK), name: Arc::from(name), pointer: None }
    }
}

/// Brings edits into order and joins those that overlap. Of two for the same bytes the first stays.
pub(super) fn in_order(mut edits: Vec<Edit>) -> Vec<Edit> {
    edits.sort_by_key(|edit| (edit.range.start, std::cmp::Reverse(edit.range.end)));
    let mut ordered: Vec<Edit> = Vec::with_capacity(edits.len());
    for edit in edits {
        match ordered.last_mut() {
            Some(last) if edit.range.start < last.range.end => {
                if edit.range.end > last.range.end {
                    last.range.end = edit.range.end;
                    last.text = Cow::Borrowed(MASK);
                }
            }
            _ => ordered.push(edit),
        }
    }
    ordered
}

/// Gathers the secrets of a call while its parts are made ready to be shown.
pub(super) struct Showing<'r> {
    revealed: &'r Revealed,
    n_of_name: HashMap<(SecretPart, Arc<str>), usize>,
    pub(super) secrets: Vec<ShownSecret>,
}

impl<'r> Showing<'r> {
    pub(super) fn new(revealed: &'r Revealed) -> Showing<'r> {
        Showing { revealed, n_of_name: HashMap::new(), secrets: Vec::new() }
    }

    fn place(&mut self, part: SecretPart, name: &Arc<str>) -> SecretPlace {
        let n = self.n_of_name.entry((part, name.clone())).or_default();
        *n += 1;
        let name = if *n == 1 { name.clone() } else { Arc::from(format!("{name} ({n})")) };
        SecretPlace { part, name }
    }

    /// The bytes with their secrets masked, but for those that are revealed.
    pub(super) fn apply<'b>(
        &mut self,
        bytes: &'b [u8],
        edits: &[Edit],
        part: SecretPart,
        field_idx: usize,
    ) -> Cow<'b, [u8]> {
        let mut shown: Vec<u8> = Vec::with_capacity(bytes.len());
        let mut at = 0;
        // How much of the decoded text of the current value is written.
        let (mut value_start, mut n_decoded) = (usize::MAX, 0);
        let mut changed = false;
        for edit in edits {
            let place = self.place(part, &edit.name);
            let is_revealed = self.revealed.has(&place);
            if value_start != edit.value_start {
                (value_start, n_decoded) = (edit.value_start, 0);
            }
            let before_in_value = bytes.get(at.max(value_start)..edit.range.start).unwrap_or_default();
            n_decoded += decoded_len(before_in_value);
            shown.extend_from_slice(bytes.get(at..edit.range.start).unwrap_or_default());
            let start = shown.len();
            let (end, n_value) = if is_revealed {
                let piece = bytes.get(edit.range.clone()).unwrap_or_default();
                shown.extend_from_slice(piece);
                (shown.len(), decoded_len(piece))
            } else {
                changed = true;
                shown.extend_from_slice(edit.text.as_bytes());
                // A masked number is put into quotes, which are no part of its value.
                (shown.len(), edit.text.trim_matches('"').len())
            };
            self.secrets.push(ShownSecret {
                place,
                pointer: edit.pointer.clone(),
                field_idx,
                range: start..end,
                value_range: n_decoded..n_decoded + n_value,
                is_revealed,
            });
            n_decoded += n_value;
            at = edit.range.end;
        }
        if !changed {
            return Cow::Borrowed(bytes);
        }
        shown.extend_from_slice(bytes.get(at..).unwrap_or_default());
        Cow::Owned(shown)
    }
}

/// The length of the decoded text of a piece of a JSON string.
fn decoded_len(piece: &[u8]) -> usize {
    let plain = Reading::plain(piece);
    if piece.contains(&b'\\') { plain.unescaped().text.len() } else { plain.text.len() }
}

/// The bytes with every secret masked.
pub(super) fn masked<'b>(bytes: &'b [u8], edits: &[Edit]) -> Cow<'b, [u8]> {
    if edits.is_empty() {
        return Cow::Borrowed(bytes);
    }
    let mut shown = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for edit in edits {
        shown.extend_from_slice(bytes.get(at..edit.range.start).unwrap_or_default());
        shown.extend_from_slice(edit.text.as_bytes());
        at = edit.range.end;
    }
    shown.extend_from_slice(bytes.get(at..).unwrap_or_default());
    Cow::Owned(shown)
}
