//! A client that speaks OpenAI's chat, and upstreams that do not: what they are sent is theirs,
//! what the client gets is its own.

use serde_json::{Value, json};

use crate::support::{
    Config, Script, Step, TestApp, Upstream, chat, eventually, secs, streamed_chat,
};

/// One provider `up` of that type, with the model `m`, called `remote` there.
fn config(kind: &str, upstream: &Upstream, remote: &str) -> Config {
    let provider = format!(
        "[[providers]]\nname = \"up\"\ntype = \"{kind}\"\nbase_url = \"{}\"\napi_key = \"sk-upstream\"",
        upstream.base_url()
    );
    let model = format!(
        "remote_identifier = \"{remote}\"\n[models.config]\ncost_per_1k_tokens = 0.001\n\
         cost_per_1k_completion_tokens = 0.01"
    );
    Config::new().tables(&provider).model("up", "m", &model)
}

const CLAUDE_ANSWER: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5",
"content":[{"type":"text","text":"It rains."},{"type":"tool_use","id":"toolu_1","name":"look","input":{"at":"sky"}}],
"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":100,"cache_read_input_tokens":50,
"cache_creation_input_tokens":0,"output_tokens":20}}"#;

const CLAUDE_STREAM: &[&str] = &[
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-haiku-4-5\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
    "event: ping\ndata: {\"type\":\"ping\"}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hel\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"lo\"}}\n\n",
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":5}}\n\n",
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
];

const GEMINI_ANSWER: &str = r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"Hello"}]},
"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3,
"thoughtsTokenCount":2,"totalTokenCount":14},"modelVersion":"gemini-2.5-flash","responseId":"r1"}"#;

const GEMINI_STREAM: &[&str] = &[
    "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"Hel\"}]},\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":9,\"totalTokenCount\":9},\"modelVersion\":\"g\",\"responseId\":\"r1\"}\r\n\r\n",
    "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"lo\"}]},\"finishReason\":\"STOP\",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":5,\"totalTokenCount\":14},\"modelVersion\":\"g\",\"responseId\":\"r1\"}\r\n\r\n",
];

const OLLAMA_ANSWER: &str = r#"{"model":"llama3","created_at":"2026-11-23T10:00:00Z","message":{"role":"assistant",
"content":"Hello"},"done":true,"done_reason":"stop","prompt_eval_count":9,"eval_count":5}"#;

const OLLAMA_STREAM: &str = "{\"model\":\"llama3\",\"created_at\":\"2026-11-23T10:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\"Hel\"},\"done\":false}\n\
{\"model\":\"llama3\",\"created_at\":\"2026-11-23T10:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\"lo\"},\"done\":false}\n\
{\"model\":\"llama3\",\"created_at\":\"2026-11-23T10:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":9,\"eval_count\":5}\n";

/// The stream as that upstream sends it.
fn stream_of(kind: &str) -> Script {
    match kind {
        "claude" => Script::stream_frames(CLAUDE_STREAM),
        "gemini" => Script::stream_frames(GEMINI_STREAM),
        _ => Script::status(200).body("application/x-ndjson", OLLAMA_STREAM),
    }
}

const KINDS: [(&str, &str); 3] =
    [("claude", "claude-haiku-4-5"), ("gemini", "gemini-2.5-flash"), ("ollama", "llama3")];

/// The text of a streamed answer, and its chunks.
fn text_and_chunks(text: &str) -> (String, Vec<Value>) {
    let frames = text.split("\n\n").filter_map(|frame| frame.strip_prefix("data: "));
    let chunks: Vec<Value> = frames
        .filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    let contents =
        chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str());
    (contents.collect(), chunks)
}

