//! A client of Ollama's API, and models behind other APIs: what these are sent is theirs, what the
//! client gets is its own.

use serde_json::{Value, json};

use crate::messages::config;
use crate::support::client::request;
use crate::support::{Script, TestApp, Upstream};

pub fn ask(more: Value) -> Value {
    let mut body = json!({"model": "up/m", "messages": [{"role": "user", "content": "hi"}]});
    let Value::Object(more) = more else { panic!("members are an object") };
    body.as_object_mut().unwrap().extend(more);
    body
}

/// The lines of a stream, the last of which is its end.
pub fn lines(text: &str) -> Vec<Value> {
    assert!(text.ends_with('\n'), "half a line: {text}");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (last, before) = lines.split_last().unwrap();
    assert!(last["done"] == true && before.iter().all(|line| line["done"] == false), "{text}");
    lines
}

const CHAT_ANSWER: &str = r#"{"id":"chatcmpl-7","object":"chat.completion","created":1,"model":"gpt-x",
"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"It rains.",
"reasoning_content":"Look up.","tool_calls":[{"id":"call_1","type":"function","function":{"name":"look","arguments":"{\"at\": \"sky\"}"}}]}}],
"usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120,"prompt_tokens_details":{"cached_tokens":80}}}"#;

#[tokio::test]
async fn a_chat_model_answers_whole() {
    let upstream = Upstream::start(Script::chat_body(CHAT_ANSWER)).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let body = ask(json!({
        "stream": false, "think": "high", "keep_alive": "5m",
        "options": {"num_predict": 50, "temperature": 0.5, "num_ctx": 8192, "min_p": 0.1, "stop": ["END"]},
        "tools": [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}],
    }));
    let answer = app.post("/api/chat", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-llm-router-dropped"), Some("options.min_p"));
    let mut told = answer.json();
    for duration in ["total_duration", "prompt_eval_duration", "created_at"] {
        let value = told.as_object_mut().unwrap().remove(duration).unwrap();
        assert!(value.is_string() || value.as_u64() > Some(0), "{duration}: {value}");
    }
    let expected = json!({
        "model": "gpt-x",
        "message": {
            "role": "assistant", "content": "It rains.", "thinking": "Look up.",
            "tool_calls": [{"id": "call_1", "function": {"index": 0, "name": "look", "arguments": {"at": "sky"}}}],
        },
        "done": true, "done_reason": "stop", "load_duration": 0,
        "prompt_eval_count": 100, "eval_count": 20, "eval_duration": 0,
    });
    assert_eq!(told, expected);
    let sent: Value = serde_json::from_slice(&upstream.requests().remove(0).body).unwrap();
    let expected = json!({
        "model": "gpt-x", "max_tokens": 50, "temperature": 0.5, "stop": ["END"],
        "messages": [{"role": "user", "content": "hi"}], "reasoning_effort": "high",
        "tools": [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}],
    });
    assert_eq!(sent, expected);
    let record = app.only_record().await;
    assert_eq!(
        (&record["endpoint"], &record["preview"], &record["request_prompt"]),
        (&json!("ollama_chat"), &json!("It rains."), &json!("hi"))
    );
}

