//! The ids that the names of a filter stand for: few rows, whatever the number of calls.

use std::collections::HashMap;

use diesel::prelude::*;

use super::filter::Filter;
use crate::store::database::{Connection, StoreError};
use crate::store::names::{load_callers, load_targets};
use crate::store::schema::{callers, errors, targets};

#[derive(Debug)]
pub struct Targets {
    pub ids: Vec<i32>,
    pub models: Vec<i32>,
    /// All targets of these models are wanted.
    pub is_complete: bool,
}

#[derive(Debug)]
pub struct Keys {
    /// `None` for callers without a key.
    pub ids: Vec<Option<i32>>,
    pub callers: Vec<i32>,
    /// All callers of these keys are wanted.
    pub is_complete: bool,
}

#[derive(Debug)]
pub struct Errors {
    pub ids: Vec<i32>,
    /// A call without an error may be wanted too: one whose client left.
    pub or_none: bool,
}

impl Targets {
    /// `None` where it asks for none.
    ///
    /// # Errors
    /// SQLite's error.
    pub fn of(connection: &mut Connection, filter: &Filter) -> Result<Option<Self>, StoreError> {
        if filter.model_id.is_none() && !filter.is_of_targets() {
            return Ok(None);
        }
        let all = load_targets(connection)?;
        let wanted: Vec<_> = all.iter().filter(|(_, target)| filter.wants_target(target)).collect();
        let models = sorted(wanted.iter().map(|(_, target)| target.model_id));
        let of_models =
            all.values().filter(|target| models.binary_search(&target.model_id).is_ok());
        let is_complete = of_models.count() == wanted.len();
        let ids = wanted.into_iter().map(|(id, _)| *id).collect();
        Ok(Some(Self { ids, models, is_complete }))
    }
}

impl Keys {
    /// `None` where it asks for none.
    ///
    /// # Errors
    /// SQLite's error.
    pub fn of(connection: &mut Connection, filter: &Filter) -> Result<Option<Self>, StoreError> {
        let Filter { api_key, api_key_id, only_key, .. } = filter;
        if api_key.is_none() && api_key_id.is_none() && only_key.is_none() {
            return Ok(None);
        }
        let all = load_callers(connection)?;
        let wanted: Vec<_> = all.iter().filter(|(_, caller)| filter.wants_caller(caller)).collect();
        let keys = sorted(wanted.iter().map(|(_, caller)| caller.api_key_id));
        let of_keys = all.values().filter(|caller| keys.binary_search(&caller.api_key_id).is_ok());
        let is_complete = of_keys.count() == wanted.len();
        let ids = keys.into_iter().map(known).collect();
        let callers = wanted.into_iter().map(|(id, _)| *id).collect();
        Ok(Some(Self { ids, callers, is_complete }))
    }
}

impl Errors {
    /// `None` where it asks for none.
    ///
    /// # Errors
    /// SQLite's error.
    pub fn of(connection: &mut Connection, filter: &Filter) -> Result<Option<Self>, StoreError> {
        let status = filter.http_status.filter(|_| filter.failures().is_some());
        if filter.error_code.is_none() && status.is_none() {
            return Ok(None);
        }
        let mut query = errors::table.select(errors::id).into_boxed();
        if let Some(code) = &filter.error_code {
            query = query.filter(errors::code.eq(code));
        }
        if let Some(status) = filter.http_status {
            query = query.filter(errors::http_status.eq(status));
        }
        Ok(Some(Self { ids: query.load(connection)?, or_none: filter.error_code.is_none() }))
    }
}

/// The model of each target.
///
/// # Errors
/// SQLite's error.
pub fn models_of_targets(connection: &mut Connection) -> Result<HashMap<i32, i32>, StoreError> {
    let pairs: Vec<(i32, i32)> =
        targets::table.select((targets::id, targets::model_id)).load(connection)?;
    Ok(pairs.into_iter().collect())
}

/// The key of each caller, `None` of one without.
///
/// # Errors
/// SQLite's error.
pub fn keys_of_callers(
    connection: &mut Connection,
) -> Result<HashMap<i32, Option<i32>>, StoreError> {
    let pairs: Vec<(i32, i32)> =
        callers::table.select((callers::id, callers::api_key_id)).load(connection)?;
    Ok(pairs.into_iter().map(|(caller, key)| (caller, known(key))).collect())
}

/// 0 stands for no key.
fn known(key: i32) -> Option<i32> {
    (key != 0).then_some(key)
}

fn sorted(ids: impl Iterator<Item = i32>) -> Vec<i32> {
    let mut ids: Vec<i32> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
