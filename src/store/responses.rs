//! Rows of `responses`: what a later request of OpenAI's Responses may go on from.

use diesel::prelude::*;

use super::database::{Connection, StoreError};
use super::schema::{response_items, responses};

/// Rows that are deleted at once for their age.
const SLICE: i64 = 100;

/// Rows of items in one statement.
const ROWS_AT_ONCE: usize = 500;

/// `api_key_id`: 0 for a caller without a key.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = responses, treat_none_as_default_value = false)]
pub struct ResponseRow {
    pub api_key_id: i32,
    pub id: String,
    pub previous_id: Option<String>,
    pub created_at_us: i64,
    pub expires_at_us: i64,
    /// The items of the request, a JSON list.
    pub input: String,
    /// The response object.
    pub response: String,
}

/// `items`: the ids of its items and of its request's.
///
/// # Errors
/// SQLite's error.
pub fn save(
    connection: &mut Connection,
    row: &ResponseRow,
    items: &[String],
) -> Result<(), StoreError> {
    diesel::replace_into(responses::table).values(row).execute(connection)?;
    let named = |id: &String| {
        (
            response_items::api_key_id.eq(row.api_key_id),
            response_items::id.eq(id.clone()),
            response_items::response_id.eq(&row.id),
        )
    };
    for items in items.chunks(ROWS_AT_ONCE) {
        let rows: Vec<_> = items.iter().map(named).collect();
        diesel::replace_into(response_items::table).values(rows).execute(connection)?;
    }
    trim(connection, row.created_at_us)?;
    Ok(())
}

/// The response of that key, unless it is too old.
///
/// # Errors
/// SQLite's error.
pub fn find(
    connection: &mut Connection,
    api_key_id: i32,
    id: &str,
    now_us: i64,
) -> Result<Option<ResponseRow>, StoreError> {
    let row = responses::table
        .find((api_key_id, id))
        .filter(responses::expires_at_us.gt(now_us))
        .select(ResponseRow::as_select());
    Ok(row.first(connection).optional()?)
}

/// The response of that key that holds an item, unless it is too old.
///
/// # Errors
/// SQLite's error.
pub fn find_with_item(
    connection: &mut Connection,
    api_key_id: i32,
    item: &str,
    now_us: i64,
) -> Result<Option<ResponseRow>, StoreError> {
    let holders = response_items::table
        .filter(response_items::api_key_id.eq(api_key_id).and(response_items::id.eq(item)))
        .select(response_items::response_id);
    let row = responses::table
        .filter(responses::api_key_id.eq(api_key_id))
        .filter(responses::id.eq_any(holders))
        .filter(responses::expires_at_us.gt(now_us))
        .select(ResponseRow::as_select());
    Ok(row.first(connection).optional()?)
}

/// Whether there was one.
///
/// # Errors
/// SQLite's error.
pub fn delete(connection: &mut Connection, api_key_id: i32, id: &str) -> Result<bool, StoreError> {
    let deleted = diesel::delete(responses::table.find((api_key_id, id))).execute(connection)?;
    Ok(deleted > 0)
}

/// With the key.
///
/// # Errors
/// SQLite's error.
pub fn delete_of_key(connection: &mut Connection, api_key_id: i32) -> Result<(), StoreError> {
    let of_key = responses::table.filter(responses::api_key_id.eq(api_key_id));
    diesel::delete(of_key).execute(connection)?;
    Ok(())
}

/// Deletes some of those that are too old; answers how many.
///
/// # Errors
/// SQLite's error.
pub fn trim(connection: &mut Connection, now_us: i64) -> Result<usize, StoreError> {
    let old: Vec<(i32, String)> = responses::table
        .filter(responses::expires_at_us.le(now_us))
        .order(responses::expires_at_us)
        .limit(SLICE)
        .select((responses::api_key_id, responses::id))
        .load(connection)?;
    for (key, id) in &old {
        diesel::delete(responses::table.find((key, id))).execute(connection)?;
    }
    Ok(old.len())
}
