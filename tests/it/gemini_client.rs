//! A client of Gemini's API, and models behind other APIs: what these are sent is theirs, what the
//! client gets is its own.

use serde_json::{Value, json};

use crate::messages::config;
use crate::support::client::request;
use crate::support::{Script, TestApp, Upstream};

pub const WHOLE: &str = "/v1beta/models/up/m:generateContent";
pub const STREAM: &str = "/v1beta/models/up/m:streamGenerateContent?alt=sse";

pub fn ask(more: Value) -> Value {
    let mut body = json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]});
    let Value::Object(more) = more else { panic!("members are an object") };
    body.as_object_mut().unwrap().extend(more);
    body
}

/// The frames of a stream, which holds nothing else. An error comes twice: for Google's older SDKs it stands alone before its frame.
pub fn frames(text: &str) -> Vec<Value> {
    let frame = |frame: &str| {
        let frame = frame.trim_start_matches('\n');
        let data = frame.strip_prefix("data: ").unwrap_or(frame);
        let value: Value = serde_json::from_str(data).unwrap();
        assert!(data.len() < frame.len() || value["error"].is_object(), "{frame}");
        value
    };
    text.split_terminator("\n\n").map(frame).collect()
}

/// All parts of the first candidate, its reason and the usage.
pub fn accumulated(frames: &[Value]) -> (Vec<Value>, Value, Value) {
    let (last, before) = frames.split_last().unwrap();
    for frame in before {
        assert_eq!(frame["candidates"][0]["finishReason"], Value::Null, "{frame}");
    }
    let parts = frames.iter().flat_map(|frame| {
        frame["candidates"][0]["content"]["parts"].as_array().cloned().unwrap_or_default()
    });
    let parts = parts.filter(|part| *part != json!({"text": ""})).collect();
    (parts, last["candidates"][0]["finishReason"].clone(), last["usageMetadata"].clone())
}

const CHAT_ANSWER: &str = r#"{"id":"chatcmpl-7","object":"chat.completion","created":1,"model":"gpt-x",
"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"It rains.",
"reasoning_content":"Look up.","tool_calls":[{"id":"call_1","type":"function","function":{"name":"look","arguments":"{\"at\": \"sky\"}"}}]}}],
"usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120,"prompt_tokens_details":{"cached_tokens":80}}}"#;

#[tokio::test]
async fn a_chat_model_answers_as_gemini_does() {
    let upstream = Upstream::start(Script::chat_body(CHAT_ANSWER)).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let body = ask(json!({
        "systemInstruction": {"role": "user", "parts": [{"text": "Be short."}]},
        "generationConfig": {
            "temperature": 1, "topK": 64, "maxOutputTokens": 100, "stopSequences": ["END"],
            "thinkingConfig": {"includeThoughts": true, "thinkingLevel": "HIGH"},
        },
        "tools": [
            {"functionDeclarations": [{"name": "look", "parameters": {"type": "OBJECT"}}]},
            {"googleSearch": {}},
        ],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY"}},
        "safetySettings": [],
    }));
    let answer = app.post(WHOLE, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-llm-router-dropped"), Some("googleSearch"));
    let expected = json!({
        "candidates": [{
            "content": {"role": "model", "parts": [
                {"text": "Look up.", "thought": true},
                {"text": "It rains."},
                {"functionCall": {"id": "call_1", "name": "look", "args": {"at": "sky"}}},
            ]},
            "finishReason": "STOP", "index": 0,
        }],
        "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 120, "cachedContentTokenCount": 80},
        "modelVersion": "gpt-x", "responseId": "chatcmpl-7",
    });
    assert_eq!(answer.json(), expected);

    let sent: Value = serde_json::from_slice(&upstream.requests().remove(0).body).unwrap();
    let expected = json!({
        "model": "gpt-x", "max_tokens": 100, "stop": ["END"], "temperature": 1, "top_k": 64,
        "messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "hi"}],
        "tools": [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}],
        "tool_choice": "required", "reasoning_effort": "high",
    });
    assert_eq!(sent, expected);

    let record = app.only_record().await;
    for (name, value) in [
        ("endpoint", json!("gemini")),
        ("requested", json!("up/m")),
        ("prompt_tokens", json!(100)),
        ("cached_tokens", json!(80)),
        ("status", json!("success")),
    ] {
        assert_eq!(record[name], value, "{name}");
    }
}

#[tokio::test]
async fn names_may_hold_slashes_and_colons_and_be_written_in_any_way() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = config("openai_compatible", &upstream, "gpt-x").model("up", "org/deep:free", "");
    let app = TestApp::start(&config).await;
    for path in [
        "/v1beta/models/up/org/deep:free:generateContent",
        "/v1/models/up%2Forg%2Fdeep%3Afree:generateContent",
        "/api/v1beta/models/up/org/deep:free%3AgenerateContent",
        "/v1beta/models/tag:coding:generateContent",
        "/v1/models/m:generateContent",
        "/v1beta/up/org/deep:free:generateContent",
        "/api/v1/up/m:generateContent",
    ] {
        let answer = app.post(path, &ask(json!({}))).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.json()["candidates"][0]["content"]["parts"][0]["text"], "hi");
    }
}

