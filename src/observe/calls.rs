//! What calls come to, by the model that was called last for each.

use std::collections::BTreeMap;

use super::families::{self as f, Family, NONE};
use super::histogram::{Histogram, number};
use super::operations::{self, Operations, micros};
use super::page::Page;
use crate::domain::invocation::{FailedTry, Invocation, Status};
use crate::domain::money::NanoUsd;
use crate::domain::usage::Usage;

/// Counts by words of the router's own.
type Words = BTreeMap<&'static str, u64>;

#[derive(Clone)]
pub struct CallTotals {
    by_provider: BTreeMap<String, BTreeMap<String, ModelTotals>>,
    overhead: Histogram,
    wait: Histogram,
}

#[derive(Clone)]
struct ModelTotals {
    /// By the ends of calls.
    success: u64,
    error: u64,
    cancelled: u64,
    duration: Histogram,
    first_token: Histogram,
    errors: Words,
    attempts: Words,
    refusals: Words,
    /// Absent until it is known of one call; the same for the cost.
    tokens: Option<Usage>,
    /// Whole nano-dollars, so that it adds up exactly.
    cost: Option<NanoUsd>,
    unpriced: u64,
    estimated: u64,
    operations: Operations,
}

/// Counted from 0 on, because the growth of a series that begins at 1 is not seen: an alert looks
/// at these.
const WATCHED: [&str; 2] = ["no_healthy_model", "no_usable_model"];

impl Default for CallTotals {
    fn default() -> Self {
        let mut totals = Self {
            by_provider: BTreeMap::new(),
            overhead: f::OVERHEAD.histogram(),
            wait: f::WAIT.histogram(),
        };
        totals.with(NONE, NONE, |of_none| of_none.errors.extend(WATCHED.map(|code| (code, 0))));
        totals
    }
}

impl Default for ModelTotals {
    fn default() -> Self {
        Self {
            success: 0,
            error: 0,
            cancelled: 0,
            duration: f::DURATION.histogram(),
            first_token: f::FIRST_TOKEN.histogram(),
            errors: Words::new(),
            attempts: Words::new(),
            refusals: Words::new(),
            tokens: None,
            cost: None,
            unpriced: 0,
            estimated: 0,
            operations: Operations::default(),
        }
    }
}

impl CallTotals {
    pub fn count(&mut self, call: &Invocation) {
        for FailedTry { provider, model, code } in &call.tries.failed {
            self.with(provider, model, |of_model| match limit_of(code) {
                Some(limit) => add(&mut of_model.refusals, limit),
                None => add(&mut of_model.attempts, code),
            });
        }
        if let Some(router_us) = call.phases.router_us {
            self.overhead.observe(micros(router_us));
        }
        if let Some(wait_us) = call.phases.wait_us {
            self.wait.observe(micros(wait_us));
        }
        match &call.target {
            Some(target) => self.with(&target.provider, &target.model, |of_model| {
                of_model.count(call);
                of_model.operations.count(call, target);
            }),
            None => self.with(NONE, NONE, |of_none| {
                of_none.count(call);
                // By the caller's key, before any candidate was tried.
                if let Some(limit) = call.error_code.and_then(limit_of) {
                    add(&mut of_none.refusals, limit);
                }
            }),
        }
    }

    /// Names are copied when they are new.
    fn with(&mut self, provider: &str, model: &str, act: impl FnOnce(&mut ModelTotals)) {
        let known = self.by_provider.get_mut(provider).and_then(|models| models.get_mut(model));
        match known {
            Some(totals) => act(totals),
            None => {
                let models = self.by_provider.entry(provider.to_owned()).or_default();
                act(models.entry(model.to_owned()).or_default());
            }
        }
    }

    /// Each with the values of `model` and `provider`.
    fn each(&self) -> impl Iterator<Item = ([&str; 2], &ModelTotals)> + Clone {
        self.by_provider.iter().flat_map(|(provider, models)| {
            models.iter().map(move |(model, totals)| ([model.as_str(), provider.as_str()], totals))
        })
    }

