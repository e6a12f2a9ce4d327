//! The few connections that read. They cannot write, whatever a query says.
//!
//! r2d2 is not used for them: 0.8.10 opens a connection again and again, without a pause and with a
//! line in the log each time, while a database cannot be opened, and says so only after its
//! time-out.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use diesel::Connection as _;
use diesel::connection::SimpleConnection;

use super::database::{Connection, Database, FileId, StoreError};

const CONNECTIONS: usize = 4;
const WAIT: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub struct Reader {
    pool: Arc<Pool>,
    database: Database,
    /// The one that is read.
    file: Option<FileId>,
}

impl Reader {
    /// Opens no connection yet.
    pub fn of(database: &Database) -> Self {
        Self { pool: Arc::default(), database: database.clone(), file: database.file() }
    }

    /// Runs a query. Blocks: call it on a thread that may.
    ///
    /// # Errors
    /// What the query says, that the file cannot be opened, or that no connection came free within
    /// 5 s.
    pub fn read<T>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.database.refuse_other(self.file)?;
        let place = self.pool.place()?;
        let mut connection = match place.pool.kept() {
            Some(connection) => connection,
            None => self.opened()?,
        };
        let answer = query(&mut connection)?;
        // One whose query failed is closed: it may be in a transaction, or its file unreadable.
        place.pool.keep(connection);
        Ok(answer)
    }

    fn opened(&self) -> Result<Connection, StoreError> {
        let path = self.database.path();
        let error = |reason: String| StoreError::Open { path: path.clone(), reason };
        let mut connection =
            Connection::establish(&path).map_err(|failure| error(failure.to_string()))?;
        connection
            .batch_execute("PRAGMA busy_timeout = 5000; PRAGMA query_only = ON;")
            .map_err(|failure| error(failure.to_string()))?;
        Ok(connection)
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
    /// The right to one connection, kept or new.
    fn place(&self) -> Result<Place<'_>, StoreError> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |state: &mut State| state.in_use >= CONNECTIONS;
        let waited = self.freed.wait_timeout_while(state, WAIT, is_full);
        let (mut state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return Err(StoreError::ReadersBusy);
        }
        state.in_use += 1;
        Ok(Place { pool: self })
    }

    fn kept(&self) -> Option<Connection> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).kept.pop()
    }

    fn keep(&self, connection: Connection) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).kept.push(connection);
    }
}

struct Place<'a> {
    pool: &'a Pool,
}

impl Drop for Place<'_> {
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
    fn a_file_that_is_no_database_is_told_at_once() {
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
    fn a_connection_serves_again_and_one_whose_query_failed_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::at(folder.path().join("router.db").to_str().unwrap());
        database.prepare().unwrap();
        let reader = Reader::of(&database);
        let mark = |connection: &mut Connection| {
            Ok(connection.batch_execute("CREATE TEMP TABLE mark (id INTEGER)")?)
        };
        // `query_only` holds for temporary tables too.
        assert!(reader.read(mark).is_err());
        assert_eq!(reader.pool.state.lock().unwrap().kept.len(), 0);
        for _ in 0..2 * CONNECTIONS {
            reader.read(super::super::catalogue::load).unwrap();
        }
        let state = reader.pool.state.lock().unwrap();
        assert_eq!((state.in_use, state.kept.len()), (0, 1));
    }
}
