//! Gemini's `:batchEmbedContents`, and `:embedContent` for one text. The model stands in the path.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::openai::malformed;
use super::vectors::{Encoding, Vector, encoded};
use super::{EmbeddingAnswer, EmbeddingRequest, Purpose};
use crate::dialects::errors::{BadRequest, NoAnswer};
use crate::dialects::gemini::upstream::path::path_of;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::edit::Edits;
use crate::dialects::openai::upstream::error::instead_of_answer;

/// The most requests that a batch may hold.
const BATCH: usize = 100;

/// What says how many numbers a vector has, or may.
const SIZES: [&str; 4] =
    ["outputDimensionality", "output_dimensionality", "embedContentConfig", "embed_content_config"];

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
    #[serde(flatten)]
    rest: BTreeMap<String, IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Config {
    #[serde(alias = "task_type")]
    task_type: Option<String>,
    #[serde(alias = "output_dimensionality")]
    output_dimensionality: Option<u64>,
    #[serde(flatten)]
    rest: BTreeMap<String, IgnoredAny>,
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
    let mut left_out = BTreeSet::new();
    let is_told = task.is_some_and(|task| task != "TASK_TYPE_UNSPECIFIED");
    if is_told && request.purpose.is_none() {
        left_out.insert(String::from("taskType"));
    }
    for (index, wanted) in all.into_iter().enumerate() {
        let of_config = wanted.embed_content_config.map(|config| config.rest).unwrap_or_default();
        left_out.extend(wanted.rest.into_keys().chain(of_config.into_keys()));
        request.inputs.push(text_of(wanted.content, || place(index))?);
    }
    let carried = ["model", "provider", "models"];
    let left_out = left_out.into_iter().filter(|name| !carried.contains(&name.as_str()));
    Ok(EmbeddingRequest { left_out: left_out.collect(), ..request })
}

fn text_of(content: Content, place: impl Fn() -> String) -> Result<String, BadRequest> {
    let parts = match content {
        Content::Text(text) => return Ok(text),
        Content::Parts { parts } => parts,
    };
    if parts.is_empty() {
        let place = place();
        return Err(BadRequest::new(format!("`{place}` holds no text"), place));
    }
    let texts = parts.into_iter().enumerate().map(|(index, part)| {
        part.text.ok_or_else(|| {
            let place = format!("{}.parts[{index}]", place());
            BadRequest::new(format!("`{place}` is no text: this model takes texts alone"), place)
        })
    });
    Ok(texts.collect::<Result<Vec<_>, _>>()?.join("\n"))
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

/// The body of a batch, and of those that follow where the texts do not fit into one.
pub fn encode(request: &EmbeddingRequest, model: &str) -> (Bytes, Vec<Bytes>) {
    let (first, rest) = request.inputs.split_at(request.inputs.len().min(BATCH));
    let further = rest.chunks(BATCH).map(|texts| encode_batch(request, texts, model));
    (encode_batch(request, first, model), further.collect())
}

fn encode_batch(request: &EmbeddingRequest, texts: &[String], model: &str) -> Bytes {
    let task = request.purpose.map(|purpose| match purpose {
        Purpose::Query => "RETRIEVAL_QUERY",
        Purpose::Document => "RETRIEVAL_DOCUMENT",
        Purpose::Classification => "CLASSIFICATION",
        Purpose::Clustering => "CLUSTERING",
    });
    let model = full_name(model);
    let requests = texts.iter().map(|text| {
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

/// A client's own request for one text, for the upstream's model.
pub fn renamed(body: &JsonBody, model: &str, dimensions: Option<u64>) -> Bytes {
    let mut edits = Edits::default();
    edits.set(body, "model", Value::from(full_name(model)).to_string());
    if let Some(dimensions) = dimensions.filter(|_| !SIZES.iter().any(|name| body.has(name))) {
        edits.set(body, "outputDimensionality", dimensions.to_string());
    }
    edits.apply(body.bytes())
}

/// The same for a batch, each of whose requests names the model; `None` where it is no list.
pub fn renamed_batch(body: &JsonBody, model: &str, dimensions: Option<u64>) -> Option<Bytes> {
    let requests: Vec<&RawValue> = serde_json::from_slice(body.value_of("requests")?).ok()?;
    let named = |request: &RawValue| {
        let bytes = Bytes::copy_from_slice(request.get().as_bytes());
        // What is no request is for the upstream to refuse.
        let one = JsonBody::parse(bytes, |_| Ok(())).ok().filter(|one| one.names().count() > 0);
        let bytes = one.map(|one| renamed(&one, model, dimensions));
        let text = bytes.and_then(|bytes| String::from_utf8(bytes.into()).ok());
        text.unwrap_or_else(|| request.get().to_owned())
    };
    let requests: Vec<String> = requests.into_iter().map(named).collect();
    let mut edits = Edits::default();
    edits.set(body, "requests", format!("[{}]", requests.join(",")));
    Some(edits.apply(body.bytes()))
}

fn full_name(model: &str) -> String {
    format!("models/{}", model.strip_prefix("models/").unwrap_or(model))
}

/// Appended to the URL of the models.
pub fn path(model: &str) -> String {
    path_of(model, "batchEmbedContents")
}

/// The same for one text of a client of this API.
pub fn single_path(model: &str) -> String {
    path_of(model, "embedContent")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UsageMetadata {
    prompt_token_count: Option<u64>,
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
    let answer: Answer = serde_json::from_slice(body).map_err(|error| malformed(body, &error))?;
    Ok(EmbeddingAnswer {
        vectors: answer.embeddings.into_iter().map(|embedding| embedding.values.0).collect(),
        prompt_tokens: answer.usage_metadata.and_then(|usage| usage.prompt_token_count),
        model: String::new(),
    })
}

/// The tokens of the prompt, where an answer to a client of this API tells them; the vectors
/// themselves are not read.
///
/// # Errors
/// When the body holds no embedding.
pub fn glance(body: &[u8]) -> Result<Option<u64>, NoAnswer> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer<'a> {
        #[serde(borrow, default)]
        embedding: Option<&'a RawValue>,
        #[serde(borrow, default)]
        embeddings: Vec<&'a RawValue>,
        #[serde(default)]
        usage_metadata: Option<UsageMetadata>,
    }
    let answer: Answer<'_> =
        serde_json::from_slice(body).map_err(|error| malformed(body, &error))?;
    if answer.embedding.is_none() && answer.embeddings.is_empty() {
        let nothing = || NoAnswer::Malformed(String::from("answered without any embedding"));
        return Err(instead_of_answer(body).map_or_else(nothing, NoAnswer::Error));
    }
    Ok(answer.usage_metadata.and_then(|usage| usage.prompt_token_count))
}

pub fn write_batch(answer: &EmbeddingAnswer) -> Bytes {
    let all: Vec<Value> = answer.vectors.iter().map(|vector| values(vector)).collect();
    written("embeddings", Value::from(all), answer)
}

pub fn write_single(answer: &EmbeddingAnswer) -> Bytes {
    let first = answer.vectors.first().map(Vec::as_slice).unwrap_or_default();
    written("embedding", values(first), answer)
}

fn written(name: &str, embeddings: Value, answer: &EmbeddingAnswer) -> Bytes {
    let mut body = Map::new();
    body.insert(name.to_owned(), embeddings);
    if let Some(tokens) = answer.prompt_tokens {
        body.insert(String::from("usageMetadata"), json!({"promptTokenCount": tokens}));
    }
    Bytes::from(Value::Object(body).to_string())
}

fn values(vector: &[f32]) -> Value {
    json!({"values": encoded(vector, Encoding::Float)})
}
