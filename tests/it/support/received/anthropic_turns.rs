//! The conversation of `/v1/messages`: turns in alternation, results right after their calls.

use std::collections::HashSet;

use serde_json::Value;

use super::anthropic::Generation;
use super::members::Members;
use super::tools::{check_base64, check_name, check_url, object_text};
use llm_router::domain::chat::{
    AssistantMessage, Block, Maker, Media, Message, Part, PartContent, Seal, Thinking, ToolCall,
};

const IMAGES: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];

pub(super) fn read(body: &mut Members, generation: Generation) -> Result<Vec<Message>, String> {
    let mut turns = SelectionSeeds { generation, ..SelectionSeeds::default() };
    if let Some(system) = body.take("system") {
        let content = match system {
            Value::String(text) => vec![plain(text, "system")?],
            blocks => texts(blocks, "system")?,
        };
        turns.read.push(Message::System { content });
    }
    for message in body.required_objects("messages")? {
        turns.message(message)?;
    }
    turns.end()
}

#[derive(Default)]
struct SelectionSeeds {
    generation: Generation,
    read: Vec<Message>,
    last_role: Option<String>,
    /// Calls of the last turn that have no result yet.
    open: Vec<String>,
    ids: HashSet<String>,
}

impl SelectionSeeds {
    fn message(&mut self, mut message: Members) -> Result<(), String> {
        let role = message.required_string("role")?;
        let place = message.place_of("content");
        let content = message.required("content")?;
        message.end()?;
        let last = self.last_role.replace(role.clone());
        match (last.as_deref(), role.as_str()) {
            (None | Some("assistant"), "user") => self.user(content, &place),
            (Some("user" | "system"), "assistant") => self.assistant(content, &place),
            (Some("user"), "system") if self.generation >= Generation(4, 8) => {
                self.read.push(Message::System { content: texts(content, &place)? });
                Ok(())
            }
            (last, role) => Err(format!("`{place}`: {role} after {last:?}")),
        }
    }

    fn user(&mut self, content: Value, place: &str) -> Result<(), String> {
        let mut parts = Vec::new();
        for (block, place) in elements(content, place)? {
            let mut block = Members::of(block, &place)?;
            let kind = block.required_string("type")?;
            if kind == "tool_result" {
                if !parts.is_empty() {
                    return Err(format!("`{place}`: a result must stand before everything else"));
                }
                let result = self.result(block, &place)?;
                self.read.push(result);
                continue;
            }
            parts.push(part_of(&kind, block, &place)?);
        }
        if !self.open.is_empty() {
            return Err(format!("`{place}` has no result for {:?}", self.open));
        }
        if !parts.is_empty() {
            self.read.push(Message::User { content: parts });
        }
        Ok(())
    }

    fn result(&mut self, mut block: Members, place: &str) -> Result<Message, String> {
        let call_id = block.required_string("tool_use_id")?;
        let Some(found) = self.open.iter().position(|open| *open == call_id) else {
            return Err(format!("`{place}` is the result of no call of the turn before"));
        };
        self.open.remove(found);
        let mut content = match block.take("content") {
            None => Vec::new(),
            Some(Value::String(text)) => vec![plain(text, place)?],
            Some(blocks) => {
                let part = |(block, place): (Value, String)| {
                    let mut block = Members::of(block, &place)?;
                    part_of(&block.required_string("type")?, block, &place)
                };
                elements(blocks, place)?.into_iter().map(part).collect::<Result<_, _>>()?
            }
        };
        let is_error = block.bool("is_error")?.unwrap_or(false);
        let marker = block.take("cache_control");
        if let Some(last) = content.last_mut() {
            last.cache_control = last.cache_control.take().or(marker);
        }
        block.end()?;
        Ok(Message::Tool { call_id, content, is_error })
    }

    fn assistant(&mut self, content: Value, place: &str) -> Result<(), String> {
        let mut blocks = Vec::new();
        for (block, place) in elements(content, place)? {
            let mut block = Members::of(block, &place)?;
            let kind = block.required_string("type")?;
            match kind.as_str() {
                "text" => blocks.push(Block::Part(part_of("text", block, &place)?)),
                "thinking" => {
                    let text = block.string("thinking")?.ok_or("`thinking` is missing")?;
                    let signature =
                        Seal::new(Maker::Anthropic, block.required_string("signature")?);
                    block.end()?;
                    let signature = Some(signature);
                    blocks.push(Block::Thinking(Thinking::Text { text, signature }));
                }
                "redacted_thinking" => {
                    let sealed = Seal::new(Maker::Anthropic, block.required_string("data")?);
                    block.end()?;
                    blocks.push(Block::Thinking(Thinking::Opaque { id: None, sealed }));
                }
                "tool_use" => blocks.push(Block::ToolCall(self.call(block, &place)?)),
                other => return Err(format!("`{place}`: no `{other}` of the assistant")),
            }
        }
        if matches!(blocks.last(), Some(Block::Thinking(_))) {
            return Err(format!("`{place}`: the last block must not be thinking"));
        }
        self.read.push(Message::Assistant(AssistantMessage { blocks }));
        Ok(())
    }

