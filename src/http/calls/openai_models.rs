//! `GET /v1/models`: the ids that a client can send back, in OpenAI's form, whose entries have the
//! members of Anthropic's as well; with Anthropic's header of a version, in the form of its list; with
//! Google's header of a key, in Gemini's. Codex, which sends its own version, has a catalogue of its
//! own that an empty list leaves as it is.

use actix_web::http::header::{ETAG, HeaderName};
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::app_state::AppState;
use crate::http::calls::callable::{ModelItem, find, listed};
use crate::http::calls::gemini_models::{self, GeminiModel};
use crate::http::middleware::caller::Authenticated;
use crate::http::problem::Problem;

static ANTHROPIC: HeaderName = HeaderName::from_static("anthropic-version");

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

pub async fn list(
    request: HttpRequest,
    auth: Authenticated,
    state: Data<AppState>,
) -> HttpResponse {
    if is_codex(request.query_string()) {
        let list = CodexList { models: [] };
        return HttpResponse::Ok().insert_header((ETAG, CODEX_ETAG)).json(list);
    }
    if gemini_models::is_googles(&request) {
        return HttpResponse::Ok().json(gemini_models::page_of(&request, &auth, &state));
    }
    let data = listed(&auth, &state);
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
    request: HttpRequest,
    auth: Authenticated,
    state: Data<AppState>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let item = find(&auth, &state, id.into_inner())?;
    Ok(match gemini_models::is_googles(&request) {
        true => HttpResponse::Ok().json(GeminiModel::from(item)),
        false => HttpResponse::Ok().json(item),
    })
}
