//! Traces over OTLP: what a collector gets of calls, and that no collector is in their way.

mod collector;
mod context;
mod faults;
mod judge;
mod spans;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{Config, Script, Upstream, eventually};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";
const SAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A collector that takes everything.
async fn collector() -> Upstream {
    Upstream::start(Script::status(200).json("{}")).await
}

fn telemetry(collector: &Upstream) -> String {
    format!("[telemetry]\notlp_endpoint = \"{}\"\n", collector.base_url())
}

fn config(upstream: &Upstream, collector: &Upstream) -> Config {
    Config::with(upstream).tables(&telemetry(collector))
}

/// All spans that a collector has got, in their order.
fn spans_of(collector: &Upstream) -> Vec<Value> {
    let mut spans = Vec::new();
    for seen in collector.requests() {
        assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/v1/traces"));
        assert_eq!(seen.header("content-type"), Some("application/json"));
        for resource in seen.json()["resourceSpans"].as_array().unwrap() {
            for scope in resource["scopeSpans"].as_array().unwrap() {
                assert_eq!(scope["scope"]["name"], "llm-router");
                spans.extend(scope["spans"].as_array().unwrap().iter().cloned());
            }
        }
    }
    spans
}

/// Waits until so many spans came, and for no more of them than that.
async fn spans(collector: &Upstream, count: usize) -> Vec<Value> {
    eventually(&format!("{count} spans come"), async || spans_of(collector).len() >= count).await;
    let spans = spans_of(collector);
    assert_eq!(spans.len(), count, "{spans:#?}");
    spans
}

/// Its attributes, each with its one value.
fn attributes(span: &Value) -> BTreeMap<String, Value> {
    let pairs = span["attributes"].as_array().unwrap().iter().map(|pair| {
        let value = pair["value"].as_object().unwrap();
        assert_eq!(value.len(), 1, "{pair}");
        (pair["key"].as_str().unwrap().to_owned(), value.values().next().unwrap().clone())
    });
    let count = span["attributes"].as_array().unwrap().len();
    let attributes: BTreeMap<_, _> = pairs.collect();
    assert_eq!(attributes.len(), count, "no attribute twice");
    attributes
}

fn nanos(span: &Value, name: &str) -> u64 {
    span[name].as_str().unwrap_or_else(|| panic!("`{name}` is no string: {span}")).parse().unwrap()
}

/// `exported`, `rejected` or `dropped`, as /metrics says.
async fn counted(app: &crate::support::TestApp, outcome: &str) -> u64 {
    let text = app.get("/metrics").await;
    let name = format!("llm_router_spans_total{{outcome=\"{outcome}\"}} ");
    let line = text.text().lines().find_map(|line| line.strip_prefix(&name).map(str::to_owned));
    line.map_or(0, |count| count.parse().unwrap())
}
