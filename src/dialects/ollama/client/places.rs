//! Names a place of the chat body as the client wrote it.

use super::wire::Shape;
use crate::dialects::conversion;
use crate::dialects::errors::BadRequest;
use crate::dialects::openai::conversation::Beginning;

/// Where the messages of the chat body came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    pub(super) shape: Shape,
    /// The client's message of each; `None` for one that it has not.
    pub(super) messages: Vec<Option<usize>>,
}

/// The client's members by their names in the chat body.
const MEMBERS: [(&str, &str); 13] = [
    ("stop", "options.stop"),
    ("max_tokens", "options.num_predict"),
    ("max_completion_tokens", "options.num_predict"),
    ("temperature", "options.temperature"),
    ("top_p", "options.top_p"),
    ("top_k", "options.top_k"),
    ("seed", "options.seed"),
    ("presence_penalty", "options.presence_penalty"),
    ("frequency_penalty", "options.frequency_penalty"),
    ("reasoning_effort", "think"),
    ("response_format", "format"),
    ("response_format.json_schema.schema", "format"),
    ("tool_choice", "tools"),
];

/// What of a request stays the same as the conversation grows.
pub fn beginning(shape: Shape) -> Beginning {
    match shape {
        Shape::Chat => Beginning::OF_CHAT,
        Shape::Generate => Beginning { fixed: &["system"], turns: "prompt" },
    }
}

/// A parameter of the chat body, as the client calls it.
pub fn member(name: &str) -> &str {
    conversion::member_in(&MEMBERS, name)
}

impl conversion::Origins for Origins {
    fn bad(place: &str, complaint: &str) -> BadRequest {
        BadRequest::new(format!("`{place}` {complaint}"), place)
    }

    fn place_of(&self, place: &str) -> Option<String> {
        Some(self.of_message(place).unwrap_or_else(|| member(place).to_owned()))
    }
}

/// The error with its place, which is that of an image among the client's own messages.
pub fn written(bad: BadRequest, shape: Shape) -> BadRequest {
    bad.respelled(|place| match place.split_once(".content[") {
        Some((message, _)) if shape == Shape::Chat => format!("{message}.images"),
        Some(_) => String::from("images"),
        None => member(place).to_owned(),
    })
}

impl Origins {
    fn of_message(&self, place: &str) -> Option<String> {
        let (index, rest) = place.strip_prefix("messages[")?.split_once(']')?;
        let origin = *self.messages.get(index.parse::<usize>().ok()?)?;
        let is_image = rest.contains("image_url");
        if self.shape == Shape::Generate {
            return Some(String::from(if is_image { "images" } else { "prompt" }));
        }
        let message = format!("messages[{}]", origin?);
        Some(match rest {
            _ if is_image => format!("{message}.images"),
            "" => message,
            rest if rest.starts_with(".content") => format!("{message}.content"),
            rest => format!("{message}{rest}"),
        })
    }
}
