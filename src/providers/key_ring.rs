//! The keys of one provider, used round-robin. A refused key cools down; when all do, the one whose
//! cooldown ends first is tried, because the upstream may accept it again. The caller passes the
//! time.

use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::domain::refusal::Refusal;
use crate::domain::secret::Secret;

/// After a rate limit without `Retry-After`.
const LIMITED_COOLDOWN: Duration = Duration::from_secs(10);

/// The longest cooldown that a `Retry-After` can impose.
const MAX_LIMITED_COOLDOWN: Duration = Duration::from_secs(300);

/// The key may lack the permission for one model only.
const FORBIDDEN_COOLDOWN: Duration = Duration::from_secs(60);

/// The key or its account needs attention by the operator.
const REFUSED_COOLDOWN: Duration = Duration::from_secs(600);

/// The longest cooldown after a spent quota; upstreams do not always say when it resets.
const QUOTA_COOLDOWN: Duration = Duration::from_secs(3600);

#[derive(Debug)]
pub struct KeyRing {
    keys: Vec<Key>,
    next: AtomicUsize,
}

#[derive(Debug)]
struct Key {
    secret: Secret,
    /// Milliseconds since the ring's making.
    cooldown_until_ms: AtomicU64,
    /// Why it cools down, as a place in [`COOLING`]; only shown.
    reason: AtomicU8,
}

/// The refusals that start a cooldown.
const COOLING: [Refusal; 5] =
    [Refusal::RateLimited, Refusal::Quota, Refusal::Key, Refusal::Forbidden, Refusal::Billing];

/// A key as it stands, without its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyState {
    /// What is left of its cooldown, and the refusal that began it.
    pub cooldown: Option<(Duration, Refusal)>,
}

/// A chosen key and its index in the ring, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenKey {
    pub index: usize,
    pub secret: Secret,
}

