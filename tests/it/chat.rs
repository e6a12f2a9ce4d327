//! What goes through the router goes through it unharmed.

use serde_json::{Value, json};

use crate::support::client::{RawClient, request};
use crate::support::{Config, Script, TestApp, Upstream, chat, secs, streamed_chat};

/// An answer with everything that a client may look for, spelt as no serializer would.
const RICH: &str = r#"{ "id":"chatcmpl-7", "object":"chat.completion","created":1700000001,
 "model":"gpt-x-2026", "system_fingerprint":"fp_1", "x_unknown":{"precise":1.500,"big":18446744073709551616},
 "choices":[{"index":0,"finish_reason":"tool_calls","logprobs":{"content":[{"token":"a","logprob":-0.10}]},
 "message":{"role":"assistant","content":null,"refusal":null,"tool_calls":[{"id":"call_1","type":"function",
 "function":{"name":"f","arguments":"{\"a\": 1}"}}]}},{"index":1,"finish_reason":"stop",
 "message":{"role":"assistant","content":"café \u00e9"}}],
 "usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120,
 "prompt_tokens_details":{"cached_tokens":80},"completion_tokens_details":{"reasoning_tokens":5}}}"#;

fn priced(upstream: &Upstream) -> Config {
    let model = "remote_identifier = \"gpt-x-2026\"\ntags = [\"fast\", \"coding\"]\n[models.config]\n\
        cost_per_1k_tokens = 0.002\ncost_per_1k_completion_tokens = 0.01\ncost_per_1k_cached_tokens = 0.001";
    Config::new().provider("up", &upstream.base_url()).model("up", "gpt-x", model)
}

#[tokio::test]
async fn an_answer_comes_back_byte_for_byte() {
    let upstream = Upstream::start(Script::chat_body(RICH)).await;
    let app = TestApp::start(&priced(&upstream)).await;

    let answer = app.chat(&chat("up/gpt-x")).await;

    assert_eq!((answer.status, answer.text()), (200, RICH));
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_request_goes_out_with_nothing_changed_but_the_models_name() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&priced(&upstream)).await;
    let body = r#"{ "x":{"y":[1.50, 1e2]}, "seed":18446744073709551616, "model":"up/gpt-x",
        "messages":[{"role":"user","content":[{"type":"text","text":"caf\u00e9"}]}], "temperature":0.70 }"#;

    let headers = [
        ("content-type", "application/json; charset=utf-8"),
        ("authorization", "Bearer dummy"),
        ("x-secret-of-the-client", "1"),
    ];
    let answer = request(app.addr, "POST", "/v1/chat/completions", &headers, body.as_bytes()).await;

    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-llm-router-auth"), Some("local"));
    let seen = upstream.requests().remove(0);
    assert_eq!(seen.body, body.replace("up/gpt-x", "gpt-x-2026"));
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/v1/chat/completions"));
    assert_eq!(seen.header("authorization"), Some("Bearer sk-upstream"));
    assert_eq!(seen.header("x-secret-of-the-client"), None);
    assert_eq!(seen.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_call_is_recorded_with_tokens_and_cost() {
    let upstream = Upstream::start(Script::chat_body(RICH)).await;
    let app = TestApp::start(&priced(&upstream)).await;

    app.chat(&chat("up/gpt-x")).await;

    let record = app.only_record().await;
    let expected = json!({
        "endpoint": "chat", "requested": "up/gpt-x", "provider_name": "up", "model_name": "gpt-x",
        "tags": ["coding", "fast"], "provider_key": 1, "api_key": null, "is_stream": false,
        "status": "success", "http_status": 200, "error_code": null, "error_message": null,
        "finish_reason": "tool_calls", "prompt_tokens": 100, "completion_tokens": 20,
        "cached_tokens": 80, "cache_write_tokens": 0, "reasoning_tokens": 5, "total_tokens": 120,
        "cost": 0.00032, "ttft_ms": null, "attempts": 1,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&record[name], value, "{name}");
    }
}

#[tokio::test]
async fn an_unknown_price_is_recorded_as_unknown_and_not_as_zero() {
    let upstream = Upstream::start(Script::chat_body(RICH)).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    app.chat(&chat("gpt-x")).await;
    let record = app.only_record().await;
    assert_eq!((&record["cost"], &record["total_tokens"]), (&Value::Null, &json!(120)));
}

#[tokio::test]
async fn a_model_may_be_named_in_every_way_of_the_contract() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = priced(&upstream)
        .tables("[routing.aliases]\nsmart = \"tag:coding\"\nbest = \"smart\"\nself = \"self\"");
    let app = TestApp::start(&config).await;
    for name in [
        "up/gpt-x",
        "up/gpt-x-2026",
        "gpt-x",
        "gpt-x-2026",
        "tag:coding,fast",
        "auto",
        "smart",
        "best",
    ] {
        let answer = app.chat(&chat(name)).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    }
    for name in ["tag:coding,slow", "self", "gpt-y", "other/gpt-x"] {
        assert_eq!(app.chat(&chat(name)).await.status, 404, "{name}");
    }
    let seen = upstream.requests();
    assert!(seen.iter().all(|seen| seen.json()["model"] == "gpt-x-2026"));
}

