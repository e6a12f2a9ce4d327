//! `/monitor/export/…` and `/monitor/database`: calls as files. Each is sent with little memory
//! whatever its length, at the pace of its reader.

mod columns;
mod job;
mod sheet;
pub mod slots;
mod text;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use self::job::{Job, Made};
use self::text::{Format, Head};
use crate::auth::Caller;
use crate::http::app_state::AppState;
use crate::http::middleware::admin::Admin;
use crate::http::middleware::caller::Authenticated;
use crate::http::monitor::filters::{self, time_of};
use crate::http::monitor::invocation_view::InvocationView;
use crate::http::monitor::params::Params;
use crate::http::problem::Problem;
use crate::report::Figures;
use crate::store::exports::Plan;
use crate::store::invocations::Filter;

const MAX_HOURS: i64 = 168;
pub const JSON: &str = "application/json";
pub const CSV: &str = "text/csv";
pub const EXCEL: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
pub const DATABASE: &str = "application/vnd.sqlite3";

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
    let selection = Selection::read(&auth.caller, &request)?;
    let (job, plan) = begin(&state, &selection, true).await?;
    let head = Head {
        export_time: time_of(selection.at.as_microsecond()),
        hours: selection.hours(),
        total: plan.total(),
        statistics: Figures::from(plan.sums()),
    };
    let mut answer = answer(&selection, &plan, JSON, "json");
    Ok(answer.streaming(job.of(plan).text(Format::json(head))))
}

pub async fn csv(
    auth: Authenticated,
    state: Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let selection = Selection::read(&auth.caller, &request)?;
    let (job, plan) = begin(&state, &selection, false).await?;
    let mut answer = answer(&selection, &plan, "text/csv; charset=utf-8", "csv");
    Ok(answer.streaming(job.of(plan).text(Format::Csv)))
}

pub async fn excel(
    auth: Authenticated,
    state: Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let selection = Selection::read(&auth.caller, &request)?;
    let (job, plan) = begin(&state, &selection, false).await?;
    let answer = answer(&selection, &plan, EXCEL, "xlsx");
    Ok(file(answer, job.of(plan).sheets().await?))
}

pub async fn database(
    _: Admin,
    auth: Authenticated,
    state: Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let selection = Selection::read(&auth.caller, &request)?;
    let (job, plan) = begin(&state, &selection, false).await?;
    let answer = answer(&selection, &plan, DATABASE, "db");
    Ok(file(answer, job.of(plan).snapshot().await?))
}

/// Which calls, and when they were asked for.
struct Selection {
    filter: Filter,
    at: Timestamp,
}

impl Selection {
    fn read(caller: &Caller, request: &HttpRequest) -> Result<Self, Problem> {
        let mut params = Params::of(request)?;
        let filter = filters::read(&mut params, caller, 1..=MAX_HOURS)?.filter;
        params.end()?;
        Ok(Self { filter, at: Timestamp::now() })
    }

    /// The length of the time that was asked for, to a hundredth.
    #[expect(clippy::cast_precision_loss, reason = "a length of time in hours")]
    fn hours(&self) -> Option<f64> {
        let start_us = self.filter.start_us?;
        let end_us = self.filter.end_us.unwrap_or(self.at.as_microsecond());
        let hours = end_us.saturating_sub(start_us).max(0) as f64 / 3.6e9;
        Some((hours * 100.0).round() / 100.0)
    }
}

async fn begin(
    state: &AppState,
    selection: &Selection,
    wants_sums: bool,
) -> Result<(Job, Plan), Problem> {
    let slot = state.exports.admit().await?;
    let job = Job::new(slot, state.reader.clone(), state.exports.clone());
    Ok(job.plan(selection.filter.clone(), wants_sums).await?)
}

fn answer(selection: &Selection, plan: &Plan, media: &str, extension: &str) -> HttpResponseBuilder {
    let time = selection.at.strftime("%Y%m%dT%H%M%SZ");
    let name = format!("attachment; filename=\"llm_router_export_{time}.{extension}\"");
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((CONTENT_TYPE, media))
        .insert_header((CONTENT_DISPOSITION, name))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("x-total-count", plan.total()));
    answer
}

fn file(mut answer: HttpResponseBuilder, made: Made) -> HttpResponse {
    answer.no_chunking(made.length).streaming(made.bytes())
}
