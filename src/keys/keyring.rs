//! How a credential finds its key: by its digest, in a map that is replaced as a whole, so that
//! no worker waits for another.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use log::error;

use super::account::Account;
use super::budget::date_at;
use super::digest::KeyDigest;
use super::key::{ApiKey, Unusable};
use super::ledger::{Ledger, Spent};
use super::rows::{key_of, time};
use crate::domain::ids::KeyId;
use crate::domain::invocation::Invocation;
use crate::domain::money::NanoUsd;
use crate::limits::Amount;
use crate::store::api_keys::{self, KeyRow};
use crate::store::changes::{Subject, generation};
use crate::store::key_spend::{self, SpendRow};
use crate::store::{Connection, StoreError};

/// All keys at one moment.
#[derive(Debug, Default)]
struct Ring {
    /// Of the rows that it was made of.
    generation: i64,
    by_digest: HashMap<KeyDigest, Held>,
    by_id: BTreeMap<KeyId, Arc<ApiKey>>,
    has_active: bool,
}

#[derive(Debug)]
struct Held {
    digest: KeyDigest,
    key: Arc<ApiKey>,
    /// Of a key that was replaced: the end of its time of grace.
    until: Option<Timestamp>,
}

#[derive(Debug, Default)]
pub struct Keyring {
    ring: ArcSwap<Ring>,
    /// Held by who reads the rows, so that older ones never replace newer ones.
    refreshing: Mutex<Seen>,
}

/// The count of changes up to which spending is known.
#[derive(Debug, Default)]
struct Seen {
    spend: Option<i64>,
}

impl Keyring {
    /// The key that was sent, or why it may not be used; `None` for one that nobody knows.
    pub fn find(
        &self,
        digest: &KeyDigest,
        now: Timestamp,
    ) -> Option<Result<Arc<ApiKey>, Unusable>> {
        let ring = self.ring.load();
        // The map compares as it likes and tells by its time at most what is in a digest, which
        // tells nothing of its key; who goes in is decided by the comparison after it.
        let held = ring.by_digest.get(digest).filter(|held| held.digest.is_same(digest))?;
        match held.until {
            Some(until) if until <= now => Some(Err(Unusable::Replaced)),
            _ => Some(Ok(held.key.clone())),
        }
    }

    /// The key of that id as it is now.
    pub fn by_id(&self, id: KeyId) -> Option<Arc<ApiKey>> {
        self.ring.load().by_id.get(&id).cloned()
    }

    /// In the order in which they were made.
    pub fn all(&self) -> Vec<Arc<ApiKey>> {
        self.ring.load().by_id.values().cloned().collect()
    }

    pub fn has_active(&self) -> bool {
        self.ring.load().has_active
    }

    /// Reads the keys anew if anybody changed them. Blocks.
    ///
    /// # Errors
    /// SQLite's error; then the keys stay unchanged.
    pub fn refresh_if_changed(&self, connection: &mut Connection) -> Result<(), StoreError> {
        if generation(connection, Subject::Keys)? == self.ring.load().generation {
            return Ok(());
        }
        self.refresh(connection)
    }

    /// Reads the keys anew; what they have spent and used stays theirs. Blocks.
    ///
    /// # Errors
    /// SQLite's error; then the keys stay unchanged.
    pub fn refresh(&self, connection: &mut Connection) -> Result<(), StoreError> {
        let mut seen = self.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.spend.is_none() {
            seen.spend = Some(generation(connection, Subject::Spend)?);
        }
        let generation = generation(connection, Subject::Keys)?;
        let rows = api_keys::load(connection)?;
        let before = self.ring.load_full();
        let is_new = |row: &KeyRow| !before.by_id.contains_key(&KeyId(row.id));
        let now = Timestamp::now();
        let spending = match rows.iter().any(is_new) {
            true => Spending::load(connection, now)?,
            false => Spending::default(),
        };
        let mut ring = Ring { generation, ..Ring::default() };
        for row in &rows {
            let known = before.by_id.get(&KeyId(row.id)).map(|key| key.account.clone());
            // A row that cannot be understood opens nothing, and stops no other.
            if let Err(failure) = ring.add(row, known, &spending, now) {
                error!("a key is not used: {failure}");
            }
        }
        self.ring.store(Arc::new(ring));
        Ok(())
    }

