//! `GET /monitor/live`: what happens, as server-sent events. Each call that ended comes once, in
//! the order of the ids, from the table of calls; one who was away goes on from the last id it got.

mod frames;
pub mod places;
mod running;
pub mod sockets;
mod subscriber;

use std::convert::Infallible;
use std::sync::atomic::Ordering;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::unfold;
use serde::Deserialize;
use utoipa::IntoParams;

pub use frames::{Behind, Hello, Tick};

use crate::domain::failure::Failure;
use crate::http::app_state::AppState;
use crate::http::middleware::caller::Authenticated;
use crate::http::monitor::filters;
use crate::http::monitor::params::{Params, bad};
use crate::http::problem::Problem;
use sockets::Line;
use subscriber::Subscriber;

const MAX_HOURS: i64 = 366 * 24;
const LAST_EVENT_ID: &str = "last-event-id";

/// As the document describes it, beside the filters.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes")]
pub struct AfterParams {
    /// The last id that the client got; the calls after it come first.
    #[param(minimum = 0)]
    after: Option<i64>,
}

pub async fn live(
    auth: Authenticated,
    state: Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let mut params = Params::of(&request)?;
    let filter = filters::read(&mut params, &auth.caller, 1..=MAX_HOURS)?.filter;
    let after = params.number("after", 0..=i64::MAX)?;
    params.end()?;
    // A client that connects again sends the first address with a newer id in its header.
    let after = last_event_id(request.headers())?.or(after);
    if state.is_stopping.load(Ordering::Relaxed) {
        return Err(Failure::ShuttingDown.into());
    }
    let place = state.live.place(!auth.caller.is_admin(), Line::of(&request))?;
    let highest = state.live.feed.highest().await?;
    let subscriber = Subscriber::new(state, auth.caller, (filter, place), (after, highest));
    let body = unfold(subscriber, |mut subscriber| async move {
        let bytes = subscriber.next().await?;
        Some((Ok::<_, Infallible>(bytes), subscriber))
    });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(body))
}

/// An empty header is none: a client that has got no id yet may send it.
fn last_event_id(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let mut sent = headers.get_all(LAST_EVENT_ID);
    let Some(value) = sent.next() else { return Ok(None) };
    let id = value.to_str().ok().filter(|_| sent.next().is_none()).map(str::trim);
    if id == Some("") {
        return Ok(None);
    }
    let id = id.filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
    let id = id.and_then(|id| id.parse().ok());
    id.map(Some).ok_or_else(|| {
        let message = "the header `last-event-id` must be the id of an event of this stream";
        bad(LAST_EVENT_ID, String::from(message))
    })
}
