//! What a model's thinking is signed with comes back to it, whatever the API of the client that kept
//! it, and to nobody else.

use bytes::Bytes;
use llm_router::config::payload_mapping::PayloadMapping;
use llm_router::dialects::translate::request::{UpstreamTarget, to_upstream};
use llm_router::domain::provider_kind::ProviderKind;
use serde_json::{Map, Value, json};

use super::apis::{Api, Chat, Gemini, Messages, Responses, answered_to};
use super::capabilities;

/// An upstream's answer with calls, and what is signed in it.
const SIGNED: [(Api, ProviderKind, &str, &str, &str); 3] = [
    (
        Messages,
        ProviderKind::Claude,
        "claude-opus-4-8",
        include_str!("../../fixtures/anthropic/answer_tools.json"),
        "/content/1/signature",
    ),
    (
        Gemini,
        ProviderKind::Gemini,
        "gemini-3.1-pro-preview",
        include_str!("../../fixtures/gemini/answer_tools.json"),
        "/candidates/0/content/parts/1/thoughtSignature",
    ),
    (
        Responses,
        ProviderKind::Openai,
        "gpt-5.6-sol",
        include_str!("../../fixtures/responses/answer_tools.json"),
        "/output/0/encrypted_content",
    ),
];

/// The next request: the answer as it came, and a result for each call.
fn history(client: Api, answer: &Value) -> Value {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    match client {
        Chat => {
            let message = &answer["choices"][0]["message"];
            let mut messages = vec![json!({"role": "user", "content": "hi"}), message.clone()];
            messages.extend(list(&message["tool_calls"]).iter().map(
                |call| json!({"role": "tool", "tool_call_id": call["id"], "content": "sunny"}),
            ));
            json!({"model": "m", "reasoning_effort": "high", "messages": messages})
        }
        Messages => {
            let blocks = list(&answer["content"]);
            let calls = blocks.iter().filter(|block| block["type"] == "tool_use");
            let results: Vec<Value> = calls
                .map(|call| json!({"type": "tool_result", "tool_use_id": call["id"], "content": "sunny"}))
                .collect();
            json!({"model": "m", "max_tokens": 9000, "output_config": {"effort": "high"}, "messages": [
                {"role": "user", "content": "hi"},
                {"role": "assistant", "content": blocks},
                {"role": "user", "content": results},
            ]})
        }
        Responses => {
            let output = list(&answer["output"]);
            let calls = output.iter().filter(|item| item["type"] == "function_call");
            let results: Vec<Value> = calls
                .map(|call| json!({"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"}))
                .collect();
            let user = vec![json!({"role": "user", "content": "hi"})];
            let input = [user, output, results].concat();
            json!({"model": "m", "reasoning": {"effort": "high"}, "input": input})
        }
        Gemini => {
            let content = &answer["candidates"][0]["content"];
            let results: Vec<Value> = list(&content["parts"])
                .iter()
                .filter(|part| part["functionCall"].is_object())
                .map(|part| {
                    json!({"functionResponse":
                    {"name": part["functionCall"]["name"], "response": {"output": "sunny"}}})
                })
                .collect();
            json!({"contents": [
                {"role": "user", "parts": [{"text": "hi"}]}, content, {"role": "user", "parts": results},
            ], "generationConfig": {"thinkingConfig": {"includeThoughts": true, "thinkingLevel": "high"}}})
        }
        Api::Ollama => unreachable!("its clients keep nothing that is signed"),
    }
}

#[test]
fn what_is_signed_comes_back_to_its_model_and_to_no_other() {
    for (upstream, kind, model, answer, place) in SIGNED {
        let signed: Value = serde_json::from_str(answer).unwrap();
        let signature = signed.pointer(place).and_then(Value::as_str).unwrap();
        for client in [Chat, Messages, Responses, Gemini] {
            // The same API is sent the client's own bytes.
            if client == upstream {
                continue;
            }
            let asked = match client {
                Responses => Responses.read(Bytes::from_static(
                    br#"{"model":"m","input":"hi","include":["reasoning.encrypted_content"]}"#,
                )),
                _ => client.request(),
            };
            let served_by = format!("up/{model}");
            let body = Bytes::from(answer);
            let shown = answered_to(upstream, client, asked, &served_by, body);
            let shown: Value = serde_json::from_slice(&shown).unwrap();
            let request = client.read(Bytes::from(history(client, &shown).to_string()));
            for (provider, is_its_own) in [("up", true), ("elsewhere", false)] {
                let to = UpstreamTarget {
                    kind,
                    provider,
                    dialect: upstream.dialect(),
                    model,
                    default_params: &Map::new(),
                    capabilities: &capabilities(model),
                    mapping: &PayloadMapping::default(),
                };
                let sent = to_upstream(&request, to).unwrap_or_else(|bad| panic!("{bad:?}"));
                let sent = str::from_utf8(&sent.body).unwrap();
                // The chat format has the signatures in the open; only their makers differ.
                let is_expected = is_its_own || client == Chat;
                assert_eq!(
                    sent.contains(signature),
                    is_expected,
                    "{upstream:?} at {provider} by {client:?}\nsent: {sent}\nshown: {shown}"
                );
                assert!(!sent.contains("sealed_by"), "an envelope: {sent}");
            }
        }
    }
}
