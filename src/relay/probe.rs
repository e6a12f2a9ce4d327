//! A real, small call to a provider, to check that it can be reached and accepts its key: the list
//! of its models, which costs nothing, or else a chat of one token.

use std::time::Instant;

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, json};
use utoipa::ToSchema;

use super::upstream::{Dispatch, Target, Upstream, is_good};
use crate::catalog::Provider;
use crate::catalog::capabilities::ModelFacts;
use crate::config::sections::Timeouts;
use crate::dialects::Dialect;
use crate::dialects::request::ClientRequest;
use crate::domain::failure::Fault;
use crate::domain::hops::Hops;
use crate::domain::provider_kind::ProviderKind;
use crate::domain::vendor_headers::VendorHeaders;
use crate::providers::{DispatchError, Operation, Pools, ProviderStates};

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Probe {
    pub ok: bool,
    /// Of the last call.
    pub latency_ms: f64,
    pub detail: String,
    /// Of the answer, if there was one.
    #[serde(skip)]
    pub status: Option<u16>,
}

/// `model`: the upstream's name of one of its models, for a provider without a listing.
///
/// # Cancel safety
/// Dropping the future cancels the call.
pub async fn probe(
    pools: &Pools,
    states: &ProviderStates,
    provider: &Provider,
    timeouts: &Timeouts,
    model: Option<&str>,
) -> Probe {
    if let Some(reason) = provider.unavailable_reason() {
        return Probe { ok: false, latency_ms: 0.0, detail: reason, status: None };
    }
    if provider.kind == ProviderKind::Mock {
        let detail = String::from("a mock answers by itself");
        return Probe { ok: true, latency_ms: 0.0, detail, status: None };
    }
    let lists_models = provider.kind.facts().models_path.is_some();
    let upstream = match Upstream::of(pools, states, provider, timeouts) {
        Ok(upstream) => upstream,
        Err(fault) => {
            let what = if lists_models || model.is_none() { MODELS } else { CHAT };
            let detail = format!("asked for {what}: {}", provider.redact(&fault.to_string()));
            return Probe { ok: false, latency_ms: 0.0, detail, status: None };
        }
    };
    let call = Call { provider, upstream };
    if !lists_models && let Some(model) = model {
        return call.one_token(model).await.shown(provider, CHAT);
    }
    let dialect = provider.kind.facts().dialect;
    let listed = call.make(Operation::ListModels, dialect, Bytes::new(), None).await;
    // Some have no listing, and some fail on it that serve chat well.
    let has_no_list = matches!(
        &listed.outcome,
        Err(Refusal { status: Some(404 | 405 | 500..=507 | 509..=599), .. })
    );
    match model {
        Some(model) if has_no_list => call.one_token(model).await.shown(provider, CHAT),
        _ => listed.shown(provider, MODELS),
    }
}

const MODELS: &str = "the list of its models";

const CHAT: &str = "a chat of one token";

struct Call<'a> {
    provider: &'a Provider,
    upstream: Upstream<'a>,
}

struct Made {
    latency_ms: f64,
    outcome: Result<(), Refusal>,
}

struct Refusal {
    status: Option<u16>,
    reason: String,
    /// Of a call that was made.
    fault: Option<Fault>,
}

impl Call<'_> {
    async fn one_token(&self, model: &str) -> Made {
        let body = json!({
            "model": model, "max_tokens": 1, "messages": [{"role": "user", "content": "hi"}],
        });
        let body = Bytes::from(body.to_string());
        let (facts, default_params) = (ModelFacts::default(), Map::new());
        let to = Target { model, facts: &facts, default_params: &default_params };
        let prepared = ClientRequest::parse(Dialect::OpenAiChat, body, None)
            .and_then(|request| self.upstream.prepare(&request, to));
        match prepared {
            Ok((dialect, outgoing)) => {
                let operation = Operation::Generate(dialect);
                self.make(operation, dialect, outgoing.body, outgoing.path).await
            }
            Err(bad) => {
                let refusal = Refusal { status: None, reason: bad.message, fault: None };
                Made { latency_ms: 0.0, outcome: Err(refusal) }
            }
        }
    }

    /// `dialect`: of what an error is written in.
    async fn make(
        &self,
        operation: Operation,
        dialect: Dialect,
        body: Bytes,
        path: Option<String>,
    ) -> Made {
        let hops = Hops::default();
        let (trace, mock) = (None, None);
        let vendor = VendorHeaders::default();
        let body = body.into();
        let request =
            Dispatch { operation, body, path, hops, trace, vendor, is_stream: false, mock };
        let key = self.upstream.choose_key(&[]);
        let begun = Instant::now();
        let outcome = self.upstream.send(request, key.as_ref()).await;
        let latency_ms = begun.elapsed().as_secs_f64() * 1000.0;
        let outcome = match outcome {
            Ok(reply) if is_good(&reply) => Ok(()),
            Ok(reply) => {
                let status = reply.status;
                let read = self.upstream.read_error(dialect, &reply, None);
                let (refusal, message) = (read.refusal, read.error.message);
                let reason = format!("it answered {status}: {message}");
                let fault =
                    Fault::Status { status, refusal, message, retry_after: None, vendor: None };
                Err(Refusal { status: Some(status), reason, fault: Some(fault) })
            }
            Err(error) => {
                let reason = error.to_string();
                let fault = match error {
                    DispatchError::Fault(fault) => Some(fault),
                    DispatchError::Saturated { .. } => None,
                };
                Err(Refusal { status: None, reason, fault })
            }
        };
        let redacted =
            |refusal: Refusal| Refusal { reason: self.provider.redact(&refusal.reason), ..refusal };
        Made { latency_ms, outcome: outcome.map_err(redacted) }
    }
}

impl Made {
    fn shown(self, provider: &Provider, what: &str) -> Probe {
        let Self { latency_ms, outcome } = self;
        if let Err(Refusal { status, fault: Some(fault), .. }) = &outcome {
            // A provider without a list of its models is no failed one.
            let has_no_list = what == MODELS && matches!(status, Some(404 | 405));
            if !has_no_list {
                let at_us = jiff::Timestamp::now().as_microsecond();
                provider.health.last_error.set(at_us, None, &provider.failure(fault.clone()));
            }
        }
        match outcome {
            Ok(()) => {
                let detail = format!("it answered to {what}");
                Probe { ok: true, latency_ms, detail, status: Some(200) }
            }
            Err(refusal) => Probe {
                ok: false,
                latency_ms,
                detail: format!("asked for {what}: {}", refusal.reason),
                status: refusal.status,
            },
        }
    }
}
