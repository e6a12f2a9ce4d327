//! A recorded call as lists, live streams and exports show it.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::domain::money::NanoUsd;
use crate::domain::times::{as_millis, rfc3339};
use crate::store::invocations::{FLAG_BODIES, FLAG_ESTIMATED, FLAG_PARTIAL, InvocationRow};

#[derive(Serialize, ToSchema)]
pub struct InvocationView {
    pub id: i64,
    pub request_id: String,
    pub started_at: String,
    pub completed_at: String,
    /// As `completed_at`: a call is recorded at its end.
    pub created_at: String,
    pub endpoint: String,
    /// The client's name for the session that the call belongs to.
    pub session_id: Option<String>,
    pub requested: String,
    pub provider_id: Option<i32>,
    pub provider_name: Option<String>,
    pub model_id: Option<i32>,
    pub model_name: Option<String>,
    pub tags: Vec<String>,
    /// Which of the provider's keys, by its place; `1` is the first.
    pub provider_key: Option<i32>,
    pub api_key: Option<String>,
    pub api_key_id: Option<i32>,
    pub is_stream: bool,
    pub status: String,
    pub http_status: i32,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub finish_reason: Option<String>,
    pub prompt_tokens: Option<i64>,
    pub completion_tokens: Option<i64>,
    pub cached_tokens: Option<i64>,
    pub cache_write_tokens: Option<i64>,
    pub reasoning_tokens: Option<i64>,
    pub total_tokens: Option<i64>,
    /// The upstream gave no usage; the router counted.
    pub usage_estimated: bool,
    /// Usage is what went by until the call was cut off.
    pub usage_partial: bool,
    /// Dollars; `null` where the price or the usage is unknown.
    pub cost: Option<f64>,
    /// Where the price came from.
    pub price_source: Option<String>,
    pub ttft_ms: Option<f64>,
    pub duration_ms: f64,
    /// The router's own part of the duration.
    pub overhead_ms: Option<f64>,
    /// Of a stream, from its first token on.
    pub tokens_per_second: Option<f64>,
    pub phases: PhasesView,
    pub attempts: i32,
    /// The error, or the beginning of the answer, or that of the prompt.
    pub preview: Option<String>,
    /// The beginning in lists.
    pub request_prompt: Option<String>,
    /// The beginning in lists, the whole of it for one call.
    pub response_text: Option<String>,
    /// Characters.
    pub response_text_length: Option<i64>,
    /// `null` in lists.
    #[schema(value_type = Value)]
    pub request_messages: Option<Value>,
    /// Empty in lists.
    #[schema(value_type = Object)]
    pub request_parameters: Map<String, Value>,
    /// `null` in lists.
    #[schema(value_type = Value)]
    pub raw_response: Option<Value>,
    /// Whether its bodies were kept.
    pub has_bodies: bool,
}

/// Where the time went.
#[derive(Serialize, ToSchema)]
pub struct PhasesView {
    pub router_ms: Option<f64>,
    /// For a permit, a connection or a slot.
    pub wait_ms: Option<f64>,
    pub first_token_ms: Option<f64>,
    /// From the first token to the end.
    pub stream_ms: Option<f64>,
}

impl From<InvocationRow> for InvocationView {
    fn from(row: InvocationRow) -> Self {
        let (request_id, requested) = (row.request_id(), row.requested());
        let session_id = row.session_id();
        let (is_stream, status) = (row.is_stream(), row.status().to_owned());
        let InvocationRow { call, target, api_key, error_code, endpoint, texts, price } = row;
        let tags = target.as_ref().map(|target| target.tags.as_str()).unwrap_or_default();
        let (error_message, prompt, answer, answer_length) = match texts {
            Some(texts) => (texts.error_message, texts.prompt, texts.answer, texts.answer_length),
            None => (None, None, None, None),
        };
        let preview = error_message.as_ref().or(answer.as_ref()).or(prompt.as_ref());
        let streamed_us = call.ttft_us.map(|ttft_us| (call.duration_us - ttft_us).max(0));
        let completed_at = rfc3339(call.started_at_us.saturating_add(call.duration_us));
        let has = |flag| call.flags & flag != 0;
        Self {
            id: call.id,
            request_id,
            started_at: rfc3339(call.started_at_us),
            created_at: completed_at.clone(),
            completed_at,
            endpoint,
            session_id,
            requested,
            tags: tags.split(',').filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
            provider_id: target.as_ref().map(|target| target.provider_id),
            provider_name: target.as_ref().map(|target| target.provider_name.clone()),
            model_id: target.as_ref().map(|target| target.model_id),
            model_name: target.map(|target| target.model_name),
            provider_key: call.provider_key,
            api_key,
            api_key_id: call.api_key_id,
            is_stream,
            status,
            http_status: call.http_status,
            error_code,
            preview: preview.cloned(),
            error_message,
            finish_reason: call.finish_reason,
            prompt_tokens: call.prompt_tokens,
            completion_tokens: call.completion_tokens,
            cached_tokens: call.cached_tokens,
            cache_write_tokens: call.cache_write_tokens,
            reasoning_tokens: call.reasoning_tokens,
            total_tokens: call.total_tokens,
            usage_estimated: has(FLAG_ESTIMATED),
            usage_partial: has(FLAG_PARTIAL),
            cost: call.cost_nano_usd.map(|nano| NanoUsd(nano).as_dollars()),
            price_source: price.map(|price| price.source),
            ttft_ms: call.ttft_us.map(as_millis),
            duration_ms: as_millis(call.duration_us),
            overhead_ms: call.router_us.map(as_millis),
            tokens_per_second: streamed_us
                .filter(|_| is_stream)
                .zip(call.completion_tokens)
                .and_then(|(us, tokens)| per_second(tokens, us)),
            phases: PhasesView {
                router_ms: call.router_us.map(as_millis),
                wait_ms: call.wait_us.map(as_millis),
                first_token_ms: call.ttft_us.map(as_millis),
                stream_ms: streamed_us.map(as_millis),
            },
            attempts: call.attempts,
            request_prompt: prompt,
            response_text: answer,
            response_text_length: answer_length,
            request_messages: None,
            request_parameters: Map::new(),
            raw_response: None,
            has_bodies: has(FLAG_BODIES),
        }
    }
}

/// `None` where there was no token, or no time.
#[expect(clippy::cast_precision_loss, reason = "a rate needs no more than a float holds")]
fn per_second(tokens: i64, us: i64) -> Option<f64> {
    (tokens > 0 && us > 0).then(|| tokens as f64 * 1e6 / us as f64)
}