fn chunk(delta: &str, finish: &str) -> String {
    format!(
        "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"gpt-x\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n"
    )
}

fn calls() -> Vec<String> {
    vec![
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
    ]
}

#[tokio::test]
async fn a_streamed_chat_becomes_frames() {
    let upstream = Upstream::start(Script::stream_frames(&calls())).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let answer = app.post(STREAM, &ask(json!({}))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("text/event-stream; charset=utf-8"));
    let (parts, reason, usage) = accumulated(&frames(answer.text()));
    let expected = json!([
        {"text": "Look"},
        {"functionCall": {"id": "a", "name": "f", "args": {"x": 1}}},
        {"functionCall": {"id": "b", "name": "g", "args": {"y": 2}}},
    ]);
    assert_eq!(Value::from(parts), expected, "thoughts are not shown unless they are asked for");
    assert_eq!((reason, &usage["totalTokenCount"]), (json!("STOP"), &json!(13)));
    let sent: Value = serde_json::from_slice(&upstream.requests().remove(0).body).unwrap();
    assert_eq!(sent["stream_options"], json!({"include_usage": true}));

    let list = app.post("/v1/models/up/m:streamGenerateContent", &ask(json!({}))).await;
    assert_eq!(list.header("content-type"), Some("application/json; charset=utf-8"));
    let elements: Vec<Value> = serde_json::from_str(list.text()).unwrap();
    assert_eq!(Value::from(accumulated(&elements).0), expected);
}

/// Nothing but the same parts, however the upstream's bytes are cut.
#[tokio::test]
async fn a_stream_may_be_cut_anywhere() {
    let dripping = Upstream::start(Script::stream_frames(&calls()).drip(1)).await;
    let app = TestApp::start(&config("openai_compatible", &dripping, "gpt-x")).await;
    let answer = app.post(STREAM, &ask(json!({}))).await;
    let (parts, reason, _) = accumulated(&frames(answer.text()));
    assert_eq!((parts.len(), reason), (3, json!("STOP")));
}

const CLAUDE_ANSWER: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5",
"content":[{"type":"thinking","thinking":"Look.","signature":"EqQB"},{"type":"tool_use","id":"toolu_1","name":"look","input":{"at":"sky"}}],
"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":20}}"#;

/// The client keeps the call with its signature, and not the thinking.
#[tokio::test]
async fn thinking_comes_back_to_the_model_that_signed_it() {
    let upstream = Upstream::start(Script::chat_body(CLAUDE_ANSWER)).await;
    let other = Upstream::start(Script::chat("fine")).await;
    let config = config("claude", &upstream, "claude-haiku-4-5")
        .provider("chat", &other.base_url())
        .model("chat", "n", "");
    let app = TestApp::start(&config).await;
    let more = json!({
        "tools": [{"functionDeclarations": [{"name": "look", "parametersJsonSchema": {"type": "object"}}]}],
        "generationConfig": {"thinkingConfig": {"thinkingBudget": 2000}, "maxOutputTokens": 9000},
    });
    let answer = app.post(WHOLE, &ask(more.clone())).await.json();
    let parts = &answer["candidates"][0]["content"]["parts"];
    assert!(parts[0]["thoughtSignature"].as_str().unwrap().starts_with("bGxtcjE6"), "{answer}");
    let mut turn = ask(more);
    turn["contents"] = json!([
        {"role": "user", "parts": [{"text": "hi"}]},
        {"role": "model", "parts": parts},
        {"role": "user", "parts": [{"functionResponse": {"name": "look", "response": {"output": "blue"}}}]},
    ]);
    assert_eq!(app.post(WHOLE, &turn).await.status, 200);
    let sent: Value = serde_json::from_slice(&upstream.requests()[1].body).unwrap();
    let expected = json!([
        {"type": "thinking", "thinking": "Look.", "signature": "EqQB"},
        {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"at": "sky"}},
    ]);
    assert_eq!(sent["messages"][1]["content"], expected, "{sent:#}");

    let elsewhere = app.post("/v1beta/models/chat/n:generateContent", &turn).await;
    assert_eq!(elsewhere.status, 200, "{}", elsewhere.text());
    let sent = String::from_utf8_lossy(&other.requests().remove(0).body).into_owned();
    assert!(!sent.contains("EqQB") && !sent.contains("sealed_by"), "{sent}");
}

