//! A chat client, and a model that accepts tools with reasoning only over OpenAI's Responses API:
//! the request that is sent, and the answer that the client gets.

use serde_json::{Value, json};

use crate::support::{Config, Script, TestApp, Upstream, chat};

/// A model that needs the Responses API for tools, and one that does not.
fn config(upstream: &Upstream, settings: &str) -> Config {
    let provider = format!(
        "[[providers]]\nname = \"up\"\ntype = \"openai\"\nbase_url = \"{}/v1\"\napi_key = \"sk-upstream\"\n{settings}",
        upstream.base_url()
    );
    let prices =
        "[models.config]\ncost_per_1k_tokens = 0.001\ncost_per_1k_completion_tokens = 0.01";
    Config::new().tables(&provider).model("up", "gpt-5.6-sol", prices).model("up", "gpt-4.1", "")
}

fn with_tools(model: &str) -> Value {
    let mut body = chat(model);
    body["tools"] = json!([{"type": "function", "function": {
        "name": "look", "parameters": {"type": "object", "properties": {"at": {"type": "string"}}}}}]);
    body
}

const ANSWER: &str = r#"{"id":"resp_1","object":"response","created_at":1790000000,"status":"completed","model":"gpt-5.6-sol",
"output":[{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"I look."}],"encrypted_content":"gAAA"},
{"type":"function_call","id":"fc_1","call_id":"call_1","name":"look","arguments":"{\"at\":\"sky\"}","status":"completed"}],
"usage":{"input_tokens":100,"input_tokens_details":{"cached_tokens":50},"output_tokens":20,
"output_tokens_details":{"reasoning_tokens":12},"total_tokens":120}}"#;

const STREAM: &[&str] = &[
    "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1790000000,\"status\":\"in_progress\",\"model\":\"gpt-5.6-sol\",\"output\":[]}}\n\n",
    "event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\"sequence_number\":1,\"output_index\":0,\"item\":{\"type\":\"message\",\"id\":\"msg_1\",\"role\":\"assistant\",\"content\":[]}}\n\n",
    "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":2,\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\"Hel\"}\n\n",
    "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":3,\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\"lo\"}\n\n",
    "event: response.output_item.done\ndata: {\"type\":\"response.output_item.done\",\"sequence_number\":4,\"output_index\":0,\"item\":{\"type\":\"message\",\"id\":\"msg_1\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"Hello\"}]}}\n\n",
    "event: response.completed\ndata: {\"type\":\"response.completed\",\"sequence_number\":5,\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"completed\",\"model\":\"gpt-5.6-sol\",\"output\":[],\"usage\":{\"input_tokens\":9,\"output_tokens\":2,\"total_tokens\":11}}}\n\n",
];

#[tokio::test]
async fn tools_with_reasoning_go_to_the_responses_api_and_come_back_as_chat() {
    let upstream = Upstream::start(Script::chat_body(ANSWER)).await;
    let app = TestApp::start(&config(&upstream, "")).await;
    let mut body = with_tools("gpt-5.6-sol");
    body["max_tokens"] = json!(500);
    body["seed"] = json!(7);
    let answer = app.chat(&body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());

    let seen = upstream.requests().remove(0);
    assert_eq!(seen.path, "/v1/responses");
    assert_eq!(seen.header("authorization"), Some("Bearer sk-upstream"));
    let sent = seen.json();
    assert_eq!(sent["model"], "gpt-5.6-sol");
    assert_eq!((&sent["store"], &sent["max_output_tokens"]), (&json!(false), &json!(500)));
    assert_eq!(
        (&sent["tools"][0]["type"], &sent["tools"][0]["name"]),
        (&json!("function"), &json!("look"))
    );
    assert_eq!(sent["include"], json!(["reasoning.encrypted_content"]));
    assert_eq!(answer.header("x-llm-router-dropped"), Some("seed"));

    let choice = &answer.json()["choices"][0];
    assert_eq!(choice["finish_reason"], "tool_calls");
    assert_eq!(choice["message"]["tool_calls"][0]["id"], "call_1");
    assert_eq!(choice["message"]["tool_calls"][0]["function"]["arguments"], "{\"at\":\"sky\"}");
    assert_eq!(choice["message"]["reasoning_content"], "I look.");
    let record = app.only_record().await;
    assert_eq!(
        (&record["prompt_tokens"], &record["cached_tokens"], &record["completion_tokens"]),
        (&json!(100), &json!(50), &json!(20))
    );
}

