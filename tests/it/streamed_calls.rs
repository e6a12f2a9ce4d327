//! Tool calls of streams whose servers number them in their own way: what reaches the client is
//! put together by index, as SDKs do it, and comes out as the calls that were made.

use serde_json::{Value, json};

use crate::support::{Config, Script, TestApp, Upstream, streamed_chat};

/// A chunk with these calls in its delta.
fn chunk(calls: &Value) -> String {
    let chunk = json!({"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [
        {"index": 0, "delta": {"tool_calls": calls}, "finish_reason": null}]});
    format!("data: {chunk}\n\n")
}

fn frames(deltas: &[Value]) -> Vec<String> {
    let mut frames: Vec<String> = deltas.iter().map(chunk).collect();
    frames.push(String::from(
        "data: {\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n",
    ));
    frames.push(String::from("data: [DONE]\n\n"));
    frames
}

/// Id, name and arguments of each call, put together as an SDK does it: by index alone.
fn put_together(stream: &str) -> Vec<(String, String, String)> {
    let mut calls: Vec<(String, String, String)> = Vec::new();
    let chunks = stream.split("\n\n").filter_map(|frame| frame.strip_prefix("data: "));
    let chunks = chunks.filter_map(|data| serde_json::from_str::<Value>(data).ok());
    let list = |chunk: Value| chunk["choices"][0]["delta"]["tool_calls"].as_array().cloned();
    for call in chunks.filter_map(list).flatten() {
        let index = usize::try_from(call["index"].as_u64().expect("each has an index")).unwrap();
        assert!(index <= calls.len(), "a gap before {call}");
        if index == calls.len() {
            calls.push(Default::default());
        }
        let known = &mut calls[index];
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        for (slot, said) in [(&mut known.0, &call["id"]), (&mut known.1, &call["function"]["name"])]
        {
            if slot.is_empty() {
                *slot = word(said);
            }
        }
        known.2.push_str(&word(&call["function"]["arguments"]));
    }
    calls
}

fn call(members: Value, name: &str, arguments: &str) -> Value {
    let mut call = json!({"type": "function", "function": {"arguments": arguments}});
    if !name.is_empty() {
        call["function"]["name"] = json!(name);
    }
    call.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    call
}

#[tokio::test]
async fn calls_are_numbered_before_they_reach_the_client() {
    let two = ["a f {\"x\":1}", "b f {\"x\":2}"];
    for (case, deltas, expected) in [
        (
            "no index",
            vec![
                json!([call(json!({"id": "a"}), "f", "{\"x\":1}")]),
                json!([call(json!({"id": "b"}), "f", "{\"x\"")]),
                json!([call(json!({}), "", ":2}")]),
            ],
            two,
        ),
        (
            "no index, one delta",
            vec![json!([
                call(json!({"id": "a"}), "f", "{\"x\":1}"),
                call(json!({"id": "b"}), "f", "{\"x\":2}")
            ])],
            two,
        ),
        (
            "index null",
            vec![
                json!([call(json!({"index": null, "id": "a"}), "f", "{\"x\":1}")]),
                json!([call(json!({"index": null, "id": "b"}), "f", "{\"x\":2}")]),
            ],
            two,
        ),
        (
            "all 0",
            vec![
                json!([call(json!({"index": 0, "id": "a"}), "f", "{\"x\"")]),
                json!([call(json!({"index": 0}), "", ":1}")]),
                json!([call(json!({"index": 0, "id": "b"}), "f", "")]),
                json!([call(json!({"index": 0}), "", "{\"x\":2}")]),
            ],
            two,
        ),
        (
            "the id again with each fragment",
            vec![
                json!([call(json!({"id": "a"}), "f", "{\"x\"")]),
                json!([call(json!({"id": "a"}), "f", ":1}")]),
                json!([call(json!({"id": "b"}), "f", "{\"x\":2}")]),
            ],
            two,
        ),
        (
            "from 1 on, and interleaved",
            vec![
                json!([call(json!({"index": 1, "id": "a"}), "f", "")]),
                json!([call(json!({"index": 2, "id": "b"}), "f", "{\"x\"")]),
                json!([call(json!({"index": 1}), "", "{\"x\":1}")]),
                json!([call(json!({"index": 2}), "", ":2}")]),
            ],
            two,
        ),
        (
            "backwards",
            vec![
                json!([call(json!({"index": 1, "id": "a"}), "f", "{\"x\":1}")]),
                json!([call(json!({"index": 0, "id": "b"}), "f", "{\"x\":2}")]),
            ],
            two,
        ),
    ] {
        for kind in ["openai_compatible", "remote_http"] {
            let upstream = Upstream::start(Script::stream_frames(&frames(&deltas))).await;
            let provider = format!(
                "[[providers]]\nname = \"up\"\ntype = \"{kind}\"\nbase_url = \"{}\"\napi_key = \"k\"",
                upstream.base_url()
            );
            let config = Config::new().tables(&provider).model("up", "m", "");
            let app = TestApp::start(&config).await;
            let answer = app.chat(&streamed_chat("m")).await;
            let told: Vec<String> = put_together(answer.text())
                .into_iter()
                .map(|(id, name, arguments)| format!("{id} {name} {arguments}"))
                .collect();
            assert_eq!(told, expected, "{kind}, {case}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn a_stream_that_numbers_its_calls_keeps_its_bytes() {
    let deltas = [
        json!([call(json!({"index": 0, "id": "a"}), "f", "")]),
        json!([call(json!({"index": 0}), "", "{}")]),
        json!([call(json!({"index": 1, "id": "b"}), "g", "{}")]),
    ];
    let upstream = Upstream::start(Script::stream_frames(&frames(&deltas))).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    assert_eq!(app.chat(&streamed_chat("gpt-x")).await.text(), frames(&deltas).concat());
}
