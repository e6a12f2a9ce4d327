//! The database file, the setup of its connections, and its migrations.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::migration::{Migration, MigrationSource};
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel::{Connection as _, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

pub use super::error::StoreError;
use super::packing;

pub(super) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// `busy_timeout` first, so that even the switch to WAL waits for another process.
/// `synchronous=FULL` costs nothing once rows are written in batches.
/// `auto_vacuum` before the first page is written: what retention frees can be given back later.
/// `wal_autocheckpoint`: 16 MiB, so that a page that changes all the time is copied seldom; the
/// router's writer has a connection for it, see [`super::checkpoints`].
/// `journal_size_limit`: the write-ahead log is truncated to it when it is reset.
const PRAGMAS: &str = "PRAGMA busy_timeout = 2000; PRAGMA auto_vacuum = INCREMENTAL; \
    PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 4096; \
    PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 67108864; \
    PRAGMA cache_size = -8192;";

/// How long a change waits for another process that writes.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// SQLite waits longer from one look at the lock to the next, up to 100 ms; another process that
/// writes one batch after the other would nearly always hold it then. For a batch, SQLite gives up
/// soon, and [`insistently`] asks anew.
const LOOK_OFTEN: &str = "PRAGMA busy_timeout = 5";
const LOOK_SELDOM: &str = "PRAGMA busy_timeout = 2000";

/// How long a start waits for another process that prepares the same file.
const PREPARE_TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const RETRY_AFTER: Duration = Duration::from_millis(20);

pub type Connection = SqliteConnection;

/// The path of the one database file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    path: PathBuf,
}

/// The identity of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileId {
    device: u64,
    inode: u64,
}

impl Database {
    /// Accepts `sqlite://relative.db`, `sqlite:///absolute.db`, `sqlite:file.db` or a plain path.
    pub fn at(url: &str) -> Self {
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
        Self { path: PathBuf::from(path.unwrap_or(url)) }
    }

    pub fn path(&self) -> String {
        self.path.display().to_string()
    }

    /// The file at the path now; `None` if there is none.
    pub fn file(&self) -> Option<FileId> {
        let metadata = std::fs::metadata(&self.path).ok()?;
        Some(FileId { device: metadata.dev(), inode: metadata.ino() })
    }

    /// Writes to a file that was removed or replaced would be lost, although SQLite reports
    /// success.
    ///
    /// # Errors
    /// Another file is at the path now, or none.
    pub fn refuse_other(&self, than: Option<FileId>) -> Result<(), StoreError> {
        match than.is_none() || self.file() == than {
            true => Ok(()),
            false => Err(StoreError::Replaced(self.path())),
        }
    }

    /// The length of the write-ahead log's file; 0 where there is none.
    pub fn log_bytes(&self) -> u64 {
        let path = self.path.as_os_str().to_owned();
        let log = [path, "-wal".into()].into_iter().collect::<std::ffi::OsString>();
        std::fs::metadata(log).map_or(0, |log| log.len())
    }

    /// Creates the file if necessary and runs the migrations.
    ///
    /// # Errors
    /// The file cannot be opened or written, or was written by a newer version.
    pub fn prepare(&self) -> Result<(), StoreError> {
        // SQLite's busy timeout does not cover every lock: not the switch to WAL.
        patiently(PREPARE_TIMEOUT, || self.try_prepare())
    }

    /// Whether [`Self::prepare`] would change the tables.
    ///
    /// # Errors
    /// As for [`Self::prepare`].
    pub fn is_to_be_migrated(&self) -> Result<bool, StoreError> {
        let mut connection = self.connect()?;
        self.refuse_newer(&mut connection)?;
        self.has_pending_migration(&mut connection)
    }

    fn has_pending_migration(&self, connection: &mut Connection) -> Result<bool, StoreError> {
        let error = |reason: String| StoreError::Migrate { path: self.path(), reason };
        let is_pending = connection.has_pending_migration(MIGRATIONS);
        is_pending.map_err(|failure| error(failure.to_string()))
    }

    /// The migrations are one exclusive transaction: of two processes that start at once, one runs
    /// them and the other finds them done.
    fn try_prepare(&self) -> Result<(), StoreError> {
        let mut connection = self.connect()?;
        self.refuse_newer(&mut connection)?;
        if !self.has_pending_migration(&mut connection)? {
            return Ok(());
        }
        let error = |reason: String| StoreError::Migrate { path: self.path(), reason };
        connection.exclusive_transaction(|connection| {
            self.refuse_newer(connection)?;
            let made = connection.run_pending_migrations(MIGRATIONS);
            made.map(drop).map_err(|failure| error(failure.to_string()))
        })
    }

