//! Encodes the messages: content is one string, images are a separate list, arguments are objects.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::dialects::dropped::Dropped;
use crate::dialects::errors::Untranslatable;
use crate::dialects::media_type;
use crate::dialects::place::{InMessage, Member};
use crate::domain::capabilities::Capabilities;
use crate::domain::chat::{AssistantMessage, Block, Media, Message, Part, PartContent, Thinking};

#[derive(Default, Serialize)]
pub(super) struct WireMessage<'a> {
    role: &'static str,
    content: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    thinking: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<WireCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_name: Option<&'a str>,
    /// Newer servers read it, older ones ignore it.
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
}

#[derive(Serialize)]
struct WireCall<'a> {
    /// Like `tool_call_id`.
    id: &'a str,
    function: WireFunction<'a>,
}

#[derive(Serialize)]
struct WireFunction<'a> {
    name: &'a str,
    arguments: Box<RawValue>,
}

/// # Errors
/// When a part cannot be translated, or a result belongs to no call.
pub(super) fn encode<'a>(
    messages: &'a [Message],
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Result<Vec<WireMessage<'a>>, Untranslatable> {
    let mut names = HashMap::new();
    let mut wire = Vec::with_capacity(messages.len());
    for (index, message) in messages.iter().enumerate() {
        let place = InMessage::at(index);
        let mut content = |role, content| {
            let mut message = WireMessage { role, ..WireMessage::default() };
            take_content(&mut message, content, place, capabilities, dropped)?;
            Ok(message)
        };
        wire.push(match message {
            Message::System { content: said } => content("system", said)?,
            Message::User { content: said } => content("user", said)?,
            Message::Assistant(message) => {
                names.extend(message.tool_calls().map(|call| (&call.id, &call.name)));
                assistant(message, place, capabilities, dropped)?
            }
            Message::Tool { call_id, content: said, is_error } => {
                let Some(name) = names.get(call_id) else {
                    let place = place.member(Member::CallId);
                    return Err(Untranslatable::at(place, " names an unknown call"));
                };
                let result = content("tool", said)?;
                dropped.record_if(*is_error, "is_error");
                WireMessage { tool_name: Some(name), tool_call_id: Some(call_id), ..result }
            }
        });
    }
    Ok(wire)
}

/// Ollama has one thinking, one text and a list of calls, so the order among them is lost.
fn assistant<'a>(
    message: &'a AssistantMessage,
    place: InMessage,
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Result<WireMessage<'a>, Untranslatable> {
    let mut wire = WireMessage { role: "assistant", ..WireMessage::default() };
    let mut parts = 0;
    for block in &message.blocks {
        match block {
            Block::Part(part) => {
                take_part(&mut wire, part, place.content(parts), capabilities, dropped)?;
                parts += 1;
            }
            // Ollama has no refusals: the text becomes content.
            Block::Refusal(text) => add_text(&mut wire.content, text),
            Block::Thinking(Thinking::Text { text, .. }) => wire.thinking.push_str(text),
            // A client's history holds searches as text.
            Block::Thinking(Thinking::Opaque { .. }) | Block::Search(_) | Block::Citation(_) => {}
            Block::ToolCall(call) => {
                let index = wire.tool_calls.len();
                let arguments = RawValue::from_string(call.arguments.clone()).map_err(|error| {
                    let place = place.call(index).member(Member::Arguments);
                    Untranslatable::at(place, format!(" must hold a JSON object: {error}"))
                })?;
                let function = WireFunction { name: &call.name, arguments };
                wire.tool_calls.push(WireCall { id: &call.id, function });
            }
        }
    }
    Ok(wire)
}

fn take_content<'a>(
    message: &mut WireMessage<'a>,
    content: &'a [Part],
    place: InMessage,
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Result<(), Untranslatable> {
    for (index, part) in content.iter().enumerate() {
        take_part(message, part, place.content(index), capabilities, dropped)?;
    }
    Ok(())
}

fn take_part<'a>(
    message: &mut WireMessage<'a>,
    part: &'a Part,
    place: InMessage,
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Result<(), Untranslatable> {
    dropped.record_if(part.cache_control.is_some(), "cache_control");
    let refusal = |member: Member, complaint: &str| {
        Err(Untranslatable::at(place.member(member), format!(" {complaint}")))
    };
    match &part.content {
        PartContent::Text(text) => add_text(&mut message.content, text),
        PartContent::Image { .. } if !capabilities.takes_images => {
            return refusal(Member::Image, "cannot be carried: this model takes no images");
        }
        PartContent::Image { source: Media::Inline { data, .. }, detail } => {
            dropped.record_if(detail.as_ref().is_some_and(|detail| detail != "auto"), "detail");
            message.images.push(data);
        }
        PartContent::Image { .. } => {
            return refusal(Member::Image, "must be a data URL: Ollama fetches no images");
        }
        PartContent::Audio { .. } => {
            return refusal(Member::Audio, "cannot be carried: Ollama takes no audio");
        }
        PartContent::Video { .. } => {
            return refusal(Member::Video, "cannot be carried: Ollama takes no video");
        }
        PartContent::File { source, filename } => {
            let Some(text) = media_type::text_of(source) else {
                return refusal(Member::File, "cannot be carried: Ollama takes no files but text");
            };
            let title = filename.as_deref().map(|name| format!("{name}:\n"));
            add_text(&mut message.content, &format!("{}{text}", title.unwrap_or_default()));
        }
    }
    Ok(())
}

/// Joins parts with a line break, so that their words stay apart.
fn add_text(content: &mut String, text: &str) {
    if !content.is_empty() && !text.is_empty() {
        content.push('\n');
    }
    content.push_str(text);
}