#[tokio::test]
async fn claude_is_asked_and_answers_in_its_own_words() {
    let upstream = Upstream::start(Script::chat_body(CLAUDE_ANSWER)).await;
    let app = TestApp::start(&config("claude", &upstream, "claude-haiku-4-5")).await;
    let body = json!({
        "model": "up/m", "max_tokens": 100, "temperature": 0.5, "seed": 7, "stop": "END",
        "messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
            ]},
        ],
        "tools": [{"type": "function", "function": {"name": "look", "description": "Looks.",
            "parameters": {"type": "object", "properties": {"at": {"type": "string"}}}}}],
        "tool_choice": "required",
    });
    let answer = app.chat(&body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-llm-router-dropped"), Some("seed"));

    let seen = upstream.requests().remove(0);
    assert_eq!(seen.path, "/v1/messages");
    assert_eq!(seen.header("x-api-key"), Some("sk-upstream"));
    assert_eq!(seen.header("authorization"), None);
    assert_eq!(seen.header("anthropic-version"), Some("2023-06-01"));
    let sent = seen.json();
    assert_eq!((&sent["model"], &sent["max_tokens"]), (&json!("claude-haiku-4-5"), &json!(100)));
    assert_eq!((&sent["temperature"], &sent["stop_sequences"]), (&json!(0.5), &json!(["END"])));
    assert!(sent["system"].to_string().contains("Be short."), "{sent}");
    assert_eq!(sent["messages"][0]["role"], "user");
    assert_eq!(sent["messages"][0]["content"][1]["source"]["media_type"], "image/png");
    assert_eq!(sent["tools"][0]["input_schema"]["type"], "object");
    assert_eq!(sent["tool_choice"]["type"], "any");

    let got = answer.json();
    assert_eq!((&got["object"], &got["id"]), (&json!("chat.completion"), &json!("msg_1")));
    let choice = &got["choices"][0];
    assert_eq!(
        (&choice["message"]["content"], &choice["finish_reason"]),
        (&json!("It rains."), &json!("tool_calls"))
    );
    let call = &choice["message"]["tool_calls"][0];
    assert_eq!((&call["id"], &call["function"]["name"]), (&json!("toolu_1"), &json!("look")));
    let arguments: Value =
        serde_json::from_str(call["function"]["arguments"].as_str().unwrap()).unwrap();
    assert_eq!(arguments, json!({"at": "sky"}));
    assert_eq!(
        (&got["usage"]["prompt_tokens"], &got["usage"]["completion_tokens"]),
        (&json!(150), &json!(20))
    );
    assert_eq!(got["usage"]["prompt_tokens_details"]["cached_tokens"], 50);

    let record = app.only_record().await;
    assert_eq!(
        (&record["cached_tokens"], &record["finish_reason"]),
        (&json!(50), &json!("tool_calls"))
    );
    assert_eq!(record["cost"], 0.000_35);
}

#[tokio::test]
async fn gemini_and_ollama_are_asked_where_they_listen() {
    for (kind, remote, answer, path) in [
        (
            "gemini",
            "gemini-2.5-flash",
            GEMINI_ANSWER,
            "/v1beta/models/gemini-2.5-flash:generateContent",
        ),
        ("ollama", "llama3", OLLAMA_ANSWER, "/api/chat"),
    ] {
        let upstream = Upstream::start(Script::chat_body(answer)).await;
        let app = TestApp::start(&config(kind, &upstream, remote)).await;
        let got = app.chat(&chat("up/m")).await;
        assert_eq!(got.status, 200, "{kind}: {}", got.text());
        assert_eq!(got.json()["choices"][0]["message"]["content"], "Hello", "{kind}");
        let seen = upstream.requests().remove(0);
        assert_eq!(seen.path, path);
        let key = if kind == "gemini" { "x-goog-api-key" } else { "authorization" };
        assert!(seen.header(key).unwrap().ends_with("sk-upstream"), "{kind}");
        assert!(!seen.path.contains("sk-upstream"));
        let record = app.only_record().await;
        assert_eq!(
            (&record["prompt_tokens"], &record["completion_tokens"]),
            (&json!(9), &json!(5)),
            "{kind}"
        );
    }
}

