//! What a key has spent today, this month and ever, and what its calls in flight may still cost.
//! Knows no time but the date it is told.
//!
//! A call reserves what it may cost before it is made, and settles what it took when it has
//! ended, on the day of its end. Reservations live in memory only, so a crash leaves none behind.
//!
//! Other processes on the same database spend too. What the database holds of a day beyond what
//! this process has written there and has seen before is theirs, and is added.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::budget::Budget;
use crate::config::key_rules::Per;
use crate::domain::money::NanoUsd;

/// What a call costs, or is thought to cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    pub cost: NanoUsd,
    pub tokens: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    pub requests: u64,
    pub amount: Amount,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// What counts on each day. A clock that jumps ahead takes from the days that it shows and from
    /// no others, and when it is put right the days before are as they were.
    days: BTreeMap<Date, Spent>,
    total: Spent,
    reserved: Amount,
    in_flight: u64,
    /// What is known to be in the database of each day, whoever spent it; of earlier days than
    /// `stored_since` nothing is known.
    stored: BTreeMap<Date, Spent>,
    stored_since: Date,
}

/// Days of which it is remembered what the database holds; none but the last two change.
const STORED_DAYS: usize = 64;

/// Why a budget lets no further call in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// It is spent.
    Spent,
    /// Calls in flight may take the rest of it.
    Reserved,
}

impl Ledger {
    /// With what the database knows: the sum, and the single days from the first one on.
    pub fn with(total: Spent, since: Date, days: BTreeMap<Date, Spent>) -> Self {
        Self { total, stored: days.clone(), days, stored_since: since, ..Self::default() }
    }

    /// Takes the place of `before` among what calls in flight may cost, or stands beside it.
    ///
    /// A call is let in when what it may cost is left. One that may cost more than is left is let
    /// in when nothing else is in flight: an estimate that is too high must not close a budget
    /// of which something is left. So no more than one call's cost is ever overspent, as far as
    /// estimates are not too low.
    ///
    /// # Errors
    /// When there is no room; then `before` stands as it was.
    pub fn reserve(
        &mut self,
        today: Date,
        budget: Option<&Budget>,
        before: Option<Amount>,
        wanted: Amount,
    ) -> Result<(), Full> {
        let (others, flying) = self.without(before);
        if let Some(budget) = budget {
            let spent = self.spent_at(today, budget.per).amount;
            let is_alone = flying == 0;
            let room = |limit: u64, spent: u64, others: u64, wanted: u64| {
                if spent >= limit {
                    return Err(Full::Spent);
                }
                let after = spent.saturating_add(others).saturating_add(wanted);
                if after <= limit || is_alone { Ok(()) } else { Err(Full::Reserved) }
            };
            if let Some(limit) = budget.money {
                let [limit, spent, others, wanted] =
                    [limit, spent.cost, others.cost, wanted.cost].map(nanos);
                room(limit, spent, others, wanted.max(1))?;
            }
            if let Some(limit) = budget.tokens {
                room(limit, spent.tokens, others.tokens, wanted.tokens.max(1))?;
            }
        }
        self.reserved = plus(others, wanted);
        self.in_flight = flying + 1;
        Ok(())
    }

    /// Puts what a call took in the place of what it reserved. Answers the day that it counts on.
    pub fn settle(&mut self, today: Date, reserved: Amount, took: Amount) -> Date {
        self.release(reserved);
        for spent in [self.days.entry(today).or_default(), &mut self.total] {
            spent.requests = spent.requests.saturating_add(1);
            spent.amount = plus(spent.amount, took);
        }
        self.forget_beyond(today);
        today
    }

    /// Gives back what a call reserved that took nothing.
    pub fn release(&mut self, reserved: Amount) {
        (self.reserved, self.in_flight) = self.without(Some(reserved));
    }

    /// A call that was settled here has come to the database.
    pub fn stored(&mut self, day: Date, took: Amount) {
        let held = self.stored.entry(day).or_default();
        held.requests = held.requests.saturating_add(1);
        held.amount = plus(held.amount, took);
        while self.stored.len() > STORED_DAYS {
            let Some((oldest, _)) = self.stored.pop_first() else { return };
            self.stored_since = self.stored_since.max(oldest.tomorrow().unwrap_or(oldest));
        }
    }

    /// The database holds so much of a day: what is new of it was spent elsewhere.
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

    /// What calls in flight may still cost.
    pub fn reserved(&self) -> Amount {
        self.reserved
    }

    fn without(&self, before: Option<Amount>) -> (Amount, u64) {
        let Some(before) = before else { return (self.reserved, self.in_flight) };
        let others = Amount {
            cost: NanoUsd(self.reserved.cost.0.saturating_sub(before.cost.0)),
            tokens: self.reserved.tokens.saturating_sub(before.tokens),
        };
        (others, self.in_flight.saturating_sub(1))
    }

    /// Drops the days that are furthest away, on whichever side.
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
            amount: plus(self.amount, other.amount),
        }
    }
}

fn plus(one: Amount, other: Amount) -> Amount {
    Amount {
        cost: NanoUsd(one.cost.0.saturating_add(other.cost.0)),
        tokens: one.tokens.saturating_add(other.tokens),
    }
}

/// By as much as the database went on.
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

fn nanos(money: NanoUsd) -> u64 {
    u64::try_from(money.0).unwrap_or(0)
}

#[cfg(test)]
mod tests;
