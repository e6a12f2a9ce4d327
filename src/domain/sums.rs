//! What many calls come to: the figures of statistics and series, which are added, never averaged.

use super::invocation::{Invocation, Status};
use super::sketch::Sketch;
use super::usage::Usage;

/// Of calls with the same end. Tokens are those of calls whose usage is known, cost that of calls
/// whose cost is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub calls: u64,
    /// Calls with more than one attempt.
    pub retried: u64,
    /// Calls whose usage the router estimated.
    pub estimated: u64,
    /// Calls that took tokens, but whose price is unknown.
    pub unpriced: u64,
    /// Calls whose cost is known.
    pub priced: u64,
    pub usage: Usage,
    pub cost_nano_usd: u64,
    pub duration_us: u64,
    /// The router's own part of the durations, and of how many calls it is known.
    pub router_us: u64,
    pub router_calls: u64,
    /// Completion tokens of streams, and how long these took from their first token on.
    pub streamed_tokens: u64,
    pub streamed_us: u64,
    pub max_duration_us: u64,
    pub max_cost_nano_usd: u64,
    pub max_tokens: u64,
    pub durations: Sketch,
    pub first_tokens: Sketch,
}

/// What a call adds to sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Addend {
    pub attempts: u32,
    pub is_success: bool,
    pub is_estimated: bool,
    pub usage: Option<Usage>,
    pub cost_nano_usd: Option<u64>,
    pub duration_us: u64,
    pub router_us: Option<u64>,
    pub ttft_us: Option<u64>,
    pub is_stream: bool,
}

impl Addend {
    pub fn of(call: &Invocation) -> Self {
        let count = |value: i64| u64::try_from(value).unwrap_or_default();
        Self {
            attempts: call.attempts,
            is_success: call.status == Status::Success,
            is_estimated: call.usage_estimated,
            usage: call.usage,
            cost_nano_usd: call.cost.map(|cost| count(cost.0)),
            duration_us: count(call.duration_us),
            router_us: call.phases.router_us.map(count),
            ttft_us: call.ttft_us.map(count),
            is_stream: call.is_stream,
        }
    }
}

impl Sums {
    pub fn add(&mut self, call: &Addend) {
        self.calls += 1;
        self.retried += u64::from(call.attempts > 1);
        self.estimated += u64::from(call.is_estimated);
        match call.cost_nano_usd {
            Some(cost) => {
                self.priced += 1;
                self.cost_nano_usd = self.cost_nano_usd.saturating_add(cost);
                self.max_cost_nano_usd = self.max_cost_nano_usd.max(cost);
            }
            None => self.unpriced += u64::from(call.usage.is_some() || call.is_success),
        }
        if let Some(usage) = &call.usage {
            self.usage.add(usage);
            self.max_tokens = self.max_tokens.max(usage.total);
        }
        self.duration_us = self.duration_us.saturating_add(call.duration_us);
        self.max_duration_us = self.max_duration_us.max(call.duration_us);
        self.durations.add(call.duration_us);
        if let Some(router_us) = call.router_us {
            self.router_us = self.router_us.saturating_add(router_us);
            self.router_calls += 1;
        }
        if let Some(ttft_us) = call.ttft_us {
            self.first_tokens.add(ttft_us);
            let tokens = call.usage.map_or(0, |usage| usage.completion);
            if call.is_stream && tokens > 0 {
                self.streamed_tokens = self.streamed_tokens.saturating_add(tokens);
                let streamed = call.duration_us.saturating_sub(ttft_us);
                self.streamed_us = self.streamed_us.saturating_add(streamed);
            }
        }
    }

    pub fn merge(&mut self, other: &Self) {
        let counts = [
            (&mut self.calls, other.calls),
            (&mut self.retried, other.retried),
            (&mut self.estimated, other.estimated),
            (&mut self.unpriced, other.unpriced),
            (&mut self.priced, other.priced),
            (&mut self.cost_nano_usd, other.cost_nano_usd),
            (&mut self.duration_us, other.duration_us),
            (&mut self.router_us, other.router_us),
            (&mut self.router_calls, other.router_calls),
            (&mut self.streamed_tokens, other.streamed_tokens),
            (&mut self.streamed_us, other.streamed_us),
        ];
        for (sum, more) in counts {
            *sum = sum.saturating_add(more);
        }
        self.usage.add(&other.usage);
        self.max_duration_us = self.max_duration_us.max(other.max_duration_us);
        self.max_cost_nano_usd = self.max_cost_nano_usd.max(other.max_cost_nano_usd);
        self.max_tokens = self.max_tokens.max(other.max_tokens);
        self.durations.merge(&other.durations);
        self.first_tokens.merge(&other.first_tokens);
    }

    /// Takes out sums of some of these calls. The largest values are not known of what is left, and
    /// stay those of all.
    pub fn subtract(&mut self, part: &Self) {
        let counts = [
            (&mut self.calls, part.calls),
            (&mut self.retried, part.retried),
            (&mut self.estimated, part.estimated),
            (&mut self.unpriced, part.unpriced),
            (&mut self.priced, part.priced),
            (&mut self.usage.prompt, part.usage.prompt),
            (&mut self.usage.completion, part.usage.completion),
            (&mut self.usage.cached, part.usage.cached),
            (&mut self.usage.cache_write, part.usage.cache_write),
            (&mut self.usage.reasoning, part.usage.reasoning),
            (&mut self.usage.total, part.usage.total),
            (&mut self.cost_nano_usd, part.cost_nano_usd),
            (&mut self.duration_us, part.duration_us),
            (&mut self.router_us, part.router_us),
            (&mut self.router_calls, part.router_calls),
            (&mut self.streamed_tokens, part.streamed_tokens),
            (&mut self.streamed_us, part.streamed_us),
        ];
        for (sum, part) in counts {
            *sum = sum.saturating_sub(part);
        }
        self.durations.subtract(&part.durations);
        self.first_tokens.subtract(&part.first_tokens);
    }
}
