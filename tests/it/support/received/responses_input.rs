//! The items of `input`: who may say what, calls with their outputs, and reasoning that something
//! follows from. Items of the assistant in a row are one message here.

use serde_json::{Map, Value};

use super::members::Members;
use super::tools::{check_base64, check_name, check_url};
use llm_router::domain::chat::{
    AssistantMessage, Block, Maker, Media, Message, Part, PartContent, Seal, Thinking, ToolCall,
};

/// Before the output of a tool that failed.
const FAILED: &str = "The tool call failed:";

pub(super) fn read(body: &mut Members, is_xai: bool) -> Result<Vec<Message>, String> {
    let maker = if is_xai { Maker::Xai } else { Maker::OpenAi };
    let mut read = Vec::new();
    let (mut called, mut open) = (Vec::new(), Vec::new());
    let mut is_unfollowed = false;
    for mut item in body.required_objects("input")? {
        let kind = item.required_string("type")?;
        let role = if kind == "message" { item.required_string("role")? } else { String::new() };
        let is_answer = role == "assistant" || kind == "function_call" || kind == "reasoning";
        if is_unfollowed && !is_answer {
            return Err(format!("`{}`: reasoning before it led to nothing", item.place_of("type")));
        }
        is_unfollowed = kind == "reasoning";
        match (kind.as_str(), role.as_str()) {
            ("message", "system" | "developer") => {
                read.push(Message::System { content: pieces(&mut item, &["input_text"])? });
            }
            ("message", "user") => {
                const ANY: [&str; 4] = ["input_text", "input_image", "input_file", "input_audio"];
                read.push(Message::User { content: pieces(&mut item, &ANY)? });
            }
            ("message", "assistant") => say(&mut item, answer(&mut read))?,
            ("reasoning", _) => reason(&mut item, maker, answer(&mut read))?,
            ("function_call", _) => {
                let call = call(&mut item)?;
                if called.contains(&call.id) {
                    return Err(format!("the `call_id` {} stands twice", call.id));
                }
                called.push(call.id.clone());
                open.push(call.id.clone());
                answer(&mut read).push(Block::ToolCall(call));
            }
            ("function_call_output", _) => {
                let call_id = item.required_string("call_id")?;
                let found = open.iter().position(|id| *id == call_id);
                open.remove(found.ok_or(format!("an output of no call: {call_id}"))?);
                read.push(output(&mut item, call_id)?);
            }
            (kind, role) => return Err(format!("an item `{kind}` of `{role}`")),
        }
        item.end()?;
    }
    if is_unfollowed || !open.is_empty() {
        return Err(format!("reasoning that led to nothing, or no output for {open:?}"));
    }
    Ok(read)
}

fn answer(read: &mut Vec<Message>) -> &mut Vec<Block> {
    if !matches!(read.last(), Some(Message::Assistant(_))) {
        read.push(Message::Assistant(AssistantMessage::default()));
    }
    match read.last_mut() {
        Some(Message::Assistant(message)) => &mut message.blocks,
        _ => unreachable!("one was pushed"),
    }
}

fn say(item: &mut Members, blocks: &mut Vec<Block>) -> Result<(), String> {
    for mut piece in item.required_objects("content")? {
        match piece.required_string("type")?.as_str() {
            "output_text" => blocks.push(Block::text(piece.required_string("text")?)),
            "refusal" => blocks.push(Block::Refusal(piece.required_string("refusal")?)),
            other => return Err(format!("the assistant says a `{other}`")),
        }
        piece.end()?;
    }
    Ok(())
}

fn reason(item: &mut Members, maker: Maker, blocks: &mut Vec<Block>) -> Result<(), String> {
    // There, if only as an empty list.
    match item.take("summary") {
        Some(Value::Array(summary)) => {
            for value in summary {
                let mut piece = Members::of(value, "summary")?;
                if piece.string("type")?.as_deref() != Some("summary_text") {
                    return Err("a summary is of `summary_text`".into());
                }
                let text = piece.required_string("text")?;
                piece.end()?;
                blocks.push(Block::Thinking(Thinking::Text { text, signature: None }));
            }
        }
        _ => return Err("reasoning without `summary`".into()),
    }
    let sealed = Seal::new(maker, item.required_string("encrypted_content")?);
    blocks.push(Block::Thinking(Thinking::Opaque { id: item.string("id")?, sealed }));
    Ok(())
}

