//! What is found out while a request is converted, and where its parts came from, so that a
//! complaint about the chat body names the place in the client's own: `input[2].content`.

use super::names::ToolNames;
use crate::dialects::conversion;
use crate::dialects::errors::BadRequest;

pub(super) type Findings = conversion::Findings<Origins>;

pub(super) fn bad(place: &str, complaint: &str) -> BadRequest {
    BadRequest::new(format!("`{place}` {complaint}"), place)
}

/// By the messages and tools of the chat body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// The item of each message; `None` for `instructions`.
    pub(super) messages: Vec<Option<usize>>,
    pub(super) tools: ToolNames,
}

/// The client's members by their names in the chat body.
const MEMBERS: [(&str, &str); 6] = [
    ("messages", "input"),
    ("max_tokens", "max_output_tokens"),
    ("max_completion_tokens", "max_output_tokens"),
    ("reasoning_effort", "reasoning.effort"),
    ("response_format", "text.format"),
    ("verbosity", "text.verbosity"),
];

impl conversion::Origins for Origins {
    fn bad(place: &str, complaint: &str) -> BadRequest {
        bad(place, complaint)
    }

    fn place_of(&self, place: &str) -> Option<String> {
        let indexed = place.strip_prefix("messages[").and_then(|rest| rest.split_once(']'));
        let Some((index, _)) = indexed else {
            if place.starts_with("response_format.") {
                return Some(String::from("text.format"));
            }
            return Some(Self::member(place).to_owned());
        };
        let origin = index.parse::<usize>().ok().and_then(|index| self.messages.get(index));
        Some(match origin {
            Some(Some(item)) => format!("input[{item}]"),
            Some(None) => String::from("instructions"),
            None => String::from("input"),
        })
    }
}

impl Origins {
    /// The error with its place, which is that of a part of the client's own items.
    pub fn written(bad: BadRequest) -> BadRequest {
        bad.respelled(|place| {
            match place.strip_prefix("messages").and_then(|it| it.split_once(']')) {
                Some((item, _)) => format!("input{item}]"),
                None => Self::member(place).to_owned(),
            }
        })
    }

    /// A parameter of the chat body, as the client calls it.
    pub fn member(name: &str) -> &str {
        conversion::member_in(&MEMBERS, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::conversion::Origins as _;

    #[test]
    fn a_complaint_names_the_clients_place() {
        let origins = Origins { messages: vec![None, Some(0), Some(3)], ..Origins::default() };
        for (chat, own) in [
            ("messages", "input"),
            ("messages[0].content", "instructions"),
            ("messages[2].content[1].image_url", "input[3]"),
            ("messages[9]", "input"),
            ("response_format.json_schema.schema", "text.format"),
            ("max_tokens", "max_output_tokens"),
            ("temperature", "temperature"),
        ] {
            let bad = BadRequest::new(format!("`{chat}` is wrong"), chat);
            let BadRequest { message, param } = origins.respelled(bad);
            assert_eq!(param.as_deref(), Some(own), "{chat}");
            assert_eq!(message, format!("`{own}` is wrong"));
        }
    }
}
