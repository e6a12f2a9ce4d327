//! `POST /route/explain`: the candidates of a request, in order, and why each other model is none.
//! No model is called.

use actix_web::HttpResponse;
use actix_web::web::{Payload, Query};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::catalog::Model;
use crate::catalog::endpoint::dialect_of;
use crate::dialects::Dialect;
use crate::dialects::errors::BadRequest;
use crate::dialects::json::RawObject;
use crate::dialects::json::fields::text_of;
use crate::dialects::request::ClientRequest;
use crate::domain::chat::Maker;
use crate::domain::dialect::EmbeddingApi;
use crate::domain::failure::{Failure, ceil_secs};
use crate::domain::money::NanoUsd;
use crate::domain::service::Service;
use crate::domain::usage::Usage;
use crate::http::calls::route::{Work, parts};
use crate::http::calls::serve::{CallContext, Target, call};
use crate::http::manage::model_state::PriceShown;
use crate::http::middleware::caller::Authenticated;
use crate::http::problem::Problem;
use crate::relay::{self, Endpoint, Explanation};
use crate::routing::Selector;
use crate::routing::trace::{Left, LeftShown, Trace};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SeedQuery {
    /// Of a recorded call, to see its order again.
    seed: Option<u64>,
    /// Of the same call, where it has one; in hexadecimal digits.
    conversation: Option<String>,
    /// What the body is for, where that is no chat: `embeddings`, `completions`, `rerank`, …
    endpoint: Option<String>,
}

impl SeedQuery {
    /// The dialect of the body; `None` where it is a chat's.
    fn dialect(&self) -> Result<Option<Dialect>, BadRequest> {
        let Some(word) = &self.endpoint else { return Ok(None) };
        let service = Service::parse(word).ok_or_else(|| {
            let known = Service::ALL.map(Service::as_str).join(", ");
            let message = format!("`endpoint` is none of {known}");
            BadRequest::new(message, "endpoint")
        })?;
        let dialect = dialect_of(service, Dialect::OpenAiChat);
        Ok(Some(dialect).filter(|_| service != Service::Chat))
    }

    fn conversation(&self) -> Result<Option<u64>, BadRequest> {
        let Some(digits) = &self.conversation else { return Ok(None) };
        u64::from_str_radix(digits, 16).map(Some).map_err(|error| {
            let message = format!("`conversation` must be hexadecimal digits: {error}");
            BadRequest::new(message, "conversation")
        })
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Explanation)]
pub struct ExplanationView {
    requested: String,
    /// About how many tokens the prompt holds.
    prompt_tokens: u64,
    #[serde(flatten)]
    #[schema(value_type = Trace)]
    trace: Option<Trace>,
    /// What the prompt would cost at each candidate, in their order.
    estimates: Vec<CandidateEstimate>,
    /// Every model that would not be called.
    #[schema(value_type = Vec<LeftShown>)]
    left_out: Vec<Left>,
    /// The error that the client would get, where no model can be called.
    error: Option<ExpectedError>,
}

#[derive(Serialize, ToSchema)]
pub struct CandidateEstimate {
    /// `provider/model`.
    model: String,
    /// Dollars, for the prompt alone; `null` where the price is unknown.
    prompt_cost: Option<f64>,
    price: Option<PriceShown>,
    context_window: Option<u64>,
    /// The most tokens of an answer, where that is known.
    max_output_tokens: Option<u64>,
}

