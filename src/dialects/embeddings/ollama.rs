//! Ollama's `/api/embed`, and the older `/api/embeddings` for one text.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::openai::{dimensions, malformed};
use super::vectors::{Encoding, Vector, encoded};
use super::{EmbeddingAnswer, EmbeddingRequest};
use crate::dialects::errors::{BadRequest, NoAnswer};
use crate::dialects::json::body::JsonBody;

/// What concerns Ollama's own memory is not worth telling of where it does not apply.
const CARRIED: [&str; 5] = ["model", "input", "prompt", "dimensions", "keep_alive"];

/// `member`: where the text stands.
///
/// # Errors
/// When there is no text.
pub fn request(body: &JsonBody, member: &'static str) -> Result<EmbeddingRequest, BadRequest> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Input {
        One(String),
        Many(Vec<String>),
    }
    let written = body.value_of(member).unwrap_or_default();
    let inputs = match serde_json::from_slice(written) {
        Ok(Input::One(text)) => vec![text],
        Ok(Input::Many(texts)) => texts,
        Err(_) => {
            let message = format!("`{member}` must be a text or a list of texts");
            return Err(BadRequest::new(message, member));
        }
    };
    if inputs.is_empty() {
        let message = format!("`{member}` is empty: send at least one text");
        return Err(BadRequest::new(message, member));
    }
    Ok(EmbeddingRequest {
        inputs,
        dimensions: dimensions(body, "dimensions")?,
        purpose: None,
        left_out: body.names().filter(|name| !CARRIED.contains(name)).map(str::to_owned).collect(),
    })
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
