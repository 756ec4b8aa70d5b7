//! A verdict quotes what came and what was answered: secrets in the quotes are masked like the secrets themselves.

use std::borrow::Cow;
use std::ops::Range;

use super::edit::{Edit, in_order, masked};
use super::known::Known;
use crate::okta::Verdict;
use crate::okta::verdict::Text;

/// What stands at the end of a quote that was cut off.
const CUT: char = '…';

/// True where nothing in a verdict can be a quote: it is made of our own sentences only.
pub(super) fn quotes_nothing(verdict: &Verdict) -> bool {
    let is_ours = |text: &Text| matches!(text, Cow::Borrowed(_));
    is_ours(&verdict.summary)
        && is_ours(&verdict.retry.why)
        && verdict.user_sees.iter().chain(&verdict.system_log).all(is_ours)
        && verdict.findings.iter().all(|finding| is_ours(&finding.message))
}

/// The verdict with known secrets masked; none where there are none in it.
pub(super) fn mask(verdict: &Verdict, known: &Known) -> Option<Verdict> {
    let known = known.as_quoted();
    let finder = known.finder()?;
    let mut shown = verdict.clone();
    let mut changed = false;
    for text in texts(&mut shown) {
        let mut ranges = finder.find(text.as_bytes(), false);
        ranges.extend(cut_off(text, &known));
        if ranges.is_empty() {
            continue;
        }
        let edits = in_order(ranges.into_iter().map(|range| Edit::whole(range, "quote")).collect());
        *text = Cow::Owned(String::from_utf8_lossy(&masked(text.as_bytes(), &edits)).into_owned());
        changed = true;
    }
    changed.then_some(shown)
}

/// The beginnings of secrets at the end of quotes that were cut off.
fn cut_off(text: &str, known: &Known) -> Vec<Range<usize>> {
    let ends = text.match_indices(CUT).map(|(end, _)| end);
    ends.filter_map(|end| {
        let length = known.longest_start_before(text.get(..end).unwrap_or_default())?;
        Some(end - length..end)
    })
    .collect()
}

/// Every text of a verdict that may hold a quote.
fn texts(verdict: &mut Verdict) -> impl Iterator<Item = &mut Text> {
    let conflict = verdict.conflict.iter_mut();
    [&mut verdict.summary, &mut verdict.retry.why]
        .into_iter()
        .chain(&mut verdict.user_sees)
        .chain(&mut verdict.system_log)
        .chain(conflict.flat_map(|conflict| [&mut conflict.one, &mut conflict.other, &mut conflict.taken]))
        .chain(verdict.findings.iter_mut().map(|finding| &mut finding.message))
}
