//! `POST /models`, `PATCH` and `DELETE /models/{provider}/{model}`.

use actix_web::web::{Data, Json, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use crate::catalog::edit::Edit;
use crate::http::app_state::AppState;
use crate::http::manage::edits::{Deleted, answer, object};
use crate::http::manage::models::{ModelView, not_found};
use crate::http::middleware::admin::Admin;
use crate::http::problem::Problem;

pub async fn put(
    admin: Admin,
    state: Data<AppState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body = object(&state, &request, payload).await?;
    change(&admin, &state, Edit::PutModel(body)).await
}

pub async fn patch(
    admin: Admin,
    state: Data<AppState>,
    path: Path<(String, String)>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let patch = object(&state, &request, payload).await?;
    let (provider, name) = path.into_inner();
    change(&admin, &state, Edit::PatchModel { provider, name, patch }).await
}

pub async fn delete(
    admin: Admin,
    state: Data<AppState>,
    path: Path<(String, String)>,
) -> Result<Json<Deleted>, Problem> {
    let (provider, name) = path.into_inner();
    let edit = Edit::DeleteModel { provider, name };
    Ok(Json(state.watcher.change(edit, &admin.actor).await?.into()))
}

async fn change(admin: &Admin, state: &AppState, edit: Edit) -> Result<HttpResponse, Problem> {
    let edited = state.watcher.change(edit, &admin.actor).await?;
    let snapshot = state.catalogue.snapshot();
    // Another one may have deleted it meanwhile.
    let model = snapshot.model(&edited.name);
    let model = model.ok_or_else(|| not_found(&snapshot, edited.name.clone()))?;
    let view = ModelView::from(&**model);
    Ok(answer(edited, view))
}
