//! A client of Anthropic's Messages, and models behind other APIs: what these are sent is theirs,
//! what the client gets is its own.

use serde_json::{Value, json};

use crate::support::client::request;
use crate::support::{Config, Script, TestApp, Upstream};

const VERSION: [(&str, &str); 1] = [("anthropic-version", "2023-06-01")];

/// One provider `up` of that type, with the model `m`, called `remote` there.
pub fn config(kind: &str, upstream: &Upstream, remote: &str) -> Config {
    let provider = format!(
        "[[providers]]\nname = \"up\"\ntype = \"{kind}\"\nbase_url = \"{}\"\napi_key = \"sk-upstream\"",
        upstream.base_url()
    );
    let model = format!("remote_identifier = \"{remote}\"\ntags = [\"coding\"]");
    Config::new().tables(&provider).model("up", "m", &model)
}

pub fn ask(more: Value) -> Value {
    let mut body = json!({
        "model": "up/m", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}],
    });
    let Value::Object(more) = more else { panic!("members are an object") };
    body.as_object_mut().unwrap().extend(more);
    body
}

/// The data of a stream's events, by their types.
pub fn events(text: &str) -> Vec<(String, Value)> {
    let event = |frame: &str| {
        let (name, data) = frame.split_once('\n').expect(frame);
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        let name = name.strip_prefix("event: ").unwrap().to_owned();
        assert_eq!(data["type"], name.as_str());
        (name, data)
    };
    text.split_terminator("\n\n").map(event).collect()
}

/// The blocks of a stream, put together as an SDK does it; its stop reason and its usage.
pub fn accumulated(text: &str) -> (Vec<Value>, String, Value) {
    let mut blocks: Vec<Value> = Vec::new();
    let mut partial = String::new();
    let (mut reason, mut usage) = (String::new(), Value::Null);
    let (mut open, mut is_over) = (None, false);
    for (name, data) in events(text) {
        assert!(!is_over, "{name} after the end");
        match name.as_str() {
            "message_start" => {
                assert!(blocks.is_empty() && data["message"]["usage"]["input_tokens"].is_u64());
                assert_eq!(data["message"]["content"], json!([]));
            }
            "content_block_start" => {
                assert_eq!((open, &data["index"]), (None, &json!(blocks.len())));
                open = data["index"].as_u64();
                blocks.push(data["content_block"].clone());
                partial.clear();
            }
            "content_block_delta" => {
                assert_eq!(data["index"].as_u64(), open);
                let block = blocks.last_mut().unwrap();
                let delta = &data["delta"];
                if delta["type"] == "citations_delta" {
                    let citations = block["citations"].take();
                    let mut citations = citations.as_array().cloned().unwrap_or_default();
                    citations.push(delta["citation"].clone());
                    block["citations"] = Value::from(citations);
                    continue;
                }
                let (member, more) = match delta["type"].as_str().unwrap() {
                    "text_delta" => ("text", &delta["text"]),
                    "thinking_delta" => ("thinking", &delta["thinking"]),
                    "signature_delta" => ("signature", &delta["signature"]),
                    "input_json_delta" => {
                        partial.push_str(delta["partial_json"].as_str().unwrap());
                        continue;
                    }
                    other => panic!("{other}"),
                };
                let joined =
                    format!("{}{}", block[member].as_str().unwrap(), more.as_str().unwrap());
                block[member] = Value::from(joined);
            }
            "content_block_stop" => {
                assert_eq!(data["index"].as_u64(), open.take());
                if !partial.is_empty() {
                    blocks.last_mut().unwrap()["input"] = serde_json::from_str(&partial).unwrap();
                }
            }
            "message_delta" => {
                assert_eq!(open, None);
                reason = data["delta"]["stop_reason"].as_str().unwrap().to_owned();
                usage = data["usage"].clone();
            }
            "message_stop" => is_over = true,
            "ping" => {}
            other => panic!("{other}"),
        }
    }
    assert!(is_over, "the stream has no end: {text}");
    (blocks, reason, usage)
}

const CHAT_ANSWER: &str = r#"{"id":"chatcmpl-7","object":"chat.completion","created":1,"model":"gpt-x",
"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"It rains.",
"reasoning_content":"Look up.","tool_calls":[{"id":"call_1","type":"function","function":{"name":"look","arguments":"{\"at\": \"sky\"}"}}]}}],
"usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120,"prompt_tokens_details":{"cached_tokens":80}}}"#;

