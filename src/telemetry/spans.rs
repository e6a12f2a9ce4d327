//! The spans of one call: a SERVER span for the call, below it a CLIENT span for each attempt that
//! was sent to an upstream. Times are those of the record.
//!
//! Attribute names are those of OpenTelemetry's semantic conventions 1.41, whose GenAI part is in
//! development; what these do not know begins with `llm_router.`. Texts of requests, answers and
//! failures are in none: a failure has its code.

use crate::domain::invocation::{Invocation, Status};
use crate::domain::provider_kind::ProviderKind;
use crate::domain::service::Service;
use crate::domain::spans::{AttemptSpan, CallSpans};

use super::otlp::{Attributes, Event, Kind, Nanos, Span, SpanStatus};
use super::response_model::response_model;
use crate::domain::times::as_millis;

/// Spans as JSON, with commas between.
pub struct Encoded {
    pub json: Vec<u8>,
    pub spans: u32,
}

/// `None` of a call whose trace is not exported.
pub fn encode(call: &Invocation) -> Option<Encoded> {
    let noted = call.spans.as_deref()?;
    let sent = noted.attempts.iter().filter(|attempt| attempt.requests > 0);
    let last = sent.clone().next_back().map(|attempt| attempt.span_id);
    let clients = sent.map(|attempt| {
        // What came of an answer came of the last one.
        let answers = last == Some(attempt.span_id) && attempt.failure.is_none();
        client_span(call, noted, attempt, answers)
    });
    let mut encoded = Encoded { json: Vec::new(), spans: 0 };
    for span in std::iter::once(server_span(call, noted)).chain(clients) {
        if encoded.spans > 0 {
            encoded.json.push(b',');
        }
        // Strings and numbers only, so serialising cannot fail.
        serde_json::to_writer(&mut encoded.json, &span).ok()?;
        encoded.spans += 1;
    }
    Some(encoded)
}

fn server_span<'a>(call: &'a Invocation, noted: &'a CallSpans) -> Span<'a> {
    let (kind, name, route) = match route_of(call.endpoint) {
        Some(name) => (Kind::Server, name, name.trim_start_matches("POST ")),
        None => (Kind::Internal, call.endpoint, ""),
    };
    let mut attributes = Attributes::default();
    if kind == Kind::Server {
        attributes.text("http.request.method", "POST");
        attributes.text("http.route", route);
        attributes.int("http.response.status_code", call.http_status);
    }
    if let Some(code) = call.error_code {
        attributes.text("error.type", code);
    }
    attributes.text("llm_router.request_id", &*call.request_id);
    attributes.text("llm_router.requested", &*call.requested);
    attributes.text("llm_router.status", call.status.as_str());
    attributes.int("llm_router.attempts", call.attempts);
    if let Some(id) = call.api_key_id {
        attributes.int("llm_router.key.id", id.0);
    }
    if let Some(name) = &call.api_key {
        attributes.text("llm_router.key.name", &**name);
    }
    if let Some(router_us) = call.phases.router_us {
        attributes.double("llm_router.router_ms", as_millis(router_us));
    }
    if let Some(wait_us) = call.phases.wait_us {
        attributes.double("llm_router.wait_ms", as_millis(wait_us));
    }
    if let Some(cost) = call.cost {
        attributes.double("llm_router.cost_usd", cost.as_dollars());
    }
    // A 4xx is the caller's own.
    let is_error = call.status == Status::Error && call.http_status >= 500;
    let refused = noted.attempts.iter().filter(|attempt| attempt.requests == 0);
    Span {
        trace_id: noted.context.trace_id.to_string(),
        span_id: noted.span_id.to_string(),
        trace_state: noted.context.state.as_deref(),
        parent_span_id: noted.has_parent.then(|| noted.context.span_id.to_string()),
        flags: flags(noted, noted.context.received.is_some()),
        name: name.to_owned(),
        kind,
        start_time_unix_nano: at(call, 0),
        end_time_unix_nano: at(call, call.duration_us),
        attributes,
        events: refused.map(|attempt| refusal(call, attempt)).collect(),
        status: if is_error { SpanStatus::Error } else { SpanStatus::Unset },
    }
}

/// The route of a record's endpoint, or the usual one of several; `None` for a call that no client
/// made.
fn route_of(endpoint: &str) -> Option<&'static str> {
    match endpoint {
        "invoke" => Some("POST /models/{provider}/{model}/invoke"),
        "route" => Some("POST /route/invoke"),
        "messages" => Some("POST /v1/messages"),
        "responses" => Some("POST /v1/responses"),
        "gemini" => Some("POST /v1beta/models/{model}:generateContent"),
        "gemini_embeddings" => Some("POST /v1beta/models/{model}:embedContent"),
        "ollama_chat" => Some("POST /api/chat"),
        "ollama_generate" => Some("POST /api/generate"),
        "ollama_embeddings" => Some("POST /api/embed"),
        other => Service::parse(other).map(Service::route),
    }
}

fn service_of(endpoint: &str) -> Service {
    match endpoint {
        "gemini_embeddings" | "ollama_embeddings" => Service::Embeddings,
        other => Service::parse(other).unwrap_or_default(),
    }
}

/// A candidate that was not called.
fn refusal<'a>(call: &Invocation, attempt: &'a AttemptSpan) -> Event<'a> {
    let mut attributes = Attributes::default();
    attributes.text("llm_router.provider", &*attempt.provider);
    attributes.text("llm_router.model", &*attempt.model);
    if let Some(code) = &attempt.failure {
        attributes.text("error.type", &**code);
    }
    let time_unix_nano = at(call, attempt.begun_us);
    Event { time_unix_nano, name: "llm_router.candidate_not_called", attributes }
}

