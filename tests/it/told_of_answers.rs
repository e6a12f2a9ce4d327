//! What a client gets whatever the upstream sends or leaves out: the model that answered, and
//! dropped markers for a cache that the upstream does not have.

use serde_json::{Value, json};

use crate::support::{Config, Script, TestApp, Upstream};

fn provider(kind: &str, upstream: &Upstream) -> String {
    format!(
        "[[providers]]\nname = \"up\"\ntype = \"{kind}\"\nbase_url = \"{}\"\napi_key = \"k\"",
        upstream.base_url()
    )
}

async fn app(kind: &str, upstream: &Upstream, model: &str) -> TestApp {
    let lines = format!("remote_identifier = \"{model}\"");
    let config = Config::new().tables(&provider(kind, upstream)).model("up", "mine", &lines);
    TestApp::start(&config).await
}

fn sse(datas: &[Value]) -> String {
    datas.iter().map(|data| format!("data: {data}\n\n")).collect()
}

fn openai(model: &Value) -> (String, String) {
    let with_model = |mut value: Value| {
        value["model"] = model.clone();
        value
    };
    let choice = json!({"index": 0, "finish_reason": "stop",
        "message": {"role": "assistant", "content": "hi"}});
    let answer = with_model(json!({"id": "c", "object": "chat.completion", "choices": [choice]}));
    let chunk = |delta: Value, reason: Value| {
        with_model(json!({"id": "c", "object": "chat.completion.chunk",
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}))
    };
    let chunks = [
        chunk(json!({"role": "assistant", "content": "h"}), Value::Null),
        chunk(json!({"content": "i, \"model\":\"x\""}), Value::Null),
        chunk(json!({}), json!("stop")),
    ];
    (answer.to_string(), sse(&chunks) + "data: [DONE]\n\n")
}

