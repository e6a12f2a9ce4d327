//! One provider as a call and a probe both reach it: a request goes out through the API that is
//! selected for it, with one of the provider's keys, and an error is read in that API's dialect.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::catalog::Provider;
use crate::catalog::capabilities::ModelFacts;
use crate::config::entries::MockSettings;
use crate::config::sections::Timeouts;
use crate::dialects::Dialect;
use crate::dialects::errors::BadRequest;
use crate::dialects::json::body::JsonBody;
use crate::dialects::refusal::{self, ReadError};
use crate::dialects::request::ClientRequest;
use crate::dialects::select_api::{select_api, select_service};
use crate::dialects::translate::request::{UpstreamRequest, UpstreamTarget, to_upstream};
use crate::domain::failure::Fault;
use crate::domain::hops::Hops;
use crate::domain::service::Service;
use crate::domain::trace_context::TraceHeaders;
use crate::domain::vendor_headers::VendorHeaders;
use crate::providers::key_ring::ChosenKey;
use crate::providers::{
    Body, Deadlines, DispatchError, Operation, PoolHandle, Pools, ProviderState, ProviderStates,
    ReplyBody, UpstreamReply, WireRequest,
};

pub struct Upstream<'a> {
    provider: &'a Provider,
    pub state: Arc<ProviderState>,
    pool: PoolHandle,
    pub deadlines: Deadlines,
}

/// The model that a request is for.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// The upstream's name of it.
    pub model: &'a str,
    pub facts: &'a ModelFacts,
    pub default_params: &'a Map<String, Value>,
}

/// What is sent, apart from the key.
pub struct Dispatch {
    pub operation: Operation,
    pub body: Body,
    pub path: Option<String>,
    pub hops: Hops,
    pub trace: Option<TraceHeaders>,
    /// Of a client whose own bytes are sent.
    pub vendor: VendorHeaders,
    pub is_stream: bool,
    pub mock: Option<MockSettings>,
}

impl<'a> Upstream<'a> {
    /// # Errors
    /// When the provider has no URL that can be called.
    pub fn of(
        pools: &Pools,
        states: &ProviderStates,
        provider: &'a Provider,
        timeouts: &Timeouts,
    ) -> Result<Self, Fault> {
        let deadlines = Deadlines::of(&provider.settings, timeouts);
        let state = states.of(provider);
        let pool = pools.of(provider, &state, deadlines.connect)?;
        Ok(Self { provider, state, pool, deadlines })
    }

    /// The request as it goes out, and the dialect of the API that is selected for it.
    ///
    /// # Errors
    /// When the request holds what this upstream cannot be sent.
    pub fn prepare(
        &self,
        request: &ClientRequest,
        Target { model, facts, default_params }: Target<'_>,
    ) -> Result<(Dialect, UpstreamRequest), BadRequest> {
        let Provider { name, kind, apis, services, settings, .. } = self.provider;
        let dialect = match request.service() {
            Service::Chat => select_api(request, *kind, apis, facts, default_params),
            // Without an endpoint for it the text is put as a chat.
            Service::Completions if !facts.capabilities.services.contains(Service::Completions) => {
                select_api(request, *kind, apis, facts, default_params)
            }
            service => select_service(service, *kind, services).ok_or_else(|| {
                let message = format!("`{name}` has no endpoint for {}", service.as_str());
                BadRequest::new(message, "model")
            })?,
        };
        let to = UpstreamTarget {
            kind: *kind,
            provider: &self.provider.name,
            dialect,
            model,
            default_params,
            capabilities: &facts.capabilities,
            mapping: &settings.payload_mapping,
        };
        Ok((dialect, to_upstream(request, to)?))
    }

    /// A key that is not among `tried`.
    pub fn choose_key(&self, tried: &[usize]) -> Option<ChosenKey> {
        self.state.keys.choose(self.state.now(), tried)
    }

    /// # Errors
    /// When no answer came back at all.
    ///
    /// # Cancel safety
    /// Dropping it gives the call up.
    pub async fn send(
        &self,
        Dispatch { operation, body, path, hops, trace, vendor, is_stream, mock }: Dispatch,
        key: Option<&ChosenKey>,
    ) -> Result<UpstreamReply, DispatchError> {
        let key = key.map(|key| key.secret.clone());
        let deadlines = self.deadlines;
        let request = WireRequest {
            operation,
            body,
            path,
            key,
            hops,
            trace,
            vendor,
            is_stream,
            deadlines,
            mock,
        };
        self.pool.send(request, &self.state).await
    }

    /// Reads an answer with an error status. `asked`: the client's request, if one was sent.
    pub fn read_error(
        &self,
        dialect: Dialect,
        reply: &UpstreamReply,
        asked: Option<&JsonBody>,
    ) -> ReadError {
        let body: &[u8] = match &reply.body {
            ReplyBody::Whole(body) => body,
            ReplyBody::Stream(_) => b"",
        };
        refusal::read(dialect, self.provider.kind, reply.status, body, asked)
    }
}

/// Whether it is an answer, and no error.
pub fn is_good(reply: &UpstreamReply) -> bool {
    (200..300).contains(&reply.status)
}
