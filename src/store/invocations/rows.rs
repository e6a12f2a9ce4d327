//! Rows one after the other, for figures that sums cannot tell.

use diesel::connection::DefaultLoadingMode;
use diesel::dsl::{max, min, sql};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Nullable};

use super::filter::{Filter, filtered};
use super::insert::status_code;
use crate::domain::invocation::Status;
use crate::store::database::{Connection, StoreError};
use crate::store::schema::invocations;
use crate::store::sums::{Added, CallRow};

/// By which index rows are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By<'a> {
    Time,
    /// These models.
    Models(&'a [i32]),
    /// These keys. The index by key knows the model, too.
    Keys(&'a [i32]),
    /// Calls that did not succeed; where keys or models are given, theirs, which the index knows.
    /// The session that the filter asks for.
    Session,
    Failures {
        keys: Option<&'a [i32]>,
        models: Option<&'a [i32]>,
    },
}

/// Shows the calls that a filter takes and that began in `start_us..end_us`, in no order.
///
/// # Errors
/// SQLite's error.
pub fn each(
    connection: &mut Connection,
    filter: &Filter,
    by: By<'_>,
    (start_us, end_us): (i64, i64),
    mut visit: impl FnMut(&Added),
) -> Result<(), StoreError> {
    let model_id = filter.model_id.filter(|_| matches!(by, By::Keys(_) | By::Session));
    let keys = [filter.api_key_id, filter.only_key].map(|id| id.filter(|_| by == By::Session));
    // An index by model is for no other way than this one, nor is one by key.
    let is_known = matches!(by, By::Keys(_) | By::Session | By::Failures { models: Some(_), .. });
    let filter = Filter {
        model_id: filter.model_id.filter(|_| !is_known),
        api_key_id: filter.api_key_id.filter(|_| by != By::Session),
        only_key: filter.only_key.filter(|_| by != By::Session),
        start_us: Some(start_us),
        end_us: Some(end_us),
        ..filter.clone()
    };
    let query = || filtered(&filter);
    let query = match by {
        By::Time => query(),
        By::Models(models) => query().filter(invocations::model_id.eq_any(models)),
        By::Keys(keys) => {
            let of_keys = query().filter(invocations::api_key_id.eq_any(keys.to_vec()));
            // The sign keeps the index by model out, which knows nothing of keys.
            let model = sql::<Nullable<Integer>>("+invocations.model_id");
            match model_id {
                Some(id) => of_keys.filter(model.eq(id)),
                None => of_keys,
            }
        }
        By::Session => {
            let mut of_session = query();
            if let Some(id) = model_id {
                let model = sql::<Nullable<Integer>>("+invocations.model_id");
                of_session = of_session.filter(model.eq(id));
            }
            for id in keys.into_iter().flatten() {
                let key = sql::<Integer>("+coalesce(invocations.api_key_id, 0)");
                of_session = of_session.filter(key.eq(id));
            }
            of_session
        }
        By::Failures { keys, models } => {
            // As the index says it, so that it can be used.
            let failed = "invocations.status <> 0 AND invocations.status IN (1, 2)";
            let failures = query().filter(sql::<Bool>(failed));
            // The signs keep the indexes by key and by model out, which know nothing of failures.
            let key = sql::<Nullable<Integer>>("+invocations.api_key_id");
            let model = sql::<Nullable<Integer>>("+invocations.model_id");
            let failures = match keys {
                Some(keys) => failures.filter(key.eq_any(keys)),
                None => failures,
            };
            match models {
                Some(models) => failures.filter(model.eq_any(models)),
                None => failures,
            }
        }
    };
    let rows = query.select(CallRow::as_select());
    for row in rows.load_iter::<CallRow, DefaultLoadingMode>(connection)? {
        visit(&row?.added());
    }
    Ok(())
}

/// Shows id, time and error of the calls that failed with an error and began in `start_us..end_us`,
/// of these keys and models, where they are given. Only the index of failures is read.
///
/// # Errors
/// SQLite's error.
pub fn each_error(
    connection: &mut Connection,
    (keys, models): (Option<&[i32]>, Option<&[i32]>),
    (start_us, end_us): (i64, i64),
    mut visit: impl FnMut((i64, i64, i32)),
) -> Result<(), StoreError> {
    // As the index says it, so that it can be used; the signs keep the others out.
    let failed = sql::<Bool>("invocations.status <> 0");
    let mut query = invocations::table
        .filter(failed)
        .filter(invocations::status.eq(status_code(Status::Error)))
        .filter(invocations::started_at_us.ge(start_us))
        .filter(invocations::started_at_us.lt(end_us))
        .into_boxed();
    if let Some(keys) = keys {
        query = query.filter(sql::<Nullable<Integer>>("+invocations.api_key_id").eq_any(keys));
    }
    if let Some(models) = models {
        query = query.filter(sql::<Nullable<Integer>>("+invocations.model_id").eq_any(models));
    }
    let columns = (invocations::id, invocations::started_at_us, invocations::error_id);
    let rows = query.select(columns);
    for row in rows.load_iter::<(i64, i64, Option<i32>), DefaultLoadingMode>(connection)? {
        let (id, at_us, error) = row?;
        if let Some(error) = error {
            visit((id, at_us, error));
        }
    }
    Ok(())
}

/// About how many calls there are, and when the first and the last of them began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    pub calls: i64,
    pub first_us: i64,
    pub last_us: i64,
}

/// # Errors
/// SQLite's error.
pub fn extent(connection: &mut Connection) -> Result<Extent, StoreError> {
    // Each alone: SQLite finds one end of an index at a time.
    let first_id: Option<i64> =
        invocations::table.select(min(invocations::id)).get_result(connection)?;
    let last_id: Option<i64> =
        invocations::table.select(max(invocations::id)).get_result(connection)?;
    let at = invocations::started_at_us;
    let first_us: Option<i64> = invocations::table.select(min(at)).get_result(connection)?;
    let last_us: Option<i64> = invocations::table.select(max(at)).get_result(connection)?;
    let (Some(first_id), Some(last_id), Some(first_us), Some(last_us)) =
        (first_id, last_id, first_us, last_us)
    else {
        return Ok(Extent::default());
    };
    Ok(Extent { calls: last_id - first_id + 1, first_us, last_us })
}
