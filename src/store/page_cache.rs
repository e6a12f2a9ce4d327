//! How many of the database's pages the writer keeps in memory: as many as its size asks for. In a
//! small file the ends of a few indexes are all that is written to; with SQLite's own 2 MiB, ten
//! million calls are written at a third of the speed.

use diesel::connection::SimpleConnection as _;

use super::database::{Connection, StoreError};
use super::space::Space;

const LEAST: u64 = 8 * 1024 * 1024;
const MOST: u64 = 64 * 1024 * 1024;

/// Of so many bytes of the file one has room in memory.
const SHARE: u64 = 32;

/// Sizes the cache of this connection by the file as it is now.
///
/// # Errors
/// SQLite's error.
pub fn fit(connection: &mut Connection) -> Result<(), StoreError> {
    let space = Space::of(connection)?;
    let wanted = (space.pages * space.page_bytes / SHARE).clamp(LEAST, MOST);
    let pragma = format!("PRAGMA cache_size = -{}", wanted / 1024);
    Ok(connection.batch_execute(&pragma)?)
}
