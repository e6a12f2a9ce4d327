//! While a candidate cools down after a failure, its clients get that failure, and whether a retry
//! can help.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::client::{Response, request};
use crate::support::{Config, Script, Step, TestApp, Upstream, chat, eventually, streamed_chat};

const UNKNOWN: &str = r#"{"error":{"message":"model 'm' not found, try pulling it first"}}"#;

fn unknown() -> Script {
    Script::status(404).json(UNKNOWN)
}

/// Nothing is asked twice for one call, and one failure opens a circuit for as long as is said.
fn touchy(cooldowns: &str) -> String {
    format!(
        "[routing]\nretries = 0\n[routing.circuit]\nfailures = 1\n\
         [routing.circuit.cooldowns]\n{cooldowns}\n"
    )
}

const LONG: &str = "not_found = 600\nbroken = 600\nconnect = 600\noverload = 600\ntimeout = 600";

/// Providers `a`, `b`, … with a model `m` each, in this order.
async fn app(base_urls: &[String], cooldowns: &str) -> TestApp {
    let mut config = Config::new().routing(&touchy(cooldowns));
    for (place, base_url) in base_urls.iter().enumerate() {
        let name = ["a", "b", "c"][place];
        let order = format!("[models.config]\npriority = {}", 9 - place);
        config = config.provider(name, base_url).model(name, "m", &order);
    }
    TestApp::start(&config).await
}

/// Status and code of an answer in either shape.
fn status_and_code(answer: &Response) -> (u16, Value) {
    let body = answer.json();
    let code = if body["error"].is_object() { &body["error"]["code"] } else { &body["code"] };
    (answer.status, code.clone())
}

fn message(answer: &Response) -> String {
    let body = answer.json();
    let text = body["error"]["message"].as_str().or(body["detail"].as_str());
    text.unwrap_or_else(|| panic!("no message: {body}")).to_owned()
}

/// A call through each door, whole and streamed.
async fn through_each_door(app: &TestApp) -> Vec<Response> {
    let mut answers = vec![app.chat(&chat("m")).await, app.chat(&streamed_chat("m")).await];
    for stream in [false, true] {
        let invoke = json!({"prompt": "hi", "stream": stream});
        answers.push(app.post("/models/a/m/invoke", &invoke).await);
        let route = json!({"query": {"name": "m"}, "request": invoke});
        answers.push(app.post("/route/invoke", &route).await);
        let events = [("content-type", "application/json"), ("accept", "text/event-stream")];
        let body = invoke.to_string();
        answers
            .push(request(app.addr, "POST", "/models/a/m/invoke", &events, body.as_bytes()).await);
    }
    answers
}

#[tokio::test]
async fn a_model_that_was_missing_is_asked_again_within_seconds() {
    let upstream = Upstream::start(unknown()).await;
    let config = Config::with(&upstream).routing("[routing]\nretries = 0");
    let app = TestApp::start(&config).await;
    for _ in 0..2 {
        let answer = app.chat(&chat("gpt-x")).await;
        assert_eq!(
            status_and_code(&answer),
            (404, json!("upstream_not_found")),
            "{}",
            answer.text()
        );
    }
    upstream.set(Script::chat("pulled"));
    // Ten seconds at most; the usual cooldown is two.
    eventually("it serves", async || app.chat(&chat("gpt-x")).await.status == 200).await;
}