    fn call(&mut self, mut block: Members, place: &str) -> Result<ToolCall, String> {
        let id = block.required_string("id")?;
        check_name(&id, usize::MAX, &block.place_of("id"))?;
        if !self.ids.insert(id.clone()) {
            return Err(format!("`{place}`: the id `{id}` was used before"));
        }
        let name = block.required_string("name")?;
        check_name(&name, 200, &block.place_of("name"))?;
        let arguments = object_text(&block.required("input")?, place)?;
        block.end()?;
        self.open.push(id.clone());
        Ok(ToolCall { id, name, arguments, signature: None })
    }

    fn end(self) -> Result<Vec<Message>, String> {
        if !self.open.is_empty() {
            return Err(format!("no results for {:?}", self.open));
        }
        if let Some(Message::Assistant(message)) = self.read.last() {
            if self.generation >= Generation(4, 6) {
                return Err("the model does not go on with the assistant's last message".into());
            }
            if let Some(Block::Part(last)) = message.blocks.last()
                && last.text().is_some_and(|text| text.ends_with(char::is_whitespace))
            {
                return Err("the assistant's last text ends in whitespace".into());
            }
        }
        Ok(self.read)
    }
}

/// With a budget the turn that the model goes on with must begin with thinking; a tool loop is
/// one turn, also where words stand beside its results.
pub(super) fn check_running_loop(messages: &[Message]) -> Result<(), String> {
    let mut first = None;
    for (index, message) in messages.iter().enumerate() {
        let follows_result = index > 0 && matches!(messages[index - 1], Message::Tool { .. });
        match message {
            Message::User { .. } if !follows_result => first = None,
            Message::Assistant(message) => first = first.or(Some(message)),
            Message::User { .. } | Message::Tool { .. } | Message::System { .. } => {}
        }
    }
    match first {
        Some(message) if !matches!(message.blocks.first(), Some(Block::Thinking(_))) => {
            Err("thinking is on, but the running turn does not begin with thinking".into())
        }
        _ => Ok(()),
    }
}

fn elements(value: Value, place: &str) -> Result<Vec<(Value, String)>, String> {
    match value {
        Value::Array(values) if !values.is_empty() => {
            let placed = |(index, value)| (value, format!("{place}[{index}]"));
            Ok(values.into_iter().enumerate().map(placed).collect())
        }
        other => Err(format!("`{place}` is no list of blocks: {other}")),
    }
}

fn texts(blocks: Value, place: &str) -> Result<Vec<Part>, String> {
    let text = |(block, place): (Value, String)| {
        let mut block = Members::of(block, &place)?;
        match block.required_string("type")?.as_str() {
            "text" => part_of("text", block, &place),
            other => Err(format!("`{place}` is no text but `{other}`")),
        }
    };
    elements(blocks, place)?.into_iter().map(text).collect()
}

fn plain(text: String, place: &str) -> Result<Part, String> {
    if text.trim().is_empty() {
        return Err(format!("`{place}`: text must hold something other than whitespace"));
    }
    Ok(Part { content: PartContent::Text(text), cache_control: None })
}

fn part_of(kind: &str, mut block: Members, place: &str) -> Result<Part, String> {
    let cache_control = block.take("cache_control");
    if cache_control.as_ref().is_some_and(|marker| marker["type"] != "ephemeral") {
        return Err(format!("`{place}.cache_control` is not ephemeral"));
    }
    let content = match kind {
        "text" => plain(block.required_string("text")?, place)?.content,
        "image" => PartContent::Image { source: source(&mut block, &IMAGES)?, detail: None },
        "document" => {
            let filename = block.string("title")?;
            PartContent::File { source: source(&mut block, &["application/pdf"])?, filename }
        }
        other => return Err(format!("`{place}` is of no known type: `{other}`")),
    };
    block.end()?;
    Ok(Part { content, cache_control })
}

fn source(block: &mut Members, types: &[&str]) -> Result<Media, String> {
    let mut source = block.required_object("source")?;
    let place = source.place_of("media_type");
    let media = match source.required_string("type")?.as_str() {
        "base64" => {
            let media_type = source.required_string("media_type")?;
            if !types.contains(&media_type.as_str()) {
                return Err(format!("`{place}` is `{media_type}`, not of {types:?}"));
            }
            let data = source.required_string("data")?;
            check_base64(&data, &source.place_of("data"))?;
            Media::Inline { media_type, data }
        }
        "text" if types.contains(&"application/pdf") => {
            let media_type = source.required_string("media_type")?;
            if media_type != "text/plain" {
                return Err(format!("`{place}` is `{media_type}`, not `text/plain`"));
            }
            let text = source.required_string("data")?;
            Media::Inline { media_type, data: data_encoding::BASE64.encode(text.as_bytes()) }
        }
        "url" => {
            let url = source.required_string("url")?;
            check_url(&url, &source.place_of("url"))?;
            Media::Url(url)
        }
        "file" => Media::FileId(source.required_string("file_id")?),
        other => return Err(format!("`{place}`: no source of type `{other}`")),
    };
    source.end()?;
    Ok(media)
}
