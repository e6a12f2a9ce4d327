//! Bodies without a type of their own: those that are read member by member, with the reader's own
//! messages, and those that pass through unchanged.
#![expect(dead_code, reason = "described, never made")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::config::entries::{ModelConfig, ProviderSettings, RateLimit};
use crate::dialects::invoke::client::answer::UsageView;
use crate::domain::provider_kind::ProviderKind;
use crate::http::manage::models::ModelView;
use crate::http::manage::providers::ProviderView;
use crate::routing::Query;

/// What a list of models is narrowed to.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ModelFilters {
    /// All of them.
    tag: Option<Vec<String>>,
    /// All of them, with commas between them.
    tags: Option<String>,
    /// One of them.
    #[param(inline)]
    provider_type: Option<Vec<ProviderKind>>,
    /// One of them, with commas between them.
    provider_types: Option<String>,
    include_inactive: Option<bool>,
}

/// Any error outside of `/v1`.
#[derive(ToSchema)]
#[schema(as = Error)]
pub struct ErrorBody {
    /// What is wrong, and what to do about it.
    detail: String,
    /// For programs; it does not change.
    code: String,
    request_id: String,
    /// The part of the request that it is about.
    #[schema(nullable = false)]
    param: Option<String>,
}

/// Any error on `/v1`, in OpenAI's shape.
#[derive(ToSchema)]
#[schema(as = OpenAiError)]
pub struct OpenAiErrorBody {
    error: OpenAiErrorDetail,
}

/// Any error on `/v1/messages`, in Anthropic's shape.
#[derive(ToSchema)]
#[schema(as = AnthropicError)]
pub struct AnthropicErrorBody {
    /// `error`.
    r#type: String,
    error: AnthropicErrorDetail,
    request_id: String,
}

#[derive(ToSchema)]
pub struct AnthropicErrorDetail {
    /// `invalid_request_error`, `overloaded_error`, …
    r#type: String,
    message: String,
    /// For programs; it does not change.
    code: String,
    #[schema(nullable = false)]
    param: Option<String>,
}

/// Any error of Ollama's API.
#[derive(ToSchema)]
#[schema(as = OllamaError)]
pub struct OllamaErrorBody {
    error: String,
    /// For programs; it does not change.
    code: String,
}

/// A request of Anthropic's API; any further member is left to an upstream of that API.
#[derive(ToSchema)]
pub struct MessagesRequest {
    model: Option<String>,
    max_tokens: Option<u64>,
    /// A text or a list of blocks.
    #[schema(value_type = Value)]
    system: Option<Value>,
    #[schema(min_items = 1)]
    messages: Vec<Value>,
    tools: Option<Vec<Value>>,
    #[schema(value_type = Object)]
    tool_choice: Option<Value>,
    stream: Option<bool>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    stop_sequences: Option<Vec<String>>,
    #[schema(value_type = Object)]
    thinking: Option<Value>,
}

/// A chat of Ollama's API; any further member is left to an upstream of that API.
#[derive(ToSchema)]
pub struct OllamaChatRequest {
    model: Option<String>,
    messages: Vec<Value>,
    tools: Option<Vec<Value>>,
    /// `json` or a schema.
    #[schema(value_type = Value)]
    format: Option<Value>,
    #[schema(value_type = Object)]
    options: Option<Value>,
    /// A switch or an effort.
    #[schema(value_type = Value)]
    think: Option<Value>,
    /// Without it the answer is a stream.
    stream: Option<bool>,
}

/// A prompt of Ollama's API; any further member is left to an upstream of that API.
#[derive(ToSchema)]
pub struct OllamaGenerateRequest {
    model: Option<String>,
    prompt: Option<String>,
    system: Option<String>,
    /// Base64.
    images: Option<Vec<String>>,
    /// `json` or a schema.
    #[schema(value_type = Value)]
    format: Option<Value>,
    #[schema(value_type = Object)]
    options: Option<Value>,
    /// A switch or an effort.
    #[schema(value_type = Value)]
    think: Option<Value>,
    /// Without it the answer is a stream.
    stream: Option<bool>,
}

/// An answer of Ollama's API, or a line of it; the last has the counts and the durations in
/// nanoseconds.
#[derive(ToSchema)]
pub struct OllamaAnswer {
    model: String,
    created_at: String,
    #[schema(value_type = Object)]
    message: Value,
    done: bool,
    done_reason: Option<String>,
    total_duration: Option<u64>,
    load_duration: Option<u64>,
    prompt_eval_count: Option<u64>,
    prompt_eval_duration: Option<u64>,
    eval_count: Option<u64>,
    eval_duration: Option<u64>,
}

