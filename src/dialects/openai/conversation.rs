//! Identifies a conversation, so that all its requests go to the same model and hit the provider's
//! prompt cache.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::dialects::json::body::JsonBody;
use crate::dialects::json::fields::filled_string;
use crate::dialects::json::{Kind, RawObject};
use crate::domain::hash::StableHash;

/// What of a body stays the same as the conversation grows.
#[derive(Clone, Copy, Debug)]
pub struct Beginning {
    pub fixed: &'static [&'static str],
    /// The member that holds the turns: up to the first of the user.
    pub turns: &'static str,
}

impl Beginning {
    /// Of a chat, and of Anthropic's Messages.
    pub const OF_CHAT: Self = Self { fixed: &["tools", "functions", "system"], turns: "messages" };
}

/// A hash of the first name that the client gives the conversation, in this order:
/// `prompt_cache_key`, the header or `session_id`, `metadata.user_id`, `user`. Without any, of its
/// beginning: tools, system messages and the first user message. None of it changes as the
/// conversation grows.
pub fn seed(
    body: &JsonBody,
    beginning: Beginning,
    session: Option<&str>,
    caller: Option<&str>,
) -> u64 {
    let mut hash = StableHash::default().with(caller.unwrap_or_default().as_bytes());
    match name(body, session) {
        Some((kind, name)) => hash = hash.with(kind.as_bytes()).with(name.as_bytes()),
        None => add_beginning(&mut hash, body, beginning),
    }
    hash.finish()
}

/// A name, and the field that it came from.
fn name<'a>(body: &'a JsonBody, session: Option<&'a str>) -> Option<(&'static str, Cow<'a, str>)> {
    let text = |field: &str| body.value_of(field).and_then(filled_string);
    let session = session.filter(|session| !session.is_empty()).map(Cow::Borrowed);
    let user_id = || {
        let metadata = RawObject::parse(body.value_of("metadata")?).ok()?;
        filled_string(metadata.get("user_id")?.get().as_bytes())
    };
    None.or_else(|| text("prompt_cache_key").map(|name| ("prompt_cache_key", name)))
        .or_else(|| session.or_else(|| text("session_id")).map(|name| ("session", name)))
        .or_else(|| user_id().map(|name| ("user_id", name)))
        .or_else(|| text("user").map(|name| ("user", name)))
}

fn add_beginning(hash: &mut StableHash, body: &JsonBody, beginning: Beginning) {
    for name in beginning.fixed {
        hash.add(body.value_of(name).unwrap_or_default());
    }
    let turns = body.value_of(beginning.turns).unwrap_or_default();
    // A text alone is what the user says.
    if turns.starts_with(b"\"") {
        hash.add(USER.as_bytes());
        hash.add(turns);
        return;
    }
    let mut reader = serde_json::Deserializer::from_slice(turns);
    // Reading stops at the first user message, which serde reports as an error; a body that cannot
    // be parsed is left to the upstream.
    let _ = reader.deserialize_seq(Turns(hash));
}

const USER: &str = "user";

/// Reads turns up to the first one of the user.
struct Turns<'h>(&'h mut StableHash);

impl<'de> Visitor<'de> for Turns<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("messages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut messages: A) -> Result<(), A::Error> {
        while let Some(message) = messages.next_element::<Message<'de>>()? {
            let is_users =
                message.role == USER || (message.role.is_empty() && message.parts.is_some());
            if is_users || matches!(&*message.role, "system" | "developer") {
                self.0.add(if is_users { USER.as_bytes() } else { message.role.as_bytes() });
                if let Some(content) = message.content.or(message.parts) {
                    add_content(self.0, content);
                }
            }
            if is_users {
                break;
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    role: Cow<'a, str>,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    /// Of Gemini's API, where a turn without a role is the user's.
    #[serde(borrow, default)]
    parts: Option<&'a RawValue>,
}

/// The text alone, whether a string or a part: a client that marks its newest messages with
/// `cache_control` writes the first message differently once it is no longer new.
fn add_content(hash: &mut StableHash, content: &RawValue) {
    if Kind::of(content) != Kind::Array {
        hash.add(content.get().as_bytes());
        return;
    }
    let parts: Vec<&RawValue> = serde_json::from_str(content.get()).unwrap_or_default();
    for part in parts {
        match RawObject::parse(part.get().as_bytes()) {
            Ok(object) => add_part(hash, &object),
            Err(_) => hash.add(part.get().as_bytes()),
        }
    }
}

fn add_part(hash: &mut StableHash, part: &RawObject<'_>) {
    for (name, value) in &part.members {
        let is_text = name == "type" && matches!(value.get(), "\"text\"" | "\"input_text\"");
        if name == "text" {
            hash.add(value.get().as_bytes());
        } else if !is_text && name != "cache_control" {
            hash.add(name.as_bytes());
            hash.add(value.get().as_bytes());
        }
    }
}

#[cfg(test)]
mod tests;
