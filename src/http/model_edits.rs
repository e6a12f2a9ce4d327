//! `POST /models`, `PATCH` and `DELETE /models/{provider}/{model}`.

use actix_web::web::{Data, Json, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::edits::{Deleted, answer, object};
use super::manager::Manager;
use super::models::{ModelView, not_found};
use super::problem::Problem;
use super::shared::Shared;
use crate::catalog::edit::Edit;

pub async fn put(
    manager: Manager,
    shared: Data<Shared>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let body = object(&shared, &request, payload).await?;
    change(&manager, &shared, Edit::PutModel(body)).await
}

pub async fn patch(
    manager: Manager,
    shared: Data<Shared>,
    path: Path<(String, String)>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let patch = object(&shared, &request, payload).await?;
    let (provider, name) = path.into_inner();
    change(&manager, &shared, Edit::PatchModel { provider, name, patch }).await
}

pub async fn delete(
    manager: Manager,
    shared: Data<Shared>,
    path: Path<(String, String)>,
) -> Result<Json<Deleted>, Problem> {
    let (provider, name) = path.into_inner();
    let edit = Edit::DeleteModel { provider, name };
    Ok(Json(shared.watcher.change(edit, &manager.actor).await?.into()))
}

async fn change(manager: &Manager, shared: &Shared, edit: Edit) -> Result<HttpResponse, Problem> {
    let edited = shared.watcher.change(edit, &manager.actor).await?;
    let snapshot = shared.catalogue.snapshot();
    // Another one may have deleted it meanwhile.
    let model = snapshot.model(&edited.name);
    let model = model.ok_or_else(|| not_found(&snapshot, edited.name.clone()))?;
    let view = ModelView::from(&**model);
    Ok(answer(edited, view))
}
