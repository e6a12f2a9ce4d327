//! The number of calls that a model or a provider has in flight, for its limit and for strategies.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Calls in flight.
#[derive(Debug, Default)]
pub struct InFlight(Arc<AtomicUsize>);

/// One call in flight, until it is dropped.
#[derive(Debug)]
#[must_use = "the place is free again when this is dropped"]
pub struct Place(Arc<AtomicUsize>);

impl InFlight {
    pub fn count(&self) -> usize {
        self.0.load(Relaxed)
    }

    /// One more, unless there are `max` (`max_concurrent`). A lowered limit ends no running call.
    pub fn try_enter(&self, max: Option<usize>) -> Option<Place> {
        let max = max.unwrap_or(usize::MAX);
        let next = |count: usize| (count < max).then(|| count + 1);
        self.0.fetch_update(Relaxed, Relaxed, next).ok()?;
        Some(Place(Arc::clone(&self.0)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_house_takes_nobody_until_a_place_is_dropped() {
        let in_flight = InFlight::default();
        let first = in_flight.try_enter(Some(1));
        assert!(first.is_some() && in_flight.try_enter(Some(1)).is_none());
        assert!(in_flight.try_enter(None).is_some());
        drop(first);
        assert!(in_flight.try_enter(Some(1)).is_some());
        assert!(in_flight.try_enter(Some(0)).is_none());
        assert_eq!(in_flight.count(), 0);
    }

    #[test]
    fn eight_threads_never_take_more_places_than_there_are() {
        let (in_flight, inside, taken) =
            (InFlight::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20_000 {
                        let Some(place) = in_flight.try_enter(Some(3)) else { continue };
                        assert!(inside.fetch_add(1, Relaxed) < 3);
                        std::thread::yield_now();
                        taken.fetch_add(1, Relaxed);
                        inside.fetch_sub(1, Relaxed);
                        drop(place);
                    }
                });
            }
        });
        assert_eq!(in_flight.count(), 0);
        assert!(taken.into_inner() > 0);
    }
}
