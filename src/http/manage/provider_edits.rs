//! `POST /providers`, `PATCH` and `DELETE /providers/{name}`.

use actix_web::web::{Data, Json, Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::catalog::edit::Edit;
use crate::http::app_state::AppState;
use crate::http::manage::edits::{Deleted, answer, object};
use crate::http::manage::providers::{ProviderView, find};
use crate::http::middleware::admin::Admin;
use crate::http::problem::Problem;

pub async fn put(
    admin: Admin,
    state: Data<AppState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body = object(&state, &request, payload).await?;
    change(&admin, &state, Edit::PutProvider(body)).await
}

pub async fn patch(
    admin: Admin,
    state: Data<AppState>,
    name: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let patch = object(&state, &request, payload).await?;
    let edit = Edit::PatchProvider { name: name.into_inner(), patch };
    change(&admin, &state, edit).await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeleteQuery {
    #[serde(default)]
    force: bool,
}

pub async fn delete(
    admin: Admin,
    state: Data<AppState>,
    name: Path<String>,
    query: Query<DeleteQuery>,
) -> Result<Json<Deleted>, Problem> {
    let edit = Edit::DeleteProvider { name: name.into_inner(), with_models: query.force };
    Ok(Json(state.watcher.change(edit, &admin.actor).await?.into()))
}

async fn change(admin: &Admin, state: &AppState, edit: Edit) -> Result<HttpResponse, Problem> {
    let edited = state.watcher.change(edit, &admin.actor).await?;
    let snapshot = state.catalogue.snapshot();
    // Another one may have deleted it meanwhile.
    let view = ProviderView::of(find(&snapshot, &edited.name)?, state.now());
    Ok(answer(edited, view))
}
