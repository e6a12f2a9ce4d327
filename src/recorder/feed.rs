//! Calls in the order of their ids, as they reach the disk, for those who watch.
//!
//! Everything is served from the table, so who is slow misses nothing, and calls that another
//! process wrote are among them. The rows read last are kept, so that many who watch do not read
//! each row many times.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, watch};
use tokio::task::spawn_blocking;

use crate::store::events::{self, EventRow};
use crate::store::invocations::{self, InvocationRow};
use crate::store::reader::Reader;
use crate::store::{Connection, StoreError};

/// The most rows that are given at once.
pub const PAGE: usize = 500;

/// Rows that are kept for those who are not far behind.
const KEPT: usize = 2000;

/// Of the four connections that read: lists and statistics have theirs however many watch.
const CONNECTIONS: usize = 2;

#[derive(Clone)]
pub struct Feed(Arc<Inner>);

struct Inner {
    reader: Reader,
    /// How often this process has written calls.
    writes: watch::Sender<u64>,
    tail: Mutex<Tail>,
    turns: Semaphore,
}

/// The rows read last.
#[derive(Default)]
struct Tail {
    /// All rows with ids beyond `after`, up to `upto`.
    rows: VecDeque<Arc<InvocationRow>>,
    after: i64,
    upto: i64,
}

impl Feed {
    pub fn of(reader: Reader) -> Self {
        Self(Arc::new(Inner {
            reader,
            writes: watch::Sender::default(),
            tail: Mutex::default(),
            turns: Semaphore::new(CONNECTIONS),
        }))
    }

    /// Called on the writer's thread when calls are on disk.
    pub fn wrote(&self) {
        self.0.writes.send_modify(|writes| *writes = writes.wrapping_add(1));
    }

    /// Rows on disk have changed: they are read anew.
    pub fn forget(&self) {
        *self.tail() = Tail::default();
    }

    /// Changes when this process has written calls; those of others are seen by looking.
    pub fn writes(&self) -> watch::Receiver<u64> {
        self.0.writes.subscribe()
    }

    /// The highest ids of calls and of events.
    ///
    /// # Errors
    /// SQLite's error.
    ///
    /// # Cancel safety
    /// It only reads.
    pub async fn highest(&self) -> Result<(i64, i64), StoreError> {
        let read = |connection: &mut Connection| {
            Ok((invocations::highest_id(connection)?, events::highest_id(connection)?))
        };
        self.read(read).await
    }

    /// The calls with higher ids, in order; more may follow where there are [`PAGE`] of them.
    ///
    /// # Errors
    /// SQLite's error.
    ///
    /// # Cancel safety
    /// It only reads.
    pub async fn calls_after(&self, id: i64) -> Result<Vec<Arc<InvocationRow>>, StoreError> {
        let _turn = self.0.turns.acquire().await;
        let kept = self.tail().after(id);
        if !kept.is_empty() {
            return Ok(kept);
        }
        let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
        let read =
            move |connection: &mut Connection| invocations::list_after(connection, id, limit);
        let rows = self.read(read).await?;
        let rows: Vec<_> = rows.into_iter().map(Arc::new).collect();
        self.tail().extend(id, &rows);
        Ok(rows)
    }

    /// The events with higher ids, in order, at most `limit`.
    ///
    /// # Errors
    /// SQLite's error.
    ///
    /// # Cancel safety
    /// It only reads.
    pub async fn events_after(&self, id: i64, limit: i64) -> Result<Vec<EventRow>, StoreError> {
        let _turn = self.0.turns.acquire().await;
        self.read(move |connection| events::list_after(connection, id, limit)).await
    }

    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let reader = self.0.reader.clone();
        spawn_blocking(move || reader.read(query)).await.unwrap_or(Err(StoreError::ReadersBusy))
    }

    fn tail(&self) -> MutexGuard<'_, Tail> {
        self.0.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tail {
    /// A page of the rows beyond `id`; none where not all of them are kept.
    fn after(&self, id: i64) -> Vec<Arc<InvocationRow>> {
        if id < self.after {
            return Vec::new();
        }
        let begin = self.rows.partition_point(|row| row.call.id <= id);
        self.rows.iter().skip(begin).take(PAGE).cloned().collect()
    }

    /// `rows` are the next ones beyond `id`.
    fn extend(&mut self, id: i64, rows: &[Arc<InvocationRow>]) {
        let Some(upto) = rows.last().map(|row| row.call.id) else { return };
        if id > self.upto || self.rows.is_empty() {
            *self = Self { rows: VecDeque::new(), after: id, upto: id };
        }
        let known = self.upto;
        self.rows.extend(rows.iter().filter(|row| row.call.id > known).cloned());
        self.upto = known.max(upto);
        while self.rows.len() > KEPT
            && let Some(oldest) = self.rows.pop_front()
        {
            self.after = oldest.call.id;
        }
    }
}

#[cfg(test)]
mod tests;
