//! Which element of one array belongs to which of another.

use serde_json::Value;

/// Pairs of positions in both arrays, in order; none where one side has no partner. Equal elements are partners wherever that
/// keeps their order; between two such pairs elements are paired as they stand.
pub fn align(before: &[Value], after: &[Value]) -> Vec<(Option<usize>, Option<usize>)> {
    // Equal values get one number, so that they are compared once and not for each step of the search.
    let mut known: Vec<&Value> = Vec::new();
    let mut number = |value| match known.iter().position(|other| *other == value) {
        Some(number) => number,
        None => {
            known.push(value);
            known.len() - 1
        }
    };
    if before.len().saturating_mul(after.len()) > MOST {
        return side_by_side(0..before.len(), 0..after.len()).collect();
    }
    let left: Vec<usize> = before.iter().map(&mut number).collect();
    let right: Vec<usize> = after.iter().map(&mut number).collect();
    let mut pairs = Vec::new();
    for op in similar::capture_diff_slices(similar::Algorithm::Myers, &left, &right) {
        let (old, new) = (op.old_range(), op.new_range());
        pairs.extend(side_by_side(old, new));
    }
    pairs
}

/// Arrays whose lengths multiply to more are compared as they stand: the search would take too long for what it shows.
const MOST: usize = 1_000_000;

fn side_by_side(
    before: std::ops::Range<usize>,
    after: std::ops::Range<usize>,
) -> impl Iterator<Item = (Option<usize>, Option<usize>)> {
    let n_rows = before.len().max(after.len());
    (0..n_rows).map(move |idx| (before.clone().nth(idx), after.clone().nth(idx)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn check(before: &[i64], after: &[i64], expected: &[(Option<usize>, Option<usize>)]) {
        let values = |numbers: &[i64]| numbers.iter().map(|number| Value::from(*number)).collect::<Vec<_>>();
        assert_eq!(align(&values(before), &values(after)), expected, "{before:?} {after:?}");
    }

    #[test]
    fn equal_elements_are_partners_where_that_keeps_their_order() {
        check(&[1, 2, 3], &[1, 2, 3], &[(Some(0), Some(0)), (Some(1), Some(1)), (Some(2), Some(2))]);
        check(&[1, 3], &[1, 2, 3], &[(Some(0), Some(0)), (None, Some(1)), (Some(1), Some(2))]);
        check(&[1, 2, 3], &[1, 3], &[(Some(0), Some(0)), (Some(1), None), (Some(2), Some(1))]);
        check(&[1, 2, 3], &[1, 9, 3], &[(Some(0), Some(0)), (Some(1), Some(1)), (Some(2), Some(2))]);
        check(&[], &[7], &[(None, Some(0))]);
        check(&[], &[], &[]);
    }

    proptest::proptest! {
        #[test]
        fn every_element_stands_in_exactly_one_pair(
            before in proptest::collection::vec(0..4i64, 0..12),
            after in proptest::collection::vec(0..4i64, 0..12),
        ) {
            let values = |numbers: &[i64]| numbers.iter().map(|number| Value::from(*number)).collect::<Vec<_>>();
            let pairs = align(&values(&before), &values(&after));
            let left: Vec<usize> = pairs.iter().filter_map(|pair| pair.0).collect();
            let right: Vec<usize> = pairs.iter().filter_map(|pair| pair.1).collect();
            proptest::prop_assert_eq!(left, (0..before.len()).collect::<Vec<_>>());
            proptest::prop_assert_eq!(right, (0..after.len()).collect::<Vec<_>>());
        }
    }
}