    /// What these calls cost their keys is in the database now. To be called on the writer's
    /// thread before it writes or reads anything else.
    pub fn wrote(&self, batch: &[Invocation]) {
        let ring = self.ring.load();
        for charge in batch.iter().filter_map(|record| record.charge.as_ref()) {
            if let Some(key) = ring.by_id.get(&charge.key) {
                let took = Amount { cost: charge.cost, tokens: charge.tokens };
                key.account.stored(charge.day, took);
            }
        }
    }

    /// Whether keys have spent something that was not looked at.
    ///
    /// # Errors
    /// SQLite's error.
    pub fn has_new_spending(&self, connection: &mut Connection) -> Result<bool, StoreError> {
        let now = generation(connection, Subject::Spend)?;
        let seen = self.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(seen.spend.is_some_and(|seen| seen != now))
    }

    /// Adds what other processes have spent. On the writer's connection, where nothing of this
    /// process is between the database and [`Self::wrote`].
    ///
    /// # Errors
    /// SQLite's error.
    pub fn follow_spending(&self, connection: &mut Connection) -> Result<(), StoreError> {
        let mut seen = self.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        let now_at = generation(connection, Subject::Spend)?;
        let rows = key_spend::since(connection, seen.spend.unwrap_or(now_at))?;
        let (ring, now) = (self.ring.load(), Timestamp::now());
        for row in &rows {
            // A key that is not known yet brings its spending with it when it is.
            if let Some(key) = ring.by_id.get(&KeyId(row.api_key_id)) {
                key.account.found(date_at(now, &key.zone), day_of(row)?, spent(row));
            }
        }
        seen.spend = Some(now_at);
        Ok(())
    }
}

impl Ring {
    fn add(
        &mut self,
        row: &KeyRow,
        known: Option<Arc<Account>>,
        spending: &Spending,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut key = key_of(row, Arc::default())?;
        key.account = known.unwrap_or_else(|| Arc::new(Account::with(spending.ledger_of(key.id))));
        let key = Arc::new(key);
        self.has_active |= key.usable(now).is_ok();
        let until = row.fields.previous_until_us.map(time).transpose()?;
        let digests =
            [(Some(&row.fields.digest), None), (row.fields.previous_digest.as_ref(), until)];
        for (hex, until) in digests {
            if let Some(digest) = hex.and_then(|hex| KeyDigest::parse(hex)) {
                let held = Held { digest, key: key.clone(), until };
                // A key that is in use goes before the same one that was replaced.
                if until.is_none() || !self.by_digest.contains_key(&digest) {
                    self.by_digest.insert(digest, held);
                }
            }
        }
        self.by_id.insert(key.id, key);
        Ok(())
    }
}

/// What the database knows of what keys have spent.
#[derive(Debug, Default)]
struct Spending {
    in_all: HashMap<KeyId, Spent>,
    /// Of this month, in whatever time zone, and of the last in which anything was spent.
    days: HashMap<KeyId, BTreeMap<Date, Spent>>,
    /// The first of them.
    first: Date,
}

impl Spending {
    fn load(connection: &mut Connection, now: Timestamp) -> Result<Self, StoreError> {
        // A day's margin on either side: no zone is further away than that.
        let utc = date_at(now, &TimeZone::UTC);
        let this_month = utc.saturating_sub(1.day()).first_of_month();
        // Where the clock is ahead, the days that count when it is put right are those before.
        let latest = key_spend::latest_day(connection, &utc.to_string())?;
        let latest = latest.and_then(|day| day.parse::<Date>().ok());
        let first = latest.map_or(this_month, |latest| latest.first_of_month().min(this_month));
        let (in_all, days) = key_spend::load(connection, &first.to_string())?;
        let mut spending = Self { first, ..Self::default() };
        for row in &in_all {
            spending.in_all.insert(KeyId(row.api_key_id), spent(row));
        }
        for row in &days {
            let days = spending.days.entry(KeyId(row.api_key_id)).or_default();
            days.insert(day_of(row)?, spent(row));
        }
        Ok(spending)
    }

    fn ledger_of(&self, key: KeyId) -> Ledger {
        let total = self.in_all.get(&key).copied().unwrap_or_default();
        Ledger::with(total, self.first, self.days.get(&key).cloned().unwrap_or_default())
    }
}

fn day_of(row: &SpendRow) -> Result<Date, StoreError> {
    row.day.parse().map_err(|error: jiff::Error| {
        StoreError::Row(String::from("a key's spending"), error.to_string())
    })
}

fn spent(row: &SpendRow) -> Spent {
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    Spent {
        requests: count(row.requests),
        amount: Amount { cost: NanoUsd(row.cost_nano_usd), tokens: count(row.tokens) },
    }
}

#[cfg(test)]
mod tests;
