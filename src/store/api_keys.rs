//! Rows of `api_keys`: digests and rules, never a key.

use diesel::prelude::*;

use super::database::{Connection, StoreError};
use super::schema::api_keys;

#[derive(Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = api_keys)]
pub struct KeyRow {
    pub id: i32,
    #[diesel(embed)]
    pub fields: NewKey,
}

/// The columns of a key; `rules` is JSON, digests are hexadecimal.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = api_keys, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct NewKey {
    pub name: String,
    pub prefix: String,
    pub digest: String,
    pub previous_digest: Option<String>,
    pub previous_until_us: Option<i64>,
    pub role: String,
    pub origin: String,
    pub is_active: bool,
    pub rules: String,
    pub expires_at_us: Option<i64>,
    pub revoked_at_us: Option<i64>,
    pub file_digest: Option<String>,
    pub created_at_us: i64,
    pub updated_at_us: i64,
}

/// All keys in the order of their creation.
///
/// # Errors
/// SQLite's error.
pub fn load(connection: &mut Connection) -> Result<Vec<KeyRow>, StoreError> {
    Ok(api_keys::table.order(api_keys::id).select(KeyRow::as_select()).load(connection)?)
}

/// # Errors
/// SQLite's error.
pub fn find(connection: &mut Connection, id: i32) -> Result<Option<KeyRow>, StoreError> {
    let row = api_keys::table.find(id).select(KeyRow::as_select()).first(connection);
    Ok(row.optional()?)
}

/// Returns the new id; `None` if a key with that digest exists.
///
/// # Errors
/// SQLite's error.
pub fn insert(connection: &mut Connection, row: &NewKey) -> Result<Option<i32>, StoreError> {
    let id = diesel::insert_into(api_keys::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(api_keys::id)
        .get_result(connection)
        .optional()?;
    Ok(id)
}

/// # Errors
/// SQLite's error.
pub fn update(connection: &mut Connection, id: i32, row: &NewKey) -> Result<(), StoreError> {
    diesel::update(api_keys::table.find(id)).set(row).execute(connection)?;
    Ok(())
}
