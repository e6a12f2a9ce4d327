//! `/monitor/export/…` and `/monitor/database`: calls as files. Each is sent with little memory
//! whatever its length, at the pace of its reader.

mod columns;
mod error;
mod job;
mod pieces;
mod selection;
mod sheet;
pub mod slots;
mod text;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

pub use self::selection::{CSV, DATABASE, EXCEL};
use self::selection::{Format, Selection};
use crate::http::app_state::AppState;
use crate::http::middleware::admin::Admin;
use crate::http::middleware::caller::Authenticated;
use crate::http::monitor::invocation_view::InvocationView;
use crate::http::monitor::live::sockets::Line;
use crate::http::problem::Problem;
use crate::report::Figures;

/// As the document describes it; it is written piece by piece.
#[derive(Serialize, ToSchema)]
pub struct Export {
    export_time: String,
    /// `null` where the calls were not bounded by a time.
    time_range_hours: Option<f64>,
    /// What these very calls come to.
    statistics: Figures,
    total_invocations: u64,
    invocations: Vec<InvocationView>,
}

pub async fn json(
    auth: Authenticated,
    state: Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    export(Format::Json, &auth, &state, &request).await
}

pub async fn csv(
    auth: Authenticated,
    state: Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    export(Format::Csv, &auth, &state, &request).await
}

pub async fn excel(
    auth: Authenticated,
    state: Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    export(Format::Excel, &auth, &state, &request).await
}

pub async fn database(
    _: Admin,
    auth: Authenticated,
    state: Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    export(Format::Database, &auth, &state, &request).await
}

async fn export(
    format: Format,
    auth: &Authenticated,
    state: &AppState,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let selection = Selection::read(format, &auth.caller, request)?;
    let slot = state.exports.admit().await?;
    let name = format!("attachment; filename=\"{}\"", selection.file_name());
    let asked = (selection, Line::of(request));
    let pieces = job::start(&state.exports, slot, state.reader.clone(), asked)?;
    let (opening, body) = pieces.open().await?;
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((CONTENT_TYPE, format.media()))
        .insert_header((CONTENT_DISPOSITION, name))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("x-total-count", opening.total));
    if let Some(length) = opening.length {
        answer.no_chunking(length);
    }
    Ok(answer.streaming(body.stream()))
}
