//! Which ranges of which index hold the calls of a filter. A provider or a tag is its models, a key
//! one range, in which its models are told from others by the index alone; failures have an index
//! of their own. In each range calls stand by time, so that a page is a merge of their beginnings.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Nullable};

use super::cover::touched;
use super::filter::{Boxed, Filter, filtered};
use super::ids::{Errors, Keys, Targets};
use super::insert::status_code;
use crate::store::database::{Connection, StoreError};
use crate::store::request_ids;
use crate::store::schema::invocations;
use crate::store::sums::{Grain, View, calls_in_table};

/// The calls of more targets are not counted only to find out whether they are few.
const FEW_TARGETS: usize = 16;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Range {
    Time,
    /// Of a model, or of calls that reached none.
    Model(Option<i32>),
    /// Of a key, or of callers without one. Its index knows the model, too.
    Key(Option<i32>),
    /// Of a status other than success.
    Failures(i32),
    Request(Vec<u8>),
    /// Of a client's session.
    Session(Vec<u8>),
}

/// A filter with the ids that its names stand for.
#[derive(Debug)]
pub struct Plan {
    pub ranges: Vec<Range>,
    /// A range may hold calls that the filter does not want, and so a page may be far away.
    pub is_search: bool,
    pub start_us: i64,
    pub end_us: i64,
    /// What no index knows.
    rest: Filter,
    pub status: Option<i32>,
    pub targets: Option<Targets>,
    pub keys: Option<Keys>,
    pub errors: Option<Errors>,
}

impl Plan {
    /// # Errors
    /// SQLite's error.
    pub fn of(connection: &mut Connection, filter: &Filter) -> Result<Self, StoreError> {
        let targets = Targets::of(connection, filter)?;
        let keys = Keys::of(connection, filter)?;
        let errors = Errors::of(connection, filter)?;
        // An error stands for its status.
        let http_status = filter.http_status.filter(|_| filter.error_code.is_none());
        let rest = Filter {
            model_id: None,
            provider_id: None,
            model_name: None,
            provider_name: None,
            tag: None,
            status: None,
            error_code: None,
            http_status,
            api_key: None,
            api_key_id: None,
            only_key: None,
            request_id: None,
            session_id: filter.session_id.clone().filter(|_| filter.request_id.is_some()),
            start_us: None,
            end_us: None,
            ..filter.clone()
        };
        let mut plan = Self {
            ranges: Vec::new(),
            is_search: false,
            start_us: filter.start_us.unwrap_or(i64::MIN),
            end_us: filter.end_us.unwrap_or(i64::MAX),
            status: filter.status.map(status_code),
            rest,
            targets,
            keys,
            errors,
        };
        plan.ranges = plan.ranges_of(connection, filter)?;
        plan.is_search = plan.may_skip(filter);
        Ok(plan)
    }

    /// Whether it asks for nothing but targets, keys, an error, a status and a time, or for one call
    /// or session.
    pub fn is_plain(&self) -> bool {
        self.rest == Filter::default()
    }

    pub fn is_of_request(&self) -> bool {
        matches!(self.ranges.as_slice(), [Range::Request(_)])
    }

    pub fn is_of_session(&self) -> bool {
        matches!(self.ranges.as_slice(), [Range::Session(_)])
    }

    pub fn rest(&self) -> &Filter {
        &self.rest
    }

