//! The limits of one model or one provider, counted in this process: calls in flight, tokens per
//! minute and requests.

use std::sync::Arc;
use std::time::Duration;

use actix::ArbiterHandle;

use super::in_flight::{InFlight, Place};
use super::permit::Permit;
use super::queue::RequestQueue;
use super::requests::RequestLimit;
use super::status::{RateLimitStatus, RateLimits};
use super::tokens::{Reservation, TokenBucket};
use crate::domain::clock::Clock;

/// The limits from the settings; `None` is unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimitSettings {
    pub max_concurrent: Option<usize>,
    pub tokens_per_minute: Option<u64>,
    pub requests: Option<RequestLimit>,
    /// Whether calls in flight are counted even without a limit, because strategies compare them.
    pub is_compared: bool,
}

/// The limit that refuses a call, and the wait until there is room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Concurrency { max_concurrent: usize },
    Tokens { per_minute: u64, retry_after: Duration },
    Requests { limit: RequestLimit, retry_after: Duration },
}

/// A limit and what is left of it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    pub limit: u64,
    pub remaining: u64,
}

/// The calls in flight, and the tokens of the minute.
#[derive(Debug, Default)]
struct Capacity {
    in_flight: InFlight,
    tokens: TokenBucket,
}

/// Usage is kept over a reload, under the new settings. A limit in requests starts anew when its
/// settings change.
#[derive(Clone, Debug, Default)]
pub struct LocalLimits {
    settings: LimitSettings,
    capacity: Arc<Capacity>,
    requests: Option<Arc<RequestQueue>>,
}

impl LocalLimits {
    pub fn new(settings: LimitSettings) -> Self {
        let requests = settings.requests.map(|limit| Arc::new(RequestQueue::new(limit)));
        Self { settings, capacity: Arc::default(), requests }
    }

    pub fn keep_capacity_of(&mut self, before: &Self) {
        self.capacity = before.capacity.clone();
    }

    pub fn keep_queue_of(&mut self, before: &Self) {
        if self.settings.requests == before.settings.requests {
            self.requests.clone_from(&before.requests);
        }
    }

    pub fn in_flight(&self) -> usize {
        self.capacity.in_flight.count()
    }

    /// How full each limit is, with the word for what it counts.
    pub fn levels(&self, clock: Clock) -> impl Iterator<Item = (&'static str, Level)> {
        let LimitSettings { max_concurrent, tokens_per_minute, .. } = self.settings;
        let count = |calls: usize| u64::try_from(calls).unwrap_or(u64::MAX);
        let calls = max_concurrent.map(|limit| Level {
            limit: count(limit),
            remaining: count(limit.saturating_sub(self.in_flight())),
        });
        let tokens = tokens_per_minute.map(|limit| Level {
            limit,
            remaining: self.capacity.tokens.left(clock.uptime(), limit),
        });
        let requests = self.requests.as_ref().map(|queue| {
            let RateLimitStatus { limit, remaining, .. } = queue.status(clock);
            Level { limit, remaining }
        });
        let levels = [("concurrency", calls), ("tokens", tokens), ("requests", requests)];
        levels.into_iter().filter_map(|(counted, level)| Some((counted, level?)))
    }

    pub fn would_refuse_entry(&self, clock: Clock, tokens: u64) -> Option<Refusal> {
        let LimitSettings { max_concurrent, tokens_per_minute, .. } = self.settings;
        if let Some(max_concurrent) = max_concurrent.filter(|max| self.in_flight() >= *max) {
            return Some(Refusal::Concurrency { max_concurrent });
        }
        let per_minute = tokens_per_minute?;
        let retry_after = self.capacity.tokens.wait(clock.uptime(), tokens, per_minute)?;
        Some(Refusal::Tokens { per_minute, retry_after })
    }

