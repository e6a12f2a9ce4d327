//! The reasons why a model is not a candidate, as text for operators.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::cooldown::CoolingDown;
use super::preferences::Unwanted;
use super::unmet::Unmet;
use crate::catalog::Model;

/// A selected model that is not a candidate.
#[derive(Clone, Debug)]
pub struct LeftOut {
    pub model: Arc<Model>,
    pub why: Exclusion,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Exclusion {
    Inactive,
    /// Its provider is inactive or has no URL.
    Provider(String),
    /// Its provider's key is missing.
    NoKey(String),
    /// The caller's key may not call it.
    Key(String),
    /// Does not fit the query or the header's tags.
    Query(String),
    /// Does not fit the `provider` object of the body.
    Preference(Unwanted),
    Unmet(Unmet),
    CoolingDown(CoolingDown),
    /// A limit of the model or its provider is reached.
    Saturated(Saturated),
}

/// Which limit is reached, the model's own or its provider's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saturated {
    /// `max_concurrent`.
    Calls { max_concurrent: usize },
    /// `rate_limit`.
    Requests { retry_after: Duration },
    /// `tokens_per_minute`.
    Tokens { retry_after: Duration },
}

impl fmt::Display for Saturated {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Calls { max_concurrent } => {
                write!(out, "already has {max_concurrent} calls in flight (`max_concurrent`)")
            }
            Self::Requests { retry_after } => {
                write!(out, "is at its `rate_limit` for {:.1} s", retry_after.as_secs_f64())
            }
            Self::Tokens { retry_after } => {
                write!(out, "is at its `tokens_per_minute` for {:.1} s", retry_after.as_secs_f64())
            }
        }
    }
}

impl Exclusion {
    /// The name of the reason.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Provider(_) => "provider",
            Self::NoKey(_) => "no_key",
            Self::Key(_) => "key",
            Self::Saturated(_) => "limit",
            Self::Query(_) => "tag",
            Self::Preference(_) => "preference",
            Self::Unmet(Unmet::Context { .. }) => "context",
            Self::Unmet(_) => "capability",
            Self::CoolingDown(_) => "breaker",
        }
    }
}

impl fmt::Display for Exclusion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inactive => out.write_str("is not active"),
            Self::Provider(reason)
            | Self::NoKey(reason)
            | Self::Key(reason)
            | Self::Query(reason) => out.write_str(reason),
            Self::Preference(unwanted) => unwanted.fmt(out),
            Self::Saturated(saturated) => saturated.fmt(out),
            Self::Unmet(unmet) => unmet.fmt(out),
            Self::CoolingDown(cooling_down) => cooling_down.fmt(out),
        }
    }
}
