//! Where the database lies, how a connection to it is set up, and which versions it may have.

use std::path::PathBuf;

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel::{Connection as _, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// `busy_timeout` first, so that even the switch to WAL waits for another process.
/// `synchronous=FULL` costs nothing once rows are written in batches.
const PRAGMAS: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; \
    PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";

pub type Connection = SqliteConnection;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("database `{path}` cannot be opened: {reason}")]
    Open { path: String, reason: String },

    #[error(
        "database `{path}` was written by a newer llm-router (it has migration `{migration}`, \
         which this version does not know); install that version or set LLM_ROUTER_DATABASE_URL \
         to another file"
    )]
    Newer { path: String, migration: String },

    #[error("database `{path}` cannot be brought up to date: {reason}")]
    Migrate { path: String, reason: String },

    #[error("database: {0}")]
    Query(#[from] diesel::result::Error),

    #[error("database: {0}")]
    Pool(String),

    #[error("database: the row of {0} cannot be understood: {1}")]
    Row(String, String),

    #[error("the database writer has stopped")]
    WriterStopped,
}

/// The path of the one database file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    path: PathBuf,
}

impl Database {
    /// Takes `sqlite://relative.db`, `sqlite:///absolute.db`, `sqlite:file.db` or a plain path.
    pub fn at(url: &str) -> Self {
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
        Self { path: PathBuf::from(path.unwrap_or(url)) }
    }

    pub fn path(&self) -> String {
        self.path.display().to_string()
    }

    /// Creates the file if need be and brings its tables up to date.
    ///
    /// # Errors
    /// When the file cannot be opened or written, or a newer version wrote it.
    pub fn prepare(&self) -> Result<(), StoreError> {
        let mut connection = self.connect()?;
        self.refuse_newer(&mut connection)?;
        connection.run_pending_migrations(MIGRATIONS).map_err(|error| StoreError::Migrate {
            path: self.path(),
            reason: error.to_string(),
        })?;
        Ok(())
    }

    /// A connection with all pragmas set.
    ///
    /// # Errors
    /// When the file cannot be opened or is no database.
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
        connection.batch_execute(PRAGMAS).map_err(|error| open_error(error.to_string()))?;
        Ok(connection)
    }

    fn refuse_newer(&self, connection: &mut Connection) -> Result<(), StoreError> {
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

/// Runs a change wholly or not at all. The write lock is taken at once, so that two writers
/// wait for each other instead of failing in the middle.
///
/// # Errors
/// What the change says; then it is rolled back.
pub fn transaction<T>(
    connection: &mut Connection,
    change: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.immediate_transaction(change)
}

/// Moves the write-ahead log into the database file and empties it.
///
/// # Errors
/// What SQLite says.
pub fn checkpoint(connection: &mut Connection) -> Result<(), StoreError> {
    connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

/// Asks the cheapest question that shows whether a connection answers.
///
/// # Errors
/// What SQLite says.
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
    fn every_migration_can_be_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::at(&folder.path().join("router.db").display().to_string());
        database.prepare().unwrap();
        let mut connection = database.connect().unwrap();
        connection.revert_all_migrations(MIGRATIONS).unwrap();
        database.prepare().unwrap();
    }

    #[test]
    fn a_database_of_a_newer_version_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::at(&folder.path().join("router.db").display().to_string());
        database.prepare().unwrap();
        let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')";
        database.connect().unwrap().batch_execute(newer).unwrap();
        let refusal = database.prepare().unwrap_err().to_string();
        assert!(refusal.contains("29990101000000") && refusal.contains("newer"), "{refusal}");
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
