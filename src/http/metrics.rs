//! `GET /metrics` in Prometheus' text format.

use actix_web::HttpResponse;
use actix_web::web::Data;

use super::manager::Manager;
use super::problem::Problem;
use super::shared::Shared;

pub async fn metrics(shared: Data<Shared>, _: Manager) -> Result<HttpResponse, Problem> {
    let text = shared.metrics.render();
    let text = text.map_err(|error| Problem::new(500, "internal_error", error.to_string()))?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text))
}
