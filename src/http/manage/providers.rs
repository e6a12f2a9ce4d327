//! `GET /providers`, and what can be done with one without changing it.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{Data, Json, Path};
use serde::Serialize;
use utoipa::ToSchema;

use crate::catalog::{Provider, Snapshot};
use crate::config::entries::ProviderSettings;
use crate::http::app_state::{AppState, WorkerContext};
use crate::http::middleware::admin::Admin;
use crate::http::problem::Problem;
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
}

impl ProviderView {
    pub fn of(provider: &Provider, now: Duration) -> Self {
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
        }
    }
}

pub async fn list(_: Admin, state: Data<AppState>) -> Json<Vec<ProviderView>> {
    let snapshot = state.catalogue.snapshot();
    let now = state.now();
    Json(snapshot.providers().iter().map(|provider| ProviderView::of(provider, now)).collect())
}

pub async fn get(
    _: Admin,
    state: Data<AppState>,
    name: Path<String>,
) -> Result<Json<ProviderView>, Problem> {
    let snapshot = state.catalogue.snapshot();
    Ok(Json(ProviderView::of(find(&snapshot, &name)?, state.now())))
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
) -> Result<Json<ResetAnswer>, Problem> {
    let snapshot = state.catalogue.snapshot();
    let provider = find(&snapshot, &name)?;
    let models = snapshot.models().iter().map(|model| &**model);
    let closed = relay::reset(&state.journal, provider, models, &admin.actor);
    Ok(Json(ResetAnswer { closed }))
}

pub fn find<'s>(snapshot: &'s Snapshot, name: &str) -> Result<&'s Arc<Provider>, Problem> {
    snapshot.provider(name).ok_or_else(|| {
        let message = format!("provider `{name}` is unknown; GET /providers lists all");
        Problem::new(404, "provider_not_found", message)
    })
}
