//! A row of `sums`.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::prelude::*;
use diesel::sql_types::Binary;
use diesel::sqlite::{Sqlite, SqliteValue};

use super::{Grain, Of};
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

/// A sketch, read where SQLite holds it.
#[derive(Debug, FromSqlRow)]
pub struct Bins(Sketch);

impl FromSql<Binary, Sqlite> for Bins {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(Sketch::from_bytes(value.read_blob()).unwrap_or_default()))
    }
}

/// What a point of a series shows: half of the columns.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = sums)]
pub struct PointRow {
    bucket: i64,
    a: i32,
    b: i32,
    status: i32,
    calls: i64,
    unpriced: i64,
    priced: i64,
    prompt_tokens: i64,
    completion_tokens: i64,
    cached_tokens: i64,
    total_tokens: i64,
    cost_nano_usd: i64,
    duration_us: i64,
    streamed_tokens: i64,
    streamed_us: i64,
    durations: Bins,
    first_tokens: Bins,
}

impl PointRow {
    /// Its bucket, what it is of, and the end of its calls.
    pub fn key(&self) -> (i64, i32, i32, i32) {
        (self.bucket, self.a, self.b, self.status)
    }

    pub fn into_sums(self) -> Sums {
        let count = |value: i64| u64::try_from(value).unwrap_or_default();
        Sums {
            calls: count(self.calls),
            unpriced: count(self.unpriced),
            priced: count(self.priced),
            usage: Usage {
                prompt: count(self.prompt_tokens),
                completion: count(self.completion_tokens),
                cached: count(self.cached_tokens),
                total: count(self.total_tokens),
                ..Usage::default()
            },
            cost_nano_usd: count(self.cost_nano_usd),
            duration_us: count(self.duration_us),
            streamed_tokens: count(self.streamed_tokens),
            streamed_us: count(self.streamed_us),
            durations: self.durations.0,
            first_tokens: self.first_tokens.0,
            ..Sums::default()
        }
    }
}

/// What statistics show: all but the maxima.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = sums)]
pub struct FiguresRow {
    #[diesel(embed)]
    pub point: PointRow,
    retried: i64,
    estimated: i64,
    cache_write_tokens: i64,
    reasoning_tokens: i64,
    router_us: i64,
    router_calls: i64,
}

impl FiguresRow {
    pub fn into_sums(self) -> Sums {
        let count = |value: i64| u64::try_from(value).unwrap_or_default();
        let point = self.point.into_sums();
        Sums {
            retried: count(self.retried),
            estimated: count(self.estimated),
            usage: Usage {
                cache_write: count(self.cache_write_tokens),
                reasoning: count(self.reasoning_tokens),
                ..point.usage
            },
            router_us: count(self.router_us),
            router_calls: count(self.router_calls),
            ..point
        }
    }
}
