//! OpenAI's Responses, and their bodies.
#![expect(dead_code, reason = "described, never made")]

use serde_json::Value;
use utoipa::ToSchema;

use super::RouteDoc;
use super::calls::{EVENTS, TIMING, TIMING_TEXT, call};

/// A request of OpenAI's Responses; any further member is left to an upstream of that API.
#[derive(ToSchema)]
pub struct ResponsesRequest {
    model: Option<String>,
    /// A text or a list of items.
    #[schema(value_type = Value)]
    input: Option<Value>,
    instructions: Option<String>,
    stream: Option<bool>,
    tools: Option<Vec<Value>>,
    #[schema(value_type = Value)]
    tool_choice: Option<Value>,
    parallel_tool_calls: Option<bool>,
    max_output_tokens: Option<u64>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    #[schema(value_type = Object)]
    reasoning: Option<Value>,
    #[schema(value_type = Object)]
    text: Option<Value>,
    include: Option<Vec<String>>,
    prompt_cache_key: Option<String>,
}

/// A response of OpenAI's API, which repeats most of its request.
#[derive(ToSchema)]
pub struct ResponsesAnswer {
    id: String,
    /// `response`.
    object: String,
    /// Seconds since 1970.
    created_at: i64,
    /// `completed`, `incomplete` or `failed`.
    status: String,
    model: String,
    output: Vec<Value>,
    #[schema(value_type = Object)]
    error: Option<Value>,
    #[schema(value_type = Object)]
    incomplete_details: Option<Value>,
    #[schema(value_type = Object)]
    usage: Option<Value>,
}

pub fn create() -> RouteDoc {
    call(
        RouteDoc::new("responses", "A response, as OpenAI's API has it")
            .takes::<ResponsesRequest>(),
    )
    .text("It reaches any model. An upstream that speaks the same API is sent the client's bytes.")
    .answers::<ResponsesAnswer>(
        200,
        "The answer of the model, or its events where `stream` is set.",
    )
    .answers_stream::<ResponsesAnswer>(EVENTS)
    .answer_header(TIMING, TIMING_TEXT)
}
