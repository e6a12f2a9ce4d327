//! A model that is not called now, because its circuit or its provider's is open.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::catalog::Model;
use crate::domain::candidate_cause::{CandidateCause, brief};
use crate::domain::failure::{Failure, UpstreamFailure};
use crate::health::circuit::State;

#[derive(Clone, Debug, PartialEq)]
pub struct CoolingDown {
    whose: &'static str,
    pub retry_after: Duration,
    /// The last failure.
    failure: Option<Arc<UpstreamFailure>>,
    /// One call is probing it now.
    is_probed: bool,
}

impl CoolingDown {
    /// `None` if neither circuit refuses a call.
    pub fn of(model: &Model, now: Duration) -> Option<Self> {
        let of_provider = &model.provider.health;
        let both = [("its provider", of_provider), ("it", &model.health)];
        both.into_iter().find_map(|(whose, health)| {
            let retry_after = health.circuit.wait(now)?;
            Some(Self {
                whose,
                retry_after,
                failure: health.last_failure.get(),
                is_probed: health.circuit.state(now) == State::HalfOpen,
            })
        })
    }
}

impl fmt::Display for CoolingDown {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { whose, retry_after, failure, .. } = self;
        write!(
            out,
            "{whose} is cooling down for {} s after failures",
            retry_after.as_secs().max(1)
        )?;
        match failure {
            Some(failure) => write!(out, ": {}", brief(failure)),
            None => Ok(()),
        }
    }
}

/// The failure when all eligible models are cooling down: of one, its last failure, as if it had
/// been called again; of several, the failure of each.
pub fn all_cooling_down<'a>(
    requested: &str,
    models: impl Iterator<Item = (&'a Model, &'a CoolingDown)>,
) -> Option<Failure> {
    let causes: Vec<_> = models
        .map(|(model, cooling_down)| CandidateCause {
            model: model.full_name(),
            failure: cooling_down.failure.clone(),
            retry_after: cooling_down.retry_after,
            is_probed: cooling_down.is_probed,
        })
        .collect();
    let retry_after = causes.iter().map(|cause| cause.retry_after).min()?;
    if let [CandidateCause { failure: Some(failure), is_probed: false, .. }] = causes.as_slice() {
        return Some(Failure::StillFailing { failure: failure.clone(), retry_after });
    }
    Some(Failure::CircuitOpen { requested: requested.to_owned(), retry_after, causes })
}
