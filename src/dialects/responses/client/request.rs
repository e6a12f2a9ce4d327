//! Checks a request, and converts it into a chat body once something asks for that. Only what the
//! router acts on is checked: what it does not know is left to an upstream that speaks Responses, and
//! is left out, or becomes text, for any other.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;

use super::findings::{Findings, Origins, bad};
use super::names::{Called, ToolNames};
use super::parts::texts;
use super::{echo, facts, input, parameters, tools};
use crate::dialects::conversion::{self, Conversion};
use crate::dialects::errors::BadRequest;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::fields::{is_filled_list, present, string};
use crate::dialects::json::write::{Object, list};
use crate::dialects::json::{Kind, RawObject};
use crate::domain::facts::RequestFacts;

/// What the client sent, and the chat body that is made of it once an upstream of another API is
/// called, or a limit of a key asks for it.
#[derive(Clone, Debug)]
pub struct Own {
    pub body: JsonBody,
    conversion: Conversion<Origins>,
    /// A summary of the conversation is asked for, as an item that replaces it.
    pub is_compaction: bool,
    /// It came by the route that does only that.
    pub is_compact_route: bool,
    /// The id of the response; empty where the router does not give one.
    pub id: String,
    /// Whether the response is kept.
    pub is_stored: bool,
    /// How many events were sent before the first of the answer.
    pub opening: Arc<AtomicU64>,
}

pub type Converted = conversion::Converted<Origins>;

impl Own {
    /// # Errors
    /// When no chat can be made of it, with the place.
    pub fn converted(&self) -> Result<&Converted, BadRequest> {
        self.conversion.done(|| convert(&self.body, self.is_compact_route))
    }

    /// An error of the chat body with the client's place.
    pub fn respelled(&self, bad: BadRequest) -> BadRequest {
        self.conversion.respelled(bad)
    }

    /// The response that it goes on from.
    pub fn previous_id(&self) -> Option<String> {
        let id = self.body.value_of("previous_response_id").and_then(string)?;
        Some(id.into_owned())
    }

    /// Whether the client asks that the response is kept.
    pub fn asks_to_store(&self) -> bool {
        matches!(self.body.value_of("store"), None | Some(b"true" | b"null"))
    }

    /// Whether the answer shows what is sealed: the client asks for it, or a later request goes on
    /// from the answer as it is kept.
    pub(super) fn shows_sealed(&self) -> bool {
        self.is_stored || echo::wants_sealed(&self.body)
    }

    /// The model as the client calls it.
    pub(super) fn model(&self) -> String {
        self.body.value_of("model").and_then(string).unwrap_or_default().into_owned()
    }

    /// The tool that a call of the chat is of.
    pub(super) fn called(&self, name: &str) -> Called {
        match self.converted() {
            Ok(converted) => converted.origins.tools.own(name),
            Err(_) => ToolNames::default().own(name),
        }
    }
}

/// The types of the members that the router acts on; `null` counts as absent.
const TYPES: [(&str, &[Kind]); 14] = [
    ("model", &[Kind::String]),
    ("input", &[Kind::String, Kind::Array]),
    ("instructions", &[Kind::String, Kind::Array]),
    ("previous_response_id", &[Kind::String]),
    ("stream", &[Kind::Bool]),
    ("store", &[Kind::Bool]),
    ("background", &[Kind::Bool]),
    ("tools", &[Kind::Array]),
    ("tool_choice", &[Kind::String, Kind::Object]),
    ("temperature", &[Kind::Number]),
    ("top_p", &[Kind::Number]),
    ("max_output_tokens", &[Kind::Number]),
    ("reasoning", &[Kind::Object]),
    ("text", &[Kind::Object]),
];

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Answer,
    /// A summary of the conversation.
    Compaction,
}

/// What the client sent, its facts, and an error in its preferences.
///
/// # Errors
/// When the bytes are no JSON object, a member that is acted on is wrong, or there is no input.
pub fn read(
    bytes: Bytes,
    purpose: Purpose,
) -> Result<(Own, (RequestFacts, Option<BadRequest>)), BadRequest> {
    let body = JsonBody::parse(bytes, check)?;
    let is_compact_route = purpose == Purpose::Compaction;
    let (facts, is_compaction) = facts::read(&body, is_compact_route);
    let own = Own {
        body,
        conversion: Conversion::default(),
        is_compaction,
        is_compact_route,
        id: String::new(),
        is_stored: false,
        opening: Arc::default(),
    };
    Ok((own, facts))
}

fn check(object: &RawObject<'_>) -> Result<(), BadRequest> {
    for (name, expected) in TYPES {
        let Some(value) = present(object, name) else { continue };
        let found = Kind::of(value);
        if !expected.contains(&found) {
            let expected: Vec<&str> = expected.iter().map(|kind| kind.as_str()).collect();
            let complaint = format!("must be {}, not {}", expected.join(" or "), found.as_str());
            return Err(bad(name, &complaint));
        }
    }
    let has_other = |names: &[&str]| names.iter().any(|name| present(object, name).is_some());
    let Some(input) = present(object, "input") else {
        let may_lack_it = has_other(&["prompt", "conversation", "previous_response_id"]);
        return if may_lack_it { Ok(()) } else { Err(bad("input", "is missing")) };
    };
    let is_empty = Kind::of(input) == Kind::Array && !is_filled_list(input.get().as_bytes());
    let has_instructions =
        || present(object, "instructions").is_some_and(|it| !texts(it).concat().is_empty());
    if is_empty
        && !has_other(&["prompt", "conversation", "previous_response_id"])
        && !has_instructions()
    {
        return Err(empty());
    }
    Ok(())
}

fn empty() -> BadRequest {
    bad("input", "is empty: send a text or at least one item")
}

fn convert(body: &JsonBody, asks: bool) -> Result<Converted, BadRequest> {
    let object = &body.object();
    let mut findings = Findings::default();
    let items = input::items(object)?;
    let tools = tools::read(object, &items, &mut findings);
    let (mut messages, is_compaction) =
        input::convert(object, &items, &tools.names, asks, &mut findings);
    if messages.is_empty() {
        // What a kept prompt says is not known, nor what is in items of tomorrow.
        let is_kept = present(object, "prompt").or_else(|| present(object, "conversation"));
        if is_kept.is_none() && items.is_empty() {
            return Err(empty());
        }
        findings.cannot_be_sent("input", "holds nothing that this model can be sent");
        messages.push(String::from(r#"{"role":"user","content":""}"#));
    }
    let mut chat = Object::of_body();
    if let Some(model) = present(object, "model") {
        chat.raw("model", model.get());
    }
    chat.raw("messages", &list(&messages));
    parameters::convert(object, &mut chat, &mut findings);
    if !is_compaction {
        tools.write(object, &mut chat, &mut findings);
    }
    findings.origins.tools = tools.names;
    findings.with_chat(chat)
}

#[cfg(test)]
mod tests;
