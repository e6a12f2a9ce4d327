//! The facts of a request for routing and limits, read from its bytes as they came: a request that
//! goes to an upstream of the same API is never converted.

use super::blocks::kind;
use super::{parameters, tools};
use crate::dialects::errors::BadRequest;
use crate::dialects::json::RawObject;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::fields::{count, list_of, object_of, string, text_of};
use crate::dialects::json::known;
use crate::dialects::openai::facts::{fallback_models, is_stream, preferences_of, stated};
use crate::dialects::openai::needs::{self, Medium};
use crate::dialects::token_estimate::Estimate;
use crate::domain::chat::Effort;
use crate::domain::facts::{Needs, Place, RequestFacts, Stated};

/// Where no string of the messages begins like this, they are text.
const WORDS: [&[u8]; 4] = [b"image\"", b"document\"", b"tool_use\"", b"tool_result\""];
/// The same where tools are needed anyway.
const MEDIA_WORDS: [&[u8]; 2] = [b"image\"", b"document\""];

/// The facts, and the error in the preferences, which are then ignored.
pub(super) fn read(body: &JsonBody) -> (RequestFacts, Option<BadRequest>) {
    let (preferences, bad) = preferences_of(body);
    let needs = needs(body);
    let is_stream = is_stream(body);
    let facts = RequestFacts {
        model: body.value_of("model").and_then(string).map(|model| model.into_owned()),
        is_stream,
        wants_usage: is_stream,
        max_answer_tokens: max_tokens(body),
        choices: Stated::Absent,
        names_tools: body.has("tools"),
        may_reason: may_reason(body),
        preferences,
        fallback_models: fallback_models(body),
        needs,
    };
    (facts, bad)
}

/// `null` counts as absent.
fn max_tokens(body: &JsonBody) -> Stated {
    if body.value_of("max_tokens") == Some(b"null") {
        return Stated::Absent;
    }
    stated(body, &["max_tokens"])
}

fn may_reason(body: &JsonBody) -> Option<bool> {
    let object = |name: &str| RawObject::of(body.raw_of(name)?).ok();
    let (thinking, config) = (object("thinking"), object("output_config"));
    let effort = parameters::effort(thinking.as_ref(), config.as_ref())?;
    Some(effort != Effort::None.as_str())
}

fn needs(body: &JsonBody) -> Needs {
    let value = |name: &str| body.value_of(name).unwrap_or_default();
    let object = |name: &str| RawObject::of(body.raw_of(name)?).ok();
    let has_tools = tools::has_functions(value("tools"));
    let choice = object("tool_choice");
    let config = object("output_config");
    let format = config.as_ref().and_then(|config| object_of(config, "format"));
    let format = format.or_else(|| object("output_format"));
    let mut needs = Needs {
        tools: has_tools,
        forced_tool: has_tools
            && choice.is_some_and(|choice| matches!(&*kind(&choice), "any" | "tool")),
        structured: format.is_some_and(|format| format.get("schema").is_some()),
        max_tokens: count(value("max_tokens")),
        ..Needs::default()
    };
    let messages = value("messages");
    let mut estimate = Estimate::of_json(messages);
    let words: &[&[u8]] = if has_tools { &MEDIA_WORDS } else { &WORDS };
    if needs::has_string_like(messages, |string| words.iter().any(|it| string.starts_with(it))) {
        read_messages(&mut needs, body, &mut estimate);
    }
    for name in ["system", "tools", "output_config"] {
        estimate += Estimate::of_json(value(name));
    }
    needs.prompt_tokens = estimate.likely();
    needs.least_prompt_tokens = estimate.least();
    needs
}

/// What cannot be read is left to the upstream.
fn read_messages(needs: &mut Needs, body: &JsonBody, estimate: &mut Estimate) {
    let messages = body.raw_of("messages").and_then(known::elements).unwrap_or_default();
    for (index, message) in messages.into_iter().enumerate() {
        let Ok(message) = &RawObject::of(message) else { continue };
        // Earlier answers of a model are history, which any model may be sent.
        let is_answer = text_of(message, "role").as_deref() == Some("assistant");
        for (part, block) in list_of(message, "content").iter().enumerate() {
            let place = (!is_answer).then_some(Place { message: index, part });
            read_block(needs, block, place, estimate);
        }
    }
}

/// `place`: of a medium that a model must take.
fn read_block(
    needs: &mut Needs,
    block: &RawObject<'_>,
    place: Option<Place>,
    estimate: &mut Estimate,
) {
    match &*kind(block) {
        "tool_use" => needs.tools = true,
        "tool_result" => {
            needs.tools = true;
            for inner in list_of(block, "content") {
                read_block(needs, &inner, place, estimate);
            }
        }
        "image" => {
            exchange(block, Medium::Image, estimate);
            if let Some(place) = place {
                needs::note(needs, Medium::Image, place);
            }
        }
        "document" => read_document(needs, block, place, estimate),
        _ => {}
    }
}

/// A document that is text stays text.
fn read_document(
    needs: &mut Needs,
    block: &RawObject<'_>,
    place: Option<Place>,
    estimate: &mut Estimate,
) {
    let source = object_of(block, "source");
    let source = source.as_ref();
    if source.is_some_and(|source| matches!(&*kind(source), "text" | "content")) {
        return;
    }
    exchange(block, Medium::File, estimate);
    let media_type = source.and_then(|source| text_of(source, "media_type"));
    if let Some(place) = place {
        needs::note_file(needs, media_type.as_deref(), place);
    }
}

/// Base64 is no text.
fn exchange(block: &RawObject<'_>, medium: Medium, estimate: &mut Estimate) {
    let source = block.get("source").map(|source| source.get().as_bytes());
    estimate.exchange(source.unwrap_or_default(), medium.price());
}

#[cfg(test)]
mod tests;
