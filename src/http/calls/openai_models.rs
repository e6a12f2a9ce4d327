//! `GET /v1/models`: the ids that a client can send back.

use actix_web::web::{Data, Json, Path};
use serde::Serialize;
use utoipa::ToSchema;

use crate::catalog::{Model, Snapshot};
use crate::domain::failure::Failure;
use crate::http::app_state::AppState;
use crate::http::middleware::caller::Authenticated;
use crate::http::problem::Problem;
use crate::routing::models_named;

/// OpenAI's fields; the catalogue holds no creation times, so `created` is 0.
#[derive(Serialize, ToSchema)]
pub struct ModelItem {
    id: String,
    object: &'static str,
    created: i64,
    owned_by: String,
}

#[derive(Serialize, ToSchema)]
pub struct ModelList {
    object: &'static str,
    data: Vec<ModelItem>,
}

impl ModelItem {
    fn of(model: &Model) -> Self {
        Self {
            id: model.full_name(),
            object: "model",
            created: 0,
            owned_by: model.provider.name.clone(),
        }
    }

    fn of_name(name: String) -> Self {
        let owned_by = String::from("llm-router");
        Self { id: name, object: "model", created: 0, owned_by }
    }
}

/// Aliases and pairs, which stand for other names, where a call with one would reach a model.
fn names(snapshot: &Snapshot, may_call: impl Fn(&Model) -> bool) -> impl Iterator<Item = String> {
    let routing = &snapshot.policy.routing;
    let pairs = routing.pairs.iter().map(|pair| format!("pair:{}", pair.name));
    routing.aliases.keys().cloned().chain(pairs).filter(move |name| {
        let meant = models_named(snapshot, name);
        meant.iter().any(|model| model.is_callable() && may_call(model))
    })
}

pub async fn list(auth: Authenticated, state: Data<AppState>) -> Json<ModelList> {
    let snapshot = state.catalogue.snapshot();
    let may_call = auth.may_call(&snapshot);
    let callable = snapshot.models().iter().filter(|model| model.is_callable() && may_call(model));
    let mut data: Vec<_> = callable.map(|model| ModelItem::of(model)).collect();
    data.extend(names(&snapshot, &may_call).map(ModelItem::of_name));
    Json(ModelList { object: "list", data })
}

pub async fn get(
    auth: Authenticated,
    state: Data<AppState>,
    id: Path<String>,
) -> Result<Json<ModelItem>, Problem> {
    let requested = id.into_inner();
    let snapshot = state.catalogue.snapshot();
    let may_call = auth.may_call(&snapshot);
    let mut named = snapshot.named(&requested).into_iter();
    let found = named.find(|model| model.is_callable() && may_call(model));
    if let Some(model) = found {
        return Ok(Json(ModelItem { id: requested, ..ModelItem::of(&model) }));
    }
    if names(&snapshot, &may_call).any(|name| name == requested) {
        return Ok(Json(ModelItem::of_name(requested)));
    }
    let near = auth.near_names(&snapshot, &requested);
    Err(Failure::ModelNotFound { requested, near }.into())
}
