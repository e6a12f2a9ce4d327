//! Why a model is not a candidate, in words for the person who asks.

use std::fmt;
use std::time::Duration;

use super::unmet::Unmet;

#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    Inactive,
    /// Its provider is inactive, has no key or no URL.
    Provider(String),
    /// Does not fit the query or the header's tags.
    Query(String),
    /// Does not fit the `provider` object of the body.
    Preference(String),
    Unmet(Unmet),
    /// Its circuit, or its provider's, is open.
    Resting {
        whose: &'static str,
        retry_after: Duration,
    },
}

impl Why {
    /// The word for what kept it out.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Provider(_) => "provider",
            Self::Query(_) => "tag",
            Self::Preference(_) => "preference",
            Self::Unmet(Unmet::Context { .. }) => "context",
            Self::Unmet(_) => "capability",
            Self::Resting { .. } => "breaker",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inactive => out.write_str("is not active"),
            Self::Provider(reason) | Self::Query(reason) | Self::Preference(reason) => {
                out.write_str(reason)
            }
            Self::Unmet(unmet) => unmet.fmt(out),
            Self::Resting { whose, retry_after } => {
                write!(out, "{whose} rests for {} s after failures", retry_after.as_secs().max(1))
            }
        }
    }
}