#[tokio::test]
async fn a_chat_model_answers_with_a_message() {
    let upstream = Upstream::start(Script::chat_body(CHAT_ANSWER)).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let body = ask(json!({
        "system": [{"type": "text", "text": "Be short."}],
        "thinking": {"type": "adaptive"}, "output_config": {"effort": "high"},
        "metadata": {"user_id": "u"}, "stop_sequences": ["END"],
        "tools": [{"name": "look", "input_schema": {"type": "object"}}, {"type": "web_search_20260209", "name": "web_search"}],
        "tool_choice": {"type": "any"},
    }));
    let answer = app.post("/v1/messages?beta=true", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("request-id"), answer.header("x-request-id"));
    assert_eq!(answer.header("x-llm-router-dropped"), Some("web_search"));
    let mut message = answer.json();
    let thinking = message["content"][0]["signature"].take();
    assert!(thinking.as_str().unwrap().starts_with("bGxtcjE6"), "{thinking}");
    let expected = json!({
        "id": "msg_chatcmpl-7", "type": "message", "role": "assistant", "model": "gpt-x",
        "content": [
            {"type": "thinking", "thinking": "Look up.", "signature": null},
            {"type": "text", "text": "It rains."},
            {"type": "tool_use", "id": "call_1", "name": "look", "input": {"at": "sky"}},
        ],
        "stop_reason": "tool_use", "stop_sequence": null,
        "usage": {"input_tokens": 20, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 80, "output_tokens": 20},
    });
    assert_eq!(message, expected);

    let sent: Value = serde_json::from_slice(&upstream.requests().remove(0).body).unwrap();
    let expected = json!({
        "model": "gpt-x", "max_tokens": 100, "stop": ["END"],
        "messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "hi"}],
        "tools": [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}],
        "tool_choice": "required", "reasoning_effort": "high",
    });
    assert_eq!(sent, expected);

    let record = app.only_record().await;
    for (name, value) in [
        ("endpoint", json!("messages")),
        ("requested", json!("up/m")),
        ("prompt_tokens", json!(100)),
        ("cached_tokens", json!(80)),
        ("status", json!("success")),
    ] {
        assert_eq!(record[name], value, "{name}");
    }
}

#[tokio::test]
async fn a_streamed_chat_becomes_events() {
    let chunk = |delta: &str, finish: &str| {
        format!(
            "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"gpt-x\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n"
        )
    };
    let frames = [
        chunk(r#"{"role":"assistant","reasoning_content":"hm"}"#, "null"),
        chunk(r#"{"content":"Look"}"#, "null"),
        chunk(
            r#"{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\""}}]}"#,
            "null",
        ),
        chunk(
            r#"{"tool_calls":[{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":"{\"y\":2"}}]}"#,
            "null",
        ),
        chunk(r#"{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}"#, "null"),
        chunk(r#"{"tool_calls":[{"index":1,"function":{"arguments":"}"}}]}"#, "null"),
        chunk("{}", "\"tool_calls\""),
        String::from(
            "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,\"total_tokens\":13}}\n\n",
        ),
        String::from("data: [DONE]\n\n"),
    ];
    let upstream = Upstream::start(Script::stream_frames(&frames)).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let body = ask(json!({"stream": true, "model": "tag:coding"}));
    let answer = app.post("/v1/messages", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("text/event-stream; charset=utf-8"));
    let (blocks, reason, usage) = accumulated(answer.text());
    assert_eq!(blocks[0]["thinking"], "hm");
    let expected = json!([
        {"type": "text", "text": "Look"},
        {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}},
        {"type": "tool_use", "id": "b", "name": "g", "input": {"y": 2}},
    ]);
    assert_eq!(Value::from(blocks[1..].to_vec()), expected);
    assert_eq!(
        (reason.as_str(), &usage["input_tokens"], &usage["output_tokens"]),
        ("tool_use", &json!(9), &json!(4))
    );
    let sent: Value = serde_json::from_slice(&upstream.requests().remove(0).body).unwrap();
    assert_eq!(sent["stream_options"], json!({"include_usage": true}));
}

const GEMINI_ANSWER: &str = r#"{"candidates":[{"content":{"role":"model","parts":[
{"functionCall":{"name":"look","args":{"at":"sky"}},"thoughtSignature":"c2ln"}]},
"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3,
"totalTokenCount":12},"modelVersion":"gemini-3-flash","responseId":"r1"}"#;

