//! Which calls a list, a sum, an export or a live stream wants.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Binary;
use diesel::sqlite::Sqlite;

use super::{FLAG_STREAM, insert::status_code};
use crate::domain::invocation::Status;
use crate::store::names::{CallerName, TargetName};
use crate::store::request_ids;
use crate::store::schema::{callers, endpoints, errors, invocation_texts, invocations, targets};

/// All that is set must hold. Times are microseconds; the end is exclusive.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    pub model_id: Option<i32>,
    pub provider_id: Option<i32>,
    pub model_name: Option<String>,
    pub provider_name: Option<String>,
    pub tag: Option<String>,
    pub status: Option<Status>,
    pub error_code: Option<String>,
    pub http_status: Option<i32>,
    /// A key by its name.
    pub api_key: Option<String>,
    /// 0: callers without a key.
    pub api_key_id: Option<i32>,
    /// The one key whose calls the caller may see.
    pub only_key: Option<i32>,
    pub endpoint: Option<String>,
    pub is_stream: Option<bool>,
    pub request_id: Option<String>,
    pub session_id: Option<String>,
    pub min_duration_us: Option<i64>,
    pub min_cost_nano_usd: Option<i64>,
    pub min_attempts: Option<i32>,
    /// Only calls that took tokens at an unknown price, or none of them.
    pub unpriced: Option<bool>,
    /// Part of the error, of the beginnings of prompt and answer, or of the requested model; or a
    /// whole request id.
    pub text: Option<String>,
    pub start_us: Option<i64>,
    pub end_us: Option<i64>,
}

const STATUSES: [Status; 3] = [Status::Success, Status::Error, Status::Cancelled];

/// What the number in a row's `status` stands for.
pub fn status_name(code: i32) -> &'static str {
    let status = STATUSES.into_iter().find(|status| status_code(*status) == code);
    status.map(Status::as_str).unwrap_or_default()
}

/// The status of this name.
pub fn status_named(name: &str) -> Option<Status> {
    STATUSES.into_iter().find(|status| status.as_str() == name)
}

impl Filter {
    /// Whether it asks for a target by more than its model's id.
    pub fn is_of_targets(&self) -> bool {
        self.provider_id.is_some()
            || self.model_name.is_some()
            || self.provider_name.is_some()
            || self.tag.is_some()
    }

    /// Whether it wants calls to this target, as far as names and ids go. Letters of a tag may be
    /// in either case, as in a query for models.
    pub fn wants_target(&self, target: &TargetName) -> bool {
        let has_tag =
            |tag: &String| target.tags.iter().any(|known| known.eq_ignore_ascii_case(tag));
        self.model_id.is_none_or(|id| id == target.model_id)
            && self.provider_id.is_none_or(|id| id == target.provider_id)
            && self.model_name.as_ref().is_none_or(|name| *name == target.model_name)
            && self.provider_name.as_ref().is_none_or(|name| *name == target.provider_name)
            && self.tag.as_ref().is_none_or(has_tag)
    }

    /// Whether it wants calls of this caller.
    pub fn wants_caller(&self, caller: &CallerName) -> bool {
        [self.api_key_id, self.only_key].into_iter().flatten().all(|id| id == caller.api_key_id)
            && self.api_key.as_ref().is_none_or(|name| *name == caller.name)
    }

    /// The statuses of failures that it asks for; `None` where it asks for calls of any kind.
    pub fn failures(&self) -> Option<Vec<i32>> {
        match self.status {
            Some(Status::Success) => None,
            Some(status @ (Status::Error | Status::Cancelled)) => Some(vec![status_code(status)]),
            // A success has no error, and no status of one.
            None if self.error_code.is_some()
                || self.http_status.is_some_and(|status| status >= 400) =>
            {
                Some(vec![status_code(Status::Error), status_code(Status::Cancelled)])
            }
            None => None,
        }
    }
}

pub type Boxed<'a> = invocations::BoxedQuery<'a, Sqlite>;

