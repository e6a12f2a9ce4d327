use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::dialects::request::ClientRequest;
use crate::dialects::same_facts::{assert_close, assert_same};

fn read(bytes: Bytes, is_stream: bool) -> ClientRequest {
    ClientRequest::generate(bytes, String::from("m"), is_stream).unwrap()
}

fn request(members: Value) -> ClientRequest {
    let mut body = json!({"contents": [{"parts": [{"text": "hi"}]}]});
    let Value::Object(members) = members else { panic!("members are an object") };
    body.as_object_mut().unwrap().extend(members);
    read(Bytes::from(body.to_string()), false)
}

fn inline(mime: &str, data: &str) -> Value {
    json!({"inlineData": {"mimeType": mime, "data": data}})
}

fn parts() -> Vec<Value> {
    let at = |mime: &str| json!({"fileData": {"fileUri": "https://x/y", "mimeType": mime}});
    let image = inline("image/png", "iVBORw0KGgo=");
    vec![
        json!({"text": "an \"inlineData\" and a \"functionCall\""}),
        json!({"text": "", "inlineData": {"mimeType": "image/png", "data": "AAAA"}}),
        image.clone(),
        json!({"inline_data": {"mime_type": "IMAGE/PNG; a=b", "data": "iVBORw0KGgo="}}),
        inline("audio/wav", "AAAA"),
        inline("video/mp4", "AAAA"),
        inline("text/plain", "YWJj"),
        inline("application/json", "e30="),
        inline("application/pdf", "JVBERi0xLjQK"),
        inline("application/octet-stream", "iVBORw0KGgo="),
        at("image/png"),
        at("audio/wav"),
        at("video/mp4"),
        at("application/pdf"),
        at("text/plain"),
        json!({"file_data": {"file_uri": "https://x/y"}}),
        json!({"functionCall": {"name": "f", "args": {}}}),
        json!({"functionCall": {"name": "f"}, "thoughtSignature": "c2ln"}),
        json!({"functionCall": 5}),
        json!({"functionResponse": {"name": "f", "response": {"output": "x"}}}),
        json!({"functionResponse": {"name": "f", "response": {}, "parts": [image]}}),
        json!({"text": "hm", "thought": true}),
        json!({"executableCode": {"code": "1"}}),
        json!({"laterKind": {}}),
    ]
}

fn members() -> Vec<Value> {
    let config = |config: Value| json!({"generationConfig": config});
    let choice = |choice: Value| json!({"toolConfig": {"functionCallingConfig": choice}});
    let declared = json!([{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT"}}, {"name": "g"}]}]);
    vec![
        json!({}),
        config(json!({"maxOutputTokens": 9, "candidateCount": 1})),
        config(json!({"max_output_tokens": "9", "candidate_count": 2})),
        config(json!({"maxOutputTokens": 64.0, "candidateCount": 2.5})),
        config(json!({"maxOutputTokens": -1})),
        config(json!({"maxOutputTokens": 184467440737095516160.0})),
        config(json!({"responseSchema": {"type": "OBJECT"}})),
        config(json!({"responseMimeType": "application/json"})),
        config(json!({"thinkingConfig": {"thinkingLevel": "HIGH"}})),
        config(json!({"thinkingConfig": {"thinkingBudget": 0}})),
        config(json!({"thinkingConfig": {"thinkingBudget": -1}})),
        json!({"tools": declared}),
        json!({"tools": declared[0]}),
        json!({"tools": [{"functionDeclarations": [{"name": "g"}]}]}),
        json!({"tools": [{"functionDeclarations": []}]}),
        json!({"tools": [{"googleSearch": {}}]}),
        choice(json!({"mode": "ANY"})),
        choice(json!({"mode": "ANY", "allowedFunctionNames": ["x", "y"]})),
        choice(json!({"mode": "any", "allowedFunctionNames": ["f", "y"]})),
        choice(json!({"mode": "AUTO"})),
        json!({"provider": {"order": ["up"]}, "models": ["a", "b"]}),
        json!({"systemInstruction": {"parts": [{"text": "an \"inlineData\""}]}}),
    ]
}

proptest! {
    #[test]
    fn they_are_those_of_the_chat_body(
        contents in prop::collection::vec(
            (prop::sample::select(vec!["user", "model", "system", ""]),
                prop::collection::vec(prop::sample::select(parts()), 0..3)),
            1..4,
        ),
        members in prop::collection::vec(prop::sample::select(members()), 0..3),
        is_stream: bool,
    ) {
        let content = |(role, parts)| json!({"role": role, "parts": parts});
        let contents: Vec<Value> = contents.into_iter().map(content).collect();
        let mut body = json!({"contents": contents});
        for members in members {
            body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        }
        assert_same(&read(Bytes::from(body.to_string()), is_stream));
    }
}

#[test]
fn each_part_and_member_says_the_same_alone() {
    for part in parts() {
        for role in ["user", "model"] {
            let contents = json!([{"role": role, "parts": [part]}]);
            assert_same(&request(json!({"contents": contents})));
        }
    }
    for members in members() {
        assert_same(&request(members));
    }
    for name in ["agent", "classifier"] {
        let path =
            format!("{}/tests/fixtures/gemini/client_{name}.json", env!("CARGO_MANIFEST_DIR"));
        assert_same(&read(Bytes::from(std::fs::read(path).unwrap()), true));
    }
}

#[test]
fn tokens_are_about_as_many() {
    let words = "All work and no play makes Jack a dull boy. ".repeat(200);
    let image = inline("image/png", &"iVBORw0KGgo=".repeat(10_000));
    for members in [
        json!({"systemInstruction": {"parts": [{"text": words}]}}),
        json!({"contents": [{"parts": [{"text": words}]}]}),
        json!({"contents": [{"parts": [image]}]}),
        json!({"contents": [{"parts": [{"text": words, "thoughtSignature": words.replace(' ', "")}]}]}),
        json!({"tools": [{"functionDeclarations": [{"name": "f", "description": words, "parameters": {"type": "OBJECT"}}]}]}),
    ] {
        assert_close(&request(members));
    }
}

#[test]
fn places_are_those_of_the_client() {
    let image = inline("image/png", "AAAA");
    let contents = json!([{"parts": [{"text": "a"}]}, {"parts": [{"text": "b"}, image]}]);
    let request = request(json!({"contents": contents, "systemInstruction": "s"}));
    assert_eq!(request.facts.needs.image.unwrap().to_string(), "messages[1].content[1]");
}
