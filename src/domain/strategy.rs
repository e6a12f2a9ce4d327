//! The order in which the candidates for a request are tried.

use serde::{Deserialize, Serialize};

/// One of `[routing] strategy` and `query.strategy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Highest priority first; candidates of equal priority share by weight.
    #[default]
    Priority,
    /// All candidates share by weight.
    Weighted,
    /// Candidates take turns.
    RoundRobin,
    /// Lowest time to first token; now and then another candidate, to keep its figure current.
    LeastLatency,
    /// Lowest estimated cost.
    LeastCost,
    /// The one with fewer calls in flight of two drawn at random.
    LeastBusy,
    /// The same candidate for the same conversation, so that the provider's prompt cache hits.
    Sticky,
}

impl Strategy {
    pub const ALL: [Self; 7] = [
        Self::Priority,
        Self::Weighted,
        Self::RoundRobin,
        Self::LeastLatency,
        Self::LeastCost,
        Self::LeastBusy,
        Self::Sticky,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Priority => "priority",
            Self::Weighted => "weighted",
            Self::RoundRobin => "round_robin",
            Self::LeastLatency => "least_latency",
            Self::LeastCost => "least_cost",
            Self::LeastBusy => "least_busy",
            Self::Sticky => "sticky",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }
}