/// The same of a prompt.
#[derive(ToSchema)]
pub struct OllamaGenerated {
    model: String,
    created_at: String,
    response: String,
    thinking: Option<String>,
    done: bool,
    done_reason: Option<String>,
    context: Option<Vec<u64>>,
    total_duration: Option<u64>,
    load_duration: Option<u64>,
    prompt_eval_count: Option<u64>,
    prompt_eval_duration: Option<u64>,
    eval_count: Option<u64>,
    eval_duration: Option<u64>,
}

/// A message of Anthropic's API.
#[derive(ToSchema)]
pub struct MessagesAnswer {
    id: String,
    /// `message`.
    r#type: String,
    role: String,
    model: String,
    content: Vec<Value>,
    stop_reason: Option<String>,
    stop_sequence: Option<String>,
    #[schema(value_type = Object)]
    usage: Value,
}

/// Any error of Gemini's API, in Google's shape.
#[derive(ToSchema)]
#[schema(as = GeminiError)]
pub struct GeminiErrorBody {
    error: GeminiErrorDetail,
}

#[derive(ToSchema)]
pub struct GeminiErrorDetail {
    /// The HTTP status.
    code: u16,
    message: String,
    /// `INVALID_ARGUMENT`, `UNAVAILABLE`, …
    status: String,
    /// An `ErrorInfo`, whose `reason` is for programs; a `RetryInfo` where a wait is known.
    #[schema(value_type = Option<Vec<Object>>)]
    details: Option<Vec<Value>>,
}

/// A request of Gemini's API; any further member is left to an upstream of that API.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GenerateRequest {
    #[schema(min_items = 1, value_type = Vec<Object>)]
    contents: Vec<Value>,
    #[schema(value_type = Option<Object>)]
    system_instruction: Option<Value>,
    #[schema(value_type = Option<Vec<Object>>)]
    tools: Option<Vec<Value>>,
    #[schema(value_type = Option<Object>)]
    tool_config: Option<Value>,
    #[schema(value_type = Option<Object>)]
    generation_config: Option<Value>,
}

/// A prompt to count: its contents, or the request that it would be.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CountRequest {
    #[schema(value_type = Option<Vec<Object>>)]
    contents: Option<Vec<Value>>,
    generate_content_request: Option<GenerateRequest>,
}

/// An answer of Gemini's API, or a frame of a stream.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GenerateAnswer {
    #[schema(value_type = Vec<Object>)]
    candidates: Vec<Value>,
    #[schema(value_type = Option<Object>)]
    usage_metadata: Option<Value>,
    model_version: Option<String>,
    response_id: Option<String>,
}

#[derive(ToSchema)]
pub struct OpenAiErrorDetail {
    message: String,
    r#type: String,
    #[schema(required)]
    param: Option<String>,
    code: String,
}

/// A provider is created, or replaced as a whole where one of the name is there.
#[derive(ToSchema)]
pub struct ProviderBody {
    /// Holds no `/`.
    #[schema(pattern = "^[^/]+$", min_length = 1)]
    name: String,
    r#type: ProviderKind,
    /// `http` or `https`, without a key, a query or a fragment. Some types have one of their own.
    #[schema(pattern = "^https?://[a-z0-9]")]
    base_url: Option<String>,
    /// One key, or several with commas between them. It needs `LLM_ROUTER_SECRET_KEY`.
    #[schema(write_only, min_length = 1)]
    api_key: Option<String>,
    is_active: Option<bool>,
    settings: Option<ProviderSettings>,
}

/// What is there is changed, null clears, objects are merged.
#[derive(ToSchema)]
pub struct ProviderPatch {
    r#type: Option<ProviderKind>,
    /// Another address clears a key that came over REST.
    #[schema(pattern = "^https?://[a-z0-9]")]
    base_url: Option<String>,
    #[schema(write_only, min_length = 1)]
    api_key: Option<String>,
    is_active: Option<bool>,
    settings: Option<BTreeMap<String, Value>>,
}

/// A model is created, or replaced as a whole where the provider has one of the name.
#[derive(ToSchema)]
pub struct ModelBody {
    #[schema(min_length = 1)]
    name: String,
    /// The name of its provider.
    #[schema(min_length = 1)]
    provider: String,
    display_name: Option<String>,
    description: Option<String>,
    /// What the provider calls it, where that is not `name`.
    remote_identifier: Option<String>,
    is_active: Option<bool>,
    /// Of letters, digits, `-`, `_`, `.` and `:`.
    tags: Option<Vec<String>>,
    /// Members of a request that the client left out.
    default_params: Option<BTreeMap<String, Value>>,
    local_path: Option<String>,
    download_uri: Option<String>,
    rate_limit: Option<RateLimit>,
    config: Option<ModelConfig>,
}