/// The signature of a call goes to the client in an envelope, and back into its place.
#[tokio::test]
async fn what_gemini_signed_comes_back_to_it_and_to_no_other_model() {
    let upstream = Upstream::start(Script::chat_body(GEMINI_ANSWER)).await;
    let other = Upstream::start(Script::chat("fine")).await;
    let config = config("gemini", &upstream, "gemini-3-flash")
        .provider("chat", &other.base_url())
        .model("chat", "n", "");
    let app = TestApp::start(&config).await;
    let tools = json!([{"name": "look", "input_schema": {"type": "object"}}]);
    let answer = app.post("/v1/messages", &ask(json!({"tools": tools}))).await.json();
    assert_eq!(answer["content"][0]["type"], "thinking");
    assert_eq!(answer["content"][1]["type"], "tool_use");
    let messages = json!([
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": answer["content"]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": answer["content"][1]["id"], "content": "blue"}]},
    ]);
    let turn = ask(json!({"tools": tools, "messages": messages}));
    assert_eq!(app.post("/v1/messages", &turn).await.status, 200);
    let sent: Value = serde_json::from_slice(&upstream.requests()[1].body).unwrap();
    assert_eq!(sent["contents"][1]["parts"][0]["thoughtSignature"], "c2ln", "{sent:#}");

    let elsewhere = ask(json!({"tools": tools, "messages": messages, "model": "chat/n"}));
    assert_eq!(app.post("/v1/messages", &elsewhere).await.status, 200);
    let sent = String::from_utf8_lossy(&other.requests().remove(0).body).into_owned();
    assert!(!sent.contains("c2ln") && !sent.contains("sealed_by"), "{sent}");
}

/// Nothing but the same events, however the upstream's bytes are cut.
#[tokio::test]
async fn a_stream_may_be_cut_anywhere() {
    let whole = Script::stream(&["a", "b\u{e9}"]);
    let upstream = Upstream::start(whole.clone()).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let body = ask(json!({"stream": true}));
    let expected = app.post("/v1/messages", &body).await.text().to_owned();
    let dripping = Upstream::start(whole.drip(1)).await;
    let app = TestApp::start(&config("openai_compatible", &dripping, "gpt-x")).await;
    let found = app.post("/v1/messages", &body).await.text().to_owned();
    assert_eq!(accumulated(&found), accumulated(&expected));
}

#[tokio::test]
async fn the_same_answers_below_the_consoles_base_and_a_fallback_crosses_families() {
    let broken = Upstream::start(
        Script::status(500)
            .json("{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"no\"}}"),
    )
    .await
    .takes_anything();
    let upstream = Upstream::start(Script::chat("fine")).await;
    let config = config("claude", &broken, "claude-haiku-4-5")
        .routing("retries = 0")
        .provider("chat", &upstream.base_url())
        .model("chat", "n", "");
    let app = TestApp::start(&config).await;
    let answer = app.post("/api/v1/messages", &ask(json!({"models": ["chat/n"]}))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["content"], json!([{"type": "text", "text": "fine"}]));
    assert_eq!(broken.requests().len(), 1);
}

#[tokio::test]
async fn tokens_are_counted_by_an_estimate_that_leans_high() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let count = async |more: Value| {
        let mut body = ask(more);
        body.as_object_mut().unwrap().remove("max_tokens");
        let answer = app.post("/v1/messages/count_tokens", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["input_tokens"].as_u64().unwrap()
    };
    let alone = count(json!({})).await;
    let system = count(json!({"system": "Be short and kind and quick."})).await;
    let tools = count(json!({"tools": [{"name": "look", "description": "Looks at the sky.", "input_schema": {"type": "object"}}]})).await;
    assert!(alone > 0 && system > alone + 5 && tools > alone + 10, "{alone} {system} {tools}");
    assert!(upstream.requests().is_empty());
    let missing = ask(json!({"model": "nothing"}));
    let missing = app.post("/v1/messages/count_tokens", &missing).await;
    assert_eq!(
        (missing.status, &missing.json()["error"]["type"]),
        (404, &json!("not_found_error"))
    );
}

#[tokio::test]
async fn models_are_listed_in_the_clients_form() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = config("openai_compatible", &upstream, "gpt-x").model("up", "n", "");
    let app = TestApp::start(&config).await;
    let list = app.get("/v1/models").await.json();
    assert_eq!(
        (&list["object"], &list["data"][0]["display_name"]),
        (&json!("list"), &json!("up/m"))
    );
    let page = request(app.addr, "GET", "/v1/models?limit=1", &VERSION, b"").await.json();
    assert_eq!(page["data"][0]["type"], "model");
    let found = (&page["has_more"], &page["first_id"], &page["last_id"]);
    assert_eq!(found, (&json!(true), &json!("up/m"), &json!("up/m")));
    let next = request(app.addr, "GET", "/v1/models?after_id=up%2Fm", &VERSION, b"").await.json();
    assert_eq!((&next["has_more"], &next["data"][0]["id"]), (&json!(false), &json!("up/n")));
}
