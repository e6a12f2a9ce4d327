//! How far what was recorded has been deleted, by any process on the file.

use diesel::prelude::*;

use super::database::{Connection, StoreError};
use super::schema::retention;

/// The table's only row.
const ROW: i32 = 1;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = retention, treat_none_as_null = true)]
pub struct Retained {
    /// Of calls that were deleted.
    pub highest_id: i64,
    /// Of calls that began before some are gone.
    pub calls_until_us: i64,
    /// Of calls that began before nothing stands apart any more.
    pub bodies_until_us: i64,
    /// What the clock was when it was last looked at; 0 for never.
    pub seen_us: i64,
    /// For how long a clock that jumped ahead has run on. Absent where it is believed.
    pub doubted_us: Option<i64>,
}

/// # Errors
/// SQLite's error.
pub fn load(connection: &mut Connection) -> Result<Retained, StoreError> {
    Ok(retention::table.find(ROW).select(Retained::as_select()).get_result(connection)?)
}

/// # Errors
/// SQLite's error.
pub fn save(connection: &mut Connection, retained: &Retained) -> Result<(), StoreError> {
    diesel::update(retention::table.find(ROW)).set(retained).execute(connection)?;
    Ok(())
}

/// The highest id of a call that was deleted.
///
/// # Errors
/// SQLite's error.
pub fn highest_id(connection: &mut Connection) -> Result<i64, StoreError> {
    Ok(retention::table.find(ROW).select(retention::highest_id).get_result(connection)?)
}

/// Of calls that began before some were deleted; 0 where none was.
///
/// # Errors
/// SQLite's error.
pub fn calls_until_us(connection: &mut Connection) -> Result<i64, StoreError> {
    Ok(retention::table.find(ROW).select(retention::calls_until_us).get_result(connection)?)
}

/// When the oldest call began; `None` where there is none.
///
/// # Errors
/// SQLite's error.
pub fn oldest_call_us(connection: &mut Connection) -> Result<Option<i64>, StoreError> {
    use super::schema::invocations;
    Ok(invocations::table
        .select(diesel::dsl::min(invocations::started_at_us))
        .get_result(connection)?)
}

/// Calls were written that began then or later: what stands apart from these is still to be
/// deleted, however long ago they began. Called in the transaction of the calls.
///
/// # Errors
/// SQLite's error.
pub fn note_written(connection: &mut Connection, oldest_us: i64) -> Result<(), StoreError> {
    let is_behind = retention::table.filter(retention::bodies_until_us.gt(oldest_us));
    diesel::update(is_behind).set(retention::bodies_until_us.eq(oldest_us)).execute(connection)?;
    Ok(())
}
