//! The limits that can refuse a call at one candidate, in this order: the calls in flight and the
//! tokens of its model, those of its provider, then the requests of both. `would_refuse` predicts
//! the outcome of `acquire`.

use actix::ArbiterHandle;

use super::handle::LimitsHandle;
use super::local::{LimitShare, Refusal};
use super::permit::Permit;
use super::status::RateLimits;
use crate::domain::clock::Clock;

/// The owner of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Model,
    Provider,
}

/// The limits of a candidate.
#[derive(Clone, Copy)]
pub struct CandidateLimits<'a> {
    pub model: &'a LimitsHandle,
    pub provider: &'a LimitsHandle,
}

impl<'a> CandidateLimits<'a> {
    fn owners(self) -> [(Owner, &'a LimitsHandle); 2] {
        [(Owner::Model, self.model), (Owner::Provider, self.provider)]
    }

    /// The limit that would refuse a call of that many tokens now. Takes nothing.
    pub fn would_refuse(self, clock: Clock, tokens: u64) -> Option<(Owner, Refusal)> {
        let owners = self.owners().into_iter();
        let entry = owners.clone().find_map(|(owner, limits)| {
            limits.would_refuse_entry(clock, tokens).map(|refusal| (owner, refusal))
        });
        entry.or_else(|| {
            owners.into_iter().find_map(|(owner, limits)| {
                limits.would_refuse_request(clock).map(|refusal| (owner, refusal))
            })
        })
    }

    /// Admits a call with that token estimate. It may queue under the limit in requests; limiters
    /// are started on the given arbiter.
    ///
    /// # Errors
    /// The limit that refuses it; nothing is held then.
    ///
    /// # Cancel safety
    /// Dropping it leaves the queue and refunds everything taken.
    pub async fn acquire(
        self,
        clock: Clock,
        arbiter: &ArbiterHandle,
        tokens: u64,
    ) -> Result<CapacityGuard, (Owner, Refusal)> {
        let mut guard = CapacityGuard::default();
        for ((owner, limits), share) in self.owners().into_iter().zip(&mut guard.shares) {
            *share = limits.enter(clock, tokens).map_err(|refusal| (owner, refusal))?;
        }
        for ((owner, limits), share) in self.owners().into_iter().zip(&mut guard.shares) {
            limits.request(clock, arbiter, share).await.map_err(|refusal| (owner, refusal))?;
        }
        Ok(guard)
    }
}

/// The reservations of a call at its candidate. Dropping it refunds whatever is not settled: the
/// candidate gave no answer.
#[derive(Debug, Default)]
#[must_use = "it goes back when this is dropped"]
pub struct CapacityGuard {
    shares: [LimitShare; 2],
}

impl CapacityGuard {
    /// The upstream is being called: the requests are spent.
    pub fn spend(&mut self) {
        self.shares.iter_mut().filter_map(LimitShare::request).for_each(Permit::spend);
    }

    /// The upstream was not called after all.
    pub fn not_spent(&mut self) {
        self.shares.iter_mut().filter_map(LimitShare::request).for_each(Permit::not_spent);
    }

    /// The limits' status when they admitted the call: the model's, else its provider's.
    pub fn status(&self) -> RateLimits {
        self.shares.iter().map(LimitShare::status).fold(RateLimits::default(), RateLimits::or)
    }

    /// The call has ended with that many tokens; if unknown, the estimate stays charged.
    pub fn settle(self, tokens: Option<u64>) {
        for share in self.shares {
            share.settle(tokens);
        }
    }
}
