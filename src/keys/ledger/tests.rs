use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn amount(cost: i64, tokens: u64) -> Amount {
    Amount { cost: NanoUsd(cost), tokens }
}

fn dollars(limit: i64, per: Per) -> Budget {
    Budget { money: Some(NanoUsd(limit)), tokens: None, per }
}

const DAY: Date = date(2026, 1, 30);

#[test]
fn a_reservation_is_not_available_to_other_calls() {
    let (mut ledger, budget) = (Ledger::default(), dollars(100, Per::Total));
    let budget = Some(&budget);
    assert_eq!(ledger.reserve(DAY, budget, None, amount(60, 1)), Ok(()));
    assert_eq!(ledger.reserve(DAY, budget, None, amount(60, 1)), Err(BudgetFull::Reserved));
    assert_eq!(ledger.reserve(DAY, budget, None, amount(40, 1)), Ok(()));
    ledger.release(amount(60, 1));
    assert_eq!(ledger.settle(DAY, amount(40, 1), amount(99, 5)), DAY);
    assert_eq!(ledger.reserve(DAY, budget, None, amount(60, 1)), Ok(()), "alone, with 1 left");
    ledger.settle(DAY, amount(60, 1), amount(1, 5));
    assert_eq!(ledger.reserve(DAY, budget, None, amount(0, 0)), Err(BudgetFull::Spent));
    assert_eq!(ledger.spent_at(DAY, Per::Day), Spent { requests: 2, amount: amount(100, 10) });
    assert_eq!(ledger.reserved(), Amount::default());
}

#[test]
fn a_budget_of_tokens_and_one_of_money_hold_both() {
    let budget = Budget { money: Some(NanoUsd(100)), tokens: Some(10), per: Per::Day };
    let mut ledger = Ledger::default();
    ledger.reserve(DAY, Some(&budget), None, amount(1, 9)).unwrap();
    assert_eq!(ledger.reserve(DAY, Some(&budget), None, amount(1, 2)), Err(BudgetFull::Reserved));
    ledger.settle(DAY, amount(1, 9), amount(1, 10));
    assert_eq!(ledger.reserve(DAY, Some(&budget), None, amount(1, 0)), Err(BudgetFull::Spent));
}

#[test]
fn a_new_day_and_a_new_month_start_at_zero_and_no_day_is_reset_twice() {
    let mut ledger = Ledger::default();
    let mut spend = |day: Date| {
        ledger.reserve(day, None, None, amount(5, 5)).unwrap();
        ledger.settle(day, amount(5, 5), amount(1, 1));
        [Per::Day, Per::Month, Per::Total].map(|per| ledger.spent_at(day, per).requests)
    };
    assert_eq!(spend(date(2026, 1, 30)), [1, 1, 1]);
    assert_eq!(spend(date(2026, 1, 31)), [1, 2, 2]);
    assert_eq!(spend(date(2026, 1, 30)), [2, 3, 3], "the clock was put back");
    assert_eq!(spend(date(2026, 2, 1)), [1, 1, 4]);
    assert_eq!(spend(date(2027, 2, 1)), [1, 1, 5], "the same day a year later");
}

#[test]
fn what_was_counted_anew_replaces_what_was_charged_on_the_day_of_the_call() {
    let mut ledger = Ledger::default();
    for took in [amount(50, 5), amount(7, 1)] {
        ledger.settle(DAY, Amount::default(), took);
    }
    let next = date(2026, 2, 1);
    ledger.settle(next, Amount::default(), amount(1, 1));
    ledger.amend(DAY, amount(50, 5), amount(30, 9));
    let day = Spent { requests: 2, amount: amount(37, 10) };
    assert_eq!(ledger.spent_at(DAY, Per::Day), day);
    ledger.stored(DAY, amount(30, 9));
    ledger.stored(DAY, amount(7, 1));
    // Nothing of it is taken for another process's.
    ledger.found(next, DAY, day);
    assert_eq!(ledger.spent_at(DAY, Per::Day), day);
    assert_eq!(ledger.spent_at(next, Per::Total), Spent { requests: 3, amount: amount(38, 11) });
}

