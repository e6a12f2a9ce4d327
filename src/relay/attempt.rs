//! One attempt at a candidate: a key, the upstream call, and the answer.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use log::warn;
use tokio::sync::mpsc;

use super::allowance::defaults_within;
use super::call::{Call, RelayContext};
use super::running_call::RunningCall;
use super::stream::{Opened, open};
use crate::catalog::{Model, Snapshot};
use crate::dialects::Dialect;
use crate::dialects::blame::is_translations;
use crate::dialects::errors::NoAnswer;
use crate::dialects::functions;
use crate::dialects::json::body::JsonBody;
use crate::dialects::refusal::refusal;
use crate::dialects::select_api::select_api;
use crate::dialects::sent_shape::sent_shape;
use crate::dialects::summary::Summary;
use crate::dialects::translate::answer::{AnswerDefaults, AnswerSource, error, told_reset, whole};
use crate::dialects::translate::request::{Addressee, to_upstream};
use crate::dialects::translate::stream::StreamTranslator;
use crate::domain::failure::{Failure, Fault};
use crate::domain::provider_kind::ProviderKind;
use crate::domain::refusal::Refusal;
use crate::limits::RateLimits;
use crate::providers::key_ring::ChosenKey;
use crate::providers::{
    Deadlines, DispatchError, Operation, ReplyBody, UpstreamReply, WireRequest, until_reset,
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
    let deadlines = Deadlines::of(&provider.settings, &snapshot.policy.timeouts);
    let failed = |fault| Failure::from(provider.failure(fault));
    let state = context.states.of(provider);
    let pool = context.pools.of(provider, deadlines.connect).map_err(failed)?;
    let (default_params, lowered) = defaults_within(call, &model);
    let default_params = &*default_params;
    let dialect =
        select_api(&call.request, provider.kind, &provider.apis, &model.facts, default_params);
    let to = Addressee {
        kind: provider.kind,
        dialect,
        model: model.remote_name(),
        default_params,
        capabilities: &model.facts.capabilities,
        shape: &provider.settings.payload_mapping,
    };
    let outgoing = to_upstream(&call.request, to)
        .map_err(|bad| Failure::BadRequest { message: bad.message, param: bad.param })?;
    let mock = (provider.kind == ProviderKind::Mock).then(|| model.mock_settings());
    let RunningCall { meter, admission, .. } = running;
    admission.spend();
    let rate_limits = admission.model_limits();

    let mut tried = Vec::new();
    loop {
        let chosen = state.keys.choose(state.now(), &tried);
        let request = WireRequest {
            operation: Operation::Generate(dialect),
            body: outgoing.body.clone(),
            path: outgoing.path.clone(),
            key: chosen.as_ref().map(|chosen| chosen.secret.clone()),
            hops: call.hops.clone(),
            is_stream: call.request.facts.is_stream,
            deadlines,
            mock: mock.clone(),
        };
        meter.attempt(chosen.as_ref().map(|chosen| chosen.index));
        let reply = match pool.send(request, state.clone()).await {
            Ok(reply) => reply,
            Err(DispatchError::Saturated { max_connections }) => {
                meter.not_asked();
                if tried.is_empty() {
                    admission.not_spent();
                }
                return Err(Failure::PoolFull { provider: provider.name.clone(), max_connections });
            }
            Err(DispatchError::Fault(fault)) => return Err(failed(fault)),
        };
        if (200..300).contains(&reply.status) {
            let shape = &provider.settings.payload_mapping;
            let respelled = outgoing.respelled;
            let source = AnswerSource { dialect, shape, respelled };
            let content = read(reply, call, (source, to.model), deadlines);
            let content = content.await.map_err(failed)?;
            return Ok(Answered {
                model,
                rate_limits,
                dropped: outgoing.dropped,
                adjusted: call.adjusted.iter().cloned().chain(lowered).collect(),
                content,
            });
        }
        let Refused { refusal, fault, retry_after } = refused(
            reply,
            (&model, dialect),
            (&call.request.body, &outgoing.body),
            chosen.as_ref(),
        );
        let Some(ChosenKey { index: place, .. }) = chosen else { return Err(failed(fault)) };
        state.keys.record(state.now(), place, refusal, retry_after);
        tried.push(place);
        if !refusal.concerns_key() || !state.keys.has_ready(state.now(), &tried) {
            return Err(failed(fault));
        }
    }
}

