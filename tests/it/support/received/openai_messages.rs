//! The messages of `chat/completions`: every call is answered right after it.

use serde_json::{Map, Value};

use super::members::Members;
use super::tools::{check_base64, check_url};
use llm_router::domain::chat::{
    AssistantMessage, Block, Maker, Media, Message, Part, PartContent, Seal, Thinking, ToolCall,
};

pub(super) fn read(body: &mut Members) -> Result<Vec<Message>, String> {
    let mut read = Vec::new();
    let mut open: Vec<String> = Vec::new();
    for mut message in body.required_objects("messages")? {
        let place = message.place_of("role");
        let role = message.required_string("role")?;
        if role != "tool" && !open.is_empty() {
            return Err(format!("`{place}` comes before the results of {open:?}"));
        }
        read.push(match role.as_str() {
            "system" | "developer" => Message::System { content: parts(&mut message, &["text"])? },
            "user" => Message::User { content: parts(&mut message, &[])? },
            "assistant" => {
                let message = assistant(&mut message)?;
                open = message.tool_calls().map(|call| call.id.clone()).collect();
                Message::Assistant(message)
            }
            "tool" => {
                let call_id = message.required_string("tool_call_id")?;
                let Some(found) = open.iter().position(|open| *open == call_id) else {
                    return Err(format!("`{place}` is the result of no call before it"));
                };
                open.remove(found);
                let content = parts(&mut message, &[])?;
                // Ours; the family passes over it.
                let is_error = message.bool("is_error")?.unwrap_or(false);
                Message::Tool { call_id, content, is_error }
            }
            other => return Err(format!("`{place}` is `{other}`")),
        });
        message.end()?;
    }
    if open.is_empty() { Ok(read) } else { Err(format!("no results for {open:?}")) }
}

/// The family knows no order of thinking, words and calls, so what blocks and calls say of it in
/// `after` is passed over.
fn assistant(message: &mut Members) -> Result<AssistantMessage, String> {
    let refusal = message.string("refusal")?;
    let mut blocks = Vec::new();
    for block in message.objects("thinking_blocks")? {
        blocks.push(Block::Thinking(thinking(block)?));
    }
    let mut calls = Vec::new();
    for mut call in message.objects("tool_calls")? {
        if call.string("type")?.as_deref() != Some("function") {
            return Err(format!("`{}` is not `function`", call.place_of("type")));
        }
        let id = call.required_string("id")?;
        let signature = call.take("extra_content");
        let signature = signature.as_ref().map(|extra| &extra["google"]["thought_signature"]);
        let signature = signature.and_then(Value::as_str).map(str::to_owned);
        call.take("after");
        let mut function = call.required_object("function")?;
        let name = function.required_string("name")?;
        let arguments = function.required_string("arguments")?;
        let object: Result<Map<String, Value>, _> = serde_json::from_str(&arguments);
        if let Err(error) = object {
            return Err(format!("`{}` holds no object: {error}", function.place_of("arguments")));
        }
        function.end()?;
        call.end()?;
        calls.push(Block::ToolCall(ToolCall { id, name, arguments, signature }));
    }
    let is_said = message.peek("content").is_some_and(|content| !content.is_null());
    if is_said {
        blocks.extend(parts(message, &[])?.into_iter().map(Block::Part));
    } else {
        message.take("content");
    }
    blocks.extend(refusal.map(Block::Refusal));
    blocks.extend(calls);
    if !is_said && blocks.is_empty() {
        return Err(format!("`{}` is missing", message.place_of("content")));
    }
    Ok(AssistantMessage { blocks })
}

