//! The limits of a candidate (`limits`): whether they would refuse a call, and its admission.

use super::call::RelayContext;
use crate::catalog::Model;
use crate::domain::facts::Needs;
use crate::domain::failure::Failure;
use crate::limits::{CandidateLimits, CapacityGuard, Owner, Refusal};
use crate::routing::Saturated;

fn limits_of(model: &Model) -> CandidateLimits<'_> {
    CandidateLimits { model: &model.limits, provider: &model.provider.limits }
}

/// The estimated usage of a call.
fn estimate(needs: &Needs) -> u64 {
    needs.prompt_tokens.saturating_add(needs.answer_tokens())
}

/// The limit that would refuse the call now, without reserving anything: for plans.
pub fn saturated(context: &RelayContext, model: &Model, needs: &Needs) -> Option<Saturated> {
    let (_, refusal) = limits_of(model).would_refuse(context.clock, estimate(needs))?;
    Some(match refusal {
        Refusal::Concurrency { max_concurrent } => Saturated::Calls { max_concurrent },
        Refusal::Tokens { retry_after, .. } => Saturated::Tokens { retry_after },
        Refusal::Requests { retry_after, .. } => Saturated::Requests { retry_after },
    })
}

/// Admits the call at the candidate; it may wait for its turn among the model's requests.
///
/// # Errors
/// Which limit is reached, the model's or its provider's; nothing is held then.
///
/// # Cancel safety
/// Dropping it leaves the queue of the model's limiter and gives back what was taken.
pub async fn acquire(
    context: &RelayContext,
    model: &Model,
    needs: &Needs,
) -> Result<CapacityGuard, Failure> {
    let acquired = limits_of(model).acquire(context.clock, &context.arbiter, estimate(needs));
    acquired.await.map_err(|(owner, refusal)| failure(model, owner, refusal))
}

fn failure(model: &Model, owner: Owner, refusal: Refusal) -> Failure {
    let provider = &model.provider.name;
    let subject = || match owner {
        Owner::Model => format!("`{}`", model.full_name()),
        Owner::Provider => format!("provider `{provider}`"),
    };
    match refusal {
        Refusal::Concurrency { max_concurrent } => {
            Failure::Busy { subject: subject(), max_concurrent }
        }
        Refusal::Tokens { per_minute, retry_after } => {
            Failure::TokensLimited { subject: subject(), per_minute, retry_after }
        }
        Refusal::Requests { limit, retry_after } => Failure::RateLimited {
            model: match owner {
                Owner::Model => model.full_name(),
                Owner::Provider => provider.clone(),
            },
            limit: limit.to_string(),
            limit_requests: limit.burst(),
            retry_after,
        },
    }
}