#[tokio::test]
async fn tokens_are_counted_by_an_estimate_that_leans_high() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let count = async |body: Value| {
        let answer = app.post("/v1beta/models/up/m:countTokens", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["totalTokens"].as_u64().unwrap()
    };
    let alone = count(ask(json!({}))).await;
    let system =
        json!({"systemInstruction": {"parts": [{"text": "Be short and kind and quick."}]}});
    let mut whole = ask(system);
    whole["model"] = json!("models/up/m");
    let wrapped = count(json!({ "generateContentRequest": whole })).await;
    assert!(alone > 0 && wrapped > alone + 5, "{alone} {wrapped}");
    assert!(upstream.requests().is_empty());
    let missing = app.post("/v1beta/models/nothing:countTokens", &ask(json!({}))).await;
    assert_eq!((missing.status, &missing.json()["error"]["status"]), (404, &json!("NOT_FOUND")));
}

#[tokio::test]
async fn models_are_listed_in_the_clients_form() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = config("openai_compatible", &upstream, "gpt-x").model("up", "n", "");
    let app = TestApp::start(&config).await;
    let key = [("x-goog-api-key", "anything")];
    let page = app.get("/v1beta/models?pageSize=1").await.json();
    let first = &page["models"][0];
    assert_eq!((&first["name"], &first["displayName"]), (&json!("models/up/m"), &json!("up/m")));
    assert!(
        first["supportedGenerationMethods"].as_array().unwrap().contains(&json!("generateContent"))
    );
    let token = page["nextPageToken"].as_str().unwrap();
    let next = app.get(&format!("/v1beta/models?pageToken={token}")).await.json();
    assert_eq!(
        (&next["models"][0]["name"], &next["nextPageToken"]),
        (&json!("models/up/n"), &Value::Null)
    );
    let of_key = request(app.addr, "GET", "/v1/models", &key, b"").await.json();
    assert_eq!(of_key["models"][1]["name"], "models/up/n");
    for path in ["/v1beta/models/up%2Fn", "/v1/models/up/n"] {
        let one = request(app.addr, "GET", path, &key, b"").await.json();
        assert_eq!(one["name"], "models/up/n");
    }
    let missing = request(app.addr, "GET", "/v1/models/nothing", &key, b"").await;
    assert_eq!((missing.status, &missing.json()["error"]["status"]), (404, &json!("NOT_FOUND")));
}

#[tokio::test]
async fn a_model_has_the_methods_of_what_it_serves() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = config("openai_compatible", &upstream, "gpt-x")
        .model("up", "n", "tags = [\"x\"]")
        .model("up", "text-embedding-3-small", "tags = [\"x\"]")
        .routing("[routing]\nretries = 0\n[routing.aliases]\nboth = \"tag:x\"\n");
    let app = TestApp::start(&config).await;
    for (name, chats, embeds) in
        [("up/n", true, false), ("text-embedding-3-small", false, true), ("both", true, true)]
    {
        let told = app.get(&format!("/v1beta/models/{name}")).await.json();
        let methods = told["supportedGenerationMethods"].as_array().unwrap().clone();
        for (method, is_served) in [
            ("generateContent", chats),
            ("streamGenerateContent", chats),
            ("countTokens", chats),
            ("embedContent", embeds),
            ("batchEmbedContents", embeds),
        ] {
            assert_eq!(methods.contains(&json!(method)), is_served, "{name} {method}");
        }
    }
}

#[tokio::test]
async fn an_explanation_reads_the_body_too() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let answer = app.post("/route/explain", &ask(json!({"model": "tag:coding"}))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["requested"], "tag:coding");
}

#[tokio::test]
async fn log_probabilities_come_back_whole_and_streamed() {
    let choice = |member: &str| {
        json!({"id": "c", "object": "chat.completion", "model": "gpt-x", "choices": [{
            "index": 0, member: {"role": "assistant", "content": "Blue."}, "finish_reason": "stop",
            "logprobs": {"content": [{"token": "Blue.", "logprob": -0.5, "bytes": null,
                "top_logprobs": [{"token": "x", "logprob": -2.0, "bytes": null}]}]}}]})
    };
    let upstream = Upstream::start(Script::chat_body(&choice("message").to_string())).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let body = ask(json!({"generationConfig": {"responseLogprobs": true, "logprobs": 1}}));
    let whole = app.post(WHOLE, &body).await.json();
    let expected = json!({
        "chosenCandidates": [{"token": "Blue.", "logProbability": -0.5}],
        "topCandidates": [{"candidates": [{"token": "x", "logProbability": -2.0}]}],
    });
    assert_eq!(whole["candidates"][0]["logprobsResult"], expected);
    let frame = format!("data: {}\n\n", choice("delta"));
    upstream.set(Script::stream_frames(&[frame, String::from("data: [DONE]\n\n")]));
    let streamed = frames(app.post(STREAM, &body).await.text());
    assert_eq!(streamed.last().unwrap()["candidates"][0]["logprobsResult"], expected);
}
