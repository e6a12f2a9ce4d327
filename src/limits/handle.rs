//! The handle to the limits of one model or one provider.

use actix::ArbiterHandle;

use super::local::{Level, LimitSettings, LimitShare, LocalLimits, Refusal};
use crate::domain::clock::Clock;

/// Where the limits are counted. A store shared by several routers would be a second variant.
#[derive(Clone, Debug)]
pub enum LimitsHandle {
    Local(LocalLimits),
}

impl LimitsHandle {
    pub fn local(settings: LimitSettings) -> Self {
        Self::Local(LocalLimits::new(settings))
    }

    /// Takes over the calls in flight and the tokens of the minute from `before`.
    pub fn keep_capacity_of(&mut self, before: &Self) {
        let (Self::Local(limits), Self::Local(before)) = (self, before);
        limits.keep_capacity_of(before);
    }

    /// Takes over the fill level and the queue of the limit in requests, if its settings are
    /// equal.
    pub fn keep_queue_of(&mut self, before: &Self) {
        let (Self::Local(limits), Self::Local(before)) = (self, before);
        limits.keep_queue_of(before);
    }

    /// Calls in flight.
    pub fn in_flight(&self) -> usize {
        match self {
            Self::Local(limits) => limits.in_flight(),
        }
    }

    /// How full each limit is, with the word for what it counts.
    pub fn levels(&self, clock: Clock) -> impl Iterator<Item = (&'static str, Level)> {
        match self {
            Self::Local(limits) => limits.levels(clock),
        }
    }

    /// The refusal that `enter` would return now.
    pub fn would_refuse_entry(&self, clock: Clock, tokens: u64) -> Option<Refusal> {
        match self {
            Self::Local(limits) => limits.would_refuse_entry(clock, tokens),
        }
    }

    /// Counts the call as in flight, and takes tokens of the minute.
    ///
    /// # Errors
    /// The one that is used up.
    pub fn enter(&self, clock: Clock, tokens: u64) -> Result<LimitShare, Refusal> {
        match self {
            Self::Local(limits) => limits.enter(clock, tokens),
        }
    }

    /// The refusal that `request` would return now.
    pub fn would_refuse_request(&self, clock: Clock) -> Option<Refusal> {
        match self {
            Self::Local(limits) => limits.would_refuse_request(clock),
        }
    }

    /// Takes one request for a call that has entered: at once, or after a wait.
    ///
    /// # Errors
    /// When the wait would be longer than the settings allow.
    ///
    /// # Cancel safety
    /// Dropping it leaves the queue.
    pub async fn request(
        &self,
        clock: Clock,
        arbiter: &ArbiterHandle,
        share: &mut LimitShare,
    ) -> Result<(), Refusal> {
        match self {
            Self::Local(limits) => limits.request(clock, arbiter, share).await,
        }
    }
}
