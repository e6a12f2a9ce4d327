//! The clock of the process. Circuits, key rings, latencies and limits count in the time since its
//! start, so that each of them is an atomic number that is given the time.

use std::time::{Duration, Instant};

/// Started once, by whoever starts the process, and given to all who need the time. A test that
/// wants to be later gives one that has started earlier.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    pub fn start() -> Self {
        Self::started_at(Instant::now())
    }

    pub fn started_at(start: Instant) -> Self {
        Self { start }
    }

    /// Now, since the start.
    pub fn uptime(self) -> Duration {
        self.start.elapsed()
    }

    /// A moment that was read already, without a further look at the clock; what lies before the
    /// start is 0.
    pub fn at(self, moment: Instant) -> Duration {
        moment.saturating_duration_since(self.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_from_its_start_and_nothing_lies_before() {
        let start = Instant::now();
        let clock = Clock::started_at(start);
        let minute = Duration::from_secs(60);
        assert_eq!(clock.at(start + minute), minute);
        assert_eq!(Clock::started_at(start + minute).at(start), Duration::ZERO);
        assert!(clock.uptime() <= Clock::started_at(start).uptime());
    }
}
