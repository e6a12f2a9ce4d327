//! A client of Anthropic's Messages at an upstream of the same API: bytes go and come as they are.

use serde_json::{Value, json};

use crate::messages::{ask, config};
use crate::support::client::request;
use crate::support::{Script, TestApp, Upstream};

const ANSWER: &str = r#"{ "id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5",
"content":[{"type":"server_tool_use","id":"s","name":"web_search","input":{}},{"type":"text","text":"caf\u00e9", "x_new":1.50}],
"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":10,"cache_read_input_tokens":50,"cache_creation_input_tokens":5,"output_tokens":20,"service_tier":"standard"}}"#;

const STREAM: [&str; 7] = [
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"EqQB\"}, \"x\": 1.0}\n\n",
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
    "event: ping\ndata: {\"type\": \"ping\"}\n\n",
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":5}}\n\n",
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
];

const HEADERS: [(&str, &str); 5] = [
    ("content-type", "application/json"),
    ("anthropic-version", "2026-10-21"),
    ("anthropic-beta", "a-2026-01-01,b-2026-02-02"),
    ("x-api-key", "anything"),
    ("x-claude-code-session-id", "session"),
];

#[tokio::test]
async fn a_request_goes_as_it_came_and_so_does_its_answer() {
    let upstream = Upstream::start(Script::chat_body(ANSWER)).await.takes_anything();
    let app = TestApp::start(&config("claude", &upstream, "claude-haiku-4-5")).await;
    let body = r#"{ "max_tokens": 100, "model":"up/m", "system":[{"type":"text","text":"x-anthropic-billing-header: v"}], "x_new":{"n":1.50},
 "messages":[{"role":"user","content":[{"type":"new_block","x":"caf\u00e9"}]}], "tools":[{"type":"web_search_20260209","name":"web_search"}] }"#;
    let answer =
        request(app.addr, "POST", "/v1/messages?beta=true", &HEADERS, body.as_bytes()).await;
    assert_eq!((answer.status, answer.text()), (200, ANSWER));
    let seen = upstream.requests().remove(0);
    assert_eq!(seen.body, body.replace("up/m", "claude-haiku-4-5"));
    assert_eq!(seen.path, "/v1/messages");
    assert_eq!(seen.header("anthropic-version"), Some("2026-10-21"));
    assert_eq!(seen.header("anthropic-beta"), Some("a-2026-01-01,b-2026-02-02"));
    assert_eq!(seen.header("x-api-key"), Some("sk-upstream"));
    let record = app.only_record().await;
    assert_eq!(
        (&record["prompt_tokens"], &record["cached_tokens"], &record["completion_tokens"]),
        (&json!(65), &json!(50), &json!(20))
    );
}

/// Agents ask for as much as the models that they know can say.
#[tokio::test]
async fn no_more_is_asked_than_the_model_can_say() {
    let upstream = Upstream::start(Script::chat_body(ANSWER)).await.takes_anything();
    let app = TestApp::start(&config("claude", &upstream, "claude-haiku-4-5")).await;
    let answer = app.post("/v1/messages", &ask(json!({"max_tokens": 1_000_000}))).await;
    let sent: Value = serde_json::from_slice(&upstream.requests().remove(0).body).unwrap();
    assert_eq!(sent["max_tokens"], 64_000);
    assert_eq!(answer.header("x-llm-router-adjusted"), Some("max_tokens=64000"));
}

#[tokio::test]
async fn a_stream_comes_as_the_upstream_sends_it() {
    for script in [Script::stream_frames(&STREAM), Script::stream_frames(&STREAM).drip(1)] {
        let upstream = Upstream::start(script).await.takes_anything();
        let app = TestApp::start(&config("claude", &upstream, "claude-haiku-4-5")).await;
        let answer = app.post("/v1/messages", &ask(json!({"stream": true}))).await;
        assert_eq!((answer.status, answer.text()), (200, STREAM.concat().as_str()));
        let record = app.only_record().await;
        assert_eq!(
            (&record["prompt_tokens"], &record["completion_tokens"]),
            (&json!(9), &json!(5))
        );
    }
}

#[tokio::test]
async fn an_error_of_the_vendor_keeps_its_words_and_its_status() {
    let said = |kind: &str, message: &str| {
        format!(
            r#"{{"type":"error", "error":{{"type":"{kind}","message":"{message}"}},"request_id":"req_up"}}"#
        )
    };
    for (status, body, is_own) in [
        (
            400,
            said(
                "invalid_request_error",
                "messages.1.content.0: Invalid `signature` in `thinking` block",
            ),
            true,
        ),
        (400, said("invalid_request_error", "prompt is too long: 5 tokens > 4 maximum"), true),
        (529, said("overloaded_error", "Overloaded"), true),
        (401, said("authentication_error", "invalid x-api-key"), false),
        (400, said("invalid_request_error", "Your credit balance is too low"), false),
    ] {
        let upstream = Upstream::start(Script::status(status).json(&body)).await.takes_anything();
        let config = config("claude", &upstream, "claude-haiku-4-5").routing("retries = 0");
        let app = TestApp::start(&config).await;
        let answer = app.post("/v1/messages", &ask(json!({}))).await;
        if is_own {
            assert_eq!((answer.status, answer.text()), (status, body.as_str()));
        } else {
            assert_eq!(answer.status, 502, "{}", answer.text());
            assert_eq!(answer.json()["error"]["type"], "api_error");
        }
        assert_eq!(answer.header("request-id"), answer.header("x-request-id"));
    }
}

/// The vendor's own event ends the stream: a client goes by its type.
#[tokio::test]
async fn an_error_event_of_the_vendor_comes_as_it_is() {
    let error = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    let frames = [&STREAM[..4], &[error]].concat();
    let upstream = Upstream::start(Script::stream_frames(&frames)).await.takes_anything();
    let app = TestApp::start(&config("claude", &upstream, "claude-haiku-4-5")).await;
    let answer = app.post("/v1/messages", &ask(json!({"stream": true}))).await;
    assert_eq!((answer.status, answer.text()), (200, frames.concat().as_str()));
    assert_eq!(app.only_record().await["status"], "error");
}

#[tokio::test]
async fn tokens_are_counted_by_the_upstream_that_can() {
    let upstream = Upstream::with(|seen| match seen.path.as_str() {
        "/v1/messages/count_tokens" => Script::chat_body(r#"{"input_tokens":2095}"#),
        _ => Script::status(500),
    })
    .await;
    let app = TestApp::start(&config("claude", &upstream, "claude-haiku-4-5")).await;
    let answer = app.post("/v1/messages/count_tokens", &ask(json!({"stream": true}))).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"input_tokens": 2095})));
    let sent: Value = serde_json::from_slice(&upstream.requests().remove(0).body).unwrap();
    let expected =
        json!({"model": "claude-haiku-4-5", "messages": [{"role": "user", "content": "hi"}]});
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn an_upstream_that_cannot_count_is_estimated_and_stays_healthy() {
    let upstream = Upstream::start(Script::status(500)).await;
    let app = TestApp::start(&config("claude", &upstream, "claude-haiku-4-5")).await;
    for _ in 0..8 {
        let answer = app.post("/v1/messages/count_tokens", &ask(json!({}))).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.json()["input_tokens"].as_u64().unwrap() > 0);
    }
    assert_eq!(upstream.requests().len(), 8);
}