    pub fn write(&self, page: &mut Page) {
        let requests = self.each().flat_map(|([model, provider], totals)| {
            let by_status = [
                (Status::Success, totals.success),
                (Status::Error, totals.error),
                (Status::Cancelled, totals.cancelled),
            ];
            by_status.map(|(status, count)| ([model, provider, status.as_str()], number(count)))
        });
        page.numbers(&f::REQUESTS, requests);
        page.histograms(&f::DURATION, self.each().map(|(labels, of)| (labels, &of.duration)));
        page.histograms(&f::FIRST_TOKEN, self.each().map(|(labels, of)| (labels, &of.first_token)));
        page.histograms(&f::OVERHEAD, [([], &self.overhead)]);
        page.histograms(&f::WAIT, [([], &self.wait)]);
        let errors = self.words(|of| &of.errors);
        page.numbers(
            &f::ERRORS,
            errors.map(|(word, [model, provider], count)| ([word, model, provider], count)),
        );
        let attempts = self.words(|of| &of.attempts);
        page.numbers(
            &f::ATTEMPTS,
            attempts.map(|(word, [model, provider], count)| ([model, word, provider], count)),
        );
        let refusals = self.words(|of| &of.refusals);
        page.numbers(
            &f::LIMIT_REFUSALS,
            refusals.map(|(word, [model, provider], count)| ([word, model, provider], count)),
        );
        self.write_usage(page);
        operations::write(page, self.each().map(|(labels, of)| (labels, &of.operations)));
    }

    fn write_usage(&self, page: &mut Page) {
        let known = self.each().filter_map(|(labels, of)| Some((labels, of.tokens?)));
        let tokens = known.flat_map(|([model, provider], usage)| {
            let by_type = [
                ("prompt", usage.prompt),
                ("completion", usage.completion),
                ("cached", usage.cached),
                ("cache_write", usage.cache_write),
                ("reasoning", usage.reasoning),
            ];
            by_type.map(|(kind, count)| ([model, provider, kind], number(count)))
        });
        page.numbers(&f::TOKENS, tokens);
        let cost = self.each().filter_map(|(labels, of)| Some((labels, of.cost?.as_dollars())));
        page.numbers(&f::COST, cost);
        self.counts(page, &f::UNPRICED, |of| of.unpriced);
        self.counts(page, &f::ESTIMATED, |of| of.estimated);
    }

    fn counts(&self, page: &mut Page, family: &Family, count: impl Fn(&ModelTotals) -> u64) {
        page.numbers(family, self.each().map(|(labels, of)| (labels, number(count(of)))));
    }

    fn words<'a>(
        &'a self,
        words: impl Fn(&'a ModelTotals) -> &'a Words,
    ) -> impl Iterator<Item = (&'static str, [&'a str; 2], f64)> {
        self.each().flat_map(move |(labels, of)| {
            words(of).iter().map(move |(word, count)| (*word, labels, number(*count)))
        })
    }
}

impl ModelTotals {
    fn count(&mut self, call: &Invocation) {
        match call.status {
            Status::Success => self.success += 1,
            Status::Error => {
                self.error += 1;
                add(&mut self.errors, call.error_code.unwrap_or("other"));
            }
            Status::Cancelled => self.cancelled += 1,
        }
        if call.tries.has_answer {
            add(&mut self.attempts, "answered");
        }
        self.duration.observe(micros(call.duration_us));
        if let Some(ttft_us) = call.ttft_us {
            self.first_token.observe(micros(ttft_us));
        }
        if let Some(usage) = &call.usage {
            self.tokens.get_or_insert_default().add(usage);
            self.estimated += u64::from(call.usage_estimated);
        }
        match call.cost {
            Some(NanoUsd(cost)) => {
                let NanoUsd(sum) = self.cost.get_or_insert_default();
                *sum = sum.saturating_add(cost);
            }
            // As in the sums of the call log: one that was cut off took tokens as well.
            None => {
                let took_tokens = call.usage.is_some() || call.status == Status::Success;
                self.unpriced += u64::from(took_tokens);
            }
        }
    }
}

fn add(words: &mut Words, word: &'static str) {
    *words.entry(word).or_default() += 1;
}

/// The limit that refuses with this code.
fn limit_of(code: &str) -> Option<&'static str> {
    Some(match code {
        "rate_limit_exceeded" => "requests",
        "tokens_per_minute_exceeded" => "tokens",
        "concurrency_limit_exceeded" => "concurrency",
        "provider_busy" => "connections",
        "budget_exceeded" => "budget",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
