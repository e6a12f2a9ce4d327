//! Seeds for the order of candidates. They are counters, so that `round_robin` rotates through the
//! models; each selector has its own, or two alternating clients would each always get the same
//! model.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::routing::Selector;

/// Selectors that share a slot share its counter, which only makes the rotation less even.
const PLACES: usize = 256;

pub struct SelectionSeeds(Vec<AtomicU64>);

/// A trace holds a seed as a number, and readers of JSON often keep only 53 bits.
const FIRST: u64 = 1 << 48;

impl Default for SelectionSeeds {
    /// Starts at a random value, so that a restart does not begin with the same model each time.
    fn default() -> Self {
        Self((0..PLACES).map(|_| AtomicU64::new(fastrand::u64(..FIRST))).collect())
    }
}

impl SelectionSeeds {
    pub fn next(&self, selector: &Selector) -> u64 {
        let mut hasher = DefaultHasher::new();
        selector.hash(&mut hasher);
        let place = usize::try_from(hasher.finish() >> 32).unwrap_or_default() % PLACES;
        self.0.get(place).map_or(0, |turn| turn.fetch_add(1, Ordering::Relaxed))
    }
}
