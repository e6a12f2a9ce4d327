//! `traceparent` and `tracestate`: taken from clients, passed on to one's own servers.

use serde_json::json;

use super::{PARENT, SAMPLED, TRACE, collector, config, spans, telemetry};
use crate::support::client::request;
use crate::support::{Config, Script, TestApp, Upstream, chat};

async fn call(app: &TestApp, headers: &[(&str, &str)]) {
    let all: Vec<_> =
        [("content-type", "application/json")].iter().chain(headers).copied().collect();
    let body = chat("gpt-x").to_string();
    let path = "/v1/chat/completions";
    let answer = request(app.addr, "POST", path, &all, body.as_bytes()).await;
    assert_eq!(answer.status, 200, "{headers:?}: {}", answer.text());
}

/// What the upstream was sent with the latest request.
fn sent(upstream: &Upstream) -> [Option<String>; 2] {
    let seen = upstream.requests().pop().unwrap();
    ["traceparent", "tracestate"].map(|name| seen.header(name).map(str::to_owned))
}

#[tokio::test]
async fn a_clients_trace_goes_on_below_its_span() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let collector = collector().await;
    let app = TestApp::start(&config(&upstream, &collector)).await;
    call(&app, &[("traceparent", SAMPLED), ("tracestate", "a=1"), ("tracestate", "b=2")]).await;
    let spans = spans(&collector, 2).await;
    let [server, client] = [&spans[0], &spans[1]];
    assert_eq!((&server["traceId"], &server["parentSpanId"]), (&json!(TRACE), &json!(PARENT)));
    assert_eq!((&server["flags"], &client["flags"]), (&json!(0x301), &json!(0x101)));
    assert_eq!((&client["traceId"], &client["traceState"]), (&json!(TRACE), &json!("a=1,b=2")));
    let parent = format!("00-{TRACE}-{}-01", client["spanId"].as_str().unwrap());
    assert_eq!(sent(&upstream), [Some(parent), Some(String::from("a=1,b=2"))]);
}

#[tokio::test]
async fn a_trace_that_its_caller_does_not_record_is_passed_on_and_not_exported() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let collector = collector().await;
    let app = TestApp::start(&config(&upstream, &collector)).await;
    call(&app, &[("traceparent", &SAMPLED.replace("-01", "-00"))]).await;
    let [parent, _] = sent(&upstream);
    let parent = parent.unwrap();
    assert!(parent.starts_with(&format!("00-{TRACE}-")) && parent.ends_with("-00"), "{parent}");
    assert!(!parent.contains(PARENT), "{parent}");
    call(&app, &[("traceparent", SAMPLED)]).await;
    assert_eq!(spans(&collector, 2).await[0]["traceId"], TRACE);
}

#[tokio::test]
async fn a_malformed_context_is_ignored_and_a_trace_begins() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let collector = collector().await;
    let app = TestApp::start(&config(&upstream, &collector)).await;
    let long = format!("{SAMPLED}{}", "0".repeat(4000));
    let malformed = [
        "",
        "garbage",
        &SAMPLED.replace("00-4", "ff-4"),
        &SAMPLED.to_uppercase(),
        &SAMPLED.replace(TRACE, "00000000000000000000000000000000"),
        &SAMPLED.replace(PARENT, "0000000000000000"),
        &SAMPLED.replace("-01", "-0g"),
        &SAMPLED.replace("-01", "-01-more"),
        &long,
    ];
    for text in malformed {
        call(&app, &[("traceparent", text), ("tracestate", "a=1")]).await;
        let [parent, state] = sent(&upstream);
        assert!(!parent.unwrap().contains(TRACE), "{text}");
        assert_eq!(state, None, "{text}");
    }
    call(&app, &[("traceparent", SAMPLED), ("traceparent", SAMPLED)]).await;
    let spans = spans(&collector, 2 * (malformed.len() + 1)).await;
    for span in spans.iter().filter(|span| span["kind"] == 2) {
        assert!(span.get("parentSpanId").is_none() && span["traceId"] != TRACE, "{span}");
    }
}

#[tokio::test]
async fn without_telemetry_it_is_passed_on_as_it_came() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    for text in [SAMPLED, &SAMPLED.replace("00-4", "cc-4"), &SAMPLED.replace("-01", "-00")] {
        call(&app, &[("traceparent", text), ("tracestate", "a=1")]).await;
        assert_eq!(sent(&upstream), [Some(text.to_owned()), Some(String::from("a=1"))]);
    }
    for headers in [&[][..], &[("tracestate", "a=1")], &[("traceparent", "garbage")]] {
        call(&app, headers).await;
        assert_eq!(sent(&upstream), [None, None], "{headers:?}");
    }
}

#[tokio::test]
async fn a_vendors_service_gets_no_context() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let collector = collector().await;
    for tables in [String::new(), telemetry(&collector)] {
        let config = Config::new().model("vendor", "gpt-x", "").tables(&format!(
            "[[providers]]\nname = \"vendor\"\ntype = \"deepseek\"\napi_key = \"k\"\nbase_url = \"{}\"\n{tables}",
            upstream.base_url()
        ));
        let app = TestApp::start(&config).await;
        call(&app, &[("traceparent", SAMPLED), ("tracestate", "a=1")]).await;
        assert_eq!(sent(&upstream), [None, None]);
    }
    assert_eq!(spans(&collector, 2).await[0]["traceId"], TRACE);
}

#[tokio::test]
async fn a_ratio_of_none_exports_only_what_callers_record() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let collector = collector().await;
    let tables = format!("{}sample_ratio = 0.0\n", telemetry(&collector));
    let app = TestApp::start(&Config::with(&upstream).tables(&tables)).await;
    for _ in 0..20 {
        call(&app, &[]).await;
        assert!(sent(&upstream)[0].as_ref().unwrap().ends_with("-00"));
    }
    call(&app, &[("traceparent", SAMPLED)]).await;
    assert_eq!(spans(&collector, 2).await[0]["traceId"], TRACE);
}
