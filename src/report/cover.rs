//! Which sums are relied upon for a range of time; the calls themselves cover the rest.

use crate::store::sums::{Cover, Grain, MINUTES_KEPT_US, View};

/// Sums of minutes are not relied upon shortly before they are deleted.
const MARGIN_US: i64 = 3_600_000_000;

/// Covers ranges that do not overlap, in their order, with what is kept of a view.
pub fn cover(view: View, spans: &[(i64, i64)], now_us: i64) -> Cover {
    let minutes_from = now_us.saturating_sub(MINUTES_KEPT_US - MARGIN_US);
    let grains = [Grain::Day, Grain::Hour, Grain::Quarter, Grain::Minute];
    let grains: Vec<Grain> = grains.into_iter().filter(|grain| view.has(*grain)).collect();
    Cover::of(spans, &grains, minutes_from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW_US: i64 = 1_795_737_600_000_000;

    proptest! {
        #[test]
        fn each_instant_is_covered_once(
            from in -400_000_000_000i64..400_000_000_000,
            length in 0i64..700_000_000_000,
            second in 0i64..100_000_000_000,
            days_only in any::<bool>(),
        ) {
            let view = if days_only { View::CallerTarget } else { View::Target };
            let from_us = NOW_US + from;
            let spans = [(from_us, from_us + length), (from_us + length, from_us + length + second)];
            let cover = cover(view, &spans, NOW_US);
            let sums = cover.sums.iter().map(|range| {
                (range.from * range.grain.us(), range.to * range.grain.us())
            });
            let mut parts: Vec<(i64, i64)> = sums.chain(cover.calls.iter().copied()).collect();
            parts.sort_unstable();
            let mut at = from_us;
            for (start, end) in parts {
                prop_assert_eq!(start, at);
                prop_assert!(start < end);
                at = end;
            }
            prop_assert_eq!(at, from_us + length + second);
            let kept_from = NOW_US - MINUTES_KEPT_US;
            for range in cover.sums.iter().filter(|range| range.grain == Grain::Minute) {
                prop_assert!(range.from * Grain::Minute.us() > kept_from);
            }
            if !days_only {
                let quarter = Grain::Quarter.us();
                prop_assert!(cover.calls.iter().all(|(start, end)| end - start < 2 * quarter));
            }
        }
    }

    #[test]
    fn days_hours_quarters_and_minutes_are_used_where_they_fit() {
        let minute = Grain::Minute.us();
        let day = Grain::Day.bucket(NOW_US);
        let from = NOW_US - 24 * 60 * minute - 76 * minute;
        let found = cover(View::All, &[(from, NOW_US)], NOW_US);
        let grains = found.sums.iter().map(|range| (range.grain, range.to - range.from));
        assert_eq!(
            grains.collect::<Vec<_>>(),
            [(Grain::Minute, 1), (Grain::Quarter, 1), (Grain::Hour, 1), (Grain::Day, 1)]
        );
        assert_eq!(found.sums.last().map(|range| range.to), Some(day));
        assert_eq!(found.calls, []);
    }
}
