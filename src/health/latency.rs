//! Time to first token, which routing strategies compare.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Each sample weighs one fifth, so that the mean covers about the last ten.
const WEIGHT: u64 = 5;

/// A mean this old says little about the present: the next sample replaces it.
const EXPIRES_AFTER_S: u64 = 300;

/// Exponential moving mean of the time to first token. The mean and the time of the last sample
/// share one word: the mean in microseconds in the lower half (up to 71 minutes), seconds since the
/// process's start plus one in the upper half.
#[derive(Debug, Default)]
pub struct Ewma(AtomicU64);

/// A mean and its age. It does not decay by itself: the strategy that reads it decides how much an
/// old one is worth and when to measure again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    pub mean_us: u64,
    /// Since the last sample, to the second.
    pub age: Duration,
}

impl Ewma {
    pub fn record(&self, now: Duration, sample: Duration) {
        let sample_us = u64::try_from(sample.as_micros()).unwrap_or(u64::MAX).min(MAX_MEAN_US);
        let now_s = now.as_secs().min(u64::from(u32::MAX - 1));
        let next = |bits: u64| {
            let mean_us = match split(bits) {
                Some((mean_us, at_s)) if now_s.saturating_sub(at_s) < EXPIRES_AFTER_S => {
                    (mean_us * (WEIGHT - 1) + sample_us) / WEIGHT
                }
                _ => sample_us,
            };
            Some(((now_s + 1) << 32) | mean_us)
        };
        // The closure always returns `Some`, so the update cannot fail.
        let _ = self.0.fetch_update(Relaxed, Relaxed, next);
    }

    /// `None` before the first sample.
    pub fn read(&self, now: Duration) -> Option<Reading> {
        let (mean_us, at_s) = split(self.0.load(Relaxed))?;
        Some(Reading { mean_us, age: Duration::from_secs(now.as_secs().saturating_sub(at_s)) })
    }
}

const MAX_MEAN_US: u64 = u32::MAX as u64;

/// The mean and the second of the last sample.
fn split(bits: u64) -> Option<(u64, u64)> {
    let at_s = (bits >> 32).checked_sub(1)?;
    Some((bits & MAX_MEAN_US, at_s))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn mean_of(samples_ms: &[u64]) -> Option<u64> {
        let mean = Ewma::default();
        samples_ms.iter().for_each(|ms| mean.record(secs(1), Duration::from_millis(*ms)));
        mean.read(secs(1)).map(|reading| reading.mean_us)
    }

    #[test]
    fn the_first_sample_is_the_mean_and_each_later_one_a_fifth() {
        assert_eq!(mean_of(&[]), None);
        assert_eq!(mean_of(&[0]), Some(0));
        assert_eq!(mean_of(&[100]), Some(100_000));
        assert_eq!(mean_of(&[100, 200]), Some(120_000));
    }

    #[test]
    fn an_old_mean_reports_its_age_and_is_replaced_by_the_next_sample() {
        let mean = Ewma::default();
        mean.record(secs(10), secs(8));
        assert_eq!(mean.read(secs(200)), Some(Reading { mean_us: 8_000_000, age: secs(190) }));
        mean.record(secs(310), secs(1));
        assert_eq!(mean.read(secs(310)), Some(Reading { mean_us: 1_000_000, age: secs(0) }));
    }

    proptest! {
        #[test]
        fn a_mean_lies_between_its_samples(samples in prop::collection::vec(0u64..5_000_000, 1..50)) {
            let mean = mean_of(&samples).unwrap();
            let cut = |ms: u64| (ms * 1000).min(MAX_MEAN_US);
            prop_assert!(mean <= cut(*samples.iter().max().unwrap()));
            prop_assert!(mean >= cut(*samples.iter().min().unwrap()));
        }
    }
}
