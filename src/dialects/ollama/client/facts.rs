//! The facts of a request for routing and limits, read from its bytes as they came: a request that
//! goes to an upstream of the same API is never converted.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::options::effort;
use super::wire::Shape;
use crate::dialects::errors::BadRequest;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::fields::{count, list_of, object_of, present, string, text_of};
use crate::dialects::json::known;
use crate::dialects::json::{Kind, RawObject};
use crate::dialects::needle::needle;
use crate::dialects::openai::facts::{fallback_models, preferences_of};
use crate::dialects::openai::needs::{self, Medium};
use crate::dialects::token_estimate::Estimate;
use crate::domain::facts::{Needs, Place, RequestFacts, Stated};

needle!(FUNCTION = b"\"function\"");

/// The facts, and the error in the preferences, which are then ignored.
pub(super) fn read(body: &JsonBody, shape: Shape) -> (RequestFacts, Option<BadRequest>) {
    let (preferences, bad) = preferences_of(body);
    let value = |name: &str| body.value_of(name).filter(|value| *value != b"null");
    let is_stream = value("stream").is_none_or(|stream| stream == b"true");
    let options = body.raw_of("options").and_then(|options| RawObject::of(options).ok());
    // A negative number sets no limit.
    let most = options.and_then(|it| count(present(&it, "num_predict")?.get().as_bytes()));
    let names_tools = shape == Shape::Chat && value("tools").is_some_and(has_functions);
    let think = value("think").and_then(|_| body.raw_of("think"));
    let facts = RequestFacts {
        model: value("model").and_then(string).map(Cow::into_owned),
        is_stream,
        wants_usage: is_stream,
        max_answer_tokens: most.map_or(Stated::Absent, Stated::Count),
        choices: Stated::Absent,
        names_tools,
        may_reason: think.and_then(effort).map(|effort| effort != "none"),
        preferences,
        fallback_models: fallback_models(body),
        needs: Needs {
            structured: value("format").is_some_and(|format| format.starts_with(b"{")),
            max_tokens: most,
            ..needs(body, shape, names_tools)
        },
    };
    (facts, bad)
}

/// Whether a model can call any of the tools.
fn has_functions(tools: &[u8]) -> bool {
    FUNCTION.values(tools).flatten().any(|value| value.starts_with(b"{"))
}

/// Those that the messages show. `has_tools`: it is known that tools are needed.
fn needs(body: &JsonBody, shape: Shape, has_tools: bool) -> Needs {
    let value = |name: &str| body.value_of(name).unwrap_or_default();
    let mut needs = Needs { tools: has_tools, ..Needs::default() };
    let mut estimate = Estimate::default();
    let counted: &[&str] = match shape {
        Shape::Chat => &["messages", "tools", "format"],
        Shape::Generate => &["system", "prompt", "suffix", "images", "format"],
    };
    for name in counted {
        estimate += Estimate::of_json(value(name));
    }
    match shape {
        Shape::Generate => {
            note_images(body.raw_of("images"), Some(0), &mut needs, &mut estimate);
        }
        Shape::Chat => {
            let is_sought = |string: &[u8]| {
                string.starts_with(b"images\"")
                    || (!has_tools && string.starts_with(b"tool_calls\""))
            };
            if needs::has_string_like(value("messages"), is_sought) {
                let messages = body.raw_of("messages").and_then(known::elements);
                read_messages(messages.unwrap_or_default(), &mut needs, &mut estimate);
            }
        }
    }
    needs.prompt_tokens = estimate.likely();
    needs.least_prompt_tokens = estimate.least();
    needs
}

/// What cannot be read is left to the upstream.
fn read_messages(messages: Vec<&RawValue>, needs: &mut Needs, estimate: &mut Estimate) {
    for (index, message) in messages.into_iter().enumerate() {
        let Ok(message) = RawObject::of(message) else { continue };
        let role = text_of(&message, "role").unwrap_or_default();
        if role == "assistant" {
            needs.tools |= list_of(&message, "tool_calls").iter().any(is_call);
        }
        // Earlier answers of a model are history, which any model may be sent.
        let is_users = !matches!(&*role, "assistant" | "system" | "developer");
        note_images(present(&message, "images"), is_users.then_some(index), needs, estimate);
    }
}

fn is_call(call: &RawObject<'_>) -> bool {
    object_of(call, "function").is_some_and(|function| text_of(&function, "name").is_some())
}

/// `message`: whose images a model must take.
fn note_images(
    images: Option<&RawValue>,
    message: Option<usize>,
    needs: &mut Needs,
    estimate: &mut Estimate,
) {
    let images: Vec<&RawValue> = images.and_then(known::elements).unwrap_or_default();
    for (part, image) in images.into_iter().enumerate() {
        if Kind::of(image) != Kind::String {
            continue;
        }
        estimate.exchange(image.get().as_bytes(), Medium::Image.price());
        if let Some(message) = message {
            needs::note(needs, Medium::Image, Place { message, part });
        }
    }
}

#[cfg(test)]
mod tests;