    /// A connection with all pragmas set.
    ///
    /// # Errors
    /// The file cannot be opened or is no database.
    pub fn connect(&self) -> Result<Connection, StoreError> {
        let open_error = |reason: String| {
            let hint = match reason.contains("unable to open") {
                true => "; its folder must exist and be writable",
                false => "",
            };
            StoreError::Open { path: self.path(), reason: format!("{reason}{hint}") }
        };
        let mut connection = SqliteConnection::establish(&self.path())
            .map_err(|error| open_error(error.to_string()))?;
        // Another process that reads the log of one that was killed holds a lock for which SQLite
        // does not wait.
        patiently(CONNECT_TIMEOUT, || {
            connection.batch_execute(PRAGMAS).map_err(|error| open_error(error.to_string()))
        })?;
        packing::register(&mut connection).map_err(|error| open_error(error.to_string()))?;
        Ok(connection)
    }

    pub(super) fn refuse_newer(&self, connection: &mut Connection) -> Result<(), StoreError> {
        let migrate_error = |error: Box<dyn std::error::Error + Send + Sync>| StoreError::Migrate {
            path: self.path(),
            reason: error.to_string(),
        };
        let known: Vec<Box<dyn Migration<Sqlite>>> =
            MIGRATIONS.migrations().map_err(migrate_error)?;
        let applied = connection.applied_migrations().map_err(migrate_error)?;
        let unknown = applied
            .iter()
            .find(|version| known.iter().all(|known| known.name().version() != **version));
        match unknown {
            None => Ok(()),
            Some(version) => {
                Err(StoreError::Newer { path: self.path(), migration: version.to_string() })
            }
        }
    }
}

/// Tries what another process's lock prevents until it is free, with pauses.
#[expect(
    clippy::disallowed_methods,
    reason = "at the start, in verbs, and on threads that only write"
)]
fn patiently<T>(
    longest: Duration,
    mut attempt: impl FnMut() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let deadline = Instant::now() + longest;
    loop {
        match attempt() {
            Err(error) if error.is_busy() && Instant::now() < deadline => {
                std::thread::sleep(RETRY_AFTER);
            }
            ended => return ended,
        }
    }
}

/// Runs a change atomically. The write lock is taken at the start, so that two writers wait for
/// each other instead of failing in the middle. A nested transaction is a savepoint.
///
/// # Errors
/// The change's own error; then it is rolled back. Also a failed commit, after which the change may
/// have been written nevertheless.
pub fn transaction<T, E: From<StoreError>>(
    connection: &mut Connection,
    change: impl FnOnce(&mut Connection) -> Result<T, E>,
) -> Result<T, E> {
    // diesel 2.3 returns the error of a failed rollback instead of its cause.
    let mut outcome = None;
    let noted = |connection: &mut Connection| match change(connection) {
        Ok(done) => {
            outcome = Some(Ok(done));
            Ok(())
        }
        Err(reason) => {
            outcome = Some(Err(reason));
            Err(diesel::result::Error::RollbackTransaction)
        }
    };
    let ended = match is_in_transaction(connection) {
        true => connection.transaction(noted),
        false => connection.immediate_transaction(noted),
    };
    match (ended, outcome) {
        (_, Some(Err(reason))) => Err(reason),
        (Ok(()), Some(Ok(done))) => Ok(done),
        (Err(error), _) => Err(StoreError::from(error).into()),
        (Ok(()), None) => Err(StoreError::WriterStopped.into()),
    }
}

/// Runs queries on one consistent snapshot of the database.
///
/// # Errors
/// The error of a query.
pub fn in_snapshot<T>(
    connection: &mut Connection,
    read: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.transaction(read)
}

/// Runs a change for which the connection looks often whether the lock is free.
///
/// # Errors
/// The change's own error, or SQLite's.
pub fn looking_often<T>(
    connection: &mut Connection,
    change: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.batch_execute(LOOK_OFTEN)?;
    let changed = change(connection);
    connection.batch_execute(LOOK_SELDOM)?;
    changed
}

/// Runs a change, which can be repeated, until the lock is free.
///
/// # Errors
/// The change's own error; that of the lock when it was held for too long.
pub fn insistently<T>(mut change: impl FnMut() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let deadline = Instant::now() + LOCK_TIMEOUT;
    loop {
        match change() {
            Err(error) if error.is_busy() && Instant::now() < deadline => {}
            ended => return ended,
        }
    }
}

