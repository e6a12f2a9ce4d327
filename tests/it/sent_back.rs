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
            let others = part.as_object().unwrap().iter().filter(|(name, _)| *name != "function");
            others.for_each(|(name, value)| calls[index][name] = value.clone());
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

/// The events in which Claude streams these blocks.
fn claude_stream(content: &Value) -> String {
    let mut events = vec![json!({"type": "message_start",
        "message": {"id": "msg_1", "model": "claude-opus-4-6", "content": []}})];
    for (index, block) in content.as_array().unwrap().iter().enumerate() {
        let mut begun = block.clone();
        let mut deltas = Vec::new();
        for (member, kind, part) in [
            ("text", "text_delta", "text"),
            ("thinking", "thinking_delta", "thinking"),
            ("signature", "signature_delta", "signature"),
            ("input", "input_json_delta", "partial_json"),
        ] {
            let Some(value) = block.get(member) else { continue };
            begun[member] = if member == "input" { json!({}) } else { json!("") };
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            deltas.push(json!({"type": kind, part: text}));
        }
        events.push(json!({"type": "content_block_start", "index": index, "content_block": begun}));
        events.extend(
            deltas.into_iter().map(
                |delta| json!({"type": "content_block_delta", "index": index, "delta": delta}),
            ),
        );
        events.push(json!({"type": "content_block_stop", "index": index}));
    }
    events.push(json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}}));
    events.push(json!({"type": "message_stop"}));
    events.iter().map(|event| format!("data: {event}\n\n")).collect()
}

#[tokio::test]
async fn claude_gets_a_turn_of_many_steps_in_its_order() {
    let thinking = |text: &str, signature: &str| json!({"type": "thinking", "thinking": text, "signature": signature});
    let call =
        |id: &str, n: u64| json!({"type": "tool_use", "id": id, "name": "now", "input": {"n": n}});
    let text = |text: &str| json!({"type": "text", "text": text});
    let redacted = |data: &str| json!({"type": "redacted_thinking", "data": data});
    for content in [
        json!([thinking("a", "s1"), call("c1", 1), thinking("b", "s2"), call("c2", 2)]),
        json!([
            redacted("d1"),
            text("é"),
            call("c1", 1),
            redacted("d2"),
            text("🌍 x"),
            thinking("b", "s2"),
            thinking("", "s3"),
            call("c2", 2),
            call("c3", 3)
        ]),
        json!([call("c1", 1), text("between"), call("c2", 2), text("at the end")]),
        json!([thinking("a", "s1"), text("x"), thinking("b", "s2"), text("y"), call("c1", 1)]),
    ] {
        let answer = json!({"id": "msg_1", "type": "message", "role": "assistant",
            "model": "claude-opus-4-6", "content": content, "stop_reason": "tool_use"});
        let stream = claude_stream(&content);
        let seen = second_request("claude", "claude-opus-4-6", &answer.to_string(), &stream).await;
        for sent in seen {
            assert_eq!(sent["messages"][1]["content"], content);
        }
    }
}

#[tokio::test]
async fn the_responses_api_gets_its_items_in_their_order() {
    let reasoning = |id: &str, text: &str| {
        json!({"type": "reasoning", "id": id,
        "summary": [{"type": "summary_text", "text": text}], "encrypted_content": id})
    };
    let call = |id: &str| {
        json!({"type": "function_call", "call_id": id, "name": "now",
        "arguments": "{}"})
    };
    let say = |text: &str| {
        json!({"type": "message", "role": "assistant",
        "content": [{"type": "output_text", "text": text}]})
    };
    for output in [
        json!([reasoning("rs_1", "a"), call("c1"), reasoning("rs_2", "b"), call("c2")]),
        json!([
            reasoning("rs_1", "a"),
            say("x"),
            call("c1"),
            say("y"),
            reasoning("rs_2", "b"),
            call("c2"),
            call("c3")
        ]),
    ] {
        let response = json!({"id": "resp_1", "object": "response", "status": "completed",
            "model": "gpt-5.6-sol", "output": output});
        let items = output.as_array().unwrap().iter().enumerate();
        let events = items
            .map(|(at, item)| json!({"type": "response.output_item.done", "output_index": at, "item": item}))
            .chain([json!({"type": "response.completed", "response": response})]);
        let stream: String = events.map(|event| format!("data: {event}\n\n")).collect();
        let answer = response.to_string();
        for sent in second_request("openai", "gpt-5.6-sol", &answer, &stream).await {
            let count = output.as_array().unwrap().len();
            assert_eq!(
                sent["input"].as_array().unwrap().get(1..=count),
                output.as_array().map(Vec::as_slice)
            );
        }
    }
}

