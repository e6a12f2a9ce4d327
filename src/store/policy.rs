//! The one row of `policy`: the part of router.toml outside of the catalogue that applies to every
//! process on the database.

use diesel::prelude::*;

use super::database::{Connection, StoreError};
use super::schema::policy;

/// TOML; `None` before a file was applied.
///
/// # Errors
/// SQLite's error.
pub fn load(connection: &mut Connection) -> Result<Option<String>, StoreError> {
    Ok(policy::table.select(policy::text).first(connection).optional()?)
}

/// Writes the text if it differs from the stored one.
///
/// # Errors
/// SQLite's error.
pub fn put(connection: &mut Connection, text: &str, now_us: i64) -> Result<(), StoreError> {
    if load(connection)?.as_deref() == Some(text) {
        return Ok(());
    }
    let row = (policy::text.eq(text), policy::updated_at_us.eq(now_us));
    diesel::insert_into(policy::table)
        .values((policy::id.eq(1), row))
        .on_conflict(policy::id)
        .do_update()
        .set(row)
        .execute(connection)?;
    Ok(())
}
