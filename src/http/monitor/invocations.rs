//! `/monitor/invocations`: the call log, page by page.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::web::{Data, Json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::cursor::Cursor;
use super::filters;
use super::invocation_view::InvocationView;
use super::params::{Params, bad};
use crate::domain::times::rfc3339;
use crate::http::app_state::AppState;
use crate::http::middleware::caller::Authenticated;
use crate::http::problem::Problem;
use crate::store::Connection;
use crate::store::invocations::{Budget, OrderBy, Page, page as read_page};

const MAX_LIMIT: i64 = 1000;
const MAX_HOURS: i64 = 366 * 24;

/// The largest offset into a list by size, whose beginning is sorted anew for each page.
const MAX_RANKED_OFFSET: i64 = 10_000;

/// How long a search may take before it answers with what it has found.
const SEARCH: Duration = Duration::from_millis(150);

/// As the document describes them, beside the filters.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes")]
pub struct PageParams {
    /// 100 where absent, at most 1000.
    limit: Option<i64>,
    /// At most 10,000 in a list that is not by time.
    offset: Option<i64>,
    /// The `next_cursor` of the page before, with the same other parameters and no `offset`.
    cursor: Option<String>,
    /// Calls without such a value come last; of equal ones, the newest is first where `order_desc`.
    #[param(inline)]
    order_by: Option<OrderBy>,
    /// True where absent.
    order_desc: Option<bool>,
}

#[derive(Serialize, ToSchema)]
pub struct InvocationList {
    items: Vec<InvocationView>,
    total: i64,
    /// Where it is false, there may be more.
    total_is_exact: bool,
    limit: i64,
    offset: i64,
    /// What to send as `cursor` for the next page; `null` at the end.
    next_cursor: Option<String>,
    /// Where a search took too long and was broken off: how far back it came. The page may hold
    /// fewer items than there are, and `next_cursor` goes on from there.
    searched_to: Option<String>,
}

pub async fn list(
    auth: Authenticated,
    state: Data<AppState>,
    request: HttpRequest,
) -> Result<Json<InvocationList>, Problem> {
    let mut params = Params::of(&request)?;
    let query = params.hash_without(&["cursor", "limit", "offset"]);
    let cursor = params.text("cursor")?;
    let mut filter = filters::read(&mut params, &auth.caller, 1..=MAX_HOURS)?.filter;
    let mut page = page(&mut params)?;
    params.end()?;
    if let Some(text) = cursor {
        if page.offset != 0 {
            let message = "`cursor` and `offset` exclude each other";
            return Err(bad("offset", String::from(message)));
        }
        let cursor = Cursor::read(&text, query)?;
        (filter.start_us, filter.end_us) = (cursor.start_us, cursor.end_us);
        page.after = Some(cursor.after);
    }
    let (start_us, end_us) = (filter.start_us, filter.end_us);
    let budget = Budget::from_now(state.clock, SEARCH);
    let log = state.recorder.log().clone();
    let read =
        move |connection: &mut Connection| read_page(connection, &log, &filter, page, &budget);
    let found = state.read(read).await?;
    let is_by_time = page.order_by == OrderBy::StartedAt;
    let next = found.next.map(|after| Cursor {
        query,
        // The next page of a list by size is about the same calls.
        start_us: found.searched_to_us.filter(|_| !is_by_time).or(start_us),
        end_us,
        after,
    });
    Ok(Json(InvocationList {
        items: found.rows.into_iter().map(InvocationView::from).collect(),
        total: found.total.calls,
        total_is_exact: found.total.is_exact,
        limit: page.limit,
        offset: page.offset,
        next_cursor: next.map(Cursor::to_text),
        searched_to: found.searched_to_us.map(rfc3339),
    }))
}

/// A number beyond its bounds becomes the next that is allowed.
fn page(params: &mut Params) -> Result<Page, Problem> {
    let limit = params.number("limit", i64::MIN..=i64::MAX)?.unwrap_or(100);
    let offset = params.number("offset", i64::MIN..=i64::MAX)?.unwrap_or(0);
    let orders = [
        ("started_at", OrderBy::StartedAt),
        ("duration_ms", OrderBy::DurationMs),
        ("total_tokens", OrderBy::TotalTokens),
        ("cost", OrderBy::Cost),
    ];
    let page = Page {
        limit: limit.clamp(1, MAX_LIMIT),
        offset: offset.max(0),
        order_by: params.word("order_by", &orders)?.unwrap_or_default(),
        is_descending: params.flag("order_desc")?.unwrap_or(true),
        after: None,
    };
    if page.order_by != OrderBy::StartedAt && page.offset > MAX_RANKED_OFFSET {
        let message = format!(
            "`offset` may be at most {MAX_RANKED_OFFSET} in a list that is not by time; go on with \
             `cursor`, or narrow the list"
        );
        return Err(bad("offset", message));
    }
    Ok(page)
}
