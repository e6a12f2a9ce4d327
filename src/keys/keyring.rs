//! Looks up the key of a credential by its digest, in a map that is replaced as a whole, so that no
//! worker waits for another.

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
use crate::domain::invocation::{Invocation, KeyCharge};
use crate::domain::money::NanoUsd;
use crate::limits::Amount;
use crate::store::api_keys::{self, KeyRow};
use crate::store::changes::{Subject, generation};
use crate::store::key_spend::{self, SpendRow};
use crate::store::{Connection, StoreError};

/// All keys at one point in time.
#[derive(Debug, Default)]
struct Ring {
    /// The change counter of the rows that it was built from.
    generation: i64,
    by_digest: HashMap<KeyDigest, Held>,
    by_id: BTreeMap<KeyId, Arc<ApiKey>>,
    has_active: bool,
}

#[derive(Debug)]
struct Held {
    digest: KeyDigest,
    key: Arc<ApiKey>,
    /// The end of a replaced key's grace period.
    until: Option<Timestamp>,
}

#[derive(Debug, Default)]
pub struct Keyring {
    ring: ArcSwap<Ring>,
    /// Locked while the rows are read, so that older ones never replace newer ones.
    refreshing: Mutex<Seen>,
}

/// The change counter up to which spending is known.
#[derive(Debug, Default)]
struct Seen {
    spend: Option<i64>,
}

impl Keyring {
    /// The key for a credential, or why it may not be used; `None` if it is unknown.
    pub fn find(
        &self,
        digest: &KeyDigest,
        now: Timestamp,
    ) -> Option<Result<Arc<ApiKey>, Unusable>> {
        let ring = self.ring.load();
        // The map's lookup time may leak parts of a digest, which reveals nothing about the key;
        // the constant-time comparison after it decides.
        let held = ring.by_digest.get(digest).filter(|held| held.digest.is_same(digest))?;
        match held.until {
            Some(until) if until <= now => Some(Err(Unusable::Replaced)),
            _ => Some(Ok(held.key.clone())),
        }
    }

    /// The current key with that id.
    pub fn by_id(&self, id: KeyId) -> Option<Arc<ApiKey>> {
        self.ring.load().by_id.get(&id).cloned()
    }

    /// All keys in the order of their creation.
    pub fn all(&self) -> Vec<Arc<ApiKey>> {
        self.ring.load().by_id.values().cloned().collect()
    }

    pub fn has_active(&self) -> bool {
        self.ring.load().has_active
    }

    /// Reloads the keys if any process changed them. Blocks.
    ///
    /// # Errors
    /// SQLite's error; then the keys stay unchanged.
    pub fn refresh_if_changed(&self, connection: &mut Connection) -> Result<(), StoreError> {
        if generation(connection, Subject::Keys)? == self.ring.load().generation {
            return Ok(());
        }
        self.refresh(connection)
    }

    /// Reloads the keys; they keep their accounts. Blocks.
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
            // An invalid row grants no access, and affects no other.
            if let Err(failure) = ring.add(row, known, &spending, now) {
                error!("a key is not used: {failure}");
            }
        }
        self.ring.store(Arc::new(ring));
        Ok(())
    }

    /// The call took another amount than its key was charged at its end. Must be called before its
    /// record is written.
    pub fn amend(&self, charge: &mut KeyCharge, took: Amount) {
        let before = Amount { cost: charge.cost, tokens: charge.tokens };
        if let Some(key) = self.ring.load().by_id.get(&charge.key) {
            key.account.amend(charge.day, before, took);
        }
        (charge.cost, charge.tokens) = (took.cost, took.tokens);
    }

    /// The charges of these calls are now in the database. Must be called on the writer's thread
    /// before it writes or reads anything else.
    pub fn wrote(&self, batch: &[Invocation]) {
        let ring = self.ring.load();
        for charge in batch.iter().filter_map(|record| record.charge.as_ref()) {
            if let Some(key) = ring.by_id.get(&charge.key) {
                let took = Amount { cost: charge.cost, tokens: charge.tokens };
                key.account.stored(charge.day, took);
            }
        }
    }

    /// Whether there is new spending in the database.
    ///
    /// # Errors
    /// SQLite's error.
    pub fn has_new_spending(&self, connection: &mut Connection) -> Result<bool, StoreError> {
        let now = generation(connection, Subject::Spend)?;
        let seen = self.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(seen.spend.is_some_and(|seen| seen != now))
    }

    /// Adds the spending of other processes. Must run on the writer's connection, where no charge
    /// of this process is between the database and [`Self::wrote`].
    ///
    /// # Errors
    /// SQLite's error.
    pub fn follow_spending(&self, connection: &mut Connection) -> Result<(), StoreError> {
        let mut seen = self.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        let now_at = generation(connection, Subject::Spend)?;
        let rows = key_spend::since(connection, seen.spend.unwrap_or(now_at))?;
        let (ring, now) = (self.ring.load(), Timestamp::now());
        for row in &rows {
            // A key that is not loaded yet loads its spending with it.
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
                // A current key takes precedence over the same one in its grace period.
                if until.is_none() || !self.by_digest.contains_key(&digest) {
                    self.by_digest.insert(digest, held);
                }
            }
        }
        self.by_id.insert(key.id, key);
        Ok(())
    }
}

/// The keys' spending in the database.
#[derive(Debug, Default)]
struct Spending {
    in_all: HashMap<KeyId, Spent>,
    /// The days of this month, in any time zone, and of the last month with any spending.
    days: HashMap<KeyId, BTreeMap<Date, Spent>>,
    /// The first of them.
    first: Date,
}

impl Spending {
    fn load(connection: &mut Connection, now: Timestamp) -> Result<Self, StoreError> {
        // A margin of a day on either side covers every time zone.
        let utc = date_at(now, &TimeZone::UTC);
        let this_month = utc.saturating_sub(1.day()).first_of_month();
        // If the clock is ahead, the days before it count once it is corrected.
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
