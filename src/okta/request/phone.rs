//! Phone numbers as far as they may be shown.

/// What stands in place of digits.
const MASK: &str = "••••";

/// So many digits are kept of a number that is long enough.
const KEPT: usize = 2;
/// Digits that make a number long enough to show its last two: of a shorter one they would tell too much.
pub const PHONE_DIGITS: usize = 7;

/// All but the last two digits masked; a short number is masked whole, and one that was masked before stays as it is.
pub(super) fn masked(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let was_masked = number.starts_with(MASK) && digits.len() <= KEPT;
    let from = if digits.len() >= PHONE_DIGITS { digits.len() - KEPT } else { digits.len() };
    let from = if was_masked { 0 } else { from };
    MASK.chars().chain(digits.into_iter().skip(from)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_digits_are_kept() {
        assert_eq!(masked("+4722000017"), "••••17");
        assert_eq!(masked("+47 22 00 00 17 "), "••••17");
        assert_eq!(masked("0017"), "••••");
        assert_eq!(masked("220017"), "••••");
        assert_eq!(masked("2200017"), "••••17");
        assert_eq!(masked("••••17"), "••••17");
        assert_eq!(masked("••••"), "••••");
        assert_eq!(masked("••••0017"), "••••");
        assert_eq!(masked("no number"), "••••");
    }
}