fn client_span<'a>(
    call: &'a Invocation,
    noted: &'a CallSpans,
    attempt: &'a AttemptSpan,
    answers: bool,
) -> Span<'a> {
    let AttemptSpan { details, .. } = attempt;
    let mut attributes = Attributes::default();
    let operation = service_of(call.endpoint).gen_ai_operation();
    attributes.text("gen_ai.operation.name", operation);
    attributes.text("gen_ai.provider.name", provider_name(attempt.kind));
    attributes.text("gen_ai.request.model", &*attempt.remote_model);
    if call.is_stream {
        attributes.bool("gen_ai.request.stream", true);
    }
    if let Some((host, port)) = &attempt.server {
        attributes.text("server.address", &**host);
        attributes.int("server.port", *port);
    }
    attributes.text("llm_router.provider", &*attempt.provider);
    attributes.text("llm_router.model", &*attempt.model);
    if let Some(status) = details.http_status {
        attributes.int("http.response.status_code", status);
    }
    if attempt.requests > 1 {
        attributes.int("http.request.resend_count", attempt.requests - 1);
    }
    if let Some(key) = details.provider_key {
        attributes.int("llm_router.provider_key", key);
    }
    attributes.double("llm_router.queue_ms", details.queue_ms);
    if let Some(connect_ms) = details.connect_ms {
        attributes.double("llm_router.connect_ms", connect_ms);
    }
    if let Some(first_byte_ms) = details.first_byte_ms {
        attributes.double("llm_router.first_byte_ms", first_byte_ms);
    }
    let mut events = Vec::new();
    if answers {
        answer(call, attempt, &mut attributes, &mut events);
    }
    let ended_us = attempt.ended_us.unwrap_or(call.duration_us).max(attempt.begun_us);
    let of_call = call.error_code.filter(|_| answers);
    let failure = attempt.failure.as_deref().or(of_call);
    if let Some(code) = failure {
        attributes.text("error.type", code);
    }
    // That the client left is no error of the upstream.
    let was_left = attempt.failure.is_none() && call.status == Status::Cancelled;
    Span {
        trace_id: noted.context.trace_id.to_string(),
        span_id: attempt.span_id.to_string(),
        trace_state: noted.context.state.as_deref(),
        parent_span_id: Some(noted.span_id.to_string()),
        flags: flags(noted, false),
        name: format!("{operation} {}", attempt.remote_model.chars().take(200).collect::<String>()),
        kind: Kind::Client,
        start_time_unix_nano: at(call, attempt.begun_us),
        end_time_unix_nano: at(call, ended_us),
        attributes,
        events,
        status: match failure {
            Some(_) if !was_left => SpanStatus::Error,
            _ => SpanStatus::Unset,
        },
    }
}

/// What came of an answer, as far as it came.
fn answer<'a>(
    call: &'a Invocation,
    attempt: &AttemptSpan,
    attributes: &mut Attributes<'a>,
    events: &mut Vec<Event<'a>>,
) {
    // The router's own streams name the router's model.
    let names_upstreams = call.endpoint == "chat" || !call.is_stream;
    let body = call.bodies.as_ref().filter(|_| names_upstreams && attempt.has_answered);
    if let Some(model) = body.and_then(|bodies| response_model(&bodies.response)) {
        attributes.text("gen_ai.response.model", model);
    }
    if let Some(reason) = &call.finish_reason {
        attributes.texts("gen_ai.response.finish_reasons", &**reason);
    }
    if let Some(ttft_us) = call.ttft_us {
        let waited_us = ttft_us.saturating_sub(attempt.begun_us).max(0);
        attributes.double("gen_ai.response.time_to_first_chunk", as_millis(waited_us) / 1000.0);
        events.push(Event {
            time_unix_nano: at(call, ttft_us),
            name: "llm_router.first_token",
            attributes: Attributes::default(),
        });
    }
    let Some(usage) = &call.usage else { return };
    attributes.int("gen_ai.usage.input_tokens", usage.prompt);
    attributes.int("gen_ai.usage.output_tokens", usage.completion);
    for (name, tokens) in [
        ("gen_ai.usage.cache_read.input_tokens", usage.cached),
        ("gen_ai.usage.cache_creation.input_tokens", usage.cache_write),
        ("gen_ai.usage.reasoning.output_tokens", usage.reasoning),
    ] {
        if tokens > 0 {
            attributes.int(name, tokens);
        }
    }
    if call.usage_estimated {
        attributes.bool("llm_router.usage.estimated", true);
    }
    if call.usage_partial {
        attributes.bool("llm_router.usage.partial", true);
    }
}

/// As the conventions name it, where they do.
fn provider_name(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::Claude => "anthropic",
        ProviderKind::Gemini => "gcp.gemini",
        ProviderKind::Grok => "x_ai",
        ProviderKind::Openai
        | ProviderKind::Deepseek
        | ProviderKind::Glm
        | ProviderKind::Qwen
        | ProviderKind::Kimi
        | ProviderKind::Openrouter
        | ProviderKind::Vllm
        | ProviderKind::Transformers
        | ProviderKind::OpenaiCompatible
        | ProviderKind::RemoteHttp
        | ProviderKind::Ollama
        | ProviderKind::Mock => kind.as_str(),
    }
}

/// The trace's flags, that it is known whether the parent is remote, and whether it is.
fn flags(noted: &CallSpans, is_remote: bool) -> u32 {
    const KNOWN: u32 = 0x100;
    const REMOTE: u32 = 0x200;
    u32::from(noted.context.flags) | KNOWN | if is_remote { REMOTE } else { 0 }
}

fn at(call: &Invocation, offset_us: i64) -> Nanos {
    Nanos { micros: call.started_at_us.saturating_add(offset_us) }
}
