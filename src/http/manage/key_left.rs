//! What is left to a key of its budget and of its limits.

use serde_json::{Value, json};

use crate::domain::money::NanoUsd;
use crate::http::app_state::AppState;
use crate::http::manage::key_body::time;
use crate::keys::ApiKey;
use crate::limits::RateLimits;

/// Of the budget and of the limits per minute; what is not limited is null.
pub fn left(key: &ApiKey, state: &AppState) -> Value {
    let now = state.clocks();
    let budget = key.budget.as_ref().map(|budget| {
        let (spent, reserved) = (key.spent(now.time, budget.per).amount, key.reserved());
        let cost = budget.money.map(|limit| {
            let left = limit.0.saturating_sub(spent.cost.0).saturating_sub(reserved.cost.0);
            NanoUsd(left.max(0)).as_dollars()
        });
        let tokens = budget
            .tokens
            .map(|limit| limit.saturating_sub(spent.tokens).saturating_sub(reserved.tokens));
        json!({
            "usd": cost, "tokens": tokens, "per": budget.per.as_str(),
            "starts_anew_at": budget.ends_at(now.time, &key.zone).map(time),
        })
    });
    let RateLimits { requests, tokens } = key.rate_limits(now.uptime);
    json!({
        "budget": budget,
        "requests_this_minute": requests.map(|status| status.remaining),
        "tokens_this_minute": tokens.map(|status| status.remaining),
    })
}
