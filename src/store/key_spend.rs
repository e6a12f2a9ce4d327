//! Rows of `key_spend`: the spending of each key on each day over all processes, written in the
//! transaction of the calls.

use std::collections::{BTreeMap, HashSet};

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};
use diesel::upsert::excluded;

use super::changes::{self, Subject};
use super::database::{Connection, StoreError};
use super::schema::{api_keys, key_spend};
use crate::domain::invocation::Invocation;

#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = key_spend)]
pub struct SpendRow {
    pub api_key_id: i32,
    /// `2026-11-25`, in the key's own time zone.
    pub day: String,
    pub requests: i64,
    pub tokens: i64,
    pub cost_nano_usd: i64,
}

/// Adds the charges of a batch to the keys' days. Charges of a deleted key are dropped.
///
/// # Errors
/// SQLite's error.
pub fn add<'a>(
    connection: &mut Connection,
    batch: impl Iterator<Item = &'a Invocation>,
) -> Result<(), StoreError> {
    let mut sums: BTreeMap<(i32, String), SpendRow> = BTreeMap::new();
    for charge in batch.filter_map(|invocation| invocation.charge.as_ref()) {
        let (key, day) = (charge.key.0, charge.day.to_string());
        let sum = sums.entry((key, day.clone())).or_insert(SpendRow {
            api_key_id: key,
            day,
            requests: 0,
            tokens: 0,
            cost_nano_usd: 0,
        });
        sum.requests += 1;
        sum.tokens = sum.tokens.saturating_add(i64::try_from(charge.tokens).unwrap_or(i64::MAX));
        sum.cost_nano_usd = sum.cost_nano_usd.saturating_add(charge.cost.0);
    }
    if sums.is_empty() {
        return Ok(());
    }
    let ids: HashSet<i32> = sums.keys().map(|(key, _)| *key).collect();
    let known = api_keys::table.filter(api_keys::id.eq_any(ids)).select(api_keys::id);
    let known: HashSet<i32> = known.load(connection)?.into_iter().collect();
    let generation = changes::count(connection, Subject::Spend)?;
    for row in sums.values().filter(|row| known.contains(&row.api_key_id)) {
        diesel::insert_into(key_spend::table)
            .values((row, key_spend::generation.eq(generation)))
            .on_conflict((key_spend::api_key_id, key_spend::day))
            .do_update()
            .set((
                key_spend::requests.eq(key_spend::requests + excluded(key_spend::requests)),
                key_spend::tokens.eq(key_spend::tokens + excluded(key_spend::tokens)),
                key_spend::cost_nano_usd
                    .eq(key_spend::cost_nano_usd + excluded(key_spend::cost_nano_usd)),
                key_spend::generation.eq(generation),
            ))
            .execute(connection)?;
    }
    Ok(())
}

/// Each key's total spending, as a row with an empty day, and its spending on each day since
/// `first_day`.
///
/// # Errors
/// SQLite's error.
pub fn load(
    connection: &mut Connection,
    first_day: &str,
) -> Result<(Vec<SpendRow>, Vec<SpendRow>), StoreError> {
    let sums = key_spend::table
        .group_by(key_spend::api_key_id)
        .select(sql::<(Integer, BigInt, BigInt, BigInt)>(
            "api_key_id, SUM(requests), SUM(tokens), SUM(cost_nano_usd)",
        ))
        .load::<(i32, i64, i64, i64)>(connection)?;
    let in_all = sums.into_iter().map(|(api_key_id, requests, tokens, cost_nano_usd)| SpendRow {
        api_key_id,
        day: String::new(),
        requests,
        tokens,
        cost_nano_usd,
    });
    let days = key_spend::table
        .filter(key_spend::day.ge(first_day))
        .select(SpendRow::as_select())
        .load(connection)?;
    Ok((in_all.collect(), days))
}

/// The last day up to `up_to` with any spending.
///
/// # Errors
/// SQLite's error.
pub fn latest_day(connection: &mut Connection, up_to: &str) -> Result<Option<String>, StoreError> {
    let days = key_spend::table.filter(key_spend::day.le(up_to));
    Ok(days.select(diesel::dsl::max(key_spend::day)).first(connection)?)
}

/// The rows that were written after change counter `generation`, by any process.
///
/// # Errors
/// SQLite's error.
pub fn since(connection: &mut Connection, generation: i64) -> Result<Vec<SpendRow>, StoreError> {
    let rows = key_spend::table.filter(key_spend::generation.gt(generation));
    Ok(rows.select(SpendRow::as_select()).load(connection)?)
}
