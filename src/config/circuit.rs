//! `[routing.circuit]`: when failures open the circuit of a model or a provider, and the cooldowns.

use std::time::Duration;

use super::reader::TableReader;
use crate::health::circuit::{CircuitPolicy, Cooldowns};

/// `rest`, `max_rest` and `billing_rest` are the older spellings: of `cooldown`, of
/// `max_cooldown`, and of three of the `cooldowns` at once.
pub fn read(table: Option<TableReader<'_>>) -> CircuitPolicy {
    let default = CircuitPolicy::default();
    let Some(table) = table else { return default };
    let count = |key, otherwise| {
        table.positive(key).map_or(otherwise, |count| u32::try_from(count).unwrap_or(u32::MAX))
    };
    let of_all = seconds(&table, "rest");
    let of_account = seconds(&table, "billing_rest");
    let most = seconds(&table, "max_rest");
    let max_cooldown = seconds(&table, "max_cooldown").or(most).unwrap_or(default.max_cooldown);
    let of_all = seconds(&table, "cooldown").or(of_all);
    let policy = CircuitPolicy {
        failures: count("failures", default.failures),
        share: table.f64("share", 0.01, 1.0).unwrap_or(default.share),
        window: seconds(&table, "window").unwrap_or(default.window),
        min_calls: count("min_calls", default.min_calls),
        cooldowns: cooldowns(table.table("cooldowns"), of_all, of_account, max_cooldown),
        max_cooldown,
    };
    table.finish();
    policy
}

fn cooldowns(
    table: Option<TableReader<'_>>,
    of_all: Option<Duration>,
    of_account: Option<Duration>,
    most: Duration,
) -> Cooldowns {
    let default = Cooldowns::default();
    let own = |key| table.as_ref().and_then(|table| seconds(table, key));
    let failure = |key, default| own(key).or(of_all).unwrap_or(default);
    let account = |key, default| own(key).or(of_account).unwrap_or(default);
    let cooldowns = Cooldowns {
        not_found: own("not_found").unwrap_or_else(|| default.not_found.min(most)),
        key: account("key", default.key),
        forbidden: account("forbidden", default.forbidden),
        billing: account("billing", default.billing),
        quota: account("quota", default.quota),
        rate_limit: failure("rate_limit", default.rate_limit),
        overload: failure("overload", default.overload),
        timeout: failure("timeout", default.timeout),
        connect: failure("connect", default.connect),
        broken: failure("broken", default.broken),
    };
    if let Some(table) = table {
        table.finish();
    }
    cooldowns
}

fn seconds(table: &TableReader<'_>, key: &'static str) -> Option<Duration> {
    table.f64(key, 0.001, 86_400.0).map(Duration::from_secs_f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(circuit: &str) -> CircuitPolicy {
        let (file, problems) =
            crate::config::read(&format!("[routing.circuit]\n{circuit}")).unwrap();
        assert_eq!(problems.len(), 0, "{problems:?}");
        file.routing.circuit
    }

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn each_cause_has_a_key_and_cooldown_is_the_default_of_failures() {
        let policy = read(
            "cooldown = 7\nmax_cooldown = 70\n[routing.circuit.cooldowns]\nnot_found = 1\noverload = 3\nkey = 30",
        );
        let expected = Cooldowns {
            not_found: secs(1),
            key: secs(30),
            overload: secs(3),
            rate_limit: secs(7),
            timeout: secs(7),
            connect: secs(7),
            broken: secs(7),
            ..Cooldowns::default()
        };
        assert_eq!((policy.cooldowns, policy.max_cooldown), (expected, secs(70)));
    }

    #[test]
    fn the_older_spellings_are_accepted() {
        let policy = read("rest = 7\nmax_rest = 1\nbilling_rest = 30");
        assert_eq!(policy.max_cooldown, secs(1));
        let Cooldowns { not_found, key, forbidden, billing, quota, connect, .. } = policy.cooldowns;
        assert_eq!([key, forbidden, billing, quota], [secs(30); 4]);
        assert_eq!((connect, not_found), (secs(7), secs(1)));
    }

    #[test]
    fn an_absent_table_is_the_default() {
        assert_eq!(read(""), CircuitPolicy::default());
    }
}