#[tokio::test]
async fn a_conversation_with_tools_is_sent_back_with_its_sealed_reasoning() {
    let upstream = Upstream::start(Script::chat_body(ANSWER)).await;
    let app = TestApp::start(&config(&upstream, "")).await;
    let mut body = with_tools("gpt-5.6-sol");
    let message = app.chat(&body).await.json()["choices"][0]["message"].clone();
    let messages = body["messages"].as_array_mut().unwrap();
    messages.push(message);
    messages.push(json!({"role": "tool", "tool_call_id": "call_1", "content": "blue"}));
    assert_eq!(app.chat(&body).await.status, 200);

    let input = upstream.requests()[1].json()["input"].clone();
    let kinds: Vec<&str> =
        input.as_array().unwrap().iter().filter_map(|item| item["type"].as_str()).collect();
    let turn: Vec<&&str> = kinds.iter().filter(|kind| **kind != "message").collect();
    assert_eq!(turn, [&"reasoning", &"function_call", &"function_call_output"], "{input}");
    let sealed = input.as_array().unwrap().iter().find(|item| item["type"] == "reasoning").unwrap();
    assert_eq!((&sealed["id"], &sealed["encrypted_content"]), (&json!("rs_1"), &json!("gAAA")));
}

#[tokio::test]
async fn a_stream_of_responses_is_a_stream_of_chunks() {
    let upstream = Upstream::start(Script::stream_frames(STREAM)).await;
    let app = TestApp::start(&config(&upstream, "")).await;
    let mut body = with_tools("gpt-5.6-sol");
    body["stream"] = json!(true);
    body["stream_options"] = json!({"include_usage": true});
    let answer = app.chat(&body).await;
    assert_eq!(upstream.requests()[0].json()["stream"], true);
    let frames: Vec<&str> =
        answer.text().split("\n\n").filter_map(|frame| frame.strip_prefix("data: ")).collect();
    assert_eq!(frames.last(), Some(&"[DONE]"));
    let chunks: Vec<Value> =
        frames[..frames.len() - 1].iter().map(|data| serde_json::from_str(data).unwrap()).collect();
    let said: String = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(said, "Hello");
    assert_eq!(chunks.last().unwrap()["usage"]["total_tokens"], 11);
    assert_eq!(app.only_record().await["total_tokens"], 11);
}

#[tokio::test]
async fn a_stream_of_responses_that_breaks_off_is_an_error() {
    let upstream = Upstream::start(Script::stream_frames(STREAM).close_after_frames(3)).await;
    let app = TestApp::start(&config(&upstream, "")).await;
    let mut body = with_tools("gpt-5.6-sol");
    body["stream"] = json!(true);
    let answer = app.chat(&body).await;
    assert!(!answer.text().contains("[DONE]"), "{}", answer.text());
    assert!(answer.text().contains("upstream_closed"), "{}", answer.text());
}

#[tokio::test]
async fn each_request_goes_where_its_model_takes_it() {
    let mut quiet = with_tools("gpt-5.6-sol");
    quiet["reasoning_effort"] = json!("none");
    let (chats, responses) = ("/v1/chat/completions", "/v1/responses");
    for (settings, body, path) in [
        ("", chat("gpt-5.6-sol"), chats),
        ("", quiet, chats),
        ("", with_tools("gpt-4.1"), chats),
        ("[providers.settings]\napi = \"responses\"", chat("gpt-4.1"), responses),
        ("[providers.settings]\napi = \"chat\"", with_tools("gpt-5.6-sol"), chats),
        ("[providers.settings]\napi = \"auto\"", with_tools("gpt-5.6-sol"), responses),
    ] {
        let script = if path == chats { Script::chat("hi") } else { Script::chat_body(ANSWER) };
        let upstream = Upstream::start(script).await;
        let app = TestApp::start(&config(&upstream, settings)).await;
        let answer = app.chat(&body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(upstream.requests()[0].path, path, "{settings} {body}");
    }
}

#[tokio::test]
async fn errors_of_the_responses_api_are_those_of_openai() {
    let body = r#"{"error":{"message":"too long","type":"invalid_request_error","code":"context_length_exceeded"}}"#;
    let upstream = Upstream::start(Script::status(400).json(body)).await;
    let app = TestApp::start(&config(&upstream, "")).await;
    let answer = app.chat(&with_tools("gpt-5.6-sol")).await;
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (400, &json!("context_length_exceeded"))
    );

    let failed = r#"{"id":"resp_1","object":"response","status":"failed","error":{"code":"server_error","message":"oops"},"output":[]}"#;
    upstream.set(Script::chat_body(failed));
    let answer = app.chat(&with_tools("gpt-5.6-sol")).await;
    assert_eq!(answer.status, 502);
    assert!(answer.text().contains("oops"), "{}", answer.text());
}
