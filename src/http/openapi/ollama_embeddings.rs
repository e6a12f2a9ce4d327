//! Embeddings as Ollama's API has them.
#![expect(dead_code, reason = "described, never made")]

use serde_json::Value;
use utoipa::ToSchema;

use super::RouteDoc;
use super::calls::call;

/// Any further member is left to an upstream of the same API.
#[derive(ToSchema)]
pub struct OllamaEmbedRequest {
    model: Option<String>,
    /// A text or a list of texts.
    #[schema(value_type = Value)]
    input: Value,
    dimensions: Option<u64>,
    truncate: Option<bool>,
}

/// One text, in the older way.
#[derive(ToSchema)]
pub struct OllamaOneRequest {
    model: Option<String>,
    prompt: String,
}

#[derive(ToSchema)]
pub struct OllamaEmbedded {
    model: String,
    embeddings: Vec<Vec<f64>>,
    /// Nanoseconds; 0 where the model is behind another API.
    total_duration: Option<u64>,
    load_duration: Option<u64>,
    prompt_eval_count: Option<u64>,
}

#[derive(ToSchema)]
pub struct OllamaOneEmbedded {
    embedding: Vec<f64>,
}

const BY: &str =
    "By a provider of the OpenAI family, Gemini or Ollama. The body may have any content type.";

pub fn embed() -> RouteDoc {
    let about = RouteDoc::new("ollamaEmbed", "Embeddings of texts, as Ollama's API has them");
    call(about.takes::<OllamaEmbedRequest>())
        .text(BY)
        .answers::<OllamaEmbedded>(200, "A vector for each text.")
}

pub fn embed_one() -> RouteDoc {
    let about =
        RouteDoc::new("ollamaEmbedOne", "The embedding of a text, as Ollama's older API has it");
    call(about.takes::<OllamaOneRequest>())
        .text(BY)
        .answers::<OllamaOneEmbedded>(200, "The vector.")
}
