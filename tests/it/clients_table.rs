//! The second axis of `docs/PROVIDERS.md`: what becomes of each part of a request of a client that
//! speaks another API than OpenAI's chats, at each kind of provider.

use std::fmt::Write;

use bytes::Bytes;
use llm_router::dialects::Dialect;
use llm_router::dialects::errors::BadRequest;
use llm_router::dialects::ollama::client::wire::Shape;
use llm_router::dialects::request::ClientRequest;
use llm_router::domain::chat::Maker;
use serde_json::{Value, json};

use crate::providers_table::{COLUMNS, Column, PNG, merge, sent_request};

type Read = fn(Bytes) -> Result<ClientRequest, BadRequest>;

/// A client's API: how its bodies are read, a plain one, and what may stand on top of it.
struct Client {
    title: &'static str,
    read: Read,
    plain: Value,
    features: Vec<(&'static str, Value)>,
}

fn clients() -> Vec<Client> {
    vec![
        Client {
            title: "Anthropic's Messages",
            read: |body| ClientRequest::parse(Dialect::AnthropicMessages, body, None),
            plain: json!({"model": "m", "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]}),
            features: of_messages(),
        },
        Client {
            title: "OpenAI's Responses",
            read: |body| ClientRequest::parse(Dialect::OpenAiResponses(Maker::OpenAi), body, None),
            plain: json!({"model": "m", "input": "hi", "store": false}),
            features: of_responses(),
        },
        Client {
            title: "Gemini's `:generateContent`",
            read: |body| ClientRequest::generate(body, String::from("m"), false),
            plain: json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}),
            features: of_gemini(),
        },
        Client {
            title: "Ollama's `/api/chat`",
            read: |body| ClientRequest::ollama(Shape::Chat, body, None),
            plain: json!({"model": "m", "stream": false, "messages": [{"role": "user", "content": "hi"}]}),
            features: of_ollama(),
        },
        Client {
            title: "Ollama's `/api/generate`",
            read: |body| ClientRequest::ollama(Shape::Generate, body, None),
            plain: json!({"model": "m", "stream": false, "prompt": "hi"}),
            features: vec![
                ("`system`", json!({"system": "s"})),
                ("`images`", json!({"images": ["iVBORw0KGgo="]})),
                ("`suffix`", json!({"suffix": "s"})),
                ("`raw`, `template`", json!({"raw": true, "template": "{{ .Prompt }}"})),
                ("`context`", json!({"context": [1, 2]})),
            ],
        },
    ]
}

fn of_messages() -> Vec<(&'static str, Value)> {
    let user = |block: Value| json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}, block]}]});
    let tool = json!({"name": "f", "input_schema": {"type": "object", "properties": {}}});
    let base64 =
        |media: &str, data: &str| json!({"type": "base64", "media_type": media, "data": data});
    vec![
        ("`system`", json!({"system": [{"type": "text", "text": "s"}]})),
        (
            "`image`, base64",
            user(json!({"type": "image", "source": base64("image/png", "iVBORw0KGgo=")})),
        ),
        (
            "`image`, URL",
            user(json!({"type": "image", "source": {"type": "url", "url": "https://host/x.png"}})),
        ),
        (
            "`document`, PDF",
            user(json!({"type": "document", "source": base64("application/pdf", "QUJD")})),
        ),
        (
            "`document`, text",
            user(
                json!({"type": "document", "title": "t", "source": {"type": "text", "media_type": "text/plain", "data": "a"}}),
            ),
        ),
        ("an unknown block", user(json!({"type": "new_block", "x": 1}))),
        ("`tools`", json!({"tools": [tool]})),
        ("`bash_…`", json!({"tools": [{"type": "bash_20250124", "name": "bash"}]})),
        (
            "`web_search_…`",
            json!({"tools": [tool, {"type": "web_search_20260209", "name": "web_search"}]}),
        ),
        (
            "`web_search_…` alone",
            json!({"tools": [{"type": "web_search_20260209", "name": "web_search"}]}),
        ),
        ("`tool_choice` any", json!({"tools": [tool], "tool_choice": {"type": "any"}})),
        (
            "`tool_choice` of a tool",
            json!({"tools": [tool], "tool_choice": {"type": "tool", "name": "f"}}),
        ),
        (
            "`disable_parallel_tool_use`",
            json!({"tools": [tool], "tool_choice": {"type": "auto", "disable_parallel_tool_use": true}}),
        ),
        (
            "`tool_use`, `tool_result`",
            json!({"tools": [tool], "messages": [
                {"role": "user", "content": "hi"},
                {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "f", "input": {}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "r"}]},
            ]}),
        ),
        (
            "`output_config.format`",
            json!({"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}),
        ),
        ("`output_config.effort`", json!({"output_config": {"effort": "high"}})),
        (
            "`thinking` with a budget",
            json!({"thinking": {"type": "enabled", "budget_tokens": 4000}, "max_tokens": 9000}),
        ),
        ("`thinking` adaptive", json!({"thinking": {"type": "adaptive"}})),
        ("`temperature`", json!({"temperature": 0.5})),
        ("`top_k`", json!({"top_k": 5})),
        ("`stop_sequences`", json!({"stop_sequences": ["END"]})),
        ("`metadata.user_id`", json!({"metadata": {"user_id": "me"}})),
        (
            "`cache_control`",
            user(json!({"type": "text", "text": "long", "cache_control": {"type": "ephemeral"}})),
        ),
        ("`context_management`", json!({"context_management": {"edits": []}})),
        ("an unknown member", json!({"x_new": 1})),
    ]
}

