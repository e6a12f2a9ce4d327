//! `GET /metrics` in Prometheus' text format.

mod reading;

use actix_web::HttpResponse;
use actix_web::web::{Data, block};

use crate::http::app_state::{AppState, WorkerContext};
use crate::http::middleware::admin::Admin;
use crate::http::problem::Problem;

/// A large catalogue makes megabytes of text, so they are made on a thread that may block.
pub async fn metrics(
    state: Data<AppState>,
    context: Data<WorkerContext>,
    _: Admin,
) -> Result<HttpResponse, Problem> {
    let states = context.0.states.clone();
    let text = block(move || reading::page(&state, &states).text()).await;
    let failed = |reason: String| Problem::new(500, "internal_error", reason);
    let text = text.map_err(|error| failed(error.to_string()))?;
    let text = text.map_err(|error| failed(error.to_string()))?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text))
}
