//! Every way a call can fail, each with the status and code of its answer and its record.
//! `http/problem.rs` writes the answer in the client's format.

use std::sync::Arc;
use std::time::Duration;

use super::candidate_cause::{CandidateCause, listed};
use super::refusal::Refusal;
pub use super::upstream_failure::{Fault, Stage, UpstreamFailure};

/// Why a call ended without an answer, or broke off in the middle of one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("{message}")]
    BadRequest { message: String, param: Option<String> },

    #[error("no model is named: set `model` to an id from GET /v1/models")]
    NoModelNamed,

    #[error("model `{requested}` is unknown or not active{}", near_names(.near))]
    ModelNotFound { requested: String, near: Vec<String> },

    /// The caller's key may call none of the models that match.
    #[error("{0}")]
    NotAllowed(String),

    /// `retry_after` is set where the calls in flight hold what is left of the budget.
    #[error("{message}")]
    BudgetExceeded { message: String, retry_after: Option<Duration> },

    #[error("no active model matches the query ({0})")]
    NothingMatches(String),

    #[error("{0}")]
    NoneUsable(String),

    #[error("all models for `{requested}` are cooling down after failures (circuit open); try again in {} s{}", ceil_secs(*.retry_after), listed(.causes))]
    CircuitOpen { requested: String, retry_after: Duration, causes: Vec<CandidateCause> },

    /// The circuit of the only candidate is open; the answer repeats its last failure.
    #[error("{failure}; its circuit is open, try again in {} s", ceil_secs(*.retry_after))]
    StillFailing { failure: Arc<UpstreamFailure>, retry_after: Duration },

    #[error(
        "{subject} already has {max_concurrent} calls in flight (`max_concurrent`); try again shortly"
    )]
    Busy { subject: String, max_concurrent: usize },

    #[error("{subject} has used its {per_minute} tokens per minute; try again in {} s", ceil_secs(*.retry_after))]
    TokensLimited { subject: String, per_minute: u64, retry_after: Duration },

    #[error("no answer within {} s over all attempts", .0.as_secs_f64())]
    DeadlineExceeded(Duration),

    #[error("the rate limit of `{model}` is reached ({limit}); try again in {} s", ceil_secs(*.retry_after))]
    RateLimited { model: String, limit: String, limit_requests: u64, retry_after: Duration },

    #[error(
        "all {max_connections} connections to provider `{provider}` are in use; try again shortly"
    )]
    PoolFull { provider: String, max_connections: usize },

    #[error(
        "call records cannot be written fast enough, so new calls are refused; see GET /health/ready"
    )]
    RecorderBehind,

    #[error("the router is shutting down")]
    ShuttingDown,

    /// By hand, over REST.
    #[error("an administrator cancelled the call")]
    Cancelled,

    #[error("internal fault: {0}")]
    Internal(&'static str),

    #[error(transparent)]
    Upstream(#[from] UpstreamFailure),
}

impl Failure {
    /// The HTTP status and the machine-readable code of its answer.
    pub fn status_and_code(&self) -> (u16, &'static str) {
        match self {
            Self::BadRequest { .. } => (400, "invalid_request"),
            Self::NoModelNamed => (400, "model_required"),
            Self::ModelNotFound { .. } => (404, "model_not_found"),
            Self::NotAllowed(_) => (403, "model_not_allowed"),
            Self::BudgetExceeded { .. } => (402, "budget_exceeded"),
            Self::NothingMatches(_) => (404, "no_matching_model"),
            Self::NoneUsable(_) => (503, "no_usable_model"),
            // As for a call with one candidate, which gets its last failure.
            Self::CircuitOpen { causes, .. }
                if !causes.is_empty() && causes.iter().all(CandidateCause::is_not_found) =>
            {
                Refusal::NotFound.status_and_code()
            }
            Self::CircuitOpen { .. } => (503, "no_healthy_model"),
            Self::StillFailing { failure, .. } => failure.fault.status_and_code(),
            Self::Busy { .. } => (429, "concurrency_limit_exceeded"),
            Self::TokensLimited { .. } => (429, "tokens_per_minute_exceeded"),
            Self::DeadlineExceeded(_) => (504, "deadline_exceeded"),
            Self::RateLimited { .. } => (429, "rate_limit_exceeded"),
            Self::PoolFull { .. } => (503, "provider_busy"),
            Self::RecorderBehind => (503, "recorder_behind"),
            Self::ShuttingDown => (503, "shutting_down"),
            // As for a client that left; no SDK tries again after it.
            Self::Cancelled => (499, "cancelled"),
            Self::Internal(_) => (500, "internal_error"),
            Self::Upstream(upstream) => upstream.fault.status_and_code(),
        }
    }

    /// Whether a retry is pointless until the request, the configuration, or the router's key or
    /// account has been changed.
    pub fn is_lasting(&self) -> bool {
        match self {
            Self::BadRequest { .. }
            | Self::NoModelNamed
            | Self::ModelNotFound { .. }
            | Self::NotAllowed(_)
            | Self::NothingMatches(_)
            | Self::NoneUsable(_) => true,
            Self::BudgetExceeded { retry_after, .. } => retry_after.is_none(),
            Self::CircuitOpen { causes, .. } => {
                !causes.is_empty() && causes.iter().all(CandidateCause::is_lasting)
            }
            Self::StillFailing { failure, .. } => failure.fault.is_lasting(),
            Self::Upstream(failure) => failure.fault.is_lasting(),
            Self::Busy { .. }
            | Self::TokensLimited { .. }
            | Self::DeadlineExceeded(_)
            | Self::RateLimited { .. }
            | Self::PoolFull { .. }
            | Self::RecorderBehind
            | Self::ShuttingDown
            | Self::Cancelled
            | Self::Internal(_) => false,
        }
    }

    /// How long a client should wait before it retries, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. }
            | Self::TokensLimited { retry_after, .. }
            | Self::CircuitOpen { retry_after, .. }
            | Self::StillFailing { retry_after, .. } => Some(*retry_after),
            Self::Upstream(UpstreamFailure {
                fault: Fault::Status { retry_after, .. }, ..
            }) => *retry_after,
            Self::BudgetExceeded { retry_after, .. } => *retry_after,
            Self::Upstream(UpstreamFailure { fault: Fault::NoDescriptors, .. })
            | Self::PoolFull { .. }
            | Self::Busy { .. }
            | Self::RecorderBehind
            | Self::ShuttingDown => Some(Duration::from_secs(1)),
            _ => None,
        }
    }
}

/// Seconds for `Retry-After`: whole, rounded up, at least 1.
pub fn ceil_secs(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

fn near_names(near: &[String]) -> String {
    match near {
        [] => String::from("; GET /v1/models lists all"),
        near => format!("; did you mean `{}`?", near.join("`, `")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_rounded_up_and_never_zero() {
        assert_eq!(ceil_secs(Duration::ZERO), 1);
        assert_eq!(ceil_secs(Duration::from_millis(1001)), 2);
        assert_eq!(ceil_secs(Duration::from_secs(7)), 7);
    }

    #[test]
    fn near_names_are_offered() {
        let failure = Failure::ModelNotFound {
            requested: "gpt-51".into(),
            near: vec!["openai/gpt-5.1".into(), "openai/gpt-5.5".into()],
        };
        insta::assert_snapshot!(
            failure,
            @"model `gpt-51` is unknown or not active; did you mean `openai/gpt-5.1`, `openai/gpt-5.5`?"
        );
    }
}
