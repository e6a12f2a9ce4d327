//! `GET /models`: the catalogue, with filters.

use actix_web::web::{Data, Json, Path, Query};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::catalog::{Model, Snapshot};
use crate::config::entries::{ModelConfig, RateLimit};
use crate::domain::failure::Failure;
use crate::domain::provider_kind::ProviderKind;
use crate::http::app_state::AppState;
use crate::http::manage::model_state::ModelState;
use crate::http::middleware::caller::Authenticated;
use crate::http::problem::Problem;

#[derive(Serialize, ToSchema)]
pub struct ModelView {
    id: i32,
    name: String,
    display_name: Option<String>,
    description: Option<String>,
    provider_id: i32,
    provider_name: String,
    provider_type: &'static str,
    remote_identifier: Option<String>,
    is_active: bool,
    /// Whether a call would be tried: active, with an active provider that has its key.
    is_callable: bool,
    tags: Vec<String>,
    #[schema(value_type = BTreeMap<String, Value>)]
    default_params: Map<String, Value>,
    config: ModelConfig,
    rate_limit: Option<RateLimit>,
    local_path: Option<String>,
    download_uri: Option<String>,
    origin: &'static str,
    /// As it is now.
    state: ModelState,
}

impl ModelView {
    pub fn of(model: &Model, state: &AppState) -> Self {
        let state = ModelState::of(model, state);
        let model = model.clone();
        Self {
            id: model.id.0,
            is_callable: model.is_callable(),
            name: model.name,
            display_name: model.display_name,
            description: model.description,
            provider_id: model.provider.id.0,
            provider_name: model.provider.name.clone(),
            provider_type: model.provider.kind.as_str(),
            remote_identifier: model.remote_identifier,
            is_active: model.is_active,
            tags: model.tags,
            default_params: model.default_params,
            config: model.config,
            rate_limit: model.rate_limit,
            local_path: model.local_path,
            download_uri: model.download_uri,
            origin: model.origin.as_str(),
            state,
        }
    }
}

/// The filter of a list: all of the tags, one of the types.
#[derive(Debug, Default, PartialEq)]
struct ModelFilter {
    tags: Vec<String>,
    kinds: Vec<ProviderKind>,
    include_inactive: bool,
}

#[derive(Deserialize)]
#[serde(transparent)]
pub struct QueryPairs(Vec<(String, String)>);

impl ModelFilter {
    fn read(QueryPairs(pairs): QueryPairs) -> Result<Self, Problem> {
        let mut filter = Self::default();
        for (name, value) in pairs {
            let words = value.split(',').map(str::trim).filter(|word| !word.is_empty());
            match name.as_str() {
                "tag" | "tags" => filter.tags.extend(words.map(str::to_owned)),
                "provider_type" | "provider_types" => {
                    for word in words {
                        let kind = ProviderKind::parse(word);
                        filter.kinds.push(kind.ok_or_else(|| bad(&name, word))?);
                    }
                }
                "include_inactive" => {
                    filter.include_inactive = value.parse().map_err(|_| bad(&name, &value))?;
                }
                other => {
                    let known = "tag, tags, provider_type, provider_types, include_inactive";
                    let message = format!("filter `{other}` is unknown; known: {known}");
                    return Err(Problem::new(400, "invalid_request", message));
                }
            }
        }
        Ok(filter)
    }

    fn takes(&self, model: &Model) -> bool {
        let is_active = model.is_active && model.provider.is_active;
        (self.include_inactive || is_active)
            && self.tags.iter().all(|tag| model.has_tag(tag))
            && (self.kinds.is_empty() || self.kinds.contains(&model.provider.kind))
    }
}

fn bad(name: &str, value: &str) -> Problem {
    Problem::new(400, "invalid_request", format!("`{value}` is no value for the filter `{name}`"))
}

pub async fn list(
    auth: Authenticated,
    state: Data<AppState>,
    pairs: Query<QueryPairs>,
) -> Result<Json<Vec<ModelView>>, Problem> {
    let filter = ModelFilter::read(pairs.into_inner())?;
    let snapshot = state.catalogue.snapshot();
    let models = snapshot.models().iter();
    let may_call = auth.may_call(&snapshot);
    let models = models.filter(|model| filter.takes(model) && may_call(model));
    Ok(Json(models.map(|model| ModelView::of(model, &state)).collect()))
}

pub async fn of_provider(
    auth: Authenticated,
    state: Data<AppState>,
    provider: Path<String>,
    pairs: Query<QueryPairs>,
) -> Result<Json<Vec<ModelView>>, Problem> {
    let filter = ModelFilter::read(pairs.into_inner())?;
    let snapshot = state.catalogue.snapshot();
    if snapshot.provider(&provider).is_none() {
        let message = format!("provider `{provider}` is unknown; GET /providers lists all");
        return Err(Problem::new(404, "provider_not_found", message));
    }
    let models = snapshot.models().iter();
    let models = models.filter(|model| model.provider.name == *provider && filter.takes(model));
    let may_call = auth.may_call(&snapshot);
    let models = models.filter(|model| may_call(model));
    Ok(Json(models.map(|model| ModelView::of(model, &state)).collect()))
}

pub async fn get(
    auth: Authenticated,
    state: Data<AppState>,
    path: Path<(String, String)>,
) -> Result<Json<ModelView>, Problem> {
    let (provider, model) = path.into_inner();
    let name = format!("{provider}/{model}");
    let snapshot = state.catalogue.snapshot();
    let may_call = auth.may_call(&snapshot);
    let model = snapshot.model(&name).filter(|model| may_call(model));
    let model = model.ok_or_else(|| {
        let near = auth.near_names(&snapshot, &name);
        Problem::from(Failure::ModelNotFound { requested: name.clone(), near })
    })?;
    Ok(Json(ModelView::of(model, &state)))
}

pub fn not_found(snapshot: &Snapshot, requested: String) -> Problem {
    let near = snapshot.near_names(&requested);
    Failure::ModelNotFound { requested, near }.into()
}