#[tokio::test]
async fn every_answer_and_every_chunk_names_a_model() {
    let claude = json!({"id": "m", "type": "message", "role": "assistant", "stop_reason": "end_turn",
        "content": [{"type": "text", "text": "hi"}]});
    let claude_stream = sse(&[
        json!({"type": "message_start", "message": {"id": "m"}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi"}}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}),
        json!({"type": "message_stop"}),
    ]);
    let gemini =
        json!({"candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": "STOP"}]});
    let ollama =
        json!({"model": "", "message": {"content": "hi"}, "done": true, "done_reason": "stop"});
    let plain = json!({"output_text": "hi"});
    for (kind, model, answer, stream, content_type) in [
        ("claude", "claude-opus-4-6", claude.to_string(), claude_stream, "text/event-stream"),
        ("gemini", "gemini-2.5-flash", gemini.to_string(), sse(&[gemini]), "text/event-stream"),
        ("ollama", "qwen3", ollama.to_string(), format!("{ollama}\n"), "application/x-ndjson"),
        ("remote_http", "echo", plain.to_string(), sse(&[plain]), "text/event-stream"),
    ]
    .into_iter()
    .chain([Value::Null, json!(""), json!(7)].iter().map(|none| {
        let (answer, stream) = openai(none);
        ("openai_compatible", "deep/m", answer, stream, "text/event-stream")
    })) {
        let whole = Script::chat_body(&answer);
        let streamed = Script::status(200).body(content_type, &stream);
        let upstream = Upstream::sequence(vec![whole, streamed]).await;
        let app = app(kind, &upstream, model).await;
        let mut body = json!({"model": "mine", "messages": [{"role": "user", "content": "hi"}]});
        let answer = app.chat(&body).await;
        assert_eq!(answer.json()["model"], model, "{kind}: {}", answer.text());
        body["stream"] = json!(true);
        let answer = app.chat(&body).await;
        let datas = answer.text().split("\n\n").filter_map(|frame| frame.strip_prefix("data: {"));
        let chunks: Vec<Value> =
            datas.map(|data| serde_json::from_str(&format!("{{{data}")).unwrap()).collect();
        assert!(!chunks.is_empty(), "{kind}: {}", answer.text());
        assert!(chunks.iter().all(|chunk| chunk["model"] == model), "{kind}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_lost_marker_is_reported_wherever_it_was() {
    let marker = json!({"type": "ephemeral"});
    let call = json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let user = json!({"role": "user", "content": "hi"});
    let result = json!({"role": "tool", "tool_call_id": "c", "content": "1"});
    let called = json!({"role": "assistant", "content": null, "tool_calls": [call]});
    let tool = json!({"type": "function", "function": {"name": "f"}});
    let base = json!({"model": "mine", "messages": [user, called, result], "tools": [tool]});
    let part = json!([{"type": "text", "text": "x", "cache_control": marker}]);
    let blank = json!([{"type": "text", "text": " ", "cache_control": marker},
        {"type": "text", "text": "x"}]);
    let twice = json!([{"type": "text", "text": "x", "cache_control": marker},
        {"type": "text", "text": "y", "cache_control": marker}]);
    let thinking = json!([{"type": "redacted_thinking", "data": "d", "cache_control": marker}]);
    for (place, value, lost_at_claude) in [
        ("/messages/0/content", part.clone(), false),
        ("/messages/0/cache_control", marker.clone(), false),
        ("/messages/0/content", blank, true),
        ("/messages/1/cache_control", marker.clone(), true),
        ("/messages/1/content", part.clone(), false),
        ("/messages/1/tool_calls/0/cache_control", marker.clone(), true),
        ("/messages/1/tool_calls/0/function/cache_control", marker.clone(), true),
        ("/messages/1/thinking_blocks", thinking, true),
        ("/messages/2/content", part, false),
        ("/messages/2/content", twice, true),
        ("/tools/0/cache_control", marker.clone(), false),
        ("/tools/0/function/cache_control", marker.clone(), false),
        ("/cache_control", marker.clone(), false),
    ] {
        let (parent, member) = place.rsplit_once('/').unwrap();
        let mut body = base.clone();
        body.pointer_mut(parent).unwrap()[member] = value;
        for (kind, model) in [
            ("claude", "claude-opus-4-6"),
            ("gemini", "gemini-2.5-flash"),
            ("ollama", "qwen3"),
            ("openai", "gpt-5.6-sol"),
        ] {
            let upstream = Upstream::start(answer_of(kind)).await;
            let app = app(kind, &upstream, model).await;
            let mut body = body.clone();
            body["reasoning_effort"] = json!("low");
            let answer = app.chat(&body).await;
            assert_eq!(answer.status, 200, "{kind} {place}: {}", answer.text());
            let told = answer.header("x-llm-router-dropped").unwrap_or_default();
            let is_told = told.split([',', ' ']).any(|name| name.ends_with("cache_control"));
            assert_eq!(is_told, kind != "claude" || lost_at_claude, "{kind} {place}: {told}");
        }
    }
}

fn answer_of(kind: &str) -> Script {
    Script::chat_body(match kind {
        "claude" => {
            r#"{"id":"m","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn"}"#
        }
        "gemini" => {
            r#"{"candidates":[{"content":{"parts":[{"text":"hi"}]},"finishReason":"STOP"}]}"#
        }
        "ollama" => r#"{"message":{"content":"hi"},"done":true,"done_reason":"stop"}"#,
        _ => {
            r#"{"id":"r","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"hi"}]}]}"#
        }
    })
}

#[tokio::test]
async fn every_whole_answer_with_content_says_why_it_ended() {
    let text = json!({"type": "text", "text": "hi"});
    let call = json!({"type": "tool_use", "id": "t", "name": "ping", "input": {}});
    let claude =
        |block: &Value| json!({"type": "message", "role": "assistant", "content": [block]});
    let gemini = |part: Value| json!({"candidates": [{"content": {"parts": [part]}}]});
    for (kind, answer, expected) in [
        ("claude", claude(&text), "stop"),
        ("claude", claude(&call), "tool_calls"),
        ("gemini", gemini(json!({"text": "hi"})), "stop"),
        ("gemini", gemini(json!({"functionCall": {"name": "ping"}})), "tool_calls"),
        ("ollama", json!({"message": {"content": "hi"}, "done": true}), "stop"),
    ] {
        let upstream = Upstream::start(Script::chat_body(&answer.to_string())).await;
        let app = app(kind, &upstream, "m").await;
        let body = json!({"model": "up/mine", "messages": [{"role": "user", "content": "hi"}]});
        let told = app.chat(&body).await;
        let reason = &told.json()["choices"][0]["finish_reason"];
        assert_eq!(reason, expected, "{kind}: {}", told.text());
    }
}
