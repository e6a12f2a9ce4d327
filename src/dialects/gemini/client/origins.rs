//! Where the parts of a converted request came from, so that a complaint about the chat body names
//! the place in the client's own: `contents[2].parts[0].inlineData`.

use crate::dialects::conversion;
use crate::dialects::errors::BadRequest;
use crate::dialects::place::indexed;

/// By the messages and tools of the chat body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    pub(super) messages: Vec<Origin>,
    /// The client's tool, and the declaration in it.
    pub(super) tools: Vec<(usize, usize)>,
}

/// Of one message of the chat body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Origin {
    /// `None` for the system's instruction.
    pub content: Option<usize>,
    /// The part that became the whole message.
    pub part: Option<usize>,
    /// The part of each element of the message's content.
    pub parts: Vec<usize>,
    /// The part of each call.
    pub calls: Vec<usize>,
}

/// The client's members by their names in the chat body.
const MEMBERS: [(&str, &str); 15] = [
    ("temperature", "generationConfig.temperature"),
    ("top_p", "generationConfig.topP"),
    ("top_k", "generationConfig.topK"),
    ("max_tokens", "generationConfig.maxOutputTokens"),
    ("max_completion_tokens", "generationConfig.maxOutputTokens"),
    ("stop", "generationConfig.stopSequences"),
    ("seed", "generationConfig.seed"),
    ("presence_penalty", "generationConfig.presencePenalty"),
    ("frequency_penalty", "generationConfig.frequencyPenalty"),
    ("n", "generationConfig.candidateCount"),
    ("logprobs", "generationConfig.responseLogprobs"),
    ("top_logprobs", "generationConfig.logprobs"),
    ("reasoning_effort", "generationConfig.thinkingConfig"),
    ("response_format", "generationConfig.responseJsonSchema"),
    ("tool_choice", "toolConfig.functionCallingConfig"),
];

/// An error as Google words it, the place before a colon.
pub(super) fn bad(place: &str, complaint: &str) -> BadRequest {
    BadRequest::new(format!("{place}: {complaint}"), place)
}

impl conversion::Origins for Origins {
    fn bad(place: &str, complaint: &str) -> BadRequest {
        bad(place, complaint)
    }

    fn place_of(&self, place: &str) -> Option<String> {
        let Some((list, index, rest)) = indexed(place) else {
            return Some(match place {
                "messages" => String::from("contents"),
                "response_format.json_schema.schema" => Self::member("response_format").to_owned(),
                other => Self::member(other).to_owned(),
            });
        };
        match list {
            "messages" => Some(self.messages.get(index)?.place_of(rest)),
            "tools" => {
                let (tool, declaration) = self.tools.get(index)?;
                let member = match rest {
                    ".function.parameters" => ".parameters",
                    ".function.name" => ".name",
                    ".function.description" => ".description",
                    _ => "",
                };
                Some(format!("tools[{tool}].functionDeclarations[{declaration}]{member}"))
            }
            _ => None,
        }
    }
}

impl Origins {
    /// The error with its place, which is that of a part of the client's own contents.
    pub fn written(bad: BadRequest) -> BadRequest {
        bad.respelled(|place| match place.strip_prefix("messages") {
            Some(own) => format!("contents{}", own.replace(".content[", ".parts[")),
            None => Self::member(place).to_owned(),
        })
    }

    /// A parameter of the chat body, as the client calls it.
    pub fn member(name: &str) -> &str {
        conversion::member_in(&MEMBERS, name)
    }
}

impl Origin {
    fn place_of(&self, rest: &str) -> String {
        let Some(content) = self.content else { return String::from("systemInstruction") };
        let part = |part: usize, member: &str| format!("contents[{content}].parts[{part}]{member}");
        if let Some(result) = self.part {
            return part(result, ".functionResponse");
        }
        let whole = || format!("contents[{content}]");
        let Some((list, index, rest)) = indexed(rest.trim_start_matches('.')) else {
            return whole();
        };
        let (parts, is_content) = match list {
            "content" => (&self.parts, true),
            _ => (&self.calls, false),
        };
        let Some(place) = parts.get(index) else { return whole() };
        part(
            *place,
            match rest {
                ".text" => ".text",
                ".id" => ".functionCall.id",
                ".function.name" => ".functionCall.name",
                ".function.arguments" => ".functionCall.args",
                "" | ".type" => "",
                _ if is_content => ".inlineData",
                _ => ".functionCall",
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::conversion::Origins as _;

    #[test]
    fn places_are_those_of_the_client() {
        let system = Origin::default();
        let user = Origin { content: Some(0), parts: vec![0, 2], ..Origin::default() };
        let turn = Origin { content: Some(1), calls: vec![1, 3], ..Origin::default() };
        let result = Origin { content: Some(2), part: Some(1), ..Origin::default() };
        let messages = vec![system, user, turn, result];
        let origins = Origins { messages, tools: vec![(0, 0), (2, 1)] };
        for (chat, own) in [
            ("messages", "contents"),
            ("messages[0].content", "systemInstruction"),
            ("messages[1]", "contents[0]"),
            ("messages[1].content[1].image_url", "contents[0].parts[2].inlineData"),
            (
                "messages[2].tool_calls[1].function.arguments",
                "contents[1].parts[3].functionCall.args",
            ),
            ("messages[3].tool_call_id", "contents[2].parts[1].functionResponse"),
            ("tools[1].function.parameters", "tools[2].functionDeclarations[1].parameters"),
            ("response_format.json_schema.schema", "generationConfig.responseJsonSchema"),
            ("stop", "generationConfig.stopSequences"),
            ("messages[9]", "messages[9]"),
        ] {
            let bad = BadRequest::new(format!("`{chat}` is wrong"), chat);
            let BadRequest { message, param } = origins.respelled(bad);
            assert_eq!(param.as_deref(), Some(own), "{chat}");
            assert_eq!(message, format!("`{own}` is wrong"));
        }
    }
}