#[tokio::test]
async fn gemini_gets_its_parts_in_their_order() {
    let call =
        |n: u64| json!({"functionCall": {"id": format!("c{n}"), "name": "now", "args": {"n": n}}});
    let signed = |mut part: Value, signature: &str| {
        part["thoughtSignature"] = json!(signature);
        part
    };
    let parts = json!([signed(json!({"text": "first"}), "s1"), signed(call(1), "s2"),
        {"text": "then"}, signed(call(2), "s3"), call(3), signed(json!({"text": ""}), "s4")]);
    let frame = json!({"candidates": [{"index": 0, "content": {"role": "model", "parts": parts},
        "finishReason": "STOP"}], "modelVersion": "gemini-3.8-flash"})
    .to_string();
    let stream = format!("data: {frame}\n\n");
    for sent in second_request("gemini", "gemini-3.8-flash", &frame, &stream).await {
        assert_eq!(sent["contents"][1]["parts"], parts);
    }
}

#[tokio::test]
async fn gemini_is_asked_where_a_user_said_nothing() {
    let upstream = Upstream::start(Script::chat_body(GEMINI_ANSWER)).await;
    let provider = format!(
        "[[providers]]\nname = \"up\"\ntype = \"gemini\"\nbase_url = \"{}\"\napi_key = \"k\"",
        upstream.base_url()
    );
    let model = "gemini-3.8-flash";
    let app = TestApp::start(&Config::new().tables(&provider).model("up", model, "")).await;
    let call =
        json!({"id": "c1", "type": "function", "function": {"name": "now", "arguments": "{}"}});
    let messages = json!([
        {"role": "user", "content": ""},
        {"role": "assistant", "content": null, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "noon"},
    ]);
    for messages in [messages.clone(), json!([messages[0]])] {
        let answer = app.chat(&json!({"model": model, "messages": messages})).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let sent = upstream.requests().pop().unwrap().json();
        assert_eq!(sent["contents"][0], json!({"role": "user", "parts": [{"text": ""}]}));
        assert_eq!(sent["contents"].as_array().unwrap().len(), messages.as_array().unwrap().len());
    }
}

/// A signature that its vendor does not take any more: the call is made once more without the thinking.
#[tokio::test]
async fn thinking_that_the_vendor_refuses_is_left_out_once() {
    const ANTHROPIC: &str = r#"{"type":"error","error":{"type":"invalid_request_error","message":"messages.1.content.0: Invalid `signature` in `thinking` block"}}"#;
    const GOOGLE: &str = r#"{"error":{"code":400,"message":"Thought signature is not valid","status":"INVALID_ARGUMENT"}}"#;
    let thinking = json!({"type": "thinking", "thinking": "hm", "signature": "c3RhbGU="});
    let google = json!({"type": "thinking", "thinking": "hm", "signature": "c3RhbGU=", "format": "google-gemini-v1"});
    for (kind, model, error, answer, thinking) in [
        ("claude", "claude-haiku-4-5", ANTHROPIC, CLAUDE_ANSWER, thinking),
        ("gemini", "gemini-2.5-flash", GOOGLE, GEMINI_ANSWER, google),
    ] {
        let refused = || Script::status(400).json(error);
        let good = Script::chat_body(answer);
        let upstream = Upstream::sequence(vec![refused(), good, refused(), refused()]).await;
        let provider = format!(
            "[[providers]]\nname = \"up\"\ntype = \"{kind}\"\nbase_url = \"{}\"\napi_key = \"k\"",
            upstream.base_url()
        );
        let config = Config::new().tables(&provider).model("up", model, "");
        let app = TestApp::start(&config).await;
        let said = |thinking: &[&Value]| {
            json!({"model": model, "messages": [
                {"role": "user", "content": "a"},
                {"role": "assistant", "content": "b", "thinking_blocks": thinking},
                {"role": "user", "content": "c"},
            ]})
        };
        let answer = app.chat(&said(&[&thinking])).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let sent = |at: usize| upstream.requests()[at].json().to_string();
        assert!(sent(0).contains("c3RhbGU="), "{}", sent(0));
        assert!(!sent(1).contains("c3RhbGU=") && sent(1).contains("\"b\""), "{}", sent(1));
        // Only once, and not at all where there is nothing to leave out.
        assert_ne!(app.chat(&said(&[&thinking])).await.status, 200);
        assert_eq!(upstream.requests().len(), 4);
        assert_ne!(app.chat(&said(&[])).await.status, 200);
        assert_eq!(upstream.requests().len(), 5);
    }
}
