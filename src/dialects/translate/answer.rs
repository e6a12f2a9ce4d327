//! Translates a whole answer from the upstream's dialect into OpenAI's.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;

use crate::config::payload_mapping::PayloadMapping;
use crate::dialects::answer_options::AnswerOptions;
use crate::dialects::anthropic::client::answer as messages;
use crate::dialects::errors::{NoAnswer, UpstreamError};
use crate::dialects::invoke::client::answer::shown;
use crate::dialects::json::RawObject;
use crate::dialects::openai::client::names::Respelled;
use crate::dialects::summary::Summary;
use crate::dialects::surrogates::readable;
use crate::dialects::{
    Dialect, anthropic, completions, forwarded, functions, gemini, ollama, openai, remote_http,
    responses,
};
use crate::domain::chat::{AssistantMessage, Block, ChatAnswer, Choice, FinishReason, GaveUp};
use crate::domain::dialect::EmbeddingApi;
use crate::domain::service::Service;

/// The values for members that the upstream leaves out.
#[derive(Clone, Debug)]
pub struct AnswerDefaults {
    pub id: String,
    /// As in the request.
    pub model: String,
    /// When the upstream answered.
    pub now_unix: i64,
    /// Whether the client expects its call as `function_call`.
    pub wants_function_call: bool,
    /// For a client of a vendor's API.
    pub vendor: AnswerOptions,
}

/// How to read an answer: its dialect, and how its request was written.
#[derive(Clone, Debug)]
pub struct AnswerSource<'a> {
    pub dialect: Dialect,
    /// The client's.
    pub client: Dialect,
    /// The mapping of a `remote_http` service.
    pub mapping: &'a PayloadMapping,
    pub respelled: Respelled,
    /// The client's own bytes were sent.
    pub is_own: bool,
}

/// The body for the client, and the summary for the record.
///
/// # Errors
/// When the body is not an answer of that dialect.
pub fn whole(
    source: &AnswerSource<'_>,
    body: Bytes,
    defaults: impl FnOnce() -> AnswerDefaults,
) -> Result<(Bytes, Summary), NoAnswer> {
    let body = match readable(&body) {
        Cow::Borrowed(_) => body,
        Cow::Owned(mended) => mended.into(),
    };
    let client = source.client;
    let mut answer = match source.dialect {
        Dialect::OpenAiChat | Dialect::Invoke if is_vendors(client) => {
            return of_family(&body, client, defaults());
        }
        Dialect::AnthropicMessages if client == source.dialect => {
            return as_it_came(anthropic::upstream::answer::decode(&body)?, body);
        }
        Dialect::GeminiGenerate if client == source.dialect => {
            return as_it_came(gemini::upstream::answer::decode(&body)?, body);
        }
        Dialect::OllamaChat if client == source.dialect => {
            return as_it_came(ollama::upstream::answer::decode(&body)?, body);
        }
        Dialect::OpenAiResponses(_) if source.is_own => {
            let summary = responses::client::as_it_came::whole(&body)?;
            return Ok((body, summary));
        }
        Dialect::OpenAiChat | Dialect::Invoke => {
            let answer = openai::upstream::answer::decode(&body)?;
            let named = openai::upstream::naming::named(&body, || defaults().model);
            return Ok((named.map_or(body, Bytes::from), answer));
        }
        Dialect::Forwarded(Service::Completions) => {
            let summary = completions::answer(&body)?;
            return Ok((body, summary));
        }
        Dialect::Embeddings(_) | Dialect::Forwarded(_) => {
            let summary = forwarded::answer(&body)?;
            return Ok((body, summary));
        }
        Dialect::OpenAiResponses(maker) => responses::upstream::answer::decode(&body, maker)?,
        Dialect::AnthropicMessages => anthropic::upstream::answer::decode(&body)?,
        Dialect::GeminiGenerate => gemini::upstream::answer::decode(&body)?,
        Dialect::OllamaChat => ollama::upstream::answer::decode(&body)?,
        Dialect::RemoteHttp => remote_http::upstream::answer::decode(&body, source.mapping)?,
    };
    if let Some(why) = gave_up(&answer) {
        return Err(NoAnswer::GaveUp(why.clone()));
    }
    let messages = answer.choices.iter_mut().map(|choice| &mut choice.message);
    for call in messages.flat_map(AssistantMessage::tool_calls_mut) {
        source.respelled.give_back(&mut call.name);
    }
    answer.choices.iter_mut().for_each(finish);
    let AnswerDefaults { id, model, now_unix, wants_function_call, vendor } = defaults();
    if answer.id.is_empty() {
        answer.id = id;
    }
    if answer.model.is_empty() {
        answer.model = model;
    }
    let translated = for_client(client, &answer, &vendor, now_unix)
        .unwrap_or_else(|| openai::client::answer::encode(&answer, now_unix, wants_function_call));
    let summary = summary(&answer, wants_function_call).of_size(&translated);
    Ok((translated, summary))
}

/// Whether a client speaks a vendor's API, and no chat.
fn is_vendors(client: Dialect) -> bool {
    matches!(
        client,
        Dialect::AnthropicMessages
            | Dialect::OpenAiResponses(_)
            | Dialect::GeminiGenerate
            | Dialect::OllamaChat
    )
}

