//! `/monitor/statistics`, `/monitor/time-series`, `/monitor/histogram`: what calls come to.

use std::ops::RangeInclusive;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::web::{Data, Json};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::invocation::Status;
use crate::http::app_state::AppState;
use crate::http::middleware::caller::Authenticated;
use crate::http::monitor::filters::{self, Selected};
use crate::http::monitor::invocation_view::InvocationView;
use crate::http::monitor::params::{Params, bad};
use crate::http::problem::Problem;
use crate::report::{
    self, Division, ErrorTotal, Granularity, GroupBy, GroupedSeries, Histogram, KeyTotal, Metric,
    ModelTotal, Overall, Period, ProviderTotal, Question, Series, TagTotal, buckets,
};
use crate::store::invocations::{Filter, InvocationRow, newest};
use crate::store::{Connection, StoreError};

const HOURS_OF_STATISTICS: RangeInclusive<i64> = 1..=168;
const HOURS_OF_SERIES: RangeInclusive<i64> = 1..=720;

/// Where no range is asked for.
const DAY_US: i64 = 86_400_000_000;
const MINUTE_US: i64 = 60_000_000;

/// For a reading of the calls themselves.
const TIME_LIMIT: Duration = Duration::from_millis(150);

const RECENT_ERRORS: i64 = 5;

/// Points of a grouped series.
const MAX_POINTS: usize = 20_000;