impl CandidateEstimate {
    fn of(model: &Model, prompt_tokens: u64) -> Self {
        let price = model.price.as_deref().map(PriceShown::of);
        let usage = Usage { prompt: prompt_tokens, total: prompt_tokens, ..Usage::default() };
        Self {
            model: model.full_name(),
            prompt_cost: model.prices.cost(&usage).map(NanoUsd::as_dollars),
            price,
            context_window: model.config.context_window,
            max_output_tokens: model.facts.capabilities.max_output_tokens,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct ExpectedError {
    status: u16,
    code: &'static str,
    message: String,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    /// `false` where it stays until the request or the configuration is changed.
    should_retry: bool,
}

pub async fn route(
    mut context: CallContext,
    payload: Payload,
    query: Query<SeedQuery>,
) -> Result<HttpResponse, Problem> {
    let text = context.read_json(payload).await?;
    let CallContext { auth, worker, .. } = &context;
    let is_messages = context.request.headers().contains_key("anthropic-version");
    let (selector, request) = parse(text, auth, is_messages, query.dialect()?)?;
    // An explanation takes no turn from calls.
    let seed = query.seed.unwrap_or_default();
    let mut call = call(Target { endpoint: Endpoint::Route, selector }, request, auth, seed)?;
    call.known_conversation = query.conversation()?;
    let requested = call.selector.shown();
    let Explanation { prompt_tokens, outcome, left_out } = relay::explain(&worker.0, &call)?;
    let (trace, error) = match outcome {
        Ok(trace) => (Some(trace), None),
        Err(failure) => (None, Some(ExpectedError::of(&failure))),
    };
    let candidates = trace.iter().flat_map(|trace: &Trace| &trace.candidates);
    let estimates = candidates.map(|it| CandidateEstimate::of(&it.model, prompt_tokens)).collect();
    let view = ExplanationView { requested, prompt_tokens, trace, estimates, left_out, error };
    Ok(HttpResponse::Ok().json(view))
}

/// The body of `/route/invoke`, or one of `/v1`, which has no `request`. `told`: by the query.
fn parse(
    text: Bytes,
    auth: &Authenticated,
    is_messages: bool,
    told: Option<Dialect>,
) -> Result<(Selector, ClientRequest), Problem> {
    let object = RawObject::parse(&text).unwrap_or_default();
    let has = |name: &str| object.get(name).is_some();
    let dialect = match (told, is_messages, has("input") && !has("messages")) {
        (Some(Dialect::Embeddings(_)), _, _) if has("requests") => {
            Dialect::Embeddings(EmbeddingApi::GeminiBatch)
        }
        (Some(Dialect::Embeddings(_)), _, _) if has("content") => {
            Dialect::Embeddings(EmbeddingApi::GeminiSingle)
        }
        (Some(Dialect::Embeddings(_)), _, _) if has("prompt") => {
            Dialect::Embeddings(EmbeddingApi::OllamaSingle)
        }
        (Some(told), _, _) => told,
        (None, true, _) => Dialect::AnthropicMessages,
        (None, false, true) => Dialect::OpenAiResponses(Maker::OpenAi),
        (None, false, false) => Dialect::OpenAiChat,
    };
    if has("request") || has("batch") {
        let (query, Work::One(request)) = parts(&text)? else {
            return Err(BadRequest::new("a batch is explained request by request", "batch").into());
        };
        let request = text.slice_ref(request.get().as_bytes());
        let request = ClientRequest::parse(Dialect::Invoke, request, None)?;
        return Ok((Selector::Query(query), request));
    }
    let request = match model_of_gemini(&text) {
        Some(model) => ClientRequest::generate(text, model, false)?,
        None => ClientRequest::parse(dialect, text, None)?,
    };
    let name = auth.model_of(&request.facts).ok_or(Failure::NoModelNamed)?;
    Ok((Selector::Named(name), request))
}

/// The model that a body of Gemini's API names, beside `contents`.
fn model_of_gemini(text: &[u8]) -> Option<String> {
    let object = RawObject::parse(text).ok()?;
    let is_one = object.get("contents").is_some() && object.get("messages").is_none();
    is_one.then(|| text_of(&object, "model").unwrap_or_default().into_owned())
}

impl ExpectedError {
    fn of(failure: &Failure) -> Self {
        let (status, code) = failure.status_and_code();
        Self {
            status,
            code,
            message: failure.to_string(),
            retry_after: failure.retry_after().map(ceil_secs),
            should_retry: !failure.is_lasting(),
        }
    }
}
