//! A call's reservation at its key's limits, and its charge when it has ended.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use super::budget::date_at;
use super::key::ApiKey;
pub use super::ledger::Spent;
use crate::config::key_rules::{KeyRules, Per};
use crate::domain::clock::Clock;
use crate::domain::money::NanoUsd;
use crate::limits::{Amount, BudgetFull, PerMinute, PerMinuteRefusal, PerMinuteShare, RateLimits};

/// The current time on both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Clocks {
    /// Since the process's start.
    pub uptime: Duration,
    pub time: Timestamp,
}

impl Clocks {
    pub fn now(clock: Clock) -> Self {
        Self { uptime: clock.uptime(), time: Timestamp::now() }
    }
}

/// Which limit of the key refuses a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    Rate(PerMinuteRefusal),
    Budget { is_spent: bool, message: String },
}

impl ApiKey {
    /// Admits a call of so many tokens, by estimate, under the key's rate limits.
    ///
    /// # Errors
    /// The limit that is reached, with the wait.
    pub fn admit(self: &Arc<Self>, now: Clocks, tokens: u64) -> Result<BudgetReservation, Refused> {
        let entered = self.account.per_minute.enter(now.uptime, self.per_minute(), tokens);
        let share = entered.map_err(Refused::Rate)?;
        Ok(BudgetReservation { key: self.clone(), share, amount: None })
    }

    /// A reservation for the router's own call on behalf of the key; rate limits do not count it.
    pub fn unmetered(self: &Arc<Self>) -> BudgetReservation {
        BudgetReservation { key: self.clone(), share: PerMinuteShare::default(), amount: None }
    }

    pub fn spent(&self, now: Timestamp, per: Per) -> Spent {
        self.account.ledger().spent_at(date_at(now, &self.zone), per)
    }

    pub fn reserved(&self) -> Amount {
        self.account.ledger().reserved()
    }

    /// The status of the key's limits per minute.
    pub fn rate_limits(&self, uptime: Duration) -> RateLimits {
        self.account.per_minute.status(uptime, self.per_minute())
    }

    fn per_minute(&self) -> PerMinute {
        let KeyRules { requests_per_minute, tokens_per_minute, .. } = self.rules;
        PerMinute { requests: requests_per_minute, tokens: tokens_per_minute }
    }

    fn refusal(&self, now: Timestamp, full: BudgetFull) -> Refused {
        let Some(budget) = &self.budget else {
            return Refused::Budget { is_spent: true, message: String::new() };
        };
        let per = match budget.per {
            Per::Day => " per day",
            Per::Month => " per month",
            Per::Total => " in total",
        };
        let money = budget.money.map(|money| format!("${}", plain(money)));
        let tokens = budget.tokens.map(|tokens| format!("{tokens} tokens"));
        let limits: Vec<String> = money.into_iter().chain(tokens).collect();
        let limits = limits.join(" and ");
        let name = &self.name;
        let message = match (full, budget.ends_at(now, &self.zone)) {
            (BudgetFull::Reserved, _) => format!(
                "what is left of the budget of `{name}` ({limits}{per}) is reserved by its calls in flight; \
                 try again when they have ended"
            ),
            (BudgetFull::Spent, Some(end)) => {
                format!("the budget of `{name}` ({limits}{per}) is spent; it resets at {end}")
            }
            (BudgetFull::Spent, None) => {
                format!("the budget of `{name}` ({limits}{per}) is spent; it does not reset")
            }
        };
        Refused::Budget { is_spent: full == BudgetFull::Spent, message }
    }
}

/// Dollars without the zeros at their end.
fn plain(money: NanoUsd) -> String {
    let text = format!("{:.9}", money.as_dollars());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A call's reservation at a key, settled when the call has ended. Dropping it releases the
/// budget's part.
#[derive(Debug)]
#[must_use = "dropping it releases what it reserved of the budget"]
pub struct BudgetReservation {
    key: Arc<ApiKey>,
    share: PerMinuteShare,
    amount: Option<Amount>,
}

/// The cost of a call to its key, for the call log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    pub amount: Amount,
    /// The day on which it counts.
    pub day: Date,
}

impl BudgetReservation {
    pub fn key(&self) -> &Arc<ApiKey> {
        &self.key
    }

    /// Reserves the estimated cost at the next candidate, in place of the reservation for the one
    /// before.
    ///
    /// # Errors
    /// The budget is spent, or reserved by calls in flight.
    pub fn reserve(&mut self, now: Clocks, wanted: Amount) -> Result<(), Refused> {
        let key = &self.key;
        let today = date_at(now.time, &key.zone);
        let reserved =
            key.account.ledger().reserve(today, key.budget.as_ref(), self.amount, wanted);
        reserved.map_err(|full| key.refusal(now.time, full))?;
        self.amount = Some(wanted);
        Ok(())
    }

    /// The reservation for the candidate that was tried last.
    pub fn reserved(&self) -> Amount {
        self.amount.unwrap_or_default()
    }

    /// Replaces the reservation by the actual cost and tokens.
    pub fn settle(&mut self, now: Clocks, took: Amount) -> Option<Charge> {
        let reserved = self.amount.take()?;
        self.key.account.per_minute.settle(now.uptime, &mut self.share, took.tokens);
        let today = date_at(now.time, &self.key.zone);
        let day = self.key.account.ledger().settle(today, reserved, took);
        Some(Charge { amount: took, day })
    }

    /// Releases everything, the request of the minute included, for a call that never reached an
    /// upstream.
    pub fn refund(&mut self, now: Clocks) {
        self.key.account.per_minute.refund(now.uptime, &mut self.share);
        self.release(now);
    }

    /// Releases everything but the request of the minute, for a call that cost nothing.
    pub fn release(&mut self, now: Clocks) {
        self.key.account.per_minute.release(now.uptime, &mut self.share);
        if let Some(reserved) = self.amount.take() {
            self.key.account.ledger().release(reserved);
        }
    }
}

impl Drop for BudgetReservation {
    fn drop(&mut self) {
        if let Some(reserved) = self.amount.take() {
            self.key.account.ledger().release(reserved);
        }
    }
}

#[cfg(test)]
mod tests;
