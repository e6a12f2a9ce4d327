//! Changes of the catalogue: `POST`, `PATCH` and `DELETE` of models and providers.

use std::future::{Ready, ready};

use actix_web::web::{Data, Path, Payload, Query};
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::catalog::edit::{Edit, Edited};
use crate::domain::failure::Failure;
use crate::http::app_state::AppState;
use crate::http::manage::dry_run::{ChangeQuery, DryRun};
use crate::http::manage::models::{ModelView, not_found};
use crate::http::manage::providers::{ProviderView, find};
use crate::http::middleware::admin::Admin;
use crate::http::middleware::json_object::read_object;
use crate::http::problem::Problem;

pub async fn put_model(
    editor: Editor,
    query: Query<ChangeQuery>,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let edit = Edit::PutModel(editor.read(payload).await?);
    editor.change(edit, &query, model_view).await
}

pub async fn patch_model(
    editor: Editor,
    path: Path<(String, String)>,
    query: Query<ChangeQuery>,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let patch = editor.read(payload).await?;
    let (provider, name) = path.into_inner();
    editor.change(Edit::PatchModel { provider, name, patch }, &query, model_view).await
}

pub async fn delete_model(
    editor: Editor,
    path: Path<(String, String)>,
    query: Query<ChangeQuery>,
) -> Result<HttpResponse, Problem> {
    let (provider, name) = path.into_inner();
    editor.delete(Edit::DeleteModel { provider, name }, query.dry_run).await
}

pub async fn put_provider(
    editor: Editor,
    query: Query<ChangeQuery>,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let edit = Edit::PutProvider(editor.read(payload).await?);
    editor.change(edit, &query, provider_view).await
}

pub async fn patch_provider(
    editor: Editor,
    name: Path<String>,
    query: Query<ChangeQuery>,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let patch = editor.read(payload).await?;
    let edit = Edit::PatchProvider { name: name.into_inner(), patch };
    editor.change(edit, &query, provider_view).await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeleteQuery {
    /// Deletes its models too.
    #[serde(default)]
    force: bool,
    /// Answers what would change, and changes nothing.
    #[serde(default)]
    dry_run: bool,
}

pub async fn delete_provider(
    editor: Editor,
    name: Path<String>,
    query: Query<DeleteQuery>,
) -> Result<HttpResponse, Problem> {
    let edit = Edit::DeleteProvider { name: name.into_inner(), with_models: query.force };
    editor.delete(edit, query.dry_run).await
}

/// An admin's request to change the catalogue.
pub struct Editor {
    admin: Admin,
    state: Data<AppState>,
    request: HttpRequest,
}

impl Editor {
    async fn read(&self, payload: Payload) -> Result<Map<String, Value>, Problem> {
        read_object(&self.request, payload, self.state.max_body_bytes).await
    }

    /// 201 for a new entry, else 200.
    async fn change<V: Serialize>(
        &self,
        edit: Edit,
        query: &ChangeQuery,
        view: fn(&AppState, &str) -> Result<V, Problem>,
    ) -> Result<HttpResponse, Problem> {
        if query.dry_run {
            return self.rehearse(edit).await;
        }
        let edited = self.state.watcher.change(edit, &self.admin.actor).await?;
        // Another admin may have deleted it meanwhile.
        let entry = view(&self.state, &edited.name)?;
        let mut response = match edited.is_new {
            true => HttpResponse::Created(),
            false => HttpResponse::Ok(),
        };
        Ok(response.json(Changed { entry, notices: edited.notices }))
    }

    async fn delete(&self, edit: Edit, is_dry_run: bool) -> Result<HttpResponse, Problem> {
        if is_dry_run {
            return self.rehearse(edit).await;
        }
        let edited = self.state.watcher.change(edit, &self.admin.actor).await?;
        Ok(HttpResponse::Ok().json(Deleted::from(edited)))
    }

    async fn rehearse(&self, edit: Edit) -> Result<HttpResponse, Problem> {
        let edited = self.state.watcher.rehearse(edit).await?;
        Ok(HttpResponse::Ok().json(DryRun::from(edited)))
    }
}

impl FromRequest for Editor {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let Some(state) = request.app_data::<Data<AppState>>().cloned() else {
            return ready(Err(Failure::Internal("no shared state").into()));
        };
        let admin = Admin::from_request(request, payload).into_inner();
        ready(admin.map(|admin| Self { admin, state, request: request.clone() }))
    }
}

fn model_view(state: &AppState, name: &str) -> Result<ModelView, Problem> {
    let snapshot = state.catalogue.snapshot();
    let model = snapshot.model(name).ok_or_else(|| not_found(&snapshot, name.to_owned()))?;
    Ok(ModelView::of(model, state))
}

fn provider_view(state: &AppState, name: &str) -> Result<ProviderView, Problem> {
    let snapshot = state.catalogue.snapshot();
    Ok(ProviderView::of(find(&snapshot, name)?, state))
}

/// An entry after it was changed.
#[derive(Serialize)]
struct Changed<V> {
    #[serde(flatten)]
    entry: V,
    /// Side effects of the change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<String>,
}

/// The deleted entry, and what was deleted with it.
#[derive(Serialize, ToSchema)]
pub struct Deleted {
    message: String,
    deleted: Vec<String>,
}

impl From<Edited> for Deleted {
    fn from(edited: Edited) -> Self {
        let message = format!("`{}` was deleted; its calls stay readable", edited.name);
        let deleted = edited.changes.into_iter().map(|change| change.subject).collect();
        Self { message, deleted }
    }
}
