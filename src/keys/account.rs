//! The state of a key's limits: its ledger and its buckets. It belongs to the key's id, not to its
//! settings: a reload builds a new key around the same account.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::civil::Date;

use super::ledger::{Ledger, Spent};
use crate::limits::{Amount, PerMinuteHandle};

#[derive(Debug, Default)]
pub struct Account {
    /// Held for a few additions, never over an await; no credential is checked under it.
    ledger: Mutex<Ledger>,
    pub(super) per_minute: PerMinuteHandle,
}

impl Account {
    pub fn with(ledger: Ledger) -> Self {
        Self { ledger: Mutex::new(ledger), ..Self::default() }
    }

    /// A call that was settled here has come to the database.
    pub fn stored(&self, day: Date, took: Amount) {
        self.ledger().stored(day, took);
    }

    /// The database holds so much of a day, whoever spent it.
    pub fn found(&self, today: Date, day: Date, held: Spent) {
        self.ledger().found(today, day, held);
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // Its numbers are right also when a thread died that held it.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
