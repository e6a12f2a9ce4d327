//! The whole state of a circuit in 64 bits, so that a transition is one compare-and-swap.

use std::time::Duration;

use super::change::State;
use super::{PROBE_LIFE, millis};

const AT_BITS: u32 = 41;
const GENERATION_BITS: u32 = 16;
const DOUBLINGS_BITS: u32 = 5;
const MAX_AT_MS: u64 = (1 << AT_BITS) - 1;
const MAX_DOUBLINGS: u8 = (1 << DOUBLINGS_BITS) - 1;

/// The `Retry-After` of a call that is refused while a probe is under way: the probe takes seconds.
const PROBE_PAUSE_MS: u64 = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Closed,
    Open,
    HalfOpen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub phase: Phase,
    /// Failed probes since it was last closed.
    pub doublings: u8,
    /// Incremented with each transition, so that permits and counts of an earlier phase can be told
    /// apart.
    pub generation: u16,
    /// Since the process's start. Open: the end of the cooldown. Half-open: when the probe was
    /// admitted.
    pub at_ms: u64,
}

impl Word {
    pub fn moved_to(self, phase: Phase, at_ms: u64) -> Self {
        Self {
            phase,
            generation: self.generation.wrapping_add(1),
            at_ms: at_ms.min(MAX_AT_MS),
            ..self
        }
    }

    pub fn with_doublings(self, doublings: u8) -> Self {
        Self { doublings: doublings.min(MAX_DOUBLINGS), ..self }
    }

    /// How long until a call is admitted; `None` if one is admitted now.
    pub fn wait(self, now_ms: u64) -> Option<Duration> {
        let wait_ms = match self.phase {
            Phase::Closed => 0,
            Phase::Open => self.at_ms.saturating_sub(now_ms),
            Phase::HalfOpen => {
                let lost_at_ms = self.at_ms.saturating_add(millis(PROBE_LIFE));
                lost_at_ms.saturating_sub(now_ms).min(PROBE_PAUSE_MS)
            }
        };
        (wait_ms > 0).then(|| Duration::from_millis(wait_ms))
    }

    pub fn state(self) -> State {
        match self.phase {
            Phase::Closed => State::Closed,
            Phase::Open => State::Open { until: Duration::from_millis(self.at_ms) },
            Phase::HalfOpen => State::HalfOpen,
        }
    }

    pub fn pack(self) -> u64 {
        let phase = match self.phase {
            Phase::Closed => 0,
            Phase::Open => 1,
            Phase::HalfOpen => 2,
        };
        let head = (phase << DOUBLINGS_BITS) | u64::from(self.doublings);
        (((head << GENERATION_BITS) | u64::from(self.generation)) << AT_BITS) | self.at_ms
    }

    pub fn unpack(bits: u64) -> Self {
        let head = bits >> (AT_BITS + GENERATION_BITS);
        let phase = match head >> DOUBLINGS_BITS {
            0 => Phase::Closed,
            1 => Phase::Open,
            _ => Phase::HalfOpen,
        };
        Self {
            phase,
            doublings: (head & u64::from(MAX_DOUBLINGS)) as u8,
            generation: (bits >> AT_BITS) as u16,
            at_ms: bits & MAX_AT_MS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packing_and_unpacking_is_the_identity(
            phase in prop::sample::select(vec![Phase::Closed, Phase::Open, Phase::HalfOpen]),
            doublings in 0..=MAX_DOUBLINGS, generation: u16, at_ms in 0..=MAX_AT_MS,
        ) {
            let word = Word { phase, doublings, generation, at_ms };
            prop_assert_eq!(Word::unpack(word.pack()), word);
        }
    }

    #[test]
    fn zero_is_a_closed_circuit() {
        let word = Word { phase: Phase::Closed, doublings: 0, generation: 0, at_ms: 0 };
        assert_eq!(word.pack(), 0);
    }

    #[test]
    fn values_that_do_not_fit_stay_within_their_bits() {
        let word = Word::unpack(0).moved_to(Phase::Open, u64::MAX).with_doublings(u8::MAX);
        assert_eq!(Word::unpack(word.pack()), word);
        assert_eq!((word.generation, word.doublings), (1, MAX_DOUBLINGS));
    }
}
