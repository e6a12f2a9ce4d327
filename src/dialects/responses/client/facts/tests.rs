use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::dialects::Dialect;
use crate::dialects::request::ClientRequest;
use crate::dialects::same_facts::{assert_close, assert_same};
use crate::domain::chat::Maker;

fn read(bytes: Bytes) -> ClientRequest {
    ClientRequest::parse(Dialect::OpenAiResponses(Maker::OpenAi), bytes, None).unwrap()
}

fn request(members: Value) -> ClientRequest {
    let mut body = json!({"model": "m", "input": "hi"});
    let Value::Object(members) = members else { panic!("members are an object") };
    body.as_object_mut().unwrap().extend(members);
    read(Bytes::from(body.to_string()))
}

fn user(part: Value) -> Value {
    json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "see"}, part]})
}

fn items() -> Vec<Value> {
    let png = "data:image/png;base64,iVBORw0KGgo=";
    let image = json!({"type": "input_image", "image_url": png});
    let file = |data: &str| json!({"type": "input_file", "filename": "a", "file_data": data});
    let function = json!({"type": "function", "name": "g", "parameters": {"type": "object"}});
    let result =
        |output: Value| json!({"type": "function_call_output", "call_id": "1", "output": output});
    vec![
        json!({"role": "user", "content": "an \"input_image\" and a \"function_call\""}),
        json!({"role": "developer", "content": "be short"}),
        user(image.clone()),
        user(json!({"type": "input_image", "image_url": {"url": "https://x/y.png"}})),
        user(file("JVBERi0xLjQK")),
        user(file("data:text/plain;base64,YWJj")),
        user(file("data:image/png;base64,iVBORw0KGgo=")),
        user(json!({"type": "input_file", "file_url": "https://x/a.pdf"})),
        user(json!({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}})),
        json!({"role": "user", "content": image}),
        json!({"role": "assistant", "content": [{"type": "output_text", "text": "a"}, image]}),
        json!({"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"}),
        json!({"type": "custom_tool_call", "call_id": "2", "name": "e", "input": "ls"}),
        json!({"type": "function_call", "name": "f", "arguments": "{}"}),
        result(json!("done")),
        result(json!([image])),
        result(json!({"type": "input_image", "image_url": png})),
        json!({"type": "shell_call_output", "call_id": "3", "output": [{"type": "input_image", "image_url": png}]}),
        json!({"type": "computer_call_output", "call_id": "4", "output": {"type": "computer_screenshot", "image_url": png}}),
        json!({"type": "reasoning", "summary": [], "encrypted_content": "gAAAA"}),
        json!({"type": "web_search_call", "action": {"query": "rust"}}),
        json!({"type": "image_generation_call", "result": "iVBORw0KGgo="}),
        json!({"type": "compaction_trigger"}),
        json!({"type": "additional_tools", "tools": [function]}),
        json!({"type": "additional_tools", "tools": [{"type": "web_search"}]}),
        json!({"type": "tool_search_output", "call_id": "5", "tools": [function]}),
        json!({"type": "of_tomorrow", "text": "t"}),
    ]
}

fn tools() -> Vec<Value> {
    let function = json!({"type": "function", "name": "f", "parameters": {"type": "object"}});
    let mut deferred = function.clone();
    deferred["defer_loading"] = json!(true);
    vec![
        function.clone(),
        json!({"name": "bare"}),
        json!({"type": "custom", "name": "e"}),
        json!({"type": "local_shell"}),
        json!({"type": "shell"}),
        json!({"type": "shell", "environment": {"type": "container_auto"}}),
        json!({"type": "web_search"}),
        json!({"type": "namespace", "name": "n", "tools": [function]}),
        json!({"type": "namespace", "name": "n", "tools": []}),
        deferred,
        json!({"type": "tool_search", "execution": "client"}),
        json!({"type": "tool_search"}),
    ]
}

