//! What was recorded of calls is deleted when it is old, or when the file is too large: in slices
//! of time, so that calls that end meanwhile are written in between. What stands apart from a call
//! goes first, then the call; the sums stay, and with them the names that they refer to. Sums by
//! minute alone are deleted, which nothing reads any more. Several processes may do it at once:
//! each slice is a transaction that looks for itself what is the oldest.

mod clock;
mod deletes;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::dsl::{max, min};
use diesel::prelude::*;

use super::database::{Connection, StoreError, transaction};
use super::responses;
use super::retained::{self, Retained};
use super::schema::invocations;
use super::space::Space;
use super::sums::{Grain, MINUTES_KEPT_US, View};
use super::takeover;
use crate::domain::retention::Retention;

pub use clock::DOUBT_US;

/// Work of a slice; what is left of 20 ms is for its way to the disk.
const SLICE: Duration = Duration::from_millis(12);

/// Sums by minute are no longer read before they are so old.
const MINUTES_MARGIN_US: i64 = 3_600_000_000;

/// A file that is too large is brought down to this share of its limit, so that it is not too large
/// again with the next call.
const TARGET_PERCENT: u64 = 95;

/// In a file that is too large, calls are kept for at most so many times as long as their bodies:
/// else there would be no bodies at all one day.
const CALLS_TO_BODIES: i64 = 8;

/// Free pages that stay: calls that come will need them. A share of the file, and a few.
const RESERVE_SHARE: u64 = 20;
const RESERVE_PAGES: u64 = 256;

/// Pages that are given back between two looks at the time. Of a file with very many free ones each
/// may take a millisecond.
const VACUUM_STEP: u32 = 4;

/// What a slice has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub calls: u64,
    /// Calls from which what stands apart was deleted.
    pub apart: u64,
    pub is_more: bool,
    /// The clock has jumped ahead: nothing is deleted for its age.
    pub is_clock_doubted: bool,
    /// The file is larger than it may be, and no call is left to delete.
    pub is_too_large: bool,
}

/// Deletes as much as a slice of time allows, and gives its pages back. Calls of an older table
/// come first: they are older than those that are there.
///
/// # Errors
/// SQLite's error; then nothing of the slice was deleted.
pub fn next_slice(
    connection: &mut Connection,
    rules: &Retention,
    now_us: i64,
) -> Result<Progress, StoreError> {
    let until = Instant::now() + SLICE;
    slice(connection, rules, now_us, &|| Instant::now() < until)
}

fn slice(
    connection: &mut Connection,
    rules: &Retention,
    now_us: i64,
    has_time: &dyn Fn() -> bool,
) -> Result<Progress, StoreError> {
    if takeover::left(connection)?.is_some() {
        return Ok(Progress::default());
    }
    transaction(connection, |connection| {
        let before = retained::load(connection)?;
        let newest = invocations::table.select(max(invocations::started_at_us));
        let newest_us = match before.seen_us {
            0 => newest.first(connection)?,
            _ => None,
        };
        let retained = clock::look(before, now_us, newest_us);
        let mut work = Slice { connection, retained, progress: Progress::default(), has_time };
        work.progress.is_clock_doubted = retained.doubted_us.is_some();
        // These say themselves when they are too old.
        let has_old_responses = responses::trim(work.connection, now_us)? > 0;
        let is_done = !has_old_responses
            && (retained.doubted_us.is_some() || work.aged(rules, now_us)?)
            && work.oversized(rules)?
            && work.give_back(rules)?;
        let Slice { retained, mut progress, .. } = work;
        progress.is_more = !is_done;
        if retained != before {
            retained::save(connection, &retained)?;
        }
        Ok(progress)
    })
}

struct Slice<'a> {
    connection: &'a mut Connection,
    retained: Retained,
    progress: Progress,
    has_time: &'a dyn Fn() -> bool,
}

/// Each answers whether there is nothing more to do.
impl Slice<'_> {
    fn aged(&mut self, rules: &Retention, now_us: i64) -> Result<bool, StoreError> {
        if let Some(before_us) = rules.bodies_before(now_us) {
            while self.apart(before_us)? {
                if !(self.has_time)() {
                    return Ok(false);
                }
            }
        }
        if let Some(before_us) = rules.calls_before(now_us) {
            while self.calls(before_us)? {
                if !(self.has_time)() {
                    return Ok(false);
                }
            }
            while deletes::set_aside(self.connection, before_us)? > 0 {
                if !(self.has_time)() {
                    return Ok(false);
                }
            }
        }
        let before_us = now_us.saturating_sub(MINUTES_KEPT_US + MINUTES_MARGIN_US);
        for view in View::ALL.into_iter().filter(|view| view.has(Grain::Minute)) {
            while deletes::minute(self.connection, view, before_us)? {
                if !(self.has_time)() {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn oversized(&mut self, rules: &Retention) -> Result<bool, StoreError> {
        let Some(max_bytes) = rules.max_bytes else { return Ok(true) };
        let target = max_bytes / 100 * TARGET_PERCENT;
        loop {
            let space = Space::of(self.connection)?;
            if space.file_bytes() <= max_bytes || space.used_bytes() <= target {
                return Ok(true);
            }
            if !self.oldest()? {
                self.progress.is_too_large = true;
                return Ok(true);
            }
            if !(self.has_time)() {
                return Ok(false);
            }
        }
    }

    /// Deletes the oldest, whatever its age. Answers whether there was something.
    fn oldest(&mut self) -> Result<bool, StoreError> {
        let at = invocations::started_at_us;
        let first: Option<i64> = invocations::table.select(min(at)).first(self.connection)?;
        let last: Option<i64> = invocations::table.select(max(at)).first(self.connection)?;
        let (Some(first), Some(last)) = (first, last) else { return Ok(false) };
        let bodies_kept = last.saturating_sub(first) / CALLS_TO_BODIES;
        Ok(self.apart(last.saturating_sub(bodies_kept))? || self.calls(i64::MAX)?)
    }

    fn apart(&mut self, before_us: i64) -> Result<bool, StoreError> {
        let done = deletes::apart(self.connection, &mut self.retained, before_us)?;
        self.progress.apart += done.unwrap_or(0);
        Ok(done.is_some())
    }

    fn calls(&mut self, before_us: i64) -> Result<bool, StoreError> {
        let done = deletes::calls(self.connection, &mut self.retained, before_us)?;
        self.progress.calls += done.unwrap_or(0);
        Ok(done.is_some())
    }

    fn give_back(&mut self, rules: &Retention) -> Result<bool, StoreError> {
        loop {
            let space = Space::of(self.connection)?;
            let reserve = RESERVE_PAGES + space.pages / RESERVE_SHARE;
            let is_too_large = rules.max_bytes.is_some_and(|max| space.file_bytes() > max);
            let has_some = space.free_pages > reserve || (is_too_large && space.free_pages > 0);
            if !space.is_incremental || !has_some {
                return Ok(true);
            }
            self.connection.batch_execute(&format!("PRAGMA incremental_vacuum({VACUUM_STEP})"))?;
            if !(self.has_time)() {
                return Ok(false);
            }
        }
    }
}
