//! Where the parts of a converted request came from, so that a complaint about the chat body names
//! the place in the client's own: `messages.2.content.0.source`.

use crate::dialects::conversion;
use crate::dialects::errors::BadRequest;
use crate::dialects::place::indexed;

/// By the messages and tools of the chat body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    pub(super) messages: Vec<Origin>,
    /// The client's index of each tool.
    pub(super) tools: Vec<usize>,
}

/// Of one message of the chat body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Origin {
    /// The client's message; `None` for its `system`.
    pub message: Option<usize>,
    /// The block that became the whole message.
    pub block: Option<usize>,
    /// The block of each part of the content.
    pub parts: Vec<usize>,
    /// The block of each call.
    pub calls: Vec<usize>,
}

/// The client's members by their names in the chat body.
const MEMBERS: [(&str, &str); 7] = [
    ("stop", "stop_sequences"),
    ("reasoning_effort", "output_config.effort"),
    ("response_format", "output_config.format"),
    ("max_completion_tokens", "max_tokens"),
    ("parallel_tool_calls", "tool_choice.disable_parallel_tool_use"),
    ("user", "metadata.user_id"),
    ("prompt_cache_key", "metadata.user_id"),
];

/// An error as Anthropic words it, the place before a colon.
pub(super) fn bad(place: &str, complaint: &str) -> BadRequest {
    BadRequest::new(format!("{place}: {complaint}"), place)
}

impl conversion::Origins for Origins {
    fn bad(place: &str, complaint: &str) -> BadRequest {
        bad(place, complaint)
    }

    fn place_of(&self, place: &str) -> Option<String> {
        let Some((list, index, rest)) = indexed(place) else {
            if place == "response_format.json_schema.schema" {
                return Some(String::from("output_config.format.schema"));
            }
            return Some(Self::member(place).to_owned());
        };
        match list {
            "messages" => self.messages.get(index)?.place_of(rest),
            "tools" => {
                let tool = self.tools.get(index)?;
                let member = match rest {
                    ".function.parameters" => ".input_schema",
                    ".function.name" => ".name",
                    ".function.description" => ".description",
                    _ => "",
                };
                Some(format!("tools.{tool}{member}"))
            }
            _ => None,
        }
    }
}

impl Origins {
    /// The error with its place, which is the client's own, as this API writes places:
    /// `messages[2].content[0]` is `messages.2.content.0`.
    pub fn written(bad: BadRequest) -> BadRequest {
        let Some(param) = bad.param else { return bad };
        let own = param.replace('[', ".").replace(']', "");
        let message = bad.message.replace(&param, &own);
        BadRequest { message, param: Some(own) }
    }

    /// A parameter that was dropped, as the client calls it.
    pub fn member(name: &str) -> &str {
        conversion::member_in(&MEMBERS, name)
    }
}

impl Origin {
    fn place_of(&self, rest: &str) -> Option<String> {
        let Some(message) = self.message else { return Some(String::from("system")) };
        if let Some(block) = self.block {
            let member = if rest == ".tool_call_id" { ".tool_use_id" } else { ".content" };
            return Some(format!("messages.{message}.content.{block}{member}"));
        }
        let Some((list, index, rest)) = indexed(rest.trim_start_matches('.')) else {
            let rest = rest.replace('[', ".").replace(']', "");
            return Some(format!("messages.{message}{rest}"));
        };
        let blocks = if list == "content" { &self.parts } else { &self.calls };
        let block = blocks.get(index)?;
        let member = match rest {
            ".text" => ".text",
            ".id" => ".id",
            ".function.name" => ".name",
            ".function.arguments" => ".input",
            "" | ".type" => "",
            _ => ".source",
        };
        Some(format!("messages.{message}.content.{block}{member}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::conversion::Origins as _;

    #[test]
    fn places_are_those_of_the_client() {
        let system = Origin::default();
        let user = Origin { message: Some(0), parts: vec![0, 2], ..Origin::default() };
        let turn = Origin { message: Some(1), calls: vec![1, 3], ..Origin::default() };
        let result = Origin { message: Some(2), block: Some(1), ..Origin::default() };
        let origins = Origins { messages: vec![system, user, turn, result], tools: vec![0, 2] };
        for (chat, own) in [
            ("messages[0].content", "system"),
            ("messages[1]", "messages.0"),
            ("messages[1].content", "messages.0.content"),
            ("messages[1].content[1].image_url", "messages.0.content.2.source"),
            ("messages[2].tool_calls[1].function.arguments", "messages.1.content.3.input"),
            ("messages[3].tool_call_id", "messages.2.content.1.tool_use_id"),
            ("tools[1].function.parameters", "tools.2.input_schema"),
            ("response_format.json_schema.schema", "output_config.format.schema"),
            ("stop", "stop_sequences"),
            ("temperature", "temperature"),
            ("messages[9]", "messages[9]"),
        ] {
            let bad = BadRequest::new(format!("`{chat}` is wrong"), chat);
            let BadRequest { message, param } = origins.respelled(bad);
            assert_eq!(param.as_deref(), Some(own), "{chat}");
            assert_eq!(message, format!("`{own}` is wrong"));
        }
    }
}
