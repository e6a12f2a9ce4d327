//! Sums of calls whose cost has changed.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{Added, Grain, Of, View};
use crate::store::database::{Connection, StoreError};
use crate::store::schema::sums;

#[derive(Default)]
pub struct CostChanges {
    by_key: HashMap<(Grain, i64, Of), Change>,
}

#[derive(Clone, Copy, Default)]
struct Change {
    cost: i64,
    priced: i64,
    max: i64,
}

impl CostChanges {
    /// The call as it was, and what it costs now.
    pub fn add(&mut self, call: &Added, cost: i64) {
        let before = call.addend.cost_nano_usd;
        let more = Change {
            cost: cost - before.map_or(0, |cost| i64::try_from(cost).unwrap_or(i64::MAX)),
            priced: i64::from(before.is_none()),
            max: cost,
        };
        let of = |view, a, b| Of { view, a, b, status: call.status };
        let views = [
            of(View::All, 0, 0),
            of(View::Target, call.target, 0),
            of(View::Caller, call.caller, 0),
            of(View::Endpoint, call.endpoint, 0),
            of(View::CallerTarget, call.caller, call.target),
            of(View::Error, call.error, 0),
        ];
        for key in views.into_iter().filter(|of| of.view != View::Error || of.a != 0) {
            for grain in Grain::ALL.into_iter().filter(|grain| key.view.has(*grain)) {
                let bucket = grain.bucket(call.started_at_us);
                let change = self.by_key.entry((grain, bucket, key)).or_default();
                change.cost += more.cost;
                change.priced += more.priced;
                change.max = change.max.max(more.max);
            }
        }
    }

    /// Changes the table. A sum that is no longer kept stays away. The largest cost of a sum only
    /// grows: where the dearest call has become cheaper, it is an upper bound.
    ///
    /// # Errors
    /// SQLite's error.
    pub fn apply(&self, connection: &mut Connection) -> Result<(), StoreError> {
        for ((grain, bucket, of), change) in &self.by_key {
            let key = (of.view as i32, *grain as i32, *bucket, of.a, of.b, of.status);
            diesel::update(sums::table.find(key))
                .set((
                    sums::cost_nano_usd.eq(sums::cost_nano_usd + change.cost),
                    sums::priced.eq(sums::priced + change.priced),
                    sums::unpriced.eq(sums::unpriced - change.priced),
                ))
                .execute(connection)?;
            diesel::update(sums::table.find(key))
                .filter(sums::max_cost_nano_usd.lt(change.max))
                .set(sums::max_cost_nano_usd.eq(change.max))
                .execute(connection)?;
        }
        Ok(())
    }
}