fn of_responses() -> Vec<(&'static str, Value)> {
    let user = |part: Value| json!({"input": [{"role": "user", "content": [{"type": "input_text", "text": "hi"}, part]}]});
    let function = json!({"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}});
    let turn =
        |call: Value, output: Value| json!([{"role": "user", "content": "hi"}, call, output]);
    vec![
        ("`instructions`", json!({"instructions": "s"})),
        ("`input_image`, data URL", user(json!({"type": "input_image", "image_url": PNG}))),
        (
            "`input_image`, URL",
            user(json!({"type": "input_image", "image_url": "https://host/x.png"})),
        ),
        (
            "`input_file`, PDF",
            user(
                json!({"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,QUJD"}),
            ),
        ),
        ("`input_file`, `file_id`", user(json!({"type": "input_file", "file_id": "file-1"}))),
        (
            "an unknown item",
            json!({"input": [{"role": "user", "content": "hi"}, {"type": "new_item", "x": 1}]}),
        ),
        ("`function`", json!({"tools": [function]})),
        ("`custom`", json!({"tools": [{"type": "custom", "name": "c"}]})),
        (
            "`namespace`",
            json!({"tools": [{"type": "namespace", "name": "n", "tools": [function]}]}),
        ),
        ("`web_search`", json!({"tools": [function, {"type": "web_search"}]})),
        ("`web_search` alone", json!({"tools": [{"type": "web_search"}]})),
        ("`tool_choice` required", json!({"tools": [function], "tool_choice": "required"})),
        ("`parallel_tool_calls` false", json!({"tools": [function], "parallel_tool_calls": false})),
        (
            "`function_call` and its output",
            json!({"tools": [function], "input": turn(
                json!({"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}),
                json!({"type": "function_call_output", "call_id": "c1", "output": "r"}),
            )}),
        ),
        (
            "`custom_tool_call` and its output",
            json!({"tools": [{"type": "custom", "name": "c"}], "input": turn(
                json!({"type": "custom_tool_call", "call_id": "c1", "name": "c", "input": "x"}),
                json!({"type": "custom_tool_call_output", "call_id": "c1", "output": "r"}),
            )}),
        ),
        (
            "`text.format`",
            json!({"text": {"format": {"type": "json_schema", "name": "s", "schema": {"type": "object"}}}}),
        ),
        ("`reasoning.effort`", json!({"reasoning": {"effort": "high"}})),
        ("`max_output_tokens`", json!({"max_output_tokens": 99})),
        ("`temperature`", json!({"temperature": 0.5})),
        ("`prompt_cache_key`", json!({"prompt_cache_key": "k"})),
        ("`metadata`", json!({"metadata": {"a": "b"}})),
        ("an unknown member", json!({"x_new": 1})),
    ]
}

fn of_gemini() -> Vec<(&'static str, Value)> {
    let user =
        |part: Value| json!({"contents": [{"role": "user", "parts": [{"text": "hi"}, part]}]});
    let inline =
        |kind: &str, data: &str| user(json!({"inlineData": {"mimeType": kind, "data": data}}));
    let tool = json!({"functionDeclarations":
        [{"name": "f", "parametersJsonSchema": {"type": "object", "properties": {}}}]});
    let config = |name: &str, value: Value| json!({"generationConfig": {name: value}});
    let calling =
        |mode: Value| json!({"tools": [tool], "toolConfig": {"functionCallingConfig": mode}});
    vec![
        ("`systemInstruction`", json!({"systemInstruction": {"parts": [{"text": "s"}]}})),
        ("`inlineData`, an image", inline("image/png", "iVBORw0KGgo=")),
        ("`inlineData`, a PDF", inline("application/pdf", "QUJD")),
        ("`inlineData`, sound", inline("audio/wav", "QUJD")),
        (
            "`fileData`, an image's URL",
            user(json!({"fileData": {"mimeType": "image/png", "fileUri": "https://host/x.png"}})),
        ),
        ("an unknown part", user(json!({"newPart": {"x": 1}}))),
        ("`functionDeclarations`", json!({"tools": [tool]})),
        ("`googleSearch`", json!({"tools": [tool, {"googleSearch": {}}]})),
        ("`functionCallingConfig` ANY", calling(json!({"mode": "ANY"}))),
        (
            "`allowedFunctionNames` of one",
            calling(json!({"mode": "ANY", "allowedFunctionNames": ["f"]})),
        ),
        ("`functionCallingConfig` NONE", calling(json!({"mode": "NONE"}))),
        (
            "`functionCall`, `functionResponse`",
            json!({"tools": [tool], "contents": [
                {"role": "user", "parts": [{"text": "hi"}]},
                {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]},
                {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"output": "r"}}}]},
            ]}),
        ),
        ("`responseMimeType` of JSON", config("responseMimeType", json!("application/json"))),
        (
            "`responseJsonSchema`",
            json!({"generationConfig": {
                "responseMimeType": "application/json", "responseJsonSchema": {"type": "object"},
            }}),
        ),
        ("`thinkingLevel`", config("thinkingConfig", json!({"thinkingLevel": "high"}))),
        ("`thinkingBudget`", config("thinkingConfig", json!({"thinkingBudget": 8192}))),
        ("`maxOutputTokens`", config("maxOutputTokens", json!(99))),
        ("`temperature`", config("temperature", json!(0.5))),
        ("`topK`", config("topK", json!(5))),
        ("`stopSequences`", config("stopSequences", json!(["END"]))),
        ("`seed`", config("seed", json!(7))),
        ("`candidateCount` above 1", config("candidateCount", json!(2))),
        ("`safetySettings`", json!({"safetySettings": []})),
        ("`cachedContent`", json!({"cachedContent": "cachedContents/a"})),
        ("an unknown member", json!({"xNew": 1})),
    ]
}

