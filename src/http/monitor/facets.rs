//! `GET /monitor/facets`: what calls can be narrowed to.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::filters;
use super::params::Params;
use crate::http::app_state::AppState;
use crate::http::middleware::caller::Authenticated;
use crate::http::problem::Problem;
use crate::store::Connection;
use crate::store::invocations::{Facet, facets as read_facets};

const MAX_HOURS: i64 = 366 * 24;

#[derive(Serialize, ToSchema)]
pub struct FacetView {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    id: Option<i32>,
    /// What a filter takes; a model's is `provider/model`, and its id is for the filter.
    name: String,
    /// Absent where no sums tell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    calls: Option<i64>,
}

/// Each with the most frequent first.
#[derive(Serialize, ToSchema)]
pub struct FacetsView {
    models: Vec<FacetView>,
    providers: Vec<FacetView>,
    keys: Vec<FacetView>,
    tags: Vec<FacetView>,
    statuses: Vec<FacetView>,
    error_codes: Vec<FacetView>,
    endpoints: Vec<FacetView>,
}

pub async fn facets(
    auth: Authenticated,
    state: Data<AppState>,
    request: HttpRequest,
) -> Result<Json<FacetsView>, Problem> {
    let mut params = Params::of(&request)?;
    let filter = filters::read(&mut params, &auth.caller, 1..=MAX_HOURS)?.filter;
    params.end()?;
    let log = state.recorder.log().clone();
    let read = move |connection: &mut Connection| read_facets(connection, &log, &filter);
    let found = state.read(read).await?;
    let views = |facets: Vec<Facet>| facets.into_iter().map(FacetView::from).collect();
    Ok(Json(FacetsView {
        models: views(found.models),
        providers: views(found.providers),
        keys: views(found.keys),
        tags: views(found.tags),
        statuses: views(found.statuses),
        error_codes: views(found.error_codes),
        endpoints: views(found.endpoints),
    }))
}

impl From<Facet> for FacetView {
    fn from(Facet { id, name, calls }: Facet) -> Self {
        Self { id, name, calls }
    }
}
