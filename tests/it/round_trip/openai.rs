//! The OpenAI family receives the whole request: the same as the client wrote, and the same as the
//! chat model holds for the other dialects. Only OpenAI is not sent the thinking of other vendors.

use bytes::Bytes;
use llm_router::config::payload_mapping::PayloadMapping;
use llm_router::dialects::Dialect;
use llm_router::dialects::openai::client;
use llm_router::dialects::request::ClientRequest;
use llm_router::dialects::translate::request::{UpstreamTarget, to_upstream};
use llm_router::domain::chat::{
    AssistantMessage, Block, ChatRequest, Maker, Media, Message, Part, PartContent, ResponseFormat,
    Thinking, ToolChoice,
};
use llm_router::domain::provider_kind::ProviderKind;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::chats::{chats, media};
use super::{capabilities, unanswered};
use crate::support::received::openai::read;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_chat_survives_the_openai_family_and_the_hub(request in chats(
        &["m"],
        &[media::png, media::detailed_jpg, media::linked_image, media::pdf, media::wav, media::video],
    )) {
        prop_assume!(unanswered(&request.messages).is_empty());
        let mut request = request;
        if request.tools.is_empty() {
            request.parallel_tool_calls = None;
        }
        let body = Bytes::from(written(&request).to_string());
        let asked = ClientRequest::parse(Dialect::OpenAiChat, body, None).unwrap();
        let decoded = client::request::decode(asked.body(), &request.model).unwrap();
        prop_assert_eq!(decoded, request.clone());
        let capabilities = capabilities("m");
        for kind in [ProviderKind::Openai, ProviderKind::Deepseek, ProviderKind::OpenaiCompatible] {
            let to = UpstreamTarget {
                kind,
                provider: "up",
                dialect: Dialect::OpenAiChat,
                model: "remote",
                default_params: &Map::new(),
                capabilities: &capabilities,
                mapping: &PayloadMapping::default(),
            };
            let sent = to_upstream(&asked, to).unwrap();
            let is_openai = kind == ProviderKind::Openai;
            let told = (is_openai && request.top_k.is_some()).then(|| String::from("top_k"));
            prop_assert_eq!(sent.dropped, Vec::from_iter(told));
            let found = read(serde_json::from_slice(&sent.body).unwrap());
            let mut expected = ChatRequest { model: "remote".into(), ..request.clone() };
            expected.messages.iter_mut().for_each(in_usual_order);
            if is_openai {
                prop_assert!(!String::from_utf8_lossy(&sent.body).contains(r#""after":"#));
                expected.top_k = None;
                expected.messages.iter_mut().for_each(forget_thinking);
            }
            prop_assert_eq!(found, Ok(expected));
        }
    }
}

/// In the family's format thinking, words and calls stand apart.
fn in_usual_order(message: &mut Message) {
    if let Message::Assistant(message) = message {
        message.blocks.sort_by_key(|block| match block {
            Block::Thinking(_) => 0,
            Block::Part(_) => 1,
            Block::Refusal(_) => 2,
            Block::ToolCall(_) => 3,
            Block::Search(_) | Block::Citation(_) => 4,
        });
    }
}

fn forget_thinking(message: &mut Message) {
    if let Message::Assistant(message) = message {
        message.blocks.retain(|block| !matches!(block, Block::Thinking(_)));
        for block in &mut message.blocks {
            if let Block::ToolCall(call) = block {
                call.signature = None;
            }
        }
    }
}

/// As a client writes it. What is not said is left out.
fn written(request: &ChatRequest) -> Value {
    let mut body = json!({
        "model": "alias",
        "messages": request.messages.iter().map(message).collect::<Vec<Value>>(),
        "tools": request.tools.iter().map(|tool| json!({"type": "function",
            "cache_control": tool.cache_control, "function": without_null(json!({
                "name": tool.name, "description": tool.description,
                "parameters": tool.parameters, "strict": tool.strict}))}))
            .map(without_null).collect::<Vec<Value>>(),
        "tool_choice": request.tool_choice.as_ref().map(|choice| match choice {
            ToolChoice::Auto => json!("auto"),
            ToolChoice::None => json!("none"),
            ToolChoice::Required => json!("required"),
            ToolChoice::Named(name) => json!({"type": "function", "function": {"name": name}}),
        }),
        "parallel_tool_calls": request.parallel_tool_calls,
        "response_format": request.response_format.as_ref().map(format),
        "temperature": request.temperature, "top_p": request.top_p, "top_k": request.top_k,
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
        "seed": request.seed, "stop": request.stop, "max_tokens": request.max_tokens,
        "n": request.n, "logprobs": request.logprobs, "top_logprobs": request.top_logprobs,
        "reasoning_effort": request.reasoning.map(|effort| format!("{effort:?}").to_lowercase()),
        "user": request.user, "stream": request.is_stream,
    });
    let members = body.as_object_mut().unwrap();
    members.extend(request.rest.clone());
    members.retain(|_, value| *value != json!([]));
    without_null(body)
}

fn without_null(mut value: Value) -> Value {
    value.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    value
}

fn format(format: &ResponseFormat) -> Value {
    match format {
        ResponseFormat::Text => json!({"type": "text"}),
        ResponseFormat::JsonObject => json!({"type": "json_object"}),
        ResponseFormat::JsonSchema { name, schema, strict, description } => {
            let inner = json!({"name": name, "schema": schema, "strict": strict,
                "description": description});
            json!({"type": "json_schema", "json_schema": without_null(inner)})
        }
    }
}

fn message(message: &Message) -> Value {
    match message {
        Message::System { content } => json!({"role": "system", "content": parts(content)}),
        Message::User { content } => json!({"role": "user", "content": parts(content)}),
        Message::Tool { call_id, content, is_error } => without_null(json!({"role": "tool",
            "tool_call_id": call_id, "content": parts(content),
            "is_error": is_error.then_some(true)})),
        Message::Assistant(message) => assistant(message),
    }
}

/// With the place of each block of thinking, and of each call before words.
fn assistant(message: &AssistantMessage) -> Value {
    let letters = |blocks: &[Block]| {
        let said = AssistantMessage { blocks: blocks.to_vec() };
        said.text().chars().count() + said.refusal().unwrap_or_default().chars().count()
    };
    let (mut calls, mut blocks) = (Vec::new(), Vec::new());
    for (at, block) in message.blocks.iter().enumerate() {
        let (before, behind) = message.blocks.split_at(at);
        let content = letters(before);
        match block {
            Block::Thinking(thinking) => {
                let mut block = self::thinking(thinking);
                block["after"] = json!({"content": content, "tool_calls": calls.len()});
                blocks.push(block);
            }
            Block::ToolCall(call) => {
                let signature = call.signature.as_ref();
                let extra = signature.map(|data| json!({"google": {"thought_signature": data}}));
                let after = (letters(behind) > 0).then(|| json!({"content": content}));
                calls.push(without_null(json!({"id": call.id, "type": "function",
                    "extra_content": extra, "after": after,
                    "function": {"name": call.name, "arguments": call.arguments}})));
            }
            _ => {}
        }
    }
    let content: Vec<Part> = message.parts().cloned().collect();
    let mut said = json!({"role": "assistant", "content": parts(&content),
        "refusal": message.refusal(), "tool_calls": calls, "thinking_blocks": blocks});
    said.as_object_mut().unwrap().retain(|_, value| *value != json!([]));
    without_null(said)
}

fn thinking(thinking: &Thinking) -> Value {
    let format = |maker: Maker| match maker {
        Maker::Anthropic => Value::Null,
        Maker::Google => json!("google-gemini-v1"),
        Maker::OpenAi => json!("openai-responses-v1"),
        Maker::Xai => json!("xai-responses-v1"),
        Maker::Unknown => json!("somebody-v1"),
    };
    without_null(match thinking {
        Thinking::Text { text, signature } => json!({"type": "thinking", "thinking": text,
            "signature": signature.as_ref().map(|seal| &seal.data),
            "format": signature.as_ref().map(|seal| format(seal.maker))}),
        Thinking::Opaque { id, sealed } => json!({"type": "redacted_thinking", "id": id,
            "data": sealed.data, "format": format(sealed.maker)}),
    })
}

fn parts(content: &[Part]) -> Value {
    if content.is_empty() {
        return json!("");
    }
    Value::Array(content.iter().map(part).collect())
}

fn part(part: &Part) -> Value {
    let url = |source: &Media| match source {
        Media::Url(url) => url.clone(),
        Media::Inline { media_type, data } => format!("data:{media_type};base64,{data}"),
        Media::FileId(id) => panic!("no chat of OpenAI's has such a part: {id}"),
    };
    let mut written = match &part.content {
        PartContent::Text(text) => json!({"type": "text", "text": text}),
        PartContent::Image { source, detail } => json!({"type": "image_url",
            "image_url": without_null(json!({"url": url(source), "detail": detail}))}),
        PartContent::Video { source } => {
            json!({"type": "video_url", "video_url": {"url": url(source)}})
        }
        PartContent::Audio { source: Media::Inline { media_type, data } } => {
            let format = media_type.strip_prefix("audio/").unwrap();
            json!({"type": "input_audio", "input_audio": {"format": format, "data": data}})
        }
        PartContent::Audio { source } => {
            json!({"type": "audio_url", "audio_url": {"url": url(source)}})
        }
        PartContent::File { source, filename } => json!({"type": "file",
            "file": without_null(json!({"file_data": url(source), "filename": filename}))}),
    };
    if let Some(marker) = &part.cache_control {
        written["cache_control"] = marker.clone();
    }
    written
}
