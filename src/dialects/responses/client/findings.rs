//! What is found out while a request is converted, and where its parts came from, so that a
//! complaint about the chat body names the place in the client's own: `input[2].content`.

use crate::dialects::errors::BadRequest;

/// What is found out on the way.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub origins: Origins,
    pub fault: Option<BadRequest>,
    pub left_out: Vec<String>,
}

impl Findings {
    /// Only the first fault is told.
    pub(super) fn cannot_be_sent(&mut self, place: &str, complaint: &str) {
        self.fault.get_or_insert_with(|| bad(place, complaint));
    }

    pub(super) fn leave_out(&mut self, name: &str) {
        if !self.left_out.iter().any(|known| known == name) {
            self.left_out.push(name.to_owned());
        }
    }
}

pub(super) fn bad(place: &str, complaint: &str) -> BadRequest {
    BadRequest::new(format!("`{place}` {complaint}"), place)
}

/// By the messages of the chat body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// The item of each message; `None` for `instructions`.
    pub(super) messages: Vec<Option<usize>>,
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

impl Origins {
    /// The error with the client's place, in its parameter and where its text quotes it.
    pub fn respelled(&self, bad: BadRequest) -> BadRequest {
        bad.respelled(|place| self.place_of(place))
    }

    /// A parameter of the chat body, as the client calls it.
    pub fn member(name: &str) -> &str {
        MEMBERS.iter().find(|(chat, _)| *chat == name).map_or(name, |(_, own)| own)
    }

    fn place_of(&self, place: &str) -> String {
        let indexed = place.strip_prefix("messages[").and_then(|rest| rest.split_once(']'));
        let Some((index, _)) = indexed else {
            if place.starts_with("response_format.") {
                return String::from("text.format");
            }
            return Self::member(place).to_owned();
        };
        let origin = index.parse::<usize>().ok().and_then(|index| self.messages.get(index));
        match origin {
            Some(Some(item)) => format!("input[{item}]"),
            Some(None) => String::from("instructions"),
            None => String::from("input"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_names_the_clients_place() {
        let origins = Origins { messages: vec![None, Some(0), Some(3)] };
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