/// Whatever the client says of its body's type, and also where it says nothing of a stream.
#[tokio::test]
async fn a_chat_model_streams_lines() {
    let upstream = Upstream::start(Script::stream(&["Hel", "lo"])).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    for headers in [
        vec![("content-type", "application/x-www-form-urlencoded")],
        vec![("content-type", "application/json")],
        vec![],
    ] {
        let body = ask(json!({})).to_string();
        let answer = request(app.addr, "POST", "/api/chat", &headers, body.as_bytes()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
        let lines = lines(answer.text());
        let said: String =
            lines.iter().map(|line| line["message"]["content"].as_str().unwrap()).collect();
        assert_eq!((said.as_str(), lines.len()), ("Hello", 3));
        let last = lines.last().unwrap();
        let counts = [&last["prompt_eval_count"], &last["eval_count"], &last["done_reason"]];
        assert_eq!(counts, [&json!(9), &json!(2), &json!("stop")]);
        assert!(last["total_duration"].as_u64() > Some(0), "{last}");
    }
    for record in app.records().await {
        assert_eq!((&record["is_stream"], &record["preview"]), (&json!(true), &json!("Hello")));
    }
}

#[tokio::test]
async fn a_prompt_of_its_own_reaches_a_chat_model() {
    let upstream = Upstream::start(Script::chat_body(CHAT_ANSWER)).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let body = json!({"model": "up/m", "prompt": "why?", "system": "Be short.", "stream": false, "context": [1]});
    let answer = app.post("/api/generate", &body).await;
    let told = answer.json();
    assert_eq!(
        (&told["response"], &told["thinking"], &told["context"], told.get("message")),
        (&json!("It rains."), &json!("Look up."), &json!([]), None)
    );
    assert_eq!(answer.header("x-llm-router-dropped"), Some("context"));
    let sent: Value = serde_json::from_slice(&upstream.requests().remove(0).body).unwrap();
    let messages =
        json!([{"role": "system", "content": "Be short."}, {"role": "user", "content": "why?"}]);
    assert_eq!(sent, json!({"model": "gpt-x", "messages": messages}));
    let record = app.only_record().await;
    assert_eq!(
        (&record["endpoint"], &record["preview"], &record["request_prompt"]),
        (&json!("ollama_generate"), &json!("It rains."), &json!("why?"))
    );
    let refused =
        app.post("/api/generate", &json!({"model": "up/m", "prompt": "a", "suffix": "b"})).await;
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert!(refused.json()["error"].as_str().unwrap().contains("`suffix`"), "{}", refused.text());
}

#[tokio::test]
async fn a_name_may_end_with_latest() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = config("openai_compatible", &upstream, "gpt-x").model("up", "own:latest", "");
    let app = TestApp::start(&config).await;
    for (name, sent) in [
        ("up/m:latest", "gpt-x"),
        ("m:latest", "gpt-x"),
        ("tag:coding:latest", "gpt-x"),
        ("up/own", "own:latest"),
        ("own:latest", "own:latest"),
    ] {
        let answer = app.post("/api/chat", &ask(json!({"model": name, "stream": false}))).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        assert_eq!(upstream.requests().pop().unwrap().json()["model"], sent, "{name}");
        let shown = app.post("/api/show", &json!({"name": name})).await;
        assert_eq!(shown.status, 200, "{name}: {}", shown.text());
    }
}

/// A client has a model loaded before it asks, and no call is made.
#[tokio::test]
async fn loading_a_model_calls_none() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    for (path, body, reason, said) in [
        ("/api/chat", json!({"model": "m"}), "load", "/message/content"),
        (
            "/api/chat",
            json!({"model": "m", "messages": [], "keep_alive": 0}),
            "unload",
            "/message/content",
        ),
        ("/api/generate", json!({"model": "m:latest", "keep_alive": "5m"}), "load", "/response"),
    ] {
        let answer = app.post(path, &body).await;
        let told = answer.json();
        assert_eq!((answer.status, &told["done_reason"]), (200, &json!(reason)), "{told}");
        assert_eq!((told.pointer(said), &told["done"]), (Some(&json!("")), &json!(true)), "{told}");
    }
    let unknown = app.post("/api/generate", &json!({"model": "nothing"})).await;
    assert_eq!((unknown.status, &unknown.json()["code"]), (404, &json!("model_not_found")));
    assert!(upstream.requests().is_empty() && app.records().await.is_empty());
}

/// Every family of upstreams answers a client of this one.
#[tokio::test]
async fn every_family_of_upstreams_answers_in_lines() {
    const CLAUDE: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\nevent: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}\n\nevent: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"max_tokens\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":5}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    const GEMINI: &str = "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"Hello\"}]},\"finishReason\":\"MAX_TOKENS\",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":5,\"totalTokenCount\":14},\"modelVersion\":\"gemini\",\"responseId\":\"r\"}\r\n\r\n";
    for (kind, model, stream) in
        [("claude", "claude-haiku-4-5", CLAUDE), ("gemini", "gemini-2.5-flash", GEMINI)]
    {
        let upstream = Upstream::start(Script::stream_frames(&[stream])).await;
        let app = TestApp::start(&config(kind, &upstream, model)).await;
        let answer = app.post("/api/chat", &ask(json!({}))).await;
        assert_eq!(answer.status, 200, "{kind}: {}", answer.text());
        let lines = lines(answer.text());
        assert_eq!(lines[0]["message"]["content"], "Hello", "{kind}");
        let last = lines.last().unwrap();
        let counts = [&last["prompt_eval_count"], &last["eval_count"], &last["done_reason"]];
        assert_eq!(counts, [&json!(9), &json!(5), &json!("length")], "{kind}");
    }
}
