//! One model's calls under the names of OpenTelemetry's semantic conventions for GenAI, with the
//! bounds that these advise.

use std::collections::BTreeMap;

use super::families as f;
use super::histogram::Histogram;
use super::page::Page;
use crate::domain::invocation::{Invocation, Status, Target};

/// Every API of the router that calls a model is a chat to the conventions.
const CHAT: &str = "chat";

/// By the conventions' name of the vendor: a provider may change its type and keep its name.
#[derive(Clone, Default)]
pub struct Operations(BTreeMap<&'static str, OfVendor>);

#[derive(Clone)]
struct OfVendor {
    /// By the code of the failure; empty after a success.
    durations: BTreeMap<&'static str, Histogram>,
    input: Histogram,
    output: Histogram,
    first_token: Histogram,
    time_per_token: Histogram,
}

impl Default for OfVendor {
    fn default() -> Self {
        Self {
            durations: BTreeMap::new(),
            input: f::TOKEN_USAGE.histogram(),
            output: f::TOKEN_USAGE.histogram(),
            first_token: f::SERVER_FIRST_TOKEN.histogram(),
            time_per_token: f::TIME_PER_TOKEN.histogram(),
        }
    }
}

impl Operations {
    pub fn count(&mut self, call: &Invocation, target: &Target) {
        let of_vendor = self.0.entry(target.kind.gen_ai_name()).or_default();
        let is_success = call.status == Status::Success;
        let error_type = if is_success { "" } else { call.error_code.unwrap_or("_OTHER") };
        let durations = of_vendor.durations.entry(error_type);
        let duration_us = micros(call.duration_us);
        durations.or_insert_with(|| f::OPERATION_DURATION.histogram()).observe(duration_us);
        if let Some(usage) = &call.usage {
            of_vendor.input.observe(usage.prompt);
            of_vendor.output.observe(usage.completion);
        }
        let Some(ttft_us) = call.ttft_us.filter(|_| is_success) else { return };
        of_vendor.first_token.observe(micros(ttft_us));
        let after_first = call.usage.map_or(0, |usage| usage.completion.saturating_sub(1));
        if let Some(each) = duration_us.saturating_sub(micros(ttft_us)).checked_div(after_first) {
            of_vendor.time_per_token.observe(each);
        }
    }
}

pub fn micros(us: i64) -> u64 {
    u64::try_from(us).unwrap_or_default()
}

/// The operations of all models, each with its name and its provider's.
pub fn write<'a>(
    page: &mut Page,
    each: impl Iterator<Item = ([&'a str; 2], &'a Operations)> + Clone,
) {
    let vendors = each.flat_map(|([model, provider], operations)| {
        let labels = move |vendor: &'static str| [CHAT, vendor, model, provider];
        operations.0.iter().map(move |(vendor, of_vendor)| (labels(vendor), of_vendor))
    });
    let durations = vendors.clone().flat_map(|([chat, vendor, model, provider], of_vendor)| {
        let labels = move |error: &'static str| [error, chat, vendor, model, provider];
        of_vendor.durations.iter().map(move |(error, durations)| (labels(error), durations))
    });
    page.histograms(&f::OPERATION_DURATION, durations);
    let usage = vendors.clone().flat_map(|([chat, vendor, model, provider], of_vendor)| {
        [("input", &of_vendor.input), ("output", &of_vendor.output)]
            .map(|(kind, tokens)| ([chat, vendor, model, kind, provider], tokens))
    });
    page.histograms(&f::TOKEN_USAGE, usage);
    let first_tokens = vendors.clone().map(|(labels, of_vendor)| (labels, &of_vendor.first_token));
    page.histograms(&f::SERVER_FIRST_TOKEN, first_tokens);
    let intervals = vendors.map(|(labels, of_vendor)| (labels, &of_vendor.time_per_token));
    page.histograms(&f::TIME_PER_TOKEN, intervals);
}
