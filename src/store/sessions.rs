//! Rows of `sessions`: logins, which survive a restart.

use diesel::prelude::*;

use super::database::{Connection, StoreError};
use super::schema::sessions;

/// The token itself is not stored; its digest is hexadecimal.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
pub struct SessionRow {
    pub token_digest: String,
    pub api_key_id: i32,
    pub created_at_us: i64,
    pub expires_at_us: i64,
    pub provider_name: Option<String>,
    pub model_name: Option<String>,
}

/// # Errors
/// SQLite's error.
pub fn load(connection: &mut Connection) -> Result<Vec<SessionRow>, StoreError> {
    Ok(sessions::table.select(SessionRow::as_select()).load(connection)?)
}

/// # Errors
/// SQLite's error.
pub fn insert(connection: &mut Connection, row: &SessionRow) -> Result<(), StoreError> {
    diesel::insert_into(sessions::table).values(row).execute(connection)?;
    Ok(())
}

/// Writes the model of a session; returns whether the session exists.
///
/// # Errors
/// SQLite's error.
pub fn bind(
    connection: &mut Connection,
    token_digest: &str,
    provider: &str,
    model: &str,
) -> Result<bool, StoreError> {
    let bound = diesel::update(sessions::table.find(token_digest))
        .set((sessions::provider_name.eq(provider), sessions::model_name.eq(model)))
        .execute(connection)?;
    Ok(bound > 0)
}

/// # Errors
/// SQLite's error.
pub fn delete(connection: &mut Connection, token_digest: &str) -> Result<(), StoreError> {
    diesel::delete(sessions::table.find(token_digest)).execute(connection)?;
    Ok(())
}

/// Deletes the sessions that ended before `now_us`, and all but the newest `most` of each key.
///
/// # Errors
/// SQLite's error.
pub fn trim(
    connection: &mut Connection,
    key: i32,
    now_us: i64,
    most: i64,
) -> Result<(), StoreError> {
    diesel::delete(sessions::table.filter(sessions::expires_at_us.le(now_us)))
        .execute(connection)?;
    let beyond: Vec<String> = sessions::table
        .filter(sessions::api_key_id.eq(key))
        .order(sessions::created_at_us.desc())
        .offset(most)
        .limit(i64::MAX)
        .select(sessions::token_digest)
        .load(connection)?;
    diesel::delete(sessions::table.filter(sessions::token_digest.eq_any(beyond)))
        .execute(connection)?;
    Ok(())
}

/// Limits the sessions of a key to `end_us`.
///
/// # Errors
/// SQLite's error.
pub fn end_by(connection: &mut Connection, key: i32, end_us: i64) -> Result<(), StoreError> {
    let of_key = sessions::table.filter(sessions::api_key_id.eq(key));
    diesel::update(of_key.filter(sessions::expires_at_us.gt(end_us)))
        .set(sessions::expires_at_us.eq(end_us))
        .execute(connection)?;
    Ok(())
}
