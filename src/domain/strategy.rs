//! In which order the candidates for a request are tried.

use serde::{Deserialize, Serialize};

/// One of `[routing] strategy` and `query.strategy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// The highest priority first; equal ones share by weight.
    #[default]
    Priority,
    /// All of them share by weight.
    Weighted,
    /// Each in its turn.
    RoundRobin,
    /// The one that begins to answer soonest; now and then another one, to find out.
    LeastLatency,
    /// The one that should cost least.
    LeastCost,
    /// The less busy of two that were drawn.
    LeastBusy,
    /// The same one for the same conversation, so that the provider's cache holds its prompt.
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
