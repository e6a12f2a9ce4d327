//! What a call holds of all limits while it is in flight. Limits are checked in `limits`, in this
//! order: the key's requests and tokens per minute (`PerMinuteHandle`), when the call arrives; then,
//! for each candidate, the key's budget (`BudgetInFlight`) and the limits of the model and the
//! provider (`CandidateLimits`, which plans read too). Circuits belong to failover, because a probe
//! reports at the first chunk.
//!
//! It travels with the answer's stream and is settled once, when the call ends. If it is dropped
//! before, all reservations are released.

use super::allowance::Allowance;
use super::call::{Call, RelayContext};
use super::capacity;
use super::meter::Took;
use crate::catalog::Model;
use crate::domain::clock::Clock;
use crate::domain::facts::Needs;
use crate::domain::failure::Failure;
use crate::domain::invocation::KeyCharge;
use crate::limits::{CapacityGuard, RateLimits};

pub struct Admission {
    /// Of the caller's key.
    key: Allowance,
    /// At the model and its provider.
    capacity: Option<CapacityGuard>,
}

impl Admission {
    /// Before a call is parsed: it holds nothing yet.
    pub fn none(clock: Clock) -> Self {
        Self { key: Allowance::none(clock), capacity: None }
    }

    /// Admits the call under the rate limits of its key.
    ///
    /// # Errors
    /// When one of them is reached.
    pub fn enter(&mut self, clock: Clock, call: &Call, needs: &Needs) -> Result<(), Failure> {
        self.key = Allowance::ask(clock, call, needs)?;
        Ok(())
    }

    /// Admits the call at this candidate.
    ///
    /// # Errors
    /// Which limit is reached; what was reserved at the candidate before is released by `leave`.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the queue of the model's limiter; `leave` releases the rest.
    pub async fn admit(
        &mut self,
        context: &RelayContext,
        call: &Call,
        model: &Model,
        needs: &Needs,
    ) -> Result<(), Failure> {
        self.key.reserve(call, model, needs)?;
        self.capacity = Some(capacity::acquire(context, model, needs).await?);
        Ok(())
    }

    /// The candidate's upstream is being called.
    pub fn spend(&mut self) {
        if let Some(capacity) = &mut self.capacity {
            capacity.spend();
        }
    }

    /// The upstream was not called after all.
    pub fn not_spent(&mut self) {
        if let Some(capacity) = &mut self.capacity {
            capacity.not_spent();
        }
    }

    /// The candidate failed: what was held at it is released.
    pub fn release(&mut self) {
        self.capacity = None;
    }

    /// The status of the candidate's limits when it admitted the call.
    pub fn model_limits(&self) -> RateLimits {
        self.capacity.as_ref().map(CapacityGuard::status).unwrap_or_default()
    }

    /// The current status of the key's rate limits.
    pub fn key_limits(&self) -> RateLimits {
        self.key.rate_limits()
    }

    /// The estimated number of tokens of the prompt.
    pub fn prompt_tokens(&self) -> u64 {
        self.key.prompt_tokens()
    }

    /// Replaces the reservations by the actual usage, once; returns the key's charge, for the
    /// record. `is_sent`: whether an upstream was called at all. The model's own limits keep what
    /// was reserved where the upstream's counts are not known: it may work on.
    pub fn settle(&mut self, took: Option<&Took>, is_sent: bool) -> Option<KeyCharge> {
        let charge = self.key.settle(took.map(|took| &took.usage), is_sent);
        if let Some(capacity) = self.capacity.take() {
            let told = took.filter(|took| !took.is_estimated);
            capacity.settle(told.map(|took| took.usage.total));
        }
        charge
    }
}
