//! One attempt at a candidate: a key, the upstream call, and the answer.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use log::warn;

use super::allowance::defaults_within;
use super::call::{Call, RelayContext};
use super::running_call::RunningCall;
use super::stream::{Opened, open};
use super::upstream::{Dispatch, Target, Upstream, is_good};
use crate::catalog::{Model, Provider, Snapshot};
use crate::dialects::Dialect;
use crate::dialects::answer_options::{AnswerOptions, Told};
use crate::dialects::blame::is_of_thinking;
use crate::dialects::client_encoder::ClientFormat;
use crate::dialects::completions;
use crate::dialects::embeddings::{self, Asked};
use crate::dialects::errors::NoAnswer;
use crate::dialects::refusal::ReadError;
use crate::dialects::sent_shape::sent_shape;
use crate::dialects::summary::Summary;
use crate::dialects::translate::answer::{AnswerDefaults, AnswerSource, is_vendors_error, whole};
use crate::dialects::translate::request::UpstreamRequest;
use crate::dialects::translate::stream::StreamTranslator;
use crate::domain::failure::{Failure, Fault};
use crate::domain::provider_kind::ProviderKind;
use crate::domain::refusal::Refusal;
use crate::domain::service::Service;
use crate::domain::vendor_headers::VendorHeaders;
use crate::limits::RateLimits;
use crate::providers::key_ring::ChosenKey;
use crate::providers::{
    Body, BodyStream, ContentType, Deadlines, DispatchError, Operation, Outgoing, ReplyBody,
    UpstreamReply, until_reset,
};

/// A candidate that answered.
pub struct Answered {
    pub model: Arc<Model>,
    /// The model's.
    pub rate_limits: RateLimits,
    /// The client's parameters without a counterpart upstream.
    pub dropped: Vec<String>,
    /// Parameters changed to the key's limits.
    pub adjusted: Vec<String>,
    pub content: Content,
}

pub enum Content {
    Whole { body: Bytes, summary: Summary },
    Stream(Opened),
}

/// # Errors
/// The failure of this candidate; nothing of an answer was passed on.
///
/// # Cancel safety
/// Dropping the future cancels the upstream call.
pub async fn attempt(
    context: &RelayContext,
    snapshot: &Snapshot,
    call: &Call,
    model: Arc<Model>,
    running: &mut RunningCall,
) -> Result<Answered, Failure> {
    let provider = &model.provider;
    let failed = |fault| Failure::from(provider.failure(fault));
    let timeouts = &snapshot.policy.timeouts;
    let upstream =
        Upstream::of(&context.pools, &context.states, provider, timeouts).map_err(failed)?;
    let (default_params, lowered) = defaults_within(call, &model);
    let (name, facts, default_params) = (model.remote_name(), &model.facts, &*default_params);
    let target = Target { model: name, facts, default_params };
    let (dialect, mut outgoing) = upstream
        .prepare(&call.request, target)
        .map_err(|bad| Failure::BadRequest { message: bad.message, param: bad.param })?;
    let mock = (provider.kind == ProviderKind::Mock).then(|| model.mock_settings());
    let state = &upstream.state;
    let RunningCall { meter, admission, .. } = running;
    let adjusted = call.adjusted.iter().chain(&outgoing.adjusted).cloned();
    let adjusted: Vec<String> = adjusted.chain(lowered).collect();
    meter.sent_without(&outgoing.dropped, &adjusted);
    admission.spend();
    let rate_limits = admission.model_limits();

    let mut tried = Vec::new();
    // The answers to the parts of the request that were sent before.
    let mut before = Vec::new();
    let mut has_forgotten = false;
    loop {
        let chosen = upstream.choose_key(&tried);
        let request = Dispatch {
            operation: Operation::Generate(dialect),
            body: body_of(call, &outgoing, before.len(), name),
            path: outgoing.path.clone(),
            hops: call.hops.clone(),
            trace: meter.trace_headers(&model),
            vendor: if outgoing.is_own { call.vendor.clone() } else { VendorHeaders::default() },
            // Such an answer may be sound or text.
            is_stream: call.request.facts.is_stream || is_any_type(dialect),
            mock: mock.clone(),
        };
        meter.attempt(chosen.as_ref().map(|chosen| chosen.index));
        let reply = match upstream.send(request, chosen.as_ref()).await {
            Ok(reply) => reply,
            Err(DispatchError::Saturated { max_connections }) => {
                meter.not_sent();
                if tried.is_empty() && before.is_empty() {
                    admission.not_spent();
                }
                return Err(Failure::PoolFull { provider: provider.name.clone(), max_connections });
            }
            Err(DispatchError::Fault(fault)) => return Err(failed(fault)),
        };
        meter.timeline.replied(reply.status, &reply.times);
        if is_good(&reply) {
            if before.len() < outgoing.further.len()
                && let ReplyBody::Whole(body) = reply.body
            {
                before.push(body);
                continue;
            }
            let mapping = &provider.settings.payload_mapping;
            let respelled = outgoing.respelled;
            let client = call.request.dialect;
            let is_own = outgoing.is_own;
            let source = AnswerSource { dialect, client, mapping, respelled, is_own };
            let content = read((reply, &before), call, (source, &model), upstream.deadlines);
            let content = content.await.map_err(failed)?;
            return Ok(Answered {
                model,
                rate_limits,
                dropped: outgoing.dropped,
                adjusted,
                content,
            });
        }
        let asked = if outgoing.is_own { None } else { call.request.chat().ok() };
        let read = upstream.read_error(dialect, &reply, asked);
        // The answer is worth more than what was thought before it. Clients of the upstream's own API
        // do this themselves.
        if !outgoing.is_own
            && is_of_thinking(dialect, reply.status, &read.error)
            && !std::mem::replace(&mut has_forgotten, true)
            && let Some(request) = call.request.without_thinking()
            && let Ok((_, without)) = upstream.prepare(&request, target)
            && without.body != outgoing.body
        {
            outgoing = without;
            continue;
        }
        let refusal = read.refusal;
        let (fault, retry_after) =
            fault_of(&reply, read, &model, &outgoing, (chosen.as_ref(), call.request.dialect));
        let Some(ChosenKey { index: place, .. }) = chosen else { return Err(failed(fault)) };
        state.keys.record(state.now(), place, refusal, retry_after);
        tried.push(place);
        if !refusal.concerns_key() || !state.keys.has_ready(state.now(), &tried) {
            return Err(failed(fault));
        }
    }
}