    /// The calls of a range that the filter wants, from one time up to and without another.
    pub fn within(&self, range: &Range, from_us: i64, to_us: i64) -> Boxed<'_> {
        let mut query = self.wanted(range);
        if from_us != i64::MIN {
            query = query.filter(invocations::started_at_us.ge(from_us));
        }
        if to_us != i64::MAX {
            query = query.filter(invocations::started_at_us.lt(to_us));
        }
        query
    }

    /// `+` keeps a column's own index out: the range has been chosen.
    fn wanted(&self, range: &Range) -> Boxed<'_> {
        let mut query = in_range(filtered(&self.rest), range);
        let (has_model, has_key, has_status) = match range {
            Range::Time | Range::Request(_) | Range::Session(_) => (false, false, false),
            Range::Model(_) => (true, false, false),
            Range::Key(_) => (false, true, false),
            Range::Failures(_) => (false, false, true),
        };
        if let Some(status) = self.status.filter(|_| !has_status) {
            query = query.filter(invocations::status.eq(status));
        }
        if let Some(targets) = &self.targets {
            if !has_model {
                let column = sql::<Nullable<Integer>>("+invocations.model_id");
                query = query.filter(column.eq_any(targets.models.iter().map(|id| Some(*id))));
            }
            if !targets.is_complete {
                let ids = targets.ids.iter().map(|id| Some(*id));
                query = query.filter(invocations::target_id.eq_any(ids));
            }
        }
        if let Some(keys) = &self.keys {
            if !has_key {
                let column = sql::<Nullable<Integer>>("+invocations.api_key_id");
                let ids = column.eq_any(keys.ids.iter().flatten().map(|id| Some(*id)));
                query = match keys.ids.contains(&None) {
                    true => query.filter(ids.or(sql::<Bool>("+invocations.api_key_id IS NULL"))),
                    false => query.filter(ids),
                };
            }
            if !keys.is_complete {
                query = query.filter(invocations::caller_id.eq_any(&keys.callers));
            }
        }
        if let Some(errors) = &self.errors {
            let ids = invocations::error_id.eq_any(errors.ids.iter().map(|id| Some(*id)));
            query = match errors.or_none {
                true => query.filter(ids.assume_not_null().or(invocations::error_id.is_null())),
                false => query.filter(ids),
            };
        }
        query
    }

    fn ranges_of(
        &self,
        connection: &mut Connection,
        filter: &Filter,
    ) -> Result<Vec<Range>, StoreError> {
        if let Some(id) = &filter.request_id {
            return Ok(vec![Range::Request(request_ids::to_bytes(id))]);
        }
        if let Some(id) = &filter.session_id {
            return Ok(vec![Range::Session(request_ids::to_bytes(id))]);
        }
        if let Some(statuses) = filter.failures() {
            return Ok(statuses.into_iter().map(Range::Failures).collect());
        }
        let of_models = |models: &[i32]| models.iter().map(|id| Range::Model(Some(*id))).collect();
        Ok(match (&self.targets, &self.keys) {
            (None, None) => vec![Range::Time],
            (Some(targets), None) => of_models(&targets.models),
            (Some(targets), Some(keys)) if self.has_rarer_models(connection, targets, keys)? => {
                of_models(&targets.models)
            }
            (_, Some(keys)) => keys.ids.iter().map(|id| Range::Key(*id)).collect(),
        })
    }

    /// Whether its models have fewer calls than its keys, as far as it is soon known.
    fn has_rarer_models(
        &self,
        connection: &mut Connection,
        targets: &Targets,
        keys: &Keys,
    ) -> Result<bool, StoreError> {
        if targets.ids.len() > FEW_TARGETS {
            return Ok(false);
        }
        let days = touched(Grain::Day, self.start_us, self.end_us);
        let mut calls = |view, ids: &[i32]| calls_in_table(connection, view, days, ids);
        Ok(calls(View::Target, &targets.ids)? < calls(View::Caller, &keys.callers)?)
    }

    fn may_skip(&self, filter: &Filter) -> bool {
        let is_of_failures = filter.failures().is_some();
        if filter.request_id.is_some() {
            return false;
        }
        if filter.session_id.is_some() {
            let is_narrowed = self.status.is_some()
                || self.errors.is_some()
                || self.keys.is_some()
                || self.targets.is_some();
            return is_narrowed || !self.is_plain();
        }
        !self.is_plain()
            || (self.status.is_some() || self.errors.is_some()) && !is_of_failures
            || self.keys.is_some() && self.targets.is_some()
            || self.targets.as_ref().is_some_and(|targets| !targets.is_complete)
            || self.keys.as_ref().is_some_and(|keys| !keys.is_complete)
    }
}

/// All calls of a range.
pub fn in_range<'a>(query: Boxed<'a>, range: &Range) -> Boxed<'a> {
    match range {
        Range::Time => query,
        Range::Model(model) => of_model(query, *model),
        Range::Key(Some(id)) => query.filter(invocations::api_key_id.eq(*id)),
        Range::Key(None) => query.filter(invocations::api_key_id.is_null()),
        // The index is for what is literally so.
        Range::Failures(status) => query
            .filter(invocations::status.eq(*status))
            .filter(sql::<Bool>("invocations.status <> 0")),
        Range::Request(id) => query.filter(invocations::request_id.eq(id.clone())),
        Range::Session(id) => query.filter(invocations::session_id.eq(id.clone())),
    }
}

fn of_model(query: Boxed<'_>, model: Option<i32>) -> Boxed<'_> {
    match model {
        Some(id) => query.filter(invocations::model_id.eq(id)),
        None => query.filter(invocations::model_id.is_null()),
    }
}
