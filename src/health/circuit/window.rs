//! Counters of a closed circuit: failures in a row, and failures among the calls of a sliding
//! window. Each word carries the generation that it counts for, so that a transition resets all of
//! them without writing to any.
//!
//! A word marked with another generation is either left over from before or already of the next
//! generation. The mark cannot tell which (generations wrap, and an upstream that is down for
//! months uses many), so the writer asks the circuit whether its generation is still current. For
//! that answer to be at least as new as the mark, marks are written with `Release` and read with
//! `Acquire`.

use std::sync::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed},
};

const SLOTS: u64 = 6;

/// Failures in a row: the generation in the upper half, the count in the lower.
#[derive(Debug, Default)]
pub(super) struct Streak(AtomicU64);

impl Streak {
    /// The new count; `None` when the generation is over.
    pub fn add(&self, generation: u16, is_current: impl Fn() -> bool) -> Option<u32> {
        let next = |bits: u64| {
            let (counted, count) = split(bits);
            match counted == generation {
                true => Some(join(generation, count.saturating_add(1))),
                false => is_current().then(|| join(generation, 1)),
            }
        };
        let before = self.0.fetch_update(AcqRel, Acquire, next).ok()?;
        let (counted, count) = split(before);
        Some(if counted == generation { count.saturating_add(1) } else { 1 })
    }

    /// Writes nothing when there is no streak, so that the calls of a healthy upstream share no
    /// cache line through it.
    pub fn end(&self, generation: u16) {
        let next = |bits: u64| {
            let (counted, count) = split(bits);
            (counted == generation && count > 0).then(|| join(generation, 0))
        };
        // Fails when there is nothing to end.
        let _ = self.0.fetch_update(Relaxed, Relaxed, next);
    }

    pub fn count(&self, generation: u16) -> u32 {
        let (counted, count) = split(self.0.load(Relaxed));
        if counted == generation { count } else { 0 }
    }
}

fn split(bits: u64) -> (u16, u32) {
    ((bits >> 32) as u16, bits as u32)
}

fn join(generation: u16, count: u32) -> u64 {
    (u64::from(generation) << 32) | u64::from(count)
}

/// Calls and failures of the last `SLOTS` ticks, one slot a tick.
#[derive(Debug, Default)]
pub(super) struct Window([AtomicU64; SLOTS as usize]);

/// A slot is 64 bits. The tick wraps after 91 hours at the default window: a slot untouched for
/// exactly that long would count once more, which may open the circuit once too early.
#[derive(Clone, Copy)]
struct Slot {
    generation: u16,
    tick: u16,
    calls: u16,
    failures: u16,
}

/// A time within a generation, in ticks of a sixth of the window.
#[derive(Clone, Copy)]
pub(super) struct Tick {
    generation: u16,
    tick: u64,
}

impl Tick {
    pub fn new(generation: u16, now_ms: u64, window_ms: u64) -> Self {
        Self { generation, tick: now_ms / (window_ms / SLOTS).max(1) }
    }
}

impl Window {
    pub fn add(&self, at: Tick, is_failure: bool, is_current: impl Fn() -> bool) {
        let Some(slot) = self.0.get((at.tick % SLOTS) as usize) else { return };
        let next = |bits: u64| {
            let found = Slot::unpack(bits);
            if found.generation != at.generation && !is_current() {
                return None;
            }
            let fresh =
                Slot { generation: at.generation, tick: at.tick as u16, calls: 0, failures: 0 };
            let is_same = (found.generation, found.tick) == (fresh.generation, fresh.tick);
            Some((if is_same { found } else { fresh }).plus(is_failure).pack())
        };
        // Fails only for a generation that is over.
        let _ = slot.fetch_update(AcqRel, Acquire, next);
    }

    /// Failures and calls.
    pub fn sum(&self, at: Tick) -> (u32, u32) {
        let slots = self.0.iter().map(|slot| Slot::unpack(slot.load(Relaxed)));
        let age = |slot: Slot| u64::from((at.tick as u16).wrapping_sub(slot.tick));
        let live = slots.filter(|slot| slot.generation == at.generation && age(*slot) < SLOTS);
        live.fold((0, 0), |(failures, calls), slot| {
            (failures + u32::from(slot.failures), calls + u32::from(slot.calls))
        })
    }
}

impl Slot {
    /// A full slot halves itself: the share is kept, and a slot this busy has calls enough.
    fn plus(self, is_failure: bool) -> Self {
        let (calls, failures) = match self.calls {
            u16::MAX => (self.calls / 2, self.failures / 2),
            calls => (calls, self.failures),
        };
        Self { calls: calls + 1, failures: failures + u16::from(is_failure), ..self }
    }

    fn pack(self) -> u64 {
        [self.generation, self.tick, self.calls, self.failures]
            .into_iter()
            .fold(0, |bits, part| (bits << 16) | u64::from(part))
    }

    fn unpack(bits: u64) -> Self {
        Self {
            generation: (bits >> 48) as u16,
            tick: (bits >> 32) as u16,
            calls: (bits >> 16) as u16,
            failures: bits as u16,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_slot_keeps_its_share() {
        let (window, at) = (Window::default(), Tick::new(3, 0, 30_000));
        for call in 0..200_000 {
            window.add(at, call % 4 == 0, || true);
        }
        let (failures, calls) = window.sum(at);
        assert!(calls >= 32_768);
        let share = f64::from(failures) / f64::from(calls);
        assert!((share - 0.25).abs() < 0.001, "{share}");
    }

    #[test]
    fn calls_older_than_the_window_are_ignored() {
        let window = Window::default();
        let at = |now_ms| Tick::new(0, now_ms, 30_000);
        window.add(at(4_999), true, || true);
        assert_eq!(window.sum(at(29_999)), (1, 1));
        assert_eq!(window.sum(at(30_000)), (0, 0));
    }

    #[test]
    fn a_generation_begins_empty_however_old_the_mark_is() {
        for old in [0, 1, 32_767, 40_000, 65_535] {
            let (window, streak) = (Window::default(), Streak::default());
            assert_eq!([streak.add(old, || true), streak.add(old, || true)], [Some(1), Some(2)]);
            window.add(Tick::new(old, 0, 30_000), true, || true);
            let now = Tick::new(7, 0, 30_000);
            assert_eq!((streak.count(7), window.sum(now)), (0, (0, 0)));
            assert_eq!(streak.add(7, || true), Some(1));
            window.add(now, false, || true);
            assert_eq!((streak.count(7), window.sum(now)), (1, (0, 1)));
        }
    }

    #[test]
    fn a_late_report_of_a_past_generation_changes_nothing() {
        let (window, streak) = (Window::default(), Streak::default());
        let now = Tick::new(7, 0, 30_000);
        streak.add(7, || true);
        window.add(now, false, || true);
        assert_eq!(streak.add(5, || false), None);
        streak.end(5);
        window.add(Tick::new(5, 0, 30_000), true, || false);
        assert_eq!((streak.count(7), window.sum(now)), (1, (0, 1)));
    }

    #[test]
    fn another_length_of_the_window_does_not_bring_the_old_one_back() {
        let window = Window::default();
        window.add(Tick::new(0, 3_600_000, 6_000), true, || true);
        let longer = Tick::new(0, 3_600_000, 60_000);
        assert_eq!(window.sum(longer), (0, 0));
        window.add(longer, false, || true);
        assert_eq!(window.sum(longer), (0, 1));
    }
}
