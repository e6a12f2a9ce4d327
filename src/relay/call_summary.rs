//! The summary of a complete answer.

use crate::domain::money::NanoUsd;
use crate::domain::usage::Usage;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallSummary {
    pub finish_reason: Option<String>,
    pub usage: Option<Usage>,
    /// Absent if the price or the usage is unknown.
    pub cost: Option<NanoUsd>,
}