/// An answer with a good status, up to its first content. `model` is the upstream's name of the
/// model.
async fn read(
    reply: UpstreamReply,
    call: &Call,
    (source, model): (AnswerSource<'_>, &str),
    deadlines: Deadlines,
) -> Result<Content, Fault> {
    let defaults = || AnswerDefaults {
        id: format!("chatcmpl-{}", call.request_id),
        model: model.to_owned(),
        now_unix: call.arrived_us / 1_000_000,
        wants_function_call: functions::are_asked_for(&call.request.body),
    };
    let streamed = async |chunks, source| {
        let wants_usage = call.request.facts.wants_usage;
        let translator = StreamTranslator::new(source, call.format, wants_usage, defaults());
        Ok(Content::Stream(open(chunks, translator, deadlines).await?))
    };
    match reply.body {
        ReplyBody::Stream(chunks) => streamed(chunks, source).await,
        // A JSON service may not stream: its whole answer is one piece.
        ReplyBody::Whole(body)
            if call.request.facts.is_stream && source.dialect == Dialect::RemoteHttp =>
        {
            let (sender, chunks) = mpsc::channel(1);
            sender.try_send(Ok(body)).map_err(|_| Fault::Closed)?;
            drop(sender);
            streamed(chunks, source).await
        }
        ReplyBody::Whole(body) => {
            let (body, summary) = whole(&source, body, defaults).map_err(|none| match none {
                NoAnswer::Malformed(what) => Fault::BadAnswer(what),
                NoAnswer::GaveUp(why) => Fault::GaveUp(why.to_string()),
                NoAnswer::Error(error) => {
                    Fault::BadAnswer(format!("answered with an error: {}", error.message))
                }
            })?;
            if call.request.facts.is_stream {
                let what = "answered as a whole what was asked for as a stream";
                return Err(Fault::BadAnswer(String::from(what)));
            }
            Ok(Content::Whole { body, summary })
        }
    }
}

/// An answer with an error status.
struct Refused {
    refusal: Refusal,
    fault: Fault,
    retry_after: Option<Duration>,
}

/// When the limit resets, if only the body gives it.
fn reset_in(body: &ReplyBody) -> Option<Duration> {
    let ReplyBody::Whole(body) = body else { return None };
    until_reset(&told_reset(body)?, jiff::Timestamp::now())
}

/// The fault of an error status. An upstream's message about the router's own key goes to the log,
/// not to the client.
fn refused(
    reply: UpstreamReply,
    (model, dialect): (&Model, Dialect),
    (asked, sent): (&JsonBody, &[u8]),
    chosen: Option<&ChosenKey>,
) -> Refused {
    let provider = &model.provider;
    let UpstreamReply { status, retry_after, reset_after, body } = reply;
    let (error, told_in_body) = match &body {
        ReplyBody::Whole(body) => error(dialect, status, body),
        ReplyBody::Stream(_) => error(dialect, status, b""),
    };
    let refusal = match refusal(dialect, provider.kind, status, &error) {
        Refusal::BadRequest if is_translations(dialect, &error, asked) => Refusal::Translation,
        refusal => refusal,
    };
    // Spent credit or a spent daily quota does not return with the window of a minute.
    let reset_after =
        reset_after.or_else(|| reset_in(&body)).filter(|_| refusal == Refusal::RateLimited);
    let retry_after = retry_after.or(told_in_body).or(reset_after);
    let said = provider.redact(&error.message);
    let message = match refusal {
        Refusal::Key | Refusal::Forbidden => {
            let provider = provider.name.as_str();
            let key = chosen.map_or(0, |chosen| chosen.index + 1);
            warn!(provider, status, key; "`{provider}` refused key {key} with {status}: {said}");
            String::from(Fault::KEY_REFUSED)
        }
        Refusal::Translation => {
            let (model, shape) = (model.full_name(), sent_shape(sent));
            warn!(model = model.as_str(), status, shape = shape.as_str();
                "`{model}` refused what the router made of a request, {status}; it was sent {shape}");
            format!("{}: {said}", Fault::TRANSLATION_REFUSED)
        }
        // A 404 that is not about the model comes from a wrong address: a web page, or an unknown
        // path.
        Refusal::NotFound if !said.to_lowercase().contains("model") => {
            format!("{said}; is `base_url` right?")
        }
        _ => said,
    };
    let fault = Fault::Status { status, refusal, message, retry_after };
    Refused { refusal, fault, retry_after }
}
