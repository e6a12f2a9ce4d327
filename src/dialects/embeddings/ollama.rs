//! Ollama's `/api/embed`, and the older `/api/embeddings` for one text.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::openai::{dimensions, malformed};
use super::vectors::{Encoding, Vector, encoded};
use super::{EmbeddingAnswer, EmbeddingRequest};
use crate::dialects::errors::{BadRequest, NoAnswer};
use crate::dialects::json::RawObject;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::fields::present;
use crate::dialects::openai::upstream::error::instead_of_answer;
use crate::domain::dialect::EmbeddingApi;

/// What concerns Ollama's own memory is not worth telling of where it does not apply.
const CARRIED: [&str; 7] =
    ["model", "input", "prompt", "dimensions", "keep_alive", "provider", "models"];

/// In place of the last part of the upstream's URL, which is `/api/embed`.
pub const SINGLE_PATH: &str = "../embeddings";

/// Of `/api/embeddings`.
///
/// # Errors
/// When there is no text.
pub fn single(body: &JsonBody) -> Result<EmbeddingRequest, BadRequest> {
    let written = body.value_of("prompt").unwrap_or_default();
    let Ok(text) = serde_json::from_slice(written) else {
        return Err(BadRequest::new("`prompt` must be a text", "prompt"));
    };
    of_texts(body, vec![text])
}

/// Of `/api/embed`.
///
/// # Errors
/// When there is no text.
pub fn request(body: &JsonBody) -> Result<EmbeddingRequest, BadRequest> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Input {
        One(String),
        Many(Vec<String>),
    }
    let written = body.value_of("input").unwrap_or_default();
    let inputs = match serde_json::from_slice(written) {
        Ok(Input::One(text)) => vec![text],
        Ok(Input::Many(texts)) => texts,
        Err(_) => {
            return Err(BadRequest::new("`input` must be a text or a list of texts", "input"));
        }
    };
    if inputs.is_empty() {
        return Err(BadRequest::new("`input` is empty: send at least one text", "input"));
    }
    of_texts(body, inputs)
}

fn of_texts(body: &JsonBody, inputs: Vec<String>) -> Result<EmbeddingRequest, BadRequest> {
    Ok(EmbeddingRequest {
        inputs,
        dimensions: dimensions(body, "dimensions")?,
        purpose: None,
        left_out: body.names().filter(|name| !CARRIED.contains(name)).map(str::to_owned).collect(),
    })
}

/// Whether a body asks for nothing: with it a client has a model loaded, or unloaded.
pub fn is_load(body: &[u8], member: &str) -> bool {
    let Ok(object) = RawObject::parse(body) else { return false };
    present(&object, member).is_none_or(|value| {
        let mut written = value.get().bytes().filter(|byte| !byte.is_ascii_whitespace());
        value.get() == "\"\"" || (written.by_ref().take(2).eq(*b"[]") && written.next().is_none())
    })
}

/// The answer to it.
pub fn loaded(api: EmbeddingApi, model: &str) -> Value {
    match api {
        EmbeddingApi::OllamaSingle => json!({"embedding": []}),
        _ => json!({"model": model, "embeddings": []}),
    }
}

pub fn encode(request: &EmbeddingRequest, model: &str) -> Bytes {
    let mut body = json!({"model": model, "input": request.inputs});
    if let (Some(dimensions), Some(members)) = (request.dimensions, body.as_object_mut()) {
        members.insert(String::from("dimensions"), Value::from(dimensions));
    }
    Bytes::from(body.to_string())
}

/// # Errors
/// When the body is no answer of `/api/embed`.
pub fn decode(body: &[u8]) -> Result<EmbeddingAnswer, NoAnswer> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(default)]
        model: String,
        embeddings: Vec<Vector>,
        #[serde(default)]
        prompt_eval_count: Option<u64>,
    }
    let answer: Answer = serde_json::from_slice(body).map_err(|error| malformed(body, &error))?;
    Ok(EmbeddingAnswer {
        vectors: answer.embeddings.into_iter().map(|vector| vector.0).collect(),
        prompt_tokens: answer.prompt_eval_count,
        model: answer.model,
    })
}

/// The tokens of the prompt, where an answer to a client of this API tells them; the vectors
/// themselves are not read.
///
/// # Errors
/// When the body holds no embedding.
pub fn glance(body: &[u8]) -> Result<Option<u64>, NoAnswer> {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow, default)]
        embedding: Vec<&'a RawValue>,
        #[serde(borrow, default)]
        embeddings: Vec<&'a RawValue>,
        #[serde(default)]
        prompt_eval_count: Option<u64>,
    }
    let answer: Answer<'_> =
        serde_json::from_slice(body).map_err(|error| malformed(body, &error))?;
    if answer.embedding.is_empty() && answer.embeddings.is_empty() {
        let nothing = || NoAnswer::Malformed(String::from("answered without any embedding"));
        return Err(instead_of_answer(body).map_or_else(nothing, NoAnswer::Error));
    }
    Ok(answer.prompt_eval_count)
}

pub fn write(answer: &EmbeddingAnswer, prompt_tokens: u64) -> Bytes {
    let vectors = answer.vectors.iter().map(|vector| encoded(vector, Encoding::Float));
    let body = json!({
        "model": answer.model,
        "embeddings": vectors.collect::<Vec<_>>(),
        "total_duration": 0,
        "load_duration": 0,
        "prompt_eval_count": answer.prompt_tokens.unwrap_or(prompt_tokens),
    });
    Bytes::from(body.to_string())
}

pub fn write_single(answer: &EmbeddingAnswer) -> Bytes {
    let first = answer.vectors.first().map(Vec::as_slice).unwrap_or_default();
    Bytes::from(json!({"embedding": encoded(first, Encoding::Float)}).to_string())
}