    /// Counts the call as in flight, and takes tokens of the minute.
    ///
    /// # Errors
    /// The one that is used up.
    pub fn enter(&self, clock: Clock, tokens: u64) -> Result<LimitShare, Refusal> {
        let LimitSettings { max_concurrent, tokens_per_minute, is_compared, .. } = self.settings;
        let mut place = None;
        if is_compared || max_concurrent.is_some() {
            place = self.capacity.in_flight.try_enter(max_concurrent);
            if let (None, Some(max_concurrent)) = (&place, max_concurrent) {
                return Err(Refusal::Concurrency { max_concurrent });
            }
        }
        let reserve = |per_minute| self.reserve(clock, tokens, per_minute);
        let tokens = tokens_per_minute.map(reserve).transpose()?;
        Ok(LimitShare { _place: place, tokens, request: None })
    }

    fn reserve(
        &self,
        clock: Clock,
        tokens: u64,
        per_minute: u64,
    ) -> Result<ReservedTokens, Refusal> {
        let (now, bucket) = (clock.uptime(), &self.capacity.tokens);
        let reservation = bucket
            .reserve(now, tokens, per_minute)
            .map_err(|retry_after| Refusal::Tokens { per_minute, retry_after })?;
        let status = RateLimitStatus {
            limit: per_minute,
            remaining: bucket.left(now, per_minute),
            reset: bucket.until_full(now),
        };
        let reservation = Some(reservation);
        Ok(ReservedTokens { clock, capacity: self.capacity.clone(), reservation, status })
    }

    pub fn would_refuse_request(&self, clock: Clock) -> Option<Refusal> {
        let queue = self.requests.as_ref()?;
        let retry_after = queue.would_refuse(clock)?;
        Some(Refusal::Requests { limit: queue.limit(), retry_after })
    }

    /// Takes one request for a call that has entered.
    ///
    /// # Errors
    /// When the wait for it would be too long.
    ///
    /// # Cancel safety
    /// Dropping it leaves the queue.
    pub async fn request(
        &self,
        clock: Clock,
        arbiter: &ArbiterHandle,
        share: &mut LimitShare,
    ) -> Result<(), Refusal> {
        let Some(queue) = &self.requests else { return Ok(()) };
        let permit = queue
            .acquire(clock, arbiter)
            .await
            .map_err(|retry_after| Refusal::Requests { limit: queue.limit(), retry_after })?;
        share.request = Some(permit);
        Ok(())
    }
}

/// The reservations of one call under these limits. Dropping it refunds everything except a request
/// that was spent.
#[derive(Debug, Default)]
#[must_use = "it goes back when this is dropped"]
pub struct LimitShare {
    _place: Option<Place>,
    tokens: Option<ReservedTokens>,
    request: Option<Permit>,
}

impl LimitShare {
    pub fn request(&mut self) -> Option<&mut Permit> {
        self.request.as_mut()
    }

    /// The limits' status when they admitted the call.
    pub fn status(&self) -> RateLimits {
        RateLimits {
            requests: self.request.as_ref().map(Permit::status),
            tokens: self.tokens.as_ref().map(|tokens| tokens.status),
        }
    }

    /// The call has ended with that many tokens; if unknown, the estimate stays charged.
    pub fn settle(self, tokens: Option<u64>) {
        if let Some(reserved) = self.tokens {
            reserved.settle(tokens);
        }
    }
}

/// Reserved tokens, refunded on drop: the call took none.
#[derive(Debug)]
struct ReservedTokens {
    clock: Clock,
    capacity: Arc<Capacity>,
    /// Absent once it is settled.
    reservation: Option<Reservation>,
    status: RateLimitStatus,
}

impl ReservedTokens {
    fn settle(mut self, tokens: Option<u64>) {
        if let (Some(reservation), Some(tokens)) = (self.reservation.take(), tokens) {
            self.capacity.tokens.settle(self.clock.uptime(), reservation, tokens);
        }
    }
}

impl Drop for ReservedTokens {
    fn drop(&mut self) {
        if let Some(reservation) = self.reservation.take() {
            self.capacity.tokens.release(self.clock.uptime(), reservation);
        }
    }
}
