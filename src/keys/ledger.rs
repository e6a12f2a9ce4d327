//! A key's spending by day, month and in total, and the reservations of its calls in flight. Dates
//! are passed in.
//!
//! A call reserves its estimated cost before it is made (`limits/budget.rs` decides whether it
//! may), and settles the actual cost when it has ended, on the day of its end.
//!
//! Other processes on the same database spend too. The part of a day's sum in the database that
//! this process has neither written nor seen before is theirs, and is added.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::budget::Budget;
use crate::config::key_rules::Per;
use crate::domain::money::NanoUsd;
use crate::limits::{Amount, BudgetFull, BudgetInFlight};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    pub requests: u64,
    pub amount: Amount,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The spending of each day. A clock that jumps ahead adds to the days that it shows only; once
    /// it is corrected, the days before are unchanged.
    days: BTreeMap<Date, Spent>,
    total: Spent,
    reservations: BudgetInFlight,
    /// The known spending of each day in the database, by all processes; days before
    /// `stored_since` are unknown.
    stored: BTreeMap<Date, Spent>,
    stored_since: Date,
}

/// The number of days kept in memory; only the last two of them change.
const STORED_DAYS: usize = 64;

impl Ledger {
    /// The spending in the database: the sum, and single days from `since` on.
    pub fn with(total: Spent, since: Date, days: BTreeMap<Date, Spent>) -> Self {
        Self { total, stored: days.clone(), days, stored_since: since, ..Self::default() }
    }

    /// Reserves the estimated cost of a call, in place of `before`. Without a budget it is only
    /// counted.
    ///
    /// # Errors
    /// Why the budget does not admit the call; `before` stays reserved then.
    pub fn reserve(
        &mut self,
        today: Date,
        budget: Option<&Budget>,
        before: Option<Amount>,
        wanted: Amount,
    ) -> Result<(), BudgetFull> {
        let spent = |budget: &Budget| self.spent_at(today, budget.per).amount;
        let (limits, spent) =
            budget.map(|budget| (budget.limits(), spent(budget))).unwrap_or_default();
        self.reservations.reserve(limits, spent, before, wanted)
    }

    /// Replaces a call's reservation by its actual cost. Returns the day that it counts on.
    pub fn settle(&mut self, today: Date, reserved: Amount, took: Amount) -> Date {
        self.release(reserved);
        for spent in [self.days.entry(today).or_default(), &mut self.total] {
            spent.requests = spent.requests.saturating_add(1);
            spent.amount = spent.amount.plus(took);
        }
        self.forget_beyond(today);
        today
    }

    /// A call that was settled on that day took another amount than was known then. It is not in
    /// the database yet.
    pub fn amend(&mut self, day: Date, before: Amount, after: Amount) {
        let held = |amount| Spent { requests: 0, amount };
        for spent in self.days.get_mut(&day).into_iter().chain([&mut self.total]) {
            *spent = moved(*spent, held(before), held(after));
        }
    }

    /// Releases the reservation of a call that cost nothing.
    pub fn release(&mut self, reserved: Amount) {
        self.reservations.release(reserved);
    }

    /// A call that was settled here is now in the database.
    pub fn stored(&mut self, day: Date, took: Amount) {
        let held = self.stored.entry(day).or_default();
        held.requests = held.requests.saturating_add(1);
        held.amount = held.amount.plus(took);
        while self.stored.len() > STORED_DAYS {
            let Some((oldest, _)) = self.stored.pop_first() else { return };
            self.stored_since = self.stored_since.max(oldest.tomorrow().unwrap_or(oldest));
        }
    }

    /// The database's spending of a day: the difference was spent by other processes.
    pub fn found(&mut self, today: Date, day: Date, held: Spent) {
        let before = self.stored.insert(day, held);
        if before.is_none() && day < self.stored_since {
            return;
        }
        let before = before.unwrap_or_default();
        for spent in [self.days.entry(day).or_default(), &mut self.total] {
            *spent = moved(*spent, before, held);
        }
        self.forget_beyond(today);
    }

    pub fn spent_at(&self, today: Date, per: Per) -> Spent {
        match per {
            Per::Day => self.days.get(&today).copied().unwrap_or_default(),
            Per::Month => {
                let days = self.days.range(today.first_of_month()..=today.last_of_month());
                days.fold(Spent::default(), |sum, (_, spent)| sum.and(*spent))
            }
            Per::Total => self.total,
        }
    }

    /// The sum of the reservations of calls in flight.
    pub fn reserved(&self) -> Amount {
        self.reservations.reserved()
    }

    /// Drops the days that are furthest from today, in the past or the future.
    fn forget_beyond(&mut self, today: Date) {
        while self.days.len() > STORED_DAYS {
            let (Some((&first, _)), Some((&last, _))) =
                (self.days.first_key_value(), self.days.last_key_value())
            else {
                return;
            };
            let away = |day: Date| today.duration_since(day).abs();
            self.days.remove(if away(first) >= away(last) { &first } else { &last });
        }
    }
}

impl Spent {
    pub fn and(self, other: Self) -> Self {
        Self {
            requests: self.requests.saturating_add(other.requests),
            amount: self.amount.plus(other.amount),
        }
    }
}

/// Adds the growth of the database's sum.
fn moved(spent: Spent, before: Spent, held: Spent) -> Spent {
    let count =
        |spent: u64, before: u64, held: u64| spent.saturating_add(held).saturating_sub(before);
    let cost = spent.amount.cost.0.saturating_add(held.amount.cost.0);
    Spent {
        requests: count(spent.requests, before.requests, held.requests),
        amount: Amount {
            cost: NanoUsd(cost.saturating_sub(before.amount.cost.0).max(0)),
            tokens: count(spent.amount.tokens, before.amount.tokens, held.amount.tokens),
        },
    }
}

#[cfg(test)]
mod tests;
