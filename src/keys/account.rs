//! The state of a key's limits: its ledger and its buckets. It belongs to the key's id, not to its
//! settings: a reload builds a new key around the same account.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::civil::Date;

use super::ledger::{Ledger, Spent};
use crate::limits::{Amount, PerMinuteHandle};

#[derive(Debug, Default)]
pub struct Account {
    /// Locked for a few additions, never over an await; no credential is checked under the lock.
    ledger: Mutex<Ledger>,
    pub(super) per_minute: PerMinuteHandle,
}

impl Account {
    pub fn with(ledger: Ledger) -> Self {
        Self { ledger: Mutex::new(ledger), ..Self::default() }
    }

    /// A call that was settled here took another amount than was known then.
    pub fn amend(&self, day: Date, before: Amount, after: Amount) {
        self.ledger().amend(day, before, after);
    }

    /// A call that was settled here is now in the database.
    pub fn stored(&self, day: Date, took: Amount) {
        self.ledger().stored(day, took);
    }

    /// The database's spending of a day, by all processes.
    pub fn found(&self, today: Date, day: Date, held: Spent) {
        self.ledger().found(today, day, held);
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // The numbers are consistent even if a thread panicked while it held the lock.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
