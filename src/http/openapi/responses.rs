//! OpenAI's Responses, and their bodies.
#![expect(dead_code, reason = "described, never made")]

use serde_json::Value;
use utoipa::ToSchema;

use super::RouteDoc;
use super::calls::{EVENTS, FAILURES, TIMING, TIMING_TEXT, call};
use crate::http::calls::kept_responses::{DeletedResponse, ItemList, ItemPage, Shown};
use crate::http::calls::responses::InputTokens;

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

/// A conversation as one item.
#[derive(ToSchema)]
pub struct CompactionAnswer {
    id: String,
    /// `response.compaction`.
    object: String,
    /// Seconds since 1970.
    created_at: i64,
    /// One item of the type `compaction`.
    output: Vec<Value>,
    #[schema(value_type = Object)]
    usage: Value,
}

pub fn compact() -> RouteDoc {
    call(
        RouteDoc::new("compactResponse", "A conversation as one item, which stands for it")
            .takes::<ResponsesRequest>(),
    )
    .text("The model writes a summary, which only the router can read; any model goes on from it.")
    .answers::<CompactionAnswer>(200, "The item.")
}

pub fn input_tokens() -> RouteDoc {
    RouteDoc::new("countInputTokens", "How many tokens the prompt of a response has")
        .text(
            "Counted by the upstream that would serve the call, where it speaks OpenAI's Responses, \
             else estimated. It is no call: nothing is recorded.",
        )
        .takes::<ResponsesRequest>()
        .answers::<InputTokens>(200, "The number of tokens.")
        .fails(&FAILURES)
}

pub fn no_websocket() -> RouteDoc {
    RouteDoc::new("noWebSocket", "Tells clients that ask for a WebSocket to use POST")
        .fails(&[404, 426])
}

pub fn get() -> RouteDoc {
    RouteDoc::new("getResponse", "A response that is kept")
        .text("Only the key that made it finds it.")
        .query::<Shown>()
        .answers::<ResponsesAnswer>(200, "The response.")
        .fails(&[400, 404, 503])
}

pub fn remove() -> RouteDoc {
    RouteDoc::new("deleteResponse", "Deletes a response that is kept")
        .answers::<DeletedResponse>(200, "It is gone.")
        .fails(&[404, 503])
}

pub fn items() -> RouteDoc {
    RouteDoc::new("listInputItems", "The items of the request of a response that is kept")
        .query::<ItemPage>()
        .answers::<ItemList>(200, "A page of items.")
        .fails(&[404, 503])
}

pub fn cancel() -> RouteDoc {
    RouteDoc::new("cancelResponse", "Refuses to cancel: no response runs in the background")
        .fails(&[400, 404, 503])
}
