//! The dictionaries of calls, read whole: they have one row for each combination ever seen.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::database::{Connection, StoreError};
use super::schema::{callers, endpoints, errors, targets};

/// By the ids that rows and sums refer to; a higher id was seen later.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub targets: BTreeMap<i32, TargetName>,
    pub callers: BTreeMap<i32, CallerName>,
    pub errors: BTreeMap<i32, ErrorName>,
    pub endpoints: BTreeMap<i32, String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetName {
    pub provider_id: i32,
    pub provider_name: String,
    pub model_id: i32,
    pub model_name: String,
    pub tags: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerName {
    /// 0 for a caller without a key.
    pub api_key_id: i32,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorName {
    pub code: String,
    pub http_status: i32,
}

type TargetRow = (i32, i32, String, i32, String, String);

impl Names {
    /// # Errors
    /// SQLite's error.
    pub fn load(connection: &mut Connection) -> Result<Self, StoreError> {
        let errors: Vec<(i32, String, i32)> = errors::table.load(connection)?;
        let endpoints: Vec<(i32, String)> = endpoints::table.load(connection)?;
        let error = |(id, code, http_status)| (id, ErrorName { code, http_status });
        Ok(Self {
            targets: load_targets(connection)?,
            callers: load_callers(connection)?,
            errors: errors.into_iter().map(error).collect(),
            endpoints: endpoints.into_iter().collect(),
        })
    }
}

/// # Errors
/// SQLite's error.
pub fn load_targets(connection: &mut Connection) -> Result<BTreeMap<i32, TargetName>, StoreError> {
    let targets: Vec<TargetRow> = targets::table.load(connection)?;
    let target = |(id, provider_id, provider_name, model_id, model_name, tags): TargetRow| {
        let tags = tags.split(',').filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
        (id, TargetName { provider_id, provider_name, model_id, model_name, tags })
    };
    Ok(targets.into_iter().map(target).collect())
}

/// # Errors
/// SQLite's error.
pub fn load_callers(connection: &mut Connection) -> Result<BTreeMap<i32, CallerName>, StoreError> {
    let callers: Vec<(i32, i32, String)> = callers::table.load(connection)?;
    let caller = |(id, api_key_id, name)| (id, CallerName { api_key_id, name });
    Ok(callers.into_iter().map(caller).collect())
}
