//! OpenAI's endpoints besides chats.
#![expect(dead_code, reason = "described, never made")]

use serde_json::Value;
use utoipa::ToSchema;

use super::RouteDoc;
use super::calls::{EVENTS, TIMING, TIMING_TEXT, call};

/// Any further member is left to an upstream of the same API.
#[derive(ToSchema)]
pub struct EmbeddingsRequest {
    model: Option<String>,
    /// A text, a list of texts, or the tokens of either.
    #[schema(value_type = Value)]
    input: Value,
    dimensions: Option<u64>,
    /// `float` or `base64`.
    encoding_format: Option<String>,
}

#[derive(ToSchema)]
pub struct EmbeddingsAnswer {
    /// `list`.
    object: String,
    data: Vec<EmbeddingItem>,
    model: String,
    #[schema(value_type = Object)]
    usage: Value,
}

#[derive(ToSchema)]
#[schema(as = Embedding)]
pub struct EmbeddingItem {
    /// `embedding`.
    object: String,
    index: u64,
    /// Numbers, or the base64 of them, four bytes each with the lowest first.
    #[schema(value_type = Value)]
    embedding: Value,
}

pub fn embeddings() -> RouteDoc {
    call(
        RouteDoc::new("embeddings", "Embeddings of texts, as OpenAI's API has them")
            .takes::<EmbeddingsRequest>(),
    )
    .text("By a provider of the OpenAI family, Gemini or Ollama.")
    .answers::<EmbeddingsAnswer>(200, "A vector for each text.")
    .answer_header(TIMING, TIMING_TEXT)
}

#[derive(ToSchema)]
pub struct CompletionsRequest {
    model: Option<String>,
    /// A text; to a provider that has the endpoint also a list of texts, or their tokens.
    #[schema(value_type = Value)]
    prompt: Value,
    suffix: Option<String>,
    max_tokens: Option<u64>,
    temperature: Option<f64>,
    n: Option<u64>,
    stream: Option<bool>,
}

#[derive(ToSchema)]
pub struct CompletionsAnswer {
    id: String,
    /// `text_completion`.
    object: String,
    created: i64,
    model: String,
    /// Each with `text`, `index` and `finish_reason`.
    choices: Vec<Value>,
    #[schema(value_type = Object)]
    usage: Option<Value>,
}

pub fn completions() -> RouteDoc {
    call(
        RouteDoc::new("completions", "A text continued, as OpenAI's older API has it")
            .takes::<CompletionsRequest>(),
    )
    .text(
        "A provider that has this endpoint gets the client's body. Any other is asked in a chat of one \
         message, which takes one text and neither `suffix`, `echo` nor `best_of`.",
    )
    .answers::<CompletionsAnswer>(200, "The answer, or its chunks where `stream` is set.")
    .answers_stream::<CompletionsAnswer>(EVENTS)
    .answer_header(TIMING, TIMING_TEXT)
}

#[derive(ToSchema)]
pub struct ModerationsRequest {
    model: Option<String>,
    /// A text, a list of texts, or a list of parts.
    #[schema(value_type = Value)]
    input: Value,
}

#[derive(ToSchema)]
pub struct ModerationsAnswer {
    id: String,
    model: String,
    results: Vec<Value>,
}

/// What every route of these says.
const AS_IT_COMES: &str = "The body goes to a provider that has this endpoint, with the provider's name of the model; the \
     answer comes back as it is.";

pub fn moderations() -> RouteDoc {
    call(
        RouteDoc::new(
            "moderations",
            "Whether texts or pictures are harmful, as OpenAI's API has it",
        )
        .takes::<ModerationsRequest>(),
    )
    .text(AS_IT_COMES)
    .answers::<ModerationsAnswer>(200, "The provider's answer.")
}

#[derive(ToSchema)]
pub struct RerankRequest {
    model: Option<String>,
    query: String,
    /// Texts, or objects with a `text`.
    documents: Vec<Value>,
    top_n: Option<u64>,
}

#[derive(ToSchema)]
pub struct RerankAnswer {
    id: Option<String>,
    /// The best first, each with `index` and `relevance_score`.
    results: Vec<Value>,
}

