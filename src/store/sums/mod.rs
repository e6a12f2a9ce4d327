//! What calls come to, by time and by view. The writer's thread adds each call to sums of its
//! minute in memory ([`Accumulators`]) and brings these every two seconds into the table
//! ([`flush`]), together with the id up to which it did so; [`read`] takes both. So sums equal
//! the rows whatever ended the process, and nothing is late.

mod accumulators;
mod cover;
mod flush;
mod pairs;
mod peaks;
mod read;
mod recost;
mod row;
mod selection;
#[cfg(test)]
pub mod tests;

use crate::domain::sums::Addend;

pub use accumulators::Accumulators;
pub use cover::Cover;
pub use flush::{CallRow, add_to_table, catch_up, flush};
pub use pairs::PairCounts;
pub use peaks::{Peak, Peaks, calls_in_table, calls_of_pairs, peaks};
pub use read::{Summed, each, read};
pub use recost::CostChanges;
pub use selection::{Depth, Part, Range, Selection};

/// What `a` and `b` of a sum are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum View {
    All = 0,
    /// `a`: the target.
    Target = 1,
    /// `a`: the caller.
    Caller = 2,
    /// `a`: the error.
    Error = 3,
    /// `a`: the endpoint.
    Endpoint = 4,
    /// `a`: the caller, `b`: the target; by day only.
    CallerTarget = 5,
}

/// How long sums of minutes are kept.
pub const MINUTES_KEPT_US: i64 = 3 * 86_400_000_000;

/// Lengths of time that sums are kept of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Grain {
    Minute = 0,
    Quarter = 1,
    Hour = 2,
    /// Of UTC.
    Day = 3,
}

impl Grain {
    pub const ALL: [Self; 4] = [Self::Minute, Self::Quarter, Self::Hour, Self::Day];

    pub fn us(self) -> i64 {
        const MINUTE: i64 = 60_000_000;
        match self {
            Self::Minute => MINUTE,
            Self::Quarter => 15 * MINUTE,
            Self::Hour => 60 * MINUTE,
            Self::Day => 24 * 60 * MINUTE,
        }
    }

    pub fn bucket(self, at_us: i64) -> i64 {
        at_us.div_euclid(self.us())
    }
}

impl View {
    pub const ALL: [Self; 6] =
        [Self::All, Self::Target, Self::Caller, Self::Error, Self::Endpoint, Self::CallerTarget];

    /// Whether sums of this grain are kept.
    pub fn has(self, grain: Grain) -> bool {
        self != Self::CallerTarget || grain == Grain::Day
    }
}

/// Which sum, whatever the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Of {
    pub view: View,
    pub a: i32,
    pub b: i32,
    /// 0 success, 1 error, 2 cancelled.
    pub status: i32,
}

/// A call that was written, as far as sums need it.
#[derive(Clone, Copy, Debug)]
pub struct Added {
    pub id: i64,
    pub started_at_us: i64,
    pub target: i32,
    pub caller: i32,
    pub error: i32,
    pub endpoint: i32,
    pub status: i32,
    pub addend: Addend,
}