fn is_in_transaction(connection: &mut Connection) -> bool {
    let status = AnsiTransactionManager::transaction_manager_status_mut(connection);
    matches!(status.transaction_depth(), Ok(Some(_)))
}

/// Whether a connection was left in the middle of a transaction and must not be reused.
pub fn is_broken(connection: &mut Connection) -> bool {
    let status = AnsiTransactionManager::transaction_manager_status_mut(connection);
    !matches!(status.transaction_depth(), Ok(None))
}

/// Runs the cheapest query that shows whether a connection works.
///
/// # Errors
/// SQLite's error.
pub fn ping(connection: &mut Connection) -> Result<(), StoreError> {
    diesel::sql_query("SELECT 1").execute(connection)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_named_by_url_or_by_path() {
        for (url, path) in [
            ("sqlite://llm_router.db", "llm_router.db"),
            ("sqlite:///var/lib/router.db", "/var/lib/router.db"),
            ("sqlite:router.db", "router.db"),
            ("/data/router.db", "/data/router.db"),
        ] {
            assert_eq!(Database::at(url).path(), path);
        }
    }

    #[test]
    fn every_migration_can_be_reverted() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::at(&folder.path().join("router.db").display().to_string());
        database.prepare().unwrap();
        let mut connection = database.connect().unwrap();
        connection.revert_all_migrations(MIGRATIONS).unwrap();
        database.prepare().unwrap();
    }

    /// For longer than SQLite waits.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "the lock is held on a thread")]
    fn a_file_that_another_process_holds_is_opened_once_it_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::at(&folder.path().join("router.db").display().to_string());
        database.prepare().unwrap();
        let mut holder = database.connect().unwrap();
        holder.batch_execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT").unwrap();
        let held = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(2_500));
            drop(holder);
        });
        database.connect().unwrap();
        held.join().unwrap();
    }

    #[test]
    fn a_database_of_a_newer_version_is_refused_with_advice() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::at(&folder.path().join("router.db").display().to_string());
        database.prepare().unwrap();
        let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')";
        database.connect().unwrap().batch_execute(newer).unwrap();
        let refusal = database.prepare().unwrap_err().to_string();
        assert!(refusal.contains("29990101000000") && refusal.contains("newer"), "{refusal}");
    }

    #[test]
    fn processes_that_prepare_one_file_at_once_all_succeed() {
        for _ in 0..10 {
            let folder = tempfile::tempdir().unwrap();
            let database = Database::at(&folder.path().join("router.db").display().to_string());
            let prepared = std::thread::scope(|scope| {
                let starts: Vec<_> = (0..4).map(|_| scope.spawn(|| database.prepare())).collect();
                starts.into_iter().map(|start| start.join().unwrap()).collect::<Vec<_>>()
            });
            for outcome in prepared {
                outcome.unwrap();
            }
        }
    }

    #[test]
    fn a_nested_change_is_rolled_back_alone_or_with_the_outer_one() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::at(&folder.path().join("router.db").display().to_string());
        let mut connection = database.connect().unwrap();
        connection.batch_execute("CREATE TABLE t (n INTEGER UNIQUE) STRICT").unwrap();
        let insert = |connection: &mut Connection, number: i64| -> Result<(), StoreError> {
            Ok(connection.batch_execute(&format!("INSERT INTO t VALUES ({number})"))?)
        };
        transaction(&mut connection, |connection| {
            insert(connection, 1)?;
            let inner = transaction(connection, |connection| {
                insert(connection, 2)?;
                insert(connection, 1)
            });
            assert!(inner.unwrap_err().to_string().contains("UNIQUE"), "the cause itself");
            insert(connection, 3)
        })
        .unwrap();
        let outer = transaction(&mut connection, |connection| {
            transaction(connection, |connection| insert(connection, 4))?;
            insert(connection, 1)
        });
        outer.unwrap_err();
        assert!(!is_broken(&mut connection));
        let sum =
            diesel::select(diesel::dsl::sql::<diesel::sql_types::BigInt>("(SELECT SUM(n) FROM t)"));
        assert_eq!(sum.get_result::<i64>(&mut connection).unwrap(), 1 + 3);
    }

    #[test]
    fn a_file_that_is_no_database_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("router.db");
        std::fs::write(
            &path,
            "this is a text of more than a hundred bytes, and no database. ".repeat(9),
        )
        .unwrap();
        let refusal = Database::at(&path.display().to_string()).prepare().unwrap_err();
        assert!(refusal.to_string().contains("not a database"), "{refusal}");
    }
}