/// As the document describes them, beside the filters.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes")]
pub struct StatisticsParams {
    /// Of models, providers, keys, tags and errors each.
    #[param(minimum = 1, maximum = 100, default = 10)]
    limit: Option<usize>,
    /// With the period of the same length before.
    compare: Option<bool>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes")]
pub struct SeriesParams {
    /// `auto` (where absent), `minute`, `quarter` (of an hour), `hour`, `day`, `week` or `month`.
    granularity: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes")]
pub struct GroupParams {
    /// `model` where absent.
    #[param(inline)]
    group_by: Option<GroupBy>,
    /// Groups by rank; those beyond come together as one.
    #[param(minimum = 1, maximum = 100, default = 8)]
    limit: Option<usize>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes")]
pub struct HistogramParams {
    /// `duration` where absent.
    #[param(inline)]
    metric: Option<Metric>,
}

#[derive(Serialize, ToSchema)]
#[schema(title = "Statistics")]
pub struct StatisticsAnswer {
    overall: Overall,
    /// Of the period before; only with `compare`, and where all of its calls could be read in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    previous: Option<Overall>,
    by_model: Vec<ModelTotal>,
    by_provider: Vec<ProviderTotal>,
    by_key: Vec<KeyTotal>,
    by_tag: Vec<TagTotal>,
    errors: Vec<ErrorTotal>,
    /// The calls that failed last.
    recent_errors: Vec<InvocationView>,
    /// Calls before it are not counted.
    covered_from: String,
}

pub async fn statistics(
    auth: Authenticated,
    state: Data<AppState>,
    request: HttpRequest,
) -> Result<Json<StatisticsAnswer>, Problem> {
    let mut params = Params::of(&request)?;
    let selected = filters::read(&mut params, &auth.caller, HOURS_OF_STATISTICS)?;
    let limit = params.number("limit", 1..=100)?.unwrap_or(10);
    let compare = params.flag("compare")?.unwrap_or(false);
    params.end()?;
    let time_range = match (&selected.filter.start_us, &selected.time_range) {
        (None, _) => Some(String::from("24h")),
        (_, time_range) => time_range.clone(),
    };
    let question = question(&selected)?;
    let log = state.recorder.log().clone();
    let read = move |connection: &mut Connection| {
        let found = report::statistics(connection, &log, &question, (limit, compare))?;
        Ok((found, recent_errors(connection, &question)?))
    };
    let (found, recent) = state.read(read).await?;
    Ok(Json(StatisticsAnswer {
        overall: Overall { time_range, ..found.overall },
        previous: found.previous,
        by_model: found.by_model,
        by_provider: found.by_provider,
        by_key: found.by_key,
        by_tag: found.by_tag,
        errors: found.errors,
        recent_errors: recent.into_iter().map(InvocationView::from).collect(),
        covered_from: found.covered_from,
    }))
}

fn recent_errors(
    connection: &mut Connection,
    question: &Question,
) -> Result<Vec<InvocationRow>, StoreError> {
    if question.filter.status.is_some_and(|status| status != Status::Error) {
        return Ok(Vec::new());
    }
    let filter = Filter {
        status: Some(Status::Error),
        start_us: Some(question.period.start_us),
        end_us: Some(question.period.end_us),
        ..question.filter.clone()
    };
    newest(connection, &filter, RECENT_ERRORS)
}

pub async fn time_series(
    auth: Authenticated,
    state: Data<AppState>,
    request: HttpRequest,
) -> Result<Json<Series>, Problem> {
    let mut params = Params::of(&request)?;
    let (question, division) = divided(&mut params, &auth)?;
    params.end()?;
    let log = state.recorder.log().clone();
    let read =
        move |connection: &mut Connection| report::series(connection, &log, &question, &division);
    Ok(Json(state.read(read).await?))
}

pub async fn grouped(
    auth: Authenticated,
    state: Data<AppState>,
    request: HttpRequest,
) -> Result<Json<GroupedSeries>, Problem> {
    let mut params = Params::of(&request)?;
    let (question, division) = divided(&mut params, &auth)?;
    let words = [
        ("model", GroupBy::Model),
        ("provider", GroupBy::Provider),
        ("key", GroupBy::Key),
        ("tag", GroupBy::Tag),
        ("error", GroupBy::Error),
    ];
    let by = params.word("group_by", &words)?.unwrap_or(GroupBy::Model);
    let limit: usize = params.number("limit", 1..=100)?.unwrap_or(8);
    params.end()?;
    if division.buckets.starts.len() * (limit + 1) > MAX_POINTS {
        let message = format!(
            "so many groups and buckets make more than {MAX_POINTS} points; take a shorter range, a \
             longer `granularity` or a lower `limit`"
        );
        return Err(bad("limit", message));
    }
    let log = state.recorder.log().clone();
    let read = move |connection: &mut Connection| {
        report::grouped(connection, &log, &question, &division, (by, limit))
    };
    Ok(Json(state.read(read).await?))
}

pub async fn histogram(
    auth: Authenticated,
    state: Data<AppState>,
    request: HttpRequest,
) -> Result<Json<Histogram>, Problem> {
    let mut params = Params::of(&request)?;
    let (question, division) = divided(&mut params, &auth)?;
    let words = [("duration", Metric::Duration), ("ttft", Metric::Ttft)];
    let metric = params.word("metric", &words)?.unwrap_or(Metric::Duration);
    params.end()?;
    let log = state.recorder.log().clone();
    let read = move |connection: &mut Connection| {
        report::histogram(connection, &log, &question, &division, metric)
    };
    Ok(Json(state.read(read).await?))
}

/// Filters and range, divided into buckets.
fn divided(params: &mut Params, auth: &Authenticated) -> Result<(Question, Division), Problem> {
    let selected = filters::read(params, &auth.caller, HOURS_OF_SERIES)?;
    let words = [
        ("auto", None),
        ("minute", Some(Granularity::Minute)),
        ("quarter", Some(Granularity::Quarter)),
        ("hour", Some(Granularity::Hour)),
        ("day", Some(Granularity::Day)),
        ("week", Some(Granularity::Week)),
        ("month", Some(Granularity::Month)),
    ];
    let granularity = params.word("granularity", &words)?.flatten();
    let question = question(&selected)?;
    let buckets = buckets(granularity, question.period, &selected.zone);
    let buckets = buckets.map_err(|refusal| bad("granularity", refusal.to_string()))?;
    let zone_name = selected.zone.iana_name().unwrap_or("UTC").to_owned();
    Ok((question, Division { buckets, zone: selected.zone, zone_name }))
}

/// The last 24 hours, where no range is given.
fn question(selected: &Selected) -> Result<Question, Problem> {
    let now_us = Timestamp::now().as_microsecond();
    let filter = selected.filter.clone();
    // Nothing has begun later than now, and whole minutes have sums.
    let end_us = filter.end_us.unwrap_or((now_us.div_euclid(MINUTE_US) + 1) * MINUTE_US);
    // The filter's end is the instant after the one that was given.
    let until_us = filter.end_us.map_or(now_us, |end| end.saturating_sub(1));
    let start_us = filter.start_us.unwrap_or(until_us.saturating_sub(DAY_US));
    if start_us > until_us {
        return Err(bad("start_time", String::from("`start_time` is in the future")));
    }
    let period = Period { start_us, end_us, until_us, now_us };
    Ok(Question { filter, period, time_limit: Some(TIME_LIMIT) })
}
