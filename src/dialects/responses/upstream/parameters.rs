//! Sampling, log probabilities, the length of the answer, and parameters without a counterpart. A
//! value that equals the API's default is omitted without a report, because the answer is the same.

use std::collections::BTreeMap;

use serde_json::{Number, Value, json};

use crate::dialects::dropped::Dropped;
use crate::domain::chat::{ChatRequest, Maker};

/// The minimum of the API. A probe with `max_tokens: 1` must not fail, so the value is raised and
/// reported.
const LEAST_OUTPUT_TOKENS: u64 = 16;

/// Fields that both APIs share by name, or that only this one has and that are safe to pass on. Not
/// `background`, `conversation`, `previous_response_id`, `include` and `context_management`: they
/// change the kind of the answer.
const SHARED: &[&str] = &[
    "metadata",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "truncation",
];

/// Fields of `rest` that are handled elsewhere; the router answers `stream_options` itself.
const HANDLED: &[&str] = &["store", "verbosity", "reasoning", "stream_options"];

#[derive(Debug, Default, PartialEq)]
pub(super) struct Sampling<'a> {
    pub temperature: Option<&'a Number>,
    pub top_p: Option<&'a Number>,
    pub has_logprobs: bool,
    pub top_logprobs: Option<u64>,
}

pub(super) fn sampling<'a>(
    request: &'a ChatRequest,
    takes_sampling: bool,
    dropped: &mut Dropped,
) -> Sampling<'a> {
    let temperature = request.temperature.as_ref().filter(|value| !is(value, 1.0));
    let top_p = request.top_p.as_ref().filter(|value| !is(value, 1.0));
    let has_logprobs = request.logprobs == Some(true);
    let top_logprobs = request.top_logprobs.filter(|top| *top > 0);
    dropped.record_if(request.top_k.is_some(), "top_k");
    if !takes_sampling {
        dropped.record_if(temperature.is_some(), "temperature");
        dropped.record_if(top_p.is_some(), "top_p");
        dropped.record_if(has_logprobs, "logprobs");
        dropped.record_if(top_logprobs.is_some(), "top_logprobs");
        return Sampling::default();
    }
    dropped.record_if(top_logprobs.is_some() && !has_logprobs, "top_logprobs");
    let top_logprobs = top_logprobs.filter(|_| has_logprobs);
    Sampling { temperature, top_p, has_logprobs, top_logprobs }
}

pub(super) fn max_output_tokens(
    request: &ChatRequest,
    maker: Maker,
    dropped: &mut Dropped,
) -> Option<u64> {
    let wanted = request.max_tokens?;
    let is_too_small = wanted < LEAST_OUTPUT_TOKENS && maker == Maker::OpenAi;
    dropped.record_if(is_too_small, "max_tokens");
    Some(if is_too_small { LEAST_OUTPUT_TOKENS } else { wanted })
}

pub(super) fn store(request: &ChatRequest) -> bool {
    request.rest.get("store").and_then(Value::as_bool).unwrap_or(false)
}

pub(super) fn shared<'a>(request: &'a ChatRequest) -> BTreeMap<&'a str, &'a Value> {
    let is_shared = |(name, value): &(&'a String, &'a Value)| {
        SHARED.contains(&name.as_str()) && !value.is_null()
    };
    request.rest.iter().filter(is_shared).map(|(name, value)| (name.as_str(), value)).collect()
}

/// Records the parameters without a counterpart.
pub(super) fn record_unknown(request: &ChatRequest, dropped: &mut Dropped) {
    let is_some_penalty =
        |penalty: &Option<Number>| penalty.as_ref().is_some_and(|penalty| !is(penalty, 0.0));
    dropped.record_if(is_some_penalty(&request.presence_penalty), "presence_penalty");
    dropped.record_if(is_some_penalty(&request.frequency_penalty), "frequency_penalty");
    dropped.record_if(request.seed.is_some(), "seed");
    dropped.record_if(!request.stop.is_empty(), "stop");
    dropped.record_if(request.n.is_some_and(|n| n > 1), "n");
    for (name, value) in &request.rest {
        let is_carried = SHARED.contains(&name.as_str()) || HANDLED.contains(&name.as_str());
        let is_default = name == "modalities" && *value == json!(["text"]);
        dropped.record_if(!is_carried && !is_default && !value.is_null(), name);
    }
}

/// Exact comparison: a default is written exactly, or it is another value.
fn is(number: &Number, expected: f64) -> bool {
    number.as_f64() == Some(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(request: &ChatRequest, takes_sampling: bool) -> (Sampling<'_>, Vec<String>) {
        let mut dropped = Dropped::default();
        let sampling = sampling(request, takes_sampling, &mut dropped);
        (sampling, dropped.into_names())
    }

    #[test]
    fn sampling_is_passed_on_or_reported() {
        let mut request = ChatRequest {
            temperature: Number::from_f64(0.2),
            top_p: Number::from_f64(0.9),
            top_k: Some(4),
            logprobs: Some(true),
            top_logprobs: Some(3),
            ..ChatRequest::default()
        };
        let (found, dropped) = sampled(&request, true);
        let expected = Sampling {
            temperature: request.temperature.as_ref(),
            top_p: request.top_p.as_ref(),
            has_logprobs: true,
            top_logprobs: Some(3),
        };
        assert_eq!((found, dropped), (expected, vec!["top_k".to_owned()]));
        let (found, dropped) = sampled(&request, false);
        assert_eq!(found, Sampling::default());
        assert_eq!(dropped, ["top_k", "temperature", "top_p", "logprobs", "top_logprobs"]);

        request.logprobs = None;
        assert_eq!(sampled(&request, true).1, ["top_k", "top_logprobs"]);
    }

    #[test]
    fn defaults_are_omitted_without_a_report() {
        let request = ChatRequest {
            temperature: Some(1.into()),
            top_p: Number::from_f64(1.0),
            presence_penalty: Some(0.into()),
            logprobs: Some(false),
            top_logprobs: Some(0),
            n: Some(1),
            ..ChatRequest::default()
        };
        assert_eq!(sampled(&request, false), (Sampling::default(), vec![]));
        let mut dropped = Dropped::default();
        record_unknown(&request, &mut dropped);
        assert_eq!(dropped.into_names(), Vec::<String>::new());
    }

    #[test]
    fn too_short_a_limit_is_raised_and_reported() {
        for (wanted, maker, expected, is_told) in [
            (None, Maker::OpenAi, None, false),
            (Some(1), Maker::OpenAi, Some(16), true),
            (Some(16), Maker::OpenAi, Some(16), false),
            (Some(1), Maker::Xai, Some(1), false),
        ] {
            let request = ChatRequest { max_tokens: wanted, ..ChatRequest::default() };
            let mut dropped = Dropped::default();
            assert_eq!(max_output_tokens(&request, maker, &mut dropped), expected);
            assert_eq!(!dropped.into_names().is_empty(), is_told);
        }
    }
}
