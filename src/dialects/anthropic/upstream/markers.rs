//! The API accepts four cache markers. Of more, the last four are kept: each covers everything
//! before it.

use serde_json::Value;

use super::wire::{Block, Body};
use crate::dialects::dropped::Dropped;

const MOST: usize = 4;

pub(super) fn keep_the_last(body: &mut Body<'_>, dropped: &mut Dropped) {
    let of_all = usize::from(body.cache_control.is_some());
    let mut marks: Vec<&mut Option<&Value>> =
        body.tools.functions.iter_mut().map(|tool| &mut tool.cache_control).collect();
    let messages = body.messages.iter_mut().flat_map(|message| message.content.iter_mut());
    marks.extend(body.system.iter_mut().chain(messages).filter_map(mark_of));
    marks.retain(|mark| mark.is_some());
    let too_many = (marks.len() + of_all).saturating_sub(MOST);
    dropped.record_if(too_many > 0, "cache_control");
    for mark in marks.into_iter().take(too_many) {
        *mark = None;
    }
}

fn mark_of<'b, 'a>(block: &'b mut Block<'a>) -> Option<&'b mut Option<&'a Value>> {
    match block {
        Block::Text { cache_control, .. }
        | Block::Image { cache_control, .. }
        | Block::Document { cache_control, .. }
        | Block::ToolResult { cache_control, .. } => Some(cache_control),
        Block::Thinking { .. } | Block::RedactedThinking { .. } | Block::ToolUse { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::encode::encode;
    use crate::domain::capabilities::Capabilities;
    use crate::domain::chat::{ChatRequest, Message, Part, PartContent, Tool};
    use serde_json::{Value, json};

    #[test]
    fn the_last_four_marks_are_kept_and_the_loss_is_reported() {
        let mark = || Some(json!({"type": "ephemeral"}));
        let part =
            |text: &str| Part { content: PartContent::Text(text.into()), cache_control: mark() };
        let tool = Tool {
            name: "f".into(),
            description: None,
            parameters: None,
            strict: None,
            cache_control: mark(),
        };
        for (parts, kept, dropped) in [(3, 4, false), (5, 4, true)] {
            let content = (0..parts).map(|index| part(&format!("t{index}"))).collect();
            let request = ChatRequest {
                messages: vec![Message::User { content }],
                tools: vec![tool.clone()],
                ..ChatRequest::default()
            };
            let encoded = encode(&request, &Capabilities::default()).unwrap();
            let body: Value = serde_json::from_slice(&encoded.body).unwrap();
            assert_eq!(body.to_string().matches("ephemeral").count(), kept);
            assert_eq!(encoded.dropped.contains(&String::from("cache_control")), dropped);
            let last = body["messages"][0]["content"].as_array().unwrap().last().unwrap().clone();
            assert!(last["cache_control"].is_object(), "{last}");
        }
    }
}
