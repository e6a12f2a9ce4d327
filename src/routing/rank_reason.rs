//! The reasons for a candidate's rank, as text for operators. The text is made only when it is
//! read.

use std::fmt;

use serde::{Serialize, Serializer};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reason {
    pub measure: RankReason,
    /// A fallback of the requested model.
    pub is_fallback: bool,
}

/// The measure that the strategy used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RankReason {
    Priority(i64),
    Weight(f64),
    Turn,
    /// To the first token; `None` if unknown.
    Latency {
        ms: Option<f64>,
        /// Ranked first to measure it.
        is_explored: bool,
    },
    /// In dollars; `None` if unknown.
    Cost(Option<f64>),
    InFlight(usize),
    Conversation,
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.is_fallback { "fallback; " } else { "" })?;
        self.measure.fmt(out)
    }
}

impl fmt::Display for RankReason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Priority(priority) => write!(out, "priority {priority}"),
            Self::Weight(weight) => write!(out, "weight {weight}"),
            Self::Turn => out.write_str("its turn"),
            Self::Latency { ms, is_explored } => {
                match ms {
                    Some(ms) => write!(out, "{ms:.0} ms to its first token")?,
                    None => out.write_str("not measured yet")?,
                }
                out.write_str(if *is_explored { ", looked at again" } else { "" })
            }
            Self::Cost(Some(dollars)) => write!(out, "about ${dollars:.6}"),
            Self::Cost(None) => out.write_str("its price is unknown"),
            Self::InFlight(count) => write!(out, "{count} calls in flight"),
            Self::Conversation => out.write_str("the conversation's place"),
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
