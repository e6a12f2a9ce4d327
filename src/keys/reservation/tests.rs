use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use jiff::tz::TimeZone;

use super::super::budget::Budget;
use super::super::key::KeyOrigin;
use super::super::restrictions::Restrictions;
use super::*;
use crate::config::key_rules::{BudgetRules, KeyRules, Role};
use crate::domain::ids::KeyId;

fn key(rules: KeyRules) -> Arc<ApiKey> {
    let time = Timestamp::UNIX_EPOCH;
    Arc::new(ApiKey {
        id: KeyId(1),
        name: "team".into(),
        prefix: String::from("sk-team"),
        role: Role::User,
        origin: KeyOrigin::Api,
        is_active: true,
        expires_at: None,
        revoked_at: None,
        created_at: time,
        updated_at: time,
        previous_valid_until: None,
        restrictions: Restrictions::of(&rules),
        budget: rules.budget.as_ref().map(Budget::of),
        zone: rules.budget.as_ref().and_then(BudgetRules::zone).unwrap_or(TimeZone::UTC),
        rules,
        account: Arc::default(),
    })
}

fn at(seconds: u64) -> Clocks {
    let time = "2026-11-25T12:00:00Z".parse::<Timestamp>().unwrap();
    let uptime = Duration::from_secs(seconds);
    Clocks { uptime, time: time + uptime }
}

fn amount(cost: i64, tokens: u64) -> Amount {
    Amount { cost: NanoUsd(cost), tokens }
}

fn with_budget(usd: f64, per: Per, zone: &str) -> Arc<ApiKey> {
    let time_zone = Some(zone.to_owned());
    let budget = Some(BudgetRules { usd: Some(usd), tokens: None, per, time_zone });
    key(KeyRules { budget, ..KeyRules::default() })
}

fn message(refused: Refused) -> String {
    match refused {
        Refused::Rate(PerMinuteRefusal { counted, limit, retry_after }) => {
            format!("{limit} {counted}, {retry_after:?}")
        }
        Refused::Budget { message, .. } => message,
    }
}

#[test]
fn requests_and_tokens_are_limited_each_by_its_own_bucket() {
    let limited = key(KeyRules {
        requests_per_minute: Some(2),
        tokens_per_minute: Some(100),
        ..KeyRules::default()
    });
    let mut first = limited.admit(at(0), 60).unwrap();
    let too_many = limited.admit(at(0), 60).map(drop).map_err(message);
    assert_eq!(too_many, Err(String::from("100 tokens per minute, 12s")));
    let _second = limited.admit(at(0), 30).unwrap();
    let third = limited.admit(at(0), 1).map(drop).map_err(message);
    assert_eq!(third, Err(String::from("2 requests per minute, 30s")));

    first.reserve(at(0), amount(1, 60)).unwrap();
    first.settle(at(0), amount(1, 10)).unwrap();
    let RateLimits { requests, tokens } = limited.rate_limits(at(0).uptime);
    assert_eq!(requests.map(|status| (status.limit, status.remaining)), Some((2, 0)));
    assert_eq!(tokens.map(|status| (status.limit, status.remaining)), Some((100, 60)));
}

#[test]
fn dropping_a_reservation_releases_it() {
    let limited = with_budget(1.0, Per::Total, "UTC");
    let mut hold = limited.admit(at(0), 1).unwrap();
    hold.reserve(at(0), amount(400_000_000, 1)).unwrap();
    assert_eq!(limited.reserved(), amount(400_000_000, 1));
    drop(hold);
    assert_eq!(limited.reserved(), Amount::default());
    assert_eq!(limited.spent(at(0).time, Per::Total), Spent::default());
}

#[test]
fn the_error_of_a_full_budget_names_its_limits_and_the_next_period() {
    let spend = |key: &Arc<ApiKey>| {
        let mut hold = key.admit(at(0), 1).unwrap();
        hold.reserve(at(0), amount(1, 1)).unwrap();
        let charge = hold.settle(at(0), amount(2_500_000_000, 1)).unwrap();
        let refusal = key.admit(at(0), 1).unwrap().reserve(at(0), amount(1, 1)).unwrap_err();
        format!("{}: {}", charge.day, message(refusal))
    };
    insta::assert_snapshot!(spend(&with_budget(2.5, Per::Total, "UTC")),
        @"2026-11-25: the budget of `team` ($2.5 in total) is spent; it does not reset");
    insta::assert_snapshot!(spend(&with_budget(1.0, Per::Day, "Pacific/Kiritimati")),
        @"2026-11-26: the budget of `team` ($1 per day) is spent; it resets at 2026-11-26T10:00:00Z");
    insta::assert_snapshot!(spend(&with_budget(1.0, Per::Month, "Europe/Berlin")),
        @"2026-11-25: the budget of `team` ($1 per month) is spent; it resets at 2026-11-30T23:00:00Z");
}

#[test]
fn threads_together_overspend_by_less_than_one_call() {
    const COST: i64 = 7_000_000;
    let limited = with_budget(1.0, Per::Day, "UTC");
    let spent = AtomicI64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..1_000 {
                    let Ok(mut hold) = limited.admit(at(0), 1) else { continue };
                    if hold.reserve(at(0), amount(COST, 1)).is_ok() {
                        std::thread::yield_now();
                        hold.settle(at(0), amount(COST, 1)).unwrap();
                        spent.fetch_add(COST, Relaxed);
                    }
                }
            });
        }
    });
    let spent = spent.into_inner();
    assert!((1_000_000_000 - COST..1_000_000_000 + COST).contains(&spent), "{spent}");
    assert_eq!(limited.spent(at(0).time, Per::Day).amount.cost, NanoUsd(spent));
    assert_eq!(limited.reserved(), Amount::default());
}