/// An answer with a good status, up to its first content. `before`: those to the parts of the
/// request that were sent before.
async fn read(
    (reply, before): (UpstreamReply, &[Bytes]),
    call: &Call,
    (source, model): (AnswerSource<'_>, &Model),
    deadlines: Deadlines,
) -> Result<Content, Fault> {
    let defaults = || AnswerDefaults {
        id: format!("chatcmpl-{}", call.request_id),
        model: model.remote_name().to_owned(),
        now_unix: call.arrived_us / 1_000_000,
        wants_function_call: call.request.wants_function_call(),
        vendor: answer_options(call, model),
    };
    let streamed = async |chunks, source: AnswerSource<'_>| {
        let wants_usage = call.request.facts.wants_usage;
        // Events of the client's own API are passed on as those of a chat are.
        let is_raw = source.dialect == Dialect::Forwarded(Service::Completions);
        let format = if is_raw { ClientFormat::Chat } else { call.format };
        let translator = StreamTranslator::new(source, format, wants_usage, defaults());
        Ok(Content::Stream(open(chunks, translator, deadlines).await?))
    };
    let service = call.request.service();
    let is_other = !matches!(service, Service::Chat | Service::Completions);
    match reply.body {
        ReplyBody::Stream(chunks) if is_other => {
            let translator = StreamTranslator::forwarded(content_type_of(reply.content_type));
            Ok(Content::Stream(open(chunks, translator, deadlines).await?))
        }
        ReplyBody::Stream(chunks) => streamed(chunks, source).await,
        // A JSON service may not stream: its whole answer is one piece.
        ReplyBody::Whole(body)
            if call.request.facts.is_stream && source.dialect == Dialect::RemoteHttp =>
        {
            streamed(BodyStream::whole(body), source).await
        }
        ReplyBody::Whole(body) => {
            let answered = match (source.dialect, call.request.dialect) {
                (Dialect::Embeddings(upstream), Dialect::Embeddings(api)) => {
                    let asked = Asked {
                        api,
                        body: call.request.body(),
                        before,
                        prompt_tokens: call.request.facts.needs.prompt_tokens,
                        model: model.remote_name(),
                    };
                    embeddings::answer(upstream, asked, body)
                }
                (upstream, Dialect::Forwarded(Service::Completions))
                    if upstream != call.request.dialect =>
                {
                    let answered = whole(&source, body, defaults);
                    answered.map(|(chat, summary)| (completions::of_chat(&chat), summary))
                }
                _ => whole(&source, body, defaults),
            };
            let (body, summary) = answered.map_err(|none| match none {
                NoAnswer::Malformed(what) => Fault::BadAnswer(what),
                NoAnswer::GaveUp(why) => Fault::GaveUp(why.to_string()),
                NoAnswer::Error(error) => {
                    Fault::BadAnswer(format!("answered with an error: {}", error.message))
                }
            })?;
            if call.request.facts.is_stream && !is_other {
                let what = "answered as a whole what was asked for as a stream";
                return Err(Fault::BadAnswer(String::from(what)));
            }
            Ok(Content::Whole { body, summary })
        }
    }
}

