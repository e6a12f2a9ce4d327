//! Sampling, stop sequences, and parameters without a counterpart. A value that equals the API's
//! default is omitted without a report, because the answer is the same.

use serde_json::{Number, Value};

use super::wire::Sampling;
use crate::dialects::dropped::Dropped;
use crate::domain::capabilities::Capabilities;
use crate::domain::chat::ChatRequest;

/// Fields of `rest` that are handled elsewhere; the router answers `stream_options` itself.
const HANDLED: &[&str] = &["cache_control", "service_tier", "stream_options"];

pub(super) fn sampling<'a>(
    request: &'a ChatRequest,
    capabilities: &Capabilities,
    is_thinking: bool,
    dropped: &mut Dropped,
) -> Sampling<'a> {
    let temperature = request.temperature.as_ref();
    let top_p = request.top_p.as_ref().filter(|top_p| !is(top_p, 1.0));
    if !capabilities.takes_sampling || is_thinking {
        let has_temperature = temperature.is_some_and(|temperature| !is(temperature, 1.0));
        record_if(has_temperature, "temperature", dropped);
        record_if(top_p.is_some(), "top_p", dropped);
        record_if(request.top_k.is_some(), "top_k", dropped);
        return Sampling::default();
    }
    // OpenAI's scale goes to 2, this one to 1: a clamped value would be another request.
    let is_too_hot = temperature.and_then(Number::as_f64).is_some_and(|value| value > 1.0);
    record_if(is_too_hot, "temperature", dropped);
    let temperature = temperature.filter(|_| !is_too_hot);
    let is_one_too_many =
        temperature.is_some() && top_p.is_some() && !capabilities.takes_both_samplings;
    record_if(is_one_too_many, "top_p", dropped);
    let top_p = top_p.filter(|_| !is_one_too_many);
    Sampling { temperature, top_p, top_k: request.top_k }
}

/// Whitespace-only sequences are a 400.
pub(super) fn stop_sequences<'a>(request: &'a ChatRequest, dropped: &mut Dropped) -> Vec<&'a str> {
    let all = request.stop.iter().map(String::as_str);
    let kept: Vec<&str> = all.filter(|sequence| !sequence.trim().is_empty()).collect();
    record_if(kept.len() < request.stop.len(), "stop", dropped);
    kept
}

/// OpenAI's `default` means ordinary capacity, which is `standard_only` here.
pub(super) fn service_tier(request: &ChatRequest, dropped: &mut Dropped) -> Option<&'static str> {
    match request.rest.get("service_tier")? {
        Value::Null => None,
        Value::String(tier) if tier == "auto" => Some("auto"),
        Value::String(tier) if tier == "default" || tier == "standard_only" => {
            Some("standard_only")
        }
        _ => {
            dropped.record("service_tier");
            None
        }
    }
}

/// Records the parameters without a counterpart.
pub(super) fn record_unknown(request: &ChatRequest, dropped: &mut Dropped) {
    let is_some_penalty =
        |penalty: &Option<Number>| penalty.as_ref().is_some_and(|penalty| !is(penalty, 0.0));
    record_if(is_some_penalty(&request.presence_penalty), "presence_penalty", dropped);
    record_if(is_some_penalty(&request.frequency_penalty), "frequency_penalty", dropped);
    record_if(request.seed.is_some(), "seed", dropped);
    record_if(request.n.is_some_and(|n| n > 1), "n", dropped);
    record_if(request.logprobs == Some(true), "logprobs", dropped);
    record_if(request.top_logprobs.is_some_and(|top| top > 0), "top_logprobs", dropped);
    for (name, value) in &request.rest {
        let is_told_apart = HANDLED.contains(&name.as_str()) || value.is_null();
        // `metadata.user_id` was read as the user already.
        let is_user_only = name == "metadata"
            && request.user.is_some()
            && value.as_object().is_some_and(|members| members.keys().all(|key| key == "user_id"));
        record_if(!is_told_apart && !is_user_only, name, dropped);
    }
}

fn record_if(is_dropped: bool, name: &str, dropped: &mut Dropped) {
    if is_dropped {
        dropped.record(name);
    }
}