/// The blocks in which clients keep what Claude thought, with the maker that ours name.
fn thinking(mut block: Members) -> Result<Thinking, String> {
    block.take("after");
    let maker = match block.string("format")?.as_deref() {
        None | Some("anthropic-claude-v1") => Maker::Anthropic,
        Some("google-gemini-v1") => Maker::Google,
        Some("openai-responses-v1") => Maker::OpenAi,
        Some("xai-responses-v1") => Maker::Xai,
        Some(_) => Maker::Unknown,
    };
    let read = match block.required_string("type")?.as_str() {
        "thinking" => {
            let text = block.string("thinking")?.unwrap_or_default();
            let signature = block.string("signature")?.map(|data| Seal { maker, data });
            Thinking::Text { text, signature }
        }
        "redacted_thinking" => {
            let id = block.string("id")?;
            Thinking::Opaque { id, sealed: Seal { maker, data: block.required_string("data")? } }
        }
        other => return Err(format!("no block of thinking: `{other}`")),
    };
    block.end()?;
    Ok(read)
}

/// A string, or parts; `only`: the types that may be, none: all.
fn parts(message: &mut Members, only: &[&str]) -> Result<Vec<Part>, String> {
    let text = |text| Part { content: PartContent::Text(text), cache_control: None };
    match message.peek("content") {
        None => return Err(format!("`{}` is missing", message.place_of("content"))),
        Some(Value::String(said)) => {
            let said = Some(said.clone()).filter(|said| !said.is_empty());
            message.take("content");
            return Ok(said.into_iter().map(text).collect());
        }
        Some(_) => {}
    }
    message.objects("content")?.into_iter().map(|part| self::part(part, only)).collect()
}

fn part(mut part: Members, only: &[&str]) -> Result<Part, String> {
    let kind = part.required_string("type")?;
    if !only.is_empty() && !only.contains(&kind.as_str()) {
        return Err(format!("`{}` is `{kind}`, not of {only:?}", part.place_of("type")));
    }
    let cache_control = part.take("cache_control");
    let content = match kind.as_str() {
        "text" => PartContent::Text(part.string("text")?.ok_or("`text` is missing")?),
        "image_url" => {
            let mut image = part.required_object("image_url")?;
            let source = media(&image.required_string("url")?, "image/")?;
            let detail = image.string("detail")?;
            image.end()?;
            PartContent::Image { source, detail }
        }
        "video_url" | "audio_url" => {
            let mut inner = part.required_object(&kind)?;
            let url = inner.required_string("url")?;
            inner.end()?;
            if kind == "video_url" {
                PartContent::Video { source: media(&url, "video/")? }
            } else {
                PartContent::Audio { source: media(&url, "audio/")? }
            }
        }
        "input_audio" => {
            let mut audio = part.required_object("input_audio")?;
            let media_type = format!("audio/{}", audio.required_string("format")?);
            let data = audio.required_string("data")?;
            check_base64(&data, &audio.place_of("data"))?;
            audio.end()?;
            PartContent::Audio { source: Media::Inline { media_type, data } }
        }
        "file" => {
            let mut file = part.required_object("file")?;
            let filename = file.string("filename")?;
            let source = match (file.string("file_data")?, file.string("file_id")?) {
                (Some(data), None) => media(&data, "")?,
                (None, Some(id)) => Media::FileId(id),
                _ => return Err(format!("`{}`: data or an id", file.place_of(""))),
            };
            file.end()?;
            PartContent::File { source, filename }
        }
        other => return Err(format!("`{}` is `{other}`", part.place_of("type"))),
    };
    part.end()?;
    Ok(Part { content, cache_control })
}

fn media(url: &str, family: &str) -> Result<Media, String> {
    let Some(rest) = url.strip_prefix("data:") else {
        check_url(url, "url")?;
        return Ok(Media::Url(url.to_owned()));
    };
    let (media_type, data) = rest.split_once(";base64,").ok_or("a data URL without base64")?;
    if !media_type.starts_with(family) {
        return Err(format!("`{media_type}` is not of `{family}`"));
    }
    check_base64(data, "url")?;
    Ok(Media::Inline { media_type: media_type.to_owned(), data: data.to_owned() })
}
