//! Checks a request and converts it into a chat body. Only what the router acts on is checked: what
//! it does not know is left to an upstream of the same API, and is left out for any other.

use bytes::Bytes;

use super::findings::Findings;
use super::wire::Shape;
use super::{generate, messages, options, places};
use crate::dialects::errors::BadRequest;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::fields::present;
use crate::dialects::json::write::{Object, list};
use crate::dialects::json::{Kind, RawObject};
use crate::dialects::openai::body;

/// What the client sent, with the chat body that was made of it.
#[derive(Clone, Debug)]
pub struct Own {
    pub shape: Shape,
    pub body: JsonBody,
    pub chat: JsonBody,
    /// The client's message of each message of the chat body; `None` for one that it has not.
    pub(super) messages: Vec<Option<usize>>,
    /// What of it no other API can be sent.
    pub fault: Option<BadRequest>,
    /// What of it other APIs are not sent.
    pub left_out: Vec<String>,
}

impl Own {
    /// An error of the chat body with the client's place.
    pub fn respelled(&self, bad: BadRequest) -> BadRequest {
        places::respelled(bad, self.shape, &self.messages)
    }
}

/// The types of the members that the router acts on; `null` counts as absent.
const TYPES: [(&str, &[Kind]); 12] = [
    ("model", &[Kind::String]),
    ("messages", &[Kind::Array]),
    ("prompt", &[Kind::String]),
    ("suffix", &[Kind::String]),
    ("system", &[Kind::String]),
    ("images", &[Kind::Array]),
    ("stream", &[Kind::Bool]),
    ("raw", &[Kind::Bool]),
    ("tools", &[Kind::Array]),
    ("format", &[Kind::String, Kind::Object]),
    ("think", &[Kind::Bool, Kind::String]),
    ("options", &[Kind::Object]),
];

/// What the client sent.
///
/// # Errors
/// When the bytes are no JSON object, or a member that is acted on is wrong.
pub fn decode(bytes: Bytes, shape: Shape) -> Result<Own, BadRequest> {
    let mut converted = None;
    let sent = JsonBody::parse(bytes, |object| {
        check(object)?;
        converted = Some(convert(object, shape)?);
        Ok(())
    })?;
    let Some((chat, Findings { messages, fault, left_out })) = converted else {
        return Err(BadRequest { message: String::from("the body cannot be read"), param: None });
    };
    let chat = body::parse(chat).map_err(|bad| places::respelled(bad, shape, &messages))?;
    Ok(Own { shape, body: sent, chat, messages, fault, left_out })
}

/// Whether a body asks for nothing: with it a client has a model loaded, or unloaded.
pub fn is_load(body: &[u8], shape: Shape) -> bool {
    let Ok(object) = RawObject::parse(body) else { return false };
    let is_empty = |name: &str, nothing: &str| {
        present(&object, name).is_none_or(|value| {
            value.get().bytes().filter(|byte| !byte.is_ascii_whitespace()).eq(nothing.bytes())
        })
    };
    match shape {
        Shape::Chat => is_empty("messages", "[]"),
        Shape::Generate => is_empty("prompt", "\"\"") && is_empty("images", "[]"),
    }
}

fn check(object: &RawObject<'_>) -> Result<(), BadRequest> {
    for (name, expected) in TYPES {
        let Some(value) = present(object, name) else { continue };
        let found = Kind::of(value);
        if !expected.contains(&found) {
            let expected: Vec<&str> = expected.iter().map(|kind| kind.as_str()).collect();
            let message =
                format!("`{name}` must be {}, not {}", expected.join(" or "), found.as_str());
            return Err(BadRequest::new(message, name));
        }
    }
    Ok(())
}

fn convert(object: &RawObject<'_>, shape: Shape) -> Result<(Bytes, Findings), BadRequest> {
    let mut findings = Findings::default();
    let mut chat = Object::default();
    if let Some(model) = present(object, "model") {
        chat.raw("model", model.get());
    }
    let messages = match shape {
        Shape::Chat => messages::convert(object, &mut findings)?,
        Shape::Generate => generate::convert(object, &mut findings),
    };
    chat.raw("messages", &list(&messages));
    options::convert(object, shape, &mut chat, &mut findings)?;
    Ok((Bytes::from(chat.finish()), findings))
}

#[cfg(test)]
mod tests;
