//! Checks a request, and converts it into a chat body once something asks for that. Only what the
//! router acts on is checked: what it does not know is left to an upstream of the same API, and is
//! left out for any other.

use bytes::Bytes;

use super::findings::Findings;
use super::places::Origins;
use super::wire::Shape;
use super::{facts, generate, messages, options};
use crate::dialects::conversion::{self, Conversion};
use crate::dialects::errors::BadRequest;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::fields::{is_filled_list, present};
use crate::dialects::json::write::{Object, list};
use crate::dialects::json::{Kind, RawObject};
use crate::domain::facts::RequestFacts;

/// What the client sent, and the chat body that is made of it once an upstream of another API is
/// called, or a limit of a key asks for it.
#[derive(Clone, Debug)]
pub struct Own {
    pub shape: Shape,
    pub body: JsonBody,
    conversion: Conversion<Origins>,
}

pub type Converted = conversion::Converted<Origins>;

impl Own {
    /// # Errors
    /// When no chat can be made of it, with the place.
    pub fn converted(&self) -> Result<&Converted, BadRequest> {
        self.conversion.done(|| convert(&self.body, self.shape))
    }

    /// An error of the chat body with the client's place.
    pub fn respelled(&self, bad: BadRequest) -> BadRequest {
        self.conversion.respelled(bad)
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

/// What the client sent, its facts, and an error in its preferences.
///
/// # Errors
/// When the bytes are no JSON object, a member that is acted on is wrong, or there is no message.
pub fn read(
    bytes: Bytes,
    shape: Shape,
) -> Result<(Own, (RequestFacts, Option<BadRequest>)), BadRequest> {
    let body = JsonBody::parse(bytes, |object| check(object, shape))?;
    let facts = facts::read(&body, shape);
    Ok((Own { shape, body, conversion: Conversion::default() }, facts))
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

fn check(object: &RawObject<'_>, shape: Shape) -> Result<(), BadRequest> {
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
    if shape == Shape::Generate {
        return Ok(());
    }
    match present(object, "messages") {
        None => Err(BadRequest::new("`messages` is missing", "messages")),
        Some(messages) if !is_filled_list(messages.get().as_bytes()) => {
            let message = "`messages` is empty: send at least one message";
            Err(BadRequest::new(message, "messages"))
        }
        Some(_) => Ok(()),
    }
}

fn convert(body: &JsonBody, shape: Shape) -> Result<Converted, BadRequest> {
    let object = &body.object();
    let mut findings = Findings::default();
    findings.origins.shape = shape;
    let mut chat = Object::of_body();
    if let Some(model) = present(object, "model") {
        chat.raw("model", model.get());
    }
    let messages = match shape {
        Shape::Chat => messages::convert(object, &mut findings)?,
        Shape::Generate => generate::convert(object, &mut findings),
    };
    chat.raw("messages", &list(&messages));
    options::convert(object, shape, &mut chat, &mut findings)?;
    findings.with_chat(chat)
}

#[cfg(test)]
mod tests;