#[tokio::test]
async fn streams_of_every_dialect_arrive_as_openais() {
    for (kind, remote) in KINDS {
        for drip in [None, Some(7)] {
            let script = stream_of(kind);
            let script = drip.map_or(script.clone(), |chunk| script.drip(chunk));
            let upstream = Upstream::start(script).await;
            let app = TestApp::start(&config(kind, &upstream, remote)).await;
            let mut body = streamed_chat("up/m");
            body["stream_options"] = json!({"include_usage": true});
            let answer = app.chat(&body).await;
            assert_eq!(answer.status, 200, "{kind}: {}", answer.text());
            assert!(answer.text().ends_with("data: [DONE]\n\n"), "{kind}: {}", answer.text());
            let (text, chunks) = text_and_chunks(answer.text());
            assert_eq!(text, "Hello", "{kind}: {}", answer.text());
            assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant", "{kind}");
            let ids: Vec<&Value> = chunks.iter().map(|chunk| &chunk["id"]).collect();
            assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "{kind}: {ids:?}");
            let finish =
                chunks.iter().filter_map(|chunk| chunk["choices"][0]["finish_reason"].as_str());
            assert_eq!(finish.collect::<Vec<_>>(), ["stop"], "{kind}");
            assert_eq!(chunks.last().unwrap()["usage"]["total_tokens"], 14, "{kind}");
            let record = app.only_record().await;
            assert_eq!(
                (&record["status"], &record["total_tokens"]),
                (&json!("success"), &json!(14)),
                "{kind}"
            );

            let silent = app.chat(&streamed_chat("up/m")).await;
            assert!(!silent.text().contains("\"usage\":{"), "{kind}: {}", silent.text());
        }
    }
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_an_error_in_every_dialect() {
    for (kind, remote) in KINDS {
        let script = match kind {
            "claude" => stream_of(kind).close_after_frames(5),
            "gemini" => stream_of(kind).close_after_frames(1),
            _ => Script::status(200)
                .body("application/x-ndjson", OLLAMA_STREAM.lines().next().unwrap())
                .then(Step::Close),
        };
        let upstream = Upstream::start(script).await;
        let app = TestApp::start(&config(kind, &upstream, remote)).await;
        let answer = app.chat(&streamed_chat("up/m")).await;
        assert!(!answer.text().contains("[DONE]"), "{kind}: {}", answer.text());
        assert!(answer.text().contains("upstream_closed"), "{kind}: {}", answer.text());
        assert_eq!(app.only_record().await["status"], "error", "{kind}");
    }
}

#[tokio::test]
async fn a_client_that_leaves_stops_every_dialect() {
    for (kind, remote) in KINDS {
        let upstream = Upstream::start(stream_of(kind).before_head(Step::Stall)).await;
        let app = TestApp::start(&config(kind, &upstream, remote)).await;
        let client = app.begin_chat(&streamed_chat("up/m")).await;
        upstream.wait_for_requests(1).await;
        client.close();
        upstream.expect_closed_within(secs(1)).await;
        eventually("it is recorded", async || app.records().await.len() == 1).await;
    }
}

#[tokio::test]
async fn a_bad_key_and_an_empty_account_are_the_routers_and_never_the_clients() {
    let bad_key = r#"{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[
        {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}"#;
    let no_money = r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#;
    for (kind, remote, upstream_status, body, code) in [
        ("gemini", "gemini-2.5-flash", 400, bad_key, "upstream_refused_key"),
        ("openai", "gpt-5.1", 429, no_money, "upstream_billing"),
    ] {
        let upstream = Upstream::start(Script::status(upstream_status).json(body)).await;
        let app = TestApp::start(&config(kind, &upstream, remote)).await;
        let answer = app.chat(&chat("up/m")).await;
        assert_eq!(answer.status, 502, "{kind}: {}", answer.text());
        assert_eq!(answer.json()["error"]["code"], code, "{kind}");
        assert_eq!(answer.header("retry-after"), None, "{kind}");
    }
}

#[tokio::test]
async fn what_cannot_be_carried_is_a_400_that_names_the_place() {
    for (kind, remote) in KINDS {
        // One that takes images and tools, so that the dialect has to look.
        let remote = if kind == "ollama" { "qwen3-vl:8b" } else { remote };
        let upstream = Upstream::start(Script::chat("never")).await;
        let app = TestApp::start(&config(kind, &upstream, remote)).await;
        for (messages, place) in [
            (
                json!([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,***"}}]}]),
                "messages[0].content[0]",
            ),
            (
                json!([{"role": "user", "content": "hi"}, {"role": "tool", "tool_call_id": "nobody", "content": "x"}]),
                "messages[1]",
            ),
            (json!([{"role": "wizard", "content": "hi"}]), "messages[0].role"),
        ] {
            let answer = app.chat(&json!({"model": "up/m", "messages": messages})).await;
            assert_eq!(answer.status, 400, "{kind} {place}: {}", answer.text());
            let param = answer.json()["error"]["param"].as_str().unwrap_or_default().to_owned();
            assert!(param.starts_with(place), "{kind} {place}: {}", answer.text());
        }
        assert_eq!(upstream.request_count(), 0);
    }
}