fn members() -> Vec<Value> {
    vec![
        json!({}),
        json!({"stream": true}),
        json!({"stream": null, "max_output_tokens": null}),
        json!({"max_output_tokens": 9}),
        json!({"max_output_tokens": 9.5}),
        json!({"max_output_tokens": 184467440737095516160.0}),
        json!({"tool_choice": "required"}),
        json!({"tool_choice": "none"}),
        json!({"tool_choice": {"type": "allowed_tools", "mode": "required", "tools": []}}),
        json!({"reasoning": {"effort": "high"}}),
        json!({"reasoning": {"effort": "none"}}),
        json!({"reasoning": {"effort": "immense", "summary": "auto"}}),
        json!({"text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}}}),
        json!({"text": {"format": {"type": "json_object"}}}),
        json!({"provider": {"order": ["up"]}, "models": ["a", "b"]}),
        json!({"instructions": "an \"input_image\"", "prompt_cache_key": "k"}),
    ]
}

proptest! {
    #[test]
    fn they_are_those_of_the_chat_body(
        items in prop::collection::vec(prop::sample::select(items()), 0..5),
        tools in prop::collection::vec(prop::sample::select(tools()), 0..3),
        members in prop::collection::vec(prop::sample::select(members()), 0..3),
    ) {
        let mut body = json!({"input": [{"role": "user", "content": "hi"}], "tools": tools});
        body["input"].as_array_mut().unwrap().extend(items);
        for members in members {
            body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        }
        assert_same(&request(body));
    }
}

#[test]
fn each_item_and_tool_says_the_same_alone() {
    for item in items() {
        assert_same(&request(json!({"input": [{"role": "user", "content": "hi"}, item]})));
    }
    for tool in tools() {
        assert_same(&request(json!({"tools": [tool], "tool_choice": "required"})));
    }
    let tools = json!([{"type": "function", "name": "f"}]);
    let named = json!({"type": "function", "name": "f"});
    assert_same(&request(json!({"tools": tools, "tool_choice": named})));
    let allowed = json!({"type": "allowed_tools", "mode": "required", "tools": [named]});
    assert_same(&request(json!({"tools": tools, "tool_choice": allowed})));
    for name in ["codex_lite", "codex_unknown"] {
        let path =
            format!("{}/tests/fixtures/responses_client/{name}.json", env!("CARGO_MANIFEST_DIR"));
        assert_same(&read(Bytes::from(std::fs::read(path).unwrap())));
    }
}

#[test]
fn tokens_are_about_as_many() {
    let words = "All work and no play makes Jack a dull boy. ".repeat(200);
    let image = format!("data:image/png;base64,{}", "iVBORw0KGgo=".repeat(10_000));
    for members in [
        json!({"instructions": words}),
        json!({"input": words}),
        json!({"input": [{"role": "user", "content": [{"type": "input_text", "text": words}]}]}),
        json!({"input": [user(json!({"type": "input_image", "image_url": image}))]}),
        json!({"input": [{"role": "user", "content": words}, {"type": "reasoning", "summary": [], "encrypted_content": words.replace(' ', "")}]}),
        json!({"tools": [{"type": "function", "name": "f", "description": words, "parameters": {"type": "object"}}]}),
    ] {
        assert_close(&request(members));
    }
}

#[test]
fn places_are_those_of_the_client() {
    let image = json!({"type": "input_image", "image_url": "https://a.example/b"});
    let input = json!([{"role": "user", "content": "a"}, user(image)]);
    let request = request(json!({"instructions": "s", "input": input}));
    assert_eq!(request.facts.needs.image.unwrap().to_string(), "messages[1].content[1]");
}

#[test]
fn only_what_asks_for_a_summary_is_a_compaction() {
    let is_compaction =
        |input: Value| request(json!({"input": input})).responses().unwrap().is_compaction;
    assert!(is_compaction(json!([{"type": "compaction_trigger"}])));
    assert!(!is_compaction(json!("a \"compaction_trigger\"")));
    assert!(!is_compaction(json!([user(json!({"type": "compaction_trigger"}))])));
}