fn reranked(id: &'static str, summary: &'static str) -> RouteDoc {
    call(RouteDoc::new(id, summary).takes::<RerankRequest>())
        .text(AS_IT_COMES)
        .answers::<RerankAnswer>(200, "The provider's answer.")
}

pub fn rerank() -> RouteDoc {
    reranked("rerank", "Which documents fit a query best, as Cohere's API has it")
}

pub fn rerank_again() -> RouteDoc {
    reranked("rerankV2", "The same as `/v1/rerank`")
}

pub fn rerank_alone() -> RouteDoc {
    reranked("rerankUnversioned", "The same as `/v1/rerank`")
}

#[derive(ToSchema)]
pub struct ImagesRequest {
    model: Option<String>,
    prompt: String,
    n: Option<u64>,
    size: Option<String>,
    stream: Option<bool>,
}

#[derive(ToSchema)]
pub struct ImagesAnswer {
    created: i64,
    /// Each with `b64_json` or `url`.
    data: Vec<Value>,
    #[schema(value_type = Object)]
    usage: Option<Value>,
}

pub fn images() -> RouteDoc {
    call(
        RouteDoc::new("generateImages", "Pictures from a text, as OpenAI's API has them")
            .takes::<ImagesRequest>(),
    )
    .text(AS_IT_COMES)
    .answers::<ImagesAnswer>(200, "The provider's answer, or its events where `stream` is set.")
    .answers_stream::<ImagesAnswer>(EVENTS)
}

#[derive(ToSchema)]
pub struct SpeechRequest {
    model: Option<String>,
    input: String,
    voice: Value,
    response_format: Option<String>,
    stream_format: Option<String>,
}

pub fn speech() -> RouteDoc {
    call(RouteDoc::new("speech", "A text spoken, as OpenAI's API has it").takes::<SpeechRequest>())
        .text(AS_IT_COMES)
        .answers_text(
            "audio/*",
            "The sound, as it arrives, with the type that the provider gives it.",
        )
}

/// A form. It may have more fields, in any order.
#[derive(ToSchema)]
pub struct TranscriptionForm {
    model: Option<String>,
    /// The recording.
    #[schema(value_type = String, format = Binary)]
    file: String,
    /// `json`, `text`, `srt`, `verbose_json`, `vtt`, …
    response_format: Option<String>,
    prompt: Option<String>,
}

#[derive(ToSchema)]
pub struct TranscriptionAnswer {
    text: String,
}

fn transcribed(id: &'static str, summary: &'static str) -> RouteDoc {
    call(RouteDoc::new(id, summary).takes_form::<TranscriptionForm>())
        .text(AS_IT_COMES)
        .answers::<TranscriptionAnswer>(
            200,
            "The provider's answer, of the type that was asked for.",
        )
        .answers_text("text/plain", "")
        .answers_stream::<TranscriptionAnswer>(EVENTS)
}

pub fn transcriptions() -> RouteDoc {
    transcribed("transcriptions", "What a recording says, as OpenAI's API has it")
}

pub fn translations() -> RouteDoc {
    transcribed("translations", "What a recording says, in English, as OpenAI's API has it")
}

/// A form. It may have more fields, in any order.
#[derive(ToSchema)]
pub struct ImageForm {
    model: Option<String>,
    /// The picture; `image[]` for several.
    #[schema(value_type = String, format = Binary)]
    image: String,
    /// What becomes of it.
    prompt: Option<String>,
}

fn pictured(id: &'static str, summary: &'static str) -> RouteDoc {
    call(RouteDoc::new(id, summary).takes_form::<ImageForm>())
        .text(AS_IT_COMES)
        .answers::<ImagesAnswer>(200, "The provider's answer, or its events where `stream` is set.")
        .answers_stream::<ImagesAnswer>(EVENTS)
}

pub fn image_edits() -> RouteDoc {
    pictured("editImages", "Pictures changed, as OpenAI's API has it")
}

pub fn image_variations() -> RouteDoc {
    pictured("varyImages", "Variations of a picture, as OpenAI's API has them")
}
