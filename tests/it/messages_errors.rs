//! Errors of `/v1/messages` in Anthropic's format, and failures of its streams.

use serde_json::{Value, json};

use crate::messages::{ask, config, events};
use crate::support::client::request;
use crate::support::{Config, Script, Step, TestApp, Upstream};

#[tokio::test]
async fn the_routers_own_errors_have_anthropics_form() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    for (body, status, kind, param) in [
        (json!({"model": "up/m", "messages": []}), 400, "invalid_request_error", json!("messages")),
        (
            json!({"messages": [{"role": "user", "content": "a"}]}),
            400,
            "invalid_request_error",
            json!("model"),
        ),
        (ask(json!({"model": "nothing"})), 404, "not_found_error", json!("model")),
        (
            ask(
                json!({"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "file", "file_id": "f"}}]}]}),
            ),
            400,
            "invalid_request_error",
            json!("messages.0.content.0.source"),
        ),
    ] {
        let answer = app.post("/v1/messages", &body).await;
        let told = answer.json();
        assert_eq!((answer.status, &told["type"]), (status, &json!("error")), "{told}");
        assert_eq!(
            (&told["error"]["type"], &told["error"]["param"]),
            (&json!(kind), &param),
            "{told}"
        );
        assert_eq!(told["request_id"].as_str(), answer.header("request-id"));
    }
    let headers = [("content-type", "text/plain")];
    let refused = request(app.addr, "POST", "/v1/messages", &headers, b"{}").await;
    assert_eq!(
        (refused.status, refused.json()["error"]["type"].clone()),
        (415, json!("invalid_request_error"))
    );
    let unknown = app.post("/v1/messages/batches", &json!({})).await;
    assert_eq!(
        (unknown.status, unknown.json()["error"]["type"].clone()),
        (404, json!("not_found_error"))
    );
}

#[tokio::test]
async fn a_stranger_is_refused_in_anthropics_form() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let headers = [
        ("content-type", "application/json"),
        ("x-forwarded-for", "203.0.113.9"),
        ("x-api-key", "sk-unknown"),
    ];
    let body = ask(json!({})).to_string();
    let refused = request(app.addr, "POST", "/v1/messages", &headers, body.as_bytes()).await;
    assert_eq!(
        (refused.status, refused.json()["error"]["type"].clone()),
        (401, json!("authentication_error"))
    );
}

#[tokio::test]
async fn refusals_of_other_apis_get_the_words_that_agents_know() {
    let error = |message: &str, code: &str| {
        json!({"error": {"message": message, "type": "x", "code": code}}).to_string()
    };
    for (status, body, expected, kind, begins) in [
        (
            400,
            error(
                "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
                "context_length_exceeded",
            ),
            400,
            "invalid_request_error",
            "prompt is too long: 9000 tokens > 8192 maximum",
        ),
        (503, error("busy", "x"), 529, "overloaded_error", "provider `up`: answered 503"),
        (429, error("slow down", "x"), 429, "rate_limit_error", "provider `up`: answered 429"),
        (500, error("oops", "x"), 502, "api_error", "provider `up`: answered 500"),
        (
            401,
            error("sk-upstream is wrong", "x"),
            502,
            "api_error",
            "provider `up`: answered 401: the router's key",
        ),
    ] {
        let upstream = Upstream::start(Script::status(status).json(&body)).await;
        let config = config("openai_compatible", &upstream, "gpt-x").routing("retries = 0");
        let app = TestApp::start(&config).await;
        let answer = app.post("/v1/messages", &ask(json!({}))).await;
        let told = answer.json();
        assert_eq!((answer.status, &told["error"]["type"]), (expected, &json!(kind)), "{told}");
        let message = told["error"]["message"].as_str().unwrap();
        assert!(message.starts_with(begins), "{message}");
    }
}

#[tokio::test]
async fn a_stream_that_breaks_ends_with_an_error_event() {
    let script = Script::stream(&["a", "b", "c"]).reset_after_frames(3);
    let upstream = Upstream::start(script).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let answer = app.post("/v1/messages", &ask(json!({"stream": true}))).await;
    let events = events(answer.text());
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names.last(), Some(&"error"), "{names:?}");
    assert!(!names.contains(&"message_delta") && !names.contains(&"message_stop"));
    let error: &Value = &events.last().unwrap().1["error"];
    assert_eq!(error["type"], "api_error", "{error}");
}

#[tokio::test]
async fn pings_bridge_the_wait_for_the_first_event() {
    let script = Script::stream(&["a"]).before_head(Step::WaitForSignal);
    let upstream = Upstream::start(script).await;
    let config: Config =
        config("openai_compatible", &upstream, "gpt-x").tables("[timeouts]\nheartbeat = 0.05");
    let app = TestApp::start(&config).await;
    let body = ask(json!({"stream": true}));
    let (answer, ()) = tokio::join!(app.post("/v1/messages", &body), async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        upstream.proceed();
    });
    let events = events(answer.text());
    assert_eq!(events[0].0, "ping");
    assert_eq!(events.iter().filter(|(name, _)| name == "message_start").count(), 1);
    assert_eq!(events.last().unwrap().0, "message_stop");
}
