//! A stretch of time as the buckets of sums that a list can do with: no minutes, which are kept for
//! days only.

use crate::store::sums::{Cover, Grain, Range};

/// No call began before 1970 or after 2243, and both ends are whole days.
const FIRST_US: i64 = 0;
const LAST_US: i64 = 86_400_000_000 * 100_000;

/// As days, hours and quarters.
pub fn cover(from_us: i64, to_us: i64) -> Cover {
    let span = (from_us.clamp(FIRST_US, LAST_US), to_us.clamp(FIRST_US, LAST_US));
    Cover::of(&[span], &[Grain::Day, Grain::Hour, Grain::Quarter], LAST_US)
}

/// The buckets of a grain that a stretch touches.
pub fn touched(grain: Grain, from_us: i64, to_us: i64) -> Range {
    let (from_us, to_us) = (from_us.clamp(FIRST_US, LAST_US), to_us.clamp(FIRST_US, LAST_US));
    Range { grain, from: grain.bucket(from_us), to: grain.bucket(to_us - 1) + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_instant_is_covered_once() {
        let minute = Grain::Minute.us();
        for (from, to) in [(0, 1), (7, 20), (0, 15), (14, 61), (50, 3_000), (1_441, 10_000)] {
            let cover = cover(from * minute, to * minute);
            let whole = cover
                .sums
                .iter()
                .map(|range| (range.from * range.grain.us(), range.to * range.grain.us()));
            let mut parts: Vec<_> = whole.chain(cover.calls.iter().copied()).collect();
            parts.sort_unstable();
            assert_eq!(parts.first().unwrap().0, from * minute);
            assert_eq!(parts.last().unwrap().1, to * minute);
            assert!(parts.windows(2).all(|pair| pair[0].1 == pair[1].0), "{parts:?}");
            assert!(cover.calls.iter().all(|(from, to)| to - from < 15 * minute));
        }
        let all = cover(i64::MIN, i64::MAX);
        assert_eq!((all.sums.len(), all.calls.len()), (1, 0));
        assert_eq!(cover(5, 5), Cover::default());
    }
}