impl KeyRing {
    pub fn new(secrets: &[Secret]) -> Self {
        let key = |secret: &Secret| Key {
            secret: secret.clone(),
            cooldown_until_ms: AtomicU64::new(0),
            reason: AtomicU8::new(0),
        };
        Self { keys: secrets.iter().map(key).collect(), next: AtomicUsize::new(0) }
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The next key that is not cooling down and was not tried for this request; if every untried
    /// key cools down, the one whose cooldown ends first.
    pub fn choose(&self, now: Duration, tried: &[usize]) -> Option<ChosenKey> {
        let start = if self.keys.len() > 1 { self.next.fetch_add(1, Ordering::Relaxed) } else { 0 };
        let in_turn = (0..self.keys.len()).map(|step| (start.wrapping_add(step)) % self.keys.len());
        let untried = in_turn.filter(|index| !tried.contains(index));
        let (index, key) =
            untried.filter_map(|index| Some((index, self.keys.get(index)?))).min_by_key(
                |(_, key)| millis(now).max(key.cooldown_until_ms.load(Ordering::Relaxed)),
            )?;
        Some(ChosenKey { index, secret: key.secret.clone() })
    }

    /// Whether an untried key is not cooling down, so that a retry within the request makes sense.
    pub fn has_ready(&self, now: Duration, tried: &[usize]) -> bool {
        let is_ready = |key: &Key| key.cooldown_until_ms.load(Ordering::Relaxed) <= millis(now);
        self.keys.iter().enumerate().any(|(index, key)| !tried.contains(&index) && is_ready(key))
    }

    /// Each key, in the ring's order.
    pub fn states(&self, now: Duration) -> impl Iterator<Item = KeyState> {
        self.keys.iter().map(move |key| {
            let until_ms = key.cooldown_until_ms.load(Ordering::Relaxed);
            let left = Duration::from_millis(until_ms.saturating_sub(millis(now)));
            let reason = usize::from(key.reason.load(Ordering::Relaxed));
            let reason = COOLING.get(reason).copied();
            KeyState { cooldown: reason.filter(|_| !left.is_zero()).map(|reason| (left, reason)) }
        })
    }

    /// Starts a key's cooldown after the upstream's refusal, if the refusal concerns the key.
    pub fn record(
        &self,
        now: Duration,
        index: usize,
        refusal: Refusal,
        retry_after: Option<Duration>,
    ) {
        let cooldown = match refusal {
            Refusal::Key | Refusal::Billing => REFUSED_COOLDOWN,
            Refusal::Forbidden => FORBIDDEN_COOLDOWN,
            Refusal::Quota => retry_after.unwrap_or(QUOTA_COOLDOWN).min(QUOTA_COOLDOWN),
            Refusal::RateLimited => {
                retry_after.unwrap_or(LIMITED_COOLDOWN).min(MAX_LIMITED_COOLDOWN)
            }
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
        if let Some(key) = self.keys.get(index) {
            let reason = COOLING.iter().position(|cooling| *cooling == refusal);
            key.reason
                .store(reason.and_then(|at| u8::try_from(at).ok()).unwrap_or(0), Ordering::Relaxed);
            key.cooldown_until_ms.store(millis(now + cooldown), Ordering::Relaxed);
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
        ring.choose(Duration::from_secs(now_s), tried).map(|chosen| chosen.index)
    }

    #[test]
    fn keys_are_used_round_robin() {
        let ring = ring("a,b,c");
        let indices: Vec<_> = (0..6).filter_map(|_| chosen(&ring, 0, &[])).collect();
        assert_eq!(indices, [0, 1, 2, 0, 1, 2]);
        assert_eq!(chosen(&KeyRing::new(&[]), 0, &[]), None);
    }

    #[test]
    fn a_refused_key_cools_down_longer_than_a_rate_limited_one() {
        let ring = ring("a,b,c");
        ring.record(Duration::ZERO, 0, Refusal::Key, None);
        ring.record(Duration::ZERO, 1, Refusal::RateLimited, Some(Duration::from_secs(7)));
        for now_s in 0..7 {
            assert_eq!(chosen(&ring, now_s, &[]), Some(2));
        }
        let later: Vec<_> = (0..4).filter_map(|_| chosen(&ring, 8, &[])).collect();
        assert!(later.contains(&1) && !later.contains(&0), "{later:?}");
        assert!((0..3).any(|_| chosen(&ring, 601, &[]) == Some(0)));
    }

    #[test]
    fn each_key_is_shown_with_its_cooldown_and_the_reason() {
        let ring = ring("a,b,c");
        ring.record(Duration::ZERO, 1, Refusal::RateLimited, Some(Duration::from_secs(7)));
        ring.record(Duration::ZERO, 2, Refusal::Key, None);
        let at = |now_s| -> Vec<_> {
            ring.states(Duration::from_secs(now_s)).map(|state| state.cooldown).collect()
        };
        let left = |seconds, refusal| Some((Duration::from_secs(seconds), refusal));
        assert_eq!(at(5), [None, left(2, Refusal::RateLimited), left(595, Refusal::Key)]);
        assert_eq!(at(7), [None, None, left(593, Refusal::Key)]);
        assert_eq!(at(600), [None; 3]);
    }

    #[test]
    fn a_huge_retry_after_is_capped() {
        let ring = ring("a");
        ring.record(Duration::ZERO, 0, Refusal::RateLimited, Some(Duration::from_secs(1_555_200)));
        assert!(!ring.has_ready(Duration::from_secs(299), &[]));
        assert!(ring.has_ready(Duration::from_secs(300), &[]));
    }

    #[test]
    fn when_all_cool_down_the_first_to_be_ready_is_tried_and_none_twice() {
        let ring = ring("a,b");
        ring.record(Duration::ZERO, 0, Refusal::Key, None);
        ring.record(Duration::ZERO, 1, Refusal::RateLimited, None);
        assert_eq!(chosen(&ring, 1, &[]), Some(1));
        assert_eq!(chosen(&ring, 1, &[1]), Some(0));
        assert_eq!(chosen(&ring, 1, &[0, 1]), None);
        assert!(!ring.has_ready(Duration::from_secs(1), &[]));
    }

    #[test]
    fn other_answers_do_not_affect_the_key() {
        let ring = ring("a");
        for status in [400, 404, 413, 500, 503] {
            ring.record(Duration::ZERO, 0, Refusal::of_status(status), None);
            assert!(ring.has_ready(Duration::ZERO, &[]));
        }
    }
}
