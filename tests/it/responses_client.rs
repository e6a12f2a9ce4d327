//! A client of OpenAI's Responses, and models behind other APIs: what these are sent is theirs, what
//! the client gets is its own.

use std::time::Duration;

use serde_json::{Value, json};

use crate::messages::config;
use crate::support::client::request;
use crate::support::{Script, Step, TestApp, Upstream};

pub fn ask(more: Value) -> Value {
    let mut body = json!({"model": "up/m", "input": "hi", "store": false});
    let Value::Object(more) = more else { panic!("members are an object") };
    body.as_object_mut().unwrap().extend(more);
    body
}

/// The data of a stream's events; each is told its type in its `event:` line too, they are numbered,
/// and the response has one id.
pub fn events(text: &str) -> Vec<Value> {
    let mut id = None;
    let event = |(number, frame): (usize, &str)| {
        let (name, data) = frame.split_once('\n').expect(frame);
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(data["type"], name.strip_prefix("event: ").unwrap());
        assert_eq!(data["sequence_number"], number, "{data}");
        if let Some(found) = data.get("response").map(|response| response["id"].clone()) {
            assert_eq!(*id.get_or_insert(found.clone()), found);
        }
        data
    };
    text.split_terminator("\n\n").enumerate().map(event).collect()
}

/// The output as the events of its items build it, which is also that of the last event, and the
/// type of the last event.
pub fn accumulated(text: &str) -> (Vec<Value>, String) {
    let events = events(text);
    let done = events.iter().filter(|event| event["type"] == "response.output_item.done");
    let output: Vec<Value> = done.map(|event| event["item"].clone()).collect();
    let last = events.last().unwrap();
    assert_eq!(last["response"]["output"], Value::from(output.clone()));
    let mut texts = String::new();
    let mut said = String::new();
    for event in &events {
        match event["type"].as_str().unwrap() {
            "response.output_text.delta" => texts.push_str(event["delta"].as_str().unwrap()),
            "response.output_text.done" => said.push_str(event["text"].as_str().unwrap()),
            _ => {}
        }
    }
    assert_eq!(texts, said);
    (output, last["type"].as_str().unwrap().to_owned())
}

const CHAT_ANSWER: &str = r#"{"id":"chatcmpl-7","object":"chat.completion","created":1,"model":"gpt-x",
"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"It rains.",
"reasoning_content":"Look up.","tool_calls":[
{"id":"call_1","type":"function","function":{"name":"sky__look","arguments":"{\"at\": \"sky\"}"}},
{"id":"call_2","type":"function","function":{"name":"exec","arguments":"{\"input\": \"ls\\n\"}"}}]}}],
"usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120,"prompt_tokens_details":{"cached_tokens":80}}}"#;

