//! Calls are counted anew with the prices of today: their rows and their sums, a slice at a time,
//! each in one transaction. What keys have spent stays as it was charged.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::prelude::*;

use super::call_log::CallLog;
use super::database::{Connection, StoreError, transaction};
use super::dictionaries::price_id;
use super::invocations::filter::filtered;
use super::invocations::{Filter, highest_id};
use super::schema::invocations;
use super::sums::{self, CallRow, CostChanges};
use crate::domain::invocation::PriceUsed;
use crate::domain::money::NanoUsd;

/// Which calls, and what the models cost. Calls of other models stay as they are.
pub struct Repricing {
    pub filter: Filter,
    /// By the model's id.
    pub prices: HashMap<i32, Arc<PriceUsed>>,
}

/// Calls by their ids: after the first, up to the last.
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    pub after: i64,
    pub to: i64,
}

/// Ids of one slice.
const SLICE: i64 = 1_000;

impl Slice {
    /// Slices that cover it.
    pub fn parts(self) -> impl Iterator<Item = Self> {
        let parts = (self.after..self.to).step_by(usize::try_from(SLICE).unwrap_or(1));
        parts.map(move |after| Self { after, to: self.to.min(after + SLICE) })
    }
}

/// What changes: calls whose cost is another one, and what these cost together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repriced {
    pub calls: u64,
    pub before: NanoUsd,
    pub after: NanoUsd,
}

impl Repriced {
    pub fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.before.0 = self.before.0.saturating_add(other.before.0);
        self.after.0 = self.after.0.saturating_add(other.after.0);
    }
}

/// All calls that are there.
///
/// # Errors
/// SQLite's error.
pub fn extent(connection: &mut Connection) -> Result<Slice, StoreError> {
    let first: Option<i64> =
        invocations::table.select(diesel::dsl::min(invocations::id)).first(connection)?;
    Ok(Slice { after: first.unwrap_or(1) - 1, to: highest_id(connection)? })
}

/// Brings all sums of memory into the table, so that those of these calls can be changed there. A
/// process that still has some of them in memory notices.
///
/// # Errors
/// SQLite's error.
pub fn prepare(connection: &mut Connection, log: &CallLog) -> Result<Slice, StoreError> {
    let extent = extent(connection)?;
    sums::flush(connection, log)?;
    while sums::catch_up(connection, log)? {}
    Ok(extent)
}

/// What [`apply`] would change.
///
/// # Errors
/// SQLite's error.
pub fn look(
    connection: &mut Connection,
    repricing: &Repricing,
    slice: Slice,
) -> Result<Repriced, StoreError> {
    let changes = changes(connection, repricing, slice)?;
    Ok(total(&changes))
}

/// Changes the rows and the sums of one slice, whose sums are all in the table.
///
/// # Errors
/// SQLite's error; then nothing of the slice has changed.
pub fn apply(
    connection: &mut Connection,
    repricing: &Repricing,
    slice: Slice,
) -> Result<Repriced, StoreError> {
    transaction(connection, |connection| {
        let changes = changes(connection, repricing, slice)?;
        let mut of_sums = CostChanges::default();
        let mut price_ids = HashMap::new();
        for Change { row, model, cost } in &changes {
            let Some(price) = repricing.prices.get(model) else { continue };
            let price = match price_ids.get(model) {
                Some(id) => *id,
                None => *price_ids.entry(*model).or_insert(price_id(connection, price)?),
            };
            diesel::update(invocations::table.find(row.id))
                .set((
                    invocations::cost_nano_usd.eq(Some(cost.0)),
                    invocations::price_id.eq(Some(price)),
                ))
                .execute(connection)?;
            of_sums.add(&row.added(), cost.0);
        }
        of_sums.apply(connection)?;
        Ok(total(&changes))
    })
}

struct Change {
    row: CallRow,
    model: i32,
    cost: NanoUsd,
}

fn total(changes: &[Change]) -> Repriced {
    let mut total = Repriced::default();
    for Change { row, cost, .. } in changes {
        let before = NanoUsd(row.cost_nano_usd.unwrap_or(0));
        total.add(&Repriced { calls: 1, before, after: *cost });
    }
    total
}

/// A call whose usage is unknown, or whose cost would be, stays as it is.
fn changes(
    connection: &mut Connection,
    repricing: &Repricing,
    Slice { after, to }: Slice,
) -> Result<Vec<Change>, StoreError> {
    let rows: Vec<(CallRow, Option<i32>)> = filtered(&repricing.filter)
        .filter(invocations::id.gt(after))
        .filter(invocations::id.le(to))
        .filter(invocations::total_tokens.is_not_null())
        .select((CallRow::as_select(), invocations::model_id))
        .load(connection)?;
    let changes = rows.into_iter().filter_map(|(row, model)| {
        let model = model?;
        let usage = row.usage()?;
        let cost = repricing.prices.get(&model)?.prices.cost(&usage)?;
        (row.cost_nano_usd != Some(cost.0)).then_some(Change { row, model, cost })
    });
    Ok(changes.collect())
}
