//! A stretch of time as whole days, hours and quarters of an hour, so that each instant is in one
//! of them, and what is left at both ends.

use crate::store::sums::{Grain, Range};

/// No call began before 1970 or after 2243, and both ends are whole days.
const FIRST_US: i64 = 0;
const LAST_US: i64 = 86_400_000_000 * 100_000;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Cover {
    pub ranges: Vec<Range>,
    /// Less than a quarter each.
    pub rest: Vec<(i64, i64)>,
}

pub fn cover(from_us: i64, to_us: i64) -> Cover {
    let mut cover = Cover::default();
    let grains = [Grain::Day, Grain::Hour, Grain::Quarter];
    fill(&mut cover, &grains, from_us.clamp(FIRST_US, LAST_US), to_us.clamp(FIRST_US, LAST_US));
    cover
}

/// The buckets of a grain that a stretch touches.
pub fn touched(grain: Grain, from_us: i64, to_us: i64) -> Range {
    let (from_us, to_us) = (from_us.clamp(FIRST_US, LAST_US), to_us.clamp(FIRST_US, LAST_US));
    Range { grain, from: grain.bucket(from_us), to: grain.bucket(to_us - 1) + 1 }
}

fn fill(cover: &mut Cover, grains: &[Grain], from_us: i64, to_us: i64) {
    if from_us >= to_us {
        return;
    }
    let Some((grain, finer)) = grains.split_first() else {
        cover.rest.push((from_us, to_us));
        return;
    };
    let (from, to) = (grain.bucket(from_us - 1) + 1, grain.bucket(to_us));
    if from >= to {
        return fill(cover, finer, from_us, to_us);
    }
    fill(cover, finer, from_us, from * grain.us());
    cover.ranges.push(Range { grain: *grain, from, to });
    fill(cover, finer, to * grain.us(), to_us);
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
                .ranges
                .iter()
                .map(|range| (range.from * range.grain.us(), range.to * range.grain.us()));
            let mut parts: Vec<_> = whole.chain(cover.rest.iter().copied()).collect();
            parts.sort_unstable();
            assert_eq!(parts.first().unwrap().0, from * minute);
            assert_eq!(parts.last().unwrap().1, to * minute);
            assert!(parts.windows(2).all(|pair| pair[0].1 == pair[1].0), "{parts:?}");
            assert!(cover.rest.iter().all(|(from, to)| to - from < 15 * minute));
        }
        let all = cover(i64::MIN, i64::MAX);
        assert_eq!((all.ranges.len(), all.rest.len()), (1, 0));
        assert_eq!(cover(5, 5), Cover::default());
    }
}