#[tokio::test]
async fn a_lone_candidates_error_is_repeated_on_each_endpoint_without_a_call() {
    let key = Script::status(401).json(r#"{"error":{"message":"bad key sk-upstream"}}"#);
    let billing = Script::status(402).json(r#"{"error":{"message":"pay first"}}"#);
    let broken = Script::status(500).json(r#"{"error":{"message":"oops"}}"#);
    let busy = Script::status(503).json(r#"{"error":{"message":"busy"}}"#);
    let limited = Script::status(429).header("retry-after", "60").json("{}");
    let late = Script::status(504).json("{}");
    let rude = Script::chat("hi").before_head(Step::Close);
    for (script, status, code, is_final, words) in [
        (unknown(), 404, "upstream_not_found", true, "try pulling it first"),
        (key, 502, "upstream_refused_key", true, "its operator finds the reason in the log"),
        (billing, 502, "upstream_billing", true, "pay first"),
        (broken, 502, "upstream_error", false, "oops"),
        (busy, 503, "upstream_overloaded", false, "busy"),
        (limited, 429, "upstream_rate_limited", false, "answered 429"),
        (late, 504, "upstream_timeout", false, "answered 504"),
        (rude, 502, "upstream_closed", false, "connection closed"),
    ] {
        let upstream = Upstream::start(script).await;
        let app = app(&[upstream.base_url()], LONG).await;
        let first = app.chat(&chat("m")).await;
        assert_eq!(status_and_code(&first), (status, json!(code)), "{}", first.text());
        let asked = upstream.request_count();
        for answer in through_each_door(&app).await {
            assert_eq!(status_and_code(&answer), (status, json!(code)), "{}", answer.text());
            let wait: u64 = answer.header("retry-after").expect("a wait").parse().unwrap();
            assert!((1..=600).contains(&wait), "{wait}");
            let should_retry = answer.header("x-should-retry");
            assert_eq!(should_retry, is_final.then_some("false"), "{code}");
            let message = message(&answer);
            assert!(message.contains(words) && !message.contains("sk-upstream"), "{message}");
        }
        assert_eq!(upstream.request_count(), asked, "{code}: it is left alone");

        let batch = json!({"batch": [{"prompt": "hi"}]});
        let results = app.post("/models/a/m/invoke", &batch).await.json()["results"].clone();
        assert_eq!(results[0]["status"], status);
        assert_eq!(
            results[0]["error"]["should_retry"],
            if is_final { json!(false) } else { json!(null) }
        );
        assert!(results[0]["error"]["retry_after"].is_u64(), "{results}");
        let explained = app.post("/route/explain", &chat("m")).await.json();
        let error = &explained["error"];
        assert_eq!((&error["status"], &error["code"]), (&json!(status), &json!(code)));
        assert_eq!(error["should_retry"], json!(!is_final));
        let reason = explained["left_out"][0]["reason"].as_str().unwrap();
        assert!(reason.contains(words), "{reason}");
    }
}

#[tokio::test]
async fn of_several_candidates_each_is_named_with_its_cause() {
    let missing = Upstream::start(unknown()).await;
    let broken = Upstream::start(Script::status(500).json(r#"{"error":{"message":"oops"}}"#)).await;
    let nowhere = format!("http://127.0.0.1:{}", Upstream::refusing_port());
    let app = app(&[missing.base_url(), broken.base_url(), nowhere], LONG).await;
    app.chat(&chat("m")).await;
    let answer = app.chat(&chat("m")).await;
    assert_eq!(status_and_code(&answer), (503, json!("no_healthy_model")), "{}", answer.text());
    assert_eq!(answer.header("x-should-retry"), None, "two of them may come back");
    assert!(answer.header("retry-after").is_some());
    let message = message(&answer);
    for words in ["`a/m`", "try pulling it first", "`b/m`", "oops", "`c/m`", "cannot connect"] {
        assert!(message.contains(words), "{words}: {message}");
    }
}

#[tokio::test]
async fn fallbacks_are_named_too() {
    let missing = Upstream::start(unknown()).await;
    let broken = Upstream::start(Script::status(500).json(r#"{"error":{"message":"oops"}}"#)).await;
    let config = Config::new()
        .routing(&touchy(LONG))
        .provider("a", &missing.base_url())
        .model("a", "m", "[models.config]\nfallbacks = [\"other\"]")
        .provider("b", &broken.base_url())
        .model("b", "other", "");
    let app = TestApp::start(&config).await;
    app.chat(&chat("m")).await;
    let answer = app.chat(&chat("m")).await;
    assert_eq!(status_and_code(&answer), (503, json!("no_healthy_model")), "{}", answer.text());
    let message = message(&answer);
    assert!(message.contains("`a/m`") && message.contains("`b/other`"), "{message}");
}

#[tokio::test]
async fn if_no_candidate_can_recover_by_itself_the_error_is_not_retryable() {
    let missing = Upstream::start(unknown()).await;
    let unpaid = Upstream::start(Script::status(402).json("{}")).await;
    let app_of = async |urls: [&Upstream; 2]| app(&urls.map(Upstream::base_url), LONG).await;

    let mixed = app_of([&missing, &unpaid]).await;
    mixed.chat(&chat("m")).await;
    let answer = mixed.chat(&chat("m")).await;
    assert_eq!(status_and_code(&answer), (503, json!("no_healthy_model")));
    assert_eq!(answer.header("x-should-retry"), Some("false"));

    let unknown_to_all = app_of([&missing, &missing]).await;
    for _ in 0..2 {
        let answer = unknown_to_all.chat(&chat("m")).await;
        assert_eq!(
            status_and_code(&answer),
            (404, json!("upstream_not_found")),
            "{}",
            answer.text()
        );
        assert_eq!(answer.header("x-should-retry"), Some("false"));
    }
}

#[tokio::test]
async fn a_transient_error_is_reported_before_one_that_needs_an_operator() {
    let missing = Upstream::start(unknown()).await;
    let broken = Upstream::start(Script::status(500).json("{}")).await;
    for upstreams in [[&missing, &broken], [&broken, &missing]] {
        let app =
            app(&upstreams.map(Upstream::base_url), "not_found = 0.001\nbroken = 0.001").await;
        let answer = app.chat(&chat("m")).await;
        assert_eq!(status_and_code(&answer), (502, json!("upstream_error")), "{}", answer.text());
        assert_eq!(answer.header("x-should-retry"), None);
    }
}

#[tokio::test]
async fn while_one_call_probes_the_others_get_a_retryable_error() {
    let upstream = Upstream::start(unknown()).await;
    let app = app(&[upstream.base_url()], "not_found = 0.001").await;
    assert_eq!(app.chat(&chat("m")).await.status, 404);
    // The circuit rests for a millisecond, and the next call may be faster than that.
    tokio::time::sleep(Duration::from_millis(20)).await;
    upstream.set(Script::chat("loaded").before_head(Step::WaitForSignal));
    let mut probe = app.begin_chat(&chat("m")).await;
    upstream.wait_for_requests(2).await;
    let answer = app.chat(&chat("m")).await;
    assert_eq!(status_and_code(&answer), (503, json!("no_healthy_model")), "{}", answer.text());
    assert_eq!((answer.header("x-should-retry"), answer.header("retry-after")), (None, Some("1")));
    assert!(message(&answer).contains("try pulling it first"), "{}", answer.text());
    upstream.proceed();
    assert_eq!(probe.read_head().await.status, 200);
    probe.read_body().await;
    upstream.set(Script::chat("loaded"));
    assert_eq!(app.chat(&chat("m")).await.status, 200);
}

#[tokio::test]
async fn health_shows_each_models_circuit_and_why_it_is_open() {
    let missing = Upstream::start(unknown()).await;
    let unpaid = Upstream::start(Script::status(402).json(r#"{"error":{"message":"pay"}}"#)).await;
    let app = app(&[missing.base_url(), unpaid.base_url()], LONG).await;
    let before = app.get("/health/detail").await.json();
    for model in before["models"].as_array().unwrap() {
        assert_eq!(model["circuit"], "closed");
        assert_eq!((&model["cause"], &model["retry_after"]), (&json!(null), &json!(null)));
    }
    app.chat(&chat("m")).await;
    let after = app.get("/health/detail").await.json();
    let shown = |list: &str, place: usize| {
        let entry = &after[list][place];
        let cause = entry["cause"].as_str().unwrap_or("none").to_owned();
        format!(
            "{} {} {cause}",
            entry["name"].as_str().unwrap(),
            entry["circuit"].as_str().unwrap()
        )
    };
    assert_eq!(
        shown("models", 0),
        "a/m open provider `a`: answered 404: model 'm' not found, try pulling it first"
    );
    assert_eq!(shown("models", 1), "b/m closed none");
    assert_eq!(shown("providers", 0), "a closed none");
    assert_eq!(shown("providers", 1), "b open provider `b`: answered 402: pay");
    assert!(after["models"][0]["retry_after"].as_f64().unwrap() > 500.0, "{after}");
    assert_eq!(after["models_not_closed"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_wrong_address_is_hinted_at_where_nothing_speaks_of_a_model() {
    for (body, is_hinted) in [
        (UNKNOWN, false),
        (r#"{"detail":"Not Found"}"#, true),
        ("404 page not found", true),
        ("", true),
    ] {
        let upstream = Upstream::start(Script::status(404).body("text/plain", body)).await;
        let app = app(&[upstream.base_url()], LONG).await;
        let answer = app.chat(&chat("m")).await;
        assert_eq!(status_and_code(&answer), (404, json!("upstream_not_found")));
        let message = message(&answer);
        assert_eq!(message.contains("is `base_url` right?"), is_hinted, "{message}");
    }
}
