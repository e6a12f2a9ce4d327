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
    manager: Admin,
    shared: Data<AppState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body = object(&shared, &request, payload).await?;
    change(&manager, &shared, Edit::PutModel(body)).await
}

pub async fn patch(
    manager: Admin,
    shared: Data<AppState>,
    path: Path<(String, String)>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let patch = object(&shared, &request, payload).await?;
    let (provider, name) = path.into_inner();
    change(&manager, &shared, Edit::PatchModel { provider, name, patch }).await
}

pub async fn delete(
    manager: Admin,
    shared: Data<AppState>,
    path: Path<(String, String)>,
) -> Result<Json<Deleted>, Problem> {
    let (provider, name) = path.into_inner();
    let edit = Edit::DeleteModel { provider, name };
    Ok(Json(shared.watcher.change(edit, &manager.actor).await?.into()))
}

async fn change(manager: &Admin, shared: &AppState, edit: Edit) -> Result<HttpResponse, Problem> {
    let edited = shared.watcher.change(edit, &manager.actor).await?;
    let snapshot = shared.catalogue.snapshot();
    // Another one may have deleted it meanwhile.
    let model = snapshot.model(&edited.name);
    let model = model.ok_or_else(|| not_found(&snapshot, edited.name.clone()))?;
    let view = ModelView::from(&**model);
    Ok(answer(edited, view))
}
