//! The filters that lists, statistics, series, exports and live streams of calls share.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use utoipa::IntoParams;

use super::params::{Params, bad};
use crate::auth::Caller;
use crate::domain::invocation::Status;
use crate::http::problem::Problem;
use crate::store::invocations::Filter;

/// A longer text is no search.
const MAX_TEXT: usize = 500;
const MAX_DAYS: i64 = 366;
const DAY_US: i64 = 86_400_000_000;
const HOUR_US: i64 = 3_600_000_000;

/// As the document describes them; [`read`] reads them.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes")]
pub struct FilterParams {
    model_id: Option<i32>,
    provider_id: Option<i32>,
    model_name: Option<String>,
    provider_name: Option<String>,
    tag: Option<String>,
    /// `success`, `error` or `cancelled`.
    status: Option<String>,
    error_code: Option<String>,
    http_status: Option<i32>,
    /// A key's id, or its name; `0` for callers without a key.
    api_key_id: Option<String>,
    endpoint: Option<String>,
    is_stream: Option<bool>,
    request_id: Option<String>,
    /// The client's name for a session; all of it.
    session_id: Option<String>,
    min_duration_ms: Option<f64>,
    /// Dollars.
    min_cost: Option<f64>,
    min_attempts: Option<i32>,
    /// Calls that took tokens at an unknown price.
    unpriced: Option<bool>,
    /// A part of the error, of prompt or answer as lists show them, or of the model asked for; or a
    /// whole request id.
    q: Option<String>,
    #[param(format = DateTime)]
    start_time: Option<String>,
    #[param(format = DateTime)]
    end_time: Option<String>,
    /// `15m`, `24h`, `7d`, at most `366d`; in place of `start_time`.
    time_range: Option<String>,
    /// The same in hours.
    time_range_hours: Option<i64>,
    /// An IANA name; UTC where absent.
    time_zone: Option<String>,
}

/// Which calls, and when.
pub struct Selected {
    pub filter: Filter,
    pub zone: TimeZone,
    /// As `time_range` was written, or `24h` for hours; absent for other ranges.
    pub time_range: Option<String>,
}

/// `hours`: what `time_range_hours` may be.
///
/// # Errors
/// When a parameter cannot be understood or is out of bounds.
pub fn read(
    params: &mut Params,
    caller: &Caller,
    hours: RangeInclusive<i64>,
) -> Result<Selected, Problem> {
    let key = params.filter("api_key_id")?;
    let key_id = key.as_ref().and_then(|text| text.parse().ok());
    let text = params.filter("q")?;
    if text.as_ref().is_some_and(|text| text.len() > MAX_TEXT) {
        return Err(bad("q", format!("`q` may have at most {MAX_TEXT} bytes")));
    }
    let (start_us, end_us, time_range) = range(params, hours)?;
    let filter = Filter {
        model_id: params.number("model_id", 0..=i32::MAX)?,
        provider_id: params.number("provider_id", 0..=i32::MAX)?,
        model_name: params.filter("model_name")?,
        provider_name: params.filter("provider_name")?,
        tag: params.filter("tag")?,
        status: params.word(
            "status",
            &[
                ("success", Status::Success),
                ("error", Status::Error),
                ("cancelled", Status::Cancelled),
            ],
        )?,
        error_code: params.filter("error_code")?,
        http_status: params.number("http_status", 0..=999)?,
        api_key: key.filter(|_| key_id.is_none()),
        api_key_id: key_id,
        only_key: caller.sees_only().map(|id| id.0),
        endpoint: params.filter("endpoint")?,
        is_stream: params.flag("is_stream")?,
        request_id: params.filter("request_id")?,
        session_id: params.filter("session_id")?,
        min_duration_us: params.number("min_duration_ms", 0.0..=1e12)?.map(|ms| scaled(ms, 1e3)),
        min_cost_nano_usd: params.number("min_cost", 0.0..=1e9)?.map(|cost| scaled(cost, 1e9)),
        min_attempts: params.number("min_attempts", 0..=1000)?,
        unpriced: params.flag("unpriced")?,
        text,
        start_us,
        end_us,
    };
    Ok(Selected { filter, zone: zone(params)?, time_range })
}

#[expect(clippy::cast_possible_truncation, reason = "bounded by what is accepted")]
fn scaled(value: f64, by: f64) -> i64 {
    (value * by).round() as i64
}

fn zone(params: &mut Params) -> Result<TimeZone, Problem> {
    let Some(name) = params.text("time_zone")? else { return Ok(TimeZone::UTC) };
    TimeZone::get(&name).map_err(|_| {
        bad("time_zone", format!("`{name}` is no time zone; an example is `Asia/Shanghai`"))
    })
}

type Bounds = (Option<i64>, Option<i64>, Option<String>);

fn range(params: &mut Params, allowed: RangeInclusive<i64>) -> Result<Bounds, Problem> {
    let start = time("start_time", params.text("start_time")?)?;
    // A call that began at `end_time` is within the range.
    let end = time("end_time", params.text("end_time")?)?.map(|end| end.saturating_add(1));
    let named = params.text("time_range")?;
    let hours = params.number("time_range_hours", allowed)?;
    if let (Some(start), Some(end)) = (start, end)
        && start > end
    {
        return Err(bad("end_time", String::from("`end_time` is before `start_time`")));
    }
    let (length_us, named) = match (named, hours) {
        (Some(_), Some(_)) => {
            let message = "`time_range` and `time_range_hours` exclude each other";
            return Err(bad("time_range_hours", String::from(message)));
        }
        (Some(named), None) => (Some(length(&named)?), Some(named)),
        (None, Some(hours)) => (Some(hours * HOUR_US), Some(format!("{hours}h"))),
        (None, None) => (None, None),
    };
    let Some(length_us) = length_us else { return Ok((start, end, None)) };
    if start.is_some() {
        let message = "`start_time` and a time range exclude each other";
        return Err(bad("start_time", String::from(message)));
    }
    let until = end.unwrap_or_else(|| Timestamp::now().as_microsecond());
    Ok((Some(until.saturating_sub(length_us)), end, named))
}

/// `15m`, `24h`, `7d`.
fn length(text: &str) -> Result<i64, Problem> {
    let unit_us = match text.chars().last() {
        Some('m') => 60_000_000,
        Some('h') => HOUR_US,
        Some('d') => DAY_US,
        _ => 0,
    };
    let number = text.get(..text.len().saturating_sub(1)).unwrap_or_default();
    let is_digits = number.bytes().all(|byte| byte.is_ascii_digit());
    let length = number.parse::<i64>().ok().filter(|_| is_digits);
    let length = length.and_then(|number| number.checked_mul(unit_us));
    length.filter(|length| (1..=MAX_DAYS * DAY_US).contains(length)).ok_or_else(|| {
        let message =
            format!("`time_range` must be like 15m, 24h or 7d, at most 366d, not `{text}`");
        bad("time_range", message)
    })
}

/// # Errors
/// When it is no time of RFC 3339.
pub fn time(name: &str, text: Option<String>) -> Result<Option<i64>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let parsed: Result<Timestamp, _> = text.parse();
    let timestamp = parsed.map_err(|_| {
        bad(name, format!("`{name}` must be a time like 2026-11-23T10:00:00Z, not `{text}`"))
    })?;
    Ok(Some(timestamp.as_microsecond()))
}
