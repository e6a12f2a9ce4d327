//! A real, small call to a provider, to check that it can be reached and accepts its key: the list
//! of its models, which costs nothing, or else a chat of one token.

use std::time::Instant;

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, json};
use utoipa::ToSchema;

use crate::catalog::Provider;
use crate::config::sections::Timeouts;
use crate::dialects::Dialect;
use crate::dialects::request::ClientRequest;
use crate::dialects::translate::answer::error;
use crate::dialects::translate::request::{Addressee, to_upstream};
use crate::domain::capabilities::Capabilities;
use crate::domain::hops::Hops;
use crate::domain::provider_kind::ProviderKind;
use crate::providers::{
    Deadlines, Operation, Pools, ProviderStates, ReplyBody, UpstreamReply, WireRequest,
};

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
    let call =
        Call { pools, states, provider, deadlines: Deadlines::of(&provider.settings, timeouts) };
    if provider.kind.facts().models_path.is_none()
        && let Some(model) = model
    {
        return call.one_token(model).await.shown("a chat of one token");
    }
    let listed = call.make(Operation::ListModels, Bytes::new(), None).await;
    // Some have no listing, and some fail on it that serve chat well.
    let has_no_list = matches!(
        &listed.outcome,
        Err(Refusal { status: Some(404 | 405 | 500..=507 | 509..=599), .. })
    );
    match model {
        Some(model) if has_no_list => call.one_token(model).await.shown("a chat of one token"),
        _ => listed.shown("the list of its models"),
    }
}

struct Call<'a> {
    pools: &'a Pools,
    states: &'a ProviderStates,
    provider: &'a Provider,
    deadlines: Deadlines,
}

struct Made {
    latency_ms: f64,
    outcome: Result<(), Refusal>,
}

struct Refusal {
    status: Option<u16>,
    reason: String,
}

impl Call<'_> {
    async fn one_token(&self, model: &str) -> Made {
        let body = json!({
            "model": model, "max_tokens": 1, "messages": [{"role": "user", "content": "hi"}],
        });
        let body = Bytes::from(body.to_string());
        let encoded = ClientRequest::parse(Dialect::OpenAiChat, body, None).and_then(|request| {
            let kind = self.provider.kind;
            let to = Addressee {
                kind,
                dialect: kind.facts().dialect,
                model,
                default_params: &Map::new(),
                capabilities: &Capabilities::default(),
                shape: &self.provider.settings.payload_mapping,
            };
            to_upstream(&request, to)
        });
        match encoded {
            Ok(outgoing) => {
                self.make(
                    Operation::Generate(self.provider.kind.facts().dialect),
                    outgoing.body,
                    outgoing.path,
                )
                .await
            }
            Err(bad) => {
                let refusal = Refusal { status: None, reason: bad.message };
                Made { latency_ms: 0.0, outcome: Err(refusal) }
            }
        }
    }

    async fn make(&self, operation: Operation, body: Bytes, path: Option<String>) -> Made {
        let state = self.states.of(self.provider);
        let chosen = state.keys.choose(state.now(), &[]);
        let request = WireRequest {
            operation,
            body,
            path,
            key: chosen.map(|chosen| chosen.secret),
            hops: Hops::default(),
            is_stream: false,
            deadlines: self.deadlines,
            mock: None,
        };
        let begun = Instant::now();
        let outcome = match self.pools.of(self.provider, self.deadlines.connect) {
            Ok(pool) => pool.send(request, state).await.map_err(|error| error.to_string()),
            Err(fault) => Err(fault.to_string()),
        };
        let latency_ms = begun.elapsed().as_secs_f64() * 1000.0;
        let outcome = match outcome {
            Ok(reply) if (200..300).contains(&reply.status) => Ok(()),
            Ok(reply) => Err(self.refusal(&reply)),
            Err(reason) => Err(Refusal { status: None, reason }),
        };
        let redacted =
            |refusal: Refusal| Refusal { reason: self.provider.redact(&refusal.reason), ..refusal };
        Made { latency_ms, outcome: outcome.map_err(redacted) }
    }

    fn refusal(&self, reply: &UpstreamReply) -> Refusal {
        let body = match &reply.body {
            ReplyBody::Whole(body) => body.clone(),
            ReplyBody::Stream(_) => Bytes::new(),
        };
        let (error, _) = error(self.provider.kind.facts().dialect, reply.status, &body);
        Refusal {
            status: Some(reply.status),
            reason: format!("it answered {}: {}", reply.status, error.message),
        }
    }
}

impl Made {
    fn shown(self, what: &str) -> Probe {
        let Self { latency_ms, outcome } = self;
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
