//! `GET /v1/models`: the ids that a client can send back.

use std::sync::Arc;

use actix_web::web::{Data, Json, Path};
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Problem;
use super::shared::Shared;
use super::visitor::Visitor;
use crate::catalog::{Model, Snapshot};
use crate::domain::failure::Failure;

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

/// Aliases and pairs, which stand for other names: those that do not only stand for models which
/// the visitor may not call.
fn names<'s>(snapshot: &'s Snapshot, visitor: &'s Visitor) -> impl Iterator<Item = String> + 's {
    let routing = &snapshot.policy.routing;
    let may_serve = |target: &String| {
        let meant = snapshot.named(target);
        meant.is_empty() || meant.iter().any(|model| visitor.may_call(model))
    };
    let aliases = routing.aliases.iter().filter(move |(_, alias)| {
        may_serve(&alias.target) || alias.fallbacks.usual.iter().any(may_serve)
    });
    let pairs = routing.pairs.iter();
    let pairs = pairs.filter(move |pair| may_serve(&pair.strong) || may_serve(&pair.weak));
    let pairs = pairs.map(|pair| format!("pair:{}", pair.name));
    aliases.map(|(name, _)| name.clone()).chain(pairs)
}

pub async fn list(visitor: Visitor, shared: Data<Shared>) -> Json<ModelList> {
    let snapshot = shared.catalogue.snapshot();
    let may_call = |model: &&Arc<Model>| model.is_callable() && visitor.may_call(model);
    let callable = snapshot.models().iter().filter(may_call);
    let mut data: Vec<_> = callable.map(|model| ModelItem::of(model)).collect();
    data.extend(names(&snapshot, &visitor).map(ModelItem::of_name));
    Json(ModelList { object: "list", data })
}

pub async fn get(
    visitor: Visitor,
    shared: Data<Shared>,
    id: Path<String>,
) -> Result<Json<ModelItem>, Problem> {
    let asked = id.into_inner();
    let snapshot = shared.catalogue.snapshot();
    let may_call = |model: &Arc<Model>| model.is_callable() && visitor.may_call(model);
    let found = snapshot.named(&asked).into_iter().find(may_call);
    if let Some(model) = found {
        return Ok(Json(ModelItem { id: asked, ..ModelItem::of(&model) }));
    }
    if names(&snapshot, &visitor).any(|name| name == asked) {
        return Ok(Json(ModelItem::of_name(asked)));
    }
    let near = visitor.near_names(&snapshot, &asked);
    Err(Failure::ModelNotFound { asked, near }.into())
}