/// The body for a client of a vendor's API.
fn for_client(
    client: Dialect,
    answer: &ChatAnswer,
    vendor: &AnswerOptions,
    now_unix: i64,
) -> Option<Bytes> {
    match client {
        Dialect::AnthropicMessages => Some(messages::encode(answer, vendor)),
        Dialect::OpenAiResponses(_) => {
            Some(responses::client::answer::encode(answer, vendor, now_unix))
        }
        Dialect::GeminiGenerate => Some(gemini::client::answer::encode(answer, vendor)),
        Dialect::OllamaChat => Some(ollama::client::answer::encode(answer, vendor)),
        _ => None,
    }
}

/// An answer for a client of the same API: the bytes as they came.
fn as_it_came(mut answer: ChatAnswer, body: Bytes) -> Result<(Bytes, Summary), NoAnswer> {
    if let Some(why) = gave_up(&answer) {
        return Err(NoAnswer::GaveUp(why.clone()));
    }
    answer.choices.iter_mut().for_each(finish);
    let summary = summary(&answer, false).of_size(&body);
    Ok((body, summary))
}

/// An answer of the OpenAI family, for a client of a vendor's API.
fn of_family(
    body: &Bytes,
    client: Dialect,
    defaults: AnswerDefaults,
) -> Result<(Bytes, Summary), NoAnswer> {
    let summary = openai::upstream::answer::decode(body)?;
    let Some(mut answer) = openai::upstream::message::decode(body) else {
        let what = "answered with a member of a type that cannot be translated";
        return Err(NoAnswer::Malformed(String::from(what)));
    };
    if answer.id.is_empty() {
        answer.id = defaults.id;
    }
    if answer.model.is_empty() {
        answer.model = defaults.model;
    }
    let translated = for_client(client, &answer, &defaults.vendor, defaults.now_unix);
    Ok((translated.unwrap_or_default(), summary))
}

/// Adds a missing finish reason: SDKs require it, some servers omit it, and a whole answer with
/// content is complete.
fn finish(choice: &mut Choice) {
    if choice.finish_reason.is_none() && !choice.message.blocks.is_empty() {
        let has_calls = choice.message.has_tool_calls();
        let reason = if has_calls { FinishReason::ToolCalls } else { FinishReason::Stop };
        choice.finish_reason = Some(reason);
    }
}

/// Whether the answer has content besides thinking, which alone does not help a reader.
fn has_content(answer: &ChatAnswer) -> bool {
    let mut blocks = answer.choices.iter().flat_map(|choice| &choice.message.blocks);
    blocks.any(|block| !matches!(block, Block::Thinking(_)))
}

/// Why a model gave up without content.
fn gave_up(answer: &ChatAnswer) -> Option<&GaveUp> {
    if has_content(answer) {
        return None;
    }
    answer.choices.iter().find_map(|choice| match &choice.finish_reason {
        Some(FinishReason::GaveUp(why)) => Some(why),
        _ => None,
    })
}

fn summary(answer: &ChatAnswer, wants_function_call: bool) -> Summary {
    let reason = answer.choices.first().and_then(|choice| choice.finish_reason.as_ref());
    let word = reason.map(|reason| functions::finish_word(reason, wants_function_call));
    Summary {
        usage: answer.usage,
        finish_reason: word.map(str::to_owned),
        has_content: has_content(answer),
        is_done: true,
        ..Summary::default()
    }
}

/// The text of a whole answer from [`whole`].
pub fn text_of(body: &[u8]) -> String {
    shown(body).output_text
}

/// Whether it is an error as an API of this dialect writes one, and no page of something before it.
pub fn is_vendors_error(dialect: Dialect, body: &[u8]) -> bool {
    match dialect {
        Dialect::AnthropicMessages
        | Dialect::GeminiGenerate
        | Dialect::Embeddings(EmbeddingApi::GeminiBatch | EmbeddingApi::GeminiSingle) => {
            is_error(body)
        }
        Dialect::OllamaChat
        | Dialect::Embeddings(EmbeddingApi::Ollama | EmbeddingApi::OllamaSingle) => {
            ollama::client::own_api::is_error(body)
        }
        _ => RawObject::parse(body).is_ok(),
    }
}

/// As Anthropic's or Google's API writes one.
fn is_error(body: &[u8]) -> bool {
    let body: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let error = body.as_ref().and_then(|body| body.get("error"));
    error.is_some_and(|error| {
        let is_text = |name: &str| error.get(name).is_some_and(|it| it.is_string());
        is_text("message") && (is_text("type") || is_text("status"))
    })
}

/// Decodes the body of an answer with an error status, and the wait before a retry, where it has
/// one.
pub fn error(dialect: Dialect, status: u16, body: &[u8]) -> (UpstreamError, Option<Duration>) {
    let body = &*readable(body);
    match dialect {
        Dialect::OpenAiChat
        | Dialect::OpenAiResponses(_)
        | Dialect::RemoteHttp
        | Dialect::Invoke
        | Dialect::Embeddings(EmbeddingApi::OpenAi)
        | Dialect::Forwarded(_) => (openai::upstream::error::decode(body), None),
        Dialect::AnthropicMessages => anthropic::upstream::error::decode(status, body),
        Dialect::GeminiGenerate
        | Dialect::Embeddings(EmbeddingApi::GeminiBatch | EmbeddingApi::GeminiSingle) => {
            gemini::upstream::error::decode(status, body)
        }
        Dialect::OllamaChat
        | Dialect::Embeddings(EmbeddingApi::Ollama | EmbeddingApi::OllamaSingle) => {
            ollama::upstream::error::decode(status, body)
        }
    }
}
