//! Several keys of one provider, used in turn. A key that was refused rests; when all rest,
//! the one that wakes first is tried, for the upstream may have changed its mind. Knows no time
//! but what it is told.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::domain::refusal::Refusal;
use crate::domain::secret::Secret;

/// After a rate limit without `Retry-After`.
const LIMITED_REST: Duration = Duration::from_secs(10);

/// The longest rest that a `Retry-After` can impose.
const MAX_LIMITED_REST: Duration = Duration::from_secs(300);

/// The key may lack a right for one model only.
const FORBIDDEN_REST: Duration = Duration::from_secs(60);

/// Somebody has to do something about the key or its account.
const REFUSED_REST: Duration = Duration::from_secs(600);

/// The longest rest after a spent quota; it is not always told when it comes back.
const QUOTA_REST: Duration = Duration::from_secs(3600);

#[derive(Debug)]
pub struct KeyRing {
    keys: Vec<Key>,
    next: AtomicUsize,
}

#[derive(Debug)]
struct Key {
    secret: Secret,
    /// Milliseconds since the ring's making.
    rests_until_ms: AtomicU64,
}

/// A key that was chosen: its place in the ring, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    pub place: usize,
    pub secret: Secret,
}

impl KeyRing {
    pub fn new(secrets: &[Secret]) -> Self {
        let key =
            |secret: &Secret| Key { secret: secret.clone(), rests_until_ms: AtomicU64::new(0) };
        Self { keys: secrets.iter().map(key).collect(), next: AtomicUsize::new(0) }
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The next key in turn that is awake and was not tried for this request; if every
    /// untried one rests, the one that wakes first.
    pub fn choose(&self, now: Duration, tried: &[usize]) -> Option<Chosen> {
        let start = if self.keys.len() > 1 { self.next.fetch_add(1, Ordering::Relaxed) } else { 0 };
        let in_turn = (0..self.keys.len()).map(|step| (start.wrapping_add(step)) % self.keys.len());
        let untried = in_turn.filter(|place| !tried.contains(place));
        let (place, key) = untried
            .filter_map(|place| Some((place, self.keys.get(place)?)))
            .min_by_key(|(_, key)| millis(now).max(key.rests_until_ms.load(Ordering::Relaxed)))?;
        Some(Chosen { place, secret: key.secret.clone() })
    }

    /// Whether an untried key is awake, so that trying again within the request makes sense.
    pub fn has_awake(&self, now: Duration, tried: &[usize]) -> bool {
        let is_awake = |key: &Key| key.rests_until_ms.load(Ordering::Relaxed) <= millis(now);
        self.keys.iter().enumerate().any(|(place, key)| !tried.contains(&place) && is_awake(key))
    }

    /// Lays a key to rest after the upstream's refusal, if that speaks of the key.
    pub fn note(
        &self,
        now: Duration,
        place: usize,
        refusal: Refusal,
        retry_after: Option<Duration>,
    ) {
        let rest = match refusal {
            Refusal::Key | Refusal::Billing => REFUSED_REST,
            Refusal::Forbidden => FORBIDDEN_REST,
            Refusal::Quota => retry_after.unwrap_or(QUOTA_REST).min(QUOTA_REST),
            Refusal::RateLimited => retry_after.unwrap_or(LIMITED_REST).min(MAX_LIMITED_REST),
            Refusal::BadRequest
            | Refusal::Translation
            | Refusal::ContextLength
            | Refusal::ContentPolicy
            | Refusal::TooLarge
            | Refusal::NotFound
            | Refusal::Timeout
            | Refusal::Overloaded
            | Refusal::Loop
            | Refusal::Broken => return,
        };
        if let Some(key) = self.keys.get(place) {
            key.rests_until_ms.store(millis(now + rest), Ordering::Relaxed);
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(keys: &str) -> KeyRing {
        KeyRing::new(&Secret::list(keys))
    }

    fn chosen(ring: &KeyRing, now_s: u64, tried: &[usize]) -> Option<usize> {
        ring.choose(Duration::from_secs(now_s), tried).map(|chosen| chosen.place)
    }

    #[test]
    fn keys_are_used_in_turn() {
        let ring = ring("a,b,c");
        let places: Vec<_> = (0..6).filter_map(|_| chosen(&ring, 0, &[])).collect();
        assert_eq!(places, [0, 1, 2, 0, 1, 2]);
        assert_eq!(chosen(&KeyRing::new(&[]), 0, &[]), None);
    }

    #[test]
    fn a_key_that_was_refused_rests_longer_than_one_that_was_limited() {
        let ring = ring("a,b,c");
        ring.note(Duration::ZERO, 0, Refusal::Key, None);
        ring.note(Duration::ZERO, 1, Refusal::RateLimited, Some(Duration::from_secs(7)));
        for now_s in 0..7 {
            assert_eq!(chosen(&ring, now_s, &[]), Some(2));
        }
        let later: Vec<_> = (0..4).filter_map(|_| chosen(&ring, 8, &[])).collect();
        assert!(later.contains(&1) && !later.contains(&0), "{later:?}");
        assert!((0..3).any(|_| chosen(&ring, 601, &[]) == Some(0)));
    }

    #[test]
    fn a_huge_retry_after_is_capped() {
        let ring = ring("a");
        ring.note(Duration::ZERO, 0, Refusal::RateLimited, Some(Duration::from_secs(1_555_200)));
        assert!(!ring.has_awake(Duration::from_secs(299), &[]));
        assert!(ring.has_awake(Duration::from_secs(300), &[]));
    }

    #[test]
    fn when_all_rest_the_one_that_wakes_first_is_tried_and_none_twice() {
        let ring = ring("a,b");
        ring.note(Duration::ZERO, 0, Refusal::Key, None);
        ring.note(Duration::ZERO, 1, Refusal::RateLimited, None);
        assert_eq!(chosen(&ring, 1, &[]), Some(1));
        assert_eq!(chosen(&ring, 1, &[1]), Some(0));
        assert_eq!(chosen(&ring, 1, &[0, 1]), None);
        assert!(!ring.has_awake(Duration::from_secs(1), &[]));
    }

    #[test]
    fn other_answers_say_nothing_of_the_key() {
        let ring = ring("a");
        for status in [400, 404, 413, 500, 503] {
            ring.note(Duration::ZERO, 0, Refusal::of_status(status), None);
            assert!(ring.has_awake(Duration::ZERO, &[]));
        }
    }
}