fn of_ollama() -> Vec<(&'static str, Value)> {
    let tool = json!({"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}});
    let options = |name: &str, value: Value| json!({"options": {name: value}});
    vec![
        (
            "a system message",
            json!({"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}]}),
        ),
        (
            "`images`",
            json!({"messages": [{"role": "user", "content": "hi", "images": ["iVBORw0KGgo="]}]}),
        ),
        ("`tools`", json!({"tools": [tool]})),
        (
            "`tool_calls` and results",
            json!({"tools": [tool], "messages": [
                {"role": "user", "content": "hi"},
                {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]},
                {"role": "tool", "tool_name": "f", "content": "r"},
            ]}),
        ),
        ("`format` json", json!({"format": "json"})),
        ("`format`, a schema", json!({"format": {"type": "object"}})),
        ("`think`", json!({"think": "high"})),
        ("`logprobs`", json!({"logprobs": true})),
        ("`num_predict`", options("num_predict", json!(99))),
        ("`temperature`", options("temperature", json!(0.5))),
        ("`top_k`", options("top_k", json!(5))),
        ("`stop`", options("stop", json!(["END"]))),
        ("`seed`", options("seed", json!(7))),
        ("`presence_penalty`", options("presence_penalty", json!(0.5))),
        ("`min_p`", options("min_p", json!(0.1))),
        ("`num_ctx`", options("num_ctx", json!(8192))),
        ("`keep_alive`", json!({"keep_alive": "5m"})),
        ("an unknown member", json!({"x_new": 1})),
    ]
}

/// What the provider is sent of a plain body with the feature on top.
fn fate(client: &Client, column: Column, feature: &Value) -> &'static str {
    let sent = |more: &Value| {
        let mut body = client.plain.clone();
        merge(&mut body, more);
        let request = (client.read)(Bytes::from(body.to_string()))?;
        sent_request(&request, column)
    };
    match sent(feature) {
        Err(bad) => {
            assert!(bad.param.is_some(), "{}: a refusal without a place", bad.message);
            "refused"
        }
        Ok(with) if with.is_own => "as it is",
        Ok(with) if !with.dropped.is_empty() => "dropped",
        Ok(with) if sent(&without(feature)).unwrap().body == with.body => "left out",
        Ok(_) => "carried",
    }
}

/// The same request without what the feature adds: to a choice among tools, the tools.
fn without(feature: &Value) -> Value {
    let is_choice = ["tool_choice", "parallel_tool_calls", "toolConfig"]
        .iter()
        .any(|name| feature.get(name).is_some());
    match feature.get("tools").filter(|_| is_choice) {
        Some(tools) => json!({"tools": tools}),
        None => json!({}),
    }
}

pub fn section() -> String {
    let mut text = String::from(
        "\n## Clients of other APIs\n\n\
         The same for clients that speak another API than OpenAI's chats. *as it is*: the provider speaks the client's API,\n\
         and gets the client's own bytes but for the model's name, limits and defaults. *left out*: it steers only the vendor's\n\
         own service and changes no answer, or the provider does so anyway. [AGENTS.md](AGENTS.md) has the rest.\n",
    );
    for client in clients() {
        write!(text, "\n### {}\n\n|", client.title).unwrap();
        for (name, ..) in COLUMNS {
            write!(text, " | {name}").unwrap();
        }
        text.push_str(" |\n|---");
        text.push_str(&"|---".repeat(COLUMNS.len()));
        text.push_str("|\n");
        for (name, feature) in &client.features {
            write!(text, "| {name} |").unwrap();
            for column in COLUMNS {
                write!(text, " {} |", fate(&client, column, feature)).unwrap();
            }
            text.push('\n');
        }
    }
    text
}
