//! Capacity of a model and its provider for one more call: calls in flight, and tokens a minute.
//! The limit in requests belongs to the model's limiter (`limits`).

use std::sync::Arc;
use std::time::Duration;

use super::call::RelayContext;
use crate::catalog::Model;
use crate::domain::clock::Clock;
use crate::domain::facts::Needs;
use crate::domain::failure::Failure;
use crate::limits::in_flight::Place;
use crate::limits::tokens::Reservation;
use crate::limits::{Capacity, RateLimitStatus};
use crate::routing::Saturated;

/// Held until the call has ended. Dropping it releases the reserved tokens; `settle` replaces them
/// by the actual ones.
#[derive(Debug)]
#[must_use = "the room is free again when this is dropped"]
pub struct CapacityGuard {
    clock: Clock,
    _places: [Option<Place>; 2],
    tokens: [Option<Held>; 2],
    status: Option<RateLimitStatus>,
}

#[derive(Debug)]
struct Held {
    capacity: Arc<Capacity>,
    reservation: Reservation,
}

/// The subject of a limit: the model, or the provider with all its models.
struct Limited<'a> {
    capacity: &'a Arc<Capacity>,
    max_concurrent: Option<usize>,
    tokens_per_minute: Option<u64>,
}

fn limited(model: &Model) -> [Limited<'_>; 2] {
    let (config, settings) = (&model.config, &model.provider.settings);
    [
        Limited {
            capacity: &model.capacity,
            max_concurrent: config.max_concurrent,
            tokens_per_minute: config.tokens_per_minute,
        },
        Limited {
            capacity: &model.provider.capacity,
            max_concurrent: settings.max_concurrent,
            tokens_per_minute: settings.tokens_per_minute,
        },
    ]
}

fn name_of(place: usize, model: &Model) -> String {
    match place {
        0 => format!("`{}`", model.full_name()),
        _ => format!("provider `{}`", model.provider.name),
    }
}

/// The estimated usage of a call.
fn estimate(needs: &Needs) -> u64 {
    needs.prompt_tokens.saturating_add(needs.answer_tokens())
}

/// The limit that is reached now, without reserving anything.
pub fn full(context: &RelayContext, model: &Model, needs: &Needs) -> Option<Saturated> {
    let now = context.now();
    for limited in limited(model) {
        let on_their_way = limited.capacity.in_flight.count();
        if let Some(max_concurrent) = limited.max_concurrent.filter(|max| on_their_way >= *max) {
            return Some(Saturated::Calls { max_concurrent });
        }
        if let Some(per_minute) = limited.tokens_per_minute
            && let Some(retry_after) =
                limited.capacity.tokens.wait(now, estimate(needs), per_minute)
        {
            return Some(Saturated::Tokens { retry_after });
        }
    }
    let limit = model.rate_limit.as_ref()?;
    let wait = context.limiters.of(model.id)?.wait();
    let may_wait = Duration::from_millis(limit.max_wait_ms);
    (wait > may_wait).then_some(Saturated::Requests { retry_after: wait })
}

impl CapacityGuard {
    /// # Errors
    /// Which limit is reached, the model's or its provider's; nothing is held then.
    pub fn take(context: &RelayContext, model: &Model, needs: &Needs) -> Result<Self, Failure> {
        let mut room = Self {
            clock: context.clock,
            _places: [None, None],
            tokens: [None, None],
            status: None,
        };
        for (place, limited) in limited(model).into_iter().enumerate() {
            // A provider without a limit is not counted, because no strategy compares providers.
            if place == 0 || limited.max_concurrent.is_some() {
                let entered = limited.capacity.in_flight.try_enter(limited.max_concurrent);
                if let (None, Some(max_concurrent)) = (&entered, limited.max_concurrent) {
                    return Err(Failure::Busy { subject: name_of(place, model), max_concurrent });
                }
                if let Some(kept) = room._places.get_mut(place) {
                    *kept = entered;
                }
            }
            room.reserve(context, place, &limited, needs).map_err(
                |(per_minute, retry_after)| Failure::TokensLimited {
                    subject: name_of(place, model),
                    per_minute,
                    retry_after,
                },
            )?;
        }
        Ok(room)
    }

    fn reserve(
        &mut self,
        context: &RelayContext,
        place: usize,
        limited: &Limited<'_>,
        needs: &Needs,
    ) -> Result<(), (u64, Duration)> {
        let Some(per_minute) = limited.tokens_per_minute else { return Ok(()) };
        let (now, capacity) = (context.now(), limited.capacity);
        let reservation = capacity
            .tokens
            .reserve(now, estimate(needs), per_minute)
            .map_err(|wait| (per_minute, wait))?;
        self.status.get_or_insert_with(|| RateLimitStatus {
            limit: per_minute,
            remaining: capacity.tokens.left(now, per_minute),
            reset: capacity.tokens.until_full(now),
        });
        if let Some(kept) = self.tokens.get_mut(place) {
            *kept = Some(Held { capacity: capacity.clone(), reservation });
        }
        Ok(())
    }

    /// The limit in tokens: the model's, or else its provider's.
    pub fn status(&self) -> Option<RateLimitStatus> {
        self.status
    }

    /// Settles the call with the actual tokens; if they are unknown, the estimate stands.
    pub fn settle(mut self, tokens: Option<u64>) {
        let now = self.clock.uptime();
        for held in self.tokens.iter_mut().filter_map(Option::take) {
            if let Some(tokens) = tokens {
                held.capacity.tokens.settle(now, held.reservation, tokens);
            }
        }
    }
}

impl Drop for CapacityGuard {
    fn drop(&mut self) {
        let now = self.clock.uptime();
        for held in self.tokens.iter_mut().filter_map(Option::take) {
            held.capacity.tokens.release(now, held.reservation);
        }
    }
}
