//! Makes a file as small as what is in it, and one of an older version able to give space back
//! while the router runs. For files that nobody has open; whatever ends it in the middle, the file
//! is as it was before or after.

use diesel::Connection as _;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::database::{Connection, Database, StoreError};
use super::space::Space;

#[derive(Debug, thiserror::Error)]
pub enum CompactError {
    #[error(
        "database `{0}` is open in another process: stop the router, and whatever else works on \
         the file, and try again; nothing was changed"
    )]
    InUse(String),

    #[error("`{0}` is no database of llm-router; nothing was changed")]
    Foreign(String),

    #[error(
        "no room: for a while it takes twice the size of `{0}` beside the file, half of it in the \
         folder for temporary files (SQLITE_TMPDIR); nothing was changed"
    )]
    Full(String),

    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The file before and after.
#[derive(Clone, Copy, Debug)]
pub struct Compacted {
    pub before: Space,
    pub after: Space,
}

/// # Errors
/// Another process has the file open, it is none of the router's, or the disk is full.
pub fn compact(database: &Database) -> Result<Compacted, CompactError> {
    let path = database.path();
    let told = |error: diesel::result::Error| told(StoreError::from(error), &path);
    let mut connection = Connection::establish(&path)
        .map_err(|error| StoreError::Open { path: path.clone(), reason: error.to_string() })?;
    connection.batch_execute("PRAGMA busy_timeout = 2000").map_err(told)?;
    if !is_ours(&mut connection).map_err(told)? {
        return Err(CompactError::Foreign(path));
    }
    let before = Space::of(&mut connection)?;
    // Only the last connection can leave the write-ahead log.
    let mode = set_mode(&mut connection, "DELETE").map_err(told)?;
    if mode != "delete" {
        return Err(CompactError::InUse(path));
    }
    // Whoever comes now waits until it is done.
    connection
        .batch_execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT")
        .map_err(told)?;
    let done = connection.batch_execute("PRAGMA auto_vacuum = INCREMENTAL; VACUUM");
    let after = Space::of(&mut connection);
    connection.batch_execute("PRAGMA locking_mode = NORMAL").map_err(told)?;
    // A start would do it as well.
    let _ = set_mode(&mut connection, "WAL");
    done.map_err(told)?;
    Ok(Compacted { before, after: after? })
}

fn told(error: StoreError, path: &str) -> CompactError {
    let text = error.to_string();
    if error.is_busy() {
        return CompactError::InUse(path.to_owned());
    }
    match text {
        _ if text.contains("is full") => CompactError::Full(path.to_owned()),
        _ if text.contains("not a database") => CompactError::Foreign(path.to_owned()),
        _ => error.into(),
    }
}

/// Whether it has the tables of every version.
pub(super) fn is_ours(connection: &mut Connection) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        tables: i64,
    }
    let known = "SELECT count(*) AS tables FROM sqlite_schema WHERE type = 'table' \
        AND name IN ('__diesel_schema_migrations', 'invocations')";
    let count: Count = diesel::sql_query(known).get_result(connection)?;
    Ok(count.tables == 2)
}

/// The mode that it then has.
fn set_mode(connection: &mut Connection, mode: &str) -> QueryResult<String> {
    #[derive(QueryableByName)]
    struct Mode {
        #[diesel(sql_type = Text)]
        journal_mode: String,
    }
    let set = diesel::sql_query(format!("PRAGMA journal_mode = {mode}"));
    Ok(set.get_result::<Mode>(connection)?.journal_mode)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(folder: &tempfile::TempDir) -> Database {
        let database = Database::at(&folder.path().join("router.db").display().to_string());
        database.prepare().unwrap();
        let fill = "PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE; VACUUM;
            PRAGMA journal_mode = WAL;
            WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
            INSERT INTO invocation_traces SELECT i, randomblob(2000) FROM n;
            DELETE FROM invocation_traces WHERE invocation_id % 4";
        database.connect().unwrap().batch_execute(fill).unwrap();
        database
    }

    #[test]
    fn an_older_file_becomes_small_and_able_to_shrink() {
        let folder = tempfile::tempdir().unwrap();
        let database = filled(&folder);
        let Compacted { before, after } = compact(&database).unwrap();
        assert!(!before.is_incremental && before.free_pages > 0);
        assert!(after.is_incremental && after.free_pages == 0);
        assert!(after.file_bytes() * 2 < before.file_bytes());
        let size = std::fs::metadata(folder.path().join("router.db")).unwrap().len();
        assert_eq!(size, after.file_bytes());
        // The router works on, and another time changes nothing.
        database.prepare().unwrap();
        let Compacted { before, after } = compact(&database).unwrap();
        assert_eq!(before, after);
    }

    #[test]
    fn a_file_that_is_open_elsewhere_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let database = filled(&folder);
        let mut other = database.connect().unwrap();
        let mut space = Space::of(&mut other).unwrap();
        let refused = compact(&database).unwrap_err();
        assert!(matches!(refused, CompactError::InUse(_)), "{refused}");
        assert_eq!(Space::of(&mut other).unwrap(), space);
        drop(other);
        space = compact(&database).unwrap().after;
        assert!(space.is_incremental);
    }

    #[test]
    fn what_is_no_database_of_the_router_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.db");
        let database = Database::at(&path.display().to_string());
        std::fs::write(&path, "no database at all, but a text of some length. ".repeat(50))
            .unwrap();
        let refused = compact(&database).unwrap_err();
        assert!(matches!(refused, CompactError::Foreign(_)), "{refused}");
        std::fs::remove_file(&path).unwrap();
        let mut foreign = Connection::establish(&database.path()).unwrap();
        foreign.batch_execute("CREATE TABLE t (n INTEGER)").unwrap();
        drop(foreign);
        let refused = compact(&database).unwrap_err();
        assert!(matches!(refused, CompactError::Foreign(_)), "{refused}");
    }
}