/// What is there is changed, null clears, objects are merged.
#[derive(ToSchema)]
pub struct ModelPatch {
    display_name: Option<String>,
    description: Option<String>,
    remote_identifier: Option<String>,
    is_active: Option<bool>,
    tags: Option<Vec<String>>,
    default_params: Option<BTreeMap<String, Value>>,
    local_path: Option<String>,
    download_uri: Option<String>,
    rate_limit: Option<BTreeMap<String, Value>>,
    config: Option<BTreeMap<String, Value>>,
}

/// A provider after it was changed.
#[derive(Serialize, ToSchema)]
pub struct ChangedProvider {
    #[serde(flatten)]
    entry: ProviderView,
    /// Side effects of the change.
    #[schema(nullable = false)]
    notices: Option<Vec<String>>,
}

/// A model after it was changed.
#[derive(Serialize, ToSchema)]
pub struct ChangedModel {
    #[serde(flatten)]
    entry: ModelView,
    /// Side effects of the change.
    #[schema(nullable = false)]
    notices: Option<Vec<String>>,
}

/// As in OpenAI's API: content parts, tool calls and the rest pass through as well.
#[derive(Deserialize, ToSchema)]
pub struct ChatMessage {
    role: String,
    /// A text, or a list of parts.
    content: Value,
    #[serde(flatten)]
    other: BTreeMap<String, Value>,
}

/// OpenAI's chat request. Members that the router does not know go through untouched.
#[derive(Deserialize, ToSchema)]
pub struct ChatRequest {
    /// `provider/model`, a bare name, an alias, `tag:a,b`, `pair:name` or `auto`. Absent: the
    /// session's model.
    model: Option<String>,
    /// OpenAI's messages.
    #[schema(min_items = 1)]
    messages: Vec<ChatMessage>,
    stream: Option<bool>,
    #[serde(flatten)]
    other: BTreeMap<String, Value>,
}

/// The router's own request: a prompt, messages, or both. Other members of OpenAI's chat request
/// stand at the top level or in `parameters`.
#[derive(Deserialize, ToSchema)]
pub struct InvokeRequest {
    prompt: Option<String>,
    messages: Option<Vec<ChatMessage>>,
    parameters: Option<BTreeMap<String, Value>>,
    stream: Option<bool>,
    /// Several requests side by side, in the place of all other members.
    batch: Option<Vec<BTreeMap<String, Value>>>,
    #[serde(flatten)]
    other: BTreeMap<String, Value>,
}

/// One request, or several under `batch`, for whatever model the query finds.
#[derive(Deserialize, ToSchema)]
pub struct RouteRequest {
    /// Absent: every active model.
    query: Option<Query>,
    request: Option<InvokeRequest>,
    batch: Option<Vec<InvokeRequest>>,
}

/// A body of `/route/invoke`, or one of `/v1/chat/completions`.
#[derive(Deserialize, ToSchema)]
pub struct ExplainRequest {
    query: Option<Query>,
    request: Option<InvokeRequest>,
    model: Option<String>,
    messages: Option<Vec<ChatMessage>>,
    #[serde(flatten)]
    other: BTreeMap<String, Value>,
}

/// An answer of a provider, edited but not re-modelled.
#[derive(Serialize, ToSchema)]
pub struct ChatAnswer {
    #[serde(flatten)]
    members: BTreeMap<String, Value>,
}

/// A piece of a streamed answer. Exactly one is final, the last.
#[derive(ToSchema)]
pub struct StreamLine {
    #[schema(nullable = false)]
    text: Option<String>,
    finish_reason: Option<String>,
    is_final: bool,
    /// What the piece holds beside text, such as parts of a tool's call.
    #[schema(nullable = false)]
    delta: Option<BTreeMap<String, Value>>,
    /// The provider's own piece.
    raw: Option<BTreeMap<String, Value>>,
    usage: Option<UsageView>,
    /// Dollars; null where the price or the usage is unknown.
    cost: Option<f64>,
    model: Option<String>,
    provider: Option<String>,
    request_id: Option<String>,
    /// Where it failed: then it is the last one.
    error: Option<ErrorBody>,
}

#[derive(ToSchema)]
pub struct Message {
    message: String,
}
