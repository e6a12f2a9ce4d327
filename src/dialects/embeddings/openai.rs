//! OpenAI's `/v1/embeddings`.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::tokens::text_of;
use super::vectors::{Encoding, Vector, encoded};
use super::{EmbeddingAnswer, EmbeddingRequest, Purpose};
use crate::dialects::errors::{BadRequest, NoAnswer};
use crate::dialects::json::Kind;
use crate::dialects::json::body::JsonBody;
use crate::dialects::json::fields::{count, string};
use crate::dialects::openai::upstream::error::instead_of_answer;

/// `input_type` is that of several vendors of models for embeddings.
const CARRIED: [&str; 7] =
    ["model", "input", "dimensions", "encoding_format", "input_type", "provider", "models"];

/// # Errors
/// When `input` holds no texts.
pub fn request(body: &JsonBody) -> Result<EmbeddingRequest, BadRequest> {
    let purpose = body.value_of("input_type").and_then(string).and_then(|word| purpose(&word));
    let is_carried =
        |name: &str| CARRIED.contains(&name) && (name != "input_type" || purpose.is_some());
    Ok(EmbeddingRequest {
        inputs: inputs(body)?,
        dimensions: dimensions(body, "dimensions")?,
        purpose,
        left_out: body.names().filter(|name| !is_carried(name)).map(str::to_owned).collect(),
    })
}

fn inputs(body: &JsonBody) -> Result<Vec<String>, BadRequest> {
    const WANTED: &str = "`input` must be a text, a list of texts, or tokens of texts";
    let wrong = || BadRequest::new(WANTED, "input");
    let input: &RawValue =
        serde_json::from_slice(body.value_of("input").unwrap_or_default()).map_err(|_| wrong())?;
    if let Ok(tokens) = serde_json::from_str::<Vec<u32>>(input.get())
        && !tokens.is_empty()
    {
        return Ok(vec![of_tokens(&tokens, "input")?]);
    }
    let texts = match Kind::of(input) {
        Kind::String => vec![input],
        Kind::Array => serde_json::from_str(input.get()).map_err(|_| wrong())?,
        _ => return Err(wrong()),
    };
    if texts.is_empty() {
        return Err(BadRequest::new("`input` is empty: send at least one text", "input"));
    }
    let texts = texts.into_iter().enumerate().map(|(index, text)| match Kind::of(text) {
        Kind::String => serde_json::from_str(text.get()).map_err(|_| wrong()),
        _ => {
            let place = format!("input[{index}]");
            let tokens: Vec<u32> = serde_json::from_str(text.get()).map_err(|_| {
                BadRequest::new(format!("`{place}` must be a text, or its tokens"), &*place)
            })?;
            of_tokens(&tokens, &place)
        }
    });
    texts.collect()
}

fn of_tokens(tokens: &[u32], place: &str) -> Result<String, BadRequest> {
    text_of(tokens).ok_or_else(|| {
        let message = format!(
            "`{place}` holds numbers that are no tokens of cl100k_base: this model takes texts, so \
             send the text itself"
        );
        BadRequest::new(message, place)
    })
}

/// # Errors
/// When it is no number.
pub fn dimensions(body: &JsonBody, name: &str) -> Result<Option<u64>, BadRequest> {
    let Some(written) = body.value_of(name).filter(|written| *written != b"null") else {
        return Ok(None);
    };
    let bad = || BadRequest::new(format!("`{name}` must be a whole number"), name);
    count(written).map(Some).ok_or_else(bad)
}

fn purpose(word: &str) -> Option<Purpose> {
    match word {
        "query" | "search_query" => Some(Purpose::Query),
        "document" | "passage" | "search_document" => Some(Purpose::Document),
        "classification" => Some(Purpose::Classification),
        "clustering" => Some(Purpose::Clustering),
        _ => None,
    }
}

pub fn encode(request: &EmbeddingRequest, model: &str) -> Bytes {
    let mut body = json!({"model": model, "input": request.inputs, "encoding_format": "float"});
    if let (Some(dimensions), Some(members)) = (request.dimensions, body.as_object_mut()) {
        members.insert(String::from("dimensions"), Value::from(dimensions));
    }
    Bytes::from(body.to_string())
}

/// What the client wants the vectors to be.
pub fn encoding(body: &JsonBody) -> Encoding {
    match body.value_of("encoding_format").and_then(string).as_deref() {
        Some("base64") => Encoding::Base64,
        _ => Encoding::Float,
    }
}

#[derive(Deserialize)]
struct WireAnswer {
    data: Vec<Item>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    index: usize,
    embedding: Vector,
}

#[derive(Deserialize)]
struct WireUsage {
    prompt_tokens: Option<u64>,
    total_tokens: Option<u64>,
}

impl WireUsage {
    fn tokens(self) -> Option<u64> {
        self.prompt_tokens.or(self.total_tokens)
    }
}

/// # Errors
/// When the body is no list of embeddings.
pub fn decode(body: &[u8]) -> Result<EmbeddingAnswer, NoAnswer> {
    let mut answer: WireAnswer =
        serde_json::from_slice(body).map_err(|error| malformed(body, &error))?;
    answer.data.sort_by_key(|item| item.index);
    Ok(EmbeddingAnswer {
        vectors: answer.data.into_iter().map(|item| item.embedding.0).collect(),
        prompt_tokens: answer.usage.and_then(WireUsage::tokens),
        model: answer.model.unwrap_or_default(),
    })
}

/// How the vectors of an answer are written, and the tokens of the prompt; the vectors themselves
/// are not read.
///
/// # Errors
/// When the body is no list of embeddings.
pub fn glance(body: &[u8]) -> Result<(Encoding, Option<u64>), NoAnswer> {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow)]
        data: Vec<Item<'a>>,
        #[serde(default)]
        usage: Option<WireUsage>,
    }
    #[derive(Deserialize)]
    struct Item<'a> {
        #[serde(borrow)]
        embedding: &'a RawValue,
    }
    let answer: Answer<'_> =
        serde_json::from_slice(body).map_err(|error| malformed(body, &error))?;
    let Some(first) = answer.data.first() else {
        return Err(NoAnswer::Malformed(String::from("answered without any embedding")));
    };
    let encoding = match Kind::of(first.embedding) {
        Kind::String => Encoding::Base64,
        _ => Encoding::Float,
    };
    Ok((encoding, answer.usage.and_then(WireUsage::tokens)))
}

/// The fault of a body that is none of embeddings.
pub fn malformed(body: &[u8], error: &serde_json::Error) -> NoAnswer {
    instead_of_answer(body)
        .map_or_else(|| NoAnswer::malformed(body, "list of embeddings", error), NoAnswer::Error)
}

/// `prompt_tokens` stand in for those that the upstream does not tell.
pub fn write(answer: &EmbeddingAnswer, encoding: Encoding, prompt_tokens: u64) -> Bytes {
    let data = answer.vectors.iter().enumerate().map(|(index, vector)| {
        json!({"object": "embedding", "index": index, "embedding": encoded(vector, encoding)})
    });
    let tokens = answer.prompt_tokens.unwrap_or(prompt_tokens);
    let mut body = Map::new();
    body.insert(String::from("object"), Value::from("list"));
    body.insert(String::from("data"), data.collect());
    body.insert(String::from("model"), Value::from(answer.model.as_str()));
    let usage = json!({"prompt_tokens": tokens, "total_tokens": tokens});
    body.insert(String::from("usage"), usage);
    Bytes::from(Value::Object(body).to_string())
}
