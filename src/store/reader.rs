//! The pool of read connections. They cannot write, whatever the query.
//!
//! r2d2 is not used: while a database cannot be opened, version 0.8.10 retries without a pause and
//! with a log line each time, and reports the error only after its timeout.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use diesel::Connection as _;
use diesel::connection::SimpleConnection;

use super::database::{Connection, Database, FileId, StoreError};

const CONNECTIONS: usize = 4;
const WAIT: Duration = Duration::from_secs(5);

/// The pages that a connection keeps.
const CACHE_KIB: u32 = 16 * 1024;
const LONE_CACHE_KIB: u32 = 4 * 1024;

#[derive(Clone)]
pub struct Reader {
    pool: Arc<Pool>,
    database: Database,
    /// The file that was opened first.
    file: Option<FileId>,
}

impl Reader {
    /// Does not open a connection yet.
    pub fn of(database: &Database) -> Self {
        Self { pool: Arc::default(), database: database.clone(), file: database.file() }
    }

    /// Runs a query. Blocks: must not be called on an async thread.
    ///
    /// # Errors
    /// The query's own error, a file that cannot be opened, or no free connection within 5 s.
    pub fn read<T>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.database.refuse_other(self.file)?;
        let permit = self.pool.permit()?;
        let mut connection = match permit.pool.kept() {
            Some(connection) => connection,
            None => self.opened(CACHE_KIB)?,
        };
        let answer = query(&mut connection)?;
        // A connection whose query failed is closed: it may be in a transaction, or its file is
        // unreadable.
        permit.pool.keep(connection);
        Ok(answer)
    }

    /// A connection beside the pool, for one that reads for long on a thread of its own. What it
    /// reads it reads once, and so its cache is small.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn alone(&self) -> Result<LoneReader, StoreError> {
        self.database.refuse_other(self.file)?;
        let connection = self.opened(LONE_CACHE_KIB)?;
        Ok(LoneReader { connection, database: self.database.clone(), file: self.file })
    }

    /// The length of the write-ahead log.
    pub fn log_bytes(&self) -> u64 {
        self.database.log_bytes()
    }

    fn opened(&self, cache_kib: u32) -> Result<Connection, StoreError> {
        let path = self.database.path();
        let error = |reason: String| StoreError::Open { path: path.clone(), reason };
        let mut connection =
            Connection::establish(&path).map_err(|failure| error(failure.to_string()))?;
        connection
            .batch_execute(&format!(
                "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON; \
                 PRAGMA cache_size = -{cache_kib};"
            ))
            .map_err(|failure| error(failure.to_string()))?;
        Ok(connection)
    }
}

/// Not of the pool.
pub struct LoneReader {
    connection: Connection,
    database: Database,
    file: Option<FileId>,
}

impl LoneReader {
    /// Runs a query, as [`Reader::read`] does.
    ///
    /// # Errors
    /// The query's own error, or another file is at the path now.
    pub fn read<T>(
        &mut self,
        query: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.database.refuse_other(self.file)?;
        query(&mut self.connection)
    }
}

#[derive(Default)]
struct Pool {
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    in_use: usize,
    /// Open and idle.
    kept: Vec<Connection>,
}

impl Pool {
    /// The permit for one connection, idle or new.
    fn permit(&self) -> Result<ReadPermit<'_>, StoreError> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |state: &mut State| state.in_use >= CONNECTIONS;
        let waited = self.freed.wait_timeout_while(state, WAIT, is_full);
        let (mut state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return Err(StoreError::ReadersBusy);
        }
        state.in_use += 1;
        Ok(ReadPermit { pool: self })
    }

    fn kept(&self) -> Option<Connection> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).kept.pop()
    }

    fn keep(&self, connection: Connection) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).kept.push(connection);
    }
}

struct ReadPermit<'a> {
    pool: &'a Pool,
}

impl Drop for ReadPermit<'_> {
    fn drop(&mut self) {
        self.pool.state.lock().unwrap_or_else(PoisonError::into_inner).in_use -= 1;
        self.pool.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_file_that_is_no_database_is_an_error_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("router.db");
        std::fs::write(&path, "no database, but a letter of some length".repeat(100)).unwrap();
        let reader = Reader::of(&Database::at(path.to_str().unwrap()));
        let begun = Instant::now();
        let answer = reader.read(super::super::catalogue::load);
        let text = answer.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(text.contains("not a database"), "{text}");
        assert!(begun.elapsed() < Duration::from_secs(1));
    }

    #[test]
    fn a_connection_is_reused_unless_its_query_failed() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::at(folder.path().join("router.db").to_str().unwrap());
        database.prepare().unwrap();
        let reader = Reader::of(&database);
        let mark = |connection: &mut Connection| {
            Ok(connection.batch_execute("CREATE TEMP TABLE mark (id INTEGER)")?)
        };
        // `query_only` applies to temporary tables, too.
        assert!(reader.read(mark).is_err());
        assert_eq!(reader.pool.state.lock().unwrap().kept.len(), 0);
        for _ in 0..2 * CONNECTIONS {
            reader.read(super::super::catalogue::load).unwrap();
        }
        let state = reader.pool.state.lock().unwrap();
        assert_eq!((state.in_use, state.kept.len()), (0, 1));
    }
}
