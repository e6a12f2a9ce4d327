//! A row of `sums`.

use diesel::prelude::*;

use super::{Grain, Of, View};
use crate::domain::sketch::Sketch;
use crate::domain::sums::Sums;
use crate::domain::usage::Usage;
use crate::store::schema::sums;

#[derive(Clone, Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = sums, treat_none_as_default_value = false)]
pub struct SumsRow {
    pub view: i32,
    pub grain: i32,
    pub bucket: i64,
    pub a: i32,
    pub b: i32,
    pub status: i32,
    calls: i64,
    retried: i64,
    estimated: i64,
    unpriced: i64,
    priced: i64,
    prompt_tokens: i64,
    completion_tokens: i64,
    cached_tokens: i64,
    cache_write_tokens: i64,
    reasoning_tokens: i64,
    total_tokens: i64,
    cost_nano_usd: i64,
    duration_us: i64,
    router_us: i64,
    router_calls: i64,
    streamed_tokens: i64,
    streamed_us: i64,
    max_duration_us: i64,
    max_cost_nano_usd: i64,
    max_tokens: i64,
    durations: Vec<u8>,
    first_tokens: Vec<u8>,
}

impl SumsRow {
    pub fn new(grain: Grain, bucket: i64, of: Of, sums: &Sums) -> Self {
        let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        Self {
            view: of.view as i32,
            grain: grain as i32,
            bucket,
            a: of.a,
            b: of.b,
            status: of.status,
            calls: count(sums.calls),
            retried: count(sums.retried),
            estimated: count(sums.estimated),
            unpriced: count(sums.unpriced),
            priced: count(sums.priced),
            prompt_tokens: count(sums.usage.prompt),
            completion_tokens: count(sums.usage.completion),
            cached_tokens: count(sums.usage.cached),
            cache_write_tokens: count(sums.usage.cache_write),
            reasoning_tokens: count(sums.usage.reasoning),
            total_tokens: count(sums.usage.total),
            cost_nano_usd: count(sums.cost_nano_usd),
            duration_us: count(sums.duration_us),
            router_us: count(sums.router_us),
            router_calls: count(sums.router_calls),
            streamed_tokens: count(sums.streamed_tokens),
            streamed_us: count(sums.streamed_us),
            max_duration_us: count(sums.max_duration_us),
            max_cost_nano_usd: count(sums.max_cost_nano_usd),
            max_tokens: count(sums.max_tokens),
            durations: sums.durations.to_bytes(),
            first_tokens: sums.first_tokens.to_bytes(),
        }
    }

    /// What it is the sum of. `None` for a view that this version does not know.
    pub fn of(&self) -> Option<Of> {
        let view = View::ALL.into_iter().find(|view| *view as i32 == self.view)?;
        Some(Of { view, a: self.a, b: self.b, status: self.status })
    }

    pub fn sums(&self) -> Sums {
        let count = |value: i64| u64::try_from(value).unwrap_or_default();
        Sums {
            calls: count(self.calls),
            retried: count(self.retried),
            estimated: count(self.estimated),
            unpriced: count(self.unpriced),
            priced: count(self.priced),
            usage: Usage {
                prompt: count(self.prompt_tokens),
                completion: count(self.completion_tokens),
                cached: count(self.cached_tokens),
                cache_write: count(self.cache_write_tokens),
                reasoning: count(self.reasoning_tokens),
                total: count(self.total_tokens),
            },
            cost_nano_usd: count(self.cost_nano_usd),
            duration_us: count(self.duration_us),
            router_us: count(self.router_us),
            router_calls: count(self.router_calls),
            streamed_tokens: count(self.streamed_tokens),
            streamed_us: count(self.streamed_us),
            max_duration_us: count(self.max_duration_us),
            max_cost_nano_usd: count(self.max_cost_nano_usd),
            max_tokens: count(self.max_tokens),
            durations: Sketch::from_bytes(&self.durations).unwrap_or_default(),
            first_tokens: Sketch::from_bytes(&self.first_tokens).unwrap_or_default(),
        }
    }
}
