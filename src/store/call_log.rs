//! What a process keeps in memory beside the table of calls: the ids of names, and the sums of
//! calls that are not in the table of sums yet. The writer's thread changes it, readers add its
//! sums to those of the tables.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use diesel::prelude::*;

use super::database::{Connection, StoreError};
use super::dictionaries::Dictionaries;
use super::invocations::highest_id;
use super::schema::call_writers;
use super::sums::{Accumulators, Added, PairCounts};

#[derive(Clone, Default)]
pub struct CallLog {
    /// Held by the writer's thread while a batch is inserted; no reader wants it.
    open: Arc<Mutex<Open>>,
    /// Of calls that are on disk, and not in the table of sums.
    unsummed: Arc<Mutex<Accumulators>>,
    /// What readers keep of the table of sums.
    pairs: Arc<Mutex<PairCounts>>,
}

/// What the writer's thread needs.
#[derive(Default)]
pub struct Open {
    pub dictionaries: Dictionaries,
    /// This process among those that write; 0 until the first batch.
    pub writer_id: i32,
    /// The highest id of any call when it was entered.
    base: i64,
    /// What the transaction under way has inserted.
    pub added: Vec<Added>,
    /// Whether `writer_id` is on disk.
    is_entered: bool,
    /// Whether a transaction is under way whose ids are known here.
    is_pending: bool,
}

impl CallLog {
    /// A try to write a batch begins: what an earlier one has inserted was rolled back.
    pub fn begin(&self) {
        let mut open = lock(&self.open);
        open.added.clear();
        if std::mem::take(&mut open.is_pending) {
            open.dictionaries.clear();
            if !open.is_entered {
                open.writer_id = 0;
            }
        }
    }

    /// Inserts rows. What was found in the dictionaries counts only if that goes well.
    ///
    /// # Errors
    /// What the insert says.
    pub fn insert(
        &self,
        connection: &mut Connection,
        insert: impl FnOnce(&mut Connection, &mut Open) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut open = lock(&self.open);
        let (before, known) = (open.added.len(), open.writer_id);
        let outcome = writer_id(connection, &mut open).and_then(|()| insert(connection, &mut open));
        if outcome.is_err() {
            open.added.truncate(before);
            open.dictionaries.clear();
            open.writer_id = known;
        }
        open.is_pending = true;
        outcome
    }

    /// What was inserted is on disk.
    pub fn written(&self) {
        let mut open = lock(&self.open);
        (open.is_entered, open.is_pending) = (open.writer_id != 0, false);
        let (added, base) = (std::mem::take(&mut open.added), open.base);
        drop(open);
        let mut unsummed = lock(&self.unsummed);
        if unsummed.added_to() == 0 {
            unsummed.flushed(base);
        }
        for call in &added {
            unsummed.add(call);
        }
    }

    pub fn unsummed(&self) -> MutexGuard<'_, Accumulators> {
        lock(&self.unsummed)
    }

    pub fn pairs(&self) -> MutexGuard<'_, PairCounts> {
        lock(&self.pairs)
    }

    /// This process among those that write; 0 until its first batch.
    pub fn writer_id(&self) -> i32 {
        lock(&self.open).writer_id
    }
}

/// A panic while it was held is the writer's end; readers go on with what is there.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Enters this process among those that write. Whoever comes new has nothing to sum up.
fn writer_id(connection: &mut Connection, open: &mut Open) -> Result<(), StoreError> {
    if open.writer_id != 0 {
        return Ok(());
    }
    let now_us = jiff::Timestamp::now().as_microsecond();
    let last = highest_id(connection)?;
    open.base = last;
    open.writer_id = diesel::insert_into(call_writers::table)
        .values((
            call_writers::name.eq(uuid::Uuid::now_v7().to_string()),
            call_writers::summed_to_id.eq(last),
            call_writers::at_us.eq(now_us),
        ))
        .returning(call_writers::id)
        .get_result(connection)?;
    Ok(())
}