/// Exact comparison: a default is written exactly, or it is another value.
fn is(number: &Number, expected: f64) -> bool {
    number.as_f64() == Some(expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn number(value: f64) -> Option<Number> {
        Number::from_f64(value)
    }

    fn sampled(
        temperature: Option<f64>,
        top_p: Option<f64>,
        takes_sampling: bool,
        is_thinking: bool,
    ) -> (Option<f64>, Option<f64>, Option<u64>, String) {
        let request = ChatRequest {
            temperature: temperature.and_then(number),
            top_p: top_p.and_then(number),
            top_k: Some(40),
            ..ChatRequest::default()
        };
        let capabilities =
            Capabilities { takes_sampling, takes_both_samplings: false, ..Capabilities::default() };
        let mut dropped = Dropped::default();
        let found = sampling(&request, &capabilities, is_thinking, &mut dropped);
        let value = |number: Option<&Number>| number.and_then(Number::as_f64);
        let names = dropped.into_names().join(",");
        (value(found.temperature), value(found.top_p), found.top_k, names)
    }

    #[test]
    fn sampling_is_kept_where_it_is_taken() {
        let none = String::new;
        assert_eq!(sampled(Some(0.2), None, true, false), (Some(0.2), None, Some(40), none()));
        assert_eq!(sampled(None, Some(0.9), true, false), (None, Some(0.9), Some(40), none()));
        assert_eq!(sampled(Some(0.2), Some(1.0), true, false).3, "");
    }

    #[test]
    fn unsupported_sampling_is_reported() {
        assert_eq!(
            sampled(Some(1.5), None, true, false),
            (None, None, Some(40), "temperature".into())
        );
        assert_eq!(
            sampled(Some(0.2), Some(0.9), true, false),
            (Some(0.2), None, Some(40), "top_p".into())
        );
        for (takes_sampling, is_thinking) in [(false, false), (true, true)] {
            assert_eq!(
                sampled(Some(0.2), Some(0.9), takes_sampling, is_thinking),
                (None, None, None, "temperature,top_p,top_k".into())
            );
            assert_eq!(sampled(Some(1.0), Some(1.0), takes_sampling, is_thinking).3, "top_k");
        }
    }

    #[test]
    fn temperature_and_top_p_go_together_where_the_model_takes_both() {
        let request =
            ChatRequest { temperature: number(0.2), top_p: number(0.9), ..ChatRequest::default() };
        let mut dropped = Dropped::default();
        let found = sampling(&request, &Capabilities::default(), false, &mut dropped);
        assert!(found.temperature.is_some() && found.top_p.is_some());
        assert!(dropped.into_names().is_empty());
    }

    #[test]
    fn parameters_without_counterpart_are_reported_by_name_once() {
        let Value::Object(rest) = json!({
            "logit_bias": {"1": 2}, "store": true, "verbosity": null, "stream_options": {},
            "metadata": {"user_id": "u"}, "service_tier": "flex", "thinking": {"type": "enabled"},
        }) else {
            panic!("an object")
        };
        let request = ChatRequest {
            n: Some(2),
            seed: Some(0),
            logprobs: Some(true),
            top_logprobs: Some(3),
            presence_penalty: number(0.0),
            frequency_penalty: number(0.1),
            user: Some("u".into()),
            stop: vec!["\n".into(), "END".into()],
            rest,
            ..ChatRequest::default()
        };
        let mut dropped = Dropped::default();
        assert_eq!(stop_sequences(&request, &mut dropped), ["END"]);
        assert_eq!(service_tier(&request, &mut dropped), None);
        record_unknown(&request, &mut dropped);
        record_unknown(&request, &mut dropped);
        assert_eq!(
            dropped.into_names().join(","),
            "stop,service_tier,frequency_penalty,seed,n,logprobs,top_logprobs,logit_bias,store,thinking"
        );
    }

    #[test]
    fn ordinary_capacity_has_a_name_of_its_own() {
        for (sent, expected) in [("auto", "auto"), ("default", "standard_only")] {
            let mut request = ChatRequest::default();
            request.rest.insert("service_tier".into(), sent.into());
            assert_eq!(service_tier(&request, &mut Dropped::default()), Some(expected));
        }
    }
}
