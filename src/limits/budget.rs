//! Budgets: what calls in flight may still cost is kept free beside what is spent. Spending, its
//! days and its period belong to the budget's owner, who passes plain numbers.
//!
//! A call reserves its estimated cost before it is made and releases it when it has ended.
//! Reservations live in memory only, so a crash leaves none behind.

use crate::domain::money::NanoUsd;
use crate::domain::price::Prices;
use crate::domain::usage::Usage;

/// The cost of a call, or its estimate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    pub cost: NanoUsd,
    pub tokens: u64,
}

impl Amount {
    /// What a call of this usage costs. A cost too large for the call log saturates, and never
    /// becomes nothing; an unknown price adds tokens only.
    pub fn of(prices: &Prices, usage: &Usage) -> Self {
        let is_priced = prices.prompt.is_some() && prices.completion.is_some();
        let most = if is_priced { NanoUsd(i64::MAX) } else { NanoUsd(0) };
        Self { cost: prices.cost(usage).unwrap_or(most), tokens: usage.total }
    }

    pub fn plus(self, other: Self) -> Self {
        Self {
            cost: NanoUsd(self.cost.0.saturating_add(other.cost.0)),
            tokens: self.tokens.saturating_add(other.tokens),
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            cost: NanoUsd(self.cost.0.saturating_sub(other.cost.0)),
            tokens: self.tokens.saturating_sub(other.tokens),
        }
    }
}

/// The limits of one period; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BudgetLimits {
    pub money: Option<NanoUsd>,
    pub tokens: Option<u64>,
}

/// Why a budget admits no further call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetFull {
    /// It is spent.
    Spent,
    /// Calls in flight may take the rest of it.
    Reserved,
}

/// The reservations of the calls in flight.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BudgetInFlight {
    reserved: Amount,
    calls: u64,
}

impl BudgetInFlight {
    /// Adds a reservation, or replaces the reservation `before` of the same call. `spent` is the
    /// spending of the period.
    ///
    /// A call is admitted if the rest covers its estimate. A call with a higher estimate is
    /// admitted if no other call is in flight: an estimate that is too high must not close a budget
    /// of which something is left. So at most one call's cost is overspent, as far as estimates are
    /// not too low.
    ///
    /// # Errors
    /// Why the call is not admitted; `before` stays reserved then.
    pub fn reserve(
        &mut self,
        limits: BudgetLimits,
        spent: Amount,
        before: Option<Amount>,
        wanted: Amount,
    ) -> Result<(), BudgetFull> {
        let others = self.without(before);
        let check = |limit: u64, spent: u64, reserved: u64, wanted: u64| {
            if spent >= limit {
                return Err(BudgetFull::Spent);
            }
            let after = spent.saturating_add(reserved).saturating_add(wanted.max(1));
            if after <= limit || others.calls == 0 { Ok(()) } else { Err(BudgetFull::Reserved) }
        };
        if let Some(limit) = limits.money {
            let [limit, spent, reserved, wanted] =
                [limit, spent.cost, others.reserved.cost, wanted.cost].map(nanos);
            check(limit, spent, reserved, wanted)?;
        }
        if let Some(limit) = limits.tokens {
            check(limit, spent.tokens, others.reserved.tokens, wanted.tokens)?;
        }
        *self = Self { reserved: others.reserved.plus(wanted), calls: others.calls + 1 };
        Ok(())
    }

    /// Removes the reservation of a call that has ended.
    pub fn release(&mut self, reserved: Amount) {
        *self = self.without(Some(reserved));
    }

    /// The sum of the reservations.
    pub fn reserved(&self) -> Amount {
        self.reserved
    }

    /// The number of calls with a reservation.
    pub fn in_flight(&self) -> u64 {
        self.calls
    }

    fn without(&self, before: Option<Amount>) -> Self {
        let Some(before) = before else { return self.clone() };
        Self { reserved: self.reserved.minus(before), calls: self.calls.saturating_sub(1) }
    }
}

fn nanos(money: NanoUsd) -> u64 {
    u64::try_from(money.0).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOTHING: Amount = Amount { cost: NanoUsd(0), tokens: 0 };

    fn amount(cost: i64, tokens: u64) -> Amount {
        Amount { cost: NanoUsd(cost), tokens }
    }

    fn dollars(limit: i64) -> BudgetLimits {
        BudgetLimits { money: Some(NanoUsd(limit)), tokens: None }
    }

    #[test]
    fn the_next_candidates_reservation_replaces_the_one_before() {
        let mut budget = BudgetInFlight::default();
        budget.reserve(dollars(100), NOTHING, None, amount(10, 1)).unwrap();
        budget.reserve(dollars(100), NOTHING, None, amount(50, 1)).unwrap();
        let dearer = budget.reserve(dollars(100), NOTHING, Some(amount(50, 1)), amount(95, 1));
        assert_eq!(dearer, Err(BudgetFull::Reserved));
        assert_eq!(budget.reserved(), amount(60, 2), "as it was");
        budget.reserve(dollars(100), NOTHING, Some(amount(50, 1)), amount(90, 2)).unwrap();
        assert_eq!(budget.reserved(), amount(100, 3));
    }

    #[test]
    fn a_call_alone_may_exceed_the_rest_and_no_call_begins_once_it_is_spent() {
        let mut budget = BudgetInFlight::default();
        let limits = BudgetLimits { money: None, tokens: Some(10) };
        budget.reserve(limits, amount(0, 9), None, amount(0, 99)).unwrap();
        let second = budget.reserve(limits, amount(0, 9), None, NOTHING);
        assert_eq!(second, Err(BudgetFull::Reserved), "a call costs at least one token");
        budget.release(amount(0, 99));
        assert_eq!(budget, BudgetInFlight::default());
        let spent = budget.reserve(limits, amount(0, 10), None, NOTHING);
        assert_eq!(spent, Err(BudgetFull::Spent));
    }

    proptest! {
        /// Reservations in any order: the sum is that of the calls in flight.
        #[test]
        fn no_reservation_is_lost(steps in prop::collection::vec((0usize..8, 1i64..60), 1..200)) {
            let (mut budget, mut flying) = (BudgetInFlight::default(), Vec::new());
            for (which, cost) in steps {
                let wanted = amount(cost, 1);
                if which < 4 {
                    if budget.reserve(dollars(200), NOTHING, None, wanted).is_ok() {
                        flying.push(wanted);
                    }
                } else if !flying.is_empty() {
                    budget.release(flying.swap_remove(which % flying.len()));
                }
                let sum = flying.iter().fold(NOTHING, |sum, amount| sum.plus(*amount));
                prop_assert_eq!(budget.reserved(), sum);
                prop_assert_eq!(budget.in_flight(), flying.len() as u64);
            }
        }
    }
}
