//! Counts the tokens of a prompt, for a client that asks before it calls: by the upstream that would
//! serve the call, where it speaks the client's API, else by an estimate that leans high. No call is
//! made, so nothing is recorded, and a failure says nothing about an upstream's health.

use serde_json::Value;

use super::call::{Call, RelayContext};
use super::routing_request::explain;
use super::upstream::{Dispatch, Target, Upstream, is_good};
use crate::catalog::Model;
use crate::dialects::own::Counting;
use crate::domain::failure::Failure;
use crate::providers::{Operation, ReplyBody};

/// What an agent compacts its conversation by: too few would overflow the context.
fn leaning_high(estimate: u64) -> u64 {
    estimate.saturating_add(estimate / 8).saturating_add(8)
}

/// # Errors
/// When no model can be called.
///
/// # Cancel safety
/// Dropping the future cancels the upstream call.
pub async fn count_tokens(context: &RelayContext, call: &Call) -> Result<u64, Failure> {
    let explained = explain(context, call)?;
    let trace = explained.outcome?;
    let first = trace.candidates.first().map(|candidate| candidate.model.clone());
    let counted = match first {
        Some(model) => by_upstream(context, call, &model).await,
        None => None,
    };
    Ok(counted.unwrap_or_else(|| leaning_high(explained.prompt_tokens)))
}

/// `None` where the upstream has no such API, or did not answer.
async fn by_upstream(context: &RelayContext, call: &Call, model: &Model) -> Option<u64> {
    let snapshot = context.catalogue.snapshot();
    let timeouts = &snapshot.policy.timeouts;
    let provider = &model.provider;
    let upstream = Upstream::of(&context.pools, &context.states, provider, timeouts).ok()?;
    let default_params = serde_json::Map::new();
    let to =
        Target { model: model.remote_name(), facts: &model.facts, default_params: &default_params };
    let dialect = upstream.prepare(&call.request, to).ok().filter(|(_, sent)| sent.is_own)?.0;
    let own = call.request.own()?;
    let Counting { body, path, count } =
        own.for_counting(model.remote_name(), &model.facts.capabilities);
    let request = Dispatch {
        operation: Operation::Generate(dialect),
        body: body.into(),
        path: Some(path),
        hops: call.hops.clone(),
        trace: None,
        vendor: call.vendor.clone(),
        is_stream: false,
        mock: None,
    };
    let key = upstream.choose_key(&[]);
    let reply = upstream.send(request, key.as_ref()).await.ok()?;
    match &reply.body {
        ReplyBody::Whole(body) if is_good(&reply) => {
            let counted: Value = serde_json::from_slice(body).ok()?;
            counted.get(count).and_then(Value::as_u64)
        }
        _ => None,
    }
}
