//! `GET /v1/models`: the ids that a client can send back, in OpenAI's form, whose entries have the
//! members of Anthropic's as well; with Anthropic's header of a version, in the form of its list.
//! Codex, which sends its own version, has a catalogue of its own that an empty list leaves as it is.

use actix_web::http::header::{ETAG, HeaderName};
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::catalog::{Model, Snapshot};
use crate::domain::failure::Failure;
use crate::http::app_state::AppState;
use crate::http::middleware::caller::Authenticated;
use crate::http::problem::Problem;
use crate::routing::{models_named, models_requested};

static ANTHROPIC: HeaderName = HeaderName::from_static("anthropic-version");

/// The catalogue holds no creation times.
const UNKNOWN_TIME: &str = "1970-01-01T00:00:00Z";

/// OpenAI's fields, and Anthropic's; the catalogue holds no creation times, so `created` is 0.
#[derive(Serialize, ToSchema)]
pub struct ModelItem {
    id: String,
    object: &'static str,
    created: i64,
    owned_by: String,
    r#type: &'static str,
    display_name: String,
    created_at: &'static str,
    /// `active`: others are not listed.
    lifecycle: &'static str,
    /// The context, where it is known.
    #[schema(required)]
    max_input_tokens: Option<u64>,
    /// Of an answer, where it is known.
    #[schema(required)]
    max_tokens: Option<u64>,
}

#[derive(Serialize, ToSchema)]
pub struct ModelList {
    object: &'static str,
    data: Vec<ModelItem>,
}

/// Codex would take OpenAI's list for a fault.
#[derive(Serialize)]
struct CodexList {
    models: [ModelItem; 0],
}

/// The list never changes.
const CODEX_ETAG: &str = "W/\"none\"";

fn is_codex(query: &str) -> bool {
    query.split('&').any(|pair| pair.split('=').next() == Some("client_version"))
}

/// A page of Anthropic's list.
#[derive(Serialize)]
struct ModelPage<'a> {
    data: Vec<&'a ModelItem>,
    has_more: bool,
    first_id: Option<&'a str>,
    last_id: Option<&'a str>,
}

/// Of Anthropic's list: how many, and after or before which.
#[derive(Default, Deserialize)]
struct PageQuery {
    limit: Option<usize>,
    after_id: Option<String>,
    before_id: Option<String>,
}

/// As Anthropic's API has it.
const USUAL_PAGE: usize = 20;

const LONGEST_PAGE: usize = 1000;

impl ModelItem {
    fn of(model: &Model) -> Self {
        Self {
            max_input_tokens: model.config.context_window,
            max_tokens: model.facts.capabilities.max_output_tokens,
            ..Self::new(model.full_name(), model.provider.name.clone())
        }
    }

    fn of_name(name: String) -> Self {
        Self::new(name, String::from("llm-router"))
    }

    fn new(id: String, owned_by: String) -> Self {
        let display_name = id.clone();
        Self {
            id,
            object: "model",
            created: 0,
            owned_by,
            r#type: "model",
            display_name,
            created_at: UNKNOWN_TIME,
            lifecycle: "active",
            max_input_tokens: None,
            max_tokens: None,
        }
    }
}

/// Aliases and pairs, which stand for other names, where a call with one would reach a model.
fn names(snapshot: &Snapshot, may_call: impl Fn(&Model) -> bool) -> impl Iterator<Item = String> {
    let routing = &snapshot.policy.routing;
    let pairs = routing.pairs.iter().map(|pair| format!("pair:{}", pair.name));
    routing.aliases.names().cloned().chain(pairs).filter(move |name| {
        let meant = models_named(snapshot, name);
        meant.iter().any(|model| model.is_callable() && may_call(model))
    })
}

pub async fn list(
    request: HttpRequest,
    auth: Authenticated,
    state: Data<AppState>,
) -> HttpResponse {
    if is_codex(request.query_string()) {
        let list = CodexList { models: [] };
        return HttpResponse::Ok().insert_header((ETAG, CODEX_ETAG)).json(list);
    }
    let snapshot = state.catalogue.snapshot();
    let may_call = auth.may_call(&snapshot);
    let callable = snapshot.models().iter().filter(|model| model.is_callable() && may_call(model));
    let mut data: Vec<_> = callable.map(|model| ModelItem::of(model)).collect();
    data.extend(names(&snapshot, &may_call).map(ModelItem::of_name));
    if !request.headers().contains_key(&ANTHROPIC) {
        return HttpResponse::Ok().json(ModelList { object: "list", data });
    }
    let query = Query::<PageQuery>::from_query(request.query_string());
    let query = query.map(Query::into_inner).unwrap_or_default();
    HttpResponse::Ok().json(page(&data, &query))
}

fn page<'a>(all: &'a [ModelItem], query: &PageQuery) -> ModelPage<'a> {
    let limit = query.limit.unwrap_or(USUAL_PAGE).clamp(1, LONGEST_PAGE);
    let place = |id: &str| all.iter().position(|model| model.id == id);
    let (from, to) = match (&query.after_id, &query.before_id) {
        (Some(id), _) => {
            let from = place(id).map_or(all.len(), |at| at + 1);
            (from, from.saturating_add(limit).min(all.len()))
        }
        (None, Some(id)) => {
            let to = place(id).unwrap_or(0);
            (to.saturating_sub(limit), to)
        }
        (None, None) => (0, limit.min(all.len())),
    };
    let has_more = if query.before_id.is_some() { from > 0 } else { to < all.len() };
    let data: Vec<&ModelItem> = all.get(from..to).unwrap_or_default().iter().collect();
    let id = |model: Option<&&'a ModelItem>| model.map(|model| model.id.as_str());
    let (first_id, last_id) = (id(data.first()), id(data.last()));
    ModelPage { data, has_more, first_id, last_id }
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
        let display_name = requested.clone();
        return Ok(Json(ModelItem { id: requested, display_name, ..ModelItem::of(&model) }));
    }
    let is_wildcard = snapshot.policy.routing.aliases.wildcard(&requested).is_some();
    let is_meant = || {
        let meant = models_requested(&snapshot, &requested);
        meant.iter().any(|model| model.is_callable() && may_call(model))
    };
    if names(&snapshot, &may_call).any(|name| name == requested) || (is_wildcard && is_meant()) {
        return Ok(Json(ModelItem::of_name(requested)));
    }
    let near = auth.near_names(&snapshot, &requested);
    Err(Failure::ModelNotFound { requested, near }.into())
}
