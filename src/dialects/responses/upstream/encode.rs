//! Encodes a chat as the body of a request to `/responses`.

use bytes::Bytes;

use super::content::Context;
use super::wire::{Body, Format, TextOptions};
use super::{input, parameters, reasoning, tools};
use crate::dialects::dropped::Dropped;
use crate::dialects::encoded::Encoded;
use crate::dialects::errors::Untranslatable;
use crate::domain::capabilities::Capabilities;
use crate::domain::chat::{ChatRequest, Maker, ResponseFormat};

/// Without it reasoning could not be sent back, because the responses are not stored.
const ENCRYPTED_REASONING: &str = "reasoning.encrypted_content";
/// What a search found; else only what the answer cites is told.
const SOURCES: &str = "web_search_call.action.sources";
const LOGPROBS: &str = "message.output_text.logprobs";

/// `maker`: the maker of the provider's models. Reasoning sealed by another maker is not sent.
///
/// # Errors
/// When the messages or the tools hold something that the API cannot carry; the place is named as
/// the client wrote it.
pub fn encode(
    request: &ChatRequest,
    capabilities: &Capabilities,
    maker: Maker,
) -> Result<Encoded, Untranslatable> {
    let mut dropped = Dropped::default();
    let takes_reasoning = reasoning::can_reason(capabilities);
    let context = Context { capabilities, maker };
    let input = input::encode(&request.messages, &context, takes_reasoning, &mut dropped)?;
    let mut tools = tools::encode(request, capabilities, &mut dropped)?;
    let search = tools::search(request, capabilities, maker, &mut dropped)?;
    tools.extend(search.map(|search| tools::search_tool(search, maker)));
    let tool_choice = tools::choice(request, capabilities, &mut dropped)?;
    let plan = reasoning::plan(request, capabilities, maker, &mut dropped);
    let sampling = parameters::sampling(request, plan.takes_sampling, &mut dropped);
    let text = TextOptions {
        format: format(request, capabilities, &mut dropped),
        verbosity: request.rest.get("verbosity").filter(|verbosity| !verbosity.is_null()),
    };
    let max_output_tokens = parameters::max_output_tokens(request, maker, &mut dropped);
    parameters::record_unknown(request, &mut dropped);

    // xAI has a switch for logprobs, and supports only the other value of `include`.
    let includes_logprobs = sampling.has_logprobs && maker != Maker::Xai;
    let mut include = Vec::new();
    include.extend(plan.may_reason.then_some(ENCRYPTED_REASONING));
    include.extend(includes_logprobs.then_some(LOGPROBS));
    include.extend((search.is_some() && maker == Maker::OpenAi).then_some(SOURCES));
    let body = Body {
        model: &request.model,
        input,
        tools,
        tool_choice,
        parallel_tool_calls: tools::parallel(request),
        max_tool_calls: tools::max_calls(search, maker),
        reasoning: plan.reasoning,
        text,
        max_output_tokens,
        temperature: sampling.temperature,
        top_p: sampling.top_p,
        logprobs: (sampling.has_logprobs && !includes_logprobs).then_some(true),
        top_logprobs: sampling.top_logprobs,
        include,
        store: parameters::store(request),
        user: request.user.as_deref(),
        shared: parameters::shared(request),
        stream: request.is_stream,
    };
    let body = serde_json::to_vec(&body).map_err(|error| {
        let complaint = format!("the request cannot be written for the Responses API: {error}");
        Untranslatable::as_a_whole(complaint)
    })?;
    Ok(Encoded { body: Bytes::from(body), dropped: dropped.into_names() })
}

fn format<'a>(
    request: &'a ChatRequest,
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Option<Format<'a>> {
    match request.response_format.as_ref()? {
        ResponseFormat::Text => None,
        ResponseFormat::JsonObject => Some(Format::JsonObject),
        ResponseFormat::JsonSchema { .. } if !capabilities.takes_json_schema => {
            dropped.record("response_format");
            None
        }
        ResponseFormat::JsonSchema { name, schema, strict, description } => {
            let (strict, description) = (*strict == Some(true), description.as_deref());
            Some(Format::JsonSchema { name, schema, strict, description })
        }
    }
}

#[cfg(test)]
mod tests;
