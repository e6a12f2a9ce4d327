//! Embeddings as Gemini's API has them.
#![expect(dead_code, reason = "described, never made")]

use serde_json::Value;
use utoipa::ToSchema;

use super::RouteDoc;
use super::calls::{TIMING, TIMING_TEXT, call};

/// Any further member is left to an upstream of the same API.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmbedContentRequest {
    /// Its `parts` hold the text.
    #[schema(value_type = Object)]
    content: Value,
    task_type: Option<String>,
    output_dimensionality: Option<u64>,
}

#[derive(ToSchema)]
pub struct BatchEmbedRequest {
    #[schema(min_items = 1)]
    requests: Vec<EmbedContentRequest>,
}

#[derive(ToSchema)]
pub struct ContentEmbedding {
    values: Vec<f64>,
}

#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmbedContentAnswer {
    embedding: ContentEmbedding,
    #[schema(value_type = Option<Object>)]
    usage_metadata: Option<Value>,
}

#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchEmbedAnswer {
    embeddings: Vec<ContentEmbedding>,
    #[schema(value_type = Option<Object>)]
    usage_metadata: Option<Value>,
}

const BY: &str = "By a provider of the OpenAI family, Gemini or Ollama.";

fn one(id: &'static str) -> RouteDoc {
    let about = RouteDoc::new(id, "The embedding of a text, as Gemini's API has it");
    call(about.takes::<EmbedContentRequest>())
        .text(BY)
        .answers::<EmbedContentAnswer>(200, "The vector.")
        .answer_header(TIMING, TIMING_TEXT)
}

fn many(id: &'static str) -> RouteDoc {
    let about = RouteDoc::new(id, "Embeddings of texts, as Gemini's API has them");
    call(about.takes::<BatchEmbedRequest>())
        .text(BY)
        .answers::<BatchEmbedAnswer>(200, "A vector for each text.")
        .answer_header(TIMING, TIMING_TEXT)
}

pub fn embed_beta() -> RouteDoc {
    one("embedContentBeta")
}

pub fn embed_batch_beta() -> RouteDoc {
    many("batchEmbedContentsBeta")
}

pub fn embed() -> RouteDoc {
    one("embedContent")
}

pub fn embed_batch() -> RouteDoc {
    many("batchEmbedContents")
}
