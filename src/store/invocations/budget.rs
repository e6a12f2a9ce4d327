//! What reading a list may cost: how long a search goes on, and how many rows are read at once.

use std::time::Duration;

use crate::domain::clock::Clock;

#[derive(Clone, Copy, Debug)]
pub struct Budget {
    clock: Clock,
    until: Duration,
    pub rows: RowLimits,
}

#[derive(Clone, Copy, Debug)]
pub struct RowLimits {
    /// A search begins with a slice of so many.
    pub first_slice: i64,
    pub largest_slice: i64,
    /// Further calls are not counted one by one.
    pub counted: i64,
    /// An offset up to which ranges are read and merged; calls before a longer one are counted,
    /// slice by slice.
    pub merged: i64,
    /// So many are read and sorted at once.
    pub sorted: i64,
    /// So many of a day or an hour are read sooner than it is taken apart.
    pub few: i64,
}

impl RowLimits {
    pub const DEFAULT: Self = Self {
        first_slice: 2_000,
        largest_slice: 128_000,
        counted: 10_000,
        merged: 5_000,
        sorted: 10_000,
        few: 64,
    };
}

impl Budget {
    pub fn from_now(clock: Clock, length: Duration) -> Self {
        let until = clock.uptime().saturating_add(length);
        Self { clock, until, rows: RowLimits::DEFAULT }
    }

    pub fn is_over(&self) -> bool {
        self.left().is_zero()
    }

    pub fn now(&self) -> Duration {
        self.clock.uptime()
    }

    /// How many rows the next slice may have, after one that took so long: twice as many, as far as
    /// they fit into the time that is left.
    pub fn next_slice(&self, rows: i64, took: Duration) -> i64 {
        let took = took.as_micros().max(1);
        let fitting =
            u128::from(rows.unsigned_abs()).saturating_mul(self.left().as_micros()) / took;
        let fitting = i64::try_from(fitting).unwrap_or(i64::MAX);
        let RowLimits { first_slice, largest_slice, .. } = self.rows;
        rows.saturating_mul(2).min(fitting).clamp(first_slice, largest_slice)
    }

    fn left(&self) -> Duration {
        self.until.saturating_sub(self.clock.uptime())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_grow_as_long_as_they_fit_into_the_time_left() {
        let clock = Clock::start();
        let ample = Budget::from_now(clock, Duration::from_secs(10_000));
        let over = Budget::from_now(clock, Duration::ZERO);
        let second = Duration::from_secs(1);
        assert_eq!(ample.next_slice(4_000, second), 8_000);
        assert_eq!(ample.next_slice(100_000, second), 128_000);
        let slow = ample.next_slice(100_000, Duration::from_secs(100_000));
        assert!((2_000..=10_000).contains(&slow), "{slow}");
        assert_eq!(over.next_slice(100_000, second), 2_000);
        assert!(over.is_over() && !ample.is_over());
    }
}
