//! Messages for the tests of this dialect.

use crate::domain::chat::{AssistantMessage, Block, Message, Part, PartContent, ToolCall};

pub(super) fn part(content: PartContent) -> Part {
    Part { content, cache_control: None }
}

pub(super) fn text(text: &str) -> Part {
    part(PartContent::Text(text.into()))
}

pub(super) fn user(content: &str) -> Message {
    Message::User { content: vec![text(content)] }
}

/// Calls of a tool `f`, each with id and arguments.
pub(super) fn call(calls: &[(&str, &str)]) -> Message {
    let tool_call = |(id, arguments): &(&str, &str)| {
        Block::ToolCall(ToolCall {
            id: (*id).into(),
            name: "f".into(),
            arguments: (*arguments).into(),
            signature: None,
        })
    };
    Message::Assistant(AssistantMessage { blocks: calls.iter().map(tool_call).collect() })
}

pub(super) fn tool(call_id: &str, content: &str) -> Message {
    Message::Tool { call_id: call_id.into(), content: vec![text(content)], is_error: false }
}
