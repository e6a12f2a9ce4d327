//! Why a candidate stands where it does, in words for the person who asks. They are made only
//! where somebody reads them.

use std::fmt;

use serde::{Serialize, Serializer};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reason {
    pub ground: RankReason,
    /// It only takes the place of what was asked for.
    pub is_fallback: bool,
}

/// What a strategy judged it by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RankReason {
    Priority(i64),
    Weight(f64),
    Turn,
    /// To the first token; `None` where nobody knows.
    Latency {
        ms: Option<f64>,
        /// It goes first to find out.
        is_explored: bool,
    },
    /// In dollars; `None` where nobody knows.
    Cost(Option<f64>),
    InFlight(usize),
    Conversation,
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.is_fallback { "fallback; " } else { "" })?;
        self.ground.fmt(out)
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
