//! Calls in the order in which they came to the disk.

use diesel::prelude::*;

use super::list::{InvocationRow, with_names};
use crate::store::database::{Connection, StoreError};
use crate::store::schema::invocations;

/// The calls with higher ids than `after`, in the order of their ids, at most `limit`.
///
/// # Errors
/// SQLite's error.
pub fn list_after(
    connection: &mut Connection,
    after: i64,
    limit: i64,
) -> Result<Vec<InvocationRow>, StoreError> {
    let ids: Vec<i64> = invocations::table
        .filter(invocations::id.gt(after))
        .order(invocations::id.asc())
        .limit(limit)
        .select(invocations::id)
        .load(connection)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    with_names(connection, &ids)
}