#[test]
fn a_call_over_midnight_counts_on_the_day_of_its_end() {
    let (mut ledger, budget) = (Ledger::default(), dollars(100, Per::Day));
    ledger.reserve(date(2026, 1, 30), Some(&budget), None, amount(80, 1)).unwrap();
    let next = date(2026, 1, 31);
    assert_eq!(ledger.reserve(next, Some(&budget), None, amount(30, 1)), Err(BudgetFull::Reserved));
    assert_eq!(ledger.settle(next, amount(80, 1), amount(70, 1)), next);
    assert_eq!(ledger.spent_at(next, Per::Day).amount.cost, NanoUsd(70));
}

proptest! {
    /// Any order of beginnings and ends: nothing reserved is lost, and no more than one call's
    /// cost is overspent where estimates are not too low.
    #[test]
    fn no_reservation_is_lost_and_no_budget_overspent(
        limit in 1i64..200,
        steps in prop::collection::vec((0usize..8, 1i64..60, 0i64..60), 1..200),
    ) {
        let budget = dollars(limit, Per::Total);
        let (mut ledger, mut flying) = (Ledger::default(), Vec::new());
        let (mut spent, mut dearest) = (0, 0);
        for (which, estimate, took) in steps {
            if which < 4 {
                let wanted = amount(estimate, 1);
                if ledger.reserve(DAY, Some(&budget), None, wanted).is_ok() {
                    flying.push(wanted);
                }
            } else if !flying.is_empty() {
                let reserved = flying.swap_remove(which % flying.len());
                let took = took.min(reserved.cost.0);
                if took == 0 {
                    ledger.release(reserved);
                } else {
                    ledger.settle(DAY, reserved, amount(took, 1));
                    spent += took;
                    dearest = dearest.max(took);
                }
            }
            let sum: i64 = flying.iter().map(|amount| amount.cost.0).sum();
            prop_assert_eq!(ledger.reserved().cost.0, sum);
            prop_assert_eq!(ledger.reservations.in_flight(), flying.len() as u64);
            prop_assert_eq!(ledger.spent_at(DAY, Per::Total).amount.cost.0, spent);
            prop_assert!(spent < limit + dearest.max(1), "{spent} of {limit}");
        }
    }
}

fn spans(ledger: &mut Ledger) -> [u64; 3] {
    [Per::Day, Per::Month, Per::Total].map(|per| ledger.spent_at(DAY, per).amount.tokens)
}

fn held(requests: u64, tokens: u64) -> Spent {
    Spent { requests, amount: amount(0, tokens) }
}

#[test]
fn spending_of_other_processes_is_the_databases_sum_without_ones_own() {
    let stored = BTreeMap::from([(DAY, held(1, 10))]);
    let mut ledger = Ledger::with(held(1, 10), DAY, stored);
    ledger.found(DAY, DAY, held(1, 10));
    assert_eq!(spans(&mut ledger), [10; 3], "it is known already");
    // One call of this process, not written yet, and one of another.
    ledger.reserve(DAY, None, None, amount(0, 5)).unwrap();
    ledger.settle(DAY, amount(0, 5), amount(0, 5));
    ledger.found(DAY, DAY, held(2, 17));
    assert_eq!(spans(&mut ledger), [22; 3]);
    // It is written, and part of the sum.
    ledger.stored(DAY, amount(0, 5));
    ledger.found(DAY, DAY, held(3, 22));
    assert_eq!(spans(&mut ledger), [22; 3]);
    assert_eq!(ledger.spent_at(DAY, Per::Total).requests, 3);
}

