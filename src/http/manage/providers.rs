//! `GET /providers`, and what can be done with one without changing it.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path, Query};
use serde::Serialize;
use serde_json::Map;
use utoipa::ToSchema;

use crate::catalog::{Provider, Snapshot};
use crate::config::entries::ProviderSettings;
use crate::domain::candidate_cause::short;
use crate::domain::event::EventKind;
use crate::domain::failure::Fault;
use crate::domain::refusal::Refusal;
use crate::domain::times::rfc3339;
use crate::health::last_error::DatedFailure;
use crate::http::app_state::{AppState, WorkerContext};
use crate::http::manage::dry_run::{ChangeQuery, DryRun, PlannedChange};
use crate::http::middleware::admin::Admin;
use crate::http::problem::Problem;
use crate::providers::key_ring::KeyState;
use crate::relay::{self, Closed, Probe, RelayContext, probe};

#[derive(Serialize, ToSchema)]
pub struct ProviderView {
    id: i32,
    name: String,
    r#type: &'static str,
    is_active: bool,
    base_url: Option<String>,
    origin: &'static str,
    /// Whether there is a key; never the key.
    has_key: bool,
    settings: ProviderSettings,
    /// `ready`, `inactive`, `no key`, `no url`.
    health: &'static str,
    /// `closed`, `open` or `half-open`.
    circuit: &'static str,
    /// What to do about it, where it is not ready.
    detail: Option<String>,
    /// Its keys, without their text.
    keys: Vec<KeyView>,
    /// Calls that have one of its connections.
    in_flight: usize,
    /// Calls that wait for one.
    waiting: usize,
    max_connections: usize,
    /// Of its calls and checks since the start; what a request was at fault for is not counted.
    last_error: Option<LastErrorView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ProviderKeyView)]
struct KeyView {
    /// From 1, as `provider_key` of a call.
    index: usize,
    /// `ready`, `cooling_down` after a rate or quota limit, `rejected` where the upstream refused
    /// the key or its account. Either is tried again after the cooldown.
    state: &'static str,
    /// Seconds until it is ready.
    cooldown_s: Option<f64>,
    /// The code of the refusal, such as `upstream_rate_limited`.
    reason: Option<&'static str>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ProviderError)]
struct LastErrorView {
    #[schema(format = DateTime)]
    at: String,
    /// As of a call that fails with it.
    code: &'static str,
    /// The upstream's own, where it answered.
    http_status: Option<u16>,
    message: String,
    /// Null for a check of the provider.
    model: Option<String>,
}

impl KeyView {
    fn of((place, key): (usize, KeyState)) -> Self {
        let state = match key.cooldown {
            None => "ready",
            Some((_, Refusal::RateLimited | Refusal::Quota)) => "cooling_down",
            Some(_) => "rejected",
        };
        Self {
            index: place + 1,
            state,
            cooldown_s: key.cooldown.map(|(left, _)| left.as_secs_f64()),
            reason: key.cooldown.map(|(_, refusal)| refusal.status_and_code().1),
        }
    }
}

impl LastErrorView {
    fn of(error: &DatedFailure) -> Self {
        let fault = &error.failure.fault;
        let http_status = match fault {
            Fault::Status { status, .. } => Some(*status),
            _ => None,
        };
        Self {
            at: rfc3339(error.at_us),
            code: fault.status_and_code().1,
            http_status,
            message: short(&fault.to_string()),
            model: error.model.clone(),
        }
    }
}

impl ProviderView {
    pub fn of(provider: &Provider, state: &AppState) -> Self {
        let now = state.now();
        let shared = state.states.of(provider);
        let pool = shared.pool();
        Self {
            id: provider.id.0,
            name: provider.name.clone(),
            r#type: provider.kind.as_str(),
            is_active: provider.is_active,
            base_url: provider.base_url.clone(),
            origin: provider.origin.as_str(),
            has_key: !provider.keys.is_empty(),
            settings: provider.settings.clone(),
            health: provider.state(),
            circuit: provider.circuit(now),
            detail: provider.unavailable_reason(),
            keys: shared.keys.states(shared.now()).enumerate().map(KeyView::of).collect(),
            in_flight: pool.calls,
            waiting: pool.waiting,
            max_connections: pool.max_calls,
            last_error: provider.health.last_error.get().map(|error| LastErrorView::of(&error)),
        }
    }
}

pub async fn list(_: Admin, state: Data<AppState>) -> Json<Vec<ProviderView>> {
    let snapshot = state.catalogue.snapshot();
    Json(snapshot.providers().iter().map(|provider| ProviderView::of(provider, &state)).collect())
}

pub async fn get(
    _: Admin,
    state: Data<AppState>,
    name: Path<String>,
) -> Result<Json<ProviderView>, Problem> {
    let snapshot = state.catalogue.snapshot();
    Ok(Json(ProviderView::of(find(&snapshot, &name)?, &state)))
}

/// `POST /providers/{name}/test`: whether the provider can be reached and takes its key.
pub async fn test(
    _: Admin,
    state: Data<AppState>,
    context: Data<WorkerContext>,
    name: Path<String>,
) -> Result<Json<Probe>, Problem> {
    let snapshot = state.catalogue.snapshot();
    let provider = find(&snapshot, &name)?;
    let of_it = snapshot.models().iter().find(|model| model.provider.id == provider.id);
    let model = of_it.map(|model| model.remote_name());
    let RelayContext { pools, states, .. } = &*context.0;
    Ok(Json(probe(pools, states, provider, &snapshot.policy.timeouts, model).await))
}

/// What a reset closed; nothing where all circuits were closed already.
#[derive(Serialize, ToSchema)]
pub struct ResetAnswer {
    closed: Vec<Closed>,
}

/// `POST /providers/{name}/reset`: its circuit and those of its models are closed by hand.
pub async fn reset(
    admin: Admin,
    state: Data<AppState>,
    name: Path<String>,
    query: Query<ChangeQuery>,
) -> Result<HttpResponse, Problem> {
    let snapshot = state.catalogue.snapshot();
    let provider = find(&snapshot, &name)?;
    let models = snapshot.models().iter().map(|model| &**model);
    if query.dry_run {
        let closed = relay::closable(provider, models, state.now());
        let changes = closed.into_iter().map(|circuit| {
            let state = |state: &str| Map::from_iter([(String::from("circuit"), state.into())]);
            let (before, after) = (state(circuit.was), state("closed"));
            let kind = EventKind::CircuitClosed;
            PlannedChange::new(kind, circuit.name, Some(before), Some(after))
        });
        return Ok(HttpResponse::Ok().json(DryRun::of(changes.collect(), Vec::new())));
    }
    let closed = relay::reset(&state.journal, provider, models, &admin.actor);
    Ok(HttpResponse::Ok().json(ResetAnswer { closed }))
}

pub fn find<'s>(snapshot: &'s Snapshot, name: &str) -> Result<&'s Arc<Provider>, Problem> {
    snapshot.provider(name).ok_or_else(|| {
        let message = format!("provider `{name}` is unknown; GET /providers lists all");
        Problem::new(404, "provider_not_found", message)
    })
}
