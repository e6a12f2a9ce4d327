use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::wire::Shape;
use crate::dialects::request::ClientRequest;
use crate::dialects::same_facts::{assert_close, assert_same};

fn request(shape: Shape, members: Value) -> ClientRequest {
    let mut body = match shape {
        Shape::Chat => json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]}),
        Shape::Generate => json!({"model": "m", "prompt": "hi"}),
    };
    let Value::Object(members) = members else { panic!("members are an object") };
    body.as_object_mut().unwrap().extend(members);
    ClientRequest::ollama(shape, Bytes::from(body.to_string()), None).unwrap()
}

fn messages() -> Vec<Value> {
    let images = json!(["iVBORw0KGgo="]);
    vec![
        json!({"role": "user", "content": "the \"images\" and \"tool_calls\""}),
        json!({"role": "user", "content": "see", "images": images}),
        json!({"role": "user", "content": "see", "images": []}),
        json!({"role": "user", "content": "see", "images": null}),
        json!({"role": "user", "content": "see", "images": [5]}),
        json!({"role": "critic", "images": images}),
        json!({"role": "system", "content": "s", "images": images}),
        json!({"role": "assistant", "content": "a", "images": images}),
        json!({"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]}),
        json!({"role": "assistant", "content": "a", "tool_calls": [{"function": {}}, 5]}),
        json!({"role": "assistant", "content": "a", "tool_calls": []}),
        json!({"role": "tool", "content": "r", "tool_name": "f"}),
        json!({"role": "tool", "content": "r", "images": images}),
    ]
}

fn members() -> Vec<Value> {
    vec![
        json!({}),
        json!({"stream": false}),
        json!({"stream": null, "options": null, "think": null, "format": null, "tools": null}),
        json!({"options": {"num_predict": 9}}),
        json!({"options": {"num_predict": -1}}),
        json!({"options": {"num_predict": null}}),
        json!({"options": {"num_predict": 9.5}}),
        json!({"format": "json"}),
        json!({"format": {"type": "object"}}),
        json!({"think": true}),
        json!({"think": false}),
        json!({"think": "HIGH"}),
        json!({"think": "none"}),
        json!({"think": "very"}),
        json!({"tools": []}),
        json!({"tools": [{"type": "function", "function": {"name": "f"}}]}),
        json!({"tools": [{"type": "function", "function": 5}, {"type": "web_search"}]}),
        json!({"provider": {"order": ["up"]}, "models": ["a", "b"]}),
        json!({"keep_alive": "5m"}),
    ]
}

proptest! {
    #[test]
    fn they_are_those_of_the_chat_body(
        messages in prop::collection::vec(prop::sample::select(messages()), 1..5),
        members in prop::collection::vec(prop::sample::select(members()), 0..4),
        has_images: bool,
    ) {
        let mut all = json!({});
        for members in members {
            all.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        }
        let mut generate = all.clone();
        generate["images"] = if has_images { json!(["iVBORw0KGgo="]) } else { Value::Null };
        assert_same(&request(Shape::Generate, generate));
        all["messages"] = Value::from(messages);
        assert_same(&request(Shape::Chat, all));
    }
}

#[test]
fn each_message_and_member_says_the_same_alone() {
    for message in messages() {
        assert_same(&request(Shape::Chat, json!({"messages": [message]})));
    }
    for members in members() {
        assert_same(&request(Shape::Chat, members.clone()));
        assert_same(&request(Shape::Generate, members));
    }
}

#[test]
fn tokens_are_about_as_many() {
    let words = "All work and no play makes Jack a dull boy. ".repeat(200);
    let images = json!(["iVBORw0KGgo=".repeat(10_000)]);
    for members in [
        json!({"messages": [{"role": "system", "content": words}, {"role": "user", "content": "a"}]}),
        json!({"messages": [{"role": "user", "content": "a", "images": images}]}),
        json!({"tools": [{"type": "function", "function": {"name": "f", "description": words}}]}),
    ] {
        assert_close(&request(Shape::Chat, members));
    }
    for members in [json!({"system": words}), json!({"prompt": words}), json!({"images": images})] {
        assert_close(&request(Shape::Generate, members));
    }
}

#[test]
fn places_are_those_of_the_client() {
    let messages = json!([{"role": "system", "content": "s"}, {"role": "user", "content": "a", "images": ["AAAA"]}]);
    let request = request(Shape::Chat, json!({"messages": messages}));
    assert_eq!(request.facts.needs.image.unwrap().message, 1);
}