fn call(item: &mut Members) -> Result<ToolCall, String> {
    let id = item.required_string("call_id")?;
    if id.len() > 64 {
        return Err(format!("the `call_id` {id} is longer than 64"));
    }
    let name = item.required_string("name")?;
    check_name(&name, 64, &item.place_of("name"))?;
    let arguments = item.required_string("arguments")?;
    let object: Result<Map<String, Value>, _> = serde_json::from_str(&arguments);
    object.map_err(|error| format!("`arguments` hold no object: {error}"))?;
    Ok(ToolCall { id, name, arguments, signature: None })
}

fn output(item: &mut Members, call_id: String) -> Result<Message, String> {
    let mut content = match item.peek("output") {
        Some(Value::String(_)) => said(item.string("output")?),
        Some(_) => list(item, "output", &["input_text", "input_image", "input_file"])?,
        None => return Err("a call's output without `output`".into()),
    };
    let is_error = content.first() == Some(&text(FAILED.to_owned()));
    if is_error {
        content.remove(0);
    }
    Ok(Message::Tool { call_id, content, is_error })
}

fn pieces(item: &mut Members, only: &[&str]) -> Result<Vec<Part>, String> {
    match item.peek("content") {
        Some(Value::String(_)) => Ok(said(item.string("content")?)),
        Some(_) => list(item, "content", only),
        None => Err(format!("`{}` is missing", item.place_of("content"))),
    }
}

fn said(words: Option<String>) -> Vec<Part> {
    words.filter(|words| !words.is_empty()).map(text).into_iter().collect()
}

fn list(item: &mut Members, name: &str, only: &[&str]) -> Result<Vec<Part>, String> {
    let mut read = Vec::new();
    for mut piece in item.objects(name)? {
        let kind = piece.required_string("type")?;
        if !only.contains(&kind.as_str()) {
            return Err(format!("`{}` is `{kind}`, not of {only:?}", piece.place_of("type")));
        }
        let content = match kind.as_str() {
            "input_text" => PartContent::Text(piece.string("text")?.ok_or("`text` is missing")?),
            "input_image" => image(&mut piece)?,
            "input_file" => file(&mut piece)?,
            _ => {
                let mut audio = piece.required_object("input_audio")?;
                let data = audio.required_string("data")?;
                check_base64(&data, "input_audio.data")?;
                let media_type = format!("audio/{}", audio.required_string("format")?);
                audio.end()?;
                PartContent::Audio { source: Media::Inline { media_type, data } }
            }
        };
        piece.end()?;
        let is_silent = matches!(&content, PartContent::Text(text) if text.is_empty());
        read.extend((!is_silent).then_some(Part { content, cache_control: None }));
    }
    Ok(read)
}

fn image(piece: &mut Members) -> Result<PartContent, String> {
    let source = match (piece.string("image_url")?, piece.string("file_id")?) {
        (Some(url), None) => media(&url, "image/")?,
        (None, Some(id)) => Media::FileId(id),
        _ => return Err("an image by its URL or its id".into()),
    };
    Ok(PartContent::Image { source, detail: piece.string("detail")? })
}

fn file(piece: &mut Members) -> Result<PartContent, String> {
    let filename = piece.string("filename")?;
    let source =
        match (piece.string("file_data")?, piece.string("file_url")?, piece.string("file_id")?) {
            (Some(data), None, None) if filename.is_some() => media(&data, "")?,
            (None, Some(url), None) if filename.is_none() => media(&url, "")?,
            (None, None, Some(id)) if filename.is_none() => Media::FileId(id),
            _ => return Err("a file by its data and name, or by its URL or id".into()),
        };
    Ok(PartContent::File { source, filename })
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

fn text(text: String) -> Part {
    Part { content: PartContent::Text(text), cache_control: None }
}
