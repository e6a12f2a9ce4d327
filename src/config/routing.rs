//! `[routing]`: the order of candidates, retries, and circuit breakers.

use std::time::Duration;

use super::alias::{Aliases, read_aliases};
use super::circuit;
use super::pair::{Pair, read_pairs};
use super::reader::TableReader;
use super::strategy::read_strategy;
use crate::domain::strategy::Strategy;
use crate::health::circuit::CircuitPolicy;

#[derive(Clone, Debug, PartialEq)]
pub struct RoutingSection {
    pub strategy: Strategy,
    /// The most upstream calls for one request, over all candidates.
    pub max_attempts: u32,
    /// How often candidates with a transient failure are retried.
    pub retries: u32,
    pub backoff: Backoff,
    /// From the arrival of a request to its first byte, over all attempts.
    pub deadline: Duration,
    pub circuit: CircuitPolicy,
    pub aliases: Aliases,
    pub pairs: Vec<Pair>,
    pub batch: Batch,
}

/// The limits of a `batch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The most requests in one batch.
    pub max_requests: usize,
    /// The most requests of a batch in flight at once.
    pub concurrency: usize,
}

/// The wait before a retry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// The wait before the first retry; it doubles with each further one.
    pub base: Duration,
    /// The longest wait. An upstream whose `Retry-After` is longer is not retried.
    pub max: Duration,
}

impl Default for RoutingSection {
    fn default() -> Self {
        Self {
            strategy: Strategy::default(),
            max_attempts: 3,
            retries: 2,
            backoff: Backoff { base: Duration::from_millis(250), max: Duration::from_secs(5) },
            deadline: Duration::from_secs(300),
            circuit: CircuitPolicy::default(),
            aliases: Aliases::new(),
            pairs: Vec::new(),
            batch: Batch { max_requests: 100, concurrency: 8 },
        }
    }
}

pub fn read(table: Option<TableReader<'_>>) -> RoutingSection {
    let default = RoutingSection::default();
    let Some(table) = table else { return default };
    let seconds =
        |key, otherwise| table.f64(key, 0.001, 86_400.0).map_or(otherwise, Duration::from_secs_f64);
    let section = RoutingSection {
        strategy: read_strategy(&table).unwrap_or_default(),
        max_attempts: table
            .positive("max_attempts")
            .map_or(default.max_attempts, |most| u32::try_from(most).unwrap_or(u32::MAX)),
        retries: table
            .u64("retries")
            .map_or(default.retries, |times| u32::try_from(times).unwrap_or(u32::MAX)),
        backoff: Backoff {
            base: seconds("backoff", default.backoff.base),
            max: seconds("max_backoff", default.backoff.max),
        },
        deadline: seconds("deadline", default.deadline),
        circuit: circuit::read(table.table("circuit")),
        aliases: read_aliases(table.table("aliases")),
        pairs: read_pairs(&table),
        batch: Batch {
            max_requests: count(&table, "max_batch").unwrap_or(default.batch.max_requests),
            concurrency: count(&table, "batch_concurrency").unwrap_or(default.batch.concurrency),
        },
    };
    table.finish();
    section
}

fn count(table: &TableReader<'_>, key: &'static str) -> Option<usize> {
    table.positive(key).map(|count| usize::try_from(count).unwrap_or(usize::MAX))
}
