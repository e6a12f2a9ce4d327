//! Whether the clock is believed. What is deleted for its age is gone for good, and a clock that
//! jumped ahead by a year would make all of it old at once.

use crate::store::retained::Retained;

/// A jump that is believed at once. The router may have been stopped for so long.
const MAX_JUMP_US: i64 = 86_400_000_000;

/// After a longer one the clock must run on for so long, seen by running routers.
pub const DOUBT_US: i64 = 6 * 3_600_000_000;

/// The most that one look adds, so that further jumps do not count.
const MAX_STEP_US: i64 = 900_000_000;

/// Looks that are closer together are not written down.
const LOOK_US: i64 = 600_000_000;

/// Looks at the clock. `newest_us` is when the newest call began, for a file whose clock nobody has
/// looked at.
pub fn look(retained: Retained, now_us: i64, newest_us: Option<i64>) -> Retained {
    let seen_us = match retained.seen_us {
        0 => newest_us.unwrap_or(now_us),
        seen_us => seen_us,
    };
    let went_by = now_us.saturating_sub(seen_us);
    let doubted_us = if went_by > MAX_JUMP_US {
        Some(0)
    } else if went_by < -MAX_JUMP_US {
        // A clock that is behind makes nothing old.
        None
    } else if retained.seen_us != 0 && went_by.abs() < LOOK_US {
        return retained;
    } else {
        let held = |doubted: i64| doubted + went_by.clamp(0, MAX_STEP_US);
        retained.doubted_us.map(held).filter(|held| *held < DOUBT_US)
    };
    Retained { seen_us: now_us, doubted_us, ..retained }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000;
    const DAY: i64 = 1440 * MINUTE;
    const NOW: i64 = 20_000 * DAY;

    fn seen(seen_us: i64) -> Retained {
        Retained { seen_us, ..Retained::default() }
    }

    #[test]
    fn a_clock_that_jumps_ahead_is_believed_only_when_it_has_run_on() {
        let mut state = look(seen(NOW), NOW + 400 * DAY, None);
        assert_eq!(state.doubted_us, Some(0));
        let mut now = NOW + 400 * DAY;
        let mut looks = 0;
        while state.doubted_us.is_some() {
            now += 10 * MINUTE;
            state = look(state, now, None);
            looks += 1;
        }
        assert_eq!(looks, 36);
        assert_eq!(look(state, now + 10 * MINUTE, None).doubted_us, None);
    }

    #[test]
    fn a_second_jump_does_not_count_as_time_and_one_back_ends_the_doubt() {
        let ahead = look(seen(NOW), NOW + 2 * DAY, None);
        let further = look(ahead, ahead.seen_us + DAY - 1, None);
        assert_eq!(further.doubted_us, Some(MAX_STEP_US));
        assert_eq!(look(further, further.seen_us + 9 * DAY, None).doubted_us, Some(0));
        assert_eq!(look(further, NOW + MINUTE, None), seen(NOW + MINUTE));
    }

    #[test]
    fn what_nobody_has_looked_at_is_compared_with_the_newest_call() {
        assert_eq!(look(seen(0), NOW, None), seen(NOW));
        assert_eq!(look(seen(0), NOW, Some(NOW - DAY)), seen(NOW));
        assert_eq!(look(seen(0), NOW, Some(NOW - 2 * DAY)).doubted_us, Some(0));
        assert_eq!(look(seen(0), NOW, Some(NOW + 2 * DAY)), seen(NOW));
    }

    #[test]
    fn a_router_that_was_stopped_for_a_night_goes_on() {
        assert_eq!(look(seen(NOW), NOW + 12 * 60 * MINUTE, None).doubted_us, None);
        assert_eq!(look(seen(NOW), NOW + 9 * MINUTE, None), seen(NOW), "nothing is written down");
    }
}
