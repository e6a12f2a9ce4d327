//! What a candidate's failure says of its model's health and of its provider's.

use std::time::Duration;

use crate::catalog::{Model, Provider};
use crate::domain::failure::{Failure, Fault, Stage, UpstreamFailure};
use crate::domain::refusal::Refusal;
use crate::health::circuit::{Cause, Outcome};

/// What both circuits are told of one try.
pub struct Verdict {
    pub of_model: Outcome,
    pub of_provider: Outcome,
    /// For those who are told why it rests.
    failure: Option<UpstreamFailure>,
}

impl Verdict {
    pub const SUCCESS: Self =
        Self { of_model: Outcome::Success, of_provider: Outcome::Success, failure: None };

    const NEUTRAL: Self =
        Self { of_model: Outcome::Neutral, of_provider: Outcome::Neutral, failure: None };

    /// `since_asked`: how long ago its upstream was asked.
    pub fn of(failure: &Failure, provider: &Provider, since_asked: Option<Duration>) -> Self {
        match failure {
            Failure::Upstream(failure) => Self {
                of_model: of_model(&failure.fault),
                of_provider: of_provider(&failure.fault),
                failure: Some(failure.clone()),
            },
            // It says nothing where others before it had taken most of that time.
            Failure::DeadlineExceeded(limit)
                if since_asked.is_some_and(|had| had >= *limit / 2) =>
            {
                let fault = Fault::TooSlow { stage: Stage::Head, limit: *limit };
                Self {
                    of_model: Outcome::Failure(Cause::Timeout),
                    of_provider: Outcome::Neutral,
                    failure: Some(provider.failure(fault)),
                }
            }
            _ => Self::NEUTRAL,
        }
    }

    /// Keeps what went wrong with whichever of the two it speaks of.
    pub fn keep(&self, model: &Model) {
        let Some(failure) = &self.failure else { return };
        let both = [(self.of_model, &model.health), (self.of_provider, &model.provider.health)];
        for (outcome, health) in both {
            if !matches!(outcome, Outcome::Success | Outcome::Neutral) {
                health.last_failure.set(failure.clone());
            }
        }
    }
}

fn of_model(fault: &Fault) -> Outcome {
    match fault {
        Fault::Status { refusal, retry_after, .. } => match refusal {
            Refusal::BadRequest
            | Refusal::Translation
            | Refusal::ContextLength
            | Refusal::ContentPolicy
            | Refusal::TooLarge
            // It did nothing wrong: its URL is.
            | Refusal::Loop => Outcome::Neutral,
            // These are the provider's.
            Refusal::Key | Refusal::Billing => Outcome::Neutral,
            Refusal::Forbidden => Outcome::Refused(Cause::Forbidden, *retry_after),
            Refusal::Quota => Outcome::Refused(Cause::Quota, *retry_after),
            Refusal::NotFound => Outcome::Refused(Cause::NotFound, *retry_after),
            Refusal::RateLimited => Outcome::RateLimited(*retry_after),
            Refusal::Timeout => Outcome::Failure(Cause::Timeout),
            Refusal::Overloaded => Outcome::Failure(Cause::Overload),
            Refusal::Broken => Outcome::Failure(Cause::Broken),
        },
        // That is the provider's as well.
        Fault::Connect(_) | Fault::TooSlow { stage: Stage::Connect, .. } => Outcome::Neutral,
        Fault::TooSlow { .. } => Outcome::Failure(Cause::Timeout),
        // What it gave up on was this request.
        Fault::GaveUp(_) => Outcome::Neutral,
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
        // Somebody is there and answers.
        Fault::Status { .. } | Fault::GaveUp(_) => Outcome::Success,
        Fault::Closed | Fault::TooSlow { .. } | Fault::BadAnswer(_) | Fault::InStream(_) => {
            Outcome::Neutral
        }
    }
}