#[tokio::test]
async fn the_model_of_the_path_serves_whatever_the_body_names() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::new()
        .provider("up", &upstream.base_url())
        .model("up", "org/gpt-x", "")
        .model("up", "other", "");
    let app = TestApp::start(&config).await;
    for path in
        ["/models/up/org/gpt-x/v1/chat/completions", "/api/models/up/org/gpt-x/v1/chat/completions"]
    {
        let answer = app.post(path, &chat("up/other")).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    assert!(upstream.requests().iter().all(|seen| seen.json()["model"] == "org/gpt-x"));
}

#[tokio::test]
async fn default_parameters_are_added_and_yield_to_the_clients() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let defaults = "default_params = { temperature = 0.5, max_tokens = 7 }";
    let config = Config::new().provider("up", &upstream.base_url()).model("up", "gpt-x", defaults);
    let app = TestApp::start(&config).await;
    let mut body = chat("gpt-x");
    body["temperature"] = json!(1);
    app.chat(&body).await;
    let seen = upstream.requests().remove(0).json();
    assert_eq!((&seen["temperature"], &seen["max_tokens"]), (&json!(1), &json!(7)));
}

#[tokio::test]
async fn a_body_of_30_mib_goes_through() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let no_haste = "[timeouts]\nhead = 600\nidle = 600";
    let app = TestApp::start(&Config::with(&upstream).tables(no_haste)).await;
    // Written by hand: serde_json without optimisation takes seconds for it.
    let body = format!(
        r#"{{"model":"gpt-x","messages":[{{"role":"user","content":[{{"type":"image_url","image_url":{{"url":"data:image/png;base64,{}"}}}}]}}]}}"#,
        "A".repeat(30 * 1024 * 1024)
    );
    let mut client = RawClient::connect(app.addr).await.with_patience(secs(600));
    client.post_json("/v1/chat/completions", &body, &[]).await;
    let status = client.read_head().await.status;
    let answer = client.read_body().await;
    assert_eq!(status, 200, "{}", answer.escape_ascii());
    let seen = upstream.requests().remove(0);
    assert_eq!(seen.body.len(), body.len());
    assert!(seen.body == body, "other bytes of the same length");
    let record = app.only_record().await;
    let whole = app.get(&format!("/monitor/invocations/{}", record["id"])).await.json();
    assert_eq!(whole["bodies_truncated"], true);
    assert_eq!(whole["request_body"].as_str().unwrap().len(), 65_536);
}

#[tokio::test]
async fn kept_alive_connections_are_used_again_after_whole_answers_and_streams() {
    let upstream = Upstream::with(|seen| match seen.json()["stream"].as_bool() {
        Some(true) => Script::stream(&["a", "b"]),
        _ => Script::chat("hi"),
    })
    .await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    for _ in 0..6 {
        assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
        assert_eq!(app.chat(&streamed_chat("gpt-x")).await.status, 200);
    }
    let connections = upstream.connection_count();
    assert!(connections <= 2, "{connections} connections for 12 calls on 2 workers");
}

/// As Cursor sends it.
#[tokio::test]
async fn a_chat_in_the_form_of_responses_is_answered_as_a_chat() {
    let upstream = Upstream::start(Script::stream(&["hi", " there"])).await;
    let app = TestApp::start(&priced(&upstream)).await;
    let body = json!({
        "model": "up/gpt-x", "stream": true, "input": [{"role": "user", "content": "hello"}],
        "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}],
    });

    let answer = app.chat(&body).await;

    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains("\"chat.completion.chunk\""), "{}", answer.text());
    assert!(answer.text().ends_with("data: [DONE]\n\n"), "{}", answer.text());
    let sent: Value = serde_json::from_slice(&upstream.requests().remove(0).body).unwrap();
    assert_eq!(sent["messages"], json!([{"role": "user", "content": "hello"}]));
    assert_eq!(sent["tools"][0]["function"]["name"], "f");
    assert_eq!(sent.get("input"), None);
    assert_eq!(app.only_record().await["endpoint"], "chat");
}
