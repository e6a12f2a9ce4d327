//! `GET /metrics` in Prometheus' text format.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::http::app_state::AppState;
use crate::http::middleware::admin::Admin;
use crate::http::problem::Problem;

pub async fn metrics(state: Data<AppState>, _: Admin) -> Result<HttpResponse, Problem> {
    let text = state.metrics.render();
    let text = text.map_err(|error| Problem::new(500, "internal_error", error.to_string()))?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text))
}
