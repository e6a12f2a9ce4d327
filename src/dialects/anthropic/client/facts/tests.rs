use bytes::Bytes;
use serde_json::{Value, json};

use crate::dialects::Dialect;
use crate::dialects::request::ClientRequest;
use crate::dialects::same_facts::{assert_close, assert_same};

fn request(members: Value) -> ClientRequest {
    let mut body =
        json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]});
    let Value::Object(members) = members else { panic!("members are an object") };
    body.as_object_mut().unwrap().extend(members);
    ClientRequest::parse(Dialect::AnthropicMessages, Bytes::from(body.to_string()), None).unwrap()
}

#[test]
fn they_are_those_of_the_chat_body() {
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}});
    let pdf = json!({"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjQK"}});
    let text = json!({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "abc"}});
    let call = json!({"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "f", "input": {"type": "image"}}]});
    let result = |content: Value| json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": content}]});
    let user = |content: Value| json!({"role": "user", "content": content});
    let tool = json!({"name": "f", "input_schema": {"type": "object"}});
    let bash = json!({"type": "bash_20250124", "name": "bash"});
    let search = json!({"type": "web_search_20250305", "name": "web_search"});
    for members in [
        json!({}),
        json!({"stream": true}),
        json!({"stream": null, "max_tokens": null}),
        json!({"messages": [user(json!([image]))]}),
        json!({"messages": [user(json!([{"type": "text", "text": "a \"image\" b"}]))]}),
        json!({"messages": [user(json!([pdf]))]}),
        json!({"messages": [user(json!([text]))]}),
        json!({"messages": [user(json!("a")), call, result(json!("done"))]}),
        json!({"messages": [user(json!("a")), call, result(json!([image]))]}),
        json!({"messages": [{"role": "assistant", "content": [image]}, user(json!("a"))]}),
        json!({"tools": [tool]}),
        json!({"tools": [bash]}),
        json!({"tools": [tool, search], "tool_choice": {"type": "any"}}),
        json!({"tools": [tool], "tool_choice": {"type": "tool", "name": "f"}}),
        json!({"tools": [tool], "tool_choice": {"type": "auto"}}),
        json!({"thinking": {"type": "disabled"}}),
        json!({"thinking": {"type": "adaptive"}}),
        json!({"thinking": {"type": "enabled", "budget_tokens": 2048}}),
        json!({"output_config": {"effort": "high"}}),
        json!({"output_config": {"effort": "none"}}),
        json!({"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}),
        json!({"output_format": {"type": "json_schema", "schema": {"type": "object"}}}),
        json!({"provider": {"order": ["up"]}, "models": ["a", "b"]}),
    ] {
        assert_same(&request(members));
    }
}

#[test]
fn what_anthropics_servers_run_needs_no_tools_of_a_model() {
    let search = json!({"type": "web_search_20250305", "name": "web_search"});
    let request = request(json!({"tools": [search], "tool_choice": {"type": "auto"}}));
    assert!(!request.facts.needs.tools && !request.facts.needs.forced_tool);
}

#[test]
fn tokens_are_about_as_many() {
    let words = "All work and no play makes Jack a dull boy. ".repeat(200);
    let data = "iVBORw0KGgo=".repeat(10_000);
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}});
    for members in [
        json!({"system": words}),
        json!({"system": [{"type": "text", "text": words}]}),
        json!({"messages": [{"role": "user", "content": [{"type": "text", "text": words}]}]}),
        json!({"messages": [{"role": "user", "content": [image]}]}),
        json!({"tools": [{"name": "f", "description": words, "input_schema": {"type": "object"}}]}),
    ] {
        assert_close(&request(members));
    }
}

#[test]
fn places_are_those_of_the_client() {
    let image = json!({"type": "image", "source": {"type": "url", "url": "https://a.example/b"}});
    let messages = json!([
        {"role": "user", "content": "a"},
        {"role": "user", "content": [{"type": "text", "text": "b"}, image]},
    ]);
    let request = request(json!({"system": "s", "messages": messages}));
    assert_eq!(request.facts.needs.image.unwrap().to_string(), "messages[1].content[1]");
}
