//! What a list may be ordered by beside the time.

use crate::store::sums::Peak;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    Duration,
    Tokens,
    Cost,
}

/// What a call is ordered by, when it began, and its id.
pub type Ranking = (i64, i64, i64);

impl Measure {
    /// No call of a sum has a larger value.
    pub fn bound(self, peak: &Peak) -> i64 {
        match self {
            Self::Duration => peak.max_duration_us,
            Self::Tokens => peak.max_tokens,
            Self::Cost if peak.priced == 0 => -1,
            Self::Cost => peak.max_cost_nano_usd,
        }
    }

    /// SQL; unknown ones are behind all others in both directions.
    pub fn column(self, is_descending: bool) -> &'static str {
        match (self, is_descending) {
            (Self::Duration, _) => "invocations.duration_us",
            (Self::Tokens, true) => "coalesce(invocations.total_tokens, -1)",
            (Self::Tokens, false) => "coalesce(invocations.total_tokens, 9223372036854775807)",
            (Self::Cost, true) => "coalesce(invocations.cost_nano_usd, -1)",
            (Self::Cost, false) => "coalesce(invocations.cost_nano_usd, 9223372036854775807)",
        }
    }
}