pub fn filtered(filter: &Filter) -> Boxed<'_> {
    let mut query = invocations::table.into_boxed();
    if let Some(id) = filter.model_id {
        query = query.filter(invocations::model_id.eq(id));
    }
    if filter.is_of_targets() {
        query = query.filter(invocations::target_id.eq_any(target_ids(filter)));
    }
    if let Some(status) = filter.status {
        query = query.filter(invocations::status.eq(status_code(status)));
    }
    if let Some(code) = &filter.error_code {
        let of_code = errors::table.filter(errors::code.eq(code)).select(errors::id.nullable());
        query = query.filter(invocations::error_id.eq_any(of_code));
    }
    if let Some(status) = filter.http_status {
        query = query.filter(invocations::http_status.eq(status));
    }
    if let Some(key) = &filter.api_key {
        let callers = callers::table.filter(callers::name.eq(key)).select(callers::id);
        query = query.filter(invocations::caller_id.eq_any(callers));
    }
    for id in [filter.api_key_id, filter.only_key].into_iter().flatten() {
        query = match id {
            0 => query.filter(invocations::api_key_id.is_null()),
            id => query.filter(invocations::api_key_id.eq(id)),
        };
    }
    if let Some(name) = &filter.endpoint {
        let endpoints = endpoints::table.filter(endpoints::name.eq(name)).select(endpoints::id);
        query = query.filter(invocations::endpoint_id.eq_any(endpoints));
    }
    if let Some(is_stream) = filter.is_stream {
        let flag = diesel::dsl::sql::<diesel::sql_types::Integer>("(invocations.flags & 1)");
        query = query.filter(flag.eq(if is_stream { FLAG_STREAM } else { 0 }));
    }
    if let Some(id) = &filter.request_id {
        query = query.filter(invocations::request_id.eq(request_ids::to_bytes(id)));
    }
    if let Some(id) = &filter.session_id {
        query = query.filter(invocations::session_id.eq(request_ids::to_bytes(id)));
    }
    if let Some(duration) = filter.min_duration_us {
        query = query.filter(invocations::duration_us.ge(duration));
    }
    if let Some(cost) = filter.min_cost_nano_usd {
        query = query.filter(invocations::cost_nano_usd.ge(cost));
    }
    if let Some(attempts) = filter.min_attempts {
        query = query.filter(invocations::attempts.ge(attempts));
    }
    if let Some(unpriced) = filter.unpriced {
        let is_unpriced = invocations::cost_nano_usd.is_null().and(
            invocations::total_tokens
                .is_not_null()
                .or(invocations::status.eq(status_code(Status::Success))),
        );
        query = match unpriced {
            true => query.filter(is_unpriced),
            false => query.filter(diesel::dsl::not(is_unpriced)),
        };
    }
    if let Some(text) = &filter.text {
        query = containing(query, text);
    }
    if let Some(start) = filter.start_us {
        query = query.filter(invocations::started_at_us.ge(start));
    }
    if let Some(end) = filter.end_us {
        query = query.filter(invocations::started_at_us.lt(end));
    }
    query
}

fn target_ids(
    filter: &Filter,
) -> targets::BoxedQuery<'_, Sqlite, diesel::sql_types::Nullable<diesel::sql_types::Integer>> {
    let mut query = targets::table.select(targets::id.nullable()).into_boxed();
    if let Some(id) = filter.provider_id {
        query = query.filter(targets::provider_id.eq(id));
    }
    if let Some(name) = &filter.model_name {
        query = query.filter(targets::model_name.eq(name));
    }
    if let Some(name) = &filter.provider_name {
        query = query.filter(targets::provider_name.eq(name));
    }
    if let Some(tag) = &filter.tag {
        query = query.filter(targets::tags.like(format!("%,{},%", escaped(tag))).escape('\\'));
    }
    query
}

fn containing<'a>(query: Boxed<'a>, text: &'a str) -> Boxed<'a> {
    let pattern = format!("%{}%", escaped(text));
    // Call by call: the texts of all calls at once would be read whole.
    let texts =
        invocation_texts::table.filter(invocation_texts::invocation_id.eq(invocations::id)).filter(
            invocation_texts::error_message
                .assume_not_null()
                .like(pattern.clone())
                .escape('\\')
                .or(invocation_texts::prompt.assume_not_null().like(pattern.clone()).escape('\\'))
                .or(invocation_texts::answer.assume_not_null().like(pattern.clone()).escape('\\')),
        );
    let named = targets::table.filter(targets::model_name.like(pattern.clone()).escape('\\'));
    query.filter(
        diesel::dsl::exists(texts.select(invocation_texts::invocation_id))
            .or(invocations::requested.assume_not_null().like(pattern).escape('\\'))
            .or(invocations::requested
                .is_null()
                .and(invocations::target_id.assume_not_null().eq_any(named.select(targets::id))))
            .or(sql::<Binary>("+invocations.request_id").eq(request_ids::to_bytes(text))),
    )
}

/// Escapes the wildcards of `LIKE`.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
