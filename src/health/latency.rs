//! How fast a model begins to answer, which strategies compare.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// One part in five of each sample, so that the mean is of about the last ten.
const WEIGHT: u64 = 5;

/// A mean this old says little about now: the next sample takes its place.
const FORGOTTEN_AFTER_S: u64 = 300;

/// Moving mean of time to first token. Mean and time of the last sample are one word: the mean in
/// microseconds below (it ends at 71 minutes), seconds since the process's start plus one above.
#[derive(Debug, Default)]
pub struct Ewma(AtomicU64);

/// What is known of a mean. It does not fade by itself: how much an old one is worth, and when to
/// go and measure again, is for the strategy that reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    pub mean_us: u64,
    /// Since the last sample, to the second.
    pub age: Duration,
}

impl Ewma {
    pub fn note(&self, now: Duration, sample: Duration) {
        let sample_us = u64::try_from(sample.as_micros()).unwrap_or(u64::MAX).min(MAX_MEAN_US);
        let now_s = now.as_secs().min(u64::from(u32::MAX - 1));
        let next = |bits: u64| {
            let mean_us = match split(bits) {
                Some((mean_us, at_s)) if now_s.saturating_sub(at_s) < FORGOTTEN_AFTER_S => {
                    (mean_us * (WEIGHT - 1) + sample_us) / WEIGHT
                }
                _ => sample_us,
            };
            Some(((now_s + 1) << 32) | mean_us)
        };
        // The closure never refuses, so neither does the update.
        let _ = self.0.fetch_update(Relaxed, Relaxed, next);
    }

    /// Nothing before the first sample.
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
        samples_ms.iter().for_each(|ms| mean.note(secs(1), Duration::from_millis(*ms)));
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
    fn an_old_mean_tells_its_age_and_gives_way_to_the_next_sample() {
        let mean = Ewma::default();
        mean.note(secs(10), secs(8));
        assert_eq!(mean.read(secs(200)), Some(Reading { mean_us: 8_000_000, age: secs(190) }));
        mean.note(secs(310), secs(1));
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
