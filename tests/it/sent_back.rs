//! A conversation with tools, sent back as a client's SDK puts it together: what the provider
//! sealed comes back to it as it was, whether the answer was whole or streamed.

use serde_json::{Value, json};

use crate::support::{Config, Script, TestApp, Upstream};

const CLAUDE_ANSWER: &str = include_str!("../fixtures/anthropic/answer_tools.json");
const CLAUDE_STREAM: &str = include_str!("../fixtures/anthropic/stream_tools.sse");
const GEMINI_ANSWER: &str = include_str!("../fixtures/gemini/answer_tools.json");
const GEMINI_STREAM: &str = include_str!("../fixtures/gemini/stream_tools.sse");

/// Asks, appends the answer's message and a result for each of its calls, and asks again. Answers
/// what the provider was sent then.
async fn second_request(kind: &str, model: &str, answer: &str, stream: &str) -> [Value; 2] {
    let mut seen = Vec::new();
    for is_stream in [false, true] {
        let script = match is_stream {
            true => Script::status(200).body("text/event-stream", stream),
            false => Script::chat_body(answer),
        };
        let upstream = Upstream::start(script).await;
        let provider = format!(
            "[[providers]]\nname = \"up\"\ntype = \"{kind}\"\nbase_url = \"{}\"\napi_key = \"k\"",
            upstream.base_url()
        );
        let app = TestApp::start(&Config::new().tables(&provider).model("up", model, "")).await;
        let tool = |name: &str| json!({"type": "function", "function": {"name": name}});
        let mut body = json!({
            "model": model, "reasoning_effort": "high", "stream": is_stream,
            "messages": [{"role": "user", "content": "How is the weather?"}],
            "tools": [tool("get_weather"), tool("get_time"), tool("now")],
        });
        let answer = app.chat(&body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let message = match is_stream {
            true => joined(answer.text()),
            false => answer.json()["choices"][0]["message"].clone(),
        };
        let calls = message["tool_calls"].as_array().unwrap().clone();
        let messages = body["messages"].as_array_mut().unwrap();
        messages.push(message);
        messages.extend(calls.iter().map(
            |call| json!({"role": "tool", "tool_call_id": call["id"], "content": "\"sunny\""}),
        ));
        let answer = app.chat(&body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        seen.push(upstream.requests()[1].json());
    }
    seen.try_into().unwrap()
}

/// The message that a client makes of the chunks.
fn joined(stream: &str) -> Value {
    let (mut content, mut blocks, mut calls) = (String::new(), Vec::new(), Vec::<Value>::new());
    let datas = stream.split("\n\n").filter_map(|frame| frame.strip_prefix("data: "));
    for chunk in datas.filter_map(|data| serde_json::from_str::<Value>(data).ok()) {
        let delta = &chunk["choices"][0]["delta"];
        content.push_str(delta["content"].as_str().unwrap_or_default());
        blocks.extend(delta["thinking_blocks"].as_array().into_iter().flatten().cloned());
        for part in delta["tool_calls"].as_array().into_iter().flatten() {
            let index = part["index"].as_u64().unwrap() as usize;
            if index == calls.len() {
                calls.push(part.clone());
                continue;
            }
            let more = part["function"]["arguments"].as_str().unwrap_or_default();
            let arguments = &mut calls[index]["function"]["arguments"];
            *arguments = json!(format!("{}{more}", arguments.as_str().unwrap_or_default()));
        }
    }
    json!({"role": "assistant", "content": content, "thinking_blocks": blocks, "tool_calls": calls})
}

fn of_type<'v>(blocks: &'v Value, kind: &str) -> Vec<&'v Value> {
    blocks.as_array().unwrap().iter().filter(|block| block["type"] == kind).collect()
}

#[tokio::test]
async fn claude_gets_its_signed_thinking_where_it_stood() {
    let seen = second_request("claude", "claude-opus-4-6", CLAUDE_ANSWER, CLAUDE_STREAM).await;
    for (sent, (first, signature)) in
        seen.iter().zip([("First.", "EqQBCgIYAhIM"), ("Okay", "EqQBCgIYAhIM1gbcDa9GJwZA2b3h")])
    {
        let turn = &sent["messages"][1];
        assert_eq!(turn["role"], "assistant", "{sent}");
        let text = json!({"type": "text", "text": first});
        let thinking =
            json!({"type": "thinking", "thinking": "Two cities.", "signature": signature});
        let redacted = json!({"type": "redacted_thinking", "data": "EmwKAhgBEgy3va3pzix"});
        let begin = turn["content"].as_array().unwrap().get(..3);
        assert_eq!(begin, Some([text, thinking, redacted].as_slice()), "{sent}");
        assert_eq!(sent["thinking"]["type"], "adaptive", "it may think on: {sent}");

        let calls = of_type(&turn["content"], "tool_use");
        let results = of_type(&sent["messages"][2]["content"], "tool_result");
        let ids: Vec<&Value> = calls.iter().map(|call| &call["id"]).collect();
        let answered: Vec<&Value> = results.iter().map(|result| &result["tool_use_id"]).collect();
        assert_eq!((ids.len(), &ids), (2, &answered), "{sent}");
        assert_eq!(calls[1]["input"], json!({}));
    }
}

#[tokio::test]
async fn gemini_gets_the_signature_of_the_first_call() {
    let seen = second_request("gemini", "gemini-3.8-flash", GEMINI_ANSWER, GEMINI_STREAM).await;
    for (sent, signature) in seen.iter().zip(["EpwBCpkBAXLI2nw", "Ep=="]) {
        let parts = sent["contents"][1]["parts"].as_array().unwrap();
        let calls: Vec<&Value> =
            parts.iter().filter(|part| part.get("functionCall").is_some()).collect();
        let signatures: Vec<Option<&str>> =
            calls.iter().map(|part| part["thoughtSignature"].as_str()).collect();
        assert_eq!(signatures, [Some(signature), None, None], "{sent}");
        let results = sent["contents"][2]["parts"].as_array().unwrap();
        let ids = |parts: &[&Value], kind: &str| {
            parts.iter().map(|part| part[kind]["id"].clone()).collect::<Vec<Value>>()
        };
        let answered = ids(&results.iter().collect::<Vec<_>>(), "functionResponse");
        assert_eq!(ids(&calls, "functionCall"), answered, "{sent}");
    }
}
