//! Gemini's `:batchEmbedContents`, and `:embedContent` for one text. The model stands in the path.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::openai::malformed;
use super::vectors::{Encoding, Vector, encoded};
use super::{EmbeddingAnswer, EmbeddingRequest, Purpose};
use crate::dialects::errors::{BadRequest, NoAnswer};
use crate::dialects::gemini::upstream::path::path_of;
use crate::dialects::json::body::JsonBody;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Wanted {
    content: Content,
    #[serde(alias = "task_type")]
    task_type: Option<String>,
    #[serde(alias = "output_dimensionality")]
    output_dimensionality: Option<u64>,
    /// Where newer clients put the two above.
    #[serde(alias = "embed_content_config")]
    embed_content_config: Option<Config>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Config {
    task_type: Option<String>,
    output_dimensionality: Option<u64>,
}

/// A bare text is taken for one, too.
#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Parts {
        #[serde(default)]
        parts: Vec<Part>,
    },
    Text(String),
}

impl Default for Content {
    fn default() -> Self {
        Self::Parts { parts: Vec::new() }
    }
}

#[derive(Deserialize)]
struct Part {
    text: Option<String>,
}

/// Of `:embedContent`.
///
/// # Errors
/// When it holds no text.
pub fn single(body: &JsonBody) -> Result<EmbeddingRequest, BadRequest> {
    let wanted: Wanted = serde_json::from_slice(body.bytes()).map_err(|error| {
        BadRequest::new(format!("`content` cannot be read: {error}"), "content")
    })?;
    of_all(vec![wanted], |_| String::from("content"))
}

/// Of `:batchEmbedContents`.
///
/// # Errors
/// When one of the requests holds no text.
pub fn batch(body: &JsonBody) -> Result<EmbeddingRequest, BadRequest> {
    let requests = body.value_of("requests").unwrap_or_default();
    let requests: Vec<Wanted> = serde_json::from_slice(requests).map_err(|error| {
        BadRequest::new(format!("`requests` cannot be read: {error}"), "requests")
    })?;
    of_all(requests, |index| format!("requests[{index}].content"))
}

/// The first one says what all vectors are for.
fn of_all(
    all: Vec<Wanted>,
    place: impl Fn(usize) -> String,
) -> Result<EmbeddingRequest, BadRequest> {
    let Some(first) = all.first() else {
        return Err(BadRequest::new("`requests` is empty: send at least one", "requests"));
    };
    let config = first.embed_content_config.as_ref();
    let task = first.task_type.as_ref().or(config.and_then(|config| config.task_type.as_ref()));
    let mut request = EmbeddingRequest {
        dimensions: first
            .output_dimensionality
            .or(config.and_then(|config| config.output_dimensionality)),
        purpose: task.and_then(|task| purpose(task)),
        ..EmbeddingRequest::default()
    };
    for (index, wanted) in all.into_iter().enumerate() {
        let texts: Vec<String> = match wanted.content {
            Content::Text(text) => vec![text],
            Content::Parts { parts } => parts.into_iter().filter_map(|part| part.text).collect(),
        };
        if texts.is_empty() {
            let place = place(index);
            return Err(BadRequest::new(format!("`{place}` holds no text"), place));
        }
        request.inputs.push(texts.join("\n"));
    }
    Ok(request)
}

fn purpose(task: &str) -> Option<Purpose> {
    match task {
        "RETRIEVAL_QUERY" | "QUESTION_ANSWERING" | "CODE_RETRIEVAL_QUERY" => Some(Purpose::Query),
        "RETRIEVAL_DOCUMENT" => Some(Purpose::Document),
        "CLASSIFICATION" => Some(Purpose::Classification),
        "CLUSTERING" => Some(Purpose::Clustering),
        _ => None,
    }
}

/// The body of a batch.
pub fn encode(request: &EmbeddingRequest, model: &str) -> Bytes {
    let task = request.purpose.map(|purpose| match purpose {
        Purpose::Query => "RETRIEVAL_QUERY",
        Purpose::Document => "RETRIEVAL_DOCUMENT",
        Purpose::Classification => "CLASSIFICATION",
        Purpose::Clustering => "CLUSTERING",
    });
    let model = full_name(model);
    let requests = request.inputs.iter().map(|text| {
        let mut one = Map::new();
        one.insert(String::from("model"), Value::from(model.as_str()));
        one.insert(String::from("content"), json!({"parts": [{"text": text}]}));
        if let Some(task) = task {
            one.insert(String::from("taskType"), Value::from(task));
        }
        if let Some(dimensions) = request.dimensions {
            one.insert(String::from("outputDimensionality"), Value::from(dimensions));
        }
        Value::Object(one)
    });
    let requests: Vec<Value> = requests.collect();
    Bytes::from(json!({"requests": requests}).to_string())
}

/// A client's own batch, or its single request as a batch of one, for the upstream's model.
pub fn renamed(body: &JsonBody, is_batch: bool, model: &str) -> Option<Bytes> {
    let named = |request: Value| match request {
        Value::Object(mut members) => {
            members.insert(String::from("model"), Value::from(full_name(model)));
            Value::Object(members)
        }
        other => other,
    };
    if !is_batch {
        let request: Value = serde_json::from_slice(body.bytes()).ok()?;
        return Some(Bytes::from(json!({"requests": [named(request)]}).to_string()));
    }
    let mut whole: Map<String, Value> = serde_json::from_slice(body.bytes()).ok()?;
    let requests = whole.get_mut("requests")?.as_array_mut()?;
    for request in requests {
        *request = named(request.take());
    }
    Some(Bytes::from(Value::Object(whole).to_string()))
}

fn full_name(model: &str) -> String {
    format!("models/{}", model.strip_prefix("models/").unwrap_or(model))
}

/// Appended to the URL of the models.
pub fn path(model: &str) -> String {
    path_of(model, "batchEmbedContents")
}

/// # Errors
/// When the body is no answer of a batch.
pub fn decode(body: &[u8]) -> Result<EmbeddingAnswer, NoAnswer> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        embeddings: Vec<Embedding>,
        #[serde(default)]
        usage_metadata: Option<UsageMetadata>,
    }
    #[derive(Deserialize)]
    struct Embedding {
        values: Vector,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct UsageMetadata {
        prompt_token_count: Option<u64>,
    }
    let answer: Answer = serde_json::from_slice(body).map_err(|error| malformed(body, &error))?;
    Ok(EmbeddingAnswer {
        vectors: answer.embeddings.into_iter().map(|embedding| embedding.values.0).collect(),
        prompt_tokens: answer.usage_metadata.and_then(|usage| usage.prompt_token_count),
        model: String::new(),
    })
}

pub fn write_batch(answer: &EmbeddingAnswer) -> Bytes {
    let all: Vec<Value> = answer.vectors.iter().map(|vector| values(vector)).collect();
    Bytes::from(json!({"embeddings": all}).to_string())
}

pub fn write_single(answer: &EmbeddingAnswer) -> Bytes {
    let first = answer.vectors.first().map(Vec::as_slice).unwrap_or_default();
    Bytes::from(json!({"embedding": values(first)}).to_string())
}

fn values(vector: &[f32]) -> Value {
    json!({"values": encoded(vector, Encoding::Float)})
}