/// Of a form the whole, with the upstream's name of the model. `part`: of a request that does not
/// fit into one.
fn body_of(call: &Call, outgoing: &UpstreamRequest, part: usize, model: &str) -> Body {
    match &call.form {
        None => {
            let further = part.checked_sub(1).and_then(|part| outgoing.further.get(part));
            further.unwrap_or(&outgoing.body).clone().into()
        }
        Some(form) => Body::Form(Outgoing::new(form.upload.clone(), form.model.replaced(model))),
    }
}

/// Whether an answer may be of any type, whatever was asked for.
fn is_any_type(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::Forwarded(service) if service != Service::Completions)
}

fn content_type_of(said: ContentType) -> Box<str> {
    match said {
        ContentType::Json => "application/json".into(),
        ContentType::Events => "text/event-stream".into(),
        ContentType::Other(kind) => kind.into(),
    }
}

/// Only a client of a vendor's API needs them.
fn answer_options(call: &Call, model: &Model) -> AnswerOptions {
    let Some(own) = call.request.own() else { return AnswerOptions::default() };
    AnswerOptions {
        served_by: format!("{}/{}", model.provider.name, model.remote_name()),
        prompt_tokens: call.request.facts.needs.prompt_tokens,
        own: Some(Arc::clone(own)),
        shows_thinking: own.shows_thinking(),
        ollama: match call.format {
            ClientFormat::Ollama(shape) => Told {
                shape,
                now_unix: call.arrived_us / 1_000_000,
                elapsed: call.arrived.elapsed(),
            },
            _ => Told::default(),
        },
    }
}

/// The fault of an error status, and when the upstream may be called again. An upstream's message
/// about the router's own key goes to the log, not to the client.
fn fault_of(
    reply: &UpstreamReply,
    ReadError { refusal, error, retry_after, reset }: ReadError,
    model: &Model,
    outgoing: &UpstreamRequest,
    (chosen, client): (Option<&ChosenKey>, Dialect),
) -> (Fault, Option<Duration>) {
    let (provider, status) = (&model.provider, reply.status);
    // Spent credit or a spent daily quota does not return with the window of a minute.
    let reset_after = (refusal == Refusal::RateLimited)
        .then(|| reply.reset_after.or_else(|| until_reset(&reset?, jiff::Timestamp::now())))
        .flatten();
    let retry_after = reply.retry_after.or(retry_after).or(reset_after);
    let said = provider.redact(&error.message);
    let message = match refusal {
        Refusal::Key | Refusal::Forbidden => {
            let provider = provider.name.as_str();
            let key = chosen.map_or(0, |chosen| chosen.index + 1);
            warn!(provider, status, key; "`{provider}` refused key {key} with {status}: {said}");
            String::from(Fault::KEY_REFUSED)
        }
        Refusal::Translation => {
            let (model, shape) = (model.full_name(), sent_shape(&outgoing.body));
            warn!(model = model.as_str(), status, shape = shape.as_str();
                "`{model}` refused a request as the router translated it, {status}; it was sent {shape}");
            format!("{}: {said}", Fault::TRANSLATION_REFUSED)
        }
        // A 404 that is not about the model comes from a wrong address: a web page, or an unknown
        // path.
        Refusal::NotFound if !said.to_lowercase().contains("model") => {
            format!("{said}; is `base_url` right?")
        }
        _ => said,
    };
    let vendor = if outgoing.is_own { vendors_own(reply, refusal, provider, client) } else { None };
    (Fault::Status { status, refusal, message, retry_after, vendor }, retry_after)
}

/// The error as its vendor wrote it, for a client of the same API, which knows its words. What
/// concerns the router's own key or account is not the client's.
fn vendors_own(
    reply: &UpstreamReply,
    refusal: Refusal,
    provider: &Provider,
    client: Dialect,
) -> Option<Arc<str>> {
    let is_clients = refusal.is_of_request()
        || matches!(refusal, Refusal::Overloaded | Refusal::Timeout | Refusal::Broken);
    match &reply.body {
        ReplyBody::Whole(body) if is_clients && is_vendors_error(client, body) => {
            Some(Arc::from(provider.redact(std::str::from_utf8(body).ok()?)))
        }
        _ => None,
    }
}