#[tokio::test]
async fn a_chat_model_answers_with_a_response() {
    let upstream = Upstream::start(Script::chat_body(CHAT_ANSWER)).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let body = ask(json!({
        "instructions": "Be short.", "reasoning": {"effort": "high"}, "prompt_cache_key": "k",
        "include": ["reasoning.encrypted_content"], "client_metadata": {"a": "b"}, "metadata": {"x": "y"},
        "text": {"verbosity": "low"},
        "tools": [
            {"type": "namespace", "name": "sky", "tools": [{"type": "function", "name": "look", "parameters": {"type": "object"}}]},
            {"type": "custom", "name": "exec"},
            {"type": "web_search"},
        ],
        "tool_choice": "required",
    }));
    let answer = app.post("/v1/responses", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-llm-router-dropped"), Some("web_search, text.verbosity"));
    let mut response = answer.json();
    let id = response["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("resp_") && id.len() == 53, "{id}");
    let sealed = response["output"][0]["encrypted_content"].take();
    assert!(sealed.as_str().unwrap().starts_with("bGxtcjE6"), "{sealed}");
    let item = |prefix: &str, at: u8| format!("{prefix}_{}{at:02x}", &id[5..]);
    let part =
        json!({"type": "output_text", "annotations": [], "logprobs": [], "text": "It rains."});
    let expected = json!([
        {"id": item("rs", 0), "type": "reasoning", "summary": [{"type": "summary_text", "text": "Look up."}], "encrypted_content": null},
        {"id": item("msg", 1), "type": "message", "status": "completed", "role": "assistant", "content": [part]},
        {"id": item("fc", 2), "type": "function_call", "status": "completed", "call_id": "call_1", "name": "look", "arguments": "{\"at\": \"sky\"}", "namespace": "sky"},
        {"id": item("ctc", 3), "type": "custom_tool_call", "status": "completed", "call_id": "call_2", "name": "exec", "input": "ls\n"},
    ]);
    assert_eq!(response["output"], expected, "{response:#}");
    for (name, value) in [
        ("object", json!("response")),
        ("status", json!("completed")),
        ("model", json!("gpt-x")),
        ("store", json!(false)),
        ("metadata", json!({"x": "y"})),
        ("tool_choice", json!("required")),
        ("instructions", json!("Be short.")),
        ("error", json!(null)),
    ] {
        assert_eq!(response[name], value, "{name}");
    }
    assert_eq!(response["usage"]["input_tokens_details"]["cached_tokens"], 80);

    let sent: Value = serde_json::from_slice(&upstream.requests().remove(0).body).unwrap();
    let mut names = sent["tools"].as_array().unwrap().iter().map(|it| &it["function"]["name"]);
    assert_eq!((names.next(), names.next()), (Some(&json!("sky__look")), Some(&json!("exec"))));
    assert_eq!(sent["messages"][0], json!({"role": "system", "content": "Be short."}));
    assert_eq!(sent["reasoning_effort"], "high");
    for name in ["prompt_cache_key", "verbosity", "store", "include", "metadata"] {
        assert_eq!(sent.get(name), None, "{name}");
    }

    let record = app.only_record().await;
    for (name, value) in [
        ("endpoint", json!("responses")),
        ("requested", json!("up/m")),
        ("prompt_tokens", json!(100)),
        ("cached_tokens", json!(80)),
        ("status", json!("success")),
    ] {
        assert_eq!(record[name], value, "{name}");
    }
}

fn chunk(delta: &str, finish: &str) -> String {
    format!(
        "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"gpt-x\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n"
    )
}

fn call_frames() -> Vec<String> {
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
async fn a_streamed_chat_becomes_events() {
    let upstream = Upstream::start(Script::stream_frames(&call_frames())).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let body = ask(json!({"stream": true, "model": "tag:coding"}));
    let answer = app.post("/v1/responses", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("text/event-stream; charset=utf-8"));
    let (output, last) = accumulated(answer.text());
    assert_eq!(last, "response.completed");
    let kinds: Vec<&str> = output.iter().map(|item| item["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["reasoning", "message", "function_call", "function_call"]);
    assert_eq!(output[2]["arguments"], "{\"x\":1}");
    assert_eq!(output[3]["arguments"], "{\"y\":2}");
    let sent: Value = serde_json::from_slice(&upstream.requests().remove(0).body).unwrap();
    assert_eq!(sent["stream_options"], json!({"include_usage": true}));
}

/// Nothing but the same output, however the upstream's bytes are cut.
#[tokio::test]
async fn a_stream_may_be_cut_anywhere() {
    let whole = Script::stream_frames(&call_frames());
    let upstream = Upstream::start(whole.clone()).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let dripping = Upstream::start(whole.drip(1)).await;
    let dripped = TestApp::start(&config("openai_compatible", &dripping, "gpt-x")).await;
    let body = ask(json!({"stream": true}));
    let output = async |app: &TestApp| {
        let (mut output, last) = accumulated(app.post("/v1/responses", &body).await.text());
        output.iter_mut().for_each(|item| item["id"] = Value::Null);
        (output, last)
    };
    assert_eq!(output(&dripped).await, output(&app).await);
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
    let first = ask(json!({
        "include": ["reasoning.encrypted_content"],
        "tools": [{"type": "function", "name": "look", "parameters": {"type": "object"}}],
    }));
    let answer = app.post("/v1/responses", &first).await.json();
    assert_eq!(answer["output"][0]["type"], "reasoning", "{answer:#}");
    let mut input = vec![json!({"role": "user", "content": "hi"})];
    input.extend(answer["output"].as_array().unwrap().clone());
    let id = &answer["output"][1]["call_id"];
    input.push(json!({"type": "function_call_output", "call_id": id, "output": "blue"}));
    let mut turn = first.clone();
    turn["input"] = Value::from(input);
    assert_eq!(app.post("/v1/responses", &turn).await.status, 200);
    let sent: Value = serde_json::from_slice(&upstream.requests()[1].body).unwrap();
    assert_eq!(sent["contents"][1]["parts"][0]["thoughtSignature"], "c2ln", "{sent:#}");

    turn["model"] = json!("chat/n");
    assert_eq!(app.post("/v1/responses", &turn).await.status, 200);
    let sent = String::from_utf8_lossy(&other.requests().remove(0).body).into_owned();
    assert!(!sent.contains("c2ln") && !sent.contains("sealed_by"), "{sent}");
}

/// Codex replaces a conversation that became too long by one item, and goes on from it.
#[tokio::test]
async fn a_conversation_is_compacted_and_goes_on() {
    let upstream = Upstream::start(Script::chat("We fixed the ferry.")).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let user = json!({"role": "user", "content": "Fix the ferry."});
    let body = ask(json!({"input": [user, {"type": "compaction_trigger"}]}));
    let whole = app.post("/v1/responses", &body).await.json();
    assert_eq!(whole["output"].as_array().unwrap().len(), 1, "{whole:#}");
    assert_eq!(whole["output"][0]["type"], "compaction");
    let next = ask(json!({"input": [whole["output"][0], {"role": "user", "content": "Go on."}]}));
    assert_eq!(app.post("/v1/responses", &next).await.status, 200);
    let sent: Value = serde_json::from_slice(&upstream.requests()[1].body).unwrap();
    let summary = sent["messages"][0]["content"].as_str().unwrap();
    assert!(summary.ends_with("We fixed the ferry."), "{summary}");
}

#[tokio::test]
async fn errors_have_openais_form_and_an_overflow_its_code() {
    let upstream = Upstream::start(
        Script::status(400)
            .json(r#"{"error":{"message":"This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.","type":"invalid_request_error","code":"context_length_exceeded"}}"#),
    )
    .await
    .takes_anything();
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    for (body, status, kind, code, param) in [
        (json!({"model": "up/m"}), 400, "invalid_request_error", "invalid_request", json!("input")),
        (
            ask(json!({"model": "nothing"})),
            404,
            "invalid_request_error",
            "model_not_found",
            json!("model"),
        ),
        (
            ask(json!({"background": true})),
            400,
            "invalid_request_error",
            "invalid_request",
            json!("background"),
        ),
        (ask(json!({})), 400, "invalid_request_error", "context_length_exceeded", json!(null)),
    ] {
        let answer = app.post("/v1/responses", &body).await;
        let told = answer.json();
        assert_eq!(answer.status, status, "{told}");
        let error = &told["error"];
        assert_eq!(
            (&error["type"], &error["code"], &error["param"]),
            (&json!(kind), &json!(code), &param),
            "{told}"
        );
    }
    let headers = [("content-type", "text/plain")];
    let refused = request(app.addr, "POST", "/v1/responses", &headers, b"{}").await;
    assert_eq!(
        (refused.status, refused.json()["error"]["type"].clone()),
        (415, json!("invalid_request_error"))
    );
}

#[tokio::test]
async fn a_stream_that_breaks_ends_with_a_failed_response() {
    let frames = [chunk(r#"{"role":"assistant","content":"It "}"#, "null")];
    let upstream = Upstream::start(Script::stream_frames(&frames).then(Step::Close)).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let answer = app.post("/v1/responses", &ask(json!({"stream": true}))).await;
    let events = events(answer.text());
    let last = events.last().unwrap();
    assert_eq!(last["type"], "response.failed", "{last:#}");
    assert_eq!(last["response"]["status"], "failed");
    assert_eq!(last["response"]["error"]["code"], "server_error");
}

/// A comment would be no sign of life to Codex; the response begins, and goes on.
#[tokio::test]
async fn a_silent_upstream_is_bridged_by_events() {
    let frames = [chunk(r#"{"role":"assistant","content":"late"}"#, "\"stop\"")];
    let script =
        Script::stream_frames(&frames).before_head(Step::Pause(Duration::from_millis(400)));
    let upstream = Upstream::start(script).await;
    let config =
        config("openai_compatible", &upstream, "gpt-x").tables("[timeouts]\nheartbeat = 0.05");
    let app = TestApp::start(&config).await;
    let answer = app.post("/v1/responses", &ask(json!({"stream": true}))).await;
    let (output, last) = accumulated(answer.text());
    assert_eq!(
        (output[0]["content"][0]["text"].as_str(), last.as_str()),
        (Some("late"), "response.completed")
    );
    let events = events(answer.text());
    let again = events.iter().filter(|event| event["type"] == "response.in_progress").count();
    assert!(again > 1, "{events:?}");
}

/// In the shape of a chat, as an upstream sends them.
fn token(text: &str) -> Value {
    json!({"token": text, "logprob": -0.5, "bytes": [97], "top_logprobs": [{"token": "x", "logprob": -2.0, "bytes": null}]})
}

#[tokio::test]
async fn log_probabilities_are_carried_where_they_are_asked_for() {
    let choice = |member: &str, text: &str, end: Value| {
        json!({"id": "c", "object": "chat.completion", "model": "gpt-x", "choices": [{
            "index": 0, member: {"role": "assistant", "content": text}, "finish_reason": end,
            "logprobs": {"content": [token(text)]}}]})
    };
    let upstream =
        Upstream::start(Script::chat_body(&choice("message", "Blue.", json!("stop")).to_string()))
            .await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let asked = json!({"include": ["message.output_text.logprobs"], "top_logprobs": 1});
    let answer = app.post("/v1/responses", &ask(asked.clone())).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-llm-router-dropped"), None);
    assert_eq!(answer.json()["output"][0]["content"][0]["logprobs"], json!([token("Blue.")]));
    let sent =
        |at: usize| -> Value { serde_json::from_slice(&upstream.requests()[at].body).unwrap() };
    assert_eq!((&sent(0)["logprobs"], &sent(0)["top_logprobs"]), (&json!(true), &json!(1)));

    let frame = |text: &str, end: Value| format!("data: {}\n\n", choice("delta", text, end));
    let frames =
        [frame("Bl", Value::Null), frame("ue.", json!("stop")), String::from("data: [DONE]\n\n")];
    upstream.set(Script::stream_frames(&frames));
    let mut streamed = ask(asked);
    streamed["stream"] = json!(true);
    let answer = app.post("/v1/responses", &streamed).await;
    let (output, _) = accumulated(answer.text());
    let both = json!([token("Bl"), token("ue.")]);
    assert_eq!(output[0]["content"][0]["logprobs"], both);
    let told: Vec<Value> = events(answer.text())
        .iter()
        .filter(|event| event["type"] == "response.output_text.delta")
        .map(|event| event["logprobs"].clone())
        .collect();
    assert_eq!(told, [json!([token("Bl")]), json!([token("ue.")])]);

    // Their number alone asks for none.
    upstream.set(Script::chat("Blue."));
    let answer = app.post("/v1/responses", &ask(json!({"top_logprobs": 5}))).await;
    assert_eq!(answer.header("x-llm-router-dropped"), None);
    assert_eq!((&sent(2)["logprobs"], &sent(2)["top_logprobs"]), (&Value::Null, &Value::Null));
}
