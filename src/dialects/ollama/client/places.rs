//! Names a place of the chat body as the client wrote it.

use super::wire::Shape;
use crate::dialects::errors::BadRequest;
use crate::dialects::openai::conversation::Beginning;

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
    MEMBERS.iter().find(|(chat, _)| *chat == name).map_or(name, |(_, own)| own)
}

/// The error with the client's place, in its parameter and where its text quotes it. `messages`: the
/// client's message of each message of the chat body.
pub(super) fn respelled(bad: BadRequest, shape: Shape, messages: &[Option<usize>]) -> BadRequest {
    let Some(param) = bad.param else { return bad };
    let own = place_of(&param, shape, messages).unwrap_or_else(|| member(&param).to_owned());
    let message = bad.message.replace(&format!("`{param}`"), &format!("`{own}`"));
    BadRequest { message, param: Some(own) }
}

fn place_of(place: &str, shape: Shape, messages: &[Option<usize>]) -> Option<String> {
    let (index, rest) = place.strip_prefix("messages[")?.split_once(']')?;
    let origin = *messages.get(index.parse::<usize>().ok()?)?;
    let is_image = rest.contains("image_url");
    if shape == Shape::Generate {
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
