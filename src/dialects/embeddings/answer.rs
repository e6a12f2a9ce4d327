//! An upstream's embeddings, as the client's API has them.

use bytes::Bytes;

use super::request::decode;
use super::{EmbeddingAnswer, gemini, ollama, openai};
use crate::dialects::errors::NoAnswer;
use crate::dialects::json::body::JsonBody;
use crate::dialects::summary::Summary;
use crate::domain::dialect::EmbeddingApi;
use crate::domain::usage::Usage;

/// What the client asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub api: EmbeddingApi,
    pub body: &'a JsonBody,
    /// The answers to the first of several requests that were made of it.
    pub before: &'a [Bytes],
    /// About how many.
    pub prompt_tokens: u64,
    /// The upstream's name of the model, for an answer that has none.
    pub model: &'a str,
}

/// The body for the client, and the summary for the record.
///
/// # Errors
/// When the body holds no embeddings, or not one for each text.
pub fn answer(
    upstream: EmbeddingApi,
    asked: Asked<'_>,
    body: Bytes,
) -> Result<(Bytes, Summary), NoAnswer> {
    if upstream == EmbeddingApi::OpenAi && asked.api == EmbeddingApi::OpenAi {
        let (written, tokens) = openai::glance(&body)?;
        let wanted = openai::encoding(asked.body);
        // Some servers do not know the parameter, and an SDK reads what it asked for.
        let body = match written == wanted {
            true => body,
            false => openai::write(
                &named(openai::decode(&body)?, asked.model),
                wanted,
                asked.prompt_tokens,
            ),
        };
        return Ok((body, summary(tokens)));
    }
    let as_it_came = match (upstream, asked.api) {
        (EmbeddingApi::GeminiBatch, EmbeddingApi::GeminiBatch | EmbeddingApi::GeminiSingle) => {
            Some(gemini::glance(&body)?)
        }
        (EmbeddingApi::Ollama, EmbeddingApi::Ollama | EmbeddingApi::OllamaSingle) => {
            Some(ollama::glance(&body)?)
        }
        _ => None,
    };
    if let Some(tokens) = as_it_came {
        return Ok((body, summary(tokens)));
    }
    let answer = joined(upstream, asked.before, &body)?;
    let texts = decode(asked.api, asked.body).map_or(0, |request| request.inputs.len());
    let vectors = answer.vectors.len();
    if vectors == 0 || (texts > 0 && vectors != texts) {
        let what = format!("answered {vectors} embeddings for {texts} texts");
        return Err(NoAnswer::Malformed(what));
    }
    let tokens = answer.prompt_tokens;
    let answer = named(answer, asked.model);
    let body = match asked.api {
        EmbeddingApi::OpenAi => {
            openai::write(&answer, openai::encoding(asked.body), asked.prompt_tokens)
        }
        EmbeddingApi::GeminiBatch => gemini::write_batch(&answer),
        EmbeddingApi::GeminiSingle => gemini::write_single(&answer),
        EmbeddingApi::Ollama => ollama::write(&answer, asked.prompt_tokens),
        EmbeddingApi::OllamaSingle => ollama::write_single(&answer),
    };
    Ok((body, summary(tokens)))
}

/// The answers to several requests as one.
fn joined(
    upstream: EmbeddingApi,
    before: &[Bytes],
    last: &Bytes,
) -> Result<EmbeddingAnswer, NoAnswer> {
    let last = decoded(upstream, last)?;
    let (mut vectors, mut prompt_tokens) = (Vec::new(), last.prompt_tokens);
    for body in before {
        let answer = decoded(upstream, body)?;
        vectors.extend(answer.vectors);
        let both = prompt_tokens.zip(answer.prompt_tokens);
        prompt_tokens = both.map(|(tokens, more)| tokens.saturating_add(more));
    }
    vectors.extend(last.vectors);
    Ok(EmbeddingAnswer { vectors, prompt_tokens, ..last })
}

fn decoded(upstream: EmbeddingApi, body: &[u8]) -> Result<EmbeddingAnswer, NoAnswer> {
    match upstream {
        EmbeddingApi::OpenAi => openai::decode(body),
        EmbeddingApi::GeminiBatch | EmbeddingApi::GeminiSingle => gemini::decode(body),
        EmbeddingApi::Ollama | EmbeddingApi::OllamaSingle => ollama::decode(body),
    }
}

fn named(answer: EmbeddingAnswer, model: &str) -> EmbeddingAnswer {
    match answer.model.is_empty() {
        true => EmbeddingAnswer { model: model.to_owned(), ..answer },
        false => answer,
    }
}

fn summary(prompt_tokens: Option<u64>) -> Summary {
    let usage = prompt_tokens.map(|prompt| Usage { prompt, total: prompt, ..Usage::default() });
    Summary { usage, has_content: true, is_done: true, ..Summary::default() }
}
