//! A call within its key's limits: parameters, rate limits and budget.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::{Map, Value};

use super::call::{Call, Origin};
use crate::catalog::Model;
use crate::config::key_rules::ParameterLimits;
use crate::domain::clock::Clock;
use crate::domain::facts::Needs;
use crate::domain::failure::Failure;
use crate::domain::invocation::KeyCharge;
use crate::domain::price::Prices;
use crate::domain::usage::Usage;
use crate::keys::reservation::{BudgetReservation, Clocks, Refused};
use crate::keys::restrictions::Restrictions;
use crate::limits::{Amount, Counted, PerMinuteRefusal, RateLimits};

/// The estimated length of an answer when no limit is given.
const USUAL_ANSWER_TOKENS: u64 = 1_000;

/// The parameters within the key's limits.
///
/// # Errors
/// None that the body did not have before.
pub fn within_limits(call: &mut Call) -> Result<(), Failure> {
    let Some(limits) = limits_of(call) else { return Ok(()) };
    let lowered = call
        .request
        .lowered(limits)
        .map_err(|bad| Failure::BadRequest { message: bad.message, param: bad.param })?;
    if let Some((request, adjusted)) = lowered {
        call.request = request;
        call.adjusted = adjusted;
    }
    Ok(())
}

/// A model's default parameters within the key's limits, and what was changed.
pub fn defaults_within<'m>(
    call: &Call,
    model: &'m Model,
) -> (Cow<'m, Map<String, Value>>, Vec<String>) {
    let Some(limits) = limits_of(call) else {
        return (Cow::Borrowed(&model.default_params), Vec::new());
    };
    let (defaults, adjusted) = call.request.lowered_defaults(&model.default_params, limits);
    (Cow::Owned(defaults), adjusted)
}

/// A key's parameter limits do not apply to the router's own call of an analyzer; the caller pays
/// for it.
fn is_own(call: &Call) -> bool {
    call.origin == Origin::Router
}

fn limits_of(call: &Call) -> Option<&ParameterLimits> {
    let key = call.api_key.as_ref().filter(|_| !is_own(call))?;
    let limits = &key.rules.parameter_limits;
    (!limits.is_empty()).then_some(limits)
}

/// The permissions of the caller's key; none for a caller without one.
pub fn restrictions(call: &Call) -> Option<&Restrictions> {
    call.api_key.as_ref().filter(|_| !is_own(call)).map(|key| &key.restrictions)
}

/// What a call reserves from its key.
pub struct Allowance {
    hold: Option<BudgetReservation>,
    clock: Clock,
    prompt_tokens: u64,
    /// Of the candidate that is tried.
    prices: Prices,
}

impl Allowance {
    /// Before a call is parsed, and for a caller without a key.
    pub fn none(clock: Clock) -> Self {
        Self { hold: None, clock, prompt_tokens: 0, prices: Prices::default() }
    }

    /// Admits the call under the key's rate limits.
    ///
    /// # Errors
    /// When one of them is reached.
    pub fn ask(clock: Clock, call: &Call, needs: &Needs) -> Result<Self, Failure> {
        let mut allowance = Self::none(clock);
        allowance.prompt_tokens = needs.prompt_tokens;
        let Some(key) = &call.api_key else { return Ok(allowance) };
        let tokens = needs.prompt_tokens.saturating_add(longest(call, &Map::new()));
        let hold = match is_own(call) {
            true => key.unmetered(),
            false => key
                .admit(Clocks::now(clock), tokens)
                .map_err(|refused| failure(&key.name, refused))?,
        };
        allowance.hold = Some(hold);
        Ok(allowance)
    }

    /// Reserves the estimated cost of the call at this candidate.
    ///
    /// # Errors
    /// When the key's budget is exhausted.
    pub fn reserve(&mut self, call: &Call, model: &Model, needs: &Needs) -> Result<(), Failure> {
        let Some(hold) = &mut self.hold else { return Ok(()) };
        let now = Clocks::now(self.clock);
        self.prices = model.prices;
        let defaults = defaults_within(call, model).0;
        let answer = longest(call, &defaults)
            .min(model.facts.capabilities.max_output_tokens.unwrap_or(u64::MAX))
            .saturating_mul(call.request.choices(&defaults).unwrap_or(1).max(1));
        let wanted = Amount::of(&self.prices, &usage_of(needs.prompt_tokens, answer));
        let name = hold.key().name.clone();
        hold.reserve(now, wanted).map_err(|refused| failure(&name, refused))
    }

    /// Replaces the reservations by what the call took, for the call log. `is_sent`: whether an
    /// upstream was called at all.
    pub fn settle(&mut self, usage: Option<&Usage>, is_sent: bool) -> Option<KeyCharge> {
        let hold = self.hold.as_mut()?;
        let now = Clocks::now(self.clock);
        let Some(usage) = usage else {
            match is_sent {
                true => hold.release(now),
                false => hold.refund(now),
            }
            return None;
        };
        let took = Amount::of(&self.prices, usage);
        let charge = hold.settle(now, took)?;
        let Amount { cost, tokens } = charge.amount;
        Some(KeyCharge { key: hold.key().id, day: charge.day, tokens, cost })
    }

    /// The status of the key's rate limits.
    pub fn rate_limits(&self) -> RateLimits {
        let limits = |hold: &BudgetReservation| hold.key().rate_limits(self.clock.uptime());
        self.hold.as_ref().map(limits).unwrap_or_default()
    }

    /// The estimated number of tokens of the prompt.
    pub fn prompt_tokens(&self) -> u64 {
        self.prompt_tokens
    }
}

/// The most tokens of an answer.
fn longest(call: &Call, defaults: &Map<String, Value>) -> u64 {
    call.request.max_answer_tokens(defaults).unwrap_or(USUAL_ANSWER_TOKENS)
}

fn usage_of(prompt: u64, completion: u64) -> Usage {
    Usage { prompt, completion, total: prompt.saturating_add(completion), ..Usage::default() }
}

fn failure(name: &str, refused: Refused) -> Failure {
    match refused {
        Refused::Rate(refusal) => rate_failure(name, refusal),
        Refused::Budget { is_spent, message } => Failure::BudgetExceeded {
            message,
            retry_after: (!is_spent).then_some(Duration::from_secs(1)),
        },
    }
}

fn rate_failure(name: &str, refusal: PerMinuteRefusal) -> Failure {
    let PerMinuteRefusal { counted, limit, retry_after } = refusal;
    match counted {
        Counted::Requests => Failure::RateLimited {
            model: name.to_owned(),
            limit: format!("{limit} requests per minute"),
            limit_requests: limit,
            retry_after,
        },
        Counted::Tokens => {
            Failure::TokensLimited { subject: format!("`{name}`"), per_minute: limit, retry_after }
        }
    }
}
