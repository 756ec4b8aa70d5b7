//! A time in two bytes, since a row has no more to spare.

/// Microseconds to within a thousandth, never less than they were. Eleven bits of the number and five of its shift.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoughTime(u16);

const BITS: u32 = 11;

impl RoughTime {
    pub fn of(micros: u32) -> RoughTime {
        let shift = (u32::BITS - micros.leading_zeros()).saturating_sub(BITS);
        let rounded = u64::from(micros).div_ceil(1 << shift);
        // Rounding up may have made it one bit longer.
        let (rounded, shift) = if rounded >> BITS > 0 { (rounded >> 1, shift + 1) } else { (rounded, shift) };
        RoughTime((shift as u16) << BITS | rounded as u16)
    }

    pub fn micros(self) -> u32 {
        let (number, shift) = (u64::from(self.0 & ((1 << BITS) - 1)), self.0 >> BITS);
        u32::try_from(number << shift).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn short_times_are_exact() {
        for micros in (0..2_048).chain([2_048, 4_096, 1 << 20]) {
            assert_eq!(RoughTime::of(micros).micros(), micros);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_time_becomes_less_and_none_much_more(micros in 0u32..=u32::MAX) {
            let rough = RoughTime::of(micros).micros();
            proptest::prop_assert!(rough >= micros && u64::from(rough - micros) * 1_000 <= u64::from(micros));
        }
    }
}
