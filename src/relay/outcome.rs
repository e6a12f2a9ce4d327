//! Maps a candidate's failure to outcomes for the circuits of its model and its provider.

use std::time::Duration;

use crate::catalog::Model;
use crate::domain::failure::{Failure, Fault, Stage, UpstreamFailure};
use crate::domain::refusal::Refusal;
use crate::domain::service::{ModelKind, Service};
use crate::health::circuit::{Cause, Outcome};

/// The outcomes of one attempt for both circuits.
pub struct Verdict {
    pub of_model: Outcome,
    pub of_provider: Outcome,
    /// The failure shown while a circuit is open.
    failure: Option<UpstreamFailure>,
}

impl Verdict {
    pub const SUCCESS: Self =
        Self { of_model: Outcome::Success, of_provider: Outcome::Success, failure: None };

    const NEUTRAL: Self =
        Self { of_model: Outcome::Neutral, of_provider: Outcome::Neutral, failure: None };

    /// `since_asked`: the time since the upstream call.
    pub fn of(
        failure: &Failure,
        service: Service,
        model: &Model,
        since_sent: Option<Duration>,
    ) -> Self {
        let kind = model.facts.capabilities.kind.unwrap_or(ModelKind::Chat);
        match failure {
            // The endpoint may lack where the model serves well what it is made for.
            Failure::Upstream(failure)
                if kind.main_service() != service && may_be_endpoints(&failure.fault) =>
            {
                let of_provider = of_provider(&failure.fault);
                Self { of_model: Outcome::Neutral, of_provider, failure: Some(failure.clone()) }
            }
            // The router's own want.
            Failure::Upstream(UpstreamFailure { fault: Fault::NoDescriptors, .. }) => Self::NEUTRAL,
            Failure::Upstream(failure) => Self {
                of_model: of_model(&failure.fault),
                of_provider: of_provider(&failure.fault),
                failure: Some(failure.clone()),
            },
            // No information about the model if earlier attempts used most of that time.
            Failure::DeadlineExceeded(limit) if since_sent.is_some_and(|had| had >= *limit / 2) => {
                let fault = Fault::TooSlow { stage: Stage::Head, limit: *limit };
                Self {
                    of_model: Outcome::Failure(Cause::Timeout),
                    of_provider: Outcome::Neutral,
                    failure: Some(model.provider.failure(fault)),
                }
            }
            _ => Self::NEUTRAL,
        }
    }

    /// Stores the failure with the provider, and with the circuit that it concerns.
    pub fn keep(&self, model: &Model) {
        let Some(failure) = &self.failure else { return };
        let at_us = jiff::Timestamp::now().as_microsecond();
        model.provider.health.last_error.set(at_us, Some(&model.name), failure);
        let both = [(self.of_model, &model.health), (self.of_provider, &model.provider.health)];
        for (outcome, health) in both {
            if !matches!(outcome, Outcome::Success | Outcome::Neutral) {
                health.last_failure.set(failure.clone());
            }
        }
    }
}

fn may_be_endpoints(fault: &Fault) -> bool {
    let Fault::Status { refusal, .. } = fault else { return false };
    matches!(refusal, Refusal::NotFound | Refusal::Forbidden | Refusal::Broken)
}

fn of_model(fault: &Fault) -> Outcome {
    match fault {
        Fault::Status { refusal, retry_after, .. } => match refusal {
            Refusal::BadRequest
            | Refusal::Translation
            | Refusal::ContextLength
            | Refusal::ContentPolicy
            | Refusal::TooLarge
            // The model is not at fault: its URL is.
            | Refusal::Loop => Outcome::Neutral,
            // These concern the provider.
            Refusal::Key | Refusal::Billing => Outcome::Neutral,
            Refusal::Forbidden => Outcome::Refused(Cause::Forbidden, *retry_after),
            Refusal::Quota => Outcome::Refused(Cause::Quota, *retry_after),
            Refusal::NotFound => Outcome::Refused(Cause::NotFound, *retry_after),
            Refusal::RateLimited => Outcome::RateLimited(*retry_after),
            Refusal::Timeout => Outcome::Failure(Cause::Timeout),
            Refusal::Overloaded => Outcome::Failure(Cause::Overload),
            Refusal::Broken => Outcome::Failure(Cause::Broken),
        },
        // This concerns the provider too.
        Fault::Connect(_) | Fault::TooSlow { stage: Stage::Connect, .. } => Outcome::Neutral,
        Fault::TooSlow { .. } => Outcome::Failure(Cause::Timeout),
        // It failed on this request only, or was not called.
        Fault::GaveUp(_) | Fault::NoDescriptors => Outcome::Neutral,
        Fault::Closed | Fault::BadAnswer(_) | Fault::InStream(_) => Outcome::Failure(Cause::Broken),
    }
}

/// It concerns all models of the provider.
fn of_provider(fault: &Fault) -> Outcome {
    match fault {
        Fault::Connect(_) | Fault::TooSlow { stage: Stage::Connect, .. } => {
            Outcome::Failure(Cause::Connect)
        }
        Fault::Status { refusal: Refusal::Key, retry_after, .. } => {
            Outcome::Refused(Cause::Key, *retry_after)
        }
        Fault::Status { refusal: Refusal::Billing, retry_after, .. } => {
            Outcome::Refused(Cause::Billing, *retry_after)
        }
        Fault::Status { refusal: Refusal::Loop, .. } => Outcome::Neutral,
        // The provider answers.
        Fault::Status { .. } | Fault::GaveUp(_) => Outcome::Success,
        Fault::Closed
        | Fault::NoDescriptors
        | Fault::TooSlow { .. }
        | Fault::BadAnswer(_)
        | Fault::InStream(_) => Outcome::Neutral,
    }
}
