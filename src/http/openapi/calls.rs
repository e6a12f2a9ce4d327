//! Calls of models, and what can be called.

use super::RouteDoc;
use super::bodies::{
    ChatAnswer, ChatRequest, CountRequest, ExplainRequest, GenerateAnswer, GenerateRequest,
    InvokeRequest, MessagesAnswer, MessagesRequest, RouteRequest, StreamLine,
};
use crate::dialects::invoke::client::answer::InvokeAnswer;
use crate::http::calls::batch::BatchAnswer;
use crate::http::calls::callable::ModelItem;
use crate::http::calls::explain::{ExplanationView, SeedQuery};
use crate::http::calls::gemini::TotalTokens;
use crate::http::calls::gemini_models::{GeminiModel, GeminiModels, GeminiPage};
use crate::http::calls::messages::TokenCount;
use crate::http::calls::openai_models::ModelList;
use crate::http::calls::targets::RouteTargets;

/// The statuses with which any call may fail.
pub(super) const FAILURES: [u16; 9] = [402, 403, 404, 429, 500, 502, 503, 504, 508];

pub(super) const EVENTS: &str = "text/event-stream";
const LINES: &str = "application/jsonl";

pub(super) const TIMING: &str = "server-timing";
pub(super) const TIMING_TEXT: &str = "Of an answer that is neither a stream nor a batch: where its time went, in \
                           milliseconds, such as `auth;dur=0.05, first-byte;dur=210.4, total;dur=212.3`.";

/// Headers that every call may have.
pub(super) fn call(about: RouteDoc) -> RouteDoc {
    about
        .header("x-llm-router-tags", "Tags that the model must have, such as `coding,fast|cheap`.")
        .header(
            "x-session-id",
            "The id of the conversation: its calls stay with one model, and can be listed together.",
        )
        .fails(&FAILURES)
}

fn chat_call(about: RouteDoc) -> RouteDoc {
    call(about.takes::<ChatRequest>())
        .answers::<ChatAnswer>(200, "The answer of the model, or its chunks where `stream` is set.")
        .answers_stream::<ChatAnswer>(EVENTS)
        .answer_header(TIMING, TIMING_TEXT)
}

fn invoke_call(about: RouteDoc) -> RouteDoc {
    call(about)
        .answers_one_of::<InvokeAnswer<'_>, BatchAnswer>(
            200,
            "The answer, or the answers of a batch, or its lines where `stream` is set.",
        )
        .answers_stream::<StreamLine>(LINES)
        .answers_stream::<StreamLine>(EVENTS)
        .answer_header(TIMING, TIMING_TEXT)
}

pub fn chat() -> RouteDoc {
    chat_call(RouteDoc::new("chat", "A chat completion, as OpenAI's API has it"))
}

pub fn chat_with() -> RouteDoc {
    chat_call(RouteDoc::new("chatWithModel", "A chat completion of the model in the path"))
}

pub fn messages() -> RouteDoc {
    call(
        RouteDoc::new("messages", "A message, as Anthropic's API has it")
            .takes::<MessagesRequest>(),
    )
    .text("It reaches any model. An upstream that speaks the same API is sent the client's bytes.")
    .fails(&[529])
    .answers::<MessagesAnswer>(200, "The answer of the model, or its events where `stream` is set.")
    .answers_stream::<MessagesAnswer>(EVENTS)
    .answer_header(TIMING, TIMING_TEXT)
}

pub fn count_tokens() -> RouteDoc {
    RouteDoc::new("countTokens", "How many tokens the prompt of a message has")
        .text(
            "Counted by the upstream that would serve the call, where it speaks Anthropic's API, else \
             estimated. It is no call: nothing is recorded.",
        )
        .takes::<MessagesRequest>()
        .answers::<TokenCount>(200, "The number of tokens.")
        .fails(&FAILURES)
}

/// Of the same method the identifiers differ by the version.
fn generate_call(id: &'static str, summary: &'static str) -> RouteDoc {
    call(RouteDoc::new(id, summary).takes::<GenerateRequest>())
        .answers::<GenerateAnswer>(200, "The answer of the model.")
}

fn stream_call(id: &'static str) -> RouteDoc {
    let summary = "The same as a stream: events with `alt=sse`, else a JSON list";
    call(RouteDoc::new(id, summary).takes::<GenerateRequest>())
        .answers_list::<GenerateAnswer>("The frames of the answer.")
        .answers_stream::<GenerateAnswer>(EVENTS)
}

fn count_call(id: &'static str) -> RouteDoc {
    RouteDoc::new(id, "How many tokens a prompt has, as Gemini's API has it")
        .text("It is no call: nothing is recorded, and nothing is taken from limits.")
        .takes::<CountRequest>()
        .answers::<TotalTokens>(200, "The number of tokens.")
        .fails(&FAILURES)
}

pub fn generate_beta() -> RouteDoc {
    generate_call("generateContentBeta", "An answer, as Gemini's API has it")
}

pub fn stream_generate_beta() -> RouteDoc {
    stream_call("streamGenerateContentBeta")
}

pub fn count_gemini_beta() -> RouteDoc {
    count_call("countGeminiTokensBeta")
}

pub fn generate() -> RouteDoc {
    generate_call("generateContent", "An answer, as Gemini's API has it")
}

pub fn stream_generate() -> RouteDoc {
    stream_call("streamGenerateContent")
}

pub fn count_gemini() -> RouteDoc {
    count_call("countGeminiTokens")
}

pub fn gemini_models() -> RouteDoc {
    RouteDoc::new("listGeminiModels", "What can be called, as Gemini's API has it")
        .query::<GeminiPage>()
        .answers::<GeminiModels>(200, "A page of the models.")
}

pub fn gemini_model() -> RouteDoc {
    RouteDoc::new("getGeminiModel", "One of the models of `/v1beta/models`")
        .answers::<GeminiModel>(200, "In Gemini's form.")
}

pub fn invoke() -> RouteDoc {
    invoke_call(RouteDoc::new("invoke", "Calls the model in the path")).takes::<InvokeRequest>()
}

pub fn route() -> RouteDoc {
    invoke_call(RouteDoc::new("routeInvoke", "Calls the model that fits the query best"))
        .takes::<RouteRequest>()
}

pub fn explain() -> RouteDoc {
    RouteDoc::new(
        "explainRoute",
        "The candidates of a request, in order, and why each other model is none",
    )
    .text("No model is called. `error` is what the client would get where no model can be called.")
    .query::<SeedQuery>()
    .takes::<ExplainRequest>()
    .answers::<ExplanationView>(200, "The order.")
    .fails(&FAILURES)
}

pub fn targets() -> RouteDoc {
    RouteDoc::new("routeTargets", "All that a call can name as its model, and where it leads")
        .answers::<RouteTargets>(200, "Of the models that the caller may call.")
}

pub fn models() -> RouteDoc {
    RouteDoc::new("listCallable", "The ids that a client may send back as `model`")
        .text(
            "With the header `anthropic-version` the pages of Anthropic's list; with `client_version` in \
             the query, as Codex asks, `{\"models\": []}`, which leaves its own catalogue as it is.",
        )
        .answers::<ModelList>(200, "In OpenAI's form.")
}

pub fn model() -> RouteDoc {
    RouteDoc::new("getCallable", "One of the ids of `/v1/models`")
        .answers::<ModelItem>(200, "In OpenAI's form.")
}
