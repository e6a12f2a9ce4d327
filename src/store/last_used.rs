//! When each key was last used, by the calls that are recorded.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};

use super::database::{Connection, StoreError};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Integer)]
    key: i32,
    #[diesel(sql_type = BigInt)]
    at_us: i64,
}

/// The beginning of each key's newest call, by the key's id: one step into the index for each key,
/// however many calls there are.
///
/// # Errors
/// SQLite's error.
pub fn last_used(connection: &mut Connection) -> Result<HashMap<i32, i64>, StoreError> {
    let newest = "SELECT key, at_us FROM (SELECT k.id AS key, ( \
        SELECT MAX(i.started_at_us) FROM invocations i WHERE i.api_key_id = k.id) AS at_us \
        FROM api_keys k) WHERE at_us IS NOT NULL";
    let rows: Vec<Row> = diesel::sql_query(newest).load(connection)?;
    Ok(rows.into_iter().map(|row| (row.key, row.at_us)).collect())
}