#[test]
fn a_call_whose_write_was_reported_late_is_counted_once_in_the_end() {
    let mut ledger = Ledger::default();
    ledger.reserve(DAY, None, None, amount(0, 5)).unwrap();
    ledger.settle(DAY, amount(0, 5), amount(0, 5));
    // The commit seemed to fail: until it is reported, the call counts as another process's.
    ledger.found(DAY, DAY, held(1, 5));
    ledger.stored(DAY, amount(0, 5));
    ledger.found(DAY, DAY, held(1, 5));
    assert_eq!(spans(&mut ledger), [5; 3]);
}

#[test]
fn others_spend_on_the_day_and_in_the_month_that_they_spend_on() {
    let mut ledger = Ledger::with(held(0, 0), date(2026, 1, 1), BTreeMap::new());
    for (day, tokens) in
        [(date(2026, 1, 31), 1), (DAY, 10), (date(2026, 1, 2), 100), (date(2025, 12, 31), 1000)]
    {
        ledger.found(DAY, day, held(1, tokens));
    }
    assert_eq!(spans(&mut ledger), [10, 111, 111], "a day that nothing is known of was counted");
}

#[test]
fn a_clock_that_jumps_ahead_closes_no_day_that_follows_its_correction() {
    let budget = dollars(10, Per::Day);
    let (mut ledger, real) = (Ledger::default(), date(2026, 11, 27));
    let spend = |ledger: &mut Ledger, day: Date, cost: i64| {
        ledger.reserve(day, Some(&budget), None, amount(cost, 1))?;
        ledger.settle(day, amount(cost, 1), amount(cost, 1));
        Ok(())
    };
    spend(&mut ledger, real, 4).unwrap();
    for jumped in [date(2027, 11, 27), date(1970, 1, 1), date(2026, 12, 3)] {
        spend(&mut ledger, jumped, 10).unwrap();
        assert_eq!(spend(&mut ledger, jumped, 1), Err(BudgetFull::Spent), "{jumped}");
        assert_eq!(ledger.spent_at(real, Per::Day).amount.cost, NanoUsd(4), "{jumped}");
        assert_eq!(ledger.spent_at(real, Per::Month).amount.cost, NanoUsd(4), "{jumped}");
    }
    spend(&mut ledger, real, 6).unwrap();
    assert_eq!(spend(&mut ledger, real, 1), Err(BudgetFull::Spent), "what was spent stays spent");
    spend(&mut ledger, date(2026, 11, 28), 10).unwrap();
    assert_eq!(ledger.spent_at(real, Per::Total).amount.cost, NanoUsd(50));
}

#[test]
fn after_a_restart_days_in_the_future_count_on_their_own_day_alone() {
    let spent = |cost| Spent { requests: 1, amount: amount(cost, 1) };
    let days = [
        (date(2026, 11, 2), spent(3)),
        (date(2026, 11, 27), spent(4)),
        (date(2027, 11, 27), spent(100)),
    ];
    let ledger = Ledger::with(spent(107), date(2026, 11, 1), days.into());
    let cost = |day: Date, per: Per| ledger.spent_at(day, per).amount.cost.0;
    let now = [Per::Day, Per::Month, Per::Total].map(|per| cost(date(2026, 11, 27), per));
    assert_eq!(now, [4, 7, 107]);
    assert_eq!(cost(date(2026, 11, 28), Per::Day), 0);
    assert_eq!(cost(date(2027, 11, 27), Per::Day), 100);
}

#[test]
fn the_number_of_days_in_memory_is_bounded_and_always_includes_today() {
    let mut ledger = Ledger::default();
    let mut day = date(2026, 1, 1);
    for _ in 0..200 {
        ledger.settle(day, Amount::default(), amount(1, 1));
        day = day.tomorrow().unwrap();
    }
    for day in [date(1970, 1, 1), date(2100, 1, 1)] {
        ledger.settle(day, Amount::default(), amount(5, 1));
        assert_eq!(ledger.spent_at(day, Per::Day).amount.cost, NanoUsd(5));
    }
    assert!(ledger.days.len() <= STORED_DAYS);
}
